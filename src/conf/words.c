/*
 * Matching of statements against patterns.  Each row of the table is tried; the first
 * that matches whole is taken.  If none does, the error names the token where the best
 * row stopped and what the rows would have taken there.
 */
#include "conf/words.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "conf/check.h"
#include "lang/near.h"

#define EXPECT_MAX 64

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

static size_t
token_len(const char *p)
{
	size_t n = 0;

	while (p[n] && p[n] != ' ' && p[n] != '[' && p[n] != ']')
		n++;
	return n;
}

/* ASCII only, without the locale's tables. */
static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_value(const char *p)
{
	if (is_upper(*p))
		return true;
	while (*p && *p != ' ' && *p != '[' && *p != ']')
		if (*p++ == '|')
			return true;
	return false;
}

static const struct arg *
arg_at(const struct match *m, unsigned i)
{
	return i < m->stmt->n ? m->stmt->arg[i] : NULL;
}

static inline bool
is_word(const struct arg *arg, const char *word, size_t len)
{
	const char *text;
	size_t i;

	if (!arg || (arg->kind != ARG_WORD && arg->kind != ARG_PUNCT) || *arg->text != *word)
		return false;
	for (text = arg->text, i = 0; i < len; i++)
		if (text[i] != word[i])
			return false;
	return !text[len];
}

static bool
is_const(struct check *check, const struct arg *arg)
{
	const char *class;

	if (arg->kind == ARG_EXPR)
		return arg->expr->kind != AST_SET;
	if (arg->kind != ARG_WORD)
		return false;
	class = scope_class(check->scope, arg->text);
	return class && strstr(class, "constant");
}

/* A string and an address may stand at one place: there a constant is told by its type. */
static bool
is_const_of(struct attempt *try, const struct arg *arg, const char *type)
{
	if (arg->kind != ARG_WORD)
		return is_const(try->check, arg);
	if (try->typed != arg) {
		try->typed = arg;
		try->type = scope_const_type(try->check->scope, arg->text);
	}
	return try->type && strcmp(try->type, type) == 0;
}

static bool
is_switch(const struct arg *arg)
{
	return is_word(arg, "on", 2) || is_word(arg, "off", 3) ||
	       is_word(arg, "yes", 3) || is_word(arg, "no", 2) ||
	       is_word(arg, "true", 4) || is_word(arg, "false", 5);
}

static bool
is_addr(const struct arg *arg)
{
	return arg->kind == ARG_NET || arg->kind == ARG_IP;
}

/* `"eth*" 10.0.0.0/8, -"lo", 10.0.0.0/8`: how many tokens. */
static unsigned
ifaces_len(struct check *check, const struct match *m, unsigned i)
{
	unsigned begin = i;
	const struct arg *a;

	for (;; i++) {
		if (is_word(arg_at(m, i), "-", 1))
			i++;
		a = arg_at(m, i);
		if (!a || (!is_addr(a) && a->kind != ARG_TEXT && !is_const(check, a)))
			return 0;
		i++;
		if (!is_addr(a) && arg_at(m, i) && is_addr(arg_at(m, i)))
			i++;
		if (!is_word(arg_at(m, i), ",", 1))
			return i - begin;
	}
}

static uint32_t
unit_us(const struct arg *arg)
{
	return is_word(arg, "s", 1)    ? 1000000
	       : is_word(arg, "ms", 2) ? 1000
	       : is_word(arg, "us", 2) ? 1
				       : 0;
}

static void
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

/*
 * Values: how many tokens one takes at i; 0: it does not match.
 */
typedef unsigned value_fn(
    struct attempt *, const struct arg *, unsigned i, struct capture *);

static unsigned
len_num(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)i;
	(void)cap;
	return arg->kind == ARG_NUM || is_const(try->check, arg);
}

static unsigned
len_bool(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	return is_switch(arg) || len_num(try, arg, i, cap);
}

static unsigned
len_time(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	cap->num = unit_us(arg_at(try->match, i + 1));
	if (!len_num(try, arg, i, cap))
		return 0;
	if (!cap->num)
		attempt_fail(try, "s|ms|us", i + 1);
	return cap->num ? 2 : 0;
}

static unsigned
len_text(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)i;
	(void)cap;
	return arg->kind == ARG_TEXT || is_const_of(try, arg, "string");
}

static unsigned
len_ip(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)i;
	(void)cap;
	return arg->kind == ARG_IP || is_const_of(try, arg, "ip");
}

static unsigned
len_id(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	return (arg->kind == ARG_IP && ip_is4(arg->ip)) || len_num(try, arg, i, cap);
}

static unsigned
len_net(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)i;
	(void)cap;
	return arg->kind == ARG_NET || is_const(try->check, arg);
}

static unsigned
len_rd(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)i;
	(void)cap;
	return arg->kind == ARG_OTHER || is_const(try->check, arg);
}

static unsigned
len_expr(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)i;
	(void)cap;
	return arg->kind == ARG_EXPR || is_const(try->check, arg);
}

static unsigned
len_filter(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)try;
	(void)i;
	(void)cap;
	return arg->kind == ARG_FILTER || arg->kind == ARG_WHERE ||
	       is_word(arg, "all", 3) || is_word(arg, "none", 4);
}

static unsigned
len_mask(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)try;
	(void)i;
	(void)cap;
	return arg->kind == ARG_BLOCK || is_word(arg, "all", 3) || is_word(arg, "off", 3);
}

static unsigned
len_link(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	return arg->kind == ARG_WORD || len_text(try, arg, i, cap);
}

static unsigned
len_ifaces(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)arg;
	(void)cap;
	return ifaces_len(try->check, try->match, i);
}

static unsigned
len_any(struct attempt *try, const struct arg *arg, unsigned i, struct capture *cap)
{
	(void)arg;
	(void)cap;
	return try->match->stmt->n - i;
}

/*
 * What a value must be, for rows that do not take it themselves.
 */
typedef bool check_fn(struct check *, const struct capture *);

static bool
is_num(struct check *check, const struct capture *cap)
{
	uint32_t num;

	return cap_num(check, cap, &num);
}

static bool
is_bool(struct check *check, const struct capture *cap)
{
	bool on;

	return cap_bool(check, cap, &on);
}

static bool
is_text(struct check *check, const struct capture *cap)
{
	const char *text;

	return cap_text(check, cap, &text);
}

static bool
is_ip(struct check *check, const struct capture *cap)
{
	struct ip ip;

	return cap_ip(check, cap, &ip);
}

static bool
is_id(struct check *check, const struct capture *cap)
{
	uint32_t id;

	return cap_id(check, cap, &id);
}

static bool
is_net(struct check *check, const struct capture *cap)
{
	struct net net;

	return cap_net(check, cap, &net);
}

static bool
is_debug(struct check *check, const struct capture *cap)
{
	debug_mask(check, cap->arg);
	return true;
}

static bool
is_mrt(struct check *check, const struct capture *cap)
{
	cap_mrt(check, cap);
	return true;
}

static const struct value {
	const char *word, *shown;
	value_fn *len;
	enum arg_kind kind; /* without len: one token of that kind */
	check_fn *check;
} values[] = {
	{ "NUM", "a number", len_num, 0, is_num },
	{ "SEC", "a number of seconds", len_num, 0, is_num },
	{ "BOOL", "on or off", len_bool, 0, is_bool },
	{ "TIME", "a time", len_time, 0, is_num },
	{ "TEXT", "a string", len_text, 0, is_text },
	{ "IP", "an address", len_ip, 0, is_ip },
	{ "ID", "a number or IPv4 address", len_id, 0, is_id },
	{ "NET", "a prefix", len_net, 0, is_net },
	{ "RD", "a route distinguisher", len_rd, 0, NULL },
	{ "EXPR", "a value", len_expr, 0, NULL },
	{ "FILTER", "a filter", len_filter, 0, NULL },
	{ "MASK", "all, off or '{'", len_mask, 0, NULL },
	{ "DEBUG", "all, off or '{'", len_mask, 0, is_debug },
	{ "MRT", "all, off or '{'", len_mask, 0, is_mrt },
	{ "IFACES", "an interface pattern", len_ifaces, 0, NULL },
	{ "ANY", "something", len_any, 0, NULL },
	{ "NAME", "a name", NULL, ARG_WORD, NULL },
	{ "LINK", "a name or a string", len_link, 0, NULL },
	{ "BLOCK", "'{'", NULL, ARG_BLOCK, NULL },
	{ "BODY", "'{'", NULL, ARG_BODY, NULL },
	{ "FLOW", "a flow", NULL, ARG_FLOW, NULL },
};

static const struct value *
value_find(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(*values); i++)
		if (*values[i].word == *p && strncmp(values[i].word, p, len) == 0 &&
		    !values[i].word[len])
			return &values[i];
	return NULL;
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
		if (is_word(arg, p, len))
			return index;
		if (p[len] != '|')
			return -1;
		p += len + 1;
	}
}

/*
 * A pattern is cut into pieces once.
 */
enum piece_kind { PIECE_END, PIECE_WORD, PIECE_CHOICE, PIECE_VALUE, PIECE_BOOL, PIECE_OPTION };

struct piece {
	uint8_t kind; /* PIECE_BOOL: a value that may be left out */
	uint8_t skip; /* PIECE_OPTION: pieces to what stands behind it */
	uint8_t skip_caps; /* and captures */
	uint8_t len;
	const char *p; /* in the pattern */
	const struct value *value;
};

#define PIECES_MAX 48

static struct piece
piece_make(const char *p)
{
	size_t len = token_len(p);
	struct piece s = { .kind = PIECE_WORD, .len = (uint8_t)len, .p = p };

	if (is_upper(*p)) {
		s.kind = len == 4 && strncmp(p, "BOOL", 4) == 0 ? PIECE_BOOL : PIECE_VALUE;
		s.value = value_find(p, len);
	} else if (memchr(p, '|', len)) {
		s.kind = PIECE_CHOICE;
	}
	return s;
}

/* Up to a bracket that closes, or the end; captures inside are counted. */
static const char *
pieces_make(const char *p, struct piece *list, unsigned *n, uint8_t *caps)
{
	struct piece *option;

	while (*p && *p != ']') {
		assert(*n < PIECES_MAX - 1);
		if (*p == '[') {
			option = &list[(*n)++];
			*option = (struct piece){ .kind = PIECE_OPTION, .p = p };
			p = pieces_make(p + 1, list, n, &option->skip_caps) + 1;
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

static bool pieces_match(struct attempt *, const struct piece *, unsigned i, unsigned value);

/* An optional part may match; most of them begin with a word, which tells. */
static bool
option_match(struct attempt *try, const struct piece *s, unsigned i, unsigned value)
{
	if (s[1].kind != PIECE_WORD || is_word(arg_at(try->match, i), s[1].p, s[1].len))
		return pieces_match(try, s + 1, i, value);
	attempt_fail(try, s[1].p, i);
	return false;
}

/* What is behind it goes on without its captures. */
static unsigned
option_skip(struct attempt *try, const struct piece *s, unsigned value)
{
	unsigned skipped = value + s->skip_caps;

	while (value < skipped)
		try->match->cap[value++] = (struct capture){ 0 };
	return value;
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

/* One piece; its length in args, or -1. */
static int
piece_match(struct attempt *try, const struct piece *s, unsigned i, struct capture *cap)
{
	const struct arg *arg = arg_at(try->match, i);
	unsigned n;
	int index = -1;

	if (s->kind >= PIECE_VALUE) {
		n = value_len(try, s->value, i, cap);
		if (n)
			return (int)n;
		*cap = (struct capture){ 0 };
		attempt_fail(try, s->p, i);
		return s->kind == PIECE_BOOL ? 0 : -1;
	}
	if (s->kind == PIECE_CHOICE)
		index = choice_find(s->p, arg);
	else if (is_word(arg, s->p, s->len))
		return 1;
	if (index < 0) {
		attempt_fail(try, s->p, i);
		return -1;
	}
	cap->arg = arg;
	cap->num = (uint32_t)index;
	return 1;
}

static bool
pieces_match(struct attempt *try, const struct piece *s, unsigned i, unsigned value)
{
	struct match *m = try->match;
	struct capture cap;
	int n;

	for (;; s++) {
		if (try->steps++ > 100000)
			return false;
		if (s->kind == PIECE_END) {
			m->end = i;
			if (i == m->stmt->n || try->part)
				return true;
			attempt_fail(try, ";", i);
			return false;
		}
		if (s->kind == PIECE_OPTION) {
			if (option_match(try, s, i, value))
				return true;
			value = option_skip(try, s, value);
			s += s->skip - 1;
			continue;
		}
		cap = (struct capture){ 0 };
		n = piece_match(try, s, i, &cap);
		if (n < 0)
			return false;
		if (s->kind != PIECE_WORD && value < CAPTURES_MAX)
			m->cap[value++] = cap;
		i += (unsigned)n;
	}
}

static const char *
arg_show(const struct arg *arg, char *buf, size_t size)
{
	char text[NET_TEXT_MAX];

	switch (arg->kind) {
	case ARG_WORD:
	case ARG_PUNCT:
	case ARG_OTHER: snprintf(buf, size, "'%s'", arg->text); break;
	case ARG_NUM: snprintf(buf, size, "'%u'", arg->num); break;
	case ARG_TEXT: snprintf(buf, size, "\"%s\"", arg->text); break;
	case ARG_IP: snprintf(buf, size, "'%s'", ip_format(arg->ip, text)); break;
	case ARG_NET: snprintf(buf, size, "'%s'", net_format(arg->net, text)); break;
	case ARG_EXPR: return "'('";
	case ARG_FILTER:
	case ARG_WHERE: return "filter";
	default: return "'{'";
	}
	return buf;
}

static const char *
want_show(const char *p, size_t len, char *buf, size_t size)
{
	const struct value *value = value_find(p, len);

	if (value)
		return value->shown;
	snprintf(buf, size, "'%.*s'", (int)len, p);
	return buf;
}

/* The distinct words wanted, split at the bars; up to `max`. */
static unsigned
wanted(const struct attempt *try, char list[][32], unsigned max)
{
	unsigned n = 0, i, j;
	const char *p;
	size_t len;

	for (i = 0; i < try->want_n; i++)
		for (p = try->want[i];; p += len + 1) {
			len = strcspn(p, "| []");
			snprintf(list[n], 32, "%.*s", (int)len, p);
			for (j = 0; j < n && strcmp(list[j], list[n]) != 0; j++)
				;
			if (j == n && ++n == max)
				return n;
			if (p[len] != '|')
				break;
		}
	return n;
}

/* Words a value may be written as. */
static unsigned
words_add(const char **words, const char *a, const char *b, const char *c)
{
	words[0] = a;
	words[1] = b;
	words[2] = c;
	return 3;
}

/* Where a statement of several lines begins. */
static void
context_show(const struct stmt *stmt, const struct place *at, char *text, size_t size)
{
	if (stmt->at.line != at->line || stmt->at.file != at->file)
		snprintf(text, size, " (in the statement from %s:%u:%u)", stmt->at.file,
		    stmt->at.line, stmt->at.col);
}

static void
attempt_report(struct attempt *try)
{
	/* what other tables or the grammar itself know */
	static const char *const first[] = { "protocol", "template", "filter", "function",
		"define", "include", "eval", "import", "export", "table", "preference",
		"route", NULL };
	const struct stmt *stmt = try->match->stmt;
	const struct arg *arg = try->far < stmt->n ? stmt->arg[try->far] : NULL;
	char list[EXPECT_MAX + 2][32], buf[128], text[512];
	const char *words[3 * EXPECT_MAX + 32], *near = NULL;
	unsigned n = wanted(try, list, EXPECT_MAX + 1), i, word_n = 0;
	size_t len;

	for (i = 0; i < n; i++)
		if (*list[i] >= 'a' && *list[i] <= 'z')
			words[word_n++] = list[i];
		else if (strcmp(list[i], "FILTER") == 0)
			word_n += words_add(words + word_n, "all", "none", "filter");
		else if (strcmp(list[i], "BOOL") == 0)
			word_n += words_add(words + word_n, "on", "off", "yes");
	for (i = 0; first[i] && try->far == 0; i++)
		words[word_n++] = first[i];
	words[word_n] = NULL;
	if (arg && arg->kind == ARG_WORD)
		near = near_word(arg->text, words);
	len = (size_t)snprintf(text, sizeof(text), "syntax error, unexpected %s",
	    arg		 ? arg_show(arg, buf, 100)
	    : stmt->open ? "end of the statement"
			 : "';'");
	if (n <= 4 && !near)
		for (i = 0; i < n && len < sizeof(text); i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
			    i ? " or " : ", expecting ",
			    want_show(list[i], strlen(list[i]), buf, sizeof(buf)));
	if (near && len < sizeof(text))
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, ", did you mean '%s'?", near);
	if (len < sizeof(text))
		context_show(stmt, arg ? &arg->at : &stmt->end, text + len,
		    sizeof(text) - len);
	check_error(try->check, arg ? &arg->at : &stmt->end, "%s", text);
}

/*
 * Nearly every statement is right, and its first word tells which rows may match: each
 * list of tables gets an index of them when it is first asked.  What would have been
 * right is only asked when no row matched.
 */
#define INDEX_SLOTS 256
#define TABLES_MAX  8

struct rule_entry {
	const char *word; /* NULL: a row that begins with a value */
	size_t len;
	unsigned hash;
	unsigned row;	 /* in the order of the tables */
	unsigned choice; /* which word of the first piece this is */
	const struct rule *rule;
	const struct piece *pieces;
	struct rule_entry *next; /* of the slot, in that order */
};

struct rule_index {
	const struct rule *tables[TABLES_MAX];
	unsigned table_n, row_n;
	struct rule_entry *slot[INDEX_SLOTS], *values;
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
index_put(struct check *check, struct rule_entry **list, const struct rule_entry *e)
{
	while (*list)
		list = &(*list)->next;
	*list = arena_dup(check->tmp, e, sizeof(*e));
}

static void
index_words(struct check *check, struct rule_index *index, const struct rule_entry *row)
{
	struct rule_entry e = *row;
	const char *p;

	for (p = row->rule->pattern;; p += e.len + 1, e.choice++) {
		if (*p < 'a' || *p > 'z') {
			index_put(check, &index->values, row);
			return;
		}
		e.hash = word_hash(p, &e.len);
		e.word = p;
		index_put(check, &index->slot[e.hash % INDEX_SLOTS], &e);
		if (p[e.len] != '|')
			return;
	}
}

static const struct piece *
rule_pieces(struct check *check, const struct rule *rule)
{
	struct piece list[PIECES_MAX];
	unsigned n = 0;
	uint8_t caps = 0;

	pieces_make(rule->pattern, list, &n, &caps);
	list[n++] = (struct piece){ .kind = PIECE_END };
	return arena_dup(check->tmp, list, n * sizeof(*list));
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
			e->pieces = rule_pieces(check, rule);
			index_words(check, index, e);
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

/* The one asked last for the same last table is nearly always the one. */
static const struct rule_index *
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

/* The row of several that matches: the first, or of parts the longest. */
struct best {
	const struct rule *rule;
	struct match match;
};

/* True: no need to look further. */
static bool
rule_matched(struct attempt *try, const struct rule *rule, struct best *best)
{
	if (!try->part) {
		best->rule = rule;
		return true;
	}
	if (!best->rule || try->match->end > best->match.end) {
		best->rule = rule;
		best->match = *try->match;
	}
	return false;
}

/* The first word has been found by the index. */
static bool
entry_match(struct attempt *try, const struct rule_entry *e)
{
	struct match *m = try->match;

	if (!e->word)
		return pieces_match(try, e->pieces, m->begin, 0);
	if (e->pieces[0].kind == PIECE_WORD)
		return pieces_match(try, e->pieces + 1, m->begin + 1, 0);
	m->cap[0] = (struct capture){ arg_at(m, m->begin), e->choice };
	return pieces_match(try, e->pieces + 1, m->begin + 1, 1);
}

/* The rows that may match, in the order of the tables. */
static bool
index_match(struct attempt *try, const struct rule_index *index, struct best *best)
{
	const struct arg *first = arg_at(try->match, try->match->begin);
	const struct rule_entry *e = NULL, *v = index->values, *next;
	unsigned hash = 0;
	size_t len;

	if (first && (first->kind == ARG_WORD || first->kind == ARG_PUNCT)) {
		hash = word_hash(first->text, &len);
		e = index->slot[hash % INDEX_SLOTS];
	}
	while (e || v) {
		if (e && (!v || e->row < v->row)) {
			next = e;
			e = e->next;
			if (next->hash != hash || !is_word(first, next->word, next->len))
				continue;
		} else {
			next = v;
			v = v->next;
		}
		if (entry_match(try, next) && rule_matched(try, next->rule, best))
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
		if (pieces_match(try, e->pieces, try->match->begin, 0) &&
		    rule_matched(try, e->rule, best))
			return;
}

static const struct rule *
rule_find(struct attempt *try, rule_tables tables, unsigned from)
{
	const struct rule_index *index = index_get(try->check, tables);
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

static void
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

/* A row without a function: its values are of their types, the first one in its range. */
static void
rule_check(struct check *check, const struct rule *rule, const struct match *m)
{
	const char *p = rule->pattern;
	const struct value *value;
	unsigned i = 0;
	uint32_t num;

	for (p += strspn(p, " []"); *p; p += token_len(p), p += strspn(p, " []")) {
		if (!is_value(p))
			continue;
		value = is_upper(*p) ? value_find(p, token_len(p)) : NULL;
		if (value && value->check && m->cap[i].arg &&
		    !value->check(check, &m->cap[i]))
			return;
		if (++i == CAPTURES_MAX)
			break;
	}
	if (rule->max && m->cap[rule->kind].arg)
		cap_range(check, &m->cap[rule->kind], rule->words ? rule->words : "value",
		    rule->min, rule->max, &num);
}

static void
rule_run(struct check *check, const struct rule *rule, const struct match *m)
{
	if (rule->fn)
		rule->fn(check, rule, m);
	else
		rule_check(check, rule, m);
}

/* The fault may lie in a block that ends before the wrong token. */
static void
words_before(struct check *check, const struct stmt *stmt, unsigned far,
    rule_tables tables, void *to)
{
	struct stmt head = *stmt;
	struct match match = { .stmt = &head, .to = to };
	struct attempt try = { .check = check, .match = &match };
	const struct rule *rule;

	head.n = far;
	if (!far || far == stmt->n || stmt->arg[far - 1]->kind != ARG_BLOCK)
		return;
	rule = rule_find(&try, tables, 0);
	if (rule)
		rule_run(check, rule, &match);
}

bool
words_stmt(struct check *check, const struct stmt *stmt, unsigned from,
    rule_tables tables, void *to)
{
	struct match match = { .stmt = stmt, .to = to };
	struct attempt try;
	unsigned errors = check->errors;
	const struct rule *rule;

	attempt_begin(&try, check, &match, false, from);
	if (stmt->kind != STMT_WORDS) {
		check_error(check, &stmt->at, "syntax error, not allowed here");
		return false;
	}
	rule = rule_find(&try, tables, from);
	if (!rule) {
		attempt_report(&try);
		words_before(check, stmt, try.far, tables, to);
	} else {
		rule_run(check, rule, &match);
	}
	return check->errors == errors;
}

bool
words_parts(struct check *check, const struct stmt *stmt, unsigned from,
    rule_tables tables, void *to)
{
	unsigned errors = check->errors;
	const struct rule *rule;

	while (from < stmt->n) {
		struct match match = { .stmt = stmt, .to = to };
		struct attempt try;

		attempt_begin(&try, check, &match, true, from);
		rule = rule_find(&try, tables, from);
		if (!rule || match.end == from) {
			attempt_report(&try);
			return false;
		}
		rule_run(check, rule, &match);
		from = match.end;
	}
	return check->errors == errors;
}

bool
words_block(struct check *check, const struct block *block, rule_tables tables, void *to)
{
	unsigned errors = check->errors;
	const struct stmt *stmt;

	for (stmt = block->first; stmt && check_goes_on(check); stmt = stmt->next) {
		if (stmt->open && stmt->end.col)
			check_error(check, &stmt->end,
			    "syntax error, unexpected '}', expecting ';'");
		if (stmt->n)
			words_stmt(check, stmt, 0, tables, to);
		else if (!check->lone_semicolons)
			check_error(check, &stmt->at, "syntax error, unexpected ';'");
	}
	return check->errors == errors;
}
