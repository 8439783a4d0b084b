/*
 * Messages of abuse, and how they are damaged.
 */
#include "abuse.h"

#include <string.h>

static void
put(struct msg *m, const void *p, size_t n)
{
	memcpy(m->b + m->n, p, n);
	m->n += n;
}

void
msg_put(struct msg *m, uint64_t v, unsigned bytes)
{
	while (bytes--)
		m->b[m->n++] = (uint8_t)(v >> (8 * bytes));
}

void
msg_set16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void
msg_begin(struct msg *m, unsigned type)
{
	memset(m->b, 0xff, 16);
	m->n = 18;
	msg_put(m, type, 1);
}

void
msg_finish(struct msg *m)
{
	msg_set16(m->b + 16, m->n);
}

/* Families besides unicast: a network of each, whose bytes from `at` on are changed. */
#define RD "\0\0\xfc\0\0\0\0\1"
#define LS_NODE "\3\0\0\0\0\0\0\0\0\1\0\0\x8\2\0\0\4\0\0\xfc\0"
#define NET(text) .net = (text), .net_n = sizeof(text) - 1

static const struct other {
	uint16_t afi;
	uint8_t safi, hop_n, net_n, at;
	const char *net;
} others[] = {
	{ 1, 2, 4, NET("\x18\x0a\1\1"), .at = 2 },
	{ 2, 2, 16, NET("\x30\x20\1\xd\xb8\1\1"), .at = 5 },
	{ 1, 4, 4, NET("\x30\0\x65\1\x0a\1\1"), .at = 1 },
	{ 2, 4, 16, NET("\x48\0\x65\1\x20\1\xd\xb8\1\1"), .at = 8 },
	{ 1, 128, 12, NET("\x70\0\x65\1" RD "\x0a\1\1"), .at = 4 },
	{ 2, 128, 24, NET("\x88\0\x65\1" RD "\x20\1\xd\xb8\1\1"), .at = 4 },
	{ 1, 129, 12, NET("\x58" RD "\x0a\1\1"), .at = 1 },
	{ 2, 129, 24, NET("\x70" RD "\x20\1\xd\xb8\1\1"), .at = 1 },
	{ 1, 132, 4, NET("\x60\0\0\xfc\0\0\2\xfc\0\0\0\0\1"), .at = 11 },
	{ 1, 133, 0, NET("\x0c\1\x18\x0a\1\1\3\x81\6\5\x91\0\x50"), .at = 1 },
	{ 2, 133, 0, NET("\x0c\1\x30\0\x20\1\xd\xb8\1\1\3\x81\6"), .at = 4 },
	{ 1, 134, 0, NET("\x10" RD "\1\x18\x0a\1\1\3\x81\6"), .at = 1 },
	{ 2, 134, 0, NET("\x11" RD "\1\x30\0\x20\1\xd\xb8\1\1"), .at = 1 },
	{ 25, 70, 4, NET("\2\x21" RD "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x30\2\0\0\0\0\1\0"
			  "\0\6\x51"), .at = 2 },
	{ 25, 70, 4, NET("\3\x11" RD "\0\0\0\0\x20\x0a\1\1\1"), .at = 2 },
	{ 25, 70, 4, NET("\5\x22" RD "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x18\x0a\1\1\0\0\0\0\0"
			  "\0\6\x51"), .at = 2 },
	{ 25, 65, 4, NET("\0\x11" RD "\0\3\0\1\0\x8\x0c\x35\1"), .at = 2 },
	{ 16388, 71, 4, NET("\0\1\0\x15" LS_NODE), .at = 4 },
	{ 16388, 72, 12, NET("\0\1\0\x1d" RD LS_NODE), .at = 4 },
};

#define OTHERS (sizeof(others) / sizeof(*others))

/* EVPN stands there several times. */
static void
put_families(struct msg *m)
{
	for (size_t i = 0; i < OTHERS; i++) {
		if (i && others[i - 1].safi == 70 && others[i].safi == 70)
			continue;
		msg_put(m, 0x0104, 2);
		msg_put(m, others[i].afi, 2);
		msg_put(m, others[i].safi, 2);
	}
}

void
msg_open(struct msg *m, const struct sock *s)
{
	static const uint8_t caps[] = {
		1, 4, 0, 1, 0, 1,  1, 4, 0, 2, 0, 1,  2, 0,  70, 0,
		64, 2, 0, 120,
	};
	size_t at;

	msg_begin(m, OPEN);
	msg_put(m, 4, 1);
	msg_put(m, s->o->as > 65535 ? 23456 : s->o->as, 2);
	msg_put(m, 90, 2);
	msg_put(m, s->id, 4);
	at = m->n;
	msg_put(m, 0, 3);
	put(m, caps, sizeof(caps));
	put_families(m);
	msg_put(m, 65, 1);
	msg_put(m, 4, 1);
	msg_put(m, s->o->as, 4);
	m->b[at] = (uint8_t)(m->n - at - 1);
	m->b[at + 1] = 2;
	m->b[at + 2] = (uint8_t)(m->n - at - 3);
	msg_finish(m);
}

void
msg_attr(struct msg *m, unsigned flags, unsigned type, const void *p, size_t n)
{
	msg_put(m, flags, 1);
	msg_put(m, type, 1);
	msg_put(m, n, flags & 0x10 ? 2 : 1);
	put(m, p, n);
}

/* Attributes all updates have, and some of many others. */
static void
make_attrs(struct msg *m, struct sock *s)
{
	static const struct {
		uint8_t flags, type, len;
	} more[] = {
		{ 0x80, 4, 4 },
		{ 0x40, 6, 0 },
		{ 0xc0, 7, 8 },
		{ 0xc0, 8, 12 },
		{ 0x80, 9, 4 },
		{ 0x80, 10, 8 },
		{ 0xc0, 16, 16 },
		{ 0x80, 26, 11 },
		{ 0xc0, 32, 24 },
		{ 0xc0, 99, 9 },
		{ 0xd0, 200, 40 },
	};
	uint8_t path[14] = { 2, 3, 0, 0, 0xfd, 0xe9, 0, 0, 0xfd, 0xea, 0, 0, 0xfd, 0xeb };
	uint8_t bytes[64];

	msg_attr(m, 0x40, 1, "", 1);
	path[13] = (uint8_t)rnd(s, 256);
	msg_attr(m, 0x40, 2, path, rnd(s, 3) ? sizeof(path) : 0);
	msg_attr(m, 0x40, 5, "\0\0\0\x64", 4);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		if (rnd(s, 3))
			continue;
		for (unsigned k = 0; k < more[i].len; k++)
			bytes[k] = (uint8_t)rnd(s, 256);
		if (more[i].type == 26) /* AIGP is a TLV */
			memcpy(bytes, "\1\0\x0b", 3);
		msg_attr(m, more[i].flags, more[i].type, bytes, more[i].len);
	}
}

static void
make_update4(struct msg *m, struct sock *s)
{
	/* faulty attributes without a network end the session (RFC 7606, 5.2) */
	unsigned nets = rnd(s, 400) ? 1 + rnd(s, 19) : 0;
	size_t at;

	msg_begin(m, UPDATE);
	msg_put(m, rnd(s, 4) ? 0 : 4, 2);
	if (m->b[m->n - 1])
		msg_put(m, 0x180a0000 | rnd(s, 65536), 4);
	at = m->n;
	msg_put(m, 0, 2);
	make_attrs(m, s);
	msg_attr(m, 0x40, 3, (uint8_t[]){ 192, 0, 2, 99 }, 4);
	msg_set16(m->b + at, m->n - at - 2);
	for (unsigned i = 0; i < nets; i++)
		msg_put(m, 0x180a0000 | rnd(s, 65536), 4);
	msg_finish(m);
}

static void
make_update6(struct msg *m, struct sock *s)
{
	uint8_t reach[5 + 16 + 5 * 7] = { 0, 2, 1, 16, 0x20, 1, 0xd, 0xb8, [19] = 1 };
	uint8_t gone[3 + 7] = { 0, 2, 1, 48, 0x20, 1, 0xd, 0xb8, 7 };
	size_t at;

	for (unsigned i = 0; i < 5; i++) {
		uint8_t net[7] = { 48, 0x20, 1, 0xd, 0xb8, 7, (uint8_t)rnd(s, 256) };

		memcpy(reach + 21 + i * 7, net, 7);
	}
	gone[9] = (uint8_t)rnd(s, 256);
	msg_begin(m, UPDATE);
	msg_put(m, 0, 2);
	at = m->n;
	msg_put(m, 0, 2);
	if (rnd(s, 3)) {
		msg_attr(m, 0x90, 14, reach, sizeof(reach));
		make_attrs(m, s);
	}
	if (rnd(s, 2))
		msg_attr(m, 0x80, 15, gone, sizeof(gone));
	msg_set16(m->b + at, m->n - at - 2);
	msg_finish(m);
}

/* Networks of another family, most of them whole: what is wrong with one may end the
 * session. */
static void
make_update_other(struct msg *m, struct sock *s)
{
	const struct other *o = &others[rnd(s, OTHERS)];
	uint8_t value[600] = { (uint8_t)(o->afi >> 8), (uint8_t)o->afi, o->safi };
	bool reach = rnd(s, 4);
	size_t n = 3, at;

	if (reach) {
		value[n++] = o->hop_n;
		if (o->hop_n)
			memcpy(value + n + (o->hop_n % 12 ? 0 : 8), "\xc0\0\2\x63", 4);
		n += o->hop_n + 1u;
	}
	for (unsigned nets = 1 + rnd(s, 6); nets; nets--) {
		memcpy(value + n, o->net, o->net_n);
		if (rnd(s, 2))
			value[n + o->net_n - 1] = (uint8_t)rnd(s, 256);
		while (!rnd(s, 400))
			value[n + o->at + rnd(s, o->net_n - o->at)] = (uint8_t)rnd(
			    s, 256);
		n += o->net_n;
	}
	if (!rnd(s, 2000))
		n -= rnd(s, (uint32_t)n - 3);
	msg_begin(m, UPDATE);
	msg_put(m, 0, 2);
	at = m->n;
	msg_put(m, 0, 2);
	msg_attr(m, 0x90, reach ? 14 : 15, value, n);
	if (reach)
		make_attrs(m, s);
	msg_set16(m->b + at, m->n - at - 2);
	msg_finish(m);
}

static void
make_refresh(struct msg *m, struct sock *s)
{
	msg_begin(m, REFRESH);
	msg_put(m, 1 + rnd(s, 2), 2);
	msg_put(m, rnd(s, 3), 1); /* RFC 7313: a beginning, an end, in any order */
	msg_put(m, 1, 1);
	msg_finish(m);
}

void
msg_plain(struct msg *m, unsigned type)
{
	msg_begin(m, type);
	if (type == NOTIFICATION)
		put(m, "\6\4", 2);
	msg_finish(m);
}

/*
 * Damage.  Most of it stays inside of attributes: what ends the session ends it only some
 * times in a hundred, or there would be little to send.
 */
static size_t
attrs_at(const struct msg *m)
{
	return m->n > 30 && m->b[18] == UPDATE && !m->b[20] ? 23 : 0;
}

static void
damage_value(struct msg *m, struct sock *s)
{
	size_t at = attrs_at(m), i;
	unsigned len;

	for (i = at; at && i + 4 < m->n; i += 3 + len) {
		len = m->b[i + 2];
		if (m->b[i] & 0x10 || i + 3 + len > m->n)
			return;
		if (len && rnd(s, 4) == 0 && m->b[i + 1] != 14 && m->b[i + 1] != 15)
			m->b[i + 3 + rnd(s, len)] = (uint8_t)rnd(s, 256);
		if (rnd(s, 40) == 0)
			m->b[i] ^= (uint8_t)(1u << (5 + rnd(s, 3)));
		if (rnd(s, 40) == 0 && m->b[i + 1] != 14 && m->b[i + 1] != 15)
			m->b[i + 1] = (uint8_t)rnd(s, 256);
	}
}

static void
damage_hard(struct msg *m, struct sock *s)
{
	switch (rnd(s, 7)) {
	case 0:
		m->b[rnd(s, (uint32_t)m->n)] ^= (uint8_t)(1u << rnd(s, 8));
		break;
	case 1:
		m->b[rnd(s, (uint32_t)m->n)] = (uint8_t)rnd(s, 256);
		break;
	case 2: /* shorter than it says */
		m->n -= rnd(s, (uint32_t)m->n);
		break;
	case 3:
		m->n -= rnd(s, (uint32_t)m->n - 18);
		msg_finish(m);
		break;
	case 4:
		for (unsigned n = rnd(s, 64); n; n--)
			msg_put(m, rnd(s, 256), 1);
		msg_finish(m);
		break;
	case 5:
		m->b[18] = (uint8_t)rnd(s, 8);
		break;
	case 6: /* all of it */
		for (size_t i = 19; i < m->n; i++)
			m->b[i] = (uint8_t)rnd(s, 256);
		break;
	}
}

void
msg_any(struct msg *m, struct sock *s)
{
	unsigned kind = rnd(s, 100);

	m->n = 0;
	if (kind < 25)
		make_update4(m, s);
	else if (kind < 40)
		make_update6(m, s);
	else if (kind < 90)
		make_update_other(m, s);
	else if (kind < 97)
		make_refresh(m, s);
	else
		msg_plain(m, KEEPALIVE);
	if (rnd(s, 3))
		damage_value(m, s);
	if (rnd(s, 400) == 0)
		damage_hard(m, s);
	else if (rnd(s, 2000) == 0)
		msg_open(m, s);
	else if (rnd(s, 2000) == 0)
		msg_plain(m, NOTIFICATION);
}
