/*
 * The table of networks: an open addressed hash of node indices, nodes in a slab.  Their
 * paths: units.c.
 *
 * A slot holds the node's index and six bits of its hash, so that a probe touches nodes
 * that are not meant only now and then.  Deletion shifts the slots behind back: no
 * tombstones.
 *
 * When the slots become too few there are new ones at once, and the nodes move to them in
 * small steps, in the order of their indices.  The old slots are only read meanwhile, by
 * who does not find a network in the new ones; what they say of a node is true if the
 * node is in use.
 */
#include "rib/table.h"

#include <assert.h>
#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

#include "base/longnet.h"

#define SLOT_INDEX(s)  ((s) & (TABLE_NODE_MAX - 1))
#define SLOT_TAG(hash) ((uint32_t)((hash) >> 58) << 26)
#define SLOTS_MIN      64u
#define MOVE_EACH      4u	/* nodes moved for each one added: done before the next growth */
#define MOVE_SMALL     4096u	/* up to so many nodes move at once */
#define MOVE_SLICE     32768u
#define MOVE_AHEAD     12u

static inline uint32_t *
table_slots(const struct table *t)
{
	return (uint32_t *)(void *)t->slots.mem;
}

void
table_init(struct table *t, enum net_type type)
{
	*t = (struct table){ .type = type, .node_end = 1 };
	memset(t->unit_free, 0xff, sizeof(t->unit_free));
	t->key_len = (unsigned)net_key_len(type);
	t->is_long = net_is_long(type);
	t->stride = (unsigned)((sizeof(struct node) + t->key_len + 3) & ~3u);
	/* Which slot a network has shows nowhere; the seed keeps peers from aiming at
	 * one. */
	if (getrandom(t->seed, sizeof(t->seed), GRND_NONBLOCK) != sizeof(t->seed))
		t->seed[0] = (uintptr_t)t;
	t->slot_mask = SLOTS_MIN - 1;
	slab_fit(&t->slots, SLOTS_MIN * sizeof(uint32_t));
	slab_fit(&t->nodes, t->stride);
	slab_fit(&t->paths, sizeof(struct path));
}

/* The key of a node for a long network is the pointer to its bytes. */
static struct net
node_long(const struct table *t, const struct node *n)
{
	const uint8_t *bytes;

	memcpy(&bytes, n->key, sizeof(bytes));
	return longnet_of(t->type, bytes);
}

static void
nodes_drop(const struct table *t)
{
	for (uint32_t i = 1; i < t->node_end; i++) {
		const struct node *n = table_node(t, i);
		struct net net;

		if (!(n->flags & NODE_USED))
			continue;
		net = node_long(t, n);
		longnet_drop(&net);
	}
}

void
table_fini(struct table *t)
{
	if (t->is_long)
		nodes_drop(t);
	slab_free(&t->nodes);
	slab_free(&t->slots);
	slab_free(&t->old_slots);
	slab_free(&t->paths);
	freeset_fini(&t->node_free);
}

size_t
table_bytes(const struct table *t)
{
	return (size_t)t->node_end * t->stride +
	       (size_t)t->unit_end * sizeof(struct path) +
	       ((size_t)t->slot_mask + 1) * sizeof(uint32_t) + t->old_slots.size;
}

static inline uint64_t
mix(uint64_t a, uint64_t b)
{
	__uint128_t m = (__uint128_t)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static inline uint64_t
key_hash(const struct table *t, const uint8_t *key, unsigned plen)
{
	uint64_t a = 0, b = 0;

	if (t->key_len == 4) {
		uint32_t k;

		memcpy(&k, key, 4);
		a = k;
	} else if (t->key_len != 16) {
		a = XXH3_64bits_withSeed(key, t->key_len, t->seed[1]);
	} else {
		memcpy(&a, key, 8);
		memcpy(&b, key + 8, 8);
		b = mix(b ^ 0x9e3779b97f4a7c15u, t->seed[1] | 1);
	}
	return mix(a ^ t->seed[0] ^ b, (0xd6e8feb86659fd93u ^ t->seed[1]) + plen * 2);
}

uint64_t
table_hash(const struct table *t, const struct net *net)
{
	if (t->is_long)
		assert(net_is_held(net)); /* its pointer would mean nothing */
	return key_hash(t, net->key, net->plen);
}

static inline bool
node_is(const struct table *t, const struct node *n, const struct net *net)
{
	if (n->plen != net->plen)
		return false;
	return t->key_len == 4 ? memcmp(n->key, net->key, 4) == 0
			       : memcmp(n->key, net->key, t->key_len) == 0;
}

/* In the old slots a node may stand that is not in use any more. */
static inline uint32_t
slots_find(const struct table *t, const struct slab *in, uint32_t mask,
    const struct net *net, uint64_t hash, uint8_t used)
{
	const uint32_t *slots = (const uint32_t *)(const void *)in->mem;
	uint32_t tag = SLOT_TAG(hash), s;

	for (uint32_t i = (uint32_t)hash & mask;; i = (i + 1) & mask) {
		const struct node *n;

		s = slots[i];
		if (!s)
			return 0;
		n = table_node(t, SLOT_INDEX(s));
		if ((s & ~(TABLE_NODE_MAX - 1)) == tag && node_is(t, n, net) &&
		    (n->flags & used) == used)
			return SLOT_INDEX(s);
	}
}

uint32_t
table_find(const struct table *t, const struct net *net, uint64_t hash)
{
	uint32_t i = slots_find(t, &t->slots, t->slot_mask, net, hash, 0);

	if (!i && table_moving(t))
		i = slots_find(t, &t->old_slots, t->old_mask, net, hash, NODE_USED);
	return i;
}

/* Once. */
static void
slot_put(struct table *t, uint32_t node, uint64_t hash)
{
	uint32_t *slots = table_slots(t), i = (uint32_t)hash & t->slot_mask;

	while (slots[i] && SLOT_INDEX(slots[i]) != node)
		i = (i + 1) & t->slot_mask;
	slots[i] = node | SLOT_TAG(hash);
}

static uint64_t
node_hash(const struct table *t, uint32_t node)
{
	const struct node *n = table_node(t, node);

	return key_hash(t, n->key, n->plen);
}

void
table_move(struct table *t, uint32_t n)
{
	uint32_t end = t->node_end;

	if (!table_moving(t))
		return;
	if (t->moved < end && n < end - t->moved)
		end = t->moved + n;
	for (uint32_t i = t->moved; i < end; i++) {
		if (i + MOVE_AHEAD < end)
			table_prefetch_slot(t, node_hash(t, i + MOVE_AHEAD));
		if (table_node(t, i)->flags & NODE_USED)
			slot_put(t, i, node_hash(t, i));
	}
	t->moved = end;
	if (end == t->node_end)
		slab_free(&t->old_slots);
}

static void
slots_resize(struct table *t, uint32_t mask)
{
	table_move(t, UINT32_MAX);
	t->old_slots = t->slots;
	t->old_mask = t->slot_mask;
	t->moved = 1;
	t->slots = (struct slab){ 0 };
	t->slot_mask = mask;
	slab_fit(&t->slots, ((size_t)t->slot_mask + 1) * sizeof(uint32_t));
	if (t->node_end <= MOVE_SMALL)
		table_move(t, UINT32_MAX);
}

static uint32_t
node_alloc(struct table *t)
{
	if (t->node_free.n)
		return freeset_take(&t->node_free);
	if (t->node_end == TABLE_NODE_MAX)
		return 0;
	slab_fit(&t->nodes, ((size_t)t->node_end + 1) * t->stride);
	return t->node_end++;
}

uint32_t
table_get(struct table *t, const struct net *net, uint64_t hash)
{
	uint32_t i = table_find(t, net, hash);
	struct node *n;

	if (i)
		return i;
	i = node_alloc(t);
	if (!i)
		return 0;
	n = table_node(t, i);
	n->block = 0;
	n->n = 0;
	n->flags = NODE_USED;
	n->plen = net->plen;
	memcpy(n->key, net->key, t->key_len);
	if (t->is_long) {
		struct net ours = *net;

		longnet_hold(&ours);
	}
	t->node_n++;
	t->plen_n[n->plen]++;
	if (t->node_n > t->slot_mask / 8 * 5)
		slots_resize(t, t->slot_mask * 2 + 1);
	slot_put(t, i, hash);
	table_move(t, MOVE_EACH);
	return i;
}

/* Empties slot i and moves those behind it that would no longer be found. */
static void
slot_del(struct table *t, uint32_t i)
{
	uint32_t *slots = table_slots(t), mask = t->slot_mask, home;
	const struct node *n;

	for (uint32_t j = (i + 1) & mask; slots[j]; j = (j + 1) & mask) {
		n = table_node(t, SLOT_INDEX(slots[j]));
		home = (uint32_t)key_hash(t, n->key, n->plen) & mask;
		if (((j - home) & mask) >= ((j - i) & mask)) {
			slots[i] = slots[j];
			i = j;
		}
	}
	slots[i] = 0;
}

void
table_del(struct table *t, uint32_t node)
{
	struct node *n = table_node(t, node);
	uint32_t i = (uint32_t)node_hash(t, node) & t->slot_mask;
	const uint32_t *slots = table_slots(t);

	assert(n->n == 0 && n->flags == NODE_USED);
	while (slots[i] && SLOT_INDEX(slots[i]) != node)
		i = (i + 1) & t->slot_mask;
	if (slots[i])
		slot_del(t, i);
	else
		assert(table_moving(t));
	t->plen_n[n->plen]--;
	t->node_n--;
	n->flags = 0;
	if (t->is_long) {
		struct net net = node_long(t, n);

		longnet_drop(&net);
	}
	freeset_add(&t->node_free, node);
}

void
table_net(const struct table *t, uint32_t node, struct net *net)
{
	const struct node *n = table_node(t, node);

	if (__builtin_expect(t->is_long, 0)) {
		*net = node_long(t, n);
		return;
	}
	*net = (struct net){ .type = (uint8_t)t->type, .plen = n->plen };
	if (t->key_len == 4) /* no call */
		memcpy(net->key, n->key, 4);
	else
		memcpy(net->key, n->key, t->key_len);
}

/* Keys that are more than an address are not probed for: all nodes are looked at. */
static uint32_t
match_all(const struct table *t, const struct net *net)
{
	uint32_t best = 0;
	unsigned longest = 0;
	struct net n;

	for (uint32_t i = 1; i < t->node_end; i++) {
		const struct node *node = table_node(t, i);

		if (!(node->flags & NODE_USED) || !node->n)
			continue;
		table_net(t, i, &n);
		if ((best && net_depth(&n) <= longest) || !net_contains(&n, net))
			continue;
		longest = net_depth(&n);
		best = i;
	}
	return best;
}

uint32_t
table_holder(const struct table *t, const struct net *net, int *plen)
{
	struct net probe = *net;
	uint32_t node;

	for (int n = net->plen; n >= 0; n--) {
		if (probe.plen != n) { /* shorter by one: clear the bit that falls off */
			probe.key[n / 8] &= (uint8_t) ~(0x80 >> n % 8);
			probe.plen = (uint8_t)n;
		}
		if (n > *plen || !t->plen_n[n])
			continue;
		node = table_find(t, &probe, table_hash(t, &probe));
		if (node) {
			*plen = n - 1;
			return node;
		}
	}
	return 0;
}

uint32_t
table_match(const struct table *t, const struct net *net)
{
	int plen = net->plen;
	uint32_t i;

	if (t->type != NET_IP4 && t->type != NET_IP6)
		return match_all(t, net);
	do
		i = table_holder(t, net, &plen);
	while (i && !table_node(t, i)->n);
	return i;
}

/*
 * Giving back.
 */
void
table_trim_begin(struct table *t)
{
	uint32_t mask = t->slot_mask;

	t->node_end = freeset_cut(&t->node_free, t->node_end);
	while (mask >= SLOTS_MIN && t->node_n < mask / 8)
		mask /= 2;
	if (mask != t->slot_mask)
		slots_resize(t, mask);
	t->trim_pos = 0;
}

bool
table_trim_slice(struct table *t)
{
	if (table_moving(t)) {
		table_move(t, MOVE_SLICE);
		return true;
	}
	return table_units_trim(t) ||
	       slab_cut(&t->paths, ((size_t)t->unit_end + 1) * sizeof(struct path)) ||
	       slab_cut(&t->nodes, (size_t)t->node_end * t->stride);
}
