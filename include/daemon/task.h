/*
 * Tasks: mail that carries what to do.  A thread runs the task with itself as owner; the
 * task frees itself or is waited for by its sender (task_call).
 */
#ifndef MYNAH_DAEMON_TASK_H
#define MYNAH_DAEMON_TASK_H

#include "base/mailbox.h"

enum mail_kind { MAIL_TASK, MAIL_BATCH };

struct task {
	struct mail mail;
	void (*run)(void *owner, struct task *);
};

/* Has fn run by the thread that reads the mailbox and waits for it.  Main thread only:
 * the others never wait for each other. */
void task_call(struct mailbox *, void (*fn)(void *owner, void *arg), void *arg);

/* Has fn run, does not wait.  The arg is the receiver's. */
void task_post(struct mailbox *, void (*fn)(void *owner, void *arg), void *arg);

#endif
