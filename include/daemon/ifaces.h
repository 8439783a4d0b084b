/*
 * The machine's interfaces and their addresses, kept true by netlink.  Main thread.
 */
#ifndef MYNAH_DAEMON_IFACES_H
#define MYNAH_DAEMON_IFACES_H

#include "base/net.h"
#include "bgp/hops.h"
#include "daemon/loop.h"

struct iface_addr {
	struct ip ip;
	struct ip peer; /* the other end of a point-to-point link, or equal to ip */
	uint8_t plen;	/* of the network on the link */
	uint8_t scope;	/* RT_SCOPE_* */
	bool secondary;
};

struct iface {
	unsigned index;
	char name[HOP_IFNAME];
	unsigned flags; /* IFF_* */
	unsigned mtu, master;
	bool is_vrf; /* it is a VRF's own device */
	unsigned addr_n;
	struct iface_addr *addr;
};

struct ifaces;

/* Reads all there is now, then follows changes.  on_change is called after interfaces or
 * addresses have changed, gathered.  NULL and errno where there is no netlink. */
struct ifaces *ifaces_new(struct loop *, void (*on_change)(void *ctx), void *ctx);
void ifaces_free(struct ifaces *);

/* In the order of their index: i from 0, NULL past the last. */
const struct iface *ifaces_at(const struct ifaces *, unsigned i);
const struct iface *ifaces_by_index(const struct ifaces *, unsigned index);
const struct iface *ifaces_by_name(struct ifaces *, const char *name);

bool iface_is_up(const struct iface *);	  /* administratively */
bool iface_has_link(const struct iface *); /* and the carrier is there */
/* The network of an address: host routes on links with a peer. */
struct net iface_net(const struct iface_addr *);
/* The VRF (conf/model.h) that the interface is in: its master, as BIRD has it whatever kind
 * that is, or itself where it is a VRF's device; VRF_DEFAULT: none. */
const char *iface_vrf(const struct ifaces *, const struct iface *);
bool iface_in_vrf(const struct ifaces *, const struct iface *, const char *vrf);
/* The interface of the VRF with a network that the address is in, or NULL. */
const struct iface *ifaces_onlink(struct ifaces *, const struct ip *, const char *vrf);

#endif
