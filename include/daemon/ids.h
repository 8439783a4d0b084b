/*
 * Ids and names of what runs (runtime.h has those that others ask for).  Main thread.
 */
#ifndef MYNAH_DAEMON_IDS_H
#define MYNAH_DAEMON_IDS_H

#include "daemon/runtime.h"

/* Ids of a protocol's channel and of a peer; 0: there is none left (runtime_fits). */
uint32_t ids_channel_new(struct runtime *, const struct proto_conf *);
uint32_t ids_peer_new(struct runtime *);
/* The channel is on its way out: its id is in use until every shard has forgotten it. */
void ids_channel_leave(struct runtime *, uint32_t id);

/* A table of the new model: made, kept, or another way of sorting. */
void tables_add(struct runtime *, const struct table_conf *);
/* Those that the model (NULL: none) does not have cannot be found any more, and go with
 * tables_delete_gone, when nothing leaves any more. */
void tables_mark_gone(struct runtime *, const struct model *);
void tables_delete_gone(struct runtime *);

#endif
