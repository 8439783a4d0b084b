/*
 * What a station that has just connected is told: the routes there are, in slices.
 *
 *	import tables, one of a session after the other -> each one's End-of-RIB
 *	the shards' tables -> End-of-RIB of all sessions there were at the beginning
 *
 * A slice is asked for when the station's queue has room, and comes as mail in order with
 * the news of its thread, so that of each network what comes last is what is true.
 */
#include "daemon/lookout.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define ROOM_BYTES (1u << 20) /* less with a small limit */

/* So much may wait when a slice is asked for. */
static uint64_t
room(const struct station *st)
{
	uint64_t part = ((uint64_t)st->run->conf->bmp.tx_limit_mb << 20) / 8;

	return part < ROOM_BYTES ? part : ROOM_BYTES;
}

static void
go_on(struct station *st)
{
	timer_at(st->dump_timer, clock_mono_ms());
}

void
dump_begin(struct station *st)
{
	struct lookout *l = st->lookout;
	struct runtime *rt = l->rt;
	struct dump *d = &st->dump;

	dump_end(st);
	d->peer = MEM_ARRAY(struct dump_peer, IDS_MAX);
	for (uint32_t id = 0; id < IDS_MAX; id++)
		if (l->peer[id])
			d->peer[d->peer_n++] = (struct dump_peer){ id,
				l->peer[id]->serial };
	d->peer = mem_realloc(d->peer, (d->peer_n + 1) * sizeof(*d->peer));
	d->table = MEM_ARRAY(uint32_t, rt->table_n + 1);
	for (unsigned i = 0; i < rt->table_n; i++)
		if (!rt->table[i].gone)
			d->table[d->table_n++] = rt->table[i].id;
	d->phase = DUMP_PRE;
	go_on(st);
}

void
dump_end(struct station *st)
{
	mem_free(st->dump.peer);
	mem_free(st->dump.table);
	st->dump = (struct dump){ 0 };
	timer_at(st->dump_timer, UINT64_MAX);
}

static void
end_of_rib(struct station *st, const struct dump_peer *p, unsigned flags, enum family f)
{
	struct lookout *l = st->lookout;
	const struct watched *w = lookout_peer(l, p->id, p->serial);

	if (w && w->session->active[f])
		bmp_end_of_rib(&l->out, &w->session->peer, flags, lookout_now_us(), f);
}

/*
 * Import tables.
 */

/* Also from the middle of a session's routes, when it is up no more. */
static void
pre_skip(struct dump *d)
{
	d->at++;
	d->family = 0;
	d->pos = 0;
}

/* The next family of the next session that is still up.  False: there is none. */
static bool
pre_next(struct station *st)
{
	struct dump *d = &st->dump;

	for (; d->at < d->peer_n; pre_skip(d)) {
		const struct dump_peer *p = &d->peer[d->at];
		const struct watched *w = lookout_peer(st->lookout, p->id, p->serial);

		for (; w && d->family < FAMILIES; d->family++)
			if (w->session->active[d->family])
				return true;
	}
	return false;
}

static struct io *
io_of(const struct runtime *rt, uint32_t peer)
{
	for (unsigned i = 0; i < rt->run_n; i++)
		if (rt->run[i]->peer == peer && rt->run[i]->conf->kind == PROTO_BGP)
			return rt->daemon->io[rt->run[i]->io];
	return NULL;
}

/* False: there is nothing more. */
static bool
pre_step(struct station *st)
{
	struct lookout *l = st->lookout;
	struct dump *d = &st->dump;

	if (!(station_taps(st) & TAP_PRE_POLICY))
		return false;
	for (; pre_next(st); pre_skip(d)) {
		struct io *io = io_of(l->rt, d->peer[d->at].id);

		if (!io) /* it is on its way out */
			continue;
		d->walk = ++l->walk;
		tap_ask_kept(io, d->walk, d->peer[d->at].id, d->family, d->pos);
		return true;
	}
	return false;
}

static void
pre_slice(struct station *st, const struct tap_mail *m)
{
	struct dump *d = &st->dump;

	d->pos = m->pos;
	if (!m->done)
		return;
	if (m->kept)
		end_of_rib(st, &d->peer[d->at], 0, d->family);
	d->family++;
	d->pos = 0;
}

/*
 * The shards' tables.
 */
static bool
post_step(struct station *st)
{
	struct lookout *l = st->lookout;
	struct daemon *daemon = l->rt->daemon;
	struct dump *d = &st->dump;

	if (!(station_taps(st) & TAP_POST_POLICY))
		return false;
	if (d->table_at == d->table_n) {
		d->table_at = 0;
		d->shard++;
	}
	if (d->shard == daemon->shard_n)
		return false;
	if (!d->w.pos)
		d->w = (struct walk){ .table = d->table[d->table_at], .mode = WALK_ALL };
	d->walk = ++l->walk;
	tap_ask_table(daemon, d->shard, d->walk, &d->w);
	return true;
}

static void
post_slice(struct station *st)
{
	struct dump *d = &st->dump;

	if (!d->w.done)
		return;
	d->w.pos = 0;
	d->table_at++;
}

static void
finish(struct station *st)
{
	struct lookout *l = st->lookout;
	struct dump *d = &st->dump;

	l->out.len = 0;
	if (station_taps(st) & TAP_POST_POLICY)
		for (unsigned i = 0; i < d->peer_n; i++)
			for (unsigned f = 0; f < FAMILIES; f++)
				end_of_rib(
				    st, &d->peer[i], BMP_POST_POLICY, (enum family)f);
	dump_end(st);
	lookout_give(l, st);
	lookout_statistics(st);
}

void
dump_step(void *ctx)
{
	struct station *st = ctx;
	struct dump *d = &st->dump;

	if (d->phase == DUMP_NONE || d->walk)
		return;
	d->hungry = st->out.bytes > room(st);
	if (d->hungry)
		return;
	if (d->phase == DUMP_PRE && !pre_step(st))
		d->phase = DUMP_POST;
	if (d->phase == DUMP_POST && !d->walk && !post_step(st))
		finish(st);
}

void
dump_slice(struct station *st, const struct tap_mail *m)
{
	st->dump.walk = 0;
	if (st->dump.phase == DUMP_PRE)
		pre_slice(st, m);
	else
		post_slice(st);
	go_on(st);
	lookout_give(st->lookout, st);
}

void
dump_room(struct station *st)
{
	if (!st->dump.hungry || st->out.bytes > room(st) / 2)
		return;
	st->dump.hungry = false;
	go_on(st);
}
