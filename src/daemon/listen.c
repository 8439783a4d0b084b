/*
 * Listening sockets.
 */
#include "daemon/listen.h"

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
#include "daemon/tcpao.h"

#define LISTEN_BACKLOG	4096
#define ACCEPT_TURN	256
#define ACCEPT_PAUSE_MS 500
#define ACCEPT_SAY_MS	10000

struct listener {
	struct listener *next;
	struct io *io;
	struct ip ip; /* none: any of the family v4 tells */
	char *device; /* an interface it is bound to; or NULL */
	char *vrf;    /* or a VRF's */
	bool v4, wanted;
	uint16_t port;
	int fd; /* -1: could not be opened */
	int err; /* why, as the log was told */
	unsigned ifindex; /* what the interface was then, or 0 */
	bool fresh;	  /* opened since the index before: it has no keys */
	struct watch *watch;
	struct timer *pause; /* until accept is tried again after it failed */
	uint64_t said_ms;    /* when the log last said that it fails; 0: never */
};

/* Owned by io thread 0; there is one set of listeners in a process. */
static struct {
	struct listener *first;
	struct listen_index *index;
} state;

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

static bool
device_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool
entry_fits(const struct listen_entry *e, const struct caller *c)
{
	if (!ip_is_none(&e->local_ip) && !ip_equal(&e->local_ip, &c->local))
		return false;
	if (e->device && !device_equal(e->device, c->device))
		return false;
	if (!device_equal(e->vrf, c->vrf))
		return false;
	return !c->ifindex || !e->interface || if_nametoindex(e->interface) == c->ifindex;
}

/* The first of the n entries that is not before the key. */
static unsigned
entry_from(const struct listen_index *ix, unsigned n, const struct listen_entry *key)
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
	const struct listen_index *ix = state.index;
	struct listen_entry key = { .remote_ip = c->remote, .port = c->port };
	unsigned i = entry_from(ix, ix->exact_n, &key);

	for (; i < ix->exact_n && listen_entry_cmp(&ix->entry[i], &key) == 0; i++)
		if (entry_fits(&ix->entry[i], c))
			return &ix->entry[i];
	return NULL;
}

/* The smallest range that holds the caller. */
static const struct listen_entry *
find_range(const struct caller *c)
{
	const struct listen_index *ix = state.index;

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

static struct listener *
listener_find(const struct listen_entry *e)
{
	bool v4 = ip_is4(&e->remote_ip);

	for (struct listener *l = state.first; l; l = l->next)
		if (l->v4 == v4 && l->port == e->port && ip_equal(&l->ip, &e->bind_ip) &&
		    device_equal(l->device, e->device) && device_equal(l->vrf, e->vrf))
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
	l->next = state.first;
	state.first = l;
	return l;
}

static void
listener_start(struct listener *l)
{
	char text[IP_TEXT_MAX];
	int err = listener_open(l);

	if (err && err == l->err && state.index->again)
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
	for (struct listener *l = state.first; l; l = l->next)
		if (l->fd >= 0 && l->ifindex != listener_ifindex(l))
			listener_stop(l);
}

static void
close_unwanted(void)
{
	struct listener **at = &state.first;

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

/* False: it could not be set. */
static bool
set_password(const struct listen_entry *e, const char *password)
{
	struct listener *l = listener_find(e);
	char text[IP_TEXT_MAX];
	int err = l && l->fd >= 0
		      ? netsock_set_md5_range(l->fd, &e->remote_ip, e->range, password)
		      : 0;

	if (!err || !password)
		return true;
	if (!state.index->again)
		log_error("BGP: Cannot set the password for %s: %s%s",
		    ip_format(&e->remote_ip, text), strerror(-err),
		    err == -ENOMEM ? " (sysctl net.core.optmem_max)" : "");
	return false;
}

/* From the keys of before to those of now; what is wrong, or NULL. */
static const char *
set_keys(const struct listen_entry *e, const struct ao_keys *old, const struct ao_keys *new)
{
	struct listener *l = listener_find(e);
	char text[IP_TEXT_MAX];
	int err = l && l->fd >= 0 ? tcpao_listen(l->fd, &e->remote_ip, old, new) : 0;
	const char *why = err == -ENOPROTOOPT ? "TCP-AO is not supported by the kernel"
					      : "Cannot set the TCP-AO keys";

	if (!err)
		return NULL;
	if (!state.index->again)
		log_error("BGP: %s: %s: %s%s", ip_format(&e->remote_ip, text), why,
		    strerror(-err), err == -ENOMEM ? " (sysctl net.core.optmem_max)" : "");
	return why;
}

/* The kernel knows a neighbour by its address alone: so these share what it is told. */
static bool
same_place(const struct listen_entry *a, const struct listen_entry *b)
{
	return listen_entry_cmp(a, b) == 0 && ip_equal(&a->bind_ip, &b->bind_ip) &&
	       device_equal(a->device, b->device) && device_equal(a->vrf, b->vrf);
}

/* The next entry of the index at the place of e, from the i-th one on, or NULL. */
static struct listen_entry *
place_next(const struct listen_index *ix, const struct listen_entry *e, unsigned *i)
{
	while (*i < ix->n && listen_entry_cmp(&ix->entry[*i], e) == 0)
		if (same_place(&ix->entry[(*i)++], e))
			return &ix->entry[*i - 1];
	return NULL;
}

static bool
has_password(const struct listen_index *ix, const struct listen_entry *e)
{
	const struct listen_entry *x;
	unsigned i = entry_from(ix, ix->n, e);

	while ((x = place_next(ix, e, &i)))
		if (x->password)
			return true;
	return false;
}

/* Of the entries at one place: all keys that the kernel is to have, or has been given; by
 * mem_alloc, NULL if there are none.  With `fault`: an entry whose keys have the ids of
 * another's becomes unsafe and is told to it. */
static struct ao_keys *
place_keys(const struct listen_index *ix, const struct listen_entry *e,
    void (*fault)(void *ctx, struct listen_entry *, const char *), void *ctx)
{
	unsigned i = ix ? entry_from(ix, ix->n, e) : 0;
	struct ao_keys *all = NULL;
	struct listen_entry *x;

	while (ix && (x = place_next(ix, e, &i))) {
		if (!x->keys || x->unsafe)
			continue;
		if (!all)
			all = mem_alloc(AO_KEYS_SIZE(AO_KEYS_MAX));
		if (!ao_keys_merge(all, x->keys) && fault)
			fault(ctx, x, "Cannot set the TCP-AO keys beside another's");
	}
	return all;
}

static bool
is_first(const struct listen_index *ix, const struct listen_entry *e)
{
	unsigned i = entry_from(ix, ix->n, e);

	return place_next(ix, e, &i) == e;
}

/* A password that stays or is replaced is never away: nobody slips in meanwhile. */
static void
take_away(const struct listen_index *old, const struct listen_index *ix)
{
	for (unsigned i = 0; old && i < old->n; i++) {
		const struct listen_entry *e = &old->entry[i];
		struct ao_keys *was, *is;

		if (e->password && !has_password(ix, e))
			set_password(e, NULL);
		if (!is_first(old, e) || !(was = place_keys(old, e, NULL, NULL)))
			continue;
		is = place_keys(ix, e, NULL, NULL);
		if (!is)
			set_keys(e, was, NULL);
		mem_free(is);
		mem_free(was);
	}
}

struct telling {
	struct daemon *d;
	uint32_t serial;
};

static void
tell_fault(void *ctx, struct listen_entry *e, const char *fault)
{
	const struct telling *t = ctx;

	e->unsafe = e->password || e->keys;
	serve_post_peer_fault(t->d, t->serial, e->peer, fault);
}

static void
tell_clash(void *ctx, struct listen_entry *e, const char *fault)
{
	char text[IP_TEXT_MAX];

	if (!state.index->again)
		log_error("BGP: %s: %s", ip_format(&e->remote_ip, text), fault);
	tell_fault(ctx, e, fault);
}

/* The keys of all entries at the place of e, which is its first one. */
static void
keys_follow(const struct telling *t, const struct listen_index *old,
    const struct listen_index *ix, const struct listen_entry *e)
{
	struct telling ctx = *t;
	struct ao_keys *is = place_keys(ix, e, tell_clash, &ctx), *was;
	unsigned i = entry_from(ix, ix->n, e);
	struct listen_entry *x;
	const char *why;

	if (!is)
		return;
	was = listener_find(e)->fresh ? NULL : place_keys(old, e, NULL, NULL);
	why = set_keys(e, was, is);
	while (why && (x = place_next(ix, e, &i)))
		if (x->keys && !x->unsafe)
			tell_fault(&ctx, x, why);
	mem_free(was);
	mem_free(is);
}

/* Sets the passwords and keys, too. */
static void
tell_faults(struct daemon *d, const struct listen_index *old, const struct listen_index *ix)
{
	struct telling t = { d, ix->serial };

	for (unsigned i = 0; i < ix->n; i++)
		if (ix->entry[i].faulty)
			serve_post_peer_fault(d, ix->serial, ix->entry[i].peer, NULL);
	for (unsigned i = 0; i < ix->n; i++) {
		struct listen_entry *e = &ix->entry[i];

		if (listener_find(e)->fd < 0)
			tell_fault(&t, e, "No listening socket");
		else if (e->password && !set_password(e, e->password))
			tell_fault(&t, e, "Cannot set the password");
	}
	for (unsigned i = 0; i < ix->n; i++)
		if (listener_find(&ix->entry[i])->fd >= 0 && is_first(ix, &ix->entry[i]))
			keys_follow(&t, old, ix, &ix->entry[i]);
}

static void
index_run(void *owner, void *arg)
{
	struct listen_index *old = state.index, *ix = arg;

	take_away(old, ix);
	state.index = ix;
	for (struct listener *l = state.first; l; l = l->next)
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
	for (struct listener *l = state.first; l; l = l->next)
		if (l->fd < 0)
			listener_start(l);
	tell_faults(io_daemon(owner), old, ix);
	for (struct listener *l = state.first; l; l = l->next)
		l->fresh = false;
	listen_index_free(old);
	if (ix->n == 0) {
		state.index = NULL;
		listen_index_free(ix);
	}
}

void
listen_post(struct io *io0, struct listen_index *ix)
{
	task_post(io_mailbox(io0), index_run, ix);
}
