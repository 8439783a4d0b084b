/*
 * Export of a run: what one kind of sink gets of one attribute set from one source.
 *
 *   offered? -> filter -> edit -> stamp -> encode
 *
 * The answer is found once for the run, unless the filter reads the network: then the
 * filter runs for each, but bytes are made again only when its result differs from the
 * last one's.
 */
#include "rib/emit.h"

#include <string.h>

static const struct exported rejected = { .verdict = 0 };

void
export_begin(struct exporter *x, struct shard *s, const struct sink *sink,
    const struct channel_desc *source, struct attrs *from, uint8_t *buf)
{
	*x = (struct exporter){
		.shard = s, .sink = sink, .source = source, .from = from
	};
	x->buf = buf;
	x->out.bytes = buf;
	x->per_net = filter_inputs(sink->export) & FILTER_NET;
	if (!reflect_offered(sink, source, from)) {
		x->out = rejected;
		x->per_net = false;
		x->done = true;
	}
}

/* BIRD gives an external peer the MED that the export filter has set, no other. */
static bool
med_was_set(const struct attrs *from, const struct draft *d)
{
	const struct attr *a = draft_find(d, ATTR_MED);
	const uint8_t *block = attrs_block(from);

	return a && (a->data < block || a->data >= block + from->block_len);
}

struct route_source
channel_source(const struct channel_desc *d)
{
	static const uint8_t kinds[] = {
		[SOURCE_BGP] = ROUTE_SOURCE_BGP,
		[SOURCE_STATIC] = ROUTE_SOURCE_STATIC,
		[SOURCE_DIRECT] = ROUTE_SOURCE_DEVICE,
		[SOURCE_KERNEL] = ROUTE_SOURCE_INHERIT,
		[SOURCE_RPKI] = ROUTE_SOURCE_RPKI,
	};

	return (struct route_source){
		.proto = d->name, .source = kinds[d->kind], .from = d->remote_ip
	};
}

static enum filter_result
run_filter(struct exporter *x, const struct net *net, struct draft *d, bool *changed)
{
	struct route_source src = channel_source(x->source);

	*changed = false;
	draft_from(d, x->shard->arena, x->from);
	return filter_run(x->sink->export, net, d, &src, changed);
}

static void
encode(struct exporter *x, struct attrs *sent)
{
	size_t max = x->sink->flags & SINK_EXT_MSG ? BGP_MSG_EXT_MAX : BGP_MSG_MAX;
	struct stamp st;

	if (x->encoded == sent && x->encoded_med_set == x->med_set) {
		x->out.verdict = x->out.len ? 2 : 1;
		return;
	}
	if (reflect_stamp(x->sink, x->source, x->from, sent, x->med_set, &st)) {
		x->out.len = attrs_encode(sent, &st, (enum family)x->sink->family, x->buf,
		    max - UPDATE_OVERHEAD);
	} else {
		x->out.len = 0; /* sent when the groups have been made anew */
		group_want_self(x->shard, shard_table(x->shard, x->sink->table));
	}
	x->out.next_hop = st.next_hop.len ? st.next_hop : attrs_next_hop(sent);
	x->out.verdict = x->out.len ? 2 : 1; /* too long for a message: not sent */
	x->out.serial++;
	x->encoded = sent;
	x->encoded_med_set = x->med_set;
}

static void
export_eval(struct exporter *x, const struct net *net)
{
	struct attrs *sent, *made;
	struct draft d;
	bool changed = false, all = filter_is_accept(x->sink->export);

	arena_reset(x->shard->arena);
	if (!all && run_filter(x, net, &d, &changed) != FILTER_ACCEPT) {
		x->out.verdict = 1;
		return;
	}
	x->med_set = changed && med_was_set(x->from, &d);
	sent = reflect_edit(x->sink, x->shard->store, x->shard->arena, x->from,
	    changed ? &d : NULL, &made);
	if (!sent) {
		x->out.verdict = 1;
		return;
	}
	encode(x, sent);
	if (made) { /* kept, so that the next one can be told to be the same */
		attrs_unref(x->shard->store, x->held, 1);
		x->held = made;
	}
}

void
export_end(struct exporter *x)
{
	attrs_unref(x->shard->store, x->held, 1);
	x->held = NULL;
}

const struct exported *
export_one(struct exporter *x, const struct net *net)
{
	if (!x->done) {
		export_eval(x, net);
		x->done = !x->per_net;
	}
	return &x->out;
}

const struct exported *
export_net(struct exporter *x, const struct table *t, uint32_t node)
{
	struct net net;

	if (x->done)
		return &x->out;
	table_net(t, node, &net);
	return export_one(x, &net);
}
