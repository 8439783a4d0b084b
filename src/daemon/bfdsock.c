/*
 * Sockets of BFD, RFC 5881, 4 and 5; RFC 5883, 5: packets go from a port of the session's
 * own to 3784, or 4784 over several hops, with the highest TTL; what comes to these ports
 * brings its TTL and interface along.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/bfdthread.h"
#include "daemon/netsock.h"

#define PORT_DIRECT   3784
#define PORT_MULTIHOP 4784
#define PORT_FIRST    49152u /* of ours: RFC 5881, 4 */
#define PORT_TRIES    64
#define TTL	      255
#define TOS	      0xc0 /* CS6, as routing protocols have it */
#define PRIORITY      7

static int
set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int
open_udp(bool ip4)
{
	int fd = socket(ip4 ? AF_INET : AF_INET6,
	    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);

	if (fd < 0)
		return -errno;
	if (!ip4)
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	return fd;
}

static int
close_for(int fd, int err)
{
	close(fd);
	return err;
}

/* Some port from 49152 on; each socket has its own. */
static int
bind_some_port(int fd, const struct bfd_target *t)
{
	struct sockaddr_storage ss;
	uint16_t random = 0;
	int err = -EADDRINUSE;

	for (unsigned i = 0; i < PORT_TRIES && err == -EADDRINUSE; i++) {
		size_t len;

		if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
			random = (uint16_t)clock_mono_ns();
		len = ip_to_sockaddr(
		    &t->local, (uint16_t)(PORT_FIRST | random), t->ifindex, &ss);
		err = bind(fd, (struct sockaddr *)&ss, (socklen_t)len) < 0 ? -errno : 0;
	}
	return err;
}

int
bfd_socket_send(const struct bfd_target *t)
{
	bool ip4 = ip_is4(&t->remote);
	int err, fd = open_udp(ip4);

	if (fd < 0)
		return fd;
	if (ip4)
		err = set(fd, IPPROTO_IP, IP_TTL, TTL);
	else
		err = set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, TTL);
	set(fd, ip4 ? IPPROTO_IP : IPPROTO_IPV6, ip4 ? IP_TOS : IPV6_TCLASS, TOS);
	set(fd, SOL_SOCKET, SO_PRIORITY, PRIORITY);
	set(fd, SOL_SOCKET, SO_RCVBUF, 0); /* nobody reads here */
	if (!err)
		err = netsock_bind_device(fd, t->ifindex ? t->ifname : t->vrf);
	if (!err)
		err = bind_some_port(fd, t);
	return err ? close_for(fd, err) : fd;
}

void
bfd_socket_zero_udp6(int fd, bool on)
{
	set(fd, IPPROTO_UDP, UDP_NO_CHECK6_RX, on);
}

int
bfd_socket_listen(bool ip4, bool multihop, const struct ip *local, const char *ifname)
{
	struct sockaddr_storage ss = { .ss_family = ip4 ? AF_INET : AF_INET6 };
	size_t len = ip4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	uint16_t port = multihop ? PORT_MULTIHOP : PORT_DIRECT;
	int err, fd = open_udp(ip4);

	if (fd < 0)
		return fd;
	if (!ip_is_none(local)) {
		len = ip_to_sockaddr(local, port, 0, &ss);
	} else {
		/* sin_port and sin6_port stand in the same place */
		((struct sockaddr_in *)(void *)&ss)->sin_port = htons(port);
	}
	if (ip4)
		err = set(fd, IPPROTO_IP, IP_PKTINFO, 1) |
		      set(fd, IPPROTO_IP, IP_RECVTTL, 1);
	else
		err = set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) |
		      set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
	/* As BIRD: and one that takes the place of another is open before that is closed.
	 */
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!err && (err = netsock_bind_device(fd, ifname)) == 0 &&
	    bind(fd, (struct sockaddr *)&ss, (socklen_t)len) < 0)
		err = -errno;
	return err ? close_for(fd, err) : fd;
}

static void
take_control(struct bfd_arrival *a, struct msghdr *m)
{
	a->ttl = -1;
	a->ifindex = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		const void *data = CMSG_DATA(c);

		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL)
			memcpy(&a->ttl, data, sizeof(a->ttl));
		else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)
			memcpy(&a->ttl, data, sizeof(a->ttl));
		else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			a->ifindex =
			    (unsigned)((const struct in_pktinfo *)data)->ipi_ifindex;
		else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
			a->ifindex =
			    (unsigned)((const struct in6_pktinfo *)data)->ipi6_ifindex;
	}
}

unsigned
bfd_socket_read(int fd, struct bfd_arrival *a, unsigned n)
{
	struct mmsghdr m[BFD_BATCH] = { 0 };
	struct iovec iov[BFD_BATCH];
	struct sockaddr_storage from[BFD_BATCH];
	_Alignas(struct cmsghdr) char control[BFD_BATCH][128];
	uint16_t port;
	int got;

	n = n < BFD_BATCH ? n : BFD_BATCH;
	for (unsigned i = 0; i < n; i++) {
		iov[i] = (struct iovec){ a[i].bytes, sizeof(a[i].bytes) };
		m[i].msg_hdr = (struct msghdr){ .msg_name = &from[i],
			.msg_namelen = sizeof(from[i]),
			.msg_iov = &iov[i],
			.msg_iovlen = 1,
			.msg_control = control[i],
			.msg_controllen = sizeof(control[i]) };
	}
	got = recvmmsg(fd, m, n, MSG_DONTWAIT, NULL);
	for (int i = 0; i < got; i++) {
		a[i].n = m[i].msg_len;
		if (!ip_from_sockaddr((struct sockaddr *)&from[i], &a[i].from, &port))
			a[i].from = ip_none;
		take_control(&a[i], &m[i].msg_hdr);
	}
	return got > 0 ? (unsigned)got : 0;
}

/* What cannot be sent is as what is lost on the way. */
void
bfd_socket_write(int fd, const struct bfd_target *t, const uint8_t *p, size_t n)
{
	struct sockaddr_storage ss;
	size_t len = ip_to_sockaddr(
	    &t->remote, t->ifindex ? PORT_DIRECT : PORT_MULTIHOP, t->ifindex, &ss);

	/* An error that came back for an earlier packet is told here, in place of
	 * sending. */
	if (sendto(fd, p, n, MSG_DONTWAIT, (struct sockaddr *)&ss, (socklen_t)len) < 0 &&
	    errno == ECONNREFUSED)
		sendto(fd, p, n, MSG_DONTWAIT, (struct sockaddr *)&ss, (socklen_t)len);
}
