/*
 * Reflection: may a path go from a source to a sink, and how is it changed on its way.
 * RFC 4456, RFC 1997, RFC 4271 5.1; the details as BIRD does them.  Pure.
 */
#ifndef MYNAH_RIB_REFLECT_H
#define MYNAH_RIB_REFLECT_H

#include "rib/shard.h"

enum sink_flag {
	SINK_INTERNAL = 1 << 0,
	SINK_RR_CLIENT = 1 << 1,
	SINK_RS_CLIENT = 1 << 2,
	SINK_AS4 = 1 << 3,
	SINK_EXT_MSG = 1 << 4,
	SINK_ADD_PATH = 1 << 5,
	SINK_COMMUNITIES = 1 << 6, /* well-known communities are obeyed */
	SINK_MED = 1 << 7,	   /* MED of others goes to external peers, too */
	SINK_LOCAL_PREF = 1 << 8,  /* LOCAL_PREF, too */
	SINK_NH_SELF = 1 << 9,	  /* from here on two bits each: enum next_hop_from */
	SINK_NH_KEEP = 1 << 11,
	SINK_OTC_REFUSE = 1 << 13, /* RFC 9234, 5: routes with OTC are not for it */
	SINK_OTC_ADD = 1 << 14,	   /* and who has none gets our AS */
	SINK_EXT_NEXT_HOP = 1 << 16, /* IPv4 routes may have an IPv6 next hop, RFC 8950 */
	SINK_LLGR = 1 << 15,	   /* it knows what LLGR_STALE means */
	SINK_MEMBER = 1 << 17,	   /* external, but of our confederation (RFC 5065) */
	SINK_CONFED = 1 << 18,	   /* may see segments of the confederation */
	SINK_AIGP = 1 << 19,	   /* RFC 7311 */
	SINK_AIGP_ORIGINATE = 1 << 20,
	SINK_LL_FORMAT = 1 << 21, /* two bits: enum ll_format */
	SINK_LABELS = 1 << 23,	  /* four bits: so many with a network; 0: one */
	SINK_NH_ADDRESS = 1 << 27, /* `next hop address`: said on purpose */

	SINK_INTERIOR = SINK_INTERNAL | SINK_MEMBER,
};

/* All that shapes the bytes a sink is sent, and nothing else: the key of update groups.
 */
struct sink {
	const struct filter
	    *export; /* interned in the shard: equal code, equal pointer */
	uint32_t table;
	uint32_t flags;
	uint32_t local_as;
	uint32_t cluster_id;
	uint32_t local_pref;
	uint32_t family;
	uint32_t limited;   /* the channel, where its export has a limit: it stands alone */
	uint32_t limit_max; /* of it */
	/* As export; or NULL.  It is part of the key because who asks for other targets is sent
	 * other routes: what they share is not the bytes. */
	const struct targets *targets;
	uint32_t originator; /* what we are as ORIGINATOR_ID of routes of others; or 0 */
	uint32_t secondary;  /* the channel, where it is told the best path that it may
			      * have: it stands alone; or 0 */
	struct ip self;
	struct ip local_ll;
};
_Static_assert(sizeof(struct sink) == 88, "compared as bytes: name the padding");

/* with_self: some route of the table needs our own address in its place even to internal
 * peers.  Without it the address is left out where only such a route would show it, so
 * that clients reached over different addresses of ours share a group. */
void sink_from(struct sink *, const struct channel_desc *, const struct filter *interned,
    bool with_self);
/* Is a member told of its own routes, too?  RFC 4684, 3.2: clients are, of targets. */
static inline bool
sink_tells_own(const struct sink *k)
{
	return k->originator;
}
/* Our own address as a next hop of the channel's family. */
struct ip channel_self(const struct channel_desc *);
/* As text, for `show groups`. */
void sink_format(const struct sink *, char *buf, size_t size);

/* Is the path offered at all?  The source's own channel is the caller's affair. */
bool reflect_offered(
    const struct sink *, const struct channel_desc *source, const struct attrs *);

/* Do the routes of a source that was `a` and is `b` have another result for the sink? */
bool reflect_differs(const struct sink *, const struct channel_desc *a,
    const struct channel_desc *b, const struct attrs *);

/* Makes *set what the sink gets: a private set in the arena where it must differ.  False:
 * cannot be sent. */
bool reflect_edit(const struct sink *, struct arena *, const struct attrs **set);

/* Labels that the sink takes with a network. */
static inline unsigned
sink_labels(const struct sink *k)
{
	unsigned n = k->flags / SINK_LABELS & 15;

	return n ? n : 1;
}

/* A next hop as the sink is to see it on the wire: of a lone link-local address BIRD has three
 * forms. */
struct next_hop reflect_next_hop(const struct sink *, struct next_hop);

/* RFC 4456, 10: a reflector is on nobody's way.  So within the AS a next hop that the sink does
 * not know (RFC 8950) is not replaced by ours, unless that is asked for.  False: not sent. */
bool reflect_hop_ok(
    const struct sink *, const struct channel_desc *source, const struct attrs *sent);

/* How `sent` is stamped; `from` is the set before the filter, to know what it set. */
/* False: our own address is to be the next hop, and the sink has none. */
bool reflect_stamp(const struct sink *, const struct channel_desc *source,
    const struct attrs *from, const struct attrs *sent, bool med_set, struct stamp *);

#endif
