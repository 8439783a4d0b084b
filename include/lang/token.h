/*
 * Tokens with a value: what the scanner (grammar/lex.l) has cut out of the text, read.
 * Each gives the token, or the error token when the text has been refused; strings and
 * words go to the source's arena, addresses and prefixes to its tree.  Internal to lang and
 * grammar.
 */
#ifndef MYNAH_LANG_TOKEN_H
#define MYNAH_LANG_TOKEN_H

#include "lang/source.h"

union MYNAH_STYPE; /* of the parser */

/* The next token of the text, with its value and place. */
int mynah_lex(union MYNAH_STYPE *, struct place *, struct source *);
/* The same by the rules of the scanner alone. */
int lex_rules(union MYNAH_STYPE *, struct place *, struct source *);

/* A keyword, a constant or a name. */
int token_word(
    struct source *, union MYNAH_STYPE *, const struct place *, const char *, size_t len);
/* A keyword in a block may only begin statements of the file: then the brace that closes
 * the block comes first.  `behind` is what follows it, its first character apart. */
int token_placed(struct source *, struct place *, int token, const char *word,
    const char *behind, char first);

/* Of text that ends with a NUL. */
int token_num(
    struct source *, union MYNAH_STYPE *, const struct place *, const char *, int base);
int token_ip(struct source *, union MYNAH_STYPE *, const struct place *, const char *);
int token_net(struct source *, union MYNAH_STYPE *, const struct place *, const char *);
int token_mask(struct source *, union MYNAH_STYPE *, const struct place *, const char *);
int token_rd(struct source *, union MYNAH_STYPE *, const struct place *, const char *);
int token_empty(struct source *, union MYNAH_STYPE *, const char *);

/* The text as it is. */
int token_keep(struct source *, union MYNAH_STYPE *, const char *, size_t len, int token);

/* Values: an address, a prefix without host bits, in host byte order. */
int token_ip4(struct source *, union MYNAH_STYPE *, uint32_t addr);
int token_net4(struct source *, union MYNAH_STYPE *, const struct place *, uint32_t addr,
    unsigned plen);

#endif
