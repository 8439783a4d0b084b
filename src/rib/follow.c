/*
 * Followers: walks and cycles; see rib/follow.h.
 */
#include "rib/follow.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "bgp/hops.h"
#include "rib/reach.h"

/* Does every path count, not the best alone? */
static bool
follows_all(const struct channel *ch)
{
	return ch->d.sink == SINK_PIPE || ch->d.sink == SINK_AGGREGATE || ch->d.merge;
}

/* Told of changes from now on, and of nothing that is there. */
static void
enter(struct shard *s, struct channel *ch, struct rib_table *t)
{
	struct follower *f = MEM_NEW(struct follower);

	f->ch = ch;
	f->table = t;
	ch->follower = f;
	t->followers = mem_realloc(
	    t->followers, (t->follower_n + 1) * sizeof(struct follower *));
	t->followers[t->follower_n++] = f;
	f->all = follows_all(ch);
	t->multi_n += f->all;
	f->cycle_pos = t->cycling ? follow_items(f)->n : 0;
	s->upkeep = true;
}

void
follow_join(struct shard *s, struct channel *ch)
{
	enter(s, ch, ch->table);
	follow_again(ch);
}

void
follow_free(struct follower *f)
{
	slab_free(&f->told);
	mem_free(f);
}

static void
take_out(struct follower *f)
{
	struct rib_table *t = f->table;
	uint32_t i = 0;

	while (t->followers[i] != f)
		i++;
	t->followers[i] = t->followers[--t->follower_n];
	t->multi_n -= f->all;
	table_wake(t); /* it may be doomed */
	follow_free(f);
}

void
follow_leave(struct shard *s, struct channel *ch)
{
	struct follower *f = ch->follower;

	if (!f)
		return;
	s->moving_n -= f->arrives;
	s->moving_n -= ch->follow_to != NULL;
	ch->follow_to = NULL;
	if (f->before) {
		limit_follow_gone(ch, f->before->told_n);
		take_out(f->before);
	}
	limit_follow_gone(ch, f->told_n);
	ch->follower = NULL;
	take_out(f);
	if (ch->d.sink == SINK_PIPE)
		pipe_down(s, ch);
}

void
follow_again(struct channel *ch)
{
	struct follower *f = ch->follower;

	table_wake(f->table);
	f->walk = 1;
	f->walk_end = f->table->t.node_end;
}

const struct items *
follow_items(const struct follower *f)
{
	return f->all ? &f->table->cycle_multi : &f->table->cycle;
}

/*
 * One network.
 */
struct attrs *
follow_export(struct shard *s, const struct channel *sink, const struct channel *source,
    struct attrs *a, const struct net *net)
{
	struct route_source src = channel_source(s, &source->d);
	bool changed = false;
	struct draft d;

	if (!filter_is_accept(sink->d.export)) {
		arena_reset(s->arena);
		draft_from(&d, s->arena, a);
		if (filter_run(sink->d.export, net, &d, &src, &changed) != FILTER_ACCEPT)
			return NULL;
	}
	if (changed)
		return store_intern(s->store, &d);
	attrs_ref(a, 1);
	return a;
}

struct telling {
	struct shard *s;
	struct follower *f;
	struct batch *batch;
};

static void
tell(struct telling *t, const struct net *net, struct attrs *a)
{
	struct nlri nlri = { .net = *net };

	if (!t->batch)
		t->batch = batch_new(t->f->ch->d.id, 0);
	batch_add(t->batch, a, &nlri);
}

static void
tell_end(struct telling *t)
{
	if (t->batch)
		t->s->ops.follow(t->s->ctx, t->f->ch->d.id, t->batch);
}

static bool
was_told(const struct follower *f, uint32_t node)
{
	const uint64_t *w = (const uint64_t *)(const void *)f->told.mem;

	return (node / 64 + (size_t)1) * sizeof(*w) <= f->told.size &&
	       w[node / 64] >> (node % 64) & 1;
}

/* Sets the bit; was it set before? */
static bool
mark_told(struct follower *f, uint32_t node, bool on)
{
	uint64_t *w, bit = 1ull << (node % 64);
	bool was;

	slab_fit(&f->told, ((size_t)f->table->t.node_end / 64 + 1) * sizeof(uint64_t));
	w = (uint64_t *)(void *)f->told.mem + node / 64;
	was = *w & bit;
	*w = on ? *w | bit : *w & ~bit;
	f->told_n += (uint64_t)on - was;
	return was;
}

/* Not its own, nor of a kind it does without. */
bool
follow_offered(const struct channel *ch, const struct channel *source)
{
	enum source_kind kind = source->d.kind;

	return source != ch && !(ch->d.no_bgp && kind == SOURCE_BGP) &&
	       !(ch->d.no_device && kind == SOURCE_DIRECT);
}

static struct attrs *
best_export(
    struct shard *s, struct follower *f, const struct node *n, const struct net *net)
{
	struct export_stats *st = &f->ch->exp;
	const struct path *p = node_paths(&f->table->t, n);
	struct attrs *a;

	if (!n->n)
		return NULL;
	st->updates++;
	if (!follow_offered(f->ch, s->channels[p->channel])) {
		st->rejected++;
		return NULL;
	}
	a = follow_export(
	    s, f->ch, s->channels[p->channel], store_get(s->store, p->attrs), net);
	if (a)
		st->accepted++;
	else
		st->filtered++;
	return a;
}

/*
 * Equal paths: what the decision tells apart only by who or when.
 */
static bool
is_equal(const struct shard *s, const struct path *p, const struct path *q)
{
	struct contender a = path_contender(s, p), b = path_contender(s, q);
	enum decide_step step;

	if (a.source->kind != SOURCE_BGP || b.source->kind != SOURCE_BGP)
		return false;
	decide_cmp(&a, &b, &step);
	return step == DECIDE_ONLY || step > DECIDE_IGP_METRIC;
}

static bool
hop_known(const struct hop *h, unsigned n, const struct hop *new)
{
	for (unsigned i = 0; i < n; i++)
		if (ip_equal(&h[i].via, &new->via))
			return true;
	return false;
}

static unsigned
equal_hops(struct shard *s, struct follower *f, const struct node *n,
    const struct net *net, struct hop *hops, unsigned hop_n)
{
	const struct path *p = node_paths(&f->table->t, n);

	for (unsigned i = 1; i < n->n && hop_n < f->ch->d.merge; i++) {
		struct attrs *a;

		if (!follow_offered(f->ch, s->channels[p[i].channel]) ||
		    !is_equal(s, p, &p[i]))
			continue;
		a = follow_export(s, f->ch, s->channels[p[i].channel],
		    store_get(s->store, p[i].attrs), net);
		if (a && attrs_hops(a, &hops[hop_n], 1) == 1 &&
		    !hop_known(hops, hop_n, &hops[hop_n]))
			hop_n++;
		attrs_unref(s->store, a, 1);
	}
	return hop_n;
}

/* The best path's attributes with the next hops of all that equal it. */
static struct attrs *
merged(struct shard *s, struct follower *f, const struct node *n, const struct net *net,
    struct attrs *best)
{
	struct hop hops[HOPS_MAX];
	unsigned hop_n = attrs_hops(best, hops, 1);
	struct attrs *a;
	struct draft d;

	hop_n = equal_hops(s, f, n, net, hops, hop_n);
	if (hop_n < 2)
		return best;
	qsort(hops, hop_n, sizeof(*hops), hops_order);
	arena_reset(s->arena);
	draft_from(&d, s->arena, best);
	draft_set_hops(&d, hops, hop_n);
	a = store_intern(s->store, &d);
	attrs_unref(s->store, best, 1);
	return a;
}

static void
best_node(struct telling *t, uint32_t node)
{
	struct follower *f = t->f;
	const struct node *n = table_node(&f->table->t, node);
	struct attrs *a;
	struct net net;
	bool was;

	table_net(&f->table->t, node, &net);
	a = best_export(t->s, f, n, &net);
	if (a && n->n > 1 && f->ch->d.merge)
		a = merged(t->s, f, n, &net, a);
	if (a && !was_told(f, node) && !limit_follow(t->s, f->ch)) {
		attrs_unref(t->s->store, a, 1);
		a = NULL;
	}
	was = mark_told(f, node, a != NULL);
	if (was && !a)
		limit_follow_gone(f->ch, 1);
	if (was || a)
		tell(t, &net, a);
	f->ch->exp.withdraws += was && !a;
	attrs_unref(t->s->store, a, 1);
}

/* A node that has changed again is left to the next cycle. */
static void
node_tell(struct telling *t, uint32_t node)
{
	const struct node *n = table_node(&t->f->table->t, node);
	unsigned later = t->f->all ? NODE_CHANGED : NODE_DIRTY;

	if (!(n->flags & NODE_USED) || n->flags & later || node < t->f->hand_pos)
		return;
	if (t->f->ch->d.sink == SINK_PIPE)
		pipe_node(t->s, t->f, node);
	else if (t->f->ch->d.sink == SINK_AGGREGATE)
		aggregate_node(t->s, t->f, node);
	else
		best_node(t, node);
}

/*
 * Another of the table's lists is read from now on, and what stood in the one before and has
 * not been told is in no list: a walk says what there is, here what has gone is withdrawn.
 */
static void
adapt(struct shard *s, struct follower *f)
{
	const struct table *tab = &f->table->t;
	struct telling t = { .s = s, .f = f };

	if (f->all == follows_all(f->ch))
		return;
	f->all = !f->all;
	f->table->multi_n += f->all ? 1 : -1u;
	f->cycle_pos = f->table->cycling ? follow_items(f)->n : 0;
	for (uint32_t i = 1; i < tab->node_end; i++)
		if (was_told(f, i) && table_node(tab, i)->flags & NODE_USED &&
		    !table_node(tab, i)->n)
			best_node(&t, i);
	tell_end(&t);
}

void
follow_adapt(struct shard *s, struct channel *ch)
{
	adapt(s, ch->follower);
	if (ch->follower->before)
		adapt(s, ch->follower->before);
}

uint32_t
follow_cycle(struct shard *s, struct follower *f, uint32_t left)
{
	struct telling t = { .s = s, .f = f };
	const struct items *v = follow_items(f);

	for (; f->cycle_pos < v->n && left; f->cycle_pos++, left--)
		node_tell(&t, v->at[f->cycle_pos].node);
	tell_end(&t);
	return left;
}

/*
 * Walks.
 */
bool
follow_walking(const struct rib_table *t)
{
	for (uint32_t i = 0; i < t->follower_n; i++)
		if (t->followers[i]->walk)
			return true;
	return false;
}

static void
walk_end(struct shard *s, struct follower *f)
{
	f->walk = 0;
	s->upkeep = true;
	s->moving_n -= f->arrives;
	f->arrives = false;
	if (f->aged)
		pipe_purge(s, f->ch);
	f->aged = false;
	if (f->ch->want_caught_up) {
		f->ch->want_caught_up = false;
		s->ops.caught_up(s->ctx, f->ch->d.id);
	}
}

static void
walk_slice(struct shard *s, struct follower *f)
{
	uint32_t end = f->walk_end < f->table->t.node_end ? f->walk_end
							  : f->table->t.node_end;
	struct telling t = { .s = s, .f = f };

	for (uint32_t left = s->tune.slice / 4 + 1; f->walk < end && left;
	     f->walk++, left--) {
		const struct node *n = table_node(&f->table->t, f->walk);

		if (n->flags & NODE_USED && n->n)
			node_tell(&t, f->walk);
	}
	tell_end(&t);
	if (f->walk >= end)
		walk_end(s, f);
}

bool
follow_walk(struct shard *s, struct rib_table *t)
{
	if (t->cycling)
		return false;
	for (uint32_t i = 0; i < t->follower_n; i++)
		if (t->followers[i]->walk) {
			walk_slice(s, t->followers[i]);
			return true;
		}
	return false;
}

/*
 * Moving to another table.
 *
 * The follower stays in the old table, as it was, until what moves along is in both; then
 * it is told of changes of the new one, each network it was told is handed over, and a walk
 * over the new table says what is different.  What that has not is withdrawn.  A pipe's
 * routes are held against the walk instead: those that it did not bring again go.
 */
void
follow_move(struct shard *s, struct channel *ch, struct rib_table *to)
{
	follow_move_now(s, ch);
	if (ch->follower->table == to)
		return;
	ch->follow_to = to;
	s->moving_n++;
}

void
follow_arrive(struct shard *s, struct channel *ch)
{
	s->moving_n += !ch->follower->arrives;
	ch->follower->arrives = true;
	follow_again(ch);
}

static void
arrive(struct shard *s, struct channel *ch)
{
	ch->follow_to = NULL;
	s->moving_n--;
	ch->want_caught_up = true;
	follow_arrive(s, ch);
}

static void
pipe_moves(struct shard *s, struct channel *ch)
{
	struct follower *old = ch->follower;
	bool arrives = old->arrives;

	pipe_age(s, ch);
	take_out(old);
	enter(s, ch, ch->follow_to);
	ch->follower->arrives = arrives;
	ch->follower->aged = true;
	arrive(s, ch);
}

static void
hand_begin(struct shard *s, struct channel *ch)
{
	struct follower *old = ch->follower;

	old->hand_pos = 1;
	enter(s, ch, ch->follow_to);
	ch->follower->before = old;
	ch->follower->arrives = old->arrives;
	old->arrives = false;
}

/* A network that it was told of in the old table. */
static void
hand_over(struct telling *t, struct follower *old, uint32_t node)
{
	struct follower *new = t->f;
	const struct table *tab = &new->table->t;
	struct net net;
	uint32_t there;

	table_net(&old->table->t, node, &net);
	there = table_find(tab, &net, table_hash(tab, &net));
	mark_told(old, node, false);
	if (there && table_node(tab, there)->n && !mark_told(new, there, true))
		return;
	limit_follow_gone(new->ch, 1);
	if (there && table_node(tab, there)->n)
		return;
	tell(t, &net, NULL);
	new->ch->exp.withdraws++;
}

/* True: all is handed over. */
static bool
hand_slice(struct shard *s, struct channel *ch, uint32_t slice)
{
	struct telling t = { .s = s, .f = ch->follower };
	struct follower *old = ch->follower->before;
	uint32_t end = old->table->t.node_end;

	for (; old->hand_pos < end && slice; slice--) {
		uint32_t node = old->hand_pos++;

		if (was_told(old, node))
			hand_over(&t, old, node);
	}
	tell_end(&t);
	if (old->hand_pos < end)
		return false;
	ch->follower->before = NULL;
	take_out(old);
	return true;
}

static void
move_some(struct shard *s, struct channel *ch, uint32_t slice)
{
	if (ch->d.sink == SINK_PIPE) {
		pipe_moves(s, ch);
		return;
	}
	if (!ch->follower->before)
		hand_begin(s, ch);
	if (hand_slice(s, ch, slice))
		arrive(s, ch);
}

void
follow_move_now(struct shard *s, struct channel *ch)
{
	if (ch->follower && ch->follow_to)
		move_some(s, ch, UINT32_MAX);
}

bool
follow_move_slice(struct shard *s)
{
	for (uint32_t i = 1; i < s->channel_end; i++) {
		struct channel *ch = s->channels[i];

		if (!ch || !ch->follow_to || ch->follow_to->cycling ||
		    ch->follower->table->cycling)
			continue;
		move_some(s, ch, s->tune.slice / 8 + 1);
		return true;
	}
	return false;
}

bool
follow_moving(const struct shard *s)
{
	for (uint32_t i = 1; i < s->channel_end; i++) {
		const struct channel *ch = s->channels[i];

		if (ch && (ch->follow_to || (ch->follower && ch->follower->arrives)))
			return true;
	}
	return false;
}
