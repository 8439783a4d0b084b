/*
 * Upkeep of groups, between cycles: those that have too much in flight are held, and let
 * go again without their slow members; groups that have come to tell the same merge; who
 * has caught up is told so.
 */
#include "rib/emit.h"

#include <string.h>
#include "base/mem.h"

/*
 * Back pressure.
 */
static uint64_t
group_pending(const struct group *g)
{
	return atomic_load_explicit(&g->account->bytes, memory_order_relaxed);
}

void
group_hold_maybe(struct shard *s, struct group *g)
{
	if (g->held || group_pending(g) <= s->tune.hold_high)
		return;
	g->held = true;
	s->held_n++;
	s->upkeep = true;
}

static void
group_release(struct shard *s, struct group *g)
{
	g->held = false;
	s->held_n--;
	s->upkeep = true; /* what it lags behind with can go out */
}

static uint32_t
count_slow(struct shard *s, const struct group *g)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->member_n; i++)
		n += s->ops.backlog(s->ctx, g->members[i]->d.id) > s->tune.hold_low;
	return n;
}

/* The slow ones keep the account, whose segments they are behind with. */
static void
split_slow(struct shard *s, struct group *g)
{
	struct sink key = g->key;
	struct segment_account *account = g->account;
	struct group *slow;

	group_use_key(s, &key);
	slow = group_split(s, g, &key);
	if (g->old) {
		slow->old = MEM_NEW(struct sink);
		*slow->old = *g->old;
		group_use_key(s, slow->old);
	}
	g->account = slow->account;
	slow->account = account;
	slow->held = true;
	s->held_n++;
	group_release(s, g);
	for (uint32_t i = g->member_n; i-- > 0;)
		if (s->ops.backlog(s->ctx, g->members[i]->d.id) > s->tune.hold_low &&
		    g->member_n > 1)
			group_member_move(s, g->members[i], slow);
	if (!slow->member_n)
		group_del(s, slow);
}

static void
hold_check(struct shard *s, struct group *g)
{
	uint32_t slow;

	if (group_pending(g) <= s->tune.hold_low) {
		group_release(s, g);
		return;
	}
	slow = count_slow(s, g);
	if (slow && slow < g->member_n)
		split_slow(s, g);
}

/*
 * Merging.
 */
static bool
group_settled(const struct group *g)
{
	return !g->lag_n && !g->held && !group_frozen(g);
}

/* Two settled groups of one key have been told the same.  Should they not have been, by a
 * filter that answers now so, now so, they stay apart: that is only dearer. */
static bool
group_alike(const struct group *a, const struct group *b)
{
	return group_settled(a) && group_settled(b) && a->adv_n == b->adv_n &&
	       memcmp(&a->key, &b->key, sizeof(a->key)) == 0;
}

static void
group_merge(struct shard *s, struct group *into, struct group *g)
{
	while (g->member_n > 1)
		group_member_move(s, g->members[g->member_n - 1], into);
	group_member_move(s, g->members[0], into); /* the last one ends the group */
}

static void
merge_two(struct shard *s, struct group *a, struct group *b)
{
	if (a->member_n >= b->member_n)
		group_merge(s, a, b);
	else
		group_merge(s, b, a);
}

/* Each group is compared with those before it whose keys have an equal hash: of thousands,
 * not every one with every other. */
static bool
merge_one(struct shard *s, struct rib_table *t)
{
	uint32_t cap = 16, i, at;
	struct group **seen;
	bool merged = false;

	if (t->group_n < 2)
		return false;
	while (cap < 2 * t->group_n)
		cap *= 2;
	seen = MEM_ARRAY(struct group *, cap);
	for (i = 0; i < t->group_n && !merged; i++) {
		struct group *g = t->groups[i];

		if (!group_settled(g))
			continue;
		at = (uint32_t)g->key_hash & (cap - 1);
		for (; seen[at] && !merged; at = (at + 1) & (cap - 1))
			if ((merged = group_alike(seen[at], g)))
				merge_two(s, seen[at], g);
		if (!merged)
			seen[at] = g;
	}
	mem_free(seen);
	return merged;
}

static void
tell_caught_up(struct shard *s, struct group *g)
{
	group_forget_old(s, g);
	for (uint32_t i = 0; i < g->member_n; i++) {
		struct channel *ch = g->members[i];

		if (!ch->want_caught_up)
			continue;
		ch->want_caught_up = false;
		s->ops.caught_up(s->ctx, ch->d.id);
	}
}

void
group_upkeep(struct shard *s, struct rib_table *t)
{
	if (t->self_needed && !t->self_keyed)
		group_rekey_all(s, t);
	for (uint32_t i = 0; i < t->group_n; i++)
		if (t->groups[i]->held)
			hold_check(s, t->groups[i]);
	if (t->cycling)
		return;
	while (group_rekey_due(s, t))
		;
	for (uint32_t i = 0; i < t->group_n; i++)
		if (!t->groups[i]->lag_n)
			tell_caught_up(s, t->groups[i]);
	while (!t->sweep_n && t->cycles_done >= t->merge_after && merge_one(s, t))
		;
}
