/*
 * Sessions of `neighbor range`: made when a neighbour of the range calls, gone when it has
 * left.  Belongs to main.
 */
#ifndef MYNAH_DAEMON_DYNAMIC_H
#define MYNAH_DAEMON_DYNAMIC_H

#include "daemon/runtime.h"

/* Someone in the range of the peer `parent` has connected; takes over the descriptor.
 * ifindex: of a link-local address, else 0. */
void dynamic_accept(struct runtime *, uint32_t parent, const struct ip *remote,
    unsigned ifindex, int fd);

/* The session of the peer has ended: its protocol goes. */
void dynamic_left(struct runtime *, uint32_t peer);

/* It has come up. */
void dynamic_born(struct runtime *, uint32_t peer);

/* After a plan was carried out for the protocols of the model: the members of `old` that
 * can stay are changed and appended to the list of runs, the others are removed. */
void dynamic_apply(struct runtime *, const struct plan *, struct run **old, unsigned n);

#endif
