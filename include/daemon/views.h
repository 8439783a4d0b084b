/*
 * What the control commands look at: threads' states as records.  Main thread.
 */
#ifndef MYNAH_DAEMON_VIEWS_H
#define MYNAH_DAEMON_VIEWS_H

#include "control/command.h"
#include "daemon/runtime.h"

struct views;

struct views *views_new(struct runtime *);
void views_free(struct views *);

bool views_protocol(struct views *, unsigned i, bool counts, struct protocol_record *);
struct memory_record views_memory(struct views *);
bool views_group(struct views *, unsigned i, unsigned *shard, struct group_view *);

void *views_routes_open(struct views *, struct control *, const struct route_query *);
void views_routes_next(void *walk, unsigned max);
void views_routes_close(void *walk);

#endif
