/*
 * Neighbours on links; see near.h.
 *
 * Without this a session over a link that was lost would stand until its hold time is over.
 * A neighbour that has never been on a link is tried all the same: it may be reached by
 * ways that we do not see (another namespace's address, a loopback network); but one whose
 * interface is named is waited for there, unless it is `onlink`.  A member of a `neighbor
 * range` goes with its link: who called will call again.
 */
#include "daemon/near.h"

#include <net/if.h>

#include "base/log.h"
#include "daemon/ifaces.h"

/* NULL: on none. */
static const struct iface *
iface_of(const struct runtime *rt, const struct proto_conf *p)
{
	const struct bgp_conf *b = &p->bgp;
	const struct iface *i = b->interface
				    ? ifaces_by_name(rt->ifaces, b->interface)
				    : ifaces_onlink(rt->ifaces, &b->remote_ip, p->vrf);

	return i && iface_is_up(i) ? i : NULL;
}

static bool
is_concerned(const struct runtime *rt, const struct run *r)
{
	return rt->ifaces && r->conf->kind == PROTO_BGP &&
	       !r->conf->bgp.multihop && !ip_is_none(&r->conf->bgp.remote_ip);
}

/* Why there can be no session now, in BIRD's words, "": there has been none; NULL: there
 * can. */
static const char *
why_not(const struct runtime *rt, struct run *r)
{
	const struct bgp_conf *b = &r->conf->bgp;
	const struct iface *i;

	if (!is_concerned(rt, r))
		return NULL;
	i = iface_of(rt, r->conf);
	if (!i)
		return r->near ? "Neighbor lost" : b->interface ? "" : NULL;
	if (i->flags & IFF_LOOPBACK)
		return NULL;
	r->near = true;
	return b->check_link && !iface_has_link(i) ? "Link down" : NULL;
}

void
near_look(struct runtime *rt, struct run *r, bool again)
{
	const char *why, *was = r->away;

	if (r->conf->kind != PROTO_BGP)
		return;
	if (r->disabled) {
		r->away = NULL;
		r->near = false;
		return;
	}
	why = why_not(rt, r);
	r->away = why;
	if (why && (!was || again)) {
		if (!was)
			log_info("%s: %s", r->conf->name,
			    *why ? why : "Waiting for the interface");
		peer_post_action(
		    rt->daemon->io[r->io], r->peer, PEER_STOP, ERR_CEASE, 0, NULL);
	} else if (was && !why) {
		log_info("%s: Neighbor ready", r->conf->name);
		peer_post_action(
		    rt->daemon->io[r->io], r->peer, PEER_START, 0, 0, NULL);
	}
}
