/*
 * Origins: what is known of who may announce a network (ROA, RFC 6811) and of who carries
 * whose routes (ASPA), for roa_check and aspa_check.
 *
 * A set (struct origins) is immutable: a sorted array in which each entry names the next
 * one that covers it, so that a lookup is one binary search and a walk over the entries
 * that matter.  A change makes a new set in one pass over the old one.
 *
 * A table of sets has a number that filters name it by.  Main publishes a set in it;
 * filters of all threads read it without a lock.  Main frees the old set when each thread
 * has been through its mailbox once since then: no thread holds a set from one task to the
 * next.
 */
#ifndef MYNAH_FILTER_ORIGIN_H
#define MYNAH_FILTER_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/net.h"

struct val;

enum { ROA_UNKNOWN, ROA_VALID, ROA_INVALID };	 /* BIRD's numbers */
enum { ASPA_UNKNOWN, ASPA_VALID, ASPA_INVALID };

/*
 * Sets.  Reference counted; any thread.
 */
struct origins;

struct origins *origins_ref(struct origins *);	/* NULL is fine */
void origins_unref(struct origins *);		/* NULL is fine */
size_t origins_count(const struct origins *);	/* ROAs, or customers; NULL: 0 */
size_t origins_bytes(const struct origins *);

/* Changes, gathered in the order in which they come: the last of a network counts. */
struct origin_edits;
struct origin_edits *edits_new(enum net_type); /* ROA4, ROA6, ASPA */
void edits_free(struct origin_edits *);	       /* NULL is fine */
/* A ROA comes or goes; for an ASPA all its providers go. */
void edits_net(struct origin_edits *, const struct net *, bool add);
/* Takes the place of what was known of the customer; AS 0: it has no provider. */
void edits_aspa(
    struct origin_edits *, uint32_t customer, const uint32_t *providers, size_t n);
size_t edits_count(const struct origin_edits *);

/* `old` with the changes (NULL: nothing before); a reference. */
struct origins *origins_edit(const struct origins *old, struct origin_edits *);
/* What is in any of the sets, which are of one type; a reference. */
struct origins *origins_union(struct origins *const *, size_t n, enum net_type);
/* Calls for each network that only one of them has, or for a customer whose providers
 * differ (there: whether the new set has any). */
void origins_diff(const struct origins *old, const struct origins *new,
    void (*fn)(void *ctx, const struct net *, bool added), void *ctx);
/* The same in slices: up to `rows` of both at a time, from *at on, which begins at zero.
 * False at the end. */
struct origin_walk {
	uint32_t old, new;
};
bool origins_diff_some(const struct origins *old, const struct origins *new,
    struct origin_walk *at, uint32_t rows,
    void (*fn)(void *ctx, const struct net *, bool added), void *ctx);
bool origins_has(const struct origins *, const struct net *);
/* Copies up to max providers; returns how many there are. */
size_t origins_providers(
    const struct origins *, uint32_t customer, uint32_t *to, size_t max);
void origins_each(
    const struct origins *, void (*fn)(void *ctx, const struct net *), void *ctx);

/* Origin validation, RFC 6811 2.1; ROA_UNKNOWN for networks of another family. */
unsigned origins_check(const struct origins *, const struct net *, uint32_t as);
/* Path validation by customer and provider, draft-ietf-sidrops-aspa-verification; path: a
 * VAL_PATH. */
unsigned origins_check_path(
    const struct origins *, const struct val *path, bool upstream);
/* Some ROA of the set is for a network that holds this one, or lies in it. */
bool origins_touch(const struct origins *, const struct net *);

/*
 * Tables.
 */
#define ORIGIN_TABLES_MAX 1024

/* The number of the table with that name and type, for good; 0 when there are too many.
 * Main. */
uint32_t origin_table(const char *name, enum net_type);
enum net_type origin_table_type(uint32_t);
const char *origin_table_name(uint32_t);
/* Gives the table a set (a reference is taken over) and returns the one before, which may
 * still be read.  Main. */
struct origins *origin_table_publish(uint32_t, struct origins *);
/* Borrowed until the thread's next mail. */
const struct origins *origin_table_get(uint32_t);

#endif
