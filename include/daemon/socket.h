/*
 * Sessions on control sockets: clients of mynahc, birdc, exporters and looking glasses.
 * Main thread.
 */
#ifndef MYNAH_DAEMON_SOCKET_H
#define MYNAH_DAEMON_SOCKET_H

#include "daemon/runtime.h"
#include "daemon/views.h"

struct control_server;

/* Lets callers in at rt->sockets. */
struct control_server *control_server_new(struct runtime *);
/* Closes all clients; the sockets (ctlsock.h) are freed before. */
void control_server_free(struct control_server *);

/* Called by the `down` and `graceful restart` commands. */
void control_server_on_down(struct control_server *, void (*fn)(void *ctx), void *ctx);

#endif
