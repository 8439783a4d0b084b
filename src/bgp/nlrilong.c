/*
 * Networks on the wire that are longer than a key.
 *
 *   flow    length, components       the length in one byte, or 0xf000 + it in two
 *   vflow   length, route distinguisher (8), components
 *   evpn    type (1), length (1), fields
 *   vpls    length (2), fields: 17 of RFC 4761, 12 of RFC 6074
 *   ls      type (2), length (2), [ route distinguisher (8) ], protocol (1), identifier (8),
 *           descriptors: type (2), length (2), value ...
 *
 * All are told where they end before anything else, so what is malformed inside is left
 * out alone.
 */
#include "bgp/longnlri.h"

#include <stdio.h>

#include "base/longnet.h"
#include "bgp/update.h"
#include "evpn.h"
#include "nlri.h"

enum {
	RD_LEN = 8,
	FLOW_WIDE = 240,   /* lengths from here on take two bytes */
	VPLS_LEN = 17,	   /* RD, VE id, block offset | block size, label base */
	VPLS_KEY = 12,
	LS_HEAD = 4,
	LS_FIXED = 9,	   /* protocol, identifier */
	LS_KNOWN = 6,	   /* NLRI types up to here are understood: RFC 9552, RFC 9514 */
	LS_NODE_LOCAL = 256, /* descriptors that have descriptors inside */
	LS_NODE_REMOTE = 257,
};

static const char overrun[] = "network overruns its field";

/*
 * Flow specifications.
 */
static struct wire
flow_body(struct wire *w)
{
	size_t len = wire_u8(w);

	if (len >= FLOW_WIDE)
		len = (len & 0xf) << 8 | wire_u8(w);
	return wire_sub(w, len);
}

static const char *
flow_check(struct wire *w, enum net_type type, bool reach)
{
	(void)type;
	(void)reach;
	flow_body(w);
	return w->bad ? overrun : NULL;
}

static const char *
flow_fault(struct wire w, enum net_type type)
{
	struct wire body = flow_body(&w);

	return flow_flaw(body.pos, wire_left(&body), type == NET_FLOW6);
}

static void
flow_read(struct wire *w, struct nlri_run *run, struct net *net)
{
	struct wire body = flow_body(w);

	(void)run;
	*net = net_long(net->type, body.pos, wire_left(&body));
}

static size_t
flow_len(const struct net *net, const struct label_stack *none)
{
	size_t len;

	(void)none;
	net_bytes(net, &len);
	return len < FLOW_WIDE ? len + 1 : len + 2;
}

static void
flow_write(struct wbuf *w, const struct net *net, const struct label_stack *none)
{
	size_t len;
	const uint8_t *p = net_bytes(net, &len);

	(void)none;
	if (len < FLOW_WIDE)
		wbuf_u8(w, (uint8_t)len);
	else
		wbuf_u16(w, (uint16_t)(0xf000 | len));
	wbuf_put(w, p, len);
}

static const char *
vflow_fault(struct wire w, enum net_type type)
{
	struct wire body = flow_body(&w);

	if (!wire_take(&body, RD_LEN))
		return "flow specification without a route distinguisher";
	return flow_flaw(body.pos, wire_left(&body), type == NET_VFLOW6);
}

/*
 * EVPN.
 */
static const char *
evpn_check(struct wire *w, enum net_type type, bool reach)
{
	(void)type;
	(void)reach;
	wire_u8(w);
	wire_take(w, wire_u8(w));
	return w->bad ? overrun : NULL;
}

static const char *
evpn_fault(struct wire w, enum net_type type)
{
	unsigned route = wire_u8(&w);
	struct wire body = wire_sub(&w, wire_u8(&w));

	(void)type;
	return evpn_flaw(route, body.pos, wire_left(&body));
}

static void
evpn_nlri_read(struct wire *w, struct nlri_run *run, struct net *net)
{
	const uint8_t *p = w->pos;
	struct label_stack rest;
	size_t len;

	evpn_check(w, net->type, run->reach);
	len = evpn_split(p, &rest, run->key);
	*net = net_long(net->type, evpn_has_inner(p) ? run->key : p, len);
	if (!run->reach)
		rest.len = 0;
	run->labels = rest;
}

/*
 * VPLS.
 */
static const char *
vpls_check(struct wire *w, enum net_type type, bool reach)
{
	(void)type;
	(void)reach;
	wire_take(w, wire_u16(w));
	return w->bad ? overrun : NULL;
}

/* RFC 4761 and RFC 6074 share the family: the length tells them apart. */
static const char *
vpls_fault(struct wire w, enum net_type type)
{
	(void)type;
	return wire_u16(&w) < VPLS_KEY ? "wrong length of a VPLS network" : NULL;
}

static void
vpls_read(struct wire *w, struct nlri_run *run, struct net *net)
{
	const uint8_t *p = w->pos;
	size_t len = wire_u16(w), key = len == VPLS_LEN ? VPLS_KEY : len;

	wire_take(w, len);
	*net = net_long(net->type, p, 2 + key);
	run->labels.len = run->reach ? (uint8_t)(len - key) : 0;
	memcpy(run->labels.b, p + 2 + key, run->labels.len);
}

static size_t
vpls_rest(const struct net *net)
{
	size_t len;
	const uint8_t *p = net_bytes(net, &len);

	return 2u + get_u16(p) - len;
}

static size_t
vpls_len(const struct net *net, const struct label_stack *rest)
{
	size_t len;

	(void)rest;
	net_bytes(net, &len);
	return len + vpls_rest(net);
}

/* A withdrawal has what was told last: there are peers for which block size and label base
 * are a part of what identifies the network. */
static void
vpls_write(struct wbuf *w, const struct net *net, const struct label_stack *rest)
{
	size_t len, more = vpls_rest(net); /* five bytes, or none */
	const uint8_t *p = net_bytes(net, &len);
	uint64_t told = 0;

	if (!rest)
		told = longnet_noted(net);
	else if (rest->len == more)
		memcpy(&told, rest->b, more);
	if (rest)
		longnet_note(net, told);
	wbuf_put(w, p, len);
	wbuf_put(w, &told, more);
}

/*
 * Link state.
 */
static const char *
ls_check(struct wire *w, enum net_type type, bool reach)
{
	(void)type;
	(void)reach;
	wire_u16(w);
	wire_take(w, wire_u16(w));
	return w->bad ? overrun : NULL;
}

/* RFC 9552, 5.1: in ascending order; equal types by length, then by value. */
static bool
tlv_ordered(const uint8_t *last, size_t last_len, const uint8_t *tlv, size_t len)
{
	if (!last || get_u16(last) != get_u16(tlv))
		return !last || get_u16(last) < get_u16(tlv);
	if (last_len != len)
		return last_len < len;
	return memcmp(last, tlv, len) <= 0;
}

static const char *
tlvs_flaw(struct wire w, bool outer)
{
	const uint8_t *last = NULL, *at;
	const char *flaw = NULL;
	size_t last_len = 0, len;
	unsigned type;

	while (wire_left(&w) && !flaw) {
		struct wire in;

		at = w.pos;
		type = wire_u16(&w);
		in = wire_sub(&w, wire_u16(&w));
		if (w.bad)
			return "descriptor overruns its network";
		len = (size_t)(w.pos - at);
		if (!tlv_ordered(last, last_len, at, len))
			return "descriptors are not in order";
		if (outer && (type == LS_NODE_LOCAL || type == LS_NODE_REMOTE))
			flaw = tlvs_flaw(in, false);
		last = at;
		last_len = len;
	}
	return flaw;
}

/* RFC 9552, 8.2.2.  Types that are not known are passed on (5.2). */
static const char *
ls_fault(struct wire w, enum net_type type)
{
	unsigned kind = wire_u16(&w);
	struct wire body = wire_sub(&w, wire_u16(&w));

	if (type == NET_VLS)
		wire_take(&body, RD_LEN);
	if (body.bad)
		return "network without a route distinguisher";
	if (!kind || kind > LS_KNOWN)
		return NULL;
	if (!wire_take(&body, LS_FIXED))
		return "link-state network is too short";
	return tlvs_flaw(body, true);
}

static void
ls_read(struct wire *w, struct nlri_run *run, struct net *net)
{
	const uint8_t *p = w->pos;

	ls_check(w, net->type, run->reach);
	*net = net_long(net->type, p, (size_t)(w->pos - p));
}

static size_t
ls_len(const struct net *net, const struct label_stack *none)
{
	size_t len;

	(void)none;
	net_bytes(net, &len);
	return len;
}

static void
ls_write(struct wbuf *w, const struct net *net, const struct label_stack *none)
{
	size_t len;
	const uint8_t *p = net_bytes(net, &len);

	(void)none;
	wbuf_put(w, p, len);
}

const struct nlri_op nlri_flow = { flow_check, flow_read, flow_len, flow_write,
	flow_fault },
		     nlri_vflow = { flow_check, flow_read, flow_len, flow_write,
			     vflow_fault },
		     nlri_evpn = { evpn_check, evpn_nlri_read, evpn_len, evpn_write,
			     evpn_fault },
		     nlri_vpls = { vpls_check, vpls_read, vpls_len, vpls_write,
			     vpls_fault },
		     nlri_ls = { ls_check, ls_read, ls_len, ls_write, ls_fault };

char *
nlri_rest_format(const struct net *net, const uint8_t *rest, size_t len, char *buf)
{
	size_t key_len;
	const uint8_t *key = net_bytes(net, &key_len);
	uint32_t base;

	buf[0] = 0;
	if (net->type == NET_EVPN && len) {
		evpn_rest_format(key, rest, len, buf, buf + NLRI_REST_TEXT_MAX);
	} else if (net->type == NET_VPLS && len == VPLS_LEN - VPLS_KEY) {
		base = (uint32_t)rest[2] << 16 | (uint32_t)rest[3] << 8 | rest[4];
		snprintf(buf, NLRI_REST_TEXT_MAX, "block size %u label base %u",
		    get_u16(rest), base >> 4);
	}
	for (size_t n = strlen(buf); n && buf[n - 1] == ' '; n--)
		buf[n - 1] = 0;
	return buf;
}
