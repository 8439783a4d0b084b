/*
 * Adj-RIB-In: what is put in is there, what was not told again goes, and nothing is left
 * behind.
 */
#include "rib.h"
#include "base/longnet.h"
#include "base/wire.h"
#include "rib/adjin.h"

static struct store *store;
static struct adjin *in;
static struct attrs *one, *two;
static struct adjin_route route[ADJIN_SLICE];

static int
setup(void **state)
{
	(void)state;
	store = store_new();
	in = adjin_new(store, NET_IP4);
	one = make_set(store, &(struct set_desc){ .path = "1" });
	two = make_set(store, &(struct set_desc){ .path = "2" });
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	adjin_free(in);
	attrs_unref(store, one, 1);
	attrs_unref(store, two, 1);
	store_free(store); /* asserts that no reference is left */
	assert_int_equal(longnet_stats().nets, 0);
	return 0;
}

static struct nlri
nlri_of(const char *net, uint32_t path_id)
{
	return (struct nlri){ .net = make_net(net), .path_id = path_id };
}

static void
put(const char *net, uint32_t path_id, struct attrs *attrs)
{
	struct nlri n = nlri_of(net, path_id);

	assert_true(adjin_put(in, &n, attrs, 5));
}

static void
del(const char *net, uint32_t path_id)
{
	struct nlri n = nlri_of(net, path_id);

	adjin_del(in, &n);
}

static bool
has(const char *net, uint32_t path_id)
{
	struct nlri n = nlri_of(net, path_id);

	return adjin_has(in, &n);
}

/* "10.0.0.0/8#1 path, " of all, in order of the table; a star for stale ones. */
static const char *
all(void)
{
	static char text[1000];
	uint32_t pos = 0;
	unsigned n;

	text[0] = 0;
	while ((n = adjin_next(in, &pos, route)))
		for (unsigned i = 0; i < n; i++) {
			char net[NET_TEXT_MAX];

			net_format(&route[i].nlri.net, net);
			sprintf(text + strlen(text), "%s#%u %u%s,", net,
			    route[i].nlri.path_id, route[i].attrs->neighbor_as,
			    route[i].stale ? "*" : "");
		}
	return text;
}

static void
paths_of_a_network(void **state)
{
	struct net n = make_net("10.1.0.0/16");

	(void)state;
	put("10.1.0.0/16", 1, one);
	put("10.1.0.0/16", 2, one);
	put("10.1.0.0/16", 1, two);
	assert_string_equal(all(), "10.1.0.0/16#1 2,10.1.0.0/16#2 1,");
	assert_int_equal(adjin_paths(in), 2);
	assert_int_equal(adjin_look(in, &n, route), 2);
	del("10.1.0.0/16", 1);
	del("10.1.0.0/16", 3);
	del("10.2.0.0/16", 1);
	assert_string_equal(all(), "10.1.0.0/16#2 1,");
	assert_false(has("10.1.0.0/16", 1));
	assert_true(has("10.1.0.0/16", 2));
	n = make_net("10.1.2.0/24");
	assert_int_equal(adjin_look(in, &n, route), 0);
	assert_int_equal(adjin_match(in, &n, route), 1);
	assert_int_equal(adjin_paths(in), 1);
}

static void
what_is_not_told_again_goes(void **state)
{
	(void)state;
	put("10.1.0.0/16", 0, one);
	put("10.2.0.0/16", 0, one);
	put("10.3.0.0/16", 0, one);
	adjin_mark(in);
	put("10.2.0.0/16", 0, one);
	del("10.3.0.0/16", 0);
	assert_string_equal(all(), "10.1.0.0/16#0 1*,10.2.0.0/16#0 1,");
	assert_int_equal(adjin_paths(in), 2);
	adjin_drop_stale(in);
	assert_string_equal(all(), "10.2.0.0/16#0 1,");
	assert_int_equal(adjin_paths(in), 1);
	assert_false(has("10.1.0.0/16", 0));
	while (adjin_work(in))
		;
	assert_string_equal(all(), "10.2.0.0/16#0 1,");
	assert_int_equal(one->refs, 2); /* ours and that of one path */
}

/* A session that is back before the slices of the last one are through. */
static void
gone_and_told_again_at_once(void **state)
{
	(void)state;
	put("10.1.0.0/16", 0, one);
	put("10.2.0.0/16", 0, one);
	adjin_clear(in);
	assert_int_equal(adjin_paths(in), 0);
	assert_string_equal(all(), "");
	put("10.2.0.0/16", 0, two);
	assert_int_equal(adjin_paths(in), 1);
	while (adjin_work(in))
		;
	assert_string_equal(all(), "10.2.0.0/16#0 2,");
	assert_int_equal(adjin_paths(in), 1);
	assert_int_equal(one->refs, 1);
}

static void
mark(const char *net, bool filtered)
{
	struct nlri n = nlri_of(net, 0);

	adjin_filtered(in, &n, filtered);
}

static void
filtered_ones_are_counted(void **state)
{
	(void)state;
	put("10.1.0.0/16", 0, one);
	put("10.2.0.0/16", 0, one);
	put("10.3.0.0/16", 0, one);
	mark("10.1.0.0/16", true);
	mark("10.1.0.0/16", true);
	mark("10.2.0.0/16", true);
	mark("10.3.0.0/16", false);
	mark("10.9.0.0/16", true); /* is not there */
	assert_int_equal(adjin_filtered_paths(in), 2);
	put("10.2.0.0/16", 0, two); /* told anew: not yet refused */
	assert_int_equal(adjin_filtered_paths(in), 1);
	mark("10.2.0.0/16", true);
	mark("10.3.0.0/16", true);
	adjin_mark(in);
	assert_int_equal(adjin_filtered_paths(in), 3);
	put("10.2.0.0/16", 0, two);
	mark("10.2.0.0/16", true);
	mark("10.3.0.0/16", false); /* a stale one */
	assert_int_equal(adjin_filtered_paths(in), 2);
	del("10.1.0.0/16", 0);
	assert_int_equal(adjin_filtered_paths(in), 1);
	mark("10.3.0.0/16", true);
	adjin_drop_stale(in);
	assert_int_equal(adjin_filtered_paths(in), 1);
	mark("10.3.0.0/16", true); /* gone, if not yet taken out */
	assert_int_equal(adjin_filtered_paths(in), 1);
	del("10.3.0.0/16", 0);
	adjin_clear(in);
	assert_int_equal(adjin_filtered_paths(in), 0);
	while (adjin_work(in))
		;
	assert_int_equal(one->refs, 1);
}

static void
generations_go_round(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 70000; i++) {
		put("10.1.0.0/16", 0, one);
		put("10.2.0.0/16", i, two);
		adjin_mark(in);
		put("10.1.0.0/16", 0, one);
		adjin_drop_stale(in);
		while (i % 1000 == 0 && adjin_work(in))
			;
		if (i % 1000 == 0)
			assert_int_equal(two->refs, 1);
		assert_int_equal(adjin_paths(in), 1);
		del("10.2.0.0/16", i);
	}
}

static void
many(void **state)
{
	struct nlri n = nlri_of("10.0.0.0/24", 0);
	uint32_t pos = 0, seen = 0, got;

	(void)state;
	for (unsigned i = 0; i < 30000; i++) {
		put_u32(n.net.key, 0x0a000000 + (i << 8));
		n.path_id = i % 7;
		assert_true(adjin_put(in, &n, i % 2 ? one : two, i));
	}
	while ((got = adjin_next(in, &pos, route)))
		seen += got;
	assert_int_equal(seen, 30000);
	adjin_clear(in);
	while (adjin_work(in))
		;
	assert_true(adjin_bytes(in) < 100000);
	assert_int_equal(two->refs, 1);
}

static void
times(void **state)
{
	struct nlri n = nlri_of("10.1.0.0/16", 0);
	uint32_t pos = 0;

	(void)state;
	assert_true(adjin_put(in, &n, one, 5));
	adjin_mark(in);
	assert_true(adjin_put(in, &n, one, 6));
	assert_int_equal(adjin_next(in, &pos, route), 1);
	assert_int_equal(route[0].time, 5);
	assert_true(adjin_put(in, &n, two, 7));
	assert_int_equal(adjin_look(in, &n.net, route), 1);
	assert_int_equal(route[0].time, 7);
}

static void
long_networks(void **state)
{
	uint8_t bytes[] = { 1, 24, 10, 1, 2 };
	struct nlri n = { .net = net_long(NET_FLOW4, bytes, sizeof(bytes)) };

	(void)state;
	adjin_free(in);
	in = adjin_new(store, NET_FLOW4);
	assert_true(adjin_put(in, &n, one, 5));
	assert_true(net_is_held(&n.net));
	n.net = net_long(NET_FLOW4, bytes, sizeof(bytes));
	assert_true(adjin_has(in, &n));
	assert_true(adjin_put(in, &n, two, 5));
	n.net = net_long(NET_FLOW4, bytes, sizeof(bytes));
	adjin_del(in, &n);
	assert_int_equal(adjin_paths(in), 0);
	assert_int_equal(longnet_stats().nets, 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(paths_of_a_network),
		T(what_is_not_told_again_goes),
		T(gone_and_told_again_at_once),
		T(filtered_ones_are_counted),
		T(generations_go_round),
		T(many),
		T(times),
		T(long_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
