/*
 * What the files of socket.h share: clients (socket.c) and what their commands ask of the
 * daemon (ctlops.c).  Main thread.
 */
#ifndef MYNAH_DAEMON_SOCKETIMPL_H
#define MYNAH_DAEMON_SOCKETIMPL_H

#include <stdint.h>

#include "control/command.h"
#include "daemon/socket.h"

struct client;

struct control_server {
	struct runtime *rt;
	struct views *views;
	uint64_t said_ms; /* when the log last spoke of too many clients; 0: never */
	struct client *first;
	_Atomic unsigned n; /* read by the log, from any thread */
	void (*down)(void *ctx);
	void *down_ctx;
};

/* Of a control session whose daemon is the server. */
extern const struct daemon_ops control_daemon_ops;

#endif
