/*
 * Trees: operators bind as BIRD's, statements keep their places, nesting is bounded, and
 * the parser goes on after an error.
 */
#include "test.h"

#include "lang/parse.h"

static const char *const ops[AST_KINDS] = {
	[AST_AND] = "&&",
	[AST_OR] = "||",
	[AST_EQ] = "=",
	[AST_NE] = "!=",
	[AST_LT] = "<",
	[AST_LE] = "<=",
	[AST_GT] = ">",
	[AST_GE] = ">=",
	[AST_MATCH] = "~",
	[AST_NOMATCH] = "!~",
	[AST_ADD] = "+",
	[AST_SUB] = "-",
	[AST_MUL] = "*",
	[AST_DIV] = "/",
	[AST_CONCAT] = "++",
	[AST_NOT] = "!",
	[AST_RANGE] = "..",
	[AST_PAIR] = "pair",
	[AST_TRIPLE] = "lc",
	[AST_EC] = "ec",
	[AST_SET] = "set",
	[AST_PATHMASK] = "mask",
	[AST_CALL] = "call",
	[AST_METHOD] = "method",
};

static void
show_members(const struct ast_run *r, char *buf, size_t size)
{
	char net[NET_TEXT_MAX];
	unsigned i, low, high;
	size_t len = 0;

	for (i = 0; i < r->n && len < size; i++) {
		const uint32_t *word = r->word + i * run_words[r->kind];
		const char *space = i ? " " : "";

		if (r->kind == RUN_PAIR)
			len += (size_t)snprintf(buf + len, size - len, "%s(pair %u %u)",
			    space, *word >> 16, *word & 0xffff);
		else if (r->kind == RUN_NUM && word[0] == word[1])
			len += (size_t)snprintf(
			    buf + len, size - len, "%s%u", space, *word);
		else if (r->kind == RUN_NUM)
			len += (size_t)snprintf(buf + len, size - len, "%s(.. %u %u)",
			    space, word[0], word[1]);
		else {
			struct net n = run_net(r, i, &low, &high);

			len += (size_t)snprintf(buf + len, size - len, "%s%s{%u,%u}",
			    space, net_format(&n, net), low, high);
		}
	}
}

static void
show(const struct ast *node, char *buf, size_t size)
{
	char net[NET_TEXT_MAX];
	size_t len;
	unsigned i;

	switch (node->kind) {
	case AST_NUM: snprintf(buf, size, "%u", node->num); return;
	case AST_BOOL: snprintf(buf, size, "%s", node->num ? "true" : "false"); return;
	case AST_IP: ip_format(&node->ip, buf); return;
	case AST_NET: net_format(&node->net, buf); return;
	case AST_PATTERN:
		snprintf(buf, size, "%s{%u,%u}", net_format(&node->net, net), node->num,
		    node->num2);
		return;
	default: break;
	}
	if (node->kind == AST_RUN) {
		show_members(&node->run, buf, size);
		return;
	}
	if (!node->n && node->text) {
		snprintf(buf, size, "%s", node->text);
		return;
	}
	len = (size_t)snprintf(buf, size, "(%s%s%s",
	    ops[node->kind] ? ops[node->kind] : "?", node->text ? " " : "",
	    node->text ? node->text : "");
	for (i = 0; i < node->n && len + 2 < size; i++) {
		buf[len++] = ' ';
		show(node->kid[i], buf + len, size - len);
		len = strlen(buf);
	}
	snprintf(buf + len, size - len, ")");
}

struct count {
	unsigned n, line[64];
};

static void
note(void *ctx, const struct place *at, const char *text)
{
	struct count *count = ctx;

	(void)text;
	if (count->n < 64)
		count->line[count->n] = at ? at->line : 0;
	count->n++;
}

static const struct row {
	const char *name, *text, *want;
} rows[] = {
	{ "one level of logic", "true || false && false", "(&& (|| true false) false)" },
	{ "comparison below logic", "a = 1 && b ~ c", "(&& (= a 1) (~ b c))" },
	{ "sums and products", "1 + 2 * 3 - 4", "(- (+ 1 (* 2 3)) 4)" },
	{ "not binds tighter than match", "!a ~ b", "(~ (! a) b)" },
	{ "no chains", "1 < 2 < 3", NULL },
	{ "no unary minus", "-1", NULL },
	{ "double equals", "1 == 1", NULL },
	{ "parentheses", "(1 + 2) * 3", "(* (+ 1 2) 3)" },
	{ "pair and triple", "[(1,2), (1,2,3), (rt,1,2)]",
	    "(set (pair 1 2) (lc 1 2 3) (ec rt 1 2))" },
	{ "wildcards in pairs", "[(1,*), (*,2..3)]",
	    "(set (pair 1 *) (pair * (.. 2 3)))" },
	{ "range of pairs", "[(1,2)..(3,4)]", "(set (.. (pair 1 2) (pair 3 4)))" },
	{ "unknown extended community", "(unknown 0x4002, 1, 2)", "(ec unknown 1 2)" },
	{ "prefix patterns", "[10.0.0.0/8, 10.0.0.0/8+, 10.0.0.0/8-, 10.0.0.0/8{16,24}]",
	    "(set 10.0.0.0/8{8,8} 10.0.0.0/8{8,32} 10.0.0.0/8{0,8} 10.0.0.0/8{16,24})" },
	{ "empty set", "[]", "(set)" },
	{ "strings are no set", "[\"a\"]", NULL },
	{ "path mask", "bgp_path ~ [= * 1 2..3 ? [4] + =]",
	    "(~ bgp_path (mask * 1 (.. 2 3) ? (set 4) +))" },
	{ "old path mask", "bgp_path ~ / 1 ? /", "(~ bgp_path (mask 1 ?))" },
	{ "methods", "bgp_path.filter([1]).len",
	    "(method len (method filter bgp_path (set 1)))" },
	{ "calls", "f(1, g())", "(call f 1 g)" },
	{ "address method", "1.2.3.4.mask(8)", "(method mask 1.2.3.4 8)" },
	{ "empty lists", "add(- empty -, 1)", "(call add -empty- 1)" },
	{ "IPv6 mapped prefix", "::ffff:0.0.0.0/96", "::ffff:0.0.0.0/96" },
};

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct count count = { .n = 0 };
	struct arena *arena = arena_new();
	struct source *source = source_new(arena, note, &count);
	const struct ast *expr = parse_expr(source, "t", row->text, strlen(row->text));
	char buf[1024];

	if (row->want) {
		assert_int_equal(count.n, 0);
		assert_non_null(expr);
		show(expr, buf, sizeof(buf));
		assert_string_equal(buf, row->want);
	} else {
		assert_int_not_equal(count.n, 0);
	}
	arena_free(arena);
}

/* Each line is wrong in its own way, and each is told of. */
static void
test_recovery(void **state)
{
	static const char text[] = "define a = ;\n"
				   "define b = 1;\n"
				   "filter f { if then; accept; }\n"
				   "define c 2;\n"
				   "filter g { acept; }\n"
				   "protocol bgp x { a; };\n"
				   "}\n";
	static const unsigned lines[] = { 1, 3, 4, 5, 7 };
	struct count count = { .n = 0 };
	struct arena *arena = arena_new();
	struct source *source = source_new(arena, note, &count);
	unsigned i;

	(void)state;
	parse_text(source, "t", text, sizeof(text) - 1);
	assert_int_equal(count.n, 5);
	for (i = 0; i < 5; i++)
		assert_int_equal(count.line[i], lines[i]);
	arena_free(arena);
}

static void
test_error_limit(void **state)
{
	char text[64 * 16];
	struct count count = { .n = 0 };
	struct arena *arena = arena_new();
	struct source *source = source_new(arena, note, &count);
	size_t len = 0;
	unsigned i;

	(void)state;
	for (i = 0; i < 64; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "define ;\n");
	parse_text(source, "t", text, len);
	assert_int_equal(count.n, PARSE_ERRORS_MAX);
	arena_free(arena);
}

/* Text that nests without end is an error, not a crash. */
static void
test_depth(void **state)
{
	static const struct {
		const char *open, *close;
	} deep[] = {
		{ "(", "" },
		{ "!", "" },
		{ "1+", "1" },
		{ "{", "" },
		{ "[(", "" },
		{ "f(", "" },
	};
	struct count count;
	struct arena *arena;
	struct source *source;
	char *text = test_malloc(200001);
	size_t i, len, part;

	(void)state;
	for (i = 0; i < sizeof(deep) / sizeof(*deep); i++) {
		part = strlen(deep[i].open);
		for (len = 0; len + part < 200000; len += part)
			memcpy(text + len, deep[i].open, part);
		memcpy(text + len, deep[i].close, strlen(deep[i].close));
		count.n = 0;
		arena = arena_new();
		source = source_new(arena, note, &count);
		parse_expr(source, "t", text, len + strlen(deep[i].close));
		assert_int_not_equal(count.n, 0);
		arena_free(arena);
	}
	test_free(text);
}

int
main(void)
{
	int failed;

	ADD_ROWS(rows, name, test_row);
	failed = tests_run("expressions");
	ADD_TEST(test_recovery);
	ADD_TEST(test_error_limit);
	ADD_TEST(test_depth);
	return failed + tests_run("parser");
}
