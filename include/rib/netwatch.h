/*
 * Watch: what next hops are looked up in.  The owner is told of all networks of a table
 * whose best path is not BGP's, and of those of BGP that hold an address it has named or
 * lie inside a network it has named.
 *
 * Networks are told as they are when they are told: with their best path's attributes, or
 * none when there is none, or when it is of no interest any more.
 */
#ifndef MYNAH_RIB_NETWATCH_H
#define MYNAH_RIB_NETWATCH_H

#include "base/hosts.h"
#include "rib/core.h"

struct netwatch {
	struct hosts hosts;
	struct table under; /* networks; those inside of them are of interest */
	struct net *pending; /* to be told */
	uint32_t n, cap;
	uint32_t walk, walk_end; /* next node of a walk; 0: it is over */
	bool walk_under; /* a later one, only of what is inside others */
	uint32_t serial, walk_serial; /* of the last network named; when the walk began */
};

void netwatch_free(struct netwatch *);
/* The best path of the node has changed; before it was of that channel, or 0. */
void netwatch_change(struct shard *, struct rib_table *, uint32_t node, uint32_t channel);
/* Tells what is pending. */
void netwatch_tell(struct shard *, struct rib_table *);
/* A slice of some walk; false when there is none. */
bool netwatch_walk(struct shard *);

#endif
