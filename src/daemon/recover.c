/*
 * Recovery: main counts the channels that are waited for.
 */
#include "daemon/recover.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/record.h"
#include "daemon/driver.h"
#include "daemon/peer.h"

struct recovery {
	struct timer *timer;
	uint64_t until_ms;
	uint32_t wait_s;
	unsigned left;
	bool waits[IDS_MAX]; /* by channel id */
};

static void
over(struct runtime *rt, const char *why)
{
	struct recovery *r = rt->recovery;

	if (!atomic_exchange(&rt->daemon->recovering, false))
		return;
	log_info("Graceful restart %s", why);
	timer_at(r->timer, UINT64_MAX);
	r->left = 0;
	for (unsigned i = 0; i < rt->run_n; i++)
		if (rt->run[i]->data && driver_of(rt->run[i]->conf)->recovered)
			driver_of(rt->run[i]->conf)->recovered(rt, rt->run[i]);
		else if (rt->run[i]->conf->kind == PROTO_BGP)
			peer_post_action(rt->daemon->io[rt->run[i]->io], rt->run[i]->peer,
			    PEER_RECOVERED, 0, 0, NULL);
}

static void
timed_out(void *ctx)
{
	over(ctx, "wait timeout");
}

void
recover_begin(struct runtime *rt, uint32_t wait_s)
{
	struct recovery *r = MEM_NEW(struct recovery);

	r->wait_s = wait_s;
	r->timer = timer_new(rt->loop, timed_out, rt);
	rt->recovery = r;
	atomic_store(&rt->daemon->recovering, true);
	log_info("Graceful restart started");
}

void
recover_watch(struct runtime *rt)
{
	struct recovery *r = rt->recovery;

	for (unsigned i = 0; i < rt->run_n; i++) {
		const struct run *run = rt->run[i];

		if (run->conf->kind != PROTO_BGP || run->disabled ||
		    run->conf->bgp.graceful != GRACEFUL_ON)
			continue;
		for (unsigned f = 0; f < FAMILIES; f++) {
			r->left += run->channel[f] && !r->waits[run->channel[f]];
			r->waits[run->channel[f]] = run->channel[f] != 0;
		}
	}
	r->until_ms = clock_mono_ms() + (uint64_t)r->wait_s * 1000;
	timer_at(r->timer, r->until_ms);
	if (!r->left)
		over(rt, "done: no channel is waited for");
}

void
recover_forget(struct runtime *rt, uint32_t channel)
{
	struct recovery *r = rt->recovery;

	if (!r || !r->waits[channel])
		return;
	r->waits[channel] = false;
	if (r->left && --r->left == 0)
		over(rt, "done");
}

static void
done_run(void *owner, void *arg)
{
	recover_forget(owner, (uint32_t)(uintptr_t)arg);
}

void
recover_post_done(struct daemon *d, uint32_t channel)
{
	task_post(d->main, done_run, (void *)(uintptr_t)channel);
}

void
recover_status(const struct runtime *rt, struct status_record *s)
{
	const struct recovery *r = rt->recovery;
	uint64_t now = clock_mono_ms();

	if (!r || !atomic_load(&rt->daemon->recovering))
		return;
	s->recovering = r->left;
	s->recovery_total_s = r->wait_s;
	s->recovery_left_s = r->until_ms > now ? (uint32_t)((r->until_ms - now) / 1000)
					       : 0;
}

void
recover_free(struct runtime *rt)
{
	if (!rt->recovery)
		return;
	timer_free(rt->recovery->timer);
	mem_free(rt->recovery);
	rt->recovery = NULL;
}
