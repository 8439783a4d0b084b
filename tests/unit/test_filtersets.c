/*
 * Sets of values and of networks, against their definition, and shared by filters.
 */
#include "filtertext.h"
#include "filter/blob.h"
#include "filter/netset.h"
#include "filter/path.h"
#include "filter/set.h"

/* Sets against a plain search, on many random members. */
static void
sets_by_search(void **state)
{
	struct arena *arena = arena_new();
	struct netset_builder *nb = netset_begin(arena, NET_IP4);
	struct {
		uint32_t low, high;
	} ranges[200];
	struct {
		struct net net;
		unsigned low, high;
	} patterns[200];
	struct set_builder *sb = vset_begin(arena);
	struct val set, netset;

	(void)state;
	srand(7);
	for (int i = 0; i < 200; i++) {
		uint32_t a = (uint32_t)rand() % 5000 * 800011u,
			 plen = (uint32_t)rand() % 33;
		struct ip ip = ip_from4((uint32_t)rand() << 20 | (uint32_t)rand() % 4096);
		struct val low = val_num(VAL_INT, a),
			   high = val_num(VAL_INT, a + (uint32_t)rand() % 9);

		ranges[i].low = low.num;
		ranges[i].high = high.num;
		assert_true(vset_add(sb, &low, &high));
		patterns[i].net = net_from_ip(&ip, plen);
		patterns[i].low = (uint32_t)rand() % 33;
		patterns[i].high = patterns[i].low +
				   (uint32_t)rand() % (33 - patterns[i].low);
		if (patterns[i].high < 8)
			patterns[i].high = patterns[i].low = plen;
		netset_add(nb, &patterns[i].net, patterns[i].low, patterns[i].high);
	}
	set = vset_end(sb);
	netset = netset_end(nb);
	for (int i = 0; i < 20000; i++) {
		struct val v = val_num(VAL_INT,
		    (uint32_t)rand() % 5000 * 800011u + (uint32_t)rand() % 10);
		uint32_t plen = (uint32_t)rand() % 33;
		struct ip ip = ip_from4((uint32_t)rand() << 20 | (uint32_t)rand() % 4096);
		struct net net = i % 2 ? net_from_ip(&ip, plen)
				       : patterns[rand() % 200].net;
		bool in_set = false, in_netset = false;

		for (int k = 0; k < 200; k++) {
			unsigned same = net.plen < patterns[k].net.plen
					    ? net.plen
					    : patterns[k].net.plen;
			struct ip x = net_ip(&net), y = net_ip(&patterns[k].net);
			struct net p = net_from_ip(&x, same), q = net_from_ip(&y, same);

			in_set |= v.num >= ranges[k].low && v.num <= ranges[k].high;
			in_netset |= net.plen >= patterns[k].low &&
				     net.plen <= patterns[k].high && net_equal(&p, &q);
		}
		assert_int_equal(vset_has(&set, &v), in_set);
		assert_int_equal(netset_has(&netset, &net), in_netset);
	}
	arena_free(arena);
}

/* A network of few different bits, so that many lie in each other. */
static struct net
random_net(enum net_type family, bool deep)
{
	struct ip ip = ip_none;
	unsigned max = net_plen_max(family), plen = (unsigned)rand() % (max + 1);

	for (unsigned i = 0; i < 16; i++)
		ip.b[i] = (uint8_t)((unsigned)rand() &
				    (deep || i % 4 == 2 ? 0xff : 0x81));
	if (family == NET_IP4)
		ip = ip_from4((uint32_t)ip.b[0] << 24 | (uint32_t)ip.b[1] << 16 |
			      (uint32_t)ip.b[2] << 8 | ip.b[3]);
	return net_from_ip(&ip, plen);
}

/* Small and large ones, against the definition. */
static void
netsets_by_table(void **state)
{
	enum { MOST = 600 };
	static struct {
		struct net net;
		unsigned low, high;
	} p[MOST];

	(void)state;
	srand(11);
	for (unsigned round = 0; round < 24; round++) {
		enum net_type family = round % 2 ? NET_IP6 : NET_IP4;
		unsigned max = net_plen_max(family), n = round % 3 ? MOST : 20;
		struct arena *arena = arena_new();
		struct netset_builder *b = netset_begin(arena, family);
		struct val set;

		for (unsigned i = 0; i < n; i++) {
			p[i].net = random_net(family, round >= 12);
			p[i].low = rand() % 4 ? p[i].net.plen
					      : (unsigned)rand() % (max + 1);
			p[i].high = p[i].low + (unsigned)rand() % (max + 1 - p[i].low);
			if (rand() % 3)
				p[i].high = p[i].low;
			netset_add(b, &p[i].net, p[i].low, p[i].high);
		}
		set = netset_end(b);
		for (unsigned k = 0; k < 3000; k++) {
			struct net net = k % 2 ? random_net(family, round >= 12)
					       : p[(unsigned)rand() % n].net;
			struct ip x = net_ip(&net);
			bool want = false;

			if (k % 4 == 2)
				net = net_from_ip(&x, (unsigned)rand() % (max + 1));
			x = net_ip(&net);
			for (unsigned i = 0; i < n && !want; i++) {
				struct ip y = net_ip(&p[i].net);
				unsigned same = net.plen < p[i].net.plen ? net.plen
									 : p[i].net.plen;
				struct net a = net_from_ip(&x, same),
					   c = net_from_ip(&y, same);

				want = net.plen >= p[i].low && net.plen <= p[i].high &&
				       net_equal(&a, &c);
			}
			assert_int_equal(netset_has(&set, &net), want);
		}
		arena_free(arena);
	}
}

/* Filters that name one large set share it, and it goes with the last of them. */
static void
shared_sets(void **state)
{
	struct filtertext *t = filtertext_new();
	struct filter *a, *b;
	char text[8192] = "define BIG = [";
	size_t n = strlen(text), count, bytes;

	(void)state;
	for (unsigned i = 0; i < 500; i++)
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, "%s%u", i ? "," : "", 3 * i);
	snprintf(text + n, sizeof(text) - n, "];");
	filtertext_define(t, text);
	a = filtertext_filter(t, "filter { if bgp_med ~ BIG then accept; reject; }");
	b = filtertext_filter(t, "filter { if bgp_path ~ BIG then accept; reject; }");
	assert_non_null(a);
	assert_non_null(b);
	blob_usage(&count, &bytes);
	assert_int_equal(count, 1);
	assert_true(bytes > 500 * 8);
	assert_false(filter_same(a, b));
	filter_unref(b);
	b = filtertext_filter(t, "filter {\nif bgp_med ~ BIG\nthen accept; reject; }");
	assert_true(filter_same(a, b));
	assert_true(filter_hash(a) == filter_hash(b));
	filter_unref(a);
	filter_unref(b);
	blob_usage(&count, &bytes);
	assert_int_equal(count, 0);
	assert_int_equal(bytes, 0);
	filtertext_free(t);
}

int
main(void)
{
	ADD_TEST(sets_by_search);
	ADD_TEST(netsets_by_table);
	ADD_TEST(shared_sets);
	return tests_run("filter sets");
}
