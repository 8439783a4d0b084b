/*
 * Heap: libc's, with the abort in one place.
 */
#include "base/mem.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIM_MIN (16u << 20) /* bytes free that are worth the time */

static void *
checked(void *p, size_t size)
{
	if (!p) {
		fprintf(stderr, "mynah: out of memory (%zu bytes)\n", size);
		abort();
	}
	return p;
}

void
mem_tune(void)
{
	mallopt(M_MXFAST, 0);
}

void *
mem_alloc(size_t size)
{
	return checked(calloc(1, size ? size : 1), size);
}

void *
mem_realloc(void *p, size_t size)
{
	return checked(realloc(p, size ? size : 1), size);
}

char *
mem_strdup(const char *s)
{
	return checked(strdup(s), strlen(s) + 1);
}

void
mem_free(void *p)
{
	free(p);
}

void
mem_trim(void)
{
	struct mallinfo2 m = mallinfo2();

	/* A trim holds the allocator's locks while it goes through all that is free. */
	if (m.fordblks > TRIM_MIN && m.fordblks > m.uordblks / 4)
		malloc_trim(0);
}
