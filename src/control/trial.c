/*
 * test filter NAME route ...: a dry run.
 *
 *	NET [protocol P] NAME VALUE ...	a route as described
 *	NET table T [protocol P]	what a table has: each of its routes
 *
 * A VALUE is an expression of the language.  What stands for a list may be written as its
 * members: numbers for `bgp_path`, communities for their attributes.  All of it becomes
 * statements, which make the route before the filter sees it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "control/commands.h"
#include "control/text.h"
#include "filter/vnet.h"

COMMANDS(HANDLER_ROW)

#define BODY_SIZE (16 * CONTROL_LINE_MAX)

struct body {
	struct control *c;
	char *text;
	size_t len;
};

static void __attribute__((format(printf, 2, 3)))
body_add(struct body *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(b->text + b->len, BODY_SIZE - b->len, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < BODY_SIZE - b->len)
		b->len += (size_t)n;
}

/* A value ends where a word follows an operand. */
static const struct token *
value_end(const struct token *t)
{
	unsigned depth = 0;
	bool operand = false;

	for (; t->kind != TOKEN_END; t++) {
		if (!depth && operand && t->kind == TOKEN_WORD)
			break;
		if (t->kind == TOKEN_CHAR && strchr("([{", (int)t->num))
			depth++;
		else if (t->kind == TOKEN_CHAR && depth && strchr(")]}", (int)t->num))
			depth--;
		operand = t->kind != TOKEN_CHAR || strchr(")]}", (int)t->num);
	}
	return t;
}

static bool
is_char(const struct token *t, char ch)
{
	return t->kind == TOKEN_CHAR && t->num == (uint8_t)ch;
}

/* `65001 65002`: the last is prepended first. */
static bool
add_path(struct body *b, const struct token *t, const struct token *end)
{
	for (const struct token *i = t; i < end; i++)
		if (i->kind != TOKEN_NUM)
			return false;
	body_add(b, "bgp_path = +empty+; ");
	while (end-- > t)
		body_add(b, "bgp_path.prepend(%u); ", end->num);
	return true;
}

/* Behind the bracket that closes the one at t; NULL if there is none. */
static const struct token *
group_end(const struct token *t, const struct token *end)
{
	unsigned depth = 0;

	for (; t < end; t++) {
		depth += is_char(t, '(');
		if (is_char(t, ')') && !--depth)
			return t + 1;
	}
	return NULL;
}

/* `(1,2) (3,4)` */
static bool
add_list(struct body *b, const char *name, const struct token *t, const struct token *end)
{
	const struct token *next;

	for (const struct token *i = t; i < end; i = next)
		if (!is_char(i, '(') || !(next = group_end(i, end)))
			return false;
	for (; t < end; t = next) {
		next = group_end(t, end);
		body_add(b, "%s.add(%.*s); ", name, (int)(next[-1].end - t->at),
		    b->c->line + t->at);
	}
	return true;
}

static bool
is_list(const char *name)
{
	return !strcmp(name, "bgp_community") || !strcmp(name, "bgp_ext_community") ||
	       !strcmp(name, "bgp_large_community");
}

/* NAME VALUE */
static bool
take_value(struct body *b)
{
	struct control *c = b->c;
	const struct token *name = c->token, *t = name + 1, *end;

	if (name->kind != TOKEN_WORD)
		return control_unexpected(c, NULL);
	c->token++;
	end = value_end(t);
	if (end == t)
		return control_unexpected(c, NULL);
	c->token += end - t;
	if (!strcmp(name->text, "bgp_path") && add_path(b, t, end))
		return true;
	if (is_list(name->text) && add_list(b, name->text, t, end))
		return true;
	body_add(b, "%.*s = %.*s; ", (int)(name->end - name->at), c->line + name->at,
	    (int)(end[-1].end - t->at), c->line + t->at);
	return true;
}

/* What cannot be run at all: the same for each route. */
static bool
run(struct control *c, const struct trial_request *q, char *error, size_t size)
{
	struct arena *arena = arena_new();
	struct filter_trial t;
	struct trial_record r = { q, &t };
	bool good = false;

	if (!c->ops->trial)
		snprintf(error, size, "Dry runs are not supported here");
	else
		good = c->ops->trial(c->daemon, q, arena, &t, error, size);
	if (good)
		c->render->trial(c, &r);
	arena_free(arena);
	return good;
}

void
control_trial_route(struct control *c, const struct route_record *r)
{
	struct trial_request q = { .filter = c->route.trial, .net = r->net,
		.attrs = r->attrs, .proto = r->proto_name, .kind = r->kind,
		.from = r->from };
	char error[400] = "";

	if (!run(c, &q, error, sizeof(error)))
		c->render->line(c, 1028, error);
}

static bool
take_proto(struct control *c)
{
	c->route.query.protocol = control_take_proto(c, "CF_SYM_KNOWN");
	return c->route.query.protocol;
}

/* The route as a peer would send it, then as it is described. */
static void
run_described(struct control *c)
{
	struct body b = { .c = c, .text = arena_alloc(c->arena, BODY_SIZE) };
	struct trial_request q = { .filter = c->route.trial, .net = &c->route.query.net,
		.body = b.text, .proto = "" };
	const struct proto_conf *proto;
	char error[400] = "";

	body_add(&b, "filter { ");
	while (c->token->kind != TOKEN_END)
		if (control_take_word(c, "protocol") ? !take_proto(c) : !take_value(&b))
			return;
	body_add(&b, "}");
	if ((proto = c->route.query.protocol)) {
		q.proto = proto->name;
		q.from = proto->bgp.remote_ip;
	}
	if (run(c, &q, error, sizeof(error)))
		control_end(c, 0, "%s", "");
	else
		control_fail(c, "%s", error);
}

/* NAME: said to be unknown before any route is looked for. */
static bool
take_name(struct control *c)
{
	const struct token *t = c->token;
	char text[300], error[400] = "Filters are not supported here";
	struct filter *f = NULL;

	if (t->kind != TOKEN_WORD)
		return control_unexpected(c, NULL);
	c->token++;
	c->route.trial = t->text;
	snprintf(
	    text, sizeof(text), "filter %.*s", (int)(t->end - t->at), c->line + t->at);
	if (c->ops->filter)
		f = c->ops->filter(c->daemon, text, strlen(text), error, sizeof(error));
	filter_unref(f);
	return f ? true : control_fail(c, "%s", error);
}

void
handle_test_filter(struct control *c)
{
	bool stored;

	if (!take_name(c))
		return;
	if (!control_take_word(c, "route")) {
		control_unexpected(c, "ROUTE");
		return;
	}
	if (!control_take_target(c, &stored))
		return;
	if (stored)
		control_route_walk(c);
	else
		run_described(c);
}

/*
 * As text.
 */
enum { VALUE_SHOWN = 220 };

static void
text_changes(struct control *c, const struct filter_trial *t)
{
	for (unsigned i = 0; i < t->change_n; i++) {
		const char *from = t->change[i].from ? t->change[i].from : "not set";
		const char *to = t->change[i].to ? t->change[i].to : "not set";

		control_line(c, 1028, "\t%s: %.*s%s -> %.*s%s", t->change[i].name,
		    VALUE_SHOWN, from, strlen(from) > VALUE_SHOWN ? "..." : "",
		    VALUE_SHOWN, to, strlen(to) > VALUE_SHOWN ? "..." : "");
	}
}

void
text_trial(struct control *c, const struct trial_record *r)
{
	static const char *const verdicts[] = { [FILTER_REJECT] = "rejected",
		[FILTER_ACCEPT] = "accepted",
		[FILTER_ERROR] = "rejected, after an error" };
	const struct filter_trial *t = r->trial;
	const char *proto = r->request->proto;
	char *net = net_text(r->request->net), at[300] = "";

	if (t->file)
		snprintf(at, sizeof(at), " at %s:%u", t->file, t->line);
	control_line(c, 1028, "%s%s%s%s: %s%s", net, *proto ? " [" : "", proto,
	    *proto ? "]" : "", verdicts[t->result], at);
	mem_free(net);
	if (t->error)
		control_line(c, 1028, "\terror: %s", t->error);
	for (unsigned i = 0; i < t->print_n && i < TRIAL_PRINTS_MAX; i++)
		control_line(c, 1028, "\tprint: %s", t->print[i]);
	if (t->print_n > TRIAL_PRINTS_MAX)
		control_line(c, 1028, "\tprint: %u lines more",
		    t->print_n - TRIAL_PRINTS_MAX);
	text_changes(c, t);
}
