/*
 * The running configuration: which protocol of the model is what peer and channel of the
 * threads.  Belongs to main.
 */
#ifndef MYNAH_DAEMON_RUNTIME_H
#define MYNAH_DAEMON_RUNTIME_H

#include "base/names.h"
#include "conf/model.h"
#include "daemon/loop.h"
#include "daemon/peer.h"
#include "daemon/threads.h"

struct run {
	const struct proto_conf *conf; /* of the running model */
	uint32_t peer;		       /* BGP: peer id */
	unsigned io;		       /* the thread that owns it */
	uint32_t channel[FAMILIES];    /* ids, 0: no such channel */
	uint32_t peer_channel;	       /* of a pipe: the one in the other table */
	uint64_t filtered[FAMILIES];   /* routes of a driver that the import filter refused */
	void *data;		       /* of its driver (driver.h), while it is up */
	bool disabled;		       /* by the configuration or by command */
	bool limited;		       /* by a limit, for a moment */
	bool enable_due;	       /* a reload under way enables it again */
	bool masked;		       /* by `debug` or `mrtdump` of an operator */
	char *message;		       /* of disable / restart; NULL */
	const char *fault;	       /* nobody can call it: why; NULL */
	bool near;		       /* its neighbour has been on a link (near.h) */
	const char *away; /* stopped since it is not any more: why; "": never was; NULL */
	uint64_t since_ms;	       /* for protocols without a session */

	/* `neighbor range` (dynamic.h): of the range how many names were given; of a
	 * member its conf's memory and model, the range's name, has it been up? */
	unsigned dynamic_n;
	struct arena *own;
	const struct model *own_model;
	char *parent;
	bool born;
};

struct run_table {
	char *name;
	enum net_type type;
	uint32_t id;
	bool sorted;
	bool
	    gone; /* not in the model any more; deleted when no removed channel is left */
};

struct runtime {
	struct daemon *daemon;
	struct loop *loop;
	const struct model *model; /* running */
	const struct model *undo;  /* the one before, for `configure undo` */
	const char *file;	   /* the start file */
	uint32_t router_id;
	char *mrt_file; /* opened for sessions (mrtlog.h), or NULL */
	uint64_t reconfigured_ms; /* wall */
	bool shutting_down;
	const struct options *options; /* of the command line; main.c's */
	size_t mail_taken; /* weight, since there was none left */
	struct ctlsocks *sockets; /* ctlsock.h; NULL at the end */
	struct load_wish wish; /* which BIRD the files are for */

	unsigned run_n; /* in the order of the model */
	struct run **run;
	struct names run_names; /* their places in `run`, as far as they still are there */
	struct arena *run_arena; /* of the names */
	bool run_names_due; /* they are to be made anew */
	unsigned table_n;
	struct run_table *table;
	struct names table_names; /* their places in `table` */

	struct labels *labels; /* MPLS labels that are taken: labels.h */

	/* Ids in use.  A channel id is free again when every shard has forgotten it. */
	uint8_t channel_state[IDS_MAX]; /* 0: free, 1: used, 2 + n: n shards still to
					   forget it */
	uint8_t peer_used[IDS_MAX];
	uint32_t channel_next, peer_next;
	const struct proto_conf *channel_conf[IDS_MAX]; /* whose channel; NULL: gone */
	struct run *channel_run[IDS_MAX]; /* likewise; of no protocol: NULL */
	struct limits *channel_limits[IDS_MAX]; /* of those without a session: ceiling.c */
	unsigned leaving; /* peers and channels on their way out */
	unsigned io_next;
	uint32_t listen_serial; /* of the last index of listeners */
	uint32_t listen_told;	/* of the last that had faults */
	struct timer *listen_timer; /* tries again what had; or NULL */
	uint64_t listen_wait_ms;

	/* `configure timeout`: when to undo */
	struct timer *undo_timer;
	uint64_t undo_at_ms;

	struct origin_keeper *origins;
	struct igp *igps; /* igp.h: those in use */
	unsigned igp_n;
	bool igp_due; /* the timer runs */
	struct timer *igp_timer, *igp_forget_timer;
	struct flows *flows; /* flows.h: those there were */
	struct timer *flows_timer, *flows_forget_timer;
	bool flows_due;
	struct lookout *lookout; /* lookout.h: NULL without a protocol bmp */
	uint32_t tap_walk;	 /* the last number of the lookout before */
	struct bfds *bfds;     /* bfds.h: NULL while there was no protocol bfd */
	struct ifaces *ifaces; /* NULL where there is no netlink */

	struct later { /* what waits for runtime_apply_later */
		uint32_t peer;
		unsigned change, channel_change[FAMILIES];
	} *later;
	unsigned later_n;

	struct timer *limited_timer; /* starts protocols that a limit has stopped */
	struct recovery *recovery; /* after -R; or NULL */
	struct settling *settling; /* settle.h; or NULL */

	void (*on_left)(struct runtime *); /* leaving has become 0 */
};

/* ids.c */
struct run *runtime_find(struct runtime *, const char *name); /* or NULL */
void runtime_append(struct runtime *, struct run *); /* one more, not of the model */
/* A channel of no protocol's; 0: there is no id left. */
uint32_t runtime_channel_new(struct runtime *);
void runtime_channel_remove(struct runtime *, uint32_t id);

uint32_t runtime_table_id(const struct runtime *, const char *name);

/* Are there ids enough for the model beside what runs and what still leaves?  Else false
 * and why, as text. */
bool runtime_fits(const struct runtime *, const struct model *, char *error, size_t size);

/* How many io threads and shards the model asks for. */
unsigned runtime_io_n(const struct model *);
unsigned runtime_shard_n(const struct model *);

/* Follows the machine's interfaces, before the first model is applied. */
void runtime_links_open(struct runtime *);
/* Interfaces, or ways to next hops, are others now: tells the drivers. */
void runtime_links(struct runtime *);

/* prepare.c: what is to be in force before the plan is carried out.  False: nothing. */
bool runtime_prepare(struct runtime *, const struct plan *);
/* apply.c.  Carries a plan out: posts everything, in order, to the threads; takes over the model of
 * the plan.  The barrier of serve.c tells when it is in force. */
void runtime_apply(struct runtime *, const struct plan *);
/* The second part, when the first is in force everywhere.  False: there is none. */
bool runtime_apply_later(struct runtime *);

/* Commands on one protocol. */
void runtime_stop_proto(struct runtime *, struct run *, const char *message);
void runtime_start_proto(struct runtime *, struct run *, const char *message);
void runtime_restart_proto(struct runtime *, struct run *, const char *message);

/* What `show protocols` says beside the state; copied, "" or NULL: nothing. */
void runtime_message(struct run *, const char *message);

/* It has stopped by itself; counts as disabled by command. */
void runtime_peer_disabled(struct runtime *, uint32_t id);
/* Routes of a protocol with a driver once more: in, and in any case out. */
void runtime_reload_driver(struct runtime *, struct run *, bool in);

/* Why nobody can call it, of the index with that serial: listeners.c. */
void runtime_peer_fault(
    struct runtime *, uint32_t serial, uint32_t id, const char *text);
/* Nobody has anything of it any more: ids.c. */
void runtime_peer_gone(struct runtime *, uint32_t id);
void runtime_channel_gone(struct runtime *, uint32_t channel);
void runtime_free(struct runtime *);

/* For dynamic.c: one run's life. */
struct run *runtime_run_new(struct runtime *, const struct proto_conf *);
void runtime_run_up(struct runtime *, struct run *);
void runtime_run_down(struct runtime *, struct run *, unsigned subcode);
void runtime_run_free(struct run *);
/* step NULL: only the configuration's place is another. */
void runtime_run_change(
    struct runtime *, struct run *, const struct proto_conf *, const struct step *);

/* setup.c: what a peer is told, from its configuration. */
struct peer_setup *setup_make(const struct runtime *, const struct run *);

/* A follower of a table (rib/shard.h) is told; from shards by serve.h. */
void runtime_follow(struct runtime *, struct batch *);
void runtime_caught_up(struct runtime *, uint32_t channel);
struct run *runtime_of_channel(struct runtime *, uint32_t channel); /* or NULL */
/* A limit of a channel without a session is met (ceiling.c). */
enum limit_kind;
void ceiling_hit(struct runtime *, uint32_t channel, enum limit_kind);

#endif
