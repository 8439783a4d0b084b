/*
 * `show route`: walks the tables slice by slice.  A slice is copied out of the shard
 * between two of its own, then filtered and given to the control session here.
 */
#include "daemon/routesimpl.h"

#include <string.h>

#include "base/longnet.h"
#include "base/mem.h"
#include "daemon/shardthread.h"

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
	walk_links_load(w);
	walk_kernels_load(w);
	return w;
}

static void
copy_drop(struct route_walk_state *w, struct route_copy *c)
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
export_mark(enum sent_paths paths, struct route_copy *c, unsigned n)
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
		w->copy[w->copy_n++] = (struct route_copy){
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
	w->copy[w->copy_n] = (struct route_copy){ .net = r->nlri.net,
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
wanted(const struct route_walk_state *w, const struct route_copy *c,
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

static void
give_copies(struct route_walk_state *w)
{
	const struct net *shown = NULL, *counted = NULL;

	for (unsigned i = 0; i < w->copy_n; i++) {
		struct route_copy *c = &w->copy[i];
		const struct proto_conf *proto = w->v->rt->channel_conf[c->channel];
		bool first;

		if (!counted || !net_equal(counted, &c->net))
			w->count.nets++;
		counted = &c->net;
		w->count.routes++;
		w->net_found = true;
		if (!wanted(w, c, proto) || !walk_accepts(w, c, proto))
			continue;
		w->count.shown++;
		first = !shown || !net_equal(shown, &c->net);
		shown = &c->net;
		if (!w->query.count)
			walk_give(w, c, proto, first);
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
