/*
 * Reflection: who is offered what, and what is stamped on it.  RFC 4456, RFC 1997.
 */
#include "rib.h"
#include "bytes.h"
#include "base/wire.h"
#include "bgp/caps.h"
#include "rib/emit.h"

enum kind { CLIENT, NON_CLIENT, EXTERNAL, RS_CLIENT, STATIC, MEMBER };

static struct channel_desc
make_peer(uint32_t id, enum kind kind)
{
	struct channel_desc d = make_client(id);

	d.internal = kind == CLIENT || kind == NON_CLIENT;
	d.rr_client = kind == CLIENT;
	d.rs_client = kind == RS_CLIENT;
	d.member = kind == MEMBER;
	d.confederation = kind == MEMBER ? 65500 : 0;
	d.kind = kind == STATIC ? SOURCE_STATIC : SOURCE_BGP;
	d.cluster_id = kind == CLIENT ? 7 : 0;
	return d;
}

/*
 * Offered?
 */
static const struct offer_row {
	const char *name;
	enum kind from, to;
	uint32_t community;
	bool deaf; /* the sink does not interpret communities */
	bool want;
} offer_rows[] = {
	{ "client to client", CLIENT, CLIENT, 0, false, true },
	{ "client to non-client", CLIENT, NON_CLIENT, 0, false, true },
	{ "non-client to client", NON_CLIENT, CLIENT, 0, false, true },
	{ "non-client to non-client", NON_CLIENT, NON_CLIENT, 0, false, false },
	{ "external to non-client", EXTERNAL, NON_CLIENT, 0, false, true },
	{ "non-client to external", NON_CLIENT, EXTERNAL, 0, false, true },
	{ "static to non-client", STATIC, NON_CLIENT, 0, false, true },
	{ "no_advertise to client", CLIENT, CLIENT, COMM_NO_ADVERTISE, false, false },
	{ "no_export to client", CLIENT, CLIENT, COMM_NO_EXPORT, false, true },
	{ "no_export to external", CLIENT, EXTERNAL, COMM_NO_EXPORT, false, false },
	{ "no_export_subconfed to external", CLIENT, EXTERNAL, COMM_NO_EXPORT_SUBCONFED,
	    false, false },
	{ "no_export_subconfed to client", CLIENT, CLIENT, COMM_NO_EXPORT_SUBCONFED,
	    false, true },
	{ "no_export within the confederation", CLIENT, MEMBER, COMM_NO_EXPORT, false,
	    true },
	{ "no_export_subconfed to another member", CLIENT, MEMBER,
	    COMM_NO_EXPORT_SUBCONFED, false, false },
	{ "non-client to a member", NON_CLIENT, MEMBER, 0, false, true },
	{ "no_advertise not interpreted", CLIENT, CLIENT, COMM_NO_ADVERTISE, true, true },
	{ "llgr_stale to who does not know it", CLIENT, CLIENT, COMM_LLGR_STALE, false,
	    false },
	{ "llgr_stale not interpreted", CLIENT, CLIENT, COMM_LLGR_STALE, true, true },
};

/* RFC 9234, 5, on the way out: our part, the route's OTC, and what is sent; -1: nothing. */
static const struct otc_row {
	const char *name;
	uint8_t role; /* 0: none */
	uint32_t otc; /* 0: none */
	int64_t sent;
	bool member; /* of our confederation, not outside of it */
} otc_rows[] = {
	{ "no role", 0, 0, 0, false },
	{ "no role, marked", 0, 9, 9, false },
	{ "to a customer", 1 + ROLE_PROVIDER, 0, 65000, false },
	{ "to a customer, marked", 1 + ROLE_PROVIDER, 9, 9, false },
	{ "to a provider", 1 + ROLE_CUSTOMER, 0, 0, false },
	{ "to a provider, marked", 1 + ROLE_CUSTOMER, 9, -1, false },
	{ "to a peer", 1 + ROLE_PEER, 0, 65000, false },
	{ "to a peer, marked", 1 + ROLE_PEER, 9, -1, false },
	{ "to a route server", 1 + ROLE_RS_CLIENT, 0, 0, false },
	{ "to a route server, marked", 1 + ROLE_RS_CLIENT, 9, -1, false },
	{ "to its client", 1 + ROLE_RS_SERVER, 0, 65000, false },
	{ "to its client, marked", 1 + ROLE_RS_SERVER, 9, 9, false },
	{ "to a member, a customer", 1 + ROLE_PROVIDER, 0, 65000, true },
	{ "to a member, a provider, marked", 1 + ROLE_CUSTOMER, 9, -1, true },
	{ "to a member, a peer, marked", 1 + ROLE_PEER, 9, -1, true },
	{ "to a member without a role, marked", 0, 9, 9, true },
};

static void
otc(void **state)
{
	const struct otc_row *r = *state;
	struct channel_desc from = make_peer(1, CLIENT),
			    to = make_peer(2, r->member ? MEMBER : EXTERNAL);
	struct arena *arena = arena_new();
	struct store *store = store_new();
	struct attrs *a = make_set(store, &(struct set_desc){ .otc = r->otc });
	const struct attrs *sent = a;
	struct attr at;
	struct sink k;

	to.role = r->role;
	sink_from(&k, &to, NULL, false);
	assert_int_equal(reflect_offered(&k, &from, a), r->sent >= 0);
	/* the filter may have set it */
	assert_int_equal(reflect_edit(&k, arena, &sent), r->sent >= 0);
	if (r->sent > 0) {
		assert_true(attrs_find(sent, ATTR_OTC, &at));
		assert_int_equal(get_u32(at.data), r->sent);
	} else if (r->sent == 0) {
		assert_false(attrs_find(sent, ATTR_OTC, &at));
	}
	attrs_unref(store, a, 1);
	store_free(store);
	arena_free(arena);
}

static void
offer(void **state)
{
	const struct offer_row *r = *state;
	struct store *store = store_new();
	struct channel_desc from = make_peer(1, r->from), to = make_peer(2, r->to);
	struct attrs *a = make_set(
	    store, &(struct set_desc){ .community = r->community });
	struct sink k;

	to.interpret_communities = !r->deaf;
	sink_from(&k, &to, NULL, true);
	assert_int_equal(reflect_offered(&k, &from, a), r->want);
	attrs_unref(store, a, 1);
	store_free(store);
}

/*
 * The bytes.
 */
struct stamp_row {
	const char *name;
	enum kind from, to;
	uint32_t from_cluster;
	struct set_desc set;
	unsigned self, keep; /* of the sink: next hop self, keep */
	bool allow_med, allow_local_pref, aigp, originate;
	uint32_t cost; /* of the source's next hops */
	const char *want; /* hexadecimal */
};

#define ORIGIN_0     "400101 00 "
#define PATH_1	     "400206 020100000001 "
#define PATH_OWN_1   "40020a 02020000fde800000001 "
#define NH_KEPT	     "400304 c0000201 "
#define NH_SELF_IP   "400304 7f000001 "
#define LP_100	     "400504 00000064 "
#define LP_200	     "400504 000000c8 "
#define MED_5	     "800404 00000005 "
#define ORIGINATOR_1 "800904 00000001 "
#define SET	     .set = { .path = "1", .med = 5 }

static const struct stamp_row stamp_rows[] = {
	{ .name = "client to client",
	    SET,
	    .want = ORIGIN_0 PATH_1 NH_KEPT MED_5 LP_100 ORIGINATOR_1 "800a04 00000007" },
	{ .name = "clients of two clusters",
	    .from_cluster = 8,
	    SET,
	    .want = ORIGIN_0 PATH_1 NH_KEPT MED_5 LP_100 ORIGINATOR_1
	    "800a08 00000007 00000008" },
	{ .name = "client to non-client",
	    .to = NON_CLIENT,
	    SET,
	    .want = ORIGIN_0 PATH_1 NH_KEPT MED_5 LP_100 ORIGINATOR_1 "800a04 00000007" },
	{ .name = "non-client to client",
	    .from = NON_CLIENT,
	    SET,
	    .want = ORIGIN_0 PATH_1 NH_KEPT MED_5 LP_100 ORIGINATOR_1 "800a04 00000007" },
	{ .name = "originator stays, clusters grow",
	    .set = { .path = "1", .originator = 9, .clusters = 1, .local_pref = 200 },
	    .want = ORIGIN_0 PATH_1 NH_KEPT LP_200
	    "800904 00000009 800a08 00000007 00000000" },
	{ .name = "external to client",
	    .from = EXTERNAL,
	    SET,
	    .want = ORIGIN_0 PATH_1 NH_KEPT MED_5 LP_100 },
	{ .name = "next hop self",
	    SET,
	    .self = NH_ALL,
	    .want = ORIGIN_0 PATH_1 NH_SELF_IP MED_5 LP_100 ORIGINATOR_1
	    "800a04 00000007" },
	{ .name = "client to external",
	    .to = EXTERNAL,
	    .set = { .path = "1",
		.med = 5,
		.local_pref = 200,
		.originator = 9,
		.clusters = 1 },
	    .want = ORIGIN_0 PATH_OWN_1 NH_SELF_IP },
	{ .name = "client to external, next hop kept",
	    .to = EXTERNAL,
	    SET,
	    .keep = NH_ALL,
	    .want = ORIGIN_0 PATH_OWN_1 NH_KEPT },
	{ .name = "client to external, med allowed",
	    .to = EXTERNAL,
	    SET,
	    .allow_med = true,
	    .want = ORIGIN_0 PATH_OWN_1 NH_SELF_IP MED_5 },
	{ .name = "client to external, local_pref allowed",
	    .to = EXTERNAL,
	    .set = { .path = "1", .local_pref = 200, .originator = 9, .clusters = 1 },
	    .allow_local_pref = true,
	    .want = ORIGIN_0 PATH_OWN_1 NH_SELF_IP LP_200 },
	{ .name = "next hop self ebgp, from internal",
	    SET,
	    .self = NH_EBGP,
	    .want = ORIGIN_0 PATH_1 NH_KEPT MED_5 LP_100 ORIGINATOR_1 "800a04 00000007" },
	{ .name = "next hop self ebgp, from external",
	    .from = EXTERNAL,
	    SET,
	    .self = NH_EBGP,
	    .want = ORIGIN_0 PATH_1 NH_SELF_IP MED_5 LP_100 },
	{ .name = "next hop self ibgp, from internal",
	    SET,
	    .self = NH_IBGP,
	    .want = ORIGIN_0 PATH_1 NH_SELF_IP MED_5 LP_100 ORIGINATOR_1
	    "800a04 00000007" },
	{ .name = "next hop self goes before keep",
	    SET,
	    .self = NH_ALL,
	    .keep = NH_ALL,
	    .want = ORIGIN_0 PATH_1 NH_SELF_IP MED_5 LP_100 ORIGINATOR_1
	    "800a04 00000007" },
	{ .name = "next hop keep ibgp, internal to external",
	    .to = EXTERNAL,
	    SET,
	    .keep = NH_IBGP,
	    .want = ORIGIN_0 PATH_OWN_1 NH_KEPT },
	{ .name = "next hop keep ibgp, external to external",
	    .from = EXTERNAL,
	    .to = EXTERNAL,
	    SET,
	    .keep = NH_IBGP,
	    .want = ORIGIN_0 PATH_OWN_1 NH_SELF_IP },
	{ .name = "next hop self ibgp, static",
	    .from = STATIC,
	    SET,
	    .self = NH_IBGP,
	    .want = ORIGIN_0 PATH_1 NH_KEPT MED_5 LP_100 },
	{ .name = "next hop self, static",
	    .from = STATIC,
	    SET,
	    .self = NH_ALL,
	    .want = ORIGIN_0 PATH_1 NH_SELF_IP MED_5 LP_100 },
	{ .name = "route server",
	    .from = EXTERNAL,
	    .to = RS_CLIENT,
	    .keep = NH_ALL,
	    SET,
	    .want = ORIGIN_0 PATH_1 NH_KEPT MED_5 },
	{ .name = "client to a member of the confederation",
	    .to = MEMBER,
	    .set = { .path = "1",
		.med = 5,
		.local_pref = 200,
		.originator = 9,
		.clusters = 1 },
	    .want = ORIGIN_0 "40020c 03010000fde8 020100000001 " NH_KEPT MED_5 LP_200 },
	{ .name = "a member's to another member",
	    .from = MEMBER,
	    .to = MEMBER,
	    .set = { .path = "(7 8) 1", .local_pref = 200 },
	    .want = ORIGIN_0
	    "400214 03030000fde80000000700000008 020100000001 " NH_KEPT LP_200 },
	{ .name = "a member's to who is outside",
	    .from = MEMBER,
	    .to = EXTERNAL,
	    .set = { .path = "(7 8) 1", .local_pref = 200 },
	    .want = ORIGIN_0 PATH_OWN_1 NH_SELF_IP },
	{ .name = "aigp where it is not known",
	    .set = { .path = "1", .med = 5, .aigp = 10 },
	    .want = ORIGIN_0 PATH_1 NH_KEPT MED_5 LP_100 ORIGINATOR_1 "800a04 00000007" },
	{ .name = "aigp as it came",
	    .from = EXTERNAL,
	    .set = { .path = "1", .aigp = 10 },
	    .aigp = true,
	    .want = ORIGIN_0 PATH_1 NH_KEPT LP_100 "801a0b 01000b 000000000000000a" },
	{ .name = "aigp and the way, for we are the next hop",
	    .from = EXTERNAL,
	    .set = { .path = "1", .aigp = 10 },
	    .self = NH_ALL,
	    .aigp = true,
	    .cost = 7,
	    .want = ORIGIN_0 PATH_1 NH_SELF_IP LP_100 "801a0b 01000b 0000000000000011" },
	{ .name = "aigp is not made for routes of BGP",
	    .from = EXTERNAL,
	    SET,
	    .self = NH_ALL,
	    .aigp = true,
	    .originate = true,
	    .cost = 7,
	    .want = ORIGIN_0 PATH_1 NH_SELF_IP MED_5 LP_100 },
	{ .name = "next hop keep, static to external",
	    .from = STATIC,
	    .to = EXTERNAL,
	    SET,
	    .keep = NH_ALL,
	    .want = ORIGIN_0 PATH_OWN_1 NH_SELF_IP },
	{ .name = "static, bare",
	    .from = STATIC,
	    .set = { .bare = true, .next_hop = "::1" },
	    .want = ORIGIN_0 "400200 " NH_SELF_IP LP_100 },
	{ .name = "static, bare, to external",
	    .from = STATIC,
	    .to = EXTERNAL,
	    .set = { .bare = true, .next_hop = "::1" },
	    .want = ORIGIN_0 "400206 02010000fde8 " NH_SELF_IP },
};

static void
stamped(void **state)
{
	const struct stamp_row *r = *state;
	struct play p;
	struct channel_desc from = make_peer(1, r->from), to = make_peer(2, r->to);
	struct net net = make_net("10.0.0.0/8");
	struct exporter x;
	struct sink k;
	struct attrs *a;
	struct filter *all = filter_accept();
	const struct exported *out;
	char got[1024], want[1024];

	play_start(&p);
	a = make_set(p.store, &r->set);
	if (r->from_cluster)
		from.cluster_id = r->from_cluster;
	to.next_hop_self = r->self;
	to.next_hop_keep = r->keep;
	to.allow_med = r->allow_med;
	to.allow_local_pref = r->allow_local_pref;
	to.aigp = r->aigp;
	to.aigp_originate = r->originate;
	from.cost = r->cost;
	sink_from(&k, &to, all, true);
	export_begin(&x, p.shard, &k, &from, a, p.shard->scratch[0]);
	out = export_one(&x, &net);
	assert_int_equal(out->verdict, 2);
	assert_true(out->len < sizeof(got) / 2);
	assert_string_equal(
	    hex_write(out->bytes, out->len, got), hex_tidy(r->want, want));
	export_end(&x);
	attrs_unref(p.store, a, 1);
	filter_unref(all);
	play_end(&p);
}

/*
 * Next hops that are link-local and nothing else (RFC 2545 has none; BIRD has three forms).
 */
static const struct link_local_row {
	const char *name;
	bool client, keep; /* the sink: else external */
	uint8_t format;
	const char *sent, *self;
	const char *want; /* global and link-local address, "-" for none */
} link_local_rows[] = {
	{ "self, native", false, false, LL_NATIVE, "2001:db8::1", "fe80::9",
	    ":: fe80::9" },
	{ "self, single", false, false, LL_SINGLE, "2001:db8::1", "fe80::9",
	    "fe80::9 -" },
	{ "self, double", false, false, LL_DOUBLE, "2001:db8::1", "fe80::9",
	    "fe80::9 fe80::9" },
	{ "self, global", false, false, LL_SINGLE, "fe80::1", "2001:db8::9",
	    "2001:db8::9 fe80::9" },
	{ "to a client: not of another link", true, false, LL_NATIVE, "fe80::1",
	    "2001:db8::9", "2001:db8::9 fe80::9" },
	{ "to a client: global ones stay", true, false, LL_NATIVE, "2001:db8::1",
	    "2001:db8::9", "2001:db8::1 -" },
	{ "kept, native", true, true, LL_NATIVE, "fe80::1", "2001:db8::9", ":: fe80::1" },
	{ "kept, single", true, true, LL_SINGLE, "fe80::1", "2001:db8::9", "fe80::1 -" },
	{ "kept, double", true, true, LL_DOUBLE, "fe80::1", "2001:db8::9",
	    "fe80::1 fe80::1" },
};

static void
link_local(void **state)
{
	const struct link_local_row *r = *state;
	struct channel_desc from = make_peer(1, CLIENT),
			    to = make_peer(2, r->client ? CLIENT : EXTERNAL);
	char global[IP_TEXT_MAX], local[IP_TEXT_MAX] = "-", got[2 * IP_TEXT_MAX];
	struct store *store = store_new();
	struct attrs *a = make_set(
	    store, &(struct set_desc){ .bare = true, .next_hop = r->sent });
	struct next_hop nh;
	struct stamp st;
	struct sink k;
	struct ip ip;

	to.family = FAM_IP6;
	to.next_hop_keep = r->keep ? NH_ALL : 0;
	to.ll_format = r->format;
	ip_parse(r->self, &to.self6);
	ip_parse("fe80::9", &to.local_ll);
	sink_from(&k, &to, NULL, true);
	assert_true(reflect_stamp(&k, &from, a, a, false, &st));
	nh = reflect_next_hop(&k, st.next_hop.len ? st.next_hop : attrs_next_hop(a));
	ip = next_hop_ip(&nh);
	ip_format(&ip, global);
	if (nh.len == 32) {
		memcpy(ip.b, nh.b + 16, 16);
		ip_format(&ip, local);
	}
	snprintf(got, sizeof(got), "%s %s", global, local);
	assert_string_equal(got, r->want);
	attrs_unref(store, a, 1);
	store_free(store);
}

/*
 * A next hop of the other family (RFC 8950), and who may be sent our own address instead.
 */
static const struct other_hop_row {
	const char *name;
	enum source_kind source;
	enum kind from, to;
	bool knows, address, unset;
	uint8_t self;
	bool want;
} other_hop_rows[] = {
	{ "client, knows it", SOURCE_BGP, CLIENT, CLIENT, true, false, false, 0, true },
	{ "client", SOURCE_BGP, CLIENT, CLIENT, false, false, false, 0, false },
	{ "client, of an external one", SOURCE_BGP, EXTERNAL, CLIENT, false, false, false,
	    0, false },
	{ "client, next hop self", SOURCE_BGP, CLIENT, CLIENT, false, false, false,
	    NH_ALL, true },
	{ "client, next hop self ebgp", SOURCE_BGP, CLIENT, CLIENT, false, false, false,
	    NH_EBGP, false },
	{ "client, next hop address", SOURCE_BGP, CLIENT, CLIENT, false, true, false, 0,
	    true },
	{ "client, no next hop", SOURCE_BGP, CLIENT, CLIENT, false, false, true, 0,
	    true },
	{ "client, of a static route", SOURCE_STATIC, CLIENT, CLIENT, false, false, false,
	    0, true },
	{ "external", SOURCE_BGP, CLIENT, EXTERNAL, false, false, false, 0, true },
};

static void
other_hop(void **state)
{
	const struct other_hop_row *r = *state;
	struct channel_desc from = make_peer(1, r->from), to = make_peer(2, r->to);
	struct store *store = store_new();
	struct arena *arena = arena_new();
	struct attrs *a;
	struct draft d;
	struct sink k;

	from.kind = r->source;
	to.next_hop_self = r->self;
	to.ext_next_hop = r->knows;
	if (r->address)
		to.next_hop_address = ip_from4(0xc0000201);
	draft_init(&d, arena);
	d.next_hop = (struct next_hop){ r->unset ? 0 : 16, { 0x20, 1 } };
	a = store_intern(store, &d);
	sink_from(&k, &to, NULL, true);
	assert_int_equal(reflect_hop_ok(&k, &from, a), r->want);
	attrs_unref(store, a, 1);
	store_free(store);
	arena_free(arena);
}

/* What the key of a group holds and what it does not. */
static void
keys(void **state)
{
	struct channel_desc a = make_client(1), b = make_client(2);
	struct sink x, y;

	(void)state;
	sink_from(&x, &a, NULL, true);
	sink_from(&y, &b, NULL, true);
	assert_memory_equal(&x, &y, sizeof(x)); /* two clients differ in nothing */
	b.cluster_id = 8;
	sink_from(&y, &b, NULL, true);
	assert_memory_not_equal(&x, &y, sizeof(x));
	b.cluster_id = a.cluster_id;
	b.self4 = ip_from4(0x7f000002);
	sink_from(&y, &b, NULL, true);
	assert_memory_not_equal(&x, &y, sizeof(x));
	sink_from(&x, &a, NULL, false);
	sink_from(&y, &b, NULL, false);
	assert_memory_equal(&x, &y, sizeof(x)); /* over other addresses of ours */
	b.next_hop_self = NH_IBGP;
	sink_from(&y, &b, NULL, false);
	assert_false(ip_is_none(&y.self));
	b = make_client(2);
	b.cluster_id = 8;
	a.rr_client = b.rr_client = false; /* to non-clients it is not sent */
	sink_from(&x, &a, NULL, true);
	sink_from(&y, &b, NULL, true);
	assert_memory_equal(&x, &y, sizeof(x));
}

int
main(void)
{
	int failed;

	ADD_ROWS(offer_rows, name, offer);
	ADD_ROWS(stamp_rows, name, stamped);
	ADD_TEST(keys);
	failed = tests_run("reflect");
	ADD_ROWS(link_local_rows, name, link_local);
	failed += tests_run("link-local");
	ADD_ROWS(other_hop_rows, name, other_hop);
	failed += tests_run("next hops of the other family");
	ADD_ROWS(otc_rows, name, otc);
	return failed + tests_run("OTC");
}
