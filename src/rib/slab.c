/*
 * Slabs: anonymous memory grown with mremap.
 */
#include "rib/slab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SLAB_MIN  4096u
#define SLAB_HUGE (4u << 20) /* from here on huge pages save more than they may waste */

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
	if (want >= SLAB_HUGE)
		madvise(p, want, MADV_HUGEPAGE);
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

void
slab_cut(struct slab *s, size_t size)
{
	size_t want = s->size;

	while (want / 2 >= size && want > SLAB_MIN)
		want /= 2;
	if (want == s->size)
		return;
	munmap(s->mem + want, s->size - want);
	s->size = want;
	slab_drop(s, size, want);
}

void
slab_drop(struct slab *s, size_t from, size_t to)
{
	from = (from + SLAB_MIN - 1) & ~(size_t)(SLAB_MIN - 1);
	to &= ~(size_t)(SLAB_MIN - 1);
	if (from >= to)
		return;
	/* Else the kernel would gather what is left to huge pages, and the holes with it. */
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
