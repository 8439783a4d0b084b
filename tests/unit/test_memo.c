/*
 * Results remembered: the same as of a plain run, and with as few runs as the questions
 * about the network allow.
 */
#include "filtertext.h"

#include <pthread.h>
#include "base/log.h"
#include "base/longnet.h"
#include "base/mem.h"
#include "filter/links.h"
#include "filter/memo.h"
#include "test.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char definitions[] =
    "define PS = [ 10.0.0.0/8{9,24}, 192.0.2.0/24 ];\n"
    "function long() { return net.len > 20; }\n"
    "function inside(prefix p) { return p ~ 10.0.0.0/9; }\n"
    "function tag() { bgp_community.add((64512, 7)); return true; }\n";

static const char *const nets[] = { "10.0.0.0/16", "10.1.0.0/16", "10.200.0.0/16",
	"10.0.1.0/24", "192.0.2.0/24", "198.51.100.0/24", "10.0.0.0/8", "0.0.0.0/0",
	"10.2.0.0/16", "10.3.0.0/16" };

/* runs: of ten networks through one set for the first time */
static const struct run_row {
	const char *name, *text;
	unsigned runs;
	unsigned again; /* and when the set is known */
} run_rows[] = {
	{ "attributes alone", "if bgp_local_pref = 100 then accept; reject;", 1, 0 },
	{ "writes", "bgp_med = 7; bgp_community.add((1,1)); accept;", 1, 0 },
	{ "a set of prefixes", "if net ~ PS then accept; reject;", 2, 0 },
	{ "two questions",
	    "if net ~ PS then bgp_med = 1; if long() then bgp_med = 2; "
	    "tag(); accept;",
	    5, 0 },
	{ "second question for some",
	    "if net ~ PS then { if net.len = 24 then accept; } "
	    "reject;",
	    3, 0 },
	{ "length as a value", "bgp_med = net.len; accept;", 4, 0 },
	{ "the network in a variable", "prefix p = net; if p ~ PS then reject; accept;",
	    2, 0 },
	{ "the network as an argument", "if inside(net) then reject; accept;", 2, 0 },
	{ "type", "if net.type = NET_IP4 then accept; reject;", 1, 0 },
	{ "its address", "if net.ip = 10.1.0.0 then reject; accept;", 10, 10 },
	{ "equal to one", "if net = 10.1.0.0/16 then reject; accept;", 10, 10 },
	{ "order", "if net < 10.1.0.0/16 then reject; accept;", 10, 10 },
	{ "on the right side", "if 10.1.0.0/24 ~ net then reject; accept;", 10, 10 },
	{ "as text", "if format(net) ~ \"10.*\" then reject; accept;", 10, 10 },
	{ "prints", "print \"x\"; accept;", 10, 10 },
	{ "errors",
	    "if net ~ PS then accept; if 1 / (bgp_local_pref - 100) = 1 then accept; "
	    "reject;",
	    4, 3 },
	{ "undecided", "if net ~ PS then accept;", 4, 3 },
	{ "origin validation", "if roa_check(r4) = ROA_INVALID then reject; accept;", 1,
	    0 },
	{ "of another network",
	    "if roa_check(r4, 10.0.0.0/8, bgp_path.last) = ROA_VALID "
	    "then reject; accept;",
	    10, 10 },
	{ "path validation",
	    "if aspa_check_upstream(t) = ASPA_INVALID then reject; accept;", 10, 10 },
	{ "source", "if proto = \"peer1\" then accept; reject;", 1, 0 },
};

static void
route_init(struct draft *d, struct arena *arena, uint32_t med)
{
	static const uint8_t path[] = { 2, 2, 0, 0, 0xfd, 0xe9, 0, 0, 0xfd, 0xea };

	draft_init(d, arena);
	draft_set_u8(d, ATTR_ORIGIN, ORIGIN_IGP);
	draft_put(d, AF_TRANSITIVE, ATTR_AS_PATH, path, sizeof(path));
	draft_set_u32(d, ATTR_LOCAL_PREF, 100);
	if (med)
		draft_set_u32(d, ATTR_MED, med);
	d->preference = 100;
	d->next_hop = (struct next_hop){ 4, { 192, 0, 2, 9 } };
}

static struct attrs *
set_of(const struct draft *d)
{
	struct attrs *a = mem_alloc(attrs_size(d));

	attrs_write(d, a);
	return a;
}

static void
assert_same_set(const struct attrs *a, const struct attrs *b)
{
	assert_int_equal(a->preference, b->preference);
	assert_int_equal(a->nh_len, b->nh_len);
	assert_int_equal(a->block_len, b->block_len);
	assert_int_equal(a->local_len, b->local_len);
	assert_memory_equal(
	    a->bytes, b->bytes, (size_t)a->nh_len + a->block_len + a->local_len);
}

/* The answer against a plain run. */
static void
compare(struct filtertext *t, const struct filter *f, const struct attrs *from,
    const struct net *net, const struct route_source *source,
    const struct memo_answer *a)
{
	struct draft d;
	bool changed;
	enum filter_result want;
	struct attrs *set;

	draft_from(&d, t->arena, from);
	want = filter_run(f, net, &d, source, &changed);
	assert_int_equal(a->result, want);
	if (want != FILTER_ACCEPT)
		return;
	assert_int_equal(a->changed, changed);
	if (!changed)
		return;
	set = set_of(&d);
	assert_same_set(a->set, set);
	mem_free(set);
}

static unsigned
all_nets(struct filtertext *t, struct memo *m, const struct filter *f,
    const struct attrs *from, const struct route_source *source)
{
	uint64_t before = memo_stats(m).runs;
	struct memo_use use;
	struct net net;

	memo_begin(&use, m, f, from, source);
	for (size_t i = 0; i < COUNT(nets); i++) {
		assert_true(net_parse(nets[i], &net));
		compare(t, f, from, &net, source, memo_run(&use, &net));
	}
	memo_end(&use);
	return (unsigned)(memo_stats(m).runs - before);
}

static void
memo_test(void **state)
{
	const struct run_row *r = *state;
	struct filtertext *t = filtertext_new();
	struct memo *m = memo_new();
	struct route_source source = {
		.proto = "peer1", .source = ROUTE_SOURCE_BGP, .from = ip_from4(1)
	};
	struct draft d;
	struct attrs *from, *other;
	struct filter *f;
	char text[512];

	assert_true(filtertext_define(t, definitions));
	snprintf(text, sizeof(text), "filter { %s }", r->text);
	f = filtertext_filter(t, text);
	assert_string_equal(t->errors, "");
	route_init(&d, t->arena, 0);
	from = set_of(&d);
	route_init(&d, t->arena, 9);
	other = set_of(&d);
	assert_int_equal(all_nets(t, m, f, from, &source), r->runs);
	assert_int_equal(all_nets(t, m, f, other, &source), r->runs);
	/* the second time it is kept, the third time all is known */
	assert_int_equal(all_nets(t, m, f, from, &source), r->runs);
	assert_int_equal(all_nets(t, m, f, from, &source), r->again);
	mem_free(from);
	mem_free(other);
	memo_free(m);
	filter_unref(f);
	filtertext_free(t);
}

/* What else belongs to the key: the filter, preference, next hop, the source if read. */
static void
keys(void **state)
{
	struct filtertext *t = filtertext_new();
	struct memo *m = memo_new();
	struct route_source
	    one = { .proto = "peer1", .source = ROUTE_SOURCE_BGP, .from = ip_from4(1) },
	    two = { .proto = "peer2", .source = ROUTE_SOURCE_BGP, .from = ip_from4(1) },
	    three = { .proto = "peer1", .source = ROUTE_SOURCE_BGP, .from = ip_from4(2) };
	struct filter *f, *g, *plain;
	struct draft d;
	struct attrs *set[3];

	(void)state;
	f = filtertext_filter(t, "where proto = \"peer1\" && from = 0.0.0.1");
	g = filtertext_filter(t, "where proto = \"peer2\" || from = 0.0.0.1");
	plain = filtertext_filter(
	    t, "where preference = 100 && bgp_next_hop = 192.0.2.9");
	route_init(&d, t->arena, 0);
	set[0] = set_of(&d);
	d.preference = 101;
	set[1] = set_of(&d);
	d.preference = 100;
	d.next_hop.b[3] = 1;
	set[2] = set_of(&d);
	for (int i = 0; i < 4; i++) {
		for (int k = 0; k < 3; k++) {
			all_nets(t, m, f, set[k], &one);
			all_nets(t, m, g, set[k], &one);
			all_nets(t, m, f, set[k], &two);
			all_nets(t, m, g, set[k], &two);
			all_nets(t, m, f, set[k], &three);
			all_nets(t, m, g, set[k], &three);
			all_nets(t, m, plain, set[k], &one);
		}
	}
	assert_int_equal(memo_stats(m).entries, 21);
	/* without the source in the key another source finds the same */
	assert_int_equal(all_nets(t, m, plain, set[0], &two), 0);
	/* an equal filter made anew is another one: nothing of the old one is asked */
	filter_unref(f);
	f = filtertext_filter(t, "where proto = \"peer1\" && from = 0.0.0.1");
	assert_true(all_nets(t, m, f, set[0], &one) > 0);
	for (int k = 0; k < 3; k++)
		mem_free(set[k]);
	memo_free(m);
	filter_unref(f);
	filter_unref(g);
	filter_unref(plain);
	filtertext_free(t);
}

/* Two uses at a time, of sets that share a slot or are the same one. */
static void
uses(void **state)
{
	struct filtertext *t = filtertext_new();
	struct memo *m = memo_new();
	struct route_source source = {
		.proto = "peer1", .source = ROUTE_SOURCE_BGP, .from = ip_from4(1)
	};
	struct filter *f = filtertext_filter(t, "filter { bgp_med = net.len; accept; }");
	struct memo_use a, b;
	const struct memo_answer *x, *y;
	struct draft d;
	struct attrs *from;
	struct net net, longer;

	(void)state;
	assert_true(net_parse("10.0.0.0/8", &net) && net_parse("10.0.0.0/9", &longer));
	route_init(&d, t->arena, 5);
	from = set_of(&d);
	for (int i = 0; i < 4; i++) {
		memo_begin(&a, m, f, from, &source);
		memo_begin(&b, m, f, from, &source);
		x = memo_run(&a, &net);
		y = memo_run(&b, &longer);
		assert_true(x->changed && y->changed && x->med_set && y->med_set);
		compare(t, f, from, &net, &source, x);
		compare(t, f, from, &longer, &source, y);
		assert_true(x->serial != y->serial);
		assert_true(memo_run(&a, &net)->serial == x->serial);
		memo_end(&b);
		compare(t, f, from, &net, &source, x);
		memo_end(&a);
	}
	mem_free(from);
	memo_free(m);
	filter_unref(f);
	filtertext_free(t);
}

static bool
has_all(const struct filter_links *l, const char *name)
{
	(void)l, (void)name;
	return true;
}

static bool
has_none(const struct filter_links *l, const char *name)
{
	(void)l, (void)name;
	return false;
}

/* A result holds for the links that it was found with. */
static void
links_change(void **state)
{
	static const struct filter_links all = { .serial = 1, .has = has_all },
					 none = { .serial = 2, .has = has_none };
	struct filtertext *t = filtertext_new();
	struct memo *m = memo_new();
	struct route_source source = { .proto = "peer1", .source = ROUTE_SOURCE_BGP };
	struct filter *f = filtertext_filter(t, "filter { ifname = \"eth0\"; accept; }");
	struct memo_use use;
	struct draft d;
	struct attrs *from;
	struct net net;

	(void)state;
	assert_true(net_parse("10.0.0.0/8", &net));
	route_init(&d, t->arena, 5);
	from = set_of(&d);
	for (int i = 0; i < 8; i++) {
		source.links = i < 4 ? &all : &none;
		memo_begin(&use, m, f, from, &source);
		assert_int_equal(memo_run(&use, &net)->result,
		    i < 4 ? FILTER_ACCEPT : FILTER_ERROR);
		memo_end(&use);
	}
	mem_free(from);
	memo_free(m);
	filter_unref(f);
	filtertext_free(t);
}

/* What is known of addresses says nothing of networks that are more than one, though they
 * share filter and attributes. */
static void
networks_of_all_kinds(void **state)
{
	static const char *const texts[] = { "if net.len = 8 then accept; reject;",
		"if net.type = NET_IP4 then accept; reject;",
		"if net ~ [ 10.0.0.0/8+ ] then accept; reject;", "accept;" };
	struct filtertext *t = filtertext_new();
	struct memo *m = memo_new();
	struct route_source source = {
		.proto = "peer1", .source = ROUTE_SOURCE_BGP, .from = ip_from4(1)
	};
	struct draft d;
	struct attrs *from;

	(void)state;
	route_init(&d, t->arena, 5);
	from = set_of(&d);
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct net net, of[6] = { { .type = NET_IP4 } };
		struct filter *f;
		char text[100];

		snprintf(text, sizeof(text), "filter { %s }", texts[i]);
		f = filtertext_filter(t, text);
		assert_true(net_parse("10.0.0.0/8", &net));
		of[1] = net;
		of[2] = net_vpn(&net, 7);
		of[3] = net_long(NET_FLOW4, "\1\10\12", 3); /* dst 10.0.0.0/8 */
		of[4] = net_long(NET_FLOW4, "\1\20\12\1", 4);
		of[5] = net_long(NET_EVPN, "\310\0", 2);
		for (unsigned k = 0; k < 24; k++) {
			struct net *n = malloc(sizeof(*n)); /* its end is the heap's */
			struct memo_use use;

			*n = of[k % 6];
			memo_begin(&use, m, f, from, &source);
			compare(t, f, from, n, &source, memo_run(&use, n));
			memo_end(&use);
			free(n);
		}
		filter_unref(f);
	}
	mem_free(from);
	memo_free(m);
	filtertext_free(t);
}

static void *
takes_references(void *arg)
{
	struct attrs *a = arg;

	for (int i = 0; i < 200000; i++)
		attrs_ref(a, 1);
	return NULL;
}

/* Meanwhile other threads count references (for the thread sanitizer). */
static void
shared(void **state)
{
	struct filtertext *t = filtertext_new();
	struct memo *m = memo_new();
	struct route_source source = {
		.proto = "peer1", .source = ROUTE_SOURCE_BGP, .from = ip_from4(1)
	};
	struct filter *f = filtertext_filter(t, "filter { bgp_med = net.len; accept; }");
	struct attrs *from;
	struct draft d;
	pthread_t thread;

	(void)state;
	route_init(&d, t->arena, 5);
	from = set_of(&d);
	assert_int_equal(pthread_create(&thread, NULL, takes_references, from), 0);
	for (int i = 0; i < 4; i++)
		all_nets(t, m, f, from, &source);
	pthread_join(thread, NULL);
	mem_free(from);
	memo_free(m);
	filter_unref(f);
	filtertext_free(t);
}

/* More sets, answers and bytes than are kept: the results stay right, memory bounded. */
static void
bounds(void **state)
{
	struct filtertext *t = filtertext_new();
	struct memo *m = memo_new();
	struct route_source source = {
		.proto = "peer1", .source = ROUTE_SOURCE_BGP, .from = ip_from4(1)
	};
	struct filter *f = filtertext_filter(
	    t, "filter { bgp_med = net.len * 1000 + bgp_med; accept; }");
	struct draft d;
	struct net net;
	struct memo_use use;

	(void)state;
	assert_true(net_parse("2001:db8::/32", &net));
	for (uint32_t i = 0; i < 40000; i++) {
		struct attrs *from;

		route_init(&d, t->arena, 1 + i % 15000);
		from = set_of(&d);
		memo_begin(&use, m, f, from, &source);
		for (unsigned k = 0; k < (i % 100 ? 2 : 129); k++) {
			net.plen = (uint8_t)k;
			compare(t, f, from, &net, &source, memo_run(&use, &net));
		}
		memo_end(&use);
		mem_free(from);
		if (i % 1000 == 0) {
			assert_true(memo_stats(m).entries <= 4096);
			assert_true(memo_stats(m).bytes <= 4096 * 10000);
		}
	}
	memo_free(m);
	filter_unref(f);
	filtertext_free(t);
}

int
main(void)
{
	static const struct log_dest nowhere = { .kind = LOG_TO_FILE,
		.path = "/dev/null" };
	unsigned bad;

	ADD_ROWS(run_rows, name, memo_test);
	ADD_TEST(keys);
	ADD_TEST(uses);
	ADD_TEST(links_change);
	ADD_TEST(shared);
	ADD_TEST(networks_of_all_kinds);
	ADD_TEST(bounds);
	log_setup(&nowhere, 1, false, "test", &bad);
	return tests_run("memo");
}
