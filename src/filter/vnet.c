/*
 * Networks of other types and the values that belong to them: route distinguishers, byte
 * strings, MAC addresses.  Their rules are those of BIRD: a VPN or ROA network lies in
 * another by its addresses alone, and a prefix set looks at the addresses too.
 */
#include "filter/vnet.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/longnet.h"
#include "base/wire.h"
#include "filter/flow.h"
#include "filter/longnet.h"

static_assert(offsetof(struct vnet, flow) == sizeof(struct vnet),
    "values are compared as bytes: name the padding");

/* The table's type of the address inside. */
static enum net_type
address_type(const struct net *net)
{
	switch (net->type) {
	case NET_IP4:
	case VNET_VPN4:
	case VNET_ROA4:
	case VNET_FLOW4: return NET_IP4;
	case NET_IP6:
	case VNET_VPN6:
	case VNET_ROA6:
	case VNET_FLOW6:
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

size_t
vnet_size(const struct net *net)
{
	return vnet_is_plain(net) ? sizeof(*net)
				     : sizeof(struct vnet) + whole(net)->flow_len;
}

struct net
vnet_plain(const struct net *net)
{
	if (net->type == VNET_SADR || net->type == VNET_FLOW4 || net->type == VNET_FLOW6)
		return (struct net){ .type = NET_NONE };
	return address(net);
}

struct ip
vnet_ip(const struct net *net)
{
	struct net plain = address(net);

	if (net->type == VNET_EVPN || net->type == VNET_NEIGHBOR)
		return whole(net)->ip;
	return plain.type == NET_NONE ? ip_none : net_ip(&plain);
}

void
vnet_from(const struct net *net, struct vnet *v)
{
	uint64_t rd = net_rd(net);

	if (net_is_long(net->type)) {
		vnet_from_long(net, v);
		return;
	}
	*v = (struct vnet){ .net = net_address(net) };
	v->net.type = net->type;
	v->rd[0] = (uint32_t)(rd >> 32);
	v->rd[1] = (uint32_t)rd;
	v->max = net->type == NET_MPLS ? net_label(net) : net_roa_max(net);
	v->as = net_as(net);
}

bool
vnet_pack(const struct net *value, struct net *net)
{
	const struct vnet *v = whole(value);
	struct net plain = address(value);

	switch (value->type) {
	case NET_IP4:
	case NET_IP6: *net = *value; return true;
	case NET_VPN4:
	case NET_VPN6:
		*net = net_vpn(&plain, (uint64_t)v->rd[0] << 32 | v->rd[1]);
		return true;
	case NET_ROA4:
	case NET_ROA6: *net = net_roa(&plain, v->max, v->as); return true;
	case NET_ASPA: *net = net_aspa(v->as); return true;
	case NET_MPLS: *net = net_mpls(v->max); return true;
	}
	return false;
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
	int c = order(a->evpn, b->evpn);

	if (!c)
		c = order(a->rd[0], b->rd[0]);
	return c ? c : order(a->rd[1], b->rd[1]);
}

static int
cmp_flow(const struct vnet *a, const struct vnet *b)
{
	int c = order(a->flow_len, b->flow_len);

	return c || !a->flow_len ? c : memcmp(a->flow, b->flow, a->flow_len);
}

static int
cmp_after(const struct vnet *a, const struct vnet *b)
{
	int c = order(a->max, b->max);

	if (a->net.type == VNET_SADR)
		return net_cmp(&a->from, &b->from);
	if (!c)
		c = order(a->as, b->as);
	if (!c)
		c = memcmp(a->mac, b->mac, sizeof(a->mac));
	if (!c)
		c = memcmp(a->esi, b->esi, sizeof(a->esi));
	if (!c)
		c = ip_cmp(&a->ip, &b->ip);
	return c ? c : cmp_flow(a, b);
}

int
vnet_cmp(const struct net *a, const struct net *b)
{
	struct net x = address(a), y = address(b);
	int c;

	if (a->type != b->type)
		return order(a->type, b->type);
	if (vnet_is_plain(a))
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
	char buf[RD_TEXT_MAX];

	vtext_str(t, rd_format(rd, buf));
}

void
vtext_octets(struct vtext *t, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		vtext_add(t, i ? ":%02x" : "%02x", p[i]);
}

static void
text_eth(struct vtext *t, const struct vnet *v)
{
	vtext_octets(t, v->mac, sizeof(v->mac));
	if (v->max)
		vtext_add(t, " vlan %u", v->max);
}

static void
text_evpn(struct vtext *t, const struct vnet *v)
{
	static const char *const names[] = { "", "ead", "mac", "imet", "es" };
	char buf[IP_TEXT_MAX];

	vtext_add(t, "evpn %s ", names[v->evpn]);
	vtext_rd(t, (uint64_t)v->rd[0] << 32 | v->rd[1]);
	if (v->evpn != EVPN_ES)
		vtext_add(t, " %u", v->max);
	if (v->evpn != EVPN_IMET)
		vtext_str(t, " ");
	if (v->evpn == EVPN_MAC)
		vtext_octets(t, v->mac, sizeof(v->mac));
	else if (v->evpn != EVPN_IMET)
		vtext_octets(t, v->esi, sizeof(v->esi));
	if (v->evpn == EVPN_MAC && ip_is_none(&v->ip))
		vtext_str(t, " *");
	else if (v->evpn != EVPN_EAD)
		vtext_add(t, " %s", ip_format(&v->ip, buf));
}

/* VPN, ROA, source-specific: an address with something before or behind. */
static void
text_address(struct vtext *t, const struct net *net)
{
	const struct vnet *v = whole(net);
	struct net plain = address(net);
	char buf[NET_TEXT_MAX];

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

void
vtext_net(struct vtext *t, const struct net *net)
{
	const struct vnet *v = whole(net);
	char buf[IP_TEXT_MAX];

	switch (net->type) {
	case VNET_MPLS: vtext_add(t, "%u", v->max); return;
	case VNET_ASPA: vtext_add(t, "%u", v->as); return;
	case VNET_FLOW4:
	case VNET_FLOW6: vtext_flow(t, v); return;
	case VNET_ETH: text_eth(t, v); return;
	case VNET_EVPN:
		if (v->flow_len)
			break;
		text_evpn(t, v);
		return;
	case VNET_NEIGHBOR:
		vtext_add(t, "%s%%%u", ip_format(&v->ip, buf), v->max);
		return;
	}
	if (net_is_long(net->type) && net->type != VNET_SADR) {
		struct net packed = net_long(net->type, v->flow, v->flow_len);

		vtext_long(t, &packed);
	} else {
		text_address(t, net);
	}
}

/*
 * Literals.
 */
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

/* `n` octets with colons between them. */
static bool
octets(const struct ast *a, uint8_t *to, size_t n)
{
	size_t got = 0;
	int high, low;

	if (!a || a->kind != AST_BYTES || strlen(a->text) != 3 * n - 1)
		return false;
	for (const char *p = a->text; got < n; p += 3) {
		high = nibble(p[0]);
		low = nibble(p[1]);
		if (high < 0 || low < 0 || (p[2] && p[2] != ':'))
			return false;
		to[got++] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static const char *
eth_literal(const struct ast *a, struct vnet *v)
{
	v->net = (struct net){ .type = VNET_ETH, .plen = 48 };
	if (!octets(a->kid[0], v->mac, sizeof(v->mac)))
		return "MAC address expected";
	if (a->n > 1)
		v->max = a->kid[1]->num;
	return v->max <= 0xfff ? NULL : "VLAN id out of range (0-4095)";
}

/* evpn ead RD TAG ESI, mac RD TAG MAC (IP or *), imet RD TAG IP, es RD ESI IP */
static const struct evpn_form {
	const char *word, *kids; /* r: distinguisher, t: tag, e, m, i: address, *: or none */
	uint8_t type;
} evpn_forms[] = {
	{ "ead", "rte", EVPN_EAD },
	{ "mac", "rtm*", EVPN_MAC },
	{ "imet", "rti", EVPN_IMET },
	{ "es", "rei", EVPN_ES },
};

static const char *
evpn_part(const struct ast *a, char want, struct vnet *v)
{
	uint64_t rd;

	switch (want) {
	case 'r':
		if (!rd_parse(a->text, &rd))
			return "Invalid route distinguisher";
		v->rd[0] = (uint32_t)(rd >> 32);
		v->rd[1] = (uint32_t)rd;
		return NULL;
	case 't':
		v->max = a->num;
		return a->kind == AST_NUM ? NULL : "Tag expected in EVPN route";
	case 'e':
		return octets(a, v->esi, sizeof(v->esi))
			   ? NULL
			   : "Ethernet segment identifier of ten octets expected";
	case 'm':
		return octets(a, v->mac, sizeof(v->mac)) ? NULL : "MAC address expected";
	}
	if (a->kind == AST_IP)
		v->ip = a->ip;
	else if (want != '*' || a->kind != AST_TEXT)
		return "Address expected in EVPN route";
	return NULL;
}

static const char *
evpn_literal(const struct ast *a, struct vnet *v)
{
	const struct evpn_form *f = evpn_forms,
			       *end = f + sizeof(evpn_forms) / sizeof(*f);
	const char *why = NULL;

	while (f < end && a->text2 && strcmp(f->word, a->text2) != 0)
		f++;
	if (f == end || !a->text2) /* `evpn 5` */
		return "syntax error, expecting ead, mac, imet or es";
	if (a->n != strlen(f->kids))
		return "Wrong number of values in EVPN route";
	v->net = (struct net){ .type = VNET_EVPN };
	v->evpn = f->type;
	for (unsigned i = 0; i < a->n && !why; i++)
		why = evpn_part(a->kid[i], f->kids[i], v);
	return why;
}

static const char *
from_literal(const struct ast *a, struct vnet *v)
{
	v->net.type = VNET_SADR;
	v->from = a->kid[0]->net;
	return a->net.type == NET_IP6 && v->from.type == NET_IP6
		   ? NULL
		   : "syntax error, IPv6 prefixes expected";
}

static const char *
mpls_literal(const struct ast *a, struct vnet *v)
{
	v->net = (struct net){ .type = VNET_MPLS, .plen = 20 };
	v->max = a->num;
	return NULL;
}

static const char *
aspa_literal(const struct ast *a, struct vnet *v)
{
	v->net = (struct net){ .type = VNET_ASPA, .plen = 32 };
	v->as = a->num;
	return NULL;
}

static const char *
neighbor_literal(const struct ast *a, struct vnet *v)
{
	v->net = (struct net){ .type = VNET_NEIGHBOR };
	v->ip = a->kid[0]->ip;
	v->max = a->kid[1]->num;
	return NULL;
}

static const struct {
	const char *word;
	unsigned kids; /* at least */
	const char *(*read)(const struct ast *, struct vnet *);
} literals[] = {
	{ "aspa", 0, aspa_literal },
	{ "eth", 1, eth_literal },
	{ "evpn", 0, evpn_literal },
	{ "from", 1, from_literal },
	{ "max", 0, roa_literal },
	{ "mpls", 0, mpls_literal },
	{ "neighbor", 2, neighbor_literal },
	{ "vpn", 0, vpn_literal },
};

const char *
vnet_literal(const struct ast *a, struct vnet *v)
{
	*v = (struct vnet){ .net = a->net };
	for (size_t i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {
		if (strcmp(literals[i].word, a->text) == 0 && a->n >= literals[i].kids)
			return literals[i].read(a, v);
	}
	return "syntax error in a network";
}
