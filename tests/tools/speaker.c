/*
 * The speaker's loop and sockets.
 *
 * Reading goes through one large buffer shared by all sessions; only the rest of a message
 * not yet complete is kept for each connection.  Output is a list of chunks, own copies and
 * borrowed blocks, written in order, so that a keepalive never falls into the middle of a
 * message.  Timers are looked at ten times a second: near enough for seconds.
 *
 * A client with a `raw` callback frames UPDATEs itself once the session is up and shows the
 * session core only the other messages.  Since an UPDATE is a sign of life for the hold timer,
 * the core is given a KEEPALIVE in its place, at most once a second.
 */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/wire.h"
#include "speaker.h"

#define READ_SIZE (1u << 20)
#define READ_TURN 4 /* reads of one connection before the next one has its turn */
#define CHUNK_SIZE 16384
#define TICK_MS 100
#define SIGN_OF_LIFE_MS 1000
#define START_AGO_MS 1000

struct chunk {
	struct chunk *next;
	const uint8_t *data;
	size_t len, done, room; /* room: own bytes that could still be appended */
	uint8_t own[];
};

enum source { SOURCE_CONN, SOURCE_LISTENER };

struct conn {
	enum source source; /* first: what epoll gives back */
	enum conn_id id;
	struct client *client;
	int fd;
	bool connecting, want_out;
	struct chunk *head, *tail;
	size_t queued;
	uint8_t *rest;
	size_t rest_len, rest_room;
};

struct listener {
	enum source source;
	struct ip local;
	int fd;
	struct listener *next;
};

struct client {
	struct speaker *speaker;
	struct client_conf conf;
	char *name;
	struct session *session;
	struct conn conn[CONNS];
	enum conn_id live;
	bool up, paused, stopping;
	struct negotiated negotiated;
	struct client_stats stats;
	uint64_t last_any, last_update, last_life;
};

struct speaker {
	int epoll;
	struct client **clients;
	size_t n, room;
	struct listener *listeners;
	uint64_t now, tick_at;
	uint8_t *buf;
};

static const uint8_t keepalive_msg[BGP_HEADER_LEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, BGP_HEADER_LEN,
	BGP_KEEPALIVE };

/* -- output ------------------------------------------------------------------------------- */

static void
conn_events(struct conn *k)
{
	bool read = !k->client->paused || !k->client->up;
	struct epoll_event ev = { .data.ptr = k };

	ev.events = (read ? EPOLLIN : 0u) |
		    (k->want_out || k->connecting ? EPOLLOUT : 0u);
	epoll_ctl(k->client->speaker->epoll, EPOLL_CTL_MOD, k->fd, &ev);
}

static void
conn_push(struct conn *k, struct chunk *c)
{
	if (k->tail)
		k->tail->next = c;
	else
		k->head = c;
	k->tail = c;
}

static void
conn_queue(struct conn *k, const uint8_t *p, size_t n)
{
	struct chunk *c = k->tail;
	size_t room = n > CHUNK_SIZE ? n : CHUNK_SIZE;

	if (!c || c->room < n) {
		c = mem_alloc(sizeof(*c) + room);
		c->data = c->own;
		c->room = room;
		conn_push(k, c);
	}
	memcpy(c->own + c->len, p, n);
	c->len += n;
	c->room -= n;
	k->queued += n;
}

static void
conn_pop(struct conn *k)
{
	struct chunk *c = k->head;

	k->head = c->next;
	if (!k->head)
		k->tail = NULL;
	mem_free(c);
}

/* Takes n written bytes off the queue. */
static void
conn_written(struct conn *k, size_t n)
{
	k->queued -= n;
	while (k->head) {
		size_t left = k->head->len - k->head->done;

		if (n < left) {
			k->head->done += n;
			return;
		}
		n -= left;
		conn_pop(k);
	}
}

static ssize_t
conn_writev(struct conn *k)
{
	struct iovec iov[16];
	struct msghdr msg = { .msg_iov = iov };

	for (struct chunk *c = k->head; c && msg.msg_iovlen < 16; c = c->next) {
		/* iovec has no const; sendmsg does not write. */
		iov[msg.msg_iovlen].iov_base = (void *)(uintptr_t)(c->data + c->done);
		iov[msg.msg_iovlen++].iov_len = c->len - c->done;
	}
	return sendmsg(k->fd, &msg, MSG_NOSIGNAL);
}

/* Writes what the kernel takes.  Errors show up when reading. */
static void
conn_flush(struct conn *k)
{
	bool want;

	while (k->fd >= 0 && !k->connecting && k->head) {
		ssize_t n = conn_writev(k);

		if (n <= 0)
			break;
		conn_written(k, (size_t)n);
	}
	want = k->head != NULL;
	if (k->fd >= 0 && want != k->want_out) {
		k->want_out = want;
		conn_events(k);
		session_output(k->client->session, want, k->client->speaker->now);
	}
}

static void
conn_close(struct conn *k)
{
	if (k->fd < 0)
		return;
	close(k->fd);
	k->fd = -1;
	k->connecting = k->want_out = false;
	while (k->head)
		conn_pop(k);
	k->queued = 0;
	k->rest_len = 0;
}

/* -- session callbacks -------------------------------------------------------------------- */

static void
conn_open(struct conn *k, int fd, bool connecting)
{
	struct epoll_event ev = { .events = EPOLLIN | (connecting ? EPOLLOUT : 0u),
		.data.ptr = k };
	int one = 1;

	k->fd = fd;
	k->connecting = connecting;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	epoll_ctl(k->client->speaker->epoll, EPOLL_CTL_ADD, fd, &ev);
}

static int
connect_from(const struct client_conf *c)
{
	struct sockaddr_storage from, to;
	socklen_t from_len = (socklen_t)ip_to_sockaddr(&c->local, 0, 0, &from);
	socklen_t to_len = (socklen_t)ip_to_sockaddr(&c->remote, c->port, 0, &to);
	int err, one = 1;
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (c->rcvbuf) /* before connect: it bounds the window */
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &c->rcvbuf, sizeof(c->rcvbuf));
	if (bind(fd, (struct sockaddr *)&from, from_len) == 0 &&
	    (connect(fd, (struct sockaddr *)&to, to_len) == 0 || errno == EINPROGRESS))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static void
on_connect(void *ctx)
{
	struct client *c = ctx;
	struct conn *k = &c->conn[CONN_OUT];
	int fd = connect_from(&c->conf);

	if (fd >= 0)
		conn_open(k, fd, true);
	else
		k->connecting = true; /* the next tick tells the session */
}

static void
on_send(void *ctx, enum conn_id id, const uint8_t *p, size_t n)
{
	struct client *c = ctx;

	if (c->conn[id].fd >= 0)
		conn_queue(&c->conn[id], p, n);
}

static void
on_close(void *ctx, enum conn_id id)
{
	struct client *c = ctx;

	conn_flush(&c->conn[id]);
	conn_close(&c->conn[id]);
}

static void
on_up(void *ctx, enum conn_id id, const struct negotiated *n)
{
	struct client *c = ctx;

	c->live = id;
	c->up = true;
	c->negotiated = *n;
	c->stats.ups++;
	c->stats.keepalive_s = n->keepalive_s;
	c->last_any = c->last_update = c->speaker->now;
	if (c->conf.ops->up)
		c->conf.ops->up(c, c->conf.ctx);
}

static void
on_down(void *ctx, const struct down_reason *why)
{
	struct client *c = ctx;

	c->up = false;
	if (c->stopping)
		return;
	c->stats.downs++;
	if (c->conf.ops->down)
		c->conf.ops->down(c, c->conf.ctx, why);
}

static void
on_failed(void *ctx, const struct down_reason *why)
{
	struct client *c = ctx;

	if (c->conf.ops->failed)
		c->conf.ops->failed(c, c->conf.ctx, why);
}

static void
on_update(void *ctx, struct update *u)
{
	struct client *c = ctx;

	c->last_update = c->speaker->now;
	if (c->conf.ops->update)
		c->conf.ops->update(c, c->conf.ctx, u);
}

static void
on_refresh(void *ctx, enum family f, unsigned subtype)
{
	struct client *c = ctx;

	if (c->conf.ops->refresh)
		c->conf.ops->refresh(c, c->conf.ctx, f, subtype);
}

static void
on_state(void *ctx)
{
	(void)ctx;
}

static const struct session_ops session_ops = {
	.connect = on_connect,
	.send = on_send,
	.close = on_close,
	.up = on_up,
	.down = on_down,
	.failed = on_failed,
	.update = on_update,
	.refresh = on_refresh,
	.state = on_state,
};

/* -- input -------------------------------------------------------------------------------- */

static void
note_message(struct client *c, uint64_t now)
{
	if (c->up && now - c->last_any > c->stats.max_gap_ms)
		c->stats.max_gap_ms = now - c->last_any;
	c->last_any = now;
}

static bool
is_raw(const struct conn *k)
{
	return k->client->up && k->client->live == k->id && k->client->conf.ops->raw;
}

/* Hands on UPDATEs undecoded as far as they are whole; returns the bytes used. */
static size_t
conn_raw(struct conn *k, const uint8_t *p, size_t n)
{
	struct client *c = k->client;
	size_t at = 0, len;

	while (n - at >= BGP_HEADER_LEN && p[at + 18] == BGP_UPDATE) {
		len = get_u16(p + at + 16);
		if (len < BGP_HEADER_LEN + 4 || n - at < len)
			break;
		c->stats.messages++;
		c->conf.ops->raw(c, c->conf.ctx, p + at + BGP_HEADER_LEN,
		    len - BGP_HEADER_LEN);
		at += len;
	}
	if (at == 0)
		return 0;
	c->last_update = c->speaker->now;
	if (c->last_update - c->last_life >= SIGN_OF_LIFE_MS) {
		c->last_life = c->last_update;
		session_input(c->session, k->id, keepalive_msg, sizeof(keepalive_msg), 1,
		    c->last_update);
	}
	return at;
}

/* Whole messages in p; returns the bytes used. */
static size_t
conn_messages(struct conn *k, const uint8_t *p, size_t n)
{
	struct client *c = k->client;
	size_t at = 0, used;

	do {
		used = is_raw(k) ? conn_raw(k, p + at, n - at) : 0;
		if (used == 0 && k->fd >= 0 && n - at >= BGP_HEADER_LEN) {
			used = session_input(c->session, k->id, p + at, n - at,
			    c->conf.ops->raw ? 1 : 64, c->speaker->now);
			c->stats.messages += used > 0;
		}
		at += used;
	} while (used > 0 && k->fd >= 0);
	return at;
}

static void
conn_keep_rest(struct conn *k, const uint8_t *p, size_t n)
{
	if (n > k->rest_room) {
		k->rest_room = n < BGP_MSG_MAX ? BGP_MSG_MAX : n;
		k->rest = mem_realloc(k->rest, k->rest_room);
	}
	if (n)
		memcpy(k->rest, p, n);
	k->rest_len = n;
}

/* One read.  False when there is no more for now. */
static bool
conn_read(struct conn *k)
{
	struct speaker *s = k->client->speaker;
	size_t have = k->rest_len, used;
	ssize_t n;

	if (have)
		memcpy(s->buf, k->rest, have);
	n = read(k->fd, s->buf + have, READ_SIZE - have);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		int err = n < 0 ? errno : 0;

		conn_close(k);
		session_closed(k->client->session, k->id, err, s->now);
		return false;
	}
	k->client->stats.bytes += (size_t)n;
	have += (size_t)n;
	used = conn_messages(k, s->buf, have);
	if (used)
		note_message(k->client, s->now);
	if (k->fd >= 0)
		conn_keep_rest(k, s->buf + used, have - used);
	return k->fd >= 0 && !(k->client->up && k->client->paused);
}

static void
conn_connected(struct conn *k)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(int), peer_len = sizeof(peer);
	uint64_t now = k->client->speaker->now;
	int err = 0;

	getsockopt(k->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (!err && getpeername(k->fd, (struct sockaddr *)&peer, &peer_len) < 0)
		return; /* an event from before */
	if (err) {
		conn_close(k);
		session_closed(k->client->session, k->id, err, now);
		return;
	}
	k->connecting = false;
	conn_events(k);
	session_connected(k->client->session, now);
}

static void
conn_event(struct conn *k, uint32_t events)
{
	if (k->fd >= 0 && k->connecting)
		conn_connected(k);
	else if (k->fd >= 0 && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		for (int i = 0; i < READ_TURN && conn_read(k); i++)
			;
	for (int id = 0; id < CONNS; id++)
		conn_flush(&k->client->conn[id]);
}

/* -- listening ---------------------------------------------------------------------------- */

static struct client *
find_passive(struct speaker *s, const struct ip *local, const struct ip *remote)
{
	struct client *found = NULL;

	for (size_t i = 0; i < s->n; i++) {
		struct client *c = s->clients[i];

		if (!c->conf.passive || !ip_equal(&c->conf.local, local))
			continue;
		if (ip_equal(&c->conf.remote, remote))
			return c;
		if (ip_is_none(&c->conf.remote) && !c->up)
			found = c;
	}
	return found;
}

static void
listener_event(struct speaker *s, struct listener *l)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	struct client *c;
	struct ip remote;
	uint16_t port;
	int fd;

	while ((fd = accept4(l->fd, (struct sockaddr *)&from, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		c = ip_from_sockaddr((struct sockaddr *)&from, &remote, &port) ?
		    find_passive(s, &l->local, &remote) : NULL;
		len = sizeof(from);
		if (!c || c->conn[CONN_IN].fd >= 0) {
			close(fd);
			continue;
		}
		conn_open(&c->conn[CONN_IN], fd, false);
		if (!session_accept(c->session, s->now))
			conn_close(&c->conn[CONN_IN]);
		conn_flush(&c->conn[CONN_IN]);
	}
}

int
speaker_listen(struct speaker *s, const struct ip *local, uint16_t port)
{
	struct sockaddr_storage ss;
	socklen_t len = (socklen_t)ip_to_sockaddr(local, port, 0, &ss);
	int err, one = 1;
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct listener *l;
	struct epoll_event ev = { .events = EPOLLIN };

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&ss, len) < 0 || listen(fd, 4096) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	l = MEM_NEW(struct listener);
	*l = (struct listener){ SOURCE_LISTENER, *local, fd, s->listeners };
	s->listeners = l;
	ev.data.ptr = l;
	epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev);
	return 0;
}

/* -- the loop ----------------------------------------------------------------------------- */

static void
client_tick(struct client *c, uint64_t now)
{
	struct conn *out = &c->conn[CONN_OUT];

	if (out->connecting && out->fd < 0) {
		out->connecting = false;
		session_closed(c->session, CONN_OUT, EADDRNOTAVAIL, now);
	}
	if (c->paused && c->up)
		session_input(
		    c->session, c->live, keepalive_msg, sizeof(keepalive_msg), 1, now);
	session_tick(c->session, now);
	for (int id = 0; id < CONNS; id++)
		conn_flush(&c->conn[id]);
}

static void
speaker_tick(struct speaker *s)
{
	if (s->now < s->tick_at)
		return;
	s->tick_at = s->now + TICK_MS;
	for (size_t i = 0; i < s->n; i++)
		client_tick(s->clients[i], s->now);
}

static int
wait_ms(const struct speaker *s, uint64_t until_ms)
{
	uint64_t at = until_ms < s->tick_at ? until_ms : s->tick_at;

	return at > s->now ? (int)(at - s->now) : 0;
}

void
speaker_run(struct speaker *s, uint64_t until_ms)
{
	struct epoll_event ev[64];
	int n;

	s->now = clock_mono_ms();
	n = epoll_wait(s->epoll, ev, 64, wait_ms(s, until_ms));
	s->now = clock_mono_ms();
	for (int i = 0; i < n; i++) {
		if (*(enum source *)ev[i].data.ptr == SOURCE_LISTENER)
			listener_event(s, ev[i].data.ptr);
		else
			conn_event(ev[i].data.ptr, ev[i].events);
	}
	speaker_tick(s);
}

/* A socket for each session: as many as we may have. */
static void
raise_files(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

struct speaker *
speaker_new(void)
{
	struct speaker *s = MEM_NEW(struct speaker);

	raise_files();
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	assert(s->epoll >= 0);
	s->buf = mem_alloc(READ_SIZE);
	s->now = clock_mono_ms();
	return s;
}

static void
client_free(struct client *c)
{
	c->stopping = true;
	session_stop(c->session, 0, 0, NULL, c->speaker->now);
	session_free(c->session);
	for (int id = 0; id < CONNS; id++) {
		conn_close(&c->conn[id]);
		mem_free(c->conn[id].rest);
	}
	mem_free(c->name);
	mem_free(c);
}

void
speaker_free(struct speaker *s)
{
	struct listener *l;

	for (size_t i = 0; i < s->n; i++)
		client_free(s->clients[i]);
	while ((l = s->listeners)) {
		s->listeners = l->next;
		close(l->fd);
		mem_free(l);
	}
	close(s->epoll);
	mem_free(s->clients);
	mem_free(s->buf);
	mem_free(s);
}

/* -- clients ------------------------------------------------------------------------------ */

static struct session_conf
session_conf_of(const struct client_conf *c)
{
	struct session_conf s = {
		.local_as = c->local_as,
		.remote_as = c->remote_as,
		.router_id = c->router_id ? c->router_id : ip_to4(&c->local),
		.internal = c->local_as == c->remote_as,
		.confed = c->confed,
		.passive = c->passive,
		.capabilities = true,
		.route_refresh = true,
		.as4 = true,
		.graceful = GR_AWARE,
		.hold_s = c->hold_s,
		.startup_hold_s = 240,
		.connect_delay_s = 0,
		.connect_retry_s = 1,
		.error_wait_min_s = 1,
		.error_wait_max_s = 1,
		.error_forget_s = 1,
	};

	for (int f = 0; f < FAMILIES; f++) {
		s.family[f] = c->family[f];
		s.add_path_rx[f] = c->add_path_rx && c->family[f];
		s.add_path_tx[f] = c->add_path_tx && c->family[f];
	}
	return s;
}

struct client *
speaker_add(struct speaker *s, const struct client_conf *conf)
{
	struct client *c = MEM_NEW(struct client);
	struct session_conf sc = session_conf_of(conf);

	c->speaker = s;
	c->conf = *conf;
	c->name = mem_strdup(conf->name);
	c->conf.name = c->name;
	for (int id = 0; id < CONNS; id++)
		c->conn[id] = (struct conn){ SOURCE_CONN, (enum conn_id)id, c, .fd = -1 };
	c->session = session_new(&sc, &session_ops, c);
	if (s->n == s->room) {
		s->room = s->room ? s->room * 2 : 16;
		s->clients = mem_realloc(s->clients, s->room * sizeof(*s->clients));
	}
	s->clients[s->n++] = c;
	return c;
}

size_t
speaker_count(const struct speaker *s)
{
	return s->n;
}

struct client *
speaker_client(const struct speaker *s, size_t i)
{
	assert(i < s->n);
	return s->clients[i];
}

void
client_start(struct client *c)
{
	uint64_t now = c->speaker->now = clock_mono_ms();

	/* A session waits a second before its first attempt: let that be over. */
	session_start(c->session, now > START_AGO_MS ? now - START_AGO_MS : 0);
	session_tick(c->session, now);
	for (int id = 0; id < CONNS; id++)
		conn_flush(&c->conn[id]);
}

void
client_stop(struct client *c)
{
	c->stopping = true;
	session_stop(c->session, ERR_CEASE, CEASE_SHUTDOWN, NULL, clock_mono_ms());
	c->stopping = c->up = false;
}

bool
client_is_up(const struct client *c)
{
	return c->up;
}

const char *
client_name(const struct client *c)
{
	return c->name;
}

const struct client_conf *
client_conf(const struct client *c)
{
	return &c->conf;
}

const struct negotiated *
client_negotiated(const struct client *c)
{
	return c->up ? &c->negotiated : NULL;
}

void
client_send(struct client *c, const uint8_t *p, size_t n)
{
	struct conn *k = &c->conn[c->live];

	if (!c->up || k->fd < 0 || n == 0)
		return;
	conn_queue(k, p, n);
	session_sent(c->session, c->speaker->now);
	conn_flush(k);
}

void
client_send_borrowed(struct client *c, const uint8_t *p, size_t n)
{
	struct conn *k = &c->conn[c->live];
	struct chunk *b;

	if (!c->up || k->fd < 0 || n == 0)
		return;
	b = MEM_NEW(struct chunk);
	b->data = p;
	b->len = n;
	conn_push(k, b);
	k->queued += n;
	session_sent(c->session, c->speaker->now);
	conn_flush(k);
}

size_t
client_queued(const struct client *c)
{
	return c->conn[c->live].queued;
}

void
client_pause(struct client *c, bool pause)
{
	c->paused = pause;
	for (int id = 0; id < CONNS; id++)
		if (c->conn[id].fd >= 0)
			conn_events(&c->conn[id]);
	c->last_any = clock_mono_ms();
}

struct client_stats
client_stats(const struct client *c)
{
	struct client_stats st = c->stats;
	uint64_t now = clock_mono_ms();

	/* A silence that still lasts counts as well. */
	if (c->up && !c->paused && now - c->last_any > st.max_gap_ms)
		st.max_gap_ms = now - c->last_any;
	return st;
}

void
client_reset_gap(struct client *c)
{
	c->stats.max_gap_ms = 0;
}

uint64_t
client_last_rx(const struct client *c)
{
	return c->last_update;
}
