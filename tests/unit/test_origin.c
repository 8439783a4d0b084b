/*
 * Tables of origins: sets, changes, validation of origins and of paths.
 */
#include <stdlib.h>

#include "test.h"

#include "base/mem.h"
#include "base/wire.h"
#include "filter/origin.h"
#include "filter/value.h"

static struct net
addr(const char *text)
{
	struct net n;

	assert_true(net_parse(text, &n));
	return n;
}

static void
add(struct origin_edits *e, const char *text, unsigned max, uint32_t as, bool on)
{
	struct net n = addr(text), roa = net_roa(&n, max, as);

	edits_net(e, &roa, on);
}

static struct origins *
apply(struct origins *old, struct origin_edits *e)
{
	struct origins *o = origins_edit(old, e);

	edits_free(e);
	origins_unref(old);
	return o;
}

static const struct {
	const char *net;
	uint32_t as;
	unsigned want;
} checks[] = {
	{ "10.0.0.0/8", 1, ROA_VALID },
	{ "10.0.0.0/16", 1, ROA_VALID },
	{ "10.0.0.0/17", 1, ROA_INVALID }, /* too long for 10/8 max 16 */
	{ "10.0.0.0/16", 2, ROA_INVALID },
	{ "10.1.0.0/16", 2, ROA_VALID }, /* one of three that cover it */
	{ "10.1.0.0/16", 3, ROA_VALID },
	{ "10.1.0.0/16", 1, ROA_VALID },
	{ "10.1.0.0/24", 3, ROA_VALID },
	{ "10.1.0.0/16", 4, ROA_INVALID },
	{ "10.2.0.0/16", 3, ROA_INVALID },
	{ "0.0.0.0/0", 1, ROA_UNKNOWN }, /* shorter than all */
	{ "11.0.0.0/8", 1, ROA_UNKNOWN },
	{ "192.0.2.0/24", 0, ROA_INVALID }, /* AS 0 is never right: RFC 7607 */
	{ "2001:db8::/32", 1, ROA_UNKNOWN },
};

static struct origins *
some_roas(void)
{
	struct origin_edits *e = edits_new(NET_ROA4);

	add(e, "192.0.2.0/24", 24, 0, true);
	add(e, "10.1.0.0/16", 16, 2, true);
	add(e, "10.0.0.0/8", 16, 1, true);
	add(e, "10.1.0.0/16", 24, 3, true);
	add(e, "10.1.0.0/16", 24, 3, true);
	return apply(NULL, e);
}

static void
validates(void **state)
{
	struct origins *o = some_roas();

	(void)state;
	assert_int_equal(origins_count(o), 4);
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		struct net n = addr(checks[i].net);

		if (origins_check(o, &n, checks[i].as) != checks[i].want)
			fail_msg("%s AS%u", checks[i].net, checks[i].as);
	}
	origins_unref(o);
}

static void
last_change_counts(void **state)
{
	struct origin_edits *e = edits_new(NET_ROA4);
	struct origins *o;

	(void)state;
	add(e, "10.0.0.0/8", 8, 1, true);
	add(e, "10.0.0.0/8", 8, 1, false);
	add(e, "10.0.0.0/8", 8, 2, false);
	add(e, "10.0.0.0/8", 8, 2, true);
	o = apply(some_roas(), e);
	assert_int_equal(origins_count(o), 5);
	origins_unref(o);
}

/*
 * Random ROAs and changes against a plain list.
 */
#define LIST_MAX 3000

struct list {
	struct net roa[LIST_MAX];
	unsigned n;
};

static uint32_t
pick(uint32_t n)
{
	return (uint32_t)rand() % n;
}

static struct net
random_net(bool six)
{
	struct net n = { .type = six ? NET_IP6 : NET_IP4 };
	struct ip ip;

	n.key[0] = six ? 0x20 : 10;
	for (unsigned i = 1; i < (six ? 16 : 4); i++)
		n.key[i] = (uint8_t)(pick(3) ? pick(2) : pick(256));
	ip = net_ip(&n);
	return net_from_ip(&ip, pick(4) ? 8 + pick(six ? 41 : 25) : pick(9));
}

static bool
list_change(struct list *l, const struct net *roa, bool on)
{
	unsigned i = 0;

	while (i < l->n && !net_equal(&l->roa[i], roa))
		i++;
	if ((i < l->n) == on)
		return false;
	if (on)
		l->roa[l->n++] = *roa;
	else
		l->roa[i] = l->roa[--l->n];
	return true;
}

static unsigned
list_check(const struct list *l, const struct net *n, uint32_t as)
{
	unsigned result = ROA_UNKNOWN;

	for (unsigned i = 0; i < l->n; i++) {
		struct net a = net_address(&l->roa[i]);

		if (!net_contains(&a, n))
			continue;
		if (as && net_as(&l->roa[i]) == as && net_roa_max(&l->roa[i]) >= n->plen)
			return ROA_VALID;
		result = ROA_INVALID;
	}
	return result;
}

struct difference {
	struct list *list;
	unsigned n;
};

static void
differs(void *ctx, const struct net *net, bool added)
{
	struct difference *d = ctx;

	if (!list_change(d->list, net, added))
		fail_msg("a difference that is none");
	d->n++;
}

static void
random_origins(bool six)
{
	struct list *l = MEM_NEW(struct list), *before = MEM_NEW(struct list);
	struct origins *o = NULL, *next;

	for (unsigned round = 0; round < 40; round++) {
		struct origin_edits *e = edits_new(six ? NET_ROA6 : NET_ROA4);
		struct difference d = { before, 0 };

		*before = *l;
		for (unsigned i = 0, n = pick(round < 5 ? 600 : 60); i < n; i++) {
			struct net net = random_net(six);
			unsigned room = net_plen_max(net.type) - net.plen + 1;
			struct net roa = net_roa(&net, net.plen + pick(room), pick(4));
			bool on = pick(3);

			if (l->n && !on && pick(2))
				roa = l->roa[pick(l->n)];
			if (on && l->n == LIST_MAX)
				continue;
			list_change(l, &roa, on);
			edits_net(e, &roa, on);
		}
		next = origins_edit(o, e);
		edits_free(e);
		origins_diff(o, next, differs, &d);
		assert_int_equal(before->n, l->n);
		assert_int_equal(origins_count(next), l->n);
		for (unsigned i = 0; i < l->n; i++)
			assert_true(origins_has(next, &l->roa[i]));
		for (unsigned i = 0; i < 500; i++) {
			struct net net = random_net(six);
			uint32_t as = pick(5);
			bool covered = list_check(l, &net, 0) != ROA_UNKNOWN;

			assert_int_equal(origins_check(next, &net, as),
			    list_check(l, &net, as));
			assert_int_equal(origins_touch(next, &net), covered);
		}
		origins_unref(o);
		o = next;
	}
	origins_unref(o);
	mem_free(l);
	mem_free(before);
}

static void
random_against_list(void **state)
{
	(void)state;
	srand(1);
	random_origins(false);
	random_origins(true);
}

static void
union_of_sources(void **state)
{
	struct origin_edits *e = edits_new(NET_ROA4);
	struct origins *set[2] = { some_roas(), NULL }, *all, *none;
	struct net n = addr("11.0.0.0/8");

	(void)state;
	add(e, "11.0.0.0/8", 8, 1, true);
	add(e, "10.0.0.0/8", 16, 1, true);
	set[1] = apply(NULL, e);
	all = origins_union(set, 2, NET_ROA4);
	assert_int_equal(origins_count(all), 5);
	assert_int_equal(origins_check(all, &n, 1), ROA_VALID);
	none = origins_union(NULL, 0, NET_ROA4);
	assert_int_equal(origins_count(none), 0);
	assert_int_equal(origins_check(none, &n, 1), ROA_UNKNOWN);
	origins_unref(none);
	origins_unref(all);
	origins_unref(set[0]);
	origins_unref(set[1]);
}

/*
 * ASPA.  1 <- 2 <- 3: 3's provider is 2, 2's is 1, and 1 has none; 5 and 4 under 1.
 */
static struct origins *
some_aspas(void)
{
	static const uint32_t one[] = { 0 }, two[] = { 1 }, three[] = { 2, 7 },
			      five[] = { 4 }, four[] = { 1 };
	struct origin_edits *e = edits_new(NET_ASPA);

	edits_aspa(e, 2, three, 2); /* replaced below */
	edits_aspa(e, 1, one, 1);
	edits_aspa(e, 2, two, 1);
	edits_aspa(e, 3, three, 2);
	edits_aspa(e, 4, four, 1);
	edits_aspa(e, 5, five, 1);
	return apply(NULL, e);
}

static const struct {
	const char *name;
	uint32_t path[6]; /* as in AS_PATH: the neighbour first */
	bool upstream;
	unsigned want;
} paths[] = {
	{ "origin alone", { 3 }, true, ASPA_VALID },
	{ "all up", { 1, 2, 3 }, true, ASPA_VALID },
	{ "prepended", { 1, 2, 2, 3 }, true, ASPA_VALID },
	{ "provider in the middle", { 2, 1, 4 }, true, ASPA_INVALID },
	{ "not a provider", { 1, 3 }, true, ASPA_INVALID },
	{ "nothing known at the origin", { 1, 2, 9 }, true, ASPA_UNKNOWN },
	{ "nothing known, but wrong further up", { 5, 2, 9 }, true, ASPA_INVALID },
	{ "up and down", { 5, 4, 1, 2, 3 }, false, ASPA_VALID },
	{ "down only", { 5, 4, 1 }, false, ASPA_VALID },
	{ "two strangers", { 8, 9 }, false, ASPA_VALID },
	{ "three strangers", { 8, 9, 10 }, false, ASPA_UNKNOWN },
	{ "peers at the top", { 4, 2, 3 }, false, ASPA_VALID },
	{ "a valley", { 2, 3, 5, 4 }, false, ASPA_INVALID },
	{ "strangers at the top", { 8, 9, 2, 3 }, false, ASPA_UNKNOWN },
};

static void
validates_paths(void **state)
{
	struct origins *o = some_aspas();

	(void)state;
	assert_int_equal(origins_count(o), 5);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		uint8_t wire[26] = { 2, 0 };
		struct val v;

		while (wire[1] < 6 && paths[i].path[wire[1]]) {
			put_u32(wire + 2 + wire[1] * 4, paths[i].path[wire[1]]);
			wire[1]++;
		}
		v = val_bytes(VAL_PATH, wire, 2u + wire[1] * 4u);
		if (origins_check_path(o, &v, paths[i].upstream) != paths[i].want)
			fail_msg("%s", paths[i].name);
	}
	origins_unref(o);
}

static void
odd_paths(void **state)
{
	static const uint8_t confed[] = { 3, 1, 0, 0, 0, 1 }, empty_set[] = { 1, 0 };
	struct origins *o = some_aspas();
	struct val none = val_bytes(VAL_PATH, confed, 0);
	struct val c = val_bytes(VAL_PATH, confed, sizeof(confed));
	struct val e = val_bytes(VAL_PATH, empty_set, sizeof(empty_set));

	(void)state;
	assert_int_equal(origins_check_path(o, &none, true), ASPA_INVALID);
	assert_int_equal(origins_check_path(o, &c, true), ASPA_INVALID);
	assert_int_equal(origins_check_path(o, &e, true), ASPA_INVALID);
	origins_unref(o);
}

static void
customers_change(void **state)
{
	struct origin_edits *e = edits_new(NET_ASPA);
	struct origins *o = some_aspas();
	uint32_t got[4];
	struct net two = net_aspa(2), five = net_aspa(5);

	(void)state;
	assert_int_equal(origins_providers(o, 3, got, 4), 2);
	assert_int_equal(got[1], 7);
	edits_net(e, &five, false);
	edits_aspa(e, 2, (const uint32_t[]){ 8, 9 }, 2);
	o = apply(o, e);
	assert_false(origins_has(o, &five));
	assert_true(origins_has(o, &two));
	assert_int_equal(origins_providers(o, 2, got, 4), 2);
	assert_int_equal(got[0], 8);
	assert_int_equal(origins_count(o), 4);
	origins_unref(o);
}

static void
tables_have_numbers(void **state)
{
	uint32_t a = origin_table("t", NET_ROA4), b = origin_table("t", NET_ROA6);
	struct origins *o = some_roas();

	(void)state;
	assert_true(a && b && a != b);
	assert_int_equal(origin_table("t", NET_ROA4), a);
	assert_int_equal(origin_table_type(b), NET_ROA6);
	assert_string_equal(origin_table_name(b), "t");
	assert_null(origin_table_get(a));
	assert_null(origin_table_publish(a, o));
	assert_ptr_equal(origin_table_get(a), o);
	assert_ptr_equal(origin_table_publish(a, NULL), o);
	origins_unref(o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(validates),
		cmocka_unit_test(last_change_counts),
		cmocka_unit_test(random_against_list),
		cmocka_unit_test(union_of_sources),
		cmocka_unit_test(validates_paths),
		cmocka_unit_test(odd_paths),
		cmocka_unit_test(customers_change),
		cmocka_unit_test(tables_have_numbers),
	};

	return cmocka_run_group_tests_name("origin", tests, NULL, NULL);
}
