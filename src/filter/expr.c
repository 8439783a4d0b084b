/*
 * Typed expressions: building nodes, computing constants, emitting code.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "filter/comp.h"

void *
comp_error(struct comp *c, const struct place *at, const char *fmt, ...)
{
	char buf[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	c->failed = true;
	c->scope->error(c->scope->ctx, at, buf);
	return NULL;
}

void
comp_warn(struct comp *c, const struct place *at, const char *fmt, ...)
{
	char buf[512];
	va_list ap;

	if (!c->scope->warn)
		return;
	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	c->scope->warn(c->scope->ctx, at, buf);
}

bool
comp_mismatch(struct comp *c, const struct place *at, const char *fmt, ...)
{
	char buf[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (c->scope->old)
		comp_warn(c, at, "%s: fails when it runs", buf);
	else
		comp_error(c, at, "%s", buf);
	return c->scope->old;
}

struct expr *
expr_const(struct comp *c, const struct place *at, const struct val *v)
{
	struct expr *e = ARENA_NEW(c->scope->arena, struct expr);

	e->kind = EXPR_CONST;
	e->at = *at;
	e->type = v->type;
	e->sub = v->sub;
	e->val = *v;
	return e;
}

/* Depends on nothing but its values. */
static bool
is_pure(const struct expr *e)
{
	switch (e->kind) {
	case EXPR_MASK:
	case EXPR_AND:
	case EXPR_OR: return true;
	case EXPR_OP:
		return e->n && !op_info[e->op].inputs && e->op != OP_SLOT &&
		       e->op != OP_LOAD;
	default: return false;
	}
}

static bool run_expr(struct comp *, const struct expr *, struct val *, const char **error,
    unsigned *line);

/* A constant if all kids are; NULL, reported, if computing it fails.  In the language of
 * 1.6 it then fails each time it runs. */
struct expr *
expr_fold(struct comp *c, struct expr *e)
{
	struct val v;
	const char *error;
	unsigned line;

	if (!is_pure(e))
		return e;
	for (unsigned i = 0; i < e->n; i++) {
		if (e->kid[i]->kind != EXPR_CONST)
			return e;
	}
	if (c->scope->old)
		return run_expr(c, e, &v, &error, &line) ? expr_const(c, &e->at, &v) : e;
	return expr_value(c, e, &v) ? expr_const(c, &e->at, &v) : NULL;
}

struct expr *
expr_op(struct comp *c, const struct place *at, enum op op, unsigned type, unsigned sub,
    struct expr *k0, struct expr *k1, struct expr *k2)
{
	struct expr *e = ARENA_NEW(c->scope->arena, struct expr);
	struct expr *kids[3] = { k0, k1, k2 };

	e->kind = op == OP_AND ? EXPR_AND : op == OP_OR ? EXPR_OR : EXPR_OP;
	e->at = *at;
	e->op = (uint8_t)op;
	e->type = (uint8_t)type;
	e->sub = (uint8_t)sub;
	while (e->n < 3 && kids[e->n])
		e->n++;
	e->kid = arena_dup(c->scope->arena, kids, sizeof(kids));
	return e;
}

struct expr *
expr_load(struct comp *c, const struct place *at, const struct local *var)
{
	struct expr *e = expr_op(c, at, OP_LOAD, var->type, var->sub, NULL, NULL, NULL);

	e->b = (uint16_t)var->var;
	return e;
}

struct expr *
expr_get(struct comp *c, const struct place *at, const struct attribute *a)
{
	struct expr *e = expr_op(c, at, a->get, a->type, a->sub, NULL, NULL, NULL), *d;

	e->a = a->type;
	if (a->get == OP_LOCAL)
		e->b = a->sub;
	else if (a->get == OP_HOP)
		e->b = a->value;
	e->c = a->get == OP_SLOT ? a->slot : a->code;
	if (!a->has_value)
		return e;
	d = expr_op(c, at, OP_DEFAULT, a->type, a->sub, e, NULL, NULL);
	d->a = a->type;
	d->b = a->sub;
	d->c = a->value;
	return d;
}

bool
expr_is_sure(const struct expr *e)
{
	if (e->kind == EXPR_CALL || e->kind == EXPR_OF)
		return false;
	return e->kind != EXPR_OP || e->op == OP_LIST ||
	       (e->n && e->op != OP_QUAD && e->op != OP_DEFAULT);
}

/* The right side decides too: it must be a bool, and this can only be seen at run time.
 */
static void
emit_logic(struct comp *c, const struct expr *e)
{
	size_t jump;

	expr_emit(c, e->kid[0]);
	jump = unit_emit(c->unit, &e->at, e->op, 0, 0, 0);
	expr_emit(c, e->kid[1]);
	if (e->kid[1]->type != VAL_BOOL || !expr_is_sure(e->kid[1]))
		unit_emit(c->unit, &e->at, OP_TEST, VAL_BOOL, 2, e->op);
	unit_land(c->unit, jump);
}

void
expr_emit(struct comp *c, const struct expr *e)
{
	if (e->kind == EXPR_CONST) {
		unit_const(c->unit, &e->at, &e->val);
		return;
	}
	if (e->kind == EXPR_AND || e->kind == EXPR_OR) {
		emit_logic(c, e);
		return;
	}
	if ((e->op == OP_MATCH || e->op == OP_NOMATCH) && e->kind == EXPR_OP &&
	    fused_match(c, e))
		return;
	if (e->kind == EXPR_OF) {
		expr_emit(c, e->kid[0]);
		unit_emit(c->unit, &e->at, OP_VIEW, 0, 0, 0);
		expr_emit(c, e->kid[1]);
		unit_emit(c->unit, &e->at, OP_UNVIEW, 0, 0, 0);
		return;
	}
	for (unsigned i = 0; i < e->n; i++)
		expr_emit(c, e->kid[i]);
	if (e->kind == EXPR_CALL)
		unit_call(c->unit, &e->at, e->callee);
	else if (e->kind == EXPR_MASK)
		unit_emit(
		    c->unit, &e->at, OP_MASK, 0, e->n, unit_add_const(c->unit, &e->val));
	else
		unit_emit(c->unit, &e->at, e->op, e->a, e->b, e->c);
}

static bool
run_expr(struct comp *c, const struct expr *e, struct val *out, const char **error,
    unsigned *line)
{
	struct comp sub = { .scope = c->scope };
	struct filter *f;
	bool ok;

	*error = "expression too long";
	*line = e->at.line;
	sub.unit = unit_new(c->scope->arena, NULL);
	expr_emit(&sub, e);
	unit_emit(sub.unit, &e->at, OP_RETURN, 0, 0, 0);
	f = unit_link(sub.unit, NULL);
	ok = f && filter_value(f, c->scope->arena, out, error, line);
	if (ok)
		*out = val_dup(c->scope->arena, out);
	filter_unref(f);
	return ok;
}

bool
expr_value(struct comp *c, const struct expr *e, struct val *out)
{
	const char *error;
	unsigned line;

	if (e->kind == EXPR_CONST) {
		*out = e->val;
		return true;
	}
	if (run_expr(c, e, out, &error, &line))
		return true;
	comp_error(c, &e->at, "filter preevaluation, line %u: %s", line, error);
	return false;
}
