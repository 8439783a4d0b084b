/*
 * The texts of one configuration: the main file and what it includes.  A text is in memory
 * while it is scanned.
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

int
source_read(int fd, size_t size, size_t max, char **text, size_t *len)
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

struct source_text *
source_text_find(const struct source *src, const char *name)
{
	struct source_text *t = src->texts;

	while (t && (!name || strcmp(t->name, name) != 0))
		t = t->next;
	return t;
}

/* What can be read only once: from the reading before, or now. */
static int
level_fill(struct source *src, struct source_level *level, int fd, const struct stat *st,
    const char *path, const char **kept)
{
	const struct source_text *t = src->earlier && !S_ISREG(st->st_mode)
					  ? source_text_find(src->earlier, path)
					  : NULL;
	int err = 0;

	scan_free(level);
	if (t && t->text)
		scan_copy(level, t->text, t->len);
	else
		err = source_read(fd, (size_t)st->st_size, SOURCE_BYTES_MAX - src->bytes,
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
