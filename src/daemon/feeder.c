/*
 * Sources in main: what static, direct and kernel protocols share.
 */
#include <limits.h>

#include "base/clock.h"
#include "daemon/bfds.h"
#include "daemon/links.h"

#define BATCH_NETS 4096 /* a shard takes so many at a time */

const struct driver *
driver_of(const struct proto_conf *conf)
{
	static const struct driver *const drivers[] = {
		[PROTO_STATIC] = &static_driver,
		[PROTO_DIRECT] = &direct_driver,
		[PROTO_KERNEL] = &kernel_driver,
		[PROTO_PIPE] = &pipe_driver,
		[PROTO_AGGREGATOR] = &aggregator_driver,
		[PROTO_L3VPN] = &l3vpn_driver,
		[PROTO_MRT] = &mrt_driver,
		[PROTO_BMP] = &bmp_driver,
		[PROTO_RPKI] = &rpki_driver,
		[PROTO_BFD] = &bfd_driver,
		[PROTO_OTHER] = NULL,
	};

	return drivers[conf->kind];
}

enum source_kind
proto_source(const struct proto_conf *p)
{
	switch (p ? p->kind : PROTO_BGP) {
	case PROTO_STATIC: return SOURCE_STATIC;
	case PROTO_DIRECT: return SOURCE_DIRECT;
	case PROTO_KERNEL: return SOURCE_KERNEL;
	case PROTO_RPKI: return SOURCE_RPKI;
	case PROTO_AGGREGATOR: return SOURCE_AGGREGATED;
	case PROTO_L3VPN: return SOURCE_L3VPN;
	default: return SOURCE_BGP;
	}
}

bool
feeder_begin(struct feeder *f, struct runtime *rt, struct run *r,
    const struct channel_conf *c, enum source_kind kind)
{
	*f = (struct feeder){ .rt = rt, .run = r, .channel = c, .kind = kind };
	f->id = r->channel[c->family];
	if (f->id)
		f->arena = arena_new();
	return f->id != 0;
}

void
feeder_draft(struct feeder *f, struct draft *d)
{
	arena_reset(f->arena);
	draft_init(d, f->arena);
	d->preference = (uint16_t)f->channel->preference;
}

static void
feed_add(struct feeder *f, const struct net *net, uint32_t id, struct attrs *attrs)
{
	struct daemon *d = f->rt->daemon;
	unsigned shard = shard_of(d, net);
	struct nlri nlri = { .net = *net, .path_id = id };

	if (!f->batch[shard])
		f->batch[shard] = batch_new(f->id, route_time_now(d, clock_mono_ms()));
	batch_add(f->batch[shard], attrs, &nlri);
	if (f->batch[shard]->entry_n < BATCH_NETS)
		return;
	shard_post_batch(d->shard[shard], f->batch[shard]);
	f->batch[shard] = NULL;
}

static bool
runs_through(const struct feeder *f, const struct filter *filter,
    const struct net *net, struct draft *d)
{
	struct route_source source = { .proto = f->run->conf->name,
		.source = rib_route_source(f->kind),
		.links = links_filter(f->rt->daemon->links) };
	bool changed;

	return filter_run(filter, net, d, &source, &changed) == FILTER_ACCEPT;
}

bool
feeder_put_as(struct feeder *f, const struct net *net, uint32_t id, struct draft *d,
    const struct filter *body)
{
	struct store *store = f->rt->daemon->store;
	struct attrs *a = NULL;

	if ((!body || runs_through(f, body, net, d)) &&
	    runs_through(f, f->channel->import, net, d))
		a = store_intern(store, d);
	else
		f->run->filtered[f->channel->family]++;
	feed_add(f, net, id, a);
	attrs_unref(store, f->last, 1);
	f->last = a;
	return a != NULL;
}

bool
feeder_put_last(struct feeder *f, const struct net *net, uint32_t id)
{
	if (!f->last || !filter_is_accept(f->channel->import))
		return false;
	feed_add(f, net, id, f->last);
	return true;
}

bool
feeder_put(struct feeder *f, const struct net *net, struct draft *d,
    const struct filter *body)
{
	return feeder_put_as(f, net, 0, d, body);
}

void
feeder_withdraw_as(struct feeder *f, const struct net *net, uint32_t id)
{
	feed_add(f, net, id, NULL);
}

void
feeder_withdraw(struct feeder *f, const struct net *net)
{
	feed_add(f, net, 0, NULL);
}

void
feeder_end(struct feeder *f)
{
	for (unsigned i = 0; i < f->rt->daemon->shard_n; i++)
		if (f->batch[i])
			shard_post_batch(f->rt->daemon->shard[i], f->batch[i]);
	attrs_unref(f->rt->daemon->store, f->last, 1);
	arena_free(f->arena);
}

struct channel_desc
feeder_desc(const struct runtime *rt, const struct run *r, const struct channel_conf *c,
    enum source_kind kind)
{
	return (struct channel_desc){
		.id = r->channel[c->family],
		.table = runtime_table_id(rt, c->table->name),
		.family = c->family,
		.kind = kind,
		.name = r->conf->name,
		.default_local_pref = 100,
		.path_metric = true,
	};
}

void
feeder_up(struct runtime *rt, const struct channel_desc *d)
{
	struct channel_desc desc = *d;

	desc.limits = ceiling_get(rt, d->id, true);
	for (unsigned i = 0; i < rt->daemon->shard_n; i++)
		shard_post_channel_up(rt->daemon->shard[i], &desc, UINT_MAX, 0);
}

void
feeder_update(struct runtime *rt, const struct channel_desc *d)
{
	struct channel_desc desc = *d;

	desc.limits = ceiling_get(rt, d->id, false);
	for (unsigned i = 0; i < rt->daemon->shard_n; i++)
		shard_post_channel_update(rt->daemon->shard[i], &desc);
}

bool
feeder_move(struct runtime *rt, const struct run *r, const struct channel_conf *c,
    enum source_kind kind, const struct step *s)
{
	unsigned change = s->proto_change | s->channel_change[c->family];
	struct channel_desc d = feeder_desc(rt, r, c, kind);

	if (!r->channel[c->family] || !(change & CHANGE_MOVE))
		return false;
	d.afresh = change & CHANGE_REIMPORT;
	feeder_update(rt, &d);
	return true;
}

void
feeder_event(struct runtime *rt, uint32_t channel, enum channel_event event)
{
	for (unsigned i = 0; channel && i < rt->daemon->shard_n; i++)
		shard_post_channel(rt->daemon->shard[i], channel, event);
}
