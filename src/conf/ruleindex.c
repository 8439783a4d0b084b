/*
 * Which rows a statement may match.  Nearly every statement is right, and its first word
 * tells: each list of tables gets an index by first words when it is first asked, and each
 * index remembers the words it was asked for by their place in memory, where the reader
 * keeps a word once.  What would have been right is only asked when no row matched.
 */
#include <assert.h>
#include <string.h>

#include "conf/check.h"
#include "conf/pattern.h"

#define WORD_SLOTS 64
#define TABLES_MAX 8

struct rule_entry {
	unsigned row;	 /* in the order of the tables */
	unsigned choice; /* which word of the first piece this is */
	const struct rule *rule;
	struct piece *pieces;
	struct rule_entry *next; /* that begins like it, in that order */
};

/* Rows by a word they may begin with. */
struct rule_word {
	const char *word;
	size_t len;
	unsigned hash;
	struct rule_entry *rows;
	struct rule_word *next;
};

struct rule_index {
	const struct rule *tables[TABLES_MAX];
	unsigned table_n, row_n;
	struct rule_word *slot[WORD_SLOTS];
	struct {
		const char *text;
		const struct rule_word *word; /* NULL: no row begins with it */
	} seen[WORD_SLOTS];
	struct rule_entry *values; /* that begin with a value */
	struct rule_entry *rows; /* each once */
	struct rule_index *next;
};

static unsigned
word_hash(const char *word, size_t *len)
{
	unsigned hash = 0;
	size_t i;

	for (i = 0; word[i] && word[i] != ' ' && word[i] != '|'; i++)
		hash = hash * 31 + (unsigned char)word[i];
	*len = i;
	return hash;
}

static void
entry_add(struct check *check, struct rule_entry **list, const struct rule_entry *e)
{
	while (*list)
		list = &(*list)->next;
	*list = arena_dup(check->tmp, e, sizeof(*e));
}

static struct rule_word *
index_word(const struct rule_index *index, const char *text, unsigned hash, size_t len)
{
	struct rule_word *w = index->slot[hash % WORD_SLOTS];

	while (w && (w->hash != hash || w->len != len || memcmp(w->word, text, len) != 0))
		w = w->next;
	return w;
}

static struct rule_word *
index_word_make(
    struct check *check, struct rule_index *index, const char *text, size_t *len)
{
	unsigned hash = word_hash(text, len);
	struct rule_word *w = index_word(index, text, hash, *len);

	if (w)
		return w;
	w = ARENA_NEW(check->tmp, struct rule_word);
	w->word = text;
	w->len = *len;
	w->hash = hash;
	w->next = index->slot[hash % WORD_SLOTS];
	index->slot[hash % WORD_SLOTS] = w;
	return w;
}

/* The row under each word that it may begin with. */
static void
index_row(struct check *check, struct rule_index *index, const struct rule_entry *row)
{
	struct rule_entry e = *row;
	const char *p;
	size_t len;

	for (p = row->rule->pattern;; p += len + 1, e.choice++) {
		if (*p < 'a' || *p > 'z') {
			entry_add(check, &index->values, row);
			return;
		}
		entry_add(check, &index_word_make(check, index, p, &len)->rows, &e);
		if (p[len] != '|')
			return;
	}
}

static struct rule_index *
index_make(struct check *check, rule_tables tables)
{
	struct rule_index *index = ARENA_NEW(check->tmp, struct rule_index);
	const struct rule *rule;
	struct rule_entry *e;
	rule_tables t;

	for (t = tables; *t; t++) {
		assert(index->table_n < TABLES_MAX);
		index->tables[index->table_n++] = *t;
		for (rule = *t; rule->pattern; rule++)
			index->row_n++;
	}
	e = index->rows = ARENA_ARRAY(check->tmp, struct rule_entry, index->row_n);
	for (t = tables; *t; t++)
		for (rule = *t; rule->pattern; rule++, e++) {
			e->row = (unsigned)(e - index->rows);
			e->rule = rule;
			e->pieces = pattern_cut(check, rule->pattern);
			index_row(check, index, e);
		}
	index->next = check->indexes;
	check->indexes = index;
	return index;
}

static bool
index_is_of(const struct rule_index *index, rule_tables tables)
{
	unsigned i;

	for (i = 0; i < index->table_n; i++)
		if (tables[i] != index->tables[i])
			return false;
	return !tables[i];
}

/* The one asked last for the same tables is nearly always the one. */
static struct rule_index *
index_get(struct check *check, rule_tables tables)
{
	uintptr_t at = (uintptr_t)tables[0] + (tables[1] ? (uintptr_t)tables[1] : 0);
	struct rule_index **last = &check->index_last[at / 64 % INDEX_LAST];
	struct rule_index *index = *last;

	if (index && index_is_of(index, tables))
		return index;
	for (index = check->indexes; index; index = index->next)
		if (index_is_of(index, tables))
			break;
	return *last = index ? index : index_make(check, tables);
}

/* Rows that begin with the word; NULL: none. */
static const struct rule_word *
index_find(struct rule_index *index, const struct arg *first)
{
	uintptr_t at;
	unsigned hash, slot;
	size_t len;

	if (!first || (first->kind != ARG_WORD && first->kind != ARG_PUNCT))
		return NULL;
	at = (uintptr_t)first->text;
	slot = (at >> 4 ^ at >> 10) % WORD_SLOTS;
	if (index->seen[slot].text != first->text) {
		hash = word_hash(first->text, &len);
		index->seen[slot].text = first->text;
		index->seen[slot].word =
		    first->text[len] ? NULL : index_word(index, first->text, hash, len);
	}
	return index->seen[slot].word;
}

/* The row of several that matches: the first, or of parts the longest. */
struct best {
	const struct rule *rule;
	struct match match;
};

/* True: no need to look further, nor was there for a row before. */
static bool
rule_matched(struct attempt *try, const struct rule *rule, bool last, struct best *best)
{
	bool first = !best->rule;

	if (first || try->match->end > best->match.end)
		best->rule = rule;
	else
		return false;
	if (!try->part || (first && last))
		return true;
	best->match = *try->match;
	return false;
}

/* The first word has been found by the index. */
static bool
entry_match(struct attempt *try, const struct rule_entry *e)
{
	struct match *m = try->match;

	if (e->pieces[0].kind == PIECE_WORD)
		return pattern_match(try, e->pieces + 1, m->begin + 1, 0);
	m->cap[0] = (struct capture){ arg_at(m, m->begin), e->choice };
	return pattern_match(try, e->pieces + 1, m->begin + 1, 1);
}

/* The rows that may match, in the order of the tables. */
static bool
index_match(struct attempt *try, struct rule_index *index, struct best *best)
{
	const struct rule_word *word = index_find(
	    index, arg_at(try->match, try->match->begin));
	const struct rule_entry *e = word ? word->rows : NULL, *v = index->values, *now;
	bool fits;

	while (e || v) {
		if (e && (!v || e->row < v->row)) {
			now = e;
			e = e->next;
			fits = entry_match(try, now);
		} else {
			now = v;
			v = v->next;
			fits = pattern_match(try, now->pieces, try->match->begin, 0);
		}
		if (fits && rule_matched(try, now->rule, !e && !v, best))
			return true;
	}
	return false;
}

/* All rows, so that the attempt knows what would have been right. */
static void
index_try(struct attempt *try, const struct rule_index *index, struct best *best)
{
	const struct rule_entry *e = index->rows, *end = e + index->row_n;

	try->far = try->match->begin;
	try->want_n = 0;
	for (; e < end; e++)
		if (pattern_match(try, e->pieces, try->match->begin, 0) &&
		    rule_matched(try, e->rule, false, best))
			return;
}

const struct rule *
rule_find(struct attempt *try, rule_tables tables, unsigned from)
{
	struct rule_index *index = index_get(try->check, tables);
	struct best best;

	best.rule = NULL;
	try->match->begin = from;
	if (index_match(try, index, &best))
		return best.rule;
	if (!best.rule)
		index_try(try, index, &best);
	if (best.rule && try->part)
		*try->match = best.match;
	return best.rule;
}
