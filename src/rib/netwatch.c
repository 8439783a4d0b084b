/*
 * Watches: see rib/netwatch.h.
 *
 * A change is remembered by its network, not by its node, which may go meanwhile; it is
 * looked at again when it is told, in the same turn of the shard.
 */
#include "rib/netwatch.h"

#include <string.h>
#include "base/mem.h"
#include "rib/reach.h"

enum { NEWS_MAX = 256 };

void
netwatch_free(struct netwatch *w)
{
	if (!w)
		return;
	hosts_fini(&w->hosts);
	table_fini(&w->under);
	mem_free(w->pending);
	mem_free(w);
}

static void
remember(struct netwatch *w, const struct net *net)
{
	if (w->n == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 16;
		w->pending = mem_realloc(w->pending, w->cap * sizeof(*w->pending));
	}
	w->pending[w->n++] = *net;
}

static bool
is_other(const struct shard *s, uint32_t channel)
{
	return channel && s->channels[channel]->d.kind != SOURCE_BGP;
}

/* Does a network lie inside one that was named? */
static bool
is_under(const struct netwatch *w, const struct net *net)
{
	int plen = net->plen;

	return w->under.node_n && table_holder(&w->under, net, &plen);
}

void
netwatch_change(struct shard *s, struct rib_table *t, uint32_t node, uint32_t channel)
{
	const struct node *n = table_node(&t->t, node);
	struct net net;

	table_net(&t->t, node, &net);
	if (is_other(s, channel) ||
	    (n->n && is_other(s, node_paths(&t->t, n)->channel)) ||
	    hosts_in(&t->watch->hosts, &net) || is_under(t->watch, &net))
		remember(t->watch, &net);
}

/* What is to be said of the network now. */
static struct watch_news
news_of(const struct shard *s, struct rib_table *t, const struct net *net)
{
	uint32_t node = table_find(&t->t, net, table_hash(&t->t, net));
	const struct node *n = table_node(&t->t, node);
	struct watch_news news = { .net = *net };
	struct contender c;

	if (!node || !n->n)
		return news;
	c = path_contender(s, node_paths(&t->t, n));
	if (c.source->kind == SOURCE_BGP && !hosts_in(&t->watch->hosts, net) &&
	    !is_under(t->watch, net))
		return news;
	news.attrs = store_get(s->store, c.attrs->id);
	news.kind = c.source->kind;
	news.recursive = c.source->kind == SOURCE_BGP && c.source->igp4;
	news.metric = contender_igp_metric(&c);
	news.from = c.source->remote_ip;
	return news;
}

void
netwatch_tell(struct shard *s, struct rib_table *t)
{
	struct netwatch *w = t->watch;
	struct watch_news news[NEWS_MAX];

	for (uint32_t at = 0; at < w->n; at += NEWS_MAX) {
		unsigned n = w->n - at < NEWS_MAX ? w->n - at : NEWS_MAX;

		for (unsigned i = 0; i < n; i++)
			news[i] = news_of(s, t, &w->pending[at + i]);
		s->ops.watched(s->ctx, t->id, news, n);
	}
	w->n = 0;
}

static void
walk_begin(struct rib_table *t, bool under)
{
	struct netwatch *w = t->watch;

	w->walk = 1;
	w->walk_end = t->t.node_end;
	w->walk_under = under;
	w->walk_serial = w->serial;
}

static void
walk_node(struct shard *s, struct rib_table *t, uint32_t node)
{
	struct net net;

	if (!(table_node(&t->t, node)->flags & NODE_USED))
		return;
	if (!t->watch->walk_under) {
		netwatch_change(s, t, node, 0);
		return;
	}
	table_net(&t->t, node, &net);
	if (is_under(t->watch, &net))
		remember(t->watch, &net);
}

/* Networks that were named meanwhile take another walk. */
static void
walk_end(struct shard *s, struct rib_table *t)
{
	struct netwatch *w = t->watch;

	w->walk = 0;
	if (w->walk_serial)
		s->ops.watch_walked(s->ctx, t->id, w->walk_serial);
	if (w->serial != w->walk_serial)
		walk_begin(t, true);
}

bool
netwatch_walk(struct shard *s)
{
	for (uint32_t i = 0; i < s->awake_n; i++) {
		struct rib_table *t = s->awake[i];
		struct netwatch *w = t->watch;
		uint32_t left = s->tune.slice / 4 + 1;

		if (!w || !w->walk)
			continue;
		for (; w->walk < w->walk_end && w->walk < t->t.node_end && left;
		     w->walk++, left--)
			walk_node(s, t, w->walk);
		netwatch_tell(s, t);
		if (left)
			walk_end(s, t);
		return true;
	}
	return false;
}

void
shard_watch(struct shard *s, uint32_t table, bool on)
{
	struct rib_table *t = shard_table(s, table);

	if (!t)
		return;
	netwatch_free(t->watch);
	t->watch = NULL;
	if (!on)
		return;
	table_wake(t);
	t->watch = MEM_NEW(struct netwatch);
	table_init(&t->watch->under, t->t.type);
	walk_begin(t, false);
}

/* All networks of the table that hold the address. */
static void
remember_holders(struct rib_table *t, const struct ip *ip)
{
	for (unsigned plen = net_plen_max(t->t.type) + 1; plen--;) {
		struct net net = net_from_ip(ip, plen);

		if (t->t.plen_n[plen] &&
		    table_find(&t->t, &net, table_hash(&t->t, &net)))
			remember(t->watch, &net);
	}
}

void
shard_watch_host(struct shard *s, uint32_t table, const struct ip *ip, bool on)
{
	struct rib_table *t = shard_table(s, table);

	if (!t || !t->watch || (t->t.type == NET_IP4) != ip_is4(ip))
		return;
	if (!on) {
		hosts_del(&t->watch->hosts, ip);
	} else if (hosts_add(&t->watch->hosts, ip)) {
		remember_holders(t, ip);
		netwatch_tell(s, t);
	}
}

void
shard_watch_net(
    struct shard *s, uint32_t table, const struct net *net, bool on, uint32_t serial)
{
	struct rib_table *t = shard_table(s, table);
	struct netwatch *w = t ? t->watch : NULL;
	uint64_t hash;
	uint32_t node;

	if (!w || net->type != t->t.type)
		return;
	hash = table_hash(&w->under, net);
	node = table_find(&w->under, net, hash);
	if (!on) {
		if (node)
			table_del(&w->under, node);
		return;
	}
	if (!node)
		table_get(&w->under, net, hash);
	w->serial = serial;
	table_wake(t);
	if (!w->walk)
		walk_begin(t, true);
}
