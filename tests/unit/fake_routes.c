/*
 * The routes of the test's router and walks over them.
 */
#include "fake_parts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "base/wire.h"
#include "bgp/attrs.h"

struct fake_route {
	const struct table_conf *table;
	const char *net;
	const struct proto_conf *proto;
	enum dest dest;
	const char *next_hop, *via_if, *from;
	unsigned time_ms; /* since BOOT */
	bool best;
	unsigned attrs; /* which ones */
};

enum {
	ATTRS_NONE,
	ATTRS_PLAIN,
	ATTRS_RICH,
	ATTRS_INCOMPLETE,
	ATTRS_REFLECTED,
	ATTRS_LONG
};

static const struct fake_route routes[] = {
	{ &fake_master4, "10.97.0.0/16", &fake_st4, DEST_UNICAST, NULL, "vAB", NULL, 0,
	    true, ATTRS_NONE },
	{ &fake_master4, "198.51.100.0/24", &fake_c1, DEST_UNICAST, "10.1.2.2", "vAC",
	    "10.1.2.2", 208, true, ATTRS_PLAIN },
	{ &fake_master4, "198.51.100.0/24", &fake_b1, DEST_UNICAST, "10.1.1.2", "vAB",
	    "10.1.1.2", 162, false, ATTRS_INCOMPLETE },
	{ &fake_master4, "192.0.2.0/24", &fake_b1, DEST_UNICAST, "10.1.1.2", "vAB",
	    "10.1.1.2", 162, true, ATTRS_RICH },
	{ &fake_master4, "10.94.0.0/16", &fake_st4, DEST_PROHIBIT, NULL, NULL, NULL, 0,
	    true, ATTRS_NONE },
	{ &fake_master4, "10.98.0.0/16", &fake_st4, DEST_UNICAST, "10.1.1.2", "vAB", NULL,
	    0, true, ATTRS_NONE },
	{ &fake_master4, "10.99.0.0/16", &fake_st4, DEST_UNREACHABLE, NULL, NULL, NULL, 0,
	    true, ATTRS_NONE },
	{ &fake_master4, "172.16.0.0/16", &fake_c1, DEST_UNICAST, "10.98.0.7", NULL,
	    "10.1.2.2", 208, true, ATTRS_REFLECTED },
	{ &fake_master4, "198.18.0.0/15", &fake_b1, DEST_UNICAST, "10.1.1.2", "vAB",
	    "10.1.1.2", 162, true, ATTRS_LONG },
	{ &fake_master6, "2001:db8:b::/48", &fake_b1, DEST_UNICAST, "fd00:1::2", "vAB",
	    "10.1.1.2", 162, true, ATTRS_PLAIN },
	{ &fake_master6, "2001:db8::/32", &fake_st6, DEST_BLACKHOLE, NULL, NULL, NULL, 0,
	    true, ATTRS_NONE },
	{ &fake_other4, "192.0.2.0/24", &fake_b1, DEST_UNICAST, "10.1.1.2", "vAB",
	    "10.1.1.2", 162, true, ATTRS_RICH },
};

#define ROUTES (sizeof(routes) / sizeof(*routes))

static struct store *store;
static struct attrs *route_attrs[ROUTES];

static void
put_path(struct draft *d, unsigned n, const uint32_t *as)
{
	uint8_t buf[2 + 4 * 200];

	buf[0] = SEG_SEQUENCE;
	buf[1] = (uint8_t)n;
	for (unsigned i = 0; i < n; i++)
		put_u32(buf + 2 + 4 * i, as[i]);
	draft_set(d, AF_TRANSITIVE, ATTR_AS_PATH, buf, n ? 2 + 4 * n : 0);
}

static void
put_words(struct draft *d, unsigned code, unsigned n, const uint32_t *v)
{
	uint8_t buf[400 * 4];

	for (unsigned i = 0; i < n; i++)
		put_u32(buf + 4 * i, v[i]);
	draft_set(d, AF_OPTIONAL | AF_TRANSITIVE, code, buf, 4 * n);
}

#define WORDS(d, code, ...) \
	put_words(d, code, sizeof((uint32_t[]){ __VA_ARGS__ }) / 4, \
	    (uint32_t[]){ __VA_ARGS__ })

static void
put_rich(struct draft *d)
{
	static const uint8_t id[] = { 1, 2, 3, 4 };
	uint8_t bytes[40];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	put_path(d, 2, (uint32_t[]){ 65001, 64999 });
	draft_set_u32(d, ATTR_MED, 50);
	draft_set(d, AF_TRANSITIVE, ATTR_ATOMIC_AGGR, id, 0);
	WORDS(d, ATTR_AGGREGATOR, 65001, 0x01020304);
	WORDS(d, ATTR_COMMUNITY, 65001u << 16 | 100, 0xffffff01, 0xffff0000);
	WORDS(d, ATTR_EXT_COMMUNITY, 0x0002fde9, 10, 0x0003fde9, 11, 0x0102c000,
	    0x02010005, 0x02020001, 7, 0x02030001, 8, 0x030c0000, 8, 0x4004fde9, 100,
	    0x80060000, 0);
	WORDS(d, ATTR_LARGE_COMMUNITY, 65001, 1, 2);
	draft_set(d, AF_OPTIONAL, 26, "\1\0\13\0\0\0\0\0\0\0\115", 11); /* AIGP 77 */
	WORDS(d, ATTR_OTC, 65001);
	draft_set(d, AF_OPTIONAL | AF_TRANSITIVE, 99, bytes + 1, 3);
	draft_set(d, AF_OPTIONAL | AF_TRANSITIVE | AF_PARTIAL, 200, bytes, 40);
	draft_set(d, AF_OPTIONAL | AF_TRANSITIVE, 250, bytes, 0);
}

static void
put_long(struct draft *d)
{
	uint32_t v[300];

	draft_set_u8(d, ATTR_ORIGIN, ORIGIN_EGP);
	v[0] = 65001;
	for (uint32_t i = 0; i < 150; i++)
		v[i + 1] = 100000 + i;
	put_path(d, 151, v);
	for (uint32_t i = 0; i < 200; i++)
		v[i] = 65001u << 16 | i;
	put_words(d, ATTR_COMMUNITY, 200, v);
	for (uint32_t i = 0; i < 100; i++)
		v[i] = 0x01010000u | (i / 200) << 8 | i;
	put_words(d, ATTR_CLUSTER_LIST, 100, v);
	for (uint32_t i = 0; i < 100; i++) {
		v[2 * i] = 0x0002fde9;
		v[2 * i + 1] = i;
	}
	put_words(d, ATTR_EXT_COMMUNITY, 200, v);
	for (uint32_t i = 0; i < 100; i++) {
		v[3 * i] = 65001;
		v[3 * i + 1] = 1;
		v[3 * i + 2] = i;
	}
	put_words(d, ATTR_LARGE_COMMUNITY, 300, v);
}

static void
put_attrs(struct draft *d, unsigned which)
{
	if (which == ATTRS_NONE)
		return;
	draft_set_u8(
	    d, ATTR_ORIGIN, which == ATTRS_INCOMPLETE ? ORIGIN_INCOMPLETE : ORIGIN_IGP);
	draft_set_u32(d, ATTR_LOCAL_PREF, which == ATTRS_REFLECTED ? 200 : 100);
	put_path(d, which == ATTRS_INCOMPLETE, (uint32_t[]){ 65001 });
	if (which == ATTRS_RICH)
		put_rich(d);
	if (which == ATTRS_LONG)
		put_long(d);
	if (which == ATTRS_REFLECTED) {
		draft_set_u32(d, ATTR_ORIGINATOR_ID, 0x09090909);
		WORDS(d, ATTR_CLUSTER_LIST, 0x01010101, 0x02020202);
	}
}

static struct attrs *
make_attrs(struct arena *arena, const struct fake_route *r)
{
	struct draft d;
	struct ip ip;

	draft_init(&d, arena);
	d.preference = (uint16_t)r->proto->channel[0].preference;
	put_attrs(&d, r->attrs);
	if (r->next_hop && ip_parse(r->next_hop, &ip)) {
		d.next_hop.len = ip_is4(&ip) ? 4 : 16;
		memcpy(d.next_hop.b, ip.b + 16 - d.next_hop.len, d.next_hop.len);
	}
	return store_intern(store, &d);
}

void
fake_init(struct fake *f)
{
	struct arena *arena = arena_new();

	*f = (struct fake){ 0 };
	store = store_new();
	for (unsigned i = 0; i < ROUTES; i++)
		route_attrs[i] = make_attrs(arena, &routes[i]);
	arena_free(arena);
}

void
fake_fini(struct fake *f)
{
	assert(!f->walks);
	assert(!fake_model_refs);
	for (unsigned i = 0; i < ROUTES; i++)
		attrs_unref(store, route_attrs[i], 1);
	store_free(store);
}

/*
 * The walk.
 */
struct fake_walk {
	struct control *control;
	struct route_query q;
	unsigned table, pos, asked;
	bool found, told;
};

static struct fake_walk *late_walk; /* asked for, not answered yet */

void *
fake_open(void *daemon, struct control *c, const struct route_query *q)
{
	struct fake *f = daemon;
	struct fake_walk *w = MEM_NEW(struct fake_walk);

	f->control = c;
	f->walks++;
	w->control = c;
	w->q = *q;
	return w;
}

void
fake_close(void *daemon, void *walk)
{
	((struct fake *)daemon)->walks--;
	if (walk == late_walk)
		late_walk = NULL;
	mem_free(walk);
}

static bool
in_mode(const struct fake_walk *w, const struct net *net)
{
	switch (w->q.mode) {
	case ROUTES_ALL:
		return true;
	case ROUTES_NET:
		return net_equal(&w->q.net, net);
	case ROUTES_FOR:
		return net_contains(net, &w->q.net);
	case ROUTES_IN:
		return net_contains(&w->q.net, net);
	}
	return false;
}

static bool
is_wanted(const struct fake_walk *w, const struct fake_route *r, const struct net *net)
{
	if (r->table != w->q.table[w->table] || !in_mode(w, net))
		return false;
	if (w->q.primary && !r->best)
		return false;
	if (w->q.filter == &fake_where && r->attrs != ATTRS_INCOMPLETE &&
	    r->attrs != ATTRS_RICH)
		return false;
	return !w->q.protocol || w->q.protocol == r->proto;
}

static void
give_route(struct fake_walk *w, unsigned i)
{
	const struct fake_route *r = &routes[i];
	static char last[64];
	struct net net;
	struct route_record rec = {
		.net = &net,
		.proto = r->proto,
		.proto_name = r->proto->name,
		.kind = r->proto->kind == PROTO_BGP ? SOURCE_BGP : SOURCE_STATIC,
		.attrs = route_attrs[i],
		.dest = r->dest,
		.time = BOOT + r->time_ms,
		.best = r->best,
		.via_if = r->via_if,
	};

	net_parse(r->net, &net);
	if (!is_wanted(w, r, &net))
		return;
	w->found = true;
	rec.first_of_net = r->best || w->q.protocol || w->q.filter;
	snprintf(last, sizeof(last), "%s", r->net);
	if (r->from)
		ip_parse(r->from, &rec.from);
	control_route(w->control, &rec);
}

static void
give_count(struct fake_walk *w)
{
	struct count_record n = { .table = w->q.table[w->table]->name };
	struct net net;

	for (unsigned i = 0; i < ROUTES; i++) {
		net_parse(routes[i].net, &net);
		n.shown += is_wanted(w, &routes[i], &net);
		n.routes += routes[i].table == w->q.table[w->table];
		n.nets += routes[i].table == w->q.table[w->table] && routes[i].best;
	}
	control_count(w->control, &n);
}

/* One route a call: as slow as it can be. */
static void
walk_on(struct fake *f, struct fake_walk *w)
{
	if (!w->told && w->q.table_n)
		control_table(w->control, w->q.table[0]);
	w->told = true;
	if (f->endless) {
		give_route(w, 8);
	} else if (w->pos < ROUTES) {
		give_route(w, w->pos++);
	} else {
		give_count(w);
		w->pos = 0;
		if (++w->table == w->q.table_n) {
			control_routes_end(w->control, w->found);
			return;
		}
		control_table(w->control, w->q.table[w->table]);
	}
	control_routes_pause(w->control);
}

void
fake_next(void *daemon, void *walk, unsigned max)
{
	struct fake *f = daemon;

	assert(max);
	f->asked++;
	if (f->late)
		late_walk = walk;
	else
		walk_on(f, walk);
}

void
fake_answer(struct fake *f)
{
	struct fake_walk *w = late_walk;

	late_walk = NULL;
	if (w)
		walk_on(f, w);
}
