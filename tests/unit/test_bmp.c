/*
 * BMP messages as they are written: RFC 7854.
 */
#include "test.h"
#include "base/longnet.h"
#include "base/mem.h"
#include "base/wire.h"
#include "bgp/bmp.h"
#include "bgp/labels.h"

#define TIME_US UINT64_C(0x0102030400000000 / 0x100000000 * 1000000 + 5)
#define TIME "01020304" "00000005"
#define FOUR "000000000000000000000000c0000201"
#define IDS "0000fde8" "0a000001"
#define PEER "00" "00" "0000000000000000" FOUR IDS TIME
#define MARK "ffffffffffffffffffffffffffffffff"

static struct bmp b;
static struct bmp_peer peer;
static struct arena *arena;
static char text[262144];

static struct ip
address(const char *s)
{
	struct ip ip;

	assert_true(ip_parse(s, &ip));
	return ip;
}

static int
setup(void **state)
{
	(void)state;
	b = (struct bmp){ 0 };
	peer = (struct bmp_peer){ address("192.0.2.1"), 65000, 0x0a000001, 0 };
	arena = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	bmp_free(&b);
	arena_free(arena);
	return 0;
}

static void
wrote(const char *want)
{
	char *at = text;

	for (size_t i = 0; i < b.len; i++)
		at += sprintf(at, "%02x", b.at[i]);
	*at = '\0';
	assert_string_equal(text, want);
	b.len = 0;
}

static struct attrs *
set_of(struct draft *d)
{
	struct attrs *a = mem_alloc(attrs_size(d));

	attrs_write(d, a);
	attrs_read_head(a);
	return a;
}

/* ORIGIN, AS_PATH, a next hop. */
static void
draft_begin(struct draft *d, const char *hop)
{
	struct ip ip = address(hop);

	draft_init(d, arena);
	d->next_hop.len = ip_is4(&ip) ? 4 : 16;
	if (ip_is4(&ip))
		put_u32(d->next_hop.b, ip_to4(&ip));
	else
		memcpy(d->next_hop.b, ip.b, 16);
	draft_set_u8(d, ATTR_ORIGIN, ORIGIN_IGP);
	draft_path_prepend(d, 400000, 1);
}

static struct nlri
network(const char *s, uint32_t path_id)
{
	struct nlri n = { .path_id = path_id };

	assert_true(net_parse(s, &n.net));
	return n;
}

static void
session(void **state)
{
	(void)state;
	bmp_initiation(&b, "mynah", "rr1");
	wrote("03" "00000016" "04" "0001" "0005" "6d796e6168" "0002" "0003" "727231");
	bmp_termination(&b, BMP_CLOSED);
	wrote("03" "0000000c" "05" "0001" "0002" "0000");
}

static void
up(void **state)
{
	static const uint8_t sent[] = { 1, 2, 3 }, received[] = { 4, 5 };
	struct bmp_up u = { address("192.0.2.9"), 179, 40000, sent, received, 3, 2 };

	(void)state;
	bmp_peer_up(&b, &peer, TIME_US, &u);
	wrote("03" "00000049" "03" PEER "000000000000000000000000c0000209" "00b3" "9c40"
	      "010203" "0405");
	peer.ip = address("2001:db8::1");
	peer.instance = 0x1122334455667788;
	u.local = address("2001:db8::9");
	bmp_peer_up(&b, &peer, TIME_US, &u);
	wrote("03" "00000049" "03" "02" "80" "1122334455667788"
	      "20010db8000000000000000000000001" IDS TIME
	      "20010db8000000000000000000000009" "00b3" "9c40" "010203" "0405");
}

static void
down(void **state)
{
	static const uint8_t event[] = { 0, 8 };

	(void)state;
	bmp_peer_down(&b, &peer, TIME_US, BMP_WE_CLOSED, event, 2);
	wrote("03" "00000033" "02" PEER "02" "0008");
	bmp_peer_down(&b, &peer, TIME_US, BMP_PEER_CLOSED, NULL, 0);
	wrote("03" "00000031" "02" PEER "04");
	bmp_peer_down(&b, &peer, TIME_US, BMP_FORGOTTEN, NULL, 0);
	wrote("03" "00000031" "02" PEER "05");
	bmp_peer_down(&b, &peer, TIME_US, BMP_PEER_NOTIFIED, (const uint8_t *)"abc", 3);
	wrote("03" "00000034" "02" PEER "03" "616263");
	bmp_peer_down(&b, &peer, TIME_US, BMP_WE_NOTIFIED, (const uint8_t *)"abc", 3);
	wrote("03" "00000034" "02" PEER "01" "616263");
}

static void
as_it_came(void **state)
{
	(void)state;
	bmp_update(&b, &peer, BMP_AS2, TIME_US, (const uint8_t *)"abc", 3);
	wrote("03" "00000033" "00" "00" "20" "0000000000000000" FOUR IDS TIME "616263");
}

static void
announced(void **state)
{
	struct nlri n[] = { network("10.0.0.0/8", 7), network("10.1.0.0/16", 8) };
	struct bmp_routes r = { FAM_IP4, false, NULL, n, 2 };
	struct attrs *a;
	struct draft d;

	(void)state;
	draft_begin(&d, "192.0.2.7");
	a = set_of(&d);
	r.attrs = a;
	assert_true(bmp_routes(&b, &peer, BMP_POST_POLICY, TIME_US, &r));
	wrote("03" "00000060" "00" "00" "40" "0000000000000000" FOUR IDS TIME
	      MARK "0030" "02" "0000" "0014"
	      "400101" "00" "400206" "020100061a80" "400304" "c0000207"
	      "080a" "100a01");
	r.add_path = true;
	r.n = 1;
	assert_true(bmp_routes(&b, &peer, 0, TIME_US, &r));
	wrote("03"
	      "00000061"
	      "00" PEER MARK "0031"
	      "02"
	      "0000"
	      "0014"
	      "400101"
	      "00"
	      "400206"
	      "020100061a80"
	      "400304"
	      "c0000207"
	      "00000007"
	      "080a");
	mem_free(a);
}

/* What a stamp would leave out or add is as it is. */
static void
verbatim(void **state)
{
	struct nlri n = network("2001:db8::/32", 0);
	struct bmp_routes r = { FAM_IP6, false, NULL, &n, 1 };
	static const uint8_t community[] = { 0x40, 4, 0, 1, 0, 0, 0, 2 };
	struct attrs *a;
	struct draft d;

	(void)state;
	draft_begin(&d, "2001:db8::7");
	draft_set(&d, AF_OPTIONAL | AF_TRANSITIVE, ATTR_EXT_COMMUNITY, community, 8);
	a = set_of(&d);
	r.attrs = a;
	assert_true(bmp_routes(&b, &peer, 0, TIME_US, &r));
	wrote("03" "0000007d" "00" PEER MARK "004d" "02" "0000" "0036"
	      "900e" "001a" "0002" "01" "10" "20010db8000000000000000000000007" "00"
	      "2020010db8"
	      "400101" "00" "400206" "020100061a80" "c01008" "4004000100000002");
	mem_free(a);
}

static void
withdrawn(void **state)
{
	struct nlri n[] = { network("10.0.0.0/8", 7), network("2001:db8::/32", 9) };
	struct bmp_routes r = { FAM_IP4, false, NULL, n, 1 };

	(void)state;
	assert_true(bmp_routes(&b, &peer, BMP_POST_POLICY, TIME_US, &r));
	wrote("03" "00000049" "00" "00" "40" "0000000000000000" FOUR IDS TIME
	      MARK "0019" "02" "0002" "080a" "0000");
	r = (struct bmp_routes){ FAM_IP6, true, NULL, n + 1, 1 };
	assert_true(bmp_routes(&b, &peer, 0, TIME_US, &r));
	wrote("03" "00000057" "00" PEER MARK "0027" "02" "0000" "0010"
	      "900f" "000c" "0002" "01" "00000009" "2020010db8");
	bmp_end_of_rib(&b, &peer, 0, TIME_US, FAM_IP4);
	wrote("03" "00000047" "00" PEER MARK "0017" "02" "0000" "0000");
	bmp_end_of_rib(&b, &peer, 0, TIME_US, FAM_IP6);
	wrote("03"
	      "0000004d"
	      "00" PEER MARK "001d"
	      "02"
	      "0000"
	      "0006"
	      "800f03"
	      "0002"
	      "01");
}

static void
numbers(void **state)
{
	static const struct bmp_stat s[] = {
		{ BMP_STAT_REJECTED, FAM_NONE, true, 5 },
		{ BMP_STAT_IN, FAM_NONE, false, UINT64_C(0x100000002) },
		{ BMP_STAT_IN_FAMILY, FAM_IP6, false, 3 },
	};

	(void)state;
	bmp_statistics(&b, &peer, TIME_US, s, 3);
	wrote("03"
	      "00000057"
	      "01" PEER "00000003"
	      "0000"
	      "0004"
	      "00000005"
	      "0007"
	      "0008"
	      "0000000100000002"
	      "0009"
	      "000b"
	      "0002"
	      "01"
	      "0000000000000003");
}

/* Reads messages back with a reader of its own: their networks, in order. */
struct reader {
	unsigned messages, networks;
	size_t longest;
	bool extended; /* attributes of more than 255 bytes are there */
};

static struct reader
read_back(bool reach)
{
	struct reader r = { 0 };
	struct wire w = wire_init(b.at, b.len);

	while (wire_left(&w)) {
		struct wire m, nets;
		uint32_t len;

		assert_int_equal(wire_u8(&w), 3);
		len = wire_u32(&w);
		assert_int_equal(wire_u8(&w), BMP_ROUTES);
		m = wire_sub(&w, len - 6);
		wire_take(&m, 42 + 16);
		assert_int_equal(wire_u16(&m), len - 48);
		r.longest = len - 48 > r.longest ? len - 48 : r.longest;
		assert_int_equal(wire_u8(&m), 2);
		if (reach) {
			assert_int_equal(wire_u16(&m), 0);
			wire_take(&m, wire_u16(&m));
			nets = m;
		} else {
			nets = wire_sub(&m, wire_u16(&m));
			assert_int_equal(wire_u16(&m), 0);
		}
		for (; wire_left(&nets); r.networks++) {
			assert_int_equal(wire_u8(&nets), 32);
			assert_int_equal(wire_u32(&nets), 0x0a000000 + r.networks);
		}
		assert_false(w.bad || m.bad || nets.bad);
		r.messages++;
	}
	return r;
}

/* So many that they take several messages; a set that no usual message has room for. */
static void
many(void **state)
{
	static struct nlri n[20000];
	static uint8_t communities[8000];
	struct bmp_routes r = { FAM_IP4, false, NULL, n, 20000 };
	struct reader got;
	struct attrs *a;
	struct draft d;

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		n[i].net = (struct net){ .type = NET_IP4, .plen = 32 };
		put_u32(n[i].net.key, 0x0a000000 + i);
	}
	draft_begin(&d, "192.0.2.7");
	a = set_of(&d);
	r.attrs = a;
	assert_true(bmp_routes(&b, &peer, 0, TIME_US, &r));
	got = read_back(true);
	assert_int_equal(got.networks, 20000);
	assert_true(got.longest <= 4096 && got.messages >= 25 && got.messages < 30);
	mem_free(a);
	b.len = 0;
	draft_set(&d, AF_OPTIONAL | AF_TRANSITIVE, ATTR_COMMUNITY, communities, 8000);
	r.attrs = a = set_of(&d);
	assert_true(bmp_routes(&b, &peer, 0, TIME_US, &r));
	got = read_back(true);
	assert_int_equal(got.networks, 20000);
	assert_int_equal(got.messages, 2);
	assert_true(got.longest > 4096);
	mem_free(a);
	b.len = 0;
	d.next_hop.len = 0; /* what no message of IPv4 can say */
	r.attrs = a = set_of(&d);
	assert_false(bmp_routes(&b, &peer, 0, TIME_US, &r));
	got = read_back(false);
	assert_int_equal(got.networks, 20000);
	mem_free(a);
}

/* A flow specification that leaves no room for the attributes in a usual message. */
static void
long_network(void **state)
{
	static uint8_t flow[4000], communities[200];
	struct nlri n = { .net = net_long(NET_FLOW4, flow, sizeof(flow)) };
	struct bmp_routes r = { FAM_FLOW4, false, NULL, &n, 1 };
	struct attrs *a;
	struct draft d;

	(void)state;
	draft_begin(&d, "192.0.2.7");
	draft_set(&d, AF_OPTIONAL | AF_TRANSITIVE, ATTR_COMMUNITY, communities, 200);
	r.attrs = a = set_of(&d);
	assert_true(bmp_routes(&b, &peer, 0, TIME_US, &r));
	/* head, MP_REACH_NLRI of the family, no next hop, length in two bytes, attributes */
	assert_int_equal(b.len, 48 + 23 + 4 + 3 + 2 + 2 + 4000 + 4 + 9 + 203);
	assert_int_equal(get_u16(b.at + 48 + 16), b.len - 48);
	mem_free(a);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* Peers are told with a withdrawal which block of labels they were told before: not the one
 * that a station heard of. */
static void
labels_of_vpls(void **state)
{
	static const uint8_t key[] = { 0, 17, 0, 0, 0xfc, 0, 0, 0, 0, 100, 0, 3, 0, 1 };
	struct label_stack block = { 5, { 0, 8, 0x0c, 0x45, 1 } };
	struct nlri n = { .net = net_long(NET_VPLS, key, sizeof(key)) };
	struct bmp_routes r = { FAM_VPLS, false, NULL, &n, 1 };
	struct attrs *a;
	struct draft d;

	(void)state;
	net_hold(&n.net);
	longnet_note(&n.net, 7);
	draft_begin(&d, "192.0.2.7");
	draft_set_nlri_rest(&d, &block);
	r.attrs = a = set_of(&d);
	assert_true(bmp_routes(&b, &peer, 0, TIME_US, &r));
	assert_non_null(memmem(b.at, b.len, key, sizeof(key)));
	assert_non_null(memmem(b.at, b.len, block.b, block.len));
	assert_int_equal(longnet_noted(&n.net), 7);
	mem_free(a);
	net_drop(&n.net);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(session),
		TEST(up),
		TEST(down),
		TEST(as_it_came),
		TEST(announced),
		TEST(verbatim),
		TEST(withdrawn),
		TEST(numbers),
		TEST(many),
		TEST(labels_of_vpls),
		TEST(long_network),
	};

	return cmocka_run_group_tests_name("bmp", tests, NULL, NULL);
}
