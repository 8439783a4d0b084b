/*
 * User, group and capabilities of the daemon.  Before threads are started.
 */
#ifndef MYNAH_DAEMON_PRIVILEGE_H
#define MYNAH_DAEMON_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

struct privilege {
	bool set_user, set_group;
	uid_t uid;
	gid_t gid;
};

/* 0, or -1 after a message on standard error.  NULL: stays as it is. */
int privilege_find(
    const char *user, const char *group, struct privilege *, const char *program);
int privilege_drop(const struct privilege *); /* 0 or -errno */

#endif
