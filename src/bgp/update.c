/*
 * UPDATE, decoded (RFC 4271, 4.3).
 *
 *   +-----------+---------------+-----------+----------------+------------ -
 *   | length(2) | withdrawn ... | length(2) | attributes ... | NLRI ...
 *   +-----------+---------------+-----------+----------------+------------ -
 *
 * The three parts are cut first: from then on every fault has a known extent, which is
 * what RFC 7606 asks for before a message may be treated as a withdrawal.  Attributes are
 * then taken one by one through the table in attr.c; at the end what only shows in the
 * whole is looked at: missing attributes, the two halves of a 4-octet AS path (RFC 6793),
 * End-of-RIB (RFC 4724).
 *
 * Nothing is copied but what changes width; the rest points into the message.
 */
#include "decode.h"

#include <string.h>

void
decode_fault(struct decoder *d, enum verdict verdict, unsigned subcode, unsigned attr,
    const char *words)
{
	struct update *u = d->u;

	if (verdict <= u->verdict)
		return;
	u->verdict = verdict;
	u->code = ERR_UPDATE;
	u->subcode = (uint8_t)subcode;
	u->fault_attr = (uint8_t)attr;
	u->fault_data = d->raw;
	u->fault_len = d->raw_len;
	u->fault = words;
}

/* True if the code was seen before; from now on it was. */
static bool
seen_before(struct decoder *d, unsigned code)
{
	uint64_t bit = UINT64_C(1) << code % 64, *word = &d->seen[code / 64];
	bool before = *word & bit;

	*word |= bit;
	return before;
}

static bool
was_seen(const struct decoder *d, unsigned code)
{
	return d->seen[code / 64] >> code % 64 & 1;
}

static bool
is_mp(unsigned code)
{
	return code == ATTR_MP_REACH || code == ATTR_MP_UNREACH;
}

/* All well-known attributes are known, so an unknown one that says it is well-known has
 * wrong flags, and RFC 7606, 3 c applies; a reset would help nobody. */
static void
unknown_take(struct decoder *d, const struct attr *a)
{
	if (!(a->flags & AF_OPTIONAL))
		decode_fault(d, VERDICT_WITHDRAW, UPD_UNKNOWN_WELL_KNOWN, a->code,
		    "unknown attribute marked well-known");
	else if (a->flags & AF_TRANSITIVE)
		draft_put(&d->u->draft, a->flags | AF_PARTIAL, a->code, a->data, a->len);
}

static bool
len_ok(const struct attr_type *type, uint16_t len)
{
	return len >= type->min && len <= type->max && len % type->unit == 0;
}

static bool
is_refused(const struct decoder *d, const struct attr_type *type, const struct attr *a)
{
	if (!type->internal || d->codec->internal)
		return false;
	if (a->code != ATTR_LOCAL_PREF)
		return true;
	if (d->codec->keep_local_pref && len_ok(type, a->len) &&
	    !((a->flags ^ type->flags) & (AF_OPTIONAL | AF_TRANSITIVE)))
		return false;
	return !(d->codec->allow_local_pref || d->codec->confed);
}

/* A known attribute: flags, length, content, in this order. */
static void
known_take(struct decoder *d, const struct attr_type *type, struct attr *a)
{
	struct fault fault = { 0, NULL };
	uint8_t keep = type->flags == (AF_OPTIONAL | AF_TRANSITIVE) ? AF_PARTIAL : 0;

	if ((a->flags ^ type->flags) & (AF_OPTIONAL | AF_TRANSITIVE)) {
		decode_fault(d, type->flags_discard ? VERDICT_DISCARD : VERDICT_WITHDRAW,
		    UPD_FLAGS, a->code, "wrong flags");
		if (!is_mp(a->code)) /* its networks are still wanted */
			return;
	}
	if (!len_ok(type, a->len))
		fault = (struct fault){ UPD_LENGTH, "wrong length" };
	else if (type->check)
		fault = type->check(d, a);
	if (fault.words) {
		decode_fault(d, type->on_error, fault.subcode, a->code, fault.words);
		return;
	}
	a->flags = type->flags | (a->flags & keep);
	if (type->take)
		type->take(d, a);
	else
		draft_put(&d->u->draft, a->flags, a->code, a->data, a->len);
}

static void
attr_take(struct decoder *d, struct attr *a)
{
	const struct attr_type *type = &attr_types[a->code];

	if (a->code != ATTR_MP_UNREACH)
		d->other = true;
	if (seen_before(d, a->code)) /* RFC 7606, 3 g */
		decode_fault(d, is_mp(a->code) ? VERDICT_RESET : VERDICT_DISCARD,
		    UPD_ATTR_LIST, a->code, "attribute twice");
	else if (!type->name)
		unknown_take(d, a);
	else if (is_refused(d, type, a))
		decode_fault(d, VERDICT_DISCARD, UPD_OPTIONAL, a->code,
		    "not expected from an external neighbor");
	else
		known_take(d, type, a);
}

static bool
attr_read(struct decoder *d, struct wire *w, struct attr *a)
{
	const uint8_t *start = w->pos;

	a->flags = wire_u8(w);
	a->code = wire_u8(w);
	a->len = a->flags & AF_EXTENDED ? wire_u16(w) : wire_u8(w);
	a->data = wire_take(w, a->len);
	d->raw = start;
	d->raw_len = (size_t)((w->bad ? w->end : w->pos) - start);
	return !w->bad;
}

static void
attrs_take(struct decoder *d, struct wire w)
{
	struct attr a;

	while (wire_left(&w) && d->u->verdict < VERDICT_RESET) {
		if (attr_read(d, &w, &a)) {
			attr_take(d, &a);
			continue;
		}
		/* RFC 7606, 4: the rest is lost, but the end of the list is known */
		d->other = true;
		decode_fault(d, VERDICT_WITHDRAW, UPD_ATTR_LIST, a.code,
		    "attribute overruns the list");
		break;
	}
	d->raw = NULL;
	d->raw_len = 0;
}

static void
mandatory_check(struct decoder *d)
{
	static const uint8_t codes[] = { ATTR_ORIGIN, ATTR_AS_PATH, ATTR_NEXT_HOP };

	for (unsigned i = 0; i < sizeof(codes); i++)
		if (!was_seen(d, codes[i]) && (d->classic || codes[i] != ATTR_NEXT_HOP))
			decode_fault(d, VERDICT_WITHDRAW, UPD_MISSING, codes[i],
			    "mandatory attribute missing");
}

/* RFC 6793, 4.2.3.  An AGGREGATOR that was set behind the neighbour's back by one who
 * speaks only 2-octet numbers makes both new attributes stale. */
static void
as4_merge(struct decoder *d)
{
	struct draft *draft = &d->u->draft;
	const struct attr *aggr = draft_find(draft, ATTR_AGGREGATOR);
	const struct attr *path = draft_find(draft, ATTR_AS_PATH);
	struct path merged;

	if (aggr && d->as4_aggr) {
		if (get_u32(aggr->data) != AS_TRANS)
			return;
		draft_put(draft, aggr->flags, aggr->code, d->as4_aggr, aggr->len);
	}
	if (!path || !d->as4_path.data)
		return;
	merged =
	    path_merge(draft->arena, (struct path){ path->data, path->len }, d->as4_path);
	if (merged.len <= UINT16_MAX)
		draft_put(draft, path->flags, path->code, merged.data, merged.len);
}

/* What shows only once all parts have been read. */
static void
whole_check(struct decoder *d)
{
	struct update *u = d->u;

	if (d->reach)
		mandatory_check(d);
	as4_merge(d);
	/* RFC 7606, 5.2: attributes, a fault in them and no network to withdraw: the
	 * networks may have been what was lost. */
	if (u->verdict == VERDICT_WITHDRAW && d->other && !d->reach)
		u->verdict = VERDICT_RESET;
	u->eor =
	    u->eor && u->verdict == VERDICT_OK && !d->other && !d->reach && !u->unreach_n;
	if (!u->eor)
		u->eor_family = FAM_NONE;
	if (u->verdict == VERDICT_RESET)
		u->reach_n = u->unreach_n = 0;
}

static void
classic_run(struct decoder *d, bool reach, struct wire w)
{
	const char *fault = decode_run(d, reach, FAM_IP4, w);

	if (!fault)
		return;
	d->raw = w.pos;
	d->raw_len = wire_left(&w);
	decode_fault(d, VERDICT_RESET, UPD_NLRI, 0, fault);
}

void
update_decode(struct update *u, const struct codec *codec, struct arena *arena,
    const uint8_t *body, size_t len)
{
	struct decoder d = { .u = u, .codec = codec };
	struct wire w = wire_init(body, len), withdrawn, attrs;

	memset(u, 0, offsetof(struct update, reach));
	draft_init(&u->draft, arena);
	withdrawn = wire_sub(&w, wire_u16(&w));
	attrs = wire_sub(&w, wire_u16(&w));
	if (w.bad) {
		decode_fault(
		    &d, VERDICT_RESET, UPD_ATTR_LIST, 0, "parts overrun the message");
		return;
	}
	d.classic = d.reach = wire_left(&w);
	u->eor = len == 4 && codec->active[FAM_IP4];
	u->eor_family = FAM_IP4;
	classic_run(&d, false, withdrawn);
	classic_run(&d, true, w);
	attrs_take(&d, attrs);
	whole_check(&d);
}
