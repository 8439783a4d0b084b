/*
 * One connection of a session: the actions of the state machine, the messages, the
 * timers.
 *
 *   input -> frame -> conn_message -> (OPEN: decode, check, collision) -> fsm -> actions
 *
 * Collisions (RFC 4271, 6.8) are decided when an OPEN arrives while the other connection
 * is in OpenConfirm: the one survives that was opened by the side with the higher
 * identifier, and for equal identifiers by the side with the higher AS number (RFC 6286,
 * 2.3).  Only then both sides are known to have both connections.
 */
#include "conn.h"

#include <assert.h>

#define MS 1000u
/* A hold timer is prolonged by this while input waits unread. */
#define HOLD_GRACE_MS (10u * MS)
/* After coming up, a second connection without the restart flag may be a late one. */
#define COLLISION_MS (10u * MS)

static void
send_bytes(struct session *s, const struct conn *c, const struct wbuf *b)
{
	assert(!b->bad);
	s->ops.send(s->ctx, c->id, b->start, wbuf_len(b));
}

static void
act_notify(struct session *s, struct conn *c)
{
	uint8_t bytes[BGP_MSG_MAX];
	struct wbuf b = wbuf_init(bytes, sizeof(bytes));

	if (s->notify.code == ERR_NONE)
		return;
	notify_encode(&s->notify, &b);
	send_bytes(s, c, &b);
}

static void
act_close(struct session *s, struct conn *c)
{
	s->ops.close(s->ctx, c->id);
}

static void
act_stop_timers(struct session *s, struct conn *c)
{
	(void)s;
	c->connect_at = c->hold_at = c->keepalive_at = 0;
}

/* Delay and retry are never 0: a refused connection must not become a busy loop. */
static uint64_t
connect_deadline(struct session *s, uint32_t seconds)
{
	return session_jittered(s, (seconds ? seconds : 1) * (uint64_t)MS);
}

static void
act_start_delay(struct session *s, struct conn *c)
{
	c->connect_at = connect_deadline(s, s->conf.connect_delay_s);
}

static void
act_start_retry(struct session *s, struct conn *c)
{
	c->connect_at = connect_deadline(s, s->conf.connect_retry_s);
}

static void
act_send_open(struct session *s, struct conn *c)
{
	uint8_t bytes[CAPS_MAX + 64];
	struct wbuf b = wbuf_init(bytes, sizeof(bytes));

	c->life++;
	c->conf = s->conf;
	open_local(&c->ours, &c->conf);
	open_encode(&c->ours, &b);
	send_bytes(s, c, &b);
}

static void
act_send_keepalive(struct session *s, struct conn *c)
{
	uint8_t bytes[BGP_HEADER_LEN];
	struct wbuf b = wbuf_init(bytes, sizeof(bytes));

	frame_finish(&b, frame_begin(&b, BGP_KEEPALIVE));
	send_bytes(s, c, &b);
}

static void
act_start_open_hold(struct session *s, struct conn *c)
{
	uint16_t hold = s->conf.startup_hold_s;

	c->hold_at = hold ? s->now + hold * (uint64_t)MS : 0;
}

static void
act_start_hold(struct session *s, struct conn *c)
{
	c->hold_at = c->agreed.hold_s ? s->now + c->agreed.hold_s * (uint64_t)MS : 0;
}

static void
act_start_keepalive(struct session *s, struct conn *c)
{
	uint64_t ms = c->agreed.keepalive_s * (uint64_t)MS;

	c->keepalive_at = ms ? session_jittered(s, ms) : 0;
}

static void
act_connect(struct session *s, struct conn *c)
{
	(void)c;
	s->ops.connect(s->ctx);
}

static void
act_up(struct session *s, struct conn *c)
{
	struct conn *other = conn_other(s, c);

	assert(!s->up);
	conn_cease(s, other, CEASE_COLLISION);
	s->up = c;
	c->up_at = s->now;
	s->last = (struct down_reason){ 0 };
	session_send_hold_start(s);
	s->ops.up(s->ctx, c->id, &c->agreed);
}

/* By the bits of FSM_*; what is not here has no action of its own. */
static void (*const acts[])(struct session *, struct conn *) = {
	act_notify, NULL, act_close, act_stop_timers, act_start_delay, act_start_retry,
	act_send_open, act_send_keepalive, act_start_open_hold, act_start_hold,
	act_start_keepalive, act_connect, act_up, NULL,
};

void
conn_event(struct session *s, struct conn *c, enum fsm_event event)
{
	struct fsm_step step = fsm_next(c->state, event);

	if (s->ops.moves && c->state != step.next)
		s->ops.moves(s->ctx, (enum conn_id)(c - s->conn), &c->agreed.codec,
		    c->state, step.next);
	c->state = step.next;
	for (unsigned a = step.actions; a; a &= a - 1) {
		unsigned bit = (unsigned)__builtin_ctz(a);

		if (acts[bit])
			acts[bit](s, c);
	}
}

void
conn_fault(struct session *s, struct conn *c, enum fsm_event event)
{
	struct down_reason why = { .class = DOWN_SENT, .code = s->notify.code,
		.subcode = s->notify.subcode };
	enum fsm_state was = c->state;

	why.graceful = was == FSM_ESTABLISHED && session_keeps_routes(s);
	conn_event(s, c, event);
	session_ended(s, c, was, &why, why.code != ERR_CEASE);
}

void
conn_cease(struct session *s, struct conn *c, unsigned subcode)
{
	notify_set(&s->notify, ERR_CEASE, subcode);
	conn_event(s, c, FSM_EV_STOP);
}

size_t
conn_msg_max(const struct conn *c)
{
	bool agreed = c->state == FSM_OPENCONFIRM || c->state == FSM_ESTABLISHED;

	return agreed && c->agreed.codec.ext_msg ? BGP_MSG_EXT_MAX : BGP_MSG_MAX;
}

/* Of two connections to one peer, does the one we opened survive? */
static bool
ours_wins(const struct open *ours, const struct open *theirs)
{
	return ours->id != theirs->id ? ours->id > theirs->id : ours->as > theirs->as;
}

/* `c` is a second connection beside the established one. */
static bool
replaces_established(struct session *s, struct conn *c)
{
	bool late = s->now - s->up->up_at < COLLISION_MS;

	if (!session_peer_is_graceful(s) || (late && !c->theirs.caps.gr_restarting)) {
		conn_cease(s, c, CEASE_COLLISION);
		return false;
	}
	session_peer_restarted(s);
	return c->state == FSM_OPENSENT;
}

/* A good OPEN has come on `c`: does the connection go on? */
static bool
survives_collision(struct session *s, struct conn *c)
{
	struct conn *other = conn_other(s, c);

	if (other->state == FSM_ESTABLISHED)
		return replaces_established(s, c);
	if (other->state == FSM_OPENCONFIRM) {
		bool out = ours_wins(&c->ours, &c->theirs);
		struct conn *loser = (c->id == CONN_OUT) == out ? other : c;

		conn_cease(s, loser, CEASE_COLLISION);
		return loser != c;
	}
	return true;
}

static void
on_open(struct session *s, struct conn *c, const struct frame *f)
{
	unsigned life = c->life;

	if (!open_decode(&c->theirs, f->body, f->body_len, &s->notify)
	    || !open_check(&c->conf, &c->ours, &c->theirs, &s->notify)) {
		conn_fault(s, c, FSM_EV_FAULT);
		return;
	}
	if (!survives_collision(s, c) || c->life != life)
		return;
	open_negotiate(&c->conf, &c->ours, &c->theirs, &c->agreed);
	conn_event(s, c, FSM_EV_OPEN);
}

/* RFC 4271, 6.4: whatever it says, it is the end.  After Cease the peer need not be given
 * time to mend anything. */
static void
on_notification(struct session *s, struct conn *c, const struct frame *f)
{
	enum fsm_state was = c->state;
	struct down_reason why = { .class = DOWN_RECEIVED };
	struct notify got;
	bool hard;

	notify_decode(&got, f->body, f->body_len);
	hard = notify_soften(&got);
	why.graceful = !hard && was == FSM_ESTABLISHED && session_keeps_routes(s);
	why.code = got.code;
	why.subcode = got.subcode;
	notify_text(&got, why.text);
	conn_event(s, c, FSM_EV_NOTIFICATION);
	session_ended(s, c, was, &why, why.code != ERR_CEASE);
}

static void
deliver_update(struct session *s, struct conn *c, const struct frame *f)
{
	struct update *u = &s->update;

	update_decode(u, &c->agreed.codec, s->arena, f->body, f->body_len);
	if (u->verdict == VERDICT_RESET) {
		notify_borrow(&s->notify, u->code, u->subcode, u->fault_data,
		    u->fault_data ? u->fault_len : 0);
		conn_fault(s, c, FSM_EV_FAULT);
	} else {
		s->ops.update(s->ctx, u);
	}
	arena_reset(s->arena);
}

/*
 * ROUTE-REFRESH: afi (2) subtype (1) safi (1), RFC 2918, 3 and RFC 7313, 3.2.  Without
 * the enhanced form the subtype is reserved, and a wrong length has no code of its own.
 */
static void
deliver_refresh(struct session *s, struct conn *c, const struct frame *f)
{
	struct wire w = wire_init(f->body, f->body_len);
	unsigned afi = wire_u16(&w), subtype = wire_u8(&w), safi = wire_u8(&w);
	bool enhanced = c->agreed.enhanced_refresh;
	enum family family;

	if (w.bad || wire_left(&w)) {
		if (enhanced)
			notify_borrow(&s->notify, ERR_REFRESH, 1, f->msg, f->len);
		else
			notify_borrow(&s->notify, ERR_HEADER, 2, f->msg + 16, 2);
		conn_fault(s, c, FSM_EV_FAULT);
		return;
	}
	family = family_find((uint16_t)afi, (uint8_t)safi);
	if (!enhanced)
		subtype = 0;
	if (family != FAM_NONE && c->agreed.codec.active[family] && subtype <= 2)
		s->ops.refresh(s->ctx, family, subtype);
}

static void
on_other(struct session *s, struct conn *c, const struct frame *f, enum fsm_event event)
{
	struct fsm_step step = fsm_next(c->state, event);

	if (step.actions & FSM_UNEXPECTED) {
		unsigned subcode = c->state - FSM_OPENSENT + 1u;

		notify_copy(&s->notify, ERR_FSM, subcode, &f->type, 1);
		conn_fault(s, c, event);
		return;
	}
	conn_event(s, c, event);
	if (!(step.actions & FSM_DELIVER))
		return;
	if (event == FSM_EV_UPDATE)
		deliver_update(s, c, f);
	else
		deliver_refresh(s, c, f);
}

static const enum fsm_event events[] = {
	[BGP_OPEN] = FSM_EV_OPEN,
	[BGP_UPDATE] = FSM_EV_UPDATE,
	[BGP_NOTIFICATION] = FSM_EV_NOTIFICATION,
	[BGP_KEEPALIVE] = FSM_EV_KEEPALIVE,
	[BGP_REFRESH] = FSM_EV_REFRESH,
};

void
conn_message(struct session *s, struct conn *c, const struct frame *f)
{
	if (f->type == BGP_OPEN && c->state == FSM_OPENSENT) {
		on_open(s, c, f);
	} else if (f->type == BGP_NOTIFICATION) {
		on_notification(s, c, f);
	} else if (f->type == BGP_REFRESH && !c->ours.caps.route_refresh) {
		/* We did not say that we know this type. */
		notify_borrow(&s->notify, ERR_HEADER, 3, &f->type, 1);
		conn_fault(s, c, FSM_EV_FAULT);
	} else {
		on_other(s, c, f, events[f->type]);
	}
}

static bool
due(uint64_t *at, uint64_t now)
{
	if (*at == 0 || now < *at)
		return false;
	*at = 0;
	return true;
}

/* Silence is not the peer's fault while what it sent waits to be read. */
static void
hold_expired(struct session *s, struct conn *c)
{
	if (s->ops.input_waiting && s->ops.input_waiting(s->ctx, c->id)) {
		c->hold_at = s->now + HOLD_GRACE_MS;
		return;
	}
	notify_set(&s->notify, ERR_HOLD, 0);
	conn_fault(s, c, FSM_EV_HOLD_TIMER);
}

void
conn_tick(struct session *s, struct conn *c)
{
	if (due(&c->connect_at, s->now))
		conn_event(s, c, FSM_EV_CONNECT_TIMER);
	if (due(&c->keepalive_at, s->now))
		conn_event(s, c, FSM_EV_KEEPALIVE_TIMER);
	if (due(&c->hold_at, s->now))
		hold_expired(s, c);
}
