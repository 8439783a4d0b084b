/*
 * Next hops: channels of BGP in recursive mode, and the tables that theirs are looked up
 * in.
 */
#include "daemon/igpimpl.h"

#include <string.h>

static const struct table_conf *
family_table(const struct model *m, const struct proto_conf *p, enum net_type type)
{
	const struct channel_conf *c =
	    proto_channel(p, type == NET_IP4 ? FAM_IP4 : FAM_IP6);
	const struct table_conf *t =
	    c ? c->table : model_table(m, type == NET_IP4 ? "master4" : "master6");

	for (unsigned i = 0; !t && i < m->table_n; i++)
		if (m->table[i]->type == type)
			t = m->table[i];
	return t;
}

/* Where next hops of that type are looked up; NULL: nowhere, they are neighbours. */
static const struct table_conf *
table_of(const struct model *m, const struct proto_conf *p, const struct channel_conf *c,
    enum net_type type)
{
	const struct table_conf *said = type == NET_IP4 ? c->igp4 : c->igp6;

	if (!channel_is_recursive(p, c) || family_info(c->family)->hop == HOP_FORM_NONE)
		return NULL;
	if (said)
		return said;
	return c->table->type == type ? c->table : family_table(m, p, type);
}

const struct table_conf *
igp_shown(const struct model *m, const struct proto_conf *p, const struct channel_conf *c,
    enum net_type type)
{
	enum hop_form other = type == NET_IP4 ? HOP_FORM_IP6 : HOP_FORM_IP4;

	if (family_info(c->family)->hop == other && !c->extended_next_hop)
		return NULL;
	return table_of(m, p, c, type);
}

static unsigned
number_of(const struct runtime *rt, const struct table_conf *t)
{
	struct igp *g = rt->igps;

	while (g && t && strcmp(g->table, t->name) != 0)
		g = g->next;
	return g && t ? g->number : 0;
}

void
igp_of_channel(const struct runtime *rt, const struct proto_conf *p,
    const struct channel_conf *c, struct channel_desc *d)
{
	d->igp4 = (uint16_t)number_of(rt, table_of(rt->model, p, c, NET_IP4));
	d->igp6 = (uint16_t)number_of(rt, table_of(rt->model, p, c, NET_IP6));
	if (!d->igp4)
		d->igp4 = d->igp6;
	if (!d->igp6)
		d->igp6 = d->igp4;
	d->cost = c->cost;
	d->no_igp_metric = !p->bgp.igp_metric;
	d->base = (uint16_t)number_of(rt, c->base);
}

static void
need(struct runtime *rt, const struct table_conf *t)
{
	struct igp *g;

	if (!t)
		return;
	g = igp_get(rt, t->name);
	if (g->by_bgp)
		igp_put(rt, g);
	g->by_bgp = true;
}

/* The tables that the model's channels look next hops up in have resolvers. */
void
igp_model(struct runtime *rt)
{
	const struct model *m = rt->model;
	struct igp *had[IGPS_MAX];
	unsigned n = 0;

	for (struct igp *g = rt->igps; g && n < IGPS_MAX; g = g->next)
		if (g->by_bgp) {
			g->by_bgp = false;
			had[n++] = g;
		}
	for (unsigned i = 0; m && i < m->proto_n; i++) {
		const struct proto_conf *p = m->proto[i];

		for (unsigned k = 0; p->kind == PROTO_BGP && k < p->channel_n; k++) {
			need(rt, table_of(m, p, &p->channel[k], NET_IP4));
			need(rt, table_of(m, p, &p->channel[k], NET_IP6));
		}
	}
	for (unsigned i = 0; i < n; i++)
		igp_put(rt, had[i]);
}

bool
igp_show(const struct runtime *rt, const struct proto_conf *p,
    const struct channel_conf *c, const struct ip *ip, struct hop *h, unsigned max,
    struct igp_way *way)
{
	unsigned number = number_of(
	    rt, table_of(rt->model, p, c, ip_is4(ip) ? NET_IP4 : NET_IP6));
	struct reach_news news = { 0 };
	const struct igp *g = rt->igps;

	*way = (struct igp_way){ .dest = DEST_UNREACHABLE };
	while (g && g->number != number)
		g = g->next;
	if (!g || !g->users)
		return channel_is_recursive(p, c);
	igp_find(g, ip, &news);
	way->metric = news.metric;
	if (news.resolved)
		way->dest = igp_lookup(g, ip, h, max, &way->n);
	return true;
}
