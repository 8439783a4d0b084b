/*
 * AS paths and path masks, and edits of lists: values in, values out (in the arena
 * given).
 *
 * A mask is flat: a word with the number of items, then four words for each: kind, low,
 * high, repeated.  Sets follow; an item names its set by word offset from the start of
 * the mask and its length in bytes.
 */
#ifndef MYNAH_FILTER_PATH_H
#define MYNAH_FILTER_PATH_H

#include "filter/value.h"

#define MASK_ITEMS_MAX 255

enum mask_kind {
	MASK_RANGE, /* low..high */
	MASK_ONE,   /* ? */
	MASK_ANY,   /* * */
	MASK_SET,   /* low: offset of the set, high: its bytes */
	MASK_ARG,   /* low: which of the values given to vmask_fill */
};

struct mask_item {
	uint32_t kind, low, high, repeat;
};

/* sets[i] belongs to the item i of kind MASK_SET (elsewhere unused). */
struct val vmask_build(
    struct arena *, const struct mask_item *, const struct val *sets, unsigned n);
/* A copy with its MASK_ARG items replaced: ints, int sets.  False for another type. */
bool vmask_fill(
    struct arena *, const struct val *mask, const struct val *args, struct val *out);
bool vmask_match(const struct val *mask, const struct val *path);
unsigned vmask_items(const struct val *mask);
void vtext_mask_items(struct vtext *, const struct val *mask);

/* Number of elements: an AS set is one, confederation segments none. */
uint32_t vpath_length(const struct val *path);
uint32_t vpath_first(const struct val *path);
uint32_t vpath_last(const struct val *path);
uint32_t vpath_last_nonaggregated(const struct val *path);
bool vpath_has(const struct val *path, uint32_t as);
/* Calls for each AS in order: `*pos` starts at 0.  False at the end. */
bool vpath_next(const struct val *path, uint32_t *pos, uint32_t *left, uint32_t *as);
struct val vpath_prepend(struct arena *, const struct val *path, uint32_t as);
/* Keeps, or takes away, the ASes that equal `what` or are members of it. */
struct val vpath_filter(
    struct arena *, const struct val *path, const struct val *what, bool keep);

/* The number of bytes at `out` (12 at least) of a value as an element of the list: 0 if
 * it cannot be one. */
size_t vlist_element(unsigned list_type, const struct val *, uint8_t *out);
/* Offset of the first element that is those bytes, `len` if none is. */
size_t vlist_find(const uint8_t *list, size_t len, const uint8_t *element, size_t width);
bool vlist_get(const struct val *list, uint32_t *pos, struct val *out);
bool vlist_has(const struct val *list, const struct val *);
/* `what` is an element or a list of the same type.  False for another type. */
bool vlist_add(
    struct arena *, const struct val *list, const struct val *what, struct val *out);
/* `what` may be a set too. */
bool vlist_filter(struct arena *, const struct val *list, const struct val *what,
    bool keep, struct val *out);
/* Least or greatest element, zero if empty. */
struct val vlist_extreme(const struct val *list, bool greatest);

#endif
