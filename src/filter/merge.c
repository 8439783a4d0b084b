/*
 * Instructions on routes of a bucket.
 *
 * What reads an attribute of the new route reads it of another one between VIEW and
 * UNVIEW: the run's draft is exchanged meanwhile.
 */
#include "filter/merge.h"

#include "bgp/hops.h"
#include "filter/local.h"
#include "filter/run.h"

#define KEY_MAX (1u << 20)

static bool
need_block(struct run *r)
{
	return r->block || run_fail(r, "No routes to merge");
}

bool
op_routes(struct run *r, const struct insn *x, struct val *sp)
{
	(void)x;
	if (!need_block(r))
		return false;
	sp[0] = (struct val){ .type = VAL_ROUTES, .data = r->block };
	return true;
}

static bool
view(struct run *r, const struct merge_route *route)
{
	if (!r->view) {
		if (!run_take(r, sizeof(*r->view)))
			return false;
		r->view = arena_alloc(r->arena, sizeof(*r->view));
		r->viewed = NULL;
	}
	if (r->viewed != route)
		draft_from(r->view, r->arena, route->attrs);
	r->viewed = route;
	return true;
}

bool
op_view(struct run *r, const struct insn *x, struct val *sp)
{
	const struct merge_route *route = sp[-1].data;

	if (!run_need(r, x->op, 1, sp - 1, VAL_ROUTE) || !need_block(r) ||
	    !view(r, route))
		return false;
	r->new_draft = r->draft;
	r->new_source = r->source;
	r->draft = r->view;
	r->source = &route->source;
	return true;
}

bool
op_unview(struct run *r, const struct insn *x, struct val *sp)
{
	(void)x;
	(void)sp;
	r->draft = r->new_draft;
	r->source = r->new_source;
	return true;
}

static void
seed_attribute(struct draft *to, const struct draft *from, unsigned code)
{
	const struct attr *a = draft_find(from, code);

	if (a)
		draft_put(to, a->flags, code, a->data, a->len);
	else
		draft_unset(to, code);
}

/* Where the route leads: the next hop, or another destination. */
static void
seed_way(struct draft *to, const struct draft *from)
{
	struct hop hop;

	if (draft_dest(from) == DEST_UNICAST && !from->next_hop.len &&
	    !draft_hops(from, &hop, 1))
		return;
	to->next_hop = from->next_hop;
	seed_attribute(to, from, LOCAL_HOPS);
	draft_set_dest(to, draft_dest(from));
}

bool
op_seed(struct run *r, const struct insn *x, struct val *sp)
{
	const struct merge_route *first;

	(void)sp;
	if (!need_block(r))
		return false;
	first = r->block->route;
	if (!view(r, first))
		return false;
	switch (x->a) {
	case SEED_PREFERENCE: r->draft->preference = r->view->preference; break;
	case SEED_NEXT_HOP: r->draft->next_hop = r->view->next_hop; break;
	case SEED_WAY:
		seed_way(r->draft, r->view);
		if (x->c) /* a filter's own, set in its place */
			seed_attribute(r->draft, r->view, x->c);
		break;
	case SEED_FROM:
		seed_attribute(r->draft, r->view, x->c);
		if (!draft_find(r->draft, x->c) && !ip_is_none(&first->source.from))
			draft_set(r->draft, 0, x->c, first->source.from.b, 16);
		break;
	default: seed_attribute(r->draft, r->view, x->c);
	}
	return true;
}

bool
op_key(struct run *r, const struct insn *x, struct val *sp)
{
	const struct val *v = sp - 1;
	uint8_t buf[16], head[6] = { v->type, v->sub };
	size_t len;
	const void *data = local_bytes(v, buf, &len);

	(void)x;
	if (!r->key.at)
		r->key = vtext_new(r->arena, KEY_MAX);
	if (len >= KEY_MAX - r->key.len - sizeof(head) || !run_work(r, len) ||
	    !run_take(r, len + sizeof(head)))
		return run_fail(r, "What routes are aggregated on is too long");
	for (unsigned i = 0; i < 4; i++)
		head[2 + i] = (uint8_t)(len >> 8 * i);
	vtext_put(&r->key, head, sizeof(head));
	vtext_put(&r->key, data, len);
	return true;
}
