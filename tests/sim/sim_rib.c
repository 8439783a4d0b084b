/*
 * Simulation of shards: random channels, routes and faults against the reference model, with
 * networks of IPv4, IPv6 or flows, in tables with and without pipes between them.
 * Each shard has its part of the networks and is behind with its work by an amount of its
 * own; what members hold and what is counted is the sum of all.
 *
 * Members take their segments when the simulation lets them, some late or not for long
 * (sim_peer.c); what each holds at the end is compared with what the model says, byte by
 * byte (sim_check.c).
 *
 *   sim_rib [seeds [first seed]]
 */
#include "sim_rib.h"

#include <string.h>
#include "base/longnet.h"
#include "base/mem.h"
#include "base/wire.h"
#include "fake_filter.h"
#include "rib/follow.h"

static uint32_t
rnd(struct sim *s, uint32_t n)
{
	s->rng = s->rng * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((s->rng >> 33) % n);
}

/*
 * Callbacks.
 */
static void
on_member_add(void *ctx, uint32_t group, uint32_t channel)
{
	struct port *port = ctx;
	uint32_t *in = &port->sim->peers[channel].group[port->index];

	if (*in)
		FAIL(port->sim, "channel %u is in two groups", channel);
	*in = group;
}

static void
on_member_del(void *ctx, uint32_t group, uint32_t channel)
{
	struct port *port = ctx;
	uint32_t *in = &port->sim->peers[channel].group[port->index];

	if (*in != group)
		FAIL(port->sim, "channel %u leaves a group it is not in", channel);
	*in = 0;
}

static void
on_broadcast(void *ctx, uint32_t group, struct segment *seg)
{
	struct port *port = ctx;
	struct sim *s = port->sim;

	for (unsigned i = 1; i <= CHANNELS; i++)
		if (s->peers[i].group[port->index] == group) {
			segment_ref(seg, 1);
			sim_push(s, &s->peers[i], seg);
		}
	segment_unref(seg);
}

static void
on_unicast(void *ctx, uint32_t channel, struct segment *seg)
{
	struct sim *s = ((struct port *)ctx)->sim;

	if (!s->peers[channel].up)
		FAIL(s, "channel %u is down and sent to", channel);
	sim_push(s, &s->peers[channel], seg);
}

static void
on_caught_up(void *ctx, uint32_t channel)
{
	struct port *port = ctx;
	bool *wants;

	if (channel > CHANNELS) /* a pipe */
		return;
	wants = &port->sim->peers[channel].wants_caught_up[port->index];
	if (!*wants)
		FAIL(port->sim, "channel %u has caught up twice", channel);
	*wants = false;
}

static void
on_gone(void *ctx, uint32_t channel)
{
	struct sim *s = ((struct port *)ctx)->sim;
	struct peer *p = &s->peers[channel];

	if (!p->removing)
		FAIL(s, "channel %u is gone unasked", channel);
	p->known = --p->removing;
}

static uint64_t
on_backlog(void *ctx, uint32_t channel)
{
	return ((struct port *)ctx)->sim->peers[channel].queued;
}

static void
on_purged(void *ctx)
{
	((struct port *)ctx)->sim->trims++;
}

static void
on_walked(void *ctx, uint32_t channel)
{
	struct port *port = ctx;
	struct peer *p = &port->sim->peers[channel];

	if (!p->walks[port->index]--)
		FAIL(port->sim, "channel %u has moved unasked", channel);
}

static void
wants_set(struct peer *p, bool wants)
{
	for (unsigned i = 0; i < SHARDS; i++)
		p->wants_caught_up[i] = wants;
}

static const struct shard_ops ops = {
	.member_add = on_member_add,
	.member_del = on_member_del,
	.broadcast = on_broadcast,
	.unicast = on_unicast,
	.caught_up = on_caught_up,
	.channel_gone = on_gone,
	.backlog = on_backlog,
	.purged = on_purged,
	.walked = on_walked,
};

/*
 * The world.
 */
static uint64_t
target(uint32_t n)
{
	return UINT64_C(2) << 48 | UINT64_C(65000) << 32 | n;
}

static void
random_target(struct sim *s, struct draft *d)
{
	uint64_t rt = target(rnd(s, 5));
	uint8_t b[20] = { 0, 2 };

	put_u32(b, (uint32_t)(rt >> 32));
	put_u32(b + 4, (uint32_t)rt);
	if (rnd(s, 12))
		draft_list_add(d, ATTR_EXT_COMMUNITY, b, 8);
	else /* of an IPv6 address: for everybody */
		draft_set(d, AF_OPTIONAL | AF_TRANSITIVE, ATTR_EXT6_COMMUNITY, b, 20);
}

static struct attrs *
random_set(struct sim *s)
{
	struct draft d;
	uint32_t wk = 0xffffff01u + rnd(s, 3);
	uint8_t b[4];
	struct attrs *a;

	arena_reset(s->arena);
	draft_init(&d, s->arena);
	d.preference = (uint16_t)(rnd(s, 4) ? 100 : 120);
	d.next_hop.len = (s->family == FAM_IP6) == (rnd(s, 40) > 0) ? 16 : 4; /* not always the family's */
	memset(d.next_hop.b, (int)rnd(s, 3) + 1, d.next_hop.len);
	if (rnd(s, 10)) {
		draft_set_u8(&d, ATTR_ORIGIN, (uint8_t)(rnd(s, 4) ? 0 : rnd(s, 3)));
		draft_set(&d, AF_TRANSITIVE, ATTR_AS_PATH, "", 0);
		for (unsigned n = rnd(s, 4); n > 0; n--)
			draft_path_prepend(&d, 65001 + rnd(s, 3), 1);
	}
	if (rnd(s, 2))
		draft_set_u32(&d, ATTR_MED, rnd(s, 4));
	if (rnd(s, 2))
		draft_set_u32(&d, ATTR_LOCAL_PREF, 99 + rnd(s, 3));
	if (!rnd(s, 3))
		draft_set_u32(&d, ATTR_ORIGINATOR_ID, 1 + rnd(s, 5));
	put_u32(b, 7 + rnd(s, 2));
	if (!rnd(s, 3))
		draft_set(&d, AF_OPTIONAL, ATTR_CLUSTER_LIST, b, 4);
	put_u32(b, wk);
	if (!rnd(s, 6))
		draft_list_add(&d, ATTR_COMMUNITY, b, 4);
	for (unsigned n = rnd(s, 3); n; n--)
		random_target(s, &d);
	a = store_intern(s->store, &d);
	return a;
}

static struct filter *
random_filter(struct sim *s)
{
	enum fake_kind kind = rnd(s, 2) ? FAKE_ACCEPT
					: (enum fake_kind)rnd(s, FAKE_KINDS);

	return fake_filter(kind, kind == FAKE_ACCEPT ? 0 : 1 + rnd(s, 2));
}

/* What a member wants: everything, a few targets, or what begins like them. */
static struct targets *
random_targets(struct sim *s)
{
	struct net net[4];
	unsigned n = rnd(s, 5);

	if (rnd(s, 2))
		return NULL;
	for (unsigned i = 0; i < n; i++) {
		uint64_t rt = target(rnd(s, 5));

		net[i] = (struct net){ .type = NET_RTC, .plen = rnd(s, 20) ? 96 : 64 };
		put_u32(net[i].key, 65000);
		put_u32(net[i].key + 4, (uint32_t)(rt >> 32));
		if (net[i].plen == 96)
			put_u32(net[i].key + 8, (uint32_t)rt);
	}
	return targets_new(net, n);
}

/* A filter and targets for the description, while it is told. */
static void
policy_take(struct sim *s, struct peer *p)
{
	p->d.export = random_filter(s);
	p->d.targets = random_targets(s);
}

static void
policy_give(struct peer *p)
{
	filter_unref(p->d.export);
	targets_unref(p->d.targets);
}

static void
random_desc(struct sim *s, struct channel_desc *d, uint32_t id)
{
	*d = (struct channel_desc){
		.id = id, .table = 1 + rnd(s, TABLES) * !rnd(s, 3), .family = s->family
	};
	d->name = "sim";
	d->kind = s->statics && !rnd(s, 9) ? SOURCE_STATIC : SOURCE_BGP;
	d->internal = rnd(s, 4) || d->kind == SOURCE_STATIC;
	d->rr_client = d->internal && d->kind == SOURCE_BGP && rnd(s, 3);
	d->rs_client = !d->internal && !rnd(s, 3);
	d->local_as = 65000;
	d->remote_as = d->internal ? 65000 : 65001;
	d->remote_id = 1 + rnd(s, 6);
	/* Behind pipes there are other channels: these are not to decide. */
	d->remote_ip = ip_from4(0x7f000100 + (s->pipes ? id : rnd(s, 5)));
	d->local_ip = ip_from4(0x7f000001);
	d->cluster_id = d->rr_client ? 7 + rnd(s, 2) : 0;
	d->default_local_pref = 100 + rnd(s, 2);
	d->default_med = rnd(s, 2);
	d->path_metric = true;
	d->med_metric = !rnd(s, 4);
	d->as4 = rnd(s, 4);
	d->ext_msg = !rnd(s, 3);
	d->add_path_tx = !rnd(s, 4);
	d->secondary = !rnd(s, 5);
	d->next_hop_self = rnd(s, 4) * !rnd(s, 4);
	d->next_hop_keep = rnd(s, 4) * !rnd(s, 3);
	d->interpret_communities = rnd(s, 4);
	d->allow_med = !rnd(s, 4);
	d->self4 = ip_from4(0x7f000001 + rnd(s, 2));
	d->self6.b[0] = 0x20;
	d->self6.b[15] = (uint8_t)(1 + rnd(s, 2));
}

/* Another description of the same session: what a reload may change. */
static void
change_desc(struct sim *s, struct channel_desc *d)
{
	struct channel_desc other;

	random_desc(s, &other, d->id);
	switch (rnd(s, 5)) {
	case 0:
		d->next_hop_self = other.next_hop_self;
		d->next_hop_keep = other.next_hop_keep;
		break;
	case 1:
		d->default_med = other.default_med;
		d->med_metric = other.med_metric;
		break;
	case 2:
		d->rr_client = d->internal && other.rr_client;
		d->cluster_id = d->rr_client ? 7 : 0;
		break;
	case 3: d->secondary = !d->secondary; break;
	default: break;
	}
}

static void
shards_init(struct sim *s)
{
	struct tuning tune = { .slice = 1 + rnd(s, 90),
		.flush_ms = 50,
		.storm_ms = 60,
		.storm_n = rnd(s, 50),
		.tick_ms = rnd(s, 3),
		.gather_ms = rnd(s, 6),
		.poll_ms = 1 + rnd(s, 10),
		.trim_n = rnd(s, 100),
		.share_n = rnd(s, 100),
		.hold_high = 400u << rnd(s, 8),
		.hold_low = 100u << rnd(s, 3) };

	s->shard_n = rnd(s, 2) ? 1 : 2 + rnd(s, SHARDS - 1);
	for (unsigned i = 0; i < s->shard_n; i++) {
		struct port *p = &s->port[i];

		*p = (struct port){ s, i, shard_new(s->store, &ops, p) };
		p->shard->tune = tune;
		for (unsigned k = 1; k <= TABLES; k++)
			shard_table_add(p->shard, k, sim_net_type(s));
	}
}

/* A destination, and for some ports behind it: of all lengths.  Held. */
static struct net
random_flow(struct sim *s, unsigned i)
{
	uint8_t b[40] = { 1, 24, 10, 0, (uint8_t)i, 5 };
	size_t ports = rnd(s, 3) ? 0 : 1 + rnd(s, 16), len = ports ? 6 + 2 * ports : 5;
	struct net n = net_long(NET_FLOW4, b, len);

	for (size_t k = 0; k < ports; k++) {
		b[6 + 2 * k] = k + 1 == ports ? 0x81 : 0x01;
		b[7 + 2 * k] = (uint8_t)rnd(s, 256);
	}
	net_hold(&n);
	return n;
}

static struct net
random_net(struct sim *s, unsigned i)
{
	struct ip a = { .b = { 0x20, 1, (uint8_t)i, (uint8_t)rnd(s, 256) } };

	if (s->family == FAM_FLOW4)
		return random_flow(s, i);
	if (s->family == FAM_IP4)
		a = ip_from4(10u << 24 | i << 8);
	return net_from_ip(
	    &a, s->family == FAM_IP6 ? 32 + rnd(s, 3) * 16 : 24 + rnd(s, 8));
}

static void
sim_init(struct sim *s, unsigned seed)
{
	static const enum family mix[] = { FAM_IP4, FAM_IP4, FAM_IP6, FAM_FLOW4 };

	memset(s, 0, sizeof(*s));
	s->seed = seed;
	s->rng = seed * 7919u + 17;
	s->now = 1000;
	s->family = mix[seed % 4]; /* neighbouring seeds begin alike */
	s->statics = rnd(s, 2);
	s->pipes = rnd(s, 2);
	s->store = store_new();
	s->arena = arena_new();
	shards_init(s);
	for (unsigned i = 0; i < NETS; i++)
		s->nets[i] = random_net(s, i);
	for (unsigned i = 0; i < SETS; i++)
		s->sets[i] = random_set(s);
	for (unsigned i = 1; i <= CHANNELS; i++)
		for (unsigned n = 0; n < NETS; n++)
			for (unsigned k = 0; k < IDS; k++)
				s->peers[i].routes[k][n] = -1;
}

/*
 * Things that happen.
 */
/* Its shards say so when it is done. */
static void
to_table(struct sim *s, struct peer *p, uint32_t table)
{
	for (unsigned i = 0; p->d.table != table && i < s->shard_n; i++)
		p->walks[i]++;
	p->d.table = table;
}

static void
do_up(struct sim *s, struct peer *p, uint32_t id)
{
	if (!p->known)
		random_desc(s, &p->d, id);
	else if (!rnd(s, 4))
		to_table(s, p, 1 + rnd(s, TABLES));
	p->d.sink_table = 0;
	p->d.afresh = false;
	p->known = p->up = true;
	p->stalled = false;
	memset(p->rx, 0, sizeof(p->rx));
	policy_take(s, p);
	wants_set(p, p->d.kind == SOURCE_BGP);
	EACH(s, shard_channel_up(shard, &p->d));
	policy_give(p);
}

static void
routes_drop(struct peer *p, bool stale_only)
{
	for (unsigned k = 0; k < IDS; k++)
		for (unsigned i = 0; i < NETS; i++)
			if (!stale_only || p->stale[k][i]) {
				p->routes[k][i] = -1;
				p->stale[k][i] = false;
			}
}

static void
routes_mark(struct peer *p)
{
	for (unsigned k = 0; k < IDS; k++)
		for (unsigned i = 0; i < NETS; i++)
			p->stale[k][i] = p->routes[k][i] >= 0;
}

static void
do_down(struct sim *s, struct peer *p)
{
	bool keep = rnd(s, 2);

	p->up = false;
	wants_set(p, false);
	EACH(s, shard_channel_down(shard, p->d.id, keep));
	sim_clear(p);
	if (keep)
		routes_mark(p);
	else
		routes_drop(p, false);
}

static void
do_remove(struct sim *s, struct peer *p)
{
	p->up = false;
	wants_set(p, false);
	p->removing = s->shard_n;
	EACH(s, shard_channel_remove(shard, p->d.id));
	sim_clear(p);
	routes_drop(p, false);
}

static void
do_batch(struct sim *s, struct peer *p)
{
	struct batch *b[SHARDS];

	for (unsigned i = 0; i < s->shard_n; i++)
		b[i] = batch_new(p->d.id, (uint32_t)s->now);
	for (unsigned runs = 1 + rnd(s, 6); runs; runs--) {
		int set = rnd(s, 4) ? (int)rnd(s, SETS) : -1;

		for (unsigned n = 1 + rnd(s, 12); n; n--) {
			unsigned i = rnd(s, NETS), k = p->d.id % 3 ? 0 : rnd(s, IDS);
			struct nlri e = { .net = s->nets[i], .path_id = k };

			batch_add(b[sim_shard_of(s, i)],
			    set >= 0 ? s->sets[set] : NULL, &e);
			p->routes[k][i] = set;
			p->stale[k][i] = false;
		}
	}
	EACH(s, shard_batch(shard, b[each]));
}

/* To another table, or back before it has arrived: as a sink later. */
static void
change_table(struct sim *s, struct peer *p)
{
	if (p->d.sink_table && rnd(s, 2)) {
		p->d.sink_table = 0;
		return;
	}
	if (!p->d.sink_table && rnd(s, 4))
		p->d.sink_table = p->d.table;
	to_table(s, p, 1 + rnd(s, TABLES));
}

static void
do_update(struct sim *s, struct peer *p)
{
	uint32_t table = p->d.table;

	if (rnd(s, 2))
		change_desc(s, &p->d);
	if (!rnd(s, 3))
		change_table(s, p);
	p->d.afresh = !rnd(s, 3);
	if (p->d.afresh && p->d.table != table)
		routes_drop(p, false);
	policy_take(s, p);
	EACH(s, shard_channel_update(shard, &p->d));
	policy_give(p);
}

/* A pipe comes, goes, or has another filter. */
static void
do_way(struct sim *s, unsigned i)
{
	struct way *w = &s->way[i];
	bool back = i % 2;

	if (w->up && !rnd(s, 3)) {
		w->up = false;
		EACH(s, shard_channel_down(shard, w->d.id, false));
		return;
	}
	filter_unref(w->filter);
	w->filter = random_filter(s);
	w->d = (struct channel_desc){
		.id = CHANNELS + 1 + i,
		.table = 1 + i / 2 + back,
		.family = s->family,
		.kind = SOURCE_STATIC,
		.name = "pipe",
		.sink = SINK_PIPE,
		.pipe_to = 2 + i / 2 - back,
		.pipe_back = CHANNELS + 1 + (i ^ 1),
		.export = w->filter,
	};
	if (w->up)
		EACH(s, shard_channel_update(shard, &w->d));
	else
		EACH(s, shard_channel_up(shard, &w->d));
	w->up = true;
}

static void
do_event(struct sim *s)
{
	uint32_t id = 1 + rnd(s, CHANNELS), what = rnd(s, 100);
	struct peer *p = &s->peers[id];

	if (s->pipes && !rnd(s, 20))
		do_way(s, rnd(s, 2 * PIPES));
	if (p->removing)
		return;
	if (!p->up) {
		if (what < 60)
			do_up(s, p, id);
		else if (p->known && what < 80) {
			EACH(s, shard_channel_purge(shard, id));
			routes_drop(p, true);
		}
		return;
	}
	if (what < 70)
		do_batch(s, p);
	else if (what < 74)
		do_down(s, p);
	else if (what < 76)
		do_remove(s, p);
	else if (what < 84)
		do_update(s, p);
	else if (what < 90) {
		for (unsigned i = 0; i < s->shard_n; i++)
			p->wants_caught_up[i] |= p->group[i] != 0;
		EACH(s, shard_refresh(shard, id));
	} else if (what < 93) {
		EACH(s, shard_channel_mark(shard, id));
		routes_mark(p);
	} else if (what < 96) {
		EACH(s, shard_channel_purge(shard, id));
		routes_drop(p, true);
	} else {
		p->stalled = !p->stalled;
	}
}

static void
step(struct sim *s)
{
	uint64_t wait;

	s->steps++;
	for (unsigned n = rnd(s, 4); n; n--)
		do_event(s);
	for (unsigned n = rnd(s, 6); n; n--)
		shard_run(s->port[rnd(s, s->shard_n)].shard, rnd(s, 2), s->now, &wait);
	for (unsigned t = 1; t <= TABLES; t++)
		EACH(s, sim_check_sleep(s, shard_table(shard, t)));
	for (unsigned i = 1; i <= CHANNELS; i++)
		if (!s->peers[i].stalled && rnd(s, 2))
			sim_deliver(s, &s->peers[i], 1 + rnd(s, 8));
	s->now += rnd(s, 4);
}

static bool
run_one(const struct sim *s, struct shard *shard, uint64_t *wait)
{
	uint64_t at;
	bool more = shard_run(shard, false, s->now, &at);

	if (at < *wait)
		*wait = at;
	return more;
}

static void
release_sinks(struct sim *s)
{
	for (unsigned i = 1; i <= CHANNELS; i++) {
		struct peer *p = &s->peers[i];

		if (!p->up || !p->d.sink_table)
			continue;
		p->d.sink_table = 0;
		policy_take(s, p);
		EACH(s, shard_channel_update(shard, &p->d));
		policy_give(p);
	}
}

/* Runs until nothing is left to do. */
static void
settle(struct sim *s)
{
	uint64_t wait;

	release_sinks(s);

	for (unsigned n = 0; n < 100000; n++) {
		bool more = false;

		wait = UINT64_MAX;
		EACH(s, more |= run_one(s, shard, &wait));
		for (unsigned i = 1; i <= CHANNELS; i++) {
			s->peers[i].stalled = false;
			sim_deliver(s, &s->peers[i], UINT32_MAX);
		}
		if (more)
			continue;
		if (wait == UINT64_MAX)
			return;
		if (wait < s->now)
			FAIL(s, "asks to wait for the past");
		s->now = wait;
	}
	FAIL(s, "never comes to rest");
}

static void
sim_run(unsigned seed, unsigned steps)
{
	static struct sim sim;
	struct sim *s = &sim;

	sim_init(s, seed);
	while (s->steps < steps) {
		step(s);
		if (rnd(s, 60) == 0) {
			settle(s);
			sim_check(s);
		}
	}
	settle(s);
	sim_check(s);
	for (unsigned i = 1; i <= CHANNELS; i++)
		sim_clear(&s->peers[i]);
	EACH(s, shard_free(shard));
	for (unsigned i = 0; i < 2 * PIPES; i++)
		filter_unref(s->way[i].filter);
	for (unsigned i = 0; i < SETS; i++)
		attrs_unref(s->store, s->sets[i], 1);
	for (unsigned i = 0; i < NETS; i++)
		net_drop(&s->nets[i]);
	if (store_stats(s->store).sets || fake_filters_alive() || longnet_stats().nets)
		FAIL(s, "references are left");
	store_free(s->store);
	arena_free(s->arena);
}

int
main(int argc, char **argv)
{
	unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 40;
	unsigned first = argc > 2 ? (unsigned)atoi(argv[2]) : 1;

	for (unsigned i = 0; i < n; i++)
		sim_run(first + i, 300);
	printf("%u simulations agree with the model\n", n);
	return 0;
}
