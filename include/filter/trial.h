/*
 * A dry run: what a filter does to a route, where it was decided, and what it said.
 */
#ifndef MYNAH_FILTER_TRIAL_H
#define MYNAH_FILTER_TRIAL_H

#include "filter/filter.h"

#define TRIAL_PRINTS_MAX 200 /* lines kept */

struct filter_change {
	const char *name;
	const char *from, *to; /* as `print` writes them; NULL: not set */
};

struct filter_trial {
	enum filter_result result;
	const char *file; /* of the statement that decided; NULL: there is none */
	unsigned line;
	const char *error;  /* of FILTER_ERROR */
	unsigned print_n;   /* lines printed; the first TRIAL_PRINTS_MAX are here */
	const char *print[TRIAL_PRINTS_MAX];
	unsigned change_n; /* whatever the result: what was written until then */
	const struct filter_change *change;
};

/* Runs the filter on the draft, which it changes.  Nothing is logged or counted.  Texts are in
 * the draft's arena, the file's name lasts as long as the filter. */
void filter_try(const struct filter *, const struct net *, struct draft *,
    const struct route_source *, struct filter_trial *);

#endif
