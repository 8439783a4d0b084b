/*
 * What the benches of a shard alone share: callbacks that count, channels, time and memory.
 */
#ifndef MYNAH_BENCH_SHARDBENCH_H
#define MYNAH_BENCH_SHARDBENCH_H

#include "rib/core.h"

struct tally {
	uint64_t bytes, segments, messages;
	bool purged; /* somebody should mem_trim: not the shard itself */
};

/* The context is a struct tally. */
extern const struct shard_ops tally_ops;

/* A client of table 1, AS 65000, without export: address and identifier from its id. */
struct channel_desc bench_channel(uint32_t id, enum family);

double cpu_s(void); /* of the process */
double resident_mib(void);

#endif
