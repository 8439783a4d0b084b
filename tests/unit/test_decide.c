/*
 * The decision: each step by itself, the order of the steps, MED in every order of
 * arrival.
 */
#include "rib.h"
#include "rib/decide.h"

struct side {
	struct set_desc set;
	struct channel_desc source; /* what differs from make_client */
	bool external, is_static, unreachable, member;
	uint32_t metric;
	uint32_t time, path_id;
};

struct row {
	const char *name;
	struct side win, lose;
	enum decide_step step;
};

/* In each row the loser is the better one by all that comes later. */
static const struct row rows[] = {
	{ "preference", { .set = { .preference = 110 }, .source = { .id = 9 } },
	    { .set = { .local_pref = 200 }, .source = { .id = 1 } }, DECIDE_PREFERENCE },
	{ "static before bgp",
	    { .set = { .path = "1" }, .source = { .id = 9 }, .is_static = true },
	    { .set = { .local_pref = 200 }, .source = { .id = 1 } }, DECIDE_KIND },
	{ "long-lived stale ones last",
	    { .set = { .local_pref = 50 }, .source = { .id = 2 } },
	    { .set = { .local_pref = 200, .community = COMM_LLGR_STALE },
		.source = { .id = 1 } },
	    DECIDE_STALE },
	{ "local_pref",
	    { .set = { .local_pref = 101, .path = "1 2 3" }, .source = { .id = 9 } },
	    { .set = { .local_pref = 100 }, .source = { .id = 1 } }, DECIDE_LOCAL_PREF },
	{ "local_pref absent is the default",
	    { .set = { .path = "1" }, .source = { .id = 9 } },
	    { .set = { .local_pref = 99 }, .source = { .id = 1 } }, DECIDE_LOCAL_PREF },
	{ "aigp: any before none",
	    { .set = { .path = "1 2 3", .aigp = 1000 }, .source = { .id = 9 } },
	    { .set = { .path = "1" }, .source = { .id = 1 } }, DECIDE_AIGP },
	{ "aigp and the way to the next hop",
	    { .set = { .path = "1 2 3", .aigp = 100 },
		.source = { .id = 9 },
		.metric = 5 },
	    { .set = { .path = "1", .aigp = 90 }, .source = { .id = 1 }, .metric = 20 },
	    DECIDE_AIGP },
	{ "aigp over a way of unknown length is none",
	    { .set = { .path = "1", .aigp = 100 }, .source = { .id = 9 } },
	    { .set = { .path = "1", .aigp = 1 },
		.source = { .id = 1 },
		.metric = IGP_METRIC_UNKNOWN },
	    DECIDE_AIGP },
	{ "a confederation's members are not external",
	    { .set = { .path = "(7) 1" }, .source = { .id = 1 }, .member = true },
	    { .set = { .path = "(7 8) 1" }, .source = { .id = 2 } }, DECIDE_ROUTER_ID },
	{ "path length", { .set = { .path = "1", .origin = 2 }, .source = { .id = 9 } },
	    { .set = { .path = "1 2" }, .source = { .id = 1 } }, DECIDE_PATH_LEN },
	{ "origin",
	    { .set = { .path = "1", .origin = 0, .med = 9 }, .source = { .id = 9 } },
	    { .set = { .path = "1", .origin = 1 }, .source = { .id = 1 } },
	    DECIDE_ORIGIN },
	{ "med", { .set = { .path = "1", .med = 1 }, .source = { .id = 9 } },
	    { .set = { .path = "1", .med = 2 }, .source = { .id = 1 } }, DECIDE_MED },
	{ "med absent is the default", { .set = { .path = "1" }, .source = { .id = 9 } },
	    { .set = { .path = "1", .med = 2 }, .source = { .id = 1 } }, DECIDE_MED },
	{ "med of empty paths: our own AS",
	    { .set = { .med = 1 }, .source = { .id = 9 } },
	    { .set = { .med = 2 }, .source = { .id = 1 } }, DECIDE_MED },
	{ "med of different AS does not count",
	    { .set = { .path = "1", .med = 2 }, .source = { .id = 1 } },
	    { .set = { .path = "2", .med = 1 }, .source = { .id = 9 } },
	    DECIDE_ROUTER_ID },
	{ "med metric: it does",
	    { .set = { .path = "2", .med = 1 },
		.source = { .id = 9, .med_metric = true } },
	    { .set = { .path = "1", .med = 2 }, .source = { .id = 1 } }, DECIDE_MED },
	{ "external", { .set = { .path = "1" }, .source = { .id = 9 }, .external = true },
	    { .set = { .path = "1" }, .source = { .id = 1 } }, DECIDE_EXTERNAL },
	{ "metric of the next hop", { .source = { .id = 9 }, .metric = 10 },
	    { .source = { .id = 1 }, .metric = 20 }, DECIDE_IGP_METRIC },
	{ "metric that does not count",
	    { .source = { .id = 9, .no_igp_metric = true }, .metric = 20 },
	    { .source = { .id = 1 }, .metric = 10 }, DECIDE_IGP_METRIC },
	{ "next hop that leads somewhere",
	    { .set = { .local_pref = 50 }, .source = { .id = 9 } },
	    { .set = { .local_pref = 200 }, .source = { .id = 1 }, .unreachable = true },
	    DECIDE_REACHABLE },
	{ "older",
	    { .set = { .path = "1" },
		.source = { .id = 9, .prefer_older = true },
		.external = true,
		.time = 1 },
	    { .set = { .path = "1" },
		.source = { .id = 1 },
		.external = true,
		.time = 2 },
	    DECIDE_OLDER },
	{ "originator before the peer's id",
	    { .set = { .originator = 1 }, .source = { .id = 9 } },
	    { .set = { 0 }, .source = { .id = 2 } }, DECIDE_ROUTER_ID },
	{ "router id", { .set = { .clusters = 3 }, .source = { .id = 1 } },
	    { .set = { 0 }, .source = { .id = 2 } }, DECIDE_ROUTER_ID },
	{ "cluster list",
	    { .set = { .originator = 5, .clusters = 1 }, .source = { .id = 9 } },
	    { .set = { .originator = 5, .clusters = 2 }, .source = { .id = 1 } },
	    DECIDE_CLUSTER_LIST },
	{ "address", { .set = { .originator = 5 }, .source = { .id = 1 } },
	    { .set = { .originator = 5 }, .source = { .id = 9 } }, DECIDE_ADDRESS },
	{ "path id", { .set = { 0 }, .source = { .id = 1 }, .path_id = 1 },
	    { .set = { 0 }, .source = { .id = 1 }, .path_id = 2 }, DECIDE_PATH_ID },
};

static struct contender
contend(struct store *store, const struct side *s, struct channel_desc *d)
{
	*d = make_client(s->source.id);
	d->med_metric = s->source.med_metric;
	d->prefer_older = s->source.prefer_older;
	d->no_igp_metric = s->source.no_igp_metric;
	d->internal = !s->external && !s->member;
	d->member = s->member;
	d->kind = s->is_static ? SOURCE_STATIC : SOURCE_BGP;
	return (struct contender){ .attrs = make_set(store, &s->set),
		.source = d,
		.time = s->time,
		.metric = s->metric,
		.unreachable = s->unreachable,
		.path_id = s->path_id };
}

static void
contender_drop(struct store *store, const struct contender *c)
{
	attrs_unref(store, (struct attrs *)(uintptr_t)c->attrs, 1);
}

static void
one_step(void **state)
{
	const struct row *r = *state;
	struct store *store = store_new();
	struct channel_desc a, b;
	struct contender c[2] = { contend(store, &r->win, &a),
		contend(store, &r->lose, &b) };
	struct contender swapped[2] = { c[1], c[0] };
	enum decide_step step;

	assert_true(decide_cmp(&c[0], &c[1], &step) < 0);
	assert_string_equal(decide_step_name(step), decide_step_name(r->step));
	assert_true(decide_cmp(&c[1], &c[0], &step) > 0);
	assert_int_equal(step, r->step);
	assert_int_equal(decide_best(c, 2, &step), 0);
	assert_int_equal(step, r->step);
	assert_int_equal(decide_best(swapped, 2, NULL), 1);
	contender_drop(store, &c[0]);
	contender_drop(store, &c[1]);
	store_free(store);
}

/* RFC 5004's sort of triangle: a beats b by id, b beats c by MED, c beats a by id. */
static void
med_in_any_order(void **state)
{
	static const unsigned orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	static const struct side sides[3] = {
		{ .set = { .path = "1", .med = 1 }, .source = { .id = 5 } },
		{ .set = { .path = "2", .med = 5 }, .source = { .id = 3 } },
		{ .set = { .path = "1", .med = 2 }, .source = { .id = 1 } },
	};
	struct store *store = store_new();
	struct channel_desc d[3];
	struct contender c[3], all[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		c[i] = contend(store, &sides[i], &d[i]);
	for (unsigned i = 0; i < 6; i++) {
		enum decide_step step;

		for (unsigned k = 0; k < 3; k++)
			all[k] = c[orders[i][k]];
		/* the third is out by MED; of the rest the second has the lower id */
		assert_ptr_equal(all[decide_best(all, 3, &step)].source, &d[1]);
	}
	for (unsigned i = 0; i < 3; i++)
		contender_drop(store, &c[i]);
	store_free(store);
}

static void
alone(void **state)
{
	struct store *store = store_new();
	struct channel_desc d;
	struct contender c = contend(store, &rows[0].win, &d);
	enum decide_step step;

	(void)state;
	assert_int_equal(decide_best(&c, 1, &step), 0);
	assert_int_equal(step, DECIDE_ONLY);
	contender_drop(store, &c);
	store_free(store);
}

int
main(void)
{
	ADD_ROWS(rows, name, one_step);
	ADD_TEST(med_in_any_order);
	ADD_TEST(alone);
	return tests_run("decide");
}
