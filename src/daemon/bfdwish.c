/*
 * Who is to have a BFD session: BGP sessions with `bfd`, next hops of static routes with
 * it, neighbours of protocols bfd.
 *
 *	what runs, where the links are --> wishes by neighbour, interface and VRF, each with
 *	the first protocol bfd that takes it --> its options
 *
 * As BIRD has it: a protocol bfd with `vrf` takes what protocols of that VRF ask for and
 * listens there; one without takes all and listens where no VRF is, or, as the machine's
 * net.ipv4.udp_l3mdev_accept says, everywhere.
 */
#include "daemon/bfdsimpl.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/ifaces.h"

static const struct bfd_conf defaults = {
	.min_rx_us = 10000, .min_tx_us = 100000, .idle_tx_us = 1000000, .multiplier = 5
};

int
bfd_target_cmp(const struct bfd_target *a, const struct bfd_target *b)
{
	int c = ip_cmp(&a->remote, &b->remote);

	if (!c)
		c = (a->ifindex > b->ifindex) - (a->ifindex < b->ifindex);
	return c ? c : strcmp(a->vrf, b->vrf);
}

static int
wish_cmp(const void *a, const void *b)
{
	const struct bfd_wish *x = a, *y = b;
	int c = bfd_target_cmp(&x->target, &y->target);

	return c ? c : (x->order > y->order) - (x->order < y->order);
}

/*
 * Wishes.
 */

/* Our address on the link: of the neighbour's network, else any of its family. */
static struct ip
local_of(const struct iface *i, const struct ip *remote)
{
	struct net host = net_from_ip(remote, ip_is4(remote) ? 32 : 128);
	struct ip any = ip_none;

	for (unsigned k = 0; k < i->addr_n; k++) {
		const struct ip *own = &i->addr[k].ip;
		struct net net = iface_net(&i->addr[k]);

		if (ip_is4(own) != ip_is4(remote) ||
		    ip_is_link_local(own) != ip_is_link_local(remote))
			continue;
		if (net_contains(&net, &host) || ip_is_link_local(remote))
			return *own;
		if (ip_is_none(&any))
			any = *own;
	}
	return any;
}

/* Where the protocol bfd that takes it listens. */
static void
target_vrf(struct bfd_target *t, const struct runtime *rt, const struct proto_conf *p)
{
	const struct iface *i;

	if (!p->vrf || !*p->vrf)
		return;
	strncpy(t->vrf, p->vrf, HOP_IFNAME - 1);
	i = rt->ifaces ? ifaces_by_name(rt->ifaces, p->vrf) : NULL;
	t->vrf_index = i ? i->index : 0;
}

/* Nothing where no protocol bfd takes it. */
static void
wish_add(struct wishes *w, struct bfd_wish *new)
{
	new->proto = bfds_proto_for(w->rt, &new->target, w->vrf);
	if (!new->proto)
		return;
	target_vrf(&new->target, w->rt, new->proto);
	if (w->n == w->room) {
		w->room = w->room ? w->room * 2 : 64;
		w->wish = mem_realloc(w->wish, w->room * sizeof(*w->wish));
	}
	w->wish[w->n] = *new;
	w->wish[w->n].order = w->n;
	w->n++;
}

/* Over a link; nothing where there is none, or no address of ours on it. */
static void
wish_direct(struct wishes *w, struct bfd_wish *new, const struct iface *i)
{
	if (!i || !iface_is_up(i))
		return;
	new->target.ifindex = i->index;
	memcpy(new->target.ifname, i->name, HOP_IFNAME);
	if (ip_is_none(&new->target.local))
		new->target.local = local_of(i, &new->target.remote);
	if (!ip_is_none(&new->target.local))
		wish_add(w, new);
}

static const struct iface *
link_to(
    const struct runtime *rt, const struct ip *remote, const char *name, const char *vrf)
{
	if (!rt->ifaces)
		return NULL;
	return name ? ifaces_by_name(rt->ifaces, name)
		    : ifaces_onlink(rt->ifaces, remote, vrf);
}

static void
wish_bgp(struct wishes *w, const struct run *r)
{
	const struct bgp_conf *b = &r->conf->bgp;
	struct bfd_wish new = {
		.target = { .remote = b->remote_ip, .local = b->local_ip },
		.options = b->bfd_options,
		.watcher = { w->rt->daemon->io[r->io], r->peer, b->bfd == BFD_GRACEFUL }
	};

	if (!b->bfd || b->range || ip_is_none(&b->remote_ip) || r->away)
		return;
	if (!b->multihop)
		wish_direct(
		    w, &new, link_to(w->rt, &b->remote_ip, b->interface, r->conf->vrf));
	else if (!ip_is_none(&b->local_ip))
		wish_add(w, &new);
}

static void
wish_neighbor(struct wishes *w, const struct bfd_neighbor_conf *n, const char *vrf)
{
	struct bfd_wish new = { .target = { .remote = n->ip, .local = n->local } };

	if (n->multihop)
		wish_add(w, &new);
	else
		wish_direct(w, &new, link_to(w->rt, &n->ip, n->interface, vrf));
}

static void
wish_hop(void *ctx, const struct ip *via, const struct iface *i)
{
	struct bfd_wish new = { .target = { .remote = *via } };

	wish_direct(ctx, &new, i);
}

void
bfds_wishes(struct wishes *w)
{
	for (unsigned i = 0; i < w->rt->run_n; i++) {
		const struct run *r = w->rt->run[i];

		if (r->disabled)
			continue;
		w->vrf = r->conf->vrf;
		if (r->conf->kind == PROTO_BGP)
			wish_bgp(w, r);
		else if (r->conf->kind == PROTO_STATIC)
			statics_bfd_hops(w->rt, r, wish_hop, w);
		for (unsigned k = 0;
		     r->conf->kind == PROTO_BFD && k < r->conf->bfd.neighbor_n; k++)
			wish_neighbor(w, &r->conf->bfd.neighbor[k], r->conf->vrf);
	}
	if (w->n)
		qsort(w->wish, w->n, sizeof(*w->wish), wish_cmp);
}

/*
 * Whose session, and how.
 */
static bool
vrf_fits(const struct proto_conf *bfd, const char *asks)
{
	return !bfd->vrf || strcmp(bfd->vrf, asks ? asks : VRF_DEFAULT) == 0;
}

const struct proto_conf *
bfds_proto_for(const struct runtime *rt, const struct bfd_target *t, const char *vrf)
{
	unsigned what = ip_is4(&t->remote) ? BFD_ACCEPT_IPV4 : BFD_ACCEPT_IPV6;

	what |= t->ifindex ? BFD_ACCEPT_DIRECT : BFD_ACCEPT_MULTIHOP;
	for (unsigned i = 0; i < rt->run_n; i++) {
		const struct run *r = rt->run[i];

		if (r->conf->kind == PROTO_BFD && r->data &&
		    (r->conf->bfd.accept & what) == what && vrf_fits(r->conf, vrf))
			return r->conf;
	}
	return NULL;
}

static void
options_take(struct bfd_conf *c, const struct bfd_options *o)
{
	if (!o)
		return;
	c->min_rx_us = o->min_rx_us ? o->min_rx_us : c->min_rx_us;
	c->min_tx_us = o->min_tx_us ? o->min_tx_us : c->min_tx_us;
	c->idle_tx_us = o->idle_tx_us ? o->idle_tx_us : c->idle_tx_us;
	c->multiplier = o->multiplier ? o->multiplier : c->multiplier;
	c->passive = o->has_passive ? o->passive : c->passive;
	/* Each for itself: a password alone does not take the authentication away. */
	c->auth = o->auth ? o->auth : c->auth;
	if (o->keys) {
		union {
			const struct bfd_keys *in;
			struct bfd_keys *out;
		} keys = { .in = o->keys };

		c->keys = keys.out; /* the model's: only looked at */
	}
}

struct bfd_conf
bfds_conf_for(const struct proto_conf *p, const struct bfd_wish *w)
{
	const struct bfd_options *of_link = w->target.ifindex ? NULL : &p->bfd.multihop;
	struct bfd_conf c = defaults;

	for (unsigned i = 0; w->target.ifindex && !of_link && i < p->bfd.iface_n; i++)
		if (iface_patterns_match(p->bfd.iface[i].pattern,
			p->bfd.iface[i].pattern_n, w->target.ifname, NULL))
			of_link = &p->bfd.iface[i].options;
	options_take(&c, of_link);
	options_take(&c, w->options);
	return c;
}
