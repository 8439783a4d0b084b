/*
 * Followers and pipes: who is told of networks, and paths that go from table to table.
 */
#include "rib.h"
#include "fake_filter.h"

enum { SIDE_A = 8, SIDE_B, KERNEL };

static struct play p;
static struct attrs *set[3];

/* Peers 1 and 2 in table 1, 3 and 4 in table 2. */
static void
peer_up(uint32_t id, uint32_t table)
{
	struct filter *all = filter_accept();
	struct channel_desc d = make_client(id);

	d.table = table;
	d.export = all;
	shard_channel_up(p.shard, &d);
	filter_unref(all);
}

static struct channel_desc
pipe_desc(uint32_t id, struct filter *export)
{
	struct channel_desc d = make_client(id);

	d.kind = SOURCE_STATIC;
	d.table = id == SIDE_A ? 1 : 2;
	d.sink = SINK_PIPE;
	d.pipe_to = id == SIDE_A ? 2 : 1;
	d.pipe_back = id == SIDE_A ? SIDE_B : SIDE_A;
	d.export = export;
	return d;
}

static void
pipe_up(uint32_t id, struct filter *export)
{
	struct channel_desc d = pipe_desc(id, export);

	shard_channel_up(p.shard, &d);
	filter_unref(export);
}

static void
kernel_up(struct filter *export)
{
	struct channel_desc d = make_client(KERNEL);

	d.kind = SOURCE_KERNEL;
	d.sink = SINK_FOLLOW;
	d.export = export;
	shard_channel_up(p.shard, &d);
	filter_unref(export);
}

static int
setup(void **state)
{
	static const char *paths[3] = { "1", "1 2", "1 2 3" };

	(void)state;
	play_start(&p);
	shard_table_add(p.shard, 2, NET_IP4);
	for (unsigned i = 0; i < 3; i++)
		set[i] = make_set(p.store, &(struct set_desc){ .path = paths[i] });
	for (uint32_t i = 1; i <= 4; i++)
		peer_up(i, i <= 2 ? 1 : 2);
	play_run(&p);
	p.log[0] = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		attrs_unref(p.store, set[i], 1);
	play_end(&p);
	assert_int_equal(fake_filters_alive(), 0);
	return 0;
}

static void
holds(uint32_t channel, const char *nets)
{
	play_run(&p);
	assert_string_equal(p.held[channel], nets);
}

static void
follower_is_told_the_best(void **state)
{
	(void)state;
	play_routes(&p, 1, set[1], "10.0.0.0/8 11.0.0.0/8");
	play_run(&p);
	kernel_up(filter_accept());
	p.log[0] = 0;
	holds(KERNEL, "10.0.0.0/8,11.0.0.0/8,");
	assert_memory_equal(p.log, "tell 10 up 10 ", 14);
	play_routes(&p, 2, set[2], "10.0.0.0/8 12.0.0.0/8");
	holds(KERNEL, "10.0.0.0/8,11.0.0.0/8,12.0.0.0/8,");
	play_routes(&p, 1, NULL, "10.0.0.0/8 11.0.0.0/8");
	holds(KERNEL, "12.0.0.0/8,10.0.0.0/8,");
	p.log[0] = 0;
	play_routes(&p, 2, NULL, "10.0.0.0/8");
	play_run(&p);
	play_routes(&p, 2, NULL, "10.0.0.0/8"); /* it is told no second time */
	holds(KERNEL, "12.0.0.0/8,");
	assert_string_equal(strstr(p.log, "tell"), "tell 10 ");
}

static void
follower_is_not_told_its_own(void **state)
{
	struct channel_counts c;

	(void)state;
	kernel_up(filter_accept());
	play_routes(&p, KERNEL, set[0], "10.0.0.0/8");
	holds(KERNEL, "");
	play_routes(&p, 1, set[1], "10.0.0.0/8"); /* worse: a longer path */
	holds(KERNEL, "");
	play_routes(&p, KERNEL, NULL, "10.0.0.0/8");
	holds(KERNEL, "10.0.0.0/8,");
	shard_channel_counts(p.shard, KERNEL, &c);
	assert_int_equal(c.exported, 1);
	assert_int_equal(c.imported, 0);
}

static void
follower_changes_its_filter(void **state)
{
	struct channel_desc d = make_client(KERNEL);

	(void)state;
	kernel_up(filter_accept());
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	holds(KERNEL, "10.0.0.0/8,11.0.0.0/8,");
	d.kind = SOURCE_KERNEL;
	d.sink = SINK_FOLLOW;
	d.export = filter_reject();
	shard_channel_update(p.shard, &d);
	filter_unref(d.export);
	holds(KERNEL, "");
	d.export = filter_accept();
	shard_channel_update(p.shard, &d);
	filter_unref(d.export);
	holds(KERNEL, "10.0.0.0/8,11.0.0.0/8,");
}

static struct path_view seen[4];
static unsigned seen_n;

static void
see(void *ctx, const struct path_view *v, unsigned n)
{
	(void)ctx;
	seen_n = n;
	memcpy(seen, v, (n < 4 ? n : 4) * sizeof(*v));
}

static void
look(uint32_t table, const char *net)
{
	struct walk w = { .table = table, .mode = WALK_NET, .net = make_net(net) };

	seen_n = 0;
	play_run(&p);
	shard_walk(p.shard, &w, 1, see, NULL);
}

static void
pipe_takes_all_paths(void **state)
{
	(void)state;
	pipe_up(SIDE_A, filter_accept());
	pipe_up(SIDE_B, filter_accept());
	play_routes(&p, 1, set[1], "10.0.0.0/8");
	play_routes(&p, 2, set[0], "10.0.0.0/8");
	holds(3, "10.0.0.0/8,");
	look(2, "10.0.0.0/8");
	assert_int_equal(seen_n, 2);
	assert_int_equal(seen[0].channel, 2); /* whose it is */
	assert_int_equal(seen[1].channel, 1);
	look(1, "10.0.0.0/8"); /* nothing came back */
	assert_int_equal(seen_n, 2);
	play_routes(&p, 2, NULL, "10.0.0.0/8");
	look(2, "10.0.0.0/8");
	assert_int_equal(seen_n, 1);
	assert_int_equal(seen[0].channel, 1);
	play_routes(&p, 3, set[0], "10.0.0.0/8"); /* the other way */
	look(1, "10.0.0.0/8");
	assert_int_equal(seen_n, 2);
	assert_int_equal(seen[0].channel, 3);
	holds(1, "10.0.0.0/8,");
	play_routes(&p, 3, NULL, "10.0.0.0/8");
	play_routes(&p, 1, NULL, "10.0.0.0/8");
	holds(3, "");
	holds(1, "");
}

static void
pipe_comes_and_goes(void **state)
{
	struct channel_desc d;

	(void)state;
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	pipe_up(SIDE_A, filter_accept());
	holds(3, "10.0.0.0/8,11.0.0.0/8,");
	d = pipe_desc(SIDE_A, filter_reject());
	shard_channel_update(p.shard, &d);
	filter_unref(d.export);
	holds(3, "");
	d = pipe_desc(SIDE_A, filter_accept());
	shard_channel_update(p.shard, &d);
	filter_unref(d.export);
	holds(3, "10.0.0.0/8,11.0.0.0/8,");
	shard_channel_down(p.shard, SIDE_A, false);
	play_steps(&p, 1);
	pipe_up(SIDE_A, filter_accept()); /* while the old ones still leave */
	holds(3, "10.0.0.0/8,11.0.0.0/8,");
	shard_channel_remove(p.shard, SIDE_A);
	holds(3, "");
	assert_non_null(strstr(p.log, "gone 8 "));
	assert_int_equal(p.shard->own_n, 0);
}

/* Main gives the id to another once it is told that the channel has gone. */
static void
source_goes_behind_a_pipe(void **state)
{
	(void)state;
	pipe_up(SIDE_A, filter_accept());
	play_routes(&p, 1, set[0], "10.0.0.0/8");
	holds(3, "10.0.0.0/8,");
	assert_int_equal(p.shard->own_n, 1);
	p.log[0] = 0;
	shard_channel_remove(p.shard, 1);
	holds(3, "");
	assert_int_equal(p.shard->own_n, 0);
	assert_non_null(strstr(p.log, "gone 1 "));
}

/* What a source is decides how its routes are reflected, behind a pipe, too. */
static void
source_changes_behind_a_pipe(void **state)
{
	struct filter *all = filter_accept();
	struct channel_desc d = make_client(3);

	(void)state;
	d.table = 2;
	d.rr_client = false;
	d.cluster_id = 0;
	d.export = all;
	shard_channel_update(p.shard, &d); /* 3 is no client: needs routes of clients */
	pipe_up(SIDE_A, filter_accept());
	play_routes(&p, 1, set[0], "10.0.0.0/8");
	holds(3, "10.0.0.0/8,");
	d = make_client(1);
	d.rr_client = false;
	d.cluster_id = 0;
	d.export = all;
	shard_channel_update(p.shard, &d);
	holds(3, "");
	holds(4, "10.0.0.0/8,");
	filter_unref(all);
}

static void
chain_ends_where_it_began(void **state)
{
	struct channel_desc d;

	(void)state;
	shard_table_add(p.shard, 3, NET_IP4);
	pipe_up(SIDE_A, filter_accept()); /* 1 to 2, 2 to 3, 3 to 1 */
	for (uint32_t i = 0; i < 2; i++) {
		d = pipe_desc(SIDE_A, filter_accept());
		d.id = 12 + i;
		d.table = 2 + i;
		d.pipe_to = i ? 1 : 3;
		d.pipe_back = 0;
		shard_channel_up(p.shard, &d);
		filter_unref(d.export);
	}
	play_routes(&p, 1, set[0], "10.0.0.0/8");
	look(3, "10.0.0.0/8");
	assert_int_equal(seen_n, 1);
	assert_int_equal(seen[0].channel, 1);
	look(1, "10.0.0.0/8");
	assert_int_equal(seen_n, 1);
	play_routes(&p, 1, NULL, "10.0.0.0/8");
	look(3, "10.0.0.0/8");
	assert_int_equal(seen_n, 0);
	shard_channel_remove(p.shard, 1);
	play_run(&p);
	assert_non_null(strstr(p.log, "gone 1 "));
	assert_int_equal(p.shard->own_n, 0);
}

static void
follower_hears_of_piped_routes(void **state)
{
	struct channel_desc d = make_client(KERNEL);

	(void)state;
	d.table = 2;
	d.kind = SOURCE_KERNEL;
	d.sink = SINK_FOLLOW;
	d.export = filter_accept();
	shard_channel_up(p.shard, &d);
	filter_unref(d.export);
	pipe_up(SIDE_A, filter_accept());
	play_routes(&p, 1, set[0], "10.0.0.0/8");
	holds(KERNEL, "10.0.0.0/8,");
	shard_channel_down(p.shard, 1, false);
	holds(KERNEL, "");
}

static uint64_t
paths_of(uint32_t table)
{
	struct table_counts c;

	play_run(&p);
	shard_table_counts(p.shard, table, &c);
	return c.paths;
}

static struct limits *
limit_of(enum limit_kind kind, uint32_t max)
{
	struct limit_conf l[LIMITS] = { 0 };

	l[kind] = (struct limit_conf){ max, LIMIT_BLOCK };
	return limits_new(l);
}

/* Of all sources together; when there is room the others follow. */
static void
pipe_brings_so_many(void **state)
{
	struct limits *two = limit_of(LIMIT_IMPORT, 2), *three = limit_of(LIMIT_IMPORT, 3);
	struct channel_desc d = pipe_desc(SIDE_A, filter_accept());

	(void)state;
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	d.limits = two;
	shard_channel_up(p.shard, &d);
	assert_int_equal(paths_of(2), 2);
	assert_false(limits_hit(two, LIMIT_IMPORT));
	play_routes(&p, 2, set[1], "10.0.0.0/8 12.0.0.0/8");
	assert_int_equal(paths_of(2), 2);
	assert_true(limits_hit(two, LIMIT_IMPORT));
	shard_channel_limits(p.shard, SIDE_A, three);
	assert_int_equal(paths_of(2), 3);
	shard_channel_limits(p.shard, SIDE_A, NULL);
	assert_int_equal(paths_of(2), 4);
	d.limits = two; /* what is there stays */
	shard_channel_update(p.shard, &d);
	assert_int_equal(paths_of(2), 4);
	play_routes(&p, 1, NULL, "10.0.0.0/8 11.0.0.0/8");
	play_routes(&p, 2, NULL, "10.0.0.0/8 12.0.0.0/8");
	assert_int_equal(paths_of(2), 0);
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8 12.0.0.0/8");
	assert_int_equal(paths_of(2), 2);
	filter_unref(d.export);
	limits_unref(two);
	limits_unref(three);
}

/* It is restarted, and counted anew, while what it brought is still on its way out. */
static void
pipe_is_back_with_a_limit(void **state)
{
	struct limits *old = limit_of(LIMIT_IMPORT, 2), *new = limit_of(LIMIT_IMPORT, 2);
	struct channel_desc d = pipe_desc(SIDE_A, filter_accept());

	(void)state;
	d.limits = old;
	shard_channel_up(p.shard, &d);
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	assert_int_equal(paths_of(2), 2);
	shard_channel_down(p.shard, SIDE_A, false);
	d.limits = new;
	shard_channel_up(p.shard, &d);
	assert_int_equal(paths_of(2), 2);
	assert_false(limits_hit(new, LIMIT_IMPORT));
	play_routes(&p, 2, set[1], "10.0.0.0/8 12.0.0.0/8");
	assert_int_equal(paths_of(2), 2);
	assert_true(limits_hit(new, LIMIT_IMPORT));
	assert_false(limits_hit(old, LIMIT_IMPORT));
	filter_unref(d.export);
	limits_unref(old);
	limits_unref(new);
}

static void
follower_is_told_so_many(void **state)
{
	struct limits *two = limit_of(LIMIT_EXPORT, 2);

	(void)state;
	kernel_up(filter_accept());
	shard_channel_limits(p.shard, KERNEL, two);
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	holds(KERNEL, "10.0.0.0/8,11.0.0.0/8,");
	play_routes(&p, 1, set[0], "12.0.0.0/8");
	holds(KERNEL, "10.0.0.0/8,11.0.0.0/8,");
	play_routes(&p, 1, NULL, "10.0.0.0/8");
	play_routes(&p, 1, set[1], "12.0.0.0/8");
	holds(KERNEL, "11.0.0.0/8,12.0.0.0/8,");
	play_routes(&p, 1, set[0], "13.0.0.0/8");
	shard_channel_limits(p.shard, KERNEL, NULL);
	holds(KERNEL, "13.0.0.0/8,11.0.0.0/8,12.0.0.0/8,"); /* in a place that was free */
	limits_unref(two);
}

static void
pipe_takes_routes_of_few_pipes(void **state)
{
	struct channel_desc d = pipe_desc(SIDE_A, filter_accept());

	(void)state;
	shard_table_add(p.shard, 3, NET_IP4);
	pipe_up(SIDE_A, filter_accept());
	d.id = 12;
	d.table = 2;
	d.pipe_to = 3;
	d.pipe_back = 13; /* of which there is none */
	d.pipe_max = 1;
	shard_channel_up(p.shard, &d);
	play_routes(&p, 1, set[0], "10.0.0.0/8");
	play_routes(&p, 3, set[0], "11.0.0.0/8"); /* in table 2 itself */
	assert_int_equal(paths_of(2), 2);
	assert_int_equal(paths_of(3), 1);
	d.pipe_max = 2;
	shard_channel_update(p.shard, &d);
	assert_int_equal(paths_of(3), 2);
	filter_unref(d.export);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(follower_is_told_the_best),
		TEST(follower_is_not_told_its_own),
		TEST(follower_changes_its_filter),
		TEST(pipe_takes_all_paths),
		TEST(pipe_comes_and_goes),
		TEST(source_goes_behind_a_pipe),
		TEST(source_changes_behind_a_pipe),
		TEST(chain_ends_where_it_began),
		TEST(follower_hears_of_piped_routes),
		TEST(pipe_brings_so_many),
		TEST(pipe_is_back_with_a_limit),
		TEST(follower_is_told_so_many),
		TEST(pipe_takes_routes_of_few_pipes),
	};

	return cmocka_run_group_tests_name("follow", tests, NULL, NULL);
}
