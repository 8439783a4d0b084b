/*
 * Routing tables.  Those of types the daemon cannot hold are known by name, so that what
 * names them is checked, and get no place in the model.
 */
#include <string.h>

#include "conf/check.h"

struct table_build *
table_new(struct check *check, const char *name, const char *type, const struct place *at)
{
	struct symbol *sym = check_define(check, name, "routing table", at);
	struct table_build *t;

	if (!sym)
		return NULL;
	t = ARENA_NEW(check->keep, struct table_build);
	t->conf.name = check_keep(check, name);
	t->conf.type = type ? net_type_find(type) : NET_NONE;
	t->conf.min_settle_ms = 1000;
	t->conf.max_settle_ms = 20000;
	t->type = type;
	scope_table(check->scope, t->conf.name, t->conf.type);
	sym->data = t;
	*check->tables_end = t;
	check->tables_end = &t->next;
	check->table_n++;
	return t;
}

struct table_build *
check_table_find(struct check *check, const struct arg *name)
{
	struct symbol *sym = symtab_find(check->names, name->text);

	if (!sym)
		check_error(check, &name->at,
		    "syntax error, unexpected '%s': no such table", name->text);
	else if (strcmp(sym->class, "routing table") != 0)
		check_error(check, &name->at, "Table name required");
	else
		return sym->data;
	return NULL;
}

/* `master` of 1.6, and tables without a type, take the one of who asks. */
struct table_build *
table_for(struct check *check, const char *type, const char *name)
{
	struct table_build *t;
	struct symbol *sym;

	if (name) {
		sym = symtab_find(check->names, name);
		t = sym ? sym->data : NULL;
		if (t && !t->type) {
			t->type = type;
			t->conf.type = net_type_find(type);
		}
		return t;
	}
	for (t = check->tables; t; t = t->next)
		if (t->type && strcmp(t->type, type) == 0)
			return t;
	return NULL;
}

static void
table_sorted(struct check *check, const struct rule *rule, const struct match *m)
{
	struct table_build *t = m->to;

	(void)rule;
	cap_bool(check, &m->cap[0], &t->conf.sorted);
}

static void
table_trie(struct check *check, const struct rule *rule, const struct match *m)
{
	static const char *const types[] = { "ipv4", "ipv6", "vpn4", "vpn6", "roa4",
		"roa6", "ipv6 sadr" };
	struct table_build *t = m->to;
	size_t i;

	(void)rule;
	if (!cap_bool(check, &m->cap[0], &t->trie))
		return;
	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(t->type, types[i]) == 0)
			return;
	check_error(
	    check, &m->stmt->end, "Trie option not supported for %s table", t->type);
}

/* What it is about is not there: each is said once. */
static void
table_unused(struct check *check, const struct rule *rule, const struct match *m)
{
	if (check->tables_said & 1u << rule->kind)
		return;
	check->tables_said |= 1u << rule->kind;
	check_warn(
	    check, &m->stmt->at, "Option '%s' of tables has no effect", rule->words);
}

static void
table_gc(struct check *check, const struct rule *rule, const struct match *m)
{
	uint64_t us = 0;

	table_unused(check, rule, m);
	if (cap_time(check, &m->cap[0], &us) && us > 3600000000u)
		check_error(
		    check, &m->cap[0].arg->at, "GC period must be at most 3600 s");
}

static void
table_cork(struct check *check, const struct rule *rule, const struct match *m)
{
	uint32_t low = 0, high = 0;

	table_unused(check, rule, m);
	if (cap_num(check, &m->cap[0], &low) && cap_num(check, &m->cap[1], &high) &&
	    low > high)
		check_error(check, &m->stmt->end,
		    "Cork low threshold must be lower than the high threshold.");
}

static uint32_t
settle_ms(uint64_t us)
{
	return us / 1000 > UINT32_MAX ? UINT32_MAX : (uint32_t)(us / 1000);
}

static void
table_settle(struct check *check, const struct rule *rule, const struct match *m)
{
	uint64_t min = 0, max = 0;
	struct table_build *t = m->to;

	if (!cap_time(check, &m->cap[0], &min) || !cap_time(check, &m->cap[1], &max))
		return;
	if (min > max) {
		check_error(check, &m->stmt->end,
		    "Minimum settle time is bigger than maximum settle time");
	} else if (rule->words) {
		table_unused(check, rule, m);
	} else { /* BIRD 3: of origins */
		t->conf.min_settle_ms = settle_ms(min);
		t->conf.max_settle_ms = settle_ms(max);
	}
}

static void
table_settle_one(struct check *check, const struct rule *rule, const struct match *m)
{
	struct table_build *t = m->to;
	uint64_t us = 0;

	if (!cap_time(check, &m->cap[0], &us))
		return;
	*(rule->kind ? &t->conf.max_settle_ms : &t->conf.min_settle_ms) = settle_ms(us);
}

/* Roas of a 1.6 `roa table` */
struct roa_read {
	struct check *check;
	struct net *roa;
	unsigned n, room;
	enum net_type type;
};

static void
table_roa(struct check *check, const struct rule *rule, const struct match *m)
{
	struct roa_read *r = m->to;
	struct net net, *old = r->roa;
	uint32_t max = 0, as = 0;

	(void)rule;
	if (!cap_net(check, &m->cap[0], &net) || !cap_num(check, &m->cap[1], &max) ||
	    !cap_num(check, &m->cap[2], &as))
		return;
	/* 1.6 takes any number */
	max = max > net_plen_max(net.type) ? net_plen_max(net.type) : max;
	net = net_roa(&net, max, as);
	if (net.type != r->type) {
		check_error(check, &m->cap[0].arg->at,
		    "Prefix of the other family than the table");
		return;
	}
	if (r->n == r->room) {
		r->room = r->room ? r->room * 2 : 16;
		r->roa = ARENA_ARRAY(check->keep, struct net, r->room);
		if (r->n)
			memcpy(r->roa, old, r->n * sizeof(*old));
	}
	r->roa[r->n++] = net;
}

static const struct rule roa_rules[] = {
	{ .pattern = "roa NET max NUM as NUM", .fn = table_roa },
	{ 0 },
};

/* The family of the table is that of what stands in it. */
static const char *
roa_type(const struct check *check, const struct arg *block)
{
	const struct stmt *first = block ? block->block->first : NULL;

	for (unsigned i = 0; first && i < first->n; i++)
		if (first->arg[i]->kind == ARG_NET)
			return first->arg[i]->net->type == NET_IP6 ? "roa6" : "roa4";
	return check->six ? "roa6" : "roa4";
}

static void
table_roas(struct check *check, struct table_build *t, const struct block *block)
{
	struct roa_read r = { .check = check, .type = t->conf.type };

	words_block(check, block, (const struct rule *const[]){ roa_rules, NULL }, &r);
	t->conf.roa = r.roa;
	t->conf.roa_n = r.n;
}

static const struct rule table_rules[] = {
	{ .pattern = "sorted BOOL", .fn = table_sorted },
	{ .pattern = "trie BOOL", .fn = table_trie },
	{ .pattern = "debug DEBUG" },
	{ .pattern = "min settle time TIME", .fn = table_settle_one },
	{ .pattern = "max settle time TIME", .fn = table_settle_one, .kind = 1 },
	{ .pattern = "gc threshold NUM", .fn = table_unused, .words = "gc threshold" },
	{ .pattern = "gc period TIME", .fn = table_gc, .kind = 1, .words = "gc period" },
	{ .pattern = "cork threshold NUM NUM",
	    .fn = table_cork,
	    .kind = 2,
	    .words = "cork threshold" },
	{ .pattern = "export settle time TIME TIME",
	    .fn = table_settle,
	    .kind = 3,
	    .words = "export settle time" },
	{ .pattern = "route refresh export settle time TIME TIME",
	    .fn = table_settle,
	    .kind = 4,
	    .words = "route refresh export settle time" },
	{ .pattern = "digest settle time TIME TIME", .fn = table_settle },
	{ .pattern = "thread group NAME",
	    .fn = table_unused,
	    .kind = 5,
	    .words = "thread group" },
	{ 0 },
};

/* Captures of "TYPES [sadr] table NAME [sorted] [BLOCK]". */
static void
table_typed(struct check *check, const struct match *m, const char *type)
{
	const struct arg *name = m->cap[1].arg;
	struct symbol *sym = symtab_find(check->names, name->text);
	struct table_build *t;
	bool default_table = strcmp(name->text, "master4") == 0 ||
			     strcmp(name->text, "master6") == 0;

	if (sym && default_table &&
	    strcmp(((struct table_build *)sym->data)->type, type) == 0)
		t = sym->data;
	else
		t = table_new(check, name->text, type, &name->at);
	if (!t)
		return;
	t->conf.sorted |= m->cap[2].arg != NULL;
	if (t->conf.type == NET_NONE)
		check_warn(check, &name->at,
		    "Table %s of type %s is not supported yet: it stays "
		    "empty",
		    name->text, type);
	if (m->cap[3].arg)
		t->block = check->wish.forget ? NULL : m->cap[3].arg->block;
	if (m->cap[3].arg)
		words_block(check, m->cap[3].arg->block,
		    (const struct rule *const[]){ table_rules, NULL }, t);
}

/* 1.6: the family is that of the first user; `master` is there in both. */
static void
table_untyped(struct check *check, const struct arg *name, bool sorted)
{
	struct table_build *t;

	if (strcmp(name->text, "master") == 0) {
		table_for(check, "ipv4", NULL)->conf.sorted = sorted;
		table_for(check, "ipv6", NULL)->conf.sorted = sorted;
		return;
	}
	t = table_new(check, name->text, NULL, &name->at);
	if (t)
		t->conf.sorted = sorted;
}

void
table_define(struct check *check, const struct rule *rule, const struct match *m)
{
	const struct arg *name = m->cap[0].arg;
	struct table_build *t;

	switch (rule->kind) {
	case 0: table_typed(check, m, m->cap[0].arg->text); break;
	case 1: table_typed(check, m, rule->words); break;
	case 2: /* table NAME [sorted]; NAME; */
		if (!check->old)
			check_error(check, &m->stmt->at,
			    "syntax error, unexpected 'table': a table "
			    "needs a type (ipv4 table ...)");
		else
			table_untyped(check, name, m->cap[1].arg && rule->max == 0);
		break;
	case 3: /* roa table NAME */
		if (!check->old)
			check_error(check, &m->stmt->at,
			    "syntax error, unexpected 'roa': a table "
			    "is roa4 or roa6");
		else if ((t = table_new(check, name->text,
			      roa_type(check, m->cap[1].arg), &name->at)) &&
			 m->cap[1].arg)
			table_roas(check, t, m->cap[1].arg->block);
		break;
	}
}
