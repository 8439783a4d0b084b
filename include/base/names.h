/*
 * Names to numbers, by hash.  The names are borrowed and must stay while they are in it.
 */
#ifndef MYNAH_BASE_NAMES_H
#define MYNAH_BASE_NAMES_H

#include <stdint.h>

struct name_slot {
	const char *name; /* NULL: free */
	uint32_t value;
};

/* Zeroed: empty. */
struct names {
	struct name_slot *slot;
	uint32_t n, room;
};

#define NAME_NONE UINT32_MAX

/* Makes room for so many, which may be more than come. */
void names_room(struct names *, uint32_t n);

/* A name that is there already gets the new value, and the new pointer. */
void names_set(struct names *, const char *name, uint32_t value);
uint32_t names_find(const struct names *, const char *name); /* or NAME_NONE */
void names_clear(struct names *); /* frees its memory; empty again */

#endif
