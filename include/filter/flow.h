/*
 * Flow specifications as values (RFC 8955, RFC 8956): components in ascending order of
 * type, each as on the wire - its type, then operators with values, or a prefix.  The
 * prefixes stand in the head of the value as well.  That is the form of the wire
 * (bgp/longnlri.h).
 *
 *	+------+-----------------------+      +------+------+--------+-------+
 *	| type | operator, value, ...  |      | 1, 2 | plen | offset | bytes |
 *	+------+-----------------------+      +------+------+--------+-------+
 *	 the last operator has bit 0x80	       offset: of flow6 only
 */
#ifndef MYNAH_FILTER_FLOW_H
#define MYNAH_FILTER_FLOW_H

#include "filter/vnet.h"

enum flow_part {
	FLOW_DST = 1,
	FLOW_SRC,
	FLOW_PROTO,
	FLOW_PORT,
	FLOW_DPORT,
	FLOW_SPORT,
	FLOW_ICMP_TYPE,
	FLOW_ICMP_CODE,
	FLOW_TCP_FLAGS,
	FLOW_LENGTH,
	FLOW_DSCP,
	FLOW_FRAGMENT,
	FLOW_LABEL,
	FLOW_PARTS
};

enum {
	FLOW_END = 0x80,
	FLOW_AND = 0x40,
	FLOW_LT = 4, /* of numbers; all three: always true, none: always false */
	FLOW_GT = 2,
	FLOW_EQ = 1,
	FLOW_NOT = 2, /* of bits */
	FLOW_MATCH = 1,
	FLOW_BYTES_MAX = 4000, /* RFC 8955, 4: what a length can say */
};

struct flow_builder;

struct flow_builder *flow_begin(struct arena *, bool six);
/* A component that was there before and is not the last one begun is not taken: false. */
bool flow_part(struct flow_builder *, enum flow_part);
/* To the component begun last: operator bits, without FLOW_END. */
void flow_value(struct flow_builder *, unsigned op, uint32_t value);
void flow_prefix(struct flow_builder *, const struct net *, unsigned offset);
/* The value, in the arena; NULL if it would be too long. */
const struct vnet *flow_end(struct flow_builder *);

void vtext_flow(struct vtext *, const struct vnet *);

#endif
