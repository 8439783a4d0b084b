/*
 * EVPN routes: what identifies them, and what is the path's (RFC 7432, 7; RFC 9136, 3.1;
 * RFC 9251, 9).
 *
 *   1  RD (8), ESI (10), tag (4) | label (3)
 *   2  RD, | ESI (10), | tag, 48, MAC (6), bits, IP (0, 4, 16) | label (3), [ label (3) ]
 *   3  RD, tag, bits, IP (4, 16)
 *   4  RD, ESI, bits, IP (4, 16)
 *   5  RD, | ESI, | tag, bits, IP (4, 16) | gateway (4, 16), label (3)
 *   6  ... | flags (1)
 *   7  ... | flags (1)
 *   8  ... | synchronization number (4), response time (1), flags (1)
 *
 * Bars stand around what is the path's.  Types that are not here identify themselves by all
 * they have.
 */
#include "evpn.h"

#include <stdio.h>
#include "base/wire.h"

enum { RD_LEN = 8, ESI_LEN = 10, TAG_LEN = 4, MAC_LEN = 6, LABEL_LEN = 3, HEAD = 2 };

static bool
ip_bits_ok(unsigned bits)
{
	return bits == 32 || bits == 128;
}

/* RFC 7432, 7.2: the lengths tell whether there is an address, and a second label. */
static bool
mac_len_ok(const uint8_t *v, size_t len)
{
	size_t at = RD_LEN + ESI_LEN + TAG_LEN, ip;

	if (len < at + 1 + MAC_LEN + 1 + LABEL_LEN || v[at] != 8 * MAC_LEN)
		return false;
	ip = v[at + 1 + MAC_LEN];
	if (ip && !ip_bits_ok((unsigned)ip))
		return false;
	len -= at + 1 + MAC_LEN + 1 + ip / 8;
	return len == LABEL_LEN || len == 2 * LABEL_LEN;
}

/* ... an address behind `at` bytes and its length ends it. */
static bool
ip_ends(const uint8_t *v, size_t len, size_t at)
{
	return len > at && ip_bits_ok(v[at]) && len == at + 1 + v[at] / 8u;
}

/* RFC 9136, 3.1: 34 or 58 bytes. */
static bool
prefix_len_ok(const uint8_t *v, size_t len)
{
	size_t at = RD_LEN + ESI_LEN + TAG_LEN, ip = len == 34 ? 4 : 16;

	return (len == 34 || len == 58) && v[at] <= ip * 8;
}

const char *
evpn_flaw(unsigned type, const uint8_t *v, size_t len)
{
	bool ok = true;

	switch (type) {
	case EVPN_ROUTE_EAD: ok = len == RD_LEN + ESI_LEN + TAG_LEN + LABEL_LEN; break;
	case EVPN_ROUTE_MAC: ok = mac_len_ok(v, len); break;
	case EVPN_ROUTE_IMET: ok = ip_ends(v, len, RD_LEN + TAG_LEN); break;
	case EVPN_ROUTE_ES: ok = ip_ends(v, len, RD_LEN + ESI_LEN); break;
	case EVPN_ROUTE_PREFIX: ok = prefix_len_ok(v, len); break;
	case EVPN_ROUTE_SMET:
	case EVPN_ROUTE_JOIN: ok = len >= RD_LEN + 1; break;
	case EVPN_ROUTE_LEAVE: ok = len >= RD_LEN + 6; break;
	}
	return ok ? NULL : "wrong length of an EVPN route";
}

/* Bytes at the end of the value that are the path's. */
static size_t
tail_of(unsigned type, const uint8_t *v, size_t len)
{
	size_t at = RD_LEN + ESI_LEN + TAG_LEN;

	switch (type) {
	case EVPN_ROUTE_EAD: return LABEL_LEN;
	case EVPN_ROUTE_MAC:
		at += 1 + MAC_LEN;
		return len - at - 1 - v[at] / 8;
	case EVPN_ROUTE_PREFIX: return (len == 34 ? 4 : 16) + LABEL_LEN;
	case EVPN_ROUTE_SMET:
	case EVPN_ROUTE_JOIN: return 1;
	case EVPN_ROUTE_LEAVE: return 6;
	}
	return 0;
}

static bool
has_inner(unsigned type)
{
	return type == EVPN_ROUTE_MAC || type == EVPN_ROUTE_PREFIX;
}

size_t
evpn_split(const uint8_t *p, struct label_stack *rest, uint8_t *scratch)
{
	unsigned type = p[0];
	size_t len = p[1], inner = has_inner(type) ? ESI_LEN : 0;
	const uint8_t *v = p + HEAD;
	size_t tail = tail_of(type, v, len), key = len - inner - tail;

	rest->len = (uint8_t)(inner + tail);
	memcpy(rest->b, v + RD_LEN, inner);
	memcpy(rest->b + inner, v + len - tail, tail);
	if (!inner)
		return HEAD + key;
	scratch[0] = (uint8_t)type;
	scratch[1] = (uint8_t)key;
	memcpy(scratch + HEAD, v, RD_LEN);
	memcpy(scratch + HEAD + RD_LEN, v + RD_LEN + inner, key - RD_LEN);
	return HEAD + key;
}

bool
evpn_has_inner(const uint8_t *p)
{
	return has_inner(p[0]);
}

/* What stands at the end when nothing is known of the path: a withdrawal. */
static size_t
empty_tail(const uint8_t *key, size_t len)
{
	switch (key[0]) {
	case EVPN_ROUTE_EAD:
	case EVPN_ROUTE_MAC: return LABEL_LEN;
	case EVPN_ROUTE_PREFIX:
		return len - HEAD - RD_LEN - TAG_LEN - 1 + LABEL_LEN;
	case EVPN_ROUTE_SMET:
	case EVPN_ROUTE_JOIN: return 1;
	case EVPN_ROUTE_LEAVE: return 6;
	}
	return 0;
}

/* The rest, or zeros that fit the route. */
static struct label_stack
rest_for(const uint8_t *key, size_t len, const struct label_stack *rest)
{
	struct label_stack none = {
		.len = (uint8_t)(empty_tail(key, len) + (has_inner(key[0]) ? ESI_LEN : 0))
	};

	if (!rest || rest->len < none.len ||
	    (key[0] != EVPN_ROUTE_MAC && rest->len != none.len))
		return none;
	return *rest;
}

size_t
evpn_len(const struct net *n, const struct label_stack *rest)
{
	size_t len;
	const uint8_t *key = net_bytes(n, &len);

	return len + rest_for(key, len, rest).len;
}

void
evpn_write(struct wbuf *w, const struct net *n, const struct label_stack *given)
{
	size_t len, inner;
	const uint8_t *key = net_bytes(n, &len);
	struct label_stack rest = rest_for(key, len, given);

	inner = has_inner(key[0]) ? ESI_LEN : 0;
	wbuf_u8(w, key[0]);
	wbuf_u8(w, (uint8_t)(len - HEAD + rest.len));
	if (!inner) {
		wbuf_put(w, key + HEAD, len - HEAD);
	} else {
		wbuf_put(w, key + HEAD, RD_LEN);
		wbuf_put(w, rest.b, inner);
		wbuf_put(w, key + HEAD + RD_LEN, len - HEAD - RD_LEN);
	}
	wbuf_put(w, rest.b + inner, rest.len - inner);
}

static struct ip
ip_read(struct wire *w, size_t n)
{
	const uint8_t *p = wire_take(w, n);
	struct ip ip = ip_none;

	if (p && n == 4)
		ip = ip_from4(get_u32(p));
	else if (p && n == 16)
		memcpy(ip.b, p, 16);
	return ip;
}

static void
bytes_read(struct wire *w, uint8_t *to, size_t n)
{
	const uint8_t *p = wire_take(w, n);

	if (p)
		memcpy(to, p, n);
}

void
evpn_read(const struct net *n, struct evpn_net *e)
{
	size_t len;
	const uint8_t *p = net_bytes(n, &len);
	struct wire w = wire_init(p, len);

	*e = (struct evpn_net){ .type = wire_u8(&w) };
	wire_u8(&w);
	e->rest = w.pos;
	e->rest_len = wire_left(&w);
	if (e->type < EVPN_ROUTE_EAD || e->type > EVPN_ROUTE_PREFIX)
		return;
	e->rd = (uint64_t)wire_u32(&w) << 32;
	e->rd |= wire_u32(&w);
	if (e->type == EVPN_ROUTE_EAD || e->type == EVPN_ROUTE_ES)
		bytes_read(&w, e->esi, sizeof(e->esi));
	if (e->type != EVPN_ROUTE_ES)
		e->tag = wire_u32(&w);
	if (e->type == EVPN_ROUTE_MAC) {
		wire_u8(&w);
		bytes_read(&w, e->mac, sizeof(e->mac));
	}
	if (e->type != EVPN_ROUTE_EAD)
		e->plen = wire_u8(&w);
	e->ip = ip_read(&w, wire_left(&w));
}

/*
 * Text of the rest.
 */
/* What a label is depends on the encapsulation: both readings. */
static int
label_text(char *buf, size_t size, const uint8_t *p)
{
	unsigned v = (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];

	return snprintf(buf, size, "label %u vni %u ", v >> 4, v);
}

static const uint8_t *
esi_text(char **at, char *end, const uint8_t *p)
{
	*at += snprintf(*at, (size_t)(end - *at), "esi ");
	for (unsigned i = 0; i < ESI_LEN; i++)
		*at += snprintf(*at, (size_t)(end - *at), i ? ":%02x" : "%02x", p[i]);
	*at += snprintf(*at, (size_t)(end - *at), " ");
	return p + ESI_LEN;
}

static const uint8_t *
gateway_text(char **at, char *end, const uint8_t *p, size_t n)
{
	struct wire w = wire_init(p, n);
	struct ip ip = ip_read(&w, n);
	char buf[IP_TEXT_MAX];

	*at += snprintf(*at, (size_t)(end - *at), "gw %s ", ip_format(&ip, buf));
	return p + n;
}

void
evpn_rest_format(const uint8_t *key, const uint8_t *p, size_t len, char *at, char *end)
{
	const uint8_t *stop = p + len;
	bool labels = key[0] <= EVPN_ROUTE_MAC || key[0] == EVPN_ROUTE_PREFIX;

	if (has_inner(key[0]) && len > ESI_LEN)
		p = esi_text(&at, end, p);
	if (key[0] == EVPN_ROUTE_PREFIX && stop - p > LABEL_LEN)
		p = gateway_text(&at, end, p, (size_t)(stop - p) - LABEL_LEN);
	if (!labels)
		at += snprintf(at, (size_t)(end - at), "flags");
	for (; labels && stop - p >= LABEL_LEN; p += LABEL_LEN)
		at += label_text(at, (size_t)(end - at), p);
	for (; !labels && p < stop; p++)
		at += snprintf(at, (size_t)(end - at), " %02x", *p);
}
