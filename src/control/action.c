/*
 * Commands that do something: configuration, protocols, and the settings of the session.
 */
#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "control/commands.h"
#include "control/session.h"

COMMANDS(HANDLER_ROW)

#define UNDO_TIMEOUT_S 300

/*
 * configure: the daemon answers.  The configuration is that of the start file, of a file
 * named, or `text N`, the N bytes that follow the line.
 */
static void
configure_run(struct control *c)
{
	c->ops->configure(c->daemon, c, &c->configure);
}

/* Bytes of the text wait in the input or are still to come. */
static void
configure_text_step(struct control *c)
{
	size_t n = c->in_len - c->in_off, left = c->configure.text_len - c->body_len;

	if (n > left)
		n = left;
	memcpy(c->body + c->body_len, c->in + c->in_off, n);
	c->body_len += n;
	c->in_off += n;
	if (c->body_len < c->configure.text_len)
		return;
	c->step = NULL;
	c->configure.text = c->body;
	configure_run(c);
}

static bool
take_text(struct control *c)
{
	if (c->token->kind != TOKEN_NUM)
		return control_unexpected(c, "NUM");
	if (c->token->num > CONTROL_TEXT_MAX)
		return control_fail(c, "Configuration too long");
	c->configure.text_len = c->token++->num;
	c->body_len = 0;
	c->body = mem_alloc(c->configure.text_len + 1);
	return true;
}

static void
take_timeout(struct control *c, const char **expecting)
{
	uint32_t *timeout_s = &c->configure.timeout_s;

	if (!control_take_word(c, "timeout"))
		return;
	*timeout_s = UNDO_TIMEOUT_S;
	*expecting = "END or NUM";
	if (c->token->kind == TOKEN_NUM) {
		*timeout_s = c->token++->num;
		*expecting = "END";
	}
}

static void
configure(struct control *c, enum configure_kind kind, const char *first)
{
	bool tries = kind == CONFIGURE_CHECK || kind == CONFIGURE_PLAN;

	c->configure = (struct configure_request){ .kind = kind };
	if (c->token->kind == TOKEN_TEXT) {
		c->configure.file = c->token++->text;
		first = tries ? "END" : "END or TIMEOUT";
	} else if (control_take_word(c, "text")) {
		c->closing = true; /* text is not to be taken for commands */
		if (!take_text(c))
			return;
		first = tries ? "END" : "END or TIMEOUT";
	}
	if (!tries)
		take_timeout(c, &first);
	if (!control_at_end(c, first))
		return;
	c->closing = false;
	if (c->body)
		c->step = configure_text_step;
	else
		configure_run(c);
}

void
handle_configure(struct control *c)
{
	configure(c, CONFIGURE, NULL);
}

void
handle_configure_soft(struct control *c)
{
	configure(c, CONFIGURE_SOFT, "END or TEXT or TIMEOUT");
}

void
handle_configure_restart(struct control *c)
{
	configure(c, CONFIGURE_RESTART, "END or TEXT or TIMEOUT");
}

void
handle_configure_check(struct control *c)
{
	configure(c, CONFIGURE_CHECK, "END or TEXT");
}

void
handle_plan(struct control *c)
{
	configure(c, CONFIGURE_PLAN, "END or TEXT");
}

void
handle_configure_confirm(struct control *c)
{
	if (control_at_end(c, "END"))
		c->ops->configure_confirm(c->daemon, c);
}

void
handle_configure_undo(struct control *c)
{
	if (control_at_end(c, "END"))
		c->ops->configure_undo(c->daemon, c);
}

void
handle_configure_status(struct control *c)
{
	if (control_at_end(c, "END"))
		c->ops->configure_status(c->daemon, c);
}

void
handle_down(struct control *c)
{
	if (!control_at_end(c, "END"))
		return;
	control_end(c, 7, "Shutdown requested");
	c->ops->down(c->daemon);
}

void
handle_graceful_restart(struct control *c)
{
	if (!control_at_end(c, "END"))
		return;
	control_end(c, 25, "Graceful restart requested");
	c->ops->graceful_restart(c->daemon);
}

/*
 * Protocols.  Names are gathered before anything is done, since what is done may change
 * the daemon's list.
 */
struct names {
	const char *name;
	struct names *next;
};

static struct names *
select_names(struct control *c)
{
	struct names *first = NULL, **end = &first;
	struct protocol_record r;

	for (unsigned i = 0;; i++) {
		r = (struct protocol_record){ 0 };
		if (!c->ops->protocol(c->daemon, i, false, &r))
			return first;
		if (!control_selects(c, r.conf->name))
			continue;
		*end = ARENA_NEW(c->arena, struct names);
		(*end)->name = arena_strdup(c->arena, r.conf->name);
		end = &(*end)->next;
	}
}

static void
act(struct control *c, enum proto_action action, const char *message)
{
	struct names *n = select_names(c);

	if (!n) {
		control_end(c, 8003, "No protocols match");
		return;
	}
	for (; n; n = n->next) {
		const char *text = "";
		unsigned code =
		    c->ops->proto_do(c->daemon, n->name, action, message, &text);

		control_line(c, code, "%s: %s", n->name, text);
	}
	control_end(c, 0, "%s", "");
}

#define SELECT_EXPECTING "CF_SYM_KNOWN or TEXT or ALL"

static void
act_with_message(struct control *c, enum proto_action action)
{
	const char *message = NULL;

	if (!control_take_select(c, false, SELECT_EXPECTING))
		return;
	if (c->token->kind == TOKEN_TEXT)
		message = c->token++->text;
	if (control_at_end(c, message ? "END" : "END or TEXT"))
		act(c, action, message);
}

static void
act_plain(struct control *c, enum proto_action action, const char *expecting)
{
	if (control_take_select(c, false, expecting) && control_at_end(c, "END"))
		act(c, action, NULL);
}

void
handle_enable(struct control *c)
{
	act_with_message(c, PROTO_ENABLE);
}

void
handle_disable(struct control *c)
{
	act_with_message(c, PROTO_DISABLE);
}

void
handle_restart(struct control *c)
{
	act_with_message(c, PROTO_RESTART);
}

void
handle_reload(struct control *c)
{
	act_plain(c, PROTO_RELOAD, NULL);
}

void
handle_reload_in(struct control *c)
{
	act_plain(c, PROTO_RELOAD_IN, SELECT_EXPECTING);
}

void
handle_reload_out(struct control *c)
{
	act_plain(c, PROTO_RELOAD_OUT, SELECT_EXPECTING);
}

/*
 * Masks: all, off, or { word, word }.
 */
struct mask_word {
	const char *word;
	unsigned bit;
};

static const struct mask_word debug_words[] = {
	{ "states", DEBUG_STATES },
	{ "routes", DEBUG_ROUTES },
	{ "filters", DEBUG_FILTERS },
	{ "interfaces", DEBUG_INTERFACES },
	{ "events", DEBUG_EVENTS },
	{ "packets", DEBUG_PACKETS },
	{ NULL, 0 },
};

static const struct mask_word mrtdump_words[] = {
	{ "states", 1 },
	{ "messages", 2 },
	{ NULL, 0 },
};

static const struct mask_word echo_words[] = {
	{ "debug", 1 << LOG_C_DEBUG },
	{ "trace", 1 << LOG_C_TRACE },
	{ "info", 1 << LOG_C_INFO },
	{ "remote", 1 << LOG_C_REMOTE },
	{ "warning", 1 << LOG_C_WARNING },
	{ "error", 1 << LOG_C_ERROR },
	{ "auth", 1 << LOG_C_AUTH },
	{ "fatal", 1 << LOG_C_FATAL },
	{ "bug", 1 << LOG_C_BUG },
	{ NULL, 0 },
};

static bool
take_mask(struct control *c, const struct mask_word *words, const char *expecting,
    unsigned *mask)
{
	*mask = 0;
	if (control_take_word(c, "off"))
		return true;
	if (control_take_word(c, "all")) {
		*mask = ~0u;
		return true;
	}
	if (!control_take_char(c, '{'))
		return control_unexpected(c, expecting);
	do {
		const struct mask_word *w = words;

		while (w->word && !control_take_word(c, w->word))
			w++;
		if (!w->word)
			return control_unexpected(c, NULL);
		*mask |= w->bit;
	} while (control_take_char(c, ','));
	return control_take_char(c, '}') || control_unexpected(c, "',' or '}'");
}

/* `debug P.CHANNEL MASK` sets the protocol's. */
static bool
take_channel(struct control *c)
{
	if (!c->select.name || !control_take_char(c, '.'))
		return true;
	return control_take_word(c, "ipv4") || control_take_word(c, "ipv6") ||
	    control_unexpected(c, NULL);
}

void
handle_debug(struct control *c)
{
	struct names *n;
	unsigned mask;

	if (!control_take_select(c, false, SELECT_EXPECTING) || !take_channel(c) ||
	    !take_mask(c, debug_words, "'.' or OFF or '{' or ALL", &mask) ||
	    !control_at_end(c, "END"))
		return;
	n = select_names(c);
	if (!n) {
		control_end(c, 8003, "No protocols match");
		return;
	}
	for (; n && c->ops->debug; n = n->next)
		c->ops->debug(c->daemon, n->name, mask & DEBUG_ALL);
	control_end(c, 0, "%s", "");
}

void
handle_mrtdump(struct control *c)
{
	struct names *n;
	unsigned mask;

	if (!control_take_select(c, false, SELECT_EXPECTING) ||
	    !take_mask(c, mrtdump_words, "OFF or '{' or ALL", &mask) ||
	    !control_at_end(c, "END"))
		return;
	n = select_names(c);
	if (!n) {
		control_end(c, 8003, "No protocols match");
		return;
	}
	for (; n && c->ops->mrtdump; n = n->next)
		c->ops->mrtdump(
		    c->daemon, n->name, mask & (MRTDUMP_STATES | MRTDUMP_MESSAGES));
	control_end(c, 0, "%s", "");
}

void
handle_dump(struct control *c)
{
	if (c->token->kind == TOKEN_END)
		control_unexpected(c, NULL);
	else
		control_fail(
		    c, "dump is not supported; see show memory, show update groups");
}

/*
 * The session.
 */
void
handle_echo(struct control *c)
{
	uint32_t limit = 4096;
	unsigned mask;

	if (!take_mask(c, echo_words, "OFF or '{' or ALL", &mask))
		return;
	if (c->token->kind == TOKEN_NUM) {
		limit = c->token++->num;
		if (limit < 256 || limit > 65536) {
			control_fail(c, "Invalid log buffer size");
			return;
		}
	}
	if (!control_at_end(c, "END or NUM"))
		return;
	c->echo = mask & LOG_MASK_ALL;
	c->echo_limit = limit;
	control_end(c, 0, "%s", "");
}

void
handle_restrict_to(struct control *c)
{
	if (!control_at_end(c, "END"))
		return;
	c->restricted = true;
	control_end(c, 16, "Access restricted");
}

/* iso (short|long) [ms|us] */
static bool
take_iso(struct control *c, struct time_format *f)
{
	static const char *const recent[2][3] = {
		{ "%T", "%T.%3f", "%T.%6f" },
		{ "%F %T", "%F %T.%3f", "%F %T.%6f" },
	};
	bool is_long = control_take_word(c, "long");
	unsigned digits = 0;

	if (!is_long && !control_take_word(c, "short"))
		return control_unexpected(c, "SHORT or LONG");
	if (control_take_word(c, "ms"))
		digits = 1;
	else if (control_take_word(c, "us"))
		digits = 2;
	f->recent = recent[is_long][digits];
	if (!is_long) {
		f->old = "%F";
		f->limit_s = 20 * 3600;
	}
	return control_at_end(c, "END");
}

/* "format" [limit "old format"] */
static bool
take_formats(struct control *c, struct time_format *f)
{
	if (c->token->kind != TOKEN_TEXT)
		return control_unexpected(c, "TEXT or ISO");
	f->recent = c->token++->text;
	if (c->token->kind == TOKEN_NUM) {
		f->limit_s = c->token++->num;
		if (c->token->kind != TOKEN_TEXT)
			return control_unexpected(c, "TEXT");
		f->old = c->token++->text;
	}
	return control_at_end(c, "END or NUM");
}

void
handle_timeformat(struct control *c)
{
	struct time_format f = { 0 };

	if (control_take_word(c, "iso") ? !take_iso(c, &f) : !take_formats(c, &f))
		return;
	arena_reset(c->format_arena);
	f.recent = arena_strdup(c->format_arena, f.recent);
	f.old = f.old ? arena_strdup(c->format_arena, f.old) : NULL;
	c->time_format[TF_ROUTE] = c->time_format[TF_PROTOCOL] = c->time_format[TF_BASE] =
	    f;
	control_end(c, 0, "%s", "");
}

void
handle_eval(struct control *c)
{
	const struct token *first = c->token, *t = first;
	char value[OUT_LINE_MAX + 1];
	unsigned code;

	if (c->token->kind == TOKEN_END) {
		control_unexpected(c, NULL);
		return;
	}
	if (!c->ops->eval) {
		control_fail(c, "eval is not supported");
		return;
	}
	while (t[1].kind != TOKEN_END)
		t++;
	value[0] = 0;
	code = c->ops->eval(
	    c->daemon, c->line + first->at, t->end - first->at, value, sizeof(value));
	control_end(c, code, "%s", value);
}
