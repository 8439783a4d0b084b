/*
 * The inside of a shard: what its parts share.  Not for others.
 *
 * The life of a change:
 *   batch.c   routes on their way here
 *   intake.c  a path comes or goes, decide; a new best path makes its node dirty
 *   decide.c  which path is the best, and why
 *   flush.c   all dirty nodes of a table, sorted by attribute set: a cycle
 *   emit.c    group by group: offered? filter, stamp, encode, pack
 *   export.c  the first four of these, for one attribute set from one source
 *   reflect.c its rules: who is offered what, and the stamp; keys of groups
 *   pack.c    networks into messages, messages into segments
 *   multi.c   as emit.c for groups with add-path
 *   secondary.c  and for channels that have the best path they may have
 *   teller.c  what these two share
 *   feed.c    as flush.c for members that lag: new ones, refreshed ones, slow ones
 * Walks:
 *   recheck.c what changed tables of origins may change
 *   move.c    channels that go over to another table
 *   sweep.c   paths of channels that went are taken out
 *   trim.c    memory that a purge leaves goes back
 *   look.c    of those who ask: `show route`, counts
 * What there is:
 *   shard.c   tables, and the order of all work
 *   channel.c where paths come from and go to: up, down, changed, removed
 *   limit.c   how many routes a channel may have
 *   table.c, units.c  networks and their paths
 *   wake.c    which tables have something to do
 *   group.c   who is a member of what; groups split
 *   groupkey.c  what their keys hold
 *   upkeep.c  groups that are held, let go and merged
 *   share.c   whom of many groups a change concerns
 *   adv.c, told.c  what a group was told; with add-path
 *   item.c, slab.c, freeset.c, segment.c  lists to sort, memory, free indices, messages
 * Beside groups:
 *   follow.c  those who are told of networks instead of messages: the kernel, other tables
 *   pipe.c    paths from one table to another
 *   aggregate.c several paths made into one, of another table
 *   carry.c   what these two make, compared with what is there
 *   monitor.c sessions' paths for who looks on
 *   reach.c   where next hops lead
 *   netwatch.c the networks that next hops are looked up in
 *   flowcheck.c, bases.c  validation of flow specifications
 * Not of a shard: adjin.c, import tables, in io threads.
 */
#ifndef MYNAH_RIB_CORE_H
#define MYNAH_RIB_CORE_H

#include "rib/group.h"
#include "rib/item.h"
#include "rib/shard.h"
#include "rib/table.h"

#define CHANNEL_MAX 65535u

struct follower;
struct behind;
struct reach;
struct netwatch;
struct flow_bases;
struct share;

/* Fixed, but for tests. */
struct tuning {
	uint32_t slice;	   /* nodes or items in one slice of work */
	uint32_t flush_ms; /* a change waits no longer for input to drain */
	uint32_t storm_ms; /* but so long when there are more than storm_n */
	uint32_t storm_n;
	uint32_t tick_ms;   /* and flushes are so far apart, so that writes gather */
	uint32_t gather_ms; /* members that come within it share their dump */
	uint32_t poll_ms;   /* how often held groups are looked at */
	uint32_t trim_n;    /* paths that went make it worth to give memory back */
	/* Lists of items for narrow groups (share.h) have room for this many, and so many
	 * times the cycle's besides. */
	uint32_t share_n, share_times;
	uint64_t hold_high, hold_low; /* bytes alive in a group's segments */
};
extern const struct tuning tuning_default;

struct export_stats {
	uint64_t updates, rejected, filtered, accepted, withdraws;
};

struct channel {
	struct channel_desc d; /* name and export owned */
	struct rib_table *table;
	bool up, removing;
	struct limits *limits; /* where its routes are counted, or NULL; see limit.c */
	bool want_caught_up;
	bool rekey_due; /* it changed again before the last change was told */

	/* as a source: a path whose gen is not ours is stale; dead when dead_age or more
	 * behind */
	uint16_t gen, dead_age;
	bool redecide;
	bool llgr; /* its stale paths are to be marked as such (RFC 9494) */
	bool marked; /* since it is up its peer frames its routes anew (RFC 7313) */
	struct channel_desc was; /* before the change; without name and what is owned */
	bool was_many;		 /* there was one more meanwhile */
	bool renamed;		 /* and an export filter asks for names */
	uint32_t sweep_left, sweep_end;
	uint64_t gone_after; /* cycle of the table, when removing and swept */

	/* on its way to another table: paths stand in the old one, too, until sinks that
	 * move with it have been compared; see move.c */
	struct rib_table *from; /* NULL: not */
	uint32_t move_pos;	/* of the copying; 0: done */
	bool move_afresh;	/* nothing is copied */
	uint32_t drop_pos;

	/* as a sink */
	struct group *group;		   /* or NULL */
	uint32_t slot;			   /* in the group's members */
	uint64_t own_adv;		   /* advertised by the group, but our own */
	struct export_stats exp, exp_base; /* kept up to exp_base of the group's */
	struct channel_counts in;	   /* source side */

	struct follower *follower; /* or NULL */
	uint32_t led_from; /* of a pipe: the table it led to before; what it brought may be there */
	struct rib_table *follow_to; /* it goes over to that table; NULL: it stays */

	/* a source behind a pipe: the pipe's channel, and the source before it; else 0 */
	uint16_t via, upstream;
	uint32_t children; /* sources behind pipes that name this one in via or upstream */
	uint32_t tag;	   /* of ids of its paths with add-path: told.c */
	uint32_t own_slot; /* its place in the shard's list of them */
	struct behind *behind; /* of a pipe's channel: those behind it, by upstream */
	uint32_t behind_n, behind_cap;
};

/* A list of nodes. */
struct nodes {
	struct slab mem;
	uint32_t *at;
	uint32_t n;
};

enum cycle_phase {
	CYCLE_COLLECT,
	CYCLE_SORT,
	CYCLE_SHARE,
	CYCLE_EMIT,
	CYCLE_FREE,
	CYCLE_FREE_MULTI
};

struct rib_table {
	struct shard *shard;
	uint32_t id;
	bool awake;
	uint32_t awake_slot; /* in the shard's list */
	struct table t;
	struct group **groups;
	uint32_t group_n;
	uint32_t channel_n;
	bool doomed; /* to be dropped when no channel is left */
	bool sorted; /* is shown so: see shard_table_sort */
	struct follower **followers;
	uint32_t follower_n;
	struct netwatch *watch; /* or NULL */
	struct share *share; /* or NULL: there was no narrow group yet */
	struct group **laggers; /* while a cycle frees nodes: who lags */
	uint32_t lagger_n, lagger_cap;

	struct nodes dirty;
	struct nodes changed; /* holds what is dirty, too, while there are groups with add-path */
	struct nodes taken, taken_multi; /* the same, by the cycle under way */
	uint32_t multi_n; /* groups with add-path, and pipes */
	uint32_t second_n; /* of them groups that need the order of paths, too */
	bool self_needed, self_keyed; /* our own address is (to be) part of the keys */
	uint64_t dirty_since; /* ms; UINT64_MAX: not looked at the clock yet */
	uint64_t last_flush;

	bool cycling;
	enum cycle_phase phase;
	uint32_t cycle_pos; /* in the phase */
	struct items cycle, cycle_multi;
	uint64_t cycles_begun, cycles_done;
	uint64_t merge_after; /* until then groups may differ by a source that changed */

	uint32_t sweep_pos, sweep_n; /* sweep_n: channels that wait for the sweep, and one more */
	struct channel **sweepers;   /* the channels */
	uint32_t sweeper_n, sweeper_cap;
	uint32_t hop_left, hop_end;  /* while paths wait whose next hops or sources changed */
	uint32_t hop_epoch;	     /* since this one (rib/reach.h) */
	uint64_t swept;		     /* paths taken out since memory was given back */
	bool trimming;
	uint32_t trim_pos; /* group that is looked at */
};

enum feed_phase { FEED_COLLECT, FEED_SORT, FEED_EMIT };

#define SEEN 256u

struct feed {
	struct group *group; /* NULL: idle */
	enum feed_phase phase;
	uint64_t cycle; /* the first to begin after the collection has begun */
	uint32_t pos;
	bool dirty; /* a node was left to the next cycle */
	struct items items;
	struct feed_seen {
		uint32_t attrs; /* id */
		bool known, want;
	} seen[SEEN]; /* of a choosy group: is a set wanted? */
};

#define DROPS 64

struct shard {
	struct store *store;
	struct shard_ops ops;
	void *ctx;
	struct tuning tune;
	uint64_t now;
	struct arena *arena;
	struct memo *memo; /* of export filters */
	const struct filter_links *links; /* of filters; borrowed, may be NULL */

	struct rib_table **tables;
	uint32_t table_n;
	struct rib_table **awake; /* those that have, or may have, something to do */
	uint32_t awake_n, awake_cap;
	uint64_t last_flush; /* of any table; UINT64_MAX: none yet */
	uint32_t removing_n; /* channels */
	struct channel **channels; /* by id */
	uint32_t channel_end, channel_cap; /* of main's ids; of the array */
	struct channel **own;		   /* the sources behind pipes */
	uint32_t own_n, own_cap;
	uint32_t own_next; /* where to look for a free id of our own */
	bool own_full;	   /* said that there is none */
	struct filter_ref *filters;
	uint32_t filter_n;
	struct targets_ref *targets; /* of keys, likewise */
	uint32_t targets_n;
	uint32_t group_id;

	struct reach *reach; /* by resolver */
	uint32_t reach_n, reach_up; /* next hops of which something is known */
	uint32_t reach_epoch;

	struct flow_bases *bases; /* by resolver */
	uint32_t bases_n;
	bool flow_gone, flow_marked; /* some may be unused; that is being looked at */

	struct feed feed;
	struct recheck *rechecks;
	uint32_t turn; /* whose turn it is among tables and groups */
	bool upkeep;   /* something may be to merge, to release, to tell */
	uint32_t held_n;
	uint64_t next_poll;
	uint32_t moving_n; /* channels with `from`, and groups that are mapped */

	struct drop {
		uint32_t id, n;
	} drops[DROPS];

	uint64_t overlong_at;	 /* when a route too long for a message was logged */
	uint32_t overlong_n;	 /* more since then; 0: none was yet */
	bool monitored;	    /* somebody looks on */
	struct batch *told; /* what he is still to be told; or NULL */

	uint8_t *scratch[4]; /* attribute sets: two exported, one packed; a segment */
};

static inline struct channel *
shard_channel(const struct shard *s, uint32_t id)
{
	return id < s->channel_cap ? s->channels[id] : NULL;
}

/* Is the channel a member of the group that is not told of its own routes? */
static inline bool
group_skips(const struct group *g, const struct channel *ch)
{
	return ch->group == g && !sink_tells_own(&g->key);
}

struct rib_table *shard_table(const struct shard *, uint32_t id);

/* wake.c: there is work for the table; a sleeping one is not looked at. */
void table_wake_up(struct rib_table *);
void table_sleep(struct rib_table *);
bool table_quiet(const struct rib_table *);
void tables_sleep(struct shard *); /* those that are quiet */

static inline void
table_wake(struct rib_table *t)
{
	if (!t->awake)
		table_wake_up(t);
}

/* References given up, gathered; drops_flush before the shard is left. */
void path_drop(struct shard *, uint32_t attrs_id);
void drops_flush(struct shard *);

/* Is there something for a cycle to tell? */
static inline bool
table_pending(const struct rib_table *t)
{
	return t->dirty.n || t->changed.n;
}

/* intake.c */
void node_dirty(struct rib_table *, uint32_t node);
void node_changed(struct rib_table *, uint32_t node);
void nodes_free(struct nodes *);
/* Path i gets other attributes (takes the reference); it stays as stale as it was. */
void node_path_set(struct shard *, struct rib_table *, uint32_t node, unsigned i,
    const struct attrs *);
void node_redecide(struct shard *, struct rib_table *, uint32_t node);
void node_path_del(struct shard *, struct rib_table *, uint32_t node, unsigned i);
/* Index among the node's, or -1. */
int path_index(
    const struct table *, const struct node *, uint32_t channel, uint32_t path_id);
void node_free_maybe(struct rib_table *, uint32_t node);

/* limit.c */
void limit_describe(struct shard *, struct channel *, const struct channel_desc *);
bool limit_import(struct shard *, struct channel *); /* false: refused */
void limit_import_gone(struct channel *);
bool limit_follow(struct shard *, struct channel *); /* a follower: the same, exported */
void limit_follow_gone(struct channel *, uint64_t n);
bool limit_export(struct shard *, struct group *); /* false: refused */
void limit_export_gone(struct group *);
/* The channel joins (or leaves) a group that has been told something. */
void limit_export_moves(struct channel *, bool joins);

/* A path comes, or comes again with other attributes.  The reference to these is the
 * caller's still when it returns false. */
bool node_path_put(
    struct shard *, struct rib_table *, const struct net *, struct path *);

/* flush.c */
uint64_t flush_deadline(const struct shard *, const struct rib_table *);
bool flush_due(const struct shard *, const struct rib_table *, bool input_waiting);
void flush_begin(struct shard *, struct rib_table *);
void flush_slice(struct shard *, struct rib_table *);

static inline struct items *
flush_items(struct rib_table *t, struct group *g)
{
	return g->told ? &t->cycle_multi : g->narrow && !g->whole ? &g->mine : &t->cycle;
}

/* monitor.c */
void monitor_path(struct shard *, const struct rib_table *, uint32_t node,
    const struct path *, bool there);
void monitor_flush(struct shard *);

/* sweep.c */
void sweep_request(struct channel *);
void sweep_slice(struct shard *, struct rib_table *);
void sweep_now(struct shard *, struct rib_table *);

/* move.c */
void move_begin(
    struct shard *, struct channel *, struct rib_table *to, bool afresh);
void move_now(struct shard *, struct channel *); /* to its end, at once */
bool move_slice(struct shard *);		 /* false: nothing to do */
/* Copies that node of the old table now, if it is still to be. */
void move_node(struct shard *, struct channel *, uint32_t node);
/* A route comes or goes: what is left of it in the old table goes. */
void move_entry(struct shard *, struct channel *, const struct nlri *);
struct rib_table *sink_table(const struct shard *, const struct channel *);
/* follow.c: the channel's follower goes over to the table, in slices; what it was told and
 * that has, too, stays told.  Not before all sources that move along have been copied. */
void follow_move(struct shard *, struct channel *, struct rib_table *to);
void follow_arrive(struct shard *, struct channel *); /* what it tells leads elsewhere */
void follow_move_now(struct shard *, struct channel *); /* to its end, at once */
bool follow_move_slice(struct shard *);
bool follow_moving(const struct shard *);
/* The member goes over to its sink_table; what it was told and has there stays told. */
void sink_move(struct shard *, struct channel *);
void sink_move_now(struct shard *, struct channel *);
/* Nothing more is told to the member until it is described anew. */
void sink_stand_still(struct shard *, struct channel *);

/* trim.c */
void trim_maybe(struct shard *, struct rib_table *);
void trim_slice(struct shard *, struct rib_table *);

/* recheck.c */
bool recheck_slice(struct shard *); /* false: nothing to do */
void recheck_pop(struct shard *);   /* drops the first */

/* feed.c */
bool feed_slice(struct shard *, uint64_t *wait_ms); /* false: nothing to feed now */
void feed_cancel(struct shard *, struct group *);

/* export.c */
struct route_source channel_source(const struct shard *, const struct channel_desc *);

/* channel.c */
struct channel *channel_get(struct shard *, uint32_t id);
/* Takes over a description; has paths looked at again if that changes a decision. */
void channel_describe(struct shard *, struct channel *, const struct channel_desc *);
void channel_stop(struct shard *, struct channel *, bool keep_stale);
void channel_age(struct shard *, struct channel *); /* all its paths are stale now */
void channel_purge(struct shard *, struct channel *); /* stale ones go, in slices */
void channel_free(struct shard *, struct channel *);
void channels_gone(struct shard *); /* frees those removed of which nothing is left */
bool path_is_stale(const struct channel *, const struct path *);

#endif
