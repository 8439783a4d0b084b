/*
 * Statements of a block against the rows of its tables.  The row that matches is taken;
 * if none does, the error names the token where the best row stopped and what the rows
 * would have taken there.
 */
#include "conf/words.h"

#include <stdio.h>
#include <string.h>

#include "conf/check.h"
#include "conf/pattern.h"
#include "lang/near.h"

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

static bool
is_value(const char *p)
{
	if (pattern_is_capital(*p))
		return true;
	while (*p && *p != ' ' && *p != '[' && *p != ']')
		if (*p++ == '|')
			return true;
	return false;
}

/* A row without a function: its values are of their types, the first one in its range. */
static void
rule_check(struct check *check, const struct rule *rule, const struct match *m)
{
	const char *p = rule->pattern;
	const struct value *value;
	unsigned i = 0;
	uint32_t num;

	for (p += strspn(p, " []"); *p; p += pattern_word_len(p), p += strspn(p, " []")) {
		if (!is_value(p))
			continue;
		value = pattern_is_capital(*p) ? value_find(p, pattern_word_len(p))
					       : NULL;
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
