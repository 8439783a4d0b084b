/*
 * Validation of flow specifications: what a base table says of destinations, beside a plain
 * count over all networks, and what shards make of the answers.
 */
#include <time.h>

#include "rib.h"
#include "base/longnet.h"
#include "bgp/hops.h"
#include "bgp/longnlri.h"
#include "rib/bases.h"

/*
 * Bases.
 */
enum { NETS = 48, USERS = 3 };

static struct world {
	struct bases *b;
	struct net net[NETS]; /* a small tree: routes lead to them, and flows */
	struct base_route route[NETS];
	bool there[NETS];
	unsigned users[NETS];  /* of the destination, as bits */
	uint32_t serial[NETS]; /* its walk */
	uint32_t last, walked;
	struct base_news said[NETS];
	bool was_said[NETS];
} w;

static void
world_begin(void)
{
	static const unsigned lens[] = { 8, 16, 17, 24, 32 };
	unsigned n = 0;

	memset(&w, 0, sizeof(w));
	w.b = bases_new(NET_IP4);
	for (unsigned i = 0; n < NETS; i++)
		for (unsigned k = 0; k < 5 && n < NETS; k++) {
			struct ip ip = ip_from4(
			    0x0a000000 | i % 3 << 16 | i * 37 % 4 << 14 | i);
			struct net net = net_from_ip(&ip, lens[k]);
			unsigned at = 0;

			while (at < n && !net_equal(&w.net[at], &net))
				at++;
			if (at == n)
				w.net[n++] = net;
		}
}

static bool
is_watched(unsigned net)
{
	for (unsigned i = 0; i < NETS; i++)
		if (w.users[i] && (net_contains(&w.net[i], &w.net[net]) ||
				      net_contains(&w.net[net], &w.net[i])))
			return true;
	return false;
}

static void
tell(unsigned net)
{
	bases_route(w.b, &w.net[net], w.there[net] ? &w.route[net] : NULL);
}

static void
change_route(unsigned net)
{
	w.there[net] = rand() % 4;
	w.route[net] = (struct base_route){ .as = (uint32_t)rand() % 3,
		.originator = (uint32_t)rand() % 2,
		.from = ip_from4((uint32_t)rand() % 2 + 1) };
	if (is_watched(net))
		tell(net);
}

static void
change_user(unsigned net)
{
	unsigned user = (unsigned)rand() % USERS;

	if (rand() % 2) {
		w.users[net] &= ~(1u << user);
		assert_int_equal(bases_drop(w.b, &w.net[net], user),
		    w.serial[net] && !w.users[net]);
		if (!w.users[net])
			w.serial[net] = w.was_said[net] = 0;
		return;
	}
	assert_int_equal(
	    bases_want(w.b, &w.net[net], user, w.last + 1), !w.users[net]);
	w.users[net] |= 1u << user;
	if (w.serial[net])
		return;
	w.serial[net] = ++w.last;
	for (unsigned i = 0; i < NETS; i++) /* what holds it is told at once */
		if (w.there[i] && net_contains(&w.net[i], &w.net[net]))
			tell(i);
}

static void
walk(void)
{
	for (unsigned i = 0; i < NETS; i++)
		if (w.there[i] && is_watched(i))
			tell(i);
	w.walked = w.last;
	bases_walked(w.b, w.walked);
}

static unsigned
index_of(const struct net *net)
{
	unsigned i = 0;

	while (!net_equal(&w.net[i], net))
		i++;
	return i;
}

static void
on_said(void *ctx, const struct base_news *news)
{
	unsigned i = index_of(&news->to);

	(void)ctx;
	w.said[i] = *news;
	w.was_said[i] = true;
}

static struct base_news
counted(unsigned to)
{
	struct base_news news = { .to = w.net[to] };
	int best = -1;

	for (unsigned i = 0; i < NETS; i++)
		if (w.there[i] && net_contains(&w.net[i], &w.net[to]) &&
		    (best < 0 || w.net[i].plen > w.net[best].plen))
			best = (int)i;
	if (best < 0 || !w.route[best].as)
		return news;
	for (unsigned i = 0; i < NETS; i++)
		if (w.there[i] && net_contains(&w.net[to], &w.net[i]) &&
		    w.route[i].as != w.route[best].as)
			return news;
	news.as = w.route[best].as;
	news.originator = w.route[best].originator;
	news.from = w.route[best].from;
	return news;
}

static void
as_counted(void **state)
{
	unsigned valid = 0, checked = 0;

	(void)state;
	srand(7);
	world_begin();
	for (unsigned step = 0; step < 40000; step++) {
		unsigned what = (unsigned)rand() % 16, net = (unsigned)rand() % NETS;

		if (what < 11)
			change_route(net);
		else if (what < 13)
			change_user(net);
		else if (what == 13)
			walk();
		else
			bases_publish(w.b, on_said, NULL);
		for (unsigned i = 0; what > 13 && i < NETS; i++) {
			struct base_news want = counted(i);

			if (!w.users[i])
				continue;
			assert_int_equal(w.was_said[i], w.serial[i] <= w.walked);
			if (!w.was_said[i])
				continue;
			assert_int_equal(w.said[i].as, want.as);
			assert_int_equal(w.said[i].originator, want.originator);
			assert_true(ip_equal(&w.said[i].from, &want.from));
			valid += want.as != 0;
			checked++;
		}
	}
	assert_in_range(valid, checked / 20, checked * 19 / 20);
	bases_free(w.b);
}

static void
said_once(void **state)
{
	struct net to = make_net("10.0.0.0/24"), all = make_net("0.0.0.0/0");
	struct base_route r = { .as = 1, .from = ip_from4(1) };

	(void)state;
	world_begin();
	w.net[0] = to;
	assert_true(bases_want(w.b, &to, 0, 1));
	bases_route(w.b, &all, &r);
	assert_int_equal(bases_publish(w.b, on_said, NULL), 0); /* not all is told yet */
	bases_walked(w.b, 1);
	assert_int_equal(bases_publish(w.b, on_said, NULL), 1);
	assert_int_equal(w.said[0].as, 1);
	bases_route(w.b, &to, &r); /* nothing that matters */
	assert_int_equal(bases_publish(w.b, on_said, NULL), 0);
	assert_false(bases_want(w.b, &to, 1, 2));
	assert_int_equal(bases_publish(w.b, on_said, NULL), 1); /* for who is new */
	assert_false(bases_drop(w.b, &to, 0));
	assert_false(bases_drop(w.b, &to, 0));
	assert_true(bases_drop(w.b, &to, 1));
	assert_true(bases_empty(w.b));
	bases_free(w.b);
}

/* Destinations of a peer come one by one, and each is told of by the table at once. */
enum { MANY = 12000 };

static struct net
one_of_many(unsigned i, unsigned plen)
{
	struct ip ip = ip_from4(0x0a000000 + (i * 2654435761u >> 8));

	return net_from_ip(&ip, plen);
}

static void
count_valid(void *ctx, const struct base_news *news)
{
	*(unsigned *)ctx += news->as != 0;
}

/* CPU time of it. */
static clock_t
many_come(bool at_once)
{
	struct bases *b = bases_new(NET_IP4);
	clock_t begin = clock(), took;
	unsigned valid = 0;

	for (unsigned k = 0; k < 2u - at_once; k++)
		for (unsigned i = 0; i < MANY; i++) {
			struct net to = one_of_many(i, 32), net = one_of_many(i, 28);
			struct base_route r = { .as = 1, .from = ip_from4(1) };

			if (at_once || !k)
				bases_want(b, &to, 0, i + 1);
			if (at_once || k)
				bases_route(b, &net, &r);
		}
	took = clock() - begin;
	bases_walked(b, MANY);
	assert_int_equal(bases_publish(b, count_valid, &valid), MANY);
	assert_int_equal(valid, MANY);
	for (unsigned i = 0; i < 200; i++) { /* in order, and not */
		struct net more = one_of_many(i + MANY, 32);

		assert_true(bases_want(b, &more, 0, MANY + 1));
	}
	for (unsigned i = 0; i < MANY + 200; i += 3) {
		struct net to = one_of_many(i, 32);

		assert_true(bases_drop(b, &to, 0));
		assert_false(bases_drop(b, &to, 0));
	}
	bases_free(b);
	return took;
}

static void
they_come_one_by_one(void **state)
{
	clock_t all = many_come(false);

	(void)state;
	assert_true(many_come(true) < 40 * all + CLOCKS_PER_SEC / 4);
}

/*
 * Shards.
 */
enum { FLOWS = 2, RESOLVER = 3 };

static struct play p;
static struct attrs *own, *of_one, *of_two, *by_other, *confed_only;

static struct channel_desc
desc(uint32_t id)
{
	struct channel_desc d = make_client(id);

	d.table = FLOWS;
	d.family = FAM_FLOW4;
	d.base = RESOLVER;
	d.internal = d.rr_client = id != 2;
	return d;
}

static int
setup(void **state)
{
	(void)state;
	play_start(&p);
	shard_table_add(p.shard, FLOWS, NET_FLOW4);
	own = play_set(&p, &(struct set_desc){ .local_pref = 100 });
	of_one = play_set(&p, &(struct set_desc){ .path = "1" });
	of_two = play_set(&p, &(struct set_desc){ .path = "2 1" });
	by_other = play_set(&p, &(struct set_desc){ .path = "1", .originator = 9 });
	confed_only = play_set(&p, &(struct set_desc){ .path = "(7 8)" });
	for (uint32_t id = 1; id <= 3; id++)
		play_up(&p, desc(id));
	play_ready(&p);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	play_end(&p);
	return 0;
}

#define TO	"\1\30\12\0\1\3\201\6" /* dst 10.0.1.0/24; proto 6 */
#define OTHER	"\1\30\12\0\2\3\201\6"
#define NOWHERE "\3\201\6"

static void
flow(uint32_t channel, struct attrs *a, const char *bytes)
{
	struct batch *b = batch_new(channel, 0);
	size_t len = bytes[0] == 1 ? 8 : 3;
	struct nlri n = { .net = net_long(NET_FLOW4, bytes, len) };

	batch_add(b, a, &n);
	shard_batch(p.shard, b);
	play_run(&p);
}

static void
answer(const char *to, uint32_t as, uint32_t originator, uint32_t from)
{
	struct base_news news = { .to = make_net(to), .as = as, .originator = originator,
		.from = ip_from4(0x7f000100 + from) };

	shard_bases(p.shard, RESOLVER, &news, 1);
	play_run(&p);
}

/* "1 2! 3!": by whom, the best first; those behind are invalid. */
static void
paths_seen(void *ctx, const struct path_view *v, unsigned n)
{
	char *text = ctx;

	for (unsigned i = 0; i < n; i++)
		sprintf(text + strlen(text), "%s%u%s", i ? " " : "", v[i].channel,
		    attrs_dest(v[i].attrs) == DEST_UNREACHABLE ? "!" : "");
}

static const char *
paths(const char *bytes)
{
	static char text[64];
	size_t len = bytes[0] == 1 ? 8 : 3;
	struct walk walk = { .table = FLOWS, .mode = WALK_NET,
		.net = net_long(NET_FLOW4, bytes, len) };

	text[0] = 0;
	net_hold(&walk.net);
	shard_walk(p.shard, &walk, 1, paths_seen, text);
	net_drop(&walk.net);
	return text;
}

static void
asks_and_waits(void **state)
{
	(void)state;
	flow(1, of_one, TO);
	flow(1, of_one, "\1\30\12\0\1\3\201\21"); /* the same destination */
	flow(1, of_one, OTHER);
	flow(1, of_one, NOWHERE);
	assert_string_equal(p.log, "base 3 10.0.1.0/24 base 3 10.0.2.0/24 ");
	assert_string_equal(paths(TO), "1!");
	assert_string_equal(p.held[3], "");
	answer("10.0.1.0/24", 1, 0, 1);
	assert_string_equal(paths(TO), "1");
	assert_string_equal(paths(OTHER), "1!");
	assert_string_equal(paths(NOWHERE), "1!"); /* RFC 8955, 6 a */
	assert_non_null(strstr(p.held[3], "0118" "0a0001038106"));
	assert_null(strstr(p.held[3], "0a0002"));
	answer("10.0.1.0/24", 0, 0, 0);
	assert_string_equal(paths(TO), "1!");
	assert_string_equal(p.held[3], "");
}

static void
who_may(void **state)
{
	(void)state;
	flow(1, of_one, TO);
	flow(2, of_one, TO); /* external */
	flow(3, by_other, TO);
	answer("10.0.1.0/24", 1, 0, 1);
	assert_string_equal(paths(TO), "1 2! 3!");
	answer("10.0.1.0/24", 1, 9, 1); /* the originator, not the peer */
	assert_string_equal(paths(TO), "3 1! 2!");
	answer("10.0.1.0/24", 1, 0, 2);
	assert_string_equal(paths(TO), "2 3! 1!");
	answer("10.0.1.0/24", 2, 0, 2); /* external: the AS must be the same */
	assert_null(strstr(paths(TO), "2 "));
	flow(2, of_two, TO);
	assert_memory_equal(paths(TO), "2 ", 2);
	answer("10.0.1.0/24", 2, 0, 1); /* internal: it need not */
	assert_memory_equal(paths(TO), "1 ", 2);
}

/* RFC 9117, 4.1 */
static void
of_our_own_as(void **state)
{
	(void)state;
	flow(1, own, TO);
	flow(3, confed_only, TO);
	flow(1, own, NOWHERE);
	flow(2, own, OTHER); /* external */
	assert_null(strchr(paths(TO), '!'));
	assert_string_equal(paths(NOWHERE), "1!");
	assert_string_equal(paths(OTHER), "2!");
}

static void
destinations(void **state)
{
	static const struct {
		enum net_type type;
		const char *bytes;
		size_t len;
		const char *want; /* NULL: none */
	} rows[] = {
		{ NET_FLOW4, TO, 8, "10.0.1.0/24" },
		{ NET_FLOW4, "\1\0\3\201\6", 5, "0.0.0.0/0" },
		{ NET_FLOW4, "\2\10\12", 3, NULL }, /* a source */
		{ NET_FLOW4, NOWHERE, 3, NULL },
		{ NET_FLOW6, "\1\20\0\40\1", 5, "2001::/16" },
		{ NET_FLOW6, "\1\20\10\1", 4, NULL }, /* an offset: RFC 8956, 5 */
		{ NET_FLOW6, "\1\0\0", 3, "::/0" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct net flow = net_long(rows[i].type, rows[i].bytes, rows[i].len), to;
		char text[NET_TEXT_MAX];

		assert_int_equal(flow_destination(&flow, &to), rows[i].want != NULL);
		if (rows[i].want)
			assert_string_equal(net_format(&to, text), rows[i].want);
	}
}

static void
only_those_concerned(void **state)
{
	(void)state;
	flow(1, of_one, TO);
	flow(1, of_one, OTHER);
	answer("10.0.1.0/24", 1, 0, 1);
	answer("10.0.2.0/24", 1, 0, 1);
	p.log[0] = 0;
	answer("10.0.1.0/24", 1, 0, 1); /* as before */
	answer("10.0.9.0/24", 1, 0, 1); /* nobody asked */
	assert_string_equal(p.log, "");
	answer("10.0.1.0/24", 0, 0, 0);
	assert_string_equal(paths(OTHER), "1");
	flow(1, of_one, TO); /* told again: it is what it was */
	assert_string_equal(paths(TO), "1!");
}

static void
switched(void **state)
{
	struct channel_desc d = desc(1);

	(void)state;
	flow(1, of_one, TO);
	assert_string_equal(paths(TO), "1!");
	d.base = 0;
	shard_channel_update(p.shard, &d);
	play_run(&p);
	assert_string_equal(paths(TO), "1");
	d.base = RESOLVER;
	shard_channel_update(p.shard, &d);
	play_run(&p);
	assert_string_equal(paths(TO), "1!");
	answer("10.0.1.0/24", 1, 0, 1);
	assert_string_equal(paths(TO), "1");
	p.log[0] = 0;
	shard_bases_anew(p.shard, RESOLVER);
	play_run(&p);
	assert_non_null(strstr(p.log, "base 3 10.0.1.0/24 "));
	assert_string_equal(paths(TO), "1!");
}

static void
stale_ones_stay_stale(void **state)
{
	struct channel_counts c;

	(void)state;
	flow(1, of_one, TO);
	shard_channel_down(p.shard, 1, true);
	answer("10.0.1.0/24", 1, 0, 1);
	assert_string_equal(paths(TO), "1");
	shard_channel_counts(p.shard, 1, &c);
	assert_int_equal(c.stale, 1);
	shard_channel_purge(p.shard, 1);
	play_run(&p);
	assert_string_equal(paths(TO), "");
}

static void
forgotten_when_unused(void **state)
{
	(void)state;
	flow(1, of_one, TO);
	flow(1, of_one, OTHER);
	flow(3, of_one, OTHER);
	flow(1, NULL, TO);
	flow(1, NULL, OTHER);
	p.log[0] = 0;
	shard_bases_forget(p.shard);
	play_run(&p);
	assert_string_equal(p.log, "nobase 3 10.0.1.0/24 ");
	p.log[0] = 0;
	shard_bases_forget(p.shard); /* nothing has gone since */
	flow(1, of_one, TO);
	assert_string_equal(p.log, "base 3 10.0.1.0/24 ");
}

/* The table goes while it is looked through for those that are unused. */
static void
forgotten_with_the_table(void **state)
{
	(void)state;
	flow(1, of_one, TO);
	for (uint32_t id = 1; id <= 3; id++)
		shard_channel_remove(p.shard, id);
	play_run(&p);
	p.log[0] = 0;
	shard_bases_forget(p.shard);
	shard_table_del(p.shard, FLOWS);
	play_run(&p);
	assert_string_equal(p.log, "nobase 3 10.0.1.0/24 ");
}

/*
 * Watches.
 */
static void
named(const char *text, bool on, uint32_t serial)
{
	struct net net = make_net(text);

	shard_watch_net(p.shard, 1, &net, on, serial);
}

static void
watch_tells_what_is_inside(void **state)
{
	struct channel_desc d = make_client(9);

	(void)state;
	shard_channel_up(p.shard, &d);
	play_routes(&p, 9, of_one, "10.0.0.0/8 10.1.0.0/16 10.1.2.0/24 11.0.0.0/8");
	play_run(&p);
	shard_watch(p.shard, 1, true);
	play_run(&p);
	p.log[0] = 0;
	named("10.1.0.0/16", true, 1);
	play_run(&p);
	assert_string_equal(
	    p.log, "net 10.1.0.0/16 direct net 10.1.2.0/24 direct walked 1 ");
	p.log[0] = 0;
	play_routes(&p, 9, of_one, "10.1.3.0/24 10.2.0.0/16");
	play_routes(&p, 9, NULL, "10.1.2.0/24");
	play_run(&p);
	assert_non_null(strstr(p.log, "net 10.1.3.0/24 direct "));
	assert_non_null(strstr(p.log, "net 10.1.2.0/24 gone "));
	assert_null(strstr(p.log, "10.2."));
	assert_null(strstr(p.log, "walked"));
	p.log[0] = 0;
	named("10.1.0.0/16", false, 1);
	play_routes(&p, 9, of_two, "10.1.3.0/24");
	play_run(&p);
	assert_null(strstr(p.log, "net "));
}

/* Those that are named while a walk is under way take another. */
static void
walks_until_all_is_told(void **state)
{
	struct channel_desc d = make_client(9);
	char nets[20];

	(void)state;
	shard_channel_up(p.shard, &d);
	for (unsigned i = 0; i < 200; i++) {
		snprintf(nets, sizeof(nets), "10.1.%u.0/24", i);
		play_routes(&p, 9, of_one, nets);
	}
	play_run(&p);
	shard_watch(p.shard, 1, true);
	play_run(&p);
	p.shard->tune.slice = 80;
	p.log[0] = 0;
	named("10.1.7.0/24", true, 1);
	play_steps(&p, 2);
	named("10.1.3.0/24", true, 2);
	named("10.1.199.0/24", true, 3);
	play_run(&p);
	assert_string_equal(strstr(p.log, "walked"),
	    "walked 1 net 10.1.3.0/24 direct net 10.1.7.0/24 direct "
	    "net 10.1.199.0/24 direct walked 3 ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_counted),
		cmocka_unit_test(said_once),
		cmocka_unit_test(they_come_one_by_one),
		cmocka_unit_test(destinations),
		cmocka_unit_test_setup_teardown(asks_and_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(who_may, setup, teardown),
		cmocka_unit_test_setup_teardown(of_our_own_as, setup, teardown),
		cmocka_unit_test_setup_teardown(only_those_concerned, setup, teardown),
		cmocka_unit_test_setup_teardown(switched, setup, teardown),
		cmocka_unit_test_setup_teardown(stale_ones_stay_stale, setup, teardown),
		cmocka_unit_test_setup_teardown(forgotten_when_unused, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    forgotten_with_the_table, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    watch_tells_what_is_inside, setup, teardown),
		cmocka_unit_test_setup_teardown(walks_until_all_is_told, setup, teardown),
	};

	return cmocka_run_group_tests_name("flowcheck", tests, NULL, NULL);
}
