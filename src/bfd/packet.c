/*
 * The mandatory section of a control packet, RFC 5880, 4.1:
 *
 *   Vers (3) Diag (5)   Sta (2) P F C A D M   Detect Mult (8)   Length (8)
 *   My Discriminator (32)
 *   Your Discriminator (32)
 *   Desired Min TX Interval (32), microseconds as all of them
 *   Required Min RX Interval (32)
 *   Required Min Echo RX Interval (32)
 *
 * then the authentication section, if A is set: type, length, what belongs to the type.
 */
#include "bfd/packet.h"

#include "base/wire.h"

enum {
	VERSION = 1,
	MULTIPOINT = 1,
	DEMAND = 2,
	AUTH = 4,
	INDEPENDENT = 8,
	FINAL = 16,
	POLL = 32,
	STATE_SHIFT = 6
};

static const char *const state_names[] = { "AdminDown", "Down", "Init", "Up" };

static const char *const diag_names[] = {
	[BFD_DIAG_NONE] = "None",
	[BFD_DIAG_EXPIRED] = "Control detection time expired",
	[BFD_DIAG_ECHO] = "Echo function failed",
	[BFD_DIAG_SIGNALED] = "Neighbor signaled session down",
	[BFD_DIAG_FORWARDING] = "Forwarding plane reset",
	[BFD_DIAG_PATH] = "Path down",
	[BFD_DIAG_CONCATENATED] = "Concatenated path down",
	[BFD_DIAG_ADMIN] = "Administratively down",
	[BFD_DIAG_REVERSE] = "Reverse concatenated path down",
};

const char *
bfd_state_name(unsigned state)
{
	return state_names[state & 3];
}

const char *
bfd_diag_name(unsigned diag)
{
	return diag < sizeof(diag_names) / sizeof(*diag_names) ? diag_names[diag]
							       : "Unknown";
}

static const char *
fault_of(const struct bfd_packet *p, unsigned version, unsigned flags, size_t n)
{
	if (version != VERSION)
		return "wrong version";
	if (p->len < (p->auth ? BFD_HEAD + 2u : (size_t)BFD_HEAD) || p->len > n)
		return "wrong length";
	if (!p->multiplier)
		return "detection multiplier of zero";
	if (flags & MULTIPOINT)
		return "multipoint bit set";
	if (p->poll && p->final)
		return "poll and final bits set";
	if (!p->my_disc)
		return "discriminator of zero";
	if (!p->your_disc && p->state > BFD_DOWN)
		return "no discriminator of ours";
	return NULL;
}

const char *
bfd_decode(struct bfd_packet *p, const uint8_t *bytes, size_t n)
{
	struct wire w = wire_init(bytes, n);
	uint8_t first = wire_u8(&w), flags = wire_u8(&w);

	*p = (struct bfd_packet){
		.diag = first & 31,
		.state = flags >> STATE_SHIFT,
		.poll = flags & POLL,
		.final = flags & FINAL,
		.independent = flags & INDEPENDENT,
		.auth = flags & AUTH,
		.demand = flags & DEMAND,
		.bytes = bytes,
	};
	p->multiplier = wire_u8(&w);
	p->len = wire_u8(&w);
	p->my_disc = wire_u32(&w);
	p->your_disc = wire_u32(&w);
	p->min_tx_us = wire_u32(&w);
	p->min_rx_us = wire_u32(&w);
	p->min_echo_us = wire_u32(&w);
	return w.bad ? "too short" : fault_of(p, first >> 5, flags, n);
}

void
bfd_encode(const struct bfd_packet *p, uint8_t *to)
{
	to[0] = (uint8_t)(VERSION << 5 | (p->diag & 31));
	to[1] = (uint8_t)(p->state << STATE_SHIFT | (p->poll ? POLL : 0) |
			  (p->final ? FINAL : 0) | (p->independent ? INDEPENDENT : 0) |
			  (p->auth ? AUTH : 0) | (p->demand ? DEMAND : 0));
	to[2] = p->multiplier;
	to[3] = BFD_HEAD;
	put_u32(to + 4, p->my_disc);
	put_u32(to + 8, p->your_disc);
	put_u32(to + 12, p->min_tx_us);
	put_u32(to + 16, p->min_rx_us);
	put_u32(to + 20, p->min_echo_us);
}
