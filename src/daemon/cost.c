/*
 * Costs of a plan: each thread is asked once, between its slices, about all protocols of
 * the plan.
 */
#include "daemon/cost.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/shardthread.h"

struct question {
	struct runtime *rt;
	const struct plan *plan;
	struct step_cost *cost;
	struct run **run;  /* by step; NULL: it has none yet */
	bool *cannot;	   /* by step: its imports cannot be made anew without a restart */
	bool *refuses;	   /* by step: the peer has not said what is required now */
	unsigned io, up;   /* of all sessions */
};

static int
run_cmp(const void *a, const void *b)
{
	const struct run *const *x = a, *const *y = b;

	return strcmp((*x)->conf->name, (*y)->conf->name);
}

static int
name_cmp(const void *name, const void *run)
{
	const struct run *const *r = run;

	return strcmp(name, (*r)->conf->name);
}

static void
find_runs(struct question *q)
{
	unsigned n = q->rt->run_n;
	struct run **sorted = MEM_ARRAY(struct run *, n + 1), **at;

	if (n)
		memcpy(sorted, q->rt->run, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), run_cmp);
	for (unsigned i = 0; i < q->plan->step_n; i++) {
		const struct proto_conf *old = q->plan->step[i].old;

		at = old ? bsearch(old->name, sorted, n, sizeof(*sorted), name_cmp)
			 : NULL;
		q->run[i] = at ? *at : NULL;
	}
	mem_free(sorted);
}

/* Is what the new configuration requires missing in the running session? */
static bool
misses(const struct question *q, unsigned i, const struct peer *p)
{
	struct run next = *q->run[i];
	struct peer_setup *s;
	bool meets;

	if (q->plan->step[i].kind != STEP_CHANGE)
		return false;
	next.conf = q->plan->step[i].new;
	s = setup_make(q->rt, &next);
	meets = peer_meets(p, &s->session);
	peer_setup_free(s);
	return !meets;
}

static bool
cannot_reimport(const struct step *s, const struct peer *p)
{
	bool cannot = false;

	for (unsigned f = 0; f < FAMILIES; f++)
		if ((s->proto_change | s->channel_change[f]) & CHANGE_REIMPORT)
			cannot |= !peer_can_reimport(p, (enum family)f);
	return cannot;
}

static void
ask_sessions(void *owner, void *arg)
{
	struct question *q = arg;
	struct peer_status st;

	for (unsigned i = 0; i < q->rt->run_n; i++) {
		const struct run *r = q->rt->run[i];
		struct peer *p = r->peer && r->io == q->io ? io_peer(owner, r->peer)
							   : NULL;

		if (!p)
			continue;
		peer_status(p, &st);
		q->up += st.established;
	}
	for (unsigned i = 0; i < q->plan->step_n; i++) {
		const struct run *r = q->run[i];
		struct peer *p = r && r->peer && r->io == q->io
				     ? io_peer(owner, r->peer)
				     : NULL;

		if (!p)
			continue;
		peer_status(p, &st);
		q->cost[i].up = st.established;
		q->cannot[i] = cannot_reimport(&q->plan->step[i], p);
		q->refuses[i] = misses(q, i, p);
	}
}

static void
ask_counts(struct shard *s, void *arg)
{
	struct question *q = arg;

	for (unsigned i = 0; i < q->plan->step_n; i++) {
		const struct run *r = q->run[i];

		for (unsigned k = 0; r && k < r->conf->channel_n; k++) {
			const struct channel_conf *c = &r->conf->channel[k];
			struct channel_counts counts = { 0 };
			struct table_counts table = { 0 };

			if (!r->channel[c->family])
				continue;
			shard_channel_counts(s, r->channel[c->family], &counts);
			shard_table_counts(
			    s, runtime_table_id(q->rt, c->table->name), &table);
			q->cost[i].imported += counts.imported;
			q->cost[i].compared += table.nets;
		}
	}
}

/* A peer that cannot be asked for its routes again is restarted instead, as is one that
 * misses what is required. */
static bool
step_drops(const struct question *q, unsigned i)
{
	const struct step *s = &q->plan->step[i];

	return q->cost[i].up &&
	       (s->kind == STEP_REMOVE || s->kind == STEP_RESTART || q->refuses[i] ||
		   (s->change & CHANGE_REIMPORT && q->cannot[i]));
}

struct plan_record
cost_of(struct runtime *rt, const struct plan *plan)
{
	struct daemon *d = rt->daemon;
	struct question q = {
		.rt = rt,
		.plan = plan,
		.cost = MEM_ARRAY(struct step_cost, plan->step_n + 1),
		.run = MEM_ARRAY(struct run *, plan->step_n + 1),
		.cannot = MEM_ARRAY(bool, plan->step_n + 1),
		.refuses = MEM_ARRAY(bool, plan->step_n + 1),
	};
	struct plan_record r = { .plan = plan, .cost = q.cost };

	find_runs(&q);
	for (q.io = 0; q.io < d->io_n; q.io++)
		task_call(io_mailbox(d->io[q.io]), ask_sessions, &q);
	for (unsigned i = 0; i < d->shard_n; i++)
		shard_call(d->shard[i], ask_counts, &q);
	for (unsigned i = 0; i < plan->step_n; i++) {
		struct step_cost *c = &q.cost[i];

		c->drops = step_drops(&q, i);
		r.dropped += c->drops;
	}
	r.kept = q.up - r.dropped;
	mem_free(q.run);
	mem_free(q.cannot);
	mem_free(q.refuses);
	return r;
}

void
cost_free(struct plan_record *r)
{
	mem_free((void *)(uintptr_t)r->cost);
	r->cost = NULL;
}
