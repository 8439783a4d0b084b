/*
 * What would happen, as JSON: plans of a reload, trials of a filter.
 */
#include "control/jsonimpl.h"

#include "base/mem.h"
#include "filter/vnet.h"

/*
 * Plans: an object for each step, then the sum.
 */
static json_t *
classes_json(unsigned change)
{
	json_t *list = json_array();
	char word[CHANGE_TEXT_MAX];

	for (unsigned bit = 1; bit <= CHANGE_MOVE; bit <<= 1)
		if (change & bit)
			json_array_append_new(list, json_text(change_format(bit, word)));
	return list;
}

static json_t *
item_json(const struct plan_item *it)
{
	json_t *o = json_object();

	JSON_SET(o, "channel", json_text(it->channel));
	JSON_SET(o, "option", json_text(it->option));
	JSON_SET(o, "old", json_text(it->old));
	JSON_SET(o, "new", json_text(it->new));
	JSON_SET(o, "class", classes_json(it->change));
	return o;
}

static uint64_t
cost_if(unsigned change, unsigned bits, uint64_t n)
{
	return change & bits ? n : 0;
}

static void
json_step(struct control *c, const struct step *s, const struct step_cost *cost)
{
	const struct proto_conf *p = s->new ? s->new : s->old;
	bool goes = s->kind == STEP_REMOVE || s->kind == STEP_RESTART;
	json_t *o = json_object(), *items = json_array();

	for (unsigned i = 0; i < s->item_n; i++)
		json_array_append_new(items, item_json(&s->item[i]));
	JSON_SET(o, "protocol", json_text(p->name));
	JSON_SET(o, "type", json_text(p->kind_name));
	JSON_SET(o, "action", json_text(text_step_kind(s->kind)));
	JSON_SET(o, "class", classes_json(s->change));
	JSON_SET(o, "session",
	    !cost->up ? json_null() : json_text(cost->drops ? "dropped" : "kept"));
	JSON_SET(o, "withdraw", json_num(goes ? cost->imported : 0));
	JSON_SET(o, "reimport", json_num(goes ? 0 : cost_if(s->change, CHANGE_REIMPORT,
						      cost->imported)));
	JSON_SET(o, "redecide", json_num(goes ? 0 : cost_if(s->change, CHANGE_REDECIDE,
						      cost->imported)));
	JSON_SET(o, "reexport", json_num(goes ? 0 : cost_if(s->change, CHANGE_REEXPORT,
						      cost->compared)));
	JSON_SET(o, "changes", items);
	json_emit(c, o);
}

void
json_plan(struct control *c, const struct plan_record *r, bool whole)
{
	const struct plan *p = r->plan;
	json_t *o = json_object(), *sum = json_object();

	for (unsigned i = 0; whole && i < p->step_n; i++)
		json_step(c, &p->step[i], &r->cost[i]);
	for (unsigned k = STEP_ADD; k <= STEP_CHANGE; k++)
		JSON_SET(sum, text_step_kind((enum step_kind)k), json_num(p->count[k]));
	JSON_SET(sum, "globals", json_boolean(p->global_changed));
	JSON_SET(sum, "sessions_dropped", json_num(r->dropped));
	JSON_SET(sum, "sessions_kept", json_num(r->kept));
	JSON_SET(o, "plan", sum);
	json_emit(c, o);
}

static json_t *
changes_json(const struct filter_trial *t)
{
	json_t *a = json_array(), *o;

	for (unsigned i = 0; i < t->change_n; i++) {
		o = json_object();
		JSON_SET(o, "name", json_text(t->change[i].name));
		JSON_SET(o, "old", json_text(t->change[i].from));
		JSON_SET(o, "new", json_text(t->change[i].to));
		json_array_append_new(a, o);
	}
	return a;
}

void
json_trial(struct control *c, const struct trial_record *r)
{
	static const char *const verdicts[] = { [FILTER_REJECT] = "reject",
		[FILTER_ACCEPT] = "accept", [FILTER_ERROR] = "error" };
	const struct filter_trial *t = r->trial;
	json_t *o = json_object(), *print = json_array();
	char *net = net_text(r->request->net);

	for (unsigned i = 0; i < t->print_n && i < TRIAL_PRINTS_MAX; i++)
		json_array_append_new(print, json_text(t->print[i]));
	JSON_SET(o, "filter", json_text(r->request->filter));
	JSON_SET(o, "network", json_text(net));
	mem_free(net);
	JSON_SET(o, "protocol",
	    *r->request->proto ? json_text(r->request->proto) : json_null());
	JSON_SET(o, "verdict", json_text(verdicts[t->result]));
	JSON_SET(o, "file", json_text(t->file));
	JSON_SET(o, "line", t->file ? json_num(t->line) : json_null());
	JSON_SET(o, "error", json_text(t->error));
	JSON_SET(o, "print", print);
	JSON_SET(o, "printed", json_num(t->print_n));
	JSON_SET(o, "changes", changes_json(t));
	json_emit(c, o);
}
