/*
 * The machine: runs a filter's code on one route.
 *
 * Frames lie on one stack of values that is an array here, so a run needs no heap but
 * what new values take of the draft's arena.  Height, calls, steps and bytes have bounds;
 * what goes beyond ends as a run-time error, and with it the route is rejected.
 */
#include "filter/filter.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "filter/path.h"
#include "filter/run.h"
#include "filter/set.h"

struct frame {
	uint32_t pc, base; /* base: by number, as the stack may move */
};

/* Nearly all filters fit in what is here; a higher stack is taken of the arena. */
struct machine {
	struct val own[RUN_VALUES_OWN];
	struct frame frames[RUN_CALLS_MAX];
	struct val *stack, *end;
	unsigned calls;
	struct val *base, *sp;
	uint32_t pc;
};

enum step { STEP_ON, STEP_ACCEPT, STEP_REJECT, STEP_VALUE, STEP_FAIL };

bool
run_fail(struct run *r, const char *fmt, ...)
{
	char buf[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	r->error = arena_strdup(r->arena, buf);
	return false;
}

bool
run_type_error(struct run *r, unsigned op, unsigned arg, unsigned want, unsigned got)
{
	return run_fail(r, "Argument %u of %s must be of type %s, got type %s", arg,
	    op_info[op].text, val_type_name(want), val_type_name(got));
}

bool
run_need(struct run *r, unsigned op, unsigned arg, const struct val *v, unsigned type)
{
	return v->type == type || type == VAL_ANY ||
	       run_type_error(r, op, arg, type, v->type);
}

bool
run_take(struct run *r, size_t bytes)
{
	if (bytes > r->bytes) {
		r->error = "Filter needs too much memory";
		return false;
	}
	r->bytes -= (uint32_t)bytes;
	return true;
}

bool
run_work(struct run *r, size_t bytes)
{
	size_t steps = bytes / RUN_STEP_BYTES;

	if (steps > r->steps) {
		r->error = "Filter runs too long";
		return false;
	}
	r->steps -= (uint32_t)steps;
	return true;
}

/* Room for so many values in all. */
static bool
reserve(struct run *r, struct machine *m, size_t height)
{
	struct val *to;

	if (height <= (size_t)(m->end - m->stack))
		return true;
	if (height > RUN_VALUES_MAX) {
		r->error = "Filter evaluation stack overflow";
		return false;
	}
	to = arena_alloc(r->arena, RUN_VALUES_MAX * sizeof(*to));
	memcpy(to, m->stack, (size_t)(m->sp - m->stack) * sizeof(*to));
	m->base = to + (m->base - m->stack);
	m->sp = to + (m->sp - m->stack);
	m->stack = to;
	m->end = to + RUN_VALUES_MAX;
	return true;
}

static bool
call(struct run *r, struct machine *m, const struct insn *x)
{
	const struct func *f = &r->filter->funcs[x->c];
	struct val *base;

	if (m->calls == RUN_CALLS_MAX) {
		r->error = "Filter execution stack overflow";
		return false;
	}
	if (!reserve(r, m, (size_t)(m->sp - m->stack) - f->argc + f->height + 1))
		return false;
	base = m->sp - f->argc;
	m->frames[m->calls++] = (struct frame){ m->pc, (uint32_t)(m->base - m->stack) };
	m->base = base;
	m->sp = base + f->vars;
	for (struct val *v = base + f->argc; v < m->sp; v++)
		*v = val_void();
	m->pc = f->entry;
	return true;
}

static enum step
op_return(struct machine *m)
{
	struct val result = m->sp[-1];

	if (!m->calls) {
		m->stack[0] = result;
		return STEP_VALUE;
	}
	m->calls--;
	m->sp = m->base;
	*m->sp++ = result;
	m->pc = m->frames[m->calls].pc;
	m->base = m->stack + m->frames[m->calls].base;
	return STEP_ON;
}

/* AND, OR and UNLESS: the top decides; what stays on the stack differs. */
static enum step
op_branch(struct run *r, struct machine *m, const struct insn *x)
{
	bool top = m->sp[-1].num;

	if (!run_need(r, x->op, 1, m->sp - 1, VAL_BOOL))
		return STEP_FAIL;
	if (x->op == OP_UNLESS)
		m->sp--;
	else if (top == (x->op == OP_AND))
		m->sp--;
	if (top == (x->op == OP_OR))
		m->pc = x->c;
	return STEP_ON;
}

static enum step
op_case(struct machine *m, const struct insn *x)
{
	m->sp--;
	if (m->sp[0].type != VAL_SET || !vset_has(m->sp, m->sp - 1))
		m->pc = x->c;
	return STEP_ON;
}

/* The place in the list is a value of its own: num is the offset, len what a segment has
 * left. */
static enum step
op_for(struct run *r, struct machine *m, const struct insn *x)
{
	const struct val *list = m->sp - 2;
	struct val *place = m->sp - 1, *var = m->base + x->b;
	uint32_t as, from = place->num;

	if (list->type == VAL_ROUTES) {
		const struct merge_block *b = list->data;

		if (place->num < b->n)
			*var = (struct val){ .type = VAL_ROUTE,
				.data = &b->route[place->num++] };
		else
			m->pc = x->c;
		return STEP_ON;
	}
	if (!val_is_list(list->type)) {
		run_fail(r, "Type %s is not iterable", val_type_name(list->type));
		return STEP_FAIL;
	}
	if (list->type == VAL_PATH && vpath_next(list, &place->num, &place->len, &as))
		*var = val_num(VAL_INT, as);
	else if (list->type == VAL_PATH || !vlist_get(list, &place->num, var))
		m->pc = x->c;
	/* empty segments are passed over */
	return run_work(r, place->num - from) ? STEP_ON : STEP_FAIL;
}

static enum step
control(struct run *r, struct machine *m, const struct insn *x)
{
	switch (x->op) {
	case OP_UNLESS:
	case OP_AND:
	case OP_OR: return op_branch(r, m, x);
	case OP_CASE: return op_case(m, x);
	case OP_FOR: return op_for(r, m, x);
	case OP_CALL: return call(r, m, x) ? STEP_ON : STEP_FAIL;
	case OP_RETURN: return op_return(m);
	case OP_ACCEPT: return STEP_ACCEPT;
	case OP_REJECT: return STEP_REJECT;
	case OP_ERROR: r->error = "Ended by an error statement"; return STEP_FAIL;
	}
	r->error = ""; /* undecided */
	return STEP_FAIL;
}

/* What most filters are made of is done here, without a call; false: not one of those. */
static inline bool
execute_quick(const struct insn *x, struct machine *m, struct val **top)
{
	struct val *sp = *top;

	switch (x->op) {
	case OP_NUM:
		*sp++ = (struct val){ .type = x->a, .sub = (uint8_t)x->b, .num = x->c };
		break;
	case OP_POP: sp--; break;
	case OP_LOAD: *sp++ = m->base[x->b]; break;
	case OP_STORE:
	case OP_INIT: m->base[x->b] = *--sp; break;
	case OP_JUMP: m->pc = x->c; break;
	case OP_UNLESS:
		if (sp[-1].type != VAL_BOOL)
			return false;
		if (!(--sp)->num)
			m->pc = x->c;
		break;
	case OP_AND:
	case OP_OR:
		if (sp[-1].type != VAL_BOOL)
			return false;
		if (sp[-1].num == (x->op == OP_OR))
			m->pc = x->c;
		else
			sp--;
		break;
	case OP_NOT:
		if (sp[-1].type != VAL_BOOL)
			return false;
		sp[-1].num = !sp[-1].num;
		break;
	case OP_TEST:
		if (sp[-1].type != x->a)
			return false;
		break;
	default: return false;
	}
	*top = sp;
	return true;
}

static enum step
execute(struct run *r, struct machine *m)
{
	const struct insn *code = r->filter->code;
	struct val *sp = m->sp;
	enum step step = STEP_ON;

	while (step == STEP_ON) {
		const struct insn *x = &code[m->pc++];
		op_fn *fn;

		assert(sp >= m->stack && sp < m->end);
		if (!r->steps--) {
			r->error = "Filter runs too long";
			return STEP_FAIL;
		}
		if (execute_quick(x, m, &sp))
			continue;
		fn = op_handlers[x->op];
		if (!fn) {
			m->sp = sp;
			step = control(r, m, x);
			sp = m->sp;
			continue;
		}
		if (!fn(r, x, sp))
			return STEP_FAIL;
		sp += op_info[x->op].delta;
		if (x->op == OP_MASK || x->op == OP_PRINT)
			sp -= x->b;
	}
	return step;
}

static enum step
start(struct run *r, struct machine *m)
{
	const struct func *f = r->filter->funcs;

	r->steps = RUN_STEPS_MAX;
	r->bytes = RUN_BYTES_MAX;
	for (unsigned i = 0; i < r->filter->image->slots; i++)
		r->slots[i] = val_void();
	m->calls = 0;
	m->pc = f->entry;
	m->base = m->sp = m->stack = m->own;
	m->end = m->own + RUN_VALUES_OWN;
	if (!reserve(r, m, f->height + 1u))
		return STEP_FAIL;
	m->sp += f->vars;
	for (struct val *v = m->stack; v < m->sp; v++)
		*v = val_void();
	return execute(r, m);
}

/* The first five of a filter, then fewer and fewer: at each power of two. */
static void
report(const struct run *r, const struct machine *m)
{
	/* only the count changes in a filter that runs: it is not part of what it does */
	_Atomic uint32_t *errors = (_Atomic uint32_t *)(uintptr_t)&r->filter->errors;
	uint32_t n = atomic_fetch_add_explicit(errors, 1, memory_order_relaxed) + 1;
	uint32_t line = r->filter->lines ? r->filter->lines[m->pc - 1] : 0;
	const char *file = line ? r->filter->files[line >> 24] : "";
	char net[NET_TEXT_MAX], seen[48] = "";

	if (n > 5 && (n & (n - 1)) != 0)
		return;
	if (n > 5)
		snprintf(seen, sizeof(seen), ", error %u of this filter", n);
	if (!*r->error)
		log_error("Filter %s did not return accept nor reject. Make up your mind "
			  "(%s:%u, %s%s)",
		    filter_name(r->filter), file, line & 0xffffff,
		    net_format(r->net, net), seen);
	else
		log_error("filters, line %u: %s (filter %s, %s:%u, %s%s)",
		    line & 0xffffff, r->error, filter_name(r->filter), file,
		    line & 0xffffff, net_format(r->net, net), seen);
}

enum filter_result
filter_run(const struct filter *f, const struct net *net, struct draft *draft,
    const struct route_source *source, bool *changed)
{
	return filter_run_asking(f, net, draft, source, changed, NULL);
}

/* The first one's result on a copy: only whether it accepts counts. */
static enum filter_result
run_first(const struct filter *f, const struct net *net, const struct draft *draft,
    const struct route_source *source, struct asking *asking)
{
	struct draft copy;
	bool changed;

	memcpy(
	    &copy, draft, offsetof(struct draft, at) + draft->n * sizeof(draft->at[0]));
	return filter_run_asking(f->first, net, &copy, source, &changed, asking);
}

enum filter_result
filter_run_asking(const struct filter *f, const struct net *net, struct draft *draft,
    const struct route_source *source, bool *changed, struct asking *asking)
{
	struct machine m;
	struct run r;
	enum step step;

	*changed = false;
	while (f->then) {
		enum filter_result first =
		    run_first(f, net, draft, source, asking);

		if (first != FILTER_ACCEPT)
			return first;
		f = f->then;
	}
	if (f->code[0].op == OP_ACCEPT)
		return FILTER_ACCEPT;
	r.filter = f;
	r.net = net;
	r.draft = draft;
	r.source = source;
	r.arena = draft->arena;
	r.asking = asking;
	r.trial = NULL;
	r.changed = false;
	r.error = "";
	r.line.at = NULL;
	r.block = NULL;
	step = start(&r, &m);
	*changed = r.changed;
	if (step == STEP_ACCEPT)
		return FILTER_ACCEPT;
	if (step == STEP_REJECT)
		return FILTER_REJECT;
	report(&r, &m);
	return FILTER_ERROR;
}

bool
filter_key(const struct filter *f, const struct net *net, struct draft *draft,
    const struct route_source *source, const void **key, size_t *len)
{
	struct run r = { .filter = f, .net = net, .draft = draft, .source = source,
		.arena = draft->arena, .error = "" };
	struct machine m;

	if (start(&r, &m) != STEP_ACCEPT) {
		report(&r, &m);
		return false;
	}
	*key = r.key.at ? r.key.at : "";
	*len = r.key.len;
	return true;
}

enum filter_result
filter_merge(const struct filter *f, const struct net *net, struct draft *new,
    const struct route_source *source, const struct merge_block *block)
{
	struct run r = { .filter = f, .net = net, .draft = new, .source = source,
		.arena = new->arena, .error = "", .block = block };
	struct machine m;
	enum step step = start(&r, &m);

	if (step == STEP_ACCEPT)
		return FILTER_ACCEPT;
	if (step == STEP_REJECT)
		return FILTER_REJECT;
	report(&r, &m);
	return FILTER_ERROR;
}

void
filter_run_trial(const struct filter *f, const struct net *net, struct draft *draft,
    const struct route_source *source, struct filter_trial *t)
{
	struct run r = { .filter = f, .net = net, .draft = draft, .source = source,
		.arena = draft->arena, .trial = t, .error = "" };
	struct machine m;
	enum step step = start(&r, &m);
	uint32_t line = f->lines ? f->lines[m.pc - 1] : 0;

	t->result = step == STEP_ACCEPT	  ? FILTER_ACCEPT
		    : step == STEP_REJECT ? FILTER_REJECT
					  : FILTER_ERROR;
	t->file = line ? f->files[line >> 24] : NULL;
	t->line = line & 0xffffff;
	if (t->result == FILTER_ERROR)
		t->error = *r.error ? r.error : "Neither accept nor reject";
}

bool
filter_value(const struct filter *f, struct arena *arena, struct val *out,
    const char **error, unsigned *line)
{
	struct run r = { .filter = f, .arena = arena, .error = "" };
	struct machine m;

	if (start(&r, &m) == STEP_VALUE) {
		*out = m.stack[0];
		return true;
	}
	*error = *r.error ? r.error : "runtime error";
	*line = f->lines[m.pc - 1] & 0xffffff;
	return false;
}
