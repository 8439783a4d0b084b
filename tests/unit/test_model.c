/*
 * Text to model: what is refused and in what words, and what values come out.
 */
#include "test.h"

#include "base/arena.h"
#include "base/log.h"
#include "conf/model.h"
#include "filter/compile.h"
#include "lang/parse.h"

#define PEER  "protocol bgp p { local 10.0.0.1 as 65000; neighbor 10.0.0.2 as 65000; "
#define EPEER "protocol bgp p { local 10.0.0.1 as 65000; neighbor 10.0.0.2 as 65001; "
#define V4    "ipv4 { import all; export all; }; "

static const struct row {
	const char *name, *text;
	const char *want; /* first error, LINE:COL TEXT; NULL: none */
} rows[] = {
	{ "internal", PEER V4 "}", NULL },
	{ "external", EPEER V4 "}", NULL },
	{ "without channel", PEER "}", NULL },
	{ "1.6, external without policies", EPEER "import all; }", NULL },
	{ "1.6 beside a channel", PEER V4 "import all; }",
	    "1:105 syntax error: this statement belongs into one of the channels" },
	{ "1.6 beside a policy in a channel elsewhere",
	    "protocol kernel { ipv4 { export all; }; }\n" EPEER "import all; }",
	    "2:71 syntax error, unexpected 'import': it belongs into a channel (ipv4 { "
	    "... };)" },
	{ "1.6 beside a channel of another bgp",
	    "protocol bgp q { local as 1; neighbor 10.0.0.3 as 1; " V4 "}\n" EPEER
	    "import all; export all; }",
	    NULL },
	{ "1.6 of both families",
	    "table t; protocol static { table t; route 10.0.0.0/8 reject;\n"
	    "route 2001:db8::/32 reject; }",
	    "1:43 IPv4 prefix in a file of BIRD 1.6 with IPv6 addresses: it takes one "
	    "family" },
	{ "keyword of 1.6 as a name", "table t; define paths = 1; protocol device { }",
	    "1:17 syntax error, unexpected 'paths': a keyword in BIRD 1.6" },
	{ "the same word in 2", "define paths = 1; protocol device { }", NULL },
	{ "lone semicolon in a protocol", "protocol device { ; };", NULL },
	{ "lone semicolon in a channel", "protocol direct { ipv4 { ; }; }",
	    "1:26 syntax error, unexpected ';'" },
	{ "brace not closed", "protocol rip {\n interface \"a\" {\n ;\n}\n",
	    "3:2 syntax error, unexpected ';'" },
	{ "brace of a protocol not closed", "protocol rip {\n interface \"a\" {\n };\n",
	    "4:1 syntax error, unexpected end of file; the '{' at t:1:14 is not closed "
	    "(to BIRD, t:1:0)" },
	{ "end of file within a line", "protocol device { }\nrouter id 1.2.3.4",
	    "2:18 syntax error, unexpected end of file (to BIRD, t:1:0)" },
	{ "brace gone before a semicolon",
	    "protocol bgp {\n ipv4 { import all;\n ;\n local as 1;\n}\nprotocol device "
	    "{}",
	    "3:2 syntax error, unexpected ';'" },
	{ "block begins twice", PEER "\nipv4 {\nipv4 {\n};\n}\nprotocol device { }",
	    "3:1 syntax error, unexpected 'ipv4'" },
	{ "block begins twice, at the end", PEER "\nipv4 {\nipv4 {\n};\n}\n",
	    "3:1 syntax error, unexpected 'ipv4'" },
	{ "bracket before a statement", PEER "\nipv4 { [\nimport all; }; }",
	    "3:8 syntax error, unexpected 'all', expecting '..' or '(' or ',' or ']' (in "
	    "the statement from t:2:8)" },
	{ "semicolon before a brace", PEER "\nipv4 { import all }\nhold time 90; }",
	    "2:19 syntax error, unexpected '}', expecting ';'" },
	{ "block in a block, and no end",
	    PEER "\nipv4 {\nipv4 { import all;\n};\nhold time 90; }",
	    "3:1 syntax error, unexpected 'ipv4'" },
	{ "brace of a channel gone",
	    "protocol kernel {\nimport all;\nexport all; };\n}\nprotocol static { ipv4; "
	    "}",
	    "2:1 syntax error, unexpected 'import': it belongs into a channel (ipv4 { "
	    "... "
	    "};)" },
	{ "two filters", PEER "\nipv4 { import filter a b;\nexport none; }; }",
	    "2:22 syntax error, unexpected 'a' (before t:2)" },
	{ "a class and a comma", "debug protocols { states, };",
	    "1:27 syntax error, unexpected '}', expecting a debug class" },
	{ "a class and a semicolon", "debug protocols { states; };",
	    "1:25 syntax error, unexpected ';', expecting '}'" },
	{ "two patterns", "protocol direct { interface \"a\" \"b\"; }",
	    "1:33 syntax error, unexpected \"b\", expecting ';'" },
	{ "two destinations",
	    "protocol static { ipv4; route 10.0.0.0/8 reject\nreject; }",
	    "2:1 syntax error, unexpected 'reject', expecting ';'" },
	{ "via behind a destination",
	    "protocol static { ipv4; route 10.0.0.0/8 reject via 10.0.0.1; }",
	    "1:49 syntax error, unexpected 'via', expecting ';'" },
	{ "two addresses",
	    "protocol bgp { local 10.0.0.1 10.0.0.2 as 1; neighbor 10.0.0.3 as 1; }",
	    "1:31 syntax error, unexpected '10.0.0.2', expecting ';'" },
	{ "address behind the AS", "protocol bgp { local as 1; neighbor as 1 10.0.0.3; }",
	    "1:42 syntax error, unexpected '10.0.0.3', expecting ';'" },
	{ "keyword as a name in 1.6", "table t;\nprotocol device device { }",
	    "2:17 syntax error, unexpected 'device': a keyword in BIRD 1.6" },
	{ "block of its own in 1.6", "table t;\nfilter f { { accept; } }",
	    "2:12 syntax error, unexpected '{': 1.6 has no blocks of their own" },
	{ "bird6 without router id",
	    "table t;\nprotocol static { table t; route 2001:db8::/32 reject; }",
	    "1:1 Router ID must be configured manually on IPv6 routers" },
	{ "ospf without areas", "protocol ospf {\n}", "2:1 No configured areas in OSPF" },
	{ "two numbers in a flow",
	    "flow4 table f; protocol static { flow4;\n route flow4 { proto 1 2; };\n}",
	    "2:24 syntax error, unexpected '2'" },
	{ "constants in a flow",
	    "define D = 2001:db8::/48; define N = 17; flow6 table f;\n"
	    "protocol static { flow6; route flow6 { dst D offset N; src (D); proto N; }; "
	    "}",
	    NULL },
	{ "constant of another family in a flow",
	    "define D = 2001:db8::/48; flow4 table f;\n"
	    "protocol static { flow4; route flow4 { dst D; }; }",
	    "2:44 IPv4 prefix expected" },
	{ "a channel's errors leave no channel behind",
	    "template static s { ipv4; roa4; }\nprotocol static from s { }",
	    "1:27 Different channel type" },
	{ "expression over lines",
	    "function f()\n{ return net ~ 5 + [\n10.0.0.0/8{9,24},\n11.0.0.0/8\n];\n}",
	    "2:20 Argument 2 of ADD must be of type int, got type prefix set (it ends at "
	    "t:5)" },
	{ "flows held against a table without trie",
	    "flow4 table f; " PEER "flow4 { validate; };\n}",
	    "2:1 Flowspec validation requires base table (master4) with trie" },
	{ "a base table without trie",
	    "flow4 table f; " PEER "flow4 { base table master4; };\n}",
	    "2:1 Flowspec validation requires base table (master4) with trie" },
	{ "that of the unicast channel",
	    "flow4 table f; ipv4 table t { trie; }; " PEER
	    "flow4 { validate; }; ipv4 { table t; }; }",
	    NULL },
	{ "a base table of another family",
	    "flow4 table f; ipv6 table t { trie; };\n" PEER
	    "\nflow4 { base table t; }; }",
	    "3:20 Mismatched base table type" },
	{ "flows elsewhere", PEER "\nipv4 { validate; }; }",
	    "2:8 Validate option limited to flowspec channels" },
	{ "template alone", "template bgp t { } protocol device { }", NULL },
	{ "constant AS",
	    "define X = 65000; protocol bgp p { local as X; neighbor 1.1.1.1 as "
	    "(X+1); " V4 "}",
	    NULL },
	{ "keyword-like names",
	    "define peer = 65000; filter s { accept; } protocol bgp id { local "
	    "as peer; neighbor 1.1.1.1 as 1; ipv4 { import filter s; export none; }; }",
	    NULL },
	{ "no protocol", "router id 1.1.1.1;\n",
	    "1:1 No protocol is specified in the config file" },
	{ "no local AS", "protocol bgp b {\n neighbor 10.0.0.2 as 1;\n}",
	    "3:1 Local AS number must be set" },
	{ "no neighbor", "protocol bgp b {\n local as 1;\n}",
	    "3:1 Neighbor must be configured" },
	{ "no remote AS", "protocol bgp b {\n local as 1; neighbor 1.1.1.1;\n}",
	    "3:1 Remote AS number (or peer type) must be set" },
	{ "two neighbors", PEER "\nneighbor 1.2.3.4; }",
	    "2:10 Only one neighbor per BGP instance is allowed" },
	{ "no import policy", EPEER "ipv4 { export all; };\n}",
	    "2:1 EBGP requires explicit import policy" },
	{ "no export policy", EPEER "ipv4 { import all; };\n}",
	    "2:1 EBGP requires explicit export policy" },
	{ "external reflector client", EPEER V4 "rr client;\n}",
	    "2:1 Only internal neighbor can be RR client" },
	{ "internal route server client", PEER V4 "rs client;\n}",
	    "2:1 Only external neighbor can be RS client" },
	{ "internal of another AS", EPEER V4 "neighbor internal;\n}",
	    "2:1 IBGP cannot have different ASNs" },
	{ "external of the same AS", PEER V4 "neighbor external;\n}",
	    "2:1 EBGP cannot have the same ASNs" },
	{ "hold time 2", PEER "\nhold time 2; }",
	    "2:11 Hold time must be in range 3-65535 or zero" },
	{ "hold time 0", PEER "hold time 0; }", NULL },
	{ "keepalive 0", PEER "\nkeepalive time 0; }",
	    "2:16 Keepalive time must be in range 1-65535" },
	{ "keepalive above hold", PEER "hold time 30; keepalive time 60;\n}",
	    "2:1 Keepalive time must be at most hold time" },
	{ "min hold above hold", PEER "hold time 30; min hold time 60;\n}",
	    "2:1 Min hold time (60) exceeds hold time (30)" },
	{ "send hold below hold", PEER "send hold time 100;\n}",
	    "2:1 Send hold time must be zero or at least hold time" },
	{ "multihop 0", PEER "\nmultihop 0; }", "2:10 Multihop must be in range 1-255" },
	{ "multihop on an interface", PEER "multihop; interface \"eth0\";\n}",
	    "2:1 Multihop BGP cannot be bound to interface" },
	{ "port 0", PEER "\nlocal port 0; }", "2:12 Invalid port number" },
	{ "port too large", PEER "\nneighbor port 65536; }", "2:15 Invalid port number" },
	{ "link-local alone", "protocol bgp b { local as 1; neighbor fe80::1 as 2;\n}",
	    "2:1 Link-local addresses require defined interface" },
	{ "restart time", PEER "\nmin graceful restart time 4096; }",
	    "2:27 Graceful restart time must be less than 4096" },
	{ "AS without AS4", EPEER V4 "enable as4 off; neighbor as 70000;\n}",
	    "2:1 Neighbor AS number out of range (AS4 not available)" },
	{ "strict bind",
	    "protocol bgp b { local as 1; neighbor 1.1.1.1 as 1; strict bind;\n}",
	    "2:1 Local address or an interface must be configured for strict bind" },
	{ "misspelt option", PEER "\nneigbor 1.1.1.1; }",
	    "2:1 syntax error, unexpected 'neigbor', did you mean 'neighbor'?" },
	{ "misspelt second word", PEER "\nhold tiem 90; }",
	    "2:6 syntax error, unexpected 'tiem', did you mean 'time'?" },
	{ "missing semicolon", PEER "\nhold time 90\n passive;\n}",
	    "3:2 syntax error, unexpected 'passive', expecting ';' (in the statement "
	    "from "
	    "t:2:1)" },
	{ "missing semicolon at the brace", PEER "\nhold time 90 }",
	    "2:14 syntax error, unexpected '}', expecting ';'" },
	{ "asdot", PEER "\nlocal as 1.10; }",
	    "2:11 syntax error, unexpected '.', expecting an address or 'port' or 'as'" },
	{ "unknown protocol", "protocol bpg { }",
	    "1:10 syntax error, unexpected 'bpg', did you mean "
	    "'bgp'?" },
	{ "unknown template", "protocol bgp b from T { }",
	    "1:21 syntax error, unexpected 'T': template or protocol name expected" },
	{ "template of another type",
	    "template static T { ipv4; }\nprotocol bgp b from T { }",
	    "2:21 Can't copy configuration from a different protocol type" },
	{ "not a template", "filter T { accept; }\nprotocol bgp b from T { }",
	    "2:21 Template or protocol name expected" },
	{ "name taken", "filter x { accept; }\nprotocol static x { ipv4; }",
	    "2:17 Symbol 'x' already defined" },
	{ "table of another type",
	    EPEER "\nipv4 { import all; export all; table master6; };}",
	    "2:38 Incompatible table type" },
	{ "unknown table", EPEER "\nipv4 { import all; export all; table t; };}",
	    "2:38 syntax error, unexpected 't': no such table" },
	{ "unknown filter", EPEER "\nipv4 { import filter f; export all; };}",
	    "2:22 syntax error, unexpected 'f': no such filter" },
	{ "preference", EPEER "\nipv4 { preference 70000; };}",
	    "2:19 Value 70000 out of range (0-65535)" },
	{ "limit action", EPEER "\nipv4 { import limit 10 action foo; };}",
	    "2:31 syntax error, unexpected 'foo', expecting 'warn' or 'block' or "
	    "'restart' or "
	    "'disable'" },
	{ "channel twice", EPEER V4 "\nipv4; }", "2:1 Multiple ipv4 channels" },
	{ "untyped table in a 2.x file", "ipv4 table a;\ntable b;",
	    "2:1 syntax error, unexpected 'table': a table needs a type (ipv4 table "
	    "...)" },
	{ "table twice", "ipv4 table t;\nipv4 table t;",
	    "2:12 Symbol 't' already defined" },
	{ "default table again", "ipv4 table master4 { trie on; }; protocol device { }",
	    NULL },
	{ "trie", "flow4 table t { trie; };",
	    "1:21 Trie option not supported for flow4 table" },
	{ "time without unit", "ipv4 table t { gc period 20; };",
	    "1:28 syntax error, unexpected ';', expecting 's' or 'ms' or 'us'" },
	{ "shards: none", "shards 0;", "1:8 Number of shards must be in range 1-64" },
	{ "shards: too many", "shards 65;",
	    "1:8 Number of shards must be in range 1-64" },
	{ "shards: a name",
	    "ipv4 table shards; shards 2; protocol static s { ipv4 { "
	    "table shards; }; }",
	    NULL },
	{ "log class", "log stderr { foo };", "1:14 syntax error, unknown log class" },
	{ "log limit", "log \"/x\" 100 \"/y\" all;",
	    "1:10 Log file size limit too low, must be at least 16384." },
	{ "second device", "protocol device { }\nprotocol device { }",
	    "2:10 Kernel device protocol already defined" },
	{ "static without channel",
	    "ipv4 table t;\nprotocol static {\n route 10.0.0.0/8 blackhole;\n}",
	    "4:1 Channel not specified" },
	{ "static, 1.6", "protocol static { route 10.0.0.0/8 blackhole; }", NULL },
	{ "static of the wrong family",
	    "protocol static { ipv4;\nroute 2001:db8::/32 blackhole;\n}",
	    "3:1 Route 2001:db8::/32 incompatible with channel type" },
	{ "route without destination", "protocol static { ipv4;\nroute 10.0.0.0/8; }",
	    "2:17 Unexpected or missing nexthop/type" },
	{ "weight", "protocol static { ipv4;\nroute 10.0.0.0/8 via 10.1.1.1 weight 0; }",
	    "2:38 Weight must be in range 1-256" },
	{ "pipe without peer", "protocol pipe { table master4;\n}",
	    "2:1 Secondary routing table not specified" },
	{ "wrong switch", PEER "\npassive maybe; }",
	    "2:9 syntax error, unexpected 'maybe', expecting on or off or ';'" },
	{ "protocol in a protocol", "protocol bgp a {\nprotocol bgp b { }",
	    "2:1 syntax error, unexpected 'protocol'; the '{' at t:1:16 is not closed" },
};

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct load_result r = model_load_text("t", row->text, strlen(row->text));
	char text[512] = "";
	unsigned i;

	for (i = 0; i < r.message_n && !*text; i++)
		if (!r.message[i].warning)
			snprintf(text, sizeof(text), "%u:%u %s", r.message[i].line,
			    r.message[i].col, r.message[i].text);
	assert_string_equal(text, row->want ? row->want : "");
	assert_int_equal(!r.model, row->want != NULL);
	model_unref(r.model);
	arena_free(r.arena);
}

static const struct model *
load(const char *text)
{
	struct load_result r = model_load_text("t", text, strlen(text));

	arena_free(r.arena);
	assert_non_null(r.model);
	return r.model;
}

static void
test_inherit(void **state)
{
	const struct model *m = load(
	    "template bgp t { local 10.0.0.1 as 65000; rr client; hold time 90;\n"
	    "  ipv4 { import all; export none; }; ipv6 { import none; export all; }; }\n"
	    "template bgp u from t { hold time 60; rr cluster id 1.2.3.4; }\n"
	    "protocol bgp a from u { neighbor 10.0.0.2 as 65000; ipv4 { export all; }; "
	    "}\n"
	    "protocol bgp from t { neighbor 10.0.0.3 as 65000; }\n");
	const struct proto_conf *a = model_proto(m, "a"), *b = model_proto(m, "bgp1");

	(void)state;
	assert_int_equal(m->proto_n, 2);
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(a->bgp.hold_time, 60);
	assert_int_equal(b->bgp.hold_time, 90);
	assert_int_equal(a->bgp.rr_cluster_id, 0x01020304);
	assert_int_equal(b->bgp.rr_cluster_id, 0);
	assert_int_equal(a->channel_n, 2);
	assert_true(filter_is_accept(proto_channel(a, FAM_IP4)->export));
	assert_true(filter_is_accept(proto_channel(a, FAM_IP4)->import));
	assert_true(filter_is_reject(proto_channel(b, FAM_IP4)->export));
	assert_int_equal(proto_channel(b, FAM_IP4)->next_hop_keep, ONLY_IBGP);
	model_unref(m);
}

static void
test_old(void **state)
{
	const struct model *m = load(
	    "router id 10.0.0.1; table t;\n"
	    "protocol bgp a { local as 1; neighbor 10.0.0.2 as 2; table t; next hop "
	    "self;\n"
	    "  import limit 10; preference 99; }\n"
	    "protocol bgp b { local as 1; neighbor 2001:db8::2 as 2; table t; }\n"
	    "protocol bgp c { local as 1; neighbor 2001:db8::3 as 1; export all; table "
	    "master; }\n");
	const struct channel_conf *a = proto_channel(model_proto(m, "a"), FAM_IP4);
	const struct channel_conf *b = proto_channel(model_proto(m, "b"), FAM_IP6);
	const struct channel_conf *c = proto_channel(model_proto(m, "c"), FAM_IP6);

	(void)state;
	assert_int_equal(m->dialect, DIALECT_1);
	assert_string_equal(m->time_format[TF_BASE].recent, "%F %T");
	assert_string_equal(a->table->name, "t");
	assert_int_equal(a->next_hop_self, ONLY_BOTH);
	assert_int_equal(a->import_limit, 10);
	assert_int_equal(a->preference, 99);
	assert_true(filter_is_accept(a->import));
	assert_true(filter_is_reject(a->export));
	assert_int_equal(b->table->type, NET_IP6);
	assert_string_not_equal(b->table->name, "t");
	assert_string_equal(c->table->name, "master6");
	assert_true(filter_is_accept(c->export));
	model_unref(m);
}

static void
test_global(void **state)
{
	const struct model *m = load(
	    "router id 192.0.2.1; hostname \"rr\"; threads 4; shards 2; graceful restart "
	    "wait 30;\n"
	    "log \"/x\" 20000 \"/y\" { info, error }; log syslog name \"b\" all;\n"
	    "timeformat route iso long us; timeformat log \"%T\" 60 \"%F\";\n"
	    "ipv4 table extra; roa4 table r; debug protocols { states, events };\n"
	    "protocol device { } protocol static s { ipv4 { table extra; };\n"
	    "  route 10.0.0.0/8 via 10.1.1.1 { bgp_med = 5; }; route 10.1.0.0/16 "
	    "recursive 1.1.1.1;\n"
	    "  route 0.0.0.0/0 via \"eth0\"; }\n");
	const struct proto_conf *s = model_proto(m, "s");

	(void)state;
	assert_int_equal(m->router_id, 0xc0000201);
	assert_string_equal(m->hostname, "rr");
	assert_int_equal(m->threads, 4);
	assert_int_equal(m->shards, 2);
	assert_int_equal(m->graceful_wait_s, 30);
	assert_int_equal(m->log_n, 2);
	assert_int_equal(m->log[0].limit, 20000);
	assert_int_equal(m->log[0].mask, 1 << LOG_C_INFO | 1 << LOG_C_ERROR);
	assert_int_equal(m->log[1].kind, LOG_TO_SYSLOG);
	assert_string_equal(m->time_format[TF_ROUTE].recent, "%F %T.%6f");
	assert_int_equal(m->time_format[TF_LOG].limit_s, 60);
	assert_int_equal(m->table_n, 4);
	assert_string_equal(m->table[2]->name, "extra");
	assert_int_equal(m->table[2]->index, 2);
	assert_int_equal(s->route_n, 3);
	assert_non_null(s->route[0].to->body);
	assert_true(s->route[1].to->recursive);
	assert_string_equal(s->route[2].to->hop[0].hop.ifname, "eth0");
	assert_int_equal(s->channel[0].preference, 200);
	assert_int_equal(s->debug, 1 << 0 | 1 << 4);
	model_unref(m);
}

/* On where there is a link to look at, but not in 1.6. */
static void
test_check_link(void **state)
{
	static const struct {
		const char *text;
		bool on;
	} cases[] = {
		{ "neighbor 10.1.1.1 as 2; " V4, true },
		{ "neighbor 10.1.1.1 as 2; " V4 "check link off;", false },
		{ "neighbor 10.1.1.1 as 2; " V4 "multihop;", false },
		{ "neighbor 10.1.1.1 as 1; " V4, false },
		{ "neighbor 10.1.1.1 as 1; " V4 "direct;", true },
		{ "neighbor 10.1.1.1 as 2; import all;", false },
		{ "neighbor 10.1.1.1 as 2; import all; check link;", true },
	};
	char text[256];

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct model *m;
		bool old = !strstr(cases[i].text, "ipv4");

		snprintf(text, sizeof(text),
		    "router id 1.1.1.1; %s protocol device { }\n"
		    "protocol bgp b { local as 1; %s }\n",
		    old ? "table extra;" : "", cases[i].text);
		m = load(text);
		if (model_proto(m, "b")->bgp.check_link != cases[i].on)
			fail_msg("%s", cases[i].text);
		model_unref(m);
	}
}

/* All that a static route says of its next hops. */
static void
test_static_hops(void **state)
{
	const struct model *m = load(
	    "ipv4 table g; protocol device { }\n"
	    "protocol static s { ipv4; check link; igp table g;\n"
	    "  route 10.0.0.0/8 via 10.1.1.1 weight 3 via \"eth1\" onlink mpls 1/2/3;\n"
	    "  route 11.0.0.0/8 recursive 10.2.2.2 mpls 16; }\n");
	const struct proto_conf *s = model_proto(m, "s");
	const struct static_hop *h = s->route[0].to->hop;

	(void)state;
	assert_true(s->statics.check_link);
	assert_string_equal(s->statics.igp4->name, "g");
	assert_null(s->statics.igp6);
	assert_int_equal(s->route[0].to->hop_n, 2);
	assert_int_equal(h[0].hop.weight, 3);
	assert_false(h[0].hop.onlink);
	assert_true(h[1].hop.onlink);
	assert_string_equal(h[1].hop.ifname, "eth1");
	assert_int_equal(h[1].hop.weight, 1);
	assert_int_equal(h[1].hop.label_n, 3);
	assert_int_equal(h[1].hop.label[2], 3);
	assert_true(s->route[1].to->recursive);
	assert_int_equal(s->route[1].to->hop[0].hop.label[0], 16);
	assert_false(static_route_same(&s->route[0], &s->route[1]));
	assert_true(static_route_same(&s->route[0], &s->route[0]));
	model_unref(m);
}

/* What a dump says is what was read. */
static void
test_dump(void **state)
{
	const struct model *m = load(
	    "router id 192.0.2.1; log stderr all;\n"
	    "protocol bgp a { local 10.0.0.1 port 1790 as 1; neighbor 10.0.0.2 as 1; rr "
	    "client;\n"
	    "  hold time 90; passive; multihop 5; allow local as; error wait time 5, "
	    "30;\n"
	    "  ipv4 { import all; export none; next hop self ebgp; add paths tx; }; }\n"
	    "protocol static s { ipv6; route 2001:db8::/32 unreachable; }\n");
	struct load_result again;
	struct plan *plan;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	model_dump(m, f);
	fclose(f);
	again = model_load_text("t", text, len);
	assert_non_null(again.model);
	plan = plan_make(m, again.model);
	assert_int_equal(plan->step_n, 0);
	assert_false(plan->global_changed);
	plan_free(plan);
	model_unref(m);
	model_unref(again.model);
	arena_free(again.arena);
	free(text);
}

static void
on_error(void *ctx, const struct place *at, const char *text)
{
	(void)at;
	(void)text;
	++*(unsigned *)ctx;
}

/* Names of a model are known to texts read later, which leave nothing in it. */
static void
test_names(void **state)
{
	const struct model *m = load("define X = 5; function f(int a) { return a + X; }\n"
				     "filter g { if f(1) = 6 then accept; reject; }\n"
				     "protocol device { }\n");
	size_t size = model_size(m);
	struct arena *arena = arena_new();
	unsigned errors = 0;
	struct source *source = source_new(arena, on_error, &errors);
	struct scope *scope = scope_inside(model_scope(m), arena, on_error, &errors);
	const struct ast *sum = parse_expr(source, "t", "f(X) + X", 8);
	struct filter *f = scope_filter(scope, "g");

	(void)state;
	assert_string_equal(scope_eval_print(scope, sum, arena), "15");
	assert_string_equal(filter_name(f), "g");
	filter_unref(f);
	assert_null(scope_filter(scope, "X"));
	assert_int_equal(errors, 0);
	assert_null(scope_eval_print(scope, parse_expr(source, "t", "y", 1), arena));
	assert_int_equal(errors, 1);
	scope_free(scope);
	arena_free(arena);
	assert_int_equal(model_size(m), size);
	model_unref(m);
}

static const struct option_row {
	const char *words;
	bool done;
} option_rows[] = {
#define DONE	 true
#define NOEFFECT false
#define X(field, type, dflt, lo, hi, change, words, effect) { words, effect },
	BGP_OPTIONS(X) CHANNEL_OPTIONS(X)
#undef X
};

/* The list of what is accepted without effect is that of the option table. */
static void
test_options_documented(void **state)
{
	const char *srcdir = getenv("srcdir");
	char path[512], item[128], *text = NULL;
	size_t room = 0, i;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/doc/compatibility.md", srcdir ? srcdir : ".");
	f = fopen(path, "r");
	assert_non_null(f);
	assert_true(getdelim(&text, &room, 0, f) > 0);
	fclose(f);
	for (i = 0; i < sizeof(option_rows) / sizeof(*option_rows); i++) {
		snprintf(item, sizeof(item), "\n- `%s`\n", option_rows[i].words);
		if ((strstr(text, item) == NULL) != option_rows[i].done)
			fail_msg("doc/compatibility.md: %s `%s`",
			    option_rows[i].done ? "has" : "lacks", option_rows[i].words);
	}
	free(text);
}

static void
test_router_id_from(void **state)
{
	static const struct {
		const char *name, *address;
		bool want;
	} ifaces[] = {
		{ "eth0", "10.1.2.3", true },
		{ "eth0", "172.16.0.1", false },
		{ "eth9", "10.1.2.3", false },
		{ "lo", "192.168.5.1", false },
		{ "br0", "192.168.5.1", true },
		{ "br0", "192.0.2.1", false },
		{ "br0", "192.0.2.7", true },
	};
	static const char text[] =
	    "router id from -\"lo\", -\"eth9\", \"eth*\" 10.0.0.0/8, "
	    "192.168.0.0/16, 192.0.2.7; protocol device { }";
	struct load_result r = model_load_text("t", text, sizeof(text) - 1);
	struct net host;
	struct ip ip;
	size_t i;

	(void)state;
	assert_non_null(r.model);
	for (i = 0; i < sizeof(ifaces) / sizeof(*ifaces); i++) {
		assert_true(ip_parse(ifaces[i].address, &ip));
		host = net_from_ip(&ip, 32);
		if (iface_patterns_match(r.model->id_from, r.model->id_from_n,
			ifaces[i].name, &host) != ifaces[i].want)
			fail_msg("%s %s", ifaces[i].name, ifaces[i].address);
	}
	model_unref(r.model);
	arena_free(r.arena);
}

/* More log destinations than can be open are refused, of whatever kind they are. */
static void
test_many_logs(void **state)
{
	static const char *const lines[] = { "log \"/tmp/x\" all;",
		"log udp 10.0.0.1 all;" };

	(void)state;
	for (unsigned k = 0; k < 2; k++)
		for (unsigned n = LOG_DESTS_MAX - 1; n <= LOG_DESTS_MAX; n++) {
			char text[LOG_DESTS_MAX * 32] =
			    "router id 1.1.1.1; protocol device { }";
			struct load_result r;

			for (unsigned i = 0; i < n; i++)
				strcat(text, lines[k]);
			r = model_load_text("t", text, strlen(text));
			assert_int_equal(r.model != NULL, n < LOG_DESTS_MAX);
			if (!r.model)
				assert_string_equal(r.message[0].text,
				    "Too many log destinations, at most 63");
			model_unref(r.model);
			arena_free(r.arena);
		}
}

/* Two filters without a name, one behind the other: one code only where both say the same. */
static const struct filters {
	const char *one, *between, *two;
	bool same;
} filters[] = {
	{ "where bgp_med = 1", "", "where bgp_med=1", true },
	{ "where bgp_med = 1", "", "where bgp_med = 2", false },
	{ "where bgp_med = 1", "", "where bgp_med < 1", false },
	{ "where bgp_med = 1", "", "filter { bgp_med = 1; accept; }", false },
	{ "where net ~ [10.0.0.0/8]", "", "where net ~ [10.0.0.0/8]", true },
	{ "where net ~ [10.0.0.0/8]", "", "where net ~ [10.0.0.0/8+]", false },
	{ "where net ~ [10.0.0.0/8, 11.0.0.0/8]", "", "where net ~ [10.0.0.0/8]", false },
	{ "where bgp_path ~ [= 1 2 =]", "", "where bgp_path ~ [= 1 * 2 =]", false },
	{ "where proto = \"a\"", "", "where proto = \"b\"", false },
	{ "where from = 10.0.0.1", "", "where from = 10.0.0.2", false },
	{ "where from = 10.0.0.1", "define x = 1;", "where from = 10.0.0.1", true },
	{ "where (1, 2) ~ bgp_community", "", "where (2, 1) ~ bgp_community", false },
	{ "filter { if net.len = 8 then accept; else reject; }", "",
	    "filter { if net.len = 8 then reject; else accept; }", false },
	{ "where net.len = 8", "define net_len = 9;", "where net_len = 8", false },
};

static void
test_filters_once(void **state)
{
	struct load_wish wish = { .forget = true };
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		const struct filters *f = &filters[i];
		int len = snprintf(text, sizeof(text),
		    "router id 1.1.1.1;\nprotocol static a { ipv4 { import %s; }; }\n"
		    "%s\nprotocol static b { ipv4 { import %s; }; }\n",
		    f->one, f->between, f->two);
		struct load_result r = model_load_text_as("t", text, (size_t)len, wish);

		assert_non_null(r.model);
		assert_int_equal(model_proto(r.model, "a")->channel[0].import ==
				     model_proto(r.model, "b")->channel[0].import,
		    f->same);
		model_unref(r.model);
		arena_free(r.arena);
	}
}

int
main(void)
{
	int failed;

	ADD_ROWS(rows, name, test_row);
	failed = tests_run("messages");
	ADD_TEST(test_router_id_from);
	ADD_TEST(test_many_logs);
	ADD_TEST(test_options_documented);
	ADD_TEST(test_names);
	ADD_TEST(test_inherit);
	ADD_TEST(test_old);
	ADD_TEST(test_global);
	ADD_TEST(test_check_link);
	ADD_TEST(test_static_hops);
	ADD_TEST(test_dump);
	ADD_TEST(test_filters_once);
	return failed + tests_run("model");
}
