/*
 * Commands of the control socket: parsed against one table, carried out through an
 * interface that the daemon provides.  No sockets here: a session takes request lines and
 * gives reply bytes.  Main thread only.
 *
 * A reply is made in pieces: the session asks the daemon for more records only while its
 * output is short, so a client that does not read costs one buffer.
 */
#ifndef MYNAH_CONTROL_COMMAND_H
#define MYNAH_CONTROL_COMMAND_H

#include "control/record.h"

struct control;     /* a session on the socket */

/* What `show route` asks for. */
struct route_query {
	enum { ROUTES_ALL, ROUTES_NET, ROUTES_FOR, ROUTES_IN } mode;
	struct net net;
	unsigned table_n; /* 0: the default tables */
	const struct table_conf *table[16];
	bool all_tables;
	bool primary;
	bool filtered; /* routes kept by `import keep filtered` */
	enum { EXPORT_NONE, EXPORT_YES, EXPORT_PRE, EXPORT_NO, EXPORT_ED } export;
	const struct proto_conf *export_proto;
	/* The import table of a channel, in place of tables. */
	const struct channel_conf *import;
	const struct proto_conf *import_proto;
	bool export_table; /* `export table P.C`: export is EXPORT_ED */
	const struct proto_conf *protocol;
	struct filter *filter; /* `where`, `filter`; NULL: none */
	bool attributes; /* all */
	bool stats, count;
};

enum configure_kind {
	CONFIGURE,
	CONFIGURE_SOFT,
	CONFIGURE_CHECK,
	CONFIGURE_PLAN,	   /* as check, and its last line says whether sessions drop */
	CONFIGURE_RESTART, /* what would wait for the next session has one at once */
};

#define CONTROL_TEXT_MAX (64u * 1024 * 1024) /* bytes of a configuration given as text */

/* `configure`, `plan`: all borrowed until the call returns. */
struct configure_request {
	enum configure_kind kind;
	const char *file; /* NULL: the start file */
	const char *text; /* or the configuration itself, text_len bytes */
	size_t text_len;
	uint32_t timeout_s; /* 0: none */
};
enum proto_action {
	PROTO_ENABLE,
	PROTO_DISABLE,
	PROTO_RESTART,
	PROTO_RELOAD,
	PROTO_RELOAD_IN,
	PROTO_RELOAD_OUT
};

/* The daemon's side.  Answers come through control_* below, at once or later; a command
 * is over when its final line has been given. */
struct daemon_ops {
	/* The running one; borrowed until the call returns. */
	const struct model *(*model)(void *daemon);
	/* A protocol that runs without standing in the model, by its name, or NULL;
	 * borrowed until the call returns. */
	const struct proto_conf *(*dynamic)(void *daemon, const char *name);
	void (*status)(void *daemon, struct status_record *);
	/* i counts from 0 in the order of `show protocols`; false past the end. */
	bool (*protocol)(void *daemon, unsigned i, bool counts, struct protocol_record *);

	/* Writes tables to files, all borrowed for the call; control_mrt_done() tells the
	 * end, later, unless mrt_cancel was called. */
	void *(*mrt_dump)(void *daemon, struct control *, const struct mrt_conf *);
	void (*mrt_cancel)(void *daemon, void *dump);

	/* A walk over tables, in their order.  control_table comes before the first
	 * record of each table, with `stats` or `count` control_count after its last
	 * one.  Where the query names no table and all_tables is not set there is none to
	 * be walked.  `routes_next` asks for about `max` networks more; records come by
	 * control_route()/control_table()/control_count() before or after it returns,
	 * then control_routes_pause() (ask again) or control_routes_end(). */
	void *(*routes_open)(void *daemon, struct control *, const struct route_query *);
	void (*routes_next)(void *daemon, void *walk, unsigned max);
	void (*routes_close)(void *daemon, void *walk);

	/* Answers by control_plan and control_reply lines. */
	void (*configure)(void *daemon, struct control *,
	    const struct configure_request *);
	void (*configure_undo)(void *daemon, struct control *);
	void (*configure_confirm)(void *daemon, struct control *);
	void (*configure_status)(void *daemon, struct control *);
	/* Returns the reply code (0009 disabled, 0010, 0011, 0012, 0015, 8006, 0008 ...)
	 * and sets *text. */
	unsigned (*proto_do)(void *daemon, const char *name, enum proto_action,
	    const char *message, const char **text);
	void (*down)(void *daemon);
	void (*graceful_restart)(void *daemon);
	struct memory_record {
		size_t tables, attributes, protocols, config, total, total_rss;
		size_t origins; /* of tables: what roa_check and aspa_check ask */
		size_t results; /* of filters, remembered by the threads */
		uint64_t paths, nets;
	} (*memory)(void *daemon);
	bool (*group)(void *daemon, unsigned i, unsigned *shard, struct group_view *);

	/* The language, NULL where it is not offered.  filter: of "filter NAME", "filter
	 * { ... }" or "where EXPR", with the names of the running model; a reference, or
	 * NULL and the message in error.  eval: the value into buf and 23, else the
	 * message and 8008 or 9001. */
	struct filter *(*filter)(void *daemon, const char *text, size_t len, char *error,
	    size_t size);
	unsigned (*eval)(void *daemon, const char *text, size_t len, char *buf,
	    size_t size);
	/* Of "flow4 { ... }" or "flow6 { ... }": borrows bytes in the arena; false and the
	 * message in error. */
	bool (*flow)(void *daemon, const char *text, size_t len, struct arena *,
	    struct net *, char *error, size_t size);
	/* The compiled form of a filter, line by line; false: there is none of that name. */
	bool (*show_filter)(void *daemon, const char *name,
	    void (*line)(void *ctx, const char *text), void *ctx);
	/* Does that hop of a static route lead anywhere now?  NULL: yes. */
	bool (*hop_up)(void *daemon, const struct proto_conf *,
	    const struct static_route *, unsigned hop);
	/* A dry run; what is answered lies in the arena.  False: it cannot be made, and why. */
	bool (*trial)(void *daemon, const struct trial_request *, struct arena *,
	    struct filter_trial *, char *error, size_t size);
	/* The i-th session of a protocol bfd: 1; 0 past the last, -1: it is not up.  The
	 * sessions are looked at when i is 0.  NULL: not offered. */
	int (*bfd_session)(
	    void *daemon, const char *proto, unsigned i, struct bfd_session_record *);
	/* ROAs of a table, slice by slice: what the operator added before what others have.
	 * `next` gives about `max` more and is false past the last.  All NULL: not offered.
	 * An edit with the net NULL takes away all that was added. */
	void *(*roas_open)(void *daemon, const struct table_conf *);
	bool (*roas_next)(void *daemon, void *walk, unsigned max,
	    void (*fn)(void *ctx, const struct net *), void *ctx);
	void (*roas_close)(void *daemon, void *walk);
	void (*roa_edit)(void *daemon, const struct table_conf *, const struct net *,
	    bool add);
	/* `debug P MASK`: bit per debug class in BIRD's order; NULL: without effect. */
	void (*debug)(void *daemon, const char *name, unsigned mask);
	/* `mrtdump P MASK`: MRTDUMP_*; NULL: without effect. */
	void (*mrtdump)(void *daemon, const char *name, unsigned mask);
};

enum debug_class { /* of `debug` */
	DEBUG_STATES = 1 << 0,
	DEBUG_ROUTES = 1 << 1,
	DEBUG_FILTERS = 1 << 2,
	DEBUG_INTERFACES = 1 << 3,
	DEBUG_EVENTS = 1 << 4,
	DEBUG_PACKETS = 1 << 5,
	DEBUG_ALL = (1 << 6) - 1,
};

/* One session; text 1.6 when dialect is DIALECT_1.  `restricted`: as if `restrict` was
 * said. */
struct control *control_new(const struct daemon_ops *, void *daemon, enum dialect,
    bool restricted);
void control_free(struct control *);

/* More requests wait than are worth keeping: the daemon reads the socket again once
 * false. */
bool control_is_full(const struct control *);
/* No command runs or waits: with an empty output, a client that has shut its writing side
 * has got all it asked for. */
bool control_is_idle(const struct control *);

/* Request bytes from the client.  Returns false when the session must be closed. */
bool control_input(struct control *, const char *, size_t);

/* Reply bytes ready for the client: borrowed, valid until the next call. */
size_t control_output(struct control *, const char **data);
/* So many of them were sent: may make more. */
void control_sent(struct control *, size_t n);
/* Called when output appears outside control_input/control_sent (an answer came later).
 * */
void control_on_output(struct control *, void (*fn)(void *ctx), void *ctx);

/* From the daemon: a reply line.  final ends the command. */
void control_reply(struct control *, unsigned code, bool final, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* What a reload would do, as continued lines of the answer.  whole: step by step, else the
 * sum and the sessions that drop.  Nothing is said when nothing changes. */
void control_plan(struct control *, const struct plan_record *, bool whole);
/* "+line" between or inside replies */
void control_async(struct control *, const char *line);
/* A log line for `echo`; given on to the client if it wants the class. */
void control_log(struct control *, enum log_class, const char *line);

void control_table(struct control *, const struct table_conf *);
void control_route(struct control *, const struct route_record *);
void control_count(struct control *, const struct count_record *);
void control_mrt_done(struct control *, const char *error); /* NULL: all is well */
void control_routes_pause(struct control *);
/* net_found: false: nothing matched a NET or `for`.  The walk may be closed, by
 * routes_close, before this returns. */
void control_routes_end(struct control *, bool net_found);
/* Or: it cannot go on, for the configuration it was asked of has gone. */
void control_routes_stop(struct control *);

/* The command table, for the client's expansion and help. */
struct command {
	const char *words;  /* "show protocols all" */
	const char *args;   /* "[<protocol> | \"<pattern>\"]" */
	const char *help;
	bool changes;       /* denied on a restricted session */
};
const struct command *command_table(unsigned *n);

#endif
