/*
 * Statements of the file itself, but for protocols and the filter language.
 */
#include <string.h>

#include "conf/check.h"

static struct model *
model_of(struct check *check)
{
	return &check->body->m;
}

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

static void
set_timeformat(struct check *check, const struct rule *rule, const struct match *m)
{
	struct time_format f = { 0 };
	const char *text = NULL;

	(void)rule;
	if (!cap_text(check, &m->cap[1], &text))
		return;
	f.recent = check_keep(check, text);
	if (m->cap[2].arg) {
		if (!cap_num(check, &m->cap[2], &f.limit_s) ||
		    !cap_text(check, &m->cap[3], &text))
			return;
		f.old = check_keep(check, text);
	}
	model_of(check)->time_format[m->cap[0].num] = f;
}

/* timeformat WHAT iso|old short|long [ms|us] */
static void
set_timeformat_named(struct check *check, const struct rule *rule, const struct match *m)
{
	static const char *const iso_short[] = { "%T", "%T.%3f", "%T.%6f" };
	static const char *const iso_long[] = { "%F %T", "%F %T.%3f", "%F %T.%6f" };
	bool iso = m->cap[1].num == 0, is_short = m->cap[2].num == 0;
	unsigned digits = m->cap[3].arg ? m->cap[3].num + 1 : 0;
	struct time_format f = { 0 };

	(void)rule;
	if (!iso && !check->old)
		check_error(check, &m->cap[1].arg->at,
		    "syntax error, unexpected 'old', expecting "
		    "a string or 'iso'");
	if (is_short) {
		f.recent = iso_short[digits];
		f.old = iso ? "%F" : "%d-%m-%Y";
		f.limit_s = 20 * 3600;
	} else {
		f.recent = iso ? iso_long[digits] : "%d-%m-%Y %T";
	}
	model_of(check)->time_format[m->cap[0].num] = f;
}

static bool
log_mask(struct check *check, const struct arg *arg, unsigned *mask)
{
	static const char *const classes[LOG_CLASSES] = { "debug", "trace", "info",
		"remote", "warning", "error", "auth", "fatal", "bug" };
	const struct stmt *stmt;
	unsigned i, c;

	*mask = LOG_MASK_ALL;
	if (arg->kind == ARG_WORD) {
		if (strcmp(arg->text, "all") == 0)
			return true;
		check_error(check, &arg->at,
		    "syntax error, unexpected '%s', expecting '{' or all", arg->text);
		return false;
	}
	*mask = 0;
	for (stmt = arg->block->first; stmt; stmt = stmt->next)
		for (i = 0; i < stmt->n; i++) {
			for (c = 0; c < LOG_CLASSES; c++)
				if (stmt->arg[i]->text && i % 2 == 0 &&
				    strcmp(stmt->arg[i]->text, classes[c]) == 0)
					break;
			if (c < LOG_CLASSES)
				*mask |= 1u << c;
			if ((c == LOG_CLASSES && i % 2 == 0) ||
			    (i % 2 == 1 && (!stmt->arg[i]->text ||
					       strcmp(stmt->arg[i]->text, ",") != 0))) {
				check_error(check, &stmt->arg[i]->at,
				    "syntax error, unknown log class");
				return false;
			}
		}
	stmt = arg->block->first;
	if (stmt && (stmt->n % 2 == 0 || !stmt->open || stmt->next)) {
		check_error(check, stmt->n % 2 ? &stmt->end : &stmt->at,
		    "syntax error, unexpected '%c', expecting a log class",
		    stmt->open ? '}' : ';');
		return false;
	}
	return true;
}

static void
log_add(struct check *check, const struct log_dest *dest)
{
	struct log_dest *list;

	if (check->log_n == check->log_room) {
		check->log_room = check->log_room ? 2 * check->log_room : 4;
		list = ARENA_ARRAY(check->keep, struct log_dest, check->log_room);
		if (check->log_n)
			memcpy(list, check->log, check->log_n * sizeof(*list));
		check->log = list;
	}
	check->log[check->log_n++] = *dest;
}

enum { LOG_ROW_STDERR, LOG_ROW_SYSLOG, LOG_ROW_FILE, LOG_ROW_LIMIT, LOG_ROW_FIXED };

/* The mask is the capture behind the values of the destination. */
static void
set_log(struct check *check, const struct rule *rule, const struct match *m)
{
	static const unsigned mask_at[] = { 0, 1, 1, 3, 2 };
	struct log_dest dest = { .kind = LOG_TO_FILE };
	const char *text = NULL;
	uint32_t limit = 0;

	if (!log_mask(check, m->cap[mask_at[rule->kind]].arg, &dest.mask))
		return;
	if (rule->kind == LOG_ROW_STDERR)
		dest.kind = LOG_TO_STDERR;
	if (rule->kind == LOG_ROW_SYSLOG)
		dest.kind = LOG_TO_SYSLOG;
	if (rule->kind != LOG_ROW_STDERR && m->cap[0].arg) {
		if (!cap_text(check, &m->cap[0], &text))
			return;
		dest.path = check_keep(check, text);
	}
	if (rule->kind == LOG_ROW_LIMIT) {
		if (!cap_num(check, &m->cap[1], &limit) ||
		    !cap_text(check, &m->cap[2], &text))
			return;
		if (limit < 16384)
			check_error(check, &m->cap[1].arg->at,
			    "Log file size limit too low, must be at least 16384.");
		dest.limit = limit;
		dest.backup = check_keep(check, text);
	}
	if (rule->kind == LOG_ROW_FIXED)
		check_warn(check, &m->stmt->at,
		    "A log of fixed size is written as a plain file");
	if (check->log_n == LOG_DESTS_MAX - 1) /* one is for -D */
		check_error(check, &m->stmt->at, "Too many log destinations, at most %u",
		    LOG_DESTS_MAX - 1);
	log_add(check, &dest);
}

/* log udp HOST [port NUM] MASK; the host is an address or a name in quotes. */
static void
set_log_udp(struct check *check, const struct rule *rule, const struct match *m)
{
	struct log_dest dest = { .kind = LOG_TO_UDP, .port = 514 };
	char ip_text[IP_TEXT_MAX];
	const char *text = NULL;
	uint32_t port = dest.port;
	struct ip ip;

	if (!log_mask(check, m->cap[2].arg, &dest.mask) ||
	    (m->cap[1].arg && !cap_num(check, &m->cap[1], &port)))
		return;
	if (port < 1 || port > 65535)
		check_error(check, &m->cap[1].arg->at, "Invalid port number");
	dest.port = (uint16_t)port;
	if (!rule->kind && cap_ip(check, &m->cap[0], &ip))
		text = ip_format(&ip, ip_text);
	else if (rule->kind)
		cap_text(check, &m->cap[0], &text);
	if (!text)
		return;
	dest.path = check_keep(check, text);
	log_add(check, &dest);
}

/* `all`, `off`, or words in braces with commas between them: a bit for each word. */
static unsigned
mask_read(struct check *check, const struct arg *arg, const char *const *names,
    const char *what)
{
	const struct stmt *stmt = arg->kind == ARG_BLOCK ? arg->block->first : NULL;
	unsigned mask = 0, i, c;
	const char *text;

	for (c = 0; !stmt && names[c]; c++)
		mask |= arg->kind == ARG_WORD && strcmp(arg->text, "all") == 0 ? 1u << c
									       : 0;
	for (i = 0; stmt && i < stmt->n; i++) {
		text = stmt->arg[i]->text ? stmt->arg[i]->text : "";
		for (c = 0; names[c] && strcmp(text, names[c]) != 0; c++)
			;
		if (i % 2 == 0 && names[c])
			mask |= 1u << c;
		else if (i % 2 == 0 || strcmp(text, ",") != 0) {
			check_error(check, &stmt->arg[i]->at,
			    "syntax error, unexpected '%s', expecting %s", text, what);
			return mask;
		}
	}
	if (arg->kind == ARG_BLOCK && (!stmt || stmt->n % 2 == 0 || !stmt->open))
		check_error(check, stmt ? &stmt->end : &arg->block->end,
		    "syntax error, unexpected '%c', expecting %s",
		    stmt && !stmt->open ? ';' : '}', stmt && stmt->n % 2 ? "'}'" : what);
	return mask;
}

unsigned
debug_mask(struct check *check, const struct arg *arg)
{
	static const char *const names[] = { "states", "routes", "filters", "interfaces",
		"events", "packets", NULL };

	return mask_read(check, arg, names, "a debug class");
}

unsigned
cap_mrt(struct check *check, const struct capture *cap)
{
	static const char *const names[] = { "states", "messages", NULL };

	return mask_read(check, cap->arg, names, "states or messages");
}

static void
set_debug(struct check *check, const struct rule *rule, const struct match *m)
{
	(void)rule;
	check->debug = debug_mask(check, m->cap[0].arg);
}

#define THREADS_CONF_MAX 256

static void
set_threads(struct check *check, const struct rule *rule, const struct match *m)
{
	uint32_t n = 0;

	(void)rule;
	if (!cap_num(check, &m->cap[0], &n))
		return;
	if (n > THREADS_CONF_MAX)
		check_error(check, &m->cap[0].arg->at,
		    "Number of threads must be at most %u", THREADS_CONF_MAX);
	model_of(check)->threads = n;
}

static void
threads_add(struct check *check, const struct arg *at, uint32_t n)
{
	if (n > THREADS_CONF_MAX - model_of(check)->threads)
		check_error(check, &at->at, "Number of threads must be at most %u",
		    THREADS_CONF_MAX);
	else
		model_of(check)->threads += n;
}

/* mynah's own: how many threads share the tables. */
static void
set_shards(struct check *check, const struct rule *rule, const struct match *m)
{
	uint32_t n = 0;

	(void)rule;
	if (!cap_num(check, &m->cap[0], &n))
		return;
	if (n < 1 || n > MODEL_SHARDS_MAX)
		check_error(check, &m->cap[0].arg->at,
		    "Number of shards must be in range 1-%u", MODEL_SHARDS_MAX);
	model_of(check)->shards = n;
}

/* What only other releases know, or what only tests of theirs need. */
static void
set_ignored(struct check *check, const struct rule *rule, const struct match *m)
{
	if (rule->words)
		warn_no_effect(check, &m->stmt->at, rule->words);
}

/* Where a statement goes without `;`: the next one, from its first word on. */
static void
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

/*
 * What is looked at of the threads.
 */
enum { WATCH_WARNING, WATCH_TIMEOUT, WATCH_LIMIT };

static void
set_watchdog(struct check *check, const struct rule *rule, const struct match *m)
{
	struct watch_conf *w = &model_of(check)->watch;
	bool limit = rule->kind == WATCH_LIMIT;
	unsigned what = limit ? WATCH_LIMIT : m->cap[0].num;
	uint64_t *const field[] = { &w->warning_us, &w->timeout_us, &w->latency_limit_us };

	cap_time(check, &m->cap[!limit], field[what]);
	stmt_behind(check, m, m->cap[limit ? 1 : 2].arg);
}

/* debug latency BOOL, of version 2 */
static void
set_latency_all(struct check *check, const struct rule *rule, const struct match *m)
{
	bool on = false;

	(void)rule;
	if (cap_bool(check, &m->cap[0], &on))
		model_of(check)->watch.latency =
		    on ? LATENCY_SOCKETS | LATENCY_TIMERS | LATENCY_EVENTS : 0;
	stmt_behind(check, m, m->cap[1].arg);
}

/* And of version 3, what of it there is here. */
static void
set_latency(struct check *check, const struct rule *rule, const struct match *m)
{
	static const char *const names[] = { "sockets", "timers", "events", "ping", "wakeup",
		"scheduling", "allocator", NULL };
	const unsigned known = LATENCY_SOCKETS | LATENCY_TIMERS | LATENCY_EVENTS;
	unsigned mask = mask_read(check, m->cap[0].arg, names, "a latency class");

	(void)rule;
	model_of(check)->watch.latency = mask & known;
	if (mask & ~known && !(mask & known))
		warn_no_effect(check, &m->stmt->at, "debug latency");
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
	static const uint8_t named[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17, 18,
		26, 32, 35 };
	const struct arg *type = m->cap[1].arg, *name = m->cap[2].arg;
	struct ast_def def = { .kind = DEF_ATTRIBUTE, .name = name->text, .at = name->at };
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
		check_error(check, &m->cap[0].arg->at, "Attribute BGP.%u already known", n);
	else if (strcmp(type->text, "bytestring") != 0)
		check_error(check, &type->at, "Attribute type must be bytestring, not %s",
		    type->text);
	else if (check_define(check, name->text, "custom attribute", &name->at))
		scope_define(check->scope, &def);
}

static void
set_mrt(struct check *check, const struct rule *rule, const struct match *m)
{
	(void)rule;
	check->mrtdump = cap_mrt(check, &m->cap[0]);
}

static void
set_mrt_file(struct check *check, const struct rule *rule, const struct match *m)
{
	const char *text = NULL;

	(void)rule;
	if (cap_text(check, &m->cap[0], &text))
		model_of(check)->mrt_file = check_keep(check, text);
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

/* thread group NAME { ... }: times in us, as they are given */
struct thread_times {
	uint64_t max, min, latency, wakeup;
	uint32_t threads;
};

static void
group_time(struct check *check, const struct rule *rule, const struct match *m)
{
	cap_time(check, &m->cap[0], (uint64_t *)(void *)((char *)m->to + rule->offset));
}

static void
group_threads(struct check *check, const struct rule *rule, const struct match *m)
{
	struct thread_times *t = m->to;

	(void)rule;
	if (cap_num(check, &m->cap[0], &t->threads) && t->threads < 1)
		check_error(check, &m->cap[0].arg->at,
		    "Number of threads must be at least one.");
}

static const struct rule group_rules[] = {
	{ .pattern = "max time TIME",
	    .fn = group_time,
	    .offset = offsetof(struct thread_times, max) },
	{ .pattern = "min time TIME",
	    .fn = group_time,
	    .offset = offsetof(struct thread_times, min) },
	{ .pattern = "max latency TIME",
	    .fn = group_time,
	    .offset = offsetof(struct thread_times, latency) },
	{ .pattern = "wakeup time TIME",
	    .fn = group_time,
	    .offset = offsetof(struct thread_times, wakeup) },
	{ .pattern = "threads NUM", .fn = group_threads },
	{ .pattern = "default BOOL" },
	{ 0 },
};

static const char *
group_wrong(const struct thread_times *t)
{
	if (t->max > 60 * 1000000)
		return "Maximum time of a thread group must be at most 60 s";
	if (t->latency && t->latency < t->max)
		return "Maximum latency must be at least the maximum time";
	if (t->max && t->min > t->max)
		return "Minimum time must be at most the maximum time";
	if (t->wakeup < 1000000)
		return "Wakeup time must be at least 1 s";
	return NULL;
}

/* The threads of all groups together keep the sessions, whatever group a protocol names;
 * those of `express` are for BFD, which has a thread of its own here. */
static void
set_thread_group(struct check *check, const struct rule *rule, const struct match *m)
{
	struct thread_times times = { .wakeup = 1000000, .threads = 1 };

	if (check->proto_n || check->table_n > 2)
		check_error(check, &m->cap[0].arg->at,
		    "Put `threads` block before any protocol or table definition.");
	else if (words_block(check, m->cap[1].arg->block,
		     (const struct rule *const[]){ group_rules, NULL }, &times)) {
		if (group_wrong(&times))
			check_error(check, &m->cap[1].arg->block->end, "%s",
			    group_wrong(&times));
		if (times.max || times.min || times.latency)
			set_ignored(check, rule, m);
		if (strcmp(m->cap[0].arg->text, "express") != 0)
			threads_add(check, m->cap[0].arg, times.threads);
	}
}

/* mpls domain NAME { label range NAME { start N; length N; }; } */
#define MPLS_LABELS (1u << 20)

static void
set_range_number(struct check *check, const struct rule *rule, const struct match *m)
{
	struct label_range *r = m->to;
	uint32_t *field = rule->kind ? &r->length : &r->start;

	*(rule->kind ? &r->has_length : &r->has_start) = true;
	if (!cap_num(check, &m->cap[0], field))
		return;
	if (*field >= MPLS_LABELS)
		check_error(check, &m->cap[0].arg->at,
		    "MPLS label range %s must be less than 2^20", rule->words);
	else if (rule->kind && *field == 0)
		check_error(check, &m->cap[0].arg->at,
		    "MPLS label range length must be nonzero");
}

static const struct rule range_rules[] = {
	{ .pattern = "start NUM", .fn = set_range_number, .words = "start" },
	{ .pattern = "length NUM", .fn = set_range_number, .kind = 1, .words = "length" },
	{ 0 },
};

struct label_domain *
label_domain_find(const struct check *check, const char *name)
{
	struct label_domain *d = check->domains;

	while (d && strcmp(d->name, name) != 0)
		d = d->next;
	return d;
}

struct label_range *
label_range_find(const struct label_domain *d, const char *name)
{
	struct label_range *r = d->range;

	while (r && strcmp(r->name, name) != 0)
		r = r->next;
	return r;
}

static struct label_range *
range_get(struct check *check, struct label_domain *d, const char *name)
{
	struct label_range *r = label_range_find(d, name);

	if (r)
		return r;
	r = ARENA_NEW(check->keep, struct label_range);
	r->name = check_keep(check, name);
	r->next = d->range;
	return d->range = r;
}

/* With BIRD's ranges until others are said. */
static struct label_domain *
domain_new(struct check *check, const char *name)
{
	struct label_domain *d = ARENA_NEW(check->keep, struct label_domain), **end;

	d->name = check_keep(check, name);
	range_get(check, d, "static")->start = 16;
	range_get(check, d, "static")->length = 984;
	range_get(check, d, "dynamic")->start = 1000;
	range_get(check, d, "dynamic")->length = 9000;
	for (end = &check->domains; *end; end = &(*end)->next)
		;
	return *end = d;
}

struct label_domain *
label_domain_first(struct check *check, const struct place *at)
{
	if (check->domains)
		return check->domains;
	check_warn(check, at, "No MPLS domain defined");
	return domain_new(check, "");
}

static void
set_label_range(struct check *check, const struct rule *rule, const struct match *m)
{
	const struct block *block = m->cap[1].arg ? m->cap[1].arg->block : NULL;
	struct label_range r = { 0 }, *own;

	(void)rule;
	if (!block ||
	    !words_block(check, block, (const struct rule *const[]){ range_rules, NULL }, &r))
		return;
	if (!r.has_start || !r.has_length)
		check_error(check, &block->end,
		    "MPLS label range start and length must be specified");
	else if (r.start + r.length > MPLS_LABELS)
		check_error(check, &block->end,
		    "MPLS label range end must be less than 2^20");
	own = range_get(check, m->to, m->cap[0].arg->text);
	own->start = r.start;
	own->length = r.length;
}

static void
ranges_compare(struct check *check, const struct label_domain *d, const struct place *at)
{
	for (const struct label_range *a = d->range; a; a = a->next)
		for (const struct label_range *b = a->next; b; b = b->next)
			if (a->start < b->start + b->length && b->start < a->start + a->length)
				check_warn(check, at, "MPLS label ranges %s and %s overlap",
				    a->name, b->name);
}

static const struct rule domain_rules[] = {
	{ .pattern = "label range NAME [BLOCK]", .fn = set_label_range },
	{ 0 },
};

static void
set_mpls_domain(struct check *check, const struct rule *rule, const struct match *m)
{
	const struct arg *name = m->cap[0].arg;
	struct label_domain *d;

	(void)rule;
	if (!check_define(check, name->text, "MPLS domain", &name->at))
		return;
	d = domain_new(check, name->text);
	if (m->cap[1].arg)
		words_block(check, m->cap[1].arg->block,
		    (const struct rule *const[]){ domain_rules, NULL }, d);
	ranges_compare(check, d, &name->at);
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
	{ .pattern = "debug channels|tables DEBUG", .kind = 1 },
	{ .pattern = "debug show route DEBUG" },
	{ .pattern = "debug commands NUM", .fn = set_ignored, .words = "debug commands" },
	{ .pattern = "debug latency limit TIME", .fn = set_watchdog, .kind = WATCH_LIMIT },
	{ .pattern = "debug latency BOOL", .fn = set_latency_all },
	{ .pattern = "debug latency MASK", .fn = set_latency },
	{ .pattern = "debug latency BOOL ANY", .fn = set_latency_all },
	{ .pattern = "watchdog warning|timeout TIME", .fn = set_watchdog },
	{ .pattern = "watchdog warning|timeout TIME ANY", .fn = set_watchdog },
	{ .pattern = "debug latency limit TIME ANY", .fn = set_watchdog, .kind = WATCH_LIMIT },
	{ .pattern = "filter stacks NUM NUM", .fn = set_stacks, .words = "filter stacks" },
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
	{ .pattern = "mpls domain NAME [BLOCK]",
	    .fn = set_mpls_domain },
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
