/*
 * Drafts: sets of attributes under construction.  An array in ascending order of type
 * code; values are borrowed until they change and new ones live in the draft's arena.
 */
#include "bgp/attrs.h"

#include <assert.h>
#include <string.h>
#include "aspath.h"
#include "decode.h"

#define FLAGS_KEPT (AF_OPTIONAL | AF_TRANSITIVE | AF_PARTIAL)

void
draft_init(struct draft *d, struct arena *arena)
{
	/* the array is left as it is: 4 KiB to clear would be most of a message's cost */
	d->arena = arena;
	d->n = 0;
	d->preference = 0;
	d->too_long = false;
	d->next_hop.len = 0;
}

void
draft_from(struct draft *d, struct arena *arena, const struct attrs *a)
{
	size_t pos = 0;

	draft_init(d, arena);
	d->preference = a->preference;
	d->next_hop = attrs_next_hop(a);
	while (attrs_next(a, &pos, &d->at[d->n]))
		d->n++;
}

/* Where the code is or would be.  From the end: messages come in order. */
static unsigned
place_of(const struct draft *d, unsigned code)
{
	unsigned i = d->n;

	while (i && d->at[i - 1].code >= code)
		i--;
	return i;
}

static bool
is_at(const struct draft *d, unsigned i, unsigned code)
{
	return i < d->n && d->at[i].code == code;
}

const struct attr *
draft_find(const struct draft *d, unsigned code)
{
	unsigned i = place_of(d, code);

	return is_at(d, i, code) ? &d->at[i] : NULL;
}

void
draft_put(struct draft *d, unsigned flags, unsigned code, const void *data, size_t len)
{
	unsigned i = place_of(d, code);

	if (len > UINT16_MAX) {
		d->too_long = true;
		return;
	}
	if (!is_at(d, i, code)) {
		assert(d->n < DRAFT_MAX);
		memmove(&d->at[i + 1], &d->at[i], (d->n - i) * sizeof(d->at[0]));
		d->n++;
	}
	d->at[i].flags = (uint8_t)(flags & FLAGS_KEPT);
	d->at[i].code = (uint16_t)code;
	d->at[i].len = (uint16_t)len;
	d->at[i].data = data;
}

void
draft_set(struct draft *d, unsigned flags, unsigned code, const void *data, size_t len)
{
	draft_put(d, flags, code, arena_dup(d->arena, data, len), len);
}

void
draft_unset(struct draft *d, unsigned code)
{
	unsigned i = place_of(d, code);

	if (!is_at(d, i, code))
		return;
	d->n--;
	memmove(&d->at[i], &d->at[i + 1], (d->n - i) * sizeof(d->at[0]));
}

/* What the type prescribes; our own attributes have none. */
static unsigned
flags_of(unsigned code)
{
	return code < LOCAL_ATTR ? attr_types[code].flags : 0;
}

bool
draft_u32(const struct draft *d, unsigned code, uint32_t *out)
{
	const struct attr *a = draft_find(d, code);

	if (!a || a->len != 4)
		return false;
	*out = get_u32(a->data);
	return true;
}

void
draft_set_u32(struct draft *d, unsigned code, uint32_t value)
{
	uint8_t b[4];

	put_u32(b, value);
	draft_set(d, flags_of(code), code, b, sizeof(b));
}

void
draft_set_u8(struct draft *d, unsigned code, uint8_t value)
{
	draft_set(d, flags_of(code), code, &value, 1);
}

void
draft_path_prepend(struct draft *d, uint32_t as, unsigned times)
{
	const struct attr *a = draft_find(d, ATTR_AS_PATH);
	struct path p = { NULL, 0 };

	if (times > UINT16_MAX / 4) { /* would not fit whatever is there */
		d->too_long = true;
		return;
	}
	if (a)
		p = (struct path){ a->data, a->len };
	p = path_prepend(d->arena, p, as, times);
	draft_put(d, AF_TRANSITIVE, ATTR_AS_PATH, p.data, p.len);
}

bool
draft_list_has(const struct draft *d, unsigned code, const void *value, size_t width)
{
	const struct attr *a = draft_find(d, code);

	for (size_t i = 0; a && i + width <= a->len; i += width)
		if (!memcmp(a->data + i, value, width))
			return true;
	return false;
}

void
draft_list_add(struct draft *d, unsigned code, const void *value, size_t width)
{
	const struct attr *a = draft_find(d, code);
	size_t len = a ? a->len : 0;
	uint8_t *data;

	if (draft_list_has(d, code, value, width))
		return;
	data = arena_alloc(d->arena, len + width);
	if (len)
		memcpy(data, a->data, len);
	memcpy(data + len, value, width);
	draft_put(d, a ? a->flags : flags_of(code), code, data, len + width);
}

void
draft_list_del(struct draft *d, unsigned code, const void *value, size_t width)
{
	const struct attr *a = draft_find(d, code);
	uint8_t *data;
	size_t len = 0;

	if (!draft_list_has(d, code, value, width))
		return;
	data = arena_alloc(d->arena, a->len);
	for (size_t i = 0; i + width <= a->len; i += width) {
		if (!memcmp(a->data + i, value, width))
			continue;
		memcpy(data + len, a->data + i, width);
		len += width;
	}
	if (len)
		draft_put(d, a->flags, code, data, len);
	else
		draft_unset(d, code);
}
