/*
 * Channels of a peer: what the shards are told of each, and when.
 *
 * A channel comes up with its session (a new epoch), is described anew when its setup
 * changes, and may be held back (nothing is announced to it) or deferred (what changed for
 * it waits) while others are still to tell their routes.
 */
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/peerimpl.h"
#include "daemon/recover.h"
#include "daemon/settle.h"
#include "daemon/shardthread.h"
#include "rib/reflect.h"

#define QUIET_MS 1000 /* a peer that tells its routes does not pause for so long */

void
channel_post(struct peer *p, uint32_t channel, enum channel_event e)
{
	for (unsigned i = 0; i < p->daemon->shard_n; i++)
		shard_post_channel(p->daemon->shard[i], channel, e);
}

/* Is the address that of the session?  Link-local ones may be the same on many links. */
static bool
is_session_address(const struct peer *p, const struct ifaddrs *i, const struct ip *ip)
{
	if (!ip_equal(ip, &p->local_ip))
		return false;
	return !ip_is_link_local(ip) || !p->setup->interface ||
	       strcmp(i->ifa_name, p->setup->interface) == 0;
}

/* Our own addresses for `next hop self`: that of the session for its family; for the
 * other one, an address of the same interface. */
static void
own_addresses(struct peer *p, struct channel_desc *d)
{
	struct ifaddrs *all, *i;
	char name[IF_NAMESIZE] = "";

	*(ip_is4(&p->local_ip) ? &d->self4 : &d->self6) = p->local_ip;
	if (getifaddrs(&all) < 0)
		return;
	for (i = all; i; i = i->ifa_next) {
		struct ip ip;
		uint16_t port;

		if (i->ifa_addr && ip_from_sockaddr(i->ifa_addr, &ip, &port) &&
		    is_session_address(p, i, &ip))
			strncpy(name, i->ifa_name, sizeof(name) - 1);
	}
	for (i = all; i; i = i->ifa_next) {
		struct ip ip, *self;
		uint16_t port;

		if (!i->ifa_addr || strcmp(i->ifa_name, name) != 0 ||
		    !ip_from_sockaddr(i->ifa_addr, &ip, &port))
			continue;
		self = ip_is4(&ip) ? &d->self4 : &d->self6;
		if (ip_is_link_local(&ip) && p->setup->multihop)
			continue; /* RFC 2545, 3: of use on a common link only */
		if (ip_is_link_local(&ip))
			d->local_ll = ip;
		else if (ip_is_none(self))
			*self = ip;
	}
	freeifaddrs(all);
}

static struct channel_desc
session_desc(struct peer *p, const struct peer_channel_setup *cs)
{
	struct channel_desc d = cs->desc;

	d.remote_as = p->negotiated.codec.remote_as;
	d.remote_id = p->negotiated.remote_id;
	d.remote_ip = p->remote_ip;
	d.local_ip = p->local_ip;
	d.as4 = p->negotiated.codec.as4;
	d.ext_msg = p->negotiated.codec.ext_msg;
	d.add_path_tx = p->negotiated.codec.add_path_tx[d.family];
	d.next_hop_address = cs->next_hop_address;
	d.labels = p->negotiated.codec.labels[d.family];
	d.limits = p->channel[d.family].limits;
	d.llgr = p->negotiated.remote.llgr;
	d.targets = membership_targets(p, d.family);
	d.local_id = p->setup->session.router_id;
	/* RFC 4684, 3.2: targets are told to clients as our own. */
	if (d.family == FAM_RTC && d.internal && d.rr_client)
		d.next_hop_self = NH_ALL;
	own_addresses(p, &d);
	d.ext_next_hop = p->negotiated.codec.ext_next_hop[d.family];
	if (d.ext_next_hop && !ip_is4(&p->local_ip))
		d.self4 = p->local_ip; /* as BIRD: the session's own address */
	/* Towards a session over the other family the next hop may not exist: better the
	 * session's address, mapped, than none. */
	if (family_info(d.family)->hop == HOP_FORM_IP6 && ip_is_none(&d.self6))
		d.self6 = p->local_ip;
	return d;
}

/* The limits of the setup.  True if they are others than before. */
static bool
channel_limits(struct channel *ch, const struct peer_channel_setup *cs)
{
	if (limits_same(ch->limits, cs->limit) && ch->limits_kept == cs->import_table)
		return false;
	limits_unref(ch->limits);
	ch->limits = limits_new(cs->limit);
	ch->limits_kept = cs->import_table;
	kept_limits(ch->kept);
	return true;
}

static bool
holds_back(const struct peer *p)
{
	return atomic_load(&p->daemon->recovering) || atomic_load(&p->daemon->settling);
}

void
channel_up(struct peer *p, struct channel *ch, const struct peer_channel_setup *cs)
{
	struct channel_desc d = session_desc(p, cs);

	ch->up = true;
	ch->epoch++;
	kept_up(ch->kept);
	limits_reset(ch->limits);
	ch->held = holds_back(p) || membership_holds(p, ch->family);
	ch->deferred = false;
	channel_forget_next(ch);
	ch->asked = 0;
	ch->quiet_due = ch->eor_seen = false;
	ch->waits = ch->held ? 0 : p->daemon->shard_n;
	ch->eor_due = !ch->held;
	ch->eorr_due = false;
	if (ch->held)
		d.export = NULL;
	ch->received = ch->rejected = ch->filtered = ch->wd_received = ch->wd_rejected =
	    0;
	ch->next_hop = channel_self(&d);
	ch->next_hop_ll = ip_is4(&ch->next_hop) ? ip_none : d.local_ll;
	if (ip_is_link_local(&ch->next_hop))
		ch->next_hop = ip_none;
	for (unsigned i = 0; i < p->daemon->shard_n; i++)
		shard_post_channel_up(
		    p->daemon->shard[i], &d, io_index(p->io), ch->epoch);
	/* RFC 4724, 4.1: who restarts, too, or knows nothing of it, is not waited for. */
	if (ch->held &&
	    (!p->negotiated.remote.graceful || p->negotiated.remote.gr_restarting))
		recover_post_done(p->daemon, ch->id);
	/* RFC 4724, 4.2: without the forwarding bit in the new OPEN nothing was
	 * preserved. */
	if (ch->llgr ? !p->negotiated.remote.llgr_preserved[ch->family]
		     : !p->negotiated.remote.gr_preserved[ch->family])
		stale_purge(p, ch);
}

/* Everything again (RFC 2918, RFC 7313).  One dump at a time: however often it is asked
 * for during one, there is one more behind it. */
void
channel_dump_again(struct peer *p, struct channel *ch)
{
	if (ch->waits) {
		ch->again = true;
		return;
	}
	if (p->negotiated.enhanced_refresh) {
		session_refresh(p->session, ch->family, 1);
		ch->eorr_due = true;
	}
	ch->waits = p->daemon->shard_n;
	channel_post(p, ch->id, CH_REFRESH);
}

void
peer_caught_up(struct peer *p, uint32_t channel)
{
	for (unsigned f = 0; f < FAMILIES; f++) {
		struct channel *ch = &p->channel[f];
		uint8_t msg[64];

		if (ch->id != channel || !ch->waits || --ch->waits)
			continue;
		if (ch->eor_due && p->up >= 0)
			outq_bytes(&p->conn[p->up].out, msg, update_eor(ch->family, msg));
		if (ch->eorr_due && p->up >= 0)
			session_refresh(p->session, ch->family, 2);
		ch->eor_due = ch->eorr_due = false;
		if (ch->again) {
			ch->again = false;
			channel_dump_again(p, ch);
		}
		if (p->up >= 0 && !p->flush_queued) {
			p->flush_queued = true;
			io_flush_later(p->io, p);
		}
	}
}

/* `restart time`: not again and again. */
static bool
may_restart(struct peer *p, uint64_t now)
{
	bool again = p->restarted_ms && now - p->restarted_ms < p->setup->restart_ms;

	if (again)
		log_warn(
		    "%s: Restarted a short time ago, disabled instead", p->setup->name);
	p->restarted_ms = now;
	return !again;
}

/* A limit of a running channel is met: as BIRD says it and does. */
void
peer_limit_hit(struct peer *p, uint32_t channel, enum limit_kind kind)
{
	unsigned f = 0, subcode = CEASE_MAX_PREFIXES;
	uint64_t now = clock_mono_ms();
	const struct limit_conf *l;
	bool restart;

	while (f < FAMILIES && p->channel[f].id != channel)
		f++;
	if (f == FAMILIES || !p->channel[f].limits)
		return;
	l = limits_conf(p->channel[f].limits, kind);
	log_warn("Protocol %s hits route %s limit (%u), action: %s", p->setup->name,
	    limit_kind_name(kind), l->max, limit_action_name(l->action));
	if (l->action != LIMIT_RESTART && l->action != LIMIT_DISABLE)
		return;
	restart = l->action == LIMIT_RESTART && may_restart(p, now);
	if (kind != LIMIT_EXPORT)
		log_warn("%s: Route limit exceeded, shutting down", p->setup->name);
	else
		subcode = restart ? CEASE_RESET : CEASE_SHUTDOWN;
	peer_enter(p);
	session_limit(p->session, subcode, (enum family)f, l->max, restart, now);
	peer_leave(p, now);
}

uint32_t
peer_epoch(const struct peer *p, uint32_t channel)
{
	for (unsigned f = 0; f < FAMILIES; f++)
		if (p->channel[f].id == channel)
			return p->channel[f].up ? p->channel[f].epoch : 0;
	return 0;
}

/* Also those that came with a reload. */
void
channels_init(struct peer *p)
{
	for (unsigned i = 0; i < p->setup->channel_n; i++) {
		const struct channel_desc *d = &p->setup->channel[i].desc;
		struct channel *ch = &p->channel[d->family];

		if (ch->id)
			continue;
		ch->peer = p;
		ch->id = d->id;
		ch->family = d->family;
		ch->batch = MEM_ARRAY(struct batch *, p->daemon->shard_n);
		kept_begin(ch, &p->setup->channel[i]);
		channel_limits(ch, &p->setup->channel[i]);
		io_channel_set(p->io, d->id, p);
	}
}

/* From what is kept of them, else the peer is asked for its routes again (RFC 2918); one
 * that cannot be asked is restarted, as BIRD does it. */
void
channel_reimport(struct peer *p, enum family f, uint64_t now)
{
	struct channel *ch = &p->channel[f];

	if (!ch->up || kept_walk(ch->kept))
		return;
	ch->asked += p->negotiated.enhanced_refresh || !p->negotiated.route_refresh;
	if (p->negotiated.route_refresh && !p->negotiated.enhanced_refresh) {
		ch->asked = ch->quiet_due = true;
		ch->heard_ms = 0;
		timer_at(p->quiet_timer, now + QUIET_MS);
	}
	if (p->negotiated.route_refresh)
		session_refresh(p->session, f, 0);
	else
		session_restart(p->session, ERR_CEASE, CEASE_CONFIG, NULL, false, now);
}

void
channel_settled_maybe(struct peer *p, struct channel *ch)
{
	if (!ch->asked && !ch->walks && !kept_walks(ch->kept))
		settle_post_done(p->daemon, ch->id);
}

void
channel_told(struct peer *p, struct channel *ch)
{
	ch->quiet_due = false;
	ch->asked = 0;
	import_post(p);
	channel_settled_maybe(p, ch);
}

/* One that has not begun is waited for: it may take long to begin (settle.h says how long). */
void
channels_quiet(void *ctx)
{
	struct peer *p = ctx;
	uint64_t now = clock_mono_ms();
	bool more = false;

	for (unsigned f = 0; f < FAMILIES; f++) {
		struct channel *ch = &p->channel[f];

		if (ch->quiet_due && ch->heard_ms && now - ch->heard_ms >= QUIET_MS)
			channel_told(p, ch);
		more |= ch->quiet_due;
	}
	timer_at(p->quiet_timer, more ? now + QUIET_MS / 2 : UINT64_MAX);
}

void
peer_walked(struct peer *p, uint32_t channel)
{
	for (unsigned f = 0; f < FAMILIES; f++) {
		struct channel *ch = &p->channel[f];

		if (ch->id == channel && ch->walks && --ch->walks == 0)
			channel_settled_maybe(p, ch);
	}
}

/* While we settle: as it was, but in its new table as a source, and told only what both
 * policies let pass; nothing where it moves.  *both: the caller's reference. */
static struct channel_desc
deferred_desc(struct peer *p, struct channel *ch, const struct peer_channel_setup *now,
    struct filter **both)
{
	const struct peer_channel_setup *was = peer_setup_channel(p->before, ch->family);
	struct filter *next = was ? now->desc.export : ch->next_export;
	bool client = was ? now->desc.rr_client : ch->next_client;
	bool communities = was ? now->desc.interpret_communities : ch->next_communities;
	struct channel_desc d;

	if (!was)
		was = now;
	d = session_desc(p, was);
	d.name = now->desc.name;
	d.table = now->desc.table;
	if (ch->moves || was->desc.table != now->desc.table)
		d.sink_table = was->desc.table;
	if (!next)
		return d;
	d.export = *both = filter_both(was->desc.export, next);
	d.rr_client = d.rr_client && client;
	d.cluster_id = d.rr_client ? d.cluster_id : 0;
	d.interpret_communities = d.interpret_communities || communities;
	return d;
}

/* As it is now.  afresh: in another table its paths come anew. */
static void
channel_describe(struct peer *p, const struct peer_channel_setup *cs, bool afresh)
{
	struct channel *ch = &p->channel[cs->desc.family];
	struct filter *both = NULL;
	struct channel_desc d = ch->deferred ? deferred_desc(p, ch, cs, &both)
					     : session_desc(p, cs);

	d.afresh = afresh;
	if (ch->held)
		d.export = NULL;
	for (unsigned i = 0; i < p->daemon->shard_n; i++)
		shard_post_channel_update(p->daemon->shard[i], &d);
	filter_unref(both);
}

void
channel_forget_next(struct channel *ch)
{
	filter_unref(ch->next_export);
	ch->next_export = NULL;
	ch->moves = false;
}

void
channel_prepare(struct peer *p, struct channel *ch, const struct peer_next *next)
{
	const struct peer_channel_setup *cs = peer_channel_setup(p, ch->family);
	struct filter *export = next->export[ch->family];

	channel_forget_next(ch);
	if (!ch->up || !cs)
		return;
	filter_ref(export);
	ch->next_export = export;
	ch->next_client = next->rr_client;
	ch->next_communities = next->interpret_communities;
	ch->moves = next->moves[ch->family];
	ch->deferred = true;
	channel_describe(p, cs, false);
}

/* The shards may announce to the channel now. */
static void
channel_release(struct peer *p, const struct peer_channel_setup *cs)
{
	struct channel *ch = &p->channel[cs->desc.family];
	bool was_held = ch->held, was_deferred = ch->deferred;

	if (membership_holds(p, ch->family))
		return;
	ch->held = ch->deferred = false;
	channel_forget_next(ch);
	if (!ch->up || (!was_held && !was_deferred))
		return;
	if (was_held) {
		ch->waits = p->daemon->shard_n;
		ch->eor_due = true;
	}
	channel_describe(p, cs, false);
}

void
channels_release(struct peer *p)
{
	if (holds_back(p))
		return;
	for (unsigned i = 0; i < p->setup->channel_n; i++)
		channel_release(p, &p->setup->channel[i]);
	peer_setup_free(p->before);
	p->before = NULL;
}

void
channels_describe_constrained(struct peer *p)
{
	for (unsigned i = 0; i < p->setup->channel_n; i++) {
		enum family f = p->setup->channel[i].desc.family;

		if (p->channel[f].up && family_info(f)->constrained)
			channel_describe(p, &p->setup->channel[i], false);
	}
}

/* The import table is new. */
static void
channel_fill(struct peer *p, struct channel *ch, uint64_t now)
{
	if (p->negotiated.route_refresh)
		channel_reimport(p, ch->family, now);
	else
		log_info(
		    "%s: The peer has no route refresh: the import table of %s is used "
		    "from the next session on",
		    p->setup->name, family_info(ch->family)->name);
}

void
channel_changed(
    struct peer *p, const struct peer_channel_setup *cs, unsigned change, uint64_t now)
{
	struct channel *ch = &p->channel[cs->desc.family];
	bool fill = kept_begin(ch, cs), limits = channel_limits(ch, cs);

	channel_forget_next(ch);
	if (!ch->up) {
		kept_end(ch, cs);
		if (change & (CHANGE_REIMPORT | CHANGE_MOVE))
			settle_post_done(p->daemon, ch->id);
		return;
	}
	if (change & (CHANGE_REEXPORT | CHANGE_MOVE) && atomic_load(&p->daemon->settling))
		ch->deferred = true;
	if (change & CHANGE_MOVE)
		ch->walks += p->daemon->shard_n;
	if (limits || change & (CHANGE_REDECIDE | CHANGE_REEXPORT | CHANGE_MOVE))
		channel_describe(p, cs, change & CHANGE_REIMPORT);
	if (change & CHANGE_REIMPORT) {
		log_info("Reloading channel %s.%s for import", p->setup->name,
		    family_info(ch->family)->name);
		channel_reimport(p, ch->family, now);
	} else if (fill) {
		channel_fill(p, ch, now);
	}
	kept_end(ch, cs);
}
