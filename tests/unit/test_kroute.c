/*
 * Routes of the kernel: what is built reads back as it was, what is garbage is refused or at
 * least harmless.
 */
#include "test.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>

#include "daemon/netlink.h"

static struct ip
ip(const char *text)
{
	struct ip a = ip_none;
	struct in_addr v4;

	if (inet_pton(AF_INET, text, &v4) == 1)
		a = ip_from4(ntohl(v4.s_addr));
	else
		assert_int_equal(inet_pton(AF_INET6, text, a.b), 1);
	return a;
}

#define VIA(gw, dev, w) { .via = (gw), .oif = (dev), .weight = (w) }
#define ONLINK(gw, dev, w) { .via = (gw), .oif = (dev), .weight = (w), .onlink = true }
#define ROUTE(title, addr, len, to, tab, prio)                                           \
	.name = (title), .net = (addr), .plen = (len), .dest = DEST_##to,                \
	.table = (tab), .metric = (prio)

static const struct row {
	const char *name, *net;
	unsigned plen;
	enum dest dest;
	uint32_t table, metric;
	unsigned hop_n;
	struct {
		const char *via;
		unsigned oif;
		uint16_t weight;
		bool onlink;
	} hop[3];
	const char *prefsrc;
	uint32_t realm, mtu, hoplimit;
	uint8_t scope;
	const char *from; /* the source; NULL: none */
	unsigned from_plen;
	uint32_t label;	   /* of MPLS */
	uint32_t stack[3]; /* what packets get, up to a 0 */
} rows[] = {
	{ ROUTE("gateway", "10.1.0.0", 16, UNICAST, 254, 32), .hop_n = 1,
	    .hop = { VIA("10.0.0.1", 3, 1) } },
	{ ROUTE("default route", "0.0.0.0", 0, UNICAST, 254, 0), .hop_n = 1,
	    .hop = { VIA("10.0.0.1", 3, 1) } },
	{ ROUTE("host", "10.1.2.3", 32, UNICAST, 254, 1), .hop_n = 1,
	    .hop = { VIA("10.0.0.1", 3, 1) } },
	{ ROUTE("on the link", "10.1.0.0", 16, UNICAST, 254, 32), .hop_n = 1,
	    .hop = { VIA(NULL, 3, 1) }, .scope = RT_SCOPE_LINK },
	{ ROUTE("onlink", "10.1.0.0", 16, UNICAST, 254, 32), .hop_n = 1,
	    .hop = { ONLINK("172.16.0.1", 7, 1) } },
	{ ROUTE("blackhole", "10.1.0.0", 16, BLACKHOLE, 254, 32) },
	{ ROUTE("unreachable", "10.1.0.0", 16, UNREACHABLE, 254, 32) },
	{ ROUTE("prohibit", "10.1.0.0", 16, PROHIBIT, 254, 32) },
	{ ROUTE("blackhole, IPv6", "2001:db8::", 32, BLACKHOLE, 254, 32) },
	{ ROUTE("a large table and metric", "10.1.0.0", 16, UNICAST, 0xfffffff0,
	      0xffffffff),
	    .hop_n = 1, .hop = { VIA("10.0.0.1", 3, 1) } },
	{ ROUTE("two ways", "10.1.0.0", 16, UNICAST, 100, 32), .hop_n = 2,
	    .hop = { VIA("10.0.0.1", 3, 1), VIA("10.0.0.2", 3, 256) } },
	{ ROUTE("three, one onlink, one on a link", "10.1.0.0", 16, UNICAST, 100, 32),
	    .hop_n = 3,
	    .hop = { VIA("10.0.0.1", 3, 10), ONLINK("192.0.2.1", 4, 20),
		VIA(NULL, 5, 30) } },
	{ ROUTE("prefsrc, realm, metrics", "10.1.0.0", 16, UNICAST, 254, 32), .hop_n = 1,
	    .hop = { VIA("10.0.0.1", 3, 1) }, .prefsrc = "10.9.9.9", .realm = 17,
	    .mtu = 1400, .hoplimit = 9 },
	{ ROUTE("IPv6", "2001:db8:1::", 48, UNICAST, 254, 1024), .hop_n = 1,
	    .hop = { VIA("fe80::1", 3, 1) } },
	{ ROUTE("IPv6, two ways, prefsrc", "2001:db8:1::", 48, UNICAST, 254, 1024),
	    .hop_n = 2, .hop = { VIA("fe80::1", 3, 1), VIA("2001:db8::9", 4, 2) },
	    .prefsrc = "2001:db8::1" },
	{ ROUTE("IPv4 by IPv6", "10.1.0.0", 16, UNICAST, 254, 32), .hop_n = 1,
	    .hop = { VIA("fe80::1", 3, 1) } },
	{ ROUTE("IPv4 by IPv6 and IPv4", "10.1.0.0", 16, UNICAST, 254, 32), .hop_n = 2,
	    .hop = { VIA("fe80::1", 3, 1), VIA("10.0.0.1", 3, 1) } },
	{ ROUTE("labels", "10.1.0.0", 16, UNICAST, 254, 32), .hop_n = 1,
	    .hop = { VIA("10.0.0.1", 3, 1) }, .stack = { 100, 1048575 } },
	{ ROUTE("labels, two ways", "2001:db8::", 32, UNICAST, 254, 32), .hop_n = 2,
	    .hop = { VIA("fe80::1", 3, 1), VIA("fe80::2", 4, 2) }, .stack = { 16, 17 } },
	{ ROUTE("by source", "2001:db8:1::", 48, UNICAST, 254, 1024), .hop_n = 1,
	    .hop = { VIA("fe80::1", 3, 1) }, .from = "2001:db8:2::", .from_plen = 48 },
	{ ROUTE("by source, to anywhere", "::", 0, UNREACHABLE, 77, 5),
	    .from = "2001:db8:2::1", .from_plen = 128 },
	{ ROUTE("a label", NULL, 20, UNICAST, 254, 0), .hop_n = 1,
	    .hop = { VIA("10.0.0.1", 3, 1) }, .label = 100, .stack = { 200, 300 } },
	{ ROUTE("a label, popped", NULL, 20, UNICAST, 254, 0), .hop_n = 1,
	    .hop = { VIA(NULL, 3, 1) }, .label = 1048575 },
	{ ROUTE("a label, two ways", NULL, 20, UNICAST, 254, 0), .hop_n = 2,
	    .hop = { VIA("10.0.0.1", 3, 1), VIA("fe80::1", 4, 1) }, .label = 16,
	    .stack = { 3 } },
};

static void
net_of(const struct row *row, struct kroute *r)
{
	struct ip net = row->net ? ip(row->net) : ip_none, source;
	struct net to = net_from_ip(&net, (uint8_t)row->plen), from;

	r->net = row->net ? to : net_mpls(row->label);
	if (!row->from)
		return;
	source = ip(row->from);
	from = net_from_ip(&source, (uint8_t)row->from_plen);
	r->net = net_sadr(&to, &from, r->sadr);
}

static void
labels_of(const struct row *row, struct khop *h)
{
	while (row->stack[h->label_n]) {
		h->label[h->label_n] = row->stack[h->label_n];
		h->label_n++;
	}
}

static void
route_of(const struct row *row, struct kroute *r)
{
	memset(r, 0, sizeof(*r));
	net_of(row, r);
	r->dest = row->dest;
	r->table = row->table;
	r->metric = row->metric;
	r->proto = KROUTE_MINE;
	r->scope = row->scope;
	r->realm = row->realm;
	if (row->prefsrc)
		r->prefsrc = ip(row->prefsrc);
	if (row->mtu) {
		r->rtax_mask = 1u << RTAX_MTU | 1u << RTAX_HOPLIMIT;
		r->rtax[RTAX_MTU] = row->mtu;
		r->rtax[RTAX_HOPLIMIT] = row->hoplimit;
	}
	r->hop_n = row->hop_n;
	for (unsigned i = 0; i < row->hop_n; i++)
		r->hop[i] = (struct khop){
			.via = row->hop[i].via ? ip(row->hop[i].via) : ip_none,
			.oif = row->hop[i].oif,
			.weight = row->hop[i].weight,
			.onlink = row->hop[i].onlink,
		};
	for (unsigned i = 0; i < row->hop_n; i++)
		labels_of(row, &r->hop[i]);
}

static void
test_round_trip(void **state)
{
	const struct row *row = *state;
	_Alignas(8) uint8_t buf[4096];
	const struct nlmsghdr *h = (const void *)buf;
	struct kroute r, got;
	size_t n;

	route_of(row, &r);
	n = kroute_build(&r, RTM_NEWROUTE, NLM_F_CREATE, 7, buf, sizeof(buf));
	assert_int_equal(n, h->nlmsg_len);
	assert_int_equal(h->nlmsg_seq, 7);
	assert_true(kroute_parse(h, &got));
	assert_true(net_equal(&got.net, &r.net));
	assert_int_equal(got.table, r.table);
	assert_int_equal(got.metric, r.metric);
	assert_int_equal(got.proto, KROUTE_MINE);
	assert_int_equal(got.scope, r.scope);
	assert_false(got.strange || got.cloned || got.down);
	assert_true(kroute_same(&got, &r));
	assert_true(kroute_same(&r, &got));
	for (unsigned i = 0; i < r.hop_n; i++)
		assert_true(ip_equal(&got.hop[i].via, &r.hop[i].via));
}

/* A deletion names network, table and metric only. */
static void
test_delete(void **state)
{
	const struct row *row = *state;
	_Alignas(8) uint8_t buf[4096];
	struct kroute r, got;

	route_of(row, &r);
	assert_true(kroute_build(&r, RTM_DELROUTE, 0, 1, buf, sizeof(buf)));
	assert_true(kroute_parse((const void *)buf, &got));
	assert_true(net_equal(&got.net, &r.net));
	assert_int_equal(got.table, r.table);
	assert_int_equal(got.metric, r.metric);
	assert_int_equal(got.hop_n, 0);
	assert_int_equal(got.rtax_mask, 0);
}

/* One message cut anywhere, with its length made to fit or not: never read past its end
 * (the sanitizers look), never more hops than were there. */
static void
test_cut(void **state)
{
	const struct row *row = *state;
	_Alignas(8) uint8_t buf[4096];
	struct kroute r, got;
	size_t n;

	route_of(row, &r);
	n = kroute_build(&r, RTM_NEWROUTE, 0, 1, buf, sizeof(buf));
	for (size_t len = sizeof(struct nlmsghdr); len < n; len++) {
		struct nlmsghdr *h = calloc(1, NLMSG_ALIGN(len)); /* as the kernel pads */

		memcpy(h, buf, len);
		h->nlmsg_len = (uint32_t)len;
		if (kroute_parse(h, &got))
			assert_true(got.hop_n <= r.hop_n);
		else
			assert_true(len < sizeof(*h) + sizeof(struct rtmsg) + 8);
		free(h);
	}
}

/* Every octet changed in turn to some values: understood or not, the value keeps its bounds. */
static void
test_mutated(void **state)
{
	static const uint8_t values[] = { 0, 1, 4, 7, 0x80, 0xff };
	const struct row *row = *state;
	_Alignas(8) uint8_t buf[4096];
	struct kroute r, got;
	size_t n;

	route_of(row, &r);
	n = kroute_build(&r, RTM_NEWROUTE, 0, 1, buf, sizeof(buf));
	for (size_t i = sizeof(struct nlmsghdr); i < n; i++)
		for (unsigned k = 0; k < sizeof(values); k++) {
			struct nlmsghdr *h = malloc(n);

			memcpy(h, buf, n);
			((uint8_t *)h)[i] = values[k];
			if (kroute_parse(h, &got)) {
				assert_true(got.hop_n <= KROUTE_HOPS);
				assert_true(got.net.plen <= net_plen_max(got.net.type));
				(void)kroute_same(&got, &r);
			}
			free(h);
		}
}

/* What does not fit is not half written. */
static void
test_no_room(void **state)
{
	_Alignas(8) uint8_t buf[8192];
	struct kroute r;
	size_t full;

	(void)state;
	route_of(&rows[10], &r);
	r.hop_n = KROUTE_HOPS;
	for (unsigned i = 0; i < KROUTE_HOPS; i++)
		r.hop[i] = (struct khop){
			.via = ip("10.0.0.1"), .oif = i + 1, .weight = 1
		};
	full = kroute_build(&r, RTM_NEWROUTE, 0, 1, buf, sizeof(buf));
	assert_true(full > 512);
	for (size_t size = 0; size < full; size += 4)
		assert_int_equal(kroute_build(&r, RTM_NEWROUTE, 0, 1, buf, size), 0);
	assert_int_equal(kroute_build(&r, RTM_NEWROUTE, 0, 1, buf, full), full);
}

static void
build(const struct kroute *r, uint8_t *buf)
{
	assert_true(kroute_build(r, RTM_NEWROUTE, 0, 1, buf, 4096));
}

static struct rtmsg *
rtmsg_of(uint8_t *buf)
{
	return (void *)(buf + sizeof(struct nlmsghdr));
}

static void
test_refused(void **state)
{
	_Alignas(8) uint8_t buf[4096];
	struct kroute r, got;

	(void)state;
	route_of(&rows[0], &r);
	build(&r, buf);
	rtmsg_of(buf)->rtm_family = 28 /* AF_MPLS */;
	rtmsg_of(buf)->rtm_dst_len = 19;
	assert_false(kroute_parse((void *)buf, &got));
	rtmsg_of(buf)->rtm_family = AF_BRIDGE;
	assert_false(kroute_parse((void *)buf, &got));
	build(&r, buf);
	rtmsg_of(buf)->rtm_dst_len = 33;
	assert_false(kroute_parse((void *)buf, &got));
	build(&r, buf);
	rtmsg_of(buf)->rtm_src_len = 8; /* IPv4 has no routes by source */
	assert_false(kroute_parse((void *)buf, &got));
	((struct nlmsghdr *)(void *)buf)->nlmsg_len = sizeof(struct nlmsghdr) + 4;
	assert_false(kroute_parse((void *)buf, &got));
}

/* The kernel (net/mpls) refuses what it does not know: metrics, tables, scopes. */
static void
test_mpls_bytes(void **state)
{
	static const uint8_t want[] = {
		28, 20, 0, 0, 254, KROUTE_MINE, 0, RTN_UNICAST, 0, 0, 0, 0, /* rtmsg */
		8, 0, RTA_DST, 0, 0x00, 0x06, 0x41, 0x00,		    /* 100, bottom */
		8, 0, RTA_OIF, 0, 3, 0, 0, 0,				    /* */
		10, 0, RTA_VIA, 0, AF_INET, 0, 10, 0, 0, 1, 0, 0,	    /* 10.0.0.1 */
		12, 0, RTA_NEWDST, 0, 0x00, 0x0c, 0x80, 0x00, 0x00, 0x12, 0xc1, 0x00,
	};
	_Alignas(8) uint8_t buf[4096];
	const struct row *row = rows;
	struct kroute r;
	size_t n;

	(void)state;
	while (strcmp(row->name, "a label") != 0)
		row++;
	route_of(row, &r);
	r.metric = r.realm = 5;
	r.table = 7;
	r.scope = RT_SCOPE_LINK;
	r.rtax_mask = 1u << RTAX_MTU;
	r.prefsrc = ip("10.9.9.9");
	r.hop[0].onlink = true;
	memset(buf, 0xaa, sizeof(buf)); /* every byte is said */
	n = kroute_build(&r, RTM_NEWROUTE, 0, 1, buf, sizeof(buf));
	assert_int_equal(n, sizeof(struct nlmsghdr) + sizeof(want));
	assert_memory_equal(buf + sizeof(struct nlmsghdr), want, sizeof(want));
	n = kroute_build(&r, RTM_DELROUTE, 0, 1, buf, sizeof(buf));
	assert_int_equal(n, sizeof(struct nlmsghdr) + 12 + 8);
	assert_memory_equal(buf + sizeof(struct nlmsghdr), want, 12 + 8);
}

static void
test_marked(void **state)
{
	_Alignas(8) uint8_t buf[4096];
	struct kroute r, got;

	(void)state;
	route_of(&rows[0], &r);
	build(&r, buf);
	rtmsg_of(buf)->rtm_type = RTN_LOCAL;
	assert_true(kroute_parse((void *)buf, &got));
	assert_true(got.strange);
	build(&r, buf);
	rtmsg_of(buf)->rtm_flags |= RTM_F_CLONED;
	assert_true(kroute_parse((void *)buf, &got));
	assert_true(got.cloned);
	build(&r, buf);
	rtmsg_of(buf)->rtm_flags |= RTNH_F_DEAD;
	assert_true(kroute_parse((void *)buf, &got));
	assert_true(got.down);
}

static void
test_same(void **state)
{
	struct kroute a, b;
	struct khop first;

	(void)state;
	route_of(&rows[11], &a);
	b = a;
	first = b.hop[0];
	b.hop[0] = b.hop[2];
	b.hop[2] = first;
	b.metric++;
	b.table++;
	assert_true(kroute_same(&a, &b)); /* the order of hops, table, metric: no difference */
	b.hop[1].weight++;
	assert_false(kroute_same(&a, &b));
	b = a;
	b.hop[1].onlink = false;
	assert_false(kroute_same(&a, &b));
	b = a;
	b.hop[1].label_n++;
	assert_false(kroute_same(&a, &b));
	a.hop[1].label_n++;
	assert_true(kroute_same(&a, &b));
	b.hop[1].label[0]++;
	assert_false(kroute_same(&a, &b));
	a.hop[1].label_n = 0;
	b = a;
	b.hop_n--;
	assert_false(kroute_same(&a, &b));
	b = a;
	b.rtax_mask = 1u << RTAX_MTU;
	assert_false(kroute_same(&a, &b));
	a.rtax_mask = b.rtax_mask;
	b.rtax[RTAX_MTU] = 1400;
	assert_false(kroute_same(&a, &b));
	b = a;
	b.dest = DEST_BLACKHOLE;
	assert_false(kroute_same(&a, &b));
	b = a;
	b.prefsrc = ip("10.0.0.9");
	assert_false(kroute_same(&a, &b));
}

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void
add_rows(const char *what, CMUnitTestFunction fn)
{
	char (*names)[64] = calloc(ROWS, sizeof(*names)); /* as long as the program runs */

	for (unsigned i = 0; i < ROWS; i++) {
		snprintf(names[i], sizeof(*names), "%s: %s", what, rows[i].name);
		tests_add((struct CMUnitTest){
			.name = names[i],
			.test_func = fn,
			.initial_state = (void *)(uintptr_t)&rows[i],
		});
	}
}

/*
 * Interfaces: messages made by hand.
 */
#define HEAD	   sizeof(struct nlattr)
#define ALIGNED(n) (((uint32_t)(n) + 3) & ~3u)

static void
attr_put(struct nlmsghdr *h, unsigned type, const void *data, size_t len)
{
	struct nlattr *a = (void *)((char *)h + ALIGNED(h->nlmsg_len));

	*a = (struct nlattr){ .nla_len = (uint16_t)(HEAD + len),
		.nla_type = (uint16_t)type };
	memcpy((char *)a + HEAD, data, len);
	h->nlmsg_len = ALIGNED(h->nlmsg_len) + ALIGNED(HEAD + len);
}

static const struct link_row {
	const char *name, *ifname, *kind;
	uint32_t master;
	int family;
	bool want, is_vrf;
} link_rows[] = {
	{ "a link", "eth0", NULL, 0, AF_UNSPEC, true, false },
	{ "in a VRF", "eth0", "veth", 7, AF_UNSPEC, true, false },
	{ "a VRF", "blue", "vrf", 0, AF_UNSPEC, true, true },
	{ "a name that is too long", "0123456789abcdef0", NULL, 0, AF_UNSPEC, true,
	    false },
	{ "a kind that begins like it", "x", "vrfx", 0, AF_UNSPEC, true, false },
	{ "the end of one", "x", "vr", 0, AF_UNSPEC, true, false },
	{ "a bridge's port as such", "eth0", NULL, 7, AF_BRIDGE, false, false },
};

static void
links_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(link_rows) / sizeof(*link_rows); i++) {
		const struct link_row *r = &link_rows[i];
		_Alignas(8) char buf[512] = { 0 };
		struct nlmsghdr *h = (void *)buf;
		struct ifinfomsg *m = (void *)(h + 1);
		struct klink k;

		*h = (struct nlmsghdr){ .nlmsg_len = NLMSG_LENGTH(sizeof(*m)),
			.nlmsg_type = RTM_NEWLINK };
		*m = (struct ifinfomsg){ .ifi_family = (uint8_t)r->family,
			.ifi_index = 5, .ifi_flags = 0x43 };
		attr_put(h, IFLA_IFNAME, r->ifname, strlen(r->ifname) + 1);
		attr_put(h, IFLA_MTU, &(uint32_t){ 1500 }, 4);
		if (r->master)
			attr_put(h, IFLA_MASTER, &r->master, 4);
		if (r->kind) {
			char info[64] = { 0 };
			struct nlattr a = { (uint16_t)(HEAD + strlen(r->kind) + 1),
				IFLA_INFO_KIND };

			memcpy(info, &a, sizeof(a));
			strcpy(info + HEAD, r->kind);
			attr_put(h, IFLA_LINKINFO, info, ALIGNED(a.nla_len));
		}
		if (klink_parse(h, &k) != r->want)
			fail_msg("%s", r->name);
		if (!r->want)
			continue;
		assert_int_equal(k.index, 5);
		assert_int_equal(k.flags, 0x43);
		assert_int_equal(k.mtu, 1500);
		assert_int_equal(k.master, r->master);
		assert_int_equal(k.is_vrf, r->is_vrf);
		assert_memory_equal(k.name, r->ifname, strlen(k.name));
		assert_int_equal(
		    strlen(k.name), strlen(r->ifname) > 15 ? 15 : strlen(r->ifname));
	}
}

int
main(void)
{
	add_rows("round trip", test_round_trip);
	add_rows("delete", test_delete);
	add_rows("cut", test_cut);
	add_rows("mutated", test_mutated);
	ADD_TEST(test_no_room);
	ADD_TEST(test_refused);
	ADD_TEST(test_mpls_bytes);
	ADD_TEST(test_marked);
	ADD_TEST(test_same);
	ADD_TEST(links_read);
	return tests_run("kroute");
}
