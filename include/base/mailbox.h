/*
 * Mailbox: the one way threads talk.  Many producers, one consumer, first in first out
 * for each producer.  Lock free (liburcu's wfcqueue) with an eventfd to wake a sleeping
 * consumer.
 *
 * Bounded by weight: a post never fails, but mailbox_full() tells a producer to stop
 * reading its own sources until it has been woken.
 */
#ifndef MYNAH_BASE_MAILBOX_H
#define MYNAH_BASE_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <urcu/wfcqueue.h>

struct mailbox;

/* Embedded as the first member of each message. */
struct mail {
	struct cds_wfcq_node node;
	size_t weight; /* bytes, roughly; set by the sender */
	unsigned kind; /* meaning is the receiver's */
};

/* NULL and errno: no descriptor for it. */
struct mailbox *mailbox_new(size_t limit_weight);
void mailbox_free(struct mailbox *); /* must be empty */

/* Any thread.  The mailbox owns the message until it is taken. */
void mailbox_post(struct mailbox *, struct mail *);

/* Any thread: true while more than the limit is waiting. */
bool mailbox_full(const struct mailbox *);

/* Any thread: wakes the consumer without a message. */
void mailbox_poke(struct mailbox *);

/* Consumer only.  The oldest message or NULL. */
struct mail *mailbox_take(struct mailbox *);
bool mailbox_empty(struct mailbox *);

/* Consumer only: readable when there may be mail.  Call mailbox_sleep before waiting: it
 * returns false if mail is there already. */
int mailbox_fd(const struct mailbox *);
bool mailbox_sleep(struct mailbox *);
void mailbox_woken(struct mailbox *); /* after waiting, if the eventfd is readable: clears it */
void mailbox_awake(struct mailbox *); /* after waiting, if it is not */
/* Consumer only: it has enough for now, and waits no longer than for other things. */
void mailbox_later(struct mailbox *);

#endif
