/*
 * The reference model.  Written from the RFCs as elimination and as edits of a whole set,
 * not as the pairwise steps and stamps of the product.
 */
#include "model.h"

#include <string.h>
#include "base/wire.h"

/* Keeps those for which `rank` is lowest. */
static void
keep_lowest(const struct model_path *p, bool *in, unsigned n,
    int64_t (*rank)(const struct model_path *))
{
	int64_t low = INT64_MAX;

	for (unsigned i = 0; i < n; i++)
		if (in[i] && rank(&p[i]) < low)
			low = rank(&p[i]);
	for (unsigned i = 0; i < n; i++)
		in[i] = in[i] && rank(&p[i]) == low;
}

static int64_t
rank_preference(const struct model_path *p)
{
	return -(int64_t)p->attrs->preference;
}

static int64_t
rank_kind(const struct model_path *p)
{
	return p->source->kind == SOURCE_STATIC ? 0 : 1;
}

static int64_t
rank_local_pref(const struct model_path *p)
{
	return p->attrs->has & HAS_LOCAL_PREF ? -(int64_t)p->attrs->local_pref
					      : -(int64_t)p->source->default_local_pref;
}

static int64_t
rank_length(const struct model_path *p)
{
	return p->attrs->path_len;
}

static int64_t
rank_origin(const struct model_path *p)
{
	return p->attrs->origin;
}

static int64_t
rank_med(const struct model_path *p)
{
	return p->attrs->has & HAS_MED ? p->attrs->med : p->source->default_med;
}

static uint32_t
neighbor(const struct model_path *p)
{
	return p->attrs->neighbor_as ? p->attrs->neighbor_as : p->source->local_as;
}

static int64_t
rank_internal(const struct model_path *p)
{
	return p->source->internal;
}

static int64_t
rank_id(const struct model_path *p)
{
	return p->attrs->has & HAS_ORIGINATOR ? p->attrs->originator
					      : p->source->remote_id;
}

static int64_t
rank_clusters(const struct model_path *p)
{
	return p->attrs->cluster_count;
}

static int64_t
rank_address(const struct model_path *p)
{
	return get_u32(p->source->remote_ip.b + 12);
}

static int64_t
rank_channel(const struct model_path *p)
{
	return p->source->id;
}

static void
keep_med(const struct model_path *p, bool *in, unsigned n)
{
	bool out[64] = { false };

	for (unsigned i = 0; i < n; i++)
		for (unsigned j = 0; j < n; j++)
			if (in[i] && in[j] && rank_med(&p[j]) < rank_med(&p[i]) &&
			    (p[i].source->med_metric || p[j].source->med_metric ||
				neighbor(&p[i]) == neighbor(&p[j])))
				out[i] = true;
	for (unsigned i = 0; i < n; i++)
		in[i] = in[i] && !out[i];
}

int
model_best(const struct model_path *p, unsigned n)
{
	bool in[64];

	for (unsigned i = 0; i < n; i++)
		in[i] = p[i].attrs;
	keep_lowest(p, in, n, rank_preference);
	keep_lowest(p, in, n, rank_kind);
	keep_lowest(p, in, n, rank_local_pref);
	keep_lowest(p, in, n, rank_length);
	keep_lowest(p, in, n, rank_origin);
	keep_med(p, in, n);
	keep_lowest(p, in, n, rank_internal);
	keep_lowest(p, in, n, rank_id);
	keep_lowest(p, in, n, rank_clusters);
	keep_lowest(p, in, n, rank_address);
	keep_lowest(p, in, n, rank_channel);
	for (unsigned i = 0; i < n; i++)
		if (in[i])
			return (int)i;
	return -1;
}

static bool
offered(const struct channel_desc *sink, const struct model_path *p)
{
	const struct channel_desc *src = p->source;
	bool reflected = src->kind == SOURCE_BGP && src->internal && sink->internal;

	if (sink->id == src->id || (reflected && !src->rr_client && !sink->rr_client))
		return false;
	if (!sink->interpret_communities)
		return true;
	if (p->attrs->wk & WK_NO_ADVERTISE)
		return false;
	return sink->internal ||
	       !(p->attrs->wk & (WK_NO_EXPORT | WK_NO_EXPORT_SUBCONFED));
}

static void
cluster_prepend(struct draft *d, struct arena *arena, uint32_t id)
{
	const struct attr *a = draft_find(d, ATTR_CLUSTER_LIST);
	size_t len = a ? a->len : 0;
	uint8_t *list = arena_alloc(arena, len + 4);

	put_u32(list, id);
	if (len)
		memcpy(list + 4, a->data, len);
	draft_set(d, AF_OPTIONAL, ATTR_CLUSTER_LIST, list, len + 4);
}

static void
edit_internal(struct draft *d, struct arena *arena, const struct channel_desc *sink,
    const struct channel_desc *src)
{
	if (!draft_find(d, ATTR_LOCAL_PREF))
		draft_set_u32(d, ATTR_LOCAL_PREF,
		    src->kind == SOURCE_BGP ? src->default_local_pref
					    : sink->default_local_pref);
	if (src->kind != SOURCE_BGP || !src->internal)
		return;
	if (!draft_find(d, ATTR_ORIGINATOR_ID))
		draft_set_u32(d, ATTR_ORIGINATOR_ID, src->remote_id);
	if (src->rr_client)
		cluster_prepend(d, arena, src->cluster_id);
	if (sink->rr_client && (!src->rr_client || src->cluster_id != sink->cluster_id))
		cluster_prepend(d, arena, sink->cluster_id);
}

static void
edit_external(struct draft *d, const struct channel_desc *sink, bool med_set)
{
	draft_unset(d, ATTR_LOCAL_PREF);
	draft_unset(d, ATTR_ORIGINATOR_ID);
	draft_unset(d, ATTR_CLUSTER_LIST);
	if (!sink->allow_med && !sink->rs_client && !med_set)
		draft_unset(d, ATTR_MED);
	if (!sink->rs_client)
		draft_path_prepend(d, sink->local_as, 1);
}

/* False: it cannot be sent. */
static bool
edit_next_hop(struct draft *d, const struct channel_desc *sink,
    const struct channel_desc *src, bool nh_set)
{
	bool v4 = sink->family == FAM_IP4;
	bool keep = sink->internal || nh_set, fits;
	unsigned side = src->kind != SOURCE_BGP ? 3 : src->internal ? 1 : 2;
	const struct ip *self = v4 ? &sink->self4 : &sink->self6;

	if (family_info(sink->family)->hop == HOP_FORM_NONE) {
		memset(&d->next_hop, 0, sizeof(d->next_hop));
		return true;
	}
	if (src->kind == SOURCE_BGP && (sink->next_hop_keep & side) == side)
		keep = true;
	if ((sink->next_hop_self & side) == side)
		keep = false;
	fits = v4 ? d->next_hop.len == 4 : d->next_hop.len >= 16;
	if (keep && fits)
		return true;
	/* RFC 4456, 10: not ours instead of one that a client cannot read */
	if (!fits && d->next_hop.len && sink->internal && src->kind == SOURCE_BGP &&
	    (sink->next_hop_self & side) != side && ip_is_none(&sink->next_hop_address))
		return false;
	if (!ip_is_none(&sink->next_hop_address))
		self = &sink->next_hop_address;
	memset(&d->next_hop, 0, sizeof(d->next_hop));
	d->next_hop.len = v4 ? 4 : 16;
	memcpy(d->next_hop.b, v4 ? self->b + 12 : self->b, d->next_hop.len);
	return true;
}

/* After the filter. */
static bool
wanted(struct store *store, const struct targets *t, const struct draft *d)
{
	struct attrs *a = store_intern(store, d);
	bool want = targets_want(t, a);

	attrs_unref(store, a, 1);
	return want;
}

size_t
model_export(struct store *store, struct arena *arena, const struct channel_desc *sink,
    const struct model_path *p, const struct net *net, uint8_t *buf, size_t size,
    struct next_hop *nh)
{
	const struct stamp plain = { .as4 = sink->as4 };
	struct draft d, before;
	struct attrs *a;
	bool changed, med_set, nh_set;
	size_t len;

	if (!offered(sink, p))
		return 0;
	draft_from(&d, arena, p->attrs);
	before = d;
	if (filter_run(sink->export, net, &d, &(struct route_source){ 0 }, &changed) !=
	    FILTER_ACCEPT)
		return 0;
	if (sink->targets && !wanted(store, sink->targets, &d))
		return 0;
	med_set = draft_find(&d, ATTR_MED) &&
		  (!draft_find(&before, ATTR_MED) ||
		      draft_find(&d, ATTR_MED)->data !=
			  draft_find(&before, ATTR_MED)->data);
	nh_set = memcmp(&d.next_hop, &before.next_hop, sizeof(d.next_hop)) != 0;
	if (!draft_find(&d, ATTR_ORIGIN))
		draft_set_u8(&d, ATTR_ORIGIN, ORIGIN_IGP);
	if (!draft_find(&d, ATTR_AS_PATH))
		draft_set(&d, AF_TRANSITIVE, ATTR_AS_PATH, "", 0);
	if (sink->internal)
		edit_internal(&d, arena, sink, p->source);
	else
		edit_external(&d, sink, med_set);
	if (!edit_next_hop(&d, sink, p->source, nh_set))
		return 0;
	*nh = d.next_hop;
	a = store_intern(store, &d);
	len = attrs_encode(a, &plain, sink->family, buf, size);
	attrs_unref(store, a, 1);
	return len;
}
