/*
 * Settling: main counts the channels that are waited for, as recover.c does.
 */
#include "daemon/settle.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/peer.h"

struct settling {
	struct timer *timer;
	unsigned left;
	bool waits[IDS_MAX]; /* by channel id */
};

static void
over(struct runtime *rt)
{
	struct settling *s = rt->settling;

	if (!atomic_exchange(&rt->daemon->settling, false))
		return;
	timer_at(s->timer, UINT64_MAX);
	for (unsigned i = 0; i < rt->run_n; i++)
		if (rt->run[i]->conf->kind == PROTO_BGP)
			peer_post_action(rt->daemon->io[rt->run[i]->io], rt->run[i]->peer,
			    PEER_SETTLED, 0, 0, NULL);
}

static void
timed_out(void *ctx)
{
	struct runtime *rt = ctx;
	struct settling *s = rt->settling;

	log_info("%u channels not imported anew in time, going on", s->left);
	for (unsigned i = 0; i < IDS_MAX; i++)
		s->waits[i] = false;
	s->left = 0;
	over(rt);
}

void
settle_begin(struct runtime *rt)
{
	if (!rt->settling) {
		rt->settling = MEM_NEW(struct settling);
		rt->settling->timer = timer_new(rt->loop, timed_out, rt);
	}
	/* Reload upon reload does not put the end off. */
	if (!atomic_exchange(&rt->daemon->settling, true))
		timer_at(rt->settling->timer, clock_mono_ms() + SETTLE_MAX_MS);
}

void
settle_wait(struct runtime *rt, uint32_t channel)
{
	struct settling *s = rt->settling;

	if (!atomic_load(&rt->daemon->settling) || s->waits[channel])
		return;
	s->waits[channel] = true;
	s->left++;
}

void
settle_watch(struct runtime *rt)
{
	if (rt->settling && !rt->settling->left)
		over(rt);
}

void
settle_forget(struct runtime *rt, uint32_t channel)
{
	struct settling *s = rt->settling;

	if (!s || !s->waits[channel])
		return;
	s->waits[channel] = false;
	if (--s->left == 0)
		over(rt);
}

static void
done_run(void *owner, void *arg)
{
	settle_forget(owner, (uint32_t)(uintptr_t)arg);
}

void
settle_post_done(struct daemon *d, uint32_t channel)
{
	task_post(d->main, done_run, (void *)(uintptr_t)channel);
}

void
settle_free(struct runtime *rt)
{
	if (!rt->settling)
		return;
	timer_free(rt->settling->timer);
	mem_free(rt->settling);
	rt->settling = NULL;
}
