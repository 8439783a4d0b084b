/*
 * The texts of one configuration: the main file and what it includes.  A text is in memory
 * while it is scanned; for the line under an error message a file is read again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <glob.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "lang/source.h"

#define SCAN_PAGE   4096u
#define SCAN_BEHIND (256u << 10)

struct source *
source_new(struct arena *arena, parse_error_fn *error, void *ctx)
{
	struct source *src = ARENA_NEW(arena, struct source);

	src->arena = src->tree = arena;
	src->error = error;
	src->ctx = ctx;
	return src;
}

void
source_free(struct source *src)
{
	if (src->other) {
		arena_free(src->tree);
		arena_free(src->other);
	}
	src->tree = src->arena;
	src->other = NULL;
}

void
source_on_stmt(struct source *src, parse_stmt_fn *told, void *ctx, bool forget)
{
	src->told = told;
	src->told_ctx = ctx;
	if (!forget)
		return;
	src->tree = arena_new();
	src->other = arena_new();
}

void
source_on_route(struct source *src, parse_fold_fn *fold)
{
	src->fold = fold;
}

void
source_again(struct source *src, const struct source *earlier)
{
	src->earlier = earlier;
}

void
source_behind(struct source *src)
{
	struct source_level *level = &src->level[src->depth];
	uintptr_t from = (uintptr_t)level->scan + level->scan_done, to;

	if (!level->scan || !src->token || src->token < level->scan ||
	    src->token > level->scan + level->scan_len)
		return;
	to = (uintptr_t)src->token & ~(uintptr_t)(SCAN_PAGE - 1);
	from = (from + SCAN_PAGE - 1) & ~(uintptr_t)(SCAN_PAGE - 1);
	if (to < from + SCAN_BEHIND)
		return;
	(void)madvise((void *)from, to - from, MADV_DONTNEED);
	level->scan_done = to - (uintptr_t)level->scan;
}

/* While a statement is told, what was read of the next one is in the other arena. */
void
source_tell(struct source *src)
{
	const struct stmt *stmt = src->untold;

	src->untold = NULL;
	for (; stmt && !src->stop; stmt = stmt->next)
		src->stop = !src->told(src->told_ctx, stmt);
	if (src->other) {
		src->tops = (struct stmts){ 0 };
		arena_reset(src->other);
	}
	source_behind(src);
}

/* Remembers a text and stands at its begin. */
static struct source_text *
source_open(struct source *src, const char *name, const char *text, size_t len)
{
	struct source_text *t = ARENA_NEW(src->arena, struct source_text);

	t->name = name;
	t->text = text;
	t->len = len;
	t->next = src->texts;
	src->texts = t;
	src->at = (struct place){ .file = name, .line = 1, .col = 1 };
	return t;
}

/* The scanner has done with it. */
static void
scan_free(struct source_level *level)
{
	mem_free(level->scan);
	level->scan = NULL;
	level->scan_done = 0;
}

/* A copy that the scanner writes in, with two NULs behind it. */
static void
scan_copy(struct source_level *level, const char *text, size_t len)
{
	scan_free(level);
	level->scan = mem_alloc(len + 2);
	level->scan_len = len;
	if (len)
		memcpy(level->scan, text, len);
}

/* All of a file, with two NULs behind it, for mem_free.  `size` is what it should have:
 * a pipe tells none. */
static int
read_all(int fd, size_t size, size_t max, char **text, size_t *len)
{
	size_t room = size + 64, n = 0;
	ssize_t got;
	char *buf;

	if (size > max)
		return -EFBIG;
	buf = mem_alloc(room);
	while ((got = read(fd, buf + n, room - 2 - n)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		n += got > 0 ? (size_t)got : 0;
		if (got < 0 || n > max) {
			mem_free(buf);
			return got < 0 ? -errno : -EFBIG;
		}
		if (n == room - 2)
			buf = mem_realloc(buf, room *= 2);
	}
	buf[n] = buf[n + 1] = 0;
	*text = buf;
	*len = n;
	return 0;
}

static const struct source_text *
text_find(const struct source *src, const char *name)
{
	const struct source_text *t = src->texts;

	while (t && (!name || strcmp(t->name, name) != 0))
		t = t->next;
	return t;
}

/* What can be read only once: from the reading before, or now. */
static int
level_fill(struct source *src, struct source_level *level, int fd, const struct stat *st,
    const char *path, const char **kept)
{
	const struct source_text *t =
	    src->earlier && !S_ISREG(st->st_mode) ? text_find(src->earlier, path) : NULL;
	int err = 0;

	scan_free(level);
	if (t && t->text)
		scan_copy(level, t->text, t->len);
	else
		err = read_all(fd, (size_t)st->st_size, SOURCE_BYTES_MAX - src->bytes,
		    &level->scan, &level->scan_len);
	if (err)
		return err;
	src->bytes += level->scan_len;
	if (!S_ISREG(st->st_mode))
		*kept = arena_strndup(src->arena, level->scan, level->scan_len);
	return 0;
}

/* Reads a file of the level; 0 or -errno, -ELOOP when it is being read already. */
static int
level_read(struct source *src, unsigned depth, const char *path)
{
	struct source_level *level = &src->level[depth];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), err;
	struct stat st;
	const char *kept = NULL;
	struct source_text *text;
	unsigned i;

	if (fd < 0)
		return -errno;
	err = fstat(fd, &st) < 0 ? -errno : S_ISDIR(st.st_mode) ? -EISDIR : 0;
	for (i = 0; i < depth && !err; i++)
		if (src->level[i].dev == st.st_dev && src->level[i].ino == st.st_ino)
			err = -ELOOP;
	if (!err && ++src->files > SOURCE_FILES_MAX)
		err = -EMFILE;
	if (!err)
		err = level_fill(src, level, fd, &st, path, &kept);
	close(fd);
	if (err)
		return err;
	level->dev = st.st_dev;
	level->ino = st.st_ino;
	text = source_open(src, arena_strdup(src->arena, path), kept, level->scan_len);
	if (depth)
		text->from = level->include_at;
	return 0;
}

/* The first file is level 0. */
static const struct source_level *
source_main(struct source *src, const char *path)
{
	int err = level_read(src, 0, path);

	if (!err)
		return &src->level[0];
	source_error(src, NULL, "%s: %s", path, strerror(-err));
	return NULL;
}

/* Relative to the folder of the file that includes. */
static char *
include_path(struct source *src, const char *name, size_t len)
{
	const char *slash = strrchr(src->at.file, '/');

	if (*name == '/')
		return arena_strndup(src->arena, name, len);
	if (!slash)
		return arena_printf(src->arena, "./%.*s", (int)len, name);
	return arena_printf(src->arena, "%.*s/%.*s", (int)(slash - src->at.file),
	    src->at.file, (int)len, name);
}

static int
glob_stop(const char *path, int err)
{
	(void)path;
	(void)err;
	return 1;
}

/* A pattern without match is fine, a folder that is not there is not. */
static bool
folder_readable(struct source *src, const char *pattern)
{
	char *folder = arena_strdup(src->arena, pattern);

	*strrchr(folder, '/') = 0;
	return !*folder || strpbrk(folder, "?*[") || access(folder, R_OK | X_OK) == 0;
}

static bool
include_glob(struct source *src, struct source_level *level, const struct place *at,
    const char *pattern)
{
	glob_t found = { 0 };
	int err;
	unsigned i;

	if (!folder_readable(src, pattern)) {
		source_error(
		    src, at, "Unable to match pattern %s: %s", pattern, strerror(errno));
		return false;
	}
	err = glob(pattern, GLOB_ERR | GLOB_NOESCAPE | GLOB_MARK, glob_stop, &found);
	if (err && err != GLOB_NOMATCH) {
		source_error(src, at, "Unable to match pattern %s: %s", pattern,
		    err == GLOB_NOSPACE ? "out of memory" : strerror(errno));
		globfree(&found);
		return false;
	}
	level->pending = ARENA_ARRAY(src->arena, char *, found.gl_pathc + 1);
	for (i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];

		if (path[strlen(path) - 1] != '/')
			level->pending[level->pending_n++] = arena_strdup(
			    src->arena, path);
	}
	globfree(&found);
	return true;
}

/* The next file of the level on top; NULL when there is none left. */
static const struct source_level *
level_next(struct source *src)
{
	struct source_level *level = &src->level[src->depth];
	const char *path;
	int err;

	while (level->pending_i < level->pending_n) {
		path = level->pending[level->pending_i++];
		err = level_read(src, src->depth, path);
		if (!err)
			return level;
		if (err == -ELOOP)
			source_error(src, &level->include_at,
			    "Max include depth reached: %s includes itself", path);
		else
			source_error(src, &level->include_at,
			    "Unable to open included file %s: %s", path, strerror(-err));
		if (src->errors >= PARSE_ERRORS_MAX)
			break;
	}
	return NULL;
}

const struct source_level *
source_include(
    struct source *src, const struct place *at, const char *pattern, size_t len)
{
	struct source_level *level;
	const struct source_level *next;
	char *path;

	if (src->depth + 1 >= INCLUDE_DEPTH_MAX) {
		source_error(src, at, "Max include depth reached");
		return NULL;
	}
	path = include_path(src, pattern, len);
	level = &src->level[src->depth + 1];
	scan_free(level);
	*level = (struct source_level){ .at = src->at, .include_at = *at };
	if (!strpbrk(path, "?*[")) {
		level->pending = ARENA_NEW(src->arena, char *);
		level->pending[level->pending_n++] = path;
	} else if (!include_glob(src, level, at, path)) {
		return NULL;
	}
	src->depth++;
	next = level_next(src);
	if (!next)
		src->depth--;
	return next;
}

const struct source_level *
source_next(struct source *src, bool *up)
{
	const struct source_level *next;

	if (src->depth == 0)
		return NULL;
	src->token_len = 0;
	next = level_next(src);
	if (next)
		return next;
	scan_free(&src->level[src->depth]);
	src->at = src->level[src->depth].at;
	src->depth--;
	*up = true;
	return NULL;
}

const char *
source_chain(const struct source *src, const struct place *at)
{
	const struct source_text *t = text_find(src, at->file);
	const char *chain = NULL;
	unsigned depth;

	for (depth = 0; t && t->from.line && depth < INCLUDE_DEPTH_MAX; depth++) {
		chain = arena_printf(src->arena, "%s%s%s:%u", chain ? chain : "",
		    chain ? ", " : "", t->from.file, t->from.line);
		t = text_find(src, t->from.file);
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
	for (t = text_find(src, at->file); t && t->from.line && n <= INCLUDE_DEPTH_MAX;
	     t = text_find(src, t->from.file))
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
	struct source_text *t = src->texts;
	char *text = NULL;
	size_t len = 0;
	int fd;

	while (t && (!name || strcmp(t->name, name) != 0))
		t = t->next;
	if (!t || t->text)
		return t;
	fd = open(t->name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	if (read_all(fd, t->len, SOURCE_BYTES_MAX, &text, &len) == 0) {
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

struct source_signs
source_signs(const struct source *src)
{
	return (struct source_signs){ .four = src->four,
		.six = src->six,
		.old_include = src->old_include,
		.four_n = src->four_n,
		.six_n = src->six_n,
		.old_syntax = src->old_syntax };
}

const struct source_level *
source_begin(struct source *src, const char *name, const char *text, size_t len)
{
	if (!text)
		return source_main(src, name);
	if (len > SOURCE_BYTES_MAX) {
		source_error(src, NULL, "Text too long");
		return NULL;
	}
	scan_copy(&src->level[0], text, len);
	source_open(src, arena_strdup(src->arena, name), text, len);
	return &src->level[0];
}

void
source_end(struct source *src)
{
	for (unsigned i = 0; i < INCLUDE_DEPTH_MAX; i++)
		scan_free(&src->level[i]);
}
