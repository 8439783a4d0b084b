/*
 * Sets of origins: how one is finished, compared with another, and asked.
 */
#include "filter/originset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/wire.h"

#define NONE	    UINT32_MAX
#define INDEX_MIN   256 /* rows that make an index worth it */
#define INDEX_SLOTS 65536u

static void
shape(struct origins *o, enum net_type type)
{
	o->type = (uint8_t)type;
	o->address = type == NET_ROA6 ? 4 : 1;
	o->key = type == NET_ASPA ? 2 : (uint8_t)(o->address + 2);
	o->stride = type == NET_ASPA ? 2 : (uint8_t)(o->key + 1);
}

static inline uint32_t *
row_up(struct origins *o, uint32_t i)
{
	return o->row + (size_t)i * o->stride + o->key;
}

struct origins *
origins_new(enum net_type type, uint32_t room)
{
	struct origins model = { 0 }, *o;

	shape(&model, type);
	o = mem_alloc(sizeof(*o) + (size_t)room * model.stride * sizeof(uint32_t));
	shape(o, type);
	atomic_init(&o->refs, 1);
	return o;
}

struct origins *
origins_ref(struct origins *o)
{
	if (o)
		atomic_fetch_add_explicit(&o->refs, 1, memory_order_relaxed);
	return o;
}

void
origins_unref(struct origins *o)
{
	if (!o || atomic_fetch_sub_explicit(&o->refs, 1, memory_order_acq_rel) != 1)
		return;
	mem_free(o->index);
	mem_free(o);
}

static bool
is_first(const struct origins *o, uint32_t i)
{
	return o->type != NET_ASPA || i == 0 || row_at(o, i)[0] != row_at(o, i - 1)[0];
}

size_t
origins_count(const struct origins *o)
{
	size_t n = 0;

	if (!o || o->type != NET_ASPA)
		return o ? o->n : 0;
	for (uint32_t i = 0; i < o->n; i++)
		n += is_first(o, i);
	return n;
}

size_t
origins_bytes(const struct origins *o)
{
	return o ? sizeof(*o) + (size_t)o->n * o->stride * 4 +
		       (o->index ? (INDEX_SLOTS + 1) * 4 : 0)
		 : 0;
}

/*
 * Networks as keys and back.
 */
static void
address_words(const struct net *net, unsigned n, uint32_t *to)
{
	for (unsigned i = 0; i < n; i++)
		to[i] = get_u32(net->key + i * 4);
}

void
origins_key(const struct net *net, uint32_t *key)
{
	unsigned n = net->type == NET_ROA6 ? 4 : 1;

	address_words(net, n, key);
	key[n] = (uint32_t)net->plen << 8 | net_roa_max(net);
	key[n + 1] = net_as(net);
}

static struct net
row_net(const struct origins *o, const uint32_t *row)
{
	struct net a = { .type = o->address == 4 ? NET_IP6 : NET_IP4 };

	if (o->type == NET_ASPA)
		return net_aspa(row[0]);
	for (unsigned i = 0; i < o->address; i++)
		put_u32(a.key + i * 4, row[i]);
	a.plen = (uint8_t)(row[o->address] >> 8);
	return net_roa(&a, row[o->address] & 0xff, row[o->address + 1]);
}

/* The first `plen` bits of the two agree. */
static inline bool
bits_agree(const uint32_t *a, const uint32_t *b, unsigned plen)
{
	unsigned i = 0;

	for (; plen >= 32; plen -= 32, i++)
		if (a[i] != b[i])
			return false;
	return !plen || !((a[i] ^ b[i]) >> (32 - plen));
}

static inline bool
row_covers(const struct origins *o, uint32_t i, const uint32_t *address, unsigned plen)
{
	const uint32_t *row = row_at(o, i);
	unsigned own = row[o->address] >> 8;

	return own <= plen && bits_agree(row, address, own);
}

/*
 * Finishing a set whose rows are sorted.
 */
static void
link_up(struct origins *o)
{
	for (uint32_t i = 0; o->type != NET_ASPA && i < o->n; i++) {
		const uint32_t *row = row_at(o, i);
		uint32_t up = i ? i - 1 : NONE;

		while (up != NONE && !row_covers(o, up, row, row[o->address] >> 8))
			up = *row_up(o, up);
		*row_up(o, i) = up;
	}
}

static void
index_make(struct origins *o)
{
	uint32_t slot = 0;

	if (o->n < INDEX_MIN)
		return;
	o->index = MEM_ARRAY(uint32_t, INDEX_SLOTS + 1);
	for (uint32_t i = 0; i < o->n; i++)
		while (slot <= row_at(o, i)[0] >> 16)
			o->index[slot++] = i;
	while (slot <= INDEX_SLOTS)
		o->index[slot++] = o->n;
}

struct origins *
origins_finish(struct origins *o)
{
	link_up(o);
	index_make(o);
	return o;
}

void
origins_append(struct origins *o, const uint32_t *key)
{
	memcpy(o->row + (size_t)o->n++ * o->stride, key, o->key * sizeof(uint32_t));
}

/*
 * All of several, and what differs between two.
 */
static struct origins *
union2(const struct origins *a, const struct origins *b)
{
	struct origins *o = origins_new(a->type, a->n + b->n);
	uint32_t i = 0, j = 0;

	while (i < a->n || j < b->n) {
		int c = i == a->n   ? 1
			: j == b->n ? -1
				    : words_cmp(row_at(a, i), row_at(b, j), o->key);

		origins_append(o, c <= 0 ? row_at(a, i) : row_at(b, j));
		i += c <= 0;
		j += c >= 0;
	}
	return origins_finish(o);
}

struct origins *
origins_union(struct origins *const *set, size_t n, enum net_type type)
{
	struct origins *all = n ? origins_ref(set[0]) : origins_new(type, 0);

	for (size_t i = 1; i < n; i++) {
		struct origins *next = union2(all, set[i]);

		origins_unref(all);
		all = next;
	}
	return all;
}

/*
 * Looking.
 */

/* The end of the rows of a network. */
static uint32_t
net_end(const struct origins *o, uint32_t i)
{
	uint32_t first = row_at(o, i++)[0];

	while (o->type == NET_ASPA && i < o->n && row_at(o, i)[0] == first)
		i++;
	return i;
}

void
origins_each(
    const struct origins *o, void (*fn)(void *ctx, const struct net *), void *ctx)
{
	for (uint32_t i = 0; o && i < o->n; i = net_end(o, i)) {
		struct net net = row_net(o, row_at(o, i));

		fn(ctx, &net);
	}
}

bool
origins_diff_some(const struct origins *old, const struct origins *new,
    struct origin_walk *at, uint32_t rows,
    void (*fn)(void *ctx, const struct net *, bool added), void *ctx)
{
	uint32_t i = at->old, j = at->new, a = old ? old->n : 0, b = new ? new->n : 0;
	uint64_t end = (uint64_t)i + j + rows;

	while ((i < a || j < b) && (uint64_t)i + j < end) {
		unsigned words = (old ? old : new)->type == NET_ASPA
				     ? 1
				     : (old ? old : new)->key;
		int c = i == a	 ? 1
			: j == b ? -1
				 : words_cmp(row_at(old, i), row_at(new, j), words);
		uint32_t x = c <= 0 ? net_end(old, i) : i,
			 y = c >= 0 ? net_end(new, j) : j;
		struct net net = c <= 0 ? row_net(old, row_at(old, i))
					: row_net(new, row_at(new, j));

		if (c || (net.type == NET_ASPA &&
			     (x - i != y - j ||
				 memcmp(row_at(old, i), row_at(new, j),
				     (x - i) * old->stride * 4) != 0)))
			fn(ctx, &net, c >= 0);
		i = x;
		j = y;
	}
	*at = (struct origin_walk){ i, j };
	return i < a || j < b;
}

void
origins_diff(const struct origins *old, const struct origins *new,
    void (*fn)(void *ctx, const struct net *, bool added), void *ctx)
{
	struct origin_walk at = { 0, 0 };

	while (origins_diff_some(old, new, &at, UINT32_MAX, fn, ctx))
		;
}

bool
origins_has(const struct origins *o, const struct net *net)
{
	uint32_t key[ORIGIN_KEY_MAX] = { 0 }, i;

	if (!o || o->type != net->type)
		return false;
	if (o->type == NET_ASPA)
		return origins_providers(o, net_as(net), NULL, 0) > 0;
	origins_key(net, key);
	i = upper_bound(o, key, o->key);
	return i && words_cmp(row_at(o, i - 1), key, o->key) == 0;
}

size_t
origins_providers(const struct origins *o, uint32_t customer, uint32_t *to, size_t max)
{
	size_t n = 0;
	uint32_t i, end;

	if (!o || o->type != NET_ASPA)
		return 0;
	end = upper_bound(o, &customer, 1);
	for (i = end; i && row_at(o, i - 1)[0] == customer; i--)
		n++;
	for (i = 0; i < n && i < max; i++)
		to[i] = row_at(o, end - (uint32_t)n + i)[1];
	return n;
}

/* The row from which the way up leads through all that cover the network; NONE: none. */
static uint32_t
covering(const struct origins *o, const uint32_t *address, unsigned plen)
{
	uint32_t key[ORIGIN_KEY_MAX], i;

	memcpy(key, address, o->address * sizeof(uint32_t));
	key[o->address] = plen << 8 | 0xff;
	i = upper_bound(o, key, o->address + 1u);
	for (i = i ? i - 1 : NONE; i != NONE; i = row_at(o, i)[o->key])
		if (row_covers(o, i, address, plen))
			break;
	return i;
}

static bool
fits(const struct origins *o, const struct net *net)
{
	return o && ((o->type == NET_ROA4 && net->type == NET_IP4) ||
			(o->type == NET_ROA6 && net->type == NET_IP6));
}

unsigned
origins_check(const struct origins *o, const struct net *net, uint32_t as)
{
	uint32_t address[4], i;
	unsigned result = ROA_UNKNOWN;

	if (!fits(o, net))
		return ROA_UNKNOWN;
	address_words(net, o->address, address);
	for (i = covering(o, address, net->plen); i != NONE; i = row_at(o, i)[o->key]) {
		const uint32_t *row = row_at(o, i);

		if (as && row[o->address + 1] == as &&
		    (row[o->address] & 0xff) >= net->plen)
			return ROA_VALID;
		result = ROA_INVALID;
	}
	return result;
}

bool
origins_touch(const struct origins *o, const struct net *net)
{
	uint32_t address[4];

	if (!fits(o, net))
		return false;
	address_words(net, o->address, address);
	return covering(o, address, net->plen) != NONE;
}
