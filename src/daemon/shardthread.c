/*
 * Shard thread: two mailboxes, one for routes and channels in order, one for questions of
 * main, which are answered between two slices.  What the shard calls goes to the io thread
 * that owns the channel's session, and to main for channels without one.  What else it is
 * told by mail: shardpost.c.
 */
#include "daemon/shardthread.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "conf/model.h"
#include "daemon/flows.h"
#include "daemon/igp.h"
#include "daemon/io.h"
#include "daemon/links.h"
#include "daemon/serve.h"
#include "daemon/tap.h"
#include "daemon/watchdog.h"

#define MAIL_TURN    32 /* mails taken between two looks at the questions */
#define SLEEP_MAX_S  60
#define BURST	     (4u << 20) /* so much mail leaves memory behind that is worth a look */
#define NS_MS	     UINT64_C(1000000)
#define NS_S	     UINT64_C(1000000000)

_Static_assert(IDS_MAX == CHANNEL_OWN, "main's ids end where the shards' begin");

struct owner {
	uint8_t io;
	bool set;
	uint32_t epoch;
};

struct shard_thread {
	struct daemon *daemon;
	unsigned index;
	pthread_t thread;
	struct beat *beat;
	bool running;
	struct shard *shard;
	struct links *links; /* or NULL */
	struct mailbox *mail, *calls;
	_Atomic bool wants_idle; /* it sleeps until the io threads are idle */
	size_t taken; /* weight of mail since it last had nothing to do */
	bool stop;

	struct owner owner[IDS_MAX]; /* by channel id */
	uint32_t *group_io;	     /* members by [group * io_n + io] */
	uint32_t group_n;
};

/*
 * Callbacks of the shard.
 */
static uint32_t *
group_count(struct shard_thread *t, uint32_t group, unsigned io)
{
	unsigned io_n = t->daemon->io_n;

	if (group >= t->group_n) {
		uint32_t n = group * 2 + 8;

		t->group_io = mem_realloc(
		    t->group_io, (size_t)n * io_n * sizeof(uint32_t));
		for (size_t i = (size_t)t->group_n * io_n; i < (size_t)n * io_n; i++)
			t->group_io[i] = 0;
		t->group_n = n;
	}
	return &t->group_io[group * io_n + io];
}

static void
on_member(struct shard_thread *t, uint32_t group, uint32_t channel, bool add)
{
	const struct owner *o = &t->owner[channel];

	if (!o->set)
		return;
	*group_count(t, group, o->io) += add ? 1u : UINT32_MAX;
	io_post_member(t->daemon->io[o->io], t->index, group, channel, o->epoch, add);
}

static void
on_member_add(void *ctx, uint32_t group, uint32_t channel)
{
	on_member(ctx, group, channel, true);
}

static void
on_member_del(void *ctx, uint32_t group, uint32_t channel)
{
	on_member(ctx, group, channel, false);
}

static void
on_broadcast(void *ctx, uint32_t group, struct segment *s)
{
	struct shard_thread *t = ctx;

	for (unsigned i = 0; i < t->daemon->io_n; i++) {
		if (!*group_count(t, group, i))
			continue;
		segment_ref(s, 1);
		io_post_broadcast(t->daemon->io[i], t->index, group, s);
	}
	segment_unref(s);
}

static void
on_unicast(void *ctx, uint32_t channel, struct segment *s)
{
	struct shard_thread *t = ctx;
	const struct owner *o = &t->owner[channel];

	if (o->set)
		io_post_unicast(t->daemon->io[o->io], channel, o->epoch, s);
	else
		segment_unref(s);
}

static void
on_caught_up(void *ctx, uint32_t channel)
{
	struct shard_thread *t = ctx;
	const struct owner *o = &t->owner[channel];

	if (o->set)
		io_post_caught_up(t->daemon->io[o->io], channel, o->epoch);
	else
		serve_post_caught_up(t->daemon, channel);
}

static void
on_follow(void *ctx, uint32_t channel, struct batch *b)
{
	struct shard_thread *t = ctx;

	(void)channel; /* the batch names it */
	serve_post_follow(t->daemon, b);
}

static void
on_channel_gone(void *ctx, uint32_t channel)
{
	struct shard_thread *t = ctx;

	t->owner[channel].set = false;
	serve_post_channel_gone(t->daemon, channel);
}

static uint64_t
on_backlog(void *ctx, uint32_t channel)
{
	struct shard_thread *t = ctx;

	return atomic_load_explicit(&t->daemon->backlog[channel], memory_order_relaxed);
}

static void
on_purged(void *ctx)
{
	struct shard_thread *t = ctx;

	serve_post_purged(t->daemon);
}

static void
on_limit_hit(void *ctx, uint32_t channel, enum limit_kind kind)
{
	struct shard_thread *t = ctx;
	const struct owner *o = &t->owner[channel];

	if (o->set)
		io_post_limit(t->daemon->io[o->io], channel, o->epoch, kind);
	else
		serve_post_limit(t->daemon, channel, kind);
}

static void
on_hop_wanted(void *ctx, unsigned resolver, uint32_t hop)
{
	struct shard_thread *t = ctx;

	igp_post_wanted(t->daemon, resolver, hop);
}

static void
on_watched(void *ctx, uint32_t table, const struct watch_news *news, unsigned n)
{
	struct shard_thread *t = ctx;

	igp_post_told(t->daemon, table, news, n);
}

static void
on_walked(void *ctx, uint32_t channel)
{
	struct shard_thread *t = ctx;
	const struct owner *o = &t->owner[channel];

	if (o->set)
		io_post_walked(t->daemon->io[o->io], channel, o->epoch);
}

static void
on_base_wanted(void *ctx, unsigned resolver, const struct net *to, bool on)
{
	struct shard_thread *t = ctx;

	flows_post_wanted(t->daemon, t->index, resolver, to, on);
}

static void
on_watch_walked(void *ctx, uint32_t table, uint32_t serial)
{
	struct shard_thread *t = ctx;

	flows_post_walked(t->daemon, t->index, table, serial);
}

static void
on_monitored(void *ctx, struct batch *b)
{
	struct shard_thread *t = ctx;

	tap_routes(t->daemon, t->owner[b->channel].epoch, 0, b);
}

static const struct shard_ops ops = {
	.member_add = on_member_add,
	.member_del = on_member_del,
	.broadcast = on_broadcast,
	.unicast = on_unicast,
	.caught_up = on_caught_up,
	.channel_gone = on_channel_gone,
	.backlog = on_backlog,
	.limit_hit = on_limit_hit,
	.follow = on_follow,
	.purged = on_purged,
	.hop_wanted = on_hop_wanted,
	.watched = on_watched,
	.walked = on_walked,
	.base_wanted = on_base_wanted,
	.watch_walked = on_watch_walked,
	.monitored = on_monitored,
};

/*
 * The thread.
 */
static void
take(struct shard_thread *t, struct mail *m)
{
	if (m->kind == MAIL_BATCH)
		shard_batch(t->shard, (struct batch *)m);
	else
		((struct task *)m)->run(t, (struct task *)m);
}

static void
answer_calls(struct shard_thread *t)
{
	struct mail *m;

	while ((m = mailbox_take(t->calls)))
		take(t, m);
}

static void
wait_for(struct pollfd *fd, unsigned n, uint64_t until_ms)
{
	uint64_t now = clock_mono_ns(), wait = 0;
	struct timespec ts;

	if (until_ms / 1000 > now / NS_S + SLEEP_MAX_S)
		wait = SLEEP_MAX_S * NS_S;
	else if (until_ms * NS_MS > now)
		wait = until_ms * NS_MS - now;
	ts = (struct timespec){ (time_t)(wait / NS_S), (long)(wait % NS_S) };
	ppoll(fd, n, &ts, NULL);
}

static void
end_wait(struct mailbox *m, const struct pollfd *fd)
{
	if (fd->revents)
		mailbox_woken(m);
	else
		mailbox_awake(m);
}

/* Sleeps until a question or the time comes. */
static void
nap(struct shard_thread *t, uint64_t until_ms)
{
	struct pollfd fd = { .fd = mailbox_fd(t->calls), .events = POLLIN };

	if (!mailbox_sleep(t->calls))
		return;
	wait_for(&fd, 1, until_ms);
	end_wait(t->calls, &fd);
}

/* Sleeps until mail, a question or the time comes.  was_busy: changes are held back for
 * io threads that had input; if none has any more, there is no sleep. */
static void
sleep_until(struct shard_thread *t, uint64_t until_ms, bool was_busy)
{
	struct pollfd fd[2] = {
		{ .fd = mailbox_fd(t->mail), .events = POLLIN },
		{ .fd = mailbox_fd(t->calls), .events = POLLIN },
	};

	if (!mailbox_sleep(t->mail))
		return;
	if (mailbox_sleep(t->calls)) {
		if (!was_busy || atomic_load(&t->daemon->io_busy) > 0)
			wait_for(fd, 2, until_ms);
		end_wait(t->calls, &fd[1]);
	}
	end_wait(t->mail, &fd[0]);
}

/* Nothing can be done before until_ms.  While changes only gather, the mail, too: who
 * brings it need not wake us, and one look takes what a tick has brought. */
static void
rest(struct shard_thread *t, uint64_t until_ms, bool was_busy)
{
	uint64_t gathers = shard_gathers_until(t->shard);

	if (t->taken > BURST)
		serve_post_purged(t->daemon);
	t->taken = 0;
	if (clock_mono_ms() < gathers) {
		atomic_store(&t->wants_idle, false);
		nap(t, until_ms < gathers ? until_ms : gathers);
	} else {
		sleep_until(t, until_ms, was_busy);
		atomic_store(&t->wants_idle, false);
	}
}

/* *busy: changes were held back for io threads that have input. */
static bool
turn(struct shard_thread *t, uint64_t *until_ms, bool *busy)
{
	struct mail *m = NULL;
	unsigned n = 0;

	while (n < MAIL_TURN && (m = mailbox_take(t->mail))) {
		t->taken += m->weight;
		take(t, m);
		n++;
	}
	atomic_store(&t->wants_idle, true);
	*busy = atomic_load(&t->daemon->io_busy) > 0;
	if (!*busy)
		atomic_store(&t->wants_idle, false);
	return shard_run(t->shard, m != NULL || *busy, clock_mono_ms(), until_ms) || n;
}

bool
shard_thread_turn(struct shard_thread *t, uint64_t *until_ms)
{
	bool busy;

	return turn(t, until_ms, &busy);
}

struct shard *
shard_thread_shard(struct shard_thread *t)
{
	return t->shard;
}

static void *
shard_main(void *arg)
{
	struct shard_thread *t = arg;

	for (;;) {
		uint64_t until_ms = UINT64_MAX;
		uint64_t began = latency_begin(LATENCY_EVENTS);
		bool busy, more;

		beat_turn(t->beat);
		answer_calls(t);
		if (t->stop)
			break;
		more = turn(t, &until_ms, &busy);
		latency_end(began, "a slice of work");
		if (more)
			continue;
		beat_rest(t->beat);
		rest(t, until_ms, busy);
	}
	beat_rest(t->beat);
	return NULL;
}

void
shard_thread_io_idle(struct shard_thread *t)
{
	if (atomic_load(&t->wants_idle))
		mailbox_poke(t->mail);
}

struct shard_thread *
shard_thread_new(struct daemon *d, unsigned index)
{
	struct shard_thread *t = MEM_NEW(struct shard_thread);
	char name[16];

	t->daemon = d;
	t->index = index;
	t->mail = mailbox_new(SHARD_QUEUE_LIMIT);
	t->calls = t->mail ? mailbox_new(SIZE_MAX) : NULL;
	if (!t->calls) {
		mailbox_free(t->mail);
		mem_free(t);
		return NULL;
	}
	snprintf(name, sizeof(name), "shard %u", index);
	t->beat = beat_new(name);
	t->shard = shard_new(d->store, &ops, t);
	shard_share(t->shard, d->shard_n);
	return t;
}

int
shard_thread_start(struct shard_thread *t)
{
	int err = -pthread_create(&t->thread, NULL, shard_main, t);

	t->running = !err;
	if (!err)
		pthread_setname_np(t->thread, "shard");
	return err;
}

static void
stop_run(void *owner, void *arg)
{
	struct shard_thread *t = owner;

	(void)arg;
	t->stop = true;
}

static void
drop_mail(struct shard_thread *t)
{
	struct mail *m;

	while ((m = mailbox_take(t->mail)))
		take(t, m);
}

void
shard_thread_stop(struct shard_thread *t)
{
	if (t->running) {
		task_call(t->calls, stop_run, NULL);
		pthread_join(t->thread, NULL);
	}
	drop_mail(t);
	shard_free(t->shard);
	links_unref(t->links);
	mailbox_free(t->mail);
	mailbox_free(t->calls);
	mem_free(t->group_io);
	beat_free(t->beat);
	mem_free(t);
}

void
shard_thread_post(struct shard_thread *t, struct task *task)
{
	mailbox_post(t->mail, &task->mail);
}

void
shard_post_batch(struct shard_thread *t, struct batch *b)
{
	b->mail.kind = MAIL_BATCH;
	mailbox_post(t->mail, &b->mail);
}

bool
shard_thread_full(const struct shard_thread *t)
{
	return mailbox_full(t->mail);
}

/*
 * Channels, and whose they are.
 */
struct channel_task {
	struct task task;
	struct channel_desc desc;
	char *name;
	bool up;
	unsigned io;
	uint32_t epoch;
};

static void
channel_run(void *owner, struct task *task)
{
	struct shard_thread *t = owner;
	struct channel_task *ct = (struct channel_task *)task;

	if (ct->up) {
		t->owner[ct->desc.id] = (struct owner){
			.io = (uint8_t)ct->io,
			.set = ct->io != UINT_MAX,
			.epoch = ct->epoch,
		};
		shard_channel_up(t->shard, &ct->desc);
	} else {
		shard_channel_update(t->shard, &ct->desc);
	}
	channel_desc_unref(&ct->desc);
	limits_unref(ct->desc.limits);
	mem_free(ct->name);
	mem_free(ct);
}

static void
post_desc(struct shard_thread *t, const struct channel_desc *desc, bool up, unsigned io,
    uint32_t epoch)
{
	struct channel_task *ct = MEM_NEW(struct channel_task);

	*ct = (struct channel_task){
		.task.mail.weight = sizeof(*ct),
		.task.run = channel_run,
		.desc = *desc,
		.name = mem_strdup(desc->name),
		.up = up,
		.io = io,
		.epoch = epoch,
	};
	ct->desc.name = ct->name;
	channel_desc_ref(&ct->desc);
	limits_ref(ct->desc.limits);
	shard_thread_post(t, &ct->task);
}

void
shard_post_channel_up(
    struct shard_thread *t, const struct channel_desc *desc, unsigned io, uint32_t epoch)
{
	post_desc(t, desc, true, io, epoch);
}

void
shard_post_channel_update(struct shard_thread *t, const struct channel_desc *desc)
{
	post_desc(t, desc, false, 0, 0);
}

uint32_t
shard_thread_epoch(const struct shard_thread *t, uint32_t channel)
{
	return t->owner[channel].epoch;
}

/*
 * Questions.
 */
struct shard_question {
	void (*fn)(struct shard *, void *arg);
	void *arg;
};

static void
question_run(void *owner, void *arg)
{
	struct shard_thread *t = owner;
	struct shard_question *q = arg;

	q->fn(t->shard, q->arg);
}

void
shard_call(struct shard_thread *t, void (*fn)(struct shard *, void *arg), void *arg)
{
	struct shard_question q = { fn, arg };

	task_call(t->calls, question_run, &q);
}

void
shard_barrier(struct shard_thread *t, void (*fn)(void *owner, void *arg), void *arg)
{
	task_post(t->mail, fn, arg);
}

static void
links_take(void *owner, void *arg)
{
	struct shard_thread *t = owner;

	links_unref(t->links);
	t->links = arg;
	shard_links(t->shard, links_filter(t->links));
}

void
shard_post_links(struct shard_thread *t, struct links *links)
{
	task_post(t->mail, links_take, links);
}
