/*
 * Control sockets: the one of the command line, and those that the configuration names with
 * `cli`.  Main thread.
 */
#ifndef MYNAH_DAEMON_CTLSOCK_H
#define MYNAH_DAEMON_CTLSOCK_H

#include <stdbool.h>
#include <stddef.h>

struct ctlsocks;
struct loop;
struct model;

struct ctlsocks *ctlsocks_new(void);
void ctlsocks_free(struct ctlsocks *); /* closes and removes them all */

/* Opens the socket of the command line (mode 0660): 0 or -errno; -EADDRINUSE when a daemon
 * answers there.  A stale socket is taken over. */
int ctlsocks_own(struct ctlsocks *, const char *path);
/* Those that the model names, and no others beside the own one.  All or nothing: 0, or -errno
 * and what is wrong, in words. */
int ctlsocks_model(struct ctlsocks *, const struct model *, char *error, size_t size);
/* Gives them to that user and group; those that could not be given are named on stderr. */
void ctlsocks_chown(
    const struct ctlsocks *, unsigned uid, unsigned gid, const char *program);

/* From now on, also at those that come later: fn takes each caller's descriptor over, or
 * closes it.  restricted: as the socket is. */
void ctlsocks_listen(struct ctlsocks *, struct loop *,
    void (*fn)(void *ctx, int fd, bool restricted), void *ctx);

#endif
