/*
 * The attributes that the language knows.
 *
 * Those of BGP are read and written in the route.  Those that belong to a forwarding
 * table or to other protocols, and custom ones, are our own attributes of the route
 * (filter/local.h): what a filter writes stays with it, and no peer is told.
 */
#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "filter/comp.h"
#include "filter/local.h"

/* Shorthands of the table: kept in the route as a number, as a list, as our own. */
#define ROUTE_U32(type, code)	type, 0, OP_U32, OP_SET_U32, code, 0, false, 0, false
#define ROUTE_LIST(type, code)	type, 0, OP_LIST, OP_SET_LIST, code, 0, false, 0, false
#define ROUTE_ASK(code)		VAL_OPAQUE, 0, OP_OPAQUE, OPS, code, 0, false, 0, false
#define OWN(type)		type, 0, OP_LOCAL, OP_SET_LOCAL, 0, 0, false, 0, false
#define OWN_ENUM(group)		VAL_ENUM, group, OP_LOCAL, OP_SET_LOCAL, 0, 0, false, 0, false
#define OWN_VALUE(type, value)	type, 0, OP_LOCAL, OP_SET_LOCAL, 0, value, true, 0, false
#define STATIC_ENUM(group, v)	VAL_ENUM, group, OP_LOCAL, OP_SET_LOCAL, 0, v, true, 0, true
#define HOP(type, part)		type, 0, OP_HOP, OP_SET_HOP, 0, part, false, 0, true

static const struct attribute attributes[] = {
	{ "net", VAL_NET, 0, OP_NET, OPS, 0, 0, false, 0, true },
	{ "proto", VAL_STRING, 0, OP_PROTO, OPS, 0, 0, false, 0, true },
	{ "source", VAL_ENUM, ENUM_RTS, OP_SOURCE, OP_SET_LOCAL, 0, 0, false, 0, true },
	{ "from", VAL_IP, 0, OP_FROM, OP_SET_FROM, 0, 0, false, 0, true },
	{ "preference", VAL_INT, 0, OP_PREF, OP_SET_PREF, 0, 0, false, 0, true },
	{ "bgp_path", ROUTE_LIST(VAL_PATH, ATTR_AS_PATH) },
	{ "bgp_origin", VAL_ENUM, ENUM_ORIGIN, OP_ORIGIN, OP_SET_ORIGIN, ATTR_ORIGIN, 0,
	    false, 0, false },
	{ "bgp_next_hop", VAL_IP, 0, OP_NEXTHOP, OP_SET_NEXTHOP, ATTR_NEXT_HOP, 0, false,
	    0, false },
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
	{ "bgp_mpls_label_stack", VAL_CLIST, 0, OP_LIST, OPS, LOCAL_LABELS, 0, false, 0,
	    false },
	{ "scope", STATIC_ENUM(ENUM_SCOPE, 4) },
	{ "cast", STATIC_ENUM(ENUM_RTC, 0) },
	{ "dest", VAL_ENUM, ENUM_RTD, OP_DEST, OP_SET_DEST, LOCAL_DEST, 0, false, 0,
	    true },
	{ "gw", HOP(VAL_IP, HOP_GW) },
	{ "ifname", HOP(VAL_STRING, HOP_NAME) },
	{ "ifindex", VAL_INT, 0, OP_LOCAL, OPS, 0, 0, true, 0, true },
	{ "weight", HOP(VAL_INT, HOP_WEIGHT) },
	{ "gw_mpls", HOP(VAL_INT, HOP_LABEL) },
	{ "gw_mpls_stack", OWN_VALUE(VAL_CLIST, 0) },
	{ "onlink", HOP(VAL_BOOL, HOP_ONLINK) },
	{ "igp_metric", ROUTE_U32(VAL_INT, LOCAL_IGP_METRIC) },
	{ "local_metric", OWN(VAL_INT) },
	{ "mpls_label", OWN(VAL_INT) },
	{ "mpls_class", OWN(VAL_INT) },
	{ "mpls_policy", OWN_ENUM(ENUM_MPLS_POLICY) },
	{ "aspa_providers", OWN_VALUE(VAL_CLIST, 0) },
	{ "krt_source", OWN(VAL_INT) },
	{ "krt_metric", OWN(VAL_INT) },
	{ "krt_prefsrc", OWN(VAL_IP) },
	{ "krt_realm", OWN(VAL_INT) },
	{ "krt_scope", OWN(VAL_INT) },
	{ "krt_mtu", OWN(VAL_INT) },
	{ "krt_window", OWN(VAL_INT) },
	{ "krt_rtt", OWN(VAL_INT) },
	{ "krt_rttvar", OWN(VAL_INT) },
	{ "krt_ssthresh", OWN(VAL_INT) },
	{ "krt_sstresh", OWN(VAL_INT) },
	{ "krt_cwnd", OWN(VAL_INT) },
	{ "krt_advmss", OWN(VAL_INT) },
	{ "krt_reordering", OWN(VAL_INT) },
	{ "krt_hoplimit", OWN(VAL_INT) },
	{ "krt_initcwnd", OWN(VAL_INT) },
	{ "krt_rto_min", OWN(VAL_INT) },
	{ "krt_initrwnd", OWN(VAL_INT) },
	{ "krt_quickack", OWN(VAL_INT) },
	{ "krt_congctl", OWN(VAL_STRING) },
	{ "krt_fastopen_no_cookie", OWN(VAL_INT) },
	{ "krt_lock_mtu", OWN(VAL_BOOL) },
	{ "krt_lock_window", OWN(VAL_BOOL) },
	{ "krt_lock_rtt", OWN(VAL_BOOL) },
	{ "krt_lock_rttvar", OWN(VAL_BOOL) },
	{ "krt_lock_ssthresh", OWN(VAL_BOOL) },
	{ "krt_lock_sstresh", OWN(VAL_BOOL) },
	{ "krt_lock_cwnd", OWN(VAL_BOOL) },
	{ "krt_lock_advmss", OWN(VAL_BOOL) },
	{ "krt_lock_reordering", OWN(VAL_BOOL) },
	{ "krt_lock_hoplimit", OWN(VAL_BOOL) },
	{ "krt_lock_rto_min", OWN(VAL_BOOL) },
	{ "krt_feature_ecn", OWN(VAL_BOOL) },
	{ "krt_feature_allfrag", OWN(VAL_BOOL) },
	{ "krt_tunnel", OWN(VAL_STRING) },
	{ "ospf_metric1", OWN(VAL_INT) },
	{ "ospf_metric2", OWN(VAL_INT) },
	{ "ospf_tag", OWN(VAL_INT) },
	{ "ospf_router_id", OWN(VAL_QUAD) },
	{ "rip_metric", OWN(VAL_INT) },
	{ "rip_tag", OWN(VAL_INT) },
	{ "babel_metric", OWN(VAL_INT) },
	{ "babel_router_id", OWN(VAL_OPAQUE) },
	{ "babel_seqno", OWN(VAL_INT) },
	{ "ra_preference", OWN_ENUM(ENUM_RA_PREF) },
	{ "ra_lifetime", OWN(VAL_INT) },
	{ "radv_preference", OWN_ENUM(ENUM_RA_PREF) },
	{ "radv_lifetime", OWN(VAL_INT) },
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

/*
 * Custom attributes.  Routes outlive configurations, so a name and type that had a code
 * once keeps it.
 */
static struct custom {
	char *name;
	uint8_t type, sub;
} customs[LOCAL_END - LOCAL_CUSTOM];
static unsigned custom_n;
static pthread_mutex_t custom_lock = PTHREAD_MUTEX_INITIALIZER;

uint16_t
attribute_custom(const char *name, unsigned type, unsigned sub)
{
	unsigned i = 0;

	pthread_mutex_lock(&custom_lock);
	while (i < custom_n && (strcmp(customs[i].name, name) != 0 ||
				   customs[i].type != type || customs[i].sub != sub))
		i++;
	if (i == custom_n && i < LOCAL_END - LOCAL_CUSTOM) {
		size_t len = strlen(name) + 1;

		customs[i] = (struct custom){ memcpy(mem_alloc(len), name, len),
			(uint8_t)type, (uint8_t)sub };
		custom_n++;
	}
	pthread_mutex_unlock(&custom_lock);
	return i < LOCAL_END - LOCAL_CUSTOM ? (uint16_t)(LOCAL_CUSTOM + i) : 0;
}

uint16_t
filter_local_code(const char *name)
{
	for (unsigned i = 0; i < attribute_count(); i++)
		if (strcmp(attributes[i].name, name) == 0)
			return (uint16_t)(LOCAL_NAMED + i);
	return 0;
}

const char *
attribute_local_name(uint32_t code)
{
	const char *name = NULL;

	if (code >= LOCAL_NAMED && code - LOCAL_NAMED < attribute_count())
		return attributes[code - LOCAL_NAMED].name;
	pthread_mutex_lock(&custom_lock);
	if (code >= LOCAL_CUSTOM && code - LOCAL_CUSTOM < custom_n)
		name = customs[code - LOCAL_CUSTOM].name; /* stays */
	pthread_mutex_unlock(&custom_lock);
	return name;
}

const char *
filter_local(const struct attr *a, struct val *out)
{
	unsigned i = a->code < LOCAL_NAMED ? 0 : (unsigned)(a->code - LOCAL_NAMED);

	if (a->code >= LOCAL_CUSTOM && a->code < LOCAL_CUSTOM + custom_n) {
		const struct custom *c = &customs[a->code - LOCAL_CUSTOM];

		return local_read(a, c->type, c->sub, out) ? c->name : NULL;
	}
	if (a->code == LOCAL_IGP_METRIC)
		return local_read(a, VAL_INT, 0, out) ? "igp_metric" : NULL;
	if (a->code < LOCAL_NAMED || i >= attribute_count() || a->code >= LOCAL_CUSTOM)
		return NULL;
	return local_read(a, attributes[i].type, attributes[i].sub, out)
		   ? attributes[i].name
		   : NULL;
}

_Static_assert(sizeof(attributes) / sizeof(attributes[0]) < LOCAL_CUSTOM - LOCAL_NAMED,
    "codes by row");
