/*
 * L3VPN (RFC 4364, 4.3): routes of a VRF's tables become VPN routes with its distinguisher,
 * its targets and a label; VPN routes with a target it imports become routes of the VRF.
 *
 *   ipv4 table -> export filter -> + RD, targets, label -> import filter -> vpn4 table
 *   vpn4 table -> targets, export filter -> - RD -> import filter -> ipv4 table
 *
 * Each channel follows its table (the best route of each network) and is the source of what
 * came through the other one.  All goes through main, as the two networks may belong to
 * different shards.  Nothing is remembered but which label a network has.
 *
 * Where a VPN route leads, its labels among it, is the way of the VRF's route; that it came
 * by BGP, with a next hop, is over at the border.  Routes of one prefix with several
 * distinguishers are paths of one network in the VRF.
 */
#include <string.h>

#include "base/mem.h"
#include "base/wire.h"
#include "bgp/hops.h"
#include "bgp/labels.h"
#include "daemon/driver.h"
#include "daemon/labels.h"
#include "filter/local.h"
#include "rib/table.h"

#define FEC_HOPS 8

/* LABEL_POLICY_AGGREGATE: networks that lead to the same place. */
struct fec {
	struct fec *next;
	enum dest dest;
	unsigned n;
	struct hop hop[FEC_HOPS];
	uint32_t label, users;
};

struct l3vpn {
	struct labels *labels; /* its domain's */
	uint32_t vrf_label; /* LABEL_POLICY_VRF; 0: none was left */
	struct fec *fecs;
	/* LABEL_POLICY_PREFIX, _AGGREGATE: by network of the VRF, and its label by node */
	struct table net[2]; /* IPv4, IPv6 */
	uint32_t *label[2];
	uint32_t room[2];
};

/*
 * Labels.
 */
static uint32_t
label_take(const struct run *r)
{
	const struct l3vpn *l = r->data;

	return labels_take(l->labels, r->conf->l3vpn.label_start, r->conf->l3vpn.label_n);
}

static bool
hops_differ(const struct fec *a, const struct fec *b)
{
	for (unsigned i = 0; i < a->n; i++)
		if (hops_order(&a->hop[i], &b->hop[i]) != 0)
			return true;
	return false;
}

static struct fec *
fec_find(const struct l3vpn *l, const struct fec *key)
{
	struct fec *f = l->fecs;

	while (f && (f->dest != key->dest || f->n != key->n || hops_differ(f, key)))
		f = f->next;
	return f;
}

/* The label of all that leads there; one more user. */
static uint32_t
fec_label(const struct run *r, const struct attrs *a)
{
	struct l3vpn *l = r->data;
	struct fec key = { .dest = attrs_dest(a) }, *f;

	key.n = attrs_hops(a, key.hop, FEC_HOPS);
	f = fec_find(l, &key);
	if (!f) {
		key.label = label_take(r);
		if (!key.label)
			return 0;
		f = MEM_NEW(struct fec);
		*f = key;
		f->next = l->fecs;
		l->fecs = f;
	}
	f->users++;
	return f->label;
}

/* A network has the label no more. */
static void
label_give(struct l3vpn *l, uint32_t label)
{
	struct fec **at = &l->fecs, *f;

	while (label && *at && (*at)->label != label)
		at = &(*at)->next;
	f = label ? *at : NULL;
	if (f && --f->users)
		return;
	labels_give(l->labels, label);
	if (!f)
		return;
	*at = f->next;
	mem_free(f);
}

/* Where the network's label stands; NULL: there are too many networks. */
static uint32_t *
label_place(struct l3vpn *l, const struct net *net)
{
	unsigned six = net->type == NET_IP6;
	struct table *t = &l->net[six];
	uint32_t node = table_get(t, net, table_hash(t, net));

	if (!node)
		return NULL;
	if (node >= l->room[six]) {
		uint32_t room = (node | 255) + 1;

		l->label[six] = mem_realloc(l->label[six], room * sizeof(uint32_t));
		memset(l->label[six] + l->room[six], 0,
		    (room - l->room[six]) * sizeof(uint32_t));
		l->room[six] = room;
	}
	return &l->label[six][node];
}

static void
prefix_gone(struct l3vpn *l, const struct net *net)
{
	unsigned six = net->type == NET_IP6;
	struct table *t = &l->net[six];
	uint32_t node = table_find(t, net, table_hash(t, net));

	if (!node)
		return;
	label_give(l, l->label[six][node]);
	l->label[six][node] = 0;
	table_del(t, node);
}

/* a: what the route is in the VRF; d: what becomes of it. */
static uint32_t
label_of(const struct run *r, const struct net *net, const struct attrs *a,
    const struct draft *d)
{
	unsigned policy = r->conf->l3vpn.label_policy;
	struct l3vpn *l = r->data;
	uint32_t label = 0, *at, was;

	if (policy == LABEL_POLICY_STATIC) {
		draft_u32(d, filter_local_code("mpls_label"), &label);
		return label <= LABEL_MAX ? label : 0;
	}
	if (policy == LABEL_POLICY_VRF)
		return l->vrf_label;
	at = label_place(l, net);
	if (!at)
		return 0;
	was = *at;
	if (policy == LABEL_POLICY_PREFIX)
		return *at = was ? was : label_take(r);
	*at = fec_label(r, a);
	label_give(l, was);
	return *at;
}

/*
 * Attributes.
 */
static bool
ec_is_target(const uint8_t *ec)
{
	return (ec[0] & 0xbf) <= 2 && ec[1] == 2; /* RFC 4360, 4; RFC 5668, 3 */
}

/* Those it came with are not the VRF's. */
static void
targets_set(struct draft *d, const struct l3vpn_conf *l)
{
	const struct attr *a = draft_find(d, ATTR_EXT_COMMUNITY);
	size_t old = a ? a->len : 0, n = 0;
	uint8_t *list = arena_alloc(d->arena, old + 8u * l->export_n + 1);

	for (size_t i = 0; i + 8 <= old; i += 8)
		if (!ec_is_target(a->data + i)) {
			memcpy(list + n, a->data + i, 8);
			n += 8;
		}
	for (unsigned i = 0; i < l->export_n; i++, n += 8) {
		put_u32(list + n, (uint32_t)(l->export_target[i] >> 32));
		put_u32(list + n + 4, (uint32_t)l->export_target[i]);
	}
	if (n)
		draft_put(d, AF_OPTIONAL | AF_TRANSITIVE, ATTR_EXT_COMMUNITY, list, n);
	else
		draft_unset(d, ATTR_EXT_COMMUNITY);
}

static void
label_set(struct draft *d, uint32_t label, unsigned policy)
{
	struct label_stack s = label_stack_one(label);

	draft_set_labels(d, s.b, label ? s.len : 0);
	if (label)
		draft_set_u32(d, filter_local_code("mpls_label"), label);
	else
		draft_unset(d, filter_local_code("mpls_label"));
	draft_set_u32(d, filter_local_code("mpls_policy"), policy);
}

static void
to_vpn(const struct run *r, const struct net *net, const struct attrs *a, struct draft *d)
{
	targets_set(d, &r->conf->l3vpn);
	label_set(d, label_of(r, net, a, d), r->conf->l3vpn.label_policy);
}

/* Its way with the labels that it asks for. */
static void
to_vrf(const struct attrs *a, struct draft *d)
{
	uint32_t label[LABELS_MAX];
	struct hop hop;
	unsigned n = attrs_hops(a, &hop, 1);

	draft_set_labels(d, NULL, 0);
	draft_unset(d, filter_local_code("mpls_label"));
	draft_unset(d, filter_local_code("mpls_policy"));
	if (!n || attrs_dest(a) != DEST_UNICAST)
		return;
	if (!hop.label_n) {
		n = attrs_label_list(a, label);
		hop.label_n = (uint8_t)(n < HOP_LABELS ? n : HOP_LABELS);
		memcpy(hop.label, label, hop.label_n * sizeof(label[0]));
	}
	draft_set_hops(d, &hop, 1);
}

/*
 * Routes.
 */
static enum family
other_side(enum family f)
{
	switch (f) {
	case FAM_IP4: return FAM_VPN4;
	case FAM_IP6: return FAM_VPN6;
	case FAM_VPN4: return FAM_IP4;
	default: return FAM_IP6;
	}
}

static bool
is_vpn(enum family f)
{
	return f == FAM_VPN4 || f == FAM_VPN6;
}

/* The VRF's paths to a network are told apart by where they are from. */
static uint32_t
path_of(uint64_t rd)
{
	return (uint32_t)(rd * 0x9e3779b97f4a7c15u >> 32);
}

static void
put(struct feeder *f, bool from_vpn, const struct net *net, const struct attrs *a)
{
	struct run *r = f->run;
	struct net to = from_vpn ? net_address(net) : net_vpn(net, r->conf->l3vpn.rd);
	uint32_t id = from_vpn ? path_of(net_rd(net)) : 0;
	struct draft d;

	if (!a) {
		feeder_withdraw_as(f, &to, id);
		if (!from_vpn)
			prefix_gone(r->data, net);
		return;
	}
	feeder_draft(f, &d);
	draft_from(&d, f->arena, a);
	d.preference = (uint16_t)f->channel->preference;
	if (from_vpn)
		to_vrf(a, &d);
	else
		to_vpn(r, net, a, &d);
	feeder_put_as(f, &to, id, &d, NULL);
}

static enum family
family_of(const struct run *r, uint32_t channel)
{
	for (enum family f = 0; f < FAMILIES; f++)
		if (r->channel[f] == channel)
			return f;
	return FAM_NONE;
}

static void
l3vpn_follow(struct runtime *rt, struct run *r, struct batch *b)
{
	enum family from = family_of(r, b->channel);
	const struct channel_conf *to =
	    from == FAM_NONE ? NULL : proto_channel(r->conf, other_side(from));
	struct feeder f;

	if (to && r->data && feeder_begin(&f, rt, r, to, SOURCE_L3VPN)) {
		for (uint32_t i = 0; i < b->run_n; i++)
			for (uint32_t j = 0; j < b->runs[i].n; j++)
				put(&f, is_vpn(from),
				    &b->entries[b->runs[i].first + j].net,
				    b->runs[i].attrs);
		feeder_end(&f);
	}
	batch_free(b, rt->daemon->store);
}

/* export: what holds it while the description is given away. */
static struct channel_desc
desc_of(const struct runtime *rt, const struct run *r, const struct channel_conf *c,
    struct filter **export)
{
	struct channel_desc d = feeder_desc(rt, r, c, SOURCE_L3VPN);

	*export = NULL;
	d.sink = SINK_FOLLOW;
	d.export = c->export;
	if (is_vpn(c->family))
		d.export = *export =
		    filter_both(r->conf->l3vpn.import_target, c->export);
	return d;
}

static void
describe(struct runtime *rt, const struct run *r, bool up)
{
	for (unsigned i = 0; i < r->conf->channel_n; i++) {
		struct filter *export;
		struct channel_desc d =
		    desc_of(rt, r, &r->conf->channel[i], &export);

		if (up)
			feeder_up(rt, &d);
		else
			feeder_update(rt, &d);
		filter_unref(export);
	}
}

static void
l3vpn_up(struct runtime *rt, struct run *r)
{
	struct l3vpn *l = MEM_NEW(struct l3vpn);

	r->data = l;
	l->labels = labels_of(rt, r->conf->l3vpn.label_domain);
	table_init(&l->net[0], NET_IP4);
	table_init(&l->net[1], NET_IP6);
	if (r->conf->l3vpn.label_policy == LABEL_POLICY_VRF)
		l->vrf_label = label_take(r);
	describe(rt, r, true);
}

static void
l3vpn_down(struct runtime *rt, struct run *r, bool keep)
{
	struct l3vpn *l = r->data;

	(void)keep;
	for (unsigned f = 0; f < FAMILIES; f++)
		feeder_event(rt, r->channel[f], CH_DOWN);
	if (!l)
		return;
	label_give(l, l->vrf_label);
	for (unsigned i = 0; i < 2; i++) {
		for (uint32_t k = 0; k < l->room[i]; k++)
			label_give(l, l->label[i][k]);
		mem_free(l->label[i]);
		table_fini(&l->net[i]);
	}
	mem_free(l);
	r->data = NULL;
}

/* What has changed may concern routes that have been through: they are all told again. */
static void
l3vpn_change(struct runtime *rt, struct run *r, const struct proto_conf *old,
    const struct step *s)
{
	(void)old;
	(void)s;
	describe(rt, r, false);
	for (unsigned f = 0; f < FAMILIES; f++)
		feeder_event(rt, r->channel[f], CH_REFRESH);
}

const struct driver l3vpn_driver = {
	.up = l3vpn_up,
	.down = l3vpn_down,
	.change = l3vpn_change,
	.follow = l3vpn_follow,
};
