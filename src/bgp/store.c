/*
 * The store of attribute sets: equal sets exist once in the process.
 *
 * A set is one piece of memory: decoded head, next hop, canonical block.  Its 32-bit hash
 * picks, by the top bits, one of 64 stripes, each with a lock and an open-addressed table
 * of its own; by the low bits the slot.  Beside each slot stands a byte of the hash, so
 * that a probe seldom touches a set that is not the one looked for.  Tables grow and
 * shrink by being rebuilt.
 *
 * References: the count of a set that is found rises under its stripe's lock, and the
 * last reference is only given up under the same lock; so a set that is found is never on
 * its way out.  Holders add and drop others without any lock.
 *
 * An id says where the set lies (setmem), which is what makes store_get wait free.
 */
#include "bgp/attrs.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>
#include "aspath.h"
#include "base/mem.h"
#include "nexthops.h"
#include "setmem.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
	STRIPE_BITS = 6,
	STRIPES = 1 << STRIPE_BITS,
	SLOTS_MIN = 16,
	SET_MAX = 65000,
	STACK_MAX = 4096,
};

/* Tags of slots; those of sets have the top bit. */
enum { SLOT_EMPTY = 0, SLOT_DELETED = 1, SLOT_SET = 0x80 };

struct stripe {
	_Alignas(64) pthread_mutex_t lock;
	uint32_t slots, used, deleted; /* slots: a power of 2 */
	uint8_t *tags;
	uint32_t *sets; /* ids */
	size_t bytes;
	uint64_t locked, waited;
};

struct store {
	struct set_places places; /* first: see store_get */
	struct setmem *mem;
	uint64_t seed;
	struct nexthops *hops;
	struct stripe stripes[STRIPES];
};

_Static_assert(offsetof(struct store, places) == 0, "store_get relies on it");

/* Tables. */

static void
table_init(struct stripe *s, uint32_t slots)
{
	s->slots = slots;
	s->deleted = 0;
	s->tags = MEM_ARRAY(uint8_t, slots);
	s->sets = MEM_ARRAY(uint32_t, slots);
}

static uint8_t
tag_of(uint32_t hash)
{
	return (uint8_t)(SLOT_SET | (hash >> (32 - STRIPE_BITS - 7) & 0x7f));
}

/* The first slot of a set that is in no slot yet. */
static uint32_t
slot_free(const struct stripe *s, uint32_t hash)
{
	uint32_t i = hash & (s->slots - 1);

	while (s->tags[i] & SLOT_SET)
		i = (i + 1) & (s->slots - 1);
	return i;
}

static void
slot_fill(struct stripe *s, uint32_t i, const struct attrs *a)
{
	if (s->tags[i] == SLOT_DELETED)
		s->deleted--;
	s->tags[i] = tag_of(a->hash);
	s->sets[i] = a->id;
}

static void
table_rebuild(const struct store *st, struct stripe *s, uint32_t slots)
{
	struct stripe old = *s;
	const struct attrs *a;

	table_init(s, slots);
	for (uint32_t i = 0; i < old.slots; i++) {
		if (!(old.tags[i] & SLOT_SET))
			continue;
		a = store_get(st, old.sets[i]);
		slot_fill(s, slot_free(s, a->hash), a);
	}
	mem_free(old.tags);
	mem_free(old.sets);
}

/* Room for one more: at most 7/8 of the slots are not empty. */
static void
table_reserve(const struct store *st, struct stripe *s)
{
	if ((s->used + s->deleted + 1) * 8ull <= s->slots * 7ull)
		return;
	table_rebuild(st, s, s->used * 2ull > s->slots ? s->slots * 2 : s->slots);
}

static void
table_remove(const struct store *st, struct stripe *s, const struct attrs *a)
{
	uint32_t mask = s->slots - 1, i = a->hash & mask;

	while (s->sets[i] != a->id || !(s->tags[i] & SLOT_SET))
		i = (i + 1) & mask;
	/* in front of an empty slot no probe needs to go on */
	s->tags[i] = s->tags[(i + 1) & mask] == SLOT_EMPTY ? SLOT_EMPTY : SLOT_DELETED;
	s->deleted += s->tags[i] == SLOT_DELETED;
	s->sets[i] = 0;
	s->used--;
	if (s->slots > SLOTS_MIN && s->used < s->slots / 8)
		table_rebuild(st, s, s->slots / 2);
}

/* Sets. */

struct store *
store_new(void)
{
	struct store *st = mem_aligned(64, sizeof(*st));

	memset(st, 0, sizeof(*st));
	/* peers choose what is hashed; they shall not choose where it goes */
	if (getrandom(&st->seed, sizeof(st->seed), GRND_NONBLOCK) < 0)
		st->seed = (uintptr_t)st;
	st->hops = nexthops_new(st->seed);
	st->mem = setmem_new(&st->places);
	for (unsigned i = 0; i < STRIPES; i++) {
		pthread_mutex_init(&st->stripes[i].lock, NULL);
		table_init(&st->stripes[i], SLOTS_MIN);
	}
	return st;
}

void
store_free(struct store *st)
{
	for (unsigned i = 0; i < STRIPES; i++) {
		assert(!st->stripes[i].used);
		mem_free(st->stripes[i].tags);
		mem_free(st->stripes[i].sets);
		pthread_mutex_destroy(&st->stripes[i].lock);
	}
	nexthops_free(st->hops);
	setmem_free(st->mem);
	mem_free(st);
}

void
store_limit(struct store *st, size_t bytes)
{
	setmem_limit(st->mem, bytes);
}

void
store_trim(struct store *st)
{
	setmem_trim(st->mem);
}

/* What is hashed and compared: the tail of a set from its preference on, as bytes. */
struct key {
	uint16_t preference;
	uint8_t nh_len;
	uint16_t block_len, local_len;
	const uint8_t *bytes; /* next hop, block, our own */
};

static size_t
key_len(const struct key *k)
{
	return (size_t)k->nh_len + k->block_len + k->local_len;
}

static uint8_t *
canon_write(const struct draft *d, uint8_t *p)
{
	memcpy(p, d->next_hop.b, d->next_hop.len);
	p += d->next_hop.len;
	for (unsigned i = 0; i < d->n; i++) {
		const struct attr *a = &d->at[i];

		p[0] = a->flags;
		p[1] = (uint8_t)a->code; /* less LOCAL_ATTR behind the block */
		put_u16(p + 2, a->len);
		if (a->len)
			memcpy(p + 4, a->data, a->len);
		p += 4 + a->len;
	}
	return p;
}

static uint32_t
key_hash(const struct store *st, const struct key *k)
{
	uint64_t seed = st->seed ^ ((uint64_t)k->local_len << 24 |
				       (uint64_t)k->preference << 8 | k->nh_len);

	return (uint32_t)XXH3_64bits_withSeed(k->bytes, key_len(k), seed);
}

static bool
key_equals(const struct key *k, const struct attrs *a)
{
	return a->preference == k->preference && a->nh_len == k->nh_len &&
	       a->block_len == k->block_len && a->local_len == k->local_len &&
	       !memcmp(a->bytes, k->bytes, key_len(k));
}

static struct attrs *
table_find(
    const struct store *st, const struct stripe *s, uint32_t hash, const struct key *k)
{
	uint32_t mask = s->slots - 1;
	uint8_t tag = tag_of(hash);
	struct attrs *a;

	for (uint32_t i = hash & mask; s->tags[i] != SLOT_EMPTY; i = (i + 1) & mask) {
		if (s->tags[i] != tag)
			continue;
		a = store_get(st, s->sets[i]);
		if (a->hash == hash && key_equals(k, a))
			return a;
	}
	return NULL;
}

static uint8_t
well_known(const struct attr *a)
{
	uint8_t wk = 0;

	for (size_t i = 0; i + 4 <= a->len; i += 4) {
		uint32_t community = get_u32(a->data + i);

		if (community < COMM_WELL_KNOWN)
			continue;
		switch (community) {
		case COMM_NO_EXPORT: wk |= WK_NO_EXPORT; break;
		case COMM_NO_ADVERTISE: wk |= WK_NO_ADVERTISE; break;
		case COMM_NO_EXPORT_SUBCONFED: wk |= WK_NO_EXPORT_SUBCONFED; break;
		case COMM_LLGR_STALE: wk |= WK_LLGR_STALE; break;
		case COMM_NO_LLGR: wk |= WK_NO_LLGR; break;
		}
	}
	return wk;
}

static void
head_path(struct attrs *a, const struct attr *at)
{
	struct path_facts f = path_facts(at->data, at->len);

	a->has |= HAS_AS_PATH | (f.confed ? HAS_CONFED : 0);
	a->path_len = (uint16_t)(f.length > UINT16_MAX ? UINT16_MAX : f.length);
	a->neighbor_as = f.first_as;
}

static uint32_t
head_u32(struct attrs *a, const struct attr *at, unsigned has)
{
	if (at->len != 4)
		return 0;
	a->has |= (uint8_t)has;
	return get_u32(at->data);
}

/* One attribute's part of the decoded head.  Lengths are asked again: a filter may have
 * put the attribute there. */
static void
head_read(struct attrs *a, const struct attr *at)
{
	size_t len = at->len;
	uint64_t metric;

	switch (at->code) {
	case ATTR_ORIGIN:
		if (len != 1)
			break;
		a->has |= HAS_ORIGIN;
		a->origin = at->data[0];
		break;
	case ATTR_AS_PATH: head_path(a, at); break;
	case ATTR_MED: a->med = head_u32(a, at, HAS_MED); break;
	case ATTR_LOCAL_PREF: a->local_pref = head_u32(a, at, HAS_LOCAL_PREF); break;
	case ATTR_COMMUNITY: a->wk = well_known(at); break;
	case ATTR_ORIGINATOR_ID: a->originator = head_u32(a, at, HAS_ORIGINATOR); break;
	case ATTR_OTC: head_u32(a, at, HAS_OTC); break;
	case ATTR_AIGP:
		a->has |= aigp_metric(at->data, len, &metric) ? HAS_AIGP : 0;
		break;
	case ATTR_CLUSTER_LIST:
		a->cluster_count = (uint8_t)(len / 4 > UINT8_MAX ? UINT8_MAX : len / 4);
		break;
	}
}

static size_t
set_size(size_t len)
{
	return offsetof(struct attrs, bytes) + len;
}

static struct attrs *
set_new(struct store *st, uint32_t hash, const struct key *k)
{
	size_t len = key_len(k);
	uint32_t id;
	struct attrs *a = setmem_take(
	    st->mem, set_size(len), hash >> (32 - STRIPE_BITS), &id);

	if (!a)
		return NULL;
	memset(a, 0, offsetof(struct attrs, bytes));
	atomic_init(&a->refs, 1);
	a->id = id;
	a->hash = hash;
	a->preference = k->preference;
	a->nh_len = k->nh_len;
	a->block_len = k->block_len;
	a->local_len = k->local_len;
	if (len)
		memcpy(a->bytes, k->bytes, len);
	attrs_read_head(a);
	return a;
}

static size_t
attrs_len(const struct attrs *a)
{
	return (size_t)a->nh_len + a->block_len + a->local_len;
}

static struct stripe *
stripe_of(struct store *st, uint32_t hash)
{
	return &st->stripes[hash >> (32 - STRIPE_BITS)];
}

static void
stripe_lock(struct stripe *s)
{
	bool wait = pthread_mutex_trylock(&s->lock);

	if (wait)
		pthread_mutex_lock(&s->lock);
	s->locked++;
	s->waited += wait;
}

static uint32_t
hop_of(struct store *st, const struct attrs *a)
{
	struct next_hop nh;
	struct ip ip;

	if (!a->nh_len)
		return 0;
	nh = attrs_next_hop(a);
	ip = next_hop_ip(&nh);
	return ip_is_none(&ip) ? 0 : nexthops_ref(st->hops, &ip);
}

static struct attrs *
set_add(struct store *st, struct stripe *s, uint32_t hash, const struct key *k)
{
	struct attrs *a = set_new(st, hash, k);

	if (!a)
		return NULL;
	a->hop = hop_of(st, a);
	table_reserve(st, s);
	slot_fill(s, slot_free(s, hash), a);
	s->used++;
	s->bytes += set_size(attrs_len(a));
	return a;
}

static struct attrs *
key_intern(struct store *st, const struct key *k)
{
	uint32_t hash = key_hash(st, k);
	struct stripe *s = stripe_of(st, hash);
	struct attrs *a;

	stripe_lock(s);
	a = table_find(st, s, hash, k);
	if (a)
		atomic_fetch_add_explicit(&a->refs, 1, memory_order_relaxed);
	else
		a = set_add(st, s, hash, k);
	pthread_mutex_unlock(&s->lock);
	return a;
}

/* Lengths of the draft's canonical form; false when no set may be that long. */
static bool
key_measure(const struct draft *d, struct key *k)
{
	size_t size = 0, local = 0;

	for (unsigned i = 0; i < d->n; i++) {
		size += 4u + d->at[i].len;
		local += d->at[i].code < LOCAL_ATTR ? 0 : 4u + d->at[i].len;
	}
	*k = (struct key){ .preference = d->preference,
		.nh_len = d->next_hop.len,
		.block_len = (uint16_t)(size - local),
		.local_len = (uint16_t)local };
	return !d->too_long && size <= SET_MAX;
}

struct attrs *
store_intern(struct store *st, const struct draft *d)
{
	uint8_t stack[STACK_MAX], *buf = stack;
	struct attrs *a;
	struct key k;

	if (!key_measure(d, &k))
		return NULL;
	if (key_len(&k) > sizeof(stack))
		buf = mem_alloc(key_len(&k));
	canon_write(d, buf);
	k.bytes = buf;
	a = key_intern(st, &k);
	if (buf != stack)
		mem_free(buf);
	return a;
}

struct attrs *
store_intern_set(struct store *st, const struct attrs *a)
{
	struct key k = { a->preference, a->nh_len, a->block_len, a->local_len, a->bytes };

	return key_intern(st, &k);
}

size_t
attrs_size(const struct draft *d)
{
	struct key k;

	return key_measure(d, &k) ? sizeof(struct attrs) + key_len(&k) : 0;
}

void
attrs_write(const struct draft *d, struct attrs *a)
{
	struct key k;

	key_measure(d, &k);
	memset(a, 0, sizeof(*a));
	a->preference = k.preference;
	a->nh_len = k.nh_len;
	a->block_len = k.block_len;
	a->local_len = k.local_len;
	canon_write(d, a->bytes);
}

void
attrs_read_head(struct attrs *a)
{
	struct attr at;
	size_t pos = 0;

	a->origin = ORIGIN_INCOMPLETE;
	while (attrs_next(a, &pos, &at))
		head_read(a, &at);
}

void
attrs_ref(struct attrs *a, uint32_t n)
{
	atomic_fetch_add_explicit(&a->refs, n, memory_order_relaxed);
}

/* The last references, as it seemed: under the lock it shows. */
static void
last_unref(struct store *st, struct attrs *a, uint32_t n)
{
	struct stripe *s = stripe_of(st, a->hash);
	uint32_t before;

	stripe_lock(s);
	before = atomic_fetch_sub_explicit(&a->refs, n, memory_order_acq_rel);
	assert(before >= n);
	if (before == n) {
		table_remove(st, s, a);
		s->bytes -= set_size(attrs_len(a));
	}
	pthread_mutex_unlock(&s->lock);
	if (before != n)
		return;
	if (a->hop)
		nexthops_unref(st->hops, a->hop);
	setmem_give(st->mem, a->id);
}

void
attrs_unref(struct store *st, struct attrs *a, uint32_t n)
{
	uint32_t refs;

	if (!a || !n)
		return;
	refs = atomic_load_explicit(&a->refs, memory_order_relaxed);
	while (refs > n)
		if (atomic_compare_exchange_weak_explicit(&a->refs, &refs, refs - n,
			memory_order_release, memory_order_relaxed))
			return;
	last_unref(st, a, n);
}

struct ip
store_hop(struct store *st, uint32_t hop, bool *used)
{
	return nexthops_ip(st->hops, hop, used);
}

void
store_hop_hold(struct store *st, uint32_t hop)
{
	nexthops_hold(st->hops, hop);
}

void
store_hop_release(struct store *st, uint32_t hop)
{
	nexthops_release(st->hops, hop);
}

struct store_stats
store_stats(struct store *st)
{
	struct store_stats sum = { 0 };

	for (unsigned i = 0; i < STRIPES; i++) {
		struct stripe *s = &st->stripes[i];

		stripe_lock(s);
		sum.sets += s->used;
		sum.bytes += s->bytes;
		sum.locked += s->locked;
		sum.waited += s->waited;
		pthread_mutex_unlock(&s->lock);
	}
	return sum;
}
