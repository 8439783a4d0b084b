/*
 * Who may call: from what runs, and for `interface range` from the links there are, the
 * index of listeners that io thread 0 opens sockets for.  Made anew whenever one may be
 * another.
 */
#include "daemon/listeners.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/bfds.h"
#include "daemon/ifaces.h"
#include "daemon/listen.h"

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
void
listeners_post(struct runtime *rt)
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

/* Sockets that follow the interfaces. */
void
listeners_follow(struct runtime *rt)
{
	for (unsigned i = 0; i < rt->run_n; i++) {
		const struct proto_conf *p = rt->run[i]->conf;

		if (p->kind != PROTO_BGP || (!p->bgp.iface_n && !(p->vrf && *p->vrf)))
			continue;
		listeners_post(rt);
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
