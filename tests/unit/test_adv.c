/*
 * What a group was told, by node: few or many, against a plain array.
 */
#include "test.h"

#include "rib/adv.h"

#define NODES 4000u

static uint32_t rng = 1;

static uint32_t
rnd(uint32_t n)
{
	rng = rng * 1664525 + 1013904223;
	return (rng >> 8) % n;
}

static void
same(const struct adv *a, const uint16_t *want)
{
	for (uint32_t i = 0; i < NODES; i++)
		assert_int_equal(adv_get(a, i), want[i]);
}

/* So many of the nodes are in use; puts and takes away, in clusters. */
static void
play(struct adv *a, uint16_t *want, uint32_t spread)
{
	for (unsigned n = 0; n < 20000; n++) {
		uint32_t node = 1 + rnd(spread) * (NODES / spread - 1);
		uint16_t source = (uint16_t)(rnd(3) ? 1 + rnd(65535) : 0);

		adv_put(a, node, source);
		want[node] = source;
	}
}

static void
few(void **state)
{
	uint16_t want[NODES] = { 0 };
	struct adv a = { .sparse = true }, b = { .sparse = true }, c = { 0 };

	(void)state;
	adv_fit(&a, NODES);
	assert_int_equal(adv_get(&a, 7), 0);
	play(&a, want, 300);
	assert_true(a.sparse);
	same(&a, want);
	assert_true(adv_bytes(&a) < NODES * 2);
	adv_copy(&b, &a);
	same(&b, want);
	assert_true(b.sparse);
	adv_copy(&c, &a);
	same(&c, want);
	for (uint32_t i = 1; i < NODES; i++)
		adv_put(&a, i, 0);
	memset(want, 0, sizeof(want));
	same(&a, want);
	assert_int_equal(a.n, 0);
	assert_true(a.cap <= 32); /* memory comes back */
	adv_free(&a);
	adv_free(&b);
	adv_free(&c);
}

static void
more_than_few(void **state)
{
	uint16_t want[NODES] = { 0 };
	struct adv a = { .sparse = true }, b = { .sparse = true };

	(void)state;
	adv_fit(&a, NODES);
	play(&a, want, NODES / 3);
	assert_false(a.sparse);
	same(&a, want);
	adv_copy(&b, &a); /* of an array */
	same(&b, want);
	adv_free(&a);
	adv_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few),
		cmocka_unit_test(more_than_few),
	};

	return cmocka_run_group_tests_name("adv", tests, NULL, NULL);
}
