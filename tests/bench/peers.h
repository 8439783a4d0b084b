/*
 * The receiving side of a benchmark: counts and checks what every session gets, at a cost far
 * below the reflector's.
 *
 * A view is what a session holds: for each prefix 32 bits, a hash of its attributes, and how
 * many of these differ from what the table expects.  Sessions that are told the same, message
 * for message, share a view: the first one to get a message applies it and logs it, the others
 * compare their bytes with the log.  One whose bytes differ gets a view of its own.  A peer is
 * right when it has come to the end of its view's log and nothing in the view is wrong.
 *
 * With add-path a view holds, for each prefix, a place for each source of the table: the path's
 * hash and its path id.  A path that is told again under another id while the first one still
 * stands, counts as moved: ids are to be stable.
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

struct step { /* an UPDATE in a view's log */
	uint32_t len, seq; /* seq: of churn, or NO_SEQ */
	uint16_t announced, withdrawn;
};

struct view {
	struct view *next;
	int sender;      /* whose view, -1: receivers' */
	unsigned members;
	unsigned width;  /* places for each prefix: 1, or one for each source */
	uint32_t wrong, unknown; /* unknown: prefixes that are none of the table's */
	uint32_t *held;  /* by place; 0: no route.  With add-path: path ids behind all these */
	uint32_t *start; /* as held was when the log began; NULL: empty */
	struct bytes log; /* bodies of UPDATEs */
	struct step *steps;
	size_t n, room;
};

struct peer {
	struct bench *bench;
	struct client *client;
	int sender;      /* its number, -1: only receives */
	bool counted;    /* gates the end of a phase */
	struct view *view;
	size_t index, at; /* the next step of the view's log, its place in bytes */
	uint64_t updates, announced, withdrawn;
	uint64_t changed_us; /* when the last route came */
	uint64_t gap_us;     /* longest time without, since bench.gaps_from */
};

struct bench {
	struct table *table;
	struct speaker *speaker;
	struct peer *peers;
	unsigned n_peers, n_senders;
	unsigned lost; /* sessions that ended without our doing */
	unsigned moved; /* paths that were given another id */
	unsigned unable; /* sessions that came up without the add-path asked for */
	struct view *views;
	struct view *fresh; /* of receivers that start with nothing; may be NULL */
	struct latency *latency; /* NULL: not measured */
	const struct peer *aside; /* not in the latency */
	uint64_t gaps_from;      /* 0: not measured */
	uint64_t *sent_us;       /* by sequence number */
	uint32_t sent_n;
};

uint64_t now_us(void);
extern const struct client_ops peer_ops; /* ctx is the struct peer */

/* The peer's client, sender and bench are set: it starts with nothing. */
void peer_init(struct peer *);
void peer_stop(struct peer *); /* ends the session and forgets what it held */
bool peer_right(const struct peer *);
uint32_t peer_wrong(const struct peer *);

/* Counted peers that are not right. */
unsigned peers_pending(const struct bench *);
/* A phase begins: views that have become equal are joined, logs end. */
void peers_settle(struct bench *);
/* What is expected has changed: counts anew. */
void peers_recount(struct bench *);
/* A route's expectation has changed. */
void peers_expect(struct bench *, const struct churned *);
void peers_gaps_begin(struct bench *);
/* The longest time that a receiver was told nothing in from `gaps_from` to now; ends that. */
uint64_t peers_gap_us(struct bench *);
/* Prefixes about which the peer has not yet been told as much as those with the same view. */
uint32_t peer_behind(const struct peer *);
/* Says on standard error what is wrong, with an example or two. */
void peers_explain(const struct bench *);
void peers_fini(struct bench *);

#endif
