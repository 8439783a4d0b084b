/*
 * Stale routes: what is kept of a session that has ended, and for how long.
 *
 * With graceful restart (RFC 4724, 4.2) a channel's routes stay until End-of-RIB of the
 * next session or the restart timer; long-lived graceful restart (RFC 9494, 4.2) gives
 * them more time after that, once.  One timer for each peer: that of whose routes are next
 * to go.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/peerimpl.h"
#include "daemon/serve.h"
#include "daemon/settle.h"

void
stale_purge(struct peer *p, struct channel *ch)
{
	if (!ch->stale)
		return;
	ch->stale = ch->llgr = false;
	channel_post(p, ch->id, CH_PURGE);
	kept_drop_stale(ch->kept);
}

void
stale_purge_all(struct peer *p)
{
	for (unsigned f = 0; f < FAMILIES; f++)
		stale_purge(p, &p->channel[f]);
}

/* A member of a range that has nothing left, neither session nor routes kept for one. */
void
stale_leave_range(struct peer *p)
{
	struct session_view v;

	session_view(p->session, &v);
	for (unsigned f = 0; f < FAMILIES; f++)
		if (p->channel[f].stale)
			return;
	if (p->setup->dynamic && !v.stopped && v.state == FSM_IDLE)
		serve_post_peer_left(p->daemon, p->setup->id);
}

/* The timer of whose stale routes are next to go. */
void
stale_arm(struct peer *p)
{
	uint64_t next = UINT64_MAX;

	for (unsigned f = 0; f < FAMILIES; f++)
		if (p->channel[f].stale && p->channel[f].stale_until < next)
			next = p->channel[f].stale_until;
	timer_at(p->stale_timer, next);
}

static uint32_t
between(uint32_t n, uint32_t min, uint32_t max)
{
	return n < min ? min : n > max ? max : n;
}

/* How long the peer's routes may be kept when the restart time is over. */
static uint32_t
llgr_time(const struct peer *p, enum family f)
{
	const struct peer_channel_setup *cs = peer_channel_setup(p, f);
	const struct negotiated *n = &p->negotiated;

	if (!cs || !n->local.llgr || !n->remote.llgr_family[f])
		return 0;
	return between(n->remote.llgr_time_s[f], cs->ll_min_s, cs->ll_max_s);
}

/* The time is over: RFC 9494, 4.2 gives more, once. */
static void
channel_expired(struct peer *p, struct channel *ch, uint64_t now)
{
	uint32_t more = ch->llgr || ch->up ? 0 : llgr_time(p, ch->family);

	if (more) {
		log_info("%s: Neighbor long-lived graceful restart started for %s",
		    p->setup->name, family_info(ch->family)->name);
		ch->llgr = true;
		ch->stale_until = ch->llgr_until = now + more * UINT64_C(1000);
		channel_post(p, ch->id, CH_LLGR);
		return;
	}
	log_info("%s: %s timeout", p->setup->name,
	    ch->llgr ? "Long-lived stale" : "Neighbor graceful restart");
	stale_purge(p, ch);
}

void
stale_expired(void *ctx)
{
	struct peer *p = ctx;
	uint64_t now = clock_mono_ms();

	for (unsigned f = 0; f < FAMILIES; f++)
		if (p->channel[f].stale && p->channel[f].stale_until <= now)
			channel_expired(p, &p->channel[f], now);
	stale_arm(p);
	stale_leave_range(p);
}

/* Without the family in the peer's restart capability its long-lived time begins at once:
 * RFC 9494, 4.2. */
static uint32_t
restart_time(const struct peer *p, enum family f)
{
	const struct caps *remote = &p->negotiated.remote;

	return !remote->gr_family[f]
		   ? 0
		   : between(remote->gr_time_s, p->setup->gr_min_s, p->setup->gr_max_s);
}

/* The session is lost, once more perhaps.  RFC 4724, 4.2: what is stale from the time before
 * goes then.  Not so when the long-lived time runs: it goes on, and what came meanwhile is
 * marked, too. */
static void
channel_stale(struct peer *p, struct channel *ch, uint64_t now)
{
	bool on = ch->stale && ch->llgr;

	if (!on)
		stale_purge(p, ch);
	kept_down(ch->kept, true);
	ch->stale = true;
	ch->stale_until =
	    on ? ch->llgr_until : now + restart_time(p, ch->family) * UINT64_C(1000);
	channel_post(p, ch->id, CH_DOWN_STALE);
	if (on)
		channel_post(p, ch->id, CH_LLGR);
	if (ch->stale_until <= now)
		channel_expired(p, ch, now);
}

void
channels_down(struct peer *p, const struct down_reason *why)
{
	const struct caps *remote = &p->negotiated.remote;
	uint64_t now = clock_mono_ms();

	import_drop(p);
	membership_end(p);
	for (unsigned f = 0; f < FAMILIES; f++) {
		struct channel *ch = &p->channel[f];
		bool keep = why && why->graceful &&
			    (remote->gr_family[f] || llgr_time(p, (enum family)f));

		if (!ch->up)
			continue;
		ch->up = false;
		if (ch->asked || ch->walks || kept_walks(ch->kept))
			settle_post_done(p->daemon, ch->id);
		ch->asked = ch->walks = 0;
		if (keep) {
			channel_stale(p, ch, now);
			continue;
		}
		kept_down(ch->kept, false);
		ch->stale = ch->llgr = false;
		channel_post(p, ch->id, CH_DOWN);
	}
	stale_arm(p);
}
