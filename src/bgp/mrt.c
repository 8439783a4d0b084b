/*
 * MRT records; see bgp/mrt.h.
 */
#include "bgp/mrt.h"

#include <string.h>

#include "base/mem.h"
#include "base/wire.h"

enum { TABLE_DUMP_V2 = 13, BGP4MP = 16 };
enum { /* of TABLE_DUMP_V2: RFC 6396, 4.3; RFC 8050, 4 */
	PEER_INDEX_TABLE = 1,
	RIB_IPV4_UNICAST = 2,
	RIB_IPV6_UNICAST = 4,
	RIB_IPV4_UNICAST_ADDPATH = 8,
	RIB_IPV6_UNICAST_ADDPATH = 10,
};
enum { /* of BGP4MP: RFC 6396, 4.4; RFC 8050, 3 */
	BGP4MP_MESSAGE = 1,
	BGP4MP_MESSAGE_AS4 = 4,
	BGP4MP_STATE_CHANGE_AS4 = 5,
	BGP4MP_MESSAGE_ADDPATH = 8,
	BGP4MP_MESSAGE_AS4_ADDPATH = 9,
};
enum { PEER_IP6 = 1, PEER_AS4 = 2 };
enum { HEADER = 12 };

void
mrt_free(struct mrt *m)
{
	mem_free(m->at);
	*m = (struct mrt){ 0 };
}

static uint8_t *
take(struct mrt *m, size_t n)
{
	if (m->len + n > m->room) {
		m->room = m->room ? m->room : 4096;
		while (m->len + n > m->room)
			m->room *= 2;
		m->at = mem_realloc(m->at, m->room);
	}
	m->len += n;
	return m->at + m->len - n;
}

static void
put(struct mrt *m, const void *data, size_t n)
{
	if (n)
		memcpy(take(m, n), data, n);
}

static void
put8(struct mrt *m, unsigned v)
{
	*take(m, 1) = (uint8_t)v;
}

static void
put16(struct mrt *m, unsigned v)
{
	put_u16(take(m, 2), (uint16_t)v);
}

static void
put32(struct mrt *m, uint32_t v)
{
	put_u32(take(m, 4), v);
}

static void
record_begin(struct mrt *m, uint32_t time_s, unsigned type, unsigned subtype)
{
	m->record = m->len;
	put32(m, time_s);
	put16(m, type);
	put16(m, subtype);
	put32(m, 0); /* when it ends */
}

static void
record_end(struct mrt *m)
{
	put_u32(m->at + m->record + 8, (uint32_t)(m->len - m->record - HEADER));
}

static void
put_ip(struct mrt *m, const struct ip *ip, bool six)
{
	if (six)
		put(m, ip->b, 16);
	else
		put32(m, ip_to4(ip));
}

/*
 * Table dumps.
 */
void
mrt_peers(struct mrt *m, uint32_t time_s, uint32_t collector_id, const char *view,
    const struct mrt_peer *peer, unsigned n)
{
	size_t len = strlen(view);

	record_begin(m, time_s, TABLE_DUMP_V2, PEER_INDEX_TABLE);
	put32(m, collector_id);
	put16(m, (unsigned)len);
	put(m, view, len);
	put16(m, n);
	for (unsigned i = 0; i < n; i++) {
		bool six = !ip_is4(&peer[i].ip);

		put8(m, PEER_AS4 | (six ? PEER_IP6 : 0));
		put32(m, peer[i].id);
		put_ip(m, &peer[i].ip, six);
		put32(m, peer[i].as);
	}
	record_end(m);
}

void
mrt_rib_begin(struct mrt *m, uint32_t time_s, uint32_t sequence, const struct net *net,
    bool path_ids)
{
	bool six = net->type == NET_IP6;
	unsigned subtype = six	      ? path_ids ? RIB_IPV6_UNICAST_ADDPATH
						 : RIB_IPV6_UNICAST
			   : path_ids ? RIB_IPV4_UNICAST_ADDPATH
				      : RIB_IPV4_UNICAST;

	record_begin(m, time_s, TABLE_DUMP_V2, subtype);
	put32(m, sequence);
	put8(m, net->plen);
	put(m, net->key, (net->plen + 7u) / 8);
	m->count = m->len;
	m->entries = 0;
	put16(m, 0);
}

static void
put_attr(struct mrt *m, unsigned flags, unsigned code, const void *data, size_t len)
{
	bool extended = len > UINT8_MAX;

	put8(m, flags | (extended ? AF_EXTENDED : 0));
	put8(m, code);
	if (extended)
		put16(m, (unsigned)len);
	else
		put8(m, (unsigned)len);
	put(m, data, len);
}

/* An IPv6 one stands in an MP_REACH_NLRI cut short: RFC 6396, 4.3.4. */
static void
put_next_hop(struct mrt *m, const struct next_hop *nh)
{
	uint8_t reach[33];

	if (nh->len == 4) {
		put_attr(m, AF_TRANSITIVE, ATTR_NEXT_HOP, nh->b, 4);
	} else if (nh->len) {
		reach[0] = nh->len;
		memcpy(reach + 1, nh->b, nh->len);
		put_attr(m, AF_OPTIONAL, ATTR_MP_REACH, reach, nh->len + 1u);
	}
}

static void
put_attrs(struct mrt *m, const struct attrs *a)
{
	struct next_hop nh = attrs_next_hop(a);
	struct attr attr;
	size_t pos = 0;

	while (attrs_next(a, &pos, &attr) && attr.code < LOCAL_ATTR) {
		if (attr.code > ATTR_NEXT_HOP) {
			put_next_hop(m, &nh);
			nh.len = 0;
		}
		put_attr(m, attr.flags, attr.code, attr.data, attr.len);
	}
	put_next_hop(m, &nh);
}

void
mrt_rib_entry(struct mrt *m, uint16_t peer, uint32_t since_s, const uint32_t *path_id,
    const struct attrs *a)
{
	size_t len;

	put16(m, peer);
	put32(m, since_s);
	if (path_id)
		put32(m, *path_id);
	len = m->len;
	put16(m, 0);
	if (a->block_len) /* else it is no route of BGP */
		put_attrs(m, a);
	put_u16(m->at + len, (uint16_t)(m->len - len - 2));
	m->entries++;
}

bool
mrt_rib_end(struct mrt *m)
{
	if (!m->entries) {
		m->len = m->record;
		return false;
	}
	put_u16(m->at + m->count, (uint16_t)m->entries);
	record_end(m);
	return true;
}

/*
 * Sessions.
 */
static void
put_session(struct mrt *m, const struct mrt_session *s, bool wide)
{
	bool six = !ip_is4(&s->remote);

	if (wide) {
		put32(m, s->remote_as);
		put32(m, s->local_as);
	} else {
		put16(m, s->remote_as);
		put16(m, s->local_as);
	}
	put16(m, s->ifindex);
	put16(m, six ? 2 : 1);
	put_ip(m, &s->remote, six);
	put_ip(m, &s->local, six);
}

/* The family of an attribute for several protocols, in the UPDATE's attributes. */
static enum family
family_of(const uint8_t *p, size_t n)
{
	while (n >= 4) {
		bool extended = p[0] & AF_EXTENDED;
		size_t head = 3u + extended,
		       len = extended ? (size_t)p[2] << 8 | p[3] : p[2];

		if (n < head + len)
			break;
		if ((p[1] == ATTR_MP_REACH || p[1] == ATTR_MP_UNREACH) && len >= 3)
			return family_find(get_u16(p + head), p[head + 2]);
		p += head + len;
		n -= head + len;
	}
	return FAM_IP4;
}

bool
mrt_has_path_ids(const bool add_path[FAMILIES], const uint8_t *msg, size_t len)
{
	const uint8_t *body = msg + BGP_HEADER_LEN;
	size_t n, withdrawn, attrs;
	enum family f = FAM_IP4;

	if (len < BGP_HEADER_LEN + 4 || msg[18] != BGP_UPDATE)
		return false;
	n = len - BGP_HEADER_LEN;
	withdrawn = get_u16(body);
	attrs = get_u16(body + 2);
	if (!withdrawn && 4 + attrs == n) /* no networks follow */
		f = family_of(body + 4, attrs);
	return f != FAM_NONE && add_path[f];
}

/* What form the paths of the message have is told by the subtype. */
void
mrt_message(struct mrt *m, uint32_t time_s, const struct mrt_session *s,
    const uint8_t *msg, size_t len)
{
	unsigned subtype = s->add_path ? s->as4 ? BGP4MP_MESSAGE_AS4_ADDPATH
						: BGP4MP_MESSAGE_ADDPATH
			   : s->as4    ? BGP4MP_MESSAGE_AS4
				       : BGP4MP_MESSAGE;

	record_begin(m, time_s, BGP4MP, subtype);
	put_session(m, s, s->as4);
	put(m, msg, len);
	record_end(m);
}

void
mrt_state(struct mrt *m, uint32_t time_s, const struct mrt_session *s,
    enum fsm_state from, enum fsm_state to)
{
	record_begin(m, time_s, BGP4MP, BGP4MP_STATE_CHANGE_AS4);
	put_session(m, s, true);
	put16(m, (unsigned)from + 1);
	put16(m, (unsigned)to + 1);
	record_end(m);
}
