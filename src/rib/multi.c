/*
 * Emission to a group with add-path (RFC 7911): what it was told of each node against the
 * paths that the node has.
 *
 *   told, not there          withdraw
 *   there, told as it is     nothing, unless all is to be told again
 *   there                    announce, if the export lets it; else withdraw if told
 *
 * A path keeps its id and its source, so a member that is the source skips announcement
 * and withdrawal alike.  All nodes of the slice are compared first; then go the
 * withdrawals, for an id may have gone to another path, then the announcements, sorted
 * for packing.
 */
#include "rib/emit.h"

#include "base/mem.h"

struct entry {
	uint32_t node, id;
};

struct multi {
	struct shard *s;
	struct rib_table *t;
	struct group *g;
	enum emit_mode mode;
	bool compare;
	struct packer pack;
	struct entry *entry; /* items name them in `node` */
	uint32_t entry_n, entry_cap;
	struct items out, gone;
	struct channel *source;
	struct exporter now, before;
	uint32_t written;
};

static struct channel *
member(const struct multi *m, uint32_t id)
{
	struct channel *ch = shard_channel(m->s, id);

	return ch && group_skips(m->g, ch) ? ch : NULL;
}

static uint32_t
entry_add(struct multi *m, uint32_t node, uint32_t id)
{
	if (m->entry_n == m->entry_cap) {
		m->entry_cap = m->entry_cap ? m->entry_cap * 2 : 64;
		m->entry = mem_realloc(m->entry, m->entry_cap * sizeof(*m->entry));
	}
	m->entry[m->entry_n] = (struct entry){ node, id };
	return m->entry_n++;
}

/* Entry i of what was told goes. */
static void
take_back(struct multi *m, uint32_t node, unsigned i)
{
	struct path p = told_paths(m->g->told, told_node(m->g->told, node))[i];
	struct channel *ch = member(m, p.channel);

	items_add(&m->gone, 0, ch ? p.channel : 0, entry_add(m, node, p.path_id));
	told_del(m->s, m->g->told, node, i);
	m->g->adv_n--;
	m->g->st_withdraws++;
	if (ch) {
		ch->own_adv--;
		ch->exp.withdraws--;
	} else if (m->g->key.limited) {
		limit_export_gone(m->g);
	}
}

static bool
path_there(const struct path *p, const uint32_t *ids, unsigned n, const struct path *told)
{
	for (unsigned i = 0; i < n; i++)
		if (ids[i] == told->path_id && p[i].channel == told->channel)
			return true;
	return false;
}

static void
node_compare(struct multi *m, uint32_t node, bool again)
{
	const struct node *n = table_node(&m->t->t, node);
	const struct path *p = node_paths(&m->t->t, n);
	struct told *told = m->g->told;
	uint32_t ids[TABLE_PATHS_MAX];

	path_ids(m->s, p, n->n, ids);
	for (unsigned k = told_node(told, node)->n; k-- > 0;)
		if (!path_there(
			p, ids, n->n, &told_paths(told, told_node(told, node))[k]))
			take_back(m, node, k);
	for (unsigned i = 0; i < n->n; i++) {
		int k = again ? -1 : told_find(told, node, p[i].channel, ids[i]);

		if (k >= 0 &&
		    told_paths(told, told_node(told, node))[k].attrs == p[i].attrs)
			continue;
		items_add(&m->out, p[i].attrs, p[i].channel, entry_add(m, node, ids[i]));
	}
}

/* Is it the node's turn?  As with best paths (emit.c); *again: all that it has is due. */
static bool
node_ready(struct multi *m, uint32_t node, bool *again)
{
	const struct node *n = table_node(&m->t->t, node);
	bool lags = group_lags(m->g, node);

	if (n->flags & NODE_CHANGED) {
		if (m->mode == EMIT_CYCLE)
			group_lag_set(m->g, node);
		return false;
	}
	if (m->mode == EMIT_FEED && !lags)
		return false;
	*again = lags;
	if (lags) {
		group_lag_clear(m->g, node);
		if (m->mode == EMIT_FEED && !n->n)
			node_dirty(m->t, node);
	}
	return true;
}

static void
withdraw_all(struct multi *m)
{
	struct items *v = &m->gone;

	items_sort(v);
	for (uint32_t i = 0; i < v->n; i++) {
		const struct entry *e = &m->entry[v->at[i].node];

		if (!i || v->at[i].source != v->at[i - 1].source)
			pack_attrs(&m->pack, v->at[i].source, NULL);
		m->pack.path_id = e->id;
		pack_net(&m->pack, &m->t->t, e->node);
	}
	v->n = 0;
}

static void
announce(struct multi *m, const struct exported *x, const struct item *i, int told)
{
	const struct entry *e = &m->entry[i->node];
	struct channel *ch = member(m, i->source);

	if (m->written != x->serial) {
		pack_attrs(&m->pack, i->source, x);
		m->written = x->serial;
	}
	m->pack.path_id = e->id;
	pack_net(&m->pack, &m->t->t, e->node);
	if (told >= 0) {
		told_set(m->s, m->g->told, e->node, (unsigned)told, i->attrs);
		return;
	}
	told_add(m->s, m->g->told, e->node,
	    &(struct path){
		.attrs = i->attrs, .path_id = e->id, .channel = (uint16_t)i->source });
	m->g->adv_n++;
	if (ch)
		ch->own_adv++;
}

/* Did the old key lead to what the new one does? */
static bool
unchanged(struct multi *m, const struct exported *x, const struct item *i, int told)
{
	const struct entry *e = &m->entry[i->node];
	const struct path *p = told_paths(m->g->told, told_node(m->g->told, e->node));

	if (!m->compare || told < 0 || p[told].attrs != i->attrs)
		return false;
	return exported_same(x, export_net(&m->before, &m->t->t, e->node));
}

static void
item_emit(struct multi *m, const struct item *i)
{
	const struct entry e = m->entry[i->node];
	const struct exported *x = export_net(&m->now, &m->t->t, e.node);
	int told = told_find(m->g->told, e.node, i->source, e.id);

	if (x->verdict == 2 && unchanged(m, x, i, told))
		return;
	if (x->verdict == 2 && told < 0 && m->g->key.limited &&
	    !group_skips(m->g, m->source) && !limit_export(m->s, m->g)) {
		emit_count(m->g, m->source, 0);
		return;
	}
	emit_count(m->g, m->source, x->verdict);
	if (x->verdict == 2)
		announce(m, x, i, told);
	else if (told >= 0)
		take_back(m, e.node, (unsigned)told);
}

static void
run_begin(struct multi *m, const struct item *i)
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
run_end(struct multi *m)
{
	export_end(&m->now);
	if (m->compare)
		export_end(&m->before);
}

static void
announce_all(struct multi *m)
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

void
multi_items(struct shard *s, struct group *g, const struct items *v, uint32_t from,
    uint32_t to, enum emit_mode mode)
{
	struct multi m = { .s = s, .t = g->table, .g = g, .mode = mode };
	bool again;

	m.compare = mode == EMIT_FEED && g->old;
	for (uint32_t i = from; i < to; i++)
		if (node_ready(&m, v->at[i].node, &again))
			node_compare(&m, v->at[i].node, again);
	pack_begin(&m.pack, s, g, NULL);
	withdraw_all(&m);
	announce_all(&m);
	withdraw_all(&m); /* what the export no longer lets through */
	pack_end(&m.pack);
	g->emitted++;
	items_free(&m.out);
	items_free(&m.gone);
	mem_free(m.entry);
}
