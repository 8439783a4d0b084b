/*
 * Log: classes as BIRD names them, destinations set from the configuration.  Any thread
 * may log; a line is written whole.  log_setup and log_tap belong to the main thread.
 */
#ifndef MYNAH_BASE_LOG_H
#define MYNAH_BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum log_class {
	LOG_C_DEBUG,
	LOG_C_TRACE,
	LOG_C_INFO,
	LOG_C_REMOTE,
	LOG_C_WARNING,
	LOG_C_ERROR,
	LOG_C_AUTH,
	LOG_C_FATAL,
	LOG_C_BUG,
	LOG_CLASSES
};

#define LOG_DESTS_MAX 64
#define LOG_MASK_ALL ((1u << LOG_CLASSES) - 1)

enum log_kind { LOG_TO_FILE, LOG_TO_STDERR, LOG_TO_SYSLOG, LOG_TO_UDP };

struct log_dest {
	enum log_kind kind;
	unsigned mask;	     /* bit per class */
	const char *path;    /* file, or syslog name; NULL for the default; the host's name */
	unsigned long limit; /* bytes, 0: none: then the file is renamed to `backup` */
	const char *backup;
	uint16_t port; /* LOG_TO_UDP */
};

/* Replaces all destinations, LOG_DESTS_MAX at most; opens files for append.  Returns 0 or
 * -errno of the first file that failed (its index in *bad); then nothing has changed.
 * debug: a copy to stderr.  With n 0: everything to syslog, or to stderr when debug is set.
 * Hosts are looked up here and at no other time, which may take a while; one that has no
 * address is named in the log, and does without. */
int log_setup(
    const struct log_dest *, unsigned n, bool debug, const char *program, unsigned *bad);

/* What messages over UDP say we are; copied; NULL: the machine's name. */
void log_host(const char *name);

void log_write(enum log_class, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The same, unless another thread is at it just now, and may be stuck: false. */
bool log_try(enum log_class, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_vwrite(enum log_class, const char *fmt, va_list)
    __attribute__((format(printf, 2, 0)));

/* For one line before the end: takes no lock that the caller may hold, allocates nothing,
 * and writes to stderr, too.  A failed assertion speaks so. */
void log_last(enum log_class, const char *text);

/* A second listener (the control socket's `echo`); NULL ends it.  Called with the lock
 * held. */
void log_tap(void (*fn)(void *ctx, enum log_class, const char *line), void *ctx);

const char *log_class_name(enum log_class); /* as in `log ... { info }` */

#define log_debug(...)	log_write(LOG_C_DEBUG, __VA_ARGS__)
#define log_trace(...)	log_write(LOG_C_TRACE, __VA_ARGS__)
#define log_info(...)	log_write(LOG_C_INFO, __VA_ARGS__)
#define log_remote(...) log_write(LOG_C_REMOTE, __VA_ARGS__)
#define log_warn(...)	log_write(LOG_C_WARNING, __VA_ARGS__)
#define log_error(...)	log_write(LOG_C_ERROR, __VA_ARGS__)
#define log_fatal(...)	log_write(LOG_C_FATAL, __VA_ARGS__)

#endif
