/*
 * Channels of a shard: what main says of them, as sources and as sinks.
 *
 * A channel that goes down leaves its paths behind, a generation older.  They go in
 * sweeps: at once, or when it is purged.  One that is removed stays until nothing of it
 * is left in its table, nor in a cycle under way.
 */
#include "rib/emit.h"
#include "rib/follow.h"
#include "rib/reach.h"

#include <assert.h>
#include <string.h>
#include "base/mem.h"

#define MARKS_MAX 60000u /* generations are 16 bits wide */

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
				    ch->d.merge != changed.merge ||
				    ch->d.no_device != changed.no_device ||
				    ch->d.no_bgp != changed.no_bgp ||
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
	if (ch->follower)
		follow_adapt(s, ch);
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

void
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
