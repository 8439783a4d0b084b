/*
 * The state machine of one connection, RFC 4271, 8: a pure table from (state, event) to
 * the next state and what is to be done.  The session carries the actions out.
 */
#ifndef MYNAH_BGP_FSM_H
#define MYNAH_BGP_FSM_H

enum fsm_state {
	FSM_IDLE,
	FSM_CONNECT,
	FSM_ACTIVE,
	FSM_OPENSENT,
	FSM_OPENCONFIRM,
	FSM_ESTABLISHED,
	FSM_STATES
};

const char *fsm_state_name(enum fsm_state); /* "OpenSent" */

/* In brackets: the event of RFC 4271, 8.1. */
enum fsm_event {
	FSM_EV_START,         /* [1, 3] open a connection after the connect delay */
	FSM_EV_LISTEN,        /* [4, 5] a connection is about to be accepted */
	FSM_EV_STOP,          /* [2, 8] with the NOTIFICATION at hand, if any */
	FSM_EV_CONNECT_TIMER, /* [9, 12] connect delay or connect retry is over */
	FSM_EV_TCP_UP,        /* [16, 17] */
	FSM_EV_TCP_DOWN,      /* [18] */
	FSM_EV_OPEN,          /* [19] a good one */
	FSM_EV_KEEPALIVE,     /* [26] */
	FSM_EV_UPDATE,        /* [27] */
	FSM_EV_REFRESH,       /* RFC 2918 */
	FSM_EV_NOTIFICATION,  /* [24, 25] */
	FSM_EV_FAULT,         /* [21, 22, 23, 28] we send the NOTIFICATION at hand */
	FSM_EV_HOLD_TIMER,    /* [10] */
	FSM_EV_SEND_HOLD_TIMER, /* RFC 9687 */
	FSM_EV_KEEPALIVE_TIMER, /* [11] */
	FSM_EVENTS
};

/* Actions, carried out in this order after the state has changed. */
enum {
	FSM_NOTIFY = 1 << 0,     /* send the NOTIFICATION at hand, if any */
	FSM_UNEXPECTED = 1 << 1, /* out of place: the NOTIFICATION is 5.x, RFC 6608 */
	FSM_CLOSE = 1 << 2,
	FSM_STOP_TIMERS = 1 << 3, /* all of the connection */
	FSM_START_DELAY = 1 << 4, /* connect delay */
	FSM_START_RETRY = 1 << 5,
	FSM_SEND_OPEN = 1 << 6,
	FSM_SEND_KEEPALIVE = 1 << 7,
	FSM_START_OPEN_HOLD = 1 << 8, /* the large hold time before OPEN */
	FSM_START_HOLD = 1 << 9,      /* the negotiated one */
	FSM_START_KEEPALIVE = 1 << 10,
	FSM_CONNECT_TCP = 1 << 11,
	FSM_UP = 1 << 12,
	FSM_DELIVER = 1 << 13, /* the message goes to the owner */
};

struct fsm_step {
	enum fsm_state next;
	unsigned actions;
};

struct fsm_step fsm_next(enum fsm_state, enum fsm_event);

#endif
