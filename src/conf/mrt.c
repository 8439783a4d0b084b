/*
 * Protocol mrt: tables written to files, again and again.
 */
#include <string.h>

#include "conf/check.h"

enum { HAS_TABLE = 1, HAS_FILE = 2, HAS_PERIOD = 4 };

static void
mrt_filter(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)rule;
	p->p.mrt.filter = check_filter(check, m->cap[0].arg);
}

/* A pattern may have tables later on; a name must be one. */
static void
mrt_table(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	const char *name = NULL;

	p->flags |= HAS_TABLE;
	if (rule->kind) {
		if (cap_text(check, &m->cap[0], &name))
			p->p.mrt.table = check_keep(check, name);
		return;
	}
	name = m->cap[0].arg->text;
	if (check->old && strcmp(name, "master") == 0)
		name = check->six ? "master6" : "master4";
	else
		check_table_find(check, m->cap[0].arg);
	p->p.mrt.table = check_keep(check, name);
}

static void
mrt_file(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;
	const char *name = NULL;

	(void)rule;
	p->flags |= HAS_FILE;
	if (cap_text(check, &m->cap[0], &name))
		p->p.mrt.file = check_keep(check, name);
}

static void
mrt_period(struct check *check, const struct rule *rule, const struct match *m)
{
	struct proto_build *p = m->to;

	(void)rule;
	if (cap_num(check, &m->cap[0], &p->p.mrt.period_s))
		p->flags |= p->p.mrt.period_s ? HAS_PERIOD : 0;
}

static const struct rule mrt_rules[] = {
	{ .pattern = "table TEXT", .fn = mrt_table, .kind = 1 },
	{ .pattern = "table NAME", .fn = mrt_table },
	{ .pattern = "FILTER", .fn = mrt_filter },
	{ .pattern = "filename TEXT", .fn = mrt_file },
	{ .pattern = "period SEC", .fn = mrt_period },
	{ .pattern = "always add path BOOL",
	    .fn = set_field,
	    .kind = FIELD_BOOL,
	    .offset = offsetof(struct proto_build, p.mrt.always_add_path),
	    .words = "always add path" },
	{ 0 },
};

static void
mrt_finish(struct check *check, struct proto_build *p)
{
	if (!(p->flags & HAS_TABLE))
		check_error(check, &p->end, "Table not specified");
	else if (!(p->flags & HAS_FILE))
		check_error(check, &p->end, "File not specified");
	else if (!(p->flags & HAS_PERIOD))
		check_error(check, &p->end, "Period not specified");
	else if (!p->p.mrt.filter)
		p->p.mrt.filter = check_hold(check, filter_accept());
}

const struct proto_type mrt_type = { .word = "mrt",
	.shown = "MRT",
	.kind = PROTO_MRT,
	.rules = (const struct rule *const[]){ mrt_rules, NULL },
	.finish = mrt_finish };
