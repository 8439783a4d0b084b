/*
 * Reading a configuration: text -> tree -> check -> model, with the messages of all
 * stages. A model is only handed out when there was no error.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "conf/check.h"

/* Nobody compiles in the scope of a model itself once it is built. */
static void
error_nowhere(void *ctx, const struct place *at, const char *text)
{
	(void)ctx;
	(void)at;
	(void)text;
}

/* Some statements may go without `;` where a protocol follows. */
static bool
needs_semicolon(const struct stmt *stmt)
{
	static const char *const free[] = { "table", "watchdog", "threads", "debug",
		NULL };
	unsigned i;

	for (i = 0; free[i]; i++)
		if (stmt->arg[0]->text && strcmp(stmt->arg[0]->text, free[i]) == 0)
			return false;
	for (i = 1; i < stmt->n && i < 3; i++)
		if (stmt->arg[i]->text && strcmp(stmt->arg[i]->text, "table") == 0)
			return false;
	return true;
}

static void check_words(struct check *, const struct stmt *);

/* One that may go without `;` ends with its line if more follows it. */
static bool
words_split(struct check *check, const struct stmt *stmt)
{
	struct stmt first = *stmt, rest = *stmt;
	unsigned i = 1;

	while (i < stmt->n && stmt->arg[i]->at.line == stmt->arg[i - 1]->at.line)
		i++;
	if (i >= stmt->n || needs_semicolon(stmt) || stmt->arg[i]->kind != ARG_WORD)
		return false;
	first.n = i;
	first.end = rest.at = stmt->arg[i]->at;
	first.open = true;
	rest.arg = stmt->arg + i;
	rest.n = stmt->n - i;
	check_words(check, &first);
	check_words(check, &rest);
	return true;
}

/* `cli "PATH" { ... }` needs one behind it, which is a statement of its own. */
static void
check_semicolon(struct check *check, const struct stmt *next)
{
	const struct arg *last = next && next->n ? next->arg[next->n - 1] : NULL;

	if (check->semicolon && (!next || next->n || next->kind != STMT_WORDS))
		check_error(check, &check->semicolon_at,
		    "syntax error, expecting ';' behind this");
	check->semicolon = false;
	if (!last || last->kind != ARG_BLOCK || next->kind != STMT_WORDS ||
	    strcmp(next->arg[0]->text ? next->arg[0]->text : "", "cli") != 0)
		return;
	check->semicolon_at = last->block->end;
	check->semicolon = true;
}

static void
check_words(struct check *check, const struct stmt *stmt)
{
	rule_tables tables = (const struct rule *const[]){ global_rules, NULL };

	if (!stmt->n || words_split(check, stmt))
		return;
	if (stmt->open && needs_semicolon(stmt))
		check_error(check, &stmt->end,
		    "syntax error, unexpected 'protocol', expecting ';'");
	words_stmt(check, stmt, 0, tables, NULL);
}

static void
model_defaults(struct model *m, bool old)
{
	struct time_format show = { old ? "%T" : "%T.%3f", "%F", 20 * 3600 };
	struct time_format full = { old ? "%F %T" : "%F %T.%3f", NULL, 0 };

	m->dialect = old ? DIALECT_1 : DIALECT_2;
	m->graceful_wait_s = 240;
	m->watch = (struct watch_conf){ .warning_us = 5000000,
		.latency_limit_us = 1000000 };
	m->time_format[TF_ROUTE] = m->time_format[TF_PROTOCOL] = show;
	m->time_format[TF_BASE] = m->time_format[TF_LOG] = full;
}

static void
model_fill_tables(struct check *check, struct model *m)
{
	const struct table_conf **list = ARENA_ARRAY(
	    check->keep, const struct table_conf *, check->table_n);
	struct table_build *t;

	for (t = check->tables; t; t = t->next) {
		if (t->conf.type == NET_NONE)
			continue;
		t->conf.index = m->table_n;
		names_set(&check->body->table_names, t->conf.name, m->table_n);
		list[m->table_n++] = &t->conf;
	}
	m->table = list;
}

/* The one socket of 1.6, said for each session: its port, and its address where this is
 * the session's own. */
static void
listen_apply(struct check *check, struct proto_build *p)
{
	struct bgp_conf *b = &p->p.bgp;

	if (p->p.kind != PROTO_BGP)
		return;
	if (check->listen.port)
		b->local_port = check->listen.port;
	if (ip_is_none(&check->listen.ip))
		return;
	if (ip_equal(&b->local_ip, &check->listen.ip))
		b->strict_bind = true;
	else
		check_warn(check, &check->listen.at,
		    "Protocol %s listens beside the address of 'listen bgp', too",
		    p->p.name);
}

static void
model_fill_protos(struct check *check, struct model *m)
{
	const struct proto_conf **list = ARENA_ARRAY(
	    check->keep, const struct proto_conf *, check->proto_n);
	struct proto_build *p;

	names_room(&check->body->proto_names, check->proto_n);
	for (p = check->protos; p; p = p->next) {
		names_set(&check->body->proto_names, p->p.name, m->proto_n);
		list[m->proto_n++] = &p->p;
	}
	m->proto = list;
}

static void
model_fill_symbols(struct check *check, struct model *m)
{
	const struct symbol *sym;
	struct symbol_conf *list;
	unsigned n = 0;

	for (sym = symtab_first(check->names); sym; sym = sym->next)
		n++;
	list = ARENA_ARRAY(check->keep, struct symbol_conf, n);
	for (sym = symtab_first(check->names); sym; sym = sym->next)
		list[m->symbol_n++] = (struct symbol_conf){
			sym->name,
			sym->class,
		};
	m->symbol = list;
}

static void
check_finish(struct check *check, const struct block *file)
{
	struct model *m = &check->body->m;
	struct proto_build *p;

	if (!check->proto_n && !check->errors)
		check_error(
		    check, &file->end, "No protocol is specified in the config file");
	if (check->old && check->six && !source_signs(check->source).four.line &&
	    !check->router_id_set && !check->errors)
		check_error(check, &file->end,
		    "Router ID must be configured manually on IPv6 routers");
	if (check->errors)
		return;
	m->log = check->log;
	m->log_n = check->log_n;
	for (p = check->protos; p && (check->listen.port || check->listen.at.line);
	     p = p->next)
		listen_apply(check, p);
	bmp_check(check);
	model_fill_tables(check, m);
	if (check->wish.only)
		return;
	model_fill_protos(check, m);
	model_fill_symbols(check, m);
}

static void
check_begin(struct check *check)
{
	static const struct place nowhere;

	scope_be_old(check->scope, check->old);
	model_defaults(&check->body->m, check->old);
	check->names = symtab_new(check->tmp);
	check->tables_end = &check->tables;
	check->protos_end = &check->protos;
	table_new(check, "master4", "ipv4", &nowhere);
	table_new(check, "master6", "ipv6", &nowhere);
}

/* A statement of the file; the parser stops when it has to be read again. */
static bool
check_stmt(void *ctx, const struct stmt *stmt)
{
	struct check *check = ctx;

	if (!dialect_stmt(check, stmt, &check->then)) {
		check->again = true;
		check->known_n = check->stmt_n;
		return false;
	}
	if (!check_goes_on(check))
		return true;
	check_semicolon(check, stmt);
	proto_behind(check, stmt);
	switch (stmt->kind) {
	case STMT_DEF: check_def(check, stmt->def); break;
	case STMT_EVAL: check_eval(check, stmt->expr); break;
	case STMT_PROTO: proto_define(check, stmt); break;
	case STMT_WORDS: check_words(check, stmt); break;
	}
	return true;
}

static void
check_file(struct check *check, const struct block *file)
{
	check_semicolon(check, NULL);
	proto_behind(check, NULL);
	check->again = !dialect_end(check, &check->then);
	if (check->again)
		check->known_n = UINT_MAX;
	if (!check->again && check_goes_on(check))
		check_finish(check, file);
}

/* What the parser found comes with what the checks found, in the order of the text; what
 * has no place, and what stands at the end of the file, keeps its own. */
static void
messages_sort(const struct check *check)
{
	struct message *list = check->messages->list, m;
	unsigned i, j;

	for (i = 1; i < check->messages->n; i++) {
		m = list[i];
		for (j = i;
		     j > 0 && m.file && m.col && list[j - 1].file && list[j - 1].col;
		     j--) {
			struct place a = { m.file, m.line, m.col };
			struct place b = { list[j - 1].file, list[j - 1].line,
				list[j - 1].col };

			if (source_order(check->source, &a, &b) >= 0)
				break;
			list[j] = list[j - 1];
		}
		list[j] = m;
	}
}

struct load_job {
	const char *name, *text; /* NULL: the file of that name */
	size_t len;
	struct load_wish wish;
	struct messages messages;
};

static void
messages_clear(struct messages *m)
{
	arena_free(m->arena);
	*m = (struct messages){ .arena = arena_new() };
}

static void
load_begin(struct check *check, const struct check *earlier)
{
	struct model_body *body;

	check->tmp = arena_new();
	check->keep = arena_new();
	check->passing = arena_new();
	body = check->body = ARENA_NEW(check->keep, struct model_body);
	body->tree = check->tmp;
	body->arena = check->keep;
	body->protos = arena_new();
	body->channels = arena_new();
	body->refs = 1;
	check->source = source_new(check->tmp, check_error_add, check);
	source_on_stmt(check->source, check_stmt, check, check->wish.forget);
	if (check->wish.forget)
		source_on_route(check->source, routes_fold);
	check->scope = body->scope = scope_new(check->tmp, check_error_add_end, check);
	scope_on_warning(check->scope, check_warning_add);
	if (check->wish.forget)
		scope_forget(check->scope);
	if (earlier) {
		source_again(check->source, earlier->source);
		check->known_n = earlier->known_n;
		dialect_take(check, &earlier->then);
	} else {
		dialect_begin(check);
	}
	check_begin(check);
}

/* The model, without what only the reader needed; NULL after an error. */
static struct model_body *
load_end(struct check *check, const struct block *file)
{
	struct model_body *body = check->body;

	messages_sort(check);
	scope_on_error(check->scope, error_nowhere, NULL);
	scope_remember(check->scope);
	body->file = check->wish.forget ? NULL : file;
	body->tables = check->tables;
	body->six = check->six;
	source_free(check->source);
	arena_free(check->passing);
	if (!check->errors && file)
		return body;
	model_unref(&body->m);
	return NULL;
}

/* Reads the text, and once more while it turns out to be of another dialect: what the
 * last reading has told holds up to a statement further on, so that this ends. */
static struct model_body *
load_pass(struct load_job *job, const struct check *earlier)
{
	struct check check = { .messages = &job->messages, .wish = job->wish };
	const struct block *file;
	struct model_body *next;

	load_begin(&check, earlier);
	check.body->m.file = check_keep(&check, job->name);
	file = job->text ? parse_text(check.source, job->name, job->text, job->len)
			 : parse_file(check.source, job->name);
	if (file && !check.again)
		check_file(&check, file);
	if (!check.again)
		return load_end(&check, file);
	source_free(check.source);
	arena_free(check.passing);
	messages_clear(&job->messages);
	next = load_pass(job, &check);
	model_unref(&check.body->m);
	return next;
}

static struct load_result
load(const char *name, const char *text, size_t len, struct load_wish wish)
{
	struct load_job job = { name, text, len, wish, { .arena = arena_new() } };
	struct model_body *body = load_pass(&job, NULL);

	return (struct load_result){
		.model = body ? &body->m : NULL,
		.message_n = job.messages.n,
		.message = job.messages.list,
		.arena = job.messages.arena,
	};
}

struct load_result
model_load(const char *file)
{
	return load(file, NULL, 0, (struct load_wish){ 0 });
}

struct load_result
model_load_as(const char *file, struct load_wish wish)
{
	return load(file, NULL, 0, wish);
}

struct load_result
model_load_text(const char *name, const char *text, size_t len)
{
	return load(name, text, len, (struct load_wish){ 0 });
}

struct load_result
model_load_text_as(const char *name, const char *text, size_t len, struct load_wish wish)
{
	return load(name, text, len, wish);
}
