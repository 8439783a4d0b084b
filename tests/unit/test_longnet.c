/*
 * Long networks: the store of their bytes, and who holds what.
 */
#include <pthread.h>

#include "test.h"
#include "base/longnet.h"
#include "base/wire.h"
#include "rib/batch.h"
#include "rib/table.h"

enum { MANY = 20000, THREADS = 4, WINDOW = 64, ROUNDS = 40000 };

static int
setup(void **state)
{
	(void)state;
	assert_int_equal(longnet_stats().nets, 0);
	return 0;
}

/* Every test ends with all at zero. */
static int
teardown(void **state)
{
	(void)state;
	assert_int_equal(longnet_stats().nets, 0);
	assert_int_equal(longnet_stats().bytes, 0);
	return 0;
}

static uint8_t buf[NET_LONG_MAX];

/* Borrows buf: good until the next. */
static struct net
numbered(enum net_type type, uint32_t i, size_t len)
{
	memset(buf, (int)(i * 7), len);
	put_u32(buf, i);
	return net_long(type, buf, len);
}

static void
held_ones_are_one(void **state)
{
	uint8_t a[40] = { 1, 2, 3 }, b[40] = { 1, 2, 3 };
	struct net x = net_long(NET_FLOW4, a, sizeof(a)),
		   y = net_long(NET_FLOW4, b, sizeof(b)), borrowed = y, copy;
	size_t len;

	(void)state;
	assert_true(net_equal(&x, &y));
	net_hold(&x);
	net_hold(&y);
	assert_int_equal(longnet_stats().nets, 1);
	assert_ptr_equal(net_bytes(&x, &len), net_bytes(&y, &len));
	assert_int_equal(len, 40);
	memset(a, 9, sizeof(a)); /* who is held does not mind */
	assert_true(net_equal(&x, &borrowed));
	assert_true(net_hash(&x) == net_hash(&borrowed));
	copy = x;
	net_hold(&copy);
	net_drop(&x);
	net_drop(&y);
	assert_int_equal(longnet_stats().nets, 1);
	assert_true(net_equal(&copy, &borrowed));
	net_drop(&copy);
}

static void
what_makes_a_difference(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3, 4 }, more[] = { 1, 2, 3, 5 };
	const struct net nets[] = {
		net_long(NET_FLOW4, bytes, 3),
		net_long(NET_FLOW4, bytes, 4),
		net_long(NET_FLOW4, more, 4),
		net_long(NET_FLOW6, bytes, 0),
		net_long(NET_FLOW6, bytes, 4),
		net_long(NET_EVPN, bytes, 4),
	};
	const unsigned n = sizeof(nets) / sizeof(nets[0]);
	struct net held[sizeof(nets) / sizeof(nets[0])];

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		held[i] = nets[i];
		net_hold(&held[i]);
		assert_true(net_is_held(&held[i]) && !net_is_held(&nets[i]));
	}
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < n; k++) {
			int c = net_cmp(&nets[i], &held[k]);

			assert_int_equal(net_equal(&held[i], &nets[k]), i == k);
			assert_int_equal(net_contains(&held[i], &nets[k]), i == k);
			assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
		}
	assert_int_equal(longnet_stats().nets, n);
	for (unsigned i = 0; i < n; i++)
		net_drop(&held[i]);
}

static void
others_are_left_alone(void **state)
{
	struct net n, was;

	(void)state;
	assert_true(net_parse("192.0.2.0/24", &n));
	was = n;
	net_hold(&n);
	assert_memory_equal(&n, &was, sizeof(n));
	net_drop(&n);
	assert_memory_equal(&n, &was, sizeof(n));
}

static void
text(void **state)
{
	struct net n = net_long(NET_EVPN, "\1\2\377", 3);
	char out[NET_TEXT_MAX];

	(void)state;
	assert_string_equal(net_format(&n, out), "evpn hex:0102ff");
	n = numbered(NET_LS, 1, 5000);
	net_format(&n, out);
	assert_string_equal(out + strlen(out) - 3, "...");
}

/* In the order that routes are listed in. */
static const struct sadr_row {
	const char *to, *from;
	unsigned inside; /* bit n: it lies in row n */
} sadr_rows[] = {
	{ "::/0", "::/0", 1 << 0 },
	{ "::/0", "2001:db8:1::/48", 1 << 0 | 1 << 1 },
	{ "2001:db8::/32", "::/0", 1 << 0 | 1 << 2 },
	{ "2001:db8::/32", "2001:db8:1::/48", 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 },
	{ "2001:db8:8000::/33", "2001:db8::/32", 1 << 0 | 1 << 2 | 1 << 4 },
	{ "fe80::/10", "2001:db8:1::1/128", 1 << 0 | 1 << 1 | 1 << 5 },
};
enum { SADR_ROWS = sizeof(sadr_rows) / sizeof(sadr_rows[0]) };

static void
by_source(void **state)
{
	uint8_t room[SADR_ROWS][SADR_LEN];
	struct net n[SADR_ROWS], to, from, out_to, out_from;
	char out[NET_TEXT_MAX], want[2 * NET_TEXT_MAX];

	(void)state;
	for (unsigned i = 0; i < SADR_ROWS; i++) {
		assert_true(net_parse(sadr_rows[i].to, &to));
		assert_true(net_parse(sadr_rows[i].from, &from));
		n[i] = net_sadr(&to, &from, room[i]);
		net_sadr_parts(&n[i], &out_to, &out_from);
		assert_true(net_equal(&to, &out_to) && net_equal(&from, &out_from));
		snprintf(want, sizeof(want), "%s from %s", sadr_rows[i].to,
		    sadr_rows[i].from);
		assert_string_equal(net_format(&n[i], out), want);
		assert_int_equal(net_is_bogus(&n[i]), i == 5);
	}
	for (unsigned i = 0; i < SADR_ROWS; i++)
		for (unsigned k = 0; k < SADR_ROWS; k++) {
			int c = net_cmp(&n[i], &n[k]);

			assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
			assert_int_equal(net_contains(&n[k], &n[i]),
			    sadr_rows[i].inside >> k & 1);
		}
	/* the longer destination before the longer source */
	assert_true(net_depth(&n[2]) > net_depth(&n[1]));
	assert_true(net_depth(&n[3]) > net_depth(&n[2]));
}

static void
many(void **state)
{
	struct net *n = calloc(MANY, sizeof(*n));

	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		n[i] = numbered(NET_VPLS, i, 17 + i % 300);
		net_hold(&n[i]);
	}
	assert_int_equal(longnet_stats().nets, MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		struct net again = numbered(NET_VPLS, i, 17 + i % 300);

		net_hold(&again);
		assert_ptr_equal(net_longref(&again).bytes, net_longref(&n[i]).bytes);
		net_drop(&again);
	}
	for (uint32_t i = 0; i < MANY; i++)
		net_drop(&n[i]);
	free(n);
}

static void
batch_holds(void **state)
{
	struct batch *b = batch_new(5, 6);
	size_t empty = b->mail.weight;

	(void)state;
	for (uint32_t i = 0; i < 500; i++) {
		struct nlri n = { .net = numbered(NET_FLOW6, i / 2, 300) };

		batch_add(b, NULL, &n);
	}
	assert_int_equal(longnet_stats().nets, 250);
	assert_true(b->mail.weight >= empty + 500 * (sizeof(struct nlri) + 300));
	for (uint32_t i = 0; i < 500; i++) {
		struct net n = numbered(NET_FLOW6, i / 2, 300);

		assert_true(net_equal(&b->entries[i].net, &n));
	}
	batch_free(b, NULL);
}

/* Of a network nobody else holds. */
static uint32_t
table_put(struct table *t, uint32_t i)
{
	struct net n = numbered(t->type, i, 30 + i % 50);
	uint32_t node;

	net_hold(&n);
	node = table_get(t, &n, table_hash(t, &n));
	net_drop(&n);
	return node;
}

static uint32_t
table_has(struct table *t, uint32_t i)
{
	struct net n = numbered(t->type, i, 30 + i % 50);
	uint32_t node;

	net_hold(&n);
	node = table_find(t, &n, table_hash(t, &n));
	net_drop(&n);
	return node;
}

static void
table_holds(void **state)
{
	static uint32_t node[5000];
	struct table t;

	(void)state;
	table_init(&t, NET_FLOW4);
	assert_int_equal(t.stride, 16);
	for (uint32_t i = 0; i < 5000; i++)
		node[i] = table_put(&t, i);
	assert_int_equal(longnet_stats().nets, 5000);
	for (uint32_t i = 0; i < 5000; i++) {
		struct net n, want = numbered(NET_FLOW4, i, 30 + i % 50);

		assert_int_equal(table_put(&t, i), node[i]);
		want = numbered(NET_FLOW4, i, 30 + i % 50);
		table_net(&t, node[i], &n);
		assert_true(net_equal(&n, &want));
	}
	for (uint32_t i = 0; i < 5000; i++)
		if (i % 3)
			table_del(&t, node[i]);
	assert_int_equal(longnet_stats().nets, 1667);
	for (uint32_t i = 0; i < 5000; i++)
		assert_int_equal(table_has(&t, i), i % 3 ? 0 : node[i]);
	table_trim_begin(&t);
	while (table_trim_slice(&t))
		;
	for (uint32_t i = 0; i < 5000; i += 3)
		assert_int_equal(table_has(&t, i), node[i]);
	table_fini(&t); /* with what is in it */
}

/* All threads take and drop the same few: each may be the last. */
static void *
racer(void *arg)
{
	uint32_t seed = (uint32_t)(uintptr_t)arg;
	struct net window[WINDOW] = { 0 }, copy;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct net *n = &window[i % WINDOW];
		uint8_t bytes[24] = { 0 };

		seed = seed * 1664525 + 1013904223;
		net_drop(n); /* none at first */
		bytes[0] = (uint8_t)(seed >> 26);
		*n = net_long(NET_EVPN, bytes, sizeof(bytes));
		net_hold(n);
		if (*net_longref(n).bytes != bytes[0])
			abort();
		copy = *n;
		net_hold(&copy);
		net_drop(&copy);
	}
	for (unsigned i = 0; i < WINDOW; i++)
		net_drop(&window[i]);
	return NULL;
}

static void
threads(void **state)
{
	pthread_t t[THREADS];

	(void)state;
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, racer, (void *)(i + 1)), 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(held_ones_are_one),
		TEST(what_makes_a_difference),
		TEST(others_are_left_alone),
		TEST(text),
		TEST(by_source),
		TEST(many),
		TEST(batch_holds),
		TEST(table_holds),
		TEST(threads),
	};

	return cmocka_run_group_tests_name("longnet", tests, NULL, NULL);
}
