/*
 * A dry run.  The attributes are read before and after, each by the instruction that a
 * filter reads it with, and compared as text.
 *
 *	rows of the table | custom ones | what has no name, by its code on the wire
 */
#include "filter/trial.h"

#include <string.h>

#include "filter/comp.h"
#include "filter/local.h"
#include "filter/run.h"

#define CUSTOMS (LOCAL_END - LOCAL_CUSTOM)
#define WIRE_CODES 256
#define WIRE_BYTES_SHOWN 64

struct shown {
	const char *name, *text; /* text NULL: not set */
};

static const char *
print_text(struct run *r, const struct val *v)
{
	struct vtext t = vtext_new(r->arena, RUN_LINE_MAX);

	if (v->type == VAL_VOID)
		return NULL;
	t.plain = true;
	vtext_val(&t, v);
	return t.at;
}

/* Of the attributes of the table; not those that say which route it is. */
static struct shown
show_row(struct run *r, uint32_t i)
{
	const struct attribute *a = attribute_row(i);
	struct insn x = { .op = a->get, .a = a->type };
	struct val top[2] = { val_void(), val_void() };

	if (a->get == OP_NET || a->get == OP_PROTO)
		return (struct shown){ 0 };
	x.b = a->get == OP_HOP ? a->value : a->sub;
	x.c = a->code ? a->code : LOCAL_NAMED + i;
	/* a list that is not there reads as an empty one */
	if ((a->get == OP_LIST && !draft_find(r->draft, a->code)) ||
	    !op_handlers[x.op](r, &x, top))
		top[0] = val_void();
	if (a->get == OP_FROM && top[0].type == VAL_IP && ip_is_none(&top[0].ip))
		top[0] = val_void(); /* taken away */
	return (struct shown){ a->name, print_text(r, &top[0]) };
}

static struct shown
show_custom(struct run *r, unsigned i)
{
	const struct attr *a = draft_find(r->draft, LOCAL_CUSTOM + i);
	struct shown s = { 0 };
	struct val v;

	if (a && (s.name = filter_local(a, &v))) {
		if (val_is_bytes(&v) && v.len) /* to where words may lie */
			v = val_dup(r->arena, &v);
		s.text = print_text(r, &v);
	}
	return s;
}

static bool
has_row(unsigned code)
{
	for (uint32_t i = 0; i < attribute_count(); i++)
		if (attribute_row(i)->code == code)
			return true;
	return false;
}

static struct shown
show_wire(struct run *r, unsigned code)
{
	const struct attr *a = draft_find(r->draft, code);
	struct vtext name = vtext_new(r->arena, 32);
	struct vtext t = vtext_new(r->arena, RUN_LINE_MAX);

	if (!a || has_row(code))
		return (struct shown){ 0 };
	vtext_add(&name, "attribute %u", code);
	for (unsigned i = 0; i < a->len && i < WIRE_BYTES_SHOWN; i++)
		vtext_add(&t, "%02x", a->data[i]);
	if (a->len > WIRE_BYTES_SHOWN)
		vtext_add(&t, "..., %u bytes", a->len);
	return (struct shown){ name.at, t.at };
}

static struct shown *
show_all(struct run *r, unsigned *n)
{
	unsigned rows = attribute_count(), all = rows + CUSTOMS + WIRE_CODES;
	struct shown *s = ARENA_ARRAY(r->arena, struct shown, all);

	*n = all;
	for (unsigned i = 0; i < all; i++) {
		r->bytes = RUN_BYTES_MAX;
		r->steps = RUN_STEPS_MAX;
		if (i < rows)
			s[i] = show_row(r, i);
		else if (i < rows + CUSTOMS)
			s[i] = show_custom(r, i - rows);
		else
			s[i] = show_wire(r, i - rows - CUSTOMS);
	}
	return s;
}

static bool
differ(const struct shown *a, const struct shown *b)
{
	if (!a->text || !b->text)
		return a->text != b->text;
	return strcmp(a->text, b->text) != 0;
}

void
trial_print(struct filter_trial *t, const char *line)
{
	if (t->print_n < TRIAL_PRINTS_MAX)
		t->print[t->print_n] = line;
	t->print_n++;
}

void
filter_try(const struct filter *f, const struct net *net, struct draft *draft,
    const struct route_source *source, struct filter_trial *t)
{
	struct run r = { .filter = f, .net = net, .draft = draft, .source = source,
		.arena = draft->arena, .error = "" };
	unsigned n;
	struct shown *old = show_all(&r, &n), *now;
	struct filter_change *change = ARENA_ARRAY(r.arena, struct filter_change, n);

	*t = (struct filter_trial){ .change = change };
	filter_run_trial(f, net, draft, source, t);
	now = show_all(&r, &n);
	for (unsigned i = 0; i < n; i++)
		if (differ(&old[i], &now[i]))
			change[t->change_n++] = (struct filter_change){
				old[i].name ? old[i].name : now[i].name, old[i].text,
				now[i].text
			};
}
