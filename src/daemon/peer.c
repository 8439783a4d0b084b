/*
 * Peer: its life and the session core's callbacks.  What main tells it stands in
 * peertask.c, its channels' way to the shards in channel.c.
 *
 * up:   session up -> channels up in every shard (a new epoch) -> each shard dumps its
 * slice and says so -> End-of-RIB when all have. down: channels down in every shard; with
 * graceful restart their routes stay, marked stale, until End-of-RIB of the next session
 * or the restart timer.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/mrtlog.h"
#include "daemon/peerimpl.h"
#include "daemon/recover.h"
#include "daemon/serve.h"
#include "daemon/settle.h"
#include "daemon/tap.h"

#define STALE_MAX_MS (360 * 1000)

const struct peer_channel_setup *
peer_setup_channel(const struct peer_setup *s, enum family f)
{
	for (unsigned i = 0; s && i < s->channel_n; i++)
		if (s->channel[i].desc.family == f)
			return &s->channel[i];
	return NULL;
}

const struct peer_channel_setup *
peer_channel_setup(const struct peer *p, enum family f)
{
	return peer_setup_channel(p->setup, f);
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

/*
 * What `show protocols` calls the state.
 */
void
peer_show_state(struct peer *p)
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

void
peer_take_pending(struct peer *p)
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
		peer_take_pending(p);
	if (p->conn[id].fd < 0)
		return;
	tap_sent(&p->conn[id], data, n);
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
	nexthop_session(p);
	tap_up(p);
	/* RFC 4724, 4.2: a peer that is back and never says End-of-RIB keeps nothing for
	 * ever. */
	for (unsigned f = 0; f < FAMILIES; f++)
		p->channel[f].stale_until = clock_mono_ms() + STALE_MAX_MS;
	membership_begin(p);
	for (unsigned i = 0; i < p->setup->channel_n; i++) {
		const struct peer_channel_setup *cs = &p->setup->channel[i];

		if (n->codec.active[cs->desc.family])
			channel_up(p, &p->channel[cs->desc.family], cs);
		else
			stale_purge(p, &p->channel[cs->desc.family]);
	}
	stale_arm(p);
	peer_show_state(p);
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

	tap_down(p, why);
	p->up = -1;
	channels_down(p, why);
	log_reason(p, why);
	tell_disabled(p, why);
	if (why->class != DOWN_NONE)
		stale_leave_range(p);
	peer_show_state(p);
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
		stale_leave_range(p);
	peer_show_state(p);
}

static void
on_eor(struct peer *p, enum family f)
{
	struct channel *ch = &p->channel[f];

	/* The first one ends what the peer told by itself, also when it comes after the
	 * request to tell it again. */
	if (ch->quiet_due && ch->eor_seen)
		channel_told(p, ch);
	ch->eor_seen = true;
	if (ch->held)
		recover_post_done(p->daemon, ch->id);
	if (ch->stale) {
		import_post(p);
		stale_purge(p, ch);
	}
	if (f == FAM_RTC)
		membership_complete(p);
}

static void
on_update(void *ctx, struct update *u)
{
	struct peer *p = ctx;

	import_update(p, u);
	tap_update(p, u);
	for (unsigned i = 0; i < u->reach_n; i++)
		if (p->channel[u->reach[i].family].quiet_due)
			p->channel[u->reach[i].family].heard_ms = clock_mono_ms();
	if (u->eor)
		on_eor(p, u->eor_family);
}

/* RFC 2918; RFC 7313: 1 is BoRR, 2 is EoRR. */
void
peer_refresh(void *ctx, enum family f, unsigned subtype)
{
	struct peer *p = ctx;
	struct channel *ch = &p->channel[f];

	if (!ch->up)
		return;
	import_post(p);
	if (subtype == 1) {
		channel_post(p, ch->id, CH_MARK);
		kept_mark(ch->kept);
		if (f == FAM_RTC)
			membership_refresh(p, false);
	} else if (subtype == 2) {
		channel_post(p, ch->id, CH_PURGE);
		kept_told(ch->kept);
		if (f == FAM_RTC)
			membership_refresh(p, true);
		if (ch->asked && --ch->asked == 0)
			channel_settled_maybe(p, ch);
	} else if (subtype == 0 && !ch->held) {
		channel_dump_again(p, ch);
	}
}

static void
on_state(void *ctx)
{
	peer_show_state(ctx);
}

/* Input that waits unread (because the shards are behind) is a sign of life. */
static bool
on_input_waiting(void *ctx, enum conn_id id)
{
	struct peer *p = ctx;

	return conn_has_input(&p->conn[id]);
}

static void
on_message(void *ctx, enum conn_id id, const struct codec *codec, const uint8_t *msg,
    size_t len)
{
	struct peer *p = ctx;

	tap_received(&p->conn[id], msg, len);
	if (p->setup->mrtdump)
		mrtlog_message(p, id, codec, msg, len);
}

static void
on_moves(void *ctx, enum conn_id id, const struct codec *codec, enum fsm_state from,
    enum fsm_state to)
{
	mrtlog_state(ctx, id, codec, from, to);
}

static const struct session_ops session_ops = {
	.message = on_message,
	.moves = on_moves,
	.connect = on_connect,
	.send = on_send,
	.close = on_close,
	.up = on_up,
	.down = on_down,
	.failed = on_failed,
	.update = on_update,
	.refresh = peer_refresh,
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
	for (unsigned i = 0; i < CONNS; i++) {
		conn_close(&p->conn[i]);
		tap_forget(&p->conn[i]);
	}
	session_free(p->session);
	timer_free(p->timer);
	timer_free(p->stale_timer);
	timer_free(p->stall_timer);
	timer_free(p->quiet_timer);
	timer_free(p->rekey_timer);
	for (unsigned f = 0; f < FAMILIES; f++) {
		kept_free(p->channel[f].kept);
		kept_free(p->channel[f].dying);
		limits_unref(p->channel[f].limits);
		channel_forget_next(&p->channel[f]);
		mem_free(p->channel[f].batch);
	}
	membership_end(p);
	serve_post_peer_gone(p->daemon, p->setup->id);
	peer_setup_free(p->before);
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

/* A segment with a key of ours that is not theirs vanishes; only TCP knows. */
static void
on_rekey_timer(void *ctx)
{
	struct peer *p = ctx;

	if (p->rekeyed && p->up >= 0 && conn_is_unheard(&p->conn[p->up]))
		log_warn("%s: Neighbor acknowledges nothing since the password was "
			 "changed: it has another one, or not the new one yet",
		    p->setup->name);
}

static void
on_stall_timer(void *ctx)
{
	conn_restart_reading(ctx);
}

struct peer *
peer_new(struct io *io, struct peer_setup *s)
{
	struct peer *p = MEM_NEW(struct peer);

	p->io = io;
	p->daemon = io_daemon(io);
	p->setup = s;
	p->up = p->pending_fd = -1;
	p->since_ms = clock_mono_ms();
	for (unsigned i = 0; i < CONNS; i++)
		conn_init(&p->conn[i], p, (enum conn_id)i);
	p->timer = timer_new(io_loop(io), on_timer, p);
	p->stale_timer = timer_new(io_loop(io), stale_expired, p);
	p->rekey_timer = timer_new(io_loop(io), on_rekey_timer, p);
	p->quiet_timer = timer_new(io_loop(io), channels_quiet, p);
	p->stall_timer = timer_new(io_loop(io), on_stall_timer, p);
	p->session = session_new(&s->session, &session_ops, p);
	channels_init(p);
	io_peer_set(io, s->id, p);
	return p;
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
peer_can_reimport(const struct peer *p, enum family f)
{
	return !p->channel[f].up || p->negotiated.route_refresh ||
	       kept_is_whole(p->channel[f].kept);
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
		st->channel[f].kept = kept_routes(ch->kept);
		st->channel[f].kept_filtered = kept_filtered_routes(ch->kept);
		st->channel[f].wd_received = ch->wd_received;
		st->channel[f].wd_rejected = ch->wd_rejected;
		st->channel[f].next_hop = ch->next_hop;
		st->channel[f].next_hop_ll = ch->next_hop_ll;
		st->channel[f].llgr = ch->llgr;
		for (unsigned k = 0; ch->limits && k < LIMITS; k++)
			st->channel[f].limit_hit[k] = limits_hit(ch->limits, k);
	}
}
