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
attrs_next(const struct attrs *a, size_t *pos, struct attr *out)
{
	const uint8_t *p = attrs_block(a) + *pos;

	if (*pos >= (size_t)a->block_len + a->local_len)
		return false;
	out->flags = p[0];
	out->code = (uint16_t)(p[1] + (*pos < a->block_len ? 0 : LOCAL_ATTR));
	out->len = get_u16(p + 2);
	out->data = p + 4;
	*pos += 4u + out->len;
	return true;
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
