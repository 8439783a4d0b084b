/*
 * Output queue: runs of the own source are left out, partial sends, the cut before the end.
 */
#include "test.h"

#include "base/mem.h"
#include "base/wire.h"
#include "daemon/outq.h"
#include "rib/segment.h"

#define MSG 23

/* A segment of messages of 23 bytes each; source[i] is the i-th one's run. */
static struct segment *
segment(const uint32_t *source, unsigned n)
{
	struct segment *s = mem_alloc(sizeof(*s) + n * MSG);

	s->refs = 1;
	s->len = n * MSG;
	s->run_n = n;
	s->runs = MEM_ARRAY(struct segment_run, n);
	for (unsigned i = 0; i < n; i++) {
		memset(s->bytes + i * MSG, (int)(i + 1), MSG);
		put_u16(s->bytes + i * MSG + 16, MSG);
		s->runs[i] = (struct segment_run){ (i + 1) * MSG, source[i] };
	}
	return s;
}

static const struct {
	const char *name;
	uint32_t source[4], skip;
	const char *want; /* first byte of each message that is left */
	unsigned pieces;
} rows[] = {
	{ "nobody's", { 0, 0, 0, 0 }, 7, "\1\2\3\4", 1 },
	{ "first own", { 7, 0, 0, 0 }, 7, "\2\3\4", 1 },
	{ "last own", { 0, 0, 0, 7 }, 7, "\1\2\3", 1 },
	{ "middle own", { 0, 7, 7, 0 }, 7, "\1\4", 2 },
	{ "all own", { 7, 7, 7, 7 }, 7, "", 0 },
	{ "another's", { 8, 9, 8, 0 }, 7, "\1\2\3\4", 1 },
};

static void
test_skip(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct segment *s = segment(rows[i].source, 4);
		struct iovec iov[8];
		struct outq q;
		size_t n = 0;

		outq_init(&q);
		outq_segment(&q, s, &rows[i].skip, 1);
		segment_unref(s);
		assert_int_equal(outq_iov(&q, iov, 8), rows[i].pieces);
		assert_int_equal(q.bytes, strlen(rows[i].want) * MSG);
		for (unsigned p = 0; p < rows[i].pieces; p++)
			for (size_t at = 0; at < iov[p].iov_len; at += MSG)
				assert_int_equal(((uint8_t *)iov[p].iov_base)[at],
				    rows[i].want[n++]);
		outq_clear(&q);
	}
}

static void
test_partial(void **state)
{
	static const uint32_t none[2];
	struct segment *s = segment(none, 2);
	struct iovec iov[4];
	struct outq q;

	(void)state;
	outq_init(&q);
	for (unsigned i = 0; i < 20; i++)
		outq_segment(&q, s, NULL, 0);
	segment_unref(s);
	outq_sent(&q, 2 * MSG * 3 + 5);
	assert_int_equal(q.n, 17);
	outq_iov(&q, iov, 4);
	assert_int_equal(iov[0].iov_len, 2 * MSG - 5);
	outq_sent(&q, q.bytes);
	assert_int_equal(q.n, 0);
	outq_clear(&q);
}

/* A message under way is finished, the NOTIFICATION follows, the rest is dropped. */
static void
test_cut(void **state)
{
	static const uint32_t none[3];
	struct segment *s = segment(none, 3);
	struct iovec iov[4];
	struct outq q;

	(void)state;
	outq_init(&q);
	outq_segment(&q, s, NULL, 0);
	outq_segment(&q, s, NULL, 0);
	segment_unref(s);
	outq_bytes(&q, "notification", 12);
	outq_sent(&q, MSG + 4);
	outq_cut(&q);
	assert_int_equal(outq_iov(&q, iov, 4), 2);
	assert_int_equal(iov[0].iov_len, MSG - 4);
	assert_memory_equal(iov[1].iov_base, "notification", 12);
	outq_sent(&q, MSG - 4);
	outq_bytes(&q, "x", 1);
	outq_cut(&q); /* nothing under way */
	assert_int_equal(q.bytes, 1);
	outq_clear(&q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_skip),
		cmocka_unit_test(test_partial),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests_name("outq", tests, NULL, NULL);
}
