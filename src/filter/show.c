/*
 * Code as text: what the filter reads, then each function with its instructions, the line
 * of the file each comes from, and constants as values.
 */
#include "filter/show.h"

#include <stdio.h>
#include <string.h>

#include "filter/blob.h"
#include "filter/comp.h"
#include "filter/origin.h"
#include "filter/value.h"

#define CONST_TEXT_MAX 100

static const char *const names[OPS] = {
#define X(name, operand, delta, inputs, text) #name,
	FILTER_OPS(X)
#undef X
};

struct show {
	const struct filter *f;
	struct arena *arena;
	filter_line_fn *line;
	void *ctx;
};

static void
show_inputs(const struct show *s)
{
	static const char *const words[] = { " network", " attributes", " source",
		" (writes attributes)", " origins" };
	struct vtext t = vtext_new(s->arena, 512);

	vtext_add(&t, "Filter %s reads:", filter_name(s->f));
	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (filter_inputs(s->f) & 1u << i)
			vtext_str(&t, words[i]);
	if (!filter_inputs(s->f))
		vtext_str(&t, " nothing");
	s->line(s->ctx, t.at);
}

/* The attribute that an instruction reads or writes; NULL if it tells so itself. */
static const char *
attribute_of(const struct insn *x)
{
	for (uint32_t i = 0; i < attribute_count(); i++) {
		const struct attribute *a = attribute_row(i);

		if (a->code && a->code == x->c &&
		    (a->get == x->op || a->set == x->op || x->op == OP_UNSET ||
			x->op == OP_SEED))
			return a->name;
	}
	return x->op == OP_LOCAL || x->op == OP_SET_LOCAL || x->op == OP_UNSET
		   ? attribute_local_name(x->c)
		   : NULL;
}

static struct val
const_of(const struct show *s, const struct insn *x)
{
	const uint8_t *at = s->f->bytes + x->c;
	struct val v = { .type = x->a, .sub = (uint8_t)x->b };
	struct blob *blob;

	memcpy(&v.len, at, 4);
	if (x->op == OP_MASK) {
		v.type = VAL_MASK;
		v.sub = 0;
	}
	if (x->op == OP_SHARED) {
		memcpy(&blob, at + 4, sizeof(blob));
		v.len = blob->len;
		v.data = blob->data;
	} else if (val_is_bytes(&v)) {
		v.data = at + 4;
	} else {
		memcpy(&v.ip, at + 4, v.len);
		v.len = 0;
	}
	return v;
}

static void
show_const(const struct show *s, struct vtext *t, const struct val *v)
{
	struct vtext whole = vtext_new(s->arena, 1 << 16);

	if (val_is_bytes(v) && v->len > (1 << 14)) {
		vtext_add(t, " %s of %u bytes", val_type_name(v->type), v->len);
		return;
	}
	vtext_val(&whole, v);
	vtext_add(t, " %s ", val_type_name(v->type));
	vtext_put(t, whole.at, whole.len < CONST_TEXT_MAX ? whole.len : CONST_TEXT_MAX);
	if (whole.len > CONST_TEXT_MAX)
		vtext_add(t, "... (%u bytes)", v->len);
}

static void
show_operand(const struct show *s, struct vtext *t, const struct insn *x)
{
	const char *attribute = attribute_of(x);
	struct val v;

	switch (op_info[x->op].operand) {
	case C_JUMP: vtext_add(t, " to %u", x->c); break;
	case C_CALL: vtext_add(t, " function %u with %u", x->c, x->b); break;
	case C_SLOT: vtext_add(t, " own %u", x->c); break;
	case C_CONST:
		v = const_of(s, x);
		show_const(s, t, &v);
		break;
	case C_NUM:
		if (x->op == OP_NUM) {
			v = (struct val){
				.type = x->a, .sub = (uint8_t)x->b, .num = x->c
			};
			show_const(s, t, &v);
		} else if (attribute) {
			vtext_add(t, " %s", attribute);
		} else if (x->op == OP_ROA || x->op == OP_ASPA) {
			vtext_add(t, " %s", x->c ? origin_table_name(x->c) : "-");
		} else if (x->op == OP_TEST) {
			vtext_add(t, " %s", val_type_name(x->a));
		} else {
			vtext_add(t, " %u", x->c);
		}
		break;
	}
	if (x->op == OP_LOAD || x->op == OP_STORE || x->op == OP_INIT || x->op == OP_FOR)
		vtext_add(t, " variable %u", x->b);
	else if (x->op == OP_PRINT)
		vtext_add(t, " %u values", x->b);
}

static void
show_insn(const struct show *s, uint32_t at)
{
	struct vtext t = vtext_new(s->arena, 512);
	const struct insn *x = &s->f->code[at];

	vtext_add(&t, "  %5u", at);
	if (s->f->lines)
		vtext_add(&t, "  line %-5u", s->f->lines[at] & 0xffffff);
	vtext_add(&t, " %s", names[x->op]);
	show_operand(s, &t, x);
	s->line(s->ctx, t.at);
	arena_reset(s->arena);
}

void
filter_show(const struct filter *f, filter_line_fn *line, void *ctx)
{
	struct show s = { .f = f, .arena = arena_new(), .line = line, .ctx = ctx };
	const struct image_head *head = f->image;
	uint32_t func = 0, shown = 0;
	char text[128];

	show_inputs(&s);
	for (; shown < head->code && shown < FILTER_SHOW_MAX; shown++) {
		if (func < head->funcs && f->funcs[func].entry == shown) {
			snprintf(text, sizeof(text),
			    "Function %u: %u arguments, %u variables", func,
			    f->funcs[func].argc, f->funcs[func].vars - f->funcs[func].argc);
			line(ctx, text);
			func++;
		}
		show_insn(&s, shown);
	}
	snprintf(text, sizeof(text), "%u functions, %u instructions, %u bytes of constants%s",
	    head->funcs, head->code, head->bytes,
	    shown < head->code ? ", not all shown" : "");
	line(ctx, text);
	arena_free(s.arena);
}
