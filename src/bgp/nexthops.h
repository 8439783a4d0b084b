/*
 * Numbers of next hops, for the store.  Any thread.
 */
#ifndef MYNAH_BGP_NEXTHOPS_H
#define MYNAH_BGP_NEXTHOPS_H

#include <stdlib.h>
#include "base/net.h"

struct nexthops;

struct nexthops *nexthops_new(uint64_t seed);
void nexthops_free(struct nexthops *); /* asserts that there are none */

/* One more set has that next hop: its number, not 0. */
uint32_t nexthops_ref(struct nexthops *, const struct ip *);
void nexthops_unref(struct nexthops *, uint32_t hop);
/* As attrs.h says of store_hop_*. */
void nexthops_hold(struct nexthops *, uint32_t hop);
void nexthops_release(struct nexthops *, uint32_t hop);
struct ip nexthops_ip(struct nexthops *, uint32_t hop, bool *used);

#endif
