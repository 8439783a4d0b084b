/*
 * Limits of channels that have no session: of static, direct, kernel, rpki, and of pipes.
 *
 * The shards count (rib/limit); of a pipe each side counts what it brings to the other
 * table, as imports there.  What is done about it is done here.  A protocol that is to
 * restart does so a second later, for what it brought must go first.
 */
#include "daemon/driver.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/shardthread.h"

#define AGAIN_MS 1000

static const struct channel_conf *
conf_of(const struct run *r, uint32_t id)
{
	for (unsigned i = 0; i < r->conf->channel_n; i++)
		if (r->channel[r->conf->channel[i].family] == id || r->peer_channel == id)
			return &r->conf->channel[i];
	return NULL;
}

/* What the limits of a channel mean to the shards. */
static void
limits_conf_of(const struct run *r, uint32_t id, struct limit_conf l[LIMITS])
{
	const struct channel_conf *c = conf_of(r, id);
	struct limit_conf import = { c->import_limit, c->import_action };
	struct limit_conf export = { c->export_limit, c->export_action };
	struct limit_conf receive = { c->receive_limit, c->receive_action };

	for (unsigned i = 0; i < LIMITS; i++)
		l[i] = (struct limit_conf){ 0 };
	if (r->conf->kind == PROTO_AGGREGATOR) { /* what it makes; what it reads is not counted */
		if (id == r->peer_channel)
			l[LIMIT_IMPORT] = import;
		return;
	}
	if (r->conf->kind == PROTO_PIPE) {
		l[LIMIT_IMPORT] = id == r->peer_channel ? import : export;
		return;
	}
	l[LIMIT_RECEIVE] = receive;
	l[LIMIT_IMPORT] = import;
	l[LIMIT_EXPORT] = export;
}

struct limits *
ceiling_get(struct runtime *rt, uint32_t id, bool afresh)
{
	struct run *r = runtime_of_channel(rt, id);
	struct limits **at = &rt->channel_limits[id];
	struct limit_conf l[LIMITS];

	if (!r || !conf_of(r, id))
		return NULL;
	limits_conf_of(r, id, l);
	if (!afresh && limits_same(*at, l))
		return *at;
	limits_unref(*at);
	*at = limits_new(l);
	return *at;
}

void
ceiling_drop(struct runtime *rt, uint32_t id)
{
	limits_unref(rt->channel_limits[id]);
	rt->channel_limits[id] = NULL;
}

static void
change_one(struct runtime *rt, uint32_t id)
{
	const struct limits *old = rt->channel_limits[id];
	struct limits *l = id ? ceiling_get(rt, id, false) : NULL;

	for (unsigned i = 0; id && l != old && i < rt->daemon->shard_n; i++)
		shard_post_limits(rt->daemon->shard[i], id, l);
}

void
ceiling_change(struct runtime *rt, const struct run *r)
{
	for (unsigned i = 0; i < r->conf->channel_n; i++)
		change_one(rt, r->channel[r->conf->channel[i].family]);
	change_one(rt, r->peer_channel);
}

static bool
is_hit(const struct limits *l, enum limit_kind kind)
{
	return l && limits_hit(l, kind);
}

void
ceiling_hits(const struct runtime *rt, const struct run *r, const struct channel_conf *c,
    bool hit[LIMITS])
{
	const struct limits *l = rt->channel_limits[r->channel[c->family]];

	for (unsigned k = 0; k < LIMITS; k++)
		hit[k] = is_hit(l, k);
	if (r->conf->kind != PROTO_PIPE && r->conf->kind != PROTO_AGGREGATOR)
		return;
	hit[LIMIT_EXPORT] = is_hit(l, LIMIT_IMPORT);
	hit[LIMIT_IMPORT] = is_hit(rt->channel_limits[r->peer_channel], LIMIT_IMPORT);
}

/*
 * One is met.
 */
static void
again(void *ctx)
{
	struct runtime *rt = ctx;

	for (unsigned i = 0; i < rt->run_n; i++) {
		struct run *r = rt->run[i];

		if (r->limited && r->disabled)
			runtime_start_proto(rt, r, NULL);
		r->limited = false;
	}
}

static void
again_soon(struct runtime *rt, struct run *r)
{
	if (!rt->limited_timer)
		rt->limited_timer = timer_new(rt->loop, again, rt);
	r->limited = true;
	timer_at(rt->limited_timer, clock_mono_ms() + AGAIN_MS);
}

void
ceiling_hit(struct runtime *rt, uint32_t id, enum limit_kind kind)
{
	struct run *r = runtime_of_channel(rt, id);
	const struct limit_conf *l;

	if (!r || r->disabled || !rt->channel_limits[id] ||
	    !limits_hit(rt->channel_limits[id], kind))
		return;
	l = limits_conf(rt->channel_limits[id], kind);
	if (r->conf->kind == PROTO_PIPE && id != r->peer_channel)
		kind = LIMIT_EXPORT;
	log_warn("Protocol %s hits route %s limit (%u), action: %s", r->conf->name,
	    limit_kind_name(kind), l->max, limit_action_name(l->action));
	if (l->action != LIMIT_RESTART && l->action != LIMIT_DISABLE)
		return;
	runtime_stop_proto(rt, r, NULL);
	if (l->action == LIMIT_RESTART)
		again_soon(rt, r);
}
