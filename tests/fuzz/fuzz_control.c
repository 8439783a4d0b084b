/*
 * A control session given any bytes, in pieces of any size, by a client which reads now
 * and then.  The first byte chooses the dialect and how the rest is cut.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include "fake_daemon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every line is one of BIRD's framing. */
static void
check_lines(const char *p, size_t n)
{
	for (size_t i = 0, start = 0; i < n; i++) {
		if (p[i] != '\n')
			continue;
		assert(p[start] == ' ' || p[start] == '+' ||
		    (i - start >= 5 && (p[start + 4] == ' ' || p[start + 4] == '-')));
		start = i + 1;
	}
}

static void
drain(struct control *c)
{
	const char *p;
	size_t n;

	for (unsigned i = 0; i < 100 && (n = control_output(c, &p)); i++) {
		check_lines(p, n);
		control_sent(c, n);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fake fake;
	struct control *c;
	size_t cut, n;

	if (!size)
		return 0;
	fake_init(&fake);
	c = control_new(
	    &fake_ops, &fake, data[0] & 1 ? DIALECT_1 : DIALECT_2, data[0] & 2);
	fake.late = data[0] & 4;
	cut = data[0] & 8 ? 1 : 1 + data[0] / 16u * 7;
	for (data++, size--; size; data += n, size -= n) {
		n = size < cut ? size : cut;
		if (!control_input(c, (const char *)data, n))
			break;
		if (fake.late)
			fake_answer(&fake);
		if (n & 1)
			drain(c);
	}
	drain(c);
	control_free(c);
	fake_fini(&fake);
	return 0;
}
