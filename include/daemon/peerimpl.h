/*
 * Inside of a peer: shared by peer.c (life, the session's callbacks), peertask.c (what main
 * tells it), channel.c (what the shards are told), stale.c (routes kept of a session that
 * has ended), conn.c (sockets), import.c (routes in).
 */
#ifndef MYNAH_DAEMON_PEERIMPL_H
#define MYNAH_DAEMON_PEERIMPL_H

#include "daemon/outq.h"
#include "daemon/peer.h"
#include "daemon/shardthread.h"
#include "bgp/hops.h"
#include "rib/batch.h"

/* A message, copied. */
struct said {
	uint8_t *at;
	size_t len;
};

struct conn {
	struct peer *peer;
	enum conn_id id;
	int fd; /* -1: none */
	bool connecting;
	struct watch *watch;
	struct outq out;
	uint8_t *left; /* input that did not make a whole message yet */
	size_t left_n, left_cap;
	/* For who looks on (tap.h): of this connection or, until there is another, of the last
	 * one; and the UPDATE at hand. */
	struct said open_sent, open_received, notification;
	bool notified; /* by us */
	const uint8_t *msg;
	size_t msg_len;
};

struct channel {
	struct peer *peer;
	uint32_t id;
	enum family family;
	uint32_t epoch; /* of the session the shards know; grows with each `up` */
	bool up;
	bool stale;		/* routes of the last session are kept (RFC 4724) */
	bool llgr;		/* and for longer (RFC 9494) */
	uint64_t stale_until;	/* monotonic ms */
	uint64_t llgr_until;	/* with llgr: whatever sessions there are meanwhile */
	bool held;		/* nothing is announced while we recover or settle, or wait
				 * for what the peer asks for */
	/* What changed for the shards waits until we have settled: until then it is told
	 * only what both the export before and the new one let pass. */
	bool deferred;
	/* What is to come, before the setup has it; next_export NULL: nothing. */
	struct filter *next_export;
	bool moves, next_client, next_communities;
	unsigned asked;		/* for all its routes again; EoRRs still to come */
	bool quiet_due;		/* or a pause, of a peer that has none (RFC 7313) */
	bool eor_seen;		/* of this session: the next one answers a request */
	uint64_t heard_ms;	/* when a route came last since then; 0: none yet */
	unsigned walks;		/* shards that still move it, or import it anew */
	unsigned waits;		/* shards whose dump is still to come */
	bool eor_due, eorr_due; /* what to send when it has */
	bool again;		/* asked for everything again meanwhile */
	struct ip next_hop, next_hop_ll; /* our own, for show */
	struct limits *limits;		 /* as the setup says; or NULL */
	bool limits_kept;		 /* of these, kept.c counts what is received */
	struct kept *kept;  /* what came, before the import filter; or NULL */
	struct kept *dying; /* one that is not kept any more */
	struct batch *gone; /* of their routes, for who looks on (tap.h) */
	struct batch **batch; /* by shard, being filled during one read; NULL without an id */
	uint64_t received, rejected, filtered, wd_received, wd_rejected;
};

struct membership;
struct kept;

/* Log lines about malformed messages, limited: fault.c */
struct fault_rate {
	uint64_t since_ms;
	unsigned n, missed;
};

struct peer {
	struct io *io;
	struct daemon *daemon;
	struct peer_setup *setup;
	struct peer_setup *before; /* of deferred channels; else NULL */
	struct session *session;
	struct conn conn[CONNS];
	int up;		     /* conn id of the established connection, or -1 */
	int pending_fd;	     /* accepted, while the session makes up its mind; else -1 */
	struct timer *timer; /* the session's deadlines */
	struct timer *stale_timer; /* RFC 4724, 4.2: how long stale routes are kept */
	struct timer *quiet_timer; /* of who was asked and cannot say when all is told */
	struct timer *stall_timer; /* reading stopped: the shards are full */
	uint64_t since_ms;	   /* of the last change of up / start / down */
	enum { SHOWN_DOWN, SHOWN_START, SHOWN_UP } shown;
	bool flush_queued, stalled;
	bool tx_warned; /* tx_warning is exceeded */
	uint64_t restarted_ms; /* by a limit, the last time; 0: never */
	bool rekeyed; /* the password has changed, and nothing has come since */
	struct timer *rekey_timer; /* to look whether the peer has it, too */
	unsigned busy; /* depth of calls into the session: it is not freed meanwhile */
	bool dead;
	struct negotiated negotiated;
	struct ip local_ip, remote_ip; /* of the established connection */
	unsigned ifindex;
	/* The link of the established session, "" where it has none; and the last next hop
	 * that was looked for on our links. */
	char link[HOP_IFNAME];
	struct {
		uint32_t serial; /* of the picture (links.h) */
		struct ip ip;
		const char *fault;
	} near;
	struct fault_rate faults;
	struct channel channel[FAMILIES];
	struct membership *membership; /* of a session with rtc; else NULL */
};

/* NULL: it has none of the family. */
const struct peer_channel_setup *peer_setup_channel(
    const struct peer_setup *, enum family);
const struct peer_channel_setup *peer_channel_setup(const struct peer *, enum family);

/* fault.c: the first fault of the message, if there is one */
void fault_log(struct peer *, const struct update *);

/* conn.c */
void conn_init(struct conn *, struct peer *, enum conn_id);
void conn_open(struct conn *); /* starts a TCP connection; may fail later or at once */
void conn_take(struct conn *, int fd); /* an accepted one */
void conn_retune(struct conn *);       /* the setup's hop limits, on an open connection */
/* The setup's password, or its keys instead of the old ones, on an open connection.  0 or
 * -errno; -EBUSY: it cannot go on with these keys. */
int conn_rekey(struct conn *, const struct ao_keys *old);
void conn_close(struct conn *);	       /* tries to send what is queued */
void conn_flush(struct conn *);
void conn_read(struct conn *);
bool conn_has_input(const struct conn *);
bool shards_full(const struct peer *); /* no more batches now */
/* What was sent is sent again and again, and not acknowledged. */
bool conn_is_unheard(const struct conn *);
/* Our address on it; the configured one if it is not open. */
struct ip conn_local(const struct peer *, const struct conn *);
void conn_addresses(
    struct peer *, const struct conn *); /* fills local_ip, remote_ip, ifindex */
void conn_restart_reading(struct peer *);

/* peer.c */
struct peer *peer_new(struct io *, struct peer_setup *); /* takes the setup over */
void peer_enter(struct peer *);
void peer_leave(struct peer *, uint64_t now_ms); /* timers anew; frees a dead peer */
void peer_show_state(struct peer *);
void peer_take_pending(struct peer *); /* the accepted connection is the session's */
/* The peer asks for all routes of the family (0), or frames its own (1, 2: RFC 7313). */
void peer_refresh(void *peer, enum family, unsigned subtype);

/* channel.c */
void channels_init(struct peer *); /* also those that came with a reload */
void channel_up(struct peer *, struct channel *, const struct peer_channel_setup *);
void channel_post(struct peer *, uint32_t channel, enum channel_event); /* to all shards */
/* Everything again (RFC 2918, RFC 7313): one dump at a time, one more behind it at most. */
void channel_dump_again(struct peer *, struct channel *);
void channel_reimport(struct peer *, enum family, uint64_t now_ms);
void channel_changed(struct peer *, const struct peer_channel_setup *, unsigned change,
    uint64_t now_ms);
/* The peer has told all again: it says so, or has not told any more for a while. */
void channel_told(struct peer *, struct channel *);
void channels_quiet(void *peer); /* the timer */
/* Its imports are as they are to be, if nothing is still to come. */
void channel_settled_maybe(struct peer *, struct channel *);
void channel_prepare(struct peer *, struct channel *, const struct peer_next *);
void channel_forget_next(struct channel *);
void channels_release(struct peer *); /* the shards may announce to them now */
void channels_describe_constrained(struct peer *); /* as they are now */

/* stale.c */
void stale_purge(struct peer *, struct channel *);
void stale_purge_all(struct peer *);
void stale_arm(struct peer *); /* the timer of whose routes are next to go */
void stale_expired(void *peer);
/* A member of a range that has nothing left, neither session nor routes kept for one. */
void stale_leave_range(struct peer *);
void channels_down(struct peer *, const struct down_reason *); /* the session has ended */

/* membership.c: what the peer asks for by route targets */
void membership_begin(struct peer *); /* a session is up, its channels are not yet */
void membership_end(struct peer *);
bool membership_holds(const struct peer *, enum family); /* is it still to tell? */
struct targets *membership_targets(const struct peer *, enum family); /* NULL: all */
void membership_complete(struct peer *); /* End-of-RIB */
void membership_learn(struct peer *, const struct nlri *, bool reach);
void membership_refresh(struct peer *, bool end); /* BoRR, EoRR */

/* kept.c: what the peer told before the import filter, of channels with an import table */
/* As the setup says, before the channel is imported anew for it, and after. */
bool kept_begin(struct channel *, const struct peer_channel_setup *); /* a new one? */
void kept_end(struct channel *, const struct peer_channel_setup *);
void kept_free(struct kept *); /* NULL is fine */
/* These take NULL, too. */
void kept_up(struct kept *);
void kept_down(struct kept *, bool keep); /* keep: as stale ones */
void kept_mark(struct kept *);		  /* BoRR */
void kept_told(struct kept *);		  /* EoRR */
void kept_drop_stale(struct kept *);
void kept_limits(struct kept *); /* the channel has others now */
/* Can the channel be imported from it? */
bool kept_is_whole(const struct kept *);
/* Has the channel imported from it, in slices.  False: the peer has to be asked. */
bool kept_walk(struct kept *);
bool kept_walks(const struct kept *);
/* One route.  False: the receive limit is in the way.  Long networks become the table's. */
bool kept_take(struct kept *, struct nlri *, struct attrs *);
void kept_withdraw(struct kept *, struct nlri_run);
struct arena *kept_arena(struct kept *);
/* What the import filter says of a route that is there. */
void kept_filtered(struct kept *, const struct nlri *, bool filtered);
uint64_t kept_routes(const struct kept *);
uint64_t kept_filtered_routes(const struct kept *);
/* What is there for it, borrowed; NULL: nothing. */
struct attrs *kept_attrs(const struct kept *, const struct nlri *);
/* Was something left out for a limit? */
bool kept_lacks(const struct kept *);

/* nexthop.c: next hops that are not looked up (import.c) */
/* The session is up: which link is it on? */
void nexthop_session(struct peer *);
/* Why routes with the next hop are refused, or NULL. */
const char *nexthop_fault(
    struct peer *, const struct peer_channel_setup *, const struct next_hop *);
/* Where the draft's next hop leads, as far as that is not the next hop alone. */
void nexthop_way(const struct peer *, const struct peer_channel_setup *, struct draft *);

/* import.c */
/* Routes of one set as it came, as if they came now.  stale: what is accepted stays as it
 * is. */
struct import_list {
	const struct nlri *at;
	unsigned n;
	bool stale;
};
void import_again(struct channel *, const struct attrs *, struct import_list);
void import_update(struct peer *, struct update *);
void import_post(struct peer *); /* gives the batches to the shards */
void import_drop(struct peer *); /* forgets them */

#endif
