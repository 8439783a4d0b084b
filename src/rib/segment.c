/*
 * Segments: reference counts and the account of bytes alive.
 */
#include "rib/segment.h"

#include "base/mem.h"

void
segment_ref(struct segment *s, uint32_t n)
{
	atomic_fetch_add_explicit(&s->refs, n, memory_order_relaxed);
}

void
segment_unref(struct segment *s)
{
	if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (s->account) {
		atomic_fetch_sub_explicit(
		    &s->account->bytes, s->len, memory_order_relaxed);
		segment_account_unref(s->account);
	}
	mem_free(s->runs);
	mem_free(s);
}

struct segment_account *
segment_account_new(void)
{
	struct segment_account *a = MEM_NEW(struct segment_account);

	atomic_init(&a->refs, 1);
	return a;
}

void
segment_account_unref(struct segment_account *a)
{
	if (a && atomic_fetch_sub_explicit(&a->refs, 1, memory_order_acq_rel) == 1)
		mem_free(a);
}
