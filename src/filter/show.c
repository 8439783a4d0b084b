/*
 * Code as text: what the filter reads, then each function with its instructions, the line
 * of the file that some come from, and names of functions, variables and attributes.
 */
#include "filter/show.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "filter/blob.h"
#include "filter/comp.h"
#include "filter/origin.h"
#include "filter/path.h"
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
	uint32_t func, vars; /* the function at hand, and its first name of a variable */
	uint32_t line_shown;
	filter_line_fn *line;
	void *ctx;
};

static void
show_words(struct vtext *t, const char *verb, unsigned bits)
{
	static const char *const words[] = { "network", "attributes", "source",
		"attributes", "origins" };
	unsigned n = 0;

	if (!bits)
		return;
	vtext_add(t, "%s ", verb);
	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (bits & 1u << i)
			vtext_add(t, "%s%s", n++ ? ", " : "", words[i]);
}

static void
show_inputs(const struct show *s)
{
	unsigned reads = filter_inputs(s->f) & ~(unsigned)FILTER_WRITES;
	unsigned writes = filter_inputs(s->f) & FILTER_WRITES;
	struct vtext t = vtext_new(s->arena, 512);

	vtext_add(&t, "Filter %s%s", filter_name(s->f), reads || writes ? ": " : "");
	show_words(&t, "reads", reads);
	vtext_str(&t, reads && writes ? "; " : "");
	show_words(&t, "writes", writes);
	s->line(s->ctx, t.at);
}

static bool
is_of(const struct attribute *a, const struct insn *x)
{
	switch (x->op) {
	case OP_LIST_HAS:
	case OP_LIST_PUT:
	case OP_LIST_TAKE: return a->get == OP_LIST && a->code == x->b;
	case OP_HOP:
	case OP_SET_HOP: return a->get == OP_HOP && a->value == x->b;
	}
	return a->code && a->code == x->c &&
	       (a->get == x->op || a->set == x->op || x->op == OP_UNSET ||
		   x->op == OP_SEED);
}

/* The attribute that an instruction reads or writes; NULL if it tells so itself. */
static const char *
attribute_of(const struct insn *x)
{
	for (uint32_t i = 0; i < attribute_count(); i++) {
		if (is_of(attribute_row(i), x))
			return attribute_row(i)->name;
	}
	switch (x->op) {
	case OP_LOCAL:
	case OP_SET_LOCAL:
	case OP_UNSET:
	case OP_SOURCE:
	case OP_FROM:
	case OP_SET_FROM: return attribute_local_name(x->c);
	}
	return NULL;
}

static bool
is_fused(const struct insn *x)
{
	return x->op == OP_LIST_HAS || x->op == OP_LIST_PUT || x->op == OP_LIST_TAKE;
}

/* The operand of one of those on a list is a set, or the bytes of one element. */
static void
fused_const(const struct insn *x, struct val *v)
{
	uint32_t at = 0;

	v->type = x->a;
	v->sub = 0;
	if (v->len == val_list_width(x->a) && vlist_get(v, &at, v))
		return;
	v->type = VAL_SET;
	v->sub = (uint8_t)val_element(x->a);
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
	if (is_fused(x)) {
		v.data = at + 4;
		fused_const(x, &v);
	} else if (x->op == OP_SHARED) {
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

/* What tells its type by itself goes without. */
static bool
speaks(const struct val *v)
{
	return v->type == VAL_BOOL || v->type == VAL_ENUM || v->type == VAL_STRING ||
	       v->type == VAL_MASK || v->type == VAL_SET || v->type == VAL_NETSET;
}

static void
show_const(const struct show *s, struct vtext *t, const struct val *v)
{
	struct vtext whole = vtext_new(s->arena, 1 << 16);
	const char *quote = v->type == VAL_STRING ? "\"" : "";

	if (val_is_bytes(v) && v->len > (1 << 14)) {
		vtext_add(t, " %s of %u bytes", val_type_name(v->type), v->len);
		return;
	}
	whole.plain = true;
	vtext_val(&whole, v);
	if (!speaks(v))
		vtext_add(t, " %s", val_type_name(v->type));
	vtext_add(t, " %s", quote);
	vtext_put(t, whole.at, whole.len < CONST_TEXT_MAX ? whole.len : CONST_TEXT_MAX);
	if (whole.len > CONST_TEXT_MAX)
		vtext_add(t, "... (%u bytes)", v->len);
	vtext_str(t, quote);
}

static const char *
name_of(const struct show *s, unsigned var)
{
	return s->f->var_names[s->vars + var];
}

static void
show_num(const struct show *s, struct vtext *t, const struct insn *x)
{
	struct val v = { .type = x->a, .sub = (uint8_t)x->b, .num = x->c };

	switch (x->op) {
	case OP_NUM: show_const(s, t, &v); return;
	case OP_ROA:
	case OP_ASPA:
		vtext_add(t, " %s", x->c ? origin_table_name(x->c) : "-");
		return;
	case OP_TEST: vtext_add(t, " %s", val_type_name(x->a)); return;
	case OP_DEFAULT:
		vtext_add(t, " %s", val_type_name(x->a));
		return;
	}
	if (!attribute_of(x))
		vtext_add(t, " %u", x->c);
}

static void
show_operand(const struct show *s, struct vtext *t, const struct insn *x)
{
	const char *attribute = attribute_of(x);
	struct val v;

	if (attribute && strcasecmp(attribute, names[x->op]) != 0)
		vtext_add(t, " %s", attribute);
	if (x->op == OP_LOAD || x->op == OP_STORE || x->op == OP_INIT || x->op == OP_FOR)
		vtext_add(t, " %s", name_of(s, x->b));
	switch (op_info[x->op].operand) {
	case C_JUMP: vtext_add(t, " to %u", x->c); break;
	case C_CALL: vtext_add(t, " %s with %u", s->f->func_names[x->c], x->b); break;
	case C_SLOT: vtext_add(t, " own %u", x->c); break;
	case C_CONST:
		v = const_of(s, x);
		show_const(s, t, &v);
		break;
	case C_NUM: show_num(s, t, x); break;
	}
	if (x->op == OP_PRINT)
		vtext_add(t, " %u values", x->b);
}

static void
show_insn(struct show *s, uint32_t at)
{
	struct vtext t = vtext_new(s->arena, 512);
	const struct insn *x = &s->f->code[at];
	uint32_t line = s->f->lines ? s->f->lines[at] : 0;

	if (line != s->line_shown)
		vtext_add(&t, "  line %-5u", line & 0xffffff);
	else
		vtext_add(&t, "            ");
	s->line_shown = line;
	vtext_add(&t, " %5u  %s", at, names[x->op]);
	show_operand(s, &t, x);
	s->line(s->ctx, t.at);
	arena_reset(s->arena);
}

/* name(argument, ...) and the file. */
static void
show_func(struct show *s)
{
	const struct func *f = &s->f->funcs[s->func];
	struct vtext t = vtext_new(s->arena, 8192);

	if (s->func) {
		vtext_add(&t, "Function %s(", s->f->func_names[s->func]);
		for (unsigned i = 0; i < f->argc; i++)
			vtext_add(&t, "%s%s", i ? ", " : "", name_of(s, i));
		vtext_str(&t, ")");
	} else {
		vtext_str(&t, "Body");
	}
	if (s->f->lines && *s->f->files[s->f->lines[f->entry] >> 24])
		vtext_add(&t, ", %s", s->f->files[s->f->lines[f->entry] >> 24]);
	s->line_shown = 0;
	s->line(s->ctx, t.at);
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
			s.vars += func ? f->funcs[func - 1].vars : 0;
			s.func = func++;
			show_func(&s);
		}
		show_insn(&s, shown);
	}
	snprintf(text, sizeof(text),
	    "%u functions, %u instructions, %u bytes of constants%s", head->funcs,
	    head->code, head->bytes, shown < head->code ? ", not all shown" : "");
	line(ctx, text);
	arena_free(s.arena);
}
