/*
 * Routes to bytes, for the test clients: UPDATE messages in a buffer that grows.
 */
#ifndef MYNAH_TOOLS_ENCODE_H
#define MYNAH_TOOLS_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "bgp/update.h"

struct bytes {
	uint8_t *p;
	size_t n, room;
};

void bytes_add(struct bytes *, const void *, size_t);
void bytes_fini(struct bytes *);

/* Appends messages that announce `n` networks of a family with the draft's attributes and
 * next hop, as an iBGP speaker with 4-octet AS numbers: LOCAL_PREF 100 is added when there is
 * none.  False, with nothing added, when the attributes do not fit into a message. */
bool encode_reach(struct bytes *, struct store *, const struct draft *, enum family,
    bool add_path, const struct nlri *, size_t n);

void encode_unreach(
    struct bytes *, enum family, bool add_path, const struct nlri *, size_t n);

void encode_eor(struct bytes *, enum family);

#endif
