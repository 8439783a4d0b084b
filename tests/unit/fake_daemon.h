/*
 * A daemon for the tests of the control socket: a small router with two BGP peers, two
 * static protocols and a handful of routes, answered at once or, with `late` set, when
 * asked to.
 */
#ifndef MYNAH_TESTS_UNIT_FAKE_DAEMON_H
#define MYNAH_TESTS_UNIT_FAKE_DAEMON_H

#include "control/command.h"

struct fake {
	bool late;      /* routes come with fake_answer only */
	bool endless;   /* the walk never ends: the first route again and again */
	unsigned asked; /* calls of routes_next */
	unsigned walks; /* open walks */
	char last[256]; /* what was done last, for the tests to look at */
	struct control *control;
};

extern const struct daemon_ops fake_ops;

void fake_init(struct fake *);
void fake_fini(struct fake *);
void fake_answer(struct fake *);

#endif
