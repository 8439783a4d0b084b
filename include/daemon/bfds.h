/*
 * Who is to have a BFD session, and what they are told: protocols bfd, BGP sessions with
 * `bfd`, next hops of static routes with it.  Main thread.
 */
#ifndef MYNAH_DAEMON_BFDS_H
#define MYNAH_DAEMON_BFDS_H

#include "control/record.h"
#include "daemon/driver.h"

extern const struct driver bfd_driver;

/* Protocols, links or configurations have changed: sessions are looked over soon, in a
 * turn of the loop of its own.  Cheap, and nothing without a protocol bfd. */
void bfds_poke(struct runtime *);
/* Is the session to that neighbour up that a protocol of this VRF (conf/model.h) has asked
 * for?  ifindex 0: over several hops. */
bool bfds_is_up(
    const struct runtime *, const struct ip *, unsigned ifindex, const char *vrf);
/* The i-th session of the protocol, by its address; asks the thread when i is 0. */
bool bfds_record(
    struct runtime *, const char *proto, unsigned i, struct bfd_session_record *);
/* Ends the thread; before the io threads end. */
void bfds_free(struct runtime *);

#endif
