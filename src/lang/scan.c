/*
 * The short way to a token.  The tokens that make up nearly all of a large file (words,
 * numbers, IPv4 addresses and prefixes, strings, marks) and the blanks, comments and ends
 * of lines before them are read here by hand, which takes half as long as the tables of
 * flex do.  The rules of grammar/lex.l say what a token is: whatever may be more than it
 * seems here, or is wrong, is left to them.  tests/unit/test_lex compares both ways.
 */
#include <string.h>

#include "lang/token.h"
#include "parse.h"

enum kind {
	OTHER,
	SPACE, /* and what else stands between tokens */
	LETTER,
	DIGIT,
	MARK, /* a token of its own, whatever follows */
	ENDING,
	BRACE,
	QUOTE,
	PAIR, /* begins another token together with `partner` */
};

static const uint8_t kinds[256] = {
	[' '] = SPACE, ['\t'] = SPACE, ['\n'] = SPACE, ['#'] = SPACE,
	['a' ... 'z'] = LETTER, ['A' ... 'Z'] = LETTER, ['_'] = LETTER,
	['0' ... '9'] = DIGIT,
	[','] = MARK, ['('] = MARK, [')'] = MARK, [']'] = MARK, ['~'] = MARK,
	[';'] = ENDING, ['{'] = BRACE, ['}'] = BRACE, ['"'] = QUOTE,
	['='] = PAIR, ['['] = PAIR, ['.'] = PAIR,
};

static const char partner[256] = { ['='] = ']', ['['] = '=', ['.'] = '.' };

/* May follow a number or an address directly. */
static const bool behind[256] = {
	[' '] = true,
	['\t'] = true,
	['\n'] = true,
	[';'] = true,
	[','] = true,
	[')'] = true,
	[']'] = true,
	['}'] = true,
	['{'] = true,
};

static const bool in_word[256] = {
	['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['_'] = true, ['0' ... '9'] = true,
};

static inline bool
is(char c, const bool *table)
{
	return table[(unsigned char)c];
}

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits up to UINT32_MAX; NULL: more than that. */
static inline const char *
num_read(const char *p, uint32_t *num)
{
	uint64_t n = 0;

	for (; is_digit(*p); p++) {
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
		if (*p != '.' || !is_digit(p[1]))
			return NULL;
		p = num_read(p + 1, &n);
		if (!p || n > 255)
			return NULL;
		*addr = *addr << 8 | n;
	}
	return p;
}

static const char *
blanks_end(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* An address has been read up to p. */
static int
scan_ip4(struct source *src, MYNAH_STYPE *val, const struct place *at, uint32_t addr,
    const char *p, const char **end)
{
	uint32_t plen;

	if (*p == '/' && is_digit(p[1])) {
		p = num_read(p + 1, &plen);
		if (!p || plen > 32 || (plen < 32 && addr << plen) ||
		    (!is(*p, behind) && *p != '+' && *p != '-'))
			return 0;
		*end = p;
		return token_net4(src, val, at, addr, plen);
	}
	*end = p;
	if (!is(*p, behind) || *blanks_end(p) == '/')
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
	if (!is(*p, behind) && *p != '.')
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

	while (is(*p, in_word))
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

/* A token at text, without what stands before it. */
static inline int
scan_here(struct source *src, MYNAH_STYPE *val, const struct place *at, const char *text,
    const char **end)
{
	const unsigned char c = (unsigned char)*text;

	*end = text + 1;
	switch ((enum kind)kinds[c]) {
	case LETTER: return scan_word(src, val, at, text, end);
	case DIGIT: return scan_digits(src, val, at, text, end);
	case MARK: return c;
	case ENDING: source_semicolon(src, at); return c;
	case BRACE: source_brace(src, at, c == '{'); return c;
	case QUOTE: return scan_text(src, val, text, end);
	case PAIR: return text[1] == partner[c] ? 0 : c;
	case SPACE:
	case OTHER: break;
	}
	return 0;
}

/* Behind a comment; where it is if a NUL ends it: the rules know what that is. */
static const char *
comment_end(const char *p)
{
	const char *end = p;

	while (*end && *end != '\n')
		end++;
	return *end ? end : p;
}

/* May `include "..."` stand there?  The rules take the blanks before it as well. */
static bool
is_include(const char *p)
{
	return *p == 'i' && strncmp(p, "include", 7) == 0 && !is(p[7], in_word);
}

/* What stands between tokens; not the blanks before an `include` that begins a line. */
static const char *
scan_pass(struct source *src, const char *p)
{
	const char *end;

	for (;;) {
		end = blanks_end(p);
		if (src->bol && is_include(end))
			return p;
		if (*end == '#')
			end = comment_end(end);
		src->at.col += (unsigned)(end - p);
		src->bol &= end == p;
		p = end;
		if (*p != '\n')
			return p;
		p++;
		src->bol = true;
		src->at.line++;
		src->at.col = 1;
	}
}

static int
scan_token(struct source *src, MYNAH_STYPE *val, struct place *at)
{
	const char *text = src->cursor, *end;
	bool ended = src->ended;
	int token;

	if (kinds[(unsigned char)*text] == SPACE) {
		text = scan_pass(src, text);
		src->cursor += text - src->cursor;
	}
	if (src->bol && is_include(blanks_end(text)))
		return 0;
	*at = src->at;
	src->token = src->cursor;
	src->ended = ended && (*text <= '/' || *text == ';' || *text == '{');
	token = scan_here(src, val, at, text, &end);
	if (!token) {
		src->ended = ended;
		return 0;
	}
	src->token_len = (size_t)(end - text);
	src->at.col += (unsigned)(end - text);
	src->cursor += end - text;
	src->bol = false;
	if (token != TOK_WORD && src->brace_n && kinds[(unsigned char)*text] == LETTER)
		return token_placed(src, at, token, val->text, end, *end);
	return token;
}

/* What comes before the next token of the text; -1: nothing. */
static int
lex_aside(struct source *src, struct place *at)
{
	int token = src->start;

	src->start = 0;
	*at = src->at;
	if (token)
		return token;
	if (src->untold)
		source_tell(src);
	if (src->errors >= PARSE_ERRORS_MAX || src->stop)
		return TOK_YYEOF;
	if (src->closing && source_close(src, at))
		return '}';
	src->aside = false;
	if (!src->after)
		return -1;
	token = src->after;
	src->after = 0;
	*at = src->after_at;
	return token;
}

int
mynah_lex(MYNAH_STYPE *val, struct place *at, struct source *src)
{
	int token = src->aside ? lex_aside(src, at) : -1;

	if (token >= 0)
		return token;
	token = src->cursor ? scan_token(src, val, at) : 0;
	return token ? token : lex_rules(val, at, src);
}
