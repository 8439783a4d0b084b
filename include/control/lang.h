/*
 * Filters and expressions in commands: the language, given a line.  What
 * daemon_ops.filter and daemon_ops.eval can be made of.
 */
#ifndef MYNAH_CONTROL_LANG_H
#define MYNAH_CONTROL_LANG_H

#include "control/record.h"

/* Of "filter NAME", "filter { ... }" or "where EXPR": a reference, or NULL and why not.
 * NAMEs are those of the model's configuration. */
struct filter *control_lang_filter(
    const struct model *, const char *text, size_t len, char *error, size_t size);

/* The flow that "flow4 { ... }" or "flow6 { ... }" means; it borrows bytes in the arena. */
bool control_lang_flow(const struct model *, const char *text, size_t len, struct arena *,
    struct net *, char *error, size_t size);

/* Each line of the filter's compiled form; false if there is no filter of that name. */
bool control_lang_show(const struct model *, const char *name,
    void (*line)(void *ctx, const char *text), void *ctx);

/* The value as text and 23, else a message and 8008 (it failed) or 9001 (it makes no
 * sense). */
unsigned control_lang_eval(
    const struct model *, const char *text, size_t len, char *buf, size_t size);

/* Runs a filter of the configuration on a route, described or stored.  What comes out is
 * in the arena.  False: there is no such filter, or no such route can be. */
bool control_lang_trial(const struct model *, const struct trial_request *,
    struct arena *, struct filter_trial *, char *error, size_t size);

#endif
