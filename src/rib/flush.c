/*
 * Flush: from dirty nodes to what each group is told.
 *
 * A cycle takes all nodes of a table that are dirty when it begins, sorted once, shows
 * them to each group, and frees those that are empty.  It is worked off in slices.  A
 * node that changes again meanwhile is dirty again: groups the cycle has not reached yet
 * leave it to the next one.
 *
 * When: at once when input is drained, but no more often than once a tick, so that under
 * load a member is written to once a tick and not once a message.  While input keeps
 * coming the changes gather, for intermediate best paths are nobody's need: for flush_ms,
 * or, when there are so many that whole tables must be coming in, for storm_ms.
 */
#include "rib/emit.h"
#include "rib/follow.h"
#include "rib/share.h"

#include "base/mem.h"

/* When the changes pending go out though input keeps coming. */
uint64_t
flush_deadline(const struct shard *s, const struct rib_table *t)
{
	if (t->dirty_since == UINT64_MAX)
		return UINT64_MAX;
	if (t->dirty.n > s->tune.storm_n || t->changed.n > s->tune.storm_n)
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

static void
nodes_swap(struct nodes *a, struct nodes *b)
{
	struct nodes x = *a;

	*a = *b;
	*b = x;
}

void
flush_begin(struct shard *s, struct rib_table *t)
{
	nodes_swap(&t->dirty, &t->taken);
	nodes_swap(&t->changed, &t->taken_multi);
	t->dirty_since = UINT64_MAX;
	t->last_flush = s->last_flush = s->now;
	t->cycling = true;
	t->cycles_begun++;
	t->phase = CYCLE_COLLECT;
	t->cycle_pos = 0;
}

/* Nodes to items; their flag is taken.  Until then what changes them again is in the
 * item. */
static uint32_t
collect(struct rib_table *t, struct nodes *from, uint8_t flag, struct items *to,
    uint32_t left)
{
	uint32_t n = from->n - t->cycle_pos, end;

	n = n < left ? n : left;
	end = t->cycle_pos + n;
	for (uint32_t i = t->cycle_pos; i < end; i++) {
		struct node *node = table_node(&t->t, from->at[i]);
		const struct path *p = node_paths(&t->t, node);

		if (i + 16 < end)
			__builtin_prefetch(table_node(&t->t, from->at[i + 16]));
		if (i + 8 < end)
			__builtin_prefetch(
			    node_paths(&t->t, table_node(&t->t, from->at[i + 8])));
		node->flags &= (uint8_t)~flag;
		items_add(
		    to, node->n ? p->attrs : 0, node->n ? p->channel : 0, from->at[i]);
	}
	t->cycle_pos = end;
	if (end == from->n)
		from->n = t->cycle_pos = 0;
	return left - n;
}

static uint32_t
collect_slice(struct rib_table *t, uint32_t left)
{
	if (t->taken.n)
		left = collect(t, &t->taken, NODE_DIRTY, &t->cycle, left);
	if (!t->taken.n && t->taken_multi.n)
		left = collect(t, &t->taken_multi, NODE_CHANGED, &t->cycle_multi, left);
	if (!t->taken.n && !t->taken_multi.n)
		t->phase = CYCLE_SORT;
	return left;
}

/* Those of best paths first; cycle_pos tells that they are done. */
static uint32_t
sort_slice(struct rib_table *t, uint32_t left)
{
	bool small = t->cycle.n + t->cycle_multi.n <= left / 2;

	if (t->cycle_pos == 0)
		t->cycle_pos = items_sort_slice(&t->cycle, left * SORT_SHARE);
	if (t->cycle_pos == 0 || !items_sort_slice(&t->cycle_multi, left * SORT_SHARE))
		return 0;
	for (uint32_t i = 0; i < t->group_n; i++) {
		t->groups[i]->cycle_pos = 0;
		group_fit(t->groups[i]);
	}
	for (uint32_t i = 0; i < t->follower_n; i++)
		t->followers[i]->cycle_pos = 0;
	t->phase = CYCLE_SHARE;
	t->cycle_pos = 0;
	return small ? left : 0;
}

/* All groups have been told of the nodes that have no path left: they stand first.  False:
 * there are more than a slice. */
static bool
free_items(struct rib_table *t, const struct items *v, uint32_t left)
{
	for (; t->cycle_pos < v->n && !v->at[t->cycle_pos].source; t->cycle_pos++) {
		if (!left--)
			return false;
		node_free_maybe(t, v->at[t->cycle_pos].node);
	}
	t->cycle_pos = 0;
	return true;
}

static void
cycle_end(struct shard *s, struct rib_table *t)
{
	t->cycling = false;
	t->cycles_done++;
	items_clear(&t->cycle);
	items_clear(&t->cycle_multi);
	share_end(t);
	s->upkeep = true;
}

/* Groups that are still to be told of some nodes. */
static void
find_laggers(struct rib_table *t)
{
	if (t->lagger_cap < t->group_n) {
		t->lagger_cap = t->group_n;
		t->laggers = mem_realloc(t->laggers, t->group_n * sizeof(*t->laggers));
	}
	t->lagger_n = 0;
	for (uint32_t i = 0; i < t->group_n; i++)
		if (t->groups[i]->lag_n)
			t->laggers[t->lagger_n++] = t->groups[i];
}

/* A node may be in the second alone: its last path went when this cycle's predecessor had
 * yet to collect it as dirty, but not as changed, as there were no groups with add-path. */
static void
free_slice(struct shard *s, struct rib_table *t, uint32_t left)
{
	find_laggers(t);
	if (t->phase == CYCLE_FREE) {
		if (!free_items(t, &t->cycle, left))
			return;
		t->phase = CYCLE_FREE_MULTI;
	}
	if (free_items(t, &t->cycle_multi, left))
		cycle_end(s, t);
}

static uint32_t
share_out(struct shard *s, struct rib_table *t, uint32_t left)
{
	left = share_slice(s, t, left);
	if (!t->share || t->cycle_pos == t->cycle.n)
		t->phase = CYCLE_EMIT;
	return left;
}

static void
lag_items(struct shard *s, struct group *g, const struct items *v, uint32_t from)
{
	group_forget_old(
	    s, g); /* what lags is no longer what the old key was applied to */
	for (uint32_t i = from; i < v->n; i++)
		group_lag_set(g, v->at[i].node);
}

static uint32_t
emit_slice(struct shard *s, struct rib_table *t, uint32_t left)
{
	for (uint32_t i = 0; i < t->group_n && left; i++) {
		struct group *g = t->groups[i];
		struct items *v = flush_items(t, g);
		uint32_t from = g->cycle_pos, n = v->n - from;

		if (!n)
			continue;
		group_fit(g);
		if (g->held || group_frozen(g)) {
			lag_items(s, g, v, from);
		} else {
			n = n < left ? n : left;
			left -= n;
			emit_items(s, g, v, from, from + n, EMIT_CYCLE);
			group_hold_maybe(s, g);
		}
		g->cycle_pos = from + n;
	}
	for (uint32_t i = 0; i < t->follower_n && left; i++)
		left = follow_cycle(s, t->followers[i], left);
	if (left) {
		t->phase = CYCLE_FREE;
		t->cycle_pos = 0;
	}
	return left;
}

void
flush_slice(struct shard *s, struct rib_table *t)
{
	uint32_t left = s->tune.slice;

	if (t->phase == CYCLE_COLLECT)
		left = collect_slice(t, left);
	if (left && t->phase == CYCLE_SORT)
		left = sort_slice(t, left);
	if (left && t->phase == CYCLE_SHARE)
		left = share_out(s, t, left);
	if (left && t->phase == CYCLE_EMIT)
		left = emit_slice(s, t, left);
	if (left && t->phase >= CYCLE_FREE)
		free_slice(s, t, left);
}
