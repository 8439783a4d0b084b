/*
 * Routes from the kernel: a message as netlink gives it, understood, compared with itself,
 * built anew and understood again as the same.  And the same bytes about an interface.
 */
#include <assert.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include "daemon/netlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
rebuild(const struct kroute *r)
{
	_Alignas(8) uint8_t buf[8192];
	struct kroute again;
	size_t n = kroute_build(r, RTM_NEWROUTE, 0, 1, buf, sizeof(buf));

	assert(n && n <= sizeof(buf));
	assert(kroute_parse((const void *)buf, &again));
	assert(net_equal(&again.net, &r->net));
	assert(again.table == r->table && again.metric == r->metric);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr *h = calloc(1, sizeof(*h) + NLMSG_ALIGN(size)); /* as the kernel pads */
	struct kroute r;
	struct klink k;

	if (size > 65536) {
		free(h);
		return 0;
	}
	*h = (struct nlmsghdr){
		.nlmsg_len = (uint32_t)(sizeof(*h) + size),
		.nlmsg_type = RTM_NEWROUTE,
	};
	memcpy(h + 1, data, size);
	if (klink_parse(h, &k))
		assert(k.index && strlen(k.name) < sizeof(k.name));
	if (kroute_parse(h, &r)) {
		assert(r.hop_n <= KROUTE_HOPS);
		assert(kroute_same(&r, &r));
		if (!r.strange)
			rebuild(&r);
	}
	free(h);
	return 0;
}
