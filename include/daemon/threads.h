/*
 * The daemon's threads and how they reach each other.
 *
 * struct daemon is made by main before the threads start; the arrays and mailboxes in it
 * stay until they have ended.  Every field says who may touch it.
 */
#ifndef MYNAH_DAEMON_THREADS_H
#define MYNAH_DAEMON_THREADS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "base/mailbox.h"
#include "bgp/attrs.h"

#define IDS_MAX		  49152u /* channel ids and peer ids: 1 .. IDS_MAX - 1 */
#define IO_THREADS_MAX	  64u
#define SHARDS_MAX	  64u
#define SHARD_QUEUE_LIMIT (32u << 20) /* bytes of batches waiting: then reading stops */

struct io;
struct links;
struct shard_thread;

struct daemon {
	uint64_t start_ms; /* monotonic; route times count from here */
	struct store *store;
	unsigned io_n, shard_n;
	struct io *io[IO_THREADS_MAX];
	struct shard_thread *shard[SHARDS_MAX];
	struct mailbox *main; /* main's own mailbox */
	struct links *links;  /* main's own picture (links.h), or NULL */

	/* Unsent bytes of the session a channel belongs to: written by its io thread,
	 * read by shards. */
	_Atomic uint64_t backlog[IDS_MAX];

	/* io threads that have input at hand; shards go on gathering changes meanwhile.
	 */
	_Atomic int io_busy;

	/* We have restarted and hold back our routes (recover.h): set and ended by main.
	 */
	_Atomic bool recovering;

	/* Where sessions are written to (mrtlog.h), one more than the descriptor, or 0:
	 * set by main. */
	_Atomic int mrt_out;
	_Atomic uint64_t mrt_failed_ms; /* when the log said that it cannot; 0: never */

	/* Who looks on (tap.h): what is wanted; bytes on their way to main; was something left
	 * out? */
	_Atomic unsigned taps;
	_Atomic uint64_t tap_waits;
	_Atomic bool tap_lost;

	/* Imports are made anew after a reload (settle.h): set and ended by main. */
	_Atomic bool settling;
};

/* Which shard a network belongs to.  Neighbours stay together, by the first 16 bits (32 of
 * IPv6): they often share their attributes, and only what one shard has packs into one
 * message. */
static inline unsigned
shard_of(const struct daemon *d, const struct net *n)
{
	struct net block = { .type = n->type };

	if (d->shard_n == 1)
		return 0;
	if (net_is_long(n->type))
		return (unsigned)((net_hash(n) >> 32) % d->shard_n);
	memcpy(block.key, n->key, n->type == NET_IP4 ? 2 : 4);
	return (unsigned)((net_hash(&block) >> 32) % d->shard_n);
}

static inline uint32_t
route_time_now(const struct daemon *d, uint64_t now_ms)
{
	return (uint32_t)((now_ms - d->start_ms) * 32 / 1000);
}

#endif
