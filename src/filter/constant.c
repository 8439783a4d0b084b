/*
 * Constants as options take them: an expression is computed at once, and has to be of the
 * type that the option wants.
 */
#include "filter/compile.h"

#include <string.h>

#include "base/longnet.h"
#include "filter/comp.h"
#include "filter/vnet.h"

static bool
eval(struct scope *scope, const struct ast *a, struct val *out)
{
	struct comp c = { .scope = scope };
	struct expr *e = comp_expr(&c, a);

	return e && expr_value(&c, e, out);
}

static bool
eval_type(struct scope *scope, const struct ast *a, unsigned type, struct val *out)
{
	struct comp c = { .scope = scope };

	if (!eval(scope, a, out))
		return false;
	if (out->type != type)
		return comp_error(&c, &a->at, "Value of type %s expected, got %s",
		    val_type_name(type), val_type_name(out->type));
	return true;
}

bool
scope_eval_num(struct scope *scope, const struct ast *a, uint32_t *out)
{
	struct val v;

	if (!eval_type(scope, a, VAL_INT, &v))
		return false;
	*out = v.num;
	scope_reset(scope);
	return true;
}

bool
scope_eval_ec(struct scope *scope, const struct ast *a, uint64_t *out)
{
	struct val v;

	if (!eval_type(scope, a, VAL_EC, &v))
		return false;
	*out = v.ec;
	scope_reset(scope);
	return true;
}

bool
scope_eval_text(struct scope *scope, const struct ast *a, const char **out)
{
	struct val v;

	if (!eval_type(scope, a, VAL_STRING, &v))
		return false;
	*out = arena_strndup(scope->keep, v.data, v.len);
	return true;
}

bool
scope_eval_ip(struct scope *scope, const struct ast *a, struct ip *out)
{
	struct val v;

	if (!eval_type(scope, a, VAL_IP, &v))
		return false;
	*out = v.ip;
	return true;
}

bool
scope_eval_net(struct scope *scope, const struct ast *a, struct net *out)
{
	struct val v;

	if (!eval_type(scope, a, VAL_NET, &v))
		return false;
	memcpy(out, v.data, sizeof(*out));
	if (out->type > NET_IP6) {
		struct comp c = { .scope = scope };

		comp_error(&c, &a->at, "IPv4 or IPv6 prefix expected");
		return false;
	}
	return true;
}

bool
scope_eval_flow(struct scope *scope, const struct ast *a, struct net *out)
{
	struct comp c = { .scope = scope };
	struct expr *e = comp_flow(&c, a);
	const struct vnet *flow;
	struct val v;

	if (!e || !expr_value(&c, e, &v))
		return false;
	flow = v.data;
	*out = net_long(flow->net.type == VNET_FLOW6 ? NET_FLOW6 : NET_FLOW4, flow->flow,
	    flow->flow_len);
	return true;
}

bool
scope_eval_id(struct scope *scope, const struct ast *a, uint32_t *out)
{
	struct comp c = { .scope = scope };
	struct val v;

	if (!eval(scope, a, &v))
		return false;
	if (v.type == VAL_IP && ip_is4(&v.ip))
		*out = ip_to4(&v.ip);
	else if (v.type == VAL_INT || v.type == VAL_QUAD)
		*out = v.num;
	else
		return comp_error(&c, &a->at, "Number or IPv4 address expected, got %s",
		    val_type_name(v.type));
	return true;
}

const char *
scope_eval_print(struct scope *scope, const struct ast *a, struct arena *arena)
{
	struct vtext t = vtext_new(arena, 1 << 20);
	struct val v;

	if (!eval(scope, a, &v))
		return NULL;
	vtext_val(&t, &v);
	scope_reset(scope);
	return t.at;
}
