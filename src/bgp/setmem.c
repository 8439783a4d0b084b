/*
 * Memory of attribute sets.
 *
 * Sets are many and small, live long and go together: what the heap has in front of each
 * and between two of them is a sixth of what they take.  Here sets of about one size lie side
 * by side in chunks of 64 KiB, with nothing between them:
 *
 *   chunk:  | head, a bit for each place | set | set | free | set | ...
 *   number: | chunk (19 bits) | place in it, in units of 8 bytes (13 bits) |
 *
 * so a set's number is also its address, and no table of the one to the other is needed.
 * Sizes are rounded up to 8 bytes, above 512 to an eighth at most.
 *
 * Chunks belong to one of a few pools, each with a lock.  In a pool those of one size that
 * have a free place form a list, and those that have become empty another; these take sets
 * of any size again.  What is empty keeps its pages until setmem_trim.
 *
 * Numbers reach as far as 32 GiB.  Where those are in use, or memory is so far scattered, there
 * is no room for more sets, and who asks for one is told so.
 */
#include "setmem.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include "base/log.h"
#include "base/mem.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define POISON(p, n)   ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

enum {
	UNIT = 8,
	CHUNK = 1 << (SET_PLACE_BITS + 3),
	CHUNKS = 1 << (32 - SET_PLACE_BITS),
	MAPPED = 16, /* chunks at once */
	POOLS = 4,
	SMALL = 512,	    /* up to here a class for each unit */
	SMALL_CLASSES = SMALL / UNIT + 1,
	CLASSES = SMALL_CLASSES + 8 * 7, /* eight for each power of two */
	PAGE = 4096,
};

#define NONE 0u /* chunk 0 is not used, so that no set has number 0 */

struct chunk {
	uint32_t prev, next; /* in its list */
	uint16_t class;
	uint16_t size;	/* of a place, in units */
	uint16_t first; /* place, likewise */
	uint16_t n, used; /* n: 0 when the chunk is clean */
	uint16_t hint;	/* no word of bits before has a place */
	uint64_t free[]; /* bits */
};

struct pool {
	_Alignas(64) pthread_mutex_t lock;
	uint32_t some[CLASSES]; /* lists: chunks with free places, some used */
	uint32_t empty;		/* chunks with none used */
	uint32_t *clean, clean_n, clean_cap; /* chunks without pages */
};

struct setmem {
	struct set_places *places;
	struct pool pool[POOLS];
	pthread_mutex_t map_lock;
	_Atomic uint32_t mapped;	/* chunks */
	uint32_t limit; /* chunks; under map_lock, like this: */
	bool full;	/* said once */
	uint8_t owner[CHUNKS / MAPPED]; /* pools */
};

static struct chunk *
chunk_at(const struct setmem *m, uint32_t i)
{
	return (struct chunk *)(void *)atomic_load_explicit(
	    &m->places->chunk[i], memory_order_relaxed);
}

static struct pool *
pool_of(struct setmem *m, uint32_t chunk)
{
	return &m->pool[m->owner[chunk / MAPPED]];
}

/*
 * Sizes.
 */
static unsigned
class_of(size_t size)
{
	unsigned bits;

	if (size <= SMALL)
		return (unsigned)((size + UNIT - 1) / UNIT);
	bits = 63u - (unsigned)__builtin_clzll(size - 1); /* 9: 513 to 1024 */
	return SMALL_CLASSES + (bits - 9) * 8 + (unsigned)((size - 1) >> (bits - 3) & 7);
}

static size_t
class_size(unsigned class)
{
	unsigned bits, step;

	if (class < SMALL_CLASSES)
		return class * (size_t)UNIT;
	bits = 9 + (class - SMALL_CLASSES) / 8;
	step = (class - SMALL_CLASSES) % 8 + 1;
	return ((size_t)1 << bits) + ((size_t)step << (bits - 3));
}

static void
chunk_divide(struct chunk *c, unsigned class)
{
	size_t size = class_size(class), n = CHUNK / size, words, head;

	UNPOISON(c, CHUNK);
	for (;; n--) {
		words = (n + 63) / 64;
		head = (sizeof(*c) + words * 8 + UNIT - 1) / UNIT * UNIT;
		if (n == 1) /* the largest class: what there is */
			size = CHUNK - head;
		if (head + n * size <= CHUNK)
			break;
	}
	c->class = (uint16_t)class;
	c->size = (uint16_t)(size / UNIT);
	c->first = (uint16_t)(head / UNIT);
	c->n = (uint16_t)n;
	c->used = c->hint = 0;
	memset(c->free, 0xff, words * 8);
	if (n % 64)
		c->free[n / 64] = (UINT64_C(1) << n % 64) - 1;
	POISON((uint8_t *)c + head, CHUNK - head);
}

/*
 * Lists.
 */
static void
list_add(const struct setmem *m, uint32_t *list, uint32_t i)
{
	struct chunk *c = chunk_at(m, i);

	c->prev = NONE;
	c->next = *list;
	if (*list)
		chunk_at(m, *list)->prev = i;
	*list = i;
}

static void
list_del(const struct setmem *m, uint32_t *list, uint32_t i)
{
	const struct chunk *c = chunk_at(m, i);

	if (c->prev)
		chunk_at(m, c->prev)->next = c->next;
	else
		*list = c->next;
	if (c->next)
		chunk_at(m, c->next)->prev = c->prev;
}

/*
 * Chunks.
 */
static void
clean_add(struct pool *p, uint32_t i)
{
	if (p->clean_n == p->clean_cap) {
		p->clean_cap = p->clean_cap ? p->clean_cap * 2 : MAPPED;
		p->clean = mem_realloc(p->clean, p->clean_cap * sizeof(*p->clean));
	}
	p->clean[p->clean_n++] = i;
}

static uint8_t *
chunks_map(void)
{
	void *p = mmap(NULL, (size_t)MAPPED * CHUNK, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		mem_out((size_t)MAPPED * CHUNK);
	return p;
}

/* False: there are as many chunks as there may be. */
static bool
may_grow(struct setmem *m)
{
	if (atomic_load_explicit(&m->mapped, memory_order_relaxed) + MAPPED <= m->limit)
		return true;
	if (!m->full)
		log_error("Attribute sets take %u MiB and get no more: routes with new "
			  "ones are left out",
		    (unsigned)((size_t)m->limit * CHUNK >> 20));
	m->full = true;
	return false;
}

/* Under map_lock: the first of the new numbers. */
static uint32_t
chunks_number(struct setmem *m, const struct pool *p)
{
	uint32_t first = atomic_load_explicit(&m->mapped, memory_order_relaxed);
	uint8_t *at = chunks_map();

	m->owner[first / MAPPED] = (uint8_t)(p - m->pool);
	for (uint32_t i = 0; i < MAPPED; i++)
		atomic_store_explicit(&m->places->chunk[first + i],
		    at + (size_t)i * CHUNK, memory_order_relaxed);
	atomic_store_explicit(&m->mapped, first + MAPPED, memory_order_release);
	return first;
}

/* New ones, if there may be any; those with low numbers are taken first. */
static void
chunks_add(struct setmem *m, struct pool *p)
{
	uint32_t first = 0;
	bool ok;

	pthread_mutex_lock(&m->map_lock);
	ok = may_grow(m);
	if (ok)
		first = chunks_number(m, p);
	pthread_mutex_unlock(&m->map_lock);
	for (uint32_t i = ok ? MAPPED : 0; i-- > 0;)
		if (first + i != NONE)
			clean_add(p, first + i);
}

/* NONE: there is none to be had. */
static uint32_t
chunk_new(struct setmem *m, struct pool *p, unsigned class)
{
	struct chunk *c;
	uint32_t i = p->empty;

	if (i) {
		list_del(m, &p->empty, i);
	} else {
		if (!p->clean_n)
			chunks_add(m, p);
		if (!p->clean_n)
			return NONE;
		i = p->clean[--p->clean_n];
	}
	c = chunk_at(m, i);
	chunk_divide(c, class);
	list_add(m, &p->some[class], i);
	return i;
}

/* A free place, not free any more. */
static unsigned
place_take(struct chunk *c)
{
	unsigned bit;

	while (!c->free[c->hint])
		c->hint++;
	bit = (unsigned)__builtin_ctzll(c->free[c->hint]);
	c->free[c->hint] &= c->free[c->hint] - 1;
	c->used++;
	return c->hint * 64u + bit;
}

void *
setmem_take(struct setmem *m, size_t size, uint32_t any, uint32_t *id)
{
	struct pool *p = &m->pool[any % POOLS];
	unsigned class = class_of(size), unit;
	struct chunk *c;
	uint32_t i;
	void *set;

	pthread_mutex_lock(&p->lock);
	i = p->some[class];
	if (!i)
		i = chunk_new(m, p, class);
	if (!i) {
		pthread_mutex_unlock(&p->lock);
		return NULL;
	}
	c = chunk_at(m, i);
	unit = c->first + place_take(c) * c->size;
	if (c->used == c->n)
		list_del(m, &p->some[class], i);
	pthread_mutex_unlock(&p->lock);
	*id = i << SET_PLACE_BITS | unit;
	set = (uint8_t *)c + (size_t)unit * UNIT;
	UNPOISON(set, size);
	return set;
}

void
setmem_give(struct setmem *m, uint32_t id)
{
	uint32_t i = id >> SET_PLACE_BITS;
	struct chunk *c = chunk_at(m, i);
	unsigned place = ((id & SET_PLACE_MASK) - c->first) / c->size;
	struct pool *p = pool_of(m, i);

	pthread_mutex_lock(&p->lock);
	POISON(
	    (uint8_t *)c + (size_t)(id & SET_PLACE_MASK) * UNIT, c->size * (size_t)UNIT);
	c->free[place / 64] |= UINT64_C(1) << place % 64;
	if (place / 64 < c->hint)
		c->hint = (uint16_t)(place / 64);
	if (c->used-- == c->n)
		list_add(m, &p->some[c->class], i);
	if (!c->used) {
		list_del(m, &p->some[c->class], i);
		list_add(m, &p->empty, i);
	}
	pthread_mutex_unlock(&p->lock);
}

/*
 * Giving back.
 */
static bool
places_free(const struct chunk *c, unsigned from, unsigned to)
{
	for (; from < to; from++)
		if (!(c->free[from / 64] >> from % 64 & 1))
			return false;
	return true;
}

static void
pages_drop(struct chunk *c, unsigned from, unsigned to)
{
	if (from < to)
		madvise((uint8_t *)c + from, to - from, MADV_DONTNEED);
}

/* Pages in which nothing lies but free places; the first has the head. */
static void
pages_trim(struct chunk *c)
{
	unsigned first = c->first * (unsigned)UNIT, size = c->size * (unsigned)UNIT;
	unsigned since = PAGE, at;

	for (at = PAGE; at < CHUNK; at += PAGE) {
		unsigned end = (at + PAGE - first + size - 1) / size;

		if (places_free(c, (at - first) / size, end < c->n ? end : c->n))
			continue;
		pages_drop(c, since, at);
		since = at + PAGE;
	}
	pages_drop(c, since, at);
}

static void
chunk_trim(struct setmem *m, uint32_t i)
{
	struct pool *p = pool_of(m, i);
	struct chunk *c = chunk_at(m, i);

	if (c->used) {
		if (c->used < c->n)
			pages_trim(c);
		return;
	}
	list_del(m, &p->empty, i);
	UNPOISON(c, CHUNK); /* it reads as zero: n, too */
	pages_drop(c, 0, CHUNK);
	clean_add(p, i);
}

void
setmem_trim(struct setmem *m)
{
	uint32_t n = atomic_load_explicit(&m->mapped, memory_order_acquire);

	for (uint32_t i = NONE + 1; i < n; i++) {
		struct pool *p = pool_of(m, i);

		pthread_mutex_lock(&p->lock);
		if (chunk_at(m, i)->n)
			chunk_trim(m, i);
		pthread_mutex_unlock(&p->lock);
	}
}

void
setmem_limit(struct setmem *m, size_t bytes)
{
	size_t chunks = bytes / CHUNK;

	pthread_mutex_lock(&m->map_lock);
	m->limit = chunks < CHUNKS ? (uint32_t)chunks : CHUNKS;
	pthread_mutex_unlock(&m->map_lock);
}

struct setmem *
setmem_new(struct set_places *places)
{
	struct setmem *m = mem_aligned(64, sizeof(*m));

	memset(m, 0, offsetof(struct setmem, owner));
	m->places = places;
	m->limit = CHUNKS;
	places->chunk = MEM_ARRAY(_Atomic(uint8_t *), CHUNKS);
	for (unsigned k = 0; k < POOLS; k++)
		pthread_mutex_init(&m->pool[k].lock, NULL);
	pthread_mutex_init(&m->map_lock, NULL);
	return m;
}

void
setmem_free(struct setmem *m)
{
	for (uint32_t i = 0; i < atomic_load(&m->mapped); i += MAPPED) {
		UNPOISON(chunk_at(m, i), (size_t)MAPPED * CHUNK);
		munmap(chunk_at(m, i), (size_t)MAPPED * CHUNK);
	}
	for (unsigned k = 0; k < POOLS; k++) {
		mem_free(m->pool[k].clean);
		pthread_mutex_destroy(&m->pool[k].lock);
	}
	pthread_mutex_destroy(&m->map_lock);
	mem_free(m->places->chunk);
	mem_free(m);
}

_Static_assert(
    SETMEM_MAX + sizeof(struct chunk) + 16 <= CHUNK, "one of the largest fits");
