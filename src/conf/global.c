/*
 * Statements of the file itself, but for protocols and the filter language.
 */
#include "conf/global.h"

#include <string.h>

static void
set_router_id(struct check *check, const struct rule *rule, const struct match *m)
{
	(void)rule;
	model_of(check)->id_from_n = 0;
	cap_id(check, &m->cap[0], &model_of(check)->router_id);
	check->router_id_set = model_of(check)->router_id != 0;
}

/* `-"lo", "eth*" 10.0.0.0/8`: one pattern, up to a comma. */
static unsigned
pattern_read(struct check *check, const struct stmt *stmt, unsigned i,
    struct iface_pattern *p)
{
	const struct arg *arg;
	struct ip ip;

	for (; i < stmt->n; i++) {
		struct capture cap = { .arg = arg = stmt->arg[i] };

		if (arg->kind == ARG_PUNCT && *arg->text == ',')
			return i + 1;
		if (arg->kind == ARG_PUNCT)
			p->not = true;
		else if (arg->kind == ARG_NET)
			p->net = *arg->net;
		else if (arg->kind == ARG_IP && cap_ip(check, &cap, &ip))
			p->net = net_from_ip(&ip, ip_is4(&ip) ? 32 : 128);
		else if (arg->kind != ARG_IP)
			cap_text(check, &cap, &p->name);
	}
	return i;
}

static void
set_router_id_from(struct check *check, const struct rule *rule, const struct match *m)
{
	struct iface_pattern *list = ARENA_ARRAY(
	    check->keep, struct iface_pattern, m->stmt->n);
	unsigned i = 3, n = 0;

	(void)rule;
	while (i < m->stmt->n)
		i = pattern_read(check, m->stmt, i, &list[n++]);
	check->router_id_set = true;
	model_of(check)->router_id = 0;
	model_of(check)->id_from = list;
	model_of(check)->id_from_n = n;
}

static void
set_hostname(struct check *check, const struct rule *rule, const struct match *m)
{
	const char *text = NULL;

	(void)rule;
	if (cap_text(check, &m->cap[0], &text))
		model_of(check)->hostname = check_keep(check, text);
}

static void
set_graceful_wait(struct check *check, const struct rule *rule, const struct match *m)
{
	(void)rule;
	cap_num(check, &m->cap[0], &model_of(check)->graceful_wait_s);
}

/* What only other releases know, or what only tests of theirs need. */
void
set_ignored(struct check *check, const struct rule *rule, const struct match *m)
{
	if (rule->words)
		warn_no_effect(check, &m->stmt->at, rule->words);
}

void
stmt_behind(struct check *check, const struct match *m, const struct arg *rest)
{
	for (unsigned i = 0; rest && i < m->stmt->n; i++)
		if (m->stmt->arg[i] == rest)
			words_stmt(check, m->stmt, i,
			    (const struct rule *const[]){ global_rules, NULL }, NULL);
}

/* A table of 1.6. */
static void
set_and_more(struct check *check, const struct rule *rule, const struct match *m)
{
	table_define(check, &(struct rule){ .kind = 2, .max = 1 }, m);
	stmt_behind(check, m, m->cap[rule->kind].arg);
}

static void
set_attribute(struct check *check, const struct rule *rule, const struct match *m)
{
	struct ast_def *def = ARENA_NEW(check->tmp, struct ast_def);
	const struct arg *name = m->cap[1].arg;

	if (!check_define(check, name->text, "custom attribute", &name->at))
		return;
	def->kind = DEF_ATTRIBUTE;
	def->name = name->text;
	def->at = name->at;
	def->type = arena_printf(check->tmp, "%s%s%s%s",
	    rule->kind ? "enum " : "", m->cap[0].arg->text,
	    rule->words ? " " : "", rule->words ? rule->words : "");
	scope_define(check->scope, def);
}

/* attribute bgp NUM TYPE NAME: an attribute of the wire that has no name of its own. */
static void
set_attribute_bgp(struct check *check, const struct rule *rule, const struct match *m)
{
	static const uint8_t named[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17,
		18, 26, 32, 35 };
	const struct arg *type = m->cap[1].arg, *name = m->cap[2].arg;
	struct ast_def def = {
		.kind = DEF_ATTRIBUTE, .name = name->text, .at = name->at
	};
	uint32_t n = 0;

	(void)rule;
	if (!cap_num(check, &m->cap[0], &n))
		return;
	def.type = type->text;
	def.code = n;
	if (n < 1 || n > 255)
		check_error(check, &m->cap[0].arg->at,
		    "Invalid attribute number (Given %u, must be 1-255)", n);
	else if (memchr(named, (int)n, sizeof(named)))
		check_error(
		    check, &m->cap[0].arg->at, "Attribute BGP.%u already known", n);
	else if (strcmp(type->text, "bytestring") != 0)
		check_error(check, &type->at, "Attribute type must be bytestring, not %s",
		    type->text);
	else if (check_define(check, name->text, "custom attribute", &name->at))
		scope_define(check->scope, &def);
}

static void
set_restrict(struct check *check, const struct rule *rule, const struct match *m)
{
	struct cli_conf *cli = m->to;

	(void)check;
	(void)rule;
	cli->restricted = true;
}

/* The names of attributes are those of version 2 on every socket. */
static const struct rule cli_rules[] = {
	{ .pattern = "restrict", .fn = set_restrict },
	{ .pattern = "v2 attributes" },
	{ 0 },
};

static void
cli_add(struct check *check, const struct cli_conf *cli)
{
	struct model *m = model_of(check);
	struct cli_conf *list = ARENA_ARRAY(check->keep, struct cli_conf, m->cli_n + 1);

	if (m->cli_n)
		memcpy(list, m->cli, m->cli_n * sizeof(*list));
	list[m->cli_n++] = *cli;
	m->cli = list;
}

#define SOCKET_PATH_MAX 107

static void
set_cli(struct check *check, const struct rule *rule, const struct match *m)
{
	struct cli_conf cli = { 0 };
	const char *text = NULL;

	(void)rule;
	if (!cap_text(check, &m->cap[0], &text))
		return;
	cli.path = check_keep(check, text);
	if (m->cap[1].arg)
		words_block(check, m->cap[1].arg->block,
		    (const struct rule *const[]){ cli_rules, NULL }, &cli);
	for (unsigned i = 0; i < model_of(check)->cli_n; i++)
		if (strcmp(model_of(check)->cli[i].path, text) == 0) {
			check_error(check, &m->cap[0].arg->at,
			    "Control socket '%s' is named twice", text);
			return;
		}
	if (strlen(text) > SOCKET_PATH_MAX)
		check_error(check, &m->cap[0].arg->at, "Control socket: path too long");
	else
		cli_add(check, &cli);
}

static void
set_stacks(struct check *check, const struct rule *rule, const struct match *m)
{
	uint32_t a = 16, b = 16;

	if (cap_num(check, &m->cap[0], &a) && cap_num(check, &m->cap[1], &b) &&
	    (a < 16 || b < 16))
		check_error(check, &m->cap[a < 16 ? 0 : 1].arg->at,
		    "Filter stack values lesser than 16 not supported");
	set_ignored(check, rule, m);
}

static void
listen_part(struct check *check, const struct rule *rule, const struct match *m)
{
	uint32_t port = 0;

	if (!rule->kind)
		cap_ip(check, &m->cap[0], &check->listen.ip);
	else if (cap_num(check, &m->cap[0], &port) && (port < 1 || port > 65535))
		check_error(check, &m->cap[0].arg->at, "Invalid port number");
	else
		check->listen.port = port;
}

static const struct rule listen_parts[] = {
	{ .pattern = "address IP", .fn = listen_part },
	{ .pattern = "port NUM", .fn = listen_part, .kind = 1 },
	{ .pattern = "v6only|dual" },
	{ 0 },
};

static void
set_listen(struct check *check, const struct rule *rule, const struct match *m)
{
	(void)rule;
	check->listen.at = m->stmt->at;
	words_parts(check, m->stmt, 2, (const struct rule *const[]){ listen_parts, NULL },
	    NULL);
}

const struct rule global_rules[] = {
	{ .pattern = "router id ID", .fn = set_router_id },
	{ .pattern = "router id from IFACES", .fn = set_router_id_from },
	{ .pattern = "hostname TEXT", .fn = set_hostname },
	{ .pattern = "graceful restart wait SEC", .fn = set_graceful_wait },
	{ .pattern = "timeformat route|protocol|base|log TEXT [NUM TEXT]",
	    .fn = set_timeformat },
	{ .pattern = "timeformat route|protocol|base|log iso|old short|long [ms|us]",
	    .fn = set_timeformat_named },
	{ .pattern = "log stderr MASK", .fn = set_log, .kind = LOG_ROW_STDERR },
	{ .pattern = "log syslog [name TEXT] MASK",
	    .fn = set_log,
	    .kind = LOG_ROW_SYSLOG },
	{ .pattern = "log TEXT MASK", .fn = set_log, .kind = LOG_ROW_FILE },
	{ .pattern = "log TEXT NUM TEXT MASK", .fn = set_log, .kind = LOG_ROW_LIMIT },
	{ .pattern = "log fixed TEXT NUM MASK", .fn = set_log, .kind = LOG_ROW_FIXED },
	{ .pattern = "log udp IP [port NUM] MASK", .fn = set_log_udp },
	{ .pattern = "log udp TEXT [port NUM] MASK", .fn = set_log_udp, .kind = 1 },
	{ .pattern = "mrtdump TEXT", .fn = set_mrt_file },
	{ .pattern = "mrtdump protocols MRT", .fn = set_mrt },
	{ .pattern = "debug protocols DEBUG", .fn = set_debug },
	{ .pattern = "debug channels|tables DEBUG",
	    .fn = set_debug_ignored,
	    .words = "debug of channels and tables",
	    .kind = 1 },
	{ .pattern = "debug show route DEBUG",
	    .fn = set_debug_ignored,
	    .words = "debug show route" },
	{ .pattern = "debug commands NUM", .fn = set_ignored, .words = "debug commands" },
	{ .pattern = "debug latency limit TIME",
	    .fn = set_watchdog,
	    .kind = WATCH_LIMIT },
	{ .pattern = "debug latency BOOL", .fn = set_latency_all },
	{ .pattern = "debug latency MASK", .fn = set_latency },
	{ .pattern = "debug latency BOOL ANY", .fn = set_latency_all },
	{ .pattern = "watchdog warning|timeout TIME", .fn = set_watchdog },
	{ .pattern = "watchdog warning|timeout TIME ANY", .fn = set_watchdog },
	{ .pattern = "debug latency limit TIME ANY",
	    .fn = set_watchdog,
	    .kind = WATCH_LIMIT },
	{ .pattern = "filter stacks NUM NUM",
	    .fn = set_stacks,
	    .words = "filter stacks" },
	{ .pattern = "threads NUM", .fn = set_threads },
	{ .pattern = "shards NUM", .fn = set_shards },
	{ .pattern = "thread group NAME BLOCK",
	    .fn = set_thread_group,
	    .words = "times of a thread group" },
	{ .pattern = "cli TEXT [BLOCK]", .fn = set_cli },
	{ .pattern = "listen bgp [ANY]", .fn = set_listen },
	{ .pattern = "table NAME [sorted|sorted]", .fn = table_define, .kind = 2 },
	{ .pattern = "table NAME sorted ANY", .fn = set_and_more, .kind = 1, .max = 1 },
	{ .pattern = "table NAME ANY", .fn = set_and_more, .kind = 1, .max = 1 },
	{ .pattern = "roa table NAME [BLOCK]", .fn = table_define, .kind = 3 },
	{ .pattern = "ipv4|ipv6|vpn4|vpn6|roa4|roa6|flow4|flow6|mpls|aspa|eth|evpn|rtc|"
		     "vpnflow4|vpnflow6|vpls|linkstate|vpnlinkstate|neighbor table "
		     "NAME [sorted|sorted] [BLOCK]",
	    .fn = table_define,
	    .kind = 0 },
	{ .pattern = "ipv6 sadr|sadr table NAME [sorted|sorted] [BLOCK]",
	    .fn = table_define,
	    .kind = 1,
	    .words = "ipv6 sadr" },
	{ .pattern = "mpls domain NAME [BLOCK]", .fn = set_mpls_domain },
	{ .pattern = "attribute NAME NAME", .fn = set_attribute },
	{ .pattern = "attribute enum NAME NAME", .fn = set_attribute, .kind = 1 },
	{ .pattern = "attribute enum NAME set NAME",
	    .fn = set_attribute,
	    .kind = 1,
	    .words = "set" },
	{ .pattern = "attribute NAME set NAME", .fn = set_attribute, .words = "set" },
	{ .pattern = "attribute bgp NUM NAME NAME", .fn = set_attribute_bgp },
	{ .pattern = "bt_test_suite|bt_assert|bt_test_same ANY",
	    .fn = set_ignored,
	    .words = "bt_test" },
	{ 0 },
};
