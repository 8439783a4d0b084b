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
#include "daemon/shardthread.h"

struct link_net {
	struct net net;
	struct ip ip; /* our own on it */
	char ifname[HOP_IFNAME];
	char vrf[HOP_IFNAME];
	bool loopback;
};

struct links {
	struct filter_links filter; /* first: what filters are given */
	_Atomic unsigned refs;
	char (*name)[HOP_IFNAME]; /* of all interfaces, */
	unsigned name_n;	  /* those that are down, too */
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

/* IPv4: of the network itself, or of all on the link.  Links of two have neither. */
static bool
is_for_all(const struct net *net, const struct ip *ip)
{
	uint32_t host = net->plen < 31 ? UINT32_MAX >> net->plen : 0;

	return host && net->type == NET_IP4 && ip_is4(ip) &&
	       ((ip_to4(ip) & host) == 0 || (ip_to4(ip) & host) == host);
}

static bool
neighbor(const struct filter_links *f, const struct ip *ip, char ifname[HOP_IFNAME])
{
	const struct links *s = (const struct links *)f;
	struct net host = net_from_ip(ip, ip_is4(ip) ? 32 : 128);
	bool link_local = ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
	const struct link_net *found = NULL;

	if ((link_local && !ifname[0]) || (ip_is4(ip) && ip_to4(ip) >> 24 == 127))
		return false;
	for (unsigned i = 0; i < s->n; i++) {
		const struct link_net *l = &s->list[i];

		if (link_local && strcmp(l->ifname, ifname) != 0)
			continue;
		if (ip_equal(&l->ip, ip))
			return false;
		if (!found && net_contains(&l->net, &host))
			found = l;
	}
	if (!found || is_for_all(&found->net, ip))
		return false;
	memcpy(ifname, found->ifname, HOP_IFNAME);
	return true;
}

static bool
has_name(const struct filter_links *f, const char *name)
{
	const struct links *s = (const struct links *)f;

	for (unsigned i = 0; i < s->name_n; i++)
		if (strcmp(s->name[i], name) == 0)
			return true;
	return false;
}

static void
names_take(struct links *s, const struct ifaces *ifaces)
{
	const struct iface *i;

	while (ifaces_at(ifaces, s->name_n))
		s->name_n++;
	s->name = mem_alloc((s->name_n + 1) * sizeof(*s->name));
	for (unsigned k = 0; (i = ifaces_at(ifaces, k)); k++)
		memcpy(s->name[k], i->name, HOP_IFNAME);
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
	s->filter.serial = atomic_fetch_add(&serials, 1) + 1;
	s->filter.neighbor = neighbor;
	s->filter.has = has_name;
	s->n = s->name_n = 0;
	names_take(s, ifaces);
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
	if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1) {
		mem_free(s->name);
		mem_free(s);
	}
}

const struct filter_links *
links_filter(const struct links *s)
{
	return s ? &s->filter : NULL;
}

uint32_t
links_serial(const struct links *s)
{
	return s->filter.serial;
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
	for (unsigned i = 0; i < d->shard_n; i++)
		shard_post_links(d->shard[i], links_ref(s));
	links_unref(d->links);
	d->links = s;
}
