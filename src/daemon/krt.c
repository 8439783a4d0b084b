/*
 * Kernel tables.
 *
 *   wanted (krt_want) ---> pending ---> batches, answers read ---> installed
 *   scan, notifications -> ours?   compared with what is wanted: pending again
 *                          others' -> learned
 *
 * The kernel works a batch off before send() returns, so the answers are there at once; a
 * turn of the loop sends a few batches at most.
 */
#include "daemon/krt.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/longnet.h"
#include "base/mem.h"
#include "rib/table.h"

enum {
	TURN = 1024,	   /* changes sent in one turn of the loop */
	RECEIVES = 16,	   /* messages buffers read in one turn */
	GATHER_MS = 5,	   /* wants gather */
	AGAIN_MS = 1000,   /* after notifications were lost, or a dump was broken */
	LOG_MS = 10000,	   /* one line about failures in that time */
	BATCH_PLACES = 1024, /* more than fit a batch */
	METRIC6 = 1024,	   /* what the kernel makes of none, for IPv6 */
};

enum krt_op {
	OP_ADD,
	OP_REPLACE,
	OP_DELETE,
	OP_STRAY, /* the deletion of a second one of ours */
};

enum { /* of an entry */
	INSTALLED = 1, /* in the kernel, and ours */
	PENDING = 2,
};

struct entry {
	uint32_t want;	 /* id of a set that we hold; 0: nothing */
	uint32_t seen;	 /* by which scan */
	uint32_t metric; /* of the one in the kernel */
	uint8_t flags;
};

/* Networks with entries: nodes of a table name them. */
struct fib {
	struct table t;
	struct slab entries;
};

struct foreign {
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

	struct fib ours, others; /* entries: struct entry, struct foreign */
	struct slab pending;	 /* uint32_t: nodes */
	uint32_t pending_n, pending_at;
	struct netlink_batch *batch;
	uint32_t batch_node[BATCH_PLACES];
	uint8_t batch_op[BATCH_PLACES]; /* enum krt_op */
	struct krt_counts counts;
	uint64_t log_after;
	unsigned log_n;
};

/*
 * Entries.
 */
static void *
fib_at(const struct fib *f, uint32_t node, size_t size)
{
	return f->entries.mem + node * size;
}

/* Long networks are found by the pointer of a held one. */
static uint32_t
fib_get(struct fib *f, const struct net *net, size_t size)
{
	uint32_t end = f->t.node_end, node;
	struct net held = *net;

	net_hold(&held);
	node = table_get(&f->t, &held, table_hash(&f->t, &held));
	net_drop(&held);
	slab_fit(&f->entries, (size_t)f->t.node_end * size);
	if (node && node >= end)
		memset(fib_at(f, node, size), 0, size);
	return node;
}

static uint32_t
fib_find(const struct fib *f, const struct net *net)
{
	struct net held = *net;
	uint32_t node;

	net_hold(&held);
	node = table_find(&f->t, &held, table_hash(&f->t, &held));
	net_drop(&held);
	return node;
}

static void
fib_del(struct fib *f, uint32_t node, size_t size)
{
	memset(fib_at(f, node, size), 0, size);
	table_del(&f->t, node);
}

static struct entry *
entry(const struct krt *k, uint32_t node)
{
	return fib_at(&k->ours, node, sizeof(struct entry));
}

static struct attrs *
entry_want(const struct krt *k, const struct entry *e)
{
	return e->want ? store_get(k->store, e->want) : NULL;
}

static struct foreign *
foreign(const struct krt *k, uint32_t node)
{
	return fib_at(&k->others, node, sizeof(struct foreign));
}

static bool
node_used(const struct fib *f, uint32_t node)
{
	return table_node(&f->t, node)->flags & NODE_USED;
}

static void
entry_pending(struct krt *k, uint32_t node)
{
	struct entry *e = entry(k, node);
	uint32_t *at;

	if (e->flags & PENDING)
		return;
	e->flags |= PENDING;
	slab_fit(&k->pending, (k->pending_n + 1) * sizeof(uint32_t));
	at = (uint32_t *)(void *)k->pending.mem;
	at[k->pending_n++] = node;
	if (k->pending_n == 1)
		timer_at(k->push_timer, clock_mono_ms() + GATHER_MS);
}

static void
entry_installed(struct krt *k, struct entry *e, bool on)
{
	bool was = e->flags & INSTALLED;

	k->counts.installed += (uint64_t)on - was;
	e->flags = (uint8_t)(on ? e->flags | INSTALLED : e->flags & ~INSTALLED);
}

static void
entry_free_maybe(struct krt *k, uint32_t node)
{
	struct entry *e = entry(k, node);

	if (node_used(&k->ours, node) && !e->want && !e->flags)
		fib_del(&k->ours, node, sizeof(*e));
}

/*
 * Changes.
 */
static void
complain(struct krt *k, const struct net *net, const char *what, int error)
{
	uint64_t now = clock_mono_ms();
	char text[NET_TEXT_MAX];

	k->counts.failed++;
	if (now < k->log_after) {
		k->log_n++;
		return;
	}
	log_warn("%s: kernel refuses to %s %s: %s%s", k->name, what,
	    net_format(net, text), strerror(error), k->log_n ? " (and others before)" : "");
	k->log_n = 0;
	k->log_after = now + LOG_MS;
}

/* What could not be replaced is still there as it was. */
static void
on_failure(void *ctx, unsigned place, int error)
{
	static const char *const words[] = { "add", "replace", "delete", "delete" };
	struct krt *k = ctx;
	uint32_t node = k->batch_node[place];
	enum krt_op op = k->batch_op[place];
	struct net net;

	if (op >= OP_DELETE && error == ESRCH)
		return; /* it had gone by itself */
	table_net(&k->ours.t, node, &net);
	complain(k, &net, words[op], error);
	if (op != OP_STRAY)
		entry_installed(k, entry(k, node), op != OP_ADD);
}

/* Marks what the batch did before its answers are read: a failure takes it back. */
static void
batch_send(struct krt *k)
{
	unsigned n = k->batch->n;
	int err;

	for (unsigned i = 0; i < n; i++)
		if (k->batch_op[i] != OP_STRAY)
			entry_installed(k, entry(k, k->batch_node[i]),
			    k->batch_op[i] != OP_DELETE);
	err = netlink_batch_send(k->batch, on_failure, k);
	for (unsigned i = 0; i < n; i++)
		entry_free_maybe(k, k->batch_node[i]);
	if (!err)
		return;
	log_error("%s: netlink: %s", k->name, strerror(-err));
	timer_at(k->scan_timer, clock_mono_ms() + AGAIN_MS);
}

static void
batch_add(struct krt *k, uint32_t node, const struct kroute *r, enum krt_op op)
{
	static const struct {
		unsigned type, flags;
	} how[] = {
		[OP_ADD] = { RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL },
		[OP_REPLACE] = { RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE },
		[OP_DELETE] = { RTM_DELROUTE, 0 },
		[OP_STRAY] = { RTM_DELROUTE, 0 },
	};

	if (k->batch->n == BATCH_PLACES ||
	    !netlink_batch_add(k->batch, r, how[op].type, how[op].flags)) {
		batch_send(k);
		if (!netlink_batch_add(k->batch, r, how[op].type, how[op].flags))
			return;
	}
	k->batch_node[k->batch->n - 1] = node;
	k->batch_op[k->batch->n - 1] = (uint8_t)op;
}

static void
route_key(const struct krt *k, uint32_t node, uint32_t metric, struct kroute *r)
{
	memset(r, 0, offsetof(struct kroute, hop));
	table_net(&k->ours.t, node, &r->net);
	r->table = k->conf.table;
	r->metric = metric;
	r->proto = KROUTE_MINE;
}

static void
wanted_route(const struct krt *k, uint32_t node, struct kroute *r)
{
	route_key(k, node, k->conf.metric, r);
	k->ops.resolve(k->ctx, &r->net, entry_want(k, entry(k, node)), r);
	if (!r->metric && (k->conf.type == NET_IP6 || k->conf.type == NET_SADR))
		r->metric = METRIC6;
	if (k->conf.type == NET_MPLS) { /* which the kernel has no place for */
		r->metric = r->realm = r->rtax_mask = 0;
		r->prefsrc = ip_none;
	}
}

static void
delete_add(struct krt *k, uint32_t node, uint32_t metric, enum krt_op op)
{
	struct kroute r;

	route_key(k, node, metric, &r);
	r.scope = RT_SCOPE_NOWHERE; /* whatever it was */
	batch_add(k, node, &r, op);
}

static void
entry_push(struct krt *k, uint32_t node)
{
	struct entry *e = entry(k, node);
	bool there = e->flags & INSTALLED;
	struct kroute r;

	e->flags &= (uint8_t)~PENDING;
	if (e->want) {
		wanted_route(k, node, &r);
		if (there && e->metric != r.metric)
			delete_add(k, node, e->metric, OP_DELETE);
		there = there && e->metric == r.metric;
		e->metric = r.metric;
		batch_add(k, node, &r, there ? OP_REPLACE : OP_ADD);
	} else if (there && k->ready) {
		delete_add(k, node, e->metric, OP_DELETE);
	} else {
		entry_free_maybe(k, node);
	}
}

static void
on_push(void *ctx)
{
	struct krt *k = ctx;
	const uint32_t *at = (const uint32_t *)(const void *)k->pending.mem;

	for (unsigned n = 0; n < TURN && k->pending_at < k->pending_n; n++)
		entry_push(k, at[k->pending_at++]);
	batch_send(k);
	if (k->pending_at < k->pending_n) {
		timer_at(k->push_timer, clock_mono_ms());
		return;
	}
	timer_at(k->push_timer, UINT64_MAX);
	k->pending_n = k->pending_at = 0;
	slab_cut(&k->pending, 65536);
}

void
krt_want(struct krt *k, const struct net *net, struct attrs *a)
{
	uint32_t node = a ? fib_get(&k->ours, net, sizeof(struct entry))
			  : fib_find(&k->ours, net);
	struct entry *e = node ? entry(k, node) : NULL;
	uint32_t id = a ? a->id : 0;

	if (!e || e->want == id)
		return;
	if (a)
		attrs_ref(a, 1);
	k->counts.wanted += (uint64_t)(id != 0) - (e->want != 0);
	attrs_unref(k->store, entry_want(k, e), 1);
	e->want = id;
	entry_pending(k, node);
}

bool
krt_lacks(const struct krt *k, const struct net *net)
{
	uint32_t node = fib_find(&k->ours, net);

	return node && entry(k, node)->want && !(entry(k, node)->flags & (INSTALLED | PENDING));
}

/*
 * What is in the kernel.
 */
static bool
is_ours(const struct kroute *r)
{
	return r->proto == KROUTE_MINE;
}

/* With `metric 0` the routes say themselves which they have. */
static bool
metric_is_ours(const struct krt *k, uint32_t metric)
{
	return !k->conf.metric || metric == k->conf.metric;
}

/* Ours, and there is another with another metric: the one that is not wanted goes. */
static void
second_seen(struct krt *k, uint32_t node, uint32_t want, uint32_t metric)
{
	struct entry *e = entry(k, node);

	if (!k->ready)
		return; /* seen again then */
	delete_add(k, node, metric == want ? e->metric : metric, OP_STRAY);
	if (metric == want)
		e->metric = metric;
	timer_at(k->push_timer, clock_mono_ms());
}

/* Ours, as the kernel has it: as it is wanted? */
static void
ours_seen(struct krt *k, const struct kroute *r)
{
	uint32_t node = fib_get(&k->ours, &r->net, sizeof(struct entry));
	struct entry *e = node ? entry(k, node) : NULL;
	bool second;
	struct kroute want;

	if (!e)
		return;
	want.metric = e->metric;
	if (e->want)
		wanted_route(k, node, &want);
	second = e->flags & INSTALLED && e->seen == k->scan && e->metric != r->metric;
	if (second)
		second_seen(k, node, want.metric, r->metric);
	else
		e->metric = r->metric;
	e->seen = k->scan;
	entry_installed(k, e, true);
	if (!e->want || (e->metric == r->metric &&
			    (want.metric != r->metric || !kroute_same(&want, r))))
		entry_pending(k, node);
}

static void
ours_missing(struct krt *k, uint32_t node)
{
	struct entry *e = entry(k, node);

	entry_installed(k, e, false);
	if (e->want)
		entry_pending(k, node);
	else if (!(e->flags & PENDING))
		entry_free_maybe(k, node);
}

static bool
is_learned(const struct krt *k, const struct kroute *r)
{
	if (!k->conf.learn && !k->conf.learn_all)
		return false;
	if (r->proto == RTPROT_KERNEL)
		return k->conf.learn_all;
	return r->proto != RTPROT_REDIRECT;
}

/* Of several with one network the one that the kernel uses: with the lowest metric. */
static void
foreign_seen(struct krt *k, const struct kroute *r)
{
	uint32_t end = k->others.t.node_n, node;
	struct foreign *f;

	if (!is_learned(k, r) || r->down)
		return;
	node = fib_get(&k->others, &r->net, sizeof(*f));
	if (!node)
		return;
	f = foreign(k, node);
	if (k->others.t.node_n == end && f->seen == k->scan && r->metric > f->metric)
		return;
	k->counts.learned += k->others.t.node_n != end;
	*f = (struct foreign){ .metric = r->metric, .seen = k->scan };
	k->ops.learned(k->ctx, r, true);
}

static void
foreign_gone(struct krt *k, uint32_t node)
{
	struct kroute r = { 0 };

	table_net(&k->others.t, node, &r.net);
	net_hold(&r.net);
	fib_del(&k->others, node, sizeof(struct foreign));
	k->counts.learned--;
	k->ops.learned(k->ctx, &r, false);
	net_drop(&r.net);
}

/* In a table by source, routes of IPv6 are those from anywhere. */
static void
net_of_table(const struct krt *k, struct kroute *r)
{
	static const struct net anywhere = { .type = NET_IP6 };
	struct net to = r->net;

	if (k->conf.type == NET_SADR && to.type == NET_IP6)
		r->net = net_sadr(&to, &anywhere, r->sadr);
}

static bool
is_of_table(const struct krt *k, const struct kroute *r)
{
	return r->table == k->conf.table && r->net.type == k->conf.type && !r->strange &&
	       !r->cloned && !r->tos && !net_is_bogus(&r->net);
}

/* What stood in the way of one of ours may have gone. */
static void
try_again(struct krt *k, uint32_t node)
{
	if (entry(k, node)->want && !(entry(k, node)->flags & INSTALLED))
		entry_pending(k, node);
}

static void
notified_gone(struct krt *k, const struct kroute *r)
{
	uint32_t ours = fib_find(&k->ours, &r->net), node;

	if (is_ours(r)) {
		if (ours && entry(k, ours)->flags & INSTALLED &&
		    entry(k, ours)->metric == r->metric)
			ours_missing(k, ours);
		return;
	}
	if (ours)
		try_again(k, ours);
	node = fib_find(&k->others, &r->net);
	if (node && foreign(k, node)->metric == r->metric) {
		foreign_gone(k, node); /* another metric's may take its place */
		timer_at(k->scan_timer, clock_mono_ms() + AGAIN_MS);
	}
}

/* A table that nothing was ever put in does not exist: as good as empty. */
static void
on_error(struct krt *k, uint32_t seq, int error)
{
	if (k->scanning && seq == k->scan)
		k->scan_over = true;
	if (k->scan_over && error == -ENOENT)
		return;
	k->scan_again |= k->scan_over;
	log_error("%s: netlink: %s", k->name, strerror(-error));
}

static void
on_message(void *ctx, const struct nlmsghdr *h, int error)
{
	struct krt *k = ctx;
	struct kroute r;

	if (error)
		on_error(k, h->nlmsg_seq, error);
	if ((h->nlmsg_type != RTM_NEWROUTE && h->nlmsg_type != RTM_DELROUTE) ||
	    h->nlmsg_pid == k->port) /* our own doing */
		return;
	if (!kroute_parse(h, &r))
		return;
	net_of_table(k, &r);
	if (!is_of_table(k, &r))
		return;
	if (h->nlmsg_type == RTM_DELROUTE)
		notified_gone(k, &r);
	else if (!is_ours(&r))
		foreign_seen(k, &r);
	else if (metric_is_ours(k, r.metric))
		ours_seen(k, &r);
}

/*
 * Scans.
 */
void
krt_scan(struct krt *k)
{
	int err;

	if (k->scanning) {
		k->scan_again = true;
		return;
	}
	k->scan++;
	k->scan_again = k->scan_over = false;
	err = netlink_dump(k->scan_fd, RTM_GETROUTE,
	    k->conf.type == NET_IP4    ? AF_INET
	    : k->conf.type == NET_MPLS ? AF_MPLS
				       : AF_INET6,
	    k->conf.table, k->scan);
	k->scanning = !err;
	if (err)
		log_error("%s: netlink: %s", k->name, strerror(-err));
	timer_at(k->scan_timer,
	    err		     ? clock_mono_ms() + AGAIN_MS
	    : k->conf.scan_s ? clock_mono_ms() + k->conf.scan_s * UINT64_C(1000)
			     : UINT64_MAX);
}

static void
scan_end(struct krt *k)
{
	for (uint32_t i = 1; i < k->ours.t.node_end; i++) {
		if (!node_used(&k->ours, i) || entry(k, i)->flags & PENDING)
			continue;
		if (!(entry(k, i)->flags & INSTALLED))
			try_again(k, i);
		else if (entry(k, i)->seen != k->scan)
			ours_missing(k, i);
	}
	for (uint32_t i = 1; i < k->others.t.node_end; i++)
		if (node_used(&k->others, i) && foreign(k, i)->seen != k->scan)
			foreign_gone(k, i);
	k->ops.scanned(k->ctx);
}

static void
on_readable(void *ctx, unsigned events)
{
	struct krt *k = ctx;
	enum netlink_got got = NETLINK_SOME;

	(void)events;
	for (unsigned n = 0; n < RECEIVES && got != NETLINK_NOTHING; n++) {
		got = netlink_receive(k->scan_fd, on_message, k);
		if (got == NETLINK_LOST || got == NETLINK_BROKEN)
			k->scan_again = true;
		if ((got == NETLINK_DONE || got == NETLINK_BROKEN || k->scan_over) &&
		    k->scanning) {
			k->scanning = k->scan_over = false;
			if (!k->scan_again)
				scan_end(k);
		}
	}
	if (k->scan_again && !k->scanning)
		timer_at(k->scan_timer, clock_mono_ms() + AGAIN_MS);
}

static void
on_scan_timer(void *ctx)
{
	krt_scan(ctx);
}

/*
 * Life.
 */
static int
sockets_open(struct krt *k)
{
	unsigned group = k->conf.type == NET_IP4    ? RTMGRP_IPV4_ROUTE
			 : k->conf.type == NET_MPLS ? 1u << (RTNLGRP_MPLS_ROUTE - 1)
						    : RTMGRP_IPV6_ROUTE;

	k->fd = netlink_open(0);
	if (k->fd < 0)
		return k->fd;
	k->scan_fd = netlink_open(group);
	if (k->scan_fd >= 0 && k->conf.rx_buffer)
		netlink_room(k->scan_fd, k->conf.rx_buffer);
	if (k->scan_fd >= 0)
		return 0;
	close(k->fd);
	return k->scan_fd;
}

struct krt *
krt_new(struct loop *loop, struct store *store, const struct krt_conf *conf,
    const struct krt_ops *ops, void *ctx)
{
	struct krt *k = MEM_NEW(struct krt);
	int err;

	k->conf = *conf;
	k->ops = *ops;
	k->ctx = ctx;
	k->store = store;
	k->name = mem_strdup(conf->name);
	k->conf.name = NULL; /* of a model that may go */
	if (conf->type == NET_MPLS) { /* it has one table, without metrics */
		k->conf.table = RT_TABLE_MAIN;
		k->conf.metric = 0;
	}
	err = sockets_open(k);
	if (err) {
		mem_free(k->name);
		mem_free(k);
		errno = -err;
		return NULL;
	}
	k->port = netlink_port(k->fd);
	k->batch = MEM_NEW(struct netlink_batch);
	k->batch->fd = k->fd;
	k->batch->seq = 1;
	table_init(&k->ours.t, conf->type);
	table_init(&k->others.t, conf->type);
	k->watch = watch_new(loop, k->scan_fd, on_readable, k);
	watch_set(k->watch, WATCH_READ);
	k->push_timer = timer_new(loop, on_push, k);
	k->scan_timer = timer_new(loop, on_scan_timer, k);
	krt_scan(k);
	return k;
}

static void
want_nothing(struct krt *k, bool keep)
{
	for (uint32_t i = 1; i < k->ours.t.node_end; i++) {
		struct entry *e = entry(k, i);

		if (!node_used(&k->ours, i))
			continue;
		attrs_unref(k->store, entry_want(k, e), 1);
		e->want = 0;
		if (!keep)
			entry_push(k, i);
	}
	batch_send(k);
}

void
krt_free(struct krt *k, bool keep)
{
	if (!k)
		return;
	k->ready = true;
	want_nothing(k, keep || k->conf.persist);
	watch_free(k->watch);
	timer_free(k->push_timer);
	timer_free(k->scan_timer);
	close(k->fd);
	close(k->scan_fd);
	table_fini(&k->ours.t);
	table_fini(&k->others.t);
	slab_free(&k->ours.entries);
	slab_free(&k->others.entries);
	slab_free(&k->pending);
	mem_free(k->batch);
	mem_free(k->name);
	mem_free(k);
}

void
krt_change(struct krt *k, const struct krt_conf *c)
{
	k->conf.persist = c->persist;
	k->conf.learn = c->learn;
	k->conf.learn_all = c->learn_all;
	k->conf.scan_s = c->scan_s;
	krt_scan(k);
}

void
krt_ready(struct krt *k)
{
	if (k->ready)
		return;
	k->ready = true;
	for (uint32_t i = 1; i < k->ours.t.node_end; i++)
		if (node_used(&k->ours, i) && !entry(k, i)->want)
			entry_pending(k, i);
	if (!k->conf.metric)
		krt_scan(k); /* for seconds with another metric */
}

void
krt_resolve_again(struct krt *k)
{
	krt_scan(k); /* what differs from what is there is corrected */
}

void
krt_counts(const struct krt *k, struct krt_counts *c)
{
	*c = k->counts;
	c->bytes = table_bytes(&k->ours.t) + table_bytes(&k->others.t) +
		   k->ours.t.node_end * sizeof(struct entry) +
		   k->others.t.node_end * sizeof(struct foreign);
}
