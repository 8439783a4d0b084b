/*
 * Moving: a channel goes over to another table, its session stays.
 *
 * As a source: its paths are copied into the new table, slice by slice, and stand in both
 * for a while; a route that comes or goes meanwhile leaves the old one at once.  As a sink
 * (later: it may be told to stay) it leaves its group for one of the new table that takes
 * over what it was told: of each network what was sent is compared, as bytes, with what the
 * new table's best path makes; where it is the same nothing lags.  Only when no sink is
 * left to be compared do the paths leave the old table: until then it says what sinks were
 * told.
 *
 *   COPY (move_pos) -> walked -> sinks mapped (group.heir, map_pos) -> DROP (drop_pos)
 *
 * Followers go between the two: in the old table until all is copied, and done before sinks
 * are mapped, for a pipe brings what these are compared with (follow.c).
 *
 * A source may also go without its paths: they stay behind until they are dropped, and new
 * ones come into the new table, as a new import policy makes them.
 *
 * What else happens to a channel under way (it goes down, is purged, ages) ends the move
 * first, at once.
 */
#include "rib/emit.h"

#include <assert.h>
#include <string.h>

struct rib_table *
sink_table(const struct shard *s, const struct channel *ch)
{
	return ch->d.sink_table ? shard_table(s, ch->d.sink_table)
				: shard_table(s, ch->d.table);
}

/*
 * Sources.
 */

/* Path i of the node leaves the old table; the one in the new table counts. */
static void
left_del(struct shard *s, struct channel *ch, uint32_t node, unsigned i)
{
	const struct path *p =
	    node_paths(&ch->from->t, table_node(&ch->from->t, node)) + i;
	struct limits *limits = ch->limits;

	ch->in.imported++;
	ch->in.stale += path_is_stale(ch, p);
	ch->limits = NULL;
	node_path_del(s, ch->from, node, i);
	ch->limits = limits;
}

static bool
path_copy(struct shard *s, struct channel *ch, const struct net *net, struct path p)
{
	struct attrs *a = store_get(s->store, p.attrs);
	struct limits *limits = ch->limits;
	bool ok;

	attrs_ref(a, 1);
	ch->limits = NULL;
	ok = node_path_put(s, ch->table, net, &p);
	ch->limits = limits;
	if (!ok) {
		attrs_unref(s->store, a, 1);
		return false;
	}
	ch->in.imported--;
	ch->in.imp_updates_accepted--;
	return true;
}

/* What is there already has been copied ahead, and may have changed since. */
static bool
is_there(const struct channel *ch, const struct net *net, uint32_t path_id)
{
	const struct table *t = &ch->table->t;
	uint32_t node = table_find(t, net, table_hash(t, net));

	return node && path_index(t, table_node(t, node), ch->d.id, path_id) >= 0;
}

static void
node_copy(struct shard *s, struct channel *ch, uint32_t node)
{
	struct node *n = table_node(&ch->from->t, node);
	struct net net;

	table_net(&ch->from->t, node, &net);
	for (unsigned i = n->n; i-- > 0;) {
		struct path p = node_paths(&ch->from->t, n)[i];

		if (p.channel != ch->d.id || is_there(ch, &net, p.path_id) ||
		    path_copy(s, ch, &net, p))
			continue;
		node_path_del(s, ch->from, node, i); /* no room for it over there */
		i = n->n;
	}
}

static void
node_drop(struct shard *s, struct channel *ch, uint32_t node)
{
	struct node *n = table_node(&ch->from->t, node);

	for (unsigned i = n->n; i-- > 0;)
		if (node_paths(&ch->from->t, n)[i].channel == ch->d.id) {
			if (ch->move_afresh)
				node_path_del(s, ch->from, node, i);
			else
				left_del(s, ch, node, i);
			ch->from->swept++;
			i = n->n; /* the decision may have moved them */
		}
}

/* A slice of the old table's nodes; where it ends, 0 at the table's end. */
static uint32_t
walk(struct shard *s, struct channel *ch, uint32_t from, uint32_t slice,
    void (*fn)(struct shard *, struct channel *, uint32_t))
{
	const struct table *t = &ch->from->t;
	uint32_t to = t->node_end > from && t->node_end - from > slice ? from + slice
								       : t->node_end;

	for (uint32_t i = from; i < to; i++)
		if (table_node(t, i)->flags & NODE_USED)
			fn(s, ch, i);
	drops_flush(s);
	return to < t->node_end ? to : 0;
}

static void
copied(struct shard *s, struct channel *ch)
{
	if (s->ops.walked && ch->d.id < CHANNEL_OWN)
		s->ops.walked(s->ctx, ch->d.id);
}

static void
dropped(struct shard *s, struct channel *ch)
{
	table_wake(ch->from);
	ch->from->channel_n--;
	ch->from = NULL;
	s->moving_n--;
	s->upkeep = true;
}

void
move_begin(
    struct shard *s, struct channel *ch, struct rib_table *to, bool afresh)
{
	assert(to);
	move_now(s, ch);
	if (ch->table == to)
		return;
	if (ch->sweep_left)
		sweep_now(s, ch->table);
	ch->from = ch->table;
	ch->table = to;
	to->channel_n++;
	ch->move_pos = !afresh;
	ch->move_afresh = afresh;
	ch->drop_pos = 1;
	s->moving_n++;
	if (afresh)
		copied(s, ch);
}

void
move_now(struct shard *s, struct channel *ch)
{
	if (!ch->from)
		return;
	if (ch->move_pos) {
		walk(s, ch, ch->move_pos, UINT32_MAX, node_copy);
		ch->move_pos = 0;
		copied(s, ch);
	}
	walk(s, ch, ch->drop_pos, UINT32_MAX, node_drop);
	dropped(s, ch);
}

void
move_entry(struct shard *s, struct channel *ch, const struct nlri *e)
{
	const struct table *t = &ch->from->t;
	uint32_t node = table_find(t, &e->net, table_hash(t, &e->net)), there;
	int i = node ? path_index(t, table_node(t, node), ch->d.id, e->path_id) : -1;

	if (i < 0)
		return;
	t = &ch->table->t;
	there = table_find(t, &e->net, table_hash(t, &e->net));
	if (there && path_index(t, table_node(t, there), ch->d.id, e->path_id) >= 0)
		left_del(s, ch, node, (unsigned)i);
	else
		node_path_del(s, ch->from, node, (unsigned)i); /* not copied yet */
}

void
move_node(struct shard *s, struct channel *ch, uint32_t node)
{
	if (ch->move_pos)
		node_copy(s, ch, node);
}

/*
 * Sinks.
 */

/* What a group's key makes of a path.  Bytes stay in buf. */
static struct exported
export_path(struct shard *s, const struct sink *key, const struct path *p,
    const struct net *net, uint8_t *buf)
{
	struct exporter x;
	struct exported out;

	export_begin(&x, s, key, &s->channels[p->channel]->d,
	    store_get(s->store, p->attrs), buf);
	out = *export_one(&x, net);
	export_end(&x);
	return out;
}

static bool
same_sent(struct shard *s, const struct group *g, const struct path *was,
    const struct path *now, const struct net *net)
{
	struct exported a = export_path(s, &g->key, was, net, s->scratch[0]);
	struct exported b = export_path(s, &g->heir->key, now, net, s->scratch[1]);

	return a.verdict == 2 && exported_same(&a, &b);
}

/* Is the first path what the group was told?  It may be dirty, or about to be looked at. */
static bool
is_told(const struct shard *s, const struct group *g, uint32_t node, const struct path *p)
{
	return !group_lags(g, node) && !g->old && !g->table->cycling &&
	       !(table_node(&g->table->t, node)->flags & group_dirty(g)) &&
	       !s->channels[p->channel]->redecide;
}

/* Best paths: the heir is told as the group was, of what is the same. */
static void
map_best(struct shard *s, struct group *g, uint32_t node, uint32_t there,
    const struct net *net)
{
	const struct channel *ch = g->members[0];
	const struct node *n = table_node(&g->table->t, node),
			  *m = table_node(&g->heir->table->t, there);
	const struct path *p = node_paths(&g->table->t, n),
			  *q = node_paths(&g->heir->table->t, m);
	uint16_t told = adv_get(&g->adv, node);

	group_adv_set(g->heir, there, told);
	g->heir->adv_n++;
	if (!n->n || !m->n || p->channel != told || !is_told(s, g, node, p))
		return;
	if ((p->channel == ch->d.id) != (q->channel == ch->d.id))
		return;
	if (p->channel == ch->d.id) { /* it was not told its own: any bytes will do */
		if (export_path(s, &g->heir->key, q, net, s->scratch[0]).verdict != 2)
			return;
	} else if (!same_sent(s, g, p, q, net)) {
		return;
	}
	group_adv_set(g->heir, there, q->channel);
	group_lag_clear(g->heir, there);
}

static bool
told_as_is(const struct group *g, uint32_t node, const struct path *p, uint32_t id)
{
	int k = told_find(g->told, node, p->channel, id);

	return k >= 0 &&
	       told_paths(g->told, told_node(g->told, node))[k].attrs == p->attrs;
}

/* With add-path: is each path of the network told as it is, or not for the group? */
static bool
all_told(struct shard *s, struct group *heir, uint32_t there, const struct net *net)
{
	const struct node *m = table_node(&heir->table->t, there);
	const struct path *q = node_paths(&heir->table->t, m);
	uint32_t ids[TABLE_PATHS_MAX];
	unsigned known = 0;

	path_ids(s, q, m->n, ids);
	for (unsigned i = 0; i < m->n; i++) {
		if (told_as_is(heir, there, &q[i], ids[i]))
			known++;
		else if (export_path(s, &heir->key, &q[i], net, s->scratch[0]).verdict ==
			 2)
			return false;
	}
	return known == told_node(heir->told, there)->n;
}

static bool
keys_same(const struct sink *a, const struct sink *b)
{
	struct sink x = *a;

	x.table = b->table;
	return memcmp(&x, b, sizeof(x)) == 0;
}

static void
map_all(struct shard *s, struct group *g, uint32_t node, uint32_t there,
    const struct net *net)
{
	const struct node *n = told_node(g->told, node);
	bool sure = !group_lags(g, node) && !g->old && !g->table->cycling &&
		    keys_same(&g->key, &g->heir->key);

	for (unsigned i = 0; i < n->n; i++) {
		const struct path *p = told_paths(g->told, n) + i;

		told_add(s, g->heir->told, there, p);
		g->heir->adv_n++;
		sure = sure && !s->channels[p->channel]->redecide;
	}
	if (sure && (g->key.secondary ? secondary_holds(s, g->heir, there)
				      : all_told(s, g->heir, there, net)))
		group_lag_clear(g->heir, there);
}

static void
map_node(struct shard *s, struct group *g, uint32_t node)
{
	struct table *t = &g->heir->table->t;
	struct net net;
	uint32_t there;

	table_net(&g->table->t, node, &net);
	there = table_get(t, &net, table_hash(t, &net));
	if (!there)
		return;
	group_fit(g->heir);
	group_lag_set(g->heir, there); /* a node of ours stays until it is told */
	if (!g->told != !g->heir->told) {
		group_told_convert(s, g->heir, there, g, node);
		g->heir->adv_n++;
	} else if (g->told)
		map_all(s, g, node, there, &net);
	else
		map_best(s, g, node, there, &net);
}

/* The member goes over. */
static void
map_end(struct shard *s, struct group *g)
{
	struct group *heir = g->heir;
	struct channel *ch = g->members[0];

	g->heir = heir->heir_of = NULL;
	s->moving_n--;
	group_member_move(s, ch, heir);
	s->upkeep = true;
	if (heir->table == sink_table(s, ch) && heir->table->self_keyed)
		group_rekey(s, ch);
}

static bool
map_slice(struct shard *s, struct group *g, uint32_t slice)
{
	uint32_t end = g->table->t.node_end;

	group_fit(g);
	for (; g->map_pos < end && slice; g->map_pos++, slice--)
		if (group_told(g, g->map_pos))
			map_node(s, g, g->map_pos);
	if (g->map_pos < end)
		return false;
	map_end(s, g);
	return true;
}

/* A group of its own, standing still. */
static struct group *
alone(struct shard *s, struct channel *ch)
{
	struct group *g = ch->group, *own;

	if (g->member_n > 1) {
		group_use_key(s, &g->key);
		own = group_split(s, g, &g->key);
		group_member_move(s, ch, own);
		return own;
	}
	if (s->feed.group == g)
		feed_cancel(s, g);
	return g;
}

void
sink_stand_still(struct shard *s, struct channel *ch)
{
	struct group *g = alone(s, ch);

	g->still = true;
}

void
sink_move(struct shard *s, struct channel *ch)
{
	struct group *g = alone(s, ch), *heir;
	struct sink key = group_channel_key(s, ch);

	assert(!group_frozen(g));
	heir = group_new(s, sink_table(s, ch), &key);
	group_lag_all(heir);
	heir->origin = g->id;
	heir->origin_at = UINT64_MAX;
	heir->heir_of = g;
	g->heir = heir;
	g->map_pos = 1;
	s->moving_n++;
}

void
sink_move_now(struct shard *s, struct channel *ch)
{
	struct group *g = ch->group;

	if (g && g->heir)
		while (!map_slice(s, g, UINT32_MAX))
			;
}

/*
 * Slices.
 */

/* Main's channels, then those of the shard's own; may be NULL. */
static struct channel *
channel_at(const struct shard *s, uint32_t i)
{
	return i < s->channel_end ? s->channels[i] : s->own[i - s->channel_end];
}

static bool
copy_one(struct shard *s)
{
	for (uint32_t i = 1; i < s->channel_end + s->own_n; i++) {
		struct channel *ch = channel_at(s, i);

		if (!ch || !ch->from || !ch->move_pos)
			continue;
		ch->move_pos = walk(
		    s, ch, ch->move_pos, s->tune.slice / 4 + 1, node_copy);
		if (!ch->move_pos)
			copied(s, ch);
		return true;
	}
	return false;
}

static bool
map_one(struct shard *s)
{
	for (uint32_t i = 0; i < s->table_n; i++)
		for (uint32_t k = 0; k < s->tables[i]->group_n; k++)
			if (s->tables[i]->groups[k]->heir) {
				map_slice(s, s->tables[i]->groups[k],
				    s->tune.slice / 8 + 1);
				return true;
			}
	return false;
}

/* Sinks that are to be compared need the old table as it was. */
static bool
sinks_wait(const struct shard *s)
{
	for (uint32_t i = 1; i < s->channel_end; i++)
		if (s->channels[i] && s->channels[i]->up && s->channels[i]->d.sink_table)
			return true;
	return false;
}

static bool
drop_one(struct shard *s)
{
	for (uint32_t i = 1; i < s->channel_end + s->own_n; i++) {
		struct channel *ch = channel_at(s, i);

		if (!ch || !ch->from)
			continue;
		ch->drop_pos = walk(
		    s, ch, ch->drop_pos, s->tune.slice / 4 + 1, node_drop);
		if (!ch->drop_pos)
			dropped(s, ch);
		return true;
	}
	return false;
}

bool
move_slice(struct shard *s)
{
	if (!s->moving_n)
		return false;
	if (copy_one(s))
		return true;
	if (!sinks_wait(s) && follow_move_slice(s))
		return true;
	if (follow_moving(s)) /* sinks are to find what pipes bring */
		return false;
	return map_one(s) || (!sinks_wait(s) && drop_one(s));
}
