/*
 * What a reload does before it does anything.
 *
 * Sources and policies change one after the other, each in the thread that owns it: a route
 * that comes with the new configuration could meet an export filter of the old one, or one
 * that goes with the old a filter of the new.  So where a plan changes what peers are told
 * and what there is to tell, all exports it touches are narrowed first, to what both let
 * pass; when that is in force the plan is carried out; when that is, too, and imports have
 * settled (settle.h), exports become what they are to be.
 */
#include <string.h>

#include "daemon/runtime.h"
#include "daemon/settle.h"

/* Nothing of these adds or takes routes, or changes whose they are. */
#define HARMLESS ((unsigned)(CHANGE_LIVE | CHANGE_REEXPORT | CHANGE_NEXT_SESSION))

static unsigned
channel_change(const struct step *s, unsigned f)
{
	return s->proto_change | s->channel_change[f];
}

static bool
tells_other(const struct step *s)
{
	return s->kind == STEP_CHANGE && s->new->kind == PROTO_BGP &&
	       s->change & (CHANGE_REEXPORT | CHANGE_MOVE);
}

static bool
has_other(const struct step *s)
{
	return s->kind != STEP_CHANGE || s->new->kind != PROTO_BGP ||
	       s->change & ~HARMLESS;
}

static void
prepare_run(const struct runtime *rt, const struct run *r, const struct step *s)
{
	struct peer_next next = { .rr_client = s->new->bgp.rr_client,
		.interpret_communities = s->new->bgp.interpret_communities };

	for (unsigned f = 0; f < FAMILIES; f++) {
		const struct channel_conf *c = proto_channel(s->new, (enum family)f);

		if (!c || !(channel_change(s, f) & (CHANGE_REEXPORT | CHANGE_MOVE)))
			continue;
		next.export[f] = c->export;
		filter_ref(c->export);
		next.moves[f] = channel_change(s, f) & CHANGE_MOVE;
	}
	peer_post_prepare(rt->daemon->io[r->io], r->peer, &next);
}

static const struct step *
step_of(const struct plan *plan, const struct run *r)
{
	const char *name = r->own ? r->parent : r->conf->name;

	for (unsigned i = 0; i < plan->step_n; i++)
		if (tells_other(&plan->step[i]) &&
		    strcmp(plan->step[i].old->name, name) == 0)
			return &plan->step[i];
	return NULL;
}

bool
runtime_prepare(struct runtime *rt, const struct plan *plan)
{
	bool tells = false, other = false, again = false;

	for (unsigned i = 0; i < plan->step_n; i++) {
		tells |= tells_other(&plan->step[i]);
		other |= has_other(&plan->step[i]);
		again |= plan->step[i].kind == STEP_CHANGE &&
			 plan->step[i].change & CHANGE_REIMPORT;
	}
	if ((tells && other) || again)
		settle_begin(rt);
	if (!tells || !other)
		return false;
	for (unsigned i = 0; i < rt->run_n; i++) {
		const struct step *s = rt->run[i]->conf->kind == PROTO_BGP
					   ? step_of(plan, rt->run[i])
					   : NULL;

		if (s)
			prepare_run(rt, rt->run[i], s);
	}
	return true;
}
