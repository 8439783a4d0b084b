/*
 * The receiving side of a benchmark: counts and checks what every session gets, as cheaply as
 * a check of every attribute can be.
 *
 * A peer keeps 32 bits for each prefix, a hash of the attributes it holds, and how many of
 * them differ from what the table expects.  It is done when that is 0.
 */
#ifndef MYNAH_BENCH_PEERS_H
#define MYNAH_BENCH_PEERS_H

#include "../tools/speaker.h"
#include "table.h"

#define LATENCY_BUCKETS 2048

struct latency { /* in microseconds, buckets of about 1.6 % */
	uint64_t n, max;
	uint32_t bucket[LATENCY_BUCKETS];
};
void latency_add(struct latency *, uint64_t us);
double latency_ms(const struct latency *, double quantile);

struct peer {
	struct bench *bench;
	struct client *client;
	int sender;      /* its number, -1: only receives */
	bool counted;    /* gates the end of a phase */
	uint32_t *held;  /* by prefix; 0: no route */
	uint32_t wrong;
	uint64_t updates, announced, withdrawn, unknown;
	uint64_t changed_us; /* when the last route came */
};

struct bench {
	struct table *table;
	struct speaker *speaker;
	struct peer *peers;
	unsigned n_peers, n_senders;
	unsigned pending; /* counted peers with wrong != 0 */
	unsigned lost; /* sessions that ended without our doing */
	struct latency *latency; /* NULL: not measured */
	const struct peer *aside; /* not in the latency */
	uint64_t *sent_us;       /* by sequence number */
	uint32_t sent_n;
};

uint64_t now_us(void);
extern const struct client_ops peer_ops; /* ctx is the struct peer */

/* What is expected has changed: counts anew. */
void peers_recount(struct bench *);
/* One prefix's expectation has changed from `old`. */
void peers_expect(struct bench *, uint32_t prefix, uint32_t old);
void peer_set_counted(struct peer *, bool counted);
void peer_stop(struct peer *); /* ends the session and forgets what it held */

#endif
