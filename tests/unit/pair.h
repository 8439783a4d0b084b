/*
 * Two sessions and a network between them in virtual time: connections with a delay each,
 * bytes in order, ends that close, faults on request.
 */
#ifndef MYNAH_TESTS_UNIT_PAIR_H
#define MYNAH_TESTS_UNIT_PAIR_H

#include "bgp/session.h"

#define PAIR_RX_MAX 65536
#define SECOND	    1000u
#define MARKER	    "ffffffffffffffffffffffffffffffff" /* in front of each message */

struct pair;
struct side;

/* One TCP connection: end 0 opened it, end 1 accepted it. */
struct link {
	struct link *next;
	struct side *end[2]; /* NULL once closed there */
	uint32_t delay_ms;
	uint64_t last_at[2];
	uint8_t *rx[2]; /* came, but was not taken by the session */
	size_t rx_n[2];
};

struct side {
	struct pair *pair;
	unsigned index; /* 0 or 1 */
	struct session_conf conf;
	struct session *session;
	struct link *link[CONNS];
	struct link *pending; /* being accepted while another one is still there */
	bool refuse;     /* nothing listens here */
	bool deaf;       /* input is not read: it waits */
	unsigned chunk;  /* bytes given to session_input at a time; 0: all */
	bool is_up;
	unsigned ups, downs, fails, updates, refreshes;
	enum conn_id up_id;
	enum family refresh_family;
	unsigned refresh_subtype;
	struct down_reason reason;        /* of the last down or failed */
	uint8_t last[64];		  /* the beginning of what was sent last */
	size_t last_n;
	void (*on_up)(struct side *);     /* called from within the callbacks */
	void (*on_down)(struct side *);
	void (*on_update)(struct side *);
};

struct pair {
	uint64_t now;
	struct side side[2];
	struct event *events;
	unsigned event_n, event_room;
	uint64_t sequence;
	uint32_t delay_ms[2];    /* of the link that side opens */
	bool black_hole;         /* bytes vanish, nobody is told */
	struct link *links;
};

/* Two of AS 64512, with all that a session can; the second has the higher router id. */
struct session_conf pair_conf(uint32_t as, uint32_t remote_as, uint32_t id);
struct session_conf pair_low(void);
struct session_conf pair_high(void);

void pair_init(struct pair *, const struct session_conf *, const struct session_conf *);
void pair_up(struct pair *); /* of these two, the first passive, established */
void pair_fini(struct pair *); /* stops both */
void pair_start(struct pair *);
void pair_run(struct pair *, uint64_t ms);
/* Runs until both are established or the time is over. */
bool pair_run_up(struct pair *, uint64_t ms);
/* Both established, on the same connection. */
bool pair_is_up(const struct pair *);
/* Breaks all connections with ECONNRESET at both ends. */
void pair_cut(struct pair *);
/* Bytes that reach a side on its established (or only) connection at once. */
void pair_inject(struct pair *, unsigned to, const uint8_t *, size_t);
void pair_inject_hex(struct pair *, unsigned to, const char *);
struct session_view side_view(const struct side *);

#endif
