/*
 * Names to numbers: open addressing, at most three quarters full.
 */
#include "base/names.h"

#include <stddef.h>
#include <string.h>

#include "base/mem.h"

static uint32_t
name_hash(const char *name)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 16777619u;
	return h;
}

/* The slot of the name, or the one it would have; room is a power of two. */
static struct name_slot *
slot_find(struct name_slot *slot, uint32_t room, const char *name)
{
	uint32_t i = name_hash(name) & (room - 1);

	while (slot[i].name && strcmp(slot[i].name, name) != 0)
		i = (i + 1) & (room - 1);
	return &slot[i];
}

static void
names_resize(struct names *names, uint32_t room)
{
	struct name_slot *slot = mem_alloc(room * sizeof(*slot));

	for (uint32_t i = 0; i < names->room; i++)
		if (names->slot[i].name)
			*slot_find(slot, room, names->slot[i].name) = names->slot[i];
	mem_free(names->slot);
	names->slot = slot;
	names->room = room;
}

void
names_room(struct names *names, uint32_t n)
{
	uint32_t room = names->room ? names->room : 16;

	while (4 * (uint64_t)n > 3 * (uint64_t)room)
		room *= 2;
	if (room > names->room)
		names_resize(names, room);
}

void
names_set(struct names *names, const char *name, uint32_t value)
{
	struct name_slot *s;

	if (4 * names->n >= 3 * names->room)
		names_resize(names, names->room ? 2 * names->room : 16);
	s = slot_find(names->slot, names->room, name);
	names->n += !s->name;
	*s = (struct name_slot){ name, value };
}

uint32_t
names_find(const struct names *names, const char *name)
{
	const struct name_slot *s;

	if (!names->room)
		return NAME_NONE;
	s = slot_find(names->slot, names->room, name);
	return s->name ? s->value : NAME_NONE;
}

void
names_clear(struct names *names)
{
	mem_free(names->slot);
	*names = (struct names){ 0 };
}
