/*
 * What the files of krt.h share: what is wanted and the changes sent for it (krt.c), and
 * what is in the kernel (krtscan.c).  Main thread.
 */
#ifndef MYNAH_DAEMON_KRTIMPL_H
#define MYNAH_DAEMON_KRTIMPL_H

#include "daemon/krt.h"
#include "rib/slab.h"
#include "rib/table.h"

enum {
	KRT_BATCH_PLACES = 1024, /* more than fit a batch */
	KRT_AGAIN_MS = 1000,	 /* after notifications were lost, or a dump was broken */
};

enum krt_op {
	KRT_ADD,
	KRT_REPLACE,
	KRT_DELETE,
	KRT_STRAY, /* the deletion of a second one of ours */
};

enum { /* of an entry */
	KRT_INSTALLED = 1, /* in the kernel, and ours */
	KRT_PENDING = 2,
	KRT_REFUSED = 4, /* what is wanted, in place of what is there */
};

struct krt_entry {
	uint32_t want;	 /* id of a set that we hold; 0: nothing */
	uint32_t seen;	 /* by which scan */
	uint32_t metric; /* of the one in the kernel */
	uint8_t flags;
};

/* Networks with entries: nodes of a table name them. */
struct krt_fib {
	struct table t;
	struct slab entries;
};

struct krt_foreign {
	uint32_t metric, seen;
};

struct krt {
	struct krt_conf conf;
	char *name; /* of the protocol */
	struct krt_ops ops;
	void *ctx;
	struct store *store;
	int fd;	     /* changes, and their answers */
	int scan_fd; /* dumps and notifications */
	struct watch *watch;
	struct timer *push_timer, *scan_timer;
	uint32_t port;
	bool ready, scanning, scan_again, scan_over;
	uint32_t scan; /* number of the present one */

	struct krt_fib ours, others; /* entries: struct krt_entry, struct krt_foreign */
	struct slab pending;	     /* uint32_t: nodes */
	uint32_t pending_n, pending_at;
	struct netlink_batch *batch;
	uint32_t batch_node[KRT_BATCH_PLACES];
	uint8_t batch_op[KRT_BATCH_PLACES]; /* enum krt_op */
	struct krt_counts counts;
	uint64_t log_after;
	unsigned log_n;
};

/*
 * Entries of a fib, by the node of its network; size is that of an entry.
 */
static inline void *
krt_fib_at(const struct krt_fib *f, uint32_t node, size_t size)
{
	return f->entries.mem + node * size;
}

/* Made if there is none; 0: there is no room. */
uint32_t krt_fib_get(struct krt_fib *, const struct net *, size_t size);
uint32_t krt_fib_find(const struct krt_fib *, const struct net *); /* 0: none */
void krt_fib_del(struct krt_fib *, uint32_t node, size_t size);

static inline bool
krt_fib_used(const struct krt_fib *f, uint32_t node)
{
	return table_node(&f->t, node)->flags & NODE_USED;
}

static inline struct krt_entry *
krt_entry(const struct krt *k, uint32_t node)
{
	return krt_fib_at(&k->ours, node, sizeof(struct krt_entry));
}

static inline struct krt_foreign *
krt_foreign(const struct krt *k, uint32_t node)
{
	return krt_fib_at(&k->others, node, sizeof(struct krt_foreign));
}

/* What is wanted differs from what the kernel has, or may: it is sent soon. */
void krt_entry_pending(struct krt *, uint32_t node);
void krt_entry_installed(struct krt *, struct krt_entry *, bool on); /* counts */
void krt_entry_free_maybe(struct krt *, uint32_t node);	     /* of no use any more? */

/* The route that the kernel shall have of an entry that is wanted. */
void krt_wanted(const struct krt *, uint32_t node, struct kroute *);
/* Into the batch, which push_timer sends: the route with that metric goes. */
void krt_delete(struct krt *, uint32_t node, uint32_t metric, enum krt_op);

/* krtscan.c: of scan_fd; ctx is the krt */
void krt_on_readable(void *ctx, unsigned events);

#endif
