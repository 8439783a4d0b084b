/*
 * Dropping rights: user and group change, the capabilities a reflector needs stay.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "daemon/privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifdef HAVE_LIBCAP
#include <sys/capability.h>
#endif

#include "base/log.h"

int
privilege_find(
    const char *user, const char *group, struct privilege *p, const char *program)
{
	const struct passwd *pw = user ? getpwnam(user) : NULL;
	const struct group *gr = group ? getgrnam(group) : NULL;

	if (user && !pw) {
		fprintf(stderr, "%s: Cannot find user '%s'\n", program, user);
		return -1;
	}
	if (group && !gr) {
		fprintf(stderr, "%s: Cannot find group '%s'\n", program, group);
		return -1;
	}
	*p = (struct privilege){ .set_user = user != NULL,
		.set_group = group != NULL,
		.uid = pw ? pw->pw_uid : getuid(),
		.gid = gr ? gr->gr_gid : getgid() };
	return 0;
}

#ifdef HAVE_LIBCAP
static void
keep_capabilities(void)
{
	/* Ports below 1024; MD5, VRF and TTL options. */
	static const cap_value_t keep[] = { CAP_NET_BIND_SERVICE, CAP_NET_BROADCAST,
		CAP_NET_ADMIN, CAP_NET_RAW };
	cap_t caps = cap_init();

	for (unsigned i = 0; i < sizeof(keep) / sizeof(keep[0]); i++) {
		if (prctl(PR_CAPBSET_READ, keep[i], 0, 0, 0) != 1)
			continue;
		cap_set_flag(caps, CAP_PERMITTED, 1, &keep[i], CAP_SET);
		cap_set_flag(caps, CAP_EFFECTIVE, 1, &keep[i], CAP_SET);
	}
	if (cap_set_proc(caps) < 0)
		log_warn("Cannot keep capabilities: %s", strerror(errno));
	cap_free(caps);
}
#endif

int
privilege_drop(const struct privilege *p)
{
	if (p->set_group && (setgroups(0, NULL) < 0 || setgid(p->gid) < 0))
		return -errno;
	if (!p->set_user || p->uid == getuid())
		return 0;
	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	if (setuid(p->uid) < 0)
		return -errno;
#ifdef HAVE_LIBCAP
	keep_capabilities();
#endif
	return 0;
}
