/*
 * Base tables of flow specifications.
 *
 * Each is a user of the table's resolver (daemon/igp), whose watch tells of networks: it
 * names the destinations' addresses, for what holds them, and the destinations themselves,
 * for what lies inside.  What follows from that (rib/bases) is published when it has
 * settled.  It is forgotten when no channel of the model names the table; when one does
 * again, the shards ask anew.
 */
#include "daemon/flows.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/igp.h"
#include "daemon/shardthread.h"
#include "rib/bases.h"

enum { SETTLE_MS = 20, FORGET_MS = 30000 };

struct flows {
	struct igp *igp; /* NULL: no channel names it */
	char *table;
	struct bases *bases;
	uint32_t serial;		   /* of the last destination; never again */
	uint32_t walked[MODEL_SHARDS_MAX]; /* by shard */
	bool named;
	struct flows *next;
};

_Static_assert(MODEL_SHARDS_MAX <= 64, "users of rib/bases");

static struct flows *
flows_of(const struct runtime *rt, const struct igp *g)
{
	struct flows *f = rt->flows;

	while (f && (!g || f->igp != g))
		f = f->next;
	return f;
}

static void
settle_soon(struct runtime *rt)
{
	if (rt->flows_due)
		return;
	rt->flows_due = true;
	timer_at(rt->flows_timer, clock_mono_ms() + SETTLE_MS);
}

void
flows_told(struct runtime *rt, const struct igp *g, const struct watch_news *news,
    unsigned n)
{
	struct flows *f = flows_of(rt, g);

	for (unsigned i = 0; f && i < n; i++) {
		const struct attrs *a = news[i].attrs;
		struct base_route r = { 0 };

		if (a && news[i].kind == SOURCE_BGP)
			r = (struct base_route){
				.as = a->neighbor_as,
				.originator = a->has & HAS_ORIGINATOR ? a->originator : 0,
				.from = news[i].from,
			};
		bases_route(f->bases, &news[i].net, a ? &r : NULL);
	}
	if (f && !bases_empty(f->bases))
		settle_soon(rt);
}

/*
 * Questions.
 */
struct wanted {
	struct task task;
	unsigned shard, resolver;
	struct net to;
	bool on;
};

static void
watch(struct flows *f, const struct net *to, bool on)
{
	struct ip ip = net_ip(to);

	igp_host(f->igp, &ip, on);
	igp_net(f->igp, to, on, f->serial);
}

static void
wanted_run(void *owner, struct task *task)
{
	struct runtime *rt = owner;
	struct wanted *w = (struct wanted *)task;
	struct flows *f = rt->flows;

	while (f && !(f->igp && igp_number(f->igp) == w->resolver))
		f = f->next;
	if (f && !w->on && bases_drop(f->bases, &w->to, w->shard))
		watch(f, &w->to, false);
	if (f && w->on && bases_want(f->bases, &w->to, w->shard, f->serial + 1)) {
		f->serial++;
		watch(f, &w->to, true);
	}
	if (f && w->on) {
		settle_soon(rt);
		timer_at(rt->flows_forget_timer, clock_mono_ms() + FORGET_MS);
	}
	mem_free(w);
}

void
flows_post_wanted(
    struct daemon *d, unsigned shard, unsigned resolver, const struct net *to, bool on)
{
	struct wanted *w = MEM_NEW(struct wanted);

	w->task.run = wanted_run;
	w->task.mail.weight = sizeof(*w);
	w->shard = shard;
	w->resolver = resolver;
	w->to = *to;
	w->on = on;
	mailbox_post(d->main, &w->task.mail);
}

struct walked {
	struct task task;
	unsigned shard;
	uint32_t table, serial;
};

static void
walked_run(void *owner, struct task *task)
{
	struct runtime *rt = owner;
	struct walked *w = (struct walked *)task;
	struct flows *f = flows_of(rt, igp_of_table(rt, w->table));
	uint32_t least = w->serial;

	if (f) {
		f->walked[w->shard] = w->serial;
		for (unsigned i = 0; i < rt->daemon->shard_n; i++)
			least = f->walked[i] < least ? f->walked[i] : least;
		bases_walked(f->bases, least);
		settle_soon(rt);
	}
	mem_free(w);
}

void
flows_post_walked(struct daemon *d, unsigned shard, uint32_t table, uint32_t serial)
{
	struct walked *w = MEM_NEW(struct walked);

	w->task.run = walked_run;
	w->task.mail.weight = sizeof(*w);
	w->shard = shard;
	w->table = table;
	w->serial = serial;
	mailbox_post(d->main, &w->task.mail);
}

/*
 * Answers.
 */
struct news {
	struct base_news *at;
	unsigned n, cap;
};

static void
news_add(void *ctx, const struct base_news *news)
{
	struct news *list = ctx;

	if (list->n == list->cap) {
		list->cap = list->cap ? list->cap * 2 : 64;
		list->at = mem_realloc(list->at, list->cap * sizeof(*list->at));
	}
	list->at[list->n++] = *news;
}

static void
on_settled(void *ctx)
{
	struct runtime *rt = ctx;
	struct daemon *d = rt->daemon;

	rt->flows_due = false;
	timer_at(rt->flows_timer, UINT64_MAX);
	for (struct flows *f = rt->flows; f; f = f->next) {
		struct news list = { 0 };

		if (f->igp && bases_publish(f->bases, news_add, &list))
			for (unsigned i = 0; i < d->shard_n; i++)
				shard_post_bases(
				    d->shard[i], igp_number(f->igp), list.at, list.n);
		mem_free(list.at);
	}
}

/* Destinations that no flow has any more: the shards say which. */
static void
on_forget(void *ctx)
{
	struct runtime *rt = ctx;
	bool any = false;

	for (const struct flows *f = rt->flows; f; f = f->next)
		any |= f->igp && !bases_empty(f->bases);
	for (unsigned i = 0; any && i < rt->daemon->shard_n; i++)
		shard_post_bases_forget(rt->daemon->shard[i]);
	timer_at(rt->flows_forget_timer, any ? clock_mono_ms() + FORGET_MS : UINT64_MAX);
}

/*
 * Life.
 */
static struct flows *
flows_new(struct runtime *rt, const char *table)
{
	struct flows *f = MEM_NEW(struct flows);

	f->table = mem_strdup(table);
	f->next = rt->flows;
	rt->flows = f;
	if (!rt->flows_timer) {
		rt->flows_timer = timer_new(rt->loop, on_settled, rt);
		rt->flows_forget_timer = timer_new(rt->loop, on_forget, rt);
	}
	return f;
}

static void
flows_begin(struct runtime *rt, struct flows *f, enum net_type type)
{
	f->igp = igp_get(rt, f->table);
	f->bases = bases_new(type);
	for (unsigned i = 0; i < rt->daemon->shard_n; i++)
		shard_post_bases(rt->daemon->shard[i], igp_number(f->igp), NULL, 0);
}

static void
forget_one(void *ctx, const struct net *to)
{
	watch(ctx, to, false);
}

static void
flows_end(struct runtime *rt, struct flows *f)
{
	bases_each(f->bases, forget_one, f);
	bases_free(f->bases);
	igp_put(rt, f->igp);
	f->bases = NULL;
	f->igp = NULL;
}

static void
need(struct runtime *rt, const struct table_conf *t)
{
	struct flows *f = rt->flows;

	while (f && strcmp(f->table, t->name) != 0)
		f = f->next;
	if (!f)
		f = flows_new(rt, t->name);
	f->named = true;
	if (!f->igp)
		flows_begin(rt, f, t->type);
}

void
flows_model(struct runtime *rt)
{
	const struct model *m = rt->model;

	for (struct flows *f = rt->flows; f; f = f->next)
		f->named = false;
	for (unsigned i = 0; m && i < m->proto_n; i++)
		for (unsigned k = 0; k < m->proto[i]->channel_n; k++)
			if (m->proto[i]->channel[k].base)
				need(rt, m->proto[i]->channel[k].base);
	for (struct flows *f = rt->flows; f; f = f->next)
		if (f->igp && !f->named)
			flows_end(rt, f);
}

void
flows_free_all(struct runtime *rt)
{
	while (rt->flows) {
		struct flows *f = rt->flows;

		rt->flows = f->next;
		bases_free(f->bases);
		mem_free(f->table);
		mem_free(f);
	}
	timer_free(rt->flows_timer);
	timer_free(rt->flows_forget_timer);
	rt->flows_timer = rt->flows_forget_timer = NULL;
}
