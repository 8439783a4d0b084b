/*
 * Long networks: from their bytes to the form that filters know, and to text.
 */
#include "filter/longnet.h"

#include "base/longnet.h"
#include "base/mem.h"
#include "base/wire.h"
#include "bgp/longnlri.h"
#include "filter/flow.h"

enum { RD_LEN = 8, VPLS_LEN = 17, VPLS_AD_LEN = 12, LS_HEAD = 4, LS_ID = 9 };

#define LONG_TEXT_MAX (1u << 16)

size_t
vnet_room(const struct net *net)
{
	return sizeof(struct vnet) + (net_is_long(net->type) ? net_longref(net).len : 0);
}

static void
keep_bytes(struct vnet *v, const uint8_t *p, size_t len)
{
	v->flow_len = (uint16_t)len;
	memcpy(v->flow, p, len);
}

/* The address whose bits from the offset on stand in a component. */
static struct net
flow_address(const struct flow_component *c, bool six)
{
	struct net n = { .type = six ? NET_IP6 : NET_IP4, .plen = (uint8_t)c->plen };
	unsigned skip = c->offset / 8, shift = c->offset % 8, bits;

	for (unsigned i = 0; i < c->len; i++) {
		bits = (unsigned)c->data[i] << 8 >> shift;
		n.key[skip + i] |= (uint8_t)(bits >> 8);
		n.key[skip + i + 1] |= (uint8_t)bits;
	}
	if (c->plen % 8) /* padding is of no account */
		n.key[c->plen / 8] &= (uint8_t)(0xff00 >> c->plen % 8);
	memset(n.key + (c->plen + 7) / 8, 0, sizeof(n.key) - (c->plen + 7) / 8);
	return n;
}

static void
flow_fill(struct vnet *v, enum net_type type, const uint8_t *p, size_t len)
{
	bool six = type == NET_FLOW6;
	struct net none = { .type = six ? NET_IP6 : NET_IP4 };
	const uint8_t *end = p + len;
	struct flow_component c;

	v->net = v->from = none;
	keep_bytes(v, p, len);
	while (flow_next(&p, end, six, &c) && c.type <= FLOW_SRC)
		*(c.type == FLOW_DST ? &v->net : &v->from) = flow_address(&c, six);
	v->net.type = (uint8_t)type;
}

static void
evpn_fill(struct vnet *v, const struct net *net)
{
	struct evpn_net e;
	size_t len;
	const uint8_t *p = net_bytes(net, &len);

	evpn_read(net, &e);
	v->evpn = (uint8_t)e.type;
	if (e.type < EVPN_EAD || e.type > EVPN_ES) {
		keep_bytes(v, p, len);
		return;
	}
	v->rd[0] = (uint32_t)(e.rd >> 32);
	v->rd[1] = (uint32_t)e.rd;
	v->max = e.tag;
	v->ip = e.ip;
	memcpy(v->mac, e.mac, sizeof(v->mac));
	memcpy(v->esi, e.esi, sizeof(v->esi));
}

static void
sadr_fill(struct vnet *v, const struct net *net)
{
	net_sadr_parts(net, &v->net, &v->from);
	v->net.type = NET_SADR;
}

void
vnet_from_long(const struct net *net, struct vnet *v)
{
	size_t len;
	const uint8_t *p = net_bytes(net, &len);

	*v = (struct vnet){ .net = { .type = net->type } };
	if (net->type == NET_FLOW4 || net->type == NET_FLOW6)
		flow_fill(v, net->type, p, len);
	else if (net->type == NET_SADR)
		sadr_fill(v, net);
	else if (net->type == NET_EVPN)
		evpn_fill(v, net);
	else
		keep_bytes(v, p, len);
}

/*
 * Text.
 */
static void
text_hex(struct vtext *t, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		vtext_add(t, "%02x", p[i]);
}

static uint64_t
rd_at(const uint8_t *p)
{
	return (uint64_t)get_u32(p) << 32 | get_u32(p + 4);
}

/* In a value of its own, whose text is known. */
static void
text_vnet(struct vtext *t, const struct net *net)
{
	struct vnet *v = arena_alloc(t->arena, vnet_room(net));

	vnet_from_long(net, v);
	vtext_net(t, &v->net);
}

static void
text_vflow(struct vtext *t, const struct net *net)
{
	size_t len;
	const uint8_t *p = net_bytes(net, &len);
	struct net flow = net_long(net->type == NET_VFLOW4 ? NET_FLOW4 : NET_FLOW6,
	    p + RD_LEN, len - RD_LEN);

	vtext_str(t, "vpn ");
	vtext_rd(t, rd_at(p));
	vtext_str(t, " ");
	text_vnet(t, &flow);
}

static void
text_evpn_other(struct vtext *t, const struct net *net)
{
	struct evpn_net e;
	char buf[IP_TEXT_MAX];

	evpn_read(net, &e);
	if (e.type != EVPN_ROUTE_PREFIX) {
		vtext_add(t, "evpn %u ", e.type);
		text_hex(t, e.rest, e.rest_len);
		return;
	}
	vtext_str(t, "evpn ip ");
	vtext_rd(t, e.rd);
	vtext_add(t, " %u %s/%u", e.tag, ip_format(&e.ip, buf), e.plen);
}

static void
text_vpls(struct vtext *t, const struct net *net)
{
	size_t len;
	const uint8_t *p = net_bytes(net, &len);
	unsigned said = get_u16(p);
	char buf[IP_TEXT_MAX];
	struct ip ip;

	vtext_str(t, "vpls ");
	if (said != VPLS_LEN && said != VPLS_AD_LEN) {
		text_hex(t, p + 2, len - 2);
		return;
	}
	vtext_rd(t, rd_at(p + 2));
	ip = ip_from4(get_u32(p + 2 + RD_LEN));
	if (said == VPLS_AD_LEN)
		vtext_add(t, " %s", ip_format(&ip, buf));
	else
		vtext_add(t, " %u %u", get_u16(p + 2 + RD_LEN), get_u16(p + 4 + RD_LEN));
}

/* The kind, where it was learnt and by which instance; descriptors as they are. */
static void
text_ls(struct vtext *t, const struct net *net)
{
	static const char *const kinds[] = { NULL, "node", "link", "prefix4", "prefix6",
		NULL, "srv6-sid" };
	static const char *const from[] = { NULL, "isis-l1", "isis-l2", "ospf2", "direct",
		"static", "ospf3", "bgp" };
	size_t len;
	const uint8_t *p = net_bytes(net, &len), *end = p + len;
	unsigned kind = get_u16(p);

	vtext_str(t, "linkstate ");
	p += LS_HEAD;
	if (net->type == NET_VLS) {
		vtext_rd(t, rd_at(p));
		vtext_str(t, " ");
		p += RD_LEN;
	}
	if (kind >= sizeof(kinds) / sizeof(*kinds) || !kinds[kind]) {
		vtext_add(t, "%u ", kind);
	} else {
		vtext_add(t, "%s ", kinds[kind]);
		if (*p < sizeof(from) / sizeof(*from) && from[*p])
			vtext_str(t, from[*p]);
		else
			vtext_add(t, "%u", *p);
		vtext_add(t, " %llu ", (unsigned long long)rd_at(p + 1));
		p += LS_ID;
	}
	text_hex(t, p, (size_t)(end - p));
}

void
vtext_long(struct vtext *t, const struct net *net)
{
	size_t len;
	const uint8_t *p = net_bytes(net, &len);

	switch (net->type) {
	case NET_VFLOW4:
	case NET_VFLOW6: text_vflow(t, net); return;
	case NET_VPLS: text_vpls(t, net); return;
	case NET_LS:
	case NET_VLS: text_ls(t, net); return;
	case NET_EVPN:
		if (p[0] < EVPN_EAD || p[0] > EVPN_ES) {
			text_evpn_other(t, net);
			return;
		}
	}
	text_vnet(t, net);
}

void
vtext_packed(struct vtext *t, const struct net *net)
{
	char buf[NET_TEXT_MAX];

	if (net_is_long(net->type))
		vtext_long(t, net);
	else
		vtext_str(t, net_format(net, buf));
}

char *
net_text(const struct net *net)
{
	struct arena *arena = arena_new();
	struct vtext t = vtext_new(arena, LONG_TEXT_MAX);
	char *text;

	vtext_packed(&t, net);
	text = mem_strdup(t.at);
	arena_free(arena);
	return text;
}
