/*
 * Text to tokens: what is refused, where, and in what words.
 */
#include "test.h"

#include "lang/token.h"
#include "parse.h"

int mynah_lex_init_extra(struct source *, void **scanner);
int mynah_lex_destroy(void *scanner);
void *mynah__scan_buffer(char *, size_t size, void *scanner);

struct found {
	char text[256];
	unsigned n, line, col;
};

static void
note(void *ctx, const struct place *at, const char *text)
{
	struct found *found = ctx;

	if (found->n++)
		return;
	snprintf(found->text, sizeof(found->text), "%s", text);
	found->line = at ? at->line : 0;
	found->col = at ? at->col : 0;
}

static const struct row {
	const char *name, *text, *want;
	unsigned line, col;
} rows[] = {
	{ "nothing", "", NULL, 0, 0 },
	{ "comments", "# a\n/* b\n * c */;", NULL, 0, 0 },
	{ "names that are words of options",
	    "define peer = 1; define id = 2; define s = 3;", NULL, 0, 0 },
	{ "quoted name", "define 'a-b.c' = 1;", NULL, 0, 0 },
	{ "largest number", "define a = 4294967295;", NULL, 0, 0 },
	{ "hexadecimal", "define a = 0xffffffff;", NULL, 0, 0 },
	{ "addresses", "define a = [1.2.3.4, ::1, 2001:db8::1, ::ffff:1.2.3.4];", NULL, 0,
	    0 },
	{ "prefix with blanks", "define a = 10.0.0.0 / 8;", NULL, 0, 0 },
	{ "prefix with a mask", "define a = 10.0.0.0:255.0.0.0;", NULL, 0, 0 },
	{ "route distinguisher", "define a = 65000:100;", NULL, 0, 0 },
	{ "byte string", "define a = hex:0011;", NULL, 0, 0 },
	{ "utf-8 in a string", "define a = \"\xc3\xa9\";", NULL, 0, 0 },
	{ "unknown character", "define a = 1 $ 2;", "Unknown character", 1, 14 },
	{ "carriage return", "router id 1.1.1.1;\r\n", "Unknown character", 1, 19 },
	{ "byte order mark", "\xef\xbb\xbfrouter id 1;", "Unknown character", 1, 1 },
	{ "number too large", "define a = 4294967296;", "Number out of range", 1, 12 },
	{ "address too large", "define a = 300.1.1.1;", "Invalid IPv4 address 300.1.1.1",
	    1, 12 },
	{ "two gaps", "define a = 2001::1::2;", "Invalid IPv6 address 2001::1::2", 1,
	    12 },
	{ "host bits", "\ndefine a = 10.0.0.1/8;",
	    "Invalid IPv4 prefix 10.0.0.1/8, maybe you wanted 10.0.0.0/8", 2, 12 },
	{ "prefix too long", "define a = 10.0.0.0/33;", "Invalid prefix length 33", 1,
	    12 },
	{ "mask with a hole", "define a = 10.0.0.0:255.0.255.0;",
	    "Invalid network mask 255.0.255.0", 1, 12 },
	{ "distinguisher too large", "define a = 65536:65536;", "Number out of range", 1,
	    12 },
	{ "AS too large", "define a = 4294967296:1;", "ASN out of range", 1, 12 },
	{ "string over the line", "define a = \"abc\n;", "Unterminated string", 1, 12 },
	{ "no escapes", "define a = \"x\\\"y\";", "syntax error, unexpected 'y'", 1, 16 },
	{ "comment without end", "\n/* foo\n", "Unterminated comment: it runs to the end, t.conf:3", 2,
	    1 },
	{ "comment in a comment", "/* a /* b */ */", "Comment nesting not supported", 1,
	    6 },
	{ "quoted name over the line", "filter 'ab\n", "Unterminated symbol", 1, 8 },
	{ "blank in a quoted name", "filter 'a b' {}",
	    "Invalid character in apostrophed symbol", 1, 8 },
	{ "long name",
	    "define zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz = "
	    "1;",
	    "Symbol too long", 1, 8 },
	{ "include of nothing", "include \"\";", "Include with empty argument", 1, 1 },
	{ "include without end", "include \"a\n;", "Unterminated include", 1, 1 },
	{ "include of no file", "include \"/nonexistent/x\";",
	    "Unable to open included file "
	    "/nonexistent/x: No such file or directory",
	    1, 1 },
	{ "include from no folder", "include \"/nonexistent/*\";",
	    "Unable to match pattern "
	    "/nonexistent/*: No such file or directory",
	    1, 1 },
};

static void
test_row(void **state)
{
	const struct row *row = *state;
	struct found found = { .n = 0 };
	struct arena *arena = arena_new();
	struct source *source = source_new(arena, note, &found);

	parse_text(source, "t.conf", row->text, strlen(row->text));
	if (row->want) {
		assert_string_equal(found.text, row->want);
		assert_int_equal(found.line, row->line);
		assert_int_equal(found.col, row->col);
	} else {
		assert_int_equal(found.n, 0);
	}
	arena_free(arena);
}

/*
 * The short way of scan.c and the rules of lex.l say the same of any text.
 */
struct reader {
	struct found found;
	struct arena *arena;
	struct source *source;
	int token;
	MYNAH_STYPE val;
	struct place at;
};

static void
reader_open(struct reader *r, const char *text, size_t len, bool by_rules)
{
	const struct source_level *level;

	r->arena = arena_new();
	r->source = source_new(r->arena, note, &r->found);
	r->source->by_rules = by_rules;
	level = source_begin(r->source, "t.conf", text, len);
	mynah_lex_init_extra(r->source, &r->source->scanner);
	mynah__scan_buffer(level->scan, level->scan_len + 2, r->source->scanner);
}

static void
reader_close(struct reader *r)
{
	mynah_lex_destroy(r->source->scanner);
	source_end(r->source);
	arena_free(r->arena);
}

static void
reader_next(struct reader *r)
{
	r->val = (MYNAH_STYPE){ .text = NULL };
	r->token = mynah_lex(&r->val, &r->at, r->source);
}

static bool
has_text(int token)
{
	return token == TOK_WORD || token == TOK_TEXT || token == TOK_BYTES ||
	       token == TOK_ENUM || token == TOK_RD || token == TOK_EMPTY;
}

static void
assert_same_token(const struct reader *a, const struct reader *b)
{
	assert_int_equal(a->token, b->token);
	assert_int_equal(a->at.line, b->at.line);
	assert_int_equal(a->at.col, b->at.col);
	assert_int_equal(a->source->ended, b->source->ended);
	assert_int_equal(a->source->token_len, b->source->token_len);
	assert_int_equal(a->source->four_n, b->source->four_n);
	assert_int_equal(a->source->four.col, b->source->four.col);
	assert_int_equal(a->found.n, b->found.n);
	assert_string_equal(a->found.text, b->found.text);
	if (has_text(a->token))
		assert_string_equal(a->val.text, b->val.text);
	else if (a->token == TOK_NUM)
		assert_int_equal(a->val.num, b->val.num);
	else if (a->token == TOK_IP)
		assert_true(ip_equal(a->val.ip, b->val.ip));
	else if (a->token == TOK_NET)
		assert_true(net_equal(a->val.net, b->val.net));
}

static void
assert_both_ways(const char *text, size_t len)
{
	struct reader a = { .token = 0 }, b = { .token = 0 };

	reader_open(&a, text, len, false);
	reader_open(&b, text, len, true);
	do {
		reader_next(&a);
		reader_next(&b);
		assert_same_token(&a, &b);
	} while (a.token != TOK_YYEOF);
	reader_close(&a);
	reader_close(&b);
}

static void
test_short_way(void **state)
{
	static const char *const parts[] = { " ", "\n", "\t", "\n  ", "\n\n", "a",
		"include", "protocol", "filter", "else", "hex", "abcdef", "NET_IP4",
		"route", "'x.y'", "1", "0", "10", "255", "256", "4294967295",
		"4294967296", "0x1f", "65000", "10.0.0.0", "192.0.2.1", "/8", "/24",
		"/33", "2001:db8::", "00ff", ":", "::", ";", "{", "}", "{8,24}", "(", ")",
		"[", "]", "=", "~", "!", "<", ".", "..", ",", "+", "-", "*", "%", "&",
		"|", "?", "\"", "\"text\"", "#", "# say\n", "/*", "*/", "/", "'", "$",
		"_", "empty", "[=", "=]", "\x80", "\r" };
	const size_t n = sizeof(parts) / sizeof(*parts);
	uint64_t seed = 1;
	char text[256];
	size_t len;

	(void)state;
	for (unsigned round = 0; round < 40000; round++) {
		for (len = 0; len < sizeof(text) - 64;) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			if (seed >> 60 == 0)
				break;
			if (seed >> 52 == 16)
				text[len++] = 0;
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s",
			    parts[(seed >> 33) % n]);
		}
		assert_both_ways(text, len);
	}
}

int
main(void)
{
	ADD_ROWS(rows, name, test_row);
	ADD_TEST(test_short_way);
	return tests_run("lex");
}
