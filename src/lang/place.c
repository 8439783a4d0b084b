/*
 * Places in the texts of a configuration, for messages: what includes lead there, which
 * is first, the line and the statement around it.  For these a file is read again.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "lang/source.h"

const char *
source_chain(const struct source *src, const struct place *at)
{
	const struct source_text *t = source_text_find(src, at->file);
	const char *chain = NULL;
	unsigned depth;

	for (depth = 0; t && t->from.line && depth < INCLUDE_DEPTH_MAX; depth++) {
		chain = arena_printf(src->arena, "%s%s%s:%u", chain ? chain : "",
		    chain ? ", " : "", t->from.file, t->from.line);
		t = source_text_find(src, t->from.file);
	}
	return chain;
}

/* The includes that lead to a place and the place itself, the outermost first. */
static unsigned
place_path(const struct source *src, const struct place *at, struct place *path)
{
	struct place up[INCLUDE_DEPTH_MAX + 1];
	const struct source_text *t;
	unsigned n = 0, i;

	up[n++] = *at;
	for (t = source_text_find(src, at->file);
	     t && t->from.line && n <= INCLUDE_DEPTH_MAX;
	     t = source_text_find(src, t->from.file))
		up[n++] = t->from;
	for (i = 0; i < n; i++)
		path[i] = up[n - 1 - i];
	return n;
}

int
source_order(const struct source *src, const struct place *a, const struct place *b)
{
	struct place x[INCLUDE_DEPTH_MAX + 1], y[INCLUDE_DEPTH_MAX + 1];
	unsigned n = place_path(src, a, x), m = place_path(src, b, y), i;

	for (i = 0; i < n && i < m && strcmp(x[i].file, y[i].file) == 0; i++) {
		if (x[i].line != y[i].line)
			return x[i].line < y[i].line ? -1 : 1;
		if (x[i].col != y[i].col)
			return x[i].col < y[i].col ? -1 : 1;
	}
	return 0;
}

/* A text for messages: a file is read again, and then kept; NULL if it is gone. */
static struct source_text *
text_again(const struct source *src, const char *name)
{
	struct source_text *t = source_text_find(src, name);
	char *text = NULL;
	size_t len = 0;
	int fd;

	if (!t || t->text)
		return t;
	fd = open(t->name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	if (source_read(fd, t->len, SOURCE_BYTES_MAX, &text, &len) == 0) {
		t->text = arena_dup(src->arena, text, len + 2);
		t->len = len;
		mem_free(text);
	}
	close(fd);
	return t->text ? t : NULL;
}

/* The text from a place on, up to *end; NULL if unknown. */
static const char *
source_at(const struct source *src, const struct place *at, const char **end)
{
	struct source_text *t = text_again(src, at->file);
	const char *p;
	unsigned line = 1;

	if (!t)
		return NULL;
	*end = t->text + t->len;
	for (p = t->text; line < at->line; line++) {
		p = memchr(p, '\n', (size_t)(*end - p));
		if (!p)
			return NULL;
		p++;
	}
	return p;
}

const char *
source_line(struct source *src, const struct place *at)
{
	const char *end, *p, *nl;
	size_t n;

	p = source_at(src, at, &end);
	if (!p)
		return NULL;
	nl = memchr(p, '\n', (size_t)(end - p));
	if (!nl)
		nl = end;
	n = (size_t)(nl - p) < 512 ? (size_t)(nl - p) : 512;
	return arena_strndup(src->arena, p, n);
}

/* From p to that character, the end of the line or of the text. */
static const char *
skip_to(const char *p, const char *end, char stop)
{
	for (p++; p < end && *p != stop && *p != '\n'; p++)
		;
	return p;
}

unsigned
source_end_line(const struct source *src, const struct place *at)
{
	const char *end, *p = source_at(src, at, &end);
	unsigned line = at->line, last = line;

	if (!p || !at->col || (size_t)(end - p) < at->col)
		return 0;
	for (p += at->col - 1; p < end; p++) {
		if (*p == '"' || *p == '\'' || *p == '#')
			p = skip_to(p, end, *p == '#' ? '\n' : *p);
		if (p + 1 < end && *p == '{' && p[1] >= '0' && p[1] <= '9')
			p = skip_to(p, end, '}'); /* of a prefix pattern */
		else if (p < end && strchr(";{}", *p))
			break;
		if (p >= end)
			break;
		line += *p == '\n';
		if (*p == ']' || *p == ')')
			last = line;
	}
	return last > at->line ? last : 0;
}

/* What stands between tokens: behind white space and a comment, or p. */
static const char *
skip_blank(const char *p, const char *end)
{
	for (;;) {
		while (p < end && strchr(" \t\n", *p))
			p++;
		if (p < end && *p == '#')
			p = memchr(p, '\n', (size_t)(end - p));
		else if (end - p > 1 && p[0] == '/' && p[1] == '*')
			p = memmem(p + 2, (size_t)(end - p - 2), "*/", 2);
		else
			return p;
		if (!p)
			return end;
		p += *p == '*' ? 2 : 1;
	}
}

/* `include "...";` first on its line ends no statement around it. */
static const char *
skip_include(const char *text, const char *p, const char *end)
{
	const char *line = p, *semicolon;

	if (end - p < 8 || strncmp(p, "include", 7) != 0 || !strchr(" \t\"", p[7]))
		return NULL;
	while (line > text && (line[-1] == ' ' || line[-1] == '\t'))
		line--;
	if (line > text && line[-1] != '\n')
		return NULL;
	semicolon = memchr(p, ';', (size_t)(end - p));
	return semicolon ? semicolon + 1 : NULL;
}

/* A string, a quoted name, the lengths of a prefix pattern, or one character. */
static const char *
skip_token(const char *p, const char *end)
{
	if (*p == '"' || *p == '\'')
		p = skip_to(p, end, *p);
	else if (*p == '{' && end - p > 1 && p[1] >= '0' && p[1] <= '9')
		p = skip_to(p, end, '}');
	return p < end ? p + 1 : end;
}

static struct place
place_of(const struct source_text *t, const char *p)
{
	const char *line = t->text, *nl;
	unsigned n = 1;

	for (; (nl = memchr(line, '\n', (size_t)(p - line))) != NULL; line = nl + 1)
		n++;
	return (struct place){ t->name, n, (unsigned)(p - line) + 1 };
}

bool
source_statement(
    struct source *src, const struct place *at, struct place *begin, struct place *before)
{
	const struct source_text *t = text_again(src, at->file);
	const char *p, *stop, *end, *first = NULL, *next, *last = NULL;
	bool whole = true; /* from the begin of the text on */

	stop = t && at->col ? source_at(src, at, &end) : NULL;
	if (!stop || (size_t)(end - stop) < at->col - 1)
		return false;
	stop += at->col - 1;
	for (p = skip_blank(t->text, end); p <= stop && p < end; p = next) {
		next = skip_include(t->text, p, end);
		if (next && next <= stop) {
			next = skip_blank(next, end);
			continue;
		}
		next = skip_blank(skip_token(p, end), end);
		first = first ? first : p;
		if (next > stop)
			break;
		last = p;
		if (strchr(";{}", *p) && skip_token(p, end) == p + 1) {
			first = last = NULL;
			whole = false;
		}
	}
	if (first)
		*begin = place_of(t, first);
	if (before)
		*before = last ? place_of(t, last) : (struct place){ 0 };
	if (first && whole && t->from.line) {
		struct place include = t->from, around;

		if (source_statement(src, &include, &around, NULL) &&
		    (around.line != include.line || around.col != include.col))
			*begin = around;
	}
	return first != NULL;
}
