/*
 * The shard from outside: timing, stale routes, removal, walks, counts.
 */
#include "rib.h"

static struct play p;
static struct attrs *set[3];

static int
setup(void **state)
{
	static const char *paths[3] = { "1", "1 2", "1 2 3" };

	(void)state;
	play_start(&p);
	for (unsigned i = 0; i < 3; i++)
		set[i] = play_set(&p, &(struct set_desc){ .path = paths[i] });
	for (uint32_t i = 1; i <= 3; i++)
		play_up(&p, make_client(i));
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
idle_asks_for_nothing(void **state)
{
	uint64_t wait;

	(void)state;
	assert_false(shard_run(p.shard, false, p.now, &wait));
	assert_true(wait == UINT64_MAX);
}

/* While input waits changes gather, but not for ever. */
static void
no_intermediate_best(void **state)
{
	uint64_t wait;

	(void)state;
	play_routes(&p, 1, set[2], "10.0.0.0/8");
	assert_false(shard_run(p.shard, true, p.now, &wait));
	play_routes(&p, 2, set[1], "10.0.0.0/8");
	assert_false(shard_run(p.shard, true, p.now + 49, &wait));
	assert_string_equal(p.log, "");
	assert_true(wait == p.now + 50);
	assert_true(shard_run(p.shard, true, p.now + 50, &wait));
	assert_string_equal(p.log, "seg1 ");
}

/* Many changes gather for longer: whole tables are coming in. */
static void
a_storm_gathers_longer(void **state)
{
	uint64_t wait;

	(void)state;
	p.shard->tune.storm_n = 1;
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	shard_run(p.shard, true, p.now, &wait);
	assert_true(wait == p.now + 500);
	assert_false(shard_run(p.shard, true, p.now + 499, &wait));
	assert_true(shard_run(p.shard, true, p.now + 500, &wait));
	assert_string_equal(p.log, "seg1 ");
}

static void
ticks_gather(void **state)
{
	uint64_t wait;

	(void)state;
	assert_true(shard_gathers_until(p.shard) <= p.now);
	play_routes(&p, 1, set[0], "10.0.0.0/8");
	shard_run(p.shard, false, p.now, &wait);
	assert_string_equal(p.log, "seg1 ");
	play_routes(&p, 1, set[1], "10.0.0.0/8");
	while (shard_run(p.shard, false, p.now, &wait))
		;
	assert_true(wait == p.now + tuning_default.tick_ms);
	assert_true(shard_gathers_until(p.shard) == wait);
	assert_string_equal(p.log, "seg1 ");
	shard_run(p.shard, false, p.now + tuning_default.tick_ms, &wait);
	assert_string_equal(p.log, "seg1 seg1 ");
}

static void
up_again(uint32_t id)
{
	struct filter *all = filter_accept();
	struct channel_desc d = make_client(id);

	d.export = all;
	shard_channel_up(p.shard, &d);
	filter_unref(all);
}

static struct channel_counts
counts(uint32_t id)
{
	struct channel_counts c;

	shard_channel_counts(p.shard, id, &c);
	return c;
}

static void
stale_routes_stay_until_purged(void **state)
{
	(void)state;
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	play_run(&p);
	shard_channel_down(p.shard, 1, true);
	play_run(&p);
	assert_string_equal(p.held[2], "10.0.0.0/8,11.0.0.0/8,");
	assert_int_equal(counts(1).stale, 2);
	up_again(1);
	play_routes(&p, 1, set[0], "10.0.0.0/8");
	assert_int_equal(counts(1).stale, 1);
	shard_channel_purge(p.shard, 1);
	play_run(&p);
	assert_string_equal(p.held[2], "10.0.0.0/8,");
	assert_int_equal(counts(1).stale, 0);
	assert_int_equal(counts(1).imported, 1);
}

/* Routes of the new session are safe from the sweep for the old one's. */
static void
back_before_the_sweep(void **state)
{
	(void)state;
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	play_run(&p);
	shard_channel_down(p.shard, 1, false);
	up_again(1);
	play_routes(&p, 1, set[1], "10.0.0.0/8");
	play_routes(&p, 1, set[0], "12.0.0.0/8");
	play_run(&p);
	assert_non_null(strstr(p.held[2], "10.0.0.0/8,"));
	assert_non_null(strstr(p.held[2], "12.0.0.0/8,"));
	assert_null(strstr(p.held[2], "11.0.0.0/8,"));
	assert_int_equal(counts(1).imported, 2);
}

/* A mark during a sweep must not give what it marks to the sweep. */
static void
mark_during_sweep(void **state)
{
	(void)state;
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	play_run(&p);
	shard_channel_mark(p.shard, 1);
	play_routes(&p, 1, set[0], "10.0.0.0/8");
	shard_channel_purge(p.shard, 1);
	shard_channel_mark(p.shard, 1);
	play_run(&p);
	assert_string_equal(p.held[2], "10.0.0.0/8,");
	assert_int_equal(counts(1).stale, 1);
}

static void
removed_is_gone_after_its_routes(void **state)
{
	struct table_counts t;

	(void)state;
	play_routes(&p, 1, set[0], "10.0.0.0/8");
	play_run(&p);
	p.log[0] = 0;
	shard_channel_remove(p.shard, 1);
	assert_string_equal(p.log, "del 1 ");
	play_run(&p);
	assert_string_equal(p.log, "del 1 seg1 gone 1 ");
	assert_string_equal(p.held[2], "");
	shard_table_counts(p.shard, 1, &t);
	assert_int_equal(t.nets, 0);
	assert_int_equal(t.paths, 0);
	up_again(1); /* the id is free again */
	play_run(&p);
}

static void
changed_source_is_decided_again(void **state)
{
	struct channel_desc d = make_client(2);
	struct filter *all = filter_accept();

	(void)state;
	play_routes(&p, 1, set[0], "10.0.0.0/8");
	play_routes(&p, 2, set[0], "10.0.0.0/8");
	play_run(&p);
	assert_int_equal(counts(1).preferred, 1);
	d.default_local_pref = 200;
	d.export = all;
	shard_channel_update(p.shard, &d);
	filter_unref(all);
	play_run(&p);
	assert_int_equal(counts(1).preferred, 0);
	assert_int_equal(counts(2).preferred, 1);
	assert_string_equal(p.held[1], "10.0.0.0/8,");
	assert_string_equal(p.held[2], "");
}

static void
counts_as_bird_counts(void **state)
{
	struct channel_counts c;

	(void)state;
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	play_routes(&p, 1, set[0], "10.0.0.0/8");
	play_routes(&p, 2, set[1], "11.0.0.0/8");
	play_routes(&p, 1, NULL, "10.0.0.0/8 12.0.0.0/8");
	play_run(&p);
	c = counts(1);
	assert_int_equal(c.imported, 1);
	assert_int_equal(c.preferred, 1);
	assert_int_equal(c.exported, 0);
	assert_int_equal(c.imp_updates_accepted, 2);
	assert_int_equal(c.imp_updates_ignored, 1);
	assert_int_equal(c.imp_withdraws, 1);
	assert_int_equal(c.imp_withdraws_ignored, 1);
	assert_int_equal(c.exp_rejected, 1); /* its own */
	c = counts(3);
	assert_int_equal(c.exported, 1);
	assert_int_equal(c.exp_updates, 1);
	assert_int_equal(c.exp_accepted, 1);
}

struct seen {
	unsigned nets, paths;
	char text[1024];
};

static void
on_net(void *ctx, const struct path_view *v, unsigned n)
{
	struct seen *s = ctx;
	char text[NET_TEXT_MAX];

	s->nets++;
	s->paths += n;
	strcat(s->text, net_format(v[0].net, text));
	strcat(s->text, " ");
	assert_true(v[0].best);
	for (unsigned i = 1; i < n; i++)
		assert_false(v[i].best);
}

static void
walks(void **state)
{
	static const struct {
		unsigned mode;
		const char *net, *want;
	} rows[] = {
		{ WALK_NET, "10.1.0.0/16", "10.1.0.0/16 " },
		{ WALK_NET, "10.2.0.0/16", "" },
		{ WALK_FOR, "10.1.2.3/32", "10.1.0.0/16 " },
		{ WALK_FOR, "10.2.2.3/32", "10.0.0.0/8 " },
		{ WALK_FOR, "12.0.0.0/8", "" },
		{ WALK_IN, "10.0.0.0/8", "10.0.0.0/8 10.1.0.0/16 " },
		{ WALK_ALL, "0.0.0.0/0", "10.0.0.0/8 10.1.0.0/16 11.0.0.0/8 " },
	};

	(void)state;
	play_routes(&p, 1, set[0], "10.0.0.0/8 10.1.0.0/16 11.0.0.0/8");
	play_routes(&p, 2, set[0], "10.0.0.0/8");
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct walk w = {
			.table = 1, .mode = rows[i].mode, .net = make_net(rows[i].net)
		};
		struct seen s = { 0 };

		while (!w.done)
			shard_walk(p.shard, &w, 1, on_net, &s);
		assert_string_equal(s.text, rows[i].want);
	}
}

static void
on_verdict(void *ctx, const struct path_view *v, unsigned n)
{
	(void)n;
	*(int *)ctx = shard_export_verdict(p.shard, 2, v) * 10 +
		      shard_export_verdict(p.shard, 1, v);
}

static void
verdicts(void **state)
{
	struct walk w = { .table = 1, .mode = WALK_ALL };
	int v = -1;

	(void)state;
	play_routes(&p, 1, set[0], "10.0.0.0/8");
	shard_walk(p.shard, &w, 9, on_verdict, &v);
	assert_int_equal(v, 20); /* sent to 2, not offered to its source */
}

static void
batches_of_nobody_are_dropped(void **state)
{
	(void)state;
	play_routes(&p, 14, set[0], "10.0.0.0/8");
	shard_channel_down(p.shard, 1, false);
	play_routes(&p, 1, set[0], "10.0.0.0/8");
	play_run(&p);
	assert_string_equal(p.log, "del 1 ");
}

static void
freed_in_the_middle(void **state)
{
	(void)state;
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	play_steps(&p, 1);
	play_routes(&p, 2, set[1], "10.0.0.0/8");
	shard_refresh(p.shard, 3);
	/* teardown frees it as it stands */
}

/* A network loses its last path while a cycle is about to collect it, and the first channel
 * with add-path has come since it was found dirty. */
static void
emptied_before_it_was_collected(void **state)
{
	struct channel_desc d = make_client(4);
	struct table_counts c;

	(void)state;
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	play_run(&p);
	p.shard->tune.slice = 1;
	play_routes(&p, 1, set[1], "11.0.0.0/8 10.0.0.0/8");
	play_steps(&p, 1);
	d.add_path_tx = true;
	d.export = filter_reject(); /* the test reads no path ids */
	shard_channel_up(p.shard, &d);
	filter_unref(d.export);
	play_routes(&p, 1, NULL, "10.0.0.0/8");
	play_run(&p);
	shard_table_counts(p.shard, 1, &c);
	assert_int_equal(c.nets, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(idle_asks_for_nothing),
		TEST(no_intermediate_best),
		TEST(a_storm_gathers_longer),
		TEST(ticks_gather),
		TEST(emptied_before_it_was_collected),
		TEST(stale_routes_stay_until_purged),
		TEST(back_before_the_sweep),
		TEST(mark_during_sweep),
		TEST(removed_is_gone_after_its_routes),
		TEST(changed_source_is_decided_again),
		TEST(counts_as_bird_counts),
		TEST(walks),
		TEST(verdicts),
		TEST(batches_of_nobody_are_dropped),
		TEST(freed_in_the_middle),
	};

	return cmocka_run_group_tests_name("shard", tests, NULL, NULL);
}
