/*
 * Instructions that read and write the route: its network, source and attributes.  Values
 * borrow the draft's bytes; an edit leaves new bytes in the draft's arena.
 */
#include "filter/run.h"

#include <string.h>

#include "base/wire.h"
#include "filter/vnet.h"

static bool
need_route(struct run *r)
{
	return r->draft || run_fail(r, "No route to access");
}

bool
op_net(struct run *r, const struct insn *x, struct val *sp)
{
	struct vnet *v;

	(void)x;
	if (!need_route(r))
		return false;
	if (vnet_is_plain(r->net)) {
		sp[0] = val_net(r->net);
		return true;
	}
	run_opaque(r);
	if (!run_take(r, vnet_room(r->net)))
		return false;
	v = arena_alloc(r->arena, vnet_room(r->net));
	vnet_from(r->net, v);
	sp[0] = val_net(&v->net);
	return true;
}

bool
op_proto(struct run *r, const struct insn *x, struct val *sp)
{
	(void)x;
	if (!need_route(r))
		return false;
	sp[0] = val_text(r->source && r->source->proto ? r->source->proto : "");
	return true;
}

bool
op_pref(struct run *r, const struct insn *x, struct val *sp)
{
	(void)x;
	if (!need_route(r))
		return false;
	sp[0] = val_num(VAL_INT, r->draft->preference);
	return true;
}

bool
op_nexthop(struct run *r, const struct insn *x, struct val *sp)
{
	(void)x;
	if (!need_route(r))
		return false;
	sp[0] = r->draft->next_hop.len ? val_ip(next_hop_ip(&r->draft->next_hop))
				       : val_void();
	return true;
}

bool
op_u32(struct run *r, const struct insn *x, struct val *sp)
{
	uint32_t v;

	if (!need_route(r))
		return false;
	sp[0] = draft_u32(r->draft, x->c, &v) ? val_num(x->a, v) : val_void();
	return true;
}

bool
op_origin(struct run *r, const struct insn *x, struct val *sp)
{
	const struct attr *a;

	(void)x;
	if (!need_route(r))
		return false;
	a = draft_find(r->draft, ATTR_ORIGIN);
	sp[0] = a && a->len == 1 ? val_enum(ENUM_ORIGIN, a->data[0]) : val_void();
	return true;
}

bool
op_list(struct run *r, const struct insn *x, struct val *sp)
{
	static const uint8_t nothing[4];
	const struct attr *a;

	if (!need_route(r))
		return false;
	a = draft_find(r->draft, x->c);
	sp[0] = a ? val_bytes(x->a, a->data, a->len) : val_bytes(x->a, nothing, 0);
	return true;
}

bool
op_opaque(struct run *r, const struct insn *x, struct val *sp)
{
	if (!need_route(r))
		return false;
	sp[0] = draft_find(r->draft, x->c) ? (struct val){ .type = VAL_OPAQUE }
					   : val_void();
	return true;
}

bool
op_slot(struct run *r, const struct insn *x, struct val *sp)
{
	if (!need_route(r))
		return false;
	sp[0] = r->slots[x->c];
	return true;
}

bool
op_set_pref(struct run *r, const struct insn *x, struct val *sp)
{
	if (!need_route(r) || !run_need(r, x->op, 1, sp - 1, VAL_INT))
		return false;
	/* sixteen bits as in BIRD 2 */
	if (r->draft->preference != (uint16_t)sp[-1].num) {
		r->draft->preference = (uint16_t)sp[-1].num;
		r->changed = true;
	}
	return true;
}

bool
op_set_nexthop(struct run *r, const struct insn *x, struct val *sp)
{
	struct next_hop nh = { .len = 16 };

	if (!need_route(r) || !run_need(r, x->op, 1, sp - 1, VAL_IP))
		return false;
	if (ip_is4(&sp[-1].ip)) {
		nh.len = 4;
		put_u32(nh.b, ip_to4(&sp[-1].ip));
	} else {
		memcpy(nh.b, sp[-1].ip.b, 16);
	}
	r->draft->next_hop = nh;
	r->changed = true;
	return true;
}

bool
op_set_u32(struct run *r, const struct insn *x, struct val *sp)
{
	uint32_t old;

	if (!need_route(r) || !run_need(r, x->op, 1, sp - 1, x->a))
		return false;
	if (draft_u32(r->draft, x->c, &old) && old == sp[-1].num)
		return true;
	draft_set_u32(r->draft, x->c, sp[-1].num);
	r->changed = true;
	return true;
}

bool
op_set_origin(struct run *r, const struct insn *x, struct val *sp)
{
	if (!need_route(r) || !run_need(r, x->op, 1, sp - 1, VAL_ENUM))
		return false;
	if (sp[-1].sub != ENUM_ORIGIN)
		return run_fail(
		    r, "Argument 1 of EA_SET must be of type enum bgp_origin");
	draft_set_u8(r->draft, ATTR_ORIGIN, (uint8_t)sp[-1].num);
	r->changed = true;
	return true;
}

static unsigned
list_flags(uint32_t code)
{
	switch (code) {
	case ATTR_AS_PATH: return AF_TRANSITIVE;
	case ATTR_CLUSTER_LIST: return AF_OPTIONAL;
	}
	return AF_OPTIONAL | AF_TRANSITIVE;
}

void
run_put_list(struct run *r, uint32_t code, const void *data, size_t len)
{
	if (len || code == ATTR_AS_PATH)
		draft_put(r->draft, list_flags(code), code, data, len);
	else
		draft_unset(r->draft, code);
	r->changed = true;
}

bool
op_set_list(struct run *r, const struct insn *x, struct val *sp)
{
	const struct val *v = sp - 1;
	const struct attr *old;

	if (!need_route(r) || !run_need(r, x->op, 1, v, x->a))
		return false;
	old = draft_find(r->draft, x->c);
	if (old ? old->data == v->data && old->len == v->len
		: !v->len && x->a != VAL_PATH)
		return true;
	if (!run_take(r, v->len))
		return false;
	run_put_list(r, x->c, arena_dup(r->arena, v->data, v->len), v->len);
	return true;
}

bool
op_set_slot(struct run *r, const struct insn *x, struct val *sp)
{
	if (!need_route(r) || !run_need(r, x->op, 1, sp - 1, x->a))
		return false;
	r->slots[x->c] = sp[-1];
	return true;
}

bool
op_unset(struct run *r, const struct insn *x, struct val *sp)
{
	(void)sp;
	if (!need_route(r))
		return false;
	if (x->c == ATTR_NEXT_HOP)
		r->draft->next_hop.len = 0;
	else
		draft_unset(r->draft, x->c);
	r->changed = true;
	return true;
}

bool
op_unset_slot(struct run *r, const struct insn *x, struct val *sp)
{
	(void)sp;
	r->slots[x->c] = val_void();
	return true;
}
