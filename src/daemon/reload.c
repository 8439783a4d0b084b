/*
 * Reconfiguration.
 *
 * text -> model (nothing has changed yet) -> plan -> posts to the threads -> barrier: a
 * task behind all of them in every mailbox -> "Reconfigured".  One further request waits
 * while one is on its way; a newer one takes its place.
 */
#include "daemon/reload.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/cost.h"
#include "daemon/ctlsock.h"
#include "daemon/descriptors.h"
#include "daemon/options.h"
#include "daemon/settle.h"
#include "daemon/shardthread.h"

enum { /* reply codes of the control socket */
	RE_READING = 2,
	RE_DONE = 3,
	RE_PROGRESS = 4,
	RE_QUEUED = 5,
	RE_SHUTTING = 6,
	RE_UNQUEUED = 17,
	RE_CONFIRMED = 18,
	RE_NOTHING = 19,
	RE_OK = 20,
	RE_UNDO = 21,
	RE_UNDO_AT = 22,
	RE_DROPS = 26, /* of `plan` alone: as 20, and sessions would end */
	RE_ERROR = 8002,
};

struct job {
	const struct model *model; /* one reference */
	enum configure_kind kind;
	bool keep_undo;
	uint32_t timeout_s;
};

/* Main has one reconfiguration at a time. */
static struct {
	bool running;
	unsigned acks; /* threads that have not passed the barrier */
	struct control *control;
	struct control *undo_control; /* who asked for `configure timeout` */
	enum configure_kind undo_kind;
	struct plan *plan; /* prepared, to be carried out behind the barrier; or NULL */
	struct job job;	   /* its */
	bool queued;
	struct job next;
} state;

bool
reload_in_progress(const struct runtime *rt)
{
	(void)rt;
	return state.running;
}

void
reload_forget(struct control *c)
{
	if (state.control == c)
		state.control = NULL;
	if (state.undo_control == c)
		state.undo_control = NULL;
}

static void apply(struct runtime *, struct job);
static void carry_out(struct runtime *, struct plan *, struct job);
static void barrier(struct runtime *);

/* The shutdown was quicker. */
static void
drop_prepared(void)
{
	if (!state.plan)
		return;
	plan_free(state.plan);
	model_unref(state.job.model);
	state.plan = NULL;
}

/*
 * The barrier.
 */
static void
finished(struct runtime *rt)
{
	struct control *c = state.control;

	if (!rt->shutting_down && state.plan) {
		struct plan *plan = state.plan;

		state.plan = NULL;
		carry_out(rt, plan, state.job);
		return;
	}
	if (!rt->shutting_down && runtime_apply_later(rt)) {
		barrier(rt);
		return;
	}
	settle_watch(rt);
	state.running = false;
	state.control = NULL;
	if (rt->shutting_down)
		return;
	log_info("Reconfigured");
	if (c)
		control_reply(c, RE_DONE, true, "Reconfigured");
	if (state.queued) {
		state.queued = false;
		apply(rt, state.next);
	}
}

static void
acked(void *owner, void *arg)
{
	(void)arg;
	if (--state.acks == 0)
		finished(owner);
}

/* Runs in an io thread or shard: back to main. */
static void
pass_back(void *owner, void *arg)
{
	struct daemon *d = arg;

	(void)owner;
	task_post(d->main, acked, NULL);
}

static void
barrier(struct runtime *rt)
{
	struct daemon *d = rt->daemon;

	state.acks = d->io_n + d->shard_n;
	for (unsigned i = 0; i < d->io_n; i++)
		task_post(io_mailbox(d->io[i]), pass_back, d);
	for (unsigned i = 0; i < d->shard_n; i++)
		shard_barrier(d->shard[i], pass_back, d);
}

/*
 * Applying.
 */
int
reload_log(const struct model *m, const struct options *o, char *error, size_t size)
{
	struct log_dest all[LOG_DESTS_MAX];
	unsigned n = 0, bad = 0;
	int err;

	while (n < m->log_n && n < LOG_DESTS_MAX - 1) {
		all[n] = m->log[n];
		n++;
	}
	if (o->debug_file)
		all[n++] = (struct log_dest){
			.kind = LOG_TO_FILE, .mask = LOG_MASK_ALL, .path = o->debug_file
		};
	err = log_setup(all, n, o->debug, o->program, &bad);
	if (!err)
		log_host(m->hostname);
	else
		snprintf(error, size, "Unable to open log file '%s': %s", all[bad].path,
		    strerror(-err));
	return err;
}

/* What stands outside of the protocols, at once: sockets and files of the log.  All or
 * nothing. */
static int
setup_outside(struct runtime *rt, const struct model *m, char *error, size_t size)
{
	char text[256];
	int err = ctlsocks_model(rt->sockets, m, error, size);

	if (err)
		return err;
	err = reload_log(m, rt->options, error, size);
	if (err && ctlsocks_model(rt->sockets, rt->model, text, sizeof(text)))
		log_error("%s", text);
	return err;
}

static struct plan *
job_plan(const struct runtime *rt, const struct model *m, enum configure_kind kind)
{
	struct plan *plan;

	if (!model_choose_router_id(m, rt->router_id))
		log_warn("Cannot determine router ID, using old one");
	plan = plan_make(rt->model, m);
	if (kind == CONFIGURE_SOFT)
		plan_soften(plan);
	if (kind == CONFIGURE_RESTART)
		plan_hasten(plan);
	return plan;
}

/* To the client, before the answer that tools wait for. */
static struct plan_record
tell_plan(struct runtime *rt, struct control *c, const struct plan *plan, bool whole)
{
	struct plan_record r = cost_of(rt, plan);

	control_plan(c, &r, whole);
	cost_free(&r);
	return r;
}

static void
tell_timeout(struct control *c, uint32_t timeout_s)
{
	if (!c || !timeout_s)
		return;
	control_reply(c, RE_UNDO_AT, false, "Undo scheduled in %u s", timeout_s);
	state.undo_control = c;
}

/* Sessions and routes stay where they are until the end. */
static void
say_later(const char *what, unsigned wanted, unsigned running)
{
	if (wanted != running)
		log_warn(
		    "%s %u: holds from the next start, %u now", what, wanted, running);
}

/* More sessions than may be open are no fault of the file: some stay down. */
static void
say_descriptors(const struct model *m)
{
	unsigned n = 0, most = descriptors_for_sessions();

	for (unsigned i = 0; i < m->proto_n; i++)
		n += m->proto[i]->kind == PROTO_BGP && !m->proto[i]->disabled;
	if (n > most)
		log_warn("%u BGP sessions, but file descriptors for no more than %u "
			 "(ulimit -n)", n, most);
}

/* Takes the plan over. */
static void
carry_out(struct runtime *rt, struct plan *plan, struct job job)
{
	runtime_apply(rt, plan);
	plan_free(plan);
	model_unref(job.model);
	barrier(rt);
}

static void
apply(struct runtime *rt, struct job job)
{
	struct plan *plan = job_plan(rt, job.model, job.kind);

	if (state.control)
		tell_plan(rt, state.control, plan, false);
	tell_timeout(state.control, job.timeout_s);
	log_info("Reconfiguring");
	say_later("threads", runtime_io_n(job.model), rt->daemon->io_n);
	say_later("shards", runtime_shard_n(job.model), rt->daemon->shard_n);
	say_descriptors(job.model);
	model_unref(rt->undo);
	rt->undo = NULL;
	if (!job.keep_undo) {
		rt->undo = rt->model;
		model_ref(rt->undo);
		state.undo_kind = job.kind;
	}
	state.running = true;
	rt->undo_at_ms = job.timeout_s ? clock_mono_ms() + (uint64_t)job.timeout_s * 1000
				       : 0;
	timer_at(rt->undo_timer, job.timeout_s ? rt->undo_at_ms : UINT64_MAX);
	if (!runtime_prepare(rt, plan)) {
		carry_out(rt, plan, job);
		return;
	}
	state.plan = plan;
	state.job = job;
	barrier(rt);
}

static void
submit(struct runtime *rt, struct control *c, struct job job)
{
	if (state.running) {
		if (state.queued)
			model_unref(state.next.model);
		state.queued = true;
		state.next = job;
		tell_timeout(c, job.timeout_s);
		if (c)
			control_reply(c, RE_QUEUED, true,
			    "Reconfiguration already in progress, queueing new config");
		return;
	}
	state.control = c;
	apply(rt, job);
}

static void
warn_messages(const struct load_result *r)
{
	char text[1024];

	for (unsigned i = 0; i < r->message_n; i++) {
		message_format(&r->message[i], text, sizeof(text));
		if (r->message[i].warning)
			log_warn("%s", text);
		else
			log_error("%s", text);
	}
}

static const char *
first_error(const struct load_result *r, char *buf, size_t size)
{
	for (unsigned i = 0; i < r->message_n; i++)
		if (!r->message[i].warning) {
			message_format(&r->message[i], buf, size);
			return buf;
		}
	return "unknown error";
}

static void
fail(struct runtime *rt, struct control *c, const char *text, bool tried)
{
	/* As in BIRD a failed reading, too, ends what could be undone; one for `check`
	 * does not. */
	if (!tried) {
		model_unref(rt->undo);
		rt->undo = NULL;
	}
	if (c)
		control_reply(c, RE_ERROR, true, "%s", text);
}

/* Text has no file: its includes start where those of the running file do. */
static struct load_result
load(const struct runtime *rt, const struct configure_request *q)
{
	const char *slash = strrchr(rt->file, '/');
	int folder = slash ? (int)(slash - rt->file) + 1 : 0;
	struct load_wish wish = rt->wish;
	char name[4096];

	wish.forget = true;
	if (!q->text)
		return model_load_as(q->file ? q->file : rt->file, wish);
	snprintf(name, sizeof(name), "%.*s(standard input)", folder, rt->file);
	return model_load_text_as(name, q->text, q->text_len, wish);
}

static void
check(struct runtime *rt, struct control *c, const struct model *m,
    enum configure_kind kind)
{
	struct plan *plan = job_plan(rt, m, kind);
	struct plan_record r = tell_plan(rt, c, plan, true);

	if (kind == CONFIGURE_PLAN && !plan->step_n && !plan->global_changed)
		control_reply(c, RE_READING, false, "Nothing changes");
	if (kind == CONFIGURE_PLAN && r.dropped)
		control_reply(c, RE_DROPS, true, "Configuration OK, %u session%s drop%s",
		    r.dropped, r.dropped == 1 ? "" : "s", r.dropped == 1 ? "s" : "");
	else
		control_reply(c, RE_OK, true, "Configuration OK");
	plan_free(plan);
}

void
reload_configure(struct runtime *rt, struct control *c, const struct configure_request *q)
{
	bool tries = q->kind == CONFIGURE_CHECK || q->kind == CONFIGURE_PLAN;
	struct load_result r;
	char text[1024];

	if (c)
		control_reply(c, RE_READING, false, "Reading configuration from %s",
		    q->text	? "standard input"
		    : q->file ? q->file
			      : rt->file);
	r = load(rt, q);
	if (!r.model) {
		warn_messages(&r);
		fail(rt, c, first_error(&r, text, sizeof(text)), tries);
	} else if (tries) {
		check(rt, c, r.model, q->kind);
		model_unref(r.model);
	} else if (rt->shutting_down) {
		model_unref(r.model);
		if (c)
			control_reply(c, RE_SHUTTING, true,
			    "Reconfiguration ignored, shutting down");
	} else if (!runtime_fits(rt, r.model, text, sizeof(text)) ||
		   setup_outside(rt, r.model, text, sizeof(text))) {
		model_unref(r.model);
		log_error("%s", text);
		fail(rt, c, text, false);
	} else {
		warn_messages(&r);
		submit(rt, c,
		    (struct job){ .model = r.model,
			.kind = q->kind,
			.timeout_s = q->timeout_s });
	}
	arena_free(r.arena);
}

static void
undo(struct runtime *rt, struct control *c)
{
	struct job job = { .model = rt->undo,
		.keep_undo = true,
		.kind = state.undo_kind };
	char text[256];

	rt->undo = NULL;
	if (setup_outside(rt, job.model, text, sizeof(text)))
		log_error("%s", text);
	submit(rt, c, job);
}

void
reload_undo(struct runtime *rt, struct control *c)
{
	control_reply(c, RE_UNDO, false, "Undo requested");
	if (state.queued) {
		state.queued = false;
		model_unref(state.next.model);
		control_reply(c, RE_UNQUEUED, true,
		    "Reconfiguration already in progress, removing queued config");
	} else if (!rt->undo) {
		control_reply(c, RE_NOTHING, true, "Nothing to do");
	} else {
		undo(rt, c);
	}
}

static void
undo_due(void *ctx)
{
	struct runtime *rt = ctx;

	log_info("Config timeout expired, starting undo");
	if (state.undo_control)
		control_async(
		    state.undo_control, "Config timeout expired, starting undo");
	state.undo_control = NULL;
	rt->undo_at_ms = 0;
	if (rt->undo)
		undo(rt, NULL);
}

void
reload_confirm(struct runtime *rt, struct control *c)
{
	if (!rt->undo_at_ms) {
		control_reply(c, RE_NOTHING, true, "Nothing to do");
		return;
	}
	rt->undo_at_ms = 0;
	timer_at(rt->undo_timer, UINT64_MAX);
	control_reply(c, RE_CONFIRMED, true, "Reconfiguration confirmed");
}

void
reload_status(struct runtime *rt, struct control *c)
{
	uint64_t now = clock_mono_ms(),
		 ms = rt->undo_at_ms > now ? rt->undo_at_ms - now : 0;

	if (rt->shutting_down)
		control_reply(c, RE_SHUTTING, false, "Shutdown in progress");
	else if (state.queued)
		control_reply(c, RE_QUEUED, false,
		    "Reconfiguration in progress, next one enqueued");
	else if (state.running)
		control_reply(c, RE_PROGRESS, false, "Reconfiguration in progress");
	else
		control_reply(c, RE_DONE, false, "Daemon is up and running");
	if (rt->undo_at_ms)
		control_reply(c, RE_UNDO_AT, false,
		    "Configuration unconfirmed, undo in %u.%03u s", (unsigned)(ms / 1000),
		    (unsigned)(ms % 1000));
	control_reply(c, 0, true, "%s", "");
}

/* Shutdown is a reload to an empty model. */
void
reload_shutdown(struct runtime *rt)
{
	struct plan *plan;

	if (rt->shutting_down)
		return;
	log_info("Shutting down");
	rt->shutting_down = true;
	if (state.queued)
		model_unref(state.next.model);
	state.queued = false;
	drop_prepared();
	timer_at(rt->undo_timer, UINT64_MAX);
	plan = plan_make(rt->model, NULL);
	runtime_apply(rt, plan);
	plan_free(plan);
	if (!rt->leaving)
		rt->on_left(rt);
}

int
reload_start(struct runtime *rt, const struct model *m)
{
	struct plan *plan;
	char text[256];

	rt->undo_timer = timer_new(rt->loop, undo_due, rt);
	model_choose_router_id(m, model_pick_router_id(m));
	rt->router_id = model_router_id(m);
	if (!rt->router_id) {
		log_fatal("Cannot determine router ID, please configure it manually");
		return 1;
	}
	if (!runtime_fits(rt, m, text, sizeof(text))) {
		log_fatal("%s", text);
		return 1;
	}
	say_descriptors(m);
	plan = plan_make(NULL, m);
	runtime_apply(rt, plan);
	plan_free(plan);
	model_unref(m);
	return 0;
}
