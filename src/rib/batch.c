/*
 * Batches of routes on their way to a shard: arrays that grow while an io thread fills
 * them.
 */
#include "rib/batch.h"

#include "base/longnet.h"
#include "base/mem.h"

enum { RUNS_FIRST = 8, ENTRIES_FIRST = 64 };

struct batch *
batch_new(uint32_t channel, uint32_t time)
{
	struct batch *b = MEM_NEW(struct batch);

	b->channel = channel;
	b->time = time;
	b->mail.weight = sizeof(*b);
	return b;
}

static void
run_open(struct batch *b, struct attrs *attrs)
{
	if (b->run_n == b->run_cap) {
		b->run_cap = b->run_cap ? b->run_cap * 2 : RUNS_FIRST;
		b->runs = mem_realloc(b->runs, b->run_cap * sizeof(*b->runs));
	}
	if (attrs)
		attrs_ref(attrs, 1);
	b->runs[b->run_n++] = (struct batch_run){ .attrs = attrs, .first = b->entry_n };
	b->mail.weight += sizeof(*b->runs);
}

void
batch_add(struct batch *b, struct attrs *attrs, const struct nlri *nlri)
{
	struct nlri *e;

	if (!b->run_n || b->runs[b->run_n - 1].attrs != attrs)
		run_open(b, attrs);
	if (b->entry_n == b->entry_cap) {
		b->entry_cap = b->entry_cap ? b->entry_cap * 2 : ENTRIES_FIRST;
		b->entries = mem_realloc(b->entries, b->entry_cap * sizeof(*b->entries));
	}
	e = &b->entries[b->entry_n++];
	*e = *nlri;
	if (__builtin_expect(net_is_long(nlri->net.type), 0)) {
		longnet_hold(&e->net);
		b->mail.weight += net_longref(&nlri->net).len;
	}
	b->runs[b->run_n - 1].n++;
	b->mail.weight += sizeof(*b->entries);
}

void
batch_free(struct batch *b, struct store *store)
{
	for (uint32_t i = 0; i < b->run_n; i++)
		attrs_unref(store, b->runs[i].attrs, 1);
	for (uint32_t i = 0; i < b->entry_n && net_is_long(b->entries[i].net.type); i++)
		longnet_drop(&b->entries[i].net);
	mem_free(b->runs);
	mem_free(b->entries);
	mem_free(b);
}
