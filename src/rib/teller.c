/*
 * Emission to groups that remember each path they were told: whose turn a node is, and runs
 * of announcements, which are exported together.
 */
#include "rib/teller.h"

struct teller
teller_of(struct shard *s, struct group *g, enum emit_mode mode)
{
	return (struct teller){
		.s = s,
		.t = g->table,
		.g = g,
		.mode = mode,
		.compare = mode == EMIT_FEED && g->old,
	};
}

void
teller_end(struct teller *m)
{
	pack_end(&m->pack);
	m->g->emitted++;
	items_free(&m->out);
	items_free(&m->gone);
}

struct channel *
teller_member(const struct teller *m, uint32_t id)
{
	struct channel *ch = shard_channel(m->s, id);

	return ch && group_skips(m->g, ch) ? ch : NULL;
}

bool
teller_ready(struct teller *m, uint32_t node, bool *again)
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

static void
run_begin(struct teller *m, const struct item *i)
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
run_end(struct teller *m)
{
	export_end(&m->now);
	if (m->compare)
		export_end(&m->before);
}

void
teller_announce(struct teller *m, void (*emit)(struct teller *, const struct item *))
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
		emit(m, &v->at[i]);
	}
	if (v->n)
		run_end(m);
}

void
teller_attrs(struct teller *m, uint32_t source, const struct exported *x)
{
	if (m->written == x->serial)
		return;
	pack_attrs(&m->pack, source, x);
	m->written = x->serial;
}
