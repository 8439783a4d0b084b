/*
 * Networks that are more than an address: VPN, ROA, source-specific IPv6, flows, MPLS
 * labels, Ethernet, EVPN, neighbors.  A filter can name, compare and print them, also
 * those that no table holds.  Their value is a struct vnet whose head is a struct net with
 * a type beyond NET_IP6, so what only reads type and length can take any network.  A
 * flow's components follow the struct (filter/flow.h).
 */
#ifndef MYNAH_FILTER_VNET_H
#define MYNAH_FILTER_VNET_H

#include "filter/value.h"
#include "lang/ast.h"

enum vnet_type { /* BIRD 2's numbers of NET_*, as enum net_type has them */
	VNET_VPN4 = 3,
	VNET_VPN6,
	VNET_ROA4,
	VNET_ROA6,
	VNET_FLOW4,
	VNET_FLOW6,
	VNET_SADR,
	VNET_MPLS,
	VNET_ETH,
	VNET_ASPA,
	VNET_EVPN,
	VNET_NEIGHBOR,
};

struct vnet {
	struct net net;	 /* the address as IPv4 or IPv6 keeps it; a flow's destination */
	struct net from; /* SADR, flow: the source */
	struct ip ip;	 /* EVPN: host or router; neighbor */
	uint32_t rd[2];	 /* VPN, EVPN: high, low */
	/* ROA; ASPA: as; MPLS: max is the label, Ethernet: the VLAN, EVPN: the tag,
	 * neighbor: the interface's index */
	uint32_t max, as;
	uint8_t mac[6], esi[10]; /* Ethernet, EVPN */
	uint8_t evpn;		 /* enum evpn_type, as NET_EVPN_*, or a type beyond them */
	uint8_t pad;
	uint16_t flow_len;
	/* flow_len bytes; of networks that have no other form here, all they have: those of
	 * EVPN beyond enum evpn_type, VPN flows, VPLS, link state */
	uint8_t flow[];
};

enum evpn_type { EVPN_EAD = 1, EVPN_MAC, EVPN_IMET, EVPN_ES }; /* RFC 7432, 7 */

/* Plain addresses are a struct net alone. */
static inline bool
vnet_is_plain(const struct net *net)
{
	return net->type <= NET_IP6;
}

/* From the form that tables have, into vnet_room bytes, and back; false if tables have no such
 * type, or it is a long network. */
size_t vnet_room(const struct net *);
void vnet_from(const struct net *, struct vnet *);
bool vnet_pack(const struct net *value, struct net *);

/* The value, or NULL and why not. All but flows. */
const char *vnet_literal(const struct ast *, struct vnet *);

/* Bytes of the value, for networks of all types. */
size_t vnet_size(const struct net *);

/* The next ones take networks of all types. */
bool vnet_equal(const struct net *, const struct net *);
int vnet_cmp(const struct net *, const struct net *);
bool vnet_contains(const struct net *outer, const struct net *inner);
bool vnet_has_ip(const struct net *, const struct ip *);
/* The network that a prefix set is asked for; of type NET_NONE if it has none. */
struct net vnet_plain(const struct net *);
struct ip vnet_ip(const struct net *);
void vtext_net(struct vtext *, const struct net *);
/* Of the form that tables have, all types. */
void vtext_packed(struct vtext *, const struct net *);
/* The same; the caller frees it (mem_free). */
char *net_text(const struct net *);
void vtext_octets(struct vtext *, const uint8_t *, size_t n); /* 02:00:0a */

void vtext_rd(struct vtext *, uint64_t);

/* hex:12:34, 12:34..., or six pairs: a MAC address. */
bool bytes_parse(struct arena *, const char *text, size_t len, struct val *out);

#endif
