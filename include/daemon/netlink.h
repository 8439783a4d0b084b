/*
 * Netlink (rtnetlink(7)): routes of the kernel as values, and the socket.
 *
 * The codec is pure; the rest belongs to the thread that made the socket.
 */
#ifndef MYNAH_DAEMON_NETLINK_H
#define MYNAH_DAEMON_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/longnet.h"
#include "bgp/hops.h"

struct nlmsghdr;

enum { KROUTE_HOPS = 64, KROUTE_RTAX = 18, KROUTE_MINE = 12 /* RTPROT_BIRD */ };

struct khop {
	struct ip via; /* none: on the link; of the other family: RTA_VIA */
	unsigned oif;  /* interface index, 0: none */
	uint16_t weight; /* 1 to 256 */
	bool onlink;
	uint8_t label_n; /* a packet gets these, the outermost first */
	uint32_t label[HOP_LABELS];
};

/* A route of one of the kernel's tables: of IPv4, IPv6, of IPv6 by source, of MPLS.  A long
 * network that was parsed borrows `sadr`. */
struct kroute {
	struct net net;
	uint8_t sadr[SADR_LEN];
	uint32_t table, metric;
	uint8_t proto, scope, tos;
	enum dest dest;
	bool cloned; /* of the cache, or offloaded state: no route */
	bool strange; /* local, broadcast, multicast ...: none of ours to handle */
	bool down;   /* its interface is */
	uint32_t flags;
	struct ip prefsrc; /* or none */
	uint32_t realm;
	uint32_t rtax_mask; /* bit n: rtax[n] is set; RTAX_* */
	uint32_t rtax[KROUTE_RTAX];
	unsigned hop_n;
	struct khop hop[KROUTE_HOPS];
};

/* False when the message is no route that can be understood.  RTM_NEWROUTE, RTM_DELROUTE. */
bool kroute_parse(const struct nlmsghdr *, struct kroute *);

/* Writes a message of at most `size` bytes, returns its length or 0 when it does not fit.
 * type: RTM_NEWROUTE, RTM_DELROUTE; flags: NLM_F_*. */
size_t kroute_build(const struct kroute *, unsigned type, unsigned flags, uint32_t seq,
    void *buf, size_t size);

/* Do both lead to the same?  Table, network, metric and the order of hops do not count. */
bool kroute_same(const struct kroute *, const struct kroute *);

/* What a message says of an interface: RTM_NEWLINK, RTM_DELLINK. */
struct klink {
	unsigned index, flags, mtu, master; /* 0: not said */
	char name[HOP_IFNAME];
	bool is_vrf; /* it is a VRF's device */
};

/* False: it cannot be understood, or is not about the interface as such. */
bool klink_parse(const struct nlmsghdr *, struct klink *);

/* A socket, non-blocking; groups: bits of RTMGRP_*, 0: none.  Or -errno. */
int netlink_open(unsigned groups);
void netlink_room(int fd, uint32_t bytes); /* for what was not received yet */
uint32_t netlink_port(int fd); /* who we are in notifications: nlmsg_pid */
/* Asks for all of a kind; 0 or -errno.  strict: only of the family and (routes) table. */
int netlink_dump(int fd, unsigned type, unsigned family, uint32_t table, uint32_t seq);

enum netlink_got {
	NETLINK_NOTHING, /* no more for now */
	NETLINK_SOME,
	NETLINK_DONE, /* end of a dump */
	NETLINK_BROKEN, /* the dump was not consistent */
	NETLINK_LOST, /* messages were lost: look at everything anew */
};

/* Receives once; fn for each message, acknowledgements (NLMSG_ERROR) with their errno. */
enum netlink_got netlink_receive(
    int fd, void (*fn)(void *ctx, const struct nlmsghdr *, int error), void *ctx);

/* A batch on its way to the kernel. */
struct netlink_batch {
	int fd;
	uint32_t seq; /* of the next message */
	size_t len;
	unsigned n;
	uint32_t last; /* offset of the last message */
	uint8_t buf[32768];
};

/* Adds a message about a route; false: full, send it first. */
bool netlink_batch_add(
    struct netlink_batch *, const struct kroute *, unsigned type, unsigned flags);
/* Sends all and reads the answers: fn for each that failed, by its place in the batch.
 * 0 or -errno of the sending itself.  The kernel has done all of it on return. */
int netlink_batch_send(
    struct netlink_batch *, void (*fn)(void *ctx, unsigned place, int error), void *ctx);

#endif
