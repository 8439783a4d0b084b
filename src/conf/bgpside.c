/*
 * Protocol bgp: local and neighbor, whose parts stand in any order; several statements add
 * up.
 */
#include "conf/check.h"

static void
side_port(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	uint32_t port = 0;

	if (!cap_num(check, &m->cap[0], &port))
		return;
	if (port < 1 || port > 65535)
		check_error(check, &m->cap[0].arg->at, "Invalid port number");
	*(rule->kind ? &p->p.bgp.remote_port : &p->p.bgp.local_port) = port;
}

static void
side_as(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	cap_num(check, &m->cap[0], rule->kind ? &p->p.bgp.remote_as : &p->p.bgp.local_as);
}

static void
side_interface(struct proto_build *p, const struct arg *name)
{
	if (name)
		p->p.bgp.interface = name->text;
}

/* An address stands first or not at all. */
static bool
side_first(struct check *check, const struct match *m)
{
	const struct arg *arg = m->stmt->arg[m->begin];
	char text[IP_TEXT_MAX] = "";

	if (m->begin == 1)
		return true;
	check_error(check, &arg->at, "syntax error, unexpected '%s', expecting ';'",
	    arg->kind == ARG_IP ? ip_format(arg->ip, text)
	    : arg->text		? arg->text
				: "(");
	return false;
}

static void
local_ip(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)rule;
	if (!side_first(check, m))
		return;
	cap_ip(check, &m->cap[0], &p->p.bgp.local_ip);
	side_interface(p, m->cap[1].arg);
}

static void
remote_ip(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)rule;
	if (!side_first(check, m))
		return;
	if (!ip_is_none(&p->p.bgp.remote_ip) || p->is_range) {
		check_error(check, &m->cap[0].arg->at,
		    "Only one neighbor per BGP instance is allowed");
		return;
	}
	cap_ip(check, &m->cap[0], &p->p.bgp.remote_ip);
	side_interface(p, m->cap[1].arg);
}

static void
remote_range(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	struct net net;

	(void)rule;
	if (!side_first(check, m))
		return;
	if (!ip_is_none(&p->p.bgp.remote_ip) || p->is_range)
		check_error(check, &m->cap[0].arg->at,
		    "Only one neighbor per BGP instance is allowed");
	else if (cap_net(check, &m->cap[0], &net)) {
		p->p.bgp.remote_ip = net_ip(&net);
		p->p.bgp.range = net.plen + 1u;
	}
	p->is_range = true;
	p->p.bgp.passive = true; /* as BIRD's parent, it never calls by itself */
}

static void
side_kind(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)check;
	(void)rule;
	if (m->cap[0].num == 2) {
		p->p.bgp.onlink = true;
		return;
	}
	p->internal = m->cap[0].num == 0;
	p->external = m->cap[0].num == 1;
}

static const struct rule local_parts[] = {
	{ .pattern = "IP [% NAME]", .fn = local_ip },
	{ .pattern = "port NUM", .fn = side_port },
	{ .pattern = "as NUM", .fn = side_as },
	{ 0 },
};

static const struct rule neighbor_parts[] = {
	{ .pattern = "IP [% LINK]", .fn = remote_ip },
	{ .pattern = "range NET", .fn = remote_range },
	{ .pattern = "port NUM", .fn = side_port, .kind = 1 },
	{ .pattern = "as NUM", .fn = side_as, .kind = 1 },
	{ .pattern = "internal|external|onlink", .fn = side_kind },
	{ 0 },
};

void
set_side(struct check *check, const struct rule *rule, const struct match *m)
{
	words_parts(check, m->stmt, 1,
	    (const struct rule *const[]){
		rule->kind ? neighbor_parts : local_parts, NULL },
	    m->to);
}
