/*
 * `show route`: one route of a slice, held against the query's filter and described with
 * what is looked up for it: its link, the way to its next hop, whether the kernel takes
 * it.
 */
#include "daemon/routesimpl.h"

#include <ifaddrs.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bgp/hops.h"
#include "daemon/driver.h"
#include "daemon/igp.h"
#include "daemon/links.h"
#include "filter/local.h"
#include "rib/decide.h"

static unsigned
mask_len(const struct sockaddr *mask)
{
	struct sockaddr_storage ss;
	const uint8_t *p;
	unsigned n = 0, len;

	if (!mask)
		return 0;
	memset(&ss, 0, sizeof(ss));
	memcpy(&ss, mask, mask->sa_family == AF_INET ? 16 : 28);
	p = (const uint8_t *)&ss + (mask->sa_family == AF_INET ? 4 : 8);
	len = mask->sa_family == AF_INET ? 4 : 16;
	for (unsigned i = 0; i < len; i++)
		n += (unsigned)__builtin_popcount(p[i]);
	return n;
}

/* They stay while the model is the running one. */
void
walk_kernels_load(struct route_walk_state *w)
{
	const struct runtime *rt = w->v->rt;

	for (unsigned i = 0; i < rt->run_n; i++) {
		const struct proto_conf *p = rt->run[i]->conf;

		if (p->kind != PROTO_KERNEL || !p->channel_n)
			continue;
		w->kernel = mem_realloc(
		    w->kernel, (w->kernel_n + 1) * sizeof(struct run *));
		w->kernel[w->kernel_n++] = rt->run[i];
	}
}

void
walk_links_load(struct route_walk_state *w)
{
	struct ifaddrs *all, *i;

	if (getifaddrs(&all) < 0)
		return;
	for (i = all; i; i = i->ifa_next) {
		struct ip ip;
		uint16_t port;
		struct walk_link *l;

		if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) ||
		    !ip_from_sockaddr(i->ifa_addr, &ip, &port))
			continue;
		w->link = mem_realloc(w->link, (w->link_n + 1) * sizeof(*w->link));
		l = &w->link[w->link_n++];
		memset(l, 0, sizeof(*l));
		strncpy(l->name, i->ifa_name, sizeof(l->name) - 1);
		l->net = net_from_ip(&ip, mask_len(i->ifa_netmask));
	}
	freeifaddrs(all);
}

static const char *
link_of(const struct route_walk_state *w, const struct ip *nh)
{
	struct net host = net_from_ip(nh, ip_is4(nh) ? 32 : 128);

	for (unsigned i = 0; i < w->link_n; i++)
		if (net_contains(&w->link[i].net, &host))
			return w->link[i].name;
	return NULL;
}

/* The query's own filter: shown are accepted routes, as it leaves them. */
bool
walk_accepts(
    struct route_walk_state *w, struct route_copy *c, const struct proto_conf *proto)
{
	struct arena *arena;
	struct route_source source = { .proto = proto ? proto->name : "",
		.links = links_filter(w->v->rt->daemon->links) };
	struct attrs *old = c->attrs;
	struct draft d;
	bool changed = false, ok;

	if (!w->query.filter)
		return true;
	arena = arena_new();
	if (proto && proto->kind == PROTO_BGP)
		source.from = proto->bgp.remote_ip;
	source.source = rib_route_source(proto_source(proto));
	draft_from(&d, arena, old);
	ok = filter_run(w->query.filter, &c->net, &d, &source, &changed) == FILTER_ACCEPT;
	if (ok && changed) {
		c->attrs = store_intern(w->v->rt->daemon->store, &d);
		attrs_unref(w->v->rt->daemon->store, old, 1);
	}
	arena_free(arena);
	return ok && c->attrs;
}

/* The kernel was to have the route, and does not take it. */
static bool
is_refused(const struct route_walk_state *w, const struct route_copy *c)
{
	const char *table = w->table[w->at]->name;

	if (!c->best || w->query.filtered || w->v->rt->model != w->model)
		return false;
	for (unsigned i = 0; i < w->kernel_n; i++)
		if (strcmp(w->kernel[i]->conf->channel[0].table->name, table) == 0 &&
		    kernels_lacks(w->kernel[i], &c->net))
			return true;
	return false;
}

/* Where the next hop of a route of BGP leads. */
static void
show_way(const struct route_walk_state *w, struct route_record *r, const struct ip *ip,
    struct hop *way, unsigned max)
{
	const struct proto_conf *p = r->proto;
	const struct channel_conf *c = NULL;
	struct igp_way found;
	struct attr own;
	struct ip ll;

	for (unsigned i = 0; i < p->channel_n && !c; i++)
		if (p->channel[i].table->type == r->net->type)
			c = &p->channel[i];
	if (!c)
		return;
	r->metric = c->cost;
	if (r->attrs->local_len && attrs_find(r->attrs, LOCAL_HOPS, &own))
		return; /* set by a filter, or on the session's link */
	r->looked_up = igp_show(w->v->rt, p, c, ip, way, max, &found);
	if (r->looked_up) {
		r->dest = found.dest;
		r->metric = found.metric;
		r->way = way;
		r->way_n = found.n;
		if (found.n == 1 && ip_equal(&way->via, ip) &&
		    attrs_link_local(r->attrs, &ll))
			way->via = ll;
	}
	r->aigp = contender_aigp(&(struct contender){ .attrs = r->attrs,
	    .metric = r->metric,
	    .unreachable = r->dest == DEST_UNREACHABLE });
	r->has_aigp = r->aigp != AIGP_NONE;
}

/* As a filter has set it. */
static void
from_filter(const struct attrs *a, struct ip *from)
{
	struct attr at;
	struct val v;

	if (attrs_find(a, filter_local_code("from"), &at) &&
	    local_read(&at, VAL_IP, 0, &v))
		*from = v.ip;
}

void
walk_give(struct route_walk_state *w, struct route_copy *c,
    const struct proto_conf *proto, bool first)
{
	struct hop way[HOPS_MAX];
	struct next_hop nh = attrs_next_hop(c->attrs);
	struct ip hop = nh.len ? next_hop_ip(&nh) : ip_none;
	struct hop first_hop;
	struct route_record r = {
		.net = &c->net,
		.first_of_net = first,
		.proto = proto,
		.proto_name = proto ? proto->name : "?",
		.kind = proto_source(proto),
		.attrs = c->attrs,
		.best = c->best,
		.stale = c->stale,
		.refused = is_refused(w, c),
		.path_id = c->path_id,
		.time = clock_wall_of(
		    w->v->rt->daemon->start_ms + ROUTE_TIME_MS(c->time)),
		.via_if = nh.len ? link_of(w, &hop) : NULL,
	};

	if (r.kind == SOURCE_BGP && proto)
		r.from = proto->bgp.remote_ip;
	if (c->attrs->local_len)
		from_filter(c->attrs, &r.from);
	r.dest = attrs_dest(c->attrs);
	if (!net_is_led(c->net.type) && r.dest != DEST_UNREACHABLE) /* an invalid flow */
		r.dest = DEST_NONE;
	if (c->attrs->local_len && attrs_hops(c->attrs, &first_hop, 1) &&
	    first_hop.ifname[0])
		r.via_if = first_hop.ifname;
	if (r.kind == SOURCE_BGP && proto && nh.len && r.dest == DEST_UNICAST)
		show_way(w, &r, &hop, way, HOPS_MAX);
	control_route(w->control, &r);
}
