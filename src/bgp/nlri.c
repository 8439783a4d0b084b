/*
 * Networks on the wire, a form for each kind of family:
 *
 *   prefix          length in bits (1), as many bytes as that needs    RFC 4271, 4.3
 *   labelled        length, label (3) ..., address                     RFC 8277, 2
 *   vpn             length, route distinguisher (8), address           RFC 4364, 4.3.4
 *   vpn, labelled   length, label (3) ..., distinguisher, address
 *   rtc             length, AS (4), route target (8), as far as said   RFC 4684, 4
 *   others          nlrilong.c
 *
 * The length counts all that follows it.  With add-path a path id (4) stands in front
 * (RFC 7911, 3).  The last label of an announcement has the bottom bit; a withdrawal has
 * three bytes in their place that say nothing (RFC 8277, 2.4).  Where several labels were not
 * agreed on there is but one, and its bottom bit is of no account (2.2); but who sends more
 * than one all the same (BIRD does, as RFC 3107 let him) sets the bit, so a stack that ends
 * within the network's length is one.
 *
 * A run is checked once, when the message is decoded; reading it later does not fail.
 * Where a network's length is known before its content, a malformed one is passed over.
 */
#include "nlri.h"

#include <string.h>

#include "decode.h"

enum { LABEL_LEN = 3, RD_LEN = 8, RTC_AS_BITS = 32 };

#define LABEL_BOTTOM 1u

static const char range[] = "prefix length out of range";
static const char overrun[] = "network overruns its field";

static size_t
bytes_of(unsigned bits)
{
	return (bits + 7u) / 8;
}

static const char *
prefix_check(struct wire *w, enum net_type type, bool reach)
{
	unsigned plen = wire_u8(w);

	(void)reach;
	wire_take(w, bytes_of(plen));
	if (plen > net_plen_max(type))
		return range;
	return w->bad ? overrun : NULL;
}

/* The address: bits beyond the prefix are of no account. */
static void
address_read(struct wire *w, struct net *net, unsigned plen)
{
	size_t n = bytes_of(plen);
	const uint8_t *p = wire_take(w, n);

	if (!p || n > NET_KEY_MAX)
		return;
	net->plen = (uint8_t)plen;
	memcpy(net->key, p, n);
	if (plen % 8)
		net->key[n - 1] &= (uint8_t)(0xff00 >> plen % 8);
}

static void
prefix_read(struct wire *w, struct nlri_run *run, struct net *net)
{
	(void)run;
	address_read(w, net, wire_u8(w));
}

static size_t
prefix_len(const struct net *net, const struct label_stack *labels)
{
	(void)labels;
	return 1 + bytes_of(net->plen);
}

static void
prefix_write(struct wbuf *w, const struct net *net, const struct label_stack *labels)
{
	(void)labels;
	wbuf_u8(w, net->plen);
	wbuf_put(w, net->key, bytes_of(net->plen));
}

/* Bytes of the stack of labels at p, in a network of so many bits, `rest` of which are not
 * labels'; 0: it has no bottom. */
static size_t
stack_len(const uint8_t *p, unsigned bits, unsigned rest)
{
	for (size_t n = LABEL_LEN; n * 8 + rest <= bits && n <= LABEL_LEN * LABELS_MAX;
	     n += LABEL_LEN)
		if (p[n - 1] & LABEL_BOTTOM)
			return n;
	return 0;
}

/* What stands in front of the rest in an announcement or a withdrawal.  The bytes are there. */
static size_t
labels_len(const uint8_t *p, unsigned bits, bool rd, bool reach)
{
	size_t n = reach ? stack_len(p, bits, rd ? 8 * RD_LEN : 0) : 0;

	return n ? n : LABEL_LEN;
}

/* What follows the length: labels and distinguisher or not, then the address. */
static const char *
stacked_check(struct wire *w, enum net_type type, bool reach, bool labels, bool rd)
{
	unsigned bits = wire_u8(w);
	struct wire in = wire_sub(w, bytes_of(bits));
	size_t n = 0;

	if (w->bad)
		return overrun;
	if (labels && bits < 8 * LABEL_LEN)
		return range;
	if (labels)
		n = labels_len(in.pos, bits, rd, reach);
	n += rd ? RD_LEN : 0;
	if (n * 8 > bits || bits - n * 8 > net_plen_max(type))
		return range;
	return NULL;
}

static void
stacked_read(struct wire *w, struct nlri_run *run, struct net *net, bool labels, bool rd)
{
	unsigned bits = wire_u8(w);
	const uint8_t *p = w->pos;
	size_t n = 0;

	if (labels) {
		n = p ? labels_len(p, bits, rd, run->reach) : LABEL_LEN;
		wire_take(w, n);
		run->labels.len = run->reach ? (uint8_t)n : 0;
		if (p)
			memcpy(run->labels.b, p, run->labels.len);
		run->labels.b[n - 1] |= LABEL_BOTTOM;
	}
	if (rd) {
		p = wire_take(w, RD_LEN);
		n += RD_LEN;
	}
	address_read(w, net, bits - 8 * (unsigned)n);
	if (rd && p)
		memcpy(net->key + net_key_len(net_address_type(net->type)), p, RD_LEN);
}

static size_t
label_bytes(const struct label_stack *labels)
{
	return labels ? labels->len : LABEL_LEN;
}

static void
stacked_write(
    struct wbuf *w, const struct net *net, const uint8_t *label, size_t n, bool rd)
{
	size_t bits = 8 * n + (rd ? 8 * RD_LEN : 0) + net->plen;

	wbuf_u8(w, (uint8_t)bits);
	wbuf_put(w, label, n);
	if (rd)
		wbuf_put(w, net->key + net_key_len(net_address_type(net->type)), RD_LEN);
	wbuf_put(w, net->key, bytes_of(net->plen));
}

static void
labelled_write_any(
    struct wbuf *w, const struct net *net, const struct label_stack *labels, bool rd)
{
	static const uint8_t withdrawn[LABEL_LEN] = { 0x80, 0, 0 };

	stacked_write(
	    w, net, labels ? labels->b : withdrawn, label_bytes(labels), rd);
}

static const char *
labelled_check(struct wire *w, enum net_type type, bool reach)
{
	return stacked_check(w, type, reach, true, false);
}

static void
labelled_read(struct wire *w, struct nlri_run *run, struct net *net)
{
	stacked_read(w, run, net, true, false);
}

static size_t
labelled_len(const struct net *net, const struct label_stack *labels)
{
	return prefix_len(net, NULL) + label_bytes(labels);
}

static void
labelled_write(struct wbuf *w, const struct net *net, const struct label_stack *labels)
{
	labelled_write_any(w, net, labels, false);
}

static const char *
vpn_check(struct wire *w, enum net_type type, bool reach)
{
	return stacked_check(w, type, reach, false, true);
}

static void
vpn_read(struct wire *w, struct nlri_run *run, struct net *net)
{
	stacked_read(w, run, net, false, true);
}

static size_t
vpn_len(const struct net *net, const struct label_stack *labels)
{
	(void)labels;
	return prefix_len(net, NULL) + RD_LEN;
}

static void
vpn_write(struct wbuf *w, const struct net *net, const struct label_stack *labels)
{
	(void)labels;
	stacked_write(w, net, NULL, 0, true);
}

static const char *
vpn_labelled_check(struct wire *w, enum net_type type, bool reach)
{
	return stacked_check(w, type, reach, true, true);
}

static void
vpn_labelled_read(struct wire *w, struct nlri_run *run, struct net *net)
{
	stacked_read(w, run, net, true, true);
}

static size_t
vpn_labelled_len(const struct net *net, const struct label_stack *labels)
{
	return vpn_len(net, NULL) + label_bytes(labels);
}

static void
vpn_labelled_write(
    struct wbuf *w, const struct net *net, const struct label_stack *labels)
{
	labelled_write_any(w, net, labels, true);
}

/* Either the default, or at least an AS. */
static const char *
rtc_check(struct wire *w, enum net_type type, bool reach)
{
	const uint8_t *plen = w->pos;
	const char *fault = prefix_check(w, type, reach);

	if (!fault && *plen && *plen < RTC_AS_BITS)
		fault = range;
	return fault;
}

#define OP(...) (&(const struct nlri_op){ __VA_ARGS__ })

const struct nlri_op *const nlri_ops[NLRI_FORMS] = {
	[NLRI_PREFIX] = OP(prefix_check, prefix_read, prefix_len, prefix_write, NULL),
	[NLRI_LABELLED] = OP(labelled_check, labelled_read, labelled_len, labelled_write,
	    NULL),
	[NLRI_VPN] = OP(vpn_check, vpn_read, vpn_len, vpn_write, NULL),
	[NLRI_VPN_LABELLED] = OP(vpn_labelled_check, vpn_labelled_read, vpn_labelled_len,
	    vpn_labelled_write, NULL),
	[NLRI_RTC] = OP(rtc_check, prefix_read, prefix_len, prefix_write, NULL),
	[NLRI_FLOW] = &nlri_flow,
	[NLRI_VFLOW] = &nlri_vflow,
	[NLRI_EVPN] = &nlri_evpn,
	[NLRI_VPLS] = &nlri_vpls,
	[NLRI_LS] = &nlri_ls,
};

/*
 * Plain prefixes are the most by far: they have loops of their own.
 */
static const char *
plain_fault(const struct nlri_run *run, unsigned max)
{
	struct wire w = wire_init(run->data, run->len);
	unsigned plen;

	while (wire_left(&w)) {
		if (run->add_path)
			wire_take(&w, 4);
		plen = wire_u8(&w);
		wire_take(&w, bytes_of(plen));
		if (plen > max)
			return range;
		if (w.bad)
			return overrun;
	}
	return NULL;
}

static inline bool
plain_next(struct nlri_run *run, struct nlri *nlri, uint8_t type)
{
	struct wire w = wire_init(run->data, run->len);
	const uint8_t *key;
	size_t n;

	if (!run->len)
		return false;
	memset(nlri, 0, sizeof(*nlri));
	if (run->add_path)
		nlri->path_id = wire_u32(&w);
	nlri->net.type = type;
	nlri->net.plen = wire_u8(&w);
	n = bytes_of(nlri->net.plen);
	key = wire_take(&w, n);
	if (!key || n > NET_KEY_MAX)
		return false;
	memcpy(nlri->net.key, key, n);
	if (nlri->net.plen % 8)
		nlri->net.key[n - 1] &= (uint8_t)(0xff00 >> nlri->net.plen % 8);
	run->data = w.pos;
	run->len = wire_left(&w);
	return true;
}

/* Of networks that are otherwise well formed. */
static const char *
stacks_fault(const struct nlri_run *run)
{
	bool rd = family_info(run->family)->nlri == NLRI_VPN_LABELLED;
	struct wire w = wire_init(run->data, run->len);

	while (wire_left(&w)) {
		unsigned bits;

		if (run->add_path)
			wire_take(&w, 4);
		bits = wire_u8(&w);
		if (!stack_len(w.pos, bits, rd ? 8 * RD_LEN : 0))
			return "label stack without a bottom";
		wire_take(&w, bytes_of(bits));
	}
	return NULL;
}

uint8_t
nlri_plain(enum family family)
{
	const struct family_info *info = family_info(family);

	return info->nlri == NLRI_PREFIX ? (uint8_t)info->net_type : NET_NONE;
}

const char *
nlri_fault(const struct nlri_run *run)
{
	const struct family_info *info = family_info(run->family);
	const struct nlri_op *op = nlri_ops[info->nlri];
	struct wire w = wire_init(run->data, run->len);
	const char *fault = NULL;

	if (info->nlri == NLRI_PREFIX)
		return plain_fault(run, net_plen_max(info->net_type));
	while (wire_left(&w) && !fault) {
		if (run->add_path)
			wire_take(&w, 4);
		fault = op->check(&w, info->net_type, run->reach);
	}
	return !fault && run->reach && run->stacks ? stacks_fault(run) : fault;
}

const char *
nlri_flaw(const struct nlri_run *run)
{
	const struct family_info *info = family_info(run->family);
	const struct nlri_op *op = nlri_ops[info->nlri];
	struct wire w = wire_init(run->data, run->len);
	const char *flaw = NULL;

	while (op->flaw && wire_left(&w) && !flaw) {
		if (run->add_path)
			wire_take(&w, 4);
		flaw = op->flaw(w, info->net_type);
		op->check(&w, info->net_type, run->reach);
	}
	return flaw;
}

/* One, or false: it was malformed and is passed over. */
static bool
nlri_read(struct nlri_run *run, struct nlri *nlri)
{
	const struct family_info *info = family_info(run->family);
	const struct nlri_op *op = nlri_ops[info->nlri];
	struct wire w = wire_init(run->data, run->len);
	bool sound = true;

	memset(nlri, 0, sizeof(*nlri));
	if (run->add_path)
		nlri->path_id = wire_u32(&w);
	nlri->net.type = (uint8_t)info->net_type;
	if (!op->flaw || !op->flaw(w, info->net_type))
		op->read(&w, run, &nlri->net);
	else
		sound = false;
	if (!sound) /* its length is all right */
		op->check(&w, info->net_type, run->reach);
	run->data = w.pos;
	run->len = w.bad ? 0 : wire_left(&w);
	return sound && !w.bad;
}

bool
nlri_next(struct nlri_run *run, struct nlri *nlri)
{
	if (run->plain)
		return plain_next(run, nlri, run->plain);
	while (run->len)
		if (nlri_read(run, nlri))
			return true;
	return false;
}

static bool
same_labels(const struct nlri_run *a, const struct nlri_run *b)
{
	return a->labels.len == b->labels.len &&
	       !memcmp(a->labels.b, b->labels.b, a->labels.len);
}

void
nlri_part(struct nlri_run *rest, struct nlri_run *part)
{
	struct nlri_run next = *rest;
	struct nlri nlri;

	*part = *rest;
	if (!nlri_next(&next, &nlri)) { /* none but such as are passed over */
		rest->len = part->len = 0;
		return;
	}
	part->labels = next.labels;
	do {
		rest->data = next.data;
		rest->len = next.len;
	} while (nlri_next(&next, &nlri) && same_labels(&next, part));
	part->len = (size_t)(rest->data - part->data);
}
