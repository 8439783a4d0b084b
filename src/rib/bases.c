/*
 * Bases of flow specifications: see rib/bases.h.
 *
 * Three collections: the destinations, what is known of networks, and the destinations once
 * more in the order of their addresses, so that those inside a network are found.  A new
 * destination is counted in one pass, with others that are new, when the walk that told of
 * its networks is over; until then changes pass it by.
 */
#include "rib/bases.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/sorted.h"
#include "rib/table.h"

#define UNSORTED_MAX 512u

struct as_count {
	uint32_t as, n;
};

struct base {
	uint64_t users;	 /* a bit for each */
	uint32_t serial; /* of the walk that tells of its networks */
	bool fresh;	 /* they have not been counted */
	bool counting;
	bool changed, owed;
	uint32_t n; /* networks inside, and the same by AS, in order */
	uint32_t as_n, as_cap;
	struct as_count *as;
	struct base_news said;
};

struct ordered {
	struct net to;
	uint32_t node; /* of dests */
};

struct bases {
	struct table dests, nets;
	struct slab base;  /* struct base, by node of dests */
	struct slab route; /* struct base_route, by node of nets */
	struct ordered *order;
	uint32_t order_n, order_cap;
	uint32_t sorted_n; /* so many are in order; the others came last */
	bool stale;	   /* some nets may belong to no destination */
	struct net *moved; /* networks that destinations may be inside of */
	uint32_t moved_n, moved_cap;
};

static struct base *
base_at(const struct bases *b, uint32_t node)
{
	return (struct base *)(void *)b->base.mem + node;
}

static struct base_route *
route_at(const struct bases *b, uint32_t node)
{
	return (struct base_route *)(void *)b->route.mem + node;
}

struct bases *
bases_new(enum net_type type)
{
	struct bases *b = MEM_NEW(struct bases);

	table_init(&b->dests, type);
	table_init(&b->nets, type);
	return b;
}

void
bases_free(struct bases *b)
{
	if (!b)
		return;
	for (uint32_t i = 0; i < b->order_n; i++)
		mem_free(base_at(b, b->order[i].node)->as);
	table_fini(&b->dests);
	table_fini(&b->nets);
	slab_free(&b->base);
	slab_free(&b->route);
	mem_free(b->order);
	mem_free(b->moved);
	mem_free(b);
}

bool
bases_empty(const struct bases *b)
{
	return !b->order_n;
}

void
bases_each(
    const struct bases *b, void (*fn)(void *ctx, const struct net *to), void *ctx)
{
	for (uint32_t i = 0; i < b->order_n; i++)
		fn(ctx, &b->order[i].to);
}

/*
 * Destinations in order.
 */
static int
order_cmp(const void *x, const void *y)
{
	return net_cmp(
	    &((const struct ordered *)x)->to, &((const struct ordered *)y)->to);
}

static void
order_sort(struct bases *b)
{
	if (b->sorted_n < b->order_n)
		qsort(b->order, b->order_n, sizeof(*b->order), order_cmp);
	b->sorted_n = b->order_n;
}

/* The first that is not below the network, of those in order: those inside of it follow
 * each other from there. */
static uint32_t
first_inside(const struct bases *b, const struct net *net)
{
	uint32_t lo = 0, hi = b->sorted_n;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (net_cmp(&b->order[mid].to, net) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
is_inside(const struct bases *b, uint32_t at, const struct net *net)
{
	return at < b->sorted_n && net_contains(net, &b->order[at].to);
}

/* Is a destination inside the network?  Many come one by one, and their networks between
 * them: the last ones are gone through, not sorted in each time. */
static bool
holds_any(struct bases *b, const struct net *net)
{
	if (b->order_n - b->sorted_n > UNSORTED_MAX)
		order_sort(b);
	for (uint32_t i = b->sorted_n; i < b->order_n; i++)
		if (net_contains(net, &b->order[i].to))
			return true;
	return is_inside(b, first_inside(b, net), net);
}

/* Is the network inside a destination, or one inside of it? */
static bool
is_related(struct bases *b, const struct net *net)
{
	int plen = net->plen;

	return table_holder(&b->dests, net, &plen) || holds_any(b, net);
}

/* Nothing tells any more of networks that only forgotten destinations asked for. */
static void
forget_nets(struct bases *b)
{
	struct net net;

	for (uint32_t i = 1; b->stale && i < b->nets.node_end; i++) {
		if (!(table_node(&b->nets, i)->flags & NODE_USED))
			continue;
		table_net(&b->nets, i, &net);
		if (!is_related(b, &net))
			table_del(&b->nets, i);
	}
	b->stale = false;
}

static void
order_add(struct bases *b, const struct net *to, uint32_t node)
{
	if (b->order_n == b->order_cap) {
		b->order_cap = b->order_cap ? b->order_cap * 2 : 16;
		b->order = mem_realloc(b->order, b->order_cap * sizeof(*b->order));
	}
	b->order[b->order_n++] = (struct ordered){ *to, node };
}

static void
order_del(struct bases *b, const struct net *to)
{
	uint32_t i = first_inside(b, to);

	if (i < b->sorted_n && net_equal(&b->order[i].to, to))
		b->sorted_n--;
	else
		for (i = b->sorted_n; !net_equal(&b->order[i].to, to);)
			i++;
	memmove(b->order + i, b->order + i + 1, (--b->order_n - i) * sizeof(*b->order));
}

bool
bases_want(struct bases *b, const struct net *to, unsigned user, uint32_t serial)
{
	uint64_t hash = table_hash(&b->dests, to);
	uint32_t node = table_find(&b->dests, to, hash);
	bool is_new = !node;

	if (is_new) {
		forget_nets(b);
		node = table_get(&b->dests, to, hash);
		if (!node)
			return false;
		slab_fit(&b->base, (size_t)b->dests.node_end * sizeof(struct base));
		*base_at(b, node) = (struct base){ .serial = serial, .fresh = true };
		order_add(b, to, node);
	}
	base_at(b, node)->users |= UINT64_C(1) << user;
	base_at(b, node)->owed = true;
	return is_new;
}

bool
bases_drop(struct bases *b, const struct net *to, unsigned user)
{
	uint32_t node = table_find(&b->dests, to, table_hash(&b->dests, to));
	struct base *d = node ? base_at(b, node) : NULL;

	if (!d || (d->users &= ~(UINT64_C(1) << user)))
		return false;
	order_del(b, to);
	mem_free(d->as);
	*d = (struct base){ 0 };
	table_del(&b->dests, node);
	b->stale = true;
	return true;
}

/*
 * Counting.
 */
static uint32_t
as_place(const struct base *d, uint32_t as)
{
	return SORTED_PLACE(d->as, d->as_n, as, as);
}

static uint32_t
as_count(const struct base *d, uint32_t as)
{
	uint32_t i = as_place(d, as);

	return i < d->as_n && d->as[i].as == as ? d->as[i].n : 0;
}

static void
count_add(struct base *d, uint32_t as)
{
	uint32_t i = as_place(d, as);

	d->n++;
	if (i < d->as_n && d->as[i].as == as) {
		d->as[i].n++;
		return;
	}
	if (d->as_n == d->as_cap) {
		d->as_cap = d->as_cap ? d->as_cap * 2 : 2;
		d->as = mem_realloc(d->as, d->as_cap * sizeof(*d->as));
	}
	memmove(d->as + i + 1, d->as + i, (d->as_n++ - i) * sizeof(*d->as));
	d->as[i] = (struct as_count){ as, 1 };
}

static void
count_del(struct base *d, uint32_t as)
{
	uint32_t i = as_place(d, as);

	d->n--;
	if (--d->as[i].n == 0)
		memmove(d->as + i, d->as + i + 1, (--d->as_n - i) * sizeof(*d->as));
}

/* Of the destinations that it is inside of: was, now: its AS, or NULL. */
static void
recount(struct bases *b, const struct net *net, const struct base_route *was,
    const struct base_route *now)
{
	int plen = net->plen;
	uint32_t node;

	while ((node = table_holder(&b->dests, net, &plen))) {
		struct base *d = base_at(b, node);

		if (d->fresh)
			continue;
		if (was)
			count_del(d, was->as);
		if (now)
			count_add(d, now->as);
		d->changed = true;
	}
}

static void
moved_add(struct bases *b, const struct net *net)
{
	if (b->moved_n == b->moved_cap) {
		b->moved_cap = b->moved_cap ? b->moved_cap * 2 : 16;
		b->moved = mem_realloc(b->moved, b->moved_cap * sizeof(*b->moved));
	}
	b->moved[b->moved_n++] = *net;
}

static bool
route_same(const struct base_route *x, const struct base_route *y)
{
	return x->as == y->as && x->originator == y->originator &&
	       ip_equal(&x->from, &y->from);
}

void
bases_route(struct bases *b, const struct net *net, const struct base_route *r)
{
	uint64_t hash = table_hash(&b->nets, net);
	uint32_t node = table_find(&b->nets, net, hash);
	const struct base_route *was = node ? route_at(b, node) : NULL;

	if (!r == !node && (!r || route_same(r, was)))
		return;
	if (!node && !is_related(b, net))
		return;
	recount(b, net, was, r);
	moved_add(b, net);
	if (!r) {
		table_del(&b->nets, node);
		return;
	}
	node = table_get(&b->nets, net, hash);
	if (!node)
		return;
	slab_fit(&b->route, (size_t)b->nets.node_end * sizeof(struct base_route));
	*route_at(b, node) = *r;
}

void
bases_walked(struct bases *b, uint32_t serial)
{
	bool any = false;

	for (uint32_t i = 0; i < b->order_n; i++) {
		struct base *d = base_at(b, b->order[i].node);

		d->counting = d->fresh && (int32_t)(d->serial - serial) <= 0;
		any |= d->counting;
	}
	for (uint32_t i = 1; any && i < b->nets.node_end; i++) {
		struct net net;
		uint32_t node;
		int plen;

		if (!(table_node(&b->nets, i)->flags & NODE_USED))
			continue;
		table_net(&b->nets, i, &net);
		for (plen = net.plen; (node = table_holder(&b->dests, &net, &plen));)
			if (base_at(b, node)->counting)
				count_add(base_at(b, node), route_at(b, i)->as);
	}
	for (uint32_t i = 0; any && i < b->order_n; i++) {
		struct base *d = base_at(b, b->order[i].node);

		d->fresh = d->fresh && !d->counting;
		d->changed |= d->counting;
		d->counting = false;
	}
}

/*
 * What is said.
 */

/* RFC 8955, 6: the best route to the destination, and nothing inside from another AS. */
static struct base_news
news_of(const struct bases *b, uint32_t node)
{
	const struct base *d = base_at(b, node);
	const struct base_route *best;
	struct base_news news = { 0 };
	uint32_t at;
	int plen;

	table_net(&b->dests, node, &news.to);
	plen = news.to.plen;
	at = table_holder(&b->nets, &news.to, &plen);
	best = at ? route_at(b, at) : NULL;
	if (!best || !best->as || as_count(d, best->as) != d->n)
		return news;
	news.as = best->as;
	news.originator = best->originator;
	news.from = best->from;
	return news;
}

static bool
news_same(const struct base_news *x, const struct base_news *y)
{
	return x->as == y->as && x->originator == y->originator &&
	       ip_equal(&x->from, &y->from);
}

static void
mark_moved(struct bases *b)
{
	if (b->moved_n)
		order_sort(b);
	for (uint32_t i = 0; i < b->moved_n; i++)
		for (uint32_t at = first_inside(b, &b->moved[i]);
		     is_inside(b, at, &b->moved[i]); at++)
			base_at(b, b->order[at].node)->changed = true;
	b->moved_n = 0;
}

unsigned
bases_publish(
    struct bases *b, void (*say)(void *ctx, const struct base_news *), void *ctx)
{
	unsigned said = 0;

	mark_moved(b);
	for (uint32_t i = 0; i < b->order_n; i++) {
		struct base *d = base_at(b, b->order[i].node);
		struct base_news news;

		if (d->fresh || (!d->changed && !d->owed))
			continue;
		news = news_of(b, b->order[i].node);
		if (d->owed || !news_same(&news, &d->said)) {
			say(ctx, &news);
			said++;
		}
		d->said = news;
		d->changed = d->owed = false;
	}
	return said;
}
