/*
 * Command lines of the test tools.
 */
#include <assert.h>
#include <errno.h>
#include <getopt.h>
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

/* -- options ------------------------------------------------------------------------------ */

#define OPTIONS_MAX 48
#define HELP_COLUMN 22

static void
print_help(FILE *f, const struct arg *a)
{
	int at = fprintf(
	    f, "  --%s%s%s", a->name, a->value ? " " : "", a->value ? a->value : "");
	const char *line = a->help, *end;

	if (at >= HELP_COLUMN)
		at = fprintf(f, "\n") - 1;
	for (; line; line = *end ? end + 1 : NULL, at = 0) {
		end = line + strcspn(line, "\n");
		fprintf(f, "%*s%.*s\n", HELP_COLUMN - at, "", (int)(end - line), line);
	}
}

static void
print_usage(FILE *f, const struct args *args)
{
	static const struct arg help = { .name = "help", .help = "this text" };

	fprintf(f, "%s\n", args->before);
	for (size_t i = 0; i < args->n; i++)
		print_help(f, &args->arg[i]);
	print_help(f, &help);
	if (args->after)
		fprintf(f, "\n%s", args->after);
}

void
args_usage(const struct args *args)
{
	print_usage(stderr, args);
	exit(2);
}

static unsigned long
bounded(const struct arg *a, const char *option, const char *text, unsigned long type_max)
{
	return args_number(option, text, a->max ? a->max : type_max);
}

static void
take(const struct arg *a, const char *text)
{
	char option[64];

	snprintf(option, sizeof(option), "--%s", a->name);
	if (a->flag)
		*a->flag = true;
	else if (a->text)
		*a->text = text;
	else if (a->u16)
		*a->u16 = (uint16_t)bounded(a, option, text, UINT16_MAX);
	else if (a->u32)
		*a->u32 = (uint32_t)bounded(a, option, text, UINT32_MAX);
	else if (a->u64)
		*a->u64 = bounded(a, option, text, UINT32_MAX) * (a->scale ? a->scale : 1ul);
	else if (a->ip && a->port)
		args_endpoint(option, text, a->ip, a->port);
	else if (a->ip)
		*a->ip = args_ip(option, text);
	else
		a->call(a->ctx, text);
}

void
args_read(const struct args *args, int argc, char **argv)
{
	struct option longs[OPTIONS_MAX + 2] = { { 0 } };
	int i, c;

	assert(args->n <= OPTIONS_MAX);
	for (size_t k = 0; k < args->n; k++)
		longs[k] = (struct option){ args->arg[k].name,
			args->arg[k].value ? required_argument : no_argument, NULL, 0 };
	longs[args->n] = (struct option){ "help", no_argument, NULL, 0 };
	while ((c = getopt_long(argc, argv, "", longs, &i)) == 0) {
		if ((size_t)i == args->n) {
			print_usage(stdout, args);
			exit(0);
		}
		take(&args->arg[i], optarg);
	}
	if (c != -1 || optind < argc)
		args_usage(args);
}

/* -- signals ------------------------------------------------------------------------------ */

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
