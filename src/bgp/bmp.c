/*
 * BMP messages; see bgp/bmp.h.
 */
#include "bgp/bmp.h"

#include <string.h>

#include "base/longnet.h"
#include "base/mem.h"
#include "base/wire.h"
#include "bgp/labels.h"
#include "bgp/longnlri.h"

enum { VERSION = 3, AT_LEN = 1, PEER_IP6 = 0x80, LOCAL_INSTANCE = 2 };
enum { INFO_DESCRIPTION = 1, INFO_NAME = 2, INFO_REASON = 1 }; /* RFC 7854, 4.4 and 4.5 */
enum { SCRATCH = 2 * BGP_MSG_EXT_MAX };

void
bmp_free(struct bmp *b)
{
	mem_free(b->at);
	mem_free(b->scratch);
	*b = (struct bmp){ 0 };
}

static uint8_t *
take(struct bmp *b, size_t n)
{
	if (b->len + n > b->room) {
		b->room = b->room ? b->room : 4096;
		while (b->len + n > b->room)
			b->room *= 2;
		b->at = mem_realloc(b->at, b->room);
	}
	b->len += n;
	return b->at + b->len - n;
}

static void
put(struct bmp *b, const void *data, size_t n)
{
	if (n)
		memcpy(take(b, n), data, n);
}

static void
put8(struct bmp *b, unsigned v)
{
	*take(b, 1) = (uint8_t)v;
}

static void
put16(struct bmp *b, unsigned v)
{
	put_u16(take(b, 2), (uint16_t)v);
}

static void
put32(struct bmp *b, uint32_t v)
{
	put_u32(take(b, 4), v);
}

static void
put64(struct bmp *b, uint64_t v)
{
	put32(b, (uint32_t)(v >> 32));
	put32(b, (uint32_t)v);
}

static void
begin(struct bmp *b, enum bmp_kind kind)
{
	b->message = b->len;
	put8(b, VERSION);
	put32(b, 0); /* when it ends */
	put8(b, kind);
}

static void
end(struct bmp *b)
{
	put_u32(b->at + b->message + AT_LEN, (uint32_t)(b->len - b->message));
}

/* An IPv4 address stands in the last four bytes. */
static void
put_ip(struct bmp *b, const struct ip *ip)
{
	if (ip_is4(ip) || ip_is_none(ip)) {
		memset(take(b, 12), 0, 12);
		put32(b, ip_to4(ip));
	} else {
		put(b, ip->b, 16);
	}
}

static void
peer_begin(struct bmp *b, enum bmp_kind kind, const struct bmp_peer *p, unsigned flags,
    uint64_t time_us)
{
	begin(b, kind);
	put8(b, p->instance ? LOCAL_INSTANCE : 0);
	put8(b, flags | (ip_is4(&p->ip) ? 0 : PEER_IP6));
	put64(b, p->instance);
	put_ip(b, &p->ip);
	put32(b, p->as);
	put32(b, p->id);
	put32(b, (uint32_t)(time_us / 1000000));
	put32(b, (uint32_t)(time_us % 1000000));
}

static void
put_info(struct bmp *b, unsigned type, const void *data, size_t len)
{
	put16(b, type);
	put16(b, (unsigned)len);
	put(b, data, len);
}

void
bmp_initiation(struct bmp *b, const char *description, const char *name)
{
	begin(b, BMP_INITIATION);
	put_info(b, INFO_DESCRIPTION, description, strlen(description));
	put_info(b, INFO_NAME, name, strlen(name));
	end(b);
}

void
bmp_termination(struct bmp *b, unsigned reason)
{
	uint8_t code[2];

	put_u16(code, (uint16_t)reason);
	begin(b, BMP_TERMINATION);
	put_info(b, INFO_REASON, code, sizeof(code));
	end(b);
}

void
bmp_peer_up(
    struct bmp *b, const struct bmp_peer *p, uint64_t time_us, const struct bmp_up *up)
{
	peer_begin(b, BMP_PEER_UP, p, 0, time_us);
	put_ip(b, &up->local);
	put16(b, up->local_port);
	put16(b, up->remote_port);
	put(b, up->sent, up->sent_len);
	put(b, up->received, up->received_len);
	end(b);
}

void
bmp_peer_down(struct bmp *b, const struct bmp_peer *p, uint64_t time_us,
    enum bmp_down why, const uint8_t *data, size_t len)
{
	peer_begin(b, BMP_PEER_DOWN, p, 0, time_us);
	put8(b, why);
	put(b, data, len);
	end(b);
}

void
bmp_update(struct bmp *b, const struct bmp_peer *p, unsigned flags, uint64_t time_us,
    const uint8_t *msg, size_t len)
{
	peer_begin(b, BMP_ROUTES, p, flags, time_us);
	put(b, msg, len);
	end(b);
}

void
bmp_end_of_rib(struct bmp *b, const struct bmp_peer *p, unsigned flags, uint64_t time_us,
    enum family family)
{
	uint8_t msg[64];

	bmp_update(b, p, flags, time_us, msg, update_eor(family, msg));
}

/*
 * Routes: UPDATEs are written one behind the other, then each gets its headers.
 */
struct writing {
	struct bmp *b;
	const struct bmp_peer *peer;
	unsigned flags;
	uint64_t time_us;
	struct wbuf out;
	struct update_writer w;
	struct next_hop next_hop;
	struct label_stack labels;
};

static void
wrap(struct writing *x)
{
	size_t len, n;

	update_finish(&x->w);
	len = wbuf_len(&x->out);
	for (size_t at = 0; at < len; at += n) {
		n = get_u16(x->out.start + at + 16);
		bmp_update(x->b, x->peer, x->flags, x->time_us, x->out.start + at, n);
	}
	x->out = wbuf_init(x->out.start, BGP_MSG_EXT_MAX);
	x->w.msg = NULL;
}

/* A network may be nearly as long as a message of the usual size. */
static bool
fits(struct writing *x, const struct nlri *nlri)
{
	if (update_least(&x->w, nlri) <= x->w.msg_max)
		return true;
	x->w.msg_max = BGP_MSG_EXT_MAX;
	return update_least(&x->w, nlri) <= x->w.msg_max;
}

/* One that nobody holds: what is written of it is not noted (longnet_note) as told to peers. */
static struct nlri
not_held(const struct nlri *nlri)
{
	struct nlri n = *nlri;
	const uint8_t *bytes;
	size_t len;

	if (net_is_long(n.net.type)) {
		bytes = net_bytes(&nlri->net, &len);
		n.net = net_long(n.net.type, bytes, len);
	}
	return n;
}

static void
write_all(struct writing *x, const struct nlri *nlri, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct nlri one = x->w.attrs ? not_held(&nlri[i]) : nlri[i];

		if (!fits(x, &one) || update_add(&x->w, &one))
			continue;
		wrap(x);
		update_add(&x->w, &one);
	}
	wrap(x);
}

/* In a message of the usual size, if that has room for them. */
static bool
write_attrs(struct writing *x, const struct attrs *a)
{
	static const struct stamp stamp = {
		.as4 = true, .ext_next_hop = true, .verbatim = true
	};
	static const size_t sizes[] = { BGP_MSG_MAX, BGP_MSG_EXT_MAX };
	enum family f = x->w.family;
	uint8_t *to = x->b->scratch + BGP_MSG_EXT_MAX;

	for (unsigned i = 0; i < 2 && !x->w.attrs_len; i++) {
		x->w.msg_max = sizes[i];
		x->w.attrs_len = attrs_encode(
		    a, &stamp, f, to, sizes[i] - update_overhead(f));
	}
	x->w.attrs = to;
	if (family_info(f)->hop != HOP_FORM_NONE)
		x->next_hop = attrs_next_hop(a);
	if (family_has_labels(f))
		x->labels = attrs_labels(a);
	else if (family_has_rest(f))
		x->labels = attrs_nlri_rest(a);
	return x->w.attrs_len && (!family_has_labels(f) || x->labels.len);
}

bool
bmp_routes(struct bmp *b, const struct bmp_peer *p, unsigned flags, uint64_t time_us,
    const struct bmp_routes *r)
{
	struct writing x = { .b = b, .peer = p, .flags = flags, .time_us = time_us };
	bool ok;

	if (!b->scratch)
		b->scratch = mem_alloc(SCRATCH);
	x.out = wbuf_init(b->scratch, BGP_MSG_EXT_MAX);
	x.w = (struct update_writer){ .out = &x.out,
		.msg_max = BGP_MSG_MAX,
		.family = r->family,
		.add_path = r->add_path,
		.next_hop = &x.next_hop,
		.labels = &x.labels };
	ok = !r->attrs || write_attrs(&x, r->attrs);
	if (!ok) {
		x.w.attrs = NULL;
		x.w.attrs_len = 0;
	}
	write_all(&x, r->nlri, r->n);
	return ok;
}

/*
 * Statistics.
 */
void
bmp_statistics(struct bmp *b, const struct bmp_peer *p, uint64_t time_us,
    const struct bmp_stat *s, uint32_t n)
{
	peer_begin(b, BMP_STATISTICS, p, 0, time_us);
	put32(b, n);
	for (uint32_t i = 0; i < n; i++) {
		bool of_family = s[i].family != FAM_NONE;

		put16(b, s[i].type);
		put16(b, (s[i].counter ? 4u : 8u) + (of_family ? 3u : 0));
		if (of_family) {
			put16(b, family_info(s[i].family)->afi);
			put8(b, family_info(s[i].family)->safi);
		}
		if (s[i].counter)
			put32(b, (uint32_t)s[i].value);
		else
			put64(b, s[i].value);
	}
	end(b);
}
