/*
 * A BGP session without a socket: FSM (RFC 4271, 8), connection collision (6.8), OPEN and
 * capabilities, timers as deadlines.  The owner (an io thread) moves bytes and time and is
 * called back.  Not thread safe: one owner.
 *
 * A session has two possible connections: the one it opened and one it accepted.
 *
 * Deadlines may have changed after every call: session_tick tells the next one.
 */
#ifndef MYNAH_BGP_SESSION_H
#define MYNAH_BGP_SESSION_H

#include "bgp/caps.h"
#include "bgp/fsm.h"
#include "bgp/update.h"

enum conn_id { CONN_OUT, CONN_IN, CONNS };

/* What the configuration says about a session; a plain copy, strings are the caller's and
 * outlive the session's use of this config. */
struct session_conf {
	uint32_t local_as, remote_as; /* remote_as 0: any (with internal/external below) */
	uint32_t router_id;           /* host order, not 0 */
	bool internal;                /* remote_as == local_as */
	bool confed;                  /* RFC 5065: an inner session of a confederation */
	bool passive;
	bool family[FAMILIES]; /* channels */
	bool capabilities, route_refresh, enhanced_refresh, as4, ext_msg;
	bool add_path_rx[FAMILIES], add_path_tx[FAMILIES];
	bool keep_local_pref;  /* for the codec */
	bool allow_local_pref; /* for the codec: LOCAL_PREF from an external peer */
	enum { GR_OFF, GR_AWARE, GR_ON } graceful;
	uint16_t gr_time_s;  /* 0..4095 */
	bool gr_restarting;  /* R bit: the daemon itself is recovering (RFC 4724, 3) */
	bool gr_preserved[FAMILIES]; /* F bit */
	const char *hostname; /* advertised when not NULL */
	uint16_t hold_s, startup_hold_s, keepalive_s; /* keepalive 0: a third of hold */
	uint16_t min_hold_s;
	uint32_t send_hold_s; /* RFC 9687; 0: off */
	uint32_t connect_delay_s, connect_retry_s;
	uint32_t error_wait_min_s, error_wait_max_s, error_forget_s;
	bool disable_after_error;
	uint32_t disable_after_cease; /* bit 1 << subcode of a Cease; 1: any other */
	uint16_t min_keepalive_s;
	bool hide_ipv4; /* IPv4 unicast is not announced where it is the only family */
	uint8_t role;	/* one more than enum role; 0: none */
	bool ext_next_hop[FAMILIES];
	unsigned llgr; /* as graceful */
	uint32_t llgr_time_s;
	/* Where a family has its own word: 1 on, -1 off; a time, and one more. */
	int8_t gr_family[FAMILIES], llgr_family[FAMILIES];
	uint32_t llgr_family_s1[FAMILIES];
	struct {
		bool refresh, enhanced_refresh, as4, ext_msg, hostname, graceful, llgr,
		    roles;
		bool family[FAMILIES], add_path[FAMILIES], ext_next_hop[FAMILIES];
	} require;
	uint32_t jitter_seed; /* differs from session to session; 0 is fine */
};

/* What is true while established. */
struct negotiated {
	struct codec codec;
	uint32_t remote_id; /* host order */
	uint16_t hold_s, keepalive_s; /* 0: no timers */
	uint32_t send_hold_s; /* 0: off */
	struct caps local, remote;
	bool route_refresh, enhanced_refresh;
};

/* Why a session ended; BIRD's classes of `Last error`. */
enum down_class {
	DOWN_NONE,
	DOWN_MISC,
	DOWN_SOCKET,
	DOWN_RECEIVED,
	DOWN_SENT,
	DOWN_AUTO
};
struct down_reason {
	enum down_class class;
	uint8_t code, subcode; /* RECEIVED and SENT: of the NOTIFICATION */
	int sys_errno;         /* SOCKET; 0: the peer closed */
	char text[256];        /* DOWN_MISC: what; RECEIVED: the shutdown message (RFC 9003) */
	bool graceful; /* the peer may be restarting: routes can be kept (RFC 4724, 4.2) */
};

struct session;

/* All are called from inside session_* calls.  up, down, failed, update, refresh and state
 * may call session_stop, _restart, _configure and _refresh; connect may call
 * session_connected and session_closed; any may call session_view; none may free the
 * session.  The bytes given to send belong to the session until the call returns. */
struct session_ops {
	/* Start a TCP connection; ends in session_connected or session_closed. */
	void (*connect)(void *ctx);
	/* Append bytes to a connection's output. */
	void (*send)(void *ctx, enum conn_id, const uint8_t *, size_t);
	/* Close after what was sent has been tried; also ends a connect that is under way.
	 * No session_closed comes back for it. */
	void (*close)(void *ctx, enum conn_id);
	/* The connection `id` won and is established. */
	void (*up)(void *ctx, enum conn_id id, const struct negotiated *);
	/* It was established.  Also called when the owner itself stops or restarts it,
	 * then with class DOWN_NONE (DOWN_AUTO for a limit, DOWN_SENT with `error`). */
	void (*down)(void *ctx, const struct down_reason *);
	/* An attempt failed that was not yet established.  Not called for a connection
	 * that lost against the other one. */
	void (*failed)(void *ctx, const struct down_reason *);
	void (*update)(void *ctx, struct update *); /* checked; verdict is not RESET */
	void (*refresh)(void *ctx, enum family, unsigned subtype); /* RFC 2918, RFC 7313 */
	void (*state)(void *ctx); /* the visible state changed (for show) */
	/* For who writes it down: a whole message came; a connection goes from one state
	 * to another.  The codec is all zero until an OPEN has come.  May be NULL. */
	void (*message)(void *ctx, enum conn_id, const struct codec *, const uint8_t *msg,
	    size_t len);
	void (*moves)(void *ctx, enum conn_id, const struct codec *, enum fsm_state from,
	    enum fsm_state to);
	/* Do bytes that came on this connection wait to be given to session_input?  Asked
	 * when its hold time is over, which is then prolonged.  May be NULL: no. */
	bool (*input_waiting)(void *ctx, enum conn_id);
};

struct session *session_new(const struct session_conf *, const struct session_ops *,
    void *ctx);
void session_free(struct session *); /* stopped, both connections closed */

/* A new configuration; takes effect at the next OPEN, timers at their next start.  The
 * owner decides whether the session must be restarted. */
void session_configure(struct session *, const struct session_conf *);
/* Has the peer said all that this configuration requires?  If not, session_configure ends
 * the session.  True for one that is not up. */
bool session_meets(const struct session *, const struct session_conf *);

void session_start(struct session *, uint64_t now_ms);
/* Sends NOTIFICATION code/subcode (with the message, RFC 9003, if not NULL) and closes.
 * code 0: closes without one (graceful restart of ourselves). Afterwards stopped: Idle, no
 * timers. */
void session_stop(struct session *, unsigned code, unsigned subcode, const char *message,
    uint64_t now_ms);
/* As stop, then starts again: at once for restart, after the error delay when error is
 * set. */
void session_restart(struct session *, unsigned code, unsigned subcode,
    const char *message, bool error, uint64_t now_ms);

/* RFC 5882, 4: the way to the peer is lost.  An established session ends and starts again
 * after the error delay, with NOTIFICATION 6.10 (RFC 9384); or, with graceful and where the
 * peer can restart so, without one, and its routes are kept.  One on its way up is tried
 * again. */
void session_bfd_down(struct session *, bool graceful, uint64_t now_ms);

/* A limit on routes of the family is exceeded: stops, or restarts after the error delay, with
 * NOTIFICATION 6.subcode; one of 6.1 has family and limit (RFC 4486, 4).  The reason is
 * DOWN_AUTO. */
void session_limit(struct session *, unsigned subcode, enum family, uint32_t max,
    bool restart, uint64_t now_ms);

void session_connected(struct session *, uint64_t now_ms); /* our connect succeeded */
/* A connection was accepted for this session.  False: not wanted; the owner closes it.
 * When there is an accepted one already, that is closed first if the peer has restarted
 * (RFC 4724): what is sent to CONN_IN after that close goes to the new one. */
bool session_accept(struct session *, uint64_t now_ms);
/* Bytes that arrived.  Consumes whole messages, at most `budget` of them; returns how many
 * bytes were used.  The rest is offered again with more behind it; all are used when the
 * connection ended meanwhile.  0 means that more bytes are needed, 65,535 at the most;
 * after any other result there may be whole messages left. */
size_t session_input(struct session *, enum conn_id, const uint8_t *, size_t,
    unsigned budget, uint64_t now_ms);
/* The connection ended or failed: err is an errno, 0 for end of file. */
void session_closed(struct session *, enum conn_id, int err, uint64_t now_ms);
/* The owner tells of output: bytes wait unsent (for the send hold timer), or none do. */
void session_output(struct session *, bool waiting, uint64_t now_ms);
/* Something was sent on the established connection: the keepalive timer starts anew. */
void session_sent(struct session *, uint64_t now_ms);

/* A KEEPALIVE with the next tick, where there are keepalives. */
void session_keepalive(struct session *, uint64_t now_ms);

/* Runs what is due.  Returns the next deadline (absolute ms), UINT64_MAX for none. */
uint64_t session_tick(struct session *, uint64_t now_ms);

void session_refresh(struct session *, enum family, unsigned subtype); /* send ROUTE-REFRESH */

/* For show: borrowed, valid until the next call. */
struct session_view {
	enum fsm_state state; /* the most advanced connection's */
	bool passive_wait;    /* shown as Passive */
	bool stopped;
	const struct negotiated *negotiated; /* NULL unless established */
	struct down_reason last;             /* last error */
	/* absolute deadlines, 0: not running */
	uint64_t hold_at, keepalive_at, send_hold_at, connect_at, error_wait_at;
	uint32_t error_wait_s; /* the current delay */
	uint32_t connect_delay_s;
};
void session_view(const struct session *, struct session_view *);

#endif
