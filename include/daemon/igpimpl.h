/*
 * What the files of igp.h share: what is told and asked for (igp.c), looking up
 * (igpway.c), and channels of BGP (igpchan.c).  Main thread.
 */
#ifndef MYNAH_DAEMON_IGPIMPL_H
#define MYNAH_DAEMON_IGPIMPL_H

#include "base/hosts.h"
#include "daemon/driver.h"
#include "daemon/igp.h"
#include "rib/decide.h"
#include "rib/table.h"

/* What a network is reached by. */
struct igp_net_way {
	struct attrs *attrs;
	uint32_t metric;
	uint8_t kind; /* enum source_kind */
	bool recursive;
};

/* A next hop that shards have asked for, by its number. */
struct igp_asked {
	struct ip ip;
	uint32_t metric;
	bool used, resolved;
	bool owed; /* a shard waits for the answer, whatever it is */
};

struct igp {
	struct runtime *rt;
	char *table;
	unsigned number; /* as shards know it, from 1 */
	unsigned users;
	bool by_bgp; /* the running model has channels in recursive mode that use it */
	struct table nets;
	struct slab ways; /* struct igp_net_way, by node */
	struct hosts hosts;
	struct igp_asked *asked; /* by number of the next hop */
	uint32_t asked_n, asked_cap;
	struct igp *next;
};

static inline struct igp_net_way *
igp_slot(const struct igp *g, uint32_t node)
{
	return (struct igp_net_way *)(void *)g->ways.mem + node;
}

/* igpway.c: fills in resolved and metric, which are false and 0 before.  As BIRD has it:
 * what hangs on another that is looked up leads nowhere, nor does our own address; a route
 * that discards does lead somewhere, one to `unreachable` does not, but has its metric all
 * the same. */
void igp_find(const struct igp *, const struct ip *, struct reach_news *);

#endif
