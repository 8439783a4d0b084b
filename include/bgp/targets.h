/*
 * Route targets that somebody wants (RFC 4684): a set, immutable and counted, that the
 * networks of the family rtc amount to.
 */
#ifndef MYNAH_BGP_TARGETS_H
#define MYNAH_BGP_TARGETS_H

#include "bgp/attrs.h"

struct targets;

/* From networks of type NET_RTC, in any order, the same ones any number of times.  One
 * reference for the caller.  Whose AS asks for a target does not matter. */
struct targets *targets_new(const struct net *, unsigned n);
void targets_ref(struct targets *); /* any thread; NULL is fine */
void targets_unref(struct targets *);

bool targets_same(const struct targets *, const struct targets *);
unsigned targets_count(const struct targets *);

/* Is a route with these attributes wanted: is one of its route targets in the set?  A route
 * without targets is wanted only by who wants all; one with a target of an IPv6 address (RFC
 * 5701) by everybody, as it is too long for what a peer can ask for. */
bool targets_want(const struct targets *, const struct attrs *);

/* The targets asked for, as numbers, sorted; NULL: all are, or some by their beginnings. */
const uint64_t *targets_list(const struct targets *, unsigned *n);

/* The targets of a route, one after the other.  False: it has one that nobody can ask for, and
 * is wanted by everybody. */
struct target_iter {
	const uint8_t *at, *end;
};
bool targets_begin(struct target_iter *, const struct attrs *);
bool targets_next(struct target_iter *, uint64_t *target);

#endif
