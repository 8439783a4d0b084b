/*
 * /proc/PID/stat and /proc/PID/task/TID/schedstat for time, /proc/PID/status for memory.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "procstat.h"

static double
read_cpu(int pid)
{
	char path[64], line[1024], *p;
	unsigned long user = 0, sys = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return -1;
	p = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	fclose(f);
	if (!p || sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
		      &user, &sys) != 2)
		return -1;
	return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

/* The same from what the scheduler counts, in nanoseconds, not in ticks of a hundredth; without
 * threads that have ended. */
static double
read_threads(int pid)
{
	char path[320];
	unsigned long long ns, sum = 0;
	struct dirent *d;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (d = readdir(dir))) {
		FILE *f;

		snprintf(
		    path, sizeof(path), "/proc/%d/task/%s/schedstat", pid, d->d_name);
		f = d->d_name[0] == '.' ? NULL : fopen(path, "r");
		if (f && fscanf(f, "%llu", &ns) == 1)
			sum += ns;
		if (f)
			fclose(f);
	}
	if (dir)
		closedir(dir);
	return (double)sum / 1e9;
}

int
usage_add(struct usage *u, int pid)
{
	char path[64], line[256];
	size_t kb;
	FILE *f;
	double cpu = read_cpu(pid), threads = read_threads(pid);

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = cpu < 0 ? NULL : fopen(path, "r");
	if (!f)
		return 0;
	u->cpu_s += threads > cpu ? threads : cpu;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "VmHWM: %zu", &kb) == 1)
			u->peak_kb += kb;
		else if (sscanf(line, "VmRSS: %zu", &kb) == 1)
			u->rss_kb += kb;
	}
	fclose(f);
	return 1;
}

void
usage_reset_peak(int pid)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/clear_refs", pid);
	f = fopen(path, "w");
	if (!f)
		return;
	fputs("5", f);
	fclose(f);
}
