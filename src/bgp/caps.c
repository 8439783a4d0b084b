/*
 * Capabilities: each is code (1), length (1), value.  One row for each code we read.
 *
 *    1 multiprotocol        afi (2) zero (1) safi (1)                      RFC 4760, 8
 *    2 route refresh        -                                              RFC 2918
 *    5 extended next hop    for each family afi (2) zero (1) safi (1)
 *                           afi of the next hop (2)                        RFC 8950, 4
 *    6 extended message     -                                              RFC 8654
 *    8 multiple labels      for each family afi (2) safi (1) labels (1)    RFC 8277, 2.1
 *    9 role                 role (1)                                       RFC 9234
 *   64 graceful restart     flags (4 bits) time (12 bits), then for each
 *                           family afi (2) safi (1) flags (1)              RFC 4724, 3
 *   65 4-octet AS           as (4)                                         RFC 6793
 *   69 add-path             for each family afi (2) safi (1) mode (1)      RFC 7911, 4
 *   70 enhanced refresh     -                                              RFC 7313
 *   71 long-lived graceful  for each family afi (2) safi (1) flags (1)
 *      restart              time (3)                                       RFC 9494, 3
 *   73 hostname             length (1) name, length (1) domain
 *
 * What a peer announces twice counts as announced last.
 */
#include "bgp/caps.h"

enum {
	CAP_MP = 1,
	CAP_REFRESH = 2,
	CAP_EXT_NEXT_HOP = 5,
	CAP_EXT_MSG = 6,
	CAP_LABELS = 8,
	CAP_ROLE = 9,
	CAP_GRACEFUL = 64,
	CAP_AS4 = 65,
	CAP_ADD_PATH = 69,
	CAP_ENHANCED_REFRESH = 70,
	CAP_LLGR = 71,
	CAP_HOSTNAME = 73,
};

#define GR_RESTARTING 0x8000
#define GR_NOTIFICATION 0x4000 /* RFC 8538, 2 */
#define GR_TIME 0x0fff
#define GR_PRESERVED 0x80
#define AFI_IP6 2

/* The next afi and safi; FAM_NONE for a family we do not know. */
static enum family
take_family(struct wire *w)
{
	uint16_t afi = wire_u16(w);
	uint8_t safi = wire_u8(w);

	return family_find(afi, safi);
}

static void
read_mp(struct caps *c, struct wire *w)
{
	uint16_t afi = wire_u16(w);
	enum family f;

	wire_u8(w);
	f = family_find(afi, wire_u8(w));
	c->mp_any = true;
	if (f != FAM_NONE)
		c->mp[f] = true;
}

static void
read_refresh(struct caps *c, struct wire *w)
{
	(void)w;
	c->route_refresh = true;
}

static void
read_ext_next_hop(struct caps *c, struct wire *w)
{
	while (wire_left(w)) {
		uint16_t afi = wire_u16(w), safi = wire_u16(w), nh = wire_u16(w);
		enum family f = safi < 256 ? family_find(afi, (uint8_t)safi) : FAM_NONE;

		if (f != FAM_NONE && nh == AFI_IP6)
			c->ext_next_hop[f] = true;
	}
}

static void
read_ext_msg(struct caps *c, struct wire *w)
{
	(void)w;
	c->ext_msg = true;
}

/* RFC 8277, 2.1: of a family that is there twice the first counts; 0 and 1 say nothing, and
 * neither does a capability of a wrong length. */
static void
read_labels(struct caps *c, struct wire *w)
{
	bool whole = wire_left(w) % 4 == 0;

	while (wire_left(w)) {
		enum family f = whole ? take_family(w) : FAM_NONE;
		uint8_t n = wire_u8(w);

		if (f != FAM_NONE && n > 1 && !c->labels[f])
			c->labels[f] = n;
	}
}

static void
read_role(struct caps *c, struct wire *w)
{
	uint8_t role = wire_u8(w);

	/* RFC 9234, 4.2: several, and not the same, agree with none. */
	c->role = c->role_set && c->role != role ? ROLE_NONE : role;
	c->role_set = true;
}

static void
read_graceful(struct caps *c, struct wire *w)
{
	uint16_t head = wire_u16(w);

	c->graceful = true;
	c->gr_restarting = head & GR_RESTARTING;
	c->gr_notification = head & GR_NOTIFICATION;
	c->gr_time_s = head & GR_TIME;
	memset(c->gr_family, 0, sizeof(c->gr_family));
	memset(c->gr_preserved, 0, sizeof(c->gr_preserved));
	while (wire_left(w)) {
		enum family f = take_family(w);
		uint8_t flags = wire_u8(w);

		if (f == FAM_NONE)
			continue;
		c->gr_family[f] = true;
		c->gr_preserved[f] = flags & GR_PRESERVED;
	}
}

static void
read_as4(struct caps *c, struct wire *w)
{
	c->as4 = true;
	c->as4_number = wire_u32(w);
}

static void
read_add_path(struct caps *c, struct wire *w)
{
	memset(c->add_path, 0, sizeof(c->add_path));
	while (wire_left(w)) {
		enum family f = take_family(w);
		uint8_t mode = wire_u8(w);

		/* RFC 7911, 4: any other value: as if the family were not there. */
		if (f != FAM_NONE && mode <= (CAPS_ADD_PATH_RX | CAPS_ADD_PATH_TX))
			c->add_path[f] = mode;
	}
}

static void
read_enhanced(struct caps *c, struct wire *w)
{
	(void)w;
	c->enhanced_refresh = true;
}

static void
read_llgr(struct caps *c, struct wire *w)
{
	c->llgr = true;
	while (wire_left(w)) {
		enum family f = take_family(w);
		uint32_t rest = wire_u32(w);

		if (f == FAM_NONE)
			continue;
		c->llgr_family[f] = true;
		c->llgr_preserved[f] = rest >> 24 & GR_PRESERVED;
		c->llgr_time_s[f] = rest & 0xffffff;
	}
}

/* The name is shown to operators: what is not printable becomes '?'. */
static void
read_hostname(struct caps *c, struct wire *w)
{
	size_t n = wire_u8(w), room = sizeof(c->hostname) - 1, keep = n < room ? n : room;
	const uint8_t *p = wire_take(w, n);

	memset(c->hostname, 0, sizeof(c->hostname));
	for (size_t i = 0; p && i < keep; i++)
		c->hostname[i] = p[i] > 0x20 && p[i] < 0x7f ? (char)p[i] : '?';
}

/* The value's length is `least`, or that and any number of `each`. */
static const struct cap_type {
	void (*read)(struct caps *, struct wire *);
	uint8_t least, each;
} cap_types[256] = {
	[CAP_MP] = { read_mp, 4, 0 },
	[CAP_REFRESH] = { read_refresh, 0, 0 },
	[CAP_EXT_NEXT_HOP] = { read_ext_next_hop, 0, 6 },
	[CAP_EXT_MSG] = { read_ext_msg, 0, 0 },
	[CAP_LABELS] = { read_labels, 0, 1 },
	[CAP_ROLE] = { read_role, 1, 0 },
	[CAP_GRACEFUL] = { read_graceful, 2, 4 },
	[CAP_AS4] = { read_as4, 4, 0 },
	[CAP_ADD_PATH] = { read_add_path, 0, 4 },
	[CAP_ENHANCED_REFRESH] = { read_enhanced, 0, 0 },
	[CAP_LLGR] = { read_llgr, 0, 7 },
	[CAP_HOSTNAME] = { read_hostname, 1, 1 },
};

static bool
length_ok(const struct cap_type *t, size_t len)
{
	if (len < t->least)
		return false;
	return t->each ? (len - t->least) % t->each == 0 : len == t->least;
}

bool
caps_decode(struct caps *c, struct wire *w)
{
	while (!w->bad && wire_left(w)) {
		const struct cap_type *t = &cap_types[wire_u8(w)];
		struct wire value = wire_sub(w, wire_u8(w));

		if (w->bad)
			return false;
		c->any = true;
		if (!t->read)
			continue;
		if (!length_ok(t, wire_left(&value)))
			return false;
		t->read(c, &value);
		if (value.bad)
			return false;
	}
	return !w->bad;
}

static void
put_head(struct wbuf *out, unsigned code, size_t len)
{
	wbuf_u8(out, (uint8_t)code);
	wbuf_u8(out, (uint8_t)len);
}

static void
put_family(struct wbuf *out, enum family f, unsigned last)
{
	const struct family_info *info = family_info(f);

	wbuf_u16(out, info->afi);
	wbuf_u8(out, info->safi);
	wbuf_u8(out, (uint8_t)last);
}

void
caps_encode_family(enum family f, struct wbuf *out)
{
	const struct family_info *info = family_info(f);

	put_head(out, CAP_MP, 4);
	wbuf_u16(out, info->afi);
	wbuf_u8(out, 0);
	wbuf_u8(out, info->safi);
}

static void
put_graceful(const struct caps *c, struct wbuf *out)
{
	unsigned n = 0;

	for (unsigned f = 0; f < FAMILIES; f++)
		n += c->gr_family[f];
	put_head(out, CAP_GRACEFUL, 2 + n * 4);
	wbuf_u16(out, (uint16_t)((c->gr_restarting ? GR_RESTARTING : 0)
	    | (c->gr_notification ? GR_NOTIFICATION : 0) | (c->gr_time_s & GR_TIME)));
	for (unsigned f = 0; f < FAMILIES; f++) {
		if (c->gr_family[f])
			put_family(out, f, c->gr_preserved[f] ? GR_PRESERVED : 0);
	}
}

static void
put_add_path(const struct caps *c, struct wbuf *out)
{
	unsigned n = 0;

	for (unsigned f = 0; f < FAMILIES; f++)
		n += c->add_path[f] != 0;
	if (n == 0)
		return;
	put_head(out, CAP_ADD_PATH, n * 4);
	for (unsigned f = 0; f < FAMILIES; f++) {
		if (c->add_path[f])
			put_family(out, f, c->add_path[f]);
	}
}

static void
put_labels(const struct caps *c, struct wbuf *out)
{
	unsigned n = 0;

	for (unsigned f = 0; f < FAMILIES; f++)
		n += c->labels[f] != 0;
	if (n == 0)
		return;
	put_head(out, CAP_LABELS, n * 4);
	for (unsigned f = 0; f < FAMILIES; f++)
		if (c->labels[f])
			put_family(out, f, c->labels[f]);
}

static void
put_ext_next_hop(const struct caps *c, struct wbuf *out)
{
	unsigned n = 0;

	for (unsigned f = 0; f < FAMILIES; f++)
		n += c->ext_next_hop[f];
	if (n == 0)
		return;
	put_head(out, CAP_EXT_NEXT_HOP, n * 6);
	for (unsigned f = 0; f < FAMILIES; f++) {
		if (!c->ext_next_hop[f])
			continue;
		wbuf_u16(out, family_info(f)->afi);
		wbuf_u16(out, family_info(f)->safi);
		wbuf_u16(out, AFI_IP6);
	}
}

static void
put_llgr(const struct caps *c, struct wbuf *out)
{
	unsigned n = 0;

	for (unsigned f = 0; f < FAMILIES; f++)
		n += c->llgr_family[f];
	put_head(out, CAP_LLGR, n * 7);
	for (unsigned f = 0; f < FAMILIES; f++) {
		if (!c->llgr_family[f])
			continue;
		put_family(out, f, c->llgr_preserved[f] ? GR_PRESERVED : 0);
		wbuf_u8(out, (uint8_t)(c->llgr_time_s[f] >> 16));
		wbuf_u16(out, (uint16_t)c->llgr_time_s[f]);
	}
}

static void
put_hostname(const struct caps *c, struct wbuf *out)
{
	size_t len = strnlen(c->hostname, sizeof(c->hostname));

	put_head(out, CAP_HOSTNAME, len + 2);
	wbuf_u8(out, (uint8_t)len);
	wbuf_put(out, c->hostname, len);
	wbuf_u8(out, 0);
}

void
caps_encode(const struct caps *c, struct wbuf *out)
{
	for (enum family f = family_after(FAM_NONE); f != FAM_NONE; f = family_after(f))
		if (c->mp[f])
			caps_encode_family(f, out);
	if (c->route_refresh)
		put_head(out, CAP_REFRESH, 0);
	put_ext_next_hop(c, out);
	if (c->ext_msg)
		put_head(out, CAP_EXT_MSG, 0);
	put_labels(c, out);
	if (c->role_set) {
		put_head(out, CAP_ROLE, 1);
		wbuf_u8(out, c->role);
	}
	if (c->graceful)
		put_graceful(c, out);
	if (c->as4) {
		put_head(out, CAP_AS4, 4);
		wbuf_u32(out, c->as4_number);
	}
	put_add_path(c, out);
	if (c->enhanced_refresh)
		put_head(out, CAP_ENHANCED_REFRESH, 0);
	if (c->llgr)
		put_llgr(c, out);
	if (c->hostname[0])
		put_hostname(c, out);
}
