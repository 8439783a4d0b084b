/*
 * Attribute types: a row each, with the length it may have, its check, and what a fault
 * in it means (RFC 7606, section 7).  The decoder in update.c works the rows; it knows no
 * type.
 *
 *   0                   1
 *   +-+-+-+-+- - - -+----------------+-----------------+------ - -
 *   |O|T|P|E|   0   |   type code    | length (1 or 2) | value
 *   +-+-+-+-+- - - -+----------------+-----------------+------ - -
 *    optional, transitive, partial, extended length
 */
#include "decode.h"

#include <string.h>

#define WELL_KNOWN AF_TRANSITIVE
#define OPTIONAL AF_OPTIONAL
#define OPT_TRANS (AF_OPTIONAL | AF_TRANSITIVE)
#define EXACT(n) .min = (n), .max = (n), .unit = 1
#define LIST_OF(n) .min = (n), .max = UINT16_MAX, .unit = (n)
#define ANY .max = UINT16_MAX, .unit = 1

static const struct fault fine = { 0, NULL };

static struct fault
origin_check(const struct decoder *d, const struct attr *a)
{
	(void)d;
	if (a->data[0] > ORIGIN_INCOMPLETE)
		return (struct fault){ UPD_ORIGIN, "unknown origin" };
	return fine;
}

static struct fault
as_path_check(const struct decoder *d, const struct attr *a)
{
	size_t as_len = d->codec->as4 ? 4 : 2;
	/* RFC 5065, 5.3: segments of a confederation are for its members. */
	const char *words = path_fault(a->data, a->len, as_len, d->codec->confed);

	if (!words && d->codec->confed && !d->codec->internal &&
	    (!a->len || a->data[0] != SEG_CONFED_SEQUENCE)) /* RFC 5065, 5 */
		words = "no AS_CONFED_SEQUENCE in front";

	if (!words && as_len == 2 && a->len > UINT16_MAX / 2)
		words = "path too long";
	return (struct fault){ UPD_AS_PATH, words };
}

static void
as_path_take(struct decoder *d, const struct attr *a)
{
	struct draft *draft = &d->u->draft;
	struct path p = { a->data, a->len };

	if (!d->codec->as4)
		p = path_widen(draft->arena, a->data, a->len);
	draft_put(draft, a->flags, a->code, p.data, p.len);
}

/* RFC 4760, 3: without networks of its own NEXT_HOP means nothing. */
static void
next_hop_take(struct decoder *d, const struct attr *a)
{
	if (!d->classic)
		return;
	if (a->len == 4)
		decode_next_hop(d, FAM_IP4, a->code, a->data, a->len);
	else
		decode_fault(d, VERDICT_WITHDRAW, UPD_LENGTH, a->code, "wrong length");
}

static struct fault
aggregator_check(const struct decoder *d, const struct attr *a)
{
	if (a->len != (d->codec->as4 ? 8 : 6))
		return (struct fault){ UPD_LENGTH, "wrong length" };
	if (!(d->codec->as4 ? get_u32(a->data) : get_u16(a->data)))
		return (struct fault){ UPD_OPTIONAL, "AS 0" }; /* RFC 7607 */
	return fine;
}

static void
aggregator_take(struct decoder *d, const struct attr *a)
{
	struct draft *draft = &d->u->draft;
	uint8_t wide[8];

	if (d->codec->as4) {
		draft_put(draft, a->flags, a->code, a->data, a->len);
		return;
	}
	put_u32(wide, get_u16(a->data));
	memcpy(wide + 4, a->data + 2, 4);
	draft_set(draft, a->flags, a->code, wide, sizeof(wide));
}

static struct fault
as4_path_check(const struct decoder *d, const struct attr *a)
{
	if (d->codec->as4)
		return fine;
	return (struct fault){ UPD_OPTIONAL, path_fault(a->data, a->len, 4, true) };
}

/* RFC 6793, 4.1 and 6: from a neighbour that speaks 4-octet numbers these two mean
 * nothing. */
static void
as4_path_take(struct decoder *d, const struct attr *a)
{
	if (!d->codec->as4)
		d->as4_path = (struct path){ a->data, a->len };
}

static struct fault
as4_aggregator_check(const struct decoder *d, const struct attr *a)
{
	if (!d->codec->as4 && !get_u32(a->data))
		return (struct fault){ UPD_OPTIONAL, "AS 0" };
	return fine;
}

static void
as4_aggregator_take(struct decoder *d, const struct attr *a)
{
	if (!d->codec->as4)
		d->as4_aggr = a->data;
}

/* Each value says how long it is, and the last ends with the attribute: behind a head, type
 * and length of so many bytes. */
static bool
tlvs_end(const struct attr *a, size_t head, size_t type_len, size_t len_len)
{
	struct wire w = wire_init(a->data, a->len);

	wire_take(&w, head);
	while (wire_left(&w) && !w.bad) {
		wire_take(&w, type_len);
		wire_take(&w, len_len == 2 ? wire_u16(&w) : wire_u8(&w));
	}
	return !w.bad;
}

static struct fault
tlv_check(const struct decoder *d, const struct attr *a)
{
	(void)d;
	if (!tlvs_end(a, 0, a->code == ATTR_PREFIX_SID ? 1 : 2, 2))
		return (struct fault){ UPD_OPTIONAL, "a value overruns the attribute" };
	return fine;
}

/* RFC 9026, 3.1.6: mode and discriminator, then TLVs. */
static struct fault
bfd_check(const struct decoder *d, const struct attr *a)
{
	(void)d;
	if (!tlvs_end(a, 5, 1, 1))
		return (struct fault){ UPD_OPTIONAL, "a value overruns the attribute" };
	return fine;
}

/* RFC 6368, 5: an AS number and a list of attributes, of which only the lengths are ours to
 * judge: who unpacks it reads the rest. */
static struct fault
set_check(const struct decoder *d, const struct attr *a)
{
	struct wire w = wire_init(a->data, a->len);

	(void)d;
	wire_u32(&w);
	while (wire_left(&w) && !w.bad) {
		bool extended = wire_u8(&w) & AF_EXTENDED;

		wire_u8(&w);
		wire_take(&w, extended ? wire_u16(&w) : wire_u8(&w));
	}
	if (w.bad)
		return (struct fault){ UPD_OPTIONAL, "an attribute in it overruns it" };
	return fine;
}

/*
 * RFC 7311, 3:
 *   +------+-----------+--------- - -
 *   | type |  length   | value         the length counts type and length, too;
 *   +------+-----------+--------- - -  type 1 is a metric of 8 bytes
 */
enum { TLV_HEAD = 3 };

static struct fault
aigp_check(const struct decoder *d, const struct attr *a)
{
	struct wire w = wire_init(a->data, a->len);

	(void)d;
	while (wire_left(&w)) {
		unsigned type = wire_u8(&w), len = wire_u16(&w);

		if (w.bad || len < TLV_HEAD || !wire_take(&w, len - TLV_HEAD))
			return (
			    struct fault){ UPD_OPTIONAL, "TLV overruns the attribute" };
		if (type == AIGP_TLV_METRIC && len != AIGP_TLV_LEN)
			return (struct fault){ UPD_OPTIONAL, "metric of a wrong length" };
	}
	return fine;
}

size_t
aigp_tlv(const uint8_t *data, size_t size)
{
	struct wire w;

	if (!size) /* there may be no bytes at all */
		return 0;
	w = wire_init(data, size);
	while (wire_left(&w)) {
		size_t at = size - wire_left(&w);
		unsigned type = wire_u8(&w), len = wire_u16(&w);

		if (len < TLV_HEAD || !wire_take(&w, len - TLV_HEAD))
			break;
		if (type == AIGP_TLV_METRIC && len == AIGP_TLV_LEN)
			return at;
	}
	return size;
}

bool
aigp_metric(const uint8_t *data, size_t size, uint64_t *metric)
{
	size_t at = aigp_tlv(data, size);

	if (at == size)
		return false;
	*metric = (uint64_t)get_u32(data + at + TLV_HEAD) << 32 |
		  get_u32(data + at + TLV_HEAD + 4);
	return true;
}

const struct attr_type attr_types[256] = {
	[ATTR_ORIGIN] = { "ORIGIN", WELL_KNOWN, VERDICT_WITHDRAW, EXACT(1),
	    .check = origin_check },
	[ATTR_AS_PATH] = { "AS_PATH", WELL_KNOWN, VERDICT_WITHDRAW, ANY,
	    .check = as_path_check, .take = as_path_take },
	[ATTR_NEXT_HOP] = { "NEXT_HOP", WELL_KNOWN, VERDICT_WITHDRAW, ANY,
	    .take = next_hop_take },
	[ATTR_MED] = { "MULTI_EXIT_DISC", OPTIONAL, VERDICT_WITHDRAW, EXACT(4) },
	[ATTR_LOCAL_PREF] = { "LOCAL_PREF", WELL_KNOWN, VERDICT_WITHDRAW, EXACT(4),
	    .internal = true },
	[ATTR_ATOMIC_AGGR] = { "ATOMIC_AGGREGATE", WELL_KNOWN, VERDICT_DISCARD,
	    EXACT(0) },
	[ATTR_AGGREGATOR] = { "AGGREGATOR", OPT_TRANS, VERDICT_DISCARD, ANY,
	    .check = aggregator_check, .take = aggregator_take },
	[ATTR_COMMUNITY] = { "COMMUNITIES", OPT_TRANS, VERDICT_WITHDRAW, LIST_OF(4) },
	[ATTR_ORIGINATOR_ID] = { "ORIGINATOR_ID", OPTIONAL, VERDICT_WITHDRAW, EXACT(4),
	    .internal = true },
	[ATTR_CLUSTER_LIST] = { "CLUSTER_LIST", OPTIONAL, VERDICT_WITHDRAW, LIST_OF(4),
	    .internal = true },
	[ATTR_MP_REACH] = { "MP_REACH_NLRI", OPTIONAL, VERDICT_RESET, ANY,
	    .take = take_mp_reach },
	[ATTR_MP_UNREACH] = { "MP_UNREACH_NLRI", OPTIONAL, VERDICT_RESET, ANY,
	    .take = take_mp_unreach },
	[ATTR_EXT_COMMUNITY] = { "EXTENDED_COMMUNITIES", OPT_TRANS, VERDICT_WITHDRAW,
	    LIST_OF(8) },
	[ATTR_AS4_PATH] = { "AS4_PATH", OPT_TRANS, VERDICT_DISCARD, .min = 6,
	    .max = UINT16_MAX, .unit = 2, .check = as4_path_check,
	    .take = as4_path_take },
	[ATTR_AS4_AGGREGATOR] = { "AS4_AGGREGATOR", OPT_TRANS, VERDICT_DISCARD, EXACT(8),
	    .check = as4_aggregator_check, .take = as4_aggregator_take },
	[ATTR_PMSI_TUNNEL] = { "PMSI_TUNNEL", OPT_TRANS, VERDICT_WITHDRAW, .min = 5,
	    .max = UINT16_MAX, .unit = 1 },
	[ATTR_TUNNEL_ENCAP] = { "TUNNEL_ENCAPSULATION", OPT_TRANS, VERDICT_WITHDRAW, ANY,
	    .check = tlv_check },
	[ATTR_TRAFFIC_ENG] = { "TRAFFIC_ENGINEERING", OPTIONAL, VERDICT_DISCARD, ANY },
	[ATTR_EXT6_COMMUNITY] = { "IPV6_EXTENDED_COMMUNITIES", OPT_TRANS,
	    VERDICT_WITHDRAW, LIST_OF(20) },
	[ATTR_AIGP] = { "AIGP", OPTIONAL, VERDICT_DISCARD, ANY, .flags_discard = true,
	    .check = aigp_check }, /* RFC 7311 */
	[ATTR_PE_LABELS] = { "PE_DISTINGUISHER_LABELS", OPT_TRANS, VERDICT_WITHDRAW,
	    ANY },
	[ATTR_LS] = { "BGP-LS", OPTIONAL, VERDICT_DISCARD, ANY, .check = tlv_check },
	[ATTR_LARGE_COMMUNITY] = { "LARGE_COMMUNITY", OPT_TRANS, VERDICT_WITHDRAW,
	    LIST_OF(12) },
	[ATTR_OTC] = { "OTC", OPT_TRANS, VERDICT_WITHDRAW, EXACT(4) }, /* RFC 9234 */
	[ATTR_SFP] = { "SFP", OPT_TRANS, VERDICT_WITHDRAW, ANY },
	[ATTR_BFD] = { "BFD_DISCRIMINATOR", OPT_TRANS, VERDICT_DISCARD, .min = 5,
	    .max = UINT16_MAX, .unit = 1, .check = bfd_check },
	[ATTR_PREFIX_SID] = { "PREFIX_SID", OPT_TRANS, VERDICT_DISCARD, ANY,
	    .check = tlv_check },
	[ATTR_SET] = { "ATTR_SET", OPT_TRANS, VERDICT_WITHDRAW, .min = 4,
	    .max = UINT16_MAX, .unit = 1, .check = set_check },
};

const char *
attr_name(unsigned code)
{
	return code < 256 ? attr_types[code].name : NULL;
}
