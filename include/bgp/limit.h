/*
 * Limits on the routes of a channel: how many may be received, imported and exported, and
 * what happens to the one that is too many.
 *
 * The object is shared by the channel's io thread and by the shards, which count.  Maximum
 * and action never change; another configuration is another object, and the shards carry
 * their counts over.
 */
#ifndef MYNAH_BGP_LIMIT_H
#define MYNAH_BGP_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

enum limit_kind { LIMIT_RECEIVE, LIMIT_IMPORT, LIMIT_EXPORT, LIMITS };
enum limit_action { LIMIT_OFF, LIMIT_WARN, LIMIT_BLOCK, LIMIT_RESTART, LIMIT_DISABLE };

const char *limit_kind_name(enum limit_kind);     /* "receive" */
const char *limit_action_name(enum limit_action); /* "warn" */

/* As configured. */
struct limit_conf {
	uint32_t max;
	enum limit_action action;
};

struct limits;

/* One reference for the caller; NULL when no limit is set. */
struct limits *limits_new(const struct limit_conf conf[LIMITS]);
/* These four take NULL, too.  Any thread. */
struct limits *limits_ref(struct limits *);
void limits_unref(struct limits *);
bool limits_same(const struct limits *, const struct limit_conf conf[LIMITS]);
void limits_reset(struct limits *); /* nothing is hit any more */

const struct limit_conf *limits_conf(const struct limits *, enum limit_kind);
bool limits_hit(const struct limits *, enum limit_kind);

/* One route more.  False: it is refused, and does not count.  Sets *hit to true where the
 * limit is met for the first time since the reset.  Any thread. */
bool limits_take(struct limits *, enum limit_kind, bool *hit);
/* Routes that went, or (negative) that are there already, whatever the limit is. */
void limits_give(struct limits *, enum limit_kind, int64_t n);
/* Are there more than may be?  *hit as above. */
bool limits_exceeded(struct limits *, enum limit_kind, bool *hit);

#endif
