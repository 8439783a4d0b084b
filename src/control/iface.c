/*
 * Interfaces and addresses from getifaddrs.  It gives an entry for each address and one
 * for each link; they are gathered by name.
 */
#include "control/iface.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <netinet/in.h>

#define INTERFACES_MAX 4096

/* Asked of the kernel: /sys shows the interfaces of the namespace it was mounted in. */
static unsigned
read_mtu(const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = { 0 };
	bool ok;

	if (fd < 0)
		return 0;
	strncpy(r.ifr_name, name, sizeof(r.ifr_name) - 1);
	ok = ioctl(fd, SIOCGIFMTU, &r) == 0;
	close(fd);
	return ok ? (unsigned)r.ifr_mtu : 0;
}

static struct interface_record *
get_record(
    struct arena *arena, struct interface_record *all, unsigned *n, struct ifaddrs *ifa)
{
	unsigned i;

	for (i = 0; i < *n; i++)
		if (!strcmp(all[i].name, ifa->ifa_name))
			return &all[i];
	if (i == INTERFACES_MAX)
		return NULL;
	all[i] = (struct interface_record){
		.name = arena_strdup(arena, ifa->ifa_name),
		.index = if_nametoindex(ifa->ifa_name),
		.mtu = read_mtu(ifa->ifa_name),
		.admin_up = ifa->ifa_flags & IFF_UP,
		.link_up = ifa->ifa_flags & IFF_RUNNING,
		.loopback = ifa->ifa_flags & IFF_LOOPBACK,
		.ptp = ifa->ifa_flags & IFF_POINTOPOINT,
		.broadcast = ifa->ifa_flags & IFF_BROADCAST,
		.multicast = ifa->ifa_flags &
		    (IFF_BROADCAST | IFF_POINTOPOINT), /* as BIRD says it */
	};
	*n = i + 1;
	return &all[i];
}

static unsigned
mask_len(const struct sockaddr *mask)
{
	const uint8_t *p;
	unsigned n, len = 0;

	if (!mask)
		return 0;
	if (mask->sa_family == AF_INET6) {
		p = (const uint8_t *)mask + offsetof(struct sockaddr_in6, sin6_addr);
		n = 16;
	} else {
		p = (const uint8_t *)mask + offsetof(struct sockaddr_in, sin_addr);
		n = 4;
	}
	for (unsigned i = 0; i < n; i++)
		len += (unsigned)__builtin_popcount(p[i]);
	return len;
}

/* An IPv4 address is secondary when one before it has the same network. */
static bool
is_secondary(const struct interface_record *r, const struct interface_address *a)
{
	struct net net = net_from_ip(&a->ip, a->plen);

	if (!ip_is4(&a->ip))
		return false;
	for (unsigned i = 0; i < r->address_n; i++) {
		struct net other = net_from_ip(&r->address[i].ip, r->address[i].plen);

		if (ip_is4(&r->address[i].ip) && net_equal(&net, &other))
			return true;
	}
	return false;
}

static void
add_address(struct arena *arena, struct interface_record *r, const struct ifaddrs *ifa)
{
	struct interface_address *all, a = { .plen = mask_len(ifa->ifa_netmask) };
	uint16_t port;

	if (!ifa->ifa_addr || !ip_from_sockaddr(ifa->ifa_addr, &a.ip, &port))
		return;
	if (r->ptp && ifa->ifa_dstaddr)
		ip_from_sockaddr(ifa->ifa_dstaddr, &a.opposite, &port);
	a.secondary = is_secondary(r, &a);
	all = ARENA_ARRAY(arena, struct interface_address, r->address_n + 1);
	if (r->address_n)
		memcpy(all, r->address, sizeof(*all) * r->address_n);
	all[r->address_n++] = a;
	r->address = all;
}

static int
by_index(const void *pa, const void *pb)
{
	const struct interface_record *a = pa, *b = pb;

	return a->index < b->index ? -1 : a->index > b->index;
}

const struct interface_record *
interfaces_read(struct arena *arena, unsigned *n)
{
	struct interface_record *all =
	    ARENA_ARRAY(arena, struct interface_record, INTERFACES_MAX);
	struct ifaddrs *list;

	*n = 0;
	if (getifaddrs(&list) != 0)
		return all;
	for (struct ifaddrs *i = list; i; i = i->ifa_next) {
		struct interface_record *r = get_record(arena, all, n, i);

		if (r && i->ifa_addr &&
		    (i->ifa_addr->sa_family == AF_INET ||
			i->ifa_addr->sa_family == AF_INET6))
			add_address(arena, r, i);
	}
	freeifaddrs(list);
	qsort(all, *n, sizeof(*all), by_index);
	return all;
}
