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
	mem_free(w->pending);
	mem_free(w);
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
	t->watch->walk = 1;
	t->watch->walk_end = t->t.node_end;
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

void
netwatch_change(struct shard *s, struct rib_table *t, uint32_t node, uint32_t channel)
{
	const struct node *n = table_node(&t->t, node);
	struct net net;

	table_net(&t->t, node, &net);
	if (is_other(s, channel) ||
	    (n->n && is_other(s, node_paths(&t->t, n)->channel)) ||
	    hosts_in(&t->watch->hosts, &net))
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
	if (c.source->kind == SOURCE_BGP && !hosts_in(&t->watch->hosts, net))
		return news;
	news.attrs = store_get(s->store, c.attrs->id);
	news.kind = c.source->kind;
	news.recursive = c.source->kind == SOURCE_BGP && c.source->igp4;
	news.metric = contender_igp_metric(&c);
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

bool
netwatch_walk(struct shard *s)
{
	for (uint32_t i = 0; i < s->awake_n; i++) {
		struct rib_table *t = s->awake[i];
		struct netwatch *w = t->watch;
		uint32_t left = s->tune.slice / 4;

		if (!w || !w->walk)
			continue;
		for (; w->walk < w->walk_end && w->walk < t->t.node_end && left;
		     w->walk++, left--)
			if (table_node(&t->t, w->walk)->flags & NODE_USED)
				netwatch_change(s, t, w->walk, 0);
		if (left)
			w->walk = 0;
		netwatch_tell(s, t);
		return true;
	}
	return false;
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
