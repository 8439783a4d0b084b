/*
 * What other threads tell main.
 */
#ifndef MYNAH_DAEMON_SERVE_H
#define MYNAH_DAEMON_SERVE_H

#include "daemon/threads.h"

/* From io threads: the removed peer is freed; its id may be used again. */
void serve_post_peer_gone(struct daemon *, uint32_t id);
/* From io threads: the session has stopped for good by itself (a limit, an error). */
void serve_post_peer_disabled(struct daemon *, uint32_t id);
/* From shards: one shard has forgotten the removed channel. */
void serve_post_channel_gone(struct daemon *, uint32_t channel);
/* From shards: many routes went; their memory is given back to the system. */
void serve_post_purged(struct daemon *);

#endif
