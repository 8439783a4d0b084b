/*
 * Simulation of shards: random channels, routes and faults against the reference model, with
 * networks of IPv4, IPv6 or flows, in tables with and without pipes between them.
 * Each shard has its part of the networks and is behind with its work by an amount of its
 * own; what members hold and what is counted is the sum of all.
 *
 * Members take their segments when the simulation lets them, some late or not for long;
 * what each holds at the end is compared with what the model says, byte by byte.
 *
 *   sim_rib [seeds [first seed]]
 */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/longnet.h"
#include "base/mem.h"
#include "base/wire.h"
#include "fake_filter.h"
#include "rib/follow.h"

#define CHANNELS 9
#define NETS	 120
#define SETS	 40
#define IDS	 2 /* path ids that a channel uses */
#define QUEUE	 8192
#define SHARDS	 4
#define TABLES	 3
#define PIPES	 2 /* between tables that follow each other, each with two channels */
#define BYTES	 512
#define PATHS	 (CHANNELS * IDS + 14) /* a peer may hold some old ones, too */

struct rx_route {
	bool held;
	uint32_t id;
	size_t len;
	uint8_t attrs[BYTES];
	struct next_hop next_hop;
};

struct peer {
	struct channel_desc d;
	bool known, up, stalled;
	unsigned removing; /* shards that still know it */
	bool wants_caught_up[SHARDS];
	unsigned walks[SHARDS]; /* to another table, not reported yet */
	uint32_t group[SHARDS];
	int routes[IDS][NETS]; /* by path id; set, -1: none */
	bool stale[IDS][NETS];
	struct rx_route rx[NETS][PATHS]; /* without add-path: the first */
	struct segment *queue[QUEUE];
	unsigned head, tail;
	uint64_t queued;
};

/* One way through a pipe, and the filter there. */
struct way {
	struct channel_desc d;
	struct filter *filter;
	bool up;
};

/* What a shard's callbacks are given. */
struct port {
	struct sim *sim;
	unsigned index;
	struct shard *shard;
};

struct sim {
	unsigned seed;
	uint64_t rng, now;
	enum family family;
	bool statics, pipes;
	struct way way[2 * PIPES];
	struct attrs *made[1024]; /* by filters of pipes, for a comparison */
	unsigned made_n;
	struct store *store;
	struct arena *arena;
	struct port port[SHARDS];
	unsigned shard_n;
	struct net nets[NETS];
	struct attrs *sets[SETS];
	struct peer peers[CHANNELS + 1];
	unsigned steps, trims;
};

static uint32_t
rnd(struct sim *s, uint32_t n)
{
	s->rng = s->rng * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((s->rng >> 33) % n);
}

#define FAIL(s, ...)                                                                     \
	do {                                                                             \
		fprintf(stderr, "seed %u step %u: ", (s)->seed, (s)->steps);             \
		fprintf(stderr, __VA_ARGS__);                                            \
		fputc('\n', stderr);                                                     \
		abort();                                                                 \
	} while (0)

/*
 * Receiving.
 */
static enum net_type
table_type(const struct sim *s)
{
	return family_info(s->family)->net_type;
}

/* The next one on the wire: -1, it is none of ours. */
static int
rx_net(const struct sim *s, struct wire *w)
{
	bool flow = s->family == FAM_FLOW4;
	uint8_t len = wire_u8(w);
	size_t octets = flow ? len : (len + 7u) / 8;
	const uint8_t *key = wire_take(w, octets);
	struct net n = { .type = (uint8_t)table_type(s), .plen = len };

	if (!key && octets)
		return -1;
	if (flow)
		n = net_long(NET_FLOW4, key, len);
	else if (octets)
		memcpy(n.key, key, octets);
	for (int i = 0; i < NETS; i++)
		if (net_equal(&n, &s->nets[i]))
			return i;
	return -1;
}

static struct rx_route *
rx_slot(struct sim *s, struct peer *p, unsigned net, uint32_t id)
{
	struct rx_route *free_one = NULL;

	for (unsigned i = 0; i < PATHS; i++) {
		if (p->rx[net][i].held && p->rx[net][i].id == id)
			return &p->rx[net][i];
		if (!p->rx[net][i].held && !free_one)
			free_one = &p->rx[net][i];
	}
	if (!free_one)
		FAIL(s, "channel %u is left with paths of net %u", p->d.id, net);
	free_one->id = id;
	return free_one;
}

static void
rx_nlri(struct sim *s, struct peer *p, struct wire w, bool add_path, const uint8_t *attrs,
    size_t len, const struct next_hop *nh)
{
	while (wire_left(&w) && !w.bad) {
		uint32_t id = add_path ? wire_u32(&w) : 1;
		int i = rx_net(s, &w);
		struct rx_route *r;

		if (i < 0)
			FAIL(s, "channel %u is sent a network of nobody", p->d.id);
		r = rx_slot(s, p, (unsigned)i, id);
		r->held = attrs;
		if (!attrs)
			continue;
		if (len > BYTES)
			FAIL(s, "attributes too long for the test");
		r->len = len;
		memcpy(r->attrs, attrs, len);
		r->next_hop = *nh;
	}
	if (w.bad)
		FAIL(s, "malformed NLRI");
}

static void
rx_message(struct sim *s, struct peer *p, const uint8_t *body, size_t n)
{
	struct wire w = wire_init(body, n);
	struct wire gone = wire_sub(&w, wire_u16(&w));
	struct wire attrs = wire_sub(&w, wire_u16(&w)), mp = attrs, nlri;
	struct next_hop nh = { 0 };
	unsigned code = 0;
	bool ap = p->d.add_path_tx;

	if (gone.bad || attrs.bad || n > (p->d.ext_msg ? 65535u : 4096u) - 19)
		FAIL(s, "malformed message");
	rx_nlri(s, p, gone, ap, NULL, 0, NULL);
	if (s->family == FAM_IP4) {
		rx_nlri(s, p, w, ap, attrs.pos, wire_left(&attrs), &nh);
		return;
	}
	wire_u8(&mp);
	code = wire_u8(&mp);
	nlri = wire_sub(&mp, wire_u16(&mp));
	wire_u16(&nlri);
	wire_u8(&nlri);
	if (code == ATTR_MP_UNREACH) {
		rx_nlri(s, p, nlri, ap, NULL, 0, NULL);
		return;
	}
	if (code != ATTR_MP_REACH)
		FAIL(s, "MP_REACH is not first");
	nh.len = wire_u8(&nlri);
	memcpy(nh.b, wire_take(&nlri, nh.len), nh.len);
	wire_u8(&nlri);
	rx_nlri(s, p, nlri, ap, mp.pos, wire_left(&mp), &nh);
}

static void
rx_bytes(struct sim *s, struct peer *p, const uint8_t *b, size_t n)
{
	while (n) {
		size_t len = n >= 19 ? get_u16(b + 16) : 0;

		if (len < 19 || len > n)
			FAIL(s, "a run does not hold whole messages");
		rx_message(s, p, b + 19, len - 19);
		b += len;
		n -= len;
	}
}

static void
rx_segment(struct sim *s, struct peer *p, const struct segment *seg)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < seg->run_n; i++) {
		if (seg->runs[i].source != p->d.id)
			rx_bytes(s, p, seg->bytes + at, seg->runs[i].end - at);
		at = seg->runs[i].end;
	}
	if (at != seg->len)
		FAIL(s, "runs do not cover the segment");
}

static void
queue_push(struct sim *s, struct peer *p, struct segment *seg)
{
	if (p->tail - p->head == QUEUE)
		FAIL(s, "queue of channel %u grows without bound", p->d.id);
	p->queue[p->tail++ % QUEUE] = seg;
	p->queued += seg->len;
}

static void
deliver(struct sim *s, struct peer *p, unsigned n)
{
	for (; n && p->head != p->tail; n--) {
		struct segment *seg = p->queue[p->head++ % QUEUE];

		rx_segment(s, p, seg);
		p->queued -= seg->len;
		segment_unref(seg);
	}
}

static void
queue_clear(struct peer *p)
{
	while (p->head != p->tail)
		segment_unref(p->queue[p->head++ % QUEUE]);
	p->queued = 0;
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
			queue_push(s, &s->peers[i], seg);
		}
	segment_unref(seg);
}

static void
on_unicast(void *ctx, uint32_t channel, struct segment *seg)
{
	struct sim *s = ((struct port *)ctx)->sim;

	if (!s->peers[channel].up)
		FAIL(s, "channel %u is down and sent to", channel);
	queue_push(s, &s->peers[channel], seg);
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

/* A call of every shard. */
#define EACH(s, call)                                                                    \
	do {                                                                             \
		for (unsigned each = 0; each < (s)->shard_n; each++) {                   \
			struct shard *shard = (s)->port[each].shard;                     \
                                                                                         \
			call;                                                            \
		}                                                                        \
	} while (0)

static unsigned
shard_of_net(const struct sim *s, unsigned net)
{
	return net / 3 % s->shard_n;
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
			shard_table_add(p->shard, k, table_type(s));
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
	queue_clear(p);
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
	queue_clear(p);
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

			batch_add(b[shard_of_net(s, i)],
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

/* Nothing is left to do for who sleeps. */
static void
check_sleep(struct sim *s, const struct rib_table *t)
{
	if (!t->awake && !table_quiet(t))
		FAIL(s, "table %u sleeps with work to do", t->id);
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
		EACH(s, check_sleep(s, shard_table(shard, t)));
	for (unsigned i = 1; i <= CHANNELS; i++)
		if (!s->peers[i].stalled && rnd(s, 2))
			deliver(s, &s->peers[i], 1 + rnd(s, 8));
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
			deliver(s, &s->peers[i], UINT32_MAX);
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

/*
 * The comparison.
 */
static void
dump(const char *what, const uint8_t *b, size_t n)
{
	fprintf(stderr, "%s:", what);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, " %02x", b[i]);
	fputc('\n', stderr);
}

static bool
route_is(const struct sim *s, const struct rx_route *r, const uint8_t *due, size_t len,
    const struct next_hop *nh)
{
	if (!r->held || r->len != len || memcmp(r->attrs, due, len) != 0)
		return false;
	return s->family == FAM_IP4 || (r->next_hop.len == nh->len &&
			     memcmp(r->next_hop.b, nh->b, nh->len) == 0);
}

/* Each path is held once; equal ones may stand for one another. */
static void
check_path(struct sim *s, const struct peer *p, unsigned i, const struct model_path *path,
    bool *seen)
{
	struct next_hop nh = { 0 };
	uint8_t buf[BYTES];
	size_t len;

	arena_reset(s->arena);
	len = model_export(
	    s->store, s->arena, &p->d, path, &s->nets[i], buf, sizeof(buf), &nh);
	if (!len)
		return;
	for (unsigned k = 0; k < PATHS; k++)
		if (!seen[k] && route_is(s, &p->rx[i][k], buf, len, &nh)) {
			seen[k] = true;
			return;
		}
	for (unsigned k = 0; k < PATHS; k++)
		if (p->rx[i][k].held)
			dump("held", p->rx[i][k].attrs, p->rx[i][k].len);
	dump("due ", buf, len);
	FAIL(s, "channel %u does not hold net %u of %u", p->d.id, i, path->source->id);
}

/* The one that a channel without add-path is told, if it may have it. */
static int
due_path(struct sim *s, const struct peer *p, unsigned i, const struct model_path *paths,
    unsigned n, int best)
{
	struct model_path left[(CHANNELS + 1) * IDS];
	struct next_hop nh = { 0 };
	uint8_t buf[BYTES];

	memcpy(left, paths, n * sizeof(*left));
	for (; p->d.secondary && best >= 0; best = model_best(left, n)) {
		arena_reset(s->arena);
		if (model_export(s->store, s->arena, &p->d, &left[best], &s->nets[i], buf,
			sizeof(buf), &nh))
			break;
		left[best].attrs = NULL;
	}
	return best;
}

static void
check_routes(struct sim *s, const struct peer *p, unsigned i,
    const struct model_path *paths, unsigned n, int best)
{
	bool seen[PATHS] = { false };

	best = due_path(s, p, i, paths, n, best);
	for (unsigned k = 0; k < n; k++)
		if (paths[k].attrs && (p->d.add_path_tx || (int)k == best))
			check_path(s, p, i, &paths[k], seen);
	for (unsigned k = 0; k < PATHS; k++)
		if (p->rx[i][k].held && !seen[k])
			FAIL(s, "channel %u holds net %u, id %u: should not", p->d.id, i,
			    p->rx[i][k].id);
}

static void
check_counts(struct sim *s, const struct peer *p, const unsigned *preferred)
{
	struct channel_counts c = { 0 }, part;
	uint64_t imported = 0, stale = 0, exported = 0;

	for (unsigned i = 0; i < s->shard_n; i++) {
		shard_channel_counts(s->port[i].shard, p->d.id, &part);
		c.imported += part.imported;
		c.stale += part.stale;
		c.preferred += part.preferred;
		c.exported += part.exported;
	}
	for (unsigned i = 0; i < NETS; i++) {
		for (unsigned k = 0; k < IDS; k++) {
			imported += p->routes[k][i] >= 0;
			stale += p->stale[k][i];
		}
		for (unsigned k = 0; k < PATHS; k++)
			exported += p->up && p->rx[i][k].held;
	}
	if (c.imported != imported || c.stale != stale ||
	    c.preferred != preferred[p->d.id] || c.exported != exported)
		FAIL(s,
		    "counts of channel %u: imported %lu/%lu stale %lu/%lu preferred "
		    "%lu/%u "
		    "exported %lu/%lu",
		    p->d.id, (unsigned long)c.imported, (unsigned long)imported,
		    (unsigned long)c.stale, (unsigned long)stale,
		    (unsigned long)c.preferred, preferred[p->d.id],
		    (unsigned long)c.exported, (unsigned long)exported);
}

static void
on_path(void *ctx, const struct path_view *v, unsigned n)
{
	(void)ctx;
	for (unsigned i = 0; i < n; i++)
		fprintf(stderr,
		    "  channel %u set %u lp %u len %u origin %u med %u/%u as %u id %u/%u "
		    "clusters %u pref %u\n",
		    v[i].channel, v[i].attrs->id, v[i].attrs->local_pref,
		    v[i].attrs->path_len, v[i].attrs->origin, v[i].attrs->med,
		    v[i].attrs->has, v[i].attrs->neighbor_as, v[i].attrs->originator,
		    ((const struct sim *)ctx)->peers[v[i].channel].d.med_metric,
		    v[i].attrs->cluster_count, v[i].attrs->preference);
}

/* What becomes of a path on its way through the pipes between two tables; NULL: nothing. */
static struct attrs *
piped(struct sim *s, struct attrs *a, unsigned net, unsigned from, unsigned to)
{
	while (a && from != to) {
		struct way *w = &s->way[from < to ? 2 * (from - 1) : 2 * (from - 2) + 1];
		bool changed;
		struct draft d;

		if (!w->up)
			return NULL;
		arena_reset(s->arena);
		draft_from(&d, s->arena, a);
		if (filter_run(w->filter, &s->nets[net], &d, &(struct route_source){ 0 },
			&changed) != FILTER_ACCEPT)
			return NULL;
		if (changed) {
			if (s->made_n == sizeof(s->made) / sizeof(*s->made))
				FAIL(s, "too many sets made");
			a = s->made[s->made_n++] = store_intern(s->store, &d);
		}
		from += from < to ? 1 : -1u;
	}
	return a;
}

static void
made_drop(struct sim *s)
{
	while (s->made_n)
		attrs_unref(s->store, s->made[--s->made_n], 1);
}

/* The table's best path is the model's? */
static void
check_best(struct sim *s, unsigned table, unsigned i, int best)
{
	struct walk w = { .table = table, .mode = WALK_NET, .net = s->nets[i] };
	struct shard *shard = s->port[shard_of_net(s, i)].shard;
	const struct rib_table *t = shard_table(shard, table);
	uint32_t node = table_find(&t->t, &s->nets[i], table_hash(&t->t, &s->nets[i]));

	if (best >= 0 && node &&
	    pipe_root(shard, node_paths(&t->t, table_node(&t->t, node))->channel) ==
		(uint32_t)best)
		return;
	if (best < 0 && !node)
		return;
	shard_walk(shard, &w, 1, on_path, s);
	FAIL(s, "the best path of net %u should be of channel %d", i, best);
}

/* At rest no two groups have the same key: they have merged. */
static void
check_groups(struct sim *s, const struct shard *shard, unsigned table)
{
	const struct rib_table *t = shard_table(shard, table);

	for (uint32_t i = 0; i < t->group_n; i++)
		for (uint32_t j = 0; j < i; j++)
			if (memcmp(&t->groups[i]->key, &t->groups[j]->key,
				sizeof(struct sink)) == 0)
				FAIL(s, "groups %u and %u have not merged: told %lu and "
					"%lu, lag %u and %u", t->groups[i]->id,
				    t->groups[j]->id, (unsigned long)t->groups[i]->adv_n,
				    (unsigned long)t->groups[j]->adv_n,
				    t->groups[i]->lag_n, t->groups[j]->lag_n);
}

static void
check_net(struct sim *s, unsigned table, unsigned i, unsigned *preferred, unsigned *nets)
{
	struct model_path paths[(CHANNELS + 1) * IDS] = { 0 };
	int best;

	for (unsigned j = IDS; j < (CHANNELS + 1) * IDS; j++) {
		const struct peer *p = &s->peers[j / IDS];

		if (p->routes[j % IDS][i] >= 0)
			paths[j] = (struct model_path){
				piped(s, s->sets[p->routes[j % IDS][i]], i, p->d.table,
				    table),
				&p->d, 0 };
	}
	best = model_best(paths, (CHANNELS + 1) * IDS);
	check_best(s, table, i, best < 0 ? -1 : best / IDS);
	if (best >= 0) {
		preferred[best / IDS] += s->peers[best / IDS].d.table == table;
		++*nets;
	}
	for (unsigned j = 1; j <= CHANNELS; j++) {
		struct peer *p = &s->peers[j];

		if (!p->up || p->d.table != table || p->d.kind != SOURCE_BGP)
			continue;
		/* what the peer was last told to use as export */
		p->d.export = s->port[0].shard->channels[j]->d.export;
		p->d.targets = s->port[0].shard->channels[j]->d.targets;
		check_routes(s, p, i, paths, (CHANNELS + 1) * IDS, best);
	}
	made_drop(s);
}

static void
check_table(struct sim *s, unsigned table, unsigned *preferred)
{
	struct table_counts tc;
	uint64_t held = 0;
	unsigned nets = 0;

	for (unsigned i = 0; i < NETS; i++)
		check_net(s, table, i, preferred, &nets);
	EACH(s, check_groups(s, shard, table));
	EACH(s, check_sleep(s, shard_table(shard, table)));
	EACH(s, (shard_table_counts(shard, table, &tc), held += tc.nets));
	if (held != nets)
		FAIL(s, "%lu networks, should be %u", (unsigned long)held, nets);
}

static void
check(struct sim *s)
{
	unsigned preferred[CHANNELS + 1] = { 0 };

	for (unsigned t = 1; t <= TABLES; t++)
		check_table(s, t, preferred);
	for (unsigned j = 1; j <= CHANNELS; j++) {
		for (unsigned i = 0; i < s->shard_n; i++) {
			if (s->peers[j].wants_caught_up[i])
				FAIL(s, "channel %u was never told to have caught up", j);
			if (s->peers[j].walks[i])
				FAIL(s, "channel %u is still on its way", j);
		}
		if (s->peers[j].known)
			check_counts(s, &s->peers[j], preferred);
	}
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
			check(s);
		}
	}
	settle(s);
	check(s);
	for (unsigned i = 1; i <= CHANNELS; i++)
		queue_clear(&s->peers[i]);
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
