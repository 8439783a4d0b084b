/*
 * OPEN, RFC 4271, 4.2:
 *
 *   version (1)  my AS (2)  hold time (2)  identifier (4)
 *   length of optional parameters (1), then for each: type (1) length (1) value
 *
 * RFC 9072: when the first parameter's type is 255, what follows it is a length of two
 * bytes for all parameters, and each parameter's own length has two bytes as well.
 *
 * A peer that announces no multiprotocol capability means IPv4 unicast (RFC 4760, 8); so
 * do we when capabilities are off.
 */
#include "bgp/open.h"

#include <assert.h>

#include "bgp/frame.h"

#define BGP_VERSION 4
#define PARAM_CAPS 2      /* RFC 5492 */
#define PARAM_EXTENDED 255 /* RFC 9072 */

enum {
	OPEN_BAD = 0,
	OPEN_VERSION = 1,
	OPEN_AS = 2,
	OPEN_ID = 3,
	OPEN_PARAM = 4,
	OPEN_HOLD = 6,
	OPEN_CAPS = 7,
	OPEN_ROLE = 11,
};

/* The family's own word, or the session's. */
static bool
family_is_on(unsigned mode, int8_t own)
{
	return mode != GR_OFF && (own ? own > 0 : mode == GR_ON);
}

static void
local_families(struct caps *c, const struct session_conf *conf)
{
	bool others = false;

	for (unsigned f = 0; f < FAMILIES; f++)
		others |= conf->family[f] && f != FAM_IP4;
	/* IPv4 alone can be left to be understood: RFC 4760, 8. */
	c->mp_any = !conf->hide_ipv4 || others;
	for (unsigned f = 0; f < FAMILIES; f++) {
		if (!conf->family[f])
			continue;
		c->mp[f] = c->mp_any;
		c->ext_next_hop[f] = conf->ext_next_hop[f];
		c->labels[f] = family_has_labels(f) ? LABELS_MAX : 0;
		c->llgr_family[f] = family_is_on(conf->llgr, conf->llgr_family[f]);
		if (c->llgr_family[f])
			c->llgr_time_s[f] = conf->llgr_family_s1[f]
						? conf->llgr_family_s1[f] - 1
						: conf->llgr_time_s;
		c->add_path[f] = (uint8_t)((conf->add_path_rx[f] ? CAPS_ADD_PATH_RX : 0)
		    | (conf->add_path_tx[f] ? CAPS_ADD_PATH_TX : 0));
		c->gr_family[f] = family_is_on(conf->graceful, conf->gr_family[f]);
		c->gr_preserved[f] = c->gr_family[f] && conf->gr_preserved[f];
	}
}

void
open_local(struct open *o, const struct session_conf *conf)
{
	struct caps *c = &o->caps;

	*o = (struct open){
		.as = conf->local_as, .hold_s = conf->hold_s, .id = conf->router_id,
	};
	if (!conf->capabilities)
		return;
	c->any = true;
	local_families(c, conf);
	c->route_refresh = conf->route_refresh;
	c->enhanced_refresh = conf->route_refresh && conf->enhanced_refresh;
	c->ext_msg = conf->ext_msg;
	c->as4 = conf->as4;
	c->as4_number = conf->as4 ? conf->local_as : 0;
	c->graceful = conf->graceful != GR_OFF;
	c->gr_restarting = c->graceful && conf->gr_restarting;
	c->gr_notification = c->graceful;
	c->gr_time_s = conf->graceful == GR_ON ? conf->gr_time_s : 0;
	c->llgr = conf->llgr != GR_OFF;
	c->role_set = conf->role && !conf->internal;
	c->role = c->role_set ? conf->role - 1 : 0;
	if (conf->hostname)
		strncpy(c->hostname, conf->hostname, sizeof(c->hostname) - 1);
}

void
open_encode_params(const uint8_t *caps, size_t len, struct wbuf *out)
{
	if (len > UINT8_MAX - 2) { /* RFC 9072, 2 */
		wbuf_u8(out, PARAM_EXTENDED);
		wbuf_u8(out, PARAM_EXTENDED);
		wbuf_u16(out, (uint16_t)(len + 3));
		wbuf_u8(out, PARAM_CAPS);
		wbuf_u16(out, (uint16_t)len);
	} else {
		wbuf_u8(out, (uint8_t)(len ? len + 2 : 0));
		if (len) {
			wbuf_u8(out, PARAM_CAPS);
			wbuf_u8(out, (uint8_t)len);
		}
	}
	wbuf_put(out, caps, len);
}

void
open_encode(const struct open *o, struct wbuf *out)
{
	uint8_t bytes[CAPS_MAX], *msg = frame_begin(out, BGP_OPEN);
	struct wbuf caps = wbuf_init(bytes, sizeof(bytes));
	size_t len;

	if (o->caps.any)
		caps_encode(&o->caps, &caps);
	assert(!caps.bad);
	len = wbuf_len(&caps);
	wbuf_u8(out, BGP_VERSION);
	wbuf_u16(out, (uint16_t)(o->as > 0xffff ? AS_TRANS : o->as));
	wbuf_u16(out, o->hold_s);
	wbuf_u32(out, o->id);
	open_encode_params(bytes, len, out);
	frame_finish(out, msg);
}

static bool
malformed(struct notify *fault)
{
	notify_set(fault, ERR_OPEN, OPEN_BAD);
	return false;
}

static bool
params_decode(struct caps *caps, struct wire *w, bool extended, struct notify *fault)
{
	while (wire_left(w)) {
		uint8_t type = wire_u8(w);
		size_t len = extended ? wire_u16(w) : wire_u8(w);
		struct wire value = wire_sub(w, len);

		if (w->bad)
			return malformed(fault);
		if (type != PARAM_CAPS) {
			notify_set(fault, ERR_OPEN, OPEN_PARAM);
			return false;
		}
		if (!caps_decode(caps, &value))
			return malformed(fault);
	}
	return true;
}

/* All that follows the identifier. */
static bool
tail_decode(struct caps *caps, struct wire *w, struct notify *fault)
{
	size_t len = wire_u8(w);
	bool extended = len && wire_left(w) && w->pos[0] == PARAM_EXTENDED;
	struct wire params;

	if (extended) {
		wire_u8(w);
		len = wire_u16(w);
	}
	params = wire_sub(w, len);
	if (w->bad || wire_left(w))
		return malformed(fault);
	return params_decode(caps, &params, extended, fault);
}

bool
open_decode(struct open *o, const uint8_t *body, size_t len, struct notify *fault)
{
	static const uint8_t version[2] = { 0, BGP_VERSION };
	struct wire w = wire_init(body, len);

	memset(o, 0, sizeof(*o));
	if (wire_u8(&w) != BGP_VERSION) {
		notify_borrow(fault, ERR_OPEN, OPEN_VERSION, version, sizeof(version));
		return false;
	}
	o->as = wire_u16(&w);
	o->hold_s = wire_u16(&w);
	o->id = wire_u32(&w);
	if (w.bad)
		return malformed(fault);
	if (!tail_decode(&o->caps, &w, fault))
		return false;
	if (o->caps.as4)
		o->as = o->caps.as4_number;
	return true;
}

static bool
as_ok(const struct session_conf *conf, const struct open *theirs)
{
	if (theirs->as == 0) /* RFC 7607 */
		return false;
	if (conf->internal)
		return theirs->as == conf->local_as;
	if (conf->remote_as)
		return theirs->as == conf->remote_as;
	return theirs->as != conf->local_as;
}

static bool
family_common(const struct open *ours, const struct open *theirs, enum family f)
{
	bool we = ours->caps.mp_any ? ours->caps.mp[f] : f == FAM_IP4;
	bool they = theirs->caps.mp_any ? theirs->caps.mp[f] : f == FAM_IP4;

	return we && they;
}

static bool
any_common(const struct open *ours, const struct open *theirs)
{
	for (unsigned f = 0; f < FAMILIES; f++) {
		if (family_common(ours, theirs, f))
			return true;
	}
	return false;
}

/* RFC 5492, 5: the data lists what the peer should have announced. */
static void
fault_families(const struct open *ours, struct notify *fault)
{
	uint8_t bytes[FAMILIES * 8];
	struct wbuf out = wbuf_init(bytes, sizeof(bytes));

	for (unsigned f = 0; f < FAMILIES; f++) {
		if (ours->caps.mp_any ? ours->caps.mp[f] : f == FAM_IP4)
			caps_encode_family(f, &out);
	}
	notify_copy(fault, ERR_OPEN, OPEN_CAPS, bytes, wbuf_len(&out));
}

static uint16_t
hold_common(const struct open *ours, const struct open *theirs)
{
	return ours->hold_s < theirs->hold_s ? ours->hold_s : theirs->hold_s;
}

static void
fault_number(struct notify *fault, unsigned subcode, uint32_t value, size_t len)
{
	uint8_t bytes[4];

	put_u32(bytes, value);
	notify_copy(fault, ERR_OPEN, subcode, bytes + 4 - len, len);
}

/* RFC 9234, 4.2: who may stand opposite whom. */
static bool
roles_agree(unsigned ours, unsigned theirs)
{
	static const uint8_t opposite[] = {
		[ROLE_PROVIDER] = ROLE_CUSTOMER, [ROLE_CUSTOMER] = ROLE_PROVIDER,
		[ROLE_RS_SERVER] = ROLE_RS_CLIENT, [ROLE_RS_CLIENT] = ROLE_RS_SERVER,
		[ROLE_PEER] = ROLE_PEER,
	};

	return opposite[ours] == theirs;
}

static bool
role_ok(const struct session_conf *conf, const struct open *theirs)
{
	if (!conf->role || conf->internal)
		return true;
	if (!theirs->caps.role_set)
		return !conf->require.roles;
	return roles_agree(conf->role - 1u, theirs->caps.role);
}

static bool
family_requires(const struct session_conf *conf, const struct open *ours,
    const struct open *theirs, enum family f)
{
	unsigned we = ours->caps.add_path[f], they = theirs->caps.add_path[f];

	if (!family_common(ours, theirs, f))
		return !conf->require.family[f];
	if (conf->require.ext_next_hop[f]
	    && !(ours->caps.ext_next_hop[f] && theirs->caps.ext_next_hop[f]))
		return false;
	if (!conf->require.add_path[f])
		return true;
	return (!(we & CAPS_ADD_PATH_RX) || they & CAPS_ADD_PATH_TX)
	    && (!(we & CAPS_ADD_PATH_TX) || they & CAPS_ADD_PATH_RX);
}

bool
open_requires(const struct session_conf *conf, const struct open *ours,
    const struct open *theirs)
{
	const struct caps *we = &ours->caps, *they = &theirs->caps;
	const bool both[][3] = {
		{ conf->require.refresh, we->route_refresh, they->route_refresh },
		{ conf->require.enhanced_refresh, we->enhanced_refresh,
		    they->enhanced_refresh },
		{ conf->require.as4, we->as4, they->as4 },
		{ conf->require.ext_msg, we->ext_msg, they->ext_msg },
		{ conf->require.graceful, we->graceful, they->graceful },
		{ conf->require.llgr, we->llgr, they->llgr },
		{ conf->require.hostname, true, they->hostname[0] },
	};

	for (size_t i = 0; i < sizeof(both) / sizeof(*both); i++) {
		if (both[i][0] && !(both[i][1] && both[i][2]))
			return false;
	}
	for (unsigned f = 0; f < FAMILIES; f++) {
		if (!family_requires(conf, ours, theirs, f))
			return false;
	}
	return true;
}

/* Too short a hold time, or keepalive interval that would follow from it. */
static bool
hold_ok(const struct session_conf *conf, const struct open *ours,
    const struct open *theirs)
{
	struct negotiated n = { .hold_s = hold_common(ours, theirs) };

	if (theirs->hold_s == 1 || theirs->hold_s == 2 || n.hold_s < conf->min_hold_s)
		return false;
	open_intervals(conf, ours, &n);
	return n.keepalive_s >= conf->min_keepalive_s;
}

/* Identifiers: RFC 6286, 2.1 and 2.2. */
bool
open_check(const struct session_conf *conf, const struct open *ours,
    const struct open *theirs, struct notify *fault)
{
	if (!as_ok(conf, theirs))
		fault_number(fault, OPEN_AS, theirs->as, 4);
	else if (theirs->id == 0 || (conf->internal && theirs->id == ours->id))
		fault_number(fault, OPEN_ID, theirs->id, 4);
	else if (!hold_ok(conf, ours, theirs))
		fault_number(fault, OPEN_HOLD, theirs->hold_s, 2);
	else if (!any_common(ours, theirs))
		fault_families(ours, fault);
	else if (!open_requires(conf, ours, theirs))
		notify_set(fault, ERR_OPEN, OPEN_CAPS);
	else if (!role_ok(conf, theirs))
		fault_number(
		    fault, OPEN_ROLE, theirs->caps.role_set ? theirs->caps.role : 0,
		    theirs->caps.role_set);
	else
		return true;
	return false;
}

static void
codec_negotiate(struct codec *c, const struct session_conf *conf, const struct open *ours,
    const struct open *theirs)
{
	const struct caps *we = &ours->caps, *they = &theirs->caps;

	c->as4 = we->as4 && they->as4;
	c->internal = conf->internal;
	c->confed = conf->confed;
	c->allow_local_pref = conf->allow_local_pref;
	c->keep_local_pref = conf->keep_local_pref;
	c->ext_msg = we->ext_msg && they->ext_msg;
	c->local_as = ours->as;
	c->remote_as = theirs->as;
	for (unsigned f = 0; f < FAMILIES; f++) {
		c->active[f] = family_common(ours, theirs, f);
		c->add_path_rx[f] = c->active[f] && (we->add_path[f] & CAPS_ADD_PATH_RX)
		    && (they->add_path[f] & CAPS_ADD_PATH_TX);
		c->ext_next_hop[f] =
		    c->active[f] && we->ext_next_hop[f] && they->ext_next_hop[f];
		c->add_path_tx[f] = c->active[f] && (we->add_path[f] & CAPS_ADD_PATH_TX)
		    && (they->add_path[f] & CAPS_ADD_PATH_RX);
		if (c->active[f] && we->labels[f])
			c->labels[f] = they->labels[f];
	}
}

/* Other intervals keep their proportion to the hold time when a peer lowers that. */
static uint32_t
scaled(uint32_t value, uint32_t hold, uint32_t own_hold)
{
	return hold < own_hold ? (uint32_t)((uint64_t)value * hold / own_hold) : value;
}

void
open_intervals(const struct session_conf *conf, const struct open *ours,
    struct negotiated *n)
{
	uint16_t hold = n->hold_s;
	uint32_t keepalive = hold / 3u;

	if (conf->keepalive_s)
		keepalive = scaled(conf->keepalive_s, hold, ours->hold_s);
	n->keepalive_s = (uint16_t)(!hold ? 0 : keepalive ? keepalive : 1);
	n->send_hold_s = scaled(conf->send_hold_s, hold, ours->hold_s);
}

void
open_negotiate(const struct session_conf *conf, const struct open *ours,
    const struct open *theirs, struct negotiated *n)
{
	memset(n, 0, sizeof(*n));
	codec_negotiate(&n->codec, conf, ours, theirs);
	n->remote_id = theirs->id;
	n->hold_s = hold_common(ours, theirs);
	open_intervals(conf, ours, n);
	n->local = ours->caps;
	n->remote = theirs->caps;
	n->route_refresh = n->local.route_refresh && n->remote.route_refresh;
	n->enhanced_refresh = n->local.enhanced_refresh && n->remote.enhanced_refresh;
}
