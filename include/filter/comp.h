/*
 * Inside of the compiler: names, typed expressions, the function being compiled.
 */
#ifndef MYNAH_FILTER_COMP_H
#define MYNAH_FILTER_COMP_H

#include "filter/code.h"
#include "filter/compile.h"

#define VARS_MAX 255

/* An attribute of routes as the language names it. */
struct attribute {
	const char *name;
	uint8_t type, sub;
	uint8_t get, set; /* instructions; set OPS: cannot be set */
	uint16_t code;	  /* attribute on the wire, or our own; 0: none */
	uint8_t value;	  /* read where it is not set: a number; of OP_HOP which part */
	bool has_value;
	uint32_t slot; /* of one that lasts for the run only */
	bool is_static; /* of the route itself: cannot be unset */
};

const struct attribute *attribute_row(uint32_t i);
uint32_t attribute_count(void);
/* Our own code of a custom attribute, the same as long as the process runs; 0: none left. */
uint16_t attribute_custom(const char *name, unsigned type, unsigned sub);
/* What the code of one of our own is called in filters; NULL: it is none. */
const char *attribute_local_name(uint32_t code);

enum symbol_kind { SYMBOL_CONST, SYMBOL_FUNCTION, SYMBOL_FILTER, SYMBOL_ATTRIBUTE };

struct symbol {
	const char *name;
	enum symbol_kind kind;
	struct place at;
	struct val val;
	struct unit *unit;
	struct filter *filter;
	struct attribute *attribute;
	uint8_t type, sub; /* result of a function: VAL_VOID, VAL_ANY while not known */
	bool final;	   /* of a function: accepts or rejects, and never comes back */
	bool may_void;	   /* it may end without a return, and has others; not said yet */
	unsigned param_n;
	const struct ast_param *param;
	struct symbol *next; /* in the table */
};

struct scope {
	const struct scope *outer; /* or NULL */
	struct arena *keep;
	struct arena *arena; /* while something is compiled; of the scope, or `keep` */
	compile_error_fn *error, *warn;
	void *ctx;
	bool own; /* `arena` */
	struct filter **shared; /* those without a name, by hash; of scope_forget */
	size_t shared_n, shared_room;
	bool old; /* BIRD 1.6: types are looked at when the filter runs */
	struct symbol **table;
	size_t n, room;
	uint32_t slots; /* attributes numbered so far */
	struct scope_table *tables;
	struct again *again; /* NULL: nothing was compiled yet that may come again */
};

struct symbol *scope_find(const struct scope *, const char *name);
struct symbol *scope_add(
    struct scope *, const char *name, enum symbol_kind, const struct place *);
/* A copy of the row, with a slot if it needs one; `at` NULL: it is the language's own. */
void scope_add_attribute(
    struct scope *, const struct attribute *row, const struct place *at);
/* Something is compiled, and nothing of it is left but what was kept. */
void scope_reset(struct scope *);

/* Code without a name, as what was compiled last: a reference, or NULL, and then the next
 * one to keep is of this block. `end` is what it does at its end. */
struct filter *again_find(struct scope *, const struct ast *block, enum op end);
void again_keep(struct scope *, struct filter *, enum op end);
void again_forget(struct scope *);

/* The type of a routing table; false if there is none of that name. */
bool scope_table_find(const struct scope *, const char *name, enum net_type *);

/* A variable in the place where it can be seen. */
struct local {
	const char *name;
	uint8_t type, sub;
	unsigned var, block;
	struct local *outer;
};

struct comp {
	struct scope *scope;
	struct unit *unit;
	struct local *locals;
	unsigned block, var_n;
	struct symbol *function; /* being compiled; NULL in a filter */
	bool failed;
	bool returns; /* there is a return statement */
	const struct ast *dropped; /* a call whose result nobody looks at */
};

/* Each reports an error at the place and gives NULL, so it can be returned. */
void *comp_type_unknown(struct comp *, const struct place *, const char *type);
void *comp_error(struct comp *, const struct place *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A function that may end without a value: said once, at its definition. */
void comp_warn_void(struct comp *, struct symbol *);
void comp_warn(struct comp *, const struct place *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A type that does not fit: an error, false; in the language of BIRD 1.6 only a warning,
 * true: the instruction will fail when it runs. */
bool comp_mismatch(struct comp *, const struct place *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* EXPR_OF: kid 0 is a route, kid 1 reads an attribute of it */
enum expr_kind { EXPR_CONST, EXPR_OP, EXPR_AND, EXPR_OR, EXPR_CALL, EXPR_MASK, EXPR_OF };

struct expr {
	enum expr_kind kind;
	uint8_t op, a;
	uint16_t b;
	uint32_t c;
	uint8_t type, sub; /* as known before the run: VAL_ANY */
	struct val val;	   /* EXPR_CONST; the template of EXPR_MASK */
	struct unit *callee;
	struct place at;
	unsigned n;
	struct expr **kid;
};

/* NULL after an error. */
struct expr *comp_expr(struct comp *, const struct ast *);
struct expr *comp_set(struct comp *, const struct ast *);
struct expr *comp_mask(struct comp *, const struct ast *);
struct expr *comp_flow(struct comp *, const struct ast *);
struct expr *comp_call(struct comp *, const struct ast *);
struct expr *comp_method(struct comp *, const struct ast *);
/* The value if it is known now; NULL, reported, if not. */
const struct val *comp_const(struct comp *, const struct ast *);
/* The expression as a value for a place of that type: conversions, errors, a test. */
struct expr *comp_fit(
    struct comp *, struct expr *, unsigned type, unsigned sub, unsigned op);
bool val_type_fits(unsigned have, unsigned have_sub, unsigned want, unsigned want_sub);
/* Warns of a set of one type for a place of another, which fits. */
void comp_warn_set(struct comp *, const struct expr *, unsigned type, unsigned sub);

struct expr *expr_const(struct comp *, const struct place *, const struct val *);
/* An instruction on up to three kids (NULL: none); computed at once if all are constant.
 */
struct expr *expr_op(struct comp *, const struct place *, enum op, unsigned type,
    unsigned sub, struct expr *, struct expr *, struct expr *);
struct expr *expr_fold(struct comp *, struct expr *);
struct expr *expr_get(struct comp *, const struct place *, const struct attribute *);
struct expr *expr_of(
    struct comp *, const struct place *, struct expr *route, const struct attribute *);
struct expr *expr_load(struct comp *, const struct place *, const struct local *);
void expr_emit(struct comp *, const struct expr *);
/* Whether its value is surely of the type that it says, as those of operators are: what
 * they cannot work on is an error.  Variables may be void. */
bool expr_is_sure(const struct expr *);
/* Emits a match, or an edit with its assignment, that has an instruction of its own
 * (fused.c); false: it has none. */
bool fused_match(struct comp *, const struct expr *);
bool fused_edit(struct comp *, const struct attribute *, const struct expr *);
/* Runs it now. */
bool expr_value(struct comp *, const struct expr *, struct val *out);

struct local *comp_local(const struct comp *, const char *name);
struct local *comp_declare(
    struct comp *, const struct place *, const char *type, const char *name);
/* One that the language declares; the name is free. */
struct local *comp_declare_as(
    struct comp *, const struct place *, enum val_type, const char *name);
/* Ends the code with an instruction: a filter without a name, or NULL after an error. */
struct filter *comp_finish(struct comp *, const struct ast *, enum op last);
const struct attribute *comp_attribute(const struct comp *, const char *name);
void comp_block(struct comp *, const struct ast *);
/* Whether what stands behind the statement is never reached. */
bool comp_ends(const struct comp *, const struct ast *);

/* comp_ec_kind: rt, ro, generic (UINT32_MAX), unknown N.  False if the word is none. */
bool comp_ec_kind(const struct ast *, uint32_t *kind);

#endif
