/*
 * Making the table: prefixes along the address space, runs of neighbours dealt into groups,
 * attributes for each group and sender, messages.
 */
#include <assert.h>
#include <xxhash.h>
#include "base/mem.h"
#include "base/wire.h"
#include "table.h"

#define SLOTS (1u << 24)
#define CHURN_LEN 12 /* a large community */

uint64_t
rng_next(struct rng *r)
{
	uint64_t z = r->s += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Picks a row of a table of shares that sum up to 1000. */
static unsigned
rng_share(struct rng *r, const uint16_t *share)
{
	uint32_t x = rng_below(r, 1000);
	unsigned i = 0;

	while (x >= share[i])
		x -= share[i++];
	return i;
}

static bool ignored[256];

void
attr_ignore(unsigned code)
{
	ignored[code & 255] = true;
}

uint64_t
attr_hash(unsigned code, const uint8_t *value, size_t len)
{
	return ignored[code] ? 0 : XXH3_64bits_withSeed(value, len, code);
}

/* -- prefixes ----------------------------------------------------------------------------- */

/* Per mille of /24, /23, /22 ... /14 in a table of 2024. */
static const uint16_t plen_share[] = { 610, 105, 120, 50, 45, 27, 15, 8, 14, 3, 3 };

static bool
reserved(uint32_t slot)
{
	switch (slot >> 16) {
	case 0: case 10: case 100: case 127: case 169: case 172: case 192: case 198: case 203:
		return true;
	default:
		return slot >> 16 >= 224;
	}
}

/* Aligned to its size; a large block is often followed by more specific ones inside it. */
static void
make_prefixes(struct table *t, struct rng *r)
{
	uint32_t slot = 1 << 16;
	uint32_t gap = (uint32_t)(12000000 / t->n);

	gap = gap > 40 ? 16 : gap > 8 ? (gap - 8) / 2 : 0;
	memset(t->slot, 0xff, SLOTS * sizeof(*t->slot));
	for (uint32_t i = 0; i < t->n; i++) {
		unsigned bits = rng_share(r, plen_share);
		uint32_t size = 1u << bits;

		slot = (slot + size - 1) & ~(size - 1);
		while (reserved(slot) && slot < SLOTS)
			slot = (slot + (1 << 16)) & ~0xffffu;
		assert(slot < SLOTS - size); /* the caller bounds n */
		t->addr[i] = slot << 8;
		t->plen[i] = (uint8_t)(24 - bits);
		t->slot[slot] = i << 6 | t->plen[i];
		slot += rng_below(r, 10) < 7 ? 1 : size;
		slot += gap ? rng_below(r, gap) : 0;
	}
}

/* -- groups ------------------------------------------------------------------------------- */

/* Runs of one to four neighbours, shuffled: networks of one origin are often adjacent, but an
 * origin has several such places. */
static void
make_order(struct table *t, struct rng *r)
{
	uint32_t *runs = MEM_ARRAY(uint32_t, t->n + 1), n = 0, at = 0;

	for (uint32_t i = 0; i < t->n; i += 1 + rng_below(r, 4))
		runs[n++] = i;
	for (uint32_t i = n; i > 1; i--) {
		uint32_t j = rng_below(r, i), x = runs[i - 1];

		runs[i - 1] = runs[j];
		runs[j] = x;
	}
	for (uint32_t i = 0; i < t->n; i++)
		t->group_of[i] = 0;
	for (uint32_t i = 0; i < n; i++)
		t->group_of[runs[i]] = 1; /* for now: a run starts here */
	for (uint32_t i = 0; i < n; i++) {
		uint32_t p = runs[i];

		do
			t->order[at++] = p++;
		while (p < t->n && !t->group_of[p]);
	}
	assert(at == t->n);
	mem_free(runs);
}

/* Sizes from 1 to about 100, many small ones, 6.8 on average. */
static uint32_t
group_size(struct rng *r)
{
	static const uint16_t share[] = { 350, 270, 180, 110, 60, 30 };
	unsigned octave = rng_share(r, share);

	return (1u << octave) + rng_below(r, 1u << octave) + (octave == 5 ? 20 : 0);
}

static void
make_groups(struct table *t, struct rng *r)
{
	make_order(t, r);
	for (uint32_t at = 0; at < t->n; t->groups++) {
		uint32_t size = group_size(r);

		t->start[t->groups] = at;
		for (; size && at < t->n; size--)
			t->group_of[t->order[at++]] = (uint32_t)t->groups;
	}
	t->start[t->groups] = (uint32_t)t->n;
}

/* -- attributes --------------------------------------------------------------------------- */

static uint32_t
random_as(struct rng *r)
{
	return rng_below(r, 100) < 25 ? 196608 + rng_below(r, 200000) : 1 + rng_below(r, 63000);
}

/* Two to ten hops, some of them prepended; returns their number. */
static unsigned
make_path(struct draft *d, struct rng *r, unsigned sender, uint32_t origin_as)
{
	static const uint16_t share[] = { 60, 260, 330, 180, 90, 40, 20, 10, 10 };
	unsigned n = 2 + rng_share(r, share);
	uint8_t seg[2 + 4 * 12] = { SEG_SEQUENCE, (uint8_t)n };

	for (unsigned i = 0; i < n; i++)
		put_u32(seg + 2 + 4 * i, random_as(r));
	put_u32(seg + 2, 2914 + sender * 8 + rng_below(r, 8));
	put_u32(seg + 2 + 4 * (n - 1), origin_as);
	if (n > 4 && rng_below(r, 4) == 0)
		put_u32(seg + 2 + 4 * (n - 2), origin_as);
	draft_set(d, AF_TRANSITIVE, ATTR_AS_PATH, seg, 2 + 4 * n);
	return n;
}

/* Ascending, so that a reflector that sorts them is not found wrong. */
static void
make_communities(struct draft *d, struct rng *r)
{
	uint8_t list[4 * 16];
	unsigned n = rng_below(r, 100) < 30 ? 0 : 1 + rng_below(r, 12);
	uint32_t v = (2914u << 16) + rng_below(r, 1000);

	for (unsigned i = 0; i < n; i++, v += 1 + rng_below(r, 500))
		put_u32(list + 4 * i, v);
	if (n)
		draft_set(d, AF_OPTIONAL | AF_TRANSITIVE, ATTR_COMMUNITY, list, 4 * n);
}

static void
make_aggregator(struct draft *d, struct rng *r, uint32_t origin_as)
{
	uint8_t agg[8];

	if (rng_below(r, 100) >= 6)
		return;
	put_u32(agg, origin_as);
	put_u32(agg + 4, 0xc6336400u + rng_below(r, 200));
	draft_set(d, AF_TRANSITIVE, ATTR_ATOMIC_AGGR, "", 0);
	draft_set(d, AF_OPTIONAL | AF_TRANSITIVE, ATTR_AGGREGATOR, agg, sizeof(agg));
}

static uint64_t
reflected_hash(const struct table *t, const struct sender_table *s, const uint8_t *block,
    size_t len)
{
	struct wire w = wire_init(block, len);
	uint8_t id[4], cluster[4];
	uint64_t h = 0;

	put_u32(id, s->id);
	put_u32(cluster, t->cluster_id);
	while (!w.bad && wire_left(&w)) {
		unsigned flags = wire_u8(&w), code = wire_u8(&w);
		size_t n = flags & AF_EXTENDED ? wire_u16(&w) : wire_u8(&w);

		h += attr_hash(code, wire_take(&w, n), n);
	}
	assert(!w.bad);
	h += attr_hash(ATTR_ORIGINATOR_ID, id, 4);
	return h + attr_hash(ATTR_CLUSTER_LIST, cluster, 4);
}

static void
make_set(struct table *t, unsigned sender, struct store *store, struct set *set,
    uint32_t origin_as, struct rng *r)
{
	static uint8_t block[BGP_MSG_MAX];
	struct sender_table *s = &t->sender[sender];
	struct stamp stamp = { .internal = true, .as4 = true, .local_pref = 100 };
	struct arena *arena = arena_new();
	static struct draft d;
	struct attrs *a;

	draft_init(&d, arena);
	set->origin = rng_below(r, 10) ? ORIGIN_IGP : ORIGIN_INCOMPLETE;
	draft_set_u8(&d, ATTR_ORIGIN, set->origin);
	set->path_len = (uint8_t)make_path(&d, r, sender, origin_as);
	make_communities(&d, r);
	make_aggregator(&d, r, origin_as);
	d.next_hop.len = 4;
	put_u32(d.next_hop.b, 0x0a000000u | (s->id & 0xffffff)); /* no loopback address */
	a = store_intern(store, &d);
	set->len = (uint16_t)attrs_encode(a, &stamp, FAM_IP4, block, sizeof(block));
	set->at = (uint32_t)s->blocks.n;
	set->hash = reflected_hash(t, s, block, set->len);
	bytes_add(&s->blocks, block, set->len);
	attrs_unref(store, a, 1);
	arena_free(arena);
}

static struct nlri
nlri_of(const struct table *t, uint32_t p)
{
	struct nlri n = { .net = { .type = NET_IP4, .plen = t->plen[p] } };

	put_u32(n.net.key, t->addr[p]);
	return n;
}

static void
make_messages(struct table *t, unsigned sender, uint32_t g)
{
	struct sender_table *s = &t->sender[sender];
	static uint8_t space[65536];
	struct wbuf out = wbuf_init(space, sizeof(space));
	struct update_writer w = { .out = &out, .msg_max = BGP_MSG_MAX, .family = FAM_IP4,
		.attrs = s->blocks.p + s->sets[g].at, .attrs_len = s->sets[g].len };

	for (uint32_t i = t->start[g]; i < t->start[g + 1]; i++) {
		struct nlri n = nlri_of(t, t->order[i]);

		update_add(&w, &n);
	}
	update_finish(&w);
	bytes_add(&s->stream, out.start, wbuf_len(&out));
}

static void
make_sender(struct table *t, unsigned sender, uint32_t id)
{
	struct sender_table *s = &t->sender[sender];
	struct rng r = { .s = (uint64_t)t->seed << 32 | (sender + 1) };
	struct store *store = store_new();

	s->id = id;
	s->sets = MEM_ARRAY(struct set, t->groups);
	for (uint32_t g = 0; g < t->groups; g++) {
		struct rng origin = { .s = g };

		make_set(t, sender, store, &s->sets[g], random_as(&origin), &r);
	}
	for (uint32_t g = 0; g < t->groups; g++)
		make_messages(t, sender, g);
	encode_eor(&s->stream, FAM_IP4);
	store_free(store);
}

struct table *
table_new(size_t n, unsigned senders, const uint32_t *ids, uint32_t cluster_id, uint32_t seed,
    bool count_only)
{
	struct table *t = MEM_NEW(struct table);
	struct rng r = { .s = seed };

	assert(senders <= SENDERS_MAX);
	t->n = n;
	t->senders = senders;
	t->seed = seed;
	t->cluster_id = cluster_id;
	t->count_only = count_only;
	t->addr = MEM_ARRAY(uint32_t, n);
	t->plen = MEM_ARRAY(uint8_t, n);
	t->group_of = MEM_ARRAY(uint32_t, n);
	t->order = MEM_ARRAY(uint32_t, n);
	t->start = MEM_ARRAY(uint32_t, n + 1);
	t->slot = MEM_ARRAY(uint32_t, SLOTS);
	t->expected = MEM_ARRAY(uint32_t, n);
	t->churn_seq = MEM_ARRAY(uint32_t, n);
	t->churn_sender = MEM_ARRAY(uint8_t, n);
	memset(t->churn_sender, SENDERS_MAX, n);
	make_prefixes(t, &r);
	make_groups(t, &r);
	t->best = MEM_ARRAY(uint8_t, t->groups);
	for (unsigned i = 0; i < senders; i++)
		make_sender(t, i, ids[i]);
	return t;
}

void
table_free(struct table *t)
{
	for (unsigned i = 0; i < t->senders; i++) {
		mem_free(t->sender[i].sets);
		bytes_fini(&t->sender[i].blocks);
		bytes_fini(&t->sender[i].stream);
	}
	mem_free(t->addr);
	mem_free(t->plen);
	mem_free(t->group_of);
	mem_free(t->order);
	mem_free(t->start);
	mem_free(t->slot);
	mem_free(t->best);
	mem_free(t->expected);
	mem_free(t->churn_seq);
	mem_free(t->churn_sender);
	mem_free(t);
}

/* -- the result --------------------------------------------------------------------------- */

static bool
better(const struct set *a, const struct set *b)
{
	if (a->path_len != b->path_len)
		return a->path_len < b->path_len;
	return a->origin < b->origin;
}

static void
churn_mark(uint8_t *mark, uint32_t seq)
{
	put_u32(mark, 64512);
	put_u32(mark + 4, CHURN_MARK);
	put_u32(mark + 8, seq);
}

/* What receivers must have for a prefix with the best sender as it is set. */
static void
expect(struct table *t, uint32_t p)
{
	uint32_t g = t->group_of[p];
	unsigned s = t->best[g];
	uint8_t mark[CHURN_LEN];
	uint64_t h;

	t->expected[p] = s == SENDERS_MAX ? 0 : 1;
	if (s == SENDERS_MAX || t->count_only)
		return;
	h = t->sender[s].sets[g].hash;
	if (t->churn_sender[p] == s) {
		churn_mark(mark, t->churn_seq[p]);
		h += attr_hash(ATTR_LARGE_COMMUNITY, mark, CHURN_LEN);
	}
	t->expected[p] = hash_keep(h);
}

void
table_expect(struct table *t, uint32_t alive)
{
	for (uint32_t g = 0; g < t->groups; g++) {
		uint8_t best = SENDERS_MAX;

		for (uint8_t s = 0; s < t->senders; s++)
			if (alive >> s & 1 && (best == SENDERS_MAX ||
			    better(&t->sender[s].sets[g], &t->sender[best].sets[g])))
				best = s;
		t->best[g] = best;
	}
	for (uint32_t p = 0; p < t->n; p++) {
		if (t->churn_sender[p] < SENDERS_MAX && !(alive >> t->churn_sender[p] & 1))
			t->churn_sender[p] = SENDERS_MAX;
		expect(t, p);
	}
}

bool
table_churn(struct table *t, uint32_t prefix, uint32_t seq, struct bytes *out, unsigned *sender)
{
	uint32_t g = t->group_of[prefix];
	const struct set *set;
	uint8_t space[BGP_MSG_MAX], attrs[BGP_MSG_MAX];
	uint8_t mark[3 + CHURN_LEN] = { AF_OPTIONAL | AF_TRANSITIVE, ATTR_LARGE_COMMUNITY,
		CHURN_LEN };
	struct wbuf b = wbuf_init(space, sizeof(space));
	struct update_writer w = { .out = &b, .msg_max = BGP_MSG_MAX, .family = FAM_IP4,
		.attrs = attrs };
	struct nlri n = nlri_of(t, prefix);

	if (t->best[g] == SENDERS_MAX)
		return false;
	*sender = t->best[g];
	set = &t->sender[*sender].sets[g];
	churn_mark(mark + 3, seq);
	memcpy(attrs, t->sender[*sender].blocks.p + set->at, set->len);
	memcpy(attrs + set->len, mark, sizeof(mark));
	w.attrs_len = set->len + sizeof(mark);
	update_add(&w, &n);
	update_finish(&w);
	bytes_add(out, b.start, wbuf_len(&b));
	t->churn_seq[prefix] = seq;
	t->churn_sender[prefix] = (uint8_t)*sender;
	expect(t, prefix);
	return true;
}
