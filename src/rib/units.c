/*
 * The paths of a table: blocks of path units, a buddy system.
 *
 * Capacities are 1 2 3 4 6 8 12 ... units; one of three quarters of a power of two is
 * that power with its last quarter given back.  A free block is told by its first unit:
 * channel 0, which no path has, and its order in `gen`; `attrs` and `time` link it to
 * others of the order. Networks gain their second path one after the other, so what they
 * leave behind merges.
 */
#include "rib/table.h"

#include <assert.h>
#include <string.h>

#define DROP_SLICE 64u /* blocks whose pages are given back at once */
#define LOOK_SLICE 8192u
#define NIL UINT32_MAX

static inline struct path *
unit(const struct table *t, uint32_t b)
{
	return (struct path *)(void *)t->paths.mem + b;
}

static void
free_push(struct table *t, uint32_t b, unsigned order)
{
	uint32_t next = t->unit_free[order];

	*unit(t, b) = (struct path){ .attrs = next, .gen = (uint16_t)order };
	if (next != NIL)
		unit(t, next)->time = b;
	t->unit_free[order] = b;
}

static void
free_unlink(struct table *t, uint32_t b)
{
	const struct path *u = unit(t, b);

	if (t->unit_free[u->gen] == b) { /* what `time` says of the first means nothing */
		t->unit_free[u->gen] = u->attrs;
		return;
	}
	unit(t, u->time)->attrs = u->attrs;
	if (u->attrs != NIL)
		unit(t, u->attrs)->time = u->time;
}

/* Gives 1 << order units back, with their free neighbours. */
static void
order_free(struct table *t, uint32_t b, unsigned order)
{
	for (; order < UNIT_ORDER_MAX; order++) {
		uint32_t buddy = b ^ 1u << order;
		const struct path *u = unit(t, buddy);

		if (buddy >= t->unit_end || u->channel || u->gen != order)
			break;
		free_unlink(t, buddy);
		b &= ~(1u << order);
	}
	free_push(t, b, order);
}

/* More units: as many as there are, until a block of the largest order does. */
static uint32_t
units_extend(struct table *t, unsigned order, unsigned *o)
{
	uint32_t b = t->unit_end;

	if (b >= 1u << UNIT_ORDER_MAX)
		*o = UNIT_ORDER_MAX;
	else if (b)
		*o = (unsigned)__builtin_ctz(b);
	else
		*o = order > UNIT_ORDER_MIN ? order : UNIT_ORDER_MIN;
	t->unit_end += 1u << *o;
	slab_fit(&t->paths, (size_t)t->unit_end * sizeof(struct path));
	return b;
}

static uint32_t
order_alloc(struct table *t, unsigned order)
{
	unsigned o = order;
	uint32_t b;

	while (o <= UNIT_ORDER_MAX && t->unit_free[o] == NIL)
		o++;
	if (o > UNIT_ORDER_MAX) {
		while (b = units_extend(t, order, &o), o < order)
			free_push(t, b, o);
	} else {
		b = t->unit_free[o];
		free_unlink(t, b);
	}
	while (o-- > order)
		free_push(t, b + (1u << o), o);
	return b;
}

/* The order of the power of two that holds n. */
static inline unsigned
order_of(unsigned n)
{
	return n < 2 ? 0 : 32u - (unsigned)__builtin_clz(n - 1);
}

static inline bool
is_short(unsigned n, unsigned order)
{
	return order >= 2 && n <= 3u << (order - 2);
}

static inline unsigned
capacity(unsigned n)
{
	unsigned order = order_of(n);

	return is_short(n, order) ? 3u << (order - 2) : 1u << order;
}

static uint32_t
block_alloc(struct table *t, unsigned n)
{
	unsigned order = order_of(n);
	uint32_t b = order_alloc(t, order);

	if (is_short(n, order)) {
		/* The third quarter must not look free to the fourth. */
		unit(t, b + (2u << (order - 2)))->channel = UINT16_MAX;
		order_free(t, b + (3u << (order - 2)), order - 2);
	}
	return b;
}

static void
block_free(struct table *t, uint32_t b, unsigned n)
{
	unsigned order = order_of(n);

	if (!is_short(n, order)) {
		order_free(t, b, order);
		return;
	}
	unit(t, b)->channel = UINT16_MAX;
	order_free(t, b + (2u << (order - 2)), order - 2);
	order_free(t, b, order - 1);
}

/* From a block for `from` paths to one for `to`. */
static void
block_move(struct table *t, struct node *n, unsigned from, unsigned to)
{
	uint32_t b = block_alloc(t, to);

	memcpy(
	    unit(t, b), unit(t, n->block), (from < to ? from : to) * sizeof(struct path));
	block_free(t, n->block, from);
	n->block = b;
}

struct path *
table_path_add(struct table *t, struct node *n)
{
	if (n->n >= TABLE_PATHS_MAX)
		return NULL;
	if (!n->n)
		n->block = block_alloc(t, 1);
	else if (capacity(n->n) == n->n)
		block_move(t, n, n->n, n->n + 1u);
	t->path_n++;
	return node_paths(t, n) + n->n++;
}

void
table_path_del(struct table *t, struct node *n, unsigned i)
{
	struct path *p = node_paths(t, n);
	unsigned before = n->n;

	assert(i < before && p[i].channel);
	memmove(p + i, p + i + 1, (before - i - 1u) * sizeof(*p));
	n->n--;
	t->path_n--;
	if (!n->n)
		block_free(t, n->block, 1);
	else if (capacity(n->n) != capacity(before))
		block_move(t, n, before, n->n);
}

/* Free blocks at the end. */
static void
units_cut(struct table *t)
{
	const uint32_t top = 1u << UNIT_ORDER_MAX;

	while (t->unit_end >= top) {
		const struct path *u = unit(t, t->unit_end - top);

		if (u->channel || u->gen != UNIT_ORDER_MAX)
			break;
		free_unlink(t, t->unit_end - top);
		t->unit_end -= top;
	}
}

/*
 * The pages of free blocks, but for the one that holds its first unit.  The walk looks at
 * every second page's first unit: it is in use, or the first of a free block, or was so
 * once and lies in a larger one now; no block in use has such a unit in its middle that
 * holds no path.
 */
static bool
units_drop(struct table *t)
{
	const uint32_t page = 4096 / sizeof(struct path);
	uint32_t drops = DROP_SLICE, looks = LOOK_SLICE;

	while (t->trim_pos < t->unit_end && drops && looks--) {
		const struct path *u = unit(t, t->trim_pos);
		uint32_t n = page * 2;

		if (!u->channel && 1u << u->gen >= n) {
			n = 1u << u->gen;
			slab_drop(&t->paths,
			    ((size_t)t->trim_pos + 1) * sizeof(struct path),
			    ((size_t)t->trim_pos + n) * sizeof(struct path));
			drops--;
		}
		t->trim_pos += n;
	}
	return t->trim_pos < t->unit_end;
}

bool
table_units_trim(struct table *t)
{
	units_cut(t);
	return units_drop(t);
}
