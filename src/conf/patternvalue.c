/*
 * What may stand for the values of a pattern, the words in capitals: numbers, switches,
 * addresses and so on, or a constant that is one.
 */
#include <string.h>

#include "conf/check.h"
#include "conf/pattern.h"

static bool
is_const(struct check *check, const struct arg *arg)
{
	const char *class;

	if (arg->kind == ARG_EXPR)
		return arg->expr->kind != AST_SET;
	if (arg->kind != ARG_WORD)
		return false;
	class = scope_class(check->scope, arg->text);
	return class && strstr(class, "constant");
}

/* A string and an address may stand at one place: there a constant is told by its type. */
static bool
is_const_of(struct attempt *try, const struct arg *arg, const char *type)
{
	if (arg->kind != ARG_WORD)
		return is_const(try->check, arg);
	if (try->typed != arg) {
		try->typed = arg;
		try->type = scope_const_type(try->check->scope, arg->text);
	}
	return try->type && strcmp(try->type, type) == 0;
}

static bool
is_switch(const struct arg *arg)
{
	return arg_is_word(arg, "on", 2) || arg_is_word(arg, "off", 3) ||
	       arg_is_word(arg, "yes", 3) || arg_is_word(arg, "no", 2) ||
	       arg_is_word(arg, "true", 4) || arg_is_word(arg, "false", 5);
}

static bool
is_addr(const struct arg *arg)
{
	return arg->kind == ARG_NET || arg->kind == ARG_IP;
}

/* `"eth*" 10.0.0.0/8, -"lo", 10.0.0.0/8`: how many tokens. */
static unsigned
ifaces_len(struct check *check, const struct match *m, unsigned i)
{
	unsigned begin = i;
	const struct arg *a;

	for (;; i++) {
		if (arg_is_word(arg_at(m, i), "-", 1))
			i++;
		a = arg_at(m, i);
		if (!a || (!is_addr(a) && a->kind != ARG_TEXT && !is_const(check, a)))
			return 0;
		i++;
		if (!is_addr(a) && arg_at(m, i) && is_addr(arg_at(m, i)))
			i++;
		if (!arg_is_word(arg_at(m, i), ",", 1))
			return i - begin;
	}
}

static uint32_t
unit_us(const struct arg *arg)
{
	return arg_is_word(arg, "s", 1)    ? 1000000
	       : arg_is_word(arg, "ms", 2) ? 1000
	       : arg_is_word(arg, "us", 2) ? 1
				       : 0;
}

/*
 * How many args a value takes at i; 0: it does not match.
 */
static unsigned
len_num(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)i;
	(void)cap;
	return arg->kind == ARG_NUM || is_const(try->check, arg);
}

static unsigned
len_bool(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	return is_switch(arg) || len_num(try, arg, i, cap);
}

static unsigned
len_time(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	cap->num = unit_us(arg_at(try->match, i + 1));
	if (!len_num(try, arg, i, cap))
		return 0;
	if (!cap->num)
		attempt_fail(try, "s|ms|us", i + 1);
	return cap->num ? 2 : 0;
}

static unsigned
len_text(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)i;
	(void)cap;
	return arg->kind == ARG_TEXT || is_const_of(try, arg, "string");
}

static unsigned
len_ip(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)i;
	(void)cap;
	return arg->kind == ARG_IP || is_const_of(try, arg, "ip");
}

static unsigned
len_id(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	return (arg->kind == ARG_IP && ip_is4(arg->ip)) || len_num(try, arg, i, cap);
}

static unsigned
len_net(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)i;
	(void)cap;
	return arg->kind == ARG_NET || is_const(try->check, arg);
}

static unsigned
len_rd(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)i;
	(void)cap;
	return arg->kind == ARG_OTHER || is_const(try->check, arg);
}

static unsigned
len_expr(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)i;
	(void)cap;
	return arg->kind == ARG_EXPR || is_const(try->check, arg);
}

static unsigned
len_filter(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)try;
	(void)i;
	(void)cap;
	return arg->kind == ARG_FILTER || arg->kind == ARG_WHERE ||
	       arg_is_word(arg, "all", 3) || arg_is_word(arg, "none", 4);
}

static unsigned
len_mask(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)try;
	(void)i;
	(void)cap;
	return arg->kind == ARG_BLOCK || arg_is_word(arg, "all", 3) ||
	       arg_is_word(arg, "off", 3);
}

static unsigned
len_link(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	return arg->kind == ARG_WORD || len_text(try, arg, i, cap);
}

static unsigned
len_ifaces(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)arg;
	(void)cap;
	return ifaces_len(try->check, try->match, i);
}

static unsigned
len_any(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)arg;
	(void)cap;
	return try->match->stmt->n - i;
}

/*
 * What a value must be, for rows that do not take it themselves.
 */
static bool
is_num(struct check *check, const struct capture *cap)
{
	uint32_t num;

	return cap_num(check, cap, &num);
}

static bool
is_bool(struct check *check, const struct capture *cap)
{
	bool on;

	return cap_bool(check, cap, &on);
}

static bool
is_text(struct check *check, const struct capture *cap)
{
	const char *text;

	return cap_text(check, cap, &text);
}

static bool
is_ip(struct check *check, const struct capture *cap)
{
	struct ip ip;

	return cap_ip(check, cap, &ip);
}

static bool
is_id(struct check *check, const struct capture *cap)
{
	uint32_t id;

	return cap_id(check, cap, &id);
}

static bool
is_net(struct check *check, const struct capture *cap)
{
	struct net net;

	return cap_net(check, cap, &net);
}

static bool
is_debug(struct check *check, const struct capture *cap)
{
	debug_mask(check, cap->arg);
	return true;
}

static bool
is_mrt(struct check *check, const struct capture *cap)
{
	cap_mrt(check, cap);
	return true;
}

static const struct value values[] = {
	{ "NUM", "a number", len_num, 0, is_num },
	{ "SEC", "a number of seconds", len_num, 0, is_num },
	{ "BOOL", "on or off", len_bool, 0, is_bool },
	{ "TIME", "a time", len_time, 0, is_num },
	{ "TEXT", "a string", len_text, 0, is_text },
	{ "IP", "an address", len_ip, 0, is_ip },
	{ "ID", "a number or IPv4 address", len_id, 0, is_id },
	{ "NET", "a prefix", len_net, 0, is_net },
	{ "RD", "a route distinguisher", len_rd, 0, NULL },
	{ "EXPR", "a value", len_expr, 0, NULL },
	{ "FILTER", "a filter", len_filter, 0, NULL },
	{ "MASK", "all, off or '{'", len_mask, 0, NULL },
	{ "DEBUG", "all, off or '{'", len_mask, 0, is_debug },
	{ "MRT", "all, off or '{'", len_mask, 0, is_mrt },
	{ "IFACES", "an interface pattern", len_ifaces, 0, NULL },
	{ "ANY", "something", len_any, 0, NULL },
	{ "NAME", "a name", NULL, ARG_WORD, NULL },
	{ "LINK", "a name or a string", len_link, 0, NULL },
	{ "BLOCK", "'{'", NULL, ARG_BLOCK, NULL },
	{ "BODY", "'{'", NULL, ARG_BODY, NULL },
	{ "FLOW", "a flow", NULL, ARG_FLOW, NULL },
};

const struct value *
value_find(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(*values); i++)
		if (*values[i].word == *p && strncmp(values[i].word, p, len) == 0 &&
		    !values[i].word[len])
			return &values[i];
	return NULL;
}
