/*
 * Flow check: are flow specifications of those who also route to their destinations?
 * RFC 8955, 6; RFC 9117, as BIRD has them.
 *
 * A channel with `base` has a resolver, main, which looks into the base table.  When its
 * first flow to a destination comes, the resolver is asked; what it says is kept by the
 * destination.  Until then, and when the answer does not fit, the flow is invalid: its path
 * has the destination "unreachable" among its attributes, loses the decision against valid
 * ones and is told to no peer.
 */
#ifndef MYNAH_RIB_FLOWCHECK_H
#define MYNAH_RIB_FLOWCHECK_H

#include "bgp/hops.h"
#include "rib/core.h"

struct flow_bases { /* of one resolver */
	struct table to;   /* destinations; its type is NET_NONE until there is one */
	struct slab state; /* by node */
};

void flowcheck_fini(struct shard *);

static inline bool
flowcheck_table(const struct rib_table *t)
{
	return t->t.type == NET_FLOW4 || t->t.type == NET_FLOW6;
}

/* Is a flow with these attributes, of that source, valid?  Asks what is not known. */
bool flowcheck_valid(struct shard *, const struct channel_desc *, const struct attrs *,
    const struct net *);
/* The set with another verdict, with a reference of the caller's; NULL: it is what it was, or
 * there is no memory in a set for it. */
struct attrs *flowcheck_set(struct shard *, const struct attrs *, bool valid);
/* The path is looked at again; true: it has got another set, and the node's paths another
 * order. */
bool flowcheck_again(struct shard *, struct rib_table *, uint32_t node, unsigned i);
/* The sweep of a table is through. */
void flowcheck_swept(struct shard *);

/* Is it a flow specification that was found invalid? */
static inline bool
flowcheck_refused(const struct channel_desc *source, const struct attrs *a)
{
	return a->local_len && source->kind == SOURCE_BGP &&
	       (source->family == FAM_FLOW4 || source->family == FAM_FLOW6) &&
	       attrs_dest(a) == DEST_UNREACHABLE;
}

#endif
