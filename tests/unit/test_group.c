/*
 * Update groups: who stands with whom, what is shared, who is slow, who merges.
 */
#include "rib.h"
#include "fake_filter.h"
#include "rib/group.h"

static struct play p;
static struct filter *all;

static void
up(struct channel_desc d, struct filter *export)
{
	d.export = export;
	shard_channel_up(p.shard, &d);
}

static int
setup(void **state)
{
	(void)state;
	play_start(&p);
	all = filter_accept();
	for (uint32_t i = 1; i <= 4; i++)
		up(make_client(i), all);
	play_ready(&p);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	filter_unref(all);
	play_end(&p);
	return 0;
}

static void
announce(uint32_t channel, const char *path, const char *nets)
{
	struct attrs *a = make_set(p.store, &(struct set_desc){ .path = path });

	play_routes(&p, channel, a, nets);
	attrs_unref(p.store, a, 1);
}

static void
equals_share(void **state)
{
	struct channel_desc d = make_client(5);
	struct filter *other = filter_accept(), *odd = fake_filter(FAKE_ODD_NETS, 0);

	(void)state;
	assert_int_equal(play_groups(&p), 1);
	up(d, other); /* equal, though not the same */
	play_run(&p);
	assert_int_equal(play_groups(&p), 1);
	up(make_client(6), odd);
	play_run(&p);
	assert_int_equal(play_groups(&p), 2);
	filter_unref(other);
	filter_unref(odd);
}

static void
one_segment_for_all(void **state)
{
	(void)state;
	announce(1, "1", "10.0.0.0/8 11.0.0.0/8");
	play_run(&p);
	assert_string_equal(p.log, "seg1 ");
	assert_string_equal(p.held[2], "10.0.0.0/8,11.0.0.0/8,");
	assert_string_equal(p.held[4], "10.0.0.0/8,11.0.0.0/8,");
	assert_string_equal(p.held[1], "");
}

/* The best path moves from 1 to 2: 2 must forget what it heard of 1. */
static void
source_is_told_to_forget(void **state)
{
	(void)state;
	announce(1, "1 2", "10.0.0.0/8");
	play_run(&p);
	announce(2, "1", "10.0.0.0/8");
	p.log[0] = 0;
	play_run(&p);
	assert_string_equal(p.log, "seg1 uni 2 ");
	assert_string_equal(p.held[2], "");
	assert_string_equal(p.held[1], "10.0.0.0/8,");
}

static void
only_what_was_told_is_withdrawn(void **state)
{
	(void)state;
	announce(1, "1", "10.0.0.0/8");
	play_routes(&p, 1, NULL, "10.0.0.0/8");
	play_run(&p);
	assert_string_equal(p.log, "");
	announce(1, "1", "10.0.0.0/8");
	play_run(&p);
	play_routes(&p, 1, NULL, "10.0.0.0/8");
	play_run(&p);
	assert_string_equal(p.log, "seg1 seg1 ");
	assert_string_equal(p.held[3], "");
}

static void
joiners_share_a_dump(void **state)
{
	(void)state;
	announce(1, "1", "10.0.0.0/8 11.0.0.0/8");
	play_run(&p);
	p.log[0] = 0;
	up(make_client(5), all);
	up(make_client(6), all);
	assert_int_equal(play_groups(&p), 2);
	play_run(&p);
	assert_int_equal(play_groups(&p), 1);
	assert_non_null(strstr(p.log, "add 5 add 6 seg1 up 5 up 6 "));
	assert_null(strstr(strstr(p.log, "seg1 ") + 1, "seg"));
	assert_string_equal(p.held[5], "10.0.0.0/8,11.0.0.0/8,");
	assert_string_equal(p.held[6], p.held[5]);
}

static void
refresh_tells_all_again(void **state)
{
	(void)state;
	announce(1, "1", "10.0.0.0/8 11.0.0.0/8");
	play_run(&p);
	p.held[3][0] = 0;
	p.log[0] = 0;
	shard_refresh(p.shard, 3);
	play_run(&p);
	assert_string_equal(p.held[3], "10.0.0.0/8,11.0.0.0/8,");
	assert_string_equal(p.log, "del 3 add 3 seg1 up 3 del 3 add 3 ");
}

static void
rekey(uint32_t channel, struct filter *export)
{
	struct channel_desc d = make_client(channel);

	d.export = export;
	shard_channel_update(p.shard, &d);
}

static void
changed_filter_sends_the_difference(void **state)
{
	struct filter *odd = fake_filter(FAKE_ODD_NETS, 0);

	(void)state;
	announce(1, "1", "10.0.0.0/24 10.0.1.0/24 10.0.2.0/24");
	play_run(&p);
	p.log[0] = 0;
	rekey(2, odd);
	rekey(3, odd);
	assert_int_equal(play_groups(&p), 2); /* both on one way */
	play_run(&p);
	assert_string_equal(
	    p.log, "del 2 add 2 del 3 add 3 seg1 "); /* a withdrawal, once */
	assert_string_equal(p.held[2], "10.0.0.0/24,10.0.2.0/24,");
	assert_string_equal(p.held[3], p.held[2]);
	assert_string_equal(p.held[4], "10.0.0.0/24,10.0.1.0/24,10.0.2.0/24,");
	filter_unref(odd);
}

static void
changed_filter_with_the_same_result(void **state)
{
	struct filter *same = fake_filter(FAKE_LONG_PATHS, 5);

	(void)state;
	announce(1, "1", "10.0.0.0/24");
	play_run(&p);
	p.log[0] = 0;
	rekey(2, same);
	play_run(&p);
	assert_string_equal(p.log, "del 2 add 2 ");
	filter_unref(same);
}

/* A table of origins changes under a filter that stays. */
static void
changed_origins(void **state)
{
	struct filter *f = fake_filter(FAKE_ORIGIN, 0);
	struct net net = { 0 };

	(void)state;
	fake_bad_origin = net;
	announce(1, "1", "10.0.0.0/24 10.0.1.0/24 10.1.0.0/24");
	rekey(2, f);
	rekey(3, f);
	play_run(&p);
	assert_string_equal(p.held[2], "10.0.0.0/24,10.0.1.0/24,10.1.0.0/24,");
	p.log[0] = 0;
	assert_true(net_parse("10.0.1.0/24", &fake_bad_origin));
	shard_recheck(p.shard, 2, NULL); /* another table */
	play_run(&p);
	assert_string_equal(p.log, "");
	assert_true(net_parse("10.0.0.0/16", &net));
	shard_recheck(p.shard, 1, fake_origins(&net));
	play_run(&p);
	/* the first one is told again, as it lies in what changed */
	assert_string_equal(p.held[2], "10.1.0.0/24,10.0.0.0/24,");
	assert_string_equal(p.held[3], p.held[2]);
	assert_string_equal(p.held[4], "10.0.0.0/24,10.0.1.0/24,10.1.0.0/24,");
	fake_bad_origin = (struct net){ 0 };
	shard_recheck(p.shard, 1, NULL); /* all of them */
	play_run(&p);
	assert_string_equal(p.held[2], "10.0.0.0/24,10.0.1.0/24,10.1.0.0/24,");
	shard_recheck(p.shard, 1, fake_origins(&net)); /* is freed with the shard */
	filter_unref(f);
}

static void
make_slow(uint32_t channel)
{
	p.shard->tune.hold_high = 200;
	p.shard->tune.hold_low = 100;
	p.backlog[channel] = 1000;
	p.keep = true; /* its queue holds on to what is sent */
}

static void
slow_members_do_not_hold_others(void **state)
{
	(void)state;
	make_slow(4);
	for (unsigned i = 0; i < 8; i++) {
		char net[32];

		snprintf(net, sizeof(net), "10.%u.0.0/16", i);
		announce(1, "1 2 3 4 5 6 7 8", net);
		play_run(&p);
		p.keep = play_groups(&p) == 1; /* the others drain */
	}
	assert_int_equal(play_groups(&p), 2);
	assert_string_equal(p.held[3],
	    "10.0.0.0/16,10.1.0.0/16,10.2.0.0/16,10.3.0.0/16,"
	    "10.4.0.0/16,10.5.0.0/16,10.6.0.0/16,10.7.0.0/16,");
	assert_true(strlen(p.held[4]) < strlen(p.held[3]));
	play_routes(&p, 1, NULL, "10.0.0.0/16");
	p.backlog[4] = 0;
	play_drop(&p);
	play_run(&p);
	assert_int_equal(play_groups(&p), 1);
	assert_null(strstr(p.held[4], "10.0.0.0/16,"));
	assert_int_equal(strlen(p.held[4]), strlen(p.held[3]));
}

static void
all_slow_is_bounded(void **state)
{
	size_t held;

	(void)state;
	for (uint32_t i = 1; i <= 4; i++)
		make_slow(i);
	for (unsigned i = 0; i < 20; i++) {
		announce(1, i % 2 ? "1 2" : "1 2 3", "10.0.0.0/16 10.1.0.0/16");
		play_run(&p);
	}
	held = p.kept_n;
	assert_true(held < 8);
	memset(p.backlog, 0, sizeof(p.backlog));
	play_drop(&p);
	p.log[0] = 0;
	play_run(&p);
	assert_string_equal(p.log, "seg1 ");
}

/* Clients over two addresses of ours stand together until a route needs one of them. */
static void
own_address_splits_late(void **state)
{
	struct channel_desc d = make_client(5), st = make_client(6);

	(void)state;
	d.self4 = ip_from4(0x7f000002);
	up(d, all);
	announce(1, "1", "10.0.0.0/8");
	play_run(&p);
	assert_int_equal(play_groups(&p), 1);
	p.log[0] = 0;
	st.kind = SOURCE_STATIC;
	shard_channel_up(p.shard, &st);
	play_run(&p);
	assert_int_equal(play_groups(&p), 2);
	assert_null(strstr(p.log, "seg")); /* nothing is told again */
	announce(6, "", "11.0.0.0/8");
	play_run(&p);
	assert_string_equal(p.held[5], "10.0.0.0/8,11.0.0.0/8,");
	assert_string_equal(p.held[2], p.held[5]);
}

/* An IPv6 next hop for who cannot read it: not told, unless our address is asked for. */
static void
own_address_for_an_odd_next_hop(void **state)
{
	struct channel_desc d = make_client(5);
	struct attrs *a;

	(void)state;
	d.self4 = ip_from4(0x7f000002);
	d.next_hop_address = d.self4;
	up(d, all);
	play_run(&p);
	a = make_set(
	    p.store, &(struct set_desc){ .path = "1", .next_hop = "2001:db8::9" });
	play_routes(&p, 1, a, "10.0.0.0/8");
	attrs_unref(p.store, a, 1);
	play_run(&p);
	assert_int_equal(play_groups(&p), 2);
	assert_string_equal(p.held[5], "10.0.0.0/8,");
	assert_string_equal(p.held[2], "");
}

/*
 * Add-path: a path goes by its channel's id, or, when its source has ids of its own, by a
 * number above all channels.
 */
static void
up_add_path(uint32_t id)
{
	struct channel_desc d = make_client(id);

	d.add_path_tx = true;
	p.add_path[id] = true;
	up(d, all);
}

static void
add_path_tells_all(void **state)
{
	(void)state;
	announce(1, "1 2", "10.0.0.0/8");
	announce(2, "1", "10.0.0.0/8");
	up_add_path(5);
	up_add_path(6);
	play_run(&p);
	assert_int_equal(play_groups(&p), 2);
	assert_string_equal(p.held[5], "10.0.0.0/8#1,10.0.0.0/8#2,");
	assert_string_equal(p.held[3], "10.0.0.0/8,");
	announce(5, "1 2 3", "10.0.0.0/8"); /* not to itself, nor to those of one path */
	p.log[0] = 0;
	play_run(&p);
	assert_string_equal(p.log, "seg1 ");
	assert_string_equal(p.held[5], "10.0.0.0/8#1,10.0.0.0/8#2,");
	assert_string_equal(p.held[6], "10.0.0.0/8#1,10.0.0.0/8#2,10.0.0.0/8#5,");
}

/* The best path is its own: it gets the next one, and takes it back when that goes. */
static void
secondary_gets_the_next(void **state)
{
	struct channel_desc d = make_client(5);

	(void)state;
	d.secondary = true;
	up(d, all);
	announce(5, "1", "10.0.0.0/8 11.0.0.0/8");
	announce(1, "1 2", "10.0.0.0/8");
	announce(2, "1 2 3", "10.0.0.0/8");
	play_run(&p);
	assert_string_equal(p.held[5], "10.0.0.0/8,");
	play_routes(&p, 1, NULL, "10.0.0.0/8");
	play_run(&p);
	assert_string_equal(p.held[5], "10.0.0.0/8,");
	play_routes(&p, 2, NULL, "10.0.0.0/8");
	play_run(&p);
	assert_string_equal(p.held[5], "");
	assert_int_equal(play_groups(&p), 2); /* it shares with nobody */
}

static void
add_path_withdraws_one(void **state)
{
	(void)state;
	up_add_path(5);
	up_add_path(6);
	announce(1, "1 2", "10.0.0.0/8");
	announce(2, "1", "10.0.0.0/8");
	announce(5, "1 2 3", "10.0.0.0/8");
	play_run(&p);
	p.log[0] = 0;
	play_routes(&p, 1, NULL, "10.0.0.0/8");
	play_run(&p);
	assert_string_equal(p.log, "seg1 ");
	assert_string_equal(p.held[5], "10.0.0.0/8#2,");
	/* Which of two came first is by what the attribute store numbers them. */
	if (strcmp(p.held[6], "10.0.0.0/8#5,10.0.0.0/8#2,") != 0)
		assert_string_equal(p.held[6], "10.0.0.0/8#2,10.0.0.0/8#5,");
	play_routes(&p, 2, NULL, "10.0.0.0/8");
	play_routes(&p, 5, NULL, "10.0.0.0/8");
	play_run(&p);
	assert_string_equal(p.held[5], "");
	assert_string_equal(p.held[6], "");
}

static void
add_path_ids_stay(void **state)
{
	(void)state;
	up_add_path(5);
	announce(1, "1 2", "10.0.0.0/8#7 10.0.0.0/8#9 11.0.0.0/8#9");
	announce(2, "1", "10.0.0.0/8");
	play_run(&p);
	assert_string_equal(p.held[5],
	    "11.0.0.0/8#1.9,10.0.0.0/8#1.7,10.0.0.0/8#1.9,10.0.0.0/8#2,");
	play_routes(&p, 1, NULL, "10.0.0.0/8#7");
	announce(1, "1 2 3", "10.0.0.0/8#9");
	play_run(&p);
	assert_string_equal(
	    p.held[5], "11.0.0.0/8#1.9,10.0.0.0/8#2,10.0.0.0/8#1.9,");
	play_routes(&p, 1, NULL, "10.0.0.0/8#9");
	announce(3, "1 2", "10.0.0.0/8#1");
	play_run(&p);
	assert_string_equal(
	    p.held[5], "11.0.0.0/8#1.9,10.0.0.0/8#2,10.0.0.0/8#3.1,");
}

/* An id goes from one source to another between two cycles: a member that is the new
 * source is still told that the old path is gone. */
static void
add_path_id_changes_hands(void **state)
{
	struct channel_desc d = make_client(7);

	(void)state;
	d.remote_ip = make_client(1).remote_ip; /* its ids are those of 1 */
	d.add_path_tx = true;
	p.add_path[7] = true;
	up(d, all);
	up_add_path(6);
	announce(1, "1 2", "10.0.0.0/8#7");
	play_run(&p);
	assert_string_equal(p.held[7], "10.0.0.0/8#1.7,");
	play_routes(&p, 1, NULL, "10.0.0.0/8#7");
	announce(7, "1 2", "10.0.0.0/8#7");
	play_run(&p);
	assert_string_equal(p.held[7], "");
	assert_string_equal(p.held[6], "10.0.0.0/8#1.7,");
}

/* Two paths that would have the same id have different ones, and keep them. */
static void
add_path_ids_part(void **state)
{
	struct channel_desc d = make_client(7);

	(void)state;
	d.remote_ip = make_client(1).remote_ip;
	up(d, all);
	up_add_path(6);
	announce(7, "1 2", "10.0.0.0/8#7");
	announce(1, "1 2 3", "10.0.0.0/8#7 10.0.0.0/8#8");
	play_run(&p);
	assert_string_equal(
	    p.held[6], "10.0.0.0/8#unknown,10.0.0.0/8#1.7,10.0.0.0/8#1.8,");
	announce(1, "1", "10.0.0.0/8#7"); /* it is the best path now */
	play_run(&p);
	assert_non_null(strstr(p.held[6], "#1.7,"));
	assert_non_null(strstr(p.held[6], "#1.8,"));
	assert_non_null(strstr(p.held[6], "#unknown,"));
}

/* After a restart channels have other numbers, and neighbours the addresses they had. */
static void
add_path_ids_outlive_us(void **state)
{
	struct path before = { .channel = 1, .path_id = 7 };
	struct path other = { .channel = 2, .path_id = 7 };
	struct path after = { .channel = 9, .path_id = 7 };
	struct channel_desc d = make_client(9);

	(void)state;
	d.remote_ip = make_client(1).remote_ip;
	up(d, all);
	assert_int_equal(path_id_first(p.shard, &before), path_id_first(p.shard, &after));
	assert_int_not_equal(
	    path_id_first(p.shard, &before), path_id_first(p.shard, &other));
	after.path_id = 8;
	assert_int_not_equal(
	    path_id_first(p.shard, &before), path_id_first(p.shard, &after));
}

static void
add_path_filter_changes(void **state)
{
	struct filter *some = fake_filter(FAKE_LONG_PATHS, 2);
	struct channel_desc d = make_client(5);

	(void)state;
	up_add_path(5);
	announce(1, "1 2 3", "10.0.0.0/8");
	announce(2, "1", "10.0.0.0/8");
	play_run(&p);
	p.log[0] = 0;
	d.add_path_tx = true;
	d.export = some;
	shard_channel_update(p.shard, &d);
	play_run(&p);
	assert_string_equal(p.held[5], "10.0.0.0/8#2,");
	assert_string_equal(p.log, "del 5 add 5 seg1 ");
	filter_unref(some);
}

/*
 * Limits.
 */
static struct limits *
limit(enum limit_kind k, enum limit_action action, uint32_t max)
{
	struct limit_conf conf[LIMITS] = { 0 };

	conf[k] = (struct limit_conf){ max, action };
	return limits_new(conf);
}

/* The client's description with these limits from now on; gives the reference away. */
static void
limited(uint32_t id, bool add_path, struct limits *l)
{
	struct channel_desc d = make_client(id);

	d.limits = l;
	d.export = all;
	d.add_path_tx = add_path;
	p.log[0] = 0;
	shard_channel_update(p.shard, &d);
	limits_unref(l);
	play_run(&p);
}

static uint64_t
imported(uint32_t id)
{
	struct channel_counts n;

	shard_channel_counts(p.shard, id, &n);
	return n.imported;
}

static const struct limit_row {
	const char *name;
	enum limit_kind kind;
	enum limit_action action;
	uint64_t imported;
	const char *log;
} limit_rows[] = {
	{ "import, block", LIMIT_IMPORT, LIMIT_BLOCK, 2, "import 1 " },
	{ "import, disable", LIMIT_IMPORT, LIMIT_DISABLE, 2, "import 1 " },
	{ "import, warn", LIMIT_IMPORT, LIMIT_WARN, 4, "import 1 " },
	{ "receive, block", LIMIT_RECEIVE, LIMIT_BLOCK, 2, "receive 1 " },
	{ "receive, warn", LIMIT_RECEIVE, LIMIT_WARN, 4, "receive 1 " },
};

static void
import_limit(void **state)
{
	const struct limit_row *r = *state;

	setup(NULL);
	limited(1, false, limit(r->kind, r->action, 2));
	announce(1, "1", "10.1.0.0/16 10.2.0.0/16");
	assert_string_equal(p.log, "");
	announce(1, "1 2", "10.1.0.0/16"); /* no route more */
	assert_string_equal(p.log, "");
	announce(1, "1", "10.3.0.0/16 10.4.0.0/16");
	assert_int_equal(imported(1), r->imported);
	assert_memory_equal(p.log, r->log, strlen(r->log) + 1);
	/* A place that is free again can be taken again. */
	play_routes(&p, 1, NULL, "10.1.0.0/16 10.3.0.0/16 10.4.0.0/16");
	announce(1, "1", "10.3.0.0/16");
	assert_int_equal(imported(1), 2);
	play_run(&p);
	assert_string_equal(p.held[2], "10.2.0.0/16,10.3.0.0/16,");
	teardown(NULL);
}

static void
import_limit_changes(void **state)
{
	(void)state;
	limited(1, false, limit(LIMIT_IMPORT, LIMIT_BLOCK, 9));
	announce(1, "1", "10.1.0.0/16 10.2.0.0/16 10.3.0.0/16");
	limited(1, false, limit(LIMIT_IMPORT, LIMIT_BLOCK, 2)); /* acts at once */
	assert_memory_equal(p.log, "import 1 ", strlen("import 1 "));
	announce(1, "1", "10.4.0.0/16");
	assert_int_equal(imported(1), 3);
	limited(1, false, limit(LIMIT_IMPORT, LIMIT_BLOCK, 4));
	announce(1, "1", "10.4.0.0/16 10.5.0.0/16");
	assert_int_equal(imported(1), 4);
	limited(1, false, NULL);
	announce(1, "1", "10.5.0.0/16");
	assert_int_equal(imported(1), 5);
}

static void
export_limit(void **state)
{
	(void)state;
	limited(2, false, limit(LIMIT_EXPORT, LIMIT_BLOCK, 2));
	assert_int_equal(play_groups(&p), 2);
	announce(2, "1", "10.9.0.0/16"); /* its own does not count */
	announce(1, "1", "10.1.0.0/16 10.2.0.0/16 10.3.0.0/16");
	play_run(&p);
	assert_non_null(strstr(p.log, "export 2 "));
	assert_string_equal(p.held[2], "10.1.0.0/16,10.2.0.0/16,");
	assert_string_equal(
	    p.held[3], "10.1.0.0/16,10.2.0.0/16,10.3.0.0/16,10.9.0.0/16,");
	announce(3, "", "10.2.0.0/16"); /* one for another */
	play_run(&p);
	assert_string_equal(p.held[2], "10.1.0.0/16,10.2.0.0/16,");
	play_routes(&p, 1, NULL, "10.1.0.0/16");
	play_run(&p);
	announce(1, "1", "10.4.0.0/16 10.5.0.0/16");
	play_run(&p);
	assert_string_equal(p.held[2], "10.2.0.0/16,10.4.0.0/16,");
	announce(3, "", "10.9.0.0/16"); /* better than its own, but one too many */
	play_run(&p);
	assert_string_equal(p.held[2], "10.2.0.0/16,10.4.0.0/16,");
	/* A higher one is filled up; what was told is not told again. */
	limited(2, false, limit(LIMIT_EXPORT, LIMIT_BLOCK, 9));
	assert_string_equal(
	    p.held[2], "10.2.0.0/16,10.4.0.0/16,10.3.0.0/16,10.5.0.0/16,10.9.0.0/16,");
	limited(2, false, NULL);
	assert_int_equal(play_groups(&p), 1);
}

static void
export_limit_with_add_path(void **state)
{
	(void)state;
	up_add_path(5);
	limited(5, true, limit(LIMIT_EXPORT, LIMIT_BLOCK, 2));
	announce(1, "1", "10.1.0.0/16");
	announce(2, "1 2", "10.1.0.0/16");
	announce(3, "1 2 3", "10.1.0.0/16 10.2.0.0/16");
	play_run(&p);
	assert_non_null(strstr(p.log, "export 5 "));
	assert_int_equal(strlen(p.held[5]), 2 * strlen("10.1.0.0/16#1,"));
	play_routes(&p, 1, NULL, "10.1.0.0/16");
	play_routes(&p, 2, NULL, "10.1.0.0/16");
	play_routes(&p, 3, NULL, "10.1.0.0/16");
	play_run(&p);
	announce(1, "1", "10.3.0.0/16 10.4.0.0/16 10.5.0.0/16");
	play_run(&p);
	assert_int_equal(strlen(p.held[5]), 2 * strlen("10.1.0.0/16#1,"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(equals_share),
		TEST(one_segment_for_all),
		TEST(source_is_told_to_forget),
		TEST(only_what_was_told_is_withdrawn),
		TEST(joiners_share_a_dump),
		TEST(refresh_tells_all_again),
		TEST(changed_filter_sends_the_difference),
		TEST(changed_filter_with_the_same_result),
		TEST(changed_origins),
		TEST(slow_members_do_not_hold_others),
		TEST(all_slow_is_bounded),
		TEST(own_address_splits_late),
		TEST(own_address_for_an_odd_next_hop),
		TEST(add_path_tells_all),
		TEST(secondary_gets_the_next),
		TEST(add_path_withdraws_one),
		TEST(add_path_ids_stay),
		TEST(add_path_id_changes_hands),
		TEST(add_path_ids_part),
		TEST(add_path_ids_outlive_us),
		TEST(add_path_filter_changes),
		TEST(import_limit_changes),
		TEST(export_limit),
		TEST(export_limit_with_add_path),
	};

	ADD_ROWS(limit_rows, name, import_limit);
	return cmocka_run_group_tests_name("group", tests, NULL, NULL) +
	       tests_run("limits");
}
