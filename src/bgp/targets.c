/*
 * Route targets that somebody wants (RFC 4684, 4).
 *
 *   AS (4) | route target (8), of which the first bits may be all that is said
 *
 * Whole targets stand sorted, as numbers; beginnings of targets, which are few, in a list;
 * a network that says nothing of the target (the default, or an AS alone) wants all.
 */
#include "bgp/targets.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/wire.h"

enum { AS_BITS = 32, RT_BITS = 64, COMMUNITY_LEN = 8, LONG_LEN = 20 };

struct part {
	uint64_t bits, mask;
};

struct targets {
	_Atomic uint32_t refs;
	bool all;
	unsigned whole_n, part_n;
	uint64_t *whole;
	struct part *part;
};

static uint64_t
get_target(const uint8_t *p)
{
	return (uint64_t)get_u32(p) << 32 | get_u32(p + 4);
}

static int
whole_cmp(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int
part_cmp(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->mask != y->mask)
		return x->mask < y->mask ? -1 : 1;
	return (x->bits > y->bits) - (x->bits < y->bits);
}

/* Sorts; equal ones once: how many are left. */
static unsigned
tidy(void *at, unsigned n, size_t size, int (*cmp)(const void *, const void *))
{
	uint8_t *p = at;
	unsigned left = 0;

	if (n)
		qsort(at, n, size, cmp);
	for (unsigned i = 0; i < n; i++)
		if (!left || cmp(p + (left - 1) * size, p + i * size))
			memmove(p + left++ * size, p + i * size, size);
	return left;
}

static void
target_add(struct targets *t, const struct net *net)
{
	uint64_t rt = get_target(net->key + 4);

	if (net->plen <= AS_BITS)
		t->all = true;
	else if (net->plen == AS_BITS + RT_BITS)
		t->whole[t->whole_n++] = rt;
	else
		t->part[t->part_n++] = (struct part){
			.bits = rt, .mask = UINT64_MAX << (AS_BITS + RT_BITS - net->plen)
		};
}

struct targets *
targets_new(const struct net *nets, unsigned n)
{
	struct targets *t = MEM_NEW(struct targets);

	atomic_init(&t->refs, 1);
	if (n) {
		t->whole = mem_alloc(n * sizeof(*t->whole));
		t->part = mem_alloc(n * sizeof(*t->part));
	}
	for (unsigned i = 0; i < n; i++)
		target_add(t, &nets[i]);
	t->whole_n = tidy(t->whole, t->whole_n, sizeof(*t->whole), whole_cmp);
	t->part_n = tidy(t->part, t->part_n, sizeof(*t->part), part_cmp);
	if (t->all) /* what else is said adds nothing */
		t->whole_n = t->part_n = 0;
	return t;
}

void
targets_ref(struct targets *t)
{
	if (t)
		atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
}

void
targets_unref(struct targets *t)
{
	if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) > 1)
		return;
	mem_free(t->whole);
	mem_free(t->part);
	mem_free(t);
}

bool
targets_same(const struct targets *a, const struct targets *b)
{
	if (a == b)
		return true;
	return a && b && a->all == b->all && a->whole_n == b->whole_n &&
	       a->part_n == b->part_n &&
	       (!a->whole_n ||
		   !memcmp(a->whole, b->whole, a->whole_n * sizeof(*a->whole))) &&
	       (!a->part_n || !memcmp(a->part, b->part, a->part_n * sizeof(*a->part)));
}

unsigned
targets_count(const struct targets *t)
{
	return t->whole_n + t->part_n + t->all;
}

/* RFC 4360, 4: of an AS, an address, a large AS; RFC 7432, 7.6: of an Ethernet segment. */
static bool
is_target(const uint8_t *community)
{
	return community[1] == 0x02 && (community[0] <= 0x02 || community[0] == 0x06);
}

static bool
target_wanted(const struct targets *t, uint64_t rt)
{
	if (t->whole_n && bsearch(&rt, t->whole, t->whole_n, sizeof(rt), whole_cmp))
		return true;
	for (unsigned i = 0; i < t->part_n; i++)
		if ((rt & t->part[i].mask) == t->part[i].bits)
			return true;
	return false;
}

/* RFC 5701, 2: a target of an IPv6 address. */
static bool
has_long_target(const struct attrs *a)
{
	struct attr list;

	if (!attrs_find(a, ATTR_EXT6_COMMUNITY, &list))
		return false;
	for (unsigned i = 0; i + LONG_LEN <= list.len; i += LONG_LEN)
		if (list.data[i] == 0x00 && list.data[i + 1] == 0x02)
			return true;
	return false;
}

bool
targets_begin(struct target_iter *iter, const struct attrs *a)
{
	struct attr list;

	*iter = (struct target_iter){ NULL, NULL };
	if (attrs_find(a, ATTR_EXT_COMMUNITY, &list))
		*iter = (struct target_iter){ list.data,
			list.data + list.len / COMMUNITY_LEN * COMMUNITY_LEN };
	return !has_long_target(a);
}

bool
targets_next(struct target_iter *iter, uint64_t *target)
{
	while (iter->at < iter->end) {
		const uint8_t *community = iter->at;

		iter->at += COMMUNITY_LEN;
		if (!is_target(community))
			continue;
		*target = get_target(community);
		return true;
	}
	return false;
}

const uint64_t *
targets_list(const struct targets *t, unsigned *n)
{
	*n = t->whole_n;
	return t->all || t->part_n || !t->whole ? NULL : t->whole;
}

bool
targets_want(const struct targets *t, const struct attrs *a)
{
	struct target_iter iter;
	uint64_t target;

	if (t->all || !targets_begin(&iter, a))
		return true;
	while (targets_next(&iter, &target))
		if (target_wanted(t, target))
			return true;
	return false;
}
