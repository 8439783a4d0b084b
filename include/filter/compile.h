/*
 * Compiler: syntax tree -> checked, typed tree -> code.
 */
#ifndef MYNAH_FILTER_COMPILE_H
#define MYNAH_FILTER_COMPILE_H

#include "filter/filter.h"
#include "lang/ast.h"

/* Reports an error at a place; the compiler goes on where it can. */
typedef void compile_error_fn(void *ctx, const struct place *, const char *text);

struct scope; /* constants, functions and filters defined so far */

struct scope *scope_new(struct arena *, compile_error_fn *, void *ctx);
/* Releases the filters it holds; the arena's memory is the caller's. */
void scope_free(struct scope *);
/* From here on only what is defined stays in the arena; it is compiled in memory of the
 * scope's own, until scope_remember gives that back (as scope_free does).  Filters without
 * a name that are the same code are one, and the scope keeps a reference: what it prints of
 * an error at run time is the line of the first. */
void scope_forget(struct scope *);
void scope_remember(struct scope *);

/* A scope inside another: it sees the outer one's names and changes nothing there.  For
 * commands, with an arena and an error function of their own; the outer one must outlive
 * it. */
struct scope *scope_inside(
    const struct scope *outer, struct arena *, compile_error_fn *, void *ctx);

/* Errors and warnings go elsewhere from here on: the reader of a text ends before its
 * scope. */
void scope_on_error(struct scope *, compile_error_fn *, void *ctx);

/* What is accepted and has no effect, or always fails at run time; none by default. */
void scope_on_warning(struct scope *, compile_error_fn *);

/* The language of BIRD 1.6: a value of a wrong type is an error of the run, not of the text. */
void scope_be_old(struct scope *, bool old);

/* Adds a definition: evaluates a constant, compiles a function or filter.  False after an
 * error (reported). */
bool scope_define(struct scope *, const struct ast_def *);

/* A routing table that functions like roa_check may name.  The name is the caller's. */
void scope_table(struct scope *, const char *name, enum net_type);

/* Kinds of names, for `show symbols` and messages: "constant", "function", "filter" or NULL. */
const char *scope_class(const struct scope *, const char *name);
/* "string", "ip" ...: the type of a constant; NULL for other names. */
const char *scope_const_type(const struct scope *, const char *name);

/* Whether the name is a constant address. */
bool scope_is_ip(const struct scope *, const char *name);

/* `filter NAME` : a reference, or NULL when unknown (not reported). */
struct filter *scope_filter(struct scope *, const char *name);
/* `filter { ... }`; `where EXPR` ; NULL after an error. */
struct filter *scope_compile_block(struct scope *, const struct ast *block);
struct filter *scope_compile_where(struct scope *, const struct ast *expr);
/* Statements of a static route: run on its attributes; falls through to accept. */
struct filter *scope_compile_body(struct scope *, const struct ast *block);

/* Constant values, as options take them.  False after an error (reported): wrong type. */
bool scope_eval_num(struct scope *, const struct ast *, uint32_t *);
bool scope_eval_ec(struct scope *, const struct ast *, uint64_t *);
bool scope_eval_text(struct scope *, const struct ast *, const char **);
bool scope_eval_ip(struct scope *, const struct ast *, struct ip *);
bool scope_eval_net(struct scope *, const struct ast *, struct net *);
/* A flow, of which only its word and block are needed: borrows bytes in the scope's arena. */
bool scope_eval_flow(struct scope *, const struct ast *, struct net *);
/* A number, dotted quad or address constant (router id, cluster id). */
bool scope_eval_id(struct scope *, const struct ast *, uint32_t *);

/* `eval EXPR`: the value as BIRD prints it, in the arena; NULL after an error. */
const char *scope_eval_print(struct scope *, const struct ast *, struct arena *);

#endif
