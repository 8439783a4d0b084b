/*
 * What tests of the RIB need: attribute sets and networks in one line, a shard with its
 * callbacks written down.
 */
#ifndef MYNAH_TESTS_UNIT_RIB_H
#define MYNAH_TESTS_UNIT_RIB_H

#include "test.h"
#include "rib/core.h"

struct set_desc {	     /* 0: absent, but for origin */
	uint16_t preference; /* 0: 100 */
	uint32_t local_pref, med, originator;
	uint8_t origin;
	const char *path;  /* "65001 65002" */
	uint32_t clusters; /* length of CLUSTER_LIST */
	uint32_t community;
	uint64_t target; /* an extended community */
	const char *next_hop; /* NULL: 192.0.2.1 */
	uint32_t aigp;	      /* RFC 7311 */
	uint32_t otc;	      /* RFC 9234 */
	bool bare;	      /* no ORIGIN, no AS_PATH */
};

struct attrs *make_set(struct store *, const struct set_desc *);
struct net make_net(const char *text);

/* A client of a reflector, AS 65000, cluster 7; identifier and address from its id. */
struct channel_desc make_client(uint32_t id);

/* A shard that writes down what it calls, one word each: "add 1:3", "seg 1", "uni 3",
 * "up 3", "gone 3", "import 3" for a limit, "want 1 192.0.2.1" of a resolver, "net 10.0.0.0/8
 * static" and "walked 1" of a watch, "base 1 10.0.0.0/8" and "nobase ..." for flows,
 * "+1 10.0.0.0/8" and "-1 ..." for who looks on; and what members hold: the networks announced, by text. */
#define PLAY_CHANNELS 160u

struct play {
	struct store *store;
	struct shard *shard;
	uint64_t now;
	char log[32768];
	uint32_t group[PLAY_CHANNELS];
	uint64_t backlog[PLAY_CHANNELS];
	bool add_path[PLAY_CHANNELS];
	char held[PLAY_CHANNELS][2048]; /* by channel: "net,net,", in order of arrival; with
			      * add-path "net#id," */
	struct segment *kept[64];
	unsigned kept_n;
	bool keep; /* segments stay alive until play_drop */
	struct attrs *sets[8];
	unsigned set_n;
};

void play_start(struct play *);
void play_monitored(void *play, struct batch *); /* what shard_monitor_walk gives */
struct attrs *play_set(struct play *, const struct set_desc *); /* until play_end */
void play_up(struct play *, struct channel_desc); /* exports all, unless it says what */
void play_ready(struct play *); /* runs; what was written down is forgotten */
unsigned play_groups(const struct play *);
void play_end(struct play *); /* asserts that nothing is left behind */
void play_run(struct play *); /* until it rests, without looking at holds */
void play_steps(struct play *, unsigned);
void play_drop(struct play *);
/* Networks, each with "#id" if the source uses add-path. */
void play_routes(struct play *, uint32_t channel, struct attrs *, const char *nets);

#endif
