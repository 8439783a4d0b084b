/*
 * Sets of origins.
 *
 * An entry is a row of words.  The first ones are its key, by which rows are sorted:
 *
 *	ROA4   address | length << 8 | max | AS | up
 *	ROA6   address, four words | length << 8 | max | AS | up
 *	ASPA   customer | provider
 *
 * `up` is the row before that covers this one, or has the same network: prefixes nest, so
 * all rows that cover an address lie on the way up from the last one that is not beyond
 * it.
 */
#include "filter/origin.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/wire.h"
#include "filter/path.h"

#define NONE	    UINT32_MAX
#define KEY_MAX	    6
#define INDEX_MIN   256 /* rows that make an index worth it */
#define INDEX_SLOTS 65536u

struct origins {
	_Atomic uint32_t refs;
	uint8_t type;
	uint8_t address, key, stride; /* words */
	uint32_t n;
	uint32_t *index; /* first row by the upper half of the first word; NULL: few rows */
	uint32_t row[];
};

static void
shape(struct origins *o, enum net_type type)
{
	o->type = (uint8_t)type;
	o->address = type == NET_ROA6 ? 4 : 1;
	o->key = type == NET_ASPA ? 2 : (uint8_t)(o->address + 2);
	o->stride = type == NET_ASPA ? 2 : (uint8_t)(o->key + 1);
}

static inline const uint32_t *
row_at(const struct origins *o, uint32_t i)
{
	return o->row + (size_t)i * o->stride;
}

static inline uint32_t *
row_up(struct origins *o, uint32_t i)
{
	return o->row + (size_t)i * o->stride + o->key;
}

static inline int
words_cmp(const uint32_t *a, const uint32_t *b, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

static struct origins *
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

static void
net_key(const struct net *net, uint32_t *key)
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

static struct origins *
finish(struct origins *o)
{
	link_up(o);
	index_make(o);
	return o;
}

static void
append(struct origins *o, const uint32_t *key)
{
	memcpy(o->row + (size_t)o->n++ * o->stride, key, o->key * sizeof(uint32_t));
}

/* The number of rows whose first n words are not beyond the key's. */
static uint32_t
upper_bound(const struct origins *o, const uint32_t *key, unsigned n)
{
	uint32_t lo = o->index ? o->index[key[0] >> 16] : 0;
	uint32_t hi = o->index ? o->index[(key[0] >> 16) + 1] : o->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (words_cmp(row_at(o, mid), key, n) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/*
 * Edits.
 */
struct edit {
	uint32_t key[KEY_MAX];
	uint32_t seq;
	uint32_t add;
};

struct origin_edits {
	enum net_type type;
	struct edit *edit;
	size_t n, room;
	struct clear {
		uint32_t customer, seq;
	} * cleared; /* customers whose providers go: of before, and up to that edit */
	size_t cleared_n, cleared_room;
};

struct origin_edits *
edits_new(enum net_type type)
{
	struct origin_edits *e = MEM_NEW(struct origin_edits);

	e->type = type;
	return e;
}

void
edits_free(struct origin_edits *e)
{
	if (!e)
		return;
	mem_free(e->edit);
	mem_free(e->cleared);
	mem_free(e);
}

size_t
edits_count(const struct origin_edits *e)
{
	return e->n + e->cleared_n;
}

static struct edit *
edit_new(struct origin_edits *e, bool add)
{
	if (e->n == e->room) {
		e->room = e->room ? e->room * 2 : 16;
		e->edit = mem_realloc(e->edit, e->room * sizeof(*e->edit));
	}
	e->edit[e->n] = (struct edit){ .seq = (uint32_t)e->n, .add = add };
	return &e->edit[e->n++];
}

static void
customer_clear(struct origin_edits *e, uint32_t customer)
{
	if (e->cleared_n == e->cleared_room) {
		e->cleared_room = e->cleared_room ? e->cleared_room * 2 : 16;
		e->cleared = mem_realloc(
		    e->cleared, e->cleared_room * sizeof(*e->cleared));
	}
	e->cleared[e->cleared_n++] = (struct clear){ customer, (uint32_t)e->n };
}

void
edits_net(struct origin_edits *e, const struct net *net, bool add)
{
	assert(net->type == e->type);
	if (e->type == NET_ASPA)
		customer_clear(e, net_as(net));
	else
		net_key(net, edit_new(e, add)->key);
}

void
edits_aspa(
    struct origin_edits *e, uint32_t customer, const uint32_t *providers, size_t n)
{
	customer_clear(e, customer);
	for (size_t i = 0; i < n; i++) {
		struct edit *x = edit_new(e, true);

		x->key[0] = customer;
		x->key[1] = providers[i];
	}
}

static int
edit_cmp(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;
	int c = words_cmp(x->key, y->key, KEY_MAX);

	return c ? c : x->seq < y->seq ? -1 : 1;
}

static int
clear_cmp(const void *a, const void *b)
{
	const struct clear *x = a, *y = b;

	if (x->customer != y->customer)
		return x->customer < y->customer ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* Of equal keys the last one stays. */
static void
edits_sort(struct origin_edits *e)
{
	size_t n = 0, i = 1;

	while (i < e->n && edit_cmp(&e->edit[i - 1], &e->edit[i]) < 0)
		i++;
	if (i < e->n)
		qsort(e->edit, e->n, sizeof(*e->edit), edit_cmp);
	for (i = 0; i < e->n; i++) {
		if (i + 1 < e->n &&
		    words_cmp(e->edit[i].key, e->edit[i + 1].key, KEY_MAX) == 0)
			continue;
		e->edit[n++] = e->edit[i];
	}
	e->n = n;
	if (e->cleared_n)
		qsort(e->cleared, e->cleared_n, sizeof(*e->cleared), clear_cmp);
}

/* Was the customer cleared after the edit of that number? */
static bool
is_cleared(const struct origin_edits *e, uint32_t customer, uint32_t seq)
{
	size_t lo = 0, hi = e->cleared_n;

	while (lo < hi) { /* the last one of the customer */
		size_t mid = lo + (hi - lo) / 2;

		if (e->cleared[mid].customer <= customer)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && e->cleared[lo - 1].customer == customer &&
	       e->cleared[lo - 1].seq > seq;
}

static bool
was_cleared(const struct origin_edits *e, uint32_t customer)
{
	const struct clear first = { customer, 0 };

	return e->cleared_n && (is_cleared(e, customer, 0) ||
				   bsearch(&first, e->cleared, e->cleared_n,
				       sizeof(first), clear_cmp));
}

struct origins *
origins_edit(const struct origins *old, struct origin_edits *e)
{
	uint32_t old_n = old ? old->n : 0, i = 0;
	struct origins *o = origins_new(e->type, old_n + (uint32_t)e->n);
	size_t j = 0;

	edits_sort(e);
	while (i < old_n || j < e->n) {
		int c = i == old_n ? 1
			: j == e->n
			    ? -1
			    : words_cmp(row_at(old, i), e->edit[j].key, o->key);

		if (c < 0 && !was_cleared(e, row_at(old, i)[0]))
			append(o, row_at(old, i));
		else if (c >= 0 && e->edit[j].add &&
			 !is_cleared(e, e->edit[j].key[0], e->edit[j].seq))
			append(o, e->edit[j].key);
		i += c <= 0;
		j += c >= 0;
	}
	return finish(o);
}

static struct origins *
union2(const struct origins *a, const struct origins *b)
{
	struct origins *o = origins_new(a->type, a->n + b->n);
	uint32_t i = 0, j = 0;

	while (i < a->n || j < b->n) {
		int c = i == a->n   ? 1
			: j == b->n ? -1
				    : words_cmp(row_at(a, i), row_at(b, j), o->key);

		append(o, c <= 0 ? row_at(a, i) : row_at(b, j));
		i += c <= 0;
		j += c >= 0;
	}
	return finish(o);
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
		uint32_t x = c <= 0 ? net_end(old, i) : i, y = c >= 0 ? net_end(new, j) : j;
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
	uint32_t key[KEY_MAX] = { 0 }, i;

	if (!o || o->type != net->type)
		return false;
	if (o->type == NET_ASPA)
		return origins_providers(o, net_as(net), NULL, 0) > 0;
	net_key(net, key);
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
	uint32_t key[KEY_MAX], i;

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

/*
 * Paths.
 */
enum hop { HOP_UNKNOWN, HOP_PROVIDER, HOP_NOT };

static enum hop
hop(const struct origins *o, uint32_t customer, uint32_t provider)
{
	uint32_t key[2] = { customer, provider }, i = upper_bound(o, key, 2);
	const uint32_t *row = i ? row_at(o, i - 1) : NULL;

	if (row && words_cmp(row, key, 2) == 0)
		return HOP_PROVIDER;
	if ((row && row[0] == customer) ||
	    (i < o->n && row_at(o, i)[0] == customer))
		return HOP_NOT;
	return HOP_UNKNOWN;
}

struct ramp {
	unsigned least, most; /* ASes it surely has, and may have */
};

/* From path[from] on, each the customer of the next one, `step` further. */
static struct ramp
ramp(const struct origins *o, const uint32_t *path, unsigned n, unsigned from, int step)
{
	struct ramp r = { 1, 1 };
	unsigned at = from;

	for (unsigned i = 1; i < n; i++, at = (unsigned)((int)at + step)) {
		enum hop h = hop(o, path[at], path[(int)at + step]);

		if (h == HOP_NOT)
			break;
		r.least += h == HOP_PROVIDER && r.least == i;
		r.most++;
	}
	return r;
}

static bool
has_confederation(const struct val *path)
{
	const uint8_t *p = path->data;

	for (uint32_t at = 0; at + 2 <= path->len; at += 2u + p[at + 1] * 4u)
		if (p[at] != 1 && p[at] != 2)
			return true;
	return false;
}

unsigned
origins_check_path(const struct origins *o, const struct val *path, bool upstream)
{
	uint32_t pos = 0, left = 0, as, n = 0, room = path->len / 4 + 1, *list;
	struct ramp up, down = { 0, 0 };
	unsigned result;

	if (!path->len || has_confederation(path))
		return ASPA_INVALID;
	list = MEM_ARRAY(uint32_t, room);
	while (vpath_next(path, &pos, &left, &as))
		if (n < room && (!n || list[n - 1] != as))
			list[n++] = as;
	if (!n) {
		mem_free(list);
		return ASPA_INVALID;
	}
	if (!o || o->type != NET_ASPA) {
		mem_free(list);
		return n <= (upstream ? 1 : 2) ? ASPA_VALID : ASPA_UNKNOWN;
	}
	up = ramp(o, list, n, n - 1, -1);
	if (!upstream)
		down = ramp(o, list, n, 0, 1);
	result = up.most + down.most < n     ? ASPA_INVALID
		 : up.least + down.least < n ? ASPA_UNKNOWN
					     : ASPA_VALID;
	mem_free(list);
	return result;
}

/*
 * Tables.  Numbers are never given anew: an old filter may still have one.
 */
static struct {
	char *name;
	enum net_type type;
	struct origins *_Atomic set;
} tables[ORIGIN_TABLES_MAX];
static uint32_t table_n = 1; /* 0 is no table */

uint32_t
origin_table(const char *name, enum net_type type)
{
	for (uint32_t i = 1; i < table_n; i++)
		if (tables[i].type == type && strcmp(tables[i].name, name) == 0)
			return i;
	if (table_n == ORIGIN_TABLES_MAX)
		return 0;
	tables[table_n].name = strdup(name);
	if (!tables[table_n].name)
		abort();
	tables[table_n].type = type;
	return table_n++;
}

enum net_type
origin_table_type(uint32_t id)
{
	return tables[id].type;
}

const char *
origin_table_name(uint32_t id)
{
	return tables[id].name;
}

struct origins *
origin_table_publish(uint32_t id, struct origins *set)
{
	return atomic_exchange_explicit(&tables[id].set, set, memory_order_acq_rel);
}

const struct origins *
origin_table_get(uint32_t id)
{
	return atomic_load_explicit(&tables[id].set, memory_order_acquire);
}
