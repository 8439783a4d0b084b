/*
 * Attributes, encoded: a set and a stamp become what a peer is sent.
 *
 * The block of a set is in ascending order of type code already.  What the stamp adds is
 * a set of bits by code, `due`; one pass over the block writes each due attribute before
 * the first that follows it.  This is done once for a set, an update group and a run of
 * networks, so it neither allocates nor looks twice.
 */
#include "bgp/update.h"

#include <string.h>
#include "aspath.h"

struct encoder {
	struct wbuf out;
	const struct stamp *stamp;
	bool strip_confed; /* and there is something to strip */
	struct next_hop next_hop;
	uint32_t due;     /* attributes to be added, bit 1 << code */
	struct path path; /* for AS4_PATH */
	struct attr aggr; /* for AS4_AGGREGATOR */
};

#define DUE(code) (1u << (code))
#define EXT_NON_TRANSITIVE 0x40u /* in the first byte of an extended community */

/* Flags, code and length; room for the value is returned. */
static uint8_t *
attr_open(struct encoder *e, unsigned flags, unsigned code, size_t len)
{
	bool extended = len > UINT8_MAX;
	uint8_t *p = wbuf_take(&e->out, 3u + extended + len);

	if (!p || len > UINT16_MAX) {
		e->out.bad = true;
		return NULL;
	}
	p[0] = (uint8_t)(flags | (extended ? AF_EXTENDED : 0));
	p[1] = (uint8_t)code;
	if (extended)
		put_u16(p + 2, (uint16_t)len);
	else
		p[2] = (uint8_t)len;
	return p + 3 + extended;
}

static void
attr_put(struct encoder *e, unsigned flags, unsigned code, const void *data, size_t len)
{
	uint8_t *p = attr_open(e, flags, code, len);

	if (p && len)
		memcpy(p, data, len);
}

static void
u32_put(struct encoder *e, unsigned flags, unsigned code, uint32_t value)
{
	uint8_t *p = attr_open(e, flags, code, 4);

	if (p)
		put_u32(p, value);
}

static void
path_attr_put(struct encoder *e, unsigned flags, unsigned code,
    const struct path_form *form, struct path path)
{
	size_t len = path_form_len(form, path);
	uint8_t *p = attr_open(e, flags, code, len);
	struct wbuf to;

	if (!p)
		return;
	to = wbuf_init(p, len);
	path_form_write(form, path, &to);
}

static void
path_put(struct encoder *e, struct path path)
{
	const struct stamp *s = e->stamp;
	struct path_form form = { s->as4, e->strip_confed, s->prepend_confed,
		s->prepend_as };

	if (s->as4 && !e->strip_confed && !s->prepend_as) {
		attr_put(e, AF_TRANSITIVE, ATTR_AS_PATH, path.data, path.len);
		return;
	}
	path_attr_put(e, AF_TRANSITIVE, ATTR_AS_PATH, &form, path);
	if (s->as4 ||
	    ((s->prepend_confed || s->prepend_as <= UINT16_MAX) && !path_is_wide(path)))
		return;
	e->path = path;
	e->due |= DUE(ATTR_AS4_PATH);
}

/* RFC 6793, 4.2.2: the whole path, but for confederation segments. */
static void
as4_path_put(struct encoder *e)
{
	const struct stamp *s = e->stamp;
	struct path_form form = { true, true, false,
		s->prepend_confed ? 0 : s->prepend_as };

	path_attr_put(e, AF_OPTIONAL | AF_TRANSITIVE, ATTR_AS4_PATH, &form, e->path);
}

static void
aggregator_put(struct encoder *e, const struct attr *a)
{
	uint32_t as = get_u32(a->data);
	uint8_t *p;

	if (e->stamp->as4) {
		attr_put(e, a->flags, a->code, a->data, a->len);
		return;
	}
	p = attr_open(e, a->flags, a->code, 6);
	if (!p)
		return;
	put_u16(p, (uint16_t)(as > UINT16_MAX ? AS_TRANS : as));
	memcpy(p + 2, a->data + 4, 4);
	if (as <= UINT16_MAX)
		return;
	e->aggr = *a;
	e->due |= DUE(ATTR_AS4_AGGREGATOR);
}

/* RFC 4456, 8: each reflector puts its cluster in front. */
static void
cluster_put(struct encoder *e, const uint8_t *data, size_t len)
{
	unsigned n = e->stamp->cluster_n;
	uint8_t *p = attr_open(e, AF_OPTIONAL, ATTR_CLUSTER_LIST, len + 4 * n);

	if (!p)
		return;
	for (; n; n--, p += 4)
		put_u32(p, e->stamp->cluster[n - 1]);
	if (len)
		memcpy(p, data, len);
}

/* RFC 4360, 6: what is not transitive stays in the AS. */
static void
ext_community_put(struct encoder *e, const struct attr *a)
{
	size_t n = 0;
	uint8_t *p;

	for (size_t i = 0; i + 8 <= a->len; i += 8)
		n += !(a->data[i] & EXT_NON_TRANSITIVE);
	if (e->stamp->internal || e->stamp->verbatim || n * 8 == a->len) {
		attr_put(e, a->flags, a->code, a->data, a->len);
		return;
	}
	p = n ? attr_open(e, a->flags, a->code, n * 8) : NULL;
	for (size_t i = 0; p && i + 8 <= a->len; i += 8) {
		if (a->data[i] & EXT_NON_TRANSITIVE)
			continue;
		memcpy(p, a->data + i, 8);
		p += 8;
	}
}

/* RFC 7311, 3.4: our metric takes the place of the first; TLVs of other types stay. */
static void
aigp_put(struct encoder *e, const uint8_t *data, size_t len)
{
	size_t at = aigp_tlv(data, len), rest = at < len ? len - at - AIGP_TLV_LEN : 0;
	uint8_t *p = attr_open(e, AF_OPTIONAL, ATTR_AIGP, AIGP_TLV_LEN + at + rest);

	if (!p)
		return;
	p[0] = AIGP_TLV_METRIC;
	put_u16(p + 1, AIGP_TLV_LEN);
	put_u32(p + 3, (uint32_t)(e->stamp->aigp_metric >> 32));
	put_u32(p + 7, (uint32_t)e->stamp->aigp_metric);
	p += AIGP_TLV_LEN;
	if (at)
		memcpy(p, data, at);
	if (rest)
		memcpy(p + at, data + at + AIGP_TLV_LEN, rest);
}

static void
due_put(struct encoder *e, unsigned code)
{
	static const uint8_t igp = ORIGIN_IGP;

	switch (code) {
	case ATTR_ORIGIN:
		attr_put(e, AF_TRANSITIVE, ATTR_ORIGIN, &igp, 1);
		break;
	case ATTR_AS_PATH:
		path_put(e, (struct path){ NULL, 0 });
		break;
	case ATTR_NEXT_HOP:
		attr_put(e, AF_TRANSITIVE, ATTR_NEXT_HOP, e->next_hop.b, 4);
		break;
	case ATTR_LOCAL_PREF:
		u32_put(e, AF_TRANSITIVE, ATTR_LOCAL_PREF, e->stamp->local_pref);
		break;
	case ATTR_ORIGINATOR_ID:
		u32_put(e, AF_OPTIONAL, ATTR_ORIGINATOR_ID, e->stamp->originator);
		break;
	case ATTR_CLUSTER_LIST:
		cluster_put(e, NULL, 0);
		break;
	case ATTR_AIGP:
		aigp_put(e, NULL, 0);
		break;
	case ATTR_AS4_PATH:
		as4_path_put(e);
		break;
	case ATTR_AS4_AGGREGATOR:
		attr_put(
		    e, e->aggr.flags, ATTR_AS4_AGGREGATOR, e->aggr.data, e->aggr.len);
		break;
	}
}

/* Adds what is due before `code`. */
static inline void
due_until(struct encoder *e, unsigned code)
{
	uint32_t below = code < 32 ? DUE(code) - 1 : UINT32_MAX, now;

	while (__builtin_expect((now = e->due & below) != 0, 0)) {
		e->due &= ~(now & -now);
		due_put(e, (unsigned)__builtin_ctz(now));
	}
}

static void
own_put(struct encoder *e, const struct attr *a)
{
	const struct stamp *s = e->stamp;

	switch (a->code) {
	case ATTR_AS_PATH:
		path_put(e, (struct path){ a->data, a->len });
		break;
	case ATTR_AGGREGATOR:
		aggregator_put(e, a);
		break;
	case ATTR_CLUSTER_LIST:
		if (!s->strip_reflected)
			cluster_put(e, a->data, a->len);
		break;
	case ATTR_EXT_COMMUNITY:
		ext_community_put(e, a);
		break;
	case ATTR_LOCAL_PREF:
		if (!s->strip_local_pref)
			attr_put(e, a->flags, a->code, a->data, a->len);
		break;
	case ATTR_ORIGINATOR_ID:
		if (s->own_originator)
			u32_put(e, AF_OPTIONAL, ATTR_ORIGINATOR_ID, s->originator);
		else if (!s->strip_reflected)
			attr_put(e, a->flags, a->code, a->data, a->len);
		break;
	case ATTR_AIGP:
		e->due &= ~DUE(ATTR_AIGP);
		if (s->aigp == AIGP_SET)
			aigp_put(e, a->data, a->len);
		else if (s->aigp == AIGP_KEEP)
			attr_put(e, a->flags, a->code, a->data, a->len);
		break;
	case ATTR_MED:
		if (!s->strip_med)
			attr_put(e, a->flags, a->code, a->data, a->len);
		break;
	default:
		attr_put(e, a->flags, a->code, a->data, a->len);
	}
}

static uint32_t
due_of(const struct attrs *a, const struct stamp *s, bool next_hop)
{
	uint32_t due = 0;

	if (!(a->has & HAS_ORIGIN))
		due |= DUE(ATTR_ORIGIN);
	if (!(a->has & HAS_AS_PATH))
		due |= DUE(ATTR_AS_PATH);
	if (next_hop)
		due |= DUE(ATTR_NEXT_HOP);
	if (s->aigp == AIGP_SET)
		due |= DUE(ATTR_AIGP);
	if (s->internal && !s->strip_local_pref && !(a->has & HAS_LOCAL_PREF))
		due |= DUE(ATTR_LOCAL_PREF);
	if (s->strip_reflected)
		return due;
	if (s->originator && !(a->has & HAS_ORIGINATOR))
		due |= DUE(ATTR_ORIGINATOR_ID);
	if (s->cluster_n && !a->cluster_count)
		due |= DUE(ATTR_CLUSTER_LIST);
	return due;
}

size_t
attrs_encode(const struct attrs *a, const struct stamp *stamp, enum family family,
    uint8_t *buf, size_t size)
{
	struct encoder e = { .out = wbuf_init(buf, size), .stamp = stamp };
	struct attr attr;
	size_t pos = 0;

	if (family == FAM_IP4) {
		e.next_hop = stamp->next_hop.len ? stamp->next_hop : attrs_next_hop(a);
		if (e.next_hop.len != 4 && (!stamp->ext_next_hop || !e.next_hop.len))
			return 0;
	}
	e.strip_confed = stamp->strip_confed && a->has & HAS_CONFED;
	e.due = due_of(a, stamp, family == FAM_IP4 && e.next_hop.len == 4);
	while (attrs_next(a, &pos, &attr) && attr.code < LOCAL_ATTR) {
		due_until(&e, attr.code);
		own_put(&e, &attr);
	}
	due_until(&e, UINT32_MAX);
	return e.out.bad ? 0 : wbuf_len(&e.out);
}
