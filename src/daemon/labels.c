/*
 * Labels: a bit for each of a domain.
 */
#include "daemon/labels.h"

#include <string.h>

#include "base/mem.h"
#include "bgp/labels.h"
#include "daemon/runtime.h"

struct labels {
	struct labels *next;
	char *domain;
	uint64_t taken[(LABEL_MAX + 1) / 64];
};

struct labels *
labels_of(struct runtime *rt, const char *domain)
{
	struct labels *l = rt->labels;

	while (l && strcmp(l->domain, domain) != 0)
		l = l->next;
	if (l)
		return l;
	l = MEM_NEW(struct labels);
	l->domain = mem_strdup(domain);
	l->next = rt->labels;
	return rt->labels = l;
}

uint32_t
labels_take(struct labels *l, uint32_t start, uint32_t length)
{
	for (uint32_t i = start; i < start + length && i <= LABEL_MAX; i++) {
		uint64_t *w = &l->taken[i / 64], bit = 1ull << i % 64;

		if (*w == UINT64_MAX) {
			i |= 63;
			continue;
		}
		if (*w & bit || i <= LABEL_RESERVED)
			continue;
		*w |= bit;
		return i;
	}
	return 0;
}

void
labels_give(struct labels *l, uint32_t label)
{
	l->taken[label / 64] &= ~(1ull << label % 64);
}

void
labels_free_all(struct runtime *rt)
{
	while (rt->labels) {
		struct labels *l = rt->labels;

		rt->labels = l->next;
		mem_free(l->domain);
		mem_free(l);
	}
}
