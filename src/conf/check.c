/*
 * What all checks of a configuration need: messages, names, and filters that are held.
 */
#include "conf/check.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define ERRORS_MAX   PARSE_ERRORS_MAX
#define WARNINGS_MAX 200

static void
message_add(struct check *check, const struct place *at, bool warning, const char *text)
{
	struct messages *m = check->messages;
	const char *line = at ? source_line(check->source, at) : NULL;
	const char *chain = at ? source_chain(check->source, at) : NULL;
	struct message *list;

	if (m->n == m->room) {
		m->room = m->room ? 2 * m->room : 8;
		list = ARENA_ARRAY(m->arena, struct message, m->room);
		if (m->n)
			memcpy(list, m->list, m->n * sizeof(*list));
		m->list = list;
	}
	m->list[m->n++] = (struct message){
		.warning = warning,
		.file = at && at->file ? arena_strdup(m->arena, at->file) : NULL,
		.line = at ? at->line : 0,
		.col = at ? at->col : 0,
		.text = arena_strdup(m->arena, text),
		.source = line ? arena_strdup(m->arena, line) : NULL,
		.chain = chain ? arena_strdup(m->arena, chain) : NULL,
	};
}

void
check_error_add(void *ctx, const struct place *at, const char *text)
{
	struct check *check = ctx;

	if (check->errors++ < ERRORS_MAX)
		message_add(check, at, false, text);
}

/* Tools and eyes look for the line where an expression ends, too. */
void
check_error_add_end(void *ctx, const struct place *at, const char *text)
{
	struct check *check = ctx;
	unsigned end = at ? source_end_line(check->source, at) : 0;
	char with[600];

	snprintf(with, sizeof(with), end ? "%s (it ends at %s:%u)" : "%s", text,
	    end ? at->file : NULL, end);
	check_error_add(ctx, at, with);
}

/* Once is enough. */
static bool
warned(const struct check *check, const char *text)
{
	unsigned i;

	for (i = 0; i < check->messages->n; i++)
		if (check->messages->list[i].warning &&
		    strcmp(check->messages->list[i].text, text) == 0)
			return true;
	return false;
}

void
check_warning_add(void *ctx, const struct place *at, const char *text)
{
	struct check *check = ctx;

	if (!warned(check, text) && check->messages->n < WARNINGS_MAX)
		message_add(check, at, true, text);
}

void
check_error(struct check *check, const struct place *at, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	check_error_add_end(check, at, text);
}

void
check_warn(struct check *check, const struct place *at, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (warned(check, fmt))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	check_warning_add(check, at, text);
}

bool
check_goes_on(const struct check *check)
{
	return check->errors < ERRORS_MAX;
}

const char *
check_keep(struct check *check, const char *text)
{
	return text ? arena_strdup(check->keep, text) : NULL;
}

struct symbol *
check_define(
    struct check *check, const char *name, const char *class, const struct place *at)
{
	struct symbol *sym = symtab_add(check->names, name, class, at);

	if (!sym)
		check_error(check, at, "Symbol '%s' already defined", name);
	if (!at->line || !keyword_is(&check->keywords, name, check->old))
		return sym;
	if (check->old)
		check_error(check, at,
		    "syntax error, unexpected '%s': a keyword in BIRD 1.6", name);
	else
		check_warn(check, at, "Symbol '%s' overrides existing keyword", name);
	return sym;
}

struct filter *
check_hold(struct check *check, struct filter *filter)
{
	if (filter && check->wish.forget) { /* the scope has it */
		filter_unref(filter);
		return filter;
	}
	return check_hold_own(check, filter);
}

struct filter *
check_hold_own(struct check *check, struct filter *filter)
{
	struct held *held;

	if (!filter)
		return NULL;
	held = ARENA_NEW(check->keep, struct held);
	held->filter = filter;
	held->next = check->body->held;
	check->body->held = held;
	return filter;
}

struct held *
check_held(struct check *check)
{
	return check->body->held;
}

/* What a filter may name is known here: what is no attribute, and in 1.6 tables of
 * origins. */
static void
check_call(struct check *check, const struct ast *a)
{
	const struct ast *table = a->n ? a->kid[0] : NULL;
	const struct table_build *t;
	const struct symbol *sym;

	if (!check->old || strcmp(a->text, "roa_check") != 0 || !table ||
	    table->kind != AST_NAME)
		return;
	sym = symtab_find(check->names, table->text);
	t = sym && strcmp(sym->class, "routing table") == 0 ? sym->data : NULL;
	if (t && strncmp(t->type ? t->type : "", "roa", 3) != 0)
		check_error(check, &table->at, "%s is not a ROA table", table->text);
}

static void
check_unset(struct check *check, const struct ast *name)
{
	static const char *const fixed[] = { "net", "proto", "from", "gw", "source",
		"scope", "dest", "ifname", "ifindex", NULL };
	unsigned i;

	for (i = 0; fixed[i]; i++)
		if (strcmp(name->text, fixed[i]) == 0 &&
		    (check->old || strcmp(fixed[i], "from") != 0))
			check_error(check, &name->at,
			    "syntax error, unexpected '%s': it cannot be unset",
			    name->text);
}

void
check_body(struct check *check, const struct ast *a)
{
	unsigned i;

	if (!a || a->kind == AST_SET)
		return;
	if (a->kind == AST_CALL)
		check_call(check, a);
	else if (a->kind == AST_UNSET && a->n)
		check_unset(check, a->kid[0]);
	for (i = 0; i < a->n; i++) {
		if (check->old && a->kind == AST_BLOCK && a->kid[i] &&
		    a->kid[i]->kind == AST_BLOCK)
			check_error(check, &a->kid[i]->at,
			    "syntax error, unexpected '{': 1.6 has no blocks of their "
			    "own");
		check_body(check, a->kid[i]);
	}
}

void
check_def(struct check *check, const struct ast_def *def)
{
	static const char *const classes[] = { "constant", "filter", "function",
		"attribute" };

	check_body(check, def->body);
	if (check_define(check, def->name, classes[def->kind], &def->at))
		scope_define(check->scope, def);
}

void
check_eval(struct check *check, const struct ast *expr)
{
	scope_eval_print(check->scope, expr, check->tmp);
}
