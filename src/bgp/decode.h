/*
 * Inside the decoder: the state of one message and the table of attribute types.
 */
#ifndef MYNAH_BGP_DECODE_H
#define MYNAH_BGP_DECODE_H

#include "aspath.h"
#include "base/wire.h"
#include "bgp/update.h"

enum { /* subcodes of an UPDATE error (RFC 4271, 6.3) */
	UPD_ATTR_LIST = 1,
	UPD_UNKNOWN_WELL_KNOWN = 2,
	UPD_MISSING = 3,
	UPD_FLAGS = 4,
	UPD_LENGTH = 5,
	UPD_ORIGIN = 6,
	UPD_NEXT_HOP = 8,
	UPD_OPTIONAL = 9,
	UPD_NLRI = 10,
	UPD_AS_PATH = 11,
};

struct fault {
	uint8_t subcode;
	const char *words; /* NULL: none */
};

struct decoder {
	struct update *u;
	const struct codec *codec;
	const uint8_t *raw; /* the attribute at hand, as received */
	size_t raw_len;
	uint64_t seen[4];     /* attribute codes, a bit each */
	bool classic;         /* NLRI outside of attributes */
	bool reach;           /* NLRI of any family, even of one not active */
	bool other;           /* an attribute beside MP_UNREACH_NLRI */
	struct path as4_path; /* data NULL: none */
	const uint8_t *as4_aggr;
};

/* How an attribute is read.  RFC 7606, 7 and the RFC that defines it. */
struct attr_type {
	const char *name;
	uint8_t flags;           /* AF_OPTIONAL, AF_TRANSITIVE as prescribed */
	uint8_t on_error;        /* enum verdict */
	bool internal;           /* from an external neighbour: discarded */
	bool flags_discard;      /* wrong flags: discarded, not withdrawn */
	uint16_t min, max, unit; /* length: range, and what it is a multiple of */
	struct fault (*check)(const struct decoder *, const struct attr *);
	void (*take)(struct decoder *, const struct attr *); /* NULL: kept as it is */
};

extern const struct attr_type attr_types[256];

/* Notes a fault; a worse verdict takes the place of a milder one, else the first stays.
 */
void decode_fault(
    struct decoder *, enum verdict, unsigned subcode, unsigned attr, const char *words);

/* Adds a run of NLRI; a family that is not active is passed over.  NULL, or what is
 * wrong. */
const char *decode_run(struct decoder *, bool reach, enum family, struct wire);

void take_mp_reach(struct decoder *, const struct attr *);
void take_mp_unreach(struct decoder *, const struct attr *);

/* NULL if all networks of the run are well formed, else what is wrong. */
const char *nlri_fault(const struct nlri_run *);
uint8_t nlri_plain(enum family); /* for nlri_run */

/* What is wrong with the first network that is to be passed over, or NULL. */
const char *nlri_flaw(const struct nlri_run *);

/* Takes the next hop of a family; len is 4, 16 or 32. */
void decode_next_hop(
    struct decoder *, enum family, unsigned attr, const uint8_t *, size_t len);

#endif
