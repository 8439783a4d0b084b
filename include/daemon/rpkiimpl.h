/*
 * What the files of protocol rpki share: the connection (rpki.c) and what is said on it
 * (rpkipdu.c).  Main thread.
 */
#ifndef MYNAH_DAEMON_RPKIIMPL_H
#define MYNAH_DAEMON_RPKIIMPL_H

#include "bgp/rtr.h"
#include "daemon/lookup.h"
#include "daemon/rpki.h"
#include "daemon/rpkiknown.h"

struct rpki {
	struct runtime *rt;
	struct run *run;
	const struct rpki_conf *conf;
	enum rpki_state state;
	int fd; /* -1: none */
	struct watch *watch;
	struct timer *timer;
	struct lookup lookup;
	uint8_t *in;
	size_t in_n;
	uint8_t out[RTR_OUT_MAX];
	size_t out_n;

	uint8_t version;
	bool version_agreed, session_known, asked_all;
	uint16_t session;
	uint32_t serial;
	uint64_t updated_ms; /* 0: never */
	uint32_t refresh_s, retry_s, expire_s;
	uint64_t act_ms; /* when to query or connect next */
	struct origin_edits *edits[KNOWN_KINDS]; /* since Cache Response */
	uint32_t records;			 /* that they came from */
	struct known *known;
};

/*
 * rpki.c
 */
void rpki_set_state(struct rpki *, enum rpki_state);
/* What is next to be done is done then, but for what comes in before. */
void rpki_act_in(struct rpki *, uint32_t seconds);
void rpki_edits_drop(struct rpki *); /* of an answer that has not come to its end */
void rpki_hang_up(struct rpki *);
/* Hangs up, for the time of a retry. */
void rpki_fail(struct rpki *, enum rpki_state, const char *why);
/* Asks for all there is, or for what is new since the serial if the session is known. */
void rpki_ask(struct rpki *);

/*
 * rpkipdu.c: takes the whole PDUs of in.  The connection may be gone after that.
 */
void rpki_take_input(struct rpki *);

#endif
