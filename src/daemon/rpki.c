/*
 * Protocol rpki: a client of RTR (RFC 8210).
 *
 *	connect -> query (all, or since a serial) -> Cache Response -> records
 *	        -> End of Data: the records since the response are one change -> wait
 *
 * What the cache sends between Cache Response and End of Data is gathered and takes effect
 * at once (rpkiknown.c).  A session that ends leaves what is known until it expires; the
 * next one goes on from the serial.
 */
#include "daemon/rpki.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/wire.h"
#include "bgp/rtr.h"
#include "daemon/driver.h"
#include "daemon/netsock.h"
#include "daemon/origins.h"
#include "daemon/peerimpl.h"
#include "daemon/rpkiknown.h"
#include "daemon/runtime.h"
#include "daemon/shardthread.h"

#define NEVER	   UINT64_MAX

/* Of one answer, providers of customers too: some times what the world has.  A cache that
 * does not come to an end must not take all memory. */
#define RECORDS_MAX 4000000u

struct rpki {
	struct runtime *rt;
	struct run *run;
	const struct rpki_conf *conf;
	enum rpki_state state;
	int fd; /* -1: none */
	struct watch *watch;
	struct timer *timer;
	struct gaicb lookup, *lookups[1];
	bool looking;
	uint8_t *in;
	size_t in_n;
	uint8_t out[RTR_OUT_MAX];
	size_t out_n;

	uint8_t version;
	bool version_agreed, session_known, asked_all;
	uint16_t session;
	uint32_t serial;
	uint64_t updated_ms; /* 0: never */
	uint32_t refresh_s, retry_s, expire_s;
	uint64_t act_ms; /* when to query or connect next */
	struct origin_edits *edits[KNOWN_KINDS]; /* since Cache Response */
	uint32_t records;		   /* that they came from */
	struct known *known;
};

static void
schedule(struct rpki *p)
{
	uint64_t at = p->act_ms, expire;

	if (p->updated_ms) {
		expire = p->updated_ms + (uint64_t)p->expire_s * 1000;
		at = at < expire ? at : expire;
	}
	timer_at(p->timer, at);
}

static void
act_in(struct rpki *p, uint32_t seconds)
{
	p->act_ms = clock_mono_ms() + (uint64_t)seconds * 1000;
	schedule(p);
}

static void
set_state(struct rpki *p, enum rpki_state state)
{
	if (p->state != state && (state == RPKI_UP || p->state == RPKI_UP))
		p->run->since_ms = clock_mono_ms();
	p->state = state;
}

static void
forget_all(struct rpki *p)
{
	for (unsigned k = 0; k < KNOWN_KINDS; k++)
		if (known_channel(p->run, k))
			known_set(p->known, k, NULL);
	p->updated_ms = 0;
	p->session_known = false;
}

/*
 * The connection.
 */
static void
edits_drop(struct rpki *p)
{
	for (unsigned k = 0; k < KNOWN_KINDS; k++) {
		edits_free(p->edits[k]);
		p->edits[k] = NULL;
	}
}

static void
hang_up(struct rpki *p)
{
	watch_free(p->watch);
	p->watch = NULL;
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	p->in_n = p->out_n = 0;
	p->version_agreed = false;
	edits_drop(p);
}

static void
fail(struct rpki *p, enum rpki_state state, const char *why)
{
	log_warn("%s: %s, next attempt in %u s", p->run->conf->name, why, p->retry_s);
	hang_up(p);
	set_state(p, state);
	act_in(p, p->retry_s);
}

static void
flush(struct rpki *p)
{
	ssize_t n;

	if (p->fd < 0 || !p->out_n)
		return;
	n = send(p->fd, p->out, p->out_n, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN) {
		fail(p, RPKI_TRANSPORT_ERROR, strerror(errno));
		return;
	}
	if (n > 0) {
		memmove(p->out, p->out + n, p->out_n - (size_t)n);
		p->out_n -= (size_t)n;
	}
	watch_set(p->watch, WATCH_READ | (p->out_n ? WATCH_WRITE : 0));
}

/* One question at a time; until its answer comes there is the retry timer. */
static void
ask(struct rpki *p)
{
	p->asked_all = !p->session_known;
	edits_drop(p);
	p->out_n = p->asked_all ? rtr_reset_query(p->version, p->out)
				: rtr_serial_query(
				      p->version, p->session, p->serial, p->out);
	set_state(p, RPKI_SYNC_START);
	act_in(p, p->retry_s);
	flush(p);
}

static void
report(struct rpki *p, enum rtr_error code, const void *pdu, size_t n, const char *why)
{
	p->out_n = rtr_error_report(p->version, code, pdu, n, why, p->out);
	if (send(p->fd, p->out, p->out_n, MSG_NOSIGNAL) < 0)
		p->out_n = 0;
	fail(p, RPKI_CACHE_ERROR, why);
}

static void
refuse(struct rpki *p, enum rtr_error code, const void *pdu, size_t n)
{
	char why[64];

	snprintf(why, sizeof(why), "Wrong data from the cache: %s", rtr_error_text(code));
	report(p, code, pdu, n, why);
}

/*
 * PDUs.  Each returns false when the connection is gone.
 */
static bool
on_error_report(struct rpki *p, const struct rtr_pdu *pdu)
{
	char why[160];

	if (pdu->session == RTR_NO_DATA) {
		set_state(p, RPKI_NO_DATA);
		edits_drop(p);
		act_in(p, p->retry_s);
		return true;
	}
	if (pdu->session == RTR_UNSUPPORTED_VERSION && p->version > p->conf->min_version) {
		p->version = (uint8_t)(pdu->version < p->version &&
					       pdu->version >= p->conf->min_version
					   ? pdu->version
					   : p->version - 1);
		hang_up(p);
		set_state(p, RPKI_FAST_RECONNECT);
		act_in(p, 0);
		return false;
	}
	snprintf(why, sizeof(why), "Error from the cache: %s%s%.*s",
	    rtr_error_text(pdu->session), pdu->text_len ? ": " : "",
	    (int)(pdu->text_len < 80 ? pdu->text_len : 80), pdu->text ? pdu->text : "");
	p->session_known = false; /* what we know of the session may be what is wrong */
	for (char *c = why; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	fail(p, RPKI_CACHE_ERROR, why);
	return false;
}

static bool
on_response(struct rpki *p, const struct rtr_pdu *pdu)
{
	if (p->state != RPKI_SYNC_START)
		return false;
	if (!p->asked_all && pdu->session != p->session) {
		p->session_known = false;
		return false;
	}
	p->session = pdu->session;
	p->records = 0;
	edits_drop(p);
	for (unsigned k = 0; k < KNOWN_KINDS; k++)
		p->edits[k] = edits_new(family_info(known_kinds[k])->net_type);
	set_state(p, RPKI_SYNC_RUNNING);
	act_in(p, p->retry_s);
	return true;
}

static bool
record_counts(struct rpki *p, const struct rtr_pdu *pdu)
{
	char why[64];

	p->records += 1 + pdu->provider_n;
	if (p->records <= RECORDS_MAX)
		return true;
	snprintf(why, sizeof(why), "More than %u records in one answer", RECORDS_MAX);
	report(p, RTR_INTERNAL, NULL, 0, why);
	return false;
}

static bool
on_record(struct rpki *p, const struct rtr_pdu *pdu)
{
	unsigned k = pdu->type == RTR_IPV4_PREFIX ? 0 : pdu->type == RTR_IPV6_PREFIX ? 1 : 2;
	const struct channel_conf *c = known_channel(p->run, k);
	struct net net = pdu->net, address;
	uint32_t *as;
	bool keep;

	if (p->state != RPKI_SYNC_RUNNING || !record_counts(p, pdu))
		return false;
	if (!c)
		return true;
	if (k < 2 && p->conf->ignore_max_length) {
		address = net_address(&net);
		net = net_roa(&address, net_plen_max(address.type), net_as(&net));
	}
	as = MEM_ARRAY(uint32_t, pdu->provider_n + 1);
	for (unsigned i = 0; i < pdu->provider_n; i++)
		as[i] = get_u32(pdu->provider + i * 4);
	keep = pdu->announce &&
	       known_takes(p->known, c, &(struct known_record){ &net, as, pdu->provider_n });
	if (k < 2 || !keep)
		edits_net(p->edits[k], &net, keep);
	else
		edits_aspa(p->edits[k], net_as(&net), as, pdu->provider_n);
	mem_free(as);
	return true;
}

static uint32_t
bounded(uint32_t s, uint32_t lo, uint32_t hi)
{
	return s < lo ? lo : s > hi ? hi : s;
}

static void
take_intervals(struct rpki *p, const struct rtr_pdu *pdu)
{
	if (!pdu->has_intervals)
		return;
	if (!p->conf->keep_refresh)
		p->refresh_s = bounded(pdu->refresh_s, 1, 86400);
	if (!p->conf->keep_retry)
		p->retry_s = bounded(pdu->retry_s, 1, 7200);
	if (!p->conf->keep_expire)
		p->expire_s = bounded(pdu->expire_s, 600, 172800);
}

static bool
on_end(struct rpki *p, const struct rtr_pdu *pdu)
{
	if (p->state != RPKI_SYNC_RUNNING || pdu->session != p->session)
		return false;
	p->serial = pdu->serial;
	p->session_known = true;
	take_intervals(p, pdu);
	for (unsigned k = 0; k < KNOWN_KINDS; k++) {
		const struct channel_conf *c = known_channel(p->run, k);
		const struct origins *old;

		if (!c || (!p->asked_all && !edits_count(p->edits[k])))
			continue;
		old = origins_find(
		    p->rt, c->table->name, c->table->type, p->run->conf->name);
		known_set(p->known, k, origins_edit(p->asked_all ? NULL : old, p->edits[k]));
	}
	edits_drop(p);
	p->updated_ms = clock_mono_ms();
	set_state(p, RPKI_UP);
	act_in(p, p->refresh_s);
	return true;
}

static bool
on_pdu(struct rpki *p, const struct rtr_pdu *pdu)
{
	switch (pdu->type) {
	case RTR_SERIAL_NOTIFY:
		if (p->state == RPKI_UP &&
		    (!p->session_known || pdu->session != p->session ||
			(int32_t)(pdu->serial - p->serial) > 0)) {
			p->session_known &= pdu->session == p->session;
			ask(p);
		}
		return true;
	case RTR_CACHE_RESPONSE: return on_response(p, pdu);
	case RTR_IPV4_PREFIX:
	case RTR_IPV6_PREFIX:
	case RTR_ASPA: return on_record(p, pdu);
	case RTR_END_OF_DATA: return on_end(p, pdu);
	case RTR_CACHE_RESET:
		if (p->state != RPKI_SYNC_START)
			return false;
		set_state(p, RPKI_NO_INCREMENTAL);
		p->session_known = false;
		ask(p);
		return true;
	case RTR_ROUTER_KEY: return true; /* of BGPsec */
	}
	return false; /* a router's, not a cache's */
}

/* A cache may answer with a lower version than we asked in, once. */
static bool
version_fits(struct rpki *p, const struct rtr_pdu *pdu)
{
	if (pdu->type == RTR_SERIAL_NOTIFY && !p->version_agreed)
		return true; /* RFC 8210, 7: not yet agreed on, not to be looked at */
	if (!p->version_agreed && pdu->version < p->version &&
	    pdu->version >= p->conf->min_version)
		p->version = pdu->version;
	p->version_agreed |= pdu->version == p->version && pdu->type != RTR_ERROR_REPORT;
	return pdu->version == p->version || pdu->type == RTR_ERROR_REPORT;
}

static void
take_input(struct rpki *p)
{
	size_t at = 0;
	struct rtr_pdu pdu;
	enum rtr_error code;

	while (p->fd >= 0) {
		int n = rtr_decode(p->in + at, p->in_n - at, &pdu, &code);

		if (!n)
			break;
		if (n > 0 && !version_fits(p, &pdu)) {
			code = RTR_UNEXPECTED_VERSION;
			n = -1;
		}
		if (n > 0 && pdu.type == RTR_ERROR_REPORT) {
			if (!on_error_report(p, &pdu))
				return;
		} else if (n < 0 || !on_pdu(p, &pdu)) {
			if (p->fd < 0)
				return;
			refuse(p, n < 0 ? code : RTR_CORRUPT, p->in + at, p->in_n - at);
			return;
		}
		at += n > 0 ? (size_t)n : 0;
	}
	if (p->fd < 0)
		return;
	memmove(p->in, p->in + at, p->in_n - at);
	p->in_n -= at;
}

static void
connected(struct rpki *p)
{
	int err = netsock_error(p->fd);

	if (err)
		fail(p, RPKI_TRANSPORT_ERROR, strerror(err));
	else
		ask(p);
}

static void
on_socket(void *ctx, unsigned events)
{
	struct rpki *p = ctx;
	ssize_t n;

	if (p->state == RPKI_CONNECTING) {
		connected(p);
		return;
	}
	if (events & WATCH_WRITE)
		flush(p);
	if (p->fd < 0 || !(events & WATCH_READ))
		return;
	n = recv(p->fd, p->in + p->in_n, RTR_PDU_MAX * 4 - p->in_n, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		fail(p, RPKI_TRANSPORT_ERROR,
		    n ? strerror(errno) : "The cache has closed the connection");
		return;
	}
	p->in_n += (size_t)n;
	take_input(p);
}

static void
connect_to(struct rpki *p, const struct ip *remote)
{
	int fd = netsock_dial(&(struct netsock_dial){
	    .remote = *remote,
	    .local = p->conf->local,
	    .port = p->conf->port,
	    .vrf = p->run->conf->vrf,
	    .password = p->conf->password,
	});

	if (fd < 0) {
		fail(p, RPKI_TRANSPORT_ERROR, strerror(-fd));
		return;
	}
	p->fd = fd;
	p->watch = watch_new(p->rt->loop, p->fd, on_socket, p);
	watch_set(p->watch, WATCH_WRITE);
	act_in(p, p->retry_s); /* for the connection to come about */
}

/*
 * Names are looked up aside; we look every now and then whether there is an answer.
 */
static void
lookup_begin(struct rpki *p)
{
	p->lookup = (struct gaicb){ .ar_name = p->conf->host };
	p->lookups[0] = &p->lookup;
	if (getaddrinfo_a(GAI_NOWAIT, p->lookups, 1, NULL)) {
		fail(p, RPKI_TRANSPORT_ERROR, "Cannot look the cache's name up");
		return;
	}
	p->looking = true;
	p->act_ms = clock_mono_ms() + 50;
	schedule(p);
}

static void
lookup_look(struct rpki *p)
{
	int err = gai_error(&p->lookup);
	struct ip ip;
	uint16_t port;

	if (err == EAI_INPROGRESS) {
		p->act_ms = clock_mono_ms() + 50;
		schedule(p);
		return;
	}
	p->looking = false;
	if (err || !ip_from_sockaddr(p->lookup.ar_result->ai_addr, &ip, &port))
		fail(p, RPKI_TRANSPORT_ERROR, err ? gai_strerror(err) : "No address");
	else
		connect_to(p, &ip);
	if (p->lookup.ar_result)
		freeaddrinfo(p->lookup.ar_result);
	p->lookup.ar_result = NULL;
}

static void
lookup_end(struct rpki *p)
{
	const struct gaicb *const wait[1] = { &p->lookup };

	if (!p->looking)
		return;
	gai_cancel(&p->lookup);
	while (gai_error(&p->lookup) == EAI_INPROGRESS)
		gai_suspend(wait, 1, NULL);
	if (!gai_error(&p->lookup) && p->lookup.ar_result)
		freeaddrinfo(p->lookup.ar_result);
	p->looking = false;
}

static void
begin(struct rpki *p)
{
	hang_up(p);
	set_state(p, RPKI_CONNECTING);
	if (ip_is_none(&p->conf->address))
		lookup_begin(p);
	else
		connect_to(p, &p->conf->address);
}

static void
on_timer(void *ctx)
{
	struct rpki *p = ctx;
	uint64_t now = clock_mono_ms();

	if (p->updated_ms && now >= p->updated_ms + (uint64_t)p->expire_s * 1000) {
		log_warn("%s: what the cache said has expired", p->run->conf->name);
		forget_all(p);
	}
	if (now < p->act_ms) {
		schedule(p);
		return;
	}
	p->act_ms = NEVER;
	if (p->looking)
		lookup_look(p);
	else if (p->fd < 0)
		begin(p);
	else if (p->state == RPKI_UP || p->state == RPKI_NO_DATA)
		ask(p);
	else
		fail(p, RPKI_TRANSPORT_ERROR, "No answer from the cache");
}

/*
 * What main asks for.
 */
static void
channels_up(struct rpki *p)
{
	for (unsigned i = 0; i < p->run->conf->channel_n; i++) {
		struct channel_desc d = feeder_desc(
		    p->rt, p->run, &p->run->conf->channel[i], SOURCE_RPKI);

		feeder_up(p->rt, &d);
	}
}

static void
take_conf(struct rpki *p)
{
	p->conf = &p->run->conf->rpki;
	p->refresh_s = p->conf->refresh_s;
	p->retry_s = p->conf->retry_s;
	p->expire_s = p->conf->expire_s;
}

static void
rpki_up(struct runtime *rt, struct run *r)
{
	struct rpki *p = MEM_NEW(struct rpki);

	r->data = p;
	p->rt = rt;
	p->run = r;
	p->fd = -1;
	p->act_ms = NEVER;
	p->in = mem_alloc(RTR_PDU_MAX * 4);
	p->timer = timer_new(rt->loop, on_timer, p);
	p->known = known_new(rt, r);
	take_conf(p);
	p->version = p->conf->max_version;
	channels_up(p);
	if (!p->conf->ssh)
		begin(p);
}

static void
rpki_down(struct runtime *rt, struct run *r, bool keep)
{
	struct rpki *p = r->data;

	(void)rt;
	(void)keep;
	if (!p)
		return;
	lookup_end(p);
	hang_up(p);
	timer_free(p->timer);
	known_free(p->known);
	for (unsigned i = 0; i < r->conf->channel_n; i++) {
		const struct channel_conf *c = &r->conf->channel[i];

		origins_put(p->rt, c->table, r->conf->name, NULL);
		for (unsigned s = 0; s < p->rt->daemon->shard_n; s++)
			shard_post_channel(
			    p->rt->daemon->shard[s], r->channel[c->family], CH_DOWN);
	}
	mem_free(p->in);
	mem_free(p);
	r->data = NULL;
}

static void
rpki_refresh(struct run *r, bool everything)
{
	struct rpki *p = r->data;

	if (!p)
		return;
	if (everything)
		p->session_known = false;
	if (p->fd < 0 && !p->looking && !p->conf->ssh)
		begin(p);
	else if (p->state == RPKI_UP || p->state == RPKI_NO_DATA)
		ask(p);
}

static void
rpki_change(struct runtime *rt, struct run *r, const struct proto_conf *old,
    const struct step *step)
{
	struct rpki *p = r->data;

	(void)rt;
	(void)old;
	if (!p)
		return;
	take_conf(p);
	if (p->version > p->conf->max_version || p->version < p->conf->min_version) {
		p->version = p->conf->max_version;
		p->session_known = false;
		if (!p->conf->ssh && !p->looking)
			begin(p);
	} else if (step->change & CHANGE_REIMPORT) {
		rpki_refresh(r, true);
	} else if (p->state == RPKI_UP) {
		act_in(p, p->refresh_s);
	}
}

const struct driver rpki_driver = {
	.up = rpki_up,
	.down = rpki_down,
	.change = rpki_change,
};

static uint64_t
left_s(uint64_t since_ms, uint32_t of_s, uint64_t now)
{
	uint64_t at = since_ms + (uint64_t)of_s * 1000;

	return at > now ? (at - now + 999) / 1000 : 0;
}

void
rpki_record(const struct run *r, struct rpki_record *out)
{
	const struct rpki *p = r->data;
	uint64_t now = clock_mono_ms();

	*out = (struct rpki_record){ .state = RPKI_DOWN };
	if (!p)
		return;
	out->state = p->state;
	out->version = p->version;
	out->session_known = p->session_known;
	out->session = p->session;
	out->serial = p->serial;
	out->updated = p->updated_ms != 0;
	out->ago_s = (now - p->updated_ms) / 1000;
	out->refresh_s = p->refresh_s;
	out->retry_s = p->retry_s;
	out->expire_s = p->expire_s;
	out->refresh_runs = p->state == RPKI_UP;
	out->retry_runs = p->state != RPKI_UP && p->act_ms != NEVER;
	out->refresh_left_s = left_s(p->act_ms == NEVER ? 0 : p->act_ms, 0, now);
	out->retry_left_s = out->refresh_left_s;
	out->expire_left_s = left_s(p->updated_ms, p->expire_s, now);
}
