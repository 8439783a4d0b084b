/*
 * Commands are sequences of words; those of the table make a tree, which is walked by
 * comparing words with each row instead of being built: there are some forty rows.
 */
#include "client/expand.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "control/command.h"
#include "control/commands.h"

/* Rows with these arguments only stand for the longer commands. */
static bool
is_group(const struct command *c)
{
	return !strcmp(c->args, "...");
}

static bool
is_old(const struct command *c)
{
	size_t n = strlen(c->help), old = strlen(CMD_OLD);

	return n > old && strcmp(c->help + n - old, CMD_OLD) == 0;
}

/* Does the row go on behind the words of `path` (len bytes, without the last blank)?
 * Then its next word. */
static bool
next_word(
    const struct command *c, const char *path, size_t len, const char **word, size_t *n)
{
	const char *p = c->words;

	if (len) {
		if (strncmp(p, path, len) != 0 || p[len] != ' ')
			return false;
		p += len + 1;
	}
	*word = p;
	*n = strcspn(p, " ");
	return true;
}

/* The word of the tree under `path` that `w` means: itself, or the only one it begins. */
static const char *
find_word(const char *path, const char *w, size_t n, size_t *len, bool *ambiguous)
{
	unsigned count;
	const struct command *c = command_table(&count);
	const char *found = NULL, *word;
	size_t wlen;

	*ambiguous = false;
	for (unsigned i = 0; i < count; i++) {
		if (!next_word(&c[i], path, strlen(path), &word, &wlen) || wlen < n ||
		    memcmp(word, w, n) != 0)
			continue;
		if (wlen == n) {
			*ambiguous = false;
			*len = wlen;
			return word;
		}
		if (is_old(&c[i]))
			continue;
		if (found && (*len != wlen || memcmp(found, word, wlen) != 0))
			*ambiguous = true;
		found = word;
		*len = wlen;
	}
	return *ambiguous ? NULL : found;
}

static bool
is_command(const char *words)
{
	unsigned count;
	const struct command *c = command_table(&count);

	for (unsigned i = 0; i < count; i++)
		if (!strcmp(c[i].words, words))
			return !is_group(&c[i]);
	return false;
}

static const char *
skip_blanks(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

enum expansion
command_expand(const char *line, char *out, size_t size, const char **rest)
{
	char path[128] = "";
	const char *p = skip_blanks(line), *word;
	size_t n, len, used;
	bool ambiguous;

	for (; *p; p = skip_blanks(p + n)) {
		n = strcspn(p, " \t");
		word = find_word(path, p, n, &len, &ambiguous);
		if (!word && ambiguous) {
			snprintf(out, size, "%s", path);
			*rest = p;
			return EXPAND_AMBIGUOUS;
		}
		used = strlen(path);
		if (!word || used + len + 2 > sizeof(path))
			break;
		snprintf(path + used, sizeof(path) - used, "%s%.*s", used ? " " : "",
		    (int)len, word);
	}
	*rest = p;
	if (!is_command(path))
		return EXPAND_UNKNOWN;
	snprintf(out, size, "%s%s%s", path, *p ? " " : "", p);
	return EXPAND_OK;
}

/* Splits what was typed into told words and the beginning of the next one. */
static const char *
typed_path(const char *prefix, char *path, size_t size)
{
	const char *p = skip_blanks(prefix), *word;
	size_t n, len, used;
	bool ambiguous;

	path[0] = 0;
	for (; *p; p = skip_blanks(p + n)) {
		n = strcspn(p, " \t");
		if (!p[n])
			break;
		word = find_word(path, p, n, &len, &ambiguous);
		used = strlen(path);
		if (!word || used + len + 2 > size)
			return NULL;
		snprintf(
		    path + used, size - used, "%s%.*s", used ? " " : "", (int)len, word);
	}
	return p;
}

void
command_list(const char *prefix, void (*fn)(void *ctx, const char *use, const char *help),
    void *ctx)
{
	unsigned count;
	const struct command *c = command_table(&count);
	char path[128], use[512];
	const char *typed = typed_path(prefix, path, sizeof(path)), *word;
	size_t n, len = strlen(path), typed_len = typed ? strlen(typed) : 0;

	for (unsigned i = 0; i < count && typed; i++) {
		bool self =
		    len && !strcmp(c[i].words, path) && !is_group(&c[i]) && !typed_len;
		bool next = next_word(&c[i], path, len, &word, &n) && !word[n] &&
		    !strncmp(word, typed, typed_len);

		if (!self && !next)
			continue;
		snprintf(use, sizeof(use), "%s %s", c[i].words, c[i].args);
		fn(ctx, use, c[i].help);
	}
}

void
command_complete(const char *prefix, char *out, size_t size)
{
	unsigned count, fits = 0;
	const struct command *c = command_table(&count);
	char path[128];
	const char *typed = typed_path(prefix, path, sizeof(path)), *word, *found = NULL;
	size_t n, common = 0, typed_len = typed ? strlen(typed) : 0;
	bool whole = true;

	out[0] = 0;
	for (unsigned i = 0; i < count && typed; i++) {
		size_t same = 0;

		if (!next_word(&c[i], path, strlen(path), &word, &n) ||
		    strncmp(word, typed, typed_len))
			continue;
		while (fits && same < n && same < common && word[same] == found[same])
			same++;
		whole = fits ? whole && same == n && same == common : true;
		common = fits ? same : n;
		found = word;
		fits++;
	}
	if (fits && common >= typed_len)
		snprintf(out, size, "%.*s%s", (int)(common - typed_len),
		    found + typed_len, whole ? " " : "");
}
