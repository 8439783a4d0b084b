/*
 * Who may call, of what runs, for the listening sockets (listen.h).  Main thread.
 */
#ifndef MYNAH_DAEMON_LISTENERS_H
#define MYNAH_DAEMON_LISTENERS_H

#include "daemon/runtime.h"

/* Protocols have changed, come or gone. */
void listeners_post(struct runtime *);
/* Interfaces have: nothing unless somebody listens by them. */
void listeners_follow(struct runtime *);

#endif
