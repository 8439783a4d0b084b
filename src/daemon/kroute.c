/*
 * Routes of the kernel: rtnetlink messages to values and back.
 *
 *   nlmsghdr | rtmsg | RTA_DST, RTA_PRIORITY, RTA_GATEWAY or RTA_VIA, RTA_OIF,
 *            |       | RTA_MULTIPATH { rtnexthop, RTA_GATEWAY ... }, RTA_METRICS { RTAX_* }
 *
 * Of IPv6 by source: RTA_SRC too.  Labels that a packet gets: RTA_ENCAP.  Of MPLS (RFC 3032):
 * the label as RTA_DST, what takes its place as RTA_NEWDST, gateways always as RTA_VIA, and
 * nothing that the kernel has no place for: metric, realm, scope, weights, tables.
 */
#include <arpa/inet.h>
#include <linux/lwtunnel.h>
#include <linux/mpls_iptunnel.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "base/wire.h"
#include "daemon/netlink.h"

enum { LABEL_BITS = 20, LABEL_SHIFT = 12, LABEL_BOTTOM = 0x100 };

_Static_assert(KROUTE_RTAX > RTAX_MAX, "all metrics have a place");

/*
 * Reading.
 */
struct attr_table {
	const struct nlattr *at[RTA_MAX + 1];
};

static int
keep_attr(const struct nlattr *a, void *ctx)
{
	struct attr_table *t = ctx;
	unsigned type = mnl_attr_get_type(a);

	if (type <= RTA_MAX)
		t->at[type] = a;
	return MNL_CB_OK;
}

static bool
ip_read(const struct nlattr *a, struct ip *ip)
{
	const uint8_t *p = mnl_attr_get_payload(a);
	uint16_t len = mnl_attr_get_payload_len(a);
	uint32_t v4;

	if (len == 4) {
		memcpy(&v4, p, 4);
		*ip = ip_from4(ntohl(v4));
	} else if (len == 16) {
		memcpy(ip->b, p, 16);
	}
	return len == 4 || len == 16;
}

/* RFC 8950: an IPv4 route by an IPv6 gateway; of MPLS any. */
static void
via_read(const struct nlattr *a, struct ip *ip)
{
	const struct rtvia *via = mnl_attr_get_payload(a);
	size_t len = mnl_attr_get_payload_len(a);
	uint32_t v4;

	if (len >= sizeof(*via) + 16 && via->rtvia_family == AF_INET6) {
		memcpy(ip->b, via->rtvia_addr, 16);
	} else if (len >= sizeof(*via) + 4 && via->rtvia_family == AF_INET) {
		memcpy(&v4, via->rtvia_addr, 4);
		*ip = ip_from4(ntohl(v4));
	}
}

/* Entries of four bytes, the last one marked: RFC 3032, 2.1. */
static void
labels_read(const struct nlattr *a, struct khop *h)
{
	const uint8_t *p = mnl_attr_get_payload(a);
	unsigned n = mnl_attr_get_payload_len(a) / 4;

	for (h->label_n = 0; h->label_n < n && h->label_n < HOP_LABELS; h->label_n++)
		h->label[h->label_n] = get_u32(p + h->label_n * 4) >> LABEL_SHIFT;
}

static int
encap_read(const struct nlattr *a, void *ctx)
{
	if (mnl_attr_get_type(a) == MPLS_IPTUNNEL_DST)
		labels_read(a, ctx);
	return MNL_CB_OK;
}

static uint32_t
u32_read(const struct nlattr *a)
{
	return a && mnl_attr_get_payload_len(a) >= 4 ? mnl_attr_get_u32(a) : 0;
}

static uint16_t
u16_read(const struct nlattr *a)
{
	return mnl_attr_get_payload_len(a) >= 2 ? mnl_attr_get_u16(a) : 0;
}

static void
hop_read(const struct attr_table *t, struct khop *h)
{
	if (t->at[RTA_GATEWAY])
		ip_read(t->at[RTA_GATEWAY], &h->via);
	else if (t->at[RTA_VIA])
		via_read(t->at[RTA_VIA], &h->via);
	if (t->at[RTA_NEWDST])
		labels_read(t->at[RTA_NEWDST], h);
	else if (t->at[RTA_ENCAP] && t->at[RTA_ENCAP_TYPE] &&
		 u16_read(t->at[RTA_ENCAP_TYPE]) == LWTUNNEL_ENCAP_MPLS)
		mnl_attr_parse_nested(t->at[RTA_ENCAP], encap_read, h);
}

static const struct rtnexthop *
hop_next(const struct rtnexthop *nh)
{
	return (const void *)((const uint8_t *)nh + NLMSG_ALIGN((unsigned)nh->rtnh_len));
}

static void
multipath_read(const struct nlattr *a, struct kroute *r)
{
	const struct rtnexthop *nh = mnl_attr_get_payload(a);
	int left = mnl_attr_get_payload_len(a);

	for (; left >= (int)sizeof(*nh) && nh->rtnh_len >= sizeof(*nh) &&
	     nh->rtnh_len <= left && r->hop_n < KROUTE_HOPS;
	     left -= (int)NLMSG_ALIGN((unsigned)nh->rtnh_len), nh = hop_next(nh)) {
		struct khop *h = &r->hop[r->hop_n++];
		struct attr_table t = { 0 };

		*h = (struct khop){
			.oif = (unsigned)nh->rtnh_ifindex,
			.weight = (uint16_t)(nh->rtnh_hops + 1),
			.onlink = nh->rtnh_flags & RTNH_F_ONLINK,
		};
		r->down |= (nh->rtnh_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN)) != 0;
		mnl_attr_parse_payload(nh + 1,
		    nh->rtnh_len - sizeof(*nh), keep_attr, &t);
		hop_read(&t, h);
	}
}

static int
metric_read(const struct nlattr *a, void *ctx)
{
	struct kroute *r = ctx;
	unsigned type = mnl_attr_get_type(a);

	if (type < KROUTE_RTAX && mnl_attr_get_payload_len(a) >= 4) {
		r->rtax_mask |= 1u << type;
		r->rtax[type] = mnl_attr_get_u32(a);
	}
	return MNL_CB_OK;
}

static bool
dest_read(const struct rtmsg *m, struct kroute *r)
{
	switch (m->rtm_type) {
	case RTN_UNICAST: r->dest = DEST_UNICAST; break;
	case RTN_BLACKHOLE: r->dest = DEST_BLACKHOLE; break;
	case RTN_UNREACHABLE: r->dest = DEST_UNREACHABLE; break;
	case RTN_PROHIBIT: r->dest = DEST_PROHIBIT; break;
	default: r->strange = true;
	}
	return !r->strange;
}

static bool
prefix_read(unsigned family, unsigned plen, const struct nlattr *a, struct net *net)
{
	struct ip ip = family == AF_INET ? ip_from4(0) : ip_none;
	unsigned max = family == AF_INET ? 32 : 128;

	if (plen > max ||
	    (a && (mnl_attr_get_payload_len(a) != max / 8 || !ip_read(a, &ip))))
		return false;
	*net = (struct net){ .type = NET_IP6, .plen = (uint8_t)plen };
	if (family == AF_INET)
		*net = net_from_ip(&ip, plen);
	else
		memcpy(net->key, ip.b, sizeof(ip.b)); /* also what looks like a mapped one */
	return true;
}

static bool
label_read(const struct rtmsg *m, const struct nlattr *dst, struct net *net)
{
	if (m->rtm_dst_len != LABEL_BITS || !dst || mnl_attr_get_payload_len(dst) != 4)
		return false;
	*net = net_mpls(get_u32(mnl_attr_get_payload(dst)) >> LABEL_SHIFT);
	return true;
}

static bool
net_read(const struct rtmsg *m, const struct attr_table *t, struct kroute *r)
{
	struct net to, from;

	if (m->rtm_family == AF_MPLS)
		return label_read(m, t->at[RTA_DST], &r->net);
	if ((m->rtm_family != AF_INET && m->rtm_family != AF_INET6) ||
	    (m->rtm_family == AF_INET && m->rtm_src_len) ||
	    !prefix_read(m->rtm_family, m->rtm_dst_len, t->at[RTA_DST], &r->net))
		return false;
	if (!m->rtm_src_len)
		return true;
	to = r->net;
	if (!prefix_read(AF_INET6, m->rtm_src_len, t->at[RTA_SRC], &from))
		return false;
	r->net = net_sadr(&to, &from, r->sadr);
	return true;
}

static void
hops_read(const struct rtmsg *m, const struct attr_table *t, struct kroute *r)
{
	if (t->at[RTA_MULTIPATH]) {
		multipath_read(t->at[RTA_MULTIPATH], r);
	} else if (t->at[RTA_OIF] || t->at[RTA_GATEWAY] || t->at[RTA_VIA]) {
		r->hop_n = 1;
		r->hop[0] = (struct khop){
			.oif = u32_read(t->at[RTA_OIF]),
			.weight = 1,
			.onlink = m->rtm_flags & RTNH_F_ONLINK,
		};
		hop_read(t, &r->hop[0]);
		r->down |= (m->rtm_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN)) != 0;
	}
}

bool
kroute_parse(const struct nlmsghdr *h, struct kroute *r)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	struct attr_table t = { 0 };

	memset(r, 0, offsetof(struct kroute, hop));
	if (mnl_nlmsg_get_payload_len(h) < sizeof(*m) ||
	    mnl_attr_parse(h, sizeof(*m), keep_attr, &t) < 0 ||
	    !net_read(m, &t, r))
		return false;
	dest_read(m, r);
	r->proto = m->rtm_protocol;
	r->scope = m->rtm_scope;
	r->tos = m->rtm_tos;
	r->flags = m->rtm_flags;
	r->cloned = m->rtm_flags & RTM_F_CLONED;
	r->table = t.at[RTA_TABLE] ? u32_read(t.at[RTA_TABLE]) : m->rtm_table;
	r->metric = u32_read(t.at[RTA_PRIORITY]);
	r->realm = u32_read(t.at[RTA_FLOW]);
	if (t.at[RTA_PREFSRC])
		ip_read(t.at[RTA_PREFSRC], &r->prefsrc);
	if (t.at[RTA_METRICS])
		mnl_attr_parse_nested(t.at[RTA_METRICS], metric_read, r);
	if (r->dest == DEST_UNICAST && !r->strange)
		hops_read(m, &t, r);
	return true;
}

/*
 * Writing.
 */
static bool
ip_put(struct nlmsghdr *h, size_t size, uint16_t type, const struct ip *ip)
{
	size_t n = ip_is4(ip) ? 4 : 16;

	return mnl_attr_put_check(h, size, type, n, ip->b + 16 - n);
}

/* Also what fills up to four bytes is said: libmnl leaves that as it was. */
static bool
padded_put(struct nlmsghdr *h, size_t size, uint16_t type, size_t len, const void *value)
{
	size_t pad = (MNL_ALIGNTO - len % MNL_ALIGNTO) % MNL_ALIGNTO;

	if (!mnl_attr_put_check(h, size, type, len, value))
		return false;
	memset((uint8_t *)h + h->nlmsg_len - pad, 0, pad);
	return true;
}

static bool
via_put(struct nlmsghdr *h, size_t size, const struct net *net, const struct ip *via)
{
	size_t n = ip_is4(via) ? 4 : 16;
	uint8_t b[2 + 16] = { 0 };
	uint16_t family = ip_is4(via) ? AF_INET : AF_INET6;

	if (net->type != NET_MPLS && (net->type != NET_IP4 || ip_is4(via)))
		return ip_put(h, size, RTA_GATEWAY, via);
	memcpy(b, &family, 2);
	memcpy(b + 2, via->b + 16 - n, n);
	return padded_put(h, size, RTA_VIA, 2 + n, b);
}

static bool
stack_put(struct nlmsghdr *h, size_t size, uint16_t type, const struct khop *hop)
{
	uint8_t b[HOP_LABELS * 4];

	for (unsigned i = 0; i < hop->label_n; i++)
		put_u32(b + i * 4, hop->label[i] << LABEL_SHIFT |
				       (i + 1u == hop->label_n ? LABEL_BOTTOM : 0));
	return mnl_attr_put_check(h, size, type, hop->label_n * 4u, b);
}

static bool
labels_put(struct nlmsghdr *h, size_t size, const struct net *net, const struct khop *hop)
{
	uint16_t mpls = LWTUNNEL_ENCAP_MPLS;
	struct nlattr *nest;

	if (!hop->label_n)
		return true;
	if (net->type == NET_MPLS)
		return stack_put(h, size, RTA_NEWDST, hop);
	if (!padded_put(h, size, RTA_ENCAP_TYPE, sizeof(mpls), &mpls))
		return false;
	nest = mnl_attr_nest_start_check(h, size, RTA_ENCAP);
	if (!nest || !stack_put(h, size, MPLS_IPTUNNEL_DST, hop))
		return false;
	mnl_attr_nest_end(h, nest);
	return true;
}

static bool
multipath_put(struct nlmsghdr *h, size_t size, const struct kroute *r)
{
	struct nlattr *nest = mnl_attr_nest_start_check(h, size, RTA_MULTIPATH);
	bool ok = nest != NULL, mpls = r->net.type == NET_MPLS;

	for (unsigned i = 0; ok && i < r->hop_n; i++) {
		const struct khop *hop = &r->hop[i];
		struct rtnexthop *nh = mnl_nlmsg_get_payload_tail(h);
		uint32_t before = h->nlmsg_len;

		ok = before + sizeof(*nh) <= size;
		if (!ok)
			break;
		*nh = (struct rtnexthop){
			.rtnh_flags = hop->onlink && !mpls ? RTNH_F_ONLINK : 0,
			.rtnh_hops = mpls ? 0 : (uint8_t)(hop->weight - 1),
			.rtnh_ifindex = (int)hop->oif,
		};
		h->nlmsg_len += sizeof(*nh);
		if (!ip_is_none(&hop->via))
			ok = via_put(h, size, &r->net, &hop->via);
		ok = ok && labels_put(h, size, &r->net, hop);
		nh->rtnh_len = (uint16_t)(h->nlmsg_len - before);
	}
	if (ok)
		mnl_attr_nest_end(h, nest);
	return ok;
}

static bool
hops_put(struct nlmsghdr *h, size_t size, const struct kroute *r)
{
	const struct khop *hop = &r->hop[0];
	bool ok = true;

	if (r->hop_n > 1)
		return multipath_put(h, size, r);
	if (r->hop_n && hop->oif)
		ok = mnl_attr_put_u32_check(h, size, RTA_OIF, hop->oif);
	if (ok && r->hop_n && !ip_is_none(&hop->via))
		ok = via_put(h, size, &r->net, &hop->via);
	return ok && (!r->hop_n || labels_put(h, size, &r->net, hop));
}

static bool
metrics_put(struct nlmsghdr *h, size_t size, const struct kroute *r)
{
	struct nlattr *nest;
	bool ok = true;

	if (!r->rtax_mask)
		return true;
	nest = mnl_attr_nest_start_check(h, size, RTA_METRICS);
	for (unsigned i = 1; nest && ok && i < KROUTE_RTAX; i++)
		if (r->rtax_mask >> i & 1)
			ok = mnl_attr_put_u32_check(h, size, (uint16_t)i, r->rtax[i]);
	if (nest && ok)
		mnl_attr_nest_end(h, nest);
	return nest && ok;
}

static void
header_put(struct nlmsghdr *h, const struct kroute *r, bool delete)
{
	static const uint8_t types[] = { [DEST_UNICAST] = RTN_UNICAST,
		[DEST_BLACKHOLE] = RTN_BLACKHOLE,
		[DEST_UNREACHABLE] = RTN_UNREACHABLE,
		[DEST_PROHIBIT] = RTN_PROHIBIT };
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->rtm_protocol = r->proto;
	m->rtm_type = delete ? RTN_UNSPEC : types[r->dest]; /* wherever it leads */
	if (r->net.type == NET_MPLS) {
		m->rtm_family = AF_MPLS;
		m->rtm_dst_len = LABEL_BITS;
		m->rtm_table = RT_TABLE_MAIN;
		m->rtm_type = delete ? RTN_UNICAST : m->rtm_type;
		return;
	}
	m->rtm_family = r->net.type == NET_IP4 ? AF_INET : AF_INET6;
	m->rtm_table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC;
	m->rtm_scope = r->scope;
	m->rtm_flags = r->hop_n == 1 && r->hop[0].onlink ? RTNH_F_ONLINK : 0;
}

/* The network, and what tells its routes apart. */
static bool
key_put(struct nlmsghdr *h, size_t size, const struct kroute *r)
{
	struct rtmsg *m = mnl_nlmsg_get_payload(h);
	size_t len = r->net.type == NET_IP4 ? 4 : 16;
	struct net to = r->net, from;
	uint8_t label[4];
	bool ok = true;

	if (r->net.type == NET_MPLS) {
		put_u32(label, net_label(&r->net) << LABEL_SHIFT | LABEL_BOTTOM);
		return mnl_attr_put_check(h, size, RTA_DST, sizeof(label), label);
	}
	if (r->net.type == NET_SADR) {
		net_sadr_parts(&r->net, &to, &from);
		m->rtm_src_len = from.plen;
		ok = mnl_attr_put_check(h, size, RTA_SRC, len, from.key);
	}
	m->rtm_dst_len = to.plen;
	return ok && mnl_attr_put_check(h, size, RTA_DST, len, to.key) &&
	       mnl_attr_put_u32_check(h, size, RTA_TABLE, r->table) &&
	       (!r->metric || mnl_attr_put_u32_check(h, size, RTA_PRIORITY, r->metric));
}

static bool
values_put(struct nlmsghdr *h, size_t size, const struct kroute *r)
{
	if (r->net.type == NET_MPLS)
		return true;
	return (ip_is_none(&r->prefsrc) || ip_put(h, size, RTA_PREFSRC, &r->prefsrc)) &&
	       (!r->realm || mnl_attr_put_u32_check(h, size, RTA_FLOW, r->realm)) &&
	       metrics_put(h, size, r);
}

size_t
kroute_build(const struct kroute *r, unsigned type, unsigned flags, uint32_t seq,
    void *buf, size_t size)
{
	struct nlmsghdr *h;
	bool ok;

	if (size < 512)
		return 0;
	h = mnl_nlmsg_put_header(buf);
	h->nlmsg_type = (uint16_t)type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = seq;
	header_put(h, r, type == RTM_DELROUTE);
	ok = key_put(h, size, r);
	if (ok && type == RTM_NEWROUTE)
		ok = values_put(h, size, r) &&
		     (r->dest != DEST_UNICAST || hops_put(h, size, r));
	return ok ? h->nlmsg_len : 0;
}

/*
 * Comparing.
 */
static int
hop_cmp(const void *a, const void *b)
{
	const struct khop *x = a, *y = b;
	int c = ip_cmp(&x->via, &y->via);

	if (!c)
		c = (x->oif > y->oif) - (x->oif < y->oif);
	if (!c)
		c = x->weight - y->weight;
	if (!c)
		c = x->label_n - y->label_n;
	for (unsigned i = 0; !c && i < x->label_n; i++)
		c = (x->label[i] > y->label[i]) - (x->label[i] < y->label[i]);
	return c;
}

static bool
hops_same(const struct kroute *a, const struct kroute *b)
{
	struct khop x[KROUTE_HOPS], y[KROUTE_HOPS];

	if (a->hop_n != b->hop_n)
		return false;
	memcpy(x, a->hop, a->hop_n * sizeof(*x));
	memcpy(y, b->hop, b->hop_n * sizeof(*y));
	qsort(x, a->hop_n, sizeof(*x), hop_cmp);
	qsort(y, b->hop_n, sizeof(*y), hop_cmp);
	for (unsigned i = 0; i < a->hop_n; i++)
		if (hop_cmp(&x[i], &y[i]) != 0 || x[i].onlink != y[i].onlink)
			return false;
	return true;
}

bool
kroute_same(const struct kroute *a, const struct kroute *b)
{
	if (a->dest != b->dest || a->realm != b->realm ||
	    !ip_equal(&a->prefsrc, &b->prefsrc) || a->rtax_mask != b->rtax_mask)
		return false;
	for (unsigned i = 0; i < KROUTE_RTAX; i++)
		if (a->rtax_mask >> i & 1 && a->rtax[i] != b->rtax[i])
			return false;
	return a->dest != DEST_UNICAST || hops_same(a, b);
}
