/*
 * Next hops of sessions that do not look them up (`gateway direct`): the neighbours on our
 * links.  RFC 4271, 5.1.3; what is refused is what BIRD refuses.
 *
 *   a next hop on no link, or our own address      the route is treated as withdrawn
 *   link-local alone                               on the session's link
 *   global and link-local                          the global one, unless `next hop prefer
 *                                                  local` says otherwise
 *   anything, of a session with `onlink`           on the session's link
 *
 * Where next hops are looked up the link-local address is the one to use if that ends on a link,
 * unless `next hop prefer global` says otherwise.
 *
 * Where the next hop alone does not say all of that, the hop with its interface is kept
 * beside it (LOCAL_HOPS): for the kernel, `show route` and `gw` in filters.
 *
 * A session without a link of ours (its neighbour is on none, or it runs over the loopback
 * interface) has nothing to judge next hops by, and does not.
 */
#include <string.h>

#include "daemon/links.h"
#include "daemon/peerimpl.h"

void
nexthop_session(struct peer *p)
{
	const struct peer_setup *s = p->setup;
	const struct links *links = io_links(p->io);
	struct link_find at;

	p->link[0] = '\0';
	p->near.serial = 0;
	if (s->multihop)
		return;
	if (s->interface)
		strncpy(p->link, s->interface, sizeof(p->link) - 1);
	else if (links && links_find(links, &p->remote_ip, s->vrf, &at) && !at.loopback)
		memcpy(p->link, at.ifname, sizeof(p->link));
}

static bool
is_link_local(const struct next_hop *nh, unsigned at)
{
	return nh->len >= at + 16 && nh->b[at] == 0xfe && (nh->b[at + 1] & 0xc0) == 0x80;
}

/* Alone, or preferred. */
static bool
takes_link_local(const struct peer_channel_setup *cs, const struct next_hop *nh)
{
	return is_link_local(nh, 0) || (nh->len == 32 && cs->prefer == PREFER_LOCAL);
}

static const char *
fault_of(const struct links *links, const struct ip *ip, const char *vrf)
{
	struct link_find at;
	bool found = links_find(links, ip, vrf, &at);

	return at.ours ? "next hop is our own address"
	       : found ? NULL
		       : "next hop is on none of our links";
}

const char *
nexthop_fault(
    struct peer *p, const struct peer_channel_setup *cs, const struct next_hop *nh)
{
	const struct links *links = io_links(p->io);
	struct ip ip = next_hop_ip(nh);

	if (!nh->len)
		return NULL;
	if (!cs->direct)
		return is_link_local(nh, 0)
			   ? "next hop is link-local, and to be looked up"
			   : NULL;
	if (!p->link[0] || !links || p->setup->onlink || takes_link_local(cs, nh))
		return NULL;
	if (p->near.serial == links_serial(links) && ip_equal(&p->near.ip, &ip))
		return p->near.fault;
	p->near.serial = links_serial(links);
	p->near.ip = ip;
	return p->near.fault = fault_of(links, &ip, p->setup->vrf);
}

void
nexthop_way(const struct peer *p, const struct peer_channel_setup *cs, struct draft *d)
{
	const struct next_hop *nh = &d->next_hop;
	bool ll = takes_link_local(cs, nh);
	struct hop h;

	if (!cs->direct && nh->len == 32 && cs->prefer != PREFER_GLOBAL)
		draft_prefer_link_local(d);
	if (!cs->direct || !p->link[0] || !nh->len || (!ll && !p->setup->onlink))
		return;
	draft_unset(d, LOCAL_HOPS); /* of the part before */
	if (!draft_hops(d, &h, 1))
		return;
	if (ll)
		memcpy(h.via.b, nh->b + nh->len - 16, 16);
	memcpy(h.ifname, p->link, sizeof(h.ifname));
	h.onlink = p->setup->onlink;
	draft_set_way(d, &h, 1);
}
