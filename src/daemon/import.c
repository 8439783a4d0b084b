/*
 * Routes in: a decoded UPDATE through the loop checks and the import filter into batches,
 * one for each channel and shard, given away when the read is done.
 *
 * The filter runs once for each message, or, if it reads the network, once for all networks
 * that are the same to it; each result is interned once.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "bgp/labels.h"
#include "daemon/links.h"
#include "daemon/peerimpl.h"
#include "daemon/shardthread.h"
#include "filter/memo.h"

#define BATCH_FULL 4096u /* entries: then it is given away at once */

static void
post_batch(struct peer *p, struct channel *ch, unsigned shard)
{
	shard_post_batch(p->daemon->shard[shard], ch->batch[shard]);
	ch->batch[shard] = NULL;
}

static void
add(struct peer *p, struct channel *ch, struct attrs *attrs, const struct nlri *nlri)
{
	unsigned shard = shard_of(p->daemon, &nlri->net);

	if (ch->family == FAM_RTC)
		membership_learn(p, nlri, attrs);

	if (!ch->batch[shard])
		ch->batch[shard] = batch_new(
		    ch->id, route_time_now(p->daemon, clock_mono_ms()));
	batch_add(ch->batch[shard], attrs, nlri);
	if (ch->batch[shard]->entry_n >= BATCH_FULL)
		post_batch(p, ch, shard);
}

void
import_post(struct peer *p)
{
	for (unsigned f = 0; f < FAMILIES; f++)
		for (unsigned s = 0; p->channel[f].batch && s < p->daemon->shard_n; s++)
			if (p->channel[f].batch[s])
				post_batch(p, &p->channel[f], s);
}

void
import_drop(struct peer *p)
{
	for (unsigned f = 0; f < FAMILIES; f++)
		for (unsigned s = 0; p->channel[f].batch && s < p->daemon->shard_n; s++)
			if (p->channel[f].batch[s]) {
				batch_free(p->channel[f].batch[s], p->daemon->store);
				p->channel[f].batch[s] = NULL;
			}
}

static void
withdraw_run(struct peer *p, struct nlri_run run)
{
	struct channel *ch = &p->channel[run.family];
	struct nlri nlri;

	while (nlri_next(&run, &nlri)) {
		ch->wd_received++;
		add(p, ch, NULL, &nlri);
	}
}

/* RFC 4271 9.1.2 (own AS), RFC 4456 8 (ORIGINATOR_ID, CLUSTER_LIST): NULL when all is
 * well. */
static const char *
loop_found(const struct peer *p, const struct draft *d)
{
	const struct peer_setup *s = p->setup;
	const struct attr *a = draft_find(d, ATTR_AS_PATH);
	uint32_t originator;

	if (a && path_count(a->data, a->len, s->local_as) > s->allow_local_as)
		return "own AS in the path";
	if (a && s->session.local_as != s->local_as && /* RFC 5065, 4 */
	    path_count(a->data, a->len, s->session.local_as) > s->allow_local_as)
		return "own confederation in the path";
	if (!s->session.internal)
		return NULL;
	if (draft_u32(d, ATTR_ORIGINATOR_ID, &originator) &&
	    originator == s->session.router_id)
		return "own ORIGINATOR_ID";
	a = draft_find(d, ATTR_CLUSTER_LIST);
	for (unsigned i = 0; a && s->cluster_id && i + 4 <= a->len; i += 4)
		if (get_u32(a->data + i) == s->cluster_id)
			return "own cluster id in the list";
	return NULL;
}

static uint32_t
first_as(const struct draft *d)
{
	const struct attr *a = draft_find(d, ATTR_AS_PATH);

	if (!a || a->len < 6)
		return 0;
	return a->data[0] == SEG_SEQUENCE || a->data[0] == SEG_CONFED_SEQUENCE
		   ? get_u32(a->data + 2)
		   : 0;
}

/* RFC 9234, 5: a route that only goes down came from below, or sideways from elsewhere. */
static bool
is_leak(const struct peer *p, const struct draft *d)
{
	uint32_t otc;

	if (p->setup->session.internal || !draft_u32(d, ATTR_OTC, &otc))
		return false;
	switch (p->setup->session.role) {
	case 1 + ROLE_PROVIDER:
	case 1 + ROLE_RS_SERVER: return true;
	case 1 + ROLE_PEER: return otc != p->negotiated.codec.remote_as;
	default: return false;
	}
}

/* RFC 9234, 5: what comes from above or from the side is marked. */
static void
mark_otc(const struct peer *p, struct draft *d)
{
	switch (p->setup->session.role) {
	case 1 + ROLE_CUSTOMER:
	case 1 + ROLE_RS_CLIENT:
	case 1 + ROLE_PEER:
		if (!draft_find(d, ATTR_OTC))
			draft_set_u32(d, ATTR_OTC, p->negotiated.codec.remote_as);
	}
}

/* RFC 9774: of AS_SET and AS_CONFED_SET. */
static bool
has_set(const struct draft *d)
{
	const struct attr *a = draft_find(d, ATTR_AS_PATH);
	unsigned i = 0;

	while (a && i + 2 <= a->len) {
		if (a->data[i] == SEG_SET || a->data[i] == SEG_CONFED_SET)
			return true;
		i += 2 + a->data[i + 1] * 4u;
	}
	return false;
}

static bool
refused(struct peer *p, const struct peer_channel_setup *cs, const struct draft *d,
    const struct next_hop *nh)
{
	const char *why = loop_found(p, d);
	struct ip ip = next_hop_ip(nh);

	if (!why && !p->setup->session.internal && p->setup->enforce_first_as &&
	    first_as(d) != p->negotiated.codec.remote_as)
		why = "first AS is not the neighbor's";
	if (!why && !p->setup->allow_as_sets && has_set(d))
		why = "AS_SET in the path";
	if (!why && is_leak(p, d))
		why = "only to customer, but from below (OTC)";
	if (!why && ip_equal(&ip, &p->local_ip))
		why = "next hop is our own address";
	if (!why)
		why = nexthop_fault(p, cs, nh);
	if (why && p->setup->debug)
		log_trace("%s: route refused: %s", p->setup->name, why);
	return why != NULL;
}

/* What import means before the filter: preference, and LOCAL_PREF on external sessions.
 */
static void
prepare(const struct peer *p, struct draft *d, const struct peer_channel_setup *cs)
{
	d->preference = (uint16_t)cs->preference;
	if (!cs->aigp)
		draft_unset(d, ATTR_AIGP);
	if (p->setup->session.internal)
		return;
	mark_otc(p, d);
	if (cs->desc.member)
		return;
	if (!p->setup->allow_local_pref)
		draft_unset(d, ATTR_LOCAL_PREF);
	if (!draft_find(d, ATTR_LOCAL_PREF))
		draft_set_u32(d, ATTR_LOCAL_PREF, cs->desc.default_local_pref);
}

static void
draft_copy(struct draft *to, const struct draft *from)
{
	memcpy(to, from, offsetof(struct draft, at) + from->n * sizeof(from->at[0]));
}

#define SETS_KEPT 4u

struct import {
	struct peer *peer;
	struct channel *ch;
	const struct filter *filter;
	struct route_source source;
	struct nlri_run run;
	struct import_list list; /* in place of a run: not NULL */
	struct kept *marks; /* what the filter refuses is marked there; or NULL */
	/* what the filter's results are in the store: our references */
	struct {
		struct attrs *set;
		uint64_t serial;
	} kept[SETS_KEPT];
	unsigned kept_n;
};

static bool
import_next(struct import *im, struct nlri *nlri)
{
	if (!im->list.at)
		return nlri_next(&im->run, nlri);
	if (!im->list.n)
		return false;
	*nlri = *im->list.at++;
	im->list.n--;
	return true;
}

/* NULL: withdrawn. */
static void
import_add(struct import *im, struct attrs *attrs, const struct nlri *nlri)
{
	if (!attrs || !im->list.stale)
		add(im->peer, im->ch, attrs, nlri);
}

static void
import_none(struct import *im)
{
	struct nlri nlri;

	while (import_next(im, &nlri))
		import_add(im, NULL, &nlri);
}

/* As BIRD: such a network is withdrawn, whatever the filter would say. */
static bool
bogus(struct import *im, const struct nlri *nlri)
{
	if (!net_is_bogus(&nlri->net))
		return false;
	im->ch->rejected++;
	if (im->peer->setup->debug)
		log_trace("%s: route refused: bogus network", im->peer->setup->name);
	add(im->peer, im->ch, NULL, nlri);
	return true;
}

/* Without a filter: one set, interned once. */
static void
import_all(struct import *im, const struct draft *d)
{
	struct attrs *attrs = store_intern(im->peer->daemon->store, d);
	struct nlri nlri;

	while (import_next(im, &nlri)) {
		im->ch->received++;
		if (im->marks)
			kept_filtered(im->marks, &nlri, false);
		if (!bogus(im, &nlri))
			import_add(im, attrs, &nlri);
	}
	attrs_unref(im->peer->daemon->store, attrs, 1);
}

/* The interned set of an answer, borrowed: interned once for all networks of a message
 * that share it, as long as the answers do not vary more than we keep. */
static struct attrs *
answer_set(struct import *im, const struct memo_answer *a, const struct attrs *from)
{
	struct store *store = im->peer->daemon->store;
	unsigned i;

	for (i = 0; i < SETS_KEPT && im->kept[i].set; i++)
		if (im->kept[i].serial == a->serial)
			return im->kept[i].set;
	i = im->kept_n++ % SETS_KEPT;
	attrs_unref(store, im->kept[i].set, 1);
	im->kept[i].set = store_intern_set(store, a->changed ? a->set : from);
	im->kept[i].serial = a->serial;
	return im->kept[i].set;
}

/* One answer for all networks, if the filter does not read them. */
static void
import_set(struct import *im, const struct attrs *from)
{
	static const struct net no_net;
	bool each = filter_inputs(im->filter) & FILTER_NET;
	const struct memo_answer *a = NULL;
	struct memo_use use;
	struct nlri nlri;

	memo_begin(&use, io_memo(im->peer->io), im->filter, from, &im->source);
	while (import_next(im, &nlri)) {
		im->ch->received++;
		if (bogus(im, &nlri))
			continue;
		if (!a || each)
			a = memo_run(&use, each ? &nlri.net : &no_net);
		im->ch->filtered += a->result != FILTER_ACCEPT;
		if (im->marks)
			kept_filtered(im->marks, &nlri, a->result != FILTER_ACCEPT);
		import_add(im,
		    a->result == FILTER_ACCEPT ? answer_set(im, a, from) : NULL, &nlri);
	}
	memo_end(&use);
	for (unsigned i = 0; i < SETS_KEPT; i++)
		attrs_unref(im->peer->daemon->store, im->kept[i].set, 1);
}

/* Through the filter, with the message's attributes as a set of our own. */
static void
import_filtered(struct import *im, const struct draft *d)
{
	union {
		struct attrs set;
		uint8_t room[2048];
	} own;
	size_t size = attrs_size(d);
	struct attrs *from = size <= sizeof(own) ? &own.set : mem_alloc(size);

	attrs_write(d, from);
	import_set(im, from);
	if (from != &own.set)
		mem_free(from);
}

static void
set_labels(struct draft *d, const struct nlri_run *run)
{
	if (family_has_labels(run->family))
		draft_set_labels(d, run->labels.b, run->labels.len);
	else if (family_has_rest(run->family))
		draft_set_nlri_rest(d, &run->labels);
}

/* Networks that share all of their attributes, labels too. */
static void
import_part(struct import *im, struct draft *d)
{
	nexthop_way(im->peer, peer_channel_setup(im->peer, im->ch->family), d);
	if (filter_is_accept(im->filter))
		import_all(im, d);
	else if (attrs_size(d))
		import_filtered(im, d);
	else
		import_none(im); /* longer than any set may be */
}

static struct import
import_of(struct channel *ch, const struct peer_channel_setup *cs)
{
	struct peer *p = ch->peer;

	return (struct import){
		.peer = p,
		.ch = ch,
		.filter = cs->import,
		.source = { .proto = p->setup->name,
		    .source = ROUTE_SOURCE_BGP,
		    .from = p->setup->remote_ip,
		    .links = links_filter(io_links(p->io)) },
	};
}

/* None of them may come in: withdrawn, and counted so, as by BIRD. */
static void
import_refused(struct import *im)
{
	struct nlri nlri;

	while (import_next(im, &nlri)) {
		im->ch->wd_received++;
		import_add(im, NULL, &nlri);
	}
}

void
import_again(struct channel *ch, const struct attrs *set, struct import_list list)
{
	const struct peer_channel_setup *cs = peer_channel_setup(ch->peer, ch->family);
	struct import im = import_of(ch, cs);
	struct draft d;

	im.list = list;
	im.marks = cs->keep_filtered ? ch->kept : NULL;
	draft_from(&d, kept_arena(ch->kept), set);
	if (refused(ch->peer, cs, &d, &d.next_hop)) {
		import_refused(&im);
	} else {
		prepare(ch->peer, &d, cs);
		import_part(&im, &d);
	}
	arena_reset(kept_arena(ch->kept));
}

/* A run is imported in parts: of all of it, or of equal labels.  False at its end. */
static bool
part_next(struct nlri_run *rest, struct nlri_run *part)
{
	do {
		if (!rest->len)
			return false;
		if (family_has_labels(rest->family) || family_has_rest(rest->family)) {
			nlri_part(rest, part);
		} else {
			*part = *rest;
			rest->len = 0;
		}
	} while (!part->len);
	return true;
}

#define KEEP_EACH 64u

/* Put down as it came, then imported from there. */
static void
keep_part(struct channel *ch, struct attrs *set, struct nlri_run part)
{
	struct nlri list[KEEP_EACH];
	unsigned n = 0;

	while (nlri_next(&part, &list[n])) {
		n += kept_take(ch->kept, &list[n], set);
		if (n < KEEP_EACH)
			continue;
		import_again(ch, set, (struct import_list){ .at = list, .n = n });
		n = 0;
	}
	if (n)
		import_again(ch, set, (struct import_list){ .at = list, .n = n });
}

static void
keep_run(struct channel *ch, struct update *u, const struct nlri_run *run)
{
	struct store *store = ch->peer->daemon->store;
	struct nlri_run rest = *run, part;
	struct draft d;

	draft_copy(&d, &u->draft);
	d.next_hop = *update_next_hop(u, run->family);
	/* So that it is the same set as the imported one, if nothing is changed in it. */
	d.preference = (uint16_t)peer_channel_setup(ch->peer, run->family)->preference;
	while (part_next(&rest, &part)) {
		struct attrs *set;

		set_labels(&d, &part);
		set = store_intern(store, &d);
		if (set) {
			keep_part(ch, set, part);
		} else { /* longer than any set may be */
			kept_withdraw(ch->kept, part);
			withdraw_run(ch->peer, part);
		}
		attrs_unref(store, set, 1);
	}
}

static void
import_run(struct peer *p, struct update *u, const struct nlri_run *run)
{
	const struct peer_channel_setup *cs = peer_channel_setup(p, run->family);
	struct import im = import_of(&p->channel[run->family], cs);
	struct nlri_run rest = *run;
	struct draft own,
	    *d = &own; /* the filter writes; another family may share the update */

	if (im.ch->kept) {
		keep_run(im.ch, u, run);
		return;
	}
	draft_copy(d, &u->draft);
	d->next_hop = *update_next_hop(u, run->family);
	if (refused(p, cs, d, &d->next_hop)) {
		im.run = *run;
		import_refused(&im);
		return;
	}
	prepare(p, d, cs);
	while (part_next(&rest, &im.run)) {
		im.kept_n = 0;
		memset(im.kept, 0, sizeof(im.kept));
		set_labels(d, &im.run);
		import_part(&im, d);
	}
}

static void
gone(struct peer *p, const struct nlri_run *run)
{
	if (p->channel[run->family].kept)
		kept_withdraw(p->channel[run->family].kept, *run);
	withdraw_run(p, *run);
}

void
import_update(struct peer *p, struct update *u)
{
	fault_log(p, u);
	for (unsigned i = 0; i < u->unreach_n; i++) {
		if (p->channel[u->unreach[i].family].up)
			gone(p, &u->unreach[i]);
	}
	for (unsigned i = 0; i < u->reach_n; i++) {
		if (!p->channel[u->reach[i].family].up)
			continue;
		if (u->verdict == VERDICT_WITHDRAW)
			gone(p, &u->reach[i]);
		else
			import_run(p, u, &u->reach[i]);
	}
}
