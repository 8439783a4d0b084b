/*
 * AS paths as a filter sees and edits them (RFC 4271, 5.1.2; RFC 5065 for
 * confederations). Segments: type, count, numbers of four octets.  Input has been checked
 * by the decoder, yet every read is bounded.
 */
#include "filter/path.h"

#include <string.h>

#include "base/wire.h"
#include "bgp/proto.h"
#include "filter/set.h"

struct segment {
	uint8_t type, n;
	const uint8_t *as;
};

static bool
segment_next(struct wire *w, struct segment *s)
{
	if (!wire_left(w))
		return false;
	s->type = wire_u8(w);
	s->n = wire_u8(w);
	s->as = wire_take(w, 4u * s->n);
	return !w->bad;
}

static bool
is_set(const struct segment *s)
{
	return s->type == SEG_SET || s->type == SEG_CONFED_SET;
}

uint32_t
vpath_length(const struct val *path)
{
	struct wire w = wire_init(path->data, path->len);
	struct segment s;
	uint32_t n = 0;

	while (segment_next(&w, &s)) {
		if (s.type == SEG_SEQUENCE)
			n += s.n;
		else if (s.type == SEG_SET)
			n++;
	}
	return n;
}

uint32_t
vpath_first(const struct val *path)
{
	struct wire w = wire_init(path->data, path->len);
	struct segment s;

	if (!segment_next(&w, &s) || is_set(&s) || !s.n)
		return 0;
	return get_u32(s.as);
}

uint32_t
vpath_last(const struct val *path)
{
	struct wire w = wire_init(path->data, path->len);
	struct segment s;
	uint32_t as = 0;

	while (segment_next(&w, &s))
		as = is_set(&s) || !s.n ? 0 : get_u32(s.as + 4 * (s.n - 1));
	return as;
}

uint32_t
vpath_last_nonaggregated(const struct val *path)
{
	struct wire w = wire_init(path->data, path->len);
	struct segment s;
	uint32_t as = 0;

	while (segment_next(&w, &s) && !is_set(&s)) {
		if (s.n)
			as = get_u32(s.as + 4 * (s.n - 1));
	}
	return as;
}

bool
vpath_next(const struct val *path, uint32_t *pos, uint32_t *left, uint32_t *as)
{
	const uint8_t *p = path->data;

	while (!*left) {
		if (*pos + 2 > path->len)
			return false;
		*left = p[*pos + 1];
		*pos += 2;
	}
	if (*pos + 4 > path->len)
		return false;
	*as = get_u32(p + *pos);
	*pos += 4;
	--*left;
	return true;
}

bool
vpath_has(const struct val *path, uint32_t as)
{
	uint32_t pos = 0, left = 0, x;

	while (vpath_next(path, &pos, &left, &x)) {
		if (x == as)
			return true;
	}
	return false;
}

struct val
vpath_prepend(struct arena *arena, const struct val *path, uint32_t as)
{
	const uint8_t *p = path->data;
	bool join = path->len >= 2 && p[0] == SEG_SEQUENCE && p[1] && p[1] < 255;
	size_t skip = join ? 2 : 0, rest = path->len - skip;
	uint8_t *to = arena_alloc(arena, 6 + rest);

	to[0] = SEG_SEQUENCE;
	to[1] = (uint8_t)(join ? p[1] + 1 : 1);
	put_u32(to + 2, as);
	if (rest)
		memcpy(to + 6, p + skip, rest);
	return val_bytes(VAL_PATH, to, 6 + rest);
}

static bool
is_among(const struct val *what, uint32_t as)
{
	struct val v = val_num(VAL_INT, as);

	return what->type == VAL_SET ? vset_has(what, &v) : what->num == as;
}

struct val
vpath_filter(
    struct arena *arena, const struct val *path, const struct val *what, bool keep)
{
	struct wire w = wire_init(path->data, path->len);
	uint8_t *out = arena_alloc(arena, path->len + 4), *to = out;
	struct segment s;

	while (segment_next(&w, &s)) {
		unsigned n = 0;

		for (unsigned i = 0; i < s.n; i++) {
			uint32_t as = get_u32(s.as + 4 * i);

			if (is_among(what, as) == keep)
				put_u32(to + 2 + 4 * n++, as);
		}
		if (!n)
			continue;
		to[0] = s.type;
		to[1] = (uint8_t)n;
		to += 2 + 4 * n;
	}
	return val_bytes(VAL_PATH, out, (size_t)(to - out));
}
