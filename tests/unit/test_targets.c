/*
 * Route targets (RFC 4684): which routes a set of them wants; members of a table that are
 * sent only these; targets themselves, reflected.
 */
#include "rib.h"
#include "base/wire.h"

#define RT(as, n) (UINT64_C(2) << 48 | (uint64_t)(as) << 32 | (n))

static struct play p;
static struct filter *all;

static int
setup(void **state)
{
	(void)state;
	play_start(&p);
	all = filter_accept();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	filter_unref(all);
	play_end(&p);
	return 0;
}

static struct net
target_net(uint32_t as, uint64_t rt, unsigned plen)
{
	struct net n = { .type = NET_RTC, .plen = (uint8_t)plen };

	put_u32(n.key, as);
	put_u32(n.key + 4, (uint32_t)(rt >> 32));
	put_u32(n.key + 8, (uint32_t)rt);
	return n;
}

static struct targets *
targets_of(uint64_t a, uint64_t b)
{
	struct net nets[2] = { target_net(65000, a, 96), target_net(65000, b, 96) };

	return targets_new(nets, b ? 2 : a ? 1 : 0);
}

/*
 * What is wanted.
 */
static const struct row {
	const char *name;
	unsigned plen;
	uint64_t asked, carried;
	bool want;
} rows[] = {
	{ "the same", 96, RT(1, 5), RT(1, 5), true },
	{ "another", 96, RT(1, 5), RT(1, 6), false },
	{ "none carried", 96, RT(1, 5), 0, false },
	{ "the default", 0, 0, RT(1, 5), true },
	{ "the default, none carried", 0, 0, 0, true },
	{ "an AS alone", 32, 0, RT(1, 5), true },
	{ "all of an administrator", 64, RT(1, 0), RT(1, 5), true },
	{ "all of another", 64, RT(2, 0), RT(1, 5), false },
	{ "a part of a number", 92, RT(1, 0x10), RT(1, 0x1f), true },
	{ "a part of another number", 92, RT(1, 0x10), RT(1, 0x20), false },
	{ "of an address", 96, UINT64_C(0x01020a0000010005), UINT64_C(0x01020a0000010005),
	    true },
	{ "of a large AS", 96, UINT64_C(0x0202000111700005), UINT64_C(0x0202000111700005),
	    true },
	{ "of an Ethernet segment", 96, UINT64_C(0x0602001122334455),
	    UINT64_C(0x0602001122334455), true },
	{ "a site of origin is none", 96, UINT64_C(0x0003000100000005),
	    UINT64_C(0x0003000100000005), false },
	{ "nor is one that is not transitive", 96, UINT64_C(0x4002000100000005),
	    UINT64_C(0x4002000100000005), false },
};

static void
want_test(void **state)
{
	const struct row *r = *state;
	struct net net = target_net(65000, r->asked, r->plen);
	struct targets *t = targets_new(&net, 1);
	struct store *store = store_new();
	struct attrs *a = make_set(store, &(struct set_desc){ .target = r->carried });

	assert_int_equal(targets_want(t, a), r->want);
	attrs_unref(store, a, 1);
	store_free(store);
	targets_unref(t);
}

/* RFC 5701: nobody can ask for a target of 20 octets in a network of 12. */
static void
a_long_target_is_for_everybody(void **state)
{
	struct targets *none = targets_new(NULL, 0), *other = targets_of(RT(1, 6), 0);
	uint8_t site[20] = { 0, 3, 0x20, 1 }, target[20] = { 0, 2, 0x20, 1 };
	struct store *store = store_new();
	struct arena *arena = arena_new();
	struct attrs *a;
	struct draft d;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		draft_init(&d, arena);
		draft_set(&d, AF_OPTIONAL | AF_TRANSITIVE, ATTR_EXT6_COMMUNITY,
		    i ? target : site, 20);
		a = store_intern(store, &d);
		assert_int_equal(targets_want(none, a), i);
		assert_int_equal(targets_want(other, a), i);
		attrs_unref(store, a, 1);
	}
	arena_free(arena);
	store_free(store);
	targets_unref(none);
	targets_unref(other);
}

static void
sets_compare(void **state)
{
	struct targets *none = targets_new(NULL, 0), *a = targets_of(RT(1, 1), RT(1, 2));
	struct targets *b = targets_of(RT(1, 2), RT(1, 1)), *c = targets_of(RT(1, 1), 0);
	struct net nets[3] = { target_net(1, RT(1, 2), 96), target_net(2, RT(1, 1), 96),
		target_net(3, RT(1, 2), 96) };
	struct targets *d = targets_new(nets, 3);

	(void)state;
	assert_true(targets_same(a, b));
	assert_true(targets_same(a, d)); /* whose AS asks does not matter */
	assert_false(targets_same(a, c));
	assert_false(targets_same(a, none));
	assert_false(targets_same(a, NULL));
	assert_true(targets_same(NULL, NULL));
	assert_int_equal(targets_count(d), 2);
	nets[1] = target_net(1, 0, 0);
	targets_unref(d);
	d = targets_new(nets, 3);
	assert_int_equal(targets_count(d), 1); /* the default says it all */
	targets_unref(none);
	targets_unref(a);
	targets_unref(b);
	targets_unref(c);
	targets_unref(d);
}

/*
 * In a shard.
 */
static void
up(struct channel_desc d, struct targets *t)
{
	d.export = all;
	d.targets = t;
	shard_channel_up(p.shard, &d);
	targets_unref(t);
}

static void
renew(uint32_t channel, struct targets *t)
{
	struct channel_desc d = make_client(channel);

	d.export = all;
	d.targets = t;
	shard_channel_update(p.shard, &d);
	targets_unref(t);
}

static void
announce(uint32_t channel, uint64_t target, const char *nets)
{
	struct attrs *a = make_set(p.store, &(struct set_desc){ .target = target });

	play_routes(&p, channel, a, nets);
	attrs_unref(p.store, a, 1);
}

static void
members_are_sent_what_they_want(void **state)
{
	(void)state;
	up(make_client(1), NULL);
	up(make_client(2), targets_of(RT(1, 1), 0));
	up(make_client(3), targets_of(RT(1, 2), RT(1, 1)));
	up(make_client(4), targets_of(0, 0));
	up(make_client(5), targets_of(RT(1, 1), RT(1, 2)));
	announce(1, RT(1, 1), "10.0.0.0/24");
	announce(1, RT(1, 2), "10.0.1.0/24");
	announce(1, 0, "10.0.2.0/24");
	announce(2, RT(1, 3), "10.0.3.0/24");
	play_run(&p);
	assert_string_equal(p.held[1], "10.0.3.0/24,");
	assert_string_equal(p.held[2], "10.0.0.0/24,");
	assert_string_equal(p.held[3], "10.0.0.0/24,10.0.1.0/24,");
	assert_string_equal(p.held[4], "");
	assert_string_equal(p.held[5], p.held[3]);
	assert_int_equal(play_groups(&p), 4); /* equal wishes are served together */
}

static void
a_change_sends_the_difference(void **state)
{
	(void)state;
	up(make_client(1), NULL);
	up(make_client(2), targets_of(RT(1, 1), RT(1, 3)));
	up(make_client(3), targets_of(RT(1, 1), RT(1, 3)));
	announce(1, RT(1, 1), "10.0.0.0/24 10.1.0.0/24");
	announce(1, RT(1, 2), "10.0.1.0/24");
	announce(1, RT(1, 3), "10.0.2.0/24");
	play_run(&p);
	assert_string_equal(p.held[2], "10.0.0.0/24,10.1.0.0/24,10.0.2.0/24,");
	p.log[0] = 0;
	renew(2, targets_of(RT(1, 1), RT(1, 2)));
	play_run(&p);
	/* one message announces, one withdraws; what both wishes want is not told again */
	assert_string_equal(p.log, "del 2 add 2 seg2 ");
	assert_string_equal(p.held[2], "10.0.0.0/24,10.1.0.0/24,10.0.1.0/24,");
	assert_string_equal(p.held[3], "10.0.0.0/24,10.1.0.0/24,10.0.2.0/24,");
	p.log[0] = 0;
	renew(3, targets_of(RT(1, 2), RT(1, 1)));
	play_run(&p);
	assert_string_equal(p.held[3], "10.0.0.0/24,10.1.0.0/24,10.0.1.0/24,");
	assert_int_equal(play_groups(&p), 2); /* they stand together again */
}

static void
a_route_that_changes_its_target(void **state)
{
	(void)state;
	up(make_client(1), NULL);
	up(make_client(2), targets_of(RT(1, 1), 0));
	up(make_client(3), targets_of(RT(1, 2), 0));
	announce(1, RT(1, 1), "10.0.0.0/24");
	play_run(&p);
	announce(1, RT(1, 2), "10.0.0.0/24");
	play_run(&p);
	assert_string_equal(p.held[2], "");
	assert_string_equal(p.held[3], "10.0.0.0/24,");
}

/* More than there are bits to tell them apart. */
static void
many_with_a_target_each(void **state)
{
	enum { FIRST = 2, MANY = 150 };
	char net[32];

	(void)state;
	up(make_client(1), NULL);
	for (unsigned i = 0; i < MANY; i++)
		up(make_client(FIRST + i), targets_of(RT(1, 1 + i), RT(2, 1 + i % 2)));
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(net, sizeof(net), "10.%u.0.0/24", i);
		announce(1, RT(1, 1 + i), net);
	}
	play_run(&p);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(net, sizeof(net), "10.%u.0.0/24,", i);
		assert_string_equal(p.held[FIRST + i], net);
	}
	announce(1, RT(2, 1), "10.0.0.0/24"); /* it is for half of them now, for 0 as before */
	announce(1, RT(1, 3), "10.1.0.0/24");
	play_run(&p);
	assert_string_equal(p.held[FIRST], "10.0.0.0/24,");
	assert_string_equal(p.held[FIRST + 1], "");
	assert_non_null(strstr(p.held[FIRST + 2], "10.0.0.0/24,"));
	assert_non_null(strstr(p.held[FIRST + 2], "10.1.0.0/24,"));
	announce(1, 0, "10.0.0.0/24"); /* and for nobody */
	play_run(&p);
	for (unsigned i = 0; i < MANY; i++)
		assert_null(strstr(p.held[FIRST + i], "10.0.0.0/24"));
	play_routes(&p, 1, NULL, "10.1.0.0/24");
	play_run(&p);
	assert_string_equal(p.held[FIRST + 2], "10.2.0.0/24,");
}

/*
 * Targets themselves.
 */
static struct channel_desc
rtc_channel(uint32_t id, bool client)
{
	struct channel_desc d = make_client(id);

	d.table = 2;
	d.family = FAM_RTC;
	d.local_id = 0x0a000001;
	d.local_ip = ip_from4(0x7f000001);
	d.rr_client = client;
	if (client)
		d.next_hop_self = NH_ALL;
	else
		d.cluster_id = 0;
	return d;
}

static void
tell(uint32_t channel, const struct net *net, uint32_t local_pref, bool reach)
{
	struct attrs *a = make_set(
	    p.store, &(struct set_desc){ .local_pref = local_pref });
	struct batch *b = batch_new(channel, 0);

	batch_add(b, reach ? a : NULL, &(struct nlri){ .net = *net });
	shard_batch(p.shard, b);
	attrs_unref(p.store, a, 1);
	play_run(&p);
}

static void
a_client_is_told_its_own(void **state)
{
	struct net net = target_net(65000, RT(1, 1), 96);

	(void)state;
	shard_table_add(p.shard, 2, NET_RTC);
	up(rtc_channel(1, true), NULL);
	up(rtc_channel(2, true), NULL);
	up(rtc_channel(3, false), NULL);
	play_run(&p);
	assert_int_equal(play_groups(&p), 2);
	tell(1, &net, 100, true);
	for (unsigned i = 1; i <= 3; i++)
		assert_string_equal(p.held[i], "65000 (rt, 1, 1),");
	tell(2, &net, 200, true); /* better: the source changes, nobody is left out */
	for (unsigned i = 1; i <= 3; i++)
		assert_string_equal(p.held[i], "65000 (rt, 1, 1),");
	tell(2, &net, 0, false);
	assert_string_equal(p.held[1], "65000 (rt, 1, 1),");
	tell(1, &net, 0, false);
	for (unsigned i = 1; i <= 3; i++)
		assert_string_equal(p.held[i], "");
}

/* A path of a non-client would hide that there are clients behind us. */
static void
a_client_goes_before_others(void **state)
{
	struct net net = target_net(65000, RT(1, 1), 96);

	(void)state;
	shard_table_add(p.shard, 2, NET_RTC);
	up(rtc_channel(1, true), NULL);
	up(rtc_channel(2, false), NULL);
	up(rtc_channel(3, false), NULL);
	tell(2, &net, 200, true);
	assert_string_equal(p.held[1], "65000 (rt, 1, 1),");
	assert_string_equal(p.held[3], "");
	tell(1, &net, 100, true);
	assert_string_equal(p.held[2], "65000 (rt, 1, 1),");
	assert_string_equal(p.held[3], "65000 (rt, 1, 1),");
	tell(1, &net, 0, false);
	assert_string_equal(p.held[3], "");
	assert_string_equal(p.held[1], "65000 (rt, 1, 1),");
}

#define CASE(fn) \
	tests_add((struct CMUnitTest)cmocka_unit_test_setup_teardown(fn, setup, teardown))

int
main(void)
{
	ADD_ROWS(rows, name, want_test);
	ADD_TEST(sets_compare);
	ADD_TEST(a_long_target_is_for_everybody);
	CASE(many_with_a_target_each);
	CASE(members_are_sent_what_they_want);
	CASE(a_change_sends_the_difference);
	CASE(a_route_that_changes_its_target);
	CASE(a_client_is_told_its_own);
	CASE(a_client_goes_before_others);
	return tests_run("targets");
}
