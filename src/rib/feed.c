/*
 * Feed: what a group lags behind, told as current state.
 *
 * A group lags after its members have joined, asked for a refresh, changed their policy,
 * or while it was held because its segments piled up.  All that is one thing: a bit per
 * node not told yet.  A feed collects the nodes of one group, sorts them for full packing
 * and emits them in slices.  Between slices the table may change:
 *
 *   - a node that is dirty is left to the next cycle, which tells the group and takes the
 * bit;
 *   - a node whose bit is gone has been told by a cycle;
 *   - a node whose best path is not the collected one keeps its bit for a second
 * collection.
 *
 * One feed at a time, and none of a table while a cycle of it is under way.
 */
#include "rib/emit.h"

#include <string.h>

void
feed_cancel(struct shard *s, struct group *g)
{
	if (s->feed.group != g)
		return;
	s->feed.group = NULL;
	items_free(&s->feed.items);
}

static bool
group_wants(const struct shard *s, const struct group *g, uint64_t *wait_ms)
{
	if (!g->lag_n || g->held || group_frozen(g) || g->table->cycling)
		return false;
	if (g->lag_cycle && g->table->cycles_done < g->lag_cycle)
		return false;
	if (s->now < g->ready_ms) {
		if (g->ready_ms < *wait_ms)
			*wait_ms = g->ready_ms;
		return false;
	}
	return true;
}

static struct group *
next_group(struct shard *s, uint64_t *wait_ms)
{
	for (uint32_t n = 0; n < s->awake_n; n++) {
		struct rib_table *t = s->awake[(s->turn + n) % s->awake_n];

		for (uint32_t i = 0; i < t->group_n; i++)
			if (group_wants(s, t->groups[i], wait_ms)) {
				s->turn = (s->turn + n + 1) % s->awake_n;
				return t->groups[i];
			}
	}
	return NULL;
}

static bool
feed_wants(const struct shard *s, struct feed *f, uint32_t attrs)
{
	struct feed_seen *seen = &f->seen[attrs % SEEN];

	if (!seen->known || seen->attrs != attrs)
		*seen = (struct feed_seen){ attrs, true,
			targets_want(f->group->key.targets, store_get(s->store, attrs)) };
	return seen->want;
}

static void
collect_node(const struct shard *s, struct feed *f, struct rib_table *t, uint32_t node)
{
	struct group *g = f->group;
	const struct node *n = table_node(&t->t, node);
	const struct path *p;

	if (n->flags & group_dirty(g)) {
		f->dirty = true;
		return;
	}
	if (n->flags & NODE_USED && n->n) {
		p = node_paths(&t->t, n);
		if (g->choosy && !group_told(g, node) && !feed_wants(s, f, p->attrs)) {
			group_lag_clear(g, node);
			return;
		}
		items_add(&f->items, p->attrs, p->channel, node);
	} else if (group_told(g, node)) {
		items_add(&f->items, 0, 0, node);
	} else {
		group_lag_clear(g, node);
		if (n->flags & NODE_USED)
			node_dirty(
			    t, node); /* it was kept for us: freed after the next cycle */
	}
}

static void
collect_slice(struct shard *s, struct feed *f)
{
	struct group *g = f->group;
	struct rib_table *t = g->table;
	uint32_t end = t->t.node_end - f->pos < s->tune.slice ? t->t.node_end
							      : f->pos + s->tune.slice;

	group_fit(g);
	memset(f->seen, 0, sizeof(f->seen)); /* ids may mean other sets by now */
	while (f->pos < end) {
		uint64_t word = group_lag(g)[f->pos / 64] >> (f->pos % 64);

		if (!word) {
			f->pos = (f->pos | 63) + 1;
			continue;
		}
		f->pos += (uint32_t)__builtin_ctzll(word);
		if (f->pos < end)
			collect_node(s, f, t, f->pos++);
	}
	if (f->pos < t->t.node_end)
		return;
	f->phase = FEED_SORT;
}

static void
sort_slice(struct shard *s, struct feed *f)
{
	if (!items_sort_slice(&f->items, s->tune.slice * SORT_SHARE))
		return;
	f->phase = FEED_EMIT;
	f->pos = 0;
	if (!f->items.n && f->dirty) /* all that lags is */
		f->group->lag_cycle = f->cycle;
}

static void
feed_end(struct shard *s)
{
	struct group *g = s->feed.group;

	/* Bits of a whole table: the pages are not needed any more. */
	if (!g->lag_n)
		slab_drop(&g->lag, 0, g->lag.size);
	items_free(&s->feed.items);
	s->feed.group = NULL;
	s->upkeep = true;
}

static void
emit_slice(struct shard *s, struct feed *f)
{
	uint32_t n = f->items.n - f->pos;

	n = n < s->tune.slice ? n : s->tune.slice;
	group_fit(f->group);
	emit_items(s, f->group, &f->items, f->pos, f->pos + n, EMIT_FEED);
	f->pos += n;
	group_hold_maybe(s, f->group);
	if (f->pos == f->items.n || f->group->held)
		feed_end(s);
}

bool
feed_slice(struct shard *s, uint64_t *wait_ms)
{
	struct feed *f = &s->feed;

	if (!f->group) {
		f->group = next_group(s, wait_ms);
		if (!f->group)
			return false;
		f->phase = FEED_COLLECT;
		f->pos = 1;
		f->dirty = false;
		f->cycle = f->group->table->cycles_begun + 1;
	}
	if (f->group->table->cycling)
		return false;
	if (f->phase == FEED_COLLECT)
		collect_slice(s, f);
	else if (f->phase == FEED_SORT)
		sort_slice(s, f);
	else
		emit_slice(s, f);
	return true;
}
