/*
 * Log messages to a host, over UDP (RFC 3164, with microseconds in the time).
 */
#ifndef MYNAH_BASE_LOGUDP_H
#define MYNAH_BASE_LOGUDP_H

#include <stdint.h>

/* A socket that never blocks, connected to the host: an address, or a name that is looked up
 * here.  -1: *why says what is wrong (static text). */
int logudp_open(const char *host, uint16_t port, const char **why);
/* The header of a message: priority is syslog's, of the facility `daemon`. */
int logudp_head(char *buf, unsigned size, int priority, const char *when,
    const char *host, const char *program);

#endif
