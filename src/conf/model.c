/*
 * The model once built: references, look-ups, how a message is written.
 */
#include "conf/model.h"

#include <arpa/inet.h>
#include <fnmatch.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "conf/check.h"

/* The owner's view; models are made in load.c only, as the first member of a body. */
static struct model_body *
model_body(const struct model *m)
{
	union {
		const struct model *m;
		struct model_body *body;
	} u = { .m = m };

	return u.body;
}

const struct model_body *
model_inside(const struct model *m)
{
	return model_body(m);
}

void
model_ref(const struct model *m)
{
	__atomic_add_fetch(&model_body(m)->refs, 1, __ATOMIC_RELAXED);
}

void
model_unref(const struct model *m)
{
	struct model_body *body;
	struct held *held;

	if (!m)
		return;
	body = model_body(m);
	if (__atomic_sub_fetch(&body->refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	for (held = body->held; held; held = held->next)
		filter_unref(held->filter);
	names_clear(&body->proto_names);
	names_clear(&body->table_names);
	scope_free(body->scope);
	arena_free(body->tree);
	arena_free(body->protos);
	arena_free(body->channels);
	arena_free(body->arena);
}

const struct scope *
model_scope(const struct model *m)
{
	return model_body(m)->scope;
}

const struct proto_conf *
model_proto(const struct model *m, const char *name)
{
	uint32_t i = names_find(&model_inside(m)->proto_names, name);

	return i == NAME_NONE ? NULL : m->proto[i];
}

const struct table_conf *
model_table(const struct model *m, const char *name)
{
	uint32_t i = names_find(&model_inside(m)->table_names, name);

	return i == NAME_NONE ? NULL : m->table[i];
}

bool
channel_is_recursive(const struct proto_conf *p, const struct channel_conf *c)
{
	if (c->gateway != GATEWAY_DEFAULT)
		return c->gateway == GATEWAY_RECURSIVE;
	return p->bgp.multihop;
}

const struct channel_conf *
proto_channel(const struct proto_conf *p, enum family family)
{
	unsigned i;

	for (i = 0; i < p->channel_n; i++)
		if (p->channel[i].family == family)
			return &p->channel[i];
	return NULL;
}

static uint32_t
iface_id(const struct model *m, const struct ifaddrs *i)
{
	const void *addr = i->ifa_addr;
	struct net host;
	struct ip ip;
	uint32_t id;

	if (!addr || i->ifa_addr->sa_family != AF_INET || !(i->ifa_flags & IFF_UP) ||
	    ((i->ifa_flags & IFF_LOOPBACK) && !m->id_from_n))
		return 0;
	id = ntohl(((const struct sockaddr_in *)addr)->sin_addr.s_addr);
	if (id >> 24 == 127 || id >> 16 == 0xa9fe) /* of the host, of the link */
		return 0;
	ip = ip_from4(id);
	host = net_from_ip(&ip, 32);
	return iface_patterns_match(m->id_from, m->id_from_n, i->ifa_name, &host) ? id
										  : 0;
}

uint32_t
model_pick_router_id(const struct model *m)
{
	struct ifaddrs *list, *i;
	uint32_t best = 0, id;

	if (getifaddrs(&list) < 0)
		return 0;
	for (i = list; i; i = i->ifa_next) {
		id = iface_id(m, i);
		if (id && (!best || id < best))
			best = id;
	}
	freeifaddrs(list);
	return best;
}

bool
model_choose_router_id(const struct model *m, uint32_t old)
{
	uint32_t id = m->id_from_n && !m->router_id ? model_pick_router_id(m) : 0;

	model_body(m)->m.id_chosen = id ? id : old;
	return id || m->router_id || !m->id_from_n;
}

size_t
message_format(const struct message *m, char *buf, size_t size)
{
	int n;

	if (m->file)
		n = snprintf(buf, size, "%s:%u:%u%s %s", m->file, m->line, m->col,
		    m->warning ? ":" : "", m->text);
	else
		n = snprintf(buf, size, "%s", m->text);
	return n < 0 ? 0 : (size_t)n;
}

size_t
model_size(const struct model *m)
{
	const struct model_body *body = model_body(m);

	return arena_size(body->arena) + arena_size(body->tree) +
	       arena_size(body->protos) + arena_size(body->channels);
}

static bool
pattern_fits(const struct iface_pattern *p, const char *name, const struct net *net)
{
	if (p->name && fnmatch(p->name, name, 0) != 0)
		return false;
	return p->net.type == NET_NONE || (net && net_contains(&p->net, net));
}

bool
iface_patterns_match(
    const struct iface_pattern *p, unsigned n, const char *name, const struct net *net)
{
	for (unsigned i = 0; i < n; i++)
		if (pattern_fits(&p[i], name, net))
			return !p[i].not;
	return !n;
}
