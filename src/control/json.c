/*
 * The same records as JSON.  An answer is an array, an element a line, each line a 1100
 * line of BIRD's framing:
 *
 *	1100-[
 *	 {"name": "b1", ...}
 *	 ,{"name": "b2", ...}
 *	 ]
 *	0000
 *
 * so a client needs no more memory for it than for text.  Errors and notices are elements
 * with `code` and `text`, and the last line keeps its code.  Times are milliseconds since
 * the epoch.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "base/wire.h"
#include "base/mem.h"
#include "bgp/hops.h"
#include "bgp/longnlri.h"
#include "control/text.h"
#include "control/version.h"
#include "filter/local.h"
#include "filter/vnet.h"

#define CODE 1100

static void
emit(struct control *c, json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	if (!c->json_some)
		out_raw(&c->out, CODE, "[", "");
	out_raw(&c->out, CODE, c->json_some ? "," : "", text ? text : "null");
	c->json_some = true;
	free(text);
	json_decref(o);
}

/* Text from peers need not be UTF-8: other bytes are given as `?`. */
static json_t *
js(const char *s)
{
	json_t *v = s ? json_string(s) : json_null();
	char buf[512];
	size_t n = 0;

	if (v)
		return v;
	for (; s[n] && n < sizeof(buf) - 1; n++)
		buf[n] = (signed char)s[n] > 0 ? s[n] : '?';
	buf[n] = 0;
	return json_string(buf);
}

static json_t *
num(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static json_t *
ip_json(const struct ip *ip)
{
	char buf[IP_TEXT_MAX];

	return ip_is_none(ip) ? json_null() : json_string(ip_format(ip, buf));
}

static json_t *
id_json(uint32_t id)
{
	struct ip ip = ip_from4(id);

	return ip_json(&ip);
}

#define SET(o, key, value) json_object_set_new((o), (key), (value))

static void
json_line(struct control *c, unsigned code, const char *text)
{
	json_t *o = json_object();

	if (!*text) { /* an empty line of the text form */
		json_decref(o);
		return;
	}
	SET(o, "code", num(code));
	SET(o, "text", js(text));
	emit(c, o);
}

static void
json_end(struct control *c, unsigned code, const char *text)
{
	if (code != 0)
		json_line(c, code, text);
	if (!c->json_some)
		out_raw(&c->out, CODE, "[", "");
	out_raw(&c->out, CODE, "]", "");
	out_line(&c->out, code, true, "%s", text);
}

static void
json_status(struct control *c, const struct status_record *s)
{
	json_t *o = json_object();

	SET(o, "daemon", js("mynah"));
	SET(o, "version", js(PACKAGE_VERSION));
	SET(o, "router_id", id_json(s->router_id));
	SET(o, "hostname", js(s->hostname));
	SET(o, "now", num(s->now));
	SET(o, "boot", num(s->boot));
	SET(o, "reconfigured", num(s->reconfigured));
	SET(o, "state",
	    js(s->shutting_down        ? "shutdown"
		    : s->reconfiguring ? "reconfiguring"
				       : "up"));
	SET(o, "recovering_channels", num(s->recovering));
	emit(c, o);
	control_end(c, 0, "%s", "");
}

/*
 * Protocols.
 */
static json_t *
timer_json(uint64_t left_ms)
{
	return left_ms == UINT64_MAX ? json_null() : num(left_ms);
}

static json_t *
families_json(const bool *set)
{
	json_t *a = json_array();

	for (unsigned f = 0; f < FAMILIES; f++)
		if (set[f])
			json_array_append_new(a, js(family_info(f)->name));
	return a;
}

static json_t *
caps_json(const struct caps *caps)
{
	json_t *o = json_object(), *gr = json_null();

	if (caps->graceful) {
		gr = json_object();
		SET(gr, "time_s", num(caps->gr_time_s));
		SET(gr, "restarting", json_boolean(caps->gr_restarting));
		SET(gr, "families", families_json(caps->gr_family));
		SET(gr, "preserved", families_json(caps->gr_preserved));
	}
	SET(o, "multiprotocol", families_json(caps->mp));
	SET(o, "route_refresh", json_boolean(caps->route_refresh));
	SET(o, "enhanced_refresh", json_boolean(caps->enhanced_refresh));
	SET(o, "extended_message", json_boolean(caps->ext_msg));
	SET(o, "as4", json_boolean(caps->as4));
	SET(o, "graceful_restart", gr);
	SET(o, "llgr", json_boolean(caps->llgr));
	SET(o, "hostname", caps->hostname[0] ? js(caps->hostname) : json_null());
	return o;
}

static json_t *
counts_json(const struct channel_record *ch)
{
	const struct channel_counts *n = &ch->counts;
	json_t *o = json_object();

	SET(o, "imported", num(n->imported));
	if (ch->conf->keep_filtered)
		SET(o, "filtered", num(ch->filtered));
	SET(o, "exported", num(n->exported));
	SET(o, "preferred", num(n->preferred));
	SET(o, "stale", num(n->stale));
	SET(o, "import_updates_received", num(ch->imp_received));
	SET(o, "import_updates_rejected", num(ch->imp_rejected));
	SET(o, "import_updates_filtered", num(ch->imp_filtered));
	SET(o, "import_updates_ignored", num(n->imp_updates_ignored));
	SET(o, "import_updates_accepted", num(n->imp_updates_accepted));
	SET(o, "import_withdraws_received", num(ch->wd_received));
	SET(o, "import_withdraws_rejected", num(ch->wd_rejected));
	SET(o, "import_withdraws_ignored", num(n->imp_withdraws_ignored));
	SET(o, "import_withdraws_accepted", num(n->imp_withdraws));
	SET(o, "export_updates_received", num(n->exp_updates));
	SET(o, "export_updates_rejected", num(n->exp_rejected));
	SET(o, "export_updates_filtered", num(n->exp_filtered));
	SET(o, "export_updates_accepted", num(n->exp_accepted));
	SET(o, "export_withdraws", num(n->exp_withdraws));
	return o;
}

static json_t *
channel_json(const struct channel_record *ch)
{
	json_t *o = json_object();

	SET(o, "family", js(family_info(ch->conf->family)->name));
	SET(o, "up", json_boolean(ch->up));
	SET(o, "table", js(ch->conf->table->name));
	SET(o, "preference", num(ch->conf->preference));
	SET(o, "import_filter", js(filter_name(ch->conf->import)));
	SET(o, "export_filter", js(filter_name(ch->conf->export)));
	SET(o, "next_hop", ip_json(&ch->next_hop));
	SET(o, "routes", counts_json(ch));
	return o;
}

static void
bgp_json(json_t *o, const struct protocol_record *p)
{
	const struct bgp_conf *conf = &p->conf->bgp;
	struct net range = bgp_range(conf);
	char net[NET_TEXT_MAX];

	if (conf->range)
		SET(o, "neighbor_range", js(net_format(&range, net)));
	else
		SET(o, "neighbor_address", ip_json(&conf->remote_ip));
	SET(o, "neighbor_port", num(conf->remote_port));
	SET(o, "neighbor_as", num(conf->remote_as));
	SET(o, "local_as", num(conf->local_as));
	SET(o, "rr_client", json_boolean(conf->rr_client));
	SET(o, "rs_client", json_boolean(conf->rs_client));
	SET(o, "connect_left_ms", timer_json(p->connect_left));
	SET(o, "error_wait_left_ms", timer_json(p->error_wait_left));
	if (!p->negotiated_set)
		return;
	SET(o, "neighbor_id", id_json(p->negotiated.remote_id));
	SET(o, "source_address", ip_json(&p->source_ip));
	SET(o, "internal", json_boolean(p->negotiated.codec.internal));
	SET(o, "hold_time_s", num(p->negotiated.hold_s));
	SET(o, "keepalive_time_s", num(p->negotiated.keepalive_s));
	SET(o, "hold_left_ms", timer_json(p->hold_left));
	SET(o, "keepalive_left_ms", timer_json(p->keepalive_left));
	SET(o, "send_hold_left_ms", timer_json(p->send_hold_left));
	SET(o, "local_capabilities", caps_json(&p->negotiated.local));
	SET(o, "neighbor_capabilities", caps_json(&p->negotiated.remote));
}

static void
json_protocols(struct control *c)
{
	(void)c; /* no heading */
}

static void
json_protocol(struct control *c, const struct protocol_record *p, bool details)
{
	json_t *o = json_object(), *channels = json_array();
	char reason[300];

	SET(o, "name", js(p->conf->name));
	SET(o, "proto", js(p->conf->kind_name));
	SET(o, "state", js(text_proto_state(p)));
	SET(o, "since", num(p->since));
	if (p->conf->kind == PROTO_BGP)
		SET(o, "bgp_state", js(text_bgp_state(p)));
	if (p->conf->kind == PROTO_RPKI)
		SET(o, "rpki_state", js(text_rpki_state(p)));
	text_reason(&p->last, reason, sizeof(reason));
	SET(o, "last_error", reason[0] ? js(reason) : json_null());
	if (details) {
		SET(o, "description", js(p->conf->description));
		SET(o, "message", js(p->message));
		if (p->conf->kind == PROTO_BGP)
			bgp_json(o, p);
		for (unsigned i = 0; i < p->channel_n; i++)
			json_array_append_new(channels, channel_json(&p->channel[i]));
		SET(o, "channels", json_incref(channels));
	}
	json_decref(channels);
	emit(c, o);
}

/*
 * Routes.
 */
static json_t *
numbers_json(const uint8_t *p, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, num(get_u32(p + 4 * i)));
	return a;
}

static json_t *
hex_json(const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char *buf = malloc(2 * n + 1);
	json_t *v;

	if (!buf)
		return json_null();
	for (size_t i = 0; i < n; i++) {
		buf[2 * i] = digits[p[i] >> 4];
		buf[2 * i + 1] = digits[p[i] & 15];
	}
	v = json_stringn(buf, 2 * n);
	free(buf);
	return v;
}

static json_t *
path_json(const struct attr *a)
{
	size_t len = path_format(a->data, a->len, NULL, 0);
	char *buf = malloc(len + 1);
	json_t *v;

	if (!buf)
		return json_null();
	path_format(a->data, a->len, buf, len + 1);
	v = json_string(len ? buf : "");
	free(buf);
	return v;
}

/* Each value of `width` bytes by `one`. */
static json_t *
list_json(const struct attr *a, size_t width, json_t *(*one)(const uint8_t *))
{
	json_t *list = json_array();

	for (size_t i = 0; i + width <= a->len; i += width)
		json_array_append_new(list, one(a->data + i));
	return list;
}

static json_t *
community_json(const uint8_t *p)
{
	json_t *v = json_array();

	json_array_append_new(v, num(get_u16(p)));
	json_array_append_new(v, num(get_u16(p + 2)));
	return v;
}

static json_t *
large_json(const uint8_t *p)
{
	return numbers_json(p, 3);
}

static json_t *
ext_json(const uint8_t *p)
{
	return hex_json(p, 8);
}

static json_t *
cluster_json(const uint8_t *p)
{
	return id_json(get_u32(p));
}

static json_t *
aggregator_json(const struct attr *a)
{
	json_t *o = json_object();

	SET(o, "as", num(get_u32(a->data)));
	SET(o, "id", id_json(get_u32(a->data + 4)));
	return o;
}

static void
attr_json(json_t *o, const struct attr *a)
{
	static const char *const origins[] = { "IGP", "EGP", "Incomplete" };
	char key[16];

	if (a->code == ATTR_ORIGIN && a->len && a->data[0] < 3)
		SET(o, "origin", js(origins[a->data[0]]));
	else if (a->code == ATTR_AS_PATH)
		SET(o, "as_path", path_json(a));
	else if (a->code == ATTR_MED && a->len >= 4)
		SET(o, "med", num(get_u32(a->data)));
	else if (a->code == ATTR_LOCAL_PREF && a->len >= 4)
		SET(o, "local_pref", num(get_u32(a->data)));
	else if (a->code == ATTR_ATOMIC_AGGR)
		SET(o, "atomic_aggr", json_true());
	else if (a->code == ATTR_AGGREGATOR && a->len >= 8)
		SET(o, "aggregator", aggregator_json(a));
	else if (a->code == ATTR_COMMUNITY)
		SET(o, "community", list_json(a, 4, community_json));
	else if (a->code == ATTR_ORIGINATOR_ID && a->len >= 4)
		SET(o, "originator_id", id_json(get_u32(a->data)));
	else if (a->code == ATTR_CLUSTER_LIST)
		SET(o, "cluster_list", list_json(a, 4, cluster_json));
	else if (a->code == ATTR_EXT_COMMUNITY)
		SET(o, "ext_community", list_json(a, 8, ext_json));
	else if (a->code == ATTR_LARGE_COMMUNITY)
		SET(o, "large_community", list_json(a, 12, large_json));
	else if (a->code == ATTR_OTC && a->len >= 4)
		SET(o, "otc", num(get_u32(a->data)));
	else {
		snprintf(key, sizeof(key), "attr_%u", a->code);
		SET(o, key, hex_json(a->data, a->len));
	}
}

static void
json_table(struct control *c, const struct table_conf *t, bool first)
{
	(void)c, (void)t, (void)first; /* every route names its table */
}

static json_t *
hop_json(const struct hop *h)
{
	json_t *o = json_object(), *labels = json_array();

	SET(o, "via", ip_json(&h->via));
	SET(o, "interface", js(h->ifname[0] ? h->ifname : NULL));
	SET(o, "weight", num(h->weight));
	SET(o, "onlink", json_boolean(h->onlink));
	for (unsigned i = 0; i < h->label_n; i++)
		json_array_append_new(labels, num(h->label[i]));
	SET(o, "labels", labels);
	return o;
}

static json_t *
hops_json(const struct hop *h, unsigned n)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, hop_json(&h[i]));
	return list;
}

/* What a filter keeps in the route: numbers as such, the rest as `print` writes it. */
static void
own_json(json_t *o, const struct attr *a)
{
	struct arena *arena = arena_new();
	struct vtext t = vtext_new(arena, 65536);
	struct val v;
	const char *name = filter_local(a, &v);

	if (name && v.type == VAL_INT) {
		SET(o, name, num(v.num));
	} else if (name && v.type == VAL_BOOL) {
		SET(o, name, json_boolean(v.num));
	} else if (name) {
		vtext_val(&t, &v);
		SET(o, name, js(t.at));
	}
	arena_free(arena);
}

static void
json_route(struct control *c, const struct route_record *r, bool attributes)
{
	json_t *o = json_object(), *attrs;
	struct hop hop[HOPS_MAX];
	unsigned hop_n = attrs_hops(r->attrs, hop, HOPS_MAX);
	struct next_hop nh = attrs_next_hop(r->attrs);
	struct ip gw = next_hop_ip(&nh);
	char *net = net_text(r->net), rest[NLRI_REST_TEXT_MAX];
	struct attr a;
	size_t pos = 0;

	SET(o, "table", js(c->route.table ? c->route.table->name : NULL));
	SET(o, "network", js(net));
	mem_free(net);
	if (attrs_find(r->attrs, LOCAL_NLRI, &a))
		SET(o, "nlri", js(nlri_rest_format(r->net, a.data, a.len, rest)));
	SET(o, "protocol", js(r->proto_name));
	SET(o, "source", js(r->kind == SOURCE_BGP ? "BGP" : "static"));
	SET(o, "dest", js(text_dest(r->dest)));
	SET(o, "next_hop", nh.len ? ip_json(&gw) : json_null());
	SET(o, "interface", js(r->via_if));
	if (hop_n > 1 || (hop_n && hop[0].label_n))
		SET(o, "hops", hops_json(hop, hop_n));
	SET(o, "from", ip_json(&r->from));
	SET(o, "since", num(r->time));
	SET(o, "best", json_boolean(r->best));
	if (r->refused)
		SET(o, "refused", json_true());
	SET(o, "stale", json_boolean(r->stale));
	SET(o, "preference", num(r->attrs->preference));
	if (r->path_id)
		SET(o, "path_id", num(r->path_id));
	if (attributes) {
		attrs = json_object();
		while (attrs_next(r->attrs, &pos, &a)) {
			if (a.code < LOCAL_ATTR)
				attr_json(attrs, &a);
			else
				own_json(attrs, &a);
		}
		SET(o, "attributes", attrs);
	}
	emit(c, o);
}

static void
json_count(struct control *c, const struct count_record *n)
{
	json_t *o = json_object();

	SET(o, "table", js(n->table));
	SET(o, "shown", num(n->shown));
	SET(o, "routes", num(n->routes));
	SET(o, "networks", num(n->nets));
	emit(c, o);
}

static void
json_total(struct control *c, const struct count_record *n, unsigned tables)
{
	(void)n, (void)tables;
	control_end(c, 0, "%s", "");
}

/*
 * The rest.
 */
static void
json_symbol(struct control *c, const struct symbol_conf *s)
{
	json_t *o = json_object();

	SET(o, "name", js(s->name));
	SET(o, "class", js(s->class));
	emit(c, o);
}

static void
json_roa(struct control *c, const struct net *roa)
{
	struct net net = net_address(roa);
	json_t *o = json_object();
	char buf[NET_TEXT_MAX];

	SET(o, "network", js(net_format(&net, buf)));
	SET(o, "max_length", num(net_roa_max(roa)));
	SET(o, "asn", num(net_as(roa)));
	emit(c, o);
}

static void
json_memory(struct control *c, const struct memory_record *m)
{
	json_t *o = json_object();

	SET(o, "tables", num(m->tables));
	SET(o, "origins", num(m->origins));
	SET(o, "attributes", num(m->attributes));
	SET(o, "protocols", num(m->protocols));
	SET(o, "config", num(m->config));
	SET(o, "filter_results", num(m->results));
	SET(o, "total", num(m->total));
	SET(o, "total_rss", num(m->total_rss));
	SET(o, "paths", num(m->paths));
	SET(o, "networks", num(m->nets));
	emit(c, o);
}

static void
json_static_route(
    struct control *c, const struct proto_conf *p, const struct static_route *r)
{
	json_t *o = json_object(), *hops = json_array();
	char *net = net_text(&r->net);

	SET(o, "network", js(net));
	mem_free(net);
	SET(o, "dest", js(text_dest(r->to->dest)));
	SET(o, "recursive", json_boolean(r->to->recursive));
	for (unsigned i = 0; i < r->to->hop_n; i++) {
		json_t *h = hop_json(&r->to->hop[i].hop);

		SET(h, "active", json_boolean(hop_is_up(c, p, r, i)));
		json_array_append_new(hops, h);
	}
	SET(o, "hops", hops);
	emit(c, o);
}

static json_t *
bfd_side_json(const struct bfd_side *s)
{
	json_t *o = json_object();

	SET(o, "state", js(bfd_state_name(s->state)));
	SET(o, "diagnostic", js(bfd_diag_name(s->diag)));
	SET(o, "discriminator", num(s->disc));
	SET(o, "min_tx_us", num(s->min_tx_us));
	SET(o, "min_rx_us", num(s->min_rx_us));
	SET(o, "multiplier", num(s->multiplier));
	SET(o, "demand", json_boolean(s->demand));
	return o;
}

static void
json_bfd_session(struct control *c, const struct bfd_session_record *r, bool details)
{
	const struct bfd_view *v = &r->view;
	json_t *o = json_object();
	char ip[IP_TEXT_MAX];

	SET(o, "protocol", js(c->model->proto[c->index]->name));
	SET(o, "address", js(ip_format(&r->ip, ip)));
	SET(o, "interface", r->ifname ? js(r->ifname) : json_null());
	SET(o, "state", js(bfd_state_name(v->local.state)));
	SET(o, "since", num(r->since));
	SET(o, "tx_interval_us", num(v->tx_us));
	SET(o, "detection_time_us", num(v->detect_us));
	if (details) {
		SET(o, "local", bfd_side_json(&v->local));
		SET(o, "remote", bfd_side_json(&v->remote));
		SET(o, "passive", json_boolean(v->passive));
		SET(o, "authentication", js(bfd_auth_name(v->auth)));
		SET(o, "packets_received", num(v->rx_packets));
		SET(o, "packets_sent", num(v->tx_packets));
		SET(o, "packets_dropped", num(v->dropped));
	}
	emit(c, o);
}

/* Each session names its protocol. */
static void
json_bfd(struct control *c, const struct proto_conf *p, bool first, bool details)
{
	(void)c;
	(void)p;
	(void)first;
	(void)details;
}

static void
json_bfd_down(struct control *c, const struct proto_conf *p)
{
	json_t *o = json_object();

	SET(o, "protocol", js(p->name));
	SET(o, "state", js("down"));
	emit(c, o);
}

static void
json_interface(struct control *c, const struct interface_record *r)
{
	json_t *o = json_object(), *addresses = json_array();
	char ip[IP_TEXT_MAX], text[64];

	for (unsigned i = 0; i < r->address_n; i++) {
		snprintf(text, sizeof(text), "%s/%u", ip_format(&r->address[i].ip, ip),
		    r->address[i].plen);
		json_array_append_new(addresses, js(text));
	}
	SET(o, "name", js(r->name));
	SET(o, "index", num(r->index));
	SET(o, "mtu", num(r->mtu));
	SET(o, "up", json_boolean(r->admin_up && r->link_up));
	SET(o, "addresses", addresses);
	emit(c, o);
}

static void
json_interface_summary(struct control *c, const struct interface_record *r)
{
	if (r)
		json_interface(c, r);
}

static void
json_groups(struct control *c)
{
	(void)c; /* no heading */
}

static void
json_group(struct control *c, unsigned shard, const struct group_view *g)
{
	json_t *o = json_object();

	SET(o, "shard", num(shard));
	SET(o, "id", num(g->id));
	SET(o, "family",
	    g->family < FAMILIES ? js(family_info(g->family)->name) : json_null());
	SET(o, "members", num(g->members));
	SET(o, "slow", num(g->slow));
	SET(o, "messages", num(g->messages));
	SET(o, "bytes", num(g->bytes));
	SET(o, "bytes_shared", num(g->bytes_shared));
	SET(o, "policy", js(g->policy));
	SET(o, "key", js(g->key));
	emit(c, o);
}

/*
 * Plans: an object for each step, then the sum.
 */
static json_t *
classes_json(unsigned change)
{
	json_t *list = json_array();
	char word[CHANGE_TEXT_MAX];

	for (unsigned bit = 1; bit <= CHANGE_MOVE; bit <<= 1)
		if (change & bit)
			json_array_append_new(list, js(change_format(bit, word)));
	return list;
}

static json_t *
item_json(const struct plan_item *it)
{
	json_t *o = json_object();

	SET(o, "channel", js(it->channel));
	SET(o, "option", js(it->option));
	SET(o, "old", js(it->old));
	SET(o, "new", js(it->new));
	SET(o, "class", classes_json(it->change));
	return o;
}

static uint64_t
cost_if(unsigned change, unsigned bits, uint64_t n)
{
	return change & bits ? n : 0;
}

static void
json_step(struct control *c, const struct step *s, const struct step_cost *cost)
{
	const struct proto_conf *p = s->new ? s->new : s->old;
	bool goes = s->kind == STEP_REMOVE || s->kind == STEP_RESTART;
	json_t *o = json_object(), *items = json_array();

	for (unsigned i = 0; i < s->item_n; i++)
		json_array_append_new(items, item_json(&s->item[i]));
	SET(o, "protocol", js(p->name));
	SET(o, "type", js(p->kind_name));
	SET(o, "action", js(text_step_kind(s->kind)));
	SET(o, "class", classes_json(s->change));
	SET(o, "session",
	    !cost->up ? json_null() : js(cost->drops ? "dropped" : "kept"));
	SET(o, "withdraw", num(goes ? cost->imported : 0));
	SET(o, "reimport", num(goes ? 0 : cost_if(s->change, CHANGE_REIMPORT,
						      cost->imported)));
	SET(o, "redecide", num(goes ? 0 : cost_if(s->change, CHANGE_REDECIDE,
						      cost->imported)));
	SET(o, "reexport", num(goes ? 0 : cost_if(s->change, CHANGE_REEXPORT,
						      cost->compared)));
	SET(o, "changes", items);
	emit(c, o);
}

static void
json_plan(struct control *c, const struct plan_record *r, bool whole)
{
	const struct plan *p = r->plan;
	json_t *o = json_object(), *sum = json_object();

	for (unsigned i = 0; whole && i < p->step_n; i++)
		json_step(c, &p->step[i], &r->cost[i]);
	for (unsigned k = STEP_ADD; k <= STEP_CHANGE; k++)
		SET(sum, text_step_kind((enum step_kind)k), num(p->count[k]));
	SET(sum, "globals", json_boolean(p->global_changed));
	SET(sum, "sessions_dropped", num(r->dropped));
	SET(sum, "sessions_kept", num(r->kept));
	SET(o, "plan", sum);
	emit(c, o);
}

static json_t *
changes_json(const struct filter_trial *t)
{
	json_t *a = json_array(), *o;

	for (unsigned i = 0; i < t->change_n; i++) {
		o = json_object();
		SET(o, "name", js(t->change[i].name));
		SET(o, "old", js(t->change[i].from));
		SET(o, "new", js(t->change[i].to));
		json_array_append_new(a, o);
	}
	return a;
}

static void
json_trial(struct control *c, const struct trial_record *r)
{
	static const char *const verdicts[] = { [FILTER_REJECT] = "reject",
		[FILTER_ACCEPT] = "accept", [FILTER_ERROR] = "error" };
	const struct filter_trial *t = r->trial;
	json_t *o = json_object(), *print = json_array();
	char *net = net_text(r->request->net);

	for (unsigned i = 0; i < t->print_n && i < TRIAL_PRINTS_MAX; i++)
		json_array_append_new(print, js(t->print[i]));
	SET(o, "filter", js(r->request->filter));
	SET(o, "network", js(net));
	mem_free(net);
	SET(o, "protocol", *r->request->proto ? js(r->request->proto) : json_null());
	SET(o, "verdict", js(verdicts[t->result]));
	SET(o, "file", js(t->file));
	SET(o, "line", t->file ? num(t->line) : json_null());
	SET(o, "error", js(t->error));
	SET(o, "print", print);
	SET(o, "printed", num(t->print_n));
	SET(o, "changes", changes_json(t));
	emit(c, o);
}

const struct render render_json = {
	.status = json_status,
	.protocols = json_protocols,
	.protocol = json_protocol,
	.table = json_table,
	.route = json_route,
	.count = json_count,
	.total = json_total,
	.symbol = json_symbol,
	.roa = json_roa,
	.memory = json_memory,
	.static_route = json_static_route,
	.bfd = json_bfd,
	.bfd_session = json_bfd_session,
	.bfd_down = json_bfd_down,
	.interface = json_interface,
	.interface_summary = json_interface_summary,
	.groups = json_groups,
	.group = json_group,
	.plan = json_plan,
	.trial = json_trial,
	.line = json_line,
	.end = json_end,
};
