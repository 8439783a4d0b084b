/*
 * UPDATE, decoded: a row for each rule of RFC 7606, RFC 4760, RFC 6793 and RFC 4724 that
 * the decoder knows.
 */
#include "test.h"
#include "bytes.h"
#include "base/wire.h"
#include "bgp/update.h"

#define ORIGIN "40 01 01 00 "
#define PATH "40 02 06 02 01 0000fde9 " /* 65001 */
#define PATH2 "40 02 04 02 01 fde9 "
#define NEXT_HOP "40 03 04 c0000201 "
#define MUST ORIGIN PATH NEXT_HOP
#define MUST2 ORIGIN PATH2 NEXT_HOP
#define LP "40 05 04 00000064 "
#define NET "18 c63364 " /* 198.51.100.0/24 */
#define NET2 "10 0a01 "
#define NH6 "20010db8000000000000000000000001 "
#define LL6 "fe800000000000000000000000000001 "
#define NET6 "20 20010db8 "
#define REACH6 "80 0e 1a 0002 01 10 " NH6 "00 " NET6
#define UNREACH6 "80 0f 08 0002 01 " NET6

/* canonical */
#define C_ORIGIN "4001 0001 00 "
#define C_PATH "4002 0006 02010000fde9 "
#define C_BASE C_ORIGIN C_PATH

enum { IBGP = 1, AS2 = 2, ADD4 = 4, ADD6 = 8, NO6 = 16, NO4 = 32, EBGP_LP = 64,
	CONFED = 128 };

static const struct row {
	const char *name;
	unsigned codec;
	const char *withdrawn, *attrs, *nlri;
	enum verdict verdict;
	uint8_t subcode, fault_attr;
	unsigned reach, unreach; /* networks */
	const char *set;         /* canonical block, when it matters */
} rows[] = {
	/* what is fine */
	{ "announce", 0, "", MUST, NET, VERDICT_OK, 0, 0, 1, 0, C_BASE },
	{ "announce two", 0, "", MUST, NET NET2, VERDICT_OK, 0, 0, 2, 0, C_BASE },
	{ "withdraw", 0, NET, "", "", VERDICT_OK, 0, 0, 0, 1, "" },
	{ "both", 0, NET2, MUST, NET, VERDICT_OK, 0, 0, 1, 1, C_BASE },
	{ "both with the same network", 0, NET, MUST, NET, VERDICT_OK, 0, 0, 1, 1,
	    C_BASE },
	{ "default route", 0, "", MUST, "00", VERDICT_OK, 0, 0, 1, 0, C_BASE },
	{ "attributes out of order", 0, "", PATH NEXT_HOP ORIGIN, NET, VERDICT_OK, 0, 0,
	    1, 0, C_BASE },
	{ "extended length of a short one", 0, "", "50 01 0001 00 " PATH NEXT_HOP, NET,
	    VERDICT_OK, 0, 0, 1, 0, C_BASE },
	{ "reserved flag bits are ignored", 0, "", "4f 01 01 00 " PATH NEXT_HOP, NET,
	    VERDICT_OK, 0, 0, 1, 0, C_BASE },
	{ "partial bit of a well-known one is dropped", 0, "",
	    "60 01 01 00 " PATH NEXT_HOP, NET, VERDICT_OK, 0, 0, 1, 0, C_BASE },
	{ "empty AS_PATH", IBGP, "", ORIGIN "40 02 00 " NEXT_HOP, NET, VERDICT_OK, 0, 0,
	    1, 0, C_ORIGIN "4002 0000 " },
	{ "all the attributes known", IBGP, "",
	    MUST "80 04 04 00000007 " LP "40 06 00 c0 07 08 0000fde9 c0000201 "
		 "c0 08 04 fde90001 80 09 04 01020304 80 0a 08 0a000001 0a000002 "
		 "c0 10 08 0002fde900000001 c0 20 0c 0000fde90000000100000002 c0 23 04 "
		 "0000fde9",
	    NET, VERDICT_OK, 0, 0, 1, 0,
	    C_BASE "8004 0004 00000007 4005 0004 00000064 4006 0000 "
		   "c007 0008 0000fde9c0000201 c008 0004 fde90001 8009 0004 01020304 "
		   "800a 0008 0a0000010a000002 c010 0008 0002fde900000001 "
		   "c020 000c 0000fde90000000100000002 c023 0004 0000fde9" },

	/* attributes of other families and services: known, so not partial */
	{ "PMSI tunnel, encapsulation, IPv6 communities, prefix-SID, ATTR_SET", IBGP, "",
	    MUST "c0 16 05 00 06 000640 c0 17 04 0008 0000 "
		 "c0 19 14 000220010db800000000000000000000000100ff "
		 "c0 28 0a 01 0007 00000000000001 c0 80 04 0000fde9",
	    NET, VERDICT_OK, 0, 0, 1, 0,
	    C_BASE "c016 0005 0006000640 c017 0004 00080000 "
		   "c019 0014 000220010db800000000000000000000000100ff "
		   "c028 000a 01000700000000000001 c080 0004 0000fde9" },
	{ "link state is not transitive, but ours", IBGP, "",
	    MUST "80 1d 06 0402 0002 6162", NET, VERDICT_OK, 0, 0, 1, 0,
	    C_BASE "801d 0006 040200026162" },
	{ "link state that overruns is discarded", IBGP, "",
	    MUST "80 1d 06 0402 0003 6162", NET, VERDICT_DISCARD, 9, 29, 1, 0, C_BASE },
	{ "PMSI tunnel too short", IBGP, "", MUST "c0 16 04 00 06 0006", NET,
	    VERDICT_WITHDRAW, 5, 22, 1, 0, NULL },
	{ "tunnel encapsulation that overruns", IBGP, "", MUST "c0 17 04 0008 0001", NET,
	    VERDICT_WITHDRAW, 9, 23, 1, 0, NULL },
	{ "half an IPv6 community", IBGP, "", MUST "c0 19 0a 000220010db800000000", NET,
	    VERDICT_WITHDRAW, 5, 25, 1, 0, NULL },
	{ "prefix-SID that overruns is discarded", IBGP, "",
	    MUST "c0 28 0a 01 0008 00000000000001", NET, VERDICT_DISCARD, 9, 40, 1, 0,
	    C_BASE },
	{ "ATTR_SET with an attribute", IBGP, "", MUST "c0 80 08 0000fde9 40 01 01 00",
	    NET, VERDICT_OK, 0, 0, 1, 0, NULL },
	{ "ATTR_SET with half an attribute", IBGP, "", MUST "c0 80 07 0000fde9 40 01 01",
	    NET, VERDICT_WITHDRAW, 9, 128, 1, 0, NULL },
	{ "ATTR_SET with a byte too many", IBGP, "",
	    MUST "c0 80 09 0000fde9 40 01 01 00 40", NET, VERDICT_WITHDRAW, 9, 128, 1, 0,
	    NULL },
	{ "BFD discriminator with a TLV", IBGP, "", MUST "c0 26 08 01 00000001 01 01 00",
	    NET, VERDICT_OK, 0, 0, 1, 0, NULL },
	{ "BFD discriminator with half a TLV", IBGP, "",
	    MUST "c0 26 07 01 00000001 01 01", NET, VERDICT_DISCARD, 9, 38, 1, 0, NULL },
	{ "ATTR_SET too short", IBGP, "", MUST "c0 80 03 0000fd", NET, VERDICT_WITHDRAW,
	    5, 128, 1, 0, NULL },

	{ "traffic engineering is not transitive", IBGP, "", MUST "c0 18 01 00", NET,
	    VERDICT_WITHDRAW, 4, 24, 1, 0, NULL },
	{ "labels of a PE, SFP, BFD", IBGP, "",
	    MUST "c0 1b 01 aa c0 25 01 bb c0 26 05 0100000001", NET, VERDICT_OK, 0, 0, 1,
	    0, C_BASE "c01b 0001 aa c025 0001 bb c026 0005 0100000001" },
	{ "labels of a PE not transitive", IBGP, "", MUST "80 1b 01 aa", NET,
	    VERDICT_WITHDRAW, 4, 27, 1, 0, NULL },
	{ "SFP not transitive", IBGP, "", MUST "80 25 01 bb", NET, VERDICT_WITHDRAW, 4,
	    37, 1, 0, NULL },
	{ "BFD discriminator too short is discarded", IBGP, "", MUST "c0 26 04 01000000",
	    NET, VERDICT_DISCARD, 5, 38, 1, 0, C_BASE },

	/* RFC 4271, 4.3 and 6.3: the parts of the message */
	{ "too short", 0, NULL, "", NULL, VERDICT_RESET, 1, 0, 0, 0, NULL },
	{ "withdrawn length overruns", 0, NULL, "0005 00 0000", NULL, VERDICT_RESET, 1, 0,
	    0, 0, NULL },
	{ "attribute length overruns", 0, NULL, "0000 0005 40", NULL, VERDICT_RESET, 1, 0,
	    0, 0, NULL },

	/* RFC 7606, 3 c: flags */
	{ "ORIGIN optional", 0, "", "c0 01 01 00 " PATH NEXT_HOP, NET, VERDICT_WITHDRAW,
	    4, 1, 1, 0, NULL },
	{ "ORIGIN not transitive", 0, "", "00 01 01 00 " PATH NEXT_HOP, NET,
	    VERDICT_WITHDRAW, 4, 1, 1, 0, NULL },
	{ "COMMUNITIES not transitive", 0, "", MUST "80 08 04 00000001", NET,
	    VERDICT_WITHDRAW, 4, 8, 1, 0, NULL },
	{ "COMMUNITIES partial is kept", 0, "", MUST "e0 08 04 00000001", NET, VERDICT_OK,
	    0, 0, 1, 0, C_BASE "e008 0004 00000001" },
	{ "MED transitive", 0, "", MUST "c0 04 04 00000001", NET, VERDICT_WITHDRAW, 4, 4,
	    1, 0, NULL },
	{ "MP_REACH with wrong flags still withdraws", 0, "",
	    ORIGIN PATH "c0 0e 1a 0002 01 10 " NH6 "00 " NET6, "", VERDICT_WITHDRAW, 4,
	    14, 1, 0, NULL },
	{ "MP_UNREACH with wrong flags", 0, "", "c0 0f 08 0002 01 " NET6, "",
	    VERDICT_WITHDRAW, 4, 15, 0, 1, NULL },

	/* RFC 7606, 3 d: mandatory attributes */
	{ "no ORIGIN", 0, "", PATH NEXT_HOP, NET, VERDICT_WITHDRAW, 3, 1, 1, 0, NULL },
	{ "no AS_PATH", 0, "", ORIGIN NEXT_HOP, NET, VERDICT_WITHDRAW, 3, 2, 1, 0, NULL },
	{ "no NEXT_HOP", 0, "", ORIGIN PATH, NET, VERDICT_WITHDRAW, 3, 3, 1, 0, NULL },
	{ "no attribute at all", 0, "", "", NET, VERDICT_WITHDRAW, 3, 1, 1, 0, NULL },
	{ "MP_REACH needs no NEXT_HOP", 0, "", ORIGIN PATH REACH6, "", VERDICT_OK, 0, 0,
	    1, 0, C_BASE },
	{ "MP_REACH needs ORIGIN", 0, "", PATH REACH6, "", VERDICT_WITHDRAW, 3, 1, 1, 0,
	    NULL },
	{ "MP_REACH beside NLRI without NEXT_HOP", 0, "", ORIGIN PATH REACH6, NET,
	    VERDICT_WITHDRAW, 3, 3, 2, 0, NULL },
	{ "no ORIGIN, NLRI beside an empty MP_REACH", 0, "",
	    "80 0e 15 0002 01 10 " NH6 "00 " PATH NEXT_HOP, NET, VERDICT_WITHDRAW, 3, 1,
	    1, 0, NULL },
	{ "NEXT_HOP is nothing without NLRI", 0, "", ORIGIN PATH "40 03 02 0000 " REACH6,
	    "", VERDICT_OK, 0, 0, 1, 0, C_BASE },

	/* RFC 7606, 3 g: twice */
	{ "MED twice: the first counts", 0, "",
	    MUST "80 04 04 00000001 80 04 04 00000002", NET, VERDICT_DISCARD, 1, 4, 1, 0,
	    C_BASE "8004 0004 00000001" },
	{ "unknown one twice", 0, "", MUST "c0 63 01 01 c0 63 01 02", NET,
	    VERDICT_DISCARD, 1, 0x63, 1, 0, C_BASE "e063 0001 01" },
	{ "MP_REACH twice", 0, "", ORIGIN PATH REACH6 REACH6, "", VERDICT_RESET, 1, 14, 0,
	    0, NULL },
	{ "MP_UNREACH twice", 0, "", UNREACH6 UNREACH6, "", VERDICT_RESET, 1, 15, 0, 0,
	    NULL },

	/* RFC 7606, 4: lengths of attributes */
	{ "attribute overruns the list", 0, "", MUST "c0 08 08 00000001", NET,
	    VERDICT_WITHDRAW, 1, 8, 1, 0, NULL },
	{ "two bytes left of an attribute", 0, "", MUST "c0 08", NET, VERDICT_WITHDRAW, 1,
	    8, 1, 0, NULL },
	{ "one byte left", 0, "", MUST "c0", NET, VERDICT_WITHDRAW, 1, 0, 1, 0, NULL },
	{ "half an extended length", 0, "", MUST "d0 08 00", NET, VERDICT_WITHDRAW, 1, 8,
	    1, 0, NULL },
	{ "overrun with no network in sight", 0, "", MUST "c0 08 08 00000001", "",
	    VERDICT_RESET, 1, 8, 0, 0, NULL },
	{ "overrun behind MP_REACH", 0, "", REACH6 ORIGIN PATH "c0 08 08 00", "",
	    VERDICT_WITHDRAW, 1, 8, 1, 0, NULL },
	{ "overrun in front of withdrawn networks only", 0, NET, "c0 08 08 00", "",
	    VERDICT_RESET, 1, 8, 0, 0, NULL },

	/* RFC 7606, 5.2: a fault, and nothing to withdraw */
	{ "bad ORIGIN without networks", 0, "", "40 01 01 07 " PATH, "", VERDICT_RESET, 6,
	    1, 0, 0, NULL },
	{ "to be discarded, without networks", 0, "", ORIGIN PATH "40 06 01 00", "",
	    VERDICT_DISCARD, 5, 6, 0, 0, NULL },
	{ "attributes without networks are fine", 0, "", MUST, "", VERDICT_OK, 0, 0, 0, 0,
	    NULL },

	/* RFC 7606, 5.3: networks */
	{ "prefix length 33", 0, "", MUST, "21 0a00000000", VERDICT_RESET, 10, 0, 0, 0,
	    NULL },
	{ "network cut short", 0, "", MUST, NET "18 c633", VERDICT_RESET, 10, 0, 0, 0,
	    NULL },
	{ "withdrawn prefix length 33", 0, "21 0a00000000", "", "", VERDICT_RESET, 10, 0,
	    0, 0, NULL },
	{ "withdrawn network cut short", 0, "18 c633", "", "", VERDICT_RESET, 10, 0, 0, 0,
	    NULL },
	{ "MP_REACH prefix length 129", 0, "",
	    ORIGIN PATH "80 0e 27 0002 01 10 " NH6 "00 81 " NH6 "00", "", VERDICT_RESET,
	    9, 14, 0, 0, NULL },
	{ "MP_REACH network cut short", 0, "",
	    ORIGIN PATH "80 0e 18 0002 01 10 " NH6 "00 20 2001", "", VERDICT_RESET, 9, 14,
	    0, 0, NULL },
	{ "MP_UNREACH network cut short", 0, "", "80 0f 06 0002 01 20 2001", "",
	    VERDICT_RESET, 9, 15, 0, 0, NULL },

	/* RFC 7606, 7: attribute by attribute */
	{ "7.1 ORIGIN length", 0, "", "40 01 02 0000 " PATH NEXT_HOP, NET,
	    VERDICT_WITHDRAW, 5, 1, 1, 0, NULL },
	{ "7.1 ORIGIN value", 0, "", "40 01 01 03 " PATH NEXT_HOP, NET, VERDICT_WITHDRAW,
	    6, 1, 1, 0, NULL },
	{ "7.2 AS_PATH segment type", 0, "", ORIGIN "40 02 06 05 01 0000fde9 " NEXT_HOP,
	    NET, VERDICT_WITHDRAW, 11, 2, 1, 0, NULL },
	{ "7.2 AS_PATH segment overrun", 0, "",
	    ORIGIN "40 02 06 02 02 0000fde9 " NEXT_HOP, NET, VERDICT_WITHDRAW, 11, 2, 1,
	    0, NULL },
	{ "7.2 AS_PATH segment underrun", 0, "",
	    ORIGIN "40 02 07 02 01 0000fde9 02 " NEXT_HOP, NET, VERDICT_WITHDRAW, 11, 2,
	    1, 0, NULL },
	{ "7.2 AS_PATH empty segment", 0, "", ORIGIN "40 02 02 02 00 " NEXT_HOP, NET,
	    VERDICT_WITHDRAW, 11, 2, 1, 0, NULL },
	{ "RFC 5065 confederation segment from outside", 0, "",
	    ORIGIN "40 02 06 03 01 0000fde9 " NEXT_HOP, NET, VERDICT_WITHDRAW, 11, 2, 1,
	    0, NULL },
	{ "RFC 5065 confederation segment from an internal peer", IBGP, "",
	    ORIGIN "40 02 06 03 01 0000fde9 " NEXT_HOP, NET, VERDICT_WITHDRAW, 11, 2, 1,
	    0, NULL },
	{ "RFC 5065 confederation segment within", IBGP | CONFED, "",
	    ORIGIN "40 02 06 03 01 0000fde9 " NEXT_HOP, NET, VERDICT_OK, 0, 0, 1, 0,
	    C_ORIGIN "4002 0006 03010000fde9" },
	{ "RFC 5065, 5 from another member AS", CONFED, "",
	    ORIGIN "40 02 06 03 01 0000fde9 " NEXT_HOP LP, NET, VERDICT_OK, 0, 0, 1, 0,
	    C_ORIGIN "4002 0006 03010000fde9 4005 0004 00000064" },
	{ "RFC 5065, 5 from another member AS, no segment in front", CONFED, "", MUST,
	    NET, VERDICT_WITHDRAW, 11, 2, 1, 0, NULL },
	{ "RFC 5065, 5 from another member AS, no path", CONFED, "",
	    ORIGIN "40 02 00 " NEXT_HOP, NET, VERDICT_WITHDRAW, 11, 2, 1, 0, NULL },
	{ "RFC 5065 another member's ORIGINATOR_ID", CONFED, "",
	    ORIGIN "40 02 06 03 01 0000fde9 " NEXT_HOP "80 09 04 01020304", NET,
	    VERDICT_DISCARD, 9, 9, 1, 0, C_ORIGIN "4002 0006 03010000fde9" },
	{ "RFC 7607 AS 0", 0, "", ORIGIN "40 02 06 02 01 00000000 " NEXT_HOP, NET,
	    VERDICT_WITHDRAW, 11, 2, 1, 0, NULL },
	{ "7.3 NEXT_HOP length", 0, "", ORIGIN PATH "40 03 03 c00002 ", NET,
	    VERDICT_WITHDRAW, 5, 3, 1, 0, NULL },
	{ "7.3 NEXT_HOP zero", 0, "", ORIGIN PATH "40 03 04 00000000 ", NET,
	    VERDICT_WITHDRAW, 8, 3, 1, 0, NULL },
	{ "7.3 NEXT_HOP multicast", 0, "", ORIGIN PATH "40 03 04 e0000001 ", NET,
	    VERDICT_WITHDRAW, 8, 3, 1, 0, NULL },
	{ "7.4 MED length", 0, "", MUST "80 04 03 000000", NET, VERDICT_WITHDRAW, 5, 4, 1,
	    0, NULL },
	{ "7.5 LOCAL_PREF from outside", 0, "", MUST LP, NET, VERDICT_DISCARD, 9, 5, 1, 0,
	    C_BASE },
	{ "7.5 LOCAL_PREF from outside, malformed", 0, "", MUST "40 05 01 00", NET,
	    VERDICT_DISCARD, 9, 5, 1, 0, C_BASE },
	{ "7.5 LOCAL_PREF from outside, allowed", EBGP_LP, "", MUST LP, NET, VERDICT_OK,
	    0, 0, 1, 0, C_BASE "4005 0004 00000064" },
	{ "7.5 LOCAL_PREF length", IBGP, "", MUST "40 05 05 0000000000", NET,
	    VERDICT_WITHDRAW, 5, 5, 1, 0, NULL },
	{ "7.6 ATOMIC_AGGREGATE length", 0, "", MUST "40 06 01 00", NET, VERDICT_DISCARD,
	    5, 6, 1, 0, C_BASE },
	{ "7.7 AGGREGATOR length", 0, "", MUST "c0 07 06 fde9c0000201", NET,
	    VERDICT_DISCARD, 5, 7, 1, 0, C_BASE },
	{ "7.7 AGGREGATOR length, 2-octet peer", AS2, "",
	    MUST2 "c0 07 08 0000fde9c0000201", NET, VERDICT_DISCARD, 5, 7, 1, 0, C_BASE },
	{ "RFC 7607 AGGREGATOR AS 0", 0, "", MUST "c0 07 08 00000000c0000201", NET,
	    VERDICT_DISCARD, 9, 7, 1, 0, C_BASE },
	{ "7.8 COMMUNITIES length", 0, "", MUST "c0 08 05 0000000100", NET,
	    VERDICT_WITHDRAW, 5, 8, 1, 0, NULL },
	{ "7.8 COMMUNITIES empty", 0, "", MUST "c0 08 00", NET, VERDICT_WITHDRAW, 5, 8, 1,
	    0, NULL },
	{ "7.9 ORIGINATOR_ID from outside", 0, "", MUST "80 09 04 01020304", NET,
	    VERDICT_DISCARD, 9, 9, 1, 0, C_BASE },
	{ "7.9 ORIGINATOR_ID length", IBGP, "", MUST "80 09 03 010203", NET,
	    VERDICT_WITHDRAW, 5, 9, 1, 0, NULL },
	{ "7.10 CLUSTER_LIST from outside", 0, "", MUST "80 0a 03 010203", NET,
	    VERDICT_DISCARD, 9, 10, 1, 0, C_BASE },
	{ "7.10 CLUSTER_LIST length", IBGP, "", MUST "80 0a 05 0102030405", NET,
	    VERDICT_WITHDRAW, 5, 10, 1, 0, NULL },
	{ "7.10 CLUSTER_LIST empty", IBGP, "", MUST "80 0a 00", NET, VERDICT_WITHDRAW, 5,
	    10, 1, 0, NULL },
	{ "7.11 MP_REACH next hop length", 0, "",
	    ORIGIN PATH "80 0e 0e 0002 01 04 c0000201 00 " NET6, "", VERDICT_RESET, 9, 14,
	    0, 0, NULL },
	{ "7.11 MP_REACH next hop overruns", 0, "",
	    ORIGIN PATH "80 0e 06 0002 01 10 2001", "", VERDICT_RESET, 9, 14, 0, 0,
	    NULL },
	{ "7.11 MP_REACH too short", 0, "", ORIGIN PATH "80 0e 02 0002", "",
	    VERDICT_RESET, 9, 14, 0, 0, NULL },
	{ "7.12 MP_UNREACH too short", 0, "", "80 0f 02 0002", "", VERDICT_RESET, 9, 15,
	    0, 0, NULL },
	{ "7.14 EXTENDED_COMMUNITIES length", 0, "", MUST "c0 10 04 00000001", NET,
	    VERDICT_WITHDRAW, 5, 16, 1, 0, NULL },
	{ "7.14 EXTENDED_COMMUNITIES empty", 0, "", MUST "c0 10 00", NET,
	    VERDICT_WITHDRAW, 5, 16, 1, 0, NULL },
	{ "RFC 8092 LARGE_COMMUNITY length", 0, "", MUST "c0 20 04 00000001", NET,
	    VERDICT_WITHDRAW, 5, 32, 1, 0, NULL },
	{ "RFC 9234 OTC length", 0, "", MUST "c0 23 03 000001", NET, VERDICT_WITHDRAW, 5,
	    35, 1, 0, NULL },
	{ "RFC 7311, 3 AIGP", 0, "", MUST "80 1a 0b 01 000b 0000000000000064", NET,
	    VERDICT_OK, 0, 0, 1, 0, C_BASE "801a 000b 01 000b 0000000000000064" },
	{ "RFC 7311, 3 AIGP with a TLV not known, and empty", 0, "",
	    MUST "80 1a 04 07 0004 01", NET, VERDICT_OK, 0, 0, 1, 0,
	    C_BASE "801a 0004 07 0004 01" },
	{ "RFC 7311, 3 AIGP transitive", 0, "", MUST "c0 1a 0b 01 000b 0000000000000064",
	    NET, VERDICT_DISCARD, 4, 26, 1, 0, C_BASE },
	{ "RFC 7311, 3 AIGP metric of a wrong length", 0, "",
	    MUST "80 1a 0a 01 000a 00000000000064", NET, VERDICT_DISCARD, 9, 26, 1, 0,
	    C_BASE },
	{ "RFC 7311, 3 AIGP TLV overruns", 0, "",
	    MUST "80 1a 0b 01 000c 0000000000000064", NET, VERDICT_DISCARD, 9, 26, 1, 0,
	    C_BASE },
	{ "RFC 7311, 3 AIGP TLV shorter than its head", 0, "", MUST "80 1a 03 02 0002",
	    NET, VERDICT_DISCARD, 9, 26, 1, 0, C_BASE },
	{ "the worst of several faults counts", 0, "",
	    "40 01 01 03 " PATH NEXT_HOP "40 06 01 00 80 0e 02 0002", NET, VERDICT_RESET,
	    9, 14, 0, 0, NULL },
	{ "the first of equal faults is told", 0, "",
	    "40 01 01 03 " PATH NEXT_HOP "80 04 01 00", NET, VERDICT_WITHDRAW, 6, 1, 1, 0,
	    NULL },

	/* unknown attributes */
	{ "unknown, well-known", 0, "", MUST "40 63 01 00", NET, VERDICT_WITHDRAW, 2,
	    0x63, 1, 0, NULL },
	{ "unknown, transitive: kept, partial", 0, "", MUST "c0 63 01 aa", NET,
	    VERDICT_OK, 0, 0, 1, 0, C_BASE "e063 0001 aa" },
	{ "unknown, not transitive: dropped", 0, "", MUST "80 63 01 aa", NET, VERDICT_OK,
	    0, 0, 1, 0, C_BASE },
	{ "unknown, transitive, empty", 0, "", MUST "c0 63 00", NET, VERDICT_OK, 0, 0, 1,
	    0, C_BASE "e063 0000" },

	/* RFC 4760, RFC 2545 */
	{ "IPv6", 0, "", REACH6 ORIGIN PATH, "", VERDICT_OK, 0, 0, 1, 0, C_BASE },
	{ "IPv6 with link-local next hop", 0, "",
	    "80 0e 2a 0002 01 20 " NH6 LL6 "00 " NET6 ORIGIN PATH, "", VERDICT_OK, 0, 0,
	    1, 0, C_BASE },
	{ "IPv6 next hop ::", 0, "",
	    "80 0e 1a 0002 01 10 00000000000000000000000000000000 00 " NET6 ORIGIN PATH,
	    "", VERDICT_WITHDRAW, 8, 14, 1, 0, NULL },
	{ "IPv6 withdrawn", 0, "", UNREACH6, "", VERDICT_OK, 0, 0, 0, 1, "" },
	{ "IPv6 in both directions", 0, "", REACH6 UNREACH6 ORIGIN PATH, "", VERDICT_OK,
	    0, 0, 1, 1, C_BASE },
	{ "both families, both directions", 0, NET, REACH6 UNREACH6 MUST, NET NET2,
	    VERDICT_OK, 0, 0, 3, 2, C_BASE },
	{ "IPv4 in MP_REACH", 0, "", "80 0e 0d 0001 01 04 c0000201 00 " NET ORIGIN PATH,
	    "", VERDICT_OK, 0, 0, 1, 0, C_BASE },
	{ "IPv4 in MP_REACH and in NLRI", 0, "",
	    "80 0e 0d 0001 01 04 c0000201 00 " NET MUST, NET2, VERDICT_OK, 0, 0, 2, 0,
	    C_BASE },
	{ "the same with two next hops", 0, "",
	    "80 0e 0d 0001 01 04 c0000202 00 " NET MUST, NET2, VERDICT_WITHDRAW, 8, 3, 2,
	    0, NULL },
	{ "IPv4 in MP_UNREACH", 0, "", "80 0f 07 0001 01 " NET, "", VERDICT_OK, 0, 0, 0,
	    1, "" },
	{ "family not known", 0, "", ORIGIN PATH "80 0e 09 4004 47 00 00 11223344", "",
	    VERDICT_OK, 0, 0, 0, 0, NULL },
	{ "family not negotiated", NO6, "", REACH6 UNREACH6 ORIGIN PATH, "", VERDICT_OK,
	    0, 0, 0, 0, NULL },
	{ "IPv4 not negotiated", NO4, NET, MUST, NET, VERDICT_OK, 0, 0, 0, 0, NULL },

	/* RFC 7911 */
	{ "add-path", ADD4, "00000001 " NET, MUST, "00000002 " NET "00000003 " NET,
	    VERDICT_OK, 0, 0, 2, 1, C_BASE },
	{ "add-path, path id cut short", ADD4, "", MUST, "000000", VERDICT_RESET, 10, 0,
	    0, 0, NULL },
	{ "add-path for the other family", ADD6, "", MUST, NET, VERDICT_OK, 0, 0, 1, 0,
	    C_BASE },

	/* RFC 6793 */
	{ "2-octet path", AS2, "", MUST2, NET, VERDICT_OK, 0, 0, 1, 0, C_BASE },
	{ "2-octet aggregator", AS2, "", MUST2 "c0 07 06 fde9 c0000201", NET, VERDICT_OK,
	    0, 0, 1, 0, C_BASE "c007 0008 0000fde9c0000201" },
	{ "AS4_PATH for the tail", AS2, "",
	    ORIGIN "40 02 08 02 03 fde9 5ba0 5ba0 " NEXT_HOP
		   "c0 11 0a 02 02 00010001 00010002",
	    NET, VERDICT_OK, 0, 0, 1, 0,
	    C_ORIGIN "4002 000e 0203 0000fde9 00010001 00010002" },
	{ "AS4_PATH for all", AS2, "",
	    ORIGIN "40 02 06 02 02 5ba0 5ba0 " NEXT_HOP
		   "c0 11 0a 02 02 00010001 00010002",
	    NET, VERDICT_OK, 0, 0, 1, 0, C_ORIGIN "4002 000a 0202 00010001 00010002" },
	{ "AS4_PATH longer than AS_PATH is ignored", AS2, "",
	    ORIGIN "40 02 04 02 01 5ba0 " NEXT_HOP "c0 11 0a 02 02 00010001 00010002",
	    NET, VERDICT_OK, 0, 0, 1, 0, C_ORIGIN "4002 0006 0201 00005ba0" },
	{ "AS4_PATH behind a set", AS2, "",
	    ORIGIN "40 02 0a 01 02 0001 0002 02 01 5ba0 " NEXT_HOP
		   "c0 11 06 02 01 00010001",
	    NET, VERDICT_OK, 0, 0, 1, 0,
	    C_ORIGIN "4002 0010 0102 00000001 00000002 0201 00010001" },
	{ "AS4_PATH counts a set once", AS2, "",
	    ORIGIN "40 02 0a 02 01 fde9 01 02 5ba0 5ba0 " NEXT_HOP
		   "c0 11 0a 01 02 00010001 00010002",
	    NET, VERDICT_OK, 0, 0, 1, 0,
	    C_ORIGIN "4002 0010 0201 0000fde9 0102 00010001 00010002" },
	{ "AS4_PATH with confederation segments", AS2 | IBGP, "",
	    ORIGIN "40 02 04 02 01 5ba0 " NEXT_HOP
		   "c0 11 0c 03 01 0000fdea 02 01 00010001",
	    NET, VERDICT_OK, 0, 0, 1, 0, C_ORIGIN "4002 0006 0201 00010001" },
	{ "AS4_PATH malformed", AS2, "", MUST2 "c0 11 06 02 02 00010001", NET,
	    VERDICT_DISCARD, 9, 17, 1, 0, C_BASE },
	{ "AS4_PATH too short", AS2, "", MUST2 "c0 11 02 02 00", NET, VERDICT_DISCARD, 5,
	    17, 1, 0, C_BASE },
	{ "AS4_PATH from a 4-octet speaker", 0, "", MUST "c0 11 06 02 01 00010001", NET,
	    VERDICT_OK, 0, 0, 1, 0, C_BASE },
	{ "AS4_AGGREGATOR", AS2, "",
	    MUST2 "c0 07 06 5ba0 c0000201 c0 12 08 00010001 c0000202", NET, VERDICT_OK, 0,
	    0, 1, 0, C_BASE "c007 0008 00010001c0000202" },
	{ "AS4_AGGREGATOR stale: AS4_PATH too", AS2, "",
	    ORIGIN "40 02 04 02 01 5ba0 " NEXT_HOP "c0 07 06 fde9 c0000201 "
		   "c0 11 06 02 01 00010001 c0 12 08 00010001 c0000202",
	    NET, VERDICT_OK, 0, 0, 1, 0,
	    C_ORIGIN "4002 0006 0201 00005ba0 c007 0008 0000fde9c0000201" },
	{ "AS4_AGGREGATOR alone", AS2, "", MUST2 "c0 12 08 00010001 c0000202", NET,
	    VERDICT_OK, 0, 0, 1, 0, C_BASE },
	{ "AS4_AGGREGATOR length", AS2, "", MUST2 "c0 12 07 00010001 c00002", NET,
	    VERDICT_DISCARD, 5, 18, 1, 0, C_BASE },
};

static struct codec
codec_of(unsigned flags)
{
	return (struct codec){
		.as4 = !(flags & AS2),
		.internal = flags & IBGP,
		.confed = flags & CONFED,
		.allow_local_pref = flags & EBGP_LP,
		.add_path_rx = { flags & ADD4, flags & ADD6 },
		.active = { !(flags & NO4), !(flags & NO6) },
	};
}

/* The body of an UPDATE in memory of just its size; a row without parts is a raw body. */
static uint8_t *
body_new(const char *withdrawn, const char *attrs, const char *nlri, size_t *len)
{
	static uint8_t buf[70000];
	struct wbuf w = wbuf_init(buf, sizeof(buf));
	uint8_t *at, *body;
	const char *parts[] = { withdrawn, attrs };

	if (!withdrawn)
		w.pos += hex_read(attrs, w.pos);
	for (unsigned i = 0; withdrawn && i < 2; i++) {
		at = wbuf_take(&w, 2);
		w.pos += hex_read(parts[i], w.pos);
		put_u16(at, (uint16_t)(w.pos - at - 2));
	}
	w.pos += hex_read(nlri, w.pos);
	*len = wbuf_len(&w);
	body = malloc(*len ? *len : 1);
	memcpy(body, buf, *len);
	return body;
}

static unsigned
networks(struct nlri_run *runs, unsigned n)
{
	struct nlri nlri;
	unsigned count = 0;

	for (unsigned i = 0; i < n; i++) {
		struct nlri_run run = runs[i];

		while (nlri_next(&run, &nlri))
			count++;
		assert_int_equal(run.len, 0);
	}
	return count;
}

/* Interns the draft and compares the block. */
static void
set_check(struct draft *d, const char *want)
{
	struct store *st = store_new();
	struct attrs *a = store_intern(st, d);
	char *got_text = malloc(2u * a->block_len + 1),
	     *want_text = malloc(strlen(want) + 1);

	assert_string_equal(
	    hex_write(attrs_block(a), a->block_len, got_text), hex_tidy(want, want_text));
	free(got_text);
	free(want_text);
	attrs_unref(st, a, 1);
	store_free(st);
}

static void
row_test(void **state)
{
	const struct row *r = *state;
	struct codec codec = codec_of(r->codec);
	struct arena *arena = arena_new();
	struct update *u = malloc(sizeof(*u));
	size_t len;
	uint8_t *body = body_new(r->withdrawn, r->attrs, r->nlri, &len);

	update_decode(u, &codec, arena, body, len);
	assert_int_equal(u->verdict, r->verdict);
	assert_int_equal(u->code, r->verdict ? ERR_UPDATE : 0);
	assert_int_equal(u->subcode, r->subcode);
	assert_int_equal(u->fault_attr, r->fault_attr);
	assert_int_equal(!u->fault, r->verdict == VERDICT_OK);
	assert_int_equal(networks(u->reach, u->reach_n), r->reach);
	assert_int_equal(networks(u->unreach, u->unreach_n), r->unreach);
	assert_false(u->eor);
	if (r->set)
		set_check(&u->draft, r->set);
	free(body);
	free(u);
	arena_free(arena);
}

/* End-of-RIB, RFC 4724, 2. */
static const struct eor_row {
	const char *name;
	unsigned codec;
	const char *withdrawn, *attrs;
	enum family want;
} eor_rows[] = {
	{ "eor: empty message", 0, "", "", FAM_IP4 },
	{ "eor: IPv6", 0, "", "80 0f 03 0002 01", FAM_IP6 },
	{ "eor: IPv4 in MP_UNREACH", 0, "", "80 0f 03 0001 01", FAM_IP4 },
	{ "eor: extended length", 0, "", "90 0f 0003 0002 01", FAM_IP6 },
	{ "eor: not with withdrawn networks", 0, NET, "80 0f 03 0002 01", FAM_NONE },
	{ "eor: not with other attributes", 0, "", "80 0f 03 0002 01 " ORIGIN, FAM_NONE },
	{ "eor: not of an inactive family", NO6, "", "80 0f 03 0002 01", FAM_NONE },
	{ "eor: not of inactive IPv4", NO4, "", "", FAM_NONE },
	{ "eor: not of an unknown family", 0, "", "80 0f 03 0063 01", FAM_NONE },
};

static void
eor_test(void **state)
{
	const struct eor_row *r = *state;
	struct codec codec = codec_of(r->codec);
	struct arena *arena = arena_new();
	struct update *u = malloc(sizeof(*u));
	size_t len;
	uint8_t *body = body_new(r->withdrawn, r->attrs, "", &len);

	update_decode(u, &codec, arena, body, len);
	assert_int_equal(u->verdict, VERDICT_OK);
	assert_int_equal(u->eor, r->want != FAM_NONE);
	assert_int_equal(u->eor_family, r->want);
	free(body);
	free(u);
	arena_free(arena);
}

/* Decodes an announcement and gives its first network and its next hop. */
static struct next_hop
announce(unsigned flags, const char *attrs, const char *nlri, struct nlri *out)
{
	struct codec codec = codec_of(flags);
	struct arena *arena = arena_new();
	struct update *u = malloc(sizeof(*u));
	struct next_hop nh;
	size_t len;
	uint8_t *body = body_new("", attrs, nlri, &len);

	update_decode(u, &codec, arena, body, len);
	assert_int_equal(u->verdict, VERDICT_OK);
	assert_int_equal(u->reach_n, 1);
	assert_true(nlri_next(&u->reach[0], out));
	nh = *update_next_hop(u, u->reach[0].family);
	free(body);
	free(u);
	arena_free(arena);
	return nh;
}

static void
network_values(void **state)
{
	struct nlri n;
	char text[NET_TEXT_MAX];

	(void)state;
	announce(0, MUST, NET, &n);
	assert_string_equal(net_format(&n.net, text), "198.51.100.0/24");
	assert_int_equal(n.path_id, 0);
	announce(ADD4, MUST, "00000102 16 c633ff", &n);
	assert_string_equal(net_format(&n.net, text), "198.51.252.0/22");
	assert_int_equal(n.path_id, 258);
	announce(0, REACH6 ORIGIN PATH, "", &n);
	assert_string_equal(net_format(&n.net, text), "2001:db8::/32");
}

static void
next_hop_values(void **state)
{
	struct nlri n;
	struct next_hop nh;
	struct ip ip;
	char text[IP_TEXT_MAX];

	(void)state;
	nh = announce(0, MUST, NET, &n);
	ip = next_hop_ip(&nh);
	assert_int_equal(nh.len, 4);
	assert_string_equal(ip_format(&ip, text), "192.0.2.1");

	nh = announce(0, REACH6 ORIGIN PATH, "", &n);
	ip = next_hop_ip(&nh);
	assert_int_equal(nh.len, 16);
	assert_string_equal(ip_format(&ip, text), "2001:db8::1");

	nh = announce(0, "80 0e 2a 0002 01 20 " NH6 LL6 "00 " NET6 ORIGIN PATH, "", &n);
	assert_int_equal(nh.len, 32);
	nh = announce(0, "80 0e 2a 0002 01 20 " NH6 NH6 "00 " NET6 ORIGIN PATH, "", &n);
	assert_int_equal(nh.len, 16);
	nh = announce(0,
	    "80 0e 2a 0002 01 20 00000000000000000000000000000000 " LL6
	    "00 " NET6 ORIGIN PATH,
	    "", &n);
	ip = next_hop_ip(&nh);
	assert_int_equal(nh.len, 16);
	assert_true(ip_is_link_local(&ip));
}

/* The NOTIFICATION carries the attribute as it came (RFC 4271, 6.3). */
static void
fault_bytes(void **state)
{
	struct codec codec = codec_of(0);
	struct arena *arena = arena_new();
	struct update *u = malloc(sizeof(*u));
	size_t len;
	uint8_t *body = body_new("", ORIGIN "80 0f 02 0002 " PATH, "", &len);
	char text[32];

	(void)state;
	update_decode(u, &codec, arena, body, len);
	assert_int_equal(u->verdict, VERDICT_RESET);
	assert_string_equal(hex_write(u->fault_data, u->fault_len, text), "800f020002");
	free(body);
	free(u);
	arena_free(arena);
}

/* A 2-octet path that would not fit once widened. */
static void
path_too_long(void **state)
{
	enum { SEGS = 70, SEG = 2 + 2 * 250 };
	static uint8_t body[4 + 4 + 4 + SEGS * SEG + 7 + 4];
	struct wbuf w = wbuf_init(body, sizeof(body));
	struct codec codec = codec_of(AS2);
	struct arena *arena = arena_new();
	struct update *u = malloc(sizeof(*u));

	(void)state;
	wbuf_u16(&w, 0);
	wbuf_u16(&w, 4 + 4 + SEGS * SEG + 7);
	w.pos += hex_read("40 01 01 00 50 02", w.pos);
	wbuf_u16(&w, SEGS * SEG);
	for (unsigned i = 0; i < SEGS; i++) {
		wbuf_u16(&w, SEG_SEQUENCE << 8 | 250);
		for (unsigned n = 0; n < 250; n++)
			wbuf_u16(&w, 1);
	}
	w.pos += hex_read(NEXT_HOP NET, w.pos);
	assert_int_equal(wbuf_len(&w), sizeof(body));
	update_decode(u, &codec, arena, body, sizeof(body));
	assert_int_equal(u->verdict, VERDICT_WITHDRAW);
	assert_int_equal(u->subcode, 11);
	assert_int_equal(networks(u->reach, u->reach_n), 1);
	free(u);
	arena_free(arena);
}

int
main(void)
{
	ADD_ROWS(rows, name, row_test);
	ADD_ROWS(eor_rows, name, eor_test);
	ADD_TEST(network_values);
	ADD_TEST(next_hop_values);
	ADD_TEST(fault_bytes);
	ADD_TEST(path_too_long);
	return tests_run("update");
}
