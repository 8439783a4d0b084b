/*
 * One table of the kernel: what we want in it is put there, what others put there is
 * learned.  Routes of others are never touched; ours are known by their protocol number,
 * so those of a run before this one are taken over.  Main thread.
 */
#ifndef MYNAH_DAEMON_KRT_H
#define MYNAH_DAEMON_KRT_H

#include "daemon/loop.h"
#include "daemon/netlink.h"

struct krt_conf {
	const char *name; /* of the protocol, for the log; copied */
	enum net_type type;
	uint32_t table, metric;
	bool learn, learn_all, persist;
	uint32_t rx_buffer; /* bytes for what the kernel tells, 0: enough; holds for a new krt */
	uint32_t scan_s; /* 0: only at the start and on need */
};

struct krt_ops {
	/* A route of others is there (again), or (add false) is not any more. */
	void (*learned)(void *ctx, const struct kroute *, bool add);
	/* Where the attributes lead: fills dest, hops and metrics. */
	void (*resolve)(
	    void *ctx, const struct net *, const struct attrs *, struct kroute *);
	/* A look at the whole table is done. */
	void (*scanned)(void *ctx);
};

struct krt;
struct store;

/* NULL and errno where there is no netlink.  The first look at the table begins at once. */
struct krt *krt_new(struct loop *, struct store *, const struct krt_conf *,
    const struct krt_ops *, void *ctx);
/* Takes our routes out of the kernel, unless keep or `persist` says otherwise. */
void krt_free(struct krt *, bool keep);
/* persist, learn and scan_s of the new configuration; the rest needs a new krt. */
void krt_change(struct krt *, const struct krt_conf *);

/* What is to be there for the network now; NULL: nothing.  Takes a reference of its own.
 * Put there gathered, soon. */
void krt_want(struct krt *, const struct net *, struct attrs *);
/* All that is wanted has been said: from now on ours that are not wanted go. */
void krt_ready(struct krt *);
/* Interfaces or next hops have changed: resolves all anew and corrects what differs. */
void krt_resolve_again(struct krt *);
void krt_scan(struct krt *);
/* Is it wanted there, and the kernel has refused it? */
bool krt_lacks(const struct krt *, const struct net *);

struct krt_counts {
	uint64_t wanted, installed, learned, failed;
	size_t bytes;
};
void krt_counts(const struct krt *, struct krt_counts *);

#endif
