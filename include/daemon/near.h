/*
 * Neighbours on links: a session without `multihop` ends at once when the neighbour's link
 * is lost, and waits until it is back.  Main thread.
 */
#ifndef MYNAH_DAEMON_NEAR_H
#define MYNAH_DAEMON_NEAR_H

#include "daemon/runtime.h"

/* Looks where the run's neighbour is now; stops or starts the session if that is not what
 * it was.  again: it may have been started meanwhile by somebody who did not look.  Of
 * protocols other than BGP, and of multihop ones, nothing. */
void near_look(struct runtime *, struct run *, bool again);

#endif
