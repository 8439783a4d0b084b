/*
 * Capabilities (RFC 5492) as one side announces them.
 */
#ifndef MYNAH_BGP_CAPS_H
#define MYNAH_BGP_CAPS_H

#include "base/wire.h"
#include "bgp/proto.h"

#define CAPS_ADD_PATH_RX 1 /* as on the wire, RFC 7911, 4 */
#define CAPS_ADD_PATH_TX 2

/* Capabilities as announced by one side, for show and for negotiation. */
struct caps {
	bool any; /* a capability was seen at all */
	bool mp_any; /* multiprotocol for some family, known or not */
	bool mp[FAMILIES];
	bool route_refresh, enhanced_refresh, ext_msg;
	bool as4;
	uint32_t as4_number;
	uint8_t add_path[FAMILIES]; /* bit 0: receive, bit 1: send */
	bool graceful, gr_restarting;
	uint16_t gr_time_s;
	bool gr_family[FAMILIES], gr_preserved[FAMILIES];
	bool gr_notification; /* N bit, RFC 8538 */
	bool ext_next_hop[FAMILIES]; /* with an IPv6 next hop, RFC 8950 */
	uint8_t labels[FAMILIES];    /* so many in one network, RFC 8277; 0: not said */
	bool llgr;
	uint32_t llgr_time_s[FAMILIES];
	bool llgr_family[FAMILIES], llgr_preserved[FAMILIES];
	char hostname[64]; /* empty: not announced; printable ASCII */
	bool role_set;
	uint8_t role;
};

/* RFC 9234, 4.1: the speaker's own part. */
enum role { ROLE_PROVIDER, ROLE_RS_SERVER, ROLE_RS_CLIENT, ROLE_CUSTOMER, ROLE_PEER,
	ROLE_NONE = 0xff };

/* Writes the capabilities one after the other, without the optional parameter around them.
 * At most CAPS_MAX bytes. */
#define CAPS_MAX (256 + FAMILIES * 44)
void caps_encode(const struct caps *, struct wbuf *);

/* Adds what the bytes announce.  Unknown capabilities are passed over; false if a known
 * one is malformed. */
bool caps_decode(struct caps *, struct wire *);

/* Multiprotocol capability of one family, as in caps_encode (for NOTIFICATION 2.7). */
void caps_encode_family(enum family, struct wbuf *);

#endif
