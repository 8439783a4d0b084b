/*
 * Running configuration: plan -> posts to the threads.
 */
#include "daemon/runtime.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/bfds.h"
#include "daemon/driver.h"
#include "daemon/dynamic.h"
#include "daemon/ifaces.h"
#include "daemon/flows.h"
#include "daemon/igp.h"
#include "daemon/links.h"
#include "daemon/listen.h"
#include "daemon/mrtlog.h"
#include "daemon/near.h"
#include "daemon/origins.h"
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

static uint32_t
channel_new(struct runtime *rt, const struct proto_conf *conf)
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
	return channel_new(rt, NULL);
}

static void
channel_leave(struct runtime *rt, uint32_t id)
{
	rt->channel_state[id] = (uint8_t)(2 + rt->daemon->shard_n);
	rt->channel_conf[id] = NULL;
	rt->channel_run[id] = NULL;
	ceiling_drop(rt, id);
	rt->leaving++;
	recover_forget(rt, id);
	settle_forget(rt, id);
}

static uint32_t
peer_new(struct runtime *rt)
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

static void
table_add(struct runtime *rt, const struct table_conf *c)
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

static void
tables_mark_gone(struct runtime *rt, const struct model *m)
{
	for (unsigned i = 0; i < rt->table_n; i++) {
		const struct table_conf *c = m ? model_table(m, rt->table[i].name) : NULL;

		if (!c || c->type != rt->table[i].type)
			rt->table[i].gone = true;
	}
}

static void
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
 * Protocols.
 */
static void
run_message(struct run *r, const char *message)
{
	mem_free(r->message);
	r->message = message && *message ? mem_strdup(message) : NULL;
}

static void
channels_new(struct runtime *rt, struct run *r)
{
	for (unsigned i = 0; i < r->conf->channel_n; i++) {
		uint32_t id = channel_new(rt, r->conf);

		r->channel[r->conf->channel[i].family] = id;
		rt->channel_run[id] = r;
	}
	if (r->conf->peer_table && r->conf->channel_n) {
		r->peer_channel = channel_new(rt, r->conf);
		rt->channel_run[r->peer_channel] = r;
	}
}

static void
bgp_add(struct runtime *rt, struct run *r)
{
	struct daemon *d = rt->daemon;

	r->peer = peer_new(rt);
	channels_new(rt, r);
	peer_post_add(d->io[r->io], setup_make(rt, r), !r->disabled);
	bfds_poke(rt); /* members of a range come when they call */
}

static void
bgp_remove(struct runtime *rt, struct run *r, unsigned subcode)
{
	rt->leaving++;
	bfds_poke(rt);
	for (unsigned f = 0; f < FAMILIES; f++)
		if (r->channel[f])
			channel_leave(rt, r->channel[f]);
	peer_post_action(
	    rt->daemon->io[r->io], r->peer, PEER_REMOVE, ERR_CEASE, subcode, NULL);
	r->peer = 0;
	memset(r->channel, 0, sizeof(r->channel));
}

void
runtime_channel_remove(struct runtime *rt, uint32_t id)
{
	if (!id)
		return;
	channel_leave(rt, id);
	feeder_event(rt, id, CH_REMOVE);
}

static void
driver_remove(struct runtime *rt, struct run *r)
{
	if (r->data || !r->disabled)
		driver_of(r->conf)->down(rt, r, false);
	for (unsigned f = 0; f < FAMILIES; f++)
		runtime_channel_remove(rt, r->channel[f]);
	runtime_channel_remove(rt, r->peer_channel);
	memset(r->channel, 0, sizeof(r->channel));
	r->peer_channel = 0;
}

void
runtime_run_up(struct runtime *rt, struct run *r)
{
	r->since_ms = clock_mono_ms();
	r->near = false;
	r->away = NULL;
	if (r->conf->kind == PROTO_BGP)
		bgp_add(rt, r);
	else if (driver_of(r->conf)) {
		channels_new(rt, r);
		if (!r->disabled)
			driver_of(r->conf)->up(rt, r);
	}
}

void
runtime_run_down(struct runtime *rt, struct run *r, unsigned subcode)
{
	if (r->conf->kind == PROTO_BGP)
		bgp_remove(rt, r, subcode);
	else if (driver_of(r->conf))
		driver_remove(rt, r);
}

struct run *
runtime_run_new(struct runtime *rt, const struct proto_conf *conf)
{
	struct run *r = MEM_NEW(struct run);

	r->conf = conf;
	r->io = rt->io_next++ % rt->daemon->io_n;
	r->disabled = conf->disabled;
	r->since_ms = clock_mono_ms();
	return r;
}

void
runtime_run_free(struct run *r)
{
	mem_free(r->message);
	if (r->own) {
		arena_free(r->own);
		model_unref(r->own_model);
	}
	mem_free(r->parent);
	mem_free(r);
}

static void
update_post(struct runtime *rt, const struct run *r, unsigned change,
    const unsigned channel_change[FAMILIES])
{
	peer_post_update(
	    rt->daemon->io[r->io], setup_make(rt, r), change, channel_change);
}

/* What moves to another table waits until all else is in force: nobody there is to be told
 * of its routes by a policy that is on its way out. */
static void
update_later(struct runtime *rt, const struct run *r, const struct step *s)
{
	struct later *l;

	rt->later = mem_realloc(rt->later, (rt->later_n + 1) * sizeof(*rt->later));
	l = &rt->later[rt->later_n++];
	l->peer = r->peer;
	l->change = s->proto_change;
	memcpy(l->channel_change, s->channel_change, sizeof(l->channel_change));
}

bool
runtime_apply_later(struct runtime *rt)
{
	unsigned n = rt->later_n;

	rt->later_n = 0;
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < rt->run_n; k++)
			if (rt->run[k]->conf->kind == PROTO_BGP &&
			    rt->run[k]->peer == rt->later[i].peer)
				update_post(rt, rt->run[k], rt->later[i].change,
				    rt->later[i].channel_change);
	return n;
}

static void
bgp_change(struct runtime *rt, struct run *r, const struct step *s)
{
	for (unsigned f = 0; f < FAMILIES; f++)
		if (r->channel[f] && (s->proto_change | s->channel_change[f]) &
					 (CHANGE_REIMPORT | CHANGE_MOVE))
			settle_wait(rt, r->channel[f]);
	/* A family that came has its channel now and routes from the next session on. */
	for (unsigned i = 0; i < r->conf->channel_n; i++)
		if (!r->channel[r->conf->channel[i].family])
			r->channel[r->conf->channel[i].family] = channel_new(rt, r->conf);
	if (s->change & CHANGE_MOVE)
		update_later(rt, r, s);
	else
		update_post(rt, r, s->proto_change, s->channel_change);
}

static void
run_conf(struct runtime *rt, struct run *r, const struct proto_conf *conf)
{
	r->conf = conf;
	for (unsigned f = 0; f < FAMILIES; f++)
		if (r->channel[f])
			rt->channel_conf[r->channel[f]] = conf;
	if (r->peer_channel)
		rt->channel_conf[r->peer_channel] = conf;
}

void
runtime_run_change(struct runtime *rt, struct run *r, const struct proto_conf *conf,
    const struct step *s)
{
	run_conf(rt, r, conf);
	if (s)
		bgp_change(rt, r, s);
}

/*
 * The plan.  The list of runs is made anew in the order of the new model.
 */
static void
apply_removals(struct runtime *rt, const struct plan *p)
{
	for (unsigned i = 0; i < p->step_n; i++) {
		const struct step *s = &p->step[i];
		struct run *r;

		if (s->kind != STEP_REMOVE || !(r = runtime_find(rt, s->old->name)))
			continue;
		if (!rt->shutting_down)
			log_info("Removing protocol %s", s->old->name);
		runtime_run_down(
		    rt, r, rt->shutting_down ? CEASE_SHUTDOWN : CEASE_DECONFIGURED);
	}
}

static void
driver_change(struct runtime *rt, struct run *r, const struct proto_conf *old,
    const struct step *s)
{
	driver_of(r->conf)->change(rt, r, old, s);
	ceiling_change(rt, r);
}

/* What becomes of a protocol that both models have.  A reload also enables again what was
 * disabled by command, as BIRD's does. */
static void
apply_kept(struct runtime *rt, struct run *r, const struct proto_conf *conf,
    const struct step *s)
{
	const struct proto_conf *old = r->conf;
	bool enable = r->disabled && !conf->disabled;

	if (s && s->kind == STEP_RESTART) {
		const char *what = conf->disabled && !r->disabled ? "Disabling"
				   : enable			  ? "Enabling"
								  : "Restarting";

		log_info("%s protocol %s (%s)", what, conf->name, s->reason);
		runtime_run_down(rt, r, conf->disabled ? CEASE_SHUTDOWN : CEASE_CONFIG);
		r->conf = conf;
		r->disabled = conf->disabled;
		run_message(r, NULL);
		runtime_run_up(rt, r);
		return;
	}
	run_conf(rt, r, conf);
	if (s && s->kind == STEP_CHANGE) {
		log_info("Changing protocol %s (%s)", conf->name, s->reason);
		if (conf->kind == PROTO_BGP)
			bgp_change(rt, r, s);
		else if (driver_of(conf) && !r->disabled)
			driver_change(rt, r, old, s);
	}
	r->enable_due = enable;
}

/* When the list of protocols is whole again: a start looks at all of them. */
static void
apply_enabled(struct runtime *rt)
{
	for (unsigned i = 0; i < rt->run_n; i++) {
		struct run *r = rt->run[i];

		if (!r->enable_due)
			continue;
		r->enable_due = false;
		log_info("Enabling protocol %s", r->conf->name);
		runtime_start_proto(rt, r, NULL);
	}
}

static int
run_cmp(const void *a, const void *b)
{
	const struct run *const *x = a, *const *y = b;

	return strcmp((*x)->conf->name, (*y)->conf->name);
}

/* Its place, or NULL. */
static struct run **
sorted_find(struct run **sorted, unsigned n, const char *name)
{
	unsigned lo = 0, hi = n;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;
		int c = strcmp(name, sorted[mid]->conf->name);

		if (c == 0)
			return &sorted[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static int
step_cmp(const void *a, const void *b)
{
	const struct step *const *x = a, *const *y = b;

	return strcmp((*x)->new->name, (*y)->new->name);
}

/* Steps of what the new model has, by name: models have thousands of protocols. */
static const struct step **
steps_sorted(const struct plan *p, unsigned *n)
{
	const struct step **s = MEM_ARRAY(const struct step *, p->step_n);

	*n = 0;
	for (unsigned i = 0; i < p->step_n; i++)
		if (p->step[i].new)
			s[(*n)++] = &p->step[i];
	qsort(s, *n, sizeof(*s), step_cmp);
	return s;
}

static const struct step *
steps_find(const struct step **s, unsigned n, const struct proto_conf *conf)
{
	struct step key = { .new = conf };
	const struct step *k = &key;
	const struct step **hit = bsearch(&k, s, n, sizeof(*s), step_cmp);

	return hit ? *hit : NULL;
}

/* The runs of the new model; what goes on is taken out of the sorted old ones. */
static struct run **
runs_taken(const struct model *m, struct run **old, unsigned old_n,
    const struct step **steps, unsigned step_n)
{
	unsigned n = m ? m->proto_n : 0;
	struct run **list = MEM_ARRAY(struct run *, n);
	bool *taken = MEM_ARRAY(bool, old_n);

	for (unsigned i = 0; i < n; i++) {
		const struct step *s = steps_find(steps, step_n, m->proto[i]);
		struct run **at = sorted_find(
		    old, old_n, s && s->old ? s->old->name : m->proto[i]->name);

		if (!at)
			continue;
		list[i] = *at;
		taken[at - old] = true;
	}
	for (unsigned i = 0; i < old_n; i++)
		if (!taken[i])
			runtime_run_free(old[i]);
	mem_free(taken);
	return list;
}

static void
apply_protos(struct runtime *rt, const struct plan *p, bool first)
{
	const struct model *m = p->new;
	unsigned n = m ? m->proto_n : 0, step_n, old_n = 0, member_n = 0;
	const struct step **steps = steps_sorted(p, &step_n);
	struct run **members = MEM_ARRAY(struct run *, rt->run_n), **list;

	for (unsigned i = 0; i < rt->run_n; i++)
		if (rt->run[i]->own)
			members[member_n++] = rt->run[i];
		else
			rt->run[old_n++] = rt->run[i];
	if (old_n)
		qsort(rt->run, old_n, sizeof(*rt->run), run_cmp);
	list = runs_taken(m, rt->run, old_n, steps, step_n);
	mem_free(rt->run);
	rt->run = list;
	rt->run_n = n;
	rt->run_names_due = true;
	/* Restarts and changes first, then what is new: an address may move from one to
	 * another. */
	for (unsigned i = 0; i < n; i++)
		if (list[i])
			apply_kept(rt, list[i], m->proto[i],
			    steps_find(steps, step_n, m->proto[i]));
	for (unsigned i = 0; i < n; i++) {
		if (list[i])
			continue;
		if (!first)
			log_info("Adding protocol %s", m->proto[i]->name);
		list[i] = runtime_run_new(rt, m->proto[i]);
		runtime_run_up(rt, list[i]);
	}
	apply_enabled(rt);
	dynamic_apply(rt, p, members, member_n);
	mem_free(members);
	mem_free(steps);
}

/* device: the interface to listen on, or NULL. */
static struct listen_entry
listen_entry(const struct run *r, const char *device)
{
	const struct bgp_conf *b = &r->conf->bgp;

	return (struct listen_entry){
		.device = device ? mem_strdup(device) : NULL,
		.remote_ip = b->remote_ip,
		.range = b->range ? (uint8_t)b->range : 0,
		.local_ip = b->local_ip,
		.bind_ip = b->strict_bind ? b->local_ip : ip_none,
		.port = (uint16_t)b->local_port,
		.peer = r->peer,
		.io = r->io,
		.password = b->password ? mem_strdup(b->password) : NULL,
		.keys = ao_keys_dup(b->keys),
		.interface = b->interface ? mem_strdup(b->interface) : NULL,
		.vrf = r->conf->vrf && *r->conf->vrf ? mem_strdup(r->conf->vrf) : NULL,
	};
}

static bool
iface_has(const struct iface *i, const struct ip *ip)
{
	for (unsigned k = 0; k < i->addr_n; k++)
		if (ip_equal(&i->addr[k].ip, ip))
			return true;
	return false;
}

/* Interfaces that `interface range` takes: each has a socket of its own, where they have the
 * local address that is asked for (or, with `free bind`, need not have it). */
static void
listen_range(struct runtime *rt, const struct run *r, struct listen_index *ix)
{
	const struct bgp_conf *b = &r->conf->bgp;
	const struct iface *i;

	for (unsigned k = 0; (i = ifaces_at(rt->ifaces, k)); k++) {
		if (!iface_is_up(i) || !iface_in_vrf(rt->ifaces, i, r->conf->vrf) ||
		    !iface_patterns_match(b->iface, b->iface_n, i->name, NULL) ||
		    (!ip_is_none(&b->local_ip) && !b->free_bind &&
			!iface_has(i, &b->local_ip)))
			continue;
		ix->entry = mem_realloc(
		    ix->entry, (ix->n + rt->run_n + 1) * sizeof(*ix->entry));
		ix->entry[ix->n++] = listen_entry(r, i->name);
	}
}

/* Members of a range are not among them: who calls from a range is told to main. */
static void
post_listeners(struct runtime *rt)
{
	struct listen_index *ix = MEM_NEW(struct listen_index);

	ix->serial = ++rt->listen_serial;
	ix->entry = MEM_ARRAY(struct listen_entry, rt->run_n);
	for (unsigned i = 0; i < rt->run_n; i++) {
		struct run *r = rt->run[i];
		const struct bgp_conf *b = &r->conf->bgp;

		r->fault = NULL;
		if (r->conf->kind != PROTO_BGP || r->disabled || r->own)
			continue;
		if (b->iface_n)
			listen_range(rt, r, ix);
		else
			ix->entry[ix->n++] =
			    listen_entry(r, b->strict_bind ? b->interface : NULL);
	}
	bfds_poke(rt);
	qsort(ix->entry, ix->n, sizeof(*ix->entry), listen_entry_cmp);
	while (ix->exact_n < ix->n && !ix->entry[ix->exact_n].range)
		ix->exact_n++;
	listen_post(rt->daemon->io[0], ix);
}

/* What `debug` and `mrtdump` have set lasts until a configuration is read. */
static void
masks_reset(struct runtime *rt, struct run *r)
{
	struct io *io = rt->daemon->io[r->io];

	if (!r->masked || r->conf->kind != PROTO_BGP)
		return;
	r->masked = false;
	peer_post_action(io, r->peer, PEER_DEBUG, r->conf->debug, 0, NULL);
	peer_post_action(io, r->peer, PEER_MRTDUMP, r->conf->mrtdump, 0, NULL);
}

void
runtime_apply(struct runtime *rt, const struct plan *p)
{
	const struct model *old = rt->model;

	apply_removals(rt, p);
	if (p->new) {
		rt->router_id = model_router_id(p->new);
		for (unsigned i = 0; i < p->new->table_n; i++)
			table_add(rt, p->new->table[i]);
		tables_mark_gone(rt, p->new);
	}
	rt->model = p->new;
	if (rt->model)
		model_ref(rt->model);
	if (rt->model)
		mrtlog_model(rt);
	igp_model(rt);
	flows_model(rt);
	apply_protos(rt, p, !old);
	origins_model(rt);
	post_listeners(rt);
	for (unsigned i = 0; i < rt->run_n; i++) {
		masks_reset(rt, rt->run[i]);
		near_look(rt, rt->run[i], true);
	}
	model_unref(old);
	rt->run_names_due = true; /* some may have been renamed */
	rt->reconfigured_ms = clock_wall_ms();
	if (!rt->leaving)
		tables_delete_gone(rt);
}

/*
 * Commands.
 */
void
runtime_stop_proto(struct runtime *rt, struct run *r, const char *message)
{
	r->disabled = true;
	r->limited = false;
	r->since_ms = clock_mono_ms();
	run_message(r, message);
	if (r->conf->kind == PROTO_BGP)
		peer_post_action(rt->daemon->io[r->io], r->peer, PEER_STOP, ERR_CEASE,
		    CEASE_SHUTDOWN, message);
	else if (driver_of(r->conf))
		driver_of(r->conf)->down(rt, r, false);
	post_listeners(rt);
}

void
runtime_start_proto(struct runtime *rt, struct run *r, const char *message)
{
	r->disabled = false;
	r->since_ms = clock_mono_ms();
	run_message(r, message);
	if (r->conf->kind == PROTO_BGP)
		peer_post_action(rt->daemon->io[r->io], r->peer, PEER_START, 0, 0, NULL);
	else if (driver_of(r->conf))
		driver_of(r->conf)->up(rt, r);
	near_look(rt, r, true);
	post_listeners(rt);
}

void
runtime_restart_proto(struct runtime *rt, struct run *r, const char *message)
{
	run_message(r, message);
	if (r->conf->kind == PROTO_BGP)
		peer_post_action(rt->daemon->io[r->io], r->peer, PEER_RESTART, ERR_CEASE,
		    CEASE_RESET, message);
	else if (driver_of(r->conf)) {
		driver_of(r->conf)->down(rt, r, false);
		driver_of(r->conf)->up(rt, r);
	}
	near_look(rt, r, true);
	r->since_ms = clock_mono_ms();
}

void
runtime_reload_driver(struct runtime *rt, struct run *r, bool in)
{
	struct step again = { .change = CHANGE_REIMPORT | CHANGE_REEXPORT };

	if (!in)
		again.change = CHANGE_REEXPORT;
	driver_of(r->conf)->change(rt, r, r->conf, &again);
	for (unsigned f = 0; f < FAMILIES; f++)
		feeder_event(rt, r->channel[f], CH_REFRESH);
	feeder_event(rt, r->peer_channel, CH_REFRESH);
}

/*
 * Followers.
 */
struct run *
runtime_of_channel(struct runtime *rt, uint32_t channel)
{
	return rt->channel_run[channel];
}

void
runtime_follow(struct runtime *rt, struct batch *b)
{
	struct run *r;

	r = runtime_of_channel(rt, b->channel);
	if (r && r->data && driver_of(r->conf)->follow)
		driver_of(r->conf)->follow(rt, r, b);
	else
		batch_free(b, rt->daemon->store);
}

void
runtime_caught_up(struct runtime *rt, uint32_t channel)
{
	struct run *r = runtime_of_channel(rt, channel);

	if (r && r->data && driver_of(r->conf)->caught_up)
		driver_of(r->conf)->caught_up(rt, r);
}

void
runtime_links(struct runtime *rt)
{
	igp_links(rt);
	for (unsigned i = 0; i < rt->run_n; i++) {
		struct run *r = rt->run[i];
		const struct driver *d = driver_of(r->conf);

		if (d && d->links && r->data)
			d->links(rt, r);
	}
	for (unsigned i = rt->run_n; i-- > 0;) {
		struct run *r = rt->run[i];

		near_look(rt, r, false);
		if (r->own && r->away)
			dynamic_left(rt, r->peer);
	}
	bfds_poke(rt);
}

/* Sockets that follow the interfaces. */
static void
listeners_follow(struct runtime *rt)
{
	for (unsigned i = 0; i < rt->run_n; i++) {
		const struct proto_conf *p = rt->run[i]->conf;

		if (p->kind != PROTO_BGP || (!p->bgp.iface_n && !(p->vrf && *p->vrf)))
			continue;
		post_listeners(rt);
		return;
	}
}

static void
on_links(void *ctx)
{
	struct runtime *rt = ctx;

	links_publish(rt->daemon, rt->ifaces);
	runtime_links(rt);
	listeners_follow(rt);
}

/* A reflector in a box without netlink does all that needs none. */
void
runtime_links_open(struct runtime *rt)
{
	rt->ifaces = ifaces_new(rt->loop, on_links, rt);
	if (!rt->ifaces)
		log_warn("Netlink: %s: interfaces are not followed", strerror(errno));
	links_publish(rt->daemon, rt->ifaces);
}

static void
left(struct runtime *rt)
{
	if (--rt->leaving)
		return;
	tables_delete_gone(rt);
	mem_trim();
	if (rt->on_left)
		rt->on_left(rt);
}

void
runtime_peer_disabled(struct runtime *rt, uint32_t id)
{
	for (unsigned i = 0; i < rt->run_n; i++) {
		struct run *r = rt->run[i];

		if (r->peer != id || r->conf->kind != PROTO_BGP || r->disabled)
			continue;
		r->disabled = true;
		r->since_ms = clock_mono_ms();
		post_listeners(rt);
		return;
	}
}

void
runtime_peer_fault(struct runtime *rt, uint32_t serial, uint32_t id, const char *text)
{
	for (unsigned i = 0; serial == rt->listen_serial && i < rt->run_n; i++)
		if (rt->run[i]->peer == id && rt->run[i]->conf->kind == PROTO_BGP)
			rt->run[i]->fault = text;
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

void
runtime_free(struct runtime *rt)
{
	mrtlog_end(rt);
	for (unsigned i = 0; i < rt->run_n; i++)
		runtime_run_free(rt->run[i]);
	for (unsigned i = 0; i < rt->table_n; i++)
		mem_free(rt->table[i].name);
	mem_free(rt->run);
	for (uint32_t i = 1; i < IDS_MAX; i++)
		limits_unref(rt->channel_limits[i]);
	names_clear(&rt->table_names);
	names_clear(&rt->run_names);
	arena_free(rt->run_arena);
	mem_free(rt->table);
	mem_free(rt->later);
	model_unref(rt->model);
	model_unref(rt->undo);
	mem_free(rt);
}
