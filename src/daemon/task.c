/*
 * Tasks.
 */
#include "daemon/task.h"

#include <errno.h>
#include <semaphore.h>

#include "base/mem.h"

struct call {
	struct task task;
	void (*fn)(void *owner, void *arg);
	void *arg;
	sem_t *done;
};

static void
call_run(void *owner, struct task *t)
{
	struct call *c = (struct call *)t;
	sem_t *done = c->done;

	c->fn(owner, c->arg);
	if (done)
		sem_post(done); /* c may be gone from here on */
	else
		mem_free(c);
}

void
task_call(struct mailbox *m, void (*fn)(void *owner, void *arg), void *arg)
{
	struct call c = {
		.task.mail.kind = MAIL_TASK, .task.run = call_run, .fn = fn, .arg = arg
	};
	sem_t done;

	sem_init(&done, 0, 0);
	c.done = &done;
	mailbox_post(m, &c.task.mail);
	while (sem_wait(&done) < 0 && errno == EINTR)
		;
	sem_destroy(&done);
}

void
task_post(struct mailbox *m, void (*fn)(void *owner, void *arg), void *arg)
{
	struct call *c = MEM_NEW(struct call);

	c->task.mail.kind = MAIL_TASK;
	c->task.mail.weight = sizeof(*c);
	c->task.run = call_run;
	c->fn = fn;
	c->arg = arg;
	mailbox_post(m, &c->task.mail);
}
