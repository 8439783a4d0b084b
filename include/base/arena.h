/*
 * Arena: memory of one lifetime, freed whole.
 *
 * A configuration model, a decoded message and a control command each live in one arena.
 * An arena belongs to one thread at a time.  Allocation never fails: the process ends
 * when memory is gone, so sizes that come from input must be bounded by the caller.
 */
#ifndef MYNAH_BASE_ARENA_H
#define MYNAH_BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *); /* NULL is fine */

/* Forgets all content, keeps the first block for reuse. */
void arena_reset(struct arena *);

/* Zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *, size_t size);
void *arena_dup(struct arena *, const void *p, size_t size);
char *arena_strdup(struct arena *, const char *s);
char *arena_strndup(struct arena *, const char *s, size_t n);
char *arena_printf(struct arena *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes the last allocation back, if it is that; else nothing happens. */
void arena_pop(struct arena *, void *, size_t size);

/* A place to go back to: what was taken since is forgotten, if it is all in one block; else
 * it stays until the arena's end. */
struct arena_mark {
	const void *block;
	uint8_t *at;
};
struct arena_mark arena_mark(const struct arena *);
void arena_release(struct arena *, struct arena_mark);

/* Does this lie in it?  Asks each block. */
bool arena_holds(const struct arena *, const void *);

/* Bytes the arena holds from the system. */
size_t arena_size(const struct arena *);

#define ARENA_NEW(a, type)	((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (n)))

#endif
