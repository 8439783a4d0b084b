/*
 * Heap with one rule: a small allocation that fails ends the process, so nobody checks.
 * Sizes taken from input are bounded before they come here.  Any thread.
 */
#ifndef MYNAH_BASE_MEM_H
#define MYNAH_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size); /* zeroed */
void *mem_realloc(void *p, size_t size);
char *mem_strdup(const char *s);
/* At a multiple of `to`, a power of two; not zeroed. */
void *mem_aligned(size_t to, size_t size);
void mem_free(void *p); /* NULL is fine */
/* The end, in the log: of who asks the system for memory by other ways. */
void mem_out(size_t size) __attribute__((noreturn));

/* Has the allocator put what is freed together at once: else it is put off, and what many
 * small ones cost is paid by one who asks for a large one.  Once, before threads. */
void mem_tune(void);
/* Gives what the allocator keeps free back to the system, if it is much.  May take
 * milliseconds. */
void mem_trim(void);

#define MEM_NEW(type)	   ((type *)mem_alloc(sizeof(type)))
#define MEM_ARRAY(type, n) ((type *)mem_alloc(sizeof(type) * (n)))

#endif
