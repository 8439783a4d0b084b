/*
 * The shard: its channels and tables, and the order in which its work is done.
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
#define MARKS_MAX 60000u /* generations are 16 bits wide */

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
	s->tune.hold_high = tuning_default.hold_high / (n < HOLDERS_MAX ? n : HOLDERS_MAX);
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

/*
 * Channels.
 */
void
channel_desc_ref(const struct channel_desc *d)
{
	struct filter *f[] = { d->export, d->agg.key, d->agg.merge, d->agg.import };

	for (unsigned i = 0; i < 4; i++)
		if (f[i])
			filter_ref(f[i]);
	targets_ref(d->targets);
}

void
channel_desc_unref(const struct channel_desc *d)
{
	filter_unref(d->export);
	filter_unref(d->agg.key);
	filter_unref(d->agg.merge);
	filter_unref(d->agg.import);
	targets_unref(d->targets);
}

static void
desc_set(struct channel *ch, const struct channel_desc *d)
{
	char *name = mem_strdup(d->name);

	channel_desc_ref(d);
	mem_free((void *)(uintptr_t)ch->d.name);
	channel_desc_unref(&ch->d);
	ch->d = *d;
	ch->d.name = name;
}

void
channel_free(struct shard *s, struct channel *ch)
{
	mem_free(ch->behind);
	s->channels[ch->d.id] = NULL;
	s->removing_n -= ch->removing;
	mem_free((void *)(uintptr_t)ch->d.name);
	channel_desc_unref(&ch->d);
	limits_unref(ch->limits);
	mem_free(ch);
}

struct channel *
channel_get(struct shard *s, uint32_t id)
{
	struct channel *ch = shard_channel(s, id);
	uint32_t end = (id | 63) + 1;

	if (ch)
		return ch;
	assert(id > 0 && id <= CHANNEL_MAX);
	if (id >= s->channel_cap) {
		s->channels = mem_realloc(s->channels, end * sizeof(struct channel *));
		memset(s->channels + s->channel_cap, 0,
		    (end - s->channel_cap) * sizeof(struct channel *));
		s->channel_cap = end;
	}
	if (id < CHANNEL_OWN && id >= s->channel_end)
		s->channel_end = end;
	return s->channels[id] = MEM_NEW(struct channel);
}

static bool
desc_is_sink(const struct channel_desc *d)
{
	return d->export && d->kind == SOURCE_BGP && d->sink == SINK_BGP;
}

/* Does the change touch the decision, or how paths from the channel are reflected? */
static bool
source_changed(const struct channel_desc *a, const struct channel_desc *b)
{
	return a->kind != b->kind || a->internal != b->internal ||
	       a->rr_client != b->rr_client || a->rs_client != b->rs_client ||
	       a->local_as != b->local_as || a->remote_as != b->remote_as ||
	       a->remote_id != b->remote_id || a->cluster_id != b->cluster_id ||
	       !ip_equal(&a->remote_ip, &b->remote_ip) ||
	       a->default_local_pref != b->default_local_pref ||
	       a->default_med != b->default_med || a->path_metric != b->path_metric ||
	       a->med_metric != b->med_metric || a->prefer_older != b->prefer_older ||
	       a->igp4 != b->igp4 || a->igp6 != b->igp6 || a->cost != b->cost ||
	       a->no_igp_metric != b->no_igp_metric || a->member != b->member ||
	       a->confederation != b->confederation || a->base != b->base;
}

/* The name of a source counts only where an export filter asks for it. */
static bool
name_matters(const struct channel *ch, const struct channel_desc *d)
{
	if (strcmp(ch->d.name, d->name) == 0)
		return false;
	for (uint32_t i = 0; i < ch->table->group_n; i++)
		if (group_asks_source(ch->table->groups[i]))
			return true;
	return false;
}

void
channel_describe(
    struct shard *s, struct channel *ch, const struct channel_desc *d)
{
	bool renamed = ch->d.name && name_matters(ch, d);

	if (ch->d.name && ch->in.imported && (source_changed(&ch->d, d) || renamed)) {
		move_now(s, ch);
		ch->was_many = ch->redecide;
		ch->renamed = renamed || (ch->renamed && ch->redecide);
		ch->was = ch->d;
		ch->redecide = true;
		s->flow_gone |= ch->d.base != d->base;
		sweep_request(ch);
		reach_sweep(ch->table, s->reach_epoch + 1);
	}
	limit_describe(s, ch, d);
	desc_set(ch, d);
	if (!ch->tag)
		ch->tag = path_id_tag(s, ch);
}

static bool
desc_is_follower(const struct channel_desc *d)
{
	return d->export && d->sink != SINK_BGP;
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

static void
sink_join(struct shard *s, struct channel *ch)
{
	if (desc_is_sink(&ch->d)) {
		ch->want_caught_up = true;
		group_join(s, ch);
	} else if (desc_is_follower(&ch->d)) {
		ch->want_caught_up = true;
		follow_join(s, ch);
	}
}

void
shard_channel_up(struct shard *s, const struct channel_desc *d)
{
	struct channel *ch = channel_get(s, d->id);

	assert(!ch->up && !ch->removing);
	if (!ch->table) {
		ch->table = shard_table(s, d->table);
		assert(ch->table);
		ch->table->channel_n++;
	}
	if (ch->table->id != d->table) {
		move_begin(s, ch, shard_table(s, d->table), d->afresh);
		move_now(s, ch);
	}
	channel_describe(s, ch, d);
	pipe_limits(s, ch); /* what it brought before may still be there */
	ch->up = true;
	ch->marked = false;
	if (d->kind != SOURCE_BGP)
		group_want_self(s, ch->table);
	sink_join(s, ch);
}

void
shard_channel_update(struct shard *s, const struct channel_desc *d)
{
	struct channel *ch = shard_channel(s, d->id);
	struct channel_desc changed = *d;
	struct filter *none = NULL;
	bool again, moves, leads;
	uint32_t led_from;

	if (!ch)
		return;
	if ((ch->group || ch->follower) &&
	    !d->export) /* no longer a sink: what it was told is taken back */
		changed.export = none = filter_reject();
	moves = ch->follower && ch->table->id != d->table;
	leads = ch->follower && d->sink == SINK_PIPE && ch->d.pipe_to != d->pipe_to;
	again = ch->follower && (!filter_same(ch->d.export, changed.export) ||
				    ch->limits != changed.limits ||
				    ch->d.pipe_max != changed.pipe_max ||
				    !aggregate_same(&ch->d.agg, &changed.agg));
	if (ch->table->id != d->table) {
		follow_move_now(s, ch);
		move_begin(s, ch, shard_table(s, d->table), d->afresh);
	}
	led_from = ch->d.pipe_to;
	channel_describe(s, ch, &changed);
	if (leads)
		pipe_lead(s, ch, led_from);
	pipe_describe(s, ch);
	pipe_limits(s, ch);
	filter_unref(none);
	if (!ch->up)
		return;
	if (ch->group)
		group_rekey(s, ch);
	else if (moves)
		follow_move(s, ch, ch->table);
	else if (leads)
		follow_arrive(s, ch);
	else if (again)
		follow_again(ch);
	else if (!ch->follower)
		sink_join(s, ch);
}

/* All paths of the channel are stale now. */
void
channel_age(struct shard *s, struct channel *ch)
{
	move_now(s, ch);
	if (ch->gen >= MARKS_MAX) { /* nobody purged for long: what is stale goes now */
		ch->dead_age = 1;
		sweep_request(ch);
		sweep_now(s, ch->table);
		ch->gen = 0; /* whatever is left has generation MARKS_MAX: stale */
	} else {
		ch->gen++;
		if (ch->dead_age)
			ch->dead_age++;
	}
	ch->in.stale = ch->in.imported;
}

void
channel_purge(struct shard *s, struct channel *ch)
{
	const struct rib_table *t;

	move_now(s, ch);
	t = ch->table;
	ch->gone_after = t->cycles_begun + table_pending(t);
	if (!ch->in.stale)
		return;
	ch->dead_age = 1;
	sweep_request(ch);
}

void
channel_stop(struct shard *s, struct channel *ch, bool keep_stale)
{
	if (ch->up) {
		ch->up = false;
		group_leave(s, ch);
		follow_leave(s, ch);
		channel_age(s, ch);
	}
	ch->want_caught_up = ch->rekey_due = false;
	table_wake(ch->table);
	if (!keep_stale)
		channel_purge(s, ch);
	s->upkeep = true;
}

void
shard_channel_down(struct shard *s, uint32_t id, bool keep_stale)
{
	struct channel *ch = shard_channel(s, id);

	if (ch)
		channel_stop(s, ch, keep_stale);
}

void
shard_channel_purge(struct shard *s, uint32_t id)
{
	struct channel *ch = shard_channel(s, id);

	if (ch)
		channel_purge(s, ch);
}

void
shard_channel_llgr(struct shard *s, uint32_t id)
{
	struct channel *ch = shard_channel(s, id);

	if (!ch || !ch->in.stale)
		return;
	move_now(s, ch);
	ch->llgr = true;
	sweep_request(ch);
}

void
shard_channel_mark(struct shard *s, uint32_t id)
{
	struct channel *ch = shard_channel(s, id);

	if (ch && ch->up) {
		channel_age(s, ch);
		ch->marked = true;
	}
}

void
shard_channel_remove(struct shard *s, uint32_t id)
{
	struct channel *ch = shard_channel(s, id);

	if (!ch) {
		s->ops.channel_gone(s->ctx, id);
		return;
	}
	s->removing_n += !ch->removing;
	ch->removing = true;
	shard_channel_down(s, id, false);
}

void
shard_refresh(struct shard *s, uint32_t id)
{
	struct channel *ch = shard_channel(s, id);

	if (!ch || (!ch->group && !ch->follower))
		return;
	ch->want_caught_up = true;
	if (ch->group)
		group_again(s, ch);
	else
		follow_again(ch);
}

static void
channels_gone(struct shard *s)
{
	for (uint32_t i = 1; s->removing_n && i < s->channel_end; i++) {
		struct channel *ch = s->channels[i];

		if (!ch || !ch->removing || ch->sweep_left || ch->children ||
		    ch->table->cycles_done < ch->gone_after)
			continue;
		assert(!ch->in.imported);
		table_wake(ch->table); /* it may be doomed */
		ch->table->channel_n--;
		channel_free(s, ch);
		s->ops.channel_gone(s->ctx, i);
	}
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
