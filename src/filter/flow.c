/*
 * Flow specifications: built component by component, printed as BIRD does.
 */
#include "filter/flow.h"

#include <string.h>

#include "base/wire.h"

struct part {
	uint8_t *at;
	size_t len, room, last; /* last: place of the last operator */
};

struct flow_builder {
	struct arena *arena;
	bool six;
	enum flow_part part;
	struct net dst, src;
	struct part parts[FLOW_PARTS];
};

struct flow_builder *
flow_begin(struct arena *arena, bool six)
{
	struct flow_builder *b = ARENA_NEW(arena, struct flow_builder);

	b->arena = arena;
	b->six = six;
	b->dst.type = b->src.type = six ? NET_IP6 : NET_IP4;
	return b;
}

bool
flow_part(struct flow_builder *b, enum flow_part part)
{
	if (b->parts[part].len && (b->part != part || part <= FLOW_SRC))
		return false;
	b->part = part;
	return true;
}

static void
put(struct flow_builder *b, const void *bytes, size_t n)
{
	struct part *p = &b->parts[b->part];
	uint8_t *at;

	if (p->len + n > p->room) {
		p->room = 2 * (p->len + n) + 16;
		at = arena_alloc(b->arena, p->room);
		if (p->len)
			memcpy(at, p->at, p->len);
		p->at = at;
	}
	memcpy(p->at + p->len, bytes, n);
	p->len += n;
}

void
flow_value(struct flow_builder *b, unsigned op, uint32_t value)
{
	struct part *p = &b->parts[b->part];
	uint8_t buf[5], type = (uint8_t)b->part;
	unsigned size = value > 0xffff ? 2 : value > 0xff;

	if (!p->len)
		put(b, &type, 1);
	buf[0] = (uint8_t)(op | size << 4);
	put_u32(buf + 1, value << (32 - (8 << size)));
	p->last = p->len;
	put(b, buf, 1 + (1u << size));
}

/* The bits from the offset on, moved to the front (RFC 8956, 3.1).  BIRD keeps those of the
 * octet that the offset is in. */
void
flow_prefix(struct flow_builder *b, const struct net *net, unsigned offset)
{
	struct net *to = b->part == FLOW_DST ? &b->dst : &b->src;
	uint8_t head[] = { (uint8_t)b->part, net->plen, (uint8_t)offset };
	unsigned skip = offset / 8, n = (net->plen - offset + 7u) / 8;
	uint8_t bits[NET_KEY_MAX] = { 0 };

	*to = *net;
	memset(to->key, 0, skip);
	for (unsigned i = 0; i < n; i++)
		bits[i] = (uint8_t)((to->key[skip + i] << 8 | to->key[skip + i + 1]) <<
				    offset % 8 >> 8);
	put(b, head, b->six ? 3 : 2);
	put(b, bits, n);
}

const struct vnet *
flow_end(struct flow_builder *b)
{
	struct vnet *v;
	size_t len = 0;

	for (int i = 0; i < FLOW_PARTS; i++)
		len += b->parts[i].len;
	if (len > FLOW_BYTES_MAX)
		return NULL;
	v = arena_alloc(b->arena, sizeof(*v) + len);
	memset(v, 0, sizeof(*v));
	v->net = b->dst;
	v->net.type = b->six ? VNET_FLOW6 : VNET_FLOW4;
	v->from = b->src;
	for (int i = 0; i < FLOW_PARTS; i++) {
		const struct part *p = &b->parts[i];

		if (i > FLOW_SRC && p->len)
			p->at[p->last] |= FLOW_END;
		if (p->len)
			memcpy(v->flow + v->flow_len, p->at, p->len);
		v->flow_len = (uint16_t)(v->flow_len + p->len);
	}
	return v;
}

/*
 * Text.
 */
static bool
is_value(unsigned op)
{
	return (op & 7) == FLOW_EQ || (op & 7) == (FLOW_LT | FLOW_EQ);
}

static const char *
number_join(unsigned last, unsigned op)
{
	bool starts = (op & 7) == FLOW_EQ || (op & 7) == (FLOW_GT | FLOW_EQ);

	if (op & FLOW_AND)
		return " && ";
	return is_value(last) && starts ? "," : " || ";
}

static uint32_t
value_at(const uint8_t *p)
{
	switch (*p >> 4 & 3) {
	case 0: return p[1];
	case 1: return get_u16(p + 1);
	case 3: return get_u32(p + 5); /* no component needs more */
	}
	return get_u32(p + 1);
}

static size_t
size_at(const uint8_t *p)
{
	return 1 + (1u << (*p >> 4 & 3));
}

/* >= A && <= B, and not bound to what stands before: A..B */
static bool
is_range(const uint8_t *p)
{
	const uint8_t *next = p + size_at(p);

	return (*p & (FLOW_AND | 7)) == (FLOW_GT | FLOW_EQ) && !(*p & FLOW_END) &&
	       (*next & (FLOW_AND | 7)) == (FLOW_AND | FLOW_LT | FLOW_EQ);
}

static const uint8_t *
text_numbers(struct vtext *t, const uint8_t *p)
{
	static const char *const names[] = { "false ", "", "> ", ">= ", "< ",
		"<= ", "!= ", "true " };
	unsigned last = FLOW_END;

	for (bool first = true; first || !(last & FLOW_END); first = false) {
		vtext_str(t, first ? "" : number_join(last, *p));
		if (is_range(p)) {
			vtext_add(t, "%u..", value_at(p));
			p += size_at(p);
			vtext_add(t, "%u", value_at(p));
		} else {
			vtext_add(t, "%s%u", names[*p & 7], value_at(p));
		}
		last = *p;
		p += size_at(p);
	}
	return p;
}

static void
text_bits(struct vtext *t, unsigned op, uint32_t bits)
{
	static const char *const flags[] = { "dont_fragment", "is_fragment",
		"first_fragment", "last_fragment" };
	unsigned which = 0;

	if (op & 8) { /* of a fragment: one bit */
		while (which < 3 && !(bits & 1u << which))
			which++;
		vtext_add(t, "%s%s", op & FLOW_NOT ? "!" : "", flags[which]);
		return;
	}
	switch (op & 3) {
	case FLOW_MATCH: vtext_add(t, "0x%x/0x%x", bits, bits); break;
	case FLOW_NOT: vtext_add(t, "0x0/0x%x", bits); break;
	case FLOW_NOT | FLOW_MATCH: vtext_add(t, "!0x%x/0x%x", bits, bits); break;
	default: vtext_add(t, "!0x0/0x%x", bits);
	}
}

static const uint8_t *
text_masks(struct vtext *t, const uint8_t *p, bool fragment)
{
	unsigned last = FLOW_END;

	for (bool first = true; first || !(last & FLOW_END); first = false) {
		if (!first)
			vtext_str(t, *p & FLOW_AND ? " && " : " || ");
		text_bits(t, (*p & 3u) | (fragment ? 8 : 0), value_at(p));
		last = *p;
		p += size_at(p);
	}
	return p;
}

static const uint8_t *
text_prefix(struct vtext *t, const uint8_t *p, const struct net *net, bool six)
{
	unsigned offset = six ? p[1] : 0;
	char buf[NET_TEXT_MAX];
	struct net plain = *net;

	plain.type = six ? NET_IP6 : NET_IP4;
	vtext_str(t, net_format(&plain, buf));
	if (offset)
		vtext_add(t, " offset %u", offset);
	p += six ? 2 : 1;
	return p + (net->plen - offset + 7u) / 8;
}

void
vtext_flow(struct vtext *t, const struct vnet *v)
{
	static const char *const names[] = { "", "dst", "src", "proto", "port", "dport",
		"sport", "icmp type", "icmp code", "tcp flags", "length", "dscp",
		"fragment", "label" };
	const uint8_t *p = v->flow, *end = p + v->flow_len;
	bool six = v->net.type == VNET_FLOW6;

	vtext_str(t, six ? "flow6 { " : "flow4 { ");
	while (p < end) {
		unsigned part = *p++;

		vtext_add(t, "%s ",
		    six && part == FLOW_PROTO ? "next header" : names[part]);
		if (part <= FLOW_SRC)
			p = text_prefix(t, p, part == FLOW_DST ? &v->net : &v->from, six);
		else if (part == FLOW_TCP_FLAGS || part == FLOW_FRAGMENT)
			p = text_masks(t, p, part == FLOW_FRAGMENT);
		else
			p = text_numbers(t, p);
		vtext_str(t, "; ");
	}
	vtext_str(t, "}");
}
