/*
 * Instructions of methods: parts of networks and addresses, lists and paths, members of
 * pairs.
 */
#include "filter/run.h"

#include "filter/path.h"
#include "filter/set.h"
#include "filter/vnet.h"

bool
op_len(struct run *r, const struct insn *x, struct val *sp)
{
	const struct val v = sp[-1];
	size_t width = val_list_width(v.type);

	(void)x;
	if (v.type == VAL_NET) {
		sp[-1] = val_num(VAL_INT, ((const struct net *)v.data)->plen);
		if (r->asking && run_is_net(r, &v))
			run_asked(r, OP_LEN, sp - 1, sp[-1].num);
	} else if (v.type == VAL_PATH) {
		sp[-1] = val_num(VAL_INT, vpath_length(&v));
		return run_work(r, v.len);
	} else if (width) {
		sp[-1] = val_num(VAL_INT, (uint32_t)(v.len / width));
	} else {
		return run_fail(r, "Prefix, path, clist or eclist expected");
	}
	return true;
}

bool
op_ip(struct run *r, const struct insn *x, struct val *sp)
{
	if (!run_need(r, x->op, 1, sp - 1, VAL_NET))
		return false;
	run_see(r, sp - 1);
	sp[-1] = val_ip(vnet_ip(sp[-1].data));
	return true;
}

/* What only some networks have: bits are types, for EVPN those of its routes. */
#define TYPE(n) (1u << VNET_##n)
#define EVPN(n) (1u << (16 + EVPN_##n))

static const struct {
	unsigned where;
	const char *expected;
} net_parts[NET_PARTS] = {
	[NET_PART_RD] = { TYPE(VPN4) | TYPE(VPN6) | EVPN(EAD) | EVPN(MAC) | EVPN(IMET) |
			      EVPN(ES),
	    "VPN address expected" },
	[NET_PART_MAX] = { TYPE(ROA4) | TYPE(ROA6), "ROA expected" },
	[NET_PART_SRC] = { TYPE(SADR) | TYPE(FLOW4) | TYPE(FLOW6),
	    "Flow or SADR expected" },
	[NET_PART_DST] = { TYPE(SADR) | TYPE(FLOW4) | TYPE(FLOW6),
	    "Flow or SADR expected" },
	[NET_PART_MAC] = { TYPE(ETH) | EVPN(MAC), "ETH or EVPN MAC expected" },
	[NET_PART_VLAN] = { TYPE(ETH), "ETH expected" },
	[NET_PART_EVPN] = { EVPN(EAD) | EVPN(MAC) | EVPN(IMET) | EVPN(ES),
	    "EVPN expected" },
	[NET_PART_TAG] = { EVPN(EAD) | EVPN(MAC) | EVPN(IMET),
	    "EVPN EAD, MAC or IMET expected" },
	[NET_PART_ESI] = { EVPN(EAD) | EVPN(ES), "EVPN EAD or ES expected" },
	[NET_PART_ROUTER] = { EVPN(IMET) | EVPN(ES), "EVPN IMET or ES expected" },
};

static bool
has_part(const struct vnet *v, unsigned part)
{
	if (vnet_is_plain(&v->net))
		return false;
	if (v->net.type == VNET_EVPN && v->evpn > EVPN_ES)
		return part == NET_PART_EVPN;
	if (v->net.type > VNET_NEIGHBOR)
		return false;
	if (v->net.type == VNET_EVPN)
		return net_parts[part].where & 1u << (16 + v->evpn);
	return net_parts[part].where & 1u << v->net.type;
}

static struct val
net_part(struct run *r, const struct vnet *v, unsigned part)
{
	struct net *dst;

	switch (part) {
	case NET_PART_RD:
		return (struct val){ .type = VAL_RD,
			.ec = (uint64_t)v->rd[0] << 32 | v->rd[1] };
	case NET_PART_MAC:
		return (struct val){ .type = VAL_MAC,
			.ec = (uint64_t)get_u16(v->mac) << 32 | get_u32(v->mac + 2) };
	case NET_PART_EVPN: return val_enum(ENUM_EVPN, v->evpn);
	case NET_PART_ESI:
		return val_bytes(VAL_BYTES, arena_dup(r->arena, v->esi, sizeof(v->esi)),
		    sizeof(v->esi));
	case NET_PART_ROUTER: return val_ip(v->ip);
	case NET_PART_SRC: return val_net(&v->from);
	case NET_PART_DST:
		dst = arena_dup(r->arena, &v->net, sizeof(*dst));
		dst->type = v->net.type == VNET_FLOW4 ? NET_IP4 : NET_IP6;
		return val_net(dst);
	}
	return val_num(VAL_INT, v->max);
}

bool
op_net_part(struct run *r, const struct insn *x, struct val *sp)
{
	const struct vnet *v = sp[-1].data;

	if (!run_need(r, x->op, 1, sp - 1, VAL_NET))
		return false;
	run_see(r, sp - 1);
	if (!has_part(v, x->c))
		return run_fail(r, "%s", net_parts[x->c].expected);
	sp[-1] = net_part(r, v, x->c);
	return true;
}

bool
op_ip_mask(struct run *r, const struct insn *x, struct val *sp)
{
	struct net net;
	bool is4 = ip_is4(&sp[-2].ip);

	if (!run_need(r, x->op, 1, sp - 2, VAL_IP) ||
	    !run_need(r, x->op, 2, sp - 1, VAL_INT))
		return false;
	if (sp[-1].num > (is4 ? 32 : 128)) {
		sp[-2].ip = is4 ? ip_from4(0) : ip_none;
		return true;
	}
	net = net_from_ip(&sp[-2].ip, sp[-1].num);
	sp[-2] = val_ip(net_ip(&net));
	return true;
}

bool
op_is_v4(struct run *r, const struct insn *x, struct val *sp)
{
	if (!run_need(r, x->op, 1, sp - 1, VAL_IP))
		return false;
	sp[-1] = val_bool(ip_is4(&sp[-1].ip));
	return true;
}

bool
op_type(struct run *r, const struct insn *x, struct val *sp)
{
	bool own;

	if (!run_need(r, x->op, 1, sp - 1, VAL_NET))
		return false;
	own = run_is_net(r, sp - 1);
	sp[-1] = val_enum(ENUM_NETTYPE, ((const struct net *)sp[-1].data)->type);
	if (r->asking && own)
		run_asked(r, OP_TYPE, sp - 1, sp[-1].num);
	return true;
}

bool
op_path_get(struct run *r, const struct insn *x, struct val *sp)
{
	uint32_t as;

	if (!run_need(r, x->op, 1, sp - 1, VAL_PATH) || !run_work(r, sp[-1].len))
		return false;
	if (x->op == OP_FIRST)
		as = vpath_first(sp - 1);
	else
		as = x->op == OP_LAST ? vpath_last(sp - 1)
				      : vpath_last_nonaggregated(sp - 1);
	sp[-1] = val_num(VAL_INT, as);
	return true;
}

bool
op_empty(struct run *r, const struct insn *x, struct val *sp)
{
	(void)x;
	if (!val_is_list(sp[-1].type))
		return run_fail(r, "Path, clist or eclist expected");
	sp[-1].len = 0;
	return true;
}

static bool
check_length(struct run *r, const struct val *list)
{
	return list->len <= RUN_LIST_MAX || run_fail(r, "List too long");
}

bool
op_prepend(struct run *r, const struct insn *x, struct val *sp)
{
	if (!run_need(r, x->op, 1, sp - 2, VAL_PATH) ||
	    !run_need(r, x->op, 2, sp - 1, VAL_INT))
		return false;
	/* a plain copy is cheap: paths of thousands of numbers are built by loops */
	if (!run_take(r, sp[-2].len / 16 + 6u) || !run_work(r, sp[-2].len / 4))
		return false;
	sp[-2] = vpath_prepend(r->arena, sp - 2, sp[-1].num);
	return check_length(r, sp - 2);
}

static const char *
element_name(unsigned list_type)
{
	return list_type == VAL_CLIST ? "pair" : list_type == VAL_ECLIST ? "ec" : "lc";
}

/* Each element of one list is compared with each of another. */
static size_t
pairs_work(size_t a, size_t b)
{
	return a * b / 4;
}

bool
op_list_add(struct run *r, const struct insn *x, struct val *sp)
{
	(void)x;
	if (!val_list_width(sp[-2].type))
		return run_fail(r, "Can't add to non-[e|l]clist");
	if (!run_take(r, sp[-2].len + (val_is_bytes(sp - 1) ? sp[-1].len : 12u)))
		return false;
	if (sp[-1].type == VAL_SET)
		return run_fail(r, "Can't add set");
	/* each of the second list is compared with all before it */
	if (!run_work(r, sp[-1].type == sp[-2].type
			     ? pairs_work(sp[-1].len, sp[-2].len + sp[-1].len)
			     : sp[-2].len))
		return false;
	if (!vlist_add(r->arena, sp - 2, sp - 1, sp - 2))
		return run_fail(r, "Can't add non-%s", element_name(sp[-2].type));
	return check_length(r, sp - 2);
}

static bool
path_select(struct run *r, struct val *sp, bool keep)
{
	const struct val *what = sp - 1;
	bool is_set = what->type == VAL_SET && vset_takes(what->sub, VAL_INT);

	if (!is_set && (keep || what->type != VAL_INT))
		return run_fail(r, "Can't %s %s", keep ? "filter" : "delete",
		    keep ? "integer" : "non-integer (set)");
	if (!run_work(r, (size_t)sp[-2].len * (is_set ? RUN_SEARCH : 1)))
		return false;
	sp[-2] = vpath_filter(r->arena, sp - 2, what, keep);
	return true;
}

bool
op_list_filter(struct run *r, const struct insn *x, struct val *sp)
{
	bool keep = x->op == OP_LIST_FILTER;

	if (val_is_list(sp[-2].type) && !run_take(r, sp[-2].len + 8u))
		return false;
	if (sp[-2].type == VAL_PATH)
		return path_select(r, sp, keep);
	if (!val_list_width(sp[-2].type))
		return run_fail(
		    r, "Can't %s non-[e|l]clist", keep ? "filter" : "delete in");
	if (!run_work(r, sp[-1].type == sp[-2].type ? pairs_work(sp[-2].len, sp[-1].len)
						    : (size_t)sp[-2].len * RUN_SEARCH))
		return false;
	if (!vlist_filter(r->arena, sp - 2, sp - 1, keep, sp - 2))
		return run_fail(r, "Can't %s non-%s", keep ? "filter" : "delete",
		    element_name(sp[-2].type));
	return true;
}

bool
op_extreme(struct run *r, const struct insn *x, struct val *sp)
{
	if (!val_list_width(sp[-1].type))
		return run_fail(r, "Clist or lclist expected");
	if (!run_work(r, (size_t)sp[-1].len * 2))
		return false;
	sp[-1] = vlist_extreme(sp - 1, x->op == OP_MAX);
	return true;
}

bool
op_asn(struct run *r, const struct insn *x, struct val *sp)
{
	const struct vnet *v = sp[-1].data;

	if (sp[-1].type == VAL_LC)
		sp[-1] = val_num(VAL_INT, sp[-1].lc[0]);
	else if (sp[-1].type == VAL_NET && v->net.type != VNET_ROA4 &&
		 v->net.type != VNET_ROA6 && v->net.type != VNET_ASPA)
		return run_fail(r, "ROA expected");
	else if (sp[-1].type == VAL_NET)
		sp[-1] = val_num(VAL_INT, v->as);
	else if (run_need(r, x->op, 1, sp - 1, VAL_PAIR))
		sp[-1] = val_num(VAL_INT, sp[-1].num >> 16);
	else
		return false;
	return true;
}

bool
op_data(struct run *r, const struct insn *x, struct val *sp)
{
	if (!run_need(r, x->op, 1, sp - 1, x->c ? VAL_LC : VAL_PAIR))
		return false;
	sp[-1] = val_num(VAL_INT, x->c ? sp[-1].lc[x->c] : sp[-1].num & 0xffff);
	return true;
}
