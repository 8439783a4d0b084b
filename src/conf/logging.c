/*
 * Statements of the file on what is told, and where: log, debug, mrtdump, the form of times.
 */
#include "conf/global.h"

#include <string.h>

void
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
void
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
log_add(struct check *check, const struct place *at, const struct log_dest *dest)
{
	struct log_dest *list;

	if (check->log_n == LOG_DESTS_MAX - 1) /* one is for -D */
		check_error(check, at, "Too many log destinations, at most %u",
		    LOG_DESTS_MAX - 1);
	if (check->log_n == check->log_room) {
		check->log_room = check->log_room ? 2 * check->log_room : 4;
		list = ARENA_ARRAY(check->keep, struct log_dest, check->log_room);
		if (check->log_n)
			memcpy(list, check->log, check->log_n * sizeof(*list));
		check->log = list;
	}
	check->log[check->log_n++] = *dest;
}

/* The mask is the capture behind the values of the destination. */
void
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
	log_add(check, &m->stmt->at, &dest);
}

/* log udp HOST [port NUM] MASK; the host is an address or a name in quotes. */
void
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
	log_add(check, &m->stmt->at, &dest);
}

unsigned
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

void
set_debug(struct check *check, const struct rule *rule, const struct match *m)
{
	(void)rule;
	check->debug = debug_mask(check, m->cap[0].arg);
}

void
set_debug_ignored(struct check *check, const struct rule *rule, const struct match *m)
{
	debug_mask(check, m->cap[rule->kind].arg);
	set_ignored(check, rule, m);
}

void
set_mrt(struct check *check, const struct rule *rule, const struct match *m)
{
	(void)rule;
	check->mrtdump = cap_mrt(check, &m->cap[0]);
}

void
set_mrt_file(struct check *check, const struct rule *rule, const struct match *m)
{
	const char *text = NULL;

	(void)rule;
	if (cap_text(check, &m->cap[0], &text))
		model_of(check)->mrt_file = check_keep(check, text);
}
