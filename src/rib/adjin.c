/*
 * Adj-RIB-In: a table (rib/table) of what came, with generations.
 *
 *   gen    of what is told now; older paths are stale
 *   keep   the oldest one that is there; paths older than it are gone, and wait for the
 *          walk that takes them out
 */
#include "rib/adjin.h"

#include "base/longnet.h"
#include "base/mem.h"

#define WORK_NODES 4096u /* looked at in a slice */

/* path.channel: any but 0, which is a free block's. */
enum { OURS = 1, OURS_FILTERED };

struct adjin {
	struct store *store;
	struct table t;
	uint16_t gen, keep;
	uint64_t fresh, paths; /* paths of gen; all that are not gone */
	uint64_t fresh_filtered, filtered; /* of them, those the import filter refuses */
	uint32_t work_pos;     /* 0: nothing is to be taken out */
	bool trims;
	void (*on_gone)(void *ctx, const struct nlri *); /* or NULL */
	void *ctx;
};

struct adjin *
adjin_new(struct store *store, enum net_type type)
{
	struct adjin *a = MEM_NEW(struct adjin);

	a->store = store;
	table_init(&a->t, type);
	return a;
}

static void
node_clear(struct adjin *a, uint32_t node)
{
	struct node *n = table_node(&a->t, node);

	while (n->n) {
		struct path *p = node_paths(&a->t, n) + n->n - 1;

		attrs_unref(a->store, store_get(a->store, p->attrs), 1);
		table_path_del(&a->t, n, n->n - 1u);
	}
	table_del(&a->t, node);
}

void
adjin_free(struct adjin *a)
{
	if (!a)
		return;
	for (uint32_t i = 1; i < a->t.node_end; i++)
		if (table_node(&a->t, i)->flags & NODE_USED)
			node_clear(a, i);
	table_fini(&a->t);
	mem_free(a);
}

static bool
is_gone(const struct adjin *a, const struct path *p)
{
	return (int16_t)(uint16_t)(p->gen - a->keep) < 0;
}

static void
filtered_count(struct adjin *a, const struct path *p, int by)
{
	if (p->channel != OURS_FILTERED || is_gone(a, p))
		return;
	a->filtered += (uint64_t)by;
	a->fresh_filtered += p->gen == a->gen ? (uint64_t)by : 0;
}

static uint32_t
find(const struct adjin *a, const struct net *net)
{
	struct net held = *net;
	uint32_t node;

	net_hold(&held);
	node = table_find(&a->t, &held, table_hash(&a->t, &held));
	net_drop(&held);
	return node;
}

/* Also one that is gone. */
static struct path *
path_of(const struct adjin *a, uint32_t node, uint32_t path_id)
{
	const struct node *n = table_node(&a->t, node);
	struct path *p = node_paths(&a->t, n);

	for (unsigned i = 0; node && i < n->n; i++)
		if (p[i].path_id == path_id)
			return &p[i];
	return NULL;
}

bool
adjin_has(const struct adjin *a, const struct nlri *nlri)
{
	const struct path *p = path_of(a, find(a, &nlri->net), nlri->path_id);

	return p && !is_gone(a, p);
}

struct attrs *
adjin_attrs(const struct adjin *a, const struct nlri *nlri)
{
	const struct path *p = path_of(a, find(a, &nlri->net), nlri->path_id);

	return p && !is_gone(a, p) ? store_get(a->store, p->attrs) : NULL;
}

static uint32_t
get(struct adjin *a, struct nlri *nlri)
{
	struct net held = nlri->net;
	uint32_t node;

	net_hold(&held);
	node = table_get(&a->t, &held, table_hash(&a->t, &held));
	net_drop(&held);
	if (node)
		table_net(&a->t, node, &nlri->net);
	return node;
}

bool
adjin_put(struct adjin *a, struct nlri *nlri, struct attrs *attrs, uint32_t time)
{
	uint32_t node = get(a, nlri);
	struct path *p = path_of(a, node, nlri->path_id);
	bool there = p && !is_gone(a, p), renewed = p && p->gen == a->gen;

	if (there && p->attrs == attrs->id)
		time = p->time;
	if (p)
		filtered_count(a, p, -1);
	if (p)
		attrs_unref(a->store, store_get(a->store, p->attrs), 1);
	else if (node)
		p = table_path_add(&a->t, table_node(&a->t, node));
	if (!p)
		return false;
	attrs_ref(attrs, 1);
	*p = (struct path){ .attrs = attrs->id,
		.time = time,
		.path_id = nlri->path_id,
		.channel = OURS,
		.gen = a->gen };
	a->paths += !there;
	a->fresh += !renewed;
	return true;
}

void
adjin_filtered(struct adjin *a, const struct nlri *nlri, bool filtered)
{
	struct path *p = path_of(a, find(a, &nlri->net), nlri->path_id);

	if (!p)
		return;
	filtered_count(a, p, -1);
	p->channel = filtered ? OURS_FILTERED : OURS;
	filtered_count(a, p, 1);
}

static void
path_take_out(struct adjin *a, uint32_t node, unsigned i)
{
	struct node *n = table_node(&a->t, node);

	attrs_unref(
	    a->store, store_get(a->store, node_paths(&a->t, n)[i].attrs), 1);
	table_path_del(&a->t, n, i);
	if (!n->n)
		table_del(&a->t, node);
}

void
adjin_del(struct adjin *a, const struct nlri *nlri)
{
	uint32_t node = find(a, &nlri->net);
	const struct path *p = path_of(a, node, nlri->path_id);

	if (!p)
		return;
	filtered_count(a, p, -1);
	a->paths -= !is_gone(a, p);
	a->fresh -= p->gen == a->gen;
	path_take_out(
	    a, node, (unsigned)(p - node_paths(&a->t, table_node(&a->t, node))));
}

void
adjin_mark(struct adjin *a)
{
	a->gen++;
	a->fresh = a->fresh_filtered = 0;
}

void
adjin_drop_stale(struct adjin *a)
{
	if (a->paths != a->fresh)
		a->work_pos = 1;
	a->keep = a->gen;
	a->paths = a->fresh;
	a->filtered = a->fresh_filtered;
}

void
adjin_clear(struct adjin *a)
{
	adjin_mark(a);
	adjin_drop_stale(a);
}

void
adjin_on_gone(struct adjin *a, void (*fn)(void *ctx, const struct nlri *), void *ctx)
{
	a->on_gone = fn;
	a->ctx = ctx;
}

static void
tell_gone(const struct adjin *a, uint32_t node, const struct path *p)
{
	struct nlri nlri = { .path_id = p->path_id };

	table_net(&a->t, node, &nlri.net);
	a->on_gone(a->ctx, &nlri);
}

static void
node_work(struct adjin *a, uint32_t node)
{
	const struct node *n = table_node(&a->t, node);

	for (unsigned i = n->flags & NODE_USED ? n->n : 0; i-- > 0;) {
		const struct path *p = &node_paths(&a->t, n)[i];

		if (!is_gone(a, p))
			continue;
		if (a->on_gone)
			tell_gone(a, node, p);
		path_take_out(a, node, i);
	}
}

bool
adjin_work(struct adjin *a)
{
	uint32_t end = a->t.node_end;

	if (!a->work_pos) {
		a->trims = a->trims && table_trim_slice(&a->t);
		return a->trims;
	}
	if (end - a->work_pos > WORK_NODES)
		end = a->work_pos + WORK_NODES;
	for (uint32_t i = a->work_pos; i < end; i++)
		node_work(a, i);
	a->work_pos = end;
	if (end == a->t.node_end) {
		a->work_pos = 0;
		a->trims = true;
		table_trim_begin(&a->t);
	}
	return true;
}

uint64_t
adjin_paths(const struct adjin *a)
{
	return a->paths;
}

uint64_t
adjin_filtered_paths(const struct adjin *a)
{
	return a->filtered;
}

size_t
adjin_bytes(const struct adjin *a)
{
	return sizeof(*a) + table_bytes(&a->t);
}

static unsigned
node_routes(const struct adjin *a, uint32_t node, struct adjin_route *out)
{
	const struct node *n = table_node(&a->t, node);
	const struct path *p = node_paths(&a->t, n);
	unsigned k = 0;

	for (unsigned i = 0; node && i < n->n; i++) {
		if (is_gone(a, &p[i]))
			continue;
		table_net(&a->t, node, &out[k].nlri.net);
		out[k].nlri.path_id = p[i].path_id;
		out[k].attrs = store_get(a->store, p[i].attrs);
		out[k].time = p[i].time;
		out[k].filtered = p[i].channel == OURS_FILTERED;
		out[k++].stale = p[i].gen != a->gen;
	}
	return k;
}

unsigned
adjin_next(const struct adjin *a, uint32_t *pos, struct adjin_route *out)
{
	unsigned n = 0;
	uint32_t i;

	for (i = *pos ? *pos : 1; i < a->t.node_end && n + TABLE_PATHS_MAX <= ADJIN_SLICE;
	     i++)
		if (table_node(&a->t, i)->flags & NODE_USED)
			n += node_routes(a, i, out + n);
	*pos = i;
	return n;
}

unsigned
adjin_look(const struct adjin *a, const struct net *net, struct adjin_route *out)
{
	return node_routes(a, find(a, net), out);
}

unsigned
adjin_match(const struct adjin *a, const struct net *net, struct adjin_route *out)
{
	return node_routes(a, table_match(&a->t, net), out);
}
