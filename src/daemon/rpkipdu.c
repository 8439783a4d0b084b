/*
 * Protocol rpki: what the cache says, PDU by PDU (RFC 8210).  Records between Cache
 * Response and End of Data are gathered, and are one change at its end.
 */
#include "daemon/rpkiimpl.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/wire.h"
#include "daemon/origins.h"

/* Of one answer, providers of customers too: some times what the world has.  A cache that
 * does not come to an end must not take all memory. */
#define RECORDS_MAX 4000000u

static void
report(struct rpki *p, enum rtr_error code, const void *pdu, size_t n, const char *why)
{
	p->out_n = rtr_error_report(p->version, code, pdu, n, why, p->out);
	if (send(p->fd, p->out, p->out_n, MSG_NOSIGNAL) < 0)
		p->out_n = 0;
	rpki_fail(p, RPKI_CACHE_ERROR, why);
}

static void
refuse(struct rpki *p, enum rtr_error code, const void *pdu, size_t n)
{
	char why[64];

	snprintf(why, sizeof(why), "Wrong data from the cache: %s", rtr_error_text(code));
	report(p, code, pdu, n, why);
}

/* Those that take a PDU return false when the connection is gone. */
static bool
on_error_report(struct rpki *p, const struct rtr_pdu *pdu)
{
	char why[160];

	if (pdu->session == RTR_NO_DATA) {
		rpki_set_state(p, RPKI_NO_DATA);
		rpki_edits_drop(p);
		rpki_act_in(p, p->retry_s);
		return true;
	}
	if (pdu->session == RTR_UNSUPPORTED_VERSION &&
	    p->version > p->conf->min_version) {
		p->version = (uint8_t)(pdu->version < p->version &&
					       pdu->version >= p->conf->min_version
					   ? pdu->version
					   : p->version - 1);
		rpki_hang_up(p);
		rpki_set_state(p, RPKI_FAST_RECONNECT);
		rpki_act_in(p, 0);
		return false;
	}
	snprintf(why, sizeof(why), "Error from the cache: %s%s%.*s",
	    rtr_error_text(pdu->session), pdu->text_len ? ": " : "",
	    (int)(pdu->text_len < 80 ? pdu->text_len : 80), pdu->text ? pdu->text : "");
	p->session_known = false; /* what we know of the session may be what is wrong */
	for (char *c = why; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	rpki_fail(p, RPKI_CACHE_ERROR, why);
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
	rpki_edits_drop(p);
	for (unsigned k = 0; k < KNOWN_KINDS; k++)
		p->edits[k] = edits_new(family_info(known_kinds[k])->net_type);
	rpki_set_state(p, RPKI_SYNC_RUNNING);
	rpki_act_in(p, p->retry_s);
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
	unsigned k = pdu->type == RTR_IPV4_PREFIX   ? 0
		     : pdu->type == RTR_IPV6_PREFIX ? 1
						    : 2;
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
	keep = pdu->announce && known_takes(p->known, c,
				    &(struct known_record){ &net, as, pdu->provider_n });
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
		known_set(
		    p->known, k, origins_edit(p->asked_all ? NULL : old, p->edits[k]));
	}
	rpki_edits_drop(p);
	p->updated_ms = clock_mono_ms();
	rpki_set_state(p, RPKI_UP);
	rpki_act_in(p, p->refresh_s);
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
			rpki_ask(p);
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
		rpki_set_state(p, RPKI_NO_INCREMENTAL);
		p->session_known = false;
		rpki_ask(p);
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

void
rpki_take_input(struct rpki *p)
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
