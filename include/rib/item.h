/*
 * Items: networks to be told about, in the order that packs best: by attribute set, then
 * by source.  An item is a snapshot; who sends it looks whether it still holds.
 */
#ifndef MYNAH_RIB_ITEM_H
#define MYNAH_RIB_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "rib/slab.h"

struct item {
	uint32_t attrs; /* id of the best path's set; 0 with source 0: no path is left */
	uint32_t node;
	uint32_t source; /* channel */
};

struct items {
	struct slab a, b;
	struct item *at; /* sorted or not, the items */
	uint32_t n;
	struct item_sort *sort; /* while it is under way */
};

#define SORT_SHARE 8u /* so much faster than what else is done to an item is a pass */

void items_add(struct items *, uint32_t attrs, uint32_t source, uint32_t node);
void items_sort(struct items *);
/* The same in slices of about so many items: true when done. */
bool items_sort_slice(struct items *, uint32_t slice);
void items_clear(struct items *); /* keeps little memory */
void items_free(struct items *);

#endif
