/*
 * Flush: from dirty nodes to what each group is told.
 *
 * A cycle takes all nodes of a table that are dirty when it begins, sorted once, and
 * shows them to each group.  It is worked off in slices.  A node that changes again
 * meanwhile is dirty again: groups the cycle has not reached yet leave it to the next
 * one.
 *
 * When: at once when input is drained, but no more often than once a tick, so that under
 * load a member is written to once a tick and not once a message.  While input keeps
 * coming the changes gather, for intermediate best paths are nobody's need: for flush_ms,
 * or, when there are so many that whole tables must be coming in, for storm_ms.
 */
#include "rib/emit.h"

/* When the changes pending go out though input keeps coming. */
uint64_t
flush_deadline(const struct shard *s, const struct rib_table *t)
{
	if (t->dirty_since == UINT64_MAX)
		return UINT64_MAX;
	if (t->dirty_n > s->tune.storm_n || t->changed_n > s->tune.storm_n)
		return t->dirty_since + s->tune.storm_ms;
	return t->dirty_since + s->tune.flush_ms;
}

bool
flush_due(const struct shard *s, const struct rib_table *t, bool input_waiting)
{
	if (!table_pending(t))
		return false;
	if (input_waiting)
		return s->now >= flush_deadline(s, t);
	return s->now >= t->last_flush + s->tune.tick_ms || !t->cycles_begun;
}

/* Nodes to items, sorted; their flag is taken. */
static void
collect(
    struct rib_table *t, const uint32_t *list, uint32_t n, uint8_t flag, struct items *v)
{
	for (uint32_t i = 0; i < n; i++) {
		struct node *node = table_node(&t->t, list[i]);
		const struct path *p = node_paths(&t->t, node);

		if (i + 16 < n)
			__builtin_prefetch(table_node(&t->t, list[i + 16]));
		if (i + 8 < n)
			__builtin_prefetch(
			    node_paths(&t->t, table_node(&t->t, list[i + 8])));
		node->flags &= (uint8_t)~flag;
		items_add(v, node->n ? p->attrs : 0, node->n ? p->channel : 0, list[i]);
	}
	items_sort(v);
}

void
flush_begin(struct shard *s, struct rib_table *t)
{
	collect(t, t->dirty, t->dirty_n, NODE_DIRTY, &t->cycle);
	collect(t, t->changed, t->changed_n, NODE_CHANGED, &t->cycle_multi);
	t->dirty_n = t->changed_n = 0;
	t->dirty_since = UINT64_MAX;
	t->last_flush = s->now;
	t->cycling = true;
	t->cycles_begun++;
	for (uint32_t i = 0; i < t->group_n; i++) {
		t->groups[i]->cycle_pos = 0;
		group_fit(t->groups[i]);
	}
}

static void
flush_end(struct shard *s, struct rib_table *t)
{
	t->cycling = false;
	t->cycles_done++;
	for (uint32_t i = 0; i < t->cycle.n && !t->cycle.at[i].source; i++)
		node_free_maybe(t, t->cycle.at[i].node);
	items_clear(&t->cycle);
	items_clear(&t->cycle_multi);
	s->upkeep = true;
}

static void
lag_items(struct shard *s, struct group *g, const struct items *v, uint32_t from)
{
	group_forget_old(
	    s, g); /* what lags is no longer what the old key was applied to */
	for (uint32_t i = from; i < v->n; i++)
		group_lag_set(g, v->at[i].node);
}

void
flush_slice(struct shard *s, struct rib_table *t)
{
	uint32_t left = s->tune.slice;

	for (uint32_t i = 0; i < t->group_n && left; i++) {
		struct group *g = t->groups[i];
		struct items *v = flush_items(t, g);
		uint32_t from = g->cycle_pos, n = v->n - from;

		if (!n)
			continue;
		group_fit(g);
		if (g->held) {
			lag_items(s, g, v, from);
		} else {
			n = n < left ? n : left;
			left -= n;
			emit_items(s, g, v, from, from + n, EMIT_CYCLE);
			group_hold_maybe(s, g);
		}
		g->cycle_pos = from + n;
	}
	if (left)
		flush_end(s, t);
}
