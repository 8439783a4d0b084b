/*
 * Addresses, networks and route distinguishers as text, both ways.
 */
#include "base/net.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/longnet.h"
#include "base/wire.h"

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

/* As many bytes as fit. */
static char *
long_format(const struct net *n, char *buf)
{
	int at = snprintf(buf, NET_TEXT_MAX, "%s hex:", net_type_name(n->type));
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
		net_mask(n);
	} else {
		*n = net_from_ip(&a, (unsigned)plen);
	}
	back = net_ip(n);
	return memcmp(back.b, a.b, 16) == 0;
}
