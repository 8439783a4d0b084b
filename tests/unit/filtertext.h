/*
 * Configuration text to scope and filters, for tests: errors and warnings are collected
 * as lines "line:column: text".
 */
#ifndef MYNAH_TESTS_UNIT_FILTERTEXT_H
#define MYNAH_TESTS_UNIT_FILTERTEXT_H

#include "test.h"
#include "filter/compile.h"
#include "lang/parse.h"

struct filtertext {
	struct arena *arena;
	struct source *source;
	struct scope *scope;
	char errors[4096], warnings[4096];
};

static inline void
filtertext_line(char *to, size_t size, const struct place *at, const char *text)
{
	size_t n = strlen(to);

	snprintf(to + n, size - n, "%s%u:%u: %s", n ? "\n" : "", at->line, at->col, text);
}

static inline void
filtertext_error(void *ctx, const struct place *at, const char *text)
{
	struct filtertext *t = ctx;

	filtertext_line(t->errors, sizeof(t->errors), at, text);
}

static inline void
filtertext_warning(void *ctx, const struct place *at, const char *text)
{
	struct filtertext *t = ctx;

	filtertext_line(t->warnings, sizeof(t->warnings), at, text);
}

static inline struct filtertext *
filtertext_new(void)
{
	struct filtertext *t = calloc(1, sizeof(*t));

	t->arena = arena_new();
	t->source = source_new(t->arena, filtertext_error, t);
	t->scope = scope_new(t->arena, filtertext_error, t);
	scope_on_warning(t->scope, filtertext_warning);
	scope_table(t->scope, "master4", NET_IP4);
	scope_table(t->scope, "r4", NET_ROA4);
	scope_table(t->scope, "t", NET_ASPA);
	return t;
}

static inline void
filtertext_free(struct filtertext *t)
{
	scope_free(t->scope);
	arena_free(t->arena);
	free(t);
}

/* Reads definitions. */
static inline bool
filtertext_define(struct filtertext *t, const char *text)
{
	const struct block *b = parse_text(t->source, "test", text, strlen(text));
	bool ok = b != NULL;

	for (const struct stmt *s = b ? b->first : NULL; s; s = s->next) {
		if (s->kind == STMT_DEF && !scope_define(t->scope, s->def))
			ok = false;
	}
	return ok && !*t->errors;
}

/* `filter { ... }`, `where ...`, `filter NAME`. */
static inline struct filter *
filtertext_filter(struct filtertext *t, const char *text)
{
	const struct arg *a = parse_filter(t->source, "test", text, strlen(text));

	if (!a || *t->errors)
		return NULL;
	if (a->kind == ARG_WHERE)
		return scope_compile_where(t->scope, a->expr);
	return a->expr ? scope_compile_block(t->scope, a->expr)
		       : scope_filter(t->scope, a->text);
}

#endif
