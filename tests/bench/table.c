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
	case 0:
	case 10:
	case 100:
	case 127:
	case 169:
	case 172:
	case 192:
	case 198:
	case 203: return true;
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
	return rng_below(r, 100) < 25 ? 196608 + rng_below(r, 200000)
				      : 1 + rng_below(r, 63000);
}

/* Two to ten hops, some of them prepended, but no length of `taken`; returns their number. */
static unsigned
make_path(
    struct draft *d, struct rng *r, unsigned source, uint32_t origin_as, uint64_t taken)
{
	static const uint16_t share[] = { 60, 260, 330, 180, 90, 40, 20, 10, 10 };
	unsigned n = 2 + rng_share(r, share);
	uint8_t seg[2 + 4 * (10 + SOURCES_MAX)] = { SEG_SEQUENCE };

	while (taken >> n & 1)
		n++;
	seg[1] = (uint8_t)n;
	for (unsigned i = 0; i < n; i++)
		put_u32(seg + 2 + 4 * i, random_as(r));
	put_u32(seg + 2, FIRST_AS + source * 8 + rng_below(r, 8));
	put_u32(seg + 2 + 4 * (n - 1), origin_as);
	if (n > 4 && rng_below(r, 4) == 0)
		put_u32(seg + 2 + 4 * (n - 2), origin_as);
	draft_set(d, AF_TRANSITIVE, ATTR_AS_PATH, seg, 2 + 4 * n);
	return n;
}

static enum mark
random_mark(struct rng *r)
{
	uint32_t x = rng_below(r, 100);

	return x < 15 ? MARK_REFUSE : x < 30 ? MARK_ADD : MARK_NONE;
}

/* Ascending, so that a reflector that sorts them is not found wrong. */
static enum mark
make_communities(struct draft *d, struct rng *r)
{
	uint8_t list[4 * 16];
	unsigned n = rng_below(r, 100) < 30 ? 0 : 1 + rng_below(r, 12);
	uint32_t v = ((uint32_t)FIRST_AS << 16) + rng_below(r, 1000);
	enum mark mark = random_mark(r);

	for (unsigned i = 0; i < n; i++, v += 1 + rng_below(r, 500))
		put_u32(list + 4 * i, v);
	if (mark != MARK_NONE)
		put_u32(list + 4 * n++, (uint32_t)MARK_AS << 16 | mark);
	if (n)
		draft_set(d, AF_OPTIONAL | AF_TRANSITIVE, ATTR_COMMUNITY, list, 4 * n);
	return mark;
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

/* The communities as the filter leaves them. */
static uint64_t
marked_hash(const uint8_t *list, size_t len)
{
	uint8_t more[4 * 16];

	assert(len + 4 <= sizeof(more));
	memcpy(more, list, len);
	put_u32(more + len, (uint32_t)MARK_AS << 16 | MARK_ADDED);
	return attr_hash(ATTR_COMMUNITY, more, len + 4);
}

static void
reflected_hash(
    const struct table *t, uint32_t sender_id, struct set *set, const uint8_t *block)
{
	struct wire w = wire_init(block, set->len);
	uint8_t id[4], cluster[4];
	uint64_t added = 0;

	put_u32(id, sender_id);
	put_u32(cluster, t->conf.cluster_id);
	set->hash = attr_hash(ATTR_ORIGINATOR_ID, id, 4) +
	    attr_hash(ATTR_CLUSTER_LIST, cluster, 4);
	while (!w.bad && wire_left(&w)) {
		unsigned flags = wire_u8(&w), code = wire_u8(&w);
		size_t n = flags & AF_EXTENDED ? wire_u16(&w) : wire_u8(&w);
		const uint8_t *value = wire_take(&w, n);

		set->hash += attr_hash(code, value, n);
		if (code == ATTR_COMMUNITY && set->mark == MARK_ADD)
			added = marked_hash(value, n) - attr_hash(code, value, n);
	}
	assert(!w.bad);
	set->filtered = set->hash + added;
}

/* Lengths of the paths that the source's sender has already for this group. */
static uint64_t
taken_lengths(const struct table *t, unsigned source, uint32_t g)
{
	uint64_t taken = 0;

	for (unsigned i = source;
	     i-- > 0 && t->source[i].sender == t->source[source].sender;)
		taken |= 1ull << t->source[i].sets[g].path_len;
	return taken;
}

static void
make_set(struct table *t, unsigned source, struct store *store, uint32_t g, struct rng *r)
{
	static uint8_t block[BGP_MSG_MAX];
	struct source *s = &t->source[source];
	struct set *set = &s->sets[g];
	uint32_t sender_id = t->sender[s->sender].id;
	struct stamp stamp = { .internal = true, .as4 = true, .local_pref = 100 };
	struct rng origin = { .s = g };
	uint32_t origin_as = random_as(&origin);
	struct arena *arena = arena_new();
	static struct draft d;
	struct attrs *a;

	draft_init(&d, arena);
	set->origin = rng_below(r, 10) ? ORIGIN_IGP : ORIGIN_INCOMPLETE;
	draft_set_u8(&d, ATTR_ORIGIN, set->origin);
	set->path_len = (uint8_t)make_path(&d, r, source, origin_as,
	    taken_lengths(t, source, g));
	set->mark = (uint8_t)make_communities(&d, r);
	make_aggregator(&d, r, origin_as);
	d.next_hop.len = 4;
	put_u32(d.next_hop.b, 0x0a000000u | (sender_id & 0xffffff)); /* no loopback address */
	a = store_intern(store, &d);
	set->len = (uint16_t)attrs_encode(a, &stamp, FAM_IP4, block, sizeof(block));
	set->at = (uint32_t)s->blocks.n;
	reflected_hash(t, sender_id, set, block);
	bytes_add(&s->blocks, block, set->len);
	attrs_unref(store, a, 1);
	arena_free(arena);
}

static struct nlri
nlri_of(const struct table *t, const struct source *s, uint32_t p)
{
	struct nlri n = { .path_id = s->path_id,
		.net = { .type = NET_IP4, .plen = t->plen[p] } };

	put_u32(n.net.key, t->addr[p]);
	return n;
}

static void
make_messages(struct table *t, const struct source *s, uint32_t g)
{
	static uint8_t space[65536];
	struct wbuf out = wbuf_init(space, sizeof(space));
	struct update_writer w = { .out = &out, .msg_max = BGP_MSG_MAX, .family = FAM_IP4,
		.add_path = t->conf.add_path_tx, .attrs = s->blocks.p + s->sets[g].at,
		.attrs_len = s->sets[g].len };

	for (uint32_t i = t->start[g]; i < t->start[g + 1]; i++) {
		struct nlri n = nlri_of(t, s, t->order[i]);

		update_add(&w, &n);
	}
	update_finish(&w);
	bytes_add(&t->sender[s->sender].stream, out.start, wbuf_len(&out));
}

static void
make_source(struct table *t, unsigned source)
{
	struct source *s = &t->source[source];
	struct rng r = { .s = (uint64_t)t->conf.seed << 32 | (source + 1) };
	struct store *store = store_new();

	s->sender = source / t->conf.paths;
	s->path_id = t->conf.add_path_tx ? 1 + source % t->conf.paths : 0;
	s->sets = MEM_ARRAY(struct set, t->groups);
	for (uint32_t g = 0; g < t->groups; g++)
		make_set(t, source, store, g, &r);
	for (uint32_t g = 0; g < t->groups; g++)
		make_messages(t, s, g);
	store_free(store);
}

static void
make_arrays(struct table *t)
{
	size_t n = t->n, paths = n * t->sources;

	t->addr = MEM_ARRAY(uint32_t, n);
	t->plen = MEM_ARRAY(uint8_t, n);
	t->group_of = MEM_ARRAY(uint32_t, n);
	t->order = MEM_ARRAY(uint32_t, n);
	t->start = MEM_ARRAY(uint32_t, n + 1);
	t->slot = MEM_ARRAY(uint32_t, SLOTS);
	t->expected = MEM_ARRAY(uint32_t, n);
	t->paths = t->conf.add_path_rx ? MEM_ARRAY(uint32_t, paths) : NULL;
	t->churn_seq = MEM_ARRAY(uint32_t, paths);
	memset(t->churn_seq, 0xff, paths * sizeof(*t->churn_seq));
}

struct table *
table_new(const struct table_conf *conf, const uint32_t *ids)
{
	struct table *t = MEM_NEW(struct table);
	struct rng r = { .s = conf->seed };

	t->conf = *conf;
	t->n = conf->n;
	t->sources = conf->senders * conf->paths;
	assert(t->sources <= SOURCES_MAX);
	make_arrays(t);
	make_prefixes(t, &r);
	make_groups(t, &r);
	t->best = MEM_ARRAY(uint8_t, t->groups);
	for (unsigned i = 0; i < conf->senders; i++)
		t->sender[i].id = ids[i];
	for (unsigned i = 0; i < t->sources; i++)
		make_source(t, i);
	for (unsigned i = 0; i < conf->senders; i++)
		encode_eor(&t->sender[i].stream, FAM_IP4);
	return t;
}

void
table_free(struct table *t)
{
	for (unsigned i = 0; i < t->conf.senders; i++)
		bytes_fini(&t->sender[i].stream);
	for (unsigned i = 0; i < t->sources; i++) {
		mem_free(t->source[i].sets);
		bytes_fini(&t->source[i].blocks);
	}
	mem_free(t->addr);
	mem_free(t->plen);
	mem_free(t->group_of);
	mem_free(t->order);
	mem_free(t->start);
	mem_free(t->slot);
	mem_free(t->best);
	mem_free(t->expected);
	mem_free(t->paths);
	mem_free(t->churn_seq);
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

static bool
refused(const struct table *t, uint32_t p, const struct set *set)
{
	return t->filtered && (set->mark == MARK_REFUSE || t->plen[p] == 23 ||
	    (t->addr[p] >> 22 == 1 << 2 && t->plen[p] >= 10));
}

/* What a receiver must have of a source; 0: nothing. */
static uint32_t
path_hash(const struct table *t, uint32_t p, unsigned source)
{
	const struct set *set;
	uint32_t seq = t->churn_seq[(size_t)p * t->sources + source];
	uint8_t mark[CHURN_LEN];
	uint64_t h;

	set = &t->source[source].sets[t->group_of[p]];
	if (!(t->alive >> source & 1) || refused(t, p, set))
		return 0;
	if (t->conf.count_only)
		return 1;
	h = t->filtered ? set->filtered : set->hash;
	if (seq != NO_SEQ) {
		churn_mark(mark, seq);
		h += attr_hash(ATTR_LARGE_COMMUNITY, mark, CHURN_LEN);
	}
	return hash_keep(h);
}

static void
expect(struct table *t, uint32_t p)
{
	unsigned best = t->best[t->group_of[p]];

	t->expected[p] = best == NO_SOURCE ? 0 : path_hash(t, p, best);
	for (unsigned s = 0; t->paths && s < t->sources; s++)
		t->paths[(size_t)p * t->sources + s] = path_hash(t, p, s);
}

static uint8_t
best_of(const struct table *t, uint32_t g)
{
	uint8_t best = NO_SOURCE;

	for (uint8_t s = 0; s < t->sources; s++)
		if (t->alive >> s & 1 && (best == NO_SOURCE ||
		    better(&t->source[s].sets[g], &t->source[best].sets[g])))
			best = s;
	return best;
}

void
table_expect(struct table *t, uint32_t senders)
{
	t->alive = 0;
	for (unsigned s = 0; s < t->sources; s++)
		t->alive |= (senders >> t->source[s].sender & 1) << s;
	for (uint32_t g = 0; g < t->groups; g++)
		t->best[g] = best_of(t, g);
	for (uint32_t p = 0; p < t->n; p++) {
		for (unsigned s = 0; s < t->sources; s++)
			if (!(t->alive >> s & 1))
				t->churn_seq[(size_t)p * t->sources + s] = NO_SEQ;
		expect(t, p);
	}
}

void
table_filter(struct table *t, bool on)
{
	t->filtered = on;
}

/* -- churn -------------------------------------------------------------------------------- */

static unsigned
churn_source(const struct table *t, uint32_t prefix, uint32_t seq)
{
	unsigned s;

	if (!t->paths || !t->alive)
		return t->best[t->group_of[prefix]];
	for (s = seq % t->sources; !(t->alive >> s & 1);)
		s = (s + 1) % t->sources;
	return s;
}

static void
churn_message(const struct table *t, uint32_t prefix, unsigned source, uint32_t seq,
    struct bytes *out)
{
	const struct source *s = &t->source[source];
	const struct set *set = &s->sets[t->group_of[prefix]];
	uint8_t space[BGP_MSG_MAX], attrs[BGP_MSG_MAX];
	uint8_t mark[3 + CHURN_LEN] = { AF_OPTIONAL | AF_TRANSITIVE, ATTR_LARGE_COMMUNITY,
		CHURN_LEN };
	struct wbuf b = wbuf_init(space, sizeof(space));
	struct update_writer w = { .out = &b, .msg_max = BGP_MSG_MAX, .family = FAM_IP4,
		.add_path = t->conf.add_path_tx, .attrs = attrs,
		.attrs_len = set->len + sizeof(mark) };
	struct nlri n = nlri_of(t, s, prefix);

	churn_mark(mark + 3, seq);
	memcpy(attrs, s->blocks.p + set->at, set->len);
	memcpy(attrs + set->len, mark, sizeof(mark));
	update_add(&w, &n);
	update_finish(&w);
	bytes_add(out, b.start, wbuf_len(&b));
}

bool
table_churn(struct table *t, uint32_t prefix, uint32_t seq, struct bytes *out,
    struct churned *c)
{
	size_t at = (size_t)prefix * t->sources;

	c->prefix = prefix;
	c->source = churn_source(t, prefix, seq);
	if (c->source == NO_SOURCE)
		return false;
	c->old_best = t->expected[prefix];
	c->old_path = t->paths ? t->paths[at + c->source] : 0;
	churn_message(t, prefix, c->source, seq, out);
	t->churn_seq[at + c->source] = seq;
	expect(t, prefix);
	return true;
}
