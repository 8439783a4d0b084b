/*
 * Groups: who stands where.
 *
 * Members only ever move in three ways: into a fresh group (nothing told), out of a group
 * into one split from it (with a copy of what was told), and, by merging, into a group of
 * the same key that has been told the same.  Several members that do the same before
 * anything is told to the new group stand in it together.
 */
#include "rib/emit.h"

#include <assert.h>
#include <string.h>
#include <xxhash.h>
#include "base/mem.h"
#include "rib/share.h"

void
group_fit(struct group *g)
{
	uint32_t end = g->table->t.node_end;

	slab_fit(&g->lag, ((size_t)end / 64 + 1) * sizeof(uint64_t));
	if (g->told)
		told_fit(g->told, end);
	else
		adv_fit(&g->adv, end);
	if (g->narrow)
		share_fit(g->table);
}

void
group_adv_set(struct group *g, uint32_t node, uint16_t source)
{
	adv_put(&g->adv, node, source);
	if (g->narrow && source)
		share_told(g->table, g, node);
}

void
group_lag_all(struct group *g)
{
	uint32_t end = g->table->t.node_end;

	memset(g->lag.mem, 0xff, end / 64 * 8u);
	group_lag(g)[end / 64] |= (1ull << end % 64) - 1;
	group_lag(g)[0] &= ~1ull; /* there is no node 0 */
	g->lag_n = end - 1;
}

/* Takes over the caller's use of what the key holds. */
struct group *
group_new(struct shard *s, struct rib_table *t, const struct sink *key)
{
	struct group *g = MEM_NEW(struct group);

	table_wake(t);
	g->id = ++s->group_id;
	g->table = t;
	g->key = *key;
	g->account = segment_account_new();
	if (key->flags & SINK_ADD_PATH || key->secondary) {
		g->told = told_new();
		t->multi_n++;
		t->second_n += key->secondary != 0;
	}
	g->key_hash = XXH3_64bits(key, sizeof(*key));
	share_group_new(t, g);
	g->cycle_pos = t->cycling ? flush_items(t, g)->n : 0;
	group_fit(g);
	t->groups = mem_realloc(t->groups, (t->group_n + 1) * sizeof(struct group *));
	t->groups[t->group_n++] = g;
	return g;
}

void
group_forget_old(struct shard *s, struct group *g)
{
	if (!g->old)
		return;
	group_release_key(s, g->old);
	mem_free(g->old);
	g->old = NULL;
}

void
group_del(struct shard *s, struct group *g)
{
	struct rib_table *t = g->table;
	uint32_t i = 0;

	assert(!g->member_n);
	feed_cancel(s, g);
	share_group_del(t, g);
	if (g->heir) { /* its member has left on the way */
		g->heir->heir_of = NULL;
		group_del(s, g->heir);
		s->moving_n--;
	}
	if (g->heir_of) {
		g->heir_of->heir = NULL;
		s->moving_n--;
	}
	while (t->groups[i] != g)
		i++;
	memmove(t->groups + i, t->groups + i + 1,
	    (t->group_n - i - 1) * sizeof(struct group *));
	t->group_n--;
	/* Nodes kept only for this group's sake are looked at in the next cycle. */
	for (uint32_t n = 1; g->lag_n && n < t->t.node_end; n++)
		if (group_lags(g, n)) {
			const struct node *node = table_node(&t->t, n);

			group_lag_clear(g, n);
			if (node->flags & NODE_USED && !node->n)
				node_dirty(t, n);
		}
	s->held_n -= g->held;
	group_forget_old(s, g);
	group_release_key(s, &g->key);
	segment_account_unref(g->account);
	adv_free(&g->adv);
	slab_free(&g->lag);
	table_wake(t); /* others may be waiting for it to go */
	t->multi_n -= g->told != NULL;
	t->second_n -= g->key.secondary != 0;
	told_free(s, g->told);
	mem_free(g->members);
	mem_free(g);
}

static struct export_stats
group_stats(const struct group *g)
{
	return (struct export_stats){ g->st_updates, g->st_rejected, g->st_filtered,
		g->st_accepted, g->st_withdraws };
}

static void
member_add(struct shard *s, struct group *g, struct channel *ch)
{
	if (g->member_n == g->member_cap) {
		g->member_cap = g->member_cap ? g->member_cap * 2 : 4;
		g->members = mem_realloc(
		    g->members, g->member_cap * sizeof(struct channel *));
	}
	ch->group = g;
	ch->slot = g->member_n;
	ch->exp_base = group_stats(g);
	g->members[g->member_n++] = ch;
	limit_export_moves(ch, true);
	table_wake(g->table);
	s->upkeep = true;
	s->ops.member_add(s->ctx, g->id, ch->d.id);
}

static void
stats_settle(struct channel *ch)
{
	struct export_stats now = group_stats(ch->group), *base = &ch->exp_base;

	ch->exp.updates += now.updates - base->updates;
	ch->exp.rejected += now.rejected - base->rejected;
	ch->exp.filtered += now.filtered - base->filtered;
	ch->exp.accepted += now.accepted - base->accepted;
	ch->exp.withdraws += now.withdraws - base->withdraws;
}

/* The group may be left without members: the caller's affair. */
static void
member_del(struct shard *s, struct channel *ch)
{
	struct group *g = ch->group;

	stats_settle(ch);
	limit_export_moves(ch, false);
	g->members[ch->slot] = g->members[--g->member_n];
	g->members[ch->slot]->slot = ch->slot;
	ch->group = NULL;
	s->ops.member_del(s->ctx, g->id, ch->d.id);
}

void
group_member_move(struct shard *s, struct channel *ch, struct group *to)
{
	struct group *from = ch->group;

	member_del(s, ch);
	member_add(s, to, ch);
	if (!from->member_n)
		group_del(s, from);
}

/*
 * Splitting.
 */
/* The set that a group of best paths was told of the node, if that is sure, or 0. */
static uint32_t
told_set_of(const struct group *g, uint32_t node)
{
	const struct node *n = table_node(&g->table->t, node);
	const struct path *p = node_paths(&g->table->t, n);

	if (g->table->cycling || n->flags & NODE_DIRTY || group_lags(g, node) || !n->n)
		return 0;
	return p->channel == adv_get(&g->adv, node) ? p->attrs : 0;
}

/* What a group was told, from one that keeps it in the other way: add-path is the
 * session's for good, `secondary` comes and goes. */
void
group_told_convert(struct shard *s, struct group *g, uint32_t node,
    const struct group *from, uint32_t from_node)
{
	if (!group_told(from, from_node))
		return;
	if (g->told)
		told_add(s, g->told, node,
		    &(struct path){ .channel = adv_get(&from->adv, from_node),
			.attrs = told_set_of(from, from_node) });
	else
		group_adv_set(g, node,
		    told_paths(from->told, told_node(from->told, from_node))->channel);
}

struct group *
group_split(struct shard *s, struct group *from, const struct sink *key)
{
	struct group *g = group_new(s, from->table, key);
	uint32_t end = from->table->t.node_end;

	group_fit(from);
	if (!g->told != !from->told) {
		for (uint32_t i = 1; i < end; i++)
			group_told_convert(s, g, i, from, i);
	} else if (g->told) {
		told_free(s, g->told);
		g->told = told_copy(s, from->told);
	} else {
		adv_copy(&g->adv, &from->adv);
	}
	memcpy(g->lag.mem, from->lag.mem, (end / 64 + 1) * sizeof(uint64_t));
	g->lag_n = from->lag_n;
	g->adv_n = from->adv_n;
	share_group_split(g->table, g, from);
	g->origin = from->id;
	g->origin_at = from->emitted;
	return g;
}

/* A group split from `from`, as it is now, for the same reason, and not told anything
 * yet. */
static struct group *
split_find(struct rib_table *t, const struct group *from, const struct sink *key)
{
	for (uint32_t i = 0; i < t->group_n; i++) {
		struct group *g = t->groups[i];

		if (g->origin == from->id && g->origin_at == from->emitted &&
		    !g->emitted && g->lag_n == t->t.node_end - 1 &&
		    memcmp(&g->key, key, sizeof(*key)) == 0)
			return g;
	}
	return NULL;
}

static struct group *
fresh_find(struct rib_table *t, const struct sink *key)
{
	uint64_t hash = XXH3_64bits(key, sizeof(*key));

	for (uint32_t i = 0; i < t->group_n; i++) {
		struct group *g = t->groups[i];

		if (g->key_hash == hash && !g->origin && !g->emitted &&
		    !group_frozen(g) && memcmp(&g->key, key, sizeof(*key)) == 0)
			return g;
	}
	return NULL;
}

void
group_join(struct shard *s, struct channel *ch)
{
	struct sink key = group_channel_key(s, ch);
	struct rib_table *t = sink_table(s, ch);
	struct group *g = fresh_find(t, &key);

	ch->own_adv = 0;
	if (g) {
		group_release_key(s, &key);
	} else {
		g = group_new(s, t, &key);
		group_lag_all(g);
		g->ready_ms = s->now + s->tune.gather_ms;
	}
	member_add(s, g, ch);
}

void
group_leave(struct shard *s, struct channel *ch)
{
	struct group *g = ch->group;

	if (!g)
		return;
	member_del(s, ch);
	if (!g->member_n)
		group_del(s, g);
}

/* The key that led to all the group was told; NULL: there is no such one. */
static const struct sink *
told_by(const struct group *g)
{
	if (g->held)
		return NULL;
	if (!g->lag_n)
		return &g->key;
	return g->emitted ? NULL : g->old;
}

/* Some by this key, the rest by the one before. */
static bool
half_told(const struct group *g)
{
	return g->lag_n && g->old && g->emitted;
}

/* Moves to a group that is given everything, starting from what its present one was told.
 */
static void
move_all(struct shard *s, struct channel *ch, const struct sink *key, bool compare)
{
	struct group *from = ch->group, *g = split_find(from->table, from, key);

	if (g) {
		group_release_key(s, key);
		group_member_move(s, ch, g);
		return;
	}
	g = group_split(s, from, key);
	/* Where `from` itself is behind, its key does not say what was told. */
	if (!g->told != !from->told)
		compare = compare && !from->table->cycling;
	if (compare && told_by(from)) {
		g->old = MEM_NEW(struct sink);
		*g->old = *told_by(from);
		group_use_key(s, g->old);
	}
	group_lag_all(g);
	g->ready_ms = s->now + s->tune.gather_ms;
	group_member_move(s, ch, g);
}

void
group_again(struct shard *s, struct channel *ch)
{
	struct sink key;

	sink_move_now(s, ch);
	table_wake(ch->group->table);
	if (ch->group->still) { /* told when it has moved */
		group_lag_all(ch->group);
		return;
	}
	key = ch->group->key;

	group_use_key(s, &key);
	move_all(s, ch, &key, false);
}

void
group_rekey(struct shard *s, struct channel *ch)
{
	struct sink key;

	sink_move_now(s, ch);
	table_wake(ch->group->table);
	if (ch->d.sink_table && ch->group->table == sink_table(s, ch)) {
		sink_stand_still(s, ch);
		return;
	}
	ch->group->still = false;
	if (ch->group->table != sink_table(s, ch)) {
		sink_move(s, ch);
		return;
	}
	key = group_channel_key(s, ch);
	if (memcmp(&key, &ch->group->key, sizeof(key)) == 0) {
		group_release_key(s, &key);
	} else if (half_told(ch->group)) { /* that first, or all is sent */
		group_release_key(s, &key);
		ch->rekey_due = true;
	} else {
		move_all(s, ch, &key, true);
	}
}

/* Those whose last change is told, and who have had another since. */
bool
group_rekey_due(struct shard *s, const struct rib_table *t)
{
	for (uint32_t i = 0; i < t->group_n; i++)
		for (uint32_t k = 0; k < t->groups[i]->member_n; k++) {
			struct channel *ch = t->groups[i]->members[k];

			if (!ch->rekey_due || half_told(ch->group))
				continue;
			ch->rekey_due = false;
			group_rekey(s, ch);
			return true;
		}
	return false;
}

void
group_want_self(struct shard *s, struct rib_table *t)
{
	if (t->self_needed)
		return;
	t->self_needed = true;
	table_wake(t);
	s->upkeep = true;
}

void
group_rekey_all(struct shard *s, struct rib_table *t)
{
	struct channel **all;
	uint32_t n = 0;

	t->self_keyed = true;
	for (uint32_t i = 0; i < t->group_n; i++)
		n += t->groups[i]->member_n;
	all = MEM_ARRAY(struct channel *, n);
	n = 0;
	for (uint32_t i = 0; i < t->group_n; i++)
		for (uint32_t k = 0; k < t->groups[i]->member_n; k++)
			all[n++] = t->groups[i]->members[k];
	while (n--)
		if (!group_frozen(all[n]->group))
			group_rekey(s, all[n]);
	mem_free(all);
}

void
group_del_all(struct shard *s, struct rib_table *t)
{
	while (t->group_n) {
		struct group *g = t->groups[t->group_n - 1];

		for (uint32_t i = 0; i < g->member_n; i++)
			g->members[i]->group = NULL;
		g->member_n = 0;
		group_del(s, g);
	}
}
