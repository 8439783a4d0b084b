/*
 * OPEN and capabilities: bytes to values and back, what is refused and how, what two sides
 * agree on.
 */
#include "test.h"

#include "bgp/open.h"
#include "bytes.h"

static struct session_conf
conf_basic(void)
{
	return (struct session_conf){
		.local_as = 64512, .remote_as = 64512, .internal = true,
		.router_id = 0xc0000201, .hold_s = 240, .send_hold_s = 480,
		.family = { true, true }, .capabilities = true, .route_refresh = true,
		.enhanced_refresh = true, .as4 = true,
	};
}

#define HEAD "04 fc00 00b4 c0000202 "   /* version, AS 64512, hold 180, 192.0.2.2 */
#define CAP_AS4 "41 04 0000fc00 "
#define CAP_MP4 "01 04 0001 00 01 "

static const struct decode_row {
	const char *name, *body;
	int subcode;      /* -1: accepted by the decoder */
	const char *data; /* of the NOTIFICATION */
} decode_rows[] = {
	{ "no parameters", HEAD "00", -1, "" },
	{ "one capability", HEAD "08 02 06" CAP_AS4, -1, "" },
	{ "two parameters", HEAD "10 02 06" CAP_AS4 "02 06" CAP_MP4, -1, "" },
	{ "two in one parameter", HEAD "0e 02 0c" CAP_AS4 CAP_MP4, -1, "" },
	{ "an unknown capability", HEAD "0a 02 08 f0 00" CAP_AS4, -1, "" },
	{ "an empty parameter", HEAD "02 02 00", -1, "" },
	{ "extended parameters", HEAD "ff ff 0009 02 0006" CAP_AS4, -1, "" },
	{ "extended, short form of the length", HEAD "04 ff 0009 02 0006" CAP_AS4, -1,
	    "" },
	{ "extended and empty", HEAD "ff ff 0000", -1, "" },
	{ "version 3", "03 fc00 00b4 c0000202 00", 1, "0004" },
	{ "parameters cut", HEAD "08 02 06 41 04 0000", 0, "" },
	{ "bytes behind the parameters", HEAD "00 00", 0, "" },
	{ "a parameter longer than all", HEAD "08 02 07" CAP_AS4, 0, "" },
	{ "a capability longer than its parameter", HEAD "08 02 06 41 05 0000fc00", 0,
	    "" },
	{ "AS4 of two bytes", HEAD "06 02 04 41 02 fc00", 0, "" },
	{ "multiprotocol of three bytes", HEAD "07 02 05 01 03 000100", 0, "" },
	{ "half a family in graceful restart", HEAD "08 02 06 40 04 0078 0001", 0, "" },
	{ "add-path with a rest", HEAD "07 02 05 45 03 000101", 0, "" },
	{ "hostname longer than its capability", HEAD "07 02 05 49 03 05 6162", 0, "" },
	{ "an unknown parameter", HEAD "04 03 02 0000", 4, "" },
	{ "extended, cut", HEAD "ff ff 0009 02 0006 41", 0, "" },
	{ "extended, no length", HEAD "ff ff", 0, "" },
};

static void
test_decode(void **state)
{
	const struct decode_row *r = *state;
	uint8_t bytes[512], *tight;
	size_t n = hex_read(r->body, bytes);
	struct notify fault;
	struct open o;
	char data[64] = "";
	bool ok;

	tight = malloc(n);
	memcpy(tight, bytes, n);
	ok = open_decode(&o, tight, n, &fault);
	assert_int_equal(ok, r->subcode < 0);
	if (!ok) {
		assert_int_equal(fault.code, ERR_OPEN);
		assert_int_equal(fault.subcode, r->subcode);
		assert_string_equal(hex_write(fault.data, fault.len, data), r->data);
	} else {
		assert_int_equal(o.as, 64512);
		assert_int_equal(o.hold_s, 180);
		assert_int_equal(o.id, 0xc0000202);
	}
	free(tight);
}

static const struct check_row {
	const char *name;
	uint32_t as, id;
	uint16_t hold, min_hold;
	bool internal;
	uint32_t remote_as; /* as configured */
	bool mp_any, mp4, mp6;
	int subcode; /* -1: accepted */
	const char *data;
} check_rows[] = {
	{ "iBGP", 64512, 2, 180, 0, true, 64512, false, false, false, -1, "" },
	{ "iBGP, any number named", 64512, 2, 180, 0, true, 0, false, false, false, -1,
	    "" },
	{ "iBGP, other AS", 64513, 2, 180, 0, true, 64512, false, false, false, 2,
	    "0000fc01" },
	{ "eBGP", 64513, 2, 180, 0, false, 64513, false, false, false, -1, "" },
	{ "eBGP, wrong AS", 64514, 2, 180, 0, false, 64513, false, false, false, 2,
	    "0000fc02" },
	{ "external", 64514, 2, 180, 0, false, 0, false, false, false, -1, "" },
	{ "external, but our AS", 64512, 2, 180, 0, false, 0, false, false, false, 2,
	    "0000fc00" },
	{ "AS 0", 0, 2, 180, 0, false, 0, false, false, false, 2, "00000000" },
	{ "identifier 0", 64512, 0, 180, 0, true, 64512, false, false, false, 3,
	    "00000000" },
	{ "our identifier", 64512, 0xc0000201, 180, 0, true, 64512, false, false, false,
	    3, "c0000201" },
	{ "our identifier, eBGP", 64513, 0xc0000201, 180, 0, false, 64513, false, false,
	    false, -1, "" },
	{ "hold 0", 64512, 2, 0, 0, true, 64512, false, false, false, -1, "" },
	{ "hold 1", 64512, 2, 1, 0, true, 64512, false, false, false, 6, "0001" },
	{ "hold 2", 64512, 2, 2, 0, true, 64512, false, false, false, 6, "0002" },
	{ "hold 3", 64512, 2, 3, 0, true, 64512, false, false, false, -1, "" },
	{ "hold under our least", 64512, 2, 29, 30, true, 64512, false, false, false, 6,
	    "001d" },
	{ "no timers under our least", 64512, 2, 0, 30, true, 64512, false, false, false,
	    6, "0000" },
	{ "IPv6 only", 64512, 2, 180, 0, true, 64512, true, false, true, -1, "" },
	{ "other families only", 64512, 2, 180, 0, true, 64512, true, false, false, 7,
	    "010400010001010400020001" },
};

static void
test_check(void **state)
{
	const struct check_row *r = *state;
	struct session_conf conf = conf_basic();
	struct open ours, theirs = { .as = r->as, .id = r->id, .hold_s = r->hold };
	struct notify fault;
	char data[64] = "";
	bool ok;

	conf.internal = r->internal;
	conf.remote_as = r->remote_as;
	conf.min_hold_s = r->min_hold;
	theirs.caps.mp_any = r->mp_any;
	theirs.caps.mp[FAM_IP4] = r->mp4;
	theirs.caps.mp[FAM_IP6] = r->mp6;
	open_local(&ours, &conf);
	ok = open_check(&conf, &ours, &theirs, &fault);
	assert_int_equal(ok, r->subcode < 0);
	if (!ok) {
		assert_int_equal(fault.code, ERR_OPEN);
		assert_int_equal(fault.subcode, r->subcode);
		assert_string_equal(hex_write(fault.data, fault.len, data), r->data);
	}
}

/* What we write is what we read, with everything on. */
static void
test_round_trip(void **state)
{
	struct session_conf conf = conf_basic();
	struct notify fault;
	struct open ours, back;
	uint8_t bytes[512];
	struct wbuf b = wbuf_init(bytes, sizeof(bytes));

	(void)state;
	conf.local_as = 4200000000u;
	conf.ext_msg = true;
	conf.add_path_rx[FAM_IP4] = conf.add_path_tx[FAM_IP6] = true;
	conf.graceful = GR_ON;
	conf.gr_time_s = 120;
	conf.gr_restarting = true;
	conf.gr_preserved[FAM_IP6] = true;
	conf.hostname =
	    "a-very-long-name-that-does-not-fit-into-the-room-for-names.example.net";
	open_local(&ours, &conf);
	open_encode(&ours, &b);
	assert_int_equal(get_u16(bytes + 20), AS_TRANS);
	assert_true(open_decode(
	    &back, bytes + BGP_HEADER_LEN, wbuf_len(&b) - BGP_HEADER_LEN, &fault));
	assert_int_equal(strlen(back.caps.hostname), 63);
	assert_memory_equal(&back, &ours, sizeof(back));
}

/* One thing that both sides have in the first row of each pair and the other side lacks
 * in the second. */
enum need {
	NEED_REFRESH,
	NEED_ENHANCED,
	NEED_AS4,
	NEED_EXT_MSG,
	NEED_HOSTNAME,
	NEED_GRACEFUL,
	NEED_LLGR,
	NEED_FAMILY,
	NEED_ADD_PATH,
	NEED_ROLES,
	NEED_EXT_NEXT_HOP,
};

static const struct require_row {
	const char *name;
	enum need need;
	bool there;
	int subcode; /* -1: accepted */
} require_rows[] = {
	{ "route refresh", NEED_REFRESH, true, -1 },
	{ "no route refresh", NEED_REFRESH, false, 7 },
	{ "enhanced refresh", NEED_ENHANCED, true, -1 },
	{ "no enhanced refresh", NEED_ENHANCED, false, 7 },
	{ "as4", NEED_AS4, true, -1 },
	{ "no as4", NEED_AS4, false, 7 },
	{ "extended messages", NEED_EXT_MSG, true, -1 },
	{ "no extended messages", NEED_EXT_MSG, false, 7 },
	{ "hostname", NEED_HOSTNAME, true, -1 },
	{ "no hostname", NEED_HOSTNAME, false, 7 },
	{ "graceful restart", NEED_GRACEFUL, true, -1 },
	{ "no graceful restart", NEED_GRACEFUL, false, 7 },
	{ "long-lived graceful restart", NEED_LLGR, true, -1 },
	{ "no long-lived graceful restart", NEED_LLGR, false, 7 },
	{ "mandatory channel", NEED_FAMILY, true, -1 },
	{ "mandatory channel is missing", NEED_FAMILY, false, 7 },
	{ "add paths", NEED_ADD_PATH, true, -1 },
	{ "no add paths", NEED_ADD_PATH, false, 7 },
	{ "role", NEED_ROLES, true, -1 },
	{ "no role", NEED_ROLES, false, 11 },
	{ "extended next hop", NEED_EXT_NEXT_HOP, true, -1 },
	{ "no extended next hop", NEED_EXT_NEXT_HOP, false, 7 },
};

static void
need(enum need n, struct session_conf *a, struct session_conf *b, bool there)
{
	switch (n) {
	case NEED_REFRESH:
		a->require.refresh = true;
		b->route_refresh = there;
		break;
	case NEED_ENHANCED:
		a->require.enhanced_refresh = a->enhanced_refresh = true;
		b->enhanced_refresh = there;
		break;
	case NEED_AS4:
		a->require.as4 = true;
		b->as4 = there;
		break;
	case NEED_EXT_MSG:
		a->require.ext_msg = a->ext_msg = true;
		b->ext_msg = there;
		break;
	case NEED_HOSTNAME:
		a->require.hostname = true;
		b->hostname = there ? "b" : NULL;
		break;
	case NEED_GRACEFUL:
		a->require.graceful = true;
		a->graceful = GR_AWARE;
		b->graceful = there ? GR_AWARE : GR_OFF;
		break;
	case NEED_LLGR:
		a->require.llgr = true;
		a->llgr = GR_AWARE;
		b->llgr = there ? GR_AWARE : GR_OFF;
		break;
	case NEED_FAMILY:
		a->require.family[FAM_IP6] = true;
		b->family[FAM_IP6] = there;
		break;
	case NEED_ADD_PATH:
		a->require.add_path[FAM_IP4] = a->add_path_rx[FAM_IP4] = true;
		b->add_path_tx[FAM_IP4] = there;
		break;
	case NEED_ROLES:
		a->require.roles = true;
		a->role = 1 + ROLE_PROVIDER;
		b->role = there ? 1 + ROLE_CUSTOMER : 0;
		break;
	case NEED_EXT_NEXT_HOP:
		a->require.ext_next_hop[FAM_IP4] = a->ext_next_hop[FAM_IP4] = true;
		b->ext_next_hop[FAM_IP4] = there;
		break;
	}
}

static void
test_require(void **state)
{
	const struct require_row *r = *state;
	struct session_conf a = conf_basic(), b = conf_basic();
	struct notify fault;
	struct open ours, theirs;

	b.router_id++;
	b.local_as = a.remote_as = a.local_as + 1;
	b.remote_as = a.local_as;
	a.internal = b.internal = false;
	need(r->need, &a, &b, r->there);
	open_local(&ours, &a);
	open_local(&theirs, &b);
	assert_int_equal(open_check(&a, &ours, &theirs, &fault), r->subcode < 0);
	if (r->subcode >= 0)
		assert_int_equal(fault.subcode, r->subcode);
	/* Nothing is asked of a channel that is not there. */
	a.require.add_path[FAM_IP6] = a.require.ext_next_hop[FAM_IP6] = true;
	a.add_path_rx[FAM_IP6] = false;
	b.family[FAM_IP6] = r->need == NEED_FAMILY && r->there;
	a.family[FAM_IP6] = b.family[FAM_IP6];
	if (r->need == NEED_FAMILY)
		return;
	open_local(&ours, &a);
	open_local(&theirs, &b);
	assert_int_equal(open_check(&a, &ours, &theirs, &fault), r->subcode < 0);
}

/* RFC 9234, 4.2. */
static void
test_roles(void **state)
{
	static const uint8_t opposite[] = { ROLE_CUSTOMER, ROLE_RS_CLIENT, ROLE_RS_SERVER,
		ROLE_PROVIDER, ROLE_PEER };
	struct session_conf a = conf_basic(), b = conf_basic();
	struct notify fault;
	struct open ours, theirs;

	(void)state;
	b.router_id++;
	a.remote_as = b.local_as = a.local_as + 1;
	a.internal = false;
	for (unsigned x = 0; x < 5; x++) {
		for (unsigned y = 0; y < 6; y++) {
			bool ok = y == opposite[x];

			a.role = (uint8_t)(x + 1);
			open_local(&ours, &a);
			open_local(&theirs, &b);
			theirs.caps.role_set = true;
			theirs.caps.role = (uint8_t)y;
			assert_int_equal(open_check(&a, &ours, &theirs, &fault), ok);
			if (!ok)
				assert_int_equal(fault.subcode, 11);
		}
	}
	/* Announced by one side alone. */
	b.role = 0;
	open_local(&theirs, &b);
	assert_true(open_check(&a, &ours, &theirs, &fault));
}

static void
test_role_twice(void **state)
{
	uint8_t bytes[128];
	struct notify fault;
	struct open o;

	(void)state;
	assert_true(open_decode(
	    &o, bytes, hex_read(HEAD "08 02 06 09 01 03 09 01 03", bytes), &fault));
	assert_int_equal(o.caps.role, ROLE_CUSTOMER);
	assert_true(open_decode(
	    &o, bytes, hex_read(HEAD "08 02 06 09 01 03 09 01 04", bytes), &fault));
	assert_int_equal(o.caps.role, ROLE_NONE);
}

/* RFC 9072: too much for one byte of length. */
static void
test_many_capabilities(void **state)
{
	static const unsigned lens[] = { 0, 1, 253, 254, 300, 600 };
	uint8_t caps[600], bytes[700];

	(void)state;
	for (size_t i = 0; i < sizeof(caps); i += 2) {
		caps[i] = 200; /* of no known meaning, without a value */
		caps[i + 1] = 0;
	}
	for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		uint8_t body[10] = { 4, 0xfc, 0, 0, 180, 192, 0, 2, 2 };
		struct wbuf b = wbuf_init(bytes, sizeof(bytes));
		unsigned len = lens[i] & ~1u;
		struct notify fault;
		struct open o;

		wbuf_put(&b, body, 9);
		open_encode_params(caps, len, &b);
		assert_int_equal(wbuf_len(&b), 9 + len + (len > 253 ? 7 : len ? 3 : 1));
		assert_true(open_decode(&o, bytes, wbuf_len(&b), &fault));
		assert_int_equal(o.caps.any, len > 0);
	}
}

static void
test_known_bytes(void **state)
{
	struct session_conf conf = conf_basic();
	struct open ours;
	uint8_t bytes[512];
	char text[1100];
	struct wbuf b = wbuf_init(bytes, sizeof(bytes));

	(void)state;
	conf.graceful = GR_AWARE;
	open_local(&ours, &conf);
	open_encode(&ours, &b);
	assert_string_equal(hex_write(bytes + 16, wbuf_len(&b) - 16, text),
	    "0039" "01" "04fc0000f0c0000201" "1c" "021a"
	    "010400010001" "010400020001" "0200" "40024000" "41040000fc00" "4600");
	conf.capabilities = false;
	b = wbuf_init(bytes, sizeof(bytes));
	open_local(&ours, &conf);
	open_encode(&ours, &b);
	assert_int_equal(wbuf_len(&b), 29);
}

/* A family's own word on graceful restart counts before the session's, unless that is off. */
static void
test_graceful_families(void **state)
{
	struct session_conf conf = { .local_as = 1,
		.capabilities = true,
		.family = { true, true },
		.graceful = GR_ON,
		.gr_time_s = 5,
		.llgr = GR_AWARE,
		.llgr_time_s = 7,
		.gr_family = { 0, -1 },
		.llgr_family = { 0, 1 },
		.llgr_family_s1 = { 0, 1 + 9 } };
	struct open o;

	(void)state;
	open_local(&o, &conf);
	assert_true(o.caps.gr_family[FAM_IP4] && !o.caps.gr_family[FAM_IP6]);
	assert_true(!o.caps.llgr_family[FAM_IP4] && o.caps.llgr_family[FAM_IP6]);
	assert_int_equal(o.caps.llgr_time_s[FAM_IP4], 0);
	assert_int_equal(o.caps.llgr_time_s[FAM_IP6], 9);
	conf.llgr = GR_ON;
	open_local(&o, &conf);
	assert_int_equal(o.caps.llgr_time_s[FAM_IP4], 7);
	conf.llgr = conf.graceful = GR_OFF;
	conf.gr_family[FAM_IP4] = 1;
	open_local(&o, &conf);
	assert_false(o.caps.gr_family[FAM_IP4] || o.caps.llgr_family[FAM_IP6]);
}

static void
test_reads_more_than_we_write(void **state)
{
	static const char text[] = HEAD "27 02 25"
		"09 01 03 " "47 0e 0001 01 80 000e10 0002 80 00 ffffff "
		"49 06 03 610062 01 63 " "45 08 0001 01 03 0002 01 07";
	uint8_t bytes[128];
	struct notify fault;
	struct open o;

	(void)state;
	assert_true(open_decode(&o, bytes, hex_read(text, bytes), &fault));
	assert_true(o.caps.role_set && o.caps.role == 3);
	assert_true(o.caps.llgr && o.caps.llgr_family[FAM_IP4]);
	assert_false(o.caps.llgr_family[FAM_IP6]);
	assert_int_equal(o.caps.llgr_time_s[FAM_IP4], 3600);
	assert_string_equal(o.caps.hostname, "a?b");
	assert_int_equal(o.caps.add_path[FAM_IP4], 3);
	assert_int_equal(o.caps.add_path[FAM_IP6], 0);
}

static struct negotiated
agree(const struct session_conf *a, const struct session_conf *b)
{
	struct open ours, theirs;
	struct negotiated n;

	open_local(&ours, a);
	open_local(&theirs, b);
	open_negotiate(a, &ours, &theirs, &n);
	return n;
}

static void
test_negotiate_families(void **state)
{
	struct session_conf a = conf_basic(), b = conf_basic();
	struct negotiated n;

	(void)state;
	b.family[FAM_IP4] = false;
	n = agree(&a, &b);
	assert_false(n.codec.active[FAM_IP4]);
	assert_true(n.codec.active[FAM_IP6]);
	b = conf_basic();
	b.capabilities = false;
	n = agree(&a, &b);
	assert_true(n.codec.active[FAM_IP4]);
	assert_false(n.codec.active[FAM_IP6]);
	assert_false(n.codec.as4 || n.route_refresh);
}

static void
test_negotiate_add_path(void **state)
{
	struct session_conf a = conf_basic(), b = conf_basic();
	struct negotiated n;

	(void)state;
	a.add_path_tx[FAM_IP4] = b.add_path_rx[FAM_IP4] = true;
	a.add_path_rx[FAM_IP6] = b.add_path_rx[FAM_IP6] = true;
	n = agree(&a, &b);
	assert_true(n.codec.add_path_tx[FAM_IP4]);
	assert_false(n.codec.add_path_rx[FAM_IP4]);
	assert_false(n.codec.add_path_rx[FAM_IP6]);
	n = agree(&b, &a);
	assert_true(n.codec.add_path_rx[FAM_IP4]);
}

/* RFC 8277, 2.1. */
static const struct labels_row {
	const char *name, *body;
	uint8_t want; /* of IPv4 with labels */
} labels_rows[] = {
	{ "said", HEAD "08 02 06 08 04 0001 04 03", 3 },
	{ "as many as there may be", HEAD "08 02 06 08 04 0001 04 ff", 255 },
	{ "one: not said", HEAD "08 02 06 08 04 0001 04 01", 0 },
	{ "none: not said", HEAD "08 02 06 08 04 0001 04 00", 0 },
	{ "twice: the first counts", HEAD "0c 02 0a 08 08 0001 04 03 0001 04 05", 3 },
	{ "another family", HEAD "08 02 06 08 04 0002 04 03", 0 },
	{ "of a wrong length", HEAD "09 02 07 08 05 0001 04 03 00", 0 },
};

static void
test_labels(void **state)
{
	const struct labels_row *r = *state;
	uint8_t bytes[128];
	struct notify fault;
	struct open o;

	assert_true(open_decode(&o, bytes, hex_read(r->body, bytes), &fault));
	assert_int_equal(o.caps.labels[FAM_IP4_MPLS], r->want);
}

static void
test_negotiate_labels(void **state)
{
	struct session_conf a = conf_basic(), b = conf_basic();
	struct negotiated n;
	struct open ours, theirs;

	(void)state;
	a.family[FAM_IP4_MPLS] = b.family[FAM_IP4_MPLS] = true;
	n = agree(&a, &b);
	assert_int_equal(n.codec.labels[FAM_IP4_MPLS], LABELS_MAX);
	assert_int_equal(n.codec.labels[FAM_IP4], 0);
	b.family[FAM_IP4_MPLS] = false;
	n = agree(&a, &b);
	assert_int_equal(n.codec.labels[FAM_IP4_MPLS], 0);
	b.family[FAM_IP4_MPLS] = true;
	open_local(&ours, &a);
	open_local(&theirs, &b);
	theirs.caps.labels[FAM_IP4_MPLS] = 0; /* who does not know it */
	open_negotiate(&a, &ours, &theirs, &n);
	assert_int_equal(n.codec.labels[FAM_IP4_MPLS], 0);
}

static const struct hold_row {
	const char *name;
	uint16_t ours, theirs, keepalive;
	uint32_t send_hold;
	uint16_t want_hold, want_keepalive;
	uint32_t want_send_hold;
} hold_rows[] = {
	{ "the peer's is less", 240, 30, 0, 480, 30, 10, 60 },
	{ "ours is less", 30, 240, 0, 60, 30, 10, 60 },
	{ "the peer wants none", 240, 0, 0, 480, 0, 0, 0 },
	{ "we want none", 0, 240, 0, 0, 0, 0, 0 },
	{ "the least", 240, 3, 0, 480, 3, 1, 6 },
	{ "keepalive as configured", 240, 240, 20, 480, 240, 20, 480 },
	{ "keepalive in proportion", 240, 60, 20, 480, 60, 5, 120 },
	{ "keepalive never 0", 240, 3, 20, 480, 3, 1, 6 },
};

static void
test_hold(void **state)
{
	const struct hold_row *r = *state;
	struct session_conf a = conf_basic(), b = conf_basic();
	struct negotiated n;

	a.hold_s = r->ours;
	a.keepalive_s = r->keepalive;
	a.send_hold_s = r->send_hold;
	b.hold_s = r->theirs;
	n = agree(&a, &b);
	assert_int_equal(n.hold_s, r->want_hold);
	assert_int_equal(n.keepalive_s, r->want_keepalive);
	assert_int_equal(n.send_hold_s, r->want_send_hold);
}

static const struct text_row {
	const char *name, *body, *want;
} text_rows[] = {
	{ "a word", "0602 05 68656c6c6f", "hello" },
	{ "of a reset", "0604 02 6869", "hi" },
	{ "no text for other errors", "0603 02 6869", "" },
	{ "no length", "0602", "" },
	{ "length 0", "0602 00", "" },
	{ "longer than the message", "0602 05 6869", "" },
	{ "UTF-8 stays", "0602 04 c3a4c3b6", "\xc3\xa4\xc3\xb6" },
	{ "control characters", "0602 04 610a1b7f", "a???" },
	{ "C1 controls", "0602 03 61c29b", "a??" },
	{ "broken UTF-8", "0602 04 c361ff62", "?a?b" },
	{ "overlong UTF-8", "0602 02 c080", "??" },
	{ "surrogates", "0602 03 eda080", "???" },
	{ "beyond Unicode", "0602 04 f4908080", "????" },
	{ "a character cut at the end", "0602 02 61e2", "a?" },
};

static void
test_text(void **state)
{
	const struct text_row *r = *state;
	uint8_t bytes[300];
	char text[NOTIFY_TEXT_MAX + 1];
	struct notify n;

	notify_decode(&n, bytes, hex_read(r->body, bytes));
	notify_text(&n, text);
	assert_string_equal(text, r->want);
}

/* Long words are cut between characters. */
static void
test_words(void **state)
{
	char words[400], text[NOTIFY_TEXT_MAX + 1];
	struct notify n;

	(void)state;
	memset(words, 'x', sizeof(words));
	memcpy(words + 254, "\xc3\xa4", 3);
	notify_words(&n, ERR_CEASE, CEASE_SHUTDOWN, words);
	notify_text(&n, text);
	assert_int_equal(strlen(text), 254);
	notify_words(&n, ERR_CEASE, CEASE_CONFIG, "nothing of this");
	assert_int_equal(n.len, 0);
}

/* RFC 8538, 3.1. */
static void
test_hard(void **state)
{
	struct notify n, got;
	uint8_t bytes[600];
	struct wbuf b = wbuf_init(bytes, sizeof(bytes));
	char text[NOTIFY_TEXT_MAX + 1];

	(void)state;
	notify_words(&n, ERR_CEASE, CEASE_SHUTDOWN, "good night");
	notify_harden(&n);
	notify_encode(&n, &b);
	notify_decode(&got, bytes + BGP_HEADER_LEN, wbuf_len(&b) - BGP_HEADER_LEN);
	assert_int_equal(got.subcode, CEASE_HARD_RESET);
	assert_true(notify_soften(&got));
	assert_int_equal(got.subcode, CEASE_SHUTDOWN);
	notify_text(&got, text);
	assert_string_equal(text, "good night");
	assert_false(notify_soften(&got));
	/* Without a reason it stays what it is. */
	notify_set(&n, ERR_CEASE, CEASE_HARD_RESET);
	assert_true(notify_soften(&n));
	assert_int_equal(n.subcode, CEASE_HARD_RESET);
}

int
main(void)
{
	ADD_TEST(test_round_trip);
	ADD_TEST(test_known_bytes);
	ADD_TEST(test_graceful_families);
	ADD_TEST(test_reads_more_than_we_write);
	ADD_TEST(test_negotiate_families);
	ADD_TEST(test_negotiate_add_path);
	ADD_TEST(test_negotiate_labels);
	ADD_TEST(test_words);
	ADD_TEST(test_roles);
	ADD_TEST(test_role_twice);
	ADD_TEST(test_many_capabilities);
	ADD_TEST(test_hard);
	ADD_ROWS(decode_rows, name, test_decode);
	ADD_ROWS(check_rows, name, test_check);
	ADD_ROWS(require_rows, name, test_require);
	ADD_ROWS(hold_rows, name, test_hold);
	ADD_ROWS(labels_rows, name, test_labels);
	ADD_ROWS(text_rows, name, test_text);
	return tests_run("open");
}
