/*
 * Intake: routes that come and go, and the decision they lead to.
 *
 * A batch is worked off in rounds of a few entries, each in steps that touch one kind of
 * memory and tell the processor in advance what the next step will touch.
 */
#include "rib/core.h"

#include "base/mem.h"
#include "rib/reach.h"
#include "rib/netwatch.h"

#define ROUND	       32
#define PREFETCH_PATHS 4u
#define CONTENDERS     16
#define RUNS_AHEAD     4

void
drops_flush(struct shard *s)
{
	for (unsigned i = 0; i < DROPS; i++) {
		struct drop *d = &s->drops[i];

		if (d->n)
			attrs_unref(s->store, store_get(s->store, d->id), d->n);
		d->n = 0;
	}
}

void
path_drop(struct shard *s, uint32_t id)
{
	struct drop *d = &s->drops[id % DROPS];

	if (d->id != id && d->n) {
		attrs_unref(s->store, store_get(s->store, d->id), d->n);
		d->n = 0;
	}
	d->id = id;
	d->n++;
}

static void
nodes_add(struct nodes *v, uint32_t node)
{
	if ((v->n + (size_t)1) * sizeof(*v->at) > v->mem.size) {
		slab_fit(&v->mem, (v->n + (size_t)1) * sizeof(*v->at));
		v->at = (uint32_t *)(void *)v->mem.mem;
	}
	v->at[v->n++] = node;
}

void
nodes_free(struct nodes *v)
{
	slab_free(&v->mem);
	*v = (struct nodes){ 0 };
}

void
node_changed(struct rib_table *t, uint32_t node)
{
	struct node *n = table_node(&t->t, node);

	if (!t->multi_n || n->flags & NODE_CHANGED)
		return;
	table_wake(t);
	n->flags |= NODE_CHANGED;
	nodes_add(&t->changed, node);
}

void
node_dirty(struct rib_table *t, uint32_t node)
{
	struct node *n = table_node(&t->t, node);

	node_changed(t, node);
	if (n->flags & NODE_DIRTY)
		return;
	table_wake(t);
	n->flags |= NODE_DIRTY;
	nodes_add(&t->dirty, node);
}

/* A node without paths lives until every group has been told so. */
void
node_free_maybe(struct rib_table *t, uint32_t node)
{
	const struct node *n = table_node(&t->t, node);

	if (n->flags != NODE_USED || n->n)
		return;
	for (uint32_t i = 0; i < t->lagger_n; i++)
		if (group_lags(t->laggers[i], node))
			return;
	table_del(&t->t, node);
}

bool
path_is_stale(const struct channel *ch, const struct path *p)
{
	return p->gen != ch->gen;
}

static unsigned
best_of_many(const struct shard *s, const struct path *p, unsigned n)
{
	struct contender few[CONTENDERS] = { 0 }, *all;
	unsigned best;

	all = n > CONTENDERS ? MEM_ARRAY(struct contender, n) : few;
	for (unsigned i = 0; i < n; i++)
		all[i] = path_contender(s, &p[i]);
	best = decide_best(all, n, NULL);
	if (all != few)
		mem_free(all);
	return best;
}

/* Most networks have two paths where there are two reflectors, or two exits. */
static unsigned
node_best(const struct shard *s, const struct path *p, unsigned n)
{
	struct contender a, b;
	enum decide_step step;

	if (n != 2)
		return best_of_many(s, p, n);
	a = path_contender(s, &p[0]);
	b = path_contender(s, &p[1]);
	return decide_cmp(&a, &b, &step) > 0;
}

/* Puts path i first; the others keep their order, as in BIRD. */
static void
path_promote(struct path *p, unsigned i)
{
	struct path best = p[i];

	for (; i; i--)
		p[i] = p[i - 1];
	p[0] = best;
}

/* The best was (attrs, channel) or none; what is it now? */
static void
best_changed(
    struct shard *s, struct rib_table *t, uint32_t node, uint32_t attrs, uint32_t channel)
{
	const struct node *n = table_node(&t->t, node);
	const struct path *p = node_paths(&t->t, n);

	if (n->n && p->attrs == attrs && p->channel == channel)
		return;
	if (channel)
		s->channels[channel]->in.preferred--;
	if (n->n)
		s->channels[p->channel]->in.preferred++;
	if (t->watch)
		netwatch_change(s, t, node, channel);
	node_dirty(t, node);
}

void
node_redecide(struct shard *s, struct rib_table *t, uint32_t node)
{
	const struct node *n = table_node(&t->t, node);
	struct path *p = node_paths(&t->t, n);
	uint32_t attrs = p->attrs, channel = p->channel;

	if (n->n > 1)
		path_promote(p, node_best(s, p, n->n));
	if (t->second_n)
		node_changed(t, node);
	best_changed(s, t, node, attrs, channel);
}

/* Was the list decided by what is known now?  Until the sweep is through, next hops and
 * sources may have changed since: then the first path beats the others no more, and what
 * is to be decided again would be forgotten with the path that it hangs on. */
static bool
is_decided(const struct rib_table *t)
{
	return !t->hop_left;
}

/* Could a path that is not the best have kept another from being it? */
static bool
path_matters(const struct shard *s, const struct rib_table *t, const struct path *best,
    const struct path *p)
{
	struct contender a, b;
	enum decide_step step;

	if (!is_decided(t))
		return true;
	a = path_contender(s, best);
	b = path_contender(s, p);
	decide_cmp(&a, &b, &step);
	return step >= DECIDE_MED;
}

static void
path_gone(struct shard *s, struct channel *ch, const struct path *p)
{
	ch->in.imported--;
	s->flow_gone |= ch->d.base != 0;
	if (ch->limits)
		limit_import_gone(ch);
	if (path_is_stale(ch, p))
		ch->in.stale--;
	path_drop(s, p->attrs);
}

void
node_path_del(struct shard *s, struct rib_table *t, uint32_t node, unsigned i)
{
	struct node *n = table_node(&t->t, node);
	struct path *p = node_paths(&t->t, n), gone = p[i];
	uint32_t attrs = p->attrs, channel = p->channel;
	bool matters = i == 0 || (n->n > 2 && path_matters(s, t, &p[0], &p[i]));

	table_path_del(&t->t, n, i);
	table_wake(t); /* there may be memory to give back */
	node_changed(t, node);
	if (__builtin_expect(s->monitored, 0))
		monitor_path(s, t, node, &gone, false);
	path_gone(s, s->channels[gone.channel], &gone);
	if (n->n > 1 && matters) {
		p = node_paths(&t->t, n);
		path_promote(p, node_best(s, p, n->n));
	}
	best_changed(s, t, node, attrs, channel);
}

int
path_index(
    const struct table *t, const struct node *n, uint32_t channel, uint32_t path_id)
{
	const struct path *p = node_paths(t, n);

	for (unsigned i = 0; i < n->n; i++)
		if (p[i].channel == channel && p[i].path_id == path_id)
			return (int)i;
	return -1;
}

/* Heard again as it was. */
static void
path_renew(struct shard *s, struct rib_table *t, uint32_t node, struct path *p)
{
	struct channel *ch = s->channels[p->channel];

	if (path_is_stale(ch, p)) {
		p->gen = ch->gen;
		ch->in.stale--;
		if (__builtin_expect(s->monitored, 0))
			monitor_path(s, t, node, p, true);
	}
	ch->in.imp_updates_ignored++;
}

/* Path i has got new attributes. */
static void
path_replaced(struct shard *s, struct rib_table *t, uint32_t node, unsigned i,
    bool mattered, uint32_t best_attrs, uint32_t best_channel)
{
	struct node *n = table_node(&t->t, node);
	struct path *p = node_paths(&t->t, n);
	enum decide_change change = DECIDE_UNSURE;

	if (n->n > 1) {
		if (i && !mattered) {
			struct contender a = path_contender(s, &p[i]),
					 b = path_contender(s, &p[0]);

			change = decide_add(&a, &b, n->n - 2u);
		}
		if (change == DECIDE_UNSURE)
			path_promote(p, node_best(s, p, n->n));
		else if (change == DECIDE_WINS)
			path_promote(p, i);
	}
	best_changed(s, t, node, best_attrs, best_channel);
}

static bool
path_replace(struct shard *s, struct rib_table *t, uint32_t node, unsigned i,
    const struct path *new)
{
	struct node *n = table_node(&t->t, node);
	struct channel *ch = s->channels[new->channel];
	struct path *p = node_paths(&t->t, n);
	uint32_t attrs = p->attrs, channel = p->channel;
	bool mattered = i == 0 || path_matters(s, t, &p[0], &p[i]);

	if (p[i].attrs == new->attrs) {
		path_renew(s, t, node, &p[i]);
		return false;
	}
	if (path_is_stale(ch, &p[i]))
		ch->in.stale--;
	path_drop(s, p[i].attrs);
	p[i] = *new;
	ch->in.imp_updates_accepted++;
	node_changed(t, node);
	if (__builtin_expect(s->monitored, 0))
		monitor_path(s, t, node, new, true);
	path_replaced(s, t, node, i, mattered, attrs, channel);
	return true;
}

void
node_path_set(struct shard *s, struct rib_table *t, uint32_t node, unsigned i,
    const struct attrs *attrs)
{
	struct path new = node_paths(&t->t, table_node(&t->t, node))[i];
	struct channel *ch = s->channels[new.channel];
	bool stale = path_is_stale(ch, &new);

	new.attrs = attrs->id;
	reach_want(s, &ch->d, attrs);
	path_replace(s, t, node, i, &new);
	ch->in.imp_updates_accepted--;
	ch->in.stale += stale;
}

/* NULL when there is no place for it, or a limit is in the way. */
static struct path *
path_place(struct shard *s, struct rib_table *t, uint32_t node, const struct path *new)
{
	struct channel *ch = s->channels[new->channel];
	struct node *n = table_node(&t->t, node);
	struct path *p = NULL;

	if (ch->limits && !limit_import(s, ch)) {
		if (!n->n)
			node_dirty(t, node);
	} else if (!(p = table_path_add(&t->t, n)) && ch->limits) {
		limit_import_gone(ch);
	}
	return p;
}

static bool
path_insert(struct shard *s, struct rib_table *t, uint32_t node, const struct path *new)
{
	struct node *n = table_node(&t->t, node);
	struct channel *ch = s->channels[new->channel];
	uint32_t attrs = 0, channel = 0;
	enum decide_change change = DECIDE_WINS;
	struct path *p;

	p = path_place(s, t, node, new);
	if (!p) {
		ch->in.imp_updates_ignored++;
		return false;
	}
	*p = *new;
	node_changed(t, node);
	if (__builtin_expect(s->monitored, 0))
		monitor_path(s, t, node, new, true);
	ch->in.imported++;
	ch->in.imp_updates_accepted++;
	p = node_paths(&t->t, n);
	if (n->n > 1) {
		struct contender a = path_contender(s, new), b = path_contender(s, p);

		attrs = p->attrs;
		channel = p->channel;
		change = is_decided(t) ? decide_add(&a, &b, n->n - 2u) : DECIDE_UNSURE;
		if (change == DECIDE_STAYS)
			return true;
		path_promote(
		    p, change == DECIDE_WINS ? n->n - 1u : node_best(s, p, n->n));
	}
	best_changed(s, t, node, attrs, channel);
	return true;
}

static bool
route_add(struct shard *s, struct rib_table *t, const struct nlri *e, uint32_t node,
    struct path *new)
{
	int i;

	if (!node) {
		s->channels[new->channel]->in.imp_updates_ignored++;
		return false;
	}
	new->path_id = e->path_id;
	i = path_index(&t->t, table_node(&t->t, node), new->channel, e->path_id);
	if (i >= 0)
		return path_replace(s, t, node, (unsigned)i, new);
	return path_insert(s, t, node, new);
}

static void
route_del(struct shard *s, struct rib_table *t, struct channel *ch, const struct nlri *e,
    uint32_t node)
{
	int i = -1;

	if (node)
		i = path_index(&t->t, table_node(&t->t, node), ch->d.id, e->path_id);
	if (i < 0) {
		ch->in.imp_withdraws_ignored++;
		return;
	}
	ch->in.imp_withdraws++;
	node_path_del(s, t, node, (unsigned)i);
}

bool
node_path_put(
    struct shard *s, struct rib_table *t, const struct net *net, struct path *p)
{
	struct nlri e = { .net = *net, .path_id = p->path_id };

	reach_want(s, &s->channels[p->channel]->d, store_get(s->store, p->attrs));
	return route_add(s, t, &e, table_get(&t->t, net, table_hash(&t->t, net)), p);
}

struct round {
	uint64_t hash[ROUND];
	uint32_t node[ROUND]; /* 0: not there when the round began */
};

/* What the round will read is on its way when it starts. */
static void
round_prepare(const struct shard *s, const struct table *t, const struct nlri *e,
    unsigned n, struct round *r)
{
	for (unsigned i = 0; i < n; i++) {
		r->hash[i] = table_hash(t, &e[i].net);
		table_prefetch_slot(t, r->hash[i]);
	}
	for (unsigned i = 0; i < n; i++)
		table_prefetch_node(t, r->hash[i]);
	for (unsigned i = 0; i < n; i++) {
		r->node[i] = table_find(t, &e[i].net, r->hash[i]);
		if (r->node[i])
			__builtin_prefetch(node_paths(t, table_node(t, r->node[i])));
	}
	for (unsigned i = 0; i < n; i++) {
		const struct node *nd = table_node(t, r->node[i]);
		const struct path *p = node_paths(t, nd);

		for (unsigned k = 0; r->node[i] && k < nd->n && k < PREFETCH_PATHS; k++)
			attrs_prefetch(store_get(s->store, p[k].attrs));
	}
}

/* A batch on its way in: the run at hand, and how many of its references are used.  The
 * one that the batch holds is the first. */
struct intake {
	struct rib_table *t;
	struct channel *ch;
	struct batch_run *run;
	struct path new;
	uint32_t kept;
};

/* Its set comes from another processor's cache. */
static void
run_prefetch(const struct batch *b, uint32_t i)
{
	if (i < b->run_n && b->runs[i].attrs)
		attrs_prefetch(b->runs[i].attrs);
}

static void
run_begin(struct shard *s, struct intake *in, struct batch_run *run)
{
	in->run = run;
	in->kept = 0;
	if (!run->attrs)
		return;
	reach_want(s, &in->ch->d, run->attrs);
	in->new.attrs = run->attrs->id;
	if (run->n > 1)
		attrs_ref(run->attrs, run->n - 1);
}

static void
run_end(struct shard *s, struct intake *in)
{
	struct attrs *a = in->run->attrs;

	in->run->attrs = NULL;
	if (a && in->kept < in->run->n)
		attrs_unref(s->store, a, in->run->n - in->kept);
}

/* A flow that is invalid goes in with a set that says so. */
static void
flow_take(struct shard *s, struct intake *in, const struct nlri *e, uint32_t node)
{
	struct attrs *a = in->run->attrs;
	bool valid = flowcheck_valid(s, &in->ch->d, a, &e->net);
	struct attrs *set = flowcheck_set(s, a, valid);
	struct path new = in->new;

	if (set)
		new.attrs = set->id;
	if (!route_add(s, in->t, e, node, &new))
		attrs_unref(s->store, set, 1);
	else
		in->kept += !set;
}

static void
entry_take(struct shard *s, struct intake *in, const struct nlri *e,
    const struct round *r, unsigned i)
{
	uint32_t node = r->node[i];

	if (in->ch->from)
		move_entry(s, in->ch, e);
	if (in->run->attrs) {
		if (!node)
			node = table_get(&in->t->t, &e->net, r->hash[i]);
		if (in->ch->d.base)
			flow_take(s, in, e, node);
		else
			in->kept += route_add(s, in->t, e, node, &in->new);
		return;
	}
	if (!node) /* added by this round? */
		node = table_find(&in->t->t, &e->net, r->hash[i]);
	route_del(s, in->t, in->ch, e, node);
}

/* Rounds do not mind where a run ends: small ones would leave the memory idle. */
static void
batch_take(struct shard *s, struct channel *ch, struct batch *b)
{
	struct intake in = { .t = ch->table,
		.ch = ch,
		.new = {
		    .channel = (uint16_t)ch->d.id, .gen = ch->gen, .time = b->time } };
	struct batch_run *run = b->runs;
	struct round r;

	for (uint32_t i = 0; i < RUNS_AHEAD; i++)
		run_prefetch(b, i);
	run_begin(s, &in, run);
	for (uint32_t at = 0; at < b->entry_n; at += ROUND) {
		unsigned n = b->entry_n - at < ROUND ? b->entry_n - at : ROUND;

		round_prepare(s, &in.t->t, b->entries + at, n, &r);
		for (unsigned i = 0; i < n; i++) {
			if (at + i == run->first + run->n) {
				run_end(s, &in);
				run_begin(s, &in, ++run);
				run_prefetch(b, (uint32_t)(run - b->runs) + RUNS_AHEAD);
			}
			entry_take(s, &in, b->entries + at + i, &r, i);
		}
	}
	run_end(s, &in);
}

void
shard_batch(struct shard *s, struct batch *b)
{
	struct channel *ch = shard_channel(s, b->channel);

	if (ch && ch->up && b->entry_n)
		batch_take(s, ch, b);
	drops_flush(s);
	batch_free(b, s->store);
}
