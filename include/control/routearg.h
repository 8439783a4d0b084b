/*
 * Arguments of `show route` and its kin, while they are read.  What fails has ended the
 * command with its error.
 */
#ifndef MYNAH_CONTROL_ROUTEARG_H
#define MYNAH_CONTROL_ROUTEARG_H

#include "control/session.h"

struct route_parse {
	struct control *c;
	struct route_query *q;
	const struct channel_conf *export_channel; /* P.C */
	bool has_net;
};

/* Whether the next token begins a network that no word announces. */
bool route_net_ahead(const struct control *);
/* A network, or with ROUTES_FOR an address, into the query; only one is taken. */
bool route_take_net(struct route_parse *, unsigned mode);
/* Behind the words `aspa` and `mpls`. */
bool route_take_aspa(struct route_parse *);
bool route_take_mpls(struct route_parse *);

#endif
