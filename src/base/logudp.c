/*
 * Log messages over UDP.
 *
 *	<27>Nov 22 13:05:01.250000 HOST PROGRAM: text
 *
 * What the network does not take is lost: a log must not hold anybody up.
 */
#include "base/logudp.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

static int
open_to(const struct addrinfo *a)
{
	int fd = socket(a->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int
logudp_open(const char *host, uint16_t port, const char **why)
{
	struct addrinfo hint = { .ai_socktype = SOCK_DGRAM }, *list = NULL;
	char service[8];
	int err, fd = -1;

	snprintf(service, sizeof(service), "%u", port);
	err = getaddrinfo(host, service, &hint, &list);
	if (err) {
		*why = gai_strerror(err);
		return -1;
	}
	for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
		fd = open_to(a);
	if (fd < 0)
		*why = strerror(errno);
	freeaddrinfo(list);
	return fd;
}

int
logudp_head(char *buf, unsigned size, int priority, const char *when, const char *host,
    const char *program)
{
	return snprintf(
	    buf, size, "<%d>%s %s %s: ", LOG_DAEMON | priority, when, host, program);
}
