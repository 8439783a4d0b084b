/*
 * Sweep: the walk over a table that takes out paths whose time is over.
 *
 * It goes round and round while any channel waits for it; a channel has been served when
 * as many slots as there were when it asked have been passed.  Channels that ask while it
 * is under way share it.
 *
 * What is taken out is told by the path's generation: dead_age behind the channel's or
 * more. A channel that is back up has a new generation, so its new paths are safe from a
 * sweep that is not through yet.
 */
#include "rib/reach.h"

#include "base/mem.h"
#include "base/wire.h"

#define SWEEP_COST 2 /* of a node, in those of an item emitted */

static void
sweeper_add(struct rib_table *t, struct channel *ch)
{
	if (t->sweeper_n == t->sweeper_cap) {
		t->sweeper_cap = t->sweeper_cap ? t->sweeper_cap * 2 : 4;
		t->sweepers = mem_realloc(
		    t->sweepers, t->sweeper_cap * sizeof(struct channel *));
	}
	t->sweepers[t->sweeper_n++] = ch;
}

void
sweep_request(struct channel *ch)
{
	struct rib_table *t = ch->table;

	table_wake(t);
	if (!ch->sweep_left) {
		t->sweep_n++;
		sweeper_add(t, ch);
	}
	ch->sweep_end = t->t.node_end;
	ch->sweep_left = ch->sweep_end;
}

static bool
path_dead(const struct channel *ch, const struct path *p)
{
	return ch->dead_age && (uint16_t)(ch->gen - p->gen) >= ch->dead_age;
}

static bool
path_differs(const struct shard *s, const struct group *g, const struct path *p)
{
	const struct channel *ch = s->channels[p->channel];

	return ch->redecide &&
	       (ch->was_many || (ch->renamed && group_asks_source(g)) ||
		   reflect_differs(&g->key, &ch->was, &ch->d,
				    store_get(s->store, p->attrs)));
}

static bool
only_member(const struct group *g, const struct channel *ch)
{
	return g->member_n == 1 && g->members[0] == ch;
}

/* The groups for which a path has another result now are told: of the best one, or, where
 * all are told, of any. */
static void
groups_again(struct shard *s, struct rib_table *t, uint32_t node)
{
	const struct node *n = table_node(&t->t, node);
	const struct path *p = node_paths(&t->t, n);

	for (uint32_t i = 0; i < t->group_n; i++) {
		struct group *g = t->groups[i];
		bool differs = false;

		if (only_member(g, s->channels[p->channel]) && n->n == 1)
			continue; /* it is not told its own */
		for (unsigned k = 0; k < (g->told ? n->n : 1u) && !differs; k++)
			differs = path_differs(s, g, &p[k]);
		if (!differs)
			continue;
		/* Its old key does not say any more what was told. */
		group_forget_old(s, g);
		group_fit(g);
		group_lag_set(g, node);
		if (g->told)
			node_changed(t, node);
	}
	if (t->follower_n)
		node_dirty(t, node);
}

/* RFC 9494, 4.2 and 4.3: who asks for it goes at once, the others are marked. */
static void
path_mark(struct shard *s, struct rib_table *t, uint32_t node, unsigned i)
{
	const struct path *p = &node_paths(&t->t, table_node(&t->t, node))[i];
	const struct attrs *a = store_get(s->store, p->attrs);
	struct attrs *marked = NULL;
	uint8_t community[4];
	struct draft d;

	if (!(a->wk & WK_NO_LLGR)) {
		put_u32(community, COMM_LLGR_STALE);
		arena_reset(s->arena);
		draft_from(&d, s->arena, a);
		draft_list_add(&d, ATTR_COMMUNITY, community, sizeof(community));
		marked = store_intern(s->store, &d);
	}
	if (marked)
		node_path_set(s, t, node, i, marked);
	else
		node_path_del(s, t, node, i);
}

static bool
path_unmarked(const struct shard *s, const struct channel *ch, const struct path *p)
{
	return ch->llgr && path_is_stale(ch, p) &&
	       !(store_get(s->store, p->attrs)->wk & WK_LLGR_STALE);
}

static void
sweep_node(struct shard *s, struct rib_table *t, uint32_t node)
{
	struct node *n = table_node(&t->t, node);
	bool again = false, moved = false, aigp = false;

	for (unsigned i = n->n; i-- > 0;) {
		const struct path *p = node_paths(&t->t, n) + i;
		const struct channel *ch = s->channels[p->channel];

		if (path_dead(ch, p)) {
			node_path_del(s, t, node, i);
			t->swept++;
			i = n->n; /* the decision may have moved them */
		} else if (path_unmarked(s, ch, p)) {
			path_mark(s, t, node, i);
			i = n->n;
		} else if (flowcheck_table(t) && flowcheck_again(s, t, node, i)) {
			i = n->n;
		} else if (ch->redecide) {
			again = true;
			reach_want(s, &ch->d, store_get(s->store, p->attrs));
		} else if (t->hop_left && reach_moved(s, p, t->hop_epoch)) {
			moved = true;
			aigp |= store_get(s->store, p->attrs)->has & HAS_AIGP;
		}
	}
	if ((again || moved) && n->n)
		node_redecide(s, t, node);
	if (again && n->n)
		groups_again(s, t, node);
	else if (moved && (t->follower_n || aigp)) /* what is sent has the metric in it */
		node_dirty(t, node);
}

/* What the node so far ahead will need is fetched in three steps. */
static void
sweep_ahead(const struct shard *s, const struct rib_table *t, uint32_t i)
{
	const struct node *n;
	const struct path *p;

	if (i + 16 < t->t.node_end)
		__builtin_prefetch(node_paths(&t->t, table_node(&t->t, i + 16)));
	if (i + 8 >= t->t.node_end)
		return;
	n = table_node(&t->t, i + 8);
	p = node_paths(&t->t, n);
	for (unsigned k = 0; n->flags & NODE_USED && k < n->n && k < 4; k++)
		__builtin_prefetch(store_get(s->store, p[k].attrs));
}

static void
sweep_done(struct rib_table *t, struct channel *ch)
{
	t->sweep_n--;
	ch->dead_age = 0;
	/* The cycle that tells of what was found is yet to begin, if there is one. */
	ch->gone_after = t->cycles_begun + table_pending(t);
	if (ch->redecide)
		t->merge_after = ch->gone_after;
	ch->redecide = false;
	ch->llgr = false;
}

static uint32_t
overlap(uint32_t from, uint32_t to, uint32_t end)
{
	if (from >= end)
		return 0;
	return (to < end ? to : end) - from;
}

static void
sweep_passed(struct rib_table *t, uint32_t i, uint32_t from, uint32_t to)
{
	struct channel *ch = t->sweepers[i];
	uint32_t seen = overlap(from, to, ch->sweep_end);

	ch->sweep_left -= seen < ch->sweep_left ? seen : ch->sweep_left;
	if (ch->sweep_left)
		return;
	t->sweepers[i] = t->sweepers[--t->sweeper_n];
	sweep_done(t, ch);
}

static void
hops_passed(struct shard *s, struct rib_table *t, uint32_t from, uint32_t to)
{
	uint32_t seen;

	if (!t->hop_left)
		return;
	seen = overlap(from, to, t->hop_end);
	t->hop_left -= seen < t->hop_left ? seen : t->hop_left;
	t->sweep_n -= !t->hop_left;
	if (!t->hop_left && flowcheck_table(t))
		flowcheck_swept(s);
}

void
sweep_slice(struct shard *s, struct rib_table *t)
{
	uint32_t from = t->sweep_pos < t->t.node_end ? t->sweep_pos : 0, to;
	uint32_t slice = s->tune.slice / SWEEP_COST + 1;

	to = t->t.node_end - from < slice ? t->t.node_end : from + slice;
	for (uint32_t i = from ? from : 1; i < to; i++) {
		sweep_ahead(s, t, i);
		if (table_node(&t->t, i)->flags & NODE_USED)
			sweep_node(s, t, i);
	}
	t->sweep_pos = to;
	for (uint32_t i = t->sweeper_n; i-- > 0;)
		sweep_passed(t, i, from, to);
	hops_passed(s, t, from, to);
	drops_flush(s);
	s->upkeep = true;
}

void
sweep_now(struct shard *s, struct rib_table *t)
{
	while (t->sweep_n)
		sweep_slice(s, t);
}
