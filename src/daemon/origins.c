/*
 * Tables of origins.
 *
 *	protocols -> origins_put -> the union of what all sources know -> published
 *	          -> settle time -> what changed since filters ran -> io threads, shards
 *
 * What was published before is kept until each thread has been through its mailbox: until
 * then one may still read it.
 */
#include "daemon/origins.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/driver.h"
#include "daemon/io.h"
#include "daemon/runtime.h"
#include "daemon/shardthread.h"

#define COMMIT_MS  100	 /* what an operator adds waits at most so long */
#define COMMIT_MAX 65536 /* or for so many */

struct origin_source {
	char *name;
	struct origins *set;
};

struct origin_state {
	char *name;
	enum net_type type;
	uint32_t id; /* for filters */
	uint32_t min_settle_ms, max_settle_ms;
	struct origin_source *source;
	size_t source_n;
	struct origins *now;  /* published */
	struct origins *told; /* with this one filters were run last */
	uint64_t first_ms, last_ms; /* of the changes since; 0: none */
	struct origin_edits *added; /* by the operator, to be taken in by and by; NULL */
	bool gone;
};

struct retired {
	struct origin_keeper *keeper;
	struct origins *set;
	unsigned acks;
	struct retired *next;
};

struct origin_keeper {
	struct runtime *rt;
	struct origin_state **state;
	size_t n;
	struct timer *settle;
	uint64_t commit_ms; /* of what operators add */
	struct retired *retired;
};

/*
 * Publishing.
 */
static void
acked(void *owner, void *arg)
{
	struct retired *r = arg, **at = &r->keeper->retired;

	(void)owner;
	if (--r->acks)
		return;
	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	origins_unref(r->set);
	mem_free(r);
}

struct pass {
	struct daemon *daemon;
	struct retired *retired;
};

/* In a thread that has nothing of the old set any more. */
static void
pass_back(void *owner, void *arg)
{
	struct pass *p = arg;

	(void)owner;
	task_post(p->daemon->main, acked, p->retired);
	mem_free(p);
}

static struct pass *
pass_new(struct daemon *d, struct retired *r)
{
	struct pass *p = MEM_NEW(struct pass);

	*p = (struct pass){ d, r };
	return p;
}

static void
retire(struct origin_keeper *k, struct origins *set)
{
	struct daemon *d = k->rt->daemon;
	struct retired *r;

	if (!set)
		return;
	r = MEM_NEW(struct retired);
	*r = (struct retired){ k, set, d->io_n + d->shard_n, k->retired };
	k->retired = r;
	for (unsigned i = 0; i < d->io_n; i++)
		task_post(io_mailbox(d->io[i]), pass_back, pass_new(d, r));
	for (unsigned i = 0; i < d->shard_n; i++)
		shard_barrier(d->shard[i], pass_back, pass_new(d, r));
}

static void
settle_later(struct origin_keeper *k)
{
	uint64_t at = UINT64_MAX;

	for (size_t i = 0; i < k->n; i++) {
		const struct origin_state *s = k->state[i];
		uint64_t commit = s->added ? k->commit_ms : UINT64_MAX;
		uint64_t soon = s->last_ms + s->min_settle_ms;
		uint64_t late = s->first_ms + s->max_settle_ms;

		at = at < commit ? at : commit;
		if (!s->last_ms)
			continue;
		soon = soon < late ? soon : late;
		at = at < soon ? at : soon;
	}
	timer_at(k->settle, at);
}

static void
publish(struct origin_keeper *k, struct origin_state *s)
{
	struct origins **sets = MEM_ARRAY(struct origins *, s->source_n + 1);
	uint64_t now = clock_mono_ms();

	for (size_t i = 0; i < s->source_n; i++)
		sets[i] = s->source[i].set;
	s->now = origins_union(sets, s->source_n, s->type);
	mem_free(sets);
	retire(k, origin_table_publish(s->id, s->now));
	s->last_ms = now;
	if (!s->first_ms)
		s->first_ms = now;
	settle_later(k);
}

/*
 * Telling those who depend on a table.
 */
static void
edit_changed(void *ctx, const struct net *net, bool added)
{
	(void)added;
	if (net->type != NET_ASPA)
		edits_net(ctx, net, true);
}

static void
count_changed(void *ctx, const struct net *net, bool added)
{
	size_t *n = ctx;

	(void)net;
	(void)added;
	++*n;
}

/* The ROAs that came or went; NULL for an ASPA table: any path may be touched. */
static struct origins *
changed_since(const struct origin_state *s)
{
	struct origin_edits *e;
	struct origins *set;

	if (s->type == NET_ASPA)
		return NULL;
	e = edits_new(s->type);
	origins_diff(s->told, s->now, edit_changed, e);
	set = origins_edit(NULL, e);
	edits_free(e);
	return set;
}

static bool
imports_by(const struct proto_conf *c, uint32_t id)
{
	for (unsigned i = 0; i < c->channel_n; i++)
		if (c->channel[i].rpki_reload &&
		    filter_uses(c->channel[i].import, id) != FILTER_UNUSED)
			return true;
	return false;
}

/* Of protocols without a session: their imports are made anew, their exports compared. */
static void
tell_driver(struct runtime *rt, struct run *r, uint32_t id)
{
	const struct proto_conf *c = r->conf;
	bool in = imports_by(c, id), out = false;

	if (c->kind == PROTO_RPKI || c->kind == PROTO_MRT)
		return;
	for (unsigned i = 0; i < c->channel_n; i++)
		out |= c->channel[i].rpki_reload &&
		       filter_uses(c->channel[i].export, id) != FILTER_UNUSED;
	if (c->kind == PROTO_AGGREGATOR && c->channel_n && c->channel[0].rpki_reload)
		out |= filter_uses(c->aggregator.merge, id) != FILTER_UNUSED ||
		       filter_uses(c->aggregator.key, id) != FILTER_UNUSED;
	if (in || out)
		runtime_reload_driver(rt, r, in);
}

static void
tell(struct origin_keeper *k, struct origin_state *s)
{
	struct runtime *rt = k->rt;
	struct daemon *d = rt->daemon;
	struct origins *changed;
	size_t n = 0;

	origins_diff(s->told, s->now, count_changed, &n);
	if (!n)
		return;
	log_info("Table %s: %zu changes, %zu in all", s->name, n, origins_count(s->now));
	changed = changed_since(s);
	for (unsigned i = 0; i < d->shard_n; i++)
		shard_post_recheck(d->shard[i], s->id, origins_ref(changed));
	origins_unref(changed);
	for (unsigned i = 0; i < rt->run_n; i++) {
		struct run *r = rt->run[i];

		if (r->disabled)
			continue;
		if (driver_of(r->conf))
			tell_driver(rt, r, s->id);
		else if (r->conf->kind == PROTO_BGP && imports_by(r->conf, s->id))
			peer_post_action(
			    d->io[r->io], r->peer, PEER_RECHECK_IN, s->id, 0, NULL);
	}
	origins_unref(s->told);
	s->told = origins_ref(s->now);
}

static void
on_settle(void *ctx)
{
	struct origin_keeper *k = ctx;
	uint64_t now = clock_mono_ms();

	if (now >= k->commit_ms)
		origins_commit(k->rt);
	for (size_t i = 0; i < k->n; i++) {
		struct origin_state *s = k->state[i];

		if (!s->last_ms || (now < s->last_ms + s->min_settle_ms &&
				       now < s->first_ms + s->max_settle_ms))
			continue;
		s->first_ms = s->last_ms = 0;
		tell(k, s);
	}
	settle_later(k);
}

/*
 * Sources.
 */
static struct origin_state *
state_find(const struct origin_keeper *k, const char *name, enum net_type type)
{
	for (size_t i = 0; k && i < k->n; i++)
		if (k->state[i]->type == type && strcmp(k->state[i]->name, name) == 0)
			return k->state[i];
	return NULL;
}

static struct origin_state *
state_get(struct origin_keeper *k, const struct table_conf *t)
{
	struct origin_state *s = state_find(k, t->name, t->type);

	if (!s) {
		s = MEM_NEW(struct origin_state);
		s->name = mem_strdup(t->name);
		s->type = t->type;
		s->id = origin_table(t->name, t->type);
		k->state = mem_realloc(k->state, (k->n + 1) * sizeof(*k->state));
		k->state[k->n++] = s;
	}
	s->min_settle_ms = t->min_settle_ms;
	s->max_settle_ms = t->max_settle_ms;
	return s;
}

static struct origin_source *
source_find(const struct origin_state *s, const char *name)
{
	for (size_t i = 0; s && i < s->source_n; i++)
		if (strcmp(s->source[i].name, name) == 0)
			return &s->source[i];
	return NULL;
}

static void
source_del(struct origin_state *s, struct origin_source *x)
{
	origins_unref(x->set);
	mem_free(x->name);
	*x = s->source[--s->source_n];
}

static void
put(struct origin_keeper *k, struct origin_state *s, const char *name,
    struct origins *set)
{
	struct origin_source *x = source_find(s, name);

	if (!set && !x)
		return;
	if (!set) {
		source_del(s, x);
	} else if (x) {
		origins_unref(x->set);
		x->set = set;
	} else {
		s->source = mem_realloc(
		    s->source, (s->source_n + 1) * sizeof(*s->source));
		s->source[s->source_n++] = (struct origin_source){ mem_strdup(name),
			set };
	}
	if (s->id) /* more tables than filters can name: none names this one */
		publish(k, s);
}

void
origins_put(struct runtime *rt, const struct table_conf *t, const char *source,
    struct origins *set)
{
	struct origin_state *s = state_find(rt->origins, t->name, t->type);

	if (set || source_find(s, source))
		put(rt->origins, s && !set ? s : state_get(rt->origins, t), source, set);
}

const struct origins *
origins_find(
    const struct runtime *rt, const char *table, enum net_type type, const char *source)
{
	struct origin_source *x = source_find(
	    state_find(rt->origins, table, type), source);

	return x ? x->set : NULL;
}

const struct origins *
origins_seen(const struct runtime *rt, const struct table_conf *t)
{
	struct origin_state *s = state_find(rt->origins, t->name, t->type);

	return s ? s->now : NULL;
}

/*
 * What operators add: a tool that tells a whole RPKI does so ROA by ROA, and each set that
 * is published is as long as all of them.
 */
static void
commit(struct origin_keeper *k, struct origin_state *s)
{
	struct origin_source *x = source_find(s, ORIGINS_ADDED);
	struct origins *set = origins_edit(x ? x->set : NULL, s->added);

	edits_free(s->added);
	s->added = NULL;
	if (!origins_count(set)) {
		origins_unref(set);
		set = NULL;
	}
	put(k, s, ORIGINS_ADDED, set);
}

void
origins_commit(struct runtime *rt)
{
	struct origin_keeper *k = rt->origins;

	for (size_t i = 0; i < k->n; i++)
		if (k->state[i]->added)
			commit(k, k->state[i]);
}

static bool
any_added(const struct origin_keeper *k)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->state[i]->added)
			return true;
	return false;
}

void
origins_edit_added(
    struct runtime *rt, const struct table_conf *t, const struct net *net, bool add)
{
	struct origin_keeper *k = rt->origins;
	struct origin_state *s = state_get(k, t);

	if (!net) {
		edits_free(s->added);
		s->added = NULL;
		put(k, s, ORIGINS_ADDED, NULL);
		return;
	}
	if (!any_added(k))
		k->commit_ms = clock_mono_ms() + COMMIT_MS;
	if (!s->added)
		s->added = edits_new(t->type);
	edits_net(s->added, net, add);
	if (edits_count(s->added) >= COMMIT_MAX)
		commit(k, s);
	settle_later(k);
}

struct origins_walk {
	size_t n, i;
	struct origin_walk at; /* in the i-th one */
	struct origins *set[];
};

struct origins_walk *
origins_walk_new(struct runtime *rt, const struct table_conf *t)
{
	const struct origin_state *s;
	const struct origin_source *added;
	struct origins_walk *w;

	origins_commit(rt);
	s = state_find(rt->origins, t->name, t->type);
	added = source_find(s, ORIGINS_ADDED);
	w = mem_alloc(
	    sizeof(*w) + (s ? s->source_n : 0) * sizeof(struct origins *));
	if (added)
		w->set[w->n++] = origins_ref(added->set);
	for (size_t i = 0; s && i < s->source_n; i++)
		if (&s->source[i] != added)
			w->set[w->n++] = origins_ref(s->source[i].set);
	return w;
}

struct each {
	void (*fn)(void *ctx, const struct net *);
	void *ctx;
};

static void
each_net(void *ctx, const struct net *net, bool added)
{
	struct each *e = ctx;

	(void)added;
	e->fn(e->ctx, net);
}

bool
origins_walk_next(struct origins_walk *w, unsigned max,
    void (*fn)(void *ctx, const struct net *), void *ctx)
{
	struct each e = { fn, ctx };

	if (w->i < w->n &&
	    !origins_diff_some(NULL, w->set[w->i], &w->at, max, each_net, &e)) {
		w->i++;
		w->at = (struct origin_walk){ 0 };
	}
	return w->i < w->n;
}

void
origins_walk_free(struct origins_walk *w)
{
	for (size_t i = 0; i < w->n; i++)
		origins_unref(w->set[i]);
	mem_free(w);
}

/*
 * Models.
 */
static struct origins *
own_roas(const struct table_conf *t)
{
	struct origin_edits *e = edits_new(t->type);
	struct origins *set;

	for (unsigned i = 0; i < t->roa_n; i++)
		edits_net(e, &t->roa[i], true);
	set = origins_edit(NULL, e);
	edits_free(e);
	return set;
}

void
origins_model(struct runtime *rt)
{
	struct origin_keeper *k = rt->origins;
	const struct model *m = rt->model;

	for (size_t i = 0; i < k->n; i++) {
		struct origin_state *s = k->state[i];
		const struct table_conf *t = m ? model_table(m, s->name) : NULL;

		if (!t || t->type != s->type) {
			edits_free(s->added);
			s->added = NULL;
		}
		if (!t || t->type != s->type || !t->roa_n)
			put(k, s, "", NULL);
		while ((!t || t->type != s->type) && s->source_n)
			put(k, s, s->source[0].name, NULL);
	}
	for (unsigned i = 0; m && i < m->table_n; i++)
		if (m->table[i]->roa_n)
			origins_put(rt, m->table[i], "", own_roas(m->table[i]));
}

size_t
origins_memory(const struct runtime *rt)
{
	const struct origin_keeper *k = rt->origins;
	size_t sum = 0;

	for (size_t i = 0; k && i < k->n; i++) {
		const struct origin_state *s = k->state[i];

		sum += s->source_n > 1 ? origins_bytes(s->now) : 0;
		for (size_t j = 0; j < s->source_n; j++)
			sum += origins_bytes(s->source[j].set);
	}
	return sum;
}

struct origin_keeper *
origin_keeper_new(struct runtime *rt)
{
	struct origin_keeper *k = MEM_NEW(struct origin_keeper);

	k->rt = rt;
	k->settle = timer_new(rt->loop, on_settle, k);
	return k;
}

static void
state_free(struct origin_state *s)
{
	while (s->source_n)
		source_del(s, s->source);
	edits_free(s->added);
	if (s->id)
		origins_unref(origin_table_publish(s->id, NULL));
	origins_unref(s->told);
	mem_free(s->source);
	mem_free(s->name);
	mem_free(s);
}

void
origin_keeper_free(struct origin_keeper *k)
{
	while (k->retired) {
		struct retired *r = k->retired;

		k->retired = r->next;
		origins_unref(r->set);
		mem_free(r);
	}
	for (size_t i = 0; i < k->n; i++)
		state_free(k->state[i]);
	timer_free(k->settle);
	mem_free(k->state);
	mem_free(k);
}
