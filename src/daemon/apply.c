/*
 * A plan carried out: protocols go, stay, change and come, and tables with them.
 *
 *	removals -> new tables -> the list of runs in the order of the new model -> what both
 *	models have -> what is new -> who may call -> (the barrier: serve.c)
 *	-> runtime_apply_later: channels that move
 */
#include "daemon/runtime.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/driver.h"
#include "daemon/dynamic.h"
#include "daemon/flows.h"
#include "daemon/ids.h"
#include "daemon/igp.h"
#include "daemon/listeners.h"
#include "daemon/mrtlog.h"
#include "daemon/near.h"
#include "daemon/origins.h"
#include "daemon/settle.h"
#include "daemon/watchdog.h"

/*
 * A protocol that goes on.
 */
static void
update_post(struct runtime *rt, const struct run *r, unsigned change,
    const unsigned channel_change[FAMILIES])
{
	peer_post_update(
	    rt->daemon->io[r->io], setup_make(rt, r), change, channel_change);
}

/* What moves to another table waits until all else is in force: nobody there is to be told
 * of its routes by a policy that is on its way out. */
static void
update_later(struct runtime *rt, const struct run *r, const struct step *s)
{
	struct later *l;

	rt->later = mem_realloc(rt->later, (rt->later_n + 1) * sizeof(*rt->later));
	l = &rt->later[rt->later_n++];
	l->peer = r->peer;
	l->change = s->proto_change;
	memcpy(l->channel_change, s->channel_change, sizeof(l->channel_change));
}

bool
runtime_apply_later(struct runtime *rt)
{
	unsigned n = rt->later_n;

	rt->later_n = 0;
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < rt->run_n; k++)
			if (rt->run[k]->conf->kind == PROTO_BGP &&
			    rt->run[k]->peer == rt->later[i].peer)
				update_post(rt, rt->run[k], rt->later[i].change,
				    rt->later[i].channel_change);
	return n;
}

static void
bgp_change(struct runtime *rt, struct run *r, const struct step *s)
{
	for (unsigned f = 0; f < FAMILIES; f++)
		if (r->channel[f] && (s->proto_change | s->channel_change[f]) &
					 (CHANGE_REIMPORT | CHANGE_MOVE))
			settle_wait(rt, r->channel[f]);
	/* A family that came has its channel now and routes from the next session on. */
	for (unsigned i = 0; i < r->conf->channel_n; i++)
		if (!r->channel[r->conf->channel[i].family])
			r->channel[r->conf->channel[i].family] = ids_channel_new(
			    rt, r->conf);
	if (s->change & CHANGE_MOVE)
		update_later(rt, r, s);
	else
		update_post(rt, r, s->proto_change, s->channel_change);
}

static void
run_conf(struct runtime *rt, struct run *r, const struct proto_conf *conf)
{
	r->conf = conf;
	for (unsigned f = 0; f < FAMILIES; f++)
		if (r->channel[f])
			rt->channel_conf[r->channel[f]] = conf;
	if (r->peer_channel)
		rt->channel_conf[r->peer_channel] = conf;
}

void
runtime_run_change(struct runtime *rt, struct run *r, const struct proto_conf *conf,
    const struct step *s)
{
	run_conf(rt, r, conf);
	if (s)
		bgp_change(rt, r, s);
}

/*
 * The plan.  The list of runs is made anew in the order of the new model.
 */
static void
apply_removals(struct runtime *rt, const struct plan *p)
{
	for (unsigned i = 0; i < p->step_n; i++) {
		const struct step *s = &p->step[i];
		struct run *r;

		if (s->kind != STEP_REMOVE || !(r = runtime_find(rt, s->old->name)))
			continue;
		if (!rt->shutting_down)
			log_info("Removing protocol %s", s->old->name);
		runtime_run_down(
		    rt, r, rt->shutting_down ? CEASE_SHUTDOWN : CEASE_DECONFIGURED);
	}
}

static void
driver_change(struct runtime *rt, struct run *r, const struct proto_conf *old,
    const struct step *s)
{
	driver_of(r->conf)->change(rt, r, old, s);
	ceiling_change(rt, r);
}

/* Who follows a table goes to another one behind the sources that do, and behind what is new
 * there: what is the same in both stays told. */
static bool
goes_last(const struct proto_conf *conf, const struct step *s)
{
	return s && s->kind == STEP_CHANGE && s->change & CHANGE_MOVE &&
	       (conf->kind == PROTO_KERNEL || conf->kind == PROTO_PIPE);
}

/* What becomes of a protocol that both models have.  A reload also enables again what was
 * disabled by command, as BIRD's does. */
static void
apply_kept(struct runtime *rt, struct run *r, const struct proto_conf *conf,
    const struct step *s)
{
	const struct proto_conf *old = r->conf;
	bool enable = r->disabled && !conf->disabled;

	if (s && s->kind == STEP_RESTART) {
		const char *what = conf->disabled && !r->disabled ? "Disabling"
				   : enable			  ? "Enabling"
								  : "Restarting";

		log_info("%s protocol %s (%s)", what, conf->name, s->reason);
		runtime_run_down(rt, r, conf->disabled ? CEASE_SHUTDOWN : CEASE_CONFIG);
		r->conf = conf;
		r->disabled = conf->disabled;
		runtime_message(r, NULL);
		runtime_run_up(rt, r);
		return;
	}
	runtime_run_change(rt, r, conf, NULL);
	if (s && s->kind == STEP_CHANGE) {
		log_info("Changing protocol %s (%s)", conf->name, s->reason);
		if (conf->kind == PROTO_BGP)
			bgp_change(rt, r, s);
		else if (driver_of(conf) && !r->disabled)
			driver_change(rt, r, old, s);
	}
	r->enable_due = enable;
}

/* When the list of protocols is whole again: a start looks at all of them. */
static void
apply_enabled(struct runtime *rt)
{
	for (unsigned i = 0; i < rt->run_n; i++) {
		struct run *r = rt->run[i];

		if (!r->enable_due)
			continue;
		r->enable_due = false;
		log_info("Enabling protocol %s", r->conf->name);
		runtime_start_proto(rt, r, NULL);
	}
}

static int
run_cmp(const void *a, const void *b)
{
	const struct run *const *x = a, *const *y = b;

	return strcmp((*x)->conf->name, (*y)->conf->name);
}

/* Its place, or NULL. */
static struct run **
sorted_find(struct run **sorted, unsigned n, const char *name)
{
	unsigned lo = 0, hi = n;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;
		int c = strcmp(name, sorted[mid]->conf->name);

		if (c == 0)
			return &sorted[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static int
step_cmp(const void *a, const void *b)
{
	const struct step *const *x = a, *const *y = b;

	return strcmp((*x)->new->name, (*y)->new->name);
}

/* Steps of what the new model has, by name: models have thousands of protocols. */
static const struct step **
steps_sorted(const struct plan *p, unsigned *n)
{
	const struct step **s = MEM_ARRAY(const struct step *, p->step_n);

	*n = 0;
	for (unsigned i = 0; i < p->step_n; i++)
		if (p->step[i].new)
			s[(*n)++] = &p->step[i];
	qsort(s, *n, sizeof(*s), step_cmp);
	return s;
}

static const struct step *
steps_find(const struct step **s, unsigned n, const struct proto_conf *conf)
{
	struct step key = { .new = conf };
	const struct step *k = &key;
	const struct step **hit = bsearch(&k, s, n, sizeof(*s), step_cmp);

	return hit ? *hit : NULL;
}

/* The runs of the new model; what goes on is taken out of the sorted old ones. */
static struct run **
runs_taken(const struct model *m, struct run **old, unsigned old_n,
    const struct step **steps, unsigned step_n)
{
	unsigned n = m ? m->proto_n : 0;
	struct run **list = MEM_ARRAY(struct run *, n);
	bool *taken = MEM_ARRAY(bool, old_n);

	for (unsigned i = 0; i < n; i++) {
		const struct step *s = steps_find(steps, step_n, m->proto[i]);
		struct run **at = sorted_find(
		    old, old_n, s && s->old ? s->old->name : m->proto[i]->name);

		if (!at)
			continue;
		list[i] = *at;
		taken[at - old] = true;
	}
	for (unsigned i = 0; i < old_n; i++)
		if (!taken[i])
			runtime_run_free(old[i]);
	mem_free(taken);
	return list;
}

/* Those that both models have; last: who goes last. */
static void
apply_list(struct runtime *rt, const struct model *m, const struct step **steps,
    unsigned step_n, bool last)
{
	for (unsigned i = 0; i < rt->run_n; i++) {
		struct run *r = rt->run[i];
		const struct step *s;

		if (!r || r->conf == m->proto[i])
			continue; /* new */
		s = steps_find(steps, step_n, m->proto[i]);
		if (goes_last(m->proto[i], s) == last)
			apply_kept(rt, r, m->proto[i], s);
	}
}

static void
apply_protos(struct runtime *rt, const struct plan *p, bool first)
{
	const struct model *m = p->new;
	unsigned n = m ? m->proto_n : 0, step_n, old_n = 0, member_n = 0;
	const struct step **steps = steps_sorted(p, &step_n);
	struct run **members = MEM_ARRAY(struct run *, rt->run_n), **list;

	for (unsigned i = 0; i < rt->run_n; i++)
		if (rt->run[i]->own)
			members[member_n++] = rt->run[i];
		else
			rt->run[old_n++] = rt->run[i];
	if (old_n)
		qsort(rt->run, old_n, sizeof(*rt->run), run_cmp);
	list = runs_taken(m, rt->run, old_n, steps, step_n);
	mem_free(rt->run);
	rt->run = list;
	rt->run_n = n;
	rt->run_names_due = true;
	/* Restarts and changes first, then what is new: an address may move from one to
	 * another. */
	apply_list(rt, m, steps, step_n, false);
	for (unsigned i = 0; i < n; i++) {
		if (list[i])
			continue;
		if (!first)
			log_info("Adding protocol %s", m->proto[i]->name);
		list[i] = runtime_run_new(rt, m->proto[i]);
		runtime_run_up(rt, list[i]);
	}
	apply_list(rt, m, steps, step_n, true);
	apply_enabled(rt);
	dynamic_apply(rt, p, members, member_n);
	mem_free(members);
	mem_free(steps);
}

/* What `debug` and `mrtdump` have set lasts until a configuration is read. */
static void
masks_reset(struct runtime *rt, struct run *r)
{
	struct io *io = rt->daemon->io[r->io];

	if (!r->masked || r->conf->kind != PROTO_BGP)
		return;
	r->masked = false;
	peer_post_action(io, r->peer, PEER_DEBUG, r->conf->debug, 0, NULL);
	peer_post_action(io, r->peer, PEER_MRTDUMP, r->conf->mrtdump, 0, NULL);
}

void
runtime_apply(struct runtime *rt, const struct plan *p)
{
	const struct model *old = rt->model;

	apply_removals(rt, p);
	if (p->new) {
		rt->router_id = model_router_id(p->new);
		for (unsigned i = 0; i < p->new->table_n; i++)
			tables_add(rt, p->new->table[i]);
		tables_mark_gone(rt, p->new);
	}
	rt->model = p->new;
	if (rt->model)
		model_ref(rt->model);
	watchdog_set(rt->model ? &rt->model->watch : NULL);
	if (rt->model)
		mrtlog_model(rt);
	igp_model(rt);
	flows_model(rt);
	apply_protos(rt, p, !old);
	origins_model(rt);
	listeners_post(rt);
	for (unsigned i = 0; i < rt->run_n; i++) {
		masks_reset(rt, rt->run[i]);
		near_look(rt, rt->run[i], true);
	}
	model_unref(old);
	rt->run_names_due = true; /* some may have been renamed */
	rt->reconfigured_ms = clock_wall_ms();
	if (!rt->leaving)
		tables_delete_gone(rt);
}
