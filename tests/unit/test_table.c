/*
 * The table: lookups, longest matches, blocks of paths.
 */
#include "rib.h"

static struct table t;

static int
setup(void **state)
{
	(void)state;
	table_init(&t, NET_IP4);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	table_fini(&t);
	return 0;
}

static uint32_t
add(const char *text)
{
	struct net n = make_net(text);

	return table_get(&t, &n, table_hash(&t, &n));
}

static void
path_add(uint32_t node, uint32_t attrs)
{
	*table_path_add(
	    &t, table_node(&t, node)) = (struct path){ .attrs = attrs, .channel = 1 };
}

static void
found_is_what_was_added(void **state)
{
	struct net out, n = make_net("10.1.0.0/16");
	uint32_t a = add("10.1.0.0/16"), b = add("10.1.0.0/17");

	(void)state;
	assert_int_not_equal(a, b);
	assert_int_equal(add("10.1.0.0/16"), a);
	assert_int_equal(table_find(&t, &n, table_hash(&t, &n)), a);
	table_net(&t, a, &out);
	assert_true(net_equal(&n, &out));
	n = make_net("10.0.0.0/15");
	assert_int_equal(table_find(&t, &n, table_hash(&t, &n)), 0);
}

static void
longest_match(void **state)
{
	static const struct {
		const char *net, *match;
	} rows[] = {
		{ "10.1.2.3/32", "10.1.2.0/24" },
		{ "10.1.3.3/32", "10.1.0.0/16" },
		{ "10.1.2.0/24", "10.1.2.0/24" },
		{ "10.1.2.0/23", "10.1.0.0/16" },
		{ "11.0.0.1/32", "0.0.0.0/0" },
	};

	(void)state;
	path_add(add("10.1.0.0/16"), 1);
	path_add(add("10.1.2.0/24"), 1);
	path_add(add("0.0.0.0/0"), 1);
	add("10.1.2.3/32"); /* without paths it is no answer */
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct net n = make_net(rows[i].net);

		assert_int_equal(table_match(&t, &n), add(rows[i].match));
	}
}

static void
no_match(void **state)
{
	struct net n = make_net("10.0.0.1/32");

	(void)state;
	path_add(add("10.1.0.0/16"), 1);
	assert_int_equal(table_match(&t, &n), 0);
}

static void
paths_keep_their_order(void **state)
{
	uint32_t node = add("10.0.0.0/8");
	const struct path *p;

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		path_add(node, i);
	table_path_del(&t, table_node(&t, node), 50);
	table_path_del(&t, table_node(&t, node), 0);
	p = node_paths(&t, table_node(&t, node));
	for (uint32_t i = 0; i < 98; i++)
		assert_int_equal(p[i].attrs, i < 49 ? i + 1 : i + 2);
	assert_int_equal(t.path_n, 98);
}

static void
a_network_has_a_limit(void **state)
{
	uint32_t node = add("10.0.0.0/8");

	(void)state;
	for (uint32_t i = 0; i < TABLE_PATHS_MAX; i++)
		path_add(node, i);
	assert_null(table_path_add(&t, table_node(&t, node)));
}

/* Many networks gain and lose paths in step: what they leave behind is used again. */
static void
blocks_merge(void **state)
{
	enum { NODES = 4000, PATHS = 12 };
	uint32_t first = 0, end;
	char text[NET_TEXT_MAX];

	(void)state;
	for (uint32_t i = 0; i < NODES; i++) {
		snprintf(text, sizeof(text), "10.%u.%u.0/24", i / 256, i % 256);
		first = first ? first : add(text);
		add(text);
	}
	for (unsigned round = 0; round < PATHS; round++)
		for (uint32_t i = 0; i < NODES; i++)
			path_add(first + i, i * PATHS + round);
	for (uint32_t i = 0; i < NODES; i++)
		for (unsigned k = 0; k < PATHS; k++)
			assert_int_equal(
			    node_paths(&t, table_node(&t, first + i))[k].attrs,
			    i * PATHS + k);
	assert_in_range(t.unit_end, NODES * PATHS, NODES * PATHS * 3 / 2);
	end = t.unit_end;
	for (unsigned round = 0; round < PATHS; round++)
		for (uint32_t i = 0; i < NODES; i++)
			table_path_del(&t, table_node(&t, first + i), 0);
	assert_int_equal(t.path_n, 0);
	for (unsigned round = 0; round < PATHS; round++)
		for (uint32_t i = 0; i < NODES; i++)
			path_add(first + i, 0);
	assert_true(t.unit_end <= end + end / 8);
}

static void
deleted_nodes_are_used_again(void **state)
{
	uint32_t end;
	char text[NET_TEXT_MAX];

	(void)state;
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 5000; i++) {
			snprintf(text, sizeof(text), "%u.%u.%u.0/24", 10 + round, i / 256,
			    i % 256);
			add(text);
		}
		end = t.node_end;
		for (uint32_t i = 1; i < end; i++)
			if (table_node(&t, i)->flags & NODE_USED)
				table_del(&t, i);
		assert_int_equal(t.node_n, 0);
		assert_int_equal(end, 5001);
	}
	assert_int_equal(t.slot_mask, 8191);
}

/* What stays keeps its index and its paths, what went is given back. */
static void
trimmed(void **state)
{
	enum { NODES = 60000, STAY = 7 };
	struct net n = make_net("10.0.6.0/24");
	uint32_t stays;
	size_t before;
	char text[NET_TEXT_MAX];

	(void)state;
	for (uint32_t i = 0; i < NODES; i++) {
		snprintf(text, sizeof(text), "10.%u.%u.0/24", i / 256, i % 256);
		path_add(add(text), i + 1);
	}
	before = t.nodes.size + t.paths.size + t.slots.size;
	stays = table_find(&t, &n, table_hash(&t, &n));
	for (uint32_t i = 1; i < t.node_end; i++) {
		if (i == stays)
			continue;
		table_path_del(&t, table_node(&t, i), 0);
		table_del(&t, i);
	}
	table_trim_begin(&t);
	while (table_trim_slice(&t))
		;
	assert_int_equal(t.node_end, stays + 1);
	assert_false(table_moving(&t));
	assert_true((t.nodes.size + t.paths.size + t.slots.size) * 10 < before);
	assert_int_equal(table_find(&t, &n, table_hash(&t, &n)), stays);
	assert_int_equal(node_paths(&t, table_node(&t, stays))->attrs, STAY);
	for (uint32_t i = 0; i < NODES; i++) {
		snprintf(text, sizeof(text), "11.%u.%u.0/24", i / 256, i % 256);
		path_add(add(text), i);
	}
	assert_int_equal(t.node_n, NODES + 1);
	assert_int_equal(node_paths(&t, table_node(&t, stays))->attrs, STAY);
}

/* While nodes move to more slots: found, deleted and added as ever. */
static void
moving(void **state)
{
	enum { NODES = 20000 };
	struct net n;
	char text[NET_TEXT_MAX];

	(void)state;
	for (uint32_t i = 0; i < NODES || !table_moving(&t); i++) {
		snprintf(text, sizeof(text), "10.%u.%u.0/24", i / 256, i % 256);
		add(text);
	}
	for (uint32_t i = 0; i < NODES; i++) {
		uint32_t node;

		snprintf(text, sizeof(text), "10.%u.%u.0/24", i / 256, i % 256);
		n = make_net(text);
		node = table_find(&t, &n, table_hash(&t, &n));
		assert_int_not_equal(node, 0);
		if (i % 3)
			continue;
		table_del(&t, node);
		assert_int_equal(table_find(&t, &n, table_hash(&t, &n)), 0);
		snprintf(text, sizeof(text), "11.%u.%u.0/24", i / 256, i % 256);
		if (i % 2)
			add(text);
		if (i % 5 == 0)
			table_move(&t, 3);
	}
	table_move(&t, UINT32_MAX);
	assert_false(table_moving(&t));
	for (uint32_t i = 0; i < NODES; i++) {
		snprintf(text, sizeof(text), "10.%u.%u.0/24", i / 256, i % 256);
		n = make_net(text);
		assert_int_equal(!table_find(&t, &n, table_hash(&t, &n)), i % 3 == 0);
	}
}

static void
six(void **state)
{
	struct table t6;
	struct net a = make_net("2001:db8::/32"), b = make_net("2001:db8::1/128"), out;
	uint32_t i;

	(void)state;
	table_init(&t6, NET_IP6);
	i = table_get(&t6, &a, table_hash(&t6, &a));
	*table_path_add(&t6, table_node(&t6, i)) = (struct path){ .channel = 1 };
	assert_int_equal(table_match(&t6, &b), i);
	table_net(&t6, i, &out);
	assert_true(net_equal(&a, &out));
	table_fini(&t6);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(found_is_what_was_added),
		TEST(longest_match),
		TEST(no_match),
		TEST(paths_keep_their_order),
		TEST(a_network_has_a_limit),
		TEST(blocks_merge),
		TEST(deleted_nodes_are_used_again),
		TEST(trimmed),
		TEST(moving),
		TEST(six),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
