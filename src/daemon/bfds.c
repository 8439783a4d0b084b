/*
 * BFD sessions, as main sees them.
 *
 *	wishes (bfdwish.c) --> compared with the sessions there are --> orders to the thread
 *	                   --> sockets to listen on (bfdheard.c)
 *
 * All of it is made anew whenever something has changed, and only what differs is carried
 * out: so a reload touches no session that is to go on.  The thread tells BGP's io
 * threads of a session that went down by itself; main learns of every change for static
 * routes and for those who ask.
 */
#include "daemon/bfdsimpl.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/command.h"

static struct bfd_keys *
keys_copy(const struct bfd_keys *k)
{
	size_t size = k ? sizeof(*k) + k->n * sizeof(k->key[0]) : 0;
	struct bfd_keys *copy = k ? mem_alloc(size) : NULL;

	if (k)
		memcpy(copy, k, size);
	return copy;
}

static bool
keys_same(const struct bfd_keys *a, const struct bfd_keys *b)
{
	return a == b || (a && b && a->n == b->n &&
			     memcmp(a->key, b->key, a->n * sizeof(a->key[0])) == 0);
}

static bool
conf_same(const struct bfd_conf *a, const struct bfd_conf *b)
{
	return a->min_rx_us == b->min_rx_us && a->min_tx_us == b->min_tx_us &&
	       a->idle_tx_us == b->idle_tx_us && a->multiplier == b->multiplier &&
	       a->passive == b->passive && a->auth == b->auth &&
	       keys_same(a->keys, b->keys);
}

/*
 * Sessions.
 */
static struct bfd_watcher *
watchers_copy(const struct bfd_watcher *w, unsigned n)
{
	struct bfd_watcher *copy = n ? MEM_ARRAY(struct bfd_watcher, n) : NULL;

	if (n)
		memcpy(copy, w, n * sizeof(*w));
	return copy;
}

static bool
watchers_same(const struct bfd_link *l, const struct bfd_watcher *w, unsigned n)
{
	bool same = l->watcher_n == n;

	for (unsigned i = 0; same && i < n; i++)
		same = l->watcher[i].io == w[i].io && l->watcher[i].peer == w[i].peer &&
		       l->watcher[i].graceful == w[i].graceful;
	return same;
}

static struct bfd_conf
conf_for_thread(const struct bfd_link *l)
{
	struct bfd_conf c = l->conf;

	c.keys = keys_copy(l->conf.keys);
	return c;
}

/* The session's socket, and with it the session; else it is tried again. */
static void
link_open(struct bfds *b, struct bfd_link *l)
{
	struct bfd_conf c;
	int fd = bfd_socket_send(&l->target);
	char ip[IP_TEXT_MAX];

	if (fd < 0) {
		if (!l->failed)
			log_error("%s: Cannot open a socket to %s: %s", l->proto,
			    ip_format(&l->target.remote, ip), strerror(-fd));
		l->failed = true;
		timer_at(b->retry, clock_mono_ms() + BFDS_RETRY_MS);
		return;
	}
	l->failed = false;
	c = conf_for_thread(l);
	l->peer = bfd_thread_add(b->thread, l->id, &l->target, &c,
	    watchers_copy(l->watcher, l->watcher_n), l->watcher_n, fd);
}

static void
link_free(struct bfds *b, struct bfd_link *l)
{
	if (l->state == BFD_UP)
		b->routes_due = true;
	if (l->peer)
		bfd_thread_remove(b->thread, l->peer);
	mem_free(l->conf.keys);
	mem_free(l->watcher);
	mem_free(l->proto);
	mem_free(l);
}

static struct bfd_link *
link_new(struct bfds *b, const struct bfd_target *t)
{
	struct bfd_link *l = MEM_NEW(struct bfd_link);

	l->target = *t;
	l->id = ++b->next_id;
	l->state = BFD_DOWN;
	return l;
}

/* Takes the watchers over. */
static void
link_configure(struct bfds *b, struct bfd_link *l, const struct proto_conf *p,
    const struct bfd_conf *c, struct bfd_watcher *w, unsigned n)
{
	bool same = conf_same(&l->conf, c) && watchers_same(l, w, n);
	struct bfd_keys *keys = keys_copy(c->keys);

	mem_free(l->conf.keys);
	l->conf = *c;
	l->conf.keys = keys;
	mem_free(l->watcher);
	l->watcher = w;
	l->watcher_n = n;
	if (!l->proto || strcmp(l->proto, p->name) != 0) {
		mem_free(l->proto);
		l->proto = mem_strdup(p->name);
	}
	if (!l->peer) {
		link_open(b, l);
	} else if (!same) {
		struct bfd_conf copy = conf_for_thread(l);

		bfd_thread_change(b->thread, l->peer, &copy, watchers_copy(w, n), n);
	}
}

/* The session that the wishes of one target ask for: the one there is, if its packets go
 * the same way, or a new one. */
static struct bfd_link *
link_for(struct bfds *b, const struct wishes *w, unsigned from, unsigned to,
    const struct proto_conf *p, struct bfd_link *old)
{
	const struct bfd_wish *first = &w->wish[from];
	struct bfd_watcher *watcher = MEM_ARRAY(struct bfd_watcher, to - from);
	struct bfd_conf c = bfds_conf_for(p, first);
	struct bfd_link *l = old;
	unsigned n = 0;

	if (old && (!ip_equal(&old->target.local, &first->target.local) ||
		       old->target.vrf_index != first->target.vrf_index ||
		       strcmp(old->target.ifname, first->target.ifname) != 0)) {
		link_free(b, old);
		l = NULL;
	}
	if (!l)
		l = link_new(b, &first->target);
	for (unsigned i = from; i < to; i++)
		if (w->wish[i].watcher.io)
			watcher[n++] = w->wish[i].watcher;
	link_configure(b, l, p, &c, watcher, n);
	return l;
}

static void
links_sync(struct bfds *b, const struct wishes *w)
{
	struct bfd_link **list = MEM_ARRAY(struct bfd_link *, w->n + 1);
	unsigned n = 0, k = 0;

	for (unsigned i = 0, next; i < w->n; i = next) {
		const struct bfd_target *t = &w->wish[i].target;
		struct bfd_link *old = NULL;

		for (next = i + 1;
		     next < w->n && bfd_target_cmp(t, &w->wish[next].target) == 0; next++)
			;
		while (k < b->n && bfd_target_cmp(&b->link[k]->target, t) < 0)
			link_free(b, b->link[k++]);
		if (k < b->n && bfd_target_cmp(&b->link[k]->target, t) == 0)
			old = b->link[k++];
		list[n++] = link_for(b, w, i, next, w->wish[i].proto, old);
	}
	while (k < b->n)
		link_free(b, b->link[k++]);
	mem_free(b->link);
	b->link = list;
	b->n = n;
	b->looked = false;
}

/*
 * Main's turns.
 */
static void
tell_routes(struct runtime *rt)
{
	rt->bfds->routes_due = false;
	for (unsigned i = 0; i < rt->run_n; i++) {
		struct run *r = rt->run[i];

		if (r->conf->kind == PROTO_STATIC && r->data)
			static_driver.links(rt, r);
	}
}

static void on_change(void *owner, const struct bfd_change *);

/* False: it is tried again. */
static bool
thread_start(struct runtime *rt)
{
	struct bfds *b = rt->bfds;

	b->thread = bfd_thread_start(rt->daemon->main, on_change);
	if (!b->thread && !b->thread_failed)
		log_error("BFD: Cannot start the thread: %s", strerror(errno));
	b->thread_failed = !b->thread;
	if (!b->thread)
		timer_at(b->retry, clock_mono_ms() + BFDS_RETRY_MS);
	return b->thread != NULL;
}

static void
sync_all(struct runtime *rt)
{
	struct wishes w = { .rt = rt };

	if (!rt->bfds->thread && !thread_start(rt))
		return;
	bfds_wishes(&w);
	links_sync(rt->bfds, &w);
	bfds_listen(rt->bfds, rt);
	mem_free(w.wish);
}

static void
on_timer(void *ctx)
{
	struct runtime *rt = ctx;

	sync_all(rt);
	if (rt->bfds->routes_due)
		tell_routes(rt);
}

static void
on_routes(struct runtime *rt)
{
	if (rt->bfds->routes_due)
		tell_routes(rt);
}

void
bfds_poke(struct runtime *rt)
{
	if (rt->bfds)
		timer_at(rt->bfds->timer, clock_mono_ms());
}

static void
trace(const struct runtime *rt, const struct bfd_link *l, const struct bfd_change *c)
{
	char ip[IP_TEXT_MAX];

	for (unsigned i = 0; i < rt->run_n; i++)
		if ((rt->run[i]->conf->debug & DEBUG_EVENTS) &&
		    strcmp(rt->run[i]->conf->name, l->proto) == 0)
			log_trace("%s: Session to %s changed state from %s to %s",
			    l->proto, ip_format(&l->target.remote, ip),
			    bfd_state_name(c->was), bfd_state_name(c->state));
}

/* Of a session that is not there any more, as the case may be. */
static void
on_change(void *owner, const struct bfd_change *c)
{
	struct runtime *rt = owner;
	struct bfds *b = rt->bfds;

	for (unsigned i = 0; b && i < b->n; i++) {
		struct bfd_link *l = b->link[i];

		if (l->id != c->id)
			continue;
		if ((l->state == BFD_UP) != (c->state == BFD_UP))
			b->routes_due = true;
		l->state = c->state;
		trace(rt, l, c);
		on_routes(rt);
		return;
	}
}

bool
bfds_is_up(
    const struct runtime *rt, const struct ip *ip, unsigned ifindex, const char *vrf)
{
	struct bfd_target t = { .remote = *ip, .ifindex = ifindex };
	unsigned lo = 0, hi = rt->bfds ? rt->bfds->n : 0;
	const struct proto_conf *p = hi ? bfds_proto_for(rt, &t, vrf) : NULL;

	if (p && p->vrf)
		strncpy(t.vrf, p->vrf, HOP_IFNAME - 1);
	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;
		int c = bfd_target_cmp(&t, &rt->bfds->link[mid]->target);

		if (c == 0)
			return rt->bfds->link[mid]->state == BFD_UP;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return false;
}

/*
 * The driver: a protocol that is up takes sessions.
 */
static struct bfds *
bfds_new(struct runtime *rt)
{
	struct bfds *b = MEM_NEW(struct bfds);

	b->timer = timer_new(rt->loop, on_timer, rt);
	b->retry = timer_new(rt->loop, on_timer, rt);
	return b;
}

static void
bfd_up(struct runtime *rt, struct run *r)
{
	if (!rt->bfds)
		rt->bfds = bfds_new(rt);
	r->data = rt->bfds;
	bfds_poke(rt);
}

static void
bfd_down(struct runtime *rt, struct run *r, bool keep)
{
	(void)keep;
	r->data = NULL;
	bfds_poke(rt);
}

static void
bfd_change(struct runtime *rt, struct run *r, const struct proto_conf *old,
    const struct step *step)
{
	(void)r;
	(void)old;
	(void)step;
	bfds_poke(rt);
}

const struct driver bfd_driver = {
	.up = bfd_up,
	.down = bfd_down,
	.change = bfd_change,
};

void
bfds_free(struct runtime *rt)
{
	struct bfds *b = rt->bfds;

	if (!b)
		return;
	for (unsigned i = 0; i < b->n; i++)
		link_free(b, b->link[i]);
	if (b->thread)
		bfd_thread_stop(b->thread);
	timer_free(b->timer);
	timer_free(b->retry);
	mem_free(b->link);
	mem_free(b->look);
	mem_free(b->heard);
	mem_free(b);
	rt->bfds = NULL;
}

/*
 * For `show bfd sessions`.
 */
static void
look_at_all(struct bfds *b)
{
	b->look = mem_realloc(b->look, (b->n + 1) * sizeof(*b->look));
	for (unsigned i = 0; i < b->n; i++)
		b->look[i].peer = b->link[i]->peer;
	bfd_thread_look(b->thread, b->look, b->n);
	b->looked = true;
}

bool
bfds_record(
    struct runtime *rt, const char *proto, unsigned i, struct bfd_session_record *r)
{
	struct bfds *b = rt->bfds;

	/* who asks may do so over several turns */
	if (b && b->thread && (i == 0 || !b->looked))
		look_at_all(b);
	for (unsigned k = 0; b && k < b->n; k++) {
		const struct bfd_link *l = b->link[k];

		if (strcmp(l->proto, proto) != 0 || !l->peer || i--)
			continue;
		*r = (struct bfd_session_record){ .ip = l->target.remote,
			.ifname = l->target.ifindex ? l->target.ifname : NULL,
			.view = b->look[k].view,
			.now_us = b->look[k].now_us,
			.since = b->look[k].wall_since_ms };
		return true;
	}
	return false;
}
