/*
 * Long networks as text and as values of filters.
 */
#include "test.h"
#include "bytes.h"
#include "base/longnet.h"
#include "base/mem.h"
#include "filter/flow.h"
#include "filter/vnet.h"

#define RD "0000fde900000064 " /* 65001:100 */
#define ESI "00112233445566778899 "
#define LS "02 0000000000000005 0100 0008 0200 0004 0000fde9 "

static const struct row {
	enum net_type type;
	const char *bytes, *text;
} rows[] = {
	{ NET_FLOW4, "", "flow4 { }" },
	{ NET_FLOW4, "01 18 c63364 03 81 06 05 01 50 91 01bb",
	    "flow4 { dst 198.51.100.0/24; proto 6; dport 80,443; }" },
	{ NET_FLOW4, "01 14 c6336f", "flow4 { dst 198.51.96.0/20; }" },
	{ NET_FLOW4, "05 03 01 c5 ff", "flow4 { dport 1..255; }" },
	{ NET_FLOW4, "0a b1 00000000000005dc", "flow4 { length 1500; }" },
	{ NET_FLOW6, "01 30 00 20010db80001 03 81 11 0d a1 00000fff",
	    "flow6 { dst 2001:db8:1::/48; next header 17; label 4095; }" },
	{ NET_FLOW6, "01 30 10 0db80001", "flow6 { dst 0:db8:1::/48 offset 16; }" },
	{ NET_FLOW6, "02 18 0c d080", "flow6 { src d:800::/24 offset 12; }" },
	{ NET_VFLOW4, RD "01 18 c63364", "vpn 65001:100 flow4 { dst 198.51.100.0/24; }" },
	{ NET_VFLOW6, RD "02 20 00 20010db8",
	    "vpn 65001:100 flow6 { src 2001:db8::/32; }" },
	{ NET_EVPN, "01 19 " RD ESI "00000001",
	    "evpn ead 65001:100 1 00:11:22:33:44:55:66:77:88:99" },
	{ NET_EVPN, "02 14 " RD "00000002 30 020000000001 00",
	    "evpn mac 65001:100 2 02:00:00:00:00:01 *" },
	{ NET_EVPN, "02 18 " RD "00000002 30 020000000001 20 c0000201",
	    "evpn mac 65001:100 2 02:00:00:00:00:01 192.0.2.1" },
	{ NET_EVPN, "03 11 " RD "00000000 20 c0000201",
	    "evpn imet 65001:100 0 192.0.2.1" },
	{ NET_EVPN, "04 17 " RD ESI "20 c0000201",
	    "evpn es 65001:100 00:11:22:33:44:55:66:77:88:99 192.0.2.1" },
	{ NET_EVPN, "05 11 " RD "00000003 18 c6336400",
	    "evpn ip 65001:100 3 198.51.100.0/24" },
	{ NET_EVPN, "05 1d " RD "00000000 20 20010db8000000000000000000000000",
	    "evpn ip 65001:100 0 2001:db8::/32" },
	{ NET_EVPN, "c8 03 010203", "evpn 200 010203" },
	{ NET_VPLS, "0011 " RD "0003 0001", "vpls 65001:100 3 1" },
	{ NET_VPLS, "000c " RD "c0000201", "vpls 65001:100 192.0.2.1" },
	{ NET_VPLS, "000d " RD "c000020105", "vpls 0000fde900000064c000020105" },
	{ NET_LS, "0001 0015 " LS, "linkstate node isis-l2 5 01000008020000040000fde9" },
	{ NET_LS, "0009 0003 010203", "linkstate 9 010203" },
	{ NET_VLS, "0001 001d " RD LS,
	    "linkstate 65001:100 node isis-l2 5 01000008020000040000fde9" },
};

static void
row_test(void **state)
{
	const struct row *r = *state;
	uint8_t bytes[100];
	struct net n = net_long(r->type, bytes, hex_read(r->bytes, bytes));
	struct arena *arena = arena_new();
	struct vtext t = vtext_new(arena, 4096);
	struct vnet *v = arena_alloc(arena, vnet_room(&n));
	char *text = net_text(&n);

	assert_string_equal(text, r->text);
	mem_free(text);
	vnet_from(&n, v); /* what `print net` says */
	vtext_net(&t, &v->net);
	assert_string_equal(t.at, r->text);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t other[100];
		struct net m = net_long(
		    rows[i].type, other, hex_read(rows[i].bytes, other));
		struct vnet *w = arena_alloc(arena, vnet_room(&m));

		vnet_from(&m, w);
		assert_int_equal(vnet_equal(&v->net, &w->net), &rows[i] == r);
	}
	arena_free(arena);
}

/* What the filter language builds is what goes on the wire. */
static void
built_as_on_the_wire(void **state)
{
	static const struct {
		const char *net, *bytes;
		unsigned offset;
	} cases[] = {
		{ "2001:db8:1::/48", "01 30 10 0db80001", 16 },
		{ "2001:d00::/24", "01 18 0c 10d0", 12 },
		{ "2001:db8::/32", "01 20 00 20010db8", 0 },
		{ "2001:db8::/32", "01 20 1f 00", 31 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *arena = arena_new();
		struct flow_builder *b = flow_begin(arena, true);
		const struct vnet *v;
		uint8_t want[40];
		struct net n, back;
		size_t len = hex_read(cases[i].bytes, want);
		struct vnet *w;

		assert_true(net_parse(cases[i].net, &n));
		assert_true(flow_part(b, FLOW_DST));
		flow_prefix(b, &n, cases[i].offset);
		v = flow_end(b);
		assert_int_equal(v->flow_len, len);
		assert_memory_equal(v->flow, want, len);
		back = net_long(NET_FLOW6, v->flow, v->flow_len);
		w = arena_alloc(arena, vnet_room(&back));
		vnet_from(&back, w);
		assert_int_equal(w->net.plen, v->net.plen);
		arena_free(arena);
	}
}

int
main(void)
{
	ADD_ROWS(rows, bytes, row_test);
	ADD_TEST(built_as_on_the_wire);
	return tests_run("longtext");
}
