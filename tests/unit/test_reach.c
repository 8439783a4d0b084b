/*
 * Next hops: their numbers in the store, sets of addresses, what resolvers say in the
 * decision, and what a watch tells of the networks they are found through.
 */
#include "rib.h"
#include "base/hosts.h"
#include "rib/decide.h"

static struct play p;
static struct attrs *near_set, *far_set, *third_set;

static void
peer_up(uint32_t id, bool recursive)
{
	struct channel_desc d = make_client(id);

	d.igp4 = d.igp6 = recursive ? 1 : 0;
	play_up(&p, d);
}

static int
setup(void **state)
{
	(void)state;
	play_start(&p);
	near_set = play_set(&p, &(struct set_desc){ .next_hop = "192.0.2.1" });
	far_set = play_set(&p, &(struct set_desc){ .next_hop = "192.0.2.2" });
	third_set = play_set(
	    &p, &(struct set_desc){ .next_hop = "192.0.2.3", .path = "1" });
	for (uint32_t id = 1; id <= 3; id++)
		peer_up(id, true);
	play_ready(&p);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	play_end(&p);
	return 0;
}

static void
answer(const struct attrs *a, bool resolved, uint32_t metric)
{
	struct reach_news news = {
		.hop = a->hop, .resolved = resolved, .metric = metric
	};

	shard_reach(p.shard, 1, &news, 1);
	play_run(&p);
}

static void
best_seen(void *ctx, const struct path_view *v, unsigned n)
{
	*(uint32_t *)ctx = n ? v[0].channel : 0;
}

static uint32_t
best_of(const char *net)
{
	struct walk w = { .table = 1, .mode = WALK_NET, .net = make_net(net) };
	uint32_t best = 0;

	shard_walk(p.shard, &w, 1, best_seen, &best);
	return best;
}

static void
numbers_last_as_long_as_sets(void **state)
{
	struct attrs *same = make_set(p.store,
	    &(struct set_desc){ .next_hop = "192.0.2.1", .path = "1 2" });
	uint32_t hop = same->hop;
	bool used;
	struct ip ip = store_hop(p.store, hop, &used), want;

	(void)state;
	assert_true(ip_parse("192.0.2.1", &want) && ip_equal(&ip, &want) && used);
	assert_int_equal(hop, near_set->hop);
	assert_int_not_equal(hop, far_set->hop);
	attrs_unref(p.store, same, 1);
	assert_true(ip_equal(&ip, &want));
	same = make_set(p.store, &(struct set_desc){ .next_hop = "198.51.100.9" });
	hop = same->hop;
	store_hop_hold(p.store, hop);
	attrs_unref(p.store, same, 1);
	store_hop(p.store, hop, &used);
	assert_false(used);
	same = make_set(p.store, &(struct set_desc){ .next_hop = "198.51.100.9" });
	assert_int_equal(same->hop, hop);
	store_hop_release(p.store, hop);
	attrs_unref(p.store, same, 1);
}

/* More than one slot's worth, so that tables grow, then all go. */
static void
many_numbers(void **state)
{
	enum { N = 3000 };
	static struct attrs *set[N];
	char text[32];
	bool used;

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		struct ip ip;

		snprintf(text, sizeof(text), "10.1.%u.%u", i / 250, i % 250 + 1);
		set[i] = make_set(p.store, &(struct set_desc){ .next_hop = text });
		ip = store_hop(p.store, set[i]->hop, &used);
		assert_string_equal(ip_format(&ip, (char[IP_TEXT_MAX]){ 0 }), text);
	}
	for (unsigned i = 0; i < N; i++)
		attrs_unref(p.store, set[i], 1);
}

static void
asks_once(void **state)
{
	(void)state;
	play_routes(&p, 1, near_set, "10.0.0.0/8 11.0.0.0/8");
	play_routes(&p, 2, near_set, "10.0.0.0/8");
	play_routes(&p, 3, far_set, "10.0.0.0/8");
	assert_string_equal(p.log, "want 1 192.0.2.1 want 1 192.0.2.2 ");
}

static void
who_leads_somewhere_wins(void **state)
{
	(void)state;
	play_routes(&p, 1, near_set, "10.0.0.0/8");
	play_routes(&p, 2, far_set, "10.0.0.0/8 11.0.0.0/8");
	play_routes(&p, 3, third_set, "10.0.0.0/8");
	play_run(&p);
	assert_int_equal(best_of("10.0.0.0/8"), 1);
	answer(third_set, true, 50);
	assert_int_equal(best_of("10.0.0.0/8"), 3); /* in spite of its path */
	answer(far_set, true, 20);
	assert_int_equal(best_of("10.0.0.0/8"), 2);
	assert_string_equal(p.held[3], "11.0.0.0/8,10.0.0.0/8,");
	answer(near_set, true, 30);
	assert_int_equal(best_of("10.0.0.0/8"), 2);
	answer(near_set, true, 10);
	assert_int_equal(best_of("10.0.0.0/8"), 1);
	answer(near_set, false, 0);
	assert_int_equal(best_of("10.0.0.0/8"), 2);
}

/* What is known has changed, and before the sweep comes by, a path that is better than the
 * old best comes and the old best goes: nobody has looked at the third. */
static void
change_while_what_is_known_is_new(void **state)
{
	struct reach_news gone = { .hop = near_set->hop };

	(void)state;
	play_routes(&p, 1, near_set, "10.0.0.0/8 11.0.0.0/8");
	play_routes(&p, 2, far_set, "10.0.0.0/8 11.0.0.0/8");
	play_routes(&p, 3, third_set, "12.0.0.0/8");
	answer(near_set, true, 10);
	answer(far_set, true, 20);
	answer(third_set, true, 30);
	assert_int_equal(best_of("10.0.0.0/8"), 1);
	shard_reach(p.shard, 1, &gone, 1);
	play_routes(&p, 3, third_set, "10.0.0.0/8 11.0.0.0/8");
	play_routes(&p, 1, NULL, "10.0.0.0/8");
	play_routes(&p, 1, third_set, "11.0.0.0/8");
	play_run(&p);
	assert_int_equal(best_of("10.0.0.0/8"), 2);
	assert_int_equal(best_of("11.0.0.0/8"), 2);
}

/* The same when it is the source that is another now. */
static void
change_while_a_source_is_new(void **state)
{
	struct channel_desc d;

	(void)state;
	for (uint32_t id = 3; id; id--) {
		d = make_client(id);
		shard_channel_update(p.shard, &d);
	}
	play_routes(&p, 1, near_set, "10.0.0.0/8");
	play_routes(&p, 2, near_set, "10.0.0.0/8");
	play_run(&p);
	assert_int_equal(best_of("10.0.0.0/8"), 1);
	d.cost = 9;
	shard_channel_update(p.shard, &d);
	play_routes(&p, 3, near_set, "10.0.0.0/8");
	play_routes(&p, 1, NULL, "10.0.0.0/8");
	play_run(&p);
	assert_int_equal(best_of("10.0.0.0/8"), 2);
}

/* What does not hang on a next hop that moved is not told again. */
static void
only_those_concerned(void **state)
{
	(void)state;
	play_routes(&p, 1, near_set, "10.0.0.0/8 11.0.0.0/8");
	play_routes(&p, 2, far_set, "10.0.0.0/8");
	play_run(&p);
	p.log[0] = 0;
	answer(near_set, true, 1);
	assert_string_equal(p.log, ""); /* it was the best already */
	answer(far_set, true, 2);
	assert_string_equal(p.log, "");
	answer(near_set, true, 3);
	assert_string_equal(p.log, "seg1 uni 2 "); /* who has the best path now */
	assert_int_equal(best_of("11.0.0.0/8"), 1);
}

static void
neighbours_need_no_resolver(void **state)
{
	struct channel_desc d = make_client(3);

	(void)state;
	d.cost = 7;
	shard_channel_update(p.shard, &d);
	play_routes(&p, 1, near_set, "10.0.0.0/8");
	play_routes(&p, 3, far_set, "10.0.0.0/8");
	play_run(&p);
	assert_int_equal(best_of("10.0.0.0/8"), 3);
	answer(near_set, true, 7);
	assert_int_equal(best_of("10.0.0.0/8"), 1);
	answer(near_set, true, 8);
	assert_int_equal(best_of("10.0.0.0/8"), 3);
	d.no_igp_metric = true;
	shard_channel_update(p.shard, &d);
	play_run(&p);
	assert_int_equal(best_of("10.0.0.0/8"), 3);
}

static void
forgotten_when_unused(void **state)
{
	uint32_t hop;

	(void)state;
	play_routes(&p, 1, near_set, "10.0.0.0/8");
	play_routes(&p, 2, far_set, "10.0.0.0/8");
	answer(far_set, true, 1);
	p.log[0] = 0;
	shard_reach_forget(p.shard, 1, far_set->hop);
	assert_string_equal(p.log, "want 1 192.0.2.2 "); /* not yet */
	assert_int_equal(best_of("10.0.0.0/8"), 2);
	play_routes(&p, 2, NULL, "10.0.0.0/8");
	play_run(&p);
	hop = far_set->hop;
	attrs_unref(p.store, far_set, 1);
	p.log[0] = 0;
	shard_reach_forget(p.shard, 1, hop);
	assert_string_equal(p.log, "");
	far_set = make_set(p.store, &(struct set_desc){ .next_hop = "192.0.2.2" });
	play_routes(&p, 2, far_set, "10.0.0.0/8");
	play_run(&p);
	assert_string_equal(p.log, "want 1 192.0.2.2 ");
	assert_int_equal(best_of("10.0.0.0/8"), 1);
}

static void
hosts_and_networks(void **state)
{
	static const struct {
		const char *net;
		bool in;
	} rows[] = {
		{ "0.0.0.0/0", true },
		{ "192.0.2.0/24", true },
		{ "192.0.2.1/32", true },
		{ "192.0.2.2/32", false },
		{ "192.0.3.0/24", false },
		{ "192.0.0.0/14", true },
		{ "193.0.0.0/8", false },
		{ "::/0", true },
		{ "2001:db8::/32", true },
		{ "2001:db8:1::/48", false },
		{ "2001:db8::7/128", true },
		{ "2001:db9::/32", false },
	};
	static const char *const ips[] = { "192.0.2.1", "198.51.100.1", "2001:db8::7" };
	struct hosts h = { 0 };
	struct ip ip;

	(void)state;
	for (unsigned k = 0; k < 2; k++)
		for (unsigned i = 0; i < 3; i++) {
			assert_true(ip_parse(ips[i], &ip));
			assert_int_equal(hosts_add(&h, &ip), k == 0);
		}
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct net net = make_net(rows[i].net);

		if (hosts_in(&h, &net) != rows[i].in)
			fail_msg("%s", rows[i].net);
	}
	for (unsigned k = 0; k < 2; k++)
		for (unsigned i = 0; i < 3; i++) {
			assert_true(ip_parse(ips[i], &ip));
			assert_int_equal(hosts_del(&h, &ip), k == 1);
		}
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct net net = make_net(rows[i].net);

		assert_false(hosts_in(&h, &net));
	}
	hosts_fini(&h);
}

static void
named(const char *text, bool on)
{
	struct ip ip;

	assert_true(ip_parse(text, &ip));
	shard_watch_host(p.shard, 1, &ip, on);
}

static void
watch_tells_what_matters(void **state)
{
	struct channel_desc d = make_client(9);

	(void)state;
	d.kind = SOURCE_STATIC;
	shard_channel_up(p.shard, &d);
	play_routes(&p, 9, near_set, "10.0.0.0/8");
	play_routes(&p, 1, near_set, "11.0.0.0/8 192.0.2.0/24");
	play_run(&p);
	p.log[0] = 0;
	shard_watch(p.shard, 1, true);
	play_run(&p);
	assert_string_equal(p.log, "net 10.0.0.0/8 static ");
	p.log[0] = 0;
	named("192.0.2.1", true);
	play_routes(&p, 2, far_set, "192.0.2.0/25 11.1.0.0/16");
	play_run(&p);
	assert_non_null(strstr(p.log, "net 192.0.2.0/24 recursive "));
	assert_non_null(strstr(p.log, "net 192.0.2.0/25 recursive "));
	assert_null(strstr(p.log, "11."));
	p.log[0] = 0;
	play_routes(&p, 2, NULL, "192.0.2.0/25 11.1.0.0/16");
	play_routes(&p, 9, NULL, "10.0.0.0/8");
	play_run(&p);
	assert_non_null(strstr(p.log, "net 192.0.2.0/25 gone "));
	assert_non_null(strstr(p.log, "net 10.0.0.0/8 gone "));
	named("192.0.2.1", false);
	p.log[0] = 0;
	play_routes(&p, 2, far_set, "192.0.2.0/25");
	play_run(&p);
	assert_null(strstr(p.log, "net "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    numbers_last_as_long_as_sets, setup, teardown),
		cmocka_unit_test_setup_teardown(many_numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(asks_once, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    who_leads_somewhere_wins, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    change_while_what_is_known_is_new, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    change_while_a_source_is_new, setup, teardown),
		cmocka_unit_test_setup_teardown(only_those_concerned, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    neighbours_need_no_resolver, setup, teardown),
		cmocka_unit_test_setup_teardown(forgotten_when_unused, setup, teardown),
		cmocka_unit_test(hosts_and_networks),
		cmocka_unit_test_setup_teardown(
		    watch_tells_what_matters, setup, teardown),
	};

	return cmocka_run_group_tests_name("reach", tests, NULL, NULL);
}
