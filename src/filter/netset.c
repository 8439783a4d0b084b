/*
 * Prefix sets: the trie.  It is built and searched in the same flat form: an array of
 * nodes of 32 bit words, children by index, so that a finished set can be copied and
 * compared.
 *
 *   node: child 0, child 1, length, key words, mask words
 *
 * IPv4 has 1 key word and a mask of 33 bits; IPv6 4 words and 129 bits.
 *
 * Nodes lie in the order of a walk, so that what is below one is near.  A large set has a
 * table in front: for each value of the first bits the lengths that nodes above allow,
 * from 1 on, and the node to go on from.
 *
 *   table entry: mask words (1 or 4), node or 0
 */
#include "filter/netset.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/wire.h"

enum { HEAD_FAMILY, HEAD_NODES, HEAD_BITS, HEAD };
enum { TABLE_NODES = 64, TABLE_BITS_MIN = 4, TABLE_BITS_MAX = 16 };
enum { CHILD, PLEN = 2, KEY = 3 };
enum { KEY_MAX = 4, MASK_MAX = 5, NODE_MAX = KEY + KEY_MAX + MASK_MAX };

struct shape {
	unsigned keys, masks, node;
};

static const struct shape shapes[] = {
	[NET_NONE] = { 1, 2, KEY + 1 + 2 },
	[NET_IP4] = { 1, 2, KEY + 1 + 2 },
	[NET_IP6] = { 4, 5, KEY + 4 + 5 },
};

/* A pattern that waits for its turn: the trie grows in the order of the keys, so that
 * what is near in it is near in memory, while it grows and later. */
struct waiting {
	uint32_t key[KEY_MAX];
	uint8_t plen, low, high;
};

struct netset_builder {
	struct arena *arena;
	struct waiting *waiting;
	size_t waiting_n, waiting_room;
	enum net_type family;
	const struct shape *shape;
	uint32_t *words; /* head and nodes; node 0 is the root */
	size_t n, room;	 /* nodes */
};

static uint32_t *
node_at(const struct netset_builder *b, uint32_t i)
{
	return b->words + HEAD + (size_t)i * b->shape->node;
}

static uint32_t
node_new(struct netset_builder *b, const uint32_t *key, unsigned plen)
{
	uint32_t own[KEY_MAX], *node;

	memcpy(own, key, 4 * b->shape->keys); /* it may be one of ours, which move */
	if (b->n == b->room) {
		b->room *= 2;
		b->words = mem_realloc(
		    b->words, 4 * (HEAD + b->room * b->shape->node));
	}
	node = node_at(b, (uint32_t)b->n);
	memset(node, 0, 4 * b->shape->node);
	node[PLEN] = plen;
	for (unsigned i = 0; i < b->shape->keys; i++) {
		unsigned bits = plen > 32 * i ? plen - 32 * i : 0;
		uint32_t mask = bits >= 32 ? ~0u : bits ? ~(~0u >> bits) : 0;

		node[KEY + i] = own[i] & mask;
	}
	return (uint32_t)b->n++;
}

struct netset_builder *
netset_begin(struct arena *arena, enum net_type family)
{
	static const uint32_t zero[KEY_MAX];
	struct netset_builder *b = ARENA_NEW(arena, struct netset_builder);

	b->arena = arena;
	b->family = family;
	b->shape = &shapes[family];
	b->room = 16;
	b->words = mem_alloc(4 * (HEAD + b->room * b->shape->node));
	node_new(b, zero, 0);
	return b;
}

enum net_type
netset_family(const struct netset_builder *b)
{
	return b->family;
}

static void
load_key(uint32_t *key, const uint8_t *bytes, const struct shape *shape)
{
	for (unsigned i = 0; i < shape->keys; i++)
		key[i] = get_u32(bytes + 4 * i);
}

static unsigned
bit_of(const uint32_t *words, unsigned i)
{
	return words[i / 32] >> (31 - i % 32) & 1;
}

/* Leading bits that two keys share, at most `limit`. */
static unsigned
common_bits(const uint32_t *a, const uint32_t *b, unsigned limit)
{
	for (unsigned i = 0; 32 * i < limit; i++) {
		uint32_t diff = a[i] ^ b[i];

		if (diff) {
			unsigned n = 32 * i + (unsigned)__builtin_clz(diff);

			return n < limit ? n : limit;
		}
	}
	return limit;
}

static void
mask_set(const struct netset_builder *b, uint32_t node, unsigned low, unsigned high)
{
	uint32_t *mask = node_at(b, node) + KEY + b->shape->keys;

	for (unsigned i = low; i <= high; i++)
		mask[i / 32] |= 1u << (31 - i % 32);
}

/* Puts a node of `plen` bits between parent and child; it takes the child's bits up
 * there. */
static uint32_t
node_split(struct netset_builder *b, uint32_t parent, unsigned side, unsigned plen)
{
	uint32_t child = node_at(b, parent)[CHILD + side];
	uint32_t mid = node_new(b, node_at(b, child) + KEY, plen);
	uint32_t *m = node_at(b, mid), *c = node_at(b, child);

	m[CHILD + bit_of(c + KEY, plen)] = child;
	node_at(b, parent)[CHILD + side] = mid;
	for (unsigned i = 0; i <= plen; i++) {
		if (bit_of(c + KEY + b->shape->keys, i)) {
			mask_set(b, mid, i, i);
			c[KEY + b->shape->keys + i / 32] &= ~(1u << (31 - i % 32));
		}
	}
	return mid;
}

/* The next node towards key/plen below `at`, made if need be. */
static uint32_t
node_step(struct netset_builder *b, uint32_t at, const uint32_t *key, unsigned plen)
{
	unsigned side = bit_of(key, node_at(b, at)[PLEN]);
	uint32_t child = node_at(b, at)[CHILD + side];
	const uint32_t *c;
	unsigned limit, same;

	if (!child) {
		uint32_t leaf = node_new(b, key, plen);

		node_at(b, at)[CHILD + side] = leaf;
		return leaf;
	}
	c = node_at(b, child);
	limit = c[PLEN] < plen ? c[PLEN] : plen;
	same = common_bits(c + KEY, key, limit);
	return same == c[PLEN] ? child : node_split(b, at, side, same);
}

void
netset_add(struct netset_builder *b, const struct net *net, unsigned low, unsigned high)
{
	struct waiting *w;

	if (b->waiting_n == b->waiting_room) {
		b->waiting_room = b->waiting_room ? 2 * b->waiting_room : 16;
		b->waiting = mem_realloc(
		    b->waiting, b->waiting_room * sizeof(*b->waiting));
	}
	w = &b->waiting[b->waiting_n++];
	*w = (struct waiting){
		.plen = net->plen, .low = (uint8_t)low, .high = (uint8_t)high
	};
	load_key(w->key, net->key, b->shape);
}

static int
waiting_cmp(const void *a, const void *b)
{
	const struct waiting *x = a, *y = b;

	for (unsigned i = 0; i < KEY_MAX; i++)
		if (x->key[i] != y->key[i])
			return x->key[i] < y->key[i] ? -1 : 1;
	return x->plen - y->plen;
}

static void
trie_add(struct netset_builder *b, const struct waiting *w)
{
	const uint32_t *key = w->key;
	uint32_t at = 0;
	unsigned done = 0; /* lengths below this have been seen to */
	unsigned low = w->low, high = w->high, end = w->plen < high ? w->plen : high;

	for (;;) {
		unsigned plen = node_at(b, at)[PLEN];
		unsigned last = plen == end ? high : plen;

		if (low <= last)
			mask_set(b, at, low > done ? low : done, last);
		if (plen == end)
			return;
		done = plen + 1;
		at = node_step(b, at, key, end);
	}
}

/* Copies a subtree in the order of a walk; its place.  Depth is bounded by the length of a
 * prefix. */
static uint32_t
subtree_copy(const struct netset_builder *b, uint32_t at, uint32_t *to, uint32_t *n)
{
	uint32_t place = (*n)++;
	uint32_t *node = to + HEAD + (size_t)place * b->shape->node;

	memcpy(node, node_at(b, at), 4 * b->shape->node);
	for (unsigned side = 0; side < 2; side++) {
		if (node[CHILD + side])
			node[CHILD + side] = subtree_copy(b, node[CHILD + side], to, n);
	}
	return place;
}

/* One entry: down from the root while nodes are shorter than the table's bits. */
static void
table_entry(const struct shape *shape, const uint32_t *nodes, uint32_t value,
    unsigned bits, uint32_t *entry)
{
	uint32_t key[KEY_MAX] = { value << (32 - bits) }, at = 0;
	unsigned words = shape->masks - 1;

	do {
		const uint32_t *n = nodes + (size_t)at * shape->node;
		const uint32_t *mask = n + KEY + shape->keys;
		unsigned limit = n[PLEN] < bits ? n[PLEN] : bits;

		if (common_bits(n + KEY, key, limit) < limit)
			return;
		if (n[PLEN] >= bits) {
			entry[words] = at;
			return;
		}
		for (unsigned i = 0; i < words; i++)
			entry[i] |= mask[i] << 1 | mask[i + 1] >> 31;
		at = n[CHILD + bit_of(key, n[PLEN])];
	} while (at);
}

static unsigned
table_bits(size_t nodes)
{
	unsigned bits = TABLE_BITS_MIN;

	if (nodes < TABLE_NODES)
		return 0;
	while (bits < TABLE_BITS_MAX && nodes >> (bits + 1))
		bits++;
	return bits;
}

struct val
netset_end(struct netset_builder *b)
{
	unsigned bits;
	size_t nodes, entry = b->shape->masks, words;
	uint32_t *to, n = 0;

	if (b->waiting_n)
		qsort(b->waiting, b->waiting_n, sizeof(*b->waiting), waiting_cmp);
	for (size_t i = 0; i < b->waiting_n; i++)
		trie_add(b, &b->waiting[i]);
	mem_free(b->waiting);
	bits = b->family == NET_NONE ? 0 : table_bits(b->n);
	nodes = HEAD + b->n * b->shape->node;
	words = nodes + (bits ? entry << bits : 0);
	to = ARENA_ARRAY(b->arena, uint32_t, words);
	to[HEAD_FAMILY] = b->family;
	to[HEAD_NODES] = (uint32_t)b->n;
	to[HEAD_BITS] = bits;
	subtree_copy(b, 0, to, &n);
	mem_free(b->words);
	for (uint32_t i = 0; bits && i < 1u << bits; i++)
		table_entry(b->shape, to + HEAD, i, bits, to + nodes + i * entry);
	return val_bytes(VAL_NETSET, to, 4 * words);
}

/* keys is a constant at each call, for the compiler to unroll */
static inline bool
search(const uint32_t *s, const uint32_t *key, unsigned plen, unsigned keys)
{
	const unsigned size = KEY + 2 * keys + 1;
	const uint32_t *nodes = s + HEAD, *n = nodes;
	unsigned bits = s[HEAD_BITS];

	if (bits && plen >= bits) {
		const uint32_t *entry = nodes + (size_t)s[HEAD_NODES] * size +
					(size_t)(key[0] >> (32 - bits)) * (keys + 1);

		if (bit_of(entry, plen - 1))
			return true;
		if (!entry[keys])
			return false;
		n = nodes + (size_t)entry[keys] * size;
	}
	for (;;) {
		unsigned limit = n[PLEN] < plen ? n[PLEN] : plen;
		uint32_t child;

		if (common_bits(n + KEY, key, limit) < limit)
			return false;
		if (bit_of(n + KEY + keys, plen))
			return true;
		if (n[PLEN] >= plen)
			return false;
		child = n[CHILD + bit_of(key, n[PLEN])];
		if (!child)
			return false;
		n = nodes + (size_t)child * size;
	}
}

bool
netset_has(const struct val *set, const struct net *net)
{
	const uint32_t *s = set->data;
	uint32_t key[KEY_MAX];

	if (s[HEAD_FAMILY] != net->type)
		return false;
	if (net->type == NET_IP4) {
		key[0] = get_u32(net->key);
		return search(s, key, net->plen, 1);
	}
	if (net->type != NET_IP6)
		return false;
	load_key(key, net->key, &shapes[NET_IP6]);
	return search(s, key, net->plen, 4);
}

static void
text_mask(struct vtext *t, enum net_type family, const uint32_t *mask)
{
	struct ip ip = ip_none;
	char buf[IP_TEXT_MAX];

	/* bit i of BIRD's mask is length i + 1; length 0 is not shown */
	for (unsigned i = 1; i <= net_plen_max(family); i++) {
		unsigned at = i - 1 + (family == NET_IP4 ? 96 : 0);

		if (bit_of(mask, i))
			ip.b[at / 8] |= (uint8_t)(0x80 >> at % 8);
	}
	if (family == NET_IP4)
		ip = ip_from4(get_u32(ip.b + 12));
	vtext_add(t, "{%s}", ip_format(&ip, buf));
}

/* The lengths allowed, as patterns a configuration would have. */
static void
text_patterns(struct vtext *t, const struct net *net, const uint32_t *mask)
{
	unsigned max = net_plen_max(net->type), low, high;
	char buf[NET_TEXT_MAX];

	for (low = 0; low <= max; low = high + 1) {
		high = low;
		if (!bit_of(mask, low))
			continue;
		while (high < max && bit_of(mask, high + 1))
			high++;
		vtext_str(t, net_format(net, buf));
		if (low == net->plen && high == max && high != low)
			vtext_str(t, "+");
		else if (low != net->plen || high != low)
			vtext_add(t, "{%u,%u}", low, high);
		vtext_str(t, ", ");
	}
}

static void
text_node(struct vtext *t, const uint32_t *s, uint32_t at)
{
	const struct shape *shape = &shapes[s[HEAD_FAMILY]];
	const uint32_t *n = s + HEAD + (size_t)at * shape->node;
	struct net net = { .type = (uint8_t)s[HEAD_FAMILY], .plen = (uint8_t)n[PLEN] };
	char buf[NET_TEXT_MAX];
	bool any = false;

	for (unsigned i = 0; i < shape->keys; i++)
		put_u32(net.key + 4 * i, n[KEY + i]);
	for (unsigned i = 0; i < shape->masks; i++)
		any |= n[KEY + shape->keys + i] != 0;
	if (t->plain) {
		text_patterns(t, &net, n + KEY + shape->keys);
		return;
	}
	if (at == 0 && bit_of(n + KEY + shape->keys, 0)) {
		vtext_add(t, "%s, ", net_format(&net, buf));
		any = (n[KEY + shape->keys] << 1) != 0;
	}
	if (any) {
		vtext_str(t, net_format(&net, buf));
		text_mask(t, s[HEAD_FAMILY], n + KEY + shape->keys);
		vtext_str(t, ", ");
	}
}

/* Depth is bounded by the length of a prefix. */
static void
text_subtree(struct vtext *t, const uint32_t *s, uint32_t at)
{
	const uint32_t *n = s + HEAD + (size_t)at * shapes[s[HEAD_FAMILY]].node;

	text_node(t, s, at);
	for (unsigned side = 0; side < 2; side++) {
		if (n[CHILD + side])
			text_subtree(t, s, n[CHILD + side]);
	}
}

void
vtext_netset(struct vtext *t, const struct val *set)
{
	const uint32_t *s = set->data;

	vtext_str(t, "[");
	if (s[HEAD_FAMILY])
		text_subtree(t, s, 0);
	if (t->len >= 2 && t->at[t->len - 2] == ',')
		vtext_cut(t, 2);
	vtext_str(t, "]");
}
