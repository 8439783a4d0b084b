/*
 * The short way to a token.  The tables of flex take some 20 steps for each character; the
 * tokens that make up nearly all of a large file are read here by hand instead.  The rules
 * of grammar/lex.l say what a token is: whatever may be more than it seems here, or is
 * wrong, is left to them.  tests/unit/test_lex compares both ways.
 */
#include <string.h>

#include "lang/token.h"
#include "parse.h"

enum {
	BLANK = 1,
	LETTER = 2, /* begins a word */
	DIGIT = 4,
	MARK = 8,   /* a token of its own, whatever follows */
	END = 16,   /* may follow a number or an address directly */
};

static const uint8_t kinds[256] = {
	[' '] = BLANK | END, ['\t'] = BLANK | END, ['\n'] = END,
	['a' ... 'z'] = LETTER, ['A' ... 'Z'] = LETTER, ['_'] = LETTER,
	['0' ... '9'] = DIGIT,
	[';'] = MARK | END, [','] = MARK | END, [')'] = MARK | END, [']'] = MARK | END,
	['}'] = MARK | END, ['{'] = MARK | END, ['('] = MARK, ['~'] = MARK,
};

static inline bool
is(char c, unsigned mask)
{
	return kinds[(unsigned char)c] & mask;
}

static char *
blanks_end(char *p)
{
	while (is(*p, BLANK))
		p++;
	return p;
}

/* Digits up to UINT32_MAX; NULL: more than that. */
static const char *
num_read(const char *p, uint32_t *num)
{
	uint64_t n = 0;

	for (; is(*p, DIGIT); p++) {
		n = 10 * n + (unsigned)(*p - '0');
		if (n > UINT32_MAX)
			return NULL;
	}
	*num = (uint32_t)n;
	return p;
}

/* The last three groups of an address; NULL: it is none, or too large. */
static const char *
groups_read(const char *p, uint32_t *addr)
{
	uint32_t n;

	for (unsigned i = 0; i < 3; i++) {
		if (*p != '.' || !is(p[1], DIGIT))
			return NULL;
		p = num_read(p + 1, &n);
		if (!p || n > 255)
			return NULL;
		*addr = *addr << 8 | n;
	}
	return p;
}

/* An address has been read up to p. */
static int
scan_ip4(struct source *src, MYNAH_STYPE *val, const struct place *at, uint32_t addr,
    const char *p, const char **end)
{
	uint32_t plen;

	if (*p == '/' && is(p[1], DIGIT)) {
		p = num_read(p + 1, &plen);
		if (!p || plen > 32 || (plen < 32 && addr << plen) ||
		    (!is(*p, END) && *p != '+' && *p != '-'))
			return 0;
		*end = p;
		return token_net4(src, val, at, addr, plen);
	}
	*end = p;
	if (!is(*p, END) || p[strspn(p, " \t")] == '/')
		return 0;
	return token_ip4(src, val, addr);
}

/* A number or what begins with one. */
static int
scan_digits(struct source *src, MYNAH_STYPE *val, const struct place *at,
    const char *text, const char **end)
{
	uint32_t num;
	const char *p = num_read(text, &num);

	if (!p)
		return 0;
	if (*p == '.' && p[1] != '.') {
		p = num <= 255 ? groups_read(p, &num) : NULL;
		return p ? scan_ip4(src, val, at, num, p, end) : 0;
	}
	if (!is(*p, END) && *p != '.')
		return 0;
	val->num = num;
	*end = p;
	return TOK_NUM;
}

static int
scan_word(struct source *src, MYNAH_STYPE *val, const struct place *at, const char *text,
    const char **end)
{
	const char *p = text + 1;

	while (is(*p, LETTER | DIGIT))
		p++;
	*end = p;
	if (*p == ':') /* else:, hex:, an address of IPv6 */
		return 0;
	return token_word(src, val, at, text, (size_t)(p - text));
}

static int
scan_text(struct source *src, MYNAH_STYPE *val, const char *text, const char **end)
{
	const char *p = text + 1;

	while (*p && *p != '"' && *p != '\n')
		p++;
	if (*p != '"')
		return 0;
	*end = p + 1;
	return token_keep(src, val, text + 1, (size_t)(p - text - 1), TOK_TEXT);
}

static int
scan_mark(struct source *src, const struct place *at, const char *text, const char **end)
{
	*end = text + 1;
	if (*text == ';')
		source_semicolon(src, at);
	else if (*text == '{' || *text == '}')
		source_brace(src, at, *text == '{');
	return *text;
}

/* A token at text, without what stands before it. */
static int
scan_here(struct source *src, MYNAH_STYPE *val, const struct place *at, const char *text,
    const char **end)
{
	if (is(*text, LETTER))
		return scan_word(src, val, at, text, end);
	if (is(*text, DIGIT))
		return scan_digits(src, val, at, text, end);
	if (is(*text, MARK))
		return scan_mark(src, at, text, end);
	if (*text == '"')
		return scan_text(src, val, text, end);
	*end = text + 1;
	if ((*text == '=' && text[1] != ']') || (*text == '[' && text[1] != '=') ||
	    (*text == '.' && text[1] != '.'))
		return *text;
	return 0;
}

static char *
comment_end(char *p)
{
	char *end = p;

	while (*end && *end != '\n')
		end++;
	return *end ? end : p; /* a NUL: the rules know whether it is the text's end */
}

/* What stands between tokens. */
static char *
scan_pass(struct source *src, char *p, bool *bol)
{
	char *end;

	for (;;) {
		end = blanks_end(p);
		if (*bol && *end == 'i') /* perhaps `include`, which takes the blanks */
			return p;
		if (*end == '#')
			end = comment_end(end);
		src->at.col += (unsigned)(end - p);
		*bol &= end == p;
		p = end;
		if (*p != '\n')
			return p;
		p++;
		*bol = true;
		src->at.line++;
		src->at.col = 1;
	}
}

int
scan_token(
    struct source *src, MYNAH_STYPE *val, struct place *at, char **p, bool *bol)
{
	char *text = scan_pass(src, *p, bol);
	const char *end = text;
	bool ended = src->ended;
	int token;

	*p = text;
	if (*bol && (is(*text, BLANK) || *text == 'i'))
		return 0;
	*at = src->at;
	src->token = text;
	src->ended = ended && (*text <= '/' || *text == ';' || *text == '{');
	token = scan_here(src, val, at, text, &end);
	if (!token) {
		src->ended = ended;
		return 0;
	}
	src->token_len = (size_t)(end - text);
	src->at.col += (unsigned)(end - text);
	*p = text + (end - text);
	*bol = false;
	if (is(*text, LETTER) && token != TOK_WORD && src->brace_n)
		return token_placed(src, at, token, val->text, end, *end);
	return token;
}
