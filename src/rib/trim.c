/*
 * Trim: what a purge leaves behind goes back to the system.
 *
 * It begins at a moment when nobody holds an index of a node that is not in use: no
 * cycle, no sweep, no feed of the table, no group that lags.  Then the table's end is cut,
 * and from there on it is slices, whatever else happens between them: where the nodes end
 * is looked at anew each time.
 */
#include "rib/follow.h"
#include "rib/share.h"

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
	if (t->trimming || t->swept < s->tune.trim_n || !t->swept || !at_rest(s, t))
		return;
	t->swept = 0;
	t->trimming = true;
	t->trim_pos = 0;
	table_trim_begin(&t->t);
	for (uint32_t i = 0; i < t->group_n; i++)
		if (t->groups[i]->told)
			table_trim_begin(&t->groups[i]->told->blocks);
}

static bool
told_trim(struct told *v, uint32_t end)
{
	if (!v)
		return false;
	v->end = end;
	return slab_cut(&v->nodes, end * sizeof(struct node)) ||
	       table_trim_slice(&v->blocks);
}

static bool
group_trim(struct group *g)
{
	uint32_t end = g->table->t.node_end;

	return adv_cut(&g->adv, end) ||
	       slab_cut(&g->lag, ((size_t)end / 64 + 1) * sizeof(uint64_t)) ||
	       told_trim(g->told, end);
}

void
trim_slice(struct shard *s, struct rib_table *t)
{
	if (table_trim_slice(&t->t))
		return;
	if (t->trim_pos < t->group_n) {
		t->trim_pos += !group_trim(t->groups[t->trim_pos]);
		return;
	}
	if (share_cut(t))
		return;
	t->trimming = false;
	if (!table_pending(t) && !t->cycling) {
		nodes_free(&t->dirty);
		nodes_free(&t->changed);
		nodes_free(&t->taken);
		nodes_free(&t->taken_multi);
	}
	s->ops.purged(s->ctx);
}
