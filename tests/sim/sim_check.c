/*
 * The comparison of sim_rib: what peers hold, best paths, groups and counts, with the model.
 */
#include "sim_rib.h"

#include <string.h>
#include "rib/follow.h"

void
sim_check_sleep(struct sim *s, const struct rib_table *t)
{
	if (!t->awake && !table_quiet(t))
		FAIL(s, "table %u sleeps with work to do", t->id);
}

static void
dump(const char *what, const uint8_t *b, size_t n)
{
	fprintf(stderr, "%s:", what);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, " %02x", b[i]);
	fputc('\n', stderr);
}

static bool
route_is(const struct sim *s, const struct rx_route *r, const uint8_t *due, size_t len,
    const struct next_hop *nh)
{
	if (!r->held || r->len != len || memcmp(r->attrs, due, len) != 0)
		return false;
	return s->family == FAM_IP4 || (r->next_hop.len == nh->len &&
			     memcmp(r->next_hop.b, nh->b, nh->len) == 0);
}

/* Each path is held once; equal ones may stand for one another. */
static void
check_path(struct sim *s, const struct peer *p, unsigned i, const struct model_path *path,
    bool *seen)
{
	struct next_hop nh = { 0 };
	uint8_t buf[BYTES];
	size_t len;

	arena_reset(s->arena);
	len = model_export(
	    s->store, s->arena, &p->d, path, &s->nets[i], buf, sizeof(buf), &nh);
	if (!len)
		return;
	for (unsigned k = 0; k < PATHS; k++)
		if (!seen[k] && route_is(s, &p->rx[i][k], buf, len, &nh)) {
			seen[k] = true;
			return;
		}
	for (unsigned k = 0; k < PATHS; k++)
		if (p->rx[i][k].held)
			dump("held", p->rx[i][k].attrs, p->rx[i][k].len);
	dump("due ", buf, len);
	FAIL(s, "channel %u does not hold net %u of %u", p->d.id, i, path->source->id);
}

/* The one that a channel without add-path is told, if it may have it. */
static int
due_path(struct sim *s, const struct peer *p, unsigned i, const struct model_path *paths,
    unsigned n, int best)
{
	struct model_path left[(CHANNELS + 1) * IDS];
	struct next_hop nh = { 0 };
	uint8_t buf[BYTES];

	memcpy(left, paths, n * sizeof(*left));
	for (; p->d.secondary && best >= 0; best = model_best(left, n)) {
		arena_reset(s->arena);
		if (model_export(s->store, s->arena, &p->d, &left[best], &s->nets[i], buf,
			sizeof(buf), &nh))
			break;
		left[best].attrs = NULL;
	}
	return best;
}

static void
check_routes(struct sim *s, const struct peer *p, unsigned i,
    const struct model_path *paths, unsigned n, int best)
{
	bool seen[PATHS] = { false };

	best = due_path(s, p, i, paths, n, best);
	for (unsigned k = 0; k < n; k++)
		if (paths[k].attrs && (p->d.add_path_tx || (int)k == best))
			check_path(s, p, i, &paths[k], seen);
	for (unsigned k = 0; k < PATHS; k++)
		if (p->rx[i][k].held && !seen[k])
			FAIL(s, "channel %u holds net %u, id %u: should not", p->d.id, i,
			    p->rx[i][k].id);
}

static void
check_counts(struct sim *s, const struct peer *p, const unsigned *preferred)
{
	struct channel_counts c = { 0 }, part;
	uint64_t imported = 0, stale = 0, exported = 0;

	for (unsigned i = 0; i < s->shard_n; i++) {
		shard_channel_counts(s->port[i].shard, p->d.id, &part);
		c.imported += part.imported;
		c.stale += part.stale;
		c.preferred += part.preferred;
		c.exported += part.exported;
	}
	for (unsigned i = 0; i < NETS; i++) {
		for (unsigned k = 0; k < IDS; k++) {
			imported += p->routes[k][i] >= 0;
			stale += p->stale[k][i];
		}
		for (unsigned k = 0; k < PATHS; k++)
			exported += p->up && p->rx[i][k].held;
	}
	if (c.imported != imported || c.stale != stale ||
	    c.preferred != preferred[p->d.id] || c.exported != exported)
		FAIL(s,
		    "counts of channel %u: imported %lu/%lu stale %lu/%lu preferred "
		    "%lu/%u "
		    "exported %lu/%lu",
		    p->d.id, (unsigned long)c.imported, (unsigned long)imported,
		    (unsigned long)c.stale, (unsigned long)stale,
		    (unsigned long)c.preferred, preferred[p->d.id],
		    (unsigned long)c.exported, (unsigned long)exported);
}

static void
on_path(void *ctx, const struct path_view *v, unsigned n)
{
	(void)ctx;
	for (unsigned i = 0; i < n; i++)
		fprintf(stderr,
		    "  channel %u set %u lp %u len %u origin %u med %u/%u as %u id %u/%u "
		    "clusters %u pref %u\n",
		    v[i].channel, v[i].attrs->id, v[i].attrs->local_pref,
		    v[i].attrs->path_len, v[i].attrs->origin, v[i].attrs->med,
		    v[i].attrs->has, v[i].attrs->neighbor_as, v[i].attrs->originator,
		    ((const struct sim *)ctx)->peers[v[i].channel].d.med_metric,
		    v[i].attrs->cluster_count, v[i].attrs->preference);
}

/* What becomes of a path on its way through the pipes between two tables; NULL: nothing. */
static struct attrs *
piped(struct sim *s, struct attrs *a, unsigned net, unsigned from, unsigned to)
{
	while (a && from != to) {
		struct way *w = &s->way[from < to ? 2 * (from - 1) : 2 * (from - 2) + 1];
		bool changed;
		struct draft d;

		if (!w->up)
			return NULL;
		arena_reset(s->arena);
		draft_from(&d, s->arena, a);
		if (filter_run(w->filter, &s->nets[net], &d, &(struct route_source){ 0 },
			&changed) != FILTER_ACCEPT)
			return NULL;
		if (changed) {
			if (s->made_n == sizeof(s->made) / sizeof(*s->made))
				FAIL(s, "too many sets made");
			a = s->made[s->made_n++] = store_intern(s->store, &d);
		}
		from += from < to ? 1 : -1u;
	}
	return a;
}

static void
made_drop(struct sim *s)
{
	while (s->made_n)
		attrs_unref(s->store, s->made[--s->made_n], 1);
}

/* The table's best path is the model's? */
static void
check_best(struct sim *s, unsigned table, unsigned i, int best)
{
	struct walk w = { .table = table, .mode = WALK_NET, .net = s->nets[i] };
	struct shard *shard = s->port[sim_shard_of(s, i)].shard;
	const struct rib_table *t = shard_table(shard, table);
	uint32_t node = table_find(&t->t, &s->nets[i], table_hash(&t->t, &s->nets[i]));

	if (best >= 0 && node &&
	    pipe_root(shard, node_paths(&t->t, table_node(&t->t, node))->channel) ==
		(uint32_t)best)
		return;
	if (best < 0 && !node)
		return;
	shard_walk(shard, &w, 1, on_path, s);
	FAIL(s, "the best path of net %u should be of channel %d", i, best);
}

/* At rest no two groups have the same key: they have merged. */
static void
check_groups(struct sim *s, const struct shard *shard, unsigned table)
{
	const struct rib_table *t = shard_table(shard, table);

	for (uint32_t i = 0; i < t->group_n; i++)
		for (uint32_t j = 0; j < i; j++)
			if (memcmp(&t->groups[i]->key, &t->groups[j]->key,
				sizeof(struct sink)) == 0)
				FAIL(s, "groups %u and %u have not merged: told %lu and "
					"%lu, lag %u and %u", t->groups[i]->id,
				    t->groups[j]->id, (unsigned long)t->groups[i]->adv_n,
				    (unsigned long)t->groups[j]->adv_n,
				    t->groups[i]->lag_n, t->groups[j]->lag_n);
}

static void
check_net(struct sim *s, unsigned table, unsigned i, unsigned *preferred, unsigned *nets)
{
	struct model_path paths[(CHANNELS + 1) * IDS] = { 0 };
	int best;

	for (unsigned j = IDS; j < (CHANNELS + 1) * IDS; j++) {
		const struct peer *p = &s->peers[j / IDS];

		if (p->routes[j % IDS][i] >= 0)
			paths[j] = (struct model_path){
				piped(s, s->sets[p->routes[j % IDS][i]], i, p->d.table,
				    table),
				&p->d, 0 };
	}
	best = model_best(paths, (CHANNELS + 1) * IDS);
	check_best(s, table, i, best < 0 ? -1 : best / IDS);
	if (best >= 0) {
		preferred[best / IDS] += s->peers[best / IDS].d.table == table;
		++*nets;
	}
	for (unsigned j = 1; j <= CHANNELS; j++) {
		struct peer *p = &s->peers[j];

		if (!p->up || p->d.table != table || p->d.kind != SOURCE_BGP)
			continue;
		/* what the peer was last told to use as export */
		p->d.export = s->port[0].shard->channels[j]->d.export;
		p->d.targets = s->port[0].shard->channels[j]->d.targets;
		check_routes(s, p, i, paths, (CHANNELS + 1) * IDS, best);
	}
	made_drop(s);
}

static void
check_table(struct sim *s, unsigned table, unsigned *preferred)
{
	struct table_counts tc;
	uint64_t held = 0;
	unsigned nets = 0;

	for (unsigned i = 0; i < NETS; i++)
		check_net(s, table, i, preferred, &nets);
	EACH(s, check_groups(s, shard, table));
	EACH(s, sim_check_sleep(s, shard_table(shard, table)));
	EACH(s, (shard_table_counts(shard, table, &tc), held += tc.nets));
	if (held != nets)
		FAIL(s, "%lu networks, should be %u", (unsigned long)held, nets);
}

void
sim_check(struct sim *s)
{
	unsigned preferred[CHANNELS + 1] = { 0 };

	for (unsigned t = 1; t <= TABLES; t++)
		check_table(s, t, preferred);
	for (unsigned j = 1; j <= CHANNELS; j++) {
		for (unsigned i = 0; i < s->shard_n; i++) {
			if (s->peers[j].wants_caught_up[i])
				FAIL(s, "channel %u was never told to have caught up", j);
			if (s->peers[j].walks[i])
				FAIL(s, "channel %u is still on its way", j);
		}
		if (s->peers[j].known)
			check_counts(s, &s->peers[j], preferred);
	}
}
