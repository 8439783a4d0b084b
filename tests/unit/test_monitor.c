/*
 * Monitoring: sessions' paths, told as they come and go, and those that are there.
 */
#include "rib.h"

static struct play p;
static struct attrs *set[2];

static struct channel_desc
client(uint32_t id, uint32_t table)
{
	struct channel_desc d = make_client(id);

	d.table = table;
	return d;
}

static void
up(uint32_t id)
{
	struct channel_desc d = client(id, 1);

	shard_channel_up(p.shard, &d);
}

static int
setup(void **state)
{
	(void)state;
	play_start(&p);
	shard_table_add(p.shard, 2, NET_IP4);
	set[0] = play_set(&p, &(struct set_desc){ .path = "1" });
	set[1] = play_set(&p, &(struct set_desc){ .path = "1 2" });
	up(1);
	up(2);
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
told(const char *want)
{
	play_run(&p);
	assert_string_equal(p.log, want);
	p.log[0] = 0;
}

static void
walked(uint32_t table, const char *want)
{
	struct walk w = { .table = table, .mode = WALK_ALL };

	play_run(&p);
	p.log[0] = 0;
	while (!w.done)
		shard_monitor_walk(p.shard, &w, 1, play_monitored, &p);
	assert_string_equal(p.log, want);
	p.log[0] = 0;
}

static void
nobody_looks(void **state)
{
	(void)state;
	play_routes(&p, 1, set[0], "10.0.0.0/8");
	told("");
	shard_monitor(p.shard, true);
	play_routes(&p, 1, set[0], "11.0.0.0/8");
	shard_monitor(p.shard, false);
	told("");
}

static void
come_and_go(void **state)
{
	(void)state;
	shard_monitor(p.shard, true);
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	told("+1 10.0.0.0/8 +1 11.0.0.0/8 ");
	play_routes(&p, 1, set[0], "10.0.0.0/8"); /* as it is */
	told("");
	play_routes(&p, 1, set[1], "10.0.0.0/8");
	play_routes(&p, 2, set[1], "10.0.0.0/8"); /* not the best: told, too */
	told("+1 10.0.0.0/8 +2 10.0.0.0/8 ");
	play_routes(&p, 1, NULL, "10.0.0.0/8 12.0.0.0/8"); /* one of them is not there */
	play_routes(&p, 1, set[1], "10.0.0.0/8");
	told("-1 10.0.0.0/8 +1 10.0.0.0/8 ");
	p.add_path[1] = true;
	play_routes(&p, 1, set[0], "13.0.0.0/8#7 13.0.0.0/8#8");
	play_routes(&p, 1, NULL, "13.0.0.0/8#7");
	told("+1 13.0.0.0/8#7 +1 13.0.0.0/8#8 -1 13.0.0.0/8#7 ");
}

static void
others_are_no_sessions(void **state)
{
	struct channel_desc d = client(3, 1);

	(void)state;
	d.kind = SOURCE_STATIC;
	shard_channel_up(p.shard, &d);
	shard_monitor(p.shard, true);
	play_routes(&p, 3, set[0], "10.0.0.0/8");
	told("");
	walked(1, "");
}

static void
what_is_there(void **state)
{
	(void)state;
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	play_routes(&p, 2, set[1], "10.0.0.0/8");
	walked(1, "+1 10.0.0.0/8 +2 10.0.0.0/8 +1 11.0.0.0/8 ");
	walked(2, "");
	walked(9, "");
	shard_monitor(p.shard, true);
	play_routes(&p, 1, set[1], "11.0.0.0/8"); /* news goes first */
	p.log[0] = 0;
	shard_monitor_walk(p.shard, &(struct walk){ .table = 1 }, 9, play_monitored, &p);
	assert_string_equal(
	    p.log, "+1 11.0.0.0/8 +1 10.0.0.0/8 +1 11.0.0.0/8 +2 10.0.0.0/8 ");
}

/* What is kept of the session before (RFC 4724) is told when the peer tells it. */
static void
restart(void **state)
{
	(void)state;
	shard_monitor(p.shard, true);
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	play_run(&p);
	p.log[0] = 0;
	shard_channel_down(p.shard, 1, true);
	told("");
	walked(1, "");
	up(1);
	walked(1, "");
	play_routes(&p, 1, set[0], "10.0.0.0/8");
	told("+1 10.0.0.0/8 ");
	walked(1, "+1 10.0.0.0/8 ");
	shard_channel_purge(p.shard, 1);
	told("");
	shard_channel_down(
	    p.shard, 1, false); /* the session's end is the end of its routes */
	told("");
	up(1);
	play_routes(&p, 1, set[0], "10.0.0.0/8");
	told("+1 10.0.0.0/8 ");
}

/* All routes framed anew (RFC 7313): what is not told again goes. */
static void
refresh(void **state)
{
	(void)state;
	shard_monitor(p.shard, true);
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	told("+1 10.0.0.0/8 +1 11.0.0.0/8 ");
	shard_channel_mark(p.shard, 1);
	walked(1, "+1 10.0.0.0/8 +1 11.0.0.0/8 ");
	play_routes(&p, 1, set[1], "10.0.0.0/8");
	told("+1 10.0.0.0/8 ");
	shard_channel_purge(p.shard, 1);
	told("-1 11.0.0.0/8 ");
}

/* To another table with its paths: none is lost on the way. */
static void
moves(void **state)
{
	struct channel_desc d = client(1, 2);

	(void)state;
	shard_monitor(p.shard, true);
	play_routes(&p, 1, set[0], "10.0.0.0/8 11.0.0.0/8");
	told("+1 10.0.0.0/8 +1 11.0.0.0/8 ");
	shard_channel_update(p.shard, &d);
	play_routes(&p, 1, NULL, "10.0.0.0/8"); /* from where it still is */
	play_run(&p);
	assert_non_null(strstr(p.log, "-1 10.0.0.0/8 "));
	assert_null(strstr(p.log, "+1 10.0.0.0/8 "));
	assert_null(strstr(p.log, "-1 11.0.0.0/8 "));
	walked(1, "");
	walked(2, "+1 11.0.0.0/8 ");
}

int
main(void)
{
	ADD_TEST(nobody_looks);
	ADD_TEST(come_and_go);
	ADD_TEST(others_are_no_sessions);
	ADD_TEST(what_is_there);
	ADD_TEST(restart);
	ADD_TEST(refresh);
	ADD_TEST(moves);
	return tests_run_with("monitor", setup, teardown);
}
