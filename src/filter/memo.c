/*
 * Results remembered: a table of entries by content, each a tree of questions.
 *
 *   memo_begin   slot by hash: the entry of this filter and set, or one not kept
 *   memo_run     from question to question by their answers, down to a leaf; what has no
 *                leaf yet is run, and its questions become a branch
 *   memo_end     an entry that is not kept goes back to the pool
 *
 * A set is kept when it comes for the second time: most of a table's sets come once.
 */
#include "filter/memo.h"

#include <assert.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"
#include "filter/ask.h"
#include "filter/links.h"
#include "filter/vnet.h"

enum {
	SLOTS = 4096,
	NODES_MAX = 64,	    /* of an entry */
	ENTRY_MAX = 8192,   /* bytes */
	PROTO_MAX = 64,	    /* of a protocol's name that a key can hold */
	ANSWER_MIN = 512,   /* bytes: answers that fit are used again and again */
};

/* One answer to a question.  The answers to the same question are siblings. */
struct node {
	struct question q;
	uint32_t answer;
	uint16_t sibling, child; /* 0: none */
	struct memo_answer *leaf;
};

struct memo_entry {
	struct memo_entry *next; /* in the pool */
	uint64_t hash, filter;
	unsigned busy;
	bool kept;
	struct attrs *key; /* of one that is kept */
	struct ip from;
	int source;
	uint32_t links; /* serial; 0: none, or not looked at */
	char proto[PROTO_MAX];
	struct node *node; /* 0 is not used */
	uint16_t node_n, node_room, first;
	struct memo_answer *leaf;   /* where nothing is asked */
	struct memo_answer *leaves; /* all in the tree */
	struct memo_answer *loose;  /* of the last run that is in no tree */
	size_t bytes;
};

struct slot {
	uint32_t tag; /* of what was seen last */
	struct memo_entry *entry;
};

struct memo {
	struct slot slot[SLOTS];
	struct memo_entry *pool;
	struct memo_answer *answers; /* free ones of ANSWER_MIN bytes */
	struct arena *arena;
	uint64_t serial;
	struct memo_stats stats;
	struct asking asking;
	struct draft draft;
};

struct memo *
memo_new(void)
{
	struct memo *m = MEM_NEW(struct memo);

	m->arena = arena_new();
	return m;
}

static size_t
set_len(const struct attrs *a)
{
	return (size_t)a->nh_len + a->block_len + a->local_len;
}

static size_t
answer_size(const struct memo_answer *a)
{
	size_t size =
	    sizeof(*a) + (a->changed ? sizeof(struct attrs) + set_len(a->set) : 0);

	return size < ANSWER_MIN ? ANSWER_MIN : size;
}

static struct memo_answer *
answer_get(struct memo *m, size_t size)
{
	struct memo_answer *a = m->answers;

	if (size > ANSWER_MIN || !a)
		return mem_alloc(size < ANSWER_MIN ? ANSWER_MIN : size);
	m->answers = a->next;
	memset(a, 0, sizeof(*a));
	return a;
}

static void
answer_put(struct memo *m, struct memo_answer *a)
{
	if (!a)
		return;
	if (answer_size(a) > ANSWER_MIN) {
		mem_free(a);
		return;
	}
	a->next = m->answers;
	m->answers = a;
}

static void
entry_clear(struct memo *m, struct memo_entry *e)
{
	struct memo_answer *a;

	while ((a = e->leaves)) {
		e->leaves = a->next;
		answer_put(m, a);
	}
	answer_put(m, e->loose);
	mem_free(e->key);
	e->key = NULL;
	e->loose = e->leaf = NULL;
	e->node_n = e->first = 0;
	e->kept = false;
	e->bytes = 0;
}

static void
entry_free(struct memo *m, struct memo_entry *e)
{
	assert(!e->busy);
	entry_clear(m, e);
	mem_free(e->node);
	mem_free(e);
}

void
memo_free(struct memo *m)
{
	struct memo_entry *e;
	struct memo_answer *a;

	if (!m)
		return;
	for (unsigned i = 0; i < SLOTS; i++) {
		if (m->slot[i].entry)
			entry_free(m, m->slot[i].entry);
	}
	while ((e = m->pool)) {
		m->pool = e->next;
		entry_free(m, e);
	}
	while ((a = m->answers)) {
		m->answers = a->next;
		mem_free(a);
	}
	arena_free(m->arena);
	mem_free(m);
}

static struct memo_entry *
entry_get(struct memo *m)
{
	struct memo_entry *e = m->pool;

	if (!e)
		return MEM_NEW(struct memo_entry);
	m->pool = e->next;
	return e;
}

static void
entry_put(struct memo *m, struct memo_entry *e)
{
	entry_clear(m, e);
	e->next = m->pool;
	m->pool = e;
}

static bool
same_set(const struct attrs *a, const struct attrs *b)
{
	return a->preference == b->preference && a->nh_len == b->nh_len &&
	       a->block_len == b->block_len && a->local_len == b->local_len &&
	       memcmp(a->bytes, b->bytes, set_len(a)) == 0;
}

static const char *
proto_of(const struct route_source *s)
{
	return s && s->proto ? s->proto : "";
}

static bool
asks_source(const struct memo_use *u)
{
	return filter_inputs(u->filter) & FILTER_SOURCE;
}

static uint32_t
links_of(const struct memo_use *u)
{
	return filter_inputs(u->filter) & FILTER_LINKS && u->source && u->source->links
		   ? u->source->links->serial
		   : 0;
}

static uint64_t
key_hash(const struct memo_use *u)
{
	const struct attrs *a = u->from;
	uint64_t h = XXH3_64bits_withSeed(a->bytes, set_len(a),
	    filter_serial(u->filter) << 32 ^ ((uint64_t)a->local_len << 24) ^
		((uint64_t)a->preference << 8 | a->nh_len));

	if (!asks_source(u) || !u->source)
		return h;
	h = XXH3_64bits_withSeed(proto_of(u->source), strlen(proto_of(u->source)), h);
	return XXH3_64bits_withSeed(&u->source->from, sizeof(u->source->from),
	    h ^ (uint64_t)u->source->source);
}

static bool
same_source(const struct memo_entry *e, const struct memo_use *u)
{
	static const struct route_source none;
	const struct route_source *s = u->source ? u->source : &none;

	return !asks_source(u) ||
	       (e->source == s->source && ip_equal(&e->from, &s->from) &&
		   strcmp(e->proto, proto_of(s)) == 0);
}

static bool
is_entry_of(const struct memo_entry *e, const struct memo_use *u, uint64_t hash)
{
	return e->hash == hash && e->filter == filter_serial(u->filter) &&
	       e->links == links_of(u) && same_set(e->key, u->from) && same_source(e, u);
}

static bool
can_keep(const struct memo_use *u)
{
	return set_len(u->from) <= ENTRY_MAX / 4 &&
	       (!asks_source(u) || strlen(proto_of(u->source)) < PROTO_MAX);
}

static void
entry_keep(struct memo_entry *e, const struct memo_use *u, uint64_t hash)
{
	size_t size = sizeof(struct attrs) + set_len(u->from);
	struct attrs *key = mem_alloc(size);

	/* other threads take and give back references meanwhile: the head is not copied */
	key->preference = u->from->preference;
	key->nh_len = u->from->nh_len;
	key->block_len = u->from->block_len;
	key->local_len = u->from->local_len;
	memcpy(key->bytes, u->from->bytes, set_len(u->from));
	e->hash = hash;
	e->filter = filter_serial(u->filter);
	e->key = key;
	e->bytes = size;
	e->kept = true;
	e->links = links_of(u);
	if (!asks_source(u))
		return;
	strcpy(e->proto, proto_of(u->source));
	e->from = u->source ? u->source->from : ip_none;
	e->source = u->source ? u->source->source : 0;
}

void
memo_begin(struct memo_use *u, struct memo *m, const struct filter *f,
    const struct attrs *from, const struct route_source *source)
{
	struct slot *slot;
	uint64_t hash;
	uint32_t tag;

	*u = (struct memo_use){
		.memo = m, .filter = f, .from = from, .source = source
	};
	hash = key_hash(u);
	tag = (uint32_t)(hash >> 32) | 1;
	slot = &m->slot[hash & (SLOTS - 1)];
	u->entry = slot->entry;
	m->stats.uses++;
	if (u->entry && is_entry_of(u->entry, u, hash)) {
		m->stats.found++;
	} else if (slot->tag == tag && can_keep(u) && !(u->entry && u->entry->busy)) {
		if (u->entry)
			entry_put(m, u->entry);
		u->entry = slot->entry = entry_get(m);
		entry_keep(u->entry, u, hash);
	} else {
		slot->tag = tag;
		u->entry = entry_get(m);
	}
	u->entry->busy++;
}

void
memo_end(struct memo_use *u)
{
	struct memo_entry *e = u->entry;

	u->entry = NULL;
	if (e && !--e->busy && !e->kept)
		entry_put(u->memo, e);
}

/*
 * Trees.  Questions are of addresses alone: a run that looks at a network which is more is
 * not remembered (op_net), and no answer holds for it.
 */
static struct memo_answer *
find(const struct memo_entry *e, const struct net *net)
{
	struct memo_answer *leaf = e->leaf;
	unsigned i = e->first;

	if (i && !vnet_is_plain(net))
		return NULL;
	while (i) {
		uint32_t answer = filter_ask(&e->node[i].q, net);

		while (i && e->node[i].answer != answer)
			i = e->node[i].sibling;
		if (!i)
			return NULL;
		leaf = e->node[i].leaf;
		i = e->node[i].child;
	}
	return leaf;
}

static unsigned
node_new(struct memo_entry *e, const struct asked *a)
{
	if (!e->node_n)
		e->node_n = 1;
	if (e->node_n >= e->node_room) {
		e->node_room = (uint16_t)(e->node_room ? e->node_room * 2 : 8);
		e->node = mem_realloc(e->node, e->node_room * sizeof(*e->node));
	}
	e->node[e->node_n] = (struct node){ .q = a->q, .answer = a->answer };
	e->bytes += sizeof(*e->node);
	return e->node_n++;
}

/* The node of an answer below `parent` (0: at the top), made if need be. */
static unsigned
node_step(struct memo_entry *e, unsigned parent, const struct asked *a)
{
	unsigned first = parent ? e->node[parent].child : e->first, i = first;

	while (i && e->node[i].answer != a->answer)
		i = e->node[i].sibling;
	if (i)
		return i;
	i = node_new(e, a);
	e->node[i].sibling = (uint16_t)first;
	if (parent)
		e->node[parent].child = (uint16_t)i;
	else
		e->first = (uint16_t)i;
	return i;
}

static void
tree_add(struct memo_entry *e, const struct asking *a, struct memo_answer *leaf)
{
	unsigned at = 0;

	for (unsigned i = 0; i < a->n; i++)
		at = node_step(e, at, &a->at[i]);
	if (at)
		e->node[at].leaf = leaf;
	else
		e->leaf = leaf;
}

static bool
same_answer(const struct memo_answer *a, const struct memo_answer *b)
{
	return a->result == b->result && a->changed == b->changed &&
	       a->med_set == b->med_set && (!a->changed || same_set(a->set, b->set));
}

/* BIRD gives an external peer the MED that the export filter has set, no other: one that
 * lies elsewhere than before. */
static const void *
med_of(const struct draft *d)
{
	const struct attr *a = draft_find(d, ATTR_MED);

	return a ? a->data : NULL;
}

static struct memo_answer *
answer_make(struct memo *m, enum filter_result result, bool changed, const void *old_med)
{
	const void *med = med_of(&m->draft);
	size_t size = changed && result == FILTER_ACCEPT ? attrs_size(&m->draft) : 0;
	struct memo_answer *a = answer_get(m, sizeof(*a) + size);
	struct attrs *set = (struct attrs *)(void *)(a + 1);

	a->result = result;
	if (!changed || result != FILTER_ACCEPT)
		return a;
	if (!size) { /* too long to be sent or kept */
		a->result = FILTER_REJECT;
		return a;
	}
	attrs_write(&m->draft, set);
	attrs_read_head(set);
	a->changed = true;
	a->med_set = med && med != old_med;
	a->serial = ++m->serial;
	a->set = set;
	return a;
}

/* Keeps the answer as a leaf of the tree; an equal one takes its place. */
static struct memo_answer *
leaf_keep(struct memo *m, struct memo_entry *e, struct memo_answer *a)
{
	for (struct memo_answer *old = e->leaves; old; old = old->next) {
		if (!same_answer(old, a))
			continue;
		answer_put(m, a);
		return old;
	}
	a->next = e->leaves;
	e->leaves = a;
	e->bytes += answer_size(a);
	return a;
}

static struct memo_answer *
loose_keep(struct memo *m, struct memo_entry *e, struct memo_answer *a)
{
	if (e->loose && same_answer(e->loose, a)) {
		answer_put(m, a);
		return e->loose;
	}
	answer_put(m, e->loose);
	return e->loose = a;
}

const struct memo_answer *
memo_run(struct memo_use *u, const struct net *net)
{
	struct memo *m = u->memo;
	struct memo_entry *e = u->entry;
	struct memo_answer *a = find(e, net);
	const void *old_med;
	enum filter_result result;
	bool changed;

	if (a)
		return a;
	draft_from(&m->draft, m->arena, u->from);
	old_med = med_of(&m->draft);
	m->asking.n = 0;
	m->asking.opaque = false;
	m->stats.runs++;
	result = filter_run_asking(
	    u->filter, net, &m->draft, u->source, &changed, &m->asking);
	a = answer_make(m, result, changed, old_med);
	arena_reset(m->arena);
	if (m->asking.opaque || result == FILTER_ERROR ||
	    e->node_n + m->asking.n >= NODES_MAX ||
	    e->bytes + answer_size(a) > ENTRY_MAX)
		return loose_keep(m, e, a);
	a = leaf_keep(m, e, a);
	tree_add(e, &m->asking, a);
	return a;
}

struct memo_stats
memo_stats(const struct memo *m)
{
	struct memo_stats s = m->stats;

	for (unsigned i = 0; i < SLOTS; i++) {
		const struct memo_entry *e = m->slot[i].entry;

		s.entries += e != NULL;
		s.bytes += e ? sizeof(*e) + e->bytes : 0;
	}
	return s;
}
