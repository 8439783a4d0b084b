/*
 * Filters for tests of the RIB: a few fixed behaviours behind the interface of the real
 * ones.
 */
#ifndef MYNAH_TESTS_FAKE_FILTER_H
#define MYNAH_TESTS_FAKE_FILTER_H

#include "filter/ask.h"

enum fake_kind {
	FAKE_ACCEPT,
	FAKE_REJECT,
	FAKE_ODD_NETS,	 /* rejects networks whose third key byte is odd */
	FAKE_LOCAL_PREF, /* sets local_pref to the parameter */
	FAKE_MED_SOME,	 /* sets med to the parameter for odd networks */
	FAKE_LONG_PATHS, /* rejects AS paths longer than the parameter */
	FAKE_NEXT_HOP,	 /* sets the next hop for odd networks */
	FAKE_ORIGIN, /* rejects networks that lie in fake_bad_origin; asks table 1 */
	FAKE_KINDS
};

struct filter *fake_filter(
    enum fake_kind, uint32_t param); /* a reference for the caller */
unsigned fake_filters_alive(void);

#define FAKE_MED_BAD 666 /* a key cannot be made of it */

/* Tables of origins: a set is one network, and touches what lies in it. */
struct origins;
extern struct net fake_bad_origin;
struct origins *fake_origins(const struct net *);

#endif
