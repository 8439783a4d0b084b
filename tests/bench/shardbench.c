/*
 * The common part of the benches of a shard.
 */
#include "shardbench.h"

#include <stdio.h>
#include <time.h>

static void
on_member(void *ctx, uint32_t group, uint32_t channel)
{
	(void)ctx;
	(void)group;
	(void)channel;
}

static void
on_segment(void *ctx, uint32_t to, struct segment *seg)
{
	struct tally *c = ctx;

	(void)to;
	c->bytes += seg->len;
	c->messages += seg->messages;
	c->segments++;
	segment_unref(seg);
}

static void
on_channel(void *ctx, uint32_t channel)
{
	(void)ctx;
	(void)channel;
}

static uint64_t
no_backlog(void *ctx, uint32_t channel)
{
	(void)ctx;
	(void)channel;
	return 0;
}

static void
on_purged(void *ctx)
{
	((struct tally *)ctx)->purged = true;
}

static void
on_hop_wanted(void *ctx, unsigned resolver, uint32_t hop)
{
	(void)ctx;
	(void)resolver;
	(void)hop;
}

const struct shard_ops tally_ops = {
	.member_add = on_member,
	.member_del = on_member,
	.broadcast = on_segment,
	.unicast = on_segment,
	.caught_up = on_channel,
	.channel_gone = on_channel,
	.backlog = no_backlog,
	.purged = on_purged,
	.hop_wanted = on_hop_wanted,
};

struct channel_desc
bench_channel(uint32_t id, enum family family)
{
	struct channel_desc d = { .id = id,
		.table = 1,
		.family = family,
		.name = "bench",
		.internal = true,
		.rr_client = true,
		.local_as = 65000,
		.remote_as = 65000,
		.remote_id = id,
		.cluster_id = 1,
		.default_local_pref = 100,
		.path_metric = true,
		.as4 = true,
		.interpret_communities = true };

	d.remote_ip = ip_from4(0x7f000000 + id);
	d.self4 = ip_from4(0x7f000001);
	return d;
}

double
cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

double
resident_mib(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%*u %lu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return (double)pages * 4096 / (1 << 20);
}
