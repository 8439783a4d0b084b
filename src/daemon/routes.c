/*
 * `show route`: walks the tables slice by slice.  A slice is copied out of the shard
 * between two of its own, then filtered and given to the control session here.
 */
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/longnet.h"
#include "base/mem.h"
#include "base/wire.h"
#include "bgp/hops.h"
#include "daemon/driver.h"
#include "daemon/igp.h"
#include "daemon/links.h"
#include "daemon/shardthread.h"
#include "daemon/viewsimpl.h"
#include "filter/local.h"
#include "rib/adjin.h"
#include "rib/decide.h"

struct copy {
	struct net net;      /* held */
	struct attrs *attrs; /* one reference */
	uint32_t channel, path_id, time;
	bool best, stale;
	/* For the channel whose export is asked for: */
	uint8_t verdict; /* of shard_export_verdict */
	bool candidate, sent;
};

struct link {
	char name[IF_NAMESIZE];
	struct net net;
};

struct route_walk_state {
	struct views *v;
	struct control *control;
	struct route_query query;
	const struct model *model; /* the one the query speaks of; a reference */
	const struct table_conf **table;
	unsigned table_n, at;
	bool opened;
	unsigned shard;
	struct walk walk;
	uint32_t export_channel;
	struct table_conf import; /* how an import or export table is shown */
	struct kept_look look;
	unsigned run_at; /* `filtered`: whose channels are looked at */
	struct copy *copy;
	unsigned copy_n, copy_cap;
	struct count_record count;
	bool net_found;
	struct link *link;
	unsigned link_n;
	unsigned static_at; /* where the last static route was found */
	const struct run **kernel; /* protocols that bring routes to a kernel's table */
	unsigned kernel_n;
};

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
static void
kernels_load(struct route_walk_state *w)
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

static void
links_load(struct route_walk_state *w)
{
	struct ifaddrs *all, *i;

	if (getifaddrs(&all) < 0)
		return;
	for (i = all; i; i = i->ifa_next) {
		struct ip ip;
		uint16_t port;
		struct link *l;

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

void *
views_routes_open(struct views *v, struct control *c, const struct route_query *q)
{
	struct route_walk_state *w = MEM_NEW(struct route_walk_state);
	unsigned n = 0;

	w->v = v;
	w->control = c;
	w->query = *q;
	net_hold(&w->query.net); /* tables find long networks by the pointer */
	w->model = v->rt->model;
	model_ref(w->model);
	w->table_n = q->all_tables ? w->model->table_n : q->table_n;
	w->table = MEM_ARRAY(const struct table_conf *, w->table_n);
	for (unsigned i = 0; i < w->table_n; i++)
		w->table[n++] = q->all_tables ? w->model->table[i] : q->table[i];
	links_load(w);
	kernels_load(w);
	return w;
}

static void
copy_drop(struct route_walk_state *w, struct copy *c)
{
	attrs_unref(w->v->rt->daemon->store, c->attrs, 1);
	net_drop(&c->net);
}

static void
copies_drop(struct route_walk_state *w)
{
	for (unsigned i = 0; i < w->copy_n; i++)
		copy_drop(w, &w->copy[i]);
	w->copy_n = 0;
}

void
views_routes_close(void *walk)
{
	struct route_walk_state *w = walk;

	copies_drop(w);
	net_drop(&w->query.net);
	mem_free(w->copy);
	mem_free(w->link);
	mem_free(w->kernel);
	mem_free(w->table);
	model_unref(w->model);
	mem_free(w);
}

struct slice {
	struct route_walk_state *w;
	struct shard *shard;
	unsigned max;
};

/* The paths of a network, in order. */
static void
export_mark(enum sent_paths paths, struct copy *c, unsigned n)
{
	bool sent = false;

	for (unsigned i = 0; i < n; i++) {
		c[i].candidate = c[i].best || paths != SENT_BEST;
		c[i].sent = c[i].candidate && c[i].verdict == 2 &&
			    (!sent || paths == SENT_ALL);
		sent |= c[i].sent;
	}
}

static void
visit(void *ctx, const struct path_view *p, unsigned n)
{
	struct slice *s = ctx;
	struct route_walk_state *w = s->w;
	unsigned first = w->copy_n;

	if (w->copy_n + n > w->copy_cap) {
		w->copy_cap = (w->copy_n + n) * 2;
		w->copy = mem_realloc(w->copy, w->copy_cap * sizeof(*w->copy));
	}
	for (unsigned i = 0; i < n; i++) {
		struct attrs *a = store_get(w->v->rt->daemon->store, p[i].attrs->id);

		attrs_ref(a, 1);
		w->copy[w->copy_n++] = (struct copy){
			.net = *p[i].net,
			.attrs = a,
			.channel = p[i].channel,
			.path_id = p[i].path_id,
			.time = p[i].time,
			.best = p[i].best,
			.stale = p[i].stale,
			.verdict = w->export_channel
				       ? (uint8_t)shard_export_verdict(
					     s->shard, w->export_channel, &p[i])
				       : 0,
		};
		net_hold(&w->copy[w->copy_n - 1].net);
	}
	if (w->export_channel)
		export_mark(shard_sent_paths(s->shard, w->export_channel),
		    w->copy + first, n);
}

/* The import table of a channel, in the io thread of its peer. */
struct import_slice {
	struct route_walk_state *w;
	const struct run *run;
	enum family family;
};

static void
import_take(struct route_walk_state *w, const struct adjin_route *r, uint32_t channel)
{
	if (w->query.mode == ROUTES_IN && !net_contains(&w->query.net, &r->nlri.net))
		return;
	if (w->query.filtered && !r->filtered)
		return;
	if (w->copy_n == w->copy_cap) {
		w->copy_cap = (w->copy_n + 1) * 2;
		w->copy = mem_realloc(w->copy, w->copy_cap * sizeof(*w->copy));
	}
	attrs_ref(r->attrs, 1);
	w->copy[w->copy_n] = (struct copy){ .net = r->nlri.net,
		.attrs = r->attrs,
		.channel = channel,
		.path_id = r->nlri.path_id,
		.time = r->time,
		.best = true,
		.stale = r->stale };
	net_hold(&w->copy[w->copy_n++].net);
}

static void
import_slice(void *owner, void *arg)
{
	struct import_slice *s = arg;
	enum family f = s->family;
	const struct peer *p = io_peer(owner, s->run->peer);
	struct adjin_route *r = MEM_ARRAY(struct adjin_route, ADJIN_SLICE);
	unsigned n = p ? peer_kept_routes(p, f, &s->w->look, r) : 0;

	s->w->look.done |= !p;
	for (unsigned i = 0; i < n; i++)
		import_take(s->w, &r[i], s->run->channel[f]);
	mem_free(r);
}

static void
import_walk(struct route_walk_state *w, const struct run *run, enum family f)
{
	struct import_slice s = { .w = w, .run = run, .family = f };

	w->look.done = !s.run || !s.run->peer;
	if (!w->look.done)
		task_call(io_mailbox(w->v->rt->daemon->io[s.run->io]), import_slice, &s);
}

static void
walk_slice(struct shard *shard, void *arg)
{
	struct slice *s = arg;

	s->shard = shard;
	shard_walk(shard, &s->w->walk, s->max, visit, s);
}

static bool
wanted(const struct route_walk_state *w, const struct copy *c,
    const struct proto_conf *proto)
{
	const struct route_query *q = &w->query;

	if (q->primary && (!c->best || q->import))
		return false;
	if (q->protocol && (!proto || strcmp(proto->name, q->protocol->name) != 0))
		return false;
	switch (q->export) {
	case EXPORT_NONE: return true;
	case EXPORT_PRE: return c->candidate && c->verdict >= 1;
	case EXPORT_NO: return c->candidate && c->verdict == 1;
	case EXPORT_YES:
	case EXPORT_ED: return c->sent;
	}
	return true;
}

/* The query's own filter: shown are accepted routes, as it leaves them. */
static bool
filtered(struct route_walk_state *w, struct copy *c, const struct proto_conf *proto)
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
is_refused(const struct route_walk_state *w, const struct copy *c)
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
		if (found.n == 1 && ip_equal(&way->via, ip) && attrs_link_local(r->attrs, &ll))
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

	if (attrs_find(a, filter_local_code("from"), &at) && local_read(&at, VAL_IP, 0, &v))
		*from = v.ip;
}

static void
give(struct route_walk_state *w, struct copy *c, const struct proto_conf *proto,
    bool first)
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
	if (c->attrs->local_len && attrs_hops(c->attrs, &first_hop, 1) && first_hop.ifname[0])
		r.via_if = first_hop.ifname;
	if (r.kind == SOURCE_BGP && proto && nh.len && r.dest == DEST_UNICAST)
		show_way(w, &r, &hop, way, HOPS_MAX);
	control_route(w->control, &r);
}

static void
give_copies(struct route_walk_state *w)
{
	const struct net *shown = NULL, *counted = NULL;

	for (unsigned i = 0; i < w->copy_n; i++) {
		struct copy *c = &w->copy[i];
		const struct proto_conf *proto = w->v->rt->channel_conf[c->channel];
		bool first;

		if (!counted || !net_equal(counted, &c->net))
			w->count.nets++;
		counted = &c->net;
		w->count.routes++;
		w->net_found = true;
		if (!wanted(w, c, proto) || !filtered(w, c, proto))
			continue;
		w->count.shown++;
		first = !shown || !net_equal(shown, &c->net);
		shown = &c->net;
		if (!w->query.count)
			give(w, c, proto, first);
	}
	copies_drop(w);
}

/* `for`: each shard gave its longest match; the longest of all stays. */
static void
keep_longest(struct route_walk_state *w)
{
	unsigned n = 0, best = 0;

	for (unsigned i = 0; i < w->copy_n; i++)
		if (net_depth(&w->copy[i].net) > best)
			best = net_depth(&w->copy[i].net);
	for (unsigned i = 0; i < w->copy_n; i++) {
		if (net_depth(&w->copy[i].net) == best)
			w->copy[n++] = w->copy[i];
		else
			copy_drop(w, &w->copy[i]);
	}
	w->copy_n = n;
}

static uint32_t
export_channel(const struct route_walk_state *w, const struct table_conf *t)
{
	const struct proto_conf *p = w->query.export_proto;
	struct run *r = p ? runtime_find(w->v->rt, p->name) : NULL;

	for (unsigned i = 0; r && i < r->conf->channel_n; i++)
		if (strcmp(r->conf->channel[i].table->name, t->name) == 0)
			return r->channel[r->conf->channel[i].family];
	if (r && r->conf->peer_table && strcmp(r->conf->peer_table->name, t->name) == 0)
		return r->peer_channel;
	return 0;
}

static bool
type_fits(const struct route_walk_state *w, const struct table_conf *t)
{
	return w->query.mode == ROUTES_ALL || w->query.net.type == t->type;
}

static void
shard_open(struct route_walk_state *w, const struct table_conf *t)
{
	static const int modes[] = { [ROUTES_ALL] = WALK_ALL,
		[ROUTES_NET] = WALK_NET,
		[ROUTES_FOR] = WALK_FOR,
		[ROUTES_IN] = WALK_IN };

	w->walk = (struct walk){ .table = runtime_table_id(w->v->rt, t->name),
		.net = w->query.net };
	w->walk.mode = (typeof(w->walk.mode))modes[w->query.mode];
	if (!type_fits(w, t) || !w->walk.table)
		w->walk.done = true;
}

static void
table_open(struct route_walk_state *w, const struct table_conf *t)
{
	w->opened = true;
	w->shard = 0;
	w->count = (struct count_record){ .table = t->name };
	w->export_channel = export_channel(w, t);
	if (w->query.export_table) {
		w->import = *t;
		w->import.name = "export";
		t = &w->import;
	}
	control_table(w->control, t);
	shard_open(w, w->table[w->at]);
}

static void
table_close(struct route_walk_state *w)
{
	if (w->query.stats || w->query.count)
		control_count(w->control, &w->count);
	w->opened = false;
	w->at++;
}

static void
look_open(struct route_walk_state *w)
{
	w->look = (struct kept_look){ .match = w->query.mode == ROUTES_FOR };
	if (w->look.match || w->query.mode == ROUTES_NET)
		w->look.net = &w->query.net;
}

static void
import_next(struct route_walk_state *w)
{
	if (!w->opened) {
		w->opened = true;
		w->import = *w->table[0];
		w->import.name = "import";
		w->count = (struct count_record){ .table = w->import.name };
		look_open(w);
		control_table(w->control, &w->import);
	}
	import_walk(w, runtime_find(w->v->rt, w->query.import_proto->name),
	    w->query.import->family);
	give_copies(w);
	if (w->look.done)
		table_close(w);
	control_routes_pause(w->control);
}

/* The channel of the run that keeps what it refuses for the table. */
static const struct channel_conf *
filtered_channel(const struct run *r, const struct table_conf *t)
{
	for (unsigned i = 0; r->conf->kind == PROTO_BGP && i < r->conf->channel_n; i++) {
		const struct channel_conf *c = &r->conf->channel[i];

		if (c->keep_filtered && strcmp(c->table->name, t->name) == 0)
			return c;
	}
	return NULL;
}

/* Of one channel after the other, slice by slice. */
static void
filtered_next(struct route_walk_state *w)
{
	const struct table_conf *t = w->table[w->at];
	const struct runtime *rt = w->v->rt;
	const struct channel_conf *c = NULL;

	if (!w->opened) {
		w->opened = true;
		w->run_at = 0;
		w->count = (struct count_record){ .table = t->name };
		look_open(w);
		control_table(w->control, t);
	}
	while (w->run_at < rt->run_n && type_fits(w, t) &&
	       !(c = filtered_channel(rt->run[w->run_at], t)))
		w->run_at++;
	if (c) {
		import_walk(w, rt->run[w->run_at], c->family);
		give_copies(w);
	}
	if (c && w->look.done) {
		w->run_at++;
		look_open(w);
	}
	if (!c)
		table_close(w);
	control_routes_pause(w->control);
}

/* There was a reload, and the query speaks of what was before, or of a table that went. */
static bool
is_lost(const struct route_walk_state *w)
{
	const struct route_query *q = &w->query;

	if (w->model == w->v->rt->model)
		return false;
	if (q->filter || q->protocol || q->export_proto || q->import || !w->v->rt->model)
		return true;
	return w->opened && w->at < w->table_n &&
	       runtime_table_id(w->v->rt, w->table[w->at]->name) != w->walk.table;
}

void
views_routes_next(void *walk, unsigned max)
{
	struct route_walk_state *w = walk;
	const struct table_conf *t;
	struct slice s = { .w = w, .max = max };

	if (is_lost(w)) {
		control_routes_stop(w->control);
		return;
	}

	if (w->at == w->table_n) {
		control_routes_end(w->control, w->net_found);
		return;
	}
	if (w->query.import) {
		import_next(w);
		return;
	}
	if (w->query.filtered) {
		filtered_next(w);
		return;
	}
	t = w->table[w->at];
	if (!w->opened)
		table_open(w, t);
	if (!w->walk.done)
		shard_call(w->v->rt->daemon->shard[w->shard], walk_slice, &s);
	if (w->query.mode != ROUTES_FOR)
		give_copies(w);
	if (w->walk.done) {
		if (++w->shard < w->v->rt->daemon->shard_n) {
			shard_open(w, t);
		} else {
			if (w->query.mode == ROUTES_FOR) {
				keep_longest(w);
				give_copies(w);
			}
			table_close(w);
		}
	}
	control_routes_pause(w->control);
}
