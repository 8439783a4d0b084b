/*
 * Recheck: a table of origins has changed that export filters ask.
 *
 * Each group with such a filter is told again of the networks that a changed ROA is about,
 * or of all of them where the filter asks for more than the route's own network.  The
 * nodes are marked in slices; the feed does the rest.
 */
#include "rib/emit.h"

#include "base/mem.h"
#include "filter/origin.h"

struct recheck {
	uint32_t origin_table;
	struct origins *changed; /* NULL: anything */
	uint32_t table;		 /* index of the rib's table */
	uint32_t node;
	struct recheck *next;
};

void
shard_recheck(struct shard *s, uint32_t origin_table, struct origins *changed)
{
	struct recheck *r = MEM_NEW(struct recheck), **at = &s->rechecks;

	*r = (struct recheck){ .origin_table = origin_table, .changed = changed, .node = 1 };
	while (*at)
		at = &(*at)->next;
	*at = r;
}

void
recheck_pop(struct shard *s)
{
	struct recheck *r = s->rechecks;

	s->rechecks = r->next;
	origins_unref(r->changed);
	mem_free(r);
}

static bool
group_wants_it(const struct group *g)
{
	for (uint32_t i = 0; i < g->member_n; i++)
		if (!g->members[i]->d.rpki_fixed)
			return true;
	return false;
}

static enum filter_use
group_use(const struct group *g, const struct recheck *r)
{
	enum filter_use use = filter_uses(g->key.export, r->origin_table);

	if (use == FILTER_UNUSED || !group_wants_it(g))
		return FILTER_UNUSED;
	return r->changed ? use : FILTER_USED_ANY;
}

/* What the group was told was made with other origins: it cannot be computed again. */
static void
mark(struct shard *s, struct group *g, uint32_t node)
{
	table_wake(g->table);
	group_forget_old(s, g);
	group_lag_set(g, node);
}

static void
recheck_node(struct shard *s, struct rib_table *t, const struct recheck *r, uint32_t node,
    const enum filter_use *use)
{
	const struct node *n = table_node(&t->t, node);
	bool touched;
	struct net net;

	if (!(n->flags & NODE_USED))
		return;
	table_net(&t->t, node, &net);
	touched = !r->changed || origins_touch(r->changed, &net);
	for (uint32_t i = 0; i < t->group_n; i++)
		if (use[i] == FILTER_USED_ANY || (use[i] && touched))
			mark(s, t->groups[i], node);
}

bool
recheck_slice(struct shard *s)
{
	struct recheck *r = s->rechecks;
	enum filter_use *use;
	struct rib_table *t;
	uint32_t end;
	bool any = false;

	if (!r)
		return false;
	if (r->table >= s->table_n) {
		recheck_pop(s);
		return true;
	}
	t = s->tables[r->table];
	use = MEM_ARRAY(enum filter_use, t->group_n + 1);
	for (uint32_t i = 0; i < t->group_n; i++) {
		use[i] = group_use(t->groups[i], r);
		any |= use[i] != FILTER_UNUSED;
		group_fit(t->groups[i]);
	}
	end = t->t.node_end - r->node < s->tune.slice ? t->t.node_end
						      : r->node + s->tune.slice;
	for (; any && r->node < end; r->node++)
		recheck_node(s, t, r, r->node, use);
	mem_free(use);
	if (!any || r->node >= t->t.node_end) {
		r->table++;
		r->node = 1;
	}
	return true;
}
