/*
 * The daemon's loop and clocks for a simulation in one thread: time passes when it is told
 * to, and what is ready runs when it is asked for.
 */
#ifndef MYNAH_SIM_LOOP_H
#define MYNAH_SIM_LOOP_H

#include <stdbool.h>
#include <stdint.h>

extern uint64_t sim_now_ms;

/* Runs one of the watches that are ready, the n-th modulo their number.  False: none is. */
bool sim_watch_turn(uint32_t n);
/* Runs a timer that is due.  False: none is. */
bool sim_timer_turn(void);
uint64_t sim_timer_next(void); /* UINT64_MAX: none */

#endif
