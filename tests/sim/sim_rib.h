/*
 * The simulated world of sim_rib: shards, peers with what they were sent, pipes.
 */
#ifndef MYNAH_SIM_RIB_H
#define MYNAH_SIM_RIB_H

#include "model.h"

#include <stdio.h>
#include <stdlib.h>

struct rib_table;

#define CHANNELS 9
#define NETS	 120
#define SETS	 40
#define IDS	 2 /* path ids that a channel uses */
#define QUEUE	 8192
#define SHARDS	 4
#define TABLES	 3
#define PIPES	 2 /* between tables that follow each other, each with two channels */
#define BYTES	 512
#define PATHS	 (CHANNELS * IDS + 14) /* a peer may hold some old ones, too */

struct rx_route {
	bool held;
	uint32_t id;
	size_t len;
	uint8_t attrs[BYTES];
	struct next_hop next_hop;
};

struct peer {
	struct channel_desc d;
	bool known, up, stalled;
	unsigned removing; /* shards that still know it */
	bool wants_caught_up[SHARDS];
	unsigned walks[SHARDS]; /* to another table, not reported yet */
	uint32_t group[SHARDS];
	int routes[IDS][NETS]; /* by path id; set, -1: none */
	bool stale[IDS][NETS];
	struct rx_route rx[NETS][PATHS]; /* without add-path: the first */
	struct segment *queue[QUEUE];
	unsigned head, tail;
	uint64_t queued;
};

/* One way through a pipe, and the filter there. */
struct way {
	struct channel_desc d;
	struct filter *filter;
	bool up;
};

/* What a shard's callbacks are given. */
struct port {
	struct sim *sim;
	unsigned index;
	struct shard *shard;
};

struct sim {
	unsigned seed;
	uint64_t rng, now;
	enum family family;
	bool statics, pipes;
	struct way way[2 * PIPES];
	struct attrs *made[1024]; /* by filters of pipes, for a comparison */
	unsigned made_n;
	struct store *store;
	struct arena *arena;
	struct port port[SHARDS];
	unsigned shard_n;
	struct net nets[NETS];
	struct attrs *sets[SETS];
	struct peer peers[CHANNELS + 1];
	unsigned steps, trims;
};

#define FAIL(s, ...)                                                                     \
	do {                                                                             \
		fprintf(stderr, "seed %u step %u: ", (s)->seed, (s)->steps);             \
		fprintf(stderr, __VA_ARGS__);                                            \
		fputc('\n', stderr);                                                     \
		abort();                                                                 \
	} while (0)

/* A call of every shard. */
#define EACH(s, call)                                                                    \
	do {                                                                             \
		for (unsigned each = 0; each < (s)->shard_n; each++) {                   \
			struct shard *shard = (s)->port[each].shard;                     \
                                                                                         \
			call;                                                            \
		}                                                                        \
	} while (0)

static inline enum net_type
sim_net_type(const struct sim *s)
{
	return family_info(s->family)->net_type;
}

static inline unsigned
sim_shard_of(const struct sim *s, unsigned net)
{
	return net / 3 % s->shard_n;
}

/* A peer's queue: eats the segment; takes up to n of them in; forgets all. */
void sim_push(struct sim *, struct peer *, struct segment *);
void sim_deliver(struct sim *, struct peer *, unsigned n);
void sim_clear(struct peer *);

/* At rest all is as the model says, or it aborts. */
void sim_check(struct sim *);
/* Nothing is left to do for a table that sleeps. */
void sim_check_sleep(struct sim *, const struct rib_table *);

#endif
