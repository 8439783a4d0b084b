/*
 * What the files of `show route` share: the walk (routes.c), and a route as it is shown
 * (routeshow.c).  Main thread.
 */
#ifndef MYNAH_DAEMON_ROUTESIMPL_H
#define MYNAH_DAEMON_ROUTESIMPL_H

#include <net/if.h>

#include "daemon/driver.h"
#include "daemon/viewsimpl.h"
#include "rib/adjin.h"

struct route_copy {
	struct net net;      /* held */
	struct attrs *attrs; /* one reference */
	uint32_t channel, path_id, time;
	bool best, stale;
	/* For the channel whose export is asked for: */
	uint8_t verdict; /* of shard_export_verdict */
	bool candidate, sent;
};

struct walk_link {
	char name[IF_NAMESIZE];
	struct net net;
};

struct route_walk_state {
	struct views *v;
	struct control *control;
	struct route_query query;
	const struct model *model; /* the one the query speaks of; a reference */
	const struct table_conf **table;
	unsigned table_n, at;
	bool opened;
	unsigned shard;
	struct walk walk;
	uint32_t export_channel;
	struct table_conf import; /* how an import or export table is shown */
	struct kept_look look;
	unsigned run_at; /* `filtered`: whose channels are looked at */
	struct route_copy *copy;
	unsigned copy_n, copy_cap;
	struct count_record count;
	bool net_found;
	struct walk_link *link;
	unsigned link_n;
	const struct run **kernel; /* protocols that bring routes to a kernel's table */
	unsigned kernel_n;
};

/* What routes are looked up in while the walk lasts: the system's links and their
 * networks, and the protocols kernel.  The caller frees link and kernel. */
void walk_links_load(struct route_walk_state *);
void walk_kernels_load(struct route_walk_state *);

/* Does the query's filter accept it?  It has the attributes then that the filter left.
 * proto: whose route it is, or NULL. */
bool walk_accepts(
    struct route_walk_state *, struct route_copy *, const struct proto_conf *proto);
/* Gives it to the control session; first: of its network. */
void walk_give(struct route_walk_state *, struct route_copy *,
    const struct proto_conf *proto, bool first);

#endif
