/*
 * Flow specifications of static routes, RFC 8955 and RFC 8956: which components there
 * are, what their numbers may be.
 */
#include <string.h>

#include "base/longnet.h"
#include "conf/check.h"

struct flow {
	bool six;
};

static void
flow_prefix(struct check *check, const struct rule *rule, const struct match *m)
{
	const struct flow *flow = m->to;
	struct net net = { 0 };
	uint32_t offset = 0;

	(void)rule;
	if (!cap_net(check, &m->cap[1], &net))
		return;
	if ((net.type == NET_IP6) != flow->six)
		check_error(check, &m->cap[1].arg->at, "IPv%c prefix expected",
		    flow->six ? '6' : '4');
	if (!m->cap[2].arg || !cap_num(check, &m->cap[2], &offset))
		return;
	if (!flow->six)
		check_error(
		    check, &m->cap[2].arg->at, "Prefix offset is not valid in flow4");
	else if (offset > net.plen)
		check_error(check, &m->cap[2].arg->at,
		    "Prefix offset is higher than prefix length");
}

/*
 * Lists of a component, token by token.
 */
struct list_read {
	struct check *check;
	const struct match *m;
	unsigned i;
	uint32_t max;
};

static const struct arg *
list_next(const struct list_read *r)
{
	return r->i < r->m->stmt->n ? r->m->stmt->arg[r->i] : NULL;
}

/* The word, if it is one of the list; NULL: it is none. */
static const char *
list_take(struct list_read *r, const char *const *words)
{
	const struct arg *arg = list_next(r);

	if (!arg || (arg->kind != ARG_PUNCT && arg->kind != ARG_WORD))
		return NULL;
	for (; *words; words++)
		if (strcmp(*words, arg->text) == 0) {
			r->i++;
			return *words;
		}
	return NULL;
}

static bool
list_fault(struct list_read *r)
{
	const struct arg *arg = list_next(r);

	if (arg && arg->kind == ARG_NUM)
		check_error(
		    r->check, &arg->at, "syntax error, unexpected '%u'", arg->num);
	else
		check_error(r->check, arg ? &arg->at : &r->m->stmt->end,
		    "syntax error, unexpected '%s'",
		    !arg	? ";"
		    : arg->text ? arg->text
				: "{");
	return false;
}

/* A number, a constant or `(expression)`. */
static bool
list_number(struct list_read *r, uint32_t *num)
{
	struct capture cap = { .arg = list_next(r) };

	if (!cap.arg || (cap.arg->kind != ARG_NUM && cap.arg->kind != ARG_WORD &&
			    cap.arg->kind != ARG_EXPR) ||
	    (cap.arg->kind == ARG_WORD && !scope_class(r->check->scope, cap.arg->text)))
		return list_fault(r);
	if (!cap_num(r->check, &cap, num))
		return false;
	r->i++;
	if (*num > r->max)
		check_error(r->check, &cap.arg->at, "Value %u out of range (0-%u)", *num,
		    r->max);
	return true;
}

static const char *const logic[] = { "&&", "||", NULL };
static const char *const joins[] = { ",", "&&", "||", NULL };

/* `N`, `N..M` with commas between, `OP N` with logic around; behind `&&` comes an OP. */
static bool
list_items(struct list_read *r)
{
	static const char *const ops[] = { "=", "!=", "<", "<=", ">", ">=", "true",
		"false", NULL };
	static const char *const range[] = { "..", NULL };
	const char *join = "||";
	uint32_t num;
	bool op;

	do {
		op = *join != ',' && list_take(r, ops);
		if (!op && *join == '&')
			return list_fault(r);
		if (!list_number(r, &num) ||
		    (!op && list_take(r, range) && !list_number(r, &num)))
			return false;
		join = list_take(r, op ? logic : joins);
	} while (join);
	return true;
}

/* [!] VALUE / MASK */
static bool
list_bits(struct list_read *r)
{
	static const char *const not[] = { "!", NULL };
	static const char *const slash[] = { "/", NULL };
	bool negated = list_take(r, not) != NULL;
	const struct arg *first = list_next(r);
	uint32_t value = 0, mask = 0;

	if (!list_number(r, &value))
		return false;
	if (!list_take(r, slash))
		return list_fault(r);
	if (!list_number(r, &mask))
		return false;
	if (negated && value && value != mask)
		check_error(r->check, &first->at,
		    "For negation, value must be zero or bitmask");
	else if (!negated && (value & ~mask))
		check_error(
		    r->check, &first->at, "Value 0x%x outside bitmask 0x%x", value, mask);
	return true;
}

/* [!] FLAG */
static bool
list_flag(struct list_read *r)
{
	static const char *const not[] = { "!", NULL };
	static const char *const words[] = { "dont_fragment", "is_fragment",
		"first_fragment", "last_fragment", NULL };
	const struct flow *flow = r->m->to;
	const struct arg *arg;
	const char *word;

	list_take(r, not);
	arg = list_next(r);
	word = list_take(r, words);
	if (!word)
		return list_fault(r);
	if (word == words[0] && flow->six)
		check_error(r->check, &arg->at, "Flag dont_fragment not valid in flow6");
	return true;
}

/* What a list consists of. */
enum { LIST_NUMBERS, LIST_BITS, LIST_FLAGS };

/* `max` is what a number may be, `kind` tells that it is of flow6 only, `offset` how many
 * words go before the list. */
static void
flow_list(struct check *check, const struct rule *rule, const struct match *m)
{
	const struct flow *flow = m->to;
	struct list_read r = { check, m, (unsigned)rule->offset, rule->max };
	bool good;

	if (rule->kind && !flow->six)
		check_error(check, &m->stmt->at, "Flow label not valid in flow4");
	if (rule->min == LIST_NUMBERS)
		good = list_items(&r);
	else
		do
			good = rule->min == LIST_BITS ? list_bits(&r) : list_flag(&r);
		while (good && list_take(&r, joins));
	if (good && r.i < m->stmt->n)
		list_fault(&r);
}

/* `n` words, then numbers up to `most`. */
#define NUMBERS(words, n, most)                                                          \
	{                                                                                \
		.pattern = words " ANY", .fn = flow_list, .max = most, .offset = n       \
	}

static const struct rule flow_rules[] = {
	{ .pattern = "dst|src NET [offset NUM]", .fn = flow_prefix },
	NUMBERS("proto", 1, 255),
	NUMBERS("next header", 2, 255),
	NUMBERS("port|dport|sport", 1, 65535),
	NUMBERS("icmp type|code", 2, 255),
	NUMBERS("length", 1, 65535),
	NUMBERS("dscp", 1, 63),
	{ .pattern = "label ANY",
	    .fn = flow_list,
	    .kind = 1,
	    .max = 0xfffff,
	    .offset = 1 },
	{ .pattern = "tcp flags ANY",
	    .fn = flow_list,
	    .min = LIST_BITS,
	    .max = 0xfff,
	    .offset = 2 },
	{ .pattern = "fragment ANY", .fn = flow_list, .min = LIST_FLAGS, .offset = 1 },
	{ 0 },
};

bool
flow_net(struct check *check, const struct arg *arg, struct net *net)
{
	struct flow flow = { .six = strcmp(arg->text, "flow6") == 0 };
	const struct ast a = { .kind = AST_OTHERNET,
		.text = arg->text,
		.block = arg->block,
		.at = arg->at };
	unsigned errors = check->errors;
	const uint8_t *bytes;
	size_t len;

	words_block(check, arg->block, (const struct rule *const[]){ flow_rules, NULL },
	    &flow);
	if (check->errors != errors || !scope_eval_flow(check->scope, &a, net))
		return false;
	bytes = net_bytes(net, &len);
	*net = net_long(net->type, arena_dup(check->keep, bytes, len), len);
	return true;
}
