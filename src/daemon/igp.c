/*
 * Next hops: the longest match among routes that are not BGP's, followed until it ends on
 * a link.
 */
#include "daemon/igp.h"

#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/driver.h"
#include "daemon/ifaces.h"
#include "rib/table.h"

enum { DEPTH = 8, SETTLE_MS = 20 };

struct igp {
	struct runtime *rt;
	char *table;
	unsigned users;
	uint32_t channel;
	struct table nets;
	struct slab attrs; /* struct attrs *, by node */
	struct igp *next;
};

static struct attrs **
slot(const struct igp *g, uint32_t node)
{
	return (struct attrs **)(void *)g->attrs.mem + node;
}

/*
 * What is followed.
 */
static void
net_set(struct igp *g, const struct net *net, struct attrs *a)
{
	uint64_t hash = table_hash(&g->nets, net);
	uint32_t node = a ? table_get(&g->nets, net, hash)
			  : table_find(&g->nets, net, hash);

	if (!node)
		return;
	slab_fit(&g->attrs, (size_t)g->nets.node_end * sizeof(struct attrs *));
	if (a)
		attrs_ref(a, 1);
	attrs_unref(g->rt->daemon->store, *slot(g, node), 1);
	*slot(g, node) = a;
	if (!a)
		table_del(&g->nets, node);
}

static void
on_settled(void *ctx)
{
	struct runtime *rt = ctx;

	timer_at(rt->igp_timer, UINT64_MAX);
	runtime_links(rt);
}

bool
igp_follow(struct runtime *rt, struct batch *b)
{
	struct igp *g = rt->igps;

	while (g && g->channel != b->channel)
		g = g->next;
	if (!g)
		return false;
	for (uint32_t i = 0; i < b->run_n; i++)
		for (uint32_t k = 0; k < b->runs[i].n; k++)
			net_set(g, &b->entries[b->runs[i].first + k].net, b->runs[i].attrs);
	batch_free(b, rt->daemon->store);
	if (!rt->igp_timer)
		rt->igp_timer = timer_new(rt->loop, on_settled, rt);
	timer_at(rt->igp_timer, clock_mono_ms() + SETTLE_MS);
	return true;
}

/*
 * Life.
 */
static void
channel_up(struct igp *g)
{
	struct channel_desc d = {
		.id = g->channel,
		.table = runtime_table_id(g->rt, g->table),
		.family = g->nets.type == NET_IP4 ? FAM_IP4 : FAM_IP6,
		.kind = SOURCE_KERNEL,
		.name = "next hops",
		.sink = SINK_FOLLOW,
		.no_bgp = true,
		.export = filter_accept(),
	};

	feeder_up(g->rt, &d);
	filter_unref(d.export);
}

struct igp *
igp_get(struct runtime *rt, const char *table)
{
	const struct table_conf *t = model_table(rt->model, table);
	struct igp *g = rt->igps;

	while (g && strcmp(g->table, table) != 0)
		g = g->next;
	if (!g) {
		g = MEM_NEW(struct igp);
		g->rt = rt;
		g->table = mem_strdup(table);
		table_init(&g->nets, t->type);
		g->channel = runtime_channel_new(rt);
		g->next = rt->igps;
		rt->igps = g;
		channel_up(g);
	}
	g->users++;
	return g;
}

static void
igp_free(struct igp *g)
{
	for (uint32_t i = 1; i < g->nets.node_end; i++)
		if (table_node(&g->nets, i)->flags & NODE_USED)
			attrs_unref(g->rt->daemon->store, *slot(g, i), 1);
	table_fini(&g->nets);
	slab_free(&g->attrs);
	mem_free(g->table);
	mem_free(g);
}

void
igp_put(struct runtime *rt, struct igp *g)
{
	struct igp **at = &rt->igps;

	if (--g->users)
		return;
	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	runtime_channel_remove(rt, g->channel);
	igp_free(g);
}

void
igp_free_all(struct runtime *rt)
{
	while (rt->igps) {
		struct igp *g = rt->igps;

		rt->igps = g->next;
		igp_free(g);
	}
	timer_free(rt->igp_timer);
	rt->igp_timer = NULL;
}

/*
 * Resolving.
 */
static bool
on_a_link(const struct runtime *rt, const struct ip *ip, struct khop *out)
{
	const struct iface *i = ifaces_onlink(rt->ifaces, ip);

	if (i)
		*out = (struct khop){ .via = *ip, .oif = i->index, .weight = 1 };
	return i != NULL;
}

/* Our networks have no paths, which table_match would ask for. */
static const struct attrs *
route_to(const struct igp *g, const struct ip *ip)
{
	unsigned full = ip_is4(ip) ? 32 : 128;

	if ((g->nets.type == NET_IP4) != ip_is4(ip))
		return NULL;
	for (unsigned plen = full + 1; plen--;) {
		struct net net = net_from_ip(ip, (uint8_t)plen);
		uint32_t node;

		if (!g->nets.plen_n[plen])
			continue;
		node = table_find(&g->nets, &net, table_hash(&g->nets, &net));
		if (node)
			return *slot(g, node);
	}
	return NULL;
}

static unsigned
oif_of(const struct igp *g, const struct hop *h)
{
	const struct iface *i = ifaces_by_name(g->rt->ifaces, h->ifname);

	return i ? i->index : 0;
}

bool
igp_resolve(const struct igp *g, const struct ip *ip, struct khop *out)
{
	struct ip at = *ip;
	struct hop h;

	for (unsigned depth = 0; depth < DEPTH; depth++) {
		const struct attrs *a;

		if (on_a_link(g->rt, &at, out))
			return true;
		a = route_to(g, &at);
		if (!a || attrs_dest(a) != DEST_UNICAST || !attrs_hops(a, &h, 1))
			return false;
		if (h.ifname[0]) {
			*out = (struct khop){
				.via = ip_is_none(&h.via) ? at : h.via,
				.oif = oif_of(g, &h),
				.onlink = h.onlink,
				.weight = 1,
			};
			return out->oif != 0;
		}
		if (ip_equal(&h.via, &at))
			return false;
		at = h.via;
	}
	return false;
}

static bool
is_ours(const struct runtime *rt, const struct ip *ip)
{
	const struct iface *i = ifaces_onlink(rt->ifaces, ip);

	for (unsigned k = 0; i && k < i->addr_n; k++)
		if (ip_equal(&i->addr[k].ip, ip))
			return true;
	return false;
}

/* Fills in what the route leaves open; false: its hop is on no link. */
static bool
complete(const struct igp *g, const struct ip *ip, struct hop *h)
{
	const struct iface *i;

	if (ip_is_none(&h->via))
		h->via = *ip;
	if (h->ifname[0])
		return true;
	i = ifaces_onlink(g->rt->ifaces, &h->via);
	if (i)
		memcpy(h->ifname, i->name, HOP_IFNAME);
	return i != NULL;
}

enum dest
igp_lookup(const struct igp *g, const struct ip *ip, struct hop *h, unsigned max,
    unsigned *n)
{
	const struct attrs *a = route_to(g, ip);
	unsigned all, i;

	*n = 0;
	if (!a || !g->rt->ifaces || is_ours(g->rt, ip))
		return DEST_UNREACHABLE;
	all = attrs_hops(a, h, max);
	if (all && h[0].recursive)
		return DEST_UNREACHABLE;
	if (attrs_dest(a) != DEST_UNICAST)
		return attrs_dest(a);
	for (i = 0; i < all; i++)
		if (complete(g, ip, &h[i]))
			h[(*n)++] = h[i];
	return *n ? DEST_UNICAST : DEST_UNREACHABLE;
}
