/*
 * Scopes: the definitions of one configuration in order, and the ways into the compiler.
 *
 * A constant is computed where it stands.  A function becomes a unit, kept for the
 * filters that call it.  A filter is linked at once and holds nothing of the scope.
 */
#include "filter/compile.h"

#include <string.h>

#include "base/longnet.h"
#include "filter/comp.h"
#include "filter/local.h"
#include "filter/vnet.h"

static uint32_t
name_hash(const char *name)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 16777619u;
	return h;
}

struct symbol *
scope_find(const struct scope *scope, const char *name)
{
	struct symbol *s = scope->table[name_hash(name) & (scope->room - 1)];

	while (s && (*s->name != *name || strcmp(s->name, name) != 0))
		s = s->next;
	return !s && scope->outer ? scope_find(scope->outer, name) : s;
}

static void
table_grow(struct scope *scope)
{
	size_t room = scope->room ? scope->room * 2 : 256;
	struct symbol **table = ARENA_ARRAY(scope->keep, struct symbol *, room);

	for (size_t i = 0; i < scope->room; i++) {
		struct symbol *s, *next;

		for (s = scope->table[i]; s; s = next) {
			struct symbol **head = &table[name_hash(s->name) & (room - 1)];

			next = s->next;
			s->next = *head;
			*head = s;
		}
	}
	scope->table = table;
	scope->room = room;
}

struct symbol *
scope_add(
    struct scope *scope, const char *name, enum symbol_kind kind, const struct place *at)
{
	struct symbol *s = ARENA_NEW(scope->keep, struct symbol), **head;

	if (scope->n >= scope->room)
		table_grow(scope);
	s->name = name;
	s->kind = kind;
	if (at)
		s->at = *at;
	head = &scope->table[name_hash(name) & (scope->room - 1)];
	s->next = *head;
	*head = s;
	scope->n++;
	return s;
}

struct scope_table {
	const char *name;
	enum net_type type;
	struct scope_table *next;
};

void
scope_table(struct scope *scope, const char *name, enum net_type type)
{
	struct scope_table *t = ARENA_NEW(scope->keep, struct scope_table);

	*t = (struct scope_table){ name, type, scope->tables };
	scope->tables = t;
}

bool
scope_table_find(const struct scope *scope, const char *name, enum net_type *type)
{
	const struct scope_table *t = scope->tables;

	while (t && strcmp(t->name, name) != 0)
		t = t->next;
	if (!t)
		return scope->outer && scope_table_find(scope->outer, name, type);
	*type = t->type;
	return true;
}

static void
add_attribute(struct scope *scope, const struct attribute *row, const struct place *at)
{
	struct attribute *a = arena_dup(scope->keep, row, sizeof(*row));

	if (a->get == OP_SLOT)
		a->slot = scope->slots++;
	scope_add(scope, a->name, SYMBOL_ATTRIBUTE, at)->attribute = a;
}

/* Two have a misspelt name as well, which is all that BIRD before 2.15 knows, and two the
 * name that BIRD before 3 has for them. */
static uint16_t
local_code(const char *name)
{
	if (strcmp(name, "krt_sstresh") == 0)
		return filter_local_code("krt_ssthresh");
	if (strcmp(name, "krt_lock_sstresh") == 0)
		return filter_local_code("krt_lock_ssthresh");
	if (strcmp(name, "ra_preference") == 0)
		return filter_local_code("radv_preference");
	if (strcmp(name, "ra_lifetime") == 0)
		return filter_local_code("radv_lifetime");
	return filter_local_code(name);
}

struct scope *
scope_new(struct arena *arena, compile_error_fn *error, void *ctx)
{
	struct scope *scope = ARENA_NEW(arena, struct scope);

	scope->keep = scope->arena = arena;
	scope->error = error;
	scope->ctx = ctx;
	table_grow(scope);
	for (uint32_t i = 0; i < attribute_count(); i++) {
		struct attribute row = *attribute_row(i);

		if (!row.code)
			row.code = local_code(row.name);
		add_attribute(scope, &row, NULL);
	}
	return scope;
}

void
scope_forget(struct scope *scope)
{
	scope->arena = arena_new();
	scope->own = true;
}

void
scope_remember(struct scope *scope)
{
	if (scope->own)
		arena_free(scope->arena);
	scope->own = false;
	scope->arena = scope->keep;
}

/* Something is compiled, and nothing of it is left but what was kept. */
static void
forget(struct scope *scope)
{
	if (scope->own)
		arena_reset(scope->arena);
}

struct scope *
scope_inside(const struct scope *outer, struct arena *arena, compile_error_fn *error,
    void *ctx)
{
	struct scope *scope = ARENA_NEW(arena, struct scope);

	scope->outer = outer;
	scope->keep = scope->arena = arena;
	scope->slots = outer->slots;
	scope->old = outer->old;
	scope_on_error(scope, error, ctx);
	table_grow(scope);
	return scope;
}

void
scope_on_error(struct scope *scope, compile_error_fn *error, void *ctx)
{
	scope->error = error;
	scope->ctx = ctx;
	scope->warn = NULL;
}

void
scope_on_warning(struct scope *scope, compile_error_fn *warn)
{
	scope->warn = warn;
}

void
scope_be_old(struct scope *scope, bool old)
{
	scope->old = old;
}

void
scope_free(struct scope *scope)
{
	if (!scope)
		return;
	for (size_t i = 0; i < scope->room; i++) {
		for (struct symbol *s = scope->table[i]; s; s = s->next)
			filter_unref(s->filter);
	}
	for (size_t i = 0; i < scope->shared_room; i++)
		filter_unref(scope->shared[i]);
	again_forget(scope);
	scope_remember(scope);
}

const char *
scope_class(const struct scope *scope, const char *name)
{
	struct symbol *s = scope_find(scope, name);

	if (!s)
		return NULL;
	switch (s->kind) {
	case SYMBOL_CONST: return "constant";
	case SYMBOL_FUNCTION: return "function";
	case SYMBOL_FILTER: return "filter";
	case SYMBOL_ATTRIBUTE: return s->at.line ? "custom attribute" : NULL;
	}
	return NULL;
}

bool
scope_is_ip(const struct scope *scope, const char *name)
{
	const struct symbol *s = scope_find(scope, name);

	return s && s->kind == SYMBOL_CONST && s->val.type == VAL_IP;
}

const char *
scope_const_type(const struct scope *scope, const char *name)
{
	const struct symbol *s = scope_find(scope, name);

	return s && s->kind == SYMBOL_CONST ? val_type_name(s->val.type) : NULL;
}

struct filter *
scope_filter(struct scope *scope, const char *name)
{
	struct symbol *s = scope_find(scope, name);

	if (!s || s->kind != SYMBOL_FILTER || !s->filter)
		return NULL;
	filter_ref(s->filter);
	return s->filter;
}

/*
 * Definitions.
 */
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
			list[shared_slot(list, room, scope->shared[i])] = scope->shared[i];
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
		    "Filter %s may end without accept or reject: it then rejects the route, "
		    "as an error",
		    name ? name : "(unnamed)");
	f = finish(&c, block, last, name);
	forget(scope);
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

	forget(c->scope);
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
	s->may_void = s->type != VAL_VOID && s->type != VAL_ANY && !comp_ends(c, def->body);
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
	add_attribute(scope, &a, &def->at);
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
	forget(scope);
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

/*
 * Constants for options.
 */
static bool
eval(struct scope *scope, const struct ast *a, struct val *out)
{
	struct comp c = { .scope = scope };
	struct expr *e = comp_expr(&c, a);

	return e && expr_value(&c, e, out);
}

static bool
eval_type(struct scope *scope, const struct ast *a, unsigned type, struct val *out)
{
	struct comp c = { .scope = scope };

	if (!eval(scope, a, out))
		return false;
	if (out->type != type)
		return comp_error(&c, &a->at, "Value of type %s expected, got %s",
		    val_type_name(type), val_type_name(out->type));
	return true;
}

bool
scope_eval_num(struct scope *scope, const struct ast *a, uint32_t *out)
{
	struct val v;

	if (!eval_type(scope, a, VAL_INT, &v))
		return false;
	*out = v.num;
	forget(scope);
	return true;
}

bool
scope_eval_ec(struct scope *scope, const struct ast *a, uint64_t *out)
{
	struct val v;

	if (!eval_type(scope, a, VAL_EC, &v))
		return false;
	*out = v.ec;
	forget(scope);
	return true;
}

bool
scope_eval_text(struct scope *scope, const struct ast *a, const char **out)
{
	struct val v;

	if (!eval_type(scope, a, VAL_STRING, &v))
		return false;
	*out = arena_strndup(scope->keep, v.data, v.len);
	return true;
}

bool
scope_eval_ip(struct scope *scope, const struct ast *a, struct ip *out)
{
	struct val v;

	if (!eval_type(scope, a, VAL_IP, &v))
		return false;
	*out = v.ip;
	return true;
}

bool
scope_eval_net(struct scope *scope, const struct ast *a, struct net *out)
{
	struct val v;

	if (!eval_type(scope, a, VAL_NET, &v))
		return false;
	memcpy(out, v.data, sizeof(*out));
	if (out->type > NET_IP6) {
		struct comp c = { .scope = scope };

		comp_error(&c, &a->at, "IPv4 or IPv6 prefix expected");
		return false;
	}
	return true;
}

bool
scope_eval_flow(struct scope *scope, const struct ast *a, struct net *out)
{
	struct comp c = { .scope = scope };
	struct expr *e = comp_flow(&c, a);
	const struct vnet *flow;
	struct val v;

	if (!e || !expr_value(&c, e, &v))
		return false;
	flow = v.data;
	*out = net_long(flow->net.type == VNET_FLOW6 ? NET_FLOW6 : NET_FLOW4, flow->flow,
	    flow->flow_len);
	return true;
}

bool
scope_eval_id(struct scope *scope, const struct ast *a, uint32_t *out)
{
	struct comp c = { .scope = scope };
	struct val v;

	if (!eval(scope, a, &v))
		return false;
	if (v.type == VAL_IP && ip_is4(&v.ip))
		*out = ip_to4(&v.ip);
	else if (v.type == VAL_INT || v.type == VAL_QUAD)
		*out = v.num;
	else
		return comp_error(&c, &a->at, "Number or IPv4 address expected, got %s",
		    val_type_name(v.type));
	return true;
}

const char *
scope_eval_print(struct scope *scope, const struct ast *a, struct arena *arena)
{
	struct vtext t = vtext_new(arena, 1 << 20);
	struct val v;

	if (!eval(scope, a, &v))
		return NULL;
	vtext_val(&t, &v);
	forget(scope);
	return t.at;
}
