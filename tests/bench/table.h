/*
 * The table a benchmark plays: deterministic, shaped like the global IPv4 table, with the
 * result a correct reflector must arrive at.
 *
 * All senders announce the same prefixes in the same groups (about 6.8 prefixes share one
 * attribute set); paths, origins and communities differ from sender to sender.  The decision
 * is that of RFC 4271 and 4456 as far as these attributes need it: shortest path, lowest
 * origin, then the lowest ORIGINATOR_ID, which is the order of senders.
 */
#ifndef MYNAH_BENCH_TABLE_H
#define MYNAH_BENCH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../tools/encode.h"

#define SENDERS_MAX 32

struct set { /* a sender's attributes for a group */
	uint32_t at;    /* offset in the sender's block bytes */
	uint16_t len;
	uint8_t path_len, origin;
	uint64_t hash;  /* as a receiver must see it: reflected */
};

struct sender_table {
	uint32_t id; /* router id, host order */
	struct set *sets;
	struct bytes blocks; /* encoded attributes of all groups */
	struct bytes stream; /* the whole table as messages, End-of-RIB at the end */
};

struct table {
	size_t n, groups;
	unsigned senders;
	uint32_t seed, cluster_id;
	bool count_only; /* any attributes will do */
	uint32_t *addr;  /* by prefix; host order */
	uint8_t *plen;
	uint32_t *group_of;
	uint32_t *order, *start; /* prefixes by group: order[start[g]] to order[start[g + 1]] */
	uint32_t *slot; /* first 24 bits -> prefix << 6 | plen; no prefix shares them */
	struct sender_table sender[SENDERS_MAX];
	uint8_t *best;      /* by group; SENDERS_MAX: none */
	uint32_t *expected; /* by prefix: hash as a receiver keeps it; 0: no route */
	uint32_t *churn_seq;   /* by prefix: of its last churn, by that sender */
	uint8_t *churn_sender; /* SENDERS_MAX: none */
};

#define SLOT_NONE UINT32_MAX

struct table *table_new(size_t n, unsigned senders, const uint32_t *ids, uint32_t cluster_id,
    uint32_t seed, bool count_only);
void table_free(struct table *);

/* What receivers must have when the senders of the mask are there.  What a sender not in the
 * mask has churned is forgotten. */
void table_expect(struct table *, uint32_t alive);

/* The prefix, or SLOT_NONE when it is none of the table's. */
static inline uint32_t
table_find(const struct table *t, uint32_t addr, unsigned plen)
{
	uint32_t v = t->slot[addr >> 8];

	return v != SLOT_NONE && (v & 63) == plen && !(addr & 0xff) ? v >> 6 : SLOT_NONE;
}

/* An attribute's part of a set's hash: the sum of all does not depend on their order. */
uint64_t attr_hash(unsigned code, const uint8_t *value, size_t len);
void attr_ignore(unsigned code); /* it counts as equal from now on */

static inline uint32_t
hash_keep(uint64_t h)
{
	uint32_t v = (uint32_t)(h ^ h >> 32);

	return v ? v : 1;
}

/* One UPDATE: the prefix by its best sender, with a large community that carries `seq`.
 * Sets what receivers must have then.  False when nobody has the prefix. */
bool table_churn(struct table *, uint32_t prefix, uint32_t seq, struct bytes *out,
    unsigned *sender);
#define CHURN_MARK 0x6368726eu

struct rng { /* splitmix64 */
	uint64_t s;
};
uint64_t rng_next(struct rng *);
static inline uint32_t
rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)((rng_next(r) >> 32) * n >> 32);
}

#endif
