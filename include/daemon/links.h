/*
 * The machine's links, as an immutable picture for the io threads: which address is a
 * neighbour's, on which interface, and which is our own.  Main makes a picture when
 * interfaces have changed and gives a reference to each thread by its mailbox, in order with
 * what else it tells.
 */
#ifndef MYNAH_DAEMON_LINKS_H
#define MYNAH_DAEMON_LINKS_H

#include "base/net.h"
#include "bgp/hops.h"
#include "filter/links.h"

struct daemon;
struct ifaces;
struct links;

struct link_find {
	char ifname[HOP_IFNAME];
	bool ours, loopback;
};

/* Of interfaces that are up.  One reference. */
struct links *links_new(const struct ifaces *);
struct links *links_ref(struct links *);
void links_unref(struct links *); /* any thread; NULL is fine */

uint32_t links_serial(const struct links *); /* another one for each picture; not 0 */
/* The interface of the VRF (conf/model.h) with a network that holds the address, of the longest
 * one.  Link-local addresses are on every link: the caller knows which.  False: on none. */
bool links_find(
    const struct links *, const struct ip *, const char *vrf, struct link_find *);

/* For filters; borrowed.  NULL is fine, and given back. */
const struct filter_links *links_filter(const struct links *);

/* Main: to all io threads and shards; its own is daemon->links. */
void links_publish(struct daemon *, const struct ifaces *);

#endif
