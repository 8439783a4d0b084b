/*
 * Faults of the text: what is said of them, and how the parser gets back into step.  A
 * message names the statement it is about when that begins on an earlier line.  Where a
 * block is still open at the end of the text, or at a word that only begins statements of
 * the file itself, the scanner closes all of them with braces of its own: so what stands
 * inside is kept and looked at, and the fault before it shows.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lang/source.h"

unsigned
source_errors(const struct source *src)
{
	return src->errors;
}

/* Where the statement begins, and the token before the wrong one if that is on a line of
 * its own. */
static void
context_show(struct source *src, const struct place *at, char *text, size_t size)
{
	struct place begin, before;
	int n;

	if (!source_statement(src, at, &begin, &before) ||
	    (begin.line == at->line && strcmp(begin.file, at->file) == 0))
		return;
	n = snprintf(text, size, " (in the statement from %s:%u:%u", begin.file,
	    begin.line, begin.col);
	if (n < 0 || (size_t)n >= size)
		return;
	if (before.line && before.line != at->line && before.line != begin.line)
		snprintf(text + n, size - (size_t)n, ", behind %s:%u:%u)", before.file,
		    before.line, before.col);
	else
		snprintf(text + n, size - (size_t)n, ")");
}

void
source_error(struct source *src, const struct place *at, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (at && n > 0 && (size_t)n < sizeof(text))
		context_show(src, at, text + n, sizeof(text) - (size_t)n);
	src->aside = true;
	if (src->errors++ < PARSE_ERRORS_MAX)
		src->error(src->ctx, at, text);
}

void
source_end_error(struct source *src, const char *expecting)
{
	unsigned n = src->brace_n;
	const struct place *at = &src->at;
	const struct place *open = n && n <= BRACES_KEPT ? &src->brace[n - 1] : NULL;
	char lone[128] = "";

	if (src->lone.line)
		snprintf(lone, sizeof(lone), ", perhaps before the ';' at %.80s:%u:%u",
		    src->lone.file, src->lone.line, src->lone.col);
	if (open)
		source_error(src, at,
		    "syntax error, unexpected end of file%s; the '{' at %s:%u:%u "
		    "is not closed%s (to BIRD, %s:1:0)",
		    expecting, open->file, open->line, open->col, lone, at->file);
	else
		source_error(src, at,
		    "syntax error, unexpected end of file%s (to BIRD, %s:1:0)", expecting,
		    at->file);
}

/* A `;` too many is taken where a statement may be empty; what it ended shows later. */
void
source_token_error(struct source *src, const struct place *at, const char *expecting)
{
	const struct place *lone = &src->lone, *open = src->brace;
	int len = (int)(src->token_len < TOKEN_TEXT_MAX ? src->token_len
							: TOKEN_TEXT_MAX);
	char hint[128] = "";

	if (!at->col) /* a brace of ours: it has been said why */
		return;
	if (src->brace_n && lone->line && lone->file == open->file &&
	    lone->line >= open->line)
		snprintf(hint, sizeof(hint), "; is the ';' at %.80s:%u:%u one too many?",
		    lone->file, lone->line, lone->col);
	source_error(src, at, "syntax error, unexpected '%.*s'%s%s", len, src->token,
	    expecting, hint);
}

void
source_brace(struct source *src, const struct place *at, int open)
{
	src->ended = open;
	if (open && src->brace_n < BRACES_KEPT)
		src->brace[src->brace_n] = *at;
	if (open)
		src->brace_n++;
	else if (src->brace_n)
		src->brace_n--;
}

void
source_semicolon(struct source *src, const struct place *at)
{
	if (src->ended && src->brace_n)
		src->lone = *at;
	src->ended = true;
}

bool
source_strays(struct source *src, const struct place *at, const char *word)
{
	const struct place *open = src->brace_n <= BRACES_KEPT
				       ? &src->brace[src->brace_n - 1]
				       : NULL;
	struct place begin;

	if (src->closing || !source_statement(src, at, &begin, NULL) ||
	    begin.line != at->line || begin.col != at->col)
		return false;
	if (open)
		source_error(src, at,
		    "syntax error, unexpected '%s'; the '{' at %s:%u:%u is not closed",
		    word, open->file, open->line, open->col);
	else
		source_error(src, at, "syntax error, unexpected '%s'", word);
	src->closing = src->brace_n;
	src->aside = true;
	return true;
}

bool
source_close(struct source *src, struct place *at)
{
	if (!src->closing)
		return false;
	src->closing--;
	src->brace_n--;
	src->token_len = 0;
	*at = src->at;
	at->col = 0;
	return true;
}
