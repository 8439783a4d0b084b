/*
 * Two BFD sessions that speak over a link of the test's own, with the test's clock.
 */
#ifndef MYNAH_TESTS_UNIT_BFDPLAY_H
#define MYNAH_TESTS_UNIT_BFDPLAY_H

#include "bfd/session.h"
#include "test.h"

/* A packet takes `delay` on its way; `cut` loses those of one end. */
struct end {
	struct bfd_session *s;
	struct play *play;
	bool cut;
	unsigned sent, changes;
	uint64_t sent_at, longest, shortest; /* between two packets */
	uint8_t last[BFD_PACKET_MAX];
	size_t last_n;
	struct {
		uint8_t bytes[BFD_PACKET_MAX];
		size_t n;
		uint64_t at;
	} queue[64]; /* towards the other */
	unsigned head, tail;
	const char *dropped;
};

struct play {
	struct bfd_time now;
	uint64_t delay;
	struct end end[2];
};

extern const struct bfd_conf usual;

/* Sessions eat the keys of their descriptions. */
void play_begin(struct play *, struct bfd_conf a, struct bfd_conf b);
void play_end(struct play *);
void play_for(struct play *, uint64_t us);
struct bfd_view view(const struct play *, unsigned end);
void stats_reset(struct play *); /* of both ends: what was sent, changes, gaps */
void assert_states(const struct play *, unsigned a, unsigned b);

#endif
