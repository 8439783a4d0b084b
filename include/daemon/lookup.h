/*
 * An address looked up by its name, without waiting for it.  One thread, whichever.
 */
#ifndef MYNAH_DAEMON_LOOKUP_H
#define MYNAH_DAEMON_LOOKUP_H

#include <netdb.h>

#include "base/net.h"

#define LOOKUP_LOOK_MS 50 /* how often it is worth looking for the answer */

/* Embedded; stays where it is while it runs. */
struct lookup {
	struct gaicb request, *requests[1];
	bool runs;
};

enum lookup_got { LOOKUP_RUNS, LOOKUP_FOUND, LOOKUP_FAILED };

/* The name is borrowed until the end.  False: it cannot be looked up at all. */
bool lookup_begin(struct lookup *, const char *name);
/* Of one that runs: is there an answer?  Then it has ended; *why, a constant text, tells
 * why there is none. */
enum lookup_got lookup_look(struct lookup *, struct ip *, const char **why);
/* Given up, if it runs; may wait for the library's thread. */
void lookup_end(struct lookup *);

#endif
