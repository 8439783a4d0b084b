/*
 * Memory of attribute sets, by number: the number says where the set lies.  Any thread.
 */
#ifndef MYNAH_BGP_SETMEM_H
#define MYNAH_BGP_SETMEM_H

#include "bgp/attrs.h"

struct setmem;

/* Fills in where numbers lead (bgp/attrs.h). */
struct setmem *setmem_new(struct set_places *);
void setmem_free(struct setmem *); /* whatever is still in it */

/* Room for `size` bytes, 1 to SETMEM_MAX, not zeroed; *id is their number, never 0.
 * `any`: some bits that differ from one set to the next.  NULL: there is no more. */
#define SETMEM_MAX 65200u
void *setmem_take(struct setmem *, size_t size, uint32_t any, uint32_t *id);
void setmem_give(struct setmem *, uint32_t id);

/* No more memory than that, rounded down to 1 MiB, and than 32 GiB. */
void setmem_limit(struct setmem *, size_t bytes);

/* Gives pages back to the system that hold no set.  May take milliseconds. */
void setmem_trim(struct setmem *);

#endif
