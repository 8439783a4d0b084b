/*
 * Items and their sort: least significant digit first, leaving out the digits that all
 * share.
 */
#include "rib/item.h"

#include <stdbool.h>

#define DIGIT_BITS 11
#define DIGITS	   (1u << DIGIT_BITS)
#define SMALL	   48
#define KEEP_BYTES (1u << 20)

void
items_add(struct items *v, uint32_t attrs, uint32_t source, uint32_t node)
{
	slab_fit(&v->a, ((size_t)v->n + 1) * sizeof(struct item));
	v->at = (struct item *)(void *)v->a.mem;
	v->at[v->n++] = (struct item){ .attrs = attrs, .node = node, .source = source };
}

static inline uint64_t
item_key(const struct item *i)
{
	return (uint64_t)i->attrs << 16 | i->source;
}

static void
sort_small(struct item *at, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		struct item x = at[i];
		uint32_t j = i;

		for (; j && item_key(&at[j - 1]) > item_key(&x); j--)
			at[j] = at[j - 1];
		at[j] = x;
	}
}

/* Orders by one digit of the key.  False if it was the same in all. */
static bool
sort_digit(const struct item *from, struct item *to, uint32_t n, unsigned shift)
{
	uint32_t count[DIGITS] = { 0 }, sum = 0, c;
	const uint64_t mask = DIGITS - 1;

	for (uint32_t i = 0; i < n; i++)
		count[item_key(&from[i]) >> shift & mask]++;
	if (count[item_key(from) >> shift & mask] == n)
		return false;
	for (unsigned i = 0; i < DIGITS; i++) {
		c = count[i];
		count[i] = sum;
		sum += c;
	}
	for (uint32_t i = 0; i < n; i++)
		to[count[item_key(&from[i]) >> shift & mask]++] = from[i];
	return true;
}

void
items_sort(struct items *v)
{
	uint64_t all = 0;
	struct item *to, *from = v->at;

	if (v->n <= SMALL) {
		sort_small(v->at, v->n);
		return;
	}
	slab_fit(&v->b, v->n * sizeof(struct item));
	to = (struct item *)(void *)v->b.mem;
	for (uint32_t i = 0; i < v->n; i++)
		all |= item_key(&from[i]);
	for (unsigned shift = 0; shift < 48 && all >> shift; shift += DIGIT_BITS) {
		if (!sort_digit(from, to, v->n, shift))
			continue;
		v->at = to;
		to = from;
		from = v->at;
	}
}

void
items_clear(struct items *v)
{
	if (v->a.size > KEEP_BYTES)
		items_free(v);
	v->n = 0;
}

void
items_free(struct items *v)
{
	slab_free(&v->a);
	slab_free(&v->b);
	v->at = NULL;
	v->n = 0;
}
