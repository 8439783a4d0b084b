/*
 * mynahd: start, signals, end.
 *
 * Order of the start: options, configuration (errors end here), log, control socket, pid
 * file, into the background, rights dropped, threads, the first plan.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/longnet.h"
#include "base/mem.h"
#include "daemon/bfds.h"
#include "daemon/ctlsock.h"
#include "daemon/descriptors.h"
#include "daemon/ifaces.h"
#include "daemon/flows.h"
#include "daemon/igp.h"
#include "daemon/links.h"
#include "daemon/options.h"
#include "daemon/origins.h"
#include "daemon/privilege.h"
#include "daemon/recover.h"
#include "daemon/settle.h"
#include "daemon/reload.h"
#include "daemon/serve.h"
#include "daemon/shardthread.h"
#include "daemon/socket.h"
#include "daemon/watchdog.h"

#define MAIL_BURST (4u << 20) /* so much mail leaves memory behind that is worth a look */
#define MAIL_MS	    10	  /* then others have a turn */
#define SHUTDOWN_MS 10000 /* then it ends without waiting for the last peers */

struct server {
	struct options opt;
	struct runtime *rt;
	struct watch *mail_watch;
	struct timer *shutdown_timer;
	struct control_server *control;
	struct beat *beat;
};

/*
 * Configuration.
 */
static void
print_message(const struct options *o, const struct message *m)
{
	char text[2048];

	message_format(m, text, sizeof(text));
	fprintf(stderr, "%s: %s\n", o->program, text);
	if (!m->source || m->warning || !(isatty(STDERR_FILENO) || o->parse_only))
		return;
	if (m->col <= strlen(m->source) + 1) {
		fprintf(stderr, "    %s\n    ", m->source);
		for (unsigned i = 1; i < m->col; i++)
			fputc(m->source[i - 1] == '\t' ? '\t' : ' ', stderr);
		fprintf(stderr, "^\n");
	}
	if (m->chain)
		fprintf(stderr, "    included by %s\n", m->chain);
}

static const struct model *
load(const struct options *o)
{
	struct load_wish wish = o->wish;
	struct load_result r;
	const struct model *m;

	if (access(o->config, R_OK) < 0) {
		fprintf(stderr, "%s: Unable to open configuration file %s: %s\n",
		    o->program, o->config, strerror(errno));
		return NULL;
	}
	wish.forget = !o->dump;
	wish.only = o->parse_only && !o->dump;
	r = model_load_as(o->config, wish);
	for (unsigned i = 0; i < r.message_n; i++)
		print_message(o, &r.message[i]);
	m = r.model;
	arena_free(r.arena);
	return m;
}

static int
log_start(const struct options *o, const struct model *m)
{
	char text[512];
	int err = reload_log(m, o, text, sizeof(text));

	if (err)
		fprintf(stderr, "%s: %s\n", o->program, text);
	return err;
}

/*
 * Into the background.
 */
static int
pid_file_open(const struct options *o)
{
	int fd = -1;

	if (o->pid_file) {
		fd = open(o->pid_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0)
			fprintf(stderr, "%s: Cannot create pid file %s: %s\n", o->program,
			    o->pid_file, strerror(errno));
	}
	return fd;
}

static void
pid_file_write(int fd)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (fd < 0)
		return;
	if (ftruncate(fd, 0) < 0 || write(fd, text, (size_t)n) != n)
		log_error("Cannot write pid file: %s", strerror(errno));
	close(fd);
}

/* Where a standard stream is closed the next file or socket would have its number, and
 * lose it when we go into the background. */
static void
streams_open(void)
{
	int fd = open("/dev/null", O_RDWR);

	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = dup(fd);
	if (fd > STDERR_FILENO)
		close(fd);
}

static int
background(void)
{
	pid_t pid = fork();
	int null;

	if (pid < 0)
		return -errno;
	if (pid)
		_exit(0);
	setsid();
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int i = 0; null >= 0 && i < 3; i++)
		dup2(null, i);
	return 0;
}

/*
 * Threads.
 */
static int
threads_new(struct daemon *d)
{
	for (unsigned i = 0; i < d->io_n; i++)
		if (!(d->io[i] = io_new(d, i)))
			return -errno;
	for (unsigned i = 0; i < d->shard_n; i++)
		if (!(d->shard[i] = shard_thread_new(d, i)))
			return -errno;
	return 0;
}

static int
threads_start(struct runtime *rt, const struct model *m)
{
	struct daemon *d = rt->daemon;
	int err;

	d->io_n = runtime_io_n(m);
	d->shard_n = runtime_shard_n(m);
	err = threads_new(d);
	for (unsigned i = 0; i < d->shard_n && !err; i++)
		err = shard_thread_start(d->shard[i]);
	for (unsigned i = 0; i < d->io_n && !err; i++)
		err = io_start(d->io[i]);
	if (err)
		log_fatal("Cannot start %u threads: %s", d->io_n + d->shard_n,
		    strerror(-err));
	return err;
}

static void
threads_stop(struct runtime *rt)
{
	struct daemon *d = rt->daemon;
	struct mail *m;

	for (unsigned i = 0; i < d->io_n; i++)
		if (d->io[i])
			io_stop(d->io[i]);
	for (unsigned i = 0; i < d->shard_n; i++)
		if (d->shard[i])
			shard_thread_stop(d->shard[i]);
	while ((m = mailbox_take(d->main)))
		serve_mail(rt, m);
}

/* Who asks at the control socket has a turn, too, however much mail there is. */
static void
main_mail(void *ctx, unsigned events)
{
	struct runtime *rt = ctx;
	uint64_t until = clock_mono_ms() + MAIL_MS;
	struct mail *m;

	(void)events;
	mailbox_woken(rt->daemon->main);
	do {
		while ((m = mailbox_take(rt->daemon->main))) {
			rt->mail_taken += m->weight;
			serve_mail(rt, m);
			if (clock_mono_ms() < until)
				continue;
			mailbox_later(rt->daemon->main);
			return;
		}
	} while (!mailbox_sleep(rt->daemon->main));
	if (rt->mail_taken > MAIL_BURST)
		mem_trim();
	rt->mail_taken = 0;
}

/*
 * Signals and the end.
 */
/* Until there is somebody to hear them; what came meanwhile is heard then. */
static void
signals_wait(bool wait)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigprocmask(wait ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void
on_hup(void *ctx)
{
	struct server *s = ctx;

	log_info("Reconfiguration requested by SIGHUP");
	reload_configure(
	    s->rt, NULL, &(struct configure_request){ .kind = CONFIGURE });
}

static void
on_usr1(void *ctx)
{
	struct server *s = ctx;

	log_info(
	    "%u protocols, %u channels and peers leaving", s->rt->run_n, s->rt->leaving);
}

static void
on_left(struct runtime *rt)
{
	if (rt->shutting_down)
		loop_stop(rt->loop);
}

static void
on_shutdown_timer(void *ctx)
{
	struct server *s = ctx;

	log_warn(
	    "Shutdown: not waiting any longer for %u peers and channels", s->rt->leaving);
	loop_stop(s->rt->loop);
}

static void
shut_down(void *ctx)
{
	struct server *s = ctx;

	if (s->rt->shutting_down) /* asking again does not make it later */
		return;
	timer_at(s->shutdown_timer, clock_mono_ms() + SHUTDOWN_MS);
	reload_shutdown(s->rt);
}

/* Checked before: descriptors_suffice. */
static struct runtime *
runtime_new(const struct options *o)
{
	struct runtime *rt = MEM_NEW(struct runtime);

	rt->daemon = MEM_NEW(struct daemon);
	rt->daemon->start_ms = clock_mono_ms();
	rt->daemon->store = store_new();
	rt->daemon->main = mailbox_new(SIZE_MAX);
	rt->loop = loop_new();
	rt->origins = origin_keeper_new(rt);
	rt->file = o->config;
	rt->options = o;
	rt->wish = o->wish;
	rt->on_left = on_left;
	return rt;
}

static void
finish(struct server *s)
{
	struct runtime *rt = s->rt;
	struct daemon *d = rt->daemon;

	watchdog_set(NULL);
	ctlsocks_free(rt->sockets);
	rt->sockets = NULL;
	control_server_free(s->control);
	bfds_free(rt);
	threads_stop(rt);
	timer_free(s->shutdown_timer);
	timer_free(rt->undo_timer);
	timer_free(rt->limited_timer);
	timer_free(rt->listen_timer);
	recover_free(rt);
	settle_free(rt);
	origin_keeper_free(rt->origins);
	flows_free_all(rt);
	igp_free_all(rt);
	ifaces_free(rt->ifaces);
	watch_free(s->mail_watch);
	loop_free(rt->loop);
	beat_free(s->beat);
	mailbox_free(d->main);
	runtime_free(rt);
	store_free(d->store);
	links_unref(d->links);
	assert(!longnet_stats().nets);
	mem_free(d);
	if (s->opt.pid_file)
		unlink(s->opt.pid_file);
	log_write(LOG_C_FATAL, "Shutdown completed");
}

static int
serve(struct server *s, const struct model *m, struct ctlsocks *sockets)
{
	struct runtime *rt = s->rt = runtime_new(&s->opt);
	int status;

	rt->sockets = sockets;
	if (s->opt.recover)
		recover_begin(rt, m->graceful_wait_s);
	s->beat = beat_new("main");
	loop_watched(rt->loop, s->beat);
	s->mail_watch = watch_new(rt->loop, mailbox_fd(rt->daemon->main), main_mail, rt);
	watch_set(s->mail_watch, WATCH_READ);
	mailbox_sleep(rt->daemon->main);
	s->shutdown_timer = timer_new(rt->loop, on_shutdown_timer, s);
	s->control = control_server_new(rt);
	control_server_on_down(s->control, shut_down, s);
	if (threads_start(rt, m)) {
		model_unref(m);
		finish(s);
		return 1;
	}
	loop_signal(rt->loop, SIGHUP, on_hup, s);
	loop_signal(rt->loop, SIGTERM, shut_down, s);
	loop_signal(rt->loop, SIGINT, shut_down, s);
	loop_signal(rt->loop, SIGUSR1, on_usr1, s);
	runtime_links_open(rt);
	status = reload_start(rt, m);
	if (!status) {
		if (rt->recovery)
			recover_watch(rt);
		log_info("Started");
		signals_wait(false);
		loop_run(rt->loop, NULL, NULL, NULL);
	} else {
		model_unref(m);
	}
	finish(s);
	return status;
}

static struct ctlsocks *
open_sockets(const struct options *o, const struct model *m, const struct privilege *p)
{
	struct ctlsocks *c = ctlsocks_new();
	int err = ctlsocks_own(c, o->socket);
	char error[512] = "";

	if (err == -EADDRINUSE)
		fprintf(stderr, "%s: I found another BIRD running.\n", o->program);
	else if (err)
		fprintf(stderr, "%s: Cannot create control socket %s: %s\n", o->program,
		    o->socket, strerror(-err));
	else if ((err = ctlsocks_model(c, m, error, sizeof(error))))
		fprintf(stderr, "%s: %s\n", o->program, error);
	if (err) {
		ctlsocks_free(c);
		return NULL;
	}
	if (p->set_user || p->set_group)
		ctlsocks_chown(c, p->uid, p->gid, o->program);
	return c;
}

/* Of a start that failed.  pid_fd: -1: the file is not ours. */
static void
leave_nothing(const struct options *o, struct ctlsocks *sockets, int pid_fd)
{
	ctlsocks_free(sockets);
	if (pid_fd >= 0)
		unlink(o->pid_file);
}

static bool
descriptors_are_enough(const struct options *o, const struct model *m)
{
	unsigned need, io_n = runtime_io_n(m), shard_n = runtime_shard_n(m);

	if (descriptors_suffice(io_n, shard_n, &need))
		return true;
	fprintf(stderr,
	    "%s: Cannot start: %u threads need %u file descriptors (ulimit -n)\n",
	    o->program, io_n + shard_n, need);
	return false;
}

/* All that can fail and be said where it was started; then into the background.  The
 * control sockets, or NULL and nothing is left. */
static struct ctlsocks *
prepare(const struct options *o, const struct model *m, const struct privilege *p)
{
	struct ctlsocks *sockets;
	int pid_fd, err;

	if (!descriptors_are_enough(o, m) || !(sockets = open_sockets(o, m, p)))
		return NULL;
	pid_fd = pid_file_open(o);
	if ((o->pid_file && pid_fd < 0) || log_start(o, m)) {
		leave_nothing(o, sockets, pid_fd);
		return NULL;
	}
	err = o->foreground ? 0 : background();
	if (!err) {
		pid_file_write(pid_fd);
		err = privilege_drop(p);
	}
	if (!err)
		return sockets;
	log_fatal("Cannot start: %s", strerror(-err));
	leave_nothing(o, sockets, pid_fd);
	return NULL;
}

int
main(int argc, char **argv)
{
	static struct server server;
	struct options *o = &server.opt;
	struct privilege p;
	const struct model *m;
	int status = options_parse(o, argc, argv);
	struct ctlsocks *sockets;

	if (status >= 0)
		return status;
	streams_open();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* write says it, too */
	signals_wait(true);
	descriptors_raise();
	mem_tune();
	if (privilege_find(o->user, o->group, &p, o->program) < 0)
		return 1;
	m = load(o);
	if (!m)
		return 1;
	if (o->parse_only) {
		if (o->dump)
			model_dump(m, stdout);
		model_unref(m);
		return 0;
	}
	sockets = prepare(o, m, &p);
	if (!sockets) {
		model_unref(m);
		return 1;
	}
	return serve(&server, m, sockets);
}
