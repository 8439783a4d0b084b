/*
 * What a test client has received: prefix and path id to attributes.
 */
#ifndef MYNAH_TOOLS_RXTABLE_H
#define MYNAH_TOOLS_RXTABLE_H

#include <stdio.h>
#include "bgp/update.h"

struct rxtable;

struct rxroute {
	struct nlri nlri;
	struct attrs *attrs; /* borrowed from the table */
};

struct rxtable *rxtable_new(struct store *); /* borrows the store */
void rxtable_free(struct rxtable *);         /* NULL is fine */
void rxtable_update(struct rxtable *, struct update *);
void rxtable_clear(struct rxtable *);
size_t rxtable_count(const struct rxtable *);

/* All routes by family, network and path id; the array is the caller's to mem_free. */
struct rxroute *rxtable_sorted(const struct rxtable *, size_t *n);

/* One line: "PREFIX id N nh A origin IGP path .. lp .. originator .. cluster ..", attributes
 * in the order of their codes, those without a form of their own as `attr CODE FLAGS HEX`. */
void rxroute_print(FILE *, const struct rxroute *);

#endif
