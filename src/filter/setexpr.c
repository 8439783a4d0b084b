/*
 * Literals of sets and path masks.  What stands in a set must be constant; a mask may
 * take values at run time.
 */
#include <string.h>

#include "filter/comp.h"
#include "filter/netset.h"
#include "filter/path.h"
#include "filter/set.h"

static bool
is_any(const struct ast *a)
{
	return a && a->kind == AST_TEXT && strcmp(a->text, "*") == 0;
}

static bool
const_int(struct comp *c, const struct ast *a, uint32_t *out)
{
	const struct val *v = comp_const(c, a);

	if (!v)
		return false;
	if (v->type != VAL_INT) {
		comp_error(c, &a->at, "Integer expression expected");
		return false;
	}
	*out = v->num;
	return true;
}

/* One part of a pair or triple: a number, low..high, or `*` for 0..max. */
static bool
part(struct comp *c, const struct ast *a, uint32_t max, uint32_t out[2])
{
	if (is_any(a)) {
		out[0] = 0;
		out[1] = max;
		return true;
	}
	if (a && a->kind == AST_RANGE) {
		if (!const_int(c, a->kid[0], &out[0]) ||
		    !const_int(c, a->kid[1], &out[1]))
			return false;
	} else {
		if (!const_int(c, a, &out[0]))
			return false;
		out[1] = out[0];
	}
	if (out[0] <= out[1] && out[1] <= max)
		return true;
	if (out[1] > max)
		comp_error(c, &a->at, "Value %u out of range (0-%u)", out[1], max);
	else
		comp_error(
		    c, &a->at, "From value cannot be higher that To value in pair sets");
	return false;
}

static bool
add_pair(struct comp *c, struct set_builder *b, const struct ast *a)
{
	uint32_t x[2], y[2];

	if (!part(c, a->kid[0], 0xffff, x) || !part(c, a->kid[1], 0xffff, y))
		return false;
	return vset_add_pairs(b, (uint16_t[]){ (uint16_t)x[0], (uint16_t)x[1] },
	    (uint16_t[]){ (uint16_t)y[0], (uint16_t)y[1] });
}

/* Only what is one range in the order of the numbers: after a range, all else is `*`. */
static bool
add_triple(struct comp *c, struct set_builder *b, const struct ast *a)
{
	struct val low = { .type = VAL_LC }, high = { .type = VAL_LC };
	bool range = false;

	for (unsigned i = 0; i < 3; i++) {
		uint32_t x[2];

		if (!part(c, a->kid[i], UINT32_MAX, x))
			return false;
		if (range && (x[0] != 0 || x[1] != UINT32_MAX)) {
			comp_error(
			    c, &a->at, "Only * may follow a range in a large community");
			return false;
		}
		range |= x[0] != x[1];
		low.lc[i] = x[0];
		high.lc[i] = x[1];
	}
	return vset_add(b, &low, &high);
}

static bool
add_ec(struct comp *c, struct set_builder *b, const struct ast *a)
{
	struct val low = { .type = VAL_EC }, high = low;
	uint32_t kind, key, x[2];
	bool wide;

	if (!comp_ec_kind(a, &kind)) {
		comp_error(c, &a->at, "Unknown kind of extended community: %s", a->text);
		return false;
	}
	if (!const_int(c, a->kid[0], &key))
		return false;
	wide = key > 0xffff && kind != UINT32_MAX;
	if (!part(c, a->kid[1], wide ? 0xffff : UINT32_MAX, x))
		return false;
	if (kind == UINT32_MAX)
		low.ec = (uint64_t)key << 32;
	else if (wide)
		low.ec = (uint64_t)(kind | 0x0200) << 48 | (uint64_t)key << 16;
	else
		low.ec = (uint64_t)kind << 48 | (uint64_t)key << 32;
	high.ec = low.ec | x[1];
	low.ec |= x[0];
	return vset_add(b, &low, &high);
}

static bool
add_range(struct comp *c, struct set_builder *b, const struct ast *a)
{
	const struct val *low = comp_const(c, a->kid[0]),
			 *high = comp_const(c, a->kid[1]);
	int order;

	if (!low || !high)
		return false;
	if (val_order(high, low, &order) && low->type == high->type && order < 0) {
		comp_warn(c, &a->at, "The range has no members: its first value is "
				     "higher than its last");
		return true;
	}
	return vset_add(b, low, high);
}

static bool
is_ranged(const struct ast *a)
{
	for (unsigned i = 0; i < a->n; i++) {
		if (a->kid[i] && (is_any(a->kid[i]) || a->kid[i]->kind == AST_RANGE))
			return true;
	}
	return false;
}

static bool
add_item(struct comp *c, struct set_builder *b, const struct ast *a)
{
	const struct val *v;

	if (a->kind == AST_RANGE)
		return add_range(c, b, a);
	if (a->kind == AST_PAIR && is_ranged(a))
		return add_pair(c, b, a);
	if (a->kind == AST_TRIPLE && is_ranged(a))
		return add_triple(c, b, a);
	if (a->kind == AST_EC)
		return add_ec(c, b, a);
	v = comp_const(c, a);
	if (v && v->type > VAL_MAC)
		comp_error(
		    c, &a->at, "Set-incompatible type (%s)", val_type_name(v->type));
	return v && !c->failed && vset_add(b, v, v);
}

static bool
netset_item(struct comp *c, struct netset_builder *b, const struct ast *k)
{
	bool pattern = k->kind == AST_PATTERN;
	uint32_t low = pattern ? k->num : k->net.plen, high = pattern ? k->num2 : low;

	if (!pattern && k->kind != AST_NET)
		comp_error(c, &k->at, "Prefix expected in prefix set");
	else if (k->net.type != netset_family(b))
		comp_error(c, &k->at, "Mixed IPv4/IPv6 prefixes in prefix set");
	else if (low > high || high > net_plen_max(k->net.type))
		comp_error(
		    c, &k->at, "Invalid prefix pattern range: {%u, %u}", low, high);
	else {
		netset_add(b, &k->net, low, high);
		return true;
	}
	return false;
}

static bool
is_net_run(const struct ast *k)
{
	return k->kind == AST_RUN && k->run.kind >= RUN_NET4;
}

/* The first member stands for all where a run does not fit. */
static struct ast
run_first(const struct ast *k)
{
	struct ast first = { .kind = AST_NUM, .depth = 1, .at = k->at };
	unsigned low, high;

	first.num = k->run.word[0];
	if (!is_net_run(k))
		return first;
	first.kind = AST_PATTERN;
	first.net = run_net(&k->run, 0, &low, &high);
	first.num = low;
	first.num2 = high;
	return first;
}

static bool
netset_run(struct comp *c, struct netset_builder *b, const struct ast *k)
{
	const struct ast first = run_first(k);
	unsigned low, high;

	if (!is_net_run(k) || first.net.type != netset_family(b))
		return netset_item(c, b, &first);
	for (unsigned i = 0; i < k->run.n; i++) {
		struct net net = run_net(&k->run, i, &low, &high);

		netset_add(b, &net, low, high);
	}
	return true;
}

static struct expr *
check_netset(struct comp *c, const struct ast *a)
{
	const struct ast *k = a->kid[0];
	struct netset_builder *b = netset_begin(c->scope->arena,
	    is_net_run(k) ? run_first(k).net.type : k->net.type);
	bool good = true;
	struct val v;

	for (unsigned i = 0; i < a->n && good; i++)
		good = a->kid[i]->kind == AST_RUN ? netset_run(c, b, a->kid[i])
						  : netset_item(c, b, a->kid[i]);
	v = netset_end(b);
	return good ? expr_const(c, &a->at, &v) : NULL;
}

static bool
add_run(struct comp *c, struct set_builder *b, const struct ast *k)
{
	const struct ast_run *r = &k->run;
	const struct ast first = run_first(k);
	enum val_type type = r->kind == RUN_PAIR ? VAL_PAIR : VAL_INT;

	if (is_net_run(k))
		return add_item(c, b, &first);
	for (unsigned i = 0; i < r->n; i++) {
		const uint32_t *word = r->word + i * run_words[r->kind];
		struct val low = val_num(type, word[0]);
		struct val high = val_num(type, word[r->kind == RUN_NUM]);

		if (!vset_add(b, &low, &high))
			return false;
	}
	return true;
}

/* Names a variable: BIRD reads such an item at parse time, when there is no value. */
static bool
is_open(struct comp *c, const struct ast *a)
{
	if (!a)
		return false;
	if (a->kind == AST_NAME)
		return comp_local(c, a->text) != NULL;
	for (unsigned i = 0; i < a->n; i++) {
		if (is_open(c, a->kid[i]))
			return true;
	}
	return false;
}

struct expr *
comp_set(struct comp *c, const struct ast *a)
{
	struct set_builder *b;
	struct val v;

	if (a->n && a->kid[0] &&
	    (a->kid[0]->kind == AST_PATTERN || a->kid[0]->kind == AST_NET ||
		is_net_run(a->kid[0])))
		return check_netset(c, a);
	b = vset_begin(c->scope->arena);
	for (unsigned i = 0; i < a->n; i++) {
		bool failed = c->failed;

		if (is_open(c, a->kid[i])) {
			comp_warn(c, &a->kid[i]->at,
			    "Sets are constant: this item names a variable "
			    "and is left out");
			continue;
		}
		c->failed = false;
		if (!a->kid[i] || !(a->kid[i]->kind == AST_RUN ? add_run : add_item)(
				      c, b, a->kid[i])) {
			if (!c->failed)
				comp_error(c, &a->kid[i]->at,
				    "Set items of different types, or too many");
			return NULL;
		}
		c->failed = failed;
	}
	v = vset_end(b);
	return expr_const(c, &a->at, &v);
}

/*
 * Masks.
 */
struct mask_list {
	struct mask_item items[MASK_ITEMS_MAX];
	struct val sets[MASK_ITEMS_MAX];
	struct expr *args[MASK_ITEMS_MAX];
	unsigned n, arg_n;
};

static bool
mask_add_value(struct comp *c, struct mask_list *m, const struct ast *a)
{
	struct mask_item *item = &m->items[m->n];
	struct expr *e = comp_expr(c, a);

	if (!e)
		return false;
	if (!val_type_fits(e->type, e->sub, VAL_INT, 0) &&
	    !(e->type == VAL_SET && vset_takes(e->sub, VAL_INT))) {
		comp_error(c, &a->at, "%s",
		    e->type == VAL_SET ? "Only integer sets allowed in path mask"
				       : "Integer or set expected in path mask");
		return false;
	}
	if (e->kind != EXPR_CONST) {
		*item = (struct mask_item){ .kind = MASK_ARG, .low = m->arg_n };
		m->args[m->arg_n++] = e;
	} else if (e->type == VAL_SET) {
		item->kind = MASK_SET;
		m->sets[m->n] = e->val;
	} else {
		*item = (struct mask_item){
			.kind = MASK_RANGE, .low = e->val.num, .high = e->val.num
		};
	}
	m->n++;
	return true;
}

static bool
mask_add_range(struct comp *c, struct mask_list *m, const struct ast *a)
{
	struct mask_item *item = &m->items[m->n++];

	item->kind = MASK_RANGE;
	return const_int(c, a->kid[0], &item->low) &&
	       const_int(c, a->kid[1], &item->high);
}

static bool
mask_add(struct comp *c, struct mask_list *m, const struct ast *a)
{
	if (!a)
		return false;
	if (m->n == MASK_ITEMS_MAX) {
		comp_error(c, &a->at, "Path mask too long");
		return false;
	}
	if (a->kind == AST_RANGE)
		return mask_add_range(c, m, a);
	if (a->kind != AST_TEXT)
		return mask_add_value(c, m, a);
	if (strcmp(a->text, "+") != 0) {
		m->items[m->n++].kind = strcmp(a->text, "*") == 0 ? MASK_ANY : MASK_ONE;
		return true;
	}
	if (!m->n) {
		comp_error(c, &a->at, "+ must follow an item of a path mask");
		return false;
	}
	m->items[m->n - 1].repeat = 1;
	return true;
}

struct expr *
comp_mask(struct comp *c, const struct ast *a)
{
	struct mask_list *m = ARENA_NEW(c->scope->arena, struct mask_list);
	struct expr *e;
	struct val v;

	for (unsigned i = 0; i < a->n; i++) {
		if (!mask_add(c, m, a->kid[i])) {
			c->failed = true;
			return NULL;
		}
	}
	v = vmask_build(c->scope->arena, m->items, m->sets, m->n);
	if (!m->arg_n)
		return expr_const(c, &a->at, &v);
	e = ARENA_NEW(c->scope->arena, struct expr);
	e->kind = EXPR_MASK;
	e->at = a->at;
	e->type = VAL_MASK;
	e->val = v;
	e->n = m->arg_n;
	e->kid = arena_dup(c->scope->arena, m->args, m->arg_n * sizeof(e->kid[0]));
	return e;
}
