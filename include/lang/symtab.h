/* Names of one configuration: one name space for everything that is defined. */
#ifndef MYNAH_LANG_SYMTAB_H
#define MYNAH_LANG_SYMTAB_H

#include "lang/ast.h"

struct symbol {
	const char *name;
	const char *class; /* "routing table", "filter", "protocol" ... */
	struct place at;
	void *data;
	struct symbol *next; /* in the order of definition */
};

struct symtab;

struct symtab *symtab_new(struct arena *);
struct symbol *symtab_find(const struct symtab *, const char *name);
/* NULL if the name is taken. */
struct symbol *symtab_add(
    struct symtab *, const char *name, const char *class, const struct place *);
const struct symbol *symtab_first(const struct symtab *);

#endif
