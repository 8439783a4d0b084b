/*
 * The filter compiler: values as `eval` prints them, errors with their places, equality
 * of compiled filters.  The texts of values and errors are those of BIRD 2.0.12, asked
 * with `birdc eval`, but for the cases named "own:".
 */
#include "filtertext.h"
#include "filter/show.h"

static const char definitions[] =
    "define S = [1, 5..9, 20];\n"
    "define PS = [10.0.0.0/8+, 192.168.0.0/16{20,24}, 172.16.0.0/12-];\n"
    "define P6 = [2001:db8::/32{33,48}, ::/0];\n"
    "define A1 = 65000;\n"
    "define CL = add(-empty-, (1,2));\n"
    "define P = prepend(prepend(prepend(+empty+, 5), 5), 6);\n"
    "define M = [= * 5 ? 6..9 [1,2] + 7 =];\n"
    "function twice(int x) { return x * 2; }\n"
    "function fact(int n) -> int { if n <= 1 then return 1; return n * fact(n - 1); }\n"
    "function holds(prefix set p) { int set s = []; return p = [] && p != s && s = []; "
    "}\n"
    "function nothing() { print \"\"; }\n"
    "function deep(int n) -> int { return deep(n + 1); }\n";

/* want NULL: an error, whose text is `error`. */
static const struct eval_row {
	const char *text, *want, *error;
} eval_rows[] = {
	{ "S", "[1, 5..9, 20]", NULL },
	{ "[3, 1, 2..5, 4..9, 20]", "[1, 2..9, 20]", NULL },
	{ "[1..3, 4..6]", "[1..3, 4..6]", NULL },
	{ "[(1,2), (1,*), (3,1..4)]", "[(1,0)..(1,65535), (3,1)..(3,4)]", NULL },
	{ "[(1..3,2)]", "[(1,2), (2,2), (3,2)]", NULL },
	{ "[(*,*)]", "[(0,0)..(65535,65535)]", NULL },
	{ "[(1,2)..(3,4)]", "[(1,2)..(3,4)]", NULL },
	{ "[(rt,1,2), (ro,1,*)]", "[(rt, 1, 2), (ro, 1, 0)..(ro, 1, 4294967295)]", NULL },
	{ "[(1,2,3), (1,2,5..6)]", "[(1, 2, 3), (1, 2, 5)..(1, 2, 6)]", NULL },
	{ "[(7,*,*)]", "[(7, 0, 0)..(7, 4294967295, 4294967295)]", NULL },
	{ "[RTS_BGP, RTS_STATIC]", "[(enum 30)1, (enum 30)11]", NULL },
	{ "[1.2.3.4, 1.2.3.0..1.2.3.2]", "[1.2.3.0..1.2.3.2, 1.2.3.4]", NULL },
	{ "[]", "[]", NULL },
	{ "[10.0.0.0/8+]", "[10.0.0.0/8{1.255.255.255}]", NULL },
	{ "[0.0.0.0/0{8,24}]", "[0.0.0.0/0{1.255.255.0}]", NULL },
	{ "[1000::/16{8,12}, 2000::/16{24,28}]", "[1000::/12{1f0::}, 2000::/16{0:1f0::}]",
	    NULL },
	{ "[(1+twice(2)), 9]", "[5, 9]", NULL },
	{ "holds([])", "TRUE", NULL },
	{ "[1,2] != [1,3]", "TRUE", NULL },
	{ "M", "[= * 5 ? 6..9 [1, 2] + 7 =]", NULL },
	{ "[= =]", "[= =]", NULL },
	{ "0-1", "4294967295", NULL },
	{ "2+3*4-5", "9", NULL },
	{ "7/2", "3", NULL },
	{ "true || false && false", "FALSE", NULL },
	{ "(A1,2)", "(65000,2)", NULL },
	{ "(1,2,3)", "(1, 2, 3)", NULL },
	{ "(rt,1,2)", "(rt, 1, 2)", NULL },
	{ "(rt,70000,5)", "(rt, 70000, 5)", NULL },
	{ "(rt,1.2.3.4,5)", "(rt, 1.2.3.4, 5)", NULL },
	{ "(generic,0x12345678,0x9abcdef0)", "(generic, 0x12345678, 0x9abcdef0)", NULL },
	{ "(generic,1,2)", "(unknown 0x0, 1, 2)", NULL },
	{ "(unknown 0x4002,1,2)", "(unknown 0x4002, 1, 2)", NULL },
	{ "(unknown 0x4002,70000,2)", "(unknown 0x4202, 70000, 2)", NULL },
	{ "(unknown 0x0102,1.2.3.4,2)", "(rt, 1.2.3.4, 2)", NULL },
	{ "::ffff:1.2.3.4", "1.2.3.4", NULL },
	{ "P", "(path 6 5 5)", NULL },
	{ "P.len", "3", NULL },
	{ "P.first", "6", NULL },
	{ "P.last", "5", NULL },
	{ "P.delete(5)", "(path 6)", NULL },
	{ "P.filter([5])", "(path 5 5)", NULL },
	{ "P ~ [= 6 5 5 =]", "TRUE", NULL },
	{ "P ~ [= 6 5 + =]", "TRUE", NULL },
	{ "P ~ [= 5 + =]", "FALSE", NULL },
	{ "P ~ [= * 5 =]", "TRUE", NULL },
	{ "P ~ [= ? 5 * =]", "TRUE", NULL },
	{ "P ~ [= * =]", "TRUE", NULL },
	{ "P ~ [= ? ? =]", "FALSE", NULL },
	{ "P ~ [= 1..9 + =]", "TRUE", NULL },
	{ "P ~ [= * [5, 6] 4..5 =]", "TRUE", NULL },
	{ "+empty+ ~ [= =]", "TRUE", NULL },
	{ "+empty+ ~ [= * =]", "TRUE", NULL },
	{ "+empty+ ~ [= ? =]", "FALSE", NULL },
	{ "P ~ [5]", "TRUE", NULL },
	{ "5 ~ P", "TRUE", NULL },
	{ "7 ~ P", "FALSE", NULL },
	{ "CL.add((70,3))", "(clist (1,2) (70,3))", NULL },
	{ "CL.add((1,2))", "(clist (1,2))", NULL },
	{ "add(CL, CL.add((3,4)))", "(clist (1,2) (3,4))", NULL },
	{ "CL.add(1.2.3.4)", "(clist (1,2) (258,772))", NULL },
	{ "delete(CL, [(1,*)])", "(clist )", NULL },
	{ "filter(CL, [(1,*)])", "(clist (1,2))", NULL },
	{ "CL.max", "(1,2)", NULL },
	{ "-empty-.min", "(0,0)", NULL },
	{ "add(--empty--, (rt,1,2))", "(eclist (rt, 1, 2))", NULL },
	{ "add(---empty---, (1,2,3))", "(lclist (1, 2, 3))", NULL },
	{ "(1,2).asn + (1,2,3).data2", "4", NULL },
	{ "1 ~ S", "TRUE", NULL },
	{ "4 ~ S", "FALSE", NULL },
	{ "7 !~ S", "FALSE", NULL },
	{ "(1,2) ~ [(*,2)]", "TRUE", NULL },
	{ "(1,3) ~ [(*,2)]", "FALSE", NULL },
	{ "(40000,3) ~ [(*,2..3), (5,5)]", "TRUE", NULL },
	{ "CL ~ [(*,2)]", "TRUE", NULL },
	{ "1.2.3.4 ~ [1.2.3.0..1.2.3.9]", "TRUE", NULL },
	{ "2001:db8::1 ~ [2001:db8::..2001:db8::f]", "TRUE", NULL },
	{ "10.1.0.0/16 ~ PS", "TRUE", NULL },
	{ "192.168.0.0/16 ~ PS", "FALSE", NULL },
	{ "192.168.16.0/20 ~ PS", "TRUE", NULL },
	{ "192.168.16.0/25 ~ PS", "FALSE", NULL },
	{ "172.0.0.0/8 ~ PS", "TRUE", NULL },
	{ "172.16.0.0/13 ~ PS", "FALSE", NULL },
	{ "0.0.0.0/0 ~ PS", "TRUE", NULL },
	{ "2001:db8:1::/48 ~ P6", "TRUE", NULL },
	{ "2001:db8::/32 ~ P6", "FALSE", NULL },
	{ "::/0 ~ P6", "TRUE", NULL },
	{ "10.0.0.0/8 ~ P6", "FALSE", NULL },
	{ "10.0.0.0/8 ~ 10.0.0.0/7", "TRUE", NULL },
	{ "10.1.1.1 ~ 10.0.0.0/8", "TRUE", NULL },
	{ "1 ~ []", "FALSE", NULL },
	{ "\"abc\" ~ \"*c*\"", "TRUE", NULL },
	{ "\"abc\" ~ \"a?\"", "FALSE", NULL },
	{ "1 = 1.2.3.4", "FALSE", NULL },
	{ "RTS_BGP = 11", "FALSE", NULL },
	{ "10.0.0.0/8 < 11.0.0.0/8", "TRUE", NULL },
	{ "1.2.3.4.mask(8)", "1.0.0.0", NULL },
	{ "10:20", "10:20", NULL },
	{ "2:10:20", "2:10:20", NULL },
	{ "2:70000:20", "70000:20", NULL },
	{ "1.2.3.4:5 ~ [1.2.3.4:1..1.2.3.4:9]", "TRUE", NULL },
	{ "10:20 10.0.0.0/8", "10:20 10.0.0.0/8", NULL },
	{ "(10:20 10.0.0.0/8).rd = 10:20", "TRUE", NULL },
	{ "10:20 10.0.0.0/8 = 10:21 10.0.0.0/8", "FALSE", NULL },
	{ "10.0.0.0/8 max 24 as 5", "10.0.0.0/8-24 AS5", NULL },
	{ "(10.0.0.0/8).maxlen", NULL,
	    "1:14: filter preevaluation, line 1: ROA expected" },
	{ "2001:db8::/32 from ::/0", "2001:db8::/32 from ::/0", NULL },
	{ "hex:12:34", "12:34", NULL },
	{ "hex:", "", NULL },
	{ "hex:1234 ++ hex:56", "12:34:56", NULL },
	{ "hex:12.append(hex:34)", "12:34", NULL },
	{ "from_hex(\"12 34-56.78\")", "12:34:56:78", NULL },
	{ "from_hex(\"02:00:00:00:00:01\") = hex:020000000001", "TRUE", NULL },
	{ "from_hex(\"1\")", NULL,
	    "1:1: filter preevaluation, line 1: Invalid hex string" },
	{ "02:00:00:00:00:01", "02:00:00:00:00:01", NULL },
	{ "02:00:00:00:00:01 ~ [(02:00:00:00:00:00)..(02:00:00:00:00:02)]", "TRUE",
	    NULL },
	{ "NET_EVPN_MAC", "(enum 3b)2", NULL },
	{ "aspa_check(t, +empty+, true)", "(enum 39)2", NULL },
	{ "2001:db8::1.is_v4", "FALSE", NULL },
	{ "10.0.0.0/8.type", "(enum 36)1", NULL },
	{ "format(CL)", "(clist (1,2))", NULL },
	{ "defined(-empty-)", "FALSE", NULL },
	{ "defined(1)", "TRUE", NULL },
	{ "twice(4)", "8", NULL },
	{ "fact(10)", "3628800", NULL },
	{ "nothing()", "(void)", NULL },
	{ "deep(0)", NULL,
	    "1:1: filter preevaluation, line 12: Filter execution stack overflow" },
	{ "1/0", NULL,
	    "1:2: filter preevaluation, line 1: Mother told me not to divide by 0" },
	{ "1 ~ 2", NULL,
	    "1:3: filter preevaluation, line 1: ~ applied on unknown type pair" },
	{ "1 < (1,2)", NULL, "1:3: Arguments 1 and 2 of LT must be of the same type" },
	{ "1 + true", NULL, "1:5: Argument 2 of ADD must be of type int, got type bool" },
	{ "true && 1", NULL,
	    "1:9: Argument 2 of AND must be of type bool, got type int" },
	{ "!5", NULL, "1:2: Argument 1 of NOT must be of type bool, got type int" },
	{ "prepend(+empty+, true)", NULL,
	    "1:18: Argument 2 of PATH_PREPEND must be of type int, got type bool" },
	{ "(65536,1)", NULL,
	    "1:1: filter preevaluation, line 1: Can't operate with value out "
	    "of bounds in pair constructor" },
	{ "(rt,70000,70000)", NULL,
	    "1:1: filter preevaluation, line 1: 4-byte value 70000 can't "
	    "be used with 4-byte ASN in extended community" },
	{ "add(-empty-, 5)", "(clist (0,5))", NULL },
	{ "add(-empty-, [(1,2)])", NULL,
	    "1:1: filter preevaluation, line 1: Can't add set" },
	{ "[10.0.0.0/8, 2001:db8::/32]", NULL,
	    "1:14: Mixed IPv4/IPv6 prefixes in prefix set" },
	{ "[(5,70000)]", NULL,
	    "1:2: filter preevaluation, line 1: Can't operate with value out of "
	    "bounds in pair constructor" },
	{ "[(1,5..2)]", NULL,
	    "1:5: From value cannot be higher that To value in pair sets" },
	{ "[\"a\"]", NULL, NULL },
	{ "[(P)]", NULL, "1:3: Set-incompatible type (bgppath)" },
	{ "[1, (1,2)]", NULL, "1:5: Set items of different types, or too many" },
	{ "twice()", NULL, "1:1: Function 'twice' expects 1 arguments, got 0 arguments" },
	{ "twice(\"a\")", NULL, "1:7: Argument 1 of 'twice' must be int, got string" },
	{ "foo", NULL, "1:1: Undefined symbol 'foo'" },
	{ "foo(1)", NULL, "1:1: Undefined function 'foo'" },
	{ "P.foo", NULL, "1:3: Unknown symbol foo" },
	{ "P.asn", NULL, "1:3: Method 'asn' is not defined for type bgppath" },
	{ "net", NULL, "1:1: filter preevaluation, line 1: No route to access" },
};

static void
eval_test(void **state)
{
	const struct eval_row *r = *state;
	struct filtertext *t = filtertext_new();
	const struct ast *e;
	const char *text;

	filtertext_define(t, definitions);
	assert_string_equal(t->errors, "");
	e = parse_expr(t->source, "eval", r->text, strlen(r->text));
	text = e ? scope_eval_print(t->scope, e, t->arena) : NULL;
	if (r->want) {
		assert_string_equal(t->errors, "");
		assert_string_equal(text, r->want);
	} else {
		assert_null(text);
		if (r->error)
			assert_string_equal(t->errors, r->error);
		else
			assert_true(*t->errors != 0);
	}
	filtertext_free(t);
}

/* Definitions that are refused, with the first line of what is said. */
static const struct error_row {
	const char *name, *text, *error;
} error_rows[] = {
	{ "error: condition", "filter f { if 1 then accept; reject; }",
	    "1:15: Argument 1 of CONDITION must be of type bool, got type int" },
	{ "error: unknown name", "filter f {\n\tif nett ~ [10.0.0.0/8] then accept;\n}",
	    "2:5: Undefined symbol 'nett'" },
	{ "error: two of one name", "define X = 1;\ndefine X = 2;",
	    "2:8: Symbol 'X' already defined" },
	{ "error: two variables", "filter f { int a; int a; accept; }",
	    "1:23: Symbol 'a' already defined" },
	{ "error: type of a variable", "filter f { int a = 1.2.3.4; accept; }",
	    "1:20: Argument 1 of VAR_INIT must be of type int, got type ip" },
	{ "error: type assigned", "filter f { int a; a = 1.2.3.4; accept; }",
	    "1:23: Argument 1 of VAR_SET must be of type int, got type ip" },
	{ "error: preference", "filter f { preference = \"x\"; accept; }",
	    "1:25: Argument 1 of RTA_SET must be of type int, got type string" },
	{ "error: type of an attribute", "filter f { bgp_med = \"x\"; accept; }",
	    "1:22: Argument 1 of EA_SET must be of type int, got type string" },
	{ "error: read-only", "filter f { net = 10.0.0.0/8; }",
	    "1:12: This static attribute is read-only." },
	{ "error: opaque", "filter f { bgp_aggregator = 1; }",
	    "1:12: Setting opaque attribute is not allowed" },
	{ "error: unset", "filter f { unset(net); }", "1:18: Can't unset symbol net" },
	{ "error: return in a filter", "filter f { return 1; }",
	    "1:12: Can't return from a non-function, use accept or reject instead." },
	{ "error: type returned", "function f() -> int { return true; }",
	    "1:23: Can't return type bool from function f, expected int" },
	{ "error: set to a constant", "define A = 1;\nfilter f { A = 2; }",
	    "2:12: Can't assign to symbol A" },
	{ "error: loop over a number", "filter f { for int i in 5 do print i; }",
	    "1:25: Type int is not iterable, can't be used in FOR" },
	{ "error: loop variable", "filter f { for int i in bgp_community do print i; }",
	    "1:20: Loop variable 'i' in FOR must be pair, is int" },
	{ "error: unused result", "filter f { add(bgp_community, (1,2)); accept; }",
	    "1:12: The result of add is not used" },
	{ "error: comparison", "filter f { if bgp_med < bgp_community then accept; }",
	    "1:23: Arguments 1 and 2 of LT must be of the same type" },
	{ "error: in a function, said once",
	    "function g() { return x; }\nfilter f { if g() then accept; reject; }",
	    "1:23: Undefined symbol 'x'" },
	{ "error: unknown function as a statement", "filter f {\n\taccept;\n\tfoo(1);\n}",
	    "3:2: Undefined function 'foo'" },
	{ "error: too many arguments",
	    "function g(int a) { print a; }\nfilter f { g(1, 2); accept; }",
	    "2:12: Function 'g' expects 1 arguments, got 2 arguments" },
	{ "error: argument of a statement",
	    "function g(int a) { print a; }\nfilter f { g(\"a\"); accept; }",
	    "2:14: Argument 1 of 'g' must be int, got string" },
	{ "error: read-only proto", "filter f { proto = \"x\"; accept; }",
	    "1:12: This static attribute is read-only." },
	{ "error: read-only ifindex", "filter f { ifindex = 3; accept; }",
	    "1:12: This static attribute is read-only." },
	{ "error: a constant is read-only", "define K = 3;\nfilter f { K = 4; accept; }",
	    "2:12: Can't assign to symbol K" },
	{ "error: a function is read-only",
	    "function g() { print \"\"; }\nfilter f { g = 4; accept; }",
	    "2:12: Can't assign to symbol g" },
};

static void
error_test(void **state)
{
	const struct error_row *r = *state;
	struct filtertext *t = filtertext_new();

	assert_false(filtertext_define(t, r->text));
	assert_string_equal(t->errors, r->error);
	filtertext_free(t);
}

static const struct warning_row {
	const char *name, *text, *warning;
} warning_rows[] = {
	{ "warning: roa_check",
	    "filter f { if roa_check(master4) = ROA_INVALID then reject; accept; }",
	    "1:25: Table type must be either ROA4 or ROA6: the result of "
	    "roa_check(master4) is always unknown" },
	{ "warning: aspa_check",
	    "filter f { if aspa_check_upstream(r4) = ASPA_INVALID then reject; accept; }",
	    "1:35: Table type must be ASPA: the result of aspa_check_upstream(r4) is "
	    "always unknown" },
	{ "warning: a variable that may hold a set of another type",
	    "function f(int set s) { return (1,2) ~ s; }", "" },
	{ "warning: never matches a set", "function f(int set s) { return \"a\" ~ s; }",
	    "1:36: ~ between string and set always fails" },
	{ "warning: never matches", "filter f { if bgp_med ~ 2 then accept; reject; }",
	    "1:23: ~ between int and int always fails" },
	{ "warning: never reached", "filter f {\n\taccept;\n  print 1;\n}",
	    "3:3: This is never reached" },
	{ "warning: never reached behind branches",
	    "filter f { if bgp_med = 1 then accept; else { print 1; reject; } accept; }",
	    "1:66: This is never reached" },
	{ "warning: never reached behind a case",
	    "filter f { case bgp_med { 1: accept; else: reject; } accept; }",
	    "1:54: This is never reached" },
	{ "warning: never reached in a function",
	    "function f() -> int { return 1; print \"x\"; }",
	    "1:33: This is never reached" },
	{ "warning: never reached in a loop",
	    "filter f { for int i in bgp_path do { accept; print i; } reject; }",
	    "1:47: This is never reached" },
	{ "warning: reached", "filter f { if bgp_med = 1 then accept; reject; }", "" },
	{ "warning: missing return",
	    "function f(int a) { if a = 1 then return true; } "
	    "filter g { if f(1) then accept; if f(2) then reject; accept; }",
	    "1:10: Function f may end without a return: it then has no value" },
	{ "warning: missing return of a type",
	    "function f(int a) -> bool { if a = 1 then return true; } "
	    "function g() { return !f(1); }",
	    "1:10: Function f may end without a return: it then has no value" },
	{ "warning: no return of a type", "function f(int a) -> bool { print a; }",
	    "1:10: Function f may end without a return: it then has no value" },
	{ "warning: missing return, the value not used",
	    "function f(int a) -> bool { if a = 1 then return true; } "
	    "filter g { f(1); accept; }",
	    "" },
	{ "warning: returns for all of an enumeration",
	    "function f() { case roa_check(r4) { ROA_VALID, ROA_UNKNOWN: return 1; "
	    "ROA_INVALID: return 2; } } function g() { return f(); }",
	    "" },
	{ "warning: returns for both kinds of networks",
	    "function f() { case net.type { NET_IP4: return 1; NET_IP6: return 2; } } "
	    "function g() { return f(); }",
	    "" },
	{ "warning: returns for one kind of networks",
	    "function f() { case net.type { NET_IP4: return 1; } } "
	    "function g() { return f(); }",
	    "1:10: Function f may end without a return: it then has no value" },
	{ "warning: no verdict", "filter f { if net.len > 24 then reject; }",
	    "1:10: Filter f may end without accept or reject: it then rejects the route, "
	    "as an error" },
	{ "warning: no verdict after a loop",
	    "filter f { for int i in bgp_path do accept; }",
	    "1:10: Filter f may end without accept or reject: it then rejects the route, "
	    "as an error" },
	{ "warning: a function's verdict",
	    "function f() { if net.len > 24 then reject; accept; } filter g { f(); }",
	    "" },
	{ "warning: a function's verdict in a branch",
	    "function f() { reject; } "
	    "filter g { if net.len > 24 then f(); else { f(); } }",
	    "" },
	{ "warning: a function that may come back",
	    "function f() { if net.len > 24 then return 1; accept; } filter g { f(); }",
	    "1:66: Filter g may end without accept or reject: it then rejects the route, "
	    "as an error" },
	{ "warning: never reached behind a function's verdict",
	    "function f() { reject; } filter g { f(); accept; }",
	    "1:42: This is never reached" },
	{ "warning: returns",
	    "function f(int a) { case a { 1: return true; else: return false; } }", "" },
	{ "warning: no value at all", "function f(int a) { print a; }", "" },
	{ "warning: labels that overlap",
	    "filter f { case bgp_med { 1..5: accept; 4: reject; } reject; }",
	    "1:12: Labels of the case overlap: the first that fits is taken" },
	{ "warning: labels", "filter f { case bgp_med { (1,2): accept; } reject; }",
	    "1:27: A case of type int never has labels of type pair" },
	{ "warning: variable in a set",
	    "function f(int a) { return bgp_med ~ [1, (a + 1)]; }",
	    "1:45: Sets are constant: this item names a variable and is left out" },
	{ "warning: none", "filter f { if net ~ [ 10.0.0.0/8+ ] then accept; reject; }",
	    "" },
};

static void
warning_test(void **state)
{
	const struct warning_row *r = *state;
	struct filtertext *t = filtertext_new();

	assert_true(filtertext_define(t, r->text));
	assert_string_equal(t->warnings, r->warning);
	filtertext_free(t);
}

/* BIRD's limit, and its words; what is read must not grow beyond what an instruction names. */
static void
variables_are_counted(void **state)
{
	(void)state;
	for (unsigned n = 255; n <= 256; n++) {
		struct filtertext *t = filtertext_new();
		char text[256 * 12 + 64];
		size_t len = (size_t)sprintf(text, "filter f { ");

		for (unsigned i = 0; i < n; i++)
			len += (size_t)sprintf(text + len, "int a%u; ", i);
		sprintf(text + len, "accept; }");
		assert_int_equal(filtertext_define(t, text), n == 255);
		if (n > 255)
			assert_non_null(strstr(t->errors,
			    "Too many variables, at most 255 allowed"));
		filtertext_free(t);
	}
}

struct shown {
	char text[4096];
	size_t n;
};

static void
show_line(void *ctx, const char *text)
{
	struct shown *s = ctx;

	s->n += (size_t)snprintf(s->text + s->n, sizeof(s->text) - s->n, "%s\n", text);
}

/* What an operator sees: names, sets as they are written, lines where they change. */
static void
a_filter_is_shown(void **state)
{
	struct filtertext *t = filtertext_new();
	struct shown *s = calloc(1, sizeof(*s));
	struct filter *f;

	(void)state;
	filtertext_define(t, "\n"
			     "function far(int limit; string what) {\n"
			     "  int n = 0; for int as in bgp_path do n = n + as;\n"
			     "  for pair c in bgp_community do print what, c;\n"
			     "  return n > limit && source = RTS_BGP; }\n"
			     "filter f {\n"
			     "  if far(8, \"a b\") then reject;\n"
			     "  if net ~ [10.0.0.0/8+, 10.1.0.0/16{18,24}, 192.0.2.0/24] "
			     "then krt_metric = 5;\n"
			     "  if bgp_community ~ [(1,*), (2,3..4), (*,7)] then "
			     "bgp_community.add((1,2));\n"
			     "  bgp_large_community.delete([(1,*,*), (2,3,4..5)]);\n"
			     "  if roa_check(r4) = ROA_INVALID then gw = 192.0.2.1;\n"
			     "  accept;\n"
			     "}");
	assert_string_equal(t->errors, "");
	f = filtertext_filter(t, "filter f");
	assert_non_null(f);
	filter_show(f, show_line, s);
	assert_string_equal(s->text,
	    "Filter f: reads network, attributes, source, origins; writes attributes\n"
	    "Body, test\n"
	    "  line 7         0  NUM int 8\n"
	    "                 1  CONST \"a b\"\n"
	    "                 2  CALL far with 2\n"
	    "                 3  UNLESS to 5\n"
	    "                 4  REJECT\n"
	    "  line 8         5  NET\n"
	    "                 6  CONST [10.0.0.0/8+, 10.1.0.0/16{18,24}, 192.0.2.0/24]\n"
	    "                 7  MATCH\n"
	    "                 8  UNLESS to 11\n"
	    "                 9  NUM int 5\n"
	    "                10  SET_LOCAL krt_metric\n"
	    "  line 9        11  LIST_HAS bgp_community [(1,*), (2,3)..(2,4), (*,7)]\n"
	    "                12  UNLESS to 14\n"
	    "                13  LIST_PUT bgp_community pair (1,2)\n"
	    "  line 10       14  LIST_TAKE bgp_large_community [(1, *, *), (2, 3, "
	    "4)..(2, 3, 5)]\n"
	    "  line 11       15  NET\n"
	    "                16  LIST bgp_path\n"
	    "                17  LAST\n"
	    "                18  ROA r4\n"
	    "                19  NUM ROA_INVALID\n"
	    "                20  EQ\n"
	    "                21  UNLESS to 24\n"
	    "                22  CONST ip 192.0.2.1\n"
	    "                23  SET_HOP gw\n"
	    "  line 12       24  ACCEPT\n"
	    "Function far(limit, what), test\n"
	    "  line 3        25  NUM int 0\n"
	    "                26  INIT n\n"
	    "                27  LIST bgp_path\n"
	    "                28  NUM int 0\n"
	    "                29  FOR as/c to 35\n"
	    "                30  LOAD n\n"
	    "                31  LOAD as/c\n"
	    "                32  ADD\n"
	    "                33  STORE n\n"
	    "                34  JUMP to 29\n"
	    "                35  POP\n"
	    "                36  POP\n"
	    "  line 4        37  LIST bgp_community\n"
	    "                38  NUM int 0\n"
	    "                39  FOR as/c to 44\n"
	    "                40  LOAD what\n"
	    "                41  LOAD as/c\n"
	    "                42  PRINT 2 values\n"
	    "                43  JUMP to 39\n"
	    "                44  POP\n"
	    "                45  POP\n"
	    "  line 5        46  LOAD limit\n"
	    "                47  LOAD n\n"
	    "                48  LT\n"
	    "                49  AND to 53\n"
	    "                50  SOURCE\n"
	    "                51  NUM RTS_BGP\n"
	    "                52  EQ\n"
	    "                53  RETURN\n"
	    "2 functions, 54 instructions, 260 bytes of constants\n");
	filter_unref(f);
	free(s);
	filtertext_free(t);
}

static const struct same_row {
	const char *name, *a, *b;
	bool same;
} same_rows[] = {
	{ "same: twice", "filter { if bgp_med > 5 then accept; reject; }",
	    "filter { if bgp_med > 5 then accept; reject; }", true },
	{ "same: layout", "filter { if bgp_med > 5 then accept; reject; }",
	    "filter {\n  # why\n  if bgp_med > 5 then { accept; }\n  reject;\n}", true },
	{ "same: where", "where bgp_med > 5",
	    "filter { if bgp_med > 5 then accept; else reject; }", true },
	{ "same: names of variables",
	    "filter { int a = bgp_med; if a > 5 then accept; reject; }",
	    "filter { int b = bgp_med; if b > 5 then accept; reject; }", true },
	{ "same: constants", "where net ~ PS", "where net ~ PT", true },
	{ "same: other set", "where net ~ PS", "where net ~ PU", false },
	{ "same: functions by what they do", "where big(bgp_med)", "where large(bgp_med)",
	    true },
	{ "same: named", "filter named",
	    "filter { if big(bgp_med) then accept; reject; }", true },
	{ "same: other number", "where bgp_med > 5", "where bgp_med > 6", false },
	{ "same: accept", "filter { accept; }", "filter { accept; reject; }", true },
	{ "same: order of a set", "where bgp_med ~ [1, 2, 9..12]",
	    "where bgp_med ~ [9..12, 2, 1]", true },
	{ "same: order of a prefix set",
	    "where net ~ [10.0.0.0/8{9,24}, 10.1.0.0/16, 10.1.2.0/24-, 0.0.0.0/0]",
	    "where net ~ [0.0.0.0/0, 10.1.2.0/24-, 10.1.0.0/16, 10.0.0.0/8{9,24}]",
	    true },
	{ "same: order of large sets", "where net ~ LA", "where net ~ LB", true },
	{ "same: one of many", "where net ~ LA", "where net ~ LC", false },
	{ "same: other AS in a set", "where bgp_path ~ [1, 5..9]",
	    "where bgp_path ~ [1, 5..10]", false },
	{ "same: pairs", "where bgp_community ~ [(1,*), (*,2)]",
	    "where bgp_community ~ [(*,2), (1,*)]", true },
	{ "same: other pairs", "where bgp_community ~ [(1,*)]",
	    "where bgp_community ~ [(*,1)]", false },
	{ "same: masks", "where bgp_path ~ [= * 5 ? [1, 2] =]",
	    "where bgp_path ~ [=  *  5 ? [2, 1] =]", true },
	{ "same: other mask", "where bgp_path ~ [= * 5 =]", "where bgp_path ~ [= 5 * =]",
	    false },
	{ "same: other function", "where big(bgp_med)", "where bigger(bgp_med)", false },
	{ "same: function of a function", "where outer(bgp_med)", "where outer2(bgp_med)",
	    false },
	{ "same: custom attribute", "filter { mine = 1; accept; }",
	    "filter {\n mine = 1;\n accept; }", true },
	{ "same: other custom attribute", "filter { mine = 1; accept; }",
	    "filter { yours = 1; accept; }", false },
	{ "same: other custom attribute read", "where defined(mine)",
	    "where defined(yours)", false },
	{ "same: other attribute", "filter { krt_metric = 1; accept; }",
	    "filter { krt_mtu = 1; accept; }", false },
	{ "same: other text", "where proto = \"a\"", "where proto = \"b\"", false },
	{ "same: other large community", "where (1,2,3) ~ bgp_large_community",
	    "where (1,2,4) ~ bgp_large_community", false },
	{ "same: other kind of extended community", "where (rt,1,2) ~ bgp_ext_community",
	    "where (ro,1,2) ~ bgp_ext_community", false },
	{ "same: print", "filter { print \"a\"; accept; }", "filter { accept; }", false },
	{ "same: sense", "where net ~ PS", "where net !~ PS", false },
};

/* 200 networks: forwards, backwards, one of them another. */
static void
define_large(struct filtertext *t)
{
	char text[16384];
	size_t n = 0;

	for (unsigned k = 0; k < 3; k++) {
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, "define L%c = [", 'A' + k);
		for (unsigned i = 0; i < 200; i++) {
			unsigned at = k == 1 ? 199 - i : i;

			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%s%u.%u.%u.0/%u", i ? "," : "", 1 + at % 50, at,
			    at * 7 % 256, k == 2 && i == 77 ? 25u : 24u);
		}
		n += (size_t)snprintf(text + n, sizeof(text) - n, "];\n");
	}
	assert_true(filtertext_define(t, text));
}

static void
same_test(void **state)
{
	const struct same_row *r = *state;
	static const struct ast_def attributes[] = {
		{ .kind = DEF_ATTRIBUTE, .name = "mine", .type = "int" },
		{ .kind = DEF_ATTRIBUTE, .name = "yours", .type = "int" },
	};
	struct filtertext *t = filtertext_new();
	struct filter *a, *b;

	assert_true(scope_define(t->scope, &attributes[0]));
	assert_true(scope_define(t->scope, &attributes[1]));
	filtertext_define(t,
	    "define PS = [10.0.0.0/8+]; define PT = [10.0.0.0/8{8,32}];\n"
	    "define PU = [10.0.0.0/8{8,31}];\n"
	    "function big(int x) { return x > 100; }\n"
	    "function large(int y) { return y > 100; }\n"
	    "function bigger(int x) { return x > 101; }\n"
	    "function outer(int x) { return big(x); }\n"
	    "function outer2(int x) { return bigger(x); }\n"
	    "filter named { if big(bgp_med) then accept; reject; }\n");
	define_large(t);
	assert_string_equal(t->errors, "");
	a = filtertext_filter(t, r->a);
	b = filtertext_filter(t, r->b);
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(filter_same(a, b), r->same);
	assert_int_equal(filter_same(b, a), r->same);
	assert_int_equal(filter_hash(a) == filter_hash(b), r->same);
	filter_unref(a);
	filter_unref(b);
	filtertext_free(t);
}

static const struct input_row {
	const char *text;
	unsigned inputs;
} input_rows[] = {
	{ "filter { accept; }", 0 },
	{ "where net ~ [10.0.0.0/8]", FILTER_NET },
	{ "where bgp_local_pref = 100", FILTER_ATTRS },
	{ "where bgp_path.len < 5 && net.len < 25", FILTER_ATTRS | FILTER_NET },
	{ "where proto = \"a\"", FILTER_SOURCE },
	{ "filter { bgp_next_hop = from; accept; }",
	    FILTER_SOURCE | FILTER_ATTRS | FILTER_WRITES },
	{ "filter { bgp_community.add((1,2)); accept; }", FILTER_ATTRS | FILTER_WRITES },
	{ "where roa_check(r4) = ROA_VALID", FILTER_ROA | FILTER_NET | FILTER_ATTRS },
	{ "where far()", FILTER_NET },
};

static void
input_test(void **state)
{
	const struct input_row *r = *state;
	struct filtertext *t = filtertext_new();
	struct filter *f;

	filtertext_define(t, "function near() { return net.len > 8; }\n"
			     "function far() { return !near(); }\n");
	f = filtertext_filter(t, r->text);
	assert_non_null(f);
	assert_int_equal(filter_inputs(f), r->inputs);
	filter_unref(f);
	filtertext_free(t);
}

static void
constants(void **state)
{
	struct filter *f = filter_accept();
	struct filtertext *t = filtertext_new();

	(void)state;
	assert_true(filter_is_accept(f) && !filter_is_reject(f));
	assert_true(filter_is_reject(filter_reject()));
	assert_ptr_equal(f, filter_accept());
	assert_false(filter_same(f, filter_reject()));
	assert_string_equal(filter_name(f), "ACCEPT");
	assert_string_equal(filter_name(filter_reject()), "REJECT");
	filter_ref(f);
	filter_unref(f);
	filter_unref(f);
	filter_unref(NULL);
	f = filtertext_filter(t, "filter { accept; }");
	assert_true(filter_is_accept(f));
	assert_true(filter_same(f, filter_accept()));
	assert_int_equal(filter_hash(f), filter_hash(filter_accept()));
	assert_string_equal(filter_name(f), "(unnamed)");
	filter_unref(f);
	filtertext_free(t);
}

/* A filter outlives what it was compiled from. */
static void
outlives(void **state)
{
	struct filtertext *t = filtertext_new();
	struct filter *f;

	(void)state;
	assert_true(filtertext_define(
	    t, "filter f { if net ~ [10.0.0.0/8+] then accept; reject; }"));
	assert_string_equal(scope_class(t->scope, "f"), "filter");
	assert_null(scope_class(t->scope, "g"));
	assert_null(scope_class(t->scope, "net"));
	assert_null(scope_filter(t->scope, "g"));
	f = scope_filter(t->scope, "f");
	filtertext_free(t);
	assert_string_equal(filter_name(f), "f");
	filter_unref(f);
}

static void
options(void **state)
{
	struct filtertext *t = filtertext_new();
	const char *text;
	struct net net;
	struct ip ip;
	uint32_t n;

	(void)state;
#define EXPR(s) parse_expr(t->source, "option", s, strlen(s))
	assert_true(scope_eval_num(t->scope, EXPR("2 * 90"), &n) && n == 180);
	assert_true(scope_eval_id(t->scope, EXPR("192.0.2.1"), &n) && n == 0xc0000201);
	assert_true(scope_eval_id(t->scope, EXPR("7"), &n) && n == 7);
	assert_true(scope_eval_text(t->scope, EXPR("\"abc\""), &text));
	assert_string_equal(text, "abc");
	assert_true(scope_eval_ip(t->scope, EXPR("2001:db8::1"), &ip) && !ip_is4(&ip));
	assert_true(scope_eval_net(t->scope, EXPR("10.0.0.0/8"), &net) && net.plen == 8);
	assert_string_equal(t->errors, "");
	assert_false(scope_eval_num(t->scope, EXPR("\"x\""), &n));
	assert_string_equal(t->errors, "1:1: Value of type int expected, got string");
#undef EXPR
	*t->errors = 0;
	assert_true(filtertext_define(t, "define A = 192.0.2.1; define B = \"cache\";"));
	assert_true(scope_is_ip(t->scope, "A"));
	assert_false(scope_is_ip(t->scope, "B"));
	assert_false(scope_is_ip(t->scope, "net"));
	filtertext_free(t);
}

int
main(void)
{
	ADD_ROWS(eval_rows, text, eval_test);
	ADD_ROWS(error_rows, name, error_test);
	ADD_ROWS(warning_rows, name, warning_test);
	ADD_ROWS(same_rows, name, same_test);
	ADD_ROWS(input_rows, text, input_test);
	ADD_TEST(constants);
	ADD_TEST(variables_are_counted);
	ADD_TEST(a_filter_is_shown);
	ADD_TEST(outlives);
	ADD_TEST(options);
	return tests_run("compile");
}
