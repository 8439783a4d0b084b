/*
 * What a group was told: by node the source of the path, 0 where it was told nothing.  Of
 * most groups it is an array; of those that are told little (RFC 4684) a hash, until it is
 * no longer little.  One thread.
 */
#ifndef MYNAH_RIB_ADV_H
#define MYNAH_RIB_ADV_H

#include "rib/slab.h"

struct adv {
	bool sparse;
	uint32_t end;	  /* of the nodes */
	struct slab many; /* uint16_t by node */
	uint64_t *few;	  /* node << 16 | source, 0: free; open addressing */
	uint32_t n, cap;  /* of few; cap is 0 or a power of two */
};

uint16_t adv_find(const struct adv *, uint32_t node); /* of few */

static inline uint16_t
adv_get(const struct adv *a, uint32_t node)
{
	return a->sparse ? adv_find(a, node)
			 : ((const uint16_t *)(const void *)a->many.mem)[node];
}

static inline void
adv_prefetch(const struct adv *a, uint32_t node)
{
	if (!a->sparse)
		__builtin_prefetch((const uint16_t *)(const void *)a->many.mem + node);
}

void adv_put(struct adv *, uint32_t node, uint16_t source);
void adv_fit(struct adv *, uint32_t end); /* room for nodes below `end` */
/* To one that is new; what it is to be, sparse or not, is set. */
void adv_copy(struct adv *, const struct adv *from);
/* There are no nodes from `end` on; gives back memory in slices: false when done. */
bool adv_cut(struct adv *, uint32_t end);
size_t adv_bytes(const struct adv *);
void adv_free(struct adv *);

#endif
