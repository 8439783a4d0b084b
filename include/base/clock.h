/*
 * Time in milliseconds.  Core code never asks the clock: it is given `now_ms`
 * (monotonic).
 */
#ifndef MYNAH_BASE_CLOCK_H
#define MYNAH_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

uint64_t clock_mono_ms(void);
uint64_t clock_mono_ns(void); /* the same clock, for short waits */
uint64_t clock_wall_ms(void); /* since the epoch */

/* Wall time of a monotonic moment, for display. */
uint64_t clock_wall_of(uint64_t mono_ms);

/* strftime plus %Nf (fraction, N = 3 or 6 digits); the local time zone. Returns the
 * length. */
size_t clock_format(char *buf, size_t size, const char *fmt, uint64_t wall_ms);

#endif
