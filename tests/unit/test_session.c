/*
 * Sessions in pairs and virtual time: coming up, colliding, failing, waiting, coming back.
 */
#include "test.h"

#include <errno.h>

#include "pair.h"

static void
test_passive(void **state)
{
	struct session_conf a = pair_low(), b = pair_high();
	struct session_view v;
	struct pair p;

	(void)state;
	a.passive = true;
	pair_init(&p, &a, &b);
	v = side_view(&p.side[0]);
	assert_true(v.stopped);
	session_start(p.side[0].session, p.now);
	v = side_view(&p.side[0]);
	assert_true(v.passive_wait && !v.stopped);
	assert_int_equal(v.state, FSM_IDLE);
	assert_true(session_tick(p.side[0].session, p.now) == UINT64_MAX);
	session_start(p.side[1].session, p.now);
	v = side_view(&p.side[1]);
	assert_int_equal(v.state, FSM_ACTIVE);
	assert_in_range(v.connect_at - p.now, 3750, 5000);
	pair_run(&p, 6 * SECOND);
	assert_true(pair_is_up(&p));
	assert_int_equal(p.side[0].up_id, CONN_IN);
	v = side_view(&p.side[0]);
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
	pair_up(&p);
	pair_run(&p, 24 * 3600 * SECOND);
	assert_true(pair_is_up(&p));
	assert_int_equal(p.side[0].ups + p.side[1].ups, 2);
	pair_fini(&p);
}

static void
test_no_timers(void **state)
{
	struct session_conf a = pair_low(), b = pair_high();
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
	struct session_conf a = pair_low(), b = pair_high();

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
	struct session_conf a = pair_low(), b = pair_high();
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
	struct session_conf a = pair_conf(64512, 64513, 7),
			    b = pair_conf(64513, 64512, 7);
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
	pair_up(&p);
	p.black_hole = true;
	pair_run(&p, 89 * SECOND - 30 * SECOND);
	assert_int_equal(p.side[0].downs, 0);
	pair_run(&p, 32 * SECOND);
	assert_int_equal(p.side[0].downs, 1);
	assert_int_equal(p.side[0].reason.class, DOWN_SENT);
	assert_int_equal(p.side[0].reason.code, ERR_HOLD);
	assert_false(p.side[0].reason.graceful);
	v = side_view(&p.side[0]);
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
	pair_up(&p);
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
	struct session_conf a = pair_low(), b = pair_high();
	struct pair p;

	(void)state;
	a.passive = true;
	a.startup_hold_s = 20;
	pair_init(&p, &a, &b);
	p.side[0].deaf = true;
	pair_start(&p);
	pair_run(&p, 6 * SECOND);
	assert_int_equal(side_view(&p.side[0]).state, FSM_OPENSENT);
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
	struct session_conf a = pair_low(), b = pair_high();
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
		v = side_view(&p.side[0]);
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
	a = pair_low();
	session_configure(p.side[0].session, &a);
	assert_true(pair_run_up(&p, 10 * SECOND));
	assert_int_equal(side_view(&p.side[0]).last.class, DOWN_NONE);
	pair_run(&p, 400 * SECOND);
	pair_inject_hex(&p, 0, "00");
	assert_int_equal(side_view(&p.side[0]).error_wait_s, 60);
	assert_int_equal(p.side[0].reason.code, ERR_HEADER);
	pair_fini(&p);
}

static void
test_disable_after_error(void **state)
{
	struct session_conf a = pair_low(), b = pair_high();
	struct pair p;

	(void)state;
	a.disable_after_error = true;
	pair_init(&p, &a, &b);
	pair_start(&p);
	assert_true(pair_run_up(&p, 10 * SECOND));
	pair_inject_hex(&p, 0, MARKER "0013" "09");
	assert_true(side_view(&p.side[0]).stopped);
	pair_run(&p, 1000 * SECOND);
	assert_true(side_view(&p.side[0]).stopped);
	pair_fini(&p);
}

static void
test_refused(void **state)
{
	struct session_conf a = pair_low(), b = pair_high();
	struct session_view v;
	struct pair p;

	(void)state;
	pair_init(&p, &a, &b);
	p.side[1].refuse = true;
	session_start(p.side[0].session, p.now);
	pair_run(&p, 60 * SECOND);
	v = side_view(&p.side[0]);
	assert_int_equal(v.state, FSM_ACTIVE);
	assert_int_equal(v.last.class, DOWN_SOCKET);
	assert_int_equal(v.last.sys_errno, ECONNREFUSED);
	assert_in_range(p.side[0].fails, 12, 16); /* every 3.75 to 5 s, no error wait */
	pair_fini(&p);
}

static void
test_connect_retry(void **state)
{
	struct session_conf a = pair_low(), b = pair_high();
	struct pair p;

	(void)state;
	pair_init(&p, &a, &b);
	p.black_hole = true;
	session_start(p.side[0].session, p.now);
	session_start(p.side[1].session, p.now);
	pair_run(&p, 10 * SECOND);
	assert_int_equal(side_view(&p.side[0]).state, FSM_CONNECT);
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
	pair_up(&p);
	session_stop(p.side[1].session, ERR_CEASE, CEASE_SHUTDOWN, "see ticket 7", p.now);
	assert_int_equal(p.side[1].downs, 1);
	assert_int_equal(p.side[1].reason.class, DOWN_NONE);
	pair_run(&p, SECOND);
	assert_int_equal(p.side[0].reason.class, DOWN_RECEIVED);
	assert_int_equal(p.side[0].reason.code, ERR_CEASE);
	assert_int_equal(p.side[0].reason.subcode, CEASE_SHUTDOWN);
	assert_string_equal(p.side[0].reason.text, "see ticket 7");
	v = side_view(&p.side[0]);
	assert_true(v.passive_wait); /* no error wait after Cease */
	v = side_view(&p.side[1]);
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
	pair_up(&p);
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
	assert_int_equal(side_view(&p.side[0]).error_wait_s, 60);
	assert_false(pair_run_up(&p, 59 * SECOND));
	assert_true(pair_run_up(&p, 10 * SECOND));
	pair_fini(&p);
}

/* A Cease of a kind that the configuration names is the end. */
static void
test_disable_after_cease(void **state)
{
	struct session_conf a = pair_low(), b = pair_high();
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
	assert_true(side_view(&p.side[0]).stopped);
	assert_int_equal(side_view(&p.side[0]).last.subcode, CEASE_RESET);
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
	pair_up(&p);
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

/* RFC 9384; the wait is that after an error. */
static void
test_bfd_down(void **state)
{
	struct session_conf a = pair_low(), b = pair_high();
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
	assert_string_equal(side_view(&p.side[0]).last.text, "BFD session down");
	assert_int_equal(side_view(&p.side[0]).error_wait_s, 60);
	session_bfd_down(p.side[0].session, false, p.now); /* and once more: nothing */
	assert_int_equal(p.side[0].downs, 1);
	assert_false(pair_run_up(&p, 59 * SECOND));
	assert_true(pair_run_up(&p, 10 * SECOND));
	pair_fini(&p);
}

/* Without graceful restart a second connection changes nothing. */
static void
test_second_connection(void **state)
{
	struct pair p;

	(void)state;
	pair_up(&p);
	assert_false(session_accept(p.side[0].session, p.now));
	assert_true(pair_is_up(&p));
	pair_fini(&p);
}

/* Beside the connection that we opened: the new one is told that it lost. */
static void
test_second_beside_ours(void **state)
{
	struct session_conf a = pair_low(), b = pair_high();
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
	struct session_conf a = pair_low(), b = pair_high();
	struct session_view v;
	struct pair p;

	(void)state;
	pair_init(&p, &a, &b);
	session_start(p.side[0].session, p.now);
	a.passive = true;
	session_configure(p.side[0].session, &a);
	assert_true(side_view(&p.side[0]).passive_wait);
	session_start(p.side[1].session, p.now);
	assert_true(pair_run_up(&p, 10 * SECOND));
	a.keepalive_s = 2;
	a.passive = false;
	session_configure(p.side[0].session, &a);
	pair_run(&p, 60 * SECOND);
	v = side_view(&p.side[0]);
	assert_true(v.keepalive_at - p.now <= 2 * SECOND);
	assert_int_equal(v.hold_at ? p.side[0].downs : 1, 0);
	assert_true(pair_is_up(&p));
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
		struct session_conf a = pair_low(), b = pair_high();
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
	ADD_TEST(test_disable_after_cease);
	ADD_TEST(test_require_live);
	ADD_TEST(test_second_connection);
	ADD_TEST(test_second_beside_ours);
	ADD_TEST(test_configure);
	ADD_TEST(test_random_faults);
	return tests_run("session");
}
