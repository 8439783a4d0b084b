/*
 * Sharing out a cycle's items among narrow groups: see the header.
 *
 * The index is made anew when a cycle has something to share and groups have come or gone
 * since: a slot for each narrow group, the targets they ask for sorted with the slots, and
 * the slots of each bit.  A group that goes leaves its slot empty; one that is split from
 * another before all is shared out looks at all items of the cycle.
 */
#include "rib/share.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/sorted.h"
#include "rib/core.h"

#define BITS 64u
#define KEEP 4096u /* bytes of a group's list */

struct want {
	uint64_t target;
	uint32_t slot;
};

struct share {
	struct slab mask; /* a word for each node */
	bool stale;
	struct group **slot; /* or NULL: it has gone */
	uint32_t slot_n;
	struct want *want; /* by target */
	uint32_t want_n;
	uint32_t *of_bit, bit_from[BITS + 1]; /* slots, by bit */
	uint64_t serial; /* of runs and items looked at */
	uint64_t given, room; /* items in all lists of this cycle; what they may be */
	struct group **run; /* who asks for the routes at hand */
	uint32_t run_n;
	struct item run_item;
	bool in_run;
};

/* Is what the group wants known from a route's attributes? Not if its filter may change
 * them, nor with several paths of a network. */
static bool
is_choosy(const struct group *g)
{
	return g->key.targets && !g->told &&
	       !(filter_inputs(g->key.export) & FILTER_WRITES);
}

static uint64_t *
mask_of(const struct share *sh, uint32_t node)
{
	return (uint64_t *)(void *)sh->mask.mem + node;
}

void
share_told(struct rib_table *t, const struct group *g, uint32_t node)
{
	*mask_of(t->share, node) |= UINT64_C(1) << g->bit;
}

/* What it was told as another kind of group. */
static void
mask_all(struct rib_table *t, const struct group *g)
{
	for (uint32_t i = 1; i < g->adv.end && g->adv_n; i++)
		if (adv_get(&g->adv, i))
			share_told(t, g, i);
}

static void
items_copy(struct items *to, const struct items *from)
{
	for (uint32_t i = 0; i < from->n; i++)
		items_add(to, from->at[i].attrs, from->at[i].source, from->at[i].node);
}

void
share_group_new(struct rib_table *t, struct group *g)
{
	unsigned n;

	g->choosy = is_choosy(g);
	g->narrow = g->choosy && targets_list(g->key.targets, &n);
	if (!g->narrow)
		return;
	if (!t->share)
		t->share = MEM_NEW(struct share);
	t->share->stale = true;
	g->slot = UINT32_MAX;
	g->bit = g->id % BITS;
	g->adv.sparse = true;
}

/* What the other still has to be told of the cycle, this one has, too. */
void
share_group_split(struct rib_table *t, struct group *g, const struct group *from)
{
	if (!g->told != !from->told) /* no place in what it is told from */
		return;
	g->cycle_pos = from->cycle_pos;
	if (!g->narrow) {
		if (from->narrow && !from->whole && t->cycling && t->phase <= CYCLE_EMIT)
			g->cycle_pos = 0;
		return;
	}
	if (!from->narrow) {
		g->whole = t->cycling;
		mask_all(t, g);
		return;
	}
	g->bit = from->bit;
	g->whole = from->whole || (t->cycling && t->phase <= CYCLE_SHARE);
	if (!g->whole)
		items_copy(&g->mine, &from->mine);
}

void
share_group_del(struct rib_table *t, struct group *g)
{
	struct share *sh = t->share;

	items_free(&g->mine);
	if (!g->narrow)
		return;
	sh->stale = true;
	if (g->slot < sh->slot_n && sh->slot[g->slot] == g)
		sh->slot[g->slot] = NULL;
	for (uint32_t i = 0; i < sh->run_n; i++)
		if (sh->run[i] == g)
			sh->run[i--] = sh->run[--sh->run_n];
}

/*
 * The index.
 */
static int
want_cmp(const void *a, const void *b)
{
	const struct want *x = a, *y = b;

	if (x->target != y->target)
		return x->target < y->target ? -1 : 1;
	return (x->slot > y->slot) - (x->slot < y->slot);
}

static void
index_size(struct share *sh, const struct rib_table *t)
{
	unsigned n;

	sh->slot_n = sh->want_n = 0;
	for (uint32_t i = 0; i < t->group_n; i++)
		if (t->groups[i]->narrow) {
			targets_list(t->groups[i]->key.targets, &n);
			sh->slot_n++;
			sh->want_n += n;
		}
	sh->slot = mem_realloc(sh->slot, (sh->slot_n + 1) * sizeof(*sh->slot));
	sh->run = mem_realloc(sh->run, (sh->slot_n + 1) * sizeof(*sh->run));
	sh->of_bit = mem_realloc(sh->of_bit, (sh->slot_n + 1) * sizeof(*sh->of_bit));
	sh->want = mem_realloc(sh->want, (sh->want_n + 1) * sizeof(*sh->want));
}

static void
index_bits(struct share *sh)
{
	uint32_t at[BITS], sum = 0;

	memset(sh->bit_from, 0, sizeof(sh->bit_from));
	for (uint32_t i = 0; i < sh->slot_n; i++)
		sh->bit_from[sh->slot[i]->bit]++;
	for (unsigned b = 0; b < BITS; b++) {
		uint32_t n = sh->bit_from[b];

		sh->bit_from[b] = at[b] = sum;
		sum += n;
	}
	sh->bit_from[BITS] = sum;
	for (uint32_t i = 0; i < sh->slot_n; i++)
		sh->of_bit[at[sh->slot[i]->bit]++] = i;
}

static void
index_make(struct share *sh, const struct rib_table *t)
{
	uint32_t slot = 0, w = 0;

	index_size(sh, t);
	for (uint32_t i = 0; i < t->group_n; i++) {
		struct group *g = t->groups[i];
		const uint64_t *list;
		unsigned n;

		if (!g->narrow)
			continue;
		list = targets_list(g->key.targets, &n);
		for (unsigned k = 0; k < n; k++)
			sh->want[w++] = (struct want){ list[k], slot };
		g->slot = slot;
		sh->slot[slot++] = g;
	}
	qsort(sh->want, sh->want_n, sizeof(*sh->want), want_cmp);
	index_bits(sh);
	sh->stale = false;
}

/*
 * Who asks for a route.
 */
static void
run_add(struct share *sh, uint32_t slot)
{
	struct group *g = sh->slot[slot];

	if (!g || g->stamp == sh->serial)
		return;
	g->stamp = sh->serial;
	sh->run[sh->run_n++] = g;
}

static uint32_t
want_from(const struct share *sh, uint64_t target)
{
	return SORTED_PLACE(sh->want, sh->want_n, target, target);
}

static void
run_begin(struct share *sh, struct store *store, const struct item *item)
{
	struct target_iter iter;
	uint64_t target;

	sh->run_n = 0;
	sh->run_item = *item;
	sh->in_run = true;
	sh->serial++;
	if (!item->source) /* no path is left */
		return;
	if (!targets_begin(&iter, store_get(store, item->attrs))) {
		for (uint32_t i = 0; i < sh->slot_n; i++)
			run_add(sh, i);
		return;
	}
	while (targets_next(&iter, &target))
		for (uint32_t i = want_from(sh, target);
		     i < sh->want_n && sh->want[i].target == target; i++)
			run_add(sh, sh->want[i].slot);
}

/*
 * Items.
 */
static void
give(struct share *sh, struct group *g, const struct item *item)
{
	if (g->stamp == sh->serial || g->whole)
		return;
	g->stamp = sh->serial;
	if (sh->given >= sh->room) { /* they ask for much: it looks at all items itself */
		sh->given -= g->mine.n;
		items_free(&g->mine);
		g->whole = true;
		return;
	}
	sh->given++;
	items_add(&g->mine, item->attrs, item->source, item->node);
}

/* To those of the bit that were told; false: nobody was. */
static bool
give_told(struct share *sh, unsigned bit, const struct item *item)
{
	bool told = false;

	for (uint32_t i = sh->bit_from[bit]; i < sh->bit_from[bit + 1]; i++) {
		struct group *g = sh->slot[sh->of_bit[i]];

		if (!g || !adv_get(&g->adv, item->node))
			continue;
		told = true;
		give(sh, g, item);
	}
	return told;
}

/* What it was worth, as so many items of a slice. */
static uint32_t
share_item(struct share *sh, const struct item *item)
{
	uint64_t *mask = mask_of(sh, item->node), left = *mask;
	uint32_t worth = 16 + sh->run_n;

	sh->serial++;
	for (uint32_t i = 0; i < sh->run_n; i++)
		give(sh, sh->run[i], item);
	for (; left; left &= left - 1) {
		unsigned bit = (unsigned)__builtin_ctzll(left);

		worth += sh->bit_from[bit + 1] - sh->bit_from[bit];
		if (!give_told(sh, bit, item) && !sh->stale) /* nor one that came since */
			*mask &= ~(UINT64_C(1) << bit);
	}
	return worth / 16;
}

void
share_fit(struct rib_table *t)
{
	slab_fit(&t->share->mask, (size_t)t->t.node_end * sizeof(uint64_t));
}

bool
share_cut(struct rib_table *t)
{
	return t->share &&
	       slab_cut(&t->share->mask, (size_t)t->t.node_end * sizeof(uint64_t));
}

static void
share_begin(struct share *sh, struct rib_table *t, const struct tuning *tune)
{
	share_fit(t);
	if (sh->stale)
		index_make(sh, t);
	sh->given = 0;
	sh->room = tune->share_n + (uint64_t)tune->share_times * t->cycle.n;
}

uint32_t
share_slice(struct shard *s, struct rib_table *t, uint32_t left)
{
	struct share *sh = t->share;

	if (!sh)
		return left;
	if (!t->cycle_pos)
		share_begin(sh, t, &s->tune);
	sh->in_run = false; /* ids of sets may mean others than in the last slice */
	while (left && t->cycle_pos < t->cycle.n && sh->slot_n) {
		const struct item *item = &t->cycle.at[t->cycle_pos++];
		uint32_t worth;

		/* What it says may be gone; the next cycle has it. */
		if (table_node(&t->t, item->node)->flags & NODE_DIRTY) {
			left--;
			continue;
		}
		if (!sh->in_run || sh->run_item.attrs != item->attrs ||
		    !sh->run_item.source != !item->source)
			run_begin(sh, s->store, item);
		worth = share_item(sh, item);
		left -= worth < left ? worth : left;
	}
	if (!sh->slot_n)
		t->cycle_pos = t->cycle.n;
	return left;
}

void
share_end(struct rib_table *t)
{
	for (uint32_t i = 0; t->share && i < t->group_n; i++) {
		struct group *g = t->groups[i];

		g->whole = false;
		g->mine.n = 0;
		if (g->mine.a.size > KEEP)
			items_free(&g->mine);
	}
}

size_t
share_bytes(const struct rib_table *t)
{
	const struct share *sh = t->share;

	return sh ? sh->mask.size + sh->want_n * sizeof(struct want) +
			sh->slot_n * (2 * sizeof(void *) + sizeof(uint32_t))
		  : 0;
}

void
share_free(struct share *sh)
{
	if (!sh)
		return;
	slab_free(&sh->mask);
	mem_free(sh->slot);
	mem_free(sh->want);
	mem_free(sh->of_bit);
	mem_free(sh->run);
	mem_free(sh);
}
