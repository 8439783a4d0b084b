/*
 * TCP-AO (RFC 5925): keys on a socket, by the interface of Linux 6.7, which the headers of
 * Debian 12 do not have yet.
 *
 * A key has two ids: segments we send carry its send id, those we accept its receive id.
 * `current` is the key we sign with, `rnext` the one we ask the neighbour to sign with; TCP
 * tells it, and the neighbour's kernel makes it its current one if it has it.  So a change of
 * keys never moves `current` itself: that would be a key which the neighbour may not have.
 */
#include "daemon/tcpao.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

enum { AO_ADD_KEY = 38, AO_DEL_KEY = 39, AO_INFO = 40 };

/* The kernel's layouts; what is not named must be 0. */
struct ao_add {
	struct sockaddr_storage addr;
	char algorithm[64];
	int32_t ifindex;
	uint32_t set_current : 1, set_rnext : 1, reserved : 30;
	uint16_t reserved2;
	uint8_t prefix, send_id, recv_id;
	uint8_t mac_len; /* 0: 12 octets */
	uint8_t flags;
	uint8_t key_len;
	uint8_t key[AO_SECRET_MAX];
} __attribute__((aligned(8)));

struct ao_del {
	struct sockaddr_storage addr;
	int32_t ifindex;
	uint32_t set_current : 1, set_rnext : 1, del_async : 1, reserved : 29;
	uint16_t reserved2;
	uint8_t prefix, send_id, recv_id, current_key, rnext, flags;
} __attribute__((aligned(8)));

struct ao_info {
	uint32_t set_current : 1, set_rnext : 1, required : 1, set_counters : 1,
	    accept_icmps : 1, reserved : 27;
	uint16_t reserved2;
	uint8_t current_key; /* its send id */
	uint8_t rnext;	     /* its receive id */
	uint64_t good, bad, key_not_found, unsigned_n, dropped_icmp;
} __attribute__((aligned(8)));

static_assert(sizeof(struct ao_add) == 288, "linux/tcp.h, struct tcp_ao_add");
static_assert(sizeof(struct ao_del) == 144, "linux/tcp.h, struct tcp_ao_del");
static_assert(sizeof(struct ao_info) == 48, "linux/tcp.h, struct tcp_ao_info_opt");

/* CMAC is derived for AES-128 under this name only, RFC 5926, 3.1.1.2. */
static const char *const algorithm_names[AO_ALGORITHMS] = {
	[AO_HMAC_MD5] = "hmac(md5)",
	[AO_HMAC_SHA1] = "hmac(sha1)",
	[AO_HMAC_SHA256] = "hmac(sha256)",
	[AO_HMAC_SHA384] = "hmac(sha384)",
	[AO_HMAC_SHA512] = "hmac(sha512)",
	[AO_CMAC_AES128] = "cmac(aes128)",
};

static int
option_set(int fd, int option, const void *value, size_t size)
{
	return setsockopt(fd, IPPROTO_TCP, option, value, (socklen_t)size) < 0 ? -errno
									       : 0;
}

static uint8_t
host_len(const struct ip *ip)
{
	return ip_is4(ip) ? 32 : 128;
}

static int
key_add(int fd, const struct ip *remote, const struct ao_key *key, bool first)
{
	struct ao_add add = {
		.set_current = first,
		.set_rnext = first,
		.prefix = host_len(remote),
		.send_id = key->send_id,
		.recv_id = key->recv_id,
		.key_len = key->secret_n,
	};
	int err;

	ip_to_sockaddr(remote, 0, 0, &add.addr);
	strcpy(add.algorithm, algorithm_names[key->algorithm]);
	memcpy(add.key, key->secret, key->secret_n);
	err = option_set(fd, AO_ADD_KEY, &add, sizeof(add));
	explicit_bzero(&add, sizeof(add));
	return err;
}

/* async: without waiting until nobody looks at it any more, some milliseconds for each; the
 * kernel has that for sockets that listen. */
static int
key_del(int fd, const struct ip *remote, const struct ao_key *key, bool async)
{
	struct ao_del del = {
		.del_async = async,
		.prefix = host_len(remote),
		.send_id = key->send_id,
		.recv_id = key->recv_id,
	};

	ip_to_sockaddr(remote, 0, 0, &del.addr);
	return option_set(fd, AO_DEL_KEY, &del, sizeof(del));
}

/* Keys of `from` that are not in `but`.  The first error, after all have been tried. */
static int
keys_del(int fd, const struct ip *remote, const struct ao_keys *from,
    const struct ao_keys *but, bool async)
{
	int err = 0;

	for (unsigned i = 0; from && i < from->n; i++)
		if (!ao_keys_have(but, &from->key[i])) {
			int e = key_del(fd, remote, &from->key[i], async);

			if (e && e != -ENOENT && !err)
				err = e;
		}
	return err;
}

int
tcpao_listen(int fd, const struct ip *remote, const struct ao_keys *old,
    const struct ao_keys *new)
{
	int err = keys_del(fd, remote, old, new, true);

	for (unsigned i = 0; new && !err && i < new->n; i++)
		if (!ao_keys_have(old, &new->key[i]))
			err = key_add(fd, remote, &new->key[i], false);
	if (err)
		keys_del(fd, remote, new, NULL, true);
	return err;
}

int
tcpao_connect(int fd, const struct ip *remote, const struct ao_keys *keys)
{
	const struct ao_key *best = ao_keys_best(keys);
	int err = 0;

	for (unsigned i = 0; !err && i < keys->n; i++)
		err = key_add(fd, remote, &keys->key[i], &keys->key[i] == best);
	return err;
}

static int
info_get(int fd, struct ao_info *info)
{
	socklen_t len = sizeof(*info);

	*info = (struct ao_info){ 0 };
	return getsockopt(fd, IPPROTO_TCP, AO_INFO, info, &len) < 0 ? -errno : 0;
}

int
tcpao_prefer(int fd, const struct ao_keys *keys)
{
	const struct ao_key *best = ao_keys_best(keys);
	struct ao_info info;
	int err = info_get(fd, &info);

	if (err)
		return err;
	if (info.rnext == best->recv_id)
		return 0;
	info.set_current = info.set_counters = 0;
	info.set_rnext = 1;
	info.rnext = best->recv_id;
	return option_set(fd, AO_INFO, &info, sizeof(info));
}

/* The key of `old` that we sign with does not stay. */
static bool
current_goes(
    const struct ao_info *info, const struct ao_keys *old, const struct ao_keys *new)
{
	for (unsigned i = 0; i < old->n; i++)
		if (old->key[i].send_id == info->current_key)
			return !ao_keys_have(new, &old->key[i]);
	return true;
}

/* The key we asked for has been let go. */
static int
asked_del(int fd, const struct ip *remote, const struct ao_info *before,
    const struct ao_keys *old, const struct ao_keys *new)
{
	int err = 0;

	for (unsigned i = 0; i < old->n; i++)
		if (old->key[i].recv_id == before->rnext &&
		    !ao_keys_have(new, &old->key[i]))
			err = key_del(fd, remote, &old->key[i], false);
	return err == -ENOENT ? 0 : err;
}

/* Ids of those that go may come back with another secret: they go first, but for the one we
 * ask the neighbour to use, which the kernel keeps until we ask for another. */
int
tcpao_change(int fd, const struct ip *remote, const struct ao_keys *old,
    const struct ao_keys *new)
{
	struct ao_info info;
	int err = info_get(fd, &info);

	if (err)
		return err;
	if (current_goes(&info, old, new))
		return -EBUSY;
	keys_del(fd, remote, old, new, false);
	for (unsigned i = 0; i < new->n && !err; i++)
		if (!ao_keys_have(old, &new->key[i]))
			err = key_add(fd, remote, &new->key[i], false);
	if (err == -EEXIST)
		return -EBUSY;
	if (!err)
		err = tcpao_prefer(fd, new);
	return err ? err : asked_del(fd, remote, &info, old, new);
}
