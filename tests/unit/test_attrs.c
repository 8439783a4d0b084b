/*
 * Drafts, AS paths and the small tables of numbers and names.
 */
#include "test.h"
#include "bytes.h"
#include "base/wire.h"
#include "bgp/attrs.h"
#include "bgp/update.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* AS path as text. */
static const struct text_row {
	const char *name, *path, *text;
	uint32_t last;
	unsigned count; /* of AS 1 */
} text_rows[] = {
	{ "path: empty", "", "", 0, 0 },
	{ "path: sequence", "0203 00000001 0000fde9 00000001", "1 65001 1", 1, 2 },
	{ "path: large numbers", "0202 fffffffe 00010000", "4294967294 65536", 65536, 0 },
	{ "path: set", "0102 00000001 00000002", "{1 2}", 0, 1 },
	{ "path: sequence and set", "0201 00000003 0102 00000001 00000002", "3 {1 2}", 0,
	    1 },
	{ "path: set and sequence", "0101 00000001 0201 00000003", "{1} 3", 3, 1 },
	{ "path: confederation", "0302 00000001 00000002 0201 00000003", "(1 2) 3", 3,
	    1 },
	{ "path: confederation alone", "0302 00000001 00000002", "(1 2)", 2, 1 },
	{ "path: confederation set", "0401 00000001 0201 00000003", "({1}) 3", 3, 1 },
	{ "path: two sequences", "0201 00000001 0201 00000003", "1 3", 3, 1 },
};

static void
text_test(void **state)
{
	const struct text_row *r = *state;
	uint8_t path[256];
	size_t len = hex_read(r->path, path);
	char buf[128], small[4] = "???";

	assert_int_equal(path_format(path, len, buf, sizeof(buf)), strlen(r->text));
	assert_string_equal(buf, r->text);
	assert_int_equal(path_format(path, len, small, sizeof(small)), strlen(r->text));
	assert_memory_equal(small, r->text, strlen(r->text) < 3 ? strlen(r->text) : 3);
	assert_int_equal(small[strlen(r->text) < 3 ? strlen(r->text) : 3], 0);
	assert_int_equal(path_format(path, len, NULL, 0), strlen(r->text));
	assert_int_equal(path_last_as(path, len), r->last);
	assert_int_equal(path_count(path, len, 1), r->count);
}

static const struct prepend_row {
	const char *name, *path;
	unsigned times;
	const char *want;
} prepend_rows[] = {
	{ "prepend: no path", NULL, 1, "02 01 00000007" },
	{ "prepend: empty path", "", 2, "02 02 00000007 00000007" },
	{ "prepend: sequence", "02 01 00000001", 1, "02 02 00000007 00000001" },
	{ "prepend: set", "01 01 00000001", 1, "02 01 00000007 01 01 00000001" },
	{ "prepend: confederation", "03 01 00000001", 1,
	    "02 01 00000007 03 01 00000001" },
	{ "prepend: the rest stays", "02 01 00000001 01 01 00000002", 1,
	    "02 02 00000007 00000001 01 01 00000002" },
	{ "prepend: none", "02 01 00000001", 0, "02 01 00000001" },
};

static void
prepend_test(void **state)
{
	const struct prepend_row *r = *state;
	struct arena *arena = arena_new();
	struct draft *d = malloc(sizeof(*d));
	uint8_t path[64], want[64];
	const struct attr *a;

	draft_init(d, arena);
	if (r->path)
		draft_put(d, AF_TRANSITIVE, ATTR_AS_PATH, path, hex_read(r->path, path));
	draft_path_prepend(d, 7, r->times);
	a = draft_find(d, ATTR_AS_PATH);
	assert_int_equal(a->flags, AF_TRANSITIVE);
	assert_int_equal(a->len, hex_read(r->want, want));
	assert_memory_equal(a->data, want, a->len);
	free(d);
	arena_free(arena);
}

/* A segment holds 255 numbers: the one in front is never longer than that, nor empty. */
static void
prepend_many(void **state)
{
	static const unsigned times[] = { 1, 5, 254, 255, 256, 509, 510, 511 };
	struct arena *arena = arena_new();
	struct draft *d = malloc(sizeof(*d)), *one = malloc(sizeof(*one));
	uint8_t path[2 + 4 * 250] = { SEG_SEQUENCE, 250 };
	const struct attr *a, *b;

	(void)state;
	for (unsigned i = 0; i < COUNT(times); i++) {
		draft_init(d, arena);
		draft_put(d, AF_TRANSITIVE, ATTR_AS_PATH, path, sizeof(path));
		draft_path_prepend(d, 7, times[i]);
		draft_init(one, arena);
		draft_put(one, AF_TRANSITIVE, ATTR_AS_PATH, path, sizeof(path));
		for (unsigned n = 0; n < times[i]; n++)
			draft_path_prepend(one, 7, 1);
		a = draft_find(d, ATTR_AS_PATH);
		b = draft_find(one, ATTR_AS_PATH);
		assert_int_equal(path_count(a->data, a->len, 7), times[i]);
		assert_int_equal(a->len, b->len);
		assert_memory_equal(a->data, b->data, a->len);
	}
	draft_path_prepend(d, 7, 16000);
	assert_true(d->too_long);
	draft_init(d, arena);
	draft_path_prepend(d, 7, UINT32_MAX);
	assert_true(d->too_long);
	free(d);
	free(one);
	arena_free(arena);
}

static void
draft_order(void **state)
{
	struct arena *arena = arena_new();
	struct draft *d = malloc(sizeof(*d));
	uint32_t value;

	(void)state;
	draft_init(d, arena);
	draft_set_u32(d, ATTR_LOCAL_PREF, 100);
	draft_set_u8(d, ATTR_ORIGIN, ORIGIN_EGP);
	draft_set_u32(d, ATTR_MED, 5);
	draft_set_u32(d, ATTR_OTC, 9);
	draft_set_u32(d, ATTR_MED, 6);
	assert_int_equal(d->n, 4);
	for (unsigned i = 1; i < d->n; i++)
		assert_true(d->at[i - 1].code < d->at[i].code);
	assert_int_equal(draft_find(d, ATTR_ORIGIN)->flags, 0x40);
	assert_int_equal(draft_find(d, ATTR_MED)->flags, 0x80);
	assert_int_equal(draft_find(d, ATTR_OTC)->flags, 0xc0);
	assert_true(draft_u32(d, ATTR_MED, &value));
	assert_int_equal(value, 6);
	assert_false(draft_u32(d, ATTR_ORIGIN, &value));
	draft_unset(d, ATTR_MED);
	draft_unset(d, ATTR_COMMUNITY);
	assert_null(draft_find(d, ATTR_MED));
	assert_false(draft_u32(d, ATTR_MED, &value));
	assert_int_equal(d->n, 3);
	free(d);
	arena_free(arena);
}

static void
draft_lists(void **state)
{
	static const struct {
		unsigned code;
		size_t width;
	} lists[] = { { ATTR_COMMUNITY, 4 }, { ATTR_EXT_COMMUNITY, 8 },
		{ ATTR_LARGE_COMMUNITY, 12 } };
	const uint8_t v[3][12] = { { 1 }, { 2, 0, 0, 0, 1 },
		{ 3, 0, 0, 0, 0, 0, 0, 0, 1 } };
	struct arena *arena = arena_new();
	struct draft *d = malloc(sizeof(*d));

	(void)state;
	draft_init(d, arena);
	for (unsigned i = 0; i < COUNT(lists); i++) {
		unsigned code = lists[i].code;
		size_t w = lists[i].width;

		draft_list_del(d, code, v[0], w);
		assert_false(draft_list_has(d, code, v[0], w));
		for (unsigned n = 0; n < 3; n++)
			draft_list_add(d, code, v[n], w);
		draft_list_add(d, code, v[1], w); /* is there */
		assert_int_equal(draft_find(d, code)->len, 3 * w);
		assert_int_equal(draft_find(d, code)->flags, 0xc0);
		assert_true(draft_list_has(d, code, v[2], w));
		draft_list_del(d, code, v[1], w);
		assert_false(draft_list_has(d, code, v[1], w));
		assert_memory_equal(draft_find(d, code)->data, v[0], w);
		assert_memory_equal(draft_find(d, code)->data + w, v[2], w);
		draft_list_del(d, code, v[0], w);
		draft_list_del(d, code, v[2], w);
		assert_null(draft_find(d, code));
	}
	free(d);
	arena_free(arena);
}

/* All equal values go, not just the first. */
static void
draft_list_twice(void **state)
{
	const uint8_t twice[] = { 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1 };
	struct arena *arena = arena_new();
	struct draft *d = malloc(sizeof(*d));

	(void)state;
	draft_init(d, arena);
	draft_put(d, 0xe0, ATTR_COMMUNITY, twice, sizeof(twice));
	draft_list_del(d, ATTR_COMMUNITY, twice, 4);
	assert_int_equal(draft_find(d, ATTR_COMMUNITY)->len, 4);
	assert_int_equal(draft_find(d, ATTR_COMMUNITY)->flags, 0xe0);
	assert_memory_equal(draft_find(d, ATTR_COMMUNITY)->data, twice + 4, 4);
	free(d);
	arena_free(arena);
}

static void
error_texts(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(bgp_error_text(2, 2, buf), "Bad peer AS");
	assert_string_equal(bgp_error_text(6, 2, buf), "Administrative shutdown");
	assert_string_equal(bgp_error_text(3, 11, buf), "Malformed AS_PATH");
	assert_string_equal(bgp_error_text(8, 0, buf), "Send hold timer expired");
	assert_string_equal(bgp_error_text(7, 2, buf), "Unknown error 7.2");
	assert_string_equal(bgp_error_text(255, 255, buf), "Unknown error 255.255");
}

static void
names(void **state)
{
	(void)state;
	assert_int_equal(family_find(1, 1), FAM_IP4);
	assert_int_equal(family_find(2, 1), FAM_IP6);
	assert_int_equal(family_find(2, 2), FAM_IP6_MC);
	assert_int_equal(family_find(1, 128), FAM_VPN4_MPLS);
	assert_int_equal(family_find(2, 3), FAM_NONE);
	assert_int_equal(family_find(0, 0), FAM_NONE);
	assert_int_equal(family_by_name("vpn6-mc"), FAM_VPN6_MC);
	assert_int_equal(family_by_words("vpn6 multicast"), FAM_VPN6_MC);
	assert_int_equal(family_by_words("vpn6-mc"), FAM_NONE);
	assert_int_equal(family_by_name("ipv6"), FAM_IP6);
	assert_int_equal(family_by_name("ipx"), FAM_NONE);
	assert_int_equal(family_info(FAM_IP6)->net_type, NET_IP6);
	assert_string_equal(attr_name(ATTR_AS_PATH), "AS_PATH");
	assert_null(attr_name(99));
	assert_null(attr_name(256));
}

int
main(void)
{
	ADD_ROWS(text_rows, name, text_test);
	ADD_ROWS(prepend_rows, name, prepend_test);
	ADD_TEST(prepend_many);
	ADD_TEST(draft_order);
	ADD_TEST(draft_lists);
	ADD_TEST(draft_list_twice);
	ADD_TEST(error_texts);
	ADD_TEST(names);
	return tests_run("attrs");
}
