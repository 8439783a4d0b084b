/*
 * A neighbour of the simulated reflector: the daemon's own session core with routes of its
 * own, which remembers what it is told.
 */
#ifndef MYNAH_SIM_REMOTE_H
#define MYNAH_SIM_REMOTE_H

#include "bgp/session.h"

#define HELD_MAX   256
#define ROUTES_MAX 16

struct held {
	struct net net;
	struct attrs *attrs; /* a private set; NULL: withdrawn */
	bool before, fresh;  /* held before the reload; told since */
};

struct remote {
	struct session *session;
	const char *name;
	struct ip ip;
	unsigned n; /* its number: in its networks */
	int fd;     /* -1: no connection */
	uint64_t next;
	uint8_t in[262144];
	size_t in_n;
	bool up, connects;
	unsigned downs; /* sessions that ended, by whomever */
	unsigned faults; /* of these, by us */
	const struct negotiated *negotiated;
	struct held held[HELD_MAX];
	unsigned held_n;
	uint32_t routes; /* bits: which of its networks it announces */
};

/* The other end of a connection to the remote's address; -1: nobody listens. */
typedef int (*remote_connect_fn)(const struct ip *from);

void remote_init(struct remote *, const char *name, unsigned n, bool internal,
    bool enhanced_refresh, remote_connect_fn);
void remote_start(struct remote *);
bool remote_turn(struct remote *); /* reads, runs timers; false: nothing to do */
void remote_cut(struct remote *);  /* the connection is lost */
void remote_announce(struct remote *, unsigned i, bool up);
uint64_t remote_next(const struct remote *); /* deadline */

#endif
