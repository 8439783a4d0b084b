/*
 * What runs: a protocol's life from its start to its end, commands on one of them, what the
 * threads and the links tell of it.  A model comes into force in apply.c; ids and tables
 * are in ids.c, who may call in listeners.c.
 */
#include "daemon/runtime.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/bfds.h"
#include "daemon/driver.h"
#include "daemon/dynamic.h"
#include "daemon/ids.h"
#include "daemon/ifaces.h"
#include "daemon/igp.h"
#include "daemon/labels.h"
#include "daemon/links.h"
#include "daemon/listeners.h"
#include "daemon/mrtlog.h"
#include "daemon/near.h"
#include "daemon/shardthread.h"

/*
 * Protocols.
 */
void
runtime_message(struct run *r, const char *message)
{
	mem_free(r->message);
	r->message = message && *message ? mem_strdup(message) : NULL;
}

static void
channels_new(struct runtime *rt, struct run *r)
{
	for (unsigned i = 0; i < r->conf->channel_n; i++) {
		uint32_t id = ids_channel_new(rt, r->conf);

		r->channel[r->conf->channel[i].family] = id;
		rt->channel_run[id] = r;
	}
	if (r->conf->peer_table && r->conf->channel_n) {
		r->peer_channel = ids_channel_new(rt, r->conf);
		rt->channel_run[r->peer_channel] = r;
	}
}

static void
bgp_add(struct runtime *rt, struct run *r)
{
	struct daemon *d = rt->daemon;

	r->peer = ids_peer_new(rt);
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
			ids_channel_leave(rt, r->channel[f]);
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
	ids_channel_leave(rt, id);
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

/*
 * Commands.
 */
void
runtime_stop_proto(struct runtime *rt, struct run *r, const char *message)
{
	r->disabled = true;
	r->limited = false;
	r->since_ms = clock_mono_ms();
	runtime_message(r, message);
	if (r->conf->kind == PROTO_BGP)
		peer_post_action(rt->daemon->io[r->io], r->peer, PEER_STOP, ERR_CEASE,
		    CEASE_SHUTDOWN, message);
	else if (driver_of(r->conf))
		driver_of(r->conf)->down(rt, r, false);
	listeners_post(rt);
}

void
runtime_start_proto(struct runtime *rt, struct run *r, const char *message)
{
	r->disabled = false;
	r->since_ms = clock_mono_ms();
	runtime_message(r, message);
	if (r->conf->kind == PROTO_BGP)
		peer_post_action(rt->daemon->io[r->io], r->peer, PEER_START, 0, 0, NULL);
	else if (driver_of(r->conf))
		driver_of(r->conf)->up(rt, r);
	near_look(rt, r, true);
	listeners_post(rt);
}

void
runtime_restart_proto(struct runtime *rt, struct run *r, const char *message)
{
	runtime_message(r, message);
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

void
runtime_peer_disabled(struct runtime *rt, uint32_t id)
{
	for (unsigned i = 0; i < rt->run_n; i++) {
		struct run *r = rt->run[i];

		if (r->peer != id || r->conf->kind != PROTO_BGP || r->disabled)
			continue;
		r->disabled = true;
		r->since_ms = clock_mono_ms();
		listeners_post(rt);
		return;
	}
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
	labels_free_all(rt);
	model_unref(rt->model);
	model_unref(rt->undo);
	mem_free(rt);
}
