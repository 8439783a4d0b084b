/*
 * Next hops resolved: which neighbour and interface an address is reached by, through the
 * interfaces' networks and the routes of a table.  Main thread.
 */
#ifndef MYNAH_DAEMON_IGP_H
#define MYNAH_DAEMON_IGP_H

#include "daemon/netlink.h"
#include "daemon/runtime.h"

struct igp;

struct igp_way {
	enum dest dest;
	uint32_t metric;
	unsigned n; /* hops */
};

#define IGPS_MAX 1024u /* tables that are looked up in, by channels of BGP */

/* The table's resolver, made at its first use; it looks as long as it is used. */
struct igp *igp_get(struct runtime *, const char *table);
void igp_put(struct runtime *, struct igp *);
void igp_free_all(struct runtime *);

/* The address is (no longer) asked for with igp_lookup; counted. */
void igp_host(struct igp *, const struct ip *, bool on);

/* The table's number, as shards and channels name its resolver. */
unsigned igp_number(const struct igp *);
/* All networks inside of this one are (no longer) told, too; serial: rib/shard.h. */
void igp_net(struct igp *, const struct net *, bool on, uint32_t serial);
/* The resolver that is in use for the table, or NULL. */
struct igp *igp_of_table(struct runtime *, uint32_t table);

/* For show: where a next hop of the channel leads, as the decision has it; at most max hops.
 * False: the channel does not look next hops up. */
bool igp_show(const struct runtime *, const struct proto_conf *,
    const struct channel_conf *, const struct ip *, struct hop *, unsigned max,
    struct igp_way *);

/* The channels of the running model have their resolvers; before they are described. */
void igp_model(struct runtime *);
/* Where next hops of that type (NET_IP4, NET_IP6) of a channel of BGP are looked up; NULL:
 * nowhere, they are neighbours, or the channel has none of that type. */
const struct table_conf *igp_shown(const struct model *, const struct proto_conf *,
    const struct channel_conf *, enum net_type);
/* Fills in who finds the ways to the channel's next hops. */
void igp_of_channel(const struct runtime *, const struct proto_conf *,
    const struct channel_conf *, struct channel_desc *);
/* Interfaces or routes are others now: next hops are looked up again. */
void igp_links(struct runtime *);

/* From shards: a next hop is to be found, by its number (store_hop); a watch tells. */
void igp_post_wanted(struct daemon *, unsigned resolver, uint32_t hop);
void igp_post_told(
    struct daemon *, uint32_t table, const struct watch_news *, unsigned n);

/* One hop that leads towards the address, not through BGP: via and oif; several with equal
 * routes are not told.  False: nothing leads there. */
bool igp_resolve(const struct igp *, const struct ip *, struct khop *);

/* What BIRD makes of a recursive next hop: the best route to the address in the table alone, all
 * its hops with their interfaces, at most max.  DEST_UNREACHABLE when there is none, when that
 * one is recursive itself or the address is our own. */
enum dest igp_lookup(
    const struct igp *, const struct ip *, struct hop *, unsigned max, unsigned *n);

#endif
