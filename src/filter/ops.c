/*
 * Instructions that only compute: arithmetic, comparison, constructors, what is asked of
 * tables of origins, print; and the table of all handlers.
 */
#include "filter/run.h"

#include <string.h>

#include "base/log.h"
#include "base/wire.h"
#include "filter/blob.h"
#include "filter/origin.h"
#include "filter/path.h"
#include "filter/set.h"
#include "filter/vnet.h"

static bool
op_const(struct run *r, const struct insn *x, struct val *sp)
{
	const uint8_t *at = r->filter->bytes + x->c;
	struct val v = { .type = x->a, .sub = (uint8_t)x->b };

	memcpy(&v.len, at, 4);
	if (val_is_bytes(&v)) {
		v.data = at + 4;
	} else {
		memcpy(&v.ip, at + 4, v.len);
		v.len = 0;
	}
	sp[0] = v;
	return true;
}

static bool
op_shared(struct run *r, const struct insn *x, struct val *sp)
{
	const struct blob *blob;

	memcpy(&blob, r->filter->bytes + x->c + 4, sizeof(blob));
	sp[0] = val_bytes(x->a, blob->data, blob->len);
	sp[0].sub = (uint8_t)x->b;
	return true;
}

static bool
op_void(struct run *r, const struct insn *x, struct val *sp)
{
	(void)r, (void)x;
	sp[0] = val_void();
	return true;
}

static bool
op_test(struct run *r, const struct insn *x, struct val *sp)
{
	return run_need(r, x->c, x->b, sp - 1, x->a);
}

static bool
op_quad(struct run *r, const struct insn *x, struct val *sp)
{
	(void)r, (void)x;
	if (sp[-1].type == VAL_IP && ip_is4(&sp[-1].ip))
		sp[-1] = val_num(VAL_QUAD, ip_to4(&sp[-1].ip));
	return true;
}

static bool
op_default(struct run *r, const struct insn *x, struct val *sp)
{
	static const uint8_t nothing[4];

	(void)r;
	if (sp[-1].type != VAL_VOID)
		return true;
	if (x->a >= VAL_NET)
		sp[-1] = val_bytes(x->a, nothing, 0);
	else
		sp[-1] = (struct val){ .type = x->a, .sub = (uint8_t)x->b, .num = x->c };
	return true;
}

static bool
op_not(struct run *r, const struct insn *x, struct val *sp)
{
	if (!run_need(r, x->op, 1, sp - 1, VAL_BOOL))
		return false;
	sp[-1].num = !sp[-1].num;
	return true;
}

static bool
op_arith(struct run *r, const struct insn *x, struct val *sp)
{
	uint32_t b = sp[-1].num;

	if (!run_need(r, x->op, 1, sp - 2, VAL_INT) ||
	    !run_need(r, x->op, 2, sp - 1, VAL_INT))
		return false;
	switch (x->op) {
	case OP_ADD: sp[-2].num += b; return true;
	case OP_SUB: sp[-2].num -= b; return true;
	case OP_MUL: sp[-2].num *= b; return true;
	case OP_BITAND: sp[-2].num &= b; return true;
	case OP_BITOR: sp[-2].num |= b; return true;
	}
	if (!b)
		return run_fail(r, "Mother told me not to divide by 0");
	sp[-2].num /= b;
	return true;
}

static bool
op_concat(struct run *r, const struct insn *x, struct val *sp)
{
	size_t n = (size_t)sp[-2].len + sp[-1].len;
	unsigned type = sp[-2].type == VAL_BYTES ? VAL_BYTES : VAL_STRING;
	char *to;

	if (!run_need(r, x->op, 1, sp - 2, type) ||
	    !run_need(r, x->op, 2, sp - 1, type) || !run_take(r, n))
		return false;
	if (n > RUN_LIST_MAX)
		return run_fail(r, "String too long");
	to = arena_alloc(r->arena, n + 1);
	memcpy(to, sp[-2].data, sp[-2].len);
	memcpy(to + sp[-2].len, sp[-1].data, sp[-1].len);
	sp[-2] = val_bytes(type, to, n);
	return true;
}

static bool
op_from_hex(struct run *r, const struct insn *x, struct val *sp)
{
	struct val v;

	if (!run_need(r, x->op, 1, sp - 1, VAL_STRING) || !run_take(r, sp[-1].len))
		return false;
	if (!bytes_parse(r->arena, sp[-1].data, sp[-1].len, &v))
		return run_fail(r, "Invalid hex string");
	if (v.type == VAL_MAC) { /* here only digits count */
		uint8_t *to = arena_alloc(r->arena, 8);

		put_u32(to, (uint32_t)(v.ec >> 16));
		put_u16(to + 4, (uint16_t)v.ec);
		v = val_bytes(VAL_BYTES, to, 6);
	}
	sp[-1] = v;
	return true;
}

/* Comparing looks at most at all of the shorter one. */
static bool
work_both(struct run *r, const struct val *a, const struct val *b)
{
	if (!val_is_bytes(a) || !val_is_bytes(b))
		return true;
	return run_work(r, a->len < b->len ? a->len : b->len);
}

static bool
op_equal(struct run *r, const struct insn *x, struct val *sp)
{
	run_see(r, sp - 1);
	run_see(r, sp - 2);
	if (!work_both(r, sp - 2, sp - 1))
		return false;
	sp[-2] = val_bool(val_same(sp - 2, sp - 1) == (x->op == OP_EQ));
	return true;
}

static bool
op_order(struct run *r, const struct insn *x, struct val *sp)
{
	int order;

	run_see(r, sp - 1);
	run_see(r, sp - 2);
	if (!work_both(r, sp - 2, sp - 1))
		return false;
	if (!val_order(sp - 2, sp - 1, &order))
		return run_fail(r, "Can't compare values of incompatible types");
	sp[-2] = val_bool(x->op == OP_LT ? order < 0 : order <= 0);
	return true;
}

/* What `~` may cost: each element of a list is searched for in a set, each AS of a path
 * is compared with each item of a mask, a pattern is tried at each place of a text. */
static size_t
match_work(const struct val *a, const struct val *b)
{
	if (val_is_list(b->type))
		return b->len;
	if (b->type == VAL_STRING && a->type == VAL_STRING)
		return (size_t)a->len * b->len;
	if (!val_is_list(a->type))
		return 0;
	if (b->type == VAL_MASK)
		return (size_t)a->len * (8 + 2 * vmask_items(b));
	return (size_t)a->len * RUN_SEARCH;
}

static bool
op_match(struct run *r, const struct insn *x, struct val *sp)
{
	int m;

	if (!run_work(r, match_work(sp - 2, sp - 1)))
		return false;
	m = val_match(sp - 2, sp - 1);
	if (m < 0)
		return run_fail(
		    r, "%s applied on unknown type pair", x->op == OP_MATCH ? "~" : "!~");
	if (r->asking && run_is_net(r, sp - 2))
		run_asked(r, OP_MATCH, sp - 1, m != 0);
	run_see(r, sp - 1);
	sp[-2] = val_bool((m != 0) == (x->op == OP_MATCH));
	return true;
}

static bool
op_pair(struct run *r, const struct insn *x, struct val *sp)
{
	if (!run_need(r, x->op, 1, sp - 2, VAL_INT) ||
	    !run_need(r, x->op, 2, sp - 1, VAL_INT))
		return false;
	if (sp[-2].num > 0xffff || sp[-1].num > 0xffff)
		return run_fail(
		    r, "Can't operate with value out of bounds in pair constructor");
	sp[-2] = val_num(VAL_PAIR, sp[-2].num << 16 | sp[-1].num);
	return true;
}

static bool
op_lc(struct run *r, const struct insn *x, struct val *sp)
{
	struct val lc = { .type = VAL_LC };

	for (unsigned i = 0; i < 3; i++) {
		if (!run_need(r, x->op, i + 1, sp - 3 + i, VAL_INT))
			return false;
		lc.lc[i] = sp[(int)i - 3].num;
	}
	sp[-3] = lc;
	return true;
}

/* RFC 4360 and 5668: two octets of AS, an address, or four octets of AS, by the key's
 * size. */
static bool
op_ec(struct run *r, const struct insn *x, struct val *sp)
{
	uint64_t kind = x->c, key = sp[-2].num, value = sp[-1].num;
	struct val ec = { .type = VAL_EC };
	bool is_ip = sp[-2].type == VAL_QUAD ||
		     (sp[-2].type == VAL_IP && ip_is4(&sp[-2].ip));

	if ((!is_ip && !run_need(r, x->op, 1, sp - 2, VAL_INT)) ||
	    !run_need(r, x->op, 2, sp - 1, VAL_INT))
		return false;
	if (sp[-2].type == VAL_IP)
		key = ip_to4(&sp[-2].ip);
	if (kind == UINT32_MAX)
		ec.ec = key << 32 | value;
	else if (!is_ip && key <= 0xffff)
		ec.ec = kind << 48 | key << 32 | value;
	else if (value > 0xffff)
		return run_fail(r,
		    "4-byte value %u can't be used with %s in extended community",
		    (uint32_t)value, is_ip ? "IP-based key" : "4-byte ASN");
	else
		ec.ec = (kind | (is_ip ? 0x0100 : 0x0200)) << 48 | key << 16 | value;
	sp[-2] = ec;
	return true;
}

static bool
op_mask(struct run *r, const struct insn *x, struct val *sp)
{
	struct insn k = { .a = VAL_MASK, .c = x->c };
	struct val mask;
	size_t bytes = 0;

	for (unsigned i = 1; i <= x->b; i++)
		bytes += val_is_bytes(sp - i) ? sp[-(int)i].len : 0;
	op_const(r, &k, &mask);
	if (!run_take(r, mask.len + bytes))
		return false;
	if (!vmask_fill(r->arena, &mask, sp - x->b, &mask))
		return run_fail(
		    r, "Error resolving path mask template: value not an integer");
	sp[-(int)x->b] = mask;
	return true;
}

static bool
op_format(struct run *r, const struct insn *x, struct val *sp)
{
	struct vtext t = vtext_new(r->arena, RUN_LINE_MAX);

	(void)x;
	run_see(r, sp - 1);
	vtext_val(&t, sp - 1);
	if (!run_take(r, t.room))
		return false;
	sp[-1] = val_bytes(VAL_STRING, t.at, t.len);
	return true;
}

static bool
op_defined(struct run *r, const struct insn *x, struct val *sp)
{
	const struct val v = sp[-1];

	(void)r;
	sp[-1] = val_bool(
	    v.type != VAL_VOID && (x->a || !val_is_list(v.type) || v.len != 0));
	return true;
}

static bool
op_roa(struct run *r, const struct insn *x, struct val *sp)
{
	const struct net *net = sp[-2].data;
	struct val asked = { .type = VAL_LC };
	unsigned result;

	if (!run_need(r, x->op, 1, sp - 2, VAL_NET) ||
	    !run_need(r, x->op, 2, sp - 1, VAL_INT))
		return false;
	asked.lc[0] = x->c;
	asked.lc[1] = sp[-1].num;
	result = origins_check(origin_table_get(x->c), net, sp[-1].num);
	if (r->asking && run_is_net(r, sp - 2))
		run_asked(r, OP_ROA, &asked, result);
	else
		run_opaque(r);
	sp[-2] = val_enum(ENUM_ROA, result);
	return true;
}

static bool
op_aspa(struct run *r, const struct insn *x, struct val *sp)
{
	if (!run_need(r, x->op, 1, sp - 2, VAL_PATH) ||
	    !run_need(r, x->op, 2, sp - 1, VAL_BOOL) ||
	    !run_work(r, (size_t)sp[-2].len * RUN_SEARCH))
		return false;
	run_opaque(r);
	/* no ASPA table: as with roa_check, whatever the path */
	sp[-2] = val_enum(ENUM_ASPA,
	    x->c ? origins_check_path(origin_table_get(x->c), sp - 2, sp[-1].num)
		 : ASPA_UNKNOWN);
	return true;
}

static bool
op_print(struct run *r, const struct insn *x, struct val *sp)
{
	run_opaque(r);
	if (!r->line.at)
		r->line = vtext_new(r->arena, RUN_LINE_MAX);
	if (!run_take(r, r->line.room))
		return false;
	for (int i = -(int)x->b; i < 0; i++)
		vtext_val(&r->line, sp + i);
	if (x->a) {
		if (r->trial)
			trial_print(r->trial, r->line.at);
		else
			log_info("%s", r->line.at);
		r->line.at = NULL;
	}
	return true;
}

static bool
op_assert(struct run *r, const struct insn *x, struct val *sp)
{
	return run_need(r, x->op, 1, sp - 1, VAL_BOOL) &&
	       (sp[-1].num || run_fail(r, "Assertion failed"));
}

op_fn *const op_handlers[OPS] = {
	[OP_CONST] = op_const,
	[OP_SHARED] = op_shared,
	[OP_VOID] = op_void,
	[OP_TEST] = op_test,
	[OP_QUAD] = op_quad,
	[OP_DEFAULT] = op_default,
	[OP_NOT] = op_not,
	[OP_ADD] = op_arith,
	[OP_SUB] = op_arith,
	[OP_MUL] = op_arith,
	[OP_DIV] = op_arith,
	[OP_BITAND] = op_arith,
	[OP_BITOR] = op_arith,
	[OP_CONCAT] = op_concat,
	[OP_EQ] = op_equal,
	[OP_NE] = op_equal,
	[OP_LT] = op_order,
	[OP_LE] = op_order,
	[OP_MATCH] = op_match,
	[OP_NOMATCH] = op_match,
	[OP_PAIR] = op_pair,
	[OP_LC] = op_lc,
	[OP_EC] = op_ec,
	[OP_MASK] = op_mask,
	[OP_NET] = op_net,
	[OP_PROTO] = op_proto,
	[OP_SOURCE] = op_source,
	[OP_FROM] = op_from,
	[OP_PREF] = op_pref,
	[OP_NEXTHOP] = op_nexthop,
	[OP_U32] = op_u32,
	[OP_ORIGIN] = op_origin,
	[OP_LIST] = op_list,
	[OP_OPAQUE] = op_opaque,
	[OP_LIST_HAS] = op_list_has,
	[OP_LIST_PUT] = op_list_put,
	[OP_LIST_TAKE] = op_list_take,
	[OP_SLOT] = op_slot,
	[OP_LOCAL] = op_local,
	[OP_DEST] = op_dest,
	[OP_HOP] = op_hop,
	[OP_SET_LOCAL] = op_set_local,
	[OP_SET_DEST] = op_set_dest,
	[OP_SET_HOP] = op_set_hop,
	[OP_SET_FROM] = op_set_from,
	[OP_SET_PREF] = op_set_pref,
	[OP_SET_NEXTHOP] = op_set_nexthop,
	[OP_SET_U32] = op_set_u32,
	[OP_SET_ORIGIN] = op_set_origin,
	[OP_SET_LIST] = op_set_list,
	[OP_SET_SLOT] = op_set_slot,
	[OP_UNSET] = op_unset,
	[OP_UNSET_SLOT] = op_unset_slot,
	[OP_LEN] = op_len,
	[OP_IP] = op_ip,
	[OP_IP_MASK] = op_ip_mask,
	[OP_IS_V4] = op_is_v4,
	[OP_TYPE] = op_type,
	[OP_FIRST] = op_path_get,
	[OP_LAST] = op_path_get,
	[OP_LAST_NA] = op_path_get,
	[OP_EMPTY] = op_empty,
	[OP_PREPEND] = op_prepend,
	[OP_LIST_ADD] = op_list_add,
	[OP_LIST_DEL] = op_list_filter,
	[OP_LIST_FILTER] = op_list_filter,
	[OP_MIN] = op_extreme,
	[OP_MAX] = op_extreme,
	[OP_ASN] = op_asn,
	[OP_DATA] = op_data,
	[OP_FORMAT] = op_format,
	[OP_DEFINED] = op_defined,
	[OP_ROA] = op_roa,
	[OP_ASPA] = op_aspa,
	[OP_FROM_HEX] = op_from_hex,
	[OP_NET_PART] = op_net_part,
	[OP_PRINT] = op_print,
	[OP_ROUTES] = op_routes,
	[OP_VIEW] = op_view,
	[OP_UNVIEW] = op_unview,
	[OP_SEED] = op_seed,
	[OP_KEY] = op_key,
	[OP_ASSERT] = op_assert,
};
