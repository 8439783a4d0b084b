/*
 * BIRD's text for show protocols all: sessions of BGP, and what both sides can do.  Of
 * capabilities only what is announced is said.
 */
#include "control/text.h"

#include <string.h>

#include "bgp/session.h"

static void
families_line(struct control *c, const char *label, const bool *set)
{
	char text[384];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s", label);

	for (enum family f = family_after(FAM_NONE); f != FAM_NONE; f = family_after(f))
		if (set[f])
			len += (size_t)snprintf(
			    text + len, sizeof(text) - len, " %s", family_info(f)->name);
	control_line(c, 1006, "%s", text);
}

static bool
any_family(const bool *set)
{
	for (unsigned f = 0; f < FAMILIES; f++)
		if (set[f])
			return true;
	return false;
}

static void
caps_graceful(struct control *c, const struct caps *caps)
{
	control_line(c, 1006, "      Graceful restart");
	if (!any_family(caps->gr_family))
		return;
	control_line(c, 1006, "        Restart time: %u", caps->gr_time_s);
	if (caps->gr_restarting)
		control_line(c, 1006, "        Restart recovery");
	families_line(c, "        AF supported:", caps->gr_family);
	families_line(c, "        AF preserved:", caps->gr_preserved);
}

static void
caps_llgr(struct control *c, const struct caps *caps)
{
	uint32_t time_s = 0;

	control_line(c, 1006, "      Long-lived graceful restart");
	if (!any_family(caps->llgr_family))
		return;
	for (unsigned f = 0; f < FAMILIES; f++)
		if (caps->llgr_family[f])
			time_s = caps->llgr_time_s[f];
	control_line(c, 1006, "        LL stale time: %u", time_s);
	families_line(c, "        AF supported:", caps->llgr_family);
	families_line(c, "        AF preserved:", caps->llgr_preserved);
}

static void
caps_add_path(struct control *c, const struct caps *caps)
{
	bool rx[FAMILIES], tx[FAMILIES], any = false;

	for (unsigned f = 0; f < FAMILIES; f++) {
		rx[f] = caps->add_path[f] & 1;
		tx[f] = caps->add_path[f] & 2;
		any |= rx[f] || tx[f];
	}
	if (!any)
		return;
	control_line(c, 1006, "      ADD-PATH");
	families_line(c, "        RX:", rx);
	families_line(c, "        TX:", tx);
}

static void
capabilities(struct control *c, const char *whose, const struct caps *caps)
{
	static const char *const roles[] = { "provider", "rs_server", "rs_client",
		"customer", "peer" };

	control_line(c, 1006, "    %s capabilities", whose);
	if (any_family(caps->mp)) {
		control_line(c, 1006, "      Multiprotocol");
		families_line(c, "        AF announced:", caps->mp);
	}
	if (caps->route_refresh)
		control_line(c, 1006, "      Route refresh");
	if (any_family(caps->ext_next_hop)) {
		control_line(c, 1006, "      Extended next hop");
		families_line(c, "        IPv6 nexthop:", caps->ext_next_hop);
	}
	if (caps->ext_msg)
		control_line(c, 1006, "      Extended message");
	if (caps->graceful)
		caps_graceful(c, caps);
	if (caps->as4)
		control_line(c, 1006, "      4-octet AS numbers");
	caps_add_path(c, caps);
	if (caps->enhanced_refresh)
		control_line(c, 1006, "      Enhanced refresh");
	if (caps->llgr)
		caps_llgr(c, caps);
	if (caps->hostname[0])
		control_line(c, 1006, "      Hostname: %.63s", caps->hostname);
	if (caps->role_set)
		control_line(c, 1006, "      Role: %s",
		    caps->role < 5 ? roles[caps->role] : "unknown");
}

/* 1.6: one line of words. */
static void
capabilities_v1(struct control *c, const struct caps *caps)
{
	bool rx = false, tx = false;

	for (unsigned f = 0; f < FAMILIES; f++) {
		rx |= caps->add_path[f] & 1;
		tx |= (caps->add_path[f] & 2) != 0;
	}
	control_line(c, 1006, "    Neighbor caps:   %s%s%s%s%s%s%s%s",
	    caps->route_refresh ? " refresh" : "",
	    caps->enhanced_refresh ? " enhanced-refresh" : "",
	    !caps->graceful                   ? ""
		: any_family(caps->gr_family) ? " restart-able"
					      : " restart-aware",
	    caps->llgr ? " llgr-aware" : "", caps->as4 ? " AS4" : "",
	    rx ? " add-path-rx" : "", tx ? " add-path-tx" : "",
	    caps->ext_msg ? " ext-messages" : "");
}

/*
 * BGP.
 */
static void
timer_line(struct control *c, const char *label, uint64_t left_ms, unsigned of_s)
{
	uint64_t ms = left_ms == UINT64_MAX ? 0 : left_ms;

	if (text_is_v1(c))
		control_line(
		    c, 1006, "    %-17s %lu/%u", label, (unsigned long)(ms / 1000), of_s);
	else
		control_line(c, 1006, "    %-17s %lu.%03lu/%u", label,
		    (unsigned long)(ms / 1000), (unsigned long)(ms % 1000), of_s);
}

static void
bgp_session_line(struct control *c, const struct protocol_record *p)
{
	const struct bgp_conf *conf = &p->conf->bgp;
	const struct codec *codec = &p->negotiated.codec;
	bool tx = false, rx = false;

	for (unsigned f = 0; text_is_v1(c) && f < FAMILIES; f++) {
		tx |= codec->add_path_tx[f];
		rx |= codec->add_path_rx[f];
	}
	control_line(c, 1006, "    Session:          %s%s%s%s%s%s%s",
	    codec->internal ? "internal" : "external", conf->multihop ? " multihop" : "",
	    conf->rr_client ? " route-reflector" : "",
	    conf->rs_client ? " route-server" : "", codec->as4 ? " AS4" : "",
	    rx ? " add-path-rx" : "", tx ? " add-path-tx" : "");
}

static void
bgp_up(struct control *c, const struct protocol_record *p)
{
	struct ip id = ip_from4(p->negotiated.remote_id);
	char buf[IP_TEXT_MAX];

	control_line(c, 1006, "    Neighbor ID:      %s", ip_format(&id, buf));
	if (text_is_v1(c)) {
		capabilities_v1(c, &p->negotiated.remote);
	} else {
		capabilities(c, "Local", &p->negotiated.local);
		capabilities(c, "Neighbor", &p->negotiated.remote);
	}
	bgp_session_line(c, p);
	control_line(c, 1006, "    Source address:   %s", ip_format(&p->source_ip, buf));
	timer_line(c, "Hold timer:", p->hold_left, p->negotiated.hold_s);
	timer_line(c, "Keepalive timer:", p->keepalive_left, p->negotiated.keepalive_s);
}

static void
bgp_starting(struct control *c, const struct protocol_record *p)
{
	if (p->error_wait_left != UINT64_MAX && p->error_wait_s)
		timer_line(c, "Error wait:", p->error_wait_left, p->error_wait_s);
	if (p->bgp_state == FSM_ACTIVE && p->connect_left != UINT64_MAX)
		timer_line(c, "Connect delay:", p->connect_left, p->connect_delay_s);
}

static bool
any_kept(const struct protocol_record *p)
{
	for (unsigned i = 0; i < p->channel_n; i++)
		if (text_channel_is_kept(&p->channel[i]))
			return true;
	return false;
}

static void
neighbor_line(struct control *c, const struct bgp_conf *conf)
{
	bool scoped = conf->interface && ip_is_link_local(&conf->remote_ip);
	struct net range = bgp_range(conf);
	char buf[NET_TEXT_MAX];

	if (conf->range)
		control_line(
		    c, 1006, "    Neighbor range:   %s", net_format(&range, buf));
	else
		control_line(c, 1006, "    Neighbor address: %s%s%s",
		    ip_format(&conf->remote_ip, buf), scoped ? "%" : "",
		    scoped ? conf->interface : "");
}

void
text_bgp(struct control *c, const struct protocol_record *p)
{
	const struct bgp_conf *conf = &p->conf->bgp;
	char reason[300];

	control_line(c, 1006, "  BGP state:          %s", text_bgp_state(p));
	neighbor_line(c, conf);
	if (p->show_port)
		control_line(c, 1006, "    Neighbor port:    %u", conf->remote_port);
	control_line(c, 1006, "    Neighbor AS:      %u",
	    p->negotiated_set && !conf->remote_as ? p->negotiated.codec.remote_as
						  : conf->remote_as);
	if (!text_is_v1(c))
		control_line(c, 1006, "    Local AS:         %u", conf->local_as);
	if (p->state == PROTO_STATE_START && any_kept(p))
		control_line(c, 1006, "    Neighbor graceful restart active");
	if (p->state == PROTO_STATE_START)
		bgp_starting(c, p);
	else if (p->state == PROTO_STATE_UP && p->negotiated_set)
		bgp_up(c, p);
	if (p->last.class != DOWN_NONE)
		control_line(c, 1006, "    Last error:       %s",
		    text_reason(&p->last, reason, sizeof(reason)));
}
