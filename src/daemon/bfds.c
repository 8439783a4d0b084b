/*
 * BFD sessions, as main sees them.
 *
 *   what runs (BGP, static, neighbours of protocols bfd) and where the links are
 *     --> wishes, by neighbour and interface --> of each the first protocol bfd that
 * takes it, its options --> compared with the sessions there are --> orders to the thread
 *
 * All of it is made anew whenever something has changed, and only what differs is carried
 * out: so a reload touches no session that is to go on.  The thread tells BGP's io
 * threads of a session that went down by itself; main learns of every change for static
 * routes and for those who ask.
 */
#include "daemon/bfds.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/command.h"
#include "daemon/bfdthread.h"
#include "daemon/ifaces.h"

#define RETRY_MS 1000 /* of a socket that could not be opened */

static const struct bfd_conf defaults = {
	.min_rx_us = 10000, .min_tx_us = 100000, .idle_tx_us = 1000000, .multiplier = 5
};

/* Somebody asks for a session. */
struct bfd_wish {
	struct bfd_target target;
	unsigned order;			   /* who asked first */
	const struct bfd_options *options; /* BGP's own, or NULL */
	struct bfd_watcher watcher;	   /* io NULL: nobody to be told */
};

struct wishes {
	struct runtime *rt;
	struct bfd_wish *wish;
	unsigned n, room;
};

struct bfd_link {
	struct bfd_target target;
	char *proto;
	struct bfd_conf conf; /* keys: a copy of our own */
	struct bfd_watcher *watcher;
	unsigned watcher_n;
	uint32_t id;
	struct bfd_peer *peer; /* the thread's; NULL: there is no socket yet */
	bool failed;	       /* and that was said */
	uint8_t state;
};

struct heard {
	struct bfd_listener l;
	bool ip4;
	struct ip local; /* none: any */
	char ifname[HOP_IFNAME];
};

struct bfds {
	struct bfd_thread *thread;
	struct timer *timer, *retry;
	struct bfd_link **link; /* by target_cmp */
	unsigned n;
	uint32_t next_id;
	bool routes_due; /* a state has changed that static routes may hang on */
	struct heard heard[BFD_LISTENERS];
	unsigned heard_n;
	bool heard_failed; /* and that was said */
	struct bfd_look *look;
};

static int
target_cmp(const struct bfd_target *a, const struct bfd_target *b)
{
	int c = ip_cmp(&a->remote, &b->remote);

	return c ? c : (a->ifindex > b->ifindex) - (a->ifindex < b->ifindex);
}

static int
wish_cmp(const void *a, const void *b)
{
	const struct bfd_wish *x = a, *y = b;
	int c = target_cmp(&x->target, &y->target);

	return c ? c : (x->order > y->order) - (x->order < y->order);
}

/*
 * Wishes.
 */

/* Our address on the link: of the neighbour's network, else any of its family. */
static struct ip
local_of(const struct iface *i, const struct ip *remote)
{
	struct net host = net_from_ip(remote, ip_is4(remote) ? 32 : 128);
	struct ip any = ip_none;

	for (unsigned k = 0; k < i->addr_n; k++) {
		const struct ip *own = &i->addr[k].ip;
		struct net net = iface_net(&i->addr[k]);

		if (ip_is4(own) != ip_is4(remote) ||
		    ip_is_link_local(own) != ip_is_link_local(remote))
			continue;
		if (net_contains(&net, &host) || ip_is_link_local(remote))
			return *own;
		if (ip_is_none(&any))
			any = *own;
	}
	return any;
}

static void
wish_add(struct wishes *w, const struct bfd_wish *new)
{
	if (w->n == w->room) {
		w->room = w->room ? w->room * 2 : 64;
		w->wish = mem_realloc(w->wish, w->room * sizeof(*w->wish));
	}
	w->wish[w->n] = *new;
	w->wish[w->n].order = w->n;
	w->n++;
}

/* Over a link; nothing where there is none, or no address of ours on it. */
static void
wish_direct(struct wishes *w, struct bfd_wish *new, const struct iface *i)
{
	if (!i || !iface_is_up(i))
		return;
	new->target.ifindex = i->index;
	memcpy(new->target.ifname, i->name, HOP_IFNAME);
	if (ip_is_none(&new->target.local))
		new->target.local = local_of(i, &new->target.remote);
	if (!ip_is_none(&new->target.local))
		wish_add(w, new);
}

static const struct iface *
link_to(const struct runtime *rt, const struct ip *remote, const char *name, const char *vrf)
{
	if (!rt->ifaces)
		return NULL;
	return name ? ifaces_by_name(rt->ifaces, name)
		    : ifaces_onlink(rt->ifaces, remote, vrf);
}

static void
wish_bgp(struct wishes *w, const struct run *r)
{
	const struct bgp_conf *b = &r->conf->bgp;
	struct bfd_wish new = {
		.target = { .remote = b->remote_ip, .local = b->local_ip },
		.options = b->bfd_options,
		.watcher = { w->rt->daemon->io[r->io], r->peer, b->bfd == BFD_GRACEFUL }
	};

	if (!b->bfd || b->range || ip_is_none(&b->remote_ip) || r->away)
		return;
	if (!b->multihop)
		wish_direct(w, &new, link_to(w->rt, &b->remote_ip, b->interface, r->conf->vrf));
	else if (!ip_is_none(&b->local_ip))
		wish_add(w, &new);
}

static void
wish_neighbor(struct wishes *w, const struct bfd_neighbor_conf *n)
{
	struct bfd_wish new = { .target = { .remote = n->ip, .local = n->local } };

	if (n->multihop)
		wish_add(w, &new);
	else
		wish_direct(w, &new, link_to(w->rt, &n->ip, n->interface, NULL));
}

static void
wish_hop(void *ctx, const struct ip *via, const struct iface *i)
{
	struct bfd_wish new = { .target = { .remote = *via } };

	wish_direct(ctx, &new, i);
}

static void
wishes_gather(struct wishes *w)
{
	for (unsigned i = 0; i < w->rt->run_n; i++) {
		const struct run *r = w->rt->run[i];

		if (r->disabled)
			continue;
		if (r->conf->kind == PROTO_BGP)
			wish_bgp(w, r);
		else if (r->conf->kind == PROTO_STATIC)
			statics_bfd_hops(w->rt, r, wish_hop, w);
		for (unsigned k = 0;
		     r->conf->kind == PROTO_BFD && k < r->conf->bfd.neighbor_n; k++)
			wish_neighbor(w, &r->conf->bfd.neighbor[k]);
	}
	if (w->n)
		qsort(w->wish, w->n, sizeof(*w->wish), wish_cmp);
}

/*
 * Whose session, and how.
 */
static const struct proto_conf *
proto_for(const struct runtime *rt, const struct bfd_target *t)
{
	unsigned what = ip_is4(&t->remote) ? BFD_ACCEPT_IPV4 : BFD_ACCEPT_IPV6;

	what |= t->ifindex ? BFD_ACCEPT_DIRECT : BFD_ACCEPT_MULTIHOP;
	for (unsigned i = 0; i < rt->run_n; i++) {
		const struct run *r = rt->run[i];

		if (r->conf->kind == PROTO_BFD && r->data &&
		    (r->conf->bfd.accept & what) == what)
			return r->conf;
	}
	return NULL;
}

static void
options_take(struct bfd_conf *c, const struct bfd_options *o)
{
	if (!o)
		return;
	c->min_rx_us = o->min_rx_us ? o->min_rx_us : c->min_rx_us;
	c->min_tx_us = o->min_tx_us ? o->min_tx_us : c->min_tx_us;
	c->idle_tx_us = o->idle_tx_us ? o->idle_tx_us : c->idle_tx_us;
	c->multiplier = o->multiplier ? o->multiplier : c->multiplier;
	c->passive = o->has_passive ? o->passive : c->passive;
	if (o->has_auth || o->keys) {
		union {
			const struct bfd_keys *in;
			struct bfd_keys *out;
		} keys = { .in = o->keys };

		c->auth = o->auth;
		c->keys = keys.out; /* the model's: only looked at */
	}
}

static struct bfd_conf
conf_for(const struct proto_conf *p, const struct bfd_wish *w)
{
	const struct bfd_options *of_link = w->target.ifindex ? NULL : &p->bfd.multihop;
	struct bfd_conf c = defaults;

	for (unsigned i = 0; w->target.ifindex && !of_link && i < p->bfd.iface_n; i++)
		if (iface_patterns_match(p->bfd.iface[i].pattern,
			p->bfd.iface[i].pattern_n, w->target.ifname, NULL))
			of_link = &p->bfd.iface[i].options;
	options_take(&c, of_link);
	options_take(&c, w->options);
	return c;
}

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
		timer_at(b->retry, clock_mono_ms() + RETRY_MS);
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
	struct bfd_conf c = conf_for(p, first);
	struct bfd_link *l = old;
	unsigned n = 0;

	if (old && (!ip_equal(&old->target.local, &first->target.local) ||
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
		const struct proto_conf *p = proto_for(w->rt, t);
		struct bfd_link *old = NULL;

		for (next = i + 1;
		     next < w->n && target_cmp(t, &w->wish[next].target) == 0; next++)
			;
		while (k < b->n && target_cmp(&b->link[k]->target, t) < 0)
			link_free(b, b->link[k++]);
		if (!p)
			continue;
		if (k < b->n && target_cmp(&b->link[k]->target, t) == 0)
			old = b->link[k++];
		list[n++] = link_for(b, w, i, next, p, old);
	}
	while (k < b->n)
		link_free(b, b->link[k++]);
	mem_free(b->link);
	b->link = list;
	b->n = n;
}

/*
 * Listening: one socket for each family and kind, or with `strict bind` one for each
 * address and link.
 */
static void
heard_want(struct heard *want, unsigned *n, const struct heard *new)
{
	for (unsigned i = 0; i < *n; i++)
		if (want[i].l.multihop == new->l.multihop &&
		    want[i].ip4 == new->ip4 &&ip_equal(&want[i].local, &new->local) &&
		    strcmp(want[i].ifname, new->ifname) == 0)
			return;
	if (*n < BFD_LISTENERS)
		want[(*n)++] = *new;
	else
		log_warn("BFD: More than %u addresses to listen on", BFD_LISTENERS);
}

static void
heard_any(struct heard *want, unsigned *n, const struct bfd_conf_proto *c)
{
	for (unsigned k = 0; k < 4; k++) {
		bool ip4 = k & 1, multihop = k & 2;

		if ((c->accept & (ip4 ? BFD_ACCEPT_IPV4 : BFD_ACCEPT_IPV6)) &&
		    (c->accept & (multihop ? BFD_ACCEPT_MULTIHOP : BFD_ACCEPT_DIRECT)))
			heard_want(want, n,
			    &(struct heard){ .l = { -1, multihop }, .ip4 = ip4 });
	}
}

static void
heard_strict(struct heard *want, unsigned *n, const struct bfds *b, const char *proto)
{
	for (unsigned i = 0; i < b->n; i++) {
		const struct bfd_target *t = &b->link[i]->target;
		struct heard new = { .l = { -1, !t->ifindex },
			.ip4 = ip_is4(&t->remote),
			.local = t->local };

		memcpy(new.ifname, t->ifname, HOP_IFNAME);
		if (strcmp(b->link[i]->proto, proto) == 0)
			heard_want(want, n, &new);
	}
}

/* The descriptor of one that is open already. */
static int
heard_open(struct bfds *b, const struct heard *h)
{
	for (unsigned i = 0; i < b->heard_n; i++)
		if (b->heard[i].l.multihop == h->l.multihop &&
		    b->heard[i].ip4 == h->ip4 &&
		    ip_equal(&b->heard[i].local, &h->local) &&
		    strcmp(b->heard[i].ifname, h->ifname) == 0)
			return b->heard[i].l.fd;
	return bfd_socket_listen(h->ip4, h->l.multihop, &h->local, h->ifname);
}

static void
heard_sync(struct bfds *b, const struct runtime *rt)
{
	struct heard want[BFD_LISTENERS];
	struct bfd_listener l[BFD_LISTENERS];
	bool zero = false, failed = false;
	unsigned want_n = 0, n = 0;

	for (unsigned i = 0; i < rt->run_n; i++) {
		const struct proto_conf *c = rt->run[i]->conf;

		if (c->kind != PROTO_BFD || !rt->run[i]->data)
			continue;
		if (c->bfd.strict_bind)
			heard_strict(want, &want_n, b, c->name);
		else
			heard_any(want, &want_n, &c->bfd);
		zero |= c->bfd.zero_udp6_rx;
	}
	for (unsigned i = 0; i < want_n; i++) {
		want[i].l.fd = heard_open(b, &want[i]);
		if (want[i].l.fd < 0) {
			failed = true;
			if (!b->heard_failed)
				log_error(
				    "BFD: Cannot listen: %s", strerror(-want[i].l.fd));
			continue;
		}
		if (!want[i].ip4)
			bfd_socket_zero_udp6(want[i].l.fd, zero);
		l[n] = want[i].l;
		b->heard[n++] = want[i];
	}
	b->heard_n = n;
	b->heard_failed = failed;
	if (failed)
		timer_at(b->retry, clock_mono_ms() + RETRY_MS);
	bfd_thread_listen(b->thread, l, n);
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

static void
sync_all(struct runtime *rt)
{
	struct wishes w = { .rt = rt };

	wishes_gather(&w);
	links_sync(rt->bfds, &w);
	heard_sync(rt->bfds, rt);
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
bfds_is_up(const struct runtime *rt, const struct ip *ip, unsigned ifindex)
{
	struct bfd_target t = { .remote = *ip, .ifindex = ifindex };
	unsigned lo = 0, hi = rt->bfds ? rt->bfds->n : 0;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;
		int c = target_cmp(&t, &rt->bfds->link[mid]->target);

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

	b->thread = bfd_thread_start(rt->daemon->main, on_change);
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
	bfd_thread_stop(b->thread);
	timer_free(b->timer);
	timer_free(b->retry);
	mem_free(b->link);
	mem_free(b->look);
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
}

bool
bfds_record(
    struct runtime *rt, const char *proto, unsigned i, struct bfd_session_record *r)
{
	struct bfds *b = rt->bfds;

	if (b && i == 0)
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
