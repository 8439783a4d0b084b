/*
 * What a filter that sets `gw` or `ifname` has to know of the machine's links: an immutable
 * picture, borrowed for the run.
 */
#ifndef MYNAH_FILTER_LINKS_H
#define MYNAH_FILTER_LINKS_H

#include "bgp/hops.h"

struct filter_links {
	uint32_t serial; /* another one for each picture; not 0 */
	/* Whether the address is a neighbour's, and on which interface.  One that is link-local
	 * is asked for on the interface that is named; else the name is "". */
	bool (*neighbor)(
	    const struct filter_links *, const struct ip *, char ifname[HOP_IFNAME]);
	bool (*has)(const struct filter_links *, const char *ifname); /* up or down */
};

#endif
