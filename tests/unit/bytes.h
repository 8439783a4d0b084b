/*
 * Bytes as hexadecimal text, so that rows of tests read like dumps of messages.
 */
#ifndef MYNAH_TESTS_UNIT_BYTES_H
#define MYNAH_TESTS_UNIT_BYTES_H

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Blanks are for the eye; returns how many bytes were written. */
static inline size_t
hex_read(const char *text, uint8_t *to)
{
	size_t n = 0;
	char pair[3] = "";

	for (; text && *text; text++) {
		if (isspace((unsigned char)*text))
			continue;
		pair[0] = *text++;
		pair[1] = *text;
		to[n++] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return n;
}

/* Without blanks; the buffer holds 2 * n + 1. */
static inline char *
hex_write(const uint8_t *p, size_t n, char *buf)
{
	buf[0] = 0;
	for (size_t i = 0; i < n; i++)
		snprintf(buf + 2 * i, 3, "%02x", p[i]);
	return buf;
}

/* The same text without blanks. */
static inline char *
hex_tidy(const char *text, char *buf)
{
	char *p = buf;

	for (; text && *text; text++)
		if (!isspace((unsigned char)*text))
			*p++ = *text;
	*p = 0;
	return buf;
}

#endif
