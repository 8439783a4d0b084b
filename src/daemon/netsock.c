/*
 * Sockets of the network: options, and connections to somebody.
 */
#include "daemon/netsock.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

void
netsock_set(int fd, int level, int option, int value)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)) < 0)
		log_warn("Socket option %d/%d: %s", level, option, strerror(errno));
}

int
netsock_bind_device(int fd, const char *device)
{
	if (!device || !*device)
		return 0;
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
		   (socklen_t)strnlen(device, IFNAMSIZ))
		   ? -errno
		   : 0;
}

int
netsock_set_md5(int fd, const struct ip *remote, const char *password)
{
	return netsock_set_md5_range(fd, remote, 0, password);
}

int
netsock_set_md5_range(
    int fd, const struct ip *remote, unsigned range, const char *password)
{
	struct tcp_md5sig sig = { 0 };
	int option = range ? TCP_MD5SIG_EXT : TCP_MD5SIG;
	struct sockaddr_storage ss;
	size_t len = password ? strlen(password) : 0;

	if (len > TCP_MD5SIG_MAXKEYLEN)
		return -EINVAL;
	ip_to_sockaddr(remote, 0, 0, &ss);
	memcpy(&sig.tcpm_addr, &ss, sizeof(ss));
	sig.tcpm_keylen = (uint16_t)len;
	if (len)
		memcpy(sig.tcpm_key, password, len);
	if (range) {
		sig.tcpm_flags = TCP_MD5SIG_FLAG_PREFIX;
		sig.tcpm_prefixlen = (uint8_t)(range - 1);
	}
	if (setsockopt(fd, IPPROTO_TCP, option, &sig, sizeof(sig)) < 0)
		return -errno;
	return 0;
}

static int
bind_local(int fd, const struct ip *local)
{
	struct sockaddr_storage ss;
	size_t len = ip_to_sockaddr(local, 0, 0, &ss);

	if (ip_is_none(local))
		return 0;
	return bind(fd, (struct sockaddr *)&ss, (socklen_t)len) ? -errno : 0;
}

int
netsock_dial(const struct netsock_dial *d)
{
	struct sockaddr_storage ss;
	size_t len = ip_to_sockaddr(&d->remote, d->port, 0, &ss);
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	if (d->keepalive) /* somebody who is gone without a word */
		netsock_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	err = netsock_bind_device(fd, d->vrf);
	if (!err && d->password)
		err = netsock_set_md5(fd, &d->remote, d->password);
	if (!err)
		err = bind_local(fd, &d->local);
	if (!err && connect(fd, (struct sockaddr *)&ss, (socklen_t)len) < 0 &&
	    errno != EINPROGRESS)
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int
netsock_error(int fd)
{
	socklen_t len = sizeof(int);
	int err = 0;

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0 ? errno : err;
}
