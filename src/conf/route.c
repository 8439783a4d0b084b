/*
 * Static routes as the model keeps them: the network, and what it says shared with all
 * routes that say the same.  One protocol may have millions of them.
 *
 *   statement --- static.c ---> static_to (scratch) --- shared ---> route_build --> model
 *
 * The parser hands routes over as soon as they are read (routes_fold), so that their
 * statements are not kept until the end of the protocol.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/check.h"

#define SHARED 4096u /* remembered, by hash: the last of each slot */

struct route_share {
	const struct static_to *to[SHARED];
	struct static_hop *hop; /* of the route being read */
	unsigned hop_room;
	uint32_t *provider;
	unsigned provider_room;
	struct proto_build reader; /* takes folded routes from the rules */
};

static struct route_share *
share_get(struct check *check)
{
	if (!check->share)
		check->share = ARENA_NEW(check->passing, struct route_share);
	return check->share;
}

struct static_hop *
route_hop_add(struct check *check, struct static_to *to)
{
	struct route_share *s = share_get(check);
	const struct static_hop *old = s->hop;

	if (to->hop_n == s->hop_room) {
		s->hop_room = s->hop_room ? s->hop_room * 2 : 4;
		s->hop = ARENA_ARRAY(check->passing, struct static_hop, s->hop_room);
		if (old)
			memcpy(s->hop, old, to->hop_n * sizeof(*old));
	}
	to->hop = s->hop;
	return &s->hop[to->hop_n++];
}

void
route_provider_add(struct check *check, struct static_to *to, uint32_t as)
{
	struct route_share *s = share_get(check);
	const uint32_t *old = s->provider;

	if (to->provider_n == s->provider_room) {
		s->provider_room = s->provider_room ? s->provider_room * 2 : 8;
		s->provider = ARENA_ARRAY(check->passing, uint32_t, s->provider_room);
		if (old)
			memcpy(s->provider, old, to->provider_n * sizeof(*old));
	}
	to->providers = s->provider;
	s->provider[to->provider_n++] = as;
}

static uint32_t
hash_add(uint32_t h, const void *data, size_t n)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 16777619u; /* FNV-1a */
	return h;
}

static uint32_t
to_hash(const struct static_to *to)
{
	uint32_t h = 2166136261u + (uint32_t)to->dest + to->hop_n * 31;

	for (unsigned i = 0; i < to->hop_n; i++) {
		const struct hop *hop = &to->hop[i].hop;

		h = hash_add(h, &hop->via, sizeof(hop->via));
		h = hash_add(h, hop->ifname, strnlen(hop->ifname, HOP_IFNAME));
		h = hash_add(h, hop->label, hop->label_n * sizeof(hop->label[0]));
	}
	h = hash_add(h, to->providers, to->provider_n * sizeof(*to->providers));
	return hash_add(h, &to->body, sizeof(to->body));
}

static bool
hop_same(const struct static_hop *a, const struct static_hop *b)
{
	return hops_order(&a->hop, &b->hop) == 0 && a->hop.onlink == b->hop.onlink &&
	       a->bfd == b->bfd;
}

static bool
to_same(const struct static_to *a, const struct static_to *b)
{
	bool same = a->dest == b->dest && a->recursive == b->recursive &&
		    a->hop_n == b->hop_n && a->body == b->body &&
		    a->provider_n == b->provider_n;

	for (unsigned i = 0; same && i < a->hop_n; i++)
		same = hop_same(&a->hop[i], &b->hop[i]);
	return same && (!a->provider_n ||
			   memcmp(a->providers, b->providers,
			       a->provider_n * sizeof(*a->providers)) == 0);
}

const struct static_to *
route_to(struct check *check, const struct static_to *to)
{
	const struct static_to **slot = &share_get(check)->to[to_hash(to) % SHARED];
	struct static_to *own;

	if (*slot && to_same(*slot, to))
		return *slot;
	own = arena_dup(check->keep, to, sizeof(*to));
	if (to->hop_n)
		own->hop = arena_dup(check->keep, to->hop, to->hop_n * sizeof(*to->hop));
	if (to->provider_n)
		own->providers = arena_dup(check->keep, to->providers,
		    to->provider_n * sizeof(*to->providers));
	return *slot = own;
}

void
route_add(struct proto_build *p, struct route_build *route)
{
	if (!p->routes)
		p->routes_end = &p->routes;
	*p->routes_end = route;
	p->routes_end = &route->next;
	p->route_n++;
}

/*
 * Routes that do not wait for the end of their protocol.
 */
bool
routes_fold(void *ctx, struct stmt *head, const char *type, const struct stmt *stmt)
{
	struct check *check = ctx;
	struct proto_build *reader = &share_get(check)->reader;
	struct routes *more = head->more;

	if (strcmp(type, "static") != 0)
		return false;
	reader->routes = NULL;
	reader->route_n = 0;
	if (check_goes_on(check))
		static_route_read(check, reader, stmt);
	if (!reader->routes)
		return true;
	if (!more) {
		more = ARENA_NEW(check->passing, struct routes);
		more->end = &more->first;
		head->more = more;
	}
	*more->end = reader->routes;
	more->end = reader->routes_end;
	more->n += reader->route_n;
	return true;
}

void
routes_unfold(struct proto_build *p, const struct stmt *head)
{
	const struct routes *more = head->more;

	if (!more || p->type->kind != PROTO_STATIC)
		return;
	if (!p->routes)
		p->routes_end = &p->routes;
	*p->routes_end = more->first;
	p->routes_end = more->end;
	p->route_n += more->n;
}

/*
 * The list of the model.
 */
static int
route_cmp(const void *a, const void *b)
{
	const struct static_route *const *x = a, *const *y = b;
	int c = net_cmp(&(*x)->net, &(*y)->net);

	return c ? c : (*x > *y) - (*x < *y);
}

/* Several routes of one network stand side by side in the table. */
static void
routes_count(struct check *check, struct static_route *list, unsigned n)
{
	struct static_route **by_net;
	unsigned i = 1;

	while (i < n && net_cmp(&list[i - 1].net, &list[i].net) < 0)
		i++;
	if (i >= n) /* in order, each once: as most long lists are */
		return;
	by_net = ARENA_ARRAY(check->passing, struct static_route *, n);
	for (i = 0; i < n; i++)
		by_net[i] = &list[i];
	qsort(by_net, n, sizeof(struct static_route *), route_cmp);
	for (i = 1; i < n; i++)
		if (net_equal(&by_net[i]->net, &by_net[i - 1]->net))
			by_net[i]->index = by_net[i - 1]->index + 1;
}

void
routes_finish(struct check *check, struct proto_build *p)
{
	struct static_route *list = ARENA_ARRAY(
	    check->keep, struct static_route, p->route_n);
	const struct route_build *r;

	for (r = p->routes; r; r = r->next)
		if (r->r.net.type)
			list[p->p.route_n++] = r->r;
	p->p.route = list;
	routes_count(check, list, p->p.route_n);
	if (p->route_n != p->p.route_n)
		check_warn(check, &p->at,
		    "%u routes of %s are not of a supported type and are "
		    "left out",
		    p->route_n - p->p.route_n, p->p.name);
}
