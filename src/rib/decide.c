/*
 * The decision process.
 *
 * The steps are a table; the first that tells two paths apart decides.  Up to ORIGIN they
 * are a total order.  MED is none: within the group of paths that tie so far, each
 * neighbour AS keeps its lowest MED only, and the later steps, a total order again,
 * choose among what is left.  Taking the pairs one by one instead would depend on the
 * order of arrival.
 *
 * Routes marked stale by a graceful restart compete like any others (RFC 4724, 4.2), but
 * those with LLGR_STALE lose against all without (RFC 9494, 4.3).
 */
#include "rib/decide.h"

#include "base/wire.h"

uint64_t
contender_aigp(const struct contender *c)
{
	uint64_t metric, step = c->metric ? c->metric : 1;
	struct attr a;

	if (!(c->attrs->has & HAS_AIGP) || !attrs_find(c->attrs, ATTR_AIGP, &a) ||
	    !aigp_metric(a.data, a.len, &metric))
		return AIGP_NONE;
	if (c->unreachable || step >= IGP_METRIC_UNKNOWN || metric > AIGP_NONE - step)
		return AIGP_NONE;
	return metric + step;
}

static uint32_t
aigp_capped(uint64_t metric)
{
	return metric < IGP_METRIC_UNKNOWN ? (uint32_t)metric : IGP_METRIC_UNKNOWN;
}

uint32_t
contender_igp_metric(const struct contender *c)
{
	struct attr a;

	if (c->attrs->local_len && attrs_find(c->attrs, LOCAL_IGP_METRIC, &a) &&
	    a.len == 4)
		return get_u32(a.data);
	if (c->source->kind == SOURCE_BGP && c->attrs->has & HAS_AIGP)
		return aigp_capped(contender_aigp(c));
	return c->source->kind == SOURCE_DIRECT ? 0 : IGP_METRIC_UNKNOWN;
}

static inline int
order(uint32_t x, uint32_t y)
{
	return (x > y) - (x < y);
}

static int
by_preference(const struct contender *x, const struct contender *y)
{
	return order(y->attrs->preference, x->attrs->preference);
}

static int
by_kind(const struct contender *x, const struct contender *y)
{
	if (x->source->kind != y->source->kind)
		return order(y->source->kind, x->source->kind);
	/* Of targets a client's path is what non-clients are told: RFC 4684, 3.2. */
	if (x->source->family != FAM_RTC)
		return 0;
	return order(y->source->rr_client, x->source->rr_client);
}

static int
by_reachable(const struct contender *x, const struct contender *y)
{
	return order(x->unreachable, y->unreachable);
}

static int
by_stale(const struct contender *x, const struct contender *y)
{
	return order(x->attrs->wk & WK_LLGR_STALE, y->attrs->wk & WK_LLGR_STALE);
}

static inline uint32_t
local_pref(const struct contender *c)
{
	return c->attrs->has & HAS_LOCAL_PREF ? c->attrs->local_pref
					      : c->source->default_local_pref;
}

static int
by_local_pref(const struct contender *x, const struct contender *y)
{
	return order(local_pref(y), local_pref(x));
}

static int
by_aigp(const struct contender *x, const struct contender *y)
{
	uint64_t a, b;

	if (!((x->attrs->has | y->attrs->has) & HAS_AIGP))
		return 0;
	a = contender_aigp(x);
	b = contender_aigp(y);
	return (a > b) - (a < b);
}

static int
by_path_len(const struct contender *x, const struct contender *y)
{
	if (!x->source->path_metric && !y->source->path_metric)
		return 0;
	return order(x->attrs->path_len, y->attrs->path_len);
}

static int
by_origin(const struct contender *x, const struct contender *y)
{
	return order(x->attrs->origin, y->attrs->origin);
}

static inline uint32_t
neighbor_as(const struct contender *c)
{
	if (c->attrs->neighbor_as)
		return c->attrs->neighbor_as;
	return c->source->confederation ? c->source->confederation : c->source->local_as;
}

bool
decide_med_comparable(const struct contender *x, const struct contender *y)
{
	return neighbor_as(x) == neighbor_as(y) || x->source->med_metric ||
	       y->source->med_metric;
}

static inline uint32_t
med(const struct contender *c)
{
	return c->attrs->has & HAS_MED ? c->attrs->med : c->source->default_med;
}

static int
by_med(const struct contender *x, const struct contender *y)
{
	return decide_med_comparable(x, y) ? order(med(x), med(y)) : 0;
}

static int
by_external(const struct contender *x, const struct contender *y)
{
	return order(x->source->internal || x->source->member,
	    y->source->internal || y->source->member);
}

static int
by_igp_metric(const struct contender *x, const struct contender *y)
{
	return order(x->source->no_igp_metric ? 0 : x->metric,
	    y->source->no_igp_metric ? 0 : y->metric);
}

static inline uint32_t
router_id(const struct contender *c)
{
	return c->attrs->has & HAS_ORIGINATOR ? c->attrs->originator
					      : c->source->remote_id;
}

static int
by_age(const struct contender *x, const struct contender *y) /* RFC 5004 */
{
	if (!x->source->prefer_older && !y->source->prefer_older)
		return 0;
	if (x->source->internal || router_id(x) == router_id(y))
		return 0;
	return order(x->time, y->time);
}

static int
by_router_id(const struct contender *x, const struct contender *y)
{
	return order(router_id(x), router_id(y));
}

static int
by_cluster_list(const struct contender *x, const struct contender *y)
{
	return order(x->attrs->cluster_count, y->attrs->cluster_count);
}

static int
by_address(const struct contender *x, const struct contender *y)
{
	return ip_cmp(&x->source->remote_ip, &y->source->remote_ip);
}

static int
by_channel(const struct contender *x, const struct contender *y)
{
	return order(x->source->id, y->source->id);
}

static int
by_path_id(const struct contender *x, const struct contender *y)
{
	return order(x->path_id, y->path_id);
}

/* Called for every path that comes: in a row, not through pointers. */
#define STEPS(STEP)                                                                      \
	STEP(DECIDE_PREFERENCE, by_preference, "preference")                             \
	STEP(DECIDE_KIND, by_kind, "protocol")                                           \
	STEP(DECIDE_REACHABLE, by_reachable, "reachable")                                \
	STEP(DECIDE_STALE, by_stale, "long-lived stale")                                 \
	STEP(DECIDE_LOCAL_PREF, by_local_pref, "local_pref")                             \
	STEP(DECIDE_AIGP, by_aigp, "aigp")                                               \
	STEP(DECIDE_PATH_LEN, by_path_len, "as-path length")                             \
	STEP(DECIDE_ORIGIN, by_origin, "origin")                                         \
	STEP(DECIDE_MED, by_med, "med")                                                  \
	STEP(DECIDE_EXTERNAL, by_external, "external")                                   \
	STEP(DECIDE_IGP_METRIC, by_igp_metric, "igp metric")                             \
	STEP(DECIDE_OLDER, by_age, "older")                                              \
	STEP(DECIDE_ROUTER_ID, by_router_id, "router id")                                \
	STEP(DECIDE_CLUSTER_LIST, by_cluster_list, "cluster list")                       \
	STEP(DECIDE_ADDRESS, by_address, "address")                                      \
	STEP(DECIDE_CHANNEL, by_channel, "channel")                                      \
	STEP(DECIDE_PATH_ID, by_path_id, "path id")

const char *
decide_step_name(enum decide_step step)
{
#define NAME(step, cmp, name) [step] = name,
	static const char *const names[DECIDE_STEPS] = { [DECIDE_ONLY] = "only path",
		STEPS(NAME) };

	return names[step];
}

static inline int
cmp_from(const struct contender *x, const struct contender *y, enum decide_step from,
    enum decide_step *step)
{
	int r;

#define COMPARE(at, cmp, name)                                                           \
	if (at >= from && (r = cmp(x, y))) {                                             \
		*step = at;                                                              \
		return r;                                                                \
	}
	STEPS(COMPARE)
	*step = DECIDE_ONLY;
	return 0;
}

int
decide_cmp(const struct contender *x, const struct contender *y, enum decide_step *step)
{
	return cmp_from(x, y, DECIDE_PREFERENCE, step);
}

/* Is c beaten on MED by one that ties with it in all steps before? */
static bool
med_eliminated(const struct contender *all, unsigned n, unsigned c)
{
	enum decide_step step;

	for (unsigned i = 0; i < n; i++)
		if (i != c && decide_cmp(&all[i], &all[c], &step) < 0 &&
		    step == DECIDE_MED)
			return true;
	return false;
}

/* Is x better than y, both being survivors of MED? */
static int
cmp_survivors(
    const struct contender *x, const struct contender *y, enum decide_step *step)
{
	int r = cmp_from(x, y, DECIDE_PREFERENCE, step);

	if (*step != DECIDE_MED)
		return r;
	return cmp_from(x, y, DECIDE_EXTERNAL, step);
}

unsigned
decide_best(const struct contender *all, unsigned n, enum decide_step *step)
{
	enum decide_step s, why = DECIDE_ONLY;
	unsigned best = n, by;

	if (n == 2) {
		best = decide_cmp(&all[0], &all[1], &why) <= 0 ? 0 : 1;
		if (step)
			*step = why;
		return best;
	}
	for (unsigned i = 0; i < n; i++) {
		/* Who loses to the best so far before MED counts need not be looked at.
		 */
		if (best < n && decide_cmp(&all[best], &all[i], &s) < 0 &&
		    s <= DECIDE_MED)
			by = s;
		else if (med_eliminated(all, n, i))
			by = DECIDE_MED;
		else if (best < n && cmp_survivors(&all[best], &all[i], &s) < 0)
			by = s;
		else {
			by = best < n ? s : DECIDE_ONLY;
			best = i;
		}
		if (by > why)
			why = by;
	}
	if (step)
		*step = why;
	return best;
}

enum decide_change
decide_add(const struct contender *added, const struct contender *best, unsigned others)
{
	enum decide_step step;
	int r = decide_cmp(added, best, &step);

	if (r >= 0) /* it lost, and what it eliminates had lost before */
		return DECIDE_STAYS;
	if (step < DECIDE_MED || !others)
		return DECIDE_WINS;
	/* By MED: the old best goes, perhaps not in favour of the new.  Later: a third
	 * path of the new one's neighbour AS may have the lower MED. */
	return DECIDE_UNSURE;
}

_Static_assert(SOURCE_BGP < SOURCE_STATIC, "by_kind: static wins");
