/*
 * What a run asks of the network.
 *
 * All that a filter can learn of a route besides its attributes and its source is answers
 * to questions such as `net ~ SET` or `net.len`.  A run that keeps to them is decided by
 * the attribute set and the answers: the next network with the same answers ends the same
 * way.  A run that looks at the network otherwise, or prints, says so: `opaque`.
 */
#ifndef MYNAH_FILTER_ASK_H
#define MYNAH_FILTER_ASK_H

#include "filter/filter.h"
#include "filter/value.h"

#define ASKED_MAX 32 /* questions of one run */

struct question {
	uint8_t op;	    /* the instruction that asks */
	struct val operand; /* a constant of the filter, or a number */
};

struct asked {
	struct question q;
	uint32_t answer;
};

/* One run's questions in order. */
struct asking {
	unsigned n;
	bool opaque;
	struct asked at[ASKED_MAX];
};

/* As filter_run; the questions are written down from where `asking` stands. */
enum filter_result filter_run_asking(const struct filter *, const struct net *,
    struct draft *, const struct route_source *, bool *changed, struct asking *);

/* The answer for a network.  The filter that asked must still exist. */
uint32_t filter_ask(const struct question *, const struct net *);

/* Never the same for two filters of a process, even one after the other. */
uint64_t filter_serial(const struct filter *);

#endif
