/*
 * The MRT reader: records of each kind, whole and damaged.
 */
#include "test.h"
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include "base/mem.h"
#include "../tools/mrt.h"

#define MARKER                                                                           \
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,    \
	    0xff, 0xff, 0xff
#define BYTES(...) { __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ })

static const struct row {
	const char *name;
	uint16_t type, subtype;
	uint8_t body[96];
	size_t len;
	enum mrt_kind want;
	bool as4;
	uint32_t peer_as;
	const char *peer;
	size_t update_len;
} rows[] = {
	{ "BGP4MP message", 16, 1,
	    BYTES(0xfd, 0xe8, 0xfd, 0xe9, 0, 0, 0, 1, 192, 0, 2, 1, 192, 0, 2, 2, MARKER,
		0, 23, 2, 0, 0, 0, 0),
	    MRT_IS_UPDATE, false, 65000, "192.0.2.1", 4 },
	{ "BGP4MP message, 4-octet AS", 16, 4,
	    BYTES(0, 3, 0, 1, 0, 0, 0xfd, 0xe9, 0, 0, 0, 1, 192, 0, 2, 1, 192, 0, 2, 2,
		MARKER, 0, 23, 2, 0, 0, 0, 0),
	    MRT_IS_UPDATE, true, 196609, "192.0.2.1", 4 },
	{ "IPv6 peer", 16, 4,
	    BYTES(0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0, 2, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		MARKER, 0, 24, 2, 0, 0, 0, 1, 9),
	    MRT_IS_UPDATE, true, 7, "2001:db8::1", 5 },
	{ "with microseconds", 17, 1,
	    BYTES(0, 0, 0, 9, 0xfd, 0xe8, 0xfd, 0xe9, 0, 0, 0, 1, 192, 0, 2, 1, 192, 0, 2,
		2, MARKER, 0, 23, 2, 0, 0, 0, 0),
	    MRT_IS_UPDATE, false, 65000, "192.0.2.1", 4 },
	{ "record of 1999", 5, 1,
	    BYTES(0x0d, 0x05, 193, 0, 0, 56, 0xff, 0xfd, 193, 0, 0, 1, 0, 0, 0, 0),
	    MRT_IS_UPDATE, false, 3333, "193.0.0.56", 4 },
	{ "state change of 1999", 5, 3, BYTES(0x0d, 0x05, 193, 0, 0, 56, 0, 2, 0, 4),
	    MRT_IS_OTHER, false, 0, NULL, 0 },
	{ "state change", 16, 5, BYTES(0, 0), MRT_IS_OTHER, false, 0, NULL, 0 },
	{ "table dump", 13, 1, BYTES(0, 0), MRT_IS_OTHER, false, 0, NULL, 0 },
	{ "KEEPALIVE", 16, 1,
	    BYTES(0xfd, 0xe8, 0xfd, 0xe9, 0, 0, 0, 1, 192, 0, 2, 1, 192, 0, 2, 2, MARKER,
		0, 19, 4),
	    MRT_IS_OTHER, false, 0, NULL, 0 },
	{ "message longer than its record", 16, 1,
	    BYTES(0xfd, 0xe8, 0xfd, 0xe9, 0, 0, 0, 1, 192, 0, 2, 1, 192, 0, 2, 2, MARKER,
		0, 24, 2, 0, 0, 0, 0),
	    MRT_IS_BAD, false, 0, NULL, 0 },
	{ "message shorter than its header", 16, 1,
	    BYTES(0xfd, 0xe8, 0xfd, 0xe9, 0, 0, 0, 1, 192, 0, 2, 1, 192, 0, 2, 2, MARKER,
		0, 18, 2, 0, 0, 0, 0),
	    MRT_IS_BAD, false, 0, NULL, 0 },
	{ "unknown address family", 16, 1,
	    BYTES(0xfd, 0xe8, 0xfd, 0xe9, 0, 0, 0, 3, 192, 0, 2, 1, 192, 0, 2, 2, MARKER,
		0, 23, 2, 0, 0, 0, 0),
	    MRT_IS_BAD, false, 0, NULL, 0 },
	{ "nothing inside", 16, 4, { 0 }, 0, MRT_IS_BAD, false, 0, NULL, 0 },
	{ "nothing inside, 1999", 5, 1, { 0 }, 0, MRT_IS_BAD, false, 0, NULL, 0 },
};

static size_t
record_put(uint8_t *p, const struct row *r)
{
	put_u32(p, 1267459200);
	put_u16(p + 4, r->type);
	put_u16(p + 6, r->subtype);
	put_u32(p + 8, (uint32_t)r->len);
	memcpy(p + 12, r->body, r->len);
	return 12 + r->len;
}

static void
test_row(void **state)
{
	const struct row *row = *state;
	uint8_t buf[128];
	size_t n = record_put(buf, row);
	struct wire w = wire_init(buf, n);
	struct mrt_record r;
	struct mrt_update u;
	struct ip peer;

	assert_true(mrt_next(&w, &r));
	assert_int_equal(r.time, 1267459200);
	assert_int_equal(mrt_update(&r, &u), row->want);
	if (row->want == MRT_IS_UPDATE) {
		assert_true(ip_parse(row->peer, &peer));
		assert_true(ip_equal(&u.peer, &peer));
		assert_int_equal(u.peer_as, row->peer_as);
		assert_int_equal(u.as4, row->as4);
		assert_int_equal(u.len, row->update_len);
	}
	assert_false(mrt_next(&w, &r));
	assert_false(w.bad);
}

/* A file cut anywhere: the records before are read, and the cut is noticed. */
static void
test_truncated(void **state)
{
	uint8_t buf[256];
	size_t first = record_put(buf, &rows[0]);
	size_t n = first + record_put(buf + first, &rows[4]);
	struct mrt_record r;

	(void)state;
	for (size_t cut = first + 1; cut < n; cut++) {
		struct wire w = wire_init(buf, cut);

		assert_true(mrt_next(&w, &r));
		assert_false(mrt_next(&w, &r));
		assert_true(w.bad);
	}
}

static void
write_file(char *path, bool compress, const uint8_t *p, size_t n)
{
	int fd;
	gzFile gz;

	strcpy(path, "/tmp/test_mrt.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	gz = gzopen(path, compress ? "wb" : "wbT");
	assert_int_equal(gzwrite(gz, p, (unsigned)n), n);
	assert_int_equal(gzclose(gz), Z_OK);
}

static void
test_load(void **state)
{
	static uint8_t big[3 << 20];
	char path[32];
	uint8_t *data;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7 >> 3);
	for (int compress = 0; compress < 2; compress++) {
		write_file(path, compress, big, sizeof(big));
		assert_int_equal(mrt_load(path, &data, &len), 0);
		assert_int_equal(len, sizeof(big));
		assert_memory_equal(data, big, sizeof(big));
		mem_free(data);
		unlink(path);
	}
	assert_true(mrt_load("/nonexistent/file", &data, &len) < 0);
}

int
main(void)
{
	ADD_ROWS(rows, name, test_row);
	ADD_TEST(test_truncated);
	ADD_TEST(test_load);
	return tests_run("mrt");
}
