/*
 * Who looks on: mail of the taps becomes BMP messages, once for all stations that want
 * them.
 *
 * A session is known from its Peer Up until its Peer Down, be a station connected or not;
 * of routes nothing is asked while none is.  Routes of a session that has ended, or of
 * the one before, are told by their epoch and left out.
 */
#include "daemon/lookout.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/shardthread.h"

uint64_t
lookout_now_us(void)
{
	return clock_wall_ms() * 1000;
}

unsigned
station_taps(const struct station *st)
{
	const struct bmp_conf *c = &st->run->conf->bmp;

	return TAP_SESSIONS | (c->pre_policy ? TAP_PRE_POLICY : 0) |
	       (c->post_policy ? TAP_POST_POLICY : 0);
}

struct watched *
lookout_peer(const struct lookout *l, uint32_t id, uint32_t serial)
{
	struct watched *w = l->peer[id];

	return w && w->serial == serial ? w : NULL;
}

/*
 * What is asked for.
 */
static void
monitor_on(struct shard *s, void *arg)
{
	(void)arg;
	shard_monitor(s, true);
}

static void
monitor_off(struct shard *s, void *arg)
{
	(void)arg;
	shard_monitor(s, false);
}

static void
set_taps(struct daemon *d, unsigned taps)
{
	unsigned was = atomic_load(&d->taps);

	atomic_store(&d->taps, taps);
	if (((was ^ taps) & TAP_POST_POLICY) == 0)
		return;
	for (unsigned i = 0; i < d->shard_n; i++)
		shard_call(
		    d->shard[i], taps & TAP_POST_POLICY ? monitor_on : monitor_off, NULL);
}

void
lookout_wants(struct lookout *l)
{
	unsigned taps = l->station_n ? TAP_SESSIONS : 0;

	for (unsigned i = 0; i < l->station_n; i++)
		if (l->station[i]->state == BMP_UP)
			taps |= station_taps(l->station[i]);
	set_taps(l->rt->daemon, taps);
}

static struct lookout *
lookout_new(struct runtime *rt)
{
	struct lookout *l = MEM_NEW(struct lookout);

	l->rt = rt;
	l->peer = MEM_ARRAY(struct watched *, IDS_MAX);
	l->channel_peer = MEM_ARRAY(uint32_t, IDS_MAX);
	l->walk = rt->tap_walk; /* mail for the one before may be on its way */
	l->asked = ++l->walk;
	l->answers = rt->daemon->io_n;
	return l;
}

struct lookout *
lookout_join(struct runtime *rt, struct station *st)
{
	struct lookout *l = rt->lookout;
	bool first = !l;

	if (first)
		l = rt->lookout = lookout_new(rt);
	l->station = mem_realloc(
	    l->station, (l->station_n + 1) * sizeof(struct station *));
	l->station[l->station_n++] = st;
	lookout_wants(l);
	for (unsigned i = 0; first && i < rt->daemon->io_n; i++)
		tap_ask_sessions(rt->daemon->io[i], l->asked);
	return l;
}

static void
watched_free(struct watched *w)
{
	if (!w)
		return;
	mem_free(w->session);
	mem_free(w->opens);
	mem_free(w);
}

void
lookout_leave(struct station *st)
{
	struct lookout *l = st->lookout;
	unsigned i = 0;

	while (l->station[i] != st)
		i++;
	l->station[i] = l->station[--l->station_n];
	lookout_wants(l);
	if (l->station_n)
		return;
	l->rt->lookout = NULL;
	l->rt->tap_walk = l->walk;
	for (uint32_t id = 0; id < IDS_MAX; id++)
		watched_free(l->peer[id]);
	bmp_free(&l->out);
	mem_free(l->station);
	mem_free(l->peer);
	mem_free(l->channel_peer);
	mem_free(l);
}

/*
 * Messages to stations.
 */
static struct segment *
segment_take(struct lookout *l)
{
	struct segment *s = mem_alloc(sizeof(*s) + l->out.len);

	s->refs = 1;
	s->len = (uint32_t)l->out.len;
	memcpy(s->bytes, l->out.at, l->out.len);
	l->out.len = 0;
	return s;
}

void
lookout_give(struct lookout *l, struct station *st)
{
	struct segment *s;

	if (!l->out.len)
		return;
	s = segment_take(l);
	station_put(st, s, false);
	segment_unref(s);
}

/* walk: whose walk it is for; 0: for all that want it. */
static void
give_all(struct lookout *l, unsigned tap, uint32_t walk)
{
	struct segment *s;

	if (!l->out.len)
		return;
	s = segment_take(l);
	for (unsigned i = 0; i < l->station_n; i++) {
		struct station *st = l->station[i];

		if (st->greeted && station_taps(st) & tap &&
		    (!walk || st->dump.walk == walk))
			station_put(st, s, !walk);
	}
	segment_unref(s);
}

static void
put_up(struct lookout *l, const struct watched *w)
{
	const struct tap_session *s = w->session;
	struct bmp_up up = { .local = s->local,
		.local_port = s->local_port,
		.remote_port = s->remote_port,
		.sent = w->opens,
		.received = w->opens + s->sent_len,
		.sent_len = s->sent_len,
		.received_len = s->received_len };

	bmp_peer_up(&l->out, &s->peer, w->time_us, &up);
}

void
lookout_greet(struct station *st)
{
	struct lookout *l = st->lookout;
	const struct bmp_conf *c = &st->run->conf->bmp;

	if (st->greeted || st->state != BMP_UP || l->answers)
		return;
	st->greeted = true;
	l->out.len = 0;
	bmp_initiation(&l->out, c->description, c->name);
	for (uint32_t id = 0; id < IDS_MAX; id++)
		if (l->peer[id])
			put_up(l, l->peer[id]);
	lookout_give(l, st);
	dump_begin(st);
}

/*
 * Mail.
 */
static void
session_up(struct lookout *l, struct tap_mail *m)
{
	struct watched *w;

	if (l->peer[m->peer]) /* it came up while all were asked for */
		return;
	w = l->peer[m->peer] = MEM_NEW(struct watched);
	*w = (struct watched){ .id = m->peer,
		.serial = ++l->serial,
		.time_us = m->time_us,
		.session = m->session,
		.opens = mem_alloc(m->len + 1) };
	memcpy(w->opens, m->bytes, m->len);
	m->session = NULL;
	for (unsigned f = 0; f < FAMILIES; f++)
		if (w->session->active[f])
			l->channel_peer[w->session->channel[f]] = m->peer;
	put_up(l, w);
	give_all(l, TAP_SESSIONS, 0);
}

static void
session_down(struct lookout *l, const struct tap_mail *m)
{
	struct watched *w = l->peer[m->peer];

	if (!w)
		return;
	bmp_peer_down(&l->out, &w->session->peer, m->time_us, m->why, m->bytes, m->len);
	give_all(l, TAP_SESSIONS, 0);
	watched_free(w);
	l->peer[m->peer] = NULL;
}

static void
message(struct lookout *l, const struct tap_mail *m)
{
	const struct watched *w = l->peer[m->peer];

	if (!w)
		return;
	bmp_update(&l->out, &w->session->peer, m->as4 ? 0 : BMP_AS2, m->time_us, m->bytes,
	    m->len);
	give_all(l, TAP_PRE_POLICY, 0);
}

/* Those of a shard name a channel; of which session is told by the epoch. */
static const struct watched *
whose(const struct lookout *l, const struct tap_mail *m, enum family *family)
{
	uint32_t channel = m->batch->channel;
	const struct watched *w = l->peer[m->peer ? m->peer : l->channel_peer[channel]];

	*family = m->family;
	if (m->peer || !w)
		return w;
	for (unsigned f = 0; f < FAMILIES; f++)
		if (w->session->active[f] && w->session->channel[f] == channel) {
			*family = (enum family)f;
			return w->session->epoch[f] == m->epoch ? w : NULL;
		}
	return NULL;
}

static void
routes(struct lookout *l, const struct tap_mail *m)
{
	const struct batch *b = m->batch;
	enum family f;
	const struct watched *w = whose(l, m, &f);
	uint64_t since_ms = l->rt->daemon->start_ms + ROUTE_TIME_MS(b->time);
	uint64_t then_us = clock_wall_of(since_ms) * 1000;

	for (uint32_t i = 0; w && i < b->run_n; i++) {
		const struct batch_run *run = &b->runs[i];
		struct bmp_routes r = { .family = f,
			.add_path = w->session->add_path[f],
			.attrs = run->attrs,
			.nlri = b->entries + run->first,
			.n = run->n };

		bmp_routes(&l->out, &w->session->peer, m->peer ? 0 : BMP_POST_POLICY,
		    run->attrs ? then_us : m->time_us, &r);
	}
	give_all(l, m->peer ? TAP_PRE_POLICY : TAP_POST_POLICY, m->walk);
}

static void
slice_end(struct lookout *l, const struct tap_mail *m)
{
	for (unsigned i = 0; i < l->station_n; i++)
		if (l->station[i]->dump.walk == m->walk) {
			dump_slice(l->station[i], m);
			return;
		}
}

/* Who had come before begins. */
static void
all_told(struct lookout *l, const struct tap_mail *m)
{
	if (m->walk != l->asked || --l->answers)
		return;
	for (unsigned i = 0; i < l->station_n; i++)
		lookout_greet(l->station[i]);
}

static void
take(struct lookout *l, struct tap_mail *m)
{
	l->out.len = 0;
	switch (m->kind) {
	case TAP_UP: session_up(l, m); break;
	case TAP_DOWN: session_down(l, m); break;
	case TAP_MESSAGE: message(l, m); break;
	case TAP_ROUTES: routes(l, m); break;
	case TAP_SLICE: slice_end(l, m); break;
	case TAP_ALL: all_told(l, m); break;
	}
}

/* Routes were left out: stations begin anew. */
static void
lost(struct lookout *l)
{
	for (unsigned i = 0; l && i < l->station_n; i++)
		if (l->station[i]->state == BMP_UP)
			station_reset(l->station[i], "Too much at once");
}

void
tap_mail_run(void *owner, struct task *t)
{
	struct runtime *rt = owner;
	struct tap_mail *m = (struct tap_mail *)t;
	struct daemon *d = rt->daemon;

	atomic_fetch_sub(&d->tap_waits, m->task.mail.weight);
	if (rt->lookout)
		take(rt->lookout, m);
	if (atomic_exchange(&d->tap_lost, false))
		lost(rt->lookout);
	if (m->batch)
		batch_free(m->batch, d->store);
	mem_free(m->session);
	mem_free(m);
}

/*
 * Statistics: of import tables, asked of the io threads.
 */
struct stats_question {
	struct station *st;
	unsigned io;
};

static uint32_t
stats_of(const struct peer_status *s, struct bmp_stat *out)
{
	uint64_t rejected = 0, in = 0;
	uint32_t n = 2;

	for (unsigned f = 0; f < FAMILIES; f++) {
		if (!s->channel[f].up)
			continue;
		rejected += s->channel[f].filtered;
		in += s->channel[f].kept;
		if (s->channel[f].kept)
			out[n++] = (struct bmp_stat){ BMP_STAT_IN_FAMILY, (enum family)f,
				false, s->channel[f].kept };
	}
	out[0] = (struct bmp_stat){ BMP_STAT_REJECTED, FAM_NONE, true, rejected };
	out[1] = (struct bmp_stat){ BMP_STAT_IN, FAM_NONE, false, in };
	return n;
}

static void
stats_ask(void *owner, void *arg)
{
	const struct stats_question *q = arg;
	struct lookout *l = q->st->lookout;
	struct bmp_stat stat[FAMILIES + 2];

	for (uint32_t id = 0; id < IDS_MAX; id++) {
		struct peer *p = l->peer[id] ? io_peer(owner, id) : NULL;
		struct peer_status s;

		if (!p)
			continue;
		peer_status(p, &s);
		if (s.established)
			bmp_statistics(&l->out, &l->peer[id]->session->peer,
			    lookout_now_us(), stat, stats_of(&s, stat));
	}
}

/* The io threads do it one after the other while main waits. */
void
lookout_statistics(struct station *st)
{
	struct lookout *l = st->lookout;
	struct stats_question q = { .st = st };

	if (!st->greeted)
		return;
	l->out.len = 0;
	for (; q.io < l->rt->daemon->io_n; q.io++)
		task_call(io_mailbox(l->rt->daemon->io[q.io]), stats_ask, &q);
	lookout_give(l, st);
}
