/*
 * Reconfiguration: read, check, plan, apply, tell.  Main thread.
 */
#ifndef MYNAH_DAEMON_RELOAD_H
#define MYNAH_DAEMON_RELOAD_H

#include "control/command.h"
#include "daemon/runtime.h"

struct options;

/* For daemon_ops.configure; control NULL: SIGHUP. */
void reload_configure(
    struct runtime *, struct control *, const struct configure_request *);
void reload_undo(struct runtime *, struct control *);
void reload_confirm(struct runtime *, struct control *);
void reload_status(struct runtime *, struct control *);
void reload_shutdown(struct runtime *);
bool reload_in_progress(const struct runtime *);
/* The client has gone: nothing is told to it any more. */
void reload_forget(struct control *);

/* The log as the model and the command line (-d, -D) have it.  0, or -errno and what is
 * wrong, in words: then it is as before. */
int reload_log(const struct model *, const struct options *, char *error, size_t size);

/* The first model.  0, or 1 after an error (logged, or said on standard error). */
int reload_start(struct runtime *, const struct model *);

#endif
