/*
 * Update groups: channels that are sent the same bytes, and what they have been told.
 *
 * adv[node] is the source channel of the path last announced for the node, 0 if none.  A
 * member that is that source was not told.  With add-path it is `told` that holds this,
 * path by path, and adv_n counts paths.  lag holds a bit for each node whose current
 * state the group has yet to be told outside the common cycles (see feed.c).
 *
 * A member that joins, asks for a refresh, changes its policy or is slow stands in a
 * group of its own, or with others of its kind, whose key may equal another's.  When such
 * a group has nothing left to catch up with it holds the same state as the other, and
 * they merge.
 */
#ifndef MYNAH_RIB_GROUP_H
#define MYNAH_RIB_GROUP_H

#include "rib/adv.h"
#include "rib/item.h"
#include "rib/reflect.h"
#include "rib/slab.h"
#include "rib/told.h"

struct rib_table;
struct channel;
struct export_stats;

struct filter_ref {
	struct filter *filter;
	uint32_t refs;
};

struct targets_ref {
	struct targets *targets;
	uint32_t refs;
};

struct group {
	uint32_t id;
	struct rib_table *table;
	struct sink key;
	struct channel **members;
	uint32_t member_n, member_cap;

	uint64_t key_hash;
	struct adv adv;
	struct told *told; /* instead of adv; NULL without add-path */
	struct slab lag; /* bits by node */
	uint32_t lag_n;
	uint64_t lag_cycle; /* what lags is dirty: look again after this cycle */
	uint64_t adv_n;
	uint32_t cycle_pos; /* in the table's cycle, or its own items */

	/* share.h: choosy: what it asks for is told by a route's attributes; narrow: and it
	 * is given the items of a cycle that concern it, `mine` */
	bool choosy, narrow;
	bool whole; /* but for this cycle, of which it looks at all items */
	uint8_t bit;
	uint32_t slot;
	uint64_t stamp;
	struct items mine;

	struct sink *old; /* what is told so far was made with this key; while it lags */
	uint32_t origin;  /* split from this group, 0: fresh */
	uint64_t origin_at; /* when its emitted was this */
	uint64_t emitted;   /* grows with each change of what was told */
	uint64_t ready_ms;  /* for more members to come along */
	bool held;	    /* its segments pile up */
	/* Mapped into a group of another table (move.c): both stand still meanwhile. */
	struct group *heir, *heir_of;
	uint32_t map_pos;
	bool still; /* its member waits to be moved */

	struct segment_account *account;
	uint64_t st_updates, st_rejected, st_filtered, st_accepted, st_withdraws;
	uint64_t messages, bytes, bytes_shared;
};

static inline uint64_t *
group_lag(const struct group *g)
{
	return (uint64_t *)(void *)g->lag.mem;
}

static inline bool
group_lags(const struct group *g, uint32_t node)
{
	return group_lag(g)[node / 64] >> (node % 64) & 1;
}

static inline void
group_lag_set(struct group *g, uint32_t node)
{
	uint64_t *w = &group_lag(g)[node / 64], bit = 1ull << (node % 64);

	g->lag_n += !(*w & bit);
	*w |= bit;
}

static inline void
group_lag_clear(struct group *g, uint32_t node)
{
	uint64_t *w = &group_lag(g)[node / 64], bit = 1ull << (node % 64);

	g->lag_n -= !!(*w & bit);
	*w &= ~bit;
}

/* Was the group told of the node? */
static inline bool
group_told(const struct group *g, uint32_t node)
{
	return g->told ? told_node(g->told, node)->n : adv_get(&g->adv, node);
}

/* Which flag of a node means that it is left to the next cycle. */
static inline uint8_t
group_dirty(const struct group *g)
{
	return g->told ? NODE_CHANGED : NODE_DIRTY;
}

static inline bool
group_frozen(const struct group *g)
{
	return g->heir || g->heir_of || g->still;
}

/* Does the filter, or the one that led to what it was told, ask whose route it is? */
static inline bool
group_asks_source(const struct group *g)
{
	return filter_inputs(g->key.export) & FILTER_SOURCE ||
	       (g->old && filter_inputs(g->old->export) & FILTER_SOURCE);
}

/* Room for all nodes of the table. */
void group_fit(struct group *);

/* What it was told of the node is from that source now; 0: nothing. */
void group_adv_set(struct group *, uint32_t node, uint16_t source);

void group_join(struct shard *, struct channel *); /* is given everything */
void group_leave(struct shard *, struct channel *);
void group_again(struct shard *, struct channel *); /* everything once more */
/* Its description changed: moves if that changes its key. */
void group_rekey(struct shard *, struct channel *);
/* Some route of the table needs our own address: it becomes part of the keys. */
void group_want_self(struct shard *, struct rib_table *);
void group_del_all(struct shard *, struct rib_table *); /* without callbacks */

/* upkeep.c: holds, releases, splits off the slow; merges; tells who has caught up. */
void group_upkeep(struct shard *, struct rib_table *);
void group_hold_maybe(struct shard *, struct group *);
/* For it: all members, after group_want_self; one whose description changed once more than
 * had been told, false: there is none. */
void group_rekey_all(struct shard *, struct rib_table *);
bool group_rekey_due(struct shard *, const struct rib_table *);
void group_del(struct shard *, struct group *); /* has no members */
void group_forget_old(struct shard *, struct group *);
/* For move.c. */
struct group *group_new(struct shard *, struct rib_table *, const struct sink *key);
struct group *group_split(struct shard *, struct group *from, const struct sink *key);
void group_lag_all(struct group *);
void group_told_convert(struct shard *, struct group *, uint32_t node,
    const struct group *from, uint32_t from_node);
void group_member_move(struct shard *, struct channel *, struct group *to);

/* groupkey.c */
struct sink group_channel_key(struct shard *, struct channel *); /* uses what it holds */
void group_use_key(struct shard *, const struct sink *); /* what it holds, once more */
void group_release_key(struct shard *, const struct sink *); /* once less */
struct filter *filter_intern(
    struct shard *, struct filter *); /* for a key: takes a use */
void filter_release(struct shard *, const struct filter *);

#endif
