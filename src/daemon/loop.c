/*
 * Event loop on libevent.
 *
 * To know when it is idle the loop polls without waiting after each round of work and
 * waits only when such a poll found nothing.
 */
#include "daemon/loop.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/model.h"
#include "daemon/watchdog.h"

#define SIGNALS_MAX 8

struct loop {
	struct event_base *base;
	struct event *signal[SIGNALS_MAX];
	struct timer *signal_timer[SIGNALS_MAX];
	unsigned signal_n;
	uint64_t work; /* callbacks run */
	struct beat *beat; /* or NULL */
	bool turning;
	bool stop;
};

struct watch {
	struct loop *loop;
	struct event *ev;
	int fd;
	unsigned events;
	void (*fn)(void *ctx, unsigned events);
	void *ctx;
};

struct timer {
	struct loop *loop;
	struct event *ev;
	uint64_t at;
	void (*fn)(void *ctx);
	void *ctx;
};

static void
library_says(int severity, const char *text)
{
	if (severity >= EVENT_LOG_WARN)
		log_error("%s", text);
}

struct loop *
loop_new(void)
{
	struct event_config *cfg;
	struct loop *l = MEM_NEW(struct loop);

	event_set_mem_functions(mem_alloc, mem_realloc, mem_free);
	event_set_log_callback(library_says);
	cfg = event_config_new();
	event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
	event_config_set_flag(cfg, EVENT_BASE_FLAG_IGNORE_ENV);
	l->base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	if (l->base)
		return l;
	mem_free(l);
	return NULL;
}

void
loop_free(struct loop *l)
{
	if (!l)
		return;
	for (unsigned i = 0; i < l->signal_n; i++) {
		event_free(l->signal[i]);
		timer_free(l->signal_timer[i]);
	}
	event_base_free(l->base);
	mem_free(l);
}

void
loop_watched(struct loop *l, struct beat *b)
{
	l->beat = b;
}

static void
turn_begins(struct loop *l)
{
	if (!l->beat || l->turning)
		return;
	l->turning = true;
	beat_turn(l->beat);
}

/* A callback is about to run. */
static void
work_begins(struct loop *l)
{
	l->work++;
	turn_begins(l);
}

static void
turn_ends(struct loop *l)
{
	if (l->turning)
		beat_rest(l->beat);
	l->turning = false;
}

/* One turn: all that is ready. */
static void
turn(struct loop *l, int flags)
{
	event_base_loop(l->base, flags);
	turn_ends(l);
}

static void
poll_until_idle(struct loop *l)
{
	uint64_t before;

	do {
		before = l->work;
		turn(l, EVLOOP_NONBLOCK);
	} while (!l->stop && l->work != before);
}

void
loop_run(struct loop *l, void (*idle)(void *ctx), void (*busy)(void *ctx), void *ctx)
{
	while (!l->stop) {
		poll_until_idle(l);
		if (l->stop)
			break;
		if (idle) {
			uint64_t began = latency_begin(LATENCY_EVENTS);

			turn_begins(l);
			idle(ctx);
			turn_ends(l);
			latency_end(began, "what came by mail");
		}
		if (l->stop)
			break;
		turn(l, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
		if (busy)
			busy(ctx);
	}
}

void
loop_stop(struct loop *l)
{
	l->stop = true;
	event_base_loopbreak(l->base);
}

static void
watch_fired(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;
	unsigned events = (what & EV_READ ? WATCH_READ : 0u) |
			  (what & EV_WRITE ? WATCH_WRITE : 0u);

	uint64_t began = latency_begin(LATENCY_SOCKETS);

	(void)fd;
	work_begins(w->loop);
	w->fn(w->ctx, events);
	latency_end(began, "a socket's event");
}

struct watch *
watch_new(struct loop *l, int fd, void (*fn)(void *ctx, unsigned events), void *ctx)
{
	struct watch *w = MEM_NEW(struct watch);

	*w = (struct watch){ .loop = l, .fd = fd, .fn = fn, .ctx = ctx };
	w->ev = event_new(l->base, fd, EV_PERSIST, watch_fired, w);
	return w;
}

void
watch_set(struct watch *w, unsigned events)
{
	short what = EV_PERSIST;

	if (events == w->events)
		return;
	if (w->events)
		event_del(w->ev);
	w->events = events;
	if (!events)
		return;
	if (events & WATCH_READ)
		what |= EV_READ;
	if (events & WATCH_WRITE)
		what |= EV_WRITE;
	event_assign(w->ev, w->loop->base, w->fd, what, watch_fired, w);
	event_add(w->ev, NULL);
}

void
watch_free(struct watch *w)
{
	if (!w)
		return;
	event_free(w->ev);
	mem_free(w);
}

static void
timer_fired(evutil_socket_t fd, short what, void *arg)
{
	struct timer *t = arg;
	uint64_t began = latency_begin(LATENCY_TIMERS);

	(void)fd;
	(void)what;
	t->at = UINT64_MAX;
	work_begins(t->loop);
	t->fn(t->ctx);
	latency_end(began, "a timer");
}

struct timer *
timer_new(struct loop *l, void (*fn)(void *ctx), void *ctx)
{
	struct timer *t = MEM_NEW(struct timer);

	*t = (struct timer){ .loop = l, .at = UINT64_MAX, .fn = fn, .ctx = ctx };
	t->ev = evtimer_new(l->base, timer_fired, t);
	return t;
}

void
timer_at(struct timer *t, uint64_t mono_ms)
{
	uint64_t now, wait;
	struct timeval tv;

	if (mono_ms == t->at)
		return;
	t->at = mono_ms;
	if (mono_ms == UINT64_MAX) {
		event_del(t->ev);
		return;
	}
	now = clock_mono_ms();
	wait = mono_ms > now ? mono_ms - now : 0;
	tv = (struct timeval){ (time_t)(wait / 1000), (suseconds_t)(wait % 1000 * 1000) };
	event_add(t->ev, &tv);
}

void
timer_free(struct timer *t)
{
	if (!t)
		return;
	event_free(t->ev);
	mem_free(t);
}

/* The library counts signals and would call as often. */
static void
signal_fired(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	timer_at(arg, clock_mono_ms());
}

void
loop_signal(struct loop *l, int sig, void (*fn)(void *ctx), void *ctx)
{
	struct timer *t = timer_new(l, fn, ctx);

	assert(l->signal_n < SIGNALS_MAX);
	l->signal_timer[l->signal_n] = t;
	l->signal[l->signal_n] = evsignal_new(l->base, sig, signal_fired, t);
	event_add(l->signal[l->signal_n++], NULL);
}
