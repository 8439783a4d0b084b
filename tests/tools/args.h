/*
 * Command lines of the test tools: values that several of them take.
 */
#ifndef MYNAH_TOOLS_ARGS_H
#define MYNAH_TOOLS_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/net.h"

/* Prints to standard error and exits with 2. */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* These die, naming the option, when the text is not what it should be. */
struct ip args_ip(const char *option, const char *text);
unsigned long args_number(const char *option, const char *text, unsigned long max);
/* "ADDR:PORT", "[ADDR6]:PORT" or "ADDR" (port 179). */
void args_endpoint(const char *option, const char *text, struct ip *, uint16_t *port);

/* An option --NAME.  Exactly one of the pointers (`ip' with `port': an endpoint) is set; it says
 * where the value goes and what it must be. */
struct arg {
	const char *name;
	const char *value; /* how its value is called; NULL: it takes none */
	const char *help;  /* lines of the usage text */
	bool *flag;
	const char **text;
	uint16_t *u16;
	uint32_t *u32;
	uint64_t *u64;
	unsigned long max;   /* of a number; 0: what its type holds */
	unsigned long scale; /* a u64 is stored as so many times the number given; 0: once */
	struct ip *ip;
	uint16_t *port;
	void (*call)(void *ctx, const char *text); /* for each time it is given */
	void *ctx;
};

struct args {
	const char *before, *after; /* of the options, in the usage text; after may be NULL */
	const struct arg *arg;
	size_t n;
};

/* Reads the command line; --help prints the usage text and exits with 0.  Anything else that
 * is not in the list ends the program with 2. */
void args_read(const struct args *, int argc, char **argv);
/* Prints the usage text to standard error and exits with 2. */
_Noreturn void args_usage(const struct args *);

/* SIGINT and SIGTERM set this from now on. */
const volatile int *args_catch_signals(void);

#endif
