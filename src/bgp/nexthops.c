/*
 * Numbers of next hops: each address that is the next hop of some set has a small one, so
 * that what is known about it can be kept in arrays and found without hashing.
 *
 * A number lasts while a set has the address or somebody holds it.  Addresses are spread
 * over stripes, each with its lock; a number is place and stripe in one.
 */
#include "nexthops.h"

#include <assert.h>
#include <pthread.h>
#include "base/mem.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { STRIPE_BITS = 4, STRIPES = 1 << STRIPE_BITS, SLOTS_MIN = 8 };

struct entry {
	struct ip ip;
	uint32_t sets, holds; /* both 0: free */
	uint32_t next;	      /* of the chain, or of the free ones */
};

struct stripe {
	_Alignas(64) pthread_mutex_t lock;
	struct entry *entry; /* from 1 */
	uint32_t n, cap, used, free;
	uint32_t *slot, slots; /* heads of chains; a power of 2 */
};

struct nexthops {
	struct stripe stripe[STRIPES];
	uint64_t seed;
};

struct nexthops *
nexthops_new(uint64_t seed)
{
	struct nexthops *h = aligned_alloc(64, sizeof(*h));

	assert(h);
	*h = (struct nexthops){ .seed = seed };
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
		mem_free(h->stripe[i].entry);
		mem_free(h->stripe[i].slot);
	}
	free(h);
}

static uint64_t
hash_of(const struct nexthops *h, const struct ip *ip)
{
	return XXH3_64bits_withSeed(ip->b, sizeof(ip->b), h->seed);
}

static void
chain_add(struct nexthops *h, struct stripe *s, uint32_t i)
{
	uint32_t *head = &s->slot[hash_of(h, &s->entry[i].ip) & (s->slots - 1)];

	s->entry[i].next = *head;
	*head = i;
}

static void
grow(struct nexthops *h, struct stripe *s)
{
	mem_free(s->slot);
	s->slots *= 2;
	s->slot = MEM_ARRAY(uint32_t, s->slots);
	for (uint32_t i = 1; i < s->n; i++)
		if (s->entry[i].sets || s->entry[i].holds)
			chain_add(h, s, i);
}

static uint32_t
entry_new(struct nexthops *h, struct stripe *s, const struct ip *ip)
{
	uint32_t i = s->free;

	if (s->used >= s->slots)
		grow(h, s);
	if (i) {
		s->free = s->entry[i].next;
	} else {
		if (s->n >= s->cap) {
			s->cap = s->cap ? s->cap * 2 : SLOTS_MIN;
			s->entry = mem_realloc(s->entry, s->cap * sizeof(*s->entry));
		}
		i = s->n++;
	}
	s->entry[i] = (struct entry){ .ip = *ip };
	s->used++;
	chain_add(h, s, i);
	return i;
}

static void
entry_free(struct nexthops *h, struct stripe *s, uint32_t i)
{
	uint32_t *at = &s->slot[hash_of(h, &s->entry[i].ip) & (s->slots - 1)];

	while (*at != i)
		at = &s->entry[*at].next;
	*at = s->entry[i].next;
	s->entry[i].next = s->free;
	s->free = i;
	s->used--;
}

uint32_t
nexthops_ref(struct nexthops *h, const struct ip *ip)
{
	uint64_t hash = hash_of(h, ip);
	unsigned k = (unsigned)(hash >> (64 - STRIPE_BITS));
	struct stripe *s = &h->stripe[k];
	uint32_t i;

	pthread_mutex_lock(&s->lock);
	i = s->slot[hash & (s->slots - 1)];
	while (i && !ip_equal(&s->entry[i].ip, ip))
		i = s->entry[i].next;
	if (!i)
		i = entry_new(h, s, ip);
	s->entry[i].sets++;
	pthread_mutex_unlock(&s->lock);
	return i << STRIPE_BITS | k;
}

/* Counts of one number; both by what is added. */
static void
count(struct nexthops *h, uint32_t hop, int sets, int holds)
{
	struct stripe *s = &h->stripe[hop & (STRIPES - 1)];
	struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = &s->entry[hop >> STRIPE_BITS];
	e->sets += (uint32_t)sets;
	e->holds += (uint32_t)holds;
	if (!e->sets && !e->holds)
		entry_free(h, s, hop >> STRIPE_BITS);
	pthread_mutex_unlock(&s->lock);
}

void
nexthops_unref(struct nexthops *h, uint32_t hop)
{
	count(h, hop, -1, 0);
}

void
nexthops_hold(struct nexthops *h, uint32_t hop)
{
	count(h, hop, 0, 1);
}

void
nexthops_release(struct nexthops *h, uint32_t hop)
{
	count(h, hop, 0, -1);
}

struct ip
nexthops_ip(struct nexthops *h, uint32_t hop, bool *used)
{
	struct stripe *s = &h->stripe[hop & (STRIPES - 1)];
	struct ip ip;

	pthread_mutex_lock(&s->lock);
	ip = s->entry[hop >> STRIPE_BITS].ip;
	*used = s->entry[hop >> STRIPE_BITS].sets;
	pthread_mutex_unlock(&s->lock);
	return ip;
}
