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
#include "rib/teller.h"

#include "base/mem.h"

struct entry {
	uint32_t node, id;
};

struct multi {
	struct teller tell;
	struct entry *entry; /* items name them in `node` */
	uint32_t entry_n, entry_cap;
};

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
	struct path p = told_paths(m->tell.g->told, told_node(m->tell.g->told, node))[i];
	struct channel *ch = teller_member(&m->tell, p.channel);

	items_add(&m->tell.gone, 0, ch ? p.channel : 0, entry_add(m, node, p.path_id));
	told_del(m->tell.s, m->tell.g->told, node, i);
	m->tell.g->adv_n--;
	m->tell.g->st_withdraws++;
	if (ch) {
		ch->own_adv--;
		ch->exp.withdraws--;
	} else if (m->tell.g->key.limited) {
		limit_export_gone(m->tell.g);
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
	const struct node *n = table_node(&m->tell.t->t, node);
	const struct path *p = node_paths(&m->tell.t->t, n);
	struct told *told = m->tell.g->told;
	uint32_t ids[TABLE_PATHS_MAX];

	path_ids(m->tell.s, p, n->n, ids);
	for (unsigned k = told_node(told, node)->n; k-- > 0;)
		if (!path_there(
			p, ids, n->n, &told_paths(told, told_node(told, node))[k]))
			take_back(m, node, k);
	for (unsigned i = 0; i < n->n; i++) {
		int k = again ? -1 : told_find(told, node, p[i].channel, ids[i]);

		if (k >= 0 &&
		    told_paths(told, told_node(told, node))[k].attrs == p[i].attrs)
			continue;
		items_add(
		    &m->tell.out, p[i].attrs, p[i].channel, entry_add(m, node, ids[i]));
	}
}

static void
withdraw_all(struct multi *m)
{
	struct items *v = &m->tell.gone;

	items_sort(v);
	for (uint32_t i = 0; i < v->n; i++) {
		const struct entry *e = &m->entry[v->at[i].node];

		if (!i || v->at[i].source != v->at[i - 1].source)
			pack_attrs(&m->tell.pack, v->at[i].source, NULL);
		m->tell.pack.path_id = e->id;
		pack_net(&m->tell.pack, &m->tell.t->t, e->node);
	}
	v->n = 0;
}

static void
announce(struct multi *m, const struct exported *x, const struct item *i, int told)
{
	const struct entry *e = &m->entry[i->node];
	struct channel *ch = teller_member(&m->tell, i->source);

	teller_attrs(&m->tell, i->source, x);
	m->tell.pack.path_id = e->id;
	pack_net(&m->tell.pack, &m->tell.t->t, e->node);
	if (told >= 0) {
		told_set(m->tell.s, m->tell.g->told, e->node, (unsigned)told, i->attrs);
		return;
	}
	told_add(m->tell.s, m->tell.g->told, e->node,
	    &(struct path){
		.attrs = i->attrs, .path_id = e->id, .channel = (uint16_t)i->source });
	m->tell.g->adv_n++;
	if (ch)
		ch->own_adv++;
}

/* Did the old key lead to what the new one does? */
static bool
unchanged(struct multi *m, const struct exported *x, const struct item *i, int told)
{
	const struct entry *e = &m->entry[i->node];
	const struct path *p = told_paths(
	    m->tell.g->told, told_node(m->tell.g->told, e->node));

	if (!m->tell.compare || told < 0 || p[told].attrs != i->attrs)
		return false;
	return exported_same(x, export_net(&m->tell.before, &m->tell.t->t, e->node));
}

static void
item_emit(struct teller *tell, const struct item *i)
{
	struct multi *m = (struct multi *)tell;
	const struct entry e = m->entry[i->node];
	const struct exported *x = export_net(&m->tell.now, &m->tell.t->t, e.node);
	int told = told_find(m->tell.g->told, e.node, i->source, e.id);

	if (x->verdict == 2 && unchanged(m, x, i, told))
		return;
	if (x->verdict == 2 && told < 0 && m->tell.g->key.limited &&
	    !group_skips(m->tell.g, m->tell.source) &&
	    !limit_export(m->tell.s, m->tell.g)) {
		emit_count(m->tell.g, m->tell.source, 0);
		return;
	}
	emit_count(m->tell.g, m->tell.source, x->verdict);
	if (x->verdict == 2)
		announce(m, x, i, told);
	else if (told >= 0)
		take_back(m, e.node, (unsigned)told);
}

void
multi_items(struct shard *s, struct group *g, const struct items *v, uint32_t from,
    uint32_t to, enum emit_mode mode)
{
	struct multi m = { .tell = teller_of(s, g, mode) };
	bool again;

	for (uint32_t i = from; i < to; i++)
		if (teller_ready(&m.tell, v->at[i].node, &again))
			node_compare(&m, v->at[i].node, again);
	pack_begin(&m.tell.pack, s, g, NULL);
	withdraw_all(&m);
	teller_announce(&m.tell, item_emit);
	withdraw_all(&m); /* what the export no longer lets through */
	teller_end(&m.tell);
	mem_free(m.entry);
}
