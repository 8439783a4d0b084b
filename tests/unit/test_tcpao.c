/*
 * TCP-AO: what the kernel is asked for.  setsockopt and getsockopt are ours here: a small
 * kernel that keeps keys as Linux 6.7 does, with its layouts written out by offset, so that
 * no error in tcpao.c's structures can hide.
 */
#include "test.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "conf/aokeys.h"
#include "daemon/tcpao.h"

enum { ADD = 38, DEL = 39, INFO = 40 };

static struct kernel {
	bool absent, listens, unsigned_conn;
	unsigned n, room; /* 0: enough */
	struct kept {
		uint8_t send, recv, key_len, key[80], prefix;
		char algorithm[64];
		struct sockaddr_storage addr;
	} key[16];
	int current, rnext; /* send id, receive id; -1: not said */
} k;

static int
refuse(int err)
{
	errno = err;
	return -1;
}

static uint32_t
flags_at(const uint8_t *p, size_t at)
{
	uint32_t v;

	memcpy(&v, p + at, 4);
	return v;
}

static int
kernel_add(const uint8_t *p, socklen_t len)
{
	struct kept *n = &k.key[k.n];
	uint32_t flags = flags_at(p, 196);

	if (len != 288 || flags > 3 || p[200] || p[201] || p[205] || p[206])
		return refuse(EINVAL);
	if (k.listens && flags)
		return refuse(EINVAL);
	for (unsigned i = 0; i < k.n; i++)
		if (k.key[i].send == p[203] || k.key[i].recv == p[204])
			return refuse(EEXIST);
	if (k.room && k.n == k.room)
		return refuse(ENOMEM);
	memcpy(&n->addr, p, 128);
	memcpy(n->algorithm, p + 128, 64);
	n->prefix = p[202];
	n->send = p[203];
	n->recv = p[204];
	n->key_len = p[207];
	memcpy(n->key, p + 208, 80);
	k.n++;
	if (flags & 1)
		k.current = n->send;
	if (flags & 2)
		k.rnext = n->recv;
	return 0;
}

static int
kernel_del(const uint8_t *p, socklen_t len)
{
	/* del_async: of a socket that listens, which never waits then. */
	if (len != 144 || flags_at(p, 132) != (k.listens ? 4 : 0) || p[136] || p[137] ||
	    p[141] || p[142] || p[143])
		return refuse(EINVAL);
	for (unsigned i = 0; i < k.n; i++) {
		if (k.key[i].send != p[139] || k.key[i].recv != p[140] ||
		    memcmp(&k.key[i].addr, p, 128) != 0 || k.key[i].prefix != p[138])
			continue;
		if (!k.listens && (k.current == p[139] || k.rnext == p[140]))
			return refuse(EBUSY);
		k.key[i] = k.key[--k.n];
		return 0;
	}
	return refuse(ENOENT);
}

static int
kernel_info(const uint8_t *p, socklen_t len)
{
	if (len != 48 || flags_at(p, 0) >> 5 || p[4] || p[5])
		return refuse(EINVAL);
	for (unsigned i = 0; flags_at(p, 0) & 2 && i < k.n; i++)
		if (k.key[i].recv == p[7]) {
			k.rnext = p[7];
			return 0;
		}
	return refuse(flags_at(p, 0) & 2 ? ENOENT : EINVAL);
}

int
setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	assert_int_equal(fd, 7);
	assert_int_equal(level, IPPROTO_TCP);
	if (k.absent)
		return refuse(ENOPROTOOPT);
	switch (option) {
	case ADD: return kernel_add(value, len);
	case DEL: return kernel_del(value, len);
	case INFO: return kernel_info(value, len);
	default: fail_msg("option %d", option); return -1;
	}
}

int
getsockopt(int fd, int level, int option, void *restrict value, socklen_t *restrict len)
{
	uint8_t *p = value;

	assert_int_equal(fd, 7);
	assert_int_equal(level, IPPROTO_TCP);
	assert_int_equal(option, INFO);
	if (k.absent)
		return refuse(ENOPROTOOPT);
	if (k.unsigned_conn)
		return refuse(ENOENT);
	assert_int_equal(*len, 48);
	memset(p, 0, 48);
	p[0] = 3;
	p[6] = (uint8_t)k.current;
	p[7] = (uint8_t)k.rnext;
	p[8] = 99; /* segments */
	return 0;
}

/* --- */

/* Keys by a text: "1/2=secret+" is send id, receive id, secret, + preferred, - deprecated. */
static struct ao_keys *
keys(const char *text)
{
	struct ao_keys *ks = calloc(1, AO_KEYS_SIZE(8));
	unsigned send, recv;
	char secret[16], mark;
	int used;

	while (sscanf(text, " %u/%u=%15[a-z]%c%n", &send, &recv, secret, &mark, &used) ==
	       4) {
		struct ao_key *key = &ks->key[ks->n++];

		*key = (struct ao_key){ .send_id = (uint8_t)send,
			.recv_id = (uint8_t)recv,
			.algorithm = AO_HMAC_SHA1,
			.rank = mark == '+' ? 2 : mark == '-' ? 0 : 1,
			.secret_n = (uint8_t)strlen(secret) };
		memcpy(key->secret, secret, key->secret_n);
		text += used;
	}
	return ks;
}

static const char *
kernel_has(void)
{
	static char text[200];
	size_t at = 0;

	text[0] = 0;
	for (unsigned id = 0; id < 256; id++)
		for (unsigned i = 0; i < k.n; i++)
			if (k.key[i].send == id)
				at += (size_t)snprintf(text + at, sizeof(text) - at,
				    "%u/%u=%.*s ", id, k.key[i].recv, k.key[i].key_len,
				    (const char *)k.key[i].key);
	return text;
}

static struct ip
ip4(void)
{
	return ip_from4(0x0a000002);
}

static void
reset(bool listens)
{
	k = (struct kernel){ .listens = listens, .current = -1, .rnext = -1 };
}

static void
test_connect(void **state)
{
	static const char *const names[AO_ALGORITHMS] = { "hmac(md5)", "hmac(sha1)",
		"hmac(sha256)", "hmac(sha384)", "hmac(sha512)", "cmac(aes128)" };
	struct ao_keys *ks = keys("1/2=a. 3/4=bc+ 5/6=d-");
	struct ip ip6 = ip_none, to = ip4();
	const struct sockaddr_in *in = (const void *)&k.key[0].addr;
	const struct sockaddr_in6 *in6 = (const void *)&k.key[0].addr;

	(void)state;
	reset(false);
	assert_int_equal(tcpao_connect(7, &to, ks), 0);
	assert_string_equal(kernel_has(), "1/2=a 3/4=bc 5/6=d ");
	assert_int_equal(k.current, 3);
	assert_int_equal(k.rnext, 4);
	assert_int_equal(in->sin_family, AF_INET);
	assert_int_equal(ntohl(in->sin_addr.s_addr), 0x0a000002);
	assert_int_equal(k.key[0].prefix, 32);
	for (unsigned i = 0; i < AO_ALGORITHMS; i++) {
		reset(false);
		ks->n = 1;
		ks->key[0].algorithm = (uint8_t)i;
		ip6.b[0] = 0xfd;
		ip6.b[15] = 2;
		assert_int_equal(tcpao_connect(7, &ip6, ks), 0);
		assert_string_equal(k.key[0].algorithm, names[i]);
		assert_int_equal(k.key[0].prefix, 128);
		assert_int_equal(in6->sin6_family, AF_INET6);
		assert_memory_equal(&in6->sin6_addr, ip6.b, 16);
	}
	k.absent = true;
	assert_int_equal(tcpao_connect(7, &to, ks), -ENOPROTOOPT);
	free(ks);
}

static const struct listen_row {
	const char *name, *old, *new, *has;
} listen_rows[] = {
	{ "first keys", "", "1/1=a. 2/2=b.", "1/1=a 2/2=b " },
	{ "the same again", "1/1=a.", "1/1=a.", "1/1=a " },
	{ "one more", "1/1=a.", "1/1=a. 2/2=b.", "1/1=a 2/2=b " },
	{ "one less", "1/1=a. 2/2=b.", "2/2=b.", "2/2=b " },
	{ "another secret", "1/1=a. 2/2=b.", "1/1=c. 2/2=b.", "1/1=c 2/2=b " },
	{ "another rank", "1/1=a.", "1/1=a+", "1/1=a " },
	{ "ids that swap", "1/2=a.", "2/1=a.", "2/1=a " },
	{ "none left", "1/1=a. 2/2=b.", "", "" },
};

static void
test_listen(void **state)
{
	const struct listen_row *r = *state;
	struct ao_keys *old = keys(r->old), *new = keys(r->new);
	struct ip to = ip4();

	reset(true);
	assert_int_equal(tcpao_listen(7, &to, NULL, old->n ? old : NULL), 0);
	assert_int_equal(tcpao_listen(7, &to, old, new->n ? new : NULL), 0);
	assert_string_equal(kernel_has(), r->has);
	/* A reload that changes nothing. */
	assert_int_equal(tcpao_listen(7, &to, new, new), 0);
	assert_string_equal(kernel_has(), r->has);
	k.absent = true;
	if (new->n)
		assert_int_equal(tcpao_listen(7, &to, NULL, new), -ENOPROTOOPT);
	free(old);
	free(new);
}

/* An id that is there with another secret is no success, nor is half of the keys. */
static void
test_listen_clash(void **state)
{
	struct ao_keys *other = keys("2/2=x."), *new = keys("1/1=a. 2/2=b. 3/3=c.");
	struct ao_keys *old = keys("1/1=a.");
	struct ip to = ip4();

	(void)state;
	reset(true);
	assert_int_equal(tcpao_listen(7, &to, NULL, other), 0);
	assert_int_equal(tcpao_listen(7, &to, NULL, new), -EEXIST);
	assert_string_equal(kernel_has(), "");
	assert_int_equal(tcpao_listen(7, &to, NULL, old), 0);
	k.room = 2;
	assert_int_equal(tcpao_listen(7, &to, old, new), -ENOMEM);
	assert_string_equal(kernel_has(), "");
	free(old);
	free(other);
	free(new);
}

static const struct merge_row {
	const char *name, *a, *b;
	bool ok;
	unsigned n; /* then */
} merge_rows[] = {
	{ "to none", "", "1/1=a. 2/2=b.", true, 2 },
	{ "the same", "1/1=a.", "1/1=a.", true, 1 },
	{ "however much preferred", "1/1=a.", "1/1=a+", true, 1 },
	{ "others", "1/1=a.", "2/2=b. 3/3=c.", true, 3 },
	{ "another secret", "1/1=a.", "2/2=b. 1/1=c.", false, 1 },
	{ "its send id is taken", "1/1=a.", "1/2=b.", false, 1 },
	{ "its receive id is taken", "1/1=a.", "2/1=b.", false, 1 },
};

static void
test_merge(void **state)
{
	const struct merge_row *r = *state;
	struct ao_keys *a = keys(r->a), *b = keys(r->b);

	assert_int_equal(ao_keys_merge(a, b), r->ok);
	assert_int_equal(a->n, r->n);
	for (unsigned i = 0; r->ok && i < b->n; i++)
		assert_true(ao_keys_have(a, &b->key[i]));
	free(a);
	free(b);
}

static const struct change_row {
	const char *name, *old, *new;
	int current, rnext; /* before; 0: the best */
	int err;
	const char *has;
	int then_current, then_rnext;
} change_rows[] = {
	{ "one more", "1/1=a.", "1/1=a. 2/2=b.", 0, 0, 0, "1/1=a 2/2=b ", 1, 1 },
	{ "one more, preferred", "1/1=a.", "1/1=a. 2/3=b+", 0, 0, 0, "1/1=a 2/3=b ", 1,
	    3 },
	{ "the other preferred", "1/1=a+ 2/2=b.", "1/1=a. 2/2=b+", 0, 0, 0,
	    "1/1=a 2/2=b ", 1, 2 },
	{ "deprecated", "1/1=a. 2/2=b.", "1/1=a- 2/2=b.", 0, 0, 0, "1/1=a 2/2=b ", 1, 2 },
	{ "the one in use goes", "1/1=a. 2/2=b.", "2/2=b.", 0, 0, -EBUSY, "1/1=a 2/2=b ",
	    1, 1 },
	{ "one goes that is not in use", "1/1=a. 2/2=b.", "2/2=b.", 2, 2, 0, "2/2=b ", 2,
	    2 },
	{ "the one asked for goes", "1/1=a. 2/2=b.", "1/1=a.", 1, 2, 0, "1/1=a ", 1, 1 },
	{ "another secret, not in use", "1/1=a. 2/2=b.", "1/1=a. 2/2=c.", 0, 0, 0,
	    "1/1=a 2/2=c ", 1, 1 },
	{ "another secret of the one in use", "1/1=a.", "1/1=c.", 0, 0, -EBUSY, "1/1=a ",
	    1, 1 },
	{ "another secret of the one asked for", "1/1=a. 2/2=b.", "1/1=a. 2/2=c.", 1, 2,
	    -EBUSY, "1/1=a 2/2=b ", 1, 2 },
};

static void
test_change(void **state)
{
	const struct change_row *r = *state;
	struct ao_keys *old = keys(r->old), *new = keys(r->new);
	struct ip to = ip4();

	reset(false);
	assert_int_equal(tcpao_connect(7, &to, old), 0);
	if (r->current) {
		k.current = r->current;
		k.rnext = r->rnext;
	}
	assert_int_equal(tcpao_change(7, &to, old, new), r->err);
	assert_string_equal(kernel_has(), r->has);
	assert_int_equal(k.current, r->then_current);
	assert_int_equal(k.rnext, r->then_rnext);
	free(old);
	free(new);
}

static void
test_prefer(void **state)
{
	struct ao_keys *ks = keys("1/2=a. 3/4=b+");
	struct ip to = ip4();

	(void)state;
	reset(true);
	assert_int_equal(tcpao_listen(7, &to, NULL, ks), 0);
	k.listens = false; /* accepted: the neighbour signs with our second key */
	k.current = 1;
	k.rnext = 2;
	assert_int_equal(tcpao_prefer(7, ks), 0);
	assert_int_equal(k.current, 1);
	assert_int_equal(k.rnext, 4);
	k.unsigned_conn = true;
	assert_int_equal(tcpao_prefer(7, ks), -ENOENT);
	assert_int_equal(tcpao_change(7, &to, ks, ks), -ENOENT);
	free(ks);
}

int
main(void)
{
	ADD_TEST(test_connect);
	ADD_TEST(test_prefer);
	ADD_TEST(test_listen_clash);
	ADD_ROWS(merge_rows, name, test_merge);
	ADD_ROWS(listen_rows, name, test_listen);
	ADD_ROWS(change_rows, name, test_change);
	return tests_run("TCP-AO");
}
