/*
 * Event loop: descriptors and deadlines on one thread.  Hides libevent.
 *
 * Everything here belongs to the thread that runs the loop, but for loop_new before it
 * starts.
 */
#ifndef MYNAH_DAEMON_LOOP_H
#define MYNAH_DAEMON_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct beat;
struct loop;
struct watch;
struct timer;

struct loop *loop_new(void); /* NULL and errno: no descriptor for it */
void loop_free(struct loop *); /* watches and timers are freed before */

/* Its turns are the thread's beats (watchdog.h).  Before it runs; stays the caller's. */
void loop_watched(struct loop *, struct beat *);

/* Runs until loop_stop.  idle is called each time nothing is left to do, before waiting;
 * busy, when there is something again.  Either may be NULL. */
void loop_run(struct loop *, void (*idle)(void *ctx), void (*busy)(void *ctx), void *ctx);
void loop_stop(struct loop *);

enum { WATCH_READ = 1, WATCH_WRITE = 2 };

/* The descriptor stays the caller's and is closed after watch_free. */
struct watch *watch_new(
    struct loop *, int fd, void (*fn)(void *ctx, unsigned events), void *ctx);
void watch_set(
    struct watch *, unsigned events); /* WATCH_*, 0: none; cheap when unchanged */
void watch_free(struct watch *);      /* NULL is fine; may be called from the callback */

struct timer *timer_new(struct loop *, void (*fn)(void *ctx), void *ctx);
void timer_at(struct timer *, uint64_t mono_ms); /* UINT64_MAX: off */
void timer_free(struct timer *);		 /* NULL is fine */

/* A UNIX signal as an event of this loop; lives as long as the loop.  However often it comes
 * before fn is called, it is called once. */
void loop_signal(struct loop *, int sig, void (*fn)(void *ctx), void *ctx);

#endif
