/*
 * Long networks in a shard: told, withdrawn, too long for a message, and nothing left of
 * them at the end.
 */
#include "rib.h"
#include "base/longnet.h"

enum { TABLE = 2, BIG = 3960 };

static struct play p;
static struct attrs *short_set, *long_set;
static uint8_t big[BIG];

static void
client_up(uint32_t id, bool add_path)
{
	struct channel_desc d = make_client(id);

	d.table = TABLE;
	d.family = FAM_FLOW4;
	d.add_path_tx = p.add_path[id] = add_path;
	play_up(&p, d);
}

static int
setup(void **state)
{
	char path[1000] = "";

	(void)state;
	play_start(&p);
	shard_table_add(p.shard, TABLE, NET_FLOW4);
	for (unsigned i = 0; i < 60; i++)
		strcat(path, "65001 ");
	path[strlen(path) - 1] = 0;
	short_set = play_set(&p, &(struct set_desc){ .path = "1" });
	long_set = play_set(&p, &(struct set_desc){ .path = path });
	memset(big, 1, sizeof(big)); /* port = 1, port = 1, ... */
	big[0] = 4;
	big[BIG - 5] = 0x81; /* the last one; and the packet's length is 1 */
	big[BIG - 3] = 10;
	big[BIG - 2] = 0x81;
	for (uint32_t i = 1; i <= 3; i++)
		client_up(i, i == 3);
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

static void
route(uint32_t channel, struct attrs *a, const void *bytes, size_t len)
{
	struct batch *b = batch_new(channel, 0);
	struct nlri n = { .net = net_long(NET_FLOW4, bytes, len) };

	batch_add(b, a, &n);
	shard_batch(p.shard, b);
	play_run(&p);
}

static void
told_and_withdrawn(void **state)
{
	(void)state;
	route(1, short_set, "\3\201\6", 3);
	assert_string_equal(p.held[2], "flow4 hex:038106,");
	assert_string_equal(p.held[3], "flow4 hex:038106#1,");
	assert_string_equal(p.held[1], "");
	route(2, short_set, "\3\201\6", 3);
	assert_int_equal(longnet_stats().nets, 1);
	route(1, NULL, "\3\201\6", 3);
	assert_string_equal(p.held[1], "flow4 hex:038106,");
	route(2, NULL, "\3\201\6", 3);
	assert_string_equal(p.held[1], "");
	assert_string_equal(p.held[3], "");
	assert_int_equal(longnet_stats().nets, 0);
}

static void
gone_with_its_source(void **state)
{
	uint8_t flow[3] = { 3, 0x81, 0 };

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		flow[2] = (uint8_t)i;
		route(1, short_set, flow, 3);
	}
	assert_int_equal(longnet_stats().nets, 20);
	shard_channel_down(p.shard, 1, false);
	play_run(&p);
	assert_int_equal(longnet_stats().nets, 0);
	assert_string_equal(p.held[2], "");
}

/* With few attributes it fits a message of 4096 bytes, with many it does not: then it is
 * withdrawn from those who have it. */
static void
too_long_for_a_message(void **state)
{
	(void)state;
	route(1, long_set, big, BIG);
	assert_string_equal(p.held[2], "");
	assert_string_equal(p.held[3], "");
	route(1, short_set, big, BIG);
	assert_non_null(strstr(p.held[2], "flow4 hex:0401"));
	assert_non_null(strstr(p.held[3], "flow4 hex:0401"));
	route(1, long_set, big, BIG);
	assert_string_equal(p.held[2], "");
	assert_string_equal(p.held[3], "");
}

/* A walk shows it, and by itself. */
static unsigned seen;

static void
visit(void *ctx, const struct path_view *v, unsigned n)
{
	const struct net *want = ctx;

	seen += n;
	assert_true(net_equal(v->net, want));
}

static void
looked_at(void **state)
{
	struct net n = net_long(NET_FLOW4, "\3\201\6", 3);
	struct walk all = { .table = TABLE, .mode = WALK_ALL }, one;

	(void)state;
	route(1, short_set, "\3\201\6", 3);
	shard_walk(p.shard, &all, 10, visit, &n);
	assert_int_equal(seen, 1);
	net_hold(&n); /* who asks for one holds it */
	one = (struct walk){ .table = TABLE, .mode = WALK_NET, .net = n };
	shard_walk(p.shard, &one, 10, visit, &n);
	assert_int_equal(seen, 2);
	net_drop(&n);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(told_and_withdrawn),
		TEST(gone_with_its_source),
		TEST(too_long_for_a_message),
		TEST(looked_at),
	};

	return cmocka_run_group_tests_name("longrib", tests, NULL, NULL);
}
