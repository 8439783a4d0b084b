/*
 * State machine of one connection (RFC 4271, 8.2.2; RFC 6608 for messages out of place;
 * RFC 9687 for the send hold timer).
 *
 * The opened and the accepted connection run the same table.  The opened one goes Idle
 * -> Active (connect delay) -> Connect -> OpenSent; the accepted one passes through
 * Active to OpenSent in one call.  Whatever ends a connection leaves it Idle; the
 * session then decides about the next attempt.  Event 18 in Connect is the exception:
 * there the wait for the next attempt is the same state as the wait for the first.
 */
#include "bgp/fsm.h"

#include <assert.h>
#include <stdbool.h>

#define END (FSM_CLOSE | FSM_STOP_TIMERS)
#define FAIL (FSM_NOTIFY | END)
#define WRONG (FSM_UNEXPECTED | FAIL)
#define BEGIN (FSM_STOP_TIMERS | FSM_SEND_OPEN | FSM_START_OPEN_HOLD)
#define ALIVE FSM_START_HOLD

static const char *const state_names[FSM_STATES] = {
	[FSM_IDLE] = "Idle",
	[FSM_CONNECT] = "Connect",
	[FSM_ACTIVE] = "Active",
	[FSM_OPENSENT] = "OpenSent",
	[FSM_OPENCONFIRM] = "OpenConfirm",
	[FSM_ESTABLISHED] = "Established",
};

struct row {
	bool set;
	struct fsm_step step;
};

#define TO(state, act) { true, { FSM_##state, act } }

/* An empty place: the event means nothing there, nothing changes. */
static const struct row rows[FSM_STATES][FSM_EVENTS] = {
	[FSM_IDLE] = {
		[FSM_EV_START] = TO(ACTIVE, FSM_START_DELAY),
		[FSM_EV_LISTEN] = TO(ACTIVE, 0),
	},
	[FSM_CONNECT] = {
		[FSM_EV_STOP] = TO(IDLE, END),
		[FSM_EV_CONNECT_TIMER] =
			TO(CONNECT, FSM_CLOSE | FSM_START_RETRY | FSM_CONNECT_TCP),
		[FSM_EV_TCP_UP] = TO(OPENSENT, BEGIN),
		[FSM_EV_TCP_DOWN] = TO(ACTIVE, FSM_STOP_TIMERS | FSM_START_DELAY),
	},
	[FSM_ACTIVE] = {
		[FSM_EV_STOP] = TO(IDLE, FSM_STOP_TIMERS),
		[FSM_EV_CONNECT_TIMER] = TO(CONNECT, FSM_START_RETRY | FSM_CONNECT_TCP),
		[FSM_EV_TCP_UP] = TO(OPENSENT, BEGIN),
	},
	[FSM_OPENSENT] = {
		[FSM_EV_STOP] = TO(IDLE, FAIL),
		[FSM_EV_TCP_DOWN] = TO(IDLE, FSM_STOP_TIMERS),
		[FSM_EV_OPEN] = TO(OPENCONFIRM,
			FSM_SEND_KEEPALIVE | FSM_START_HOLD | FSM_START_KEEPALIVE),
		[FSM_EV_KEEPALIVE] = TO(IDLE, WRONG),
		[FSM_EV_UPDATE] = TO(IDLE, WRONG),
		[FSM_EV_REFRESH] = TO(IDLE, WRONG),
		[FSM_EV_NOTIFICATION] = TO(IDLE, END),
		[FSM_EV_FAULT] = TO(IDLE, FAIL),
		[FSM_EV_HOLD_TIMER] = TO(IDLE, FAIL),
	},
	[FSM_OPENCONFIRM] = {
		[FSM_EV_STOP] = TO(IDLE, FAIL),
		[FSM_EV_TCP_DOWN] = TO(IDLE, FSM_STOP_TIMERS),
		[FSM_EV_OPEN] = TO(IDLE, WRONG),
		[FSM_EV_KEEPALIVE] = TO(ESTABLISHED, ALIVE | FSM_UP),
		[FSM_EV_UPDATE] = TO(IDLE, WRONG),
		[FSM_EV_REFRESH] = TO(IDLE, WRONG),
		[FSM_EV_NOTIFICATION] = TO(IDLE, END),
		[FSM_EV_FAULT] = TO(IDLE, FAIL),
		[FSM_EV_HOLD_TIMER] = TO(IDLE, FAIL),
		[FSM_EV_KEEPALIVE_TIMER] =
			TO(OPENCONFIRM, FSM_SEND_KEEPALIVE | FSM_START_KEEPALIVE),
	},
	[FSM_ESTABLISHED] = {
		[FSM_EV_STOP] = TO(IDLE, FAIL),
		[FSM_EV_TCP_DOWN] = TO(IDLE, FSM_STOP_TIMERS),
		[FSM_EV_OPEN] = TO(IDLE, WRONG),
		[FSM_EV_KEEPALIVE] = TO(ESTABLISHED, ALIVE),
		[FSM_EV_UPDATE] = TO(ESTABLISHED, ALIVE | FSM_DELIVER),
		[FSM_EV_REFRESH] = TO(ESTABLISHED, ALIVE | FSM_DELIVER),
		[FSM_EV_NOTIFICATION] = TO(IDLE, END),
		[FSM_EV_FAULT] = TO(IDLE, FAIL),
		[FSM_EV_HOLD_TIMER] = TO(IDLE, FAIL),
		[FSM_EV_SEND_HOLD_TIMER] = TO(IDLE, FAIL),
		[FSM_EV_KEEPALIVE_TIMER] =
			TO(ESTABLISHED, FSM_SEND_KEEPALIVE | FSM_START_KEEPALIVE),
	},
};

const char *
fsm_state_name(enum fsm_state state)
{
	return (unsigned)state < FSM_STATES ? state_names[state] : "?";
}

struct fsm_step
fsm_next(enum fsm_state state, enum fsm_event event)
{
	assert((unsigned)state < FSM_STATES && (unsigned)event < FSM_EVENTS);
	if (!rows[state][event].set)
		return (struct fsm_step){ state, 0 };
	return rows[state][event].step;
}
