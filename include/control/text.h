/*
 * The parts of the text renderer.
 */
#ifndef MYNAH_CONTROL_TEXT_H
#define MYNAH_CONTROL_TEXT_H

#include <stdio.h>
#include "control/session.h"

#define TEXT_STATS_HEADING                                                               \
	"Route change stats:     received   rejected   filtered    ignored   accepted"

static inline bool
text_is_v1(const struct control *c)
{
	return c->dialect == DIALECT_1;
}

const char *text_dest(enum dest);
/* The table's name as the dialect has it: 1.6 knows `master` only. */
const char *text_table_name(const struct control *, const struct table_conf *);

void text_protocols(struct control *);
void text_protocol(struct control *, const struct protocol_record *, bool details);
/* The details of a pipe that has its channels. */
void text_pipe(struct control *, const struct protocol_record *);
/* text_bgp.c: of a session */
void text_bgp(struct control *, const struct protocol_record *);

/* text_channel.c: a channel, its name as the heading; and parts of it, which 1.6 has
 * without a heading. */
struct channel_record;
/* Routes that outlive the session (RFC 4724) keep their channel from being down. */
bool text_channel_is_kept(const struct channel_record *);
void text_channel(struct control *, const struct protocol_record *,
    const struct channel_record *, const char *name);
void text_channel_settings(struct control *, const struct channel_conf *);
void text_channel_stats(struct control *, const struct channel_record *);
void text_limits(struct control *, const struct channel_record *);
/* One channel tells of what is read, the other one of what is made. */
void text_aggregator(struct control *, const struct protocol_record *);

void text_table(struct control *, const struct table_conf *, bool first);
void text_route(struct control *, const struct route_record *, bool attributes);
void text_count(struct control *, const struct count_record *);
void text_total(struct control *, const struct count_record *, unsigned tables);

/* Does that hop of a protocol's route lead anywhere now? */
bool hop_is_up(const struct control *, const struct proto_conf *,
    const struct static_route *, unsigned hop);

/* The attributes of a route, 1012 lines; BGP's next hop is one if BGP brought it. */
void text_attrs(struct control *, const struct attrs *, bool bgp);

void text_plan(struct control *, const struct plan_record *, bool whole);
void text_trial(struct control *, const struct trial_record *);
/* "add", "remove" ... */
const char *text_step_kind(enum step_kind);

/* Class and words of a session's end, as `Last error` has them: "Socket: Connection
 * refused". Empty when there was none. */
const char *text_reason(const struct down_reason *, char *buf, size_t size);
/* "Established", "Passive", "Down" */
const char *text_bgp_state(const struct protocol_record *);
const char *text_rpki_state(const struct protocol_record *);
const char *text_bmp_state(const struct protocol_record *);
const char *text_proto_state(const struct protocol_record *);

/* text_bfd.c */
void text_bfd(struct control *, const struct proto_conf *, bool first, bool details);
void text_bfd_session(struct control *, const struct bfd_session_record *, bool details);
void text_bfd_down(struct control *, const struct proto_conf *);

#endif
