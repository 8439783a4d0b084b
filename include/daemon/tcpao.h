/*
 * TCP-AO (RFC 5925) as the kernel has it since Linux 6.7: keys on a socket.  Signing is the
 * kernel's; where it has no TCP-AO, keys are refused and nobody may connect without them.
 *
 * All give 0 or -errno; -ENOPROTOOPT: this kernel has no TCP-AO.
 */
#ifndef MYNAH_DAEMON_TCPAO_H
#define MYNAH_DAEMON_TCPAO_H

#include "base/net.h"
#include "conf/aokeys.h"

/* Of a socket that listens: the keys of one neighbour, `old` or none so far, become these.
 * Who has some must sign from then on.  One to take away that is not there is no fault; after
 * one none of the neighbour's is left. */
int tcpao_listen(int fd, const struct ip *remote, const struct ao_keys *old,
    const struct ao_keys *new);
/* Of a new socket, before it connects. */
int tcpao_connect(int fd, const struct ip *remote, const struct ao_keys *);
/* Of a connection: other keys, while it goes on.  -EBUSY: the key that the neighbour wants
 * us to sign with is not among the new ones, the connection has to end. */
int tcpao_change(int fd, const struct ip *remote, const struct ao_keys *old,
    const struct ao_keys *new);
/* Of an accepted one: the neighbour is asked to sign with the key we like best.  -ENOENT:
 * the connection is not signed. */
int tcpao_prefer(int fd, const struct ao_keys *);

#endif
