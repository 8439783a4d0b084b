/*
 * Filters: text to tree to code, run on a route.  The first byte chooses: even, the rest
 * is the text of a configuration; odd, the rest drives a generator of mostly valid
 * programs.  Its second bit asks for the language of BIRD 1.6. What compiles is compiled twice and must be the same, and run twice with the
 * same end, and once more through a memo, which must answer as a run does for every network.
 * The route's path and communities are bytes nobody has checked.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/log.h"
#include "base/mem.h"
#include "filter/compile.h"
#include "filter/memo.h"
#include "filter/merge.h"
#include "lang/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct gen {
	const uint8_t *at, *end;
	unsigned depth, vars;
	size_t n;
	char text[16384];
};

enum gen_type {
	G_BOOL,
	G_INT,
	G_PAIR,
	G_EC,
	G_LC,
	G_IP,
	G_NET,
	G_STRING,
	G_PATH,
	G_CLIST,
	G_ECLIST,
	G_LCLIST,
	G_INTSET,
	G_PAIRSET,
	G_NETSET,
	G_TYPES
};

static const char *const type_words[G_TYPES] = { "bool", "int", "pair", "ec", "lc", "ip",
	"prefix", "string", "bgppath", "clist", "eclist", "lclist", "int set", "pair set",
	"prefix set" };

static unsigned
take(struct gen *g, unsigned n)
{
	return g->at < g->end ? *g->at++ % n : 0;
}

static void
put(struct gen *g, const char *s)
{
	size_t n = strlen(s);

	if (g->n + n < sizeof(g->text)) {
		memcpy(g->text + g->n, s, n + 1);
		g->n += n;
	}
}

static void expr(struct gen *, unsigned type);

/* "%t" stands for an expression of type t, told by a letter. */
static void
fill(struct gen *g, const char *form)
{
	static const char letters[] = "bipelanstcExISN";
	char one[2] = "";

	for (; *form; form++) {
		const char *l = *form == '%' ? strchr(letters, form[1]) : NULL;

		if (l && *l) {
			expr(g, (unsigned)(l - letters));
			form++;
		} else {
			one[0] = *form;
			put(g, one);
		}
	}
}

static const char *const leaves[G_TYPES][6] = {
	{ "true", "false", "defined(bgp_med)", "krt_lock_mtu", "net.ip.is_v4", "onlink" },
	{ "7", "65001", "bgp_med", "bgp_local_pref", "net.len", "own" },
	{ "(1,2)", "(65001,1)", "(65535,65535)", "bgp_community.max", "(0,0)", "(1,3)" },
	{ "(rt,1,2)", "(ro,70000,3)", "(generic,1,2)", "(unknown 0x4002,1,2)",
	    "(rt,1.2.3.4,5)", "bgp_ext_community.min" },
	{ "(1,2,3)", "(70000,1,2)", "bgp_large_community.max", "(0,0,0)", "(1,2,4)",
	    "(9,9,9)" },
	{ "1.2.3.4", "2001:db8::1", "from", "bgp_next_hop", "gw", "net.ip" },
	{ "net", "10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0", "net", "10.1.0.0/16" },
	{ "\"abc\"", "proto", "ifname", "\"*\"", "\"a?c*\"", "\"\"" },
	{ "bgp_path", "+empty+", "bgp_path", "bgp_path", "+empty+", "bgp_path" },
	{ "bgp_community", "-empty-", "bgp_cluster_list", "bgp_community", "-empty-",
	    "bgp_community" },
	{ "bgp_ext_community", "--empty--", "bgp_ext_community", "--empty--",
	    "bgp_ext_community", "bgp_ext_community" },
	{ "bgp_large_community", "---empty---", "bgp_large_community",
	    "bgp_large_community", "---empty---", "bgp_large_community" },
	{ "[1]", "[1..5, 65000..65535]", "[]", "[0..4294967295]", "[3, 1, 2]", "[7]" },
	{ "[(1,2)]", "[(*,5)]", "[(1..3,2..9)]", "[(65001,*)]", "[(1,2)..(3,4)]", "[]" },
	{ "[10.0.0.0/8+]", "[10.0.0.0/8{9,24}, 172.16.0.0/12-]", "[2001:db8::/32+]", "[]",
	    "[0.0.0.0/0]", "[10.0.0.0/9, 10.128.0.0/9, 10.1.0.0/16{16,32}]" },
};

static const char *const forms[G_TYPES][12] = {
	{ "(%b && %b)", "(%b || %b)", "!%b", "(%i = %i)", "(%i < %i)", "(%n ~ %N)",
	    "(%t ~ %I)", "(%c ~ %S)", "(%p ~ %c)", "(%t ~ [= * %i ? =])", "(%s ~ %s)",
	    "(%i ~ %I)" },
	{ "(%i + %i)", "(%i - %i)", "(%i * %i)", "(%i / %i)", "%t.len", "%t.first",
	    "%t.last", "%c.len", "%n.len", "%p.asn", "%l.data2", "%p.data" },
	{ "(%i, %i)", "%c.min", "(%i / 65537, 5)" },
	{ "(rt, %i, %i)", "%E.min", "(rt, %a, %i)" },
	{ "(%i, %i, %i)", "%x.max" },
	{ "%a.mask(%i)", "%n.ip" },
	{ "%n", "(flow4 { dst 10.0.0.0/8; port 1,5..9 && > 3; }).dst",
	    "flow6 { tcp flags 3/15 || !1/1; fragment !is_fragment; src ::/8 offset 3; }",
	    "own_net", "evpn mac 1:2 3 02:00:00:00:00:01 *",
	    "eth 02:00:00:00:00:01 vlan 5", "neighbor 10.0.0.1%3", "1:2 10.0.0.0/8",
	    "10.0.0.0/8 max 24 as 5", "%n.src",
	    "evpn es 1:2 00:01:02:03:04:05:06:07:08:09 ::1" },
	{ "(%s ++ %s)", "format(%c)", "format(%t)", "format(%N)", "format(%S)" },
	{ "%t.prepend(%i)", "%t.delete(%I)", "%t.filter(%I)", "delete(%t, %i)",
	    "%t.empty", "prepend(%t, %i)" },
	{ "%c.add(%p)", "%c.delete(%S)", "%c.filter(%S)", "add(%c, %c)", "%c.delete(%p)",
	    "filter(%c, %c)", "%c.add(%a)", "delete(%c, %c)" },
	{ "%E.add(%e)", "%E.delete(%e)", "add(%E, %E)", "%E.filter([(rt, 1, *)])" },
	{ "%x.add(%l)", "%x.delete(%l)", "add(%x, %x)", "%x.filter([(1, *, *)])" },
	{ "[4, (1 + 2)]" },
	{ "[(1, (2 + 3)), (*, 9)]" },
	{ "%N" },
};

static const char *const call_forms[G_TYPES] = {
	[G_BOOL] = "fb(%i, %c)",
	[G_INT] = "fi(%i)",
	[G_PATH] = "ft(%t)",
};

static void
expr(struct gen *g, unsigned type)
{
	unsigned pick = take(g, 64), n = 0;
	char var[8];

	if (pick == 63) /* an error of type, now and then */
		type = take(g, G_TYPES);
	while (n < 12 && forms[type][n])
		n++;
	if (pick < 28 && g->depth < 8 && n) {
		g->depth++;
		fill(g, forms[type][take(g, n)]);
		g->depth--;
	} else if (pick < 40) {
		snprintf(var, sizeof(var), "v%u", type);
		put(g, var);
	} else if (pick < 44 && g->depth < 6 && call_forms[type]) {
		g->depth++;
		fill(g, call_forms[type]);
		g->depth--;
	} else {
		put(g, leaves[type][take(g, 6)]);
	}
}

static void
statement(struct gen *g)
{
	static const char *const simple[] = { "accept;", "reject;", "print %s, %i;",
		"accept %n;", "bgp_local_pref = %i;", "bgp_med = %i;",
		"bgp_next_hop = %a;", "bgp_community = %c;", "bgp_community.add(%p);",
		"bgp_path.prepend(%i);", "bgp_large_community = %x;",
		"bgp_ext_community.add(%e);", "unset(bgp_med);", "v1 = %i;", "v8 = %t;",
		"v9 = %c;", "v7 = %s;", "preference = %i;", "unset(bgp_path);",
		"bgp_origin = ORIGIN_EGP;", "v9.delete(%S);", "krt_metric = %i;",
		"v12 = %I;", "bgp_cluster_list.add(%a);", "own = %i;", "own_list = %c;",
		"own_net = %n;", "own_set = %I;", "own_list.add(%p);", "unset(own);",
		"dest = RTD_BLACKHOLE;", "gw = %a;", "weight = %i;", "from = %a;",
		"ifname = %s;", "scope = SCOPE_LINK;", "own_text = %s;" };
	unsigned pick = take(g, 53);

	if (g->depth > 5 || pick < 37) {
		fill(g, simple[pick % 37]);
		return;
	}
	g->depth++;
	pick -= 13;
	if (pick < 32) {
		fill(g, "if %b then { ");
		statement(g);
		put(g, " } else { ");
		statement(g);
		put(g, " }");
	} else if (pick < 35) {
		fill(g, "for int i in %t do { v1 = i; ");
		statement(g);
		put(g, " }");
	} else if (pick < 37) {
		fill(g, "for pair p in %c do { v2 = p; ");
		statement(g);
		put(g, " }");
	} else if (pick < 39) {
		fill(g, "case %i { 1, 5..9: ");
		statement(g);
		put(g, " else: ");
		statement(g);
		put(g, " }");
	} else {
		put(g, "{ int v1 = 5; ");
		statement(g);
		put(g, " }");
	}
	put(g, "\n");
	g->depth--;
}

static void
variables(struct gen *g)
{
	char line[96];

	for (unsigned i = 0; i < G_TYPES; i++) {
		snprintf(line, sizeof(line), "%s v%u = %s;\n", type_words[i], i,
		    leaves[i][take(g, 2)]);
		put(g, line);
	}
}

static void
statements(struct gen *g)
{
	for (unsigned n = 1 + take(g, 6); n; n--) {
		statement(g);
		put(g, " ");
	}
}

static void
generate(struct gen *g)
{
	put(g, "function fi(int x) -> int {\n");
	variables(g);
	statements(g);
	put(g, "return x; }\nfunction ft(bgppath x) -> bgppath {\n");
	variables(g);
	statements(g);
	put(g, "return x; }\nfunction fb(int x; clist y) -> bool {\n");
	variables(g);
	statements(g);
	put(g, "return x > 5; }\nfilter f {\n");
	variables(g);
	statements(g);
	put(g, "accept; }\n");
}

static unsigned error_n;

static void
error(void *ctx, const struct place *at, const char *text)
{
	(void)ctx, (void)at;
	assert(*text);
	error_n++;
	if (getenv("FUZZ_SHOW"))
		fprintf(stderr, "%u:%u: %s\n", at->line, at->col, text);
}

static void
route_init(struct draft *d, struct arena *arena, const uint8_t *data, size_t size)
{
	size_t half = size / 2 < 600 ? size / 2 : 600;

	draft_init(d, arena);
	draft_set_u8(d, ATTR_ORIGIN, ORIGIN_IGP);
	draft_put(d, AF_TRANSITIVE, ATTR_AS_PATH, data, half);
	draft_set_u32(d, ATTR_LOCAL_PREF, 100);
	draft_put(
	    d, AF_OPTIONAL | AF_TRANSITIVE, ATTR_COMMUNITY, data + half, half & ~3u);
	draft_put(d, AF_OPTIONAL, ATTR_CLUSTER_LIST, data + half, half & 4);
	draft_put(
	    d, AF_OPTIONAL | AF_TRANSITIVE, ATTR_LARGE_COMMUNITY, data, half / 12 * 12);
	d->preference = 100;
	d->next_hop = (struct next_hop){ 4, { 192, 0, 2, 9 } };
}

static void
check_order(const struct draft *d)
{
	for (unsigned i = 1; i < d->n; i++)
		assert(d->at[i - 1].code < d->at[i].code);
}

static enum filter_result
run(const struct filter *f, struct arena *arena, const uint8_t *data, size_t size)
{
	static struct draft d;
	struct route_source source = {
		.proto = "peer1", .source = 11, .from = ip_from4(0x0a000001)
	};
	enum filter_result result;
	struct net net;
	bool changed;

	assert(net_parse("10.1.0.0/16", &net));
	route_init(&d, arena, data, size);
	result = filter_run(f, &net, &d, &source, &changed);
	assert(!changed || (filter_inputs(f) & FILTER_WRITES));
	check_order(&d);
	return result;
}

/* One network: a run of its own, and what the memo says. */
static void
remember_one(const struct filter *f, struct memo_use *use, const struct net *net)
{
	static struct draft d;
	const struct memo_answer *a = memo_run(use, net);
	struct arena *arena = arena_new();
	enum filter_result result;
	struct attrs *set;
	bool changed;

	draft_from(&d, arena, use->from);
	result = filter_run(f, net, &d, use->source, &changed);
	if (result == FILTER_ACCEPT && changed && !attrs_size(&d))
		result = FILTER_REJECT;
	assert(a->result == result);
	if (result == FILTER_ACCEPT) {
		assert(a->changed == changed);
		set = mem_alloc(attrs_size(&d));
		attrs_write(&d, set);
		assert(!changed || (a->set->block_len == set->block_len &&
				       a->set->preference == set->preference &&
				       a->set->nh_len == set->nh_len &&
				       a->set->local_len == set->local_len &&
				       !memcmp(a->set->bytes, set->bytes,
					   (size_t)set->nh_len + set->block_len +
					       set->local_len)));
		mem_free(set);
	}
	arena_free(arena);
}

static void
remember(const struct filter *f, struct arena *arena, const uint8_t *data, size_t size)
{
	static const char *const nets[] = { "10.1.0.0/16", "10.2.0.0/16", "10.0.0.0/8",
		"172.16.1.0/24", "2001:db8::/32", "10.1.0.0/16", "0.0.0.0/0" };
	static struct draft d;
	static struct memo *m;
	struct route_source source = {
		.proto = "peer1", .source = 11, .from = ip_from4(0x0a000001)
	};
	struct memo_use use;
	struct attrs *from;
	struct net net;

	if (!m)
		m = memo_new();
	route_init(&d, arena, data, size);
	from = mem_alloc(attrs_size(&d));
	attrs_write(&d, from);
	for (unsigned i = 0; i < 3; i++) { /* new, seen again, kept */
		memo_begin(&use, m, f, from, &source);
		for (unsigned k = 0; k < sizeof(nets) / sizeof(*nets); k++) {
			assert(net_parse(nets[k], &net));
			remember_one(f, &use, &net);
		}
		memo_end(&use);
	}
	mem_free(from);
}

/* A program that takes long takes long 42 times. */
static bool
is_quick(const struct filter *f, struct arena *arena, const uint8_t *data, size_t size)
{
	struct timespec a, b;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	run(f, arena, data, size);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	return (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 < 5;
}

/* The body of a filter as that of an aggregator: no run may leave the new route torn. */
static void
merge(struct scope *scope, const struct ast *body, struct arena *arena)
{
	static const struct merge_item items[] = { { .name = "net" },
		{ .name = "bgp_med" }, { .name = "gw" }, { .name = "from" },
		{ .name = "dest" }, { .name = "preference" },
		{ .name = "bgp_aggregator" }, { .name = "own_list" } };
	static const uint8_t bytes[64] = { 2, 1, 0, 0, 0, 7 };
	static struct draft d;
	struct route_source source = {
		.proto = "peer1", .source = 11, .from = ip_from4(0x0a000001)
	};
	struct merge_route route[3];
	struct merge_block block = { 3, route };
	struct filter *by = scope_compile_merge(
			  scope, body, items, sizeof(items) / sizeof(*items)),
		      *key = scope_compile_key(
			  scope, items, sizeof(items) / sizeof(*items));
	struct attrs *set;
	const void *bucket;
	struct net net;
	size_t len;

	assert(net_parse("10.1.0.0/16", &net));
	route_init(&d, arena, bytes, sizeof(bytes));
	assert(key && filter_key(key, &net, &d, &source, &bucket, &len) && len);
	set = mem_alloc(attrs_size(&d));
	attrs_write(&d, set);
	for (unsigned i = 0; i < 3; i++)
		route[i] = (struct merge_route){ &net, set, source, i, "ipv4" };
	draft_init(&d, arena);
	if (by)
		filter_merge(by, &net, &d, &source, &block);
	check_order(&d);
	mem_free(set);
	filter_unref(by);
	filter_unref(key);
}

static struct filter *
compile(const char *text, size_t len, bool old, struct arena *arena)
{
	static const struct ast_def own[] = {
		{ .kind = DEF_ATTRIBUTE, .name = "own", .type = "int" },
		{ .kind = DEF_ATTRIBUTE, .name = "own_list", .type = "clist" },
		{ .kind = DEF_ATTRIBUTE, .name = "own_net", .type = "prefix" },
		{ .kind = DEF_ATTRIBUTE, .name = "own_set", .type = "int set" },
		{ .kind = DEF_ATTRIBUTE, .name = "own_text", .type = "string" },
	};
	struct source *source = source_new(arena, error, NULL);
	struct scope *scope = scope_new(arena, error, NULL);
	const struct block *b = parse_text(source, "fuzz", text, len);
	struct filter *f;

	scope_be_old(scope, old);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		scope_define(scope, &own[i]);
	for (const struct stmt *s = b ? b->first : NULL; s; s = s->next) {
		if (s->kind == STMT_DEF)
			scope_define(scope, s->def);
		if (s->kind == STMT_DEF && s->def->kind == DEF_FILTER && s->def->body)
			merge(scope, s->def->body, arena);
		else if (s->kind == STMT_EVAL)
			scope_eval_print(scope, s->expr, arena);
	}
	f = scope_filter(scope, "f");
	scope_free(scope);
	return f;
}

static void
quiet(void)
{
	static const struct log_dest nowhere = { .kind = LOG_TO_FILE,
		.path = "/dev/null" };
	static bool done;
	unsigned bad;

	if (!done)
		log_setup(&nowhere, 1, false, "fuzz", &bad);
	done = true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gen g;
	struct arena *a, *b;
	struct filter *f, *twin;
	const char *text;
	size_t len;

	if (!size || size > 20000)
		return 0;
	quiet();
	error_n = 0;
	text = (const char *)data + 1;
	len = size - 1;
	if (data[0] & 1) {
		g = (struct gen){ .at = data + 1, .end = data + size };
		generate(&g);
		text = g.text;
		len = g.n;
		if (getenv("FUZZ_SHOW"))
			fprintf(stderr, "%s\n", text);
	}
	a = arena_new();
	b = arena_new();
	f = compile(text, len, data[0] & 2, a);
	twin = compile(text, len, data[0] & 2, b);
	assert(!f == !twin);
	if (f) {
		assert(filter_same(f, twin) && filter_hash(f) == filter_hash(twin));
		assert(run(f, a, data, size) == run(twin, b, data, size));
		if (is_quick(f, a, data, size))
			remember(f, a, data, size);
	}
	filter_unref(f);
	filter_unref(twin);
	arena_free(a);
	arena_free(b);
	return 0;
}
