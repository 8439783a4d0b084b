/*
 * Results of filters, remembered.
 *
 * A filter's result depends on the attribute set, for some filters on the source, and on
 * what it asks of the network (filter/ask.h).  So for each (filter, attribute set) there
 * is a tree of questions with results as leaves: the filter runs once for each set of
 * answers, else only the questions are asked.  A filter that asks nothing has one leaf.
 *
 * The set is known by its content, not by its id, and results are private sets: nothing
 * here refers to a store, so nothing needs to be told when routes go.  A memo belongs to
 * one thread, and is bounded: a table of slots, in which what is seen again takes the
 * place of what was there, each of bounded size.
 */
#ifndef MYNAH_FILTER_MEMO_H
#define MYNAH_FILTER_MEMO_H

#include "filter/filter.h"

struct memo;

struct memo *memo_new(void);
void memo_free(struct memo *); /* NULL is fine; no use may be open */

struct memo_answer {
	enum filter_result result;
	bool changed;	      /* accepted with another set than the route's: `set` */
	bool med_set;	      /* the MED is of the filter's making */
	uint64_t serial;      /* of the set: equal ones of one use have equal serials */
	const struct attrs *set;
	struct memo_answer *next;
};

/* Runs of one filter on one attribute set.  All that is named is borrowed until the end. */
struct memo_use {
	struct memo *memo;
	struct memo_entry *entry;
	const struct filter *filter;
	const struct attrs *from; /* head not needed */
	const struct route_source *source;
};

void memo_begin(struct memo_use *, struct memo *, const struct filter *,
    const struct attrs *from, const struct route_source *);
/* The result for a network; it stays until memo_end, but one that came of an opaque run
 * only until the next memo_run. */
const struct memo_answer *memo_run(struct memo_use *, const struct net *);
void memo_end(struct memo_use *);

struct memo_stats {
	uint64_t uses, found; /* attribute sets, those already known */
	uint64_t runs;	      /* of filters */
	size_t entries, bytes;
};
struct memo_stats memo_stats(const struct memo *);

#endif
