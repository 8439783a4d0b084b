/*
 * Bases: what a table of unicast routes says of the destinations of flow specifications, as
 * far as their validation asks (RFC 8955, 6; RFC 9117).  Pure; one thread owns it.
 *
 * It is told of the best paths of all networks that hold a destination or lie inside one,
 * in whatever order and as often as it may be.  Changes cost what hangs on them: for each
 * destination it counts the networks inside by their neighbouring AS.
 */
#ifndef MYNAH_RIB_BASES_H
#define MYNAH_RIB_BASES_H

#include "rib/shard.h"

struct bases;

struct base_route {
	uint32_t as;	     /* neighbouring AS; 0: not a route of BGP, or of our own AS */
	uint32_t originator; /* ORIGINATOR_ID, host order; 0: none */
	struct ip from;	     /* the peer */
};

struct bases *bases_new(enum net_type); /* NET_IP4, NET_IP6 */
void bases_free(struct bases *);

/* One of the users, below 64, asks for the destination.  True: it is new; then nothing is
 * said of it until all networks inside have been told, see bases_walked. */
bool bases_want(struct bases *, const struct net *to, unsigned user, uint32_t serial);
/* The user does not ask any more.  True: nobody does, and it is forgotten. */
bool bases_drop(struct bases *, const struct net *to, unsigned user);
bool bases_empty(const struct bases *); /* nobody asks for anything */
void bases_each(
    const struct bases *, void (*fn)(void *ctx, const struct net *to), void *ctx);

/* The network's best path, or NULL. */
void bases_route(struct bases *, const struct net *, const struct base_route *);
/* All networks have been told inside of those that were wanted with the serial or before. */
void bases_walked(struct bases *, uint32_t serial);

/* Says what is not what was said, and what was asked for; returns how much. */
unsigned bases_publish(
    struct bases *, void (*say)(void *ctx, const struct base_news *), void *ctx);

#endif
