/*
 * Routes as values: what puts routes into a bucket, what `merge by` makes of one, and
 * what is said of a body that is wrong.
 */
#include "filtertext.h"

#include "base/log.h"
#include "base/mem.h"
#include "bgp/hops.h"
#include "filter/merge.h"
#include "filter/trial.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define ITEMS_MAX 4

static const char definitions[] =
    "function med_of(route r) -> int { if defined(r.bgp_med) then return r.bgp_med; "
    "return 0; }\n"
    "define five = 5;\n";

/* Routes by letter, as statements on an empty one; the letter is the protocol's name. */
static const struct {
	char name;
	const char *body;
} makings[] = {
	{ 'a', "bgp_med = 1; preference = 10; bgp_community.add((1,1)); "
	       "bgp_path.prepend(7);" },
	{ 'b', "bgp_med = 2; preference = 10; bgp_community.add((1,2)); own = 3;" },
	{ 'c',
	    "bgp_med = 1; preference = 20; gw = 192.0.2.1; bgp_next_hop = 192.0.2.1;" },
	{ 'd',
	    "preference = 10; dest = RTD_BLACKHOLE; bgp_origin = ORIGIN_EGP; own = 3;" },
	{ 'e', "" },
};

struct fixture {
	struct filtertext *t;
	struct arena *arena;
	struct net net;
	struct attrs *attrs[COUNT(makings)];
	struct merge_item item[ITEMS_MAX];
	unsigned item_n;
	const char *text; /* of the body */
};

static struct route_source
source_of(unsigned i)
{
	static char names[COUNT(makings)][2];

	names[i][0] = makings[i].name;
	return (struct route_source){ .proto = names[i],
		.source = ROUTE_SOURCE_STATIC,
		.from = ip_from4(i + 1) };
}

static void
make(struct fixture *f, unsigned i)
{
	char text[256];
	struct filter *filter;
	struct route_source source = source_of(i);
	struct draft d;
	bool changed;

	snprintf(text, sizeof(text), "filter { %s accept; }", makings[i].body);
	filter = filtertext_filter(f->t, text);
	assert_string_equal(f->t->errors, "");
	draft_init(&d, f->arena);
	assert_int_equal(
	    filter_run(filter, &f->net, &d, &source, &changed), FILTER_ACCEPT);
	filter_unref(filter);
	f->attrs[i] = mem_alloc(attrs_size(&d));
	attrs_write(&d, f->attrs[i]);
}

static void
start(struct fixture *f)
{
	static const struct ast_def own = { .kind = DEF_ATTRIBUTE,
		.name = "own",
		.type = "int" },
				    tags = { .kind = DEF_ATTRIBUTE,
					    .name = "tags",
					    .type = "clist" };

	*f = (struct fixture){ .t = filtertext_new(), .arena = arena_new() };
	assert_true(net_parse("10.0.0.0/8", &f->net));
	assert_true(scope_define(f->t->scope, &own));
	assert_true(scope_define(f->t->scope, &tags));
	assert_true(filtertext_define(f->t, definitions));
	for (unsigned i = 0; i < COUNT(makings); i++)
		make(f, i);
}

static void
end(struct fixture *f)
{
	for (unsigned i = 0; i < COUNT(makings); i++)
		mem_free(f->attrs[i]);
	arena_free(f->arena);
	filtertext_free(f->t);
}

/* "net, bgp_med, (expr)" */
static void
items(struct fixture *f, const char *text)
{
	char buf[256], *at = buf, *word;

	snprintf(buf, sizeof(buf), "%s", text);
	f->item_n = 0;
	while ((word = strsep(&at, ",")) != NULL) {
		struct merge_item *item = &f->item[f->item_n++];

		word += strspn(word, " ");
		*item = (struct merge_item){ .at = { .file = "test", .line = 1 } };
		if (*word == '(')
			item->expr = parse_expr(f->t->source, "test", word, strlen(word));
		else
			item->name = arena_strdup(f->arena, word);
	}
}

static struct filter *
merge_of(struct fixture *f, const char *body)
{
	char text[512];
	const struct arg *a;

	snprintf(text, sizeof(text), "filter { %s }", body);
	a = parse_filter(f->t->source, "test", text, strlen(text));
	return a && !*f->t->errors
		   ? scope_compile_merge(f->t->scope, a->expr, f->item, f->item_n)
		   : NULL;
}

/*
 * Keys.
 */
static const struct key_row {
	const char *items, *buckets; /* of all five routes */
} key_rows[] = {
	{ "net", "abcde" },
	{ "net, bgp_med", "ac b de" },
	{ "bgp_med, net", "ac b de" },
	{ "net, preference", "abd c e" },
	{ "net, preference, bgp_med", "a b c d e" },
	{ "net, (defined(bgp_med))", "abc de" },
	{ "net, (1 + 2)", "abcde" },
	{ "net, bgp_path", "a bcde" },
	{ "net, (bgp_path.len)", "a bcde" },
	{ "net, bgp_community", "a b cde" },
	{ "net, gw", "abde c" },
	{ "net, dest", "abce d" },
	{ "net, own", "ac"
		      "e bd" },
	{ "net, proto", "a b c d e" },
	{ "net, source", "abcde" },
	{ "net, bgp_origin", "abce d" },
	{ "net, bgp_aggregator", "abcde" },
};

static void
buckets_of(struct fixture *f, const struct filter *key, char *out)
{
	struct {
		const void *key;
		size_t len;
		bool in;
	} k[COUNT(makings)];

	for (unsigned i = 0; i < COUNT(makings); i++) {
		struct route_source source = source_of(i);
		struct draft d;

		draft_from(&d, f->arena, f->attrs[i]);
		assert_true(filter_key(key, &f->net, &d, &source, &k[i].key, &k[i].len));
		k[i].in = false;
	}
	for (unsigned i = 0; i < COUNT(makings); i++) {
		if (k[i].in)
			continue;
		if (i)
			*out++ = ' ';
		for (unsigned j = i; j < COUNT(makings); j++)
			if (!k[j].in && k[i].len == k[j].len &&
			    memcmp(k[i].key, k[j].key, k[i].len) == 0) {
				k[j].in = true;
				*out++ = makings[j].name;
			}
	}
	*out = 0;
}

static void
routes_of_equal_values_share_a_bucket(void **state)
{
	struct fixture f;
	char got[32];

	(void)state;
	start(&f);
	for (size_t i = 0; i < COUNT(key_rows); i++) {
		struct filter *key;

		items(&f, key_rows[i].items);
		key = scope_compile_key(f.t->scope, f.item, f.item_n);
		assert_string_equal(f.t->errors, "");
		buckets_of(&f, key, got);
		if (strcmp(got, key_rows[i].buckets) != 0)
			fail_msg("%s: %s", key_rows[i].items, got);
		filter_unref(key);
	}
	end(&f);
}

/*
 * Merging.
 */
static const struct merge_row {
	const char *name, *items, *routes, *body;
	const char *want; /* printed of the new route; NULL: refused */
} merge_rows[] = {
	{ "nothing said", "net", "ab", "accept;", "d 3 p 5 m (void) c (clist )" },
	{ "refused", "net", "ab", "reject;", NULL },
	{ "not decided", "net", "ab", "bgp_med = 1;", NULL },
	{ "what is common is set", "net, preference, bgp_med", "a", "accept;",
	    "d 3 p 10 m 1 c (clist )" },
	{ "what no route has is not", "net, bgp_med", "de", "accept;",
	    "d 3 p 5 m (void) c (clist )" },
	{ "a list", "net, bgp_community", "a", "accept;",
	    "d 3 p 5 m (void) c (clist (1,1))" },
	{ "an expression sets nothing", "net, (bgp_med)", "a", "accept;",
	    "d 3 p 5 m (void) c (clist )" },
	{ "a destination", "net, dest", "d", "accept;", "d 2 p 5 m (void) c (clist )" },
	{ "a way", "net, gw", "c", "accept;", "d 1 p 5 m (void) c (clist )" },
	{ "no way to lead", "net, gw", "ab", "accept;", "d 3 p 5 m (void) c (clist )" },
	{ "a sum", "net", "ab",
	    "bgp_med = 0; for route r in routes do bgp_med = bgp_med + r.bgp_med; "
	    "accept;",
	    "d 3 p 5 m 3 c (clist )" },
	{ "lists together", "net", "ab",
	    "for route r in routes do bgp_community.add(r.bgp_community); accept;",
	    "d 3 p 5 m (void) c (clist (1,1) (1,2))" },
	{ "the first only", "net", "ba",
	    "for route r in routes do { bgp_med = r.bgp_med; accept; }",
	    "d 3 p 5 m 2 c (clist )" },
	{ "one without", "net", "ae",
	    "for route r in routes do if ! defined(r.bgp_med) then { bgp_med = 9; "
	    "accept; } "
	    "reject;",
	    "d 3 p 5 m 9 c (clist )" },
	{ "undefined: an error", "net", "e",
	    "for route r in routes do bgp_med = r.bgp_med + 1; accept;", NULL },
	{ "the new one is not a route of the bucket", "net", "a",
	    "bgp_med = 7; for route r in routes do if r.bgp_med = 7 then reject; accept;",
	    "d 3 p 5 m 7 c (clist )" },
	{ "by a function", "net", "abe",
	    "bgp_med = 0; for route r in routes do bgp_med = bgp_med + med_of(r); "
	    "accept;",
	    "d 3 p 5 m 3 c (clist )" },
	{ "pairs of routes", "net", "ab",
	    "bgp_med = 0; for route r in routes do for route s in routes do "
	    "if r.bgp_med < s.bgp_med then bgp_med = bgp_med + r.bgp_med * 10 + "
	    "s.bgp_med; "
	    "accept;",
	    "d 3 p 5 m 12 c (clist )" },
	{ "a route is itself", "net", "ab",
	    "int n = 0; for route r in routes do for route s in routes do "
	    "if r = s then n = n + 1; bgp_med = n; accept;",
	    "d 3 p 5 m 2 c (clist )" },
	{ "kept for later", "net", "ab",
	    "route last; for route r in routes do last = r; bgp_med = last.bgp_med; "
	    "accept;",
	    "d 3 p 5 m 2 c (clist )" },
	{ "never set", "net", "ab", "route last; bgp_med = last.bgp_med; accept;", NULL },
	{ "custom attributes", "net", "bd",
	    "bgp_med = 0; for route r in routes do bgp_med = bgp_med + r.own; accept;",
	    "d 3 p 5 m 6 c (clist )" },
	{ "custom, common", "net, own", "bd", "bgp_med = own; accept;",
	    "d 3 p 5 m 3 c (clist )" },
	{ "what a list attribute reads as", "net", "e",
	    "for route r in routes do bgp_med = r.tags.len + r.bgp_path.len; accept;",
	    "d 3 p 5 m 0 c (clist )" },
	{ "methods of attributes", "net", "a",
	    "for route r in routes do bgp_med = r.bgp_path.first; accept;",
	    "d 3 p 5 m 7 c (clist )" },
	{ "where routes come from", "net", "ac",
	    "for route r in routes do if r.proto = \"c\" && r.from = 0.0.0.3 && "
	    "r.source = RTS_STATIC && r.gw = 192.0.2.1 && r.net = net then accept; "
	    "reject;",
	    "d 3 p 5 m (void) c (clist )" },
	{ "its own source", "net", "a",
	    "if proto != \"agg\" || source != RTS_AGGREGATED then reject; accept;",
	    "d 3 p 5 m (void) c (clist )" },
	{ "as text", "net", "ab",
	    "if format(routes) != \"Block of routes: 0: Route [0] to 10.0.0.0/8 from "
	    "a.ipv4 "
	    "via a; 1: Route [1] to 10.0.0.0/8 from b.ipv4 via b\" then reject; accept;",
	    "d 3 p 5 m (void) c (clist )" },
	{ "preference and from", "net, preference, from", "c",
	    "if from != 0.0.0.3 then reject; accept;", "d 3 p 20 m (void) c (clist )" },
	{ "next hop", "net, bgp_next_hop", "c",
	    "if bgp_next_hop != 192.0.2.1 then reject; accept;",
	    "d 3 p 5 m (void) c (clist )" },
};

static void
show(struct fixture *f, struct draft *d, char *out, size_t size)
{
	static const char text[] =
	    "filter { print \"d \", dest, \" p \", preference, \" m \", "
	    "bgp_med, \" c \", bgp_community; accept; }";
	struct filter *filter = filtertext_filter(f->t, text);
	struct filter_trial trial = { 0 };

	filter_try(filter, &f->net, d, NULL, &trial);
	/* an enumeration prints its group, too */
	snprintf(out, size, "d %s", strchr(trial.print[0], ')') + 1);
	filter_unref(filter);
}

static enum filter_result
merge(struct fixture *f, const struct filter *by, const char *routes, struct draft *d)
{
	struct merge_route route[8] = { 0 };
	struct merge_block block = { .route = route };
	struct route_source agg = { .proto = "agg", .source = ROUTE_SOURCE_AGGREGATED };

	for (; *routes; routes++) {
		unsigned i = (unsigned)(*routes - 'a');

		route[block.n++] = (struct merge_route){ .net = &f->net,
			.attrs = f->attrs[i],
			.source = source_of(i),
			.id = i,
			.channel = "ipv4" };
	}
	draft_init(d, f->arena);
	d->preference = 5;
	draft_set_dest(d, DEST_UNREACHABLE);
	return filter_merge(by, &f->net, d, &agg, &block);
}

static void
merge_row(struct fixture *f, const struct merge_row *row)
{
	enum filter_result result;
	struct filter *by;
	struct draft d;
	char got[128];

	items(f, row->items);
	by = merge_of(f, row->body);
	if (*f->t->errors)
		fail_msg("%s: %s", row->name, f->t->errors);
	result = merge(f, by, row->routes, &d);
	filter_unref(by);
	if ((result == FILTER_ACCEPT) != (row->want != NULL))
		fail_msg("%s: result %u", row->name, result);
	if (!row->want)
		return;
	show(f, &d, got, sizeof(got));
	if (strcmp(got, row->want) != 0)
		fail_msg("%s: %s", row->name, got);
}

static void
merged_as_the_body_says(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	for (size_t i = 0; i < COUNT(merge_rows); i++)
		merge_row(&f, &merge_rows[i]);
	end(&f);
}

/*
 * Errors.
 */
static const struct error_row {
	const char *items, *body, *error;
} error_rows[] = {
	{ "net", "for route r in routes do bgp_med = r.nothing; accept;",
	    "Unknown symbol nothing" },
	{ "net", "for int r in routes do accept;",
	    "Loop variable 'r' in FOR must be route" },
	{ "net", "for route r in bgp_path do accept;",
	    "Loop variable 'r' in FOR must be int" },
	{ "net", "for route r in routes do bgp_path = r.bgp_med; accept;",
	    "must be of type bgppath, got type int" },
	{ "net", "bgp_med = routes; accept;", "must be of type int, got type route set" },
	{ "net", "bgp_med = routes.bgp_med; accept;", "Unknown symbol bgp_med" },
	{ "net", "route set s; accept;", "unexpected 'set'" },
	{ "net", "for route r in routes do bgp_med = r.len; accept;",
	    "Unknown symbol len" },
	{ "net", "for route r in routes do if r < r then accept;", "of the same type" },
	{ "net, five", "accept;", "Can't aggregate on symbol type constant." },
	{ "net, nothing", "accept;", "Undefined symbol 'nothing'" },
	{ "net, ([7])", "accept;", "Can't aggregate on a value of type set" },
};

static void
wrong_ones_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(error_rows); i++) {
		const struct error_row *row = &error_rows[i];
		struct filter *by, *key;
		struct fixture f;

		start(&f);
		items(&f, row->items);
		by = merge_of(&f, row->body);
		key = scope_compile_key(f.t->scope, f.item, f.item_n);
		assert_true(!by || !key);
		if (!strstr(f.t->errors, row->error))
			fail_msg("%s: %s", row->body, f.t->errors);
		filter_unref(by);
		filter_unref(key);
		end(&f);
	}
}

/* Elsewhere there is no bucket. */
static void
routes_are_known_there_alone(void **state)
{
	static const struct ast_def mine = {
		.kind = DEF_ATTRIBUTE, .name = "mine", .type = "route"
	};
	struct fixture f;

	(void)state;
	start(&f);
	assert_null(
	    filtertext_filter(f.t, "filter { for route r in routes do accept; }"));
	assert_non_null(strstr(f.t->errors, "Undefined symbol 'routes'"));
	f.t->errors[0] = 0;
	assert_false(scope_define(f.t->scope, &mine));
	assert_non_null(strstr(f.t->errors, "Type route is not supported"));
	end(&f);
}

static void
equal_code_is_equal(void **state)
{
	struct filter *by[4];
	struct fixture f;

	(void)state;
	start(&f);
	items(&f, "net, bgp_med");
	by[0] = merge_of(
	    &f, "for route r in routes do bgp_community = r.bgp_community; accept;");
	by[1] = merge_of(
	    &f, "for route x in routes do { bgp_community = x.bgp_community; } accept;");
	by[2] = merge_of(&f, "for route r in routes do tags = r.bgp_community; accept;");
	items(&f, "net, preference");
	by[3] = merge_of(
	    &f, "for route r in routes do bgp_community = r.bgp_community; accept;");
	assert_string_equal(f.t->errors, "");
	assert_true(filter_same(by[0], by[1]));
	assert_false(filter_same(by[0], by[2]));
	assert_false(filter_same(by[0], by[3]));
	for (unsigned i = 0; i < 4; i++)
		filter_unref(by[i]);
	end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_of_equal_values_share_a_bucket),
		cmocka_unit_test(merged_as_the_body_says),
		cmocka_unit_test(wrong_ones_are_refused),
		cmocka_unit_test(routes_are_known_there_alone),
		cmocka_unit_test(equal_code_is_equal),
	};

	return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
