/*
 * Words of a command line, cut as the configuration's lexer cuts them: symbols, numbers,
 * addresses, texts, single characters; comments are dropped.
 */
#ifndef MYNAH_CONTROL_TOKEN_H
#define MYNAH_CONTROL_TOKEN_H

#include "base/arena.h"
#include "base/net.h"

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_TEXT, TOKEN_NUM, TOKEN_IP, TOKEN_CHAR };

struct token {
	enum token_kind kind;
	const char *text; /* WORD, TEXT: without quotes */
	uint32_t num;     /* NUM; CHAR: the character */
	struct ip ip;
	size_t at, end; /* where it stands in the line */
	bool quoted;    /* a WORD in '...' */
};

/* All tokens of the line, the last one END.  On an error NULL, and *error says what. */
struct token *tokens_cut(struct arena *, const char *line, const char **error);

/* A keyword of the command language (then messages name it in capitals). */
bool token_is_keyword(const char *word);

/* Whether a network begins with this word: `mpls N`, `aspa N`. */
bool token_heads_net(const struct token *);
/* What ends an expression that begins here: it goes on until an operand follows an
 * operand.  What is behind a block that begins here. */
const struct token *token_skip_expr(const struct token *);
const struct token *token_skip_block(const struct token *);

#endif
