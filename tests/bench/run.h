/*
 * A run of the load generator: what was asked for, what it has come to.
 */
#ifndef MYNAH_BENCH_RUN_H
#define MYNAH_BENCH_RUN_H

#include <stdio.h>
#include "peers.h"
#include "procstat.h"

#define PIDS_MAX 8

struct options {
	struct ip to, cluster_ip;
	uint16_t port, hold_s;
	uint32_t as, seed;
	uint32_t senders, receivers, late, paths, rate, seconds, max_late_ms, routes;
	uint64_t timeout_ms;
	const char *phases, *exec, *name, *add_path;
	bool count_only, list, filtered;
	bool add_path_rx, add_path_tx; /* of receivers, of senders */
	int pids[PIDS_MAX];
	unsigned n_pids;
};

/* What a phase starts from. */
struct start {
	const char *name;
	uint64_t us;
	double own_cpu;
	struct usage usage;
	uint64_t updates, announced, withdrawn;
	unsigned lost, moved;
};

struct run {
	struct options o;
	struct bench b;
	uint32_t alive; /* senders */
	struct start start;
	uint64_t own_gap_us, turned_us; /* how late this program itself was */
	uint64_t gap_us;                /* of the receivers, in churn; 0: not measured */
	struct latency latency;
	struct rng rng;
	uint64_t next_due_us;
	struct bytes due[SENDERS_MAX];
	double catch_up_s; /* of the slow receiver; 0: not measured */
	uint32_t behind;   /* prefixes that it was behind then */
	unsigned phases_done, failed;
	char *json;
	size_t json_len;
	FILE *json_file;
	const volatile int *stop;
};

/* The loop: handles what is there, waits until the moment at most. */
void run_turn(struct run *, uint64_t until_ms);

/* Every phase begins and ends with these; `end_us` is when it had come to its end, `ok` whether
 * that was the right one. */
void phase_begin(struct run *, const char *name);
void phase_end(struct run *, uint64_t end_us, bool ok);

/* Dies when there is no such phase. */
bool phase_needs_exec(const char *name);
void run_phases(struct run *);

#endif
