/*
 * Text to tokens: what is refused, where, and in what words.
 */
#include "test.h"

#include "lang/parse.h"

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

int
main(void)
{
	struct CMUnitTest tests[sizeof(rows) / sizeof(*rows)];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].name,
			.test_func = test_row,
			.initial_state = (void *)(uintptr_t)&rows[i] };
	return cmocka_run_group_tests_name("lex", tests, NULL, NULL);
}
