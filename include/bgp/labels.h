/*
 * MPLS labels that BGP carries with a network (RFC 8277): a part of its path, kept as
 * LOCAL_LABELS, a number in four bytes for each label, the outermost first.
 */
#ifndef MYNAH_BGP_LABELS_H
#define MYNAH_BGP_LABELS_H

#include "bgp/attrs.h"
#include "bgp/hops.h"
#include "bgp/update.h"

enum {
	LABEL_EXPLICIT_NULL = 0,
	LABEL_IMPLICIT_NULL = 3,
	LABEL_RESERVED = 15,
	LABEL_MAX = 0xfffff
};

/* From the wire, three bytes each; len 0 takes the attribute away. */
void draft_set_labels(struct draft *, const uint8_t *wire, size_t len);

/* One label. */
struct label_stack label_stack_one(uint32_t label);
struct label_stack hop_labels(const struct hop *);
/* Those of the set, as on the wire; len 0 if it has none. */
struct label_stack attrs_labels(const struct attrs *);
/* Numbers, the outermost first; at most LABELS_MAX are written. */
unsigned attrs_label_list(const struct attrs *, uint32_t label[LABELS_MAX]);

/* What an NLRI has besides its network in families that have such a thing (family_has_rest):
 * kept as LOCAL_NLRI, as on the wire.  len 0: none; a route without is sent with zeros. */
void draft_set_nlri_rest(struct draft *, const struct label_stack *);
struct label_stack attrs_nlri_rest(const struct attrs *);

#endif
