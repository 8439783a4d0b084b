/*
 * Protocol bgp: rows of options with a syntax of their own, and the checks that need the
 * whole body.  The order of the checks is BIRD's, and so are their words.
 */
#include <stdio.h>
#include <string.h>

#include "conf/check.h"

#define IN_BGP(field)	offsetof(struct proto_build, p.bgp.field)
#define IN_BUILD(field) offsetof(struct proto_build, field)
#define NOTHING(p, w)                                                                    \
	{                                                                                \
		.pattern = p, .fn = set_nothing, .words = w                              \
	}
#define MULTIHOP_DEFAULT 64

static const struct bgp_conf bgp_defaults = {
#define X(field, kind, dflt, ...) .field = dflt,
	BGP_OPTIONS(X)
#undef X
};

static void
bgp_begin(struct check *check, struct proto_build *p)
{
	(void)check;
	p->p.bgp = bgp_defaults;
}

/*
 * local and neighbor: parts in any order; several statements add up.
 */
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

static void
set_side(struct check *check, const struct rule *rule, const struct match *m)
{
	words_parts(check, m->stmt, 1,
	    (const struct rule *const[]){
		rule->kind ? neighbor_parts : local_parts, NULL },
	    m->to);
}

static void
set_role(struct check *check, const struct rule *rule, const struct match *m)
{
	static const uint8_t roles[] = { ROLE_PEER, ROLE_PROVIDER, ROLE_CUSTOMER,
		ROLE_RS_SERVER, ROLE_RS_CLIENT };
	struct proto_build *p = m->to;

	(void)rule;
	(void)check;
	p->role = m->cap[0].num + 1;
	p->p.bgp.role = 1u + roles[m->cap[0].num];
}

static void
set_multihop(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	uint32_t ttl = MULTIHOP_DEFAULT;

	if (rule->kind) {
		p->direct_set = true;
		p->multihop_set = false;
		p->p.bgp.multihop = 0;
		return;
	}
	if (m->cap[0].arg && !cap_range(check, &m->cap[0], "multihop", 1, 255, &ttl))
		return;
	p->multihop_set = true;
	p->direct_set = false;
	p->p.bgp.multihop = ttl;
}

static void
set_check_link(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	bool on;

	(void)rule;
	if (!cap_bool(check, &m->cap[0], &on))
		return;
	p->check_link_set = on;
	p->p.bgp.check_link = on;
}

static void
set_hold(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	uint32_t hold = 0;

	(void)rule;
	if (!cap_num(check, &m->cap[0], &hold))
		return;
	if (check->old) /* 1.6 takes any number */
		hold = hold > 65535 ? 65535 : hold && hold < 3 ? 3 : hold;
	if (hold > 65535 || (hold && hold < 3))
		check_error(check, &m->cap[0].arg->at,
		    "Hold time must be in range 3-65535 or zero");
	p->p.bgp.hold_time = hold;
}

static void
set_start_delay(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)rule;
	cap_num(check, &m->cap[0], &p->p.bgp.connect_delay_time);
	check_warn(check, &m->stmt->at,
	    "Start delay time option is deprecated, use connect delay time");
}

static void
set_error_wait(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)rule;
	cap_num(check, &m->cap[0], &p->p.bgp.error_wait_min);
	cap_num(check, &m->cap[1], &p->p.bgp.error_wait_max);
}

static void
set_graceful(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	bool on = true;

	if (rule->kind)
		p->p.bgp.graceful = GRACEFUL_AWARE;
	else if (cap_bool(check, &m->cap[0], &on))
		p->p.bgp.graceful = on ? GRACEFUL_ON : GRACEFUL_OFF;
}

static void
set_below(struct check *check, const struct rule *rule, const struct match *m)
{
	uint32_t n = 0, *field = (uint32_t *)(void *)((char *)m->to + rule->offset);

	if (!cap_num(check, &m->cap[0], &n))
		return;
	if (n > rule->max)
		check_error(check, &m->cap[0].arg->at, "%s", rule->words);
	*field = n;
}

/* Only newer BIRDs look at the range. */
static void
set_at_most(struct check *check, const struct rule *rule, const struct match *m)
{
	uint32_t *field = (uint32_t *)(void *)((char *)m->to + rule->offset);

	cap_at_most(check, &m->cap[0], rule->words, rule->max, field);
}

static void
set_llgr(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	bool on = true;

	if (!rule->kind && !cap_bool(check, &m->cap[0], &on))
		return;
	p->llgr_on = on;
	p->p.bgp.llgr = rule->kind ? GRACEFUL_AWARE : on ? GRACEFUL_ON : GRACEFUL_OFF;
}

static void
set_allow_local_as(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)rule;
	p->p.bgp.allow_local_as = UINT32_MAX;
	if (m->cap[0].arg)
		cap_num(check, &m->cap[0], &p->p.bgp.allow_local_as);
}

/* kind 1: graceful, or a block, over what the template has. */
static void
set_bfd(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	struct bgp_conf *b = &p->p.bgp;
	struct bfd_options *o;
	bool on = true;

	if (!rule->kind) {
		if (!cap_bool(check, &m->cap[0], &on))
			return;
		b->bfd_options = on ? b->bfd_options : NULL;
	} else {
		o = ARENA_NEW(check->keep, struct bfd_options);
		if (b->bfd_options)
			*o = *b->bfd_options;
		if (m->cap[0].arg)
			bfd_options_read(check, m->cap[0].arg->block, o);
		else
			o->graceful = true;
		b->bfd_options = o;
	}
	b->bfd = !on ? BFD_OFF
		 : b->bfd_options && b->bfd_options->graceful ? BFD_GRACEFUL
							      : BFD_ON;
}

static void
set_authentication(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)check;
	(void)rule;
	p->auth = (int)m->cap[0].num + 1;
}

static void
set_dynamic_name(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	const char *text = NULL;
	uint32_t digits = 0;

	if (rule->kind) {
		if (cap_num(check, &m->cap[0], &digits) && digits > 10)
			check_error(check, &m->cap[0].arg->at,
			    "Dynamic name digits must be at most 10");
		p->p.bgp.dynamic_digits = digits;
		return;
	}
	if (!cap_text(check, &m->cap[0], &text))
		return;
	if (strchr(text, '%'))
		check_error(check, &m->cap[0].arg->at,
		    "Forbidden character '%%' in dynamic name");
	else if (strlen(text) > 48)
		check_error(check, &m->cap[0].arg->at, "Dynamic name too long");
	p->p.bgp.dynamic_name = check_keep(check, text);
}

static void
set_iface_range(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)rule;
	check_names_only(check, m);
	p->iface_range = true;
	p->p.bgp.iface_n = 0;
	p->p.bgp.iface = NULL;
	check_patterns(check, m, m->begin + 2, &p->p.bgp.iface_n, &p->p.bgp.iface);
}

/* Reasons of one to three words; `cease` is any without a name. */
static const struct cease_words {
	const char *text;
	unsigned subcode;
} cease_words[] = {
	{ "cease", 0 },
	{ "prefix limit hit", CEASE_MAX_PREFIXES },
	{ "administrative shutdown", CEASE_SHUTDOWN },
	{ "peer deconfigured", CEASE_DECONFIGURED },
	{ "administrative reset", CEASE_RESET },
	{ "connection rejected", CEASE_REJECTED },
	{ "configuration change", CEASE_CONFIG },
	{ "connection collision", CEASE_COLLISION },
	{ "out of resources", CEASE_RESOURCES },
};
#define CEASE_ALL (0x1ffu & ~(1u << CEASE_COLLISION))

/* The words from i on, up to a comma or the end; *next is what follows. */
static const char *
cease_text(struct check *check, const struct stmt *stmt, unsigned i, unsigned *next)
{
	const char *text = NULL;

	for (; i < stmt->n; i++) {
		const char *word = stmt->arg[i]->text ? stmt->arg[i]->text : "?";

		if (strcmp(word, ",") == 0)
			break;
		text = text ? arena_printf(check->tmp, "%s %s", text, word) : word;
	}
	*next = i + 1;
	return text ? text : "";
}

static uint32_t
cease_list(struct check *check, const struct stmt *stmt)
{
	uint32_t mask = 0;
	unsigned next, w;

	for (unsigned i = 0; stmt && i < stmt->n; i = next) {
		const char *text = cease_text(check, stmt, i, &next);

		for (w = 0; w < 9 && strcmp(text, cease_words[w].text) != 0; w++)
			;
		if (w < 9)
			mask |= 1u << cease_words[w].subcode;
		else
			check_error(check, &stmt->arg[i]->at,
			    "syntax error, unexpected '%s', expecting a reason", text);
	}
	return mask;
}

/* Reasons in a list, without `;`. */
static void
set_cease(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	bool on = true;

	if (rule->kind)
		p->p.bgp.disable_after_cease =
		    cease_list(check, m->cap[0].arg->block->first);
	else if (cap_bool(check, &m->cap[0], &on))
		p->p.bgp.disable_after_cease = on ? CEASE_ALL : 0;
}

#define GR_LIMIT "Graceful restart time must be less than 4096"

static const struct rule bgp_rules[] = {
	{ .pattern = "local role peer|provider|customer|rs_server|rs_client",
	    .fn = set_role },
	{ .pattern = "local ANY", .fn = set_side },
	{ .pattern = "neighbor ANY", .fn = set_side, .kind = 1 },
	{ .pattern = "interface range IFACES", .fn = set_iface_range },
	{ .pattern = "direct", .fn = set_multihop, .kind = 1 },
	{ .pattern = "multihop [NUM]", .fn = set_multihop },
	{ .pattern = "source address IP",
	    .fn = set_field,
	    .kind = FIELD_IPADDR,
	    .offset = IN_BGP(local_ip) },
	{ .pattern = "dynamic name TEXT", .fn = set_dynamic_name },
	{ .pattern = "dynamic name digits NUM", .fn = set_dynamic_name, .kind = 1 },
	{ .pattern = "check link BOOL", .fn = set_check_link },
	{ .pattern = "bfd graceful", .fn = set_bfd, .kind = 1 },
	{ .pattern = "bfd BLOCK", .fn = set_bfd, .kind = 1 },
	{ .pattern = "bfd BOOL", .fn = set_bfd },
	{ .pattern = "authentication none|md5|ao", .fn = set_authentication },
	{ .pattern = "keys BLOCK", .fn = ao_keys_read },
	{ .pattern = "hold time SEC", .fn = set_hold },
	{ .pattern = "startup hold time SEC",
	    .fn = set_at_most,
	    .max = 65535,
	    .offset = IN_BGP(startup_hold_time),
	    .words = "Startup hold time must be less than 65536" },
	{ .pattern = "start delay time SEC", .fn = set_start_delay },
	{ .pattern = "error wait time SEC , SEC", .fn = set_error_wait },
	{ .pattern = "graceful restart aware", .fn = set_graceful, .kind = 1 },
	{ .pattern = "graceful restart BOOL", .fn = set_graceful },
	{ .pattern = "graceful restart time SEC",
	    .fn = set_at_most,
	    .max = 4095,
	    .offset = IN_BGP(graceful_time),
	    .words = GR_LIMIT },
	{ .pattern = "min graceful restart time SEC",
	    .fn = set_below,
	    .max = 4095,
	    .offset = IN_BGP(gr_min),
	    .words = GR_LIMIT },
	{ .pattern = "max graceful restart time SEC",
	    .fn = set_below,
	    .max = 4095,
	    .offset = IN_BGP(gr_max),
	    .words = GR_LIMIT },
	{ .pattern = "long lived graceful restart aware", .fn = set_llgr, .kind = 1 },
	{ .pattern = "long lived graceful restart BOOL", .fn = set_llgr },
	{ .pattern = "long lived stale time SEC",
	    .fn = set_at_most,
	    .max = 0xffffff,
	    .offset = IN_BGP(ll_stale_time),
	    .words = LL_LIMIT },
	{ .pattern = "min long lived stale time SEC",
	    .fn = set_below,
	    .max = 0xffffff,
	    .offset = IN_BGP(ll_min),
	    .words = LL_LIMIT },
	{ .pattern = "max long lived stale time SEC",
	    .fn = set_below,
	    .max = 0xffffff,
	    .offset = IN_BGP(ll_max),
	    .words = LL_LIMIT },
	{ .pattern = "allow local as [NUM]", .fn = set_allow_local_as },
	{ .pattern = "disable after cease BOOL", .fn = set_cease },
	{ .pattern = "disable after cease BLOCK", .fn = set_cease, .kind = 1 },
#define X(field, kind, dflt, lo, hi, change, words, effect)                              \
	ROW_##kind(IN_BGP(field), words, kind, lo, hi, effect)
	BGP_OPTIONS(X)
#undef X
	    { .pattern = "ipv4|ipv6 [multicast|mpls] [BLOCK]", .fn = channel_block },
	{ .pattern = "vpn4|vpn6 multicast|mpls [BLOCK]", .fn = channel_block },
	{ .pattern = "flow4|flow6|vpnflow4|vpnflow6|evpn|vpls|linkstate|vpnlinkstate|"
		     "rtc|mpls|neighbors [BLOCK]",
	    .fn = channel_block,
	    .kind = 1 },
	{ 0 },
};

/*
 * Checks of the whole.
 */
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

/* Statements without a channel open the one of the neighbour's family; in a 1.6 file
 * there is always one. */
static void
bgp_open_legacy(struct check *check, struct proto_build *p)
{
	enum family family = ip_is4(&p->p.bgp.remote_ip) ? FAM_IP4 : FAM_IP6;
	const struct chan_build *c;
	unsigned i;

	for (i = 0; i < FAMILIES; i++)
		if (p->chan[i])
			return;
	if (p->other[0].used || (!p->legacy && !check->old))
		return;
	channel_from_legacy(check, p, family);
	c = p->chan[family];
	if (c->table && c->table->type && strcmp(c->table->type, c->type) != 0 &&
	    !check->old)
		check_error(check, &c->table_at, "Incompatible table type");
}

static void
bgp_settle(const struct check *check, struct proto_build *p, bool internal)
{
	struct bgp_conf *b = &p->p.bgp;

	if (p->internal && !b->remote_as)
		b->remote_as = b->local_as;
	if (internal && !p->direct_set && !p->multihop_set)
		b->multihop = MULTIHOP_DEFAULT;
	if (b->check_link == bgp_defaults.check_link) /* nothing said */
		b->check_link = !b->multihop && !check->old;
	if (p->auth == 1)
		b->password = NULL;
}

static void
bgp_finish(struct check *check, struct proto_build *p)
{
	const struct bgp_conf *b = &p->p.bgp;
	bool internal = p->internal || b->remote_as == b->local_as;
	bool multihop = p->multihop_set || (internal && !p->direct_set);
	const char *text = bgp_check_peer(p);

	bgp_open_legacy(check, p);
	if (!text)
		text = bgp_check_role(p, internal);
	if (!text)
		text = bgp_check_reach(p, multihop);
	if (!text)
		text = bgp_check_times(check, p);
	if (!text)
		text = bgp_check_channels(
		    check, p, !internal && !b->confederation_member, multihop);
	if (text) {
		check_error(check, &p->end, "%s", text);
		return;
	}
	if (p->role && b->confederation_member) /* RFC 9234, 4 */
		check_warn(check, &p->end,
		    "BGP roles are not recommended to be used within AS confederations");
	if (b->password && !p->auth && !check->old)
		check_warn(check, &p->end, "Missing authentication option, assuming MD5");
	if (b->keepalive_time > b->hold_time / 2)
		check_warn(
		    check, &p->end, "Keepalive time should be at most half of hold time");
	bgp_settle(check, p, internal);
	channels_finish(check, p);
}

const struct proto_type bgp_type = {
	.word = "bgp",
	.shown = "BGP",
	.kind = PROTO_BGP,
	.rules = (const struct rule *const[]){ bgp_rules, NULL },
	.begin = bgp_begin,
	.finish = bgp_finish,
	.channels = "bgp",
	.preference = 100,
};
