/*
 * Filters, compiled: what the daemon runs on a route.  Immutable once built, reference
 * counted, shared by all threads.
 */
#ifndef MYNAH_FILTER_FILTER_H
#define MYNAH_FILTER_FILTER_H

#include "bgp/attrs.h"

struct filter;
struct filter_links;

enum filter_input { /* what a filter reads or writes */
	FILTER_NET = 1 << 0,    /* the network: results differ within one attribute set */
	FILTER_ATTRS = 1 << 1,  /* attributes, next hop */
	FILTER_SOURCE = 1 << 2, /* source channel: proto, from, source */
	FILTER_WRITES = 1 << 3, /* may change attributes */
	FILTER_ROA = 1 << 4,    /* tables of origins, which change under a filter that stays:
				   results must not outlive the run */
	FILTER_LINKS = 1 << 5,  /* links: gateway and interface */
};

/* What a filter can ask of the route besides its attributes; borrowed. */
enum route_source_kind { /* BIRD 2's numbers of RTS_* */
	ROUTE_SOURCE_STATIC = 1,
	ROUTE_SOURCE_INHERIT = 2, /* of the kernel */
	ROUTE_SOURCE_DEVICE = 3,
	ROUTE_SOURCE_BGP = 11,
	ROUTE_SOURCE_RPKI = 14,
	ROUTE_SOURCE_L3VPN = 16,
	ROUTE_SOURCE_AGGREGATED = 17,
};

struct route_source {
	const char *proto; /* protocol name */
	int source;        /* enum route_source_kind */
	struct ip from;    /* peer's address */
	/* filter/links.h: where `gw` and `ifname` may lead.  NULL: nothing is known of links,
	 * and what is set is kept as written, for filters only. */
	const struct filter_links *links;
};

struct filter *filter_accept(void); /* `all`; a reference for the caller */
struct filter *filter_reject(void); /* `none` */
/* Accepts what both accept, and leaves it as `then` does; `first` has its own view of the
 * route.  A reference for the caller; takes its own. */
struct filter *filter_both(struct filter *first, struct filter *then);
void filter_ref(struct filter *);
void filter_unref(struct filter *); /* any thread; NULL is fine */

const char *filter_name(const struct filter *); /* ACCEPT, REJECT, (unnamed) or the name */
unsigned filter_inputs(const struct filter *);  /* enum filter_input */
bool filter_is_accept(const struct filter *);
bool filter_is_reject(const struct filter *);

enum filter_use { FILTER_UNUSED, FILTER_USED_ROUTE, FILTER_USED_ANY };
/* Whether the filter asks a table of origins (filter/origin.h), and if so only for the
 * route's own network. */
enum filter_use filter_uses(const struct filter *, uint32_t origin_table);

/* Equal code and constants; names do not count.  filter_hash agrees with it. */
bool filter_same(const struct filter *, const struct filter *);
uint64_t filter_hash(const struct filter *);

enum filter_result { FILTER_REJECT, FILTER_ACCEPT, FILTER_ERROR };

/* Runs the filter.  The draft is changed in place (new values in its arena) and is only valid
 * as a result when accepted.  *changed tells whether it was written to.  FILTER_ERROR counts
 * as reject; it has been logged, rate limited.  Bounded in time and stack.  Any thread. */
enum filter_result filter_run(const struct filter *, const struct net *, struct draft *,
    const struct route_source *, bool *changed);

#endif
