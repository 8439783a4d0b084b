/*
 * Sets of numbers, addresses and communities: sorted, merged ranges in one flat block.
 *
 * Words of 32 bits: type of the elements | group of an enum << 8, words of a key, ranges,
 * columns; then each range as its low and its high key.  A pair set such as (*, 5) has
 * one range for each first number, but only one when the halves are swapped: these
 * ranges, the columns, follow as swapped keys.
 */
#ifndef MYNAH_FILTER_SET_H
#define MYNAH_FILTER_SET_H

#include "filter/value.h"

struct set_builder;

struct set_builder *vset_begin(struct arena *);
/* Adds low..high.  False if the types do not go together; low must not be above high. */
bool vset_add(struct set_builder *, const struct val *low, const struct val *high);
/* Adds all pairs of the rectangle.  False if the set grows beyond its bound. */
bool vset_add_pairs(
    struct set_builder *, const uint16_t first[2], const uint16_t second[2]);
/* Adds the ranges of a set, if its elements are of the same type. */
void vset_add_set(struct set_builder *, const struct val *set);
/* Whether two of the items added overlap. */
bool vset_overlaps(const struct set_builder *);
/* The set, in the arena. */
struct val vset_end(struct set_builder *);

/* Membership; false for other types.  A quad and an IPv4 address are one. */
bool vset_has(const struct val *set, const struct val *);
/* The type of the elements by the set's bytes, aligned or not; VAL_VOID: of `[]`. */
unsigned vset_element(const void *data);
/* Of a set of enumerations: enum enum_group. */
unsigned vset_group(const struct val *set);
/* Whether values of the type can be members (VAL_ANY: not known). */
bool vset_takes(unsigned element, unsigned type);
/* Offset of the first of the elements, of so many bytes in network order, that is a
 * member; `len` if none is.  The set is of elements of that size. */
size_t vset_find(const struct val *set, const uint8_t *p, size_t len, size_t width);
/* Some element of a list, or AS of a path, is a member. */
bool vset_has_some(const struct val *set, const struct val *list);

void vtext_set(struct vtext *, const struct val *);

#endif
