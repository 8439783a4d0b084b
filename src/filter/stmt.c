/*
 * Statements: checked and turned into code in one walk, since each stands for itself.
 */
#include <string.h>

#include "filter/comp.h"
#include "filter/set.h"

#define PRINT_MAX 255

static void stmt(struct comp *, const struct ast *);

static size_t
emit(struct comp *c, const struct ast *a, enum op op, unsigned b, uint32_t x)
{
	return unit_emit(c->unit, &a->at, op, 0, b, x);
}

void *
comp_type_unknown(struct comp *c, const struct place *at, const char *type)
{
	size_t n = strlen(type);

	if (n > 4 && strcmp(type + n - 4, " set") == 0)
		return comp_error(c, at, "You can't create sets of this type: %s", type);
	return comp_error(c, at, "Type %s is not supported", type);
}

struct local *
comp_declare(struct comp *c, const struct place *at, const char *type, const char *name)
{
	const struct local *old = comp_local(c, name);
	struct local *l;
	uint8_t t, sub;

	if (old && old->block == c->block)
		return comp_error(c, at, "Symbol '%s' already defined", name);
	if (!val_type_parse(type, &t, &sub))
		return comp_type_unknown(c, at, type);
	l = comp_declare_as(c, at, (enum val_type)t, name);
	if (l)
		l->sub = sub;
	return l;
}

struct local *
comp_declare_as(
    struct comp *c, const struct place *at, enum val_type type, const char *name)
{
	struct local *l = ARENA_NEW(c->scope->arena, struct local);

	if (c->var_n == VARS_MAX)
		return comp_error(c, at, "Too many variables, at most 255 allowed");
	l->name = name;
	l->type = (uint8_t)type;
	l->block = c->block;
	l->var = c->var_n++;
	l->outer = c->locals;
	c->locals = l;
	if (c->var_n > c->unit->vars)
		c->unit->vars = c->var_n;
	unit_name_var(c->unit, l->var, name);
	return l;
}

static void
enter(struct comp *c)
{
	c->block++;
}

static void
leave(struct comp *c)
{
	while (c->locals && c->locals->block == c->block)
		c->locals = c->locals->outer;
	c->var_n = c->locals ? c->locals->var + 1 : 0;
	c->block--;
}

static void
block(struct comp *c, const struct ast *a)
{
	bool ended = false;

	for (unsigned i = 0; i < a->n; i++) {
		if (ended && a->kid[i])
			comp_warn(c, &a->kid[i]->at, "This is never reached");
		stmt(c, a->kid[i]);
		/* said once for a block */
		ended = comp_ends(c, a->kid[i]);
	}
}

void
comp_block(struct comp *c, const struct ast *a)
{
	if (!a) {
		c->failed = true;
		return;
	}
	if (a->kind == AST_BLOCK && a->text) /* `bfd`, which is conf/static.c's, if at all */
		comp_error(c, &a->at, "syntax error, unexpected '%s'", a->text);
	enter(c);
	if (a->kind == AST_BLOCK)
		block(c, a);
	else
		stmt(c, a);
	leave(c);
}

static struct expr *
condition(struct comp *c, const struct ast *a)
{
	struct expr *e = comp_expr(c, a);

	if (e && !val_type_fits(e->type, e->sub, VAL_BOOL, 0) &&
	    !comp_mismatch(c, &e->at,
		"Argument 1 of CONDITION must be of type bool, got type %s",
		val_type_name(e->type)))
		return NULL;
	return e;
}

static void
stmt_if(struct comp *c, const struct ast *a)
{
	struct expr *e = condition(c, a->kid[0]);
	size_t skip, end;

	if (e)
		expr_emit(c, e);
	else
		emit(c, a, OP_VOID, 0, 0);
	skip = emit(c, a, OP_UNLESS, 0, 0);
	comp_block(c, a->kid[1]);
	if (a->n < 3 || !a->kid[2]) {
		unit_land(c->unit, skip);
		return;
	}
	end = unit_is_open(c->unit) ? emit(c, a, OP_JUMP, 0, 0) : SIZE_MAX;
	unit_land(c->unit, skip);
	comp_block(c, a->kid[2]);
	if (end != SIZE_MAX)
		unit_land(c->unit, end);
}

/* One arm: its labels are a set.  Returns the jump to the end of the case; SIZE_MAX: none. */
static size_t
stmt_arm(struct comp *c, const struct ast *arm, const struct expr *subject,
    struct set_builder *all)
{
	struct expr *labels = comp_set(c, arm->kid[0]);
	size_t skip, end;

	if (!labels)
		return SIZE_MAX;
	if (labels->type != VAL_SET || !vset_takes(labels->sub, subject->type))
		comp_warn(c, &arm->at, "A case of type %s never has labels of type %s",
		    val_type_name(subject->type), val_type_name(labels->sub));
	if (labels->type == VAL_SET)
		vset_add_set(all, &labels->val);
	expr_emit(c, labels);
	skip = emit(c, arm, OP_CASE, 0, 0);
	emit(c, arm, OP_POP, 0, 0);
	comp_block(c, arm->kid[1]);
	end = unit_is_open(c->unit) ? emit(c, arm, OP_JUMP, 0, 0) : SIZE_MAX;
	unit_land(c->unit, skip);
	/* on the way past the arm the subject is still there */
	c->unit->depth++;
	return end;
}

static void
stmt_case(struct comp *c, const struct ast *a)
{
	struct expr *e = comp_expr(c, a->kid[0]);
	size_t *ends = ARENA_ARRAY(c->scope->arena, size_t, a->n), n = 0;
	const struct ast *other = NULL;
	struct set_builder *all = vset_begin(c->scope->arena);

	if (!e)
		return;
	expr_emit(c, e);
	for (unsigned i = 1; i < a->n; i++) {
		const struct ast *arm = a->kid[i];
		size_t end;

		if (!arm)
			continue;
		if (!arm->kid[0]) {
			if (other)
				comp_error(c, &arm->at, "Only one else in a case");
			other = arm;
			continue;
		}
		end = stmt_arm(c, arm, e, all);
		if (end != SIZE_MAX)
			ends[n++] = end;
	}
	if (vset_overlaps(all))
		comp_warn(c, &a->at, "Labels of the case overlap: the first that fits is "
				     "taken");
	emit(c, a, OP_POP, 0, 0);
	if (other)
		comp_block(c, other->kid[1]);
	for (size_t i = 0; i < n; i++)
		unit_land(c->unit, ends[i]);
}

/* The list and the place in it stay on the stack while the loop runs. */
static void
stmt_for(struct comp *c, const struct ast *a)
{
	struct expr *e = comp_expr(c, a->kid[0]);
	struct local *var;
	unsigned element = e ? val_element(e->type) : VAL_VOID;
	size_t top;

	if (!e)
		return;
	if (e->type != VAL_ANY && element == VAL_VOID) {
		comp_error(c, &e->at, "Type %s is not iterable, can't be used in FOR",
		    val_type_name(e->type));
		return;
	}
	enter(c);
	if (!a->text2) {
		comp_error(c, &a->at,
		    "Use of a pre-defined variable in for loop is not allowed");
		leave(c);
		return;
	}
	var = comp_declare(c, &a->at, a->text2, a->text);
	if (var && e->type != VAL_ANY && var->type != element)
		var = comp_error(c, &a->at, "Loop variable '%s' in FOR must be %s, is %s",
		    a->text, val_type_name(element), val_type_name(var->type));
	if (var) {
		expr_emit(c, e);
		unit_emit(c->unit, &a->at, OP_NUM, VAL_INT, 0, 0);
		top = emit(c, a, OP_FOR, var->var, 0);
		comp_block(c, a->kid[1]);
		emit(c, a, OP_JUMP, 0, (uint32_t)top);
		unit_land(c->unit, top);
		emit(c, a, OP_POP, 0, 0);
		emit(c, a, OP_POP, 0, 0);
	}
	leave(c);
}

static void
stmt_var(struct comp *c, const struct ast *a)
{
	static const uint8_t nothing[4];
	struct expr *e = a->n && a->kid[0] ? comp_expr(c, a->kid[0]) : NULL;
	struct local *var = comp_declare(c, &a->at, a->text2, a->text);
	struct val empty;

	if (!var || (a->n && a->kid[0] && !e))
		return;
	if (e)
		e = comp_fit(c, e, var->type, var->sub, OP_INIT);
	else if (val_is_list(var->type)) {
		empty = val_bytes(var->type, nothing, 0);
		e = expr_const(c, &a->at, &empty);
	}
	if (e)
		expr_emit(c, e);
	else
		emit(c, a, OP_VOID, 0, 0);
	emit(c, a, OP_INIT, var->var, 0);
}

static void
assign_attribute(
    struct comp *c, const struct ast *a, const struct attribute *attr, struct expr *e)
{
	if (attr->type == VAL_OPAQUE) {
		comp_error(c, &a->at, "Setting opaque attribute is not allowed");
		return;
	}
	if (attr->set == OPS) {
		comp_error(c, &a->at, "This static attribute is read-only.");
		return;
	}
	e = comp_fit(c, e, attr->type, attr->sub, attr->set);
	if (!e)
		return;
	if (attr->set == OP_SET_SLOT)
		comp_warn(c, &a->at,
		    "%s is set for the run of this filter only: there are too many "
		    "custom "
		    "attributes",
		    attr->name);
	/* the setter looks at the type itself */
	if (e->kind == EXPR_OP && e->op == OP_TEST)
		e = e->kid[0];
	if (fused_edit(c, attr, e))
		return;
	expr_emit(c, e);
	unit_emit(c->unit, &a->at, attr->set, attr->type,
	    attr->set == OP_SET_HOP ? attr->value : 0,
	    attr->set == OP_SET_SLOT ? attr->slot : attr->code);
}

static void
assign(struct comp *c, const struct ast *a, const struct ast *target, struct expr *e)
{
	struct local *var;
	const struct attribute *attr;

	if (!e)
		return;
	var = comp_local(c, target->text);
	if (var) {
		e = comp_fit(c, e, var->type, var->sub, OP_STORE);
		if (e) {
			expr_emit(c, e);
			emit(c, a, OP_STORE, var->var, 0);
		}
		return;
	}
	attr = comp_attribute(c, target->text);
	if (attr)
		assign_attribute(c, a, attr, e);
	else if (scope_find(c->scope, target->text))
		comp_error(c, &target->at, "Can't assign to symbol %s", target->text);
	else
		comp_error(c, &target->at, "Undefined symbol '%s'", target->text);
}

/* bt_assert(condition); bt_check_assign(x, value): BIRD's own tests are written with
 * them. */
static bool
stmt_test(struct comp *c, const struct ast *a, const struct ast *call)
{
	bool check = strcmp(call->text, "bt_check_assign") == 0;
	struct expr *e;

	if (call->kind != AST_CALL || (!check && strcmp(call->text, "bt_assert") != 0))
		return false;
	if (call->n != (check ? 2 : 1) ||
	    (check && (!call->kid[0] || call->kid[0]->kind != AST_NAME))) {
		comp_error(c, &a->at, "Wrong arguments of %s", call->text);
		return true;
	}
	if (check)
		assign(c, a, call->kid[0], comp_expr(c, call->kid[1]));
	e = check ? comp_expr(c, call->kid[0]) : condition(c, call->kid[0]);
	if (check && e) {
		struct expr *want = comp_expr(c, call->kid[1]);

		e = want ? expr_op(c, &a->at, OP_EQ, VAL_BOOL, 0, e, want, NULL) : NULL;
	}
	if (e) {
		expr_emit(c, e);
		emit(c, a, OP_ASSERT, 0, 0);
	}
	return true;
}

/* x.add(y).delete(z); changes x.  A call of a function drops its result. */
static void
stmt_expr(struct comp *c, const struct ast *a)
{
	const struct ast *root = a->kid[0];
	struct symbol *s;
	struct expr *e;

	if (!root)
		return;
	if (root->kind == AST_METHOD) {
		while (root->kind == AST_METHOD && root->n && root->kid[0])
			root = root->kid[0];
		if (root->kind != AST_NAME) {
			comp_error(c, &a->at,
			    "A variable or attribute expected before the method");
			return;
		}
		assign(c, a, root, comp_expr(c, a->kid[0]));
		return;
	}
	if (root->text && stmt_test(c, a, root))
		return;
	c->dropped = root;
	s = root->kind == AST_CALL ? scope_find(c->scope, root->text) : NULL;
	if (root->kind == AST_CALL && !s && !comp_expr(c, root))
		return; /* neither a function of ours nor of theirs: said */
	if (!s || s->kind != SYMBOL_FUNCTION) {
		comp_error(c, &a->at,
		    root->text ? "The result of %s is not used" : "Not a statement%s",
		    root->text ? root->text : "");
		return;
	}
	e = comp_expr(c, root);
	if (!e)
		return;
	expr_emit(c, e);
	emit(c, a, OP_POP, 0, 0);
}

static void
print(struct comp *c, const struct ast *a, bool newline)
{
	unsigned n = 0;

	if (a->n > PRINT_MAX) {
		comp_error(c, &a->at, "Too many values to print");
		return;
	}
	for (unsigned i = 0; i < a->n; i++) {
		struct expr *e = a->kid[i] ? comp_expr(c, a->kid[i]) : NULL;

		if (!e)
			continue;
		expr_emit(c, e);
		n++;
	}
	if (n)
		unit_emit(c->unit, &a->at, OP_PRINT, newline, n, 0);
}

static void
stmt_return(struct comp *c, const struct ast *a)
{
	struct symbol *f = c->function;
	struct expr *e = a->n && a->kid[0] ? comp_expr(c, a->kid[0]) : NULL;

	if (!f) {
		comp_error(c, &a->at,
		    "Can't return from a non-function, use accept or reject instead.");
		return;
	}
	c->returns = true;
	if (a->n && a->kid[0] && !e)
		return;
	if (e && f->type == VAL_ANY && e->type != VAL_ANY && !c->scope->old) {
		f->type = e->type;
		f->sub = e->sub;
	}
	if (e && f->type == VAL_QUAD && e->type == VAL_IP)
		e = comp_fit(c, e, f->type, f->sub, OP_RETURN);
	if (e && !val_type_fits(e->type, e->sub, f->type, f->sub))
		comp_error(c, &a->at,
		    "Can't return type %s from function %s, expected %s",
		    val_type_name(e->type), f->name, val_type_name(f->type));
	if (e)
		expr_emit(c, e);
	else
		emit(c, a, OP_VOID, 0, 0);
	emit(c, a, OP_RETURN, 0, 0);
}

/* BIRD 3 has made attributes of these, which can be taken away: what is left is nothing. */
static const struct ast *
nothing_of(struct comp *c, const struct ast *name)
{
	if (c->scope->old)
		return NULL;
	if (strcmp(name->text, "preference") == 0)
		return ast_num(c->scope->arena, AST_NUM, &name->at, 0);
	if (strcmp(name->text, "from") == 0)
		return ast_new(c->scope->arena, AST_IP, &name->at);
	return NULL;
}

static void
stmt_unset(struct comp *c, const struct ast *a)
{
	const struct ast *name = a->kid[0];
	const struct attribute *attr = comp_attribute(c, name->text);
	const struct ast *nothing = attr ? nothing_of(c, name) : NULL;

	if (nothing) {
		assign(c, a, name, comp_expr(c, nothing));
		return;
	}
	if (!attr || attr->is_static) {
		comp_error(c, &name->at, "Can't unset symbol %s", name->text);
		return;
	}
	if (attr->get == OP_SLOT)
		emit(c, a, OP_UNSET_SLOT, 0, attr->slot);
	else
		emit(c, a, OP_UNSET, 0, attr->code);
}

static void
stmt(struct comp *c, const struct ast *a)
{
	if (!a) {
		c->failed = true;
		return;
	}
	switch (a->kind) {
	case AST_BLOCK: comp_block(c, a); return;
	case AST_IF: stmt_if(c, a); return;
	case AST_CASE: stmt_case(c, a); return;
	case AST_FOR: stmt_for(c, a); return;
	case AST_VAR: stmt_var(c, a); return;
	case AST_ASSIGN: assign(c, a, a->kid[0], comp_expr(c, a->kid[1])); return;
	case AST_EXPR: stmt_expr(c, a); return;
	case AST_ACCEPT:
	case AST_REJECT:
		print(c, a, true);
		emit(c, a,
		    a->kind == AST_ACCEPT ? OP_ACCEPT
		    : a->num		  ? OP_ERROR
					  : OP_REJECT,
		    0, 0);
		return;
	case AST_RETURN: stmt_return(c, a); return;
	case AST_PRINT: print(c, a, !a->num); return;
	case AST_UNSET: stmt_unset(c, a); return;
	default: comp_error(c, &a->at, "Not a statement");
	}
}
