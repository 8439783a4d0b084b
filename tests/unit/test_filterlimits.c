/*
 * What a filter may take: depth, work, lines in the log.
 */
#include "filterroute.h"
#include "filtertext.h"
#include "base/wire.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* Rare errors are told each time, a flood is not. */
static void
error_limit(void **state)
{
	struct filtertext *t = filtertext_new();
	struct route_source source;
	struct draft d;
	struct net net;
	struct filter *f = filtertext_filter(
	    t, "filter { bgp_med = bgp_med + 1; accept; }");
	unsigned lines = 0;
	bool changed;

	(void)state;
	route_init(&d, t->arena, &net, &source);
	logged_begin();
	for (int i = 0; i < 1000; i++)
		filter_run(f, &net, &d, &source, &changed);
	logged_end();
	for (const char *p = logged; *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, 5 + 7); /* 8, 16 ... 512 */
	assert_non_null(strstr(logged, "error 512 of this filter"));
	filter_unref(f);
	filtertext_free(t);
}

/* Beyond what the machine has of its own, and beyond what it may have at all. */
static void
high_stack(void **state)
{
	static const struct {
		unsigned depth;
		enum filter_result want;
	} rows[] = { { 10, FILTER_ACCEPT }, { 100, FILTER_ACCEPT },
		{ 120, FILTER_ACCEPT }, { 128, FILTER_ERROR }, { 100000, FILTER_ERROR } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct filtertext *t = filtertext_new();
		struct route_source source;
		struct draft d;
		struct net net;
		struct filter *f;
		char text[128];
		bool changed;

		filtertext_define(t,
		    "function f(int n; int a; int b; int c; int d; int e; int g) -> int "
		    "{ if n = 0 then return a + g; "
		    "return 1 + f(n - 1, a, b, c, d, e, g); }");
		snprintf(text, sizeof(text),
		    "filter { if f(%u, 1, 2, 3, 4, 5, 6) = %u then accept; reject; }",
		    rows[i].depth, rows[i].depth + 7);
		f = filtertext_filter(t, text);
		assert_non_null(f);
		route_init(&d, t->arena, &net, &source);
		assert_int_equal(
		    filter_run(f, &net, &d, &source, &changed), rows[i].want);
		filter_unref(f);
		filtertext_free(t);
	}
}

/* An AS path and communities of so many elements, all different. */
static void
long_route(struct draft *d, struct arena *arena, uint32_t n)
{
	uint8_t *as = arena_alloc(arena, 5 * (size_t)n + 2), *p = as;
	uint8_t *list = arena_alloc(arena, 4 * (size_t)n);

	for (uint32_t i = 0; i < n; i++) {
		if (i % 250 == 0) {
			*p++ = 2;
			*p++ = (uint8_t)(n - i < 250 ? n - i : 250);
		}
		put_u32(p, i + 1);
		p += 4;
		put_u32(list + 4 * i, i + 1);
	}
	draft_put(d, AF_TRANSITIVE, ATTR_AS_PATH, as, (size_t)(p - as));
	draft_put(d, AF_OPTIONAL | AF_TRANSITIVE, ATTR_COMMUNITY, list, 4 * (size_t)n);
}

/* What an instruction works on is part of what a run may take: these would be accepted if
 * only instructions were counted. */
static void
bounds_work(void **state)
{
	static const char *const rows[] = {
		"for int i in p do if 4000000 ~ p then reject;",
		"for int i in p do if p ~ [4000000] then reject;",
		"for int i in p do if p ~ [= * 4000000 =] then reject;",
		"for int i in p do if p.len = 1 then reject;",
		"for int i in p do if p.last = 0 then reject;",
		"for int i in p do if p != bgp_path then reject;",
		"for int i in p do if (9,9) ~ c then reject;",
		"for int i in p do if c ~ [(9,9)] then reject;",
		"for int i in p do if c.max = (9,9) then reject;",
		"for int i in p do if s ~ \"*x*yz\" then reject;",
		"if add(-empty-, c).len = 0 then reject;",
		"if delete(c, c).len = 1 then reject;",
		"if filter(c, c).len = 0 then reject;",
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(rows); i++) {
		struct filtertext *t = filtertext_new();
		bool is_long = i % 2;
		struct route_source source;
		struct draft d;
		struct net net;
		struct filter *f;
		char text[256];
		bool changed;

		snprintf(text, sizeof(text),
		    "filter { bgppath p = bgp_path; clist c = bgp_community; "
		    "string s = format(c); %s accept; }",
		    rows[i / 2]);
		f = filtertext_filter(t, text);
		assert_string_equal(t->errors, "");
		route_init(&d, t->arena, &net, &source);
		long_route(&d, t->arena, is_long ? 12000 : 500);
		logged_begin();
		if (filter_run(f, &net, &d, &source, &changed) !=
		    (is_long ? FILTER_ERROR : FILTER_ACCEPT))
			fail_msg("%s: %s", rows[i / 2], is_long ? "long" : "short");
		logged_end();
		if (is_long)
			assert_non_null(strstr(logged, "Filter runs too long"));
		filter_unref(f);
		filtertext_free(t);
	}
}

int
main(void)
{
	ADD_TEST(error_limit);
	ADD_TEST(high_stack);
	ADD_TEST(bounds_work);
	return tests_run("filter limits");
}
