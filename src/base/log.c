/*
 * Log: one mutex, destinations as configured.  A file that grew over its limit is renamed
 * to its backup and opened anew.
 */
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/logudp.h"
#include "base/mem.h"

static const struct {
	const char *name, *tag;
	int priority;
} classes[LOG_CLASSES] = {
	[LOG_C_DEBUG] = { "debug", "DBG", LOG_DEBUG },
	[LOG_C_TRACE] = { "trace", "TRACE", LOG_DEBUG },
	[LOG_C_INFO] = { "info", "INFO", LOG_INFO },
	[LOG_C_REMOTE] = { "remote", "RMT", LOG_ERR },
	[LOG_C_WARNING] = { "warning", "WARN", LOG_WARNING },
	[LOG_C_ERROR] = { "error", "ERR", LOG_ERR },
	[LOG_C_AUTH] = { "auth", "AUTH", LOG_ERR },
	[LOG_C_FATAL] = { "fatal", "FATAL", LOG_CRIT },
	[LOG_C_BUG] = { "bug", "BUG", LOG_CRIT },
};

struct sink {
	enum log_kind kind;
	unsigned mask;
	int fd;
	char *path, *backup;
	unsigned long limit, size;
	bool torn; /* of the last line a part is there */
};

static struct {
	pthread_mutex_t lock;
	struct sink sink[LOG_DESTS_MAX];
	unsigned n;
	bool debug;
	char program[64], name[64], host[256];
	void (*tap)(void *, enum log_class, const char *);
	void *tap_ctx;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER, .debug = true, .program = "mynah" };

const char *
log_class_name(enum log_class c)
{
	return classes[c].name;
}

static void
sinks_close(struct sink *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (s[i].fd >= 0)
			close(s[i].fd);
		mem_free(s[i].path);
		mem_free(s[i].backup);
	}
}

static int
sink_open(struct sink *s)
{
	struct stat st;

	s->fd = open(s->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (s->fd < 0)
		return -errno;
	s->size = fstat(s->fd, &st) == 0 ? (unsigned long)st.st_size : 0;
	return 0;
}

/* A host that is not known is no reason to do without the rest. */
static void
sink_connect(struct sink *s, uint16_t port)
{
	const char *why = "";

	s->fd = logudp_open(s->path, port, &why);
	if (s->fd < 0)
		log_warn("Cannot log to host '%s': %s", s->path, why);
}

static int
sink_init(struct sink *s, const struct log_dest *d)
{
	*s = (struct sink){
		.kind = d->kind, .mask = d->mask, .fd = -1, .limit = d->limit
	};
	s->path = d->path ? mem_strdup(d->path) : NULL;
	s->backup = d->backup ? mem_strdup(d->backup) : NULL;
	if (d->kind == LOG_TO_UDP)
		sink_connect(s, d->port);
	return d->kind == LOG_TO_FILE ? sink_open(s) : 0;
}

int
log_setup(const struct log_dest *dest, unsigned n, bool debug, const char *program,
    unsigned *bad)
{
	struct sink fresh[LOG_DESTS_MAX], old[LOG_DESTS_MAX];
	const char *syslog_name = NULL;
	unsigned old_n;
	int err;

	if (n > LOG_DESTS_MAX)
		n = LOG_DESTS_MAX;
	for (unsigned i = 0; i < n; i++) {
		err = sink_init(&fresh[i], &dest[i]);
		if (err) {
			*bad = i;
			sinks_close(fresh, i + 1);
			return err;
		}
		if (dest[i].kind == LOG_TO_SYSLOG && dest[i].path)
			syslog_name = dest[i].path;
	}
	pthread_mutex_lock(&state.lock);
	memcpy(old, state.sink, sizeof(old));
	old_n = state.n;
	memcpy(state.sink, fresh, n * sizeof(fresh[0]));
	state.n = n;
	state.debug = debug;
	snprintf(state.program, sizeof(state.program), "%s",
	    syslog_name ? syslog_name : program);
	snprintf(state.name, sizeof(state.name), "%s", program);
	closelog();
	openlog(state.program, LOG_PID, LOG_DAEMON);
	pthread_mutex_unlock(&state.lock);
	sinks_close(old, old_n);
	return 0;
}

/* Where no new file can be had, the lines go on into the one that is open. */
static void
sink_rotate(struct sink *s)
{
	int old = s->fd;

	if (s->backup)
		rename(s->path, s->backup);
	if (sink_open(s) < 0)
		s->fd = old;
	else if (old >= 0)
		close(old);
}

static void
sink_file(struct sink *s, const char *line, size_t len)
{
	ssize_t n;

	if (s->limit && s->size + len > s->limit)
		sink_rotate(s);
	if (s->fd < 0)
		return;
	/* A full disk must not stop the daemon: the line is lost, the next one is tried.
	 */
	if (s->torn && write(s->fd, "\n", 1) != 1)
		return;
	n = write(s->fd, line, len);
	s->torn = n > 0 && (size_t)n < len;
	if (n > 0)
		s->size += (size_t)n;
}

static void
sink_udp(const struct sink *s, enum log_class c, const char *text)
{
	char when[64], line[1400];
	int head;

	if (s->fd < 0)
		return;
	clock_format(when, sizeof(when), "%b %d %T.%6f", clock_wall_ms());
	head = logudp_head(line, sizeof(line), classes[c].priority, when,
	    *state.host ? state.host : "<none>", state.name);
	if (head < 0 || head >= (int)sizeof(line))
		return;
	snprintf(line + head, sizeof(line) - (size_t)head, "%s", text);
	/* a refusal is of the line before: this one was not sent */
	if (send(s->fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
	    errno == ECONNREFUSED)
		send(s->fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* No allocation. */
static void
write_sinks(enum log_class c, const char *text, bool to_stderr)
{
	char when[64], line[1400];
	int n;

	clock_format(when, sizeof(when), "%Y-%m-%d %H:%M:%S.%3f", clock_wall_ms());
	n = snprintf(line, sizeof(line), "%s <%s> %s\n", when, classes[c].tag, text);
	if (n >= (int)sizeof(line)) {
		n = (int)sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	for (unsigned i = 0; i < state.n; i++) {
		struct sink *s = &state.sink[i];

		if (!(s->mask & 1u << c))
			continue;
		if (s->kind == LOG_TO_FILE)
			sink_file(s, line, (size_t)n);
		else if (s->kind == LOG_TO_STDERR)
			to_stderr = true;
		else if (s->kind == LOG_TO_UDP)
			sink_udp(s, c, text);
		else
			syslog(classes[c].priority, "%s", text);
	}
	if (to_stderr)
		fprintf(stderr, "%s: %s\n", state.program, text);
	else if (state.n == 0 && c != LOG_C_DEBUG)
		syslog(classes[c].priority, "%s", text);
}

static void
write_locked(enum log_class c, const char *text)
{
	write_sinks(c, text, state.debug);
	if (state.tap)
		state.tap(state.tap_ctx, c, text);
}

static void __attribute__((format(printf, 3, 0)))
text_make(char *text, size_t size, const char *fmt, va_list ap)
{
	vsnprintf(text, size, fmt, ap);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
}

bool
log_try(enum log_class c, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	text_make(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (pthread_mutex_trylock(&state.lock) != 0)
		return false;
	write_locked(c, text);
	pthread_mutex_unlock(&state.lock);
	return true;
}

void
log_host(const char *name)
{
	char own[sizeof(state.host)] = "";

	if (!name && gethostname(own, sizeof(own) - 1) < 0)
		own[0] = '\0';
	pthread_mutex_lock(&state.lock);
	snprintf(state.host, sizeof(state.host), "%s", name ? name : own);
	pthread_mutex_unlock(&state.lock);
}

void
log_vwrite(enum log_class c, const char *fmt, va_list ap)
{
	char text[1024];

	text_make(text, sizeof(text), fmt, ap);
	pthread_mutex_lock(&state.lock);
	write_locked(c, text);
	pthread_mutex_unlock(&state.lock);
}

void
log_write(enum log_class c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vwrite(c, fmt, ap);
	va_end(ap);
}

/* The thread that holds the lock may be the one that ends us. */
void
log_last(enum log_class c, const char *text)
{
	bool locked = pthread_mutex_trylock(&state.lock) == 0;

	write_sinks(c, text, true);
	if (locked)
		pthread_mutex_unlock(&state.lock);
}

#ifdef __GLIBC__
/* What a failed assertion says: in the background nobody reads stderr. */
void
__assert_fail(const char *what, const char *file, unsigned line, const char *function)
{
	char text[512];

	snprintf(text, sizeof(text), "%s:%u: %s: assertion `%s' failed", file, line,
	    function, what);
	log_last(LOG_C_BUG, text);
	abort();
}
#endif

void
log_tap(void (*fn)(void *ctx, enum log_class, const char *line), void *ctx)
{
	pthread_mutex_lock(&state.lock);
	state.tap = fn;
	state.tap_ctx = ctx;
	pthread_mutex_unlock(&state.lock);
}
