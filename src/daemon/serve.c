/*
 * Main's mail: what the other threads tell it, and who is told then.
 */
#include "daemon/serve.h"

#include "base/mem.h"
#include "daemon/dynamic.h"
#include "daemon/runtime.h"
#include "daemon/task.h"

void
serve_mail(struct runtime *rt, struct mail *m)
{
	if (m->kind == MAIL_BATCH)
		runtime_follow(rt, (struct batch *)m);
	else
		((struct task *)m)->run(rt, (struct task *)m);
}

static void
peer_gone(void *owner, void *arg)
{
	runtime_peer_gone(owner, (uint32_t)(uintptr_t)arg);
}

static void
caught_up(void *owner, void *arg)
{
	runtime_caught_up(owner, (uint32_t)(uintptr_t)arg);
}

void
serve_post_caught_up(struct daemon *d, uint32_t channel)
{
	task_post(d->main, caught_up, (void *)(uintptr_t)channel);
}

/* Both in one word: a channel has 16 bits. */
static void
limit_hit(void *owner, void *arg)
{
	uintptr_t word = (uintptr_t)arg;

	ceiling_hit(owner, (uint32_t)(word >> 2), (enum limit_kind)(word & 3));
}

void
serve_post_limit(struct daemon *d, uint32_t channel, enum limit_kind kind)
{
	task_post(d->main, limit_hit, (void *)((uintptr_t)channel << 2 | kind));
}

void
serve_post_follow(struct daemon *d, struct batch *b)
{
	b->mail.kind = MAIL_BATCH;
	mailbox_post(d->main, &b->mail);
}

static void
channel_gone(void *owner, void *arg)
{
	runtime_channel_gone(owner, (uint32_t)(uintptr_t)arg);
}

void
serve_post_peer_gone(struct daemon *d, uint32_t id)
{
	task_post(d->main, peer_gone, (void *)(uintptr_t)id);
}

static void
peer_disabled(void *owner, void *arg)
{
	runtime_peer_disabled(owner, (uint32_t)(uintptr_t)arg);
}

void
serve_post_peer_disabled(struct daemon *d, uint32_t id)
{
	task_post(d->main, peer_disabled, (void *)(uintptr_t)id);
}

struct fault_task {
	struct task task;
	uint32_t serial, id;
	const char *text;
};

static void
fault_run(void *owner, struct task *t)
{
	struct fault_task *f = (struct fault_task *)t;

	runtime_peer_fault(owner, f->serial, f->id, f->text);
	mem_free(f);
}

void
serve_post_peer_fault(struct daemon *d, uint32_t serial, uint32_t id, const char *text)
{
	struct fault_task *f = MEM_NEW(struct fault_task);

	*f = (struct fault_task){ .serial = serial, .id = id, .text = text };
	f->task.run = fault_run;
	mailbox_post(d->main, &f->task.mail);
}

static void
peer_left(void *owner, void *arg)
{
	dynamic_left(owner, (uint32_t)(uintptr_t)arg);
}

void
serve_post_peer_left(struct daemon *d, uint32_t id)
{
	task_post(d->main, peer_left, (void *)(uintptr_t)id);
}

static void
peer_born(void *owner, void *arg)
{
	dynamic_born(owner, (uint32_t)(uintptr_t)arg);
}

void
serve_post_peer_born(struct daemon *d, uint32_t id)
{
	task_post(d->main, peer_born, (void *)(uintptr_t)id);
}

struct caller_task {
	struct task task;
	uint32_t id;
	struct ip remote;
	unsigned ifindex;
	int fd;
};

static void
caller_run(void *owner, struct task *task)
{
	struct caller_task *t = (struct caller_task *)task;

	dynamic_accept(owner, t->id, &t->remote, t->ifindex, t->fd);
	mem_free(t);
}

void
serve_post_caller(struct daemon *d, uint32_t id, const struct ip *remote,
    unsigned ifindex, int fd)
{
	struct caller_task *t = MEM_NEW(struct caller_task);

	*t = (struct caller_task){ .task.run = caller_run,
		.task.mail.weight = sizeof(*t),
		.id = id,
		.remote = *remote,
		.ifindex = ifindex,
		.fd = fd };
	mailbox_post(d->main, &t->task.mail);
}

void
serve_post_channel_gone(struct daemon *d, uint32_t channel)
{
	task_post(d->main, channel_gone, (void *)(uintptr_t)channel);
}

static void
purged(void *owner, void *arg)
{
	const struct runtime *rt = owner;

	(void)arg;
	store_trim(rt->daemon->store);
	mem_trim();
}

void
serve_post_purged(struct daemon *d)
{
	task_post(d->main, purged, NULL);
}
