/*
 * Protocol bmp, in main: stations, and what they are told.
 *
 *	tap (io threads, shards) -> mail -> lookout.c: messages -> each station's queue
 *	a new station -> bmpdump.c: what there is already, in slices -> its queue
 *	bmp.c: connections, the protocol's life
 */
#ifndef MYNAH_DAEMON_LOOKOUT_H
#define MYNAH_DAEMON_LOOKOUT_H

#include "control/record.h"
#include "daemon/outq.h"
#include "daemon/runtime.h"
#include "daemon/tap.h"

/* A session that is up, and what main knows of it. */
struct watched {
	uint32_t id, serial; /* of the peer; of the session among all */
	uint64_t time_us;
	struct tap_session *session;
	uint8_t *opens; /* sent, received */
};

enum dump_phase { DUMP_NONE, DUMP_PRE, DUMP_POST };

/* What a station that has just come is told. */
struct dump {
	enum dump_phase phase;
	uint32_t walk; /* the slice that is under way; 0: none */
	bool hungry;   /* it goes on when the queue has room */
	struct dump_peer {
		uint32_t id, serial;
	} * peer;
	unsigned peer_n, at; /* DUMP_PRE: whose routes, of which family */
	enum family family;
	uint32_t pos;
	uint32_t *table;		   /* ids */
	unsigned table_n, table_at, shard; /* DUMP_POST */
	struct walk w;
};

struct station {
	struct lookout *lookout;
	struct run *run;
	enum bmp_state state;
	bool greeted; /* connected, and sessions are known */
	int fd; /* -1: none */
	struct watch *watch;
	struct timer *timer;	  /* to try again, or for a connection to come about */
	struct timer *dump_timer; /* the next slice */
	struct timer *stats_timer;
	struct outq out;
	uint32_t wait_s; /* before the next attempt */
	uint64_t up_ms;
	char error[128]; /* what ended it last */
	struct dump dump;
};

struct lookout {
	struct runtime *rt;
	struct station **station;
	unsigned station_n;
	struct watched **peer;	/* by peer id; NULL: not up */
	uint32_t *channel_peer; /* by channel id: the peer's */
	uint32_t serial, walk;
	uint32_t asked;	 /* the walk in which io threads tell their sessions */
	unsigned answers; /* to come, of io threads */
	struct bmp out;
};

/* lookout.c */
struct lookout *lookout_join(struct runtime *, struct station *);
void lookout_leave(struct station *);
void lookout_wants(struct lookout *);	       /* stations have come or gone */
unsigned station_taps(const struct station *); /* TAP_* */
/* Tells what there is, at once or when sessions are known. */
void lookout_greet(struct station *);
/* What is in l->out goes to a station: something that it has been waiting for. */
void lookout_give(struct lookout *, struct station *);
uint64_t lookout_now_us(void);
struct watched *lookout_peer(
    const struct lookout *, uint32_t id, uint32_t serial); /* or NULL */
void lookout_statistics(struct station *);

/* bmpdump.c */
void dump_begin(struct station *);
void dump_end(struct station *);
void dump_step(void *station);				    /* the timer */
void dump_slice(struct station *, const struct tap_mail *); /* it is told */
void dump_room(struct station *); /* the queue has become shorter */

/* bmp.c */
/* Borrowed.  News: the station is reset if too much waits for it. */
void station_put(struct station *, struct segment *, bool news);
void station_reset(struct station *, const char *why);
void bmp_record(const struct run *, struct bmp_record *);

#endif
