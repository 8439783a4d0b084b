/*
 * What filters are run on in tests, and what they log.
 */
#ifndef MYNAH_TESTS_UNIT_FILTERROUTE_H
#define MYNAH_TESTS_UNIT_FILTERROUTE_H

#include "test.h"
#include "bgp/attrs.h"
#include "filter/filter.h"

/* 10.1.0.0/16 from AS 65001, with most attributes of BGP but no MED; the draft is made. */
void route_init(
    struct draft *, struct arena *, struct net *, struct route_source *);

/* Between the two, log lines go to `logged`, which begins empty, each with its newline. */
extern char logged[65536];
void logged_begin(void);
void logged_end(void);

#endif
