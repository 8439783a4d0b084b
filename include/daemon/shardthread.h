/*
 * A thread that owns a shard: takes its mail, runs its slices, and carries its callbacks
 * to the io threads.
 */
#ifndef MYNAH_DAEMON_SHARDTHREAD_H
#define MYNAH_DAEMON_SHARDTHREAD_H

#include "daemon/task.h"
#include "daemon/threads.h"
#include "rib/shard.h"

/* NULL and errno: no descriptors. */
struct shard_thread *shard_thread_new(struct daemon *, unsigned index);
int shard_thread_start(struct shard_thread *); /* -errno: no thread */
/* Main; waits for its end, if it was started, and frees it. */
void shard_thread_stop(struct shard_thread *);

/* What the thread does between two looks at the questions, and its shard: for a loop without
 * threads (tests/sim).  False: nothing to do before *until_ms. */
bool shard_thread_turn(struct shard_thread *, uint64_t *until_ms);
struct shard *shard_thread_shard(struct shard_thread *);
/* Of the session that the channel was up with last. */
uint32_t shard_thread_epoch(const struct shard_thread *, uint32_t channel);

/* Any thread.  Routes; eats the batch. */
void shard_post_batch(struct shard_thread *, struct batch *);
/* A task, which frees itself; its owner is the shard thread. */
void shard_thread_post(struct shard_thread *, struct task *);
bool shard_thread_full(const struct shard_thread *);
/* Any thread: wakes it if it waits for io threads to become idle. */
void shard_thread_io_idle(struct shard_thread *);

/* Any thread; in order with batches of the same sender.  shardpost.c, but for channels
 * that come up or change. */
void shard_post_table(struct shard_thread *, uint32_t table, enum net_type, bool add);
/* Other limits of a channel, or NULL; takes its own reference. */
void shard_post_limits(struct shard_thread *, uint32_t channel, struct limits *);
void shard_post_table_sort(struct shard_thread *, uint32_t table, bool sorted);
/* The desc (and its filter) is copied.  io: the thread that owns the session, or UINT_MAX
 * for none.  epoch: told back with everything for the channel (see io.h). */
void shard_post_channel_up(
    struct shard_thread *, const struct channel_desc *, unsigned io, uint32_t epoch);
void shard_post_channel_update(struct shard_thread *, const struct channel_desc *);
enum channel_event {
	CH_DOWN,
	CH_DOWN_STALE,
	CH_PURGE,
	CH_MARK,
	CH_LLGR,
	CH_REMOVE,
	CH_REFRESH
};
void shard_post_channel(struct shard_thread *, uint32_t channel, enum channel_event);

/* shard_watch, shard_watch_host, shard_reach (copies the news), shard_reach_forget */
void shard_post_watch(struct shard_thread *, uint32_t table, bool on);
void shard_post_watch_host(
    struct shard_thread *, uint32_t table, const struct ip *, bool on);
void shard_post_reach(
    struct shard_thread *, unsigned resolver, const struct reach_news *, unsigned n);
void shard_post_reach_forget(struct shard_thread *, unsigned resolver, uint32_t hop);
/* shard_watch_net, shard_bases (copies the news; none: shard_bases_anew), shard_bases_forget */
void shard_post_watch_net(
    struct shard_thread *, uint32_t table, const struct net *, bool on, uint32_t serial);
void shard_post_bases(
    struct shard_thread *, unsigned resolver, const struct base_news *, unsigned n);
void shard_post_bases_forget(struct shard_thread *);

struct links;
struct origins;
/* Main: shard_recheck; takes the reference over. */
void shard_post_recheck(
    struct shard_thread *, uint32_t origin_table, struct origins *changed);

/* Takes the reference over. */
void shard_post_links(struct shard_thread *, struct links *);

/* Main: has fn run with the shard between two slices, ahead of waiting batches. */
void shard_call(struct shard_thread *, void (*fn)(struct shard *, void *arg), void *arg);
/* The same behind everything posted before. */
void shard_barrier(struct shard_thread *, void (*fn)(void *owner, void *arg), void *arg);

#endif
