/*
 * Socket and lines.  A reply of any size passes through one buffer, which grows only for
 * a line that does not fit (JSON has long ones).
 */
#include "client/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/mem.h"

struct link {
	int fd;
	char *buf;
	size_t pos, len, size;
};

struct link *
link_open(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct link *l;
	int fd, err;

	if (strlen(path) >= sizeof(sa.sun_path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	strcpy(sa.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		err = errno;
		close(fd);
		errno = err;
		return NULL;
	}
	l = MEM_NEW(struct link);
	l->fd = fd;
	l->size = 64 * 1024;
	l->buf = mem_alloc(l->size);
	return l;
}

void
link_close(struct link *l)
{
	close(l->fd);
	mem_free(l->buf);
	mem_free(l);
}

int
link_fd(const struct link *l)
{
	return l->fd;
}

bool
link_send_bytes(struct link *l, const char *data, size_t len)
{
	size_t done = 0;
	ssize_t n = 0;

	while (done < len && n >= 0) {
		n = send(l->fd, data + done, len - done, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			n = 0;
		done += n > 0 ? (size_t)n : 0;
	}
	return n >= 0;
}

bool
link_send(struct link *l, const char *line)
{
	size_t len = strlen(line);
	char *copy = mem_alloc(len + 2);
	bool ok;

	memcpy(copy, line, len);
	copy[len] = '\n';
	ok = link_send_bytes(l, copy, len + 1);
	mem_free(copy);
	return ok;
}

bool
link_read(struct link *l)
{
	ssize_t n;

	if (l->pos) {
		memmove(l->buf, l->buf + l->pos, l->len - l->pos);
		l->len -= l->pos;
		l->pos = 0;
	}
	if (l->len == l->size) {
		l->size *= 2;
		l->buf = mem_realloc(l->buf, l->size);
	}
	do
		n = read(l->fd, l->buf + l->len, l->size - l->len);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	l->len += (size_t)n;
	return true;
}

char *
link_line(struct link *l)
{
	char *line = l->buf + l->pos, *end;

	if (l->pos == l->len || !(end = memchr(line, '\n', l->len - l->pos)))
		return NULL;
	*end = 0;
	l->pos = (size_t)(end - l->buf) + 1;
	return line;
}

struct reply_line
reply_parse(const char *line)
{
	struct reply_line r = { .kind = LINE_ODD, .text = line };
	char *end;
	unsigned long code;

	if (line[0] == '+' || line[0] == ' ') {
		r.kind = line[0] == '+' ? LINE_ASYNC : LINE_SAME;
		r.text = line + 1;
		return r;
	}
	if (strspn(line, "0123456789") != 4 || (line[4] != ' ' && line[4] != '-'))
		return r;
	code = strtoul(line, &end, 10);
	r.kind = LINE_CODE;
	r.code = (unsigned)code;
	r.final = *end == ' ';
	r.text = end + 1;
	return r;
}
