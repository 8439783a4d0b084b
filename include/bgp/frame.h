/*
 * Frames: the header of a message, checked and written (RFC 4271, 4.1 and 6.1).
 */
#ifndef MYNAH_BGP_FRAME_H
#define MYNAH_BGP_FRAME_H

#include "bgp/notify.h"

struct frame {
	uint8_t type; /* enum bgp_msg */
	const uint8_t *msg, *body; /* borrowed from the input */
	size_t len, body_len;
};

enum frame_status { FRAME_PARTIAL, FRAME_WHOLE, FRAME_BAD };

/* Looks for a message at the start of n bytes.  BAD as soon as the header shows it; then
 * `fault` says what to send. */
enum frame_status frame_read(struct frame *, const uint8_t *, size_t n, size_t msg_max,
    struct notify *fault);

/* Opens a message; the result goes to frame_finish, which fills in the length. */
uint8_t *frame_begin(struct wbuf *, unsigned type);
void frame_finish(struct wbuf *, uint8_t *msg);

#endif
