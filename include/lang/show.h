/* Trees back to text: canonical, and read back to an equal tree. */
#ifndef MYNAH_LANG_SHOW_H
#define MYNAH_LANG_SHOW_H

#include <stdio.h>
#include "lang/tree.h"

/* A name, quoted where it must be. */
void show_name(FILE *, const char *name);
/* A type as it is written in BIRD 2. */
void show_type(FILE *, const char *type);
void show_expr(FILE *, const struct ast *);
/* Statements of the filter language in braces, the inner ones one tab further in. */
void show_block(FILE *, const struct ast *, unsigned tabs);
/* define, filter, function, with the line's end. */
void show_def(FILE *, const struct ast_def *);
/* An argument of a statement; a whole statement on lines of its own. */
void show_arg(FILE *, const struct arg *, unsigned tabs);
void show_stmt(FILE *, const struct stmt *, unsigned tabs);

#endif
