/*
 * Reply lines in BIRD's framing.
 *
 *	NNNN-text	continued, first line with this code
 *	 text		continued, same code as the line before
 *	NNNN text	final
 *	+text		between them: log echo and notices
 */
#ifndef MYNAH_CONTROL_OUT_H
#define MYNAH_CONTROL_OUT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define OUT_LINE_MAX 506     /* text of a line; longer ones are cut */
#define OUT_HIGH (32 * 1024) /* no more records are asked for while so much waits */

struct out {
	char *data;
	size_t off, len, size; /* bytes from off to len wait for the client */
	unsigned last_code;    /* of the line before in this reply; 0: none yet */
};

void out_free(struct out *);
size_t out_waiting(const struct out *);
void out_sent(struct out *, size_t n);

/* Control characters of the text become blanks: text from a peer cannot make a line. */
void out_line(struct out *, unsigned code, bool final, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void out_vline(struct out *, unsigned code, bool final, const char *fmt, va_list)
    __attribute__((format(printf, 4, 0)));
/* Of any length, taken as it is; for JSON.  lead and text make one continued line. */
void out_raw(struct out *, unsigned code, const char *lead, const char *text);
void out_async(struct out *, const char *line);

#endif
