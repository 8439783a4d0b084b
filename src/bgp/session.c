/*
 * The life of a session: start, stop, errors and the wait after them, the two
 * connections.
 *
 * The phase says what may happen: stopped (nothing), error wait (nothing until it is
 * over), running.  While running, and unless passive, there is always a way to a
 * connection: whenever both are idle, session_settle puts the outgoing one back to
 * Active with the connect delay. Every entry point ends there.
 *
 * What ends a connection ends in session_ended.  An error (anything but Cease and a
 * closed socket) makes the session wait: error_wait_min_s, twice as long after each
 * further error, up to error_wait_max_s; after error_forget_s without one it starts
 * over.
 */
#include "bgp/session.h"

#include <assert.h>

#include "base/mem.h"
#include "conn.h"

#define MS 1000u

struct session *
session_new(const struct session_conf *conf, const struct session_ops *ops, void *ctx)
{
	struct session *s = MEM_NEW(struct session);

	s->conf = *conf;
	s->ops = *ops;
	s->ctx = ctx;
	s->conn[CONN_IN].id = CONN_IN;
	s->random = conf->router_id ^ (conf->jitter_seed * 2654435761u) ^ 0x9e3779b9u;
	s->arena = arena_new();
	return s;
}

void
session_free(struct session *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < CONNS; i++)
		assert(s->conn[i].state == FSM_IDLE);
	arena_free(s->arena);
	mem_free(s);
}

/* RFC 4271, 10: jitter.  Xorshift, so that a run can be repeated. */
uint64_t
session_jittered(struct session *s, uint64_t ms)
{
	uint32_t r = s->random ? s->random : 1;

	r ^= r << 13;
	r ^= r >> 17;
	r ^= r << 5;
	s->random = r;
	return s->now + ms - r % (ms / 4 + 1);
}

static enum fsm_state
visible_state(const struct session *s)
{
	enum fsm_state out = s->conn[CONN_OUT].state, in = s->conn[CONN_IN].state;

	return in > out ? in : out;
}

/* The last step of every call. */
static void
session_settle(struct session *s)
{
	struct conn *out = &s->conn[CONN_OUT], *in = &s->conn[CONN_IN];
	enum fsm_state state;

	if (s->conf.passive && (out->state == FSM_ACTIVE || out->state == FSM_CONNECT))
		conn_event(s, out, FSM_EV_STOP);
	if (s->phase == PHASE_RUNNING && !s->conf.passive && out->state == FSM_IDLE
	    && in->state == FSM_IDLE)
		conn_event(s, out, FSM_EV_START);
	state = visible_state(s);
	if (state == s->shown.state && s->phase == s->shown.phase)
		return;
	s->shown.state = state;
	s->shown.phase = s->phase;
	s->ops.state(s->ctx);
}

void
session_send_hold_start(struct session *s)
{
	uint64_t ms = s->up ? s->up->agreed.send_hold_s * (uint64_t)MS : 0;

	s->send_hold_at = ms ? s->now + ms : 0;
}

bool
session_meets(const struct session *s, const struct session_conf *conf)
{
	return !s->up || open_requires(conf, &s->up->ours, &s->up->theirs);
}

/* Timers of a running session follow its configuration from their next start. */
void
session_configure(struct session *s, const struct session_conf *conf)
{
	s->conf = *conf;
	if (s->up) {
		open_intervals(conf, &s->up->ours, &s->up->agreed);
		s->up->agreed.codec.allow_local_pref = conf->allow_local_pref;
		s->up->agreed.codec.keep_local_pref = conf->keep_local_pref;
		if (!session_meets(s, conf))
			session_restart(s, ERR_CEASE, CEASE_CONFIG, NULL, false, s->now);
	}
	session_settle(s);
}

void
session_keepalive(struct session *s, uint64_t now_ms)
{
	if (s->up && s->up->keepalive_at)
		s->up->keepalive_at = now_ms;
}

void
session_start(struct session *s, uint64_t now_ms)
{
	s->now = now_ms;
	if (s->phase != PHASE_STOPPED)
		return;
	s->random ^= (uint32_t)now_ms;
	s->phase = PHASE_RUNNING;
	session_settle(s);
}

/* Both connections, with s->notify if it has a code. */
static void
close_all(struct session *s)
{
	for (unsigned i = 0; i < CONNS; i++)
		conn_event(s, &s->conn[i], FSM_EV_STOP);
	s->up = NULL;
	s->send_hold_at = 0;
	s->output_waiting = false;
}

/* How long to wait now that there was one error more. */
static void
error_wait(struct session *s)
{
	const struct session_conf *c = &s->conf;
	uint64_t wait = s->error_wait_s * (uint64_t)2;

	if (s->error_at && s->now - s->error_at >= c->error_forget_s * (uint64_t)MS)
		wait = 0;
	if (wait < c->error_wait_min_s)
		wait = c->error_wait_min_s;
	if (wait > c->error_wait_max_s)
		wait = c->error_wait_max_s;
	if (wait == 0)
		wait = 1;
	s->error_wait_s = (uint32_t)wait;
	s->error_at = s->now ? s->now : 1;
	s->error_wait_at = s->now + wait * MS;
	s->phase = PHASE_ERROR_WAIT;
}

/* Is the end of `c` without meaning for the session, the other connection being well? */
static bool
is_minor(struct session *s, const struct conn *c, const struct down_reason *why)
{
	const struct conn *other = conn_other(s, c);

	if (s->up)
		return s->up != c;
	return other->state >= FSM_OPENSENT && why->code == ERR_CEASE
	    && why->subcode == CEASE_COLLISION;
}

/* A Cease that we have been told to take as final. */
static bool
is_disabling(const struct session *s, const struct down_reason *why)
{
	unsigned bit = why->subcode <= CEASE_RESOURCES ? why->subcode : 0;

	return why->class == DOWN_RECEIVED && why->code == ERR_CEASE
	    && s->conf.disable_after_cease >> bit & 1;
}

void
session_ended(struct session *s, struct conn *c, enum fsm_state was,
    const struct down_reason *why, bool error)
{
	if (is_minor(s, c, why))
		return;
	if (s->up == c) {
		s->up = NULL;
		s->send_hold_at = 0;
		s->output_waiting = false;
	}
	s->last = *why;
	if (error) {
		conn_cease(s, conn_other(s, c), CEASE_REJECTED);
		if (s->conf.disable_after_error)
			s->phase = PHASE_STOPPED;
		else
			error_wait(s);
	} else if (is_disabling(s, why)) {
		conn_cease(s, conn_other(s, c), CEASE_REJECTED);
		s->phase = PHASE_STOPPED;
	}
	if (was == FSM_ESTABLISHED)
		s->ops.down(s->ctx, why);
	else
		s->ops.failed(s->ctx, why);
}

bool
session_peer_is_graceful(const struct session *s)
{
	const struct negotiated *n = s->up ? &s->up->agreed : NULL;

	if (!n || !n->local.graceful || !n->remote.graceful)
		return false;
	for (unsigned f = 0; f < FAMILIES; f++) {
		if (n->codec.active[f] &&
		    (n->remote.gr_family[f] ||
			(n->local.llgr && n->remote.llgr_family[f])))
			return true;
	}
	return false;
}

static bool
notification_agreed(const struct session *s)
{
	const struct negotiated *n = s->up ? &s->up->agreed : NULL;

	return n && n->local.gr_notification && n->remote.gr_notification;
}

bool
session_keeps_routes(const struct session *s)
{
	return notification_agreed(s) && session_peer_is_graceful(s);
}

/* Without a NOTIFICATION: what the peer told is kept. */
static void
end_gracefully(struct session *s, const struct down_reason *why)
{
	struct conn *c = s->up;

	notify_set(&s->notify, ERR_NONE, 0);
	conn_event(s, c, FSM_EV_STOP);
	session_ended(s, c, FSM_ESTABLISHED, why, false);
}

void
session_peer_restarted(struct session *s)
{
	static const struct down_reason why = { .class = DOWN_MISC,
		.text = "Graceful restart", .graceful = true };

	end_gracefully(s, &why);
}

/* The notification is in s->notify. */
static void
end_by_owner(struct session *s, bool error)
{
	unsigned code = s->notify.code, subcode = s->notify.subcode;

	/* A wish is no error. */
	s->last = (struct down_reason){ .class = error ? DOWN_SENT : DOWN_NONE,
		.code = (uint8_t)code, .subcode = (uint8_t)subcode };
	/* RFC 8538, 5: where the peer is not to wait for us. */
	if (notification_agreed(s) && code == ERR_CEASE &&
	    (subcode <= CEASE_DECONFIGURED || subcode == CEASE_BFD_DOWN))
		notify_harden(&s->notify);
	close_all(s);
	s->error_wait_at = 0;
	s->phase = PHASE_STOPPED;
	if (!error)
		s->error_wait_s = 0;
}

void
session_stop(struct session *s, unsigned code, unsigned subcode, const char *message,
    uint64_t now_ms)
{
	bool was_up = s->up;
	struct down_reason why;

	s->now = now_ms;
	notify_words(&s->notify, code, subcode, message);
	end_by_owner(s, false);
	why = s->last;
	if (was_up)
		s->ops.down(s->ctx, &why);
	session_settle(s);
}

void
session_restart(struct session *s, unsigned code, unsigned subcode, const char *message,
    bool error, uint64_t now_ms)
{
	bool was_up = s->up;
	struct down_reason why;

	s->now = now_ms;
	notify_words(&s->notify, code, subcode, message);
	end_by_owner(s, error);
	why = s->last;
	if (error)
		error_wait(s);
	else
		s->phase = PHASE_RUNNING;
	if (was_up)
		s->ops.down(s->ctx, &why);
	session_settle(s);
}

void
session_bfd_down(struct session *s, bool graceful, uint64_t now_ms)
{
	struct down_reason why = { .class = DOWN_MISC, .code = ERR_CEASE,
		.subcode = CEASE_BFD_DOWN, .text = "BFD session down" };
	bool was_up = s->up;

	s->now = now_ms;
	if (s->phase != PHASE_RUNNING)
		return;
	if (graceful && session_peer_is_graceful(s)) {
		why.graceful = true;
		end_gracefully(s, &why);
	} else {
		notify_set(&s->notify, ERR_CEASE, CEASE_BFD_DOWN);
		end_by_owner(s, was_up);
		s->phase = PHASE_RUNNING;
		s->last = why;
		if (was_up) {
			error_wait(s);
			s->ops.down(s->ctx, &why);
		}
	}
	session_settle(s);
}

void
session_limit(struct session *s, unsigned subcode, enum family family, uint32_t max,
    bool restart, uint64_t now_ms)
{
	struct down_reason why = { .class = DOWN_AUTO, .code = ERR_CEASE,
		.subcode = (uint8_t)subcode, .text = "Route limit exceeded" };
	bool was_up = s->up;
	uint8_t data[7];

	s->now = now_ms;
	notify_set(&s->notify, ERR_CEASE, subcode);
	if (subcode == CEASE_MAX_PREFIXES) { /* RFC 4486, 4 */
		put_u16(data, family_info(family)->afi);
		data[2] = family_info(family)->safi;
		put_u32(data + 3, max);
		notify_copy(&s->notify, ERR_CEASE, subcode, data, sizeof(data));
	}
	end_by_owner(s, restart);
	s->last = why;
	if (restart)
		error_wait(s);
	if (was_up)
		s->ops.down(s->ctx, &why);
	session_settle(s);
}

void
session_connected(struct session *s, uint64_t now_ms)
{
	struct conn *c = &s->conn[CONN_OUT];

	s->now = now_ms;
	if (c->state == FSM_CONNECT)
		conn_event(s, c, FSM_EV_TCP_UP);
	session_settle(s);
}

bool
session_accept(struct session *s, uint64_t now_ms)
{
	struct conn *c = &s->conn[CONN_IN];
	bool wanted;

	s->now = now_ms;
	if (c->state == FSM_ESTABLISHED && session_peer_is_graceful(s))
		session_peer_restarted(s);
	wanted = s->phase == PHASE_RUNNING && c->state == FSM_IDLE;
	if (wanted) {
		conn_event(s, c, FSM_EV_LISTEN);
		conn_event(s, c, FSM_EV_TCP_UP);
	}
	session_settle(s);
	return wanted;
}

size_t
session_input(struct session *s, enum conn_id id, const uint8_t *p, size_t n,
    unsigned budget, uint64_t now_ms)
{
	struct conn *c = &s->conn[id];
	unsigned life = c->life;
	size_t used = 0;

	s->now = now_ms;
	while (c->life == life && c->state >= FSM_OPENSENT && budget-- > 0) {
		struct frame f;
		enum frame_status got =
		    frame_read(&f, p + used, n - used, conn_msg_max(c), &s->notify);

		if (got == FRAME_PARTIAL)
			break;
		if (got == FRAME_BAD) {
			conn_fault(s, c, FSM_EV_FAULT);
			break;
		}
		if (s->ops.message)
			s->ops.message(s->ctx, id, &c->agreed.codec, f.msg, f.len);
		conn_message(s, c, &f);
		used += f.len;
	}
	if (c->life != life || c->state < FSM_OPENSENT)
		used = n; /* what follows belongs to a connection that is no more */
	session_settle(s);
	return used;
}

void
session_closed(struct session *s, enum conn_id id, int err, uint64_t now_ms)
{
	struct down_reason why = { .class = DOWN_SOCKET, .sys_errno = err };
	struct conn *c = &s->conn[id];
	enum fsm_state was = c->state;

	s->now = now_ms;
	if (was == FSM_IDLE || was == FSM_ACTIVE)
		return;
	why.graceful = was == FSM_ESTABLISHED && session_peer_is_graceful(s);
	conn_event(s, c, FSM_EV_TCP_DOWN);
	session_ended(s, c, was, &why, false);
	session_settle(s);
}

void
session_output(struct session *s, bool waiting, uint64_t now_ms)
{
	s->now = now_ms;
	if (s->output_waiting != waiting)
		session_send_hold_start(s);
	s->output_waiting = waiting;
}

void
session_sent(struct session *s, uint64_t now_ms)
{
	struct conn *c = s->up;

	s->now = now_ms;
	if (!c)
		return;
	if (c->agreed.keepalive_s)
		c->keepalive_at = session_jittered(s, c->agreed.keepalive_s * MS);
	session_send_hold_start(s);
}

static void
send_hold_expired(struct session *s)
{
	if (!s->output_waiting) {
		session_send_hold_start(s);
		return;
	}
	notify_set(&s->notify, ERR_SEND_HOLD, 0);
	conn_fault(s, s->up, FSM_EV_SEND_HOLD_TIMER);
}

static uint64_t
sooner(uint64_t a, uint64_t at)
{
	return at && at < a ? at : a;
}

static uint64_t
next_deadline(const struct session *s)
{
	uint64_t at = sooner(sooner(UINT64_MAX, s->error_wait_at), s->send_hold_at);

	for (unsigned i = 0; i < CONNS; i++) {
		const struct conn *c = &s->conn[i];

		at = sooner(sooner(at, c->connect_at), c->hold_at);
		at = sooner(at, c->keepalive_at);
	}
	return at;
}

uint64_t
session_tick(struct session *s, uint64_t now_ms)
{
	s->now = now_ms;
	if (s->error_wait_at && now_ms >= s->error_wait_at) {
		s->error_wait_at = 0;
		s->phase = PHASE_RUNNING;
	}
	for (unsigned i = 0; i < CONNS; i++)
		conn_tick(s, &s->conn[i]);
	if (s->send_hold_at && now_ms >= s->send_hold_at)
		send_hold_expired(s);
	session_settle(s);
	return next_deadline(s);
}

void
session_refresh(struct session *s, enum family family, unsigned subtype)
{
	const struct family_info *info = family_info(family);
	const struct conn *c = s->up;
	uint8_t bytes[BGP_HEADER_LEN + 4], *msg;
	struct wbuf b = wbuf_init(bytes, sizeof(bytes));

	if (!c || !c->agreed.route_refresh || !c->agreed.codec.active[family])
		return;
	if (subtype && !c->agreed.enhanced_refresh)
		return;
	msg = frame_begin(&b, BGP_REFRESH);
	wbuf_u16(&b, info->afi);
	wbuf_u8(&b, (uint8_t)subtype);
	wbuf_u8(&b, info->safi);
	frame_finish(&b, msg);
	s->ops.send(s->ctx, c->id, bytes, wbuf_len(&b));
}

void
session_view(const struct session *s, struct session_view *v)
{
	const struct conn *out = &s->conn[CONN_OUT], *in = &s->conn[CONN_IN];
	const struct conn *c = in->state > out->state ? in : out;

	*v = (struct session_view){
		.state = c->state,
		.passive_wait = s->phase == PHASE_RUNNING && s->conf.passive
		    && c->state == FSM_IDLE,
		.stopped = s->phase == PHASE_STOPPED,
		.negotiated = s->up ? &s->up->agreed : NULL,
		.last = s->last,
		.hold_at = c->hold_at,
		.keepalive_at = c->keepalive_at,
		.send_hold_at = s->send_hold_at,
		.connect_at = out->connect_at,
		.error_wait_at = s->error_wait_at,
		.error_wait_s = s->error_wait_s,
		.connect_delay_s = s->conf.connect_delay_s ? s->conf.connect_delay_s : 1,
	};
}
