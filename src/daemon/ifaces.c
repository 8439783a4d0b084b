/*
 * Interfaces: a sorted list, made from dumps and kept by notifications.  When these were
 * lost everything is read anew.
 */
#include "daemon/ifaces.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/sorted.h"
#include "conf/model.h"
#include "daemon/netlink.h"

enum { GATHER_MS = 20, FIRST_MS = 2000, ATTRS = IFA_FLAGS + 1 };

/* A network on a link that is up; and a name. */
struct local_net {
	struct net net;
	unsigned at; /* in the list */
};

struct local_name {
	const char *name; /* the interface's own */
	unsigned at;
};

struct ifaces {
	int fd;
	uint32_t seq;
	struct watch *watch;
	struct timer *timer;
	void (*on_change)(void *ctx);
	void *ctx;
	unsigned n, cap;
	struct iface *list;
	enum { READ_LINKS, READ_ADDRS, READ_DONE } reading;
	bool broken; /* read it all once more */
	bool gathering; /* on_timer is due */

	/* For lookups, while `indexed`: longest networks first, and where each length ends;
	 * by name. */
	bool indexed;
	struct local_net *local;
	unsigned local_n, local_end[129];
	struct local_name *name;
};

/*
 * The list.
 */
static unsigned
place_of(const struct ifaces *s, unsigned index)
{
	return SORTED_PLACE(s->list, s->n, index, index);
}

static struct iface *
iface_get(struct ifaces *s, unsigned index)
{
	unsigned i = place_of(s, index);

	if (i < s->n && s->list[i].index == index)
		return &s->list[i];
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 8;
		s->list = mem_realloc(s->list, s->cap * sizeof(*s->list));
	}
	memmove(&s->list[i + 1], &s->list[i], (s->n - i) * sizeof(*s->list));
	s->n++;
	s->list[i] = (struct iface){ .index = index };
	return &s->list[i];
}

static void
iface_del(struct ifaces *s, unsigned index)
{
	unsigned i = place_of(s, index);

	if (i == s->n || s->list[i].index != index)
		return;
	mem_free(s->list[i].addr);
	memmove(&s->list[i], &s->list[i + 1], (s->n - i - 1) * sizeof(*s->list));
	s->n--;
}

static void
list_clear(struct ifaces *s)
{
	for (unsigned i = 0; i < s->n; i++)
		mem_free(s->list[i].addr);
	s->n = 0;
}

static unsigned
addr_place(const struct iface *i, const struct iface_addr *a)
{
	unsigned k = 0;

	while (k < i->addr_n && (!ip_equal(&i->addr[k].ip, &a->ip) ||
				    i->addr[k].plen != a->plen ||
				    !ip_equal(&i->addr[k].peer, &a->peer)))
		k++;
	return k;
}

static void
addr_set(struct iface *i, const struct iface_addr *a, bool add)
{
	unsigned k = addr_place(i, a);

	if (!add && k == i->addr_n)
		return;
	if (!add) {
		memmove(&i->addr[k], &i->addr[k + 1],
		    (i->addr_n - k - 1) * sizeof(*i->addr));
		i->addr_n--;
		return;
	}
	if (k == i->addr_n)
		i->addr = mem_realloc(i->addr, ++i->addr_n * sizeof(*i->addr));
	i->addr[k] = *a;
}

/*
 * Messages.
 */
struct attr_table {
	const struct nlattr *at[ATTRS];
};

static int
keep_attr(const struct nlattr *a, void *ctx)
{
	struct attr_table *t = ctx;
	unsigned type = mnl_attr_get_type(a);

	if (type < sizeof(t->at) / sizeof(t->at[0]))
		t->at[type] = a;
	return MNL_CB_OK;
}

static void
link_message(struct ifaces *s, const struct nlmsghdr *h)
{
	struct klink k;
	struct iface *i;

	if (!klink_parse(h, &k))
		return;
	if (h->nlmsg_type == RTM_DELLINK) {
		iface_del(s, k.index);
		return;
	}
	i = iface_get(s, k.index);
	i->flags = k.flags;
	if (k.name[0])
		memcpy(i->name, k.name, HOP_IFNAME);
	if (k.mtu)
		i->mtu = k.mtu;
	i->master = k.master;
	i->is_vrf |= k.is_vrf;
}

static bool
ip_read(const struct nlattr *a, struct ip *ip)
{
	size_t n = a ? mnl_attr_get_payload_len(a) : 0;

	if (n != 4 && n != 16)
		return false;
	*ip = n == 4 ? ip_from4(0) : ip_none;
	memcpy(ip->b + 16 - n, mnl_attr_get_payload(a), n);
	return true;
}

/* IFA_LOCAL is ours and IFA_ADDRESS the other end's, where both are. */
static void
addr_message(struct ifaces *s, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
	struct attr_table t = { 0 };
	struct iface_addr a = { .plen = m->ifa_prefixlen, .scope = m->ifa_scope };
	uint32_t flags = m->ifa_flags;

	mnl_attr_parse(h, sizeof(*m), keep_attr, &t);
	if (t.at[IFA_FLAGS])
		flags = mnl_attr_get_u32(t.at[IFA_FLAGS]);
	a.secondary = flags & IFA_F_SECONDARY;
	if (!ip_read(t.at[IFA_ADDRESS], &a.peer) && !ip_read(t.at[IFA_LOCAL], &a.peer))
		return;
	if (!ip_read(t.at[IFA_LOCAL], &a.ip))
		a.ip = a.peer;
	if (h->nlmsg_type == RTM_NEWADDR || ifaces_by_index(s, m->ifa_index))
		addr_set(iface_get(s, m->ifa_index), &a, h->nlmsg_type == RTM_NEWADDR);
}

static void
on_message(void *ctx, const struct nlmsghdr *h, int error)
{
	struct ifaces *s = ctx;
	size_t n = mnl_nlmsg_get_payload_len(h);

	if (error)
		log_error("Netlink: %s", strerror(-error));
	if (h->nlmsg_type == RTM_NEWLINK || h->nlmsg_type == RTM_DELLINK)
		link_message(s, h);
	else if ((h->nlmsg_type == RTM_NEWADDR || h->nlmsg_type == RTM_DELADDR) &&
		 n >= sizeof(struct ifaddrmsg))
		addr_message(s, h);
}

/*
 * Reading: links, then addresses, on the socket that notifications come by, so that none
 * falls between.
 */
static void
read_next(struct ifaces *s)
{
	unsigned type = s->reading == READ_LINKS ? RTM_GETLINK : RTM_GETADDR;
	int err = netlink_dump(s->fd, type, 0, 0, ++s->seq);

	if (err)
		log_error("Netlink: cannot read interfaces: %s", strerror(-err));
}

static void
read_all(struct ifaces *s)
{
	list_clear(s);
	s->broken = false;
	s->reading = READ_LINKS;
	read_next(s);
}

static void
step(struct ifaces *s, enum netlink_got got)
{
	if (got == NETLINK_LOST || got == NETLINK_BROKEN)
		s->broken = true;
	if (got == NETLINK_DONE && s->reading != READ_DONE && !s->broken) {
		s->reading++;
		if (s->reading != READ_DONE)
			read_next(s);
	} else if (s->broken && (got == NETLINK_DONE || s->reading == READ_DONE)) {
		read_all(s);
	}
}

static void
on_readable(void *ctx, unsigned events)
{
	struct ifaces *s = ctx;
	enum netlink_got got;

	(void)events;
	s->indexed = false;
	while ((got = netlink_receive(s->fd, on_message, s)) != NETLINK_NOTHING)
		step(s, got);
	if (s->reading == READ_DONE && !s->gathering)
		timer_at(s->timer, clock_mono_ms() + GATHER_MS);
	s->gathering |= s->reading == READ_DONE;
}

/*
 * The index: a table of static routes asks for each of its next hops.
 */
static int
local_cmp(const void *a, const void *b)
{
	const struct local_net *x = a, *y = b;
	int c = (x->net.plen < y->net.plen) - (x->net.plen > y->net.plen);

	c = c ? c : net_cmp(&x->net, &y->net);
	return c ? c : (x->at > y->at) - (x->at < y->at);
}

static int
name_cmp(const void *a, const void *b)
{
	const struct local_name *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c ? c : (x->at > y->at) - (x->at < y->at);
}

static void
index_nets(struct ifaces *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n; i++)
		n += s->list[i].addr_n;
	s->local = mem_realloc(s->local, (n + 1) * sizeof(*s->local));
	s->local_n = 0;
	for (unsigned i = 0; i < s->n; i++)
		for (unsigned k = 0; k < s->list[i].addr_n && iface_is_up(&s->list[i]);
		     k++)
			s->local[s->local_n++] =
			    (struct local_net){ iface_net(&s->list[i].addr[k]), i };
	qsort(s->local, s->local_n, sizeof(*s->local), local_cmp);
	memset(s->local_end, 0, sizeof(s->local_end));
	for (unsigned i = 0; i < s->local_n; i++)
		s->local_end[s->local[i].net.plen] = i + 1;
}

static void
index_make(struct ifaces *s)
{
	index_nets(s);
	s->name = mem_realloc(s->name, (s->n + 1) * sizeof(*s->name));
	for (unsigned i = 0; i < s->n; i++)
		s->name[i] = (struct local_name){ s->list[i].name, i };
	qsort(s->name, s->n, sizeof(*s->name), name_cmp);
	s->indexed = true;
}

static void
on_timer(void *ctx)
{
	struct ifaces *s = ctx;

	timer_at(s->timer, UINT64_MAX);
	s->gathering = false;
	if (s->reading == READ_DONE)
		s->on_change(s->ctx);
}

/* What is there at the start is known when the first protocols come up. */
static void
read_first(struct ifaces *s)
{
	uint64_t end = clock_mono_ms() + FIRST_MS;
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	read_all(s);
	while (s->reading != READ_DONE && clock_mono_ms() < end) {
		enum netlink_got got = netlink_receive(s->fd, on_message, s);

		if (got == NETLINK_NOTHING)
			poll(&p, 1, 100);
		else
			step(s, got);
	}
}

struct ifaces *
ifaces_new(struct loop *loop, void (*on_change)(void *ctx), void *ctx)
{
	int fd = netlink_open(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
	struct ifaces *s;

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	s = MEM_NEW(struct ifaces);
	s->fd = fd;
	s->on_change = on_change;
	s->ctx = ctx;
	s->timer = timer_new(loop, on_timer, s);
	read_first(s);
	s->watch = watch_new(loop, fd, on_readable, s);
	watch_set(s->watch, WATCH_READ);
	return s;
}

void
ifaces_free(struct ifaces *s)
{
	if (!s)
		return;
	watch_free(s->watch);
	timer_free(s->timer);
	close(s->fd);
	list_clear(s);
	mem_free(s->list);
	mem_free(s->local);
	mem_free(s->name);
	mem_free(s);
}

/*
 * Looking.
 */
const struct iface *
ifaces_at(const struct ifaces *s, unsigned i)
{
	return s && i < s->n ? &s->list[i] : NULL;
}

const struct iface *
ifaces_by_index(const struct ifaces *s, unsigned index)
{
	unsigned i = s ? place_of(s, index) : 0;

	return s && i < s->n && s->list[i].index == index ? &s->list[i] : NULL;
}

const struct iface *
ifaces_by_name(struct ifaces *s, const char *name)
{
	unsigned lo = 0, hi = s ? s->n : 0;

	if (!s || !hi)
		return NULL;
	if (!s->indexed)
		index_make(s);
	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (strcmp(s->name[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->n && strcmp(s->name[lo].name, name) == 0 ? &s->list[s->name[lo].at]
								: NULL;
}

bool
iface_is_up(const struct iface *i)
{
	return i->flags & IFF_UP;
}

bool
iface_has_link(const struct iface *i)
{
	return i->flags & IFF_UP && i->flags & IFF_LOWER_UP;
}

struct net
iface_net(const struct iface_addr *a)
{
	return net_from_ip(&a->peer, a->plen);
}

/* The first of that network, between two places of the index. */
static const struct local_net *
local_find(const struct ifaces *s, unsigned lo, unsigned end, const struct net *net)
{
	unsigned hi = end;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (net_cmp(&s->local[mid].net, net) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < end && net_equal(&s->local[lo].net, net) ? &s->local[lo] : NULL;
}

const char *
iface_vrf(const struct ifaces *s, const struct iface *i)
{
	const struct iface *master = i->master ? ifaces_by_index(s, i->master) : NULL;

	return i->is_vrf ? i->name : master ? master->name : VRF_DEFAULT;
}

bool
iface_in_vrf(const struct ifaces *s, const struct iface *i, const char *vrf)
{
	return !vrf || strcmp(iface_vrf(s, i), vrf) == 0;
}

const struct iface *
ifaces_onlink(struct ifaces *s, const struct ip *ip, const char *vrf)
{
	unsigned from = 0, max = ip_is4(ip) ? 32 : 128;

	if (!s)
		return NULL;
	if (!s->indexed)
		index_make(s);
	for (unsigned plen = 129; plen-- > 0;) {
		const struct local_net *l = NULL;
		struct net net;

		if (!s->local_end[plen])
			continue;
		net = net_from_ip(ip, plen > max ? max : plen);
		if (plen <= max)
			l = local_find(s, from, s->local_end[plen], &net);
		for (; l && l < s->local + s->local_end[plen] && net_equal(&l->net, &net);
		     l++)
			if (iface_in_vrf(s, &s->list[l->at], vrf))
				return &s->list[l->at];
		from = s->local_end[plen];
	}
	return NULL;
}
