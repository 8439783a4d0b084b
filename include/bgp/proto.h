/*
 * Numbers of BGP: messages, families, attributes, errors.
 */
#ifndef MYNAH_BGP_PROTO_H
#define MYNAH_BGP_PROTO_H

#include <stdbool.h>
#include <stdint.h>
#include "base/net.h"

#define BGP_HEADER_LEN 19
#define BGP_MSG_MAX 4096      /* RFC 4271, 4.1 */
#define BGP_MSG_EXT_MAX 65535 /* RFC 8654 */
#define AS_TRANS 23456u       /* RFC 6793 */

enum bgp_msg {
	BGP_OPEN = 1,
	BGP_UPDATE = 2,
	BGP_NOTIFICATION = 3,
	BGP_KEEPALIVE = 4,
	BGP_REFRESH = 5, /* RFC 2918 */
};

/* Families the daemon knows: kinds of channels, and an index into every per-family array.
 */
enum family {
	FAM_IP4,
	FAM_IP6,
	FAM_VPN4, /* these two have tables and channels, but no BGP: see FAM_VPN4_MPLS */
	FAM_VPN6,
	FAM_ROA4, /* nor have these three */
	FAM_ROA6,
	FAM_ASPA,
	FAM_IP4_MC,
	FAM_IP6_MC,
	FAM_IP4_MPLS, /* RFC 8277 */
	FAM_IP6_MPLS,
	FAM_VPN4_MPLS, /* RFC 4364 */
	FAM_VPN6_MPLS, /* RFC 4659 */
	FAM_VPN4_MC,   /* RFC 6514, 129 */
	FAM_VPN6_MC,
	FAM_RTC, /* RFC 4684 */
	FAM_FLOW4, /* RFC 8955; this and the next ones: bgp/longnlri.h */
	FAM_FLOW6, /* RFC 8956 */
	FAM_VFLOW4,
	FAM_VFLOW6,
	FAM_EVPN, /* RFC 7432 */
	FAM_VPLS, /* RFC 4761 */
	FAM_LS,	  /* RFC 9552 */
	FAM_VLS,
	FAM_SADR, /* these two have no BGP either */
	FAM_MPLS,
	FAMILIES,
	FAM_NONE = 0xff
};

/* What a family's networks look like in a message (bgp/nlri.h has the code for each). */
enum nlri_form {
	NLRI_PREFIX,	    /* length in bits, address */
	NLRI_LABELLED,	    /* length, labels, address: RFC 8277, 2 */
	NLRI_VPN,	    /* length, route distinguisher, address */
	NLRI_VPN_LABELLED,  /* length, labels, route distinguisher, address: RFC 4364, 4.3.4 */
	NLRI_RTC,	    /* length, AS, route target: RFC 4684, 4 */
	NLRI_FLOW,	    /* length in one or two bytes, components: RFC 8955, 4.1 */
	NLRI_VFLOW,	    /* length, route distinguisher, components: RFC 8955, 8 */
	NLRI_EVPN,	    /* type, length, fields: RFC 7432, 7 */
	NLRI_VPLS,	    /* length in two bytes, fields: RFC 4761, 3.2.2 */
	NLRI_LS,	    /* type and length in two bytes each, descriptors: RFC 9552, 5.2 */
	NLRI_FORMS
};

/* Which next hops a family has.  IPv6 ones may have a link-local address behind them. */
enum hop_form {
	HOP_FORM_IP4, /* IPv4; with the capability of RFC 8950, IPv6 too */
	HOP_FORM_IP6, /* IPv6 */
	HOP_FORM_ANY, /* either */
	HOP_FORM_NONE /* none; what a peer sends is of no account: RFC 8955, 4 */
};

struct family_info {
	uint16_t afi; /* 0: BGP does not carry it here */
	uint8_t safi;
	enum net_type net_type;
	const char *name;  /* as shown: "ipv4-mc" */
	const char *words; /* as a channel is written: "ipv4 multicast" */
	enum nlri_form nlri;
	enum hop_form hop;
	bool hop_rd; /* eight zero bytes stand before each next hop: RFC 4364, 4.3.2 */
	bool constrained; /* sent to peers that speak rtc as far as they ask for: RFC 4684 */
};

extern const struct family_info families[FAMILIES];

static inline const struct family_info *
family_info(enum family family)
{
	return &families[family];
}

/* Do networks of the family come with labels? */
static inline bool
family_has_labels(enum family family)
{
	enum nlri_form form = families[family].nlri;

	return form == NLRI_LABELLED || form == NLRI_VPN_LABELLED;
}

/* Has an NLRI of the family something that is the path's, not the network's? */
static inline bool
family_has_rest(enum family family)
{
	enum nlri_form form = families[family].nlri;

	return form == NLRI_EVPN || form == NLRI_VPLS;
}

enum family family_find(uint16_t afi, uint8_t safi); /* FAM_NONE if unknown */
/* The families of BGP in the order of their numbers: the next one, FAM_NONE at both ends. */
enum family family_after(enum family);
enum family family_by_name(const char *name);	     /* "ipv4-mc" */
enum family family_by_words(const char *words);	     /* "ipv4 multicast" */

enum attr_code {
	ATTR_ORIGIN = 1,
	ATTR_AS_PATH = 2,
	ATTR_NEXT_HOP = 3,
	ATTR_MED = 4,
	ATTR_LOCAL_PREF = 5,
	ATTR_ATOMIC_AGGR = 6,
	ATTR_AGGREGATOR = 7,
	ATTR_COMMUNITY = 8,
	ATTR_ORIGINATOR_ID = 9,
	ATTR_CLUSTER_LIST = 10,
	ATTR_MP_REACH = 14,
	ATTR_MP_UNREACH = 15,
	ATTR_EXT_COMMUNITY = 16,
	ATTR_AS4_PATH = 17,
	ATTR_AS4_AGGREGATOR = 18,
	ATTR_PMSI_TUNNEL = 22,	    /* RFC 6514 */
	ATTR_TUNNEL_ENCAP = 23,	    /* RFC 9012 */
	ATTR_TRAFFIC_ENG = 24,	    /* RFC 5543 */
	ATTR_EXT6_COMMUNITY = 25,   /* RFC 5701 */
	ATTR_AIGP = 26,		    /* RFC 7311 */
	ATTR_PE_LABELS = 27,	    /* RFC 6514 */
	ATTR_LS = 29,		    /* RFC 9552 */
	ATTR_LARGE_COMMUNITY = 32,
	ATTR_OTC = 35,
	ATTR_SFP = 37,	      /* RFC 9015 */
	ATTR_BFD = 38,	      /* RFC 9026 */
	ATTR_PREFIX_SID = 40, /* RFC 8669 */
	ATTR_SET = 128,	      /* RFC 6368 */
};

#define AF_OPTIONAL 0x80
#define AF_TRANSITIVE 0x40
#define AF_PARTIAL 0x20
#define AF_EXTENDED 0x10 /* length in two bytes; never kept in memory */

enum { ORIGIN_IGP, ORIGIN_EGP, ORIGIN_INCOMPLETE };
enum { SEG_SET = 1, SEG_SEQUENCE = 2, SEG_CONFED_SEQUENCE = 3, SEG_CONFED_SET = 4 };

#define COMM_WELL_KNOWN 0xffff0000u /* RFC 1997: from here on */
#define COMM_NO_EXPORT 0xffffff01u
#define COMM_NO_ADVERTISE 0xffffff02u
#define COMM_NO_EXPORT_SUBCONFED 0xffffff03u
#define COMM_LLGR_STALE 0xffff0006u
#define COMM_NO_LLGR 0xffff0007u

/* NOTIFICATION codes; subcodes by name where the code uses them. */
enum bgp_error {
	ERR_NONE = 0,
	ERR_HEADER = 1,
	ERR_OPEN = 2,
	ERR_UPDATE = 3,
	ERR_HOLD = 4,
	ERR_FSM = 5,
	ERR_CEASE = 6,
	ERR_REFRESH = 7,
	ERR_SEND_HOLD = 8,
};

enum cease {
	CEASE_MAX_PREFIXES = 1,
	CEASE_SHUTDOWN = 2,
	CEASE_DECONFIGURED = 3,
	CEASE_RESET = 4,
	CEASE_REJECTED = 5,
	CEASE_CONFIG = 6,
	CEASE_COLLISION = 7,
	CEASE_RESOURCES = 8,
	CEASE_HARD_RESET = 9, /* RFC 8538 */
	CEASE_BFD_DOWN = 10,  /* RFC 9384 */
};

/* "Bad peer AS" for 2.2; "Unknown error A.B" (into buf, at least 32 bytes) otherwise. */
const char *bgp_error_text(unsigned code, unsigned subcode, char *buf);

#endif
