/*
 * badclient: a client of the control socket with bad manners.
 *
 *   crowd    opens N connections, asks on each, reads one answer from each and stays
 *   deaf     opens N connections, asks for all routes on each and never reads
 *   cut      asks for all routes, reads a little, hangs up; N times
 *   noise    sends N lines of random bytes, reads what comes
 *   drip     asks `show status' a byte at a time; the answer must be whole
 *   pipe     sends N commands in one go; every one must be answered
 *
 * Exit status: 0 the daemon behaved, 1 it did not, 2 usage.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "args.h"

#define CLIENTS_MAX 1000
#define WAIT_MS 20000

struct run {
	struct sockaddr_un sa;
	unsigned long n;
	unsigned seconds;
};

static const char usage[] =
    "usage: badclient MODE SOCKET N SECONDS\n"
    "MODE is one of crowd, deaf, cut, noise, drip, pipe.\n";

static int
dial(const struct run *r)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&r->sa, sizeof(r->sa)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool
tell(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		text += sent;
		n -= (size_t)sent;
	}
	return true;
}

/* Reads until `lines` lines that end an answer ("DDDD ...") have come. */
static bool
hear(int fd, unsigned long lines, uint64_t wait_ms)
{
	uint64_t end = clock_mono_ms() + wait_ms;
	unsigned digits = 0;
	bool start = true;
	char buf[4096];

	while (lines) {
		struct pollfd f = { .fd = fd, .events = POLLIN };
		uint64_t now = clock_mono_ms();
		ssize_t n;

		if (now >= end || poll(&f, 1, (int)(end - now)) <= 0)
			return false;
		n = recv(fd, buf, sizeof(buf), 0);
		if (n <= 0)
			return false;
		for (ssize_t i = 0; i < n; i++) {
			bool digit = buf[i] >= '0' && buf[i] <= '9';

			if (start && digits == 4 && buf[i] == ' ' && lines)
				lines--;
			start = buf[i] == '\n' || (start && digit && digits < 4);
			digits = buf[i] == '\n' || !digit ? 0 : digits + 1;
		}
	}
	return true;
}

/* Connections that stay open for the time given; returns how many were answered. */
static unsigned
stay(const struct run *r, const char *text, bool listen)
{
	int fds[CLIENTS_MAX];
	unsigned n = 0, answered = 0;

	while (n < r->n && n < CLIENTS_MAX) {
		fds[n] = dial(r);
		if (fds[n] < 0)
			break;
		tell(fds[n], text, strlen(text));
		n++;
	}
	for (unsigned i = 0; listen && i < n; i++)
		answered += hear(fds[i], 2, WAIT_MS); /* the welcome and the answer */
	sleep(r->seconds);
	while (n)
		close(fds[--n]);
	return answered;
}

static bool
mode_crowd(const struct run *r)
{
	unsigned answered = stay(r, "show status\n", true);

	printf("%u answered\n", answered);
	return answered > 0;
}

static bool
mode_deaf(const struct run *r)
{
	stay(r, "show route all\nshow route all\n", false);
	return true;
}

static bool
mode_cut(const struct run *r)
{
	char buf[1000];

	for (unsigned long i = 0; i < r->n; i++) {
		int fd = dial(r);

		if (fd < 0 || !tell(fd, "show route all\n", 15) ||
		    recv(fd, buf, sizeof(buf), 0) <= 0)
			return false;
		close(fd);
	}
	return true;
}

static bool
mode_noise(const struct run *r)
{
	unsigned random = 12345;
	char line[512], bin[65536];
	int fd = -1;

	for (unsigned long i = 0; i < r->n; i++) {
		size_t n = 1 + i % (sizeof(line) - 1);

		if (fd < 0 && (fd = dial(r)) < 0)
			return false;
		for (size_t k = 0; k < n; k++) {
			random = random * 1103515245 + 12345;
			line[k] = (char)(random >> 16);
		}
		line[n - 1] = i % 7 ? '\n' : 'x';
		if (!tell(fd, line, n) || recv(fd, bin, sizeof(bin), MSG_DONTWAIT) == 0) {
			close(fd);
			fd = -1;
		}
	}
	if (fd >= 0)
		close(fd);
	return true;
}

static bool
mode_drip(const struct run *r)
{
	static const char text[] = "show status\n";
	int fd = dial(r);
	bool ok = fd >= 0;

	for (size_t i = 0; ok && i + 1 < sizeof(text); i++) {
		ok = tell(fd, text + i, 1);
		usleep(20000);
	}
	ok = ok && hear(fd, 2, WAIT_MS);
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool
mode_pipe(const struct run *r)
{
	int fd = dial(r);
	bool ok = fd >= 0;

	for (unsigned long i = 0; ok && i < r->n; i++)
		ok = tell(fd, "show status\n", 12);
	ok = ok && hear(fd, r->n + 1, WAIT_MS);
	if (fd >= 0)
		close(fd);
	return ok;
}

static const struct {
	const char *name;
	bool (*run)(const struct run *);
} modes[] = {
	{ "crowd", mode_crowd }, { "deaf", mode_deaf }, { "cut", mode_cut },
	{ "noise", mode_noise }, { "drip", mode_drip }, { "pipe", mode_pipe },
};

int
main(int argc, char **argv)
{
	struct run r = { .sa.sun_family = AF_UNIX };

	if (argc != 5 || strlen(argv[2]) >= sizeof(r.sa.sun_path))
		die("%s", usage);
	strcpy(r.sa.sun_path, argv[2]);
	r.n = args_number("N", argv[3], 1000000);
	r.seconds = (unsigned)args_number("SECONDS", argv[4], 3600);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(modes[i].name, argv[1]) == 0)
			return modes[i].run(&r) ? 0 : 1;
	die("%s", usage);
}
