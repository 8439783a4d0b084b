/*
 * What sessions do, in an MRT file: `mrtdump`.
 */
#ifndef MYNAH_DAEMON_MRTLOG_H
#define MYNAH_DAEMON_MRTLOG_H

#include "daemon/peer.h"
#include "daemon/runtime.h"

/* Main: opens the file that the running model names, again if it is the same. */
void mrtlog_model(struct runtime *);
void mrtlog_end(struct runtime *); /* io threads are gone */

/* Io threads: nothing unless the protocol asks for it and there is a file.  The codec is
 * that of the connection, all zero before an OPEN came. */
void mrtlog_message(const struct peer *, enum conn_id, const struct codec *,
    const uint8_t *msg, size_t len);
void mrtlog_state(const struct peer *, enum conn_id, const struct codec *,
    enum fsm_state from, enum fsm_state to);

#endif
