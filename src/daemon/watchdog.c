/*
 * The watchdog.
 *
 * It writes to the log only when nobody else is at it: who is stuck may be stuck there.
 */
#include "daemon/watchdog.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/model.h"

#define NS_MS	   UINT64_C(1000000)
#define TICK_MIN_MS 10
#define TICK_MAX_MS 1000
#define LAST_WORDS_S 1

struct beat {
	struct beat *next;
	char name[16];
	_Atomic uint64_t since_ms; /* the turn began; 0: it waits */
	/* the watchdog's */
	uint64_t seen_ms, stuck_ms; /* that turn, and for how long it has lasted */
	bool told;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t change;
	struct beat *first;
	uint64_t warning_ms, timeout_ms;
	bool runs, stop;
	pthread_t thread;
	_Atomic unsigned latency;
	_Atomic uint64_t limit_ns;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

/*
 * Threads.
 */
struct beat *
beat_new(const char *name)
{
	struct beat *b = MEM_NEW(struct beat);

	snprintf(b->name, sizeof(b->name), "%s", name);
	pthread_mutex_lock(&state.lock);
	b->next = state.first;
	state.first = b;
	pthread_mutex_unlock(&state.lock);
	return b;
}

void
beat_free(struct beat *b)
{
	struct beat **at = &state.first;

	if (!b)
		return;
	pthread_mutex_lock(&state.lock);
	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
	pthread_mutex_unlock(&state.lock);
	mem_free(b);
}

void
beat_turn(struct beat *b)
{
	atomic_store_explicit(&b->since_ms, clock_mono_ms(), memory_order_relaxed);
}

void
beat_rest(struct beat *b)
{
	atomic_store_explicit(&b->since_ms, 0, memory_order_relaxed);
}

/*
 * Looking.
 */
static void
out_of_patience(int sig)
{
	(void)sig;
	abort();
}

/* Who reads our log or stderr may not read any more, and that may be why: these lines are
 * waited for, but not without end. */
static void
give_up(const struct beat *b)
{
	signal(SIGALRM, out_of_patience);
	alarm(LAST_WORDS_S);
	log_try(LOG_C_FATAL, "Watchdog: thread %s is stuck for %u s, aborting", b->name,
	    (unsigned)(b->stuck_ms / 1000));
	fprintf(stderr, "Watchdog: thread %s is stuck, aborting\n", b->name);
	abort();
}

/* passed_ms: since the last look. */
static void
beat_look(struct beat *b, uint64_t passed_ms)
{
	uint64_t since = atomic_load_explicit(&b->since_ms, memory_order_relaxed);

	if (since && since == b->seen_ms) {
		b->stuck_ms += passed_ms;
	} else {
		if (b->told)
			log_try(LOG_C_WARNING, "Thread %s goes on after %u.%03u s",
			    b->name, (unsigned)(b->stuck_ms / 1000),
			    (unsigned)(b->stuck_ms % 1000));
		b->seen_ms = since;
		b->stuck_ms = 0;
		b->told = false;
	}
	if (state.timeout_ms && b->stuck_ms >= state.timeout_ms)
		give_up(b);
	if (state.warning_ms && b->stuck_ms >= state.warning_ms && !b->told)
		b->told = log_try(LOG_C_WARNING,
		    "Thread %s has been at one thing for %u.%03u s", b->name,
		    (unsigned)(b->stuck_ms / 1000), (unsigned)(b->stuck_ms % 1000));
}

static uint64_t
tick(void)
{
	uint64_t least = state.warning_ms;

	if (!least || (state.timeout_ms && state.timeout_ms < least))
		least = state.timeout_ms;
	least /= 5;
	return least < TICK_MIN_MS   ? TICK_MIN_MS
	       : least > TICK_MAX_MS ? TICK_MAX_MS
				     : least;
}

/* With the lock, which it gives up meanwhile. */
static void
sleep_ms(uint64_t ms)
{
	uint64_t until = clock_mono_ns() + ms * NS_MS;
	struct timespec ts = { (time_t)(until / (1000 * NS_MS)),
		(long)(until % (1000 * NS_MS)) };

	pthread_cond_timedwait(&state.change, &state.lock, &ts);
}

static void *
watchdog_main(void *arg)
{
	uint64_t last = clock_mono_ms();

	(void)arg;
	pthread_mutex_lock(&state.lock);
	while (!state.stop) {
		uint64_t wait = tick(), now, passed;

		sleep_ms(wait);
		now = clock_mono_ms();
		passed = now - last < 2 * wait ? now - last : 2 * wait;
		last = now;
		for (struct beat *b = state.first; b && !state.stop; b = b->next)
			beat_look(b, passed);
	}
	pthread_mutex_unlock(&state.lock);
	return NULL;
}

static void
thread_start(void)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&state.change, &attr);
	pthread_condattr_destroy(&attr);
	state.stop = false;
	state.runs = pthread_create(&state.thread, NULL, watchdog_main, NULL) == 0;
	if (state.runs)
		pthread_setname_np(state.thread, "watchdog");
	else
		log_error("Cannot start the watchdog");
}

static void
thread_stop(void)
{
	pthread_mutex_lock(&state.lock);
	state.stop = true;
	pthread_cond_signal(&state.change);
	pthread_mutex_unlock(&state.lock);
	pthread_join(state.thread, NULL);
	pthread_cond_destroy(&state.change);
	state.runs = false;
}

/* What is less than a millisecond is one. */
static uint64_t
to_ms(uint64_t us)
{
	return (us + 999) / 1000;
}

void
watchdog_set(const struct watch_conf *c)
{
	static const struct watch_conf none;
	bool wanted;

	c = c ? c : &none;
	atomic_store(&state.latency, c->latency);
	atomic_store(&state.limit_ns, c->latency_limit_us * 1000);
	pthread_mutex_lock(&state.lock);
	state.warning_ms = to_ms(c->warning_us);
	state.timeout_ms = to_ms(c->timeout_us);
	wanted = state.warning_ms || state.timeout_ms;
	if (state.runs)
		pthread_cond_signal(&state.change);
	pthread_mutex_unlock(&state.lock);
	if (wanted && !state.runs)
		thread_start();
	else if (!wanted && state.runs)
		thread_stop();
}

/*
 * Latency.
 */
uint64_t
latency_begin(unsigned what)
{
	unsigned asked = atomic_load_explicit(&state.latency, memory_order_relaxed);

	return asked & what ? clock_mono_ns() : 0;
}

void
latency_end(uint64_t began_ns, const char *what)
{
	uint64_t limit = atomic_load_explicit(&state.limit_ns, memory_order_relaxed),
		 took;
	char name[16] = "";

	if (!began_ns || (took = clock_mono_ns() - began_ns) <= limit)
		return;
	pthread_getname_np(pthread_self(), name, sizeof(name));
	log_warn("Thread %s: %s took %u.%03u ms", name, what, (unsigned)(took / NS_MS),
	    (unsigned)(took / 1000 % 1000));
}
