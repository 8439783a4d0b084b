/*
 * Labels: from the wire to numbers, and back (RFC 8277, 2.2).
 *
 *    0                   1                   2
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                 label                 | 0   |S|   S: the last one, innermost
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
#include "bgp/labels.h"

#include <string.h>
#include "base/wire.h"

enum { WIRE_LEN = 3, KEPT_LEN = 4 };

#define LABEL_BOTTOM 1u

void
draft_set_labels(struct draft *d, const uint8_t *wire, size_t len)
{
	uint8_t kept[KEPT_LEN * LABELS_MAX];
	size_t n = len / WIRE_LEN;

	if (!n) {
		draft_unset(d, LOCAL_LABELS);
		return;
	}
	n = n > LABELS_MAX ? LABELS_MAX : n;
	for (size_t i = 0; i < n; i++, wire += WIRE_LEN)
		put_u32(kept + KEPT_LEN * i,
		    ((uint32_t)wire[0] << 16 | (uint32_t)wire[1] << 8 | wire[2]) >> 4);
	draft_set(d, 0, LOCAL_LABELS, kept, KEPT_LEN * n);
}

static void
label_push(struct label_stack *s, uint32_t label)
{
	uint8_t *p = s->b + s->len;

	if (s->len)
		p[-1] &= (uint8_t)~LABEL_BOTTOM;
	p[0] = (uint8_t)(label >> 12);
	p[1] = (uint8_t)(label >> 4);
	p[2] = (uint8_t)(label << 4 | LABEL_BOTTOM);
	s->len += WIRE_LEN;
}

struct label_stack
label_stack_one(uint32_t label)
{
	struct label_stack s = { 0 };

	label_push(&s, label);
	return s;
}

struct label_stack
hop_labels(const struct hop *h)
{
	struct label_stack s = { 0 };

	for (unsigned i = 0; i < h->label_n && i < HOP_LABELS; i++)
		label_push(&s, h->label[i]);
	return s;
}

unsigned
attrs_label_list(const struct attrs *a, uint32_t label[LABELS_MAX])
{
	unsigned n = 0;
	struct attr at;

	if (!a->local_len || !attrs_find(a, LOCAL_LABELS, &at))
		return 0;
	for (; n < LABELS_MAX && KEPT_LEN * (n + 1) <= at.len; n++)
		label[n] = get_u32(at.data + KEPT_LEN * n);
	return n;
}

struct label_stack
attrs_labels(const struct attrs *a)
{
	uint32_t label[LABELS_MAX];
	unsigned n = attrs_label_list(a, label);
	struct label_stack s = { 0 };

	for (unsigned i = 0; i < n; i++)
		label_push(&s, label[i]);
	return s;
}

void
draft_set_nlri_rest(struct draft *d, const struct label_stack *rest)
{
	if (rest->len)
		draft_set(d, 0, LOCAL_NLRI, rest->b, rest->len);
	else
		draft_unset(d, LOCAL_NLRI);
}

struct label_stack
attrs_nlri_rest(const struct attrs *a)
{
	struct label_stack s = { 0 };
	struct attr at;

	if (!a->local_len || !attrs_find(a, LOCAL_NLRI, &at) || at.len > sizeof(s.b))
		return s;
	s.len = (uint8_t)at.len;
	memcpy(s.b, at.data, at.len);
	return s;
}
