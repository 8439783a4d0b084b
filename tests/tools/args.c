/*
 * Command lines of the test tools.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "args.h"

static volatile int caught;

void
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

struct ip
args_ip(const char *option, const char *text)
{
	struct ip ip;

	if (!ip_parse(text, &ip))
		die("%s: `%s' is not an address", option, text);
	return ip;
}

unsigned long
args_number(const char *option, const char *text, unsigned long max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || n > max)
		die("%s: `%s' is not a number from 0 to %lu", option, text, max);
	return n;
}

void
args_endpoint(const char *option, const char *text, struct ip *ip, uint16_t *port)
{
	char addr[64];
	const char *start = text, *end, *colon = strrchr(text, ':');

	end = colon && strchr(text, ':') == colon ? colon : text + strlen(text);
	if (*text == '[') {
		start = text + 1;
		end = strchr(text, ']');
		if (!end)
			die("%s: `%s': ] is missing", option, text);
		colon = end[1] == ':' ? end + 1 : NULL;
	} else if (*end == '\0') {
		colon = NULL;
	}
	snprintf(addr, sizeof(addr), "%.*s", (int)(end - start), start);
	*ip = args_ip(option, addr);
	*port = colon ? (uint16_t)args_number(option, colon + 1, 65535) : 179;
}

static void
on_signal(int sig)
{
	caught = sig;
}

const volatile int *
args_catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	return &caught;
}
