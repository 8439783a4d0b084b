/*
 * Bench of a shard alone: sources with full tables, sinks that count bytes.
 *
 *   rib_bench [sources [prefixes [sinks [shards]]]]
 *
 * Prints nanoseconds for a path in and for a change out, of a full dump at once, of the
 * failure of one source, and of churn; and the bytes a path takes.  With a number of
 * shards each has a thread and a part of the prefixes, which shares the store with the
 * others: it interns, takes in, tells and churns; printed is how often one waited.
 */
#include "shardbench.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/mem.h"
#include "base/wire.h"

/* The longest time for which the shard answers nobody, of its own making; and how many
 * steps took more than they should. */
#define STEP_MAX_S 0.003

static _Thread_local struct {
	double s;
	const char *what;
	unsigned over;
} longest;

/* What the shard is about to do. */
static const char *
work_name(const struct shard *s)
{
	static const char *const cycle[] = { "collect", "sort", "share", "emit", "free",
		"free" };
	static const char *const feed[] = { "feed: collect", "feed: sort", "feed: emit" };
	const struct rib_table *t = s->tables[0];

	if (t->cycling)
		return cycle[t->phase];
	if (t->sweep_n)
		return "sweep";
	if (table_moving(&t->t))
		return "slots";
	if (t->trimming)
		return "trim";
	if (table_pending(t))
		return "collect";
	return s->feed.group ? feed[s->feed.phase] : "upkeep";
}

static void
step_end(double from, const char *what)
{
	double took = cpu_s() - from;

	longest.over += took > STEP_MAX_S;
	if (took <= longest.s)
		return;
	longest.s = took;
	longest.what = what;
}

static _Thread_local uint64_t rng = 88172645463325252u;

static uint32_t
rnd(uint32_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (uint32_t)(rng % n);
}

static void
channel(struct shard *s, uint32_t id, struct filter *export)
{
	struct channel_desc d = bench_channel(id, FAM_IP4);

	d.igp4 = d.igp6 = 1;
	d.export = export;
	shard_channel_up(s, &d);
}

static struct attrs *
random_set(struct store *store, struct arena *arena, uint32_t source)
{
	struct draft d;
	struct attrs *a;

	arena_reset(arena);
	draft_init(&d, arena);
	d.preference = 100;
	d.next_hop.len = 4;
	put_u32(d.next_hop.b, 0x0a000000 + source);
	draft_set_u8(&d, ATTR_ORIGIN, 0);
	draft_set(&d, AF_TRANSITIVE, ATTR_AS_PATH, "", 0);
	for (unsigned n = 2 + rnd(4); n; n--)
		draft_path_prepend(&d, 1 + rnd(70000), 1);
	draft_set_u32(&d, ATTR_LOCAL_PREF, 100);
	for (unsigned n = rnd(6); n; n--) {
		uint8_t c[4];

		put_u32(c, rnd(1u << 30));
		draft_list_add(&d, ATTR_COMMUNITY, c, 4);
	}
	a = store_intern(store, &d);
	return a;
}

struct bench {
	bool quiet;
	uint32_t sources, rounds;
	struct store *store;
	struct arena *arena;
	struct shard *shard;
	struct tally sink;
	struct net *nets;
	uint32_t net_n;
	uint64_t now;
};

/* A table as batches, in an order of its own, about 7 prefixes to a set. */
static struct batch **
table_make(struct bench *b, uint32_t source, uint32_t *n)
{
	uint32_t per = 700, count = (b->net_n + per - 1) / per, at = 0;
	struct batch **all = MEM_ARRAY(struct batch *, count);

	for (uint32_t i = 0; i < count; i++) {
		all[i] = batch_new(source, 1);
		for (uint32_t end = at + per; at < end && at < b->net_n;) {
			struct attrs *a = random_set(b->store, b->arena, source);

			for (unsigned k = 1 + rnd(13); k && at < b->net_n; k--) {
				struct nlri e = { .net = b->nets[at++] };

				batch_add(all[i], a, &e);
			}
			attrs_unref(b->store, a, 1);
		}
	}
	*n = count;
	return all;
}

static void
run(struct bench *b, bool waiting)
{
	uint64_t wait;
	bool more = true;

	while (more) {
		const char *what = work_name(b->shard);
		double t = cpu_s();

		more = shard_run(b->shard, waiting, b->now, &wait);
		step_end(t, what);
		if (b->sink.purged) {
			store_trim(b->store);
			mem_trim();
		}
		b->sink.purged = false;
	}
}

static void
take(struct bench *b, struct batch *batch)
{
	double t = cpu_s();

	shard_batch(b->shard, batch);
	step_end(t, "batch");
}

static void
settle(struct bench *b)
{
	for (int i = 0; i < 100; i++) {
		b->now += 10;
		run(b, false);
	}
}

static void
report(struct bench *b, const char *what, double seconds, uint64_t n)
{
	if (b->quiet)
		return;
	printf("%-24s %8.1f ms %7.1f ns each; longest slice %5.1f ms (%s), %u over %.0f; "
	       "%lu bytes, %lu messages, %lu segments\n",
	    what, seconds * 1e3, seconds * 1e9 / (double)n, longest.s * 1e3, longest.what,
	    longest.over, STEP_MAX_S * 1e3, (unsigned long)b->sink.bytes,
	    (unsigned long)b->sink.messages, (unsigned long)b->sink.segments);
	memset(&b->sink, 0, sizeof(b->sink));
	memset(&longest, 0, sizeof(longest));
}

static void
bench_initial(struct bench *b, uint32_t sources)
{
	double in = 0, t;

	for (uint32_t s = 1; s <= sources; s++) {
		uint32_t n;
		struct batch **all = table_make(b, s, &n);

		t = cpu_s();
		for (uint32_t i = 0; i < n; i++) {
			take(b, all[i]);
			run(b, true);
		}
		in += cpu_s() - t;
		mem_free(all);
	}
	report(b, "paths in", in, (uint64_t)sources * b->net_n);
	t = cpu_s();
	settle(b);
	report(b, "changes out", cpu_s() - t, b->net_n);
}

static void
bench_late(struct bench *b, struct filter *all, uint32_t id)
{
	double t = cpu_s();

	channel(b->shard, id, all);
	settle(b);
	report(b, "late joiner", cpu_s() - t, b->net_n);
}

static void
bench_churn(struct bench *b)
{
	uint32_t n, rounds = b->rounds;
	double t;
	struct batch **all = MEM_ARRAY(struct batch *, rounds);

	for (n = 0; n < rounds; n++) {
		struct attrs *a = random_set(b->store, b->arena, 1);

		all[n] = batch_new(1, 2);
		for (unsigned k = 1 + rnd(3); k; k--) {
			struct nlri e = { .net = b->nets[rnd(b->net_n)] };

			batch_add(all[n], a, &e);
		}
		attrs_unref(b->store, a, 1);
	}
	t = cpu_s();
	for (n = 0; n < rounds; n++) {
		take(b, all[n]);
		if (n % 20 == 0) {
			b->now += 2;
			run(b, false);
		}
	}
	settle(b);
	report(b, "churn, 2 nets a message", cpu_s() - t, rounds);
	mem_free(all);
}

static void
bench_fail(struct bench *b, uint32_t id)
{
	double t = cpu_s();

	shard_channel_down(b->shard, id, false);
	settle(b);
	report(b, "a source fails", cpu_s() - t, b->net_n);
}

static void
bench_open(struct bench *b, struct store *store, uint32_t first, uint32_t sinks,
    struct filter *all)
{
	b->now = 1000;
	b->store = store;
	b->arena = arena_new();
	b->shard = shard_new(b->store, &tally_ops, &b->sink);
	b->nets = MEM_ARRAY(struct net, b->net_n);
	for (uint32_t i = 0; i < b->net_n; i++) {
		struct ip a = ip_from4(0);

		b->nets[i] = net_from_ip(&a, 24);
		put_u32(b->nets[i].key, (first + i + 0x10000u) << 8);
	}
	shard_table_add(b->shard, 1, NET_IP4);
	for (uint32_t i = 1; i <= b->sources + sinks; i++)
		channel(b->shard, i, all);
	settle(b);
}

static void
bench_close(struct bench *b)
{
	shard_free(b->shard);
	arena_free(b->arena);
	mem_free(b->nets);
}

/*
 * Several shards.
 */
static void *
thread_run(void *arg)
{
	struct bench *b = arg;

	rng += b->nets[0].key[1] * 977u;
	bench_initial(b, b->sources);
	bench_churn(b);
	return NULL;
}

static double
wall_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

#define THREADS_MAX 64

static int
bench_threads(
    uint32_t sources, uint32_t net_n, uint32_t sinks, uint32_t shards, struct filter *all)
{
	static struct bench part[THREADS_MAX];
	pthread_t thread[THREADS_MAX];
	struct store *store = store_new();
	struct store_stats st;
	double cpu, wall;

	if (shards > THREADS_MAX)
		return 2;
	for (uint32_t i = 0; i < shards; i++) {
		part[i] = (struct bench){
			.quiet = true, .sources = sources, .net_n = net_n / shards,
			.rounds = 100000 / shards
		};
		bench_open(&part[i], store, i * (net_n / shards), sinks, all);
	}
	wall = wall_s();
	cpu = cpu_s();
	for (uint32_t i = 0; i < shards; i++)
		pthread_create(&thread[i], NULL, thread_run, &part[i]);
	for (uint32_t i = 0; i < shards; i++)
		pthread_join(thread[i], NULL);
	wall = wall_s() - wall;
	cpu = cpu_s() - cpu;
	st = store_stats(store);
	printf("%2u shards: %7.1f ms, %7.1f ms of CPU; the store was locked %lu times, "
	       "%lu not at once (%.3f %%)\n",
	    shards, wall * 1e3, cpu * 1e3, (unsigned long)st.locked,
	    (unsigned long)st.waited, 100.0 * (double)st.waited / (double)st.locked);
	for (uint32_t i = 0; i < shards; i++)
		bench_close(&part[i]);
	store_free(store);
	filter_unref(all);
	return 0;
}

int
main(int argc, char **argv)
{
	uint32_t sources = argc > 1 ? (uint32_t)atoi(argv[1]) : 2;
	uint32_t sinks = argc > 3 ? (uint32_t)atoi(argv[3]) : 50;
	struct bench b = { .sources = sources,
		.rounds = 100000,
		.net_n = argc > 2 ? (uint32_t)atoi(argv[2]) : 500000 };
	struct filter *all = filter_accept();
	struct table_counts tc;
	double empty, full;

	mem_tune();
	if (argc > 4)
		return bench_threads(
		    sources, b.net_n, sinks, (uint32_t)atoi(argv[4]), all);
	bench_open(&b, store_new(), 0, sinks, all);
	empty = resident_mib();
	bench_initial(&b, sources);
	full = resident_mib();
	shard_table_counts(b.shard, 1, &tc);
	printf("%lu paths, %.1f bytes each, %.1f with their share of attributes\n",
	    (unsigned long)tc.paths, (double)tc.bytes / (double)tc.paths,
	    (double)(tc.bytes + store_stats(b.store).bytes) / (double)tc.paths);
	bench_late(&b, all, sources + sinks + 1);
	bench_churn(&b);
	bench_fail(&b, 1);
	for (uint32_t i = 2; i <= sources; i++)
		shard_channel_down(b.shard, i, false);
	settle(&b);
	printf(
	    "resident: %.1f MiB empty, %.1f with all paths, %.1f when they have gone\n",
	    empty, full, resident_mib());
	bench_close(&b);
	filter_unref(all);
	store_free(b.store);
	return 0;
}
