/*
 * The rules of the file's statements that are not in global.c, whose table names them.
 * Internal to conf.
 */
#ifndef MYNAH_CONF_GLOBAL_H
#define MYNAH_CONF_GLOBAL_H

#include "conf/check.h"

static inline struct model *
model_of(struct check *check)
{
	return &check->body->m;
}

/* Where a statement goes without `;`: the next one, from its first word on.  Nothing where
 * rest is NULL. */
void stmt_behind(struct check *, const struct match *, const struct arg *rest);

/* Says that what words name has no effect. */
rule_fn set_ignored;

/* logging.c; kinds of a row of set_log, which say where its mask stands: */
enum { LOG_ROW_STDERR, LOG_ROW_SYSLOG, LOG_ROW_FILE, LOG_ROW_LIMIT, LOG_ROW_FIXED };
rule_fn set_log;
rule_fn set_log_udp; /* kind: 1 for a host by its name */
rule_fn set_timeformat, set_timeformat_named;
rule_fn set_debug, set_debug_ignored, set_mrt, set_mrt_file;
/* `all`, `off`, or words in braces with commas between them: a bit for each of the names, which
 * end with NULL.  Others are reported: what says what was expected. */
unsigned mask_read(
    struct check *, const struct arg *, const char *const *names, const char *what);

/* threads.c; kinds of a row of set_watchdog: */
enum { WATCH_WARNING, WATCH_TIMEOUT, WATCH_LIMIT };
rule_fn set_threads, set_shards, set_thread_group;
rule_fn set_watchdog, set_latency, set_latency_all;

/* labels.c */
rule_fn set_mpls_domain;

#endif
