/*
 * The two attributes that carry networks of families other than IPv4 unicast (RFC 4760).
 *
 *   MP_REACH_NLRI:    AFI (2), SAFI (1), length (1) and next hop, reserved (1), NLRI ...
 *   MP_UNREACH_NLRI:  AFI (2), SAFI (1), NLRI ...
 *
 * A next hop is an IPv4 address, an IPv6 one, or that and a link-local one; in VPNs a zero
 * route distinguisher stands before each address.
 */
#include <string.h>

#include "decode.h"

enum { RD_LEN = 8 };

const char *
decode_run(struct decoder *d, bool reach, enum family family, struct wire w)
{
	struct update *u = d->u;
	unsigned *n = reach ? &u->reach_n : &u->unreach_n;
	struct nlri_run *run = (reach ? u->reach : u->unreach) + *n;
	const char *fault;

	if (!wire_left(&w)) /* as the withdrawals of most messages */
		return NULL;
	run->family = family;
	run->reach = reach;
	run->add_path = d->codec->add_path_rx[family];
	run->stacks = d->codec->labels[family];
	run->labels.len = 0;
	run->data = w.pos;
	run->len = wire_left(&w);
	run->plain = nlri_plain(family);
	fault = nlri_fault(run);
	*n += !fault && d->codec->active[family];
	return fault;
}

static const char *
read4(struct next_hop *nh, const uint8_t *p)
{
	nh->len = 4;
	memcpy(nh->b, p, 4);
	if (!p[0])
		return "next hop is not an address"; /* 0.0.0.0/8 */
	return p[0] >= 224 ? "next hop is not a host" : NULL;
}

static const char *
read6(struct next_hop *nh, const uint8_t *p, size_t len)
{
	static const uint8_t zero[16];
	bool ll = len == 32 && p[16] == 0xfe && (p[17] & 0xc0) == 0x80;

	/* A second address that is not link-local says nothing (RFC 2545, 3); some send a
	 * link-local one behind an empty global one. */
	if (ll && !memcmp(p, zero, 16)) {
		p += 16;
		ll = false;
	}
	nh->len = ll ? 32 : 16;
	memcpy(nh->b, p, nh->len);
	if (!memcmp(nh->b, zero, 16))
		return "next hop is not an address";
	return nh->b[0] == 0xff ? "next hop is not a host" : NULL;
}

/* RFC 4760, 3; RFC 2545, 3; RFC 8950, 3; RFC 4684, 5; with the distinguishers gone. */
static bool
next_hop_len_ok(const struct codec *codec, enum family family, size_t len)
{
	enum hop_form form = family_info(family)->hop;

	if (len == 4)
		return form != HOP_FORM_IP6;
	return (form != HOP_FORM_IP4 || codec->ext_next_hop[family]) &&
	       (len == 16 || len == 32);
}

/* All networks of a family share one next hop in a message. */
void
decode_next_hop(
    struct decoder *d, enum family family, unsigned attr, const uint8_t *p, size_t len)
{
	struct next_hop *to = &d->u->next_hop[family != FAM_IP4], nh = { 0 };
	const char *words = len == 4 ? read4(&nh, p) : read6(&nh, p, len);

	if (!words && to->len && (to->len != nh.len || memcmp(to->b, nh.b, nh.len)))
		words = "two next hops for one family";
	if (words)
		decode_fault(d, VERDICT_WITHDRAW, UPD_NEXT_HOP, attr, words);
	*to = nh;
}

/* Without the distinguishers, which are zero: the length of what is left in buf, or 0. */
static size_t
next_hop_strip(const uint8_t *p, size_t len, uint8_t buf[32])
{
	static const uint8_t zero[RD_LEN];
	size_t each = len == 48 ? 24 : len, n = 0;

	if (each != 12 && each != 24)
		return 0;
	for (size_t at = 0; at < len; at += each, n += each - RD_LEN) {
		if (memcmp(p + at, zero, RD_LEN))
			return 0;
		memcpy(buf + n, p + at + RD_LEN, each - RD_LEN);
	}
	return n;
}

/* Of a family with next hops. */
static bool
next_hop_read(struct decoder *d, const struct attr *a, enum family family,
    const uint8_t *nh, size_t len)
{
	uint8_t plain[32];

	if (family_info(family)->hop_rd) {
		len = next_hop_strip(nh, len, plain);
		nh = plain;
	}
	if (!next_hop_len_ok(d->codec, family, len)) {
		decode_fault(
		    d, VERDICT_RESET, UPD_OPTIONAL, a->code, "wrong next hop length");
		return false;
	}
	decode_next_hop(d, family, a->code, nh, len);
	return true;
}

/* What is malformed and can be passed over is left out alone (RFC 7606, 5.4). */
static void
run_take(struct decoder *d, const struct attr *a, bool reach, enum family family,
    struct wire w)
{
	const char *words = decode_run(d, reach, family, w);
	const struct update *u = d->u;

	if (words)
		decode_fault(d, VERDICT_RESET, UPD_OPTIONAL, a->code, words);
	else if ((reach ? u->reach_n : u->unreach_n) &&
		 (words = nlri_flaw(reach ? &u->reach[u->reach_n - 1]
					  : &u->unreach[u->unreach_n - 1])))
		decode_fault(d, VERDICT_DISCARD, UPD_OPTIONAL, a->code, words);
}

void
take_mp_reach(struct decoder *d, const struct attr *a)
{
	struct wire w = wire_init(a->data, a->len);
	uint16_t afi = wire_u16(&w);
	uint8_t safi = wire_u8(&w);
	enum family family = family_find(afi, safi);
	size_t nh_len = wire_u8(&w);
	const uint8_t *nh = wire_take(&w, nh_len);

	wire_u8(&w); /* reserved; was a count of SNPAs */
	if (w.bad) {
		decode_fault(
		    d, VERDICT_RESET, UPD_OPTIONAL, a->code, "attribute too short");
		return;
	}
	if (family == FAM_NONE || !d->codec->active[family]) {
		d->reach = true;
		return;
	}
	if (family_info(family)->hop != HOP_FORM_NONE &&
	    !next_hop_read(d, a, family, nh, nh_len))
		return;
	if (wire_left(&w))
		d->reach = true;
	run_take(d, a, true, family, w);
}

void
take_mp_unreach(struct decoder *d, const struct attr *a)
{
	struct wire w = wire_init(a->data, a->len);
	uint16_t afi = wire_u16(&w);
	uint8_t safi = wire_u8(&w);
	enum family family = family_find(afi, safi);

	if (w.bad) {
		decode_fault(
		    d, VERDICT_RESET, UPD_OPTIONAL, a->code, "attribute too short");
		return;
	}
	if (family == FAM_NONE || !d->codec->active[family])
		return;
	if (!wire_left(&w)) { /* update_decode sees whether it is alone */
		d->u->eor = true;
		d->u->eor_family = family;
		return;
	}
	run_take(d, a, false, family, w);
}
