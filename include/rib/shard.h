/*
 * A shard: one slice of every table, with its paths, decisions, update groups and pending
 * changes.  Pure code: no sockets, no clock, no threads.  One thread owns it.
 *
 * In:  batches of routes, channels that come, change and go.
 * Out: segments for groups and for single members, by callback, in order.
 *
 * Work that walks a table (dump for a new member, purge of a lost peer, re-export) is queued
 * and done in slices by shard_run.
 */
#ifndef MYNAH_RIB_SHARD_H
#define MYNAH_RIB_SHARD_H

#include "bgp/limit.h"
#include "bgp/targets.h"
#include "filter/filter.h"
#include "rib/batch.h"
#include "rib/segment.h"

/* Route times are 32 bits: 1/32 s since the daemon's start. */
#define ROUTE_TIME(ms_since_start) ((uint32_t)(((ms_since_start) * 32) / 1000))
#define ROUTE_TIME_MS(t) ((uint64_t)(t) * 1000 / 32)

enum source_kind {
	SOURCE_BGP,
	SOURCE_STATIC,
	SOURCE_DIRECT,
	SOURCE_KERNEL,
	SOURCE_RPKI,
	SOURCE_AGGREGATED,
	SOURCE_L3VPN
};

int rib_route_source(enum source_kind); /* as filters know it */

/* How a channel with an export filter is told of routes. */
enum sink_kind {
	SINK_BGP,    /* as messages, in an update group; sources of other kinds: not at all */
	SINK_FOLLOW, /* the best path of each network, as batches, to its owner (shard_ops.follow) */
	SINK_PIPE,   /* all paths, into another table of the shard */
	SINK_AGGREGATE, /* all paths, made into fewer, likewise; pipe_back is their source */
};

/* What an aggregator makes of a network's routes (filter/merge.h); the shard takes its own
 * references. */
struct aggregate {
	struct filter *key, *merge, *import;
	uint16_t preference; /* of the new route */
};

/* Ids that main may give; those above are the shard's own, of sources behind pipes. */
#define CHANNEL_OWN 49152u

/* Routes of which sources an option of the next hop is for; both: all, static ones, too.  For
 * the others: what the export filter set, or unchanged to internal peers, else self. */
enum next_hop_from { NH_IBGP = 1, NH_EBGP = 2, NH_ALL = 3 };

/* A next hop that has only a link-local address, on the wire: behind an empty global one,
 * alone, or twice. */
enum ll_format { LL_NATIVE, LL_SINGLE, LL_DOUBLE };

/* A channel as the shard knows it: where routes come from and where they go.  Ids are given by
 * main, from 1, below 65,536, unique in the process while in use. */
struct channel_desc {
	uint32_t id;
	uint32_t table; /* table id */
	uint32_t sink_table; /* as a sink: still in that one, and told nothing until it is to
			      * go; 0: in the same */
	bool afresh; /* to another table its paths do not come along: they are told anew */
	enum family family;
	enum source_kind kind;
	const char *name; /* protocol's; copied */
	bool receive_kept; /* its owner counts for the receive limit */
	bool dynamic;	  /* a member of a range: its name is by chance, its address is not */

	/* as a source: inputs of the decision and of reflection */
	bool internal, rr_client, rs_client;
	bool member;	     /* not internal, but of our confederation (RFC 5065) */
	uint32_t confederation; /* 0: there is none */
	uint32_t local_as, remote_as;
	uint32_t remote_id;  /* BGP identifier, host order */
	struct ip remote_ip, local_ip;
	uint32_t cluster_id; /* host order; only with rr_client, else 0 */
	uint32_t default_local_pref, default_med;
	bool path_metric, med_metric, prefer_older;
	/* Who finds the ways to next hops of each family; both 0: they are neighbours, at
	 * a distance of `cost`. */
	uint16_t igp4, igp6;
	uint32_t cost;
	bool no_igp_metric; /* the distance does not count */
	uint16_t base; /* who knows what flows are held against; 0: they are valid */
	uint8_t role; /* ours, as session_conf has it */
	bool llgr; /* the peer announced RFC 9494 */
	struct limits *limits; /* or NULL; the shard takes its own reference */

	/* as a sink; export NULL: no sink */
	enum sink_kind sink;
	uint32_t pipe_max;  /* SINK_PIPE: so many pipes a route may have behind it; 0: any */
	uint32_t pipe_to;   /* SINK_PIPE: the table its routes go to, of the same type, */
	bool no_bgp, no_device; /* SINK_FOLLOW: routes of these sources are not for it */
	uint16_t merge;	    /* SINK_FOLLOW: next hops of so many equal paths; 0: the best alone */
	uint32_t pipe_back; /* and the channel that pipes the other way: its routes do not */
	struct aggregate agg; /* SINK_AGGREGATE; else all NULL */
	struct filter *export; /* the shard takes its own reference */
	bool as4, ext_msg, add_path_tx;
	bool secondary; /* not the best path or none, but the best that it may have */
	uint8_t labels; /* it takes so many with a network (RFC 8277, 2.1); 0: one */
	bool ext_next_hop; /* RFC 8950; then self4 may be an IPv6 address */
	unsigned next_hop_self, next_hop_keep; /* enum next_hop_from; self goes first */
	struct ip next_hop_address; /* none, or instead of our address for self */
	uint8_t ll_format;	    /* enum ll_format */
	struct ip local_ll;         /* link-local address of ours on the session's link, or none */
	bool interpret_communities;
	struct targets *targets;    /* only routes it wants (RFC 4684), NULL: all; the shard
				     * takes its own reference */
	uint32_t local_id;	    /* our BGP identifier, host order */
	bool rpki_fixed;            /* not exported anew when tables of origins change */
	bool allow_med;             /* MED also to eBGP */
	bool allow_local_pref;
	bool aigp, aigp_originate; /* RFC 7311 */
	struct ip self4, self6;     /* our address for next hop self, per family of the route */
};

/* What the description names with a reference: filters, targets; not its limits. */
void channel_desc_ref(const struct channel_desc *);
void channel_desc_unref(const struct channel_desc *);

struct shard;
struct store;

/* What a watch (shard_watch) tells of a network. */
struct watch_news {
	struct net net;
	struct attrs *attrs; /* borrowed; NULL: there is nothing any more */
	enum source_kind kind;
	bool recursive;	 /* it is itself found through others */
	uint32_t metric; /* IGP_METRIC_UNKNOWN and above: not known */
	struct ip from;	 /* of BGP: the peer */
};

/* What a resolver says of a next hop. */
struct reach_news {
	uint32_t hop; /* its number (store_hop) */
	uint32_t metric;
	bool resolved;
};

/* What is to be known of a destination of flow specifications (rib/bases.h): the source of the
 * best route to it, if that is BGP's and all networks inside come from the same AS. */
struct base_news {
	struct net to;
	uint32_t as; /* 0: it is not so */
	uint32_t originator;
	struct ip from;
};

struct shard_ops {
	/* A member joined or left a group: from here on in the sequence of callbacks it receives,
	 * or no longer receives, the group's segments. */
	void (*member_add)(void *ctx, uint32_t group, uint32_t channel);
	void (*member_del)(void *ctx, uint32_t group, uint32_t channel);
	/* For every member of the group.  The callee takes over one reference. */
	void (*broadcast)(void *ctx, uint32_t group, struct segment *);
	/* For one channel (member or not).  The callee takes over one reference. */
	void (*unicast)(void *ctx, uint32_t channel, struct segment *);
	/* The first dump, or the one a refresh asked for, has been given out completely. */
	void (*caught_up)(void *ctx, uint32_t channel);
	/* All routes of a removed source are gone, and no callback names the channel any more. */
	void (*channel_gone)(void *ctx, uint32_t channel);
	/* Unsent bytes in the queue of a channel's session, for telling slow members.  Wait free. */
	uint64_t (*backlog)(void *ctx, uint32_t channel);
	/* What a channel with SINK_FOLLOW is told: what is to be there now, or (no attributes)
	 * nothing.  The callee takes the batch over.  Withdrawals come only for what was told. */
	void (*follow)(void *ctx, uint32_t channel, struct batch *);
	/* Many routes went, and the shard's memory for them: the heap may be given back, too. */
	void (*purged)(void *ctx);
	/* A limit of the channel is met, for the first time since its reset.
	 * May be NULL. */
	void (*limit_hit)(void *ctx, uint32_t channel, enum limit_kind);
	/* A route has come whose next hop the resolver has not been asked for: shard_reach
	 * answers.  Asked again after each shard_reach_forget that came too early.  The
	 * number is held meanwhile. */
	void (*hop_wanted)(void *ctx, unsigned resolver, uint32_t hop);
	/* What a watch has to tell. */
	void (*watched)(void *ctx, uint32_t table, const struct watch_news *, unsigned n);
	/* What shard_channel_update asked for that takes a walk (another table) is done.  May
	 * be NULL. */
	void (*walked)(void *ctx, uint32_t channel);
	/* A flow has come (or, much later: none is left) for a destination that the resolver has
	 * not been asked for: shard_bases answers. */
	void (*base_wanted)(void *ctx, unsigned resolver, const struct net *to, bool on);
	/* All is told of what shard_watch_net has asked for up to the serial. */
	void (*watch_walked)(void *ctx, uint32_t table, uint32_t serial);
	/* For who looks on (shard_monitor): paths of a session's channel that came or changed,
	 * or (no attributes) went.  The callee takes the batch over.  May be NULL. */
	void (*monitored)(void *ctx, struct batch *);
};

struct shard *shard_new(struct store *, const struct shard_ops *, void *ctx);
/* It is one of n: what members may have unsent is shared out among them.  Before use. */
void shard_share(struct shard *, unsigned n);
void shard_free(struct shard *); /* drops everything, without callbacks */

void shard_table_add(struct shard *, uint32_t table, enum net_type);
/* From now on shard_walk gives all paths of a network in the order of the decision. */
void shard_table_sort(struct shard *, uint32_t table, bool sorted);
void shard_table_del(struct shard *, uint32_t table); /* goes with its last channel */

/* A channel comes up (BGP: established).  As a sink it joins its group and is given a dump. */
void shard_channel_up(struct shard *, const struct channel_desc *);
/* The same channel with other attributes (reload, same id).  Decision inputs lead to
 * a new decision, export inputs to a re-export: only what differs is sent.  With another
 * table its paths go there (`walked` says when); with another sink_table what it was told is
 * compared with what that one has. */
void shard_channel_update(struct shard *, const struct channel_desc *);
/* Other limits alone; the shard takes its own reference.  Of a SINK_PIPE the import limit is
 * for what it brings to the other table. */
void shard_channel_limits(struct shard *, uint32_t channel, struct limits *);
/* The channel is down.  keep_stale: its routes stay, marked stale (RFC 4724, 4.2), until it is
 * up again and End-of-RIB or shard_channel_purge comes.  Otherwise they go, in slices. */
void shard_channel_down(struct shard *, uint32_t channel, bool keep_stale);
/* Drop routes still marked stale (End-of-RIB came, or the restart timer ran out). */
void shard_channel_purge(struct shard *, uint32_t channel);
/* The restart time is over, and the peer's routes are kept for longer (RFC 9494): stale ones
 * are marked with LLGR_STALE, or go if they carry NO_LLGR. */
void shard_channel_llgr(struct shard *, uint32_t channel);
/* Routes of the channel are about to be sent again (route refresh with BoRR, or
 * our own request): mark all stale. */
void shard_channel_mark(struct shard *, uint32_t channel);
/* The channel goes for good: down without keeping, then channel_gone. */
void shard_channel_remove(struct shard *, uint32_t channel);
/* Everything again: the peer asked (RFC 2918), or `reload out`. */
void shard_refresh(struct shard *, uint32_t channel);

/* A table of origins (filter/origin.h) has changed: what export filters that ask it said is
 * looked at again.  changed: the ROAs that came or went, a reference that is taken over;
 * NULL: anything may have changed. */
struct origins;
void shard_recheck(struct shard *, uint32_t origin_table, struct origins *changed);

/* Where next hops lead: paths that hang on what has changed are decided anew. */
/* What filters know of links from now on (filter/links.h); borrowed, NULL: nothing. */
void shard_links(struct shard *, const struct filter_links *);
void shard_reach(
    struct shard *, unsigned resolver, const struct reach_news *, unsigned n);
/* The resolver gives up a next hop; if routes have it still, it is asked again. */
void shard_reach_forget(struct shard *, unsigned resolver, uint32_t hop);

/* Tells, from now on, of the table's networks that next hops may be found through: all that
 * are not BGP's, and those of BGP that hold an address named with shard_watch_host. */
void shard_watch(struct shard *, uint32_t table, bool on);
void shard_watch_host(struct shard *, uint32_t table, const struct ip *, bool on);
/* And of all networks inside this one; serial: for watch_walked, one more with each. */
void shard_watch_net(
    struct shard *, uint32_t table, const struct net *, bool on, uint32_t serial);

/* What flows are held against: those concerned are validated again. */
void shard_bases(struct shard *, unsigned resolver, const struct base_news *, unsigned n);
/* The resolver knows nothing any more, and is asked again. */
void shard_bases_anew(struct shard *, unsigned resolver);
/* Destinations that no flow has any more are given up. */
void shard_bases_forget(struct shard *);

/* Routes; eats the batch.  Entries of unknown channels are dropped. */
void shard_batch(struct shard *, struct batch *);

/* Does one slice of queued work: at most about 2 ms.  input_waiting: the owner has more
 * batches at hand, so that changes go on being gathered (bounded).  Returns true if there is
 * more to do now; *wait_ms: otherwise, when to call again (absolute; UINT64_MAX: on input only). */
bool shard_run(struct shard *, bool input_waiting, uint64_t now_ms, uint64_t *wait_ms);

/* Until then (absolute, ms) changes that come now only gather: who waits may leave the
 * mail lie for so long.  0: they go out at once. */
uint64_t shard_gathers_until(const struct shard *);

/*
 * Looking.
 */
struct path_view {
	const struct net *net;
	const struct attrs *attrs; /* borrowed until the callback returns */
	uint32_t channel;          /* source; the first one, if pipes are between */
	uint32_t here;             /* and the last one */
	uint32_t path_id;
	uint32_t time;
	bool best, stale;
};

struct walk {
	uint32_t table;
	uint32_t pos;      /* opaque; 0 at first */
	enum { WALK_ALL, WALK_NET, WALK_FOR, WALK_IN } mode;
	struct net net;    /* for the modes other than ALL; FOR: longest match */
	bool done;
};

/* Visits up to max_nets networks from where the walk stands; all paths of a network are given
 * in one go, the best first; in a sorted table each before those it is better than.  The table may change between calls: no network that stays is
 * missed or given twice. */
void shard_walk(struct shard *, struct walk *, unsigned max_nets,
    void (*visit)(void *ctx, const struct path_view *, unsigned n), void *ctx);

/* From now on sessions' paths are told of as they come and go (shard_ops.monitored). */
void shard_monitor(struct shard *, bool on);
/* And those that are there (mode WALK_ALL): of up to max_nets networks of the table, in
 * batches, behind what has been told of them so far. */
void shard_monitor_walk(struct shard *, struct walk *, unsigned max_nets,
    void (*give)(void *ctx, struct batch *), void *ctx);

struct channel_counts {
	uint64_t imported, preferred, exported; /* routes now */
	uint64_t stale;
	/* change statistics, as BIRD counts them */
	uint64_t imp_updates_ignored, imp_updates_accepted, imp_withdraws,
	    imp_withdraws_ignored;
	uint64_t exp_updates, exp_rejected, exp_filtered, exp_accepted, exp_withdraws;
};
void shard_channel_counts(
    const struct shard *, uint32_t channel, struct channel_counts *);

struct table_counts {
	uint64_t nets, paths;
	size_t bytes;
};
void shard_table_counts(const struct shard *, uint32_t table, struct table_counts *);
/* Bytes of the results that its export filters gave, remembered (filter/memo.h). */
size_t shard_results_bytes(const struct shard *);

struct group_view {
	uint32_t id, table;
	enum family family;
	unsigned members, slow;
	uint64_t messages, bytes;      /* encoded */
	uint64_t bytes_shared;         /* encoded bytes times members that were given them */
	const char *policy;            /* name of the export filter */
	char key[160];                 /* the rest of the key, as text */
};
/* i from 0; false past the last. */
bool shard_group_view(const struct shard *, unsigned i, struct group_view *);

/* What this channel would be sent for the path now: for `show route export`.
 * Returns 0 not offered (source, reflection rules), 1 filtered, 2 sent. */
int shard_export_verdict(struct shard *, uint32_t channel, const struct path_view *);
/* Which paths of a network may be what it is sent. */
enum sent_paths { SENT_BEST, SENT_FIRST /* that it may have */, SENT_ALL };
enum sent_paths shard_sent_paths(const struct shard *, uint32_t channel);

#endif
