/*
 * Import tables: what the peer told on a channel with `import table on`, before its import
 * filter (rib/adjin).
 *
 *   an UPDATE -> import_update -> the table -> import_again -> the shards
 *   another filter, other ROAs: the table, in slices, in order of the attribute sets
 *     -> import_again -> the shards
 *
 * With `import keep filtered` the table knows which routes the filter refuses, for `show route
 * filtered`.
 *
 * The table is whole when it has seen all of a session, or all of a refresh (RFC 7313).
 * Until then, and when routes were left out for a limit, the peer is asked, if it can be.
 * What is stale (RFC 4724) is only taken away by another filter: the peer tells it again, or
 * it goes.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/peerimpl.h"
#include "daemon/tap.h"
#include "rib/adjin.h"

#define FULL_MS 5 /* until the shards are looked at again */

struct kept {
	struct channel *ch;
	struct adjin *in;
	struct arena *arena; /* of one set being imported */
	struct timer *timer; /* for the next slice */
	uint64_t counted;    /* of the receive limit */
	uint32_t pos;	     /* of the walk */
	bool walking, leaving, dying;
	bool begun; /* BoRR has come since the table is there */
	bool whole, lacks;
};

/* What went since it was counted. */
static void
count(struct kept *k)
{
	uint64_t n = adjin_paths(k->in);

	if (k->ch->limits && k->ch->limits_kept)
		limits_give(k->ch->limits, LIMIT_RECEIVE, (int64_t)(k->counted - n));
	k->counted = n;
}

static void
go_on(struct kept *k)
{
	timer_at(k->timer, clock_mono_ms());
}

static void
die(struct kept *k)
{
	struct channel *ch = k->ch;

	kept_free(ch->dying);
	ch->dying = k;
	ch->kept = NULL;
	k->dying = true;
	adjin_clear(k->in);
	go_on(k);
}

static int
route_cmp(const void *a, const void *b)
{
	const struct adjin_route *x = a, *y = b;

	if (x->attrs != y->attrs)
		return x->attrs < y->attrs ? -1 : 1;
	return (int)x->stale - (int)y->stale;
}

static void
import_routes(struct kept *k, const struct adjin_route *r, unsigned n)
{
	struct nlri *list = MEM_ARRAY(struct nlri, n);
	unsigned end;

	for (unsigned i = 0; i < n; i = end) {
		for (end = i; end < n && route_cmp(&r[i], &r[end]) == 0; end++)
			list[end] = r[end].nlri;
		import_again(k->ch, r[i].attrs,
		    (struct import_list){ list + i, end - i, r[i].stale });
	}
	import_post(k->ch->peer);
	mem_free(list);
}

static void
walk_slice(struct kept *k)
{
	struct adjin_route *r = MEM_ARRAY(struct adjin_route, ADJIN_SLICE);
	unsigned n = adjin_next(k->in, &k->pos, r);

	if (n) {
		qsort(r, n, sizeof(*r), route_cmp);
		import_routes(k, r, n);
	} else {
		k->walking = false;
		channel_settled_maybe(k->ch->peer, k->ch);
	}
	mem_free(r);
}

/* A route that was told in this session: until its peer frames all anew what is taken out is
 * of the one before.  With another table for the channel it may still be there. */
static void
on_gone(void *ctx, const struct nlri *nlri)
{
	const struct kept *k = ctx;
	struct channel *ch = k->ch;

	if ((k->begun || k->dying) && ch->up &&
	    !(ch->kept && ch->kept != k && adjin_has(ch->kept->in, nlri)))
		tap_gone(ch, nlri);
}

static bool
work(struct kept *k)
{
	bool more = adjin_work(k->in);

	tap_gone_end(k->ch);
	return more;
}

static void
on_timer(void *ctx)
{
	struct kept *k = ctx;
	bool more = true;

	if (k->walking && shards_full(k->ch->peer)) {
		timer_at(k->timer, clock_mono_ms() + FULL_MS);
		return;
	}
	if (k->walking)
		walk_slice(k);
	else
		more = work(k);
	if (more)
		go_on(k);
	if (k->leaving && !k->walking) {
		k->leaving = false;
		die(k);
	} else if (k->dying && !more) {
		k->ch->dying = NULL;
		kept_free(k);
	}
}

bool
kept_begin(struct channel *ch, const struct peer_channel_setup *cs)
{
	struct kept *k = ch->kept;

	if (!cs->import_table)
		return false;
	if (k) {
		k->leaving = false;
		return false;
	}
	k = ch->kept = MEM_NEW(struct kept);
	k->ch = ch;
	k->in = adjin_new(
	    ch->peer->daemon->store, family_info(ch->family)->net_type);
	adjin_on_gone(k->in, on_gone, k);
	k->arena = arena_new();
	k->timer = timer_new(io_loop(ch->peer->io), on_timer, k);
	return true;
}

void
kept_end(struct channel *ch, const struct peer_channel_setup *cs)
{
	if (!ch->kept || cs->import_table)
		return;
	if (ch->kept->walking)
		ch->kept->leaving = true;
	else
		die(ch->kept);
}

void
kept_free(struct kept *k)
{
	if (!k)
		return;
	timer_free(k->timer);
	arena_free(k->arena);
	adjin_free(k->in);
	mem_free(k);
}

void
kept_up(struct kept *k)
{
	if (!k)
		return;
	k->whole = true;
	k->lacks = k->begun = false;
}

void
kept_down(struct kept *k, bool keep)
{
	if (!k)
		return;
	k->walking = false;
	if (keep)
		adjin_mark(k->in);
	else
		adjin_clear(k->in);
	count(k);
	go_on(k);
}

void
kept_mark(struct kept *k)
{
	if (!k)
		return;
	adjin_mark(k->in);
	k->begun = true;
}

void
kept_told(struct kept *k)
{
	if (!k)
		return;
	k->whole |= k->begun;
	kept_drop_stale(k);
}

void
kept_drop_stale(struct kept *k)
{
	if (!k)
		return;
	adjin_drop_stale(k->in);
	count(k);
	go_on(k);
}

static void
limit_hit(struct kept *k)
{
	io_post_limit(k->ch->peer->io, k->ch->id, k->ch->epoch, LIMIT_RECEIVE);
}

void
kept_limits(struct kept *k)
{
	bool hit = false;

	if (!k)
		return;
	k->counted = 0;
	count(k);
	if (k->ch->limits && k->ch->limits_kept &&
	    limits_exceeded(k->ch->limits, LIMIT_RECEIVE, &hit) && hit)
		limit_hit(k);
}

bool
kept_is_whole(const struct kept *k)
{
	return k && k->whole;
}

bool
kept_walks(const struct kept *k)
{
	return k && k->walking;
}

bool
kept_walk(struct kept *k)
{
	if (!kept_is_whole(k))
		return false;
	if (k->lacks && k->ch->peer->negotiated.route_refresh) {
		k->lacks = false;
		return false;
	}
	k->walking = true;
	k->pos = 0;
	go_on(k);
	return true;
}

/* As the receive limit says. */
static bool
may_come(struct kept *k, const struct nlri *nlri)
{
	bool hit = false, ok;

	if (!k->ch->limits || !k->ch->limits_kept || adjin_has(k->in, nlri))
		return true;
	ok = limits_take(k->ch->limits, LIMIT_RECEIVE, &hit);
	if (hit)
		limit_hit(k);
	k->counted += ok;
	return ok;
}

bool
kept_take(struct kept *k, struct nlri *nlri, struct attrs *attrs)
{
	uint32_t time = route_time_now(k->ch->peer->daemon, clock_mono_ms());
	bool ok = may_come(k, nlri) && adjin_put(k->in, nlri, attrs, time);

	k->lacks |= !ok;
	count(k);
	return ok;
}

void
kept_withdraw(struct kept *k, struct nlri_run run)
{
	struct nlri nlri;

	while (nlri_next(&run, &nlri))
		adjin_del(k->in, &nlri);
	count(k);
}

void
kept_filtered(struct kept *k, const struct nlri *nlri, bool filtered)
{
	adjin_filtered(k->in, nlri, filtered);
}

uint64_t
kept_routes(const struct kept *k)
{
	return k ? adjin_paths(k->in) : 0;
}

uint64_t
kept_filtered_routes(const struct kept *k)
{
	return k ? adjin_filtered_paths(k->in) : 0;
}

struct attrs *
kept_attrs(const struct kept *k, const struct nlri *nlri)
{
	return k ? adjin_attrs(k->in, nlri) : NULL;
}

bool
kept_lacks(const struct kept *k)
{
	return k->lacks;
}

struct arena *
kept_arena(struct kept *k)
{
	return k->arena;
}

unsigned
peer_kept_routes(const struct peer *p, enum family f, struct kept_look *look,
    struct adjin_route *out)
{
	const struct kept *k = p->channel[f].kept;
	unsigned n = 0;

	if (k && look->net)
		n = look->match ? adjin_match(k->in, look->net, out)
				: adjin_look(k->in, look->net, out);
	else if (k)
		n = adjin_next(k->in, &look->pos, out);
	look->done = !k || look->net || !n;
	return n;
}

size_t
peer_kept_bytes(const struct peer *p)
{
	size_t n = 0;

	for (unsigned f = 0; f < FAMILIES; f++) {
		if (p->channel[f].kept)
			n += adjin_bytes(p->channel[f].kept->in);
		if (p->channel[f].dying)
			n += adjin_bytes(p->channel[f].dying->in);
	}
	return n;
}
