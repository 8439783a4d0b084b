/*
 * Recovery after a restart of our own (-R; RFC 4724, 4.1): nothing is announced until
 * every peer that does graceful restart has sent its End-of-RIB, or `graceful restart
 * wait` is over. Our peers keep the routes they had from us meanwhile.
 */
#ifndef MYNAH_DAEMON_RECOVER_H
#define MYNAH_DAEMON_RECOVER_H

#include "daemon/runtime.h"

struct status_record;

/* Main, before the first plan: peers made from now on announce the restart and hold back.
 */
void recover_begin(struct runtime *, uint32_t wait_s);
/* Main: the runs are there; waits for their channels. */
void recover_watch(struct runtime *);
/* Any thread: the channel has its End-of-RIB, or will have none. */
void recover_post_done(struct daemon *, uint32_t channel);
/* Main: the channel leaves. */
void recover_forget(struct runtime *, uint32_t channel);
void recover_status(const struct runtime *, struct status_record *);
void recover_free(struct runtime *);

#endif
