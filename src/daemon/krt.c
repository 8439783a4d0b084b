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
#include "daemon/krtimpl.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/longnet.h"
#include "base/mem.h"

enum {
	TURN = 1024,	   /* changes sent in one turn of the loop */
	GATHER_MS = 5,	   /* wants gather */
	LOG_MS = 10000,	   /* one line about failures in that time */
	METRIC6 = 1024,	   /* what the kernel makes of none, for IPv6 */
};

/*
 * Entries.  Long networks are found by the pointer of a held one.
 */
uint32_t
krt_fib_get(struct krt_fib *f, const struct net *net, size_t size)
{
	uint32_t end = f->t.node_end, node;
	struct net held = *net;

	net_hold(&held);
	node = table_get(&f->t, &held, table_hash(&f->t, &held));
	net_drop(&held);
	slab_fit(&f->entries, (size_t)f->t.node_end * size);
	if (node && node >= end)
		memset(krt_fib_at(f, node, size), 0, size);
	return node;
}

uint32_t
krt_fib_find(const struct krt_fib *f, const struct net *net)
{
	struct net held = *net;
	uint32_t node;

	net_hold(&held);
	node = table_find(&f->t, &held, table_hash(&f->t, &held));
	net_drop(&held);
	return node;
}

void
krt_fib_del(struct krt_fib *f, uint32_t node, size_t size)
{
	memset(krt_fib_at(f, node, size), 0, size);
	table_del(&f->t, node);
}

static struct attrs *
entry_want(const struct krt *k, const struct krt_entry *e)
{
	return e->want ? store_get(k->store, e->want) : NULL;
}

void
krt_entry_pending(struct krt *k, uint32_t node)
{
	struct krt_entry *e = krt_entry(k, node);
	uint32_t *at;

	if (e->flags & KRT_PENDING)
		return;
	e->flags |= KRT_PENDING;
	slab_fit(&k->pending, (k->pending_n + 1) * sizeof(uint32_t));
	at = (uint32_t *)(void *)k->pending.mem;
	at[k->pending_n++] = node;
	if (k->pending_n == 1)
		timer_at(k->push_timer, clock_mono_ms() + GATHER_MS);
}

void
krt_entry_installed(struct krt *k, struct krt_entry *e, bool on)
{
	bool was = e->flags & KRT_INSTALLED;

	k->counts.installed += (uint64_t)on - was;
	e->flags = (uint8_t)(on ? e->flags | KRT_INSTALLED : e->flags & ~KRT_INSTALLED);
}

void
krt_entry_free_maybe(struct krt *k, uint32_t node)
{
	struct krt_entry *e = krt_entry(k, node);

	if (krt_fib_used(&k->ours, node) && !e->want && !e->flags)
		krt_fib_del(&k->ours, node, sizeof(*e));
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
	    net_format(net, text), strerror(error),
	    k->log_n ? " (and others before)" : "");
	k->log_n = 0;
	k->log_after = now + LOG_MS;
}

/* What could not be replaced is still there as it was, and marked, as BIRD has it. */
static void
on_failure(void *ctx, unsigned place, int error)
{
	static const char *const words[] = { "add", "replace", "delete", "delete" };
	struct krt *k = ctx;
	uint32_t node = k->batch_node[place];
	enum krt_op op = k->batch_op[place];
	struct net net;

	if (op >= KRT_DELETE && error == ESRCH)
		return; /* it had gone by itself */
	table_net(&k->ours.t, node, &net);
	complain(k, &net, words[op], error);
	if (op != KRT_STRAY)
		krt_entry_installed(k, krt_entry(k, node), op != KRT_ADD);
	if (op == KRT_REPLACE)
		krt_entry(k, node)->flags |= KRT_REFUSED;
}

/* Marks what the batch did before its answers are read: a failure takes it back. */
static void
batch_send(struct krt *k)
{
	unsigned n = k->batch->n;
	int err;

	for (unsigned i = 0; i < n; i++)
		if (k->batch_op[i] != KRT_STRAY)
			krt_entry_installed(k, krt_entry(k, k->batch_node[i]),
			    k->batch_op[i] != KRT_DELETE);
	err = netlink_batch_send(k->batch, on_failure, k);
	for (unsigned i = 0; i < n; i++)
		krt_entry_free_maybe(k, k->batch_node[i]);
	if (!err)
		return;
	log_error("%s: netlink: %s", k->name, strerror(-err));
	timer_at(k->scan_timer, clock_mono_ms() + KRT_AGAIN_MS);
}

static void
batch_add(struct krt *k, uint32_t node, const struct kroute *r, enum krt_op op)
{
	static const struct {
		unsigned type, flags;
	} how[] = {
		[KRT_ADD] = { RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL },
		[KRT_REPLACE] = { RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE },
		[KRT_DELETE] = { RTM_DELROUTE, 0 },
		[KRT_STRAY] = { RTM_DELROUTE, 0 },
	};

	if (k->batch->n == KRT_BATCH_PLACES ||
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

void
krt_wanted(const struct krt *k, uint32_t node, struct kroute *r)
{
	route_key(k, node, k->conf.metric, r);
	k->ops.resolve(k->ctx, &r->net, entry_want(k, krt_entry(k, node)), r);
	if (!r->metric && (k->conf.type == NET_IP6 || k->conf.type == NET_SADR))
		r->metric = METRIC6;
	if (k->conf.type == NET_MPLS) { /* which the kernel has no place for */
		r->metric = r->realm = r->rtax_mask = 0;
		r->prefsrc = ip_none;
	}
}

void
krt_delete(struct krt *k, uint32_t node, uint32_t metric, enum krt_op op)
{
	struct kroute r;

	route_key(k, node, metric, &r);
	r.scope = RT_SCOPE_NOWHERE; /* whatever it was */
	batch_add(k, node, &r, op);
}

static void
entry_push(struct krt *k, uint32_t node)
{
	struct krt_entry *e = krt_entry(k, node);
	bool there = e->flags & KRT_INSTALLED;
	struct kroute r;

	e->flags &= (uint8_t)~(KRT_PENDING | KRT_REFUSED);
	if (e->want) {
		krt_wanted(k, node, &r);
		if (there && e->metric != r.metric)
			krt_delete(k, node, e->metric, KRT_DELETE);
		there = there && e->metric == r.metric;
		e->metric = r.metric;
		batch_add(k, node, &r, there ? KRT_REPLACE : KRT_ADD);
	} else if (there && k->ready) {
		krt_delete(k, node, e->metric, KRT_DELETE);
	} else {
		krt_entry_free_maybe(k, node);
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
	uint32_t node = a ? krt_fib_get(&k->ours, net, sizeof(struct krt_entry))
			  : krt_fib_find(&k->ours, net);
	struct krt_entry *e = node ? krt_entry(k, node) : NULL;
	uint32_t id = a ? a->id : 0;

	if (!e || e->want == id)
		return;
	if (a)
		attrs_ref(a, 1);
	k->counts.wanted += (uint64_t)(id != 0) - (e->want != 0);
	attrs_unref(k->store, entry_want(k, e), 1);
	e->want = id;
	krt_entry_pending(k, node);
}

bool
krt_lacks(const struct krt *k, const struct net *net)
{
	uint32_t node = krt_fib_find(&k->ours, net);
	const struct krt_entry *e = node ? krt_entry(k, node) : NULL;

	return e && e->want && !(e->flags & KRT_PENDING) &&
	       (!(e->flags & KRT_INSTALLED) || e->flags & KRT_REFUSED);
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
	k->watch = watch_new(loop, k->scan_fd, krt_on_readable, k);
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
		struct krt_entry *e = krt_entry(k, i);

		if (!krt_fib_used(&k->ours, i))
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
		if (krt_fib_used(&k->ours, i) && !krt_entry(k, i)->want)
			krt_entry_pending(k, i);
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
		   k->ours.t.node_end * sizeof(struct krt_entry) +
		   k->others.t.node_end * sizeof(struct krt_foreign);
}
