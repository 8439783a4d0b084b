/*
 * Io thread: loop, mailbox, and who is a member of which group here.
 */
#include "daemon/io.h"

#include <stdio.h>

#include "base/mem.h"
#include "daemon/links.h"
#include "daemon/peer.h"
#include "daemon/shardthread.h"
#include "daemon/watchdog.h"
#include "filter/memo.h"

struct member {
	uint32_t channel, epoch;
};

struct group {
	struct member *member;
	uint32_t n, cap;
};

struct io {
	struct daemon *daemon;
	unsigned index;
	pthread_t thread;
	bool running;
	struct loop *loop;
	struct beat *beat;
	struct mailbox *mail;
	struct watch *mail_watch;
	bool busy;
	uint8_t *scratch;
	struct memo *memo; /* of import filters */
	struct links *links; /* or NULL: nothing is known of them */
	struct peer *peer[IDS_MAX];    /* by peer id */
	struct peer *channel[IDS_MAX]; /* by channel id */
	struct group *group[SHARDS_MAX];
	uint32_t group_n[SHARDS_MAX];
	struct peer **flush; /* peers with fresh output */
	uint32_t flush_n, flush_cap;
};

struct mailbox *
io_mailbox(struct io *io)
{
	return io->mail;
}

struct daemon *
io_daemon(struct io *io)
{
	return io->daemon;
}

unsigned
io_index(const struct io *io)
{
	return io->index;
}

struct loop *
io_loop(struct io *io)
{
	return io->loop;
}

struct memo *
io_memo(struct io *io)
{
	return io->memo;
}

const struct links *
io_links(const struct io *io)
{
	return io->links;
}

void
io_links_set(struct io *io, struct links *links)
{
	links_unref(io->links);
	io->links = links;
}

uint8_t *
io_scratch(struct io *io)
{
	return io->scratch;
}

void
io_peer_set(struct io *io, uint32_t id, struct peer *p)
{
	io->peer[id] = p;
}

struct peer *
io_peer(struct io *io, uint32_t id)
{
	return io->peer[id];
}

void
io_channel_set(struct io *io, uint32_t channel, struct peer *p)
{
	io->channel[channel] = p;
}

void
io_flush_later(struct io *io, struct peer *p)
{
	if (io->flush_n == io->flush_cap) {
		io->flush_cap = io->flush_cap ? io->flush_cap * 2 : 64;
		io->flush = mem_realloc(io->flush, io->flush_cap * sizeof(*io->flush));
	}
	io->flush[io->flush_n++] = p;
}

void
io_flush_forget(struct io *io, struct peer *p)
{
	for (uint32_t i = 0; i < io->flush_n; i++)
		if (io->flush[i] == p)
			io->flush[i] = NULL;
}

static void
flush_all(struct io *io)
{
	/* A flush may end a session and add more output: the list can grow meanwhile. */
	for (uint32_t i = 0; i < io->flush_n; i++)
		if (io->flush[i])
			peer_flush(io->flush[i]);
	io->flush_n = 0;
}

static bool
take_mail(struct io *io)
{
	bool any = false;
	struct mail *m;

	while ((m = mailbox_take(io->mail))) {
		struct task *t = (struct task *)m;

		t->run(io, t);
		any = true;
	}
	return any;
}

bool
io_turn(struct io *io)
{
	bool any = take_mail(io) || io->flush_n;

	flush_all(io);
	return any;
}

static void
mail_ready(void *ctx, unsigned events)
{
	struct io *io = ctx;

	(void)events;
	mailbox_woken(io->mail);
	io_turn(io);
}

static void
set_busy(struct io *io, bool busy)
{
	if (io->busy == busy)
		return;
	io->busy = busy;
	atomic_fetch_add(&io->daemon->io_busy, busy ? 1 : -1);
}

static void
on_busy(void *ctx)
{
	set_busy(ctx, true);
}

static void
on_idle(void *ctx)
{
	struct io *io = ctx;

	do
		io_turn(io);
	while (!mailbox_sleep(io->mail));
	set_busy(io, false);
	if (atomic_load(&io->daemon->io_busy) == 0)
		for (unsigned i = 0; i < io->daemon->shard_n; i++)
			shard_thread_io_idle(io->daemon->shard[i]);
}

static void *
io_main(void *arg)
{
	struct io *io = arg;

	loop_run(io->loop, on_idle, on_busy, io);
	return NULL;
}

struct io *
io_new(struct daemon *d, unsigned index)
{
	struct io *io = MEM_NEW(struct io);
	char name[16];

	io->daemon = d;
	io->index = index;
	io->loop = loop_new();
	io->mail = io->loop ? mailbox_new(SIZE_MAX) : NULL;
	if (!io->mail) {
		loop_free(io->loop);
		mem_free(io);
		return NULL;
	}
	snprintf(name, sizeof(name), "io %u", index);
	io->beat = beat_new(name);
	loop_watched(io->loop, io->beat);
	io->scratch = mem_alloc(IO_SCRATCH);
	io->memo = memo_new();
	io->mail_watch = watch_new(io->loop, mailbox_fd(io->mail), mail_ready, io);
	watch_set(io->mail_watch, WATCH_READ);
	return io;
}

int
io_start(struct io *io)
{
	int err = -pthread_create(&io->thread, NULL, io_main, io);

	io->running = !err;
	if (!err)
		pthread_setname_np(io->thread, "io");
	return err;
}

static void
stop_run(void *owner, void *arg)
{
	struct io *io = owner;

	(void)arg;
	loop_stop(io->loop);
}

void
io_stop(struct io *io)
{
	if (io->running) {
		task_call(io->mail, stop_run, NULL);
		pthread_join(io->thread, NULL);
	}
	set_busy(io, false);
	take_mail(io);
	watch_free(io->mail_watch);
	loop_free(io->loop);
	beat_free(io->beat);
	mailbox_free(io->mail);
	for (unsigned s = 0; s < SHARDS_MAX; s++) {
		for (uint32_t g = 0; g < io->group_n[s]; g++)
			mem_free(io->group[s][g].member);
		mem_free(io->group[s]);
	}
	mem_free(io->flush);
	mem_free(io->scratch);
	memo_free(io->memo);
	links_unref(io->links);
	mem_free(io);
}

/*
 * From shards.
 */
struct out_task {
	struct task task;
	unsigned shard;
	uint32_t group, channel, epoch;
	bool add;
	struct segment *segment;
};

static void
post(struct io *io, void (*run)(void *, struct task *), struct out_task value)
{
	struct out_task *o = MEM_NEW(struct out_task);

	*o = value;
	o->task.run = run;
	o->task.mail.weight = sizeof(*o);
	mailbox_post(io->mail, &o->task.mail);
}

static struct group *
group_get(struct io *io, unsigned shard, uint32_t group)
{
	if (group >= io->group_n[shard]) {
		uint32_t n = group * 2 + 8;

		io->group[shard] = mem_realloc(
		    io->group[shard], n * sizeof(struct group));
		for (uint32_t i = io->group_n[shard]; i < n; i++)
			io->group[shard][i] = (struct group){ 0 };
		io->group_n[shard] = n;
	}
	return &io->group[shard][group];
}

static void
group_add(struct group *g, uint32_t channel, uint32_t epoch)
{
	if (g->n == g->cap) {
		g->cap = g->cap ? g->cap * 2 : 8;
		g->member = mem_realloc(g->member, g->cap * sizeof(*g->member));
	}
	g->member[g->n++] = (struct member){ channel, epoch };
}

static void
group_del(struct group *g, uint32_t channel, uint32_t epoch)
{
	for (uint32_t i = 0; i < g->n; i++)
		if (g->member[i].channel == channel && g->member[i].epoch == epoch) {
			g->member[i] = g->member[--g->n];
			return;
		}
}

static void
member_run(void *owner, struct task *t)
{
	struct io *io = owner;
	struct out_task *o = (struct out_task *)t;
	struct group *g = group_get(io, o->shard, o->group);

	if (o->add)
		group_add(g, o->channel, o->epoch);
	else
		group_del(g, o->channel, o->epoch);
	mem_free(o);
}

void
io_post_member(struct io *io, unsigned shard, uint32_t group, uint32_t channel,
    uint32_t epoch, bool add)
{
	post(io, member_run,
	    (struct out_task){ .shard = shard,
		.group = group,
		.channel = channel,
		.epoch = epoch,
		.add = add });
}

static void
give(struct io *io, uint32_t channel, uint32_t epoch, struct segment *s)
{
	struct peer *p = io->channel[channel];

	if (p && peer_epoch(p, channel) == epoch)
		peer_segment(p, s);
}

static void
broadcast_run(void *owner, struct task *t)
{
	struct io *io = owner;
	struct out_task *o = (struct out_task *)t;
	struct group *g = group_get(io, o->shard, o->group);

	for (uint32_t i = 0; i < g->n; i++)
		give(io, g->member[i].channel, g->member[i].epoch, o->segment);
	segment_unref(o->segment);
	mem_free(o);
}

void
io_post_broadcast(struct io *io, unsigned shard, uint32_t group, struct segment *s)
{
	post(io, broadcast_run,
	    (struct out_task){ .shard = shard, .group = group, .segment = s });
}

static void
unicast_run(void *owner, struct task *t)
{
	struct out_task *o = (struct out_task *)t;

	give(owner, o->channel, o->epoch, o->segment);
	segment_unref(o->segment);
	mem_free(o);
}

void
io_post_unicast(struct io *io, uint32_t channel, uint32_t epoch, struct segment *s)
{
	post(io, unicast_run,
	    (struct out_task){ .channel = channel, .epoch = epoch, .segment = s });
}

static void
caught_up_run(void *owner, struct task *t)
{
	struct io *io = owner;
	struct out_task *o = (struct out_task *)t;
	struct peer *p = io->channel[o->channel];

	if (p && peer_epoch(p, o->channel) == o->epoch)
		peer_caught_up(p, o->channel);
	mem_free(o);
}

void
io_post_caught_up(struct io *io, uint32_t channel, uint32_t epoch)
{
	post(io, caught_up_run, (struct out_task){ .channel = channel, .epoch = epoch });
}

static void
limit_run(void *owner, struct task *t)
{
	struct io *io = owner;
	struct out_task *o = (struct out_task *)t;
	struct peer *p = io->channel[o->channel];

	if (p && peer_epoch(p, o->channel) == o->epoch)
		peer_limit_hit(p, o->channel, (enum limit_kind)o->group);
	mem_free(o);
}

void
io_post_limit(struct io *io, uint32_t channel, uint32_t epoch, enum limit_kind kind)
{
	post(io, limit_run,
	    (struct out_task){ .channel = channel, .epoch = epoch, .group = kind });
}

static void
walked_run(void *owner, struct task *t)
{
	struct io *io = owner;
	struct out_task *o = (struct out_task *)t;
	struct peer *p = io->channel[o->channel];

	if (p && peer_epoch(p, o->channel) == o->epoch)
		peer_walked(p, o->channel);
	mem_free(o);
}

void
io_post_walked(struct io *io, uint32_t channel, uint32_t epoch)
{
	post(io, walked_run, (struct out_task){ .channel = channel, .epoch = epoch });
}
