/*
 * Clocks and the printing of times.
 */
#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define CLOCK_STEP_MS 200

static uint64_t
read_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static uint64_t
read_ms(clockid_t id)
{
	return read_ns(id) / 1000000;
}

uint64_t
clock_mono_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

uint64_t
clock_mono_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

uint64_t
clock_wall_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

/* Wall clock less monotonic clock.  Between two looks the machine may do something else for
 * a while: then once more. */
static int64_t
wall_offset(void)
{
	uint64_t before, wall, after;
	unsigned tries = 20;

	do {
		before = clock_mono_ms();
		wall = clock_wall_ms();
		after = clock_mono_ms();
	} while (after - before > CLOCK_STEP_MS / 4 && --tries);
	return (int64_t)(wall - before);
}

/* A fresh difference at each call would make the same moment print as two.  It stays until
 * somebody sets the wall clock. */
uint64_t
clock_wall_of(uint64_t mono_ms)
{
	static _Atomic int64_t offset;
	int64_t now = wall_offset(), is = offset;

	if (now - is > CLOCK_STEP_MS || is - now > CLOCK_STEP_MS)
		offset = is = now;
	return mono_ms + (uint64_t)is;
}

/* Copies fmt with each %Nf (N digits, or none for 6) replaced by the fraction of a
 * second; all else is left to strftime. */
static void
fill_fraction(char *out, size_t size, const char *fmt, unsigned ms)
{
	size_t n = 0;

	while (*fmt && n + 12 < size) {
		if (fmt[0] == '%' && fmt[1] == '%') {
			out[n++] = *fmt++;
			out[n++] = *fmt++;
		} else if (fmt[0] == '%' && fmt[1] == 'f') {
			n += (size_t)snprintf(out + n, size - n, "%06u", ms * 1000);
			fmt += 2;
		} else if (fmt[0] == '%' && fmt[1] >= '1' && fmt[1] <= '6' &&
			   fmt[2] == 'f') {
			char digits[16];

			snprintf(digits, sizeof(digits), "%06u", ms * 1000 % 1000000u);
			memcpy(out + n, digits, (size_t)(fmt[1] - '0'));
			n += (size_t)(fmt[1] - '0');
			fmt += 3;
		} else {
			out[n++] = *fmt++;
		}
	}
	out[n] = '\0';
}

size_t
clock_format(char *buf, size_t size, const char *fmt, uint64_t wall_ms)
{
	time_t sec = (time_t)(wall_ms / 1000);
	char full[256];
	struct tm tm;
	size_t n;

	fill_fraction(full, sizeof(full), fmt, (unsigned)(wall_ms % 1000));
	localtime_r(&sec, &tm);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	n = strftime(buf, size, full, &tm);
#pragma GCC diagnostic pop
	if (n == 0 && size)
		buf[0] = '\0';
	return n;
}
