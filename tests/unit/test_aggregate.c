/*
 * Aggregators: buckets of a network's paths, and what becomes of them in another table.
 *
 * The filters are those of fake_filter.c: routes of equal MED belong together, and what
 * is made of them tells by its MED how many they were, by its path the MED of the first,
 * plus one.
 */
#include "rib.h"
#include "fake_filter.h"
#include "rib/follow.h"

enum { IN = 8, MADE, PEER = 4 };

static struct play p;
static struct attrs *med[6];

static void
unref(struct channel_desc *d)
{
	filter_unref(d->export);
	filter_unref(d->agg.key);
	filter_unref(d->agg.merge);
	filter_unref(d->agg.import);
}

/* group: of MEDs; least: so many routes a bucket needs. */
static struct channel_desc
in_desc(uint32_t group, uint32_t least)
{
	struct channel_desc d = make_client(IN);

	d.kind = SOURCE_AGGREGATED;
	d.sink = SINK_AGGREGATE;
	d.pipe_to = 2;
	d.pipe_back = MADE;
	d.export = filter_accept();
	d.agg = (struct aggregate){ .key = fake_filter(FAKE_ACCEPT, group),
		.merge = fake_filter(FAKE_ACCEPT, least),
		.import = filter_accept(),
		.preference = 7 };
	return d;
}

static void
made_up(uint32_t table)
{
	struct channel_desc d = make_client(MADE);

	d.kind = SOURCE_AGGREGATED;
	d.table = table;
	shard_channel_up(p.shard, &d);
}

static void
aggregator_up(uint32_t group, uint32_t least)
{
	struct channel_desc d = in_desc(group, least);

	made_up(2);
	shard_channel_up(p.shard, &d);
	unref(&d);
}

static void
aggregator_change(struct channel_desc d)
{
	shard_channel_update(p.shard, &d);
	unref(&d);
	play_run(&p);
}

static int
setup(void **state)
{
	(void)state;
	play_start(&p);
	shard_table_add(p.shard, 2, NET_IP4);
	for (unsigned i = 0; i < 6; i++)
		med[i] = play_set(&p,
		    &(struct set_desc){ .path = "1", .med = i == 5 ? FAKE_MED_BAD : i });
	for (uint32_t i = 1; i <= PEER; i++) {
		struct channel_desc d = make_client(i);

		d.table = i == PEER ? 2 : 1;
		play_up(&p, d);
	}
	play_run(&p);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	play_end(&p);
	return 0;
}

/* What is there: "MED/path " of each, by path. */
static char seen[256];
static uint32_t ids[8];
static unsigned seen_n;

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
see(void *ctx, const struct path_view *v, unsigned n)
{
	char each[8][32] = { "" }, path[16];
	struct attr a;

	(void)ctx;
	assert_true(n <= 8);
	seen_n = n;
	for (unsigned i = 0; i < n; i++) {
		assert_true(attrs_find(v[i].attrs, ATTR_AS_PATH, &a));
		path_format(a.data, a.len, path, sizeof(path));
		snprintf(each[i], sizeof(each[i]), "%u/%s ", v[i].attrs->med, path);
		ids[i] = v[i].path_id;
		assert_int_equal(v[i].attrs->preference, 7);
		assert_int_equal(v[i].channel, MADE);
	}
	qsort(each, n, sizeof(each[0]), by_text);
	for (unsigned i = 0; i < n; i++)
		strcat(seen, each[i]);
}

static void
made(const char *net, const char *want)
{
	struct walk w = { .table = 2, .mode = WALK_NET, .net = make_net(net) };

	seen[0] = 0;
	seen_n = 0;
	play_run(&p);
	shard_walk(p.shard, &w, 1, see, NULL);
	assert_string_equal(seen, want);
}

#define NET "10.0.0.0/8"

static void
equal_values_make_a_bucket(void **state)
{
	(void)state;
	aggregator_up(1, 1);
	play_routes(&p, 1, med[1], NET);
	made(NET, "1/2 ");
	play_routes(&p, 2, med[1], NET);
	made(NET, "2/2 ");
	play_routes(&p, 3, med[3], NET);
	made(NET, "1/4 2/2 ");
	assert_string_equal(p.held[PEER], NET ",");
	play_routes(&p, 2, NULL, NET);
	made(NET, "1/2 1/4 ");
	play_routes(&p, 1, med[3], NET);
	made(NET, "2/4 ");
	play_routes(&p, 1, NULL, NET);
	play_routes(&p, 3, NULL, NET);
	made(NET, "");
	assert_string_equal(p.held[PEER], "");
}

/* Paths that stay are the same ones: their ids do not depend on the others. */
static void
buckets_keep_their_ids(void **state)
{
	uint32_t id;

	(void)state;
	aggregator_up(1, 1);
	play_routes(&p, 1, med[3], NET);
	made(NET, "1/4 ");
	id = ids[0];
	play_routes(&p, 2, med[0], NET);
	made(NET, "1/1 1/4 ");
	assert_true(ids[0] == id || ids[1] == id);
	play_routes(&p, 2, NULL, NET);
	made(NET, "1/4 ");
	assert_int_equal(ids[0], id);
	play_routes(&p, 3, med[3], "11.0.0.0/8");
	made("11.0.0.0/8", "1/4 ");
	assert_int_equal(ids[0], id);
}

static void
rules_change_at_once(void **state)
{
	(void)state;
	play_routes(&p, 1, med[0], NET " 11.0.0.0/8");
	play_routes(&p, 2, med[1], NET);
	play_routes(&p, 3, med[2], NET);
	aggregator_up(1, 1);
	made(NET, "1/1 1/2 1/3 ");
	aggregator_change(in_desc(2, 1)); /* other buckets */
	made(NET, "1/3 2/1 ");
	aggregator_change(in_desc(2, 2)); /* the same, one of which is refused */
	made(NET, "2/1 ");
	made("11.0.0.0/8", "");
	aggregator_change(in_desc(10, 1));
	made(NET, "3/1 ");
	made("11.0.0.0/8", "1/1 ");
}

/* Only that network is looked at again. */
static void
a_change_touches_its_network(void **state)
{
	struct channel_counts c;
	uint64_t before;

	(void)state;
	aggregator_up(1, 1);
	play_routes(&p, 1, med[1], "10.0.0.0/8 11.0.0.0/8 12.0.0.0/8 13.0.0.0/8");
	play_run(&p);
	shard_channel_counts(p.shard, IN, &c);
	assert_int_equal(c.exported, 4);
	before = c.exp_updates;
	play_routes(&p, 2, med[1], "11.0.0.0/8");
	made("11.0.0.0/8", "2/2 ");
	shard_channel_counts(p.shard, IN, &c);
	assert_int_equal(c.exp_updates, before + 2);
	assert_int_equal(c.exported, 5);
	shard_channel_counts(p.shard, MADE, &c);
	assert_int_equal(c.imported, 4);
}

static void
filters_before_and_after(void **state)
{
	struct channel_desc d = in_desc(1, 1);
	struct channel_counts c;

	(void)state;
	aggregator_up(1, 1);
	play_routes(&p, 1, med[1], "10.0.1.0/24 10.0.2.0/24");
	play_routes(&p, 2, med[5], "10.0.2.0/24"); /* has no key */
	made("10.0.1.0/24", "1/2 ");
	made("10.0.2.0/24", "1/2 ");
	filter_unref(d.export);
	d.export = fake_filter(FAKE_ODD_NETS, 0);
	aggregator_change(d);
	made("10.0.1.0/24", "");
	made("10.0.2.0/24", "1/2 ");
	shard_channel_counts(p.shard, IN, &c);
	assert_int_equal(c.exported, 2);
	d = in_desc(1, 1);
	filter_unref(d.agg.import);
	d.agg.import = fake_filter(FAKE_MED_SOME, 9);
	aggregator_change(d);
	made("10.0.1.0/24", "9/2 ");
	made("10.0.2.0/24", "1/2 ");
}

/* What is made is not made into something else, be it in the same table. */
static void
not_twice(void **state)
{
	struct channel_desc d = in_desc(1, 1);
	struct channel_counts c;

	(void)state;
	d.pipe_to = 1;
	made_up(1);
	shard_channel_up(p.shard, &d);
	unref(&d);
	play_routes(&p, 1, med[1], NET);
	play_run(&p);
	shard_channel_counts(p.shard, MADE, &c);
	assert_int_equal(c.imported, 1);
	play_routes(&p, 2, med[2], NET);
	play_run(&p);
	shard_channel_counts(p.shard, MADE, &c);
	assert_int_equal(c.imported, 2);
	shard_channel_counts(p.shard, IN, &c);
	assert_true(c.exp_rejected > 0);
	play_routes(&p, 1, NULL, NET);
	play_routes(&p, 2, NULL, NET);
	play_run(&p);
	shard_channel_counts(p.shard, MADE, &c);
	assert_int_equal(c.imported, 0);
}

static void
goes_and_comes_back(void **state)
{
	struct channel_desc d = in_desc(1, 1);

	(void)state;
	aggregator_up(1, 1);
	play_routes(&p, 1, med[1], NET);
	made(NET, "1/2 ");
	shard_channel_down(p.shard, IN, false);
	shard_channel_down(p.shard, MADE, false);
	made(NET, "");
	play_routes(&p, 2, med[1], NET);
	made(NET, "");
	made_up(2);
	shard_channel_up(p.shard, &d);
	unref(&d);
	made(NET, "2/2 ");
	shard_channel_remove(p.shard, IN);
	shard_channel_remove(p.shard, MADE);
	made(NET, "");
	assert_non_null(strstr(p.log, "gone 8 "));
	assert_non_null(strstr(p.log, "gone 9 "));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(equal_values_make_a_bucket),
		TEST(buckets_keep_their_ids),
		TEST(rules_change_at_once),
		TEST(a_change_touches_its_network),
		TEST(filters_before_and_after),
		TEST(not_twice),
		TEST(goes_and_comes_back),
	};

	return cmocka_run_group_tests_name("aggregate", tests, NULL, NULL);
}
