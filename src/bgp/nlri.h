/*
 * Networks on the wire, by the form a family has (enum nlri_form).  Inside bgp.
 */
#ifndef MYNAH_BGP_NLRI_H
#define MYNAH_BGP_NLRI_H

#include "base/wire.h"
#include "bgp/update.h"

/* A path id that add-path puts in front is not their affair. */
struct nlri_op {
	/* Passes over one network; NULL, or what is wrong with it. */
	const char *(*check)(struct wire *, enum net_type, bool reach);
	/* Reads one that has been checked; the type is filled in, the rest zero.  Labels go to
	 * the run. */
	void (*read)(struct wire *, struct nlri_run *, struct net *);
	/* Bytes that write needs; labels: NULL when it is withdrawn. */
	size_t (*len)(const struct net *, const struct label_stack *);
	void (*write)(struct wbuf *, const struct net *, const struct label_stack *);
	/* What is wrong with one that has passed check, so that it is left out; may be NULL. */
	const char *(*flaw)(struct wire, enum net_type);
};

extern const struct nlri_op nlri_flow, nlri_vflow, nlri_evpn, nlri_vpls, nlri_ls;

extern const struct nlri_op *const nlri_ops[NLRI_FORMS];

#endif
