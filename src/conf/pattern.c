/*
 * Patterns: cut into pieces once, and matched against the args of a statement.  An
 * optional part is tried with all that follows it, then left out.
 */
#include <assert.h>
#include <string.h>

#include "conf/check.h"
#include "conf/pattern.h"

#define PIECES_MAX 48
#define STEPS_MAX  10000 /* of options tried for one statement */

size_t
pattern_word_len(const char *p)
{
	size_t n = 0;

	while (p[n] && p[n] != ' ' && p[n] != '[' && p[n] != ']')
		n++;
	return n;
}

/* ASCII only, without the locale's tables. */
bool
pattern_is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

void
attempt_begin(struct attempt *try, struct check *check, struct match *match, bool part,
    unsigned from)
{
	try->check = check;
	try->match = match;
	try->part = part;
	try->far = from;
	try->want_n = 0;
	try->steps = 0;
	try->typed = NULL;
}

void
attempt_fail(struct attempt *try, const char *p, unsigned i)
{
	if (i < try->far)
		return;
	if (i > try->far)
		try->want_n = 0;
	try->far = i;
	if (try->want_n < EXPECT_MAX)
		try->want[try->want_n++] = p;
}

/* The index of the alternative, or -1. */
static int
choice_find(const char *p, const struct arg *arg)
{
	int index;
	size_t len;

	for (index = 0;; index++) {
		for (len = 0; p[len] && p[len] != '|' && p[len] != ' ' && p[len] != '[' &&
			      p[len] != ']';
		     len++)
			;
		if (arg_is_word(arg, p, len))
			return index;
		if (p[len] != '|')
			return -1;
		p += len + 1;
	}
}

static struct piece
piece_make(const char *p)
{
	size_t len = pattern_word_len(p);
	struct piece s = { .kind = PIECE_WORD, .len = (uint8_t)len, .p = p };

	if (pattern_is_capital(*p)) {
		s.kind = len == 4 && strncmp(p, "BOOL", 4) == 0 ? PIECE_BOOL
								: PIECE_VALUE;
		s.value = value_find(p, len);
	} else if (memchr(p, '|', len)) {
		s.kind = PIECE_CHOICE;
	}
	return s;
}

/* Up to a bracket that closes, or the end; captures inside are counted. */
static const char *
pieces_cut(const char *p, struct piece *list, unsigned *n, uint8_t *caps)
{
	struct piece *option;

	while (*p && *p != ']') {
		assert(*n < PIECES_MAX - 1);
		if (*p == '[') {
			option = &list[(*n)++];
			*option = (struct piece){ .kind = PIECE_OPTION, .p = p };
			p = pieces_cut(p + 1, list, n, &option->skip_caps) + 1;
			option->skip = (uint8_t)(list + *n - option);
			*caps = (uint8_t)(*caps + option->skip_caps);
		} else if (*p == ' ') {
			p++;
		} else {
			list[*n] = piece_make(p);
			*caps = (uint8_t)(*caps + (list[*n].kind != PIECE_WORD));
			p += list[(*n)++].len;
		}
	}
	return p;
}

struct piece *
pattern_cut(struct check *check, const char *pattern)
{
	struct piece list[PIECES_MAX];
	unsigned n = 0;
	uint8_t caps = 0;

	pieces_cut(pattern, list, &n, &caps);
	list[n++] = (struct piece){ .kind = PIECE_END };
	return arena_dup(check->tmp, list, n * sizeof(*list));
}

static void
captures_clear(struct attempt *try, unsigned from, unsigned n)
{
	for (; n-- && from < CAPTURES_MAX; from++)
		try->match->cap[from] = (struct capture){ 0 };
}

/* The word is nearly always at the same place of memory as the last one that fitted. */
static inline bool
word_match(struct piece *s, const struct arg *arg)
{
	if (!arg || (arg->kind != ARG_WORD && arg->kind != ARG_PUNCT))
		return false;
	if (arg->text == s->seen)
		return true;
	if (!text_is(arg->text, s->p, s->len))
		return false;
	s->seen = arg->text;
	return true;
}

/* An optional part may match; most of them begin with a word, which tells. */
static bool
option_match(struct attempt *try, struct piece *s, unsigned i, unsigned value)
{
	if (try->steps++ > STEPS_MAX)
		return false;
	if (s[1].kind != PIECE_WORD || word_match(&s[1], arg_at(try->match, i)))
		return pattern_match(try, s + 1, i, value);
	attempt_fail(try, s[1].p, i);
	return false;
}

static unsigned
value_len(struct attempt *try, const struct value *value, unsigned i, struct capture *cap)
{
	const struct arg *arg = arg_at(try->match, i);

	if (!arg || !value)
		return 0;
	cap->arg = arg;
	return value->len ? value->len(try, arg, i, cap) : arg->kind == value->kind;
}

/* A piece that is captured; its length in args, or -1. */
static int
piece_match(struct attempt *try, const struct piece *s, unsigned i, struct capture *cap)
{
	const struct arg *arg = arg_at(try->match, i);
	unsigned n;
	int index;

	if (s->kind == PIECE_CHOICE) {
		index = choice_find(s->p, arg);
		if (index >= 0)
			*cap = (struct capture){ arg, (uint32_t)index };
		return index >= 0 ? 1 : -1;
	}
	n = value_len(try, s->value, i, cap);
	if (!n)
		*cap = (struct capture){ 0 };
	return n ? (int)n : s->kind == PIECE_BOOL ? 0 : -1;
}

static bool
end_match(struct attempt *try, unsigned i)
{
	try->match->end = i;
	if (i == try->match->stmt->n || try->part)
		return true;
	attempt_fail(try, ";", i);
	return false;
}

bool
pattern_match(struct attempt *try, struct piece *s, unsigned i, unsigned value)
{
	struct match *m = try->match;
	struct capture cap;
	int n;

	for (; s->kind != PIECE_END; s++) {
		if (s->kind == PIECE_OPTION) {
			if (option_match(try, s, i, value))
				return true;
			/* what is behind it goes on without its captures */
			captures_clear(try, value, s->skip_caps);
			value += s->skip_caps;
			s += s->skip - 1;
			continue;
		}
		if (s->kind == PIECE_WORD) {
			n = word_match(s, arg_at(m, i)) ? 1 : -1;
		} else {
			cap = (struct capture){ 0 };
			n = piece_match(try, s, i, &cap);
			if (value < CAPTURES_MAX)
				m->cap[value++] = cap;
		}
		if (n <= 0)
			attempt_fail(try, s->p, i);
		if (n < 0)
			return false;
		i += (unsigned)n;
	}
	return end_match(try, i);
}
