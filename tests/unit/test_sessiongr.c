/*
 * Sessions in pairs and virtual time: ends after which routes are kept (RFC 4724, RFC 8538),
 * and peers that are back before their end was seen.
 */
#include "test.h"

#include <errno.h>

#include "pair.h"

static void
graceful_init(struct pair *p, bool passive)
{
	struct session_conf a = pair_low(), b = pair_high();

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

/* The peer is back before we saw it go: on the place of the accepted connection. */
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

static void
test_bfd_graceful(void **state)
{
	struct pair p;

	(void)state;
	graceful_init(&p, true);
	session_bfd_down(p.side[0].session, true, p.now);
	assert_true(p.side[0].reason.graceful);
	assert_string_equal(side_view(&p.side[0]).last.text, "BFD session down");
	pair_run(&p, 1 * SECOND);
	assert_int_equal(p.side[1].reason.class, DOWN_SOCKET); /* not a word to the peer */
	assert_true(pair_run_up(&p, 10 * SECOND));
	session_bfd_down(p.side[0].session, false, p.now);
	assert_false(p.side[0].reason.graceful);
	/* RFC 8538: the peer is not to keep what leads nowhere */
	assert_memory_equal(p.side[0].last + 19, "\x06\x09\x06\x0a", 4);
	pair_fini(&p);
}

int
main(void)
{
	ADD_TEST(test_graceful);
	ADD_TEST(test_graceful_notification);
	ADD_TEST(test_graceful_silent);
	ADD_TEST(test_graceful_other_way);
	ADD_TEST(test_bfd_graceful);
	return tests_run("graceful sessions");
}
