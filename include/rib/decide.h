/*
 * Decision: which path of a network is the best.  RFC 4271 9.1.2, RFC 4456 9, in BIRD's
 * order. Pure: depends on the contenders alone, not on their order (MED orders only paths
 * of one neighbour AS, so it eliminates first and only the survivors are compared).
 */
#ifndef MYNAH_RIB_DECIDE_H
#define MYNAH_RIB_DECIDE_H

#include "rib/shard.h"

struct contender {
	const struct attrs *attrs;
	const struct channel_desc *source;
	uint32_t time, path_id;
	uint32_t metric;  /* to the next hop */
	bool unreachable; /* the next hop leads nowhere */
};

#define IGP_METRIC_UNKNOWN 0x80000000u /* of a way that nobody has measured */
/* RFC 7311, 3.4: the metric with the way to the next hop; AIGP_NONE without one. */
#define AIGP_NONE UINT64_MAX
uint64_t contender_aigp(const struct contender *);
/* The metric of a route that others' next hops may be found through. */
uint32_t contender_igp_metric(const struct contender *);

/* The steps, in order; DECIDE_ONLY: there was nothing to decide. */
enum decide_step {
	DECIDE_ONLY,
	DECIDE_PREFERENCE,
	DECIDE_KIND,
	DECIDE_REACHABLE,
	DECIDE_STALE, /* RFC 9494, 4.3 */
	DECIDE_LOCAL_PREF,
	DECIDE_AIGP, /* RFC 7311, 4.1 */
	DECIDE_PATH_LEN,
	DECIDE_ORIGIN,
	DECIDE_MED,
	DECIDE_EXTERNAL,
	DECIDE_IGP_METRIC,
	DECIDE_OLDER,
	DECIDE_ROUTER_ID,
	DECIDE_CLUSTER_LIST,
	DECIDE_ADDRESS,
	DECIDE_CHANNEL,
	DECIDE_PATH_ID,
	DECIDE_STEPS
};
const char *decide_step_name(enum decide_step);

/* Negative if x is better, positive if y is; 0 only for paths of one channel and path id.
 * *step: what told them apart.  MED counts as far as the two may be compared by it. */
int decide_cmp(
    const struct contender *x, const struct contender *y, enum decide_step *step);

/* Index of the best of n > 0.  *step (may be NULL): what set it apart from the runner-up.
 */
unsigned decide_best(const struct contender *, unsigned n, enum decide_step *step);

/* May the MEDs of the two be compared? */
bool decide_med_comparable(const struct contender *, const struct contender *);

/* How adding a path to a decided list changes it, seen from the comparison with its best.
 */
enum decide_change { DECIDE_STAYS, DECIDE_WINS, DECIDE_UNSURE };
enum decide_change decide_add(
    const struct contender *added, const struct contender *best, unsigned others);

#endif
