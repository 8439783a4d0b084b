/*
 * Networks longer than a key, on the wire: what is read, what of it is the path's, what is
 * malformed, and that it is written as it was read.
 */
#include "test.h"
#include "bytes.h"
#include "base/longnet.h"
#include "base/wire.h"
#include "bgp/longnlri.h"
#include "bgp/update.h"

#define RD "0000fde900000064 " /* 65001:100 */
#define ESI "00112233445566778899 "
#define NO_ESI "00000000000000000000 "
#define MAC "30 020000000001 "
#define IP4 "20 c0000201 "
#define IP6 "80 20010db8000000000000000000000001 "
#define LS_NODE "0001 0015 02 0000000000000001 0100 0008 0200 0004 0000fde9 "

enum { ADD_PATH = 1, UNREACH = 2, ONE_WAY = 4 };

static const struct row {
	const char *name;
	enum family family;
	unsigned how;
	const char *nlri;
	enum verdict verdict;
	unsigned n;	  /* networks */
	const char *key;  /* of the first */
	const char *rest; /* of the first: what is the path's */
} rows[] = {
	/* RFC 8955, 4 */
	{ "flow: a destination", FAM_FLOW4, 0, "05 01 18 c63364", VERDICT_OK, 1,
	    "01 18 c63364", "" },
	{ "flow: two", FAM_FLOW4, 0, "05 01 18 c63364 03 03 81 06", VERDICT_OK, 2,
	    "01 18 c63364", "" },
	{ "flow: withdrawn", FAM_FLOW4, UNREACH, "05 01 18 c63364", VERDICT_OK, 1,
	    "01 18 c63364", "" },
	{ "flow: with a path id", FAM_FLOW4, ADD_PATH, "00000007 03 03 81 06", VERDICT_OK,
	    1, "03 81 06", "" },
	{ "flow: all components", FAM_FLOW4, 0,
	    "29 01 08 0a 02 00 03 81 06 04 01 50 91 01bb 05 03 19 c5 1d 06 81 35 07 81 08"
	    " 08 81 00 09 81 02 0a 93 05dc 0b 81 2e 0c 81 01",
	    VERDICT_OK, 1, NULL, "" },
	{ "flow: length in two bytes where one would do", FAM_FLOW4, ONE_WAY,
	    "f005 01 18 c63364", VERDICT_OK, 1, "01 18 c63364", "" },
	{ "flow: without components", FAM_FLOW4, 0, "00", VERDICT_OK, 1, "", "" },
	{ "flow: overruns", FAM_FLOW4, 0, "06 01 18 c63364", VERDICT_RESET, 0, NULL,
	    NULL },
	{ "flow: half a length", FAM_FLOW4, 0, "f0", VERDICT_RESET, 0, NULL, NULL },
	{ "flow: out of order", FAM_FLOW4, 0, "08 03 81 06 01 18 c63364", VERDICT_DISCARD,
	    0, NULL, NULL },
	{ "flow: a component twice", FAM_FLOW4, 0, "06 03 81 06 03 81 11",
	    VERDICT_DISCARD, 0, NULL, NULL },
	{ "flow: a malformed one is left out alone", FAM_FLOW4, 0,
	    "03 03 01 06 05 01 18 c63364 06 03 81 06 03 81 11", VERDICT_DISCARD, 1,
	    "01 18 c63364", NULL },
	{ "flow: malformed, withdrawn", FAM_FLOW4, UNREACH, "03 03 01 06 03 03 81 06",
	    VERDICT_DISCARD, 1, "03 81 06", NULL },
	{ "flow: unknown component", FAM_FLOW4, 0, "03 0e 81 06", VERDICT_DISCARD, 0,
	    NULL, NULL },
	{ "flow: flow label is of IPv6", FAM_FLOW4, 0, "03 0d 81 06", VERDICT_DISCARD, 0,
	    NULL, NULL },
	{ "flow: component 0", FAM_FLOW4, 0, "03 00 81 06", VERDICT_DISCARD, 0, NULL,
	    NULL },
	{ "flow: prefix too long", FAM_FLOW4, 0, "07 01 21 c6336401 00", VERDICT_DISCARD,
	    0, NULL, NULL },
	{ "flow: prefix overruns", FAM_FLOW4, 0, "04 01 18 c633", VERDICT_DISCARD, 0,
	    NULL, NULL },
	{ "flow: no last operator", FAM_FLOW4, 0, "05 05 01 50 01 51", VERDICT_DISCARD, 0,
	    NULL, NULL },
	/* RFC 8956, 3 */
	{ "flow6: a destination", FAM_FLOW6, 0, "07 01 20 00 20010db8", VERDICT_OK, 1,
	    "01 20 00 20010db8", "" },
	{ "flow6: with an offset", FAM_FLOW6, 0, "05 01 68 58 1234", VERDICT_OK, 1,
	    "01 68 58 1234", "" },
	{ "flow6: bits from the offset on", FAM_FLOW6, 0, "04 01 0c 04 12", VERDICT_OK, 1,
	    "01 0c 04 12", "" },
	{ "flow6: offset behind the length", FAM_FLOW6, 0, "04 01 20 28 00",
	    VERDICT_DISCARD, 0, NULL, NULL },
	{ "flow6: everything", FAM_FLOW6, 0, "03 01 00 00", VERDICT_OK, 1, "01 00 00",
	    "" },
	{ "flow6: flow label", FAM_FLOW6, 0, "06 0d a1 000fffff", VERDICT_OK, 1,
	    "0d a1 000fffff", "" },
	/* RFC 8955, 8 */
	{ "vpnflow4", FAM_VFLOW4, 0, "0d " RD "01 18 c63364", VERDICT_OK, 1,
	    RD "01 18 c63364", "" },
	{ "vpnflow4 without a distinguisher", FAM_VFLOW4, 0, "05 01 18 c63364",
	    VERDICT_DISCARD, 0, NULL, NULL },
	{ "vpnflow6", FAM_VFLOW6, 0, "0f " RD "01 20 00 20010db8", VERDICT_OK, 1,
	    RD "01 20 00 20010db8", "" },

	/* RFC 7432, 7 */
	{ "evpn: auto-discovery", FAM_EVPN, 0, "01 19 " RD ESI "00000001 000640",
	    VERDICT_OK, 1, "01 19 " RD ESI "00000001", "000640" },
	{ "evpn: withdrawn without its label", FAM_EVPN, UNREACH | ONE_WAY,
	    "01 19 " RD ESI "00000001 000640", VERDICT_OK, 1, "01 19 " RD ESI "00000001",
	    "" },
	{ "evpn: a MAC", FAM_EVPN, 0, "02 21 " RD ESI "00000002 " MAC "00 000641",
	    VERDICT_OK, 1, "02 14 " RD "00000002 " MAC "00", ESI "000641" },
	{ "evpn: a MAC with IPv4", FAM_EVPN, 0,
	    "02 25 " RD ESI "00000002 " MAC IP4 "000641", VERDICT_OK, 1,
	    "02 18 " RD "00000002 " MAC IP4, ESI "000641" },
	{ "evpn: a MAC with IPv6 and two labels", FAM_EVPN, 0,
	    "02 34 " RD ESI "00000002 " MAC IP6 "000640 000651", VERDICT_OK, 1,
	    "02 24 " RD "00000002 " MAC IP6, ESI "000640 000651" },
	{ "evpn: MACs, withdrawn", FAM_EVPN, UNREACH,
	    "02 21 " RD NO_ESI "00000002 " MAC "00 000000"
	    "02 25 " RD NO_ESI "00000002 " MAC IP4 "000000",
	    VERDICT_OK, 2, "02 14 " RD "00000002 " MAC "00", "" },
	{ "evpn: multicast", FAM_EVPN, 0, "03 11 " RD "00000000 " IP4, VERDICT_OK, 1,
	    "03 11 " RD "00000000 " IP4, "" },
	{ "evpn: segment", FAM_EVPN, 0, "04 17 " RD ESI IP4, VERDICT_OK, 1,
	    "04 17 " RD ESI IP4, "" },
	{ "evpn: a prefix", FAM_EVPN, 0,
	    "05 22 " RD ESI "00000000 18 c6336400 c0000209 000640", VERDICT_OK, 1,
	    "05 11 " RD "00000000 18 c6336400", ESI "c0000209 000640" },
	{ "evpn: a prefix of IPv6", FAM_EVPN, 0,
	    "05 3a " RD NO_ESI "00000000 20 20010db8000000000000000000000000"
	    "20010db8000000000000000000000009 000640",
	    VERDICT_OK, 1, "05 1d " RD "00000000 20 20010db8000000000000000000000000",
	    NO_ESI "20010db8000000000000000000000009 000640" },
	{ "evpn: a prefix, withdrawn", FAM_EVPN, UNREACH,
	    "05 22 " RD NO_ESI "00000000 18 c6336400 00000000 000000", VERDICT_OK, 1,
	    "05 11 " RD "00000000 18 c6336400", "" },
	{ "evpn: selective multicast: flags are the path's", FAM_EVPN, 0,
	    "06 18 " RD "00000000 00 20 e0000001 " IP4 "04", VERDICT_OK, 1,
	    "06 18 " RD "00000000 00 20 e0000001 " IP4, "04" },
	{ "evpn: leave", FAM_EVPN, 0,
	    "08 27 " RD ESI "00000000 00 20 e0000001 " IP4 "00000001 0a 04", VERDICT_OK,
	    1, "08 27 " RD ESI "00000000 00 20 e0000001 " IP4, "00000001 0a 04" },
	{ "evpn: a type nobody knows", FAM_EVPN, 0, "c8 03 010203", VERDICT_OK, 1,
	    "c8 03 010203", "" },
	{ "evpn: with a path id", FAM_EVPN, ADD_PATH,
	    "00000009 03 11 " RD "00000000 " IP4, VERDICT_OK, 1,
	    "03 11 " RD "00000000 " IP4, "" },
	{ "evpn: overruns", FAM_EVPN, 0, "03 12 " RD "00000000 " IP4, VERDICT_RESET, 0,
	    NULL, NULL },
	{ "evpn: auto-discovery too short", FAM_EVPN, 0,
	    "01 18 " RD ESI "00000001 0006 03 11 " RD "00000000 " IP4, VERDICT_DISCARD, 1,
	    "03 11 " RD "00000000 " IP4, NULL },
	{ "evpn: MAC of five bytes", FAM_EVPN, 0,
	    "02 21 " RD ESI "00000002 28 020000000001 00 000641", VERDICT_DISCARD, 0,
	    NULL, NULL },
	{ "evpn: address of 24 bits", FAM_EVPN, 0,
	    "02 24 " RD ESI "00000002 " MAC "18 c00002 000641", VERDICT_DISCARD, 0, NULL,
	    NULL },
	{ "evpn: three labels", FAM_EVPN, 0,
	    "02 27 " RD ESI "00000002 " MAC "00 000641 000641 000641", VERDICT_DISCARD, 0,
	    NULL, NULL },
	{ "evpn: a MAC route of nothing", FAM_EVPN, 0, "02 00", VERDICT_DISCARD, 0, NULL,
	    NULL },
	{ "evpn: prefix of 33 bits", FAM_EVPN, 0,
	    "05 22 " RD ESI "00000000 21 c6336400 c0000209 000640", VERDICT_DISCARD, 0,
	    NULL, NULL },

	/* RFC 4761, 3.2.2; RFC 6074, 3.2.2 */
	{ "vpls", FAM_VPLS, 0, "0011 " RD "0003 0001 0008 0c3501", VERDICT_OK, 1,
	    "0011 " RD "0003 0001", "0008 0c3501" },
	{ "vpls: withdrawn", FAM_VPLS, UNREACH, "0011 " RD "0003 0001 0000 000000",
	    VERDICT_OK, 1, "0011 " RD "0003 0001", "" },
	{ "vpls: auto-discovery", FAM_VPLS, 0, "000c " RD "c0000201", VERDICT_OK, 1,
	    "000c " RD "c0000201", "" },
	{ "vpls: too short", FAM_VPLS, 0, "000b " RD "c00002 000c " RD "c0000201",
	    VERDICT_DISCARD, 1, "000c " RD "c0000201", NULL },
	{ "vpls: overruns", FAM_VPLS, 0, "0012 " RD "0003 0001 0008 0c3501",
	    VERDICT_RESET, 0, NULL, NULL },

	/* RFC 9552, 5.2 */
	{ "link state: a node", FAM_LS, 0, LS_NODE, VERDICT_OK, 1, LS_NODE, "" },
	{ "link state: two, withdrawn", FAM_LS, UNREACH, LS_NODE "ffff 0002 0102",
	    VERDICT_OK, 2, LS_NODE, "" },
	{ "link state: unknown types are passed on", FAM_LS, 0, "ffff 0002 0102",
	    VERDICT_OK, 1, "ffff 0002 0102", "" },
	{ "link state: overruns", FAM_LS, 0, "0001 0016 02", VERDICT_RESET, 0, NULL,
	    NULL },
	{ "link state: too short", FAM_LS, 0, "0001 0003 020000" LS_NODE, VERDICT_DISCARD,
	    1, LS_NODE, NULL },
	{ "link state: descriptor overruns", FAM_LS, 0,
	    "0001 0015 02 0000000000000001 0100 0009 0200 0004 0000fde9", VERDICT_DISCARD,
	    0, NULL, NULL },
	{ "link state: inner descriptor overruns", FAM_LS, 0,
	    "0001 0015 02 0000000000000001 0100 0008 0200 0005 0000fde9", VERDICT_DISCARD,
	    0, NULL, NULL },
	{ "link state: descriptors out of order", FAM_LS, 0,
	    "0002 0019 02 0000000000000001 0101 0004 02000000 0100 0004 02000000",
	    VERDICT_DISCARD, 0, NULL, NULL },
	{ "link state: the same type twice, ascending", FAM_LS, 0,
	    "0002 0019 02 0000000000000001 0107 0004 02000000 0107 0004 02000001",
	    VERDICT_OK, 1, NULL, "" },
	{ "link state: the same type twice, descending", FAM_LS, 0,
	    "0002 0019 02 0000000000000001 0107 0004 02000001 0107 0004 02000000",
	    VERDICT_DISCARD, 0, NULL, NULL },
	{ "link state of a VPN", FAM_VLS, 0,
	    "0001 001d " RD "02 0000000000000001 0100 0008 0200 0004 0000fde9",
	    VERDICT_OK, 1, NULL, "" },
};

static const char *
bytes_are(const uint8_t *p, size_t len, const char *want)
{
	static char got_text[1000], want_text[1000];

	hex_write(p, len, got_text);
	assert_string_equal(got_text, hex_tidy(want, want_text));
	return got_text;
}

static struct codec
codec_for(enum family f, bool add_path)
{
	struct codec c = { .as4 = true, .internal = true };

	c.active[f] = true;
	c.add_path_rx[f] = add_path;
	return c;
}

/* An UPDATE with these NLRI alone; returns the length of its body. */
static size_t
body_make(const struct row *r, uint8_t *body)
{
	static const uint8_t base[] = { 0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 5, 4, 0, 0, 0,
		100 };
	const struct family_info *info = family_info(r->family);
	uint8_t *p = body + 4, *mp;
	size_t rd = info->hop_rd ? 8 : 0;

	put_u16(body, 0);
	*p++ = AF_OPTIONAL | AF_EXTENDED;
	*p++ = r->how & UNREACH ? ATTR_MP_UNREACH : ATTR_MP_REACH;
	mp = p;
	p += 2;
	put_u16(p, info->afi);
	p[2] = info->safi;
	p += 3;
	if (!(r->how & UNREACH)) {
		*p++ = (uint8_t)(4 + rd);
		memset(p, 0, rd);
		memcpy(p + rd, "\300\0\2\11", 4);
		p += 4 + rd;
		*p++ = 0;
	}
	p += hex_read(r->nlri, p);
	put_u16(mp, (uint16_t)(p - mp - 2));
	if (!(r->how & UNREACH)) {
		memcpy(p, base, sizeof(base));
		p += sizeof(base);
	}
	put_u16(body + 2, (uint16_t)(p - body - 4));
	return (size_t)(p - body);
}

/* What the run holds, written: as it came, but for what is malformed. */
static void
write_check(const struct row *r, struct nlri_run run)
{
	uint8_t out[500], in[500];
	struct wbuf w = wbuf_init(out, sizeof(out));
	struct next_hop nh = { 4, { 192, 0, 2, 9 } };
	struct update_writer writer = { .out = &w,
		.msg_max = BGP_MSG_MAX,
		.family = r->family,
		.add_path = r->how & ADD_PATH,
		.attrs = r->how & UNREACH ? NULL : in,
		.next_hop = &nh };
	size_t len = hex_read(r->nlri, in);
	struct label_stack rest;
	struct nlri n;

	while (nlri_next(&run, &n)) {
		size_t least;

		rest = run.labels;
		writer.labels = &rest;
		least = update_least(&writer, &n);
		assert_true(writer.msg || least > wbuf_len(&w));
		assert_true(update_add(&writer, &n));
		assert_true(r->n > 1 || wbuf_len(&w) == least);
	}
	assert_int_equal(w.pos - writer.msg - (ptrdiff_t)writer.nlri_at, len);
	assert_memory_equal(writer.msg + writer.nlri_at, in, len);
}

static void
row_test(void **state)
{
	const struct row *r = *state;
	struct codec codec = codec_for(r->family, r->how & ADD_PATH);
	struct arena *arena = arena_new();
	struct update *u = malloc(sizeof(*u));
	uint8_t buf[600], *body;
	size_t len = body_make(r, buf), key_len;
	unsigned count = 0;
	struct nlri_run run;
	struct nlri n;

	body = malloc(len); /* its end is the heap's, for sanitizers */
	memcpy(body, buf, len);
	update_decode(u, &codec, arena, body, len);
	assert_int_equal(u->verdict, r->verdict);
	assert_int_equal(r->verdict == VERDICT_OK, !u->fault);
	if (r->verdict != VERDICT_RESET) {
		run = r->how & UNREACH ? u->unreach[0] : u->reach[0];
		assert_int_equal(run.family, r->family);
		if (r->verdict == VERDICT_OK && !(r->how & ONE_WAY))
			write_check(r, run);
		while (nlri_next(&run, &n)) {
			const uint8_t *key = net_bytes(&n.net, &key_len);

			if (!count++ && r->key)
				bytes_are(key, key_len, r->key);
			if (count == 1 && r->rest)
				bytes_are(run.labels.b, run.labels.len, r->rest);
			assert_int_equal(n.path_id != 0, !!(r->how & ADD_PATH));
		}
	}
	assert_int_equal(count, r->n);
	free(body);
	free(u);
	arena_free(arena);
}

/* Networks that share what is the path's go together, whatever is malformed between. */
static void
parts(void **state)
{
	static const struct row r = { "", FAM_EVPN, 0,
		"02 21 " RD ESI "00000002 30 020000000001 00 000641"
		"02 21 " RD ESI "00000002 30 020000000002 00 000641"
		"02 00"
		"02 21 " RD ESI "00000002 30 020000000003 00 000641"
		"02 21 " RD ESI "00000002 30 020000000004 00 000651"
		"02 00", VERDICT_DISCARD, 4, NULL, NULL };
	struct codec codec = codec_for(FAM_EVPN, false);
	struct arena *arena = arena_new();
	struct update *u = malloc(sizeof(*u));
	uint8_t body[500];
	unsigned sizes[4] = { 0 }, n = 0;

	(void)state;
	update_decode(u, &codec, arena, body, body_make(&r, body));
	for (struct nlri_run rest = u->reach[0], part; rest.len;) {
		struct nlri nlri;

		nlri_part(&rest, &part);
		assert_true(n < 4);
		while (nlri_next(&part, &nlri))
			sizes[n]++;
		n++;
	}
	assert_int_equal(sizes[0], 3);
	assert_int_equal(sizes[1], 1);
	assert_int_equal(sizes[2], 0);
	free(u);
	arena_free(arena);
}

/* RFC 8955, 4.1: from 240 bytes on the length takes two. */
static void
long_flows(void **state)
{
	static const size_t lens[] = { 239, 240, 241, 4000, 4095 };
	uint8_t bytes[4096], out[5000];

	(void)state;
	for (unsigned i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct wbuf w = wbuf_init(out, sizeof(out));
		struct update_writer writer = {
			.out = &w, .msg_max = 4200, .family = FAM_FLOW4
		};
		struct nlri n = { .net = net_long(NET_FLOW4, bytes, lens[i]) }, got;
		struct nlri_run run = { .family = FAM_FLOW4 };

		memset(bytes, 1, sizeof(bytes));
		bytes[0] = 5; /* ports; equal to 1, many times; and a prefix that fits */
		for (size_t k = 1; k + 1 < lens[i]; k += 2)
			bytes[k + 1] = 1;
		bytes[lens[i] - 2] |= 0x80;
		assert_true(update_add(&writer, &n));
		run.data = writer.msg + writer.nlri_at;
		run.len = (size_t)(w.pos - run.data);
		assert_int_equal(run.len, lens[i] + (lens[i] < 240 ? 1 : 2));
		if (lens[i] % 2) { /* one type, pairs */
			assert_true(nlri_next(&run, &got));
			assert_true(net_equal(&n.net, &got.net));
		}
	}
}

static void
destinations(void **state)
{
	static const struct {
		enum net_type type;
		const char *flow, *dst; /* NULL: none */
	} cases[] = {
		{ NET_FLOW4, "01 18 c63364", "198.51.100.0/24" },
		{ NET_FLOW4, "01 00", "0.0.0.0/0" },
		{ NET_FLOW4, "02 18 c63364", NULL },
		{ NET_FLOW4, "", NULL },
		{ NET_FLOW6, "01 20 00 20010db8", "2001:db8::/32" },
		{ NET_FLOW6, "01 68 58 1234", NULL },
		{ NET_VFLOW4, RD "01 18 c63364", "198.51.100.0/24" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t bytes[40];
		size_t len = hex_read(cases[i].flow, bytes);
		struct net n = net_long(cases[i].type, bytes, len), dst;
		char text[NET_TEXT_MAX];

		assert_int_equal(flow_destination(&n, &dst), cases[i].dst != NULL);
		if (cases[i].dst)
			assert_string_equal(net_format(&dst, text), cases[i].dst);
	}
}

static void
rest_text(void **state)
{
	static const struct {
		enum net_type type;
		const char *key, *rest, *text;
	} cases[] = {
		{ NET_EVPN, "01 19 " RD ESI "00000001", "000641", "label 100 vni 1601" },
		{ NET_EVPN, "02 14 " RD "00000002 " MAC "00", ESI "000641 000064",
		    "esi 00:11:22:33:44:55:66:77:88:99 label 100 vni 1601 label 6 vni "
		    "100" },
		{ NET_EVPN, "05 11 " RD "00000000 18 c6336400", NO_ESI "c0000209 000640",
		    "esi 00:00:00:00:00:00:00:00:00:00 gw 192.0.2.9 label 100 vni 1600" },
		{ NET_EVPN, "06 17 " RD "00000000 00 20 e0000001 " IP4, "04",
		    "flags 04" },
		{ NET_VPLS, "0011 " RD "0003 0001", "0008 0c3501",
		    "block size 8 label base 50000" },
		{ NET_EVPN, "03 11 " RD "00000000 " IP4, "", "" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t key[60], rest[40];
		struct net n = net_long(cases[i].type, key, hex_read(cases[i].key, key));
		char text[NLRI_REST_TEXT_MAX];

		nlri_rest_format(&n, rest, hex_read(cases[i].rest, rest), text);
		assert_string_equal(text, cases[i].text);
	}
}

/* An announcement or, without labels, a withdrawal: its network in hexadecimal. */
static void
written_is(const struct net *net, const struct label_stack *labels, const char *want)
{
	uint8_t out[200], attrs[4] = { 0 };
	struct wbuf w = wbuf_init(out, sizeof(out));
	struct next_hop nh = { 4, { 192, 0, 2, 9 } };
	struct update_writer writer = { .out = &w,
		.msg_max = BGP_MSG_MAX,
		.family = FAM_VPLS,
		.attrs = labels ? attrs : NULL,
		.labels = labels,
		.next_hop = &nh };

	assert_true(update_add(&writer, &(struct nlri){ .net = *net }));
	bytes_are(writer.msg + writer.nlri_at,
	    (size_t)(w.pos - writer.msg) - writer.nlri_at, want);
}

/* For GoBGP block size and label base are part of the network: what is withdrawn has those that
 * were told last. */
static void
vpls_withdrawn(void **state)
{
	static const struct label_stack old = { 5, { 0, 8, 0x0c, 0x35, 1 } },
					new = { 5, { 0, 8, 0x0c, 0x45, 1 } };
	uint8_t key[20];
	struct net n = net_long(NET_VPLS, key, hex_read("0011 " RD "0003 0001", key));

	(void)state;
	written_is(&n, &old, "0011 " RD "0003 0001 0008 0c3501");
	written_is(&n, NULL, "0011 " RD "0003 0001 0000 000000"); /* nobody holds it */
	net_hold(&n);
	written_is(&n, NULL, "0011 " RD "0003 0001 0000 000000");
	written_is(&n, &old, "0011 " RD "0003 0001 0008 0c3501");
	written_is(&n, NULL, "0011 " RD "0003 0001 0008 0c3501");
	written_is(&n, &new, "0011 " RD "0003 0001 0008 0c4501");
	written_is(&n, NULL, "0011 " RD "0003 0001 0008 0c4501");
	net_drop(&n);
	assert_int_equal(longnet_stats().nets, 0);
}

int
main(void)
{
	ADD_ROWS(rows, name, row_test);
	ADD_TEST(vpls_withdrawn);
	ADD_TEST(parts);
	ADD_TEST(long_flows);
	ADD_TEST(destinations);
	ADD_TEST(rest_text);
	return tests_run("longnlri");
}
