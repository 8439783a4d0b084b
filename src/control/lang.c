/*
 * Parsing and compiling what stands behind `where`, `filter` and `eval`, with the names of
 * the configuration known.  Tree and scope live for the call; a compiled filter owns its
 * memory.
 */
#include "control/lang.h"

#include <stdio.h>
#include <string.h>
#include "base/longnet.h"
#include "bgp/proto.h"
#include "filter/compile.h"
#include "filter/show.h"
#include "lang/parse.h"
#include "rib/shard.h"

struct lang {
	struct arena *arena;
	struct source *source;
	struct scope *scope;
	char *error; /* the first one */
	size_t size;
	unsigned errors;
};

static void
on_error(void *ctx, const struct place *at, const char *text)
{
	struct lang *l = ctx;

	(void)at;
	if (!l->errors++)
		snprintf(l->error, l->size, "%s", text);
}

static void
lang_init(struct lang *l, const struct model *m, char *error, size_t size)
{
	*l = (struct lang){ .arena = arena_new(), .error = error, .size = size };
	l->source = source_new(l->arena, on_error, l);
	l->scope = scope_inside(model_scope(m), l->arena, on_error, l);
	snprintf(error, size, "syntax error");
}

static void
lang_fini(struct lang *l)
{
	scope_free(l->scope);
	arena_free(l->arena);
}

static struct filter *
compile(const struct arg *arg, struct lang *l)
{
	struct filter *f;

	if (arg->kind == ARG_WHERE)
		return scope_compile_where(l->scope, arg->expr);
	if (arg->kind == ARG_FILTER && arg->expr)
		return scope_compile_block(l->scope, arg->expr);
	if (!arg->text)
		return NULL;
	f = scope_filter(l->scope, arg->text);
	if (!f)
		snprintf(l->error, l->size, "No such filter: %s", arg->text);
	return f;
}

struct filter *
control_lang_filter(
    const struct model *m, const char *text, size_t len, char *error, size_t size)
{
	struct lang l;
	const struct arg *arg;
	struct filter *f = NULL;

	lang_init(&l, m, error, size);
	arg = parse_filter(l.source, "command", text, len);
	if (arg && !l.errors)
		f = compile(arg, &l);
	if (f && l.errors) {
		filter_unref(f);
		f = NULL;
	}
	lang_fini(&l);
	return f;
}

bool
control_lang_flow(const struct model *m, const char *text, size_t len,
    struct arena *arena, struct net *net, char *error, size_t size)
{
	struct lang l;
	const struct ast *expr;
	const uint8_t *bytes;
	size_t n;
	bool good;

	lang_init(&l, m, error, size);
	expr = parse_expr(l.source, "command", text, len);
	good = expr && !l.errors && expr->kind == AST_OTHERNET && expr->block &&
	       scope_eval_flow(l.scope, expr, net) && !l.errors;
	if (good) {
		bytes = net_bytes(net, &n);
		*net = net_long(net->type, arena_dup(arena, bytes, n), n);
	}
	lang_fini(&l);
	return good;
}

bool
control_lang_show(const struct model *m, const char *name,
    void (*line)(void *ctx, const char *text), void *ctx)
{
	char error[256];
	struct lang l;
	struct filter *f;

	lang_init(&l, m, error, sizeof(error));
	f = scope_filter(l.scope, name);
	if (f)
		filter_show(f, line, ctx);
	filter_unref(f);
	lang_fini(&l);
	return f != NULL;
}

unsigned
control_lang_eval(
    const struct model *m, const char *text, size_t len, char *buf, size_t size)
{
	struct lang l;
	const struct ast *expr;
	const char *value = NULL;
	unsigned code = 9001;

	lang_init(&l, m, buf, size);
	expr = parse_expr(l.source, "command", text, len);
	if (expr && !l.errors)
		value = scope_eval_print(l.scope, expr, l.arena);
	if (value && !l.errors) {
		snprintf(buf, size, "%s", value);
		code = 23;
	} else if (strstr(buf, "No route to access")) { /* makes sense, but not here */
		snprintf(buf, size, "runtime error");
		code = 8008;
	}
	lang_fini(&l);
	return code;
}

/*
 * Dry runs.
 */
/* What a BGP route has in any case, then what the statements say. */
static bool
describe(struct lang *l, const struct trial_request *q, const struct route_source *source,
    struct draft *d)
{
	const struct arg *arg;
	struct filter *f = NULL;
	struct filter_trial t;

	draft_set_u8(d, ATTR_ORIGIN, ORIGIN_IGP);
	draft_set(d, AF_TRANSITIVE, ATTR_AS_PATH, "", 0);
	draft_set_u32(d, ATTR_LOCAL_PREF, 100);
	d->preference = 100;
	arg = parse_filter(l->source, "command", q->body, strlen(q->body));
	if (arg && arg->expr && !l->errors)
		f = scope_compile_body(l->scope, arg->expr);
	if (!f || l->errors) {
		filter_unref(f);
		return false;
	}
	filter_try(f, q->net, d, source, &t);
	if (t.error)
		snprintf(l->error, l->size, "%s", t.error);
	filter_unref(f);
	return !t.error;
}

static bool
trial_run(struct lang *l, const struct trial_request *q, struct arena *arena,
    struct filter_trial *out)
{
	struct route_source source = { .proto = q->proto,
		.source = rib_route_source(q->kind),
		.from = q->from };
	struct draft *d = ARENA_NEW(arena, struct draft);
	struct filter *f = scope_filter(l->scope, q->filter);

	if (!f) {
		snprintf(l->error, l->size, "No such filter: %s", q->filter);
		return false;
	}
	draft_init(d, arena);
	if (q->attrs)
		draft_from(d, arena, q->attrs);
	else if (!describe(l, q, &source, d)) {
		filter_unref(f);
		return false;
	}
	filter_try(f, q->net, d, &source, out);
	if (out->file)
		out->file = arena_strdup(arena, out->file);
	filter_unref(f);
	return true;
}

bool
control_lang_trial(const struct model *m, const struct trial_request *q,
    struct arena *arena, struct filter_trial *out, char *error, size_t size)
{
	struct lang l;
	bool good;

	lang_init(&l, m, error, size);
	good = trial_run(&l, q, arena, out);
	lang_fini(&l);
	return good;
}
