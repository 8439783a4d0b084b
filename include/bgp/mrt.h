/*
 * MRT: writer of records of routing data, RFC 6396; with path ids, RFC 8050.
 *
 *	0                   4         6         8                  12
 *	+-------------------+---------+---------+-------------------+----------
 *	| time, seconds     | type    | subtype | length            | body ...
 *	+-------------------+---------+---------+-------------------+----------
 *
 * Records gather in a buffer of the writer's, for the caller to write out.  Pure.
 */
#ifndef MYNAH_BGP_MRT_H
#define MYNAH_BGP_MRT_H

#include "bgp/attrs.h"
#include "bgp/fsm.h"
#include "bgp/proto.h"

struct mrt {
	uint8_t *at; /* owned: mrt_free */
	size_t len, room;
	size_t record, count; /* where the open record begins; and its number of entries */
	uint32_t entries;
};

void mrt_free(struct mrt *);

/*
 * Table dumps: a list of peers, then the networks; entries name peers by their place.
 */
struct mrt_peer {
	uint32_t id, as; /* host order */
	struct ip ip;    /* none: :: */
};
#define MRT_PEERS_MAX 65535u
void mrt_peers(struct mrt *, uint32_t time_s, uint32_t collector_id, const char *view,
    const struct mrt_peer *, unsigned n);

/* IPv4 and IPv6 networks only.  path_ids: every entry has one. */
void mrt_rib_begin(
    struct mrt *, uint32_t time_s, uint32_t sequence, const struct net *, bool path_ids);
void mrt_rib_entry(struct mrt *, uint16_t peer, uint32_t since_s, const uint32_t *path_id,
    const struct attrs *);
bool mrt_rib_end(struct mrt *); /* false: without entries there is no record */

/*
 * What a session does.
 */
struct mrt_session {
	uint32_t remote_as, local_as;
	struct ip remote, local; /* of one family; local none: all zeros */
	bool as4; /* paths in the messages have numbers of four octets */
	bool add_path; /* and networks have ids */
	uint16_t ifindex;
};
/* Have the message's networks ids, when those of these families have?  The first family
 * there counts, as in BIRD; one that is not known has none.  msg: any bytes, header and all. */
bool mrt_has_path_ids(const bool add_path[FAMILIES], const uint8_t *msg, size_t len);
void mrt_message(struct mrt *, uint32_t time_s, const struct mrt_session *,
    const uint8_t *msg, size_t len);
void mrt_state(struct mrt *, uint32_t time_s, const struct mrt_session *,
    enum fsm_state from, enum fsm_state to);

#endif
