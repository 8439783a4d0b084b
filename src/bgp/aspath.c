/*
 * AS paths: checks, the two widths (RFC 6793), prepending, and text.
 *
 *   +------+-------+--------+--------+---
 *   | type | count | AS ... | AS ... |   type: set, sequence, or of a confederation
 *   +------+-------+--------+--------+---
 *
 * All but path_fault take paths that it has passed.  They walk with a cursor all the
 * same, so that a path that was not checked ends early instead of being overrun.
 */
#include "aspath.h"

#include <stdio.h>
#include "bgp/attrs.h"
#include "bgp/proto.h"

static bool
is_confed(const struct path_seg *seg)
{
	return seg->type == SEG_CONFED_SEQUENCE || seg->type == SEG_CONFED_SET;
}

static uint32_t
as_get(const uint8_t *p, size_t as_len)
{
	return as_len == 4 ? get_u32(p) : get_u16(p);
}

/* What a segment adds to the length of a path. */
static unsigned
seg_weight(const struct path_seg *seg)
{
	if (is_confed(seg))
		return 0;
	return seg->type == SEG_SET ? 1 : seg->n;
}

static const char *
seg_fault(const struct path_seg *seg, size_t as_len, bool confed)
{
	if (seg->type < SEG_SET || seg->type > SEG_CONFED_SET)
		return "unknown segment type";
	if (!seg->n)
		return "empty segment";
	if (is_confed(seg) && !confed)
		return "confederation segment from outside";
	for (size_t i = 0; i < seg->n; i++)
		if (!as_get(seg->as + i * as_len, as_len))
			return "AS 0 in path"; /* RFC 7607 */
	return NULL;
}

const char *
path_fault(const uint8_t *data, size_t len, size_t as_len, bool confed)
{
	struct wire w = wire_init(data, len);
	struct path_seg seg;
	const char *fault;

	while (wire_left(&w)) {
		if (!path_next(&w, as_len, &seg))
			return "segment overruns the path";
		fault = seg_fault(&seg, as_len, confed);
		if (fault)
			return fault;
	}
	return NULL;
}

struct path_facts
path_facts(const uint8_t *data, size_t len)
{
	struct wire w = wire_init(data, len);
	struct path_facts f = { 0 };
	struct path_seg seg;
	bool first = true;

	while (path_next(&w, 4, &seg)) {
		if (is_confed(&seg)) {
			f.confed = true;
			continue;
		}
		if (first && seg.type == SEG_SEQUENCE && seg.n)
			f.first_as = get_u32(seg.as);
		first = false;
		f.length += seg_weight(&seg);
	}
	return f;
}

uint32_t
path_last_as(const uint8_t *data, size_t len)
{
	struct wire w = wire_init(data, len);
	struct path_seg seg;
	uint32_t as = 0;

	while (path_next(&w, 4, &seg)) {
		if (seg.type == SEG_SET)
			as = 0;
		else if (seg.n &&
			 (seg.type == SEG_SEQUENCE || seg.type == SEG_CONFED_SEQUENCE))
			as = get_u32(seg.as + 4 * (seg.n - 1u));
	}
	return as;
}

unsigned
path_count(const uint8_t *data, size_t len, uint32_t as)
{
	struct wire w = wire_init(data, len);
	struct path_seg seg;
	unsigned n = 0;

	while (path_next(&w, 4, &seg))
		for (size_t i = 0; i < seg.n; i++)
			n += get_u32(seg.as + 4 * i) == as;
	return n;
}

bool
path_is_wide(struct path path)
{
	struct wire w = wire_init(path.data, path.len);
	struct path_seg seg;

	while (path_next(&w, 4, &seg))
		for (size_t i = 0; i < seg.n && !is_confed(&seg); i++)
			if (get_u32(seg.as + 4 * i) > UINT16_MAX)
				return true;
	return false;
}

static void
as_write(struct wbuf *to, uint32_t as, size_t as_len)
{
	if (as_len == 4)
		wbuf_u32(to, as);
	else
		wbuf_u16(to, (uint16_t)(as > UINT16_MAX ? AS_TRANS : as));
}

static void
head_write(struct wbuf *to, uint8_t type, unsigned n)
{
	wbuf_u8(to, type);
	wbuf_u8(to, (uint8_t)n);
}

static void
body_write(struct wbuf *to, const struct path_seg *seg, size_t from_len, size_t as_len)
{
	if (from_len == as_len) {
		wbuf_put(to, seg->as, seg->n * as_len);
		return;
	}
	for (size_t i = 0; i < seg->n; i++)
		as_write(to, as_get(seg->as + i * from_len, from_len), as_len);
}

static void
seg_write(struct wbuf *to, const struct path_seg *seg, size_t from_len, size_t as_len)
{
	head_write(to, seg->type, seg->n);
	body_write(to, seg, from_len, as_len);
}

struct path
path_widen(struct arena *arena, const uint8_t *data, size_t len)
{
	struct wire w = wire_init(data, len);
	struct wbuf to = wbuf_init(arena_alloc(arena, 2 * len), 2 * len);
	struct path_seg seg;

	while (path_next(&w, 2, &seg))
		seg_write(&to, &seg, 2, 4);
	return (struct path){ to.start, wbuf_len(&to) };
}

/* Copies the leading segments of a path that are worth `keep` numbers, with confederation
 * segments at its head or next to what is copied.  Returns where the last one starts. */
static uint8_t *
lead_write(struct wbuf *to, struct path path, unsigned keep)
{
	struct wire w = wire_init(path.data, path.len);
	struct path_seg seg;
	uint8_t *last = NULL;
	bool whole = true;

	while (whole && path_next(&w, 4, &seg)) {
		if (!is_confed(&seg) && !keep)
			break;
		whole = seg_weight(&seg) <= keep;
		if (!whole)
			seg.n = (uint8_t)keep;
		keep -= seg_weight(&seg);
		last = to->pos;
		seg_write(to, &seg, 4, 4);
	}
	return last;
}

struct path
path_merge(struct arena *arena, struct path path, struct path as4)
{
	unsigned have = path_facts(path.data, path.len).length;
	unsigned have4 = path_facts(as4.data, as4.len).length;
	struct wire w = wire_init(as4.data, as4.len);
	struct path_seg seg;
	struct wbuf to;
	uint8_t *last;

	if (have < have4)
		return path;
	to = wbuf_init(arena_alloc(arena, path.len + as4.len), path.len + as4.len);
	last = lead_write(&to, path, have - have4);
	while (path_next(&w, 4, &seg)) {
		if (is_confed(&seg)) /* has no place in AS4_PATH (RFC 6793, 6) */
			continue;
		if (last && last[0] == SEG_SEQUENCE && seg.type == SEG_SEQUENCE &&
		    last[1] + seg.n <= PATH_SEG_MAX) /* one sequence, cut in two by us */
			last[1] = (uint8_t)(last[1] + seg.n);
		else
			head_write(&to, seg.type, seg.n);
		body_write(&to, &seg, 4, 4);
		last = NULL;
	}
	return (struct path){ to.start, wbuf_len(&to) };
}

/* A sequence of n times the same number. */
static void
repeat_write(struct wbuf *to, uint32_t as, unsigned n)
{
	while (n--)
		wbuf_u32(to, as);
}

struct path
path_prepend(struct arena *arena, struct path path, uint32_t as, unsigned times)
{
	size_t size = path.len + 4 * (size_t)times + 2 * (1 + times / PATH_SEG_MAX);
	struct wbuf to = wbuf_init(arena_alloc(arena, size), size);
	struct wire w = wire_init(path.data, path.len);
	struct path_seg seg;
	unsigned fill = 0, n;

	if (path_next(&w, 4, &seg) && seg.type == SEG_SEQUENCE)
		fill = PATH_SEG_MAX - (unsigned)seg.n;
	if (fill > times)
		fill = times;
	for (times -= fill; times; times -= n) {
		n = times % PATH_SEG_MAX ? times % PATH_SEG_MAX : PATH_SEG_MAX;
		head_write(&to, SEG_SEQUENCE, n);
		repeat_write(&to, as, n);
	}
	w = wire_init(path.data, path.len);
	if (fill) {
		path_next(&w, 4, &seg);
		head_write(&to, SEG_SEQUENCE, seg.n + fill);
		repeat_write(&to, as, fill);
		wbuf_put(&to, seg.as, seg.n * 4u);
	}
	wbuf_put(&to, w.pos, wire_left(&w));
	return (struct path){ to.start, wbuf_len(&to) };
}

static bool
joins(const struct path_form *form, const struct path_seg *seg)
{
	return seg->type == (form->confed ? SEG_CONFED_SEQUENCE : SEG_SEQUENCE) &&
	       seg->n < PATH_SEG_MAX;
}

size_t
path_form_len(const struct path_form *form, struct path path)
{
	struct wire w = wire_init(path.data, path.len);
	size_t as_len = form->as4 ? 4 : 2, len = 0;
	bool prepend = form->prepend;
	struct path_seg seg;

	while (path_next(&w, 4, &seg)) {
		if (form->strip_confed && is_confed(&seg))
			continue;
		len += 2 + seg.n * as_len;
		if (prepend)
			len += joins(form, &seg) ? as_len : 2 + as_len;
		prepend = false;
	}
	return prepend ? len + 2 + as_len : len;
}

void
path_form_write(const struct path_form *form, struct path path, struct wbuf *to)
{
	struct wire w = wire_init(path.data, path.len);
	size_t as_len = form->as4 ? 4 : 2;
	uint8_t type = form->confed ? SEG_CONFED_SEQUENCE : SEG_SEQUENCE;
	uint32_t prepend = form->prepend;
	struct path_seg seg;

	while (path_next(&w, 4, &seg)) {
		if (form->strip_confed && is_confed(&seg))
			continue;
		if (prepend) {
			head_write(to, type, joins(form, &seg) ? seg.n + 1u : 1);
			as_write(to, prepend, as_len);
		}
		if (!prepend || !joins(form, &seg))
			head_write(to, seg.type, seg.n);
		body_write(to, &seg, 4, as_len);
		prepend = 0;
	}
	if (prepend) {
		head_write(to, type, 1);
		as_write(to, prepend, as_len);
	}
}

/* Text that may be cut: counts what it would have written. */
struct text {
	char *buf;
	size_t size, len;
};

static void
text_add(struct text *t, const char *s)
{
	for (; *s; s++, t->len++)
		if (t->len + 1 < t->size)
			t->buf[t->len] = *s;
}

static void
text_seg(struct text *t, const struct path_seg *seg)
{
	static const char *const open[] = { "", "{", "", "(", "({" };
	static const char *const close[] = { "", "}", "", ")", "})" };
	char number[16];

	text_add(t, open[seg->type <= SEG_CONFED_SET ? seg->type : 0]);
	for (size_t i = 0; i < seg->n; i++) {
		snprintf(
		    number, sizeof(number), i ? " %u" : "%u", get_u32(seg->as + 4 * i));
		text_add(t, number);
	}
	text_add(t, close[seg->type <= SEG_CONFED_SET ? seg->type : 0]);
}

size_t
path_format(const uint8_t *data, size_t len, char *buf, size_t size)
{
	struct wire w = wire_init(data, len);
	struct text t = { buf, size, 0 };
	struct path_seg seg;

	while (path_next(&w, 4, &seg)) {
		if (t.len)
			text_add(&t, " ");
		text_seg(&t, &seg);
	}
	if (size)
		buf[t.len < size ? t.len : size - 1] = 0;
	return t.len;
}
