/*
 * Flow specifications: components in ascending order of type, RFC 8955, 4.2.
 *
 *   type 1, 2   length in bits, [ offset in bits, in IPv6 ] and as many bytes as are needed
 *               for the bits from offset to length
 *   others      operator, value; operator, value; ...
 *
 *     0   1   2   3   4   5   6   7
 *   +---+---+---+---+---+---+---+---+
 *   | e | a |  len  | 0 |lt |gt |eq |   e: the last one; len: the value has 1 << len bytes
 *   +---+---+---+---+---+---+---+---+
 *
 * A component of unknown type has no length that could be seen, so it makes the whole
 * malformed.
 */
#include "bgp/longnlri.h"

#include "base/wire.h"

enum { OP_END = 0x80, RD_LEN = 8, TYPE_DST = 1, TYPE_SRC = 2 };

static size_t
prefix_bytes(unsigned plen, unsigned offset)
{
	return (plen - offset + 7) / 8;
}

static const char *
prefix_flaw(struct wire *w, bool six)
{
	unsigned plen = wire_u8(w), offset = six ? wire_u8(w) : 0;

	if (plen > (six ? 128u : 32u))
		return "prefix length out of range";
	if (offset && offset >= plen)
		return "prefix offset out of range";
	wire_take(w, prefix_bytes(plen, offset));
	return NULL;
}

static void
operators_take(struct wire *w)
{
	unsigned op;

	do {
		op = wire_u8(w);
		wire_take(w, (size_t)1 << (op >> 4 & 3));
	} while (!w->bad && !(op & OP_END));
}

const char *
flow_flaw(const uint8_t *p, size_t len, bool six)
{
	struct wire w = wire_init(p, len);
	const char *flaw = NULL;
	unsigned last = 0;

	while (wire_left(&w) && !flaw) {
		unsigned type = wire_u8(&w);

		if (type <= last)
			return "components are not in order";
		if (type > (six ? FLOW_TYPES6 : FLOW_TYPES4))
			return "component of unknown type";
		last = type;
		if (type <= TYPE_SRC)
			flaw = prefix_flaw(&w, six);
		else
			operators_take(&w);
		if (w.bad)
			flaw = "component overruns the flow specification";
	}
	return flaw;
}

bool
flow_next(const uint8_t **at, const uint8_t *end, bool six, struct flow_component *c)
{
	struct wire w = wire_init(*at, (size_t)(end - *at));

	*c = (struct flow_component){ .type = wire_u8(&w) };
	if (c->type && c->type <= TYPE_SRC) {
		c->plen = wire_u8(&w);
		c->offset = six ? wire_u8(&w) : 0;
	}
	c->data = w.pos;
	if (c->type <= TYPE_SRC)
		wire_take(&w, prefix_bytes(c->plen, c->offset));
	else
		operators_take(&w);
	c->len = (size_t)(w.pos - c->data);
	*at = w.pos;
	return c->type && !w.bad;
}

bool
flow_destination(const struct net *n, struct net *to)
{
	bool six = n->type == NET_FLOW6 || n->type == NET_VFLOW6;
	struct flow_component c;
	size_t len;
	const uint8_t *p = net_bytes(n, &len), *end = p + len;
	uint8_t b[16] = { 0 };
	struct ip ip;

	if (n->type == NET_VFLOW4 || n->type == NET_VFLOW6)
		p += RD_LEN;
	if (!flow_next(&p, end, six, &c) || c.type != TYPE_DST || c.offset || c.len > 16)
		return false;
	memcpy(b, c.data, c.len);
	if (six)
		memcpy(ip.b, b, 16);
	else
		ip = ip_from4(get_u32(b));
	*to = net_from_ip(&ip, c.plen);
	return to->type == (six ? NET_IP6 : NET_IP4);
}
