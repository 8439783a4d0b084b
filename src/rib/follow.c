/*
 * Followers: walks and cycles; see rib/follow.h.
 */
#include "rib/follow.h"

#include <string.h>
#include "base/mem.h"

void
follow_join(struct shard *s, struct channel *ch)
{
	struct rib_table *t = ch->table;
	struct follower *f = MEM_NEW(struct follower);

	f->ch = ch;
	f->table = t;
	ch->follower = f;
	t->followers = mem_realloc(
	    t->followers, (t->follower_n + 1) * sizeof(struct follower *));
	t->followers[t->follower_n++] = f;
	t->multi_n += ch->d.sink == SINK_PIPE;
	f->cycle_pos = t->cycling ? follow_items(f)->n : 0;
	follow_again(ch);
	s->upkeep = true;
}

void
follow_free(struct follower *f)
{
	slab_free(&f->told);
	mem_free(f);
}

void
follow_leave(struct shard *s, struct channel *ch)
{
	struct follower *f = ch->follower;
	struct rib_table *t = ch->table;
	uint32_t i = 0;

	if (!f)
		return;
	while (t->followers[i] != f)
		i++;
	t->followers[i] = t->followers[--t->follower_n];
	t->multi_n -= ch->d.sink == SINK_PIPE;
	ch->follower = NULL;
	follow_free(f);
	if (ch->d.sink == SINK_PIPE)
		pipe_down(s, ch);
}

void
follow_again(struct channel *ch)
{
	ch->follower->walk = 1;
	ch->follower->walk_end = ch->table->t.node_end;
}

const struct items *
follow_items(const struct follower *f)
{
	return f->ch->d.sink == SINK_PIPE ? &f->table->cycle_multi : &f->table->cycle;
}

/*
 * One network.
 */
struct attrs *
follow_export(struct shard *s, const struct channel *sink, const struct channel *source,
    struct attrs *a, const struct net *net)
{
	struct route_source src = channel_source(&source->d);
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

static struct attrs *
best_export(struct shard *s, struct follower *f, const struct node *n, const struct net *net)
{
	struct export_stats *st = &f->ch->exp;
	const struct path *p = node_paths(&f->table->t, n);
	struct attrs *a;

	if (!n->n)
		return NULL;
	st->updates++;
	if (p->channel == f->ch->d.id) { /* its own */
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

static void
best_node(struct telling *t, uint32_t node)
{
	struct follower *f = t->f;
	const struct node *n = table_node(&f->table->t, node);
	struct attrs *a;
	struct net net;

	table_net(&f->table->t, node, &net);
	a = best_export(t->s, f, n, &net);
	if (mark_told(f, node, a != NULL) || a)
		tell(t, &net, a);
	f->ch->exp.withdraws += !a;
	attrs_unref(t->s->store, a, 1);
}

/* A node that has changed again is left to the next cycle. */
static void
node_tell(struct telling *t, uint32_t node)
{
	const struct node *n = table_node(&t->f->table->t, node);
	bool pipe = t->f->ch->d.sink == SINK_PIPE;

	if (!(n->flags & NODE_USED) || n->flags & (pipe ? NODE_CHANGED : NODE_DIRTY))
		return;
	if (pipe)
		pipe_node(t->s, t->f, node);
	else
		best_node(t, node);
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

	for (uint32_t left = s->tune.slice / 4; f->walk < end && left; f->walk++, left--) {
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
