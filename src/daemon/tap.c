/*
 * Taps: copies of what goes by in io threads and shards, mailed to main.
 *
 * Before the import filter: an UPDATE goes as it came when the import table took it
 * whole. Otherwise (malformed parts, a limit) what the table has now for each of its
 * networks is told instead, so that who looks on has what we have.  Behind the filter the
 * shards tell what comes into their tables (rib/monitor).
 *
 * A channel's epoch goes with what a shard tells of it: mail of a session that has ended
 * may come behind the news that the next one is up.
 */
#include "daemon/tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/shardthread.h"
#include "rib/adjin.h"

enum { WALK_NETS = 512, GONE_FULL = 1024 };
enum { EVENT_MANUAL_STOP = 2, EVENT_AUTOMATIC_STOP = 8 }; /* RFC 4271, 8.1 */

static bool
wanted(const struct daemon *d, unsigned what)
{
	return atomic_load_explicit(&d->taps, memory_order_relaxed) & what;
}

/*
 * Mail.
 */
static struct tap_mail *
mail_new(enum tap_kind kind, uint32_t peer, size_t len)
{
	struct tap_mail *m = mem_alloc(sizeof(*m) + len);

	m->task.run = tap_mail_run;
	m->kind = kind;
	m->peer = peer;
	m->time_us = clock_wall_ms() * 1000;
	m->len = (uint32_t)len;
	return m;
}

static void
post(struct daemon *d, struct tap_mail *m)
{
	size_t weight = sizeof(*m) + m->len + (m->batch ? m->batch->mail.weight : 0);

	if ((m->kind == TAP_MESSAGE || m->kind == TAP_ROUTES) &&
	    atomic_load(&d->tap_waits) + weight > TAP_MAX) {
		atomic_store(&d->tap_lost, true);
		if (m->batch)
			batch_free(m->batch, d->store);
		mem_free(m);
		return;
	}
	atomic_fetch_add(&d->tap_waits, weight);
	m->task.mail.weight = weight;
	mailbox_post(d->main, &m->task.mail);
}

/*
 * What is said on a connection.
 */
static void
said_set(struct said *s, const uint8_t *msg, size_t len)
{
	s->at = mem_realloc(s->at, len);
	memcpy(s->at, msg, len);
	s->len = len;
}

static void
said_free(struct said *s)
{
	mem_free(s->at);
	*s = (struct said){ 0 };
}

void
tap_forget(struct conn *c)
{
	said_free(&c->open_sent);
	said_free(&c->open_received);
	said_free(&c->notification);
}

void
tap_sent(struct conn *c, const uint8_t *msg, size_t len)
{
	if (msg[18] == BGP_OPEN)
		said_set(&c->open_sent, msg, len);
	if (msg[18] != BGP_NOTIFICATION)
		return;
	said_set(&c->notification, msg, len);
	c->notified = true;
}

void
tap_received(struct conn *c, const uint8_t *msg, size_t len)
{
	c->msg = msg;
	c->msg_len = len;
	if (msg[18] == BGP_OPEN)
		said_set(&c->open_received, msg, len);
	if (msg[18] != BGP_NOTIFICATION)
		return;
	said_set(&c->notification, msg, len);
	c->notified = false;
}

/*
 * Sessions.
 */

/* FNV-1a. */
static uint64_t
text_hash(uint64_t h, const char *s)
{
	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * UINT64_C(0x100000001b3);
	return h;
}

/* What tells apart peers with one address: the VRF, and of a link-local one the link. */
static uint64_t
instance(const struct peer_setup *s)
{
	bool in_vrf = s->vrf && *s->vrf;
	bool on_link = s->interface && ip_is_link_local(&s->remote_ip);
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	if (!in_vrf && !on_link)
		return 0;
	h = text_hash(h, in_vrf ? s->vrf : "");
	return text_hash(h, on_link ? s->interface : "") | 1;
}

static void
ports(const struct conn *c, struct tap_session *s)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct ip ip;

	if (getsockname(c->fd, (struct sockaddr *)&ss, &len) == 0)
		ip_from_sockaddr((struct sockaddr *)&ss, &ip, &s->local_port);
	len = sizeof(ss);
	if (getpeername(c->fd, (struct sockaddr *)&ss, &len) == 0)
		ip_from_sockaddr((struct sockaddr *)&ss, &ip, &s->remote_port);
}

static void
post_up(struct peer *p, uint32_t epochs_ahead)
{
	const struct conn *c = &p->conn[p->up];
	struct tap_mail *m = mail_new(
	    TAP_UP, p->setup->id, c->open_sent.len + c->open_received.len);
	struct tap_session *s = m->session = MEM_NEW(struct tap_session);

	s->peer = (struct bmp_peer){ .ip = p->remote_ip,
		.as = p->negotiated.codec.remote_as,
		.id = p->negotiated.remote_id,
		.instance = instance(p->setup) };
	s->local = p->local_ip;
	ports(c, s);
	s->as4 = p->negotiated.codec.as4;
	for (unsigned f = 0; f < FAMILIES; f++) {
		s->active[f] = p->negotiated.codec.active[f];
		s->add_path[f] = p->negotiated.codec.add_path_rx[f];
		s->channel[f] = p->channel[f].id;
		s->epoch[f] = p->channel[f].epoch + epochs_ahead;
	}
	s->sent_len = (uint32_t)c->open_sent.len;
	s->received_len = (uint32_t)c->open_received.len;
	memcpy(m->bytes, c->open_sent.at, c->open_sent.len);
	memcpy(m->bytes + s->sent_len, c->open_received.at, c->open_received.len);
	post(p->daemon, m);
}

void
tap_up(struct peer *p)
{
	if (wanted(p->daemon, TAP_SESSIONS))
		post_up(p, 1);
}

/* NOTIFICATION or not, and whose. */
static enum bmp_down
down_reason(const struct conn *c, const struct down_reason *why)
{
	if (c->notification.at)
		return c->notified ? BMP_WE_NOTIFIED : BMP_PEER_NOTIFIED;
	if (why->class == DOWN_NONE || why->code)
		return BMP_WE_CLOSED;
	return BMP_PEER_CLOSED;
}

void
tap_down(struct peer *p, const struct down_reason *why)
{
	const struct conn *c = &p->conn[p->up];
	enum bmp_down reason = down_reason(c, why);
	uint8_t event[2] = { 0,
		why->class == DOWN_NONE ? EVENT_MANUAL_STOP : EVENT_AUTOMATIC_STOP };
	struct tap_mail *m;

	if (!wanted(p->daemon, TAP_SESSIONS))
		return;
	m = mail_new(TAP_DOWN, p->setup->id,
	    reason == BMP_WE_CLOSED ? sizeof(event) : c->notification.len);
	m->why = reason;
	if (reason == BMP_WE_CLOSED)
		memcpy(m->bytes, event, sizeof(event));
	else if (m->len)
		memcpy(m->bytes, c->notification.at, m->len);
	post(p->daemon, m);
}

static void
sessions_told(void *owner, void *arg)
{
	struct io *io = owner;
	struct tap_mail *m;

	for (uint32_t id = 1; id < IDS_MAX; id++) {
		struct peer *p = io_peer(io, id);

		if (p && p->up >= 0)
			post_up(p, 0);
	}
	m = mail_new(TAP_ALL, 0, 0);
	m->walk = (uint32_t)(uintptr_t)arg;
	post(io_daemon(io), m);
}

void
tap_ask_sessions(struct io *io, uint32_t walk)
{
	task_post(io_mailbox(io), sessions_told, (void *)(uintptr_t)walk);
}

/*
 * Routes before the import filter.
 */
static void
post_batch(struct peer *p, enum family f, uint32_t walk, struct batch *b)
{
	struct tap_mail *m = mail_new(TAP_ROUTES, p->setup->id, 0);

	m->family = f;
	m->batch = b;
	m->walk = walk;
	post(p->daemon, m);
}

static void
post_message(struct peer *p)
{
	const struct conn *c = &p->conn[p->up];
	struct tap_mail *m = mail_new(TAP_MESSAGE, p->setup->id, c->msg_len);

	memcpy(m->bytes, c->msg, c->msg_len);
	m->as4 = p->negotiated.codec.as4;
	post(p->daemon, m);
}

/* What the import table has now for each network. */
static void
post_state(struct peer *p, struct nlri_run run)
{
	struct channel *ch = &p->channel[run.family];
	struct batch *b;
	struct nlri nlri;

	if (!ch->up || !ch->kept)
		return;
	b = batch_new(ch->id, route_time_now(p->daemon, clock_mono_ms()));
	while (nlri_next(&run, &nlri))
		batch_add(b, kept_attrs(ch->kept, &nlri), &nlri);
	post_batch(p, run.family, 0, b);
}

/* Did the import tables take the run as it stands?  *any: is there one? */
static bool
is_whole(const struct peer *p, const struct nlri_run *run, bool *any)
{
	const struct channel *ch = &p->channel[run->family];

	if (!ch->up || !ch->kept)
		return false;
	*any = true;
	return !kept_lacks(ch->kept);
}

void
tap_update(struct peer *p, const struct update *u)
{
	bool any = false, whole = u->verdict == VERDICT_OK && !u->fault;

	if (!wanted(p->daemon, TAP_PRE_POLICY) || p->up < 0)
		return;
	for (unsigned i = 0; i < u->unreach_n; i++)
		whole &= is_whole(p, &u->unreach[i], &any);
	for (unsigned i = 0; i < u->reach_n; i++)
		whole &= is_whole(p, &u->reach[i], &any);
	if (u->eor)
		any = p->channel[u->eor_family].up && p->channel[u->eor_family].kept;
	if (any && whole) {
		post_message(p);
		return;
	}
	for (unsigned i = 0; any && i < u->unreach_n; i++)
		post_state(p, u->unreach[i]);
	for (unsigned i = 0; any && i < u->reach_n; i++)
		post_state(p, u->reach[i]);
}

void
tap_gone(struct channel *ch, const struct nlri *nlri)
{
	struct peer *p = ch->peer;

	if (!wanted(p->daemon, TAP_PRE_POLICY) || p->up < 0)
		return;
	if (!ch->gone)
		ch->gone = batch_new(ch->id, 0);
	batch_add(ch->gone, NULL, nlri);
	if (ch->gone->entry_n >= GONE_FULL)
		tap_gone_end(ch);
}

void
tap_gone_end(struct channel *ch)
{
	if (ch->gone)
		post_batch(ch->peer, ch->family, 0, ch->gone);
	ch->gone = NULL;
}

struct kept_task {
	struct task task;
	uint32_t walk, peer, pos;
	enum family family;
};

static int
route_cmp(const void *a, const void *b)
{
	const struct adjin_route *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (x->attrs > y->attrs) - (x->attrs < y->attrs);
}

/* Stale ones will be told again, or go. */
static void
kept_told_slice(
    struct peer *p, const struct kept_task *k, struct adjin_route *r, unsigned n)
{
	uint32_t channel = p->channel[k->family].id;
	struct batch *b = NULL;

	qsort(r, n, sizeof(*r), route_cmp);
	for (unsigned i = 0; i < n; i++) {
		if (r[i].stale)
			continue;
		if (b && b->time != r[i].time) {
			post_batch(p, k->family, k->walk, b);
			b = NULL;
		}
		if (!b)
			b = batch_new(channel, r[i].time);
		batch_add(b, r[i].attrs, &r[i].nlri);
	}
	if (b)
		post_batch(p, k->family, k->walk, b);
}

static void
kept_run(void *owner, struct task *task)
{
	struct kept_task *k = (struct kept_task *)task;
	struct peer *p = io_peer(owner, k->peer);
	struct kept_look look = { .pos = k->pos, .done = true };
	struct tap_mail *m = mail_new(TAP_SLICE, k->peer, 0);

	if (p && p->up >= 0 && p->channel[k->family].up && p->channel[k->family].kept) {
		struct adjin_route *r = MEM_ARRAY(struct adjin_route, ADJIN_SLICE);
		unsigned n = peer_kept_routes(p, k->family, &look, r);

		kept_told_slice(p, k, r, n);
		mem_free(r);
		m->kept = true;
	}
	m->walk = k->walk;
	m->pos = look.pos;
	m->done = look.done;
	post(io_daemon(owner), m);
	mem_free(k);
}

void
tap_ask_kept(struct io *io, uint32_t walk, uint32_t peer, enum family f, uint32_t pos)
{
	struct kept_task *k = MEM_NEW(struct kept_task);

	*k = (struct kept_task){
		.task.run = kept_run, .walk = walk, .peer = peer, .pos = pos, .family = f
	};
	k->task.mail.weight = sizeof(*k);
	mailbox_post(io_mailbox(io), &k->task.mail);
}

/*
 * Routes behind it.
 */
void
tap_routes(struct daemon *d, uint32_t epoch, uint32_t walk, struct batch *b)
{
	struct tap_mail *m = mail_new(TAP_ROUTES, 0, 0);

	m->epoch = epoch;
	m->walk = walk;
	m->batch = b;
	post(d, m);
}

struct table_slice {
	struct daemon *daemon;
	struct shard_thread *thread;
	uint32_t walk;
	struct walk *w;
};

static void
slice_give(void *ctx, struct batch *b)
{
	const struct table_slice *t = ctx;

	tap_routes(t->daemon, shard_thread_epoch(t->thread, b->channel), t->walk, b);
}

static void
slice_run(struct shard *s, void *arg)
{
	struct table_slice *t = arg;
	struct tap_mail *m;

	shard_monitor_walk(s, t->w, WALK_NETS, slice_give, t);
	m = mail_new(TAP_SLICE, 0, 0);
	m->walk = t->walk;
	post(t->daemon, m);
}

void
tap_ask_table(struct daemon *d, unsigned shard, uint32_t walk, struct walk *w)
{
	struct table_slice t = { d, d->shard[shard], walk, w };

	shard_call(d->shard[shard], slice_run, &t);
}
