/*
 * The control socket: clients of mynahc, birdc, exporters and looking glasses.  Main
 * thread.
 */
#ifndef MYNAH_DAEMON_SOCKET_H
#define MYNAH_DAEMON_SOCKET_H

#include "daemon/runtime.h"
#include "daemon/views.h"

struct control_server;

/* Opens the socket at path (mode 0660): 0 or -errno; -EADDRINUSE when a daemon answers
 * there. A stale socket is taken over. Before privileges are dropped. */
int control_socket_open(const char *path, int *fd);

struct control_server *control_server_new(struct runtime *, int fd, const char *path);
/* Closes all clients and removes the socket. */
void control_server_free(struct control_server *);

/* Called by the `down` and `graceful restart` commands. */
void control_server_on_down(struct control_server *, void (*fn)(void *ctx), void *ctx);

#endif
