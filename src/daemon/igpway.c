/*
 * Next hops: looked up in what a resolver has been told.
 */
#include "daemon/igpimpl.h"

#include <string.h>

#include "daemon/ifaces.h"

enum { DEPTH = 8 }; /* of routes that lead to one another */

static bool
on_a_link(const struct runtime *rt, const struct ip *ip, struct khop *out)
{
	const struct iface *i = ifaces_onlink(rt->ifaces, ip, NULL);

	if (i)
		*out = (struct khop){ .via = *ip, .oif = i->index, .weight = 1 };
	return i != NULL;
}

/* The longest match; bgp: also of BGP's routes.  (Our networks have no paths, which
 * table_match would ask for.) */
static const struct igp_net_way *
way_to(const struct igp *g, const struct ip *ip, bool bgp)
{
	unsigned full = ip_is4(ip) ? 32 : 128;

	if ((g->nets.type == NET_IP4) != ip_is4(ip))
		return NULL;
	for (unsigned plen = full + 1; plen--;) {
		struct net net = net_from_ip(ip, (uint8_t)plen);
		uint32_t node;

		if (!g->nets.plen_n[plen])
			continue;
		node = table_find(&g->nets, &net, table_hash(&g->nets, &net));
		if (node && (bgp || igp_slot(g, node)->kind != SOURCE_BGP))
			return igp_slot(g, node);
	}
	return NULL;
}

static unsigned
oif_of(const struct igp *g, const struct hop *h)
{
	const struct iface *i = ifaces_by_name(g->rt->ifaces, h->ifname);

	return i ? i->index : 0;
}

bool
igp_resolve(const struct igp *g, const struct ip *ip, struct khop *out)
{
	struct ip at = *ip;
	struct hop h;

	for (unsigned depth = 0; depth < DEPTH; depth++) {
		const struct igp_net_way *w;
		const struct attrs *a;

		if (on_a_link(g->rt, &at, out))
			return true;
		w = way_to(g, &at, false);
		a = w ? w->attrs : NULL;
		if (!a || attrs_dest(a) != DEST_UNICAST || !attrs_hops(a, &h, 1))
			return false;
		if (h.ifname[0]) {
			*out = (struct khop){
				.via = ip_is_none(&h.via) ? at : h.via,
				.oif = oif_of(g, &h),
				.onlink = h.onlink,
				.weight = 1,
			};
			return out->oif != 0;
		}
		if (ip_equal(&h.via, &at))
			return false;
		at = h.via;
	}
	return false;
}

static bool
is_ours(const struct runtime *rt, const struct ip *ip)
{
	const struct iface *i = rt->ifaces ? ifaces_onlink(rt->ifaces, ip, NULL) : NULL;

	for (unsigned k = 0; i && k < i->addr_n; k++)
		if (ip_equal(&i->addr[k].ip, ip))
			return true;
	return false;
}

/* Fills in what the route leaves open; false: its hop is on no link. */
static bool
complete(const struct igp *g, const struct ip *ip, struct hop *h)
{
	const struct iface *i;

	if (ip_is_none(&h->via))
		h->via = *ip;
	if (h->ifname[0])
		return true;
	i = ifaces_onlink(g->rt->ifaces, &h->via, NULL);
	if (i)
		memcpy(h->ifname, i->name, HOP_IFNAME);
	return i != NULL;
}

enum dest
igp_lookup(const struct igp *g, const struct ip *ip, struct hop *h, unsigned max,
    unsigned *n)
{
	const struct igp_net_way *w = way_to(g, ip, true);
	const struct attrs *a = w ? w->attrs : NULL;
	unsigned all, i;

	*n = 0;
	if (!a || !g->rt->ifaces || w->recursive || is_ours(g->rt, ip))
		return DEST_UNREACHABLE;
	all = attrs_hops(a, h, max);
	if (all && h[0].recursive)
		return DEST_UNREACHABLE;
	if (attrs_dest(a) != DEST_UNICAST)
		return attrs_dest(a);
	for (i = 0; i < all; i++)
		if (complete(g, ip, &h[i]))
			h[(*n)++] = h[i];
	return *n ? DEST_UNICAST : DEST_UNREACHABLE;
}

/*
 * Publishing.
 */
static bool
is_on_link_itself(const struct hop *h, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (ip_is_none(&h[i].via))
			return true;
	return false;
}

void
igp_find(const struct igp *g, const struct ip *ip, struct reach_news *news)
{
	const struct igp_net_way *w = g->users ? way_to(g, ip, true) : NULL;
	struct hop h[HOPS_MAX];
	unsigned n = w ? attrs_hops(w->attrs, h, HOPS_MAX) : 0;
	enum dest dest = w ? attrs_dest(w->attrs) : DEST_UNREACHABLE;

	if (!w || w->recursive || (n && h[0].recursive))
		return;
	if (dest == DEST_UNICAST && (!n || is_on_link_itself(h, n)) && is_ours(g->rt, ip))
		return;
	news->resolved = dest != DEST_UNREACHABLE;
	news->metric = w->metric;
}
