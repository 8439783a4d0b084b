/*
 * Dynamic sessions.  A protocol with `neighbor range` has a peer that never calls and is
 * never given a connection; who calls from the range gets a protocol of its own: a copy of
 * the range's configuration with the address filled in, named after `dynamic name`.
 *
 *   accept (listen) -> no peer of that address, but a range -> main: dynamic_accept
 *   -> the member that is there, or a new one -> the connection goes to its thread
 *   session over, nothing kept for a graceful restart (peer) -> main: dynamic_left
 *
 * A reload makes each member's configuration anew from its range and compares: a member
 * stays unless the difference asks for a restart, whatever becomes of the range itself.
 *
 * What strangers can make us keep is bounded: so many members of a range at a time may be
 * without a session.
 */
#include "daemon/dynamic.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define UNBORN_MAX 256

/* A member's configuration, of the running model; NULL: the range no longer holds it. */
static struct proto_conf *
member_conf(struct arena *a, const struct proto_conf *parent, const char *name,
    const struct ip *remote, const char *interface)
{
	struct proto_conf *c;
	struct net range = bgp_range(&parent->bgp),
		   host = net_from_ip(remote, net_plen_max(range.type));

	if (parent->kind != PROTO_BGP || !parent->bgp.range || parent->disabled ||
	    range.type != host.type || !net_contains(&range, &host))
		return NULL;
	if (parent->bgp.iface_n &&
	    (!interface || !iface_patterns_match(parent->bgp.iface, parent->bgp.iface_n,
			       interface, NULL)))
		return NULL;
	c = arena_dup(a, parent, sizeof(*c));
	c->channel = arena_dup(
	    a, parent->channel, parent->channel_n * sizeof(*parent->channel));
	c->name = arena_strdup(a, name);
	c->bgp.range = 0;
	c->bgp.remote_ip = *remote;
	c->bgp.passive = true;
	if (interface)
		c->bgp.interface = arena_strdup(a, interface);
	return c;
}

static struct run *
member_find(const struct runtime *rt, const struct run *parent, const struct ip *remote,
    const char *interface)
{
	for (unsigned i = 0; i < rt->run_n; i++) {
		struct run *r = rt->run[i];
		const char *own = r->conf->bgp.interface;

		if (!r->own || strcmp(r->parent, parent->conf->name) != 0 ||
		    !ip_equal(&r->conf->bgp.remote_ip, remote))
			continue;
		if (!interface || (own && strcmp(own, interface) == 0))
			return r;
	}
	return NULL;
}

/* Members of the range that are not known to have come up. */
static unsigned
unborn(const struct runtime *rt, const struct run *parent)
{
	unsigned n = 0;

	for (unsigned i = 0; i < rt->run_n; i++)
		n += rt->run[i]->own && !rt->run[i]->born &&
		     strcmp(rt->run[i]->parent, parent->conf->name) == 0;
	return n;
}

/* Has every thread an id to give? */
static bool
room(const struct runtime *rt, const struct run *parent)
{
	unsigned peers = 0, channels = 0;

	for (uint32_t i = 1; i < IDS_MAX; i++) {
		peers += rt->peer_used[i];
		channels += rt->channel_state[i] != 0;
	}
	return peers + 1 < IDS_MAX && channels + parent->conf->channel_n < IDS_MAX / 2;
}

static void
member_name(struct runtime *rt, struct run *parent, char *buf, size_t size)
{
	const struct bgp_conf *b = &parent->conf->bgp;
	const char *base = b->dynamic_name ? b->dynamic_name : "dynbgp";

	do
		snprintf(buf, size, "%.48s%0*u", base, (int)b->dynamic_digits,
		    ++parent->dynamic_n);
	while (runtime_find(rt, buf));
}

static struct run *
member_new(struct runtime *rt, struct run *parent, const struct ip *remote,
    const char *interface)
{
	struct arena *a = arena_new();
	char name[72];
	struct proto_conf *c;
	struct run *r;

	member_name(rt, parent, name, sizeof(name));
	c = member_conf(a, parent->conf, name, remote, interface);
	if (!c) {
		arena_free(a);
		return NULL;
	}
	r = runtime_run_new(rt, c);
	r->own = a;
	r->own_model = rt->model;
	model_ref(rt->model);
	r->parent = mem_strdup(parent->conf->name);
	runtime_append(rt, r);
	runtime_run_up(rt, r);
	return r;
}

static struct run *
by_peer(const struct runtime *rt, uint32_t peer)
{
	for (unsigned i = 0; i < rt->run_n; i++)
		if (rt->run[i]->conf->kind == PROTO_BGP && rt->run[i]->peer == peer)
			return rt->run[i];
	return NULL;
}

void
dynamic_accept(struct runtime *rt, uint32_t parent, const struct ip *remote,
    unsigned ifindex, int fd)
{
	struct run *p = by_peer(rt, parent), *r;
	char name[IF_NAMESIZE];
	const char *interface = ifindex ? if_indextoname(ifindex, name) : NULL;

	if (!p || p->disabled || rt->shutting_down || (ifindex && !interface)) {
		close(fd);
		return;
	}
	r = member_find(rt, p, remote, interface);
	if (!r && unborn(rt, p) < UNBORN_MAX && room(rt, p))
		r = member_new(rt, p, remote, interface);
	if (!r || r->disabled)
		close(fd);
	else
		peer_post_accept(rt->daemon->io[r->io], r->peer, fd);
}

static void
member_drop(struct runtime *rt, struct run *r, unsigned subcode)
{
	runtime_run_down(rt, r, subcode);
	runtime_run_free(r);
}

void
dynamic_left(struct runtime *rt, uint32_t peer)
{
	struct run *r = by_peer(rt, peer);
	unsigned n = 0;

	if (!r || !r->own || r->disabled)
		return;
	for (unsigned i = 0; i < rt->run_n; i++)
		if (rt->run[i] != r)
			rt->run[n++] = rt->run[i];
	rt->run_n = n;
	rt->run_names_due = true;
	member_drop(rt, r, CEASE_DECONFIGURED);
}

void
dynamic_born(struct runtime *rt, uint32_t peer)
{
	struct run *r = by_peer(rt, peer);

	if (r)
		r->born = true;
}

/* False: it cannot go on. */
static bool
member_change(struct runtime *rt, const struct plan *plan, struct run *r)
{
	const struct run *parent = runtime_find(rt, r->parent);
	struct arena *a = arena_new();
	struct step step = { .old = r->conf };
	bool changed;

	if (parent && !r->disabled)
		step.new = member_conf(a, parent->conf, r->conf->name,
		    &r->conf->bgp.remote_ip, r->conf->bgp.interface);
	changed = step.new &&plan_step(plan, &step);
	if (!step.new || (changed && step.kind == STEP_RESTART) ||
	    model_proto(plan->new, r->conf->name)) {
		arena_free(a);
		return false;
	}
	if (changed)
		log_info("Changing protocol %s (%s)", r->conf->name, step.reason);
	runtime_run_change(rt, r, step.new, changed ? &step : NULL);
	arena_free(r->own);
	model_unref(r->own_model);
	r->own = a;
	r->own_model = plan->new;
	model_ref(plan->new);
	return true;
}

void
dynamic_apply(struct runtime *rt, const struct plan *plan, struct run **old, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct run *r = old[i];

		if (plan->new &&member_change(rt, plan, r)) {
			runtime_append(rt, r);
			continue;
		}
		if (!rt->shutting_down)
			log_info("Removing protocol %s", r->conf->name);
		member_drop(
		    rt, r, rt->shutting_down ? CEASE_SHUTDOWN : CEASE_DECONFIGURED);
	}
}
