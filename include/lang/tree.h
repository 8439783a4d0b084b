/*
 * The whole file as a tree, before meaning: statements of words and values, blocks of
 * statements, and parsed filters where the language has them.  `conf` reads it with
 * tables of patterns; nothing here knows what an option is called.
 */
#ifndef MYNAH_LANG_TREE_H
#define MYNAH_LANG_TREE_H

#include "lang/ast.h"

enum arg_kind {
	ARG_WORD,   /* text: a bare or quoted name */
	ARG_NUM,    /* num */
	ARG_TEXT,   /* text: a string */
	ARG_IP,	    /* ip */
	ARG_NET,    /* net */
	ARG_OTHER,  /* text: a distinguisher or byte string, as written */
	ARG_PUNCT,  /* text: , / - % .. and the like */
	ARG_EXPR,   /* expr: ( ... ), [ ... ] */
	ARG_BLOCK,  /* block: { statements } */
	ARG_BODY,   /* expr: { filter statements } of a route, of `merge by` */
	ARG_FLOW,   /* block; text: flow4 or flow6 */
	ARG_FILTER, /* `filter NAME` (text), `filter { ... }` (expr) */
	ARG_WHERE,  /* `where EXPR` (expr) */
};

struct arg {
	enum arg_kind kind;
	uint32_t num;
	struct place at;
	const char *text;
	union { /* by kind */
		const struct ip *ip;
		const struct net *net;
		const struct ast *expr;
		const struct block *block;
	};
	struct arg
	    *next; /* while the parser builds the list; order of the text afterwards */
};

enum stmt_kind {
	STMT_WORDS, /* args; none of a lone `;` */
	STMT_DEF,   /* def: define, filter, function */
	STMT_EVAL,  /* expr */
	STMT_PROTO, /* protocol or template: args up to the last, which is the ARG_BLOCK
		     */
};

struct stmt {
	enum stmt_kind kind : 8;
	bool template;	      /* STMT_PROTO */
	bool open;	      /* ended by the `}` of the block around it, not by `;` */
	unsigned n;
	struct place at, end; /* end: the `;` or `}` */
	const struct arg *const *arg;
	union { /* by kind */
		const struct ast_def *def;
		const struct ast *expr;
		void *more; /* STMT_WORDS, a route: see parse_fold_fn */
	};
	struct stmt *next;
};

struct block {
	struct place at, end; /* the braces */
	const struct stmt *first;
};

#endif
