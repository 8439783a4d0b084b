/*
 * The store of long networks: equal ones exist once in the process.
 *
 * It works as that of attribute sets does: the hash picks one of 64 stripes, each with a
 * lock and a chained table of its own; the count of a network that is found rises under
 * its stripe's lock, and the last reference is only given up under the same lock, so one
 * that is found is never on its way out.  Others are added and dropped without a lock.
 *
 * It is one for the process and needs no beginning or end: what is in it is told apart by
 * its bytes alone, an empty stripe has no memory, and what passes networks on need not
 * pass a store on beside each.
 */
#include "base/longnet.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/random.h>
#include <xxhash.h>

#include "base/mem.h"

enum { STRIPES = 64, CHAINS_MIN = 16 };

struct longnet {
	_Atomic uint32_t refs;
	uint8_t type;
	uint16_t len;
	uint64_t hash;
	struct longnet *next; /* in its chain */
	_Atomic uint64_t note;
	uint8_t bytes[];
};

struct stripe {
	_Alignas(64) pthread_mutex_t lock;
	struct longnet **chain;
	uint32_t chains; /* a power of 2, or none */
	uint32_t n;
	size_t size;
};

static struct stripe stripes[STRIPES] = {
	[0 ... STRIPES - 1] = { .lock = PTHREAD_MUTEX_INITIALIZER },
};

/* Peers choose what is hashed; they shall not choose where it goes. */
static uint64_t
hash_seed(void)
{
	static _Atomic uint64_t seed;
	uint64_t s = atomic_load_explicit(&seed, memory_order_relaxed), none = 0;

	if (s)
		return s;
	if (getrandom(&s, sizeof(s), GRND_NONBLOCK) != sizeof(s))
		s = (uintptr_t)&seed;
	s |= 1;
	return atomic_compare_exchange_strong(&seed, &none, s) ? s : none;
}

static uint64_t
hash_of(unsigned type, const uint8_t *bytes, size_t len)
{
	return XXH3_64bits_withSeed(bytes, len, hash_seed() + type * 2);
}

static struct stripe *
stripe_of(uint64_t hash)
{
	return &stripes[hash >> 58];
}

static struct longnet *
header(const uint8_t *bytes)
{
	return (struct longnet *)((uintptr_t)bytes - offsetof(struct longnet, bytes));
}

static struct net
net_of(unsigned type, const uint8_t *bytes, size_t len, bool held)
{
	struct longref r = { .bytes = bytes, .len = (uint16_t)len, .held = held };
	struct net n = { .type = (uint8_t)type };

	memcpy(n.key, &r, sizeof(r));
	return n;
}

struct net
net_long(enum net_type type, const void *bytes, size_t len)
{
	assert(len <= NET_LONG_MAX && net_is_long(type));
	return net_of(type, bytes, len, false);
}

static void
part_put(uint8_t *at, const struct net *n)
{
	memcpy(at, n->key, 16);
	at[16] = n->plen;
}

static struct net
part_get(const uint8_t *at)
{
	struct net n = { .type = NET_IP6, .plen = at[16] };

	memcpy(n.key, at, 16);
	return n;
}

struct net
net_sadr(const struct net *to, const struct net *from, uint8_t room[SADR_LEN])
{
	part_put(room, to);
	part_put(room + SADR_LEN / 2, from);
	return net_long(NET_SADR, room, SADR_LEN);
}

void
net_sadr_parts(const struct net *n, struct net *to, struct net *from)
{
	size_t len;
	const uint8_t *at = net_bytes(n, &len);

	assert(n->type == NET_SADR && len == SADR_LEN);
	*to = part_get(at);
	*from = part_get(at + SADR_LEN / 2);
}

struct net
longnet_of(enum net_type type, const uint8_t *bytes)
{
	return net_of(type, bytes, header(bytes)->len, true);
}

uint64_t
longnet_hash(const struct net *n)
{
	struct longref r = net_longref(n);

	return r.held ? header(r.bytes)->hash : hash_of(n->type, r.bytes, r.len);
}

void
longnet_note(const struct net *n, uint64_t note)
{
	struct longref r = net_longref(n);

	if (r.held && longnet_noted(n) != note)
		atomic_store_explicit(&header(r.bytes)->note, note, memory_order_relaxed);
}

uint64_t
longnet_noted(const struct net *n)
{
	struct longref r = net_longref(n);

	return r.held
	    ? atomic_load_explicit(&header(r.bytes)->note, memory_order_relaxed)
	    : 0;
}

/* With `chains` chains, or none at all. */
static void
stripe_resize(struct stripe *s, uint32_t chains)
{
	struct longnet **chain = chains ? MEM_ARRAY(struct longnet *, chains) : NULL;

	for (uint32_t i = 0; i < s->chains; i++) {
		struct longnet *at = s->chain[i], *next;

		for (; at; at = next) {
			struct longnet **to = &chain[at->hash & (chains - 1)];

			next = at->next;
			at->next = *to;
			*to = at;
		}
	}
	mem_free(s->chain);
	s->chain = chain;
	s->chains = chains;
}

static struct longnet *
stripe_find(const struct stripe *s, const struct net *n, const struct longref *r,
    uint64_t hash)
{
	struct longnet *at = s->chains ? s->chain[hash & (s->chains - 1)] : NULL;

	while (at && (at->hash != hash || at->type != n->type || at->len != r->len ||
			 memcmp(at->bytes, r->bytes, r->len) != 0))
		at = at->next;
	return at;
}

static struct longnet *
stripe_add(
    struct stripe *s, const struct net *n, const struct longref *r, uint64_t hash)
{
	struct longnet *l = mem_alloc(sizeof(*l) + r->len), **to;

	if (s->n >= s->chains)
		stripe_resize(s, s->chains ? s->chains * 2 : CHAINS_MIN);
	atomic_init(&l->refs, 1);
	atomic_init(&l->note, 0);
	l->type = n->type;
	l->len = r->len;
	l->hash = hash;
	if (r->len)
		memcpy(l->bytes, r->bytes, r->len);
	to = &s->chain[hash & (s->chains - 1)];
	l->next = *to;
	*to = l;
	s->n++;
	s->size += sizeof(*l) + r->len;
	return l;
}

static void
stripe_del(struct stripe *s, const struct longnet *l)
{
	struct longnet **at = &s->chain[l->hash & (s->chains - 1)];

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	s->n--;
	s->size -= sizeof(*l) + l->len;
	if (!s->n)
		stripe_resize(s, 0);
	else if (s->chains > CHAINS_MIN && s->n < s->chains / 8)
		stripe_resize(s, s->chains / 2);
}

void
longnet_hold(struct net *n)
{
	struct longref r = net_longref(n);
	struct longnet *l;
	struct stripe *s;
	uint64_t hash;

	if (r.held) {
		atomic_fetch_add_explicit(
		    &header(r.bytes)->refs, 1, memory_order_relaxed);
		return;
	}
	hash = hash_of(n->type, r.bytes, r.len);
	s = stripe_of(hash);
	pthread_mutex_lock(&s->lock);
	l = stripe_find(s, n, &r, hash);
	if (l)
		atomic_fetch_add_explicit(&l->refs, 1, memory_order_relaxed);
	else
		l = stripe_add(s, n, &r, hash);
	pthread_mutex_unlock(&s->lock);
	*n = net_of(n->type, l->bytes, l->len, true);
}

/* The last reference, as it seemed: under the lock it shows. */
static void
last_drop(struct longnet *l)
{
	struct stripe *s = stripe_of(l->hash);
	uint32_t before;

	pthread_mutex_lock(&s->lock);
	before = atomic_fetch_sub_explicit(&l->refs, 1, memory_order_acq_rel);
	assert(before);
	if (before == 1)
		stripe_del(s, l);
	pthread_mutex_unlock(&s->lock);
	if (before == 1)
		mem_free(l);
}

void
longnet_drop(struct net *n)
{
	struct longref r = net_longref(n);
	struct longnet *l = header(r.bytes);
	uint32_t refs;

	assert(r.held);
	refs = atomic_load_explicit(&l->refs, memory_order_relaxed);
	while (refs > 1)
		if (atomic_compare_exchange_weak_explicit(&l->refs, &refs, refs - 1,
			memory_order_release, memory_order_relaxed))
			return;
	last_drop(l);
}

struct longnet_stats
longnet_stats(void)
{
	struct longnet_stats sum = { 0 };

	for (unsigned i = 0; i < STRIPES; i++) {
		struct stripe *s = &stripes[i];

		pthread_mutex_lock(&s->lock);
		sum.nets += s->n;
		sum.bytes += s->size + s->chains * sizeof(struct longnet *);
		pthread_mutex_unlock(&s->lock);
	}
	return sum;
}
