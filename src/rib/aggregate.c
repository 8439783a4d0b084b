/*
 * Aggregators: the paths of a network, in buckets, and a path in another table for each.
 *
 *   paths -> export filter -> key: bucket -> merge -> import filter -> carry
 *
 * A change of one path has its network looked at anew, and no other.  A bucket's path has
 * an id made of its key, so that it stays the same path when others come and go, and
 * after a restart.  Within a bucket the routes are in the order of the table: the best
 * comes first.
 *
 * What an aggregator made is not aggregated again.
 */
#include "rib/follow.h"

#include <limits.h>
#include <string.h>
#include <xxhash.h>
#include "base/mem.h"
#include "bgp/hops.h"
#include "filter/merge.h"

struct member {
	struct merge_route route;
	struct attrs *attrs; /* a reference */
	const void *key;
	size_t len;
	uint64_t hash;
	uint32_t time;
	bool taken; /* by a bucket */
};

struct bucket_list {
	struct shard *s;
	struct follower *f;
	struct net net;
	struct member *m;
	unsigned n;
	struct merge_route *routes; /* of one bucket */
};

bool
aggregate_same(const struct aggregate *a, const struct aggregate *b)
{
	if (!a->key || !b->key)
		return a->key == b->key;
	return filter_same(a->key, b->key) && filter_same(a->merge, b->merge) &&
	       filter_same(a->import, b->import) && a->preference == b->preference;
}

bool
aggregate_offered(const struct channel *ch, const struct channel *source)
{
	return source->d.id != ch->d.pipe_back && source->d.kind != SOURCE_AGGREGATED;
}

/*
 * Members.
 */
static void
member_add(struct bucket_list *b, const struct path *p)
{
	const struct channel *up = b->s->channels[p->channel], *ch = b->f->ch;
	struct attrs *a = NULL;

	b->f->ch->exp.updates++;
	if (!aggregate_offered(ch, up)) {
		b->f->ch->exp.rejected++;
		return;
	}
	a = follow_export(b->s, ch, up, store_get(b->s->store, p->attrs), &b->net);
	if (!a) {
		b->f->ch->exp.filtered++;
		return;
	}
	b->f->ch->exp.accepted++;
	b->m[b->n++] = (struct member){
		.attrs = a,
		.time = p->time,
		.route = { .net = &b->net,
		    .attrs = a,
		    .source = channel_source(b->s, &up->d),
		    .channel = family_info(up->d.family)->name,
		    .id = up->d.id },
	};
}

/* One whose key cannot be told is in no bucket. */
static void
member_key(struct bucket_list *b, struct member *m)
{
	struct draft d;

	draft_from(&d, b->s->arena, m->attrs);
	m->taken = !filter_key(
	    b->f->ch->d.agg.key, &b->net, &d, &m->route.source, &m->key, &m->len);
	m->hash = XXH3_64bits(m->key, m->taken ? 0 : m->len);
}

static bool
in_bucket(const struct member *first, const struct member *m)
{
	return !m->taken && m->hash == first->hash && m->len == first->len &&
	       memcmp(m->key, first->key, m->len) == 0;
}

/*
 * Buckets.
 */
static void
new_route(const struct bucket_list *b, struct draft *d)
{
	enum net_type type = b->net.type;
	bool leads = net_is_led(type);

	draft_init(d, b->s->arena);
	d->preference = b->f->ch->d.agg.preference;
	draft_set_dest(d, leads ? DEST_UNREACHABLE : DEST_NONE);
}

/* The bucket's route, with a reference, or NULL. */
static struct attrs *
merge(struct bucket_list *b, const struct channel *to, const struct merge_block *block)
{
	const struct aggregate *agg = &b->f->ch->d.agg;
	struct route_source source = channel_source(b->s, &to->d);
	bool changed;
	struct draft d;

	new_route(b, &d);
	if (filter_merge(agg->merge, &b->net, &d, &source, block) != FILTER_ACCEPT ||
	    filter_run(agg->import, &b->net, &d, &source, &changed) != FILTER_ACCEPT)
		return NULL;
	return store_intern(b->s->store, &d);
}

static uint32_t
free_id(const struct wanted *w, unsigned n, uint32_t id)
{
	for (unsigned i = 0; i < n; i++)
		if (w[i].path.path_id == id) {
			id++;
			i = UINT_MAX;
		}
	return id;
}

/* The bucket of member `first`, whose routes are taken.  False: no path comes of it. */
static bool
bucket(struct bucket_list *b, unsigned first, const struct channel *to, struct wanted *w,
    unsigned wanted_n)
{
	struct merge_block block = { .route = b->routes };
	const struct member *lead = &b->m[first];
	uint32_t time = 0;
	struct attrs *a;

	for (unsigned i = first; i < b->n; i++) {
		if (!in_bucket(lead, &b->m[i]))
			continue;
		b->routes[block.n++] = b->m[i].route;
		b->m[i].taken = i != first;
		time = b->m[i].time > time ? b->m[i].time : time;
	}
	a = merge(b, to, &block);
	if (!a)
		return false;
	w[wanted_n] = (struct wanted){
		.attrs = a,
		.path = { .attrs = a->id,
		    .time = time,
		    .path_id = free_id(w, wanted_n, (uint32_t)lead->hash),
		    .channel = (uint16_t)to->d.id,
		    .gen = to->gen },
	};
	return true;
}

/* How many routes of the network are in buckets now. */
static void
count_told(struct follower *f, uint32_t node, unsigned n)
{
	uint16_t *at;

	slab_fit(&f->told, (size_t)f->table->t.node_end * sizeof(*at));
	at = (uint16_t *)(void *)f->told.mem + node;
	f->ch->exp.withdraws += *at > n ? *at - n : 0;
	f->told_n = f->told_n - *at + n;
	*at = (uint16_t)n;
}

static unsigned
buckets(struct bucket_list *b, const struct channel *to, struct wanted *w)
{
	unsigned wanted_n = 0;

	arena_reset(b->s->arena); /* keys lie there until the last bucket is done */
	for (unsigned i = 0; i < b->n; i++)
		member_key(b, &b->m[i]);
	for (unsigned i = 0; i < b->n; i++)
		if (!b->m[i].taken && bucket(b, i, to, w, wanted_n))
			wanted_n++;
	return wanted_n;
}

void
aggregate_node(struct shard *s, struct follower *f, uint32_t node)
{
	const struct node *n = table_node(&f->table->t, node);
	const struct channel *to = shard_channel(s, f->ch->d.pipe_back);
	struct bucket_list b = { .s = s, .f = f };
	struct wanted *w;
	unsigned wanted_n = 0;

	if (!to || !to->up)
		return;
	b.m = MEM_ARRAY(struct member, n->n + 1u);
	b.routes = MEM_ARRAY(struct merge_route, n->n + 1u);
	w = MEM_ARRAY(struct wanted, n->n + 1u);
	table_net(&f->table->t, node, &b.net);
	for (unsigned i = 0; i < n->n; i++)
		member_add(&b, node_paths(&f->table->t, n) + i);
	if (b.n)
		wanted_n = buckets(&b, to, w);
	count_told(f, node, b.n);
	carry(s, f->ch, &b.net, w, wanted_n);
	for (unsigned i = 0; i < b.n; i++)
		attrs_unref(s->store, b.m[i].attrs, 1);
	mem_free(w);
	mem_free(b.routes);
	mem_free(b.m);
}
