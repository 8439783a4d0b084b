/*
 * Trim: what a purge leaves behind goes back to the system.
 *
 * It waits for a moment when nobody holds an index of a node that is not in use: no
 * cycle, no sweep, no feed of the table, no group that lags.
 */
#include "rib/follow.h"

static void
groups_trim(struct rib_table *t)
{
	uint32_t end = t->t.node_end;

	for (uint32_t i = 0; i < t->group_n; i++) {
		struct group *g = t->groups[i];

		slab_cut(&g->adv, end * sizeof(uint16_t));
		slab_cut(&g->lag, ((size_t)end / 64 + 1) * sizeof(uint64_t));
		if (!g->told)
			continue;
		g->told->end = end;
		slab_cut(&g->told->nodes, end * sizeof(struct node));
		table_trim(&g->told->blocks);
	}
}

static bool
at_rest(const struct shard *s, const struct rib_table *t)
{
	if (t->cycling || t->sweep_n || table_pending(t) || follow_walking(t))
		return false;
	if (s->feed.group && s->feed.group->table == t)
		return false;
	for (uint32_t i = 0; i < t->group_n; i++)
		if (t->groups[i]->lag_n)
			return false;
	return true;
}

void
trim_maybe(struct shard *s, struct rib_table *t)
{
	if (t->swept < s->tune.trim_n || !t->swept || !at_rest(s, t))
		return;
	t->swept = 0;
	table_trim(&t->t);
	table_trim(&s->ids);
	groups_trim(t);
	nodes_free(&t->dirty);
	nodes_free(&t->changed);
	nodes_free(&t->taken);
	nodes_free(&t->taken_multi);
	s->ops.purged(s->ctx);
}
