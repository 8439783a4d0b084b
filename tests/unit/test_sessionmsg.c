/*
 * Sessions in pairs and virtual time: what comes over them, good and bad, at once and in
 * pieces, and callbacks that end the session they are called from.
 */
#include "test.h"

#include "bgp/frame.h"
#include "bytes.h"
#include "pair.h"

static void
test_send_hold(void **state)
{
	struct pair p;

	(void)state;
	pair_up(&p);
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
	pair_up(&p);
	session_refresh(p.side[1].session, FAM_IP6, 1);
	pair_run(&p, SECOND);
	assert_int_equal(p.side[0].refreshes, 1);
	assert_int_equal(p.side[0].refresh_family, FAM_IP6);
	assert_int_equal(p.side[0].refresh_subtype, 1);
	pair_inject_hex(&p, 0, MARKER "0017" "05" "0001 07 01"); /* unknown subtype */
	pair_inject_hex(&p, 0, MARKER "0017" "05" "0019 00 41"); /* unknown family */
	assert_int_equal(p.side[0].refreshes, 1);
	assert_true(pair_is_up(&p));
	pair_fini(&p);
}

static void
test_update(void **state)
{
	struct pair p;

	(void)state;
	pair_up(&p);
	pair_inject_hex(&p, 0, MARKER "0017" "02" "0000 0000");
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
	static const char two[] = MARKER "0017"
					 "02"
					 "0000 0000" MARKER "0017"
					 "02"
					 "0000 0000";
	struct pair p;

	(void)state;
	pair_up(&p);
	p.side[0].on_update = stop_here;
	pair_inject_hex(&p, 0, two);
	assert_int_equal(p.side[0].updates, 1);
	assert_true(side_view(&p.side[0]).stopped);
	pair_fini(&p);
	pair_up(&p);
	p.side[0].on_update = restart_here;
	pair_inject_hex(&p, 0, two);
	assert_int_equal(p.side[0].updates, 1);
	assert_int_equal(side_view(&p.side[0]).error_wait_s, 60);
	assert_true(pair_run_up(&p, 200 * SECOND));
	p.side[0].on_down = stop_here;
	pair_cut(&p);
	assert_true(side_view(&p.side[0]).stopped);
	pair_fini(&p);
}

static void
test_stop_from_up(void **state)
{
	struct session_conf a = pair_low(), b = pair_high();
	struct pair p;

	(void)state;
	pair_init(&p, &a, &b);
	p.side[0].on_up = stop_here;
	pair_start(&p);
	pair_run(&p, 30 * SECOND);
	assert_int_equal(p.side[0].ups, 1);
	assert_int_equal(p.side[0].downs, 1);
	assert_true(side_view(&p.side[0]).stopped);
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

	pair_up(&p);
	pair_inject_hex(&p, 0, r->bytes);
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
	struct session_conf a = pair_low(), b = pair_high();
	struct pair p;

	a.passive = true;
	pair_init(&p, &a, &b);
	p.side[0].deaf = true;
	pair_start(&p);
	pair_run(&p, 6 * SECOND);
	p.side[0].deaf = false;
	p.side[0].link[CONN_IN]->rx_n[1] = 0;
	pair_inject_hex(&p, 0, r->bytes);
	assert_int_equal(p.side[0].fails, 1);
	assert_int_equal(p.side[0].reason.code, r->code);
	assert_int_equal(p.side[0].reason.subcode, r->subcode);
	assert_int_equal(side_view(&p.side[0]).error_wait_s, 60);
	pair_fini(&p);
}

static void
test_no_common_family(void **state)
{
	struct session_conf a = pair_low(), b = pair_high();
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
	struct session_conf a = pair_low(), b = pair_high();
	struct pair p;

	(void)state;
	pair_init(&p, &a, &b);
	p.side[0].chunk = p.side[1].chunk = 1;
	pair_start(&p);
	assert_true(pair_run_up(&p, 20 * SECOND));
	pair_run(&p, 600 * SECOND);
	pair_inject_hex(&p, 0,
	    MARKER "0017"
		   "02"
		   "0000 0000" MARKER "0017"
		   "02"
		   "0000 0000");
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
	pair_up(&p);
	s = p.side[0].session;
	for (size_t i = 0; i < 6; i++) {
		uint8_t one[19];

		hex_read(MARKER "0013" "04", one);
		memcpy(bytes + i * 19, one, i < 5 ? 19 : 7);
	}
	assert_int_equal(session_input(s, CONN_IN, bytes, sizeof(bytes), 3, p.now), 57);
	assert_int_equal(
	    session_input(s, CONN_IN, bytes + 57, sizeof(bytes) - 57, 9, p.now), 38);
	assert_int_equal(session_input(s, CONN_IN, bytes + 95, 7, 9, p.now), 0);
	assert_int_equal(session_input(s, CONN_IN, bytes, 19, 0, p.now), 0);
	assert_true(pair_is_up(&p));
	pair_fini(&p);
}

/* Refreshes between sides that know less. */
static void
test_refresh_plain(void **state)
{
	struct session_conf a = pair_low(), b = pair_high();
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
	pair_inject_hex(&p, 0, MARKER "0017" "05" "0001 02 01"); /* the subtype is reserved */
	assert_int_equal(p.side[0].refreshes, 1);
	assert_int_equal(p.side[0].refresh_subtype, 0);
	pair_inject_hex(&p, 1, MARKER "0017" "05" "0001 00 01");
	assert_int_equal(p.side[1].reason.code, ERR_HEADER);
	assert_int_equal(p.side[1].reason.subcode, 3);
	assert_true(pair_run_up(&p, 100 * SECOND));
	pair_inject_hex(&p, 0, MARKER "0016" "05" "0001 00");
	assert_int_equal(p.side[0].reason.code, ERR_HEADER);
	assert_int_equal(p.side[0].reason.subcode, 2);
	pair_fini(&p);
}

int
main(void)
{
	ADD_TEST(test_send_hold);
	ADD_TEST(test_refresh);
	ADD_TEST(test_refresh_plain);
	ADD_TEST(test_update);
	ADD_TEST(test_stop_from_callback);
	ADD_TEST(test_stop_from_up);
	ADD_TEST(test_no_common_family);
	ADD_TEST(test_byte_by_byte);
	ADD_TEST(test_budget);
	ADD_ROWS(bad_rows, name, test_bad);
	ADD_ROWS(open_rows, name, test_bad_open);
	return tests_run("session messages");
}
