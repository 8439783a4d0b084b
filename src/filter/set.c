/*
 * Sets: collected as they are written, sorted and merged at the end, searched by halving.
 * Adjacent ranges stay apart, as in BIRD; a lookup is the same and `eval` shows the text.
 */
#include "filter/set.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/wire.h"

enum {
	HEAD_TYPE,
	HEAD_WORDS,
	HEAD_RANGES,
	HEAD_COLUMNS,
	HEAD,
	WORDS_MAX = 4,
	SET_RANGES_MAX = 4 << 20,
	NARROW_MIN = 128, /* ranges; fewer are sorted by comparing */
};

struct range {
	uint32_t low[WORDS_MAX], high[WORDS_MAX];
};

struct ranges {
	struct range *at;
	size_t n, room;
};

struct set_builder {
	struct arena *arena;
	uint8_t type, group;
	unsigned words;
	struct ranges rows, columns;
};

struct set_builder *
vset_begin(struct arena *arena)
{
	struct set_builder *b = ARENA_NEW(arena, struct set_builder);

	b->arena = arena;
	b->words = 1;
	return b;
}

static struct range *
ranges_new(struct arena *arena, struct ranges *r)
{
	if (r->n == r->room) {
		size_t room = r->room ? r->room * 2 : 8;
		struct range *at = ARENA_ARRAY(arena, struct range, room);

		if (r->n)
			memcpy(at, r->at, r->n * sizeof(*at));
		r->at = at;
		r->room = room;
	}
	return &r->at[r->n++];
}

/* The value's key; returns its words, 0 if it cannot be an element. */
static unsigned
key_of(const struct val *v, uint32_t key[WORDS_MAX])
{
	switch (v->type) {
	case VAL_INT:
	case VAL_PAIR:
	case VAL_QUAD:
	case VAL_ENUM: key[0] = v->num; return 1;
	case VAL_RD:
	case VAL_MAC:
	case VAL_EC:
		key[0] = (uint32_t)(v->ec >> 32);
		key[1] = (uint32_t)v->ec;
		return 2;
	case VAL_LC: memcpy(key, v->lc, sizeof(v->lc)); return 3;
	case VAL_IP:
		for (int i = 0; i < 4; i++)
			key[i] = get_u32(v->ip.b + 4 * i);
		return 4;
	}
	return 0;
}

bool
vset_add(struct set_builder *b, const struct val *low, const struct val *high)
{
	struct range r = { .low = { 0 } };
	unsigned words = key_of(low, r.low);

	if (!words || low->type != high->type || low->sub != high->sub)
		return false;
	key_of(high, r.high);
	if (b->type && (b->type != low->type || b->group != low->sub))
		return false;
	b->type = low->type;
	b->group = low->sub;
	b->words = words;
	*ranges_new(b->arena, &b->rows) = r;
	return b->rows.n <= SET_RANGES_MAX;
}

static bool
add_strips(struct set_builder *b, struct ranges *to, const uint16_t major[2],
    const uint16_t minor[2])
{
	if (to->n + (size_t)(major[1] - major[0]) > SET_RANGES_MAX)
		return false;
	for (uint32_t m = major[0]; m <= major[1]; m++) {
		struct range *r = ranges_new(b->arena, to);

		*r = (struct range){ .low = { m << 16 | minor[0] },
			.high = { m << 16 | minor[1] } };
	}
	return true;
}

bool
vset_add_pairs(struct set_builder *b, const uint16_t first[2], const uint16_t second[2])
{
	if (b->type && b->type != VAL_PAIR)
		return false;
	b->type = VAL_PAIR;
	if (second[0] == 0 && second[1] == 0xffff) {
		*ranges_new(b->arena,
		    &b->rows) = (struct range){ .low = { (uint32_t)first[0] << 16 },
			.high = { (uint32_t)first[1] << 16 | 0xffff } };
		return b->rows.n <= SET_RANGES_MAX;
	}
	if (first[1] - first[0] <= 16 || first[1] - first[0] <= second[1] - second[0])
		return add_strips(b, &b->rows, first, second);
	return add_strips(b, &b->columns, second, first);
}

static int
key_cmp(const uint32_t *a, const uint32_t *b, unsigned words)
{
	for (unsigned i = 0; i < words; i++) {
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	}
	return 0;
}

static int
range_cmp(const void *a, const void *b)
{
	const struct range *x = a, *y = b;
	int c = key_cmp(x->low, y->low, WORDS_MAX);

	return c ? c : key_cmp(x->high, y->high, WORDS_MAX);
}

struct narrow {
	uint32_t low, high;
};

/* By eight bits of the lower end; equal ones keep their order. */
static void
narrow_pass(const struct narrow *from, struct narrow *to, size_t n, unsigned shift)
{
	size_t count[256] = { 0 }, at = 0, many;

	for (size_t i = 0; i < n; i++)
		count[from[i].low >> shift & 0xff]++;
	for (unsigned k = 0; k < 256; k++) {
		many = count[k];
		count[k] = at;
		at += many;
	}
	for (size_t i = 0; i < n; i++)
		to[count[from[i].low >> shift & 0xff]++] = from[i];
}

/* Many ranges of one word each, by their lower ends: four passes in place of all those
 * comparisons.  Which of two that begin alike comes first makes no difference, as they
 * are merged. */
static void
ranges_sort_narrow(struct ranges *r)
{
	struct narrow *list = mem_alloc(2 * r->n * sizeof(*list)), *other = list + r->n;

	for (size_t i = 0; i < r->n; i++)
		list[i] = (struct narrow){ r->at[i].low[0], r->at[i].high[0] };
	for (unsigned shift = 0; shift < 32; shift += 16) {
		narrow_pass(list, other, r->n, shift);
		narrow_pass(other, list, r->n, shift + 8);
	}
	for (size_t i = 0; i < r->n; i++)
		r->at[i] = (struct range){ .low = { list[i].low },
			.high = { list[i].high } };
	mem_free(list);
}

/* Sorts, merges what overlaps; returns whether anything did. */
static bool
ranges_merge(struct ranges *r, unsigned words)
{
	size_t out = 0;

	if (r->n < 2)
		return false;
	if (words == 1 && r->n >= NARROW_MIN)
		ranges_sort_narrow(r);
	else
		qsort(r->at, r->n, sizeof(*r->at), range_cmp);
	for (size_t i = 1; i < r->n; i++) {
		struct range *last = &r->at[out];

		if (key_cmp(r->at[i].low, last->high, WORDS_MAX) > 0)
			r->at[++out] = r->at[i];
		else if (key_cmp(r->at[i].high, last->high, WORDS_MAX) > 0)
			memcpy(last->high, r->at[i].high, sizeof(last->high));
	}
	if (out + 1 == r->n)
		return false;
	r->n = out + 1;
	return true;
}

void
vset_add_set(struct set_builder *b, const struct val *set)
{
	const uint32_t *s = set->data, *r = s + HEAD;
	unsigned words = s[HEAD_WORDS];

	if (b->rows.n && b->words != words)
		return;
	b->words = words;
	for (uint32_t i = 0; i < s[HEAD_RANGES]; i++, r += 2 * words) {
		struct range *to = ranges_new(b->arena, &b->rows);

		*to = (struct range){ .low = { 0 } };
		memcpy(to->low, r, words * sizeof(*r));
		memcpy(to->high, r + words, words * sizeof(*r));
	}
}

bool
vset_overlaps(const struct set_builder *b)
{
	struct ranges copy = { .n = b->rows.n };

	if (copy.n < 2)
		return false;
	copy.at = arena_dup(b->arena, b->rows.at, copy.n * sizeof(*copy.at));
	return ranges_merge(&copy, b->words);
}

static uint32_t *
put_ranges(uint32_t *to, const struct ranges *r, unsigned words)
{
	for (size_t i = 0; i < r->n; i++) {
		memcpy(to, r->at[i].low, words * sizeof(*to));
		memcpy(to + words, r->at[i].high, words * sizeof(*to));
		to += 2 * words;
	}
	return to;
}

struct val
vset_end(struct set_builder *b)
{
	struct val set = { .type = VAL_SET, .sub = b->type };
	uint32_t *at;

	ranges_merge(&b->rows, b->words);
	ranges_merge(&b->columns, 1);
	set.len = (uint32_t)(4 * (HEAD + 2 * b->words * (b->rows.n + b->columns.n)));
	set.data = at = arena_alloc(b->arena, set.len);
	at[HEAD_TYPE] = (uint32_t)(b->type | b->group << 8);
	at[HEAD_WORDS] = b->words;
	at[HEAD_RANGES] = (uint32_t)b->rows.n;
	at[HEAD_COLUMNS] = (uint32_t)b->columns.n;
	at = put_ranges(at + HEAD, &b->rows, b->words);
	put_ranges(at, &b->columns, b->words);
	return set;
}

static bool
find_word(const uint32_t *at, size_t n, uint32_t key)
{
	size_t low = 0;

	while (n) {
		size_t half = n / 2;
		const uint32_t *r = at + 2 * (low + half);

		if (key > r[1]) {
			low += half + 1;
			n -= half + 1;
		} else if (key >= r[0]) {
			return true;
		} else {
			n = half;
		}
	}
	return false;
}

static bool
find_key(const uint32_t *at, size_t n, unsigned words, const uint32_t *key)
{
	size_t low = 0;

	while (n) {
		size_t half = n / 2;
		const uint32_t *r = at + 2 * words * (low + half);

		if (key_cmp(key, r + words, words) > 0) {
			low += half + 1;
			n -= half + 1;
		} else if (key_cmp(key, r, words) >= 0) {
			return true;
		} else {
			n = half;
		}
	}
	return false;
}

static bool
has_word(const uint32_t *s, uint32_t key)
{
	const uint32_t *rows = s + HEAD;

	if (find_word(rows, s[HEAD_RANGES], key))
		return true;
	return s[HEAD_COLUMNS] && find_word(rows + 2 * s[HEAD_RANGES], s[HEAD_COLUMNS],
				      key << 16 | key >> 16);
}

unsigned
vset_element(const void *data)
{
	uint32_t type;

	memcpy(&type, (const uint8_t *)data + 4 * HEAD_TYPE, sizeof(type));
	return type & 0xff;
}

unsigned
vset_group(const struct val *set)
{
	return ((const uint32_t *)set->data)[HEAD_TYPE] >> 8;
}

bool
vset_takes(unsigned element, unsigned type)
{
	return element == type || element == VAL_VOID || element == VAL_ANY ||
	       type == VAL_ANY || (element == VAL_IP && type == VAL_QUAD) ||
	       (element == VAL_QUAD && type == VAL_IP);
}

bool
vset_has(const struct val *set, const struct val *v)
{
	const uint32_t *s = set->data;
	unsigned type = s[HEAD_TYPE] & 0xff;
	uint32_t key[WORDS_MAX];
	struct val as_ip;

	if (type == VAL_IP && v->type == VAL_QUAD) {
		as_ip = val_ip(ip_from4(v->num));
		v = &as_ip;
	}
	if (v->type != type || (type == VAL_ENUM && v->sub != s[HEAD_TYPE] >> 8))
		return false;
	if (s[HEAD_WORDS] == 1)
		return has_word(s, v->num);
	key_of(v, key);
	return find_key(s + HEAD, s[HEAD_RANGES], s[HEAD_WORDS], key);
}

static size_t
find_words(const uint32_t *s, const uint8_t *p, size_t len)
{
	const uint32_t *r = s + HEAD;
	size_t at = 0;

	if (s[HEAD_RANGES] == 1 && !s[HEAD_COLUMNS]) { /* most sets */
		while (at + 4 <= len && get_u32(p + at) - r[0] > r[1] - r[0])
			at += 4;
	} else {
		while (at + 4 <= len && !has_word(s, get_u32(p + at)))
			at += 4;
	}
	return at + 4 <= len ? at : len;
}

size_t
vset_find(const struct val *set, const uint8_t *p, size_t len, size_t width)
{
	const uint32_t *s = set->data, *first = s + HEAD;
	unsigned n = s[HEAD_RANGES], words = s[HEAD_WORDS];
	const uint32_t *last = first + (2 * (size_t)n - 1) * words;
	uint32_t key[WORDS_MAX];

	if (width == 4)
		return find_words(s, p, len);
	for (size_t at = 0; n && at + width <= len; at += width) {
		key[0] = get_u32(p + at);
		if (key[0] < first[0] || key[0] > last[0])
			continue;
		for (unsigned i = 1; i < words; i++)
			key[i] = get_u32(p + at + 4 * i);
		if (find_key(first, n, words, key))
			return at;
	}
	return len;
}

static bool
path_has_some(const struct val *set, const struct val *path)
{
	struct wire w = wire_init(path->data, path->len);

	while (wire_left(&w)) {
		const uint8_t *as;
		size_t n;

		wire_u8(&w);
		n = 4u * wire_u8(&w);
		as = wire_take(&w, n);
		if (!as)
			break;
		if (find_words(set->data, as, n) < n)
			return true;
	}
	return false;
}

bool
vset_has_some(const struct val *set, const struct val *list)
{
	const uint32_t *s = set->data;
	unsigned type = s[HEAD_TYPE] & 0xff;

	if (list->type == VAL_PATH)
		return type == VAL_INT && path_has_some(set, list);
	if (list->type == VAL_CLIST && type == VAL_IP) {
		const uint8_t *p = list->data;

		for (size_t at = 0; at + 4 <= list->len; at += 4) {
			struct val v = val_num(VAL_QUAD, get_u32(p + at));

			if (vset_has(set, &v))
				return true;
		}
		return false;
	}
	if (val_element(list->type) != type &&
	    !(list->type == VAL_CLIST && (type == VAL_QUAD || type == VAL_INT)))
		return false;
	return vset_find(set, list->data, list->len, val_list_width(list->type)) <
	       list->len;
}

static struct val
val_of_key(const uint32_t *s, const uint32_t *key)
{
	struct val v = { .type = (uint8_t)s[HEAD_TYPE],
		.sub = (uint8_t)(s[HEAD_TYPE] >> 8) };

	switch (v.type) {
	case VAL_RD:
	case VAL_MAC:
	case VAL_EC: v.ec = (uint64_t)key[0] << 32 | key[1]; break;
	case VAL_LC: memcpy(v.lc, key, sizeof(v.lc)); break;
	case VAL_IP:
		for (int i = 0; i < 4; i++)
			put_u32(v.ip.b + 4 * i, key[i]);
		break;
	default: v.num = key[0];
	}
	return v;
}

static void
text_column(struct vtext *t, const uint32_t *key)
{
	if (key[0] >> 16 == key[1] >> 16 && (key[0] & 0xffff) == 0 &&
	    (key[1] & 0xffff) == 0xffff)
		vtext_add(t, "(*,%u)", key[0] >> 16);
	else
		vtext_add(
		    t, "(%u..%u,%u)", key[0] & 0xffff, key[1] & 0xffff, key[0] >> 16);
}

/* (1, *), (1, 2, *): all that begin so, as a configuration writes them. */
static bool
text_wild(struct vtext *t, const struct val *low, const struct val *high)
{
	unsigned same = 0;

	if (low->type == VAL_PAIR) {
		if (low->num & 0xffff || high->num != (low->num | 0xffff))
			return false;
		vtext_add(t, "(%u,*)", low->num >> 16);
		return true;
	}
	if (low->type != VAL_LC)
		return false;
	while (same < 3 && low->lc[same] == high->lc[same])
		same++;
	for (unsigned i = same; i < 3; i++)
		if (low->lc[i] || high->lc[i] != UINT32_MAX)
			return false;
	for (unsigned i = 0; i < same; i++)
		vtext_add(t, "%s%u", i ? ", " : "(", low->lc[i]);
	for (unsigned i = same; i < 3; i++)
		vtext_add(t, "%s*", i ? ", " : "(");
	vtext_str(t, ")");
	return true;
}

void
vtext_set(struct vtext *t, const struct val *set)
{
	const uint32_t *s = set->data, *r = s + HEAD;
	unsigned words = s[HEAD_WORDS];

	vtext_str(t, "[");
	for (uint32_t i = 0; i < s[HEAD_RANGES]; i++, r += 2 * words) {
		struct val low = val_of_key(s, r), high = val_of_key(s, r + words);

		vtext_str(t, i ? ", " : "");
		if (t->plain && key_cmp(r, r + words, words) && text_wild(t, &low, &high))
			continue;
		vtext_val(t, &low);
		if (key_cmp(r, r + words, words) != 0) {
			vtext_str(t, "..");
			vtext_val(t, &high);
		}
	}
	for (uint32_t i = 0; i < s[HEAD_COLUMNS]; i++, r += 2) {
		vtext_str(t, i || s[HEAD_RANGES] ? ", " : "");
		text_column(t, r);
	}
	vtext_str(t, "]");
}
