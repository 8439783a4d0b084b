/*
 * Batches: what an io thread (or main, for static routes) tells a shard about routes.
 *
 * A batch holds the routes of one source channel, as runs: one attribute set (or none, for
 * withdrawals) and the networks it is for, of one type.  It holds one reference per run; the shard takes
 * what it needs for each path it keeps and drops the batch's own.
 */
#ifndef MYNAH_RIB_BATCH_H
#define MYNAH_RIB_BATCH_H

#include "base/mailbox.h"
#include "bgp/update.h"

struct batch_run {
	struct attrs *attrs; /* NULL: withdrawn */
	uint32_t first, n;   /* entries in the batch's array */
};

struct batch {
	struct mail mail;    /* weight is kept true by batch_add */
	uint32_t channel;    /* source channel id */
	uint32_t time;       /* route time, seconds / 2^-5: see rib/shard.h ROUTE_TIME */
	uint32_t run_n, run_cap;
	uint32_t entry_n, entry_cap;
	struct batch_run *runs;
	struct nlri *entries;
};

struct batch *batch_new(uint32_t channel, uint32_t time);
/* Adds a network; `attrs` is borrowed: a reference is taken when a run opens.  A long network
 * may be a borrowed one: the entry holds it. */
void batch_add(struct batch *, struct attrs *, const struct nlri *);
void batch_free(struct batch *, struct store *); /* drops the references of runs and entries */

#endif
