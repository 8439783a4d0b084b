/*
 * Authentication of control packets, RFC 5880, 4.2 to 4.4 and 6.7.  Pure; the keys are
 * immutable.
 */
#ifndef MYNAH_BFD_AUTH_H
#define MYNAH_BFD_AUTH_H

#include "bfd/packet.h"

enum bfd_auth_type { /* the numbers on the wire */
	BFD_AUTH_NONE,
	BFD_AUTH_SIMPLE,
	BFD_AUTH_MD5,
	BFD_AUTH_METICULOUS_MD5,
	BFD_AUTH_SHA1,
	BFD_AUTH_METICULOUS_SHA1,
	BFD_AUTH_TYPES
};

#define BFD_SECRET_MAX 20 /* of SHA1; others take the first 16 bytes */

struct bfd_key {
	uint8_t id, len;
	uint8_t secret[BFD_SECRET_MAX]; /* zeros behind len */
	/* Wall clock, seconds: from <= now < to. */
	uint64_t send_from, send_to, accept_from, accept_to;
};

struct bfd_keys {
	unsigned n;
	struct bfd_key key[];
};

/* What is remembered of a neighbour's sequence numbers. */
struct bfd_auth_rx {
	bool known;
	uint32_t seq;
};

const char *bfd_auth_name(unsigned type); /* as in the configuration: "keyed md5" */
bool bfd_auth_is_meticulous(unsigned type);

/* Appends the section to the head at `packet` (BFD_PACKET_MAX bytes), sets the length,
 * and returns that; 0 if there is no key for sending now. */
size_t bfd_auth_sign(unsigned type, const struct bfd_keys *, uint32_t seq,
    uint64_t wall_s, uint8_t *packet);
/* Is the packet signed with one of the keys, and new?  multiplier: ours, which bounds how
 * many may have been lost.  NULL, or why not. */
const char *bfd_auth_check(unsigned type, const struct bfd_keys *, struct bfd_auth_rx *,
    unsigned multiplier, uint64_t wall_s, const struct bfd_packet *);

#endif
