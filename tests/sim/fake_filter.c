/*
 * Filters for tests of the RIB.
 */
#include "fake_filter.h"

#include <string.h>
#include "base/longnet.h"
#include "base/mem.h"
#include "filter/merge.h"
#include "filter/origin.h"

struct filter {
	unsigned refs;
	enum fake_kind kind;
	uint32_t param;
	uint64_t serial;
};

static unsigned alive;
static uint64_t serial;
struct net fake_bad_origin;

struct origins {
	struct net net;
};

struct origins *
fake_origins(const struct net *net)
{
	struct origins *o = MEM_NEW(struct origins);

	o->net = *net;
	return o;
}

void
origins_unref(struct origins *o)
{
	mem_free(o);
}

bool
origins_touch(const struct origins *o, const struct net *net)
{
	return net_contains(&o->net, net);
}

enum filter_use
filter_uses(const struct filter *f, uint32_t table)
{
	return f->kind == FAKE_ORIGIN && table == 1 ? FILTER_USED_ROUTE : FILTER_UNUSED;
}

unsigned
fake_filters_alive(void)
{
	return alive;
}

struct filter *
fake_filter(enum fake_kind kind, uint32_t param)
{
	struct filter *f = MEM_NEW(struct filter);

	*f = (struct filter){ 1, kind, param, ++serial };
	alive++;
	return f;
}

struct filter *
filter_accept(void)
{
	return fake_filter(FAKE_ACCEPT, 0);
}

struct filter *
filter_reject(void)
{
	return fake_filter(FAKE_REJECT, 0);
}

void
filter_ref(struct filter *f)
{
	f->refs++;
}

void
filter_unref(struct filter *f)
{
	if (!f || --f->refs)
		return;
	alive--;
	mem_free(f);
}

const char *
filter_name(const struct filter *f)
{
	return f->kind == FAKE_ACCEPT ? "ACCEPT" : "fake";
}

unsigned
filter_inputs(const struct filter *f)
{
	static const unsigned inputs[FAKE_KINDS] = {
		[FAKE_ODD_NETS] = FILTER_NET,
		[FAKE_LOCAL_PREF] = FILTER_ATTRS | FILTER_WRITES,
		[FAKE_MED_SOME] = FILTER_NET | FILTER_WRITES,
		[FAKE_LONG_PATHS] = FILTER_ATTRS,
		[FAKE_NEXT_HOP] = FILTER_NET | FILTER_WRITES,
		[FAKE_ORIGIN] = FILTER_NET | FILTER_ROA,
	};

	return inputs[f->kind];
}

bool
filter_is_accept(const struct filter *f)
{
	return f->kind == FAKE_ACCEPT;
}

bool
filter_is_reject(const struct filter *f)
{
	return f->kind == FAKE_REJECT;
}

bool
filter_same(const struct filter *a, const struct filter *b)
{
	return a->kind == b->kind && a->param == b->param;
}

uint64_t
filter_hash(const struct filter *f)
{
	return (uint64_t)f->kind << 32 | f->param;
}

static bool
path_short(const struct draft *d, uint32_t max)
{
	const struct attr *a = draft_find(d, ATTR_AS_PATH);

	return !a || a->len <= 2 + 4 * max;
}

/* The only question: is the third byte odd?  Of long networks the last one: their key is an
 * address. */
static uint32_t
net_bit(const struct net *net)
{
	size_t len;
	const uint8_t *bytes;

	if (!net_is_long(net->type))
		return net->key[2] & 1;
	bytes = net_bytes(net, &len);
	return len ? bytes[len - 1] & 1 : 0;
}

uint32_t
filter_ask(const struct question *q, const struct net *net)
{
	(void)q;
	return net_bit(net);
}

uint64_t
filter_serial(const struct filter *f)
{
	return f->serial;
}

enum filter_result
filter_run_asking(const struct filter *f, const struct net *net, struct draft *d,
    const struct route_source *source, bool *changed, struct asking *asking)
{
	if (f->kind == FAKE_ORIGIN)
		asking->opaque = true;
	else if (filter_inputs(f) & FILTER_NET)
		asking->at[asking->n++] = (struct asked){ .answer = net_bit(net) };
	return filter_run(f, net, d, source, changed);
}

enum filter_result
filter_run(const struct filter *f, const struct net *net, struct draft *d,
    const struct route_source *source, bool *changed)
{
	bool odd = net_bit(net);

	(void)source;
	*changed = false;
	switch (f->kind) {
	case FAKE_ACCEPT: return FILTER_ACCEPT;
	case FAKE_ORIGIN:
		return net_contains(&fake_bad_origin, net) ? FILTER_REJECT
							   : FILTER_ACCEPT;
	case FAKE_ODD_NETS: return odd ? FILTER_REJECT : FILTER_ACCEPT;
	case FAKE_LOCAL_PREF:
		draft_set_u32(d, ATTR_LOCAL_PREF, f->param);
		*changed = true;
		return FILTER_ACCEPT;
	case FAKE_MED_SOME:
		if (odd)
			draft_set_u32(d, ATTR_MED, f->param);
		*changed = odd;
		return FILTER_ACCEPT;
	case FAKE_NEXT_HOP:
		if (odd)
			memset(d->next_hop.b, 9, d->next_hop.len);
		*changed = odd;
		return FILTER_ACCEPT;
	case FAKE_LONG_PATHS:
		return path_short(d, f->param) ? FILTER_ACCEPT : FILTER_REJECT;
	default: return FILTER_REJECT;
	}
}

/* Routes whose MED is the same multiple of the parameter belong together. */
bool
filter_key(const struct filter *f, const struct net *net, struct draft *d,
    const struct route_source *source, const void **key, size_t *len)
{
	uint32_t med = 0, *at = arena_alloc(d->arena, sizeof(*at));

	(void)net;
	(void)source;
	draft_u32(d, ATTR_MED, &med);
	*at = f->param ? med / f->param : med;
	*key = at;
	*len = sizeof(*at);
	return med != FAKE_MED_BAD;
}

/* The new route tells in its MED how many it is made of, in its path whose the first is. */
enum filter_result
filter_merge(const struct filter *f, const struct net *net, struct draft *new,
    const struct route_source *source, const struct merge_block *block)
{
	(void)net;
	(void)source;
	if (f->kind == FAKE_REJECT || block->n < f->param)
		return FILTER_REJECT;
	draft_set_u32(new, ATTR_MED, block->n);
	draft_path_prepend(new, block->route[0].attrs->med + 1, 1);
	return FILTER_ACCEPT;
}
