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
#include "control/text.h"

#include <string.h>

const char *
text_table_name(const struct control *c, const struct table_conf *t)
{
	if (text_is_v1(c) &&
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
	    text_is_v1(c) ? "name     proto    table    state  since       info"
		     : "Name       Proto      Table      State  Since         Info");
}

static const char *
proto_table(const struct control *c, const struct proto_conf *p)
{
	if (text_is_v1(c))
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

	if (text_is_v1(c))
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
	    text_is_v1(c) ? "%-8s %-8s %-8s %-6s %-10s  %s"
		     : "%-10s %-10s %-10s %-6s %-12s  %s",
	    p->conf->name, p->conf->kind_name, proto_table(c, p->conf),
	    text_proto_state(p), control_time(c, TF_PROTOCOL, p->since, since), info);
}

static void
rpki_timer(
    struct control *c, const char *label, bool runs, uint64_t left_s, uint32_t of_s)
{
	if (runs)
		control_line(
		    c, 1006, "  %-16s: %lu/%u", label, (unsigned long)left_s, of_s);
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
			control_line(
			    c, 1006, "  No %s channel", family_info(kinds[i])->name);
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
	} else if (text_is_v1(c) && p->channel_n) {
		text_channel_settings(c, p->channel[0].conf);
		text_limits(c, &p->channel[0]);
		if (p->state != PROTO_STATE_DOWN)
			text_channel_stats(c, &p->channel[0]);
	}
	if (p->conf->kind == PROTO_BGP)
		text_bgp(c, p);
	if (p->conf->kind == PROTO_RPKI)
		rpki(c, p);
	if (p->conf->kind == PROTO_BMP && p->state != PROTO_STATE_DOWN)
		bmp(c, p);
	if (p->conf->kind == PROTO_AGGREGATOR && p->channel_n)
		text_aggregator(c, p);
	for (unsigned i = 0;
	     i < p->channel_n && !text_is_v1(c) && !p->conf->peer_table; i++)
		text_channel(c, p, &p->channel[i],
		    family_info(p->channel[i].conf->family)->name);
	control_line(c, 1006, "%s", "");
}

void
text_protocol(struct control *c, const struct protocol_record *p, bool all)
{
	proto_line(c, p);
	if (all)
		details(c, p);
}
