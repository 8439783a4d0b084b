/*
 * The network of pair.h.  A link is one TCP connection: end 0 opened it, end 1 accepted it.
 * Events of one link and direction keep their order; different links overtake each other.
 */
#include "pair.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "bytes.h"
#include "test.h"

enum event_kind { EVENT_SYN, EVENT_ACK, EVENT_REFUSED, EVENT_BYTES, EVENT_FIN };

struct event {
	uint64_t at, sequence;
	enum event_kind kind;
	struct link *link;
	unsigned end; /* that it reaches */
	uint8_t *bytes;
	size_t n;
};

static enum conn_id
end_conn(unsigned end)
{
	return end == 0 ? CONN_OUT : CONN_IN;
}

static void
event_add(struct pair *p, enum event_kind kind, struct link *l, unsigned end,
    const uint8_t *bytes, size_t n)
{
	uint64_t at = p->now + l->delay_ms;
	struct event *e;

	if (at < l->last_at[end])
		at = l->last_at[end];
	l->last_at[end] = at;
	if (p->event_n == p->event_room) {
		p->event_room = p->event_room ? p->event_room * 2 : 64;
		p->events = mem_realloc(p->events, p->event_room * sizeof(*p->events));
	}
	e = &p->events[p->event_n++];
	*e = (struct event){ .at = at, .sequence = p->sequence++, .kind = kind, .link = l,
		.end = end, .n = n };
	if (n) {
		e->bytes = mem_alloc(n);
		memcpy(e->bytes, bytes, n);
	}
}

static void
side_detach(struct side *s, enum conn_id id)
{
	struct link *l = s->link[id];
	unsigned end = id == CONN_OUT ? 0 : 1;

	s->link[id] = NULL;
	if (l)
		l->end[end] = NULL;
}

/* The connection being accepted takes its place. */
static void
side_attach(struct side *s)
{
	s->link[CONN_IN] = s->pending;
	s->pending->end[1] = s;
	s->pending = NULL;
}

static void
op_connect(void *ctx)
{
	struct side *s = ctx;
	struct pair *p = s->pair;
	struct link *l = MEM_NEW(struct link);

	assert(!s->link[CONN_OUT]);
	l->next = p->links;
	p->links = l;
	l->end[0] = s;
	l->delay_ms = p->delay_ms[s->index];
	l->rx[0] = mem_alloc(PAIR_RX_MAX);
	l->rx[1] = mem_alloc(PAIR_RX_MAX);
	s->link[CONN_OUT] = l;
	if (!p->black_hole)
		event_add(p, EVENT_SYN, l, 1, NULL, 0);
}

static void
op_send(void *ctx, enum conn_id id, const uint8_t *bytes, size_t n)
{
	struct side *s = ctx;
	struct link *l = s->link[id];

	assert(l);
	s->last_n = n < sizeof(s->last) ? n : sizeof(s->last);
	memcpy(s->last, bytes, s->last_n);
	if (!s->pair->black_hole)
		event_add(s->pair, EVENT_BYTES, l, id == CONN_OUT ? 1 : 0, bytes, n);
}

static void
op_close(void *ctx, enum conn_id id)
{
	struct side *s = ctx;
	struct link *l = s->link[id];

	assert(l);
	if (!s->pair->black_hole)
		event_add(s->pair, EVENT_FIN, l, id == CONN_OUT ? 1 : 0, NULL, 0);
	side_detach(s, id);
	if (id == CONN_IN && s->pending)
		side_attach(s);
}

static void
op_up(void *ctx, enum conn_id id, const struct negotiated *n)
{
	struct side *s = ctx;

	assert(!s->is_up && n->codec.remote_as);
	s->is_up = true;
	s->up_id = id;
	s->ups++;
	if (s->on_up)
		s->on_up(s);
}

static void
op_down(void *ctx, const struct down_reason *why)
{
	struct side *s = ctx;

	assert(s->is_up);
	s->is_up = false;
	s->downs++;
	s->reason = *why;
	if (s->on_down)
		s->on_down(s);
}

static void
op_failed(void *ctx, const struct down_reason *why)
{
	struct side *s = ctx;

	assert(!s->is_up);
	s->fails++;
	s->reason = *why;
}

static void
op_update(void *ctx, struct update *u)
{
	struct side *s = ctx;

	assert(s->is_up && u->verdict != VERDICT_RESET);
	s->updates++;
	if (s->on_update)
		s->on_update(s);
}

static void
op_refresh(void *ctx, enum family family, unsigned subtype)
{
	struct side *s = ctx;

	assert(s->is_up);
	s->refreshes++;
	s->refresh_family = family;
	s->refresh_subtype = subtype;
}

static void
op_state(void *ctx)
{
	(void)ctx;
}

static bool
op_input_waiting(void *ctx, enum conn_id id)
{
	struct side *s = ctx;
	struct link *l = s->link[id];

	return l && l->rx_n[id == CONN_OUT ? 0 : 1] > 0;
}

static const struct session_ops ops = {
	.connect = op_connect, .send = op_send, .close = op_close, .up = op_up,
	.down = op_down, .failed = op_failed, .update = op_update, .refresh = op_refresh,
	.state = op_state, .input_waiting = op_input_waiting,
};

void
pair_init(struct pair *p, const struct session_conf *a, const struct session_conf *b)
{
	memset(p, 0, sizeof(*p));
	p->now = 1000;
	for (unsigned i = 0; i < 2; i++) {
		struct side *s = &p->side[i];

		s->pair = p;
		s->index = i;
		s->conf = i ? *b : *a;
		s->session = session_new(&s->conf, &ops, s);
		p->delay_ms[i] = 1;
	}
}

void
pair_fini(struct pair *p)
{
	for (unsigned i = 0; i < 2; i++) {
		session_stop(p->side[i].session, 0, 0, NULL, p->now);
		session_free(p->side[i].session);
	}
	for (unsigned i = 0; i < p->event_n; i++)
		mem_free(p->events[i].bytes);
	mem_free(p->events);
	while (p->links) {
		struct link *l = p->links;

		p->links = l->next;
		mem_free(l->rx[0]);
		mem_free(l->rx[1]);
		mem_free(l);
	}
}

void
pair_start(struct pair *p)
{
	session_start(p->side[0].session, p->now);
	session_start(p->side[1].session, p->now);
}

/* All whole messages that wait at this end. */
static void
side_read(struct side *s, struct link *l, unsigned end)
{
	size_t used = 1;

	while (used && l->end[end] && l->rx_n[end] && !s->deaf) {
		used = session_input(
		    s->session, end_conn(end), l->rx[end], l->rx_n[end], 1, s->pair->now);
		memmove(l->rx[end], l->rx[end] + used, l->rx_n[end] - used);
		l->rx_n[end] -= used;
	}
}

static void
side_receive(struct side *s, struct link *l, unsigned end, const uint8_t *bytes, size_t n)
{
	while (n && l->end[end]) {
		size_t step = s->chunk && s->chunk < n ? s->chunk : n;

		assert(l->rx_n[end] + step <= PAIR_RX_MAX);
		memcpy(l->rx[end] + l->rx_n[end], bytes, step);
		l->rx_n[end] += step;
		bytes += step;
		n -= step;
		side_read(s, l, end);
	}
}

/* The kernel accepts; then the session is asked. */
static void
on_syn(struct pair *p, struct link *l)
{
	struct side *from = l->end[0], *to;

	if (!from)
		return;
	to = &p->side[!from->index];
	if (to->refuse) {
		event_add(p, EVENT_REFUSED, l, 0, NULL, 0);
		return;
	}
	event_add(p, EVENT_ACK, l, 0, NULL, 0);
	to->pending = l;
	if (!to->link[CONN_IN])
		side_attach(to);
	if (!session_accept(to->session, p->now)) {
		if (!to->pending)
			side_detach(to, CONN_IN);
		event_add(p, EVENT_FIN, l, 0, NULL, 0);
	}
	to->pending = NULL;
}

static void
event_run(struct pair *p, struct event *e)
{
	struct link *l = e->link;
	struct side *s = e->kind == EVENT_SYN ? NULL : l->end[e->end];

	if (e->kind == EVENT_SYN) {
		on_syn(p, l);
	} else if (!s) {
		return;
	} else if (e->kind == EVENT_ACK) {
		session_connected(s->session, p->now);
	} else if (e->kind == EVENT_BYTES) {
		side_receive(s, l, e->end, e->bytes, e->n);
	} else {
		side_detach(s, end_conn(e->end));
		session_closed(s->session, end_conn(e->end),
		    e->kind == EVENT_REFUSED ? ECONNREFUSED : 0, p->now);
	}
}

static unsigned
event_first(const struct pair *p)
{
	unsigned best = 0;

	for (unsigned i = 1; i < p->event_n; i++) {
		const struct event *a = &p->events[i], *b = &p->events[best];

		if (a->at < b->at || (a->at == b->at && a->sequence < b->sequence))
			best = i;
	}
	return best;
}

static void
event_take(struct pair *p)
{
	unsigned i = event_first(p);
	struct event e = p->events[i];

	p->events[i] = p->events[--p->event_n];
	event_run(p, &e);
	mem_free(e.bytes);
}

/* Runs what is due and returns the next moment at which something is. */
static uint64_t
pair_step(struct pair *p)
{
	uint64_t next = UINT64_MAX;

	while (p->event_n && p->events[event_first(p)].at <= p->now)
		event_take(p);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t at = session_tick(p->side[i].session, p->now);

		assert(at > p->now);
		next = at < next ? at : next;
	}
	if (p->event_n && p->events[event_first(p)].at < next)
		next = p->events[event_first(p)].at;
	return next;
}

void
pair_run(struct pair *p, uint64_t ms)
{
	uint64_t end = p->now + ms, next;

	while ((next = pair_step(p)) <= end)
		p->now = next > p->now ? next : p->now;
	p->now = end;
}

bool
pair_run_up(struct pair *p, uint64_t ms)
{
	uint64_t end = p->now + ms, next;

	while (!pair_is_up(p) && (next = pair_step(p)) <= end)
		p->now = next > p->now ? next : p->now;
	return pair_is_up(p);
}

bool
pair_is_up(const struct pair *p)
{
	const struct side *a = &p->side[0], *b = &p->side[1];

	return a->is_up && b->is_up && a->link[a->up_id]
	    && a->link[a->up_id] == b->link[b->up_id];
}

void
pair_cut(struct pair *p)
{
	for (struct link *l = p->links; l; l = l->next) {
		for (unsigned end = 0; end < 2; end++) {
			struct side *s = l->end[end];

			if (!s)
				continue;
			side_detach(s, end_conn(end));
			session_closed(s->session, end_conn(end), ECONNRESET, p->now);
		}
	}
}

void
pair_inject(struct pair *p, unsigned to, const uint8_t *bytes, size_t n)
{
	struct side *s = &p->side[to];
	enum conn_id id = s->is_up ? s->up_id : s->link[CONN_IN] ? CONN_IN : CONN_OUT;

	if (s->link[id])
		side_receive(s, s->link[id], id == CONN_OUT ? 0 : 1, bytes, n);
}

/*
 * What tests say in one line.
 */
struct session_conf
pair_conf(uint32_t as, uint32_t remote_as, uint32_t id)
{
	return (struct session_conf){
		.local_as = as,
		.remote_as = remote_as,
		.router_id = id,
		.internal = as == remote_as,
		.family = { true, true },
		.capabilities = true,
		.route_refresh = true,
		.enhanced_refresh = true,
		.as4 = true,
		.graceful = GR_AWARE,
		.hold_s = 90,
		.startup_hold_s = 240,
		.send_hold_s = 180,
		.connect_delay_s = 5,
		.connect_retry_s = 120,
		.error_wait_min_s = 60,
		.error_wait_max_s = 300,
		.error_forget_s = 300,
		.jitter_seed = id,
	};
}

struct session_conf
pair_low(void)
{
	return pair_conf(64512, 64512, 0xc0000201);
}

struct session_conf
pair_high(void)
{
	return pair_conf(64512, 64512, 0xc0000202);
}

struct session_view
side_view(const struct side *s)
{
	struct session_view v;

	session_view(s->session, &v);
	return v;
}

void
pair_up(struct pair *p)
{
	struct session_conf a = pair_low(), b = pair_high();

	a.passive = true;
	pair_init(p, &a, &b);
	pair_start(p);
	assert_true(pair_run_up(p, 10 * SECOND));
}

void
pair_inject_hex(struct pair *p, unsigned to, const char *text)
{
	uint8_t bytes[512];
	size_t n = hex_read(text, bytes);

	pair_inject(p, to, bytes, n);
}
