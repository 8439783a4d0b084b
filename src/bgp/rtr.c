/*
 * RTR PDUs.
 *
 *	0        8        16                32
 *	| version | type  | session, flags  |
 *	| length                            |
 *	| ...                               |
 */
#include "bgp/rtr.h"

#include <string.h>

#include "base/wire.h"

static const struct {
	uint32_t len, len_v1; /* whole; 0: any */
} shapes[] = {
	[RTR_SERIAL_NOTIFY] = { 12, 12 },
	[RTR_SERIAL_QUERY] = { 12, 12 },
	[RTR_RESET_QUERY] = { 8, 8 },
	[RTR_CACHE_RESPONSE] = { 8, 8 },
	[RTR_IPV4_PREFIX] = { 20, 20 },
	[RTR_IPV6_PREFIX] = { 32, 32 },
	[RTR_END_OF_DATA] = { 12, 24 },
	[RTR_CACHE_RESET] = { 8, 8 },
	[RTR_ROUTER_KEY] = { 0, 0 },
	[RTR_ERROR_REPORT] = { 0, 0 },
	[RTR_ASPA] = { 0, 0 },
};

static bool
length_fits(const struct rtr_pdu *p, uint32_t len)
{
	uint32_t want = p->version ? shapes[p->type].len_v1 : shapes[p->type].len;

	return want ? len == want : len >= 12 && len <= RTR_PDU_MAX;
}

/* flags | length | max | zero | address | AS */
static bool
prefix_decode(struct wire *w, struct rtr_pdu *p)
{
	unsigned size = p->type == RTR_IPV4_PREFIX ? 4 : 16, plen, max;
	struct net net = { .type = size == 4 ? NET_IP4 : NET_IP6 };
	const uint8_t *address;
	struct ip ip;

	p->announce = wire_u8(w) & 1;
	plen = wire_u8(w);
	max = wire_u8(w);
	wire_u8(w);
	address = wire_take(w, size);
	if (!address || plen > max || max > size * 8)
		return false;
	memcpy(net.key, address, size);
	net.plen = (uint8_t)plen;
	if (size == 4) { /* host bits go */
		ip = net_ip(&net);
		net = net_from_ip(&ip, plen);
	} else {
		for (unsigned i = plen; i < 128; i++)
			net.key[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
	}
	p->net = net_roa(&net, max, wire_u32(w));
	return true;
}

static bool
aspa_decode(struct wire *w, struct rtr_pdu *p)
{
	p->announce = p->session >> 8 & 1;
	p->net = net_aspa(wire_u32(w));
	if (wire_left(w) % 4)
		return false;
	p->provider_n = (unsigned)(wire_left(w) / 4);
	p->provider = wire_take(w, wire_left(w));
	return !p->announce || p->provider_n;
}

static bool
error_decode(struct wire *w, struct rtr_pdu *p)
{
	uint32_t len = wire_u32(w);

	wire_take(w, len);
	p->text_len = wire_u32(w);
	p->text = (const char *)wire_take(w, p->text_len);
	if (w->bad)
		p->text_len = 0; /* the code alone is enough */
	w->bad = false;
	return true;
}

static bool
end_decode(struct wire *w, struct rtr_pdu *p)
{
	p->serial = wire_u32(w);
	p->has_intervals = p->version > 0;
	if (!p->has_intervals)
		return true;
	p->refresh_s = wire_u32(w);
	p->retry_s = wire_u32(w);
	p->expire_s = wire_u32(w);
	return true;
}

static bool
body_decode(struct wire *w, struct rtr_pdu *p)
{
	switch (p->type) {
	case RTR_SERIAL_NOTIFY:
	case RTR_SERIAL_QUERY: p->serial = wire_u32(w); return true;
	case RTR_IPV4_PREFIX:
	case RTR_IPV6_PREFIX: return prefix_decode(w, p);
	case RTR_END_OF_DATA: return end_decode(w, p);
	case RTR_ERROR_REPORT: return error_decode(w, p);
	case RTR_ASPA: return aspa_decode(w, p);
	}
	return true;
}

int
rtr_decode(const void *bytes, size_t n, struct rtr_pdu *p, enum rtr_error *error)
{
	struct wire w = wire_init(bytes, n);
	uint32_t len;

	*p = (struct rtr_pdu){ 0 };
	if (n < RTR_PDU_HEAD)
		return 0;
	p->version = wire_u8(&w);
	p->type = wire_u8(&w);
	p->session = wire_u16(&w);
	len = wire_u32(&w);
	if (p->version > RTR_VERSION_MAX) {
		*error = RTR_UNSUPPORTED_VERSION;
		return -1;
	}
	if (p->type >= sizeof(shapes) / sizeof(*shapes) || p->type == 5 ||
	    (p->type == RTR_ROUTER_KEY && p->version < 1) ||
	    (p->type == RTR_ASPA && p->version < 2)) {
		*error = RTR_UNSUPPORTED_PDU;
		return -1;
	}
	*error = RTR_CORRUPT;
	if (!length_fits(p, len))
		return -1;
	if (n < len)
		return 0;
	w = wire_init((const uint8_t *)bytes + RTR_PDU_HEAD, len - RTR_PDU_HEAD);
	return body_decode(&w, p) && !w.bad ? (int)len : -1;
}

static void
head(uint8_t version, enum rtr_type type, uint16_t session, uint32_t len, uint8_t *buf)
{
	buf[0] = version;
	buf[1] = (uint8_t)type;
	put_u16(buf + 2, session);
	put_u32(buf + 4, len);
}

size_t
rtr_reset_query(uint8_t version, uint8_t *buf)
{
	head(version, RTR_RESET_QUERY, 0, 8, buf);
	return 8;
}

size_t
rtr_serial_query(uint8_t version, uint16_t session, uint32_t serial, uint8_t *buf)
{
	head(version, RTR_SERIAL_QUERY, session, 12, buf);
	put_u32(buf + 8, serial);
	return 12;
}

size_t
rtr_error_report(uint8_t version, enum rtr_error code, const void *pdu, size_t n,
    const char *text, uint8_t *buf)
{
	size_t len = strnlen(text, 128);

	n = pdu ? n < 64 ? n : 64 : 0;
	head(version, RTR_ERROR_REPORT, (uint16_t)code, (uint32_t)(16 + n + len), buf);
	put_u32(buf + 8, (uint32_t)n);
	if (n)
		memcpy(buf + 12, pdu, n);
	put_u32(buf + 12 + n, (uint32_t)len);
	memcpy(buf + 16 + n, text, len);
	return 16 + n + len;
}

const char *
rtr_error_text(unsigned code)
{
	static const char *const text[] = { "Corrupt data", "Internal error",
		"No data available", "Invalid request", "Unsupported protocol version",
		"Unsupported PDU type", "Withdrawal of unknown record",
		"Duplicate announcement received", "Unexpected protocol version" };

	return code < sizeof(text) / sizeof(*text) ? text[code] : "Unknown error";
}
