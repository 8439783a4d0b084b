/*
 * Next hops resolved: which neighbour and interface an address is reached by, through the
 * interfaces' networks and the routes of a table that are not BGP's.  Main thread.
 *
 * For each table that someone resolves by there is one follower in the shards; what it is
 * told is kept as a list of networks to match against.
 */
#ifndef MYNAH_DAEMON_IGP_H
#define MYNAH_DAEMON_IGP_H

#include "daemon/netlink.h"
#include "daemon/runtime.h"

struct igp;

/* The table's resolver, made at its first use; it stays as long as it is used. */
struct igp *igp_get(struct runtime *, const char *table);
void igp_put(struct runtime *, struct igp *);
void igp_free_all(struct runtime *);

/* A channel of ours was told: true, and the batch is eaten. */
bool igp_follow(struct runtime *, struct batch *);

/* One hop that leads towards the address: via and oif; several with equal routes are not
 * told.  False: nothing leads there. */
bool igp_resolve(const struct igp *, const struct ip *, struct khop *);

/* What BIRD makes of a recursive next hop: the best route to the address in the table alone, all
 * its hops with their interfaces, at most max.  DEST_UNREACHABLE when there is none, when that
 * one is recursive itself or the address is our own. */
enum dest igp_lookup(
    const struct igp *, const struct ip *, struct hop *, unsigned max, unsigned *n);

#endif
