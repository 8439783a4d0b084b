/*
 * Protocols without a session: sources and sinks of routes that live in main.
 *
 * runtime.c gives a protocol's channels their ids and takes them back; in between the
 * driver of its kind brings the channels up in the shards and feeds them.
 */
#ifndef MYNAH_DAEMON_DRIVER_H
#define MYNAH_DAEMON_DRIVER_H

#include "daemon/runtime.h"
#include "daemon/shardthread.h"

struct driver {
	void (*up)(struct runtime *, struct run *);
	/* Disabled, restarted or removed: its channels go down.  keep: we end to come back
	 * (graceful restart), what is in the kernel stays. */
	void (*down)(struct runtime *, struct run *, bool keep);
	/* run->conf is the new one. */
	void (*change)(struct runtime *, struct run *, const struct proto_conf *old,
	    const struct step *);
	/* Interfaces or addresses have changed; next hops may lead elsewhere. */
	void (*links)(struct runtime *, struct run *);
	/* As a follower (rib/shard.h): what a channel of it is told.  Eats the batch. */
	void (*follow)(struct runtime *, struct run *, struct batch *);
	/* One shard has told it all there is now. */
	void (*caught_up)(struct runtime *, struct run *);
	/* Our own restart is over: the neighbours have told all (recover.h). */
	void (*recovered)(struct runtime *, struct run *);
};

extern const struct driver static_driver, direct_driver, kernel_driver, pipe_driver,
    rpki_driver, aggregator_driver, l3vpn_driver, mrt_driver, bmp_driver;
/* kernels.c: has the kernel refused the table's route to that network? */
bool kernels_lacks(const struct run *, const struct net *);
/* statics.c: the next hops with `bfd` that are on a link. */
struct iface;
void statics_bfd_hops(const struct runtime *, const struct run *,
    void (*fn)(void *ctx, const struct ip *via, const struct iface *), void *ctx);
/* statics.c: is there a link that leads to that hop? */
bool statics_hop_up(const struct runtime *, const struct proto_conf *,
    const struct static_route *, unsigned hop);
/* What its routes are to filters; NULL: a neighbour that is not there any more. */
enum source_kind proto_source(const struct proto_conf *);
const struct driver *driver_of(const struct proto_conf *); /* NULL: none */

/*
 * Feeding a channel: routes to their shards, in batches.
 */
struct feeder {
	struct runtime *rt;
	struct run *run;
	const struct channel_conf *channel;
	enum source_kind kind;
	uint32_t id; /* of the channel */
	struct arena *arena;
	struct attrs *last; /* what was put last, with a reference; NULL: refused */
	struct batch *batch[SHARDS_MAX];
};

/* False: the protocol has no such channel. */
bool feeder_begin(struct feeder *, struct runtime *, struct run *,
    const struct channel_conf *, enum source_kind);
/* A draft with the channel's preference, in the feed's arena until the next. */
void feeder_draft(struct feeder *, struct draft *);
/* The draft through body (or NULL) and the import filter, then to the shard: a withdrawal if
 * it is refused (false).  Of several routes of a network each has an id. */
bool feeder_put_as(struct feeder *, const struct net *, uint32_t id, struct draft *,
    const struct filter *body);
/* The same attributes once more, for another network.  False: there are none, or a filter may
 * make others of them. */
bool feeder_put_last(struct feeder *, const struct net *, uint32_t id);
bool feeder_put(struct feeder *, const struct net *, struct draft *,
    const struct filter *body);
void feeder_withdraw_as(struct feeder *, const struct net *, uint32_t id);
void feeder_withdraw(struct feeder *, const struct net *);
void feeder_end(struct feeder *); /* sends it off */

/* The channel's description, as far as it is the same for all of these. */
struct channel_desc feeder_desc(const struct runtime *, const struct run *,
    const struct channel_conf *, enum source_kind);
void feeder_up(struct runtime *, const struct channel_desc *);
void feeder_update(struct runtime *, const struct channel_desc *);
/* A source whose step names another table goes over to it: its routes with it, or, where they
 * are imported anew, as they come.  False: it stays where it is. */
bool feeder_move(struct runtime *, const struct run *, const struct channel_conf *,
    enum source_kind, const struct step *);

/* ceiling.c: limits of their channels.  Those that are in force, after a change of the
 * configuration others; afresh: none is hit.  Borrowed, NULL: none. */
struct limits *ceiling_get(struct runtime *, uint32_t channel, bool afresh);
void ceiling_drop(struct runtime *, uint32_t channel);
void ceiling_change(struct runtime *, const struct run *); /* tells the shards */
void ceiling_hits(const struct runtime *, const struct run *, const struct channel_conf *,
    bool hit[LIMITS]);
void feeder_event(struct runtime *, uint32_t channel, enum channel_event);

#endif
