/*
 * One run of a filter: what its instructions work on.
 */
#ifndef MYNAH_FILTER_RUN_H
#define MYNAH_FILTER_RUN_H

#include "filter/ask.h"
#include "filter/code.h"
#include "filter/merge.h"
#include "filter/trial.h"

enum {
	RUN_STEPS_MAX = 1 << 20,
	RUN_SEARCH = 8,		   /* for an element in a set, against reading it */
	RUN_STEP_BYTES = 64,	   /* read one after the other: as much as a step */
	RUN_BYTES_MAX = 8 << 20, /* what values may take of the arena */
	RUN_VALUES_MAX = 2048,	 /* height of the stack, */
	RUN_VALUES_OWN = 256,	 /* and what needs no memory */
	RUN_CALLS_MAX = 128,
	RUN_LIST_MAX = 65000, /* bytes of a list or path */
	RUN_LINE_MAX = 8192,  /* of text printed */
};

struct run {
	const struct filter *filter;
	const struct net *net; /* NULL without a route, */
	struct draft *draft;   /* as in `eval` */
	const struct route_source *source;
	struct arena *arena;
	struct asking *asking; /* or NULL: nobody wants to know */
	struct filter_trial *trial; /* a dry run, or NULL */
	bool changed;
	uint32_t steps, bytes; /* left */
	const char *error;     /* in the arena, or constant */
	struct vtext line;     /* of print, not ended yet */
	struct vtext key;      /* of filter_key; at NULL: nothing yet */
	const struct merge_block *block; /* of filter_merge, or NULL */
	struct draft *view;    /* the route whose attributes are read, or NULL, */
	const struct merge_route *viewed; /* which this is; and the new one meanwhile */
	struct draft *new_draft;
	const struct route_source *new_source;
	struct val slots[SLOTS_MAX];
};

/* An instruction that only works on values: sp is one beyond the top.  The caller moves
 * it. */
typedef bool op_fn(struct run *, const struct insn *, struct val *sp);
extern op_fn *const op_handlers[OPS]; /* NULL for those that the machine does itself */

/* Sets the error; false. */
bool run_fail(struct run *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool run_type_error(struct run *, unsigned op, unsigned arg, unsigned want, unsigned got);
bool run_need(struct run *, unsigned op, unsigned arg, const struct val *, unsigned type);
/* Accounts for memory to be taken from the arena; false when too much. */
bool run_take(struct run *, size_t bytes);
/* Accounts, in steps, for work that grows with a value: bytes to be read one after the
 * other, or as many as take the same time.  False when it is too much. */
bool run_work(struct run *, size_t bytes);

/* The run has asked something of the network, or has seen it otherwise (ask.c). */
void run_asked(struct run *, unsigned op, const struct val *operand, uint32_t answer);

static inline void
run_opaque(struct run *r)
{
	if (r->asking)
		r->asking->opaque = true;
}

/* A value that is the route's own network. */
static inline bool
run_is_net(const struct run *r, const struct val *v)
{
	return v->type == VAL_NET && v->data == r->net;
}

static inline void
run_see(struct run *r, const struct val *v)
{
	if (r->asking && run_is_net(r, v))
		r->asking->opaque = true;
}

op_fn op_len, op_ip, op_net_part, op_ip_mask, op_is_v4, op_type, op_path_get,
    op_empty, op_prepend, op_list_add, op_list_filter, op_extreme, op_asn, op_data; /*
    methods.c */

op_fn op_routes, op_view, op_unview, op_seed, op_key; /* merge.c */

op_fn op_net, op_proto, op_source, op_from, op_pref, op_nexthop, op_u32, op_origin,
    op_list, op_opaque, op_slot, op_set_from, op_set_pref, op_set_nexthop, op_set_u32,
    op_set_origin, op_set_list, op_set_slot, op_unset, op_unset_slot, op_local, op_dest,
    op_hop, op_set_local, op_set_dest, op_set_hop, op_list_has, op_list_put,
    op_list_take; /* route.c, local.c, fused.c */

/* The attribute becomes that list; an empty one is no attribute, but for a path.  The
 * bytes must live as long as the draft. */
void run_put_list(struct run *, uint32_t code, const void *data, size_t len);

/* Fills in the result, its place and what is printed. */
void filter_run_trial(const struct filter *, const struct net *, struct draft *,
    const struct route_source *, struct filter_trial *);
void trial_print(struct filter_trial *, const char *line); /* kept, not copied */

/* The `~` of two values: 1, 0, or -1 if it is not defined for their types. */
int val_match(const struct val *, const struct val *);
/* Whether it is not defined for any values of these types. */
bool val_match_never(unsigned left, unsigned right, unsigned right_sub);

#endif
