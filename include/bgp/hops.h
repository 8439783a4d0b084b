/*
 * Where a route leads, when that is more than one address: interfaces, several next hops with
 * weights, labels.  Kept in a set of attributes as LOCAL_HOPS; a route with just a gateway has
 * only the set's next hop, with the labels that BGP brought (bgp/labels.h).
 */
#ifndef MYNAH_BGP_HOPS_H
#define MYNAH_BGP_HOPS_H

#include "bgp/attrs.h"

enum { HOPS_MAX = 256, HOP_LABELS = 8, HOP_IFNAME = 16 };

struct hop {
	struct ip via;		 /* none: on the interface itself */
	char ifname[HOP_IFNAME]; /* "" for any */
	uint16_t weight;	 /* 1 to 256 */
	bool onlink;
	bool recursive; /* found through other routes; none of the others may use it */
	uint8_t label_n;
	uint32_t label[HOP_LABELS]; /* the outermost first */
};

/* Sets the draft's next hop to the first gateway, and LOCAL_HOPS if that does not say it all
 * (else unsets it).  n from 1 to HOPS_MAX. */
void draft_set_hops(struct draft *, const struct hop *, unsigned n);

/* LOCAL_HOPS as above, and the next hop stays what it is. */
void draft_set_way(struct draft *, const struct hop *, unsigned n);

/* A next hop of two addresses is reached by the link-local one, if it is a neighbour. */
void draft_prefer_link_local(struct draft *);
/* Then that address.  False: there is none, or it is not preferred. */
bool attrs_link_local(const struct attrs *, struct ip *);

/* Number of hops, at most max are written; 0 for a route without any.  Pure; any thread. */
unsigned attrs_hops(const struct attrs *, struct hop *, unsigned max);
unsigned draft_hops(const struct draft *, struct hop *, unsigned max);

/* For qsort: the order in which several next hops are kept and shown. */
int hops_order(const void *, const void *);

/* DEST_UNICAST unless the set says otherwise. */
enum dest attrs_dest(const struct attrs *);
enum dest draft_dest(const struct draft *);
void draft_set_dest(struct draft *, enum dest);

#endif
