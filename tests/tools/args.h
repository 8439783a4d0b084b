/*
 * Command lines of the test tools: values that several of them take.
 */
#ifndef MYNAH_TOOLS_ARGS_H
#define MYNAH_TOOLS_ARGS_H

#include <stdint.h>
#include "base/net.h"

/* Prints to standard error and exits with 2. */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* These die, naming the option, when the text is not what it should be. */
struct ip args_ip(const char *option, const char *text);
unsigned long args_number(const char *option, const char *text, unsigned long max);
/* "ADDR:PORT", "[ADDR6]:PORT" or "ADDR" (port 179). */
void args_endpoint(const char *option, const char *text, struct ip *, uint16_t *port);

/* SIGINT and SIGTERM set this from now on. */
const volatile int *args_catch_signals(void);

#endif
