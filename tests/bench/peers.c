/*
 * The receiving side: UPDATE body -> attributes' hash -> one store for each prefix.
 */
#include <stdio.h>
#include <time.h>
#include "base/mem.h"
#include "base/wire.h"
#include "peers.h"

uint64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* -- latency ------------------------------------------------------------------------------ */

/* 64 buckets for each power of two from 64 us on; below, one for each microsecond. */
static unsigned
bucket_of(uint64_t us)
{
	unsigned shift;

	if (us < 64)
		return (unsigned)us;
	shift = 63 - (unsigned)__builtin_clzll(us) - 6;
	return (shift + 1) * 64 + (unsigned)(us >> shift) - 64;
}

static double
bucket_us(unsigned b)
{
	return b < 128 ? b : (double)(b % 64 + 64) * (double)(1ull << (b / 64 - 1));
}

void
latency_add(struct latency *l, uint64_t us)
{
	unsigned b = bucket_of(us);

	l->bucket[b < LATENCY_BUCKETS ? b : LATENCY_BUCKETS - 1]++;
	l->n++;
	if (us > l->max)
		l->max = us;
}

double
latency_ms(const struct latency *l, double quantile)
{
	uint64_t want = (uint64_t)(quantile * (double)l->n), seen = 0;

	for (unsigned b = 0; b < LATENCY_BUCKETS; b++) {
		seen += l->bucket[b];
		if (seen > want)
			return bucket_us(b) / 1000;
	}
	return (double)l->max / 1000;
}

/* -- what a peer holds -------------------------------------------------------------------- */

/* A sender is not told its own routes. */
static uint32_t
expected(const struct peer *p, uint32_t prefix)
{
	const struct table *t = p->bench->table;

	if (p->sender >= 0 && t->best[t->group_of[prefix]] == p->sender)
		return 0;
	return t->expected[prefix];
}

static void
wrong_add(struct peer *p, int d)
{
	bool was = p->wrong != 0;

	p->wrong += (uint32_t)d;
	if (p->counted && was != (p->wrong != 0))
		p->bench->pending += was ? -1u : 1u;
}

static void
hold(struct peer *p, uint32_t prefix, uint32_t hash)
{
	uint32_t want = expected(p, prefix), old = p->held[prefix];

	if (old == hash)
		return;
	p->held[prefix] = hash;
	if (hash == want)
		wrong_add(p, -1);
	else if (old == want)
		wrong_add(p, 1);
}

static uint32_t
count_wrong(const struct peer *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->bench->table->n; i++)
		n += p->held[i] != expected(p, i);
	return n;
}

static void
recount(struct peer *p)
{
	uint32_t wrong = count_wrong(p);

	wrong_add(p, (int)(wrong - p->wrong));
}

void
peers_recount(struct bench *b)
{
	for (unsigned i = 0; i < b->n_peers; i++)
		recount(&b->peers[i]);
}

void
peers_expect(struct bench *b, uint32_t prefix, uint32_t old)
{
	for (unsigned i = 0; i < b->n_peers; i++) {
		struct peer *p = &b->peers[i];
		uint32_t want = expected(p, prefix);
		bool was, is;

		if (!want)
			continue;
		was = p->held[prefix] != old;
		is = p->held[prefix] != want;
		if (was != is)
			wrong_add(p, is ? 1 : -1);
	}
}

void
peer_set_counted(struct peer *p, bool counted)
{
	if (p->counted != counted && p->wrong)
		p->bench->pending += counted ? 1u : -1u;
	p->counted = counted;
}

/* -- input -------------------------------------------------------------------------------- */

static void
note_latency(struct bench *b, const uint8_t *value, size_t len)
{
	uint32_t seq;

	if (len != 12 || get_u32(value + 4) != CHURN_MARK)
		return;
	seq = get_u32(value + 8);
	if (seq < b->sent_n)
		latency_add(b->latency, now_us() - b->sent_us[seq]);
}

static uint32_t
hash_attrs(struct peer *p, struct wire w)
{
	uint64_t h = 0;

	while (wire_left(&w)) {
		unsigned flags = wire_u8(&w), code = wire_u8(&w);
		size_t len = flags & AF_EXTENDED ? wire_u16(&w) : wire_u8(&w);
		const uint8_t *value = wire_take(&w, len);

		if (w.bad)
			return 0xffffffff;
		h += attr_hash(code, value, len);
		if (code == ATTR_LARGE_COMMUNITY && p->bench->latency &&
		    p != p->bench->aside)
			note_latency(p->bench, value, len);
	}
	return p->bench->table->count_only ? 1 : hash_keep(h);
}

static unsigned
each_prefix(struct peer *p, struct wire w, uint32_t hash)
{
	unsigned n = 0;

	for (; wire_left(&w); n++) {
		unsigned plen = wire_u8(&w), len = (plen + 7) / 8;
		const uint8_t *key = wire_take(&w, len);
		uint32_t addr = 0, prefix;

		if (!key || len > 4)
			break;
		for (unsigned i = 0; i < len; i++)
			addr |= (uint32_t)key[i] << (24 - 8 * i);
		prefix = table_find(p->bench->table, addr, plen);
		if (prefix == SLOT_NONE)
			p->unknown++;
		else
			hold(p, prefix, hash);
	}
	return n;
}

static void
on_raw(struct client *c, void *ctx, const uint8_t *body, size_t len)
{
	struct peer *p = ctx;
	struct wire w = wire_init(body, len);
	struct wire withdrawn = wire_sub(&w, wire_u16(&w));
	struct wire attrs = wire_sub(&w, wire_u16(&w));

	(void)c;
	if (w.bad || (wire_left(&w) == 0 && wire_left(&withdrawn) == 0))
		return; /* End-of-RIB */
	p->updates++;
	if (wire_left(&withdrawn))
		p->withdrawn += each_prefix(p, withdrawn, 0);
	if (wire_left(&w))
		p->announced += each_prefix(p, w, hash_attrs(p, attrs));
	p->changed_us = now_us();
}

static void
on_up(struct client *c, void *ctx)
{
	struct peer *p = ctx;
	const struct table *t = p->bench->table;

	if (p->sender >= 0)
		client_send_borrowed(c, t->sender[p->sender].stream.p,
		    t->sender[p->sender].stream.n);
}

static void
forget(struct peer *p)
{
	memset(p->held, 0, p->bench->table->n * sizeof(*p->held));
	recount(p);
}

static void
on_down(struct client *c, void *ctx, const struct down_reason *why)
{
	struct peer *p = ctx;

	p->bench->lost++;
	fprintf(stderr, "session %s lost: class %d, code %u.%u, errno %d %s\n", client_name(c),
	    why->class, why->code, why->subcode, why->sys_errno, why->text);
	forget(p);
}

void
peer_stop(struct peer *p)
{
	client_stop(p->client);
	forget(p);
}

const struct client_ops peer_ops = {
	.up = on_up,
	.down = on_down,
	.raw = on_raw,
};
