/*
 * Listening sockets.  They live in io thread 0, which finds the peer of an accepted
 * connection in an immutable index made by main and gives the descriptor to the peer's
 * thread.
 */
#ifndef MYNAH_DAEMON_LISTEN_H
#define MYNAH_DAEMON_LISTEN_H

#include "base/net.h"
#include "conf/aokeys.h"
#include "daemon/io.h"

struct listen_entry { /* a peer that may connect to us */
	struct ip remote_ip;
	uint8_t range; /* bgp_conf's; 0: one address */
	struct ip local_ip; /* must be the address it connected to; none: any */
	struct ip
	    bind_ip; /* address to listen on (strict bind, nobody else on any); none: any of the
		    * family */
	char *device; /* interface to listen on (strict bind); NULL: any */
	uint16_t port;
	uint32_t peer;
	unsigned io;
	char *password;	 /* or NULL */
	struct ao_keys *keys; /* TCP-AO, or NULL; not of a range */
	bool faulty; /* by the index before: main is told NULL if that is over */
	bool unsafe; /* the kernel did not take them: nobody may come in */
	char *interface; /* or NULL: where a link-local remote_ip is meant */
	char *vrf;	 /* the VRF's interface that sockets are bound to; or NULL */
};

struct listen_index {
	uint32_t serial; /* comes back with the faults */
	bool again; /* for the faults of the one before: the log has heard of them */
	unsigned n, exact_n;
	struct listen_entry *entry; /* sorted by listen_entry_cmp; ranges at the end */
};

void listen_index_free(struct listen_index *);
int listen_entry_cmp(const void *, const void *);

/* Main: io thread 0 takes over the index: opens sockets that are missing, closes those no
 * peer needs, sets passwords and keys.  A socket that cannot be opened is logged and tried
 * again each time an index is posted (listeners.c does, until it works); main is told which
 * peers lack one, or their password or keys (serve_post_peer_fault); without these their
 * calls are refused. */
void listen_post(struct io *io0, struct listen_index *);

#endif
