/*
 * Next hops: the longest match among the networks of a table, followed until it ends on a
 * link.
 *
 * A resolver is made for each table that next hops are looked up in, and keeps its number
 * for good.  Its watch in the shards tells it of all networks that are not BGP's, and of
 * those of BGP that hold an address somebody asks for: these are in `hosts`, here and in
 * the shards.  Shards ask for the next hops of their routes by number; when what was told
 * has settled, all of them are looked up again, and what is different is published.
 */
#include "daemon/igpimpl.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/flows.h"

enum { SETTLE_MS = 20, FORGET_MS = 30000 };

/*
 * What is told.
 */
static void
net_set(struct igp *g, const struct watch_news *news)
{
	uint64_t hash = table_hash(&g->nets, &news->net);
	uint32_t node = news->attrs ? table_get(&g->nets, &news->net, hash)
				    : table_find(&g->nets, &news->net, hash);

	if (!node)
		return;
	slab_fit(&g->ways, (size_t)g->nets.node_end * sizeof(struct igp_net_way));
	if (news->attrs)
		attrs_ref(news->attrs, 1);
	attrs_unref(g->rt->daemon->store, igp_slot(g, node)->attrs, 1);
	*igp_slot(g, node) = (struct igp_net_way){ news->attrs, news->metric,
		(uint8_t)news->kind, news->recursive };
	if (!news->attrs)
		table_del(&g->nets, node);
}

static void
settle_soon(struct runtime *rt)
{
	if (!rt->igp_timer || rt->igp_due)
		return;
	rt->igp_due = true;
	timer_at(rt->igp_timer, clock_mono_ms() + SETTLE_MS);
}

/* Those of BGP that hold no address asked for are told for flows only.  False: it is of no
 * interest. */
static bool
net_take(struct igp *g, struct watch_news *news)
{
	struct attrs *told = news->attrs;

	if (told && news->kind == SOURCE_BGP && !hosts_in(&g->hosts, &news->net))
		news->attrs = NULL;
	if (!news->attrs &&
	    !table_find(&g->nets, &news->net, table_hash(&g->nets, &news->net))) {
		news->attrs = told;
		return false;
	}
	net_set(g, news);
	news->attrs = told;
	return true;
}

struct told {
	struct task task;
	uint32_t table;
	unsigned n;
	struct watch_news news[];
};

/* The table may have gone, and another come; then it has another id. */
struct igp *
igp_of_table(struct runtime *rt, uint32_t table)
{
	struct igp *g = rt->igps;

	while (g && !(g->users && runtime_table_id(rt, g->table) == table))
		g = g->next;
	return g;
}

static void
told_run(void *owner, struct task *task)
{
	struct runtime *rt = owner;
	struct told *t = (struct told *)task;
	struct igp *g = igp_of_table(rt, t->table);

	bool any = false;

	if (g)
		flows_told(rt, g, t->news, t->n);
	for (unsigned i = 0; i < t->n; i++) {
		any |= g && net_take(g, &t->news[i]);
		attrs_unref(rt->daemon->store, t->news[i].attrs, 1);
	}
	if (any)
		settle_soon(rt);
	mem_free(t);
}

void
igp_post_told(
    struct daemon *d, uint32_t table, const struct watch_news *news, unsigned n)
{
	struct told *t = mem_alloc(sizeof(*t) + n * sizeof(*news));

	t->task.run = told_run;
	t->task.mail.weight = sizeof(*t) + n * sizeof(*news);
	t->table = table;
	t->n = n;
	memcpy(t->news, news, n * sizeof(*news));
	for (unsigned i = 0; i < n; i++)
		if (news[i].attrs)
			attrs_ref(news[i].attrs, 1);
	mailbox_post(d->main, &t->task.mail);
}

/*
 * Addresses that are asked for.
 */
void
igp_host(struct igp *g, const struct ip *ip, bool on)
{
	struct daemon *d = g->rt->daemon;

	if ((g->nets.type == NET_IP4) != ip_is4(ip))
		return;
	if (!(on ? hosts_add(&g->hosts, ip) : hosts_del(&g->hosts, ip)) || !g->users)
		return;
	for (unsigned i = 0; i < d->shard_n; i++)
		shard_post_watch_host(
		    d->shard[i], runtime_table_id(g->rt, g->table), ip, on);
}

unsigned
igp_number(const struct igp *g)
{
	return g->number;
}

void
igp_net(struct igp *g, const struct net *net, bool on, uint32_t serial)
{
	struct daemon *d = g->rt->daemon;

	for (unsigned i = 0; i < d->shard_n; i++)
		shard_post_watch_net(d->shard[i], runtime_table_id(g->rt, g->table), net,
		    on, serial);
}

struct wanted {
	struct task task;
	unsigned resolver;
	uint32_t hop;
};

static void
ask(struct runtime *rt, struct igp *g, uint32_t hop)
{
	struct store *store = rt->daemon->store;
	uint32_t cap = (hop | 63) + 1;
	struct igp_asked *a;
	bool used;

	if (hop >= g->asked_cap) {
		g->asked = mem_realloc(g->asked, cap * sizeof(*g->asked));
		memset(g->asked + g->asked_cap, 0,
		    (cap - g->asked_cap) * sizeof(*g->asked));
		g->asked_cap = cap;
	}
	a = &g->asked[hop];
	if (!a->used) {
		*a = (struct igp_asked){ .ip = store_hop(store, hop, &used), .used = true };
		store_hop_hold(store, hop);
		g->asked_n++;
		igp_host(g, &a->ip, true);
		timer_at(rt->igp_forget_timer, clock_mono_ms() + FORGET_MS);
	}
	/* Other shards may know already what this one does not; one that was to forget may
	 * know what is true no more. */
	a->owed = true;
	settle_soon(rt);
}

static void
wanted_run(void *owner, struct task *task)
{
	struct runtime *rt = owner;
	struct wanted *w = (struct wanted *)task;
	struct igp *g = rt->igps;

	while (g && g->number != w->resolver)
		g = g->next;
	if (g)
		ask(rt, g, w->hop);
	mem_free(w);
}

void
igp_post_wanted(struct daemon *d, unsigned resolver, uint32_t hop)
{
	struct wanted *w = MEM_NEW(struct wanted);

	w->task.run = wanted_run;
	w->task.mail.weight = sizeof(*w);
	w->resolver = resolver;
	w->hop = hop;
	mailbox_post(d->main, &w->task.mail);
}

/*
 * Life.
 */
static void
post_watch(struct igp *g, bool on)
{
	struct daemon *d = g->rt->daemon;
	uint32_t table = runtime_table_id(g->rt, g->table);

	for (unsigned i = 0; i < d->shard_n; i++) {
		shard_post_watch(d->shard[i], table, on);
		for (uint32_t k = 0; on && k < g->hosts.n; k++)
			shard_post_watch_host(
			    d->shard[i], table, &g->hosts.at[k].ip, true);
	}
}

static void
timers_make(struct runtime *rt);

static struct igp *
igp_new(struct runtime *rt, const char *table)
{
	struct igp *g = MEM_NEW(struct igp), **at = &rt->igps;

	g->rt = rt;
	g->table = mem_strdup(table);
	g->number = ++rt->igp_n;
	while (*at)
		at = &(*at)->next;
	*at = g;
	timers_make(rt);
	return g;
}

struct igp *
igp_get(struct runtime *rt, const char *table)
{
	struct igp *g = rt->igps;

	while (g && strcmp(g->table, table) != 0)
		g = g->next;
	if (!g)
		g = igp_new(rt, table);
	if (!g->users++) {
		table_init(&g->nets, model_table(rt->model, table)->type);
		post_watch(g, true);
		settle_soon(rt);
	}
	return g;
}

static void
igp_clear(struct igp *g)
{
	for (uint32_t i = 1; i < g->nets.node_end; i++)
		if (table_node(&g->nets, i)->flags & NODE_USED)
			attrs_unref(g->rt->daemon->store, igp_slot(g, i)->attrs, 1);
	table_fini(&g->nets);
	slab_free(&g->ways);
}

void
igp_put(struct runtime *rt, struct igp *g)
{
	if (--g->users)
		return;
	post_watch(g, false);
	igp_clear(g);
	settle_soon(rt);
}

void
igp_free_all(struct runtime *rt)
{
	while (rt->igps) {
		struct igp *g = rt->igps;

		rt->igps = g->next;
		if (g->users)
			igp_clear(g);
		for (uint32_t hop = 0; hop < g->asked_cap; hop++)
			if (g->asked[hop].used)
				store_hop_release(rt->daemon->store, hop);
		mem_free(g->asked);
		hosts_fini(&g->hosts);
		mem_free(g->table);
		mem_free(g);
	}
	timer_free(rt->igp_timer);
	timer_free(rt->igp_forget_timer);
	rt->igp_timer = rt->igp_forget_timer = NULL;
}

/* True: it is not what it was, or somebody has not been told yet. */
static bool
look_again(
    const struct igp *g, struct igp_asked *a, uint32_t hop, struct reach_news *news)
{
	*news = (struct reach_news){ .hop = hop };
	igp_find(g, &a->ip, news);
	if (!a->owed && a->resolved == news->resolved && a->metric == news->metric)
		return false;
	a->owed = false;
	a->resolved = news->resolved;
	a->metric = news->metric;
	return true;
}

static void
publish(struct igp *g)
{
	struct daemon *d = g->rt->daemon;
	struct reach_news *news = MEM_ARRAY(struct reach_news, g->asked_n + 1);
	unsigned n = 0;

	for (uint32_t hop = 0; hop < g->asked_cap; hop++)
		if (g->asked[hop].used)
			n += look_again(g, &g->asked[hop], hop, &news[n]);
	for (unsigned i = 0; n && i < d->shard_n; i++)
		shard_post_reach(d->shard[i], g->number, news, n);
	mem_free(news);
}

void
igp_links(struct runtime *rt)
{
	for (struct igp *g = rt->igps; g; g = g->next)
		publish(g);
}

static void
on_settled(void *ctx)
{
	struct runtime *rt = ctx;

	rt->igp_due = false;
	timer_at(rt->igp_timer, UINT64_MAX);
	runtime_links(rt);
}

/* Networks of BGP that are of no interest any more: the shards will not tell of them. */
static void
forget_nets(struct igp *g, const struct ip *ip)
{
	for (unsigned plen = net_plen_max(g->nets.type) + 1; g->users && plen--;) {
		struct watch_news gone = { .net = net_from_ip(ip, plen) };
		uint32_t node;

		if (!g->nets.plen_n[plen] || hosts_in(&g->hosts, &gone.net))
			continue;
		node = table_find(&g->nets, &gone.net, table_hash(&g->nets, &gone.net));
		if (node && igp_slot(g, node)->kind == SOURCE_BGP)
			net_set(g, &gone);
	}
}

static void
forget(struct igp *g, uint32_t hop)
{
	struct daemon *d = g->rt->daemon;
	struct igp_asked *a = &g->asked[hop];
	struct ip ip = a->ip;

	*a = (struct igp_asked){ 0 };
	g->asked_n--;
	igp_host(g, &ip, false);
	if (ip_is4(&ip) == (g->nets.type == NET_IP4))
		forget_nets(g, &ip);
	for (unsigned i = 0; i < d->shard_n; i++)
		shard_post_reach_forget(d->shard[i], g->number, hop);
	store_hop_release(d->store, hop);
}

/* Next hops that no route has any more. */
static void
on_forget(void *ctx)
{
	struct runtime *rt = ctx;
	bool any = false, used;

	for (struct igp *g = rt->igps; g; g = g->next)
		for (uint32_t hop = 0; hop < g->asked_cap; hop++) {
			if (!g->asked[hop].used)
				continue;
			store_hop(rt->daemon->store, hop, &used);
			if (!used)
				forget(g, hop);
			any = true;
		}
	timer_at(rt->igp_forget_timer, any ? clock_mono_ms() + FORGET_MS : UINT64_MAX);
}

static void
timers_make(struct runtime *rt)
{
	if (rt->igp_timer)
		return;
	rt->igp_timer = timer_new(rt->loop, on_settled, rt);
	rt->igp_forget_timer = timer_new(rt->loop, on_forget, rt);
}
