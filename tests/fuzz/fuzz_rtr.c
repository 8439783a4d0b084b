/*
 * RTR, as bytes of a cache come: PDU after PDU.  What is read must lie in the input, and
 * must not depend on what stands behind the PDU.
 */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "bgp/rtr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look(const struct rtr_pdu *p, const uint8_t *from, size_t len)
{
	volatile uint8_t sum = 0;

	if (p->provider_n) {
		assert(
		    p->provider >= from && p->provider + 4 * p->provider_n <= from + len);
		for (unsigned i = 0; i < 4 * p->provider_n; i++)
			sum = (uint8_t)(sum + p->provider[i]);
	}
	if (p->text_len) {
		assert((const uint8_t *)p->text >= from);
		assert((const uint8_t *)p->text + p->text_len <= from + len);
	}
	if (p->type == RTR_IPV4_PREFIX || p->type == RTR_IPV6_PREFIX)
		assert(p->net.plen <= net_plen_max(p->net.type));
}

/* The same from a copy that ends where the PDU ends, and not yet from a shorter one. */
static void
alone(const uint8_t *from, size_t len, const struct rtr_pdu *p)
{
	struct rtr_pdu again;
	enum rtr_error error;
	uint8_t *copy = mem_alloc(len);

	memcpy(copy, from, len);
	assert(rtr_decode(copy, len, &again, &error) == (int)len);
	look(&again, copy, len);
	assert(again.type == p->type && again.provider_n == p->provider_n);
	assert(again.text_len == p->text_len && again.announce == p->announce);
	assert(rtr_decode(copy, len - 1, &again, &error) <= 0);
	mem_free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[RTR_OUT_MAX];
	struct rtr_pdu p;
	enum rtr_error error;
	size_t at = 0;
	int n;

	while ((n = rtr_decode(data + at, size - at, &p, &error)) > 0) {
		assert((size_t)n <= size - at && n >= RTR_PDU_HEAD && n <= RTR_PDU_MAX);
		look(&p, data + at, (size_t)n);
		alone(data + at, (size_t)n, &p);
		at += (size_t)n;
	}
	if (n < 0) {
		n = (int)rtr_error_report(1, error, data + at, size - at, "wrong", out);
		assert(n > 0 && n <= RTR_OUT_MAX);
		/* what we say is itself in order */
		assert(rtr_decode(out, (size_t)n, &p, &error) == n);
		assert(p.type == RTR_ERROR_REPORT);
	}
	return 0;
}
