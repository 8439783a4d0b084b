/*
 * Networks on the wire (RFC 4271, 4.3; RFC 7911, 3) and the two attributes that carry
 * them for families other than IPv4 unicast (RFC 4760).
 *
 *   NLRI:             [ path id (4) ] length in bits (1), as many bytes as that needs
 *   MP_REACH_NLRI:    AFI (2), SAFI (1), length (1) and next hop, reserved (1), NLRI ...
 *   MP_UNREACH_NLRI:  AFI (2), SAFI (1), NLRI ...
 *
 * A run is checked once, when the message is decoded; reading it later does not fail.
 */
#include "decode.h"

#include <string.h>

const char *
nlri_fault(const struct nlri_run *run)
{
	unsigned max = net_plen_max(family_info(run->family)->net_type), plen;
	struct wire w = wire_init(run->data, run->len);

	while (wire_left(&w)) {
		if (run->add_path)
			wire_take(&w, 4);
		plen = wire_u8(&w);
		wire_take(&w, (plen + 7) / 8);
		if (plen > max)
			return "prefix length out of range";
		if (w.bad)
			return "network overruns its field";
	}
	return NULL;
}

bool
nlri_next(struct nlri_run *run, struct nlri *nlri)
{
	struct wire w = wire_init(run->data, run->len);
	const uint8_t *key;
	size_t n;

	if (!run->len)
		return false;
	memset(nlri, 0, sizeof(*nlri));
	if (run->add_path)
		nlri->path_id = wire_u32(&w);
	nlri->net.type = (uint8_t)family_info(run->family)->net_type;
	nlri->net.plen = wire_u8(&w);
	n = (nlri->net.plen + 7u) / 8;
	key = wire_take(&w, n);
	if (!key || n > NET_KEY_MAX)
		return false;
	memcpy(nlri->net.key, key, n);
	if (nlri->net.plen % 8) /* bits beyond the prefix are of no account */
		nlri->net.key[n - 1] &= (uint8_t)(0xff00 >> nlri->net.plen % 8);
	run->data = w.pos;
	run->len = wire_left(&w);
	return true;
}

const char *
decode_run(struct decoder *d, bool reach, enum family family, struct wire w)
{
	struct nlri_run run = { .family = family, .data = w.pos, .len = wire_left(&w) };
	struct update *u = d->u;
	const char *fault;

	run.add_path = d->codec->add_path_rx[family];
	fault = nlri_fault(&run);
	if (fault)
		return fault;
	if (!run.len || !d->codec->active[family])
		return NULL;
	if (reach)
		u->reach[u->reach_n++] = run;
	else
		u->unreach[u->unreach_n++] = run;
	return NULL;
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

/* RFC 4760, 3; RFC 2545, 3; RFC 8950, 3. */
static bool
next_hop_len_ok(const struct codec *codec, enum family family, size_t len)
{
	if (family == FAM_IP4 && len == 4)
		return true;
	return (family != FAM_IP4 || codec->ext_next_hop[family]) &&
	       (len == 16 || len == 32);
}

/* All networks of a family share one next hop in a message. */
void
decode_next_hop(
    struct decoder *d, enum family family, unsigned attr, const uint8_t *p, size_t len)
{
	struct next_hop *to = &d->u->next_hop[family], nh;
	const char *words = len == 4 ? read4(&nh, p) : read6(&nh, p, len);

	if (!words && to->len && (to->len != nh.len || memcmp(to->b, nh.b, nh.len)))
		words = "two next hops for one family";
	if (words)
		decode_fault(d, VERDICT_WITHDRAW, UPD_NEXT_HOP, attr, words);
	*to = nh;
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
	const char *words;

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
	if (!next_hop_len_ok(d->codec, family, nh_len)) {
		decode_fault(
		    d, VERDICT_RESET, UPD_OPTIONAL, a->code, "wrong next hop length");
		return;
	}
	if (wire_left(&w))
		d->reach = true;
	decode_next_hop(d, family, a->code, nh, nh_len);
	words = decode_run(d, true, family, w);
	if (words)
		decode_fault(d, VERDICT_RESET, UPD_OPTIONAL, a->code, words);
}

void
take_mp_unreach(struct decoder *d, const struct attr *a)
{
	struct wire w = wire_init(a->data, a->len);
	uint16_t afi = wire_u16(&w);
	uint8_t safi = wire_u8(&w);
	enum family family = family_find(afi, safi);
	const char *words;

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
	words = decode_run(d, false, family, w);
	if (words)
		decode_fault(d, VERDICT_RESET, UPD_OPTIONAL, a->code, words);
}
