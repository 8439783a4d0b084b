/*
 * The connection to the daemon: lines out, reply lines in.
 */
#ifndef MYNAH_CLIENT_LINK_H
#define MYNAH_CLIENT_LINK_H

#include <stdbool.h>
#include <stddef.h>

struct link;

/* NULL: errno says why. */
struct link *link_open(const char *path);
void link_close(struct link *);
int link_fd(const struct link *);
bool link_send_bytes(struct link *, const char *, size_t); /* as they are */
bool link_send(struct link *, const char *line);
/* Reads what is there.  False at the end of the connection. */
bool link_read(struct link *);
/* The next whole line, without its end, or NULL; valid until the next call. */
char *link_line(struct link *);

struct reply_line {
	enum { LINE_CODE, LINE_SAME, LINE_ASYNC, LINE_ODD } kind;
	unsigned code; /* CODE */
	bool final;
	const char *text;
};

struct reply_line reply_parse(const char *line);

#endif
