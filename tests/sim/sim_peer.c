/*
 * Peers of sim_rib: their queues of segments, and what they hold of those they took.
 */
#include "sim_rib.h"

#include <string.h>
#include "base/longnet.h"
#include "base/wire.h"

/* The next one on the wire: -1, it is none of ours. */
static int
rx_net(const struct sim *s, struct wire *w)
{
	bool flow = s->family == FAM_FLOW4;
	uint8_t len = wire_u8(w);
	size_t octets = flow ? len : (len + 7u) / 8;
	const uint8_t *key = wire_take(w, octets);
	struct net n = { .type = (uint8_t)sim_net_type(s), .plen = len };

	if (!key && octets)
		return -1;
	if (flow)
		n = net_long(NET_FLOW4, key, len);
	else if (octets)
		memcpy(n.key, key, octets);
	for (int i = 0; i < NETS; i++)
		if (net_equal(&n, &s->nets[i]))
			return i;
	return -1;
}

static struct rx_route *
rx_slot(struct sim *s, struct peer *p, unsigned net, uint32_t id)
{
	struct rx_route *free_one = NULL;

	for (unsigned i = 0; i < PATHS; i++) {
		if (p->rx[net][i].held && p->rx[net][i].id == id)
			return &p->rx[net][i];
		if (!p->rx[net][i].held && !free_one)
			free_one = &p->rx[net][i];
	}
	if (!free_one)
		FAIL(s, "channel %u is left with paths of net %u", p->d.id, net);
	free_one->id = id;
	return free_one;
}

static void
rx_nlri(struct sim *s, struct peer *p, struct wire w, bool add_path, const uint8_t *attrs,
    size_t len, const struct next_hop *nh)
{
	while (wire_left(&w) && !w.bad) {
		uint32_t id = add_path ? wire_u32(&w) : 1;
		int i = rx_net(s, &w);
		struct rx_route *r;

		if (i < 0)
			FAIL(s, "channel %u is sent a network of nobody", p->d.id);
		r = rx_slot(s, p, (unsigned)i, id);
		r->held = attrs;
		if (!attrs)
			continue;
		if (len > BYTES)
			FAIL(s, "attributes too long for the test");
		r->len = len;
		memcpy(r->attrs, attrs, len);
		r->next_hop = *nh;
	}
	if (w.bad)
		FAIL(s, "malformed NLRI");
}

static void
rx_message(struct sim *s, struct peer *p, const uint8_t *body, size_t n)
{
	struct wire w = wire_init(body, n);
	struct wire gone = wire_sub(&w, wire_u16(&w));
	struct wire attrs = wire_sub(&w, wire_u16(&w)), mp = attrs, nlri;
	struct next_hop nh = { 0 };
	unsigned code = 0;
	bool ap = p->d.add_path_tx;

	if (gone.bad || attrs.bad || n > (p->d.ext_msg ? 65535u : 4096u) - 19)
		FAIL(s, "malformed message");
	rx_nlri(s, p, gone, ap, NULL, 0, NULL);
	if (s->family == FAM_IP4) {
		rx_nlri(s, p, w, ap, attrs.pos, wire_left(&attrs), &nh);
		return;
	}
	wire_u8(&mp);
	code = wire_u8(&mp);
	nlri = wire_sub(&mp, wire_u16(&mp));
	wire_u16(&nlri);
	wire_u8(&nlri);
	if (code == ATTR_MP_UNREACH) {
		rx_nlri(s, p, nlri, ap, NULL, 0, NULL);
		return;
	}
	if (code != ATTR_MP_REACH)
		FAIL(s, "MP_REACH is not first");
	nh.len = wire_u8(&nlri);
	memcpy(nh.b, wire_take(&nlri, nh.len), nh.len);
	wire_u8(&nlri);
	rx_nlri(s, p, nlri, ap, mp.pos, wire_left(&mp), &nh);
}

static void
rx_bytes(struct sim *s, struct peer *p, const uint8_t *b, size_t n)
{
	while (n) {
		size_t len = n >= 19 ? get_u16(b + 16) : 0;

		if (len < 19 || len > n)
			FAIL(s, "a run does not hold whole messages");
		rx_message(s, p, b + 19, len - 19);
		b += len;
		n -= len;
	}
}

static void
rx_segment(struct sim *s, struct peer *p, const struct segment *seg)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < seg->run_n; i++) {
		if (seg->runs[i].source != p->d.id)
			rx_bytes(s, p, seg->bytes + at, seg->runs[i].end - at);
		at = seg->runs[i].end;
	}
	if (at != seg->len)
		FAIL(s, "runs do not cover the segment");
}

void
sim_push(struct sim *s, struct peer *p, struct segment *seg)
{
	if (p->tail - p->head == QUEUE)
		FAIL(s, "queue of channel %u grows without bound", p->d.id);
	p->queue[p->tail++ % QUEUE] = seg;
	p->queued += seg->len;
}

void
sim_deliver(struct sim *s, struct peer *p, unsigned n)
{
	for (; n && p->head != p->tail; n--) {
		struct segment *seg = p->queue[p->head++ % QUEUE];

		rx_segment(s, p, seg);
		p->queued -= seg->len;
		segment_unref(seg);
	}
}

void
sim_clear(struct peer *p)
{
	while (p->head != p->tail)
		segment_unref(p->queue[p->head++ % QUEUE]);
	p->queued = 0;
}
