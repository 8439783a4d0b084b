/*
 * Connections of a peer: sockets, reading, writing, closing.
 */
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/descriptors.h"
#include "daemon/netsock.h"
#include "daemon/peerimpl.h"
#include "daemon/shardthread.h"
#include "daemon/tap.h"
#include "daemon/tcpao.h"

#define IOV_MAX_TURN 64
#define FLUSH_TURN                                                                       \
	(2u << 20) /* bytes written to one peer before the others have a turn */
#define STALL_MS    2
#define READ_BUDGET 100000u /* messages */

#ifndef IP_MINTTL
#define IP_MINTTL 21
#endif
#ifndef IPV6_MINHOPCOUNT
#define IPV6_MINHOPCOUNT 73
#endif

static void conn_ready(void *ctx, unsigned events);

void
conn_init(struct conn *c, struct peer *p, enum conn_id id)
{
	c->peer = p;
	c->id = id;
	c->fd = -1;
	outq_init(&c->out);
}

static void
set_ttl(const struct peer *p, int fd)
{
	const struct peer_setup *s = p->setup;
	bool v4 = ip_is4(&s->remote_ip);
	int ttl = s->ttl_security ? 255 : (int)s->ttl;

	netsock_set(
	    fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TTL : IPV6_UNICAST_HOPS, ttl);
}

/* RFC 5082.  Not before there is a connection: its first answer is a listening socket's, and
 * not every speaker's has the highest TTL. */
static void
set_least_ttl(const struct peer *p, int fd)
{
	const struct peer_setup *s = p->setup;
	bool v4 = ip_is4(&s->remote_ip);
	int least = s->ttl_security ? 256 - (int)s->ttl : 0;

	netsock_set(
	    fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_MINTTL : IPV6_MINHOPCOUNT, least);
}

void
conn_retune(struct conn *c)
{
	if (c->fd < 0)
		return;
	set_ttl(c->peer, c->fd);
	if (!c->connecting)
		set_least_ttl(c->peer, c->fd);
}

int
conn_rekey(struct conn *c, const struct ao_keys *old)
{
	const struct peer_setup *s = c->peer->setup;
	int err = 0;

	if (c->fd >= 0 && (old || s->keys))
		return old && s->keys ? tcpao_change(c->fd, &s->remote_ip, old, s->keys)
				      : -EBUSY;
	if (c->fd >= 0)
		err = netsock_set_md5(c->fd, &s->remote_ip, s->password);
	/* To take away what is not there is no fault. */
	return !s->password && err == -ENOENT ? 0 : err;
}

/* Options only tune the session; where the kernel refuses one, the session says so by
 * itself (it does not come up) and the log holds the reason. */
static void
set_options(const struct peer *p, int fd)
{
	netsock_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_ttl(p, fd);
}

static void
adopt(struct conn *c, int fd)
{
	c->fd = fd;
	c->left_n = 0;
	tap_forget(c);
	c->watch = watch_new(io_loop(c->peer->io), fd, conn_ready, c);
}

static int
bind_local(const struct peer *p, int fd)
{
	struct sockaddr_storage ss;
	size_t len;

	if (p->setup->free_bind)
		netsock_set(fd, IPPROTO_IP, IP_FREEBIND, 1);
	if (ip_is_none(&p->setup->local_ip))
		return 0;
	netsock_set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	len = ip_to_sockaddr(&p->setup->local_ip, 0, p->ifindex, &ss);
	return bind(fd, (struct sockaddr *)&ss, (socklen_t)len) < 0 ? -errno : 0;
}

static int
open_socket(struct peer *p)
{
	const struct peer_setup *s = p->setup;
	int fd = socket(ip_is4(&s->remote_ip) ? AF_INET : AF_INET6,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (!descriptors_allow(fd, FOR_SESSIONS)) {
		close(fd);
		return -EMFILE;
	}
	p->ifindex = s->interface ? if_nametoindex(s->interface) : 0;
	set_options(p, fd);
	if (s->password)
		err = netsock_set_md5(fd, &s->remote_ip, s->password);
	if (!err && s->keys)
		err = tcpao_connect(fd, &s->remote_ip, s->keys);
	if (!err)
		err = netsock_bind_device(fd, s->vrf);
	if (!err)
		err = bind_local(p, fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int
start_connect(struct conn *c)
{
	const struct peer_setup *s = c->peer->setup;
	struct sockaddr_storage ss;
	int fd = open_socket(c->peer);
	size_t len;

	if (fd < 0)
		return fd;
	len = ip_to_sockaddr(&s->remote_ip, s->remote_port, c->peer->ifindex, &ss);
	if (connect(fd, (struct sockaddr *)&ss, (socklen_t)len) < 0 &&
	    errno != EINPROGRESS) {
		int err = -errno;

		close(fd);
		return err;
	}
	adopt(c, fd);
	c->connecting = true;
	watch_set(c->watch, WATCH_WRITE);
	return 0;
}

/* An error at once is told from the loop like any other: the session is in the middle of
 * the call that asked for the connection. */
struct failed_task {
	struct task task;
	uint32_t peer;
	int err;
};

static void
failed_run(void *owner, struct task *t)
{
	struct failed_task *f = (struct failed_task *)t;
	struct peer *p = io_peer(owner, f->peer);
	uint64_t now = clock_mono_ms();

	if (p && p->conn[CONN_OUT].fd < 0) {
		peer_enter(p);
		session_closed(p->session, CONN_OUT, f->err, now);
		peer_leave(p, now);
	}
	mem_free(f);
}

void
conn_open(struct conn *c)
{
	struct failed_task *f;
	int err;

	if (c->fd >= 0)
		conn_close(c);
	err = start_connect(c);
	if (!err)
		return;
	f = MEM_NEW(struct failed_task);
	f->task.run = failed_run;
	f->peer = c->peer->setup->id;
	f->err = -err;
	mailbox_post(io_mailbox(c->peer->io), &f->task.mail);
}

void
conn_take(struct conn *c, int fd)
{
	set_options(c->peer, fd);
	set_least_ttl(c->peer, fd);
	adopt(c, fd);
	watch_set(c->watch, WATCH_READ);
}

static void
conn_forget(struct conn *c)
{
	watch_free(c->watch);
	c->watch = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->connecting = false;
	outq_clear(&c->out);
	mem_free(c->left);
	c->left = NULL;
	c->left_n = c->left_cap = 0;
}

void
conn_close(struct conn *c)
{
	struct iovec iov[4];
	uint8_t drain[4096];

	if (c->fd < 0)
		return;
	if (!c->connecting && c->out.n) {
		outq_cut(&c->out);
		if (writev(c->fd, iov, (int)outq_iov(&c->out, iov, 4)) < 0 &&
		    errno != EAGAIN)
			log_debug(
			    "%s: last write: %s", c->peer->setup->name, strerror(errno));
	}
	if (!c->connecting) {
		/* Unread input would make the kernel reset the connection, and the peer
		 * might not read our last message. */
		shutdown(c->fd, SHUT_WR);
		for (int i = 0; i < 64 && read(c->fd, drain, sizeof(drain)) > 0; i++)
			;
	}
	conn_forget(c);
}

/*
 * Reading.
 */
bool
shards_full(const struct peer *p)
{
	for (unsigned i = 0; i < p->daemon->shard_n; i++)
		if (shard_thread_full(p->daemon->shard[i]))
			return true;
	return false;
}

static bool
conn_is_deaf(const struct conn *c)
{
	return c->peer->setup->disable_rx && c->peer->up == (int)c->id;
}

static void
set_events(struct conn *c)
{
	unsigned events = c->out.n ? WATCH_WRITE : 0;

	if (c->fd < 0 || c->connecting)
		return;
	if (!c->peer->stalled && !conn_is_deaf(c))
		events |= WATCH_READ;
	watch_set(c->watch, events);
}

static void
stall(struct peer *p)
{
	p->stalled = true;
	for (unsigned i = 0; i < CONNS; i++)
		set_events(&p->conn[i]);
	timer_at(p->stall_timer, clock_mono_ms() + STALL_MS);
}

void
conn_restart_reading(struct peer *p)
{
	if (shards_full(p)) {
		timer_at(p->stall_timer, clock_mono_ms() + STALL_MS);
		return;
	}
	p->stalled = false;
	for (unsigned i = 0; i < CONNS; i++)
		set_events(&p->conn[i]);
}

static void
keep_left(struct conn *c, const uint8_t *data, size_t n)
{
	if (n > c->left_cap) {
		c->left_cap = n < 4096 ? 4096 : n;
		c->left = mem_realloc(c->left, c->left_cap);
	}
	memcpy(c->left, data, n);
	c->left_n = n;
}

/* Gives what is there to the session; the connection may be closed on the way. */
static void
feed(struct conn *c, uint8_t *data, size_t n, uint64_t now)
{
	struct peer *p = c->peer;
	int fd = c->fd;
	size_t used = 1;

	while (used && n && c->fd == fd) {
		used = session_input(p->session, c->id, data, n, READ_BUDGET, now);
		data += used;
		n -= used;
	}
	import_post(p);
	c->left_n = 0;
	if (c->fd == fd && n)
		keep_left(c, data, n);
}

static void
ended(struct conn *c, int err, uint64_t now)
{
	conn_forget(c);
	session_closed(c->peer->session, c->id, err, now);
}

void
conn_read(struct conn *c)
{
	struct peer *p = c->peer;
	uint8_t *buf = io_scratch(p->io);
	uint64_t now = clock_mono_ms();
	size_t have = c->left_n;
	ssize_t n;

	if (conn_is_deaf(c)) {
		set_events(c);
		return;
	}
	if (shards_full(p)) {
		stall(p);
		return;
	}
	peer_enter(p);
	if (have)
		memcpy(buf, c->left, have);
	n = read(c->fd, buf + have, IO_SCRATCH - have);
	if (n > 0)
		p->rekeyed = false;
	if (n > 0)
		feed(c, buf, have + (size_t)n, now);
	else if (n == 0)
		ended(c, 0, now);
	else if (errno != EAGAIN && errno != EINTR)
		ended(c, errno, now);
	peer_leave(p, now);
}

bool
conn_has_input(const struct conn *c)
{
	int n = 0;

	return c->fd >= 0 && !c->connecting && ioctl(c->fd, FIONREAD, &n) == 0 && n > 0;
}

bool
conn_is_unheard(const struct conn *c)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	return c->fd >= 0 && !c->connecting &&
	       getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	       info.tcpi_unacked && info.tcpi_retransmits;
}

/*
 * Writing.
 */
static void
tell_large(struct peer *p, uint64_t bytes)
{
	bool large = p->setup->tx_warning && bytes > p->setup->tx_warning;

	if (large && !p->tx_warned)
		log_warn("%s: %" PRIu64 " bytes wait to be sent", p->setup->name, bytes);
	p->tx_warned = large;
}

static void
tell_backlog(struct conn *c)
{
	struct peer *p = c->peer;

	tell_large(p, c->out.bytes);
	for (unsigned i = 0; i < p->setup->channel_n; i++)
		atomic_store_explicit(&p->daemon->backlog[p->setup->channel[i].desc.id],
		    c->out.bytes, memory_order_relaxed);
}

void
conn_flush(struct conn *c)
{
	struct peer *p = c->peer;
	struct iovec iov[IOV_MAX_TURN];
	uint64_t now = clock_mono_ms();
	size_t total = 0;
	ssize_t n = 0;

	if (c->fd < 0 || c->connecting)
		return;
	while (c->out.n && total < FLUSH_TURN) {
		n = writev(c->fd, iov, (int)outq_iov(&c->out, iov, IOV_MAX_TURN));
		if (n < 0)
			break;
		outq_sent(&c->out, (size_t)n);
		total += (size_t)n;
	}
	if (p->up == (int)c->id)
		tell_backlog(c);
	peer_enter(p);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		ended(c, errno, now);
	} else {
		set_events(c);
		if (p->up == (int)c->id) {
			if (total)
				session_sent(p->session, now);
			session_output(p->session, c->out.n != 0, now);
		}
	}
	peer_leave(p, now);
}

static void
connect_done(struct conn *c)
{
	struct peer *p = c->peer;
	uint64_t now = clock_mono_ms();
	int err = netsock_error(c->fd);

	peer_enter(p);
	if (err) {
		ended(c, err, now);
	} else {
		c->connecting = false;
		set_least_ttl(p, c->fd);
		session_connected(p->session, now);
		set_events(c);
	}
	peer_leave(p, now);
}

static void
conn_ready(void *ctx, unsigned events)
{
	struct conn *c = ctx;

	if (c->connecting) {
		connect_done(c);
		return;
	}
	if (events & WATCH_WRITE) {
		struct peer *p = c->peer;

		peer_enter(
		    p); /* the flush may end the session: c must stay for the read */
		conn_flush(c);
		if (events & WATCH_READ && c->fd >= 0)
			conn_read(c);
		peer_leave(p, clock_mono_ms());
		return;
	}
	if (c->fd >= 0)
		conn_read(c);
}

struct ip
conn_local(const struct peer *p, const struct conn *c)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct ip ip = p->setup->local_ip;
	uint16_t port;

	if (c->fd >= 0 && getsockname(c->fd, (struct sockaddr *)&ss, &len) == 0)
		ip_from_sockaddr((struct sockaddr *)&ss, &ip, &port);
	return ip;
}

void
conn_addresses(struct peer *p, const struct conn *c)
{
	p->local_ip = conn_local(p, c);
	p->remote_ip = p->setup->remote_ip;
}
