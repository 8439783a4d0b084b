/*
 * What a group with add-path has been told: for each node the paths, by the id they were
 * sent with, their source and their attribute set.
 *
 * It is kept as a table keeps paths: a node without a key, a block of struct path, where
 * path_id is the id on the wire.  Each entry holds a reference to its set, so that an
 * equal id of a set means the same bytes.
 */
#include "rib/told.h"

#include <string.h>
#include "base/mem.h"
#include "base/wire.h"
#include "rib/core.h"

struct told *
told_new(void)
{
	struct told *v = MEM_NEW(struct told);

	table_init(&v->blocks, NET_IP4);
	return v;
}

void
told_fit(struct told *v, uint32_t node_end)
{
	slab_fit(&v->nodes, (size_t)node_end * sizeof(struct node));
	v->end = node_end;
}

void
told_free(struct shard *s, struct told *v)
{
	if (!v)
		return;
	for (uint32_t i = 1; i < v->end && v->blocks.path_n; i++)
		while (told_node(v, i)->n)
			told_del(s, v, i, told_node(v, i)->n - 1u);
	slab_free(&v->nodes);
	table_fini(&v->blocks);
	mem_free(v);
}

struct told *
told_copy(struct shard *s, const struct told *from)
{
	struct told *v = MEM_NEW(struct told);

	*v = *from;
	slab_copy(&v->nodes, &from->nodes);
	slab_copy(&v->blocks.nodes, &from->blocks.nodes);
	slab_copy(&v->blocks.slots, &from->blocks.slots);
	slab_copy(&v->blocks.paths, &from->blocks.paths);
	for (uint32_t i = 1; i < v->end; i++) {
		const struct node *n = told_node(v, i);
		const struct path *p = told_paths(v, n);

		for (unsigned k = 0; k < n->n; k++)
			attrs_ref(store_get(s->store, p[k].attrs), 1);
	}
	return v;
}

size_t
told_bytes(const struct told *v)
{
	return v->end * sizeof(struct node) + table_bytes(&v->blocks);
}

int
told_find(const struct told *v, uint32_t node, uint32_t channel, uint32_t id)
{
	const struct node *n = told_node(v, node);
	const struct path *p = told_paths(v, n);

	for (unsigned i = 0; i < n->n; i++)
		if (p[i].path_id == id && p[i].channel == channel)
			return (int)i;
	return -1;
}

void
told_add(struct shard *s, struct told *v, uint32_t node, const struct path *p)
{
	struct path *at = table_path_add(&v->blocks, told_node(v, node));

	attrs_ref(store_get(s->store, p->attrs), 1);
	*at = *p;
}

void
told_set(struct shard *s, struct told *v, uint32_t node, unsigned i, uint32_t attrs)
{
	struct path *p = told_paths(v, told_node(v, node)) + i;

	if (p->attrs == attrs)
		return;
	attrs_ref(store_get(s->store, attrs), 1);
	path_drop(s, p->attrs);
	p->attrs = attrs;
}

void
told_del(struct shard *s, struct told *v, uint32_t node, unsigned i)
{
	struct node *n = told_node(v, node);

	path_drop(s, told_paths(v, n)[i].attrs);
	table_path_del(&v->blocks, n, i);
}

/*
 * Ids on the wire.  A path whose source uses no ids goes by its channel; the others by
 * the number of (channel, id received), which is theirs as long as any such path lives.
 */
#define ID_FIRST 65536u

static struct net
id_key(uint32_t channel, uint32_t path_id)
{
	struct net key = { .type = NET_IP6 };

	put_u32(key.key, channel);
	put_u32(key.key + 4, path_id);
	return key;
}

bool
path_id_ref(struct shard *s, const struct path *p)
{
	struct net key = id_key(p->channel, p->path_id);
	uint32_t i;

	if (!p->path_id)
		return true;
	i = table_get(&s->ids, &key, table_hash(&s->ids, &key));
	if (i)
		table_node(&s->ids, i)->block++;
	return i;
}

static uint32_t
id_find(const struct shard *s, const struct path *p)
{
	struct net key = id_key(p->channel, p->path_id);

	return table_find(&s->ids, &key, table_hash(&s->ids, &key));
}

void
path_id_unref(struct shard *s, const struct path *p)
{
	uint32_t i;

	if (!p->path_id)
		return;
	i = id_find(s, p);
	if (!--table_node(&s->ids, i)->block)
		table_del(&s->ids, i);
}

uint32_t
path_id_sent(const struct shard *s, const struct path *p)
{
	return p->path_id ? ID_FIRST + id_find(s, p) : p->channel;
}
