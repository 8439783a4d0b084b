/*
 * The plan that leads from one model to another.
 *
 * Protocols are matched by name, so that their order in the file means nothing.  What is
 * left over is matched by neighbour: a BGP protocol that was only renamed keeps its
 * session.  What has changed in a pair is diff.c's affair.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "conf/diff.h"

static bool
text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/*
 * Who is who: for each protocol of the new model the one of the old it goes on from.
 */
struct names {
	unsigned *slot; /* index + 1 */
	size_t room;
	const struct model *model;
};

struct match {
	const struct proto_conf **from; /* by index in the new model; NULL: new */
	bool *kept;			/* by index in the old model */
};

static size_t
name_slot(const struct names *names, const char *name)
{
	size_t h = 5381;
	const char *p;

	for (p = name; *p; p++)
		h = h * 33 + (unsigned char)*p;
	for (h &= names->room - 1; names->slot[h] &&
	     strcmp(names->model->proto[names->slot[h] - 1]->name, name) != 0;)
		h = (h + 1) & (names->room - 1);
	return h;
}

static struct names
names_make(struct arena *arena, const struct model *m)
{
	struct names names = { .room = 16, .model = m };

	while (names.room < 2 * (size_t)m->proto_n)
		names.room *= 2;
	names.slot = ARENA_ARRAY(arena, unsigned, names.room);
	for (unsigned i = 0; i < m->proto_n; i++)
		names.slot[name_slot(&names, m->proto[i]->name)] = i + 1;
	return names;
}

static void
match_names(const struct plan *plan, struct match *match)
{
	struct names names = names_make(plan->arena, plan->old);

	for (unsigned i = 0; i < plan->new->proto_n; i++) {
		unsigned at = names.slot[name_slot(&names, plan->new->proto[i]->name)];

		if (!at)
			continue;
		match->from[i] = plan->old->proto[at - 1];
		match->kept[at - 1] = true;
	}
}

/* A protocol without a partner. */
struct single {
	const struct proto_conf *p;
	unsigned index;
};

static int
neighbor_cmp(const struct proto_conf *p, const struct proto_conf *q)
{
	const struct bgp_conf *a = &p->bgp, *b = &q->bgp;
	int c = ip_cmp(&a->remote_ip, &b->remote_ip);

	if (!c)
		c = ip_cmp(&a->local_ip, &b->local_ip);
	if (!c)
		c = (a->local_port > b->local_port) - (a->local_port < b->local_port);
	if (!c)
		c = strcmp(a->interface ? a->interface : "",
		    b->interface ? b->interface : "");
	if (!c)
		c = strcmp(p->vrf ? p->vrf : VRF_DEFAULT, q->vrf ? q->vrf : VRF_DEFAULT);
	return c;
}

static int
single_cmp(const void *a, const void *b)
{
	const struct single *x = a, *y = b;
	int c = neighbor_cmp(x->p, y->p);

	return c ? c : (x->index > y->index) - (x->index < y->index);
}

static bool
can_adopt(const struct proto_conf *p)
{
	return p->kind == PROTO_BGP && !p->disabled && !ip_is_none(&p->bgp.remote_ip);
}

/* Those of one side that are left over, by neighbour. */
static unsigned
singles(const struct plan *plan, const struct match *match, bool new, struct single *out)
{
	const struct model *m = new ? plan->new : plan->old;
	unsigned n = 0;

	for (unsigned i = 0; i < m->proto_n; i++)
		if (can_adopt(m->proto[i]) && !(new ? match->from[i] != NULL
						    : match->kept[i]))
			out[n++] = (struct single){ m->proto[i], i };
	qsort(out, n, sizeof(*out), single_cmp);
	return n;
}

/* Would the session outlive the change? */
static bool
is_adopted(const struct plan *plan, const struct single *a, const struct single *b)
{
	struct step step = { .old = a->p, .new = b->p };

	step_diff(plan, &step);
	return !(step.change & CHANGE_RESTART);
}

static void
match_neighbors(const struct plan *plan, struct match *match)
{
	struct single *old = ARENA_ARRAY(
	    plan->arena, struct single, plan->old->proto_n + 1);
	struct single *new = ARENA_ARRAY(
	    plan->arena, struct single, plan->new->proto_n + 1);
	unsigned old_n = singles(plan, match, false, old), i = 0;
	unsigned new_n = singles(plan, match, true, new), j = 0;

	while (i < old_n && j < new_n) {
		int c = neighbor_cmp(old[i].p, new[j].p);

		if (c == 0 && is_adopted(plan, &old[i], &new[j])) {
			match->from[new[j].index] = old[i].p;
			match->kept[old[i].index] = true;
		}
		i += c <= 0;
		j += c >= 0;
	}
}

/*
 * Steps.
 */
static void
plan_add(struct plan *plan, const struct step *step)
{
	const struct proto_conf *p = step->old;

	plan->step[plan->step_n++] = *step;
	plan->count[step->kind]++;
	if (p && p->kind == PROTO_BGP && !p->disabled &&
	    (step->kind == STEP_REMOVE || step->kind == STEP_RESTART))
		plan->sessions_dropped++;
}

bool
plan_step(const struct plan *plan, struct step *step)
{
	step_diff(plan, step);
	step->kind = step->change & CHANGE_RESTART ? STEP_RESTART : STEP_CHANGE;
	return step->change != 0;
}

static void
plan_removals(struct plan *plan, const struct match *match)
{
	for (unsigned i = 0; plan->old && i < plan->old->proto_n; i++)
		if (!match->kept[i])
			plan_add(plan, &(struct step){ .kind = STEP_REMOVE,
					   .old = plan->old->proto[i],
					   .reason = "removed" });
}

/* What both have, compared once; restarts stand before changes. */
static void
plan_changes(struct plan *plan, const struct match *match)
{
	unsigned n = 0, new_n = plan->new ? plan->new->proto_n : 0;
	struct step *step = ARENA_ARRAY(plan->arena, struct step, new_n + 1);

	for (unsigned i = 0; i < new_n; i++) {
		struct step *s = &step[n];

		if (!match->from[i])
			continue;
		*s = (struct step){ .old = match->from[i], .new = plan->new->proto[i] };
		step_diff(plan, s);
		s->kind = s->change & CHANGE_RESTART ? STEP_RESTART : STEP_CHANGE;
		n += s->change != 0;
	}
	for (unsigned i = 0; i < n; i++)
		if (step[i].kind == STEP_RESTART)
			plan_add(plan, &step[i]);
	for (unsigned i = 0; i < n; i++)
		if (step[i].kind == STEP_CHANGE)
			plan_add(plan, &step[i]);
}

static void
plan_additions(struct plan *plan, const struct match *match)
{
	for (unsigned i = 0; plan->new && i < plan->new->proto_n; i++)
		if (!match->from[i])
			plan_add(plan, &(struct step){ .kind = STEP_ADD,
					   .new = plan->new->proto[i],
					   .reason = "added" });
}

static bool
runs_bgp(const struct proto_conf *p)
{
	return p && p->kind == PROTO_BGP && !p->disabled;
}

static void
count_sessions(struct plan *plan, const struct match *match)
{
	unsigned both = 0;

	for (unsigned i = 0; plan->new && i < plan->new->proto_n; i++)
		both += runs_bgp(plan->new->proto[i]) && runs_bgp(match->from[i]);
	for (unsigned i = 0; i < plan->step_n; i++)
		both -= plan->step[i].kind == STEP_RESTART &&
			runs_bgp(plan->step[i].old) && runs_bgp(plan->step[i].new);
	plan->sessions_kept = both;
}

static bool
logs_differ(const struct model *a, const struct model *b)
{
	unsigned i;

	if (a->log_n != b->log_n)
		return true;
	for (i = 0; i < a->log_n; i++)
		if (a->log[i].kind != b->log[i].kind ||
		    a->log[i].mask != b->log[i].mask ||
		    a->log[i].limit != b->log[i].limit ||
		    a->log[i].port != b->log[i].port ||
		    !text_equal(a->log[i].path, b->log[i].path) ||
		    !text_equal(a->log[i].backup, b->log[i].backup))
			return true;
	return false;
}

static bool
watch_differs(const struct watch_conf *a, const struct watch_conf *b)
{
	return a->warning_us != b->warning_us || a->timeout_us != b->timeout_us ||
	       a->latency != b->latency || a->latency_limit_us != b->latency_limit_us;
}

static bool
sockets_differ(const struct model *a, const struct model *b)
{
	bool differ = a->cli_n != b->cli_n;

	for (unsigned i = 0; !differ && i < a->cli_n; i++)
		differ = strcmp(a->cli[i].path, b->cli[i].path) != 0 ||
			 a->cli[i].restricted != b->cli[i].restricted;
	return differ;
}

static bool
globals_differ(const struct model *a, const struct model *b)
{
	unsigned i;

	if (!a || !b)
		return true;
	if (a->router_id != b->router_id || a->dialect != b->dialect ||
	    a->threads != b->threads || a->shards != b->shards ||
	    a->graceful_wait_s != b->graceful_wait_s ||
	    !text_equal(a->hostname, b->hostname) ||
	    !text_equal(a->mrt_file, b->mrt_file) || a->table_n != b->table_n)
		return true;
	for (i = 0; i < TIME_FORMATS; i++)
		if (!text_equal(a->time_format[i].recent, b->time_format[i].recent) ||
		    !text_equal(a->time_format[i].old, b->time_format[i].old) ||
		    a->time_format[i].limit_s != b->time_format[i].limit_s)
			return true;
	for (i = 0; i < a->table_n; i++)
		if (strcmp(a->table[i]->name, b->table[i]->name) != 0 ||
		    a->table[i]->type != b->table[i]->type)
			return true;
	return watch_differs(&a->watch, &b->watch) || logs_differ(a, b) ||
	       sockets_differ(a, b);
}

static struct match
match_make(const struct plan *plan)
{
	struct match match = {
		.from = ARENA_ARRAY(plan->arena, const struct proto_conf *,
		    (plan->new ? plan->new->proto_n : 0) + 1),
		.kept = ARENA_ARRAY(
		    plan->arena, bool, (plan->old ? plan->old->proto_n : 0) + 1),
	};

	if (plan->old && plan->new) {
		match_names(plan, &match);
		match_neighbors(plan, &match);
	}
	return match;
}

struct plan *
plan_make(const struct model *old, const struct model *new)
{
	struct arena *arena = arena_new();
	struct plan *plan = ARENA_NEW(arena, struct plan);
	struct match match;

	plan->arena = arena;
	plan->old = old;
	plan->new = new;
	if (old)
		model_ref(old);
	if (new)
		model_ref(new);
	plan->global_changed = globals_differ(old, new);
	plan->step = ARENA_ARRAY(
	    arena, struct step, (old ? old->proto_n : 0) + (new ? new->proto_n : 0) + 1);
	match = match_make(plan);
	plan_removals(plan, &match);
	plan_changes(plan, &match);
	plan_additions(plan, &match);
	count_sessions(plan, &match);
	return plan;
}

void
plan_hasten(struct plan *plan)
{
	for (unsigned i = 0; i < plan->step_n; i++) {
		struct step *s = &plan->step[i];

		if (s->kind != STEP_CHANGE || !(s->change & CHANGE_NEXT_SESSION))
			continue;
		s->kind = STEP_RESTART;
		plan->count[STEP_CHANGE]--;
		plan->count[STEP_RESTART]++;
		if (runs_bgp(s->old)) {
			plan->sessions_dropped++;
			plan->sessions_kept--;
		}
	}
}

void
plan_soften(struct plan *plan)
{
	for (unsigned i = 0; i < plan->step_n; i++) {
		plan->step[i].change &= ~(unsigned)CHANGE_REIMPORT;
		plan->step[i].proto_change &= ~(unsigned)CHANGE_REIMPORT;
		for (unsigned f = 0; f < FAMILIES; f++)
			plan->step[i].channel_change[f] &= ~(unsigned)CHANGE_REIMPORT;
	}
}

void
plan_free(struct plan *plan)
{
	if (!plan)
		return;
	model_unref(plan->old);
	model_unref(plan->new);
	arena_free(plan->arena);
}
