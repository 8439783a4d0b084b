/*
 * The store: equal sets are one, whoever interns them, and nothing stays behind.
 */
#include "test.h"
#include "bytes.h"
#include <pthread.h>
#include "base/wire.h"
#include "bgp/attrs.h"
#include "bgp/hops.h"
#include "bgp/update.h"
#include "rib/batch.h"

static struct arena *arena;
static struct store *store;
static struct draft draft;

static int
setup(void **state)
{
	(void)state;
	arena = arena_new();
	store = store_new();
	draft_init(&draft, arena);
	return 0;
}

static int
teardown(void **state)
{
	struct store_stats stats = store_stats(store);

	(void)state;
	assert_int_equal(stats.sets, 0);
	assert_int_equal(stats.bytes, 0);
	store_free(store);
	arena_free(arena);
	return 0;
}

/* A set that differs by number. */
static struct attrs *
numbered(struct draft *d, struct arena *ar, uint32_t number)
{
	draft_init(d, ar);
	draft_set_u8(d, ATTR_ORIGIN, ORIGIN_IGP);
	draft_path_prepend(d, 65001, 1);
	draft_set_u32(d, ATTR_LOCAL_PREF, number);
	d->next_hop = (struct next_hop){ 4, { 192, 0, 2, 1 } };
	return store_intern(store, d);
}

static void
equal_sets_are_one(void **state)
{
	struct attrs *a = numbered(&draft, arena, 1), *b = numbered(&draft, arena, 1);
	struct attrs *c = numbered(&draft, arena, 2);

	(void)state;
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	assert_int_equal(atomic_load(&a->refs), 2);
	assert_int_equal(store_stats(store).sets, 2);
	attrs_unref(store, a, 2);
	attrs_unref(store, c, 1);
	attrs_unref(store, NULL, 1);
}

static void
all_that_makes_a_difference(void **state)
{
	struct attrs *a = numbered(&draft, arena, 1), *b, *c, *d;

	(void)state;
	draft.preference = 1;
	b = store_intern(store, &draft);
	draft.next_hop.b[3] = 2;
	c = store_intern(store, &draft);
	draft.next_hop.len = 0;
	d = store_intern(store, &draft);
	assert_int_equal(store_stats(store).sets, 4);
	assert_int_equal(b->preference, 1);
	assert_int_equal(d->nh_len, 0);
	attrs_unref(store, a, 1);
	attrs_unref(store, b, 1);
	attrs_unref(store, c, 1);
	attrs_unref(store, d, 1);
}

static void
head(void **state)
{
	uint8_t path[64], comm[64];
	struct attrs *a;

	(void)state;
	draft_put(&draft, 0x40, ATTR_AS_PATH, path,
	    hex_read(
		"0301 0000000a 0202 0000fde9 0000fdea 0102 00000001 00000002", path));
	draft_put(&draft, 0xc0, ATTR_COMMUNITY, comm,
	    hex_read("00010001 ffffff02 ffffff01 ffffff03", comm));
	draft_set_u8(&draft, ATTR_ORIGIN, ORIGIN_EGP);
	draft_set_u32(&draft, ATTR_MED, 7);
	draft_set_u32(&draft, ATTR_LOCAL_PREF, 8);
	draft_set_u32(&draft, ATTR_ORIGINATOR_ID, 9);
	draft_set(&draft, 0x80, ATTR_CLUSTER_LIST, "12345678", 8);
	draft.preference = 120;
	a = store_intern(store, &draft);
	assert_int_equal(a->has, HAS_LOCAL_PREF | HAS_MED | HAS_ORIGINATOR | HAS_ORIGIN |
				     HAS_AS_PATH | HAS_CONFED);
	assert_int_equal(a->wk, WK_NO_EXPORT | WK_NO_ADVERTISE | WK_NO_EXPORT_SUBCONFED);
	assert_int_equal(a->origin, ORIGIN_EGP);
	assert_int_equal(a->med, 7);
	assert_int_equal(a->local_pref, 8);
	assert_int_equal(a->originator, 9);
	assert_int_equal(a->cluster_count, 2);
	assert_int_equal(a->neighbor_as, 65001);
	assert_int_equal(a->path_len, 3);
	assert_int_equal(a->preference, 120);
	attrs_unref(store, a, 1);

	draft_init(&draft, arena);
	a = store_intern(store, &draft);
	assert_int_equal(a->has, 0);
	assert_int_equal(a->origin, ORIGIN_INCOMPLETE);
	assert_int_equal(a->block_len, 0);
	attrs_unref(store, a, 1);
}

static void
there_and_back(void **state)
{
	struct attrs *a, *b;
	struct draft again;
	struct attr at;
	struct next_hop nh;
	size_t pos = 0;
	unsigned n = 0;

	(void)state;
	a = numbered(&draft, arena, 77);
	draft_from(&again, arena, a);
	b = store_intern(store, &again);
	assert_ptr_equal(a, b);
	assert_true(attrs_find(a, ATTR_LOCAL_PREF, &at));
	assert_int_equal(get_u32(at.data), 77);
	assert_false(attrs_find(a, ATTR_MED, &at));
	assert_false(attrs_find(a, ATTR_OTC, &at));
	while (attrs_next(a, &pos, &at))
		n++;
	assert_int_equal(n, 3);
	nh = attrs_next_hop(a);
	assert_int_equal(nh.len, 4);
	assert_int_equal(nh.b[0], 192);
	attrs_unref(store, a, 2);
}

/* Our own attributes tell sets apart, come last and are never encoded. */
static void
own_attributes(void **state)
{
	struct attrs *plain = numbered(&draft, arena, 1), *own, *other;
	struct stamp stamp = { .as4 = true, .internal = true };
	uint8_t wire[2][256];
	size_t len, pos = 0;
	struct draft again;
	struct attr at;

	(void)state;
	draft_set_u32(&draft, LOCAL_CUSTOM + 3, 7);
	own = store_intern(store, &draft);
	assert_ptr_not_equal(own, plain);
	assert_int_equal(own->block_len, plain->block_len);
	assert_int_equal(own->local_len, 8);
	draft_set_u32(&draft, LOCAL_CUSTOM + 4, 7);
	draft_unset(&draft, LOCAL_CUSTOM + 3);
	other = store_intern(store, &draft);
	assert_ptr_not_equal(own, other);
	assert_true(attrs_find(own, LOCAL_CUSTOM + 3, &at));
	assert_int_equal(get_u32(at.data), 7);
	assert_false(attrs_find(other, LOCAL_CUSTOM + 3, &at));
	assert_false(attrs_find(own, 3, &at));
	while (attrs_next(own, &pos, &at))
		;
	assert_int_equal(at.code, LOCAL_CUSTOM + 3);
	draft_from(&again, arena, own);
	attrs_unref(store, store_intern(store, &again), 1);
	assert_ptr_equal(store_intern(store, &again), own);
	len = attrs_encode(plain, &stamp, FAM_IP4, wire[0], sizeof(wire[0]));
	assert_int_equal(
	    attrs_encode(own, &stamp, FAM_IP4, wire[1], sizeof(wire[1])), len);
	assert_memory_equal(wire[0], wire[1], len);
	attrs_unref(store, plain, 1);
	attrs_unref(store, own, 2);
	attrs_unref(store, other, 1);
}

static void
same_hops(const struct hop *want, unsigned n)
{
	struct hop got[8];
	struct attrs *a;

	draft_init(&draft, arena);
	draft_set_hops(&draft, want, n);
	a = store_intern(store, &draft);
	assert_int_equal(attrs_hops(a, got, 8), n);
	assert_memory_equal(got, want, n * sizeof(*want));
	attrs_unref(store, a, 1);
}

static void
hops(void **state)
{
	static const struct hop set[] = {
		{ .ifname = "a-long-one-15-b", .weight = 256, .onlink = true },
		{ .ifname = "eth0", .weight = 1, .label_n = 2, .label = { 16, 1048575 } },
		{ .weight = 3 },
	};
	struct hop h[3], got[2];

	(void)state;
	memcpy(h, set, sizeof(h));
	assert_true(ip_parse("192.0.2.1", &h[1].via));
	assert_true(ip_parse("2001:db8::1", &h[2].via));
	for (unsigned i = 0; i < 3; i++)
		same_hops(&h[i], 1);
	same_hops(h, 3);
	h[1] = (struct hop){ .via = h[1].via, .weight = 1 };
	same_hops(&h[1], 1);
	draft_init(&draft, arena);
	assert_int_equal(draft_hops(&draft, got, 2), 0);
	draft_set_hops(&draft, &h[1], 1);
	assert_null(draft_find(&draft, LOCAL_HOPS));
	assert_int_equal(draft.next_hop.len, 4);
	draft_set_hops(&draft, h, 3);
	assert_int_equal(draft_hops(&draft, got, 2), 2);
	assert_int_equal(draft_dest(&draft), DEST_UNICAST);
	draft_set_dest(&draft, DEST_PROHIBIT);
	assert_int_equal(draft_dest(&draft), DEST_PROHIBIT);
	draft_set_dest(&draft, DEST_UNICAST);
	assert_null(draft_find(&draft, LOCAL_DEST));
}

static void
too_long(void **state)
{
	static uint8_t big[65536];
	struct attrs *a;

	(void)state;
	draft_put(&draft, 0xc0, 99, big, 64996);
	a = store_intern(store, &draft);
	assert_non_null(a);
	assert_int_equal(a->block_len, 65000);
	attrs_unref(store, a, 1);
	draft_put(&draft, 0xc0, 99, big, 64997);
	assert_null(store_intern(store, &draft));
	draft_put(&draft, 0xc0, 99, big, 65536);
	assert_true(draft.too_long);
	draft_unset(&draft, 99);
	assert_null(store_intern(store, &draft));
}

/* Tables grow and shrink; ids find their sets. */
static void
many(void **state)
{
	enum { N = 20000 };
	static struct attrs *sets[N];

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < N; i++) {
			arena_reset(arena);
			sets[i] = numbered(&draft, arena, i);
		}
		assert_int_equal(store_stats(store).sets, N);
		for (uint32_t i = 0; i < N; i++) {
			arena_reset(arena);
			assert_ptr_equal(numbered(&draft, arena, i), sets[i]);
			assert_ptr_equal(store_get(store, sets[i]->id), sets[i]);
			assert_int_equal(sets[i]->local_pref, i);
		}
		for (uint32_t i = 0; i < N; i++)
			attrs_unref(store, sets[round % 2 ? i : N - 1 - i], 2);
		assert_int_equal(store_stats(store).sets, 0);
	}
}

/* A set with an attribute of `len` bytes, all of them `fill`. */
static struct attrs *
filled(uint32_t len, uint8_t fill)
{
	static uint8_t bytes[65000];

	memset(bytes, fill, len);
	draft_init(&draft, arena);
	draft_put(&draft, AF_OPTIONAL | AF_TRANSITIVE, 99, bytes, len);
	return store_intern(store, &draft);
}

static bool
is_filled(const struct attrs *a, uint32_t len, uint8_t fill)
{
	struct attr at;

	if (!attrs_find(a, 99, &at) || at.len != len)
		return false;
	for (uint32_t i = 0; i < len; i++)
		if (at.data[i] != fill)
			return false;
	return store_get(store, a->id) == a && a->id;
}

/* What a peer tells takes no more than there is: no set is made, those there are stay as they
 * are, and when some have gone there is room again. */
static void
no_room_left(void **state)
{
	enum { LEN = 60000, MOST = 64 };
	struct attrs *a[MOST], *again;
	uint32_t n = 0;

	(void)state;
	store_limit(store, MOST / 2 * 65536);
	while (n < MOST && (a[n] = filled(LEN, (uint8_t)n)))
		n++;
	assert_in_range(n, 1, MOST / 2);
	assert_null(filled(LEN, (uint8_t)n));
	again = filled(LEN, 0);
	assert_ptr_equal(again, a[0]);
	attrs_unref(store, again, 1);
	for (uint32_t i = 0; i < n; i++)
		assert_true(is_filled(a[i], LEN, (uint8_t)i));
	attrs_unref(store, a[0], 1);
	a[0] = filled(LEN, 0);
	assert_non_null(a[0]);
	store_trim(store);
	for (uint32_t i = 0; i < n; i++)
		attrs_unref(store, a[i], 1);
}

static size_t
resident_kb(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%*u %lu", &pages), 1);
	fclose(f);
	return pages * 4;
}

/* A sanitizer keeps what is freed, and has a shadow of the rest. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RESIDENT_BELOW(kb) ((void)(kb))
#else
#define RESIDENT_BELOW(kb) assert_true(resident_kb() < (kb))
#endif

/* Sets of all sizes lie beside each other, come and go, and stay whole; what they leave
 * is given back. */
static void
sizes(void **state)
{
	static const uint32_t steps[] = { 1, 8, 97, 1021, 8191, 64996 };
	static struct attrs *sets[6][256];
	uint32_t len[6][256];
	uint8_t fill[6][256];
	size_t full;

	(void)state;
	for (unsigned turn = 0; turn < 4; turn++)
		for (unsigned s = 0; s < 6; s++)
			for (unsigned i = 0; i < 256; i++) {
				if (sets[s][i] && (i ^ turn) % 3)
					continue;
				attrs_unref(store, sets[s][i], 1);
				len[s][i] = (i * 2654435761u + turn) % (steps[s] + s);
				fill[s][i] = (uint8_t)(i + turn * 3);
				sets[s][i] = filled(len[s][i], fill[s][i]);
				if (i % 64 == 9)
					store_trim(store);
			}
	full = resident_kb();
	for (unsigned s = 0; s < 6; s++)
		for (unsigned i = 0; i < 256; i++) {
			assert_true(is_filled(sets[s][i], len[s][i], fill[s][i]));
			if (i % 16 == 5)
				continue;
			attrs_unref(store, sets[s][i], 1);
			sets[s][i] = NULL;
		}
	store_trim(store);
	RESIDENT_BELOW(full - 5000);
	for (unsigned s = 0; s < 6; s++)
		for (unsigned i = 5; i < 256; i += 16) {
			assert_true(is_filled(sets[s][i], len[s][i], fill[s][i]));
			attrs_unref(store, sets[s][i], 1);
		}
}

/* Small ones that stay in every page of their kind keep no more than these pages. */
static void
thinned_out(void **state)
{
	enum { N = 100000 };
	static struct attrs *sets[N];
	size_t empty = resident_kb(), full;

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		arena_reset(arena);
		sets[i] = numbered(&draft, arena, i);
	}
	full = resident_kb();
	assert_true(full > empty + 5000);
	for (uint32_t i = 0; i < N; i++)
		if (i % 1000)
			attrs_unref(store, sets[i], 1);
	store_trim(store);
	RESIDENT_BELOW(empty + (full - empty) / 4);
	for (uint32_t i = 0; i < N; i += 1000) {
		assert_int_equal(store_get(store, sets[i]->id)->local_pref, i);
		attrs_unref(store, sets[i], 1);
	}
}

/* Sets that come and go in a table that stays: deleted slots must not fill it up. */
static void
churn(void **state)
{
	struct attrs *ring[64] = { NULL };

	(void)state;
	for (uint32_t i = 0; i < 100000; i++) {
		if (i % 64 == 0)
			arena_reset(arena);
		attrs_unref(store, ring[i % 64], 1);
		ring[i % 64] = numbered(&draft, arena, i * 2654435761u);
	}
	for (unsigned i = 0; i < 64; i++)
		attrs_unref(store, ring[i], 1);
}

enum { THREADS = 4, TURNS = 20000, WINDOW = 16 };

/* Interns out of a few sets, so that the last reference is dropped and the same set
 * wanted at the same moment, over and over. */
static void *
racer(void *arg)
{
	struct arena *mine = arena_new();
	struct draft *d = malloc(sizeof(*d));
	struct attrs *held[WINDOW] = { NULL };
	uint32_t seed = (uint32_t)(uintptr_t)arg;

	for (unsigned i = 0; i < TURNS; i++) {
		struct attrs **at = &held[i % WINDOW];

		if (i % 64 == 0)
			arena_reset(mine);
		attrs_unref(store, *at, 1);
		seed = seed * 1664525 + 1013904223;
		*at = numbered(d, mine, seed >> 28);
		if ((*at)->local_pref != seed >> 28 || store_get(store, (*at)->id) != *at)
			abort();
		attrs_ref(*at, 2);
		attrs_unref(store, *at, 1);
		attrs_unref(store, *at, 1);
	}
	for (unsigned i = 0; i < WINDOW; i++)
		attrs_unref(store, held[i], 1);
	free(d);
	arena_free(mine);
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

/* Next hops that come and go at several threads: a number is the address's while it lasts.
 */
static void *
hop_racer(void *arg)
{
	struct arena *mine = arena_new();
	struct draft *d = malloc(sizeof(*d));
	uint32_t seed = (uint32_t)(uintptr_t)arg;

	for (uint32_t i = 0; i < TURNS; i++) {
		struct attrs *a;
		struct ip want, is;
		bool used;

		arena_reset(mine);
		seed = seed * 1664525 + 1013904223;
		want = ip_from4(0x0a000001 + (seed >> 29));
		draft_init(d, mine);
		d->next_hop.len = 4;
		memcpy(d->next_hop.b, want.b + 12, 4);
		draft_set_u32(d, ATTR_MED, (uint32_t)(uintptr_t)arg << 20 | i);
		a = store_intern(store, d);
		is = store_hop(store, a->hop, &used);
		if (!used || !ip_equal(&is, &want))
			abort();
		attrs_unref(store, a, 1);
	}
	free(d);
	arena_free(mine);
	return NULL;
}

static void
hop_threads(void **state)
{
	pthread_t t[THREADS];

	(void)state;
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&t[i], NULL, hop_racer, (void *)(i + 1)), 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
}

/* More next hops than a stripe has to begin with, and all given up again. */
static void
many_hops(void **state)
{
	enum { N = 5000 };
	static struct attrs *a[N];
	bool used;

	(void)state;
	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < N; i++) {
			draft_init(&draft, arena);
			draft.next_hop.len = 4;
			put_u32(draft.next_hop.b, 0x0a000001 + i);
			a[i] = store_intern(store, &draft);
		}
		for (uint32_t i = 0; i < N; i++) {
			struct ip want = ip_from4(0x0a000001 + i);
			struct ip is = store_hop(store, a[i]->hop, &used);

			assert_true(used && ip_equal(&is, &want));
			attrs_unref(store, a[i], 1);
		}
	}
}

static void
batch(void **state)
{
	struct batch *b = batch_new(5, 6);
	struct attrs *one = numbered(&draft, arena, 1), *two = numbered(&draft, arena, 2);
	size_t empty = b->mail.weight;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		struct nlri n = { .path_id = i };

		batch_add(b, i < 10 ? one : i < 20 ? NULL : two, &n);
	}
	assert_int_equal(b->channel, 5);
	assert_int_equal(b->time, 6);
	assert_int_equal(b->run_n, 3);
	assert_ptr_equal(b->runs[0].attrs, one);
	assert_null(b->runs[1].attrs);
	assert_int_equal(b->runs[2].first, 20);
	assert_int_equal(b->runs[2].n, 980);
	assert_int_equal(b->entries[999].path_id, 999);
	assert_true(b->mail.weight >= empty + 1000 * sizeof(struct nlri));
	assert_int_equal(atomic_load(&one->refs), 2);
	attrs_unref(store, one, 1);
	attrs_unref(store, two, 1);
	batch_free(b, store);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(equal_sets_are_one),
		TEST(all_that_makes_a_difference),
		TEST(head),
		TEST(there_and_back),
		TEST(own_attributes),
		TEST(hops),
		TEST(too_long),
		TEST(many),
		TEST(churn),
		TEST(sizes),
		TEST(thinned_out),
		TEST(no_room_left),
		TEST(threads),
		TEST(hop_threads),
		TEST(many_hops),
		TEST(batch),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
