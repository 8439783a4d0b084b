/*
 * Addresses and networks.
 *
 * An address is always 16 bytes; IPv4 is kept as ::ffff:a.b.c.d.  A network is a small
 * value: type, prefix length in bits and the key bytes in network order with host bits
 * zero.  Keys begin with the address, so that its prefix is found in the same way in all
 * types that have one.
 */
#ifndef MYNAH_BASE_NET_H
#define MYNAH_BASE_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;
struct sockaddr_storage;

struct ip {
	uint8_t b[16];
};

extern const struct ip ip_none; /* :: , also said for "no address" */

struct ip ip_from4(uint32_t host_order);
uint32_t ip_to4(const struct ip *); /* host order; 0 if not IPv4 */
bool ip_is4(const struct ip *);
bool ip_is_none(const struct ip *);		  /* :: */
bool ip_is_link_local(const struct ip *);	  /* fe80::/10 */
int ip_cmp(const struct ip *, const struct ip *); /* as unsigned numbers */
bool ip_equal(const struct ip *, const struct ip *);
bool ip_parse(const char *text, struct ip *); /* either family, no zone */

#define IP_TEXT_MAX 48
/* Writes text into buf (at least IP_TEXT_MAX) and returns buf. */
char *ip_format(const struct ip *, char *buf);

/* length of the result; zone: an interface index, 0 for none */
size_t ip_to_sockaddr(
    const struct ip *, uint16_t port, unsigned zone, struct sockaddr_storage *);
bool ip_from_sockaddr(const struct sockaddr *, struct ip *, uint16_t *port);

enum net_type { /* BIRD 2's numbers of NET_*; those between are not kept in tables */
	NET_NONE,
	NET_IP4,       /* key: address, 4 bytes */
	NET_IP6,       /* key: address, 16 bytes */
	NET_VPN4,      /* key: address, route distinguisher of 8 bytes */
	NET_VPN6,
	NET_ROA4,      /* key: address, maximal length (1 byte), AS (4 bytes) */
	NET_ROA6,
	NET_FLOW4,     /* long: components as on the wire, RFC 8955; see base/longnet.h */
	NET_FLOW6,     /* long: RFC 8956 */
	NET_SADR,      /* long: destination and source, see net_sadr */
	NET_MPLS,      /* key: label in the first 20 bits, 4 bytes */
	NET_ASPA = 12, /* key: AS of the customer, 4 bytes */
	NET_EVPN,      /* long: type of route and what identifies it, RFC 7432 */
	/* What BIRD has no number for. */
	NET_VFLOW4 = 16, /* long: route distinguisher, components */
	NET_VFLOW6,
	NET_VPLS,    /* long: RFC 4761, RFC 6074 */
	NET_LS,      /* long: RFC 9552 */
	NET_RTC,     /* key: AS, route target, 12 bytes: RFC 4684, 4 */
	NET_VLS,     /* long: with a route distinguisher */
	NET_TYPES = 32
};

/* Types whose networks do not fit a key: it names bytes elsewhere, base/longnet.h. */
#define NET_LONG_TYPES                                                                   \
	(1u << NET_FLOW4 | 1u << NET_FLOW6 | 1u << NET_SADR | 1u << NET_EVPN |           \
	    1u << NET_VFLOW4 | 1u << NET_VFLOW6 | 1u << NET_VPLS | 1u << NET_LS |        \
	    1u << NET_VLS)

static inline bool
net_is_long(unsigned type)
{
	return NET_LONG_TYPES >> type & 1;
}

/* Types whose networks are led to: a route of one has a destination. */
#define NET_LED_TYPES                                                                    \
	(1u << NET_IP4 | 1u << NET_IP6 | 1u << NET_VPN4 | 1u << NET_VPN6 |               \
	    1u << NET_SADR | 1u << NET_MPLS)

static inline bool
net_is_led(unsigned type)
{
	return NET_LED_TYPES >> type & 1;
}

#define NET_KEY_MAX 24

struct net {
	uint8_t type; /* enum net_type */
	uint8_t plen; /* bits */
	uint8_t pad[2];
	uint8_t
	    key[NET_KEY_MAX]; /* the first net_key_len(type) bytes count, the rest is 0 */
};

size_t net_key_len(enum net_type); /* 0: not a type of tables */
unsigned net_plen_max(enum net_type);
const char *net_type_name(enum net_type); /* "ipv4", "ipv6", "roa4" ... */
enum net_type net_type_find(const char *name); /* NET_NONE if tables do not have it */
/* The type of the address inside: NET_IP4, NET_IP6, or NET_NONE if there is none. */
enum net_type net_address_type(enum net_type);

/* Clears host bits.  plen must be in range. */
void net_mask(struct net *); /* clears the bits of its key behind its length */
struct net net_from_ip(const struct ip *, unsigned plen);
struct ip net_ip(const struct net *); /* the address; none without one */
/* What a type has besides the address; 0 for types that have no such thing. */
struct net net_vpn(const struct net *address, uint64_t rd);
struct net net_roa(const struct net *address, unsigned max, uint32_t as);
struct net net_aspa(uint32_t as);
struct net net_mpls(uint32_t label); /* less than 2^20 */
uint32_t net_label(const struct net *); /* 0 for other types */
struct net net_address(const struct net *); /* the network of its address alone */
uint64_t net_rd(const struct net *);
unsigned net_roa_max(const struct net *);
uint32_t net_as(const struct net *); /* of a ROA, of an ASPA */
bool net_equal(const struct net *, const struct net *);
int net_cmp(const struct net *, const struct net *); /* type, address, then length */
/* Of one type, by addresses (and distinguishers); equal counts.  An ASPA, a label or a long
 * network contains itself; a source-specific one what lies in both its prefixes. */
bool net_contains(const struct net *outer, const struct net *inner);
/* Of two networks that contain a third the deeper one is meant: a longer prefix, of
 * source-specific ones the longer destination, then the longer source. */
unsigned net_depth(const struct net *);
/* Not a network that routes lead to: loopback, multicast, link-local, 0.x, broadcast, and
 * IPv6 forms of these; default routes are none of them.  False for types other than IP.
 */
bool net_is_bogus(const struct net *);
uint64_t net_hash(const struct net *);

#define NET_TEXT_MAX 144
/* As BIRD writes it: 192.0.2.0/24; 10:20 192.0.2.0/24; 192.0.2.0/24-26 AS65000; 65000;
 * 2001:db8::/32 from 2001:db8:1::/48.
 * Long networks: their type and as many bytes as fit; filter/vnet.h has their text. */
char *net_format(const struct net *, char *buf);
/* "A/L"; false if malformed, out of range or with host bits set. */
bool net_parse(const char *text, struct net *);

#define RD_TEXT_MAX 64
/* A route distinguisher, RFC 4364, 4.2: N:N, A.B.C.D:N; 2:N:N for a small 4-octet AS. */
char *rd_format(uint64_t rd, char *buf);
/* The text has a colon behind digits; false if a number does not fit. */
bool rd_parse(const char *text, uint64_t *);

#endif
