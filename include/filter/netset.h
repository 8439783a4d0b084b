/*
 * Prefix sets: a binary trie with compressed paths, flat.
 *
 * Each node is a prefix with a mask of lengths.  A network N/L is a member if on the way
 * from the root some node whose prefix it lies in has bit L, or the first node at or
 * beyond length L that lies in it has.
 */
#ifndef MYNAH_FILTER_NETSET_H
#define MYNAH_FILTER_NETSET_H

#include "filter/value.h"

struct netset_builder;

struct netset_builder *netset_begin(struct arena *, enum net_type);
enum net_type netset_family(const struct netset_builder *);
/* Networks of low..high bits that lie in `net`, or for lengths below its own, hold it. */
void netset_add(struct netset_builder *, const struct net *, unsigned low, unsigned high);
/* Ends the builder, which holds heap until then. */
struct val netset_end(struct netset_builder *);

bool netset_has(const struct val *set, const struct net *);

void vtext_netset(struct vtext *, const struct val *);

#endif
