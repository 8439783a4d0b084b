/*
 * What the lexer and the grammar share: the texts being read, where the reader stands,
 * and the constructors of the tree.  Internal to lang and grammar.
 */
#ifndef MYNAH_LANG_SOURCE_H
#define MYNAH_LANG_SOURCE_H

#include "base/arena.h"
#include "lang/parse.h"

#define SOURCE_BYTES_MAX (256u << 20) /* of all files of one configuration */
#define SOURCE_FILES_MAX 65536
#define SYMBOL_MAX	 64
#define TOKEN_TEXT_MAX	 48
#define BRACES_KEPT	 16 /* of the open ones, by place */

/* What is scanned is a copy of its own, freed at its end: the text is wanted again only
 * below a message. */
struct source_text {
	const char *name;
	const char *text; /* NULL: a file, to be read again */
	size_t len;
	struct place from; /* the include it was read by; line 0: none */
	struct source_text *next;
};

/* A word of the text, once for all places it stands at. */
struct source_word {
	struct source_word *next; /* of the same slot */
	uint32_t hash;
	int token;
	bool named; /* a name in this text, even if it is a keyword */
	char text[];
};

struct stmts {
	struct stmt *first, *last;
};

/* One file of the include stack, with the files of the same include that are still to
 * come. */
struct source_level {
	struct place at;
	unsigned long dev, ino;
	char **pending;
	unsigned pending_n, pending_i;
	struct place include_at;
	char *scan; /* with two NULs behind it */
	size_t scan_len, scan_done; /* given back up to there */
};

struct source {
	struct arena *arena; /* names and strings */
	struct arena *tree, *other; /* the tree; of the statement before, if they are told */
	parse_error_fn *error;
	void *ctx;
	parse_stmt_fn *told; /* is given each statement of the file, or NULL */
	void *told_ctx;
	parse_fold_fn *fold; /* or NULL */
	struct arena_mark route_mark; /* of the tree, before the last `route` */
	const char *proto; /* type of the protocol whose block is read, or NULL */
	bool stop;
	bool aside; /* something comes before the next token: see lex_aside */
	struct stmts tops; /* of the file: all, or those not told yet */
	const struct stmt *untold;
	const struct source *earlier;
	unsigned errors;
	int start;	    /* token to give first, 0: none left */
	struct place at;    /* where the next character stands */
	struct place begin; /* of a comment */
	unsigned depth;
	struct source_level level[INCLUDE_DEPTH_MAX];
	size_t bytes;
	unsigned files;
	struct source_text *texts;
	char *token; /* the last one, for messages, in the scanner's buffer */
	size_t token_len;
	struct source_word **words; /* a hash table of word_room slots */
	unsigned word_n, word_room;
	struct args *spare; /* of a finished statement, for the next */
	void *scanner; /* of flex */
	char *cursor; /* where the next token is looked for; NULL: the scanner knows */
	bool bol;      /* it stands at the begin of a line */
	bool by_rules; /* no short way through the text: for tests */
	bool ended;	   /* the last token was `;` or `{` */
	struct place lone; /* a `;` inside of braces that ends nothing; line 0: none */
	struct place old_include; /* of two strings; line 0: none */
	struct place four, six; /* the first IPv4 prefix, the first of IPv6; line 0: none */
	unsigned four_n, six_n; /* all of them, and addresses */
	struct place nowhere; /* the end of a statement that something wrong follows */
	bool old_syntax; /* path masks between slashes and the like, of 1.6 */
	unsigned brace_n;	/* open braces, the outermost ones with their places */
	struct place brace[BRACES_KEPT];
	unsigned closing; /* of them, those that the scanner still has to close itself */
	int after;	  /* the token that comes behind these; 0: the end of the text */
	struct place after_at;

	/* results */
	const struct block *block;
	const struct ast *expr;
	const struct arg *filter;
};

/* Where the statement begins that a place is in, and what stands in it before the place;
 * line 0: nothing.  False when it is not known.  `before` may be NULL. */
bool source_statement(struct source *, const struct place *at, struct place *begin,
    struct place *before);

/* The text of that name (of a place: NULL is none), or NULL. */
struct source_text *source_text_find(const struct source *, const char *name);
/* All of a file, with two NULs behind it, for mem_free; 0 or -errno.  `size` is what it
 * should have: a pipe tells none. */
int source_read(int fd, size_t size, size_t max, char **text, size_t *len);

struct source_word *source_word(struct source *, const char *, size_t len);
/* What has been scanned of a large text goes back to the system. */
void source_behind(struct source *);
/* Tells the statements that are complete. */
void source_tell(struct source *);
void source_error(struct source *, const struct place *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The first text: a file, or `text` under a name, which stays as it is while it is read.
 * NULL after an error. */
const struct source_level *source_begin(
    struct source *, const char *name, const char *text, size_t len);
/* Frees what is left of texts that were not read to their end. */
void source_end(struct source *);

/* A syntax error at the end of the text: names the brace that is still open. */
void source_end_error(struct source *, const char *expecting);
/* And at the last token. */
void source_token_error(struct source *, const struct place *, const char *expecting);

/* `include "pattern"`: opens the first file; NULL when there is none or after an error.
 */
const struct source_level *source_include(
    struct source *, const struct place *, const char *pattern, size_t len);
/* At the end of a text: the next one of the same include, or NULL with *up set when the
 * text around it goes on, or NULL at the very end. */
const struct source_level *source_next(struct source *, bool *up);

/* Is a word that begins a statement of the file inside of a block?  Then it has been said,
 * and all braces are closed before it. */
bool source_strays(struct source *, const struct place *, const char *word);
/* Gives one of the braces that are to be closed: its place has column 0. */
bool source_close(struct source *, struct place *);

void source_semicolon(struct source *, const struct place *);
void source_brace(struct source *, const struct place *, int open);

/*
 * Constructors for the grammar; kids may be NULL after an error.
 */
struct args {
	struct arg *first, *last;
	unsigned n;
};

struct arg *arg_new(struct source *, enum arg_kind, const struct place *);
struct arg *arg_num(struct source *, const struct place *, uint32_t);
/* Addresses and prefixes are the lexer's, in the tree: their node takes them over. */
struct arg *arg_ip(struct source *, const struct place *, const struct ip *);
struct arg *arg_net(struct source *, const struct place *, const struct net *);
struct arg *arg_text(struct source *, enum arg_kind, const struct place *, const char *);
struct arg *arg_expr(
    struct source *, enum arg_kind, const struct place *, const struct ast *);
struct arg *arg_block(struct source *, enum arg_kind, const struct place *, const char *,
    const struct block *);
struct args *args_add(struct source *, struct args *, struct arg *);
struct args *args_first(
    struct source *, const struct place *, const char *word, struct args *);

struct stmt *stmt_words(
    struct source *, struct args *, const struct place *end, bool open);
struct stmt *stmt_proto(struct source *, const struct place *, bool template,
    struct args *, struct arg *block);
struct stmt *stmt_eval(struct source *, const struct place *, struct ast *);
struct stmt *stmt_def(struct source *, enum ast_def_kind, const struct place *,
    const char *name, const char *type, struct ast *params, struct ast *decls,
    struct ast *body);
struct stmts *stmts_add(struct source *, struct stmts *, struct stmt *);
/* The head of a protocol or template is complete; returns its args. */
struct args *proto_named(struct source *, struct args *);
/* Another statement of a block; alone: nothing behind it has been read yet. */
struct stmts *block_add(struct source *, struct stmts *, struct stmt *, bool alone);
/* A statement of the file is complete. */
void top_add(struct source *, struct stmt *);
struct block *block_new(
    struct source *, const struct place *, const struct place *end, struct stmts *);

/* A definition takes a word that is a keyword of newer BIRDs: it is a name from here on. */
const char *name_free(struct source *, const struct place *, const char *word);

/* Filter language. */
/* The type's words; one that there is not has been reported, and stands for int. */
const char *type_name(
    struct source *, const struct place *, const char *word, const char *more);
struct ast *decl_new(struct source *, const struct place *, const char *type,
    const char *name, struct ast *value);
/* A declaration, or `bfd on;` of a static route of BIRD 1.6, which looks like one. */
struct ast *flag_or_decl(struct source *, const struct place *at,
    const struct place *name_at, const char *type, const char *name, struct ast *value);
struct ast *block_join(struct source *, struct ast *decls, struct ast *block);
struct ast *tuple_new(
    struct source *, const struct place *, struct ast *a, struct ast *b, struct ast *c);
struct ast *pattern_new(struct source *, const struct place *, struct net *, uint32_t low,
    uint32_t high);
struct ast *net_new(struct source *, const struct place *, struct net *);
struct ast *ip_new(struct source *, const struct place *, struct ip *);
struct ast *call_new(struct source *, enum ast_kind, const struct place *,
    const char *name, struct ast *self, struct ast *args);
struct ast *call_stmt(struct source *, const struct place *, struct ast *call);
struct ast *mask_old(struct source *, const struct place *, struct ast *);
struct ast *bare_new(struct source *, const struct place *, const char *word);
struct ast *other_net(
    struct source *, const struct place *, const char *word, uint32_t num);
struct ast *vlan_net(struct source *, const struct place *, const char *word,
    const struct place *vlan_at, const char *vlan);
struct ast *evpn_net(struct source *, const struct place *, const char *word,
    const struct place *type_at, const char *type, struct ast *rd, struct ast *rest);
/* Adds the address to the node; returns the node. */
struct ast *ip_add(
    struct source *, struct ast *to, const struct place *, struct ip *);

#endif
