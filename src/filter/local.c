/*
 * Instructions on attributes that BGP has no word for, and their form in the route.
 */
#include "filter/local.h"

#include <string.h>

#include "base/wire.h"
#include "bgp/hops.h"
#include "filter/links.h"
#include "filter/run.h"
#include "filter/set.h"

static size_t
size_of(unsigned type)
{
	switch (type) {
	case VAL_IP: return 16;
	case VAL_EC:
	case VAL_RD:
	case VAL_MAC: return 8;
	case VAL_LC: return 12;
	}
	return type >= VAL_BOOL && type <= VAL_ENUM ? 4 : 0;
}

bool
local_read(const struct attr *a, unsigned type, unsigned sub, struct val *out)
{
	struct val v = { .type = (uint8_t)type, .sub = (uint8_t)sub };

	if (type == VAL_OPAQUE || (size_of(type) && a->len != size_of(type)))
		return false;
	switch (type) {
	case VAL_IP: memcpy(v.ip.b, a->data, 16); break;
	case VAL_EC:
	case VAL_RD:
	case VAL_MAC:
		v.ec = (uint64_t)get_u32(a->data) << 32 | get_u32(a->data + 4);
		break;
	case VAL_LC:
		for (int i = 0; i < 3; i++)
			v.lc[i] = get_u32(a->data + 4 * i);
		break;
	default:
		if (size_of(type)) {
			v.num = get_u32(a->data);
		} else {
			v.len = a->len;
			v.data = a->data;
		}
	}
	/* a set of another type than is declared may have been put there */
	if (type == VAL_SET && v.len && vset_element(v.data) != VAL_VOID)
		v.sub = (uint8_t)vset_element(v.data);
	*out = v;
	return true;
}

const void *
local_bytes(const struct val *v, uint8_t buf[16], size_t *len)
{
	*len = size_of(v->type);
	switch (v->type) {
	case VAL_IP: return v->ip.b;
	case VAL_EC:
	case VAL_RD:
	case VAL_MAC:
		put_u32(buf, (uint32_t)(v->ec >> 32));
		put_u32(buf + 4, (uint32_t)v->ec);
		return buf;
	case VAL_LC:
		for (int i = 0; i < 3; i++)
			put_u32(buf + 4 * i, v->lc[i]);
		return buf;
	}
	if (!*len) {
		*len = v->len;
		return v->data;
	}
	put_u32(buf, v->num);
	return buf;
}

void
draft_set_providers(struct draft *d, const uint32_t *providers, size_t n)
{
	uint8_t *list = arena_alloc(d->arena, n * 4);

	for (size_t i = 0; i < n; i++)
		put_u32(list + 4 * i, providers[i]);
	if (n)
		draft_put(d, 0, filter_local_code("aspa_providers"), list, n * 4);
}

static bool
need_route(struct run *r)
{
	return r->draft || run_fail(r, "No route to access");
}

static bool
read_own(struct run *r, const struct insn *x, unsigned sub, struct val *out)
{
	const struct attr *a = draft_find(r->draft, x->c);

	if (!a || !local_read(a, x->a, sub, out))
		return false;
	/* what is looked at as words must lie on one */
	if (val_is_bytes(out) && !val_is_list(out->type) && out->len)
		*out = val_dup(r->arena, out);
	return true;
}

bool
op_local(struct run *r, const struct insn *x, struct val *sp)
{
	if (!need_route(r))
		return false;
	if (!read_own(r, x, x->b, sp))
		sp[0] = val_void();
	return !val_is_bytes(sp) || run_take(r, sp->len);
}

bool
op_set_local(struct run *r, const struct insn *x, struct val *sp)
{
	const struct attr *old;
	uint8_t buf[16];
	const void *data;
	size_t len;

	if (!need_route(r) || !run_need(r, x->op, 1, sp - 1, x->a))
		return false;
	run_see(r, sp - 1);
	data = local_bytes(sp - 1, buf, &len);
	if (!run_work(r, len))
		return false;
	old = draft_find(r->draft, x->c);
	if (old && old->len == len && (!len || memcmp(old->data, data, len) == 0))
		return true;
	if (!run_take(r, len))
		return false;
	/* one of the wire that has no name of its own: `attribute bgp N bytestring x` */
	draft_set(r->draft, x->c < LOCAL_ATTR ? AF_OPTIONAL | AF_TRANSITIVE : 0, x->c,
	    len ? data : buf, len);
	r->changed = true;
	return true;
}

/* What is written is kept for filters only: the source of a route is known without it. */
bool
op_source(struct run *r, const struct insn *x, struct val *sp)
{
	struct insn own = { .a = VAL_ENUM, .c = x->c };

	if (!need_route(r))
		return false;
	if (!read_own(r, &own, ENUM_RTS, sp))
		sp[0] = val_enum(ENUM_RTS, r->source ? (uint32_t)r->source->source : 0);
	return true;
}

bool
op_from(struct run *r, const struct insn *x, struct val *sp)
{
	struct insn own = { .a = VAL_IP, .c = x->c };

	if (!need_route(r))
		return false;
	if (read_own(r, &own, 0, sp))
		return true;
	sp[0] = val_ip(r->source ? r->source->from : ip_none);
	return true;
}

bool
op_set_from(struct run *r, const struct insn *x, struct val *sp)
{
	struct insn own = { .op = x->op, .a = VAL_IP, .c = x->c };

	return op_set_local(r, &own, sp);
}

/* RTD_NONE is 0, RTD_UNICAST 1, DEST_UNICAST 0.  What is no address leads nowhere. */
bool
op_dest(struct run *r, const struct insn *x, struct val *sp)
{
	enum dest dest;

	(void)x;
	if (!need_route(r))
		return false;
	dest = draft_dest(r->draft);
	if (dest == DEST_UNICAST && r->net) {
		sp[0] = val_net(r->net);
		if (r->asking)
			run_asked(r, OP_TYPE, sp, r->net->type);
		if (r->net->type >= NET_ROA4)
			dest = DEST_NONE;
	}
	sp[0] = val_enum(ENUM_RTD, dest == DEST_NONE ? 0 : (uint32_t)dest + 1);
	return true;
}

bool
op_set_dest(struct run *r, const struct insn *x, struct val *sp)
{
	if (!need_route(r) || !run_need(r, x->op, 1, sp - 1, VAL_ENUM))
		return false;
	if (sp[-1].sub != ENUM_RTD || sp[-1].num < DEST_BLACKHOLE + 1 ||
	    sp[-1].num > DEST_PROHIBIT + 1)
		return run_fail(r, "Destination can be changed only to blackhole, "
				   "unreachable or prohibit");
	if (draft_dest(r->draft) == (enum dest)(sp[-1].num - 1))
		return true;
	draft_set_dest(r->draft, (enum dest)(sp[-1].num - 1));
	r->changed = true;
	return true;
}

static struct val
hop_value(const struct run *r, const struct hop *hop, unsigned part)
{
	static const uint8_t nothing[4];
	char *name;

	switch (part) {
	case HOP_GW: return val_ip(hop ? hop->via : ip_none);
	case HOP_NAME:
		if (!hop)
			return val_bytes(VAL_STRING, nothing, 0);
		name = arena_strndup(r->arena, hop->ifname, sizeof(hop->ifname));
		return val_text(name);
	case HOP_WEIGHT: return val_num(VAL_INT, hop && hop->weight ? hop->weight : 1);
	case HOP_LABEL: /* 3 is the implicit null: RFC 3032, 2.1 */
		return val_num(VAL_INT, hop && hop->label_n ? hop->label[0] : 3);
	}
	return val_bool(hop && hop->onlink);
}

bool
op_hop(struct run *r, const struct insn *x, struct val *sp)
{
	struct hop hop;
	unsigned n;

	if (!need_route(r))
		return false;
	if (read_own(r, x, 0, sp))
		return true;
	n = draft_dest(r->draft) == DEST_UNICAST ? draft_hops(r->draft, &hop, 1) : 0;
	/* of a neighbour's address it is known */
	if (x->b == HOP_NAME && n && !hop.ifname[0] && r->source && r->source->links)
		r->source->links->neighbor(r->source->links, &hop.via, hop.ifname);
	if (!run_take(r, sizeof(hop.ifname)))
		return false;
	sp[0] = hop_value(r, n ? &hop : NULL, x->b);
	return true;
}

/* The next hop of a route of BGP stays what it is; that of others is where it leads. */
static void
put_hop(struct run *r, const struct hop *hop)
{
	if (r->source->source == ROUTE_SOURCE_BGP)
		draft_set_way(r->draft, hop, 1);
	else
		draft_set_hops(r->draft, hop, 1);
	draft_set_dest(r->draft, DEST_UNICAST);
	r->changed = true;
}

static bool
is_link_local(const struct ip *ip)
{
	return ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

/* As BIRD: the new one has the weight of the one before, a link-local one its interface. */
static struct hop
old_hop(const struct run *r)
{
	struct hop h = { .weight = 1 };

	if (draft_dest(r->draft) == DEST_UNICAST)
		draft_hops(r->draft, &h, 1);
	return h;
}

static bool
set_gateway(struct run *r, const struct ip *ip)
{
	struct hop old = old_hop(r), hop = { .via = *ip, .weight = old.weight };

	if (is_link_local(ip))
		memcpy(hop.ifname, old.ifname, sizeof(hop.ifname));
	if (!r->source->links->neighbor(r->source->links, ip, hop.ifname))
		return run_fail(r, "Invalid gw address");
	put_hop(r, &hop);
	return true;
}

static bool
set_interface(struct run *r, const struct val *name)
{
	struct hop hop = { .weight = old_hop(r).weight };

	if (name->len >= sizeof(hop.ifname))
		return run_fail(r, "Invalid iface name");
	memcpy(hop.ifname, name->data, name->len);
	if (!r->source->links->has(r->source->links, hop.ifname))
		return run_fail(r, "Invalid iface name");
	put_hop(r, &hop);
	return true;
}

bool
op_set_hop(struct run *r, const struct insn *x, struct val *sp)
{
	struct hop hop;

	if (!need_route(r) || !run_need(r, x->op, 1, sp - 1, x->a))
		return false;
	if (x->b == HOP_WEIGHT && (sp[-1].num < 1 || sp[-1].num > 256))
		return run_fail(r, "Setting weight value out of bounds");
	if (x->b == HOP_WEIGHT && (draft_dest(r->draft) != DEST_UNICAST ||
				      !draft_hops(r->draft, &hop, 1)))
		return run_fail(r, "Setting weight needs regular nexthop ");
	if (r->source && r->source->links && x->b == HOP_GW)
		return set_gateway(r, &sp[-1].ip);
	if (r->source && r->source->links && x->b == HOP_NAME)
		return set_interface(r, sp - 1);
	if (!op_set_local(r, x, sp))
		return false;
	/* a gateway makes the route lead somewhere */
	if ((x->b == HOP_GW || x->b == HOP_NAME) &&
	    draft_dest(r->draft) != DEST_UNICAST) {
		draft_set_dest(r->draft, DEST_UNICAST);
		r->changed = true;
	}
	return true;
}
