/*
 * Kernel protocols: a channel that follows its table, and the kernel's table (krt) behind it.
 *
 *   shards -> follow -> krt_want -> kernel        kernel -> learned -> feed -> shards
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/wire.h"
#include "daemon/driver.h"
#include "daemon/ifaces.h"
#include "daemon/igp.h"
#include "daemon/krt.h"
#include "filter/local.h"

enum { LEARN_MS = 5 };

struct kernel {
	struct runtime *rt;
	struct run *run;
	struct krt *krt;
	struct igp *igp, *igp_next; /* of the table; it may be about to be another one's */
	struct timer *igp_timer;
	unsigned shards_left; /* that have not told all there is */

	struct feeder feed;
	bool feeding;
	struct timer *timer; /* sends what was learned */
};

/*
 * The attributes of routes of the kernel, as filters know them.
 */
enum krt_attr {
	KRT_SOURCE,
	KRT_METRIC,
	KRT_PREFSRC,
	KRT_REALM,
	KRT_SCOPE,
	KRT_TUNNEL,
	KRT_METRICS, /* RTAX_*: metrics[] */
};

#define LOCK(name) { "krt_lock_" #name, RTAX_LOCK, 1u << METRIC_##name }
enum {
	METRIC_mtu = RTAX_MTU,
	METRIC_window = RTAX_WINDOW,
	METRIC_rtt = RTAX_RTT,
	METRIC_rttvar = RTAX_RTTVAR,
	METRIC_ssthresh = RTAX_SSTHRESH,
	METRIC_cwnd = RTAX_CWND,
	METRIC_advmss = RTAX_ADVMSS,
	METRIC_reordering = RTAX_REORDERING,
	METRIC_hoplimit = RTAX_HOPLIMIT,
	METRIC_rto_min = RTAX_RTO_MIN,
};

static const struct metric {
	const char *name;
	uint8_t rtax;
	uint32_t bit; /* of a number that is a set; 0: the number itself */
} metrics[] = {
	{ "krt_mtu", RTAX_MTU, 0 },
	{ "krt_window", RTAX_WINDOW, 0 },
	{ "krt_rtt", RTAX_RTT, 0 },
	{ "krt_rttvar", RTAX_RTTVAR, 0 },
	{ "krt_ssthresh", RTAX_SSTHRESH, 0 },
	{ "krt_sstresh", RTAX_SSTHRESH, 0 },
	{ "krt_cwnd", RTAX_CWND, 0 },
	{ "krt_advmss", RTAX_ADVMSS, 0 },
	{ "krt_reordering", RTAX_REORDERING, 0 },
	{ "krt_hoplimit", RTAX_HOPLIMIT, 0 },
	{ "krt_initcwnd", RTAX_INITCWND, 0 },
	{ "krt_rto_min", RTAX_RTO_MIN, 0 },
	{ "krt_initrwnd", RTAX_INITRWND, 0 },
	{ "krt_quickack", RTAX_QUICKACK, 0 },
	{ "krt_fastopen_no_cookie", RTAX_FASTOPEN_NO_COOKIE, 0 },
	LOCK(mtu),
	LOCK(window),
	LOCK(rtt),
	LOCK(rttvar),
	LOCK(ssthresh),
	LOCK(cwnd),
	LOCK(advmss),
	LOCK(reordering),
	LOCK(hoplimit),
	LOCK(rto_min),
	{ "krt_feature_ecn", RTAX_FEATURES, RTAX_FEATURE_ECN },
	{ "krt_feature_allfrag", RTAX_FEATURES, RTAX_FEATURE_ALLFRAG },
};
enum { METRICS = sizeof(metrics) / sizeof(metrics[0]) };

static uint16_t
krt_code(unsigned attr)
{
	static const char *const names[KRT_METRICS] = { "krt_source", "krt_metric",
		"krt_prefsrc", "krt_realm", "krt_scope", "krt_tunnel" };
	static uint16_t codes[KRT_METRICS + METRICS];

	if (!codes[attr])
		codes[attr] = filter_local_code(attr < KRT_METRICS
						    ? names[attr]
						    : metrics[attr - KRT_METRICS].name);
	return codes[attr];
}

/* By its code; NULL: it is none of the metrics. */
static const struct metric *
metric_of(uint16_t code)
{
	static const struct metric *by_code[LOCAL_END - LOCAL_ATTR];
	static bool known;

	for (unsigned i = 0; i < METRICS && !known; i++)
		if (krt_code(KRT_METRICS + i))
			by_code[krt_code(KRT_METRICS + i) - LOCAL_ATTR] = &metrics[i];
	known = true;
	return code >= LOCAL_ATTR && code < LOCAL_END ? by_code[code - LOCAL_ATTR] : NULL;
}

static const struct channel_conf *
channel_of(const struct run *r)
{
	return &r->conf->channel[0];
}

/*
 * Learning.
 */
static void
feed_flush(void *ctx)
{
	struct kernel *k = ctx;

	timer_at(k->timer, UINT64_MAX);
	if (k->feeding)
		feeder_end(&k->feed);
	k->feeding = false;
}

static bool
feed_open(struct kernel *k)
{
	if (k->feeding)
		return true;
	k->feeding = feeder_begin(
	    &k->feed, k->rt, k->run, channel_of(k->run), SOURCE_KERNEL);
	timer_at(k->timer, clock_mono_ms() + LEARN_MS);
	return k->feeding;
}

static void
hops_learn(const struct kernel *k, const struct kroute *r, struct draft *d)
{
	struct hop hops[KROUTE_HOPS];

	for (unsigned i = 0; i < r->hop_n; i++) {
		const struct iface *ifc = ifaces_by_index(k->rt->ifaces, r->hop[i].oif);

		hops[i] = (struct hop){
			.via = r->hop[i].via,
			.weight = r->hop[i].weight,
			.onlink = r->hop[i].onlink,
			.label_n = r->hop[i].label_n,
		};
		memcpy(hops[i].label, r->hop[i].label, sizeof(hops[i].label));
		if (ifc)
			memcpy(hops[i].ifname, ifc->name, HOP_IFNAME);
	}
	if (r->hop_n)
		draft_set_hops(d, hops, r->hop_n);
}

static void
number_learn(struct draft *d, unsigned attr, uint32_t n)
{
	draft_set_u32(d, krt_code(attr), n);
}

static void
metrics_learn(const struct kroute *r, struct draft *d)
{
	for (unsigned i = 0; r->rtax_mask && i < METRICS; i++) {
		uint32_t n = r->rtax[metrics[i].rtax];

		if (!(r->rtax_mask >> metrics[i].rtax & 1) ||
		    strcmp(metrics[i].name, "krt_sstresh") == 0)
			continue; /* not there, or another name of the one before */
		if (!metrics[i].bit)
			number_learn(d, KRT_METRICS + i, n);
		else if (n & metrics[i].bit)
			number_learn(d, KRT_METRICS + i, true);
	}
}

static void
on_learned(void *ctx, const struct kroute *r, bool add)
{
	struct kernel *k = ctx;
	struct draft d;

	if (!feed_open(k))
		return;
	if (!add) {
		feeder_withdraw(&k->feed, &r->net);
		return;
	}
	feeder_draft(&k->feed, &d);
	draft_set_dest(&d, r->dest);
	hops_learn(k, r, &d);
	number_learn(&d, KRT_SOURCE, r->proto);
	number_learn(&d, KRT_METRIC, r->metric);
	if (!ip_is_none(&r->prefsrc))
		draft_set(&d, 0, krt_code(KRT_PREFSRC), r->prefsrc.b, 16);
	if (r->realm)
		number_learn(&d, KRT_REALM, r->realm);
	if (r->scope != RT_SCOPE_UNIVERSE)
		number_learn(&d, KRT_SCOPE, r->scope);
	metrics_learn(r, &d);
	feeder_put(&k->feed, &r->net, &d, NULL);
}

static void
on_scanned(void *ctx)
{
	feed_flush(ctx);
}

/*
 * Where attributes lead in the kernel.
 */
static unsigned
oif_by_name(const struct kernel *k, const char *name)
{
	const struct iface *i = ifaces_by_name(k->rt->ifaces, name);

	return i ? i->index : 0;
}

/* What Calico's filters ask for: the next hop itself, through this interface. */
static bool
tunnel_of(const struct kernel *k, const struct attrs *a, const struct ip *via,
    struct khop *out)
{
	char name[HOP_IFNAME] = "";
	struct attr at;

	if (!attrs_find(a, krt_code(KRT_TUNNEL), &at) || at.len >= sizeof(name) ||
	    !at.len)
		return false;
	memcpy(name, at.data, at.len);
	*out = (struct khop){
		.via = *via, .oif = oif_by_name(k, name), .weight = 1, .onlink = true
	};
	return true;
}

static bool
hop_resolve(
    const struct kernel *k, const struct attrs *a, const struct hop *h, struct khop *out)
{
	if (h->ifname[0])
		*out = (struct khop){
			.via = h->via,
			.oif = oif_by_name(k, h->ifname),
			.weight = h->weight,
			.onlink = h->onlink,
		};
	else if (!tunnel_of(k, a, &h->via, out) && !igp_resolve(k->igp, &h->via, out) &&
		 !(k->igp_next && igp_resolve(k->igp_next, &h->via, out)))
		return false;
	out->weight = h->weight;
	out->label_n = h->label_n;
	memcpy(out->label, h->label, sizeof(out->label));
	return out->oif != 0;
}

static void
metrics_resolve(const struct attrs *a, struct kroute *r)
{
	const struct metric *m;
	struct attr at;
	size_t pos = 0;

	if (!r->metric && attrs_find(a, krt_code(KRT_METRIC), &at) && at.len == 4)
		r->metric = get_u32(at.data);
	if (attrs_find(a, krt_code(KRT_PREFSRC), &at) && at.len == 16)
		memcpy(r->prefsrc.b, at.data, 16);
	if (attrs_find(a, krt_code(KRT_REALM), &at) && at.len == 4)
		r->realm = get_u32(at.data);
	while (attrs_next(a, &pos, &at)) {
		if (!(m = metric_of(at.code)) || at.len != 4 ||
		    (m->bit && !get_u32(at.data)))
			continue;
		if (!m->bit)
			r->rtax[m->rtax] = get_u32(at.data);
		else
			r->rtax[m->rtax] |= m->bit;
		r->rtax_mask |= 1u << m->rtax;
	}
}

/* A next hop that is a neighbour is reached by its link-local address where it has one. */
static void
link_local_taken(const struct attrs *a, const struct hop *h, struct khop *k)
{
	struct ip ll;

	if (!h->ifname[0] && ip_equal(&k->via, &h->via) && attrs_link_local(a, &ll))
		k->via = ll;
}

static void
on_resolve(
    void *ctx, const struct net *net, const struct attrs *a, struct kroute *r)
{
	const struct kernel *k = ctx;
	struct hop hops[KROUTE_HOPS];
	unsigned n = attrs_hops(a, hops, KROUTE_HOPS);
	struct attr at;

	(void)net;
	r->dest = attrs_dest(a);
	if (a->local_len)
		metrics_resolve(a, r);
	if (r->dest != DEST_UNICAST)
		return;
	for (unsigned i = 0; i < n; i++)
		if (hop_resolve(k, a, &hops[i], &r->hop[r->hop_n]))
			r->hop_n++;
	if (r->hop_n && n == 1)
		link_local_taken(a, &hops[0], &r->hop[0]);
	if (!r->hop_n)
		r->dest = DEST_UNREACHABLE; /* until something leads there */
	if (r->hop_n && r->net.type == NET_IP4 && ip_is_none(&r->hop[0].via))
		r->scope = RT_SCOPE_LINK;
	if (a->local_len && attrs_find(a, krt_code(KRT_SCOPE), &at) && at.len == 4)
		r->scope = (uint8_t)get_u32(at.data);
}

static const struct krt_ops krt_ops = {
	.learned = on_learned,
	.resolve = on_resolve,
	.scanned = on_scanned,
};

/*
 * The driver.
 */
static struct krt_conf
krt_conf(const struct run *r)
{
	const struct kernel_conf *c = &r->conf->kernel;

	return (struct krt_conf){
		.name = r->conf->name,
		.type = channel_of(r)->table->type,
		.table = c->table,
		.metric = c->metric,
		.learn = c->learn == LEARN_ALIEN,
		.learn_all = c->learn == LEARN_ALL,
		.persist = c->persist,
		.rx_buffer = c->rx_buffer,
		.scan_s = c->scan_time,
	};
}

static struct channel_desc
kernel_desc(const struct runtime *rt, const struct run *r)
{
	struct channel_desc d = feeder_desc(rt, r, channel_of(r), SOURCE_KERNEL);

	d.sink = SINK_FOLLOW;
	d.merge = (uint16_t)r->conf->kernel.merge_paths;
	d.no_device = !r->conf->kernel.device_routes;
	d.export = channel_of(r)->export;
	return d;
}

/*
 * Another table: until that table's resolver has been told of all there is, next hops are
 * found as before.
 */
enum { IGP_MS = 1000 };

static void
igp_switch(void *ctx)
{
	struct kernel *k = ctx;

	if (!k->igp_next)
		return;
	igp_put(k->rt, k->igp);
	k->igp = k->igp_next;
	k->igp_next = NULL;
	if (k->krt)
		krt_resolve_again(k->krt);
}

static void
kernel_moves(struct runtime *rt, struct kernel *k)
{
	igp_switch(k); /* of the move before */
	k->igp_next = igp_get(rt, channel_of(k->run)->table->name);
	k->shards_left = rt->daemon->shard_n;
}

static void
kernels_up(struct runtime *rt, struct run *r)
{
	struct kernel *k = MEM_NEW(struct kernel);
	struct krt_conf conf = krt_conf(r);
	struct channel_desc d = kernel_desc(rt, r);

	k->rt = rt;
	k->run = r;
	k->shards_left = rt->daemon->shard_n;
	k->timer = timer_new(rt->loop, feed_flush, k);
	k->igp_timer = timer_new(rt->loop, igp_switch, k);
	k->igp = igp_get(rt, channel_of(r)->table->name);
	r->data = k;
	feeder_up(rt, &d);
	k->krt = krt_new(rt->loop, rt->daemon->store, &conf, &krt_ops, k);
	if (!k->krt)
		log_error("%s: netlink: %s", r->conf->name, strerror(errno));
}

static void
kernels_down(struct runtime *rt, struct run *r, bool keep)
{
	struct kernel *k = r->data;

	if (k->feeding)
		feeder_end(&k->feed);
	feeder_event(rt, r->channel[channel_of(r)->family], CH_DOWN);
	krt_free(k->krt, keep && r->conf->kernel.graceful_restart);
	k->krt = NULL;
	igp_switch(k);
	igp_put(rt, k->igp);
	timer_free(k->igp_timer);
	timer_free(k->timer);
	mem_free(k);
	r->data = NULL;
}

static void
kernels_change(struct runtime *rt, struct run *r, const struct proto_conf *old,
    const struct step *s)
{
	struct kernel *k = r->data;
	struct krt_conf conf = krt_conf(r);
	struct channel_desc d = kernel_desc(rt, r);

	(void)old;
	d.afresh = s->change & CHANGE_MOVE && s->change & CHANGE_REIMPORT;
	if (s->change & CHANGE_MOVE)
		kernel_moves(rt, k);
	feeder_update(rt, &d);
	if (!k->krt)
		return;
	krt_change(k->krt, &conf);
	if (s->change & CHANGE_REIMPORT)
		krt_scan(k->krt); /* what is learned goes through the new filter */
}

static void
kernels_links(struct runtime *rt, struct run *r)
{
	struct kernel *k = r->data;

	(void)rt;
	if (k->krt)
		krt_resolve_again(k->krt);
}

static void
kernels_follow(struct runtime *rt, struct run *r, struct batch *b)
{
	struct kernel *k = r->data;

	for (uint32_t i = 0; k->krt && i < b->run_n; i++)
		for (uint32_t n = 0; n < b->runs[i].n; n++)
			krt_want(k->krt, &b->entries[b->runs[i].first + n].net,
			    b->runs[i].attrs);
	batch_free(b, rt->daemon->store);
}

/* After a restart what is in the kernel stays until the neighbours have told theirs. */
static void
ready_maybe(struct runtime *rt, struct kernel *k)
{
	if (!k->shards_left && k->krt && !atomic_load(&rt->daemon->recovering))
		krt_ready(k->krt);
}

static void
kernels_caught_up(struct runtime *rt, struct run *r)
{
	struct kernel *k = r->data;

	k->shards_left -= k->shards_left > 0;
	if (!k->shards_left && k->igp_next)
		timer_at(k->igp_timer, clock_mono_ms() + IGP_MS);
	ready_maybe(rt, k);
}

/* What the neighbours told last may still be on its way: all is told once more. */
static void
kernels_recovered(struct runtime *rt, struct run *r)
{
	struct kernel *k = r->data;

	k->shards_left = rt->daemon->shard_n;
	feeder_event(rt, r->channel[channel_of(r)->family], CH_REFRESH);
}

bool
kernels_lacks(const struct run *r, const struct net *net)
{
	const struct kernel *k = r->data;

	return k && k->krt && krt_lacks(k->krt, net);
}

const struct driver kernel_driver = {
	.up = kernels_up,
	.down = kernels_down,
	.change = kernels_change,
	.links = kernels_links,
	.follow = kernels_follow,
	.caught_up = kernels_caught_up,
	.recovered = kernels_recovered,
};
