/*
 * Static routes: a source channel in every shard, fed by main.  A reload touches only
 * routes that changed.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bgp/hops.h"
#include "daemon/origins.h"
#include "daemon/runtime.h"
#include "daemon/shardthread.h"

struct feed {
	struct runtime *rt;
	const struct run *run;
	const struct channel_conf *channel;
	uint32_t id;
	struct batch *batch[SHARDS_MAX];
	struct origin_edits *origins; /* what the routes say of origins; NULL: of other types */
};

static bool
is_origin(const struct channel_conf *c)
{
	return c->family == FAM_ROA4 || c->family == FAM_ROA6 || c->family == FAM_ASPA;
}

static void
origin_add(struct feed *f, const struct static_route *r)
{
	if (r->net.type == NET_ASPA)
		edits_aspa(f->origins, net_as(&r->net), r->providers, r->provider_n);
	else
		edits_net(f->origins, &r->net, true);
}

static void
origins_end(struct feed *f)
{
	if (f->origins)
		origins_put(f->rt, f->channel->table, f->run->conf->name,
		    origins_edit(NULL, f->origins));
	edits_free(f->origins);
}

static void
feed_add(struct feed *f, const struct net *net, struct attrs *attrs)
{
	struct daemon *d = f->rt->daemon;
	unsigned shard = shard_of(d, net);
	struct nlri nlri = { .net = *net };

	if (!f->batch[shard])
		f->batch[shard] = batch_new(f->id, route_time_now(d, clock_mono_ms()));
	batch_add(f->batch[shard], attrs, &nlri);
}

static void
feed_end(struct feed *f)
{
	for (unsigned i = 0; i < f->rt->daemon->shard_n; i++)
		if (f->batch[i])
			shard_post_batch(f->rt->daemon->shard[i], f->batch[i]);
}

/* The route through its own statements and the import filter; NULL when refused. */
static struct attrs *
route_attrs(struct feed *f, const struct static_route *r, struct arena *arena)
{
	struct route_source source = { .proto = f->run->conf->name,
		.source = ROUTE_SOURCE_STATIC };
	struct draft d;
	bool changed;

	draft_init(&d, arena);
	d.preference = (uint16_t)f->channel->preference;
	draft_set_dest(&d, r->dest);
	if (r->dest == DEST_UNICAST && !ip_is_none(&r->via)) {
		d.next_hop.len = ip_is4(&r->via) ? 4 : 16;
		memcpy(
		    d.next_hop.b, r->via.b + (ip_is4(&r->via) ? 12 : 0), d.next_hop.len);
	}
	if (r->body &&
	    filter_run(r->body, &r->net, &d, &source, &changed) != FILTER_ACCEPT)
		return NULL;
	if (filter_run(f->channel->import, &r->net, &d, &source, &changed) !=
	    FILTER_ACCEPT)
		return NULL;
	return store_intern(f->rt->daemon->store, &d);
}

static void
announce(struct feed *f, const struct static_route *r, struct arena *arena)
{
	struct attrs *a = route_attrs(f, r, arena);

	if (a && f->origins)
		origin_add(f, r);
	feed_add(f, &r->net, a);
	attrs_unref(f->rt->daemon->store, a, 1);
	arena_reset(arena);
}

static bool
feed_start(struct feed *f, struct runtime *rt, struct run *r)
{
	*f = (struct feed){ .rt = rt, .run = r };
	if (!r->conf->channel_n)
		return false;
	f->channel = &r->conf->channel[0];
	f->id = r->channel[f->channel->family];
	return f->id != 0;
}

void
statics_up(struct runtime *rt, struct run *r)
{
	struct arena *arena = arena_new();
	struct feed f;

	if (feed_start(&f, rt, r)) {
		struct channel_desc d = {
			.id = f.id,
			.table = runtime_table_id(rt, f.channel->table->name),
			.family = f.channel->family,
			.kind = SOURCE_STATIC,
			.name = r->conf->name,
			.default_local_pref = 100,
			.path_metric = true,
		};

		for (unsigned i = 0; i < rt->daemon->shard_n; i++)
			shard_post_channel_up(rt->daemon->shard[i], &d, UINT_MAX, 0);
		if (is_origin(f.channel))
			f.origins = edits_new(family_info(f.channel->family)->net_type);
		for (unsigned i = 0; i < r->conf->route_n; i++)
			announce(&f, &r->conf->route[i], arena);
		feed_end(&f);
		origins_end(&f);
	}
	arena_free(arena);
}

void
statics_down(struct runtime *rt, struct run *r)
{
	for (unsigned i = 0; i < r->conf->channel_n; i++)
		if (is_origin(&r->conf->channel[i]))
			origins_put(
			    rt, r->conf->channel[i].table, r->conf->name, NULL);
	for (unsigned f = 0; f < FAMILIES; f++)
		for (unsigned i = 0; r->channel[f] && i < rt->daemon->shard_n; i++)
			shard_post_channel(rt->daemon->shard[i], r->channel[f], CH_DOWN);
}

static int
route_cmp(const void *a, const void *b)
{
	const struct static_route *const *x = a, *const *y = b;

	return net_cmp(&(*x)->net, &(*y)->net);
}

static const struct static_route **
sorted_routes(const struct proto_conf *c)
{
	const struct static_route **s = MEM_ARRAY(
	    const struct static_route *, c->route_n);

	for (unsigned i = 0; i < c->route_n; i++)
		s[i] = &c->route[i];
	qsort(s, c->route_n, sizeof(*s), route_cmp);
	return s;
}

static bool
body_same(const struct filter *a, const struct filter *b)
{
	return a && b ? filter_same(a, b) : a == b;
}

static bool
route_same(const struct static_route *a, const struct static_route *b)
{
	return a->dest == b->dest && ip_equal(&a->via, &b->via) &&
	       a->recursive == b->recursive && !a->via_if == !b->via_if &&
	       (!a->via_if || strcmp(a->via_if, b->via_if) == 0) &&
	       body_same(a->body, b->body) && a->provider_n == b->provider_n &&
	       (!a->provider_n || memcmp(a->providers, b->providers,
				      a->provider_n * sizeof(*a->providers)) == 0);
}

void
statics_change(struct runtime *rt, struct run *r, const struct proto_conf *old)
{
	const struct static_route **was = sorted_routes(old),
				  **is = sorted_routes(r->conf);
	struct arena *arena = arena_new();
	unsigned i = 0, j = 0;
	struct feed f;
	bool all;

	if (!feed_start(&f, rt, r) || !old->channel_n)
		goto out;
	if (is_origin(f.channel))
		f.origins = edits_new(family_info(f.channel->family)->net_type);
	all = f.origins || !filter_same(old->channel[0].import, f.channel->import) ||
	      old->channel[0].preference != f.channel->preference;
	while (i < old->route_n || j < r->conf->route_n) {
		int c = i == old->route_n	? 1
			: j == r->conf->route_n ? -1
						: net_cmp(&was[i]->net, &is[j]->net);

		if (c < 0)
			feed_add(&f, &was[i]->net, NULL);
		else if (c > 0 || all || !route_same(was[i], is[j]))
			announce(&f, is[j], arena);
		i += c <= 0;
		j += c >= 0;
	}
	feed_end(&f);
	origins_end(&f);
out:
	arena_free(arena);
	mem_free(was);
	mem_free(is);
}
