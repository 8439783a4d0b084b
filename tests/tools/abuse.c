/*
 * abuse: a BGP neighbour with bad manners.
 *
 * Raw sockets, bytes made by hand, one process for each session, a fixed seed: what a run
 * sends can be sent again.  The modes:
 *
 *   mutate   valid sessions whose messages are damaged: bits, lengths, order, pieces
 *   routes   announces many networks, then stays
 *   deaf     asks for everything again and again and never reads
 *   again    asks for everything N times at once; each dump must have its two ends
 *   tiny     announces networks in segments of one byte
 *   loris    an OPEN, a byte at a time, that never ends
 *   mute     connects and says nothing
 *   knock    connects and leaves, over and over
 *
 * Exit status: 0 the mode's work was done, 1 not, 2 usage.
 */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "args.h"

#define MESSAGE_MAX 4096

enum { OPEN = 1, UPDATE, NOTIFICATION, KEEPALIVE, REFRESH };

struct options {
	struct ip to, local;
	uint16_t port;
	uint32_t as;
	unsigned sessions;
	unsigned long n; /* messages, networks or connections of each session */
	uint64_t until_ms;
	uint32_t seed;
};

/* What all sessions have done, in shared memory. */
struct sums {
	unsigned long messages, connects, refused, resets;
};

struct sock {
	const struct options *o;
	struct ip local;
	uint32_t id, random;
	int fd;
	uint8_t head[23];        /* how the message that is being received begins */
	size_t heard;            /* bytes of it */
	unsigned long refreshed; /* ends of refreshes of route targets */
};

static struct sums *sums;
static const volatile int *stop;

#define COUNT(what) __atomic_fetch_add(&sums->what, 1, __ATOMIC_RELAXED)

static const char usage[] =
    "usage: abuse MODE --to ADDR:PORT --as AS --local ADDR [options]\n"
    "\n"
    "MODE is one of mutate, routes, deaf, again, tiny, loris, mute, knock.\n"
    "\n"
    "  --sessions N   processes, each with the next address from --local on (default 1)\n"
    "  --count N      messages, networks or connections of each (default 1000)\n"
    "  --for SECONDS  at the most; modes that stay, stay so long (default 10)\n"
    "  --seed N       default 1\n";

static uint32_t
rnd(struct sock *s, uint32_t n)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 17;
	s->random ^= s->random << 5;
	return s->random % n;
}

static bool
over(const struct sock *s)
{
	return *stop || clock_mono_ms() >= s->o->until_ms;
}

/*
 * Messages.
 */
struct msg {
	uint8_t b[MESSAGE_MAX * 2];
	size_t n;
};

static void
put(struct msg *m, const void *p, size_t n)
{
	memcpy(m->b + m->n, p, n);
	m->n += n;
}

static void
put_n(struct msg *m, uint64_t v, unsigned bytes)
{
	while (bytes--)
		m->b[m->n++] = (uint8_t)(v >> (8 * bytes));
}

static void
set16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
begin(struct msg *m, unsigned type)
{
	memset(m->b, 0xff, 16);
	m->n = 18;
	put_n(m, type, 1);
}

static void
finish(struct msg *m)
{
	set16(m->b + 16, m->n);
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
		put_n(m, 0x0104, 2);
		put_n(m, others[i].afi, 2);
		put_n(m, others[i].safi, 2);
	}
}

static void
make_open(struct msg *m, const struct sock *s)
{
	static const uint8_t caps[] = {
		1, 4, 0, 1, 0, 1,  1, 4, 0, 2, 0, 1,  2, 0,  70, 0,
		64, 2, 0, 120,
	};
	size_t at;

	begin(m, OPEN);
	put_n(m, 4, 1);
	put_n(m, s->o->as > 65535 ? 23456 : s->o->as, 2);
	put_n(m, 90, 2);
	put_n(m, s->id, 4);
	at = m->n;
	put_n(m, 0, 3);
	put(m, caps, sizeof(caps));
	put_families(m);
	put_n(m, 65, 1);
	put_n(m, 4, 1);
	put_n(m, s->o->as, 4);
	m->b[at] = (uint8_t)(m->n - at - 1);
	m->b[at + 1] = 2;
	m->b[at + 2] = (uint8_t)(m->n - at - 3);
	finish(m);
}

static void
attr(struct msg *m, unsigned flags, unsigned type, const void *p, size_t n)
{
	put_n(m, flags, 1);
	put_n(m, type, 1);
	put_n(m, n, flags & 0x10 ? 2 : 1);
	put(m, p, n);
}

/* Attributes all updates have, and some of many others. */
static void
make_attrs(struct msg *m, struct sock *s)
{
	static const struct {
		uint8_t flags, type, len;
	} more[] = {
		{ 0x80, 4, 4 }, { 0x40, 6, 0 }, { 0xc0, 7, 8 }, { 0xc0, 8, 12 }, { 0x80, 9, 4 },
		{ 0x80, 10, 8 }, { 0xc0, 16, 16 }, { 0x80, 26, 11 }, { 0xc0, 32, 24 },
		{ 0xc0, 99, 9 }, { 0xd0, 200, 40 },
	};
	uint8_t path[14] = { 2, 3, 0, 0, 0xfd, 0xe9, 0, 0, 0xfd, 0xea, 0, 0, 0xfd, 0xeb };
	uint8_t bytes[64];

	attr(m, 0x40, 1, "", 1);
	path[13] = (uint8_t)rnd(s, 256);
	attr(m, 0x40, 2, path, rnd(s, 3) ? sizeof(path) : 0);
	attr(m, 0x40, 5, "\0\0\0\x64", 4);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		if (rnd(s, 3))
			continue;
		for (unsigned k = 0; k < more[i].len; k++)
			bytes[k] = (uint8_t)rnd(s, 256);
		if (more[i].type == 26) /* AIGP is a TLV */
			memcpy(bytes, "\1\0\x0b", 3);
		attr(m, more[i].flags, more[i].type, bytes, more[i].len);
	}
}

static void
make_update4(struct msg *m, struct sock *s)
{
	/* faulty attributes without a network end the session (RFC 7606, 5.2) */
	unsigned nets = rnd(s, 400) ? 1 + rnd(s, 19) : 0;
	size_t at;

	begin(m, UPDATE);
	put_n(m, rnd(s, 4) ? 0 : 4, 2);
	if (m->b[m->n - 1])
		put_n(m, 0x180a0000 | rnd(s, 65536), 4);
	at = m->n;
	put_n(m, 0, 2);
	make_attrs(m, s);
	attr(m, 0x40, 3, (uint8_t[]){ 192, 0, 2, 99 }, 4);
	set16(m->b + at, m->n - at - 2);
	for (unsigned i = 0; i < nets; i++)
		put_n(m, 0x180a0000 | rnd(s, 65536), 4);
	finish(m);
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
	begin(m, UPDATE);
	put_n(m, 0, 2);
	at = m->n;
	put_n(m, 0, 2);
	if (rnd(s, 3)) {
		attr(m, 0x90, 14, reach, sizeof(reach));
		make_attrs(m, s);
	}
	if (rnd(s, 2))
		attr(m, 0x80, 15, gone, sizeof(gone));
	set16(m->b + at, m->n - at - 2);
	finish(m);
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
			value[n + o->at + rnd(s, o->net_n - o->at)] = (uint8_t)rnd(s, 256);
		n += o->net_n;
	}
	if (!rnd(s, 2000))
		n -= rnd(s, (uint32_t)n - 3);
	begin(m, UPDATE);
	put_n(m, 0, 2);
	at = m->n;
	put_n(m, 0, 2);
	attr(m, 0x90, reach ? 14 : 15, value, n);
	if (reach)
		make_attrs(m, s);
	set16(m->b + at, m->n - at - 2);
	finish(m);
}

static void
make_refresh(struct msg *m, struct sock *s)
{
	begin(m, REFRESH);
	put_n(m, 1 + rnd(s, 2), 2);
	put_n(m, rnd(s, 3), 1); /* RFC 7313: a beginning, an end, in any order */
	put_n(m, 1, 1);
	finish(m);
}

static void
make_plain(struct msg *m, unsigned type)
{
	begin(m, type);
	if (type == NOTIFICATION)
		put(m, "\6\4", 2);
	finish(m);
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
		finish(m);
		break;
	case 4:
		for (unsigned n = rnd(s, 64); n; n--)
			put_n(m, rnd(s, 256), 1);
		finish(m);
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

static void
make_any(struct msg *m, struct sock *s)
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
		make_plain(m, KEEPALIVE);
	if (rnd(s, 3))
		damage_value(m, s);
	if (rnd(s, 400) == 0)
		damage_hard(m, s);
	else if (rnd(s, 2000) == 0)
		make_open(m, s);
	else if (rnd(s, 2000) == 0)
		make_plain(m, NOTIFICATION);
}

/*
 * Sockets.
 */
static bool
dial(struct sock *s)
{
	struct sockaddr_storage ss;
	size_t len = ip_to_sockaddr(&s->local, 0, 0, &ss);
	int one = 1;

	s->fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return false;
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (bind(s->fd, (struct sockaddr *)&ss, (socklen_t)len) < 0)
		goto bad;
	len = ip_to_sockaddr(&s->o->to, s->o->port, 0, &ss);
	if (connect(s->fd, (struct sockaddr *)&ss, (socklen_t)len) < 0)
		goto bad;
	COUNT(connects);
	return true;
bad:
	close(s->fd);
	s->fd = -1;
	COUNT(refused);
	return false;
}

static void
hang_up(struct sock *s)
{
	struct linger now = { .l_onoff = (int)rnd(s, 2) };

	setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(s->fd);
	s->fd = -1;
}

/* What the reflector sends is only looked at for where its refreshes end. */
static void
hear_bytes(struct sock *s, const uint8_t *p, size_t n)
{
	static const uint8_t end[] = { 0, 23, REFRESH, 0, 1, 2, 132 };

	for (; n; n--, p++) {
		if (s->heard < sizeof(s->head))
			s->head[s->heard] = *p;
		s->heard++;
		if (s->heard < 19 || s->heard < (size_t)(s->head[16] << 8 | s->head[17]))
			continue;
		s->refreshed += !memcmp(s->head + 16, end, sizeof(end));
		s->heard = 0;
	}
}

/* False: closed. */
static bool
hear(struct sock *s)
{
	static uint8_t b[65536];
	ssize_t n = recv(s->fd, b, sizeof(b), MSG_DONTWAIT);

	if (n > 0)
		hear_bytes(s, b, (size_t)n);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

/* All bytes, in pieces of `piece`; reads meanwhile unless deaf.  False: closed. */
static bool
say(struct sock *s, const uint8_t *p, size_t n, size_t piece, bool listen)
{
	while (n) {
		struct pollfd f = { .fd = s->fd, .events = POLLOUT };
		ssize_t sent;

		if (over(s))
			return false;
		if (listen)
			f.events |= POLLIN;
		if (poll(&f, 1, 100) <= 0)
			continue;
		if (f.revents & POLLIN && !hear(s))
			return false;
		sent = send(s->fd, p, n < piece ? n : piece, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno != EAGAIN)
			return false;
		if (sent > 0) {
			p += sent;
			n -= (size_t)sent;
		}
	}
	return true;
}

/* A session up to Established. */
static bool
greet(struct sock *s, size_t piece)
{
	struct msg m;
	uint8_t seen[19 + 4096];
	struct timeval tv = { .tv_sec = 2 };

	if (!dial(s))
		return false;
	s->heard = 0;
	make_open(&m, s);
	setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	if (say(s, m.b, m.n, piece, false) && recv(s->fd, seen, sizeof(seen), 0) > 19 &&
	    seen[18] == OPEN) {
		make_plain(&m, KEEPALIVE);
		if (say(s, m.b, m.n, piece, false))
			return true;
	}
	hang_up(s);
	return false;
}

/*
 * Modes.
 */
/* Are they all read?  What is asked for behind them has been answered. */
static bool
were_read(struct sock *s)
{
	unsigned long before = s->refreshed;
	struct msg m;

	begin(&m, REFRESH);
	put_n(&m, 0x00010084, 4);
	finish(&m);
	if (!say(s, m.b, m.n, MESSAGE_MAX, true))
		return false;
	while (s->refreshed == before && !over(s)) {
		struct pollfd f = { .fd = s->fd, .events = POLLIN };

		if (poll(&f, 1, 100) > 0 && !hear(s))
			return false;
	}
	return s->refreshed != before;
}

static bool
say_damaged(struct sock *s, unsigned long n)
{
	struct msg m;

	for (; n; n--) {
		make_any(&m, s);
		if (!say(s, m.b, m.n, rnd(s, 20) ? MESSAGE_MAX : 1 + rnd(s, 9), true))
			return false;
	}
	return were_read(s);
}

/* Only messages that have been read count: those behind one that ended the session were
 * lost in the sockets. */
static bool
mode_mutate(struct sock *s)
{
	unsigned long left = s->o->n;

	while (left && !over(s)) {
		if (!greet(s, MESSAGE_MAX)) {
			usleep(50000);
			continue;
		}
		while (left) {
			unsigned long n = left < 20 ? left : 20;

			if (!say_damaged(s, n)) {
				COUNT(resets);
				break;
			}
			__atomic_fetch_add(&sums->messages, n, __ATOMIC_RELAXED);
			left -= n;
			usleep(30000); /* that others see the networks */
		}
		hang_up(s);
	}
	return !left;
}

static bool
announce(struct sock *s, size_t piece, bool listen)
{
	struct msg m;

	for (unsigned long i = 0; i < s->o->n;) {
		size_t at;

		m.n = 0;
		begin(&m, UPDATE);
		put_n(&m, 0, 2);
		at = m.n;
		put_n(&m, 0, 2);
		attr(&m, 0x40, 1, "", 1);
		attr(&m, 0x40, 2, "", 0);
		attr(&m, 0x40, 3, (uint8_t[]){ 192, 0, 2, 98 }, 4);
		attr(&m, 0x40, 5, "\0\0\0\x64", 4);
		attr(&m, 0xc0, 8, (uint8_t[]){ 0xfd, 0xe8, (uint8_t)(i >> 16), (uint8_t)(i >> 8) }, 4);
		set16(m.b + at, m.n - at - 2);
		for (unsigned k = 0; k < 50 && i < s->o->n; k++, i++)
			put_n(&m, ((uint64_t)32 << 32) | (0x0b000000 + i), 5);
		finish(&m);
		if (!say(s, m.b, m.n, piece, listen))
			return false;
		COUNT(messages);
	}
	return true;
}

/* Keepalives until the end; a peer that closes is noticed. */
static bool
stay(struct sock *s, bool listen)
{
	struct msg m;
	uint64_t next = 0;

	while (!over(s)) {
		struct pollfd f = { .fd = s->fd, .events = POLLIN };
		uint8_t bin[65536];

		if (clock_mono_ms() >= next) {
			make_plain(&m, KEEPALIVE);
			if (!say(s, m.b, m.n, MESSAGE_MAX, listen))
				return over(s);
			next = clock_mono_ms() + 1000;
		}
		if (!listen)
			usleep(20000);
		else if (poll(&f, 1, 100) > 0 && recv(s->fd, bin, sizeof(bin), MSG_DONTWAIT) == 0)
			return false;
	}
	return true;
}

static bool
mode_routes(struct sock *s)
{
	return greet(s, MESSAGE_MAX) && announce(s, MESSAGE_MAX, true) && stay(s, true);
}

static bool
mode_tiny(struct sock *s)
{
	return greet(s, 1) && announce(s, 1, true) && stay(s, true);
}

static bool
mode_deaf(struct sock *s)
{
	struct msg m;

	if (!greet(s, MESSAGE_MAX))
		return false;
	for (unsigned long i = 0; i < s->o->n; i++) {
		begin(&m, REFRESH);
		put_n(&m, 0x00010001, 4);
		finish(&m);
		if (!say(s, m.b, m.n, MESSAGE_MAX, false))
			return over(s);
		COUNT(messages);
	}
	stay(s, false);
	return true;
}

static bool
ask_again(struct sock *s, unsigned long n)
{
	struct msg m;

	begin(&m, REFRESH);
	put_n(&m, 0x00010001, 4);
	finish(&m);
	for (; n; n--)
		if (!say(s, m.b, m.n, MESSAGE_MAX, false))
			return false;
	return true;
}

/* Reads until nothing comes for half a second; what[] counts REFRESHes by subtype. */
static void
hear_refreshes(struct sock *s, unsigned what[3])
{
	static uint8_t b[65536];
	size_t have = 0, len, at;
	ssize_t n;

	for (;;) {
		struct pollfd f = { .fd = s->fd, .events = POLLIN };

		if (poll(&f, 1, 500) <= 0)
			return;
		n = recv(s->fd, b + have, sizeof(b) - have, 0);
		if (n <= 0)
			return;
		have += (size_t)n;
		for (at = 0; have - at >= 23; at += len) {
			len = (size_t)(b[at + 16] << 8 | b[at + 17]);
			if (len < 19 || len > have - at)
				break;
			if (b[at + 18] == REFRESH && b[at + 21] < 3)
				what[b[at + 21]]++;
		}
		memmove(b, b + at, have - at);
		have -= at;
	}
}

/* RFC 7313: however often and fast it is asked, what begins ends, and a last request still
 * gets an answer of its own. */
static bool
mode_again(struct sock *s)
{
	unsigned first[3] = { 0 }, last[3] = { 0 };

	if (!greet(s, MESSAGE_MAX) || !ask_again(s, s->o->n))
		return false;
	hear_refreshes(s, first);
	if (!ask_again(s, 1))
		return false;
	hear_refreshes(s, last);
	printf("%u begun, %u ended, then %u and %u\n", first[1], first[2], last[1], last[2]);
	fflush(stdout);
	return first[1] && first[1] == first[2] && last[1] == 1 && last[2] == 1;
}

static bool
mode_loris(struct sock *s)
{
	while (!over(s)) {
		struct msg m;

		if (!dial(s)) {
			usleep(50000);
			continue;
		}
		make_open(&m, s);
		for (size_t i = 0; i + 1 < m.n && say(s, m.b + i, 1, 1, true); i++)
			usleep(100000);
		while (!over(s) && say(s, m.b, 0, 1, true))
			usleep(100000);
		hang_up(s);
	}
	return true;
}

static bool
mode_mute(struct sock *s)
{
	int fds[1000];
	unsigned n = 0;

	while (n < s->o->n && n < 1000 && !over(s)) {
		dial(s);
		if (s->fd >= 0)
			fds[n++] = s->fd;
		else
			usleep(1000);
	}
	while (!over(s))
		usleep(50000);
	while (n)
		close(fds[--n]);
	return true;
}

static bool
mode_knock(struct sock *s)
{
	for (unsigned long i = 0; i < s->o->n && !over(s); i++) {
		if (!dial(s))
			continue;
		if (rnd(s, 2)) {
			struct msg m;

			make_open(&m, s);
			say(s, m.b, 1 + rnd(s, (uint32_t)m.n), MESSAGE_MAX, false);
		}
		hang_up(s);
	}
	return true;
}

static const struct {
	const char *name;
	bool (*run)(struct sock *);
} modes[] = {
	{ "mutate", mode_mutate }, { "routes", mode_routes }, { "deaf", mode_deaf },
	{ "again", mode_again }, { "tiny", mode_tiny }, { "loris", mode_loris },
	{ "mute", mode_mute }, { "knock", mode_knock },
};

static bool (*
mode_find(const char *name))(struct sock *)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(modes[i].name, name) == 0)
			return modes[i].run;
	die("%s", usage);
}

static void
options_parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "to", 1, NULL, 't' }, { "as", 1, NULL, 'a' }, { "local", 1, NULL, 'l' },
		{ "sessions", 1, NULL, 's' }, { "count", 1, NULL, 'n' }, { "for", 1, NULL, 'f' },
		{ "seed", 1, NULL, 'r' }, { 0 },
	};
	int c;

	*o = (struct options){ .sessions = 1, .n = 1000, .seed = 1 };
	o->until_ms = clock_mono_ms() + 10000;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 't': args_endpoint("--to", optarg, &o->to, &o->port); break;
		case 'a': o->as = (uint32_t)args_number("--as", optarg, UINT32_MAX); break;
		case 'l': o->local = args_ip("--local", optarg); break;
		case 's': o->sessions = (unsigned)args_number("--sessions", optarg, 1000); break;
		case 'n': o->n = args_number("--count", optarg, 100000000); break;
		case 'r': o->seed = (uint32_t)args_number("--seed", optarg, UINT32_MAX); break;
		case 'f':
			o->until_ms = clock_mono_ms() + args_number("--for", optarg, 3600) * 1000;
			break;
		default: die("%s", usage);
		}
	if (optind + 1 != argc || !o->port || !o->as || ip_is_none(&o->local))
		die("%s", usage);
}

static int
session_main(const struct options *o, unsigned i, bool (*run)(struct sock *))
{
	struct sock s = { .o = o, .local = o->local, .fd = -1 };

	s.random = (o->seed + i) * 2654435761u | 1;
	s.local.b[15] = (uint8_t)(s.local.b[15] + i);
	s.id = 0x7f000000 | (uint32_t)s.local.b[13] << 16 | (uint32_t)s.local.b[14] << 8 |
	    s.local.b[15];
	return run(&s) ? 0 : 1;
}

int
main(int argc, char **argv)
{
	struct options o;
	bool (*run)(struct sock *);
	int status, bad = 0;

	options_parse(&o, argc, argv);
	run = mode_find(argv[optind]);
	stop = args_catch_signals();
	sums = mmap(NULL, sizeof(*sums), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	    -1, 0);
	if (sums == MAP_FAILED)
		die("no shared memory");
	for (unsigned i = 0; i < o.sessions; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("cannot fork");
		if (pid == 0)
			_exit(session_main(&o, i, run));
	}
	while (wait(&status) > 0 || errno == EINTR)
		bad |= status;
	printf("%lu messages, %lu connects, %lu refused, %lu resets\n", sums->messages,
	    sums->connects, sums->refused, sums->resets);
	return bad ? 1 : 0;
}
