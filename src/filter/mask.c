/*
 * Path masks: `[= * 65000 ? 64512..65534 + =]`.  Matching walks the path once and keeps
 * the set of places in the mask that can have been reached: no backtracking, whatever the
 * mask.
 */
#include "filter/path.h"

#include <string.h>

#include "base/wire.h"
#include "bgp/proto.h"
#include "filter/set.h"

#define ITEM_WORDS 4

static struct mask_item
item_at(const struct val *mask, unsigned i)
{
	const uint32_t *w = (const uint32_t *)mask->data + 1 + ITEM_WORDS * i;

	return (struct mask_item){ w[0], w[1], w[2], w[3] };
}

static unsigned
item_count(const struct val *mask)
{
	return *(const uint32_t *)mask->data;
}

static struct val
item_set(const struct val *mask, const struct mask_item *item)
{
	const uint32_t *w = mask->data;

	return (struct val){
		.type = VAL_SET, .sub = VAL_INT, .len = item->high, .data = w + item->low
	};
}

struct val
vmask_build(struct arena *arena, const struct mask_item *items, const struct val *sets,
    unsigned n)
{
	size_t words = 1 + ITEM_WORDS * (size_t)n, at = words;
	uint32_t *w;

	for (unsigned i = 0; i < n; i++)
		words += items[i].kind == MASK_SET ? sets[i].len / 4 : 0;
	w = ARENA_ARRAY(arena, uint32_t, words);
	w[0] = n;
	for (unsigned i = 0; i < n; i++) {
		struct mask_item item = items[i];

		if (item.kind == MASK_SET) {
			item.low = (uint32_t)at;
			item.high = sets[i].len;
			memcpy(w + at, sets[i].data, sets[i].len);
			at += sets[i].len / 4;
		}
		memcpy(w + 1 + ITEM_WORDS * i, &item, sizeof(item));
	}
	return val_bytes(VAL_MASK, w, 4 * words);
}

bool
vmask_fill(
    struct arena *arena, const struct val *mask, const struct val *args, struct val *out)
{
	struct mask_item items[MASK_ITEMS_MAX];
	struct val sets[MASK_ITEMS_MAX];
	unsigned n = item_count(mask);

	for (unsigned i = 0; i < n; i++) {
		items[i] = item_at(mask, i);
		if (items[i].kind == MASK_SET)
			sets[i] = item_set(mask, &items[i]);
		if (items[i].kind != MASK_ARG)
			continue;
		sets[i] = args[items[i].low];
		if (sets[i].type == VAL_INT) {
			items[i].kind = MASK_RANGE;
			items[i].low = items[i].high = sets[i].num;
		} else if (sets[i].type == VAL_SET && vset_takes(sets[i].sub, VAL_INT)) {
			items[i].kind = MASK_SET;
		} else {
			return false;
		}
	}
	*out = vmask_build(arena, items, sets, n);
	return true;
}

/* One element of the path: an AS, or a set of which any member may match. */
struct element {
	const uint8_t *as;
	unsigned n;
};

static bool
item_takes(const struct val *mask, const struct mask_item *item, const struct element *e)
{
	struct val set = { .type = VAL_VOID };

	if (item->kind == MASK_ONE || item->kind == MASK_ANY)
		return true;
	if (item->kind == MASK_SET)
		set = item_set(mask, item);
	for (unsigned i = 0; i < e->n; i++) {
		struct val as = val_num(VAL_INT, get_u32(e->as + 4 * i));

		if (item->kind == MASK_SET ? vset_has(&set, &as)
					   : as.num >= item->low && as.num <= item->high)
			return true;
	}
	return false;
}

/* reached[i]: the first i items have matched so far. */
struct places {
	bool reached[MASK_ITEMS_MAX + 1];
};

/* What `*` lets pass for nothing. */
static void
skip_any(const struct val *mask, struct places *p)
{
	unsigned n = item_count(mask);

	for (unsigned i = 0; i < n; i++) {
		if (p->reached[i] && item_at(mask, i).kind == MASK_ANY)
			p->reached[i + 1] = true;
	}
}

/* One element passes by.  A set stands for any sequence of its members, `many`: it may take
 * several items in a row. */
static bool
step(const struct val *mask, struct places *p, const struct element *e, bool many)
{
	unsigned n = item_count(mask);
	struct places next = { { false } };
	bool alive = false;

	for (unsigned i = 0; i < n; i++) {
		struct mask_item item = item_at(mask, i);
		bool again = item.kind != MASK_ANY && item.repeat && p->reached[i + 1];

		if (!(p->reached[i] || (many && next.reached[i]) || again) ||
		    !item_takes(mask, &item, e))
			continue;
		next.reached[i] |= item.kind == MASK_ANY;
		next.reached[i + 1] = true;
		alive = true;
	}
	*p = next;
	skip_any(mask, p);
	return alive;
}

static bool
step_segment(
    const struct val *mask, struct places *p, unsigned type, const struct element *s)
{
	if (type == SEG_SET || type == SEG_CONFED_SET)
		return s->n == 0 || step(mask, p, s, true);
	for (unsigned i = 0; i < s->n; i++) {
		struct element e = { s->as + 4 * i, 1 };

		if (!step(mask, p, &e, false))
			return false;
	}
	return true;
}

unsigned
vmask_items(const struct val *mask)
{
	return item_count(mask);
}

bool
vmask_match(const struct val *mask, const struct val *path)
{
	struct wire w = wire_init(path->data, path->len);
	struct places p = { { true } };

	skip_any(mask, &p);
	while (wire_left(&w)) {
		unsigned type = wire_u8(&w);
		struct element s = { .n = wire_u8(&w) };

		s.as = wire_take(&w, 4u * s.n);
		if (w.bad || !step_segment(mask, &p, type, &s))
			return false;
	}
	return p.reached[item_count(mask)];
}

void
vtext_mask_items(struct vtext *t, const struct val *mask)
{
	unsigned n = item_count(mask);

	vtext_str(t, "[= ");
	for (unsigned i = 0; i < n; i++) {
		struct mask_item item = item_at(mask, i);
		struct val set = item_set(mask, &item);

		if (item.kind == MASK_SET)
			vtext_val(t, &set);
		else if (item.kind == MASK_RANGE && item.low != item.high)
			vtext_add(t, "%u..%u", item.low, item.high);
		else if (item.kind == MASK_RANGE)
			vtext_add(t, "%u", item.low);
		else
			vtext_str(t, item.kind == MASK_ANY ? "*" : "?");
		vtext_str(t, item.repeat ? " + " : " ");
	}
	vtext_str(t, "=]");
}
