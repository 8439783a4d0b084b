/*
 * Emission: items to messages, for one group.
 */
#ifndef MYNAH_RIB_EMIT_H
#define MYNAH_RIB_EMIT_H

#include "base/wire.h"
#include "filter/memo.h"
#include "rib/core.h"

/*
 * Export of one run: paths of one source with one attribute set, to one kind of sink.
 */
struct exported {
	int verdict;	 /* as shard_export_verdict */
	uint32_t serial; /* changes with the bytes */
	size_t len;
	const uint8_t *bytes;
	struct next_hop next_hop;
	struct label_stack labels; /* in families that have them */
};

struct exporter {
	struct shard *shard;
	const struct sink *sink;
	const struct channel_desc *source;
	struct attrs *from;
	uint8_t *buf;
	struct route_source route;
	struct memo_use use;
	uint64_t encoded_serial; /* of the result the bytes are of */
	bool encoded;
	bool unwanted; /* it has no target that the sink asks for */
	bool overlong; /* the attributes do not fit into a message of the sink's */
	bool med_set, encoded_med_set;
	bool per_net, done;
	struct exported out;
};

void export_begin(struct exporter *, struct shard *, const struct sink *,
    const struct channel_desc *source, struct attrs *, uint8_t *buf);
void export_end(struct exporter *);
const struct exported *export_one(struct exporter *, const struct net *);
const struct exported *export_net(struct exporter *, const struct table *, uint32_t node);

bool exported_same(const struct exported *, const struct exported *);

/*
 * Packing into segments.
 */
struct packer {
	struct shard *shard;
	struct group *group;
	const struct channel *to; /* NULL: all members */
	uint32_t source;	  /* of what is written now */
	bool open;
	struct wbuf out;
	struct update_writer writer;
	struct next_hop next_hop;
	struct label_stack labels;
	uint32_t path_id;
	struct segment_run *runs;
	uint32_t run_n, run_cap;
};

void pack_begin(
    struct packer *, struct shard *, struct group *, const struct channel *to);
/* What follows is announced with these attributes, or withdrawn (NULL). */
void pack_attrs(struct packer *, uint32_t source, const struct exported *);
void pack_net(struct packer *, const struct table *, uint32_t node);
void pack_end(struct packer *); /* gives out what is written */

enum emit_mode { EMIT_CYCLE, EMIT_FEED };

/* A verdict's share in the statistics; the source among the members counts as rejected. */
void emit_count(struct group *, struct channel *source, int verdict);

/* Emits items[from..to). */
void emit_items(struct shard *, struct group *, const struct items *, uint32_t from,
    uint32_t to, enum emit_mode);
/* multi.c: the same to a group with add-path. */
void multi_items(struct shard *, struct group *, const struct items *, uint32_t from,
    uint32_t to, enum emit_mode);
/* secondary.c: the same to a channel that is told the best path it may have. */
void secondary_items(struct shard *, struct group *, const struct items *, uint32_t from,
    uint32_t to, enum emit_mode);
/* Was it told of the node what it is to have? */
bool secondary_holds(struct shard *, struct group *, uint32_t node);

#endif
