/*
 * Followers and pipes: who is told of networks, and paths that go from table to table.
 */
#include "rib.h"
#include "rib/core.h"

enum { SIDE_A = 8, SIDE_B, KERNEL };

static struct play p;
static struct attrs *set[3];

/* Peers 1 and 2 in table 1, 3 and 4 in table 2. */
static void
peer_up(uint32_t id, uint32_t table)
{
	struct channel_desc d = make_client(id);

	d.table = table;
	play_up(&p, d);
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
		set[i] = play_set(&p, &(struct set_desc){ .path = paths[i] });
	for (uint32_t i = 1; i <= 4; i++)
		peer_up(i, i <= 2 ? 1 : 2);
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

static void
kernel_merges(unsigned merge)
{
	struct channel_desc d = make_client(KERNEL);

	d.kind = SOURCE_KERNEL;
	d.sink = SINK_FOLLOW;
	d.merge = (uint16_t)merge;
	d.export = filter_accept();
	shard_channel_update(p.shard, &d);
	filter_unref(d.export);
}

/* What has gone just before is in a list that it does not read any more. */
static void
follower_begins_to_merge(void **state)
{
	(void)state;
	kernel_up(filter_accept());
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8 12.0.0.0/8");
	holds(KERNEL, "10.0.0.0/8,11.0.0.0/8,12.0.0.0/8,");
	play_routes(&p, 1, NULL, "10.0.0.0/8");
	kernel_merges(16);
	holds(KERNEL, "11.0.0.0/8,12.0.0.0/8,");
	play_routes(&p, 1, NULL, "11.0.0.0/8");
	kernel_merges(0);
	holds(KERNEL, "12.0.0.0/8,");
	play_routes(&p, 1, NULL, "12.0.0.0/8");
	holds(KERNEL, "");
}

static void
kernel_goes(uint32_t table)
{
	struct channel_desc d = make_client(KERNEL);

	d.kind = SOURCE_KERNEL;
	d.sink = SINK_FOLLOW;
	d.table = table;
	d.export = filter_accept();
	shard_channel_update(p.shard, &d);
	filter_unref(d.export);
}

static void
source_goes(uint32_t id, uint32_t table)
{
	struct channel_desc d = make_client(id);

	d.table = table;
	d.export = filter_accept();
	shard_channel_update(p.shard, &d);
	filter_unref(d.export);
}

static void
follower_goes_to_another_table(void **state)
{
	struct channel_counts c;

	(void)state;
	kernel_up(filter_accept());
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8 12.0.0.0/8");
	play_routes(&p, 3, set[1], "11.0.0.0/8 13.0.0.0/8");
	holds(KERNEL, "10.0.0.0/8,11.0.0.0/8,12.0.0.0/8,");
	kernel_goes(2);
	holds(KERNEL, "11.0.0.0/8,13.0.0.0/8,");
	play_routes(&p, 1, set[1], "14.0.0.0/8 11.0.0.0/8");
	play_routes(&p, 3, NULL, "13.0.0.0/8");
	play_routes(&p, 4, set[1], "15.0.0.0/8");
	holds(KERNEL, "11.0.0.0/8,15.0.0.0/8,");
	kernel_goes(1);
	holds(KERNEL, "10.0.0.0/8,11.0.0.0/8,12.0.0.0/8,14.0.0.0/8,");
	shard_channel_counts(p.shard, KERNEL, &c);
	assert_int_equal(c.exported, 4);
}

/* What goes along stays told: nothing is withdrawn. */
static void
follower_goes_with_its_source(void **state)
{
	(void)state;
	kernel_up(filter_accept());
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	play_routes(&p, 2, set[0], "12.0.0.0/8");
	holds(KERNEL, "10.0.0.0/8,11.0.0.0/8,12.0.0.0/8,");
	source_goes(1, 2);
	kernel_goes(2);
	for (uint64_t wait = 0, i = 0; i < 200; i++) {
		shard_run(p.shard, false, p.now += 5, &wait);
		assert_non_null(strstr(p.held[KERNEL], "10.0.0.0/8,"));
		assert_non_null(strstr(p.held[KERNEL], "11.0.0.0/8,"));
	}
	holds(KERNEL, "10.0.0.0/8,11.0.0.0/8,");
}

static void
follower_goes_there_and_back(void **state)
{
	(void)state;
	kernel_up(filter_accept());
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	play_routes(&p, 3, set[0], "11.0.0.0/8 12.0.0.0/8");
	holds(KERNEL, "10.0.0.0/8,11.0.0.0/8,");
	kernel_goes(2);
	kernel_goes(1);
	holds(KERNEL, "10.0.0.0/8,11.0.0.0/8,");
	kernel_goes(2);
	shard_channel_down(p.shard, KERNEL, false);
	play_run(&p);
	p.held[KERNEL][0] = 0;
	kernel_up(filter_accept());
	play_run(&p);
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
pipe_goes(uint32_t a, uint32_t b)
{
	for (uint32_t id = SIDE_A; id <= SIDE_B; id++) {
		struct channel_desc d = pipe_desc(id, filter_accept());

		d.table = id == SIDE_A ? a : b;
		d.pipe_to = id == SIDE_A ? b : a;
		shard_channel_update(p.shard, &d);
		filter_unref(d.export);
	}
}

/* One side goes over to table 9: what it brings from there, and what it brings there. */
static void
pipe_goes_to_another_table(void **state)
{
	(void)state;
	shard_table_add(p.shard, 9, NET_IP4);
	peer_up(5, 9);
	pipe_up(SIDE_A, filter_accept());
	pipe_up(SIDE_B, filter_accept());
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	play_routes(&p, 2, set[0], "12.0.0.0/8");
	play_routes(&p, 5, set[1], "11.0.0.0/8 13.0.0.0/8");
	play_routes(&p, 3, set[2], "14.0.0.0/8");
	holds(4, "10.0.0.0/8,11.0.0.0/8,12.0.0.0/8,14.0.0.0/8,");
	holds(2, "10.0.0.0/8,11.0.0.0/8,14.0.0.0/8,");
	p.log[0] = 0;
	source_goes(1, 9); /* with its routes */
	pipe_goes(9, 2);
	play_run(&p);
	look(2, "12.0.0.0/8");
	assert_int_equal(seen_n, 0);
	look(2, "11.0.0.0/8");
	assert_int_equal(seen_n, 2);
	look(2, "13.0.0.0/8");
	assert_int_equal(seen_n, 1);
	look(9, "14.0.0.0/8");
	assert_int_equal(seen_n, 1);
	look(1, "14.0.0.0/8");
	assert_int_equal(seen_n, 0);
	look(1, "12.0.0.0/8");
	assert_int_equal(seen_n, 1);
	play_routes(&p, 3, NULL, "14.0.0.0/8");
	look(9, "14.0.0.0/8");
	assert_int_equal(seen_n, 0);
	play_routes(&p, 1, NULL, "10.0.0.0/8");
	look(2, "10.0.0.0/8");
	assert_int_equal(seen_n, 0);
	pipe_goes(1, 2); /* and back */
	look(2, "13.0.0.0/8");
	assert_int_equal(seen_n, 0);
	look(2, "12.0.0.0/8");
	assert_int_equal(seen_n, 1);
	shard_channel_remove(p.shard, SIDE_A);
	shard_channel_remove(p.shard, SIDE_B);
	look(2, "12.0.0.0/8");
	assert_int_equal(seen_n, 0);
}

/* `merge paths` comes and goes while the channel stays. */
static void
follower_merges_or_not(void **state)
{
	struct channel_desc d = make_client(KERNEL);

	(void)state;
	d.kind = SOURCE_KERNEL;
	d.sink = SINK_FOLLOW;
	d.export = filter_accept();
	play_up(&p, d);
	for (unsigned round = 0; round < 2; round++) {
		d.merge = round ? 0 : 4;
		shard_channel_update(p.shard, &d);
		play_run(&p);
		play_routes(&p, 1, set[1], "10.0.0.0/8");
		holds(KERNEL, "10.0.0.0/8,");
		d.no_bgp = true; /* nor does this one wait for a route to change */
		shard_channel_update(p.shard, &d);
		holds(KERNEL, "");
		d.no_bgp = false;
		shard_channel_update(p.shard, &d);
		holds(KERNEL, "10.0.0.0/8,");
		play_routes(&p, 1, NULL, "10.0.0.0/8");
		holds(KERNEL, "");
		assert_int_equal(p.shard->tables[0]->multi_n, d.merge != 0);
	}
	filter_unref(d.export);
}

/* Where a pipe leads now a network has all the paths it may have: what it brought is left out,
 * also where the source changes before all has been copied. */
static void
pipe_finds_no_room(void **state)
{
	char net[32];

	(void)state;
	shard_table_add(p.shard, 9, NET_IP4);
	peer_up(5, 9);
	for (unsigned i = 1; i <= TABLE_PATHS_MAX; i++) {
		snprintf(net, sizeof(net), "10.0.0.0/8#%u", i);
		play_routes(&p, 5, set[0], net);
	}
	pipe_up(SIDE_A, filter_accept());
	for (unsigned i = 0; i < 60; i++) {
		snprintf(net, sizeof(net), "11.%u.0.0/16", i);
		play_routes(&p, 1, set[0], net);
	}
	play_routes(&p, 2, set[1], "10.0.0.0/8#9");
	play_routes(&p, 1, set[0], "10.0.0.0/8#1 10.0.0.0/8#2 10.0.0.0/8#3 10.0.0.0/8#4");
	look(2, "10.0.0.0/8");
	assert_int_equal(seen_n, 5);
	p.shard->tune.slice = 4;
	pipe_goes(1, 9);
	play_routes(&p, 2, NULL, "10.0.0.0/8#9");
	for (unsigned i = 0; i < 5; i++) /* 200 steps */
		play_run(&p);
	look(2, "10.0.0.0/8");
	assert_int_equal(seen_n, 0);
	look(9, "10.0.0.0/8");
	assert_int_equal(seen_n, TABLE_PATHS_MAX);
	look(9, "11.59.0.0/16");
	assert_int_equal(seen_n, 1);
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
	struct limits *two = limit_of(LIMIT_IMPORT, 2),
		      *three = limit_of(LIMIT_IMPORT, 3);
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

/*
 * By chance: routes come and go, sources, the pipe and the kernel go from table to table, some
 * before the last move is over.  Afterwards all is as if it had been so from the start.
 */
enum { NETS = 6, TABLES = 3, PEERS = 4 };
static const uint32_t table_ids[TABLES] = { 1, 2, 9 };

struct world {
	int route[PEERS + 1][NETS]; /* which set; -1: none */
	uint32_t peer[PEERS + 1], side[2], kernel;
};

static uint32_t dice;

static uint32_t
throw(uint32_t n)
{
	dice = dice * 1664525 + 1013904223;
	return (dice >> 8) % n;
}

static void
announce(const struct world *w, uint32_t peer, unsigned net)
{
	char text[32];
	int i = w->route[peer][net];

	snprintf(text, sizeof(text), "10.%u.0.0/16", net);
	play_routes(&p, peer, i < 0 ? NULL : set[i], text);
}

static void
change(struct world *w)
{
	uint32_t peer = 1 + throw(PEERS), net = throw(NETS), side = throw(2), to;

	switch (throw(8)) {
	case 0:
		source_goes(peer, w->peer[peer] = table_ids[throw(TABLES)]);
		break;
	case 1:
		kernel_goes(w->kernel = table_ids[throw(TABLES)]);
		break;
	case 2:
		to = table_ids[throw(TABLES)];
		if (to == w->side[!side])
			break;
		w->side[side] = to;
		pipe_goes(w->side[0], w->side[1]);
		break;
	default:
		w->route[peer][net] = (int)throw(4) - 1;
		announce(w, peer, net);
	}
	play_steps(&p, throw(4) ? throw(6) : 0);
}

static void
see_paths(void *ctx, const struct path_view *v, unsigned n)
{
	char *text = ctx, word[64];

	for (uint32_t ch = 0; ch < 16; ch++)
		for (unsigned i = 0; i < n; i++)
			if (v[i].channel == ch) {
				snprintf(word, sizeof(word), " %u:%u%s", ch,
				    v[i].attrs->path_len, v[i].best ? "*" : "");
				strcat(text, word);
			}
}

static void
snapshot(char *text)
{
	char net[32], with_comma[40];

	text[0] = '\0';
	for (unsigned t = 0; t < TABLES; t++)
		for (unsigned i = 0; i < NETS; i++) {
			struct walk w = { .table = table_ids[t], .mode = WALK_NET };

			snprintf(net, sizeof(net), "10.%u.0.0/16", i);
			w.net = make_net(net);
			snprintf(with_comma, sizeof(with_comma), "%s,", net);
			sprintf(text + strlen(text), "\n%u %s", table_ids[t], net);
			shard_walk(p.shard, &w, 1, see_paths, text);
			for (uint32_t ch = 1; ch <= KERNEL; ch++)
				if (strstr(p.held[ch], with_comma))
					sprintf(text + strlen(text), " held:%u", ch);
		}
}

static void
world_begin(const struct world *w)
{
	static const char *paths[3] = { "1", "1 2", "1 2 3" };

	play_start(&p);
	p.shard->tune.slice = 1 + dice % 8; /* what is done in slices takes several */
	shard_table_add(p.shard, 2, NET_IP4);
	shard_table_add(p.shard, 9, NET_IP4);
	for (unsigned i = 0; i < 3; i++)
		set[i] = make_set(p.store, &(struct set_desc){ .path = paths[i] });
	for (uint32_t i = 1; i <= PEERS; i++)
		peer_up(i, w->peer[i]);
	for (uint32_t id = SIDE_A; id <= SIDE_B; id++) {
		struct channel_desc d = pipe_desc(id, filter_accept());

		d.table = w->side[id - SIDE_A];
		d.pipe_to = w->side[SIDE_B - id];
		shard_channel_up(p.shard, &d);
		filter_unref(d.export);
	}
	kernel_up(filter_accept());
	kernel_goes(w->kernel);
	for (uint32_t i = 1; i <= PEERS; i++)
		for (unsigned n = 0; n < NETS; n++)
			if (w->route[i][n] >= 0)
				announce(w, i, n);
}

static void
world_end(void)
{
	for (unsigned i = 0; i < 3; i++)
		attrs_unref(p.store, set[i], 1);
	play_end(&p);
}

static void
moves_lead_to_the_same(void **state)
{
	static char was[16384], fresh[16384];
	unsigned rounds = getenv("ROUNDS") ? (unsigned)atoi(getenv("ROUNDS")) : 300;

	(void)state;
	for (unsigned round = 0; round < rounds; round++) {
		struct world w = {
			.peer = { 0, 1, 1, 2, 9 }, .side = { 1, 2 }, .kernel = 1
		};

		memset(w.route, -1, sizeof(w.route));
		dice = round;
		world_begin(&w);
		for (unsigned i = 0; i < 40; i++)
			change(&w);
		play_steps(&p, 2000);
		snapshot(was);
		world_end();
		world_begin(&w);
		play_steps(&p, 2000);
		snapshot(fresh);
		world_end();
		if (strcmp(was, fresh) != 0)
			fprintf(stderr, "round %u\n", round);
		assert_string_equal(was, fresh);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(follower_is_told_the_best),
		TEST(follower_is_not_told_its_own),
		TEST(follower_changes_its_filter),
		TEST(follower_begins_to_merge),
		TEST(follower_goes_to_another_table),
		TEST(follower_goes_with_its_source),
		TEST(follower_goes_there_and_back),
		TEST(pipe_goes_to_another_table),
		TEST(follower_merges_or_not),
		TEST(pipe_finds_no_room),
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
		cmocka_unit_test(moves_lead_to_the_same),
	};

	return cmocka_run_group_tests_name("follow", tests, NULL, NULL);
}
