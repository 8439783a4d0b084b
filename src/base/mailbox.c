/*
 * Mailbox: wfcqueue, a weight, an eventfd.
 *
 * Sleep protocol: the consumer sets `asleep`, then looks once more; a producer enqueues,
 * then clears `asleep` if it was set and writes the eventfd.  With sequentially
 * consistent operations on both sides at least one of the two sees the other.
 */
#include "base/mailbox.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

/* The queue's own ordering is in assembly that the thread sanitizer does not see: it is
 * told. */
#if defined(__SANITIZE_THREAD__)
#define TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TSAN 1
#endif
#endif
#ifdef TSAN
#include <sanitizer/tsan_interface.h>
#define GIVEN(mail) __tsan_release(mail)
#define TAKEN(mail) __tsan_acquire(mail)
#else
#define GIVEN(mail) ((void)(mail))
#define TAKEN(mail) ((void)(mail))
#endif

struct mailbox {
	struct cds_wfcq_tail tail __attribute__((aligned(64)));
	_Atomic size_t weight;
	_Atomic bool asleep;
	struct cds_wfcq_head head __attribute__((aligned(64)));
	size_t limit;
	int fd;
};

struct mailbox *
mailbox_new(size_t limit_weight)
{
	struct mailbox *m = mem_aligned(64, sizeof(*m));

	*m = (struct mailbox){ .limit = limit_weight };
	cds_wfcq_init(&m->head, &m->tail);
	m->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (m->fd < 0) {
		cds_wfcq_destroy(&m->head, &m->tail);
		mem_free(m);
		return NULL;
	}
	return m;
}

void
mailbox_free(struct mailbox *m)
{
	if (!m)
		return;
	assert(cds_wfcq_empty(&m->head, &m->tail));
	cds_wfcq_destroy(&m->head, &m->tail);
	close(m->fd);
	mem_free(m);
}

static void
wake(struct mailbox *m)
{
	uint64_t one = 1;

	while (write(m->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void
mailbox_post(struct mailbox *m, struct mail *mail)
{
	atomic_fetch_add_explicit(&m->weight, mail->weight, memory_order_relaxed);
	cds_wfcq_node_init(&mail->node);
	GIVEN(mail);
	cds_wfcq_enqueue(&m->head, &m->tail, &mail->node);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&m->asleep, memory_order_relaxed) &&
	    atomic_exchange(&m->asleep, false))
		wake(m);
}

void
mailbox_poke(struct mailbox *m)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_exchange(&m->asleep, false))
		wake(m);
}

void
mailbox_later(struct mailbox *m)
{
	wake(m);
}

bool
mailbox_empty(struct mailbox *m)
{
	return cds_wfcq_empty(&m->head, &m->tail);
}

bool
mailbox_full(const struct mailbox *m)
{
	return atomic_load_explicit(&m->weight, memory_order_relaxed) > m->limit;
}

struct mail *
mailbox_take(struct mailbox *m)
{
	struct cds_wfcq_node *n = __cds_wfcq_dequeue_blocking(&m->head, &m->tail);
	struct mail *mail = (struct mail *)n;

	if (!mail)
		return NULL;
	TAKEN(mail);
	atomic_fetch_sub_explicit(&m->weight, mail->weight, memory_order_relaxed);
	return mail;
}

int
mailbox_fd(const struct mailbox *m)
{
	return m->fd;
}

bool
mailbox_sleep(struct mailbox *m)
{
	atomic_store(&m->asleep, true);
	atomic_thread_fence(memory_order_seq_cst);
	if (cds_wfcq_empty(&m->head, &m->tail))
		return true;
	atomic_store(&m->asleep, false);
	return false;
}

void
mailbox_awake(struct mailbox *m)
{
	atomic_store(&m->asleep, false);
}

void
mailbox_woken(struct mailbox *m)
{
	uint64_t n;

	atomic_store(&m->asleep, false);
	while (read(m->fd, &n, sizeof(n)) < 0 && errno == EINTR)
		;
}
