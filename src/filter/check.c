/*
 * From syntax to typed expressions: names are resolved, types that are known are checked,
 * and what is constant is computed.  Texts of errors are those of BIRD 2 where it has
 * them.
 */
#include "filter/comp.h"
#include "filter/set.h"

#include <string.h>

#include "filter/netset.h"
#include "filter/run.h"
#include "filter/vnet.h"

bool
val_type_fits(unsigned have, unsigned have_sub, unsigned want, unsigned want_sub)
{
	if (have == VAL_ANY || want == VAL_ANY)
		return true;
	if (have != want)
		return false;
	if (have == VAL_ENUM)
		return !have_sub || !want_sub || have_sub == want_sub;
	return true; /* sets of all kinds are one type, as in BIRD */
}

void
comp_warn_set(struct comp *c, const struct expr *e, unsigned type, unsigned sub)
{
	if (e->type == VAL_SET && type == VAL_SET && sub != VAL_VOID &&
	    e->sub != VAL_VOID && !vset_takes(sub, e->sub))
		comp_warn(c, &e->at, "A set of type %s where one of type %s is declared",
		    val_type_name(e->sub), val_type_name(sub));
}

static bool
need(struct comp *c, const struct expr *e, enum op op, unsigned arg, unsigned type)
{
	if (val_type_fits(e->type, e->sub, type, VAL_VOID))
		return true;
	return comp_mismatch(c, &e->at,
	    "Argument %u of %s must be of type %s, got type %s", arg, op_info[op].text,
	    val_type_name(type), val_type_name(e->type));
}

/* `[]` becomes the empty set of the type wanted. */
static struct expr *
empty_set(struct comp *c, struct expr *e, unsigned type, unsigned sub)
{
	struct val v = e->val;

	if (type == VAL_NETSET)
		v = netset_end(netset_begin(c->scope->arena, NET_NONE));
	else if (type == VAL_SET)
		v.sub = (uint8_t)sub;
	return expr_const(c, &e->at, &v);
}

struct expr *
comp_fit(struct comp *c, struct expr *e, unsigned type, unsigned sub, unsigned op)
{
	struct expr *test;
	bool fits;

	if (type == VAL_QUAD && (e->type == VAL_IP || e->type == VAL_ANY))
		e = expr_fold(
		    c, expr_op(c, &e->at, OP_QUAD,
			   e->type == VAL_ANY ? VAL_ANY : VAL_QUAD, 0, e, NULL, NULL));
	if (e && e->kind == EXPR_CONST && e->type == VAL_SET && e->sub == VAL_VOID)
		e = empty_set(c, e, type, sub);
	if (!e)
		return NULL;
	comp_warn_set(c, e, type, sub);
	fits = val_type_fits(e->type, e->sub, type, sub);
	if (!fits && !comp_mismatch(c, &e->at,
			 "Argument 1 of %s must be of type %s, got type %s",
			 op_info[op].text, val_type_name(type), val_type_name(e->type)))
		return NULL;
	if (type == VAL_ANY || (fits && e->type == type && expr_is_sure(e)) ||
	    (fits && e->kind == EXPR_CONST))
		return e;
	test = expr_op(c, &e->at, OP_TEST, type, sub, e, NULL, NULL);
	test->a = (uint8_t)type;
	test->b = 1;
	test->c = op;
	return test;
}

static struct expr *
num_const(struct comp *c, const struct ast *a, enum val_type type, uint32_t num)
{
	struct val v = val_num(type, num);

	return expr_const(c, &a->at, &v);
}

static struct expr *
check_literal(struct comp *c, const struct ast *a)
{
	struct val v = val_void();

	switch (a->kind) {
	case AST_IP: v = val_ip(a->ip); break;
	case AST_NET: v = val_net(&a->net); break;
	default: v = val_text(a->text);
	}
	return expr_const(c, &a->at, &v);
}

static struct expr *
check_empty(struct comp *c, const struct ast *a)
{
	static const uint8_t nothing[4];
	static const struct {
		const char *text;
		enum val_type type;
	} rows[] = {
		{ "+empty+", VAL_PATH },
		{ "-empty-", VAL_CLIST },
		{ "--empty--", VAL_ECLIST },
		{ "---empty---", VAL_LCLIST },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct val v = val_bytes(rows[i].type, nothing, 0);

		if (strcmp(rows[i].text, a->text) == 0)
			return expr_const(c, &a->at, &v);
	}
	return comp_error(c, &a->at, "Unknown list %s", a->text);
}

static struct expr *
check_enum(struct comp *c, const struct ast *a)
{
	struct val v;

	if (!val_enum_find(a->text, &v))
		return comp_error(c, &a->at, "Unknown constant %s", a->text);
	return expr_const(c, &a->at, &v);
}

struct local *
comp_local(const struct comp *c, const char *name)
{
	struct local *l = c->locals;

	while (l && strcmp(l->name, name) != 0)
		l = l->outer;
	return l;
}

const struct attribute *
comp_attribute(const struct comp *c, const char *name)
{
	struct symbol *s = scope_find(c->scope, name);

	return s && s->kind == SYMBOL_ATTRIBUTE ? s->attribute : NULL;
}

static struct expr *
check_name(struct comp *c, const struct ast *a)
{
	struct local *l = comp_local(c, a->text);
	struct symbol *s;
	const struct attribute *attr;
	struct val v;

	if (l)
		return expr_load(c, &a->at, l);
	s = scope_find(c->scope, a->text);
	if (s && s->kind == SYMBOL_CONST)
		return expr_const(c, &a->at, &s->val);
	attr = comp_attribute(c, a->text);
	if (attr)
		return expr_get(c, &a->at, attr);
	if (s)
		return comp_error(c, &a->at, "Can't use a %s as a value: %s",
		    s->kind == SYMBOL_FILTER ? "filter" : "function", a->text);
	if (val_enum_find(a->text, &v))
		return expr_const(c, &a->at, &v);
	return comp_error(c, &a->at, "Undefined symbol '%s'", a->text);
}

/* Nothing in it belongs to a run: no variable, no attribute. */
static bool
is_closed(const struct expr *e)
{
	if (e->kind == EXPR_OP && (!e->n || op_info[e->op].inputs))
		return false;
	for (unsigned i = 0; i < e->n; i++) {
		if (!is_closed(e->kid[i]))
			return false;
	}
	return true;
}

/* Functions are called here and now where a constant is needed. */
const struct val *
comp_const(struct comp *c, const struct ast *a)
{
	struct expr *e = comp_expr(c, a);
	struct val *v;

	if (!e)
		return NULL;
	if (e->kind == EXPR_CONST)
		return &e->val;
	if (!is_closed(e))
		return comp_error(c, &a->at, "Constant expression expected");
	v = ARENA_NEW(c->scope->arena, struct val);
	return expr_value(c, e, v) ? v : NULL;
}

/* An operator on values of one type. */
static struct expr *
check_typed(
    struct comp *c, const struct ast *a, enum op op, unsigned type, unsigned result)
{
	struct expr *kid[3] = { NULL };

	for (unsigned i = 0; i < a->n && i < 3; i++) {
		kid[i] = comp_expr(c, a->kid[i]);
		if (!kid[i] || !need(c, kid[i], op, i + 1, type))
			return NULL;
	}
	return expr_fold(c, expr_op(c, &a->at, op, result, 0, kid[0], kid[1], kid[2]));
}

static bool
comparable(const struct expr *x, const struct expr *y)
{
	if (!val_has_order(x->type) || !val_has_order(y->type))
		return false;
	if ((x->type == VAL_QUAD && y->type == VAL_IP) ||
	    (x->type == VAL_IP && y->type == VAL_QUAD))
		return true;
	return x->type == VAL_VOID || y->type == VAL_VOID ||
	       val_type_fits(x->type, x->sub, y->type, y->sub);
}

/* a > b is b < a. */
static struct expr *
check_compare(struct comp *c, const struct ast *a, enum op op, bool swap)
{
	struct expr *x = comp_expr(c, a->kid[0]), *y = comp_expr(c, a->kid[1]);

	if (!x || !y)
		return NULL;
	if ((op == OP_LT || op == OP_LE) && !comparable(x, y) &&
	    !comp_mismatch(c, &a->at, "Arguments 1 and 2 of %s must be of the same type",
		op_info[op].text))
		return NULL;
	return expr_fold(
	    c, expr_op(c, &a->at, op, VAL_BOOL, 0, swap ? y : x, swap ? x : y, NULL));
}

static struct expr *
check_match(struct comp *c, const struct ast *a, enum op op)
{
	struct expr *x = comp_expr(c, a->kid[0]), *y = comp_expr(c, a->kid[1]), *e;

	if (!x || !y)
		return NULL;
	e = expr_fold(c, expr_op(c, &a->at, op, VAL_BOOL, 0, x, y, NULL));
	/* what set a variable holds is known when it is there */
	if (e && e->kind != EXPR_CONST &&
	    val_match_never(x->type, y->type, y->kind == EXPR_CONST ? y->sub : VAL_ANY))
		comp_warn(c, &a->at, "%s between %s and %s always fails",
		    op == OP_MATCH ? "~" : "!~", val_type_name(x->type),
		    val_type_name(y->type));
	return e;
}

bool
comp_ec_kind(const struct ast *a, uint32_t *kind)
{
	if (strcmp(a->text, "rt") == 0)
		*kind = 0x0002;
	else if (strcmp(a->text, "ro") == 0)
		*kind = 0x0003;
	else if (strcmp(a->text, "generic") == 0)
		*kind = UINT32_MAX;
	else if (strcmp(a->text, "unknown") == 0 && a->num <= 0xffff)
		*kind = a->num;
	else
		return false;
	return true;
}

static struct expr *
check_ec(struct comp *c, const struct ast *a)
{
	struct expr *key = comp_expr(c, a->kid[0]), *value = comp_expr(c, a->kid[1]), *e;
	uint32_t kind;

	if (!comp_ec_kind(a, &kind))
		return comp_error(
		    c, &a->at, "Unknown kind of extended community: %s", a->text);
	if (!key || !value || !need(c, value, OP_EC, 2, VAL_INT))
		return NULL;
	if (key->type != VAL_IP && key->type != VAL_QUAD &&
	    !need(c, key, OP_EC, 1, VAL_INT))
		return NULL;
	e = expr_op(c, &a->at, OP_EC, VAL_EC, 0, key, value, NULL);
	e->c = kind;
	return expr_fold(c, e);
}

static struct expr *
check_neg(struct comp *c, const struct ast *a)
{
	struct expr *zero = num_const(c, a, VAL_INT, 0), *e = comp_expr(c, a->kid[0]);

	if (!e || !need(c, e, OP_SUB, 1, VAL_INT))
		return NULL;
	return expr_fold(c, expr_op(c, &a->at, OP_SUB, VAL_INT, 0, zero, e, NULL));
}

static struct expr *
check_concat(struct comp *c, const struct ast *a)
{
	struct expr *x = comp_expr(c, a->kid[0]), *y = comp_expr(c, a->kid[1]);
	unsigned type;

	if (!x || !y)
		return NULL;
	type = x->type == VAL_ANY ? y->type : x->type;
	if (type != VAL_BYTES && type != VAL_ANY)
		type = VAL_STRING;
	if (!need(c, x, OP_CONCAT, 1, type) || !need(c, y, OP_CONCAT, 2, type))
		return NULL;
	return expr_fold(c, expr_op(c, &a->at, OP_CONCAT, type, 0, x, y, NULL));
}

static struct expr *
check_operator(struct comp *c, const struct ast *a)
{
	switch (a->kind) {
	case AST_NOT: return check_typed(c, a, OP_NOT, VAL_BOOL, VAL_BOOL);
	case AST_AND: return check_typed(c, a, OP_AND, VAL_BOOL, VAL_BOOL);
	case AST_OR: return check_typed(c, a, OP_OR, VAL_BOOL, VAL_BOOL);
	case AST_ADD: return check_typed(c, a, OP_ADD, VAL_INT, VAL_INT);
	case AST_SUB: return check_typed(c, a, OP_SUB, VAL_INT, VAL_INT);
	case AST_MUL: return check_typed(c, a, OP_MUL, VAL_INT, VAL_INT);
	case AST_DIV: return check_typed(c, a, OP_DIV, VAL_INT, VAL_INT);
	case AST_BITAND: return check_typed(c, a, OP_BITAND, VAL_INT, VAL_INT);
	case AST_BITOR: return check_typed(c, a, OP_BITOR, VAL_INT, VAL_INT);
	case AST_CONCAT: return check_concat(c, a);
	case AST_EQ: return check_compare(c, a, OP_EQ, false);
	case AST_NE: return check_compare(c, a, OP_NE, false);
	case AST_LT: return check_compare(c, a, OP_LT, false);
	case AST_LE: return check_compare(c, a, OP_LE, false);
	case AST_GT: return check_compare(c, a, OP_LT, true);
	case AST_GE: return check_compare(c, a, OP_LE, true);
	case AST_MATCH: return check_match(c, a, OP_MATCH);
	case AST_NOMATCH: return check_match(c, a, OP_NOMATCH);
	default: return comp_error(c, &a->at, "Not an expression");
	}
}

static struct expr *
check_rd(struct comp *c, const struct ast *a)
{
	struct val v = { .type = VAL_RD };

	if (!rd_parse(a->text, &v.ec))
		return comp_error(c, &a->at, "Invalid route distinguisher %s", a->text);
	return expr_const(c, &a->at, &v);
}

static struct expr *
check_bytes(struct comp *c, const struct ast *a)
{
	struct val v;

	if (!bytes_parse(c->scope->arena, a->text, strlen(a->text), &v))
		return comp_error(c, &a->at, "Invalid hex string");
	return expr_const(c, &a->at, &v);
}

static struct expr *
check_net(struct comp *c, const struct ast *a)
{
	struct vnet *net;
	const char *why;
	struct val v;

	if (a->block)
		return comp_flow(c, a);
	net = ARENA_NEW(c->scope->arena, struct vnet);
	why = vnet_literal(a, net);
	if (why)
		return comp_error(c, &a->at, "%s", why);
	v = val_net(&net->net);
	return expr_const(c, &a->at, &v);
}

/* 1.6 looks at types when a filter runs, but at the numbers of a pair when it is read. */
static struct expr *
check_pair(struct comp *c, const struct ast *a)
{
	const struct ast *x = a->kid[0], *y = a->kid[1];

	if (c->scope->old && x && y && x->kind == AST_NUM && y->kind == AST_NUM &&
	    (x->num > 0xffff || y->num > 0xffff))
		return comp_error(c, x->num > 0xffff ? &x->at : &y->at,
		    "Value %u out of range (0-65535)", x->num > 0xffff ? x->num : y->num);
	return check_typed(c, a, OP_PAIR, VAL_INT, VAL_PAIR);
}

static struct expr *
check_kind(struct comp *c, const struct ast *a)
{
	switch (a->kind) {
	case AST_NUM: return num_const(c, a, VAL_INT, a->num);
	case AST_BOOL: return num_const(c, a, VAL_BOOL, a->num);
	case AST_TEXT:
	case AST_IP:
	case AST_NET: return check_literal(c, a);
	case AST_ENUM: return check_enum(c, a);
	case AST_EMPTY: return check_empty(c, a);
	case AST_PAIR: return check_pair(c, a);
	case AST_TRIPLE: return check_typed(c, a, OP_LC, VAL_INT, VAL_LC);
	case AST_EC: return check_ec(c, a);
	case AST_SET: return comp_set(c, a);
	case AST_PATHMASK: return comp_mask(c, a);
	case AST_NAME: return check_name(c, a);
	case AST_CALL: return comp_call(c, a);
	case AST_METHOD: return comp_method(c, a);
	case AST_NEG: return check_neg(c, a);
	case AST_RD: return check_rd(c, a);
	case AST_BYTES: return check_bytes(c, a);
	case AST_OTHERNET: return check_net(c, a);
	default: return check_operator(c, a);
	}
}

struct expr *
comp_expr(struct comp *c, const struct ast *a)
{
	/* a hole in the tree has been reported by the parser */
	struct expr *e = a ? check_kind(c, a) : NULL;

	c->failed |= !e;
	return e;
}
