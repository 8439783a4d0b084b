/*
 * The reference model: what a reflector should hold and say, computed the simplest way.
 */
#ifndef MYNAH_TESTS_MODEL_H
#define MYNAH_TESTS_MODEL_H

#include "rib/shard.h"

/* Is x better than y in all that a total order of two says, MED aside? */
struct model_path {
	struct attrs *attrs; /* NULL: none */
	const struct channel_desc *source;
	uint32_t time;
};

/* Index of the best of the paths, -1 if there is none. */
int model_best(const struct model_path *, unsigned n);

/* The encoded attributes a sink is to get for the path: length, 0 if it gets nothing. */
size_t model_export(struct store *, struct arena *, const struct channel_desc *sink,
    const struct model_path *, const struct net *, uint8_t *buf, size_t size,
    struct next_hop *);

#endif
