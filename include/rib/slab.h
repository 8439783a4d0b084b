/*
 * Slab: an array that grows without being copied.  Its pages are moved by the kernel, not
 * by us, and cost nothing until they are touched; new bytes read as zero.  The base may
 * move when it grows, so users keep indices.  One thread.
 */
#ifndef MYNAH_RIB_SLAB_H
#define MYNAH_RIB_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slab {
	uint8_t *mem;
	size_t size; /* bytes mapped */
};

void slab_fit(struct slab *, size_t size); /* at least so many bytes */
void slab_copy(struct slab *, const struct slab *from); /* to an empty one */
/* Gives back what lies behind `size`, a slice at a time: false when that is done. */
bool slab_cut(struct slab *, size_t size);
/* Gives back the pages that lie between two places; they read as zero again. */
void slab_drop(struct slab *, size_t from, size_t to);
void slab_free(struct slab *);

#endif
