/*
 * Emission: what a group is told about a row of items.
 *
 * For each node the group knows the source of what it was told (adv).  With the new best
 * path, source S, exported or not:
 *
 *   told  new      all members but S    S (if a member)
 *   -     S        announce             nothing
 *   T     S        announce             withdraw, to it alone, if T is not S
 *   T     -        withdraw             (member T was told nothing: skips the run)
 *
 * Announcements go out as they come, run by run; withdrawals are gathered and follow at
 * the end of the slice.  No node occurs twice in one, so that their order does not
 * matter.
 */
#include "rib/emit.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

#define AHEAD 8 /* items: what is read of a node; twice as far: the node itself */

struct telling {
	uint32_t who; /* withdrawals: the member to skip; substitutes: the one to tell */
	uint32_t node;
};

struct tellings {
	struct telling *at;
	uint32_t n, cap;
	bool mixed; /* not all have the same `who` */
};

struct emitter {
	struct shard *s;
	struct rib_table *t;
	struct group *g;
	enum emit_mode mode;
	struct packer pack;
	const struct item *run; /* first item of the run at hand */
	struct channel *source;
	struct exporter now, before;
	bool compare;	  /* with what the old key made of it */
	uint32_t written; /* serial the packer was given */
	struct tellings withdraw, substitute;
};

static void
telling_add(struct tellings *v, uint32_t who, uint32_t node)
{
	if (v->n == v->cap) {
		v->cap = v->cap ? v->cap * 2 : 64;
		v->at = mem_realloc(v->at, v->cap * sizeof(*v->at));
	}
	v->mixed |= v->n && v->at[0].who != who;
	v->at[v->n++] = (struct telling){ who, node };
}

static struct channel *
member(const struct emitter *e, uint32_t id)
{
	struct channel *ch = id ? shard_channel(e->s, id) : NULL;

	return ch && group_skips(e->g, ch) ? ch : NULL;
}

static void
adv_set(struct emitter *e, uint32_t node, uint32_t source)
{
	uint16_t old = adv_get(&e->g->adv, node);
	struct channel *ch;
	bool counted; /* as told to the member of a group with a limit */

	if (old == source)
		return;
	e->g->adv_n += !old;
	e->g->adv_n -= !source;
	counted = old != 0;
	if ((ch = member(e, old))) {
		ch->own_adv--;
		counted = false;
	}
	if ((ch = member(e, source)))
		ch->own_adv++;
	if (e->g->key.limited && counted && (ch || !source))
		limit_export_gone(e->g);
	group_adv_set(e->g, node, (uint16_t)source);
}

static void
node_withdraw(struct emitter *e, uint32_t node)
{
	uint32_t old = adv_get(&e->g->adv, node);
	struct channel *ch = member(e, old);

	if (!old)
		return;
	telling_add(&e->withdraw, ch ? old : 0, node);
	adv_set(e, node, 0);
	e->g->st_withdraws++;
	if (ch)
		ch->exp.withdraws--;
}

void
emit_count(struct group *g, struct channel *source, int verdict)
{
	g->st_updates++;
	if (verdict == 0) {
		g->st_rejected++;
		return;
	}
	if (verdict == 1)
		g->st_filtered++;
	else
		g->st_accepted++;
	if (group_skips(g, source)) {
		source->exp.rejected++;
		if (verdict == 1)
			source->exp.filtered--;
		else
			source->exp.accepted--;
	}
}

static void
node_announce(struct emitter *e, const struct exported *x, uint32_t node)
{
	uint32_t source = e->source->d.id, old = adv_get(&e->g->adv, node);

	if (e->written != x->serial) {
		pack_attrs(&e->pack, source, x);
		e->written = x->serial;
	}
	pack_net(&e->pack, &e->t->t, node);
	if (group_skips(e->g, e->source) && old && old != source)
		telling_add(&e->substitute, source, node);
	adv_set(e, node, source);
}

bool
exported_same(const struct exported *a, const struct exported *b)
{
	return a->verdict == b->verdict && a->len == b->len &&
	       a->next_hop.len == b->next_hop.len &&
	       memcmp(a->next_hop.b, b->next_hop.b, a->next_hop.len) == 0 &&
	       a->labels.len == b->labels.len &&
	       memcmp(a->labels.b, b->labels.b, a->labels.len) == 0 &&
	       memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* Did the old key lead to what the new one does? */
static bool
node_unchanged(struct emitter *e, const struct exported *x, uint32_t node)
{
	const struct exported *y;

	if (!e->compare || adv_get(&e->g->adv, node) != e->source->d.id)
		return false;
	y = export_net(&e->before, &e->t->t, node);
	if (x->verdict != 2 || y->verdict != 2)
		return false;
	return exported_same(x, y);
}

/* Counts the route if it is one more for the member; its own is none. */
static bool
within_limit(struct emitter *e, uint32_t node)
{
	uint32_t old = adv_get(&e->g->adv, node);

	if (group_skips(e->g, e->source))
		return true;
	return (old && !member(e, old)) || limit_export(e->s, e->g);
}

static void
node_emit(struct emitter *e, const struct item *i)
{
	const struct exported *x;

	if (!i->source) {
		node_withdraw(e, i->node);
		return;
	}
	x = export_net(&e->now, &e->t->t, i->node);
	if (x->verdict == 2 && node_unchanged(e, x, i->node))
		return;
	if (x->verdict == 2 && e->g->key.limited && !within_limit(e, i->node)) {
		emit_count(e->g, e->source, 0);
		node_withdraw(e, i->node); /* nothing, or its own */
		return;
	}
	emit_count(e->g, e->source, x->verdict);
	if (x->verdict == 2)
		node_announce(e, x, i->node);
	else
		node_withdraw(e, i->node);
}

static void
run_end(struct emitter *e)
{
	if (!e->run || !e->run->source)
		return;
	export_end(&e->now);
	if (e->compare)
		export_end(&e->before);
}

static void
run_begin(struct emitter *e, const struct item *i)
{
	struct attrs *a;

	run_end(e);
	e->run = i;
	if (!i->source)
		return;
	e->source = shard_channel(e->s, i->source);
	e->written = 0;
	a = store_get(e->s->store, i->attrs);
	export_begin(&e->now, e->s, &e->g->key, &e->source->d, a, e->s->scratch[0]);
	if (e->compare)
		export_begin(
		    &e->before, e->s, e->g->old, &e->source->d, a, e->s->scratch[1]);
}

static bool
item_holds(const struct emitter *e, const struct node *n, const struct item *i)
{
	const struct path *p;

	if (!n->n)
		return !i->source;
	p = node_paths(&e->t->t, n);
	return p->attrs == i->attrs && p->channel == i->source;
}

/* Is this the item's turn?  A dirty node waits for its cycle.  One that the running cycle
 * finds dirty again counts as lag until then: other groups may have been told before it
 * was. */
static bool
item_ready(struct emitter *e, const struct item *i)
{
	const struct node *n = table_node(&e->t->t, i->node);

	if (n->flags & NODE_DIRTY) {
		if (e->mode == EMIT_CYCLE)
			group_lag_set(e->g, i->node);
		return false;
	}
	if (e->mode == EMIT_FEED && (!group_lags(e->g, i->node) || !item_holds(e, n, i)))
		return false;
	if (group_lags(e->g, i->node)) {
		group_lag_clear(e->g, i->node);
		/* Kept for our sake: the next cycle frees it. */
		if (e->mode == EMIT_FEED && !n->n)
			node_dirty(e->t, i->node);
	}
	return true;
}

static int
telling_cmp(const void *a, const void *b)
{
	const struct telling *x = a, *y = b;

	if (x->who != y->who)
		return x->who < y->who ? -1 : 1;
	return (x->node > y->node) - (x->node < y->node);
}

static void
withdrawals_emit(struct emitter *e)
{
	struct tellings *v = &e->withdraw;

	if (v->mixed)
		qsort(v->at, v->n, sizeof(*v->at), telling_cmp);
	for (uint32_t i = 0; i < v->n; i++) {
		if (!i || v->at[i].who != v->at[i - 1].who)
			pack_attrs(&e->pack, v->at[i].who, NULL);
		pack_net(&e->pack, &e->t->t, v->at[i].node);
	}
}

static void
substitutes_emit(struct emitter *e)
{
	struct tellings *v = &e->substitute;
	struct packer p;
	uint32_t i = 0;

	if (v->mixed)
		qsort(v->at, v->n, sizeof(*v->at), telling_cmp);
	while (i < v->n) {
		uint32_t who = v->at[i].who;

		pack_begin(&p, e->s, e->g, shard_channel(e->s, who));
		pack_attrs(&p, 0, NULL);
		for (; i < v->n && v->at[i].who == who; i++)
			pack_net(&p, &e->t->t, v->at[i].node);
		pack_end(&p);
	}
}

static void
prefetch_node(const struct emitter *e, const struct item *i)
{
	__builtin_prefetch(table_node(&e->t->t, i->node));
	adv_prefetch(&e->g->adv, i->node);
}

/* The set of a run that begins there; a feed looks at the paths, too. */
static void
prefetch_run(const struct emitter *e, const struct item *i)
{
	if (i->attrs && i->attrs != i[-1].attrs)
		attrs_prefetch(store_get(e->s->store, i->attrs));
	if (e->mode == EMIT_FEED)
		__builtin_prefetch(
		    node_paths(&e->t->t, table_node(&e->t->t, i->node)));
}

void
emit_items(struct shard *s, struct group *g, const struct items *v, uint32_t from,
    uint32_t to, enum emit_mode mode)
{
	struct emitter e = { .s = s, .t = g->table, .g = g, .mode = mode };

	if (g->told) {
		(g->key.secondary ? secondary_items : multi_items)(
		    s, g, v, from, to, mode);
		return;
	}
	e.compare = mode == EMIT_FEED && g->old;
	pack_begin(&e.pack, s, g, NULL);
	for (uint32_t i = from; i < to; i++) {
		const struct item *item = &v->at[i];

		if (i + 2 * AHEAD < to)
			prefetch_node(&e, item + 2 * AHEAD);
		if (i + AHEAD < to)
			prefetch_run(&e, item + AHEAD);
		if (!item_ready(&e, item))
			continue;
		if (!e.run || e.run->attrs != item->attrs ||
		    e.run->source != item->source)
			run_begin(&e, item);
		node_emit(&e, item);
	}
	run_end(&e);
	withdrawals_emit(&e);
	pack_end(&e.pack);
	substitutes_emit(&e);
	g->emitted++;
	mem_free(e.withdraw.at);
	mem_free(e.substitute.at);
}
