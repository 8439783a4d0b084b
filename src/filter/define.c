/*
 * Definitions of one configuration, in order, and the ways into the compiler.
 *
 * A constant is computed where it stands.  A function becomes a unit, kept for the
 * filters that call it.  A filter is linked at once and holds nothing of the scope; those
 * without a name that are the same are one.
 */
#include "filter/compile.h"

#include "filter/comp.h"

static struct filter *
finish(struct comp *c, const struct ast *a, enum op last, const char *name)
{
	struct filter *f;

	if (unit_is_open(c->unit))
		unit_emit(c->unit, &a->at, last, 0, 0, 0);
	if (c->failed)
		return NULL;
	f = unit_link(c->unit, name);
	if (!f)
		comp_error(c, &a->at, "Filter too long");
	return f;
}

static size_t
shared_slot(struct filter *const *list, size_t room, const struct filter *f)
{
	size_t i = filter_hash(f) & (room - 1);

	while (list[i] && !filter_same(list[i], f))
		i = (i + 1) & (room - 1);
	return i;
}

static void
shared_grow(struct scope *scope)
{
	size_t room = scope->shared_room ? 4 * scope->shared_room : 64;
	struct filter **list = ARENA_ARRAY(scope->keep, struct filter *, room);

	for (size_t i = 0; i < scope->shared_room; i++)
		if (scope->shared[i])
			list[shared_slot(list, room, scope->shared[i])] =
			    scope->shared[i];
	scope->shared = list;
	scope->shared_room = room;
}

/* The filter, or the one that is the same. */
static struct filter *
share(struct scope *scope, struct filter *f)
{
	struct filter **at;

	if (!f)
		return NULL;
	if (2 * scope->shared_n >= scope->shared_room)
		shared_grow(scope);
	at = &scope->shared[shared_slot(scope->shared, scope->shared_room, f)];
	if (*at) {
		filter_unref(f);
	} else {
		*at = f;
		scope->shared_n++;
	}
	filter_ref(*at);
	return *at;
}

static struct filter *
compile(struct scope *scope, const struct ast *block, enum op last, const char *name)
{
	struct comp c = { .scope = scope };
	bool shared = !name && scope->own;
	struct filter *f = NULL;

	if (!block)
		return NULL;
	if (shared)
		f = again_find(scope, block, last);
	if (f)
		return f;
	c.unit = unit_new(scope->arena, name);
	comp_block(&c, block);
	/* an empty one is what a syntax error leaves */
	if (last == OP_UNDECIDED && !c.failed && block->n && !comp_ends(&c, block))
		comp_warn(&c, &block->at,
		    "Filter %s may end without accept or reject: it then rejects the "
		    "route, "
		    "as an error",
		    name ? name : "(unnamed)");
	f = finish(&c, block, last, name);
	scope_reset(scope);
	if (!shared)
		return f;
	f = share(scope, f);
	again_keep(scope, f, last);
	return f;
}

struct filter *
comp_finish(struct comp *c, const struct ast *a, enum op last)
{
	struct filter *f = finish(c, a, last, NULL);

	scope_reset(c->scope);
	return share(c->scope, f);
}

static bool
define_const(struct scope *scope, const struct ast_def *def)
{
	struct comp c = { .scope = scope };
	struct expr *e = comp_expr(&c, def->body);
	struct val v;

	if (!e || !expr_value(&c, e, &v))
		return false;
	if (v.type == VAL_VOID)
		return comp_error(&c, &def->at, "Constant %s has no value", def->name);
	if (scope->own && val_is_bytes(&v))
		v = val_dup(scope->keep, &v);
	scope_add(scope, def->name, SYMBOL_CONST, &def->at)->val = v;
	return true;
}

static bool
declare_params(struct comp *c, const struct ast_def *def)
{
	for (unsigned i = 0; i < def->param_n; i++) {
		const struct ast_param *p = &def->param[i];

		if (!comp_declare(c, &p->at, p->type, p->name))
			return false;
	}
	return true;
}

static bool
compile_function(struct comp *c, const struct ast_def *def, struct symbol *s)
{
	if (def->type && !val_type_parse(def->type, &s->type, &s->sub))
		return comp_type_unknown(c, &def->at, def->type);
	if (!declare_params(c, def))
		return false;
	comp_block(c, def->body);
	s->final = !c->returns && comp_ends(c, def->body);
	s->may_void = s->type != VAL_VOID && s->type != VAL_ANY &&
		      !comp_ends(c, def->body);
	if (s->may_void && !c->returns)
		comp_warn_void(c, s);
	if (unit_is_open(c->unit)) {
		unit_emit(c->unit, &def->at, OP_VOID, 0, 0, 0);
		unit_emit(c->unit, &def->at, OP_RETURN, 0, 0, 0);
	}
	return !c->failed;
}

/* The name is known inside its own body: a function may call itself. */
static bool
define_function(struct scope *scope, const struct ast_def *def)
{
	struct comp c = { .scope = scope, .unit = unit_new(scope->keep, def->name) };
	struct symbol *s = scope_add(scope, def->name, SYMBOL_FUNCTION, &def->at);
	bool ok;

	c.unit->lasts = true;
	s->unit = c.unit;
	s->param_n = def->param_n;
	s->param = arena_dup(
	    scope->keep, def->param, def->param_n * sizeof(*def->param));
	s->type = VAL_ANY;
	c.function = s;
	c.unit->argc = def->param_n;
	ok = compile_function(&c, def, s);
	if (!ok)
		s->unit = NULL;
	return ok;
}

static bool
define_filter(struct scope *scope, const struct ast_def *def)
{
	struct filter *f = compile(scope, def->body, OP_UNDECIDED, def->name);

	/* a name that failed is still a filter, or each use would be one more error */
	scope_add(scope, def->name, SYMBOL_FILTER, &def->at)->filter = f;
	return f != NULL;
}

static bool
define_attribute(struct scope *scope, const struct ast_def *def)
{
	struct comp c = { .scope = scope };
	struct attribute a = { .name = def->name, .get = OP_LOCAL, .set = OP_SET_LOCAL };

	if (!def->type || !val_type_parse(def->type, &a.type, &a.sub) ||
	    a.type == VAL_ROUTE)
		return comp_type_unknown(&c, &def->at, def->type ? def->type : "");
	a.has_value = val_is_list(a.type);
	a.code = def->code ? (uint16_t)def->code
			   : attribute_custom(a.name, a.type, a.sub);
	if (!a.code) {
		a.get = OP_SLOT;
		a.set = OP_SET_SLOT;
	}
	scope_add_attribute(scope, &a, &def->at);
	return true;
}

static bool
define(struct scope *scope, const struct ast_def *def)
{
	switch (def->kind) {
	case DEF_CONST: return define_const(scope, def);
	case DEF_FUNCTION: return define_function(scope, def);
	case DEF_FILTER: return define_filter(scope, def);
	case DEF_ATTRIBUTE: return define_attribute(scope, def);
	}
	return false;
}

bool
scope_define(struct scope *scope, const struct ast_def *def)
{
	struct comp c = { .scope = scope };
	bool good;

	if (scope_find(scope, def->name))
		return comp_error(&c, &def->at, "Symbol '%s' already defined", def->name);
	good = define(scope, def);
	scope_reset(scope);
	return good;
}

struct filter *
scope_compile_block(struct scope *scope, const struct ast *block)
{
	return compile(scope, block, OP_UNDECIDED, NULL);
}

struct filter *
scope_compile_body(struct scope *scope, const struct ast *block)
{
	return compile(scope, block, OP_ACCEPT, NULL);
}

/* The same code as of `if EXPR then accept; else reject;`. */
struct filter *
scope_compile_where(struct scope *scope, const struct ast *expr)
{
	struct ast yes = { .kind = AST_ACCEPT }, no = { .kind = AST_REJECT };
	struct ast *kids[3] = { NULL, &yes, &no }, *stmts[1];
	struct ast cond = { .kind = AST_IF, .n = 3, .kid = kids };
	struct ast block = { .kind = AST_BLOCK, .n = 1, .kid = stmts };

	if (!expr)
		return NULL;
	kids[0] = (struct ast *)(uintptr_t)expr; /* only read */
	stmts[0] = &cond;
	yes.at = no.at = cond.at = block.at = expr->at;
	return compile(scope, &block, OP_UNDECIDED, NULL);
}
