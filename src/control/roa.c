/*
 * ROA tables as BIRD 1.6 has them.
 *
 *	show roa [NET | in NET | for NET] [as N] [table T]
 *	add|delete roa NET max N as N [table T]		one of the operator's own
 *	flush roa [table T]				all of those
 *
 * What was added here is kept beside what the configuration or a protocol has: it outlives
 * `configure`, and `delete` and `flush` take away nothing else.  BIRD 2 has none of this,
 * and there ROAs are routes.
 */
#include <string.h>
#include "control/commands.h"
#include "control/session.h"

COMMANDS(HANDLER_ROW)

#define SLICE_ROAS 256 /* asked for at once */

/* Only a 1.6 session knows these words; the first that another does not is named. */
static bool
is_offered(struct control *c, unsigned words)
{
	if (c->dialect == DIALECT_1 && c->ops->roas_open)
		return true;
	c->token -= words;
	return control_unexpected(c, NULL);
}

static bool
is_roa(const struct table_conf *t)
{
	return t->type == NET_ROA4 || t->type == NET_ROA6;
}

/*
 * Arguments.
 */
static bool
take_num(struct control *c, uint32_t *num)
{
	if (c->token->kind != TOKEN_NUM)
		return control_unexpected(c, "NUM");
	*num = c->token++->num;
	return true;
}

static bool
take_net(struct control *c, enum roa_match mode)
{
	struct ip ip;

	if (c->token->kind == TOKEN_WORD && !token_is_keyword(c->token->text))
		return control_fail(c, "IP address expected");
	if (c->token->kind != TOKEN_IP)
		return control_unexpected(c, NULL);
	if (c->roa.mode != ROA_ALL)
		return control_fail(c, "Only one prefix expected");
	ip = c->token++->ip;
	c->roa.mode = mode;
	if (!control_take_char(c, '/'))
		return control_unexpected(c, NULL);
	return control_take_plen(c, &ip, &c->roa.net);
}

static bool
take_table(struct control *c)
{
	const struct token *t = c->token;

	if (t->kind != TOKEN_WORD)
		return control_unexpected(c, NULL);
	c->roa.table = model_table(c->model, t->text);
	if (!c->roa.table || !is_roa(c->roa.table))
		return control_fail(c, "%s is not a ROA table", t->text);
	c->token++;
	return true;
}

/* The first one, which has the family of the prefix if there is one of that. */
static bool
choose_table(struct control *c)
{
	const struct model *m = c->model;
	enum net_type type = c->roa.net.type == NET_IP4 ? NET_ROA4 : NET_ROA6;

	for (unsigned i = 0; i < m->table_n && !c->roa.table; i++)
		if (is_roa(m->table[i]) &&
		    (c->roa.mode == ROA_ALL || m->table[i]->type == type))
			c->roa.table = m->table[i];
	if (!c->roa.table)
		return control_fail(c, "No ROA table defined");
	if (c->roa.mode != ROA_ALL && c->roa.table->type != type)
		return control_fail(
		    c, "%s is of the other family", c->roa.table->name);
	return true;
}

/*
 * show roa
 */
static bool
is_wanted(const struct control *c, const struct net *roa)
{
	struct net net = net_address(roa);

	if (c->roa.as && net_as(roa) != c->roa.as)
		return false;
	switch (c->roa.mode) {
	case ROA_ALL: return true;
	case ROA_NET: return net_equal(&net, &c->roa.net);
	case ROA_IN: return net_contains(&c->roa.net, &net);
	case ROA_FOR: return net_contains(&net, &c->roa.net);
	}
	return false;
}

static void
on_roa(void *ctx, const struct net *roa)
{
	struct control *c = ctx;
	struct net net = net_address(roa);

	c->roa.found |= net_equal(&net, &c->roa.net);
	if (is_wanted(c, roa))
		c->render->roa(c, roa);
}

static void
roa_step(struct control *c)
{
	if (c->ops->roas_next(c->daemon, c->roa.walk, SLICE_ROAS, on_roa, c))
		return;
	if (c->roa.mode == ROA_NET && !c->roa.found)
		control_end(c, 8001, "Network not in table");
	else
		control_end(c, 0, "%s", "");
}

static bool
take_option(struct control *c)
{
	if (control_take_word(c, "in"))
		return take_net(c, ROA_IN);
	if (control_take_word(c, "for"))
		return take_net(c, ROA_FOR);
	if (control_take_word(c, "as"))
		return take_num(c, &c->roa.as);
	if (control_take_word(c, "table"))
		return take_table(c);
	return take_net(c, ROA_NET);
}

void
handle_show_roa(struct control *c)
{
	if (!is_offered(c, 1))
		return;
	while (c->token->kind != TOKEN_END)
		if (!take_option(c))
			return;
	if (!choose_table(c))
		return;
	c->roa.walk = c->ops->roas_open(c->daemon, c->roa.table);
	c->step = roa_step;
}

/*
 * add, delete, flush
 */
static bool
take_roa(struct control *c, struct net *roa)
{
	uint32_t max = 0, as = 0, most;

	if (!take_net(c, ROA_NET))
		return false;
	if (!control_take_word(c, "max"))
		return control_unexpected(c, "MAX");
	if (!take_num(c, &max))
		return false;
	if (!control_take_word(c, "as"))
		return control_unexpected(c, "AS");
	if (!take_num(c, &as))
		return false;
	most = net_plen_max(c->roa.net.type); /* 1.6 takes any number */
	*roa = net_roa(&c->roa.net, max < most ? max : most, as);
	return true;
}

static bool
take_rest(struct control *c)
{
	if (control_take_word(c, "table") && !take_table(c))
		return false;
	return control_at_end(c, "END or TABLE") && choose_table(c);
}

static void
edit(struct control *c, bool add)
{
	struct net roa;

	if (!is_offered(c, 2) || !take_roa(c, &roa) || !take_rest(c))
		return;
	c->ops->roa_edit(c->daemon, c->roa.table, &roa, add);
	control_end(c, 0, "%s", "");
}

void
handle_add_roa(struct control *c)
{
	edit(c, true);
}

void
handle_delete_roa(struct control *c)
{
	edit(c, false);
}

void
handle_flush_roa(struct control *c)
{
	if (!is_offered(c, 2) || !take_rest(c))
		return;
	c->ops->roa_edit(c->daemon, c->roa.table, NULL, false);
	control_end(c, 0, "%s", "");
}
