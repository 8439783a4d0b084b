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
 * the epoch.  Protocols are in json_proto.c, routes in json_route.c, plans and trials in
 * json_plan.c.
 */
#include "control/jsonimpl.h"


#include "base/mem.h"
#include "control/version.h"
#include "filter/vnet.h"

#define CODE 1100

void
json_use_mem(void)
{
	json_set_alloc_funcs(mem_alloc, mem_free);
}

void
json_emit(struct control *c, json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	if (!c->json_some)
		out_raw(&c->out, CODE, "[", "");
	out_raw(&c->out, CODE, c->json_some ? "," : "", text ? text : "null");
	c->json_some = true;
	mem_free(text);
	json_decref(o);
}

/* Text from peers need not be UTF-8: other bytes are given as `?`. */
json_t *
json_text(const char *s)
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

json_t *
json_num(uint64_t v)
{
	return json_integer((json_int_t)v);
}

json_t *
json_ip(const struct ip *ip)
{
	char buf[IP_TEXT_MAX];

	return ip_is_none(ip) ? json_null() : json_string(ip_format(ip, buf));
}

json_t *
json_id(uint32_t id)
{
	struct ip ip = ip_from4(id);

	return json_ip(&ip);
}

static void
json_line(struct control *c, unsigned code, const char *text)
{
	json_t *o = json_object();

	if (!*text) { /* an empty line of the text form */
		json_decref(o);
		return;
	}
	JSON_SET(o, "code", json_num(code));
	JSON_SET(o, "text", json_text(text));
	json_emit(c, o);
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

	JSON_SET(o, "daemon", json_text("mynah"));
	JSON_SET(o, "version", json_text(PACKAGE_VERSION));
	JSON_SET(o, "router_id", json_id(s->router_id));
	JSON_SET(o, "hostname", json_text(s->hostname));
	JSON_SET(o, "now", json_num(s->now));
	JSON_SET(o, "boot", json_num(s->boot));
	JSON_SET(o, "reconfigured", json_num(s->reconfigured));
	JSON_SET(o, "state",
	    json_text(s->shutting_down        ? "shutdown"
		    : s->reconfiguring ? "reconfiguring"
				       : "up"));
	JSON_SET(o, "recovering_channels", json_num(s->recovering));
	json_emit(c, o);
	control_end(c, 0, "%s", "");
}

/*
 * The rest.
 */
static void
json_count(struct control *c, const struct count_record *n)
{
	json_t *o = json_object();

	JSON_SET(o, "table", json_text(n->table));
	JSON_SET(o, "shown", json_num(n->shown));
	JSON_SET(o, "routes", json_num(n->routes));
	JSON_SET(o, "networks", json_num(n->nets));
	json_emit(c, o);
}

static void
json_total(struct control *c, const struct count_record *n, unsigned tables)
{
	(void)n, (void)tables;
	control_end(c, 0, "%s", "");
}

static void
json_symbol(struct control *c, const struct symbol_conf *s)
{
	json_t *o = json_object();

	JSON_SET(o, "name", json_text(s->name));
	JSON_SET(o, "class", json_text(s->class));
	json_emit(c, o);
}

static void
json_roa(struct control *c, const struct net *roa)
{
	struct net net = net_address(roa);
	json_t *o = json_object();
	char buf[NET_TEXT_MAX];

	JSON_SET(o, "network", json_text(net_format(&net, buf)));
	JSON_SET(o, "max_length", json_num(net_roa_max(roa)));
	JSON_SET(o, "asn", json_num(net_as(roa)));
	json_emit(c, o);
}

static void
json_memory(struct control *c, const struct memory_record *m)
{
	json_t *o = json_object();

	JSON_SET(o, "tables", json_num(m->tables));
	JSON_SET(o, "origins", json_num(m->origins));
	JSON_SET(o, "attributes", json_num(m->attributes));
	JSON_SET(o, "protocols", json_num(m->protocols));
	JSON_SET(o, "config", json_num(m->config));
	JSON_SET(o, "filter_results", json_num(m->results));
	JSON_SET(o, "total", json_num(m->total));
	JSON_SET(o, "total_rss", json_num(m->total_rss));
	JSON_SET(o, "paths", json_num(m->paths));
	JSON_SET(o, "networks", json_num(m->nets));
	json_emit(c, o);
}

static void
json_static_route(
    struct control *c, const struct proto_conf *p, const struct static_route *r)
{
	json_t *o = json_object(), *hops = json_array();
	char *net = net_text(&r->net);

	JSON_SET(o, "network", json_text(net));
	mem_free(net);
	JSON_SET(o, "dest", json_text(text_dest(r->to->dest)));
	JSON_SET(o, "recursive", json_boolean(r->to->recursive));
	for (unsigned i = 0; i < r->to->hop_n; i++) {
		json_t *h = json_hop(&r->to->hop[i].hop);

		JSON_SET(h, "active", json_boolean(hop_is_up(c, p, r, i)));
		json_array_append_new(hops, h);
	}
	JSON_SET(o, "hops", hops);
	json_emit(c, o);
}

static json_t *
bfd_side_json(const struct bfd_side *s)
{
	json_t *o = json_object();

	JSON_SET(o, "state", json_text(bfd_state_name(s->state)));
	JSON_SET(o, "diagnostic", json_text(bfd_diag_name(s->diag)));
	JSON_SET(o, "discriminator", json_num(s->disc));
	JSON_SET(o, "min_tx_us", json_num(s->min_tx_us));
	JSON_SET(o, "min_rx_us", json_num(s->min_rx_us));
	JSON_SET(o, "multiplier", json_num(s->multiplier));
	JSON_SET(o, "demand", json_boolean(s->demand));
	return o;
}

static void
json_bfd_session(struct control *c, const struct bfd_session_record *r, bool details)
{
	const struct bfd_view *v = &r->view;
	json_t *o = json_object();
	char ip[IP_TEXT_MAX];

	JSON_SET(o, "protocol", json_text(c->model->proto[c->index]->name));
	JSON_SET(o, "address", json_text(ip_format(&r->ip, ip)));
	JSON_SET(o, "interface", r->ifname ? json_text(r->ifname) : json_null());
	JSON_SET(o, "state", json_text(bfd_state_name(v->local.state)));
	JSON_SET(o, "since", json_num(r->since));
	JSON_SET(o, "tx_interval_us", json_num(v->tx_us));
	JSON_SET(o, "detection_time_us", json_num(v->detect_us));
	if (details) {
		JSON_SET(o, "local", bfd_side_json(&v->local));
		JSON_SET(o, "remote", bfd_side_json(&v->remote));
		JSON_SET(o, "passive", json_boolean(v->passive));
		JSON_SET(o, "authentication", json_text(bfd_auth_name(v->auth)));
		JSON_SET(o, "packets_received", json_num(v->rx_packets));
		JSON_SET(o, "packets_sent", json_num(v->tx_packets));
		JSON_SET(o, "packets_dropped", json_num(v->dropped));
	}
	json_emit(c, o);
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

	JSON_SET(o, "protocol", json_text(p->name));
	JSON_SET(o, "state", json_text("down"));
	json_emit(c, o);
}

static void
json_interface(struct control *c, const struct interface_record *r)
{
	json_t *o = json_object(), *addresses = json_array();
	char ip[IP_TEXT_MAX], text[64];

	for (unsigned i = 0; i < r->address_n; i++) {
		snprintf(text, sizeof(text), "%s/%u", ip_format(&r->address[i].ip, ip),
		    r->address[i].plen);
		json_array_append_new(addresses, json_text(text));
	}
	JSON_SET(o, "name", json_text(r->name));
	JSON_SET(o, "index", json_num(r->index));
	JSON_SET(o, "mtu", json_num(r->mtu));
	JSON_SET(o, "up", json_boolean(r->admin_up && r->link_up));
	JSON_SET(o, "addresses", addresses);
	json_emit(c, o);
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

	JSON_SET(o, "shard", json_num(shard));
	JSON_SET(o, "id", json_num(g->id));
	JSON_SET(o, "family",
	    g->family < FAMILIES ? json_text(family_info(g->family)->name) : json_null());
	JSON_SET(o, "members", json_num(g->members));
	JSON_SET(o, "slow", json_num(g->slow));
	JSON_SET(o, "messages", json_num(g->messages));
	JSON_SET(o, "bytes", json_num(g->bytes));
	JSON_SET(o, "bytes_shared", json_num(g->bytes_shared));
	JSON_SET(o, "policy", json_text(g->policy));
	JSON_SET(o, "key", json_text(g->key));
	json_emit(c, o);
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
