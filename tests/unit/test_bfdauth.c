/*
 * BFD: authentication (RFC 5880, 6.7).
 */
#include "base/mem.h"
#include "bfdplay.h"

static struct bfd_keys *
keys_new(unsigned n, ...)
{
	struct bfd_keys *k = mem_alloc(sizeof(*k) + n * sizeof(struct bfd_key));
	va_list list;

	k->n = n;
	va_start(list, n);
	for (unsigned i = 0; i < n; i++) {
		const char *secret = va_arg(list, const char *);

		k->key[i] = (struct bfd_key){ .id = (uint8_t)(i + 1),
			.len = (uint8_t)strlen(secret), .send_to = UINT64_MAX,
			.accept_to = UINT64_MAX };
		memcpy(k->key[i].secret, secret, strlen(secret));
	}
	va_end(list);
	return k;
}

static struct bfd_conf
with_auth(unsigned type, struct bfd_keys *keys)
{
	struct bfd_conf c = usual;

	c.auth = (uint8_t)type;
	c.keys = keys;
	return c;
}

static const struct auth_row {
	const char *name;
	unsigned a, b;
	const char *key_a, *key_b;
	const char *why; /* NULL: comes up */
} auth_rows[] = {
	{ "simple", BFD_AUTH_SIMPLE, BFD_AUTH_SIMPLE, "abc", "abc", NULL },
	{ "simple, 16 bytes", 1, 1, "0123456789abcdef", "0123456789abcdef", NULL },
	{ "md5", BFD_AUTH_MD5, BFD_AUTH_MD5, "abc", "abc", NULL },
	{ "meticulous md5", 3, 3, "abc", "abc", NULL },
	{ "sha1", BFD_AUTH_SHA1, BFD_AUTH_SHA1, "abc", "abc", NULL },
	{ "meticulous sha1", 5, 5, "0123456789abcdefghij", "0123456789abcdefghij", NULL },
	{ "simple, other password", 1, 1, "abc", "abd", "wrong authentication code" },
	{ "simple, shorter password", 1, 1, "ab", "abc", "wrong authentication code" },
	{ "md5, other password", 2, 2, "abc", "abd", "wrong authentication code" },
	{ "sha1, other password", 4, 4, "abc", "abd", "wrong authentication code" },
	{ "other types", 4, 5, "abc", "abc", "wrong authentication type" },
	{ "one end only", 4, 0, "abc", NULL, "authentication not expected" },
	{ "the other only", 0, 4, NULL, "abc", "authentication missing" },
};

static void
test_auth(void **state)
{
	const struct auth_row *r = *state;
	struct play p;

	play_begin(&p, with_auth(r->a, r->key_a ? keys_new(1, r->key_a) : NULL),
	    with_auth(r->b, r->key_b ? keys_new(1, r->key_b) : NULL));
	play_for(&p, 20000000);
	if (r->why) {
		assert_states(&p, BFD_DOWN, BFD_DOWN);
		assert_string_equal(p.end[1].dropped, r->why);
	} else {
		assert_states(&p, BFD_UP, BFD_UP);
		assert_int_equal(view(&p, 0).dropped + view(&p, 1).dropped, 0);
	}
	play_end(&p);
}

/* A packet that was seen once: 6.7.3, 6.7.4. */
static void
test_replay(void **state)
{
	struct bfd_packet packet;
	struct play p;

	(void)state;
	for (unsigned type = BFD_AUTH_MD5; type <= BFD_AUTH_METICULOUS_SHA1; type++) {
		uint8_t old[BFD_PACKET_MAX];
		size_t n;
		const char *why;

		play_begin(&p, with_auth(type, keys_new(1, "abc")),
		    with_auth(type, keys_new(1, "abc")));
		play_for(&p, 3000000);
		n = p.end[0].last_n;
		memcpy(old, p.end[0].last, n);
		play_for(&p, 2000);
		assert_null(bfd_decode(&packet, old, n));
		why = bfd_session_input(p.end[1].s, &packet, p.now);
		if (bfd_auth_is_meticulous(type))
			assert_string_equal(why, "wrong sequence number");
		else
			assert_null(why);
		play_for(&p, 30000000);
		why = bfd_session_input(p.end[1].s, &packet, p.now);
		assert_string_equal(why, "wrong sequence number");
		/* after twice the detection time any number is taken: 6.8.1 */
		p.end[0].cut = true;
		play_for(&p, 1100000);
		assert_null(bfd_session_input(p.end[1].s, &packet, p.now));
		play_end(&p);
	}
}

/* Keys in turn: what is sent changes at once, what is taken overlaps. */
static void
test_keys(void **state)
{
	struct bfd_keys *a = keys_new(2, "old", "new"), *b = keys_new(2, "old", "new");
	struct play p;

	(void)state;
	a->key[1].send_from = b->key[1].send_from = 1700000010;
	a->key[0].send_to = 1700000010;
	a->key[0].accept_to = b->key[0].accept_to = 1700000020;
	play_begin(&p, with_auth(BFD_AUTH_SHA1, a), with_auth(BFD_AUTH_SHA1, b));
	play_for(&p, 3000000);
	assert_states(&p, BFD_UP, BFD_UP);
	assert_int_equal(p.end[0].last[26], 1);
	p.now.wall_s = 1700000010;
	stats_reset(&p);
	play_for(&p, 3000000);
	assert_int_equal(p.end[0].last[26], 2);
	assert_int_equal(p.end[1].last[26], 2); /* newer, though the old one would do */
	p.now.wall_s = 1700000020;
	play_for(&p, 3000000);
	assert_int_equal(p.end[0].changes + p.end[1].changes, 0);
	play_end(&p);
}

static void
test_no_key(void **state)
{
	struct bfd_keys *a = keys_new(1, "old");
	struct play p;

	(void)state;
	a->key[0].send_to = 1700000000;
	play_begin(&p, with_auth(BFD_AUTH_SHA1, a),
	    with_auth(BFD_AUTH_SHA1, keys_new(1, "old")));
	play_for(&p, 3000000);
	assert_int_equal(p.end[0].sent, 0);
	assert_states(&p, BFD_INIT, BFD_DOWN);
	play_end(&p);
}

/* Authentication is switched on at both ends, one a little later. */
static void
test_auth_changes(void **state)
{
	struct bfd_conf c;
	struct play p;

	(void)state;
	play_begin(&p, usual, usual);
	play_for(&p, 3000000);
	stats_reset(&p);
	c = with_auth(BFD_AUTH_METICULOUS_SHA1, keys_new(1, "abc"));
	bfd_session_configure(p.end[0].s, &c, p.now);
	play_for(&p, 300000);
	c = with_auth(BFD_AUTH_METICULOUS_SHA1, keys_new(1, "abc"));
	bfd_session_configure(p.end[1].s, &c, p.now);
	play_for(&p, 3000000);
	assert_states(&p, BFD_UP, BFD_UP);
	assert_int_equal(p.end[0].changes + p.end[1].changes, 0);
	play_end(&p);
}

int
main(void)
{
	ADD_ROWS(auth_rows, name, test_auth);
	ADD_TEST(test_replay);
	ADD_TEST(test_keys);
	ADD_TEST(test_no_key);
	ADD_TEST(test_auth_changes);
	return tests_run("bfdauth");
}
