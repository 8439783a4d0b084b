/*
 * Flow specifications of static routes, RFC 8955 and RFC 8956: which components there
 * are, what their numbers may be.
 */
#include <string.h>

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

/* Numbers in any combination of ranges and comparisons; `max` is what one may be, `kind`
 * tells that it is of flow6 only, and where the numbers start. */
static void
flow_numbers(struct check *check, const struct rule *rule, const struct match *m)
{
	const struct flow *flow = m->to;
	const struct arg *arg;
	unsigned i;

	if (rule->kind && !flow->six)
		check_error(check, &m->stmt->at, "Flow label not valid in flow4");
	for (i = m->begin; i < m->stmt->n; i++) {
		arg = m->stmt->arg[i];
		if (arg->kind == ARG_PUNCT && strcmp(arg->text, "/") == 0) {
			check_error(check, &arg->at, "syntax error, unexpected '/'");
			return;
		}
		if (arg->kind == ARG_NUM && m->stmt->arg[i - 1]->kind == ARG_NUM) {
			check_error(check, &arg->at, "syntax error, unexpected '%u'",
			    arg->num);
			return;
		}
		if (arg->kind == ARG_NUM && arg->num > rule->max)
			check_error(check, &arg->at,
			    "Value %u out of range (0-%u)", arg->num, rule->max);
	}
}

static void
flow_fragment(struct check *check, const struct rule *rule, const struct match *m)
{
	static const char *const words[] = { "dont_fragment", "is_fragment",
		"first_fragment", "last_fragment", NULL };
	const struct flow *flow = m->to;
	const struct arg *arg;
	unsigned i, w;

	(void)rule;
	for (i = m->begin + 1; i < m->stmt->n; i++) {
		arg = m->stmt->arg[i];
		if (arg->kind != ARG_WORD)
			continue;
		for (w = 0; words[w] && strcmp(words[w], arg->text) != 0; w++)
			;
		if (!words[w])
			check_error(
			    check, &arg->at, "syntax error, unexpected '%s'", arg->text);
		else if (w == 0 && flow->six)
			check_error(check, &arg->at,
			    "Flag dont_fragment not valid in flow6");
	}
}

#define NUMBERS(words, most)                                                             \
	{                                                                                \
		.pattern = words " ANY", .fn = flow_numbers, .max = most                 \
	}

static const struct rule flow_rules[] = {
	{ .pattern = "dst|src NET [offset NUM]", .fn = flow_prefix },
	NUMBERS("proto", 255),
	NUMBERS("next header", 255),
	NUMBERS("port|dport|sport", 65535),
	NUMBERS("icmp type|code", 255),
	NUMBERS("length", 65535),
	NUMBERS("dscp", 63),
	{ .pattern = "label ANY", .fn = flow_numbers, .kind = 1, .max = 0xfffff },
	{ .pattern = "tcp flags ANY" },
	{ .pattern = "fragment ANY", .fn = flow_fragment },
	{ 0 },
};

void
flow_check(struct check *check, const struct arg *arg)
{
	struct flow flow = { .six = strcmp(arg->text, "flow6") == 0 };

	words_block(check, arg->block, (const struct rule *const[]){ flow_rules, NULL },
	    &flow);
}
