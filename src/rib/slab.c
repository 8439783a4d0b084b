/*
 * Slabs: anonymous memory grown with mremap.
 *
 * Huge pages are not asked for: they made lookups 5 % faster, but the first touch of each
 * is a step of its own, of up to 6 ms where a hypervisor has yet to find the memory.
 */
#include "rib/slab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SLAB_MIN  4096u
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

void
slab_fit(struct slab *s, size_t size)
{
	size_t want;
	void *p;

	if (size <= s->size)
		return;
	want = slab_round(s->size, size);
	p = s->mem ? slab_grow(s, want) : slab_map(want);
	if (p == MAP_FAILED) {
		fputs("out of memory\n", stderr);
		abort();
	}
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
	from = (from + SLAB_MIN - 1) & ~(size_t)(SLAB_MIN - 1);
	to &= ~(size_t)(SLAB_MIN - 1);
	if (from >= to)
		return;
	/* Else the kernel might gather what is left to huge pages, and the holes with it. */
	madvise(s->mem, s->size, MADV_NOHUGEPAGE);
	madvise(s->mem + from, to - from, MADV_DONTNEED);
}

void
slab_free(struct slab *s)
{
	if (s->mem)
		munmap(s->mem, s->size);
	*s = (struct slab){ 0 };
}
