/*
 * The filter machine: filters run on one route (filterroute.h), mostly judged by the language
 * itself.
 */
#include "bytes.h"
#include "filterroute.h"
#include "filtertext.h"
#include "bgp/hops.h"
#include "filter/links.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* No text after the result: what stands in the filter has been checked by itself. */
static const struct run_row {
	const char *name, *text;
	enum filter_result want;
	const char *log; /* in the line logged */
} run_rows[] = {
	{ "run: accept", "accept;", FILTER_ACCEPT, NULL },
	{ "run: reject", "reject;", FILTER_REJECT, NULL },
	{ "run: aspa_check of no ASPA table",
	    "if aspa_check(r4, +empty+, true) = ASPA_UNKNOWN && "
	    "aspa_check(r4, prepend(+empty+, 1), false) = ASPA_UNKNOWN then accept; "
	    "reject;",
	    FILTER_ACCEPT, NULL },
	{ "run: falls off", "print 1;", FILTER_ERROR,
	    "did not return accept nor reject. Make up your mind" },
	{ "run: message", "accept \"seen \", net;", FILTER_ACCEPT, "seen 10.1.0.0/16" },
	{ "run: reject with message", "reject \"no \", proto;", FILTER_REJECT,
	    "no peer1" },
	{ "run: error statement", "error \"bad\";", FILTER_ERROR,
	    "bad\nfilters, line 1: Ended by an error statement" },
	{ "run: print", "print \"a \", 1, (2,3); accept;", FILTER_ACCEPT, "a 1(2,3)" },
	{ "run: printn", "printn \"a\"; print \"b\"; accept;", FILTER_ACCEPT, "ab" },
	{ "run: else", "if false then accept; else reject;", FILTER_REJECT, NULL },
	{ "run: dangling else", "if true then if false then accept; else reject; accept;",
	    FILTER_REJECT, NULL },
	{ "run: blocks", "{ { if true then { accept; } } } reject;", FILTER_ACCEPT,
	    NULL },
	{ "run: short and", "if defined(bgp_med) && bgp_med + 1 > 0 then reject; accept;",
	    FILTER_ACCEPT, NULL },
	{ "run: short or", "if true || bgp_med + 1 > 0 then accept; reject;",
	    FILTER_ACCEPT, NULL },

	{ "net: set", "if net ~ [10.0.0.0/8+] then accept; reject;", FILTER_ACCEPT,
	    NULL },
	{ "net: exact", "if net ~ [10.0.0.0/8] then accept; reject;", FILTER_REJECT,
	    NULL },
	{ "net: prefix", "if net ~ 10.0.0.0/8 then accept; reject;", FILTER_ACCEPT,
	    NULL },
	{ "net: length", "if net.len = 16 && net.ip = 10.1.0.0 then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "net: type", "if net.type = NET_IP4 then accept; reject;", FILTER_ACCEPT,
	    NULL },
	{ "source",
	    "if source = RTS_BGP && proto = \"peer1\" && from = 198.51.100.7 then "
	    "accept; "
	    "reject;",
	    FILTER_ACCEPT, NULL },
	{ "source: from written",
	    "from = 192.0.2.77; if from = 192.0.2.77 then accept; reject;", FILTER_ACCEPT,
	    NULL },
	{ "source: set", "if source ~ [RTS_STATIC, RTS_BGP] then accept; reject;",
	    FILTER_ACCEPT, NULL },

	{ "path: mask with a set",
	    "if bgp_path ~ [= 65001 65002 70000 8 =] then accept; reject;", FILTER_ACCEPT,
	    NULL },
	{ "path: mask of a variable",
	    "int a = 65002; if bgp_path ~ [= ? a * =] then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "path: as set", "if bgp_path ~ [70000..70001] then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "path: length", "if bgp_path.len = 4 then accept; reject;", FILTER_ACCEPT,
	    NULL },
	{ "path: ends",
	    "if bgp_path.first = 65001 && bgp_path.last = 0 && "
	    "bgp_path.last_nonaggregated = 70000 then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "path: prepend",
	    "bgp_path.prepend(5); bgp_path.prepend(6); "
	    "if format(bgp_path) = \"(path 6 5 65001 65002 70000 {7 8})\" then accept; "
	    "reject;",
	    FILTER_ACCEPT, NULL },
	{ "path: old form",
	    "bgp_path = prepend(bgp_path, 9); if bgp_path.first = 9 then accept; "
	    "reject;",
	    FILTER_ACCEPT, NULL },
	{ "path: delete",
	    "bgp_path.delete([65000..65535]); "
	    "if format(bgp_path) = \"(path 70000 {7 8})\" then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "path: filter",
	    "bgp_path.filter([8, 65001]); "
	    "if format(bgp_path) = \"(path 65001 {8})\" then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "path: empty",
	    "bgp_path.empty; if bgp_path.len = 0 && !defined(bgp_path) then accept; "
	    "reject;",
	    FILTER_ACCEPT, NULL },

	{ "community: has", "if (65001,2) ~ bgp_community then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "community: in a set", "if bgp_community ~ [(65001,2..9)] then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "community: not in a set", "if bgp_community !~ [(*,7)] then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "community: add",
	    "bgp_community.add((7,7)); if bgp_community.len = 4 && "
	    "(7,7) ~ bgp_community then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "community: add twice",
	    "bgp_community.add((7,7)); bgp_community.add((7,7)); "
	    "if bgp_community.len = 4 then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "community: old form",
	    "bgp_community = add(bgp_community, (7,7)); "
	    "bgp_community = delete(bgp_community, (65001,1)); "
	    "if format(bgp_community) = "
	    "\"(clist (65001,2) (65535,65281) (7,7))\" then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "community: delete set",
	    "bgp_community.delete([(65001,*)]); "
	    "if bgp_community.len = 1 then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "community: filter",
	    "bgp_community.filter([(65001,*)]); "
	    "if bgp_community.len = 2 then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "community: unset",
	    "unset(bgp_community); if defined(bgp_community) then reject; accept;",
	    FILTER_ACCEPT, NULL },
	{ "community: empty list",
	    "bgp_community = -empty-; "
	    "if defined(bgp_community) || bgp_community.len > 0 then reject; "
	    "accept;",
	    FILTER_ACCEPT, NULL },
	{ "extended: has", "if (rt,65001,100) ~ bgp_ext_community then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "extended: set",
	    "bgp_ext_community.add((ro,1,2)); "
	    "if bgp_ext_community ~ [(ro,1,*)] && bgp_ext_community.len = 2 then accept; "
	    "reject;",
	    FILTER_ACCEPT, NULL },
	{ "large: has", "if (70000,1,2) ~ bgp_large_community then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "large: set",
	    "bgp_large_community.delete([(70000,1,*)]); "
	    "bgp_large_community.add((1,2,3)); "
	    "if format(bgp_large_community) = \"(lclist (1, 2, 3))\" then accept; "
	    "reject;",
	    FILTER_ACCEPT, NULL },
	{ "clusters",
	    "if 192.0.2.2 ~ bgp_cluster_list && bgp_cluster_list.len = 2 then accept; "
	    "reject;",
	    FILTER_ACCEPT, NULL },
	{ "originator",
	    "if bgp_originator_id = 10.0.0.1 && bgp_originator_id ~ [10.0.0.0..10.0.0.9] "
	    "then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "originator: set",
	    "bgp_originator_id = 10.0.0.2; "
	    "if bgp_originator_id = 10.0.0.2 then accept; reject;",
	    FILTER_ACCEPT, NULL },

	{ "number: set",
	    "bgp_local_pref = 200; bgp_med = bgp_local_pref * 2; "
	    "if bgp_local_pref = 200 && bgp_med = 400 then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "number: unset",
	    "unset(bgp_local_pref); if defined(bgp_local_pref) then reject; accept;",
	    FILTER_ACCEPT, NULL },
	{ "number: preference",
	    "preference = preference + 65536 + 5; "
	    "if preference = 105 then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "origin",
	    "if bgp_origin = ORIGIN_IGP then bgp_origin = ORIGIN_INCOMPLETE; "
	    "if bgp_origin = ORIGIN_INCOMPLETE then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "next hop",
	    "if bgp_next_hop = 192.0.2.9 then bgp_next_hop = from; "
	    "if bgp_next_hop = 198.51.100.7 then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "next hop: other family",
	    "bgp_next_hop = 2001:db8::1; "
	    "if bgp_next_hop.is_v4 then reject; accept;",
	    FILTER_ACCEPT, NULL },

	/* undefined values, as measured on BIRD 2.0.12 */
	{ "undefined: equal", "if bgp_med = 10 then reject; accept;", FILTER_ACCEPT,
	    NULL },
	{ "undefined: unequal", "if bgp_med != 10 then accept; reject;", FILTER_ACCEPT,
	    NULL },
	{ "undefined: both", "if bgp_med = bgp_otc then accept; reject;", FILTER_ACCEPT,
	    NULL },
	{ "undefined: less", "if bgp_med < 10 && bgp_med <= 10 then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "undefined: more", "if bgp_med > 10 || bgp_med >= 10 then reject; accept;",
	    FILTER_ACCEPT, NULL },
	{ "undefined: in a set", "if bgp_med ~ [1..10] then accept; reject;",
	    FILTER_ERROR, "filters, line 1: ~ applied on unknown type pair" },
	{ "undefined: added", "bgp_local_pref = bgp_med + 1; accept;", FILTER_ERROR,
	    "Argument 1 of ADD must be of type int, got type void" },
	{ "undefined: assigned", "bgp_local_pref = bgp_med; accept;", FILTER_ERROR,
	    "Argument 1 of EA_SET must be of type int, got type void" },
	{ "undefined: variable", "int a = bgp_med; accept;", FILTER_ERROR,
	    "Argument 1 of VAR_INIT must be of type int, got type void" },
	{ "undefined: case", "case bgp_med { 1: reject; else: accept; }", FILTER_ACCEPT,
	    NULL },
	{ "undefined: condition", "if krt_lock_mtu then accept; reject;", FILTER_ERROR,
	    "Argument 1 of CONDITION must be of type bool, got type void" },
	{ "undefined: defaults",
	    "if scope = SCOPE_UNIVERSE && dest = RTD_UNICAST && weight = 1 && "
	    "!defined(krt_prefsrc) && ifname = \"\" then accept; reject;",
	    FILTER_ACCEPT, NULL },

	{ "case: value",
	    "case bgp_local_pref { 50: reject; 99, 100: accept; else: reject; }",
	    FILTER_ACCEPT, NULL },
	{ "case: range", "case net.len { 0..15: reject; 16..24: accept; }", FILTER_ACCEPT,
	    NULL },
	{ "case: else", "case bgp_local_pref { 1: reject; else: accept; }", FILTER_ACCEPT,
	    NULL },
	{ "case: no match", "case bgp_local_pref { 1: reject; } accept;", FILTER_ACCEPT,
	    NULL },
	{ "case: ends",
	    "int a; a = 0; case 5 { 5: a = a + 1; 6: a = a + 2; } "
	    "if a = 1 then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "case: enum", "case source { RTS_STATIC: reject; RTS_BGP: accept; }",
	    FILTER_ACCEPT, NULL },

	{ "for: communities",
	    "int n = 0; for pair c in bgp_community do "
	    "if c ~ [(65001,*)] then n = n + c.data; "
	    "if n = 3 then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "for: path",
	    "int n = 0; for int a in bgp_path do { n = n + 1; if a = 8 then bgp_med = n; "
	    "} "
	    "if n = 5 && bgp_med = 5 then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "for: nested",
	    "int n = 0; for pair a in bgp_community do for pair b in bgp_community do "
	    "{ int x = 1; n = n + x; } if n = 9 then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "for: leaves", "for pair c in bgp_community do accept; reject;", FILTER_ACCEPT,
	    NULL },
	{ "for: large",
	    "for lc l in bgp_large_community do if l = (70000,1,2) then accept; reject;",
	    FILTER_ACCEPT, NULL },

	{ "function: result", "if five() + add2(3, 4) = 12 then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "function: as statement",
	    "lower(50); if bgp_local_pref = 50 then accept; reject;", FILTER_ACCEPT,
	    NULL },
	{ "function: ends the filter", "ender(); reject;", FILTER_ACCEPT, NULL },
	{ "function: from a loop",
	    "if has(bgp_community, (65001,2)) then accept; reject;", FILTER_ACCEPT,
	    NULL },
	{ "function: set argument", "if among([1, 100]) then accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "function: prefix set argument",
	    "if within([10.0.0.0/8+]) && !within([]) then accept; "
	    "reject;",
	    FILTER_ACCEPT, NULL },
	{ "function: mask of arguments",
	    "if over(65002) && !over(65003) then accept; reject;", FILTER_ACCEPT, NULL },
	{ "function: itself", "if sum(20) = 210 then accept; reject;", FILTER_ACCEPT,
	    NULL },
	{ "function: without end", "int x = forever(bgp_local_pref); accept;",
	    FILTER_ERROR, "stack overflow" },
	{ "bounds: time", "long(bgp_community, 0); accept;", FILTER_ERROR,
	    "Filter runs too long" },
	{ "bounds: memory", "grow(30); accept;", FILTER_ERROR, NULL },
	{ "variables: shadowed",
	    "int x = 1; { int x = 2; } if x = 1 then accept; reject;", FILTER_ACCEPT,
	    NULL },
	{ "variables: lists start empty",
	    "clist l; l.add((1,2)); if l.len = 1 then accept; reject;", FILTER_ACCEPT,
	    NULL },
	{ "custom attribute",
	    "if defined(mine) then reject; mine = 5; "
	    "if mine = 5 then unset(mine); if defined(mine) then reject; accept;",
	    FILTER_ACCEPT, NULL },
	{ "roa_check",
	    "if roa_check(r4) = ROA_UNKNOWN && roa_check(r4, net, 5) != ROA_VALID then "
	    "accept; reject;",
	    FILTER_ACCEPT, NULL },
	{ "division by zero", "int z = 0; bgp_med = 1 / z; accept;", FILTER_ERROR,
	    "filters, line 1: Mother told me not to divide by 0 (filter (unnamed), "
	    "test:1, "
	    "10.1.0.0/16)" },
};

static const char definitions[] =
    "function five() { return 5; }\n"
    "function add2(int a; int b) { int c = a; return c + b; }\n"
    "function lower(int p) { bgp_local_pref = p; }\n"
    "function ender() { accept; }\n"
    "function has(clist l; pair p) { for pair c in l do if c = p then return true; "
    "return false; }\n"
    "function among(int set s) { return bgp_local_pref ~ s; }\n"
    "function within(prefix set s) { return net ~ s; }\n"
    "function over(int a) { return bgp_path ~ [= * a * =]; }\n"
    "function sum(int n) -> int { if n = 0 then return 0; return n + sum(n - 1); }\n"
    "function forever(int n) -> int { return forever(n + 1); }\n"
    "function long(clist l; int d) { if d > 60 then return false;\n"
    "  for pair p in l do long(l, d + 1); return true; }\n"
    "function grow(int n) { string s = \"0123456789\";\n"
    "  for pair a in bgp_community do for pair b in bgp_community do for pair c in "
    "bgp_community do\n"
    "    s = s ++ s; return s; }\n";

static const struct ast_def mine = {
	.kind = DEF_ATTRIBUTE, .name = "mine", .type = "int"
};

static void
route_test(void **state)
{
	const struct run_row *r = *state;
	struct filtertext *t = filtertext_new();
	struct route_source source;
	struct draft d;
	struct net net;
	struct filter *f;
	char text[2048];
	bool changed;

	assert_true(scope_define(t->scope, &mine));
	assert_true(filtertext_define(t, definitions));
	snprintf(text, sizeof(text), "filter { %s }", r->text);
	f = filtertext_filter(t, text);
	assert_string_equal(t->errors, "");
	assert_non_null(f);
	route_init(&d, t->arena, &net, &source);
	logged_begin();
	assert_int_equal(filter_run(f, &net, &d, &source, &changed), r->want);
	logged_end();
	if (r->log)
		assert_non_null(strstr(logged, r->log));
	filter_unref(f);
	filtertext_free(t);
}

/* What the draft holds afterwards, and whether it counts as changed. */
static const struct change_row {
	const char *name, *text;
	bool changed;
	uint8_t code;
	const char *hex; /* NULL: absent */
} change_rows[] = {
	{ "change: none", "if bgp_med > 5 then reject; accept;", false, ATTR_LOCAL_PREF,
	    "00000064" },
	{ "change: same value", "bgp_local_pref = 100; accept;", false, ATTR_LOCAL_PREF,
	    "00000064" },
	{ "change: number", "bgp_local_pref = 200; accept;", true, ATTR_LOCAL_PREF,
	    "000000c8" },
	{ "change: new number", "bgp_med = 5; accept;", true, ATTR_MED, "00000005" },
	{ "change: gone", "unset(bgp_local_pref); accept;", true, ATTR_LOCAL_PREF, NULL },
	{ "change: origin", "bgp_origin = ORIGIN_EGP; accept;", true, ATTR_ORIGIN, "01" },
	{ "change: community", "bgp_community.add((1,2)); accept;", true, ATTR_COMMUNITY,
	    "fde90001fde90002ffffff0100010002" },
	{ "change: known community", "bgp_community.add((65001,1)); accept;", false,
	    ATTR_COMMUNITY, "fde90001fde90002ffffff01" },
	{ "change: no community left", "bgp_community.delete([(*,*)]); accept;", true,
	    ATTR_COMMUNITY, NULL },
	{ "change: communities of a constant", "bgp_community = C; accept;", true,
	    ATTR_COMMUNITY, "00010002" },
	{ "change: extended", "bgp_ext_community.add((rt,70000,3)); accept;", true,
	    ATTR_EXT_COMMUNITY, "0002fde9000000640202000111700003" },
	{ "change: large", "bgp_large_community = add(---empty---, (1,2,3)); accept;",
	    true, ATTR_LARGE_COMMUNITY, "000000010000000200000003" },
	{ "change: path", "bgp_path.prepend(1); accept;", true, ATTR_AS_PATH,
	    "0204000000010000fde90000fdea0001117001020000000700000008" },
	{ "change: empty path", "bgp_path = +empty+; accept;", true, ATTR_AS_PATH, "" },
};

/* What filters keep in a route outlives the configuration that named it: codes go by name
 * and type, not by order. */
static void
keeps_own(void **state)
{
	static const char write[] = "filter { mine = 5; words = \"abc\"; krt_prefsrc = "
				    "1.2.3.4; other.add((1,2)); accept; }";
	static const char read[] =
	    "filter { if mine = 5 && words = \"abc\" && krt_prefsrc = 1.2.3.4 && "
	    "!defined(krt_metric) && other = add(-empty-, (1,2)) then accept; reject; }";
	static const struct ast_def defs[] = {
		{ .kind = DEF_ATTRIBUTE, .name = "mine", .type = "int" },
		{ .kind = DEF_ATTRIBUTE, .name = "words", .type = "string" },
		{ .kind = DEF_ATTRIBUTE, .name = "other", .type = "clist" },
	};
	static const struct ast_def retyped = {
		.kind = DEF_ATTRIBUTE, .name = "mine", .type = "ip"
	};
	struct filtertext *t = filtertext_new();
	struct store *store = store_new();
	struct route_source source;
	struct attrs *a;
	struct draft d;
	struct net net;
	struct filter *f;
	bool changed;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(scope_define(t->scope, &defs[i]));
	f = filtertext_filter(t, write);
	assert_non_null(f);
	route_init(&d, t->arena, &net, &source);
	assert_int_equal(filter_run(f, &net, &d, &source, &changed), FILTER_ACCEPT);
	assert_true(changed);
	a = store_intern(store, &d);
	filter_unref(f);
	filtertext_free(t);

	t = filtertext_new();
	for (int i = 2; i >= 0; i--)
		assert_true(scope_define(t->scope, &defs[i]));
	f = filtertext_filter(t, read);
	assert_non_null(f);
	draft_from(&d, t->arena, a);
	assert_int_equal(filter_run(f, &net, &d, &source, &changed), FILTER_ACCEPT);
	assert_false(changed);
	filter_unref(f);
	filtertext_free(t);

	t = filtertext_new();
	assert_true(scope_define(t->scope, &retyped));
	f = filtertext_filter(t, "filter { if defined(mine) then reject; accept; }");
	draft_from(&d, t->arena, a);
	assert_int_equal(filter_run(f, &net, &d, &source, &changed), FILTER_ACCEPT);
	filter_unref(f);
	filtertext_free(t);
	attrs_unref(store, a, 1);
	store_free(store);
}

static void
change_test(void **state)
{
	const struct change_row *r = *state;
	struct filtertext *t = filtertext_new();
	struct route_source source;
	const struct attr *a;
	struct draft d;
	struct net net;
	struct filter *f;
	char text[512], hex[512];
	bool changed;

	filtertext_define(t, "define C = add(-empty-, (1,2));");
	snprintf(text, sizeof(text), "filter { %s }", r->text);
	f = filtertext_filter(t, text);
	assert_non_null(f);
	route_init(&d, t->arena, &net, &source);
	assert_int_equal(filter_run(f, &net, &d, &source, &changed), FILTER_ACCEPT);
	filter_unref(f); /* the draft must not need it any more */
	assert_int_equal(changed, r->changed);
	a = draft_find(&d, r->code);
	assert_int_equal(a != NULL, r->hex != NULL);
	if (a) {
		assert_string_equal(hex_write(a->data, a->len, hex), r->hex);
	}
	filtertext_free(t);
}

/* attribute bgp 200 bytestring tail: what peers sent is read, what is written is sent. */
static void
names_wire(void **state)
{
	static const struct ast_def def = {
		.kind = DEF_ATTRIBUTE, .name = "tail", .type = "bytestring", .code = 200
	};
	struct filtertext *t = filtertext_new();
	struct route_source source;
	const struct attr *a;
	struct draft d;
	struct net net;
	struct filter *f;
	bool changed;

	(void)state;
	assert_true(scope_define(t->scope, &def));
	f = filtertext_filter(t,
	    "filter { if defined(tail) then { tail = tail ++ hex:09; accept; } "
	    "tail = hex:01:02; accept; }");
	assert_non_null(f);
	route_init(&d, t->arena, &net, &source);
	for (unsigned len = 2; len <= 3; len++) {
		assert_int_equal(
		    filter_run(f, &net, &d, &source, &changed), FILTER_ACCEPT);
		a = draft_find(&d, 200);
		assert_non_null(a);
		assert_int_equal(a->flags, AF_OPTIONAL | AF_TRANSITIVE);
		assert_int_equal(a->len, len);
		assert_memory_equal(a->data, "\x01\x02\x09", len);
	}
	filter_unref(f);
	filtertext_free(t);
}

/* One line says what, in which filter, where and for which route. */
static void
error_says(void **state)
{
	struct filtertext *t = filtertext_new();
	struct route_source source;
	struct draft d;
	struct net net;
	struct filter *f;
	bool changed;

	(void)state;
	assert_true(
	    filtertext_define(t, "function g(int a) -> int\n{\n  return 5 / a;\n}\n"
				 "filter policy\n{\n  print 1;\n  if g(0) = 1 then\n"
				 "    accept;\n  reject;\n}"));
	f = scope_filter(t->scope, "policy");
	route_init(&d, t->arena, &net, &source);
	logged_begin();
	assert_int_equal(filter_run(f, &net, &d, &source, &changed), FILTER_ERROR);
	logged_end();
	assert_string_equal(logged,
	    "1\nfilters, line 3: Mother told me not to divide by 0 (filter policy, "
	    "test:3, 10.1.0.0/16)\n");
	filter_unref(f);
	filtertext_free(t);
}

/*
 * Gateways and interfaces, where links are known: eth0 with 10.9.0.0/24 and its own link-local
 * addresses, and eth1 without any.
 */
static bool
fake_neighbor(const struct filter_links *l, const struct ip *ip, char ifname[HOP_IFNAME])
{
	(void)l;
	if (ip->b[0] == 0xfe)
		return strcmp(ifname, "eth0") == 0;
	if (!ip_is4(ip) || ip_to4(ip) >> 8 != 0x0a0900)
		return false;
	strcpy(ifname, "eth0");
	return true;
}

static bool
fake_has(const struct filter_links *l, const char *name)
{
	(void)l;
	return strcmp(name, "eth0") == 0 || strcmp(name, "eth1") == 0;
}

static const struct filter_links fake_links = {
	.serial = 1, .neighbor = fake_neighbor, .has = fake_has
};

static const struct gate_row {
	const char *name, *text;
	int source;
	enum filter_result want;
	const char *via, *ifname, *next_hop; /* where it then leads */
	const char *log;
} gate_rows[] = {
	{ "gw: of a static route", "gw = 10.9.0.5;", ROUTE_SOURCE_STATIC, FILTER_ACCEPT,
	    "10.9.0.5", "eth0", "10.9.0.5", "" },
	{ "gw: of a route of BGP", "gw = 10.9.0.5;", ROUTE_SOURCE_BGP, FILTER_ACCEPT,
	    "10.9.0.5", "eth0", "192.0.2.1", "" },
	{ "gw: makes the route lead somewhere",
	    "dest = RTD_BLACKHOLE; gw = 10.9.0.5; "
	    "if dest != RTD_UNICAST then reject;",
	    ROUTE_SOURCE_BGP, FILTER_ACCEPT, "10.9.0.5", "eth0", "192.0.2.1", "" },
	{ "gw: is read again",
	    "gw = 10.9.0.5; if gw != 10.9.0.5 || ifname != \"eth0\" then "
	    "reject;",
	    ROUTE_SOURCE_BGP, FILTER_ACCEPT, "10.9.0.5", "eth0", "192.0.2.1", "" },
	{ "gw: on no link", "gw = 203.0.113.1;", ROUTE_SOURCE_BGP, FILTER_ERROR, NULL,
	    NULL, NULL, "Invalid gw address" },
	{ "gw: link-local, no interface is known", "gw = fe80::2;", ROUTE_SOURCE_BGP,
	    FILTER_ERROR, NULL, NULL, NULL, "Invalid gw address" },
	{ "gw: link-local, on the interface it had", "ifname = \"eth0\"; gw = fe80::2;",
	    ROUTE_SOURCE_BGP, FILTER_ACCEPT, "fe80::2", "eth0", "192.0.2.1", "" },
	{ "gw: link-local, on another one", "ifname = \"eth1\"; gw = fe80::2;",
	    ROUTE_SOURCE_BGP, FILTER_ERROR, NULL, NULL, NULL, "Invalid gw address" },
	{ "ifname: known",
	    "ifname = \"eth1\"; if ifname != \"eth1\" || gw != :: then reject;",
	    ROUTE_SOURCE_STATIC, FILTER_ACCEPT, "::", "eth1", NULL, "" },
	{ "ifname: unknown", "ifname = \"eth2\";", ROUTE_SOURCE_STATIC, FILTER_ERROR,
	    NULL, NULL, NULL, "Invalid iface name" },
	{ "ifname: longer than any", "ifname = \"eth0eth0eth0eth0eth0\";",
	    ROUTE_SOURCE_STATIC, FILTER_ERROR, NULL, NULL, NULL, "Invalid iface name" },
	{ "ifname: of a neighbour's address is known",
	    "bgp_next_hop = 10.9.0.7; if ifname != \"eth0\" then reject;",
	    ROUTE_SOURCE_STATIC, FILTER_ACCEPT, "10.9.0.7", "", "10.9.0.7", "" },
};

static void
gate_test(void **state)
{
	const struct gate_row *r = *state;
	struct filtertext *t = filtertext_new();
	char text[512], via[IP_TEXT_MAX];
	struct route_source source;
	struct hop h = { 0 };
	struct filter *f;
	struct draft d;
	struct net net;
	struct ip nh;
	bool changed;

	snprintf(text, sizeof(text), "filter { %s accept; }", r->text);
	f = filtertext_filter(t, text);
	assert_non_null(f);
	route_init(&d, t->arena, &net, &source);
	d.next_hop = (struct next_hop){ .len = 4, .b = { 192, 0, 2, 1 } };
	source.source = r->source;
	source.links = &fake_links;
	logged_begin();
	assert_int_equal(filter_run(f, &net, &d, &source, &changed), r->want);
	logged_end();
	assert_non_null(strstr(logged, r->log));
	if (r->via) {
		assert_int_equal(draft_hops(&d, &h, 1), 1);
		assert_string_equal(ip_format(&h.via, via), r->via);
		assert_string_equal(h.ifname, r->ifname);
		nh = next_hop_ip(&d.next_hop);
		assert_int_equal(d.next_hop.len, r->next_hop ? 4 : 0);
		if (r->next_hop)
			assert_string_equal(ip_format(&nh, via), r->next_hop);
		assert_int_equal(draft_dest(&d), DEST_UNICAST);
	}
	filter_unref(f);
	filtertext_free(t);
}

/* Both have to accept; the route is left as the second leaves it. */
static const struct both_row {
	const char *first, *then;
	enum filter_result want;
	uint32_t med; /* 0: none */
} both_rows[] = {
	{ "accept;", "reject;", FILTER_REJECT, 0 },
	{ "reject;", "accept;", FILTER_REJECT, 0 },
	{ "bgp_med = 5; accept;", "accept;", FILTER_ACCEPT, 0 },
	{ "accept;", "bgp_med = 7; accept;", FILTER_ACCEPT, 7 },
	{ "bgp_med = 5; accept;", "bgp_med = 7; accept;", FILTER_ACCEPT, 7 },
	{ "bgp_med = 5; accept;", "if defined(bgp_med) then reject; accept;",
	    FILTER_ACCEPT, 0 },
	{ "if net.len = 16 then reject; accept;", "bgp_med = 7; accept;", FILTER_REJECT,
	    0 },
	{ "if net.len = 17 then reject; accept;", "bgp_med = 7; accept;", FILTER_ACCEPT,
	    7 },
};

static void
both_accept(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(both_rows); i++) {
		const struct both_row *r = &both_rows[i];
		struct filtertext *t = filtertext_new();
		struct filter *first, *then, *f;
		struct route_source source;
		struct draft d;
		struct net net;
		char text[256];
		uint32_t med = 0;
		bool changed;

		snprintf(text, sizeof(text), "filter { %s }", r->first);
		first = filtertext_filter(t, text);
		snprintf(text, sizeof(text), "filter { %s }", r->then);
		then = filtertext_filter(t, text);
		f = filter_both(first, then);
		filter_unref(first);
		filter_unref(then);
		route_init(&d, t->arena, &net, &source);
		assert_int_equal(filter_run(f, &net, &d, &source, &changed), r->want);
		if (r->want == FILTER_ACCEPT) {
			draft_u32(&d, ATTR_MED, &med);
			assert_int_equal(med, r->med);
		}
		filter_unref(f);
		filtertext_free(t);
	}
}

int
main(void)
{
	ADD_ROWS(run_rows, name, route_test);
	ADD_ROWS(change_rows, name, change_test);
	ADD_ROWS(gate_rows, name, gate_test);
	ADD_TEST(keeps_own);
	ADD_TEST(names_wire);
	ADD_TEST(error_says);
	ADD_TEST(both_accept);
	return tests_run("filter");
}
