/*
 * Monitoring: sessions' paths, as they stand in the tables, told to who looks on
 * (protocol bmp).
 *
 * What comes, changes and goes is gathered in a batch for each channel in turn and given
 * away at the end of the shard's turn; a walk, in slices, tells what is there already.  A
 * path counts when its peer has told it in the session that is up: one that is kept for a
 * peer which restarts (RFC 4724) is news when the peer tells it again, and no loss when
 * it does not. Where the peer frames all its routes anew (RFC 7313) stale ones are told,
 * and so is their end.
 *
 * A channel that moves has paths in two tables; the one in the new table counts.
 */
#include "rib/core.h"

#include <stdlib.h>

#include "base/longnet.h"
#include "base/mem.h"

#define FULL 1024u /* entries: then it is given away at once */

void
monitor_flush(struct shard *s)
{
	struct batch *b = s->told;

	s->told = NULL;
	if (!b)
		return;
	if (s->ops.monitored)
		s->ops.monitored(s->ctx, b);
	else
		batch_free(b, s->store);
}

void
shard_monitor(struct shard *s, bool on)
{
	s->monitored = on;
	if (on || !s->told)
		return;
	batch_free(s->told, s->store);
	s->told = NULL;
}

static bool
counts(const struct channel *ch, const struct path *p)
{
	return ch->d.kind == SOURCE_BGP && !ch->via && ch->up &&
	       (!path_is_stale(ch, p) || ch->marked);
}

/* Has the other table of a channel that moves a path in place of this one? */
static bool
moved(const struct channel *ch, const struct rib_table *t, const struct net *net,
    const struct path *p)
{
	const struct table *to = &ch->table->t;
	uint32_t node;

	if (ch->from != t)
		return false;
	node = table_find(to, net, table_hash(to, net));
	return node && path_index(to, table_node(to, node), p->channel, p->path_id) >= 0;
}

void
monitor_path(struct shard *s, const struct rib_table *t, uint32_t node,
    const struct path *p, bool there)
{
	const struct channel *ch = s->channels[p->channel];
	struct nlri nlri = { .path_id = p->path_id };
	struct batch *b = s->told;

	if (!counts(ch, p))
		return;
	table_net(&t->t, node, &nlri.net);
	if (!there && moved(ch, t, &nlri.net, p))
		return;
	if (b && (b->channel != p->channel || (there && b->time != p->time) ||
		     b->entry_n >= FULL))
		monitor_flush(s);
	if (!s->told)
		s->told = batch_new(p->channel, p->time);
	batch_add(s->told, there ? store_get(s->store, p->attrs) : NULL, &nlri);
}

/*
 * The walk.
 */
struct seen {
	struct path path;
	struct net net; /* held by the table */
};

struct looking {
	struct seen *at;
	uint32_t n, cap;
};

static void
seen_add(struct looking *l, const struct path *p, const struct net *net)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 256;
		l->at = mem_realloc(l->at, l->cap * sizeof(*l->at));
	}
	l->at[l->n++] = (struct seen){ *p, *net };
}

static bool
is_dead(const struct channel *ch, const struct path *p)
{
	return ch->dead_age && (uint16_t)(ch->gen - p->gen) >= ch->dead_age;
}

static void
look(const struct shard *s, const struct rib_table *t, uint32_t node, struct looking *l)
{
	const struct node *n = table_node(&t->t, node);
	const struct path *p = node_paths(&t->t, n);
	struct net net;

	table_net(&t->t, node, &net);
	for (unsigned i = 0; i < n->n; i++) {
		const struct channel *ch = s->channels[p[i].channel];

		if (counts(ch, &p[i]) && !is_dead(ch, &p[i]) &&
		    !moved(ch, t, &net, &p[i]))
			seen_add(l, &p[i], &net);
	}
}

static int
seen_cmp(const void *a, const void *b)
{
	const struct path *p = &((const struct seen *)a)->path,
			  *q = &((const struct seen *)b)->path;

	if (p->channel != q->channel)
		return p->channel < q->channel ? -1 : 1;
	if (p->time != q->time)
		return p->time < q->time ? -1 : 1;
	return (p->attrs > q->attrs) - (p->attrs < q->attrs);
}

/* A batch for each channel and time. */
static void
give_all(struct shard *s, struct looking *l, void (*give)(void *ctx, struct batch *),
    void *ctx)
{
	struct batch *b = NULL;

	if (l->n)
		qsort(l->at, l->n, sizeof(*l->at), seen_cmp);
	for (uint32_t i = 0; i < l->n; i++) {
		const struct path *p = &l->at[i].path;
		struct nlri nlri = { .path_id = p->path_id, .net = l->at[i].net };

		if (b && (b->channel != p->channel || b->time != p->time)) {
			give(ctx, b);
			b = NULL;
		}
		if (!b)
			b = batch_new(p->channel, p->time);
		batch_add(b, store_get(s->store, p->attrs), &nlri);
	}
	if (b)
		give(ctx, b);
	mem_free(l->at);
}

void
shard_monitor_walk(struct shard *s, struct walk *w, unsigned max_nets,
    void (*give)(void *ctx, struct batch *), void *ctx)
{
	const struct rib_table *t = shard_table(s, w->table);
	uint64_t slots = (uint64_t)max_nets * 16;
	struct looking l = { 0 };

	monitor_flush(s);
	if (!w->pos)
		w->pos = 1;
	for (; t && w->pos < t->t.node_end && max_nets && slots; w->pos++, slots--) {
		const struct node *n = table_node(&t->t, w->pos);

		if (!(n->flags & NODE_USED) || !n->n)
			continue;
		look(s, t, w->pos, &l);
		max_nets--;
	}
	w->done = !t || w->pos >= t->t.node_end;
	give_all(s, &l, give, ctx);
}
