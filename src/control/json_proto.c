/*
 * Protocols as JSON.
 */
#include "control/jsonimpl.h"

static json_t *
timer_json(uint64_t left_ms)
{
	return left_ms == UINT64_MAX ? json_null() : json_num(left_ms);
}

static json_t *
families_json(const bool *set)
{
	json_t *a = json_array();

	for (unsigned f = 0; f < FAMILIES; f++)
		if (set[f])
			json_array_append_new(a, json_text(family_info(f)->name));
	return a;
}

static json_t *
caps_json(const struct caps *caps)
{
	json_t *o = json_object(), *gr = json_null();

	if (caps->graceful) {
		gr = json_object();
		JSON_SET(gr, "time_s", json_num(caps->gr_time_s));
		JSON_SET(gr, "restarting", json_boolean(caps->gr_restarting));
		JSON_SET(gr, "families", families_json(caps->gr_family));
		JSON_SET(gr, "preserved", families_json(caps->gr_preserved));
	}
	JSON_SET(o, "multiprotocol", families_json(caps->mp));
	JSON_SET(o, "route_refresh", json_boolean(caps->route_refresh));
	JSON_SET(o, "enhanced_refresh", json_boolean(caps->enhanced_refresh));
	JSON_SET(o, "extended_message", json_boolean(caps->ext_msg));
	JSON_SET(o, "as4", json_boolean(caps->as4));
	JSON_SET(o, "graceful_restart", gr);
	JSON_SET(o, "llgr", json_boolean(caps->llgr));
	JSON_SET(
	    o, "hostname", caps->hostname[0] ? json_text(caps->hostname) : json_null());
	return o;
}

static json_t *
counts_json(const struct channel_record *ch)
{
	const struct channel_counts *n = &ch->counts;
	json_t *o = json_object();

	JSON_SET(o, "imported", json_num(n->imported));
	if (ch->conf->keep_filtered)
		JSON_SET(o, "filtered", json_num(ch->filtered));
	JSON_SET(o, "exported", json_num(n->exported));
	JSON_SET(o, "preferred", json_num(n->preferred));
	JSON_SET(o, "stale", json_num(n->stale));
	JSON_SET(o, "import_updates_received", json_num(ch->imp_received));
	JSON_SET(o, "import_updates_rejected", json_num(ch->imp_rejected));
	JSON_SET(o, "import_updates_filtered", json_num(ch->imp_filtered));
	JSON_SET(o, "import_updates_ignored", json_num(n->imp_updates_ignored));
	JSON_SET(o, "import_updates_accepted", json_num(n->imp_updates_accepted));
	JSON_SET(o, "import_withdraws_received", json_num(ch->wd_received));
	JSON_SET(o, "import_withdraws_rejected", json_num(ch->wd_rejected));
	JSON_SET(o, "import_withdraws_ignored", json_num(n->imp_withdraws_ignored));
	JSON_SET(o, "import_withdraws_accepted", json_num(n->imp_withdraws));
	JSON_SET(o, "export_updates_received", json_num(n->exp_updates));
	JSON_SET(o, "export_updates_rejected", json_num(n->exp_rejected));
	JSON_SET(o, "export_updates_filtered", json_num(n->exp_filtered));
	JSON_SET(o, "export_updates_accepted", json_num(n->exp_accepted));
	JSON_SET(o, "export_withdraws", json_num(n->exp_withdraws));
	return o;
}

static json_t *
channel_json(const struct channel_record *ch)
{
	json_t *o = json_object();

	JSON_SET(o, "family", json_text(family_info(ch->conf->family)->name));
	JSON_SET(o, "up", json_boolean(ch->up));
	JSON_SET(o, "table", json_text(ch->conf->table->name));
	JSON_SET(o, "preference", json_num(ch->conf->preference));
	JSON_SET(o, "import_filter", json_text(filter_name(ch->conf->import)));
	JSON_SET(o, "export_filter", json_text(filter_name(ch->conf->export)));
	JSON_SET(o, "next_hop", json_ip(&ch->next_hop));
	JSON_SET(o, "routes", counts_json(ch));
	return o;
}

static void
bgp_json(json_t *o, const struct protocol_record *p)
{
	const struct bgp_conf *conf = &p->conf->bgp;
	struct net range = bgp_range(conf);
	char net[NET_TEXT_MAX];

	if (conf->range)
		JSON_SET(o, "neighbor_range", json_text(net_format(&range, net)));
	else
		JSON_SET(o, "neighbor_address", json_ip(&conf->remote_ip));
	JSON_SET(o, "neighbor_port", json_num(conf->remote_port));
	JSON_SET(o, "neighbor_as", json_num(conf->remote_as));
	JSON_SET(o, "local_as", json_num(conf->local_as));
	JSON_SET(o, "rr_client", json_boolean(conf->rr_client));
	JSON_SET(o, "rs_client", json_boolean(conf->rs_client));
	JSON_SET(o, "connect_left_ms", timer_json(p->connect_left));
	JSON_SET(o, "error_wait_left_ms", timer_json(p->error_wait_left));
	if (!p->negotiated_set)
		return;
	JSON_SET(o, "neighbor_id", json_id(p->negotiated.remote_id));
	JSON_SET(o, "source_address", json_ip(&p->source_ip));
	JSON_SET(o, "internal", json_boolean(p->negotiated.codec.internal));
	JSON_SET(o, "hold_time_s", json_num(p->negotiated.hold_s));
	JSON_SET(o, "keepalive_time_s", json_num(p->negotiated.keepalive_s));
	JSON_SET(o, "hold_left_ms", timer_json(p->hold_left));
	JSON_SET(o, "keepalive_left_ms", timer_json(p->keepalive_left));
	JSON_SET(o, "send_hold_left_ms", timer_json(p->send_hold_left));
	JSON_SET(o, "local_capabilities", caps_json(&p->negotiated.local));
	JSON_SET(o, "neighbor_capabilities", caps_json(&p->negotiated.remote));
}

void
json_protocols(struct control *c)
{
	(void)c; /* no heading */
}

void
json_protocol(struct control *c, const struct protocol_record *p, bool details)
{
	json_t *o = json_object(), *channels = json_array();
	char reason[300];

	JSON_SET(o, "name", json_text(p->conf->name));
	JSON_SET(o, "proto", json_text(p->conf->kind_name));
	JSON_SET(o, "state", json_text(text_proto_state(p)));
	JSON_SET(o, "since", json_num(p->since));
	if (p->conf->kind == PROTO_BGP)
		JSON_SET(o, "bgp_state", json_text(text_bgp_state(p)));
	if (p->conf->kind == PROTO_BMP && p->state != PROTO_STATE_DOWN) {
		JSON_SET(o, "bmp_state", json_text(text_bmp_state(p)));
		JSON_SET(o, "bmp_waits", json_integer((json_int_t)p->bmp.waits));
	}
	if (p->conf->kind == PROTO_RPKI)
		JSON_SET(o, "rpki_state", json_text(text_rpki_state(p)));
	text_reason(&p->last, reason, sizeof(reason));
	JSON_SET(o, "last_error", reason[0] ? json_text(reason) : json_null());
	if (details) {
		JSON_SET(o, "description", json_text(p->conf->description));
		JSON_SET(o, "message", json_text(p->message));
		if (p->conf->kind == PROTO_BGP)
			bgp_json(o, p);
		for (unsigned i = 0; i < p->channel_n; i++)
			json_array_append_new(channels, channel_json(&p->channel[i]));
		JSON_SET(o, "channels", json_incref(channels));
	}
	json_decref(channels);
	json_emit(c, o);
}
