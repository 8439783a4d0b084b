/*
 * Heap: libc's, with the abort in one place.
 */
#include "base/mem.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define TRIM_MIN (4u << 20) /* bytes free that are worth the time */

void
mem_out(size_t size)
{
	char text[64];

	snprintf(text, sizeof(text), "Out of memory (%zu bytes)", size);
	log_last(LOG_C_FATAL, text);
	abort();
}

static void *
checked(void *p, size_t size)
{
	if (!p)
		mem_out(size);
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

void *
mem_aligned(size_t to, size_t size)
{
	return checked(aligned_alloc(to, (size + to - 1) / to * to), size);
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
