/*
 * Numbers of next hops: each address that is the next hop of some set has a small one, so
 * that what is known about it can be kept in arrays and found without hashing.
 *
 * A number lasts while a set has the address or somebody holds it.  Addresses are spread
 * over stripes, each with its lock; a number is place and stripe in one.
 *
 * Most new sets have a next hop that the thread has met a moment ago: each thread remembers
 * some numbers.  One that still has a set gets one more without the lock; then its address
 * says whether it is still the same.  The lock is for counts that come from 0 or get there.
 */
#include "nexthops.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include "base/mem.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { STRIPE_BITS = 4, STRIPES = 1 << STRIPE_BITS, SLOTS_MIN = 8 };
enum { CHUNK_BITS = 3, CHUNKS = 32 - STRIPE_BITS - CHUNK_BITS };
enum { RECENT_BITS = 6 };

struct entry {
	struct ip ip;
	_Atomic uint32_t sets; /* from and to 0: under the lock */
	uint32_t holds;	       /* both 0: free */
	uint32_t next;	       /* of the chain, or of the free ones */
};

struct stripe {
	_Alignas(64) pthread_mutex_t lock;
	struct entry *chunk[CHUNKS]; /* each as large as all before, and one; none moves */
	uint32_t n, used, free;	     /* n: from 1 */
	uint32_t *slot, slots; /* heads of chains; a power of 2 */
};

struct nexthops {
	struct stripe stripe[STRIPES];
	uint64_t seed;
	uint32_t serial;
};

static _Atomic uint32_t serials;

static _Thread_local struct recent {
	struct ip ip;
	uint32_t hop, serial; /* of the nexthops; 0: none */
} recents[1 << RECENT_BITS];

static unsigned
chunk_of(uint32_t i)
{
	return 31u - (unsigned)__builtin_clz((i >> CHUNK_BITS) + 1);
}

/* The first entry of the chunk. */
static uint32_t
chunk_first(unsigned c)
{
	return ((1u << c) - 1) << CHUNK_BITS;
}

static struct entry *
entry_at(const struct stripe *s, uint32_t i)
{
	unsigned c = chunk_of(i);

	return &s->chunk[c][i - chunk_first(c)];
}

static uint32_t
sets_of(const struct entry *e)
{
	return atomic_load_explicit(&e->sets, memory_order_relaxed);
}

struct nexthops *
nexthops_new(uint64_t seed)
{
	struct nexthops *h = mem_aligned(64, sizeof(*h));

	*h = (struct nexthops){ .seed = seed };
	h->serial = atomic_fetch_add(&serials, 1) + 1;
	for (unsigned i = 0; i < STRIPES; i++) {
		struct stripe *s = &h->stripe[i];

		pthread_mutex_init(&s->lock, NULL);
		s->n = 1;
		s->slots = SLOTS_MIN;
		s->slot = MEM_ARRAY(uint32_t, SLOTS_MIN);
	}
	return h;
}

void
nexthops_free(struct nexthops *h)
{
	for (unsigned i = 0; i < STRIPES; i++) {
		assert(!h->stripe[i].used);
		pthread_mutex_destroy(&h->stripe[i].lock);
		for (unsigned c = 0; c < CHUNKS; c++)
			mem_free(h->stripe[i].chunk[c]);
		mem_free(h->stripe[i].slot);
	}
	mem_free(h);
}

static uint64_t
hash_of(const struct nexthops *h, const struct ip *ip)
{
	return XXH3_64bits_withSeed(ip->b, sizeof(ip->b), h->seed);
}

static void
chain_add(struct nexthops *h, struct stripe *s, uint32_t i)
{
	struct entry *e = entry_at(s, i);
	uint32_t *head = &s->slot[hash_of(h, &e->ip) & (s->slots - 1)];

	e->next = *head;
	*head = i;
}

static void
grow(struct nexthops *h, struct stripe *s)
{
	mem_free(s->slot);
	s->slots *= 2;
	s->slot = MEM_ARRAY(uint32_t, s->slots);
	for (uint32_t i = 1; i < s->n; i++)
		if (sets_of(entry_at(s, i)) || entry_at(s, i)->holds)
			chain_add(h, s, i);
}

static uint32_t
entry_new(struct nexthops *h, struct stripe *s, const struct ip *ip)
{
	uint32_t i = s->free;
	unsigned c;

	if (s->used >= s->slots)
		grow(h, s);
	if (i) {
		s->free = entry_at(s, i)->next;
	} else {
		i = s->n++;
		c = chunk_of(i);
		if (!s->chunk[c])
			s->chunk[c] = MEM_ARRAY(struct entry, 1u << (c + CHUNK_BITS));
	}
	entry_at(s, i)->ip = *ip;
	s->used++;
	chain_add(h, s, i);
	return i;
}

static void
entry_free(struct nexthops *h, struct stripe *s, uint32_t i)
{
	struct entry *e = entry_at(s, i);
	uint32_t *at = &s->slot[hash_of(h, &e->ip) & (s->slots - 1)];

	while (*at != i)
		at = &entry_at(s, *at)->next;
	*at = e->next;
	e->next = s->free;
	s->free = i;
	s->used--;
}

static struct recent *
recent_of(const struct ip *ip)
{
	uint64_t half[2];

	memcpy(half, ip->b, sizeof(half));
	half[0] = (half[0] ^ half[1]) * 0x9e3779b97f4a7c15u;
	return &recents[half[0] >> (64 - RECENT_BITS)];
}

/* One set more or less, while that is not the first or the last one. */
static bool
sets_change(struct entry *e, uint32_t least, uint32_t by)
{
	uint32_t n = sets_of(e);

	while (n >= least)
		if (atomic_compare_exchange_weak_explicit(
			&e->sets, &n, n + by, memory_order_acq_rel, memory_order_relaxed))
			return true;
	return false;
}

static bool
recent_ref(struct nexthops *h, const struct recent *r, const struct ip *ip)
{
	struct entry *e;

	if (r->serial != h->serial || !ip_equal(&r->ip, ip))
		return false;
	e = entry_at(&h->stripe[r->hop & (STRIPES - 1)], r->hop >> STRIPE_BITS);
	if (!sets_change(e, 1, 1))
		return false;
	if (ip_equal(&e->ip, ip))
		return true;
	nexthops_unref(h, r->hop); /* another's by now */
	return false;
}

static uint32_t
find_ref(struct nexthops *h, const struct ip *ip)
{
	uint64_t hash = hash_of(h, ip);
	unsigned k = (unsigned)(hash >> (64 - STRIPE_BITS));
	struct stripe *s = &h->stripe[k];
	uint32_t i;

	pthread_mutex_lock(&s->lock);
	i = s->slot[hash & (s->slots - 1)];
	while (i && !ip_equal(&entry_at(s, i)->ip, ip))
		i = entry_at(s, i)->next;
	if (!i)
		i = entry_new(h, s, ip);
	atomic_fetch_add_explicit(&entry_at(s, i)->sets, 1, memory_order_acq_rel);
	pthread_mutex_unlock(&s->lock);
	return i << STRIPE_BITS | k;
}

uint32_t
nexthops_ref(struct nexthops *h, const struct ip *ip)
{
	struct recent *r = recent_of(ip);

	if (!recent_ref(h, r, ip))
		*r = (struct recent){ *ip, find_ref(h, ip), h->serial };
	return r->hop;
}

/* Counts of one number; both by what is added. */
static void
count(struct nexthops *h, uint32_t hop, uint32_t sets, uint32_t holds)
{
	struct stripe *s = &h->stripe[hop & (STRIPES - 1)];
	struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = entry_at(s, hop >> STRIPE_BITS);
	sets += atomic_fetch_add_explicit(&e->sets, sets, memory_order_acq_rel);
	e->holds += holds;
	if (!sets && !e->holds)
		entry_free(h, s, hop >> STRIPE_BITS);
	pthread_mutex_unlock(&s->lock);
}

void
nexthops_unref(struct nexthops *h, uint32_t hop)
{
	struct stripe *s = &h->stripe[hop & (STRIPES - 1)];

	if (!sets_change(entry_at(s, hop >> STRIPE_BITS), 2, UINT32_MAX))
		count(h, hop, UINT32_MAX, 0);
}

void
nexthops_hold(struct nexthops *h, uint32_t hop)
{
	count(h, hop, 0, 1);
}

void
nexthops_release(struct nexthops *h, uint32_t hop)
{
	count(h, hop, 0, UINT32_MAX);
}

struct ip
nexthops_ip(struct nexthops *h, uint32_t hop, bool *used)
{
	struct stripe *s = &h->stripe[hop & (STRIPES - 1)];
	struct ip ip;

	pthread_mutex_lock(&s->lock);
	ip = entry_at(s, hop >> STRIPE_BITS)->ip;
	*used = sets_of(entry_at(s, hop >> STRIPE_BITS));
	pthread_mutex_unlock(&s->lock);
	return ip;
}
