/*
 * Addresses and networks.  As text: nettext.c.
 */
#include "base/net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <xxhash.h>

#include "base/longnet.h"
#include "base/wire.h"

const struct ip ip_none;

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

struct ip
ip_from4(uint32_t v)
{
	struct ip a;

	memcpy(a.b, mapped, sizeof(mapped));
	put_u32(a.b + 12, v);
	return a;
}

bool
ip_is4(const struct ip *a)
{
	return memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

uint32_t
ip_to4(const struct ip *a)
{
	return ip_is4(a) ? get_u32(a->b + 12) : 0;
}

bool
ip_is_none(const struct ip *a)
{
	return memcmp(a, &ip_none, sizeof(*a)) == 0;
}

bool
ip_is_link_local(const struct ip *a)
{
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

int
ip_cmp(const struct ip *a, const struct ip *b)
{
	return memcmp(a->b, b->b, sizeof(a->b));
}

bool
ip_equal(const struct ip *a, const struct ip *b)
{
	return ip_cmp(a, b) == 0;
}

size_t
ip_to_sockaddr(
    const struct ip *a, uint16_t port, unsigned zone, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (ip_is4(a)) {
		struct sockaddr_in *sin = (struct sockaddr_in *)out;

		sin->sin_family = AF_INET;
		sin->sin_port = htons(port);
		memcpy(&sin->sin_addr, a->b + 12, 4);
		return sizeof(*sin);
	}
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)out;

	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons(port);
	sin6->sin6_scope_id = zone;
	memcpy(&sin6->sin6_addr, a->b, 16);
	return sizeof(*sin6);
}

bool
ip_from_sockaddr(const struct sockaddr *sa, struct ip *a, uint16_t *port)
{
	struct sockaddr_in sin;
	struct sockaddr_in6 sin6;

	switch (sa->sa_family) {
	case AF_INET:
		memcpy(&sin, sa, sizeof(sin));
		*a = ip_from4(ntohl(sin.sin_addr.s_addr));
		*port = ntohs(sin.sin_port);
		return true;
	case AF_INET6:
		memcpy(&sin6, sa, sizeof(sin6));
		memcpy(a->b, &sin6.sin6_addr, 16);
		*port = ntohs(sin6.sin6_port);
		return true;
	default: return false;
	}
}

enum { MPLS_BITS = 20 };

/* Of a long network, the pointer. */
#define LONG_KEY sizeof(const uint8_t *)

static const struct {
	const char *name;
	uint8_t key_len, plen_max;
} types[NET_TYPES] = {
	[NET_NONE] = { "none", 0, 0 },
	[NET_IP4] = { "ipv4", 4, 32 },
	[NET_IP6] = { "ipv6", 16, 128 },
	[NET_VPN4] = { "vpn4", 12, 32 },
	[NET_VPN6] = { "vpn6", 24, 128 },
	[NET_ROA4] = { "roa4", 9, 32 },
	[NET_ROA6] = { "roa6", 21, 128 },
	[NET_ASPA] = { "aspa", 4, 32 },
	[NET_FLOW4] = { "flow4", LONG_KEY, 0 },
	[NET_FLOW6] = { "flow6", LONG_KEY, 0 },
	[NET_SADR] = { "ipv6 sadr", LONG_KEY, 0 },
	[NET_MPLS] = { "mpls", 4, MPLS_BITS },
	[NET_EVPN] = { "evpn", LONG_KEY, 0 },
	[NET_VFLOW4] = { "vpnflow4", LONG_KEY, 0 },
	[NET_VFLOW6] = { "vpnflow6", LONG_KEY, 0 },
	[NET_VPLS] = { "vpls", LONG_KEY, 0 },
	[NET_LS] = { "linkstate", LONG_KEY, 0 },
	[NET_VLS] = { "vpnlinkstate", LONG_KEY, 0 },
	[NET_RTC] = { "rtc", 12, 96 },
};

size_t
net_key_len(enum net_type t)
{
	return types[t].key_len;
}

unsigned
net_plen_max(enum net_type t)
{
	return types[t].plen_max;
}

const char *
net_type_name(enum net_type t)
{
	return types[t].name;
}

enum net_type
net_type_find(const char *name)
{
	for (unsigned t = NET_NONE + 1; t < NET_TYPES; t++)
		if (types[t].name && strcmp(types[t].name, name) == 0)
			return (enum net_type)t;
	return NET_NONE;
}

enum net_type
net_address_type(enum net_type t)
{
	switch (t) {
	case NET_IP4:
	case NET_VPN4:
	case NET_ROA4: return NET_IP4;
	case NET_IP6:
	case NET_VPN6:
	case NET_ROA6: return NET_IP6;
	default: return NET_NONE;
	}
}

static void
mask_key(uint8_t *key, unsigned plen, size_t len)
{
	size_t whole = plen / 8;

	if (whole >= len)
		return;
	key[whole] = (uint8_t)(key[whole] & 0xff00u >> (plen % 8));
	memset(key + whole + 1, 0, len - whole - 1);
}

void
net_mask(struct net *n)
{
	mask_key(n->key, n->plen, types[n->type].key_len);
}

struct net
net_from_ip(const struct ip *a, unsigned plen)
{
	bool v4 = ip_is4(a);
	struct net n = { .type = v4 ? NET_IP4 : NET_IP6, .plen = (uint8_t)plen };
	size_t len = types[n.type].key_len;

	memcpy(n.key, v4 ? a->b + 12 : a->b, len);
	mask_key(n.key, plen, len);
	return n;
}

struct ip
net_ip(const struct net *n)
{
	struct ip a;

	switch (net_address_type(n->type)) {
	case NET_IP4: return ip_from4(get_u32(n->key));
	case NET_IP6: memcpy(a.b, n->key, 16); return a;
	default: return ip_none;
	}
}

/* Where the bytes behind the address begin. */
static size_t
tail_at(const struct net *n)
{
	return types[net_address_type(n->type)].key_len;
}

static struct net
net_typed(const struct net *address, enum net_type v4, enum net_type v6)
{
	struct net n = *address;

	n.type = (uint8_t)(address->type == NET_IP4 ? v4 : v6);
	return n;
}

struct net
net_vpn(const struct net *address, uint64_t rd)
{
	struct net n = net_typed(address, NET_VPN4, NET_VPN6);

	put_u32(n.key + tail_at(&n), (uint32_t)(rd >> 32));
	put_u32(n.key + tail_at(&n) + 4, (uint32_t)rd);
	return n;
}

struct net
net_roa(const struct net *address, unsigned max, uint32_t as)
{
	struct net n = net_typed(address, NET_ROA4, NET_ROA6);

	n.key[tail_at(&n)] = (uint8_t)max;
	put_u32(n.key + tail_at(&n) + 1, as);
	return n;
}

struct net
net_aspa(uint32_t as)
{
	struct net n = { .type = NET_ASPA, .plen = 32 };

	put_u32(n.key, as);
	return n;
}

struct net
net_mpls(uint32_t label)
{
	struct net n = { .type = NET_MPLS, .plen = MPLS_BITS };

	put_u32(n.key, label << (32 - MPLS_BITS));
	return n;
}

uint32_t
net_label(const struct net *n)
{
	return n->type == NET_MPLS ? get_u32(n->key) >> (32 - MPLS_BITS) : 0;
}

struct net
net_address(const struct net *n)
{
	struct net a = { .type = (uint8_t)net_address_type(n->type), .plen = n->plen };

	memcpy(a.key, n->key, types[a.type].key_len);
	return a;
}

uint64_t
net_rd(const struct net *n)
{
	const uint8_t *p = n->key + tail_at(n);

	if (n->type != NET_VPN4 && n->type != NET_VPN6)
		return 0;
	return (uint64_t)get_u32(p) << 32 | get_u32(p + 4);
}

unsigned
net_roa_max(const struct net *n)
{
	return n->type == NET_ROA4 || n->type == NET_ROA6 ? n->key[tail_at(n)] : 0;
}

uint32_t
net_as(const struct net *n)
{
	if (n->type == NET_ASPA)
		return get_u32(n->key);
	if (n->type == NET_ROA4 || n->type == NET_ROA6)
		return get_u32(n->key + tail_at(n) + 1);
	return 0;
}

/* Shorter ones first. */
static int
long_cmp(const struct net *a, const struct net *b)
{
	struct longref x = net_longref(a), y = net_longref(b);

	if (x.bytes == y.bytes && x.len == y.len)
		return 0;
	if (x.len != y.len)
		return x.len < y.len ? -1 : 1;
	return memcmp(x.bytes, y.bytes, x.len);
}

bool
net_equal(const struct net *a, const struct net *b)
{
	if (net_is_long(a->type))
		return a->type == b->type && long_cmp(a, b) == 0;
	return a->type == b->type && a->plen == b->plen &&
	       memcmp(a->key, b->key, types[a->type].key_len) == 0;
}

int
net_cmp(const struct net *a, const struct net *b)
{
	int c;

	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (net_is_long(a->type))
		return long_cmp(a, b);
	c = memcmp(a->key, b->key, types[a->type].key_len);
	if (c)
		return c;
	return (a->plen > b->plen) - (a->plen < b->plen);
}

static bool
sadr_contains(const struct net *outer, const struct net *inner)
{
	struct net to, from, in_to, in_from;

	net_sadr_parts(outer, &to, &from);
	net_sadr_parts(inner, &in_to, &in_from);
	return net_contains(&to, &in_to) && net_contains(&from, &in_from);
}

bool
net_contains(const struct net *outer, const struct net *inner)
{
	size_t whole = outer->plen / 8;

	if (outer->type != inner->type || outer->plen > inner->plen)
		return false;
	if (outer->type == NET_SADR)
		return sadr_contains(outer, inner);
	if (net_is_long(outer->type))
		return net_equal(outer, inner);
	if (memcmp(outer->key, inner->key, whole) != 0)
		return false;
	if (net_rd(outer) != net_rd(inner))
		return false;
	return outer->plen % 8 == 0 || ((outer->key[whole] ^ inner->key[whole]) &
					   0xff00u >> (outer->plen % 8) & 0xff) == 0;
}

unsigned
net_depth(const struct net *n)
{
	struct net to, from;

	if (n->type != NET_SADR)
		return n->plen;
	net_sadr_parts(n, &to, &from);
	return to.plen * 256u + from.plen;
}

static bool
bogus4(const uint8_t *a)
{
	static const uint8_t broadcast[4] = { 255, 255, 255, 255 };

	return a[0] == 0 || a[0] == 127 || a[0] >> 4 == 14 ||
	       memcmp(a, broadcast, 4) == 0;
}

bool
net_is_bogus(const struct net *n)
{
	static const uint8_t zero[16];
	const uint8_t *a = n->key;
	struct net to, from;

	if (n->type == NET_SADR) {
		net_sadr_parts(n, &to, &from);
		return net_is_bogus(&to);
	}
	if (n->type == NET_IP4)
		return memcmp(a, zero, 4) != 0 && bogus4(a);
	if (n->type != NET_IP6 || memcmp(a, zero, 16) == 0)
		return false;
	if (a[0] == 0xff || (a[0] == 0xfe && a[1] >> 6 == 2))
		return true;
	return (memcmp(a, zero, 12) == 0 || memcmp(a, mapped, 12) == 0) && bogus4(a + 12);
}

uint64_t
net_hash(const struct net *n)
{
	if (net_is_long(n->type))
		return longnet_hash(n);
	return XXH3_64bits_withSeed(n->key, types[n->type].key_len, n->plen);
}
