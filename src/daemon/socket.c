/*
 * Control socket: clients and the daemon's side of the commands.
 */
#include "daemon/bfds.h"
#include "daemon/socket.h"
#include "daemon/driver.h"
#include "daemon/ctlsock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/lang.h"
#include "daemon/descriptors.h"
#include "daemon/mrt.h"
#include "daemon/origins.h"
#include "daemon/recover.h"
#include "daemon/reload.h"
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

struct control_server {
	struct runtime *rt;
	struct views *views;
	uint64_t said_ms; /* when the log last spoke of too many clients; 0: never */
	struct client *first;
	_Atomic unsigned n; /* read by the log, from any thread */
	void (*down)(void *ctx);
	void *down_ctx;
};

/*
 * daemon_ops.
 */
static struct runtime *
rt_of(void *daemon)
{
	return ((struct control_server *)daemon)->rt;
}

static const struct model *
op_model(void *d)
{
	return rt_of(d)->model;
}

static const struct proto_conf *
op_dynamic(void *d, const char *name)
{
	const struct run *r = runtime_find(rt_of(d), name);

	return r ? r->conf : NULL;
}

static void
op_status(void *d, struct status_record *r)
{
	struct runtime *rt = rt_of(d);

	*r = (struct status_record){
		.router_id = rt->router_id,
		.hostname = rt->model ? rt->model->hostname : NULL,
		.now = clock_wall_ms(),
		.boot = clock_wall_of(rt->daemon->start_ms),
		.reconfigured = rt->reconfigured_ms,
		.shutting_down = rt->shutting_down,
		.reconfiguring = reload_in_progress(rt),
	};
	recover_status(rt, r);
}

static bool
op_protocol(void *d, unsigned i, bool counts, struct protocol_record *r)
{
	return views_protocol(((struct control_server *)d)->views, i, counts, r);
}

static void *
op_routes_open(void *d, struct control *c, const struct route_query *q)
{
	return views_routes_open(((struct control_server *)d)->views, c, q);
}

static void
op_routes_next(void *d, void *walk, unsigned max)
{
	(void)d;
	views_routes_next(walk, max);
}

static void
mrt_done(void *ctx, const char *error)
{
	control_mrt_done(ctx, error);
}

static void *
op_mrt_dump(void *d, struct control *c, const struct mrt_conf *m)
{
	struct mrt_conf conf = *m;

	if (!conf.filter)
		conf.filter = filter_accept();
	return mrt_job_new(rt_of(d), &conf, mrt_done, c);
}

static void
op_mrt_cancel(void *d, void *dump)
{
	(void)d;
	mrt_job_cancel(dump);
}

static void
op_routes_close(void *d, void *walk)
{
	(void)d;
	views_routes_close(walk);
}

static void
op_configure(void *d, struct control *c, const struct configure_request *r)
{
	reload_configure(rt_of(d), c, r);
}

static void
op_undo(void *d, struct control *c)
{
	reload_undo(rt_of(d), c);
}

static void
op_confirm(void *d, struct control *c)
{
	reload_confirm(rt_of(d), c);
}

static void
op_configure_status(void *d, struct control *c)
{
	reload_status(rt_of(d), c);
}

struct can_refresh {
	uint32_t peer;
	bool up, able;
};

static void
ask_refresh(void *owner, void *arg)
{
	struct can_refresh *q = arg;
	struct peer *p = io_peer(owner, q->peer);
	struct peer_status st;

	if (!p)
		return;
	peer_status(p, &st);
	q->up = st.established;
	q->able = true;
	for (unsigned f = 0; f < FAMILIES; f++)
		q->able &= peer_can_reimport(p, (enum family)f);
}

static unsigned
reload_proto(
    struct runtime *rt, struct run *r, enum proto_action action, const char **text)
{
	struct can_refresh q = { .peer = r->peer };

	if (driver_of(r->conf))
		runtime_reload_driver(rt, r, action != PROTO_RELOAD_OUT);
	if (r->conf->kind == PROTO_BGP) {
		task_call(io_mailbox(rt->daemon->io[r->io]), ask_refresh, &q);
		if (q.up && !q.able && action != PROTO_RELOAD_OUT) {
			*text = "reload failed";
			return 8006;
		}
		if (action != PROTO_RELOAD_OUT)
			peer_post_action(
			    rt->daemon->io[r->io], r->peer, PEER_RELOAD_IN, 0, 0, NULL);
		if (action != PROTO_RELOAD_IN)
			peer_post_action(
			    rt->daemon->io[r->io], r->peer, PEER_RELOAD_OUT, 0, 0, NULL);
	}
	*text = "reloading";
	return 15;
}

static unsigned
op_proto_do(void *d, const char *name, enum proto_action action, const char *message,
    const char **text)
{
	struct runtime *rt = rt_of(d);
	struct run *r = runtime_find(rt, name);

	if (!r) {
		*text = "is gone";
		return 8003;
	}
	if (action == PROTO_ENABLE && !r->disabled) {
		*text = "already enabled";
		return 10;
	}
	if (action != PROTO_ENABLE && r->disabled) {
		*text = "already disabled";
		return 8;
	}
	switch (action) {
	case PROTO_ENABLE:
		log_info("Enabling protocol %s", name);
		runtime_start_proto(rt, r, message);
		*text = "enabled";
		return 11;
	case PROTO_DISABLE:
		log_info("Disabling protocol %s", name);
		runtime_stop_proto(rt, r, message);
		*text = "disabled";
		return 9;
	case PROTO_RESTART:
		log_info("Restarting protocol %s", name);
		runtime_restart_proto(rt, r, message);
		*text = "restarted";
		return 12;
	default: return reload_proto(rt, r, action, text);
	}
}

static void
op_down(void *d)
{
	struct control_server *s = d;

	s->down(s->down_ctx);
}

static struct memory_record
op_memory(void *d)
{
	return views_memory(((struct control_server *)d)->views);
}

static bool
op_group(void *d, unsigned i, unsigned *shard, struct group_view *g)
{
	return views_group(((struct control_server *)d)->views, i, shard, g);
}

static struct filter *
op_filter(void *d, const char *text, size_t len, char *error, size_t size)
{
	origins_commit(rt_of(d));
	return control_lang_filter(rt_of(d)->model, text, len, error, size);
}

static unsigned
op_eval(void *d, const char *text, size_t len, char *buf, size_t size)
{
	origins_commit(rt_of(d));
	return control_lang_eval(rt_of(d)->model, text, len, buf, size);
}

static bool
op_flow(void *d, const char *text, size_t len, struct arena *arena, struct net *net,
    char *error, size_t size)
{
	return control_lang_flow(rt_of(d)->model, text, len, arena, net, error, size);
}

static bool
op_show_filter(
    void *d, const char *name, void (*line)(void *ctx, const char *text), void *ctx)
{
	return control_lang_show(rt_of(d)->model, name, line, ctx);
}

static bool
op_trial(void *d, const struct trial_request *q, struct arena *arena,
    struct filter_trial *out, char *error, size_t size)
{
	origins_commit(rt_of(d));
	return control_lang_trial(rt_of(d)->model, q, arena, out, error, size);
}

static void
mask_set(void *d, const char *name, enum peer_action what, unsigned mask)
{
	struct runtime *rt = rt_of(d);
	struct run *r = runtime_find(rt, name);

	if (!r || r->conf->kind != PROTO_BGP)
		return;
	r->masked = true;
	peer_post_action(rt->daemon->io[r->io], r->peer, what, mask, 0, NULL);
}

static void
op_debug(void *d, const char *name, unsigned mask)
{
	mask_set(d, name, PEER_DEBUG, mask);
}

static void
op_mrtdump(void *d, const char *name, unsigned mask)
{
	mask_set(d, name, PEER_MRTDUMP, mask);
}

static int
op_bfd_session(void *d, const char *proto, unsigned i, struct bfd_session_record *r)
{
	struct runtime *rt = rt_of(d);
	const struct run *run = runtime_find(rt, proto);

	return run && run->data ? bfds_record(rt, proto, i, r) : -1;
}

static bool
op_hop_up(void *d, const struct proto_conf *p, const struct static_route *r, unsigned hop)
{
	struct runtime *rt = rt_of(d);
	const struct run *run = runtime_find(rt, p->name);

	return run && run->data && statics_hop_up(rt, p, r, hop);
}

static void *
op_roas_open(void *d, const struct table_conf *t)
{
	return origins_walk_new(rt_of(d), t);
}

static bool
op_roas_next(void *d, void *walk, unsigned max, void (*fn)(void *ctx, const struct net *),
    void *ctx)
{
	(void)d;
	return origins_walk_next(walk, max, fn, ctx);
}

static void
op_roas_close(void *d, void *walk)
{
	(void)d;
	origins_walk_free(walk);
}

static void
op_roa_edit(void *d, const struct table_conf *t, const struct net *net, bool add)
{
	origins_edit_added(rt_of(d), t, net, add);
}

static const struct daemon_ops daemon_ops = {
	.model = op_model,
	.dynamic = op_dynamic,
	.status = op_status,
	.protocol = op_protocol,
	.mrt_dump = op_mrt_dump,
	.mrt_cancel = op_mrt_cancel,
	.routes_open = op_routes_open,
	.routes_next = op_routes_next,
	.routes_close = op_routes_close,
	.configure = op_configure,
	.configure_undo = op_undo,
	.configure_confirm = op_confirm,
	.configure_status = op_configure_status,
	.proto_do = op_proto_do,
	.down = op_down,
	.graceful_restart = op_down,
	.memory = op_memory,
	.group = op_group,
	.filter = op_filter,
	.eval = op_eval,
	.flow = op_flow,
	.show_filter = op_show_filter,
	.trial = op_trial,
	.debug = op_debug,
	.mrtdump = op_mrtdump,
	.hop_up = op_hop_up,
	.bfd_session = op_bfd_session,
	.roas_open = op_roas_open,
	.roas_next = op_roas_next,
	.roas_close = op_roas_close,
	.roa_edit = op_roa_edit,
};

/*
 * Clients.
 */
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
	c->control = control_new(&daemon_ops, s, dialect, restricted);
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
		((struct task *)m)->run(s->rt, (struct task *)m);
	while (s->first)
		client_free(s->first);
	views_free(s->views);
	mem_free(s);
}
