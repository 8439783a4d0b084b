/*
 * Export of a run: what one kind of sink gets of one attribute set from one source.
 *
 *   offered? -> filter -> edit -> stamp -> encode
 *
 * The answer is found once for the run, unless the filter reads the network: then it is
 * asked for each, but bytes are made again only when its result differs from the last
 * one's.  What a filter makes is a private set: it lives for the encoding, and nobody but
 * the memo remembers it.
 */
#include "rib/emit.h"

#include <stdio.h>
#include <string.h>
#include "base/log.h"
#include "bgp/hops.h"
#include "bgp/labels.h"
#include "rib/reach.h"

#define OVERLONG_WAIT_MS 10000u

static const struct exported rejected = { .verdict = 0 };
static const struct exported too_long = { .verdict = 1 };

int
rib_route_source(enum source_kind kind)
{
	static const uint8_t kinds[] = { /* enum route_source_kind */
		[SOURCE_BGP] = ROUTE_SOURCE_BGP,
		[SOURCE_STATIC] = ROUTE_SOURCE_STATIC,
		[SOURCE_DIRECT] = ROUTE_SOURCE_DEVICE,
		[SOURCE_KERNEL] = ROUTE_SOURCE_INHERIT,
		[SOURCE_RPKI] = ROUTE_SOURCE_RPKI,
		[SOURCE_AGGREGATED] = ROUTE_SOURCE_AGGREGATED,
		[SOURCE_L3VPN] = ROUTE_SOURCE_L3VPN,
	};

	return kinds[kind];
}

struct route_source
channel_source(const struct shard *s, const struct channel_desc *d)
{
	return (struct route_source){
		.proto = d->name,
		.source = rib_route_source(d->kind),
		.from = d->remote_ip,
		.links = s->links,
	};
}

void
export_begin(struct exporter *x, struct shard *s, const struct sink *sink,
    const struct channel_desc *source, struct attrs *from, uint8_t *buf)
{
	*x = (struct exporter){
		.shard = s, .sink = sink, .source = source, .from = from
	};
	x->buf = buf;
	x->out.bytes = buf;
	if (!reflect_offered(sink, source, from)) {
		x->out = rejected;
		x->done = true;
		return;
	}
	x->per_net = filter_inputs(sink->export) & FILTER_NET;
	x->route = channel_source(s, source);
}

/* As BIRD: with our own address goes a label that asks for none; else those the path came
 * with, or those of the way it leads. */
static bool
labels_find(struct exporter *x, const struct attrs *sent, bool self)
{
	struct label_stack *s = &x->out.labels;
	struct hop hop;
	bool ours = self && x->source->kind == SOURCE_L3VPN; /* a VRF's label */

	*s = self && !ours ? label_stack_one(LABEL_IMPLICIT_NULL) : attrs_labels(sent);
	if (!s->len && !ours && attrs_hops(sent, &hop, 1))
		*s = hop_labels(&hop);
	/* RFC 8277, 2.1: who takes fewer is not sent the route. */
	return s->len && s->len <= 3 * sink_labels(x->sink);
}

/* RFC 7311, 3.4: whoever makes itself the next hop adds the way to the one before. */
static void
aigp_stamp(const struct exporter *x, const struct attrs *sent, struct stamp *st)
{
	struct contender c = { .attrs = x->from, .source = x->source };

	if (st->aigp != AIGP_KEEP || !st->next_hop.len)
		return;
	reach_fill(x->shard, &c);
	c.attrs = sent;
	if (sent->has & HAS_AIGP)
		st->aigp_metric = contender_aigp(&c);
	else if (x->sink->flags & SINK_AIGP_ORIGINATE && x->source->kind != SOURCE_BGP)
		st->aigp_metric = contender_igp_metric(&c);
	else
		return;
	if (sent->has & HAS_AIGP || st->aigp_metric < IGP_METRIC_UNKNOWN)
		st->aigp = AIGP_SET;
}

static bool
stamp_and_encode(struct exporter *x, const struct attrs *sent)
{
	size_t max = x->sink->flags & SINK_EXT_MSG ? BGP_MSG_EXT_MAX : BGP_MSG_MAX;
	enum family family = (enum family)x->sink->family;
	struct stamp st;

	if (!reflect_hop_ok(x->sink, x->source, sent))
		return false;
	if (!reflect_stamp(x->sink, x->source, x->from, sent, x->med_set, &st)) {
		/* sent when the groups have been made anew */
		group_want_self(x->shard, shard_table(x->shard, x->sink->table));
		return false;
	}
	aigp_stamp(x, sent, &st);
	if (family_has_labels(family) && !labels_find(x, sent, st.next_hop.len))
		return false;
	if (family_has_rest(family))
		x->out.labels = attrs_nlri_rest(sent);
	if (family_info(family)->hop == HOP_FORM_NONE)
		x->out.next_hop.len = 0;
	else
		x->out.next_hop = reflect_next_hop(
		    x->sink, st.next_hop.len ? st.next_hop : attrs_next_hop(sent));
	x->out.len =
	    attrs_encode(sent, &st, family, x->buf, max - update_overhead(family));
	x->overlong = x->out.len == 0;
	return !x->overlong; /* else too long for a message: not sent */
}

/* serial: of the filter's result, 0 where that is the set as it came. */
static void
encode(struct exporter *x, const struct attrs *result, uint64_t serial)
{
	const struct attrs *sent = result;

	if (x->encoded && x->encoded_serial == serial &&
	    x->encoded_med_set == x->med_set) {
		x->out.verdict = x->unwanted ? 0 : x->out.len ? 2 : 1;
		return;
	}
	x->unwanted = x->sink->targets && !targets_want(x->sink->targets, sent);
	if (x->unwanted || !reflect_edit(x->sink, x->shard->arena, &sent) ||
	    !stamp_and_encode(x, sent))
		x->out.len = 0;
	if (sent != result)
		arena_reset(x->shard->arena);
	x->out.verdict = x->unwanted ? 0 : x->out.len ? 2 : 1;
	x->out.serial++;
	x->encoded = true;
	x->encoded_serial = serial;
	x->encoded_med_set = x->med_set;
}

static void
export_eval(struct exporter *x, const struct net *net)
{
	const struct memo_answer *a;

	if (filter_is_accept(x->sink->export)) {
		encode(x, x->from, 0);
		return;
	}
	if (!x->use.entry)
		memo_begin(
		    &x->use, x->shard->memo, x->sink->export, x->from, &x->route);
	a = memo_run(&x->use, net);
	x->med_set = a->med_set;
	if (a->result == FILTER_ACCEPT)
		encode(x, a->changed ? a->set : x->from, a->serial);
	else
		x->out.verdict = 1;
}

void
export_end(struct exporter *x)
{
	memo_end(&x->use);
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

/* A long network may be too long for the peer's messages, with these attributes. */
static bool
net_fits(const struct exporter *x, const struct net *net)
{
	const struct update_writer w = {
		.family = (enum family)x->sink->family,
		.add_path = x->sink->flags & SINK_ADD_PATH,
		.attrs = x->out.bytes,
		.attrs_len = x->out.len,
		.next_hop = &x->out.next_hop,
		.labels = &x->out.labels,
	};
	const struct nlri nlri = { .net = *net };

	return update_least(&w, &nlri) <=
	       (x->sink->flags & SINK_EXT_MSG ? BGP_MSG_EXT_MAX : BGP_MSG_MAX);
}

static const struct exported *
export_long(struct exporter *x, const struct net *net)
{
	const struct exported *out = export_one(x, net);

	if (out->verdict != 2 || net_fits(x, net))
		return out;
	x->overlong = true;
	return &too_long;
}

/* RFC 4271, 9.2; RFC 8654, 4: one line now and then, however many there are. */
static void
overlong_log(struct exporter *x, const struct net *net)
{
	struct shard *s = x->shard;
	char text[NET_TEXT_MAX], to[256], more[48] = "";

	x->overlong = false;
	if (s->overlong_n && s->now - s->overlong_at < OVERLONG_WAIT_MS) {
		s->overlong_n++;
		return;
	}
	if (s->overlong_n > 1)
		snprintf(more, sizeof(more), " (%u more before were not logged)",
		    s->overlong_n - 1);
	s->overlong_n = 1;
	s->overlong_at = s->now;
	sink_format(x->sink, to, sizeof(to));
	log_error("%s: Route %s is too long for a message, not sent to: %s%s",
	    x->source->name, net_format(net, text), to, more);
}

const struct exported *
export_net(struct exporter *x, const struct table *t, uint32_t node)
{
	const struct exported *out;
	struct net net;

	if (x->done && !t->is_long)
		return &x->out;
	table_net(t, node, &net);
	out = t->is_long ? export_long(x, &net) : export_one(x, &net);
	if (x->overlong)
		overlong_log(x, &net);
	return out;
}
