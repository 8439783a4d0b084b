/*
 * What a plan costs the running daemon: asked of the threads when it is to be told.
 */
#ifndef MYNAH_DAEMON_COST_H
#define MYNAH_DAEMON_COST_H

#include "control/record.h"
#include "daemon/runtime.h"

/* Main thread.  The plan leads from the running model; borrowed by the record, whose costs
 * are freed by cost_free. */
struct plan_record cost_of(struct runtime *, const struct plan *);
void cost_free(struct plan_record *);

#endif
