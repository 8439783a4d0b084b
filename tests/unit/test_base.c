/*
 * Base layer: addresses and networks, arena, times, mailbox.
 */
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "test.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/mailbox.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/net.h"

static const struct {
	const char *text;
	bool ok;
	unsigned plen;
} nets[] = {
	{ "192.0.2.0/24", true, 24 },
	{ "0.0.0.0/0", true, 0 },
	{ "10.1.2.3/32", true, 32 },
	{ "192.0.2.1/24", false, 0 },
	{ "192.0.2.0/33", false, 0 },
	{ "192.0.2.0", false, 0 },
	{ "192.0.2.0/", false, 0 },
	{ "192.0.2.0/2x", false, 0 },
	{ "2001:db8::/32", true, 32 },
	{ "::/0", true, 0 },
	{ "2001:db8::1/128", true, 128 },
	{ "2001:db8::1/64", false, 0 },
	{ "2001:db8::/129", false, 0 },
	{ "::ffff:10.0.0.0/104", true, 104 },
};

static void
test_net_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
		struct net n;
		char buf[NET_TEXT_MAX];

		if (net_parse(nets[i].text, &n) != nets[i].ok)
			fail_msg("%s", nets[i].text);
		if (!nets[i].ok)
			continue;
		assert_int_equal(n.plen, nets[i].plen);
		assert_string_equal(net_format(&n, buf), nets[i].text);
	}
}

static struct net
net(const char *text)
{
	struct net n;

	assert_true(net_parse(text, &n));
	return n;
}

static void
test_net_bogus(void **state)
{
	static const char *const bogus[] = { "0.0.0.1/32", "0.1.0.0/16", "127.0.0.0/8",
		"127.1.2.3/32", "224.0.0.0/3", "224.1.0.0/16", "239.255.255.255/32",
		"255.255.255.255/32", "::1/128", "::2/128", "::127.0.0.1/128",
		"::ffff:0:0/96", "::ffff:224.0.0.0/100", "fe80::/10", "fe80::1/128",
		"fe90::/12", "ff00::/8", "ff02::1/128" };
	static const char *const fine[] = { "0.0.0.0/0", "0.0.0.0/8", "0.0.0.0/32",
		"10.0.0.0/8", "126.0.0.0/7", "192.0.0.0/2", "223.255.255.0/24",
		"240.0.0.0/8", "255.0.0.0/8", "::/0", "::/8", "::/128", "::1.2.3.0/120",
		"::ffff:1.2.3.0/120", "2000::/3", "f000::/4", "fc00::/7", "fec0::/10" };
	struct net n;

	(void)state;
	for (unsigned i = 0; i < sizeof(bogus) / sizeof(*bogus); i++)
		if (!net_parse(bogus[i], &n) || !net_is_bogus(&n))
			fail_msg("%s: not bogus", bogus[i]);
	for (unsigned i = 0; i < sizeof(fine) / sizeof(*fine); i++)
		if (!net_parse(fine[i], &n) || net_is_bogus(&n))
			fail_msg("%s: bogus", fine[i]);
}

static void
test_net_contains(void **state)
{
	static const struct {
		const char *outer, *inner;
		bool want;
	} rows[] = {
		{ "10.0.0.0/8", "10.1.0.0/16", true },
		{ "10.0.0.0/8", "10.0.0.0/8", true },
		{ "10.0.0.0/9", "10.128.0.0/9", false },
		{ "10.0.0.0/9", "10.127.0.0/16", true },
		{ "10.0.0.0/16", "10.0.0.0/8", false },
		{ "0.0.0.0/0", "255.255.255.255/32", true },
		{ "0.0.0.0/0", "2001:db8::/32", false },
		{ "2001:db8::/33", "2001:db8:8000::/33", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct net o = net(rows[i].outer), n = net(rows[i].inner);

		if (net_contains(&o, &n) != rows[i].want)
			fail_msg("%s %s", rows[i].outer, rows[i].inner);
	}
}

static void
test_net_types(void **state)
{
	static const struct {
		const char *address, *text;
		unsigned max;
		uint32_t as;
		uint64_t rd;
	} rows[] = {
		{ "192.0.2.0/24", "192.0.2.0/24-26 AS65000", 26, 65000, 0 },
		{ "2001:db8::/32", "2001:db8::/32-128 AS4200000000", 128, 4200000000, 0 },
		{ "10.0.0.0/8", "10:20 10.0.0.0/8", 0, 0, (uint64_t)10 << 32 | 20 },
		{ "2001:db8::/32", "192.0.2.1:7 2001:db8::/32", 0, 0,
		    (uint64_t)1 << 48 | (uint64_t)0xc0000201 << 16 | 7 },
		{ "10.0.0.0/8", "2:10:20 10.0.0.0/8", 0, 0,
		    (uint64_t)2 << 48 | 10 << 16 | 20 },
		{ "10.0.0.0/8", "70000:20 10.0.0.0/8", 0, 0,
		    (uint64_t)2 << 48 | (uint64_t)70000 << 16 | 20 },
	};
	struct net address, n, other, back;
	char buf[NET_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_true(net_parse(rows[i].address, &address));
		n = rows[i].rd ? net_vpn(&address, rows[i].rd)
			       : net_roa(&address, rows[i].max, rows[i].as);
		assert_string_equal(net_format(&n, buf), rows[i].text);
		assert_int_equal(net_as(&n), rows[i].as);
		assert_int_equal(net_roa_max(&n), rows[i].max);
		assert_true(net_rd(&n) == rows[i].rd);
		back = net_address(&n);
		assert_true(net_equal(&back, &address));
		other = rows[i].rd ? net_vpn(&address, rows[i].rd + 1)
				   : net_roa(&address, rows[i].max, rows[i].as + 1);
		assert_true(net_cmp(&n, &other) < 0 && net_cmp(&other, &n) > 0);
		assert_true(net_hash(&n) != net_hash(&other));
		assert_int_equal(net_contains(&n, &other), !rows[i].rd);
		assert_int_equal(net_type_find(net_type_name(n.type)), n.type);
		assert_false(net_is_bogus(&n));
	}
	n = net_aspa(65000);
	assert_string_equal(net_format(&n, buf), "65000");
	assert_int_equal(net_as(&n), 65000);
	n = net_mpls(100);
	other = net_mpls((1u << 20) - 1);
	assert_string_equal(net_format(&n, buf), "100");
	assert_int_equal(net_label(&other), (1u << 20) - 1);
	assert_true(net_cmp(&n, &other) < 0 && net_hash(&n) != net_hash(&other));
	assert_true(net_contains(&n, &n) && !net_contains(&n, &other));
	other = net_mpls(101);
	assert_false(net_contains(&n, &other) || net_equal(&n, &other));
	assert_int_equal(net_type_find("mpls"), NET_MPLS);
	assert_int_equal(net_type_find("eth"), NET_NONE);
}

static void
test_net_from_ip_clears_host_bits(void **state)
{
	struct ip ip;
	struct net n;
	char buf[NET_TEXT_MAX];

	(void)state;
	assert_true(ip_parse("10.255.255.255", &ip));
	n = net_from_ip(&ip, 9);
	assert_string_equal(net_format(&n, buf), "10.128.0.0/9");
	assert_true(ip_parse("2001:db8:ffff::1", &ip));
	n = net_from_ip(&ip, 33);
	assert_string_equal(net_format(&n, buf), "2001:db8:8000::/33");
}

static void
test_arena(void **state)
{
	struct arena *a = arena_new();
	char *big;

	(void)state;
	for (unsigned i = 1; i < 3000; i++) {
		uint8_t *p = arena_alloc(a, i);

		for (unsigned k = 0; k < i; k++)
			assert_int_equal(p[k], 0);
		memset(p, 0xff, i);
	}
	big = arena_alloc(a, 1 << 20);
	memset(big, 1, 1 << 20);
	assert_string_equal(arena_printf(a, "%s-%d", "x", 7), "x-7");
	arena_reset(a);
	assert_true(arena_size(a) < 1 << 20);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(((uint8_t *)arena_alloc(a, 16))[3], 0);
	arena_free(a);
}

/* What was taken since a mark is forgotten and clean, but for what began another block. */
static void
test_arena_mark(void **state)
{
	struct arena *a = arena_new();
	char *kept = arena_strdup(a, "kept"), *p;
	struct arena_mark m = arena_mark(a);
	size_t size = arena_size(a);

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		p = arena_alloc(a, 200);
		assert_int_equal(p[0], 0);
		assert_int_equal(p[199], 0);
		memset(p, 0xff, 200);
		arena_release(a, m);
	}
	assert_int_equal(arena_size(a), size);
	for (unsigned i = 0; i < 100; i++)
		p = memset(arena_alloc(a, 200), (int)i, 200);
	arena_release(a, m);
	assert_int_equal(p[0], 99);
	assert_string_equal(kept, "kept");
	arena_free(a);
}

static void
test_clock_format(void **state)
{
	char buf[64];

	(void)state;
	setenv("TZ", "UTC", 1);
	clock_format(buf, sizeof(buf), "%H:%M:%S.%3f %%f %6f %f", 3661042);
	assert_string_equal(buf, "01:01:01.042 %f 042000 042000");
}

#define MAILS 20000
#define SENDERS 3

struct letter {
	struct mail mail;
	unsigned sender, number;
};

static void *
sender_main(void *arg)
{
	struct mailbox *m = arg;
	static _Atomic unsigned senders;
	unsigned me = senders++;

	for (unsigned i = 0; i < MAILS; i++) {
		struct letter *l = MEM_NEW(struct letter);

		l->mail.weight = 8;
		l->sender = me;
		l->number = i;
		mailbox_post(m, &l->mail);
	}
	return NULL;
}

/* Nothing is lost, each sender's order stays, and the consumer that slept is woken. */
static void
test_mailbox(void **state)
{
	struct mailbox *m = mailbox_new(64);
	pthread_t t[SENDERS];
	unsigned next[SENDERS] = { 0 }, total = 0;

	(void)state;
	for (unsigned i = 0; i < SENDERS; i++)
		pthread_create(&t[i], NULL, sender_main, m);
	while (total < SENDERS * MAILS) {
		struct letter *l = (struct letter *)mailbox_take(m);

		if (!l) {
			uint64_t n;

			if (!mailbox_sleep(m))
				continue;
			/* the descriptor does not block: poll it by reading */
			while (read(mailbox_fd(m), &n, sizeof(n)) < 0 && mailbox_empty(m))
				sched_yield();
			mailbox_woken(m);
			continue;
		}
		assert_int_equal(l->number, next[l->sender]++);
		mem_free(l);
		total++;
	}
	for (unsigned i = 0; i < SENDERS; i++)
		pthread_join(t[i], NULL);
	assert_false(mailbox_full(m));
	assert_true(mailbox_empty(m));
	mailbox_free(m);
}

static void
test_arena_pop(void **state)
{
	struct arena *a = arena_new();
	char *first = arena_alloc(a, 24), *last = arena_alloc(a, 24), *again;

	(void)state;
	memset(last, 'x', 24);
	arena_pop(a, first, 24); /* not the last one: stays */
	arena_pop(a, last, 24);
	again = arena_alloc(a, 24);
	assert_ptr_equal(again, last);
	assert_int_equal(again[0] | again[23], 0);
	assert_true(arena_holds(a, first) && arena_holds(a, again + 23));
	assert_false(arena_holds(a, &a));
	arena_free(a);
}

static void
test_names(void **state)
{
	struct names names = { 0 };
	char text[1000][8];

	(void)state;
	assert_int_equal(names_find(&names, "x"), NAME_NONE);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(text[i], sizeof(text[i]), "t%u", i);
		names_set(&names, text[i], i);
	}
	names_set(&names, "t7", 70);
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(names_find(&names, text[i]), i == 7 ? 70 : i);
	assert_int_equal(names.n, 1000);
	assert_int_equal(names_find(&names, "t1000"), NAME_NONE);
	names_clear(&names);
	assert_int_equal(names_find(&names, "t1"), NAME_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_net_parse),
		cmocka_unit_test(test_net_bogus),
		cmocka_unit_test(test_net_contains),
		cmocka_unit_test(test_net_types),
		cmocka_unit_test(test_net_from_ip_clears_host_bits),
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_arena_mark),
		cmocka_unit_test(test_arena_pop),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_clock_format),
		cmocka_unit_test(test_mailbox),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
