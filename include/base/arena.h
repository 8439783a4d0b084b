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

/* AddressSanitizer is told what is not given out, or no longer. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define ARENA_POISON 1
#endif

#define ARENA_ALIGN 16u

struct block;
struct arena { /* for arena_alloc; else of arena.c alone */
	struct block *head;
	uint8_t *at, *end; /* what is free in the head */
	size_t next_size, total;
};

struct arena *arena_new(void);
void arena_free(struct arena *); /* NULL is fine */

/* Forgets all content, keeps the first block for reuse. */
void arena_reset(struct arena *);

void *arena_alloc_far(struct arena *, size_t size); /* of arena_alloc */

/* Zeroed memory, aligned for any type. */
static inline void *
arena_alloc(struct arena *a, size_t size)
{
#ifdef ARENA_POISON
	return arena_alloc_far(a, size);
#else
	/* what needs 16 has a size that 16 divides */
	uintptr_t align = size % ARENA_ALIGN ? 8 : ARENA_ALIGN;
	size_t pad = -(uintptr_t)a->at & (align - 1), whole = (size + 7) & ~(size_t)7;
	uint8_t *p = a->at + pad;

	if (whole + pad >= (size_t)(a->end - a->at))
		return arena_alloc_far(a, size);
	a->at = p + whole;
	return p;
#endif
}

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
