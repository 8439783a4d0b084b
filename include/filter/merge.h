/*
 * Routes as values: several routes of a network made into one (protocol aggregator).
 *
 * What `aggregate on` names gives each route a key, bytes that are equal for routes of
 * one bucket.  `merge by` runs on a new route and sees those of the bucket as `routes`:
 * values of type route, whose attributes can be read.
 */
#ifndef MYNAH_FILTER_MERGE_H
#define MYNAH_FILTER_MERGE_H

#include "filter/compile.h"

struct merge_route { /* what it names is borrowed for the run */
	const struct net *net;
	const struct attrs *attrs;
	struct route_source source;
	uint32_t id;	     /* as `print` shows it, */
	const char *channel; /* and that, too */
};

struct merge_block {
	unsigned n; /* at least 1 */
	const struct merge_route *route;
};

/* An item of `aggregate on`. */
struct merge_item {
	const char *name; /* an attribute, or NULL: */
	const struct ast *expr;
	struct place at;
};

/* Compiles `aggregate on` for filter_key; NULL after an error (reported). */
struct filter *scope_compile_key(struct scope *, const struct merge_item *, unsigned n);
/* Compiles `merge by`: of the attributes among the items the new route has the bucket's
 * values when the body begins. */
struct filter *scope_compile_merge(
    struct scope *, const struct ast *body, const struct merge_item *, unsigned n);

/* The route's key, in the draft's arena.  False: an error, logged as filter_run does. */
bool filter_key(const struct filter *, const struct net *, struct draft *,
    const struct route_source *, const void **key, size_t *len);
/* Runs `merge by` on the new route; otherwise as filter_run. */
enum filter_result filter_merge(const struct filter *, const struct net *,
    struct draft *new, const struct route_source *, const struct merge_block *);

#endif
