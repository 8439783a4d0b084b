/*
 * Reading text: files with their includes, or a string, into a syntax tree.  Errors go to
 * a callback, with places; after one the parser goes on at the next `;` or `}`.  Bounded:
 * depth of nesting, of includes, size of all text, number of errors.
 */
#ifndef MYNAH_LANG_PARSE_H
#define MYNAH_LANG_PARSE_H

#include <stddef.h>
#include "lang/tree.h"

#define PARSE_ERRORS_MAX  20
#define INCLUDE_DEPTH_MAX 8

typedef void parse_error_fn(void *ctx, const struct place *, const char *text);

struct source; /* the texts that were read, in an arena */

struct source *source_new(struct arena *, parse_error_fn *, void *ctx);
void source_free(struct source *); /* the arena is the caller's */

/* The statements of the file go to the function one by one, in order, as soon as they are
 * complete; each lives until it returns, but for its names and strings, which stay in the
 * arena.  The tree is then empty.  False: the parser stops. */
typedef bool parse_stmt_fn(void *ctx, const struct stmt *);
void source_on_stmt(struct source *, parse_stmt_fn *, void *ctx, bool forget);
/* A route that follows another one in a protocol of that type, when it has been read: true
 * takes it, it is then not part of the block and lives until the function returns.  The
 * function may keep what it makes of them in head->more, head being the first. */
typedef bool parse_fold_fn(
    void *ctx, struct stmt *head, const char *type, const struct stmt *);
void source_on_route(struct source *, parse_fold_fn *); /* with the ctx of the above */
/* Texts that cannot be read twice (pipes) are taken from an earlier reading of the same. */
void source_again(struct source *, const struct source *earlier);

/* Each gives NULL when nothing could be made of the text.  After an error, which has been
 * reported, there may still be a tree: what the parser saved, good for finding more
 * errors. source_errors tells.  The tree lives in the arena. */
const struct block *parse_file(struct source *, const char *path);
const struct block *parse_text(
    struct source *, const char *name, const char *text, size_t len);
const struct ast *parse_expr(
    struct source *, const char *name, const char *text, size_t len);
/* `all`, `none`, `filter NAME`, `filter { ... }`, `where EXPR`, and a bare word as a
 * name. */
const struct arg *parse_filter(
    struct source *, const char *name, const char *text, size_t len);

unsigned source_errors(const struct source *);

/* Where the expression or statement at a place ends, by its brackets: a line after it, or
 * 0 when it ends on its line. */
unsigned source_end_line(const struct source *, const struct place *);

/* "b.conf:3, a.conf:1": the includes that led to the file of a place; NULL: none.  In the
 * arena. */
const char *source_chain(const struct source *, const struct place *);

/* Which of two places is read first: below, above or 0. */
int source_order(const struct source *, const struct place *, const struct place *);

/* What only shows while reading: the first literals of both families (line 0: none), and
 * whether there is syntax that BIRD 2 has given up. */
struct source_signs {
	struct place four, six;
	struct place old_include; /* of two names, the second of them unread */
	unsigned four_n, six_n; /* addresses and prefixes of each */
	bool old_syntax;
};
struct source_signs source_signs(const struct source *);

/* The line at a place, for a caret below it; NULL if unknown.  In the arena. */
const char *source_line(struct source *, const struct place *);

#endif
