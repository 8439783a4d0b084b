/*
 * Two BFD sessions that speak over a link of the test's own, with the test's clock.
 */
#include "bfdplay.h"

static void
on_send(void *ctx, const uint8_t *p, size_t n)
{
	struct end *e = ctx;
	uint64_t now = e->play->now.us;

	if (e->sent++) {
		uint64_t gap = now - e->sent_at;

		e->longest = gap > e->longest ? gap : e->longest;
		e->shortest = gap < e->shortest ? gap : e->shortest;
	}
	e->sent_at = now;
	memcpy(e->last, p, n);
	e->last_n = n;
	if (e->cut)
		return;
	assert_true(e->tail - e->head < 64);
	memcpy(e->queue[e->tail % 64].bytes, p, n);
	e->queue[e->tail % 64].n = n;
	e->queue[e->tail++ % 64].at = now + e->play->delay;
}

static void
on_state(void *ctx)
{
	((struct end *)ctx)->changes++;
}

static const struct bfd_ops ops = { on_send, on_state };

const struct bfd_conf usual = { .min_rx_us = 10000, .min_tx_us = 100000,
	.idle_tx_us = 1000000, .multiplier = 5 };

void
play_begin(struct play *p, struct bfd_conf a, struct bfd_conf b)
{
	*p = (struct play){ .now = { 5000000, 1700000000 }, .delay = 1000 };
	for (unsigned i = 0; i < 2; i++) {
		p->end[i].play = p;
		p->end[i].shortest = UINT64_MAX;
		p->end[i].s = bfd_session_new(
		    i ? &b : &a, 100 + i, 77 + i, &ops, &p->end[i], p->now);
	}
}

void
play_end(struct play *p)
{
	bfd_session_free(p->end[0].s);
	bfd_session_free(p->end[1].s);
}

static void
deliver(struct play *p, unsigned from)
{
	struct end *e = &p->end[from];

	while (e->head != e->tail && e->queue[e->head % 64].at <= p->now.us) {
		struct bfd_packet packet;

		assert_null(bfd_decode(&packet, e->queue[e->head % 64].bytes,
		    e->queue[e->head % 64].n));
		p->end[!from].dropped =
		    bfd_session_input(p->end[!from].s, &packet, p->now);
		e->head++;
	}
}

void
play_for(struct play *p, uint64_t us)
{
	uint64_t end = p->now.us + us;

	while (p->now.us < end) {
		for (unsigned i = 0; i < 2; i++) {
			deliver(p, i);
			assert_true(bfd_session_tick(p->end[i].s, p->now) > p->now.us);
		}
		p->now.us += 500;
	}
}

struct bfd_view
view(const struct play *p, unsigned i)
{
	struct bfd_view v;

	bfd_session_view(p->end[i].s, &v);
	return v;
}

void
stats_reset(struct play *p)
{
	for (unsigned i = 0; i < 2; i++) {
		p->end[i].sent = p->end[i].changes = 0;
		p->end[i].longest = 0;
		p->end[i].shortest = UINT64_MAX;
	}
}

void
assert_states(const struct play *p, unsigned a, unsigned b)
{
	assert_string_equal(
	    bfd_state_name(view(p, 0).local.state), bfd_state_name(a));
	assert_string_equal(
	    bfd_state_name(view(p, 1).local.state), bfd_state_name(b));
}
