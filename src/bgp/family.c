/*
 * Address families: one row each, everything else asks here.
 */
#include "bgp/proto.h"

#include <string.h>

#define PLAIN .nlri = NLRI_PREFIX

const struct family_info families[FAMILIES] = {
	[FAM_IP4] = { 1, 1, NET_IP4, "ipv4", "ipv4", PLAIN },
	[FAM_IP6] = { 2, 1, NET_IP6, "ipv6", "ipv6", .hop = HOP_FORM_IP6 },
	[FAM_VPN4] = { 0, 0, NET_VPN4, "vpn4", "vpn4", PLAIN },
	[FAM_VPN6] = { 0, 0, NET_VPN6, "vpn6", "vpn6", PLAIN },
	[FAM_ROA4] = { 0, 0, NET_ROA4, "roa4", "roa4", PLAIN },
	[FAM_ROA6] = { 0, 0, NET_ROA6, "roa6", "roa6", PLAIN },
	[FAM_ASPA] = { 0, 0, NET_ASPA, "aspa", "aspa", PLAIN },
	[FAM_IP4_MC] = { 1, 2, NET_IP4, "ipv4-mc", "ipv4 multicast", PLAIN },
	[FAM_IP6_MC] = { 2, 2, NET_IP6, "ipv6-mc", "ipv6 multicast",
	    .hop = HOP_FORM_IP6 },
	[FAM_IP4_MPLS] = { 1, 4, NET_IP4, "ipv4-mpls", "ipv4 mpls",
	    .nlri = NLRI_LABELLED },
	[FAM_IP6_MPLS] = { 2, 4, NET_IP6, "ipv6-mpls", "ipv6 mpls",
	    .nlri = NLRI_LABELLED, .hop = HOP_FORM_IP6 },
	[FAM_VPN4_MPLS] = { 1, 128, NET_VPN4, "vpn4-mpls", "vpn4 mpls",
	    .nlri = NLRI_VPN_LABELLED, .hop_rd = true, .constrained = true },
	[FAM_VPN6_MPLS] = { 2, 128, NET_VPN6, "vpn6-mpls", "vpn6 mpls",
	    .nlri = NLRI_VPN_LABELLED, .hop = HOP_FORM_IP6, .hop_rd = true,
	    .constrained = true },
	[FAM_VPN4_MC] = { 1, 129, NET_VPN4, "vpn4-mc", "vpn4 multicast",
	    .nlri = NLRI_VPN, .hop_rd = true, .constrained = true },
	[FAM_VPN6_MC] = { 2, 129, NET_VPN6, "vpn6-mc", "vpn6 multicast",
	    .nlri = NLRI_VPN, .hop = HOP_FORM_IP6, .hop_rd = true, .constrained = true },
	[FAM_RTC] = { 1, 132, NET_RTC, "rtc", "rtc", .nlri = NLRI_RTC,
	    .hop = HOP_FORM_ANY },
	[FAM_FLOW4] = { 1, 133, NET_FLOW4, "flow4", "flow4", .nlri = NLRI_FLOW,
	    .hop = HOP_FORM_NONE },
	[FAM_FLOW6] = { 2, 133, NET_FLOW6, "flow6", "flow6", .nlri = NLRI_FLOW,
	    .hop = HOP_FORM_NONE },
	[FAM_VFLOW4] = { 1, 134, NET_VFLOW4, "vpnflow4", "vpnflow4", .nlri = NLRI_VFLOW,
	    .hop = HOP_FORM_NONE, .constrained = true },
	[FAM_VFLOW6] = { 2, 134, NET_VFLOW6, "vpnflow6", "vpnflow6", .nlri = NLRI_VFLOW,
	    .hop = HOP_FORM_NONE, .constrained = true },
	[FAM_EVPN] = { 25, 70, NET_EVPN, "evpn", "evpn", .nlri = NLRI_EVPN,
	    .hop = HOP_FORM_ANY, .constrained = true },
	[FAM_VPLS] = { 25, 65, NET_VPLS, "vpls", "vpls", .nlri = NLRI_VPLS,
	    .hop = HOP_FORM_ANY, .constrained = true },
	[FAM_LS] = { 16388, 71, NET_LS, "linkstate", "linkstate", .nlri = NLRI_LS,
	    .hop = HOP_FORM_ANY },
	[FAM_VLS] = { 16388, 72, NET_VLS, "vpnlinkstate", "vpnlinkstate",
	    .nlri = NLRI_LS, .hop = HOP_FORM_ANY, .hop_rd = true },
	[FAM_SADR] = { 0, 0, NET_SADR, "ipv6-sadr", "ipv6 sadr", PLAIN },
	[FAM_MPLS] = { 0, 0, NET_MPLS, "mpls", "mpls", PLAIN },
};

enum family
family_find(uint16_t afi, uint8_t safi)
{
	for (unsigned i = 0; i < FAMILIES && afi; i++)
		if (families[i].afi == afi && families[i].safi == safi)
			return (enum family)i;
	return FAM_NONE;
}

static uint32_t
number(unsigned f)
{
	return (uint32_t)families[f].afi << 8 | families[f].safi;
}

enum family
family_after(enum family family)
{
	uint32_t low = family == FAM_NONE ? 0 : number(family);
	enum family next = FAM_NONE;

	for (unsigned f = 0; f < FAMILIES; f++)
		if (number(f) > low && (next == FAM_NONE || number(f) < number(next)))
			next = (enum family)f;
	return next;
}

enum family
family_by_name(const char *name)
{
	for (unsigned i = 0; i < FAMILIES; i++)
		if (!strcmp(families[i].name, name))
			return (enum family)i;
	return FAM_NONE;
}

enum family
family_by_words(const char *words)
{
	for (unsigned i = 0; i < FAMILIES; i++)
		if (*families[i].words == *words && !strcmp(families[i].words, words))
			return (enum family)i;
	return FAM_NONE;
}
