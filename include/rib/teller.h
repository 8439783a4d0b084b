/*
 * What emission to groups that remember each path they were told has in common: multi.c and
 * secondary.c, whose structs begin with it.
 */
#ifndef MYNAH_RIB_TELLER_H
#define MYNAH_RIB_TELLER_H

#include "rib/emit.h"

struct teller {
	struct shard *s;
	struct rib_table *t;
	struct group *g;
	enum emit_mode mode;
	bool compare; /* with what the group's old key leads to: `before` is set */
	struct packer pack;
	struct items out, gone; /* to be announced, to be withdrawn */
	struct channel *source; /* of the announcements at hand */
	struct exporter now, before;
	uint32_t written; /* serial of the attributes that stand in the message */
};

struct teller teller_of(struct shard *, struct group *, enum emit_mode);
/* Ends the packer and frees the items. */
void teller_end(struct teller *);

/* The channel, if it is a member that is not told its own paths; or NULL. */
struct channel *teller_member(const struct teller *, uint32_t channel);
/* Is it the node's turn, as with best paths (emit.c)?  *again: all that it has is due. */
bool teller_ready(struct teller *, uint32_t node, bool *again);

/* Sorts `out` and has each of it emitted, with the exporters set to its run. */
void teller_announce(struct teller *, void (*emit)(struct teller *, const struct item *));
/* The message goes on with these attributes. */
void teller_attrs(struct teller *, uint32_t source, const struct exported *);

#endif
