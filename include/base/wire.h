/*
 * Cursors over bytes in network order.
 *
 * A reader (struct wire) remembers the first overrun: from then on every reader gives 0
 * or NULL, so a decoder checks `bad` once, at its end.  A writer (struct wbuf) does the
 * same when its fixed space is full.  Neither owns memory.
 */
#ifndef MYNAH_BASE_WIRE_H
#define MYNAH_BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wire {
	const uint8_t *pos, *end;
	bool bad;
};

static inline struct wire
wire_init(const void *p, size_t n)
{
	return (struct wire){ .pos = p, .end = (const uint8_t *)p + n };
}

static inline size_t
wire_left(const struct wire *w)
{
	return (size_t)(w->end - w->pos);
}

/* The next n bytes, or NULL once the input ran short. */
static inline const uint8_t *
wire_take(struct wire *w, size_t n)
{
	if (w->bad || n > wire_left(w)) {
		w->bad = true;
		return NULL;
	}
	w->pos += n;
	return w->pos - n;
}

/* A reader over the next n bytes; both are bad if they are not there. */
static inline struct wire
wire_sub(struct wire *w, size_t n)
{
	const uint8_t *p = wire_take(w, n);

	return p ? wire_init(p, n) : (struct wire){ .bad = true };
}

static inline uint8_t
wire_u8(struct wire *w)
{
	const uint8_t *p = wire_take(w, 1);

	return p ? p[0] : 0;
}

static inline uint16_t
wire_u16(struct wire *w)
{
	const uint8_t *p = wire_take(w, 2);

	return (uint16_t)(p ? p[0] << 8 | p[1] : 0);
}

static inline uint32_t
wire_u32(struct wire *w)
{
	const uint8_t *p = wire_take(w, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
		       p[3]
		 : 0;
}

/* Loads and stores at a place known to be inside. */
static inline uint16_t
get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void
put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
put_u32(uint8_t *p, uint32_t v)
{
	put_u16(p, (uint16_t)(v >> 16));
	put_u16(p + 2, (uint16_t)v);
}

struct wbuf {
	uint8_t *start, *pos, *end;
	bool bad; /* something did not fit; nothing of it was written */
};

static inline struct wbuf
wbuf_init(void *p, size_t n)
{
	return (struct wbuf){ .start = p, .pos = p, .end = (uint8_t *)p + n };
}

static inline size_t
wbuf_len(const struct wbuf *b)
{
	return (size_t)(b->pos - b->start);
}

static inline size_t
wbuf_room(const struct wbuf *b)
{
	return (size_t)(b->end - b->pos);
}

/* Space for n bytes to be filled by the caller, or NULL. */
static inline uint8_t *
wbuf_take(struct wbuf *b, size_t n)
{
	if (b->bad || n > wbuf_room(b)) {
		b->bad = true;
		return NULL;
	}
	b->pos += n;
	return b->pos - n;
}

static inline void
wbuf_put(struct wbuf *b, const void *p, size_t n)
{
	uint8_t *to = wbuf_take(b, n);

	if (to && n)
		memcpy(to, p, n);
}

static inline void
wbuf_u8(struct wbuf *b, uint8_t v)
{
	wbuf_put(b, &v, 1);
}

static inline void
wbuf_u16(struct wbuf *b, uint16_t v)
{
	uint8_t *to = wbuf_take(b, 2);

	if (to)
		put_u16(to, v);
}

static inline void
wbuf_u32(struct wbuf *b, uint32_t v)
{
	uint8_t *to = wbuf_take(b, 4);

	if (to)
		put_u32(to, v);
}

#endif
