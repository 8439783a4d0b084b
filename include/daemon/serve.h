/*
 * What other threads tell main.
 */
#ifndef MYNAH_DAEMON_SERVE_H
#define MYNAH_DAEMON_SERVE_H

#include "base/net.h"
#include "daemon/threads.h"

struct batch;
struct runtime;
struct mail;

/* Main: does what the mail asks for. */
void serve_mail(struct runtime *, struct mail *);

/* From io threads: the removed peer is freed; its id may be used again. */
void serve_post_peer_gone(struct daemon *, uint32_t id);
/* From io threads: the session has stopped for good by itself (a limit, an error). */
void serve_post_peer_disabled(struct daemon *, uint32_t id);
/* From io threads: a member of a `neighbor range` has no session any more. */
void serve_post_peer_left(struct daemon *, uint32_t id);
/* A member has come up. */
void serve_post_peer_born(struct daemon *, uint32_t id);
/* From io thread 0: someone called from the range of the peer `id`; fd is taken over. */
void serve_post_caller(struct daemon *, uint32_t id, const struct ip *remote,
    unsigned ifindex, int fd);
/* From io thread 0: nobody can call the peer; text is a constant ("No listening socket"),
 * or NULL: they can again. serial: of the index that led to it. */
void serve_post_peer_fault(
    struct daemon *, uint32_t serial, uint32_t id, const char *text);
/* From shards: one shard has forgotten the removed channel. */
void serve_post_channel_gone(struct daemon *, uint32_t channel);
/* From shards: what a follower's channel is told (eats the batch), and that a shard has told
 * it all there is. */
void serve_post_follow(struct daemon *, struct batch *);
void serve_post_caught_up(struct daemon *, uint32_t channel);
/* From shards: a limit of a channel without a session is met. */
enum limit_kind;
void serve_post_limit(struct daemon *, uint32_t channel, enum limit_kind);
/* From shards: many routes went; their memory is given back to the system. */
void serve_post_purged(struct daemon *);

#endif
