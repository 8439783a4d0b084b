/*
 * Long networks (base/longnet.h) as values of filters and as text.
 */
#ifndef MYNAH_FILTER_LONGNET_H
#define MYNAH_FILTER_LONGNET_H

#include "filter/vnet.h"

/* v has room for vnet_room bytes. */
void vnet_from_long(const struct net *, struct vnet *v);

/* As BIRD prints those it knows:
 *   flow4 { dst 192.0.2.0/24; proto 6; }
 *   evpn mac 10:20 0 02:00:00:00:00:01 192.0.2.1
 * and in the same way, in words of ours:
 *   evpn ip 10:20 0 192.0.2.0/24
 *   evpn 6 0a0b0c...
 *   vpn 10:20 flow4 { ... }
 *   vpls 10:20 3 1; vpls 10:20 192.0.2.1
 *   linkstate node isis-l2 1 hex:... */
void vtext_long(struct vtext *, const struct net *);

#endif
