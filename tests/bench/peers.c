/*
 * The receiving side: sessions, latency, what is still to come.
 */
#include <stdio.h>
#include <time.h>
#include "views.h"

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

/* -- what peers hold ---------------------------------------------------------------------- */

bool
peer_right(const struct peer *p)
{
	return p->index == p->view->n && p->view->wrong == 0;
}

uint32_t
peer_wrong(const struct peer *p)
{
	return p->view->wrong + p->view->unknown;
}

unsigned
peers_pending(const struct bench *b)
{
	unsigned n = 0;

	for (unsigned i = 0; i < b->n_peers; i++)
		n += b->peers[i].counted && !peer_right(&b->peers[i]);
	return n;
}

void
peers_recount(struct bench *b)
{
	for (struct view *v = b->views; v; v = v->next)
		view_recount(b, v);
}

void
peers_expect(struct bench *b, const struct churned *c)
{
	for (struct view *v = b->views; v; v = v->next)
		view_expect(b, v, c);
}

uint32_t
peer_behind(const struct peer *p)
{
	return p->index < p->view->n ? view_behind(p) : p->view->wrong;
}

static void
note_gap(struct peer *p, uint64_t now)
{
	uint64_t from = p->bench->gaps_from;

	if (p->changed_us > from)
		from = p->changed_us;
	if (now > from && now - from > p->gap_us)
		p->gap_us = now - from;
}

void
peers_gaps_begin(struct bench *b)
{
	for (unsigned i = 0; i < b->n_peers; i++)
		b->peers[i].gap_us = 0;
	b->gaps_from = now_us();
}

uint64_t
peers_gap_us(struct bench *b)
{
	uint64_t now = now_us(), longest = 0;

	for (unsigned i = b->n_senders; i < b->n_peers; i++) {
		struct peer *p = &b->peers[i];

		if (!p->counted || p == b->aside)
			continue;
		note_gap(p, now);
		if (p->gap_us > longest)
			longest = p->gap_us;
	}
	b->gaps_from = 0;
	return longest;
}

void
peers_explain(const struct bench *b)
{
	unsigned told = 0;

	for (unsigned i = 0; i < b->n_peers && told < 3; i++) {
		const struct peer *p = &b->peers[i];

		if (!p->counted || peer_right(p))
			continue;
		told++;
		fprintf(stderr, "\n%s (%s): %u routes wrong, %u unknown, "
		    "%zu of %zu messages of others missing", client_name(p->client),
		    client_is_up(p->client) ? "up" : "down", p->view->wrong,
		    p->view->unknown, p->view->n - p->index, p->view->n);
		view_explain(b, p->view, 4);
	}
	fputc('\n', stderr);
}

void
peers_fini(struct bench *b)
{
	for (unsigned i = 0; i < b->n_peers; i++)
		view_leave(&b->peers[i]);
}

/* Receivers that come up in the same phase are likely to be told the same. */
static void
forget(struct peer *p)
{
	struct bench *b = p->bench;

	if (p->sender < 0 && !b->fresh)
		b->fresh = view_new(b, -1);
	view_join(p, p->sender < 0 ? b->fresh : view_new(b, p->sender));
}

void
peer_init(struct peer *p)
{
	forget(p);
}

/* -- input -------------------------------------------------------------------------------- */

static void
on_raw(struct client *c, void *ctx, const uint8_t *body, size_t len)
{
	struct peer *p = ctx;
	struct bench *b = p->bench;
	struct step s;

	(void)c;
	if (len <= 4)
		return; /* End-of-RIB */
	s = view_take(p, body, len);
	if (b->gaps_from)
		note_gap(p, now_us());
	p->updates++;
	p->announced += s.announced;
	p->withdrawn += s.withdrawn;
	p->changed_us = now_us();
	if (b->latency && s.seq < b->sent_n && p != b->aside)
		latency_add(b->latency, p->changed_us - b->sent_us[s.seq]);
}

static void
on_up(struct client *c, void *ctx)
{
	struct peer *p = ctx;
	const struct table *t = p->bench->table;
	const struct codec *codec = &client_negotiated(c)->codec;

	if ((p->sender >= 0 && t->conf.add_path_tx && !codec->add_path_tx[FAM_IP4]) ||
	    (p->sender < 0 && t->conf.add_path_rx && !codec->add_path_rx[FAM_IP4])) {
		if (!p->bench->unable++)
			fprintf(stderr, "session %s: no add-path\n", client_name(c));
		return;
	}
	if (p->sender >= 0)
		client_send_borrowed(c, t->sender[p->sender].stream.p,
		    t->sender[p->sender].stream.n);
}

static void
on_down(struct client *c, void *ctx, const struct down_reason *why)
{
	struct peer *p = ctx;

	p->bench->lost++;
	fprintf(stderr, "session %s lost: class %d, code %u.%u, errno %d %s\n",
	    client_name(c), why->class, why->code, why->subcode, why->sys_errno,
	    why->text);
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
