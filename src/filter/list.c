/*
 * Community lists: flat arrays of 4, 8 or 12 bytes in network order.  Order is the order
 * of adding, no value stands twice (RFC 1997 says nothing of it; BIRD keeps it so).
 */
#include "filter/path.h"

#include <string.h>

#include "base/wire.h"
#include "filter/set.h"

size_t
vlist_element(unsigned list_type, const struct val *v, uint8_t *out)
{
	if (list_type == VAL_CLIST) {
		bool is4 = v->type == VAL_IP && ip_is4(&v->ip);

		if (v->type != VAL_PAIR && v->type != VAL_QUAD && v->type != VAL_INT &&
		    !is4)
			return 0;
		put_u32(out, is4 ? ip_to4(&v->ip) : v->num);
		return 4;
	}
	if (list_type == VAL_ECLIST && v->type == VAL_EC) {
		put_u32(out, (uint32_t)(v->ec >> 32));
		put_u32(out + 4, (uint32_t)v->ec);
		return 8;
	}
	if (list_type == VAL_LCLIST && v->type == VAL_LC) {
		for (int i = 0; i < 3; i++)
			put_u32(out + 4 * i, v->lc[i]);
		return 12;
	}
	return 0;
}

static struct val
element_at(const struct val *list, size_t pos)
{
	const uint8_t *p = (const uint8_t *)list->data + pos;
	struct val v = { .type = (uint8_t)val_element(list->type) };

	switch (list->type) {
	case VAL_ECLIST: v.ec = (uint64_t)get_u32(p) << 32 | get_u32(p + 4); break;
	case VAL_LCLIST:
		for (int i = 0; i < 3; i++)
			v.lc[i] = get_u32(p + 4 * i);
		break;
	default: v.num = get_u32(p);
	}
	return v;
}

bool
vlist_get(const struct val *list, uint32_t *pos, struct val *out)
{
	size_t width = val_list_width(list->type);

	if (!width || *pos + width > list->len)
		return false;
	*out = element_at(list, *pos);
	*pos += (uint32_t)width;
	return true;
}

size_t
vlist_find(const uint8_t *p, size_t len, const uint8_t *element, size_t width)
{
	uint32_t want, have; /* the first of up to three words tells nearly always */

	memcpy(&want, element, 4);
	for (size_t at = 0; at + width <= len; at += width) {
		memcpy(&have, p + at, 4);
		if (have == want &&
		    (width == 4 || memcmp(p + at + 4, element + 4, width - 4) == 0))
			return at;
	}
	return len;
}

static bool
has_bytes(const uint8_t *p, size_t len, const uint8_t *element, size_t width)
{
	return vlist_find(p, len, element, width) < len;
}

bool
vlist_has(const struct val *list, const struct val *v)
{
	uint8_t element[12];
	size_t width = vlist_element(list->type, v, element);

	return width && has_bytes(list->data, list->len, element, width);
}

bool
vlist_add(
    struct arena *arena, const struct val *list, const struct val *what, struct val *out)
{
	uint8_t element[12], *to;
	const uint8_t *from = element;
	size_t width = val_list_width(list->type), n = width,
	       len = list->len - list->len % width;

	if (what->type == list->type) {
		from = what->data;
		n = what->len - what->len % width;
	} else if (vlist_element(list->type, what, element) == 0) {
		return false;
	}
	*out = *list;
	if (!n || (n == width && has_bytes(list->data, len, from, width)))
		return true;
	to = arena_alloc(arena, len + n);
	if (len)
		memcpy(to, list->data, len);
	for (size_t at = 0; at < n; at += width) {
		if (!has_bytes(to, len, from + at, width)) {
			memcpy(to + len, from + at, width);
			len += width;
		}
	}
	*out = val_bytes(list->type, to, len);
	return true;
}

static bool
can_filter(const struct val *list, const struct val *what, bool keep)
{
	uint8_t element[12];

	if (what->type == VAL_SET)
		return vset_takes(what->sub, val_element(list->type)) ||
		       (list->type == VAL_CLIST &&
			   (what->sub == VAL_QUAD || what->sub == VAL_IP ||
			       what->sub == VAL_INT));
	if (what->type == list->type)
		return true;
	return !keep && vlist_element(list->type, what, element) != 0;
}

static bool
is_among(const struct val *what, const struct val *v)
{
	/* an element of a community list is a number as well */
	struct val num = val_num(what->sub == VAL_INT ? VAL_INT : VAL_QUAD, v->num);

	if (what->type != VAL_SET)
		return val_is_list(what->type) ? vlist_has(what, v) : false;
	return vset_has(what, v->type == VAL_PAIR && what->sub != VAL_PAIR ? &num : v);
}

bool
vlist_filter(struct arena *arena, const struct val *list, const struct val *what,
    bool keep, struct val *out)
{
	size_t width = val_list_width(list->type), len = 0;
	struct val one;
	uint8_t *to;

	if (!can_filter(list, what, keep))
		return false;
	one = *what;
	if (what->type != VAL_SET && what->type != list->type) {
		uint8_t *element = arena_alloc(arena, 12);

		one = val_bytes(
		    list->type, element, vlist_element(list->type, what, element));
	}
	to = arena_alloc(arena, list->len + 4);
	for (size_t at = 0; at + width <= list->len; at += width) {
		struct val v = element_at(list, at);

		if (is_among(&one, &v) != keep)
			continue;
		memcpy(to + len, (const uint8_t *)list->data + at, width);
		len += width;
	}
	*out = len == list->len ? *list : val_bytes(list->type, to, len);
	return true;
}

struct val
vlist_extreme(const struct val *list, bool greatest)
{
	struct val best = { .type = (uint8_t)val_element(list->type) }, v;
	uint32_t pos = 0;
	int order;

	if (!vlist_get(list, &pos, &best))
		return best;
	while (vlist_get(list, &pos, &v)) {
		if (val_order(&v, &best, &order) && (greatest ? order > 0 : order < 0))
			best = v;
	}
	return best;
}
