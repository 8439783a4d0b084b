/*
 * A BFD session without a socket: RFC 5880, 6, asynchronous mode, no echo.  The owner
 * moves packets and time and is called back.  Not thread safe: one owner.
 *
 * Deadlines may have changed after every call: bfd_session_tick sends what is due and
 * tells the next one.
 */
#ifndef MYNAH_BFD_SESSION_H
#define MYNAH_BFD_SESSION_H

#include "bfd/auth.h"

#define BFD_NEVER UINT64_MAX

struct bfd_time {
	uint64_t us;	 /* monotonic */
	uint64_t wall_s; /* since the epoch: for the lifetime of keys */
};

struct bfd_conf {
	uint32_t min_rx_us, min_tx_us; /* when Up */
	uint32_t idle_tx_us;   /* else: RFC 5880, 6.8.3 asks for a second at least */
	uint8_t multiplier;    /* not 0 */
	bool passive;	       /* says nothing before the neighbour does */
	uint8_t auth;	       /* enum bfd_auth_type */
	struct bfd_keys *keys; /* the session's, by mem_free; or NULL */
};

struct bfd_ops {
	/* A packet to the neighbour: borrowed until the call returns. */
	void (*send)(void *ctx, const uint8_t *, size_t);
	/* The state has changed: bfd_session_view tells.  The session may not be freed.
	 */
	void (*state)(void *ctx);
};

struct bfd_session;

/* Down, and eager to come up.  disc: ours, not 0, unique.  Takes conf->keys over. */
struct bfd_session *bfd_session_new(const struct bfd_conf *, uint32_t disc,
    uint32_t random, const struct bfd_ops *, void *ctx, struct bfd_time now);
void bfd_session_free(struct bfd_session *); /* NULL is fine */

/* From now on; a session that is up stays so: RFC 5880, 6.8.3.  Takes conf->keys over. */
void bfd_session_configure(
    struct bfd_session *, const struct bfd_conf *, struct bfd_time now);
/* The neighbour is told so, as long as the session is ticked. */
void bfd_session_admin_down(struct bfd_session *, struct bfd_time now);
/* How long it takes at most until the neighbour would have missed us, but five seconds at the
 * most; microseconds.  For so long an end is told. */
uint64_t bfd_session_linger_us(const struct bfd_session *);

/* A packet of the neighbour, decoded.  NULL, or why it was dropped. */
const char *bfd_session_input(
    struct bfd_session *, const struct bfd_packet *, struct bfd_time now);
/* Runs what is due; the next deadline (us), BFD_NEVER for none. */
uint64_t bfd_session_tick(struct bfd_session *, struct bfd_time now);

struct bfd_side {
	uint8_t state, diag, multiplier;
	bool demand;
	uint32_t disc; /* 0: not known */
	uint32_t min_tx_us, min_rx_us;
};

struct bfd_view {
	struct bfd_side local, remote;
	uint8_t was; /* the state before the last change */
	bool passive;
	uint32_t tx_us;		   /* interval in use; 0: nothing is sent */
	uint64_t detect_us;	   /* 0: nothing was heard */
	uint64_t tx_at, detect_at; /* BFD_NEVER: not running */
	uint64_t since_us;	   /* of the last change of state */
	uint8_t auth;
	uint32_t rx_seq, tx_seq;
	bool rx_seq_known;
	uint64_t rx_packets, tx_packets, dropped;
};
void bfd_session_view(const struct bfd_session *, struct bfd_view *);

#endif
