/*
 * Command line of the daemon, as BIRD's.
 */
#ifndef MYNAH_DAEMON_OPTIONS_H
#define MYNAH_DAEMON_OPTIONS_H

#include <stdbool.h>

#include "conf/model.h"

struct options {
	const char *program; /* as called, without folders */
	const char *config, *socket, *pid_file, *debug_file, *user, *group;
	struct load_wish wish; /* which BIRD the file is for */
	bool debug, foreground, parse_only, dump, recover;
};

/* Returns -1 to go on, else the exit status (help and version given, or wrong usage). */
int options_parse(struct options *, int argc, char **argv);

#endif
