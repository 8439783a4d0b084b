/*
 * Output queue: a ring of pieces.
 */
#include "daemon/outq.h"

#include <string.h>

#include "base/mem.h"
#include "base/wire.h"
#include "bgp/proto.h"
#include "rib/segment.h"

void
outq_init(struct outq *q)
{
	*q = (struct outq){ 0 };
}

static struct out_piece *
piece_at(const struct outq *q, uint32_t i)
{
	return &q->piece[(q->first + i) & (q->cap - 1)];
}

void
outq_clear(struct outq *q)
{
	for (uint32_t i = 0; i < q->n; i++)
		segment_unref(piece_at(q, i)->segment);
	mem_free(q->piece);
	outq_init(q);
}

static void
grow(struct outq *q)
{
	uint32_t cap = q->cap ? q->cap * 2 : 8;
	struct out_piece *piece = MEM_ARRAY(struct out_piece, cap);

	for (uint32_t i = 0; i < q->n; i++)
		piece[i] = *piece_at(q, i);
	mem_free(q->piece);
	q->piece = piece;
	q->cap = cap;
	q->first = 0;
}

/* Takes over the reference. */
static void
push(struct outq *q, struct segment *s, uint32_t at, uint32_t end)
{
	if (q->n == q->cap)
		grow(q);
	*piece_at(q, q->n++) = (struct out_piece){ s, at, end };
	q->bytes += end - at;
}

void
outq_bytes(struct outq *q, const void *p, size_t n)
{
	struct segment *s = mem_alloc(sizeof(*s) + n);

	s->refs = 1;
	s->len = (uint32_t)n;
	memcpy(s->bytes, p, n);
	push(q, s, 0, (uint32_t)n);
}

static bool
skipped(uint32_t source, const uint32_t *skip, unsigned skip_n)
{
	for (unsigned i = 0; i < skip_n; i++)
		if (skip[i] == source)
			return true;
	return false;
}

void
outq_segment(struct outq *q, struct segment *s, const uint32_t *skip, unsigned skip_n)
{
	uint32_t from = 0, at = 0;

	/* Neighbouring runs that are sent become one piece. */
	for (uint32_t i = 0; i < s->run_n; i++) {
		const struct segment_run *r = &s->runs[i];

		if (r->source && skipped(r->source, skip, skip_n)) {
			if (at > from) {
				segment_ref(s, 1);
				push(q, s, from, at);
			}
			from = r->end;
		}
		at = r->end;
	}
	if (s->len > from) {
		segment_ref(s, 1);
		push(q, s, from, s->len);
	}
}

unsigned
outq_iov(const struct outq *q, struct iovec *iov, unsigned max)
{
	unsigned n = q->n < max ? q->n : max;

	for (unsigned i = 0; i < n; i++) {
		struct out_piece *p = piece_at(q, i);

		iov[i].iov_base = p->segment->bytes + p->at;
		iov[i].iov_len = p->end - p->at;
	}
	return n;
}

static void
pop(struct outq *q)
{
	segment_unref(piece_at(q, 0)->segment);
	q->first = (q->first + 1) & (q->cap - 1);
	q->n--;
}

void
outq_sent(struct outq *q, size_t n)
{
	q->bytes -= n;
	while (n) {
		struct out_piece *p = piece_at(q, 0);
		size_t left = p->end - p->at;

		if (n < left) {
			p->at += (uint32_t)n;
			return;
		}
		n -= left;
		pop(q);
	}
	if (q->n == 0 && q->cap > 1024)
		outq_clear(q);
}

/* Offset of the end of the message that byte `at` of the segment lies in, `at` itself
 * when it is the start of one.  Segments hold whole messages from their first byte. */
static uint32_t
message_end(const struct segment *s, uint32_t at)
{
	uint32_t m = 0;

	while (m < at && m + BGP_HEADER_LEN <= s->len)
		m += get_u16(s->bytes + m + 16);
	return m;
}

void
outq_cut(struct outq *q)
{
	struct out_piece first, last;
	uint32_t end;

	if (q->n < 2)
		return;
	first = *piece_at(q, 0);
	last = *piece_at(q, q->n - 1);
	segment_ref(first.segment, 1);
	segment_ref(last.segment, 1);
	outq_clear(q);
	end = message_end(first.segment, first.at);
	if (end > first.at && end <= first.end)
		push(q, first.segment, first.at, end);
	else
		segment_unref(first.segment);
	push(q, last.segment, last.at, last.end);
}
