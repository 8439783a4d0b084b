/*
 * Sockets of the network: options that several kinds of them need, and connections to
 * somebody who is no BGP neighbour.  Any thread; errors are -errno.
 */
#ifndef MYNAH_DAEMON_NETSOCK_H
#define MYNAH_DAEMON_NETSOCK_H

#include <stdint.h>

#include "base/net.h"

/* For options that only tune: where the kernel refuses one, the log says so. */
void netsock_set(int fd, int level, int option, int value);
/* To the VRF's interface, if that is one (conf/model.h), or any other's; NULL or "": to
 * none.  It need not end with a 0 where it is as long as a name can be. */
int netsock_bind_device(int fd, const char *device);
/* Sets TCP MD5 (RFC 2385) for the address, or clears it where password is NULL. */
int netsock_set_md5(int fd, const struct ip *remote, const char *password);
/* The same for all of a range; range: bgp_conf's, 0: one address. */
int netsock_set_md5_range(
    int fd, const struct ip *remote, unsigned range, const char *password);

/* Whom to call, and how. */
struct netsock_dial {
	struct ip remote, local; /* local may be none */
	uint16_t port;
	const char *vrf, *password; /* or NULL */
	bool keepalive;
};
/* A TCP connection that is on its way: writable, once it is there or has failed.  The
 * socket, which is the caller's, or -errno. */
int netsock_dial(const struct netsock_dial *);
/* What came of it: 0 or an errno (not negative, as the kernel keeps it). */
int netsock_error(int fd);

#endif
