/*
 * What a shard is told, in order with its routes: tables, limits, events of channels, what
 * is to be watched, and what main has found out for it.
 *
 *	shard_post_x -> order: a copy of what is told, behind the function that carries it
 *	out -> mail of the shard's thread -> shard_x
 */
#include "daemon/shardthread.h"

#include <string.h>

#include "base/mem.h"

struct order {
	struct task task;
	void (*carry_out)(struct shard *, const void *what);
	uint64_t what[];
};

static void
order_run(void *owner, struct task *task)
{
	struct order *o = (struct order *)task;

	o->carry_out(shard_thread_shard(owner), o->what);
	mem_free(o);
}

/* A list of n bytes follows what is told. */
static void
post_list(struct shard_thread *t, void (*carry_out)(struct shard *, const void *what),
    const void *what, size_t size, const void *list, size_t n)
{
	struct order *o = mem_alloc(sizeof(*o) + size + n);

	o->task.mail.kind = MAIL_TASK;
	o->task.mail.weight = sizeof(*o) + size + n;
	o->task.run = order_run;
	o->carry_out = carry_out;
	memcpy(o->what, what, size);
	if (n)
		memcpy((uint8_t *)o->what + size, list, n);
	shard_thread_post(t, &o->task);
}

static void
post(struct shard_thread *t, void (*carry_out)(struct shard *, const void *what),
    const void *what, size_t size)
{
	post_list(t, carry_out, what, size, NULL, 0);
}

/*
 * Tables.
 */
struct table_order {
	uint32_t table;
	enum net_type type;
	bool add, sorted;
};

static void
table_run(struct shard *s, const void *what)
{
	const struct table_order *o = what;

	if (o->add)
		shard_table_add(s, o->table, o->type);
	else
		shard_table_del(s, o->table);
}

void
shard_post_table(struct shard_thread *t, uint32_t table, enum net_type type, bool add)
{
	struct table_order o = { .table = table, .type = type, .add = add };

	post(t, table_run, &o, sizeof(o));
}

static void
table_sort_run(struct shard *s, const void *what)
{
	const struct table_order *o = what;

	shard_table_sort(s, o->table, o->sorted);
}

void
shard_post_table_sort(struct shard_thread *t, uint32_t table, bool sorted)
{
	struct table_order o = { .table = table, .sorted = sorted };

	post(t, table_sort_run, &o, sizeof(o));
}

/*
 * Channels.
 */
struct limits_order {
	uint32_t channel;
	struct limits *limits; /* a reference */
};

static void
limits_run(struct shard *s, const void *what)
{
	const struct limits_order *o = what;

	shard_channel_limits(s, o->channel, o->limits);
	limits_unref(o->limits);
}

void
shard_post_limits(struct shard_thread *t, uint32_t channel, struct limits *limits)
{
	struct limits_order o = { channel, limits_ref(limits) };

	post(t, limits_run, &o, sizeof(o));
}

struct event_order {
	uint32_t channel;
	enum channel_event event;
};

static void
event_run(struct shard *s, const void *what)
{
	const struct event_order *o = what;

	switch (o->event) {
	case CH_DOWN:
	case CH_DOWN_STALE:
		shard_channel_down(s, o->channel, o->event == CH_DOWN_STALE);
		break;
	case CH_PURGE: shard_channel_purge(s, o->channel); break;
	case CH_LLGR: shard_channel_llgr(s, o->channel); break;
	case CH_MARK: shard_channel_mark(s, o->channel); break;
	case CH_REMOVE: shard_channel_remove(s, o->channel); break;
	case CH_REFRESH: shard_refresh(s, o->channel); break;
	}
}

void
shard_post_channel(struct shard_thread *t, uint32_t channel, enum channel_event event)
{
	struct event_order o = { channel, event };

	post(t, event_run, &o, sizeof(o));
}

/*
 * Watches of tables, of addresses and of networks.
 */
struct watch_order {
	uint32_t table;
	struct ip host; /* none: the watch itself */
	bool on;
};

static void
watch_run(struct shard *s, const void *what)
{
	const struct watch_order *o = what;

	if (ip_is_none(&o->host))
		shard_watch(s, o->table, o->on);
	else
		shard_watch_host(s, o->table, &o->host, o->on);
}

void
shard_post_watch_host(
    struct shard_thread *t, uint32_t table, const struct ip *host, bool on)
{
	struct watch_order o = { table, *host, on };

	post(t, watch_run, &o, sizeof(o));
}

void
shard_post_watch(struct shard_thread *t, uint32_t table, bool on)
{
	shard_post_watch_host(t, table, &ip_none, on);
}

struct watch_net_order {
	uint32_t table, serial;
	struct net net;
	bool on;
};

static void
watch_net_run(struct shard *s, const void *what)
{
	const struct watch_net_order *o = what;

	shard_watch_net(s, o->table, &o->net, o->on, o->serial);
}

void
shard_post_watch_net(struct shard_thread *t, uint32_t table, const struct net *net,
    bool on, uint32_t serial)
{
	struct watch_net_order o = { table, serial, *net, on };

	post(t, watch_net_run, &o, sizeof(o));
}

/*
 * Answers: how next hops are reached, what bases of flows hold.  The news follow.
 */
struct news_order {
	uint64_t n; /* as wide as what follows is aligned */
	unsigned resolver;
	bool forget;
};

static void
reach_run(struct shard *s, const void *what)
{
	const struct news_order *o = what;
	const struct reach_news *news = (const void *)(o + 1);

	if (o->forget)
		shard_reach_forget(s, o->resolver, news->hop);
	else
		shard_reach(s, o->resolver, news, (unsigned)o->n);
}

void
shard_post_reach(struct shard_thread *t, unsigned resolver, const struct reach_news *news,
    unsigned n)
{
	struct news_order o = { .n = n, .resolver = resolver };

	post_list(t, reach_run, &o, sizeof(o), news, n * sizeof(*news));
}

void
shard_post_reach_forget(struct shard_thread *t, unsigned resolver, uint32_t hop)
{
	struct news_order o = { .n = 1, .resolver = resolver, .forget = true };
	struct reach_news news = { .hop = hop };

	post_list(t, reach_run, &o, sizeof(o), &news, sizeof(news));
}

static void
bases_run(struct shard *s, const void *what)
{
	const struct news_order *o = what;

	if (o->forget)
		shard_bases_forget(s);
	else if (o->n)
		shard_bases(s, o->resolver, (const void *)(o + 1), (unsigned)o->n);
	else
		shard_bases_anew(s, o->resolver);
}

void
shard_post_bases(struct shard_thread *t, unsigned resolver, const struct base_news *news,
    unsigned n)
{
	struct news_order o = { .n = n, .resolver = resolver };

	post_list(t, bases_run, &o, sizeof(o), news, n * sizeof(*news));
}

void
shard_post_bases_forget(struct shard_thread *t)
{
	struct news_order o = { .forget = true };

	post(t, bases_run, &o, sizeof(o));
}

/*
 * Origins.
 */
struct recheck_order {
	uint32_t origin_table;
	struct origins *changed;
};

static void
recheck_run(struct shard *s, const void *what)
{
	const struct recheck_order *o = what;

	shard_recheck(s, o->origin_table, o->changed);
}

void
shard_post_recheck(struct shard_thread *t, uint32_t origin_table, struct origins *changed)
{
	struct recheck_order o = { origin_table, changed };

	post(t, recheck_run, &o, sizeof(o));
}
