/*
 * MRT: records of routing data on file.  RFC 6396; of the older types, `BGP` (5) of 1999.
 */
#ifndef MYNAH_TOOLS_MRT_H
#define MYNAH_TOOLS_MRT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/net.h"
#include "base/wire.h"

enum mrt_type {
	MRT_BGP = 5, /* deprecated in RFC 6396, B.2 */
	MRT_BGP4MP = 16,
	MRT_BGP4MP_ET = 17, /* with microseconds */
};

struct mrt_record {
	uint32_t time;
	uint16_t type, subtype;
	struct wire body;
};

/* An UPDATE found in a record; everything is borrowed from the file's bytes. */
struct mrt_update {
	bool as4; /* AS numbers in AS_PATH have 4 bytes */
	uint32_t peer_as;
	struct ip peer;
	const uint8_t *body; /* after the BGP header */
	size_t len;
};

enum mrt_kind {
	MRT_IS_UPDATE,
	MRT_IS_OTHER, /* a state change, KEEPALIVE, another type */
	MRT_IS_BAD,   /* truncated or contradicting itself */
};

/* The next record.  False at the end; `bad` of the reader is set if that is inside one. */
bool mrt_next(struct wire *, struct mrt_record *);

enum mrt_kind mrt_update(const struct mrt_record *, struct mrt_update *);

/* Reads a whole file, plain or compressed by gzip.  0 or -errno; *data is to be mem_freed. */
int mrt_load(const char *path, uint8_t **data, size_t *len);

#endif
