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
#include "rib/teller.h"

#include <string.h>
#include "base/mem.h"
#include "rib/reach.h"

#define CONTENDERS 16

struct second {
	struct teller tell;
	bool counts;
};

static bool
is_let_through(struct second *m, uint32_t node, const struct path *p)
{
	struct channel *source = shard_channel(m->tell.s, p->channel);
	struct exporter x;
	int verdict = 0;

	if (!group_skips(m->tell.g, source)) {
		export_begin(&x, m->tell.s, &m->tell.g->key, &source->d,
		    store_get(m->tell.s->store, p->attrs), m->tell.s->scratch[0]);
		verdict = export_net(&x, &m->tell.t->t, node)->verdict;
		export_end(&x);
		if (verdict == 2)
			return true;
	}
	if (m->counts) {
		m->tell.g->st_updates++;
		m->tell.g->st_rejected += verdict == 0;
		m->tell.g->st_filtered += verdict == 1;
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
		c[k] = path_contender(m->tell.s, &p[k]);
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
	const struct node *n = table_node(&m->tell.t->t, node);
	const struct path *p = node_paths(&m->tell.t->t, n);
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
	const struct path *told = told_of(m->tell.g, node);
	struct channel *ch = teller_member(&m->tell, told->channel);

	if (ch)
		ch->own_adv--;
	else if (m->tell.g->key.limited)
		limit_export_gone(m->tell.g);
	m->tell.g->adv_n--;
	told_del(m->tell.s, m->tell.g->told, node, 0);
}

static void
take_back(struct second *m, uint32_t node)
{
	const struct path *told = told_of(m->tell.g, node);

	if (!told)
		return;
	if (!teller_member(&m->tell, told->channel)) {
		items_add(&m->tell.gone, 0, 0, node);
		m->tell.g->st_withdraws++;
	}
	forget(m, node);
}

static void
node_compare(struct second *m, uint32_t node, bool again)
{
	const struct node *n = table_node(&m->tell.t->t, node);
	int i = pick(m, node);
	const struct path *p = node_paths(&m->tell.t->t, n) + (i < 0 ? 0 : i);

	if (i < 0)
		take_back(m, node);
	else if (again || !is_told(m->tell.g, node, p))
		items_add(&m->tell.out, p->attrs, p->channel, node);
}

/* Did the old key lead to what the new one does? */
static bool
is_unchanged(struct second *m, const struct exported *x, const struct item *i)
{
	const struct path p = { .attrs = i->attrs, .channel = (uint16_t)i->source };

	return m->tell.compare && is_told(m->tell.g, i->node, &p) &&
	       exported_same(x, export_net(&m->tell.before, &m->tell.t->t, i->node));
}

static bool
is_within_limit(struct second *m, uint32_t node)
{
	const struct path *told = told_of(m->tell.g, node);

	return !m->tell.g->key.limited ||
	       (told && !teller_member(&m->tell, told->channel)) ||
	       limit_export(m->tell.s, m->tell.g);
}

static void
announce(struct second *m, const struct exported *x, const struct item *i)
{
	bool known = told_of(m->tell.g, i->node);
	struct channel *own = known ? teller_member(
					  &m->tell, told_of(m->tell.g, i->node)->channel)
				    : NULL;

	teller_attrs(&m->tell, i->source, x);
	pack_net(&m->tell.pack, &m->tell.t->t, i->node);
	if (known)
		told_del(m->tell.s, m->tell.g->told, i->node, 0);
	if (own)
		own->own_adv--;
	told_add(m->tell.s, m->tell.g->told, i->node,
	    &(struct path){ .attrs = i->attrs, .channel = (uint16_t)i->source });
	m->tell.g->adv_n += !known;
}

static void
item_emit(struct teller *tell, const struct item *i)
{
	struct second *m = (struct second *)tell;
	const struct exported *x = export_net(&m->tell.now, &m->tell.t->t, i->node);

	if (is_unchanged(m, x, i))
		return;
	if (!is_within_limit(m, i->node)) {
		emit_count(m->tell.g, m->tell.source, 0);
		take_back(m, i->node); /* nothing, or its own */
		return;
	}
	emit_count(m->tell.g, m->tell.source, x->verdict);
	announce(m, x, i);
}

static void
withdraw_all(struct second *m)
{
	if (m->tell.gone.n)
		pack_attrs(&m->tell.pack, 0, NULL);
	for (uint32_t i = 0; i < m->tell.gone.n; i++)
		pack_net(&m->tell.pack, &m->tell.t->t, m->tell.gone.at[i].node);
}

void
secondary_items(struct shard *s, struct group *g, const struct items *v, uint32_t from,
    uint32_t to, enum emit_mode mode)
{
	struct second m = { .tell = teller_of(s, g, mode), .counts = true };
	bool again;

	for (uint32_t i = from; i < to; i++)
		if (teller_ready(&m.tell, v->at[i].node, &again))
			node_compare(&m, v->at[i].node, again);
	pack_begin(&m.tell.pack, s, g, NULL);
	teller_announce(&m.tell, item_emit);
	withdraw_all(&m);
	teller_end(&m.tell);
}

bool
secondary_holds(struct shard *s, struct group *g, uint32_t node)
{
	struct second m = { .tell = teller_of(s, g, EMIT_CYCLE) };
	const struct node *n = table_node(&m.tell.t->t, node);
	int i = pick(&m, node);

	if (i < 0)
		return !told_of(g, node);
	return is_told(g, node, node_paths(&m.tell.t->t, n) + i);
}
