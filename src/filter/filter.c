/*
 * Filters as objects: references, identity, the two that are always there.
 */
#include "filter/filter.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "filter/blob.h"
#include "filter/code.h"

struct constant {
	struct image_head head;
	struct func func;
	struct insn insn;
};

static const struct constant accept_image = { { 1, 0, 1, 0 }, { 0 },
	{ .op = OP_ACCEPT } };
static const struct constant reject_image = { { 1, 0, 1, 0 }, { 0 },
	{ .op = OP_REJECT } };

#define CONSTANT(image_, name_, hash_)                                                   \
	{                                                                                \
		.name = (name_), .hash = (hash_), .serial = (hash_),                     \
		.image = &(image_).head, .image_len = sizeof(image_),                    \
		.funcs = &(image_).func, .code = &(image_).insn                          \
	}

static struct filter accept_all = CONSTANT(accept_image, "ACCEPT", 1);
static struct filter reject_all = CONSTANT(reject_image, "REJECT", 2);

struct filter *
filter_accept(void)
{
	return &accept_all;
}

struct filter *
filter_reject(void)
{
	return &reject_all;
}

static bool
is_constant(const struct filter *f)
{
	return f == &accept_all || f == &reject_all;
}

void
filter_ref(struct filter *f)
{
	if (!is_constant(f))
		atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
}

void
filter_unref(struct filter *f)
{
	uint32_t refs;

	if (!f || is_constant(f))
		return;
	refs = atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel);
	assert(refs);
	if (refs != 1)
		return;
	filter_unref(f->first);
	filter_unref(f->then);
	for (uint32_t i = 0; i < f->blob_n; i++)
		blob_unref(f->blobs[i]);
	mem_free(f);
}

const char *
filter_name(const struct filter *f)
{
	return f->name ? f->name : "(unnamed)";
}

unsigned
filter_inputs(const struct filter *f)
{
	return f->inputs;
}

bool
filter_is_accept(const struct filter *f)
{
	return f->code[0].op == OP_ACCEPT && !f->first;
}

bool
filter_is_reject(const struct filter *f)
{
	return f->code[0].op == OP_REJECT;
}

enum filter_use
filter_uses(const struct filter *f, uint32_t table)
{
	enum filter_use use = FILTER_UNUSED;

	if (f->first) {
		enum filter_use first = filter_uses(f->first, table);

		use = filter_uses(f->then, table);
		return use > first ? use : first;
	}
	if (!(f->inputs & FILTER_ROA) || !f->image)
		return use;
	for (uint32_t i = 0; i < f->image->code && use != FILTER_USED_ANY; i++) {
		const struct insn *x = &f->code[i];

		if ((x->op == OP_ROA || x->op == OP_ASPA) && x->c == table)
			use = x->op == OP_ROA && x->a ? FILTER_USED_ROUTE
						      : FILTER_USED_ANY;
	}
	return use;
}

bool
filter_same(const struct filter *a, const struct filter *b)
{
	if (a == b)
		return true;
	if (filter_is_accept(a) || filter_is_reject(a) || filter_is_accept(b) ||
	    filter_is_reject(b))
		return filter_is_accept(a) == filter_is_accept(b) &&
		       filter_is_reject(a) == filter_is_reject(b);
	if (a->first || b->first)
		return a->first && b->first && filter_same(a->first, b->first) &&
		       filter_same(a->then, b->then);
	return a->hash == b->hash && a->image_len == b->image_len &&
	       memcmp(a->image, b->image, a->image_len) == 0;
}

uint64_t
filter_hash(const struct filter *f)
{
	if (filter_is_accept(f))
		return accept_all.hash;
	return filter_is_reject(f) ? reject_all.hash : f->hash;
}
