/*
 * Validation of flow specifications: see rib/flowcheck.h.
 *
 * What the resolver says is remembered by destination until no flow asks for it any more:
 * now and then all are marked as unused, the tables of flows are swept, which looks at each
 * path again, and what is unused still is given up.
 */
#include "rib/flowcheck.h"

#include <string.h>
#include "base/mem.h"
#include "bgp/longnlri.h"
#include "rib/reach.h"

struct base_state {
	uint32_t as, originator;
	struct ip from;
	bool unused;
};

static struct base_state *
state_at(const struct flow_bases *b, uint32_t node)
{
	return (struct base_state *)(void *)b->state.mem + node;
}

static struct flow_bases *
bases_get(struct shard *s, unsigned resolver, enum net_type type)
{
	struct flow_bases *b;

	if (resolver >= s->bases_n) {
		s->bases = mem_realloc(s->bases, (resolver + 1) * sizeof(*s->bases));
		memset(s->bases + s->bases_n, 0,
		    (resolver + 1 - s->bases_n) * sizeof(*s->bases));
		s->bases_n = resolver + 1;
	}
	b = &s->bases[resolver];
	if (b->to.type == NET_NONE)
		table_init(&b->to, type);
	return b;
}

static void
bases_clear(struct flow_bases *b)
{
	if (b->to.type == NET_NONE)
		return;
	table_fini(&b->to);
	slab_free(&b->state);
	*b = (struct flow_bases){ 0 };
}

void
flowcheck_fini(struct shard *s)
{
	for (uint32_t i = 0; i < s->bases_n; i++)
		bases_clear(&s->bases[i]);
	mem_free(s->bases);
	s->bases = NULL;
	s->bases_n = 0;
}

/* NULL: there is no room, or the base is another table by now. */
static const struct base_state *
state_get(struct shard *s, unsigned resolver, const struct net *to)
{
	struct flow_bases *b = bases_get(s, resolver, (enum net_type)to->type);
	uint64_t hash;
	uint32_t node;

	if (b->to.type != to->type)
		return NULL;
	hash = table_hash(&b->to, to);
	node = table_find(&b->to, to, hash);
	if (!node) {
		node = table_get(&b->to, to, hash);
		if (!node)
			return NULL;
		slab_fit(&b->state, (size_t)b->to.node_end * sizeof(struct base_state));
		*state_at(b, node) = (struct base_state){ 0 };
		s->ops.base_wanted(s->ctx, resolver, to, true);
	}
	state_at(b, node)->unused = false;
	return state_at(b, node);
}

/* The originator is who ORIGINATOR_ID says, else the peer. */
static bool
is_of_originator(
    const struct base_state *b, const struct channel_desc *d, const struct attrs *a)
{
	uint32_t originator = a->has & HAS_ORIGINATOR ? a->originator : 0;

	if (originator || b->originator)
		return originator == b->originator;
	return ip_equal(&d->remote_ip, &b->from);
}

bool
flowcheck_valid(struct shard *s, const struct channel_desc *d, const struct attrs *a,
    const struct net *flow)
{
	bool interior = d->internal || d->member;
	const struct base_state *b;
	struct net to;

	if (!d->base)
		return true;
	if (!flow_destination(flow, &to))
		return false;
	if (interior && !a->path_len)
		return true; /* of our own AS: RFC 9117, 4.1 */
	b = state_get(s, d->base, &to);
	return b && b->as && is_of_originator(b, d, a) &&
	       (interior || a->neighbor_as == b->as);
}

struct attrs *
flowcheck_set(struct shard *s, const struct attrs *a, bool valid)
{
	struct draft d;

	if ((attrs_dest(a) != DEST_UNREACHABLE) == valid)
		return NULL;
	arena_reset(s->arena);
	draft_from(&d, s->arena, a);
	draft_set_dest(&d, valid ? DEST_UNICAST : DEST_UNREACHABLE);
	return store_intern(s->store, &d);
}

bool
flowcheck_again(struct shard *s, struct rib_table *t, uint32_t node, unsigned i)
{
	const struct path *p = &node_paths(&t->t, table_node(&t->t, node))[i];
	const struct channel *ch = s->channels[p->channel];
	const struct attrs *a = store_get(s->store, p->attrs);
	struct attrs *set;
	struct net net;

	if (ch->via || ch->d.kind != SOURCE_BGP) /* validated where it came in */
		return false;
	table_net(&t->t, node, &net);
	set = flowcheck_set(s, a, flowcheck_valid(s, &ch->d, a, &net));
	if (set)
		node_path_set(s, t, node, i, set);
	return set;
}

static void
sweep_flows(struct shard *s)
{
	for (uint32_t i = 0; i < s->table_n; i++)
		if (flowcheck_table(s->tables[i]))
			reach_sweep(s->tables[i], s->reach_epoch + 1);
}

void
shard_bases(
    struct shard *s, unsigned resolver, const struct base_news *news, unsigned n)
{
	struct flow_bases *b = resolver < s->bases_n ? &s->bases[resolver] : NULL;
	bool changed = false;

	for (unsigned i = 0; b && b->to.type != NET_NONE && i < n; i++) {
		uint32_t node =
		    table_find(&b->to, &news[i].to, table_hash(&b->to, &news[i].to));
		struct base_state *st = node ? state_at(b, node) : NULL;

		if (!st ||
		    (st->as == news[i].as && st->originator == news[i].originator &&
			ip_equal(&st->from, &news[i].from)))
			continue;
		st->as = news[i].as;
		st->originator = news[i].originator;
		st->from = news[i].from;
		changed = true;
	}
	if (changed)
		sweep_flows(s);
}

void
shard_bases_anew(struct shard *s, unsigned resolver)
{
	if (resolver >= s->bases_n)
		return;
	bases_clear(&s->bases[resolver]);
	sweep_flows(s);
}

void
shard_bases_forget(struct shard *s)
{
	if (!s->flow_gone || s->flow_marked)
		return;
	s->flow_gone = false;
	s->flow_marked = true;
	for (uint32_t i = 0; i < s->bases_n; i++)
		for (uint32_t k = 1; k < s->bases[i].to.node_end; k++)
			state_at(&s->bases[i], k)->unused = true;
	sweep_flows(s);
	flowcheck_swept(s); /* there may be no tables of flows */
}

static void
forget_unused(struct shard *s, unsigned resolver)
{
	struct flow_bases *b = &s->bases[resolver];
	struct net to;

	for (uint32_t i = 1; i < b->to.node_end; i++) {
		if (!(table_node(&b->to, i)->flags & NODE_USED) ||
		    !state_at(b, i)->unused)
			continue;
		table_net(&b->to, i, &to);
		s->ops.base_wanted(s->ctx, resolver, &to, false);
		table_del(&b->to, i);
	}
}

void
flowcheck_swept(struct shard *s)
{
	if (!s->flow_marked)
		return;
	for (uint32_t i = 0; i < s->table_n; i++)
		if (flowcheck_table(s->tables[i]) && s->tables[i]->hop_left)
			return;
	s->flow_marked = false;
	for (uint32_t i = 0; i < s->bases_n; i++)
		if (s->bases[i].to.type != NET_NONE)
			forget_unused(s, i);
}
