/*
 * MRT records as they are written: RFC 6396, RFC 8050.
 */
#include "test.h"
#include "base/mem.h"
#include "bgp/mrt.h"

static struct mrt m;
static char text[2048];

static int
setup(void **state)
{
	(void)state;
	m = (struct mrt){ 0 };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	mrt_free(&m);
	return 0;
}

static void
wrote(const char *want)
{
	char *at = text;

	for (size_t i = 0; i < m.len; i++)
		at += sprintf(at, "%02x", m.at[i]);
	*at = '\0';
	assert_string_equal(text, want);
	m.len = 0;
}

static struct ip
address(const char *s)
{
	struct ip ip;

	assert_true(ip_parse(s, &ip));
	return ip;
}

static struct attrs *
set(const struct next_hop *nh, bool bare)
{
	struct arena *arena = arena_new();
	struct attrs *a;
	struct draft d;

	draft_init(&d, arena);
	d.next_hop = *nh;
	if (!bare) {
		draft_set_u8(&d, ATTR_ORIGIN, ORIGIN_IGP);
		draft_path_prepend(&d, 65000, 1);
		draft_set_u32(&d, ATTR_LOCAL_PREF, 7);
	}
	a = mem_alloc(attrs_size(&d));
	attrs_write(&d, a);
	attrs_read_head(a);
	arena_free(arena);
	return a;
}

static void
peers(void **state)
{
	const struct mrt_peer list[] = { { 0, 0, { { 0 } } },
		{ 0x0a000001, 65000, address("192.0.2.1") },
		{ 0x0a000002, 400000, address("2001:db8::1") } };

	(void)state;
	mrt_peers(&m, 0x01020304, 0x0a0b0c0d, "t", list, 3);
	wrote("01020304" "000d0001" "00000048" "0a0b0c0d" "000174" "0003"
	      "03" "00000000" "00000000000000000000000000000000" "00000000"
	      "02" "0a000001" "c0000201" "0000fde8"
	      "03" "0a000002" "20010db8000000000000000000000001" "00061a80");
}

static void
networks(void **state)
{
	struct next_hop four = { 4, { 192, 0, 2, 9 } }, six = { 16, { 0x20, 1 } },
			none = { 0 };
	struct attrs *a = set(&four, false), *b = set(&six, false),
		     *bare = set(&none, true);
	const uint32_t id = 5;
	struct net net;

	(void)state;
	assert_true(net_parse("10.0.0.0/9", &net));
	mrt_rib_begin(&m, 1, 2, &net, false);
	mrt_rib_entry(&m, 3, 4, NULL, a);
	mrt_rib_entry(&m, 0, 4, NULL, bare);
	assert_true(mrt_rib_end(&m));
	wrote("00000001" "000d0002" "00000034" "00000002" "090a00" "0002"
	      "0003" "00000004" "001b" "40010100" "4002060201" "0000fde8" "400304c0000209"
	      "40050400000007" "0000" "00000004" "0000");
	mrt_rib_begin(&m, 1, 3, &net, true);
	mrt_rib_entry(&m, 3, 4, &id, bare);
	assert_true(mrt_rib_end(&m));
	wrote("00000001" "000d0008" "00000015" "00000003" "090a00" "0001"
	      "0003" "00000004" "00000005" "0000");
	/* an IPv6 next hop stands where that of IPv4 would */
	assert_true(net_parse("2001:db8::/32", &net));
	mrt_rib_begin(&m, 1, 0, &net, false);
	mrt_rib_entry(&m, 1, 4, NULL, b);
	assert_true(mrt_rib_end(&m));
	wrote("00000001" "000d0004" "0000003b" "00000000" "2020010db8" "0001"
	      "0001" "00000004" "0028" "40010100" "4002060201" "0000fde8"
	      "800e1110" "20010000000000000000000000000000" "40050400000007");
	mrt_rib_begin(&m, 1, 3, &net, true);
	assert_false(mrt_rib_end(&m)); /* nothing is there: no record */
	wrote("");
	mem_free(a);
	mem_free(b);
	mem_free(bare);
}

static void
sessions(void **state)
{
	struct mrt_session s = { .remote_as = 65001,
		.local_as = 65000,
		.remote = address("192.0.2.1"),
		.local = address("192.0.2.2"),
		.ifindex = 3 };

	(void)state;
	mrt_state(&m, 1, &s, FSM_OPENCONFIRM, FSM_ESTABLISHED);
	wrote("00000001" "00100005" "00000018" "0000fde9" "0000fde8" "0003" "0001"
	      "c0000201" "c0000202" "00050006");
	mrt_message(&m, 1, &s, (const uint8_t *)"ab", 2);
	wrote("00000001" "00100001" "00000012" "fde9" "fde8" "0003" "0001"
	      "c0000201" "c0000202" "6162");
	s.as4 = true;
	mrt_message(&m, 1, &s, (const uint8_t *)"ab", 2);
	wrote("00000001" "00100004" "00000016" "0000fde9" "0000fde8" "0003" "0001"
	      "c0000201" "c0000202" "6162");
	s.add_path = true;
	s.remote = address("2001:db8::1");
	s.local = ip_none;
	mrt_message(&m, 1, &s, (const uint8_t *)"ab", 2);
	wrote("00000001"
	      "00100009"
	      "0000002e"
	      "0000fde9"
	      "0000fde8"
	      "0003"
	      "0002"
	      "20010db8000000000000000000000001"
	      "00000000000000000000000000000000"
	      "6162");
}

/* Of the bytes of a message behind its header. */
static bool
ids_of(const bool *add_path, const char *body, size_t n)
{
	uint8_t msg[64] = { [18] = BGP_UPDATE };

	memcpy(msg + BGP_HEADER_LEN, body, n);
	return mrt_has_path_ids(add_path, msg, BGP_HEADER_LEN + n);
}

static void
path_ids(void **state)
{
	struct {
		bool of[FAMILIES], behind[256];
	} ids = { .of = { [FAM_IP6] = true } };
	const bool *four = (const bool[FAMILIES]){ [FAM_IP4] = true };

	(void)state;
	memset(ids.behind, true, sizeof(ids.behind));
	assert_true(ids_of(four, "\0\0\0\0\1\n", 6));
	assert_false(ids_of(ids.of, "\0\0\0\0\1\n", 6));
	assert_true(ids_of(four, "\0\2\1\n\0\0", 6));
	assert_true(ids_of(ids.of, "\0\0\0\6\x80\x0f\3\0\2\1", 10));
	assert_false(ids_of(four, "\0\0\0\6\x80\x0f\3\0\2\1", 10));
	assert_true(ids_of(ids.of, "\0\0\0\7\x90\x0f\0\3\0\2\1", 11));
	/* a family that nobody knows; attributes that are none */
	assert_false(ids_of(ids.of, "\0\0\0\6\x80\x0f\3\0\x63\1", 10));
	assert_false(ids_of(ids.of, "\0\0\0\6\x80\x0f\xff\0\2\1", 10));
	assert_false(ids_of(ids.of, "\0\0\0\4\x90\x0f\0\3", 8));
	assert_false(ids_of(ids.of, "\xff\xff\xff", 3));
	assert_false(ids_of(ids.of, "", 0));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(peers),
		TEST(networks),
		TEST(sessions),
		TEST(path_ids),
	};

	return cmocka_run_group_tests_name("mrtwrite", tests, NULL, NULL);
}
