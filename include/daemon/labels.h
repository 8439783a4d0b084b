/*
 * MPLS labels that are given out: a space of them for each MPLS domain.  Main thread.
 */
#ifndef MYNAH_DAEMON_LABELS_H
#define MYNAH_DAEMON_LABELS_H

#include <stdint.h>

struct labels;
struct runtime;

/* The domain's, by name; it stays until the end. */
struct labels *labels_of(struct runtime *, const char *domain);
/* The lowest of that range that is free; 0: there is none. */
uint32_t labels_take(struct labels *, uint32_t start, uint32_t length);
void labels_give(struct labels *, uint32_t label); /* back; 0 is fine */
void labels_free_all(struct runtime *);

#endif
