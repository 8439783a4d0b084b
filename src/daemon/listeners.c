/*
 * Who may call: from what runs, and for `interface range` from the links there are, the
 * index of listeners that io thread 0 opens sockets for.  Made anew whenever one may be
 * another.
 */
#include "daemon/listeners.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/bfds.h"
#include "daemon/ifaces.h"
#include "daemon/listen.h"

enum { AGAIN_MS = 1000, AGAIN_MAX_MS = 60000 }; /* after a socket could not be opened */

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
		.faulty = r->fault != NULL,
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

/* Of one port, family and VRF. */
static bool
listen_alike(const struct listen_entry *a, const struct listen_entry *b)
{
	return a->port == b->port && ip_is4(&a->remote_ip) == ip_is4(&b->remote_ip) &&
	       (a->vrf ? b->vrf && strcmp(a->vrf, b->vrf) == 0 : !b->vrf);
}

static bool
is_wide(const struct listen_entry *e)
{
	return ip_is_none(&e->bind_ip) && !e->device;
}

/* A socket of any address and one of a single address cannot listen on one port: the wider
 * one hears for both, and a caller's entry says which address it is to have called. */
static void
listen_wide(struct listen_index *ix)
{
	struct listen_entry **wide = MEM_ARRAY(struct listen_entry *, ix->n);
	unsigned n = 0;

	for (unsigned i = 0; i < ix->n; i++)
		if (is_wide(&ix->entry[i]) &&
		    (!n || !listen_alike(wide[n - 1], &ix->entry[i])))
			wide[n++] = &ix->entry[i];
	for (unsigned i = 0; i < ix->n; i++)
		for (unsigned k = 0; k < n && !ix->entry[i].device; k++)
			if (listen_alike(&ix->entry[i], wide[k]))
				ix->entry[i].bind_ip = ip_none;
	mem_free(wide);
}

/* Members of a range are not among them: who calls from a range is told to main. */
static void
post(struct runtime *rt, bool again)
{
	struct listen_index *ix = MEM_NEW(struct listen_index);

	ix->again = again;
	ix->serial = ++rt->listen_serial;
	ix->entry = MEM_ARRAY(struct listen_entry, rt->run_n);
	for (unsigned i = 0; i < rt->run_n; i++) {
		struct run *r = rt->run[i];
		const struct bgp_conf *b = &r->conf->bgp;

		if (!again)
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
	listen_wide(ix);
	qsort(ix->entry, ix->n, sizeof(*ix->entry), listen_entry_cmp);
	while (ix->exact_n < ix->n && !ix->entry[ix->exact_n].range)
		ix->exact_n++;
	listen_post(rt->daemon->io[0], ix);
}

void
listeners_post(struct runtime *rt)
{
	if (rt->listen_timer)
		timer_at(rt->listen_timer, UINT64_MAX);
	rt->listen_wait_ms = 0;
	post(rt, false);
}

/* Sockets that follow the interfaces. */
void
listeners_follow(struct runtime *rt)
{
	bool faults = false;

	for (unsigned i = 0; i < rt->run_n; i++) {
		const struct proto_conf *p = rt->run[i]->conf;

		faults |= rt->run[i]->fault != NULL;
		if (p->kind != PROTO_BGP || (!p->bgp.iface_n && !(p->vrf && *p->vrf)))
			continue;
		faults = true;
	}
	if (faults) /* an address that was missing, as it may be, or a link that has come */
		post(rt, true);
}

static void
on_timer(void *ctx)
{
	post(ctx, true);
}

/* Addresses come, ports and descriptors become free. */
static void
again_later(struct runtime *rt)
{
	uint64_t wait = rt->listen_wait_ms * 2;

	if (!rt->listen_timer)
		rt->listen_timer = timer_new(rt->loop, on_timer, rt);
	wait = wait < AGAIN_MS ? AGAIN_MS : wait < AGAIN_MAX_MS ? wait : AGAIN_MAX_MS;
	rt->listen_wait_ms = wait;
	timer_at(rt->listen_timer, clock_mono_ms() + wait);
}

void
runtime_peer_fault(struct runtime *rt, uint32_t serial, uint32_t id, const char *text)
{
	if (serial != rt->listen_serial)
		return;
	for (unsigned i = 0; i < rt->run_n; i++)
		if (rt->run[i]->peer == id && rt->run[i]->conf->kind == PROTO_BGP)
			rt->run[i]->fault = text;
	if (text && rt->listen_told != serial) /* once for all of them */
		again_later(rt);
	if (text)
		rt->listen_told = serial;
}
