/*
 * Literals of flow specifications: the block's statements, which the parser read as words
 * and values, become components.
 *
 *	numbers: term { join term }	term: [OP] N | N..M
 *	bits:    [!] V/M { join [!] V/M }, or names of fragment flags
 *
 * A value or range without an operator may be followed by `,` and another one.
 */
#include <string.h>

#include "filter/comp.h"
#include "filter/flow.h"
#include "lang/tree.h"

struct flow_read {
	struct comp *c;
	struct flow_builder *b;
	const struct stmt *stmt;
	unsigned pos;
	bool six;
};

enum shape { SHAPE_PREFIX, SHAPE_NUMBERS, SHAPE_BITS, SHAPE_FRAGMENT };

static const struct component {
	const char *word, *next;
	uint8_t part, shape;
	uint32_t max;
} components[] = {
	{ "dport", NULL, FLOW_DPORT, SHAPE_NUMBERS, 0xffff },
	{ "dscp", NULL, FLOW_DSCP, SHAPE_NUMBERS, 63 },
	{ "dst", NULL, FLOW_DST, SHAPE_PREFIX, 0 },
	{ "fragment", NULL, FLOW_FRAGMENT, SHAPE_FRAGMENT, 0 },
	{ "icmp", "code", FLOW_ICMP_CODE, SHAPE_NUMBERS, 0xff },
	{ "icmp", "type", FLOW_ICMP_TYPE, SHAPE_NUMBERS, 0xff },
	{ "label", NULL, FLOW_LABEL, SHAPE_NUMBERS, 0xfffff },
	{ "length", NULL, FLOW_LENGTH, SHAPE_NUMBERS, 0xffff },
	{ "next", "header", FLOW_PROTO, SHAPE_NUMBERS, 0xff },
	{ "port", NULL, FLOW_PORT, SHAPE_NUMBERS, 0xffff },
	{ "proto", NULL, FLOW_PROTO, SHAPE_NUMBERS, 0xff },
	{ "sport", NULL, FLOW_SPORT, SHAPE_NUMBERS, 0xffff },
	{ "src", NULL, FLOW_SRC, SHAPE_PREFIX, 0 },
	{ "tcp", "flags", FLOW_TCP_FLAGS, SHAPE_BITS, 0xfff },
};

static const struct arg *
arg_at(const struct flow_read *r)
{
	return r->pos < r->stmt->n ? r->stmt->arg[r->pos] : NULL;
}

static const struct place *
place_at(const struct flow_read *r)
{
	return arg_at(r) ? &arg_at(r)->at : &r->stmt->end;
}

static bool
unexpected(struct flow_read *r)
{
	const struct arg *a = arg_at(r);

	comp_error(r->c, place_at(r), "syntax error, unexpected '%s'",
	    !a ? ";" : a->text ? a->text : "value");
	return false;
}

static bool
arg_is(const struct flow_read *r, const char *text)
{
	const struct arg *a = arg_at(r);

	return a && (a->kind == ARG_PUNCT || a->kind == ARG_WORD) &&
	       strcmp(a->text, text) == 0;
}

static bool
take(struct flow_read *r, const char *text)
{
	if (!arg_is(r, text))
		return false;
	r->pos++;
	return true;
}

/* The value of a constant's name or of a constant expression in brackets; NULL if there is
 * none of this type. */
static const struct val *
constant(struct flow_read *r, enum val_type type, const char *expected)
{
	const struct arg *a = arg_at(r);
	struct ast name = { .kind = AST_NAME, .text = a->text, .at = a->at };
	const struct val *v = comp_const(r->c, a->kind == ARG_EXPR ? a->expr : &name);

	if (v && v->type != type)
		comp_error(r->c, &a->at, "%s", expected);
	return v && v->type == type ? v : NULL;
}

/* A number, a constant's name or a constant expression in brackets. */
static bool
number_value(struct flow_read *r, uint32_t *out)
{
	const struct arg *a = arg_at(r);
	const struct val *v;

	if (!a || (a->kind != ARG_NUM && a->kind != ARG_EXPR && a->kind != ARG_WORD))
		return unexpected(r);
	*out = a->num;
	if (a->kind != ARG_NUM) {
		v = constant(r, VAL_INT, "Number constant expected");
		if (!v)
			return false;
		*out = v->num;
	}
	return true;
}

static bool
number(struct flow_read *r, const struct component *k, uint32_t *out)
{
	const struct arg *a = arg_at(r);

	if (!number_value(r, out))
		return false;
	r->pos++;
	if (*out <= k->max)
		return true;
	if (k->shape == SHAPE_BITS)
		comp_error(r->c, &a->at, "Invalid mask 0x%x, must not exceed 0x%x", *out,
		    k->max);
	else
		comp_error(r->c, &a->at, "%s%s%s value %u out of range (0-%u)", k->word,
		    k->next ? " " : "", k->next ? k->next : "", *out, k->max);
	return false;
}

/* Operator of a number, 8 if there is none. */
static unsigned
operator(struct flow_read *r)
{
	static const char *const words[] = { "false", "=", ">", ">=", "<", "<=", "!=",
		"true" };

	for (unsigned i = 0; i < 8; i++) {
		if (take(r, words[i]))
			return i;
	}
	return 8;
}

static bool
values(struct flow_read *r, const struct component *k)
{
	uint32_t low, high;

	do {
		if (!number(r, k, &low))
			return false;
		if (take(r, "..")) {
			if (!number(r, k, &high))
				return false;
			flow_value(r->b, FLOW_GT | FLOW_EQ, low);
			flow_value(r->b, FLOW_AND | FLOW_LT | FLOW_EQ, high);
		} else {
			flow_value(r->b, FLOW_EQ, low);
		}
	} while (take(r, ","));
	return true;
}

static bool
numbers(struct flow_read *r, const struct component *k)
{
	unsigned join = 0, op;
	uint32_t n;

	for (;;) {
		op = operator(r);
		if (op < 8) {
			if (!number(r, k, &n))
				return false;
			flow_value(r->b, join | op, n);
		} else if (join ? !unexpected(r) : !values(r, k)) {
			return false;
		}
		if (!arg_at(r))
			return true;
		join = take(r, "&&") ? FLOW_AND : 0;
		if (!join && !take(r, "||"))
			return unexpected(r);
	}
}

/* Bits that must be set and bits that must not are two operators. */
static bool
masked(struct flow_read *r, const struct component *k, unsigned join)
{
	bool not = take(r, "!");
	const struct place *at = place_at(r);
	uint32_t value, mask;

	if (!number(r, k, &value))
		return false;
	if (!take(r, "/"))
		return unexpected(r);
	if (!number(r, k, &mask))
		return false;
	if (value & ~mask) {
		comp_error(r->c, at, "Value 0x%x outside bitmask 0x%x", value, mask);
		return false;
	}
	if (not && value && value != mask) {
		comp_error(r->c, at, "For negation, value must be zero or bitmask");
		return false;
	}
	if (!mask)
		return true;
	if (not) {
		flow_value(r->b, join | (value ? FLOW_NOT | FLOW_MATCH : 0), mask);
		return true;
	}
	if (value)
		flow_value(r->b, join | FLOW_MATCH, value);
	if (mask & ~value)
		flow_value(r->b, (value ? FLOW_AND : join) | FLOW_NOT, mask & ~value);
	return true;
}

static bool
fragment(struct flow_read *r, unsigned join)
{
	static const char *const flags[] = { "dont_fragment", "is_fragment",
		"first_fragment", "last_fragment" };
	bool not = take(r, "!");

	for (unsigned i = 0; i < 4; i++) {
		if (!take(r, flags[i]))
			continue;
		if (!i && r->six) {
			r->pos--;
			comp_error(r->c, place_at(r),
			    "Flag dont_fragment not valid in flow6");
			return false;
		}
		flow_value(r->b, join | (not ? FLOW_NOT : FLOW_MATCH), 1u << i);
		return true;
	}
	return unexpected(r);
}

static bool
bits(struct flow_read *r, const struct component *k)
{
	unsigned join = 0;

	for (;;) {
		if (k->shape == SHAPE_BITS ? !masked(r, k, join) : !fragment(r, join))
			return false;
		if (!arg_at(r))
			return true;
		join = take(r, "&&") || take(r, ",") ? FLOW_AND : 0;
		if (!join && !take(r, "||"))
			return unexpected(r);
	}
}

/* A prefix, a constant's name or a constant expression in brackets. */
static bool
prefix_value(struct flow_read *r, struct net *net)
{
	const struct arg *a = arg_at(r);
	const struct val *v;

	if (!a || (a->kind != ARG_NET && a->kind != ARG_EXPR && a->kind != ARG_WORD))
		return unexpected(r);
	if (a->kind == ARG_NET) {
		*net = *a->net;
	} else {
		v = constant(r, VAL_NET, "IPv4 or IPv6 prefix expected");
		if (!v)
			return false;
		memcpy(net, v->data, sizeof(*net));
	}
	if (net->type != (r->six ? NET_IP6 : NET_IP4))
		return unexpected(r);
	return true;
}

static bool
prefix(struct flow_read *r)
{
	const struct place *at;
	uint32_t offset = 0;
	struct net net;

	if (!prefix_value(r, &net))
		return false;
	r->pos++;
	if (r->six && take(r, "offset")) {
		at = place_at(r);
		if (!number_value(r, &offset))
			return false;
		if (offset > net.plen) {
			comp_error(
			    r->c, at, "Prefix offset is higher than prefix length");
			return false;
		}
		r->pos++;
	}
	flow_prefix(r->b, &net, offset);
	return true;
}

static const struct component *
component(struct flow_read *r)
{
	const struct component *k = components;

	for (; k < components + sizeof(components) / sizeof(*k); k++) {
		if (!take(r, k->word))
			continue;
		if (!k->next || take(r, k->next))
			return k;
		r->pos--;
	}
	return NULL;
}

static bool
statement(struct flow_read *r)
{
	const struct component *k = component(r);

	if (!k)
		return unexpected(r);
	if (k->part == FLOW_LABEL && !r->six) {
		comp_error(r->c, &r->stmt->at, "Flow label not valid in flow4");
		return false;
	}
	if (!flow_part(r->b, k->part)) {
		comp_warn(r->c, &r->stmt->at,
		    "A component of this type stands before: this one is left out");
		return true;
	}
	switch (k->shape) {
	case SHAPE_PREFIX: return prefix(r) && (!arg_at(r) || unexpected(r));
	case SHAPE_NUMBERS: return numbers(r, k);
	default: return bits(r, k);
	}
}

struct expr *
comp_flow(struct comp *c, const struct ast *a)
{
	struct flow_read r = { .c = c, .six = strcmp(a->text, "flow6") == 0 };
	const struct vnet *flow;
	struct val v;

	r.b = flow_begin(c->scope->arena, r.six);
	for (r.stmt = a->block->first; r.stmt; r.stmt = r.stmt->next) {
		r.pos = 0;
		if (!r.stmt->n || r.stmt->open) {
			comp_error(c, r.stmt->n ? &r.stmt->end : &r.stmt->at,
			    "syntax error, unexpected '%s'", r.stmt->n ? "}" : ";");
			return NULL;
		}
		if (!statement(&r))
			return NULL;
	}
	flow = flow_end(r.b);
	if (!flow)
		return comp_error(c, &a->at, "Flow specification too long");
	v = val_net(&flow->net);
	return expr_const(c, &a->at, &v);
}
