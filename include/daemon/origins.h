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
/* The operator's own, as a source of its own: changes are gathered for a moment, until
 * origins_commit at the latest.  NET NULL: all of them go. */
#define ORIGINS_ADDED "+"
void origins_edit_added(
    struct runtime *, const struct table_conf *, const struct net *, bool add);
void origins_commit(struct runtime *);
/* All that the table's sources know, source by source, the operator's first; a walk keeps
 * the sets of its beginning. */
struct origins_walk;
struct origins_walk *origins_walk_new(struct runtime *, const struct table_conf *);
bool origins_walk_next(struct origins_walk *, unsigned max,
    void (*fn)(void *ctx, const struct net *), void *ctx);
void origins_walk_free(struct origins_walk *);
/* A model is in force: what its tables have of their own, and tables that went. */
void origins_model(struct runtime *);
size_t origins_memory(const struct runtime *);

#endif
