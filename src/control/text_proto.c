/*
 * BIRD's text for show protocols [all].
 *
 *	2002-Name       Proto      Table      State  Since         Info
 *	1002-b1         BGP        ---        up     20:41:51.563  Established
 *	1006-  Description:    the first peer
 *	   BGP state:          Established
 *	     Neighbor address: 10.1.1.2
 *	   Channel ipv4
 *	     State:          UP
 *
 * 1.6 has no channels: what is theirs stands before the BGP part.
 */
#include <stdarg.h>
#include <string.h>
#include "bgp/session.h"
#include "control/text.h"

static bool
is_v1(const struct control *c)
{
	return c->dialect == DIALECT_1;
}

const char *
text_table_name(const struct control *c, const struct table_conf *t)
{
	if (is_v1(c) &&
	    (!t || !strcmp(t->name, "master4") || !strcmp(t->name, "master6")))
		return "master";
	return t ? t->name : "---";
}

/*
 * The line.
 */
const char *
text_proto_state(const struct protocol_record *p)
{
	static const char *const names[] = {
		[PROTO_STATE_DOWN] = "down",
		[PROTO_STATE_START] = "start",
		[PROTO_STATE_UP] = "up",
		[PROTO_STATE_STOP] = "stop",
	};

	return names[p->state];
}

const char *
text_rpki_state(const struct protocol_record *p)
{
	static const char *const names[RPKI_STATES] = { "Connecting", "Established",
		"Sync-Start", "Sync-Running", "Fast-Reconnect", "No-Data-Available",
		"No-Incremental-Update-Possible", "Cache-Error", "Transport-Error",
		"Down" };

	return names[p->rpki.state];
}

const char *
text_bmp_state(const struct protocol_record *p)
{
	static const char *const names[BMP_STATES] = { "Idle", "Connect", "Established" };

	return names[p->bmp.state];
}

const char *
text_bgp_state(const struct protocol_record *p)
{
	if (p->state == PROTO_STATE_DOWN)
		return "Down";
	if (p->state == PROTO_STATE_STOP)
		return "Close";
	return p->bgp_state == FSM_IDLE && p->passive_wait ? "Passive"
							   : fsm_state_name(p->bgp_state);
}

const char *
text_reason(const struct down_reason *r, char *buf, size_t size)
{
	char unknown[64];

	switch (r->class) {
	case DOWN_NONE:
		snprintf(buf, size, "%s", "");
		break;
	case DOWN_MISC:
		snprintf(buf, size, "Error: %s", r->text);
		break;
	case DOWN_SOCKET:
		snprintf(buf, size, "Socket: %s",
		    r->sys_errno ? strerror(r->sys_errno) : "Connection closed");
		break;
	case DOWN_RECEIVED:
		snprintf(buf, size, "Received: %s",
		    bgp_error_text(r->code, r->subcode, unknown));
		break;
	case DOWN_SENT:
		snprintf(buf, size, "BGP Error: %s",
		    bgp_error_text(r->code, r->subcode, unknown));
		break;
	case DOWN_AUTO:
		snprintf(buf, size, "Automatic shutdown: %s", r->text);
		break;
	}
	return buf;
}

void
text_protocols(struct control *c)
{
	control_line(c, 2002, "%s",
	    is_v1(c) ? "name     proto    table    state  since       info"
		     : "Name       Proto      Table      State  Since         Info");
}

static const char *
proto_table(const struct control *c, const struct proto_conf *p)
{
	if (is_v1(c))
		return text_table_name(c, p->channel_n ? p->channel[0].table : NULL);
	/* those of others are their channels', be it only one */
	if ((p->kind == PROTO_STATIC || p->kind == PROTO_KERNEL) && p->channel_n == 1)
		return text_table_name(c, p->channel[0].table);
	return "---";
}

static void
pipe_info(const struct control *c, const struct proto_conf *p, char *buf, size_t size)
{
	const char *to = text_table_name(c, p->peer_table);

	if (is_v1(c))
		snprintf(buf, size, "=> %s", to);
	else
		snprintf(buf, size, "%s <=> %s", p->channel[0].table->name, to);
}

static void
proto_line(struct control *c, const struct protocol_record *p)
{
	char since[64], reason[300], info[400] = "";

	text_reason(&p->last, reason, sizeof(reason));
	if (p->conf->kind == PROTO_BGP && p->state == PROTO_STATE_DOWN)
		snprintf(info, sizeof(info), "%s", reason);
	else if (p->conf->kind == PROTO_RPKI && p->state != PROTO_STATE_DOWN)
		snprintf(info, sizeof(info), "%s", text_rpki_state(p));
	else if (p->conf->kind == PROTO_BMP && p->state != PROTO_STATE_DOWN)
		snprintf(info, sizeof(info), *p->bmp.error ? "%-14sError: %s" : "%s%s",
		    text_bmp_state(p), p->bmp.error);
	else if (p->conf->kind == PROTO_BGP)
		snprintf(info, sizeof(info), "%-14s%s", text_bgp_state(p), reason);
	else if (p->conf->kind == PROTO_PIPE && p->conf->channel_n && p->conf->peer_table)
		pipe_info(c, p->conf, info, sizeof(info));
	control_line(c, 1002,
	    is_v1(c) ? "%-8s %-8s %-8s %-6s %-10s  %s"
		     : "%-10s %-10s %-10s %-6s %-12s  %s",
	    p->conf->name, p->conf->kind_name, proto_table(c, p->conf),
	    text_proto_state(p), control_time(c, TF_PROTOCOL, p->since, since), info);
}

/*
 * Channels; v1 writes the same a step further left, without the heading.
 */
static void
stats_line(struct control *c, const char *label, const uint64_t *n, const char *given)
{
	char text[128];
	size_t len = (size_t)snprintf(
	    text, sizeof(text), "%s%-20s", is_v1(c) ? "    " : "      ", label);

	for (unsigned i = 0; given[i]; i++) {
		char cell[32] = "---";

		if (given[i] == 'n')
			snprintf(cell, sizeof(cell), "%lu", (unsigned long)n[i]);
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, i ? " %10s" : "%10s", cell);
	}
	control_line(c, 1006, "%s", text);
}

static void
channel_stats(struct control *c, const struct channel_record *ch)
{
	const struct channel_counts *n = &ch->counts;
	const char *in = is_v1(c) ? "  " : "    ";
	char filtered[40] = "";

	if (ch->conf->keep_filtered)
		snprintf(filtered, sizeof(filtered), "%lu filtered, ",
		    (unsigned long)ch->filtered);
	control_line(c, 1006,
	    "%sRoutes:         %lu imported, %s%lu exported, %lu preferred", in,
	    (unsigned long)n->imported, filtered, (unsigned long)n->exported,
	    (unsigned long)n->preferred);
	control_line(c, 1006, "%s" TEXT_STATS_HEADING, in);
	stats_line(c, "Import updates:",
	    (uint64_t[]){ ch->imp_received, ch->imp_rejected, ch->imp_filtered,
		n->imp_updates_ignored, n->imp_updates_accepted },
	    "nnnnn");
	stats_line(c, "Import withdraws:",
	    (uint64_t[]){ ch->wd_received, ch->wd_rejected, 0, n->imp_withdraws_ignored,
		n->imp_withdraws },
	    "nn-nn");
	stats_line(c, "Export updates:",
	    (uint64_t[]){
		n->exp_updates, n->exp_rejected, n->exp_filtered, 0, n->exp_accepted },
	    "nnn-n");
	stats_line(c, "Export withdraws:",
	    (uint64_t[]){ n->exp_withdraws, 0, 0, 0, n->exp_withdraws }, "n---n");
}

static void
limit_line(struct control *c, const char *label, uint32_t max, unsigned action, bool hit)
{
	const char *in = is_v1(c) ? "  " : "    ";

	if (!action)
		return;
	control_line(c, 1006, "%s%-16s%u%s", in, label, max, hit ? " [HIT]" : "");
	control_line(c, 1006, "%s  Action:       %s", in, limit_action_name(action));
}

void
text_limits(struct control *c, const struct channel_record *ch)
{
	const struct channel_conf *conf = ch->conf;
	const bool *hit = ch->limit_hit;

	limit_line(c, "Receive limit:", conf->receive_limit, conf->receive_action,
	    hit[LIMIT_RECEIVE]);
	limit_line(c, "Import limit:", conf->import_limit, conf->import_action,
	    hit[LIMIT_IMPORT]);
	limit_line(c, "Export limit:", conf->export_limit, conf->export_action,
	    hit[LIMIT_EXPORT]);
}

/* NULL: this way is closed by the kind of protocol. */
static const char *
policy_name(const struct filter *f)
{
	return f ? filter_name(f) : "REJECT";
}

static void
channel_settings(struct control *c, const struct channel_conf *conf)
{
	const char *in = is_v1(c) ? "  " : "    ";

	control_line(c, 1006, "%sPreference:     %u", in, conf->preference);
	control_line(c, 1006, "%sInput filter:   %s", in, policy_name(conf->import));
	control_line(c, 1006, "%sOutput filter:  %s", in, policy_name(conf->export));
}

/* Routes that outlive the session (RFC 4724) keep their channel from being down. */
static bool
is_kept(const struct channel_record *ch)
{
	return !ch->up && (ch->counts.stale || ch->counts.imported);
}

static void
channel_next_hop(struct control *c, const struct channel_record *ch)
{
	char global[IP_TEXT_MAX], local[IP_TEXT_MAX];
	bool ll = !ip_is_none(&ch->next_hop_ll);

	control_line(c, 1006, "    BGP Next hop:   %s%s%s",
	    ip_format(&ch->next_hop, global), ll ? " " : "",
	    ll ? ip_format(&ch->next_hop_ll, local) : "");
}

static void
table_line(struct control *c, const char *label, const struct table_conf *t)
{
	if (t)
		control_line(c, 1006, "    %-16s%s", label, t->name);
}

static void
channel(struct control *c, const struct protocol_record *p, const struct channel_record *ch,
    const char *name)
{
	control_line(c, 1006, "  Channel %s", name);
	control_line(c, 1006, "    State:          %s",
	    ch->up            ? "UP"
		: is_kept(ch) ? "START"
			      : "DOWN");
	control_line(c, 1006, "    Table:          %s", ch->conf->table->name);
	channel_settings(c, ch->conf);
	text_limits(c, ch);
	if (ch->up || is_kept(ch))
		channel_stats(c, ch);
	if (p->conf->kind != PROTO_BGP)
		return;
	if (is_kept(ch))
		control_line(
		    c, 1006, "    Neighbor GR:    %s", ch->llgr ? "Long-lived" : "Regular");
	if (ch->up)
		channel_next_hop(c, ch);
	table_line(c, "IGP IPv4 table:", ch->igp4);
	table_line(c, "IGP IPv6 table:", ch->igp6);
	table_line(c, "Base table:", ch->conf->base);
}

/* One channel tells of what is read, the other one of what is made. */
static void
aggregator(struct control *c, const struct protocol_record *p)
{
	struct channel_record ch = p->channel[0];
	struct channel_conf conf = *ch.conf;

	conf.preference = p->conf->aggregator.preference;
	conf.import = NULL;
	ch.conf = &conf;
	channel(c, p, &ch, "source");
	conf.table = p->conf->peer_table;
	conf.import = p->channel[0].conf->import;
	conf.export = NULL;
	ch.counts = ch.back;
	ch.imp_received =
	    ch.counts.imp_updates_ignored + ch.counts.imp_updates_accepted;
	ch.wd_received = ch.counts.imp_withdraws_ignored + ch.counts.imp_withdraws;
	channel(c, p, &ch, "destination");
}

/*
 * Capabilities: only what is announced is said.
 */
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

	if (is_v1(c))
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

	for (unsigned f = 0; is_v1(c) && f < FAMILIES; f++) {
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
	if (is_v1(c)) {
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
		if (is_kept(&p->channel[i]))
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

static void
bgp(struct control *c, const struct protocol_record *p)
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
	if (!is_v1(c))
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

static void
rpki_timer(struct control *c, const char *label, bool runs, uint64_t left_s, uint32_t of_s)
{
	if (runs)
		control_line(c, 1006, "  %-16s: %lu/%u", label, (unsigned long)left_s, of_s);
	else
		control_line(c, 1006, "  %-16s: ---", label);
}

static void
rpki(struct control *c, const struct protocol_record *p)
{
	static const enum family kinds[] = { FAM_ROA4, FAM_ROA6, FAM_ASPA };
	const struct rpki_conf *conf = &p->conf->rpki;
	const struct rpki_record *r = &p->rpki;

	control_line(c, 1006, "  Cache server:     %s", conf->host);
	control_line(c, 1006, "  Cache port:       %u", conf->port);
	control_line(c, 1006, "  Status:           %s", text_rpki_state(p));
	control_line(c, 1006, "  Transport:        %s",
	    conf->ssh ? "SSHv2" : "Unprotected over TCP");
	control_line(c, 1006, "  Protocol version: %u", r->version);
	if (r->session_known) {
		control_line(c, 1006, "  Session ID:       %u", r->session);
		control_line(c, 1006, "  Serial number:    %u", r->serial);
	} else {
		control_line(c, 1006, "  Session ID:       ---");
		control_line(c, 1006, "  Serial number:    ---");
	}
	if (r->updated)
		control_line(c, 1006, "  Last update:      before %lu s",
		    (unsigned long)r->ago_s);
	else
		control_line(c, 1006, "  Last update:      ---");
	rpki_timer(c, "Refresh timer", r->refresh_runs, r->refresh_left_s, r->refresh_s);
	rpki_timer(c, "Retry timer", r->retry_runs, r->retry_left_s, r->retry_s);
	rpki_timer(c, "Expire timer", r->updated, r->expire_left_s, r->expire_s);
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!proto_channel(p->conf, kinds[i]))
			control_line(c, 1006, "  No %s channel", family_info(kinds[i])->name);
}

static void
bmp(struct control *c, const struct protocol_record *p)
{
	const struct bmp_conf *conf = &p->conf->bmp;
	char buf[IP_TEXT_MAX];

	control_line(c, 1006, "  Station address:    %s", ip_format(&conf->station, buf));
	control_line(c, 1006, "  Station port:       %u", conf->port);
	if (!ip_is_none(&conf->local))
		control_line(
		    c, 1006, "  Local address:      %s", ip_format(&conf->local, buf));
	if (*p->bmp.error)
		control_line(c, 1006, "  Last error:         %s", p->bmp.error);
}

/* The exporter in Debian (1.4.1) ends where a protocol of a type that it does not know has a
 * description. */
static bool
shows_description(const struct protocol_record *p)
{
	return p->conf->description && p->conf->kind != PROTO_BMP;
}

static void
details(struct control *c, const struct protocol_record *p)
{
	struct ip id = ip_from4(p->conf->router_id);
	char buf[IP_TEXT_MAX];

	if (shows_description(p))
		control_line(c, 1006, "  Description:    %s", p->conf->description);
	if (p->message || (p->last.class == DOWN_RECEIVED && p->last.text[0]))
		control_line(c, 1006, "  Message:        %s",
		    p->message ? p->message : p->last.text);
	if (p->conf->router_id && p->conf->router_id != c->model->router_id)
		control_line(c, 1006, "  Router ID:      %s", ip_format(&id, buf));
	if (p->conf->vrf)
		control_line(c, 1006, "  VRF:            %s",
		    *p->conf->vrf ? p->conf->vrf : "default");
	if (p->conf->kind == PROTO_PIPE && p->channel_n) {
		text_pipe(c, p);
	} else if (is_v1(c) && p->channel_n) {
		channel_settings(c, p->channel[0].conf);
		text_limits(c, &p->channel[0]);
		if (p->state != PROTO_STATE_DOWN)
			channel_stats(c, &p->channel[0]);
	}
	if (p->conf->kind == PROTO_BGP)
		bgp(c, p);
	if (p->conf->kind == PROTO_RPKI)
		rpki(c, p);
	if (p->conf->kind == PROTO_BMP && p->state != PROTO_STATE_DOWN)
		bmp(c, p);
	if (p->conf->kind == PROTO_AGGREGATOR && p->channel_n)
		aggregator(c, p);
	for (unsigned i = 0; i < p->channel_n && !is_v1(c) && !p->conf->peer_table; i++)
		channel(c, p, &p->channel[i], family_info(p->channel[i].conf->family)->name);
	control_line(c, 1006, "%s", "");
}

void
text_protocol(struct control *c, const struct protocol_record *p, bool all)
{
	proto_line(c, p);
	if (all)
		details(c, p);
}
