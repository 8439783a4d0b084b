/*
 * Where a route leads: the value of LOCAL_HOPS.  For each hop
 *
 *   1      1         1    n    1    n       1       4 * n
 *   flags  weight-1  len  via  len  ifname  labels  label...
 */
#include "bgp/hops.h"
#include "bgp/labels.h"

#include <string.h>
#include "base/wire.h"

enum { ONLINK = 1, RECURSIVE = 2, HOP_BYTES = 5 + 16 + HOP_IFNAME + 4 * HOP_LABELS };

static size_t
ip_len(const struct ip *ip)
{
	return ip_is_none(ip) ? 0 : ip_is4(ip) ? 4 : 16;
}

static void
hop_write(struct wbuf *w, const struct hop *h)
{
	size_t n = ip_len(&h->via), name = strnlen(h->ifname, HOP_IFNAME - 1);

	wbuf_u8(w, (uint8_t)((h->onlink ? ONLINK : 0) | (h->recursive ? RECURSIVE : 0)));
	wbuf_u8(w, (uint8_t)(h->weight - 1));
	wbuf_u8(w, (uint8_t)n);
	wbuf_put(w, h->via.b + 16 - n, n);
	wbuf_u8(w, (uint8_t)name);
	wbuf_put(w, h->ifname, name);
	wbuf_u8(w, h->label_n);
	for (unsigned i = 0; i < h->label_n; i++)
		wbuf_u32(w, h->label[i]);
}

static bool
is_plain(const struct hop *h, unsigned n)
{
	return n == 1 && !h->ifname[0] && h->weight == 1 && !h->onlink && !h->label_n &&
	       !h->recursive && !ip_is_none(&h->via);
}

static void
next_hop_set(struct draft *d, const struct ip *via)
{
	size_t n = ip_len(via);

	d->next_hop.len = (uint8_t)n;
	memcpy(d->next_hop.b, via->b + 16 - n, n);
}

void
draft_set_hops(struct draft *d, const struct hop *h, unsigned n)
{
	next_hop_set(d, &h->via);
	draft_set_way(d, h, n);
}

void
draft_set_way(struct draft *d, const struct hop *h, unsigned n)
{
	struct wbuf w;
	uint8_t *buf;

	if (is_plain(h, n)) {
		draft_unset(d, LOCAL_HOPS);
		return;
	}
	buf = arena_alloc(d->arena, (size_t)n * HOP_BYTES);
	w = wbuf_init(buf, (size_t)n * HOP_BYTES);
	for (unsigned i = 0; i < n; i++)
		hop_write(&w, &h[i]);
	draft_put(d, 0, LOCAL_HOPS, buf, wbuf_len(&w));
}

static void
hop_read(struct wire *w, struct hop *h)
{
	size_t n;
	uint8_t flags;
	const uint8_t *p;

	*h = (struct hop){ 0 };
	flags = wire_u8(w);
	h->onlink = flags & ONLINK;
	h->recursive = flags & RECURSIVE;
	h->weight = (uint16_t)(wire_u8(w) + 1);
	n = wire_u8(w);
	p = wire_take(w, n);
	if (p && n == 4)
		h->via = ip_from4(get_u32(p));
	else if (p && n == 16)
		memcpy(h->via.b, p, 16);
	n = wire_u8(w);
	p = wire_take(w, n);
	if (p && n < HOP_IFNAME)
		memcpy(h->ifname, p, n);
	h->label_n = wire_u8(w);
	for (unsigned i = 0; i < h->label_n && i < HOP_LABELS; i++)
		h->label[i] = wire_u32(w);
}

/* The labels of LOCAL_LABELS are pushed on the way, but for one that stands for none. */
static void
labels_read(const struct attr *a, struct hop *h)
{
	h->label_n = 0;
	while (h->label_n < HOP_LABELS && 4u * (h->label_n + 1u) <= a->len) {
		h->label[h->label_n] = get_u32(a->data + 4 * h->label_n);
		h->label_n++;
	}
	if (h->label_n == 1 && h->label[0] == LABEL_IMPLICIT_NULL)
		h->label_n = 0;
}

static unsigned
hops_read(const struct attr *a, const struct attr *labels, const struct next_hop *nh,
    struct hop *hops, unsigned max)
{
	unsigned n = 0;
	struct wire w;

	if (!a) {
		if (!nh->len || !max)
			return 0;
		hops[0] = (struct hop){ .via = next_hop_ip(nh), .weight = 1 };
		if (labels)
			labels_read(labels, &hops[0]);
		return 1;
	}
	w = wire_init(a->data, a->len);
	while (wire_left(&w) && n < max)
		hop_read(&w, &hops[n++]);
	return n;
}

unsigned
attrs_hops(const struct attrs *a, struct hop *hops, unsigned max)
{
	struct next_hop nh = attrs_next_hop(a);
	struct attr at, labels;
	bool own = a->local_len;

	return hops_read(own && attrs_find(a, LOCAL_HOPS, &at) ? &at : NULL,
	    own && attrs_find(a, LOCAL_LABELS, &labels) ? &labels : NULL, &nh, hops, max);
}

bool
attrs_link_local(const struct attrs *a, struct ip *ll)
{
	struct attr at;

	if (a->nh_len != 32 || !a->local_len || !attrs_find(a, LOCAL_PREFER_LL, &at))
		return false;
	memcpy(ll->b, a->bytes + 16, 16);
	return true;
}

void
draft_prefer_link_local(struct draft *d)
{
	draft_set(d, 0, LOCAL_PREFER_LL, (uint8_t[]){ 1 }, 1);
}

unsigned
draft_hops(const struct draft *d, struct hop *hops, unsigned max)
{
	return hops_read(draft_find(d, LOCAL_HOPS), draft_find(d, LOCAL_LABELS),
	    &d->next_hop, hops, max);
}

/* The heaviest first, as BIRD has them. */
int
hops_order(const void *a, const void *b)
{
	const struct hop *x = a, *y = b;
	int c = ip_cmp(&x->via, &y->via);

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	if (!c && x->label_n != y->label_n)
		c = x->label_n < y->label_n ? -1 : 1;
	for (unsigned i = 0; !c && i < x->label_n; i++)
		if (x->label[i] != y->label[i])
			c = x->label[i] < y->label[i] ? -1 : 1;
	return c ? c : strncmp(x->ifname, y->ifname, HOP_IFNAME);
}

static enum dest
dest_read(const struct attr *a)
{
	return a && a->len == 1 ? (enum dest)a->data[0] : DEST_UNICAST;
}

enum dest
attrs_dest(const struct attrs *a)
{
	struct attr at;

	/* the common case: nothing of our own */
	return a->local_len && attrs_find(a, LOCAL_DEST, &at) ? dest_read(&at)
							      : DEST_UNICAST;
}

enum dest
draft_dest(const struct draft *d)
{
	return dest_read(draft_find(d, LOCAL_DEST));
}

void
draft_set_dest(struct draft *d, enum dest dest)
{
	uint8_t b = (uint8_t)dest;

	if (dest == DEST_UNICAST)
		draft_unset(d, LOCAL_DEST);
	else
		draft_set(d, 0, LOCAL_DEST, &b, 1);
}
