/*
 * What a group with add-path has been told: for each node the paths, by the id they were
 * sent with, their source and their attribute set.
 *
 * It is kept as a table keeps paths: a node without a key, a block of struct path, where
 * path_id is the id on the wire.  Each entry holds a reference to its set, so that an
 * equal id of a set means the same bytes; 0: it is not known which set it was.
 */
#include "rib/told.h"

#include <string.h>
#include <xxhash.h>
#include "base/mem.h"
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

static void
set_ref(struct shard *s, uint32_t attrs)
{
	if (attrs)
		attrs_ref(store_get(s->store, attrs), 1);
}

static void
set_drop(struct shard *s, uint32_t attrs)
{
	if (attrs)
		path_drop(s, attrs);
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
			set_ref(s, p[k].attrs);
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

	set_ref(s, p->attrs);
	*at = *p;
}

void
told_set(struct shard *s, struct told *v, uint32_t node, unsigned i, uint32_t attrs)
{
	struct path *p = told_paths(v, told_node(v, node)) + i;

	if (p->attrs == attrs)
		return;
	set_ref(s, attrs);
	set_drop(s, p->attrs);
	p->attrs = attrs;
}

void
told_del(struct shard *s, struct told *v, uint32_t node, unsigned i)
{
	struct node *n = told_node(v, node);

	set_drop(s, told_paths(v, n)[i].attrs);
	table_path_del(&v->blocks, n, i);
}

/*
 * Ids on the wire.  They are made of names and of the ids received, not counted, so that
 * after our own restart a path has the id it had: a peer that kept it then holds it once.
 */
static uint32_t
mix(uint64_t a, uint32_t b)
{
	return (uint32_t)(XXH3_64bits_withSeed(&b, sizeof(b), a) >> 32);
}

/* Of members of a range the address is what stays. */
uint32_t
path_id_tag(const struct shard *s, const struct channel *ch)
{
	const struct channel_desc *d = &ch->d;

	if (ch->via)
		return mix(s->channels[ch->upstream]->tag, s->channels[ch->via]->tag);
	if (d->dynamic)
		return (uint32_t)XXH3_64bits(&d->remote_ip, sizeof(d->remote_ip));
	return (uint32_t)XXH3_64bits(d->name, strlen(d->name));
}

uint32_t
path_id_first(const struct shard *s, const struct path *p)
{
	uint32_t id = mix(s->channels[p->channel]->tag, p->path_id);

	return id ? id : 1;
}

static bool
id_before(const struct path *p, const struct path *q)
{
	return p->channel != q->channel ? p->channel < q->channel
					: p->path_id < q->path_id;
}

/* Two of a network with one id are once in 2^32: whose source is the later one takes the
 * next. */
static bool
ids_part(const struct path *p, uint32_t *ids, unsigned i)
{
	for (unsigned k = 0; k < i; k++)
		if (ids[k] == ids[i]) {
			ids[id_before(&p[k], &p[i]) ? i : k]++;
			return true;
		}
	return false;
}

void
path_ids(const struct shard *s, const struct path *p, unsigned n, uint32_t *ids)
{
	uint64_t seen[32] = { 0 }; /* by their last bits: a look at all is rare */
	bool clash = false;

	for (unsigned i = 0; i < n; i++) {
		uint64_t *word, bit;

		ids[i] = path_id_first(s, &p[i]);
		word = &seen[ids[i] / 64 % 32];
		bit = 1ull << (ids[i] % 64);
		clash |= *word & bit && ids_part(p, ids, i);
		*word |= bit;
	}
	while (clash) {
		clash = false;
		for (unsigned i = 1; i < n; i++)
			clash |= ids_part(p, ids, i);
	}
}
