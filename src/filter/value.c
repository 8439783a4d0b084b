/*
 * Values: comparing, copying, names of types and of enumerations.
 */
#include "filter/value.h"

#include <string.h>

#include "base/wire.h"
#include "bgp/proto.h"
#include "filter/vnet.h"

static const struct {
	const char *name;
	uint8_t width, element;
} types[VAL_TYPES] = {
	[VAL_VOID] = { "void", 0, 0 },
	[VAL_BOOL] = { "bool", 0, 0 },
	[VAL_INT] = { "int", 0, 0 },
	[VAL_PAIR] = { "pair", 0, 0 },
	[VAL_QUAD] = { "quad", 0, 0 },
	[VAL_ENUM] = { "enum", 0, 0 },
	[VAL_IP] = { "ip", 0, 0 },
	[VAL_EC] = { "ec", 0, 0 },
	[VAL_LC] = { "lc", 0, 0 },
	[VAL_RD] = { "rd", 0, 0 },
	[VAL_MAC] = { "mac", 0, 0 },
	[VAL_NET] = { "prefix", 0, 0 },
	[VAL_STRING] = { "string", 0, 0 },
	[VAL_BYTES] = { "bytestring", 0, 0 },
	[VAL_PATH] = { "bgppath", 0, VAL_INT },
	[VAL_MASK] = { "bgpmask", 0, 0 },
	[VAL_CLIST] = { "clist", 4, VAL_PAIR },
	[VAL_ECLIST] = { "eclist", 8, VAL_EC },
	[VAL_LCLIST] = { "lclist", 12, VAL_LC },
	[VAL_SET] = { "set", 0, 0 },
	[VAL_NETSET] = { "prefix set", 0, 0 },
	[VAL_OPAQUE] = { "opaque byte string", 0, 0 },
	[VAL_ROUTE] = { "route", 0, 0 },
	[VAL_ROUTES] = { "route set", 0, VAL_ROUTE },
	[VAL_ANY] = { "any", 0, 0 },
};

static const struct {
	const char *word;
	uint8_t group, num;
} enums[] = {
	{ "RTS_DUMMY", ENUM_RTS, 0 },
	{ "RTS_STATIC", ENUM_RTS, 1 },
	{ "RTS_INHERIT", ENUM_RTS, 2 },
	{ "RTS_DEVICE", ENUM_RTS, 3 },
	{ "RTS_STATIC_DEVICE", ENUM_RTS, 4 },
	{ "RTS_REDIRECT", ENUM_RTS, 5 },
	{ "RTS_RIP", ENUM_RTS, 6 },
	{ "RTS_OSPF", ENUM_RTS, 7 },
	{ "RTS_OSPF_IA", ENUM_RTS, 8 },
	{ "RTS_OSPF_EXT1", ENUM_RTS, 9 },
	{ "RTS_OSPF_EXT2", ENUM_RTS, 10 },
	{ "RTS_BGP", ENUM_RTS, 11 },
	{ "RTS_PIPE", ENUM_RTS, 12 },
	{ "RTS_BABEL", ENUM_RTS, 13 },
	{ "RTS_RPKI", ENUM_RTS, 14 },
	{ "RTS_L3VPN", ENUM_RTS, 16 },
	{ "RTS_AGGREGATED", ENUM_RTS, 17 },
	{ "SCOPE_HOST", ENUM_SCOPE, 0 },
	{ "SCOPE_LINK", ENUM_SCOPE, 1 },
	{ "SCOPE_SITE", ENUM_SCOPE, 2 },
	{ "SCOPE_ORGANIZATION", ENUM_SCOPE, 3 },
	{ "SCOPE_UNIVERSE", ENUM_SCOPE, 4 },
	{ "SCOPE_UNDEFINED", ENUM_SCOPE, 5 },
	{ "RTC_UNICAST", ENUM_RTC, 0 },
	{ "RTC_BROADCAST", ENUM_RTC, 1 },
	{ "RTC_MULTICAST", ENUM_RTC, 2 },
	{ "RTC_ANYCAST", ENUM_RTC, 3 },
	{ "RTD_UNICAST", ENUM_RTD, 1 },
	{ "RTD_BLACKHOLE", ENUM_RTD, 2 },
	{ "RTD_UNREACHABLE", ENUM_RTD, 3 },
	{ "RTD_PROHIBIT", ENUM_RTD, 4 },
	/* BIRD 1.6 tells these apart from others by name alone */
	{ "RTD_ROUTER", ENUM_RTD, 1 },
	{ "RTD_DEVICE", ENUM_RTD, 5 },
	{ "RTD_MULTIPATH", ENUM_RTD, 6 },
	{ "ORIGIN_IGP", ENUM_ORIGIN, ORIGIN_IGP },
	{ "ORIGIN_EGP", ENUM_ORIGIN, ORIGIN_EGP },
	{ "ORIGIN_INCOMPLETE", ENUM_ORIGIN, ORIGIN_INCOMPLETE },
	{ "ROA_UNKNOWN", ENUM_ROA, 0 },
	{ "ROA_VALID", ENUM_ROA, 1 },
	{ "ROA_INVALID", ENUM_ROA, 2 },
	{ "ASPA_UNKNOWN", ENUM_ASPA, 0 },
	{ "ASPA_VALID", ENUM_ASPA, 1 },
	{ "ASPA_INVALID", ENUM_ASPA, 2 },
	{ "NET_IP4", ENUM_NETTYPE, 1 },
	{ "NET_IP6", ENUM_NETTYPE, 2 },
	{ "NET_VPN4", ENUM_NETTYPE, 3 },
	{ "NET_VPN6", ENUM_NETTYPE, 4 },
	{ "NET_ROA4", ENUM_NETTYPE, 5 },
	{ "NET_ROA6", ENUM_NETTYPE, 6 },
	{ "NET_FLOW4", ENUM_NETTYPE, 7 },
	{ "NET_FLOW6", ENUM_NETTYPE, 8 },
	{ "NET_IP6_SADR", ENUM_NETTYPE, 9 },
	{ "NET_MPLS", ENUM_NETTYPE, VNET_MPLS },
	{ "NET_ETH", ENUM_NETTYPE, VNET_ETH },
	{ "NET_ASPA", ENUM_NETTYPE, VNET_ASPA },
	{ "NET_EVPN", ENUM_NETTYPE, VNET_EVPN },
	{ "NET_NEIGHBOR", ENUM_NETTYPE, VNET_NEIGHBOR },
	{ "NET_EVPN_EAD", ENUM_EVPN, 1 }, /* RFC 7432, 7 */
	{ "NET_EVPN_MAC", ENUM_EVPN, 2 },
	{ "NET_EVPN_IMET", ENUM_EVPN, 3 },
	{ "NET_EVPN_ES", ENUM_EVPN, 4 },
	{ "RA_PREF_LOW", ENUM_RA_PREF, 3 },
	{ "RA_PREF_MEDIUM", ENUM_RA_PREF, 0 },
	{ "RA_PREF_HIGH", ENUM_RA_PREF, 1 },
	{ "AF_IPV4", ENUM_AF, 1 },
	{ "AF_IPV6", ENUM_AF, 2 },
	{ "MPLS_POLICY_NONE", ENUM_MPLS_POLICY, 0 },
	{ "MPLS_POLICY_STATIC", ENUM_MPLS_POLICY, 1 },
	{ "MPLS_POLICY_PREFIX", ENUM_MPLS_POLICY, 2 },
	{ "MPLS_POLICY_AGGREGATE", ENUM_MPLS_POLICY, 3 },
	{ "MPLS_POLICY_VRF", ENUM_MPLS_POLICY, 4 },
};

/* Words after `enum`; the plain `enum` of BIRD 1.6 stands for any of them. */
static const struct {
	const char *word;
	uint8_t group;
} enum_types[] = {
	{ "rts", ENUM_RTS },
	{ "bgp_origin", ENUM_ORIGIN },
	{ "scope", ENUM_SCOPE },
	{ "rtc", ENUM_RTC },
	{ "rtd", ENUM_RTD },
	{ "roa", ENUM_ROA },
	{ "net_type", ENUM_NETTYPE },
	{ "af", ENUM_AF },
	{ "aspa", ENUM_ASPA },
	{ "mpls_policy", ENUM_MPLS_POLICY },
	{ "ra_preference", ENUM_RA_PREF },
	{ "net_evpn_type", ENUM_EVPN },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

bool
val_enum_find(const char *word, struct val *out)
{
	for (size_t i = 0; i < COUNT(enums); i++) {
		if (strcmp(enums[i].word, word) == 0) {
			*out = val_enum(enums[i].group, enums[i].num);
			return true;
		}
	}
	return false;
}

const char *
val_enum_name(const struct val *v)
{
	for (size_t i = 0; i < sizeof(enums) / sizeof(enums[0]); i++) {
		if (enums[i].group == v->sub && enums[i].num == v->num)
			return enums[i].word;
	}
	return NULL;
}

const char *
val_type_name(unsigned type)
{
	return type < VAL_TYPES ? types[type].name : "void";
}

size_t
val_list_width(unsigned list_type)
{
	return list_type < VAL_TYPES ? types[list_type].width : 0;
}

unsigned
val_element(unsigned list_type)
{
	return list_type < VAL_TYPES ? types[list_type].element : VAL_VOID;
}

static bool
word_is(const char *words, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(words, name, len) == 0;
}

static bool
enum_type_parse(const char *word, uint8_t *type, uint8_t *sub)
{
	size_t len = strcspn(word, " ");
	bool set = strcmp(word + len, " set") == 0;

	*type = set ? VAL_SET : VAL_ENUM;
	*sub = set ? VAL_ENUM : 0;
	if (!*word)
		return true;
	for (size_t i = 0; i < COUNT(enum_types); i++) {
		if (!word_is(word, len, enum_types[i].word))
			continue;
		if (!set)
			*sub = enum_types[i].group;
		return set || !word[len];
	}
	return false;
}

bool
val_type_parse(const char *words, uint8_t *type, uint8_t *sub)
{
	size_t len = strcspn(words, " ");
	const char *rest = words[len] ? words + len + 1 : "";
	bool set = strcmp(rest, "set") == 0;

	if (word_is(words, len, "enum") && !set)
		return enum_type_parse(rest, type, sub);
	if (strcmp(words, "route") == 0) {
		*type = VAL_ROUTE;
		*sub = 0;
		return true;
	}
	for (unsigned i = VAL_BOOL; i < VAL_SET; i++) {
		if (!word_is(words, len, types[i].name))
			continue;
		*type = (uint8_t)(!set ? i : i == VAL_NET ? VAL_NETSET : VAL_SET);
		*sub = *type == VAL_SET ? (uint8_t)i : 0;
		return !*rest || (set && (i <= VAL_MAC || i == VAL_NET) && i != VAL_BOOL);
	}
	return false;
}

struct val
val_text(const char *s)
{
	return val_bytes(VAL_STRING, s, strlen(s));
}

struct val
val_net(const struct net *net)
{
	return val_bytes(VAL_NET, net, vnet_size(net));
}

struct val
val_dup(struct arena *arena, const struct val *v)
{
	struct val copy = *v;

	if (val_is_bytes(v))
		copy.data = v->len ? arena_dup(arena, v->data, v->len)
				   : arena_alloc(arena, 4);
	return copy;
}

static bool
is_quad_and_ip(const struct val *quad, const struct val *ip)
{
	return quad->type == VAL_QUAD && ip->type == VAL_IP && ip_is4(&ip->ip);
}

bool
val_is_empty_set(const struct val *v)
{
	/* the heads of filter/set.h and filter/netset.h */
	if (v->type == VAL_SET)
		return v->len == 16;
	return v->type == VAL_NETSET && *(const uint32_t *)v->data == NET_NONE;
}

/* The literal `[]`, which is an empty set of any type. */
static bool
is_any_set(const struct val *v)
{
	return v->type == VAL_SET && v->sub == VAL_VOID;
}

bool
val_same(const struct val *a, const struct val *b)
{
	if (is_any_set(a) || is_any_set(b))
		return val_is_empty_set(a) && val_is_empty_set(b);
	if (is_quad_and_ip(a, b))
		return a->num == ip_to4(&b->ip);
	if (is_quad_and_ip(b, a))
		return b->num == ip_to4(&a->ip);
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case VAL_VOID:
	case VAL_OPAQUE: return true;
	case VAL_ROUTE:
	case VAL_ROUTES: return a->data == b->data;
	case VAL_ENUM: return a->sub == b->sub && a->num == b->num;
	case VAL_IP: return ip_equal(&a->ip, &b->ip);
	case VAL_EC:
	case VAL_RD:
	case VAL_MAC: return a->ec == b->ec;
	case VAL_LC: return memcmp(a->lc, b->lc, sizeof(a->lc)) == 0;
	case VAL_NET: return vnet_equal(a->data, b->data);
	}
	if (val_is_bytes(a))
		return a->len == b->len &&
		       (!a->len || memcmp(a->data, b->data, a->len) == 0);
	return a->num == b->num;
}

bool
val_has_order(unsigned type)
{
	return (type >= VAL_BOOL && type <= VAL_BYTES) || type == VAL_VOID ||
	       type == VAL_ANY;
}

static int
num_order(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int
lc_order(const struct val *a, const struct val *b)
{
	for (int i = 0; i < 3; i++) {
		if (a->lc[i] != b->lc[i])
			return num_order(a->lc[i], b->lc[i]);
	}
	return 0;
}

static int
string_order(const struct val *a, const struct val *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int c = n ? memcmp(a->data, b->data, n) : 0;

	return c ? c : num_order(a->len, b->len);
}

bool
val_order(const struct val *a, const struct val *b, int *order)
{
	if (a->type == VAL_VOID || b->type == VAL_VOID) {
		*order = num_order(a->type != VAL_VOID, b->type != VAL_VOID);
		return true;
	}
	if (is_quad_and_ip(a, b) || is_quad_and_ip(b, a)) {
		uint32_t x = a->type == VAL_QUAD ? a->num : ip_to4(&a->ip);

		*order = num_order(x, b->type == VAL_QUAD ? b->num : ip_to4(&b->ip));
		return true;
	}
	if (a->type != b->type || (a->type == VAL_ENUM && a->sub != b->sub))
		return false;
	switch (a->type) {
	case VAL_IP: *order = ip_cmp(&a->ip, &b->ip); return true;
	case VAL_EC:
	case VAL_RD:
	case VAL_MAC: *order = num_order(a->ec, b->ec); return true;
	case VAL_LC: *order = lc_order(a, b); return true;
	case VAL_NET: *order = vnet_cmp(a->data, b->data); return true;
	case VAL_BYTES:
	case VAL_STRING: *order = string_order(a, b); return true;
	}
	*order = num_order(a->num, b->num);
	return a->type <= VAL_ENUM;
}
