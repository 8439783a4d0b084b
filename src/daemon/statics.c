/*
 * Static routes: a source channel in every shard, fed by main.  A reload touches only
 * routes that changed, interfaces that come and go only those that lead over them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/driver.h"
#include "daemon/ifaces.h"
#include "daemon/origins.h"

struct statics {
	uint8_t *lost; /* by place in the model's list: a next hop is out of reach */
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
		edits_aspa(st->origins, net_as(&r->net), r->providers, r->provider_n);
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

/* Does the route lead anywhere now?  A gateway is a neighbour on some link. */
static bool
is_reachable(const struct runtime *rt, const struct static_route *r)
{
	const struct iface *i;

	if (r->dest != DEST_UNICAST || r->recursive || !rt->ifaces)
		return true;
	if (r->via_if) {
		i = ifaces_by_name(rt->ifaces, r->via_if);
		return i && iface_is_up(i);
	}
	return ifaces_onlink(rt->ifaces, &r->via) != NULL;
}

static void
hops_set(struct draft *d, const struct static_route *r)
{
	struct hop hop = { .via = r->via, .weight = 1 };

	draft_set_dest(d, r->dest);
	if (r->dest != DEST_UNICAST)
		return;
	if (r->via_if)
		strncpy(hop.ifname, r->via_if, HOP_IFNAME - 1);
	draft_set_hops(d, &hop, 1);
}

static void
announce(struct feeder *f, const struct static_route *r)
{
	struct statics *st = f->run->data;
	struct draft d;

	st->lost[r - f->run->conf->route] = !is_reachable(f->rt, r);
	if (st->lost[r - f->run->conf->route]) {
		feeder_withdraw(f, &r->net);
		return;
	}
	feeder_draft(f, &d);
	hops_set(&d, r);
	if (feeder_put(f, &r->net, &d, r->body) && st->origins)
		origin_add(st, r);
}

static struct statics *
statics_new(const struct run *r)
{
	struct statics *st = MEM_NEW(struct statics);

	st->lost = MEM_ARRAY(uint8_t, r->conf->route_n + 1);
	return st;
}

static void
statics_free(struct statics *st)
{
	mem_free(st->lost);
	mem_free(st);
}

static void
statics_up(struct runtime *rt, struct run *r)
{
	const struct channel_conf *c = &r->conf->channel[0];
	struct feeder f;

	r->data = statics_new(r);
	if (r->conf->channel_n && feeder_begin(&f, rt, r, c, SOURCE_STATIC)) {
		struct channel_desc d = feeder_desc(rt, r, c, SOURCE_STATIC);

		feeder_up(rt, &d);
		origins_begin(&f);
		for (unsigned i = 0; i < r->conf->route_n; i++)
			announce(&f, &r->conf->route[i]);
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
	statics_free(r->data);
	r->data = NULL;
}

static int
route_cmp(const void *a, const void *b)
{
	const struct static_route *const *x = a, *const *y = b;

	return net_cmp(&(*x)->net, &(*y)->net);
}

static const struct static_route **
sorted_routes(const struct proto_conf *c)
{
	const struct static_route **s = MEM_ARRAY(
	    const struct static_route *, c->route_n);

	for (unsigned i = 0; i < c->route_n; i++)
		s[i] = &c->route[i];
	qsort(s, c->route_n, sizeof(*s), route_cmp);
	return s;
}

static bool
body_same(const struct filter *a, const struct filter *b)
{
	return a && b ? filter_same(a, b) : a == b;
}

static bool
route_same(const struct static_route *a, const struct static_route *b)
{
	return a->dest == b->dest && ip_equal(&a->via, &b->via) &&
	       a->recursive == b->recursive && !a->via_if == !b->via_if &&
	       (!a->via_if || strcmp(a->via_if, b->via_if) == 0) &&
	       body_same(a->body, b->body) && a->provider_n == b->provider_n &&
	       (!a->provider_n || memcmp(a->providers, b->providers,
				      a->provider_n * sizeof(*a->providers)) == 0);
}

/* Those whose way has gone or come back. */
static void
statics_links(struct runtime *rt, struct run *r)
{
	const struct statics *st = r->data;
	struct feeder f;

	if (!r->conf->channel_n ||
	    !feeder_begin(&f, rt, r, &r->conf->channel[0], SOURCE_STATIC))
		return;
	for (unsigned i = 0; i < r->conf->route_n; i++)
		if (st->lost[i] == is_reachable(rt, &r->conf->route[i]))
			announce(&f, &r->conf->route[i]);
	feeder_end(&f);
}

static void
statics_change(struct runtime *rt, struct run *r, const struct proto_conf *old,
    const struct step *s)
{
	const struct static_route **was = sorted_routes(old),
				  **is = sorted_routes(r->conf);
	bool all = s->change & CHANGE_REIMPORT;
	unsigned i = 0, j = 0;
	struct feeder f;

	statics_free(r->data);
	r->data = statics_new(r);
	if (!old->channel_n || !r->conf->channel_n ||
	    !feeder_begin(&f, rt, r, &r->conf->channel[0], SOURCE_STATIC))
		goto out;
	origins_begin(&f);
	all |= is_origin(f.channel);
	while (i < old->route_n || j < r->conf->route_n) {
		int c = i == old->route_n	? 1
			: j == r->conf->route_n ? -1
						: net_cmp(&was[i]->net, &is[j]->net);

		if (c < 0)
			feeder_withdraw(&f, &was[i]->net);
		else if (c > 0 || all || !route_same(was[i], is[j]))
			announce(&f, is[j]);
		i += c <= 0;
		j += c >= 0;
	}
	origins_end(&f);
	feeder_end(&f);
out:
	mem_free(was);
	mem_free(is);
	statics_links(rt, r);
}

const struct driver static_driver = {
	.up = statics_up,
	.down = statics_down,
	.change = statics_change,
	.links = statics_links,
};
