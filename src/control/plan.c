/*
 * Plans as text.  All lines continue the one that says what is read (code 0002), so tools
 * that wait for the last line of `configure` find it as they know it.
 *
 *	Plan: 1 remove, 2 change; sessions: 1 dropped, 7 kept
 *	remove c3 (BGP): session drops, 1200 routes withdrawn
 *	change c1 (BGP): session stays, 5000 networks exported anew
 *	  ipv4 export: ACCEPT -> f (re-export)
 *	  hold time: 240 -> 90 (next session)
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "control/text.h"

#define CODE	     2
#define DROPPED_SHOW 16 /* sessions named by `configure`; `plan` has them all */

const char *
text_step_kind(enum step_kind kind)
{
	static const char *const words[] = { "add", "remove", "restart", "change" };

	return words[kind];
}

struct line {
	char text[OUT_LINE_MAX + 1];
	size_t len;
};

static void __attribute__((format(printf, 2, 3)))
line_add(struct line *l, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->text + l->len, sizeof(l->text) - l->len, fmt, ap);
	va_end(ap);
	l->len += n > 0 ? (size_t)n : 0;
	if (l->len >= sizeof(l->text))
		l->len = sizeof(l->text) - 1;
}

static void
plan_sum(struct control *c, const struct plan_record *r)
{
	struct line l = { .len = 0 };
	const char *sep = " ";

	line_add(&l, "Plan:");
	for (unsigned k = STEP_ADD; k <= STEP_CHANGE; k++) {
		if (!r->plan->count[k])
			continue;
		line_add(&l, "%s%u %s", sep, r->plan->count[k],
		    text_step_kind((enum step_kind)k));
		sep = ", ";
	}
	if (r->plan->global_changed)
		line_add(&l, "%sglobal options", sep);
	line_add(&l, "; sessions: %u dropped, %u kept", r->dropped, r->kept);
	control_line(c, CODE, "%s", l.text);
}

static void
step_line(struct control *c, const struct step *s, const struct step_cost *cost)
{
	const struct proto_conf *p = s->new ? s->new : s->old;
	unsigned long imported = cost->imported, compared = cost->compared;
	struct line l = { .len = 0 };
	const char *sep = ": ";

	line_add(&l, "%s %s (%s)", text_step_kind(s->kind), p->name, p->kind_name);
	if (cost->up) {
		line_add(&l, "%ssession %s", sep, cost->drops ? "drops" : "stays");
		sep = ", ";
	}
	if (s->kind == STEP_REMOVE || s->kind == STEP_RESTART) {
		if (imported)
			line_add(&l, "%s%lu routes withdrawn", sep, imported);
	} else if (s->kind == STEP_CHANGE) {
		if (s->change & CHANGE_REIMPORT && imported) {
			line_add(&l, "%s%lu routes imported anew", sep, imported);
			sep = ", ";
		}
		if (s->change & CHANGE_REDECIDE && imported) {
			line_add(&l, "%s%lu routes decided anew", sep, imported);
			sep = ", ";
		}
		if (s->change & CHANGE_REEXPORT && compared)
			line_add(&l, "%s%lu networks exported anew", sep, compared);
	}
	control_line(c, CODE, "%s", l.text);
}

static void
item_line(struct control *c, const struct plan_item *it)
{
	char class[CHANGE_TEXT_MAX];
	struct line l = { .len = 0 };

	line_add(&l, "  %s%s%s", it->channel ? it->channel : "", it->channel ? " " : "",
	    it->option);
	if (it->old)
		line_add(&l, ": %.180s -> %.180s", it->old, it->new);
	line_add(&l, " (%s)", change_format(it->change, class));
	control_line(c, CODE, "%s", l.text);
}

static void
plan_steps(struct control *c, const struct plan_record *r)
{
	for (unsigned i = 0; i < r->plan->step_n; i++) {
		const struct step *s = &r->plan->step[i];

		step_line(c, s, &r->cost[i]);
		for (unsigned k = 0; k < s->item_n; k++)
			item_line(c, &s->item[k]);
	}
}

static void
plan_dropped(struct control *c, const struct plan_record *r)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->plan->step_n; i++)
		if (r->cost[i].drops && n++ < DROPPED_SHOW)
			control_line(c, CODE, "Session of %s drops (%.200s)",
			    r->plan->step[i].old->name, r->plan->step[i].reason);
	if (n > DROPPED_SHOW)
		control_line(c, CODE, "And %u more", n - DROPPED_SHOW);
}

void
text_plan(struct control *c, const struct plan_record *r, bool whole)
{
	if (!r->plan->step_n && !r->plan->global_changed)
		return;
	plan_sum(c, r);
	if (whole)
		plan_steps(c, r);
	else
		plan_dropped(c, r);
}
