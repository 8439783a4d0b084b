/*
 * The base tables that flow specifications are held against (RFC 8955, 6): what their shards
 * tell of destinations goes through rib/bases to all shards.  Main thread.
 */
#ifndef MYNAH_DAEMON_FLOWS_H
#define MYNAH_DAEMON_FLOWS_H

#include "daemon/runtime.h"

struct igp;

/* The channels of the running model have their base tables; before they are described. */
void flows_model(struct runtime *);
void flows_free_all(struct runtime *);

/* What a watch tells, of all that the resolver asks for. */
void flows_told(
    struct runtime *, const struct igp *, const struct watch_news *, unsigned n);

/* From shards, any thread: a flow to a destination has come (none is left), by the number of
 * the resolver; all networks inside destinations are told (rib/shard.h, watch_walked). */
void flows_post_wanted(
    struct daemon *, unsigned shard, unsigned resolver, const struct net *to, bool on);
void flows_post_walked(
    struct daemon *, unsigned shard, uint32_t table, uint32_t serial);

#endif
