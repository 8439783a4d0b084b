/*
 * Tables of origins as main keeps them: which protocol knows what, what filters see, and
 * who has to be told when that changes.
 */
#ifndef MYNAH_DAEMON_ORIGINS_H
#define MYNAH_DAEMON_ORIGINS_H

#include "conf/model.h"
#include "filter/origin.h"

struct runtime;
struct origin_keeper;

struct origin_keeper *origin_keeper_new(struct runtime *);
void origin_keeper_free(struct origin_keeper *); /* the threads have ended */

/* What the source (a protocol's name, or "" for the table's own) knows from here on; takes
 * the reference.  NULL: nothing.  Filters see it at once; those who depend on it run again
 * after the table's settle time. */
void origins_put(struct runtime *, const struct table_conf *, const char *source,
    struct origins *);
/* Borrowed until the next put; NULL: nothing. */
const struct origins *origins_find(
    const struct runtime *, const char *table, enum net_type, const char *source);
/* What filters see. */
const struct origins *origins_seen(const struct runtime *, const struct table_conf *);
/* A model is in force: what its tables have of their own, and tables that went. */
void origins_model(struct runtime *);
size_t origins_memory(const struct runtime *);

#endif
