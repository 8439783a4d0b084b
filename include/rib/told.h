/*
 * What a group with add-path (RFC 7911) has been told, path by path; and the ids of paths
 * on the wire.
 */
#ifndef MYNAH_RIB_TOLD_H
#define MYNAH_RIB_TOLD_H

#include "rib/table.h"

struct shard;

struct channel;

struct told {
	struct slab nodes; /* struct node, by the table's index */
	uint32_t end;
	struct table blocks; /* for its blocks of paths alone */
};

struct told *told_new(void);
void told_free(struct shard *, struct told *); /* NULL is fine */
struct told *told_copy(struct shard *, const struct told *);
void told_fit(struct told *, uint32_t node_end);
size_t told_bytes(const struct told *);

static inline struct node *
told_node(const struct told *v, uint32_t node)
{
	return (struct node *)(void *)v->nodes.mem + node;
}

static inline struct path *
told_paths(const struct told *v, const struct node *n)
{
	return node_paths(&v->blocks, n);
}

/* Index among the node's, or -1. */
int told_find(const struct told *, uint32_t node, uint32_t channel, uint32_t id);
/* References to attribute sets are taken and dropped; set 0 is none that is known. */
void told_add(struct shard *, struct told *, uint32_t node, const struct path *);
void told_set(struct shard *, struct told *, uint32_t node, unsigned i, uint32_t attrs);
void told_del(struct shard *, struct told *, uint32_t node, unsigned i);

/* What the ids of paths from a channel are made of; the same after a restart. */
uint32_t path_id_tag(const struct shard *, const struct channel *);
/* The id of a path that no other path of its network claims. */
uint32_t path_id_first(const struct shard *, const struct path *);
/* The ids that the paths of a network are sent with: different ones, and the same as long as
 * the same paths are there. */
void path_ids(const struct shard *, const struct path *, unsigned n, uint32_t *ids);

#endif
