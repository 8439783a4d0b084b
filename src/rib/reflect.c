/*
 * Reflection rules and what is stamped on a path on its way out.
 *
 *   offered?  RFC 4456, 6: between internal peers only from or to a client; RFC 1997.
 *   filter    (export.c)
 *   edit      what a stamp cannot say: mandatory attributes that are missing.
 *   stamp     RFC 4456, 8: ORIGINATOR_ID, CLUSTER_LIST; RFC 4271, 5.1: AS_PATH, NEXT_HOP,
 *             MED, LOCAL_PREF.
 */
#include "rib/reflect.h"
#include "bgp/hops.h"

#include <stdio.h>
#include <string.h>
#include "bgp/caps.h"
#include "rib/flowcheck.h"

/* RFC 9234, 5: what our part means for routes on their way out. */
static uint32_t
otc_flags(uint8_t role)
{
	static const uint16_t flags[] = {
		[1 + ROLE_PROVIDER] = SINK_OTC_ADD,
		[1 + ROLE_RS_SERVER] = SINK_OTC_ADD,
		[1 + ROLE_RS_CLIENT] = SINK_OTC_REFUSE,
		[1 + ROLE_CUSTOMER] = SINK_OTC_REFUSE,
		[1 + ROLE_PEER] = SINK_OTC_REFUSE | SINK_OTC_ADD,
	};

	return flags[role];
}

struct ip
channel_self(const struct channel_desc *d)
{
	enum hop_form form = family_info(d->family)->hop;

	if (form == HOP_FORM_ANY)
		return d->local_ip;
	return form == HOP_FORM_IP6 ? d->self6 : d->self4;
}

void
sink_from(struct sink *k, const struct channel_desc *d, const struct filter *interned,
    bool with_self)
{
	memset(k, 0, sizeof(*k));
	k->export = interned;
	k->table = d->sink_table ? d->sink_table : d->table;
	k->family = d->family;
	k->targets = d->targets;
	/* With add-path it has them all. */
	k->secondary = d->secondary && !d->add_path_tx ? d->id : 0;
	if (d->limits && limits_conf(d->limits, LIMIT_EXPORT)->action) {
		k->limited = d->id;
		k->limit_max = limits_conf(d->limits, LIMIT_EXPORT)->max;
	}
	k->flags = (d->internal ? SINK_INTERNAL : 0u) |
		   (d->rr_client ? SINK_RR_CLIENT : 0u) |
		   (d->rs_client ? SINK_RS_CLIENT : 0u) | (d->as4 ? SINK_AS4 : 0u) |
		   (d->ext_msg ? SINK_EXT_MSG : 0u) |
		   (d->add_path_tx ? SINK_ADD_PATH : 0u) |
		   (d->ext_next_hop ? SINK_EXT_NEXT_HOP : 0u) |
		   (d->interpret_communities ? SINK_COMMUNITIES : 0u) |
		   (d->llgr || !d->interpret_communities ? SINK_LLGR : 0u) |
		   (d->member ? SINK_MEMBER : 0u) |
		   (d->confederation && (d->internal || d->member) ? SINK_CONFED : 0u) |
		   (d->aigp ? SINK_AIGP : 0u) |
		   (d->aigp_originate ? SINK_AIGP_ORIGINATE : 0u) |
		   d->ll_format * SINK_LL_FORMAT |
		   (d->labels < LABELS_MAX ? d->labels : LABELS_MAX) * SINK_LABELS |
		   (ip_is_none(&d->next_hop_address) ? 0u : SINK_NH_ADDRESS) |
		   d->next_hop_self * SINK_NH_SELF | d->next_hop_keep * SINK_NH_KEEP;
	if (d->internal) {
		k->local_pref = d->default_local_pref;
		k->cluster_id = d->rr_client ? d->cluster_id : 0;
		if (d->family == FAM_RTC && d->rr_client)
			k->originator = d->local_id;
	} else if (d->member) {
		k->local_pref = d->default_local_pref;
		k->local_as = d->local_as;
		k->flags |= otc_flags(d->role);
	} else {
		k->local_as = d->confederation ? d->confederation : d->local_as;
		k->flags |= otc_flags(d->role);
		/* A route server is not a neighbouring AS: RFC 7947, 2.2.3. */
		k->flags |= (d->allow_med || d->rs_client ? SINK_MED : 0u) |
			    (d->allow_local_pref ? SINK_LOCAL_PREF : 0u);
	}
	if (!with_self && d->internal && !d->next_hop_self)
		return;
	if (!ip_is_none(&d->next_hop_address))
		k->self = d->next_hop_address;
	else
		k->self = channel_self(d);
	if (family_info(d->family)->hop == HOP_FORM_IP6 ||
	    (d->ext_next_hop && !ip_is4(&k->self)))
		k->local_ll = d->local_ll;
}

void
sink_format(const struct sink *k, char *buf, size_t size)
{
	static const struct {
		unsigned flag;
		const char *name;
	} names[] = {
		{ SINK_RR_CLIENT, " rr-client" },
		{ SINK_MEMBER, " confederation" },
		{ SINK_AIGP, " aigp" },
		{ SINK_AIGP_ORIGINATE, " aigp-originate" },
		{ SINK_RS_CLIENT, " rs-client" },
		{ SINK_AS4, " as4" },
		{ SINK_EXT_MSG, " ext-msg" },
		{ SINK_ADD_PATH, " add-path" },
		{ SINK_EXT_NEXT_HOP, " extended-next-hop" },
		{ LL_SINGLE * SINK_LL_FORMAT, " link-local-single" },
		{ LL_DOUBLE * SINK_LL_FORMAT, " link-local-double" },
		{ NH_ALL * SINK_NH_SELF, " next-hop-self" },
		{ NH_IBGP * SINK_NH_SELF, " next-hop-self-ibgp" },
		{ NH_EBGP * SINK_NH_SELF, " next-hop-self-ebgp" },
		{ NH_ALL * SINK_NH_KEEP, " next-hop-keep" },
		{ NH_IBGP * SINK_NH_KEEP, " next-hop-keep-ibgp" },
		{ NH_EBGP * SINK_NH_KEEP, " next-hop-keep-ebgp" },
	};
	char self[IP_TEXT_MAX];
	uint32_t flags = k->flags;
	size_t at = (size_t)snprintf(
	    buf, size, "%s", k->flags & SINK_INTERNAL ? "internal" : "external");

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names) && at < size; i++) {
		if ((flags & names[i].flag) != names[i].flag)
			continue;
		flags &= ~names[i].flag;
		at += (size_t)snprintf(buf + at, size - at, "%s", names[i].name);
	}
	if (at < size && k->flags & (SINK_OTC_REFUSE | SINK_OTC_ADD))
		at += (size_t)snprintf(buf + at, size - at, " otc");
	if (at < size && k->secondary)
		at += (size_t)snprintf(buf + at, size - at, " secondary");
	if (at < size && k->targets)
		at += (size_t)snprintf(
		    buf + at, size - at, " targets %u", targets_count(k->targets));
	if (at < size && !ip_is_none(&k->self))
		snprintf(buf + at, size - at, " self %s", ip_format(&k->self, self));
}

static bool
communities_allow(const struct sink *k, const struct attrs *a)
{
	if (!(k->flags & SINK_LLGR) && a->wk & WK_LLGR_STALE)
		return false; /* RFC 9494, 4.3 */
	if (!(k->flags & SINK_COMMUNITIES) || !a->wk)
		return true;
	if (a->wk & WK_NO_ADVERTISE)
		return false;
	if (a->wk & WK_NO_EXPORT_SUBCONFED && !(k->flags & SINK_INTERNAL))
		return false;
	return !(a->wk & WK_NO_EXPORT) || k->flags & SINK_INTERIOR;
}

bool
reflect_offered(
    const struct sink *k, const struct channel_desc *source, const struct attrs *a)
{
	if (source->kind == SOURCE_BGP && source->internal && k->flags & SINK_INTERNAL &&
	    !source->rr_client && !(k->flags & SINK_RR_CLIENT))
		return false;
	if (k->flags & SINK_OTC_REFUSE && a->has & HAS_OTC)
		return false;
	if (flowcheck_refused(source, a))
		return false;
	return communities_allow(k, a);
}

struct clusters {
	bool offered;
	uint32_t n, id[2];
};

/* What an internal sink has to do with the kind of client an internal source is. */
static struct clusters
clusters_of(const struct sink *k, const struct channel_desc *source)
{
	struct clusters c = {
		.offered = source->rr_client || k->flags & SINK_RR_CLIENT,
	};

	if (source->rr_client)
		c.id[c.n++] = source->cluster_id;
	if (k->flags & SINK_RR_CLIENT &&
	    (!source->rr_client || source->cluster_id != k->cluster_id))
		c.id[c.n++] = k->cluster_id;
	return c;
}

bool
reflect_differs(const struct sink *k, const struct channel_desc *a,
    const struct channel_desc *b, const struct attrs *attrs)
{
	struct clusters x, y;

	if (a->kind != b->kind || a->internal != b->internal)
		return true;
	if (filter_inputs(k->export) & FILTER_SOURCE)
		return true; /* it may ask for what the source is called */
	if (!(k->flags & SINK_INTERIOR) || a->kind != SOURCE_BGP)
		return false;
	if (!(attrs->has & HAS_LOCAL_PREF) &&
	    a->default_local_pref != b->default_local_pref)
		return true;
	if (!a->internal || !(k->flags & SINK_INTERNAL))
		return false;
	x = clusters_of(k, a);
	y = clusters_of(k, b);
	return a->remote_id != b->remote_id || x.offered != y.offered || x.n != y.n ||
	       memcmp(x.id, y.id, sizeof(x.id)) != 0;
}

static bool
needs_edit(const struct sink *k, const struct attrs *a)
{
	if (~a->has & (HAS_ORIGIN | HAS_AS_PATH))
		return true;
	return k->flags & SINK_OTC_ADD && !(a->has & HAS_OTC);
}

bool
reflect_edit(const struct sink *k, struct arena *arena, const struct attrs **set)
{
	struct draft d;
	struct attrs *made;
	size_t size;

	if (k->flags & SINK_OTC_REFUSE && (*set)->has & HAS_OTC)
		return false; /* the filter has set it */
	if (!needs_edit(k, *set))
		return true;
	draft_from(&d, arena, *set);
	if (!draft_find(&d, ATTR_ORIGIN))
		draft_set_u8(&d, ATTR_ORIGIN, ORIGIN_IGP);
	if (!draft_find(&d, ATTR_AS_PATH))
		draft_set(&d, AF_TRANSITIVE, ATTR_AS_PATH, "", 0);
	if (k->flags & SINK_OTC_ADD && !draft_find(&d, ATTR_OTC))
		draft_set_u32(&d, ATTR_OTC, k->local_as);
	size = attrs_size(&d);
	if (!size)
		return false;
	made = arena_alloc(arena, size);
	attrs_write(&d, made);
	attrs_read_head(made);
	*set = made;
	return true;
}

static bool
next_hop_fits(const struct sink *k, const struct attrs *a)
{
	enum hop_form form = family_info((enum family)k->family)->hop;

	if (form == HOP_FORM_NONE)
		return true;
	if (a->nh_len == 4)
		return form != HOP_FORM_IP6;
	return (form != HOP_FORM_IP4 || k->flags & SINK_EXT_NEXT_HOP) && a->nh_len >= 16;
}

/* Is the option, two bits of the flags, for routes of the source?  Static ones have no side:
 * only both bits mean them. */
static bool
next_hop_option(const struct sink *k, unsigned option, const struct channel_desc *source)
{
	unsigned from = k->flags / option & NH_ALL;

	if (from == NH_ALL || source->kind != SOURCE_BGP)
		return from == NH_ALL;
	return from & (source->internal ? NH_IBGP : NH_EBGP);
}

bool
reflect_hop_ok(
    const struct sink *k, const struct channel_desc *source, const struct attrs *sent)
{
	if (!sent->nh_len || next_hop_fits(k, sent) || !(k->flags & SINK_INTERIOR))
		return true;
	return source->kind != SOURCE_BGP || k->flags & SINK_NH_ADDRESS ||
	       next_hop_option(k, SINK_NH_SELF, source);
}

static bool
next_hop_set(const struct attrs *from, const struct attrs *sent)
{
	return from != sent && (from->nh_len != sent->nh_len ||
				   memcmp(from->bytes, sent->bytes, from->nh_len) != 0);
}

/* What leads over several next hops leads over us, unless a filter says a next hop. */
static bool
leads_over_us(const struct channel_desc *source, const struct attrs *a)
{
	struct hop hops[2];
	struct next_hop nh;
	struct ip ip;

	if (source->kind == SOURCE_L3VPN) /* beyond the border of the VRF */
		return true;
	if (source->kind == SOURCE_BGP || !a->local_len || attrs_hops(a, hops, 2) < 2)
		return false;
	nh = attrs_next_hop(a);
	ip = next_hop_ip(&nh);
	return ip_equal(&ip, &hops[0].via);
}

static bool
is_only_link_local(const struct next_hop *nh)
{
	return nh->len == 16 && nh->b[0] == 0xfe && (nh->b[1] & 0xc0) == 0x80;
}

struct next_hop
reflect_next_hop(const struct sink *k, struct next_hop nh)
{
	enum ll_format format = k->flags / SINK_LL_FORMAT & 3;

	if (format == LL_SINGLE || !is_only_link_local(&nh))
		return nh;
	nh.len = 32;
	memcpy(nh.b + 16, nh.b, 16);
	if (format == LL_NATIVE)
		memset(nh.b, 0, 16);
	return nh;
}

static bool
next_hop_kept(const struct sink *k, const struct channel_desc *source,
    const struct attrs *from, const struct attrs *sent)
{
	struct next_hop nh;

	if (!next_hop_fits(k, sent) || next_hop_option(k, SINK_NH_SELF, source))
		return false;
	/* As BIRD: the way of a route that is not BGP's is no next hop to be kept. */
	if (source->kind == SOURCE_BGP && next_hop_option(k, SINK_NH_KEEP, source))
		return true;
	if (next_hop_set(from, sent))
		return true;
	/* A link-local address alone says nothing to who is on another link. */
	nh = attrs_next_hop(sent);
	return k->flags & SINK_INTERIOR && !leads_over_us(source, from) &&
	       !is_only_link_local(&nh);
}

static struct next_hop
next_hop_self(const struct sink *k)
{
	struct next_hop nh = { .len = 4 };

	if (family_info((enum family)k->family)->hop != HOP_FORM_IP6 &&
	    ip_is4(&k->self)) {
		memcpy(nh.b, k->self.b + 12, 4);
		return nh;
	}
	nh.len = 16;
	memcpy(nh.b, k->self.b, 16);
	if (!ip_is_none(&k->local_ll) && !ip_is_link_local(&k->self)) {
		nh.len = 32;
		memcpy(nh.b + 16, k->local_ll.b, 16);
	}
	return nh;
}

/* Within the AS, or the confederation: there the next hop, MED and LOCAL_PREF stay. */
static void
stamp_interior(const struct sink *k, const struct channel_desc *source,
    const struct attrs *sent, struct stamp *st)
{
	struct clusters clusters;

	st->internal = true;
	st->local_pref = k->local_pref;
	if (k->flags & SINK_MEMBER) {
		st->strip_reflected = st->prepend_confed = true;
		st->prepend_as = k->flags & SINK_RS_CLIENT ? 0 : k->local_as;
	}
	if (source->kind != SOURCE_BGP)
		return;
	st->local_pref = source->default_local_pref; /* as the decision had it */
	if (!source->internal || k->flags & SINK_MEMBER)
		return;
	if (k->originator) {
		st->originator = k->originator;
		st->own_originator = true;
	} else if (!(sent->has & HAS_ORIGINATOR)) {
		st->originator = source->remote_id;
	}
	clusters = clusters_of(k, source);
	for (unsigned i = 0; i < clusters.n; i++)
		st->cluster[st->cluster_n++] = clusters.id[i];
}

static void
stamp_external(const struct sink *k, bool med_set, struct stamp *st)
{
	st->strip_local_pref = !(k->flags & SINK_LOCAL_PREF);
	st->strip_reflected = true;
	st->strip_med = !(k->flags & SINK_MED) && !med_set;
	if (!(k->flags & SINK_RS_CLIENT))
		st->prepend_as = k->local_as;
}

bool
reflect_stamp(const struct sink *k, const struct channel_desc *source,
    const struct attrs *from, const struct attrs *sent, bool med_set, struct stamp *st)
{
	enum hop_form form = family_info((enum family)k->family)->hop;

	*st = (struct stamp){ .as4 = k->flags & SINK_AS4,
		.ext_next_hop = k->flags & SINK_EXT_NEXT_HOP,
		.strip_confed = !(k->flags & SINK_CONFED),
		.aigp = k->flags & SINK_AIGP ? AIGP_KEEP : AIGP_STRIP };
	if (k->flags & SINK_INTERIOR)
		stamp_interior(k, source, sent, st);
	else
		stamp_external(k, med_set, st);
	if (form == HOP_FORM_NONE || next_hop_kept(k, source, from, sent))
		return true;
	st->next_hop = next_hop_self(k);
	return !ip_is_none(&k->self);
}
