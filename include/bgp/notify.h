/*
 * NOTIFICATION: the value, its bytes, and the text of a shutdown (RFC 9003).
 */
#ifndef MYNAH_BGP_NOTIFY_H
#define MYNAH_BGP_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/wire.h"

#define NOTIFY_TEXT_MAX 255 /* RFC 9003, 2 */

/* The data is either borrowed, from a message, or in `own`. */
struct notify {
	uint8_t code, subcode;
	const uint8_t *data;
	size_t len;
	uint8_t own[NOTIFY_TEXT_MAX + 3];
};

void notify_set(struct notify *, unsigned code, unsigned subcode); /* without data */
void notify_borrow(struct notify *, unsigned code, unsigned subcode, const uint8_t *data,
    size_t len);
/* Copies; what is over the room is left out. */
void notify_copy(struct notify *, unsigned code, unsigned subcode, const void *data,
    size_t len);
/* With the operator's words where the error has room for them (6.2 and 6.4); NULL: none. */
void notify_words(struct notify *, unsigned code, unsigned subcode, const char *words);

/* RFC 8538, 3.1: as 6.9 with the code, subcode and data of `n` in its data. */
void notify_harden(struct notify *);
/* What a 6.9 holds; others stay as they are.  True if it was one. */
bool notify_soften(struct notify *);

/* The whole message, at most 4096 bytes: data that would not fit is cut. */
void notify_encode(const struct notify *, struct wbuf *);
/* From the body (two bytes at least); the data is borrowed from it. */
void notify_decode(struct notify *, const uint8_t *body, size_t len);

/* The shutdown message, safe to print: what is not UTF-8 or is a control character becomes
 * '?'.  Empty when there is none. */
void notify_text(const struct notify *, char buf[NOTIFY_TEXT_MAX + 1]);

#endif
