/*
 * What differs between two states of one protocol, option by option.  Internal to conf:
 * plan.c asks, others read the plan.
 */
#ifndef MYNAH_CONF_DIFF_H
#define MYNAH_CONF_DIFF_H

#include "conf/model.h"

/* Fills change, channel_change, items and reason of a step that has `old` and `new`; the
 * plan's models tell of the globals a protocol takes over.  All in the plan's arena. */
void step_diff(const struct plan *, struct step *);

#endif
