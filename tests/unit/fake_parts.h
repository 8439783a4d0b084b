/*
 * What the parts of the fake daemon share.
 */
#ifndef MYNAH_TESTS_UNIT_FAKE_PARTS_H
#define MYNAH_TESTS_UNIT_FAKE_PARTS_H

#include "fake_daemon.h"

/* 2026-11-21 20:41:51.441 UTC */
#define BOOT 1795293711441ull

struct filter { /* a name is all that is asked of it */
	const char *name;
};

extern struct filter fake_where;
extern const struct table_conf fake_master4, fake_master6, fake_other4;
extern const struct proto_conf fake_st4, fake_st6, fake_b1, fake_c1;
extern int fake_model_refs;

void *fake_open(void *daemon, struct control *, const struct route_query *);
void fake_next(void *daemon, void *walk, unsigned max);
void fake_close(void *daemon, void *walk);

#endif
