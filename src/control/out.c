/*
 * The output of a session: whole lines in one growing buffer, from which the daemon
 * sends. Who fills it looks at out_waiting() first, so it stays near OUT_HIGH plus one
 * record.
 */
#include "control/out.h"

#include <stdio.h>
#include <string.h>
#include "base/mem.h"

void
out_free(struct out *o)
{
	mem_free(o->data);
	*o = (struct out){ 0 };
}

size_t
out_waiting(const struct out *o)
{
	return o->len - o->off;
}

void
out_sent(struct out *o, size_t n)
{
	o->off += n < out_waiting(o) ? n : out_waiting(o);
	if (o->off == o->len)
		o->off = o->len = 0;
	if (!o->len && o->size > 4 * OUT_HIGH) { /* after a big record */
		mem_free(o->data);
		o->data = NULL;
		o->size = 0;
	}
}

static char *
out_room(struct out *o, size_t n)
{
	if (o->off && o->len + n > o->size) { /* then there is a buffer */
		memmove(o->data, o->data + o->off, out_waiting(o));
		o->len -= o->off;
		o->off = 0;
	}
	if (o->len + n > o->size) {
		o->size = o->len + n + o->size;
		o->data = mem_realloc(o->data, o->size);
	}
	return o->data + o->len;
}

static void
out_put(struct out *o, const char *head, const char *text, size_t len)
{
	size_t head_len = strlen(head);
	char *to = out_room(o, head_len + len + 1);

	memcpy(to, head, head_len);
	memcpy(to + head_len, text, len);
	to[head_len + len] = '\n';
	o->len += head_len + len + 1;
}

static void
out_text(struct out *o, unsigned code, bool final, const char *text, size_t len)
{
	char head[8];

	if (final)
		snprintf(head, sizeof(head), "%04u ", code % 10000);
	else if (code == o->last_code)
		strcpy(head, " ");
	else
		snprintf(head, sizeof(head), "%04u-", code % 10000);
	out_put(o, head, text, len);
	o->last_code = final ? 0 : code;
}

static size_t
clean(char *text, int n, size_t size)
{
	size_t len = n < 0 ? 0 : (size_t)n;

	if (len >= size) {
		len = size - 1;
		memcpy(text + len - 3, "...", 3);
	}
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f)
			text[i] = ' ';
	return len;
}

void
out_vline(struct out *o, unsigned code, bool final, const char *fmt, va_list ap)
{
	char text[OUT_LINE_MAX + 1];
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	out_text(o, code, final, text, clean(text, n, sizeof(text)));
}

void
out_line(struct out *o, unsigned code, bool final, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out_vline(o, code, final, fmt, ap);
	va_end(ap);
}

void
out_raw(struct out *o, unsigned code, const char *lead, const char *text)
{
	char head[16];

	if (code == o->last_code)
		snprintf(head, sizeof(head), " %.8s", lead);
	else
		snprintf(head, sizeof(head), "%04u-%.8s", code % 10000, lead);
	out_put(o, head, text, strlen(text));
	o->last_code = code;
}

void
out_async(struct out *o, const char *line)
{
	char text[OUT_LINE_MAX + 1];
	int n = snprintf(text, sizeof(text), "%s", line);

	out_put(o, "+", text, clean(text, n, sizeof(text)));
}
