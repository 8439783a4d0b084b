/*
 * Scopes: the names of one configuration, and whose memory holds what they mean.
 */
#include "filter/compile.h"

#include <string.h>

#include "filter/comp.h"
#include "filter/local.h"

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

void
scope_add_attribute(
    struct scope *scope, const struct attribute *row, const struct place *at)
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
		scope_add_attribute(scope, &row, NULL);
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

void
scope_reset(struct scope *scope)
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
