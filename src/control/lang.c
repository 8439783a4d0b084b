/*
 * Parsing and compiling what stands behind `where`, `filter` and `eval`, with the names of
 * the configuration known.  Tree and scope live for the call; a compiled filter owns its
 * memory.
 */
#include "control/lang.h"

#include <stdio.h>
#include <string.h>
#include "filter/compile.h"
#include "filter/show.h"
#include "lang/parse.h"

struct lang {
	struct arena *arena;
	struct source *source;
	struct scope *scope;
	char *error; /* the first one */
	size_t size;
	unsigned errors;
};

static void
on_error(void *ctx, const struct place *at, const char *text)
{
	struct lang *l = ctx;

	(void)at;
	if (!l->errors++)
		snprintf(l->error, l->size, "%s", text);
}

static void
lang_init(struct lang *l, const struct model *m, char *error, size_t size)
{
	*l = (struct lang){ .arena = arena_new(), .error = error, .size = size };
	l->source = source_new(l->arena, on_error, l);
	l->scope = scope_inside(model_scope(m), l->arena, on_error, l);
	snprintf(error, size, "syntax error");
}

static void
lang_fini(struct lang *l)
{
	scope_free(l->scope);
	arena_free(l->arena);
}

static struct filter *
compile(const struct arg *arg, struct lang *l)
{
	struct filter *f;

	if (arg->kind == ARG_WHERE)
		return scope_compile_where(l->scope, arg->expr);
	if (arg->kind == ARG_FILTER && arg->expr)
		return scope_compile_block(l->scope, arg->expr);
	if (!arg->text)
		return NULL;
	f = scope_filter(l->scope, arg->text);
	if (!f)
		snprintf(l->error, l->size, "No such filter: %s", arg->text);
	return f;
}

struct filter *
control_lang_filter(
    const struct model *m, const char *text, size_t len, char *error, size_t size)
{
	struct lang l;
	const struct arg *arg;
	struct filter *f = NULL;

	lang_init(&l, m, error, size);
	arg = parse_filter(l.source, "command", text, len);
	if (arg && !l.errors)
		f = compile(arg, &l);
	if (f && l.errors) {
		filter_unref(f);
		f = NULL;
	}
	lang_fini(&l);
	return f;
}

bool
control_lang_show(const struct model *m, const char *name,
    void (*line)(void *ctx, const char *text), void *ctx)
{
	char error[256];
	struct lang l;
	struct filter *f;

	lang_init(&l, m, error, sizeof(error));
	f = scope_filter(l.scope, name);
	if (f)
		filter_show(f, line, ctx);
	filter_unref(f);
	lang_fini(&l);
	return f != NULL;
}

unsigned
control_lang_eval(
    const struct model *m, const char *text, size_t len, char *buf, size_t size)
{
	struct lang l;
	const struct ast *expr;
	const char *value = NULL;
	unsigned code = 9001;

	lang_init(&l, m, buf, size);
	expr = parse_expr(l.source, "command", text, len);
	if (expr && !l.errors)
		value = scope_eval_print(l.scope, expr, l.arena);
	if (value && !l.errors) {
		snprintf(buf, size, "%s", value);
		code = 23;
	} else if (strstr(buf, "No route to access")) { /* makes sense, but not here */
		snprintf(buf, size, "runtime error");
		code = 8008;
	}
	lang_fini(&l);
	return code;
}
