/*
 * Frames, RFC 4271, 4.1:
 *
 *   marker (16, all ones)  length (2, with the header)  type (1)  body
 *
 * The length is judged before the body has come, so a peer cannot make the receiver wait
 * for (or keep) more than one message of the agreed size.
 */
#include "bgp/frame.h"

#include "bgp/proto.h"

#define MARKER_LEN 16

/* Shortest and longest message of a type; 0 at the upper end: as long as any may be.  A
 * ROUTE-REFRESH of the wrong length has an error code of its own (RFC 7313, 5).  OPEN and
 * KEEPALIVE stay below 4096 whatever was agreed (RFC 8654, 4). */
static const struct frame_limit {
	uint16_t least, most;
} limits[] = {
	[BGP_OPEN] = { BGP_HEADER_LEN + 10, BGP_MSG_MAX },
	[BGP_UPDATE] = { BGP_HEADER_LEN + 4, 0 },
	[BGP_NOTIFICATION] = { BGP_HEADER_LEN + 2, 0 },
	[BGP_KEEPALIVE] = { BGP_HEADER_LEN, BGP_HEADER_LEN },
	[BGP_REFRESH] = { BGP_HEADER_LEN, 0 },
};

static bool
marker_ok(const uint8_t *p, size_t n)
{
	static const uint8_t ones[MARKER_LEN] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	};

	return memcmp(p, ones, n < MARKER_LEN ? n : MARKER_LEN) == 0;
}

static bool
length_ok(unsigned type, size_t len, size_t msg_max)
{
	const struct frame_limit *l = &limits[type];

	return len >= l->least && len <= (l->most ? l->most : msg_max);
}

static enum frame_status
bad(struct notify *fault, unsigned subcode, const uint8_t *data, size_t len)
{
	notify_borrow(fault, ERR_HEADER, subcode, data, len);
	return FRAME_BAD;
}

enum frame_status
frame_read(struct frame *f, const uint8_t *p, size_t n, size_t msg_max,
    struct notify *fault)
{
	size_t len;
	unsigned type;

	if (n && !marker_ok(p, n))
		return bad(fault, 1, NULL, 0);
	if (n < BGP_HEADER_LEN)
		return FRAME_PARTIAL;
	len = get_u16(p + MARKER_LEN);
	type = p[MARKER_LEN + 2];
	if (len < BGP_HEADER_LEN || len > msg_max)
		return bad(fault, 2, p + MARKER_LEN, 2);
	if (type < BGP_OPEN || type > BGP_REFRESH)
		return bad(fault, 3, p + MARKER_LEN + 2, 1);
	if (!length_ok(type, len, msg_max))
		return bad(fault, 2, p + MARKER_LEN, 2);
	if (n < len)
		return FRAME_PARTIAL;
	*f = (struct frame){ .type = (uint8_t)type, .msg = p, .body = p + BGP_HEADER_LEN,
		.len = len, .body_len = len - BGP_HEADER_LEN };
	return FRAME_WHOLE;
}

uint8_t *
frame_begin(struct wbuf *out, unsigned type)
{
	uint8_t *msg = wbuf_take(out, BGP_HEADER_LEN);

	if (!msg)
		return NULL;
	memset(msg, 0xff, MARKER_LEN);
	put_u16(msg + MARKER_LEN, BGP_HEADER_LEN);
	msg[MARKER_LEN + 2] = (uint8_t)type;
	return msg;
}

void
frame_finish(struct wbuf *out, uint8_t *msg)
{
	if (msg)
		put_u16(msg + MARKER_LEN, (uint16_t)(out->pos - msg));
}
