/*
 * EVPN routes on the wire.  Inside bgp; bgp/longnlri.h has what others need.
 */
#ifndef MYNAH_BGP_EVPN_H
#define MYNAH_BGP_EVPN_H

#include "base/wire.h"
#include "bgp/longnlri.h"
#include "bgp/update.h"

/* What is wrong with a route, or NULL. */
const char *evpn_flaw(unsigned type, const uint8_t *value, size_t len);
/* The length of the key, which stands at p itself or, when the type has something of the path
 * inside (evpn_has_inner), in scratch of NLRI_KEY_MAX bytes; and what is the path's.  No flaw has been found. */
size_t evpn_split(const uint8_t *p, struct label_stack *, uint8_t *scratch);
bool evpn_has_inner(const uint8_t *p);
/* rest NULL: withdrawn. */
size_t evpn_len(const struct net *, const struct label_stack *);
void evpn_write(struct wbuf *, const struct net *, const struct label_stack *);
void evpn_rest_format(
    const uint8_t *key, const uint8_t *rest, size_t len, char *at, char *end);

#endif
