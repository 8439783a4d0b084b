/*
 * Protocol static: routes in all forms of 1.6 and 2.x.  Those that the daemon cannot
 * carry are checked and left out with a warning.
 */
#include <string.h>

#include "base/longnet.h"
#include "conf/check.h"

#define LABELS (1u << 20)

struct route_read {
	struct route_build *route;
	struct static_to to;
	struct static_hop *hop; /* the last one */
	unsigned list_end; /* behind the labels or providers read so far */
	bool dest, crowded;
};

static bool
misplaced(struct check *check, const struct match *m)
{
	const struct arg *arg = m->stmt->arg[m->begin];

	check_error(check, &arg->at, "syntax error, unexpected '%s', expecting ';'",
	    arg->text ? arg->text : "");
	return false;
}

/* A further next hop of the route, unless there are too many. */
static void
hop_add(struct check *check, struct route_read *r, const struct hop *hop)
{
	if (r->to.hop_n == HOPS_MAX) {
		r->crowded = true;
		return;
	}
	r->hop = route_hop_add(check, &r->to);
	*r->hop = (struct static_hop){ .hop = *hop };
}

static void
hop_via(struct check *check, const struct rule *rule, const struct match *m)
{
	struct route_read *r = m->to;
	struct hop hop = { .weight = 1 };
	const char *text = NULL;

	if (r->dest && (r->to.dest != DEST_UNICAST || r->to.recursive)) {
		misplaced(check, m);
		return;
	}
	if (rule->kind ? !cap_text(check, &m->cap[0], &text)
		       : !cap_ip(check, &m->cap[0], &hop.via))
		return;
	if (!rule->kind && m->cap[1].arg)
		text = m->cap[1].arg->text;
	if (text)
		strncpy(hop.ifname, text, HOP_IFNAME - 1);
	r->dest = true;
	r->to.dest = DEST_UNICAST;
	hop_add(check, r, &hop);
}

static void
hop_recursive(struct check *check, const struct rule *rule, const struct match *m)
{
	struct route_read *r = m->to;
	struct hop hop = { .weight = 1 };

	(void)rule;
	if (r->dest ? !misplaced(check, m) : !cap_ip(check, &m->cap[0], &hop.via))
		return;
	r->to.dest = DEST_UNICAST;
	r->to.recursive = true;
	r->dest = true;
	hop_add(check, r, &hop);
}

/* The next hop that an option belongs to. */
static struct static_hop *
hop_last(struct check *check, const struct match *m, bool recursive_too)
{
	struct route_read *r = m->to;

	if (r->hop && (recursive_too || !r->to.recursive))
		return r->hop;
	check_error(check, &m->stmt->arg[m->begin]->at,
	    "syntax error, unexpected '%s': no next hop before it",
	    m->stmt->arg[m->begin]->text ? m->stmt->arg[m->begin]->text : "");
	return NULL;
}

static void
hop_none(struct check *check, const struct rule *rule, const struct match *m)
{
	static const enum dest dests[] = { DEST_BLACKHOLE, DEST_UNREACHABLE,
		DEST_PROHIBIT, DEST_BLACKHOLE, DEST_UNREACHABLE };
	struct route_read *r = m->to;

	(void)rule;
	if (r->dest && !misplaced(check, m))
		return;
	r->to.dest = dests[m->cap[0].num];
	r->dest = true;
}

static void
hop_weight(struct check *check, const struct rule *rule, const struct match *m)
{
	struct static_hop *h = hop_last(check, m, false);
	uint32_t n = 1;

	(void)rule;
	if (!h || !cap_num(check, &m->cap[0], &n))
		return;
	if (n < 1 || n > 256)
		check_error(check, &m->cap[0].arg->at, "Weight must be in range 1-256");
	h->hop.weight = (uint16_t)n;
}

static void
hop_flag(struct check *check, const struct rule *rule, const struct match *m)
{
	struct static_hop *h = hop_last(check, m, false);
	bool on = true;

	if (!h || !cap_bool(check, &m->cap[0], &on))
		return;
	if (rule->kind)
		h->hop.onlink = on;
	else
		h->bfd = on;
	if (h->hop.onlink && h->bfd)
		check_warn(check, &m->stmt->arg[m->begin]->at,
		    "Options 'bfd' and 'onlink' cannot be combined: BIRD 2.19 refuses "
		    "them");
}

/* A new stack, or a further label on it. */
static void
hop_mpls(struct check *check, const struct rule *rule, const struct match *m)
{
	struct static_hop *h = hop_last(check, m, true);
	struct route_read *r = m->to;
	uint32_t n = 0;

	if (rule->kind && r->list_end != m->begin && !misplaced(check, m))
		return;
	r->list_end = m->end;
	if (!h || !cap_num(check, &m->cap[0], &n))
		return;
	if (!rule->kind)
		h->hop.label_n = 0;
	if (n >= LABELS)
		check_error(
		    check, &m->cap[0].arg->at, "MPLS label must be less than 2^20");
	else if (h->hop.label_n == HOP_LABELS)
		check_error(check, &m->cap[0].arg->at, "Too many labels in stack");
	else
		h->hop.label[h->hop.label_n++] = n;
}

static void
hop_multipath(struct check *check, const struct rule *rule, const struct match *m)
{
	(void)rule;
	if (!check->old)
		check_error(check, &m->stmt->arg[m->begin]->at,
		    "syntax error, unexpected 'multipath': write via ... via ...");
}

static void
hop_aspa(struct check *check, const struct rule *rule, const struct match *m)
{
	struct route_read *r = m->to;
	uint32_t as = 0;

	if (rule->kind && !rule->min && r->list_end != m->begin && !misplaced(check, m))
		return;
	r->list_end = rule->kind ? m->end : 0;
	if (strcmp(r->route->type, "aspa") != 0)
		check_error(check, &m->stmt->arg[m->begin]->at,
		    "%s settings available only for "
		    "ASPA",
		    strcmp(m->stmt->arg[m->begin]->text, "transit") == 0 ? "Transit"
									 : "Provider");
	else if (!rule->kind || cap_num(check, &m->cap[rule->min], &as))
		route_provider_add(check, &r->to, as);
	r->dest = true;
}

static bool
is_flag(const struct ast *a)
{
	return a && a->kind == AST_BLOCK && a->text;
}

/* `{ bfd [BOOL]; }` of 1.6 is about the next hop, if there is one; the last of them holds.
 * What is left of the body. */
static const struct ast *
take_bfd(struct check *check, const struct ast *body, struct route_read *r)
{
	struct ast *rest;
	unsigned i = 0;

	while (body && i < body->n && !is_flag(body->kid[i]))
		i++;
	if (!body || i == body->n || !check->old)
		return body;
	rest = ast_new(check->keep, AST_BLOCK, &body->at);
	for (i = 0; i < body->n; i++)
		if (!is_flag(body->kid[i]))
			ast_add(check->keep, rest, body->kid[i]);
		else if (r->hop && r->to.hop_n == 1)
			r->hop->bfd = body->kid[i]->num != 0;
	return rest;
}

static void
hop_body(struct check *check, const struct rule *rule, const struct match *m)
{
	struct route_read *r = m->to;
	const struct ast *body = take_bfd(check, m->cap[0].arg->expr, r);

	(void)rule;
	r->to.body = check_hold(check, scope_compile_body(check->scope, body));
	if (r->to.body && !check->wish.forget)
		check_held(check)->ast = body;
}

static const struct rule hop_rules[] = {
	{ .pattern = "via IP", .fn = hop_via },
	{ .pattern = "via IP % NAME", .fn = hop_via },
	{ .pattern = "via IP % TEXT", .fn = hop_via },
	{ .pattern = "via IP dev TEXT", .fn = hop_via },
	{ .pattern = "via TEXT", .fn = hop_via, .kind = 1 },
	{ .pattern = "multipath", .fn = hop_multipath },
	{ .pattern = "recursive IP", .fn = hop_recursive },
	{ .pattern = "blackhole|unreachable|prohibit|drop|reject", .fn = hop_none },
	{ .pattern = "weight NUM", .fn = hop_weight },
	{ .pattern = "onlink BOOL", .fn = hop_flag, .kind = 1 },
	{ .pattern = "bfd BOOL", .fn = hop_flag },
	{ .pattern = "mpls NUM", .fn = hop_mpls },
	{ .pattern = "/ NUM", .fn = hop_mpls, .kind = 1 },
	{ .pattern = "transit", .fn = hop_aspa },
	{ .pattern = "provider|providers NUM", .fn = hop_aspa, .kind = 1, .min = 1 },
	{ .pattern = ", NUM", .fn = hop_aspa, .kind = 1 },
	{ .pattern = "BODY", .fn = hop_body },
	{ 0 },
};

static const char *
route_type(const struct rule *rule, const struct match *m)
{
	const struct arg *net = m->cap[0].arg;
	bool six = net && net->kind == ARG_NET && net->net->type == NET_IP6;

	if (!rule->words)
		return six ? "ipv6" : "ipv4";
	if (strcmp(rule->words, "roa") == 0)
		return six ? "roa6" : "roa4";
	return strcmp(rule->words, "flow") == 0 ? net->text : rule->words;
}

enum { ROUTE_NET, ROUTE_ROA, ROUTE_VPN, ROUTE_ASPA, ROUTE_FLOW, ROUTE_SADR, ROUTE_MPLS };


/* NET from NET, both of IPv6 */
static bool
sadr_net(struct check *check, const struct match *m, struct net *net)
{
	struct net part[2];
	unsigned i;

	for (i = 0; i < 2; i++) {
		if (!cap_net(check, &m->cap[i], &part[i]))
			return false;
		if (part[i].type == NET_IP6)
			continue;
		check_error(check, &m->cap[i].arg->at, "IPv6 prefix expected");
		return false;
	}
	*net = net_sadr(&part[0], &part[1], ARENA_ARRAY(check->keep, uint8_t, SADR_LEN));
	return true;
}

static bool
mpls_net(struct check *check, const struct match *m, struct net *net)
{
	uint32_t label = 0;

	if (!cap_num(check, &m->cap[0], &label))
		return false;
	if (label >= LABELS) {
		check_error(
		    check, &m->cap[0].arg->at, "MPLS label must be less than 2^20");
		return false;
	}
	*net = net_mpls(label);
	return true;
}

/* The network as tables have it; `max` is checked by the caller. */
static bool
route_net(struct check *check, const struct rule *rule, const struct match *m,
    struct route_build *route)
{
	struct net *net = &route->r.net;
	uint32_t num = 0, max = 0;
	uint64_t rd = 0;

	switch (rule->kind) {
	case ROUTE_SADR: return sadr_net(check, m, net);
	case ROUTE_MPLS: return mpls_net(check, m, net);
	case ROUTE_FLOW: return flow_net(check, m->cap[0].arg, net);
	case ROUTE_ASPA:
		if (!cap_num(check, &m->cap[0], &num))
			return false;
		*net = net_aspa(num);
		return true;
	case ROUTE_VPN:
		if (!cap_net(check, &m->cap[1], net))
			return false;
		if (!rd_parse(m->cap[0].arg->text, &rd)) {
			check_error(check, &m->cap[0].arg->at,
			    "Invalid route distinguisher");
			return false;
		}
		*net = net_vpn(net, rd);
		route->type = net_type_name(net->type);
		return true;
	}
	if (!cap_net(check, &m->cap[0], net))
		return false;
	if (!rule->words)
		route->type = net->type == NET_IP6 ? "ipv6" : "ipv4";
	if (rule->kind != ROUTE_ROA || !cap_num(check, &m->cap[1], &max) ||
	    !cap_num(check, &m->cap[2], &num))
		return true;
	if (max < net->plen || max > net_plen_max(net->type))
		check_error(
		    check, &m->cap[1].arg->at, "Invalid max prefix length %u", max);
	*net = net_roa(net, max, num);
	route->type = net_type_name(net->type);
	return true;
}

static void
set_route(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	struct route_read r = { .to = { .dest = DEST_UNREACHABLE } };
	unsigned errors = check->errors;

	r.route = ARENA_NEW(check->passing, struct route_build);
	r.route->type = route_type(rule, m);
	if (!route_net(check, rule, m, r.route))
		return;
	r.route->labelled = rule->min == 4 && !rule->words;
	words_parts(check, m->stmt, rule->min,
	    (const struct rule *const[]){ hop_rules, NULL }, &r);
	if (check->errors != errors)
		return;
	if (rule->kind == ROUTE_ROA || rule->kind == ROUTE_ASPA ||
	    rule->kind == ROUTE_FLOW)
		r.to.dest = DEST_NONE;
	if (rule->kind == ROUTE_ROA ? r.dest
				    : !r.dest && r.to.dest != DEST_NONE)
		check_error(check, &m->stmt->end, "Unexpected or missing nexthop/type");
	if (r.crowded)
		check_warn(check, &m->stmt->at, "Only %u next hops of a route are used",
		    (unsigned)HOPS_MAX);
	r.route->r.to = route_to(check, &r.to);
	route_add(p, r.route);
}

static void
set_check_link(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)rule;
	cap_bool(check, &m->cap[0], &p->p.statics.check_link);
}

static void
set_igp_table(struct check *check, const struct rule *rule, const struct match *m)
{
	const struct arg *name = m->cap[0].arg;
	struct static_conf *s = &((struct proto_build *)m->to)->p.statics;
	struct table_build *t;

	(void)rule;
	if (check->old && strcmp(name->text, "master") == 0)
		t = table_for(check, check->six ? "ipv6" : "ipv4", NULL);
	else
		t = check_table_find(check, name);
	if (t && check->old && !t->type)
		t = table_for(check, check->six ? "ipv6" : "ipv4", name->text);
	if (!t)
		return;
	if (t->conf.type == NET_IP4)
		s->igp4 = &t->conf;
	else if (t->conf.type == NET_IP6)
		s->igp6 = &t->conf;
	else
		check_error(check, &name->at, "Incompatible IGP table type");
}

/* The head of a route; what follows is read in parts from `min` on. */
static const struct rule static_rules[] = {
	{ .pattern = "route NET max NUM as NUM",
	    .fn = set_route,
	    .kind = ROUTE_ROA,
	    .min = 6,
	    .words = "roa" },
	{ .pattern = "route NET mpls NUM ANY",
	    .fn = set_route,
	    .kind = ROUTE_NET,
	    .min = 4 },
	{ .pattern = "route NET from NET ANY",
	    .fn = set_route,
	    .kind = ROUTE_SADR,
	    .min = 4,
	    .words = "ipv6 sadr" },
	{ .pattern = "route NET [ANY]", .fn = set_route, .kind = ROUTE_NET, .min = 2 },
	{ .pattern = "route RD NET [ANY]",
	    .fn = set_route,
	    .kind = ROUTE_VPN,
	    .min = 3,
	    .words = "vpn" },
	{ .pattern = "route aspa NUM ANY",
	    .fn = set_route,
	    .kind = ROUTE_ASPA,
	    .min = 3,
	    .words = "aspa" },
	{ .pattern = "route mpls NUM ANY",
	    .fn = set_route,
	    .kind = ROUTE_MPLS,
	    .min = 3,
	    .words = "mpls" },
	{ .pattern = "route FLOW",
	    .fn = set_route,
	    .kind = ROUTE_FLOW,
	    .min = 2,
	    .words = "flow" },
	{ .pattern = "route FLOW BODY",
	    .fn = set_route,
	    .kind = ROUTE_FLOW,
	    .min = 2,
	    .words = "flow" },
	{ .pattern = "check link BOOL", .fn = set_check_link },
	{ .pattern = "igp table NAME", .fn = set_igp_table },
	{ .pattern =
		"ipv4|ipv6|vpn4|vpn6|roa4|roa6|flow4|flow6|mpls|aspa|eth|evpn [BLOCK]",
	    .fn = channel_block,
	    .kind = 1 },
	{ .pattern = "ipv6 sadr|sadr [BLOCK]",
	    .fn = channel_block,
	    .kind = 1,
	    .words = "ipv6 sadr" },
	{ 0 },
};

void
static_route_read(struct check *check, struct proto_build *p, const struct stmt *stmt)
{
	words_stmt(check, stmt, 0, (const struct rule *const[]){ static_rules, NULL }, p);
}

static bool
type_fits(const char *route, const char *channel)
{
	return strcmp(route, channel) == 0 ||
	       (strcmp(route, "vpn") == 0 && strncmp(channel, "vpn", 3) == 0);
}

static bool
mpls_channel(const struct proto_build *p)
{
	unsigned i;

	for (i = 0; i < CHAN_OTHERS; i++)
		if (p->other[i].used && strcmp(p->other[i].type, "mpls") == 0)
			return true;
	return false;
}

static void
static_finish(struct check *check, struct proto_build *p)
{
	const struct route_build *r;
	const struct chan_build *c;
	char text[NET_TEXT_MAX];

	channel_open_legacy(check, p);
	c = channel_first(p);
	if (!c) {
		check_error(check, &p->end, "Channel not specified");
		return;
	}
	for (r = p->routes; r; r = r->next) {
		bool fits = type_fits(r->type, c->type);

		if (fits && !(r->labelled && !mpls_channel(p)))
			continue;
		check_error(check, &p->end,
		    fits ? "Route %s has MPLS label, but MPLS channel not specified"
			 : "Route %s incompatible with channel type",
		    r->r.net.type ? net_format(&r->r.net, text) : r->type);
		return;
	}
	other_channels_warn(check, p);
	channels_finish(check, p);
	routes_finish(check, p);
}

const struct proto_type static_type = {
	.word = "static",
	.shown = "Static",
	.kind = PROTO_STATIC,
	.rules = (const struct rule *const[]){ static_rules, NULL },
	.finish = static_finish,
	.channels = "net",
	.one_channel = true,
	.preference = 200,
};
