/*
 * Peer: the session core's callbacks, the tasks from main, the channels' way to the
 * shards.
 *
 * up:   session up -> channels up in every shard (a new epoch) -> each shard dumps its
 * slice and says so -> End-of-RIB when all have. down: channels down in every shard; with
 * graceful restart their routes stay, marked stale, until End-of-RIB of the next session
 * or the restart timer.
 */
#include <errno.h>
#include <net/if.h>
#include <ifaddrs.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/peerimpl.h"
#include "daemon/recover.h"
#include "daemon/serve.h"
#include "daemon/settle.h"
#include "daemon/shardthread.h"

#define STALE_MAX_MS (360 * 1000)

const struct peer_channel_setup *
peer_channel_setup(const struct peer *p, enum family f)
{
	for (unsigned i = 0; i < p->setup->channel_n; i++)
		if (p->setup->channel[i].desc.family == f)
			return &p->setup->channel[i];
	return NULL;
}

void
peer_setup_free(struct peer_setup *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->channel_n; i++) {
		filter_unref(s->channel[i].import);
		filter_unref(s->channel[i].desc.export);
	}
	arena_free(s->arena);
}

static void
to_shards(struct peer *p, uint32_t channel, enum channel_event e)
{
	for (unsigned i = 0; i < p->daemon->shard_n; i++)
		shard_post_channel(p->daemon->shard[i], channel, e);
}

/*
 * What `show protocols` calls the state.
 */
static void
show_state(struct peer *p)
{
	struct session_view v;
	unsigned shown;

	session_view(p->session, &v);
	shown = v.stopped		     ? SHOWN_DOWN
		: v.state == FSM_ESTABLISHED ? SHOWN_UP
					     : SHOWN_START;
	if (shown == p->shown)
		return;
	p->shown = shown;
	p->since_ms = clock_mono_ms();
}

/*
 * Channels.
 */

/* Our own addresses for `next hop self`: that of the session for its family; for the
 * other one, an address of the same interface. */
static void
own_addresses(struct peer *p, struct channel_desc *d)
{
	struct ifaddrs *all, *i;
	char name[IF_NAMESIZE] = "";

	*(ip_is4(&p->local_ip) ? &d->self4 : &d->self6) = p->local_ip;
	if (getifaddrs(&all) < 0)
		return;
	for (i = all; i; i = i->ifa_next) {
		struct ip ip;
		uint16_t port;

		if (i->ifa_addr && ip_from_sockaddr(i->ifa_addr, &ip, &port) &&
		    ip_equal(&ip, &p->local_ip))
			strncpy(name, i->ifa_name, sizeof(name) - 1);
	}
	for (i = all; i; i = i->ifa_next) {
		struct ip ip, *self;
		uint16_t port;

		if (!i->ifa_addr || strcmp(i->ifa_name, name) != 0 ||
		    !ip_from_sockaddr(i->ifa_addr, &ip, &port))
			continue;
		self = ip_is4(&ip) ? &d->self4 : &d->self6;
		if (ip_is_link_local(&ip))
			d->local_ll = ip;
		else if (ip_is_none(self))
			*self = ip;
	}
	freeifaddrs(all);
}

static struct channel_desc
session_desc(struct peer *p, const struct peer_channel_setup *cs)
{
	struct channel_desc d = cs->desc;

	d.remote_as = p->negotiated.codec.remote_as;
	d.remote_id = p->negotiated.remote_id;
	d.remote_ip = p->remote_ip;
	d.local_ip = p->local_ip;
	d.as4 = p->negotiated.codec.as4;
	d.ext_msg = p->negotiated.codec.ext_msg;
	d.add_path_tx = p->negotiated.codec.add_path_tx[d.family];
	d.next_hop_address = cs->next_hop_address;
	d.limits = p->channel[d.family].limits;
	d.llgr = p->negotiated.remote.llgr;
	own_addresses(p, &d);
	d.ext_next_hop = p->negotiated.codec.ext_next_hop[d.family];
	if (d.ext_next_hop && !ip_is4(&p->local_ip))
		d.self4 = p->local_ip; /* as BIRD: the session's own address */
	/* Towards a session over the other family the next hop may not exist: better the
	 * session's address, mapped, than none. */
	if (d.family == FAM_IP6 && ip_is_none(&d.self6))
		d.self6 = p->local_ip;
	return d;
}

static void
purge_stale(struct peer *p, struct channel *ch)
{
	if (!ch->stale)
		return;
	ch->stale = ch->llgr = false;
	to_shards(p, ch->id, CH_PURGE);
}

/* The limits of the setup.  True if they are others than before. */
static bool
channel_limits(struct channel *ch, const struct peer_channel_setup *cs)
{
	if (limits_same(ch->limits, cs->limit))
		return false;
	limits_unref(ch->limits);
	ch->limits = limits_new(cs->limit);
	return true;
}

static bool
holds_back(const struct peer *p)
{
	return atomic_load(&p->daemon->recovering) || atomic_load(&p->daemon->settling);
}

static void
channel_up(struct peer *p, struct channel *ch, const struct peer_channel_setup *cs)
{
	struct channel_desc d = session_desc(p, cs);

	ch->up = true;
	ch->epoch++;
	limits_reset(ch->limits);
	ch->held = holds_back(p);
	ch->deferred = false;
	ch->asked = 0;
	ch->waits = ch->held ? 0 : p->daemon->shard_n;
	ch->eor_due = !ch->held;
	ch->eorr_due = false;
	if (ch->held)
		d.export = NULL;
	ch->received = ch->rejected = ch->filtered = ch->wd_received = ch->wd_rejected =
	    0;
	ch->next_hop = d.family == FAM_IP4 ? d.self4 : d.self6;
	ch->next_hop_ll = d.family == FAM_IP4 ? ip_none : d.local_ll;
	for (unsigned i = 0; i < p->daemon->shard_n; i++)
		shard_post_channel_up(
		    p->daemon->shard[i], &d, io_index(p->io), ch->epoch);
	/* RFC 4724, 4.1: who restarts, too, or knows nothing of it, is not waited for. */
	if (ch->held &&
	    (!p->negotiated.remote.graceful || p->negotiated.remote.gr_restarting))
		recover_post_done(p->daemon, ch->id);
	/* RFC 4724, 4.2: without the forwarding bit in the new OPEN nothing was
	 * preserved. */
	if (ch->llgr ? !p->negotiated.remote.llgr_preserved[ch->family]
		     : !p->negotiated.remote.gr_preserved[ch->family])
		purge_stale(p, ch);
}

static void
channels_purge_stale(struct peer *p)
{
	for (unsigned f = 0; f < FAMILIES; f++)
		purge_stale(p, &p->channel[f]);
}

/* A member of a range that has nothing left, neither session nor routes kept for one. */
static void
leave_range(struct peer *p)
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
static void
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
	const struct negotiated *n = &p->negotiated;

	if (!n->local.llgr || !n->remote.llgr_family[f])
		return 0;
	return between(n->remote.llgr_time_s[f], p->setup->ll_min_s, p->setup->ll_max_s);
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
		ch->stale_until = now + more * UINT64_C(1000);
		to_shards(p, ch->id, CH_LLGR);
		return;
	}
	log_info("%s: %s timeout", p->setup->name,
	    ch->llgr ? "Long-lived stale" : "Neighbor graceful restart");
	purge_stale(p, ch);
}

static void
stale_expired(void *ctx)
{
	struct peer *p = ctx;
	uint64_t now = clock_mono_ms();

	for (unsigned f = 0; f < FAMILIES; f++)
		if (p->channel[f].stale && p->channel[f].stale_until <= now)
			channel_expired(p, &p->channel[f], now);
	stale_arm(p);
	leave_range(p);
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

static void
channels_down(struct peer *p, const struct down_reason *why)
{
	const struct caps *remote = &p->negotiated.remote;
	uint64_t now = clock_mono_ms();

	import_drop(p);
	for (unsigned f = 0; f < FAMILIES; f++) {
		struct channel *ch = &p->channel[f];
		bool keep = why && why->graceful &&
			    (remote->gr_family[f] || llgr_time(p, (enum family)f));

		if (!ch->up)
			continue;
		ch->up = false;
		if (ch->asked)
			settle_post_done(p->daemon, ch->id);
		ch->asked = 0;
		ch->stale = keep;
		ch->llgr = false;
		ch->stale_until =
		    now + restart_time(p, (enum family)f) * UINT64_C(1000);
		to_shards(p, ch->id, keep ? CH_DOWN_STALE : CH_DOWN);
		if (keep && ch->stale_until == now)
			channel_expired(p, ch, now);
	}
	stale_arm(p);
}

/* Everything again (RFC 2918, RFC 7313).  One dump at a time: however often it is asked
 * for during one, there is one more behind it. */
static void
dump_again(struct peer *p, struct channel *ch)
{
	if (ch->waits) {
		ch->again = true;
		return;
	}
	if (p->negotiated.enhanced_refresh) {
		session_refresh(p->session, ch->family, 1);
		ch->eorr_due = true;
	}
	ch->waits = p->daemon->shard_n;
	to_shards(p, ch->id, CH_REFRESH);
}

void
peer_caught_up(struct peer *p, uint32_t channel)
{
	for (unsigned f = 0; f < FAMILIES; f++) {
		struct channel *ch = &p->channel[f];
		uint8_t msg[64];

		if (ch->id != channel || !ch->waits || --ch->waits)
			continue;
		if (ch->eor_due && p->up >= 0)
			outq_bytes(&p->conn[p->up].out, msg, update_eor(ch->family, msg));
		if (ch->eorr_due && p->up >= 0)
			session_refresh(p->session, ch->family, 2);
		ch->eor_due = ch->eorr_due = false;
		if (ch->again) {
			ch->again = false;
			dump_again(p, ch);
		}
		if (p->up >= 0 && !p->flush_queued) {
			p->flush_queued = true;
			io_flush_later(p->io, p);
		}
	}
}

/* A limit of a running channel is met: as BIRD says it and does. */
void
peer_limit_hit(struct peer *p, uint32_t channel, enum limit_kind kind)
{
	unsigned f = 0, subcode = CEASE_MAX_PREFIXES;
	uint64_t now = clock_mono_ms();
	const struct limit_conf *l;

	while (f < FAMILIES && p->channel[f].id != channel)
		f++;
	if (f == FAMILIES || !p->channel[f].limits)
		return;
	l = limits_conf(p->channel[f].limits, kind);
	log_warn("Protocol %s hits route %s limit (%u), action: %s", p->setup->name,
	    limit_kind_name(kind), l->max, limit_action_name(l->action));
	if (l->action != LIMIT_RESTART && l->action != LIMIT_DISABLE)
		return;
	if (kind != LIMIT_EXPORT)
		log_warn("%s: Route limit exceeded, shutting down", p->setup->name);
	else
		subcode = l->action == LIMIT_RESTART ? CEASE_RESET : CEASE_SHUTDOWN;
	peer_enter(p);
	session_limit(p->session, subcode, l->action == LIMIT_RESTART, now);
	peer_leave(p, now);
}

uint32_t
peer_epoch(const struct peer *p, uint32_t channel)
{
	for (unsigned f = 0; f < FAMILIES; f++)
		if (p->channel[f].id == channel)
			return p->channel[f].up ? p->channel[f].epoch : 0;
	return 0;
}

void
peer_segment(struct peer *p, struct segment *s)
{
	uint32_t skip[FAMILIES];
	unsigned n = 0;

	if (p->up < 0)
		return;
	for (unsigned f = 0; f < FAMILIES; f++)
		if (p->channel[f].id)
			skip[n++] = p->channel[f].id;
	outq_segment(&p->conn[p->up].out, s, skip, n);
	if (!p->flush_queued) {
		p->flush_queued = true;
		io_flush_later(p->io, p);
	}
}

void
peer_flush(struct peer *p)
{
	p->flush_queued = false;
	for (unsigned i = 0; i < CONNS; i++)
		if (p->conn[i].out.n)
			conn_flush(&p->conn[i]);
}

/*
 * Callbacks of the session core.
 */
static void
on_connect(void *ctx)
{
	struct peer *p = ctx;

	conn_open(&p->conn[CONN_OUT]);
}

static void
take_pending(struct peer *p)
{
	int fd = p->pending_fd;

	p->pending_fd = -1;
	conn_take(&p->conn[CONN_IN], fd);
}

static void
on_send(void *ctx, enum conn_id id, const uint8_t *data, size_t n)
{
	struct peer *p = ctx;

	if (id == CONN_IN && p->pending_fd >= 0)
		take_pending(p);
	if (p->conn[id].fd < 0)
		return;
	outq_bytes(&p->conn[id].out, data, n);
	if (!p->flush_queued) {
		p->flush_queued = true;
		io_flush_later(p->io, p);
	}
}

static void
on_close(void *ctx, enum conn_id id)
{
	struct peer *p = ctx;

	conn_close(&p->conn[id]);
}

static void
on_up(void *ctx, enum conn_id id, const struct negotiated *n)
{
	struct peer *p = ctx;

	p->up = (int)id;
	p->negotiated = *n;
	conn_addresses(p, &p->conn[id]);
	/* RFC 4724, 4.2: a peer that is back and never says End-of-RIB keeps nothing for
	 * ever. */
	for (unsigned f = 0; f < FAMILIES; f++)
		p->channel[f].stale_until = clock_mono_ms() + STALE_MAX_MS;
	for (unsigned i = 0; i < p->setup->channel_n; i++) {
		const struct peer_channel_setup *cs = &p->setup->channel[i];

		if (n->codec.active[cs->desc.family])
			channel_up(p, &p->channel[cs->desc.family], cs);
		else
			purge_stale(p, &p->channel[cs->desc.family]);
	}
	stale_arm(p);
	show_state(p);
	if (p->setup->dynamic)
		serve_post_peer_born(p->daemon, p->setup->id);
	if (p->setup->debug)
		log_trace("%s: BGP session established", p->setup->name);
}

static void
log_reason(const struct peer *p, const struct down_reason *why)
{
	char buf[32];
	const char *name = p->setup->name;

	switch (why->class) {
	case DOWN_SOCKET:
		log_info("%s: Socket: %s", name,
		    why->sys_errno ? strerror(why->sys_errno) : "Connection closed");
		break;
	case DOWN_RECEIVED:
		log_remote("%s: Received: %s%s%s%s", name,
		    bgp_error_text(why->code, why->subcode, buf),
		    why->text[0] ? ": \"" : "", why->text, why->text[0] ? "\"" : "");
		break;
	case DOWN_SENT:
		log_remote(
		    "%s: Error: %s", name, bgp_error_text(why->code, why->subcode, buf));
		break;
	case DOWN_MISC: log_info("%s: %s", name, why->text); break;
	case DOWN_AUTO: /* peer_limit_hit has said it */
	case DOWN_NONE: break;
	}
}

/* A session that has stopped by itself stays down as if by command. */
static void
tell_disabled(struct peer *p, const struct down_reason *why)
{
	struct session_view v;

	session_view(p->session, &v);
	if (v.stopped && why->class != DOWN_NONE)
		serve_post_peer_disabled(p->daemon, p->setup->id);
}

static void
on_down(void *ctx, const struct down_reason *why)
{
	struct peer *p = ctx;

	p->up = -1;
	channels_down(p, why);
	log_reason(p, why);
	tell_disabled(p, why);
	if (why->class != DOWN_NONE)
		leave_range(p);
	show_state(p);
}

static void
on_failed(void *ctx, const struct down_reason *why)
{
	struct peer *p = ctx;

	/* A neighbour that is not there is no news at each try. */
	if (why->class != DOWN_SOCKET || p->setup->debug)
		log_reason(p, why);
	tell_disabled(p, why);
	if (why->class != DOWN_NONE)
		leave_range(p);
	show_state(p);
}

static void
on_update(void *ctx, struct update *u)
{
	struct peer *p = ctx;

	import_update(p, u);
	if (u->eor && p->channel[u->eor_family].held)
		recover_post_done(p->daemon, p->channel[u->eor_family].id);
	if (u->eor && p->channel[u->eor_family].stale) {
		import_post(p);
		purge_stale(p, &p->channel[u->eor_family]);
	}
}

/* RFC 2918; RFC 7313: 1 is BoRR, 2 is EoRR. */
static void
on_refresh(void *ctx, enum family f, unsigned subtype)
{
	struct peer *p = ctx;
	struct channel *ch = &p->channel[f];

	if (!ch->up)
		return;
	import_post(p);
	if (subtype == 1) {
		to_shards(p, ch->id, CH_MARK);
	} else if (subtype == 2) {
		to_shards(p, ch->id, CH_PURGE);
		if (ch->asked && --ch->asked == 0)
			settle_post_done(p->daemon, ch->id);
	} else if (subtype == 0 && !ch->held) {
		dump_again(p, ch);
	}
}

static void
on_state(void *ctx)
{
	show_state(ctx);
}

/* Input that waits unread (because the shards are behind) is a sign of life. */
static bool
on_input_waiting(void *ctx, enum conn_id id)
{
	struct peer *p = ctx;

	return conn_has_input(&p->conn[id]);
}

static const struct session_ops session_ops = {
	.connect = on_connect,
	.send = on_send,
	.close = on_close,
	.up = on_up,
	.down = on_down,
	.failed = on_failed,
	.update = on_update,
	.refresh = on_refresh,
	.state = on_state,
	.input_waiting = on_input_waiting,
};

/*
 * Life.
 */
void
peer_enter(struct peer *p)
{
	p->busy++;
}

static void
peer_free(struct peer *p)
{
	io_flush_forget(p->io, p);
	for (unsigned i = 0; i < CONNS; i++)
		conn_close(&p->conn[i]);
	session_free(p->session);
	timer_free(p->timer);
	timer_free(p->stale_timer);
	timer_free(p->stall_timer);
	for (unsigned f = 0; f < FAMILIES; f++)
		limits_unref(p->channel[f].limits);
	serve_post_peer_gone(p->daemon, p->setup->id);
	peer_setup_free(p->setup);
	mem_free(p);
}

void
peer_leave(struct peer *p, uint64_t now_ms)
{
	if (--p->busy)
		return;
	if (p->dead) {
		peer_free(p);
		return;
	}
	timer_at(p->timer, session_tick(p->session, now_ms));
}

static void
on_timer(void *ctx)
{
	struct peer *p = ctx;

	peer_enter(p);
	peer_leave(p, clock_mono_ms());
}

static void
on_stall_timer(void *ctx)
{
	conn_restart_reading(ctx);
}

/* Also those that came with a reload. */
static void
channels_init(struct peer *p)
{
	for (unsigned i = 0; i < p->setup->channel_n; i++) {
		const struct channel_desc *d = &p->setup->channel[i].desc;
		struct channel *ch = &p->channel[d->family];

		if (ch->id)
			continue;
		ch->peer = p;
		ch->id = d->id;
		ch->family = d->family;
		channel_limits(ch, &p->setup->channel[i]);
		io_channel_set(p->io, d->id, p);
	}
}

struct peer_task {
	struct task task;
	struct peer_setup *setup;
	bool start;
	unsigned change, channel_change[FAMILIES];
	uint32_t id;
	enum peer_action action;
	unsigned code, subcode;
	char *message;
	int fd;
};

static struct peer_task *
peer_task(void (*run)(void *, struct task *))
{
	struct peer_task *t = MEM_NEW(struct peer_task);

	t->task.run = run;
	t->task.mail.weight = sizeof(*t);
	return t;
}

static void
add_run(void *owner, struct task *task)
{
	struct peer_task *t = (struct peer_task *)task;
	struct io *io = owner;
	struct peer *p = MEM_NEW(struct peer);
	uint64_t now = clock_mono_ms();

	p->io = io;
	p->daemon = io_daemon(io);
	p->setup = t->setup;
	p->up = p->pending_fd = -1;
	p->since_ms = now;
	for (unsigned i = 0; i < CONNS; i++)
		conn_init(&p->conn[i], p, (enum conn_id)i);
	p->timer = timer_new(io_loop(io), on_timer, p);
	p->stale_timer = timer_new(io_loop(io), stale_expired, p);
	p->stall_timer = timer_new(io_loop(io), on_stall_timer, p);
	p->session = session_new(&p->setup->session, &session_ops, p);
	channels_init(p);
	io_peer_set(io, p->setup->id, p);
	peer_enter(p);
	if (t->start)
		session_start(p->session, now);
	show_state(p);
	peer_leave(p, now);
	mem_free(t);
}

void
peer_post_add(struct io *io, struct peer_setup *s, bool start)
{
	struct peer_task *t = peer_task(add_run);

	t->setup = s;
	t->start = start;
	mailbox_post(io_mailbox(io), &t->task.mail);
}

/* Asks the peer for its routes again (RFC 2918).  A peer that cannot is restarted, as
 * BIRD does it. */
static void
reimport(struct peer *p, enum family f, uint64_t now)
{
	struct channel *ch = &p->channel[f];

	if (!ch->up)
		return;
	ch->asked += p->negotiated.enhanced_refresh || !p->negotiated.route_refresh;
	if (p->negotiated.route_refresh)
		session_refresh(p->session, f, 0);
	else
		session_restart(p->session, ERR_CEASE, CEASE_CONFIG, NULL, false, now);
}

/* As it is now. */
static void
channel_describe(struct peer *p, const struct peer_channel_setup *cs)
{
	struct channel_desc d = session_desc(p, cs);

	if (p->channel[cs->desc.family].held)
		d.export = NULL;
	for (unsigned i = 0; i < p->daemon->shard_n; i++)
		shard_post_channel_update(p->daemon->shard[i], &d);
}

/* The shards may announce to the channel now. */
static void
channel_release(struct peer *p, const struct peer_channel_setup *cs)
{
	struct channel *ch = &p->channel[cs->desc.family];
	bool was_held = ch->held, was_deferred = ch->deferred;

	ch->held = ch->deferred = false;
	if (!ch->up || (!was_held && !was_deferred))
		return;
	if (was_held) {
		ch->waits = p->daemon->shard_n;
		ch->eor_due = true;
	}
	channel_describe(p, cs);
}

static void
channels_release(struct peer *p)
{
	if (holds_back(p))
		return;
	for (unsigned i = 0; i < p->setup->channel_n; i++)
		channel_release(p, &p->setup->channel[i]);
}

static void
settled(struct peer *p)
{
	for (unsigned f = 0; f < FAMILIES; f++)
		p->channel[f].asked = 0;
	channels_release(p);
}

static void
recovered(struct peer *p)
{
	p->setup->session.gr_restarting = false;
	memset(p->setup->session.gr_preserved, 0, sizeof(p->setup->session.gr_preserved));
	session_configure(p->session, &p->setup->session);
	channels_release(p);
}

static void
channel_changed(
    struct peer *p, const struct peer_channel_setup *cs, unsigned change, uint64_t now)
{
	struct channel *ch = &p->channel[cs->desc.family];
	bool limits = channel_limits(ch, cs);

	if (!ch->up) {
		if (change & CHANGE_REIMPORT)
			settle_post_done(p->daemon, ch->id);
		return;
	}
	if (change & CHANGE_REEXPORT && atomic_load(&p->daemon->settling))
		ch->deferred = true;
	else if (limits || change & (CHANGE_REDECIDE | CHANGE_REEXPORT))
		channel_describe(p, cs);
	if (change & CHANGE_REIMPORT) {
		log_info("Reloading channel %s.%s for import", p->setup->name,
		    family_info(ch->family)->name);
		reimport(p, ch->family, now);
	}
}

static bool
password_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* RFC 2385: segments signed with the key of before are refused from here on, by both
 * ends until the other has changed, too; TCP sends again what was lost meanwhile. */
static void
rekey(struct peer *p, const struct peer_setup *old)
{
	if (password_same(old->password, p->setup->password))
		return;
	p->rekeyed = true;
	for (unsigned i = 0; i < CONNS; i++) {
		int err = conn_rekey(&p->conn[i]);

		if (err)
			log_error("%s: Cannot change the password: %s", p->setup->name,
			    strerror(-err));
	}
}

static void
update_run(void *owner, struct task *task)
{
	struct peer_task *t = (struct peer_task *)task;
	struct peer *p = io_peer(owner, t->setup->id);
	struct peer_setup *old = p->setup;
	uint64_t now = clock_mono_ms();

	peer_enter(p);
	p->setup = t->setup;
	channels_init(p);
	session_configure(p->session, &p->setup->session);
	rekey(p, old);
	for (unsigned i = 0; i < CONNS; i++)
		conn_retune(&p->conn[i]);
	/* The shards know the name, too: filters ask for it. */
	if (strcmp(old->name, p->setup->name) != 0)
		t->change |= CHANGE_REEXPORT;
	for (unsigned i = 0; i < p->setup->channel_n; i++) {
		const struct peer_channel_setup *cs = &p->setup->channel[i];

		channel_changed(
		    p, cs, t->change | t->channel_change[cs->desc.family], now);
	}
	peer_setup_free(old);
	peer_leave(p, now);
	mem_free(t);
}

void
peer_post_update(struct io *io, struct peer_setup *s, unsigned change,
    const unsigned channel_change[FAMILIES])
{
	struct peer_task *t = peer_task(update_run);

	t->setup = s;
	t->change = change;
	memcpy(t->channel_change, channel_change, sizeof(t->channel_change));
	mailbox_post(io_mailbox(io), &t->task.mail);
}

static void
remove_peer(struct peer *p, const struct peer_task *t, uint64_t now)
{
	session_stop(p->session, t->code, t->subcode, t->message, now);
	import_drop(p);
	for (unsigned i = 0; i < p->setup->channel_n; i++) {
		uint32_t id = p->setup->channel[i].desc.id;

		to_shards(p, id, CH_REMOVE);
		io_channel_set(p->io, id, NULL);
	}
	io_peer_set(p->io, p->setup->id, NULL);
	p->dead = true;
}

/* Routes that the import filter judged by other origins are asked for again, if the peer
 * can be asked: the session is not given up for it. */
static void
recheck_in(struct peer *p, uint32_t origin_table, uint64_t now)
{
	for (unsigned i = 0; i < p->setup->channel_n; i++) {
		const struct peer_channel_setup *c = &p->setup->channel[i];

		if (c->desc.rpki_fixed || p->up < 0 ||
		    filter_uses(c->import, origin_table) == FILTER_UNUSED)
			continue;
		if (peer_can_refresh(p))
			reimport(p, c->desc.family, now);
		else
			log_info("%s: Automatic RPKI reload not active for import: the "
				 "peer has no route refresh", p->setup->name);
	}
}

static void
action_run(void *owner, struct task *task)
{
	struct peer_task *t = (struct peer_task *)task;
	struct peer *p = io_peer(owner, t->id);
	uint64_t now = clock_mono_ms();

	if (!p)
		goto out;
	peer_enter(p);
	switch (t->action) {
	case PEER_START: session_start(p->session, now); break;
	case PEER_STOP:
		session_stop(p->session, t->code, t->subcode, t->message, now);
		channels_purge_stale(p); /* of a session that had ended before */
		break;
	case PEER_RESTART:
		session_restart(p->session, t->code, t->subcode, t->message, false, now);
		break;
	case PEER_REMOVE: remove_peer(p, t, now); break;
	case PEER_RELOAD_IN:
		for (unsigned f = 0; f < FAMILIES; f++)
			reimport(p, (enum family)f, now);
		break;
	case PEER_RECHECK_IN: recheck_in(p, t->code, now); break;
	case PEER_SETTLED: settled(p); break;
	case PEER_RECOVERED: recovered(p); break;
	case PEER_DEBUG: p->setup->debug = t->code; break;
	case PEER_RELOAD_OUT:
		for (unsigned f = 0; f < FAMILIES; f++)
			on_refresh(p, (enum family)f, 0);
		break;
	}
	if (!p->dead)
		show_state(p);
	peer_leave(p, now);
out:
	mem_free(t->message);
	mem_free(t);
}

void
peer_post_action(struct io *io, uint32_t id, enum peer_action action, unsigned code,
    unsigned subcode, const char *message)
{
	struct peer_task *t = peer_task(action_run);

	t->id = id;
	t->action = action;
	t->code = code;
	t->subcode = subcode;
	t->message = message ? mem_strdup(message) : NULL;
	mailbox_post(io_mailbox(io), &t->task.mail);
}

static void
accept_run(void *owner, struct task *task)
{
	struct peer_task *t = (struct peer_task *)task;
	struct peer *p = io_peer(owner, t->id);
	uint64_t now = clock_mono_ms();

	if (!p) {
		close(t->fd);
	} else {
		peer_enter(p);
		/* The session may close an older connection first; its OPEN is for this
		 * one. */
		p->pending_fd = t->fd;
		/* A peer that restarts for a new password cannot tell us so: what it
		 * signs with the old one we no longer take.  The kernel has seen the
		 * new one on this connection. */
		if (p->rekeyed && p->up >= 0)
			session_restart(p->session, ERR_NONE, 0, NULL, false, now);
		if (session_accept(p->session, now) && p->pending_fd >= 0)
			take_pending(p);
		if (p->pending_fd >= 0)
			close(p->pending_fd);
		p->pending_fd = -1;
		peer_leave(p, now);
	}
	mem_free(t);
}

void
peer_post_accept(struct io *io, uint32_t id, int fd)
{
	struct peer_task *t = peer_task(accept_run);

	t->id = id;
	t->fd = fd;
	mailbox_post(io_mailbox(io), &t->task.mail);
}

/*
 * Looking.
 */
static uint64_t
left(uint64_t at, uint64_t now)
{
	return !at ? UINT64_MAX : at > now ? at - now : 0;
}

bool
peer_can_refresh(const struct peer *p)
{
	return p->up >= 0 && p->negotiated.route_refresh;
}

bool
peer_meets(const struct peer *p, const struct session_conf *conf)
{
	return session_meets(p->session, conf);
}

void
peer_status(struct peer *p, struct peer_status *st)
{
	uint64_t now = clock_mono_ms();
	struct session_view v;

	session_view(p->session, &v);
	*st = (struct peer_status){
		.found = true,
		.state = v.state,
		.stopped = v.stopped,
		.passive_wait = v.passive_wait,
		.established = p->up >= 0,
		.since_ms = p->since_ms,
		.last = v.last,
		.source_ip = p->local_ip,
		.show_port = p->setup->remote_port != 179 && p->up == CONN_OUT,
		.hold_left = left(v.hold_at, now),
		.keepalive_left = left(v.keepalive_at, now),
		.send_hold_left = left(v.send_hold_at, now),
		.connect_left = left(v.connect_at, now),
		.error_wait_left = left(v.error_wait_at, now),
		.error_wait_s = v.error_wait_s,
		.connect_delay_s = v.connect_delay_s,
	};
	if (v.negotiated) {
		st->negotiated = *v.negotiated;
		st->send_hold_s = v.negotiated->send_hold_s;
	}
	for (unsigned f = 0; f < FAMILIES; f++) {
		const struct channel *ch = &p->channel[f];

		st->channel[f].up = ch->up;
		st->channel[f].received = ch->received;
		st->channel[f].rejected = ch->rejected;
		st->channel[f].filtered = ch->filtered;
		st->channel[f].wd_received = ch->wd_received;
		st->channel[f].wd_rejected = ch->wd_rejected;
		st->channel[f].next_hop = ch->next_hop;
		st->channel[f].next_hop_ll = ch->next_hop_ll;
		st->channel[f].llgr = ch->llgr;
		for (unsigned k = 0; ch->limits && k < LIMITS; k++)
			st->channel[f].limit_hit[k] = limits_hit(ch->limits, k);
	}
}
