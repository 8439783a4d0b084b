/*
 * Arena: a chain of blocks, the newest first.  Large requests get a block of their own
 * behind the newest, so that its free rest is not lost.
 */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"

#define ARENA_BLOCK	4096u
#define ARENA_BLOCK_MAX (256u * 1024)
#define PAGE		4096u

#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size)   ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

struct block {
	struct block *next;
	size_t size;
	_Alignas(ARENA_ALIGN) uint8_t bytes[];
};

/* The pages of a large block at once, which is cheaper than a fault for each: it is going
 * to be filled. */
static void
block_populate(struct block *b, size_t size)
{
	uintptr_t from = ((uintptr_t)b + PAGE - 1) & ~(uintptr_t)(PAGE - 1),
		  to = ((uintptr_t)b + size) & ~(uintptr_t)(PAGE - 1);

#ifdef MADV_POPULATE_WRITE
	if (from < to)
		(void)madvise((void *)from, to - from, MADV_POPULATE_WRITE);
#else
	(void)(from + to);
#endif
}

static struct block *
block_new(struct arena *a, size_t size)
{
	struct block *b = mem_alloc(sizeof(*b) + size);

	if (size == ARENA_BLOCK_MAX)
		block_populate(b, sizeof(*b) + size);
	b->size = size;
	a->total += sizeof(*b) + size;
	ASAN_POISON_MEMORY_REGION(b->bytes, size);
	return b;
}

struct arena *
arena_new(void)
{
	struct arena *a = MEM_NEW(struct arena);

	a->next_size = ARENA_BLOCK;
	return a;
}

static void
blocks_free(struct arena *a, struct block *b)
{
	while (b) {
		struct block *next = b->next;

		a->total -= sizeof(*b) + b->size;
		ASAN_UNPOISON_MEMORY_REGION(b->bytes, b->size);
		mem_free(b);
		b = next;
	}
}

void
arena_free(struct arena *a)
{
	if (!a)
		return;
	blocks_free(a, a->head);
	mem_free(a);
}

void
arena_reset(struct arena *a)
{
	if (!a->head)
		return;
	blocks_free(a, a->head->next);
	a->head->next = NULL;
	ASAN_UNPOISON_MEMORY_REGION(
	    a->head->bytes, (size_t)(a->at - a->head->bytes));
	memset(a->head->bytes, 0, (size_t)(a->at - a->head->bytes));
	ASAN_POISON_MEMORY_REGION(a->head->bytes, a->head->size);
	a->at = a->head->bytes;
}

/* Large ones stand behind the head; else it is the new head. */
static void *
block_add(struct arena *a, size_t size)
{
	struct block *b;

	if (size > a->next_size / 4 && a->head) {
		b = block_new(a, size);
		b->next = a->head->next;
		a->head->next = b;
		ASAN_UNPOISON_MEMORY_REGION(b->bytes, size);
		return b->bytes;
	}
	b = block_new(a, size > a->next_size ? size : a->next_size);
	if (a->next_size < ARENA_BLOCK_MAX)
		a->next_size *= 2;
	b->next = a->head;
	a->head = b;
	a->at = b->bytes + size;
	a->end = b->bytes + b->size;
	ASAN_UNPOISON_MEMORY_REGION(b->bytes, size);
	return b->bytes;
}

void *
arena_alloc_far(struct arena *a, size_t size)
{
	uintptr_t align = size % ARENA_ALIGN ? 8 : ARENA_ALIGN;
	size_t pad = -(uintptr_t)a->at & (align - 1);
	uint8_t *p;

	size = (size + 7) & ~(size_t)7;
	if (size + pad >= (size_t)(a->end - a->at))
		return block_add(a, size);
	p = a->at + pad;
	a->at = p + size;
	ASAN_UNPOISON_MEMORY_REGION(p, size);
	return p;
}

void
arena_pop(struct arena *a, void *p, size_t size)
{
	size = (size + 7) & ~(size_t)7;
	if (!a->head || (uint8_t *)p + size != a->at)
		return;
	memset(p, 0, size);
	ASAN_POISON_MEMORY_REGION(p, size);
	a->at = p;
}

struct arena_mark
arena_mark(const struct arena *a)
{
	return (struct arena_mark){ a->head, a->at };
}

void
arena_release(struct arena *a, struct arena_mark m)
{
	if (!m.block || a->head != m.block)
		return;
	ASAN_UNPOISON_MEMORY_REGION(m.at, (size_t)(a->at - m.at));
	memset(m.at, 0, (size_t)(a->at - m.at));
	ASAN_POISON_MEMORY_REGION(m.at, (size_t)(a->end - m.at));
	a->at = m.at;
}

void *
arena_dup(struct arena *a, const void *p, size_t size)
{
	void *to = arena_alloc(a, size);

	if (size)
		memcpy(to, p, size);
	return to;
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *to = arena_alloc(a, n + 1);

	memcpy(to, s, n);
	return to;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *to, one[1];
	int n;

	va_start(ap, fmt);
	n = vsnprintf(one, sizeof(one), fmt, ap);
	va_end(ap);
	to = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return to;
}

bool
arena_holds(const struct arena *a, const void *p)
{
	const struct block *b = a->head;
	uintptr_t at = (uintptr_t)p;

	while (b && (at < (uintptr_t)b->bytes || at >= (uintptr_t)b->bytes + b->size))
		b = b->next;
	return b != NULL;
}

size_t
arena_size(const struct arena *a)
{
	return a->total;
}
