/*
 * Who is concerned by a change, of groups that ask for some route targets only (RFC 4684).
 *
 * A cycle shows its items to every group; of thousands of groups that each want another
 * little of a table, nearly all would look at each item in vain.  Such groups are `narrow`:
 * before the cycle is told, its items are shared out among them, to those that ask for one
 * of the route's targets and to those that were told the network before.  Who that was, a
 * word for each node says: a bit for each 64th of the groups, never missing where a group
 * was told.
 */
#ifndef MYNAH_RIB_SHARE_H
#define MYNAH_RIB_SHARE_H

#include "rib/group.h"

struct share;

/* A group comes; has been given what another one was told; goes. */
void share_group_new(struct rib_table *, struct group *);
void share_group_split(struct rib_table *, struct group *, const struct group *from);
void share_group_del(struct rib_table *, struct group *);
void share_fit(struct rib_table *); /* room for all nodes */
bool share_cut(struct rib_table *); /* gives back memory in slices: false when done */
/* The items of the cycle, from cycle_pos on: what is left of `left`. */
uint32_t share_slice(struct shard *, struct rib_table *, uint32_t left);
void share_end(struct rib_table *); /* of the cycle */
/* The narrow group was told of the node. */
void share_told(struct rib_table *, const struct group *, uint32_t node);
size_t share_bytes(const struct rib_table *);
void share_free(struct share *); /* NULL is fine */

#endif
