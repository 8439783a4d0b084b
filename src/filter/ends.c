/*
 * Does a statement end the filter or the function, whatever comes?  What stands behind it
 * is never reached.
 */
#include "filter/comp.h"

/* The values that a case of an enumeration needs; of networks those nearly all filters
 * are for. */
static uint32_t
enum_values(unsigned group)
{
	switch (group) {
	case ENUM_ROA:
	case ENUM_ASPA:
	case ENUM_ORIGIN: return 1u << 0 | 1u << 1 | 1u << 2;
	case ENUM_AF:
	case ENUM_NETTYPE: return 1u << 1 | 1u << 2;
	}
	return 0;
}

/* The labels name all values of an enumeration. */
static bool
case_is_whole(const struct ast *a)
{
	uint32_t seen = 0, want = 0;

	for (unsigned i = 1; i < a->n; i++) {
		const struct ast *labels = a->kid[i]->kid[0];

		for (unsigned k = 0; labels && k < labels->n; k++) {
			const struct ast *l = labels->kid[k];
			struct val v;

			if (!l || l->kind != AST_ENUM || !val_enum_find(l->text, &v))
				return false;
			want = enum_values(v.sub);
			seen |= v.num < 32 ? 1u << v.num : 0;
		}
	}
	return want && (seen & want) == want;
}

static bool
case_ends(const struct comp *c, const struct ast *a)
{
	bool other = false;

	for (unsigned i = 1; i < a->n; i++) {
		const struct ast *arm = a->kid[i];

		if (!arm || !comp_ends(c, arm->kid[1]))
			return false;
		other |= !arm->kid[0];
	}
	return other || case_is_whole(a);
}

/* A call of a function that decides. */
static bool
call_ends(const struct comp *c, const struct ast *a)
{
	const struct ast *call = a->kid[0];
	const struct symbol *s = call && call->kind == AST_CALL
				     ? scope_find(c->scope, call->text)
				     : NULL;

	return s && s->kind == SYMBOL_FUNCTION && s->final;
}

bool
comp_ends(const struct comp *c, const struct ast *a)
{
	if (!a)
		return false;
	switch (a->kind) {
	case AST_ACCEPT:
	case AST_REJECT:
	case AST_RETURN: return true;
	case AST_CASE: return case_ends(c, a);
	case AST_EXPR: return call_ends(c, a);
	case AST_IF:
		return a->n > 2 && comp_ends(c, a->kid[1]) && comp_ends(c, a->kid[2]);
	case AST_BLOCK:
		for (unsigned i = 0; i < a->n; i++) {
			if (comp_ends(c, a->kid[i]))
				return true;
		}
		return false;
	default: return false;
	}
}
