/*
 * What is known of next hops; see rib/reach.h.
 *
 * A number is held from the question on until the resolver says that it may be forgotten
 * and no set has the next hop any more, so what stands in an array never means another.
 */
#include "rib/reach.h"

#include <string.h>
#include "base/mem.h"

static struct reach *
resolver_get(struct shard *s, unsigned resolver)
{
	if (resolver >= s->reach_n) {
		s->reach = mem_realloc(s->reach, (resolver + 1) * sizeof(*s->reach));
		memset(s->reach + s->reach_n, 0,
		    (resolver + 1 - s->reach_n) * sizeof(*s->reach));
		s->reach_n = resolver + 1;
	}
	return &s->reach[resolver];
}

static struct reach_state *
state_get(struct shard *s, unsigned resolver, uint32_t hop)
{
	struct reach *r = resolver_get(s, resolver);
	uint32_t cap = (hop | 255) + 1;

	if (hop >= r->cap) {
		r->at = mem_realloc(r->at, cap * sizeof(*r->at));
		memset(r->at + r->cap, 0, (cap - r->cap) * sizeof(*r->at));
		r->cap = cap;
	}
	return &r->at[hop];
}

void
reach_fini(struct shard *s)
{
	for (uint32_t i = 0; i < s->reach_n; i++) {
		for (uint32_t hop = 1; hop < s->reach[i].cap; hop++)
			if (s->reach[i].at[hop].asked)
				store_hop_release(s->store, hop);
		mem_free(s->reach[i].at);
	}
	mem_free(s->reach);
	s->reach = NULL;
	s->reach_n = s->reach_up = 0;
}

void
reach_ask(struct shard *s, unsigned resolver, uint32_t hop)
{
	struct reach_state *r = state_get(s, resolver, hop);

	if (r->asked)
		return;
	r->asked = true;
	store_hop_hold(s->store, hop);
	s->ops.hop_wanted(s->ctx, resolver, hop);
}

void
reach_sweep(struct rib_table *t, uint32_t epoch)
{
	table_wake(t);
	if (!t->hop_left) {
		t->sweep_n++;
		t->hop_epoch = epoch;
	}
	t->hop_left = t->hop_end = t->t.node_end;
}

/* Beside that it leads nowhere. */
static bool
says_something(const struct reach_state *r)
{
	return r->resolved || r->metric;
}

void
shard_reach(struct shard *s, unsigned resolver, const struct reach_news *news, unsigned n)
{
	uint32_t epoch = ++s->reach_epoch;
	bool changed = false;

	for (unsigned i = 0; i < n; i++) {
		struct reach_state *r = state_get(s, resolver, news[i].hop);

		if (!r->asked || (r->resolved == news[i].resolved &&
				     r->metric == news[i].metric))
			continue;
		s->reach_up -= says_something(r);
		r->resolved = news[i].resolved;
		r->metric = news[i].metric;
		r->epoch = epoch;
		s->reach_up += says_something(r);
		changed = true;
	}
	for (uint32_t i = 0; changed && i < s->table_n; i++)
		reach_sweep(s->tables[i], epoch);
}

void
shard_reach_forget(struct shard *s, unsigned resolver, uint32_t hop)
{
	struct reach_state *r = state_get(s, resolver, hop);
	bool used;

	if (!r->asked)
		return;
	store_hop(s->store, hop, &used);
	if (used) {
		s->ops.hop_wanted(s->ctx, resolver, hop);
		return;
	}
	s->reach_up -= says_something(r);
	*r = (struct reach_state){ 0 };
	store_hop_release(s->store, hop);
}
