/*
 * Address families: one row each, everything else asks here.
 */
#include "bgp/proto.h"

#include <string.h>

static const struct family_info families[FAMILIES] = {
	[FAM_IP4] = { 1, 1, NET_IP4, "ipv4" },
	[FAM_IP6] = { 2, 1, NET_IP6, "ipv6" },
	[FAM_VPN4] = { 0, 0, NET_VPN4, "vpn4" },
	[FAM_VPN6] = { 0, 0, NET_VPN6, "vpn6" },
	[FAM_ROA4] = { 0, 0, NET_ROA4, "roa4" },
	[FAM_ROA6] = { 0, 0, NET_ROA6, "roa6" },
	[FAM_ASPA] = { 0, 0, NET_ASPA, "aspa" },
};

const struct family_info *
family_info(enum family family)
{
	return &families[family];
}

enum family
family_find(uint16_t afi, uint8_t safi)
{
	for (unsigned i = 0; i < FAMILIES && afi; i++)
		if (families[i].afi == afi && families[i].safi == safi)
			return (enum family)i;
	return FAM_NONE;
}

enum family
family_by_name(const char *name)
{
	for (unsigned i = 0; i < FAMILIES; i++)
		if (!strcmp(families[i].name, name))
			return (enum family)i;
	return FAM_NONE;
}
