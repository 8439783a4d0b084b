/*
 * The shard: its tables, and the order in which its work is done.
 *
 * Live changes come first: a cycle under way, then one that is due.  Sweeps and feeds
 * take what time is left, a slice each in turn.  Merging and other upkeep happens between
 * cycles.
 */
#include "rib/emit.h"
#include "rib/flowcheck.h"
#include "rib/follow.h"
#include "rib/reach.h"
#include "rib/netwatch.h"
#include "rib/share.h"

#include <assert.h>
#include <string.h>
#include "base/mem.h"

#define TABLE_COST 32 /* of a cycle, however small, in networks */

#define HOLDERS_MAX 16u	/* less than a sixteenth is less than sockets hold anyway */

const struct tuning tuning_default = {
	.slice = 16384,
	.flush_ms = 50,
	.storm_ms = 500,
	.storm_n = 10000,
	.tick_ms = 1,
	.gather_ms = 5,
	.poll_ms = 10,
	.trim_n = 10000,
	.share_n = 65536,
	.share_times = 4,
	.hold_high = 24u << 20, /* with its overhead below 32 MB for a slow member */
	.hold_low = 8u << 20,
};

struct shard *
shard_new(struct store *store, const struct shard_ops *ops, void *ctx)
{
	struct shard *s = MEM_NEW(struct shard);

	s->store = store;
	s->ops = *ops;
	s->ctx = ctx;
	s->tune = tuning_default;
	s->last_flush = UINT64_MAX;
	s->arena = arena_new();
	s->memo = memo_new();
	for (unsigned i = 0; i < 4; i++)
		s->scratch[i] = mem_alloc(SEGMENT_SIZE);
	return s;
}

void
shard_links(struct shard *s, const struct filter_links *links)
{
	s->links = links;
}

void
shard_share(struct shard *s, unsigned n)
{
	s->tune.hold_high = tuning_default.hold_high /
			    (n < HOLDERS_MAX ? n : HOLDERS_MAX);
	s->tune.hold_low = tuning_default.hold_low / (n < HOLDERS_MAX ? n : HOLDERS_MAX);
}

struct rib_table *
shard_table(const struct shard *s, uint32_t id)
{
	uint32_t low = 0, n = s->table_n;

	while (n > 1) { /* they lie in the order of their ids */
		uint32_t half = n / 2;

		if (s->tables[low + half]->id <= id)
			low += half;
		n -= half;
	}
	return n && s->tables[low]->id == id ? s->tables[low] : NULL;
}

void
shard_table_add(struct shard *s, uint32_t id, enum net_type type)
{
	struct rib_table *t = MEM_NEW(struct rib_table);
	uint32_t at;

	assert(!shard_table(s, id));
	t->shard = s;
	t->id = id;
	t->dirty_since = UINT64_MAX;
	table_init(&t->t, type);
	s->tables = mem_realloc(s->tables, (s->table_n + 1) * sizeof(struct rib_table *));
	for (at = s->table_n++; at && s->tables[at - 1]->id > id; at--)
		s->tables[at] = s->tables[at - 1];
	s->tables[at] = t;
}

void
shard_table_sort(struct shard *s, uint32_t id, bool sorted)
{
	struct rib_table *t = shard_table(s, id);

	if (t)
		t->sorted = sorted;
}

static void
table_drop(struct shard *s, struct rib_table *t)
{
	group_del_all(s, t);
	table_sleep(t);
	for (uint32_t i = 1; i < t->t.node_end && t->t.path_n; i++) {
		const struct node *n = table_node(&t->t, i);
		const struct path *p = node_paths(&t->t, n);

		for (unsigned j = 0; n->flags & NODE_USED && j < n->n; j++)
			path_drop(s, p[j].attrs);
	}
	drops_flush(s);
	table_fini(&t->t);
	items_free(&t->cycle);
	items_free(&t->cycle_multi);
	nodes_free(&t->changed);
	nodes_free(&t->taken);
	nodes_free(&t->taken_multi);
	mem_free(t->groups);
	for (uint32_t i = 0; i < t->follower_n; i++)
		follow_free(t->followers[i]);
	mem_free(t->followers);
	mem_free(t->sweepers);
	netwatch_free(t->watch);
	share_free(t->share);
	mem_free(t->laggers);
	nodes_free(&t->dirty);
	mem_free(t);
}

void
shard_table_del(struct shard *s, uint32_t id)
{
	struct rib_table *t = shard_table(s, id);
	uint32_t i = 0;

	if (!t)
		return;
	t->doomed = true;
	table_wake(t);
	s->upkeep = true;
	if (t->channel_n || t->group_n)
		return;
	while (s->tables[i] != t)
		i++;
	memmove(s->tables + i, s->tables + i + 1,
	    (s->table_n - i - 1) * sizeof(struct rib_table *));
	s->table_n--;
	table_drop(s, t);
	flowcheck_swept(s); /* others may have waited for this one alone */
}

/* Tables that were to be dropped while channels were on their way out of them. */
static void
tables_gone(struct shard *s)
{
	for (uint32_t i = s->awake_n; i-- > 0;)
		if (s->awake[i]->doomed && !s->awake[i]->channel_n &&
		    !s->awake[i]->group_n)
			shard_table_del(s, s->awake[i]->id);
}

/*
 * Work.
 */
static void
earlier(uint64_t *wait_ms, uint64_t at)
{
	if (at < *wait_ms)
		*wait_ms = at;
}

static void
dirty_times(struct shard *s, bool input_waiting, uint64_t *wait_ms)
{
	for (uint32_t i = 0; i < s->awake_n; i++) {
		struct rib_table *t = s->awake[i];

		if (!table_pending(t))
			continue;
		if (t->dirty_since == UINT64_MAX)
			t->dirty_since = s->now;
		earlier(wait_ms, input_waiting ? flush_deadline(s, t)
					       : t->last_flush + s->tune.tick_ms);
	}
}

/* The most urgent slice of live changes: of a table that is large, or of several. */
static bool
live_slice(struct shard *s, bool input_waiting)
{
	uint32_t first = s->turn, work = 0;

	for (uint32_t i = 0; i < s->awake_n; i++)
		if (s->awake[i]->cycling) {
			flush_slice(s, s->awake[i]);
			return true;
		}
	for (uint32_t i = 0; i < s->awake_n; i++) {
		struct rib_table *t = s->awake[(first + i) % s->awake_n];

		if (!flush_due(s, t, input_waiting))
			continue;
		s->turn = (first + i + 1) % s->awake_n;
		flush_begin(s, t);
		work += t->taken.n + t->taken_multi.n + TABLE_COST;
		flush_slice(s, t);
		if (t->cycling || work >= s->tune.slice)
			break;
	}
	return work > 0;
}

#define MOVE_COST 4 /* slots are fresh memory mostly */

/*
 * Walks: of tables that are small several are worked on in one turn.
 */
/* Housekeeping of the tables' memory. */
static bool
memory_slice(struct shard *s)
{
	uint32_t work = 0;

	for (uint32_t i = 0; i < s->awake_n && work < s->tune.slice; i++) {
		struct rib_table *t = s->awake[i];

		if (table_moving(&t->t))
			table_move(&t->t, s->tune.slice / MOVE_COST + 1);
		else if (t->trimming)
			trim_slice(s, t);
		else
			continue;
		work += t->t.node_end * MOVE_COST + TABLE_COST;
	}
	return work;
}

static bool
sweep_some(struct shard *s)
{
	uint32_t work = 0;

	for (uint32_t i = 0; i < s->awake_n && work < s->tune.slice; i++) {
		struct rib_table *t = s->awake[i];

		if (!t->sweep_n)
			continue;
		sweep_slice(s, t);
		work += t->t.node_end + TABLE_COST;
	}
	return work;
}

static bool
follow_some(struct shard *s)
{
	uint32_t work = 0;

	for (uint32_t i = 0; i < s->awake_n && work < s->tune.slice; i++)
		if (follow_walk(s, s->awake[i]))
			work += s->awake[i]->t.node_end + TABLE_COST;
	return work;
}

static bool
walk_slice(struct shard *s, uint64_t *wait_ms)
{
	bool more = memory_slice(s);

	more |= sweep_some(s);
	more |= follow_some(s);
	more |= netwatch_walk(s);
	more |= recheck_slice(s);
	more |= move_slice(s);
	return feed_slice(s, wait_ms) || more;
}

static void
upkeep(struct shard *s, uint64_t *wait_ms)
{
	if (s->held_n && s->now >= s->next_poll)
		s->upkeep = true;
	if (s->upkeep) {
		s->upkeep = false;
		for (uint32_t i = 0; i < s->awake_n; i++)
			group_upkeep(s, s->awake[i]);
		for (uint32_t i = 0; i < s->awake_n; i++)
			trim_maybe(s, s->awake[i]);
		pipe_upkeep(s);
		channels_gone(s);
		tables_gone(s);
		if (!s->upkeep)
			tables_sleep(s);
		s->next_poll = s->now + s->tune.poll_ms;
	}
	if (s->held_n)
		earlier(wait_ms, s->next_poll);
}

bool
shard_run(struct shard *s, bool input_waiting, uint64_t now_ms, uint64_t *wait_ms)
{
	bool more;

	*wait_ms = UINT64_MAX;
	s->now = now_ms;
	dirty_times(s, input_waiting, wait_ms);
	more = live_slice(s, input_waiting);
	if (!more)
		more = walk_slice(s, wait_ms);
	for (uint32_t i = 0; i < s->awake_n; i++)
		if (s->awake[i]->watch && s->awake[i]->watch->n)
			netwatch_tell(s, s->awake[i]);
	drops_flush(s);
	monitor_flush(s);
	upkeep(s, wait_ms);
	return more || s->upkeep;
}

uint64_t
shard_gathers_until(const struct shard *s)
{
	return s->last_flush == UINT64_MAX ? 0 : s->last_flush + s->tune.tick_ms;
}

void
shard_free(struct shard *s)
{
	if (!s)
		return;
	shard_monitor(s, false);
	while (s->rechecks)
		recheck_pop(s);
	while (s->table_n)
		table_drop(s, s->tables[--s->table_n]);
	for (uint32_t i = 1; i < s->channel_cap; i++)
		if (s->channels[i])
			channel_free(s, s->channels[i]);
	reach_fini(s);
	flowcheck_fini(s);
	mem_free(s->own);
	for (unsigned i = 0; i < 4; i++)
		mem_free(s->scratch[i]);
	items_free(&s->feed.items);
	mem_free(s->filters);
	mem_free(s->targets);
	mem_free(s->channels);
	mem_free(s->tables);
	mem_free(s->awake);
	arena_free(s->arena);
	memo_free(s->memo);
	mem_free(s);
}

size_t
shard_results_bytes(const struct shard *s)
{
	return memo_stats(s->memo).bytes;
}
