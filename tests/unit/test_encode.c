/*
 * Encoding: the bytes a peer is sent, exactly; and messages filled to their last byte.
 */
#include "test.h"
#include "bytes.h"
#include "base/wire.h"
#include "bgp/update.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* canonical */
#define C_ORIGIN "4001 0001 00 "
#define C_PATH "4002 0006 02010000fde9 "
#define C_LP "4005 0004 000000c8 "
#define C_BASE C_ORIGIN C_PATH

/* on the wire */
#define ORIGIN "40 01 01 00 "
#define PATH "40 02 06 0201 0000fde9 "
#define NEXT_HOP "40 03 04 c0000201 "
#define LP "40 05 04 000000c8 "
#define LP100 "40 05 04 00000064 "

#define TO_IBGP .internal = true, .as4 = true, .local_pref = 100
#define TO_EBGP                                                                          \
	.as4 = true, .strip_local_pref = true, .strip_reflected = true,                  \
	.strip_confed = true, .prepend_as = 65000

static const struct row {
	const char *name;
	const char *set; /* canonical block */
	struct stamp stamp;
	enum family family;
	const char *want;
} rows[] = {
	{ "iBGP", C_BASE C_LP, { TO_IBGP }, FAM_IP4, ORIGIN PATH NEXT_HOP LP },
	{ "iBGP, IPv6: no next hop", C_BASE C_LP, { TO_IBGP }, FAM_IP6, ORIGIN PATH LP },
	{ "iBGP: LOCAL_PREF added", C_BASE, { TO_IBGP }, FAM_IP4,
	    ORIGIN PATH NEXT_HOP LP100 },
	{ "iBGP: LOCAL_PREF added between others", C_BASE "8004 0004 00000001 4006 0000 ",
	    { TO_IBGP }, FAM_IP4,
	    ORIGIN PATH NEXT_HOP "80 04 04 00000001 " LP100 "40 06 00 " },
	{ "own ORIGINATOR_ID instead of the one there", C_BASE C_LP "8009 0004 01020304",
	    { TO_IBGP, .originator = 7, .own_originator = true }, FAM_IP6,
	    ORIGIN PATH LP "80 09 04 00000007" },
	{ "empty set", "", { TO_IBGP }, FAM_IP4, ORIGIN "40 02 00 " NEXT_HOP LP100 },
	{ "next hop of the stamp", C_BASE C_LP,
	    { TO_IBGP, .next_hop = { 4, { 10, 0, 0, 1 } } }, FAM_IP4,
	    ORIGIN PATH "40 03 04 0a000001 " LP },
	{ "IPv4 route with IPv6 next hop cannot be sent", C_BASE C_LP,
	    { TO_IBGP, .next_hop = { 16, { 0x20, 1 } } }, FAM_IP4, "" },

	/* RFC 4456, 8 */
	{ "reflected", C_BASE C_LP,
	    { TO_IBGP, .originator = 0x0a000001, .cluster_n = 1,
		.cluster = { 0xc0000263 } },
	    FAM_IP4, ORIGIN PATH NEXT_HOP LP "80 09 04 0a000001 80 0a 04 c0000263" },
	{ "reflected again: ORIGINATOR_ID stays, cluster in front",
	    C_BASE C_LP "8009 0004 0a000002 800a 0004 c0000262",
	    { TO_IBGP, .originator = 0x0a000001, .cluster_n = 1,
		.cluster = { 0xc0000263 } },
	    FAM_IP4,
	    ORIGIN PATH NEXT_HOP LP "80 09 04 0a000002 80 0a 08 c0000263c0000262" },
	{ "two clusters, the last one outermost", C_BASE C_LP "800a 0004 c0000262",
	    { TO_IBGP, .cluster_n = 2, .cluster = { 1, 2 } }, FAM_IP6,
	    ORIGIN PATH LP "80 0a 0c 00000002 00000001 c0000262" },
	{ "reflected, with attributes around",
	    C_BASE C_LP "c008 0004 00010002 c010 0008 "
			"0002fde900000001 c020 000c 000000010000000200000003",
	    { TO_IBGP, .originator = 5, .cluster_n = 1, .cluster = { 6 } }, FAM_IP6,
	    ORIGIN PATH LP
	    "c0 08 04 00010002 80 09 04 00000005 80 0a 04 00000006 "
	    "c0 10 08 0002fde900000001 c0 20 0c 000000010000000200000003" },

	/* eBGP */
	{ "eBGP",
	    C_BASE "8004 0004 00000001" C_LP "8009 0004 00000005 800a 0004 00000006",
	    { TO_EBGP, .strip_med = true, .originator = 7, .cluster_n = 1 }, FAM_IP4,
	    ORIGIN "40 02 0a 0202 0000fde80000fde9 " NEXT_HOP },
	{ "eBGP: MED kept", C_BASE "8004 0004 00000001", { TO_EBGP }, FAM_IP6,
	    ORIGIN "40 02 0a 0202 0000fde80000fde9 80 04 04 00000001" },
	{ "prepend to no path", C_ORIGIN, { TO_EBGP }, FAM_IP6,
	    ORIGIN "40 02 06 0201 0000fde8" },
	{ "prepend to an empty path", C_ORIGIN "4002 0000", { TO_EBGP }, FAM_IP6,
	    ORIGIN "40 02 06 0201 0000fde8" },
	{ "prepend to a set", C_ORIGIN "4002 0006 0101 00000001", { TO_EBGP }, FAM_IP6,
	    ORIGIN "40 02 0c 0201 0000fde8 0101 00000001" },
	{ "confederation segments stay inside",
	    C_ORIGIN "4002 000c 0301 00000001 0201 00000002", { TO_EBGP }, FAM_IP6,
	    ORIGIN "40 02 0a 0202 0000fde8 00000002" },
	{ "confederation segments are kept inside", C_ORIGIN "4002 0006 0301 00000001",
	    { TO_IBGP }, FAM_IP6, ORIGIN "40 02 06 0301 00000001" LP100 },

	/* RFC 6793, 4.2.2 */
	{ "2-octet peer", C_BASE, { .local_pref = 1 }, FAM_IP6,
	    ORIGIN "40 02 04 0201 fde9" },
	{ "2-octet peer, wide path",
	    C_ORIGIN "4002 000a 0202 0000fde9 00010001 c008 0004 00010002 "
		     "c020 000c 000000010000000200000003",
	    { .as4 = false }, FAM_IP6,
	    ORIGIN
	    "40 02 06 0202 fde9 5ba0 c0 08 04 00010002 c0 11 0a 0202 0000fde9 00010001 "
	    "c0 20 0c 000000010000000200000003" },
	{ "2-octet peer, wide number prepended", C_BASE, { .prepend_as = 65537 }, FAM_IP6,
	    ORIGIN "40 02 06 0202 5ba0 fde9 c0 11 0a 0202 00010001 0000fde9" },
	{ "2-octet peer, wide number in confederation only",
	    C_ORIGIN "4002 000c 0301 00010001 0201 00000002", { .as4 = false }, FAM_IP6,
	    ORIGIN "40 02 08 0301 5ba0 0201 0002" },
	{ "2-octet peer, AS4_PATH without confederation",
	    C_ORIGIN "4002 000c 0301 00000003 0201 00010002", { .as4 = false }, FAM_IP6,
	    ORIGIN "40 02 08 0301 0003 0201 5ba0 c0 11 06 0201 00010002" },
	{ "2-octet peer, aggregator", C_BASE "c007 0008 0000fde9c0000201",
	    { .as4 = false }, FAM_IP6,
	    ORIGIN "40 02 04 0201 fde9 c0 07 06 fde9c0000201" },
	{ "2-octet peer, wide aggregator",
	    C_BASE "e007 0008 00010001c0000201 e063 0001 aa", { .as4 = false }, FAM_IP6,
	    ORIGIN "40 02 04 0201 fde9 e0 07 06 5ba0c0000201 e0 12 08 00010001c0000201 "
		   "e0 63 01 aa" },
	{ "4-octet peer, wide aggregator", C_BASE "c007 0008 00010001c0000201",
	    { .as4 = true }, FAM_IP6, ORIGIN PATH "c0 07 08 00010001c0000201" },

	/* RFC 4360, 6 */
	{ "extended communities to an external peer",
	    C_BASE "c010 0018 "
		   "0002fde800000001 4002fde800000001 0002fde800000002",
	    { .as4 = true }, FAM_IP6,
	    ORIGIN PATH "c0 10 10 0002fde800000001 0002fde800000002" },
	{ "extended communities to an external peer, none of them transitive",
	    C_BASE "c010 0008 4002fde800000001", { .as4 = true }, FAM_IP6, ORIGIN PATH },
	{ "extended communities to an internal peer", C_BASE "c010 0008 4002fde800000001",
	    { TO_IBGP }, FAM_IP6, ORIGIN PATH LP100 "c0 10 08 4002fde800000001" },

	{ "unknown attribute, partial", C_BASE "e063 0002 aabb", { .as4 = true }, FAM_IP6,
	    ORIGIN PATH "e0 63 02 aabb" },
};

static struct arena *arena;
static struct store *store;

static int
setup(void **state)
{
	(void)state;
	arena = arena_new();
	store = store_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	store_free(store);
	arena_free(arena);
	return 0;
}

/* A set with next hop 192.0.2.1 from a canonical block. */
static struct attrs *
set_of(const char *block)
{
	struct draft *d = arena_alloc(arena, sizeof(*d));
	uint8_t *bytes = arena_alloc(arena, 4096);
	struct wire w = wire_init(bytes, hex_read(block, bytes));

	draft_init(d, arena);
	d->next_hop = (struct next_hop){ 4, { 192, 0, 2, 1 } };
	while (wire_left(&w)) {
		uint8_t flags = wire_u8(&w), code = wire_u8(&w);
		uint16_t len = wire_u16(&w);

		draft_put(d, flags, code, wire_take(&w, len), len);
	}
	assert_false(w.bad);
	return store_intern(store, d);
}

static void
row_test(void **state)
{
	const struct row *r = *state;
	struct attrs *a = set_of(r->set);
	uint8_t buf[512];
	char got[1025], want[1025];
	size_t len = attrs_encode(a, &r->stamp, r->family, buf, sizeof(buf));

	assert_string_equal(hex_write(buf, len, got), hex_tidy(r->want, want));
	/* it fits in just this size, and in nothing less */
	assert_int_equal(attrs_encode(a, &r->stamp, r->family, buf, len), len);
	for (size_t size = 0; size < len; size++)
		assert_int_equal(attrs_encode(a, &r->stamp, r->family, buf, size), 0);
	attrs_unref(store, a, 1);
}

/* RFC 4271, 4.3: two bytes of length only where one is not enough. */
static void
extended_length(void **state)
{
	static const struct stamp stamp = { .as4 = true };
	uint8_t value[256] = { 0 }, buf[512];
	struct draft *d = arena_alloc(arena, sizeof(*d));

	(void)state;
	for (unsigned len = 255; len <= 256; len++) {
		struct attrs *a;

		draft_init(d, arena);
		draft_put(d, 0xe0, 99, value, len);
		a = store_intern(store, d);
		assert_int_equal(attrs_encode(a, &stamp, FAM_IP6, buf, sizeof(buf)),
		    len + (len > 255 ? 11 : 10));
		assert_int_equal(buf[7], len > 255 ? 0xf0 : 0xe0);
		attrs_unref(store, a, 1);
	}
}

/* A full sequence takes no further number: a new segment is opened. */
static void
full_segment(void **state)
{
	static const struct stamp stamp = { .as4 = true, .prepend_as = 7 };
	uint8_t path[2 + 4 * 255] = { SEG_SEQUENCE, 255 }, buf[2048];
	struct draft *d = arena_alloc(arena, sizeof(*d));
	struct attrs *a;
	size_t len;

	(void)state;
	draft_init(d, arena);
	draft_put(d, 0x40, ATTR_AS_PATH, path, sizeof(path));
	a = store_intern(store, d);
	len = attrs_encode(a, &stamp, FAM_IP6, buf, sizeof(buf));
	assert_int_equal(len, 4 + 4 + 6 + sizeof(path));
	assert_memory_equal(buf + 8, "\2\1\0\0\0\7\2\377", 8);
	attrs_unref(store, a, 1);
}

/* Writer. */

static struct nlri
net4(uint32_t i)
{
	struct ip ip = ip_from4(0x0a000000 + (i << 8));

	return (struct nlri){ .path_id = i, .net = net_from_ip(&ip, 24) };
}

static struct nlri
net6(uint32_t i)
{
	struct ip ip = { { 0x20, 1, 0xd, 0xb8 } };

	put_u16(ip.b + 4, (uint16_t)i);
	return (struct nlri){ .path_id = i, .net = net_from_ip(&ip, 48) };
}

static const struct pack_row {
	const char *name;
	enum family family;
	bool announce, add_path;
	size_t nh_len, attrs_len;
	size_t msg_max;
	size_t fixed, each; /* bytes of a message, of a network */
} pack_rows[] = {
	{ "pack: IPv4", FAM_IP4, true, false, 0, 40, 4096, 23 + 40, 4 },
	{ "pack: IPv4 add-path", FAM_IP4, true, true, 0, 41, 4096, 23 + 41, 8 },
	{ "pack: IPv4 withdrawn", FAM_IP4, false, false, 0, 0, 4096, 23, 4 },
	{ "pack: IPv4 withdrawn, add-path", FAM_IP4, false, true, 0, 0, 4096, 23, 8 },
	{ "pack: IPv4, extended message", FAM_IP4, true, false, 0, 40, 65535, 23 + 40,
	    4 },
	{ "pack: IPv6", FAM_IP6, true, false, 16, 40, 4096, 23 + 4 + 5 + 16 + 40, 7 },
	{ "pack: IPv6 with link-local", FAM_IP6, true, false, 32, 40, 4096,
	    23 + 4 + 5 + 32 + 40, 7 },
	{ "pack: IPv6 add-path", FAM_IP6, true, true, 16, 40, 4096, 23 + 4 + 5 + 16 + 40,
	    11 },
	{ "pack: IPv6 withdrawn", FAM_IP6, false, false, 0, 0, 4096, 23 + 4 + 3, 7 },
	{ "pack: one network beside large attributes", FAM_IP4, true, false, 0, 4000,
	    4027, 23 + 4000, 4 },
};

/* Attributes of just this length: one unknown one fills up. */
static void
attrs_fill(uint8_t *buf, size_t len)
{
	size_t n = hex_read(ORIGIN PATH NEXT_HOP, buf), left = len - n;

	memset(buf + n, 0, left);
	buf[n++] = 0xe0 | (left > 258 ? AF_EXTENDED : 0);
	buf[n++] = 99;
	if (left > 258)
		put_u16(buf + n, (uint16_t)(left - 4));
	else
		buf[n] = (uint8_t)(left - 3);
}

/* Decodes a message of the stream and compares its networks with what went in. */
static unsigned
message_check(const struct pack_row *r, const uint8_t *msg, size_t len, uint32_t first)
{
	struct codec codec = { .as4 = true,
		.active = { true, true },
		.add_path_rx = { r->add_path, r->add_path } };
	struct update *u = arena_alloc(arena, sizeof(*u));
	struct nlri_run run;
	struct nlri n, want;
	unsigned count = 0;

	update_decode(u, &codec, arena, msg + BGP_HEADER_LEN, len - BGP_HEADER_LEN);
	assert_int_equal(u->verdict, VERDICT_OK);
	assert_int_equal(u->reach_n, r->announce);
	assert_int_equal(u->unreach_n, !r->announce);
	assert_int_equal(u->draft.n, r->announce ? 3 : 0);
	run = r->announce ? u->reach[0] : u->unreach[0];
	if (r->announce && r->nh_len)
		assert_int_equal(update_next_hop(u, r->family)->len, r->nh_len);
	for (; nlri_next(&run, &n); count++) {
		want = r->family == FAM_IP4 ? net4(first + count) : net6(first + count);
		assert_int_equal(n.path_id, r->add_path ? want.path_id : 0);
		assert_true(net_equal(&n.net, &want.net));
	}
	return count;
}

static void
pack_test(void **state)
{
	enum { N = 20000 };
	const struct pack_row *r = *state;
	struct next_hop nh = { (uint8_t)r->nh_len, { 0x20, 1 } };
	uint8_t *attrs = arena_alloc(arena, r->attrs_len + 1);
	uint8_t *out = malloc(N * (r->fixed + r->each));
	struct wbuf buf = wbuf_init(out, N * (r->fixed + r->each));
	struct update_writer w = { .out = &buf,
		.msg_max = r->msg_max,
		.family = r->family,
		.add_path = r->add_path,
		.attrs = r->announce ? attrs : NULL,
		.attrs_len = r->attrs_len,
		.next_hop = &nh };
	size_t per_msg = (r->msg_max - r->fixed) / r->each;
	uint32_t seen = 0;

	if (r->nh_len == 32)
		memcpy(nh.b + 16, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	if (r->announce)
		attrs_fill(attrs, r->attrs_len);
	for (uint32_t i = 0; i < N; i++) {
		struct nlri n = r->family == FAM_IP4 ? net4(i) : net6(i);

		assert_true(update_add(&w, &n));
	}
	update_finish(&w);
	update_finish(&w); /* no harm */
	for (uint8_t *p = out; p < buf.pos;) {
		size_t len = get_u16(p + 16);
		unsigned n = message_check(r, p, len, seen);

		assert_int_equal(len, r->fixed + n * r->each);
		seen += n;
		if (seen < N)
			assert_int_equal(n, per_msg);
		p += len;
	}
	assert_int_equal(seen, N);
	free(out);
}

/* A buffer of any size holds whole messages with all that was said to be added. */
static void
any_room(void **state)
{
	static const struct next_hop nh = { 16, { 0x20, 1 } };
	static uint8_t attrs[40];
	const struct pack_row rows6[] = {
		{ "", FAM_IP6, true, false, 16, 40, 300, 88, 7 },
		{ "", FAM_IP6, false, false, 0, 0, 100, 30, 7 },
		{ "", FAM_IP4, true, false, 0, 40, 100, 63, 4 },
		{ "", FAM_IP4, false, true, 0, 0, 100, 23, 8 },
	};

	(void)state;
	attrs_fill(attrs, sizeof(attrs));
	for (unsigned k = 0; k < COUNT(rows6); k++)
		for (size_t size = 0; size < 700; size++) {
			const struct pack_row *r = &rows6[k];
			uint8_t *out = malloc(size + 1);
			struct wbuf buf = wbuf_init(out, size);
			struct update_writer w = { .out = &buf,
				.msg_max = r->msg_max,
				.family = r->family,
				.add_path = r->add_path,
				.next_hop = r->family == FAM_IP4 ? NULL : &nh,
				.attrs = r->announce ? attrs : NULL,
				.attrs_len = r->attrs_len };
			uint32_t n = 0, seen = 0;
			struct nlri net;

			do
				net = r->family == FAM_IP4 ? net4(n) : net6(n);
			while (update_add(&w, &net) && ++n);
			update_finish(&w);
			assert_false(buf.bad);
			for (uint8_t *p = out; p < buf.pos; p += get_u16(p + 16))
				seen += message_check(r, p, get_u16(p + 16), seen);
			assert_int_equal(seen, n);
			free(out);
		}
}

static void
message_bytes(void **state)
{
	static const struct next_hop nh = { 16, { 0x20, 1, 0xd, 0xb8, [15] = 1 } };
	uint8_t out[256], attrs[64];
	struct wbuf buf = wbuf_init(out, sizeof(out));
	struct update_writer w = { .out = &buf,
		.msg_max = 4096,
		.family = FAM_IP6,
		.attrs = attrs,
		.attrs_len = hex_read(ORIGIN PATH LP, attrs),
		.next_hop = &nh };
	struct nlri n = net6(1);
	char got[513], want[513];

	(void)state;
	assert_true(update_add(&w, &n));
	update_finish(&w);
	assert_string_equal(hex_write(out, wbuf_len(&buf), got),
	    hex_tidy("ffffffffffffffffffffffffffffffff 004b 02 0000 0034 "
		     "90 0e 001c 0002 01 10 20010db8000000000000000000000001 00 30 "
	             "20010db80001 " ORIGIN PATH LP,
		want));
}

/* RFC 8950: an IPv4 route with an IPv6 next hop stands in MP_REACH_NLRI, where the peer
 * knows that; its withdrawal is the old one.  And what was written is read. */
static void
extended_next_hop(void **state)
{
	static const struct next_hop nh = { 16, { 0x20, 1, 0xd, 0xb8, [15] = 1 } };
	struct stamp stamp = { .as4 = true, .internal = true, .local_pref = 100 };
	struct codec codec = { .active = { true, true }, .as4 = true, .internal = true };
	struct nlri n = net4(1), got;
	uint8_t out[512], bytes[256];
	struct wbuf buf = wbuf_init(out, sizeof(out));
	struct update *u = arena_alloc(arena, sizeof(*u));
	struct update_writer w = { .out = &buf, .msg_max = 4096, .next_hop = &nh };
	struct attrs *a;
	struct draft d;

	(void)state;
	draft_init(&d, arena);
	draft_set_u8(&d, ATTR_ORIGIN, ORIGIN_IGP);
	draft_set(&d, AF_TRANSITIVE, ATTR_AS_PATH, "", 0);
	d.next_hop = nh;
	a = store_intern(store, &d);
	assert_int_equal(attrs_encode(a, &stamp, FAM_IP4, bytes, sizeof(bytes)), 0);
	stamp.ext_next_hop = true;
	w.attrs_len = attrs_encode(a, &stamp, FAM_IP4, bytes, sizeof(bytes));
	assert_true(w.attrs_len > 0);
	w.attrs = bytes;
	assert_true(update_add(&w, &n));
	update_finish(&w);
	for (int knows = 0; knows < 2; knows++) {
		codec.ext_next_hop[FAM_IP4] = knows;
		update_decode(u, &codec, arena, out + BGP_HEADER_LEN,
		    wbuf_len(&buf) - BGP_HEADER_LEN);
		assert_int_equal(u->verdict, knows ? VERDICT_OK : VERDICT_RESET);
	}
	assert_int_equal(u->reach_n, 1);
	assert_int_equal(u->next_hop[0].len, 16);
	assert_memory_equal(u->next_hop[0].b, nh.b, 16);
	assert_true(nlri_next(&u->reach[0], &got));
	assert_true(net_equal(&got.net, &n.net));
	buf = wbuf_init(out, sizeof(out));
	w.attrs = NULL;
	assert_true(update_add(&w, &n));
	update_finish(&w);
	assert_int_equal(get_u16(out + 19), wbuf_len(&buf) - BGP_HEADER_LEN - 4);
	attrs_unref(store, a, 1);
}

static void
eor(void **state)
{
	static const char *const want[] = {
		"ffffffffffffffffffffffffffffffff 0017 02 0000 0000",
		"ffffffffffffffffffffffffffffffff 001d 02 0000 0006 80 0f 03 0002 01",
	};
	struct codec codec = { .active = { true, true } };
	struct update *u = arena_alloc(arena, sizeof(*u));
	uint8_t buf[64];
	char got[129], tidy[129];

	(void)state;
	for (unsigned f = 0; f < FAM_VPN4; f++) {
		size_t len = update_eor((enum family)f, buf);

		assert_string_equal(hex_write(buf, len, got), hex_tidy(want[f], tidy));
		update_decode(
		    u, &codec, arena, buf + BGP_HEADER_LEN, len - BGP_HEADER_LEN);
		assert_true(u->eor);
		assert_int_equal(u->eor_family, f);
	}
}

int
main(void)
{
	ADD_ROWS(rows, name, row_test);
	ADD_ROWS(pack_rows, name, pack_test);
	ADD_TEST(extended_length);
	ADD_TEST(full_segment);
	ADD_TEST(any_room);
	ADD_TEST(message_bytes);
	ADD_TEST(eor);
	ADD_TEST(extended_next_hop);
	return tests_run_with("encode", setup, teardown);
}
