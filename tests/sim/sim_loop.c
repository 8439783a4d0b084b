/*
 * daemon/loop.h and base/clock.h without libevent and without time of its own.
 */
#include "sim_loop.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include "base/clock.h"
#include "base/mem.h"
#include "daemon/loop.h"
#include "daemon/watchdog.h"

#define WATCHES 256

struct loop {
	int unused;
};

struct watch {
	int fd;
	unsigned events;
	void (*fn)(void *ctx, unsigned events);
	void *ctx;
};

struct timer {
	uint64_t at;
	void (*fn)(void *ctx);
	void *ctx;
	struct timer *next;
};

uint64_t sim_now_ms = 1000000;
static struct watch *watches[WATCHES];
static unsigned watch_count;
static struct timer *timers;

uint64_t
clock_mono_ms(void)
{
	return sim_now_ms;
}

uint64_t
clock_mono_ns(void)
{
	return sim_now_ms * 1000000;
}

uint64_t
clock_wall_ms(void)
{
	return sim_now_ms;
}

uint64_t
clock_wall_of(uint64_t mono_ms)
{
	return mono_ms;
}

size_t
clock_format(char *buf, size_t size, const char *fmt, uint64_t wall_ms)
{
	(void)fmt;
	return (size_t)snprintf(buf, size, "%lu", (unsigned long)wall_ms);
}

struct loop *
loop_new(void)
{
	return MEM_NEW(struct loop);
}

void
loop_free(struct loop *l)
{
	mem_free(l);
}

/* Nobody watches threads here: there is one, and its time is not the machine's. */
struct beat *
beat_new(const char *name)
{
	(void)name;
	return NULL;
}

void
beat_free(struct beat *b)
{
	(void)b;
}

void
beat_turn(struct beat *b)
{
	(void)b;
}

void
beat_rest(struct beat *b)
{
	(void)b;
}

void
watchdog_set(const struct watch_conf *c)
{
	(void)c;
}

uint64_t
latency_begin(unsigned what)
{
	(void)what;
	return 0;
}

void
latency_end(uint64_t began_ns, const char *what)
{
	(void)began_ns;
	(void)what;
}

void
loop_watched(struct loop *l, struct beat *b)
{
	(void)l;
	(void)b;
}

void
loop_run(struct loop *l, void (*idle)(void *ctx), void (*busy)(void *ctx), void *ctx)
{
	(void)l;
	(void)idle;
	(void)busy;
	(void)ctx;
}

void
loop_stop(struct loop *l)
{
	(void)l;
}

void
loop_signal(struct loop *l, int sig, void (*fn)(void *ctx), void *ctx)
{
	(void)l;
	(void)sig;
	(void)fn;
	(void)ctx;
}

struct watch *
watch_new(struct loop *l, int fd, void (*fn)(void *ctx, unsigned events), void *ctx)
{
	struct watch *w = MEM_NEW(struct watch);

	(void)l;
	assert(watch_count < WATCHES);
	w->fd = fd;
	w->fn = fn;
	w->ctx = ctx;
	watches[watch_count++] = w;
	return w;
}

void
watch_set(struct watch *w, unsigned events)
{
	w->events = events;
}

void
watch_free(struct watch *w)
{
	unsigned i = 0;

	if (!w)
		return;
	while (watches[i] != w)
		i++;
	watches[i] = watches[--watch_count];
	mem_free(w);
}

bool
sim_watch_turn(uint32_t n)
{
	struct pollfd fd[WATCHES];
	unsigned ready[WATCHES], ready_n = 0, i;

	for (i = 0; i < watch_count; i++) {
		unsigned e = watches[i]->events;

		fd[i] = (struct pollfd){ .fd = e ? watches[i]->fd : -1,
			.events = (short)((e & WATCH_READ ? POLLIN : 0) |
					  (e & WATCH_WRITE ? POLLOUT : 0)) };
	}
	poll(fd, watch_count, 0);
	for (i = 0; i < watch_count; i++)
		if (fd[i].revents)
			ready[ready_n++] = i;
	if (!ready_n)
		return false;
	i = ready[n % ready_n];
	watches[i]->fn(watches[i]->ctx,
	    (fd[i].revents & (POLLIN | POLLHUP | POLLERR) ? WATCH_READ : 0u) |
		(fd[i].revents & POLLOUT ? WATCH_WRITE : 0u));
	return true;
}

struct timer *
timer_new(struct loop *l, void (*fn)(void *ctx), void *ctx)
{
	struct timer *t = MEM_NEW(struct timer);

	(void)l;
	t->at = UINT64_MAX;
	t->fn = fn;
	t->ctx = ctx;
	t->next = timers;
	timers = t;
	return t;
}

void
timer_at(struct timer *t, uint64_t mono_ms)
{
	t->at = mono_ms;
}

void
timer_free(struct timer *t)
{
	struct timer **at = &timers;

	if (!t)
		return;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	mem_free(t);
}

static struct timer *
earliest(void)
{
	struct timer *best = timers;

	for (struct timer *t = timers; t; t = t->next)
		if (t->at < best->at)
			best = t;
	return best;
}

uint64_t
sim_timer_next(void)
{
	const struct timer *t = earliest();

	return t ? t->at : UINT64_MAX;
}

bool
sim_timer_turn(void)
{
	struct timer *t = earliest();

	if (!t || t->at > sim_now_ms)
		return false;
	t->at = UINT64_MAX;
	t->fn(t->ctx);
	return true;
}
