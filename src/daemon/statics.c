/*
 * Static routes: a source channel in every shard, fed by main.  A reload touches only
 * routes that changed, interfaces that come and go only those that lead over them.
 *
 *   as written ---> lead_of: links, routes of the igp table ---> what the route says now
 *
 * A hash of the latter is kept for each route: where it is another the route is told anew.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/bfds.h"
#include "daemon/driver.h"
#include "daemon/ifaces.h"
#include "daemon/igp.h"
#include "daemon/origins.h"
#include "filter/local.h"

struct statics {
	uint64_t *said; /* by place in the model's list: hash of where it leads; 0: nowhere */
	struct igp *igp4, *igp6; /* of recursive routes, as far as there are any */
	struct ip *host;	 /* the addresses of these */
	unsigned host_n;
	const struct static_to *last; /* of the route that was told last, and its hash */
	uint64_t last_hash;
	struct origin_edits *origins; /* while routes of origins are gone through; or NULL */
};

static bool
is_origin(const struct channel_conf *c)
{
	return c->family == FAM_ROA4 || c->family == FAM_ROA6 || c->family == FAM_ASPA;
}

static void
origin_add(const struct statics *st, const struct static_route *r)
{
	if (r->net.type == NET_ASPA)
		edits_aspa(
		    st->origins, net_as(&r->net), r->to->providers, r->to->provider_n);
	else
		edits_net(st->origins, &r->net, true);
}

static void
origins_begin(const struct feeder *f)
{
	struct statics *st = f->run->data;

	if (is_origin(f->channel))
		st->origins = edits_new(family_info(f->channel->family)->net_type);
}

static void
origins_end(const struct feeder *f)
{
	struct statics *st = f->run->data;

	if (st->origins)
		origins_put(f->rt, f->channel->table, f->run->conf->name,
		    origins_edit(NULL, st->origins));
	edits_free(st->origins);
	st->origins = NULL;
}

/*
 * Where a route leads.
 */
struct lead {
	enum dest dest; /* DEST_NONE: nowhere, there is no route */
	unsigned n;
	struct hop hop[HOPS_MAX];
};

static bool
has_net_of(const struct iface *i, const struct ip *ip)
{
	struct net host = net_from_ip(ip, ip_is4(ip) ? 32 : 128);

	for (unsigned k = 0; k < i->addr_n; k++) {
		struct net net = iface_net(&i->addr[k]);

		if (net_contains(&net, &host))
			return true;
	}
	return false;
}

/* A gateway is a neighbour on some link.  The link, or NULL when it cannot be used. */
static const struct iface *
link_of_hop(const struct runtime *rt, const struct proto_conf *p, const struct hop *h)
{
	const struct static_conf *conf = &p->statics;
	const struct iface *i = NULL;

	if (h->ifname[0])
		i = ifaces_by_name(rt->ifaces, h->ifname);
	else if (!h->onlink)
		i = ifaces_onlink(rt->ifaces, &h->via, p->vrf);
	if (!i || !(conf->check_link ? iface_has_link(i) : iface_is_up(i)))
		return NULL;
	if (h->ifname[0] && !ip_is_none(&h->via) && !h->onlink && !has_net_of(i, &h->via))
		return NULL;
	return i;
}

/* Is there such a way now?  The link, or NULL when there is none that is looked at. */
static bool
hop_leads(const struct runtime *rt, const struct proto_conf *p,
    const struct static_hop *h, const struct iface **on)
{
	*on = NULL;
	if (rt->ifaces && !(*on = link_of_hop(rt, p, &h->hop)))
		return false;
	return !h->bfd || ip_is_none(&h->hop.via) ||
	       (*on && bfds_is_up(rt, &h->hop.via, (*on)->index, p->vrf));
}

bool
statics_hop_up(const struct runtime *rt, const struct proto_conf *p,
    const struct static_route *r, unsigned hop)
{
	const struct iface *on;

	return r->to->recursive || hop_leads(rt, p, &r->to->hop[hop], &on);
}

void
statics_bfd_hops(const struct runtime *rt, const struct run *run,
    void (*fn)(void *ctx, const struct ip *via, const struct iface *), void *ctx)
{
	const struct proto_conf *p = run->conf;

	for (unsigned i = 0; rt->ifaces && i < p->route_n; i++) {
		const struct static_to *to = p->route[i].to;

		for (unsigned k = 0; !to->recursive && k < to->hop_n; k++) {
			const struct iface *on;

			if (!to->hop[k].bfd || ip_is_none(&to->hop[k].hop.via))
				continue;
			on = link_of_hop(rt, p, &to->hop[k].hop);
			if (on)
				fn(ctx, &to->hop[k].hop.via, on);
		}
	}
}

static void
labels_push(struct hop *h, const struct hop *outer)
{
	uint32_t inner[HOP_LABELS];
	unsigned n = h->label_n;

	memcpy(inner, h->label, sizeof(inner));
	h->label_n = 0;
	for (unsigned i = 0; i < n; i++)
		h->label[h->label_n++] = inner[i];
	for (unsigned i = 0; i < outer->label_n && h->label_n < HOP_LABELS; i++)
		h->label[h->label_n++] = outer->label[i];
}

/* Marked, also where it leads nowhere: two such routes cannot hold each other up. */
static void
lead_recursive(const struct statics *st, const struct static_route *r, struct lead *l)
{
	const struct hop *to = &r->to->hop[0].hop;
	const struct igp *g = ip_is4(&to->via) ? st->igp4 : st->igp6;

	l->dest = g ? igp_lookup(g, &to->via, l->hop, HOPS_MAX, &l->n) : DEST_UNREACHABLE;
	if (!l->n)
		l->hop[l->n++] = (struct hop){ .weight = 1 };
	for (unsigned i = 0; i < l->n; i++) {
		l->hop[i].recursive = true;
		if (l->dest == DEST_UNICAST)
			labels_push(&l->hop[i], to);
	}
}

/* In order, each once. */
static unsigned
hops_sort(struct hop *h, unsigned n)
{
	unsigned to = 1;

	qsort(h, n, sizeof(*h), hops_order);
	for (unsigned i = 1; i < n; i++)
		if (hops_order(&h[to - 1], &h[i]) != 0)
			h[to++] = h[i];
	return to;
}

static void
lead_of(const struct feeder *f, const struct static_route *r, struct lead *l)
{
	const struct statics *st = f->run->data;
	unsigned n = 0;

	l->dest = r->to->dest;
	l->n = 0;
	if (r->to->recursive) {
		lead_recursive(st, r, l);
		return;
	}
	for (unsigned i = 0; i < r->to->hop_n; i++) {
		struct hop *h = &l->hop[n];
		const struct iface *on;

		*h = r->to->hop[i].hop;
		if (!hop_leads(f->rt, f->run->conf, &r->to->hop[i], &on))
			continue;
		if (on && (r->to->hop_n > 1 || f->run->conf->vrf))
			memcpy(h->ifname, on->name, HOP_IFNAME);
		n++;
	}
	l->n = n > 1 ? hops_sort(l->hop, n) : n;
	if (r->to->dest == DEST_UNICAST && !n)
		l->dest = DEST_NONE;
}

static uint64_t
hash_bytes(const void *data, size_t n, uint64_t h)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3; /* FNV-1a */
	return h;
}

/* Never 0 for a route that leads somewhere. */
static uint64_t
lead_hash(const struct static_route *r, const struct lead *l)
{
	uint64_t h = 0xcbf29ce484222325 + (uint64_t)l->dest;

	if (r->to->dest == DEST_UNICAST && l->dest == DEST_NONE)
		return 0;
	for (unsigned i = 0; i < l->n; i++) {
		const struct hop *p = &l->hop[i];

		h = hash_bytes(&p->via, sizeof(p->via), h);
		h = hash_bytes(p->ifname, strnlen(p->ifname, HOP_IFNAME), h);
		h = hash_bytes(p->label, p->label_n * sizeof(p->label[0]),
		    h ^ p->weight ^ (uint64_t)p->onlink << 32);
	}
	return h ? h : 1;
}

static void
announce_lead(struct feeder *f, const struct static_route *r, const struct lead *l)
{
	struct statics *st = f->run->data;
	struct draft d;

	if (r->to->dest == DEST_UNICAST && l->dest == DEST_NONE) {
		if (st->said[r - f->run->conf->route])
			feeder_withdraw_as(f, &r->net, r->index);
		return;
	}
	feeder_draft(f, &d);
	draft_set_dest(&d, l->dest);
	if (l->n)
		draft_set_hops(&d, l->hop, l->n);
	draft_set_providers(&d, r->to->providers, r->to->provider_n);
	if (feeder_put_as(f, &r->net, r->index, &d, r->to->body) && st->origins)
		origin_add(st, r);
}

/* Most routes of a list say the same. */
static bool
announce_same(struct feeder *f, const struct static_route *r, uint64_t hash)
{
	struct statics *st = f->run->data;
	bool same = r->to == st->last && hash == st->last_hash && !r->to->body;

	st->last = r->to;
	st->last_hash = hash;
	return same && hash && !st->origins && feeder_put_last(f, &r->net, r->index);
}

/* always: also when it leads where it did. */
static void
announce(struct feeder *f, const struct static_route *r, bool always)
{
	struct statics *st = f->run->data;
	uint64_t *said = &st->said[r - f->run->conf->route], hash;
	struct lead l;

	lead_of(f, r, &l);
	hash = lead_hash(r, &l);
	if ((always || hash != *said) && !announce_same(f, r, hash))
		announce_lead(f, r, &l);
	*said = hash;
}

static struct igp *
igp_wanted(struct runtime *rt, const struct proto_conf *p, bool v4)
{
	const struct table_conf *t = v4 ? p->statics.igp4 : p->statics.igp6;
	enum net_type type = v4 ? NET_IP4 : NET_IP6;
	unsigned i = 0;

	while (i < p->route_n && !(p->route[i].to->recursive &&
				     ip_is4(&p->route[i].to->hop[0].hop.via) == v4))
		i++;
	if (i == p->route_n || !p->channel_n)
		return NULL;
	if (!t && p->channel[0].table->type == type)
		t = p->channel[0].table;
	return igp_get(rt, t ? t->name : v4 ? "master4" : "master6");
}

static void
hosts(const struct statics *st, bool on)
{
	for (unsigned i = 0; i < st->host_n; i++) {
		struct igp *g = ip_is4(&st->host[i]) ? st->igp4 : st->igp6;

		if (g)
			igp_host(g, &st->host[i], on);
	}
}

static struct statics *
statics_new(struct runtime *rt, const struct run *r)
{
	struct statics *st = MEM_NEW(struct statics);

	st->said = MEM_ARRAY(uint64_t, r->conf->route_n + 1);
	st->igp4 = igp_wanted(rt, r->conf, true);
	st->igp6 = igp_wanted(rt, r->conf, false);
	st->host = MEM_ARRAY(struct ip, r->conf->route_n + 1);
	for (unsigned i = 0; i < r->conf->route_n; i++)
		if (r->conf->route[i].to->recursive)
			st->host[st->host_n++] = r->conf->route[i].to->hop[0].hop.via;
	hosts(st, true);
	return st;
}

static void
statics_free(struct runtime *rt, struct statics *st)
{
	hosts(st, false);
	if (st->igp4)
		igp_put(rt, st->igp4);
	if (st->igp6)
		igp_put(rt, st->igp6);
	mem_free(st->said);
	mem_free(st->host);
	mem_free(st);
}

static void
statics_up(struct runtime *rt, struct run *r)
{
	const struct channel_conf *c = &r->conf->channel[0];
	struct feeder f;

	r->data = statics_new(rt, r);
	if (r->conf->channel_n && feeder_begin(&f, rt, r, c, SOURCE_STATIC)) {
		struct channel_desc d = feeder_desc(rt, r, c, SOURCE_STATIC);

		feeder_up(rt, &d);
		origins_begin(&f);
		for (unsigned i = 0; i < r->conf->route_n; i++)
			announce(&f, &r->conf->route[i], true);
		origins_end(&f);
		feeder_end(&f);
	}
}

static void
statics_down(struct runtime *rt, struct run *r, bool keep)
{
	(void)keep;
	for (unsigned i = 0; i < r->conf->channel_n; i++)
		if (is_origin(&r->conf->channel[i]))
			origins_put(
			    rt, r->conf->channel[i].table, r->conf->name, NULL);
	for (unsigned f = 0; f < FAMILIES; f++)
		feeder_event(rt, r->channel[f], CH_DOWN);
	statics_free(rt, r->data);
	r->data = NULL;
}

static int
route_cmp(const void *a, const void *b)
{
	const struct static_route *const *x = a, *const *y = b;
	int c = net_cmp(&(*x)->net, &(*y)->net);

	return c ? c : ((*x)->index > (*y)->index) - ((*x)->index < (*y)->index);
}

static const struct static_route **
sorted_routes(const struct proto_conf *c)
{
	const struct static_route **s = MEM_ARRAY(
	    const struct static_route *, c->route_n);

	bool sorted = true;

	for (unsigned i = 0; i < c->route_n; i++) {
		s[i] = &c->route[i];
		sorted = sorted && (!i || route_cmp(&s[i - 1], &s[i]) < 0);
	}
	if (!sorted)
		qsort(s, c->route_n, sizeof(*s), route_cmp);
	return s;
}

/* Those whose way has gone or come back. */
static void
statics_links(struct runtime *rt, struct run *r)
{
	struct feeder f;

	if (!r->conf->channel_n ||
	    !feeder_begin(&f, rt, r, &r->conf->channel[0], SOURCE_STATIC))
		return;
	for (unsigned i = 0; i < r->conf->route_n; i++)
		if (r->conf->route[i].to->hop_n)
			announce(&f, &r->conf->route[i], false);
	feeder_end(&f);
}

static void
statics_change(struct runtime *rt, struct run *r, const struct proto_conf *old,
    const struct step *s)
{
	const struct static_route **was = sorted_routes(old),
				  **is = sorted_routes(r->conf);
	bool all = s->change & CHANGE_REIMPORT;
	struct statics *before = r->data, *st = statics_new(rt, r);
	unsigned i = 0, j = 0;
	struct feeder f;

	r->data = st;
	if (!old->channel_n || !r->conf->channel_n ||
	    !feeder_begin(&f, rt, r, &r->conf->channel[0], SOURCE_STATIC))
		goto out;
	if (feeder_move(rt, r, f.channel, SOURCE_STATIC, s) && is_origin(f.channel))
		origins_put(rt, old->channel[0].table, r->conf->name, NULL);
	origins_begin(&f);
	all |= is_origin(f.channel);
	while (i < old->route_n || j < r->conf->route_n) {
		int c = i == old->route_n	? 1
			: j == r->conf->route_n ? -1
						: route_cmp(&was[i], &is[j]);

		uint64_t said = c > 0 ? 0 : before->said[was[i] - old->route];

		if (c >= 0)
			st->said[is[j] - r->conf->route] = said;
		if (c < 0 && said)
			feeder_withdraw_as(&f, &was[i]->net, was[i]->index);
		if (c > 0 || (!c && (all || !static_route_same(was[i], is[j]))))
			announce(&f, is[j], true);
		i += c <= 0;
		j += c >= 0;
	}
	origins_end(&f);
	feeder_end(&f);
out:
	mem_free(was);
	mem_free(is);
	statics_free(rt, before);
	statics_links(rt, r);
}

const struct driver static_driver = {
	.up = statics_up,
	.down = statics_down,
	.change = statics_change,
	.links = statics_links,
};
