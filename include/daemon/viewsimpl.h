/*
 * Inside of the views: shared by views.c and routes.c.
 */
#ifndef MYNAH_DAEMON_VIEWSIMPL_H
#define MYNAH_DAEMON_VIEWSIMPL_H

#include "daemon/views.h"

struct group_copy {
	struct group_view view;
	unsigned shard;
};

struct views {
	struct runtime *rt;
	unsigned n;
	const struct model *model; /* of the snapshot; only compared */
	struct peer_status *status;
	struct channel_counts *counts; /* [run * (FAMILIES + 1) + family] */
	struct group_copy *group;
	unsigned group_n, group_cap;
};

#endif
