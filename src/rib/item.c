/*
 * Items and their sort: least significant digit first, leaving out the digits that all
 * share.  It can be done in slices, between which nobody looks at the items.
 */
#include "rib/item.h"

#include <string.h>
#include "base/mem.h"

#define DIGIT_MAX  11 /* bits */
#define SMALL	   48
#define KEEP_BYTES (1u << 20)

void
items_add(struct items *v, uint32_t attrs, uint32_t source, uint32_t node)
{
	slab_fit(&v->a, ((size_t)v->n + 1) * sizeof(struct item));
	v->at = (struct item *)(void *)v->a.mem;
	v->at[v->n++] = (struct item){ .attrs = attrs, .node = node, .source = source };
}

/* By set, then by source. */
static inline bool
item_after(const struct item *x, const struct item *y)
{
	return x->attrs != y->attrs ? x->attrs > y->attrs : x->source > y->source;
}

static void
sort_small(struct item *at, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		struct item x = at[i];
		uint32_t j = i;

		for (; j && item_after(&at[j - 1], &x); j--)
			at[j] = at[j - 1];
		at[j] = x;
	}
}

/* The key is the set's id with the source's behind it, of as many bits as sources here have;
 * its bits are shared out among as few digits as will do.  A pass for each: count, then
 * place.  `pos` is where the pass stands. */
struct item_sort {
	enum { SORT_BITS, SORT_COUNT, SORT_PLACE } step;
	uint32_t attrs, source; /* bits set in some */
	unsigned source_bits, bits, digit_bits, shift;
	uint32_t pos;
	uint32_t count[1 << DIGIT_MAX];
};

static inline uint32_t
digit(const struct item_sort *o, const struct item *i)
{
	uint64_t key = (uint64_t)i->attrs << o->source_bits | i->source;

	return (uint32_t)(key >> o->shift) & ((1u << o->digit_bits) - 1);
}

static unsigned
bits_of(uint32_t x)
{
	return x ? 32u - (unsigned)__builtin_clz(x) : 0;
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
	o->shift += o->digit_bits;
	digit_begin(o);
}

static void
bits_known(struct item_sort *o)
{
	unsigned passes;

	o->source_bits = bits_of(o->source);
	o->bits = bits_of(o->attrs) + o->source_bits;
	passes = (o->bits + DIGIT_MAX - 1) / DIGIT_MAX;
	o->digit_bits = passes ? (o->bits + passes - 1) / passes : 1;
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
	for (unsigned i = 0; i < 1u << o->digit_bits; i++) {
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
		for (; o->pos < end; o->pos++) {
			o->attrs |= at[o->pos].attrs;
			o->source |= at[o->pos].source;
		}
		if (end == v->n)
			bits_known(o);
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
		if (o->step == SORT_COUNT && !o->pos && o->shift >= o->bits) {
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
