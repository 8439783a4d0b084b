/*
 * Networks of families that do not fit a key (base/longnet.h): what their bytes mean.
 *
 *   flow4, flow6      components                               RFC 8955, 4.2; RFC 8956, 3
 *   their VPN forms   route distinguisher (8), components      RFC 8955, 8
 *   evpn              type (1), length (1), what identifies it RFC 7432, 7; RFC 9136; RFC 9251
 *   vpls              length (2), what identifies it           RFC 4761, 3.2.2; RFC 6074, 3.2.2
 *   linkstate         type (2), length (2), descriptors        RFC 9552, 5.2
 *
 * What an NLRI has besides, labels and the like, is a path's and goes with its attributes
 * (LOCAL_NLRI): another label is another path to the same network.
 */
#ifndef MYNAH_BGP_LONGNLRI_H
#define MYNAH_BGP_LONGNLRI_H

#include "base/longnet.h"

/*
 * Flow specifications.
 */
enum { FLOW_TYPES4 = 12, FLOW_TYPES6 = 13 }; /* the last type of component there is */

/* What is wrong with the components, or NULL: RFC 8955, 4.2; RFC 8956, 3. */
const char *flow_flaw(const uint8_t *, size_t len, bool six);

/* One component: its type; with a prefix its length and offset (0 in IPv4), and where its bits
 * stand; else the operators.  False at the end; the components have been checked. */
struct flow_component {
	unsigned type;
	unsigned plen, offset;
	const uint8_t *data; /* behind type, length and offset */
	size_t len;
};
bool flow_next(const uint8_t **at, const uint8_t *end, bool six, struct flow_component *);

/* The destination as a network, RFC 8955, 6 a; false without one, or with an offset. */
bool flow_destination(const struct net *, struct net *to);

/*
 * EVPN.
 */
enum {
	EVPN_ROUTE_EAD = 1, /* Ethernet auto-discovery */
	EVPN_ROUTE_MAC = 2, /* MAC/IP advertisement */
	EVPN_ROUTE_IMET = 3, /* inclusive multicast Ethernet tag */
	EVPN_ROUTE_ES = 4,   /* Ethernet segment */
	EVPN_ROUTE_PREFIX = 5, /* IP prefix */
	EVPN_ROUTE_SMET = 6,   /* RFC 9251 */
	EVPN_ROUTE_JOIN = 7,
	EVPN_ROUTE_LEAVE = 8,
};

/* What identifies a route; of types 1 to 5 all that they have, of others the type alone. */
struct evpn_net {
	unsigned type;
	uint64_t rd;
	uint32_t tag;
	uint8_t esi[10], mac[6];
	struct ip ip;	   /* none: a MAC alone */
	uint8_t plen;	   /* of type 5 */
	const uint8_t *rest; /* of others: behind type and length */
	size_t rest_len;
};
void evpn_read(const struct net *, struct evpn_net *);

/* The value of LOCAL_NLRI in words: "esi 00:... gw 192.0.2.1 label 6 vni 100"; "" when there is
 * nothing. */
#define NLRI_REST_TEXT_MAX 160
char *nlri_rest_format(const struct net *, const uint8_t *rest, size_t len, char *buf);

#endif
