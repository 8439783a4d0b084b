/*
 * The order of items: by set, then by source, and of equal ones as they came.
 */
#include "test.h"

#include "rib/item.h"

static uint32_t
next(uint64_t *rng)
{
	*rng ^= *rng << 13;
	*rng ^= *rng >> 7;
	*rng ^= *rng << 17;
	return (uint32_t)(*rng >> 16);
}

static const struct row {
	const char *name;
	uint32_t n, attrs, attrs_base, source, source_base;
	uint32_t slice;
} rows[] = {
	{ "none", 0, 1, 0, 1, 0, 100 },
	{ "few", 40, 7, 1, 3, 1, 100 },
	{ "many", 5000, 900, 1, 50, 1, 100 },
	{ "at once", 5000, 900, 1, 50, 1, UINT32_MAX },
	{ "one source", 5000, 2049, 0, 1, 7, 999 },
	{ "one set", 5000, 1, 7, 300, 0, 999 },
	{ "nothing but withdrawals", 5000, 1, 0, 1, 0, 1000 },
	{ "all equal", 5000, 1, 1, 1, 1, 1000 },
	{ "largest ids", 5000, 4000, UINT32_MAX - 4000, 65535, 1, 1000 },
};

static bool
after(const struct item *x, const struct item *y)
{
	if (x->attrs != y->attrs)
		return x->attrs > y->attrs;
	if (x->source != y->source)
		return x->source > y->source;
	return x->node > y->node; /* counted as they come */
}

static void
sort_row(void **state)
{
	const struct row *r = *state;
	uint64_t rng = 88172645463325252u, sum = 0;
	struct items v = { 0 };
	unsigned turns = 1;

	for (uint32_t i = 0; i < r->n; i++) {
		items_add(&v, r->attrs_base + next(&rng) % r->attrs,
		    r->source_base + next(&rng) % r->source, i);
		sum += v.at[i].attrs * 3ull + v.at[i].source;
	}
	while (!items_sort_slice(&v, r->slice))
		turns++;
	assert_int_equal(v.n, r->n);
	assert_true(turns >= r->n / r->slice);
	for (uint32_t i = 0; i < v.n; i++) {
		sum -= v.at[i].attrs * 3ull + v.at[i].source;
		if (i)
			assert_true(after(&v.at[i], &v.at[i - 1]));
	}
	assert_int_equal(sum, 0);
	items_free(&v);
}

int
main(void)
{
	ADD_ROWS(rows, name, sort_row);
	return tests_run("item");
}
