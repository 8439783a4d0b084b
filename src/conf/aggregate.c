/*
 * Protocol aggregator: its tables are a pipe's, what it makes of routes is the filter
 * language's (filter/merge.h).  `aggregate on` counts in `merge by`, too, so both are
 * compiled when the block has been read.
 */
#include <string.h>

#include "conf/check.h"
#include "filter/merge.h"

/* What the block has said; the tree is that of the block's own statement. */
struct aggregate_build {
	struct merge_item *item;
	unsigned n;
	bool on, net;
	const struct ast *body;
};

static struct aggregate_build *
build_of(struct check *check, struct proto_build *p)
{
	if (!p->aggregate)
		p->aggregate = ARENA_NEW(check->passing, struct aggregate_build);
	return p->aggregate;
}

static bool
item_read(struct check *check, struct aggregate_build *b, const struct arg *a)
{
	struct merge_item *item = &b->item[b->n];

	item->at = a->at;
	if (a->kind == ARG_WORD) {
		item->name = a->text;
		b->net |= strcmp(a->text, "net") == 0;
	} else if (a->kind == ARG_EXPR && a->expr) {
		item->expr = a->expr;
		check_body(check, a->expr);
	} else {
		check_error(check, &a->at,
		    "syntax error, expecting an attribute or an expression in ( )");
		return false;
	}
	b->n++;
	return true;
}

static void
aggregate_on(struct check *check, const struct rule *rule, const struct match *m)
{
	struct aggregate_build *b = build_of(check, m->to);
	const struct stmt *stmt = m->stmt;

	(void)rule;
	if (b->on) {
		check_error(check, &stmt->at, "Only one aggregate on clause allowed");
		return;
	}
	b->on = true;
	b->item = ARENA_ARRAY(check->passing, struct merge_item, stmt->n);
	for (unsigned i = m->begin + 2; i < stmt->n; i += 2) {
		const struct arg *comma = i + 1 < stmt->n ? stmt->arg[i + 1] : NULL;

		if (!item_read(check, b, stmt->arg[i]))
			return;
		if (comma && (comma->kind != ARG_PUNCT || strcmp(comma->text, ",") != 0 ||
				 i + 2 == stmt->n)) {
			check_error(
			    check, &comma->at, "syntax error, expecting ',' or ';'");
			return;
		}
	}
}

static void
merge_by(struct check *check, const struct rule *rule, const struct match *m)
{
	struct aggregate_build *b = build_of(check, m->to);

	(void)rule;
	check_body(check, m->cap[0].arg->expr);
	b->body = m->cap[0].arg->expr;
}

static void
preference(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	uint32_t n = 0;

	(void)rule;
	if (!cap_preference(check, &m->cap[0], &n))
		return;
	p->p.aggregator.preference = (uint16_t)n;
}

static void
rpki_reload(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	bool on = true;

	(void)rule;
	if (cap_bool(check, &m->cap[0], &on))
		channel_own(check, p, &p->legacy)->no_recheck = !on;
}

#define LIMITS "receive|export limit"

static const struct rule aggregator_rules[] = {
	{ .pattern = "table NAME", .fn = pipe_table, .kind = PIPE_TABLE },
	{ .pattern = "peer table NAME", .fn = pipe_table, .kind = PIPE_PEER_TABLE },
	{ .pattern = "import FILTER", .fn = pipe_filter },
	{ .pattern = "export FILTER", .fn = pipe_filter, .kind = 1 },
	{ .pattern = "aggregate on ANY", .fn = aggregate_on },
	{ .pattern = "merge BODY", .fn = merge_by },
	{ .pattern = "preference NUM", .fn = preference },
	{ .pattern = "import limit NUM [action warn|block|restart|disable]",
	    .fn = pipe_limit },
	{ .pattern = "import limit off", .fn = pipe_limit, .kind = 2 },
	{ .pattern = LIMITS " NUM [action warn|block|restart|disable]",
	    .fn = set_nothing,
	    .words = "limits of an aggregator" },
	{ .pattern = LIMITS " off" },
	{ .pattern = "import keep filtered BOOL",
	    .fn = set_nothing,
	    .words = "import keep filtered" },
	{ .pattern = "rpki reload BOOL", .fn = rpki_reload },
	{ 0 },
};

static void
aggregator_begin(struct check *check, struct proto_build *p)
{
	(void)check;
	p->p.aggregator.preference = 1;
}

static const char *
fault_of(const struct proto_build *p)
{
	const struct aggregate_build *b = p->aggregate;
	const struct table_build *from = p->legacy ? p->legacy->table : NULL;

	if (!(p->flags & PIPE_TABLE))
		return "Source table not specified";
	if (!(p->flags & PIPE_PEER_TABLE))
		return "Destination table not specified";
	if (from && p->peer_table && from->type && p->peer_table->type &&
	    strcmp(from->type, p->peer_table->type) != 0)
		return "Both tables must be of the same type";
	if (!b || !b->net)
		return "aggregate on must be always include 'net'.";
	return b->body ? NULL : "merge by must be specified";
}

static struct filter *
hold(struct check *check, struct filter *f, const struct ast *a)
{
	if (check_hold(check, f) && !check->wish.forget)
		check_held(check)->ast = a;
	return f;
}

static void
aggregator_finish(struct check *check, struct proto_build *p)
{
	const struct aggregate_build *b = p->aggregate;
	const char *fault = fault_of(p);

	if (fault) {
		check_error(check, &p->end, "%s", fault);
		return;
	}
	p->p.aggregator.key = hold(
	    check, scope_compile_key(check->scope, b->item, b->n), b->body);
	p->p.aggregator.merge = hold(
	    check, scope_compile_merge(check->scope, b->body, b->item, b->n), b->body);
	pipe_channel(check, p, filter_reject());
}

const struct proto_type aggregator_type = { .word = "aggregator",
	.shown = "Aggregator",
	.kind = PROTO_AGGREGATOR,
	.rules = (const struct rule *const[]){ aggregator_rules, NULL },
	.begin = aggregator_begin,
	.finish = aggregator_finish,
	.no_parent = true };
