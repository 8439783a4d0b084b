/*
 * Sessions in pairs and virtual time: coming up, colliding, failing, waiting, coming back.
 */
#include "test.h"

#include <errno.h>

#include "bgp/frame.h"
#include "bytes.h"
#include "pair.h"

#define SECOND 1000u
#define MARKER "ffffffffffffffffffffffffffffffff"

static struct session_conf
conf_make(uint32_t as, uint32_t remote_as, uint32_t id)
{
	return (struct session_conf){
		.local_as = as, .remote_as = remote_as, .router_id = id,
		.internal = as == remote_as, .family = { true, true }, .capabilities = true,
		.route_refresh = true, .enhanced_refresh = true, .as4 = true,
		.graceful = GR_AWARE, .hold_s = 90, .startup_hold_s = 240,
		.send_hold_s = 180, .connect_delay_s = 5, .connect_retry_s = 120,
		.error_wait_min_s = 60, .error_wait_max_s = 300, .error_forget_s = 300,
		.jitter_seed = id,
	};
}

static struct session_conf
low(void)
{
	return conf_make(64512, 64512, 0xc0000201);
}

static struct session_conf
high(void)
{
	return conf_make(64512, 64512, 0xc0000202);
}

static struct session_view
view(const struct side *s)
{
	struct session_view v;

	session_view(s->session, &v);
	return v;
}

/* Two sessions, the first passive, established. */
static void
up_init(struct pair *p)
{
	struct session_conf a = low(), b = high();

	a.passive = true;
	pair_init(p, &a, &b);
	pair_start(p);
	assert_true(pair_run_up(p, 10 * SECOND));
}

static void
inject_hex(struct pair *p, unsigned to, const char *text)
{
	uint8_t bytes[512];
	size_t n = hex_read(text, bytes);

	pair_inject(p, to, bytes, n);
}

static void
test_passive(void **state)
{
	struct session_conf a = low(), b = high();
	struct session_view v;
	struct pair p;

	(void)state;
	a.passive = true;
	pair_init(&p, &a, &b);
	v = view(&p.side[0]);
	assert_true(v.stopped);
	session_start(p.side[0].session, p.now);
	v = view(&p.side[0]);
	assert_true(v.passive_wait && !v.stopped);
	assert_int_equal(v.state, FSM_IDLE);
	assert_true(session_tick(p.side[0].session, p.now) == UINT64_MAX);
	session_start(p.side[1].session, p.now);
	v = view(&p.side[1]);
	assert_int_equal(v.state, FSM_ACTIVE);
	assert_in_range(v.connect_at - p.now, 3750, 5000);
	pair_run(&p, 6 * SECOND);
	assert_true(pair_is_up(&p));
	assert_int_equal(p.side[0].up_id, CONN_IN);
	v = view(&p.side[0]);
	assert_int_equal(v.state, FSM_ESTABLISHED);
	assert_int_equal(v.negotiated->hold_s, 90);
	assert_int_equal(v.negotiated->keepalive_s, 30);
	assert_int_equal(v.negotiated->remote_id, 0xc0000202);
	assert_true(v.negotiated->codec.as4 && v.negotiated->codec.active[FAM_IP6]);
	pair_fini(&p);
}

static void
test_stays_up(void **state)
{
	struct pair p;

	(void)state;
	up_init(&p);
	pair_run(&p, 24 * 3600 * SECOND);
	assert_true(pair_is_up(&p));
	assert_int_equal(p.side[0].ups + p.side[1].ups, 2);
	pair_fini(&p);
}

static void
test_no_timers(void **state)
{
	struct session_conf a = low(), b = high();
	struct pair p;

	(void)state;
	a.hold_s = 0;
	a.send_hold_s = 0;
	pair_init(&p, &a, &b);
	pair_start(&p);
	assert_true(pair_run_up(&p, 20 * SECOND));
	pair_run(&p, 3600 * SECOND);
	assert_true(pair_is_up(&p));
	assert_true(session_tick(p.side[0].session, p.now) == UINT64_MAX);
	pair_fini(&p);
}

/* Both open at once, with every order of arrival that delays can make. */
static void
test_collisions(void **state)
{
	static const uint32_t delays[] = { 1, 2, 3, 700, 1400, 1401, 3000 };
	struct session_conf a = low(), b = high();

	(void)state;
	for (unsigned i = 0; i < 7 * 7 * 40; i++) {
		struct pair p;

		a.jitter_seed = i;
		b.jitter_seed = i % 3 ? i * 7 + 1 : i; /* at times nearly together */
		pair_init(&p, &a, &b);
		p.delay_ms[0] = delays[i % 7];
		p.delay_ms[1] = delays[i / 7 % 7];
		pair_start(&p);
		assert_true(pair_run_up(&p, 60 * SECOND));
		pair_run(&p, 60 * SECOND);
		assert_true(pair_is_up(&p));
		pair_fini(&p);
	}
}

/* Exactly together: the connection of the higher identifier survives, first try. */
static void
test_collision_winner(void **state)
{
	struct session_conf a = low(), b = high();
	struct pair p;

	(void)state;
	a.connect_delay_s = b.connect_delay_s = 1;
	a.jitter_seed = 5;
	b.jitter_seed = 5;
	pair_init(&p, &a, &b);
	p.delay_ms[0] = p.delay_ms[1] = 400;
	pair_start(&p);
	assert_true(pair_run_up(&p, 10 * SECOND));
	pair_run(&p, 10 * SECOND);
	assert_true(pair_is_up(&p));
	assert_int_equal(p.side[1].up_id, CONN_OUT);
	assert_int_equal(p.side[0].ups, 1);
	assert_int_equal(p.side[0].fails + p.side[1].fails, 0);
	pair_fini(&p);
}

/* RFC 6286: equal identifiers are for the AS numbers to tell apart. */
static void
test_collision_same_id(void **state)
{
	struct session_conf a = conf_make(64512, 64513, 7), b = conf_make(64513, 64512, 7);
	struct pair p;

	(void)state;
	a.connect_delay_s = b.connect_delay_s = 1;
	pair_init(&p, &a, &b);
	p.delay_ms[0] = p.delay_ms[1] = 400;
	pair_start(&p);
	assert_true(pair_run_up(&p, 10 * SECOND));
	assert_int_equal(p.side[1].up_id, CONN_OUT);
	pair_fini(&p);
}

static void
test_hold_expiry(void **state)
{
	struct session_view v;
	struct pair p;

	(void)state;
	up_init(&p);
	p.black_hole = true;
	pair_run(&p, 89 * SECOND - 30 * SECOND);
	assert_int_equal(p.side[0].downs, 0);
	pair_run(&p, 32 * SECOND);
	assert_int_equal(p.side[0].downs, 1);
	assert_int_equal(p.side[0].reason.class, DOWN_SENT);
	assert_int_equal(p.side[0].reason.code, ERR_HOLD);
	assert_false(p.side[0].reason.graceful);
	v = view(&p.side[0]);
	assert_int_equal(v.state, FSM_IDLE);
	assert_false(v.passive_wait);
	assert_int_equal(v.error_wait_s, 60);
	assert_int_equal(v.last.code, ERR_HOLD);
	pair_fini(&p);
}

/* What the peer sent but we did not read does not count as silence. */
static void
test_hold_with_input_waiting(void **state)
{
	struct pair p;

	(void)state;
	up_init(&p);
	p.side[0].deaf = true;
	pair_run(&p, 600 * SECOND);
	assert_true(pair_is_up(&p));
	p.side[0].deaf = false;
	pair_run(&p, 600 * SECOND);
	assert_true(pair_is_up(&p));
	pair_fini(&p);
}

static void
test_startup_hold(void **state)
{
	struct session_conf a = low(), b = high();
	struct pair p;

	(void)state;
	a.passive = true;
	a.startup_hold_s = 20;
	pair_init(&p, &a, &b);
	p.side[0].deaf = true;
	pair_start(&p);
	pair_run(&p, 6 * SECOND);
	assert_int_equal(view(&p.side[0]).state, FSM_OPENSENT);
	pair_run(&p, 19 * SECOND);
	p.black_hole = true;
	p.side[0].link[CONN_IN]->rx_n[1] = 0;
	pair_run(&p, 20 * SECOND);
	assert_int_equal(p.side[0].fails, 1);
	assert_int_equal(p.side[0].reason.code, ERR_HOLD);
	pair_fini(&p);
}

/* 60, 120, 240, 300, 300; and 60 again after five quiet minutes. */
static void
test_error_wait(void **state)
{
	static const uint32_t waits[] = { 60, 120, 240, 300, 300 };
	struct session_conf a = low(), b = high();
	struct session_view v;
	struct pair p;

	(void)state;
	a.remote_as = 64999;
	a.internal = false;
	a.error_forget_s = 400;
	pair_init(&p, &a, &b);
	b.passive = true;
	session_configure(p.side[1].session, &b);
	pair_start(&p);
	for (unsigned i = 0; i < 5; i++) {
		pair_run(&p, 10 * SECOND);
		v = view(&p.side[0]);
		assert_int_equal(p.side[0].fails, i + 1);
		assert_int_equal(v.state, FSM_IDLE);
		assert_int_equal(v.error_wait_s, waits[i]);
		assert_int_equal(v.last.class, DOWN_SENT);
		assert_int_equal(v.last.subcode, 2);
		assert_false(session_accept(p.side[0].session, p.now));
		/* The peer waits as well; it is not to be an obstacle here. */
		session_restart(p.side[1].session, 0, 0, NULL, false, p.now);
		pair_run(&p, v.error_wait_at - p.now);
	}
	a = low();
	session_configure(p.side[0].session, &a);
	assert_true(pair_run_up(&p, 10 * SECOND));
	assert_int_equal(view(&p.side[0]).last.class, DOWN_NONE);
	pair_run(&p, 400 * SECOND);
	inject_hex(&p, 0, "00");
	assert_int_equal(view(&p.side[0]).error_wait_s, 60);
	assert_int_equal(p.side[0].reason.code, ERR_HEADER);
	pair_fini(&p);
}

static void
test_disable_after_error(void **state)
{
	struct session_conf a = low(), b = high();
	struct pair p;

	(void)state;
	a.disable_after_error = true;
	pair_init(&p, &a, &b);
	pair_start(&p);
	assert_true(pair_run_up(&p, 10 * SECOND));
	inject_hex(&p, 0, MARKER "0013" "09");
	assert_true(view(&p.side[0]).stopped);
	pair_run(&p, 1000 * SECOND);
	assert_true(view(&p.side[0]).stopped);
	pair_fini(&p);
}

static void
test_refused(void **state)
{
	struct session_conf a = low(), b = high();
	struct session_view v;
	struct pair p;

	(void)state;
	pair_init(&p, &a, &b);
	p.side[1].refuse = true;
	session_start(p.side[0].session, p.now);
	pair_run(&p, 60 * SECOND);
	v = view(&p.side[0]);
	assert_int_equal(v.state, FSM_ACTIVE);
	assert_int_equal(v.last.class, DOWN_SOCKET);
	assert_int_equal(v.last.sys_errno, ECONNREFUSED);
	assert_in_range(p.side[0].fails, 12, 16); /* every 3.75 to 5 s, no error wait */
	pair_fini(&p);
}

static void
test_connect_retry(void **state)
{
	struct session_conf a = low(), b = high();
	struct pair p;

	(void)state;
	pair_init(&p, &a, &b);
	p.black_hole = true;
	session_start(p.side[0].session, p.now);
	session_start(p.side[1].session, p.now);
	pair_run(&p, 10 * SECOND);
	assert_int_equal(view(&p.side[0]).state, FSM_CONNECT);
	p.black_hole = false;
	assert_true(pair_run_up(&p, 130 * SECOND));
	pair_fini(&p);
}

static void
test_shutdown_message(void **state)
{
	struct session_view v;
	struct pair p;

	(void)state;
	up_init(&p);
	session_stop(p.side[1].session, ERR_CEASE, CEASE_SHUTDOWN, "see ticket 7", p.now);
	assert_int_equal(p.side[1].downs, 1);
	assert_int_equal(p.side[1].reason.class, DOWN_NONE);
	pair_run(&p, SECOND);
	assert_int_equal(p.side[0].reason.class, DOWN_RECEIVED);
	assert_int_equal(p.side[0].reason.code, ERR_CEASE);
	assert_int_equal(p.side[0].reason.subcode, CEASE_SHUTDOWN);
	assert_string_equal(p.side[0].reason.text, "see ticket 7");
	v = view(&p.side[0]);
	assert_true(v.passive_wait); /* no error wait after Cease */
	v = view(&p.side[1]);
	assert_true(v.stopped);
	session_start(p.side[1].session, p.now);
	assert_true(pair_run_up(&p, 10 * SECOND));
	pair_fini(&p);
}

static void
test_restart(void **state)
{
	struct pair p;

	(void)state;
	up_init(&p);
	session_restart(p.side[0].session, ERR_CEASE, CEASE_RESET, NULL, false, p.now);
	assert_false(p.side[0].is_up);
	assert_true(pair_run_up(&p, 10 * SECOND));
	session_limit(p.side[0].session, CEASE_MAX_PREFIXES, FAM_IP4, 1000, true,
	    p.now);
	assert_int_equal(p.side[0].reason.class, DOWN_AUTO);
	/* RFC 4486, 4: family and limit; behind a hard reset (RFC 8538, 3.1) */
	assert_int_equal(p.side[0].last_n, 19 + 2 + 2 + 7);
	assert_memory_equal(p.side[0].last + 19,
	    "\x06\x09\x06\x01\x00\x01\x01\x00\x00\x03\xe8", 11);
	assert_int_equal(view(&p.side[0]).error_wait_s, 60);
	assert_false(pair_run_up(&p, 59 * SECOND));
	assert_true(pair_run_up(&p, 10 * SECOND));
	pair_fini(&p);
}

static void
test_send_hold(void **state)
{
	struct pair p;

	(void)state;
	up_init(&p);
	session_output(p.side[0].session, true, p.now);
	pair_run(&p, 100 * SECOND);
	session_sent(p.side[0].session, p.now); /* some of it went out */
	pair_run(&p, 179 * SECOND);
	assert_true(pair_is_up(&p));
	pair_run(&p, 2 * SECOND);
	assert_int_equal(p.side[0].reason.class, DOWN_SENT);
	assert_int_equal(p.side[0].reason.code, ERR_SEND_HOLD);
	pair_fini(&p);
}

static void
test_refresh(void **state)
{
	struct pair p;

	(void)state;
	up_init(&p);
	session_refresh(p.side[1].session, FAM_IP6, 1);
	pair_run(&p, SECOND);
	assert_int_equal(p.side[0].refreshes, 1);
	assert_int_equal(p.side[0].refresh_family, FAM_IP6);
	assert_int_equal(p.side[0].refresh_subtype, 1);
	inject_hex(&p, 0, MARKER "0017" "05" "0001 07 01"); /* unknown subtype */
	inject_hex(&p, 0, MARKER "0017" "05" "0019 00 41"); /* unknown family */
	assert_int_equal(p.side[0].refreshes, 1);
	assert_true(pair_is_up(&p));
	pair_fini(&p);
}

static void
test_update(void **state)
{
	struct pair p;

	(void)state;
	up_init(&p);
	inject_hex(&p, 0, MARKER "0017" "02" "0000 0000");
	assert_int_equal(p.side[0].updates, 1);
	assert_true(pair_is_up(&p));
	pair_fini(&p);
}

static void
stop_here(struct side *s)
{
	session_stop(s->session, ERR_CEASE, CEASE_SHUTDOWN, NULL, s->pair->now);
}

static void
restart_here(struct side *s)
{
	session_limit(s->session, CEASE_MAX_PREFIXES, FAM_IP4, 1000, true,
	    s->pair->now);
}

/* A callback ends the session in the middle of the input: the rest is not looked at. */
static void
test_stop_from_callback(void **state)
{
	static const char two[] = MARKER "0017" "02" "0000 0000" MARKER "0017" "02" "0000 0000";
	struct pair p;

	(void)state;
	up_init(&p);
	p.side[0].on_update = stop_here;
	inject_hex(&p, 0, two);
	assert_int_equal(p.side[0].updates, 1);
	assert_true(view(&p.side[0]).stopped);
	pair_fini(&p);
	up_init(&p);
	p.side[0].on_update = restart_here;
	inject_hex(&p, 0, two);
	assert_int_equal(p.side[0].updates, 1);
	assert_int_equal(view(&p.side[0]).error_wait_s, 60);
	assert_true(pair_run_up(&p, 200 * SECOND));
	p.side[0].on_down = stop_here;
	pair_cut(&p);
	assert_true(view(&p.side[0]).stopped);
	pair_fini(&p);
}

static void
test_stop_from_up(void **state)
{
	struct session_conf a = low(), b = high();
	struct pair p;

	(void)state;
	pair_init(&p, &a, &b);
	p.side[0].on_up = stop_here;
	pair_start(&p);
	pair_run(&p, 30 * SECOND);
	assert_int_equal(p.side[0].ups, 1);
	assert_int_equal(p.side[0].downs, 1);
	assert_true(view(&p.side[0]).stopped);
	pair_fini(&p);
}

static const struct bad_row {
	const char *name, *bytes;
	unsigned code, subcode;
} bad_rows[] = {
	{ "marker", "ffff00", 1, 1 },
	{ "length below the header", MARKER "0012 04", 1, 2 },
	{ "length over the limit", MARKER "1001 02", 1, 2 },
	{ "type 0", MARKER "0013 00", 1, 3 },
	{ "type 6", MARKER "0013 06", 1, 3 },
	{ "KEEPALIVE with a body", MARKER "0014 04 00", 1, 2 },
	{ "OPEN too short", MARKER "001c 01", 1, 2 },
	{ "UPDATE too short", MARKER "0016 02", 1, 2 },
	{ "NOTIFICATION too short", MARKER "0014 03 06", 1, 2 },
	{ "ROUTE-REFRESH too short", MARKER "0016 05 000100", 7, 1 },
	{ "ROUTE-REFRESH too long", MARKER "0018 05 0001000100", 7, 1 },
	{ "UPDATE with lengths beyond its end", MARKER "0017 02 00050000", 3, 1 },
	{ "OPEN while established", MARKER "001d 01 04fc0000b4c000020200", 5, 3 },
};

static void
test_bad(void **state)
{
	const struct bad_row *r = *state;
	struct pair p;

	up_init(&p);
	inject_hex(&p, 0, r->bytes);
	assert_int_equal(p.side[0].reason.class, DOWN_SENT);
	assert_int_equal(p.side[0].reason.code, r->code);
	assert_int_equal(p.side[0].reason.subcode, r->subcode);
	pair_run(&p, SECOND);
	assert_int_equal(p.side[1].reason.class, DOWN_RECEIVED);
	assert_int_equal(p.side[1].reason.code, r->code);
	assert_int_equal(p.side[1].reason.subcode, r->subcode);
	assert_true(pair_run_up(&p, 100 * SECOND));
	pair_fini(&p);
}

static const struct open_row {
	const char *name, *bytes;
	unsigned code, subcode;
} open_rows[] = {
	{ "KEEPALIVE instead of OPEN", MARKER "0013 04", 5, 1 },
	{ "UPDATE instead of OPEN", MARKER "0017 02 00000000", 5, 1 },
	{ "OPEN of version 3", MARKER "001d 01 03fc0000b4c000020200", 2, 1 },
	{ "OPEN of another AS", MARKER "001d 01 04fc0100b4c000020200", 2, 2 },
	{ "OPEN with our identifier", MARKER "001d 01 04fc0000b4c000020100", 2, 3 },
	{ "OPEN with hold time 1", MARKER "001d 01 04fc000001c000020200", 2, 6 },
	{ "long KEEPALIVE before OPEN", MARKER "1388 02", 1, 2 },
};

/* To a passive session that has just accepted a connection. */
static void
test_bad_open(void **state)
{
	const struct open_row *r = *state;
	struct session_conf a = low(), b = high();
	struct pair p;

	a.passive = true;
	pair_init(&p, &a, &b);
	p.side[0].deaf = true;
	pair_start(&p);
	pair_run(&p, 6 * SECOND);
	p.side[0].deaf = false;
	p.side[0].link[CONN_IN]->rx_n[1] = 0;
	inject_hex(&p, 0, r->bytes);
	assert_int_equal(p.side[0].fails, 1);
	assert_int_equal(p.side[0].reason.code, r->code);
	assert_int_equal(p.side[0].reason.subcode, r->subcode);
	assert_int_equal(view(&p.side[0]).error_wait_s, 60);
	pair_fini(&p);
}

static void
test_no_common_family(void **state)
{
	struct session_conf a = low(), b = high();
	struct pair p;

	(void)state;
	a.family[FAM_IP6] = false;
	b.family[FAM_IP4] = false;
	pair_init(&p, &a, &b);
	pair_start(&p);
	pair_run(&p, 20 * SECOND);
	assert_int_equal(p.side[0].fails > 0, 1);
	assert_int_equal(p.side[0].reason.code, ERR_OPEN);
	assert_int_equal(p.side[0].reason.subcode, 7);
	pair_fini(&p);
}

static void
test_byte_by_byte(void **state)
{
	struct session_conf a = low(), b = high();
	struct pair p;

	(void)state;
	pair_init(&p, &a, &b);
	p.side[0].chunk = p.side[1].chunk = 1;
	pair_start(&p);
	assert_true(pair_run_up(&p, 20 * SECOND));
	pair_run(&p, 600 * SECOND);
	inject_hex(&p, 0, MARKER "0017" "02" "0000 0000" MARKER "0017" "02" "0000 0000");
	assert_int_equal(p.side[0].updates, 2);
	assert_true(pair_is_up(&p));
	pair_fini(&p);
}

static void
test_budget(void **state)
{
	uint8_t bytes[19 * 5 + 7];
	struct session *s;
	struct pair p;

	(void)state;
	up_init(&p);
	s = p.side[0].session;
	for (size_t i = 0; i < 6; i++) {
		uint8_t one[19];

		hex_read(MARKER "0013" "04", one);
		memcpy(bytes + i * 19, one, i < 5 ? 19 : 7);
	}
	assert_int_equal(session_input(s, CONN_IN, bytes, sizeof(bytes), 3, p.now), 57);
	assert_int_equal(session_input(s, CONN_IN, bytes + 57, sizeof(bytes) - 57, 9, p.now), 38);
	assert_int_equal(session_input(s, CONN_IN, bytes + 95, 7, 9, p.now), 0);
	assert_int_equal(session_input(s, CONN_IN, bytes, 19, 0, p.now), 0);
	assert_true(pair_is_up(&p));
	pair_fini(&p);
}

static void
graceful_init(struct pair *p, bool passive)
{
	struct session_conf a = low(), b = high();

	a.passive = passive;
	b.passive = !passive;
	b.graceful = GR_ON;
	b.gr_time_s = 120;
	pair_init(p, &a, &b);
	pair_start(p);
	assert_true(pair_run_up(p, 10 * SECOND));
}

static void
test_graceful(void **state)
{
	struct pair p;

	(void)state;
	graceful_init(&p, true);
	pair_cut(&p);
	assert_int_equal(p.side[0].reason.class, DOWN_SOCKET);
	assert_int_equal(p.side[0].reason.sys_errno, ECONNRESET);
	assert_true(p.side[0].reason.graceful);
	assert_false(p.side[1].reason.graceful); /* we are aware only: nothing to keep */
	assert_true(pair_run_up(&p, 10 * SECOND));
	session_stop(p.side[1].session, ERR_CEASE, CEASE_SHUTDOWN, NULL, p.now);
	pair_run(&p, SECOND);
	assert_false(p.side[0].reason.graceful);
	pair_fini(&p);
}

/* The peer is back before we saw it go: on the place of the accepted connection. */
/* RFC 8538: who announced the N bit keeps routes through a NOTIFICATION, but for a hard
 * reset, and hardens what is meant to last. */
static void
test_graceful_notification(void **state)
{
	static const struct {
		unsigned subcode;
		bool kept;
	} rows[] = {
		{ CEASE_RESET, true }, { CEASE_CONFIG, true }, { CEASE_SHUTDOWN, false },
		{ CEASE_DECONFIGURED, false }, { CEASE_MAX_PREFIXES, false },
	};
	struct pair p;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		graceful_init(&p, true);
		assert_true(pair_run_up(&p, 10 * SECOND));
		session_restart(p.side[1].session, ERR_CEASE, rows[i].subcode, "words",
		    false, p.now);
		pair_run(&p, 100);
		assert_int_equal(p.side[0].reason.class, DOWN_RECEIVED);
		assert_int_equal(p.side[0].reason.subcode, rows[i].subcode);
		assert_int_equal(p.side[0].reason.graceful, rows[i].kept);
		pair_fini(&p);
	}
}

/* A Cease of a kind that the configuration names is the end. */
static void
test_disable_after_cease(void **state)
{
	struct session_conf a = low(), b = high();
	struct pair p;

	(void)state;
	a.passive = true;
	a.disable_after_cease = 1u << CEASE_RESET | 1u;
	pair_init(&p, &a, &b);
	pair_start(&p);
	assert_true(pair_run_up(&p, 10 * SECOND));
	session_restart(p.side[1].session, ERR_CEASE, CEASE_CONFIG, NULL, false, p.now);
	assert_true(pair_run_up(&p, 10 * SECOND));
	session_restart(p.side[1].session, ERR_CEASE, CEASE_RESET, NULL, false, p.now);
	assert_false(pair_run_up(&p, 60 * SECOND));
	assert_true(view(&p.side[0]).stopped);
	assert_int_equal(view(&p.side[0]).last.subcode, CEASE_RESET);
	session_start(p.side[0].session, p.now);
	assert_true(pair_run_up(&p, 150 * SECOND));
	pair_fini(&p);
}

/* What a new configuration requires, and the peer of a running session has not said. */
static void
test_require_live(void **state)
{
	struct session_conf conf;
	struct pair p;

	(void)state;
	up_init(&p);
	conf = p.side[0].conf;
	conf.require.as4 = true;
	session_configure(p.side[0].session, &conf);
	pair_run(&p, 100);
	assert_true(p.side[0].is_up);
	conf.require.hostname = true;
	session_configure(p.side[0].session, &conf);
	pair_run(&p, 100);
	assert_false(p.side[0].is_up);
	assert_int_equal(p.side[1].reason.subcode, CEASE_CONFIG);
	pair_fini(&p);
}

static void
test_graceful_silent(void **state)
{
	struct pair p;

	(void)state;
	graceful_init(&p, true);
	pair_run(&p, 2 * SECOND);
	p.black_hole = true;
	session_stop(p.side[1].session, 0, 0, NULL, p.now);
	p.black_hole = false;
	assert_true(p.side[0].is_up);
	session_start(p.side[1].session, p.now);
	assert_true(pair_run_up(&p, 10 * SECOND));
	assert_int_equal(p.side[0].downs, 1);
	assert_int_equal(p.side[0].reason.class, DOWN_MISC);
	assert_true(p.side[0].reason.graceful);
	pair_fini(&p);
}

/* The same, beside the connection that we opened: known by its OPEN. */
static void
test_graceful_other_way(void **state)
{
	struct session_conf b;
	struct pair p;

	(void)state;
	graceful_init(&p, false);
	pair_run(&p, 30 * SECOND);
	p.black_hole = true;
	session_stop(p.side[1].session, 0, 0, NULL, p.now);
	p.black_hole = false;
	b = p.side[1].conf;
	b.passive = false;
	session_configure(p.side[1].session, &b);
	session_start(p.side[1].session, p.now);
	assert_true(pair_run_up(&p, 10 * SECOND));
	assert_int_equal(p.side[0].up_id, CONN_IN);
	assert_true(p.side[0].reason.graceful);
	pair_fini(&p);
}

/* RFC 9384; the wait is that after an error. */
static void
test_bfd_down(void **state)
{
	struct session_conf a = low(), b = high();
	struct pair p;

	(void)state;
	a.passive = true;
	a.graceful = b.graceful = GR_OFF;
	pair_init(&p, &a, &b);
	pair_start(&p);
	session_bfd_down(p.side[0].session, true, p.now); /* nothing to end */
	assert_true(pair_run_up(&p, 10 * SECOND));
	session_bfd_down(p.side[0].session, true, p.now); /* the peer is not graceful */
	assert_int_equal(p.side[0].reason.class, DOWN_MISC);
	assert_string_equal(p.side[0].reason.text, "BFD session down");
	assert_false(p.side[0].reason.graceful);
	assert_memory_equal(p.side[0].last + 19, "\x06\x0a", 2);
	assert_string_equal(view(&p.side[0]).last.text, "BFD session down");
	assert_int_equal(view(&p.side[0]).error_wait_s, 60);
	session_bfd_down(p.side[0].session, false, p.now); /* and once more: nothing */
	assert_int_equal(p.side[0].downs, 1);
	assert_false(pair_run_up(&p, 59 * SECOND));
	assert_true(pair_run_up(&p, 10 * SECOND));
	pair_fini(&p);
}

static void
test_bfd_graceful(void **state)
{
	struct pair p;

	(void)state;
	graceful_init(&p, true);
	session_bfd_down(p.side[0].session, true, p.now);
	assert_true(p.side[0].reason.graceful);
	assert_string_equal(view(&p.side[0]).last.text, "BFD session down");
	pair_run(&p, 1 * SECOND);
	assert_int_equal(p.side[1].reason.class, DOWN_SOCKET); /* not a word to the peer */
	assert_true(pair_run_up(&p, 10 * SECOND));
	session_bfd_down(p.side[0].session, false, p.now);
	assert_false(p.side[0].reason.graceful);
	/* RFC 8538: the peer is not to keep what leads nowhere */
	assert_memory_equal(p.side[0].last + 19, "\x06\x09\x06\x0a", 4);
	pair_fini(&p);
}

/* Without graceful restart a second connection changes nothing. */
static void
test_second_connection(void **state)
{
	struct pair p;

	(void)state;
	up_init(&p);
	assert_false(session_accept(p.side[0].session, p.now));
	assert_true(pair_is_up(&p));
	pair_fini(&p);
}

/* Beside the connection that we opened: the new one is told that it lost. */
static void
test_second_beside_ours(void **state)
{
	struct session_conf a = low(), b = high();
	struct pair p;

	(void)state;
	b.passive = true;
	pair_init(&p, &a, &b);
	pair_start(&p);
	assert_true(pair_run_up(&p, 10 * SECOND));
	p.black_hole = true;
	session_stop(p.side[1].session, 0, 0, NULL, p.now);
	p.black_hole = false;
	b.passive = false;
	session_configure(p.side[1].session, &b);
	session_start(p.side[1].session, p.now);
	pair_run(&p, 10 * SECOND);
	assert_true(p.side[0].is_up);
	assert_int_equal(p.side[1].reason.class, DOWN_RECEIVED);
	assert_int_equal(p.side[1].reason.subcode, CEASE_COLLISION);
	assert_true(pair_run_up(&p, 200 * SECOND)); /* after the hold time and error wait */
	pair_fini(&p);
}

/* Passive set and taken back, timers changed: no connection is touched by it. */
static void
test_configure(void **state)
{
	struct session_conf a = low(), b = high();
	struct session_view v;
	struct pair p;

	(void)state;
	pair_init(&p, &a, &b);
	session_start(p.side[0].session, p.now);
	a.passive = true;
	session_configure(p.side[0].session, &a);
	assert_true(view(&p.side[0]).passive_wait);
	session_start(p.side[1].session, p.now);
	assert_true(pair_run_up(&p, 10 * SECOND));
	a.keepalive_s = 2;
	a.passive = false;
	session_configure(p.side[0].session, &a);
	pair_run(&p, 60 * SECOND);
	v = view(&p.side[0]);
	assert_true(v.keepalive_at - p.now <= 2 * SECOND);
	assert_int_equal(v.hold_at ? p.side[0].downs : 1, 0);
	assert_true(pair_is_up(&p));
	pair_fini(&p);
}

/* Refreshes between sides that know less. */
static void
test_refresh_plain(void **state)
{
	struct session_conf a = low(), b = high();
	struct pair p;

	(void)state;
	a.enhanced_refresh = false;
	b.route_refresh = false;
	pair_init(&p, &a, &b);
	pair_start(&p);
	assert_true(pair_run_up(&p, 20 * SECOND));
	session_refresh(p.side[0].session, FAM_IP4, 0); /* the peer would not know it */
	session_refresh(p.side[1].session, FAM_IP4, 1);
	pair_run(&p, SECOND);
	assert_int_equal(p.side[0].refreshes + p.side[1].refreshes, 0);
	inject_hex(&p, 0, MARKER "0017" "05" "0001 02 01"); /* the subtype is reserved */
	assert_int_equal(p.side[0].refreshes, 1);
	assert_int_equal(p.side[0].refresh_subtype, 0);
	inject_hex(&p, 1, MARKER "0017" "05" "0001 00 01");
	assert_int_equal(p.side[1].reason.code, ERR_HEADER);
	assert_int_equal(p.side[1].reason.subcode, 3);
	assert_true(pair_run_up(&p, 100 * SECOND));
	inject_hex(&p, 0, MARKER "0016" "05" "0001 00");
	assert_int_equal(p.side[0].reason.code, ERR_HEADER);
	assert_int_equal(p.side[0].reason.subcode, 2);
	pair_fini(&p);
}

static uint32_t
roll(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void
fault_random(struct pair *p, uint32_t *seed)
{
	unsigned who = roll(seed) % 2;
	struct session *s = p->side[who].session;
	uint8_t bytes[64];

	switch (roll(seed) % 9) {
	case 0:
		pair_cut(p);
		break;
	case 1:
		p->black_hole = !p->black_hole;
		break;
	case 2:
		for (unsigned i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)(i < 16 ? 0xff : roll(seed));
		pair_inject(p, who, bytes, 17 + roll(seed) % 40);
		break;
	case 3:
		session_stop(s, ERR_CEASE, CEASE_SHUTDOWN, "for a while", p->now);
		break;
	case 4:
		session_start(s, p->now);
		break;
	case 5:
		session_limit(s, CEASE_MAX_PREFIXES, FAM_IP6, roll(seed),
		    roll(seed) % 2, p->now);
		break;
	case 6:
		p->side[who].refuse = !p->side[who].refuse;
		break;
	case 7:
		p->delay_ms[who] = 1 + roll(seed) % 3000;
		break;
	default:
		p->side[who].chunk = roll(seed) % 30;
		break;
	}
}

/* Whatever happened: once it is over, the sessions come up again and stay. */
static void
test_random_faults(void **state)
{
	(void)state;
	for (uint32_t run = 1; run <= 100; run++) {
		struct session_conf a = low(), b = high();
		uint32_t seed = run;
		struct pair p;

		a.jitter_seed = run;
		a.graceful = run % 3 ? GR_ON : GR_OFF;
		b.graceful = run % 4 ? GR_ON : GR_AWARE;
		a.gr_time_s = b.gr_time_s = 120;
		a.passive = run % 5 == 0;
		pair_init(&p, &a, &b);
		pair_start(&p);
		for (unsigned i = 0; i < 40; i++) {
			pair_run(&p, roll(&seed) % (i % 4 ? 9 * SECOND : 200 * SECOND));
			fault_random(&p, &seed);
		}
		p.black_hole = p.side[0].refuse = p.side[1].refuse = false;
		p.delay_ms[0] = p.delay_ms[1] = 20;
		pair_start(&p);
		if (!pair_run_up(&p, 1500 * SECOND))
			fail_msg("run %u is not up", run);
		pair_run(&p, 1000 * SECOND);
		assert_true(pair_is_up(&p));
		assert_int_equal(p.side[0].ups, p.side[0].downs + 1);
		assert_int_equal(p.side[1].ups, p.side[1].downs + 1);
		pair_fini(&p);
	}
}

int
main(void)
{
	ADD_TEST(test_passive);
	ADD_TEST(test_stays_up);
	ADD_TEST(test_no_timers);
	ADD_TEST(test_collisions);
	ADD_TEST(test_collision_winner);
	ADD_TEST(test_collision_same_id);
	ADD_TEST(test_hold_expiry);
	ADD_TEST(test_hold_with_input_waiting);
	ADD_TEST(test_startup_hold);
	ADD_TEST(test_error_wait);
	ADD_TEST(test_disable_after_error);
	ADD_TEST(test_refused);
	ADD_TEST(test_connect_retry);
	ADD_TEST(test_shutdown_message);
	ADD_TEST(test_restart);
	ADD_TEST(test_bfd_down);
	ADD_TEST(test_bfd_graceful);
	ADD_TEST(test_send_hold);
	ADD_TEST(test_refresh);
	ADD_TEST(test_update);
	ADD_TEST(test_stop_from_callback);
	ADD_TEST(test_stop_from_up);
	ADD_TEST(test_no_common_family);
	ADD_TEST(test_byte_by_byte);
	ADD_TEST(test_budget);
	ADD_TEST(test_graceful);
	ADD_TEST(test_graceful_silent);
	ADD_TEST(test_graceful_notification);
	ADD_TEST(test_disable_after_cease);
	ADD_TEST(test_require_live);
	ADD_TEST(test_graceful_other_way);
	ADD_TEST(test_second_connection);
	ADD_TEST(test_second_beside_ours);
	ADD_TEST(test_configure);
	ADD_TEST(test_refresh_plain);
	ADD_TEST(test_random_faults);
	ADD_ROWS(bad_rows, name, test_bad);
	ADD_ROWS(open_rows, name, test_bad_open);
	return tests_run("session");
}
