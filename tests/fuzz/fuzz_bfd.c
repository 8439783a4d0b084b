/*
 * BFD packets given to a session, with time going on between them.  The first byte chooses
 * the authentication; then each packet is a byte of length, a byte of time and the bytes.
 */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "bfd/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
sent(void *ctx, const uint8_t *p, size_t n)
{
	struct bfd_packet out;

	assert(n <= BFD_PACKET_MAX);
	assert(!bfd_decode(&out, p, n) && out.len == n && !out.min_echo_us);
	++*(unsigned *)ctx;
}

static void
changed(void *ctx)
{
	(void)ctx;
}

static struct bfd_keys *
keys(void)
{
	struct bfd_keys *k = mem_alloc(sizeof(*k) + sizeof(struct bfd_key));

	k->n = 1;
	k->key[0] = (struct bfd_key){ .id = 1, .len = 3, .secret = "abc",
		.send_to = UINT64_MAX, .accept_to = UINT64_MAX };
	return k;
}

static void
give(struct bfd_session *s, const uint8_t *data, size_t n, struct bfd_time now)
{
	uint8_t *copy = mem_alloc(n + 1);
	struct bfd_packet p;
	struct bfd_view v;

	memcpy(copy, data, n); /* tight, for the address sanitizer */
	if (!bfd_decode(&p, copy, n)) {
		assert(p.len <= n && p.multiplier && p.my_disc);
		bfd_session_input(s, &p, now);
	}
	bfd_session_view(s, &v);
	assert(v.local.state <= BFD_UP);
	assert(v.local.state == BFD_DOWN || v.remote.disc);
	mem_free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bfd_ops ops = { sent, changed };
	struct bfd_time now = { .us = 1000000, .wall_s = 1000000 };
	struct bfd_conf conf = { .min_rx_us = 10000, .min_tx_us = 100000,
		.idle_tx_us = 1000000, .multiplier = 5 };
	struct bfd_session *s;
	unsigned n = 0;

	if (size) {
		conf.auth = *data++ % BFD_AUTH_TYPES;
		size--;
	}
	conf.keys = conf.auth ? keys() : NULL;
	s = bfd_session_new(&conf, 0x01020304, 7, &ops, &n, now);
	while (size >= 2) {
		size_t len = data[0] < size - 2 ? data[0] : size - 2;

		now.us += data[1] * 1000u;
		give(s, data + 2, len, now);
		assert(bfd_session_tick(s, now) > now.us);
		data += 2 + len;
		size -= 2 + len;
	}
	bfd_session_free(s);
	return 0;
}
