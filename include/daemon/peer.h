/*
 * A BGP peer: the session core with sockets, output queue and the way into the shards.
 * Belongs to one io thread; main speaks to it by tasks.
 */
#ifndef MYNAH_DAEMON_PEER_H
#define MYNAH_DAEMON_PEER_H

#include "bgp/session.h"
#include "conf/model.h"
#include "control/record.h"
#include "daemon/io.h"

/* Everything a peer needs to know, in one arena of its own; made by main, given away. */
struct peer_setup {
	struct arena *arena;
	uint32_t id;
	const char *name;
	struct session_conf session;
	struct ip local_ip; /* none: any */
	uint16_t local_port;
	struct ip remote_ip;
	uint16_t remote_port;
	const char *interface; /* or NULL */
	const char *vrf; /* conf/model.h */
	unsigned ttl;	       /* hops allowed */
	bool multihop; /* no common link is asked for */
	bool onlink;   /* next hops are taken to be on the interface, whatever its networks */
	bool ttl_security, free_bind;
	const char *password; /* or NULL */
	const struct ao_keys *keys; /* TCP-AO, or NULL; in the arena */
	uint32_t local_as; /* not that of the confederation */
	uint32_t allow_local_as;
	bool enforce_first_as, allow_local_pref;
	bool allow_as_sets;
	uint32_t gr_min_s, gr_max_s; /* how long we keep routes */
	uint32_t tx_warning; /* bytes unsent that are worth a line in the log; 0: none are */
	uint32_t restart_ms; /* a limit that restarts the session again within that time
			      * disables it; 0: never */
	bool disable_rx; /* nothing is read once the session is up */
	bool dynamic; /* a member of a `neighbor range`: goes when its session ends */
	uint32_t cluster_id; /* loop check (RFC 4456, 8); 0: none */
	unsigned debug;
	unsigned mrtdump; /* MRTDUMP_* */

	unsigned channel_n;
	struct peer_channel_setup {
		struct channel_desc desc; /* what does not depend on the session */
		struct filter *import;	  /* one reference, as desc.export */
		uint32_t preference;
		uint32_t ll_min_s, ll_max_s; /* how long we keep routes, long-lived */
		bool aigp;
		bool import_table;  /* also for: */
		bool keep_filtered; /* it knows what the import filter refuses */
		bool direct;	/* next hops are neighbours, not looked up */
		uint8_t prefer; /* PREFER_*: of a next hop with two addresses */
		struct ip next_hop_address;
		struct limit_conf limit[LIMITS];
	} *channel; /* in the arena */
};

void peer_setup_free(struct peer_setup *);

/* Tasks for the io thread that owns (or will own) the peer; posted by main. Each takes
 * over what it is given. */
void peer_post_add(struct io *, struct peer_setup *, bool start);
/* change: enum change of the whole; channel_change: per family. */
void peer_post_update(struct io *, struct peer_setup *, unsigned change,
    const unsigned channel_change[FAMILIES]);
/* Before anything of a reload is carried out: from here on a channel is told only what its
 * export and the next one let pass, or, where it is going to another table, nothing.
 * Until settled (settle.h). */
struct peer_next {
	struct filter *export[FAMILIES]; /* references, taken over; NULL: nothing changes */
	bool moves[FAMILIES];
	bool rr_client, interpret_communities;
};
void peer_post_prepare(struct io *, uint32_t id, const struct peer_next *);
enum peer_action {
	PEER_START,
	PEER_STOP,
	PEER_RESTART,
	PEER_REMOVE, /* the peer is freed, its channels leave the shards */
	PEER_RELOAD_IN,
	PEER_RELOAD_OUT,
	PEER_DEBUG,	/* code: the mask */
	PEER_MRTDUMP,	/* the same */
	PEER_RECHECK_IN, /* code: the table of origins (filter/origin.h) that changed */
	PEER_SETTLED,	/* imports are made anew (settle.h) */
	PEER_BFD_DOWN,	/* code: not 0 for `bfd graceful` */
	PEER_RECOVERED, /* what was held back goes out (recover.h) */
};
/* code.subcode of the NOTIFICATION for the actions that end the session; message NULL or
 * copied. */
void peer_post_action(struct io *, uint32_t id, enum peer_action, unsigned code,
    unsigned subcode, const char *message);
/* A connection accepted for the peer; the descriptor is taken over. */
void peer_post_accept(struct io *, uint32_t id, int fd);

/* Inside the io thread. */
struct peer_status {
	bool found;
	enum fsm_state state;
	bool stopped, passive_wait, established;
	uint64_t since_ms; /* monotonic */
	struct down_reason last;
	struct negotiated negotiated;
	struct ip source_ip;
	bool show_port;
	uint64_t hold_left, keepalive_left, send_hold_left, connect_left,
	    error_wait_left; /* ms, UINT64_MAX: off */
	uint32_t error_wait_s, connect_delay_s, send_hold_s;
	struct {
		bool up;
		uint64_t received, rejected, filtered, wd_received, wd_rejected;
		uint64_t kept, kept_filtered; /* routes of its import table now */
		struct ip next_hop, next_hop_ll;
		bool llgr;
		bool limit_hit[LIMITS];
	} channel[FAMILIES];
};
void peer_status(struct peer *, struct peer_status *);
/* Without a restart: what it told is kept here, or it can be asked again.  True, too, when
 * the channel is not up. */
bool peer_can_reimport(const struct peer *, enum family);
size_t peer_kept_bytes(const struct peer *); /* import tables */
/* A look at what is kept: slice by slice, pos begins at 0, or at one network, or at the
 * longest that contains it.  Routes are borrowed until the thread goes on. */
struct kept_look {
	const struct net *net; /* NULL: all */
	bool match, done;
	uint32_t pos;
};
struct adjin_route;
/* How many; out has room for ADJIN_SLICE (rib/adjin.h). */
unsigned peer_kept_routes(
    const struct peer *, enum family, struct kept_look *, struct adjin_route *out);
bool peer_meets(const struct peer *, const struct session_conf *); /* session_meets */

void peer_flush(struct peer *);
void peer_segment(struct peer *, struct segment *); /* borrowed */
void peer_caught_up(struct peer *, uint32_t channel);
void peer_walked(struct peer *, uint32_t channel); /* one shard is done (shard_ops.walked) */
void peer_limit_hit(struct peer *, uint32_t channel, enum limit_kind);
uint32_t peer_epoch(const struct peer *, uint32_t channel);

#endif
