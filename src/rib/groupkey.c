/*
 * What the keys of groups hold: filters and targets, one pointer for equal ones, so that
 * keys are compared as bytes.
 */
#include "rib/emit.h"

#include <assert.h>
#include "base/mem.h"

/*
 * Filters as keys: one pointer for equal code.
 */
struct filter *
filter_intern(struct shard *s, struct filter *f)
{
	struct filter_ref *free_one = NULL;

	for (uint32_t i = 0; i < s->filter_n; i++) {
		struct filter_ref *r = &s->filters[i];

		if (!r->refs)
			free_one = r;
		else if (r->filter == f || (filter_hash(r->filter) == filter_hash(f) &&
					       filter_same(r->filter, f))) {
			r->refs++;
			return r->filter;
		}
	}
	if (!free_one) {
		s->filters = mem_realloc(
		    s->filters, (s->filter_n + 1) * sizeof(*s->filters));
		free_one = &s->filters[s->filter_n++];
	}
	filter_ref(f);
	*free_one = (struct filter_ref){ f, 1 };
	return f;
}

static struct filter_ref *
filter_ref_find(struct shard *s, const struct filter *f)
{
	uint32_t i = 0;

	while (i < s->filter_n && (s->filters[i].filter != f || !s->filters[i].refs))
		i++;
	assert(i < s->filter_n); /* those of keys are interned */
	return &s->filters[i];
}

void
filter_release(struct shard *s, const struct filter *f)
{
	struct filter_ref *r = filter_ref_find(s, f);

	if (--r->refs)
		return;
	filter_unref(r->filter);
	r->filter = NULL;
}

/*
 * Targets as keys: one pointer for equal ones.
 */
static const struct targets *
targets_intern(struct shard *s, struct targets *t)
{
	struct targets_ref *free_one = NULL;

	if (!t)
		return NULL;
	for (uint32_t i = 0; i < s->targets_n; i++) {
		struct targets_ref *r = &s->targets[i];

		if (!r->refs)
			free_one = r;
		else if (targets_same(r->targets, t)) {
			r->refs++;
			return r->targets;
		}
	}
	if (!free_one) {
		s->targets = mem_realloc(
		    s->targets, (s->targets_n + 1) * sizeof(*s->targets));
		free_one = &s->targets[s->targets_n++];
	}
	targets_ref(t);
	*free_one = (struct targets_ref){ t, 1 };
	return t;
}

static struct targets_ref *
targets_ref_find(struct shard *s, const struct targets *t)
{
	uint32_t i = 0;

	while (i < s->targets_n && (s->targets[i].targets != t || !s->targets[i].refs))
		i++;
	assert(i < s->targets_n);
	return &s->targets[i];
}

/*
 * What a key holds.
 */
void
group_release_key(struct shard *s, const struct sink *key)
{
	struct targets_ref *r;

	filter_release(s, key->export);
	if (!key->targets)
		return;
	r = targets_ref_find(s, key->targets);
	if (--r->refs)
		return;
	targets_unref(r->targets);
	r->targets = NULL;
}

void
group_use_key(struct shard *s, const struct sink *key)
{
	filter_ref_find(s, key->export)->refs++;
	if (key->targets)
		targets_ref_find(s, key->targets)->refs++;
}

struct sink
group_channel_key(struct shard *s, struct channel *ch)
{
	struct sink key;

	sink_from(&key, &ch->d, filter_intern(s, ch->d.export),
	    sink_table(s, ch)->self_keyed);
	key.targets = targets_intern(s, ch->d.targets);
	return key;
}
