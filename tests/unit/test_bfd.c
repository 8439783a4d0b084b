/*
 * BFD: packets, and two sessions that speak.  Authentication: test_bfdauth.c.
 */
#include "bfdplay.h"
#include "bytes.h"

/*
 * Packets.
 */
#define TAIL "000186a0 000186a0 00000000"

static const struct decode_row {
	const char *name, *hex, *why; /* why NULL: taken */
} decode_rows[] = {
	{ "first packet, down", "20 40 03 18 00000009 00000000" TAIL, NULL },
	{ "up", "20 c0 03 18 00000009 00000007" TAIL, NULL },
	{ "bytes behind the length", "20 c0 03 18 00000009 00000007" TAIL "ffff", NULL },
	{ "short", "20 40 03 18 00000009", "too short" },
	{ "version 0", "00 40 03 18 00000009 00000000" TAIL, "wrong version" },
	{ "length above what came", "20 40 03 19 00000009 00000000" TAIL,
	    "wrong length" },
	{ "length below the head", "20 40 03 17 00000009 00000000" TAIL, "wrong length" },
	{ "A without a section", "20 44 03 18 00000009 00000000" TAIL, "wrong length" },
	{ "multiplier 0", "20 40 00 18 00000009 00000000" TAIL,
	    "detection multiplier of zero" },
	{ "multipoint", "20 41 03 18 00000009 00000000" TAIL, "multipoint bit set" },
	{ "poll and final", "20 70 03 18 00000009 00000000" TAIL,
	    "poll and final bits set" },
	{ "no discriminator", "20 40 03 18 00000000 00000000" TAIL,
	    "discriminator of zero" },
	{ "init without ours", "20 80 03 18 00000009 00000000" TAIL,
	    "no discriminator of ours" },
	{ "admin down without ours", "27 00 03 18 00000009 00000000" TAIL, NULL },
};

static void
test_decode(void **state)
{
	const struct decode_row *row = *state;
	struct bfd_packet p;
	uint8_t bytes[64], again[BFD_HEAD];
	size_t n = hex_read(row->hex, bytes);
	const char *why = bfd_decode(&p, bytes, n);

	if (row->why) {
		assert_non_null(why);
		assert_string_equal(why, row->why);
		return;
	}
	assert_null(why);
	bfd_encode(&p, again);
	assert_memory_equal(again, bytes, BFD_HEAD);
}

/*
 * Two ends.
 */
static void
test_up(void **state)
{
	struct play p;
	struct bfd_view v;

	(void)state;
	play_begin(&p, usual, usual);
	play_for(&p, 3000000);
	assert_states(&p, BFD_UP, BFD_UP);
	v = view(&p, 0);
	assert_int_equal(v.remote.disc, 101);
	assert_int_equal(v.remote.state, BFD_UP);
	assert_int_equal(v.tx_us, 100000);
	assert_int_equal(v.detect_us, 500000);
	/* 6.8.7: between three quarters and all of the interval */
	stats_reset(&p);
	play_for(&p, 10000000);
	assert_in_range(p.end[0].longest, 95000, 100500);
	assert_in_range(p.end[0].shortest, 74500, 80000);
	assert_int_equal(p.end[0].changes + p.end[1].changes, 0);
	assert_false(p.end[0].last[1] & 0x30); /* the poll sequence is over */
	play_end(&p);
}

static void
test_jitter_of_one(void **state)
{
	struct bfd_conf one = usual;
	struct play p;

	(void)state;
	one.multiplier = 1;
	play_begin(&p, one, one);
	play_for(&p, 3000000);
	stats_reset(&p);
	play_for(&p, 10000000);
	assert_in_range(p.end[0].longest, 85000, 90500);
	assert_states(&p, BFD_UP, BFD_UP);
	play_end(&p);
}

/* What is agreed on is the slower of what one sends and the other takes. */
static const struct negotiate_row {
	const char *name;
	uint32_t tx, rx, multiplier; /* of the first */
	uint32_t tx2, rx2, multiplier2;
	uint32_t sends, detects;
} negotiate_rows[] = {
	{ "both alike", 100000, 10000, 5, 100000, 10000, 5, 100000, 500000 },
	{ "the other takes less", 100000, 10000, 5, 100000, 300000, 5, 300000, 500000 },
	{ "the other sends less", 100000, 10000, 5, 400000, 10000, 3, 100000, 1200000 },
	{ "we take less", 100000, 700000, 5, 50000, 10000, 4, 100000, 2800000 },
	{ "10 ms x 3", 10000, 10000, 3, 10000, 10000, 3, 10000, 30000 },
};

static void
test_negotiate(void **state)
{
	const struct negotiate_row *r = *state;
	struct bfd_conf a = usual, b = usual;
	struct play p;

	a.min_tx_us = r->tx;
	a.min_rx_us = r->rx;
	a.multiplier = (uint8_t)r->multiplier;
	b.min_tx_us = r->tx2;
	b.min_rx_us = r->rx2;
	b.multiplier = (uint8_t)r->multiplier2;
	play_begin(&p, a, b);
	play_for(&p, 5000000);
	assert_states(&p, BFD_UP, BFD_UP);
	assert_int_equal(view(&p, 0).tx_us, r->sends);
	assert_int_equal(view(&p, 0).detect_us, r->detects);
	play_end(&p);
}

/* The link is lost one way: who hears nothing says so, the other hears that. */
static void
test_expire(void **state)
{
	struct play p;
	uint64_t heard;

	(void)state;
	play_begin(&p, usual, usual);
	play_for(&p, 3000000);
	stats_reset(&p);
	p.end[1].cut = true;
	heard = view(&p, 0).detect_at;
	while (p.now.us < heard - 1000 || p.end[1].head != p.end[1].tail) {
		play_for(&p, 500);
		heard = view(&p, 0).detect_at;
		assert_states(&p, BFD_UP, BFD_UP);
	}
	play_for(&p, heard - p.now.us + 1000);
	assert_int_equal(view(&p, 0).local.state, BFD_DOWN);
	assert_int_equal(view(&p, 0).local.diag, BFD_DIAG_EXPIRED);
	assert_int_equal(view(&p, 0).was, BFD_UP);
	assert_int_equal(view(&p, 0).remote.disc, 0);
	play_for(&p, 2000);
	assert_int_equal(view(&p, 1).local.state, BFD_DOWN);
	assert_int_equal(view(&p, 1).local.diag, BFD_DIAG_SIGNALED);
	/* slowly now, 6.8.3 */
	stats_reset(&p);
	play_for(&p, 10000000);
	assert_in_range(p.end[0].sent, 10, 14);
	p.end[1].cut = false;
	play_for(&p, 3000000);
	assert_states(&p, BFD_UP, BFD_UP);
	play_end(&p);
}

static void
test_both_cut(void **state)
{
	struct play p;

	(void)state;
	play_begin(&p, usual, usual);
	play_for(&p, 3000000);
	p.end[0].cut = p.end[1].cut = true;
	play_for(&p, 510000);
	assert_states(&p, BFD_DOWN, BFD_DOWN);
	assert_int_equal(view(&p, 0).local.diag, BFD_DIAG_EXPIRED);
	assert_int_equal(view(&p, 1).local.diag, BFD_DIAG_EXPIRED);
	play_end(&p);
}

static void
test_admin_down(void **state)
{
	struct play p;

	(void)state;
	play_begin(&p, usual, usual);
	play_for(&p, 3000000);
	bfd_session_admin_down(p.end[0].s, p.now);
	play_for(&p, 3000);
	assert_states(&p, BFD_ADMIN_DOWN, BFD_DOWN);
	assert_int_equal(view(&p, 1).remote.state, BFD_ADMIN_DOWN);
	assert_int_equal(view(&p, 1).local.diag, BFD_DIAG_SIGNALED);
	assert_int_equal(view(&p, 1).remote.diag, BFD_DIAG_ADMIN);
	play_for(&p, 3000000);
	assert_states(&p, BFD_ADMIN_DOWN, BFD_DOWN);
	assert_string_equal(p.end[0].dropped, "session is down");
	play_end(&p);
}

/* A neighbour that wants a packet an hour does not keep a session that is to go for hours. */
static void
test_linger(void **state)
{
	struct bfd_conf rare = usual;
	struct play p;

	(void)state;
	rare.min_rx_us = 3600000000;
	play_begin(&p, usual, rare);
	play_for(&p, 3000000);
	assert_int_equal(view(&p, 0).tx_us, 3600000000);
	assert_int_equal(bfd_session_linger_us(p.end[0].s), 5000000);
	assert_int_equal(bfd_session_linger_us(p.end[1].s), 500000);
	play_end(&p);
}

static void
test_passive(void **state)
{
	struct bfd_conf passive = usual;
	struct play p;

	(void)state;
	passive.passive = true;
	play_begin(&p, passive, passive);
	play_for(&p, 5000000);
	assert_int_equal(p.end[0].sent + p.end[1].sent, 0);
	bfd_session_configure(p.end[1].s, &usual, p.now);
	play_for(&p, 3000000);
	assert_states(&p, BFD_UP, BFD_UP);
	p.end[0].cut = p.end[1].cut = true;
	play_for(&p, 1000000);
	stats_reset(&p);
	play_for(&p, 3000000);
	assert_int_equal(p.end[0].sent, 0);
	assert_in_range(p.end[1].sent, 3, 4);
	play_end(&p);
}

/* 6.8.3: slower sending and a shorter detection time wait for the neighbour's Final. */
static void
test_poll(void **state)
{
	struct bfd_conf slow = usual, fast = usual;
	struct play p;

	(void)state;
	play_begin(&p, usual, usual);
	play_for(&p, 3000000);
	stats_reset(&p);
	slow.min_tx_us = 500000;
	p.end[1].cut = true; /* its Final is lost */
	bfd_session_configure(p.end[0].s, &slow, p.now);
	play_for(&p, 300000);
	assert_true(p.end[0].last[1] & 0x20);
	assert_int_equal(view(&p, 0).tx_us, 100000);
	assert_int_equal(view(&p, 0).local.min_tx_us, 500000);
	assert_int_equal(view(&p, 1).detect_us, 2500000);
	p.end[1].cut = false;
	play_for(&p, 600000);
	assert_int_equal(view(&p, 0).tx_us, 500000);
	play_for(&p, 600000);
	assert_false(p.end[0].last[1] & 0x20);
	/* faster: at once */
	fast.min_tx_us = 20000;
	fast.min_rx_us = 200000;
	bfd_session_configure(p.end[0].s, &fast, p.now);
	assert_int_equal(view(&p, 0).tx_us, 20000);
	assert_int_equal(view(&p, 0).detect_us, 1000000);
	play_for(&p, 600000);
	assert_int_equal(view(&p, 1).tx_us, 200000);
	/* what is expected sooner: when the other knows */
	p.end[1].cut = true;
	bfd_session_configure(p.end[0].s, &usual, p.now);
	play_for(&p, 300000);
	assert_int_equal(view(&p, 0).detect_us, 1000000);
	p.end[1].cut = false;
	play_for(&p, 300000);
	assert_int_equal(view(&p, 0).detect_us, 500000);
	assert_states(&p, BFD_UP, BFD_UP);
	assert_int_equal(p.end[0].changes + p.end[1].changes, 0);
	play_end(&p);
}

/* A change while a sequence runs is followed by one of its own. */
static void
test_poll_again(void **state)
{
	struct bfd_conf c = usual;
	struct play p;

	(void)state;
	play_begin(&p, usual, usual);
	play_for(&p, 3000000);
	for (unsigned i = 0; i < 4; i++) {
		c.min_tx_us = 200000 + i * 100000;
		bfd_session_configure(p.end[0].s, &c, p.now);
		play_for(&p, 1000);
	}
	play_for(&p, 2000000);
	assert_int_equal(view(&p, 0).tx_us, 500000);
	assert_int_equal(view(&p, 1).detect_us, 2500000);
	assert_false(p.end[0].last[1] & 0x20);
	assert_states(&p, BFD_UP, BFD_UP);
	play_end(&p);
}

static void
test_multiplier(void **state)
{
	struct bfd_conf c = usual;
	struct play p;

	(void)state;
	play_begin(&p, usual, usual);
	play_for(&p, 3000000);
	c.multiplier = 9;
	bfd_session_configure(p.end[0].s, &c, p.now);
	play_for(&p, 3000);
	assert_int_equal(view(&p, 1).detect_us, 900000);
	assert_states(&p, BFD_UP, BFD_UP);
	play_end(&p);
}

/*
 * One session, packets of the test's making.
 */
struct solo {
	struct play p;
	struct bfd_packet packet;
};

static void
solo_begin(struct solo *s)
{
	play_begin(&s->p, usual, usual);
	s->packet = (struct bfd_packet){ .state = BFD_DOWN, .multiplier = 3, .my_disc = 9,
		.min_tx_us = 100000, .min_rx_us = 100000 };
}

static const char *
say(struct solo *s, struct bfd_packet p)
{
	uint8_t bytes[BFD_HEAD];
	struct bfd_packet read;
	const char *why;

	bfd_encode(&p, bytes);
	assert_null(bfd_decode(&read, bytes, sizeof(bytes)));
	why = bfd_session_input(s->p.end[0].s, &read, s->p.now);
	bfd_session_tick(s->p.end[0].s, s->p.now);
	return why;
}

static void
say_state(struct solo *s, unsigned state)
{
	struct bfd_packet p = s->packet;

	p.state = (uint8_t)state;
	p.your_disc = 100;
	assert_null(say(s, p));
}

/* 6.2: brought to a state, then told one. */
static const struct step_row {
	const char *name;
	unsigned from, told, becomes, diag;
} step_rows[] = {
	{ "down, admin down", BFD_DOWN, BFD_ADMIN_DOWN, BFD_DOWN, 0 },
	{ "down, down", BFD_DOWN, BFD_DOWN, BFD_INIT, 0 },
	{ "down, init", BFD_DOWN, BFD_INIT, BFD_UP, 0 },
	{ "down, up", BFD_DOWN, BFD_UP, BFD_DOWN, 0 },
	{ "init, admin down", BFD_INIT, BFD_ADMIN_DOWN, BFD_DOWN, BFD_DIAG_SIGNALED },
	{ "init, down", BFD_INIT, BFD_DOWN, BFD_INIT, 0 },
	{ "init, init", BFD_INIT, BFD_INIT, BFD_UP, 0 },
	{ "init, up", BFD_INIT, BFD_UP, BFD_UP, 0 },
	{ "up, admin down", BFD_UP, BFD_ADMIN_DOWN, BFD_DOWN, BFD_DIAG_SIGNALED },
	{ "up, down", BFD_UP, BFD_DOWN, BFD_DOWN, BFD_DIAG_SIGNALED },
	{ "up, init", BFD_UP, BFD_INIT, BFD_UP, 0 },
	{ "up, up", BFD_UP, BFD_UP, BFD_UP, 0 },
};

static void
test_step(void **state)
{
	const struct step_row *r = *state;
	struct bfd_view v;
	struct solo s;

	solo_begin(&s);
	if (r->from >= BFD_INIT)
		say_state(&s, BFD_DOWN);
	if (r->from == BFD_UP)
		say_state(&s, BFD_INIT);
	assert_int_equal(view(&s.p, 0).local.state, r->from);
	say_state(&s, r->told);
	v = view(&s.p, 0);
	assert_string_equal(bfd_state_name(v.local.state), bfd_state_name(r->becomes));
	assert_int_equal(v.local.diag, r->diag);
	assert_int_equal(s.p.end[0].last[1] >> 6, r->becomes); /* told at once */
	play_end(&s.p);
}

static void
test_init_expires(void **state)
{
	struct solo s;

	(void)state;
	solo_begin(&s);
	say_state(&s, BFD_DOWN);
	assert_int_equal(view(&s.p, 0).local.state, BFD_INIT);
	s.p.now.us += 3000000;
	bfd_session_tick(s.p.end[0].s, s.p.now);
	assert_int_equal(view(&s.p, 0).local.state, BFD_DOWN);
	assert_int_equal(view(&s.p, 0).local.diag, BFD_DIAG_EXPIRED);
	play_end(&s.p);
}

static void
test_final_answer(void **state)
{
	struct bfd_packet p;
	struct solo s;
	unsigned sent;

	(void)state;
	solo_begin(&s);
	say_state(&s, BFD_DOWN);
	say_state(&s, BFD_UP);
	s.p.now.us += 1000;
	sent = s.p.end[0].sent;
	p = s.packet;
	p.state = BFD_UP;
	p.your_disc = 100;
	p.poll = true;
	assert_null(say(&s, p));
	assert_int_equal(s.p.end[0].sent, sent + 1);
	assert_int_equal(s.p.end[0].last[1] & 0x30, 0x10);
	play_end(&s.p);
}

/* The neighbour wants no packets: it asks for demand mode (6.6), or for none at all. */
static void
test_silence(void **state)
{
	struct bfd_packet p;
	struct solo s;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		solo_begin(&s);
		say_state(&s, BFD_DOWN);
		say_state(&s, BFD_UP);
		p = s.packet;
		p.state = BFD_UP;
		p.your_disc = 100;
		p.final = true; /* of our poll sequence */
		assert_null(say(&s, p));
		p.final = false;
		p.demand = i == 0;
		p.min_rx_us = i == 0 ? 100000 : 0;
		assert_null(say(&s, p));
		assert_int_equal(view(&s.p, 0).tx_us, 0);
		p.demand = false;
		p.min_rx_us = 100000;
		assert_null(say(&s, p));
		assert_int_equal(view(&s.p, 0).tx_us, 100000);
		play_end(&s.p);
	}
}

/* A neighbour that started anew has another discriminator, and is taken up. */
static void
test_neighbor_restarts(void **state)
{
	struct solo s;

	(void)state;
	solo_begin(&s);
	say_state(&s, BFD_DOWN);
	say_state(&s, BFD_UP);
	s.packet.my_disc = 10;
	say_state(&s, BFD_DOWN);
	assert_int_equal(view(&s.p, 0).local.state, BFD_DOWN);
	say_state(&s, BFD_DOWN);
	assert_int_equal(view(&s.p, 0).local.state, BFD_INIT);
	assert_int_equal(view(&s.p, 0).remote.disc, 10);
	play_end(&s.p);
}

int
main(void)
{
	ADD_ROWS(decode_rows, name, test_decode);
	ADD_ROWS(negotiate_rows, name, test_negotiate);
	ADD_ROWS(step_rows, name, test_step);
	ADD_TEST(test_up);
	ADD_TEST(test_jitter_of_one);
	ADD_TEST(test_expire);
	ADD_TEST(test_both_cut);
	ADD_TEST(test_admin_down);
	ADD_TEST(test_linger);
	ADD_TEST(test_passive);
	ADD_TEST(test_poll);
	ADD_TEST(test_poll_again);
	ADD_TEST(test_multiplier);
	ADD_TEST(test_init_expires);
	ADD_TEST(test_final_answer);
	ADD_TEST(test_silence);
	ADD_TEST(test_neighbor_restarts);
	return tests_run("bfd");
}
