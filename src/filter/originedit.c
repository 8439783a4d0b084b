/*
 * Changes of a set of origins: gathered, sorted, and merged with the rows of the old set
 * into a new one, in one pass.
 */
#include <assert.h>
#include <stdlib.h>
#include "base/mem.h"
#include "filter/originset.h"

struct edit {
	uint32_t key[ORIGIN_KEY_MAX];
	uint32_t seq;
	uint32_t add;
};

struct origin_edits {
	enum net_type type;
	struct edit *edit;
	size_t n, room;
	struct clear {
		uint32_t customer, seq;
	} * cleared; /* customers whose providers go: of before, and up to that edit */
	size_t cleared_n, cleared_room;
};

struct origin_edits *
edits_new(enum net_type type)
{
	struct origin_edits *e = MEM_NEW(struct origin_edits);

	e->type = type;
	return e;
}

void
edits_free(struct origin_edits *e)
{
	if (!e)
		return;
	mem_free(e->edit);
	mem_free(e->cleared);
	mem_free(e);
}

size_t
edits_count(const struct origin_edits *e)
{
	return e->n + e->cleared_n;
}

static struct edit *
edit_new(struct origin_edits *e, bool add)
{
	if (e->n == e->room) {
		e->room = e->room ? e->room * 2 : 16;
		e->edit = mem_realloc(e->edit, e->room * sizeof(*e->edit));
	}
	e->edit[e->n] = (struct edit){ .seq = (uint32_t)e->n, .add = add };
	return &e->edit[e->n++];
}

static void
customer_clear(struct origin_edits *e, uint32_t customer)
{
	if (e->cleared_n == e->cleared_room) {
		e->cleared_room = e->cleared_room ? e->cleared_room * 2 : 16;
		e->cleared = mem_realloc(
		    e->cleared, e->cleared_room * sizeof(*e->cleared));
	}
	e->cleared[e->cleared_n++] = (struct clear){ customer, (uint32_t)e->n };
}

void
edits_net(struct origin_edits *e, const struct net *net, bool add)
{
	assert(net->type == e->type);
	if (e->type == NET_ASPA)
		customer_clear(e, net_as(net));
	else
		origins_key(net, edit_new(e, add)->key);
}

void
edits_aspa(struct origin_edits *e, uint32_t customer, const uint32_t *providers, size_t n)
{
	customer_clear(e, customer);
	for (size_t i = 0; i < n; i++) {
		struct edit *x = edit_new(e, true);

		x->key[0] = customer;
		x->key[1] = providers[i];
	}
}

static int
edit_cmp(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;
	int c = words_cmp(x->key, y->key, ORIGIN_KEY_MAX);

	return c ? c : x->seq < y->seq ? -1 : 1;
}

static int
clear_cmp(const void *a, const void *b)
{
	const struct clear *x = a, *y = b;

	if (x->customer != y->customer)
		return x->customer < y->customer ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* Of equal keys the last one stays. */
static void
edits_sort(struct origin_edits *e)
{
	size_t n = 0, i = 1;

	while (i < e->n && edit_cmp(&e->edit[i - 1], &e->edit[i]) < 0)
		i++;
	if (i < e->n)
		qsort(e->edit, e->n, sizeof(*e->edit), edit_cmp);
	for (i = 0; i < e->n; i++) {
		if (i + 1 < e->n &&
		    words_cmp(e->edit[i].key, e->edit[i + 1].key, ORIGIN_KEY_MAX) == 0)
			continue;
		e->edit[n++] = e->edit[i];
	}
	e->n = n;
	if (e->cleared_n)
		qsort(e->cleared, e->cleared_n, sizeof(*e->cleared), clear_cmp);
}

/* Was the customer cleared after the edit of that number? */
static bool
is_cleared(const struct origin_edits *e, uint32_t customer, uint32_t seq)
{
	size_t lo = 0, hi = e->cleared_n;

	while (lo < hi) { /* the last one of the customer */
		size_t mid = lo + (hi - lo) / 2;

		if (e->cleared[mid].customer <= customer)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && e->cleared[lo - 1].customer == customer &&
	       e->cleared[lo - 1].seq > seq;
}

static bool
was_cleared(const struct origin_edits *e, uint32_t customer)
{
	const struct clear first = { customer, 0 };

	return e->cleared_n &&
	       (is_cleared(e, customer, 0) ||
		   bsearch(&first, e->cleared, e->cleared_n, sizeof(first), clear_cmp));
}

struct origins *
origins_edit(const struct origins *old, struct origin_edits *e)
{
	uint32_t old_n = old ? old->n : 0, i = 0;
	struct origins *o = origins_new(e->type, old_n + (uint32_t)e->n);
	size_t j = 0;

	edits_sort(e);
	while (i < old_n || j < e->n) {
		int c = i == old_n  ? 1
			: j == e->n ? -1
				    : words_cmp(row_at(old, i), e->edit[j].key, o->key);

		if (c < 0 && !was_cleared(e, row_at(old, i)[0]))
			origins_append(o, row_at(old, i));
		else if (c >= 0 && e->edit[j].add &&
			 !is_cleared(e, e->edit[j].key[0], e->edit[j].seq))
			origins_append(o, e->edit[j].key);
		i += c <= 0;
		j += c >= 0;
	}
	return origins_finish(o);
}
