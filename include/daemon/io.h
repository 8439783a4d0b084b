/*
 * An io thread: a loop, a mailbox and the peers given to it.
 *
 * Epochs: a channel's epoch grows each time its session comes up.  Shards send it back
 * with each membership and each unicast, so that what was meant for an earlier session is
 * dropped.
 */
#ifndef MYNAH_DAEMON_IO_H
#define MYNAH_DAEMON_IO_H

#include "daemon/loop.h"
#include "daemon/task.h"
#include "daemon/threads.h"
#include "bgp/limit.h"
#include "rib/segment.h"

struct peer;
struct links;
struct memo;
struct peer_setup;

struct io *io_new(struct daemon *, unsigned index); /* NULL and errno: no descriptors */
int io_start(struct io *);			    /* -errno: no thread */
/* Main; no peers are left; waits for its end, if it was started, and frees it. */
void io_stop(struct io *);

/* What the thread does in a turn: takes the mail at hand, writes.  False: there was nothing.
 * For a loop without threads, too (tests/sim). */
bool io_turn(struct io *);

/* Any thread. */
struct mailbox *io_mailbox(struct io *);

/* From shards.  Segments: one reference is taken over. */
void io_post_member(struct io *, unsigned shard, uint32_t group, uint32_t channel,
    uint32_t epoch, bool add);
void io_post_broadcast(struct io *, unsigned shard, uint32_t group, struct segment *);
void io_post_unicast(struct io *, uint32_t channel, uint32_t epoch, struct segment *);
void io_post_caught_up(struct io *, uint32_t channel, uint32_t epoch);
void io_post_walked(struct io *, uint32_t channel, uint32_t epoch);
void io_post_limit(struct io *, uint32_t channel, uint32_t epoch, enum limit_kind);

/*
 * Inside the thread: for peers.
 */
struct daemon *io_daemon(struct io *);
unsigned io_index(const struct io *);
struct loop *io_loop(struct io *);
void io_peer_set(struct io *, uint32_t id, struct peer *);	   /* NULL: gone */
struct peer *io_peer(struct io *, uint32_t id);			   /* or NULL */
void io_channel_set(struct io *, uint32_t channel, struct peer *); /* NULL: gone */
/* The peer has output: it is flushed when the thread has taken all mail at hand. */
void io_flush_later(struct io *, struct peer *);
void io_flush_forget(struct io *, struct peer *);
/* Scratch for reading, shared by the thread's peers between calls. */
uint8_t *io_scratch(struct io *);
/* NULL: where nobody follows the interfaces. */
const struct links *io_links(const struct io *);
void io_links_set(struct io *, struct links *); /* takes the reference over */
struct memo *io_memo(struct io *); /* results of import filters: the io thread's own */
#define IO_SCRATCH (512u * 1024)

#endif
