/*
 * What a group was told.  A hash of 8 bytes an entry, at most three quarters full, takes less
 * than an array of 2 bytes a node as long as an eighth of the nodes has one.
 */
#include "rib/adv.h"

#include <string.h>
#include "base/mem.h"

#define CAP_MIN 16u

static uint16_t *
many(const struct adv *a)
{
	return (uint16_t *)(void *)a->many.mem;
}

static uint32_t
entry_node(uint64_t e)
{
	return (uint32_t)(e >> 16);
}

static uint32_t
home(const struct adv *a, uint32_t node)
{
	return (uint32_t)(node * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (a->cap - 1);
}

/* Where the node stands, or would. */
static uint32_t
place(const struct adv *a, uint32_t node)
{
	uint32_t i = home(a, node);

	while (a->few[i] && entry_node(a->few[i]) != node)
		i = (i + 1) & (a->cap - 1);
	return i;
}

uint16_t
adv_find(const struct adv *a, uint32_t node)
{
	return a->cap ? (uint16_t)a->few[place(a, node)] : 0;
}

static void
rehash(struct adv *a, uint32_t cap)
{
	uint64_t *old = a->few;
	uint32_t n = a->cap;

	a->few = MEM_ARRAY(uint64_t, cap);
	a->cap = cap;
	for (uint32_t i = 0; i < n; i++)
		if (old[i])
			a->few[place(a, entry_node(old[i]))] = old[i];
	mem_free(old);
}

static void
to_many(struct adv *a)
{
	a->sparse = false;
	slab_fit(&a->many, (size_t)a->end * sizeof(uint16_t));
	for (uint32_t i = 0; i < a->cap; i++)
		if (a->few[i])
			many(a)[entry_node(a->few[i])] = (uint16_t)a->few[i];
	mem_free(a->few);
	a->few = NULL;
	a->n = a->cap = 0;
}

/* Those behind it move up, so that no search ends too early. */
static void
few_del(struct adv *a, uint32_t i)
{
	uint32_t mask = a->cap - 1, j = i;

	for (;;) {
		j = (j + 1) & mask;
		if (!a->few[j])
			break;
		if (((j - home(a, entry_node(a->few[j]))) & mask) >= ((j - i) & mask)) {
			a->few[i] = a->few[j];
			i = j;
		}
	}
	a->few[i] = 0;
	a->n--;
}

static void
few_put(struct adv *a, uint32_t node, uint16_t source)
{
	uint32_t i;

	if (source && a->n >= a->cap / 4 * 3)
		rehash(a, a->cap ? a->cap * 2 : CAP_MIN);
	if (!a->cap)
		return;
	i = place(a, node);
	if (source) {
		a->n += !a->few[i];
		a->few[i] = (uint64_t)node << 16 | source;
	} else if (a->few[i]) {
		few_del(a, i);
		if (a->cap > CAP_MIN && a->n < a->cap / 8)
			rehash(a, a->cap / 2);
	}
}

void
adv_put(struct adv *a, uint32_t node, uint16_t source)
{
	if (a->sparse)
		few_put(a, node, source);
	else
		many(a)[node] = source;
	if (a->sparse && a->n > CAP_MIN && a->n > a->end / 8)
		to_many(a);
}

void
adv_fit(struct adv *a, uint32_t end)
{
	a->end = end;
	if (!a->sparse)
		slab_fit(&a->many, (size_t)end * sizeof(uint16_t));
}

void
adv_copy(struct adv *a, const struct adv *from)
{
	adv_fit(a, from->end);
	if (!from->sparse && !a->sparse) {
		memcpy(a->many.mem, from->many.mem, (size_t)from->end * sizeof(uint16_t));
		return;
	}
	for (uint32_t i = 0; from->sparse && i < from->cap; i++)
		if (from->few[i])
			adv_put(a, entry_node(from->few[i]), (uint16_t)from->few[i]);
	for (uint32_t i = 1; !from->sparse && i < from->end; i++)
		if (many(from)[i])
			adv_put(a, i, many(from)[i]);
}

bool
adv_cut(struct adv *a, uint32_t end)
{
	a->end = end;
	return !a->sparse && slab_cut(&a->many, (size_t)end * sizeof(uint16_t));
}

size_t
adv_bytes(const struct adv *a)
{
	return a->sparse ? a->cap * sizeof(uint64_t) : a->end * sizeof(uint16_t);
}

void
adv_free(struct adv *a)
{
	slab_free(&a->many);
	mem_free(a->few);
	*a = (struct adv){ 0 };
}
