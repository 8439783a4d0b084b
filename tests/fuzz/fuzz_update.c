/*
 * UPDATE: decoded, interned, encoded for several kinds of peers, and decoded again.  The
 * first two bytes choose what was negotiated and how the set is stamped; the rest is the
 * body.  Families other than IPv4 and IPv6 unicast are always there, with add-path and IPv6
 * next hops as IPv4 unicast has them.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/wire.h"
#include "bgp/labels.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct codec
codec_of(uint8_t bits)
{
	struct codec c = {
		.as4 = bits & 1,
		.internal = bits & 2,
		.allow_local_pref = bits & 4,
		.ext_msg = true,
		.add_path_rx = { bits & 8, bits & 16 },
		.active = { !(bits & 32), !(bits & 64) },
		.ext_next_hop = { bits & 128 },
	};

	for (unsigned f = 0; f < FAMILIES; f++) {
		if (f == FAM_IP4 || f == FAM_IP6 || !family_info(f)->afi)
			continue;
		c.active[f] = true;
		c.add_path_rx[f] = bits & 8;
		c.ext_next_hop[f] = bits & 128;
	}
	return c;
}

static struct stamp
stamp_of(uint8_t bits)
{
	return (struct stamp){
		.internal = bits & 1,
		.as4 = bits & 2,
		.strip_local_pref = bits & 4,
		.strip_reflected = bits & 4,
		.strip_confed = bits & 4,
		.prepend_confed = (bits & 24) == 16,
		.aigp = bits & 8 ? AIGP_SET : bits & 4 ? AIGP_STRIP : AIGP_KEEP,
		.aigp_metric = bits,
		.strip_med = bits & 8,
		.prepend_as = bits & 16 ? 70000 : 0,
		.local_pref = 100,
		.originator = bits & 32 ? 0x0a000001 : 0,
		.cluster_n = bits >> 6 < 3 ? bits >> 6 : 2,
		.cluster = { 1, 2 },
	};
}

struct context {
	struct arena *arena;
	struct store *store;
	struct codec codec;
	struct stamp stamp;
};

/* A peer that reads all that the writer may say. */
static struct codec
reader_of(const struct stamp *stamp)
{
	struct codec c = { .as4 = stamp->as4, .internal = true, .confed = true };

	for (unsigned f = 0; f < FAMILIES; f++) {
		c.active[f] = family_info(f)->afi;
		c.ext_next_hop[f] = f != FAM_IP4;
	}
	return c;
}

static void
same_labels(const struct nlri_run *a, const struct nlri_run *b)
{
	bool rest = family_has_rest(a->family);

	assert(a->labels.len == b->labels.len);
	for (unsigned i = 0; i < a->labels.len; i++)
		assert((a->labels.b[i] ^ b->labels.b[i]) <=
		       (i % 3 == 2 && !rest ? 0x0e : 0)); /* but three bits of a label */
}

/* What we send must be fit to be read, by a peer that negotiated the same, and say the same
 * networks, with the labels they had. */
static void
read_back(struct context *c, const struct wbuf *buf, bool reach, struct nlri_run sent)
{
	struct codec codec = reader_of(&c->stamp);
	struct update *u = malloc(sizeof(*u));
	const uint8_t *p = buf->start;
	struct nlri n, want;
	struct nlri_run *run;

	for (; p < buf->pos; p += get_u16(p + 16)) {
		update_decode(u, &codec, c->arena, p + BGP_HEADER_LEN,
		    (size_t)get_u16(p + 16) - BGP_HEADER_LEN);
		/* a short path of the peer may be long with what we add */
		assert(u->verdict == VERDICT_OK || u->verdict == VERDICT_WITHDRAW);
		assert(u->verdict == VERDICT_OK || u->subcode == 11);
		assert((reach ? u->reach_n : u->unreach_n) == 1);
		run = reach ? &u->reach[0] : &u->unreach[0];
		while (nlri_next(run, &n)) {
			assert(nlri_next(&sent, &want) && net_equal(&n.net, &want.net));
			if (reach)
				same_labels(run, &sent);
		}
	}
	assert(p == buf->pos && !nlri_next(&sent, &want));
	free(u);
}

static void
write_run(struct context *c, struct nlri_run run, const struct attrs *a)
{
	static uint8_t out[1 << 18], wire[65535];
	struct next_hop nh = a ? attrs_next_hop(a) : (struct next_hop){ 0 };
	struct wbuf buf = wbuf_init(out, sizeof(out));
	struct label_stack labels = { 0 };
	struct update_writer w = { .out = &buf,
		.msg_max = BGP_MSG_EXT_MAX,
		.family = run.family,
		.labels = &labels,
		.next_hop = &nh };
	const struct nlri_run sent = run;
	struct nlri n;

	if (a) {
		labels = family_has_rest(run.family) ? attrs_nlri_rest(a)
						     : attrs_labels(a);
		w.attrs = wire;
		w.attrs_len = attrs_encode(a, &c->stamp, run.family, wire,
		    sizeof(wire) - update_overhead(run.family));
		if (!w.attrs_len)
			return;
	}
	while (nlri_next(&run, &n)) {
		if (update_least(&w, &n) > w.msg_max)
			return; /* a long one beside long attributes: nobody sends it */
		assert(update_add(&w, &n));
	}
	update_finish(&w);
	read_back(c, &buf, a, sent);
}

static void
announce_part(struct context *c, struct update *u, const struct nlri_run *run)
{
	struct attrs *a, *b;
	struct draft *again = malloc(sizeof(*again));

	if (family_has_labels(run->family))
		draft_set_labels(&u->draft, run->labels.b, run->labels.len);
	else if (family_has_rest(run->family))
		draft_set_nlri_rest(&u->draft, &run->labels);
	u->draft.next_hop = *update_next_hop(u, run->family);
	a = store_intern(c->store, &u->draft);
	if (a) {
		draft_from(again, c->arena, a);
		b = store_intern(c->store, again);
		assert(a == b && store_get(c->store, a->id) == a);
		write_run(c, *run, a);
		attrs_unref(c->store, a, 2);
	}
	free(again);
}

static void
announce(struct context *c, struct update *u, const struct nlri_run *run)
{
	struct nlri_run rest = *run, part;

	if (!family_has_labels(run->family) && !family_has_rest(run->family)) {
		announce_part(c, u, run);
		return;
	}
	while (rest.len) {
		nlri_part(&rest, &part);
		announce_part(c, u, &part);
	}
}

static void
check_fault(const struct update *u, const uint8_t *body, size_t size)
{
	assert((u->verdict == VERDICT_OK) == !u->fault);
	if (u->fault_data)
		assert(
		    u->fault_data >= body && u->fault_data + u->fault_len <= body + size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct context c;
	struct update *u;

	if (size < 2 || size > 65535)
		return 0;
	c.arena = arena_new();
	c.store = store_new();
	c.codec = codec_of(data[0]);
	c.stamp = stamp_of(data[1]);
	u = malloc(sizeof(*u));
	update_decode(u, &c.codec, c.arena, data + 2, size - 2);
	check_fault(u, data + 2, size - 2);
	for (unsigned i = 0; i < u->unreach_n; i++)
		write_run(&c, u->unreach[i], NULL);
	for (unsigned i = 0; i < u->reach_n; i++)
		if (u->verdict < VERDICT_WITHDRAW)
			announce(&c, u, &u->reach[i]);
		else
			write_run(&c, u->reach[i], NULL);
	free(u);
	store_free(c.store);
	arena_free(c.arena);
	return 0;
}
