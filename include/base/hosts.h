/*
 * A set of addresses that can be asked, fast, whether a network holds any of them.
 * Addresses are counted: one that was added twice goes with the second del.
 */
#ifndef MYNAH_BASE_HOSTS_H
#define MYNAH_BASE_HOSTS_H

#include "base/net.h"

#define HOSTS_FILTER 65536u

struct hosts {
	struct host {
		struct ip ip;
		uint32_t refs;
	} *at; /* in order */
	uint32_t n, cap;
	uint64_t *filter; /* a bit for each beginning of an address; NULL until there is one */
};

void hosts_fini(struct hosts *);
bool hosts_add(struct hosts *, const struct ip *); /* true: it is new */
bool hosts_del(struct hosts *, const struct ip *); /* true: it is gone */
/* Networks of type NET_IP4 and NET_IP6; false for others. */
bool hosts_in(const struct hosts *, const struct net *);

#endif
