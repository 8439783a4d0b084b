/*
 * After a reload that changes imports the tables hold routes that the new configuration
 * refuses, until the peers have told theirs again.  Who comes up meanwhile, or has another
 * export policy now, is told nothing new before: it would be sent what neither the old nor
 * the new configuration lets pass.  A peer that cannot say when it is done (RFC 7313) is
 * done when it sends End-of-RIB (not the session's first, which ends what it told unasked),
 * or, after it has begun, no route for a second; who does not answer is waited for
 * SETTLE_MAX_MS.
 */
#ifndef MYNAH_DAEMON_SETTLE_H
#define MYNAH_DAEMON_SETTLE_H

#include "daemon/runtime.h"

#define SETTLE_MAX_MS 5000

/* Main, before anything of a plan is carried out that is not to be told at once. */
void settle_begin(struct runtime *);
/* Main: the channel's peer is asked; nothing unless settle_begin found so. */
void settle_wait(struct runtime *, uint32_t channel);
/* Main, when all is in force but what is waited for. */
void settle_watch(struct runtime *);
/* Any thread: the peer has told all, or will not. */
void settle_post_done(struct daemon *, uint32_t channel);
/* Main: the channel leaves. */
void settle_forget(struct runtime *, uint32_t channel);
void settle_free(struct runtime *);

#endif
