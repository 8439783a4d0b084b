/*
 * Table: networks and their paths.  Owned by one shard.
 *
 * A node is a network; its index is stable while it is in use, so walks, update groups
 * and pending changes name nodes by index.  The paths of a node stand side by side in a
 * block of path units, the best one first.  Paths hold no pointers; attributes are named
 * by their id in the store, and references to them are the caller's affair.
 *
 *   slots (tag, index) -> node { block, n, flags, plen, key } -> path, path, ...
 */
#ifndef MYNAH_RIB_TABLE_H
#define MYNAH_RIB_TABLE_H

#include <stdbool.h>
#include "base/net.h"
#include "rib/freeset.h"

enum {
	NODE_USED = 1 << 0,
	NODE_DIRTY = 1 << 1, /* its best path changed and no group was told */
	NODE_CHANGED = 1 << 2, /* some path changed and no group with add-path was told */
};

struct node {
	uint32_t block; /* first path unit */
	uint16_t n;	/* paths */
	uint8_t flags;
	uint8_t plen;
	uint8_t key[];
};

struct path {
	uint32_t attrs; /* id in the store */
	uint32_t time;
	uint32_t path_id;
	uint16_t channel;
	uint16_t gen; /* of the channel when the path was last heard: older is stale */
};
_Static_assert(sizeof(struct path) == 16, "a path is 16 bytes");

#define TABLE_NODE_MAX (1u << 26)
#define PATH_ORDER_MAX 10
#define UNIT_ORDER_MIN 5
#define UNIT_ORDER_MAX 12 /* of free blocks: large ones, so that their pages can go */
#define TABLE_PATHS_MAX                                                                  \
	(1u << PATH_ORDER_MAX) /* of one network: the decision looks at all */

struct table {
	enum net_type type;
	unsigned key_len, stride;
	bool is_long; /* net_is_long of the type */
	uint64_t seed[2];
	struct slab nodes;
	uint32_t node_end;  /* indices below were used once; the first is 1 */
	struct freeset node_free;
	uint32_t node_n;
	struct slab slots;
	uint32_t slot_mask;
	struct slab old_slots; /* while their nodes move to the new ones */
	uint32_t old_mask, moved;
	uint32_t plen_n[129];
	struct slab paths;
	uint32_t unit_end;
	uint32_t unit_free[UNIT_ORDER_MAX + 1];
	uint64_t path_n;
	uint32_t trim_pos; /* how far path units have been looked at */
};

void table_init(struct table *, enum net_type);
void table_fini(struct table *);
size_t table_bytes(const struct table *);

static inline struct node *
table_node(const struct table *t, uint32_t i)
{
	return (struct node *)(void *)(t->nodes.mem + (size_t)i * t->stride);
}

static inline struct path *
node_paths(const struct table *t, const struct node *n)
{
	return (struct path *)(void *)t->paths.mem + n->block;
}

/* Long networks (base/longnet.h) are held ones.  A node has a reference to its own; what
 * table_net gives is borrowed from the node. */
uint64_t table_hash(const struct table *, const struct net *);
/* The node's index, or 0. */
uint32_t table_find(const struct table *, const struct net *, uint64_t hash);
/* Finds or makes; 0 when the table can take no more networks. */
uint32_t table_get(struct table *, const struct net *, uint64_t hash);
/* The longest network that contains the given one, or 0. */
uint32_t table_match(const struct table *, const struct net *);
/* Networks of addresses alone, with paths or without: the longest of at most *plen bits that
 * contains the given one; *plen is one less than its length then.  0: there is none. */
uint32_t table_holder(const struct table *, const struct net *, int *plen);
void table_del(struct table *, uint32_t node); /* has no paths */
void table_net(const struct table *, uint32_t node, struct net *);

/* Makes room behind the last path; pointers to paths of any node are void after it.
 * NULL when the network can take no more paths. */
struct path *table_path_add(struct table *, struct node *);
/* Takes path i out, the others close up, in order. */
void table_path_del(struct table *, struct node *, unsigned i);

/* When the table has grown, its nodes move to more slots as others are added; this moves
 * up to n.  table_moving: are there any? */
void table_move(struct table *, uint32_t n);

static inline bool
table_moving(const struct table *t)
{
	return t->old_slots.mem;
}

/* Gives back what was needed once: nodes and path units behind the last in use, slots,
 * the pages of large free blocks.  Indices in use stay; nobody may hold others when it
 * begins.  Then in slices, until one says false: meanwhile all else may go on. */
void table_trim_begin(struct table *);
bool table_trim_slice(struct table *);
bool table_units_trim(struct table *); /* units.c: its part of that, likewise */

/* Hints for a batch: what the next steps of a lookup will touch. */
static inline void
table_prefetch_slot(const struct table *t, uint64_t hash)
{
	__builtin_prefetch(t->slots.mem + (size_t)(hash & t->slot_mask) * 4);
}

static inline void
table_prefetch_node(const struct table *t, uint64_t hash)
{
	const uint32_t *slots = (const uint32_t *)(const void *)t->slots.mem;

	__builtin_prefetch(
	    table_node(t, slots[hash & t->slot_mask] & (TABLE_NODE_MAX - 1)));
}

#endif
