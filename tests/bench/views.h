/*
 * Views of a benchmark's sessions; see peers.h.
 */
#ifndef MYNAH_BENCH_VIEWS_H
#define MYNAH_BENCH_VIEWS_H

#include "peers.h"

/* An empty view without members. */
struct view *view_new(struct bench *, int sender);
/* The peer leaves its view, if any, for this one, at the start of its log. */
void view_join(struct peer *, struct view *);
void view_leave(struct peer *);
/* A message that the peer got: applies it, or finds it in the log. */
struct step view_take(struct peer *, const uint8_t *body, size_t len);

void view_recount(const struct bench *, struct view *);
void view_expect(const struct bench *, struct view *, const struct churned *);
/* Distinct prefixes in the steps of the view's log that the peer has not yet got. */
uint32_t view_behind(const struct peer *);
/* Says on standard error what is wrong, for so many prefixes. */
void view_explain(const struct bench *, const struct view *, unsigned max);

#endif
