/*
 * Protocol rpki: a client of RTR (RFC 8210).
 *
 *	connect -> query (all, or since a serial) -> Cache Response -> records
 *	        -> End of Data: the records since the response are one change -> wait
 *
 * What the cache sends between Cache Response and End of Data is gathered and takes
 * effect at once (rpkipdu.c, rpkiknown.c).  A session that ends leaves what is known until
 * it expires; the next one goes on from the serial.
 */
#include "daemon/rpkiimpl.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/driver.h"
#include "daemon/netsock.h"
#include "daemon/origins.h"
#include "daemon/runtime.h"
#include "daemon/shardthread.h"

#define NEVER UINT64_MAX

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

void
rpki_act_in(struct rpki *p, uint32_t seconds)
{
	p->act_ms = clock_mono_ms() + (uint64_t)seconds * 1000;
	schedule(p);
}

void
rpki_set_state(struct rpki *p, enum rpki_state state)
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
void
rpki_edits_drop(struct rpki *p)
{
	for (unsigned k = 0; k < KNOWN_KINDS; k++) {
		edits_free(p->edits[k]);
		p->edits[k] = NULL;
	}
}

void
rpki_hang_up(struct rpki *p)
{
	watch_free(p->watch);
	p->watch = NULL;
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	p->in_n = p->out_n = 0;
	p->version_agreed = false;
	rpki_edits_drop(p);
}

void
rpki_fail(struct rpki *p, enum rpki_state state, const char *why)
{
	log_warn("%s: %s, next attempt in %u s", p->run->conf->name, why, p->retry_s);
	rpki_hang_up(p);
	rpki_set_state(p, state);
	rpki_act_in(p, p->retry_s);
}

static void
flush(struct rpki *p)
{
	ssize_t n;

	if (p->fd < 0 || !p->out_n)
		return;
	n = send(p->fd, p->out, p->out_n, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN) {
		rpki_fail(p, RPKI_TRANSPORT_ERROR, strerror(errno));
		return;
	}
	if (n > 0) {
		memmove(p->out, p->out + n, p->out_n - (size_t)n);
		p->out_n -= (size_t)n;
	}
	watch_set(p->watch, WATCH_READ | (p->out_n ? WATCH_WRITE : 0));
}

/* One question at a time; until its answer comes there is the retry timer. */
void
rpki_ask(struct rpki *p)
{
	p->asked_all = !p->session_known;
	rpki_edits_drop(p);
	p->out_n = p->asked_all ? rtr_reset_query(p->version, p->out)
				: rtr_serial_query(
				      p->version, p->session, p->serial, p->out);
	rpki_set_state(p, RPKI_SYNC_START);
	rpki_act_in(p, p->retry_s);
	flush(p);
}

static void
connected(struct rpki *p)
{
	int err = netsock_error(p->fd);

	if (err)
		rpki_fail(p, RPKI_TRANSPORT_ERROR, strerror(err));
	else
		rpki_ask(p);
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
		rpki_fail(p, RPKI_TRANSPORT_ERROR,
		    n ? strerror(errno) : "The cache has closed the connection");
		return;
	}
	p->in_n += (size_t)n;
	rpki_take_input(p);
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
		rpki_fail(p, RPKI_TRANSPORT_ERROR, strerror(-fd));
		return;
	}
	p->fd = fd;
	p->watch = watch_new(p->rt->loop, p->fd, on_socket, p);
	watch_set(p->watch, WATCH_WRITE);
	rpki_act_in(p, p->retry_s); /* for the connection to come about */
}

/*
 * Connecting.
 */
static void
look_again_soon(struct rpki *p)
{
	p->act_ms = clock_mono_ms() + LOOKUP_LOOK_MS;
	schedule(p);
}

static void
name_begin(struct rpki *p)
{
	if (lookup_begin(&p->lookup, p->conf->host))
		look_again_soon(p);
	else
		rpki_fail(p, RPKI_TRANSPORT_ERROR, "Cannot look the cache's name up");
}

static void
name_look(struct rpki *p)
{
	const char *why;
	struct ip ip;

	switch (lookup_look(&p->lookup, &ip, &why)) {
	case LOOKUP_RUNS: look_again_soon(p); break;
	case LOOKUP_FOUND: connect_to(p, &ip); break;
	case LOOKUP_FAILED: rpki_fail(p, RPKI_TRANSPORT_ERROR, why); break;
	}
}

static void
begin(struct rpki *p)
{
	rpki_hang_up(p);
	rpki_set_state(p, RPKI_CONNECTING);
	if (ip_is_none(&p->conf->address))
		name_begin(p);
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
	if (p->lookup.runs)
		name_look(p);
	else if (p->fd < 0)
		begin(p);
	else if (p->state == RPKI_UP || p->state == RPKI_NO_DATA)
		rpki_ask(p);
	else
		rpki_fail(p, RPKI_TRANSPORT_ERROR, "No answer from the cache");
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
	lookup_end(&p->lookup);
	rpki_hang_up(p);
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
	if (p->fd < 0 && !p->lookup.runs && !p->conf->ssh)
		begin(p);
	else if (p->state == RPKI_UP || p->state == RPKI_NO_DATA)
		rpki_ask(p);
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
		if (!p->conf->ssh && !p->lookup.runs)
			begin(p);
	} else if (step->change & CHANGE_REIMPORT) {
		rpki_refresh(r, true);
	} else if (p->state == RPKI_UP) {
		rpki_act_in(p, p->refresh_s);
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
