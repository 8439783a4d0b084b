/*
 * Ids and names of what runs: protocols by name, peers and channels by number, tables by
 * both.
 *
 * A peer's id is free again when its io thread has let it go, a channel's when every shard
 * has; a table of the old model goes when no removed protocol is left that may have routes
 * in it.
 */
#include "daemon/ids.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/driver.h"
#include "daemon/recover.h"
#include "daemon/settle.h"
#include "daemon/shardthread.h"

/*
 * Protocols by name.  The list of names is made when somebody asks after a change, and it
 * holds copies: confs come and go with their models.
 */
static void
names_make(struct runtime *rt)
{
	names_clear(&rt->run_names);
	if (!rt->run_arena)
		rt->run_arena = arena_new();
	arena_reset(rt->run_arena);
	names_room(&rt->run_names, rt->run_n);
	for (unsigned i = rt->run_n; i-- > 0;)
		names_set(&rt->run_names,
		    arena_strdup(rt->run_arena, rt->run[i]->conf->name), i);
	rt->run_names_due = false;
}

static struct run *
names_look(const struct runtime *rt, const char *name)
{
	uint32_t i = names_find(&rt->run_names, name);

	if (i >= rt->run_n || strcmp(rt->run[i]->conf->name, name) != 0)
		return NULL;
	return rt->run[i];
}

struct run *
runtime_find(struct runtime *rt, const char *name)
{
	struct run *r = names_look(rt, name);

	if (r || !rt->run_names_due)
		return r;
	names_make(rt);
	return names_look(rt, name);
}

void
runtime_append(struct runtime *rt, struct run *r)
{
	rt->run = mem_realloc(rt->run, (rt->run_n + 1) * sizeof(struct run *));
	rt->run[rt->run_n++] = r;
	if (!rt->run_names_due)
		names_set(&rt->run_names, arena_strdup(rt->run_arena, r->conf->name),
		    rt->run_n - 1);
}

/*
 * Ids.
 */
unsigned
runtime_io_n(const struct model *m)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = m->threads ? m->threads : cpus > 2 ? (unsigned)cpus / 2 : 1;

	return n > IO_THREADS_MAX ? IO_THREADS_MAX : n;
}

_Static_assert(MODEL_SHARDS_MAX <= SHARDS_MAX, "what the model takes can be made");

unsigned
runtime_shard_n(const struct model *m)
{
	return m->shards ? m->shards : 1;
}

uint32_t
ids_channel_new(struct runtime *rt, const struct proto_conf *conf)
{
	for (uint32_t i = 1; i < IDS_MAX; i++) {
		rt->channel_next = rt->channel_next % (IDS_MAX - 1) + 1;
		if (!rt->channel_state[rt->channel_next]) {
			rt->channel_state[rt->channel_next] = 1;
			rt->channel_conf[rt->channel_next] = conf;
			return rt->channel_next;
		}
	}
	return 0;
}

uint32_t
runtime_channel_new(struct runtime *rt)
{
	return ids_channel_new(rt, NULL);
}

void
ids_channel_leave(struct runtime *rt, uint32_t id)
{
	rt->channel_state[id] = (uint8_t)(2 + rt->daemon->shard_n);
	rt->channel_conf[id] = NULL;
	rt->channel_run[id] = NULL;
	ceiling_drop(rt, id);
	rt->leaving++;
	recover_forget(rt, id);
	settle_forget(rt, id);
}

uint32_t
ids_peer_new(struct runtime *rt)
{
	for (uint32_t i = 1; i < IDS_MAX; i++) {
		rt->peer_next = rt->peer_next % (IDS_MAX - 1) + 1;
		if (!rt->peer_used[rt->peer_next]) {
			rt->peer_used[rt->peer_next] = 1;
			return rt->peer_next;
		}
	}
	return 0;
}

bool
runtime_fits(const struct runtime *rt, const struct model *m, char *error, size_t size)
{
	unsigned channels = 0, peers = 0, used = 0, limit = IDS_MAX - 1;

	for (unsigned i = 0; i < m->proto_n; i++) {
		peers += m->proto[i]->kind == PROTO_BGP;
		channels += m->proto[i]->channel_n;
	}
	/* A protocol that restarts has its old ids and its new ones for a while. */
	for (uint32_t i = 1; i < IDS_MAX; i++)
		used += rt->channel_state[i] != 0;
	if (peers <= limit / 2 && channels + used <= limit)
		return true;
	snprintf(error, size,
	    "Too many protocols: %u BGP sessions, %u channels beside %u in use", peers,
	    channels, used);
	return false;
}

/*
 * Tables.
 */
uint32_t
runtime_table_id(const struct runtime *rt, const char *name)
{
	uint32_t i = names_find(&rt->table_names, name);

	return i == NAME_NONE || rt->table[i].gone ? 0 : rt->table[i].id;
}

static void
table_post(struct runtime *rt, const struct run_table *t, bool add)
{
	for (unsigned i = 0; i < rt->daemon->shard_n; i++)
		shard_post_table(rt->daemon->shard[i], t->id, t->type, add);
}

static void
table_sort(struct runtime *rt, struct run_table *t, bool sorted)
{
	if (t->sorted == sorted)
		return;
	t->sorted = sorted;
	for (unsigned i = 0; i < rt->daemon->shard_n; i++)
		shard_post_table_sort(rt->daemon->shard[i], t->id, sorted);
}

void
tables_add(struct runtime *rt, const struct table_conf *c)
{
	static uint32_t next_id;
	uint32_t i = names_find(&rt->table_names, c->name);
	struct run_table *t;

	if (i != NAME_NONE && !rt->table[i].gone && rt->table[i].type == c->type) {
		table_sort(rt, &rt->table[i], c->sorted);
		return;
	}
	rt->table = mem_realloc(rt->table, (rt->table_n + 1) * sizeof(*rt->table));
	t = &rt->table[rt->table_n++];
	*t = (struct run_table){
		.name = mem_strdup(c->name), .type = c->type, .id = ++next_id
	};
	names_set(&rt->table_names, t->name, rt->table_n - 1);
	table_post(rt, t, true);
	table_sort(rt, t, c->sorted);
}

void
tables_mark_gone(struct runtime *rt, const struct model *m)
{
	for (unsigned i = 0; i < rt->table_n; i++) {
		const struct table_conf *c = m ? model_table(m, rt->table[i].name) : NULL;

		if (!c || c->type != rt->table[i].type)
			rt->table[i].gone = true;
	}
}

void
tables_delete_gone(struct runtime *rt)
{
	unsigned n = 0;

	names_clear(&rt->table_names);
	for (unsigned i = 0; i < rt->table_n; i++) {
		if (!rt->table[i].gone) {
			names_set(&rt->table_names, rt->table[i].name, n);
			rt->table[n++] = rt->table[i];
			continue;
		}
		table_post(rt, &rt->table[i], false);
		mem_free(rt->table[i].name);
	}
	rt->table_n = n;
}

/*
 * What has left.
 */
static void
left(struct runtime *rt)
{
	if (--rt->leaving)
		return;
	tables_delete_gone(rt);
	store_trim(rt->daemon->store);
	mem_trim();
	if (rt->on_left)
		rt->on_left(rt);
}

void
runtime_peer_gone(struct runtime *rt, uint32_t id)
{
	rt->peer_used[id] = 0;
	left(rt);
}

void
runtime_channel_gone(struct runtime *rt, uint32_t channel)
{
	if (--rt->channel_state[channel] > 2)
		return;
	rt->channel_state[channel] = 0;
	left(rt);
}
