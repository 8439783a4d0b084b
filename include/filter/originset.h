/*
 * Inside of a set of origins, for the files that make and search them.
 *
 * An entry is a row of words.  The first ones are its key, by which rows are sorted:
 *
 *	ROA4   address | length << 8 | max | AS | up
 *	ROA6   address, four words | length << 8 | max | AS | up
 *	ASPA   customer | provider
 *
 * `up` is the row before that covers this one, or has the same network: prefixes nest, so
 * all rows that cover an address lie on the way up from the last one that is not beyond
 * it.
 */
#ifndef MYNAH_FILTER_ORIGINSET_H
#define MYNAH_FILTER_ORIGINSET_H

#include <stdatomic.h>
#include "filter/origin.h"

#define ORIGIN_KEY_MAX 6

struct origins {
	_Atomic uint32_t refs;
	uint8_t type;
	uint8_t address, key, stride; /* words */
	uint32_t n;
	uint32_t *index; /* first row by the upper half of the first word; NULL: few rows */
	uint32_t row[];
};

/* A set with one reference and room for that many rows, to be filled by origins_append in
 * the order of their keys and then finished. */
struct origins *origins_new(enum net_type, uint32_t room);
void origins_append(struct origins *, const uint32_t *key);
/* Gives the set itself. */
struct origins *origins_finish(struct origins *);
/* The key of a ROA. */
void origins_key(const struct net *, uint32_t *key);

static inline const uint32_t *
row_at(const struct origins *o, uint32_t i)
{
	return o->row + (size_t)i * o->stride;
}

static inline int
words_cmp(const uint32_t *a, const uint32_t *b, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

/* The number of rows whose first n words are not beyond the key's. */
static inline uint32_t
upper_bound(const struct origins *o, const uint32_t *key, unsigned n)
{
	uint32_t lo = o->index ? o->index[key[0] >> 16] : 0;
	uint32_t hi = o->index ? o->index[(key[0] >> 16) + 1] : o->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (words_cmp(row_at(o, mid), key, n) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

#endif
