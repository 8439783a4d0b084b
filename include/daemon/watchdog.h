/*
 * The watchdog: sees that every thread goes on turning its loop.
 *
 * Each thread says when a turn begins and when it waits; a thread of the watchdog's own looks,
 * so that it can say so while somebody is stuck: `watchdog warning`, and `watchdog timeout`,
 * which ends the process with SIGABRT for whoever starts it anew.  Time in which the process
 * did not run at all (it was stopped, the machine slept) is nobody's fault and not counted.
 *
 * `debug latency` is told by the threads themselves, afterwards.
 */
#ifndef MYNAH_DAEMON_WATCHDOG_H
#define MYNAH_DAEMON_WATCHDOG_H

#include <stdatomic.h>
#include <stdint.h>

struct beat;
struct watch_conf;

/* Main makes them, before the thread starts, and frees them when it has ended. */
struct beat *beat_new(const char *name); /* copied */
void beat_free(struct beat *);		 /* NULL is fine */
/* The thread's own: a turn begins; it is over, and nothing is to be done. */
void beat_turn(struct beat *);
void beat_rest(struct beat *);

/* As configured from now on; NULL: nothing is looked at.  Main. */
void watchdog_set(const struct watch_conf *);

/* Any thread.  What began with latency_begin (0: it is not asked for) has ended; the log says
 * so if it took longer than the limit. */
uint64_t latency_begin(unsigned what); /* enum latency_what */
void latency_end(uint64_t began_ns, const char *what);

#endif
