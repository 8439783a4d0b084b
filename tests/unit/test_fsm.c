/*
 * The table of the state machine: RFC 4271, 8.2.2, row by row.
 */
#include "test.h"

#include "bgp/fsm.h"

static const struct row {
	const char *name;
	enum fsm_state from;
	enum fsm_event event;
	enum fsm_state to;
	unsigned actions;
} rows[] = {
	{ "a start waits for the connect delay", FSM_IDLE, FSM_EV_START, FSM_ACTIVE,
	    FSM_START_DELAY },
	{ "listening starts no timer", FSM_IDLE, FSM_EV_LISTEN, FSM_ACTIVE, 0 },
	{ "idle refuses a connection", FSM_IDLE, FSM_EV_TCP_UP, FSM_IDLE, 0 },
	{ "idle ignores timers", FSM_IDLE, FSM_EV_CONNECT_TIMER, FSM_IDLE, 0 },
	{ "idle ignores a stop", FSM_IDLE, FSM_EV_STOP, FSM_IDLE, 0 },
	{ "the delay is over", FSM_ACTIVE, FSM_EV_CONNECT_TIMER, FSM_CONNECT,
	    FSM_START_RETRY | FSM_CONNECT_TCP },
	{ "a stop while waiting closes nothing", FSM_ACTIVE, FSM_EV_STOP, FSM_IDLE,
	    FSM_STOP_TIMERS },
	{ "an accepted connection gets our OPEN", FSM_ACTIVE, FSM_EV_TCP_UP, FSM_OPENSENT,
	    FSM_STOP_TIMERS | FSM_SEND_OPEN | FSM_START_OPEN_HOLD },
	{ "the retry timer starts over", FSM_CONNECT, FSM_EV_CONNECT_TIMER, FSM_CONNECT,
	    FSM_CLOSE | FSM_START_RETRY | FSM_CONNECT_TCP },
	{ "a refused connect waits again", FSM_CONNECT, FSM_EV_TCP_DOWN, FSM_ACTIVE,
	    FSM_STOP_TIMERS | FSM_START_DELAY },
	{ "connected", FSM_CONNECT, FSM_EV_TCP_UP, FSM_OPENSENT,
	    FSM_STOP_TIMERS | FSM_SEND_OPEN | FSM_START_OPEN_HOLD },
	{ "a stop while connecting", FSM_CONNECT, FSM_EV_STOP, FSM_IDLE,
	    FSM_CLOSE | FSM_STOP_TIMERS },
	{ "a good OPEN", FSM_OPENSENT, FSM_EV_OPEN, FSM_OPENCONFIRM,
	    FSM_SEND_KEEPALIVE | FSM_START_HOLD | FSM_START_KEEPALIVE },
	{ "no OPEN in time", FSM_OPENSENT, FSM_EV_HOLD_TIMER, FSM_IDLE,
	    FSM_NOTIFY | FSM_CLOSE | FSM_STOP_TIMERS },
	{ "lost before OPEN", FSM_OPENSENT, FSM_EV_TCP_DOWN, FSM_IDLE, FSM_STOP_TIMERS },
	{ "a KEEPALIVE before OPEN", FSM_OPENSENT, FSM_EV_KEEPALIVE, FSM_IDLE,
	    FSM_UNEXPECTED | FSM_NOTIFY | FSM_CLOSE | FSM_STOP_TIMERS },
	{ "an UPDATE before OPEN", FSM_OPENSENT, FSM_EV_UPDATE, FSM_IDLE,
	    FSM_UNEXPECTED | FSM_NOTIFY | FSM_CLOSE | FSM_STOP_TIMERS },
	{ "a NOTIFICATION is not answered", FSM_OPENSENT, FSM_EV_NOTIFICATION, FSM_IDLE,
	    FSM_CLOSE | FSM_STOP_TIMERS },
	{ "confirmed", FSM_OPENCONFIRM, FSM_EV_KEEPALIVE, FSM_ESTABLISHED,
	    FSM_START_HOLD | FSM_UP },
	{ "an UPDATE before KEEPALIVE", FSM_OPENCONFIRM, FSM_EV_UPDATE, FSM_IDLE,
	    FSM_UNEXPECTED | FSM_NOTIFY | FSM_CLOSE | FSM_STOP_TIMERS },
	{ "a second OPEN", FSM_OPENCONFIRM, FSM_EV_OPEN, FSM_IDLE,
	    FSM_UNEXPECTED | FSM_NOTIFY | FSM_CLOSE | FSM_STOP_TIMERS },
	{ "our KEEPALIVE is due early", FSM_OPENCONFIRM, FSM_EV_KEEPALIVE_TIMER,
	    FSM_OPENCONFIRM, FSM_SEND_KEEPALIVE | FSM_START_KEEPALIVE },
	{ "alive", FSM_ESTABLISHED, FSM_EV_KEEPALIVE, FSM_ESTABLISHED, FSM_START_HOLD },
	{ "an UPDATE is delivered", FSM_ESTABLISHED, FSM_EV_UPDATE, FSM_ESTABLISHED,
	    FSM_START_HOLD | FSM_DELIVER },
	{ "a refresh is delivered", FSM_ESTABLISHED, FSM_EV_REFRESH, FSM_ESTABLISHED,
	    FSM_START_HOLD | FSM_DELIVER },
	{ "an OPEN in between", FSM_ESTABLISHED, FSM_EV_OPEN, FSM_IDLE,
	    FSM_UNEXPECTED | FSM_NOTIFY | FSM_CLOSE | FSM_STOP_TIMERS },
	{ "silence", FSM_ESTABLISHED, FSM_EV_HOLD_TIMER, FSM_IDLE,
	    FSM_NOTIFY | FSM_CLOSE | FSM_STOP_TIMERS },
	{ "a peer that does not read", FSM_ESTABLISHED, FSM_EV_SEND_HOLD_TIMER, FSM_IDLE,
	    FSM_NOTIFY | FSM_CLOSE | FSM_STOP_TIMERS },
	{ "our KEEPALIVE is due", FSM_ESTABLISHED, FSM_EV_KEEPALIVE_TIMER,
	    FSM_ESTABLISHED, FSM_SEND_KEEPALIVE | FSM_START_KEEPALIVE },
	{ "stopped", FSM_ESTABLISHED, FSM_EV_STOP, FSM_IDLE,
	    FSM_NOTIFY | FSM_CLOSE | FSM_STOP_TIMERS },
};

static void
test_row(void **state)
{
	const struct row *r = *state;
	struct fsm_step step = fsm_next(r->from, r->event);

	assert_int_equal(step.next, r->to);
	assert_int_equal(step.actions, r->actions);
}

/* Whatever leaves a state with a connection for Idle stops the timers, and closes the
 * connection unless it is gone. */
static void
test_ends_clean(void **state)
{
	(void)state;
	for (unsigned from = FSM_CONNECT; from < FSM_STATES; from++) {
		for (unsigned ev = 0; ev < FSM_EVENTS; ev++) {
			struct fsm_step step = fsm_next(from, ev);

			if (step.next != FSM_IDLE)
				continue;
			assert_true(step.actions & FSM_STOP_TIMERS);
			if (from != FSM_ACTIVE && ev != FSM_EV_TCP_DOWN)
				assert_true(step.actions & FSM_CLOSE);
		}
	}
}

/* Established is reached by one way only. */
static void
test_one_way_up(void **state)
{
	unsigned ways = 0;

	(void)state;
	for (unsigned from = 0; from < FSM_STATES; from++) {
		for (unsigned ev = 0; ev < FSM_EVENTS; ev++) {
			struct fsm_step step = fsm_next(from, ev);

			if (step.next == FSM_ESTABLISHED && from != FSM_ESTABLISHED)
				ways++;
			assert_int_equal(!!(step.actions & FSM_UP),
			    step.next == FSM_ESTABLISHED && from != FSM_ESTABLISHED);
		}
	}
	assert_int_equal(ways, 1);
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(fsm_state_name(FSM_IDLE), "Idle");
	assert_string_equal(fsm_state_name(FSM_OPENCONFIRM), "OpenConfirm");
	assert_string_equal(fsm_state_name(FSM_ESTABLISHED), "Established");
}

int
main(void)
{
	ADD_TEST(test_ends_clean);
	ADD_TEST(test_one_way_up);
	ADD_TEST(test_names);
	ADD_ROWS(rows, name, test_row);
	return tests_run("fsm");
}
