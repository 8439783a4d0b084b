/*
 * Control socket: clients.
 */
#include "daemon/socketimpl.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/ctlsock.h"
#include "daemon/descriptors.h"
#include "daemon/reload.h"
#include "daemon/serve.h"
#include "daemon/task.h"

#define CLIENTS_MAX 256
#define WRITE_TURN  (256u * 1024)
#define SAY_MS	    10000

struct client {
	struct client *next;
	struct control_server *server;
	int fd;
	struct watch *watch;
	struct control *control;
	bool ended; /* the client has shut its writing side */
	bool sending;
};

static void
client_free(struct client *c)
{
	struct client **at = &c->server->first;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->server->n--;
	reload_forget(c->control);
	watch_free(c->watch);
	close(c->fd);
	control_free(c->control);
	mem_free(c);
}

/* Sends what there is, and makes more while the client takes it.  False: the client is
 * gone. */
static bool
client_send(struct client *c)
{
	const char *data;
	size_t n, total = 0;

	c->sending = true;
	while ((n = control_output(c->control, &data)) && total < WRITE_TURN) {
		ssize_t sent = send(c->fd, data, n, MSG_NOSIGNAL);

		if (sent < 0) {
			c->sending = false;
			return errno == EAGAIN || errno == EINTR;
		}
		total += (size_t)sent;
		control_sent(c->control, (size_t)sent);
	}
	c->sending = false;
	return true;
}

static void
client_turn(struct client *c)
{
	const char *data;
	unsigned events = 0;

	if (!client_send(c)) {
		client_free(c);
		return;
	}
	if (control_output(c->control, &data))
		events |= WATCH_WRITE;
	else if (c->ended && control_is_idle(c->control)) {
		client_free(c);
		return;
	}
	if (!c->ended && !control_is_full(c->control))
		events |= WATCH_READ;
	watch_set(c->watch, events);
}

static void
client_output(void *ctx)
{
	struct client *c = ctx;

	if (!c->sending)
		watch_set(c->watch, WATCH_READ | WATCH_WRITE);
}

static void
client_ready(void *ctx, unsigned events)
{
	struct client *c = ctx;
	char buf[4096];

	if (events & WATCH_READ && !c->ended) {
		ssize_t n = read(c->fd, buf, sizeof(buf));

		if (n == 0) {
			c->ended = true;
		} else if (n > 0 && !control_input(c->control, buf, (size_t)n)) {
			client_send(c);
			client_free(c);
			return;
		} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
			client_free(c);
			return;
		}
	}
	client_turn(c);
}

static void
client_new(struct control_server *s, int fd, bool restricted)
{
	struct client *c = MEM_NEW(struct client);
	enum dialect dialect = s->rt->model ? s->rt->model->dialect : DIALECT_2;

	c->server = s;
	c->fd = fd;
	c->control = control_new(&control_daemon_ops, s, dialect, restricted);
	control_on_output(c->control, client_output, c);
	c->watch = watch_new(s->rt->loop, fd, client_ready, c);
	c->next = s->first;
	s->first = c;
	s->n++;
	client_turn(c);
}

/*
 * `echo`: a log line goes from the thread that wrote it to main, and there to the
 * clients.
 */
struct log_task {
	struct task task;
	struct control_server *server;
	enum log_class class;
	char line[];
};

static void
log_run(void *owner, struct task *t)
{
	struct log_task *l = (struct log_task *)t;

	(void)owner;
	for (struct client *c = l->server->first; c; c = c->next)
		control_log(c->control, l->class, l->line);
	mem_free(l);
}

static void
log_heard(void *ctx, enum log_class class, const char *line)
{
	struct control_server *s = ctx;
	size_t len = strlen(line) + 1;
	struct log_task *l;

	if (!s->n)
		return;
	l = mem_alloc(sizeof(*l) + len);
	*l = (struct log_task){ .task.run = log_run, .server = s, .class = class };
	memcpy(l->line, line, len);
	mailbox_post(s->rt->daemon->main, &l->task.mail);
}

static void
refuse(struct control_server *s, int fd)
{
	static const char answer[] = "9000 Too many clients, try again later\n";
	uint64_t now = clock_mono_ms();

	if (!s->said_ms || now - s->said_ms >= SAY_MS) {
		log_warn("Control socket: too many clients");
		s->said_ms = now;
	}
	(void)send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void
on_caller(void *ctx, int fd, bool restricted)
{
	struct control_server *s = ctx;

	if (s->n >= CLIENTS_MAX || !descriptors_allow(fd, FOR_CLIENTS)) {
		refuse(s, fd);
		return;
	}
	client_new(s, fd, restricted);
}

struct control_server *
control_server_new(struct runtime *rt)
{
	struct control_server *s = MEM_NEW(struct control_server);

	s->rt = rt;
	s->views = views_new(rt);
	ctlsocks_listen(rt->sockets, rt->loop, on_caller, s);
	log_tap(log_heard, s);
	return s;
}

void
control_server_on_down(struct control_server *s, void (*fn)(void *ctx), void *ctx)
{
	s->down = fn;
	s->down_ctx = ctx;
}

void
control_server_free(struct control_server *s)
{
	struct mail *m;

	log_tap(NULL, NULL);
	while ((m = mailbox_take(s->rt->daemon->main))) /* log lines name the server */
		serve_mail(s->rt, m);
	while (s->first)
		client_free(s->first);
	views_free(s->views);
	mem_free(s);
}
