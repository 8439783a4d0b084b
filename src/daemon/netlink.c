/*
 * Netlink sockets: dumps, notifications, and batches of changes whose answers are read.
 */
#include "daemon/netlink.h"

#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#ifndef NETLINK_GET_STRICT_CHK
#define NETLINK_GET_STRICT_CHK 12
#endif

enum { ROOM = 4 << 20 };

static void
option_on(int fd, int option)
{
	int on = 1;

	/* old kernels know neither: then more than needed comes, and is passed over */
	(void)setsockopt(fd, SOL_NETLINK, option, &on, sizeof(on));
}

void
netlink_room(int fd, uint32_t bytes)
{
	int room = bytes > INT_MAX ? INT_MAX : (int)bytes;

	/* without the privilege as much as anybody may have */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
}

int
netlink_open(unsigned groups)
{
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int err;
	int fd = socket(
	    AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	option_on(fd, NETLINK_CAP_ACK);
	option_on(fd, NETLINK_GET_STRICT_CHK);
	netlink_room(fd, ROOM);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

uint32_t
netlink_port(int fd)
{
	struct sockaddr_nl sa = { 0 };
	socklen_t len = sizeof(sa);

	return getsockname(fd, (struct sockaddr *)&sa, &len) < 0 ? 0 : sa.nl_pid;
}

/* The kernel's own header for each kind of dump: with strict checking no other will do. */
int
netlink_dump(int fd, unsigned type, unsigned family, uint32_t table, uint32_t seq)
{
	uint8_t buf[256] = { 0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = (uint16_t)type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = seq;
	if (type == RTM_GETROUTE) {
		struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

		m->rtm_family = (unsigned char)family;
		if (table)
			mnl_attr_put_u32(h, RTA_TABLE, table);
	} else if (type == RTM_GETADDR) {
		struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

		m->ifa_family = (unsigned char)family;
	} else {
		struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

		m->ifi_family = (unsigned char)family;
	}
	return send(fd, h, h->nlmsg_len, 0) < 0 ? -errno : 0;
}

static int
error_of(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

	if (h->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(h) < sizeof(int))
		return 0;
	return e->error;
}

static enum netlink_got
messages(const uint8_t *buf, size_t n,
    void (*fn)(void *, const struct nlmsghdr *, int), void *ctx)
{
	const struct nlmsghdr *h = (const void *)buf;
	enum netlink_got got = NETLINK_SOME;
	int left = (int)n;

	for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
		if (h->nlmsg_flags & NLM_F_DUMP_INTR)
			got = NETLINK_BROKEN;
		if (h->nlmsg_type == NLMSG_DONE)
			return got == NETLINK_SOME ? NETLINK_DONE : got;
		fn(ctx, h, error_of(h));
	}
	return got;
}

enum netlink_got
netlink_receive(int fd, void (*fn)(void *, const struct nlmsghdr *, int), void *ctx)
{
	_Alignas(struct nlmsghdr) uint8_t buf[65536];
	ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n >= 0)
		return messages(buf, (size_t)n, fn, ctx);
	return errno == ENOBUFS ? NETLINK_LOST : NETLINK_NOTHING;
}

bool
netlink_batch_add(
    struct netlink_batch *b, const struct kroute *r, unsigned type, unsigned flags)
{
	size_t n = kroute_build(
	    r, type, flags, b->seq, b->buf + b->len, sizeof(b->buf) - b->len);

	if (!n)
		return false;
	b->last = (uint32_t)b->len;
	b->len += (n + NLMSG_ALIGNTO - 1) & ~(size_t)(NLMSG_ALIGNTO - 1);
	b->seq++;
	b->n++;
	return true;
}

struct answers {
	struct netlink_batch *batch;
	void (*fn)(void *, unsigned, int);
	void *ctx;
	bool last;
};

static void
answer(void *ctx, const struct nlmsghdr *h, int error)
{
	struct answers *a = ctx;
	uint32_t place = h->nlmsg_seq - (a->batch->seq - a->batch->n);

	if (h->nlmsg_type != NLMSG_ERROR || place >= a->batch->n)
		return;
	a->last |= place == a->batch->n - 1;
	if (error)
		a->fn(a->ctx, place, -error);
}

/* Each message that fails is answered; the last one in any case, which ends the reading. */
int
netlink_batch_send(
    struct netlink_batch *b, void (*fn)(void *, unsigned, int), void *ctx)
{
	struct answers a = { .batch = b, .fn = fn, .ctx = ctx };
	struct nlmsghdr *last = (void *)(b->buf + b->last);
	int err = 0;

	if (!b->n)
		return 0;
	last->nlmsg_flags |= NLM_F_ACK;
	if (send(b->fd, b->buf, b->len, 0) < 0)
		err = -errno;
	while (!err && !a.last)
		if (netlink_receive(b->fd, answer, &a) == NETLINK_NOTHING)
			err = -EIO; /* the kernel answers before send() returns */
	b->n = 0;
	b->len = 0;
	return err;
}
