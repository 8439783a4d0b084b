/*
 * Listening sockets.
 */
#include "daemon/listenimpl.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "bgp/notify.h"
#include "daemon/descriptors.h"
#include "daemon/netsock.h"
#include "daemon/peerimpl.h"
#include "daemon/serve.h"

#define LISTEN_BACKLOG	4096
#define ACCEPT_TURN	256
#define ACCEPT_PAUSE_MS 500
#define ACCEPT_SAY_MS	10000

struct listeners listeners;

void
listen_index_free(struct listen_index *ix)
{
	if (!ix)
		return;
	for (unsigned i = 0; i < ix->n; i++) {
		mem_free(ix->entry[i].password);
		mem_free(ix->entry[i].keys);
		mem_free(ix->entry[i].interface);
		mem_free(ix->entry[i].device);
		mem_free(ix->entry[i].vrf);
	}
	mem_free(ix->entry);
	mem_free(ix);
}

int
listen_entry_cmp(const void *a, const void *b)
{
	const struct listen_entry *x = a, *y = b;
	int c = (x->range > 0) - (y->range > 0);

	if (!c)
		c = (y->range > x->range) - (y->range < x->range); /* long ones first */
	if (!c)
		c = ip_cmp(&x->remote_ip, &y->remote_ip);
	return c ? c : (x->port > y->port) - (x->port < y->port);
}

static unsigned
listener_ifindex(const struct listener *l)
{
	const char *name = l->device ? l->device : l->vrf;

	return name ? if_nametoindex(name) : 0;
}

/* The first answer on a connection is the listening socket's: with the highest TTL it gets
 * through to who has TTL security from the first packet on. */
static void
listener_ttl(const struct listener *l)
{
	int highest = 255;

	if (l->v4)
		setsockopt(l->fd, IPPROTO_IP, IP_TTL, &highest, sizeof(highest));
	else
		setsockopt(l->fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &highest,
		    sizeof(highest));
}

static int
listener_open(struct listener *l)
{
	struct sockaddr_storage ss;
	struct ip any4 = ip_from4(0);
	int one = 1, err;
	size_t len;

	l->fd = socket(
	    l->v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return -errno;
	l->ifindex = listener_ifindex(l);
	setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!l->v4)
		setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	len = ip_to_sockaddr(l->v4 && ip_is_none(&l->ip) ? &any4 : &l->ip, l->port,
	    l->device ? if_nametoindex(l->device) : 0, &ss);
	listener_ttl(l);
	err = netsock_bind_device(l->fd, l->device ? l->device : l->vrf);
	if (!err && bind(l->fd, (struct sockaddr *)&ss, (socklen_t)len) == 0 &&
	    listen(l->fd, LISTEN_BACKLOG) == 0)
		return 0;
	err = err ? err : -errno;
	close(l->fd);
	l->fd = -1;
	return err;
}

/* Who calls: what is known of an accepted connection. */
struct caller {
	struct ip remote, local;
	uint16_t port;	  /* ours */
	unsigned ifindex; /* of a link-local address, or the socket's */
	const char *device, *vrf; /* the socket's, or NULL */
};

bool
listen_device_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool
entry_fits(const struct listen_entry *e, const struct caller *c)
{
	if (!ip_is_none(&e->local_ip) && !ip_equal(&e->local_ip, &c->local))
		return false;
	if (e->device && !listen_device_equal(e->device, c->device))
		return false;
	if (!listen_device_equal(e->vrf, c->vrf))
		return false;
	return !c->ifindex || !e->interface || if_nametoindex(e->interface) == c->ifindex;
}

unsigned
listen_entry_from(
    const struct listen_index *ix, unsigned n, const struct listen_entry *key)
{
	unsigned lo = 0, hi = n;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (listen_entry_cmp(&ix->entry[mid], key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct listen_entry *
find_peer(const struct caller *c)
{
	const struct listen_index *ix = listeners.index;
	struct listen_entry key = { .remote_ip = c->remote, .port = c->port };
	unsigned i = listen_entry_from(ix, ix->exact_n, &key);

	for (; i < ix->exact_n && listen_entry_cmp(&ix->entry[i], &key) == 0; i++)
		if (entry_fits(&ix->entry[i], c))
			return &ix->entry[i];
	return NULL;
}

/* The smallest range that holds the caller. */
static const struct listen_entry *
find_range(const struct caller *c)
{
	const struct listen_index *ix = listeners.index;

	for (unsigned i = ix->exact_n; i < ix->n; i++) {
		const struct listen_entry *e = &ix->entry[i];
		struct net range, host;

		if (e->port != c->port || ip_is4(&e->remote_ip) != ip_is4(&c->remote))
			continue;
		range = net_from_ip(&e->remote_ip, e->range - 1u);
		host = net_from_ip(&c->remote, net_plen_max(range.type));
		if (net_contains(&range, &host) && entry_fits(e, c))
			return e;
	}
	return NULL;
}

/* A line a second at most: a flood of calls must not become one of lines. */
static void
log_refused(const char *why, const struct ip *remote)
{
	static uint64_t next_ms;
	static unsigned more;
	uint64_t now = clock_mono_ms();
	char text[IP_TEXT_MAX];

	if (now < next_ms) {
		more++;
		return;
	}
	next_ms = now + 1000;
	if (more)
		log_warn("BGP: %u more connects refused", more);
	more = 0;
	log_warn("BGP: %s %s", why, ip_format(remote, text));
}

/* So that the neighbour's log says why: it calls again later (RFC 4486, 4). */
static void
refuse_for_now(int fd, const struct ip *remote)
{
	struct notify n;
	uint8_t bytes[64];
	struct wbuf b = wbuf_init(bytes, sizeof(bytes));

	notify_set(&n, ERR_CEASE, CEASE_RESOURCES);
	notify_encode(&n, &b);
	(void)send(fd, bytes, wbuf_len(&b), MSG_NOSIGNAL);
	log_refused("No file descriptors left for a session with", remote);
	close(fd);
}

static void
accepted(struct listener *l, int fd, struct caller *c)
{
	struct daemon *d = io_daemon(l->io);
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	const struct listen_entry *e;
	uint16_t port = 0;

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
		ip_from_sockaddr((struct sockaddr *)&ss, &c->local, &port);
	c->port = l->port;
	if (!(e = find_peer(c)))
		e = find_range(c);
	if (!e || e->unsafe) {
		log_refused(e ? "Connect refused without authentication from"
			      : "Unexpected connect from unknown address",
		    &c->remote);
		close(fd);
	} else if (!descriptors_allow(fd, FOR_SESSIONS)) {
		refuse_for_now(fd, &c->remote);
	} else if (e->range) {
		serve_post_caller(d, e->peer, &c->remote, c->ifindex, fd);
	} else {
		peer_post_accept(d->io[e->io], e->peer, fd);
	}
}

/* The interface of a link-local address. */
static unsigned
scope_of(const struct sockaddr_storage *ss, const struct ip *ip)
{
	if (ss->ss_family != AF_INET6 || !ip_is_link_local(ip))
		return 0;
	return ((const struct sockaddr_in6 *)(const void *)ss)->sin6_scope_id;
}

static void
pause_over(void *ctx)
{
	struct listener *l = ctx;

	watch_set(l->watch, WATCH_READ);
}

/* Without descriptors or memory the connection stays in the kernel's queue, and the
 * socket would be ready all the time: others have their turn before it is tried again. */
static void
accept_failed(struct listener *l, int err)
{
	uint64_t now = clock_mono_ms();

	if (err == EAGAIN || err == EINTR || err == ECONNABORTED)
		return;
	if (!l->said_ms || now - l->said_ms >= ACCEPT_SAY_MS) {
		log_error("BGP: Accept: %s", strerror(err));
		l->said_ms = now;
	}
	watch_set(l->watch, 0);
	timer_at(l->pause, now + ACCEPT_PAUSE_MS);
}

static void
listener_ready(void *ctx, unsigned events)
{
	struct listener *l = ctx;

	(void)events;
	for (int i = 0; i < ACCEPT_TURN; i++) {
		struct sockaddr_storage ss;
		socklen_t len = sizeof(ss);
		struct caller c = { .local = ip_none };
		uint16_t port;
		int fd = accept4(
		    l->fd, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			accept_failed(l, errno);
			return;
		}
		if (ip_from_sockaddr((struct sockaddr *)&ss, &c.remote, &port)) {
			c.ifindex = scope_of(&ss, &c.remote);
			c.device = l->device;
			c.vrf = l->vrf;
			if (l->device)
				c.ifindex = if_nametoindex(l->device);
			accepted(l, fd, &c);
		} else {
			close(fd);
		}
	}
}

struct listener *
listener_find(const struct listen_entry *e)
{
	bool v4 = ip_is4(&e->remote_ip);

	for (struct listener *l = listeners.first; l; l = l->next)
		if (l->v4 == v4 && l->port == e->port && ip_equal(&l->ip, &e->bind_ip) &&
		    listen_device_equal(l->device, e->device) &&
		    listen_device_equal(l->vrf, e->vrf))
			return l;
	return NULL;
}

static struct listener *
listener_add(struct io *io, const struct listen_entry *e)
{
	struct listener *l = MEM_NEW(struct listener);

	*l = (struct listener){ .io = io,
		.ip = e->bind_ip,
		.device = e->device ? mem_strdup(e->device) : NULL,
		.vrf = e->vrf ? mem_strdup(e->vrf) : NULL,
		.v4 = ip_is4(&e->remote_ip),
		.port = e->port,
		.fd = -1 };
	l->next = listeners.first;
	listeners.first = l;
	return l;
}

static void
listener_start(struct listener *l)
{
	char text[IP_TEXT_MAX];
	int err = listener_open(l);

	if (err && err == l->err && listeners.index->again)
		return;
	l->err = err;
	if (err) {
		log_error("BGP: Cannot listen on %s%s%s port %u: %s",
		    ip_is_none(&l->ip) ? "any address" : ip_format(&l->ip, text),
		    l->device || l->vrf ? "%" : "",
		    l->device ? l->device : l->vrf ? l->vrf : "", l->port,
		    strerror(-err));
		return;
	}
	l->fresh = true;
	l->watch = watch_new(io_loop(l->io), l->fd, listener_ready, l);
	watch_set(l->watch, WATCH_READ);
	l->pause = timer_new(io_loop(l->io), pause_over, l);
}

static void
listener_stop(struct listener *l)
{
	if (l->fd < 0)
		return;
	timer_free(l->pause);
	watch_free(l->watch);
	close(l->fd);
	l->fd = -1;
}

/* One whose interface is another by now hears nothing any more. */
static void
close_lost(void)
{
	for (struct listener *l = listeners.first; l; l = l->next)
		if (l->fd >= 0 && l->ifindex != listener_ifindex(l))
			listener_stop(l);
}

static void
close_unwanted(void)
{
	struct listener **at = &listeners.first;

	while (*at) {
		struct listener *l = *at;

		if (l->wanted) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		listener_stop(l);
		mem_free(l->device);
		mem_free(l->vrf);
		mem_free(l);
	}
}

static void
index_run(void *owner, void *arg)
{
	struct listen_index *old = listeners.index, *ix = arg;

	listen_take_away(old, ix);
	listeners.index = ix;
	for (struct listener *l = listeners.first; l; l = l->next)
		l->wanted = false;
	for (unsigned i = 0; i < ix->n; i++) {
		struct listener *l = listener_find(&ix->entry[i]);

		if (!l)
			l = listener_add(owner, &ix->entry[i]);
		l->wanted = true;
	}
	/* One that goes may stand in the way of one that comes. */
	close_unwanted();
	close_lost();
	for (struct listener *l = listeners.first; l; l = l->next)
		if (l->fd < 0)
			listener_start(l);
	listen_tell_faults(io_daemon(owner), old, ix);
	for (struct listener *l = listeners.first; l; l = l->next)
		l->fresh = false;
	listen_index_free(old);
	if (ix->n == 0) {
		listeners.index = NULL;
		listen_index_free(ix);
	}
}

void
listen_post(struct io *io0, struct listen_index *ix)
{
	task_post(io_mailbox(io0), index_run, ix);
}
