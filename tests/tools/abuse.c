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
#include "abuse.h"
#include "args.h"

/* What all sessions have done, in shared memory. */
struct sums {
	unsigned long messages, connects, refused, resets;
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

static bool
over(const struct sock *s)
{
	return *stop || clock_mono_ms() >= s->o->until_ms;
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
	msg_open(&m, s);
	setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	if (say(s, m.b, m.n, piece, false) && recv(s->fd, seen, sizeof(seen), 0) > 19 &&
	    seen[18] == OPEN) {
		msg_plain(&m, KEEPALIVE);
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

	msg_begin(&m, REFRESH);
	msg_put(&m, 0x00010084, 4);
	msg_finish(&m);
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
		msg_any(&m, s);
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
		msg_begin(&m, UPDATE);
		msg_put(&m, 0, 2);
		at = m.n;
		msg_put(&m, 0, 2);
		msg_attr(&m, 0x40, 1, "", 1);
		msg_attr(&m, 0x40, 2, "", 0);
		msg_attr(&m, 0x40, 3, (uint8_t[]){ 192, 0, 2, 98 }, 4);
		msg_attr(&m, 0x40, 5, "\0\0\0\x64", 4);
		msg_attr(&m, 0xc0, 8,
		    (uint8_t[]){ 0xfd, 0xe8, (uint8_t)(i >> 16), (uint8_t)(i >> 8) }, 4);
		msg_set16(m.b + at, m.n - at - 2);
		for (unsigned k = 0; k < 50 && i < s->o->n; k++, i++)
			msg_put(&m, ((uint64_t)32 << 32) | (0x0b000000 + i), 5);
		msg_finish(&m);
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
			msg_plain(&m, KEEPALIVE);
			if (!say(s, m.b, m.n, MESSAGE_MAX, listen))
				return over(s);
			next = clock_mono_ms() + 1000;
		}
		if (!listen)
			usleep(20000);
		else if (poll(&f, 1, 100) > 0 &&
			 recv(s->fd, bin, sizeof(bin), MSG_DONTWAIT) == 0)
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
		msg_begin(&m, REFRESH);
		msg_put(&m, 0x00010001, 4);
		msg_finish(&m);
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

	msg_begin(&m, REFRESH);
	msg_put(&m, 0x00010001, 4);
	msg_finish(&m);
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
	printf(
	    "%u begun, %u ended, then %u and %u\n", first[1], first[2], last[1], last[2]);
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
		msg_open(&m, s);
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

			msg_open(&m, s);
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
		{ "to", 1, NULL, 't' },
		{ "as", 1, NULL, 'a' },
		{ "local", 1, NULL, 'l' },
		{ "sessions", 1, NULL, 's' },
		{ "count", 1, NULL, 'n' },
		{ "for", 1, NULL, 'f' },
		{ "seed", 1, NULL, 'r' },
		{ 0 },
	};
	int c;

	*o = (struct options){ .sessions = 1, .n = 1000, .seed = 1 };
	o->until_ms = clock_mono_ms() + 10000;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 't': args_endpoint("--to", optarg, &o->to, &o->port); break;
		case 'a':
			o->as = (uint32_t)args_number("--as", optarg, UINT32_MAX);
			break;
		case 'l': o->local = args_ip("--local", optarg); break;
		case 's':
			o->sessions = (unsigned)args_number("--sessions", optarg, 1000);
			break;
		case 'n': o->n = args_number("--count", optarg, 100000000); break;
		case 'r':
			o->seed = (uint32_t)args_number("--seed", optarg, UINT32_MAX);
			break;
		case 'f':
			o->until_ms = clock_mono_ms() +
				      args_number("--for", optarg, 3600) * 1000;
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
	sums = mmap(NULL, sizeof(*sums), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
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
