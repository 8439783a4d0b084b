/*
 * Networks of other types and the values that belong to them: route distinguishers, byte
 * strings, MAC addresses.  Their rules are those of BIRD: a VPN or ROA network lies in
 * another by its addresses alone, and a prefix set looks at the addresses too.
 */
#include "filter/vnet.h"

#include <stdlib.h>
#include <string.h>

#include "base/wire.h"

/* The table's type of the address inside. */
static enum net_type
address_type(const struct net *net)
{
	switch (net->type) {
	case NET_IP4:
	case VNET_VPN4:
	case VNET_ROA4: return NET_IP4;
	case NET_IP6:
	case VNET_VPN6:
	case VNET_ROA6:
	case VNET_SADR: return NET_IP6;
	}
	return NET_NONE;
}

static const struct vnet *
whole(const struct net *net)
{
	return (const struct vnet *)(const void *)net;
}

static struct net
address(const struct net *net)
{
	struct net plain = *net;

	plain.type = (uint8_t)address_type(net);
	return plain;
}

struct net
vnet_plain(const struct net *net)
{
	return net->type == VNET_SADR ? (struct net){ .type = NET_NONE } : address(net);
}

struct ip
vnet_ip(const struct net *net)
{
	struct net plain = address(net);

	return plain.type == NET_NONE ? ip_none : net_ip(&plain);
}

static int
order(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

/* What a type has besides the address: distinguishers first, origins last. */
static int
cmp_before(const struct vnet *a, const struct vnet *b)
{
	int c = 0;

	if (a->net.type == VNET_VPN4 || a->net.type == VNET_VPN6)
		c = order(a->rd[0], b->rd[0]);
	return c || a->net.type > VNET_VPN6 ? c : order(a->rd[1], b->rd[1]);
}

static int
cmp_after(const struct vnet *a, const struct vnet *b)
{
	int c;

	if (a->net.type == VNET_SADR)
		return net_cmp(&a->from, &b->from);
	c = order(a->max, b->max);
	return c ? c : order(a->as, b->as);
}

int
vnet_cmp(const struct net *a, const struct net *b)
{
	struct net x = address(a), y = address(b);
	int c;

	if (a->type != b->type)
		return order(a->type, b->type);
	if (a->type < NET_TYPES)
		return net_cmp(a, b);
	c = cmp_before(whole(a), whole(b));
	if (!c && x.type != NET_NONE)
		c = net_cmp(&x, &y);
	return c ? c : cmp_after(whole(a), whole(b));
}

bool
vnet_equal(const struct net *a, const struct net *b)
{
	return vnet_cmp(a, b) == 0;
}

bool
vnet_contains(const struct net *outer, const struct net *inner)
{
	struct net x = address(outer), y = address(inner);

	return outer->type == inner->type && x.type != NET_NONE && net_contains(&x, &y);
}

bool
vnet_has_ip(const struct net *net, const struct ip *ip)
{
	struct net host = net_from_ip(ip, ip_is4(ip) ? 32 : 128), x = address(net);

	return x.type != NET_NONE && net_contains(&x, &host);
}

/*
 * Text.
 */
void
vtext_rd(struct vtext *t, uint64_t rd)
{
	uint32_t as2 = (uint32_t)(rd >> 32) & 0xffff, as4 = (uint32_t)(rd >> 16);
	struct ip ip = ip_from4(as4);
	char buf[IP_TEXT_MAX];

	if (rd >> 48 == 0)
		vtext_add(t, "%u:%u", as2, (uint32_t)rd);
	else if (rd >> 48 == 1)
		vtext_add(t, "%s:%u", ip_format(&ip, buf), (uint32_t)rd & 0xffff);
	else
		vtext_add(
		    t, "%s%u:%u", as4 > 0xffff ? "" : "2:", as4, (uint32_t)rd & 0xffff);
}

void
vtext_net(struct vtext *t, const struct net *net)
{
	const struct vnet *v = whole(net);
	struct net plain = address(net);
	char buf[NET_TEXT_MAX];

	if (net->type == VNET_MPLS || net->type == VNET_ASPA) {
		vtext_add(t, "%u", net->type == VNET_MPLS ? v->max : v->as);
		return;
	}
	if (net->type == VNET_VPN4 || net->type == VNET_VPN6) {
		vtext_rd(t, (uint64_t)v->rd[0] << 32 | v->rd[1]);
		vtext_str(t, " ");
	}
	vtext_str(t, net_format(&plain, buf));
	if (net->type == VNET_ROA4 || net->type == VNET_ROA6)
		vtext_add(t, "-%u AS%u", v->max, v->as);
	if (net->type == VNET_SADR)
		vtext_add(t, " from %s", net_format(&v->from, buf));
}

/*
 * Literals.
 */
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

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
bytes_parse(struct arena *arena, const char *text, size_t len, struct val *out)
{
	bool is_mac = len == 17 && text[2] == ':';
	uint8_t *to = arena_alloc(arena, len / 2 + 4);
	size_t i = len >= 4 && memcmp(text, "hex:", 4) == 0 ? 4 : 0, n = 0;

	for (; i < len; i++) {
		int high = nibble(text[i]), low;

		if (text[i] == ':' || text[i] == ' ' || text[i] == '-' || text[i] == '.')
			continue;
		low = i + 1 < len ? nibble(text[i + 1]) : -1;
		if (high < 0 || low < 0)
			return false;
		to[n++] = (uint8_t)(high << 4 | low);
		i++;
	}
	*out = val_bytes(VAL_BYTES, to, n);
	if (is_mac)
		*out = (struct val){ .type = VAL_MAC,
			.ec = (uint64_t)get_u16(to) << 32 | get_u32(to + 2) };
	return true;
}

static const char *
roa_literal(const struct ast *a, struct vnet *v)
{
	if (!a->text2 || strcmp(a->text2, "as") != 0)
		return "syntax error, expecting as";
	if (a->num2 < a->net.plen || a->num2 > net_plen_max(a->net.type))
		return "Invalid max prefix length";
	v->net.type = a->net.type == NET_IP4 ? VNET_ROA4 : VNET_ROA6;
	v->max = a->num2;
	v->as = a->num;
	return NULL;
}

static const char *
vpn_literal(const struct ast *a, struct vnet *v)
{
	uint64_t rd;

	if (!a->text2 || !rd_parse(a->text2, &rd))
		return "Invalid route distinguisher";
	v->net.type = a->net.type == NET_IP4 ? VNET_VPN4 : VNET_VPN6;
	v->rd[0] = (uint32_t)(rd >> 32);
	v->rd[1] = (uint32_t)rd;
	return NULL;
}

const char *
vnet_literal(const struct ast *a, struct vnet *v)
{
	*v = (struct vnet){ .net = a->net };
	if (strcmp(a->text, "max") == 0)
		return roa_literal(a, v);
	if (strcmp(a->text, "vpn") == 0)
		return vpn_literal(a, v);
	if (strcmp(a->text, "from") == 0 && a->n && a->kid[0]) {
		v->net.type = VNET_SADR;
		v->from = a->kid[0]->net;
		return a->net.type == NET_IP6 && v->from.type == NET_IP6
			   ? NULL
			   : "syntax error, IPv6 prefixes expected";
	}
	if (strcmp(a->text, "mpls") == 0) {
		v->net = (struct net){ .type = VNET_MPLS, .plen = 20 };
		v->max = a->num;
		return NULL;
	}
	if (strcmp(a->text, "aspa") == 0) {
		v->net = (struct net){ .type = VNET_ASPA, .plen = 32 };
		v->as = a->num;
		return NULL;
	}
	return "Flow specifications are not values of filters here";
}
