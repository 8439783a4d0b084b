/*
 * Protocol bgp: rows of options with a syntax of their own, and the end of a body.
 */
#include <string.h>

#include "conf/check.h"

#define IN_BGP(field) offsetof(struct proto_build, p.bgp.field)
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
	const char *text;

	bgp_open_legacy(check, p);
	text = bgp_wrong(check, p, internal);
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
