/*
 * CPU time and memory of other processes, from /proc.
 */
#ifndef MYNAH_BENCH_PROCSTAT_H
#define MYNAH_BENCH_PROCSTAT_H

#include <stddef.h>

struct usage {
	double cpu_s; /* user and system, all threads */
	size_t rss_kb, peak_kb;
};

/* Adds the process's figures to *u.  False when it is gone. */
int usage_add(struct usage *u, int pid);
/* Makes the peak start again from now, where the system lets us. */
void usage_reset_peak(int pid);

#endif
