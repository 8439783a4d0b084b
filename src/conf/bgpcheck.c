/*
 * Protocol bgp: the checks that need the whole body.  Their order is BIRD's, and so are
 * their words.
 */
#include <string.h>

#include "conf/check.h"

static const char *
bgp_check_peer(const struct proto_build *p)
{
	const struct bgp_conf *b = &p->p.bgp;

	if (!b->local_as)
		return "Local AS number must be set";
	if (ip_is_none(&b->remote_ip) && !p->is_range)
		return "Neighbor must be configured";
	if (!b->remote_as && !p->internal && !p->external)
		return "Remote AS number (or peer type) must be set";
	if (p->internal && b->remote_as && b->remote_as != b->local_as)
		return "IBGP cannot have different ASNs";
	if (p->external && b->remote_as == b->local_as)
		return "EBGP cannot have the same ASNs";
	if (b->remote_as > 0xffff && !b->as4)
		return "Neighbor AS number out of range (AS4 not available)";
	return NULL;
}

static const char *
bgp_check_reach(const struct proto_build *p, bool multihop)
{
	const struct bgp_conf *b = &p->p.bgp;
	bool local = !ip_is_none(&b->local_ip);
	bool link_local = (!p->is_range && ip_is_link_local(&b->remote_ip)) ||
			  (local && ip_is_link_local(&b->local_ip));

	if (link_local && !b->interface)
		return "Link-local addresses require defined interface";
	if (multihop && link_local)
		return "Multihop BGP cannot be used with link-local addresses";
	if (b->strict_bind && !local && !b->interface && !p->iface_range)
		return "Local address or an interface must be configured for strict bind";
	if (p->iface_range && b->interface)
		return "Interface and interface range cannot be configured together";
	if (p->iface_range && !b->strict_bind)
		return "Interface range needs strict bind";
	if (b->onlink && !b->passive && !b->interface)
		return "Active onlink BGP must have interface configured";
	if (b->onlink && multihop)
		return "Multihop BGP cannot be configured onlink";
	if (multihop && b->interface)
		return "Multihop BGP cannot be bound to interface";
	if (multihop && p->check_link_set)
		return "Multihop BGP cannot depend on link state";
	if (multihop && b->bfd && !local)
		return "Multihop BGP with BFD requires specified local address";
	return NULL;
}

static const char *
bgp_check_role(const struct proto_build *p, bool internal)
{
	const struct bgp_conf *b = &p->p.bgp;

	if (b->rr_client && !internal)
		return "Only internal neighbor can be RR client";
	if (b->rs_client && internal)
		return "Only external neighbor can be RS client";
	if (b->confederation_member && !b->confederation)
		return "Confederation ID must be set for member sessions";
	if (p->role && internal)
		return "Local role cannot be set on IBGP sessions";
	if (b->require_roles && !p->role)
		return "Local role must be set if roles are required";
	if (b->enforce_first_as && internal)
		return "Enforce first AS check is requires EBGP sessions";
	if (p->auth == 2 && !b->password)
		return "MD5 authentication and password option should be used together";
	if ((p->auth == 3) != (b->keys != NULL))
		return "AO authentication and keys option should be used together";
	if (p->auth == 3 && b->password)
		return "MD5 authentication and password option should be used together";
	if (p->auth == 3 && p->is_range)
		return "AO authentication not supported on dynamic BGP sessions";
	return NULL;
}

static const char *
bgp_check_times(struct check *check, const struct proto_build *p)
{
	const struct bgp_conf *b = &p->p.bgp;
	uint32_t keepalive = b->keepalive_time ? b->keepalive_time : b->hold_time / 3;

	if (b->min_hold_time > b->hold_time)
		return arena_printf(check->tmp,
		    "Min hold time (%u) exceeds hold time (%u)", b->min_hold_time,
		    b->hold_time);
	if (b->min_keepalive_time > keepalive)
		return arena_printf(check->tmp,
		    "Min keepalive time (%u) exceeds keepalive time (%u)",
		    b->min_keepalive_time, keepalive);
	if (b->keepalive_time > b->hold_time)
		return "Keepalive time must be at most hold time";
	if (b->send_hold_time != UINT32_MAX && b->send_hold_time &&
	    b->send_hold_time < b->hold_time)
		return "Send hold time must be zero or at least hold time";
	if (b->gr_min > b->gr_max)
		return arena_printf(check->tmp,
		    "Min graceful restart time (%u) exceeds max graceful restart time "
		    "(%u)",
		    b->gr_min, b->gr_max);
	if (b->ll_min > b->ll_max)
		return arena_printf(check->tmp,
		    "Min long-lived stale time (%u) exceeds max long-lived stale time "
		    "(%u)",
		    b->ll_min, b->ll_max);
	if (p->llgr_on && b->graceful == GRACEFUL_OFF)
		return "Long-lived graceful restart requires basic graceful restart";
	return NULL;
}

/* Next hops of the other family are looked up with `extended next hop` only. */
static bool
igp_mismatch(const struct chan_build *c, bool multihop)
{
	unsigned other = strchr(c->type, '6') ? SAID_IGP4 : SAID_IGP6;
	bool recursive = c->c.gateway ? c->c.gateway == GATEWAY_RECURSIVE : multihop;

	return recursive && (c->said & other) && !c->c.extended_next_hop;
}

static const char *
bgp_check_channel(
    const struct proto_build *p, const struct chan_build *c, bool external, bool multihop)
{
	bool sorted = c->table && c->table->conf.sorted, block = c->block;

	if (external && block && !(c->said & SAID_IMPORT))
		return "EBGP requires explicit import policy";
	if (external && block && !(c->said & SAID_EXPORT))
		return "EBGP requires explicit export policy";
	if (multihop && c->c.gateway == GATEWAY_DIRECT)
		return "Multihop BGP cannot use direct gateway mode";
	if (c->type && igp_mismatch(c, multihop))
		return "Mismatched IGP table type";
	if (c->c.gateway == GATEWAY_RECURSIVE && sorted)
		return "BGP in recursive mode prohibits sorted table";
	if (p->p.bgp.deterministic_med && sorted)
		return "BGP with deterministic MED prohibits sorted table";
	if (c->c.secondary && !sorted)
		return "BGP with secondary option requires sorted table";
	return NULL;
}

static const char *
bgp_check_channels(
    struct check *check, struct proto_build *p, bool external, bool multihop)
{
	const char *text = NULL;
	unsigned i;

	for (i = 0; i < p->chan_end && !text; i++)
		if (p->chan[i]) {
			channel_table(check, p->chan[i]);
			text = bgp_check_channel(p, p->chan[i], external, multihop);
		}
	for (i = 0; i < CHAN_OTHERS && p->other[i].used && !text; i++)
		if (strcmp(p->other[i].type, "mpls") != 0) {
			text = bgp_check_channel(p, &p->other[i], external, multihop);
			if (strcmp(p->other[i].type, "neighbors") == 0)
				text = p->is_range ? NULL
						   : "Neighbor channel requires dynamic "
						     "BGP (neighbor range option)";
		}
	return text;
}

const char *
bgp_wrong(struct check *check, struct proto_build *p, bool internal)
{
	bool multihop = p->multihop_set || (internal && !p->direct_set);
	bool external = !internal && !p->p.bgp.confederation_member;
	const char *text = bgp_check_peer(p);

	if (!text)
		text = bgp_check_role(p, internal);
	if (!text)
		text = bgp_check_reach(p, multihop);
	if (!text)
		text = bgp_check_times(check, p);
	if (!text)
		text = bgp_check_channels(check, p, external, multihop);
	return text;
}
