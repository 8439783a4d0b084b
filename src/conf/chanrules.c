/*
 * Channels: the rows of their options, those of any channel and those of BGP's.
 */
#include <string.h>

#include "conf/check.h"

static void
chan_table(struct check *check, const struct rule *rule, const struct match *m)
{
	struct chan_build *c = m->to;
	const struct arg *name = m->cap[0].arg;
	struct table_build *t;

	(void)rule;
	c->said |= SAID_TABLE;
	c->table_at = name->at;
	c->c.table = NULL;
	if (check->old && strcmp(name->text, "master") == 0) {
		c->table = NULL;
		return;
	}
	t = check_table_find(check, name);
	if (t && t->type && c->type && strcmp(t->type, c->type) != 0)
		check_error(check, &name->at, "Incompatible table type");
	else
		c->table = t;
}

static void
chan_filter(struct check *check, const struct rule *rule, const struct match *m)
{
	struct chan_build *c = m->to;
	struct filter *f = check_filter(check, m->cap[0].arg);

	if (rule->kind == SAID_IMPORT)
		c->c.import = f;
	else
		c->c.export = f;
	c->said |= rule->kind;
}

/* Only networks inside the one are exported at all. */
static void
chan_filter_in(struct check *check, const struct rule *rule, const struct match *m)
{
	struct chan_build *c = m->to;
	struct net net = { 0 };

	(void)rule;
	c->said |= SAID_EXPORT;
	if (!cap_net(check, &m->cap[0], &net))
		return;
	if (strncmp(net.type == NET_IP6 ? "ipv6" : "ipv4", c->type, 4) != 0)
		check_error(
		    check, &m->cap[0].arg->at, "Incompatible export prefilter type");
	else
		c->c.export =
		    check_filter_in(check, m->cap[0].arg, &net, m->cap[1].arg);
}

static void
chan_limit(struct check *check, const struct rule *rule, const struct match *m)
{
	/* the number, and in the next field its action */
	uint32_t *field = (uint32_t *)(void *)((char *)m->to + rule->offset);

	if (rule->kind) {
		field[0] = 0;
		field[1] = LIMIT_OFF;
		return;
	}
	if (!cap_num(check, &m->cap[0], &field[0]))
		return;
	if (m->cap[1].arg)
		field[1] = LIMIT_WARN + m->cap[1].num;
	else
		field[1] = rule->min;
}

static void
chan_label_policy(struct check *check, const struct rule *rule, const struct match *m)
{
	struct chan_build *c = m->to;

	if (!c->gives_labels)
		warn_no_effect(check, &m->stmt->arg[m->begin]->at, rule->words);
	c->label_policy = (uint8_t)(LABEL_POLICY_STATIC + m->cap[0].num);
}

/* Whoever gives labels looks the names up when all is read. */
static void
chan_labels(struct check *check, const struct rule *rule, const struct match *m)
{
	struct chan_build *c = m->to;

	if (!c->gives_labels)
		warn_no_effect(check, &m->stmt->arg[m->begin]->at, rule->words);
	*(rule->kind ? &c->range : &c->domain) = m->cap[0].arg;
}

static void
chan_preference(struct check *check, const struct rule *rule, const struct match *m)
{
	struct chan_build *c = m->to;
	uint32_t n = 0;

	(void)rule;
	if (!cap_preference(check, &m->cap[0], &n))
		return;
	c->c.preference = n;
	c->said |= SAID_PREFERENCE;
}

#define LIMIT_ROWS(said, field, action)                                                  \
	{ .pattern = said " off",                                                        \
		.fn = chan_limit,                                                        \
		.kind = 1,                                                               \
		.offset = offsetof(struct chan_build, c.field) },                        \
	{                                                                                \
		.pattern = said " NUM [action warn|block|restart|disable]",              \
		.fn = chan_limit, .offset = offsetof(struct chan_build, c.field),        \
		.min = action                                                            \
	}

const struct rule channel_rules[] = {
	{ .pattern = "table NAME", .fn = chan_table },
	{ .pattern = "preference NUM", .fn = chan_preference },
	{ .pattern = "import FILTER", .fn = chan_filter, .kind = SAID_IMPORT },
	{ .pattern = "export FILTER", .fn = chan_filter, .kind = SAID_EXPORT },
	{ .pattern = "export in NET FILTER", .fn = chan_filter_in },
	LIMIT_ROWS("import limit", import_limit, LIMIT_DISABLE),
	LIMIT_ROWS("receive limit", receive_limit, LIMIT_DISABLE),
	LIMIT_ROWS("export limit", export_limit, LIMIT_DISABLE),
	LIMIT_ROWS("route limit", import_limit, LIMIT_RESTART),
	{ .pattern = "debug DEBUG" },
	{ .pattern = "domain NAME",
	    .fn = chan_labels,
	    .words = "domain of an mpls channel" },
	{ .pattern = "label range NAME",
	    .fn = chan_labels,
	    .kind = 1,
	    .words = "label range" },
	{ .pattern = "label policy static|prefix|aggregate|vrf",
	    .fn = chan_label_policy,
	    .words = "label policy" },
#define X(field, kind, dflt, lo, hi, change, words, effect)                              \
	ROW_##kind(offsetof(struct chan_build, c.field), words, kind, lo, hi, effect)
	CHANNEL_OPTIONS(X)
#undef X
	    { 0 },
};

static void
chan_next_hop(struct check *check, const struct rule *rule, const struct match *m)
{
	struct chan_build *c = m->to;
	uint32_t value = ONLY_BOTH;
	bool on = true;

	if (rule->kind)
		value = m->cap[0].num == 0 ? ONLY_IBGP : ONLY_EBGP;
	else if (cap_bool(check, &m->cap[0], &on) && !on)
		value = 0;
	if (check->old) /* one of both there: the last word counts */
		c->c.next_hop_self = c->c.next_hop_keep = 0;
	*(uint32_t *)(void *)((char *)m->to + rule->offset) = value;
	if (rule->offset == offsetof(struct chan_build, c.next_hop_keep))
		c->said |= SAID_KEEP;
}

static void
chan_add_paths(struct check *check, const struct rule *rule, const struct match *m)
{
	struct chan_build *c = m->to;
	bool on = true;

	if (rule->kind)
		c->c.add_paths = m->cap[0].num == 0 ? ADD_PATHS_RX : ADD_PATHS_TX;
	else if (cap_bool(check, &m->cap[0], &on))
		c->c.add_paths = on ? ADD_PATHS_ON : 0;
}

static void
chan_gateway(struct check *check, const struct rule *rule, const struct match *m)
{
	struct chan_build *c = m->to;

	(void)check;
	(void)rule;
	c->c.gateway = m->cap[0].num == 0 ? GATEWAY_DIRECT : GATEWAY_RECURSIVE;
}

static void
chan_aigp(struct check *check, const struct rule *rule, const struct match *m)
{
	struct chan_build *c = m->to;
	bool on = true;

	if (rule->kind)
		c->c.aigp = AIGP_ORIGINATE;
	else if (cap_bool(check, &m->cap[0], &on))
		c->c.aigp = on ? AIGP_ON : AIGP_OFF;
}

/* One of some words: rule->kind is the number of the first. */
static void
chan_word(struct check *check, const struct rule *rule, const struct match *m)
{
	(void)check;
	*(uint32_t *)(void *)((char *)m->to + rule->offset) =
	    (uint32_t)rule->kind + m->cap[0].num;
}

static void
chan_igp_table(struct check *check, const struct rule *rule, const struct match *m)
{
	const struct arg *name = m->cap[0].arg;
	struct chan_build *c = m->to;
	struct table_build *t;

	(void)rule;
	if (check->old && strcmp(name->text, "master") == 0)
		return;
	t = check_table_find(check, name);
	if (!t)
		return;
	if (channel_is_flow(c))
		check_error(check, &m->stmt->at, "IGP table not allowed here");
	else if (t->type && strcmp(t->type, "ipv4") != 0 && strcmp(t->type, "ipv6") != 0)
		check_error(check, &name->at, "Mismatched IGP table type");
	else if (t->type && t->type[3] == '6') {
		c->said |= SAID_IGP6;
		c->c.igp6 = &t->conf;
	} else if (t->type) {
		c->said |= SAID_IGP4;
		c->c.igp4 = &t->conf;
	}
}

/* True: it is not one of flow specifications, and that has been said. */
static bool
is_elsewhere(struct check *check, const struct rule *rule, const struct match *m)
{
	if (channel_is_flow(m->to))
		return false;
	check_error(check, &m->stmt->at, "%s option limited to flowspec channels",
	    rule->words);
	return true;
}

static void
chan_base(struct check *check, const struct rule *rule, const struct match *m)
{
	const struct arg *name = m->cap[0].arg;
	struct chan_build *c = m->to;
	struct table_build *t;

	if (is_elsewhere(check, rule, m))
		return;
	t = check_table_find(check, name);
	if (t && strcmp(t->type, c->c.family == FAM_FLOW4 ? "ipv4" : "ipv6") != 0)
		check_error(check, &name->at, "Mismatched base table type");
	else
		c->base = t;
}

static void
chan_validate(struct check *check, const struct rule *rule, const struct match *m)
{
	struct chan_build *c = m->to;
	bool on;

	if (!is_elsewhere(check, rule, m) && cap_bool(check, &m->cap[0], &on))
		c->c.validate = on;
}

static void
chan_lladdr(struct check *check, const struct rule *rule, const struct match *m)
{
	(void)rule;
	check_warn(check, &m->stmt->at,
	    "Missing lladdr option is deprecated and ignored, remove it");
}

static void
chan_cost(struct check *check, const struct rule *rule, const struct match *m)
{
	struct chan_build *c = m->to;
	uint32_t n = 0;

	(void)rule;
	if (!cap_num(check, &m->cap[0], &n))
		return;
	if (n == 0)
		check_error(check, &m->cap[0].arg->at, "Cost must be positive");
	c->c.cost = n;
}

/* A switch that is the protocol's where it is not said. */
static void
chan_switch(struct check *check, const struct rule *rule, const struct match *m)
{
	uint32_t *field = (uint32_t *)(void *)((char *)m->to + rule->offset);
	bool on = true;

	if (cap_bool(check, &m->cap[0], &on))
		*field = on;
}

static void
chan_stale(struct check *check, const struct rule *rule, const struct match *m)
{
	struct chan_build *c = m->to;
	uint32_t n = 0, *field = &c->c.ll_stale_time;

	if (!rule->kind) {
		cap_at_most(check, &m->cap[0], LL_LIMIT, 0xffffff, field);
		return;
	}
	field = m->cap[0].num == 0 ? &c->c.ll_min : &c->c.ll_max;
	if (!cap_num(check, &m->cap[rule->kind], &n))
		return;
	if (n > 0xffffff)
		check_error(check, &m->cap[rule->kind].arg->at, LL_LIMIT);
	*field = n;
}

#define NEXT_HOP_ROWS(said, field)                                                       \
	{ .pattern = said " ibgp|ebgp",                                                  \
		.fn = chan_next_hop,                                                     \
		.kind = 1,                                                               \
		.offset = offsetof(struct chan_build, c.field) },                        \
	{                                                                                \
		.pattern = said " BOOL", .fn = chan_next_hop,                            \
		.offset = offsetof(struct chan_build, c.field)                           \
	}
#define NOTHING(p, w)                                                                    \
	{                                                                                \
		.pattern = p, .fn = set_nothing, .words = w                              \
	}

const struct rule bgp_channel_rules[] = {
	NEXT_HOP_ROWS("next hop self", next_hop_self),
	NEXT_HOP_ROWS("next hop keep", next_hop_keep),
	{ .pattern = "next hop prefer global|local",
	    .fn = chan_word,
	    .kind = PREFER_GLOBAL,
	    .offset = offsetof(struct chan_build, c.next_hop_prefer) },
	{ .pattern = "link local next hop format native|single|double",
	    .fn = chan_word,
	    .offset = offsetof(struct chan_build, c.ll_format) },
	{ .pattern = "add paths rx|tx", .fn = chan_add_paths, .kind = 1 },
	{ .pattern = "add paths BOOL", .fn = chan_add_paths },
	{ .pattern = "gateway direct|recursive", .fn = chan_gateway },
	{ .pattern = "igp table NAME", .fn = chan_igp_table },
	{ .pattern = "base table NAME", .fn = chan_base, .words = "Base table" },
	{ .pattern = "validate BOOL", .fn = chan_validate, .words = "Validate" },
	{ .pattern = "missing lladdr self|drop|ignore", .fn = chan_lladdr },
	{ .pattern = "aigp originate", .fn = chan_aigp, .kind = 1 },
	{ .pattern = "aigp BOOL", .fn = chan_aigp },
	{ .pattern = "cost NUM", .fn = chan_cost },
	{ .pattern = "graceful restart BOOL",
	    .fn = chan_switch,
	    .offset = offsetof(struct chan_build, c.graceful) },
	{ .pattern = "long lived graceful restart BOOL",
	    .fn = chan_switch,
	    .offset = offsetof(struct chan_build, c.llgr) },
	{ .pattern = "long lived stale time SEC", .fn = chan_stale },
	{ .pattern = "min|max long lived stale time SEC", .fn = chan_stale, .kind = 1 },
	NOTHING("export settle time TIME TIME", "export settle time"),
	{ 0 },
};
