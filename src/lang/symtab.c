/*
 * Names, by hash; in one arena.
 */
#include "lang/symtab.h"

#include <string.h>

struct slot {
	struct symbol sym;
	size_t hash;
	struct slot *chain;
};

struct symtab {
	struct arena *arena;
	struct slot **slot;
	size_t room, n;
	struct symbol *first, *last;
};

static size_t
name_hash(const char *name)
{
	size_t h = 5381;

	while (*name)
		h = h * 33 + (unsigned char)*name++;
	return h;
}

struct symtab *
symtab_new(struct arena *arena)
{
	struct symtab *tab = ARENA_NEW(arena, struct symtab);

	tab->arena = arena;
	tab->room = 256;
	tab->slot = ARENA_ARRAY(arena, struct slot *, tab->room);
	return tab;
}

static void
symtab_grow(struct symtab *tab)
{
	size_t room = 4 * tab->room, i;
	struct slot **slot = ARENA_ARRAY(tab->arena, struct slot *, room);
	struct slot *s, *next;

	for (i = 0; i < tab->room; i++)
		for (s = tab->slot[i]; s; s = next) {
			next = s->chain;
			s->chain = slot[s->hash & (room - 1)];
			slot[s->hash & (room - 1)] = s;
		}
	tab->slot = slot;
	tab->room = room;
}

static struct symbol *
find(const struct symtab *tab, const char *name, size_t hash)
{
	struct slot *s;

	for (s = tab->slot[hash & (tab->room - 1)]; s; s = s->chain)
		if (s->hash == hash && strcmp(s->sym.name, name) == 0)
			return &s->sym;
	return NULL;
}

struct symbol *
symtab_find(const struct symtab *tab, const char *name)
{
	return find(tab, name, name_hash(name));
}

struct symbol *
symtab_add(
    struct symtab *tab, const char *name, const char *class, const struct place *at)
{
	size_t hash = name_hash(name);
	struct slot *s, **head;

	if (find(tab, name, hash))
		return NULL;
	if (tab->n++ > 2 * tab->room)
		symtab_grow(tab);
	s = ARENA_NEW(tab->arena, struct slot);
	s->sym.name = name;
	s->sym.class = class;
	s->sym.at = *at;
	s->hash = hash;
	head = &tab->slot[hash & (tab->room - 1)];
	s->chain = *head;
	*head = s;
	if (tab->last)
		tab->last->next = &s->sym;
	else
		tab->first = &s->sym;
	tab->last = &s->sym;
	return &s->sym;
}

const struct symbol *
symtab_first(const struct symtab *tab)
{
	return tab->first;
}
