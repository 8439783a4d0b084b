/*
 * Followers: sinks that are told of networks, not of messages.
 *
 * Each is told the present state of every network once (a walk in slices, again after its
 * filter changed or when it asks), and what changes after that, in the cycles of the table.
 * What it is told is always the present state, so a walk and the cycles need not know of
 * each other.
 */
#ifndef MYNAH_RIB_FOLLOW_H
#define MYNAH_RIB_FOLLOW_H

#include "rib/core.h"

struct follower {
	struct channel *ch;
	struct rib_table *table;
	uint32_t walk, walk_end; /* next node of the walk; 0: none is under way */
	uint32_t cycle_pos;	 /* in the table's cycle */
	bool all; /* it follows every path, not the best alone */
	struct slab told;	 /* SINK_FOLLOW: a bit for each node it was told of;
				  * SINK_AGGREGATE: how many of its paths, 16 bits */
	uint64_t told_n;
	/* In the table that its channel has left: nodes before are handed over; else 0 */
	uint32_t hand_pos;
	struct follower *before; /* that one */
	bool arrives, aged; /* its first walk here; what it carried is stale until it is over */
};

void follow_join(struct shard *, struct channel *); /* starts with a walk */
void follow_leave(struct shard *, struct channel *);
void follow_free(struct follower *); /* the channel and the table are gone */
void follow_again(struct channel *); /* everything once more */
void follow_adapt(struct shard *, struct channel *); /* to what its description says now */

/* What a cycle has for the follower. */
const struct items *follow_items(const struct follower *);
/* The cycle's items from cycle_pos on, at most `left`; returns what is left of it. */
uint32_t follow_cycle(struct shard *, struct follower *, uint32_t left);
/* A slice of some follower's walk: false if there is none. */
bool follow_walk(struct shard *, struct rib_table *);
bool follow_walking(const struct rib_table *);

/* May the source's routes go to the channel, as far as the filter says so?  Not for pipes. */
bool follow_offered(const struct channel *, const struct channel *source);
/* Runs the channel's filter: the set that is accepted, with a reference of the caller's, or
 * NULL. */
struct attrs *follow_export(struct shard *, const struct channel *sink,
    const struct channel *source, struct attrs *, const struct net *);

/* carry.c: a path that the other table is to have */
struct wanted {
	struct path path;
	struct attrs *attrs; /* a reference, which goes over */
};
/* Makes the other table's paths of the network from this channel the wanted ones. */
void carry(struct shard *, struct channel *by, const struct net *, const struct wanted *,
    unsigned n);

/* aggregate.c: makes the other table's paths from this channel what they are to be. */
void aggregate_node(struct shard *, struct follower *, uint32_t node);
/* May it be aggregated, as far as the filter says so? */
bool aggregate_offered(const struct channel *, const struct channel *source);
bool aggregate_same(const struct aggregate *, const struct aggregate *);

/* pipe.c: may it go through, as far as the filter says so? */
bool pipe_offered(
    const struct shard *, const struct channel *pipe, const struct channel *source);
/* makes the other table's paths from this channel what they are to be. */
void pipe_node(struct shard *, struct follower *, uint32_t node);
/* How many these are now. */
uint64_t pipe_carried(const struct shard *, const struct channel *);
/* Its limits are others: they are those of the sources behind it. */
void pipe_limits(struct shard *, struct channel *);
/* The pipe is down: what came through it goes. */
void pipe_down(struct shard *, struct channel *);
/* The pipe leads to another table than before: sources behind it go there. */
void pipe_lead(struct shard *, struct channel *, uint32_t from);
/* What it has carried is stale, what is not carried again by then is to go. */
void pipe_age(struct shard *, struct channel *);
void pipe_purge(struct shard *, struct channel *);
/* A source has changed: those behind pipes, too. */
void pipe_describe(struct shard *, const struct channel *);
/* Sources behind pipes that nobody needs any more are taken out when their paths are gone. */
void pipe_upkeep(struct shard *);
/* The source's id as main knows it. */
uint32_t pipe_root(const struct shard *, uint32_t channel);

#endif
