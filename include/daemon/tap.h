/*
 * What sessions do, on its way to who looks on: protocol bmp in main (lookout.h).
 *
 * Nobody waits for main: what it has not taken yet is bounded, and when that is too much
 * routes are left out and main is told that they were.
 */
#ifndef MYNAH_DAEMON_TAP_H
#define MYNAH_DAEMON_TAP_H

#include "bgp/bmp.h"
#include "daemon/peerimpl.h"

/* daemon.taps: what is wanted. */
enum { TAP_SESSIONS = 1, TAP_PRE_POLICY = 2, TAP_POST_POLICY = 4 };

#define TAP_MAX (256u << 20) /* bytes on their way */

enum tap_kind {
	TAP_UP,
	TAP_DOWN,
	TAP_MESSAGE, /* an UPDATE as it came */
	TAP_ROUTES,
	TAP_SLICE, /* the end of a slice of a walk */
	TAP_ALL    /* the end of all sessions of a thread */
};

/* A session that is up. */
struct tap_session {
	struct bmp_peer peer;
	struct ip local;
	uint16_t local_port, remote_port;
	bool as4;
	bool active[FAMILIES], add_path[FAMILIES];
	uint32_t channel[FAMILIES], epoch[FAMILIES];
	uint32_t sent_len, received_len; /* both OPENs: in the mail's bytes */
};

struct tap_mail {
	struct task task;
	enum tap_kind kind;
	uint32_t peer;	  /* its id; with TAP_ROUTES of a shard 0, and the batch names a
			     channel */
	uint32_t epoch;	  /* of that */
	uint32_t walk;	  /* who asked for it; 0: it is news */
	uint64_t time_us; /* wall clock */
	enum family family;
	bool as4;
	struct tap_session *session; /* TAP_UP: owned */
	enum bmp_down why;
	struct batch *batch; /* owned; its time is the routes' */
	uint32_t pos;	     /* TAP_SLICE */
	bool done, kept;     /* there is an import table */
	uint32_t len;
	uint8_t bytes[];
};

/* Main runs it, and frees it and its batch. */
void tap_mail_run(void *runtime, struct task *);

/*
 * Io threads.
 */
/* Of every connection, be anybody there or not: who comes late wants the OPENs, too. */
void tap_sent(struct conn *, const uint8_t *msg, size_t len);
void tap_received(struct conn *, const uint8_t *msg, size_t len);
void tap_forget(struct conn *);

void tap_up(struct peer *); /* before its channels are */
void tap_down(struct peer *, const struct down_reason *);
/* Behind the import: the message was the last that came on the connection. */
void tap_update(struct peer *, const struct update *);
/* Routes of the channel's import table that are taken out, one by one, then an end. */
void tap_gone(struct channel *, const struct nlri *);
void tap_gone_end(struct channel *);

/*
 * Main.
 */
/* All sessions of the thread that are up, as if they came up now; then TAP_ALL. */
void tap_ask_sessions(struct io *, uint32_t walk);
/* A slice of what the import table has, behind what came so far; then TAP_SLICE. */
void tap_ask_kept(struct io *, uint32_t walk, uint32_t peer, enum family, uint32_t pos);
/* Of a shard's table, likewise; *w goes on. */
void tap_ask_table(struct daemon *, unsigned shard, uint32_t walk, struct walk *w);

/*
 * Shards.
 */
void tap_routes(struct daemon *, uint32_t epoch, uint32_t walk, struct batch *);

#endif
