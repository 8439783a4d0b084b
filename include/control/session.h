/*
 * Inside of a session on the control socket, shared by the files of src/control.
 *
 * A handler parses its arguments and either answers at once, ending with control_end(),
 * or leaves a step to be called while the output is short, or has called the daemon,
 * which ends the command later by control_reply(..., final).
 */
#ifndef MYNAH_CONTROL_SESSION_H
#define MYNAH_CONTROL_SESSION_H

#include "control/command.h"
#include "control/out.h"
#include "control/token.h"

#define CONTROL_LINE_MAX 4095          /* of a request */
#define CONTROL_INPUT_HIGH (16 * 1024) /* then the daemon is asked to stop reading */
#define CONTROL_INPUT_MAX (256 * 1024) /* then the session ends */

struct render;

struct route_walk { /* a running `show route` */
	struct route_query query;
	void *walk;
	bool awaiting; /* the daemon was asked for more */
	bool explicit; /* tables were named: each has its heading */
	bool ended, net_found;
	bool stopped; /* what was asked about is no longer */
	const struct table_conf *table, *printed;
	unsigned tables; /* counted */
	struct count_record sum;
	const char *trial; /* of `test filter`: each route is run through this one */
};

struct control {
	const struct daemon_ops *ops;
	void *daemon;
	enum dialect dialect;
	bool restricted, closing;
	unsigned echo; /* mask of log classes */
	size_t echo_limit;
	struct time_format time_format[TIME_FORMATS]; /* recent NULL: the model's */
	struct arena *format_arena;

	char *in;
	size_t in_off, in_len, in_size;
	struct configure_request configure; /* waits for its text */
	char *body;			    /* of text_len bytes, or NULL */
	size_t body_len;		    /* that have come */
	struct out out;
	void (*on_output)(void *ctx);
	void *on_output_ctx;

	/* the running command */
	bool busy, pumping;
	const struct render *render;
	bool json, json_some;
	struct arena *arena;
	const struct model *model; /* a reference, while busy */
	uint64_t now;
	const char *line;
	struct token *token; /* the next one */
	void (*step)(struct control *);
	unsigned index, shown;
	struct {
		const char *name, *pattern; /* both NULL: all */
	} select;
	const char *class; /* of symbols */
	struct {
		struct net net; /* type NET_NONE: any */
		const char *interface;
		unsigned family; /* 4, 6; 0: both */
		enum { BFD_SHOW_ALL, BFD_SHOW_DIRECT, BFD_SHOW_MULTIHOP } reach;
	} bfd;
	bool details;
	struct route_walk route;
	void *mrt; /* a dump under way, or NULL */
	struct {
		const struct table_conf *table;
		enum roa_match { ROA_ALL, ROA_NET, ROA_IN, ROA_FOR } mode;
		struct net net;
		uint32_t as; /* 0: any */
		void *walk;  /* a running `show roa` */
		bool found;  /* something has that very network */
	} roa;
};

/* The form of an answer.  control_end() ends every command, errors too. */
struct render {
	void (*status)(struct control *, const struct status_record *);
	void (*protocols)(struct control *); /* heading */
	void (*protocol)(struct control *, const struct protocol_record *, bool details);
	void (*table)(struct control *, const struct table_conf *, bool first);
	void (*route)(struct control *, const struct route_record *, bool attributes);
	void (*count)(struct control *, const struct count_record *);
	void (*total)(struct control *, const struct count_record *, unsigned tables);
	void (*symbol)(struct control *, const struct symbol_conf *);
	void (*roa)(struct control *, const struct net *);
	void (*memory)(struct control *, const struct memory_record *);
	void (*static_route)(struct control *, const struct proto_conf *,
	    const struct static_route *);
	void (*bfd)(struct control *, const struct proto_conf *, bool first,
	    bool details); /* heading */
	void (*bfd_session)(
	    struct control *, const struct bfd_session_record *, bool details);
	void (*bfd_down)(struct control *, const struct proto_conf *);
	void (*interface)(struct control *, const struct interface_record *);
	void (*interface_summary)(struct control *, const struct interface_record *);
	void (*groups)(struct control *); /* heading */
	void (*group)(struct control *, unsigned shard, const struct group_view *);
	void (*plan)(struct control *, const struct plan_record *, bool whole);
	void (*trial)(struct control *, const struct trial_record *);
	void (*line)(struct control *, unsigned code, const char *text);
	void (*end)(struct control *, unsigned code, const char *text);
};

extern const struct render render_text, render_json;
void json_use_mem(void); /* the library's allocations are checked like ours */

/* The daemon has ended a command that waited for it. */
void control_go_on(struct control *);
/* The last line of a command. */
void control_end(struct control *, unsigned code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A continued line. */
void control_line(struct control *, unsigned code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Parsing.  What fails has ended the command with its error. */
bool control_fail(struct control *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* "syntax error, unexpected X, expecting Y"; expecting NULL: not said.  Gives false. */
bool control_unexpected(struct control *, const char *expecting);
bool control_take_word(struct control *, const char *word);
bool control_take_char(struct control *, char);
bool control_at_end(struct control *, const char *expecting);
/* Behind the slash: the network. */
bool control_take_plen(struct control *, const struct ip *, struct net *);
/* A protocol's name; NULL after an error. */
const struct proto_conf *control_take_proto(struct control *, const char *expecting);
/* P, "pattern" or `all` into c->select. */
bool control_take_select(struct control *, bool optional, const char *expecting);
bool control_selects(const struct control *, const char *name);

/* `filter` or `where` was the last token: the rest into c->route.query. */
bool control_take_filter(struct control *, bool where);

/* NET [protocol P] | NET table T [protocol P] into c->route.query.  *stored: a table was
 * named, and the walk can begin: control_route_walk. */
bool control_take_target(struct control *, bool *stored);
void control_route_walk(struct control *);
/* A stored route for `test filter`. */
void control_trial_route(struct control *, const struct route_record *);

/* Time as `timeformat` of the session or the model writes it. */
const char *control_time(struct control *, unsigned use, uint64_t wall_ms, char buf[64]);

/* "BIRD V" as told to tools */
const char *control_version(const struct control *);

#define HANDLER(name) void handle_##name(struct control *)
#define HANDLER_ROW(words, args, help, changes, handler) \
	void handle_##handler(struct control *);

#endif
