/*
 * Adj-RIB-In: the routes of one channel as they came, before the import filter.  Kept for
 * channels with `import table on`, so that another filter can be applied without asking the
 * peer.  Attributes are named by their id in the store, with one reference for each path.
 *
 * Paths have generations, as in the shard: what was told before a restart of the session or
 * a refresh is stale until it is told again, and is dropped when the peer has told all.  What
 * is dropped is gone at once for whoever looks; its memory comes back in slices.
 *
 * One thread.
 */
#ifndef MYNAH_RIB_ADJIN_H
#define MYNAH_RIB_ADJIN_H

#include "bgp/update.h"
#include "rib/table.h"

struct adjin;

struct adjin *adjin_new(struct store *, enum net_type);
void adjin_free(struct adjin *); /* NULL is fine */

/* Path ids tell paths of one network apart.  Long networks may be borrowed ones; adjin_put
 * makes the caller's one that is good as long as the path is there. */
bool adjin_has(const struct adjin *, const struct nlri *);
struct attrs *adjin_attrs(const struct adjin *, const struct nlri *); /* borrowed, or NULL */
/* Puts or replaces; takes a reference.  time: of the route, kept if it is there with the same
 * attributes.  False: there is no room for another path. */
bool adjin_put(struct adjin *, struct nlri *, struct attrs *, uint32_t time);
void adjin_del(struct adjin *, const struct nlri *);

void adjin_mark(struct adjin *);       /* all there is becomes stale */
void adjin_drop_stale(struct adjin *); /* what is still stale is gone */
void adjin_clear(struct adjin *);      /* all is gone */
/* Gives back a slice of what is gone; false when nothing is left to do. */
bool adjin_work(struct adjin *);
/* Is told by adjin_work of each path that it takes out; the network is good for the call. */
void adjin_on_gone(struct adjin *, void (*fn)(void *ctx, const struct nlri *), void *ctx);

uint64_t adjin_paths(const struct adjin *); /* that are not gone */
/* What the import filter said of a path that is there; adjin_put makes it accepted. */
void adjin_filtered(struct adjin *, const struct nlri *, bool filtered);
uint64_t adjin_filtered_paths(const struct adjin *); /* of adjin_paths */
size_t adjin_bytes(const struct adjin *);

/* Borrowed until the next put, del or work. */
struct adjin_route {
	struct nlri nlri;
	struct attrs *attrs;
	uint32_t time;
	bool stale, filtered;
};
#define ADJIN_SLICE (2 * TABLE_PATHS_MAX)
/* The walk: *pos begins at 0.  Fills up to ADJIN_SLICE routes; how many, 0 at the end. */
unsigned adjin_next(const struct adjin *, uint32_t *pos, struct adjin_route *);
/* The paths of one network, at most TABLE_PATHS_MAX. */
unsigned adjin_look(const struct adjin *, const struct net *, struct adjin_route *);
/* Of the longest network that contains it. */
unsigned adjin_match(const struct adjin *, const struct net *, struct adjin_route *);

#endif
