/*
 * The indices of an array that are free: the lowest is always given first, so that what
 * is in use stays together and the end can be cut.  One thread.
 */
#ifndef MYNAH_RIB_FREESET_H
#define MYNAH_RIB_FREESET_H

#include <stdbool.h>
#include "rib/slab.h"

struct freeset {
	struct slab bits;  /* by index */
	struct slab words; /* by word of `bits`: has it one? */
	uint32_t n;
	uint32_t hint; /* no word before this one of `words` has any */
};

void freeset_fini(struct freeset *);
void freeset_add(struct freeset *, uint32_t index); /* is not in it */
uint32_t freeset_take(struct freeset *);	    /* there must be one */
/* Takes out all that stand right before `end`; returns the first of them, or `end`. */
uint32_t freeset_cut(struct freeset *, uint32_t end);

#endif
