/*
 * Interned sets, read.  The layout is told in bgp/attrs.h; the sets are made in store.c.
 */
#include "bgp/attrs.h"

#include <string.h>
#include "base/wire.h"

struct ip
next_hop_ip(const struct next_hop *nh)
{
	struct ip ip = ip_none;

	if (nh->len == 4)
		return ip_from4(get_u32(nh->b));
	if (nh->len)
		memcpy(ip.b, nh->b, 16);
	return ip;
}

struct next_hop
attrs_next_hop(const struct attrs *a)
{
	struct next_hop nh = { .len = a->nh_len };

	memcpy(nh.b, a->bytes, a->nh_len);
	return nh;
}

bool
attrs_find(const struct attrs *a, unsigned code, struct attr *out)
{
	size_t pos = 0;

	while (attrs_next(a, &pos, out))
		if (out->code >= code)
			return out->code == code;
	return false;
}
