/*
 * Emission to a channel with `secondary`: of each network the best path that its export lets
 * through, not only the best one of all.
 *
 *   told, as it is picked    nothing, unless all is to be told again
 *   another one is picked    announce: it replaces what was told
 *   none is                  withdraw
 *
 * What is let through depends on who asks (not on his own path, not to another that is no
 * client), so each such channel stands in a group of its own.  What it was told is kept as
 * for add-path, one path a network, and like there each change of a path is looked at.
 * Paths are tried from the best one on; mostly the first will do, and then nothing is
 * decided anew.
 */
#include "rib/emit.h"

#include <string.h>
#include "base/mem.h"
#include "rib/reach.h"

#define CONTENDERS 16

struct second {
	struct shard *s;
	struct rib_table *t;
	struct group *g;
	enum emit_mode mode;
	bool compare, counts;
	struct packer pack;
	struct items out, gone;
	struct channel *source;
	struct exporter now, before;
	uint32_t written;
};

static struct channel *
member(const struct second *m, uint32_t id)
{
	struct channel *ch = shard_channel(m->s, id);

	return ch && group_skips(m->g, ch) ? ch : NULL;
}

static bool
is_let_through(struct second *m, uint32_t node, const struct path *p)
{
	struct channel *source = shard_channel(m->s, p->channel);
	struct exporter x;
	int verdict = 0;

	if (!group_skips(m->g, source)) {
		export_begin(&x, m->s, &m->g->key, &source->d,
		    store_get(m->s->store, p->attrs), m->s->scratch[0]);
		verdict = export_net(&x, &m->t->t, node)->verdict;
		export_end(&x);
		if (verdict == 2)
			return true;
	}
	if (m->counts) {
		m->g->st_updates++;
		m->g->st_rejected += verdict == 0;
		m->g->st_filtered += verdict == 1;
	}
	return false;
}

/* Takes out the one that was refused; who is the best of those left? */
static unsigned
next_best(struct contender *c, unsigned *at, unsigned *left, unsigned refused)
{
	unsigned n = --*left - refused;

	memmove(c + refused, c + refused + 1, n * sizeof(*c));
	memmove(at + refused, at + refused + 1, n * sizeof(*at));
	return *left > 1 ? decide_best(c, *left, NULL) : 0;
}

static int
pick_among(struct second *m, uint32_t node, const struct path *p, unsigned n,
    struct contender *c, unsigned *at)
{
	unsigned left = n, i = 0;

	for (unsigned k = 0; k < n; k++) {
		c[k] = path_contender(m->s, &p[k]);
		at[k] = k;
	}
	while (left > 1) {
		i = next_best(c, at, &left, i);
		if (is_let_through(m, node, &p[at[i]]))
			return (int)at[i];
	}
	return -1;
}

/* Index of the path that the channel is to have, or -1. */
static int
pick(struct second *m, uint32_t node)
{
	const struct node *n = table_node(&m->t->t, node);
	const struct path *p = node_paths(&m->t->t, n);
	struct contender few[CONTENDERS] = { 0 }, *c = few;
	unsigned few_at[CONTENDERS], *at = few_at;
	int i;

	if (!n->n)
		return -1;
	if (is_let_through(m, node, p))
		return 0;
	if (n->n > CONTENDERS) {
		c = MEM_ARRAY(struct contender, n->n);
		at = MEM_ARRAY(unsigned, n->n);
	}
	i = pick_among(m, node, p, n->n, c, at);
	if (c != few) {
		mem_free(c);
		mem_free(at);
	}
	return i;
}

/* What it was told of the node, or NULL. */
static const struct path *
told_of(const struct group *g, uint32_t node)
{
	const struct node *n = told_node(g->told, node);

	return n->n ? told_paths(g->told, n) : NULL;
}

static bool
is_told(const struct group *g, uint32_t node, const struct path *p)
{
	const struct path *told = told_of(g, node);

	return told && told->attrs == p->attrs && told->channel == p->channel;
}

/* Of its own path it was told nothing, though it is on the list: so it is when the option
 * is new to the channel. */
static void
forget(struct second *m, uint32_t node)
{
	const struct path *told = told_of(m->g, node);
	struct channel *ch = member(m, told->channel);

	if (ch)
		ch->own_adv--;
	else if (m->g->key.limited)
		limit_export_gone(m->g);
	m->g->adv_n--;
	told_del(m->s, m->g->told, node, 0);
}

static void
take_back(struct second *m, uint32_t node)
{
	const struct path *told = told_of(m->g, node);

	if (!told)
		return;
	if (!member(m, told->channel)) {
		items_add(&m->gone, 0, 0, node);
		m->g->st_withdraws++;
	}
	forget(m, node);
}

static void
node_compare(struct second *m, uint32_t node, bool again)
{
	const struct node *n = table_node(&m->t->t, node);
	int i = pick(m, node);
	const struct path *p = node_paths(&m->t->t, n) + (i < 0 ? 0 : i);

	if (i < 0)
		take_back(m, node);
	else if (again || !is_told(m->g, node, p))
		items_add(&m->out, p->attrs, p->channel, node);
}

/* Is it the node's turn?  As with add-path (multi.c). */
static bool
node_ready(struct second *m, uint32_t node, bool *again)
{
	const struct node *n = table_node(&m->t->t, node);
	bool lags = group_lags(m->g, node);

	*again = lags;
	if (n->flags & NODE_CHANGED) {
		if (m->mode == EMIT_CYCLE)
			group_lag_set(m->g, node);
		return false;
	}
	if (m->mode == EMIT_FEED && !lags)
		return false;
	if (lags) {
		group_lag_clear(m->g, node);
		if (m->mode == EMIT_FEED && !n->n)
			node_dirty(m->t, node);
	}
	return true;
}

/* Did the old key lead to what the new one does? */
static bool
is_unchanged(struct second *m, const struct exported *x, const struct item *i)
{
	const struct path p = { .attrs = i->attrs, .channel = (uint16_t)i->source };

	return m->compare && is_told(m->g, i->node, &p) &&
	       exported_same(x, export_net(&m->before, &m->t->t, i->node));
}

static bool
is_within_limit(struct second *m, uint32_t node)
{
	const struct path *told = told_of(m->g, node);

	return !m->g->key.limited || (told && !member(m, told->channel)) ||
	       limit_export(m->s, m->g);
}

static void
announce(struct second *m, const struct exported *x, const struct item *i)
{
	bool known = told_of(m->g, i->node);
	struct channel *own = known ? member(m, told_of(m->g, i->node)->channel) : NULL;

	if (m->written != x->serial) {
		pack_attrs(&m->pack, i->source, x);
		m->written = x->serial;
	}
	pack_net(&m->pack, &m->t->t, i->node);
	if (known)
		told_del(m->s, m->g->told, i->node, 0);
	if (own)
		own->own_adv--;
	told_add(m->s, m->g->told, i->node,
	    &(struct path){ .attrs = i->attrs, .channel = (uint16_t)i->source });
	m->g->adv_n += !known;
}

static void
item_emit(struct second *m, const struct item *i)
{
	const struct exported *x = export_net(&m->now, &m->t->t, i->node);

	if (is_unchanged(m, x, i))
		return;
	if (!is_within_limit(m, i->node)) {
		emit_count(m->g, m->source, 0);
		take_back(m, i->node); /* nothing, or its own */
		return;
	}
	emit_count(m->g, m->source, x->verdict);
	announce(m, x, i);
}

static void
run_begin(struct second *m, const struct item *i)
{
	struct attrs *a = store_get(m->s->store, i->attrs);

	m->source = shard_channel(m->s, i->source);
	m->written = 0;
	export_begin(&m->now, m->s, &m->g->key, &m->source->d, a, m->s->scratch[0]);
	if (m->compare)
		export_begin(
		    &m->before, m->s, m->g->old, &m->source->d, a, m->s->scratch[1]);
}

static void
run_end(struct second *m)
{
	export_end(&m->now);
	if (m->compare)
		export_end(&m->before);
}

static void
announce_all(struct second *m)
{
	const struct items *v = &m->out;

	items_sort(&m->out);
	for (uint32_t i = 0; i < v->n; i++) {
		if (!i || v->at[i].attrs != v->at[i - 1].attrs ||
		    v->at[i].source != v->at[i - 1].source) {
			if (i)
				run_end(m);
			run_begin(m, &v->at[i]);
		}
		item_emit(m, &v->at[i]);
	}
	if (v->n)
		run_end(m);
}

static void
withdraw_all(struct second *m)
{
	if (m->gone.n)
		pack_attrs(&m->pack, 0, NULL);
	for (uint32_t i = 0; i < m->gone.n; i++)
		pack_net(&m->pack, &m->t->t, m->gone.at[i].node);
}

void
secondary_items(struct shard *s, struct group *g, const struct items *v, uint32_t from,
    uint32_t to, enum emit_mode mode)
{
	struct second m = { .s = s, .t = g->table, .g = g, .mode = mode, .counts = true };
	bool again;

	m.compare = mode == EMIT_FEED && g->old;
	for (uint32_t i = from; i < to; i++)
		if (node_ready(&m, v->at[i].node, &again))
			node_compare(&m, v->at[i].node, again);
	pack_begin(&m.pack, s, g, NULL);
	announce_all(&m);
	withdraw_all(&m);
	pack_end(&m.pack);
	g->emitted++;
	items_free(&m.out);
	items_free(&m.gone);
}

bool
secondary_holds(struct shard *s, struct group *g, uint32_t node)
{
	struct second m = { .s = s, .t = g->table, .g = g };
	const struct node *n = table_node(&m.t->t, node);
	int i = pick(&m, node);

	if (i < 0)
		return !told_of(g, node);
	return is_told(g, node, node_paths(&m.t->t, n) + i);
}
