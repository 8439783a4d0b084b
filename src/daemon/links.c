/*
 * Links; see links.h.
 *
 * A list of the networks on links, the longest first: a router has some, not thousands, and
 * peers remember what they asked last.
 */
#include "daemon/links.h"

#include <linux/if.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/ifaces.h"
#include "daemon/io.h"

struct link_net {
	struct net net;
	struct ip ip; /* our own on it */
	char ifname[HOP_IFNAME];
	char vrf[HOP_IFNAME];
	bool loopback;
};

struct links {
	_Atomic unsigned refs;
	uint32_t serial;
	unsigned n;
	struct link_net list[];
};

static int
net_order(const void *a, const void *b)
{
	const struct link_net *x = a, *y = b;

	if (x->net.plen != y->net.plen)
		return x->net.plen > y->net.plen ? -1 : 1;
	return ip_cmp(&x->ip, &y->ip);
}

static void
links_add(struct links *s, const struct ifaces *ifaces, const struct iface *i)
{
	const char *vrf = iface_vrf(ifaces, i);

	for (unsigned k = 0; k < i->addr_n; k++) {
		struct link_net *l = &s->list[s->n++];

		*l = (struct link_net){ .net = iface_net(&i->addr[k]),
			.ip = i->addr[k].ip,
			.loopback = i->flags & IFF_LOOPBACK };
		memcpy(l->ifname, i->name, HOP_IFNAME);
		strncpy(l->vrf, vrf, HOP_IFNAME - 1);
	}
}

struct links *
links_new(const struct ifaces *ifaces)
{
	static _Atomic uint32_t serials;
	const struct iface *i;
	struct links *s;
	unsigned n = 0;

	for (unsigned k = 0; (i = ifaces_at(ifaces, k)); k++)
		n += iface_is_up(i) ? i->addr_n : 0;
	s = mem_alloc(sizeof(*s) + n * sizeof(*s->list));
	atomic_init(&s->refs, 1);
	s->serial = atomic_fetch_add(&serials, 1) + 1;
	s->n = 0;
	for (unsigned k = 0; (i = ifaces_at(ifaces, k)); k++)
		if (iface_is_up(i))
			links_add(s, ifaces, i);
	if (s->n)
		qsort(s->list, s->n, sizeof(*s->list), net_order);
	return s;
}

struct links *
links_ref(struct links *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void
links_unref(struct links *s)
{
	if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1)
		mem_free(s);
}

uint32_t
links_serial(const struct links *s)
{
	return s->serial;
}

bool
links_find(const struct links *s, const struct ip *ip, const char *vrf,
    struct link_find *out)
{
	struct net host = net_from_ip(ip, ip_is4(ip) ? 32 : 128);
	const struct link_net *found = NULL;

	*out = (struct link_find){ 0 };
	for (unsigned i = 0; i < s->n; i++) {
		if (vrf && strcmp(s->list[i].vrf, vrf) != 0)
			continue;
		out->ours |= ip_equal(&s->list[i].ip, ip);
		if (!found && net_contains(&s->list[i].net, &host))
			found = &s->list[i];
	}
	if (!found)
		return false;
	memcpy(out->ifname, found->ifname, HOP_IFNAME);
	out->loopback = found->loopback;
	return true;
}

static void
take(void *owner, void *arg)
{
	io_links_set(owner, arg);
}

void
links_publish(struct daemon *d, const struct ifaces *ifaces)
{
	struct links *s;

	if (!ifaces)
		return;
	s = links_new(ifaces);
	for (unsigned i = 0; i < d->io_n; i++)
		task_post(io_mailbox(d->io[i]), take, links_ref(s));
	links_unref(s);
}
