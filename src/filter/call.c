/*
 * Calls: methods of values, the same in function style, and functions of the
 * configuration.
 */
#include <assert.h>
#include <string.h>

#include "filter/comp.h"
#include "filter/origin.h"

#define SELF	VAL_TYPES	/* the result has the type of the value, */
#define ELEMENT (VAL_TYPES + 1) /* or that of its elements */

#define OF(type)  (1u << VAL_##type)
#define LISTS	  (OF(CLIST) | OF(ECLIST) | OF(LCLIST))
#define PATHS	  (OF(PATH) | LISTS)
#define PART(which) OP_NET_PART, NET_PART_##which

struct method {
	const char *name;
	uint32_t self;	   /* types that have it, a bit each */
	uint8_t argc, arg; /* arg: VAL_ANY where the instruction decides */
	uint8_t op, c;
	uint8_t type, sub;
};

static const struct method methods[] = {
	{ "len", OF(NET) | PATHS, 0, 0, OP_LEN, 0, VAL_INT, 0 },
	{ "ip", OF(NET), 0, 0, OP_IP, 0, VAL_IP, 0 },
	{ "type", OF(NET), 0, 0, OP_TYPE, 0, VAL_ENUM, ENUM_NETTYPE },
	{ "mask", OF(IP), 1, VAL_INT, OP_IP_MASK, 0, VAL_IP, 0 },
	{ "is_v4", OF(IP), 0, 0, OP_IS_V4, 0, VAL_BOOL, 0 },
	{ "first", OF(PATH), 0, 0, OP_FIRST, 0, VAL_INT, 0 },
	{ "last", OF(PATH), 0, 0, OP_LAST, 0, VAL_INT, 0 },
	{ "last_nonaggregated", OF(PATH), 0, 0, OP_LAST_NA, 0, VAL_INT, 0 },
	{ "prepend", OF(PATH), 1, VAL_INT, OP_PREPEND, 0, VAL_PATH, 0 },
	{ "empty", PATHS, 0, 0, OP_EMPTY, 0, SELF, 0 },
	{ "add", LISTS, 1, VAL_ANY, OP_LIST_ADD, 0, SELF, 0 },
	{ "delete", PATHS, 1, VAL_ANY, OP_LIST_DEL, 0, SELF, 0 },
	{ "filter", PATHS, 1, VAL_ANY, OP_LIST_FILTER, 0, SELF, 0 },
	{ "min", LISTS, 0, 0, OP_MIN, 0, ELEMENT, 0 },
	{ "max", LISTS, 0, 0, OP_MAX, 0, ELEMENT, 0 },
	{ "asn", OF(PAIR) | OF(LC) | OF(NET), 0, 0, OP_ASN, 0, VAL_INT, 0 },
	{ "data", OF(PAIR), 0, 0, OP_DATA, 0, VAL_INT, 0 },
	{ "data1", OF(LC), 0, 0, OP_DATA, 1, VAL_INT, 0 },
	{ "data2", OF(LC), 0, 0, OP_DATA, 2, VAL_INT, 0 },
	{ "rd", OF(NET), 0, 0, PART(RD), VAL_RD, 0 },
	{ "maxlen", OF(NET), 0, 0, PART(MAX), VAL_INT, 0 },
	{ "src", OF(NET), 0, 0, PART(SRC), VAL_NET, 0 },
	{ "dst", OF(NET), 0, 0, PART(DST), VAL_NET, 0 },
	{ "mac", OF(NET), 0, 0, PART(MAC), VAL_MAC, 0 },
	{ "vlan_id", OF(NET), 0, 0, PART(VLAN), VAL_INT, 0 },
	{ "evpn_type", OF(NET), 0, 0, PART(EVPN), VAL_ENUM, ENUM_EVPN },
	{ "evpn_tag", OF(NET), 0, 0, PART(TAG), VAL_INT, 0 },
	{ "evpn_esi", OF(NET), 0, 0, PART(ESI), VAL_BYTES, 0 },
	{ "router_ip", OF(NET), 0, 0, PART(ROUTER), VAL_IP, 0 },
	{ "append", OF(BYTES), 1, VAL_BYTES, OP_CONCAT, 0, SELF, 0 },
	{ "append", OF(STRING), 1, VAL_STRING, OP_CONCAT, 0, SELF, 0 },
};

static_assert(VAL_TYPES <= 32, "a bit for each");

/* With a type not known yet, the first of that name: the instruction will look again. */
static const struct method *
method_find(const char *name, unsigned self, bool *named)
{
	*named = false;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(methods[i].name, name) != 0)
			continue;
		*named = true;
		if (self == VAL_ANY || (self < VAL_TYPES && methods[i].self & 1u << self))
			return &methods[i];
	}
	return NULL;
}

/* What the method gives, as far as it is known. */
static unsigned
method_type(const struct method *m, unsigned self)
{
	if (m->type == SELF)
		return self;
	if (m->type != ELEMENT)
		return m->type;
	return val_element(self) != VAL_VOID ? val_element(self) : VAL_ANY;
}

static struct expr *
method_arg(struct comp *c, const struct method *m, const struct ast *a)
{
	struct expr *e = comp_expr(c, a);

	if (e && !val_type_fits(e->type, e->sub, m->arg, VAL_VOID) &&
	    !comp_mismatch(c, &a->at, "Argument 2 of %s must be of type %s, got type %s",
		op_info[m->op].text, val_type_name(m->arg), val_type_name(e->type)))
		return NULL;
	return e;
}

static struct expr *
method_expr(struct comp *c, const struct ast *a, struct expr *self, unsigned argc,
    struct ast *const *arg)
{
	bool named;
	const struct method *m = method_find(a->text, self->type, &named);
	struct expr *e, *extra = NULL;
	unsigned type;

	if (!m && named && comp_mismatch(c, &a->at,
			       "Method '%s' is not defined for type %s", a->text,
			       val_type_name(self->type)))
		m = method_find(a->text, VAL_ANY, &named);
	if (!m && named)
		return NULL;
	if (!m)
		return comp_error(c, &a->at, "Unknown symbol %s", a->text);
	if (argc != m->argc)
		return comp_error(c, &a->at,
		    "Method '%s' expects %u arguments, got %u arguments", a->text,
		    m->argc, argc);
	if (argc && !(extra = method_arg(c, m, arg[0])))
		return NULL;
	type = method_type(m, self->type);
	e = expr_op(c, &a->at, m->op, type, m->sub, self, extra, NULL);
	e->c = m->c;
	return expr_fold(c, e);
}

/* What stands behind a route is an attribute of it. */
static struct expr *
route_method(struct comp *c, const struct ast *a, struct expr *self)
{
	const struct attribute *attr = comp_attribute(c, a->text);

	if (!attr)
		return comp_error(c, &a->at, "Unknown symbol %s", a->text);
	if (a->n > 1)
		return comp_error(c, &a->at, "%s of a route takes no arguments", a->text);
	return expr_of(c, &a->at, self, attr);
}

struct expr *
comp_method(struct comp *c, const struct ast *a)
{
	struct expr *self = a->n ? comp_expr(c, a->kid[0]) : NULL;

	if (!self) {
		c->failed = true;
		return NULL;
	}
	if (self->type == VAL_ROUTE)
		return route_method(c, a, self);
	return method_expr(c, a, self, a->n - 1, a->kid + 1);
}

void
comp_warn_void(struct comp *c, struct symbol *f)
{
	f->may_void = false;
	comp_warn(c, &f->at, "Function %s may end without a return: it then has no value",
	    f->name);
}

static struct expr *
check_function(struct comp *c, const struct ast *a, struct symbol *f)
{
	struct expr *e;

	if (a->n != f->param_n)
		return comp_error(c, &a->at,
		    "Function '%s' expects %u arguments, got %u arguments", a->text,
		    f->param_n, a->n);
	if (f->may_void && c->dropped != a)
		comp_warn_void(c, f);
	e = ARENA_NEW(c->scope->arena, struct expr);
	e->kind = EXPR_CALL;
	e->at = a->at;
	e->type = f->type;
	e->sub = f->sub;
	e->callee = f->unit;
	e->n = a->n;
	e->kid = ARENA_ARRAY(c->scope->arena, struct expr *, a->n + 1);
	for (unsigned i = 0; i < a->n; i++) {
		uint8_t type, sub;
		struct expr *k = comp_expr(c, a->kid[i]);

		if (!k || !val_type_parse(f->param[i].type, &type, &sub))
			return NULL;
		if ((type == VAL_QUAD && k->type == VAL_IP) ||
		    (type == VAL_NETSET && k->type == VAL_SET && k->sub == VAL_VOID))
			k = comp_fit(c, k, type, sub, OP_CALL);
		else if (!val_type_fits(k->type, k->sub, type, sub) && c->scope->old)
			k = comp_fit(c, k, type, sub, OP_INIT);
		else if (!val_type_fits(k->type, k->sub, type, sub))
			return comp_error(c, &a->kid[i]->at,
			    "Argument %u of '%s' must be %s, got %s", i + 1, a->text,
			    f->param[i].type, val_type_name(k->type));
		if (!k)
			return NULL;
		comp_warn_set(c, k, type, sub);
		e->kid[i] = k;
	}
	return e;
}

struct builtin {
	const char *name;
	struct expr *(*check)(struct comp *, const struct ast *, const struct builtin *);
	uint8_t op, type, arg; /* of check_unary */
};

/* The number of a table of origins that the call names first; false after an error.  0: a
 * table of another type, in which nothing is known of any route. */
static bool
origins_of(struct comp *c, const struct ast *a, bool aspa, uint32_t *id)
{
	const struct ast *name = a->n ? a->kid[0] : NULL;
	enum net_type type;

	if (!name || name->kind != AST_NAME) {
		comp_error(c, &a->at, "Table expected");
		return false;
	}
	*id = 0;
	if (!scope_table_find(c->scope, name->text, &type)) {
		comp_error(c, &name->at, aspa ? "%s is not an ASPA table"
					      : "%s is not a ROA table", name->text);
		return false;
	}
	if (aspa ? type != NET_ASPA : type != NET_ROA4 && type != NET_ROA6) {
		comp_warn(c, &name->at, "Table type must be %s: the result of %s(%s) is "
					"always unknown",
		    aspa ? "ASPA" : "either ROA4 or ROA6", a->text, name->text);
		return true;
	}
	*id = origin_table(name->text, type);
	if (!*id)
		comp_error(c, &name->at, "Too many tables of origins");
	return *id != 0;
}

/* roa_check(TABLE), roa_check(TABLE, prefix, AS). */
static struct expr *
check_roa(struct comp *c, const struct ast *a, const struct builtin *b)
{
	struct expr *net, *as, *e;
	uint32_t id;

	(void)b;
	if (a->n != 1 && a->n != 3)
		return comp_error(
		    c, &a->at, "roa_check takes a table, or a table, a prefix and an AS");
	if (!origins_of(c, a, false, &id))
		return NULL;
	if (a->n == 3) {
		net = comp_expr(c, a->kid[1]);
		as = comp_expr(c, a->kid[2]);
	} else {
		net = expr_get(c, &a->at, comp_attribute(c, "net"));
		as = expr_get(c, &a->at, comp_attribute(c, "bgp_path"));
		as = expr_op(c, &a->at, OP_LAST, VAL_INT, 0, as, NULL, NULL);
	}
	if (!net || !as)
		return NULL;
	if (!val_type_fits(net->type, net->sub, VAL_NET, 0) ||
	    !val_type_fits(as->type, as->sub, VAL_INT, 0))
		return comp_error(c, &a->at, "roa_check takes a prefix and an AS number");
	e = expr_op(c, &a->at, OP_ROA, VAL_ENUM, ENUM_ROA, net, as, NULL);
	e->a = net->kind == EXPR_OP && net->op == OP_NET;
	e->c = id;
	return e;
}

/* aspa_check(TABLE, path, upstream), aspa_check_upstream(TABLE), ..._downstream(TABLE) */
static struct expr *
check_aspa(struct comp *c, const struct ast *a, const struct builtin *b)
{
	bool full = strcmp(a->text, "aspa_check") == 0;
	struct val up = val_bool(strcmp(a->text, "aspa_check_upstream") == 0);
	struct expr *path, *upstream, *e;
	uint32_t id;

	(void)b;
	if (a->n != (full ? 3 : 1))
		return comp_error(c, &a->at,
		    full ? "%s takes a table, a path and a bool" : "%s takes a table",
		    a->text);
	if (!origins_of(c, a, true, &id))
		return NULL;
	path = full ? comp_expr(c, a->kid[1])
		    : expr_get(c, &a->at, comp_attribute(c, "bgp_path"));
	upstream = full ? comp_expr(c, a->kid[2]) : expr_const(c, &a->at, &up);
	if (!path || !upstream)
		return NULL;
	if (!val_type_fits(path->type, path->sub, VAL_PATH, 0) ||
	    !val_type_fits(upstream->type, upstream->sub, VAL_BOOL, 0))
		return comp_error(c, &a->at, "aspa_check takes a path and a bool");
	e = expr_op(c, &a->at, OP_ASPA, VAL_ENUM, ENUM_ASPA, path, upstream, NULL);
	e->c = id;
	return e;
}

/* In BIRD 1.6 an empty list is defined; an attribute that is not there is none. */
static struct expr *
old_defined(struct comp *c, const struct ast *a, struct expr *e)
{
	if (e->kind == EXPR_OP && e->op == OP_LIST)
		e->op = OP_OPAQUE;
	e = expr_op(c, &a->at, OP_DEFINED, VAL_BOOL, 0, e, NULL, NULL);
	e->a = 1;
	return expr_fold(c, e);
}

/* defined(x) of an attribute looks at the attribute, not at what reads in its place. */
static struct expr *
check_unary(struct comp *c, const struct ast *a, const struct builtin *b)
{
	struct expr *e;

	if (a->n != 1)
		return comp_error(c, &a->at,
		    "Function '%s' expects 1 arguments, got %u arguments", a->text, a->n);
	e = comp_expr(c, a->kid[0]);
	if (!e)
		return NULL;
	if (!val_type_fits(e->type, e->sub, b->arg, VAL_VOID))
		return comp_error(c, &a->at, "Argument 1 of '%s' expected %s, got %s",
		    a->text, val_type_name(b->arg), val_type_name(e->type));
	if (b->op == OP_DEFINED && e->kind == EXPR_OP && e->op == OP_DEFAULT)
		e = e->kid[0];
	if (b->op == OP_DEFINED && c->scope->old)
		return old_defined(c, a, e);
	return expr_fold(c, expr_op(c, &a->at, b->op, b->type, 0, e, NULL, NULL));
}

static const struct builtin builtins[] = {
	{ "aspa_check", check_aspa, 0, 0, 0 },
	{ "aspa_check_downstream", check_aspa, 0, 0, 0 },
	{ "aspa_check_upstream", check_aspa, 0, 0, 0 },
	{ "defined", check_unary, OP_DEFINED, VAL_BOOL, VAL_ANY },
	{ "format", check_unary, OP_FORMAT, VAL_STRING, VAL_ANY },
	{ "from_hex", check_unary, OP_FROM_HEX, VAL_BYTES, VAL_STRING },
	{ "roa_check", check_roa, 0, 0, 0 },
};

struct expr *
comp_call(struct comp *c, const struct ast *a)
{
	struct symbol *s = scope_find(c->scope, a->text);
	struct expr *self;
	bool named;

	/* a function that failed has been reported */
	if (s && s->kind == SYMBOL_FUNCTION)
		return s->unit ? check_function(c, a, s) : NULL;
	for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
		if (strcmp(builtins[i].name, a->text) == 0)
			return builtins[i].check(c, a, &builtins[i]);
	}
	method_find(a->text, VAL_TYPES, &named);
	if (!named || a->n < 2)
		return comp_error(c, &a->at,
		    s ? "%s is not a function" : "Undefined function '%s'", a->text);
	self = comp_expr(c, a->kid[0]);
	return self ? method_expr(c, a, self, a->n - 1, a->kid + 1) : NULL;
}
