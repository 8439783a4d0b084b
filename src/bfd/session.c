/*
 * A BFD session: RFC 5880, 6.8.
 *
 *   packet --> authentication --> what the neighbour says --> state --> timers, Final
 *   tick   --> detection time over?  packet due?
 *
 * Of each interval there are two: what we announce (want) and what we keep to (use).
 * While a session is up, sending slower and expecting faster packets wait until the
 * neighbour has confirmed, by Final, that it knows (6.8.3).
 */
#include "bfd/session.h"

#include <string.h>

#include "base/mem.h"

#define LINGER_MAX_US 5000000 /* the neighbour's intervals may mean days */

struct interval {
	uint32_t want, use; /* us */
};

struct bfd_session {
	struct bfd_conf conf;
	struct bfd_ops ops;
	void *ctx;
	struct bfd_time now;
	uint32_t random;

	uint32_t disc;
	uint8_t state, was, diag;
	uint64_t since;
	struct bfd_side remote;

	struct interval tx, rx;
	bool poll, poll_again; /* a sequence runs; and is to be followed by another */

	uint64_t tx_at, tx_last; /* BFD_NEVER: nothing is sent */
	uint32_t tx_by;		 /* the interval that tx_at was made with */
	uint64_t rx_last;	 /* BFD_NEVER: nothing was heard, or it is forgotten */
	uint64_t rx_valid;	 /* of the last valid packet, 6.8.1: AuthSeqKnown */
	uint64_t rx_valid_detect;

	struct bfd_auth_rx auth_rx;
	uint32_t tx_seq;
	uint64_t tx_seq_s; /* when it last grew */
	uint64_t rx_packets, tx_packets, dropped;
};

static uint32_t
larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t
tx_interval(const struct bfd_session *s)
{
	return larger(s->tx.use, s->remote.min_rx_us);
}

static uint64_t
detect_time(const struct bfd_session *s)
{
	return (uint64_t)larger(s->rx.use, s->remote.min_tx_us) * s->remote.multiplier;
}

static uint64_t
detect_at(const struct bfd_session *s)
{
	return s->rx_last == BFD_NEVER ? BFD_NEVER : s->rx_last + detect_time(s);
}

/* 6.8.7: up to a quarter less; with a multiplier of 1 at least a tenth less. */
static uint64_t
jittered(struct bfd_session *s, uint32_t us)
{
	uint64_t most = s->conf.multiplier == 1 ? (uint64_t)us * 9 / 10 : us;
	uint64_t span = most - (uint64_t)us * 3 / 4;
	uint32_t r = s->random ? s->random : 1;

	r ^= r << 13;
	r ^= r >> 17;
	r ^= r << 5;
	s->random = r;
	return most - r % (span + 1);
}

/*
 * Sending.
 */
static uint32_t
next_seq(struct bfd_session *s)
{
	uint64_t second = s->now.us / 1000000;

	if (bfd_auth_is_meticulous(s->conf.auth) || second != s->tx_seq_s)
		s->tx_seq++;
	s->tx_seq_s = second;
	return s->tx_seq;
}

static void
transmit(struct bfd_session *s, bool final)
{
	uint8_t bytes[BFD_PACKET_MAX];
	size_t n = BFD_HEAD;

	bfd_encode(&(struct bfd_packet){ .state = s->state,
		       .diag = s->diag,
		       .poll = s->poll && !final,
		       .final = final,
		       .auth = s->conf.auth != BFD_AUTH_NONE,
		       .multiplier = s->conf.multiplier,
		       .my_disc = s->disc,
		       .your_disc = s->remote.disc,
		       .min_tx_us = s->tx.want,
		       .min_rx_us = s->rx.want },
	    bytes);
	if (s->conf.auth)
		n = bfd_auth_sign(
		    s->conf.auth, s->conf.keys, next_seq(s), s->now.wall_s, bytes);
	if (!n)
		return;
	s->tx_packets++;
	s->ops.send(s->ctx, bytes, n);
}

static bool
is_sending(const struct bfd_session *s)
{
	const struct bfd_side *r = &s->remote;

	if (s->conf.passive && !r->disc)
		return false;
	if (r->demand && s->state == BFD_UP && r->state == BFD_UP && !s->poll)
		return false;
	return r->min_rx_us != 0;
}

/* After every change: is there a next packet, and when? */
static void
schedule(struct bfd_session *s)
{
	uint32_t us = tx_interval(s);

	if (!is_sending(s)) {
		s->tx_at = BFD_NEVER;
	} else if (s->tx_at == BFD_NEVER) {
		s->tx_at = s->now.us;
	} else if (us != s->tx_by && s->tx_at > s->now.us) {
		s->tx_at = s->tx_last + jittered(s, us);
	}
	s->tx_by = us;
}

/* 6.8.7: what differs from the last packet is told without delay. */
static void
send_soon(struct bfd_session *s)
{
	if (is_sending(s))
		s->tx_at = s->now.us;
}

/*
 * Poll sequences, 6.5.
 */
static void
poll_begin(struct bfd_session *s)
{
	if (!s->remote.disc)
		return;
	if (s->poll)
		s->poll_again = true;
	s->poll = true;
	send_soon(s);
}

static void
poll_end(struct bfd_session *s)
{
	s->poll = s->poll_again;
	s->poll_again = false;
	if (s->poll) {
		send_soon(s);
		return;
	}
	s->tx.use = s->tx.want;
	s->rx.use = s->rx.want;
}

static void
set_tx(struct bfd_session *s, uint32_t us)
{
	if (us == s->tx.want)
		return;
	if (s->state != BFD_UP || us < s->tx.use)
		s->tx.use = us;
	s->tx.want = us;
	poll_begin(s);
}

static void
set_rx(struct bfd_session *s, uint32_t us)
{
	if (us == s->rx.want)
		return;
	if (s->state != BFD_UP || us > s->rx.use)
		s->rx.use = us;
	s->rx.want = us;
	poll_begin(s);
}

/*
 * State.
 */
static void
set_state(struct bfd_session *s, unsigned state, unsigned diag)
{
	if (s->state == state)
		return;
	if (s->state == BFD_UP) { /* what waited for Final waits no more */
		s->poll = s->poll_again = false;
		s->tx.use = s->tx.want;
		s->rx.use = s->rx.want;
	}
	s->was = s->state;
	s->state = (uint8_t)state;
	s->diag = (uint8_t)diag;
	s->since = s->now.us;
	set_tx(s, state == BFD_UP ? s->conf.min_tx_us : s->conf.idle_tx_us);
	send_soon(s);
	s->ops.state(s->ctx);
}

static void
forget_remote(struct bfd_session *s)
{
	s->remote = (struct bfd_side){ .state = BFD_DOWN, .min_rx_us = 1 };
	s->rx_last = BFD_NEVER;
	s->poll = s->poll_again = false;
}

/* 6.8.4; what the neighbour said is forgotten in any state: 6.8.1. */
static void
expire(struct bfd_session *s)
{
	forget_remote(s);
	if (s->state == BFD_INIT || s->state == BFD_UP)
		set_state(s, BFD_DOWN, BFD_DIAG_EXPIRED);
}

struct bfd_session *
bfd_session_new(const struct bfd_conf *conf, uint32_t disc, uint32_t random,
    const struct bfd_ops *ops, void *ctx, struct bfd_time now)
{
	struct bfd_session *s = MEM_NEW(struct bfd_session);

	s->conf = *conf;
	s->ops = *ops;
	s->ctx = ctx;
	s->now = now;
	s->random = random ^ disc * 2654435761u;
	s->disc = disc;
	s->state = s->was = BFD_DOWN;
	s->since = now.us;
	s->tx = (struct interval){ conf->idle_tx_us, conf->idle_tx_us };
	s->rx = (struct interval){ conf->min_rx_us, conf->min_rx_us };
	s->tx_at = s->rx_valid = BFD_NEVER;
	s->tx_seq = s->random * 40503u;
	forget_remote(s);
	schedule(s);
	return s;
}

void
bfd_session_free(struct bfd_session *s)
{
	if (s)
		mem_free(s->conf.keys);
	mem_free(s);
}

void
bfd_session_configure(
    struct bfd_session *s, const struct bfd_conf *c, struct bfd_time now)
{
	struct bfd_keys *old = s->conf.keys;

	s->now = now;
	if (c->auth != s->conf.auth)
		s->auth_rx.known = false;
	if (c->multiplier != s->conf.multiplier)
		send_soon(s);
	s->conf = *c;
	mem_free(old);
	set_tx(s, s->state == BFD_UP ? c->min_tx_us : c->idle_tx_us);
	set_rx(s, c->min_rx_us);
	schedule(s);
}

void
bfd_session_admin_down(struct bfd_session *s, struct bfd_time now)
{
	s->now = now;
	set_state(s, BFD_ADMIN_DOWN, BFD_DIAG_ADMIN);
	schedule(s);
}

uint64_t
bfd_session_linger_us(const struct bfd_session *s)
{
	uint64_t us = (uint64_t)tx_interval(s) * s->conf.multiplier;

	return us < LINGER_MAX_US ? us : LINGER_MAX_US;
}

/*
 * Input.
 */

/* 6.8.1: a number is known until nothing was heard for twice the detection time. */
static const char *
check_auth(struct bfd_session *s, const struct bfd_packet *p)
{
	if (p->auth != (s->conf.auth != BFD_AUTH_NONE))
		return p->auth ? "authentication not expected" : "authentication missing";
	if (!p->auth)
		return NULL;
	if (s->rx_valid != BFD_NEVER && s->now.us - s->rx_valid >= 2 * s->rx_valid_detect)
		s->auth_rx.known = false;
	return bfd_auth_check(s->conf.auth, s->conf.keys, &s->auth_rx,
	    larger(s->conf.multiplier, p->multiplier), s->now.wall_s, p);
}

static void
take_remote(struct bfd_session *s, const struct bfd_packet *p)
{
	s->remote = (struct bfd_side){ .state = p->state,
		.diag = p->diag,
		.multiplier = p->multiplier,
		.demand = p->demand,
		.disc = p->my_disc,
		.min_tx_us = p->min_tx_us,
		.min_rx_us = p->min_rx_us };
	s->rx_last = s->rx_valid = s->now.us;
	if (p->final && s->poll)
		poll_end(s);
	s->rx_valid_detect = detect_time(s);
}

/* The table of 6.2, by our state and the neighbour's: what ours becomes. */
static const struct {
	uint8_t state, diag;
} next[4][4] = {
	[BFD_DOWN] = {
		[BFD_ADMIN_DOWN] = { BFD_DOWN, 0 },
		[BFD_DOWN] = { BFD_INIT, 0 },
		[BFD_INIT] = { BFD_UP, 0 },
		[BFD_UP] = { BFD_DOWN, 0 },
	},
	[BFD_INIT] = {
		[BFD_ADMIN_DOWN] = { BFD_DOWN, BFD_DIAG_SIGNALED },
		[BFD_DOWN] = { BFD_INIT, 0 },
		[BFD_INIT] = { BFD_UP, 0 },
		[BFD_UP] = { BFD_UP, 0 },
	},
	[BFD_UP] = {
		[BFD_ADMIN_DOWN] = { BFD_DOWN, BFD_DIAG_SIGNALED },
		[BFD_DOWN] = { BFD_DOWN, BFD_DIAG_SIGNALED },
		[BFD_INIT] = { BFD_UP, 0 },
		[BFD_UP] = { BFD_UP, 0 },
	},
};

const char *
bfd_session_input(struct bfd_session *s, const struct bfd_packet *p, struct bfd_time now)
{
	const char *why;

	s->now = now;
	why = check_auth(s, p);
	if (!why && s->state == BFD_ADMIN_DOWN)
		why = "session is down";
	if (why) {
		s->dropped++;
		return why;
	}
	s->rx_packets++;
	take_remote(s, p);
	set_state(s, next[s->state][p->state].state, next[s->state][p->state].diag);
	if (p->poll)
		transmit(s, true);
	schedule(s);
	return NULL;
}

uint64_t
bfd_session_tick(struct bfd_session *s, struct bfd_time now)
{
	uint64_t end;

	s->now = now;
	if (detect_at(s) <= now.us)
		expire(s);
	schedule(s);
	if (s->tx_at <= now.us) {
		transmit(s, false);
		s->tx_last = now.us;
		s->tx_by = tx_interval(s);
		s->tx_at = now.us + jittered(s, s->tx_by);
	}
	end = detect_at(s);
	return s->tx_at < end ? s->tx_at : end;
}

void
bfd_session_view(const struct bfd_session *s, struct bfd_view *v)
{
	*v = (struct bfd_view){
		.local = { .state = s->state,
		    .diag = s->diag,
		    .multiplier = s->conf.multiplier,
		    .disc = s->disc,
		    .min_tx_us = s->tx.want,
		    .min_rx_us = s->rx.want },
		.remote = s->remote,
		.was = s->was,
		.passive = s->conf.passive,
		.tx_us = s->tx_at == BFD_NEVER ? 0 : tx_interval(s),
		.detect_us = detect_time(s),
		.tx_at = s->tx_at,
		.detect_at = detect_at(s),
		.since_us = s->since,
		.auth = s->conf.auth,
		.rx_seq = s->auth_rx.seq,
		.tx_seq = s->tx_seq,
		.rx_seq_known = s->auth_rx.known,
		.rx_packets = s->rx_packets,
		.tx_packets = s->tx_packets,
		.dropped = s->dropped,
	};
}
