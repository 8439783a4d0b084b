/*
 * Syntax tree of a configuration: what the text says, with places, before any meaning is
 * checked.  Built by the grammar (only through ast_* constructors), read by conf
 * (statements) and filter (expressions, statements of filters).  Everything lives in the
 * parse's arena.
 */
#ifndef MYNAH_LANG_AST_H
#define MYNAH_LANG_AST_H

#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/net.h"

struct place {
	const char *file;
	unsigned line, col;
};

/*
 * Expressions and statements of the filter language.
 */
enum ast_kind {
	/* literals */
	AST_NUM,    /* num */
	AST_BOOL,   /* num 0/1 */
	AST_TEXT,   /* text */
	AST_IP,	    /* ip */
	AST_NET,    /* net: a prefix literal */
	AST_PAIR,   /* (kid[0], kid[1]) */
	AST_TRIPLE, /* (kid[0], kid[1], kid[2]): large community, or ext. when kid[0] is a
		       name */
	AST_EC,	    /* (rt|ro|generic..., kid[0], kid[1]): text names the kind */
	AST_ENUM,   /* text: ORIGIN_IGP, RTS_BGP, SCOPE_... */
	AST_EMPTY,  /* +empty+, -empty-, --empty-- ...: text as written */
	/* sets: kids are AST_RUN, AST_RANGE, AST_PATTERN or single expressions */
	AST_SET,
	AST_RUN,      /* in a set: literals that need no look any more, in `run` */
	AST_RANGE,    /* kid[0] .. kid[1] */
	AST_PATTERN,  /* net with pattern: num = low, num2 = high
			 length: 10.0.0.0/8{16,24}, +, - */
	AST_PATHMASK, /* [= ... =]: kids; AST_NAME "*" "?" "+" wildcards as AST_TEXT */
	/* names */
	AST_NAME,   /* text: variable, constant, attribute; resolved later */
	AST_CALL,   /* text(kids) */
	AST_METHOD, /* kid[0].text(kids 1..): bgp_community.add(x), bgp_path.len */
	/* operators: kid[0], kid[1] */
	AST_NOT,
	AST_NEG,
	AST_AND,
	AST_OR,
	AST_EQ,
	AST_NE,
	AST_LT,
	AST_LE,
	AST_GT,
	AST_GE,
	AST_MATCH,
	AST_NOMATCH,
	AST_ADD,
	AST_SUB,
	AST_MUL,
	AST_DIV,
	AST_CONCAT,
	/* statements */
	AST_BLOCK,  /* kids */
	AST_IF,	    /* kid[0] then kid[1] else kid[2] (may be NULL) */
	AST_CASE,   /* kid[0]; arms: AST_ARM */
	AST_ARM,    /* kid[0]: AST_SET of values, NULL for else; kid[1]: block */
	AST_FOR,    /* for TYPE text in kid[0] do kid[1]; type in text2 */
	AST_VAR,    /* TYPE text [= kid[0]]; type in text2 */
	AST_ASSIGN, /* kid[0] = kid[1]; kid[0] is AST_NAME */
	AST_EXPR,   /* kid[0] evaluated as a statement: bgp_community.add(x); old form too
		     */
	AST_ACCEPT,
	AST_REJECT, /* kids: message to print; kid[0] NULL: none;
		     reject with num 1: error */
	AST_RETURN, /* kid[0] or NULL */
	AST_PRINT,  /* kids; num 1: printn */
	AST_UNSET,  /* kid[0] is AST_NAME */
	AST_RD,	   /* route distinguisher: text as written */
	AST_BYTES, /* byte string, MAC address: text as written */
	/* network of another type, named by text: kids eth MAC [VLAN], evpn text2 RD ...,
	 * neighbor IP NUM; flow4, flow6 block; net from kid; net max num2 as num ... */
	AST_OTHERNET,
	AST_BITAND,
	AST_BITOR,
	AST_KINDS
};

#define AST_DEPTH_MAX 1000 /* of a tree; a deeper one is an error of the parser */

struct block;

/* Members of a set as they were written, one behind the other, each of as many words of
 * 32 bits as its kind needs.  Large sets consist of little else. */
enum run_kind {
	RUN_NUM,  /* low, high */
	RUN_PAIR, /* first << 16 | second */
	RUN_NET4, /* address, then length << 16 | low << 8 | high of the pattern */
	RUN_NET6, /* 4 words of address, then the same */
	RUN_KINDS
};

struct ast_run {
	uint32_t *word;
	enum run_kind kind;
	unsigned n, room; /* members */
};

struct ast {
	enum ast_kind kind : 8;
	unsigned depth : 24; /* 1 + the deepest kid's */
	struct place at;
	uint32_t num, num2;
	const char *text, *text2;
	union { /* by kind */
		struct ip ip;
		struct net net;
		struct ast_run run;
	};
	unsigned n, room;
	struct ast **kid; /* n of them; entries may be NULL where said */
	const struct block *block; /* AST_OTHERNET of a flow: its components */
};

/* filter NAME / function NAME(args) -> TYPE { body } / define NAME = expr */
struct ast_param {
	const char *type, *name;
	struct place at;
};

/*
 * Constructors.  Kids may be NULL where the kind allows it; kid arrays are copied.
 */
struct ast *ast_new(struct arena *, enum ast_kind, const struct place *);
struct ast *ast_num(struct arena *, enum ast_kind, const struct place *, uint32_t);
struct ast *ast_text(struct arena *, enum ast_kind, const struct place *, const char *);
struct ast *ast_1(struct arena *, enum ast_kind, const struct place *, struct ast *);
struct ast *ast_2(
    struct arena *, enum ast_kind, const struct place *, struct ast *, struct ast *);
struct ast *ast_3(struct arena *, enum ast_kind, const struct place *, struct ast *,
    struct ast *, struct ast *);
/* Adds a kid at the end, amortised; NULL adds nothing. */
struct ast *ast_add(struct arena *, struct ast *, struct ast *kid);

/* Adds a member to a set, in a run if it can be: then its nodes, the last that were made,
 * are given back to the arena. */
struct ast *ast_add_member(struct arena *, struct ast *set, struct ast *member);
extern const unsigned run_words[RUN_KINDS];
/* The pattern of a run of networks, by number. */
struct net run_net(const struct ast_run *, unsigned i, unsigned *low, unsigned *high);

/* What the tree says, without its places, as bytes in buf: two trees with one key mean the
 * same where their names do.  The length, or 0 when it is longer or there is none. */
size_t ast_key(const struct ast *, uint8_t *buf, size_t size);

enum ast_def_kind { DEF_CONST, DEF_FILTER, DEF_FUNCTION, DEF_ATTRIBUTE };

struct ast_def {
	enum ast_def_kind kind;
	const char *name;
	struct place at;
	const char *type; /* function result, attribute type; or NULL */
	unsigned code;	  /* attribute's type on the wire; 0: it has none */
	unsigned param_n;
	const struct ast_param *param;
	struct ast *body; /* block, or the constant's expression */
};

#endif
