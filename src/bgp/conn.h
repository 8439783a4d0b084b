/*
 * Inside of a session, shared by session.c (its life) and conn.c (one connection).
 */
#ifndef MYNAH_BGP_CONN_H
#define MYNAH_BGP_CONN_H

#include "bgp/frame.h"
#include "bgp/open.h"
#include "bgp/session.h"

struct conn {
	enum conn_id id;
	enum fsm_state state;
	unsigned life;            /* counts TCP connections: shows a restart from a callback */
	struct session_conf conf; /* as it was when our OPEN was sent */
	struct open ours, theirs;
	struct negotiated agreed; /* from OpenConfirm on */
	uint64_t up_at;           /* since when it is established */
	uint64_t connect_at, hold_at, keepalive_at; /* deadlines; 0: not running */
};

enum phase { PHASE_STOPPED, PHASE_ERROR_WAIT, PHASE_RUNNING };

struct session {
	struct session_conf conf;
	struct session_ops ops;
	void *ctx;
	uint64_t now; /* of the call we are in, or of the last one */
	enum phase phase;
	struct conn conn[CONNS];
	struct conn *up;      /* the established one, or NULL */
	bool output_waiting;  /* the peer does not take what we send */
	uint64_t send_hold_at, error_wait_at;
	uint64_t error_at;    /* when the last error was, 0: none */
	uint32_t error_wait_s;
	uint32_t random;
	struct down_reason last;
	struct notify notify; /* the NOTIFICATION at hand */
	struct arena *arena;  /* of the message being read */
	struct update update;
	struct { /* what ops->state was last called for */
		enum fsm_state state;
		enum phase phase;
	} shown;
};

static inline struct conn *
conn_other(struct session *s, const struct conn *c)
{
	return &s->conn[c->id == CONN_OUT ? CONN_IN : CONN_OUT];
}

/* One event through the table, with its actions; s->notify is sent if they say so. */
void conn_event(struct session *, struct conn *, enum fsm_event);

/* Ends the connection with s->notify and tells the session. */
void conn_fault(struct session *, struct conn *, enum fsm_event);

/* Closes it with NOTIFICATION 6.subcode; nobody is told. */
void conn_cease(struct session *, struct conn *, unsigned subcode);

void conn_message(struct session *, struct conn *, const struct frame *);
size_t conn_msg_max(const struct conn *);

/* What is due for this connection. */
void conn_tick(struct session *, struct conn *);

/* A moment `ms` from now at the latest, three quarters of that at the earliest. */
uint64_t session_jittered(struct session *, uint64_t ms);

void session_send_hold_start(struct session *);

/* `c` has ended, `was` its state.  Error: the next attempt waits. */
void session_ended(struct session *, struct conn *, enum fsm_state was,
    const struct down_reason *, bool error);

/* The peer of the established connection has come back on another one (RFC 4724, 5). */
bool session_peer_is_graceful(const struct session *);
void session_peer_restarted(struct session *);
/* Does a NOTIFICATION leave the peer's routes as they are (RFC 8538, 4)? */
bool session_keeps_routes(const struct session *);

#endif
