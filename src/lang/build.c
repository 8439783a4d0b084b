/*
 * Constructors of the statement tree, and those of the filter language that check what
 * the grammar cannot say: ranges of patterns, words that may stand in one place only,
 * depth.
 */
#include <string.h>

#include "lang/source.h"
#include "lang/near.h"

#define A src->tree

static const struct ast *
shallow(struct source *src, const struct ast *expr)
{
	if (!expr || expr->depth <= AST_DEPTH_MAX)
		return expr;
	source_error(src, &expr->at, "Nesting too deep");
	return ast_num(A, AST_BOOL, &expr->at, 0);
}

const char *
name_free(struct source *src, const struct place *at, const char *word)
{
	(void)at;
	source_word(src, word, strlen(word))->named = true;
	return word;
}

struct arg *
arg_new(struct source *src, enum arg_kind kind, const struct place *at)
{
	struct arg *arg = ARENA_NEW(A, struct arg);

	arg->kind = kind;
	arg->at = *at;
	return arg;
}

struct arg *
arg_num(struct source *src, const struct place *at, uint32_t num)
{
	struct arg *arg = arg_new(src, ARG_NUM, at);

	arg->num = num;
	return arg;
}

struct arg *
arg_ip(struct source *src, const struct place *at, const struct ip *ip)
{
	struct arg *arg = arg_new(src, ARG_IP, at);

	arg->ip = ip;
	return arg;
}

struct arg *
arg_net(struct source *src, const struct place *at, const struct net *net)
{
	struct arg *arg = arg_new(src, ARG_NET, at);

	arg->net = net;
	return arg;
}

struct arg *
arg_text(struct source *src, enum arg_kind kind, const struct place *at, const char *text)
{
	struct arg *arg = arg_new(src, kind, at);

	arg->text = text;
	return arg;
}

struct arg *
arg_expr(struct source *src, enum arg_kind kind, const struct place *at,
    const struct ast *expr)
{
	struct arg *arg = arg_new(src, kind, at);

	arg->expr = shallow(src, expr);
	return arg;
}

struct arg *
arg_block(struct source *src, enum arg_kind kind, const struct place *at,
    const char *text, const struct block *block)
{
	struct arg *arg = arg_text(src, kind, at, text);

	arg->block = block;
	return arg;
}

struct args *
args_add(struct source *src, struct args *args, struct arg *arg)
{
	if (!args) {
		args = src->spare ? src->spare : ARENA_NEW(A, struct args);
		src->spare = NULL;
	}
	if (args->last)
		args->last->next = arg;
	else
		args->first = arg;
	args->last = arg;
	args->n++;
	return args;
}

struct args *
args_first(
    struct source *src, const struct place *at, const char *word, struct args *args)
{
	struct arg *arg = arg_text(src, ARG_WORD, at, word);

	arg->next = args->first;
	args->first = arg;
	args->n++;
	return args;
}

static struct stmt *
stmt_new(struct source *src, enum stmt_kind kind, const struct place *at)
{
	struct stmt *stmt = ARENA_NEW(A, struct stmt);

	stmt->kind = kind;
	stmt->at = stmt->end = *at;
	return stmt;
}

static void
stmt_args(struct source *src, struct stmt *stmt, struct args *args)
{
	const struct arg **list = ARENA_ARRAY(A, const struct arg *, args->n);
	const struct arg *arg;

	for (arg = args->first; arg; arg = arg->next)
		list[stmt->n++] = arg;
	stmt->arg = list;
	*args = (struct args){ 0 };
	src->spare = args;
}

struct stmt *
stmt_words(struct source *src, struct args *args, const struct place *end, bool open)
{
	struct stmt *stmt = stmt_new(src, STMT_WORDS, args ? &args->first->at : end);

	stmt->end = *end;
	stmt->open = open;
	if (args)
		stmt_args(src, stmt, args);
	return stmt;
}

struct stmt *
stmt_proto(struct source *src, const struct place *at, bool template, struct args *args,
    struct arg *block)
{
	struct stmt *stmt = stmt_new(src, STMT_PROTO, at);

	stmt->template = template;
	stmt->end = block->block->end;
	stmt_args(src, stmt, args_add(src, args, block));
	return stmt;
}

struct stmt *
stmt_eval(struct source *src, const struct place *at, struct ast *expr)
{
	struct stmt *stmt = stmt_new(src, STMT_EVAL, at);

	stmt->expr = shallow(src, expr);
	return stmt;
}

static const struct ast_param *
params_list(struct source *src, const struct ast *params)
{
	struct ast_param *list = ARENA_ARRAY(A, struct ast_param, params->n);
	unsigned i;

	for (i = 0; i < params->n; i++) {
		list[i].type = params->kid[i]->text2;
		list[i].name = params->kid[i]->text;
		list[i].at = params->kid[i]->at;
	}
	return list;
}

struct stmt *
stmt_def(struct source *src, enum ast_def_kind kind, const struct place *at,
    const char *name, const char *type, struct ast *params, struct ast *decls,
    struct ast *body)
{
	struct stmt *stmt = stmt_new(src, STMT_DEF, at);
	struct ast_def *def = ARENA_NEW(A, struct ast_def);

	def->kind = kind;
	def->name = name;
	def->at = *at;
	def->type = type;
	if (params) {
		def->param_n = params->n;
		def->param = params_list(src, params);
	}
	body = block_join(src, decls, body);
	def->body = shallow(src, body) == body ? body : ast_new(A, AST_BLOCK, at);
	stmt->def = def;
	return stmt;
}

struct stmts *
stmts_add(struct source *src, struct stmts *stmts, struct stmt *stmt)
{
	if (!stmt)
		return stmts;
	if (!stmts)
		stmts = ARENA_NEW(A, struct stmts);
	if (stmts->last)
		stmts->last->next = stmt;
	else
		stmts->first = stmt;
	while (stmt->next)
		stmt = stmt->next;
	stmts->last = stmt;
	return stmts;
}

struct args *
proto_named(struct source *src, struct args *args)
{
	src->proto = args ? args->first->text : NULL;
	return args;
}

/* `route NETWORK ...` of words and plain values. */
static bool
is_route(const struct stmt *stmt)
{
	const unsigned plain = 1u << ARG_WORD | 1u << ARG_NUM | 1u << ARG_TEXT |
			       1u << ARG_IP | 1u << ARG_NET | 1u << ARG_PUNCT;
	unsigned i;

	if (stmt->kind != STMT_WORDS || stmt->open || stmt->n < 3 ||
	    stmt->arg[0]->kind != ARG_WORD || strcmp(stmt->arg[0]->text, "route") != 0 ||
	    stmt->arg[1]->kind != ARG_NET)
		return false;
	for (i = 2; i < stmt->n; i++)
		if (!(plain >> stmt->arg[i]->kind & 1))
			return false;
	return true;
}

struct stmts *
block_add(struct source *src, struct stmts *stmts, struct stmt *stmt, bool alone)
{
	if (!src->fold || !src->proto || src->brace_n != 1 || !stmts || !stmt || !alone ||
	    !is_route(stmt) ||
	    !is_route(stmts->last) ||
	    !src->fold(src->told_ctx, stmts->last, src->proto, stmt))
		return stmts_add(src, stmts, stmt);
	src->spare = NULL; /* may be of the statement */
	arena_release(A, src->route_mark);
	source_behind(src);
	return stmts;
}

void
top_add(struct source *src, struct stmt *stmt)
{
	struct arena *tree = src->tree;

	src->proto = NULL;
	if (!stmt)
		return;
	stmts_add(src, &src->tops, stmt);
	if (!src->told)
		return;
	src->untold = stmt;
	src->aside = true;
	if (!src->other)
		return;
	src->tree = src->other;
	src->other = tree;
	src->spare = NULL;
}

struct block *
block_new(struct source *src, const struct place *at, const struct place *end,
    struct stmts *stmts)
{
	struct block *block = ARENA_NEW(A, struct block);

	block->at = *at;
	block->end = *end;
	block->first = stmts ? stmts->first : NULL;
	return block;
}

/*
 * Filter language.
 */
#define FLAG_TYPE "bfd" /* no type, but where one may stand: flag_or_decl */

static void
type_unknown(
    struct source *src, const struct place *at, const char *word, const char *near)
{
	source_error(src, at, "syntax error, unexpected '%s'%s%s%s (before %s:%u)", word,
	    near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "",
	    src->at.file, src->at.line);
}

const char *
type_name(
    struct source *src, const struct place *at, const char *word, const char *more)
{
	static const char *const types[] = { "bool", "int", "pair", "quad", "enum", "ip",
		"ec", "lc", "rd", "mac", "prefix", "string", "bytestring", "bgppath",
		"bgpmask", "clist", "eclist", "lclist", "route", NULL };
	unsigned i;

	for (i = 0; types[i] && strcmp(types[i], word) != 0; i++)
		;
	if (!types[i] && !more && strcmp(word, FLAG_TYPE) == 0)
		return FLAG_TYPE;
	if (!types[i]) {
		type_unknown(src, at, word, near_word(word, types));
		return "int";
	}
	return more ? arena_printf(src->arena, "%s %s", word, more) : word;
}

struct ast *
decl_new(struct source *src, const struct place *at, const char *type, const char *name,
    struct ast *value)
{
	struct ast *decl = ast_1(A, AST_VAR, at, value);

	if (strcmp(type, FLAG_TYPE) == 0) {
		type_unknown(src, at, type, NULL);
		type = "int";
	}
	decl->text = name;
	decl->text2 = type;
	return decl;
}

/* For conf/static.c; to filters it is an empty block. */
static struct ast *
flag_new(struct source *src, const struct place *at, bool on)
{
	struct ast *node = ast_text(A, AST_BLOCK, at, FLAG_TYPE);

	node->num = on;
	return node;
}

struct ast *
flag_or_decl(struct source *src, const struct place *at, const struct place *name_at,
    const char *type, const char *name, struct ast *value)
{
	static const char *const words[] = { "off", "no", "on", "yes" };
	unsigned i = 0;

	if (strcmp(type, FLAG_TYPE) != 0)
		return decl_new(src, name_at, type, name, value);
	while (i < 4 && strcmp(words[i], name) != 0)
		i++;
	if (i < 4 && !value)
		return flag_new(src, at, i > 1);
	return decl_new(src, at, type, name, value);
}

/* Declarations before the brace stand at the head of the body. */
struct ast *
block_join(struct source *src, struct ast *decls, struct ast *block)
{
	unsigned i;

	if (!decls)
		return block;
	for (i = 0; i < block->n; i++)
		ast_add(A, decls, block->kid[i]);
	return decls;
}

static bool
is_ec_kind(const struct ast *a)
{
	return (a->kind == AST_NAME &&
		   (strcmp(a->text, "rt") == 0 || strcmp(a->text, "ro") == 0 ||
		       strcmp(a->text, "generic") == 0)) ||
	       (a->kind == AST_OTHERNET && strcmp(a->text, "unknown") == 0);
}

struct ast *
tuple_new(struct source *src, const struct place *at, struct ast *a, struct ast *b,
    struct ast *c)
{
	struct ast *ec;

	if (!c)
		return ast_2(A, AST_PAIR, at, a, b);
	if (!is_ec_kind(a))
		return ast_3(A, AST_TRIPLE, at, a, b, c);
	ec = ast_2(A, AST_EC, at, b, c);
	ec->text = a->text;
	ec->num = a->num;
	return ec;
}

/* Only 1.6 and the first of 2 read a path mask between slashes. */
struct ast *
mask_old(struct source *src, const struct place *at, struct ast *mask)
{
	mask->at = *at;
	src->old_syntax = true;
	return mask;
}

struct ast *
pattern_new(struct source *src, const struct place *at, struct net *net, uint32_t low,
    uint32_t high)
{
	struct ast *node = net_new(src, at, net);

	node->kind = AST_PATTERN;
	node->num = low;
	node->num2 = high;
	return node;
}

struct ast *
net_new(struct source *src, const struct place *at, struct net *net)
{
	struct net own = *net;
	struct ast *node;

	arena_pop(A, net, sizeof(*net));
	node = ast_new(A, AST_NET, at);
	node->net = own;
	return node;
}

struct ast *
ip_new(struct source *src, const struct place *at, struct ip *ip)
{
	struct ip own = *ip;
	struct ast *node;

	arena_pop(A, ip, sizeof(*ip));
	node = ast_new(A, AST_IP, at);
	node->ip = own;
	return node;
}

struct ast *
call_new(struct source *src, enum ast_kind kind, const struct place *at, const char *name,
    struct ast *self, struct ast *args)
{
	struct ast *node = ast_text(A, kind, at, name);
	unsigned i;

	ast_add(A, node, self);
	for (i = 0; args && i < args->n; i++)
		ast_add(A, node, args->kid[i]);
	return node;
}

/* `bt_assert(X);` of BIRD's own tests looks at X and goes on. */
struct ast *
call_stmt(struct source *src, const struct place *at, struct ast *call)
{
	if (call->n == 1 && strcmp(call->text, "bt_assert") == 0)
		return ast_3(
		    A, AST_IF, at, call->kid[0], ast_new(A, AST_BLOCK, at), NULL);
	return ast_1(A, AST_EXPR, at, call);
}

/* A word alone is a statement only as the `bfd;` of a static route in BIRD 1.6, and as
 * its `quitbird;`, which here ends the filter with an error. */
struct ast *
bare_new(struct source *src, const struct place *at, const char *word)
{
	static const char *const words[] = { "accept", "reject", "error", "return",
		"print", "printn", NULL };
	const char *near = near_word(word, words);
	struct ast *node;

	if (strcmp(word, FLAG_TYPE) == 0)
		return flag_new(src, at, true);
	if (strcmp(word, "quitbird") == 0) {
		node = ast_1(A, AST_REJECT, at, ast_text(A, AST_TEXT, at, word));
		node->num = 1;
		return node;
	}
	if (near)
		source_error(src, at, "syntax error, unexpected '%s', did you mean '%s'?",
		    word, near);
	else
		source_error(src, at, "syntax error, unexpected '%s'", word);
	return NULL;
}

/* `mpls 100`, `N/L max N as N`, `N/L from N/L` ... */
struct ast *
other_net(struct source *src, const struct place *at, const char *word, uint32_t num)
{
	static const char *const words[] = { "vpn", "max", "from", "flow4", "flow6",
		"mpls", "aspa", "unknown", "eth", "evpn", "neighbor" };
	struct ast *node = ast_text(A, AST_OTHERNET, at, word);
	size_t i;

	node->num = num;
	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i], word) == 0)
			return node;
	source_error(src, at, "syntax error, unexpected '%s'", word);
	return node;
}

/* `eth MAC vlan NUM`, without its values */
struct ast *
vlan_net(struct source *src, const struct place *at, const char *word,
    const struct place *vlan_at, const char *vlan)
{
	if (strcmp(vlan, "vlan") != 0)
		source_error(src, vlan_at, "syntax error, unexpected '%s'", vlan);
	return other_net(src, at, word, 0);
}

/* `evpn TYPE RD ...` */
struct ast *
evpn_net(struct source *src, const struct place *at, const char *word,
    const struct place *type_at, const char *type, struct ast *rd, struct ast *rest)
{
	static const char *const types[] = { "ead", "mac", "imet", "es" };
	struct ast *node = ast_add(A, other_net(src, at, word, 0), rd);
	size_t i = 0;

	while (i < sizeof(types) / sizeof(*types) && strcmp(types[i], type) != 0)
		i++;
	if (strcmp(word, "evpn") == 0 && i == sizeof(types) / sizeof(*types))
		source_error(src, type_at, "syntax error, unexpected '%s'", type);
	node->text2 = type;
	for (i = 0; i < rest->n; i++)
		ast_add(A, node, rest->kid[i]);
	return node;
}

struct ast *
ip_add(struct source *src, struct ast *to, const struct place *at, struct ip *ip)
{
	return ast_add(A, to, ip_new(src, at, ip));
}
