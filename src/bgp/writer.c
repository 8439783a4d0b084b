/*
 * Messages, written: networks that share their attributes, as many as fit.
 *
 *   IPv4 unicast   withdrawn:  header, length, NLRI ..., 0
 *                  announced:  header, 0, length, attributes, NLRI ...
 *   other families withdrawn:  header, 0, length, MP_UNREACH_NLRI { NLRI ... }
 *                  announced:  header, 0, length, MP_REACH_NLRI { NLRI ... }, attributes
 *
 * So a message has a head, which is written when it is opened, networks, and a tail,
 * which is written, and the lengths filled in, when it is closed; room for the tail is
 * kept all along. MP_REACH_NLRI stands first (RFC 7606, 5.1), with a length of two bytes,
 * since its length is not known when networks are written behind it.
 */
#include "bgp/update.h"

#include <assert.h>
#include <string.h>
#include "base/wire.h"
#include "nlri.h"

enum {
	AT_LEN = 16,       /* length of the message */
	AT_WITHDRAWN = 19, /* length of withdrawn networks */
	AT_ATTRS = 21,     /* length of attributes, when none are withdrawn */
	AT_MP = 23,        /* flags of MP_REACH_NLRI or MP_UNREACH_NLRI */
	AT_MP_LEN = 25,
	MP_HEAD = 4 + 3, /* flags, code, length; family */
	RD_LEN = 8,
};

/* Withdrawals are that always; what is announced with an IPv6 next hop is not (RFC 8950). */
static bool
is_classic(const struct update_writer *w)
{
	return w->family == FAM_IP4 && !(w->attrs && w->next_hop && w->next_hop->len > 4);
}

/* In MP_REACH_NLRI; a distinguisher before each address where the family has them. */
static size_t
next_hop_len(const struct update_writer *w)
{
	size_t len = w->next_hop->len;

	if (family_info(w->family)->hop_rd)
		len += len == 32 ? 2 * RD_LEN : RD_LEN;
	return len;
}

static size_t
head_len(const struct update_writer *w)
{
	if (is_classic(w))
		return w->attrs ? AT_MP + w->attrs_len : AT_ATTRS;
	return AT_MP + MP_HEAD + (w->attrs ? 1u + next_hop_len(w) + 1u : 0);
}

size_t
update_overhead(enum family family)
{
	return family_info(family)->nlri == NLRI_PREFIX ? 96 : 128;
}

static size_t
tail_len(const struct update_writer *w)
{
	if (is_classic(w))
		return w->attrs ? 0 : 2;
	return w->attrs ? w->attrs_len : 0;
}

static uint8_t *
header_write(uint8_t *p)
{
	memset(p, 0xff, 16);
	put_u16(p + AT_LEN, 0);
	p[18] = BGP_UPDATE;
	put_u16(p + AT_WITHDRAWN, 0);
	return p;
}

static void
mp_write(uint8_t *msg, enum family family, uint8_t code)
{
	const struct family_info *info = family_info(family);

	msg[AT_MP] = AF_OPTIONAL | AF_EXTENDED;
	msg[AT_MP + 1] = code;
	put_u16(msg + AT_MP + 4, info->afi);
	msg[AT_MP + 6] = info->safi;
}

/* Length, next hop, the reserved byte. */
static void
next_hop_write(const struct update_writer *w, uint8_t *p)
{
	size_t len = next_hop_len(w), plain = w->next_hop->len, n;

	memset(p, 0, len + 2);
	p[0] = (uint8_t)len;
	if (len == plain) {
		memcpy(p + 1, w->next_hop->b, plain);
		return;
	}
	n = plain == 32 ? 16 : plain;
	for (size_t at = 0; at < plain; at += n) {
		p += RD_LEN;
		memcpy(p + 1 + at, w->next_hop->b + at, n);
	}
}

static void
head_write(const struct update_writer *w, uint8_t *msg)
{
	uint8_t *p = msg + AT_MP + MP_HEAD;

	header_write(msg);
	if (is_classic(w)) {
		if (w->attrs) {
			put_u16(msg + AT_ATTRS, (uint16_t)w->attrs_len);
			memcpy(msg + AT_MP, w->attrs, w->attrs_len);
		}
		return;
	}
	mp_write(msg, w->family, w->attrs ? ATTR_MP_REACH : ATTR_MP_UNREACH);
	if (w->attrs)
		next_hop_write(w, p);
}

static bool
msg_open(struct update_writer *w, size_t n)
{
	size_t head = head_len(w);

	assert(
	    head + n + tail_len(w) <= w->msg_max); /* attributes leave update_overhead */
	if (head + n + tail_len(w) > wbuf_room(w->out))
		return false;
	w->msg = wbuf_take(w->out, head);
	head_write(w, w->msg);
	w->nlri_at = head;
	return true;
}

static void
nlri_write(const struct update_writer *w, const struct nlri *nlri)
{
	enum nlri_form form = family_info(w->family)->nlri;

	if (w->add_path)
		wbuf_u32(w->out, nlri->path_id);
	nlri_ops[form]->write(w->out, &nlri->net, w->attrs ? w->labels : NULL);
}

static size_t
nlri_len(const struct update_writer *w, const struct nlri *nlri)
{
	enum nlri_form form = family_info(w->family)->nlri;

	return (w->add_path ? 4 : 0) +
	       nlri_ops[form]->len(&nlri->net, w->attrs ? w->labels : NULL);
}

size_t
update_least(const struct update_writer *w, const struct nlri *nlri)
{
	return head_len(w) + nlri_len(w, nlri) + tail_len(w);
}

/* Room for it in an open message. */
static bool
update_reserve(struct update_writer *w, size_t n)
{
	size_t tail = tail_len(w);

	if (w->msg && (size_t)(w->out->pos - w->msg) + n + tail > w->msg_max)
		update_finish(w);
	return w->msg ? n + tail <= wbuf_room(w->out) : msg_open(w, n);
}

/* Length and address: what nearly all networks are.  Of a key its whole size is copied
 * where that fits, which takes no call; what is too much is written over. */
static bool
prefix_add(struct update_writer *w, const struct nlri *nlri)
{
	const struct net *net = &nlri->net;
	size_t key = (net->plen + 7u) / 8, n = key + 1 + (w->add_path ? 4 : 0);
	bool whole;
	uint8_t *p;

	if (!update_reserve(w, n))
		return false;
	whole = n - key + sizeof(net->key) <= wbuf_room(w->out);
	p = wbuf_take(w->out, n);
	if (w->add_path) {
		put_u32(p, nlri->path_id);
		p += 4;
	}
	*p++ = net->plen;
	if (whole)
		memcpy(p, net->key, sizeof(net->key));
	else
		memcpy(p, net->key, key);
	return true;
}

bool
update_add(struct update_writer *w, const struct nlri *nlri)
{
	if (family_info(w->family)->nlri == NLRI_PREFIX)
		return prefix_add(w, nlri);
	if (!update_reserve(w, nlri_len(w, nlri)))
		return false;
	nlri_write(w, nlri);
	return true;
}

/* Closes the open message, if there is one. */
void
update_finish(struct update_writer *w)
{
	uint8_t *msg = w->msg;
	size_t nlri_end;

	if (!msg)
		return;
	nlri_end = (size_t)(w->out->pos - msg);
	if (is_classic(w) && !w->attrs) {
		put_u16(msg + AT_WITHDRAWN, (uint16_t)(nlri_end - w->nlri_at));
		wbuf_u16(w->out, 0);
	} else if (!is_classic(w)) {
		put_u16(msg + AT_MP_LEN, (uint16_t)(nlri_end - AT_MP_LEN - 2));
		if (w->attrs)
			wbuf_put(w->out, w->attrs, w->attrs_len);
		put_u16(msg + AT_ATTRS, (uint16_t)(w->out->pos - msg - AT_MP));
	}
	put_u16(msg + AT_LEN, (uint16_t)(w->out->pos - msg));
	w->msg = NULL;
}

size_t
update_eor(enum family family, uint8_t *buf)
{
	size_t len = family == FAM_IP4 ? AT_MP : AT_MP + MP_HEAD - 1;
	const struct family_info *info = family_info(family);
	uint8_t *p = header_write(buf);

	put_u16(p + AT_LEN, (uint16_t)len);
	put_u16(p + AT_ATTRS, (uint16_t)(len - AT_MP));
	if (family == FAM_IP4)
		return len;
	p[AT_MP] = AF_OPTIONAL;
	p[AT_MP + 1] = ATTR_MP_UNREACH;
	p[AT_MP + 2] = 3;
	put_u16(p + AT_MP + 3, info->afi);
	p[AT_MP + 5] = info->safi;
	return len;
}
