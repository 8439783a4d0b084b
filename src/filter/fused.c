/*
 * What policies do most, as single instructions: an attribute that is a list, and a
 * constant.
 *
 *	bgp_community ~ [ ... ]         LIST, CONST, MATCH             LIST_HAS
 *	(1, 2) ~ bgp_community          NUM, LIST, MATCH               LIST_HAS
 *	bgp_community.add((1, 2));      LIST, NUM, LIST_ADD, SET_LIST  LIST_PUT
 *	bgp_community.delete([ ... ]);  LIST, CONST, LIST_DEL, SET_LIST  LIST_TAKE
 *
 * No value is put on the stack but the answer, the attribute is looked up once, and
 * nothing is copied where nothing changes.  The types are known when the filter is
 * compiled, so that none of these can fail but for their size.
 *
 * The constant is a set, or one element as it stands in the list (ELEMENT_MAX bytes at
 * most, less than any set takes).
 */
#include <string.h>

#include "base/wire.h"
#include "filter/blob.h"
#include "filter/comp.h"
#include "filter/path.h"
#include "filter/run.h"
#include "filter/set.h"

enum { ELEMENT_MAX = 12 };

/* The attribute's list is of numbers, or of what the set is of. */
static bool
set_fits(unsigned list, const struct val *set)
{
	if (set->type != VAL_SET || set->len >= BLOB_MIN)
		return false;
	if (list == VAL_CLIST && (set->sub == VAL_QUAD || set->sub == VAL_INT))
		return true;
	return set->sub == val_element(list) && set->sub != VAL_VOID;
}

/* The constant as an operand: what stands beside an attribute of that type. */
static bool
operand_of(struct comp *c, unsigned list, const struct expr *e, uint32_t *operand)
{
	uint8_t *element;
	struct val v = e->val;
	size_t n;

	if (e->kind != EXPR_CONST)
		return false;
	if (!set_fits(list, &v)) {
		element = arena_alloc(c->unit->arena, ELEMENT_MAX);
		n = vlist_element(list, &v, element);
		if (!n)
			return false;
		v = val_bytes(VAL_BYTES, element, n);
	}
	*operand = unit_add_const(c->unit, &v);
	return true;
}

static bool
is_list(const struct expr *e)
{
	return e->kind == EXPR_OP && e->op == OP_LIST;
}

bool
fused_match(struct comp *c, const struct expr *e)
{
	bool turned = is_list(e->kid[1]);
	const struct expr *list = e->kid[turned], *with = e->kid[!turned];
	uint32_t operand;

	/* `~` has the set on the right side, and an element on the left */
	if (!is_list(list) || with->kind != EXPR_CONST ||
	    turned == (with->val.type == VAL_SET))
		return false;
	if (!operand_of(c, list->a, with, &operand))
		return false;
	unit_emit(c->unit, &e->at, OP_LIST_HAS, list->a, list->c, operand);
	if (e->op == OP_NOMATCH)
		unit_emit(c->unit, &e->at, OP_NOT, 0, 0, 0);
	return true;
}

static bool
is_edit(const struct expr *e)
{
	return e->kind == EXPR_OP && (e->op == OP_LIST_ADD || e->op == OP_LIST_DEL);
}

/* x.add(1).delete(2): the innermost comes first. */
static bool
can_edit(const struct expr *e, const struct attribute *attr)
{
	uint8_t element[ELEMENT_MAX];

	while (is_edit(e)) {
		const struct expr *with = e->kid[1];

		if (with->kind != EXPR_CONST)
			return false;
		if (!(e->op == OP_LIST_DEL && set_fits(attr->type, &with->val)) &&
		    !vlist_element(attr->type, &with->val, element))
			return false;
		e = e->kid[0];
	}
	return is_list(e) && e->c == attr->code;
}

static void
emit_edit(struct comp *c, const struct expr *e, const struct attribute *attr)
{
	uint32_t operand;

	if (!is_edit(e))
		return;
	emit_edit(c, e->kid[0], attr);
	if (operand_of(c, attr->type, e->kid[1], &operand))
		unit_emit(c->unit, &e->at,
		    e->op == OP_LIST_ADD ? OP_LIST_PUT : OP_LIST_TAKE, attr->type,
		    attr->code, operand);
}

bool
fused_edit(struct comp *c, const struct attribute *attr, const struct expr *e)
{
	if (attr->set != OP_SET_LIST || attr->type == VAL_PATH || !is_edit(e) ||
	    !can_edit(e, attr))
		return false;
	emit_edit(c, e, attr);
	return true;
}

/*
 * The instructions.
 */
struct bytes {
	const uint8_t *at;
	size_t len;
};

static inline struct bytes
operand(const struct run *r, const struct insn *x)
{
	const uint8_t *at = r->filter->bytes + x->c;
	uint32_t len;

	memcpy(&len, at, 4);
	return (struct bytes){ at + 4, len };
}

static inline size_t
width_of(const struct insn *x)
{
	return x->a == VAL_CLIST ? 4 : x->a == VAL_ECLIST ? 8 : 12;
}

static inline bool
list_open(struct run *r, const struct insn *x, struct bytes *list)
{
	static const uint8_t nothing[4];
	const struct attr *a;

	*list = (struct bytes){ nothing, 0 };
	if (!r->draft)
		return run_fail(r, "No route to access");
	a = draft_find(r->draft, x->b);
	if (a)
		*list = (struct bytes){ a->data, a->len };
	return list->len < RUN_STEP_BYTES || run_work(r, list->len);
}

/* Where the operand, or a member of it, stands first from `at` on; the length: nowhere. */
static size_t
find_from(
    const struct insn *x, const struct bytes *what, const struct bytes *list, size_t at)
{
	const uint8_t *p = list->at + at;
	size_t len = list->len - at, width = width_of(x);
	struct val set;

	if (what->len <= ELEMENT_MAX)
		return at + vlist_find(p, len, what->at, width);
	set = val_bytes(VAL_SET, what->at, what->len);
	return at + vset_find(&set, p, len, width);
}

bool
op_list_has(struct run *r, const struct insn *x, struct val *sp)
{
	const struct bytes what = operand(r, x);
	struct bytes list;
	bool has;

	if (!list_open(r, x, &list))
		return false;
	if (x->a == VAL_PATH) {
		const struct val set = val_bytes(VAL_SET, what.at, what.len);
		const struct val path = val_bytes(VAL_PATH, list.at, list.len);

		has = vset_has_some(&set, &path);
	} else {
		has = find_from(x, &what, &list, 0) < list.len;
	}
	sp[0] = val_bool(has);
	return true;
}

bool
op_list_put(struct run *r, const struct insn *x, struct val *sp)
{
	const struct bytes what = operand(r, x);
	struct bytes list;
	uint8_t *to;

	(void)sp;
	if (!list_open(r, x, &list))
		return false;
	if (find_from(x, &what, &list, 0) < list.len)
		return true;
	if (list.len + what.len > RUN_LIST_MAX)
		return run_fail(r, "List too long");
	if (!run_take(r, list.len + what.len))
		return false;
	to = arena_alloc(r->arena, list.len + what.len);
	if (list.len)
		memcpy(to, list.at, list.len);
	memcpy(to + list.len, what.at, what.len);
	run_put_list(r, x->b, to, list.len + what.len);
	return true;
}

/* What stands between the elements that go is moved as a whole. */
bool
op_list_take(struct run *r, const struct insn *x, struct val *sp)
{
	const struct bytes what = operand(r, x);
	size_t at, next, n, width = width_of(x);
	struct bytes list;
	uint8_t *to;

	(void)sp;
	if (!list_open(r, x, &list))
		return false;
	n = find_from(x, &what, &list, 0);
	if (n >= list.len)
		return true;
	if (!run_take(r, list.len))
		return false;
	to = arena_dup(r->arena, list.at, list.len);
	for (at = n + width; at < list.len; at = next + width) {
		next = find_from(x, &what, &list, at);
		memmove(to + n, to + at, next - at);
		n += next - at;
	}
	run_put_list(r, x->b, to, n);
	return true;
}
