/*
 * Direct: the networks of the machine's interfaces as routes.
 */
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/longnet.h"
#include "base/mem.h"
#include "daemon/driver.h"
#include "daemon/ifaces.h"

struct link_net {
	struct net net;
	char ifname[HOP_IFNAME];
};

struct direct {
	unsigned n[FAMILIES];
	struct link_net *list[FAMILIES]; /* announced, sorted */
};

static int
link_net_cmp(const void *a, const void *b)
{
	const struct link_net *x = a, *y = b;

	return net_cmp(&x->net, &y->net);
}

static bool
is_wanted(const struct direct_conf *c, const struct iface *i, const struct iface_addr *a,
    enum net_type type)
{
	struct net host = net_from_ip(&a->ip, ip_is4(&a->ip) ? 32 : 128);

	if (host.type != type || a->scope >= RT_SCOPE_LINK)
		return false;
	if (!(c->check_link ? iface_has_link(i) : iface_is_up(i)))
		return false;
	return iface_patterns_match(c->pattern, c->pattern_n, i->name, &host);
}

/* Of interfaces that share a network the first counts. */
static struct link_net *
collect(const struct runtime *rt, const struct proto_conf *p, enum net_type type,
    unsigned *n)
{
	const struct direct_conf *c = &p->direct;
	struct link_net *list = NULL;
	const struct iface *ifc;

	*n = 0;
	for (unsigned i = 0; (ifc = ifaces_at(rt->ifaces, i)); i++) {
		unsigned addr_n = iface_in_vrf(rt->ifaces, ifc, p->vrf) ? ifc->addr_n : 0;

		for (unsigned k = 0; k < addr_n; k++) {
			if (!is_wanted(c, ifc, &ifc->addr[k], type))
				continue;
			list = mem_realloc(list, (*n + 1) * sizeof(*list));
			list[*n].net = iface_net(&ifc->addr[k]);
			memcpy(list[(*n)++].ifname, ifc->name, HOP_IFNAME);
		}
	}
	if (*n)
		qsort(list, *n, sizeof(*list), link_net_cmp);
	return list;
}

/* As the channel's table has it; in one by source, from anywhere. */
static struct net
told_net(const struct feeder *f, const struct net *net, uint8_t room[SADR_LEN])
{
	static const struct net anywhere = { .type = NET_IP6 };

	return f->channel->family == FAM_SADR ? net_sadr(net, &anywhere, room) : *net;
}

static void
announce(struct feeder *f, const struct link_net *l)
{
	struct hop hop = { .weight = 1 };
	uint8_t room[SADR_LEN];
	struct net net = told_net(f, &l->net, room);
	struct draft d;

	memcpy(hop.ifname, l->ifname, sizeof(hop.ifname));
	feeder_draft(f, &d);
	draft_set_hops(&d, &hop, 1);
	feeder_put(f, &net, &d, NULL);
}

static void
withdraw(struct feeder *f, const struct link_net *l)
{
	uint8_t room[SADR_LEN];
	struct net net = told_net(f, &l->net, room);

	feeder_withdraw(f, &net);
}

/* all: also what is as it was, for the filter is another. */
static void
channel_sync(
    struct runtime *rt, struct run *r, const struct channel_conf *c, bool all)
{
	struct direct *dir = r->data;
	struct link_net *was = dir->list[c->family], *is;
	unsigned was_n = dir->n[c->family], n, i = 0, j = 0;
	struct feeder f;

	is = collect(rt, r->conf, c->family == FAM_IP4 ? NET_IP4 : NET_IP6, &n);
	if (feeder_begin(&f, rt, r, c, SOURCE_DIRECT)) {
		while (i < was_n || j < n) {
			int cmp = i == was_n ? 1
				  : j == n   ? -1
					     : link_net_cmp(&was[i], &is[j]);

			if (cmp < 0)
				withdraw(&f, &was[i]);
			else if (cmp > 0 || all ||
				 strcmp(was[i].ifname, is[j].ifname) != 0)
				announce(&f, &is[j]);
			i += cmp <= 0;
			j += cmp >= 0;
		}
		feeder_end(&f);
	}
	mem_free(was);
	dir->list[c->family] = is;
	dir->n[c->family] = n;
}

static void
directs_up(struct runtime *rt, struct run *r)
{
	r->data = MEM_NEW(struct direct);
	for (unsigned i = 0; i < r->conf->channel_n; i++) {
		const struct channel_conf *c = &r->conf->channel[i];
		struct channel_desc d = feeder_desc(rt, r, c, SOURCE_DIRECT);

		feeder_up(rt, &d);
		channel_sync(rt, r, c, false);
	}
}

static void
directs_down(struct runtime *rt, struct run *r, bool keep)
{
	struct direct *dir = r->data;

	(void)keep;
	for (unsigned f = 0; f < FAMILIES; f++) {
		feeder_event(rt, r->channel[f], CH_DOWN);
		mem_free(dir->list[f]);
	}
	mem_free(dir);
	r->data = NULL;
}

static void
sync_all(struct runtime *rt, struct run *r, bool all)
{
	for (unsigned i = 0; i < r->conf->channel_n; i++)
		channel_sync(rt, r, &r->conf->channel[i], all);
}

static void
directs_change(struct runtime *rt, struct run *r, const struct proto_conf *old,
    const struct step *s)
{
	(void)old;
	for (unsigned i = 0; i < r->conf->channel_n; i++)
		feeder_move(rt, r, &r->conf->channel[i], SOURCE_DIRECT, s);
	sync_all(rt, r, s->change & CHANGE_REIMPORT);
}

static void
directs_links(struct runtime *rt, struct run *r)
{
	sync_all(rt, r, false);
}

const struct driver direct_driver = {
	.up = directs_up,
	.down = directs_down,
	.change = directs_change,
	.links = directs_links,
};
