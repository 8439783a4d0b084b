/*
 * `aggregate on` and `merge by`, compiled.
 *
 * A key is the values of all items one after the other.  The network itself is left out:
 * the routes of a bucket are those of one.  A merge begins with what the bucket has in
 * common, then comes the body, in which `routes` is a variable.
 */
#include "filter/merge.h"

#include <string.h>

#include "filter/comp.h"

static const struct attribute *
item_attribute(struct comp *c, const struct merge_item *item)
{
	const struct attribute *a = comp_attribute(c, item->name);
	const char *class = a ? NULL : scope_class(c->scope, item->name);

	if (!a && class)
		return comp_error(
		    c, &item->at, "Can't aggregate on symbol type %s.", class);
	if (!a)
		return comp_error(c, &item->at, "Undefined symbol '%s'", item->name);
	if (a->get == OP_SLOT)
		return comp_error(c, &item->at,
		    "Can't aggregate on %s: there are too many custom attributes",
		    a->name);
	return a;
}

static void
key_emit(struct comp *c, const struct place *at, const struct expr *e)
{
	expr_emit(c, e);
	unit_emit(c->unit, at, OP_KEY, 0, 0, 0);
}

static void
key_attribute(struct comp *c, const struct merge_item *item)
{
	const struct attribute *a = item_attribute(c, item);
	struct expr *e;

	if (!a || a->get == OP_NET)
		return;
	e = expr_get(c, &item->at, a);
	key_emit(c, &item->at, e);
	if (a->get != OP_OPAQUE)
		return;
	/* that it is there says nothing of its bytes */
	e = expr_op(c, &item->at, OP_LIST, VAL_BYTES, 0, NULL, NULL, NULL);
	e->a = VAL_BYTES;
	e->c = a->code;
	key_emit(c, &item->at, e);
}

static void
key_expr(struct comp *c, const struct merge_item *item)
{
	struct expr *e = comp_expr(c, item->expr);

	if (!e)
		return;
	if (e->type == VAL_SET || e->type == VAL_NETSET || e->type == VAL_MASK)
		comp_error(c, &item->at, "Can't aggregate on a value of type %s",
		    val_type_name(e->type));
	else
		key_emit(c, &item->at, e);
}

struct filter *
scope_compile_key(struct scope *scope, const struct merge_item *item, unsigned n)
{
	struct comp c = { .scope = scope, .unit = unit_new(scope->arena, NULL) };
	struct ast end = { .kind = AST_ACCEPT, .at = item->at };

	for (unsigned i = 0; i < n; i++) {
		if (item[i].name)
			key_attribute(&c, &item[i]);
		else
			key_expr(&c, &item[i]);
	}
	return comp_finish(&c, &end, OP_ACCEPT);
}

static unsigned
seed_of(const struct attribute *a)
{
	if (a->get == OP_PREF)
		return SEED_PREFERENCE;
	if (a->get == OP_FROM)
		return SEED_FROM;
	if (a->get == OP_NEXTHOP)
		return SEED_NEXT_HOP;
	if (a->get == OP_DEST || (a->get == OP_HOP && a->value <= HOP_NAME))
		return SEED_WAY;
	return SEED_ATTRIBUTE;
}

/* What can only be read is not the new route's, and the parts of a way not without it. */
static bool
is_seeded(const struct attribute *a)
{
	if (a->get == OP_HOP)
		return a->value <= HOP_NAME;
	return a->set != OPS || a->get == OP_OPAQUE;
}

static void
seed(struct comp *c, const struct merge_item *item)
{
	const struct attribute *a = item->name ? comp_attribute(c, item->name) : NULL;
	unsigned kind = a ? seed_of(a) : 0;

	if (a && is_seeded(a))
		unit_emit(c->unit, &item->at, OP_SEED, kind, 0,
		    a->get == OP_DEST ? 0 : a->code);
}

struct filter *
scope_compile_merge(struct scope *scope, const struct ast *body,
    const struct merge_item *item, unsigned n)
{
	struct comp c = { .scope = scope, .unit = unit_new(scope->arena, NULL) };
	struct local *routes;

	if (!body)
		return NULL;
	routes = comp_declare_as(&c, &body->at, VAL_ROUTES, "routes");
	unit_emit(c.unit, &body->at, OP_ROUTES, 0, 0, 0);
	unit_emit(c.unit, &body->at, OP_INIT, 0, routes->var, 0);
	for (unsigned i = 0; i < n; i++)
		seed(&c, &item[i]);
	comp_block(&c, body);
	return comp_finish(&c, body, OP_UNDECIDED);
}

struct expr *
expr_of(
    struct comp *c, const struct place *at, struct expr *route, const struct attribute *a)
{
	struct expr *get = expr_get(c, at, a), *raw = get, *e;

	if (a->get == OP_SLOT)
		return comp_error(c, at,
		    "%s lasts for the run of a filter only: there are too many custom "
		    "attributes",
		    a->name);
	if (get->op == OP_DEFAULT)
		raw = get->kid[0];
	e = expr_op(c, at, OP_VIEW, raw->type, raw->sub, route, raw, NULL);
	e->kind = EXPR_OF;
	if (raw == get)
		return e;
	get->kid[0] = e;
	return get;
}
