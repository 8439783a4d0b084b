/*
 * The configuration of BFD: what a file says of sessions, and what a change of it asks
 * for.
 */
#include "test.h"

#include <time.h>

#include "base/arena.h"
#include "conf/model.h"

#define HEAD "protocol device { }\nrouter id 1.1.1.1;\n"
#define BGP(x)                                                                           \
	HEAD "protocol bgp b { local 10.0.0.1 as 1; neighbor 10.0.0.2 as 2; direct;"     \
	     " ipv4 { import all; export all; }; " x " }\n"
#define BFD(x) HEAD "protocol bfd f { " x " }\n"

static struct load_result
load(const char *text)
{
	return model_load_text("t", text, strlen(text));
}

static const struct model *
model_of(const char *text)
{
	struct load_result r = load(text);

	if (!r.model || r.message_n)
		fail_msg("%s: %s", text, r.message_n ? r.message[0].text : "no model");
	arena_free(r.arena);
	return r.model;
}

static const struct message_row {
	const char *name, *text, *want;
} message_rows[] = {
	{ "date",
	    BFD("interface \"e\" { authentication simple; password \"x\" "
		"{ from \"yesterday\"; }; };"),
	    "Invalid date/time" },
	{ "month",
	    BFD("interface \"e\" { authentication simple; password \"x\" "
		"{ to \"2020-13-01\"; }; };"),
	    "Invalid date/time" },
	{ "algorithm",
	    BFD("interface \"e\" { authentication simple; password \"x\" "
		"{ algorithm hmac sha256; }; };"),
	    "Password algorithm option not available in BFD protocol" },
	{ "id",
	    BFD("interface \"e\" { authentication simple; password \"x\" { id 256; }; "
		"};"),
	    "Password ID must be in range 0-255" },
	{ "no password", BFD("interface \"e\" { authentication simple; };"),
	    "Authentication and password options should be used together" },
	{ "no authentication", BFD("multihop { password \"x\"; };"),
	    "Authentication and password options should be used together" },
	{ "prefix", BFD("interface 10.0.0.0/8;"),
	    "Interface name/mask expected, not IP prefix" },
	{ "multihop neighbour", BFD("neighbor 10.0.0.1 multihop;"),
	    "Multihop neighbor requires specified local address" },
	{ "neighbour with both",
	    BFD("neighbor 10.0.0.1 dev \"e\" local 1.1.1.1 multihop;"),
	    "Neighbor cannot set both interface and multihop" },
	{ "multiplier", BFD("interface \"e\" { multiplier 300; };"),
	    "Multiplier 300 is more than a packet can say: 255" },
	{ "without an address",
	    HEAD "protocol bgp b { local as 1; neighbor 10.0.0.2 as 1; "
		 "ipv4 { import all; export all; }; bfd; }\n",
	    "Multihop BGP with BFD requires specified local address" },
};

static void
test_message(void **state)
{
	const struct message_row *row = *state;
	struct load_result r = load(row->text);

	assert_int_equal(r.message_n, 1);
	assert_string_equal(r.message[0].text, row->want);
	model_unref(r.model);
	arena_free(r.arena);
}

static void
test_protocol(void **state)
{
	const struct model *m = model_of(BFD(
	    "accept ipv6 multihop; strict bind; zero udp6 checksum rx on;"
	    "interface \"eth*\", -\"eth1\" { interval 50 ms; multiplier 4; passive; };"
	    "interface \"x\" { min rx interval 10 ms; min tx interval 2 s;"
	    " idle tx interval 500 us; };"
	    "multihop { interval 1 s; };"
	    "neighbor 10.0.0.1; neighbor fe80::1 % eth0; neighbor fe80::2 dev \"eth1\";"
	    "neighbor 10.0.0.2 local 10.0.0.3 multihop on;"));
	const struct bfd_conf_proto *b = &model_proto(m, "f")->bfd;

	(void)state;
	assert_int_equal(b->accept, BFD_ACCEPT_IPV6 | BFD_ACCEPT_MULTIHOP);
	assert_true(b->strict_bind && b->zero_udp6_rx);
	assert_int_equal(b->iface_n, 2);
	assert_true(iface_patterns_match(
	    b->iface[0].pattern, b->iface[0].pattern_n, "eth7", NULL));
	assert_false(
	    iface_patterns_match(b->iface[0].pattern, b->iface[0].pattern_n, "lo", NULL));
	assert_int_equal(b->iface[0].options.min_rx_us, 50000);
	assert_int_equal(b->iface[0].options.min_tx_us, 50000);
	assert_int_equal(b->iface[0].options.multiplier, 4);
	assert_true(b->iface[0].options.passive);
	assert_int_equal(b->iface[1].options.min_rx_us, 10000);
	assert_int_equal(b->iface[1].options.min_tx_us, 2000000);
	assert_int_equal(b->iface[1].options.idle_tx_us, 500);
	assert_false(b->iface[1].options.has_passive);
	assert_int_equal(b->multihop.min_rx_us, 1000000);
	assert_int_equal(b->neighbor_n, 4);
	assert_null(b->neighbor[0].interface);
	assert_string_equal(b->neighbor[1].interface, "eth0");
	assert_string_equal(b->neighbor[2].interface, "eth1");
	assert_false(b->neighbor[2].multihop);
	assert_true(b->neighbor[3].multihop);
	assert_int_equal(ip_to4(&b->neighbor[3].local), 0x0a000003);
	model_unref(m);
}

static const struct accept_row {
	const char *name;
	unsigned want;
} accept_rows[] = {
	{ "accept;", 15 },
	{ "accept ipv4;", 13 },
	{ "accept ipv6;", 14 },
	{ "accept direct;", 7 },
	{ "accept multihop;", 11 },
	{ "accept ipv4 direct;", 5 },
	{ "accept multihop ipv6;", 10 },
	{ "accept ipv4; accept ipv6;", 14 },
};

static void
test_accept(void **state)
{
	const struct accept_row *row = *state;
	char text[256];
	const struct model *m;

	snprintf(text, sizeof(text), BFD("%s"), row->name);
	m = model_of(text);
	assert_int_equal(model_proto(m, "f")->bfd.accept, row->want);
	model_unref(m);
}

static const struct auth_row {
	const char *name;
	unsigned type;
} auth_rows[] = {
	{ "simple", BFD_AUTH_SIMPLE },
	{ "keyed md5", BFD_AUTH_MD5 },
	{ "meticulous keyed md5", BFD_AUTH_METICULOUS_MD5 },
	{ "keyed sha1", BFD_AUTH_SHA1 },
	{ "meticulous keyed sha1", BFD_AUTH_METICULOUS_SHA1 },
};

static void
test_auth(void **state)
{
	const struct auth_row *row = *state;
	char text[512];
	const struct model *m;

	snprintf(text, sizeof(text), BGP("bfd { authentication %s; password \"x\"; };"),
	    row->name);
	m = model_of(text);
	assert_int_equal(model_proto(m, "b")->bgp.bfd_options->auth, row->type);
	model_unref(m);
}

static uint64_t
at(int year, int month, int day, int hour, int min, int sec)
{
	struct tm tm = { .tm_year = year - 1900,
		.tm_mon = month - 1,
		.tm_mday = day,
		.tm_hour = hour,
		.tm_min = min,
		.tm_sec = sec,
		.tm_isdst = -1 };

	return (uint64_t)mktime(&tm);
}

static void
test_keys(void **state)
{
	const struct model *m = model_of(BGP(
	    "bfd { authentication keyed sha1; passwords {"
	    " password \"first\"; key \"second\" { id 9;"
	    "  generate from \"2020-01-02 03:04:05\"; generate to \"2021-01-02 03:04\";"
	    "  accept from \"2020-01-01\"; accept to \"2022-01-01 00:00:00.5\"; };"
	    " password \"abcdefghijklmnopqrstuvwxyz\" { from \"2030-01-01\"; to "
	    "\"2031-01-01\"; };"
	    "}; };"));
	const struct bfd_keys *k = model_proto(m, "b")->bgp.bfd_options->keys;

	(void)state;
	assert_int_equal(k->n, 3);
	assert_int_equal(k->key[0].id, 1);
	assert_int_equal(k->key[0].len, 5);
	assert_int_equal(k->key[0].send_from, 0);
	assert_true(k->key[0].accept_to == UINT64_MAX);
	assert_int_equal(k->key[1].id, 9);
	assert_string_equal((const char *)k->key[1].secret, "second");
	assert_int_equal(k->key[1].send_from, at(2020, 1, 2, 3, 4, 5));
	assert_int_equal(k->key[1].send_to, at(2021, 1, 2, 3, 4, 0));
	assert_int_equal(k->key[1].accept_from, at(2020, 1, 1, 0, 0, 0));
	assert_int_equal(k->key[1].accept_to, at(2022, 1, 1, 0, 0, 0));
	assert_int_equal(k->key[2].id, 3);
	assert_int_equal(k->key[2].len, 20);
	assert_memory_equal(k->key[2].secret, "abcdefghijklmnopqrst", 20);
	assert_int_equal(k->key[2].send_from, k->key[2].accept_from);
	assert_int_equal(k->key[2].send_to, at(2031, 1, 1, 0, 0, 0));
	model_unref(m);
}

/* A session's own options stand over its template's. */
static void
test_inherit(void **state)
{
	const struct model *m = model_of(
	    HEAD "template bgp t { local 10.0.0.1 as 1; direct; ipv4 { import all; "
		 "export all; };"
		 " bfd { interval 1 s; multiplier 7; }; }\n"
		 "protocol bgp a from t { neighbor 10.0.0.2 as 2; bfd { multiplier 3; "
		 "graceful; }; }\n"
		 "protocol bgp b from t { neighbor 10.0.0.3 as 2; }\n"
		 "protocol bgp c from t { neighbor 10.0.0.4 as 2; bfd off; }\n"
		 "protocol bgp d from t { neighbor 10.0.0.5 as 2; bfd graceful; }\n"
		 "template bfd x { interface \"e\"; neighbor 10.0.0.1; multihop { "
		 "interval 2 s; }; }\n"
		 "protocol bfd f from x { strict bind; }\n");
	const struct bgp_conf *a = &model_proto(m, "a")->bgp,
			      *b = &model_proto(m, "b")->bgp;
	const struct bfd_conf_proto *f = &model_proto(m, "f")->bfd;

	(void)state;
	assert_int_equal(a->bfd, BFD_GRACEFUL);
	assert_int_equal(a->bfd_options->multiplier, 3);
	assert_int_equal(a->bfd_options->min_rx_us, 1000000);
	assert_int_equal(b->bfd, BFD_ON);
	assert_int_equal(b->bfd_options->multiplier, 7);
	assert_int_equal(model_proto(m, "c")->bgp.bfd, BFD_OFF);
	assert_int_equal(model_proto(m, "d")->bgp.bfd, BFD_GRACEFUL);
	assert_int_equal(model_proto(m, "d")->bgp.bfd_options->multiplier, 7);
	assert_int_equal(f->iface_n + f->neighbor_n, 0);
	assert_int_equal(f->multihop.min_rx_us, 2000000);
	model_unref(m);
}

/* All of it is taken over live. */
static const struct diff_row {
	const char *name, *before, *after, *option; /* option NULL: nothing changed */
} diff_rows[] = {
	{ "nothing", BFD("interface \"e\" { interval 1 s; };"),
	    BFD("interface \"e\" { interval 1000 ms; };"), NULL },
	{ "interval", BFD("interface \"e\" { interval 1 s; };"),
	    BFD("interface \"e\" { interval 2 s; };"), "interface" },
	{ "pattern", BFD("interface \"e\";"), BFD("interface \"f\";"), "interface" },
	{ "multihop", BFD(""), BFD("multihop { passive; };"), "multihop" },
	{ "neighbour", BFD("neighbor 10.0.0.1;"), BFD("neighbor 10.0.0.2;"), "neighbor" },
	{ "accept", BFD(""), BFD("accept ipv4;"), "accept" },
	{ "strict bind", BFD(""), BFD("strict bind;"), "strict bind" },
	{ "password", BFD("multihop { authentication simple; password \"a\"; };"),
	    BFD("multihop { authentication simple; password \"b\"; };"), "multihop" },
	{ "of a session", BGP("bfd;"), BGP("bfd off;"), "bfd" },
	{ "graceful", BGP("bfd;"), BGP("bfd graceful;"), "bfd" },
	{ "a session's options", BGP("bfd;"), BGP("bfd { multiplier 3; };"),
	    "bfd options" },
	{ "a route of 1.6",
	    HEAD "protocol static st { route 10.1.0.0/16 via 10.0.0.1; }\n",
	    HEAD "protocol static st { route 10.1.0.0/16 via 10.0.0.1 { bfd; }; }\n",
	    "routes" },
	{ "a route of 1.6, in words",
	    HEAD "protocol static st { route 10.1.0.0/16 via 10.0.0.1 { bfd no; }; }\n",
	    HEAD "protocol static st { route 10.1.0.0/16 via 10.0.0.1 { bfd off; "
		 "bfd on; }; }\n",
	    "routes" },
	{ "no bfd of a route of 1.6",
	    HEAD "protocol static st { route 10.1.0.0/16 via 10.0.0.1 { bfd off; }; }\n",
	    HEAD
	    "protocol static st { route 10.1.0.0/16 via 10.0.0.1 { bfd; bfd off; }; }\n",
	    NULL },
	{ "bfd behind the next hops of a multipath route of 1.6",
	    HEAD "protocol static st { route 10.1.0.0/16 multipath via 10.0.0.1 via "
		 "10.0.0.2 { bfd off; }; }\n",
	    HEAD "protocol static st { route 10.1.0.0/16 multipath via 10.0.0.1 via "
		 "10.0.0.2 { bfd on; }; }\n",
	    NULL },
	{ "a route",
	    HEAD "protocol static st { ipv4; route 10.1.0.0/16 via 10.0.0.1; }\n",
	    HEAD "protocol static st { ipv4; route 10.1.0.0/16 via 10.0.0.1 bfd; }\n",
	    "routes" },
};

static void
test_diff(void **state)
{
	const struct diff_row *row = *state;
	const struct model *a = model_of(row->before), *b = model_of(row->after);
	struct plan *p = plan_make(a, b);

	assert_int_equal(p->step_n, row->option != NULL);
	if (row->option) {
		assert_int_equal(p->step[0].kind, STEP_CHANGE);
		assert_int_equal(p->step[0].change, CHANGE_LIVE);
		assert_string_equal(p->step[0].item[0].option, row->option);
	}
	plan_free(p);
	model_unref(a);
	model_unref(b);
}

int
main(void)
{
	ADD_ROWS(message_rows, name, test_message);
	ADD_ROWS(accept_rows, name, test_accept);
	ADD_ROWS(auth_rows, name, test_auth);
	ADD_ROWS(diff_rows, name, test_diff);
	ADD_TEST(test_protocol);
	ADD_TEST(test_keys);
	ADD_TEST(test_inherit);
	return tests_run("bfdconf");
}
