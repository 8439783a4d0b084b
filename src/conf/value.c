/*
 * Values of captures, and the rows that only store one.
 */
#include <string.h>

#include "conf/check.h"

static struct ast *
as_name(struct check *check, const struct arg *arg)
{
	return ast_text(check->tmp, AST_NAME, &arg->at, arg->text);
}

static const struct ast *
as_expr(struct check *check, const struct arg *arg)
{
	return arg->kind == ARG_EXPR ? arg->expr : as_name(check, arg);
}

bool
cap_num(struct check *check, const struct capture *cap, uint32_t *num)
{
	if (cap->arg->kind == ARG_NUM) {
		*num = cap->arg->num;
		return true;
	}
	return scope_eval_num(check->scope, as_expr(check, cap->arg), num);
}

static bool
word_switch(const char *word, bool *on)
{
	if (strcmp(word, "on") == 0 || strcmp(word, "yes") == 0 ||
	    strcmp(word, "true") == 0)
		*on = true;
	else if (strcmp(word, "off") == 0 || strcmp(word, "no") == 0 ||
		 strcmp(word, "false") == 0)
		*on = false;
	else
		return false;
	return true;
}

bool
cap_bool(struct check *check, const struct capture *cap, bool *on)
{
	uint32_t num = 0;

	*on = true;
	if (!cap->arg)
		return true;
	if (cap->arg->kind == ARG_WORD && word_switch(cap->arg->text, on))
		return true;
	if (!cap_num(check, cap, &num))
		return false;
	*on = num != 0;
	return true;
}

bool
cap_text(struct check *check, const struct capture *cap, const char **text)
{
	if (cap->arg->kind == ARG_TEXT)
		*text = cap->arg->text;
	else if (!scope_eval_text(check->scope, as_expr(check, cap->arg), text))
		return false;
	return true;
}

bool
cap_ip(struct check *check, const struct capture *cap, struct ip *ip)
{
	if (cap->arg->kind == ARG_IP) {
		*ip = *cap->arg->ip;
		return true;
	}
	return scope_eval_ip(check->scope, as_expr(check, cap->arg), ip);
}

bool
cap_id(struct check *check, const struct capture *cap, uint32_t *id)
{
	if (cap->arg->kind == ARG_IP) {
		*id = ip_to4(cap->arg->ip);
		return true;
	}
	if (cap->arg->kind == ARG_NUM)
		return cap_num(check, cap, id);
	return scope_eval_id(check->scope, as_expr(check, cap->arg), id);
}

bool
cap_net(struct check *check, const struct capture *cap, struct net *net)
{
	if (cap->arg->kind == ARG_NET) {
		*net = *cap->arg->net;
		return true;
	}
	return scope_eval_net(check->scope, as_expr(check, cap->arg), net);
}

bool
cap_time(struct check *check, const struct capture *cap, uint64_t *us)
{
	uint32_t num = 0;

	if (!cap_num(check, cap, &num))
		return false;
	*us = (uint64_t)num * cap->num;
	return true;
}

bool
cap_preference(struct check *check, const struct capture *cap, uint32_t *num)
{
	if (!cap_num(check, cap, num))
		return false;
	if (*num > 65535)
		check_error(
		    check, &cap->arg->at, "Value %u out of range (0-65535)", *num);
	return *num <= 65535;
}

bool
cap_range(struct check *check, const struct capture *cap, const char *what, uint32_t min,
    uint32_t max, uint32_t *num)
{
	uint32_t n = 0;

	if (!cap_num(check, cap, &n))
		return false;
	if (n < min || n > max) {
		check_error(check, &cap->arg->at, "%c%s must be in range %u-%u",
		    what[0] >= 'a' && what[0] <= 'z' ? what[0] - 32 : what[0], what + 1,
		    min, max);
		return false;
	}
	*num = n;
	return true;
}

bool
cap_at_most(struct check *check, const struct capture *cap, const char *warning,
    uint32_t max, uint32_t *num)
{
	uint32_t n = 0;

	if (!cap_num(check, cap, &n))
		return false;
	if (n > max)
		check_warn(check, &cap->arg->at, "%s: it is %u", warning, max);
	*num = n > max ? max : n;
	return true;
}

void
warn_no_effect(struct check *check, const struct place *at, const char *words)
{
	check_warn(check, at, "Option '%s' has no effect yet", words);
}

static char *
field_at(const struct rule *rule, const struct match *m)
{
	return (char *)m->to + rule->offset;
}

static bool
store(struct check *check, const struct rule *rule, const struct match *m, bool *differs)
{
	const struct capture *cap = &m->cap[0];
	char *field = field_at(rule, m);
	const char *text = NULL;
	struct ip ip = ip_none;
	uint32_t num = 0, old;
	bool on = false;

	switch (rule->kind) {
	case FIELD_BOOL:
		if (!cap_bool(check, cap, &on))
			return false;
		*differs = on != *(bool *)field;
		*(bool *)field = on;
		return true;
	case FIELD_TEXT:
		*differs = true;
		if (!cap_text(check, cap, &text))
			return false;
		memcpy(field, &text, sizeof(text));
		return true;
	case FIELD_IPADDR:
		*differs = true;
		if (!cap_ip(check, cap, &ip))
			return false;
		memcpy(field, &ip, sizeof(ip));
		return true;
	case FIELD_ID:
		if (!cap_id(check, cap, &num))
			return false;
		break;
	default:
		if (!cap_range(check, cap, rule->words, rule->min, rule->max, &num))
			return false;
	}
	memcpy(&old, field, sizeof(old));
	*differs = old != num;
	memcpy(field, &num, sizeof(num));
	return true;
}

void
set_field(struct check *check, const struct rule *rule, const struct match *m)
{
	bool differs = false;

	if (store(check, rule, m, &differs) && differs && rule->effect == NOEFFECT)
		warn_no_effect(check, &m->stmt->arg[m->begin]->at, rule->words);
}

/* A switch whose value only the checks of the protocol ask for: a bool in the builder. */
void
set_flag(struct check *check, const struct rule *rule, const struct match *m)
{
	bool on = false;

	if (!cap_bool(check, &m->cap[0], &on))
		return;
	*(bool *)(void *)field_at(rule, m) = on;
	if (on && rule->effect == NOEFFECT)
		warn_no_effect(check, &m->stmt->arg[m->begin]->at, rule->words);
}

/* Accepted, values checked for range if there is one, and said to have no effect. */
void
set_nothing(struct check *check, const struct rule *rule, const struct match *m)
{
	uint32_t num;

	if (rule->max && m->cap[0].arg &&
	    !cap_range(check, &m->cap[0], rule->words ? rule->words : "value", rule->min,
		rule->max, &num))
		return;
	if (rule->words)
		warn_no_effect(check, &m->stmt->arg[m->begin]->at, rule->words);
}

struct filter *
check_filter(struct check *check, const struct arg *arg)
{
	struct filter *f;

	if (arg->kind == ARG_WORD)
		return check_hold(check,
		    strcmp(arg->text, "all") == 0 ? filter_accept() : filter_reject());
	if (arg->expr)
		check_body(check, arg->expr);
	if (arg->kind == ARG_WHERE)
		f = scope_compile_where(check->scope, arg->expr);
	else if (arg->expr)
		f = scope_compile_block(check->scope, arg->expr);
	else
		f = scope_filter(check->scope, arg->text);
	if (!f && !arg->expr && !symtab_find(check->names, arg->text))
		check_error(check, &arg->at,
		    "syntax error, unexpected '%s': no such filter", arg->text);
	if (check_hold(check, f) && !check->wish.forget)
		check_held(check)->arg = arg;
	return f;
}

/* As `where net ~ NET`, and then the filter. */
struct filter *
check_filter_in(struct check *check, const struct arg *in, const struct net *net,
    const struct arg *arg)
{
	struct filter *then = check_filter(check, arg), *inside, *both;
	struct ast name = { .kind = AST_NAME, .at = in->at, .text = "net" };
	struct ast prefix = { .kind = AST_NET, .at = in->at, .net = *net };
	struct ast *kids[] = { &name, &prefix };
	struct ast match = { .kind = AST_MATCH, .at = in->at, .n = 2, .kid = kids };

	inside = scope_compile_where(check->scope, &match);
	if (!then || !inside) {
		filter_unref(inside);
		return then;
	}
	both = check_hold_own(check, filter_both(inside, then));
	filter_unref(inside);
	if (both != then && !check->wish.forget) {
		check_held(check)->arg = arg;
		check_held(check)->in = in;
	}
	return both;
}
