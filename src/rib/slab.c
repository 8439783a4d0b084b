/*
 * Slabs: anonymous memory grown with mremap.  Small ones are on the heap: of 10,000 tables
 * with 100 routes each, pages of their own would take ten times what the routes do, and
 * more mappings than the kernel allows.
 *
 * Huge pages are not asked for: they made lookups 5 % faster, but the first touch of each
 * is a step of its own, of up to 6 ms where a hypervisor has yet to find the memory.
 */
#include "rib/slab.h"

#include <string.h>
#include <sys/mman.h>
#include "base/mem.h"

#define SLAB_MIN  128u
#define SLAB_PAGE 4096u
#define SLAB_MAP  32768u /* from this size on it is mapped */
#define SLAB_SLICE (16u << 20) /* given back at once */

static size_t
slab_round(size_t old, size_t size)
{
	size_t n = old ? old : SLAB_MIN;

	while (n < size)
		n *= 2;
	return n;
}

static void *
slab_map(size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

/* The thread sanitizer does not see mremap: a place that another thread uses next would
 * look like a race. */
static void *
slab_grow(struct slab *s, size_t want)
{
#ifdef __SANITIZE_THREAD__
	void *p = slab_map(want);

	if (p == MAP_FAILED)
		return p;
	memcpy(p, s->mem, s->size);
	munmap(s->mem, s->size);
	return p;
#else
	return mremap(s->mem, s->size, want, MREMAP_MAYMOVE);
#endif
}

static bool
is_small(const struct slab *s)
{
	return s->size < SLAB_MAP;
}

static void
small_grow(struct slab *s, size_t want)
{
	s->mem = mem_realloc(s->mem, want);
	memset(s->mem + s->size, 0, want - s->size);
	s->size = want;
}

/* From the heap to pages. */
static void *
small_map(const struct slab *s, size_t want)
{
	void *p = slab_map(want);

	if (p != MAP_FAILED && s->size)
		memcpy(p, s->mem, s->size);
	if (p != MAP_FAILED)
		mem_free(s->mem);
	return p;
}

void
slab_fit(struct slab *s, size_t size)
{
	size_t want;
	void *p;

	if (size <= s->size)
		return;
	want = slab_round(s->size, size);
	if (want < SLAB_MAP) {
		small_grow(s, want);
		return;
	}
	p = is_small(s) ? small_map(s, want) : slab_grow(s, want);
	if (p == MAP_FAILED)
		mem_out(want);
	s->mem = p;
	s->size = want;
}

void
slab_copy(struct slab *s, const struct slab *from)
{
	*s = (struct slab){ 0 };
	slab_fit(s, from->size);
	memcpy(s->mem, from->mem, from->size);
}

bool
slab_cut(struct slab *s, size_t size)
{
	size_t want = slab_round(0, size), to;

	if (is_small(s)) {
		if (size < s->size)
			memset(s->mem + size, 0, s->size - size);
		return false;
	}
	if (want < SLAB_MAP)
		want = SLAB_MAP;
	if (want >= s->size)
		return false;
	to = s->size - want > SLAB_SLICE ? s->size - SLAB_SLICE : want;
	munmap(s->mem + to, s->size - to);
	s->size = to;
	if (to > want)
		return true;
	slab_drop(s, size, want);
	return false;
}

void
slab_drop(struct slab *s, size_t from, size_t to)
{
	from = (from + SLAB_PAGE - 1) & ~(size_t)(SLAB_PAGE - 1);
	to &= ~(size_t)(SLAB_PAGE - 1);
	if (from >= to)
		return;
	if (is_small(s)) {
		memset(s->mem + from, 0, to - from);
		return;
	}
	/* Else the kernel might gather what is left to huge pages, and the holes with it. */
	madvise(s->mem, s->size, MADV_NOHUGEPAGE);
	madvise(s->mem + from, to - from, MADV_DONTNEED);
}

void
slab_free(struct slab *s)
{
	if (s->mem && is_small(s))
		mem_free(s->mem);
	else if (s->mem)
		munmap(s->mem, s->size);
	*s = (struct slab){ 0 };
}
