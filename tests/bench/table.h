/*
 * The table a benchmark plays: deterministic, shaped like the global IPv4 table, with the
 * result a correct reflector must arrive at.
 *
 * All senders announce the same prefixes in the same groups (about 6.8 prefixes share one
 * attribute set); paths, origins and communities differ from sender to sender.  The decision
 * is that of RFC 4271 and 4456 as far as these attributes need it: shortest path, lowest
 * origin, then the lowest ORIGINATOR_ID, which is the order of senders.
 *
 * A source is one path of a sender for every prefix: with add-path (RFC 7911) a sender may have
 * several, of different length.  The first AS of a path tells which source it is from.
 *
 * Some routes are marked with a community, or are of a length, that an export filter of the
 * reflector looks at (see table_filter); the table knows what that filter makes of them.
 */
#ifndef MYNAH_BENCH_TABLE_H
#define MYNAH_BENCH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../tools/encode.h"

#define SENDERS_MAX 32
#define SOURCES_MAX 32
#define NO_SOURCE   SOURCES_MAX
#define FIRST_AS    2914 /* of source 0; each has eight */

/* What the filter knows a route by, and what it adds: communities of this AS. */
#define MARK_AS 64999
enum mark { MARK_NONE, MARK_REFUSE, MARK_ADD, MARK_ADDED };

struct set { /* a source's attributes for a group */
	uint32_t at; /* offset in the source's block bytes */
	uint16_t len;
	uint8_t path_len, origin;
	uint8_t mark;
	uint64_t hash, filtered; /* as a receiver must see it: reflected; filtered, too */
};

struct source {
	unsigned sender;
	uint32_t path_id; /* on the wire, where there are several */
	struct set *sets;
	struct bytes blocks; /* encoded attributes of all groups */
};

struct sender_table {
	uint32_t id; /* router id, host order */
	struct bytes stream; /* the whole table as messages, End-of-RIB at the end */
};

struct table_conf {
	size_t n; /* prefixes */
	unsigned senders, paths; /* paths of each sender for a prefix */
	uint32_t cluster_id, seed;
	bool count_only; /* any attributes will do */
	bool add_path_tx; /* senders give path ids */
	bool add_path_rx; /* receivers get all paths */
};

struct table {
	struct table_conf conf;
	size_t n, groups;
	unsigned sources;
	bool filtered; /* exports go through the filter */
	uint32_t *addr;  /* by prefix; host order */
	uint8_t *plen;
	uint32_t *group_of;
	uint32_t *order, *start; /* prefixes by group: order[start[g]] to order[start[g + 1]] */
	uint32_t *slot; /* first 24 bits -> prefix << 6 | plen; no prefix shares them */
	struct sender_table sender[SENDERS_MAX];
	struct source source[SOURCES_MAX];
	uint32_t alive;     /* sources */
	uint8_t *best;      /* by group: a source or NO_SOURCE */
	uint32_t *expected; /* by prefix: hash as a receiver keeps it; 0: no route */
	uint32_t *paths;    /* by prefix and source: the same with add-path; or NULL */
	uint32_t *churn_seq; /* by prefix and source: of its last churn, or NO_SEQ */
};

#define SLOT_NONE UINT32_MAX
#define NO_SEQ	  UINT32_MAX

struct table *table_new(const struct table_conf *, const uint32_t *sender_ids);
void table_free(struct table *);

/* What receivers must have when the senders of the mask are there.  What a sender not in the
 * mask has churned is forgotten. */
void table_expect(struct table *, uint32_t senders);

/* From now on receivers must have what an export filter leaves that refuses routes with the
 * community (MARK_AS, MARK_REFUSE), those of length 23 and those in 1.0.0.0/10, and adds
 * (MARK_AS, MARK_ADDED) to those with (MARK_AS, MARK_ADD).  table_expect follows. */
void table_filter(struct table *, bool on);

/* The sender that has the best route; NO_SOURCE: there is none. */
static inline unsigned
table_best_sender(const struct table *t, uint32_t prefix)
{
	unsigned s = t->best[t->group_of[prefix]];

	return s == NO_SOURCE ? NO_SOURCE : t->source[s].sender;
}

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

struct churned {
	uint32_t prefix;
	unsigned source;
	uint32_t old_best, old_path; /* what was expected before */
};

/* One UPDATE: the prefix by its best source (with add-path: by any), with a large community
 * that carries `seq`.  Sets what receivers must have then.  False when nobody has it. */
bool table_churn(struct table *, uint32_t prefix, uint32_t seq, struct bytes *out,
    struct churned *);
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
