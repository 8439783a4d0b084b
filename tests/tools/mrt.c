/*
 * MRT reader: file -> records -> UPDATE bodies.
 *
 * A record (RFC 6396, 2):     BGP4MP_MESSAGE (4.4.2) and _AS4 (4.4.3):
 *   timestamp  4                peer AS   2 or 4     local AS   2 or 4
 *   type       2                interface 2          AFI        2
 *   subtype    2                peer IP   4 or 16    local IP   4 or 16
 *   length     4                BGP message with header
 *
 * BGP, subtype UPDATE (B.2.2): peer AS 2, peer IP 4, local AS 2, local IP 4, UPDATE without
 * the header.
 */
#include <errno.h>
#include <zlib.h>
#include "base/mem.h"
#include "bgp/proto.h"
#include "mrt.h"

enum { BGP4MP_MESSAGE = 1, BGP4MP_MESSAGE_AS4 = 4 };
enum { OLD_BGP_UPDATE = 1 };

#define FILE_MAX ((size_t)4 << 30)

bool
mrt_next(struct wire *w, struct mrt_record *r)
{
	if (w->bad || wire_left(w) == 0)
		return false;
	r->time = wire_u32(w);
	r->type = wire_u16(w);
	r->subtype = wire_u16(w);
	r->body = wire_sub(w, wire_u32(w));
	return !w->bad;
}

static struct ip
read_ip(struct wire *w, bool v6)
{
	struct ip ip = ip_none;
	const uint8_t *p;

	if (!v6)
		return ip_from4(wire_u32(w));
	p = wire_take(w, 16);
	if (p)
		memcpy(ip.b, p, 16);
	return ip;
}

static enum mrt_kind
old_bgp(struct wire w, unsigned subtype, struct mrt_update *u)
{
	if (subtype != OLD_BGP_UPDATE)
		return MRT_IS_OTHER;
	u->as4 = false;
	u->peer_as = wire_u16(&w);
	u->peer = read_ip(&w, false);
	wire_take(&w, 6);
	u->len = wire_left(&w);
	u->body = wire_take(&w, u->len);
	return w.bad ? MRT_IS_BAD : MRT_IS_UPDATE;
}

/* The BGP message with its header. */
static enum mrt_kind
bgp_message(struct wire *w, struct mrt_update *u)
{
	unsigned len, type;

	wire_take(w, 16);
	len = wire_u16(w);
	type = wire_u8(w);
	if (w->bad || len < BGP_HEADER_LEN || len - BGP_HEADER_LEN > wire_left(w))
		return MRT_IS_BAD;
	u->len = len - BGP_HEADER_LEN;
	u->body = wire_take(w, u->len);
	return type == BGP_UPDATE ? MRT_IS_UPDATE : MRT_IS_OTHER;
}

static enum mrt_kind
bgp4mp(struct wire w, unsigned subtype, struct mrt_update *u)
{
	unsigned afi;

	if (subtype != BGP4MP_MESSAGE && subtype != BGP4MP_MESSAGE_AS4)
		return MRT_IS_OTHER;
	u->as4 = subtype == BGP4MP_MESSAGE_AS4;
	u->peer_as = u->as4 ? wire_u32(&w) : wire_u16(&w);
	wire_take(&w, u->as4 ? 4 : 2);
	wire_u16(&w);
	afi = wire_u16(&w);
	if (afi != 1 && afi != 2)
		return MRT_IS_BAD;
	u->peer = read_ip(&w, afi == 2);
	wire_take(&w, afi == 2 ? 16 : 4);
	return bgp_message(&w, u);
}

enum mrt_kind
mrt_update(const struct mrt_record *r, struct mrt_update *u)
{
	struct wire w = r->body;

	switch (r->type) {
	case MRT_BGP:
		return old_bgp(w, r->subtype, u);
	case MRT_BGP4MP_ET:
		wire_u32(&w);
		return bgp4mp(w, r->subtype, u);
	case MRT_BGP4MP:
		return bgp4mp(w, r->subtype, u);
	default:
		return MRT_IS_OTHER;
	}
}

int
mrt_load(const char *path, uint8_t **data, size_t *len)
{
	gzFile gz = gzopen(path, "rb");
	size_t room = 1 << 20;
	int n, err = 0;

	if (!gz)
		return errno ? -errno : -ENOMEM;
	*data = mem_alloc(room);
	*len = 0;
	while ((n = gzread(gz, *data + *len, (unsigned)(room - *len > 1 << 30 ? 1 << 30 :
	    room - *len))) > 0) {
		*len += (size_t)n;
		if (*len > FILE_MAX)
			break;
		if (*len == room)
			*data = mem_realloc(*data, room *= 2);
	}
	if (n != 0)
		err = *len > FILE_MAX ? -EFBIG : -EIO;
	if (gzclose(gz) != Z_OK && !err)
		err = -EIO;
	if (err)
		mem_free(*data);
	return err;
}
