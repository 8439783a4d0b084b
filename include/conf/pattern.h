/*
 * A pattern of a statement (see conf/words.h), cut into pieces, and the search for the row
 * that a statement matches.  Internal to conf.
 */
#ifndef MYNAH_CONF_PATTERN_H
#define MYNAH_CONF_PATTERN_H

#include "conf/words.h"

#define EXPECT_MAX 64

/* The rows tried for one statement. */
struct attempt {
	struct check *check;
	struct match *match;
	bool part;    /* need not reach the end of the statement */
	unsigned far; /* the token no row got over */
	unsigned want_n;
	const char *want[EXPECT_MAX + 1]; /* patterns, at the token wanted */
	unsigned steps;
	const struct arg *typed; /* the word asked last for the constant it may be */
	const char *type;
};

void attempt_begin(
    struct attempt *, struct check *, struct match *, bool part, unsigned from);
/* At arg i the pattern wants something else. */
void attempt_fail(struct attempt *, const char *pattern, unsigned i);

/* A value by its word in capitals. */
struct value {
	const char *word, *shown;
	/* how many args it takes at i, 0: it does not match; or NULL: */
	unsigned (*len)(
	    struct attempt *, const struct arg *, unsigned i, struct capture *);
	enum arg_kind kind; /* one of that kind */
	/* Is it right, for rows that do not take it themselves?  NULL: always. */
	bool (*check)(struct check *, const struct capture *);
};

const struct value *value_find(const char *p, size_t len); /* or NULL */

/* Of a pattern: up to a blank, a bracket or the end. */
size_t pattern_word_len(const char *p);
bool pattern_is_capital(char c);

enum piece_kind {
	PIECE_END,
	PIECE_OPTION, /* a part in brackets begins */
	PIECE_WORD,
	PIECE_CHOICE,
	PIECE_VALUE,
	PIECE_BOOL, /* a value that may be left out */
};

struct piece {
	uint8_t kind;
	uint8_t skip; /* PIECE_OPTION: pieces to what stands behind it */
	uint8_t skip_caps; /* and captures */
	uint8_t len;
	const char *p; /* in the pattern */
	const char *seen; /* PIECE_WORD: the text that was it last */
	const struct value *value;
};

/* In the arena of the check. */
struct piece *pattern_cut(struct check *, const char *pattern);
/* From arg i on; captures from `value` on. */
bool pattern_match(struct attempt *, struct piece *, unsigned i, unsigned value);

static inline const struct arg *
arg_at(const struct match *m, unsigned i)
{
	return i < m->stmt->n ? m->stmt->arg[i] : NULL;
}

static inline bool
text_is(const char *text, const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] != word[i])
			return false;
	return !text[len];
}

static inline bool
arg_is_word(const struct arg *arg, const char *word, size_t len)
{
	return arg && (arg->kind == ARG_WORD || arg->kind == ARG_PUNCT) &&
	       text_is(arg->text, word, len);
}

/* The row that matches from arg `from` on: the first, or of parts the longest.  NULL:
 * none; the attempt knows then what would have been right. */
const struct rule *rule_find(struct attempt *, rule_tables, unsigned from);

#endif
