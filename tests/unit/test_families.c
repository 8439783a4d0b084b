/*
 * Families other than IPv4 and IPv6 unicast: their networks and next hops in messages, read
 * and written (RFC 4364, 4659, 4684, 8277).
 */
#include "test.h"
#include "bytes.h"
#include "base/wire.h"
#include "bgp/labels.h"

#define ORIGIN "40 01 01 00 "
#define PATH "40 02 00 "
#define RD0 "0000000000000000 "
#define NH4 "04 c0000201 "
#define NH6 "20010db8000000000000000000000001 "
#define LL6 "fe800000000000000000000000000001 "
#define MC4 "0001 02 " NH4 "00 "
#define MPLS4 "0001 04 " NH4 "00 "
#define VPN4 "0001 80 0c " RD0 "c0000201 00 "
#define VPN6 "0002 80 18 " RD0 NH6 "00 "
#define VMC4 "0001 81 0c " RD0 "c0000201 00 "
#define RTC "0001 84 " NH4 "00 "
#define RD "0000 000a 00000014 " /* 10:20 */

enum { ADD = 1, EXT = 2, STACKS = 4 };

static struct codec
codec_of(unsigned flags)
{
	struct codec c = { .as4 = true, .internal = true };

	for (unsigned f = 0; f < FAMILIES; f++) {
		c.active[f] = true;
		c.add_path_rx[f] = flags & ADD;
		c.ext_next_hop[f] = flags & EXT;
		c.labels[f] = flags & STACKS ? 2 : 0;
	}
	return c;
}

static struct arena *arena;

static int
setup(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* An UPDATE with the value in MP_REACH_NLRI, or in MP_UNREACH_NLRI. */
static struct update *
decode(unsigned flags, bool reach, const char *value)
{
	struct codec codec = codec_of(flags);
	struct update *u = arena_alloc(arena, sizeof(*u));
	uint8_t *body = arena_alloc(arena, 4096), *p = body + 4;
	size_t n;

	if (reach)
		p += hex_read(ORIGIN PATH, p);
	n = hex_read(value, p + 4);
	p[0] = AF_OPTIONAL | AF_EXTENDED;
	p[1] = reach ? ATTR_MP_REACH : ATTR_MP_UNREACH;
	put_u16(p + 2, (uint16_t)n);
	p += 4 + n;
	put_u16(body, 0);
	put_u16(body + 2, (uint16_t)(p - body - 4));
	update_decode(u, &codec, arena, body, (size_t)(p - body));
	return u;
}

/*
 * Networks: as on the wire, as text ("LABELS NET, ..." for announcements).
 */
static const struct row {
	const char *name;
	unsigned codec;
	bool reach;
	const char *value;
	const char *text; /* NULL: the session is reset */
} rows[] = {
	{ "multicast", 0, true, MC4 "18 c63364", "198.51.100.0/24" },
	{ "multicast, withdrawn", 0, false, "0001 02 18 c63364", "198.51.100.0/24" },
	{ "IPv6 multicast", 0, true, "0002 02 10 " NH6 "00 20 20010db8",
	    "2001:db8::/32" },

	{ "label", 0, true, MPLS4 "30 000641 c63364", "100 198.51.100.0/24" },
	{ "label: three bits are of no account", 0, true, MPLS4 "30 00064f c63364",
	    "100 198.51.100.0/24" },
	{ "two labels", 0, true, MPLS4 "48 000640 000c81 c63364",
	    "100/200 198.51.100.0/24" },
	{ "explicit null, default route", 0, true, MPLS4 "18 000001", "0 0.0.0.0/0" },
	{ "the largest label, a host", 0, true, MPLS4 "38 fffff1 c6336401",
	    "1048575 198.51.100.1/32" },
	{ "labels that differ", 0, true, MPLS4 "30 000641 c63364 30 000651 c63365",
	    "100 198.51.100.0/24, 101 198.51.101.0/24" },
	{ "bits behind the prefix", 0, true, MPLS4 "2e 000641 c633ff",
	    "100 198.51.252.0/22" },
	{ "label, add-path", ADD, true, MPLS4 "00000007 30 000641 c63364",
	    "100 198.51.100.0/24" },
	{ "IPv6 label", 0, true, "0002 04 10 " NH6 "00 38 000641 20010db8",
	    "100 2001:db8::/32" },
	{ "label withdrawn: 0x800000", 0, false, "0001 04 30 800000 c63364",
	    "198.51.100.0/24" },
	{ "label withdrawn: 0", 0, false, "0001 04 30 000000 c63364", "198.51.100.0/24" },
	{ "label withdrawn: the label", 0, false, "0001 04 30 000641 c63364",
	    "198.51.100.0/24" },
	{ "no label", 0, true, MPLS4 "10 c633", NULL },
	{ "no bottom of stack: one label", 0, true, MPLS4 "30 000640 c63364",
	    "100 198.51.100.0/24" },
	{ "no bottom of stack, but in what follows", 0, true, MPLS4 "18 000640 18 000641",
	    "100 0.0.0.0/0, 100 0.0.0.0/0" },
	{ "no bottom of stack, several agreed on", STACKS, true, MPLS4 "30 000640 c63364",
	    NULL },
	{ "two labels, several agreed on", STACKS, true, MPLS4 "48 000640 000c81 c63364",
	    "100/200 198.51.100.0/24" },
	{ "one without a bottom behind one with, agreed on", STACKS, true,
	    MPLS4 "30 000641 c63364 30 000640 c63366", NULL },
	{ "label: longer than an address", 0, true, MPLS4 "39 000641 c633640000", NULL },
	{ "label: overrun", 0, true, MPLS4 "38 000641 c63364", NULL },
	{ "label withdrawn: too short", 0, false, "0001 04 10 8000", NULL },

	{ "VPN", 0, true, VPN4 "70 000641 " RD "c63364", "100 10:20 198.51.100.0/24" },
	{ "VPN, default route", 0, true, VPN4 "58 000641 " RD, "100 10:20 0.0.0.0/0" },
	{ "VPN, distinguisher with an address", 0, true,
	    VPN4 "70 000641 0001 0a000001 0014 c63364",
	    "100 10.0.0.1:20 198.51.100.0/24" },
	{ "VPN, distinguisher with a large AS", 0, true,
	    VPN4 "70 000641 0002 00011170 0014 c63364", "100 70000:20 198.51.100.0/24" },
	{ "VPN, two labels", 0, true, VPN4 "88 000640 000c81 " RD "c63364",
	    "100/200 10:20 198.51.100.0/24" },
	{ "VPN, two networks, add-path", ADD, true,
	    VPN4 "00000001 70 000641 " RD "c63364 00000002 68 000641 " RD "c633",
	    "100 10:20 198.51.100.0/24, 100 10:20 198.51.0.0/16" },
	{ "VPN withdrawn", 0, false, "0001 80 70 800000 " RD "c63364",
	    "10:20 198.51.100.0/24" },
	{ "VPN IPv6", 0, true, VPN6 "78 000641 " RD "20010db8",
	    "100 10:20 2001:db8::/32" },
	{ "VPN IPv6, a host", 0, true, VPN6 "d8 000641 " RD NH6,
	    "100 10:20 2001:db8::1/128" },
	{ "VPN: no distinguisher", 0, true, VPN4 "38 000641 c6336401", NULL },
	{ "VPN: half a distinguisher", 0, true, VPN4 "50 000641 00000000000000", NULL },
	{ "VPN: longer than an address", 0, true, VPN4 "79 000641 " RD "c633640100",
	    NULL },
	{ "VPN: distinguisher withdrawn short", 0, false, "0001 80 20 80000000", NULL },

	{ "VPN multicast", 0, true, VMC4 "58 " RD "c63364", "10:20 198.51.100.0/24" },
	{ "VPN multicast withdrawn", 0, false, "0001 81 58 " RD "c63364",
	    "10:20 198.51.100.0/24" },
	{ "VPN multicast: too short", 0, true, VMC4 "38 00000000000000", NULL },

	{ "RTC", 0, true, RTC "60 0000fde8 0002fde800000064", "65000 (rt, 65000, 100)" },
	{ "RTC default", 0, true, RTC "00", "default" },
	{ "RTC, any target of an AS", 0, true, RTC "20 0000fde8", "65000/32" },
	{ "RTC, targets of an administrator", 0, true, RTC "40 0000fde8 0002fde8",
	    "65000 (rt, 65000, 0)/64" },
	{ "RTC, address", 0, true, RTC "60 00000001 01020a0000010064",
	    "1 (rt, 10.0.0.1, 100)" },
	{ "RTC, large AS", 0, true, RTC "60 00000001 0202000111700064",
	    "1 (rt, 70000, 100)" },
	{ "RTC, another kind", 0, true, RTC "60 00000001 0602000111700064",
	    "1 (generic, 0x6020001, 0x11700064)" },
	{ "RTC, part of a target", 0, true, RTC "28 00000001 00",
	    "1 (generic, 0x0, 0x0)/40" },
	{ "RTC withdrawn", 0, false, "0001 84 60 0000fde8 0002fde800000064",
	    "65000 (rt, 65000, 100)" },
	{ "RTC: part of an AS", 0, true, RTC "18 0000fd", NULL },
	{ "RTC: too long", 0, true, RTC "61 0000fde8 0002fde80000006400", NULL },
};

static size_t
labels_text(const struct nlri_run *run, char *buf)
{
	size_t n = 0;

	for (unsigned i = 0; i + 3 <= run->labels.len; i += 3)
		n += (size_t)sprintf(buf + n, "%s%u", i ? "/" : "",
		    (unsigned)(run->labels.b[i] << 12 | run->labels.b[i + 1] << 4 |
			       run->labels.b[i + 2] >> 4));
	if (n)
		buf[n++] = ' ';
	return n;
}

static char *
run_text(struct nlri_run run, char *buf)
{
	struct nlri nlri;
	size_t n = 0;

	buf[0] = 0;
	while (nlri_next(&run, &nlri)) {
		n += (size_t)sprintf(buf + n, "%s", n ? ", " : "");
		n += labels_text(&run, buf + n);
		net_format(&nlri.net, buf + n);
		n += strlen(buf + n);
	}
	return buf;
}

static void
read_test(void **state)
{
	const struct row *r = *state;
	struct update *u = decode(r->codec, r->reach, r->value);
	char text[512];

	if (!r->text) {
		assert_int_equal(u->verdict, VERDICT_RESET);
		assert_int_equal(u->code, ERR_UPDATE);
		assert_non_null(u->fault);
		return;
	}
	assert_int_equal(u->verdict, VERDICT_OK);
	assert_int_equal(r->reach ? u->reach_n : u->unreach_n, 1);
	assert_string_equal(
	    run_text(r->reach ? u->reach[0] : u->unreach[0], text), r->text);
}

/*
 * Next hops.
 */
static const struct hop_row {
	const char *name;
	unsigned codec;
	const char *value; /* of MP_REACH_NLRI up to the next hop */
	const char *nets;
	enum verdict verdict;
	const char *hop; /* as it is kept */
} hop_rows[] = {
	{ "hop: multicast", 0, "0001 02 " NH4, "18 c63364", VERDICT_OK, "c0000201" },
	{ "hop: multicast, IPv6", EXT, "0001 02 10 " NH6, "18 c63364", VERDICT_OK, NH6 },
	{ "hop: multicast, IPv6 not agreed", 0, "0001 02 10 " NH6, "18 c63364",
	    VERDICT_RESET, "" },
	{ "hop: IPv6 multicast, IPv4", EXT, "0002 02 " NH4, "20 20010db8", VERDICT_RESET,
	    "" },
	{ "hop: VPN", 0, "0001 80 0c " RD0 "c0000201 ", "58 000641" RD, VERDICT_OK,
	    "c0000201" },
	{ "hop: VPN, IPv6", EXT, "0001 80 18 " RD0 NH6, "58 000641" RD, VERDICT_OK, NH6 },
	{ "hop: VPN, IPv6 not agreed", 0, "0001 80 18 " RD0 NH6, "58 000641" RD,
	    VERDICT_RESET, "" },
	{ "hop: VPN without distinguisher", 0, "0001 80 " NH4, "58 000641" RD,
	    VERDICT_RESET, "" },
	{ "hop: VPN, distinguisher set", 0, "0001 80 0c " RD "c0000201 ", "58 000641" RD,
	    VERDICT_RESET, "" },
	{ "hop: VPN IPv6", 0, "0002 80 18 " RD0 NH6, "58 000641" RD, VERDICT_OK, NH6 },
	{ "hop: VPN IPv6, link-local", 0, "0002 80 30 " RD0 NH6 RD0 LL6, "58 000641" RD,
	    VERDICT_OK, NH6 LL6 },
	{ "hop: VPN IPv6, IPv4 mapped", 0,
	    "0002 80 18 " RD0 "00000000000000000000ffffc0000201", "58 000641" RD,
	    VERDICT_OK, "00000000000000000000ffffc0000201" },
	{ "hop: VPN IPv6, IPv4", 0, "0002 80 0c " RD0 "c0000201", "58 000641" RD,
	    VERDICT_RESET, "" },
	{ "hop: VPN, no host", 0, "0001 80 0c " RD0 "e0000201 ", "58 000641" RD,
	    VERDICT_WITHDRAW, "" },
	{ "hop: RTC", 0, "0001 84 " NH4, "00", VERDICT_OK, "c0000201" },
	{ "hop: RTC, IPv6", 0, "0001 84 10 " NH6, "00", VERDICT_OK, NH6 },
	{ "hop: RTC, none", 0, "0001 84 00", "00", VERDICT_RESET, "" },
};

static void
hop_test(void **state)
{
	const struct hop_row *r = *state;
	char value[512], want[128], got[128];
	struct next_hop nh;
	struct update *u;

	snprintf(value, sizeof(value), "%s 00 %s", r->value, r->nets);
	u = decode(r->codec, true, value);
	assert_int_equal(u->verdict, r->verdict);
	if (r->verdict != VERDICT_OK)
		return;
	nh = *update_next_hop(u, u->reach[0].family);
	assert_string_equal(hex_write(nh.b, nh.len, got), hex_tidy(r->hop, want));
}

/*
 * Read, kept, written: the value of the attribute is what it was.
 */
static size_t
write_again(struct store *store, struct update *u, bool reach, uint8_t *buf)
{
	struct nlri_run rest = reach ? u->reach[0] : u->unreach[0], part;
	struct wbuf out = wbuf_init(buf, 4096);
	struct attrs *a = NULL;
	struct label_stack labels;
	struct next_hop nh;
	struct nlri n;
	struct update_writer w = { .out = &out,
		.msg_max = BGP_MSG_MAX,
		.family = rest.family,
		.add_path = rest.add_path };

	nlri_part(&rest, &part);
	assert_int_equal(rest.len, 0);
	if (reach) {
		draft_set_labels(&u->draft, part.labels.b, part.labels.len);
		u->draft.next_hop = *update_next_hop(u, part.family);
		a = store_intern(store, &u->draft);
		labels = attrs_labels(a);
		nh = attrs_next_hop(a);
		w.attrs = (const uint8_t *)"";
		w.labels = &labels;
		w.next_hop = &nh;
	}
	while (nlri_next(&part, &n))
		assert_true(update_add(&w, &n));
	update_finish(&w);
	attrs_unref(store, a, 1);
	return wbuf_len(&out);
}

static const struct row same_rows[] = {
	{ "same: multicast", 0, true, MC4 "18 c63364", NULL },
	{ "same: label", 0, true, MPLS4 "30 000641 c63364 28 000641 c633", NULL },
	{ "same: two labels", ADD, true, MPLS4 "00000007 48 000640 000c81 c63364", NULL },
	{ "same: label withdrawn", 0, false, "0001 04 30 800000 c63364", NULL },
	{ "same: VPN", 0, true, VPN4 "70 000641 " RD "c63364", NULL },
	{ "same: VPN withdrawn", ADD, false, "0001 80 00000003 70 800000 " RD "c63364",
	    NULL },
	{ "same: VPN IPv6", 0, true, VPN6 "78 000641 " RD "20010db8", NULL },
	{ "same: VPN IPv6, link-local", 0, true,
	    "0002 80 30 " RD0 NH6 RD0 LL6 "00 78 000641 " RD "20010db8", NULL },
	{ "same: VPN, IPv6 next hop", EXT, true,
	    "0001 80 18 " RD0 NH6 "00 70 000641 " RD "c63364", NULL },
	{ "same: VPN multicast", 0, true, VMC4 "58 " RD "c63364", NULL },
	{ "same: RTC", 0, true, RTC "60 0000fde8 0002fde800000064 00 20 00000001", NULL },
	{ "same: RTC withdrawn", 0, false, "0001 84 00", NULL },
};

static void
same_test(void **state)
{
	const struct row *r = *state;
	struct store *store = store_new();
	struct update *u = decode(r->codec, r->reach, r->value);
	uint8_t buf[4096];
	char want[512], got[512];

	assert_int_equal(u->verdict, VERDICT_OK);
	write_again(store, u, r->reach, buf);
	/* header, two lengths, flags and code */
	hex_write(buf + 27, get_u16(buf + 25), got);
	assert_string_equal(got, hex_tidy(r->value, want));
	store_free(store);
}

/* A part ends where labels differ, and only there. */
static void
parts(void **state)
{
	struct update *u = decode(0, true,
	    MPLS4
	    "30 000641 c63364 30 000641 c63365 48 000640 000641 c63366 30 000641 c63367");
	struct nlri_run rest, part;
	static const char *const want[] = { "100 198.51.100.0/24, 100 198.51.101.0/24",
		"100/100 198.51.102.0/24", "100 198.51.103.0/24" };
	char text[512];

	(void)state;
	rest = u->reach[0];
	for (unsigned i = 0; i < 3; i++) {
		nlri_part(&rest, &part);
		assert_string_equal(run_text(part, text), want[i]);
	}
	assert_int_equal(rest.len, 0);
}

static void
eor(void **state)
{
	struct update *u;
	uint8_t buf[64];

	(void)state;
	for (unsigned f = 0; f < FAMILIES; f++) {
		size_t len = update_eor(f, buf);
		struct codec codec = codec_of(0);

		if (!family_info(f)->afi)
			continue;
		u = arena_alloc(arena, sizeof(*u));
		update_decode(
		    u, &codec, arena, buf + BGP_HEADER_LEN, len - BGP_HEADER_LEN);
		assert_true(u->eor);
		assert_int_equal(u->eor_family, f);
	}
}

static void
order(void **state)
{
	unsigned n = 0, last = 0;

	(void)state;
	for (enum family f = family_after(FAM_NONE); f != FAM_NONE; f = family_after(f)) {
		unsigned number = family_info(f)->afi * 256u + family_info(f)->safi;

		assert_true(number > last);
		last = number;
		n++;
	}
	for (unsigned f = 0; f < FAMILIES; f++)
		n -= family_info(f)->afi != 0;
	assert_int_equal(n, 0);
}

int
main(void)
{
	ADD_ROWS(rows, name, read_test);
	ADD_ROWS(hop_rows, name, hop_test);
	ADD_ROWS(same_rows, name, same_test);
	ADD_TEST(parts);
	ADD_TEST(eor);
	ADD_TEST(order);
	return tests_run_with("families", setup, teardown);
}
