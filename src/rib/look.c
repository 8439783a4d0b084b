/*
 * Looking at a shard: walks over tables, counts, what an export would do.
 *
 * A walk's place is a node's index, and a network keeps its index for as long as it
 * stays, so a walk neither misses nor repeats one, whatever happens between two calls.
 */
#include "rib/emit.h"
#include "rib/follow.h"
#include "rib/reach.h"
#include "rib/share.h"

#include <stdio.h>
#include <string.h>
#include "base/mem.h"

#define VIEWS	   64
#define LOOK_AHEAD 64u /* slots looked at for each network asked for */

static void
swap_u16(uint16_t *at, unsigned i, unsigned k)
{
	uint16_t x = at[i];

	at[i] = at[k];
	at[k] = x;
}

/* Each is the best of those that are left: the order that paths of a sorted table are seen
 * in.  In which they lie, but for the first, is what the table does fastest. */
static void
node_order(const struct shard *s, const struct rib_table *t, const struct path *p,
    unsigned n, uint16_t *at)
{
	struct contender *c;

	for (unsigned i = 0; i < n; i++)
		at[i] = (uint16_t)i;
	if (!t->sorted || n < 3)
		return;
	c = MEM_ARRAY(struct contender, n);
	for (unsigned i = 0; i < n; i++)
		c[i] = path_contender(s, &p[i]);
	for (unsigned i = 1; i + 1 < n; i++) {
		unsigned best = i + decide_best(c + i, n - i, NULL);
		struct contender x = c[i];

		swap_u16(at, i, best);
		c[i] = c[best];
		c[best] = x;
	}
	mem_free(c);
}

static void
node_view(const struct shard *s, const struct rib_table *t, uint32_t node,
    void (*visit)(void *, const struct path_view *, unsigned), void *ctx)
{
	const struct node *n = table_node(&t->t, node);
	const struct path *p = node_paths(&t->t, n);
	struct path_view few[VIEWS], *v;
	uint16_t at[TABLE_PATHS_MAX];
	struct net net;

	v = n->n > VIEWS ? MEM_ARRAY(struct path_view, n->n) : few;
	table_net(&t->t, node, &net);
	node_order(s, t, p, n->n, at);
	for (unsigned i = 0; i < n->n; i++) {
		const struct path *q = &p[at[i]];

		v[i] = (struct path_view){
			.net = &net,
			.attrs = store_get(s->store, q->attrs),
			.channel = pipe_root(s, q->channel),
			.here = q->channel,
			.path_id = q->path_id,
			.time = q->time,
			.best = i == 0,
			.stale = path_is_stale(s->channels[q->channel], q),
		};
	}
	visit(ctx, v, n->n);
	if (v != few)
		mem_free(v);
}

static void
walk_one(struct shard *s, struct walk *w, const struct rib_table *t,
    void (*visit)(void *, const struct path_view *, unsigned), void *ctx)
{
	uint32_t node;

	w->done = true;
	if (w->net.type != t->t.type)
		return;
	if (w->mode == WALK_FOR)
		node = table_match(&t->t, &w->net);
	else
		node = table_find(&t->t, &w->net, table_hash(&t->t, &w->net));
	if (node && table_node(&t->t, node)->n)
		node_view(s, t, node, visit, ctx);
}

void
shard_walk(struct shard *s, struct walk *w, unsigned max_nets,
    void (*visit)(void *, const struct path_view *, unsigned), void *ctx)
{
	const struct rib_table *t = shard_table(s, w->table);
	uint64_t slots = (uint64_t)max_nets * LOOK_AHEAD;
	struct net net;

	if (!t) {
		w->done = true;
		return;
	}
	if (w->mode == WALK_NET || w->mode == WALK_FOR) {
		walk_one(s, w, t, visit, ctx);
		return;
	}
	if (!w->pos)
		w->pos = 1;
	for (; w->pos < t->t.node_end && max_nets && slots; w->pos++, slots--) {
		const struct node *n = table_node(&t->t, w->pos);

		if (!(n->flags & NODE_USED) || !n->n)
			continue;
		if (w->mode == WALK_IN) {
			table_net(&t->t, w->pos, &net);
			if (!net_contains(&w->net, &net))
				continue;
		}
		node_view(s, t, w->pos, visit, ctx);
		max_nets--;
	}
	w->done = w->pos >= t->t.node_end;
}

void
shard_channel_counts(const struct shard *s, uint32_t id, struct channel_counts *c)
{
	const struct channel *ch = shard_channel(s, id);
	const struct group *g;

	memset(c, 0, sizeof(*c));
	if (!ch)
		return;
	*c = ch->in;
	if (ch->follower)
		c->exported = ch->follower->told_n;
	c->exported += pipe_carried(s, ch);
	c->exp_updates = ch->exp.updates;
	c->exp_rejected = ch->exp.rejected;
	c->exp_filtered = ch->exp.filtered;
	c->exp_accepted = ch->exp.accepted;
	c->exp_withdraws = ch->exp.withdraws;
	g = ch->group;
	if (!g)
		return;
	c->exported = g->adv_n - ch->own_adv;
	c->exp_updates += g->st_updates - ch->exp_base.updates;
	c->exp_rejected += g->st_rejected - ch->exp_base.rejected;
	c->exp_filtered += g->st_filtered - ch->exp_base.filtered;
	c->exp_accepted += g->st_accepted - ch->exp_base.accepted;
	c->exp_withdraws += g->st_withdraws - ch->exp_base.withdraws;
}

void
shard_table_counts(const struct shard *s, uint32_t id, struct table_counts *c)
{
	const struct rib_table *t = shard_table(s, id);

	memset(c, 0, sizeof(*c));
	if (!t)
		return;
	c->nets = t->t.node_n;
	c->paths = t->t.path_n;
	c->bytes = table_bytes(&t->t) +
		   t->dirty.mem.size + t->changed.mem.size + t->taken.mem.size +
		   t->taken_multi.mem.size + t->cycle.a.size + t->cycle.b.size +
		   t->cycle_multi.a.size + t->cycle_multi.b.size + share_bytes(t);
	for (uint32_t i = 0; i < t->group_n; i++) {
		const struct group *g = t->groups[i];

		c->bytes += t->t.node_end / 8u;
		c->bytes += g->told ? told_bytes(g->told)
				    : adv_bytes(&g->adv);
	}
}

static uint32_t
slow_members(const struct group *g)
{
	return g->held ? g->member_n : 0;
}

bool
shard_group_view(const struct shard *s, unsigned i, struct group_view *v)
{
	for (uint32_t n = 0; n < s->table_n; n++) {
		const struct rib_table *t = s->tables[n];
		const struct group *g;

		if (i >= t->group_n) {
			i -= t->group_n;
			continue;
		}
		g = t->groups[i];
		*v = (struct group_view){
			.id = g->id,
			.table = t->id,
			.family = (enum family)g->key.family,
			.members = g->member_n,
			.slow = slow_members(g),
			.messages = g->messages,
			.bytes = g->bytes,
			.bytes_shared = g->bytes_shared,
			.policy = filter_name(g->key.export),
		};
		sink_format(&g->key, v->key, sizeof(v->key));
		return true;
	}
	return false;
}

enum sent_paths
shard_sent_paths(const struct shard *s, uint32_t id)
{
	const struct channel *ch = shard_channel(s, id);

	if (ch && (ch->d.sink == SINK_PIPE || ch->d.sink == SINK_AGGREGATE ||
		      ch->d.add_path_tx))
		return SENT_ALL;
	return ch && ch->d.secondary ? SENT_FIRST : SENT_BEST;
}

/* As for followers: no rules but the filter's and those of the kind. */
static int
follow_verdict(struct shard *s, const struct channel *ch, const struct path_view *v)
{
	const struct channel *source = shard_channel(s, v->here);
	struct attrs *a;
	bool offered = ch->d.sink == SINK_PIPE	      ? pipe_offered(s, ch, source)
		       : ch->d.sink == SINK_AGGREGATE ? aggregate_offered(ch, source)
						      : follow_offered(ch, source);

	if (!offered)
		return 0;
	a = follow_export(s, ch, source, store_get(s->store, v->attrs->id), v->net);
	attrs_unref(s->store, a, 1);
	return a ? 2 : 1;
}

int
shard_export_verdict(struct shard *s, uint32_t id, const struct path_view *v)
{
	struct channel *ch = shard_channel(s, id), *source = shard_channel(s, v->channel);
	struct exporter x;
	struct sink k;
	int verdict;

	if (!ch || !source || !ch->d.export)
		return 0;
	if (ch->d.sink != SINK_BGP)
		return follow_verdict(s, ch, v);
	if (ch->d.kind != SOURCE_BGP)
		return 0;
	sink_from(&k, &ch->d, ch->d.export, true);
	if (ch == source && !sink_tells_own(&k))
		return 0;
	export_begin(
	    &x, s, &k, &source->d, store_get(s->store, v->attrs->id), s->scratch[0]);
	verdict = export_one(&x, v->net)->verdict;
	export_end(&x);
	return verdict;
}
