/*
 * The attributes that the language knows.
 *
 * Those of BGP are read and written in the route.  Those that belong to a forwarding
 * table or to other protocols are known, so that a configuration that names them can be
 * read: they are not set on any route of a reflector, and what a filter writes to them
 * lasts for its run.
 */
#include "filter/comp.h"

/* Shorthands of the table: kept in the route as a number, as a list; in a slot of the
 * run. */
#define ROUTE_U32(type, code)	type, 0, OP_U32, OP_SET_U32, code, 0, false, 0
#define ROUTE_LIST(type, code)	type, 0, OP_LIST, OP_SET_LIST, code, 0, false, 0
#define ROUTE_ASK(code)		VAL_OPAQUE, 0, OP_OPAQUE, OPS, code, 0, false, 0
#define SLOT(type)		type, 0, OP_SLOT, OP_SET_SLOT, 0, 0, false, 0
#define SLOT_ENUM(group, value) VAL_ENUM, group, OP_SLOT, OP_SET_SLOT, 0, value, true, 0
#define SLOT_VALUE(type, value) type, 0, OP_SLOT, OP_SET_SLOT, 0, value, true, 0

static const struct attribute attributes[] = {
	{ "net", VAL_NET, 0, OP_NET, OPS, 0, 0, false, 0 },
	{ "proto", VAL_STRING, 0, OP_PROTO, OPS, 0, 0, false, 0 },
	{ "source", VAL_ENUM, ENUM_RTS, OP_SOURCE, OPS, 0, 0, false, 0 },
	{ "from", VAL_IP, 0, OP_FROM, OP_SET_FROM, 0, 0, false, 0 },
	{ "preference", VAL_INT, 0, OP_PREF, OP_SET_PREF, 0, 0, false, 0 },
	{ "bgp_path", ROUTE_LIST(VAL_PATH, ATTR_AS_PATH) },
	{ "bgp_origin", VAL_ENUM, ENUM_ORIGIN, OP_ORIGIN, OP_SET_ORIGIN, ATTR_ORIGIN, 0,
	    false, 0 },
	{ "bgp_next_hop", VAL_IP, 0, OP_NEXTHOP, OP_SET_NEXTHOP, ATTR_NEXT_HOP, 0, false,
	    0 },
	{ "bgp_med", ROUTE_U32(VAL_INT, ATTR_MED) },
	{ "bgp_local_pref", ROUTE_U32(VAL_INT, ATTR_LOCAL_PREF) },
	{ "bgp_community", ROUTE_LIST(VAL_CLIST, ATTR_COMMUNITY) },
	{ "bgp_ext_community", ROUTE_LIST(VAL_ECLIST, ATTR_EXT_COMMUNITY) },
	{ "bgp_large_community", ROUTE_LIST(VAL_LCLIST, ATTR_LARGE_COMMUNITY) },
	{ "bgp_originator_id", ROUTE_U32(VAL_QUAD, ATTR_ORIGINATOR_ID) },
	{ "bgp_cluster_list", ROUTE_LIST(VAL_CLIST, ATTR_CLUSTER_LIST) },
	{ "bgp_otc", ROUTE_U32(VAL_INT, ATTR_OTC) },
	{ "bgp_atomic_aggr", ROUTE_ASK(ATTR_ATOMIC_AGGR) },
	{ "bgp_aggregator", ROUTE_ASK(ATTR_AGGREGATOR) },
	{ "bgp_pmsi_tunnel", ROUTE_ASK(22) }, /* RFC 6514 */
	{ "bgp_aigp", ROUTE_ASK(26) },	      /* RFC 7311 */
	{ "bgp_as4_path", ROUTE_ASK(ATTR_AS4_PATH) },
	{ "bgp_as4_aggregator", ROUTE_ASK(ATTR_AS4_AGGREGATOR) },
	{ "bgp_mpls_label_stack", SLOT(VAL_OPAQUE) },
	{ "scope", SLOT_ENUM(ENUM_SCOPE, 4) },
	{ "cast", SLOT_ENUM(ENUM_RTC, 0) },
	{ "dest", SLOT_ENUM(ENUM_RTD, 1) },
	{ "gw", SLOT(VAL_IP) },
	{ "ifname", SLOT_VALUE(VAL_STRING, 0) },
	{ "ifindex", SLOT_VALUE(VAL_INT, 0) },
	{ "weight", SLOT_VALUE(VAL_INT, 1) },
	{ "gw_mpls", SLOT_VALUE(VAL_INT, 3) },
	{ "gw_mpls_stack", SLOT_VALUE(VAL_CLIST, 0) },
	{ "onlink", SLOT_VALUE(VAL_BOOL, 0) },
	{ "igp_metric", SLOT(VAL_INT) },
	{ "local_metric", SLOT(VAL_INT) },
	{ "mpls_label", SLOT(VAL_INT) },
	{ "mpls_class", SLOT(VAL_INT) },
	{ "mpls_policy", VAL_ENUM, ENUM_MPLS_POLICY, OP_SLOT, OP_SET_SLOT, 0, 0, false,
	    0 },
	{ "aspa_providers", SLOT_VALUE(VAL_CLIST, 0) },
	{ "krt_source", SLOT(VAL_INT) },
	{ "krt_metric", SLOT(VAL_INT) },
	{ "krt_prefsrc", SLOT(VAL_IP) },
	{ "krt_realm", SLOT(VAL_INT) },
	{ "krt_scope", SLOT(VAL_INT) },
	{ "krt_mtu", SLOT(VAL_INT) },
	{ "krt_window", SLOT(VAL_INT) },
	{ "krt_rtt", SLOT(VAL_INT) },
	{ "krt_rttvar", SLOT(VAL_INT) },
	{ "krt_ssthresh", SLOT(VAL_INT) },
	{ "krt_sstresh", SLOT(VAL_INT) },
	{ "krt_cwnd", SLOT(VAL_INT) },
	{ "krt_advmss", SLOT(VAL_INT) },
	{ "krt_reordering", SLOT(VAL_INT) },
	{ "krt_hoplimit", SLOT(VAL_INT) },
	{ "krt_initcwnd", SLOT(VAL_INT) },
	{ "krt_rto_min", SLOT(VAL_INT) },
	{ "krt_initrwnd", SLOT(VAL_INT) },
	{ "krt_quickack", SLOT(VAL_INT) },
	{ "krt_congctl", SLOT(VAL_STRING) },
	{ "krt_fastopen_no_cookie", SLOT(VAL_INT) },
	{ "krt_lock_mtu", SLOT(VAL_BOOL) },
	{ "krt_lock_window", SLOT(VAL_BOOL) },
	{ "krt_lock_rtt", SLOT(VAL_BOOL) },
	{ "krt_lock_rttvar", SLOT(VAL_BOOL) },
	{ "krt_lock_ssthresh", SLOT(VAL_BOOL) },
	{ "krt_lock_sstresh", SLOT(VAL_BOOL) },
	{ "krt_lock_cwnd", SLOT(VAL_BOOL) },
	{ "krt_lock_advmss", SLOT(VAL_BOOL) },
	{ "krt_lock_reordering", SLOT(VAL_BOOL) },
	{ "krt_lock_hoplimit", SLOT(VAL_BOOL) },
	{ "krt_lock_rto_min", SLOT(VAL_BOOL) },
	{ "krt_feature_ecn", SLOT(VAL_BOOL) },
	{ "krt_feature_allfrag", SLOT(VAL_BOOL) },
	{ "krt_tunnel", SLOT(VAL_STRING) },
	{ "ospf_metric1", SLOT(VAL_INT) },
	{ "ospf_metric2", SLOT(VAL_INT) },
	{ "ospf_tag", SLOT(VAL_INT) },
	{ "ospf_router_id", SLOT(VAL_QUAD) },
	{ "rip_metric", SLOT(VAL_INT) },
	{ "rip_tag", SLOT(VAL_INT) },
	{ "babel_metric", SLOT(VAL_INT) },
	{ "babel_router_id", SLOT(VAL_OPAQUE) },
	{ "babel_seqno", SLOT(VAL_INT) },
	{ "radv_preference", VAL_ENUM, ENUM_RA_PREF, OP_SLOT, OP_SET_SLOT, 0, 0, false, 0 },
	{ "radv_lifetime", SLOT(VAL_INT) },
};

uint32_t
attribute_count(void)
{
	return sizeof(attributes) / sizeof(attributes[0]);
}

const struct attribute *
attribute_row(uint32_t i)
{
	return &attributes[i];
}
