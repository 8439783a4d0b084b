/*
 * Tables that have something to do.
 *
 * A shard may hold ten thousand tables of which a handful change: who makes work for a
 * table wakes it, and a turn of the shard looks at those that are awake.  One goes to sleep
 * in the upkeep that finds nothing left of it.
 */
#include "rib/follow.h"
#include "rib/netwatch.h"

#include "base/mem.h"

void
table_wake_up(struct rib_table *t)
{
	struct shard *s = t->shard;

	if (s->awake_n == s->awake_cap) {
		s->awake_cap = s->awake_cap ? s->awake_cap * 2 : 16;
		s->awake = mem_realloc(
		    s->awake, s->awake_cap * sizeof(struct rib_table *));
	}
	t->awake = true;
	t->awake_slot = s->awake_n;
	s->awake[s->awake_n++] = t;
}

void
table_sleep(struct rib_table *t)
{
	struct shard *s = t->shard;

	if (!t->awake)
		return;
	t->awake = false;
	s->awake[t->awake_slot] = s->awake[--s->awake_n];
	s->awake[t->awake_slot]->awake_slot = t->awake_slot;
}

static bool
group_quiet(const struct group *g)
{
	if (g->lag_n || g->held || group_frozen(g) || g->old)
		return false;
	for (uint32_t i = 0; i < g->member_n; i++)
		if (g->members[i]->rekey_due || g->members[i]->want_caught_up)
			return false;
	return true;
}

bool
table_quiet(const struct rib_table *t)
{
	if (table_pending(t) || t->cycling || t->sweep_n || table_moving(&t->t) ||
	    t->trimming || t->doomed || follow_walking(t))
		return false;
	if (t->watch && (t->watch->walk || t->watch->n))
		return false;
	if (t->shard->feed.group && t->shard->feed.group->table == t)
		return false;
	if (t->self_needed != t->self_keyed)
		return false;
	for (uint32_t i = 0; i < t->group_n; i++)
		if (!group_quiet(t->groups[i]))
			return false;
	return true;
}

void
tables_sleep(struct shard *s)
{
	for (uint32_t i = s->awake_n; i-- > 0;)
		if (table_quiet(s->awake[i]))
			table_sleep(s->awake[i]);
}
