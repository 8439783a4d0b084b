/*
 * NOTIFICATION, RFC 4271, 4.5:
 *
 *   code (1)  subcode (1)  data (the rest)
 *
 * For Cease 2 and 4 the data is a length byte and that many bytes of UTF-8 (RFC 9003).  A
 * peer's text ends in logs and on terminals, so it is made harmless here.
 */
#include "bgp/notify.h"

#include "bgp/frame.h"
#include "bgp/proto.h"

void
notify_set(struct notify *n, unsigned code, unsigned subcode)
{
	notify_borrow(n, code, subcode, NULL, 0);
}

void
notify_borrow(struct notify *n, unsigned code, unsigned subcode, const uint8_t *data,
    size_t len)
{
	n->code = (uint8_t)code;
	n->subcode = (uint8_t)subcode;
	n->data = data;
	n->len = len;
}

void
notify_copy(struct notify *n, unsigned code, unsigned subcode, const void *data,
    size_t len)
{
	if (len > sizeof(n->own))
		len = sizeof(n->own);
	memcpy(n->own, data, len);
	notify_borrow(n, code, subcode, n->own, len);
}

static bool
has_words(const struct notify *n)
{
	return n->code == ERR_CEASE
	    && (n->subcode == CEASE_SHUTDOWN || n->subcode == CEASE_RESET);
}

/* The longest start of s that is no longer than max and does not cut a character. */
static size_t
utf8_cut(const char *s, size_t max)
{
	size_t len = strlen(s);

	if (len <= max)
		return len;
	while (max > 0 && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return max;
}

void
notify_words(struct notify *n, unsigned code, unsigned subcode, const char *words)
{
	size_t len;

	notify_set(n, code, subcode);
	if (!words || !*words || !has_words(n))
		return;
	len = utf8_cut(words, NOTIFY_TEXT_MAX);
	n->own[0] = (uint8_t)len;
	memcpy(n->own + 1, words, len);
	n->data = n->own;
	n->len = len + 1;
}

void
notify_harden(struct notify *n)
{
	size_t len = n->len < sizeof(n->own) - 2 ? n->len : sizeof(n->own) - 2;

	if (len)
		memmove(n->own + 2, n->data, len);
	n->own[0] = n->code;
	n->own[1] = n->subcode;
	notify_borrow(n, ERR_CEASE, CEASE_HARD_RESET, n->own, len + 2);
}

bool
notify_soften(struct notify *n)
{
	if (n->code != ERR_CEASE || n->subcode != CEASE_HARD_RESET)
		return false;
	if (n->len >= 2)
		notify_borrow(n, n->data[0], n->data[1], n->data + 2, n->len - 2);
	return true;
}

void
notify_encode(const struct notify *n, struct wbuf *out)
{
	uint8_t *msg = frame_begin(out, BGP_NOTIFICATION);
	size_t max = BGP_MSG_MAX - BGP_HEADER_LEN - 2;

	wbuf_u8(out, n->code);
	wbuf_u8(out, n->subcode);
	wbuf_put(out, n->data, n->len < max ? n->len : max);
	frame_finish(out, msg);
}

void
notify_decode(struct notify *n, const uint8_t *body, size_t len)
{
	struct wire w = wire_init(body, len);

	n->code = wire_u8(&w);
	n->subcode = wire_u8(&w);
	n->data = w.pos;
	n->len = wire_left(&w);
}

/* Length of the UTF-8 character at p (at least one byte is there), 0 if it is none. */
static size_t
utf8_len(const uint8_t *p, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t v = n > 1 ? p[0] & (0x7fu >> n) : p[0];

	if (n > left || (p[0] >= 0x80 && p[0] < 0xc2) || p[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (p[i] & 0x3f);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return 0;
	return v < 0x20 || (v >= 0x7f && v < 0xa0) ? 0 : n;
}

void
notify_text(const struct notify *n, char buf[NOTIFY_TEXT_MAX + 1])
{
	struct wire w = wire_init(n->data, n->len);
	size_t len = has_words(n) && n->len ? wire_u8(&w) : 0, at = 0;
	const uint8_t *p = len && len <= wire_left(&w) ? wire_take(&w, len) : NULL;

	while (p && at < len) {
		size_t step = utf8_len(p + at, len - at);

		if (step)
			memcpy(buf + at, p + at, step);
		else
			buf[at] = '?';
		at += step ? step : 1;
	}
	buf[at] = '\0';
}
