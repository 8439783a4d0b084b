/*
 * Messages about interfaces: rtnetlink(7), the codec.
 *
 *   header, struct ifinfomsg, attributes; among these
 *   IFLA_LINKINFO { IFLA_INFO_KIND "vrf" }   a VRF's device
 *   IFLA_MASTER                              of an interface that is in a VRF: that device
 */
#include "daemon/netlink.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include <libmnl/libmnl.h>

static int
keep_kind(const struct nlattr *a, void *ctx)
{
	struct klink *k = ctx;

	if (mnl_attr_get_type(a) == IFLA_INFO_KIND && mnl_attr_get_payload_len(a) >= 3)
		k->is_vrf = memcmp(mnl_attr_get_payload(a), "vrf", 3) == 0 &&
			    (mnl_attr_get_payload_len(a) == 3 ||
				mnl_attr_get_str(a)[3] == 0);
	return MNL_CB_OK;
}

static uint32_t
number(const struct nlattr *a)
{
	return mnl_attr_get_payload_len(a) == 4 ? mnl_attr_get_u32(a) : 0;
}

static int
keep_attr(const struct nlattr *a, void *ctx)
{
	size_t len = mnl_attr_get_payload_len(a);
	struct klink *k = ctx;

	switch (mnl_attr_get_type(a)) {
	case IFLA_IFNAME:
		memcpy(k->name, mnl_attr_get_payload(a),
		    len < HOP_IFNAME ? len : HOP_IFNAME - 1);
		break;
	case IFLA_MTU: k->mtu = number(a); break;
	case IFLA_MASTER: k->master = number(a); break;
	case IFLA_LINKINFO: mnl_attr_parse_nested(a, keep_kind, k); break;
	}
	return MNL_CB_OK;
}

bool
klink_parse(const struct nlmsghdr *h, struct klink *k)
{
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);

	*k = (struct klink){ 0 };
	if (mnl_nlmsg_get_payload_len(h) < sizeof(*m))
		return false;
	/* Of a bridge's port as such: it joined or left. */
	if (m->ifi_family != AF_UNSPEC || m->ifi_index <= 0)
		return false;
	k->index = (unsigned)m->ifi_index;
	k->flags = m->ifi_flags;
	mnl_attr_parse(h, sizeof(*m), keep_attr, k);
	return true;
}
