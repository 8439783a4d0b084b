/*
 * Statements by pattern.  What may stand in a block is a table of rows; a row is a
 *pattern and what to do.  Internal to conf.
 *
 * A pattern is made of words as the operator writes them (`a|b`: one of them, captured as
 *its index), of values in capitals, and of optional parts in brackets:
 *
 *	NUM SEC BOOL TIME TEXT IP ID NET    values; a constant or (expression) will do
 *	                        BOOL may be left out at the end and is then true
 *	NAME                    any word          FILTER  all, none, filter ..., where ...
 *	LINK                    an interface, as a word or a string
 *	BLOCK BODY EXPR FLOW    { } of statements, { } of a route, (..) or [..], flow4 { }
 *	RD                      a route distinguisher
 *	MASK DEBUG MRT          all, off or { a, b }: of a log, of events, of dumps
 *	IFACES                  an interface pattern list
 *	ANY                     the rest, whatever it is
 *
 * Captures come in the order of the pattern; those of an optional part left out are
 *empty.
 */
#ifndef MYNAH_CONF_WORDS_H
#define MYNAH_CONF_WORDS_H

#include "lang/tree.h"

#define CAPTURES_MAX 12

struct check;
struct rule;

struct capture {
	const struct arg *arg; /* NULL: left out */
	uint32_t num;	       /* index of an alternative, unit of a TIME in us */
};

struct match {
	const struct stmt *stmt;
	void *to;	     /* what the block is about */
	unsigned begin, end; /* args that matched: [begin, end) */
	struct capture cap[CAPTURES_MAX];
};

typedef void rule_fn(struct check *, const struct rule *, const struct match *);

struct rule {
	const char *pattern;
	rule_fn *fn; /* NULL: values are checked, the one at `kind` for its range */
	/* for fn */
	unsigned kind;
	size_t offset;
	uint32_t min, max;
	const char *words;
	int effect;
};

/* A table of tables, both ended by a row without pattern or a NULL. */
typedef const struct rule *const *rule_tables;

/* Reads every statement of a block.  False after an error. */
bool words_block(struct check *, const struct block *, rule_tables, void *to);
/* One statement; args before `from` have been dealt with. */
bool words_stmt(
    struct check *, const struct stmt *, unsigned from, rule_tables, void *to);
/* Several patterns in a row within one statement, in any order, to its end. */
bool words_parts(
    struct check *, const struct stmt *, unsigned from, rule_tables, void *to);

/* Values of captures; an error is reported once and leaves the value alone. */
bool cap_num(struct check *, const struct capture *, uint32_t *);
bool cap_bool(struct check *, const struct capture *, bool *);
bool cap_text(struct check *, const struct capture *, const char **);
bool cap_ip(struct check *, const struct capture *, struct ip *);
bool cap_id(struct check *, const struct capture *, uint32_t *);
bool cap_net(struct check *, const struct capture *, struct net *);
unsigned cap_mrt(struct check *, const struct capture *); /* bits: states, messages */
bool cap_time(struct check *, const struct capture *, uint64_t *us);
bool cap_range(struct check *, const struct capture *, const char *what, uint32_t min,
    uint32_t max, uint32_t *);
/* Of a channel or a protocol, in the words of filters, which set it, too. */
bool cap_preference(struct check *, const struct capture *, uint32_t *);
/* A larger number, which older BIRDs take, is the largest, with a warning. */
bool cap_at_most(struct check *, const struct capture *, const char *warning,
    uint32_t max, uint32_t *);

#endif
