/*
 * Items and their sort: least significant digit first, leaving out the digits that all
 * share.  It can be done in slices, between which nobody looks at the items.
 */
#include "rib/item.h"

#include <string.h>
#include "base/mem.h"

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

/* A pass for each digit: count, then place.  `pos` is where the pass stands. */
struct item_sort {
	enum { SORT_BITS, SORT_COUNT, SORT_PLACE } step;
	uint64_t bits; /* set in some key */
	unsigned shift;
	uint32_t pos;
	uint32_t count[DIGITS];
};

static inline uint32_t
digit(const struct item_sort *o, const struct item *i)
{
	return item_key(i) >> o->shift & (DIGITS - 1);
}

static void
digit_begin(struct item_sort *o)
{
	o->step = SORT_COUNT;
	o->pos = 0;
	memset(o->count, 0, sizeof(o->count));
}

static void
digit_next(struct item_sort *o)
{
	o->shift += DIGIT_BITS;
	digit_begin(o);
}

/* From how many to where.  A digit that is the same in all is left out. */
static void
counted(struct items *v, struct item_sort *o)
{
	uint32_t sum = 0, c;

	if (o->count[digit(o, v->at)] == v->n) {
		digit_next(o);
		return;
	}
	for (unsigned i = 0; i < DIGITS; i++) {
		c = o->count[i];
		o->count[i] = sum;
		sum += c;
	}
	o->step = SORT_PLACE;
	o->pos = 0;
}

static struct item *
other_half(const struct items *v)
{
	struct item *a = (struct item *)(void *)v->a.mem;

	return v->at == a ? (struct item *)(void *)v->b.mem : a;
}

static void
placed(struct items *v, struct item_sort *o)
{
	v->at = other_half(v);
	digit_next(o);
}

/* One pass, or the part of it that the slice allows. */
static void
sort_pass(struct items *v, struct item_sort *o, uint32_t end)
{
	const struct item *at = v->at;
	struct item *to = other_half(v);

	switch (o->step) {
	case SORT_BITS:
		for (; o->pos < end; o->pos++)
			o->bits |= item_key(&at[o->pos]);
		if (end == v->n)
			digit_begin(o);
		return;
	case SORT_COUNT:
		for (; o->pos < end; o->pos++)
			o->count[digit(o, &at[o->pos])]++;
		if (end == v->n)
			counted(v, o);
		return;
	case SORT_PLACE:
		for (; o->pos < end; o->pos++)
			to[o->count[digit(o, &at[o->pos])]++] = at[o->pos];
		if (end == v->n)
			placed(v, o);
		return;
	}
}

bool
items_sort_slice(struct items *v, uint32_t slice)
{
	struct item_sort *o = v->sort;

	if (v->n <= SMALL) {
		sort_small(v->at, v->n);
		return true;
	}
	if (!o) {
		o = v->sort = MEM_NEW(struct item_sort);
		slab_fit(&v->b, v->n * sizeof(struct item));
	}
	while (slice) {
		uint32_t n = v->n - o->pos;

		n = n < slice ? n : slice;
		slice -= n;
		sort_pass(v, o, o->pos + n);
		if (o->step == SORT_COUNT && !o->pos && !(o->bits >> o->shift)) {
			mem_free(o);
			v->sort = NULL;
			return true;
		}
	}
	return false;
}

void
items_sort(struct items *v)
{
	while (!items_sort_slice(v, UINT32_MAX))
		;
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
	mem_free(v->sort);
	v->sort = NULL;
	v->at = NULL;
	v->n = 0;
}
