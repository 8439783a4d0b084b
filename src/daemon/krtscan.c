/*
 * Kernel tables: what is in the kernel, by dumps and by notifications.  Routes of ours
 * are compared with what is wanted; others' are learned.
 */
#include "daemon/krtimpl.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/longnet.h"

enum { RECEIVES = 16 }; /* message buffers read in one turn */

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
	struct krt_entry *e = krt_entry(k, node);

	if (!k->ready)
		return; /* seen again then */
	krt_delete(k, node, metric == want ? e->metric : metric, KRT_STRAY);
	if (metric == want)
		e->metric = metric;
	timer_at(k->push_timer, clock_mono_ms());
}

/* Ours, as the kernel has it: as it is wanted? */
static void
ours_seen(struct krt *k, const struct kroute *r)
{
	uint32_t node = krt_fib_get(&k->ours, &r->net, sizeof(struct krt_entry));
	struct krt_entry *e = node ? krt_entry(k, node) : NULL;
	bool second;
	struct kroute want;

	if (!e)
		return;
	want.metric = e->metric;
	if (e->want)
		krt_wanted(k, node, &want);
	second = e->flags & KRT_INSTALLED && e->seen == k->scan && e->metric != r->metric;
	if (second)
		second_seen(k, node, want.metric, r->metric);
	else
		e->metric = r->metric;
	e->seen = k->scan;
	krt_entry_installed(k, e, true);
	if (!e->want || (e->metric == r->metric &&
			    (want.metric != r->metric || !kroute_same(&want, r))))
		krt_entry_pending(k, node);
}

static void
ours_missing(struct krt *k, uint32_t node)
{
	struct krt_entry *e = krt_entry(k, node);

	krt_entry_installed(k, e, false);
	if (e->want)
		krt_entry_pending(k, node);
	else if (!(e->flags & KRT_PENDING))
		krt_entry_free_maybe(k, node);
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
	struct krt_foreign *f;

	if (!is_learned(k, r) || r->down)
		return;
	node = krt_fib_get(&k->others, &r->net, sizeof(*f));
	if (!node)
		return;
	f = krt_foreign(k, node);
	if (k->others.t.node_n == end && f->seen == k->scan && r->metric > f->metric)
		return;
	k->counts.learned += k->others.t.node_n != end;
	*f = (struct krt_foreign){ .metric = r->metric, .seen = k->scan };
	k->ops.learned(k->ctx, r, true);
}

static void
foreign_gone(struct krt *k, uint32_t node)
{
	struct kroute r = { 0 };

	table_net(&k->others.t, node, &r.net);
	net_hold(&r.net);
	krt_fib_del(&k->others, node, sizeof(struct krt_foreign));
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
	if (krt_entry(k, node)->want && !(krt_entry(k, node)->flags & KRT_INSTALLED))
		krt_entry_pending(k, node);
}

static void
notified_gone(struct krt *k, const struct kroute *r)
{
	uint32_t ours = krt_fib_find(&k->ours, &r->net), node;

	if (is_ours(r)) {
		if (ours && krt_entry(k, ours)->flags & KRT_INSTALLED &&
		    krt_entry(k, ours)->metric == r->metric)
			ours_missing(k, ours);
		return;
	}
	if (ours)
		try_again(k, ours);
	node = krt_fib_find(&k->others, &r->net);
	if (node && krt_foreign(k, node)->metric == r->metric) {
		foreign_gone(k, node); /* another metric's may take its place */
		timer_at(k->scan_timer, clock_mono_ms() + KRT_AGAIN_MS);
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
	    err		     ? clock_mono_ms() + KRT_AGAIN_MS
	    : k->conf.scan_s ? clock_mono_ms() + k->conf.scan_s * UINT64_C(1000)
			     : UINT64_MAX);
}

static void
scan_end(struct krt *k)
{
	for (uint32_t i = 1; i < k->ours.t.node_end; i++) {
		if (!krt_fib_used(&k->ours, i) || krt_entry(k, i)->flags & KRT_PENDING)
			continue;
		if (!(krt_entry(k, i)->flags & KRT_INSTALLED))
			try_again(k, i);
		else if (krt_entry(k, i)->seen != k->scan)
			ours_missing(k, i);
	}
	for (uint32_t i = 1; i < k->others.t.node_end; i++)
		if (krt_fib_used(&k->others, i) && krt_foreign(k, i)->seen != k->scan)
			foreign_gone(k, i);
	k->ops.scanned(k->ctx);
}

void
krt_on_readable(void *ctx, unsigned events)
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
		timer_at(k->scan_timer, clock_mono_ms() + KRT_AGAIN_MS);
}
