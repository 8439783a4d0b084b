/*
 * The body of an OPEN.  What is accepted must be acceptable again after being written by us,
 * as far as we announce such things.
 */
#include <assert.h>
#include <string.h>

#include "bgp/open.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
write_back(const struct open *o)
{
	uint8_t bytes[CAPS_MAX + 64];
	struct wbuf b = wbuf_init(bytes, sizeof(bytes));
	struct notify fault;
	struct open back;

	open_encode(o, &b);
	assert(!b.bad);
	assert(open_decode(&back, bytes + BGP_HEADER_LEN, wbuf_len(&b) - BGP_HEADER_LEN,
	    &fault));
	assert(back.id == o->id && back.hold_s == o->hold_s);
	assert(!memcmp(back.caps.mp, o->caps.mp, sizeof(back.caps.mp)));
	assert(!memcmp(back.caps.add_path, o->caps.add_path, sizeof(back.caps.add_path)));
	assert(!strcmp(back.caps.hostname, o->caps.hostname));
	assert(!memcmp(back.caps.llgr_time_s, o->caps.llgr_time_s,
	    sizeof(back.caps.llgr_time_s)));
	assert(!memcmp(back.caps.ext_next_hop, o->caps.ext_next_hop,
	    sizeof(back.caps.ext_next_hop)));
	assert(back.caps.role == o->caps.role);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct session_conf conf = {
		.local_as = 64512, .router_id = 1, .hold_s = 90, .family = { true, true },
		.capabilities = true, .as4 = true, .send_hold_s = 180,
		.add_path_rx = { true, true }, .add_path_tx = { true, true },
		.role = 1 + ROLE_PEER, .ext_next_hop = { true }, .llgr = GR_ON,
		.graceful = GR_ON, .require = { .add_path = { true }, .as4 = true },
	};
	struct open ours, theirs;
	struct negotiated n;
	struct notify fault;

	if (size > BGP_MSG_MAX || !open_decode(&theirs, data, size, &fault))
		return 0;
	open_local(&ours, &conf);
	if (open_check(&conf, &ours, &theirs, &fault))
		open_negotiate(&conf, &ours, &theirs, &n);
	else
		assert(fault.code == ERR_OPEN);
	write_back(&theirs);
	return 0;
}
