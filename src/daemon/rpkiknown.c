/*
 * What a protocol rpki knows: sets of origins, and their routes.
 *
 *	a set --> at once to what asks the tables of origins --> compared with the set before,
 *	in slices, between which main does its other work --> routes of the tables
 */
#include "daemon/rpkiknown.h"

#include "base/clock.h"
#include "base/mem.h"
#include "bgp/hops.h"
#include "daemon/driver.h"
#include "daemon/origins.h"
#include "filter/local.h"

#define SLICE_ROWS 4096 /* that are looked at in one go: some milliseconds */

const enum family known_kinds[KNOWN_KINDS] = { FAM_ROA4, FAM_ROA6, FAM_ASPA };

struct known {
	struct runtime *rt;
	struct run *run;
	struct feed {
		struct origins *old, *set; /* references */
		struct origin_walk at;
		bool runs;
	} feed[KNOWN_KINDS]; /* routes still to be told of */
	struct timer *more;  /* the next slice */
};

const struct channel_conf *
known_channel(const struct run *run, unsigned kind)
{
	return proto_channel(run->conf, known_kinds[kind]);
}

struct slice {
	const struct origins *set; /* what is known */
	struct feeder feeder;
};

static void
record_draft(const struct known_record *r, struct draft *d)
{
	draft_set_dest(d, DEST_NONE);
	draft_set_providers(d, r->providers, r->provider_n);
}

/* As the set has it. */
static struct known_record
record_of(const struct slice *f, const struct net *net)
{
	struct known_record r = { .net = net };
	uint32_t *as;

	if (net->type != NET_ASPA)
		return r;
	r.provider_n = origins_providers(f->set, net_as(net), NULL, 0);
	r.providers = as = ARENA_ARRAY(f->feeder.arena, uint32_t, r.provider_n);
	origins_providers(f->set, net_as(net), as, r.provider_n);
	return r;
}

static void
feed_one(void *ctx, const struct net *net, bool added)
{
	struct slice *f = ctx;
	struct known_record r;
	struct draft d;

	if (!added) {
		feeder_withdraw(&f->feeder, net);
		return;
	}
	feeder_draft(&f->feeder, &d);
	r = record_of(f, net);
	record_draft(&r, &d);
	feeder_put(&f->feeder, net, &d, NULL);
}

static void
feed_drop(struct feed *feed)
{
	origins_unref(feed->old);
	origins_unref(feed->set);
	*feed = (struct feed){ 0 };
}

/* Up to so many rows of the two sets. */
static void
feed_some(struct known *n, unsigned kind, uint32_t rows)
{
	struct feed *feed = &n->feed[kind];
	struct slice f = { .set = feed->set };
	const struct channel_conf *c = known_channel(n->run, kind);

	if (c && feeder_begin(&f.feeder, n->rt, n->run, c, SOURCE_RPKI)) {
		feed->runs = origins_diff_some(
		    feed->old, feed->set, &feed->at, rows, feed_one, &f);
		feeder_end(&f.feeder);
	} else {
		feed->runs = false;
	}
	if (!feed->runs)
		feed_drop(feed);
}

static void
on_feed_more(void *ctx)
{
	struct known *n = ctx;
	bool more = false;

	for (unsigned k = 0; k < KNOWN_KINDS; k++)
		if (n->feed[k].runs) {
			feed_some(n, k, SLICE_ROWS);
			break;
		}
	for (unsigned k = 0; k < KNOWN_KINDS; k++)
		more |= n->feed[k].runs;
	timer_at(n->more, more ? clock_mono_ms() : UINT64_MAX);
}

void
known_set(struct known *n, unsigned kind, struct origins *set)
{
	const struct channel_conf *c = known_channel(n->run, kind);
	const struct origins *old =
	    origins_find(n->rt, c->table->name, c->table->type, n->run->conf->name);
	struct feed *feed = &n->feed[kind];

	if (feed->runs)
		feed_some(n, kind, UINT32_MAX);
	*feed = (struct feed){
		.old = old ? origins_ref((struct origins *)(uintptr_t)old) : NULL,
		.set = set ? origins_ref(set) : NULL,
		.runs = true,
	};
	origins_put(n->rt, c->table, n->run->conf->name, set);
	timer_at(n->more, clock_mono_ms());
}

bool
known_takes(
    const struct known *n, const struct channel_conf *c, const struct known_record *r)
{
	struct route_source source = { .proto = n->run->conf->name,
		.source = ROUTE_SOURCE_RPKI };
	struct arena *arena;
	struct draft d;
	bool changed, accepted;

	if (filter_is_accept(c->import))
		return true;
	arena = arena_new();
	draft_init(&d, arena);
	d.preference = (uint16_t)c->preference;
	record_draft(r, &d);
	accepted = filter_run(c->import, r->net, &d, &source, &changed) == FILTER_ACCEPT;
	arena_free(arena);
	return accepted;
}

struct known *
known_new(struct runtime *rt, struct run *run)
{
	struct known *n = MEM_NEW(struct known);

	n->rt = rt;
	n->run = run;
	n->more = timer_new(rt->loop, on_feed_more, n);
	return n;
}

void
known_free(struct known *n)
{
	timer_free(n->more);
	for (unsigned k = 0; k < KNOWN_KINDS; k++)
		feed_drop(&n->feed[k]);
	mem_free(n);
}
