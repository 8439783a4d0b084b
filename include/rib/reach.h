/*
 * Reach: what the shard knows of next hops, for the decision.
 *
 * A channel in recursive mode has two resolvers, one for next hops of each family.  When
 * its first route with a next hop comes, the resolver is asked; what it says is kept by
 * the next hop's number.  Until then, and with no answer, the next hop leads nowhere.
 */
#ifndef MYNAH_RIB_REACH_H
#define MYNAH_RIB_REACH_H

#include "rib/core.h"
#include "rib/decide.h"
#include "rib/flowcheck.h"

struct reach_state {
	uint32_t metric;
	uint32_t epoch; /* of the last change */
	bool asked, resolved;
};

struct reach { /* of one resolver */
	struct reach_state *at; /* by number of the next hop */
	uint32_t cap;
};

void reach_fini(struct shard *);
/* What may have to be asked for a route of the source. */
void reach_ask(struct shard *, unsigned resolver, uint32_t hop);

/* The table is walked for paths that hang on what has changed since the epoch; until that
 * is through, its lists are not decided by what is known now. */
void reach_sweep(struct rib_table *, uint32_t epoch);

static inline unsigned
reach_resolver(const struct channel_desc *d, const struct attrs *a)
{
	return a->nh_len == 4 ? d->igp4 : d->igp6;
}

/* NULL: nothing is known. */
static inline const struct reach_state *
reach_find(const struct shard *s, const struct channel_desc *d, const struct attrs *a)
{
	unsigned resolver = reach_resolver(d, a);

	if (resolver >= s->reach_n || a->hop >= s->reach[resolver].cap)
		return NULL;
	return &s->reach[resolver].at[a->hop];
}

static inline void
reach_want(struct shard *s, const struct channel_desc *d, const struct attrs *a)
{
	const struct reach_state *r;

	if (!d->igp4 || !a->hop)
		return;
	r = reach_find(s, d, a);
	if (!r || !r->asked)
		reach_ask(s, reach_resolver(d, a), a->hop);
}

/* A filter has set where the route leads: its next hop does not count. */
static inline bool
reach_is_set(const struct attrs *a)
{
	struct attr at;

	return attrs_find(a, LOCAL_HOPS, &at);
}

/* What is known of the way to the contender's next hop. */
static inline void
reach_fill(const struct shard *s, struct contender *c)
{
	const struct reach_state *r;

	c->metric = c->source->cost;
	if (!c->source->igp4) {
		if (c->attrs->local_len)
			c->unreachable = flowcheck_refused(c->source, c->attrs);
		return;
	}
	if (c->attrs->local_len && reach_is_set(c->attrs)) {
		c->metric = 0;
		return;
	}
	r = s->reach_up ? reach_find(s, c->source, c->attrs) : NULL;
	c->unreachable = !r || !r->resolved;
	c->metric = r ? r->metric : 0;
}

static inline struct contender
path_contender(const struct shard *s, const struct path *p)
{
	struct contender c = {
		.attrs = store_get(s->store, p->attrs),
		.source = &s->channels[p->channel]->d,
		.time = p->time,
		.path_id = p->path_id,
	};

	reach_fill(s, &c);
	return c;
}

/* Has what is known of the path's next hop changed in or after the epoch? */
static inline bool
reach_moved(const struct shard *s, const struct path *p, uint32_t epoch)
{
	const struct channel_desc *d = &s->channels[p->channel]->d;
	const struct reach_state *r =
	    d->igp4 ? reach_find(s, d, store_get(s->store, p->attrs)) : NULL;

	return r && r->epoch >= epoch;
}

#endif
