/*
 * Addresses and networks.
 */
#include "base/net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Eight groups and a `::` beside them, which then stands for none: BIRD reads it. */
static bool
parse_full(const char *text, struct ip *a)
{
	const char *gap = strstr(text, "::");
	size_t head;
	char buf[IP_TEXT_MAX];

	if (!gap || strlen(text) >= sizeof(buf))
		return false;
	head = (size_t)(gap - text);
	memcpy(buf, text, head);
	strcpy(buf + head, gap + (head && gap[2] ? 1 : 2));
	return !strstr(buf, "::") && inet_pton(AF_INET6, buf, a->b) == 1;
}

bool
ip_parse(const char *text, struct ip *a)
{
	uint8_t v4[4];

	if (strchr(text, ':'))
		return inet_pton(AF_INET6, text, a->b) == 1 || parse_full(text, a);
	if (inet_pton(AF_INET, text, v4) != 1)
		return false;
	*a = ip_from4(get_u32(v4));
	return true;
}

char *
ip_format(const struct ip *a, char *buf)
{
	if (ip_is4(a))
		inet_ntop(AF_INET, a->b + 12, buf, IP_TEXT_MAX);
	else
		inet_ntop(AF_INET6, a->b, buf, IP_TEXT_MAX);
	return buf;
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

/* As many bytes as fit. */
static char *
long_format(const struct net *n, char *buf)
{
	int at = snprintf(buf, NET_TEXT_MAX, "%s hex:", types[n->type].name);
	size_t len;
	const uint8_t *p = net_bytes(n, &len);

	for (size_t i = 0; i < len; i++) {
		if (at > NET_TEXT_MAX - 6) {
			snprintf(buf + at, (size_t)(NET_TEXT_MAX - at), "...");
			break;
		}
		at += snprintf(buf + at, (size_t)(NET_TEXT_MAX - at), "%02x", p[i]);
	}
	return buf;
}

/* AS and target, as extended communities are written; the default; what is neither, in
 * numbers. */
static char *
rtc_format(const struct net *n, char *buf)
{
	const uint8_t *rt = n->key + 4;
	uint32_t as = get_u32(n->key);
	char rest[8] = "", addr[IP_TEXT_MAX];
	struct ip ip = ip_from4(get_u32(rt + 2));

	if (n->plen < 96)
		snprintf(rest, sizeof(rest), "/%u", n->plen);
	if (!n->plen)
		snprintf(buf, NET_TEXT_MAX, "default");
	else if (n->plen <= 32)
		snprintf(buf, NET_TEXT_MAX, "%u%s", as, rest);
	else if (n->plen < 48 || (rt[0] & ~2) || rt[1] != 2)
		snprintf(buf, NET_TEXT_MAX, "%u (generic, 0x%x, 0x%x)%s", as, get_u32(rt),
		    get_u32(rt + 4), rest);
	else
		snprintf(buf, NET_TEXT_MAX, "%u (rt, %u, %u)%s", as,
		    rt[0] == 2 ? get_u32(rt + 2) : get_u16(rt + 2),
		    rt[0] == 2 ? get_u16(rt + 6) : get_u32(rt + 4), rest);
	if (n->plen >= 48 && rt[0] == 1 && rt[1] == 2)
		snprintf(buf, NET_TEXT_MAX, "%u (rt, %s, %u)%s", as, ip_format(&ip, addr),
		    get_u16(rt + 6), rest);
	return buf;
}

static char *
sadr_format(const struct net *n, char *buf)
{
	struct net to, from;
	char text[NET_TEXT_MAX];
	size_t len;

	net_sadr_parts(n, &to, &from);
	len = strlen(net_format(&to, buf));
	snprintf(buf + len, NET_TEXT_MAX - len, " from %s", net_format(&from, text));
	return buf;
}

char *
net_format(const struct net *n, char *buf)
{
	struct ip a = net_ip(n);
	char addr[IP_TEXT_MAX], rd[RD_TEXT_MAX];

	if (n->type == NET_SADR)
		return sadr_format(n, buf);
	if (net_is_long(n->type))
		return long_format(n, buf);
	if (n->type == NET_RTC)
		return rtc_format(n, buf);
	if (n->type == NET_ASPA || n->type == NET_MPLS) {
		snprintf(buf, NET_TEXT_MAX, "%u",
		    n->type == NET_ASPA ? net_as(n) : net_label(n));
		return buf;
	}
	if (net_address_type(n->type) == NET_IP6)
		inet_ntop(AF_INET6, a.b, addr, IP_TEXT_MAX);
	else
		ip_format(&a, addr);
	if (n->type == NET_VPN4 || n->type == NET_VPN6)
		snprintf(buf, NET_TEXT_MAX, "%s %s/%u", rd_format(net_rd(n), rd), addr,
		    n->plen);
	else if (n->type == NET_ROA4 || n->type == NET_ROA6)
		snprintf(buf, NET_TEXT_MAX, "%s/%u-%u AS%u", addr, n->plen,
		    net_roa_max(n), net_as(n));
	else
		snprintf(buf, NET_TEXT_MAX, "%s/%u", addr, n->plen);
	return buf;
}

char *
rd_format(uint64_t rd, char *buf)
{
	uint32_t as2 = (uint32_t)(rd >> 32) & 0xffff, as4 = (uint32_t)(rd >> 16);
	struct ip ip = ip_from4(as4);
	char addr[IP_TEXT_MAX];

	if (rd >> 48 == 0)
		snprintf(buf, RD_TEXT_MAX, "%u:%u", as2, (uint32_t)rd);
	else if (rd >> 48 == 1)
		snprintf(buf, RD_TEXT_MAX, "%s:%u", ip_format(&ip, addr),
		    (uint32_t)rd & 0xffff);
	else
		snprintf(buf, RD_TEXT_MAX, "%s%u:%u", as4 > 0xffff ? "" : "2:", as4,
		    (uint32_t)rd & 0xffff);
	return buf;
}

bool
rd_parse(const char *text, uint64_t *out)
{
	const char *last = strrchr(text, ':'), *first = strchr(text, ':');
	uint64_t num = strtoul(last + 1, NULL, 10), key;
	char buf[64];
	struct ip ip;

	if (memchr(text, '.', (size_t)(last - text))) {
		if ((size_t)(last - text) >= sizeof(buf))
			return false;
		memcpy(buf, text, (size_t)(last - text));
		buf[last - text] = 0;
		if (!ip_parse(buf, &ip) || num > 0xffff)
			return false;
		*out = 1ull << 48 | (uint64_t)ip_to4(&ip) << 16 | num;
		return true;
	}
	key = strtoul(first == last ? text : first + 1, NULL, 10);
	if (first != last && !((text[0] == '0' || text[0] == '2') && first == text + 1))
		return false;
	if (key > 0xffff || (first != last && text[0] == '2')) {
		*out = 2ull << 48 | key << 16 | num;
		return num <= 0xffff && !(first != last && text[0] == '0');
	}
	*out = key << 32 | num;
	return true;
}

bool
net_parse(const char *text, struct net *n)
{
	const char *slash = strchr(text, '/');
	char addr[IP_TEXT_MAX];
	struct ip a, back;
	unsigned long plen;
	char *end;

	if (!slash || (size_t)(slash - text) >= sizeof(addr))
		return false;
	memcpy(addr, text, (size_t)(slash - text));
	addr[slash - text] = '\0';
	if (!ip_parse(addr, &a) || slash[1] < '0' || slash[1] > '9')
		return false;
	plen = strtoul(slash + 1, &end, 10);
	if (*end || plen > (ip_is4(&a) && !strchr(addr, ':') ? 32u : 128u))
		return false;
	if (strchr(addr, ':')) {
		*n = (struct net){ .type = NET_IP6, .plen = (uint8_t)plen };
		memcpy(n->key, a.b, 16);
		mask_key(n->key, (unsigned)plen, 16);
	} else {
		*n = net_from_ip(&a, (unsigned)plen);
	}
	back = net_ip(n);
	return memcmp(back.b, a.b, 16) == 0;
}
