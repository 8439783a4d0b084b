/*
 * Protocols of a node that is also a router: direct, kernel, pipe.
 */
#include <string.h>

#include "conf/check.h"

#define IN_KERNEL(field) offsetof(struct proto_build, p.kernel.field)

void
other_channels_warn(struct check *check, const struct proto_build *p)
{
	if (p->other[0].used)
		check_warn(check, &p->other[0].at,
		    "Channel %s of a %s protocol has no effect yet", p->other[0].name,
		    p->type->word);
}

/*
 * direct
 */
struct patterns {
	unsigned n;
	const struct iface_pattern *at;
};

static void
pattern_add(struct check *check, struct patterns *list, const struct iface_pattern *new)
{
	struct iface_pattern *more =
	    ARENA_ARRAY(check->keep, struct iface_pattern, list->n + 1);

	if (list->n)
		memcpy(more, list->at, list->n * sizeof(*more));
	more[list->n++] = *new;
	list->at = more;
}

static void
pattern_part(struct check *check, struct iface_pattern *pat, const struct arg *a)
{
	struct capture cap = { .arg = a };

	if (a->kind == ARG_NET)
		pat->net = *a->net;
	else if (a->kind == ARG_IP)
		pat->net = net_from_ip(a->ip, ip_is4(a->ip) ? 32 : 128);
	else if (cap_text(check, &cap, &pat->name))
		pat->name = check_keep(check, pat->name);
}

static bool
is_punct(const struct arg *a, const char *text)
{
	return a->text && a->kind != ARG_TEXT && strcmp(a->text, text) == 0;
}

void
check_patterns(struct check *check, const struct match *m, unsigned from, unsigned *n,
    const struct iface_pattern **at)
{
	struct iface_pattern pat = { 0 };
	struct patterns list = { *n, *at };
	unsigned i;

	for (i = from; i < m->stmt->n; i++) {
		const struct arg *a = m->stmt->arg[i];

		if (a->kind == ARG_BLOCK)
			break;
		if (is_punct(a, ",")) {
			pattern_add(check, &list, &pat);
			pat = (struct iface_pattern){ 0 };
		} else if (is_punct(a, "-")) {
			pat.not = true;
		} else {
			pattern_part(check, &pat, a);
		}
	}
	pattern_add(check, &list, &pat);
	*n = list.n;
	*at = list.at;
}

static void
direct_iface(struct check *check, const struct rule *rule, const struct match *m)
{
	struct direct_conf *d = &((struct proto_build *)m->to)->p.direct;

	(void)rule;
	check_patterns(check, m, m->begin + 1, &d->pattern_n, &d->pattern);
}

static const struct rule direct_rules[] = {
	{ .pattern = "interface IFACES", .fn = direct_iface },
	{ .pattern = "check link BOOL",
	    .fn = set_field,
	    .kind = FIELD_BOOL,
	    .offset = offsetof(struct proto_build, p.direct.check_link),
	    .words = "check link" },
	CHANNEL_ROWS,
	{ 0 },
};

static void
direct_finish(struct check *check, struct proto_build *p)
{
	if (p->chan[FAM_IP6] && p->chan[FAM_SADR])
		check_error(check, &p->end, "Both ipv6 and ipv6-sadr channels");
	channel_open_legacy(check, p);
	other_channels_warn(check, p);
	channels_finish(check, p);
}

/*
 * kernel
 */
static void
kernel_begin(struct check *check, struct proto_build *p)
{
	p->p.kernel = (struct kernel_conf){
#define X(field, kind, dflt, ...) .field = dflt,
		KERNEL_OPTIONS(X)
#undef X
	};
	if (check->old && !check->six)
		p->p.kernel.metric = 0;
}

/* `device routes` is what 2 always does, but for 1.6. */
static void
kernel_device_routes(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)rule;
	if (!check->old)
		check_error(check, &m->stmt->at, "syntax error, unexpected 'device'");
	else
	{
		bool on = true;

		if (cap_bool(check, &m->cap[0], &on))
			p->p.kernel.device_routes = on;
	}
}

static void
kernel_learn(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	bool on = true;

	if (rule->kind)
		p->p.kernel.learn = LEARN_ALL;
	else if (cap_bool(check, &m->cap[0], &on))
		p->p.kernel.learn = on ? LEARN_ALIEN : LEARN_NONE;
}

static void
kernel_merge(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	uint32_t n = 16;
	bool on = true;

	if (!cap_bool(check, &m->cap[0], &on))
		return;
	if (rule->kind && cap_num(check, &m->cap[1], &n) && (n < 1 || n > 255))
		check_error(check, &m->cap[1].arg->at,
		    "Merge paths limit must be in range 1-255");
	p->p.kernel.merge_paths = on ? n : 0;
}

static const struct rule kernel_rules[] = {
	{ .pattern = "merge paths BOOL limit NUM", .fn = kernel_merge, .kind = 1 },
	{ .pattern = "merge paths BOOL", .fn = kernel_merge },
	{ .pattern = "learn all", .fn = kernel_learn, .kind = 1 },
	{ .pattern = "learn BOOL", .fn = kernel_learn },
	{ .pattern = "device routes BOOL", .fn = kernel_device_routes },
#define X(field, kind, dflt, lo, hi, change, words, effect)                              \
	ROW_##kind(IN_KERNEL(field), words, kind, lo, hi, effect)
	KERNEL_OPTIONS(X)
#undef X
	    CHANNEL_ROWS,
	{ 0 },
};

/* One kernel protocol per table; the table's symbol cannot say, so the list of protocols
 * does. */
static bool
kernel_is_second(struct check *check, struct proto_build *p)
{
	const struct proto_build *q;
	unsigned i;

	for (i = 0; i < FAMILIES; i++)
		if (p->chan[i]) /* what is not said is the first of its type */
			channel_table(check, p->chan[i]);
	for (q = check->protos; q; q = q->next)
		for (i = 0; i < FAMILIES && q->p.kind == PROTO_KERNEL; i++)
			if (p->chan[i] && q->chan[i] &&
			    p->chan[i]->table == q->chan[i]->table) {
				check_error(check, &p->end,
				    "Kernel syncer (%s) already attached to table %s",
				    q->p.name,
				    p->chan[i]->table ? p->chan[i]->table->conf.name
				    : i == FAM_IP4   ? "master4"
						     : "master6");
				return true;
			}
	return false;
}

static void
kernel_finish(struct check *check, struct proto_build *p)
{
	channel_open_legacy(check, p);
	if (!channel_first(p)) {
		check_error(check, &p->end, "Channel not specified");
		return;
	}
	if (kernel_is_second(check, p))
		return;
	other_channels_warn(check, p);
	channels_finish(check, p);
}

/*
 * pipe
 */
void
pipe_table(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	const struct arg *name = m->cap[0].arg;
	struct table_build *t = NULL;

	p->flags |= rule->kind;
	if (!check->old || strcmp(name->text, "master") != 0)
		t = check_table_find(check, name);
	if (rule->kind == PIPE_TABLE)
		channel_own(check, p, &p->legacy)->table = t;
	else
		p->peer_table = t;
}

/* `mode` is gone since 2, and a pipe never kept what it filtered. */
static void
pipe_gone(struct check *check, const struct rule *rule, const struct match *m)
{
	if (!rule->words)
		check_error(check, &m->stmt->at,
		    "Pipe protocol prohibits keeping filtered routes");
	else if (!check->old)
		check_error(
		    check, &m->stmt->at, "syntax error, unexpected '%s'", rule->words);
	else
		warn_no_effect(check, &m->stmt->at, rule->words);
}

void
pipe_filter(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	struct filter *f = check_filter(check, m->cap[0].arg);
	struct chan_build *c = channel_own(check, p, &p->legacy);

	if (rule->kind)
		c->c.export = f;
	else
		c->c.import = f;
	c->said |= rule->kind ? SAID_EXPORT : SAID_IMPORT;
}

static void
pipe_filter_in(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	struct chan_build *c = channel_own(check, p, &p->legacy);
	struct net net = { 0 };
	struct filter *f;

	if (!cap_net(check, &m->cap[0], &net))
		return;
	f = check_filter_in(check, m->cap[0].arg, &net, m->cap[1].arg);
	if (rule->kind)
		c->c.export = f;
	else
		c->c.import = f;
	c->said |= rule->kind ? SAID_EXPORT : SAID_IMPORT;
	p->inside[rule->kind] = m->cap[0].arg;
	p->inside_type[rule->kind] = net.type;
}

/* The tables may be named behind it. */
static void
pipe_inside_check(struct check *check, const struct proto_build *p, const char *type)
{
	for (unsigned i = 0; i < 2; i++)
		if (p->inside[i] &&
		    strcmp(p->inside_type[i] == NET_IP6 ? "ipv6" : "ipv4", type) != 0)
			check_error(check, &p->inside[i]->at,
			    "Incompatible %s prefilter type", i ? "export" : "import");
}

void
pipe_limit(struct check *check, const struct rule *rule, const struct match *m)
{
	struct chan_build *c = channel_own(
	    check, m->to, &((struct proto_build *)m->to)->legacy);
	uint32_t max = 0, action = LIMIT_OFF;

	if (rule->kind < 2) {
		if (!cap_num(check, &m->cap[0], &max))
			return;
		action = m->cap[1].arg ? LIMIT_WARN + m->cap[1].num : LIMIT_DISABLE;
	}
	if (rule->kind % 2) {
		c->c.export_limit = max;
		c->c.export_action = action;
	} else {
		c->c.import_limit = max;
		c->c.import_action = action;
	}
}

#define PIPE_LIMIT(way, n)                                                               \
	{ .pattern = way " limit NUM [action warn|block|restart|disable]",               \
		.fn = pipe_limit,                                                        \
		.kind = n },                                                             \
	{ .pattern = way " limit off", .fn = pipe_limit, .kind = n + 2 }

static const struct rule pipe_rules[] = {
	{ .pattern = "import FILTER", .fn = pipe_filter },
	{ .pattern = "export FILTER", .fn = pipe_filter, .kind = 1 },
	{ .pattern = "table NAME", .fn = pipe_table, .kind = PIPE_TABLE },
	{ .pattern = "peer table NAME", .fn = pipe_table, .kind = PIPE_PEER_TABLE },
	{ .pattern = "import in NET FILTER", .fn = pipe_filter_in },
	{ .pattern = "export in NET FILTER", .fn = pipe_filter_in, .kind = 1 },
	PIPE_LIMIT("import", 0),
	PIPE_LIMIT("export", 1),
	{ .pattern = "import keep filtered BOOL", .fn = pipe_gone },
	{ .pattern = "preference NUM", .fn = pipe_gone, .words = "preference" },
	{ .pattern = "mode opaque|transparent", .fn = pipe_gone, .words = "mode" },
	{ .pattern = "max generation NUM",
	    .fn = set_field,
	    .kind = FIELD_NUM,
	    .offset = offsetof(struct proto_build, p.generation_max),
	    .min = 1,
	    .max = 254,
	    .words = "max generation" },
	{ 0 },
};

static bool
pipe_check(struct check *check, const struct proto_build *p)
{
	const struct table_build *a = p->legacy ? p->legacy->table : NULL,
				 *b = p->peer_table;
	const char *fault = NULL;

	if (!(p->flags & PIPE_TABLE) && !check->old)
		fault = "Primary routing table not specified";
	else if (!(p->flags & PIPE_PEER_TABLE))
		fault = "Secondary routing table not specified";
	else if (a == b)
		fault = "Primary table and peer table must be different";
	else if (a && b && a->type && b->type && strcmp(a->type, b->type) != 0)
		fault = "Primary table and peer table must have the same type";
	if (fault)
		check_error(check, &p->end, "%s", fault);
	return !fault;
}

/* In 1.6 the tables are of the file's family; a pipe exports nothing there unless told. */
static const char *
pipe_type_of(struct check *check, const struct proto_build *p)
{
	if (p->legacy->table && p->legacy->table->type)
		return p->legacy->table->type;
	if (p->peer_table && p->peer_table->type)
		return p->peer_table->type;
	return check->six ? "ipv6" : "ipv4";
}

void
pipe_channel(struct check *check, struct proto_build *p, struct filter *export)
{
	const struct chan_build *made = channel_own(check, p, &p->legacy);
	const char *type = pipe_type_of(check, p);
	enum family family = channel_family(type);
	struct chan_build *c, peer = { .table = p->peer_table, .type = type };

	pipe_inside_check(check, p, type);
	if (family == FAM_NONE) {
		check_warn(check, &p->at, "%s %s of %s tables has no effect yet",
		    p->type->shown, p->p.name, type);
		return;
	}
	c = channel_own(check, p, &p->chan[family]);
	channel_init(check, p, c, type, type);
	if (check->old)
		c->c.preference = 70; /* shown, not given to routes */
	c->table = made->table;
	c->c.import_limit = made->c.import_limit;
	c->c.import_action = made->c.import_action;
	c->c.export_limit = made->c.export_limit;
	c->c.export_action = made->c.export_action;
	c->c.rpki_reload = !made->no_recheck;
	c->said = made->said | SAID_IMPORT | SAID_EXPORT;
	c->c.import = made->said & SAID_IMPORT ? made->c.import
					       : check_hold(check, filter_accept());
	c->c.export = made->said & SAID_EXPORT ? made->c.export
					       : check_hold(check, export);
	channel_table(check, &peer);
	p->p.peer_table = peer.c.table;
	channels_finish(check, p);
}

static void
pipe_finish(struct check *check, struct proto_build *p)
{
	channel_own(check, p, &p->legacy); /* it may have said nothing at all */
	if (pipe_check(check, p))
		pipe_channel(
		    check, p, check->old ? filter_reject() : filter_accept());
}

const struct proto_type direct_type = { .word = "direct",
	.shown = "Direct",
	.kind = PROTO_DIRECT,
	.rules = (const struct rule *const[]){ direct_rules, NULL },
	.finish = direct_finish,
	.channels = "net",
	.allowed = (const char *const[]){ "ipv4", "ipv6", "ipv6 sadr", NULL },
	.preference = 240 };
const struct proto_type kernel_type = { .word = "kernel",
	.shown = "Kernel",
	.kind = PROTO_KERNEL,
	.rules = (const struct rule *const[]){ kernel_rules, NULL },
	.begin = kernel_begin,
	.finish = kernel_finish,
	.channels = "net",
	.allowed = (const char *const[]){ "ipv4", "ipv6", "ipv6 sadr", "mpls", NULL },
	.one_channel = true,
	.preference = 10 };
const struct proto_type pipe_type = { .word = "pipe",
	.shown = "Pipe",
	.kind = PROTO_PIPE,
	.rules = (const struct rule *const[]){ pipe_rules, NULL },
	.finish = pipe_finish };
