/*
 * File descriptors and their limit.  It is asked for each time: prlimit(1) may change it
 * while we run.
 */
#include "daemon/descriptors.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	KEPT = 32,	 /* not for sessions; of few, a quarter */
	OF_A_LOOP = 4,	 /* poll, signals (2), mailbox */
	OF_A_SHARD = 2,	 /* mailboxes */
	OF_THE_REST = 8, /* netlink, a client, a file, and some that come and go */
};

static unsigned
limit_now(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur > INT_MAX)
		return INT_MAX;
	return (unsigned)l.rlim_cur;
}

static unsigned
kept_of(unsigned limit, enum descriptor_use use)
{
	unsigned kept = limit / 4 < KEPT ? limit / 4 : KEPT;

	return use == FOR_SESSIONS ? kept : kept / 2;
}

void
descriptors_raise(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l); /* what there is must do, then */
	}
}

bool
descriptors_allow(int fd, enum descriptor_use use)
{
	unsigned limit = limit_now();

	return (unsigned)fd < limit - kept_of(limit, use);
}

unsigned
descriptors_for_sessions(void)
{
	unsigned limit = limit_now();

	return limit - kept_of(limit, FOR_SESSIONS);
}

/* How many are open: the number that the next one gets. */
static unsigned
taken(void)
{
	int fd = open("/", O_PATH | O_CLOEXEC);

	if (fd < 0)
		return limit_now();
	close(fd);
	return (unsigned)fd;
}

bool
descriptors_suffice(unsigned io_n, unsigned shard_n, unsigned *need)
{
	*need = taken() + (io_n + 1) * OF_A_LOOP + shard_n * OF_A_SHARD + OF_THE_REST;
	return *need <= limit_now();
}
