/*
 * Control sockets: paths, permissions, callers.
 *
 * A socket that both the old and the new configuration name stays open; callers stay
 * connected whatever becomes of the socket that they came through.
 */
#include "daemon/ctlsock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/model.h"
#include "daemon/loop.h"

#define CONTROL_BACKLOG 128
#define ACCEPT_PAUSE_MS 500
#define ACCEPT_SAY_MS	10000

struct ctlsock {
	struct ctlsocks *all;
	int fd;
	char *path;
	bool restricted;
	struct watch *watch;
	struct timer *pause; /* until accept is tried again after it failed */
	uint64_t said_ms;    /* when the log last said that it fails; 0: never */
};

struct ctlsocks {
	struct ctlsock *own;
	struct ctlsock **list; /* of the model */
	unsigned n;
	struct loop *loop; /* NULL: nobody is let in yet */
	void (*fn)(void *ctx, int fd, bool restricted);
	void *ctx;
};

/*
 * One socket.
 */
static bool
answers(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 &&
		  (connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0 ||
		      errno == EAGAIN);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* What is left of a daemon before; nothing else is removed for a mistaken path. */
static int
stale_remove(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	return unlink(path) < 0 ? -errno : 0;
}

static int
path_open(const char *path, int *out)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, err;

	if (strlen(path) >= sizeof(sa.sun_path))
		return -ENAMETOOLONG;
	memcpy(sa.sun_path, path, strlen(path) + 1);
	if (answers(&sa))
		return -EADDRINUSE;
	if ((err = stale_remove(path)))
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	mask = umask(0117);
	err = bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ? -errno : 0;
	umask(mask);
	if (!err && listen(fd, CONTROL_BACKLOG) < 0)
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	*out = fd;
	return 0;
}

static int
sock_new(struct ctlsocks *all, const char *path, bool restricted, struct ctlsock **out)
{
	struct ctlsock *s;
	int fd = -1, err = path_open(path, &fd);

	if (err)
		return err;
	s = MEM_NEW(struct ctlsock);
	*s = (struct ctlsock){
		.all = all, .fd = fd, .path = mem_strdup(path), .restricted = restricted
	};
	*out = s;
	return 0;
}

static void
sock_free(struct ctlsock *s)
{
	if (!s)
		return;
	timer_free(s->pause);
	watch_free(s->watch);
	close(s->fd);
	unlink(s->path);
	mem_free(s->path);
	mem_free(s);
}

/*
 * Callers.
 */
static void
pause_over(void *ctx)
{
	struct ctlsock *s = ctx;

	watch_set(s->watch, WATCH_READ);
}

/* As for BGP's sockets: out of descriptors this one would be ready all the time. */
static void
accept_failed(struct ctlsock *s, int err)
{
	uint64_t now = clock_mono_ms();

	if (err == EAGAIN || err == EINTR || err == ECONNABORTED)
		return;
	if (!s->said_ms || now - s->said_ms >= ACCEPT_SAY_MS) {
		log_error("Control socket: %s", strerror(err));
		s->said_ms = now;
	}
	watch_set(s->watch, 0);
	timer_at(s->pause, now + ACCEPT_PAUSE_MS);
}

static void
ready(void *ctx, unsigned events)
{
	struct ctlsock *s = ctx;
	int fd;

	(void)events;
	while ((fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		s->all->fn(s->all->ctx, fd, s->restricted);
	accept_failed(s, errno);
}

static void
sock_listen(struct ctlsock *s)
{
	if (!s || s->watch || !s->all->loop)
		return;
	s->watch = watch_new(s->all->loop, s->fd, ready, s);
	watch_set(s->watch, WATCH_READ);
	s->pause = timer_new(s->all->loop, pause_over, s);
}

void
ctlsocks_listen(struct ctlsocks *c, struct loop *loop,
    void (*fn)(void *ctx, int fd, bool restricted), void *ctx)
{
	c->loop = loop;
	c->fn = fn;
	c->ctx = ctx;
	sock_listen(c->own);
	for (unsigned i = 0; i < c->n; i++)
		sock_listen(c->list[i]);
}

/*
 * All of them.
 */
struct ctlsocks *
ctlsocks_new(void)
{
	return MEM_NEW(struct ctlsocks);
}

int
ctlsocks_own(struct ctlsocks *c, const char *path)
{
	return sock_new(c, path, false, &c->own);
}

static void
list_free(struct ctlsock **list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		sock_free(list[i]);
	mem_free(list);
}

void
ctlsocks_free(struct ctlsocks *c)
{
	if (!c)
		return;
	sock_free(c->own);
	list_free(c->list, c->n);
	mem_free(c);
}

/* Where it is in the list; NULL: it is not there. */
static struct ctlsock **
list_find(const struct ctlsocks *c, const char *path)
{
	for (unsigned i = 0; i < c->n; i++)
		if (c->list[i] && strcmp(c->list[i]->path, path) == 0)
			return &c->list[i];
	return NULL;
}

/* The socket's own entry, NULL where it is to be opened first. */
static int
open_missing(struct ctlsocks *c, const struct model *m, struct ctlsock **list,
    char *error, size_t size)
{
	for (unsigned i = 0; i < m->cli_n; i++) {
		const char *path = m->cli[i].path;
		int err = c->own && strcmp(c->own->path, path) == 0 ? -EADDRINUSE
			  : list_find(c, path)
			      ? 0
			      : sock_new(c, path, m->cli[i].restricted, &list[i]);

		if (!err)
			continue;
		snprintf(error, size, "Cannot create control socket %s: %s", path,
		    strerror(-err));
		list_free(list, i);
		return err;
	}
	return 0;
}

int
ctlsocks_model(struct ctlsocks *c, const struct model *m, char *error, size_t size)
{
	struct ctlsock **list = MEM_ARRAY(struct ctlsock *, m->cli_n + 1);
	int err = open_missing(c, m, list, error, size);

	if (err)
		return err;
	for (unsigned i = 0; i < m->cli_n; i++) {
		struct ctlsock **was = list_find(c, m->cli[i].path);

		if (was && !list[i]) {
			list[i] = *was;
			*was = NULL;
		}
		list[i]->restricted = m->cli[i].restricted;
		sock_listen(list[i]);
	}
	list_free(c->list, c->n);
	c->list = list;
	c->n = m->cli_n;
	return 0;
}

static void
sock_chown(const struct ctlsock *s, uid_t uid, gid_t gid, const char *program)
{
	if (s && chown(s->path, uid, gid) < 0)
		fprintf(stderr, "%s: Cannot change the owner of %s: %s\n", program,
		    s->path, strerror(errno));
}

void
ctlsocks_chown(const struct ctlsocks *c, unsigned uid, unsigned gid, const char *program)
{
	sock_chown(c->own, uid, gid, program);
	for (unsigned i = 0; i < c->n; i++)
		sock_chown(c->list[i], uid, gid, program);
}
